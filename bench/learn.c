/* SPDX-License-Identifier: Apache-2.0
 * learn.c: the product's learner with the settings it is shipped with, on the people of nsim.h.
 *
 * The share is what was to be expected of the odds it gave, over what the best action would have
 * brought, each summed over all rounds. The law of these people is logistic, as the learner is:
 * that flatters it, and every other learner of logistic form. */
#include "learn.h"

#include "learn/learn.h"
#include "learn/policy.h"
#include "nsim.h"

#include <math.h>
#include <stdio.h>

#define SEEDS 5u
#define DIMS (NSIM_NUMBERS + 1)
#define SEED 20

struct arms {
	struct learner *learner;
	struct learn_action action[NSIM_ACTIONS_MAX];
	unsigned n;
};

static void arms_open(struct arms *a, unsigned n)
{
	struct learn_conf c = learn_conf_default(DIMS);
	a->learner = learner_open(&c);
	a->n = n;
	for (unsigned i = 0; i < n; i++) {
		uint32_t arm = learn_arm(a->learner, 100 + i, LEARN_POOLED);
		a->action[i] = (struct learn_action){.arm = {arm}, .n = 1};
	}
}

static void choose(const struct arms *a, const float *x, uint64_t id, struct policy_option *o,
		   struct policy_choice *out)
{
	const struct policy_conf c = policy_conf_default(POLICY_IGW);
	const struct policy_turn turn = {
		.seen = learn_seen_all(a->learner), .seed = SEED, .id = id};
	struct learn_guess g[NSIM_ACTIONS_MAX];
	learn_score(a->learner, x, a->action, a->n, g);
	for (unsigned i = 0; i < a->n; i++)
		o[i] = (struct policy_option){(double)g[i].p, (double)g[i].q, (double)g[i].var};
	policy_decide(&c, o, a->n, turn, out);
}

struct round {
	float x[DIMS];
	double chance[NSIM_ACTIONS_MAX], thrown;
	struct policy_option o[NSIM_ACTIONS_MAX];
	struct policy_choice c;
};

static void play(struct nsim *people, struct arms *a, uint64_t id, struct round *r)
{
	r->x[0] = 1;
	r->thrown = nsim_next(people, r->x + 1, r->chance);
	choose(a, r->x, id, r->o, &r->c);
	float outcome = r->thrown < r->chance[r->c.drawn] ? 1.0f : 0.0f;
	learn_update(a->learner, r->x, &a->action[r->c.drawn], outcome, 1);
}

static double share(unsigned actions, double base, unsigned rounds, uint64_t seed)
{
	struct nsim people;
	struct arms a;
	struct round r;
	double got = 0, best = 0;
	nsim_open(&people, actions, base, seed);
	arms_open(&a, actions);
	for (unsigned t = 0; t < rounds; t++) {
		double most = 0;
		play(&people, &a, t, &r);
		for (unsigned i = 0; i < actions; i++) {
			got += r.c.p[i] * r.chance[i];
			most = r.chance[i] > most ? r.chance[i] : most;
		}
		best += most;
	}
	learner_close(&a.learner);
	return got / best;
}

static const struct problem {
	unsigned actions, rounds;
	double base, wanted;
	const char *name,
		*others; /* what was published or measured of others, on the same people */
} problems[] = {
	{8, 50000, -3.2, 0.955, "share found: K=8, best .29, T=50,000",
	 "VW default .786, its SquareCB .932, best of 45 settings .948"},
	{8, 50000, -4.8, 0.905, "share found: K=8, best .10, T=50,000",
	 "VW default .778, its SquareCB .874"},
	{12, 50000, -2.5, 0.95, "share found: K=12, best .45, T=50,000",
	 "VW default .726, best setting .927"},
	{8, 5000, -3.2, 0.84, "share found: K=8, best .29, T=5,000",
	 "VW default .734, its SquareCB .793, best setting .833"},
};

static void share_row(const struct problem *p, struct report *r)
{
	double sum = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		sum += share(p->actions, p->base, p->rounds, seed) / SEEDS;
	report_share(r, p->name, sum, p->wanted);
	report_note(r, p->others);
}

/* ---- speed ---- */

#define SLICES 20u

static void decide_once(const struct arms *a, struct round *w, uint64_t id, struct buf *log)
{
	choose(a, w->x, id, w->o, &w->c);
	policy_record(id, w->x, DIMS, w->o, &w->c, log);
	if (log->n > (size_t)1 << 19)
		buf_reset(log);
}

static void speed(unsigned actions, uint64_t times, struct report *r)
{
	static struct round rounds[1024];
	struct nsim people;
	struct arms a;
	struct buf log;
	char line[80];
	struct bench_rate rate = {.events = 0};
	nsim_open(&people, actions, -3.2, 1);
	arms_open(&a, actions);
	buf_init(&log, (size_t)1 << 20);
	for (uint64_t t = 0; t < 4096; t++)
		play(&people, &a, t, &rounds[t % 1024]);
	double each[SLICES];
	for (unsigned slice = 0; slice < SLICES; slice++) {
		struct bench_rate one;
		struct stopwatch began = bench_start();
		for (uint64_t t = 0; t < times / SLICES; t++)
			decide_once(&a, &rounds[t % 1024], t, &log);
		bench_stop(began, times / SLICES, &one);
		each[slice] = bench_cpu_each_us(&one);
		if (slice == 0 || one.cpu_us < rate.cpu_us)
			rate = one;
	}
	(void)snprintf(line, sizeof line, "decisions: odds, draw and record, %u actions", actions);
	report_rate(r, line, &rate);
	report_note(r, "the best of 20 slices: what others do on the same core is not its doing");
	(void)snprintf(line, sizeof line, "the same, the median slice, %u actions", actions);
	report_value(r, line, bench_percentile(each, SLICES, 0.5), "us CPU each");
	if (actions == 8)
		report_ratio(r, "of 2 million a second of one core, by CPU time",
			     0.5 / bench_cpu_each_us(&rate), 1.0);
	struct stopwatch from = bench_start();
	for (uint64_t t = 0; t < times / 4; t++) {
		struct round *w = &rounds[t % 1024];
		learn_update(a.learner, w->x, &a.action[t % actions], t % 7 == 0 ? 1.0f : 0.0f, 1);
	}
	bench_stop(from, times / 4, &rate);
	report_rate(r, "outcomes learned", &rate);
	buf_finish(&log);
	learner_close(&a.learner);
}

enum status bench_learn(const struct bench_conf *conf, struct report *r, struct err *e)
{
	/* From another writing of the same law. */
	double want = 1282.3764126689316, got = nsim_sum(8, -3.2, 1);
	if (fabs(got - want) > 1e-9)
		return err_set(e, ST_CORRUPT, "nsim: the first people sum up to %.10f, not %.10f",
			       got, want);
	for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
		share_row(&problems[i], r);
	speed(8, 10 * conf->append_events, r);
	speed(12, 10 * conf->append_events, r);
	return ST_OK;
}
