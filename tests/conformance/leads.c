/* SPDX-License-Identifier: Apache-2.0
 * leads.c: see leads.h. Nothing of the data is kept here: figures and column names only. */
#include "leads.h"

#include "base/file.h"
#include "base/random.h"
#include "cli/score_csv.h"

#include <stdlib.h>
#include <unistd.h>

#define PATH_MAX_BYTES 1024
#define REFERENCE_BYTES_MAX ((size_t)1 << 20)

bool leads_folder(const char *given, char *out, size_t bytes)
{
	char probe[PATH_MAX_BYTES];
	const char *shared = getenv("NURTURED_SHARED");
	if (given != NULL)
		(void)snprintf(out, bytes, "%s", given);
	else
		(void)snprintf(out, bytes, "%s/data", shared != NULL ? shared : "../shared");
	(void)snprintf(probe, sizeof probe, "%s/reference/leadscore.json", out);
	return access(probe, R_OK) == 0;
}

static enum status read_folds(const char *path, struct leads *l, struct arena *a, struct err *e)
{
	struct str text;
	enum status st = file_read(path, REFERENCE_BYTES_MAX, a, &text, e);
	l->fold = ARENA_ARRAY(a, uint8_t, l->table.rows_n);
	if (st == ST_OK && l->fold == NULL)
		st = err_set(e, ST_LIMIT, "the folds do not fit");
	for (size_t i = 0; st == ST_OK && i < l->table.rows_n; i++) {
		uint64_t fold;
		if (str_to_u64(str_trim(str_cut(&text, '\n')), &fold) && fold < LEADS_FOLDS)
			l->fold[i] = (uint8_t)fold;
		else
			st = err_set(e, ST_INVALID, "%s: row %zu is no fold", path, i + 1);
	}
	return st;
}

struct set {
	const char *csv, *folds;
	struct score_csv_conf conf;
};

static enum status read_set(const char *folder, const struct set *set, struct arena *a,
			    struct leads *out, struct err *e)
{
	char path[PATH_MAX_BYTES];
	(void)snprintf(path, sizeof path, "%s/%s", folder, set->csv);
	enum status st = score_csv_read(path, &set->conf, a, &out->table, e);
	(void)snprintf(path, sizeof path, "%s/reference/%s", folder, set->folds);
	return st == ST_OK ? read_folds(path, out, a, e) : st;
}

enum status leads_bank(const char *folder, struct arena *a, struct leads *out, struct err *e)
{
	static const char *const drop[] = {"duration", NULL};
	static const struct set set = {
		"bank/bank-additional-full.csv", "folds_bank.csv", {"y", "yes", drop}};
	return read_set(folder, &set, a, out, e);
}

enum status leads_education(const char *folder, struct arena *a, struct leads *out, struct err *e)
{
	static const char *const drop[] = {"Prospect ID",
					   "Lead Number",
					   "Tags",
					   "Lead Quality",
					   "Lead Profile",
					   "Asymmetrique Activity Index",
					   "Asymmetrique Profile Index",
					   "Asymmetrique Activity Score",
					   "Asymmetrique Profile Score",
					   "Last Notable Activity",
					   NULL};
	static const struct set set = {
		"xleads/Leads.37col.csv", "folds_leads.csv", {"Converted", "1", drop}};
	return read_set(folder, &set, a, out, e);
}

/* ---- rules ---- */

/* What a person who sells courses would write down: the rule holds when the text is that one, or
 * when the number is at least so large. */
static const struct rule {
	const char *column, *text;
	double least, points;
} rules[] = {
	{"What is your current occupation", "Working Professional", 0, 30},
	{"What is your current occupation", "", 0, -20}, /* the form was left half empty */
	{"Lead Origin", "Lead Add Form", 0, 40},         /* somebody entered it: a conversation */
	{"Lead Source", "Olark Chat", 0, -10},           /* asked something, gave nothing */
	{"Total Time Spent on Website", NULL, 300, 10},
	{"Total Time Spent on Website", NULL, 900, 25},
	{"TotalVisits", NULL, 3, 5},
	{"Last Activity", "SMS Sent", 0, 20}, /* a number was given, and is in use */
	{"Last Activity", "Had a Phone Conversation", 0, 30},
	{"Last Activity", "Email Opened", 0, 5},
	{"Last Activity", "Email Bounced", 0, -30},
	{"Do Not Email", "Yes", 0, -20},
	{"Specialization", "Select", 0, -10}, /* did not say what to learn */
};

static void apply(const struct rule *rule, const struct predict_table *t, double *points)
{
	for (size_t c = 0; c < t->columns_n; c++) {
		const struct predict_column *column = &t->columns[c];
		if (!str_is(column->name, rule->column))
			continue;
		for (size_t i = 0; i < t->rows_n; i++) {
			double cell = column->cells[i];
			bool holds = rule->text == NULL
					     ? cell >= rule->least
					     : cell >= 0 && str_is(column->levels[(size_t)cell],
								   rule->text);
			points[i] += holds ? rule->points : 0;
		}
	}
}

