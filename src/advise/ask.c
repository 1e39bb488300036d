/* SPDX-License-Identifier: Apache-2.0
 * ask.c: requests of other senders, decoded. What is not known is refused by name: a number that
 * is left out in silence teaches something wrong for months. */
#include "advise/internal.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/time.h"

#include <math.h>
#include <string.h>

static const struct json_limits limits = {.depth_max = 6, .tokens_max = 131072};

/* What reading a request, or one case of many, has in hand. */
struct asking {
	const struct advise_book *book;
	const struct json *d;
	uint32_t at; /* the object that is read */
	struct arena *a;
	struct advise_no *no;
};

static const struct {
	const char *code, *fix;
} fixes[] = {
	{"action_twice", "give each action a name of its own"},
	{"bad_context", "bring each number to about -3 to 3: a logarithm, or a share of the usual"},
	{"bad_decisions", "put the cases into one list, and nothing beside it"},
	{"bad_odds", "leave it out where what was taken was certain"},
	{"decision_missing", "add \"decision\": the name of one under decisions: of the program"},
	{"id_missing", "send the id that the decision was asked with, or that its answer gave"},
	{"taken_missing", "add \"taken\": the action your sender took"},
	{"unknown_action", "name one of \"actions\", or \"wait\""},
	{"unknown_context",
	 "add it to the decision's context: and apply the program, or leave it out"},
	{"unknown_decision", "name one of them, or add it under decisions: and apply the program"},
	{"unknown_member", "leave it out; GET /openapi.json lists what there is"},
	{"wait_is_there", "leave it out"},
};

static const char *fix_of(const char *code)
{
	for (size_t i = 0; i < sizeof fixes / sizeof *fixes; i++)
		if (strcmp(fixes[i].code, code) == 0)
			return fixes[i].fix;
	return NULL;
}

static enum status refuse(struct advise_no *no, const char *code, const char *param,
			  const char *text)
{
	*no = (struct advise_no){.http = 422, .code = code, .param = param, .fix = fix_of(code)};
	return err_set(&no->err, ST_INVALID, "%s", text);
}

static enum status parse(struct str body, struct arena *a, struct json *out, struct advise_no *no)
{
	enum status st = json_parse(body, limits, a, out, &no->err);
	if (st == ST_OK && !json_is(out, 0, JSON_OBJECT))
		st = err_set(&no->err, ST_INVALID, "the body must be a JSON object");
	if (st != ST_OK) {
		*no = (struct advise_no){.http = st == ST_LIMIT ? 413 : 400,
					 .code = "json",
					 .param = "",
					 .err = no->err};
	}
	return st;
}

static enum status too_large(struct advise_no *no)
{
	*no = (struct advise_no){.http = 413, .code = "limit", .param = ""};
	return err_set(&no->err, ST_LIMIT, "a decision is asked for in at most %zu bytes",
		       ADVISE_BYTES_MAX);
}

/* Every member must be one of `names`; the list ends with NULL. */
static enum status only(struct asking *x, uint32_t node, const char *const *names)
{
	for (uint32_t v = json_first(x->d, node); v != JSON_NONE; v = json_next(x->d, node, v)) {
		struct str key = json_str(x->d, json_key(x->d, v), x->a);
		const char *const *n = names;
		while (*n != NULL && !str_is(key, *n))
			n++;
		if (*n != NULL)
			continue;
		(void)refuse(x->no, "unknown_member", "", "");
		return err_set(&x->no->err, ST_INVALID, "\"" STR_FMT "\" means nothing here",
			       STR_ARG(str_upto(key, 64)));
	}
	return ST_OK;
}

static bool plain(struct str s, size_t most)
{
	return s.n >= 1 && s.n <= most && str_plain_run(s) == s.n;
}

static enum status text(struct asking *x, uint32_t node, const char *name, size_t most,
			struct str *out)
{
	uint32_t at = json_get(x->d, node, name);
	if (at == JSON_NONE)
		return ST_OK;
	*out = json_str(x->d, at, x->a);
	if (plain(*out, most))
		return ST_OK;
	(void)refuse(x->no, "bad_text", name, "");
	return err_set(&x->no->err, ST_INVALID,
		       "%s must be a text of 1 to %zu printable ASCII bytes without \" and \\",
		       name, most);
}

