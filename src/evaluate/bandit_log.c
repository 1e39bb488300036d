/* SPDX-License-Identifier: Apache-2.0
 * bandit_log.c: files of decisions, line by line. Both spellings end in the same few columns; a
 * number that is none stops the reading, since a log with holes says something else than it
 * seems. */
#include "evaluate/bandit_log.h"

#include "base/json.h"
#include "base/map.h"

#include <math.h>
#include <string.h>

enum column { ACTION, POSITION, REWARD, P_LOG, P_NEW, Q, V_DM, LEAD, HARM, COLUMNS };

static const struct {
	const char *names[4];
	bool needed;
} columns[COLUMNS] = {
	[ACTION] = {{"action", "a", "item_id"}, true},
	[POSITION] = {{"position", "pos"}, false},
	[REWARD] = {{"reward", "r", "click"}, true},
	[P_LOG] = {{"p", "pb_a", "propensity_score"}, true},
	[P_NEW] = {{"p_new", "pe_a"}, false},
	[Q] = {{"q", "qhat_a", "qtab_a"}, false},
	[V_DM] = {{"v_dm", "vdm", "vdm_tab"}, false},
	[LEAD] = {{"lead", "user", "cluster"}, false},
	[HARM] = {{"harm", "unsubscribed"}, false},
};

struct reader {
	struct arena *a;
	struct arena scratch; /* tokens of one line */
	struct bandit_log *log;
	struct strmap actions, positions, leads;
	unsigned at[BANDIT_COLUMNS_MAX]; /* column of the file -> column of ours, or COLUMNS */
	unsigned columns_n;
	bool has[COLUMNS];
	size_t line, cap;
};

static unsigned column_of(struct str name)
{
	for (unsigned c = 0; c < COLUMNS; c++)
		for (unsigned i = 0; i < 4 && columns[c].names[i] != NULL; i++)
			if (str_is(name, columns[c].names[i]))
				return c;
	return COLUMNS;
}

