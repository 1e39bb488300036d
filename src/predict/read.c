/* SPDX-License-Identifier: Apache-2.0
 * read.c: how a column becomes weights: a number is imputed with the median and standardised, with
 * a weight of its own where it was not known; a category has a weight for each level. All of it
 * is fitted on the rows that train. */
#include "predict/internal.h"

#include <stdlib.h>

struct ordered {
	double value;
	uint32_t at;
};

static int by_value(const void *pa, const void *pb)
{
	const struct ordered *a = pa, *b = pb;
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

uint32_t *predict_order(const double *value, size_t n, struct arena *a)
{
	uint32_t *out = ARENA_ARRAY(a, uint32_t, n + 1);
	struct arena_mark mark = arena_mark(a);
	struct ordered *sorted = ARENA_ARRAY(a, struct ordered, n + 1);
	if (out == NULL || sorted == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct ordered){value[i], (uint32_t)i};
	qsort(sorted, n, sizeof *sorted, by_value);
	for (size_t i = 0; i < n; i++)
		out[i] = sorted[i].at;
	arena_rewind(a, mark);
	return out;
}

size_t predict_positives(const struct predict_table *t, struct predict_rows rows)
{
	size_t n = 0;
	for (size_t i = 0; i < rows.n; i++)
		n += t->outcome[rows.at[i]];
	return n;
}

double predict_level(struct str text, struct str *levels, size_t *levels_n, size_t levels_max)
{
	for (size_t i = 0; i < *levels_n; i++)
		if (str_eq(levels[i], text))
			return (double)i;
	if (*levels_n == levels_max)
		return PREDICT_UNSEEN;
	levels[*levels_n] = text;
	return (double)(*levels_n)++;
}

double predict_code(const struct predict_feature *f, struct str text)
{
	for (size_t i = 0; i < f->levels_n; i++)
		if (str_eq(f->levels[i], text))
			return (double)i;
	return PREDICT_UNSEEN;
}

/* ---- fitting ---- */

static enum status fit_number(const struct predict_column *c, struct predict_rows rows,
			      struct predict_feature *f, struct err *e)
{
	struct arena scratch;
	size_t known = 0;
	double sum = 0, squares = 0;
	arena_init(&scratch, PREDICT_SCRATCH_BYTES_MAX);
	double *value = ARENA_ARRAY(&scratch, double, rows.n + 1);
	for (size_t i = 0; i < rows.n && value != NULL; i++)
		if (!isnan(c->cells[rows.at[i]]))
			value[known++] = c->cells[rows.at[i]];
	uint32_t *order = value != NULL ? predict_order(value, known, &scratch) : NULL;
	if (order != NULL && known > 0)
		f->median = (value[order[(known - 1) / 2]] + value[order[known / 2]]) / 2;
	bool ok = order != NULL;
	arena_finish(&scratch);
	if (!ok)
		return err_set(e, ST_LIMIT, "column " STR_FMT ": too many rows", STR_ARG(f->name));
	f->missing = known < rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		double v = c->cells[rows.at[i]];
		sum += isnan(v) ? f->median : v;
	}
	f->mean = sum / (double)rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		double v = c->cells[rows.at[i]];
		double off = (isnan(v) ? f->median : v) - f->mean;
		squares += off * off;
	}
	f->dev = sqrt(squares / (double)rows.n);
	if (!(f->dev > 0))
		f->dev = 1;
	return isfinite(f->mean) && isfinite(f->dev)
		       ? ST_OK
		       : err_set(e, ST_INVALID, "column " STR_FMT ": numbers out of range",
				 STR_ARG(f->name));
}

/* The levels that occur, the most frequent ones first to fit, in the order of the table. */
static enum status fit_levels(const struct predict_column *c, struct predict_rows rows,
			      struct arena *a, struct predict_feature *f, struct err *e)
{
	struct arena scratch;
	arena_init(&scratch, PREDICT_SCRATCH_BYTES_MAX);
	double *times = ARENA_ARRAY(&scratch, double, c->levels_n + 1);
	for (size_t i = 0; i < rows.n && times != NULL; i++)
		if (c->cells[rows.at[i]] >= 0)
			times[(size_t)c->cells[rows.at[i]]]--;
	uint32_t *order = times != NULL ? predict_order(times, c->levels_n, &scratch) : NULL;
	f->levels = ARENA_ARRAY(a, struct str, PREDICT_LEVELS_MAX);
	enum status st = order != NULL && f->levels != NULL ? ST_OK : ST_LIMIT;
	for (size_t i = 0; st == ST_OK && i < c->levels_n; i++) {
		if (f->levels_n == PREDICT_LEVELS_MAX || times[order[i]] == 0)
			break;
		struct str copy = arena_str(a, c->levels[order[i]]);
		if (copy.p == NULL || copy.n > PREDICT_NAME_MAX)
			st = ST_LIMIT;
		f->levels[f->levels_n++] = copy;
	}
	arena_finish(&scratch);
	return st == ST_OK ? ST_OK
			   : err_set(e, ST_LIMIT, "column " STR_FMT ": levels do not fit",
				     STR_ARG(f->name));
}

