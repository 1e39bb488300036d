/* SPDX-License-Identifier: Apache-2.0
 * ope.c: estimates on logs that others evaluated: `conformance ope ope_synth.json ope_obd.json`.
 * Rows lie beside the document; definitions are in it. Point estimates and analytic intervals hold
 * to 1e-9; bootstrap intervals to a part of their half width, which is the chance in both of them.
 * A case whose rows are not there is said and not counted. */
#include "conformance/figures.h"
#include "evaluate/bandit_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TIGHT 1e-12, 1e-9
/* Ten thousand for small files; large ones take long under sanitizers. */
#define RESAMPLES(n) ((n) > 20000 ? 1000u : 10000u)
#define SEED 12345u

/* Rows of each case, by the name it has in the document. */
static const struct {
	const char *name, *rows;
	const char *log, *policy, *target; /* Open Bandit's own file, the table, the target's log */
} cases[] = {
	{"ipw_lr", "ope_synth_ipw_lr_100k.csv.gz", NULL, NULL, NULL},
	{"ipw_lr_first5000", "ope_synth_ipw_lr_5k.csv", NULL, NULL, NULL},
	{"uniform", "ope_synth_uniform_100k.csv.gz", NULL, NULL, NULL},
	{"uniform_first5000", "ope_synth_uniform_5k.csv", NULL, NULL, NULL},
	{"men:random->bts", "ope_obd_men_random_to_bts.csv.gz", "../obd/random/men/men.csv",
	 "obd_pe_bts_men.csv", "../obd/bts/men/men.csv"},
	{"men:bts->random", "ope_obd_men_bts_to_random.csv.gz", "../obd/bts/men/men.csv",
	 "obd_pe_random_men.csv", "../obd/random/men/men.csv"},
};

/* A figure of the document -> how to get it. */
static const struct {
	const char *name;
	enum evaluate_kind kind;
	double param;
} kinds[] = {
	{"ips", EVALUATE_IPS, 0},
	{"ips_clip(2)", EVALUATE_IPS_CLIP, 2},
	{"ips_clip(5)", EVALUATE_IPS_CLIP, 5},
	{"ips_clip(10)", EVALUATE_IPS_CLIP, 10},
	{"ips_clip(100)", EVALUATE_IPS_CLIP, 100},
	{"snips", EVALUATE_SNIPS, 0},
	{"dm", EVALUATE_DM, 0},
	{"dr", EVALUATE_DR, 0},
	{"sndr", EVALUATE_SNDR, 0},
	{"switch_dr(1)", EVALUATE_SWITCH_DR, 1},
	{"switch_dr(2)", EVALUATE_SWITCH_DR, 2},
	{"switch_dr(5)", EVALUATE_SWITCH_DR, 5},
	{"switch_dr(10)", EVALUATE_SWITCH_DR, 10},
	{"switch_dr(100)", EVALUATE_SWITCH_DR, 100},
	{"dros(1)", EVALUATE_DROS, 1},
	{"dros(10)", EVALUATE_DROS, 10},
	{"dros(100)", EVALUATE_DROS, 100},
	/* as Open Bandit Pipeline itself calls them */
	{"ipw", EVALUATE_IPS, 0},
	{"snipw", EVALUATE_SNIPS, 0},
	{"switch2", EVALUATE_SWITCH_DR, 2},
	{"switch10", EVALUATE_SWITCH_DR, 10},
	{"dros10", EVALUATE_DROS, 10},
};

struct rows {
	struct evaluate_row *list;
	size_t n;
};

static void say(struct figures *f, const char *name, struct str key)
{
	f->what = arena_strz(&f->arena, arena_printf(&f->arena, "%s " STR_FMT, name, STR_ARG(key)));
}

static int kind_of(struct str key)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (str_is(key, kinds[i].name))
			return (int)i;
	return -1;
}

