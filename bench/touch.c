/* SPDX-License-Identifier: Apache-2.0
 * touch.c: the daemon as it is shipped, in live mode, with a program that writes to everybody at
 * once. Each event is a new lead, so each is one mail: taken in durably, folded, decided,
 * committed, composed, spoken, and its answer taken in again. */
#include "touch.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "node/node.h"
#include "peer.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "tests/e2e/deliver/program.yaml"
#define LEADS_MAX 60000u
#define WARM 500u
#define ARRIVE_US INT64_C(60000000)
#define CONNECTIONS 32u

struct place {
	char folder[BENCH_PATH_MAX];
	struct peer peer;
	struct wire_sink *sink;
	char token[80];
	size_t leads; /* used up */
	int64_t *posted;
	double *ms;
};

static enum status write_settings(const struct place *p, struct err *e)
{
	char path[NODE_PATH_MAX], text[512];
	int n = snprintf(
		text, sizeof text,
		"{\"mode\":\"live\",\"public_url\":\"https://go.example\",\"smtp\":[{\"host\":"
		"\"127.0.0.1\",\"port\":%u,\"security\":\"none\"}],\"pace\":{\"other\":"
		"{\"per_minute\":0},\"sender\":{\"per_minute\":0}}}",
		wire_sink_port(p->sink));
	return file_write_atomic(node_path(p->folder, "settings.json", path),
				 str_n(text, (size_t)n), 0600, e);
}

static enum status open_place(const struct bench_conf *conf, struct place *p, struct err *e)
{
	char out[4096];
	(void)snprintf(p->folder, sizeof p->folder, "%s/touch", conf->folder);
	bench_remove(p->folder);
	const char *const init[] = {conf->daemon, "init", "--data", p->folder, "--json", NULL};
	const char *const apply[] = {conf->daemon, "apply",  PROGRAM,   "--yes",
				     "--quiet",    "--data", p->folder, NULL};
	const char *const serve[] = {conf->daemon, "serve",       "--data", p->folder,
				     "--listen",   "127.0.0.1:0", "--json", NULL};
	enum status st = wire_sink_open(LEADS_MAX, &p->sink, e);
	if (st == ST_OK)
		st = peer_run(init, NULL, out, sizeof out, e);
	const char *key = st == ST_OK ? strstr(out, "\"write_key\":\"") : NULL;
	if (st == ST_OK && (key == NULL || sscanf(key, "\"write_key\":\"%79[^\"]", p->token) != 1))
		st = err_set(e, ST_UNAVAILABLE, "bench: init gave no key");
	if (st == ST_OK)
		st = write_settings(p, e);
	if (st == ST_OK)
		st = peer_run(apply, NULL, out, sizeof out, e);
	return st == ST_OK ? peer_start(serve, &p->peer, e) : st;
}

static void close_place(struct place *p)
{
	if (p->peer.pid > 0)
		peer_stop(&p->peer);
	wire_sink_close(&p->sink);
	bench_remove(p->folder);
	mem_free(p->posted);
	mem_free(p->ms);
}

struct way {
	double p50_ms, p99_ms, per_s, cpu_us;
};

/* Until every lead has its mail. *last_r: when the last came. */
static enum status arrive(const struct place *p, const struct wire_load *l, int64_t *last_r,
			  struct err *e)
{
	int64_t until = clock_mono_us() + ARRIVE_US;
	for (size_t i = 0; i < l->n; i++) {
		int64_t at;
		while ((at = wire_sink_at(p->sink, l->first + i)) == 0 && clock_mono_us() < until)
			clock_sleep_us(2000);
		if (at == 0)
			return err_set(e, ST_TIMEOUT, "bench: %zu of %zu mails came", i, l->n);
		*last_r = at > *last_r ? at : *last_r;
		p->ms[i] = (double)(at - p->posted[i]) / 1000;
	}
	return ST_OK;
}

static enum status walk(struct place *p, size_t n, double rate, struct way *out, struct err *e)
{
	int64_t over, last = 0;
	const struct wire_load load = {.port = p->peer.port,
				       .token = p->token,
				       .first = p->leads,
				       .n = n,
				       .rate = rate,
				       .connections = CONNECTIONS};
	int64_t cpu = bench_process_cpu_us(p->peer.pid);
	p->leads += n;
	enum status st = wire_load_run(&load, p->posted, &over, e);
	if (st == ST_OK)
		st = arrive(p, &load, &last, e);
	if (st != ST_OK)
		return st;
	cpu = bench_process_cpu_us(p->peer.pid) - cpu;
	*out = (struct way){.p50_ms = bench_percentile(p->ms, n, 0.5),
			    .p99_ms = bench_percentile(p->ms, n, 0.99),
			    .per_s = (double)n * 1e6 / (double)(last - p->posted[0]),
			    .cpu_us = (double)cpu / (double)n};
	return ST_OK;
}

static void report_way(struct report *r, const char *what, const struct way *w, double wanted_ms)
{
	char name[96];
	(void)snprintf(name, sizeof name, "%s, p50", what);
	report_value(r, name, w->p50_ms, "ms");
	(void)snprintf(name, sizeof name, "%s, p99", what);
	report_value(r, name, w->p99_ms, "ms");
	if (wanted_ms > 0)
		report_ratio(r, "what is wanted / p99", wanted_ms / w->p99_ms, 1.0);
}

enum status bench_touch(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct place p = {.leads = 0};
	struct way way;
	bool quick = conf->rounds == 1;
	p.posted = mem_array(LEADS_MAX, sizeof *p.posted);
	p.ms = mem_array(LEADS_MAX, sizeof *p.ms);
	enum status st = open_place(conf, &p, e);
	if (st == ST_OK)
		st = walk(&p, WARM, 0, &way, e);
	if (st == ST_OK)
		st = walk(&p, quick ? 400 : 4000, 200, &way, e);
	if (st == ST_OK) {
		report_way(r, "POST to mail taken, 200 events/s", &way, 7);
		st = walk(&p, quick ? 2000 : 20000, 2000, &way, e);
	}
	if (st == ST_OK) {
		report_way(r, "POST to mail taken, 2,000 events/s", &way, 50);
		st = walk(&p, quick ? 4000 : 20000, 0, &way, e);
	}
	if (st == ST_OK) {
		report_value(r, "events to mails, as fast as they are taken", way.per_s, "/s");
		report_value(r, "processor of the daemon for each", way.cpu_us, "us");
		if (wire_sink_mails(p.sink) != p.leads)
			st = err_set(e, ST_CORRUPT, "bench: %llu mails for %zu leads",
				     (unsigned long long)wire_sink_mails(p.sink), p.leads);
	}
	close_place(&p);
	return st;
}