enum status predict_read_fit(const struct predict_table *t, struct predict_rows rows,
			     struct arena *a, struct predict_model *m, struct err *e)
{
	if (t->columns_n > PREDICT_COLUMNS_MAX || rows.n > PREDICT_ROWS_MAX)
		return err_set(e, ST_LIMIT, "%zu columns, %zu rows: at most %u and %u",
			       t->columns_n, rows.n, PREDICT_COLUMNS_MAX, PREDICT_ROWS_MAX);
	m->features = ARENA_ARRAY(a, struct predict_feature, t->columns_n + 1);
	if (m->features == NULL)
		return err_set(e, ST_LIMIT, "the model does not fit");
	m->features_n = t->columns_n;
	m->rule = t->rule;
	m->rows = rows.n;
	m->positives = predict_positives(t, rows);
	enum status st = ST_OK;
	for (size_t i = 0; i < t->columns_n && st == ST_OK; i++) {
		const struct predict_column *c = &t->columns[i];
		struct predict_feature *f = &m->features[i];
		f->name = arena_str(a, c->name);
		f->kind = c->kind;
		if (f->name.p == NULL || f->name.n > PREDICT_NAME_MAX)
			return err_set(e, ST_LIMIT, "a column's name does not fit");
		st = c->kind == PREDICT_NUMBER ? fit_number(c, rows, f, e)
					       : fit_levels(c, rows, a, f, e);
	}
	return st;
}

enum status predict_read_dims(struct predict_model *m, struct err *e)
{
	m->dims_n = 0;
	for (size_t i = 0; i < m->features_n; i++) {
		struct predict_feature *f = &m->features[i];
		f->dim = m->dims_n;
		if (i == m->rule)
			continue;
		m->dims_n += f->kind == PREDICT_NUMBER ? 1 + (size_t)f->missing : f->levels_n;
	}
	if (m->dims_n > PREDICT_DIMS_MAX)
		return err_set(e, ST_LIMIT, "%zu weights; %u at most", m->dims_n, PREDICT_DIMS_MAX);
	return ST_OK;
}

/* ---- reading ---- */

unsigned predict_read_cell(const struct predict_feature *f, double cell, uint32_t dim[2],
			   double value[2])
{
	if (f->kind == PREDICT_CATEGORY) {
		bool known = cell >= 0 && cell < (double)f->levels_n;
		dim[0] = (uint32_t)(f->dim + (known ? (size_t)cell : 0));
		value[0] = 1;
		return known;
	}
	bool known = !isnan(cell);
	dim[0] = (uint32_t)f->dim;
	value[0] = ((known ? cell : f->median) - f->mean) / f->dev;
	dim[1] = (uint32_t)f->dim + 1;
	value[1] = 1;
	return known || !f->missing ? 1 : 2;
}

enum status predict_read_rows(const struct predict_model *m, const struct predict_table *t,
			      struct predict_rows rows, struct arena *a, struct predict_sparse *out,
			      struct err *e)
{
	struct predict_binding *bind = ARENA_NEW(a, struct predict_binding);
	double *cells = ARENA_ARRAY(a, double, m->features_n + 1);
	size_t most = rows.n * m->features_n * 2, n = 0;
	*out = (struct predict_sparse){.rows_n = rows.n, .dims_n = m->dims_n};
	out->start = ARENA_ARRAY(a, size_t, rows.n + 1);
	out->dim = ARENA_ARRAY(a, uint32_t, most + 1);
	out->value = ARENA_ARRAY(a, double, most + 1);
	if (bind == NULL || cells == NULL || out->start == NULL || out->dim == NULL ||
	    out->value == NULL)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", rows.n);
	enum status st = predict_bind(m, t, a, bind, e);
	for (size_t i = 0; i < rows.n && st == ST_OK; i++) {
		predict_cells(m, t, bind, rows.at[i], cells);
		for (size_t j = 0; j < m->features_n; j++)
			if (j != m->rule)
				n += predict_read_cell(&m->features[j], cells[j], out->dim + n,
						       out->value + n);
		out->start[i + 1] = n;
	}
	return st;
}
