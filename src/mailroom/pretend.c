/* SPDX-License-Identifier: Apache-2.0
 * pretend.c: see pretend.h. */
#include "mailroom/pretend.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"
#include "inbound/field.h"
#include "inbound/mail.h"

#define MAIL_BYTES_MAX (4u << 20)
#define BOUNDARY "=_pretend"

static const struct {
	const char *wire, *words;
} acts[PRETEND_ACT_COUNT] = {
#define PRETEND(name, w, t) [PRETEND_##name] = {w, t},
#include "mailroom/pretend.def"
#undef PRETEND
};

const char *pretend_wire(enum pretend_act act)
{
	ASSERT(act < PRETEND_ACT_COUNT);
	return acts[act].wire;
}

const char *pretend_words(enum pretend_act act)
{
	ASSERT(act < PRETEND_ACT_COUNT);
	return acts[act].words;
}

bool pretend_of(struct str wire, enum pretend_act *out)
{
	for (unsigned i = 0; i < PRETEND_ACT_COUNT; i++)
		if (str_is(wire, acts[i].wire)) {
			*out = (enum pretend_act)i;
			return true;
		}
	return false;
}

/* ---- links ---- */

static int hex_value(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static struct str unescape(struct str s, struct arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		bool hex = s.p[i] == '%' && i + 2 < s.n && hex_value(s.p[i + 1]) >= 0 &&
			   hex_value(s.p[i + 2]) >= 0;
		int byte = hex ? hex_value(s.p[i + 1]) << 4 | hex_value(s.p[i + 2]) : s.p[i];
		buf_byte(&b, (char)byte);
		i += hex ? 2 : 0;
	}
	return buf_view(&b);
}

/* ".../t/TOKEN?u=TARGET": the last two parts of its path, and its target. */
static bool link_of(struct str url, const struct link_keys *keys, int64_t now_us, struct arena *a,
		    struct pretend_link *out)
{
	struct str query = url, path = str_cut(&query, '?');
	size_t at = path.n;
	while (at > 0 && path.p[at - 1] != '/')
		at--;
	struct str token = str_slice(path, at, path.n);
	*out = (struct pretend_link){.url = url};
	if (str_starts(query, STR("u=")))
		out->target = unescape(str_slice(query, 2, query.n), a);
	return link_read(keys, token, out->target, now_us, &out->link, NULL) == ST_OK;
}

static bool url_ends(char c)
{
	return (unsigned char)c <= ' ' || strchr("<>\"()", c) != NULL;
}

static bool listed(const struct pretend_view *v, struct str url)
{
	for (size_t i = 0; i < v->links_n; i++)
		if (str_eq(v->links[i].url, url))
			return true;
	return false;
}

static void find_links(struct pretend_view *v, const struct link_keys *keys, int64_t now_us,
		       struct arena *a)
{
	struct str rest = v->text;
	while (v->links_n < PRETEND_LINKS_MAX) {
		size_t at = str_find(rest, STR("http")), end = at;
		if (at == rest.n)
			return;
		while (end < rest.n && !url_ends(rest.p[end]))
			end++;
		struct str url = str_slice(rest, at, end);
		rest = str_slice(rest, end, rest.n);
		if (!listed(v, url) && link_of(url, keys, now_us, a, &v->links[v->links_n]))
			v->links_n++;
	}
}

/* ---- looking ---- */

enum status pretend_look(struct str mail, const struct link_keys *keys, int64_t now_us,
			 struct arena *a, struct pretend_view *out, struct err *e)
{
	const struct mail_limits limits = {
		.text_bytes_max = MAIL_BYTES_MAX, .parts_max = 50, .depth_max = 10};
	struct mail m;
	if (!mail_read(mail, &limits, a, &m))
		return err_set(e, ST_NO_MEMORY, "the mail does not fit");
	*out = (struct pretend_view){
		.from = mail_decode(fields_get(&m.head, "From"), a),
		.to = mail_decode(fields_get(&m.head, "To"), a),
		.subject = mail_decode(fields_get(&m.head, "Subject"), a),
		.date = fields_get(&m.head, "Date"),
		.message_id = fields_get(&m.head, "Message-ID"),
		.head = m.head_raw,
	};
	for (size_t i = 0; i < m.part_count; i++) {
		const struct mail_part *p = &m.parts[i];
		if (str_is(p->type, "text/plain") && out->text.n == 0)
			out->text = p->text;
		else if (str_is(p->type, "text/html") && out->html.n == 0)
			out->html = p->text;
	}
	find_links(out, keys, now_us, a);
	return ST_OK;
}

/* ---- what is pressed ---- */

struct acting {
	const struct pretend *p;
	const struct mailroom_conf *conf;
	struct pretend_view *view;
	struct arena *a;
	struct mailroom *out;
	struct buf props;
	struct json_w w;
};

static void begin(struct acting *x, const char *about, uint64_t id)
{
	buf_init_arena(&x->props, x->a, EVENT_BYTES_MAX);
	json_w_init(&x->w, &x->props);
	json_w_object(&x->w);
	json_w_ki64(&x->w, about, (int64_t)id);
}

