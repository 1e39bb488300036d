/* SPDX-License-Identifier: Apache-2.0
 * model.c: training one of the families, and asking a model. */
#include "predict/internal.h"

#include "base/assert.h"

static const char *const family_names[PREDICT_FAMILY_COUNT] = {
	[PREDICT_PLATT] = "platt",
	[PREDICT_LOGISTIC] = "logistic",
	[PREDICT_TREES] = "trees",
};

const char *predict_family_name(enum predict_family f)
{
	ASSERT(f < PREDICT_FAMILY_COUNT);
	return family_names[f];
}

struct predict_conf predict_conf_default(enum predict_family family)
{
	return (struct predict_conf){
		.family = family,
		.l2 = 1,
		.rounds = 150,
		.leaves = 8,
		.depth = 3,
		.leaf_rows_min = 20,
		.rate = 0.1,
		.held_out = 0,
		.patience = 20,
	};
}

/* ---- training ---- */

static bool take_y(const struct predict_table *t, struct predict_rows rows, struct arena *s,
		   uint8_t **y_r, double **points_r)
{
	*y_r = ARENA_ARRAY(s, uint8_t, rows.n + 1);
	*points_r = ARENA_ARRAY(s, double, rows.n + 1);
	if (*y_r == NULL || *points_r == NULL)
		return false;
	for (size_t i = 0; i < rows.n; i++) {
		double points = t->rule != PREDICT_NONE ? t->columns[t->rule].cells[rows.at[i]] : 0;
		(*y_r)[i] = t->outcome[rows.at[i]];
		(*points_r)[i] = isnan(points) ? 0 : points;
	}
	return true;
}

static enum status train_logistic(const struct predict_table *t, struct predict_rows rows,
				  const struct predict_conf *conf, struct arena *a,
				  struct predict_model *m, struct err *e)
{
	struct arena s;
	struct predict_sparse x;
	uint8_t *y;
	double *offset, bias = 0;
	enum status st = predict_read_dims(m, e);
	if (st != ST_OK)
		return st;
	m->weights = ARENA_ARRAY(a, double, m->dims_n + 1);
	m->devs = ARENA_ARRAY(a, double, m->dims_n + 1);
	if (m->weights == NULL || m->devs == NULL)
		return err_set(e, ST_LIMIT, "the weights do not fit");
	arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
	st = take_y(t, rows, &s, &y, &offset) ? predict_read_rows(m, t, rows, &s, &x, e)
					      : err_set(e, ST_LIMIT, "%zu rows do not fit", rows.n);
	if (st == ST_OK && m->rule != PREDICT_NONE)
		st = predict_platt(offset, y, rows.n, &m->rule_slope, &bias, e);
	if (st == ST_OK) {
		for (size_t i = 0; i < rows.n; i++)
			offset[i] = m->rule_slope * offset[i] + bias;
		struct predict_fit fit = {.x = &x,
					  .y = y,
					  .offset = offset,
					  .l2 = conf->l2,
					  .weights = m->weights,
					  .devs = m->devs};
		st = predict_logistic(&fit, &s, e);
		m->bias = fit.bias + bias;
	}
	arena_finish(&s);
	return st;
}

static enum status train_platt(const struct predict_table *t, struct predict_rows rows,
			       struct predict_model *m, struct err *e)
{
	struct arena s;
	uint8_t *y;
	double *points;
	if (m->rule == PREDICT_NONE)
		return err_set(e, ST_INVALID, "a table without a column of rule points");
	arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
	enum status st = take_y(t, rows, &s, &y, &points)
				 ? predict_platt(points, y, rows.n, &m->rule_slope, &m->bias, e)
				 : err_set(e, ST_LIMIT, "%zu rows do not fit", rows.n);
	arena_finish(&s);
	return st;
}

