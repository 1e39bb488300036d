/* SPDX-License-Identifier: Apache-2.0
 * score_csv.c: the texts are kept as they come; what kind a column is, is known at the end. */
#include "cli/score_csv.h"

#include <stdio.h>

#include "ingest/csv.h"

#define LEVELS_MAX 4096u /* of a column in a table; a text beyond says nothing */
#define ROWS_AT_ONCE 1024u

struct reading {
	const struct score_csv_conf *conf;
	struct arena *a;
	struct str names[PREDICT_COLUMNS_MAX];
	bool used[PREDICT_COLUMNS_MAX];
	size_t columns_n, outcome;
	struct str **rows; /* the fields of each row */
	size_t rows_n, room;
};

static size_t read_file(void *ctx, char *p, size_t bytes, bool *failed_r)
{
	size_t n = fread(p, 1, bytes, ctx);
	*failed_r = n < bytes && ferror((FILE *)ctx) != 0;
	return n;
}

static bool dropped(const struct score_csv_conf *conf, struct str name)
{
	for (size_t i = 0; conf->drop != NULL && conf->drop[i] != NULL; i++)
		if (str_is(name, conf->drop[i]))
			return true;
	return false;
}

static enum status no_column(const char *name, struct err *e)
{
	return err_set(e, ST_NOT_FOUND, "no column \"%s\"", name);
}

/* A column that is dropped gives the outcome away: misspelt, it would be learnt from. */
static enum status drops_are_there(const struct reading *r, struct err *e)
{
	for (const char *const *d = r->conf->drop; d != NULL && *d != NULL; d++) {
		bool found = false;
		for (size_t i = 0; i < r->columns_n && !found; i++)
			found = str_is(r->names[i], *d);
		if (!found)
			return no_column(*d, e);
	}
	return ST_OK;
}

static enum status header(struct reading *r, const struct csv_row *row, struct err *e)
{
	r->outcome = PREDICT_NONE;
	if (row->n > PREDICT_COLUMNS_MAX)
		return err_set(e, ST_LIMIT, "%zu columns; %u at most", row->n, PREDICT_COLUMNS_MAX);
	r->columns_n = row->n;
	for (size_t i = 0; i < row->n; i++) {
		r->names[i] = arena_str(r->a, str_trim(row->fields[i]));
		if (r->names[i].p == NULL)
			return err_set(e, ST_LIMIT, "the names of the columns do not fit");
		if (str_is(r->names[i], r->conf->outcome))
			r->outcome = i;
		r->used[i] = i != r->outcome && !dropped(r->conf, r->names[i]);
	}
	return r->outcome != PREDICT_NONE ? drops_are_there(r, e) : no_column(r->conf->outcome, e);
}

static enum status keep(struct reading *r, const struct csv_row *row, struct err *e)
{
	struct str *fields = ARENA_ARRAY(r->a, struct str, r->columns_n);
	/* Cells that are not there are no answer: it would count as a lead that stayed away. */
	if (row->n != r->columns_n)
		return err_set(e, ST_INVALID,
			       "row %llu has %zu fields and the header %zu; is a comma not quoted?",
			       (unsigned long long)row->number, row->n, r->columns_n);
	if (r->rows_n == r->room) {
		size_t room = r->room == 0 ? ROWS_AT_ONCE : 2 * r->room;
		struct str **rows = ARENA_ARRAY(r->a, struct str *, room);
		if (rows == NULL || room > PREDICT_ROWS_MAX)
			return err_set(e, ST_LIMIT, "more than %zu rows do not fit", r->rows_n);
		if (r->rows_n > 0)
			memcpy(rows, r->rows, r->rows_n * sizeof(struct str *));
		r->rows = rows;
		r->room = room;
	}
	for (size_t i = 0; fields != NULL && i < r->columns_n; i++) {
		fields[i] = arena_str(r->a, str_trim(row->fields[i]));
		if (fields[i].p == NULL)
			fields = NULL;
	}
	if (fields == NULL)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", r->rows_n);
	r->rows[r->rows_n++] = fields;
	return ST_OK;
}

static enum status read_rows(struct reading *r, FILE *file, struct err *e)
{
	struct csv csv;
	struct csv_row row;
	csv_init(&csv, read_file, file, 0, 0, 1);
	enum status st = csv_next(&csv, &row, e);
	if (st == ST_OK)
		st = header(r, &row, e);
	while (st == ST_OK) {
		st = csv_next(&csv, &row, e);
		if (st == ST_OK)
			st = keep(r, &row, e);
		else if (st == ST_INVALID || st == ST_LIMIT)
			(void)err_wrap(e, "row %llu", (unsigned long long)row.number);
	}
	csv_finish(&csv);
	return st == ST_NOT_FOUND && r->outcome != PREDICT_NONE && r->rows_n > 0 ? ST_OK : st;
}

/* ---- columns ---- */

static bool numbers(const struct reading *r, size_t column)
{
	double v;
	bool any = false;
	for (size_t i = 0; i < r->rows_n; i++) {
		if (str_empty(r->rows[i][column]))
			continue;
		if (!str_to_f64(r->rows[i][column], &v))
			return false;
		any = true;
	}
	return any;
}

static bool fill(const struct reading *r, size_t column, struct predict_column *c)
{
	struct str *levels = NULL;
	c->name = r->names[column];
	c->kind = numbers(r, column) ? PREDICT_NUMBER : PREDICT_CATEGORY;
	c->cells = ARENA_ARRAY(r->a, double, r->rows_n);
	if (c->kind == PREDICT_CATEGORY)
		levels = ARENA_ARRAY(r->a, struct str, LEVELS_MAX);
	if (c->cells == NULL || (c->kind == PREDICT_CATEGORY && levels == NULL))
		return false;
	for (size_t i = 0; i < r->rows_n; i++) {
		struct str text = r->rows[i][column];
		c->cells[i] = (double)NAN;
		if (levels != NULL)
			c->cells[i] = predict_level(text, levels, &c->levels_n, LEVELS_MAX);
		else
			(void)str_to_f64(text, &c->cells[i]);
	}
	c->levels = levels;
	return true;
}

static enum status table(const struct reading *r, struct predict_table *out, struct err *e)
{
	struct predict_table t = {.rows_n = r->rows_n, .rule = PREDICT_NONE};
	/* room for one more: who has rules adds their points */
	t.columns = ARENA_ARRAY(r->a, struct predict_column, r->columns_n + 1);
	t.outcome = ARENA_ARRAY(r->a, uint8_t, r->rows_n);
	bool ok = t.columns != NULL && t.outcome != NULL;
	for (size_t i = 0; i < r->columns_n && ok; i++)
		if (r->used[i])
			ok = fill(r, i, &t.columns[t.columns_n++]);
	if (!ok)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", r->rows_n);
	for (size_t i = 0; i < r->rows_n; i++)
		t.outcome[i] = str_is(r->rows[i][r->outcome], r->conf->positive);
	*out = t;
	return ST_OK;
}

enum status score_csv_read(const char *path, const struct score_csv_conf *conf, struct arena *a,
			   struct predict_table *out, struct err *e)
{
	struct reading r = {.conf = conf, .a = a};
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return err_set(e, ST_NOT_FOUND, "%s: cannot be opened", path);
	enum status st = read_rows(&r, file, e);
	(void)fclose(file);
	if (st == ST_OK)
		st = table(&r, out, e);
	return st == ST_OK ? ST_OK : err_wrap(e, "%s", path);
}
