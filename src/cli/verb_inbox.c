/* SPDX-License-Identifier: Apache-2.0
 * verb_inbox.c: the simulated inbox, on a terminal: what was sent, and what the person at the other
 * end does with it. What they do goes the way of the real world (mailroom/pretend.h). */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/time.h"
#include "cli/door.h"
#include "cli/look.h"
#include "cli/render.h"
#include "cli/verbs.h"
#include "deliver/inbox.h"
#include "mailroom/pretend.h"
#include "model/tier.h"
#include "node/settings.h"
#include "view/view_did.h"

#include <string.h>

/* ---- opening ---- */

static enum status open_inbox(struct cli *c, struct inbox **out, struct settings *s)
{
	enum status st = settings_load(c->data, &c->arena, s, &c->err);
	if (st == ST_OK && !node_exists(c->data))
		st = err_set(&c->err, ST_NOT_FOUND, "there are no data in %s", c->data);
	if (st == ST_OK && s->mode != SETTINGS_TEST)
		st = err_set(&c->err, ST_CONFLICT,
			     "mail leaves for real here: there is no simulated inbox");
	return st == ST_OK ? inbox_open(c->data, out, &c->err) : st;
}

static enum status get_mail(struct cli *c, uint64_t id, struct inbox_mail *m, struct settings *s)
{
	struct inbox *in = NULL;
	enum status st = open_inbox(c, &in, s);
	if (st == ST_OK)
		st = inbox_get(in, id, &c->arena, m, &c->err);
	inbox_close(&in);
	return st;
}

/* ---- list ---- */

static void put_mail(const struct inbox_mail *m, struct json_w *w)
{
	json_w_ki64(w, "id", (int64_t)m->id);
	json_w_ktime(w, "at", m->at_us);
	json_w_kstr(w, "to", m->to);
	json_w_kstr(w, "from", m->from);
	json_w_kstr(w, "subject", m->subject);
	if (m->message != 0)
		json_w_ki64(w, "message", (int64_t)m->message);
	if (m->lead != 0)
		json_w_ki64(w, "lead", (int64_t)m->lead);
}

static void put_list(const struct inbox_mail *mails, size_t n, struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.inbox/1");
	json_w_key(w, "mails");
	json_w_array(w);
	for (size_t i = 0; i < n; i++) {
		json_w_object(w);
		put_mail(&mails[i], w);
		json_w_end(w);
	}
	json_w_end(w);
	json_w_end(w);
}

static int show_list(struct cli *c, const struct inbox_mail *mails, size_t n)
{
	static const struct render_column columns[] = {
		{"id", "MAIL", true, false},         {"at", "CAME", false, true},
		{"to", "TO", false, false},          {"subject", "SUBJECT", false, false},
		{"message", "MESSAGE", true, false},
	};
	struct buf b;
	struct json_w w;
	struct json d;
	buf_init_arena(&b, &c->arena, (size_t)16 << 20);
	json_w_init(&w, &b);
	put_list(mails, n, &w);
	if (c->json) {
		cli_line(c, buf_view(&b));
		return CLI_OK;
	}
	if (json_parse(buf_view(&b), JSON_LIMITS_EVENT, &c->arena, &d, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	if (n == 0)
		cli_talk(c, cli_value(c, "to") ? "no mail to this address is here\n"
					       : "nothing has been sent yet\n");
	else
		render_table(c, &d, json_get(&d, 0, "mails"), columns,
			     sizeof columns / sizeof columns[0]);
	cli_next(c, "nurtured inbox show N, or inbox click N");
	return CLI_OK;
}

static int do_list(struct cli *c)
{
	size_t n;
	struct settings s;
	struct inbox *in = NULL;
	struct inbox_page page = {.to = str_of(cli_value(c, "to"))};
	if (!look_limit(c, &n))
		return CLI_USAGE;
	struct inbox_mail *mails = ARENA_ARRAY(&c->arena, struct inbox_mail, n + 1);
	enum status st = mails != NULL ? open_inbox(c, &in, &s)
				       : err_set(&c->err, ST_NO_MEMORY, "too many mails");
	if (st == ST_OK)
		st = inbox_list(in, &page, &c->arena, mails, &n, &c->err);
	inbox_close(&in);
	return st == ST_OK ? show_list(c, mails, n) : cli_fail(c, NULL);
}

/* ---- show ---- */

static void put_links(const struct pretend_view *v, struct json_w *w)
{
	json_w_key(w, "links");
	json_w_array(w);
	for (size_t i = 0; i < v->links_n; i++) {
		json_w_object(w);
		json_w_ki64(w, "n", (int64_t)i + 1);
		json_w_kz(w, "kind", link_kind_wire(v->links[i].link.kind));
		json_w_kz(w, "words", link_kind_words(v->links[i].link.kind));
		json_w_kstr(w, "url", v->links[i].url);
		if (v->links[i].target.n)
			json_w_kstr(w, "target", v->links[i].target);
		json_w_end(w);
	}
	json_w_end(w);
}

static void show_json(struct cli *c, const struct inbox_mail *m, const struct pretend_view *v)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, &c->arena, (size_t)16 << 20);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.inbox_mail/1");
	put_mail(m, &w);
	json_w_kstr(&w, "head", v->head);
	json_w_kstr(&w, "text", v->text);
	json_w_kstr(&w, "html", v->html);
	put_links(v, &w);
	json_w_end(&w);
	cli_line(c, buf_view(&b));
}

