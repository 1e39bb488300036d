/* SPDX-License-Identifier: Apache-2.0
 * score_learn.c: the ladder of models, and what it says about each rule. */
#include "cli/score_learn.h"

#include <stdio.h>
#include <stdlib.h>

#define FOLDS 5u
#define FOLDS_SEED 42u
#define CENTRED_L2 10.0  /* how strongly weights are pulled back to the rules */
#define POINTS_MAX 100.0 /* of one rule */
#define AUC_CHANCE 0.505
#define AUC_TOO_GOOD 0.995 /* nobody's future is known so well */
#define Z95 1.959963984540054

static const char *const kind_names[] = {"fit", "engagement", "entry"};

/* ---- the ladder ---- */

struct ladder {
	const struct score_rows *rows;
	struct arena *a;
	struct score_report *out;
	struct predict_rows all, early, later;
};

static struct predict_conf conf_of(enum predict_family f)
{
	struct predict_conf conf = predict_conf_default(f);
	if (f == PREDICT_LOGISTIC)
		conf.l2 = CENTRED_L2;
	if (f == PREDICT_TREES)
		conf.held_out = 0.15;
	return conf;
}

static enum status folds_auc(struct ladder *l, const struct predict_conf *conf, double *out,
			     struct err *e)
{
	const struct predict_table *t = &l->rows->table;
	struct predict_metrics m;
	uint8_t *fold = ARENA_ARRAY(l->a, uint8_t, t->rows_n);
	double *p = ARENA_ARRAY(l->a, double, t->rows_n);
	if (fold == NULL || p == NULL)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", t->rows_n);
	enum status st = predict_folds(t->outcome, t->rows_n, FOLDS, FOLDS_SEED, fold, e);
	if (st == ST_OK)
		st = predict_out_of_fold(t, fold, FOLDS, conf, p, e);
	if (st == ST_OK)
		st = predict_measure(p, t->outcome, t->rows_n, &m, e);
	if (st == ST_OK)
		*out = m.auc;
	return st;
}

static enum status climb(struct ladder *l, enum predict_family f, double *p, struct err *e)
{
	const struct predict_table *t = &l->rows->table;
	struct score_rung *rung = &l->out->rungs[f];
	const struct predict_conf conf = conf_of(f);
	struct predict_model m;
	enum status st = predict_train(t, l->early, &conf, l->a, &m, e);
	if (st == ST_OK)
		st = predict_table_probabilities(&m, t, l->later, p, e);
	if (st == ST_OK)
		st = predict_measure(p, l->out->later_came, l->later.n, &rung->later, e);
	if (st == ST_OK)
		st = folds_auc(l, &conf, &rung->folds_auc, e);
	rung->tried = st == ST_OK;
	return st;
}

/* Is it better than the one taken so far? Says why or why not. */
static bool better(struct score_report *r, enum predict_family f)
{
	struct score_rung *rung = &r->rungs[f], *best = &r->rungs[r->taken];
	const char *below = predict_family_name(r->taken);
	double mine = rung->later.log_loss, theirs = best->later.log_loss;
	bool ok = mine < theirs;
	if (f == PREDICT_TREES && ok && rung->later.ece10 >= SCORE_ECE_MAX) {
		(void)snprintf(rung->reason, sizeof rung->reason,
			       "not taken: its calibration error is %.3f, %.2f is the most",
			       rung->later.ece10, SCORE_ECE_MAX);
		return false;
	}
	(void)snprintf(rung->reason, sizeof rung->reason,
		       "%s: log loss %.4f on the latest leads, %.4f for %s",
		       ok ? "taken" : "not taken", mine, theirs, below);
	return ok;
}

static void take(struct score_report *r, enum predict_family f, const double *p)
{
	r->rungs[r->taken].taken = false;
	r->rungs[f].taken = true;
	r->taken = f;
	memcpy(r->later, p, r->later_n * sizeof *p);
}