/* ---- numbers of a case ---- */

static size_t place_of(const struct program_decision *of, struct str name)
{
	for (size_t i = 0; i < of->context_n; i++)
		if (str_eq(of->context[i], name))
			return i + 1; /* 0 is the constant */
	return ADVISE_NONE;
}

bool ask_number(const struct json *d, uint32_t node, float *out)
{
	double v = 0;
	bool yes = false;
	if (json_bool(d, node, &yes))
		v = yes;
	else if (!json_f64(d, node, &v) || !(fabs(v) <= ADVISE_NUMBER_MAX))
		return false;
	*out = (float)v;
	return true;
}

bool ask_numbers(const struct json *d, uint32_t node, const struct program_decision *of,
		 struct arena *a, float *x, struct str *unknown_r)
{
	*unknown_r = STR_NULL;
	for (uint32_t v = json_first(d, node); v != JSON_NONE; v = json_next(d, node, v)) {
		struct str name = json_str(d, json_key(d, v), a);
		size_t at = place_of(of, name);
		float number;
		if (!ask_number(d, v, &number))
			return false;
		if (at == ADVISE_NONE)
			*unknown_r = name.p != NULL ? name : STR("?");
		else
			x[at] = number;
	}
	return true;
}

static enum status numbers(struct asking *x, uint32_t node, const struct program_decision *of,
			   float *row, struct str *raw)
{
	struct str unknown;
	uint32_t at = json_get(x->d, node, "context");
	if (at == JSON_NONE)
		return ST_OK;
	if (!json_is(x->d, at, JSON_OBJECT) || !ask_numbers(x->d, at, of, x->a, row, &unknown)) {
		(void)refuse(x->no, "bad_context", "context", "");
		return err_set(&x->no->err, ST_INVALID,
			       "context must be an object of numbers from -%g to %g",
			       ADVISE_NUMBER_MAX, ADVISE_NUMBER_MAX);
	}
	if (unknown.n > 0) {
		(void)refuse(x->no, "unknown_context", "context", "");
		return err_set(&x->no->err, ST_INVALID,
			       "decision " STR_FMT " has no number \"" STR_FMT "\"",
			       STR_ARG(of->name), STR_ARG(str_upto(unknown, 64)));
	}
	*raw = json_raw(x->d, at);
	return ST_OK;
}

/* ---- actions ---- */

static size_t action_of(const struct advise_ask *q, struct str id)
{
	for (size_t i = 0; i < q->n; i++)
		if (str_eq(q->action[i].id, id))
			return i;
	return ADVISE_NONE;
}

static enum status own_numbers(struct asking *x, uint32_t node, struct advise_ask *q,
			       struct advise_action *act)
{
	if (json_get(x->d, node, "context") == JSON_NONE)
		return ST_OK;
	size_t dims = q->of->of->context_n + 1;
	float *row = ARENA_ARRAY(x->a, float, dims);
	if (row == NULL) {
		*x->no = (struct advise_no){.http = 413, .code = "limit", .param = ""};
		return err_set(&x->no->err, ST_LIMIT, "the request needs too much memory");
	}
	memcpy(row, q->x, dims * sizeof *row);
	act->x = row;
	return numbers(x, node, q->of->of, row, &act->own);
}

/* What is wrong with one action, by its name. */
static enum status refuse_action(struct asking *x, const struct advise_action *act,
				 const char *code, const char *text)
{
	(void)refuse(x->no, code, "actions", "");
	return err_set(&x->no->err, ST_INVALID, "action \"" STR_FMT "\" %s",
		       STR_ARG(str_upto(act->id, 64)), text);
}

