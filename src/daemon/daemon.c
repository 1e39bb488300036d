/* SPDX-License-Identifier: Apache-2.0
 * daemon.c: starting and stopping in order. A start is a recovery: whatever a crash left in the
 * log behind the cursor is folded by the runner's first batches, and nothing else needs mending. */
#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/time.h"
#include "daemon/internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RETAIN_BITES 50 /* of one round: about 100,000 records */

struct daemon_conf daemon_conf_default(const char *dir)
{
	struct daemon_conf conf = {
		.node = node_conf_default(dir, NODE_WRITE),
		.http = HTTP_SERVER_CONF_DEFAULT,
		.stop_grace_us = 10 * US_PER_S,
		.retain_every_us = US_PER_M,
	};
	return conf;
}

/* ---- what the threads tell each other ---- */

static void on_committed(void *ctx, uint64_t last_seq)
{
	struct daemon *d = ctx;
	d->committed_seq = last_seq;
	metrics_inc(d->metrics, METRIC_LOG_COMMITS);
	disk_good(&d->disk);
	deliver_logged(d->deliver, last_seq);
	runner_wake(d->runner, last_seq);
}

static void on_tick(void *ctx, int64_t now_us)
{
	struct daemon *d = ctx;
	char id[64];
	struct err e;
	(void)now_us;
	crypto_token("tick-", id);
	/* A full disk stops the clock of the log as it stops events: the runner asks again. */
	enum status st = daemon_append_own(d, "clock.tick", STR_NULL, str_of(id), NULL, &e);
	if (st != ST_OK)
		metrics_inc(d->metrics, METRIC_LOG_NO_SPACE);
	if (st == ST_NO_SPACE)
		disk_full(&d->disk, clock_mono_us());
}

/* Retention, on the engine's thread: in bites, and only behind what the state on disk holds. */
static void retain(struct daemon *d, const struct engine_stats *s)
{
	const struct log_conf *conf = &d->conf.node.log;
	int64_t now = clock_now_us();
	uint64_t removed = 1, safe = s->cursor;
	struct err e;
	if ((conf->retain_us == 0 && conf->retain_bytes == 0) || d->conf.retain_every_us == 0 ||
	    now - d->retained_us < d->conf.retain_every_us || safe == 0)
		return;
	d->retained_us = now;
	if (store_sync(d->node->store, &e) != ST_OK)
		return;
	for (int bites = 0; removed > 0 && bites < RETAIN_BITES; bites++) {
		if (log_retain(d->node->log, safe, now, &removed, &e) != ST_OK)
			return; /* doctor tells; the next round tries again */
		metrics_add(d->metrics, METRIC_LOG_RETAINED, (int64_t)removed);
	}
}

static void on_progress(void *ctx, const struct engine_stats *s)
{
	struct daemon *d = ctx;
	deliver_folded(d->deliver, s->cursor, s->clock_us);
	daemon_put_book(d);
	retain(d, s);
	daemon_note(d);
}

uint64_t daemon_lag(struct daemon *d, struct engine_stats *es_r, struct log_stats *ls_r)
{
	runner_stats(d->runner, es_r);
	log_stats(d->node->log, ls_r);
	uint64_t last = ls_r->next_seq - 1;
	/* A commit is read by the fold before the log says its number. */
	return last > es_r->cursor ? last - es_r->cursor : 0;
}

/* On the thread of who asks. */
static void on_measure(void *ctx)
{
	struct daemon *d = ctx;
	struct engine_stats es;
	struct log_stats ls;
	(void)pthread_mutex_lock(&d->measuring);
	metrics_set(d->metrics, METRIC_ENGINE_LAG_EVENTS, (int64_t)daemon_lag(d, &es, &ls));
	metrics_set(d->metrics, METRIC_ENGINE_EVENTS, (int64_t)es.events);
	metrics_set(d->metrics, METRIC_ENGINE_ALARMS, (int64_t)es.alarms);
	metrics_set(d->metrics, METRIC_LOG_BYTES, (int64_t)ls.bytes);
	metrics_set(d->metrics, METRIC_LOG_EVENTS, (int64_t)(ls.next_seq - 1));
	(void)pthread_mutex_unlock(&d->measuring);
}

/* What waits to leave is not spoken while the state is behind. */
static bool on_urgent(void *ctx)
{
	struct daemon *d = ctx;
	return !deliver_idle(d->deliver);
}

