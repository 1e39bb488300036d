/* SPDX-License-Identifier: Apache-2.0
 * compile_suggest.c: what somebody meant by a name in a condition. CEL guesses inside one object;
 * people also forget the object (`title`), take the wrong one (`lead.employees`), or leave out the
 * middle (`event.path`), so whole paths are compared here, over every field there is. */
#include "program/compile.h"

/* In the order of enum facts_slot, as they begin a path. */
static const char *const objects[] = {"lead.", "account.", "company.", "event.", "touches."};

static bool in_path(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

/* What other languages write. */
static const struct {
	const char *wrong, *right;
} spellings[] = {
	{"=", "=="},  {"and", "&&"}, {"AND", "&&"},    {"or", "||"},       {"OR", "||"},
	{"is", "=="}, {"<>", "!="},  {"&", "&&"},      {"|", "||"},        {"True", "true"},
	{"eq", "=="}, {"IN", "in"},  {"None", "null"}, {"False", "false"},
};

static bool spelled(struct str text, struct compile_meant *m)
{
	struct str word = str_slice(text, m->from, m->to);
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		if (!str_is(word, spellings[i].wrong))
			continue;
		if (m->from >= 2 && str_is(str_slice(text, m->from - 2, m->to), "==="))
			m->from -= 2;
		m->text = str_of(spellings[i].right);
		return true;
	}
	return false;
}

struct nearest {
	struct str wrong, best;
	unsigned cost, bound; /* in quarters of a slip */
};

static struct str behind_first_dot(struct str s)
{
	size_t dot = str_find_byte(s, '.');
	return dot < s.n ? str_slice(s, dot + 1, s.n) : s;
}

static struct str behind_last_dot(struct str s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '.')
			return str_slice(s, i, s.n);
	return s;
}

/* Four for a slip; up to three for an object that was forgotten or is another one, two for a
 * middle that was left out. */
static unsigned path_cost(struct str wrong, struct str right)
{
	struct str field = behind_first_dot(right), said = behind_first_dot(wrong);
	unsigned whole = 4 * str_distance(wrong, right);
	unsigned object = str_distance(str_slice(wrong, 0, wrong.n - said.n),
				       str_slice(right, 0, right.n - field.n));
	unsigned in_object = 4 * str_distance(said, field) + (object < 3 ? object : 3);
	unsigned leaf = 4 * str_distance(behind_last_dot(wrong), behind_last_dot(right)) + 2;
	unsigned least = whole < in_object ? whole : in_object;
	return least < leaf ? least : leaf;
}

static void offer(struct nearest *n, struct str path)
{
	unsigned cost = path_cost(n->wrong, path);
	if (cost == 0 || cost > n->bound || (n->best.n && cost >= n->cost))
		return;
	n->cost = cost;
	n->best = path;
}

static void offer_all(struct compile *c, struct nearest *n)
{
	struct arena *a = c->ps->arena;
	for (uint32_t slot = SLOT_LEAD; slot <= SLOT_TOUCHES; slot++)
		for (size_t i = 0; i < c->env->objects[slot].n; i++)
			offer(n, arena_printf(a, "%s" STR_FMT, objects[slot],
					      STR_ARG(c->env->objects[slot].fields[i].name)));
	for (size_t i = 0; i < c->p->features_n; i++)
		offer(n, arena_printf(a, "feature." STR_FMT, STR_ARG(c->p->features[i].name)));
}

/* Leaves out what both paths begin and end with: only the wrong part is underlined. */
static void trim_common(struct str wrong, struct compile_meant *m)
{
	size_t head = 0, tail = 0;
	struct str right = m->text;
	for (size_t i = 0; i < wrong.n && i < right.n && wrong.p[i] == right.p[i]; i++)
		if (wrong.p[i] == '.')
			head = i + 1;
	for (size_t i = 0; i < wrong.n - head && i < right.n - head; i++) {
		char w = wrong.p[wrong.n - 1 - i], r = right.p[right.n - 1 - i];
		if (w != r)
			break;
		if (w == '.')
			tail = i + 1;
	}
	if (head + tail >= wrong.n || head + tail >= right.n)
		return;
	m->from += head;
	m->to -= tail;
	m->text = str_slice(right, head, right.n - tail);
}

