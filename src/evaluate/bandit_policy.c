/* SPDX-License-Identifier: Apache-2.0
 * bandit_policy.c: policies without context, and the rows of a log under one. */
#include "base/assert.h"
#include "base/hash.h"
#include "evaluate/bandit_log.h"

#include <math.h>
#include <stdlib.h>

#define SUM_TOLERANCE 1e-3

static enum status make(const struct bandit_log *log, struct arena *a, struct bandit_policy *out,
			struct err *e)
{
	out->log = log;
	out->actions_n = log->actions_n;
	out->p = ARENA_ARRAY(a, double, log->actions_n * log->positions_n);
	return out->p != NULL ? ST_OK : err_set(e, ST_LIMIT, "no memory is left for the policy");
}

enum status bandit_policy_uniform(const struct bandit_log *log, struct arena *a,
				  struct bandit_policy *out, struct err *e)
{
	enum status st = make(log, a, out, e);
	for (size_t i = 0; st == ST_OK && i < log->actions_n * log->positions_n; i++)
		out->p[i] = 1 / (double)log->actions_n;
	return st;
}

static size_t action_of(const struct bandit_log *log, struct str name)
{
	size_t i = 0;
	while (i < log->actions_n && !str_eq(log->actions[i], name))
		i++;
	return i;
}

enum status bandit_policy_always(const struct bandit_log *log, struct str action, struct arena *a,
				 struct bandit_policy *out, struct err *e)
{
	size_t at = action_of(log, action);
	if (at == log->actions_n)
		return err_set(e, ST_NOT_FOUND, "the log never took \"" STR_FMT "\"",
			       STR_ARG(action));
	enum status st = make(log, a, out, e);
	for (size_t i = 0; st == ST_OK && i < log->positions_n; i++)
		out->p[i * log->actions_n + at] = 1;
	return st;
}

/* ---- a table ---- */

static int by_name(const void *a, const void *b)
{
	const struct str *x = *(const struct str *const *)a, *y = *(const struct str *const *)b;
	return x->n != y->n ? (x->n > y->n) - (x->n < y->n) : str_cmp(*x, *y);
}

/* The log's position for each column: ascending as numbers are. */
static void order_positions(const struct bandit_log *log, size_t *place)
{
	const struct str *names[BANDIT_POSITIONS_MAX];
	for (size_t i = 0; i < log->positions_n; i++)
		names[i] = &log->positions[i];
	qsort(names, log->positions_n, sizeof *names, by_name);
	for (size_t i = 0; i < log->positions_n; i++)
		place[i] = (size_t)(names[i] - log->positions);
}

/* Actions the log never took are part of the policy all the same: what the model says of them. */
static enum status add_actions(struct bandit_log *log, struct str text, struct err *e)
{
	(void)str_cut(&text, '\n');
	while (text.p != NULL) {
		struct str line = str_trim(str_cut(&text, '\n'));
		struct str name = str_trim(str_cut(&line, ','));
		if (name.n == 0 || action_of(log, name) < log->actions_n)
			continue;
		if (log->actions_n == BANDIT_ACTIONS_MAX)
			return err_set(e, ST_LIMIT, "more than %u actions", BANDIT_ACTIONS_MAX);
		log->actions[log->actions_n++] = name;
	}
	return ST_OK;
}

struct table {
	const struct bandit_log *log;
	struct bandit_policy *out;
	size_t place[BANDIT_POSITIONS_MAX], line;
	double sums[BANDIT_POSITIONS_MAX];
};

static enum status table_line(struct table *t, struct str line, struct err *e)
{
	struct str rest = line;
	size_t at = action_of(t->log, str_trim(str_cut(&rest, ',')));
	for (size_t i = 0; i < t->log->positions_n; i++) {
		double p;
		if (!str_to_f64(str_trim(str_cut(&rest, ',')), &p) || !(p >= 0 && p <= 1))
			return err_set(e, ST_INVALID,
				       "line %zu of the policy: column %zu must be a probability",
				       t->line, i + 2);
		t->sums[i] += p;
		if (at < t->log->actions_n)
			t->out->p[t->place[i] * t->log->actions_n + at] = p;
	}
	return ST_OK;
}

