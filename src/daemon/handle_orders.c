/* SPDX-License-Identifier: Apache-2.0
 * handle_orders.c: what an admin token can have done: an event by hand, and the long ones (plan,
 * backup, replay), which have a thread of their own and stop when the daemon does. The verbs of the
 * same names run the same code. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "ingest/fact.h"
#include "view/view_did.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define BACKUP_NAME_MAX 100
#define SENT_WAIT_US US_PER_S

/* ---- trigger ---- */

struct order {
	struct event event;
	struct str message_id;
};

static enum status read_ids(struct desk_work *k, const struct json *d, struct order *o,
			    struct err *e)
{
	static const struct {
		const char *key;
		enum id_kind kind;
	} ids[] = {{"email", ID_EMAIL},
		   {"userId", ID_USER_ID},
		   {"anonymousId", ID_ANONYMOUS_ID},
		   {"phone", ID_PHONE}};
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		uint32_t node = json_get(d, 0, ids[i].key);
		struct str text = json_str(d, node, k->view.arena);
		if (node == JSON_NONE)
			continue;
		if (!event_add_id(&o->event, ids[i].kind, STR_NULL, text))
			return err_set(e, ST_INVALID, "%s must be a text of 1 to %d bytes",
				       ids[i].key, EVENT_ID_VALUE_MAX);
	}
	return o->event.ids_n ? ST_OK
			      : err_set(e, ST_INVALID,
					"whose event is it? email, userId, anonymousId or phone");
}

static struct str object_of(const struct json *d, const char *key)
{
	uint32_t node = json_get(d, 0, key);
	return node == JSON_NONE ? STR_NULL : json_raw(d, node);
}

static enum status read_order(struct desk_work *k, const struct json *d, struct order *o,
			      struct err *e)
{
	struct arena *a = k->view.arena;
	struct str at = json_str(d, json_get(d, 0, "at"), a);
	*o = (struct order){
		.event = {.occurred_us = clock_now_us(), .context.scroll = -1},
		.message_id = json_str(d, json_get(d, 0, "messageId"), a),
	};
	o->event.properties = object_of(d, "properties");
	o->event.traits = object_of(d, "traits");
	struct str name = json_str(d, json_get(d, 0, "event"), a);
	enum status st = event_type_named(name, a, &o->event.type, e);
	if (st == ST_OK)
		st = read_ids(k, d, o, e);
	if (st == ST_OK && json_get(d, 0, "at") != JSON_NONE &&
	    !time_parse(at, &o->event.occurred_us))
		st = err_set(e, ST_INVALID, "at must be an instant like 2026-11-21T07:00:00Z");
	if (st != ST_OK)
		return st;
	fact_country_of(&o->event, d, json_get(d, 0, "traits"), a);
	if (o->message_id.n == 0) {
		char id[64];
		crypto_token("api-", id);
		o->message_id = arena_str(a, str_of(id));
	}
	o->event.source = STR("trigger");
	o->event.message_id = o->message_id;
	o->event.received_us = clock_now_us();
	return event_check(&o->event, e);
}

enum status daemon_do_trigger(struct desk_work *k, struct err *e)
{
	static const struct json_member may[] = {
		{"event", JSON_STRING},       {"email", JSON_STRING}, {"userId", JSON_STRING},
		{"anonymousId", JSON_STRING}, {"phone", JSON_STRING}, {"properties", JSON_OBJECT},
		{"traits", JSON_OBJECT},      {"at", JSON_STRING},    {"messageId", JSON_STRING}};
	struct json d;
	struct order o;
	struct buf body;
	struct view_triggered t = {0};
	struct arena *a = k->view.arena;
	enum status st = daemon_body(k, &d, may, sizeof may / sizeof *may, e);
	if (st == ST_OK)
		st = read_order(k, &d, &o, e);
	buf_init_arena(&body, a, EVENT_BYTES_MAX + 1024);
	if (st == ST_OK)
		st = event_encode(&o.event, &body, e);
	if (st != ST_OK)
		return st;
	struct log_entry entry = {.source = o.event.source,
				  .message_id = o.message_id,
				  .body = buf_view(&body),
				  .received_us = o.event.received_us};
	view_standing_of(&k->view, &o.event, &t.before);
	st = daemon_append_and_fold(k->daemon, &entry, 1, e);
	if (st != ST_OK)
		return st;
	/* Into the simulated inbox it is a moment; what takes longer is told as it stands. */
	if (k->daemon->settings.mode == SETTINGS_TEST)
		st = daemon_wait_sent(k->daemon, SENT_WAIT_US, e);
	if (st != ST_OK && st != ST_TIMEOUT)
		return st;
	t.seq = entry.seq;
	t.duplicate = entry.duplicate;
	view_standing_of(&k->view, &o.event, &t.after);
	view_triggered(&k->view, &t, &k->w);
	return ST_OK;
}