static void on_hand_over(void *ctx, const uint64_t *messages, size_t n)
{
	struct daemon *d = ctx;
	deliver_hand_over(d->deliver, messages, n);
}

static enum status on_answers(void *ctx, struct log_entry *entries, size_t n, struct err *e)
{
	struct daemon *d = ctx;
	return appender_append(d->appender, entries, n, e);
}

enum status daemon_wait_sent(struct daemon *d, int64_t timeout_us, struct err *e)
{
	struct log_stats ls;
	int64_t until = clock_mono_us() + timeout_us;
	do {
		while (!deliver_idle(d->deliver) && clock_mono_us() < until)
			clock_sleep_us(1000);
		log_stats(d->node->log, &ls);
		if (runner_wait(d->runner, ls.next_seq - 1, until - clock_mono_us()) &&
		    deliver_idle(d->deliver))
			return ST_OK;
	} while (clock_mono_us() < until);
	return err_set(e, ST_TIMEOUT, "messages are still being sent; ask again");
}

static bool is_ready(void *ctx, const char **why_r)
{
	struct daemon *d = ctx;
	if (appender_health(d->appender, NULL) != ST_OK) {
		*why_r = "the event log cannot be written; see nurtured doctor";
		return false;
	}
	if (runner_health(d->runner, NULL) != ST_OK) {
		*why_r = "the engine stands still; see nurtured doctor";
		return false;
	}
	return true;
}

/* ---- start ---- */

static struct str text_or_none(const char *z)
{
	return z != NULL ? str_of(z) : STR_NULL;
}

/* How JSON of senders' own is read, compiled once. */
static enum status make_maps(struct daemon *d, struct err *e)
{
	for (size_t i = 0; i < d->settings.maps_n; i++) {
		const struct settings_map *s = &d->settings.maps[i];
		const struct ingest_map_text text = {str_of(s->name), str_of(s->map),
						     text_or_none(s->type),
						     text_or_none(s->purpose)};
		enum status st = ingest_map_make(&text, &d->settings_arena, &d->maps[i], e);
		if (st != ST_OK)
			return err_wrap(e, "settings.json: maps[%zu].map", i), st;
	}
	return ST_OK;
}

static enum status open_data(struct daemon *d, struct err *e)
{
	d->conf.node.hand_over = on_hand_over;
	d->conf.node.ctx = d;
	d->conf.node.say = d->conf.say;
	d->conf.node.say_ctx = d->conf.say_ctx;
	enum status st = node_open(&d->conf.node, &d->node, e);
	if (st == ST_OK)
		st = keys_load(d->node->dir, &d->keys, e);
	if (st == ST_OK)
		st = node_link_keys(d->node->dir, &d->links, e);
	if (st == ST_OK)
		st = settings_load(d->node->dir, &d->settings_arena, &d->settings, e);
	return st == ST_OK ? make_maps(d, e) : st;
}

static enum status open_hits(struct daemon *d, struct err *e)
{
	struct hits_conf conf = {.dir = d->node->dir,
				 .log = d->node->log,
				 .appender = d->appender,
				 .metrics = d->metrics};
	enum status st = store_reader(d->node->store, &conf.store, e);
	return st == ST_OK ? hits_create(&conf, &d->hits, e) : st;
}

static enum status open_deliver(struct daemon *d, struct err *e)
{
	struct log_stats ls;
	struct engine_stats es;
	const struct letters_conf lc = {.dir = d->node->dir, .settings = &d->settings};
	enum status st = letters_create(&lc, &d->letters, e);
	if (st != ST_OK)
		return st;
	log_stats(d->node->log, &ls);
	engine_stats(d->node->engine, &es);
	const struct deliver_conf dc = {
		.dir = d->node->dir,
		.settings = &d->settings,
		.letters = d->letters,
		.store = d->node->store,
		.log_end = ls.next_seq - 1,
		.cursor = es.cursor,
		.metrics = d->metrics,
		.tell = on_answers,
		.ctx = d,
	};
	return deliver_create(&dc, &d->deliver, e);
}

