/* SPDX-License-Identifier: Apache-2.0
 * door.c: the daemon as it is shipped, a process of its own, seen from outside. */
#include "door.h"

#include "api/keys.h"
#include "base/clock.h"
#include "bench_log.h"
#include "fold.h"
#include "load.h"
#include "node/node.h"
#include "node/settings.h"
#include "peer.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SAMPLES 1000u
#define SCORED_WITHIN_US INT64_C(5000000)
#define FOLDED_WITHIN_US INT64_C(120000000)

/* A daemon over a folder, with a write key for the load. */
struct house {
	char folder[BENCH_PATH_MAX];
	struct peer peer;
	enum key_kind kind; /* of the load's key */
	struct key_secret key;
};

static enum status house_open(const struct bench_conf *conf, struct house *h, struct err *e)
{
	struct keys *keys = NULL;
	char name[32];
	enum status st = keys_load(h->folder, &keys, e);
	(void)snprintf(name, sizeof name, "k%lld", (long long)clock_now_us());
	if (st == ST_OK)
		st = keys_add(keys, h->kind, str_of(name), clock_now_us(), &h->key, e);
	keys_destroy(&keys);
	const char *const argv[] = {conf->daemon, "serve",       "--data", h->folder,
				    "--listen",   "127.0.0.1:0", "--json", NULL};
	return st == ST_OK ? peer_start(argv, &h->peer, e) : st;
}

/* A new folder with `leads` known leads behind it. */
static enum status house_build(const struct bench_conf *conf, uint64_t leads, const char *name,
			       struct house *h, struct err *e)
{
	struct bench_rate made;
	struct bench_conf c = *conf;
	*h = (struct house){.peer = {.pid = 0}};
	c.leads = leads;
	(void)snprintf(h->folder, sizeof h->folder, "%s/%s", conf->folder, name);
	bench_remove(h->folder);
	return bench_fold_prepare(&c, h->folder, &made, e);
}

static void house_close(struct house *h)
{
	peer_stop(&h->peer);
	bench_remove(h->folder);
}

static enum status empty_start(struct peer *p, struct err *e)
{
	static const char *const argv[] = {"/proc/self/exe", "--empty-server", NULL};
	return peer_start(argv, p, e);
}

/* One load run against a process; the CPU column is that process's. */
static enum status measure(const struct load_conf *lc, const struct peer *p, struct bench_rate *out,
			   struct err *e)
{
	struct load_result res;
	int64_t before = bench_process_cpu_us(p->pid);
	enum status st = load_run(lc, &res, e);
	if (st != ST_OK)
		return st;
	if (res.failed > 0)
		return err_set(e, ST_UNAVAILABLE, "bench: %llu of %llu requests failed",
			       (unsigned long long)res.failed, (unsigned long long)res.requests);
	*out = res.rate;
	out->cpu_us = bench_process_cpu_us(p->pid) - before;
	return ST_OK;
}

static enum status bare_append(const struct bench_conf *conf, struct bench_rate *out, struct err *e)
{
	const struct bench_log_conf lc = {.folder = conf->folder,
					  .events = conf->append_events,
					  .body_bytes = 400,
					  .batch = 1000};
	return bench_bare_append(&lc, out, e);
}

enum { DAEMON, SCORED, EMPTY, BARE, SIDES };

/* Waits until all that was taken in is folded: what the daemon puts off must not be paid by whom it
 * is compared with. */
static enum status until_folded(const struct house *h, struct err *e)
{
	struct node_conf nc = node_conf_default(h->folder, NODE_READ);
	struct node *node = NULL;
	struct engine_meta meta = {.cursor = 0};
	struct log_stats ls = {.next_seq = 2};
	int64_t until = clock_mono_us() + FOLDED_WITHIN_US;
	enum status st = node_open(&nc, &node, e);
	while (st == ST_OK && meta.cursor + 1 < ls.next_seq) {
		clock_sleep_us(1000);
		log_stats(node->log, &ls);
		st = engine_meta_read(node->store, &meta, e);
		if (st == ST_OK && clock_mono_us() > until)
			st = err_set(e, ST_UNAVAILABLE, "bench: events were not folded in time");
	}
	node_close(&node);
	return st;
}