static enum status ladder(struct ladder *l, struct err *e)
{
	struct score_report *r = l->out;
	bool rules = l->rows->table.rule != PREDICT_NONE;
	enum predict_family first = rules ? PREDICT_PLATT : PREDICT_LOGISTIC;
	double *p = ARENA_ARRAY(l->a, double, l->later.n + 1);
	enum status st = p != NULL ? climb(l, first, p, e)
				   : err_set(e, ST_LIMIT, "%zu rows do not fit", l->all.n);
	if (st != ST_OK)
		return st;
	r->taken = first;
	take(r, first, p);
	(void)snprintf(r->rungs[PREDICT_PLATT].reason, sizeof r->rungs[PREDICT_PLATT].reason,
		       rules ? "the rules' own order, as a probability" : "no rules' points here");
	if (!rules)
		(void)snprintf(r->rungs[PREDICT_LOGISTIC].reason,
			       sizeof r->rungs[PREDICT_LOGISTIC].reason, "nothing below it");
	if (rules)
		st = climb(l, PREDICT_LOGISTIC, p, e);
	if (rules && st == ST_OK && better(r, PREDICT_LOGISTIC))
		take(r, PREDICT_LOGISTIC, p);
	if (st == ST_OK && l->all.n < SCORE_TREES_ROWS_MIN)
		(void)snprintf(
			r->rungs[PREDICT_TREES].reason, sizeof r->rungs[PREDICT_TREES].reason,
			"not tried: %zu leads, %u are needed", l->all.n, SCORE_TREES_ROWS_MIN);
	if (st != ST_OK || l->all.n < SCORE_TREES_ROWS_MIN)
		return st;
	st = climb(l, PREDICT_TREES, p, e);
	if (st == ST_OK && better(r, PREDICT_TREES))
		take(r, PREDICT_TREES, p);
	return st;
}

/* ---- what it says about the rules ---- */

static void count(const struct predict_table *t, const double *cells, struct score_proposal *x)
{
	for (size_t i = 0; i < t->rows_n; i++) {
		bool with = cells[i] != 0;
		*(with ? &x->with : &x->without) += 1;
		*(with ? &x->with_outcomes : &x->without_outcomes) += t->outcome[i];
	}
}

/* `share`: how much of the sum a point of this part is. */
static void propose(const struct score_report *r, const struct predict_model *m, size_t column,
		    double share, struct score_proposal *x)
{
	const struct predict_feature *f = &m->features[column];
	x->effect = m->weights[f->dim] / f->dev;
	double half = Z95 * m->devs[f->dim] / f->dev;
	x->low = x->effect - half;
	x->high = x->effect + half;
	x->proposed = x->wanted = x->points;
	if (x->low <= 0 && x->high >= 0)
		return; /* it may be nothing */
	x->wanted = x->points + x->effect / (r->slope * share);
}

/* Whole points, and none beyond what one rule may give. Each is taken by itself: what others ask
 * for, however much, moves no rule that nothing speaks against. */
static void round_points(struct score_report *r)
{
	for (size_t i = 0; i < r->proposals_n; i++) {
		struct score_proposal *x = &r->proposals[i];
		if (x->wanted == x->points)
			continue;
		x->wanted = round(x->wanted);
		x->proposed = fmax(-POINTS_MAX, fmin(POINTS_MAX, x->wanted));
	}
}

static void propose_all(struct ladder *l, const struct predict_model *m, const struct program *p)
{
	const struct score_rows *rows = l->rows;
	struct score_report *r = l->out;
	for (size_t c = rows->fit_at; c < rows->rules_n; c++) {
		struct score_proposal *x = &r->proposals[r->proposals_n];
		bool fit = c < rows->points_at, entry = c >= rows->entry_at;
		size_t i = c - (entry ? rows->entry_at : fit ? rows->fit_at : rows->points_at);
		double share = fit || entry ? p->fit_weight : p->engagement_weight;
		*x = (struct score_proposal){
			.kind = entry ? SCORE_RULE_ENTRY
				: fit ? SCORE_RULE_FIT
				      : SCORE_RULE_ENGAGEMENT,
			.name = entry ? p->entries[i].name
				: fit ? p->fit[i].name
				      : p->points[i].name,
			.points = entry ? p->entries[i].fit_points
				  : fit ? p->fit[i].points
					: p->points[i].points,
		};
		count(&rows->table, rows->table.columns[c].cells, x);
		if (x->with == 0 || x->without == 0 || !(share > 0))
			continue; /* everybody or nobody: it says nothing */
		propose(r, m, c, share, x);
		r->proposals_n++;
	}
}

