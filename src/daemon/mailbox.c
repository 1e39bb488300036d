/* SPDX-License-Identifier: Apache-2.0
 * mailbox.c: see mailbox.h. */
#include "daemon/mailbox.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "view/view_did.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "mailbox.json"
#define SCHEMA "nurtured.mailbox/1"
#define SAVE_US US_PER_S

struct mailbox {
	struct daemon *daemon;
	struct arena own, mail; /* for as long as it runs; for one mail */
	struct inbound_imap *fetcher;
	struct str server; /* whose place it is: another mailbox begins anew */
	struct inbound_imap_cursor cursor, saved;
	int64_t saved_us;
};

/* ---- a mail ---- */

void mail_conf(const struct daemon *d, struct mailroom_conf *out)
{
	*out = (struct mailroom_conf){
		.links = &d->links,
		.return_prefix = str_of(d->settings.return_prefix),
		.unsubscribe_prefix = STR(MAILROOM_UNSUBSCRIBE),
		.now_us = clock_now_us(),
	};
}

enum status mail_entries(struct mail_taken *t, struct arena *a, struct err *e)
{
	enum status st = ST_OK;
	t->entries = ARENA_ARRAY(a, struct log_entry, t->mail->n);
	if (t->entries == NULL)
		return err_set(e, ST_NO_MEMORY, "a mail's events do not fit");
	for (size_t i = 0; i < t->mail->n && st == ST_OK; i++) {
		const struct event *ev = &t->mail->events[i];
		struct buf text;
		buf_init_arena(&text, a, event_bytes_max(ev->flags));
		st = event_encode(ev, &text, e);
		t->entries[i] = (struct log_entry){
			.source = ev->source,
			.message_id = ev->message_id,
			.body = buf_view(&text),
			.received_us = ev->occurred_us,
		};
	}
	return st;
}

enum status mail_take(struct daemon *d, struct str bytes, struct arena *a, struct mail_taken *out,
		      struct err *e)
{
	struct mailroom_conf conf;
	mail_conf(d, &conf);
	out->mail = ARENA_NEW(a, struct mailroom);
	if (out->mail == NULL)
		return err_set(e, ST_NO_MEMORY, "a mail does not fit");
	enum status st = mailroom_read(bytes, &conf, a, out->mail, e);
	if (st == ST_OK)
		st = mail_entries(out, a, e);
	if (st == ST_OK)
		st = appender_append(d->appender, out->entries, out->mail->n, e);
	if (st == ST_OK)
		metrics_inc(d->metrics, METRIC_MAILS);
	return st;
}

/* ---- over HTTP ---- */

enum status daemon_do_inbound(struct desk_work *k, struct err *e)
{
	struct mail_taken t;
	struct str body = k->call->req->body;
	if (body.n == 0)
		return err_set(e, ST_INVALID, "the body is the mail, whole, as message/rfc822");
	enum status st = mail_take(k->daemon, body, k->view.arena, &t, e);
	struct view_mail_event *events =
		st == ST_OK ? ARENA_ARRAY(k->view.arena, struct view_mail_event, t.mail->n) : NULL;
	if (st != ST_OK)
		return st;
	if (events == NULL)
		return err_set(e, ST_NO_MEMORY, "a mail does not fit");
	for (size_t i = 0; i < t.mail->n; i++)
		events[i] = (struct view_mail_event){t.mail->events[i].type, t.entries[i].seq,
						     t.entries[i].duplicate};
	view_mail(&(struct view_mail){.kind = inbound_kind_name(t.mail->kind),
				      .why = t.mail->why,
				      .by = t.mail->by,
				      .message = t.mail->message,
				      .events = events,
				      .n = t.mail->n},
		  &k->w);
	return ST_OK;
}

/* ---- its place ---- */

static struct inbound_imap_cursor load_place(struct mailbox *m)
{
	char path[NODE_PATH_MAX];
	struct str text;
	struct json d;
	int64_t validity = 0, uid = 0;
	struct err e;
	(void)node_path(m->daemon->node->dir, FILE_NAME, path);
	if (file_read(path, 4096, &m->own, &text, &e) != ST_OK ||
	    json_parse(text, JSON_LIMITS_EVENT, &m->own, &d, &e) != ST_OK ||
	    !str_eq(json_str(&d, json_get(&d, 0, "mailbox"), &m->own), m->server) ||
	    !json_i64(&d, json_get(&d, 0, "uid_validity"), &validity) ||
	    !json_i64(&d, json_get(&d, 0, "uid"), &uid) || validity < 0 || uid < 0 ||
	    validity > UINT32_MAX || uid > UINT32_MAX)
		return (struct inbound_imap_cursor){0, 0};
	return (struct inbound_imap_cursor){(uint32_t)validity, (uint32_t)uid};
}