/* One load run against the daemon: as it answers, and until all of it is scored. */
static enum status measure_daemon(const struct load_conf *lc, const struct house *h,
				  struct bench_rate *answered, struct bench_rate *scored,
				  struct err *e)
{
	int64_t from = clock_mono_us(), cpu = bench_process_cpu_us(h->peer.pid);
	enum status st = measure(lc, &h->peer, answered, e);
	if (st == ST_OK)
		st = until_folded(h, e);
	*scored = (struct bench_rate){.events = answered->events,
				      .elapsed_us = clock_mono_us() - from,
				      .cpu_us = bench_process_cpu_us(h->peer.pid) - cpu};
	return st;
}

/* Daemon, empty server and bare append in turns; the median round of each. */
static enum status side_by_side(const struct bench_conf *conf, const struct house *h,
				struct load_conf *lc, struct bench_rate out[SIDES], struct err *e)
{
	struct bench_rate rounds[SIDES][BENCH_ROUNDS_MAX];
	struct peer empty;
	enum status st = empty_start(&empty, e);
	if (st != ST_OK)
		return st;
	for (int i = 0; i < conf->rounds && st == ST_OK; i++) {
		lc->port = empty.port;
		st = measure(lc, &empty, &rounds[EMPTY][i], e);
		lc->port = h->peer.port;
		if (st == ST_OK)
			st = measure_daemon(lc, h, &rounds[DAEMON][i], &rounds[SCORED][i], e);
		if (st == ST_OK)
			st = bare_append(conf, &rounds[BARE][i], e);
	}
	peer_stop(&empty);
	for (int s = 0; s < SIDES && st == ST_OK; s++)
		out[s] = bench_median(rounds[s], conf->rounds);
	return st;
}

/* ---- what is said of it ---- */

/* done: what is waited for behind the answers; NULL: nothing is, and there is no bare append to
 * compare with. */
static void report_sides(struct report *r, const struct bench_rate side[SIDES], const char *what,
			 const char *done, unsigned connections)
{
	char name[96];
	(void)snprintf(name, sizeof name, "%s, %u connections", what, connections);
	report_rate(r, name, &side[DAEMON]);
	(void)snprintf(name, sizeof name, "the same, until all of it is %s", done ? done : "");
	if (done != NULL)
		report_rate(r, name, &side[SCORED]);
	(void)snprintf(name, sizeof name, "the same door without work, %u", connections);
	report_rate(r, name, &side[EMPTY]);
	if (done != NULL)
		report_rate(r, "bare append, batches of 1,000, full fsync", &side[BARE]);
}

static void report_wait(struct report *r, const char *what, double *took, size_t n,
			const char *unit)
{
	static const struct {
		double p;
		const char *name;
	} rows[] = {{0.5, "p50"}, {0.99, "p99"}};
	char name[96];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(name, sizeof name, "%s, %s", what, rows[i].name);
		report_value(r, name, bench_percentile(took, n, rows[i].p), unit);
	}
}

static enum status house_start(const struct bench_conf *conf, uint64_t leads, struct house *h,
			       struct err *e)
{
	enum status st = house_build(conf, leads, "door", h, e);
	return st == ST_OK ? house_open(conf, h, e) : st;
}

static enum status single_at(const struct bench_conf *conf, const struct house *h,
			     unsigned connections, struct report *r, struct err *e)
{
	struct bench_rate side[SIDES];
	struct load_conf lc = {.connections = connections,
			       .events_each = 1,
			       .for_us = conf->door_us,
			       .leads = 10000,
			       .token = h->key.token};
	enum status st = side_by_side(conf, h, &lc, side, e);
	if (st != ST_OK)
		return st;
	report_sides(r, side, "durable single events", "scored", connections);
	double empty = bench_per_s(&side[EMPTY]), bare = bench_per_s(&side[BARE]);
	report_ratio(r, "durable / smaller of the two",
		     bench_per_s(&side[DAEMON]) / (empty < bare ? empty : bare), 0.7);
	return ST_OK;
}

