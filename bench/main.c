/* SPDX-License-Identifier: Apache-2.0
 * main.c: the table of measurements, and what `make bench` runs.
 *
 * usage: nurtured-bench [--quick] [--json] [--only LETTERS] [--folder DIR] [--leads N] [--rounds N]
 */
#include "bench.h"
#include "bench_store.h"
#include "door.h"
#include "evidence.h"
#include "fold.h"
#include "learn.h"
#include "mail.h"
#include "peer.h"
#include "pure.h"
#include "render.h"
#include "report.h"
#include "scoring.h"
#include "node.h"
#include "touch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Rounds of the fold and of the bare loop in turns, over the same number of rows. */
static enum status fold_rounds(const struct bench_conf *conf, struct fold *f, struct report *r,
			       struct err *e)
{
	struct bench_rate folds[BENCH_ROUNDS_MAX], bares[BENCH_ROUNDS_MAX];
	const struct bench_store_conf bare = {.folder = conf->folder,
					      .rows = conf->leads,
					      .row_bytes = 200,
					      .events = conf->fold_events,
					      .batch = 1000};
	enum status st = ST_OK;
	for (int i = 0; i < conf->rounds && st == ST_OK; i++) {
		st = bench_fold_round(f, conf->fold_events, &folds[i], e);
		if (st == ST_OK)
			st = bench_bare_update(&bare, &bares[i], e);
	}
	if (st != ST_OK)
		return st;
	struct bench_rate fold = bench_median(folds, conf->rounds);
	struct bench_rate loop = bench_median(bares, conf->rounds);
	report_rate(r, "log to scored state committed", &fold);
	report_rate(r, "bare loop: one 200 B UPDATE an event", &loop);
	report_ratio(r, "scored / bare", bench_per_s(&fold) / bench_per_s(&loop), 1.0);
	report_ratio(r, "the same by CPU time", bench_cpu_each_us(&loop) / bench_cpu_each_us(&fold),
		     0);
	return ST_OK;
}

static enum status bench_scored(const struct bench_conf *conf, struct report *r, struct err *e)
{
	char folder[BENCH_PATH_MAX];
	struct fold *f = NULL;
	struct bench_rate known;
	(void)snprintf(folder, sizeof folder, "%s/known", conf->folder);
	bench_remove(folder);
	enum status st = bench_fold_open(conf, folder, &f, e);
	if (st == ST_OK)
		st = bench_fold_know(f, &known, e);
	if (st == ST_OK) {
		report_rate(r, "new leads: identify, appended and folded", &known);
		st = fold_rounds(conf, f, r, e);
	}
	bench_fold_close(&f);
	return st;
}

static const struct measurement {
	char letter;
	const char *title;
	enum status (*run)(const struct bench_conf *conf, struct report *r, struct err *e);
} measurements[] = {
	{'a', "durable single-event ingest over HTTP", bench_single},
	{'b', "batch ingest over HTTP", bench_batch},
	{'c', "events fully processed, with many leads known", bench_scored},
	{'d', "from POST to scored state, one at a time", bench_latency},
	{'e', "memory and start", bench_footprint},
	{'f', "conditions and parsing, one thread", bench_pure},
	{'g', "messages into an SMTP server", bench_mail},
	{'h', "from an event to the first mail", bench_touch},
	{'i', "clicks on links of messages", bench_clicks},
	{'x', "decisions of other senders over HTTP", bench_external},
	{'j', "Liquid templates rendered", bench_render},
	{'n', "the whole way, against a Node pipeline with the same JSON", bench_node},
	{'o', "judging a policy on a log of decisions, one thread", bench_evidence},
	{'s', "lead scores on public data", bench_scoring},
	{'l', "the learner: what it finds, and how fast", bench_learn},
};

static int usage(void)
{
	(void)fprintf(stderr,
		      "usage: nurtured-bench [--quick] [--json] [--only LETTERS] [--folder DIR] "
		      "[--leads N] [--rounds N]\n");
	return 2;
}

/* The daemon beside this program: both come out of one build. */
static void find_daemon(char path[BENCH_PATH_MAX])
{
	static const char name[] = "nurtured";
	ssize_t n = readlink("/proc/self/exe", path, BENCH_PATH_MAX - sizeof name - 1);
	path[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(path, '/');
	memcpy(slash != NULL ? slash + 1 : path, name, sizeof name);
}

static const char *option(char **argv, int *i, const char *name)
{
	return strcmp(argv[*i], name) == 0 && argv[*i + 1] != NULL ? argv[++*i] : NULL;
}

static bool settings(struct bench_conf *c, struct report *r, const char **only, char **argv)
{
	const char *v;
	uint64_t n;
	for (int i = 1; argv[i] != NULL; i++) {
		if (strcmp(argv[i], "--quick") == 0) {
			c->leads = 20000;
			c->fold_events = c->append_events = 20000;
			c->door_us = 300000;
			c->rounds = 1;
		} else if (strcmp(argv[i], "--json") == 0) {
			r->json = true;
		} else if ((v = option(argv, &i, "--only")) != NULL) {
			*only = v;
		} else if ((v = option(argv, &i, "--folder")) != NULL) {
			c->folder = v;
		} else if ((v = option(argv, &i, "--leads")) != NULL && str_to_u64(str_of(v), &n) &&
			   n > 0) {
			c->leads = n;
		} else if ((v = option(argv, &i, "--rounds")) != NULL &&
			   str_to_u64(str_of(v), &n) && n > 0 && n <= BENCH_ROUNDS_MAX) {
			c->rounds = (int)n;
		} else {
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	char daemon[BENCH_PATH_MAX], known[BENCH_PATH_MAX], made[] = "/tmp/nurtured-bench-XXXXXX";
	const char *only = NULL;
	struct report r = {.json = false};
	struct err e;
	struct bench_conf conf = {
		.program = "programs/example.yaml",
		.daemon = daemon,
		.leads = 1000000,
		.fold_events = 200000,
		.append_events = 300000,
		.door_us = 4000000,
		.rounds = 3,
	};
	if (argc == 2 && strcmp(argv[1], "--empty-server") == 0)
		return empty_server();
	if (!settings(&conf, &r, &only, argv))
		return usage();
	find_daemon(daemon);
	if (conf.folder == NULL && (conf.folder = mkdtemp(made)) == NULL)
		return usage();
	(void)mkdir(conf.folder, 0700); /* there already: fine */
	enum status st = ST_OK;
	for (size_t i = 0; i < sizeof measurements / sizeof *measurements && st == ST_OK; i++) {
		if (only != NULL && strchr(only, measurements[i].letter) == NULL)
			continue;
		report_title(&r, measurements[i].letter, measurements[i].title);
		st = measurements[i].run(&conf, &r, &e);
	}
	(void)snprintf(known, sizeof known, "%s/known", conf.folder);
	bench_remove(known);
	(void)rmdir(conf.folder); /* not when it holds what is not ours */
	if (st != ST_OK)
		(void)fprintf(stderr, "nurtured-bench: %s\n", e.text);
	return st == ST_OK ? 0 : 1;
}
