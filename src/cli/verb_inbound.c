/* SPDX-License-Identifier: Apache-2.0
 * verb_inbound.c: one mail from standard input: the pipe a mail server delivers into. Its exit
 * codes are those mail servers know (sysexits.h): 75 keeps the mail in the queue for later. */
#include "base/clock.h"
#include "cli/door.h"
#include "cli/verbs.h"
#include "mailroom/mailroom.h"
#include "node/settings.h"
#include "view/view_did.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

/* Everything, or as much as is ever looked at. */
static enum status read_all(struct cli *c, struct str *out, struct err *e)
{
	struct buf b;
	char piece[65536];
	size_t n;
	buf_init_arena(&b, &c->arena, MAILROOM_MAIL_MAX + sizeof piece);
	while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
		if (b.n < MAILROOM_MAIL_MAX)
			buf_put(&b, piece, n);
	if (ferror(stdin))
		return err_set(e, ST_IO, "standard input: %s", strerror(errno));
	*out = buf_view(&b);
	return buf_ok(&b) ? ST_OK : err_set(e, ST_NO_MEMORY, "the mail does not fit");
}

/* Its keys tell whose a mail is. */
static enum status sort_mail(struct cli *c, struct str mail, struct mailroom *out)
{
	struct settings s;
	struct link_keys links;
	enum status st = settings_load(c->data, &c->arena, &s, &c->err);
	if (st == ST_OK)
		st = node_link_keys(c->data, &links, &c->err);
	if (st != ST_OK)
		return st;
	const struct mailroom_conf conf = {.links = &links,
					   .return_prefix = str_of(s.return_prefix),
					   .unsubscribe_prefix = STR(MAILROOM_UNSUBSCRIBE),
					   .now_us = clock_now_us()};
	return mailroom_read(mail, &conf, &c->arena, out, &c->err);
}

static enum status send(struct cli *c, struct door *d, const struct mailroom *m,
			struct view_mail_event *events)
{
	struct door_item *items = ARENA_ARRAY(&c->arena, struct door_item, m->n);
	if (items == NULL)
		return err_set(&c->err, ST_NO_MEMORY, "the mail does not fit");
	for (size_t i = 0; i < m->n; i++)
		items[i] = (struct door_item){.source = m->events[i].source,
					      .message_id = m->events[i].message_id,
					      .event = m->events[i]};
	enum status st = door_send(c, d, items, m->n, &c->err);
	for (size_t i = 0; i < m->n && st == ST_OK; i++)
		events[i] = (struct view_mail_event){m->events[i].type, items[i].seq,
						     items[i].duplicate};
	return st;
}

static void show(struct cli *c, const struct mailroom *m, const struct view_mail_event *events)
{
	const struct view_mail doc = {.kind = inbound_kind_name(m->kind),
				      .why = m->why,
				      .by = m->by,
				      .message = m->message,
				      .events = events,
				      .n = m->n};
	if (c->json) {
		struct buf b;
		struct json_w w;
		buf_init_arena(&b, &c->arena, 1u << 16);
		json_w_init(&w, &b);
		view_mail(&doc, &w);
		cli_line(c, buf_view(&b));
		return;
	}
	cli_talk(c, "%s (%s), known by %s\n", doc.kind, doc.why, doc.by);
	for (size_t i = 0; i < m->n; i++)
		cli_talk(c, "  " STR_FMT "%s\n", STR_ARG(events[i].type),
			 events[i].duplicate ? ", known already" : "");
}

/* Whatever is wrong with us is no fault of the mail: its server is to keep it and come again. */
static int later(struct cli *c)
{
	(void)cli_fail(c, "the mail was not taken; its server tries again");
	return EX_TEMPFAIL;
}

static int run(struct cli *c)
{
	struct str mail;
	struct door d;
	struct view_mail_event events[MAILROOM_EVENTS_MAX];
	struct mailroom *m = ARENA_NEW(&c->arena, struct mailroom);
	if (c->args_n > 0)
		return cli_usage(c, "inbound reads one mail on standard input: nurtured inbound < "
				    "message.eml");
	if (m == NULL || read_all(c, &mail, &c->err) != ST_OK)
		return later(c);
	if (mail.n == 0) {
		(void)err_set(&c->err, ST_INVALID, "there is no mail on standard input");
		(void)cli_fail(c, "nurtured inbound < message.eml");
		return EX_NOINPUT;
	}
	if (door_open(c, DOOR_WRITE, &d, &c->err) != ST_OK)
		return later(c);
	enum status st = sort_mail(c, mail, m);
	if (st == ST_OK)
		st = send(c, &d, m, events);
	door_close(&d);
	if (st != ST_OK)
		return later(c);
	show(c, m, events);
	return CLI_OK;
}

const struct verb verb_inbound = {
	.name = "inbound",
	.group = "run",
	.args = "< MAIL",
	.summary = "Take in one mail: a bounce, an answer, a complaint",
	.detail =
		"For the pipe of a mail server. Exit code 0: taken in, durable. 75: not now, keep "
		"it and try again (the data are held by another process, the disk is full). 66: "
		"there was no mail.",
	.examples = {"nurtured inbound < bounce.eml",
		     "|/usr/bin/nurtured --data /var/lib/nurtured inbound   # in an aliases file"},
	.run = run,
};