enum status bench_single(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct house h;
	enum status st = house_start(conf, 10000, &h, e);
	if (st == ST_OK)
		st = single_at(conf, &h, 64, r, e);
	if (st == ST_OK)
		st = single_at(conf, &h, 512, r, e);
	house_close(&h);
	return st;
}

enum status bench_batch(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct house h;
	struct bench_rate side[SIDES];
	enum status st = house_start(conf, 10000, &h, e);
	struct load_conf lc = {.connections = 16,
			       .events_each = 100,
			       .for_us = conf->door_us,
			       .leads = 10000,
			       .token = h.key.token};
	if (st == ST_OK)
		st = side_by_side(conf, &h, &lc, side, e);
	house_close(&h);
	if (st != ST_OK)
		return st;
	report_sides(r, side, "events in requests of 100", "scored", lc.connections);
	report_ratio(r, "batched / bare append",
		     bench_per_s(&side[DAEMON]) / bench_per_s(&side[BARE]), 0);
	return ST_OK;
}

/* ---- links of messages ---- */

static enum status clicks_at(const struct bench_conf *conf, const struct house *h,
			     unsigned connections, struct report *r, struct err *e)
{
	struct link_keys keys;
	struct bench_rate side[SIDES];
	enum status st = node_link_keys(h->folder, &keys, e);
	struct load_conf lc = {.connections = connections,
			       .events_each = 1,
			       .for_us = conf->door_us,
			       .links = &keys};
	if (st == ST_OK)
		st = side_by_side(conf, h, &lc, side, e);
	if (st != ST_OK)
		return st;
	report_sides(r, side, "click redirects, each durable", NULL, connections);
	report_ratio(r, "redirects / bare door",
		     bench_per_s(&side[DAEMON]) / bench_per_s(&side[EMPTY]), 0);
	return ST_OK;
}

static enum status click_samples(const struct house *h, struct report *r, struct err *e)
{
	struct load_single *one = NULL;
	static double answered[SAMPLES];
	struct link_keys keys;
	const struct load_conf lc = {.port = h->peer.port, .events_each = 1, .links = &keys};
	enum status st = node_link_keys(h->folder, &keys, e);
	if (st == ST_OK)
		st = load_single_open(&lc, &one, e);
	for (size_t i = 0; i < SAMPLES && st == ST_OK; i++) {
		int64_t took = 0;
		st = load_single_post(one, &took, e);
		answered[i] = (double)took;
	}
	load_single_close(&one);
	if (st != ST_OK)
		return st;
	report_wait(r, "click to redirect, one at a time", answered, SAMPLES, "us");
	return ST_OK;
}

enum status bench_clicks(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct house h;
	enum status st = house_start(conf, 1000, &h, e);
	if (st == ST_OK)
		st = click_samples(&h, r, e);
	if (st == ST_OK)
		st = clicks_at(conf, &h, 64, r, e);
	if (st == ST_OK)
		st = clicks_at(conf, &h, 512, r, e);
	house_close(&h);
	return st;
}

/* ---- decisions of other senders ---- */

#define ASKED_PER_S 10000
#define ASKED_MAX 200000

static enum status asked_at(const struct bench_conf *conf, const struct house *h,
			    unsigned connections, unsigned each, struct report *r, struct err *e)
{
	char what[64];
	struct bench_rate side[SIDES];
	struct load_conf lc = {.connections = connections,
			       .events_each = each,
			       .for_us = conf->door_us,
			       .token = h->key.token,
			       .decisions = true};
	enum status st = side_by_side(conf, h, &lc, side, e);
	if (st != ST_OK)
		return st;
	(void)snprintf(what, sizeof what, "decisions, 8 actions, %u a request", each);
	report_sides(r, side, what, "folded", connections);
	report_ratio(r, "decisions / bare door",
		     bench_per_s(&side[DAEMON]) / bench_per_s(&side[EMPTY]), 0);
	report_ratio(r, "of 30,000 decisions a second", bench_per_s(&side[DAEMON]) / 30000, 1.0);
	return ST_OK;
}