enum status leads_education_rules(struct leads *l, struct arena *a, struct err *e)
{
	struct predict_table *t = &l->table;
	double *points = ARENA_ARRAY(a, double, t->rows_n);
	if (points == NULL)
		return err_set(e, ST_LIMIT, "the points do not fit");
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		apply(&rules[i], t, points);
	t->rule = t->columns_n; /* score_csv_read leaves room for one */
	t->columns[t->columns_n++] = (struct predict_column){
		.name = STR("rules"), .kind = PREDICT_NUMBER, .cells = points};
	return ST_OK;
}

/* ---- reference figures ---- */

enum status leads_reference(const char *folder, const char *name, struct arena *a, struct json *out,
			    struct err *e)
{
	char path[PATH_MAX_BYTES];
	struct str text;
	(void)snprintf(path, sizeof path, "%s/reference/%s", folder, name);
	enum status st = file_read(path, REFERENCE_BYTES_MAX, a, &text, e);
	if (st != ST_OK)
		return st;
	struct buf strict; /* Python writes NaN, which is no JSON */
	buf_init_arena(&strict, a, 2 * text.n);
	while (text.n > 0) {
		size_t at = str_find(text, STR("NaN"));
		buf_str(&strict, str_slice(text, 0, at));
		buf_z(&strict, at < text.n ? "null" : "");
		text = str_slice(text, at + 3, text.n);
	}
	return json_parse(buf_view(&strict), JSON_LIMITS_EVENT, a, out, e);
}

double leads_figure(const struct json *d, const char *section, const char *model, const char *what)
{
	double v;
	uint32_t at = json_get(d, json_get(d, json_get(d, 0, section), model), what);
	return json_f64(d, at, &v) ? v : (double)NAN;
}

/* ---- measuring ---- */

struct predict_conf leads_trees(void)
{
	return predict_conf_default(PREDICT_TREES);
}

struct predict_conf leads_centred(void)
{
	struct predict_conf conf = predict_conf_default(PREDICT_LOGISTIC);
	conf.l2 = 10;
	return conf;
}

enum status leads_folds(const struct leads *l, const struct predict_conf *conf, struct arena *a,
			struct predict_metrics *out, struct err *e)
{
	double *p = ARENA_ARRAY(a, double, l->table.rows_n);
	if (p == NULL)
		return err_set(e, ST_LIMIT, "the rows do not fit");
	enum status st = predict_out_of_fold(&l->table, l->fold, LEADS_FOLDS, conf, p, e);
	return st == ST_OK ? predict_measure(p, l->table.outcome, l->table.rows_n, out, e) : st;
}

static enum status few_once(const struct predict_table *t, struct predict_rows train,
			    struct predict_rows test, const struct predict_conf *conf,
			    struct predict_metrics *out, struct err *e)
{
	struct arena s;
	struct predict_model m;
	arena_init(&s, (size_t)1 << 30);
	double *p = ARENA_ARRAY(&s, double, test.n);
	uint8_t *y = ARENA_ARRAY(&s, uint8_t, test.n);
	enum status st = p != NULL && y != NULL ? predict_train(t, train, conf, &s, &m, e)
						: err_set(e, ST_LIMIT, "the rows do not fit");
	if (st == ST_OK)
		st = predict_table_probabilities(&m, t, test, p, e);
	for (size_t i = 0; st == ST_OK && i < test.n; i++)
		y[i] = t->outcome[test.at[i]];
	if (st == ST_OK)
		st = predict_measure(p, y, test.n, out, e);
	arena_finish(&s);
	return st;
}

enum status leads_few(const struct predict_table *t, size_t n, unsigned repeats,
		      const struct predict_conf *conf, struct leads_curve *out, struct err *e)
{
	struct arena s;
	struct rng r;
	struct leads_curve sum = {0, 0};
	arena_init(&s, (size_t)64 << 20);
	uint32_t *order = ARENA_ARRAY(&s, uint32_t, t->rows_n);
	enum status st = order != NULL ? ST_OK : err_set(e, ST_LIMIT, "the rows do not fit");
	rng_seed(&r, 42);
	for (size_t i = 0; order != NULL && i < t->rows_n; i++)
		order[i] = (uint32_t)i;
	for (unsigned k = 0; k < repeats && st == ST_OK; k++) {
		struct predict_metrics m;
		for (size_t i = t->rows_n; i-- > 1;) {
			size_t j = rng_below(&r, i + 1);
			uint32_t other = order[j];
			order[j] = order[i];
			order[i] = other;
		}
		st = few_once(t, (struct predict_rows){order, n},
			      (struct predict_rows){order + n, t->rows_n - n}, conf, &m, e);
		if (st != ST_OK)
			break;
		sum.auc += m.auc / repeats;
		sum.log_loss += m.log_loss / repeats;
	}
	arena_finish(&s);
	if (st == ST_OK)
		*out = sum;
	return st;
}
