/* SPDX-License-Identifier: Apache-2.0
 * scoring.c: quality and speed of lead scores. The data sets are not ours to ship; where they are
 * not, this part says so. Reference figures are read from the files that came with them. */
#include "scoring.h"

#include "../tests/conformance/leads.h"

#define REPEATS 20u

static const char *const theirs[][2] = {
	{"logreg_l2_C1_lbfgs", "scikit-learn logistic"},
	{"gbt_sklearn_100x3_lr.1", "scikit-learn trees, 100 x 3"},
	{"hgb_100_lr.1_31leaves", "scikit-learn histogram trees"},
	{"xgb_200x4_lr.1", "XGBoost, 200 x 4"},
};

static void line(struct report *r, const char *who, const char *what, double value)
{
	char text[80];
	(void)snprintf(text, sizeof text, "%s: %s", who, what);
	report_value(r, text, value, what[0] == 'f' ? "s CPU" : "");
}

static void figures(struct report *r, const char *who, const struct predict_metrics *m, double s)
{
	line(r, who, "AUC x 1000", m->auc * 1000);
	line(r, who, "log loss x 1000", m->log_loss * 1000);
	line(r, who, "ECE x 1000", m->ece10 * 1000);
	line(r, who, "lift of the best tenth", m->lift10);
	line(r, who, "fit of one fold", s);
}

static void reference(struct report *r, const struct json *ref, const char *section)
{
	for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
		const char *model = theirs[i][0], *who = theirs[i][1];
		const struct predict_metrics m = {
			.auc = leads_figure(ref, section, model, "auc"),
			.log_loss = leads_figure(ref, section, model, "logloss"),
			.ece10 = leads_figure(ref, section, model, "ece10"),
			.lift10 = leads_figure(ref, section, model, "lift_top10"),
		};
		figures(r, who, &m, leads_figure(ref, section, model, "fit_s"));
	}
}

static enum status one(const struct leads *l, const struct predict_conf *conf, const char *who,
		       struct report *r, struct err *e)
{
	struct arena a;
	struct predict_metrics m;
	struct bench_rate rate;
	arena_init(&a, (size_t)64 << 20);
	struct stopwatch from = bench_start();
	enum status st = leads_folds(l, conf, &a, &m, e);
	bench_stop(from, LEADS_FOLDS, &rate);
	if (st == ST_OK)
		figures(r, who, &m, bench_cpu_each_us(&rate) / 1e6);
	arena_finish(&a);
	return st;
}

/* The default split is time; what random folds would have promised stands beside it. */
static enum status in_time(const struct leads *l, const struct predict_conf *conf, const char *who,
			   struct report *r, struct err *e)
{
	struct predict_metrics m;
	enum status st = predict_in_time(&l->table, 0.2, conf, &m, e);
	if (st == ST_OK)
		line(r, who, "AUC x 1000, later rows by earlier", m.auc * 1000);
	return st;
}

static enum status data_set(const struct leads *l, const struct json *ref, const char *section,
			    struct report *r, struct err *e)
{
	const struct predict_conf logistic = predict_conf_default(PREDICT_LOGISTIC);
	const struct predict_conf trees = leads_trees();
	enum status st = one(l, &logistic, "ours, logistic", r, e);
	if (st == ST_OK)
		st = one(l, &trees, "ours, trees", r, e);
	if (st == ST_OK)
		reference(r, ref, section);
	return st;
}

static enum status bank_in_time(const struct leads *l, const struct json *ref, struct report *r,
				struct err *e)
{
	static const char section[] = "bank_timesplit_80_20";
	const struct predict_conf logistic = predict_conf_default(PREDICT_LOGISTIC);
	const struct predict_conf trees = leads_trees();
	enum status st = in_time(l, &logistic, "ours, logistic", r, e);
	if (st == ST_OK)
		st = in_time(l, &trees, "ours, trees", r, e);
	for (size_t i = 0; st == ST_OK && i < sizeof theirs / sizeof *theirs; i++) {
		double auc = leads_figure(ref, section, theirs[i][0], "auc");
		if (!isnan(auc))
			line(r, theirs[i][1], "AUC x 1000, later rows by earlier", auc * 1000);
	}
	return st;
}