/* Slope and bias of the sum as it would be with the proposals. */
static enum status recalibrate(struct ladder *l, const struct program *p, struct err *e)
{
	const struct score_rows *rows = l->rows;
	const struct predict_table *t = &rows->table;
	struct score_report *r = l->out;
	double *sum = ARENA_ARRAY(l->a, double, t->rows_n);
	if (sum == NULL)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", t->rows_n);
	memcpy(sum, t->columns[t->rule].cells, t->rows_n * sizeof *sum);
	for (size_t k = 0; k < r->proposals_n; k++) {
		const struct score_proposal *x = &r->proposals[k];
		double share =
			x->kind == SCORE_RULE_ENGAGEMENT ? p->engagement_weight : p->fit_weight;
		for (size_t c = rows->fit_at; c < rows->rules_n; c++) {
			struct str name = t->columns[c].name;
			size_t cut = strlen(kind_names[x->kind]) + 2;
			if (!str_starts(name, str_of(kind_names[x->kind])) ||
			    !str_eq(str_slice(name, cut, name.n), x->name))
				continue;
			for (size_t i = 0; i < t->rows_n; i++)
				sum[i] +=
					share * (x->proposed - x->points) * t->columns[c].cells[i];
		}
	}
	for (size_t i = 0; i < t->rows_n; i++)
		sum[i] = fmin(fmax(sum[i], 0), 100);
	return predict_platt(sum, t->outcome, t->rows_n, &r->new_slope, &r->new_bias, e);
}

static enum status about_rules(struct ladder *l, const struct program *p, struct err *e)
{
	const struct score_rows *rows = l->rows;
	struct score_report *r = l->out;
	struct predict_table t = rows->table;
	const struct predict_conf conf = conf_of(PREDICT_LOGISTIC);
	struct predict_model m;
	t.columns_n = rows->rules_n;
	r->proposals = ARENA_ARRAY(l->a, struct score_proposal, rows->rules_n + 1);
	enum status st = r->proposals != NULL ? predict_platt(t.columns[t.rule].cells, t.outcome,
							      t.rows_n, &r->slope, &r->bias, e)
					      : err_set(e, ST_LIMIT, "the proposals do not fit");
	r->new_slope = r->slope;
	r->new_bias = r->bias;
	if (st != ST_OK || !(r->slope > 0))
		return st; /* more points, fewer outcomes: there is no scale to propose on */
	st = predict_train(&t, l->all, &conf, l->a, &m, e);
	if (st == ST_OK) {
		propose_all(l, &m, p);
		round_points(r);
		st = recalibrate(l, p, e);
	}
	return st;
}

/* ---- all of it ---- */

static bool ready(struct ladder *l, struct err *e)
{
	const struct predict_table *t = &l->rows->table;
	struct score_report *r = l->out;
	uint32_t *at = ARENA_ARRAY(l->a, uint32_t, t->rows_n + 1);
	r->later = ARENA_ARRAY(l->a, double, t->rows_n + 1);
	r->later_came = ARENA_ARRAY(l->a, uint8_t, t->rows_n + 1);
	r->sorted = ARENA_ARRAY(l->a, double, t->rows_n + 1);
	if (at == NULL || r->sorted == NULL || r->later == NULL || r->later_came == NULL) {
		(void)err_set(e, ST_LIMIT, "%zu rows do not fit", t->rows_n);
		return false;
	}
	for (size_t i = 0; i < t->rows_n; i++)
		at[i] = (uint32_t)i;
	l->all = (struct predict_rows){at, t->rows_n};
	predict_split_time(l->all, SCORE_LATER_SHARE, &l->early, &l->later);
	r->later_n = l->later.n;
	for (size_t i = 0; i < l->later.n; i++)
		r->later_came[i] = t->outcome[l->later.at[i]];
	r->rows = t->rows_n;
	r->positives = predict_positives(t, l->all);
	return true;
}