static enum status held(struct asking *x, uint32_t node, struct advise_action *act)
{
	bool eligible = true;
	uint32_t at = json_get(x->d, node, "eligible");
	if (at != JSON_NONE && !json_bool(x->d, at, &eligible))
		return refuse_action(x, act, "bad_action",
				     "has an eligible that is neither true nor false");
	enum status st = text(x, node, "why", 120, &act->why);
	if (st == ST_OK && eligible && act->why.n > 0)
		return refuse_action(x, act, "bad_action",
				     "has a why, which says why it may not be taken: add "
				     "\"eligible\": false, or leave it out");
	if (!eligible)
		act->held = STR("not_eligible");
	return st;
}

static enum status cost(struct asking *x, uint32_t node, struct advise_action *act)
{
	uint32_t at = json_get(x->d, node, "cost");
	if (at != JSON_NONE && (!json_f64(x->d, at, &act->cost) || !(fabs(act->cost) <= 1e6)))
		return refuse_action(x, act, "bad_action",
				     "has a cost that is no number from -1000000 to 1000000");
	return ST_OK;
}

/* {"id":"a", ...}, or "a" alone. */
static enum status one_action(struct asking *x, uint32_t node, struct advise_ask *q)
{
	static const char *const names[] = {"id", "context", "cost", "eligible", "why", NULL};
	struct advise_action *act = &q->action[q->n];
	enum status st = ST_OK;
	*act = (struct advise_action){.free_us = TIME_NONE};
	if (json_is(x->d, node, JSON_OBJECT)) {
		st = only(x, node, names);
		if (st == ST_OK)
			st = text(x, node, "id", ADVISE_NAME_MAX, &act->id);
	} else {
		act->id = json_str(x->d, node, x->a);
	}
	if (st == ST_OK && !plain(act->id, ADVISE_NAME_MAX))
		st = refuse(x->no, "bad_action", "actions",
			    "an action is a text of 1 to 64 printable ASCII bytes, or {id, ...}");
	if (st == ST_OK && str_eq(act->id, ADVISE_WAIT))
		st = refuse(x->no, "wait_is_there", "actions",
			    "\"wait\" is among the actions of every decision; leave it out");
	if (st == ST_OK && action_of(q, act->id) != ADVISE_NONE)
		st = refuse_action(x, act, "action_twice", "stands there twice");
	if (st == ST_OK)
		st = own_numbers(x, node, q, act);
	if (st == ST_OK)
		st = cost(x, node, act);
	if (st == ST_OK)
		st = held(x, node, act);
	q->n += st == ST_OK;
	return st;
}

static enum status actions(struct asking *x, struct advise_ask *q)
{
	uint32_t list = json_get(x->d, x->at, "actions");
	uint32_t n = json_is(x->d, list, JSON_ARRAY) ? json_count(x->d, list) : 0;
	if (n < 1 || n > ADVISE_ACTIONS_MAX)
		return refuse(x->no, "bad_actions", "actions",
			      "actions must be a list of 1 to 63 actions");
	for (uint32_t v = json_first(x->d, list); v != JSON_NONE; v = json_next(x->d, list, v)) {
		enum status st = one_action(x, v, q);
		if (st != ST_OK)
			return st;
	}
	q->action[q->n++] = (struct advise_action){.id = ADVISE_WAIT, .free_us = TIME_NONE};
	return ST_OK;
}

/* ---- the request ---- */

static enum status named(struct asking *x, const char *name, struct advise_ask *q, size_t *out)
{
	struct str id = STR_NULL;
	enum status st = text(x, x->at, name, ADVISE_NAME_MAX, &id);
	if (st != ST_OK || id.n == 0)
		return st;
	*out = action_of(q, id);
	if (*out != ADVISE_NONE)
		return ST_OK;
	(void)refuse(x->no, "unknown_action", name, "");
	return err_set(&x->no->err, ST_INVALID, "%s: \"" STR_FMT "\" is not among the actions",
		       name, STR_ARG(id));
}