static const struct {
	const char *who, *model;
	enum predict_family family;
	bool rules;
} climbers[] = {
	{"13 rules + Platt", "hand_rule_platt", PREDICT_PLATT, true},
	{"logistic", "lr_full(C=.1)", PREDICT_LOGISTIC, false},
	{"logistic centred on the rules", "lr_full+rule_prior", PREDICT_LOGISTIC, true},
	{"trees", "gbt", PREDICT_TREES, false},
};

static double curve_reference(const struct json *d, size_t n, const char *model, const char *what)
{
	char labels[16];
	double v;
	(void)snprintf(labels, sizeof labels, "%zu", n);
	uint32_t at = json_get(d, json_get(d, 0, "curve"), labels);
	return json_f64(d, json_get(d, json_get(d, at, model), what), &v) ? v : (double)NAN;
}

static enum status climb(struct leads *l, const struct json *ref, size_t labels, struct report *r,
			 struct err *e)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < sizeof climbers / sizeof *climbers && st == ST_OK; i++) {
		struct predict_table t = l->table;
		struct predict_conf conf = predict_conf_default(climbers[i].family);
		struct leads_curve c;
		char who[64];
		if (!climbers[i].rules) {
			t.columns_n--; /* the rules' column is the last one */
			t.rule = PREDICT_NONE;
		}
		conf.l2 = climbers[i].family == PREDICT_LOGISTIC ? leads_centred().l2 : conf.l2;
		st = leads_few(&t, labels, REPEATS, &conf, &c, e);
		if (st != ST_OK)
			break;
		(void)snprintf(who, sizeof who, "%zu labels, %s", labels, climbers[i].who);
		line(r, who, "AUC x 1000", c.auc * 1000);
		double theirs_auc = curve_reference(ref, labels, climbers[i].model, "auc");
		if (!isnan(theirs_auc))
			line(r, "  the study, with its own rules", "AUC x 1000", theirs_auc * 1000);
	}
	return st;
}

static enum status all(const char *folder, struct arena *a, struct report *r, struct err *e)
{
	static const size_t labels[] = {30, 100, 200, 500, 1000, 5000};
	struct leads bank, education;
	struct json ref, curve;
	enum status st = leads_reference(folder, "leadscore.json", a, &ref, e);
	if (st == ST_OK)
		st = leads_reference(folder, "leadscore_learning_curve.json", a, &curve, e);
	if (st == ST_OK)
		st = leads_bank(folder, a, &bank, e);
	if (st == ST_OK)
		st = leads_education(folder, a, &education, e);
	if (st == ST_OK) {
		report_value(r, "bank, without duration: rows", (double)bank.table.rows_n, "");
		st = data_set(&bank, &ref, "bank_noduration", r, e);
	}
	if (st == ST_OK)
		st = bank_in_time(&bank, &ref, r, e);
	if (st == ST_OK) {
		report_value(r, "X Education, honest columns: rows", (double)education.table.rows_n,
			     "");
		st = data_set(&education, &ref, "xleads_honest", r, e);
	}
	if (st == ST_OK)
		st = leads_education_rules(&education, a, e);
	for (size_t i = 0; i < sizeof labels / sizeof *labels && st == ST_OK; i++)
		st = climb(&education, &curve, labels[i], r, e);
	return st;
}

enum status bench_scoring(const struct bench_conf *conf, struct report *r, struct err *e)
{
	char folder[BENCH_PATH_MAX];
	struct arena a;
	(void)conf;
	if (!leads_folder(NULL, folder, sizeof folder)) {
		report_value(r, "the data sets are not here: not measured", 0, "");
		return ST_OK;
	}
	arena_init(&a, (size_t)1 << 30);
	enum status st = all(folder, &a, r, e);
	arena_finish(&a);
	return st;
}
