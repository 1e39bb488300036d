/* SPDX-License-Identifier: Apache-2.0
 * score.c: lead scoring against other libraries' figures: `conformance score DATA_DIR`, a folder
 * with reference/, bank/ and xleads/. Without one, that of NURTURED_SHARED; when that is not here
 * the suite says so and counts nothing. */
#include "conformance/leads.h"
#include "conformance/suite.h"

#include "base/file.h"
#include "net/gunzip.h"

static void check(struct tally *t, const char *what, bool ok, double got, double wanted)
{
	fprintf(ok ? stdout : stderr, "score: %-58s %.6f (reference %.6f)%s\n", what, got, wanted,
		ok ? "" : " FAILED");
	t->passed += ok;
	t->failed += !ok;
}

static void near(struct tally *t, const char *what, double got, double wanted, double within)
{
	check(t, what, fabs(got - wanted) <= within, got, wanted);
}

static void gone_wrong(struct tally *t, const struct err *e)
{
	fprintf(stderr, "score: %s\n", e->text);
	t->failed++;
}

/* ---- our metrics over the predictions of another library ---- */

static enum status read_predictions(const char *path, size_t n, struct arena *a, double **out,
				    struct err *e)
{
	struct str zipped;
	struct buf text;
	enum status st = file_read(path, (size_t)4 << 20, a, &zipped, e);
	if (st != ST_OK)
		return st;
	struct gunzip *g = gunzip_create();
	buf_init(&text, (size_t)4 << 20);
	st = gunzip_run(g, zipped, 100, &text, e);
	*out = ARENA_ARRAY(a, double, n);
	struct str rest = buf_view(&text);
	for (size_t i = 0; st == ST_OK && *out != NULL && i < n; i++)
		if (!str_to_f64(str_trim(str_cut(&rest, '\n')), &(*out)[i]))
			st = err_set(e, ST_INVALID, "%s: row %zu is no number", path, i + 1);
	buf_finish(&text);
	gunzip_destroy(&g);
	return st == ST_OK && *out == NULL ? err_set(e, ST_LIMIT, "rows do not fit") : st;
}

static void metrics_of_theirs(const char *folder, const struct leads *l, const struct json *ref,
			      const char *section, const char *file, struct tally *t)
{
	static const char model[] = "logreg_l2_C1_lbfgs";
	char path[1024];
	struct arena a;
	struct predict_metrics m;
	struct err e;
	double *p;
	arena_init(&a, (size_t)256 << 20);
	(void)snprintf(path, sizeof path, "%s/reference/%s", folder, file);
	enum status st = read_predictions(path, l->table.rows_n, &a, &p, &e);
	if (st == ST_OK)
		st = predict_measure(p, l->table.outcome, l->table.rows_n, &m, &e);
	if (st != ST_OK) {
		gone_wrong(t, &e);
	} else {
		near(t, "AUC of their predictions", m.auc, leads_figure(ref, section, model, "auc"),
		     1e-6);
		near(t, "log loss of theirs", m.log_loss,
		     leads_figure(ref, section, model, "logloss"), 1e-6);
		near(t, "Brier of theirs", m.brier, leads_figure(ref, section, model, "brier"),
		     1e-6);
		near(t, "ECE of theirs", m.ece10, leads_figure(ref, section, model, "ece10"), 1e-6);
		near(t, "lift at 10 % of theirs", m.lift10,
		     leads_figure(ref, section, model, "lift_top10"), 0.01);
	}
	arena_finish(&a);
}

/* ---- our models on their folds ---- */

static void models(const struct leads *l, const struct json *ref, const char *section,
		   double trees_least, struct tally *t)
{
	static const char model[] = "logreg_l2_C1_lbfgs";
	const struct predict_conf logistic = predict_conf_default(PREDICT_LOGISTIC);
	const struct predict_conf trees = leads_trees();
	struct predict_metrics m;
	struct err e;
	struct arena a;
	arena_init(&a, (size_t)64 << 20);
	printf("score: %s\n", section);
	if (leads_folds(l, &logistic, &a, &m, &e) != ST_OK) {
		gone_wrong(t, &e);
	} else {
		near(t, "logistic: AUC", m.auc, leads_figure(ref, section, model, "auc"), 0.002);
		near(t, "logistic: log loss", m.log_loss,
		     leads_figure(ref, section, model, "logloss"), 0.001);
	}
	if (leads_folds(l, &trees, &a, &m, &e) != ST_OK) {
		gone_wrong(t, &e);
	} else {
		check(t, "trees: AUC, at least", m.auc >= trees_least, m.auc, trees_least);
		check(t, "trees: ECE below .03", m.ece10 < 0.03, m.ece10,
		      leads_figure(ref, section, "hgb_100_lr.1_31leaves", "ece10"));
		check(t, "trees: log loss below that of the logistic reference",
		      m.log_loss < leads_figure(ref, section, model, "logloss"), m.log_loss,
		      leads_figure(ref, section, model, "logloss"));
	}
	arena_finish(&a);
}

/* Later rows judged by earlier ones, against random folds: the fall is what folds hide. */
static void in_time(const struct leads *l, const struct json *ref, struct tally *t)
{
	const struct predict_conf logistic = predict_conf_default(PREDICT_LOGISTIC);
	struct predict_metrics m;
	struct err e;
	if (predict_in_time(&l->table, 0.2, &logistic, &m, &e) != ST_OK)
		gone_wrong(t, &e);
	else
		near(t, "logistic in order of time, last 20 %: AUC", m.auc,
		     leads_figure(ref, "bank_timesplit_80_20", "logreg_l2_C1_lbfgs", "auc"), 0.003);
}

static void few_labels(struct leads *l, struct arena *a, struct tally *t)
{
	const struct predict_conf centred = leads_centred();
	struct leads_curve c;
	struct err e;
	enum status st = leads_education_rules(l, a, &e);
	if (st == ST_OK)
		st = leads_few(&l->table, 100, 20, &centred, &c, &e);
	if (st != ST_OK)
		gone_wrong(t, &e);
	else
		check(t, "centred on 13 rules, 100 labels, 20 times: AUC, at least", c.auc >= 0.860,
		      c.auc, 0.860);
}

static void run(const char *folder, struct tally *t)
{
	struct arena a;
	struct leads bank, education;
	struct json ref;
	struct err e;
	arena_init(&a, (size_t)1 << 30);
	enum status st = leads_reference(folder, "leadscore.json", &a, &ref, &e);
	if (st == ST_OK)
		st = leads_bank(folder, &a, &bank, &e);
	if (st == ST_OK)
		st = leads_education(folder, &a, &education, &e);
	if (st != ST_OK) {
		gone_wrong(t, &e);
	} else {
		metrics_of_theirs(folder, &bank, &ref, "bank_noduration",
				  "oof_bank_noduration_logreg_l2_C1_lbfgs.csv.gz", t);
		metrics_of_theirs(folder, &education, &ref, "xleads_honest",
				  "oof_xleads_honest_logreg_l2_C1_lbfgs.csv.gz", t);
		models(&bank, &ref, "bank_noduration", 0.798, t);
		in_time(&bank, &ref, t);
		models(&education, &ref, "xleads_honest", 0.900, t);
		few_labels(&education, &a, t);
	}
	arena_finish(&a);
}

void suite_score(int argc, char **argv, struct tally *t)
{
	char folder[512];
	if (!leads_folder(argc > 0 ? argv[0] : NULL, folder, sizeof folder)) {
		printf("score: skipped, the data sets are not here (NURTURED_SHARED)\n");
		t->failed += argc > 0;
		return;
	}
	run(folder, t);
}
