/* SPDX-License-Identifier: Apache-2.0
 * compile_fights.c: two triggers of which one moves a lead away and the other moves it back.
 *
 * A trigger fires when its condition begins to hold. Two of them go on for ever only when each
 * names the track the other one moves to, since then every move makes the other's condition begin
 * again; and when the rest of both can hold at once. What "can" means is read from the clauses
 * joined by && alone: bounds of a number, words a text must equal. Anything else may be true. */
#include "program/compile_play.h"

#include "base/assert.h"
#include "base/time.h"

#include <math.h>

#define CLAUSES_MAX 32

/* One clause: `name` op literal. */
struct clause {
	struct str name, literal;
	char op; /* '=' == , '!' != , '<' < , 'l' <=, '>' >, 'g' >=, 0: not of this kind */
};
struct clauses {
	struct clause list[CLAUSES_MAX];
	size_t n;
};

static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

static struct clause clause_of(struct str s)
{
	struct clause out = {.op = 0};
	s = str_trim(s);
	size_t at = 0, end;
	while (at < s.n && in_name(s.p[at]))
		at++;
	out.name = str_slice(s, 0, at);
	while (at < s.n && s.p[at] == ' ')
		at++;
	end = at;
	while (end < s.n && strchr("=!<>", s.p[end]) && s.p[end])
		end++;
	struct str op = str_slice(s, at, end);
	out.literal = str_trim(str_slice(s, end, s.n));
	for (size_t i = 0; i < out.literal.n; i++) /* one literal and nothing behind it */
		if (strchr(" ()|&?+*/", out.literal.p[i]))
			return out;
	if (out.name.n == 0 || out.literal.n == 0)
		return out;
	out.op = str_is(op, "==")   ? '='
		 : str_is(op, "!=") ? '!'
		 : str_is(op, "<")  ? '<'
		 : str_is(op, "<=") ? 'l'
		 : str_is(op, ">")  ? '>'
		 : str_is(op, ">=") ? 'g'
				    : 0;
	return out;
}

/* Cuts at && outside of brackets and quotes; with || outside of them nothing is sure. */
static void clauses_of(struct str s, struct clauses *out)
{
	size_t from = 0;
	int depth = 0;
	char quote = 0;
	out->n = 0;
	for (size_t i = 0; i <= s.n; i++) {
		char c = i < s.n ? s.p[i] : '&';
		bool cut = i == s.n || (c == '&' && depth == 0 && quote == 0);
		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? 0 : c;
		else if (quote == 0)
			depth += (c == '(' || c == '[') - (c == ')' || c == ']');
		if (c == '|' && depth == 0 && quote == 0) {
			out->n = 0;
			return;
		}
		if (!cut)
			continue;
		if (i > from && out->n < CLAUSES_MAX)
			out->list[out->n++] = clause_of(str_slice(s, from, i));
		from = i + 1;
	}
}

static struct str unquoted(struct str s)
{
	bool quotes = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'');
	return quotes ? str_slice(s, 1, s.n - 1) : s;
}

/* ---- can both hold? ---- */

struct bounds { /* of a number; open: the bound itself is out */
	double low, high;
	bool low_open, high_open;
};

static void narrow(struct bounds *b, const struct clause *c, double d)
{
	bool equal = c->op == '=';
	if ((equal || c->op == '>' || c->op == 'g') && d >= b->low) {
		b->low_open = c->op == '>' || (b->low_open && d == b->low);
		b->low = d;
	}
	if ((equal || c->op == '<' || c->op == 'l') && d <= b->high) {
		b->high_open = c->op == '<' || (b->high_open && d == b->high);
		b->high = d;
	}
}

static bool numbers_agree(const struct clauses *a, const struct clauses *b, struct str name)
{
	struct bounds x = {-INFINITY, INFINITY, false, false};
	const struct clauses *both[] = {a, b};
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < both[s]->n; i++) {
			const struct clause *c = &both[s]->list[i];
			double d;
			if (c->op && str_eq(c->name, name) && str_to_f64(c->literal, &d))
				narrow(&x, c, d);
		}
	return x.low < x.high || (x.low == x.high && !x.low_open && !x.high_open);
}