/* Of one round, in milliseconds. */
struct paced {
	double p50, p99, late; /* late: of the load's own, p99 */
};

/* Begun by the clock, so that a slow answer makes those behind it late as well. */
static enum status asked_paced(const struct bench_conf *conf, const struct house *h, uint16_t port,
			       struct paced *out, struct err *e)
{
	static double took[ASKED_MAX], late[ASKED_MAX];
	struct load_result res;
	const struct load_conf lc = {.port = port,
				     .connections = 64,
				     .events_each = 1,
				     .for_us = conf->door_us,
				     .token = h->key.token,
				     .decisions = true,
				     .per_s = ASKED_PER_S,
				     .took_us = took,
				     .late_us = late,
				     .took_max = ASKED_MAX};
	enum status st = load_run(&lc, &res, e);
	if (st == ST_OK && (res.failed > 0 || res.took_n == 0 || res.late_n == 0))
		st = err_set(e, ST_UNAVAILABLE, "bench: %llu of %llu requests failed",
			     (unsigned long long)res.failed, (unsigned long long)res.requests);
	if (st != ST_OK)
		return st;
	out->p50 = bench_percentile(took, res.took_n, 0.5) / 1000;
	out->p99 = bench_percentile(took, res.took_n, 0.99) / 1000;
	out->late = bench_percentile(late, res.late_n, 0.99) / 1000;
	return ST_OK;
}

static double middle(const struct paced *rounds, int n, size_t figure)
{
	double all[BENCH_ROUNDS_MAX];
	for (int i = 0; i < n; i++)
		memcpy(&all[i], (const char *)&rounds[i] + figure, sizeof *all);
	return bench_percentile(all, (size_t)n, 0.5);
}

static void report_paced(struct report *r, const char *who, const struct paced *rounds, int n)
{
	static const struct {
		const char *name;
		size_t figure;
	} rows[] = {{"p50", offsetof(struct paced, p50)},
		    {"p99", offsetof(struct paced, p99)},
		    {"begun late by the load itself, p99", offsetof(struct paced, late)}};
	char name[96];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(name, sizeof name, "%s at 10,000 a second, %s", who, rows[i].name);
		report_value(r, name, middle(rounds, n, rows[i].figure), "ms");
	}
}

/* In turns; of each figure the median round. */
static enum status paced(const struct bench_conf *conf, const struct house *h, struct report *r,
			 struct err *e)
{
	struct peer empty;
	struct paced door[BENCH_ROUNDS_MAX], ours[BENCH_ROUNDS_MAX];
	enum status st = empty_start(&empty, e);
	if (st != ST_OK)
		return st;
	for (int i = 0; i < conf->rounds && st == ST_OK; i++) {
		st = asked_paced(conf, h, empty.port, &door[i], e);
		if (st == ST_OK)
			st = asked_paced(conf, h, h->peer.port, &ours[i], e);
		if (st == ST_OK)
			st = until_folded(h, e);
	}
	peer_stop(&empty);
	if (st != ST_OK)
		return st;
	report_paced(r, "the door without work", door, conf->rounds);
	report_paced(r, "a decision", ours, conf->rounds);
	return ST_OK;
}

enum status bench_external(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct house h;
	struct bench_conf own = *conf;
	own.program = "bench/decisions.yaml";
	enum status st = house_build(&own, 1000, "door", &h, e);
	h.kind = KEY_DECIDE;
	if (st == ST_OK)
		st = house_open(&own, &h, e);
	if (st == ST_OK)
		st = paced(&own, &h, r, e);
	if (st == ST_OK)
		st = asked_at(&own, &h, 64, 1, r, e);
	if (st == ST_OK)
		st = asked_at(&own, &h, 512, 1, r, e);
	if (st == ST_OK)
		st = asked_at(&own, &h, 16, 100, r, e);
	house_close(&h);
	return st;
}