static enum status shadow(struct asking *x, struct advise_ask *q)
{
	uint32_t at = json_get(x->d, x->at, "taken_p");
	enum status st = named(x, "taken", q, &q->taken);
	if (st == ST_OK)
		st = named(x, "prefer", q, &q->prefer);
	if (st != ST_OK)
		return st;
	if (at != JSON_NONE && (!json_f64(x->d, at, &q->taken_p) ||
				!(q->taken_p * ADVISE_ALL >= 1 && q->taken_p <= 1)))
		return refuse(x->no, "bad_odds", "taken_p",
			      "taken_p must be at least 0.000000001 and at most 1");
	if (q->taken == ADVISE_NONE && at != JSON_NONE)
		return refuse(x->no, "taken_missing", "taken",
			      "taken_p says how likely what was taken had been: say what it was");
	if (q->taken == ADVISE_NONE && q->of->of->mode == DECISION_SHADOW)
		return refuse(x->no, "taken_missing", "taken",
			      "this decision is in mode shadow: say what your sender took");
	return ST_OK;
}

/* Which there are, as far as an error has room. */
static enum status no_such(struct asking *x, struct str name)
{
	char room[300];
	struct buf list = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	for (size_t i = 0; i < x->book->n; i++) {
		struct str other = x->book->list[i].of->name;
		if (list.n + other.n + 10 > sizeof room) {
			buf_z(&list, " ...");
			break;
		}
		buf_z(&list, i > 0 ? ", " : "");
		buf_str(&list, other);
	}
	struct str all = x->book->n > 0 ? buf_view(&list) : STR("none");
	(void)refuse(x->no, name.n > 0 ? "unknown_decision" : "decision_missing", "decision", "");
	if (name.n == 0)
		return err_set(&x->no->err, ST_INVALID,
			       "\"decision\" is missing; the program has " STR_FMT, STR_ARG(all));
	return err_set(&x->no->err, ST_INVALID,
		       "the program has no decision \"" STR_FMT "\"; it has " STR_FMT,
		       STR_ARG(name), STR_ARG(all));
}

static enum status which(struct asking *x, struct str *name, const struct advisor **out)
{
	enum status st = text(x, x->at, "decision", 64, name);
	if (st != ST_OK)
		return st;
	if (x->book == NULL) {
		*x->no = (struct advise_no){.http = 503, .code = "unavailable", .param = ""};
		return err_set(&x->no->err, ST_UNAVAILABLE,
			       "what was learned cannot be read yet; ask again");
	}
	*out = advise_book_find(x->book, *name);
	return *out != NULL ? ST_OK : no_such(x, *name);
}

static enum status list_of(struct advise_body *x, struct advise_no *no)
{
	x->list = json_get(&x->d, 0, "decisions");
	x->n = json_is(&x->d, x->list, JSON_ARRAY) ? json_count(&x->d, x->list) : 0;
	if (x->n >= 1 && x->n <= ADVISE_MANY_MAX && json_count(&x->d, 0) == 1)
		return ST_OK;
	(void)refuse(no, "bad_decisions", "decisions", "");
	return err_set(&no->err, ST_INVALID,
		       "decisions must be a list of 1 to %d cases, and nothing may stand beside it",
		       ADVISE_MANY_MAX);
}

enum status advise_open(struct str body, struct arena *a, struct advise_body *out,
			struct advise_no *no)
{
	*out = (struct advise_body){.list = JSON_NONE, .n = 1};
	enum status st = parse(body, a, &out->d, no);
	if (st == ST_OK && json_get(&out->d, 0, "decisions") != JSON_NONE)
		return list_of(out, no);
	return st;
}

uint32_t advise_next(const struct advise_body *x, uint32_t node)
{
	if (x->list == JSON_NONE)
		return node == JSON_NONE ? 0 : JSON_NONE;
	return node == JSON_NONE ? json_first(&x->d, x->list) : json_next(&x->d, x->list, node);
}

static void clear(struct advise_ask *q)
{
	/* Not as a whole: most of it is room for actions. */
	q->id = q->lead = q->context = STR_NULL;
	q->n = 0;
	q->taken = q->prefer = ADVISE_NONE;
	q->taken_p = 1;
	memset(q->x, 0, sizeof q->x);
	q->x[0] = 1;
}