static struct str line_of(struct str *rest)
{
	struct str line = str_cut(rest, '\n');
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* ---- one row ---- */

/* The number of a name, given in order of first appearance. */
static enum status number_of(struct strmap *m, struct str name, struct str *names, size_t *n,
			     uint32_t *out)
{
	uint64_t at = *n;
	if (!strmap_get(m, name, &at)) {
		if (!strmap_put(m, name, at))
			return ST_LIMIT;
		if (names != NULL)
			names[at] = name;
		++*n;
	}
	*out = (uint32_t)at;
	return ST_OK;
}

static enum status number_in(struct reader *r, struct str text, enum column c, double *out,
			     struct err *e)
{
	double v;
	if (!str_to_f64(text, &v) || fabs(v) > 1e15)
		return err_set(e, ST_INVALID, "line %zu: %s is no number: \"" STR_FMT "\"", r->line,
			       columns[c].names[0], STR_ARG(str_upto(text, 40)));
	if ((c == P_LOG && !(v >= BANDIT_P_MIN && v <= 1)) || (c == P_NEW && !(v >= 0 && v <= 1)))
		return err_set(
			e, ST_INVALID,
			"line %zu: %s must be a probability, and of what was taken more than "
			"0: %g",
			r->line, columns[c].names[0], v);
	*out = v;
	return ST_OK;
}

static enum status too_many(struct reader *r, const char *what, struct err *e)
{
	return err_set(e, ST_LIMIT, "line %zu: more %s than a log may have", r->line, what);
}

static enum status add_names(struct reader *r, const struct str *fields, struct bandit_row *row,
			     struct err *e)
{
	struct bandit_log *log = r->log;
	size_t leads = r->leads.count;
	uint32_t lead = 0;
	if (number_of(&r->actions, fields[ACTION], log->actions, &log->actions_n, &row->action) !=
	    ST_OK)
		return too_many(r, "actions", e);
	struct str position = r->has[POSITION] ? fields[POSITION] : STR("1");
	if (number_of(&r->positions, position, log->positions, &log->positions_n, &row->position) !=
	    ST_OK)
		return too_many(r, "positions", e);
	if (r->has[LEAD] && number_of(&r->leads, fields[LEAD], NULL, &leads, &lead) != ST_OK)
		return too_many(r, "leads", e);
	row->row.cluster = r->has[LEAD] ? lead : log->n;
	return ST_OK;
}

static enum status grow(struct reader *r, struct err *e)
{
	struct bandit_log *log = r->log;
	if (log->n == BANDIT_ROWS_MAX)
		return too_many(r, "rows", e);
	size_t cap = r->cap ? 2 * r->cap : 1024;
	struct bandit_row *rows = ARENA_ARRAY(r->a, struct bandit_row, cap);
	if (rows == NULL)
		return err_set(e, ST_LIMIT, "line %zu: the log is larger than the memory set aside",
			       r->line);
	if (log->n)
		memcpy(rows, log->rows, log->n * sizeof *rows);
	log->rows = rows;
	r->cap = cap;
	return ST_OK;
}

static enum status add_row(struct reader *r, const struct str *fields, struct err *e)
{
	struct bandit_row row = {.action = 0};
	double *numbers[COLUMNS] = {
		[REWARD] = &row.row.reward, [P_LOG] = &row.row.p_log, [P_NEW] = &row.row.p_new,
		[Q] = &row.row.q,           [V_DM] = &row.row.v_dm,   [HARM] = &row.harm,
	};
	enum status st = r->log->n == r->cap ? grow(r, e) : ST_OK;
	for (unsigned c = 0; st == ST_OK && c < COLUMNS; c++) {
		if (r->has[c] && fields[c].p == NULL)
			return err_set(e, ST_INVALID, "line %zu has no %s", r->line,
				       columns[c].names[0]);
		if (r->has[c] && numbers[c] != NULL)
			st = number_in(r, fields[c], (enum column)c, numbers[c], e);
	}
	if (st == ST_OK && !(row.harm >= 0 && row.harm <= 1))
		return err_set(e, ST_INVALID, "line %zu: %s is %g; 1 drove somebody away, 0 nobody",
			       r->line, columns[HARM].names[0], row.harm);
	if (st == ST_OK)
		st = add_names(r, fields, &row, e);
	if (st == ST_OK)
		r->log->rows[r->log->n++] = row;
	return st;
}

/* ---- comma-separated ---- */

static enum status read_header(struct reader *r, struct str line, struct err *e)
{
	for (struct str rest = line; rest.p != NULL;) {
		struct str name = str_trim(str_cut(&rest, ','));
		if (r->columns_n == BANDIT_COLUMNS_MAX)
			return err_set(e, ST_LIMIT, "more than %u columns", BANDIT_COLUMNS_MAX);
		unsigned c = column_of(name);
		if (c != COLUMNS && r->has[c])
			c = COLUMNS; /* the first of its names counts */
		if (c != COLUMNS)
			r->has[c] = true;
		r->at[r->columns_n++] = c;
	}
	return ST_OK;
}

static enum status read_line(struct reader *r, struct str line, struct err *e)
{
	struct str fields[COLUMNS] = {{NULL, 0}};
	unsigned n = 0;
	for (struct str rest = line; rest.p != NULL && n < r->columns_n; n++) {
		struct str field = str_cut(&rest, ',');
		if (r->at[n] != COLUMNS)
			fields[r->at[n]] = str_n(field.p ? field.p : "", field.n);
	}
	return add_row(r, fields, e);
}

/* ---- JSON Lines ---- */

/* An escaped text is copied: it lives as long as the log. */
static struct str field_of(const struct json *d, uint32_t node, struct arena *a)
{
	if (json_is(d, node, JSON_STRING))
		return json_str(d, node, a);
	return json_is(d, node, JSON_NUMBER) ? json_raw(d, node) : STR_NULL;
}

static enum status read_object(struct reader *r, struct str line, bool first, struct err *e)
{
	struct json d;
	struct str fields[COLUMNS] = {{NULL, 0}};
	arena_reset(&r->scratch);
	enum status st = json_parse(line, JSON_LIMITS_EVENT, &r->scratch, &d, e);
	if (st == ST_OK && !json_is(&d, 0, JSON_OBJECT))
		st = err_set(e, ST_INVALID, "no object");
	if (st != ST_OK)
		err_wrap(e, "line %zu", r->line);
	for (uint32_t v = st == ST_OK ? json_first(&d, 0) : JSON_NONE; v != JSON_NONE;
	     v = json_next(&d, 0, v)) {
		unsigned c = column_of(json_str(&d, json_key(&d, v), r->a));
		if (c != COLUMNS && fields[c].p == NULL)
			fields[c] = field_of(&d, v, r->a);
		if (c != COLUMNS && first && fields[c].p != NULL)
			r->has[c] = true;
	}
	if (st == ST_OK && (!first || r->has[ACTION]))
		st = add_row(r, fields, e);
	return st;
}

/* ---- the file ---- */

static enum status complete(const struct reader *r, struct err *e)
{
	for (unsigned c = 0; c < COLUMNS; c++)
		if (columns[c].needed && !r->has[c])
			return err_set(e, ST_INVALID,
				       "the log has no column \"%s\" (or %s, %s): is it a log of "
				       "decisions?",
				       columns[c].names[0], columns[c].names[1],
				       columns[c].names[2]);
	return ST_OK;
}

static enum status read_lines(struct reader *r, struct str text, struct err *e)
{
	bool json = str_starts(str_trim(text), STR("{"));
	enum status st = ST_OK;
	while (text.p != NULL && st == ST_OK) {
		struct str line = line_of(&text);
		r->line++;
		if (line.n > BANDIT_LINE_BYTES_MAX)
			return err_set(e, ST_LIMIT, "line %zu is longer than %zu bytes", r->line,
				       BANDIT_LINE_BYTES_MAX);
		bool first = json ? r->log->n == 0 : r->columns_n == 0;
		if (str_trim(line).n == 0)
			continue;
		if (json)
			st = read_object(r, line, first, e);
		else
			st = first ? read_header(r, line, e) : read_line(r, line, e);
		if (st == ST_OK && first)
			st = complete(r, e);
	}
	if (st == ST_OK && r->log->n == 0)
		st = err_set(e, ST_INVALID, "the log has no rows");
	return st;
}

enum status bandit_log_read(struct str text, struct arena *a, struct bandit_log *out, struct err *e)
{
	struct reader r = {.a = a, .log = out};
	struct err unread; /* what is said is added to on the way */
	e = e != NULL ? e : &unread;
	memset(out, 0, sizeof *out);
	arena_init(&r.scratch, (size_t)4 << 20);
	strmap_init(&r.actions, BANDIT_ACTIONS_MAX);
	strmap_init(&r.positions, BANDIT_POSITIONS_MAX);
	strmap_init(&r.leads, BANDIT_ROWS_MAX);
	enum status st = read_lines(&r, text, e);
	out->has_new = r.has[P_NEW];
	out->has_model = r.has[Q] && r.has[V_DM];
	out->has_lead = r.has[LEAD];
	out->has_harm = r.has[HARM];
	arena_finish(&r.scratch);
	strmap_finish(&r.actions);
	strmap_finish(&r.positions);
	strmap_finish(&r.leads);
	return st;
}