/* ---- what needs the whole node: opened beside ourselves, as a verb would ---- */

static enum status open_beside(struct desk_work *k, struct node **out, struct err *e)
{
	const struct node_conf conf = node_conf_default(k->daemon->node->dir, NODE_READ);
	return node_open(&conf, out, e);
}

static bool stopping(void *ctx)
{
	return desk_stopping(ctx);
}

enum status daemon_do_replay_verify(struct desk_work *k, struct err *e)
{
	struct node *n = NULL;
	struct replay_result r;
	enum status st = open_beside(k, &n, e);
	if (st == ST_OK)
		st = store_read_begin(n->store, e);
	if (st == ST_OK) {
		const struct replay_conf conf = {.log = n->log,
						 .state = n->store,
						 .seed = n->seed,
						 .stop = stopping,
						 .ctx = k->desk};
		st = engine_replay(&conf, &r, e);
		store_read_end(n->store);
	}
	node_close(&n);
	if (st == ST_OK)
		view_replayed(&r, &k->w);
	return st;
}

/* A name, never a path: a token that came over the network must not write anywhere it likes. */
static enum status backup_name(struct desk_work *k, struct str *out, struct err *e)
{
	char now[TIME_TEXT_MAX];
	struct str name;
	struct arena *a = k->view.arena;
	const struct desk_field f[] = {{"name", &name, NULL}};
	enum status st = daemon_fields(k, f, 1, e);
	if (st != ST_OK)
		return st;
	if (name.n == 0)
		name = arena_str(a, str_of(time_format(clock_now_us() / US_PER_S * US_PER_S, now)));
	bool good = name.n > 0 && name.n <= BACKUP_NAME_MAX && name.p[0] != '.';
	for (size_t i = 0; i < name.n && good; i++)
		good = name.p[i] > ' ' && name.p[i] < 0x7f && name.p[i] != '/';
	if (!good || str_ends(name, STR(".part")))
		return err_set(
			e, ST_INVALID,
			"name must be a folder's name of 1 to %d letters and digits, without "
			"a dot in front",
			BACKUP_NAME_MAX);
	*out = name;
	return ST_OK;
}

enum status daemon_do_backup(struct desk_work *k, struct err *e)
{
	char folder[NODE_PATH_MAX], dir[NODE_PATH_MAX];
	struct node *n = NULL;
	struct str name;
	const char *data = k->daemon->node->dir;
	enum status st = backup_name(k, &name, e);
	if (st != ST_OK)
		return st;
	if (strlen(data) + name.n + 32 > NODE_PATH_MAX)
		return err_set(e, ST_INVALID, "the name is too long for the data folder's path");
	if (mkdir(node_path(data, "backups", folder), 0700) != 0 && errno != EEXIST)
		return err_set(e, errno == ENOSPC ? ST_NO_SPACE : ST_IO, "cannot make %s: %s",
			       folder, strerror(errno));
	(void)node_path(folder, arena_strz(k->view.arena, name), dir);
	st = open_beside(k, &n, e);
	if (st == ST_OK)
		st = node_backup(n, dir, e);
	if (st == ST_OK)
		st = node_backup_note(data, dir, clock_now_us(), e);
	node_close(&n);
	if (st == ST_OK)
		view_backed_up(dir, &k->w);
	return st;
}