static void end(struct acting *x, const char *type, uint32_t flags)
{
	struct mailroom *o = x->out;
	json_w_end(&x->w);
	ASSERT(buf_ok(&x->props));
	o->message = x->p->message;
	o->by = "inbox";
	o->why = pretend_words(x->p->act);
	o->events[o->n++] = (struct event){
		.type = str_of(type),
		.source = STR(MAILROOM_SOURCE),
		.message_id = arena_printf(x->a, "inbox-" STR_FMT, STR_ARG(x->p->nonce)),
		.occurred_us = x->conf->now_us,
		.properties = buf_view(&x->props),
		.flags = flags,
		.context.scroll = -1,
	};
}

static void put_verdict(struct acting *x)
{
	json_w_kz(&x->w, "verdict", "human");
	json_w_kz(&x->w, "rule", "inbox");
}

static enum status act_open(struct acting *x, struct err *e)
{
	if (x->p->message == 0)
		return err_set(e, ST_INVALID, "this mail tells of no opening");
	begin(x, "message", x->p->message);
	put_verdict(x);
	end(x, "email.open", 0);
	return ST_OK;
}

/* Its number counts what leads somewhere; without one it is the call to action, else the first. */
static const struct pretend_link *chosen(const struct acting *x)
{
	const struct pretend_link *first = NULL;
	size_t n = 0;
	for (size_t i = 0; i < x->view->links_n; i++) {
		const struct pretend_link *l = &x->view->links[i];
		bool cta = l->link.kind == LINK_CLICK && l->link.n & LINK_CTA;
		if (++n == x->p->link || (x->p->link == 0 && cta))
			return l;
		if (first == NULL)
			first = l;
	}
	return x->p->link == 0 ? first : NULL;
}

static enum status press_rep(struct acting *x, const struct link *l)
{
	begin(x, "handoff", l->id);
	json_w_kz(&x->w, "verdict", link_rep_wire((enum link_rep)l->n));
	end(x, link_rep_event((enum link_rep)l->n), EVENT_SYSTEM);
	return ST_OK;
}

static enum status act_unsubscribe(struct acting *x, struct err *e)
{
	if (x->p->message == 0)
		return err_set(e, ST_INVALID, "this mail has no link to unsubscribe");
	begin(x, "message", x->p->message);
	end(x, "email.unsubscribe", 0);
	return ST_OK;
}

static enum status act_click(struct acting *x, struct err *e)
{
	const struct pretend_link *l = chosen(x);
	if (l == NULL)
		return err_set(e, ST_INVALID, "this mail has no such link; it has %zu",
			       x->view->links_n);
	switch (l->link.kind) {
	case LINK_REP: return press_rep(x, &l->link);
	case LINK_UNSUBSCRIBE: return act_unsubscribe(x, e);
	case LINK_CONFIRM:
		begin(x, "message", l->link.id);
		end(x, "consent.confirm", 0);
		return ST_OK;
	case LINK_CLICK: break;
	default:
		return err_set(e, ST_INVALID,
			       "that link is a page to choose on: open it in a browser");
	}
	begin(x, "message", l->link.id);
	json_w_ki64(&x->w, "link", l->link.n);
	json_w_kstr(&x->w, "url", l->target);
	if (l->link.n & LINK_CTA)
		json_w_kbool(&x->w, "cta", true);
	put_verdict(x);
	end(x, "email.click", 0);
	return ST_OK;
}

/* ---- what is sent ---- */

static enum status read_back(struct acting *x, struct buf *mail, struct err *e)
{
	if (!buf_ok(mail))
		return err_set(e, ST_LIMIT, "what is sent back is too long");
	return mailroom_read(buf_view(mail), x->conf, x->a, x->out, e);
}

/* The head of what comes back. `to` as it stands in a field. */
static void put_head(struct acting *x, struct str from, struct str to, const char *subject,
		     struct buf *b)
{
	buf_init_arena(b, x->a, MAIL_BYTES_MAX);
	buf_printf(b, "From: " STR_FMT "\r\nTo: " STR_FMT "\r\nSubject: %s " STR_FMT "\r\n",
		   STR_ARG(from), STR_ARG(to), subject, STR_ARG(str_upto(x->view->subject, 200)));
	buf_printf(b, "Message-ID: <" STR_FMT "@inbox.invalid>\r\nMIME-Version: 1.0\r\n",
		   STR_ARG(x->p->nonce));
}