/* The mean part of each feature over the training rows: a part tells this row from others. */
static enum status center(const struct predict_table *t, struct predict_rows rows,
			  struct predict_model *m, struct err *e)
{
	struct arena s;
	arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
	struct predict_binding *bind = ARENA_NEW(&s, struct predict_binding);
	double *cells = ARENA_ARRAY(&s, double, m->features_n + 1);
	double *parts = ARENA_ARRAY(&s, double, m->features_n + 1);
	double *sums = ARENA_ARRAY(&s, double, m->features_n + 1);
	enum status st = bind != NULL && cells != NULL && parts != NULL && sums != NULL
				 ? predict_bind(m, t, &s, bind, e)
				 : err_set(e, ST_LIMIT, "the model does not fit");
	for (size_t i = 0; i < rows.n && st == ST_OK; i++) {
		predict_cells(m, t, bind, rows.at[i], cells);
		(void)predict_parts(m, cells, parts);
		for (size_t f = 0; f < m->features_n; f++)
			sums[f] += parts[f];
	}
	for (size_t f = 0; f < m->features_n && st == ST_OK; f++)
		m->features[f].center = sums[f] / (double)rows.n;
	arena_finish(&s);
	return st;
}

enum status predict_train(const struct predict_table *t, struct predict_rows rows,
			  const struct predict_conf *conf, struct arena *a,
			  struct predict_model *out, struct err *e)
{
	struct predict_model m = {.family = conf->family, .out_slope = 1};
	size_t positives = predict_positives(t, rows);
	if (positives == 0 || positives == rows.n)
		return err_set(e, ST_INVALID, "%zu of %zu rows have the outcome: both are needed",
			       positives, rows.n);
	enum status st = predict_read_fit(t, rows, a, &m, e);
	if (st == ST_OK && conf->family == PREDICT_TREES)
		st = predict_trees(t, rows, conf, a, &m, e);
	else if (st == ST_OK && conf->family == PREDICT_LOGISTIC)
		st = train_logistic(t, rows, conf, a, &m, e);
	else if (st == ST_OK)
		st = train_platt(t, rows, &m, e);
	if (st == ST_OK)
		st = center(t, rows, &m, e);
	if (st == ST_OK)
		*out = m;
	return st;
}

/* ---- reading rows ---- */

static size_t column_of(const struct predict_table *t, const struct predict_feature *f)
{
	for (size_t i = 0; i < t->columns_n; i++)
		if (t->columns[i].kind == f->kind && str_eq(t->columns[i].name, f->name))
			return i;
	return PREDICT_NONE;
}

enum status predict_bind(const struct predict_model *m, const struct predict_table *t,
			 struct arena *a, struct predict_binding *out, struct err *e)
{
	ASSERT(m->features_n <= PREDICT_COLUMNS_MAX);
	for (size_t f = 0; f < m->features_n; f++) {
		size_t i = out->column[f] = column_of(t, &m->features[f]);
		out->codes[f] = NULL;
		if (i == PREDICT_NONE || m->features[f].kind == PREDICT_NUMBER)
			continue;
		out->codes[f] = ARENA_ARRAY(a, double, t->columns[i].levels_n + 1);
		if (out->codes[f] == NULL)
			return err_set(e, ST_LIMIT, "the levels do not fit");
		for (size_t k = 0; k < t->columns[i].levels_n; k++)
			out->codes[f][k] = predict_code(&m->features[f], t->columns[i].levels[k]);
	}
	return ST_OK;
}

double predict_cell(const struct predict_table *t, const struct predict_binding *b, size_t f,
		    size_t row)
{
	if (b->column[f] == PREDICT_NONE)
		return (double)NAN;
	double cell = t->columns[b->column[f]].cells[row];
	return b->codes[f] != NULL && cell >= 0 ? b->codes[f][(size_t)cell] : cell;
}

void predict_cells(const struct predict_model *m, const struct predict_table *t,
		   const struct predict_binding *b, size_t row, double *out)
{
	for (size_t f = 0; f < m->features_n; f++)
		out[f] = predict_cell(t, b, f, row);
}

/* ---- asking ---- */

double predict_probability(double logit)
{
	return 1 / (1 + exp(-logit));
}

uint32_t predict_node_next(const struct predict_model *m, const struct predict_node *node,
			   const double *cells)
{
	double x = cells[node->feature];
	bool left = m->features[node->feature].kind == PREDICT_CATEGORY ? x == node->at
		    : isnan(x)                                          ? node->missing_left
									: x <= node->at;
	return node->left + !left;
}

static double tree_parts(const struct predict_model *m, const double *cells, double *parts)
{
	double base = m->bias;
	for (size_t i = 0; i < m->trees_n; i++) {
		const struct predict_node *node = &m->nodes[m->roots[i]];
		base += node->value;
		while (node->feature != PREDICT_LEAF) {
			const struct predict_node *next =
				&m->nodes[predict_node_next(m, node, cells)];
			parts[node->feature] += next->value - node->value;
			node = next;
		}
	}
	return base;
}