bool compile_meant(struct compile *c, struct str text, struct compile_meant *m)
{
	if (spelled(text, m))
		return true;
	size_t from = m->from, to = m->to;
	if (from >= text.n || !in_path(text.p[from]))
		return false;
	while (from > 0 && in_path(text.p[from - 1]))
		from--;
	while (to < text.n && in_path(text.p[to]))
		to++;
	if (to < text.n && text.p[to] == '(') /* the last part is a function */
		while (to > m->to && text.p[to - 1] != '.')
			to--;
	to -= to > m->to && text.p[to - 1] == '.';
	struct str wrong = str_slice(text, from, to);
	struct str leaf = behind_last_dot(wrong);
	struct nearest n = {.wrong = wrong, .bound = 4 + 4 * ((unsigned)leaf.n / 4)};
	n.bound = leaf.n <= 3 ? 4 : n.bound + 2;
	offer_all(c, &n);
	if (n.best.n == 0)
		return false;
	*m = (struct compile_meant){from, to, n.best};
	trim_common(wrong, m);
	return true;
}

const struct facts_field *compile_field_at(struct compile *c, struct str cond, size_t *at,
					   struct str *path_r)
{
	while (*at < cond.n && !in_path(cond.p[*at]))
		(*at)++;
	size_t end = *at;
	while (end < cond.n && in_path(cond.p[end]))
		end++;
	*path_r = str_slice(cond, *at, end);
	*at = end;
	struct str field = behind_first_dot(*path_r);
	struct str root = str_slice(*path_r, 0, path_r->n - field.n);
	for (uint32_t slot = SLOT_LEAD; slot <= SLOT_TOUCHES; slot++) {
		const struct facts_object *o = &c->env->objects[slot];
		for (size_t i = 0; str_eq(root, str_of(objects[slot])) && i < o->n; i++)
			if (str_eq(o->fields[i].name, field))
				return &o->fields[i];
	}
	return NULL;
}

/* ---- literals of the wrong kind ---- */

static bool is_number_type(const struct facts_field *f, struct str path)
{
	bool computed = str_is(path, "fit") || str_is(path, "engagement") ||
			str_is(path, "score") || str_starts(path, STR("feature."));
	return computed || (f && f->type == FIELD_DOUBLE);
}

static size_t skip(struct str s, size_t at, const char *set)
{
	while (at < s.n && s.p[at] && strchr(set, s.p[at]))
		at++;
	return at;
}

/* `lead.size == "3"` -> 3, `lead.known == "true"` -> true: a literal in quotes that needs none. */
static bool unquoted(const struct facts_field *f, struct str cond, struct compile_meant *m)
{
	double d;
	size_t at = m->from;
	char quote = at < cond.n ? cond.p[at] : ' ';
	if (f == NULL || (quote != '"' && quote != '\''))
		return false;
	size_t end = at + 1;
	while (end < cond.n && cond.p[end] != quote)
		end++;
	struct str text = str_slice(cond, at + 1, end);
	bool number = (f->type == FIELD_INT || f->type == FIELD_DOUBLE) && str_to_f64(text, &d);
	bool truth = f->type == FIELD_BOOL && (str_is(text, "true") || str_is(text, "false"));
	if (end >= cond.n || (!number && !truth))
		return false;
	m->to = end + 1;
	m->text = text;
	return true;
}

/* `fit * 2` -> 2.0: CEL does not mix whole numbers and others in arithmetic. */
static bool with_point(struct compile *c, struct str cond, struct compile_meant *m)
{
	size_t end = skip(cond, m->from, "0123456789");
	bool point = end < cond.n && (cond.p[end] == '.' || in_path(cond.p[end]));
	if (end == m->from || point)
		return false;
	m->to = end;
	m->text = arena_printf(c->ps->arena, STR_FMT ".0", STR_ARG(str_slice(cond, m->from, end)));
	return true;
}

/* `event == "reply"`: an event is many things, and its type is meant. */
static bool type_of_event(struct str cond, struct compile_meant *m)
{
	size_t end = m->from + sizeof "event" - 1;
	if (!str_is(str_slice(cond, m->from, end), "event") ||
	    (end < cond.n && in_path(cond.p[end])))
		return false;
	*m = (struct compile_meant){m->from, end, STR("event.type")};
	return true;
}

bool compile_literal_meant(struct compile *c, struct str cond, struct compile_meant *m)
{
	if (type_of_event(cond, m))
		return true;
	for (size_t at = m->from; at < m->to && at < cond.n;) {
		struct str path;
		const struct facts_field *f = compile_field_at(c, cond, &at, &path);
		size_t op = skip(cond, at, " "), behind = skip(cond, op, "=!<>+-*/%");
		struct compile_meant x = {skip(cond, behind, " "), 0, STR_NULL};
		bool arithmetic = op < cond.n && strchr("+-*/%", cond.p[op]);
		if (behind == op)
			continue;
		if (arithmetic ? is_number_type(f, path) && with_point(c, cond, &x)
			       : unquoted(f, cond, &x)) {
			*m = x;
			return true;
		}
	}
	return false;
}
