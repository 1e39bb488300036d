/* SPDX-License-Identifier: Apache-2.0
 * handle_inbox.c: the simulated inbox as pages, for a browser on this machine in test mode. No
 * scripts. The mail itself is shown in a frame that can do nothing: no script, no form, no picture
 * from anywhere, so that looking is no opening. A form carries a token of this life of the process,
 * and the Host must be this machine's: another site in the browser can neither read nor post. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "deliver/inbox.h"
#include "ingest/fact.h"
#include "mailroom/pretend.h"
#include "model/tier.h"
#include "observe/page.h"
#include "view/view_did.h"

#define PAGE_MAILS 50
#define HTML_BYTES_MAX ((size_t)8 << 20)

#define STYLE \
	"body{font:1em/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0}" \
	"main{max-width:46em;margin:0 auto;padding:1em}h1{font-size:1.4em;line-height:1.2}" \
	"h2{font-size:1.1em;margin-top:1.5em}a{color:#0b57a4}ul{list-style:none;padding:0}" \
	"li{border-bottom:1px solid #ccc;padding:.5em 0}li a{font-weight:600}" \
	"small{color:#595959;display:block}pre{white-space:pre-wrap;overflow-wrap:anywhere;" \
	"background:#f4f4f4;padding:.8em;font-size:.85em}iframe{width:100%;height:26em;" \
	"border:1px solid #767676}form{margin:.5em 0}label{display:block;margin:.4em 0}" \
	"textarea,input[type=date]{display:block;font:inherit;width:100%;box-sizing:border-box}" \
	"button{font:inherit;padding:.5em 1em;border:2px solid #0b57a4;border-radius:.3em;" \
	"background:#0b57a4;color:#fff;max-width:100%;overflow-wrap:anywhere}" \
	"p[role=status]{background:#e8f2e8;border-left:.3em solid #2e7d32;padding:.6em}" \
	":focus-visible{outline:3px solid #b35c00;outline-offset:2px}"

/* The frame's own policy: nothing from anywhere, and no script although its text may hold one. */
#define FRAME_CSP \
	"sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; " \
	"base-uri 'none'; form-action 'none'"

/* ---- pages ---- */

static struct str policy(struct arena *a)
{
	uint8_t sum[SHA256_BYTES];
	struct buf b;
	crypto_sha256(STR(STYLE), sum);
	buf_init_arena(&b, a, 512);
	buf_z(&b, "default-src 'none'; style-src 'sha256-");
	base64_encode(str_n((const char *)sum, sizeof sum), &b);
	buf_z(&b,
	      "'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
	return buf_view(&b);
}

static void put(struct buf *b, const char *before, struct str text, const char *after)
{
	buf_z(b, before);
	page_text(text, b);
	buf_z(b, after);
}

static void begin(struct buf *b, struct desk_work *k, struct str title)
{
	buf_init_arena(b, k->call->req->arena, HTML_BYTES_MAX);
	put(b,
	    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
	    title, "</title>\n<style>" STYLE "</style>\n</head>\n<body>\n<main>\n");
	put(b, "<h1>", title, "</h1>\n");
}

static enum status end(struct buf *b, struct desk_work *k, int status, struct err *e)
{
	struct str csp = policy(k->call->req->arena);
	buf_z(b, "</main>\n</body>\n</html>\n");
	if (!buf_ok(b))
		return err_set(e, ST_LIMIT, "the page is too large");
	api_reply_page(k->call, status, buf_view(b), arena_strz(k->call->req->arena, csp),
		       k->reply);
	k->replied = true;
	return ST_OK;
}

/* A page under another name is not for this machine's browser: some other site leads it here. */
static enum status check_host(struct desk_work *k, struct err *e)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	struct str host = http_header(k->call->req, "Host");
	if (!k->call->req->remote_is_local)
		return ST_OK; /* an admin's token opened the door */
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct str rest = host;
		if (str_starts(rest, str_of(names[i]))) {
			rest = str_slice(rest, strlen(names[i]), rest.n);
			if (rest.n == 0 || rest.p[0] == ':')
				return ST_OK;
		}
	}
	return err_set(e, ST_DENIED, "the inbox is there under localhost and 127.0.0.1 alone");
}

/* ---- the list ---- */

static void put_item(struct buf *b, const struct inbox_mail *m)
{
	char at[TIME_TEXT_MAX];
	buf_printf(b, "<li><a href=\"inbox/%llu\">", (unsigned long long)m->id);
	put(b, "", m->subject.n ? m->subject : STR("(no subject)"), "</a>\n<small>");
	put(b, "to ", m->to, "");
	buf_printf(b, ", %.16sZ</small></li>\n", time_format(m->at_us, at));
}