enum status advise_read(const struct advise_book *b, const struct json *d, uint32_t node,
			struct arena *a, struct advise_ask *out, struct advise_no *no)
{
	static const char *const names[] = {"decision", "id",      "lead",   "context", "actions",
					    "taken",    "taken_p", "prefer", NULL};
	struct asking x = {.book = b, .d = d, .at = node, .a = a, .no = no};
	struct str name = STR_NULL;
	clear(out);
	if (json_raw(d, node).n > ADVISE_BYTES_MAX)
		return too_large(no);
	if (!json_is(d, node, JSON_OBJECT))
		return refuse(no, "json", "", "a case must be a JSON object");
	enum status st = only(&x, node, names);
	if (st == ST_OK)
		st = which(&x, &name, &out->of);
	if (st == ST_OK)
		st = text(&x, node, "id", ADVISE_ID_MAX, &out->id);
	if (st == ST_OK)
		st = text(&x, node, "lead", 256, &out->lead);
	if (st == ST_OK)
		st = numbers(&x, node, out->of->of, out->x, &out->context);
	if (st == ST_OK)
		st = actions(&x, out);
	return st == ST_OK ? shadow(&x, out) : st;
}

/* Members are added up, so that their order is lost; items are chained. Token by token, since the
 * case is parsed by now: no copy, no number read again. */
uint64_t advise_hash(const struct json *d, uint32_t node)
{
	uint64_t h = 1;
	if (!json_is(d, node, JSON_OBJECT) && !json_is(d, node, JSON_ARRAY))
		return hash_str(json_raw(d, node), 0);
	bool list = json_is(d, node, JSON_ARRAY);
	for (uint32_t v = json_first(d, node); v != JSON_NONE; v = json_next(d, node, v)) {
		if (list)
			h = hash_u64(h ^ advise_hash(d, v));
		else if (!json_is(d, v, JSON_OBJECT) || json_count(d, v) > 0)
			h += hash_str(json_raw(d, json_key(d, v)), advise_hash(d, v));
	}
	return hash_u64(list ? h : ~h);
}

void advise_hold(struct advise_ask *q, struct str guard, struct str why, int64_t free_us)
{
	for (size_t i = 0; i + 1 < q->n; i++) {
		struct advise_action *act = &q->action[i];
		if (act->held.n > 0)
			continue;
		act->held = guard;
		act->why = why;
		act->free_us = free_us;
	}
}

/* ---- rewards ---- */

enum status advise_reward_read(const struct advise_book *b, struct str body, struct arena *a,
			       struct advise_reward *out, struct advise_no *no)
{
	static const char *const names[] = {"decision", "id", "kind", "value", "corrected", NULL};
	struct json d;
	struct asking x = {.book = b, .d = &d, .a = a, .no = no};
	const struct advisor *of = NULL;
	*out = (struct advise_reward){.value = -1};
	enum status st = parse(body, a, &d, no);
	if (st == ST_OK)
		st = only(&x, 0, names);
	if (st == ST_OK)
		st = which(&x, &out->decision, &of);
	if (st == ST_OK)
		st = text(&x, 0, "id", ADVISE_ID_MAX, &out->id);
	if (st == ST_OK && out->id.n == 0)
		st = refuse(no, "id_missing", "id", "id says which decision it is");
	if (st == ST_OK)
		st = text(&x, 0, "kind", ADVISE_NAME_MAX, &out->kind);
	if (st != ST_OK)
		return st;
	uint32_t corrected = json_get(&d, 0, "corrected");
	if (corrected != JSON_NONE && !json_bool(&d, corrected, &out->corrected))
		return refuse(no, "bad_reward", "corrected", "corrected must be true or false");
	if (!json_f64(&d, json_get(&d, 0, "value"), &out->value) ||
	    !(out->value >= 0 && out->value <= of->of->worth)) {
		(void)refuse(no, "bad_reward", "value", "");
		return err_set(&no->err, ST_INVALID,
			       "value must be a number from 0 to the decision's worth, %g",
			       of->of->worth);
	}
	return ST_OK;
}