/* Behind its place is what was taken: when it cannot be kept, mails come again and are known. */
static void save_place(struct mailbox *m)
{
	char path[NODE_PATH_MAX];
	struct buf b;
	struct json_w w;
	struct err e;
	m->saved_us = clock_mono_us();
	buf_init(&b, 4096);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", SCHEMA);
	json_w_kstr(&w, "mailbox", m->server);
	json_w_ki64(&w, "uid_validity", m->cursor.uid_validity);
	json_w_ki64(&w, "uid", m->cursor.uid);
	json_w_end(&w);
	buf_byte(&b, '\n');
	(void)node_path(m->daemon->node->dir, FILE_NAME, path);
	if (file_write_atomic(path, buf_view(&b), 0600, &e) == ST_OK)
		m->saved = m->cursor;
	buf_finish(&b);
}

/* ---- the fetcher's thread ---- */

static enum status take(void *ctx, const struct inbound_imap_message *mail, struct err *e)
{
	struct mailbox *m = ctx;
	struct mail_taken t;
	arena_reset(&m->mail);
	enum status st = mail_take(m->daemon, mail->bytes, &m->mail, &t, e);
	if (st != ST_OK)
		return st;
	m->cursor = mail->cursor;
	if (clock_mono_us() - m->saved_us > SAVE_US)
		save_place(m);
	return ST_OK;
}

/* For `status`, in another process, and for who watches the numbers. */
static void changed(void *ctx, const struct inbound_imap_state *s)
{
	char path[NODE_PATH_MAX];
	struct mailbox *m = ctx;
	struct buf b;
	struct json_w w;
	metrics_set(m->daemon->metrics, METRIC_MAILBOX_CONNECTED, s->connected);
	metrics_set(m->daemon->metrics, METRIC_MAILBOX_FAILURES, (int64_t)s->failures);
	buf_init(&b, 8192);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.mailbox_state/1");
	json_w_kbool(&w, "connected", s->connected);
	json_w_ktime(&w, "since", clock_now_us());
	json_w_ki64(&w, "failures", (int64_t)s->failures);
	if (s->failures > 0)
		json_w_kz(&w, "last", s->last.text);
	json_w_end(&w);
	buf_byte(&b, '\n');
	(void)node_path(m->daemon->node->dir, NODE_MAILBOX_STATE, path);
	enum status st = file_write_atomic(path, buf_view(&b), 0600, NULL);
	if (st != ST_OK) /* a full disk: old news is worse than none */
		(void)unlink(path);
	buf_finish(&b);
}

static enum status start(struct mailbox *m, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct str password;
	const struct settings_mailbox *x = &m->daemon->settings.mailbox;
	const char *dir = m->daemon->node->dir;
	enum status st =
		settings_secret(dir, &x->password, "mailbox.password", &m->own, &password, e);
	if (st != ST_OK)
		return st;
	m->server = arena_printf(&m->own, "%s@%s:%d/%s", x->user, x->host, (int)x->port, x->folder);
	m->cursor = m->saved = load_place(m);
	struct inbound_imap_conf conf = INBOUND_IMAP_CONF_DEFAULT;
	conf.host = x->host;
	conf.port = (unsigned)x->port;
	conf.security = (enum inbound_imap_security)x->security;
	conf.ca_path =
		x->ca != NULL ? arena_strz(&m->own, str_of(settings_path(dir, x->ca, path))) : NULL;
	conf.user = x->user;
	conf.password = arena_strz(&m->own, password);
	conf.folder = x->folder;
	conf.move_to = x->move_to;
	conf.message_bytes_max = MAILROOM_MAIL_MAX;
	conf.cursor = m->cursor;
	conf.take = take;
	conf.changed = changed;
	conf.ctx = m;
	return inbound_imap_start(&conf, &m->fetcher, e);
}

enum status mailbox_open(struct daemon *d, struct mailbox **out, struct err *e)
{
	if (d->settings.mailbox.host == NULL || d->conf.no_mailbox)
		return ST_OK;
	struct mailbox *m = mem_alloc(sizeof *m);
	m->daemon = d;
	arena_init(&m->own, 1u << 20);
	arena_init(&m->mail, MAILROOM_ARENA_BYTES);
	enum status st = start(m, e);
	if (st == ST_OK)
		*out = m;
	else
		mailbox_close(&m);
	return st;
}

void mailbox_look(const struct mailbox *m, struct inbound_imap_state *out)
{
	inbound_imap_look(m->fetcher, out);
}

void mailbox_close(struct mailbox **mp)
{
	struct mailbox *m = *mp;
	if (m == NULL)
		return;
	bool ran = m->fetcher != NULL;
	inbound_imap_stop(&m->fetcher);
	bool moved = m->cursor.uid != m->saved.uid ||
		     m->cursor.uid_validity != m->saved.uid_validity; /* renumbered: the same uid */
	if (ran && moved)
		save_place(m);
	arena_wipe(&m->own); /* the password, and what it was read from */
	arena_finish(&m->own);
	arena_finish(&m->mail);
	mem_free(m);
	*mp = NULL;
}