enum status daemon_do_inbox(struct desk_work *k, struct err *e)
{
	struct inbox *in = NULL;
	struct buf b;
	size_t n = PAGE_MAILS;
	struct inbox_page page = {.to = http_query(k->call->req, "to")};
	struct inbox_mail *mails = ARENA_ARRAY(k->view.arena, struct inbox_mail, PAGE_MAILS);
	(void)str_to_u64(http_query(k->call->req, "before"), &page.before);
	enum status st = check_host(k, e);
	if (st == ST_OK)
		st = mails != NULL ? inbox_open(k->daemon->node->dir, &in, e)
				   : err_set(e, ST_NO_MEMORY, "the list does not fit");
	if (st == ST_OK)
		st = inbox_list(in, &page, k->view.arena, mails, &n, e);
	inbox_close(&in);
	if (st != ST_OK)
		return st;
	begin(&b, k, STR("Simulated inbox"));
	buf_z(&b, "<p>Test mode: nothing leaves this machine. Messages end up here.</p>\n<ul>\n");
	for (size_t i = 0; i < n; i++)
		put_item(&b, &mails[i]);
	buf_z(&b, "</ul>\n");
	if (n == 0)
		buf_z(&b, "<p>Nothing has been sent yet.</p>\n");
	if (n == PAGE_MAILS)
		buf_printf(&b, "<p><a href=\"inbox?before=%llu\">Older mails</a></p>\n",
			   (unsigned long long)mails[n - 1].id);
	return end(&b, k, 200, e);
}

/* ---- one mail ---- */

static enum status get_mail(struct desk_work *k, struct inbox_mail *out, struct err *e)
{
	uint64_t id;
	struct inbox *in = NULL;
	enum status st = check_host(k, e);
	if (st == ST_OK && !str_to_u64(k->call->param, &id))
		st = err_set(e, ST_NOT_FOUND, "a mail has a number");
	if (st == ST_OK)
		st = inbox_open(k->daemon->node->dir, &in, e);
	if (st == ST_OK)
		st = inbox_get(in, id, k->view.arena, out, e);
	inbox_close(&in);
	return st;
}

static enum status look(struct desk_work *k, const struct inbox_mail *m, struct pretend_view **out,
			struct err *e)
{
	*out = ARENA_NEW(k->view.arena, struct pretend_view);
	if (*out == NULL)
		return err_set(e, ST_NO_MEMORY, "the mail does not fit");
	return pretend_look(m->bytes, &k->daemon->links, clock_now_us(), k->view.arena, *out, e);
}

static void begin_form(struct buf *b, struct desk_work *k, enum pretend_act act)
{
	put(b, "<form method=\"post\" action=\"", k->call->param, "\">\n");
	buf_printf(b, "<input type=\"hidden\" name=\"token\" value=\"%s\">\n",
		   k->daemon->inbox_token);
	buf_printf(b, "<input type=\"hidden\" name=\"act\" value=\"%s\">\n", pretend_wire(act));
}

static void put_act(struct buf *b, struct desk_work *k, enum pretend_act act)
{
	begin_form(b, k, act);
	if (act == PRETEND_REPLY)
		buf_z(b, "<label>Their answer\n<textarea name=\"text\" rows=\"3\" required>"
			 "</textarea></label>\n");
	if (act == PRETEND_AUTO_REPLY)
		buf_z(b, "<label>Back on\n<input type=\"date\" name=\"until\"></label>\n");
	put(b, "<button type=\"submit\">", str_of(pretend_words(act)), "</button>\n</form>\n");
}

static void put_link(struct buf *b, struct desk_work *k, const struct pretend_view *v, size_t i)
{
	const struct pretend_link *l = &v->links[i];
	struct str words = str_of(link_kind_follow(l->link.kind));
	/* Pages that ask before they change anything: the real ones. */
	if (l->link.kind == LINK_PREFERENCES || l->link.kind == LINK_UNSUBSCRIBE) {
		put(b, "<p><a href=\"", l->url, "\">");
		put(b, "", words, "</a></p>\n");
		return;
	}
	begin_form(b, k, PRETEND_CLICK);
	buf_printf(b, "<input type=\"hidden\" name=\"link\" value=\"%zu\">\n", i + 1);
	put(b, l->target.n ? "<button type=\"submit\">Follow " : "<button type=\"submit\">",
	    l->target.n ? l->target : words, "</button>\n</form>\n");
}

static void put_done(struct buf *b, struct desk_work *k, struct str to)
{
	enum pretend_act act;
	struct view_standing s;
	if (pretend_of(http_query(k->call->req, "did"), &act))
		put(b, "<p role=\"status\">Done: ", str_of(pretend_words(act)), ".</p>\n");
	view_standing(&k->view, to, &s);
	if (s.there)
		buf_printf(b, "<p>Lead %llu: score %.1f, %s.</p>\n", (unsigned long long)s.lead,
			   s.score, tier_name(s.tier));
}