static bool enough(struct ladder *l)
{
	struct score_report *r = l->out;
	size_t early = predict_positives(&l->rows->table, l->early);
	if (r->rows < SCORE_ROWS_MIN || r->positives < SCORE_OUTCOMES_MIN) {
		(void)snprintf(r->verdict, sizeof r->verdict,
			       "too little to learn from: %zu leads whose end is known, %zu with "
			       "the outcome; %u and %u are needed. The rules stay as they are.",
			       r->rows, r->positives, SCORE_ROWS_MIN, SCORE_OUTCOMES_MIN);
		return false;
	}
	bool both = early > 0 && early < l->early.n && early < r->positives &&
		    r->positives - early < l->later.n;
	if (!both)
		(void)snprintf(r->verdict, sizeof r->verdict,
			       "nothing to judge by: the earlier or the latest leads all ended "
			       "alike. The rules stay as they are.");
	return both;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void verdict(struct score_report *r, bool about_rules)
{
	const struct score_rung *rung = &r->rungs[r->taken];
	size_t changes = 0;
	for (size_t i = 0; i < r->proposals_n; i++)
		changes += r->proposals[i].proposed != r->proposals[i].points;
	(void)snprintf(
		r->verdict, sizeof r->verdict,
		"%s foretells best: AUC %.3f on the latest %zu leads, calibration error %.3f.",
		predict_family_name(r->taken), rung->later.auc, r->later_n, rung->later.ece10);
	if (!(rung->later.auc > AUC_CHANCE))
		(void)snprintf(r->verdict, sizeof r->verdict,
			       "nothing here foretells the outcome: AUC %.3f on the latest %zu "
			       "leads, and .5 is chance.",
			       rung->later.auc, r->later_n);
	else if (rung->later.auc > AUC_TOO_GOOD && !about_rules)
		(void)snprintf(r->verdict, sizeof r->verdict,
			       "too good to be true: AUC %.3f on the latest %zu leads. A column "
			       "may say the outcome, having been filled in behind it: drop it.",
			       rung->later.auc, r->later_n);
	if (!about_rules)
		return;
	if (!(r->slope > 0)) {
		(void)snprintf(r->verdict, sizeof r->verdict,
			       "the rules point the wrong way: leads with more points reached the "
			       "outcome less often. No points are proposed.");
		return;
	}
	size_t n = strlen(r->verdict) - 1; /* its full stop */
	(void)snprintf(r->verdict + n, sizeof r->verdict - n, "; %zu of %zu rules would change.",
		       changes, r->proposals_n);
}

enum status score_learn(const struct score_rows *rows, const struct program *p, struct arena *a,
			struct score_report *out, struct err *e)
{
	struct ladder l = {.rows = rows, .a = a, .out = out};
	*out = (struct score_report){.learnt = false};
	if (!ready(&l, e))
		return ST_LIMIT;
	if (!enough(&l))
		return ST_OK;
	enum status st = ladder(&l, e);
	if (st == ST_OK && p != NULL)
		st = about_rules(&l, p, e);
	const struct predict_conf conf = conf_of(out->taken);
	if (st == ST_OK)
		st = predict_train(&rows->table, l.all, &conf, a, &out->model, e);
	if (st != ST_OK)
		return st;
	memcpy(out->sorted, out->later, out->later_n * sizeof *out->later);
	qsort(out->sorted, out->later_n, sizeof *out->sorted, by_number);
	predict_reliability(out->later, out->later_came, out->later_n, out->curve);
	verdict(out, p != NULL);
	out->learnt = true;
	return ST_OK;
}

/* ---- for people and machines ---- */

static void put_metrics(struct json_w *w, const struct predict_metrics *m)
{
	json_w_kf64(w, "auc", m->auc);
	json_w_kf64(w, "log_loss", m->log_loss);
	json_w_kf64(w, "brier", m->brier);
	json_w_kf64(w, "ece", m->ece10);
	json_w_kf64(w, "lift", m->lift10);
}

static void put_rungs(const struct score_report *r, struct json_w *w)
{
	json_w_key(w, "models");
	json_w_array(w);
	for (size_t f = 0; f < PREDICT_FAMILY_COUNT; f++) {
		const struct score_rung *x = &r->rungs[f];
		json_w_object(w);
		json_w_kz(w, "model", predict_family_name((enum predict_family)f));
		json_w_kbool(w, "taken", x->taken);
		if (x->tried) {
			put_metrics(w, &x->later);
			json_w_kf64(w, "auc_random_folds", x->folds_auc);
			json_w_kf64(w, "auc_fall", x->folds_auc - x->later.auc);
		}
		json_w_kz(w, "reason", x->reason);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_curve(const struct score_report *r, struct json_w *w)
{
	json_w_key(w, "reliability");
	json_w_array(w);
	for (size_t i = 0; i < PREDICT_BINS; i++) {
		const struct predict_bin *b = &r->curve[i];
		if (b->rows == 0)
			continue;
		json_w_object(w);
		json_w_ki64(w, "leads", (int64_t)b->rows);
		json_w_kf64(w, "told", b->mean);
		json_w_kf64(w, "came", b->rate);
		json_w_kf64(w, "low", b->low);
		json_w_kf64(w, "high", b->high);
		json_w_end(w);
	}
	json_w_end(w);
}

/* From which probability on a share of the latest leads is taken, and what that catches. */
static void put_capacity(const struct score_report *r, double weeks, size_t reps, struct json_w *w)
{
	static const double shares[] = {0.05, 0.1, 0.2, 0.5};
	json_w_key(w, "capacity");
	json_w_array(w);
	for (size_t k = 0; k < sizeof shares / sizeof *shares; k++) {
		size_t want = (size_t)ceil((double)r->later_n * shares[k]), n = 0, came = 0,
		       all = 0;
		double at = r->sorted[r->later_n - want];
		for (size_t i = 0; i < r->later_n; i++) {
			bool in = r->later[i] >= at;
			n += in;
			came += in && r->later_came[i];
			all += r->later_came[i];
		}
		json_w_object(w);
		json_w_kf64(w, "share", shares[k]);
		json_w_kf64(w, "from_probability", at);
		json_w_kf64(w, "came", n > 0 ? (double)came / (double)n : 0);
		json_w_kf64(w, "of_all_outcomes", all > 0 ? (double)came / (double)all : 0);
		if (weeks > 0)
			json_w_kf64(w, "a_week", (double)n / weeks);
		if (weeks > 0 && reps > 0)
			json_w_kf64(w, "a_week_per_rep", (double)n / weeks / (double)reps);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_proposals(const struct score_report *r, struct json_w *w)
{
	json_w_key(w, "rules");
	json_w_array(w);
	for (size_t i = 0; i < r->proposals_n; i++) {
		const struct score_proposal *x = &r->proposals[i];
		json_w_object(w);
		json_w_kz(w, "kind", kind_names[x->kind]);
		json_w_kstr(w, "name", x->name);
		json_w_kf64(w, "points", x->points);
		json_w_kf64(w, "proposed", x->proposed);
		json_w_kf64(w, "wanted", x->wanted);
		json_w_ki64(w, "with", (int64_t)x->with);
		json_w_ki64(w, "with_outcome", (int64_t)x->with_outcomes);
		json_w_ki64(w, "without", (int64_t)x->without);
		json_w_ki64(w, "without_outcome", (int64_t)x->without_outcomes);
		json_w_kf64(w, "effect", x->effect);
		json_w_kf64(w, "low", x->low);
		json_w_kf64(w, "high", x->high);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_line(struct json_w *w, const char *key, double slope, double bias)
{
	json_w_key(w, key);
	json_w_object(w);
	json_w_kf64(w, "slope", slope);
	json_w_kf64(w, "bias", bias);
	json_w_end(w);
}

void score_report_json(const struct score_report *r, double weeks, size_t reps, struct json_w *w)
{
	json_w_kz(w, "verdict", r->verdict);
	json_w_ki64(w, "leads", (int64_t)r->rows);
	json_w_ki64(w, "outcomes", (int64_t)r->positives);
	json_w_kbool(w, "learnt", r->learnt);
	if (!r->learnt)
		return;
	json_w_kz(w, "taken", predict_family_name(r->taken));
	put_rungs(r, w);
	put_curve(r, w);
	put_capacity(r, weeks, reps, w);
	put_proposals(r, w);
	if (r->slope == 0)
		return;
	put_line(w, "probability", r->slope, r->bias);
	put_line(w, "probability_with_proposals", r->new_slope, r->new_bias);
}