static void near_pair(struct figures *f, uint32_t node, struct evaluate_value v)
{
	figures_pair(f, node, v.lo, v.hi, TIGHT);
}

/* Chance is in both: a share of the half width is what may differ. SNDR has no ratio of two
 * sums. */
static void boot(struct figures *f, uint32_t lo, uint32_t hi, const struct rows *r, int kind,
		 double share)
{
	struct evaluate_rows rows = {r->list, r->n};
	struct evaluate_clusters c;
	struct evaluate_value v = {NAN, NAN, NAN};
	struct arena_mark mark = arena_mark(&f->arena);
	if (kinds[kind].kind == EVALUATE_SNDR)
		return;
	if (evaluate_clusters(&rows, kinds[kind].kind, kinds[kind].param, &f->arena, &c, NULL) !=
		    ST_OK ||
	    evaluate_bootstrap(&c, RESAMPLES(c.n), SEED, &f->arena, &v, NULL) != ST_OK)
		figures_true(f, "the bootstrap has memory", false);
	double slack = share * (v.hi - v.lo) / 2;
	figures_near(f, lo, v.lo, slack, 0);
	figures_near(f, hi, v.hi, slack, 0);
	arena_rewind(&f->arena, mark);
}

static void estimate(struct figures *f, uint32_t node, const struct rows *r, int kind)
{
	const struct json *d = &f->doc;
	struct evaluate_value v =
		evaluate_estimate(r->list, r->n, kinds[kind].kind, kinds[kind].param);
	if (json_is(d, node, JSON_NUMBER)) {
		figures_near(f, node, v.v, TIGHT);
		return;
	}
	for (uint32_t i = json_first(d, node); i != JSON_NONE; i = json_next(d, node, i)) {
		struct str key = json_str(d, json_key(d, i), &f->arena);
		uint32_t first = json_first(d, i);
		if (str_is(key, "v"))
			figures_near(f, i, v.v, TIGHT);
		else if (str_is(key, "ci_normal") || str_is(key, "ci_snips_delta"))
			near_pair(f, i, v);
		else if (str_is(key, "ci_emp_bernstein"))
			near_pair(f, i, evaluate_bernstein(r->list, r->n, .05));
		else if (str_is(key, "boot"))
			boot(f, first, json_next(d, i, first), r, kind, .15);
		else
			figures_true(f, "a figure we know", false);
	}
}

/* {name: value or {v, ci_..}} of several kinds; other names are left alone. */
static void estimates(struct figures *f, uint32_t node, const struct rows *r, bool model)
{
	for (uint32_t i = json_first(&f->doc, node); i != JSON_NONE;
	     i = json_next(&f->doc, node, i)) {
		struct str key = json_str(&f->doc, json_key(&f->doc, i), &f->arena);
		int kind = kind_of(key);
		if (kind < 0 || (!model && evaluate_kind_models(kinds[kind].kind)))
			continue;
		say(f, f->what, key);
		estimate(f, i, r, kind);
		f->what = arena_strz(&f->arena,
				     str_slice(str_of(f->what), 0, strlen(f->what) - key.n - 1));
	}
}

static void weights(struct figures *f, uint32_t node, const struct rows *r)
{
	struct evaluate_weights w = evaluate_weights(r->list, r->n);
	const struct {
		const char *key;
		double v;
	} list[] = {{"n", (double)w.n},
		    {"ess", w.ess},
		    {"w_max", w.w_max},
		    {"w_mean", w.w_mean},
		    {"r_mean(on-policy behaviour)", w.r_mean}};
	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
		figures_near(f, json_get(&f->doc, node, list[i].key), list[i].v, TIGHT);
}

