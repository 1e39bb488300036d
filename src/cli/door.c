/* SPDX-License-Identifier: Apache-2.0
 * door.c: the daemon leaves daemon.json (where it answers) and admin.token (mode 0600) in its
 * folder; whoever may read the folder may speak to the daemon. */
#include "cli/door.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "net/http_client.h"

#define SEND_BYTES_MAX (400u << 10)
#define SEND_ENTRIES_MAX 500u
#define ANSWER_BYTES_MAX ((size_t)64 << 20)

static enum status client_open(struct cli *c, struct door *d, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct str text, token;
	struct json doc;
	enum status st =
		file_read(node_path(c->data, "daemon.json", path), 1u << 16, &c->arena, &text, e);
	if (st == ST_OK)
		st = json_parse(text, JSON_LIMITS_EVENT, &c->arena, &doc, e);
	if (st == ST_OK)
		st = file_read(node_path(c->data, "admin.token", path), 4096, &c->arena, &token, e);
	if (st != ST_OK)
		return err_set(
			e, ST_UNAVAILABLE,
			"another process is writing to %s, and it left no address to speak to; "
			"stop it, or wait until it is done",
			c->data);
	struct http_client_conf conf = HTTP_CLIENT_CONF_DEFAULT;
	conf.base_url = arena_strz(&c->arena, json_str(&doc, json_get(&doc, 0, "url"), &c->arena));
	conf.bearer_token = arena_strz(&c->arena, str_trim(token));
	conf.ca_path = arena_strz(&c->arena, json_str(&doc, json_get(&doc, 0, "ca"), &c->arena));
	if (conf.ca_path != NULL && conf.ca_path[0] == '\0')
		conf.ca_path = NULL;
	conf.timeout_us = INT64_C(600) * 1000000;
	conf.answer_bytes_max = ANSWER_BYTES_MAX;
	return http_client_create(&conf, &d->client, e);
}

const char *door_url(struct cli *c)
{
	int pid;
	struct err e;
	struct str text;
	struct json doc;
	char path[NODE_PATH_MAX];
	node_path(c->data, "daemon.json", path);
	if (!node_locked(c->data, &pid) ||
	    file_read(path, 1u << 16, &c->arena, &text, &e) != ST_OK ||
	    json_parse(text, JSON_LIMITS_EVENT, &c->arena, &doc, &e) != ST_OK)
		return "http://localhost";
	return arena_strz(&c->arena, json_str(&doc, json_get(&doc, 0, "url"), &c->arena));
}

static void say_line(void *ctx, const char *line)
{
	cli_talk(ctx, "%s\n", line);
}

enum status door_open(struct cli *c, enum door_mode mode, struct door *out, struct err *e)
{
	int pid;
	struct door d = {.node = NULL};
	if (!node_exists(c->data))
		return err_set(e, ST_NOT_FOUND, "no data in %s", c->data);
	bool daemon = node_locked(c->data, &pid);
	struct node_conf conf =
		node_conf_default(c->data, mode == DOOR_WRITE && !daemon ? NODE_WRITE : NODE_READ);
	conf.say = say_line;
	conf.say_ctx = c;
	enum status st = mode == DOOR_WRITE && daemon ? client_open(c, &d, e) : ST_OK;
	if (st == ST_OK)
		st = node_open(&conf, &d.node, e);
	if (st == ST_OK)
		st = log_reader_open(d.node->log, &d.reader, e);
	if (st == ST_OK) {
		st = node_program(d.node->store, &d.program, &d.program_version, e);
		if (st == ST_NOT_FOUND)
			st = ST_OK; /* nothing applied yet: verbs that need a program say so */
	}
	if (st != ST_OK)
		door_close(&d);
	else
		*out = d;
	return st;
}

void door_close(struct door *d)
{
	program_destroy(&d->program);
	log_reader_close(&d->reader);
	node_close(&d->node);
	http_client_destroy(&d->client);
}

struct view door_view(struct cli *c, struct door *d)
{
	return (struct view){
		.store = d->node->store,
		.program = d->program,
		.log = d->reader,
		.now_us = clock_now_us(),
		.arena = &c->arena,
	};
}

struct str door_message_id(struct arena *a)
{
	char token[64];
	crypto_token("cli-", token);
	return arena_str(a, str_of(token));
}

/* ---- writing ---- */

