/* SPDX-License-Identifier: Apache-2.0
 * verb_preview.c: a message as this lead would get it, or got it, with every check that looks at it
 * before it may leave. The same letter as the one that travels (deliver/letter.h). */
#include "base/clock.h"
#include "cli/door.h"
#include "cli/spam.h"
#include "cli/verbs.h"
#include "deliver/letter.h"
#include "engine/outbox.h"

#include <stdio.h>

struct preview {
	struct cli *c;
	struct door door;
	struct settings settings;
	struct letters *letters;
	struct letter_desk *desk;
	struct message message;
	struct letter letter;
	bool whole; /* it may leave; else c->err says why not */
	struct spam_said spam;
};

/* ---- which ---- */

static enum status find_message(struct preview *p, uint64_t lead, struct err *e)
{
	struct cli *c = p->c;
	uint64_t id;
	const char *subject = cli_value(c, "subject");
	struct letter_draft want = {.lead = lead, .name = str_of(c->args[1])};
	if (!str_to_u64(want.name, &id)) {
		want.angle = str_of(cli_value(c, "angle"));
		if (subject != NULL && str_to_u64(str_of(subject), &id)) /* run has looked */
			want.subject_n = (uint32_t)id - 1;
		return letter_draft(p->desk, &want, &c->arena, &p->message, e);
	}
	enum status st = outbox_get(p->door.node->store, id, &c->arena, &p->message, e);
	if (st == ST_OK && p->message.lead != lead)
		return err_set(e, ST_NOT_FOUND, "message %llu is not of lead %llu",
			       (unsigned long long)id, (unsigned long long)lead);
	return st;
}

static enum status make(struct preview *p, struct err *e)
{
	struct cli *c = p->c;
	uint64_t lead;
	struct view v = door_view(c, &p->door);
	const struct letters_conf lc = {
		.dir = c->data, .settings = &p->settings, .public_url = door_url(c)};
	enum status st = settings_load(c->data, &c->arena, &p->settings, e);
	if (st == ST_OK)
		st = letters_create(&lc, &p->letters, e);
	if (st == ST_OK)
		st = view_find(&v, str_of(c->args[0]), &lead, e);
	if (st != ST_OK)
		return st;
	p->desk = letter_desk_create(p->letters, p->door.node->store);
	st = find_message(p, lead, e);
	if (st != ST_OK)
		return st;
	const struct letter_question q = {
		.message = &p->message, .now_us = clock_now_us(), .bare = !cli_flag(c, "raw")};
	st = letter_make(p->desk, &q, &c->arena, &p->letter, e);
	p->whole = st == ST_OK;
	/* A failed check leaves something to look at, an empty slot does not. */
	return st == ST_INVALID && p->letter.composed.failed != 0 ? ST_OK : st;
}

/* A letter that is not whole has no bytes to show. */
static void ask_filter(struct preview *p)
{
	struct cli *c = p->c;
	bool part = cli_flag(c, "raw") || cli_flag(c, "html") || cli_flag(c, "text");
	p->spam = (struct spam_said){.why = "it was not asked for"};
	if (!p->whole)
		p->spam.why = "a message that may not leave is not shown to SpamAssassin";
	else if (!part && !cli_flag(c, "no-spam"))
		spam_say(c, p->letter.bytes, &p->spam);
}

/* ---- shown ---- */

static void put_checks(struct preview *p, struct json_w *w)
{
	const struct compose_out *out = &p->letter.composed;
	json_w_key(w, "checks");
	json_w_array(w);
	for (unsigned i = 0; i < COMPOSE_CHECK_COUNT; i++) {
		enum compose_check check = (enum compose_check)i;
		bool failed = (out->failed | out->warned) & (1u << i);
		json_w_object(w);
		json_w_kz(w, "check", compose_check_wire(check));
		json_w_kz(w, "health",
			  !failed                      ? "ok"
			  : compose_check_warns(check) ? "warn"
						       : "FAIL");
		json_w_kz(w, "wants", compose_check_words(check));
		json_w_end(w);
	}
	json_w_end(w);
}