enum status bandit_policy_read(struct str text, struct bandit_log *log, struct arena *a,
			       struct bandit_policy *out, struct err *e)
{
	struct table t = {.log = log, .out = out};
	enum status st = add_actions(log, text, e);
	if (st == ST_OK)
		st = make(log, a, out, e);
	order_positions(log, t.place);
	while (st == ST_OK && text.p != NULL) {
		struct str line = str_trim(str_cut(&text, '\n'));
		t.line++;
		if (t.line == 1 && !str_starts(line, STR("action,")))
			return err_set(e, ST_INVALID,
				       "a policy is a table that begins with \"action,\"");
		if (t.line > 1 && line.n)
			st = table_line(&t, line, e);
	}
	for (size_t i = 0; st == ST_OK && i < log->positions_n; i++)
		if (fabs(t.sums[i] - 1) > SUM_TOLERANCE)
			st = err_set(e, ST_INVALID, "the odds of position %zu sum to %g, not to 1",
				     i + 1, t.sums[i]);
	return st;
}

/* ---- rows ---- */

/* Rewards by half, position and action. */
struct cells {
	size_t per_half;
	double *hits, *n;
	double all_hits[2], all_n[2];
};

static unsigned half_of(const struct bandit_log *log, size_t i)
{
	return log->has_lead ? (unsigned)(hash_u64(log->rows[i].row.cluster) & 1)
			     : (unsigned)(i & 1);
}

static size_t cell_of(const struct bandit_log *log, const struct bandit_row *r)
{
	return (size_t)r->position * log->actions_n + r->action;
}

static bool count_cells(const struct bandit_log *log, struct arena *a, struct cells *c)
{
	*c = (struct cells){.per_half = log->actions_n * log->positions_n};
	c->hits = ARENA_ARRAY(a, double, 2 * c->per_half);
	c->n = ARENA_ARRAY(a, double, 2 * c->per_half);
	if (c->hits == NULL || c->n == NULL)
		return false;
	for (size_t i = 0; i < log->n; i++) {
		unsigned half = half_of(log, i);
		size_t at = half * c->per_half + cell_of(log, &log->rows[i]);
		c->hits[at] += log->rows[i].row.reward;
		c->n[at]++;
		c->all_hits[half] += log->rows[i].row.reward;
		c->all_n[half]++;
	}
	return true;
}

static double q_of(const struct cells *c, unsigned half, size_t cell)
{
	double mean = c->all_n[half] > 0 ? c->all_hits[half] / c->all_n[half] : 0;
	size_t at = half * c->per_half + cell;
	return (c->hits[at] + mean) / (c->n[at] + 1);
}

/* v_dm of every position, of both halves: there are few, and many rows. */
static double *means_of(const struct bandit_policy *p, const struct cells *c, struct arena *a)
{
	size_t positions = p->log->positions_n, actions = p->log->actions_n;
	double *v = ARENA_ARRAY(a, double, 2 * positions);
	for (size_t i = 0; v != NULL && i < 2 * positions; i++) {
		double sum = 0, odds = 0;
		for (size_t k = 0; k < actions; k++) {
			size_t cell = (i % positions) * actions + k;
			sum += p->p[cell] * q_of(c, (unsigned)(i / positions), cell);
			odds += p->p[cell];
		}
		v[i] = odds > 0 ? sum / odds : 0;
	}
	return v;
}

static enum status model(const struct bandit_log *log, const struct bandit_policy *policy,
			 struct arena *a, struct evaluate_row *rows, struct err *e)
{
	struct cells c;
	const double *v = count_cells(log, a, &c) ? means_of(policy, &c, a) : NULL;
	if (v == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for the reward model");
	for (size_t i = 0; i < log->n; i++) {
		unsigned other = 1 - half_of(log, i);
		rows[i].q = q_of(&c, other, cell_of(log, &log->rows[i]));
		rows[i].v_dm = v[other * log->positions_n + log->rows[i].position];
	}
	return ST_OK;
}

enum status bandit_rows(const struct bandit_log *log, const struct bandit_policy *policy,
			struct arena *a, struct evaluate_row **out, struct err *e)
{
	ASSERT(policy != NULL ? policy->actions_n == log->actions_n : log->has_new);
	struct evaluate_row *rows = ARENA_ARRAY(a, struct evaluate_row, log->n);
	if (rows == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for %zu rows", log->n);
	for (size_t i = 0; i < log->n; i++) {
		rows[i] = log->rows[i].row;
		if (policy != NULL)
			rows[i].p_new = policy->p[cell_of(log, &log->rows[i])];
	}
	*out = rows;
	return policy != NULL ? model(log, policy, a, rows, e) : ST_OK;
}