static enum status answer_error(const struct http_answer *ans, struct arena *a, struct err *e)
{
	struct json d;
	enum status st = ST_UNAVAILABLE;
	if (json_parse(ans->body, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK)
		return err_set(e, st, "the daemon answered %d", ans->status);
	uint32_t err = json_get(&d, 0, "error");
	struct str type = json_str(&d, json_get(&d, err, "type"), a);
	struct str text = json_str(&d, json_get(&d, err, "message"), a);
	for (size_t i = 1; i < ST_COUNT; i++)
		if (str_is(type, status_name((enum status)i)))
			st = (enum status)i;
	return err_set(e, st, STR_FMT, STR_ARG(text));
}

static enum status answer_of(enum status st, const struct http_answer *ans, struct arena *a,
			     struct str *answer, struct err *e)
{
	if (st != ST_OK)
		return st;
	if (ans->status < 200 || ans->status > 299)
		return answer_error(ans, a, e);
	*answer = ans->body;
	return ST_OK;
}

enum status door_post(struct door *d, const char *path, struct str json, struct arena *a,
		      struct str *answer, struct err *e)
{
	struct http_answer ans;
	ASSERT(d->client != NULL);
	enum status st = http_client_post(d->client, path, json, a, &ans, e);
	return answer_of(st, &ans, a, answer, e);
}

enum status door_delete(struct door *d, const char *path, struct arena *a, struct str *answer,
			struct err *e)
{
	struct http_answer ans;
	ASSERT(d->client != NULL);
	enum status st = http_client_delete(d->client, path, a, &ans, e);
	return answer_of(st, &ans, a, answer, e);
}

static void put_entry(struct json_w *w, const struct log_entry *entry)
{
	json_w_object(w);
	json_w_kstr(w, "source", entry->source);
	json_w_kstr(w, "message_id", entry->message_id);
	json_w_key(w, "body");
	json_w_raw(w, entry->body);
	json_w_end(w);
}

static enum status read_answer(struct str answer, struct log_entry *entries, size_t n,
			       struct arena *a, struct err *e)
{
	struct json d;
	size_t i = 0;
	enum status st = json_parse(answer, JSON_LIMITS_EVENT, a, &d, e);
	if (st != ST_OK)
		return err_set(e, ST_UNCERTAIN, "the daemon's answer cannot be read");
	uint32_t list = json_get(&d, 0, "events");
	for (uint32_t v = json_first(&d, list); v != JSON_NONE && i < n;
	     v = json_next(&d, list, v), i++) {
		int64_t seq = 0;
		(void)json_i64(&d, json_get(&d, v, "seq"), &seq); /* 0 shows as "unknown" */
		entries[i].seq = (uint64_t)seq;
		(void)json_bool(&d, json_get(&d, v, "duplicate"), &entries[i].duplicate);
	}
	return i == n ? ST_OK
		      : err_set(e, ST_UNCERTAIN, "the daemon answered for %zu of %zu events", i, n);
}

static enum status post_some(struct cli *c, struct door *d, struct log_entry *entries, size_t n,
			     struct err *e)
{
	struct buf body;
	struct json_w w;
	struct str answer = STR_NULL;
	struct arena_mark mark = arena_mark(&c->arena);
	buf_init(&body, 2 * EVENT_OWN_BYTES_MAX);
	json_w_init(&w, &body);
	json_w_object(&w);
	json_w_key(&w, "events");
	json_w_array(&w);
	for (size_t i = 0; i < n; i++)
		put_entry(&w, &entries[i]);
	json_w_end(&w);
	json_w_end(&w);
	enum status st =
		buf_ok(&body) ? door_post(d, "/v1/events", buf_view(&body), &c->arena, &answer, e)
			      : err_set(e, ST_LIMIT, "events are too large to send");
	buf_finish(&body);
	if (st == ST_OK)
		st = read_answer(answer, entries, n, &c->arena, e);
	arena_rewind(&c->arena, mark);
	return st;
}

enum status door_append(struct cli *c, struct door *d, struct log_entry *entries, size_t n,
			struct err *e)
{
	if (d->client == NULL)
		return node_submit(d->node, entries, n, e);
	for (size_t at = 0; at < n;) {
		size_t take = 0, bytes = 0;
		while (at + take < n && take < SEND_ENTRIES_MAX && bytes < SEND_BYTES_MAX)
			bytes += entries[at + take++].body.n + 300;
		enum status st = post_some(c, d, entries + at, take, e);
		if (st != ST_OK)
			return st;
		at += take;
	}
	return ST_OK;
}

enum status door_send(struct cli *c, struct door *d, struct door_item *items, size_t n,
		      struct err *e)
{
	struct log_entry *entries = ARENA_ARRAY(&c->arena, struct log_entry, n);
	if (entries == NULL)
		return err_set(e, ST_LIMIT, "too many events at once");
	for (size_t i = 0; i < n; i++) {
		struct buf body;
		struct event *ev = &items[i].event;
		buf_init_arena(&body, &c->arena, event_bytes_max(ev->flags) + 1024);
		if (items[i].message_id.n == 0)
			items[i].message_id = door_message_id(&c->arena);
		ev->source = items[i].source;
		ev->message_id = items[i].message_id;
		ev->received_us = clock_now_us();
		enum status st = event_check(ev, e);
		if (st == ST_OK)
			st = event_encode(ev, &body, e);
		if (st != ST_OK)
			return st;
		entries[i] = (struct log_entry){
			.source = items[i].source,
			.message_id = items[i].message_id,
			.body = buf_view(&body),
			.received_us = ev->received_us,
		};
	}
	enum status st = door_append(c, d, entries, n, e);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		items[i].seq = entries[i].seq;
		items[i].duplicate = entries[i].duplicate;
	}
	return st;
}