static enum status start_threads(struct daemon *d, struct err *e)
{
	struct runner_conf rc = {
		.engine = d->node->engine,
		.tick = on_tick,
		.progress = on_progress,
		.idle_us = DAEMON_NOTE_EVERY_US,
		.urgent = on_urgent,
		.polite = &d->node->polite,
		.ctx = d,
	};
	struct appender_conf ac = {
		.log = d->node->log,
		.committed = on_committed,
		.settled = daemon_settled,
		.ctx = d,
	};
	/* The desks take their readers of the state while no other thread uses the store yet. */
	enum status st = ST_OK;
	for (size_t i = 0; i < DESK_LANES && st == ST_OK; i++)
		st = desk_create(d, &d->desks[i], e);
	if (st == ST_OK)
		st = open_deliver(d, e);
	if (st == ST_OK)
		st = appender_create(&ac, &d->appender, e);
	if (st == ST_OK)
		st = open_hits(d, e);
	if (st == ST_OK) {
		daemon_put_book(d);
		st = runner_create(&rc, &d->runner, e);
	}
	if (st == ST_OK) /* its verdicts are commits, and commits wake the runner */
		st = hits_start(d->hits, e);
	if (st == ST_OK)
		st = mailbox_open(d, &d->mailbox, e);
	return st;
}

/* Where this machine's verbs find their token; also when somebody rotated it. */
static enum status leave_token(void *ctx, const struct key_secret *made, struct err *e)
{
	char path[NODE_PATH_MAX];
	const struct daemon *d = ctx;
	return file_write_atomic(node_path(d->node->dir, "admin.token", path), str_of(made->token),
				 0600, e);
}

static void wire(struct daemon *d, struct api_ops *ops)
{
	*ops = (struct api_ops){
		.ctx = d, .ready = is_ready, .measure = on_measure, .new_local = leave_token};
	for (int op = 0; op < API_OP_COUNT; op++)
		if (daemon_desk_ops[op].handle != NULL)
			ops->handler[op] = desk_take;
	static const enum api_op ingest[] = {
		API_OP_SEGMENT_BATCH,    API_OP_SEGMENT_IMPORT, API_OP_SEGMENT_TRACK,
		API_OP_SEGMENT_IDENTIFY, API_OP_SEGMENT_PAGE,   API_OP_SEGMENT_SCREEN,
		API_OP_SEGMENT_GROUP,    API_OP_SEGMENT_ALIAS,  API_OP_FORM,
		API_OP_WEBHOOK,          API_OP_MAPPED,
	};
	for (size_t i = 0; i < sizeof ingest / sizeof ingest[0]; i++)
		ops->handler[ingest[i]] = daemon_ingest;
	static const enum api_op pages[] = {
		API_OP_LINK_STOP_PAGE, API_OP_LINK_STOP,         API_OP_LINK_CHOICES_PAGE,
		API_OP_LINK_CHOICES,   API_OP_LINK_CONFIRM_PAGE, API_OP_LINK_CONFIRM,
		API_OP_LINK_REP_PAGE,  API_OP_LINK_REP,
	};
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		ops->handler[pages[i]] = daemon_link_page;
	static const enum api_op test_only[] = {API_OP_INBOX, API_OP_INBOX_MAIL, API_OP_INBOX_HTML,
						API_OP_INBOX_ACT};
	for (size_t i = 0; i < sizeof test_only / sizeof test_only[0]; i++)
		if (d->settings.mode != SETTINGS_TEST)
			ops->handler[test_only[i]] = NULL;
	crypto_token("", d->inbox_token);
	ops->handler[API_OP_DECIDE] = daemon_decide; /* it asks the desk itself */
	ops->handler[API_OP_REWARD] = daemon_reward;
	ops->handler[API_OP_LINK_CLICK] = daemon_link_click;
	ops->handler[API_OP_LINK_OPEN] = daemon_link_open;
}

static enum status listen_now(struct daemon *d, struct err *e)
{
	struct api_ops ops;
	wire(d, &ops);
	enum status st = api_create(&d->conf.api, &ops, d->keys, d->metrics, &d->api, e);
	if (st != ST_OK)
		return st;
	struct http_handler handler = api_http_handler(d->api);
	st = http_server_create(&d->conf.http, &handler, d->metrics, &d->server, e);
	if (st != ST_OK)
		return st;
	const char *host = d->conf.http.address;
	if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
		host = "127.0.0.1";
	bool v6 = strchr(host, ':') != NULL;
	(void)snprintf(d->url, sizeof d->url, "%s://%s%s%s:%u",
		       d->conf.http.tls_cert_path ? "https" : "http", v6 ? "[" : "", host,
		       v6 ? "]" : "", (unsigned)http_server_port(d->server));
	return ST_OK;
}

