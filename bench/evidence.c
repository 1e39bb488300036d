/* SPDX-License-Identifier: Apache-2.0
 * evidence.c: a log of a hundred thousand decisions: every estimate with its interval, and ten
 * thousand resamples by lead. Wanted of the last is two seconds; Open Bandit Pipeline takes 23 on
 * such a machine. One thread. */
#include "evidence.h"

#include "base/random.h"
#include "evaluate/evaluate.h"

#define ROWS 100000u
#define ROWS_QUICK 20000u
#define ACTIONS 10u
#define RESAMPLES 10000u
#define WANTED_S 2.0

static struct evaluate_row *make_rows(size_t n, struct arena *a)
{
	struct rng dice;
	struct evaluate_row *rows = ARENA_ARRAY(a, struct evaluate_row, n);
	rng_seed(&dice, 5);
	for (size_t i = 0; rows != NULL && i < n; i++) {
		double p = (0.5 + rng_unit(&dice)) / ACTIONS;
		rows[i] = (struct evaluate_row){
			.reward = rng_unit(&dice) < 0.1,
			.p_log = p,
			.p_new = 2 * rng_unit(&dice) / ACTIONS,
			.q = 0.1,
			.v_dm = 0.1,
			.cluster = i,
		};
	}
	return rows;
}

static void estimates(const struct evaluate_rows *rows, struct report *r)
{
	struct bench_rate rate;
	struct stopwatch from = bench_start();
	for (int k = 0; k < EVALUATE_KINDS; k++)
		(void)evaluate_estimate(rows->list, rows->n, (enum evaluate_kind)k, 10);
	(void)evaluate_bernstein(rows->list, rows->n, .05);
	(void)evaluate_clopper_pearson(rows->list, rows->n, .05);
	(void)evaluate_cressie_read(rows->list, rows->n, .05);
	bench_stop(from, rows->n, &rate);
	report_rate(r, "rows through every estimate and interval", &rate);
}

static enum status resamples(const struct evaluate_rows *rows, struct arena *a, struct report *r,
			     struct err *e)
{
	struct evaluate_clusters c;
	struct evaluate_value v;
	struct bench_rate rate;
	enum status st = evaluate_clusters(rows, EVALUATE_SNIPS, 0, a, &c, e);
	if (st != ST_OK)
		return st;
	struct stopwatch from = bench_start();
	st = evaluate_bootstrap(&c, RESAMPLES, 1, a, &v, e);
	bench_stop(from, RESAMPLES, &rate);
	if (st != ST_OK)
		return st;
	/* By the processor: what others do on the same core meanwhile is not its doing. */
	double took = (double)rate.cpu_us / 1e6 * ROWS / (double)rows->n;
	report_rate(r, "resamples of all leads", &rate);
	report_value(r, "ten thousand resamples of 100,000 leads", took, "s");
	report_ratio(r, "two seconds / that", WANTED_S / took, 1);
	return ST_OK;
}

enum status bench_evidence(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct arena a;
	arena_init(&a, (size_t)64 << 20);
	size_t n = conf->append_events <= ROWS_QUICK ? ROWS_QUICK : ROWS;
	const struct evaluate_rows rows = {make_rows(n, &a), n};
	enum status st = ST_OK;
	if (rows.list == NULL)
		st = err_set(e, ST_LIMIT, "no memory is left for %zu rows", n);
	if (st == ST_OK) {
		estimates(&rows, r);
		st = resamples(&rows, &a, r, e);
	}
	arena_finish(&a);
	return st;
}