static void vw(struct figures *f, uint32_t node, const struct rows *r)
{
	const struct json *d = &f->doc;
	struct evaluate_value ips = evaluate_estimate(r->list, r->n, EVALUATE_IPS, 0);
	struct evaluate_value snips = evaluate_estimate(r->list, r->n, EVALUATE_SNIPS, 0);
	struct evaluate_value cr = evaluate_cressie_read(r->list, r->n, .05);
	if (json_get(d, node, "vw_ips") == JSON_NONE)
		return;
	figures_near(f, json_get(d, node, "vw_ips"), ips.v, TIGHT);
	figures_near(f, json_get(d, node, "vw_snips"), snips.v, TIGHT);
	figures_near(f, json_get(d, node, "vw_cressieread"), cr.v, TIGHT);
	near_pair(f, json_get(d, node, "vw_gaussian_interval"), ips);
	near_pair(f, json_get(d, node, "vw_clopper_pearson_interval"),
		  evaluate_clopper_pearson(r->list, r->n, .05));
	near_pair(f, json_get(d, node, "vw_cressieread_interval"), cr);
}

/* How far estimates are from the truth, which only the maker of the data knows. */
static void errors(struct figures *f, uint32_t node, double truth, const struct rows *r,
		   double absolute, double relative)
{
	static const char *const names[] = {"ipw", "dm", "dr"};
	for (size_t i = 0; i < 3; i++) {
		uint32_t at = json_get(&f->doc, node, names[i]);
		int k = kind_of(str_of(names[i]));
		struct evaluate_value v =
			evaluate_estimate(r->list, r->n, kinds[k].kind, kinds[k].param);
		if (at != JSON_NONE)
			figures_near(f, at, fabs(v.v - truth) / truth, absolute, relative);
	}
}

static void truth(struct figures *f, uint32_t node, const struct rows *r)
{
	double t;
	uint32_t published = json_get(&f->doc, node, "published");
	if (!json_f64(&f->doc, json_get(&f->doc, node, "truth"), &t))
		return;
	errors(f, json_get(&f->doc, node, "rel_ee_ours"), t, r, TIGHT);
	errors(f, json_get(&f->doc, published, "rel_ee"), t, r, 5.1e-7, 0);
	figures_near(f, json_get(&f->doc, published, "truth"), t, TIGHT);
}

static bool rows_from(struct figures *f, struct str text, struct rows *out)
{
	struct err e = {.text = ""};
	struct bandit_log *log = ARENA_NEW(&f->arena, struct bandit_log);
	if (bandit_log_read(text, &f->arena, log, &e) != ST_OK ||
	    bandit_rows(log, NULL, &f->arena, &out->list, &e) != ST_OK) {
		figures_true(f, e.text, false);
		return false;
	}
	out->n = log->n;
	return true;
}

/* The same rows with the other reward model: the columns behind the first. */
static struct str with_regression(struct figures *f, struct str text)
{
	struct str rest = text;
	struct buf b;
	(void)str_cut(&rest, '\n');
	buf_init_arena(&b, &f->arena, text.n + 64);
	buf_z(&b, "a,pos,r,pb_a,pe_a,-,-,q,v_dm\n");
	buf_str(&b, rest);
	return buf_view(&b);
}

static void obp_bootstraps(struct figures *f, uint32_t node, const struct rows *r)
{
	const struct json *d = &f->doc;
	for (uint32_t i = json_first(d, node); i != JSON_NONE; i = json_next(d, node, i))
		boot(f, json_get(d, i, "95.0% CI (lower)"), json_get(d, i, "95.0% CI (upper)"), r,
		     kind_of(json_str(d, json_key(d, i), &f->arena)), .3);
}

/* The model's folds are even and odd rows, and a dozen rows share their instant with another: who
 * of them is first was left to a sort. So what hangs on the model may differ in the fourth
 * digit. */
static void modelled(struct figures *f, uint32_t node, const struct rows *r)
{
	const struct json *d = &f->doc;
	for (uint32_t i = json_first(d, node); i != JSON_NONE; i = json_next(d, node, i)) {
		int k = kind_of(json_str(d, json_key(d, i), &f->arena));
		struct evaluate_value v =
			evaluate_estimate(r->list, r->n, kinds[k].kind, kinds[k].param);
		figures_near(f, i, v.v, 0, 1e-3);
	}
}