enum status daemon_do_inbox_mail(struct desk_work *k, struct err *e)
{
	static const enum pretend_act acts[] = {
		PRETEND_OPEN,        PRETEND_REPLY,  PRETEND_UNSUBSCRIBE, PRETEND_AUTO_REPLY,
		PRETEND_BOUNCE_SOFT, PRETEND_BOUNCE, PRETEND_COMPLAIN};
	struct inbox_mail m;
	struct pretend_view *v;
	struct buf b;
	enum status st = get_mail(k, &m, e);
	if (st == ST_OK)
		st = look(k, &m, &v, e);
	if (st != ST_OK)
		return st;
	begin(&b, k, v->subject.n ? v->subject : STR("(no subject)"));
	put_done(&b, k, m.to);
	put(&b, "<p>From ", v->from, "<br>");
	put(&b, "to ", m.to, "</p>\n");
	if (v->html.n) {
		put(&b, "<iframe sandbox title=\"The message\" src=\"", k->call->param,
		    "/html\"></iframe>\n");
	}
	buf_z(&b, "<h2>What they do</h2>\n");
	for (size_t i = 0; i < v->links_n; i++)
		put_link(&b, k, v, i);
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		put_act(&b, k, acts[i]);
	put(&b, "<h2>As text</h2>\n<pre>", v->text, "</pre>\n");
	put(&b, "<h2>Header</h2>\n<pre>", v->head,
	    "</pre>\n<p><a href=\"../inbox\">All mails</a></p>\n");
	return end(&b, k, 200, e);
}

enum status daemon_do_inbox_html(struct desk_work *k, struct err *e)
{
	struct inbox_mail m;
	struct pretend_view *v;
	enum status st = get_mail(k, &m, e);
	if (st == ST_OK)
		st = look(k, &m, &v, e);
	if (st != ST_OK)
		return st;
	struct str html = arena_str(k->call->req->arena, v->html);
	if (v->html.n > 0 && html.p == NULL)
		return err_set(e, ST_LIMIT, "the message is too large");
	api_reply_page(k->call, 200, html, FRAME_CSP, k->reply);
	k->replied = true;
	return ST_OK;
}

/* ---- acts ---- */

static struct str field(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_is(f->list[i].name, name))
			return f->list[i].value;
	return STR_NULL;
}

static enum status read_act(struct desk_work *k, const struct inbox_mail *m, struct pretend *p,
			    struct err *e)
{
	struct fields f;
	char id[64];
	uint64_t link = 0;
	const struct http_request *req = k->call->req;
	struct arena *a = k->view.arena;
	enum status st = fields_read(http_header(req, "Content-Type"), req->body, a, &f, e);
	if (st != ST_OK)
		return st;
	if (!crypto_equal(field(&f, "token"), str_of(k->daemon->inbox_token)))
		return err_set(e, ST_DENIED,
			       "the form is of another life of the daemon: load the "
			       "page again");
	*p = (struct pretend){.mail = m->bytes,
			      .to = m->to,
			      .return_path = m->return_path,
			      .message = m->message,
			      .text = field(&f, "text"),
			      .until_us = TIME_NONE};
	if (!pretend_of(field(&f, "act"), &p->act))
		return err_set(e, ST_INVALID, "there is no such act");
	struct str day = field(&f, "until");
	if (day.n > 0 &&
	    !time_parse(arena_printf(a, STR_FMT "T00:00:00Z", STR_ARG(day)), &p->until_us))
		return err_set(e, ST_INVALID, "a day looks like 2026-12-01");
	if (field(&f, "link").n > 0 && !str_to_u64(field(&f, "link"), &link))
		return err_set(e, ST_INVALID, "a link has a number");
	p->link = (size_t)link;
	crypto_token("", id);
	p->nonce = arena_str(a, str_n(id, 22));
	return ST_OK;
}

enum status daemon_do_inbox_act(struct desk_work *k, struct err *e)
{
	struct inbox_mail m;
	struct pretend p;
	struct mail_taken t = {.mail = ARENA_NEW(k->view.arena, struct mailroom)};
	struct mailroom_conf conf;
	enum status st = get_mail(k, &m, e);
	if (st == ST_OK)
		st = read_act(k, &m, &p, e);
	if (st == ST_OK && t.mail == NULL)
		st = err_set(e, ST_NO_MEMORY, "the mail does not fit");
	if (st != ST_OK)
		return st;
	mail_conf(k->daemon, &conf);
	st = pretend_do(&p, &conf, k->view.arena, t.mail, e);
	if (st == ST_OK)
		st = mail_entries(&t, k->view.arena, e);
	if (st == ST_OK)
		st = daemon_append_and_fold(k->daemon, t.entries, t.mail->n, e);
	if (st != ST_OK)
		return st;
	/* Back to the page by its own name, so that loading it again does nothing again. */
	api_reply_redirect(k->call,
			   arena_printf(k->call->req->arena, "%llu?did=%s",
					(unsigned long long)m.id, pretend_wire(p.act)),
			   k->reply);
	k->replied = true;
	return ST_OK;
}
