/* SPDX-License-Identifier: Apache-2.0
 * sequential.c: boundaries against the published values of confseq, to 1e-5, and what peeking
 * costs: `conformance sequential sequential.json`. The last is a simulation of ours with the same
 * sizes: what holds at every look must stay below .05, and the test that does not must be seen to
 * fail. */
#include "conformance/figures.h"

#include "base/random.h"
#include "evaluate/experiment.h"
#include "evaluate/sequential.h"

#include <string.h>

#define LOOSE 1e-5, 0

enum what { RHO, LOG, BOUND, POLY, LIL, DOUBLE };
static const struct {
	const char *name;
	enum what what;
	struct sequential_mix mix;
	double c;
} rows[] = {
#define MIX(kind) \
	{ \
		SEQUENTIAL_##kind, 100, .05, 2, .2, .8 \
	}
	{"two_sided_normal_best_rho(v_opt=100,alpha=.05)", RHO, MIX(NORMAL_2), 0},
	{"normal_log_mixture_two_sided(s=10,v=100,v_opt=100)", LOG, MIX(NORMAL_2), 0},
	{"normal_mixture_bound_two_sided(v=100,alpha=.05,v_opt=100)", BOUND, MIX(NORMAL_2), 0},
	{"normal_log_mixture_one_sided(10,100,100)", LOG, MIX(NORMAL_1), 0},
	{"normal_mixture_bound_one_sided(100,.05,100)", BOUND, MIX(NORMAL_1), 0},
	{"gamma_exponential_mixture_bound(100,.05,100,c=2)", BOUND, MIX(GAMMA_EXP), 0},
	{"gamma_poisson_mixture_bound(100,.05,100,c=2)", BOUND, MIX(GAMMA_POISSON), 0},
	{"beta_binomial_mixture_bound_two_sided(100,.05,100,g=.2,h=.8)", BOUND, MIX(BETA_BIN_2), 0},
	{"beta_binomial_mixture_bound_one_sided(100,.05,100,.2,.8)", BOUND, MIX(BETA_BIN_1), 0},
	{"poly_stitching_bound(v=100,alpha=.05,v_min=10,c=3)", POLY, MIX(NORMAL_1), 3},
	{"poly_stitching_bound(100,.05,10,-1)", POLY, MIX(NORMAL_1), -1},
	{"empirical_process_lil_bound(1000,.05,100,.85)", LIL, MIX(NORMAL_1), 0},
	{"double_stitching_bound(.5,1000,.05,100)", DOUBLE, MIX(NORMAL_1), 0},
#undef MIX
};

static const struct {
	const char *name;
	double successes, trials, t_opt;
} shares[] = {
	{"bernoulli_ci(700/1000,alpha=.05,t_opt=100)", 700, 1000, 100},
	{"bernoulli_ci(15/50,t_opt=50)", 15, 50, 50},
	{"bernoulli_ci(5/50,t_opt=50)", 5, 50, 50},
	{"bernoulli_ci(1/50,t_opt=50)", 1, 50, 50},
	{"bernoulli_ci(1/2,t_opt=50)", 1, 2, 50},
	{"bernoulli_ci(100/200,t_opt=1)", 100, 200, 1},
};

static double value_of(size_t i)
{
	switch (rows[i].what) {
	case RHO: return sequential_best_rho(100, .05, true);
	case LOG: return sequential_log_mixture(&rows[i].mix, 10, 100);
	case BOUND: return sequential_bound(&rows[i].mix, 100, .05);
	case POLY: return sequential_poly_stitching(100, .05, 10, rows[i].c);
	case LIL: return sequential_empirical_lil(1000, .05, 100, .85);
	case DOUBLE: break;
	}
	return sequential_double_stitching(.5, 1000, .05, 100);
}

static void published(struct figures *f)
{
	uint32_t node = json_get(&f->doc, 0, "external_unit_test_values");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		f->what = rows[i].name;
		figures_near(f, json_get(&f->doc, node, rows[i].name), value_of(i), LOOSE);
	}
	for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
		f->what = shares[i].name;
		struct sequential_interval v = sequential_bernoulli(
			shares[i].successes, shares[i].trials, .05, shares[i].t_opt);
		figures_pair(f, json_get(&f->doc, node, shares[i].name), v.lo, v.hi, LOOSE);
	}
}

/* One A/A test that is looked at after every pair: who cried? */
static void look_on(uint64_t seed, bool *msprt, bool *z)
{
	enum { PAIRS = 5000, FIRST = 100 };
	struct rng r;
	struct sequential_msprt m;
	double a = 0, b = 0;
	rng_seed(&r, seed);
	sequential_msprt_init(&m, .0025);
	*msprt = *z = false;
	for (int i = 1; i <= PAIRS; i++) {
		double x = rng_unit(&r) < .1, y = rng_unit(&r) < .1;
		a += x;
		b += y;
		*msprt |= sequential_msprt_add(&m, x, y) < .05;
		*z |= i >= FIRST && experiment_shares(a, i, b, i).p < .05;
	}
}

static void peeking(struct figures *f)
{
	enum { SIMS = 1000 };
	uint32_t node = json_get(&f->doc, 0, "AA_peeking_false_positive(400 sims,n=5000,p=.1)");
	double false_msprt = 0,
	       false_z = 0; /* more of them than theirs: 400 say little about .05 */
	for (uint64_t i = 0; i < SIMS; i++) {
		bool m, z;
		look_on(1000 + i, &m, &z);
		false_msprt += m / (double)SIMS;
		false_z += z / (double)SIMS;
	}
	f->what = "A/A with peeking";
	figures_true(f, "mSPRT raises at most 5 % false alarms", false_msprt <= .05);
	/* Theirs is of 400: three standard errors. */
	figures_near(f, json_get(&f->doc, node, "msprt"), false_msprt, .04, 0);
	figures_near(f, json_get(&f->doc, node, "fixed_z_peeked_every_obs_from_100"), false_z, .105,
		     0);
}

static void run_document(struct figures *f)
{
	published(f);
	peeking(f);
}

void suite_sequential(int argc, char **argv, struct tally *t)
{
	static const char *const shipped[] = {"sequential.json"};
	figures_suite(argc, argv, shipped, 1, run_document, t);
}