/* Lines of mail end in CR LF; what a person reads or pipes on ends as everything else here does. */
static void put_lines(struct cli *c, struct str text)
{
	for (struct str line; text.p != NULL;) {
		line = str_cut(&text, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		cli_put(c, line);
		if (text.p != NULL)
			cli_put(c, STR("\n"));
	}
}

static void show_text(struct cli *c, const struct inbox_mail *m, const struct pretend_view *v)
{
	fprintf(c->out, "From:    " STR_FMT "\nTo:      " STR_FMT "\nSubject: " STR_FMT "\n\n",
		STR_ARG(v->from), STR_ARG(m->to), STR_ARG(v->subject));
	put_lines(c, v->text);
	if (v->links_n > 0)
		fprintf(c->out, "\n");
	for (size_t i = 0; i < v->links_n; i++) {
		const struct pretend_link *l = &v->links[i];
		fprintf(c->out, "%s[%zu]%s %s  " STR_FMT "\n", cli_tint(c, "bold"), i + 1,
			cli_tint(c, "off"), link_kind_follow(l->link.kind), STR_ARG(l->target));
	}
	cli_next(c, "nurtured inbox click %llu, inbox reply %llu --text \"...\"",
		 (unsigned long long)m->id, (unsigned long long)m->id);
}

static int do_show(struct cli *c, uint64_t id)
{
	struct inbox_mail m;
	struct settings s;
	struct link_keys keys;
	struct pretend_view *v = ARENA_NEW(&c->arena, struct pretend_view);
	enum status st = get_mail(c, id, &m, &s);
	if (st == ST_OK)
		st = node_link_keys(c->data, &keys, &c->err);
	if (st == ST_OK && cli_flag(c, "raw")) {
		cli_put(c, m.bytes);
		return CLI_OK;
	}
	if (st == ST_OK)
		st = pretend_look(m.bytes, &keys, clock_now_us(), &c->arena, v, &c->err);
	if (st != ST_OK)
		return cli_fail(c, NULL);
	if (c->json)
		show_json(c, &m, v);
	else if (cli_flag(c, "html"))
		put_lines(c, v->html);
	else
		show_text(c, &m, v);
	return CLI_OK;
}

/* ---- acts ---- */

static bool read_until(struct cli *c, int64_t *out)
{
	int64_t us;
	const char *text = cli_value(c, "until");
	*out = TIME_NONE;
	if (text == NULL)
		return true;
	if (duration_parse(str_of(text), &us) && us > 0) {
		*out = clock_now_us() + us;
		return true;
	}
	struct str whole = arena_printf(&c->arena, "%sT00:00:00Z", text);
	return time_parse(strlen(text) == 10 ? whole : str_of(text), out);
}

static enum status fill_act(struct cli *c, const struct inbox_mail *m, struct pretend *p)
{
	char id[64];
	uint64_t link = 0;
	crypto_token("", id);
	if (p->act == PRETEND_BOUNCE && cli_flag(c, "soft"))
		p->act = PRETEND_BOUNCE_SOFT;
	if (c->args_n > 2 && !str_to_u64(str_of(c->args[2]), &link))
		return err_set(&c->err, ST_INVALID, "%s is not the number of a link", c->args[2]);
	if (!read_until(c, &p->until_us))
		return err_set(&c->err, ST_INVALID, "--until is a day like 2026-12-01, or 5d");
	p->mail = m->bytes;
	p->to = m->to;
	p->return_path = m->return_path;
	p->message = m->message;
	p->link = (size_t)link;
	p->text = str_of(cli_value(c, "text"));
	p->nonce = arena_str(&c->arena, str_n(id, 22));
	return ST_OK;
}

static void show_standing(struct cli *c, const struct view_standing *was,
			  const struct view_standing *now)
{
	if (!now->there)
		return;
	fprintf(c->out, "  lead   %llu\n  score  %.1f -> %.1f\n  tier   %s -> %s\n",
		(unsigned long long)now->lead, was->score, now->score,
		was->there ? tier_name(was->tier) : "-", tier_name(now->tier));
}

static enum status do_send(struct cli *c, struct door *d, const struct mailroom *m, struct str who)
{
	struct view_standing was, now;
	struct view v = door_view(c, d);
	struct door_item *items = ARENA_ARRAY(&c->arena, struct door_item, m->n);
	if (items == NULL)
		return err_set(&c->err, ST_NO_MEMORY, "too many events");
	for (size_t i = 0; i < m->n; i++)
		items[i] = (struct door_item){.source = m->events[i].source,
					      .message_id = m->events[i].message_id,
					      .event = m->events[i]};
	view_standing(&v, who, &was);
	enum status st = door_send(c, d, items, m->n, &c->err);
	if (st != ST_OK)
		return st;
	v = door_view(c, d);
	view_standing(&v, who, &now);
	for (size_t i = 0; i < m->n && !c->json; i++)
		fprintf(c->out, STR_FMT ", event %llu\n", STR_ARG(m->events[i].type),
			(unsigned long long)items[i].seq);
	for (size_t i = 0; i < m->n && c->json; i++)
		fprintf(c->out,
			"{\"schema\":\"nurtured.inbox_act/1\",\"type\":\"" STR_FMT
			"\",\"seq\":%llu}\n",
			STR_ARG(m->events[i].type), (unsigned long long)items[i].seq);
	if (!c->json)
		show_standing(c, &was, &now);
	return ST_OK;
}

static int do_act(struct cli *c, uint64_t id, enum pretend_act act)
{
	struct inbox_mail m;
	struct settings s;
	struct link_keys keys;
	struct door d;
	struct pretend p = {.act = act};
	struct mailroom *out = ARENA_NEW(&c->arena, struct mailroom);
	enum status st = get_mail(c, id, &m, &s);
	if (st == ST_OK)
		st = node_link_keys(c->data, &keys, &c->err);
	if (st == ST_OK)
		st = door_open(c, DOOR_WRITE, &d, &c->err); /* the folder's clock, from here on */
	if (st != ST_OK)
		return cli_fail(c, NULL);
	st = fill_act(c, &m, &p);
	const struct mailroom_conf conf = {.links = &keys,
					   .return_prefix = str_of(s.return_prefix),
					   .unsubscribe_prefix = STR(MAILROOM_UNSUBSCRIBE),
					   .now_us = clock_now_us()};
	if (st == ST_OK)
		st = pretend_do(&p, &conf, &c->arena, out, &c->err);
	if (st == ST_OK)
		st = do_send(c, &d, out, m.to);
	door_close(&d);
	if (st != ST_OK)
		return cli_refused(c);
	cli_next(c, "nurtured explain " STR_FMT, STR_ARG(m.to));
	return CLI_OK;
}

static int run(struct cli *c)
{
	enum pretend_act act;
	uint64_t id;
	const char *what = c->args_n > 0 ? c->args[0] : "list";
	bool show = strcmp(what, "show") == 0;
	bool acts = pretend_of(str_of(what), &act) && act != PRETEND_BOUNCE_SOFT;
	size_t most = acts && act == PRETEND_CLICK ? 3 : show || acts ? 2 : 1;
	if (strcmp(what, "list") == 0 && c->args_n <= most)
		return do_list(c);
	if ((show || acts) && c->args_n <= most) {
		if (c->args_n < 2 || !str_to_u64(str_of(c->args[1]), &id))
			return cli_usage(c, "which mail? nurtured inbox lists their numbers");
		return show ? do_show(c, id) : do_act(c, id, act);
	}
	return cli_usage(c, "inbox list, show, open, click, reply, bounce, complain, auto-reply or "
			    "unsubscribe");
}

const struct verb verb_inbox = {
	.name = "inbox",
	.group = "run",
	.args = "[list] | show N | open N | click N [LINK] | reply N --text TEXT | bounce N "
		"[--soft] "
		"| complain N | auto-reply N [--until DAY] | unsubscribe N",
	.summary = "The simulated inbox: what was sent, and what the person does with it",
	.detail =
		"In test mode messages go nowhere but here. What is done with them goes the way of "
		"the real world: an answer or a bounce is written as mail and read as mail. A link "
		"without a number is the call to action. /inbox of the daemon is the same as a "
		"page.",
	.examples = {"nurtured inbox                             # newest first",
		     "nurtured inbox show 3",
		     "nurtured inbox click 3                     # as a person",
		     "nurtured inbox reply 3 --text \"Yes, call me\"",
		     "nurtured inbox auto-reply 3 --until 5d"},
	.opts = {{"text", 0, "TEXT", "reply: what they write"},
		 {"until", 0, "DAY", "auto-reply: back then, 2026-12-01 or 5d"},
		 {"soft", 0, NULL, "bounce: the mailbox is full, instead of no such address"},
		 {"to", 0, "ADDRESS", "list: this recipient's alone"},
		 {"limit", 0, "N", "list: so many (default 50, at most 1000)"},
		 {"html", 0, NULL, "show: the HTML part"},
		 {"raw", 0, NULL, "show: the mail as it was sent"}},
	.subverbs = "list show open click reply bounce complain auto-reply unsubscribe",
	.run = run,
};