static int show_json(struct preview *p)
{
	struct buf b;
	struct json_w w;
	const struct mime_mail *m = &p->letter.composed.mail;
	buf_init_arena(&b, &p->c->arena, 4 * (size_t)LETTER_BYTES_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.preview/1");
	if (p->message.id != 0)
		json_w_ki64(&w, "message", (int64_t)p->message.id);
	json_w_kstr(&w, "name", p->message.message);
	json_w_kstr(&w, "angle", p->message.angle);
	json_w_kbool(&w, "may_leave", p->whole);
	json_w_kstr(&w, "from", m->from.email);
	json_w_kstr(&w, "to", p->message.address);
	json_w_kstr(&w, "subject", m->subject);
	json_w_kstr(&w, "preheader", p->letter.composed.preheader);
	json_w_ki64(&w, "links", p->letter.composed.links_n);
	json_w_kstr(&w, "text", m->text);
	json_w_kstr(&w, "html", m->html);
	put_checks(p, &w);
	json_w_key(&w, "spamassassin");
	spam_put(&p->spam, &w);
	json_w_end(&w);
	cli_line(p->c, buf_view(&b));
	return p->whole ? CLI_OK : CLI_PROBLEMS;
}

static int show_text(struct preview *p)
{
	struct cli *c = p->c;
	const struct compose_out *out = &p->letter.composed;
	const struct mime_mail *m = &out->mail;
	fprintf(c->out, "%sFrom%s     " STR_FMT " <" STR_FMT ">\n", cli_tint(c, "dim"),
		cli_tint(c, "off"), STR_ARG(m->from.name), STR_ARG(m->from.email));
	fprintf(c->out, "%sTo%s       " STR_FMT "\n", cli_tint(c, "dim"), cli_tint(c, "off"),
		STR_ARG(p->message.address));
	fprintf(c->out, "%sSubject%s  %s" STR_FMT "%s\n", cli_tint(c, "dim"), cli_tint(c, "off"),
		cli_tint(c, "bold"), STR_ARG(m->subject), cli_tint(c, "off"));
	if (out->preheader.n > 0)
		fprintf(c->out, "         " STR_FMT "\n", STR_ARG(out->preheader));
	fprintf(c->out, "\n" STR_FMT "\n", STR_ARG(m->text));
	for (unsigned i = 0; i < COMPOSE_CHECK_COUNT; i++) {
		enum compose_check check = (enum compose_check)i;
		bool warns = compose_check_warns(check);
		if (!((out->failed | out->warned) & (1u << i)))
			continue;
		fprintf(c->out, "%s%s%s  %s: a message has %s\n",
			cli_tint(c, warns ? "yellow" : "red"), warns ? "warn" : "FAIL",
			cli_tint(c, "off"), compose_check_wire(check), compose_check_words(check));
	}
	if (p->whole && !cli_flag(c, "no-spam"))
		spam_show(c, &p->spam);
	cli_talk(c, "%s; %zu bytes of HTML, %u links\n",
		 p->whole ? "it may leave" : "it will not leave like this", out->html_bytes,
		 out->links_n);
	return p->whole ? CLI_OK : CLI_PROBLEMS;
}

static int show(struct preview *p)
{
	struct cli *c = p->c;
	const struct mime_mail *m = &p->letter.composed.mail;
	if (c->json)
		return show_json(p);
	if (!cli_flag(c, "raw") && !cli_flag(c, "html") && !cli_flag(c, "text"))
		return show_text(p);
	if (!p->whole)
		return cli_fail(c, "nurtured preview without --raw, --html or --text shows all "
				   "checks");
	cli_put(c, cli_flag(c, "raw") ? p->letter.bytes : cli_flag(c, "html") ? m->html : m->text);
	return CLI_OK;
}

static int run(struct cli *c)
{
	struct preview p = {.c = c};
	if (c->args_n != 2)
		return cli_usage(c, "preview wants a LEAD and a MESSAGE: the name of one in the "
				    "program, or the number of one that was made");
	const char *subject = cli_value(c, "subject");
	uint64_t n = 1;
	if (subject != NULL && (!str_to_u64(str_of(subject), &n) || n == 0 || n > 99))
		return cli_usage(c, "--subject is the number of a subject line, from 1");
	if (door_open(c, DOOR_READ, &p.door, &c->err) != ST_OK)
		return cli_fail_open(c);
	enum status st = make(&p, &c->err);
	if (st == ST_OK)
		ask_filter(&p);
	int rc = st == ST_OK ? show(&p) : cli_fail(c, NULL);
	letter_desk_destroy(&p.desk);
	letters_destroy(&p.letters);
	door_close(&p.door);
	return rc;
}

const struct verb verb_preview = {
	.name = "preview",
	.group = "look",
	.args = "LEAD MESSAGE",
	.summary = "Show a message as a lead would get it",
	.detail = "MESSAGE is a name from the program (planning-cost), or the number of a message "
		  "that was made. Every check that looks at a message before it leaves is asked; "
		  "exit code 1 when one of them stops it. SpamAssassin is asked too where it is "
		  "installed, which takes some seconds: what it says warns. Links of a message by "
		  "its name lead nowhere.",
	.examples =
		{"nurtured preview sara@acme.example planning-cost",
		 "nurtured preview sara@acme.example planning-cost --angle story --html >m.html",
		 "nurtured preview 12 345 --raw | less   # as it travels, signed"},
	.opts = {{"angle", 0, "NAME", "which angle (default: the first)"},
		 {"no-spam", 0, NULL, "do not ask SpamAssassin"},
		 {"subject", 0, "N", "which subject line, from 1"},
		 {"html", 0, NULL, "the HTML alone"},
		 {"text", 0, NULL, "the plain text alone"},
		 {"raw", 0, NULL, "the whole mail with its headers, signed"}},
	.run = run,
};