/* ---- from POST to scored state ---- */

static enum status until_scored(struct store *s, uint64_t cursor, struct err *e)
{
	struct engine_meta meta = {.cursor = 0};
	int64_t until = clock_mono_us() + SCORED_WITHIN_US;
	enum status st = ST_OK;
	while (st == ST_OK && meta.cursor < cursor) {
		st = engine_meta_read(s, &meta, e);
		if (clock_mono_us() > until)
			return err_set(e, ST_UNAVAILABLE, "bench: an event was not scored in time");
	}
	return st;
}

static enum status sample(struct load_single *one, struct store *s, double *answered,
			  double *scored, struct err *e)
{
	struct engine_meta before;
	int64_t took = 0;
	enum status st = engine_meta_read(s, &before, e);
	int64_t from = clock_mono_us();
	if (st == ST_OK)
		st = load_single_post(one, &took, e);
	if (st == ST_OK)
		st = until_scored(s, before.cursor + 1, e);
	*answered = (double)took / 1000;
	*scored = (double)(clock_mono_us() - from) / 1000;
	return st;
}

static enum status samples(const struct house *h, struct report *r, struct err *e)
{
	struct node_conf nc = node_conf_default(h->folder, NODE_READ);
	struct node *node = NULL;
	struct load_single *one = NULL;
	static double answered[SAMPLES], scored[SAMPLES];
	const struct load_conf lc = {
		.port = h->peer.port, .events_each = 1, .leads = 10000, .token = h->key.token};
	enum status st = node_open(&nc, &node, e);
	if (st == ST_OK)
		st = load_single_open(&lc, &one, e);
	for (size_t i = 0; i < SAMPLES && st == ST_OK; i++)
		st = sample(one, node->store, &answered[i], &scored[i], e);
	load_single_close(&one);
	node_close(&node);
	if (st != ST_OK)
		return st;
	report_wait(r, "POST to durable answer", answered, SAMPLES, "ms");
	report_wait(r, "POST to scored state", scored, SAMPLES, "ms");
	return ST_OK;
}

enum status bench_latency(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct house h;
	enum status st = house_start(conf, 10000, &h, e);
	if (st == ST_OK)
		st = samples(&h, r, e);
	house_close(&h);
	return st;
}

/* ---- memory and start ---- */

static enum status footprint_of(const struct bench_conf *conf, struct house *h, uint64_t leads,
				struct report *r, struct err *e)
{
	char name[96];
	enum status st = house_open(conf, h, e);
	if (st != ST_OK)
		return st;
	(void)snprintf(name, sizeof name, "start with %llu leads", (unsigned long long)leads);
	report_value(r, name, (double)h->peer.start_us / 1000, "ms");
	clock_sleep_us(500000);
	(void)snprintf(name, sizeof name, "memory after the start, %llu leads",
		       (unsigned long long)leads);
	report_value(r, name, (double)bench_process_rss_kb(h->peer.pid) / 1024, "MB");
	struct bench_rate rate;
	const struct load_conf lc = {.port = h->peer.port,
				     .connections = 64,
				     .events_each = 1,
				     .for_us = conf->door_us,
				     .leads = leads ? leads : 1,
				     .token = h->key.token};
	st = measure(&lc, &h->peer, &rate, e);
	(void)snprintf(name, sizeof name, "memory under load, %llu leads",
		       (unsigned long long)leads);
	report_value(r, name, (double)bench_process_rss_kb(h->peer.pid) / 1024, "MB");
	peer_stop(&h->peer);
	return st;
}

enum status bench_footprint(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct house h;
	enum status st = house_build(conf, 0, "empty", &h, e);
	if (st == ST_OK)
		st = footprint_of(conf, &h, 0, r, e);
	house_close(&h);
	/* The folder that (c) left behind, if (c) was measured in this run. */
	(void)snprintf(h.folder, sizeof h.folder, "%s/known", conf->folder);
	if (st == ST_OK && node_exists(h.folder))
		st = footprint_of(conf, &h, conf->leads, r, e);
	return st;
}