/* Open Bandit's own log and the table of the policy: the reward model is made here. */
static void own_files(struct figures *f, uint32_t node, size_t c)
{
	struct str text, table, target;
	struct err e = {.text = ""};
	struct bandit_log *log = ARENA_NEW(&f->arena, struct bandit_log);
	struct bandit_policy policy;
	struct rows r;
	if (cases[c].log == NULL || !figures_beside(f, cases[c].log, &text) ||
	    !figures_beside(f, cases[c].policy, &table) ||
	    !figures_beside(f, cases[c].target, &target))
		return;
	if (bandit_log_read(text, &f->arena, log, &e) != ST_OK ||
	    bandit_policy_read(table, log, &f->arena, &policy, &e) != ST_OK ||
	    bandit_rows(log, &policy, &f->arena, &r.list, &e) != ST_OK) {
		figures_true(f, e.text, false);
		return;
	}
	r.n = log->n;
	weights(f, node, &r);
	estimates(f, node, &r, false);
	modelled(f, json_get(&f->doc, node, "obp_code_tabular_qhat"), &r);
	figures_near(f, json_get(&f->doc, node, "on_policy_of_behaviour"),
		     evaluate_weights(r.list, r.n).r_mean, TIGHT);
	if (bandit_log_read(target, &f->arena, log, &e) != ST_OK) {
		figures_true(f, e.text, false);
		return;
	}
	double sum = 0;
	for (size_t i = 0; i < log->n; i++)
		sum += log->rows[i].row.reward;
	figures_near(f, json_get(&f->doc, node, "on_policy_of_target"), sum / (double)log->n,
		     TIGHT);
}

static void run_case(struct figures *f, uint32_t node, struct str name)
{
	struct str text;
	struct rows r, regression;
	size_t c = 0, n = sizeof cases / sizeof cases[0];
	while (c < n && !str_is(name, cases[c].name))
		c++;
	if (c == n) {
		fprintf(stderr, "%s: " STR_FMT ": skipped, its rows are not there\n", f->path,
			STR_ARG(name));
		return;
	}
	f->what = cases[c].name;
	if (!figures_beside(f, cases[c].rows, &text) || !rows_from(f, text, &r))
		return;
	weights(f, node, &r);
	estimates(f, node, &r, true);
	estimates(f, json_get(&f->doc, node, "obp_code"), &r, true);
	estimates(f, json_get(&f->doc, node, "obp_code_tabular_qhat"), &r, true);
	vw(f, node, &r);
	truth(f, node, &r);
	uint32_t other = json_get(&f->doc, node, "obp_code_logreg_qhat");
	if (other != JSON_NONE && rows_from(f, with_regression(f, text), &regression)) {
		estimates(f, other, &regression, true);
		obp_bootstraps(f, json_get(&f->doc, node, "obp_code_logreg_boot_ci"), &regression);
	}
	own_files(f, node, c);
}

static void run_document(struct figures *f)
{
	uint32_t list = json_get(&f->doc, 0, "policies");
	if (list == JSON_NONE)
		list = json_get(&f->doc, 0, "cases");
	for (uint32_t i = json_first(&f->doc, list); i != JSON_NONE;
	     i = json_next(&f->doc, list, i)) {
		struct arena_mark mark = arena_mark(&f->arena);
		run_case(f, i, json_str(&f->doc, json_key(&f->doc, i), &f->arena));
		arena_rewind(&f->arena, mark);
	}
	figures_true(f, "the document has cases we know", f->seen > 0);
}

void suite_ope(int argc, char **argv, struct tally *t)
{
	static const char *const shipped[] = {"ope_synth.json", "ope_obd.json"};
	figures_suite(argc, argv, shipped, 2, run_document, t);
}