static double weight_part(const struct predict_model *m, size_t f, double cell)
{
	uint32_t dim[2];
	double value[2], part = 0;
	if (f == m->rule)
		return isnan(cell) ? 0 : m->rule_slope * cell;
	if (m->dims_n == 0)
		return 0;
	unsigned n = predict_read_cell(&m->features[f], cell, dim, value);
	for (unsigned i = 0; i < n; i++)
		part += m->weights[dim[i]] * value[i];
	return part;
}

double predict_parts(const struct predict_model *m, const double *cells, double *parts)
{
	double base = m->bias;
	for (size_t f = 0; f < m->features_n; f++)
		parts[f] = 0;
	if (m->family == PREDICT_TREES)
		base = tree_parts(m, cells, parts);
	for (size_t f = 0; f < m->features_n; f++) {
		double center = m->features[f].center;
		if (m->family != PREDICT_TREES)
			parts[f] = weight_part(m, f, cells[f]);
		parts[f] = (parts[f] - center) * m->out_slope;
		base += center;
	}
	return base * m->out_slope + m->out_bias;
}

double predict_logit(const struct predict_model *m, const double *cells)
{
	double parts[PREDICT_COLUMNS_MAX];
	double sum = predict_parts(m, cells, parts);
	for (size_t f = 0; f < m->features_n; f++)
		sum += parts[f];
	return sum;
}

enum status predict_table_probabilities(const struct predict_model *m,
					const struct predict_table *t, struct predict_rows rows,
					double *out, struct err *e)
{
	struct arena s;
	double cells[PREDICT_COLUMNS_MAX];
	arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
	struct predict_binding *bind = ARENA_NEW(&s, struct predict_binding);
	enum status st = bind != NULL ? predict_bind(m, t, &s, bind, e)
				      : err_set(e, ST_LIMIT, "the model does not fit");
	for (size_t i = 0; i < rows.n && st == ST_OK; i++) {
		predict_cells(m, t, bind, rows.at[i], cells);
		out[i] = predict_probability(predict_logit(m, cells));
	}
	arena_finish(&s);
	return st;
}

/* ---- points that add up ---- */

#define POINTS_SANE 1e9

/* Points of a probability one log-odds is worth on the way from the base to the row. */
static double exchange(double base, double logit)
{
	double from = predict_probability(base), to = predict_probability(logit);
	return fabs(logit - base) > 1e-9 ? (to - from) / (logit - base) : from * (1 - from);
}

int64_t predict_points(const struct predict_model *m, const double *cells, int64_t *cents,
		       int64_t *base_r)
{
	double parts[PREDICT_COLUMNS_MAX], exact[PREDICT_COLUMNS_MAX + 1];
	double base = predict_parts(m, cells, parts), logit = predict_logit(m, cells);
	double rate = exchange(base, logit) * 10000;
	int64_t total = isnan(logit) ? 0 : llround(predict_probability(logit) * 10000);
	size_t n = m->features_n;
	bool sane = true;
	for (size_t f = 0; f < n; f++) {
		exact[f] = parts[f] * rate;
		sane = sane && fabs(exact[f]) < POINTS_SANE;
	}
	exact[n] = predict_probability(base) * 10000;
	if (!sane || isnan(exact[n])) { /* cells beyond all measure: nothing can be told apart */
		memset(cents, 0, n * sizeof *cents);
		*base_r = total;
		return total;
	}
	int64_t left = total;
	for (size_t f = 0; f <= n; f++) {
		int64_t *to = f < n ? &cents[f] : base_r;
		*to = (int64_t)floor(exact[f]);
		left -= *to;
		exact[f] -= floor(exact[f]);
	}
	/* floors lose less than one each; a last bit may ask for one back */
	for (; left != 0; left += left > 0 ? -1 : 1) {
		size_t most = 0;
		for (size_t f = 1; f <= n; f++)
			if (left > 0 ? exact[f] > exact[most] : exact[f] < exact[most])
				most = f;
		exact[most] += left > 0 ? -1 : 1;
		*(most < n ? &cents[most] : base_r) += left > 0 ? 1 : -1;
	}
	return total;
}