static void put_thread(struct acting *x, struct buf *b)
{
	struct str id = x->view->message_id;
	if (id.n)
		buf_printf(b, "In-Reply-To: " STR_FMT "\r\nReferences: " STR_FMT "\r\n",
			   STR_ARG(id), STR_ARG(id));
	buf_z(b,
	      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
}

static enum status act_reply(struct acting *x, struct err *e)
{
	struct buf b;
	struct str rest = x->view->text;
	if (str_trim(x->p->text).n == 0)
		return err_set(e, ST_INVALID, "an answer needs a text");
	put_head(x, x->p->to, x->view->from, "Re:", &b);
	put_thread(x, &b);
	buf_str(&b, x->p->text);
	buf_printf(&b, "\r\n\r\nOn another day, " STR_FMT " wrote:\r\n", STR_ARG(x->view->from));
	while (rest.n > 0) {
		buf_z(&b, "> ");
		buf_str(&b, str_trim(str_cut(&rest, '\n')));
		buf_z(&b, "\r\n");
	}
	return read_back(x, &b, e);
}

static enum status act_auto_reply(struct acting *x, struct err *e)
{
	static const char *const months[] = {"January",   "February", "March",    "April",
					     "May",       "June",     "July",     "August",
					     "September", "October",  "November", "December"};
	struct buf b;
	if (x->p->until_us != TIME_NONE && x->p->until_us <= x->conf->now_us)
		return err_set(e, ST_INVALID,
			       "the day they are back is to come: a later one, or none");
	put_head(x, x->p->to, x->p->return_path, "Automatic reply:", &b);
	buf_z(&b, "Auto-Submitted: auto-replied\r\n");
	put_thread(x, &b);
	if (x->p->until_us != TIME_NONE) {
		struct civil day = time_civil(x->p->until_us);
		buf_printf(&b, "I am out of the office until %d %s %d.\r\n", day.day,
			   months[day.month - 1], (int)day.year);
	} else {
		buf_z(&b, "I am out of the office.\r\n");
	}
	return read_back(x, &b, e);
}

static void put_part(struct buf *b, const char *type)
{
	buf_printf(b, "\r\n--" BOUNDARY "\r\nContent-Type: %s\r\n\r\n", type);
}

static enum status bounce(struct acting *x, bool hard, struct err *e)
{
	struct buf b;
	put_head(x, STR("MAILER-DAEMON@inbox.invalid"), x->p->return_path, "Undelivered:", &b);
	buf_z(&b, "Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; "
		  "report-type=delivery-status; boundary=\"" BOUNDARY "\"\r\n");
	put_part(&b, "text/plain");
	buf_z(&b, "Your message could not be delivered.\r\n");
	put_part(&b, "message/delivery-status");
	buf_printf(&b,
		   "Reporting-MTA: dns; inbox.invalid\r\n\r\nFinal-Recipient: rfc822; " STR_FMT
		   "\r\nAction: failed\r\nStatus: %s\r\nDiagnostic-Code: smtp; %s\r\n",
		   STR_ARG(x->p->to), hard ? "5.1.1" : "5.2.2",
		   hard ? "550 5.1.1 User unknown in virtual mailbox table"
			: "552 5.2.2 Mailbox full, over quota");
	put_part(&b, "text/rfc822-headers");
	buf_str(&b, x->view->head);
	buf_z(&b, "\r\n--" BOUNDARY "--\r\n");
	return read_back(x, &b, e);
}

static enum status act_bounce(struct acting *x, struct err *e)
{
	return bounce(x, true, e);
}

static enum status act_bounce_soft(struct acting *x, struct err *e)
{
	return bounce(x, false, e);
}

static enum status act_complain(struct acting *x, struct err *e)
{
	struct buf b;
	put_head(x, STR("feedback@inbox.invalid"), x->p->return_path, "FW:", &b);
	buf_z(&b, "Content-Type: multipart/report; report-type=feedback-report; "
		  "boundary=\"" BOUNDARY "\"\r\n");
	put_part(&b, "text/plain");
	buf_z(&b, "A person called this message spam.\r\n");
	put_part(&b, "message/feedback-report");
	buf_printf(&b,
		   "Feedback-Type: abuse\r\nUser-Agent: Inbox/1\r\nVersion: 1\r\n"
		   "Original-Rcpt-To: " STR_FMT "\r\n",
		   STR_ARG(x->p->to));
	put_part(&b, "message/rfc822");
	buf_str(&b, x->p->mail);
	buf_z(&b, "\r\n--" BOUNDARY "--\r\n");
	return read_back(x, &b, e);
}

static enum status (*const doings[PRETEND_ACT_COUNT])(struct acting *x, struct err *e) = {
	[PRETEND_OPEN] = act_open,
	[PRETEND_CLICK] = act_click,
	[PRETEND_REPLY] = act_reply,
	[PRETEND_BOUNCE] = act_bounce,
	[PRETEND_BOUNCE_SOFT] = act_bounce_soft,
	[PRETEND_COMPLAIN] = act_complain,
	[PRETEND_AUTO_REPLY] = act_auto_reply,
	[PRETEND_UNSUBSCRIBE] = act_unsubscribe,
};

enum status pretend_do(const struct pretend *p, const struct mailroom_conf *conf, struct arena *a,
		       struct mailroom *out, struct err *e)
{
	struct acting x = {.p = p, .conf = conf, .a = a, .out = out};
	x.view = ARENA_NEW(a, struct pretend_view);
	*out = (struct mailroom){.by = "inbox"};
	if (x.view == NULL)
		return err_set(e, ST_NO_MEMORY, "the mail does not fit");
	enum status st = pretend_look(p->mail, conf->links, conf->now_us, a, x.view, e);
	return st == ST_OK ? doings[p->act](&x, e) : st;
}
