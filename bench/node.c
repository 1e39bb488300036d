/* SPDX-License-Identifier: Apache-2.0
 * node.c: what a user would put together instead, in turns with ours: its JSON, its load program,
 * its mail server, its way to count, one run of each after the other. The baseline brings all of
 * these; its run.sh and our node/ours.sh differ in the daemon alone. */
#include "node.h"

#include "base/str.h"
#include "peer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OURS "bench/node/ours.sh"
#define WARM 500 /* events of either script before it counts */
#define CONNECTIONS "32"

struct figures {
	double per_s, p50_ms, p99_ms, cpu_us; /* cpu: of all its processes, start included */
};

static const char *missing(const char *folder)
{
	static const char *const needed[] = {"node_modules", "tload", "tsink", "join.py", "run.sh"};
	static char text[BENCH_PATH_MAX + 160];
	char path[BENCH_PATH_MAX + 32];
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, needed[i]);
		if (access(path, R_OK) == 0)
			continue;
		(void)snprintf(text, sizeof text,
			       "skipped: %s is not there (NURTURED_NODE_BASELINE names a copy with "
			       "npm install done and its C programs compiled)",
			       path);
		return text;
	}
	if (access("/usr/bin/redis-server", X_OK) != 0 &&
	    access("/usr/local/bin/redis-server", X_OK) != 0)
		return "skipped: redis-server is not installed";
	return access("/usr/bin/python3", X_OK) != 0 ? "skipped: python3 is not installed" : NULL;
}

/* The number behind a word of the output; false: the word is not there. */
static bool behind(const char *text, const char *word, double *out)
{
	const char *at = strstr(text, word);
	if (at == NULL)
		return false;
	at += strlen(word);
	return str_to_f64(str_n(at, strspn(at, "0123456789.")), out);
}

static bool read_figures(const char *text, struct figures *out)
{
	double unique, twice, missed, api, worker;
	const char *way = strstr(text, "POST->sink"); /* POST's answer has such words too */
	bool all = way != NULL && behind(text, "unique events ", &unique) &&
		   behind(text, "missing ", &missed) && behind(text, "sent-twice ", &twice) &&
		   behind(text, "end to end ", &out->per_s) && behind(way, "p50 ", &out->p50_ms) &&
		   behind(way, "p99 ", &out->p99_ms) && behind(text, "cpu s: api ", &api) &&
		   behind(text, " worker ", &worker);
	if (!all || unique <= 0 || out->per_s <= 0)
		return false;
	out->cpu_us = (api + worker) * 1e6 / (unique + WARM);
	return missed == 0 && twice == 0;
}

struct sides {
	char node[BENCH_PATH_MAX], work[BENCH_PATH_MAX + 16];
	const char *daemon;
};

static enum status run_theirs(const struct sides *s, const char *n, const char *rate,
			      struct figures *out, struct err *e)
{
	char text[4096] = "";
	const char *const argv[] = {"/bin/bash", "run.sh", "sqlite", n, rate, CONNECTIONS, NULL};
	/* Its script ends with a grep that finds nothing when all went well: the figures count. */
	enum status st = peer_run(argv, s->node, text, sizeof text, e);
	if (read_figures(text, out))
		return ST_OK;
	return st == ST_OK || text[0] != '\0'
		       ? err_set(e, ST_UNAVAILABLE, "bench: the Node pipeline said: %.200s", text)
		       : st;
}

static enum status run_ours(const struct sides *s, const char *n, const char *rate,
			    struct figures *out, struct err *e)
{
	char text[4096] = "";
	const char *const argv[] = {"/bin/bash", OURS, s->daemon,   s->work, s->node,
				    n,           rate, CONNECTIONS, NULL};
	enum status st = peer_run(argv, NULL, text, sizeof text, e);
	if (st == ST_OK && !read_figures(text, out))
		st = err_set(e, ST_UNAVAILABLE, "bench: " OURS " said: %.200s", text);
	return st;
}

static enum status in_turns(const struct sides *s, const char *n, const char *rate,
			    struct figures out[2], struct err *e)
{
	enum status st = run_theirs(s, n, rate, &out[1], e);
	return st == ST_OK ? run_ours(s, n, rate, &out[0], e) : st;
}

static void report_p99(struct report *r, const char *rate, const struct figures f[2])
{
	static const char *const who[] = {"ours", "the Node pipeline"};
	char name[96];
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof name, "POST to mail taken, %s events/s, p99: %s", rate,
			       who[i]);
		report_value(r, name, f[i].p99_ms, "ms");
	}
}

static enum status compare(const struct sides *s, bool quick, struct report *r, struct err *e)
{
	struct figures f[2];
	enum status st = in_turns(s, quick ? "1000" : "10000", "0", f, e);
	if (st != ST_OK)
		return st;
	report_value(r, "events to mails, as fast as they are taken: ours", f[0].per_s, "/s");
	report_value(r, "the Node pipeline", f[1].per_s, "/s");
	report_ratio(r, "ours / the Node pipeline, by the clock", f[0].per_s / f[1].per_s, 10.0);
	report_value(r, "processor for each, start included: ours", f[0].cpu_us, "us");
	report_value(r, "the Node pipeline, without its redis", f[1].cpu_us, "us");
	report_ratio(r, "the Node pipeline / ours, by the processor", f[1].cpu_us / f[0].cpu_us, 0);
	st = in_turns(s, quick ? "400" : "2000", "200", f, e);
	if (st == ST_OK) {
		report_p99(r, "200", f);
		st = in_turns(s, quick ? "1000" : "6000", "2000", f, e);
	}
	if (st == ST_OK)
		report_p99(r, "2,000", f);
	return st;
}

enum status bench_node(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct sides s;
	s.daemon = conf->daemon;
	peer_node_folder(s.node);
	(void)snprintf(s.work, sizeof s.work, "%s/node", conf->folder);
	const char *why = missing(s.node);
	if (why == NULL)
		return compare(&s, conf->rounds == 1, r, e);
	report_note(r, why);
	return ST_OK;
}