static bool words_agree(const struct clause *a, const struct clause *b)
{
	bool same = str_eq(unquoted(a->literal), unquoted(b->literal));
	if (a->op == '=' && b->op == '=')
		return same;
	return !(((a->op == '=' && b->op == '!') || (a->op == '!' && b->op == '=')) && same);
}

static bool can_both_hold(const struct clauses *a, const struct clauses *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct clause *x = &a->list[i];
		double d;
		if (x->op == 0 || str_is(x->name, "track") || str_is(x->name, "stage"))
			continue;
		bool number = str_to_f64(x->literal, &d);
		if (number && !numbers_agree(a, b, x->name))
			return false;
		for (size_t k = 0; k < b->n && !number; k++)
			if (b->list[k].op && str_eq(b->list[k].name, x->name) &&
			    !words_agree(x, &b->list[k]))
				return false;
	}
	return true;
}

/* Does the condition hold on this track, and only on some? */
static bool names_track(const struct clauses *c, struct str track)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].op == '=' && str_is(c->list[i].name, "track"))
			return str_eq(unquoted(c->list[i].literal), track);
	return false;
}

/* ---- pairs ---- */

static void say_fight(struct playing *x, const struct program_trigger *a,
		      const struct program_trigger *b)
{
	struct arena *mem = x->c->ps->arena;
	struct program_problem *p = problem_add(x->c->ps, CODE_TRIGGERS_FIGHT,
						compile_place(x->c->ps->source, b->line, b->col));
	PROBLEM_TEXT(p, message, mem, "\"" STR_FMT "\" undoes what \"" STR_FMT "\" does",
		     STR_ARG(b->name), STR_ARG(a->name));
	PROBLEM_TEXT(p, why, mem,
		     "both can hold at once: a lead would be moved between " STR_FMT " and " STR_FMT
		     " without end",
		     STR_ARG(x->tracks.list[a->action.track]),
		     STR_ARG(x->tracks.list[b->action.track]));
	p->fix = STR("make their conditions exclude each other, or give one `for: 7d`");
}

static void say_shadowed(struct playing *x, const struct program_trigger *a,
			 const struct program_trigger *b)
{
	struct arena *mem = x->c->ps->arena;
	struct program_problem *p = problem_add(x->c->ps, CODE_SHADOWED,
						compile_place(x->c->ps->source, b->line, b->col));
	PROBLEM_TEXT(p, message, mem, "\"" STR_FMT "\" never fires", STR_ARG(b->name));
	PROBLEM_TEXT(p, why, mem, "\"" STR_FMT "\" above asks the same, and the first wins",
		     STR_ARG(a->name));
	p->fix = STR("change its condition, or put both actions into one with `then:`");
}

static void look_at_pair(struct playing *x, const struct program_trigger *a,
			 const struct program_trigger *b)
{
	struct clauses of_a, of_b;
	if (a->when.prog && str_eq(a->when.text, b->when.text) && a->for_us <= b->for_us) {
		say_shadowed(x, a, b);
		return;
	}
	if (a->action.kind != ACTION_MOVE || b->action.kind != ACTION_MOVE ||
	    a->for_us + b->for_us >= US_PER_H || a->action.track >= x->tracks.n ||
	    b->action.track >= x->tracks.n)
		return;
	clauses_of(a->when.text, &of_a);
	clauses_of(b->when.text, &of_b);
	if (names_track(&of_a, x->tracks.list[b->action.track]) &&
	    names_track(&of_b, x->tracks.list[a->action.track]) && can_both_hold(&of_a, &of_b))
		say_fight(x, a, b);
}

void compile_fights(struct playing *x)
{
	const struct program_play *p = x->play;
	for (size_t i = 0; i < p->triggers_n; i++)
		for (size_t k = 0; k < i; k++)
			look_at_pair(x, &p->triggers[k], &p->triggers[i]);
}