/* The verbs of this machine speak to the daemon with a token of their own, new at each start. */
static enum status leave_address(struct daemon *d, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct key_secret made;
	enum status st = keys_local(d->keys, clock_now_us(), &made, e);
	if (st == ST_OK)
		st = leave_token(d, &made, e);
	crypto_wipe(&made, sizeof made);
	if (st != ST_OK)
		return st;
	struct buf b;
	struct json_w w;
	buf_init(&b, 1u << 14);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.daemon/1");
	json_w_kz(&w, "url", d->url);
	json_w_ki64(&w, "pid", getpid());
	json_w_kz(&w, "version", NURTURED_VERSION);
	json_w_ktime(&w, "started", d->started_us);
	if (d->conf.http.tls_cert_path)
		json_w_kz(&w, "ca", d->conf.http.tls_cert_path);
	json_w_end(&w);
	buf_byte(&b, '\n');
	st = file_write_atomic(node_path(d->node->dir, "daemon.json", path), buf_view(&b), 0600, e);
	buf_finish(&b);
	return st;
}

enum status daemon_start(const struct daemon_conf *conf, struct daemon **out, struct err *e)
{
	struct daemon *d = mem_alloc(sizeof *d);
	(void)pthread_mutex_init(&d->measuring, NULL);
	d->conf = *conf;
	d->started_us = clock_now_us();
	d->metrics = metrics_create();
	http_replies_init(&d->replies);
	arena_init(&d->settings_arena, 8 * SETTINGS_BYTES_MAX);
	disk_init(&d->disk, conf->say, conf->say_ctx);
	enum status st = open_data(d, e);
	if (st == ST_OK)
		st = start_threads(d, e);
	if (st == ST_OK)
		st = listen_now(d, e);
	if (st == ST_OK)
		st = leave_address(d, e);
	if (st == ST_OK) {
		letters_at(d->letters, conf->links_url ? conf->links_url : d->url);
		st = deliver_start(d->deliver, e);
	}
	/* Before the stop: what was folded by now may have to wait for room to be written. */
	if (st == ST_NO_SPACE && conf->say != NULL && !conf->told_full)
		conf->say(conf->say_ctx, "the disk is full: nothing is taken in until there is "
					 "room; nothing that was acknowledged is lost");
	if (st != ST_OK)
		daemon_stop(&d);
	else
		*out = d;
	return st;
}

void daemon_stop(struct daemon **dp)
{
	char path[NODE_PATH_MAX];
	struct daemon *d = *dp;
	if (d == NULL)
		return;
	if (d->server != NULL)
		http_server_stop(d->server, d->conf.stop_grace_us);
	for (size_t i = DESK_LANES; i > 0; i--)
		desk_destroy(&d->desks[i - 1]);
	mailbox_close(&d->mailbox);
	hits_stop(d->hits); /* what is final is still told */
	if (d->runner != NULL)
		runner_stop(d->runner); /* nothing more is handed over */
	if (d->deliver != NULL)
		deliver_stop(d->deliver); /* its answers go through the appender */
	appender_destroy(&d->appender);
	hits_destroy(&d->hits);
	runner_destroy(&d->runner);
	deliver_destroy(&d->deliver);
	letters_destroy(&d->letters);
	http_server_destroy(&d->server);
	shelf_clear(&d->shelf);
	advise_book_close(&d->next_book);
	api_destroy(&d->api);
	keys_destroy(&d->keys);
	if (d->node != NULL && d->url[0] != '\0')
		(void)unlink(node_path(d->node->dir, "daemon.json", path)); /* gone is gone */
	node_close(&d->node);
	arena_finish(&d->settings_arena);
	metrics_destroy(&d->metrics);
	disk_finish(&d->disk);
	(void)pthread_mutex_destroy(&d->measuring);
	mem_free(d);
	*dp = NULL;
}

const char *daemon_address(const struct daemon *d)
{
	return d->conf.http.address;
}

const char *daemon_url(const struct daemon *d)
{
	return d->url;
}

void daemon_stats(struct daemon *d, struct engine_stats *out)
{
	runner_stats(d->runner, out);
}
