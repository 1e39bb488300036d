/* SPDX-License-Identifier: Apache-2.0
 * check.c: the walk over tree and schema: shapes, keys that nobody knows, keys that are missing. */
#include "program/check.h"

#include "base/assert.h"

/* A value still to be checked; a list of its own instead of recursion, so that the depth of a
 * file is not the depth of our stack. */
struct todo {
	struct ynode *node;
	const struct schema_type *type;
	struct str under; /* the key it stands under */
	struct todo *next;
};
struct walk {
	struct problems *ps;
	struct todo *first;
};

struct str check_section(struct str under, struct arena *a)
{
	return under.n ? arena_printf(a, "`" STR_FMT ":`", STR_ARG(under)) : STR("a program");
}

static void later(struct walk *w, struct ynode *n, const struct schema_type *t, struct str under)
{
	struct todo *d = n->bad ? NULL : ARENA_NEW(w->ps->arena, struct todo);
	if (d == NULL)
		return;
	*d = (struct todo){n, t, under, w->first};
	w->first = d;
}

/* ---- shapes ---- */

static const char *shape_of(const struct ynode *n)
{
	return n->kind == YNODE_LIST ? "a list" : n->kind == YNODE_MAP ? "a section" : "one value";
}

static bool is_empty(const struct ynode *n)
{
	return n->kind == YNODE_SCALAR && n->style == YNODE_PLAIN &&
	       (n->text.n == 0 || str_is(n->text, "~") || str_eq_nocase(n->text, STR("null")));
}

static void wrong_shape(struct walk *w, struct ynode *n, const struct schema_type *t,
			struct str under)
{
	struct arena *a = w->ps->arena;
	struct str section = check_section(under, a);
	bool empty = is_empty(n);
	struct program_problem *p = problem_add(w->ps, empty ? CODE_EMPTY : CODE_SHAPE,
						empty ? ynode_place(n) : n->where);
	n->bad = true;
	if (empty) {
		PROBLEM_TEXT(p, message, a, STR_FMT " is empty", STR_ARG(section));
		PROBLEM_TEXT(p, fix, a, "write %s, or take the key out", t->what);
		p->why = STR("a key without a value says nothing");
		return;
	}
	PROBLEM_TEXT(p, message, a, STR_FMT " is %s", STR_ARG(section), shape_of(n));
	PROBLEM_TEXT(p, label, a, "%s belongs here", t->what);
	PROBLEM_TEXT(p, fix, a, "write %s", t->what);
	p->why = STR("it cannot be read as what the key means");
	const struct schema_type *list = t->kind == SCHEMA_LIST ? t : t->as_list;
	if (n->kind == YNODE_SCALAR && list && list->item->kind != SCHEMA_OBJECT) {
		struct str raw = str_slice(w->ps->source, n->where.at, n->where.end);
		PROBLEM_TEXT(p, suggestion, a, "[" STR_FMT "]", STR_ARG(raw));
		PROBLEM_TEXT(p, fix, a, "write a list: " STR_FMT, STR_ARG(p->suggestion));
	}
}

static void check_count(struct walk *w, struct ynode *n, const struct schema_type *t,
			struct str under)
{
	bool few = (double)n->count<t->min, many = t->max> 0 && (double)n->count > t->max;
	if (!few && !many)
		return;
	struct arena *a = w->ps->arena;
	struct program_problem *p = problem_add(w->ps, CODE_MANY, ynode_place(n));
	struct str section = check_section(under, a);
	if (few) {
		PROBLEM_TEXT(p, message, a, STR_FMT " is an empty list", STR_ARG(section));
		PROBLEM_TEXT(p, fix, a, "name at least one, or take the key out");
		p->why = STR("with none of them nothing could ever happen");
	} else {
		PROBLEM_TEXT(p, message, a, STR_FMT " has %zu entries, %g at most",
			     STR_ARG(section), n->count, t->max);
		p->fix = STR("put some together, or take some out");
		p->why = STR("a program stays at a size that a person can survey");
	}
	n->bad = true;
}

/* ---- keys ---- */

static const struct schema_key *key_of(const struct schema_type *t, struct str name)
{
	for (const struct schema_key *k = t->keys; k->name; k++)
		if (str_is(name, k->name))
			return k;
	return NULL;
}

/* "(fit, engagement, weights, tiers)", when that is short enough to help. */
static void list_keys(const struct schema_type *t, struct buf *b)
{
	size_t n = 0;
	while (t->keys[n].name)
		n++;
	if (n > 9)
		return;
	buf_z(b, " (");
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", i ? ", " : "", t->keys[i].name);
	buf_z(b, ")");
}

/* Where a key of this very name is at home, for keys that only stand in the wrong section. */
static const char *home_of(const struct schema_type *t, struct str name, int depth,
			   struct buf *path)
{
	const struct schema_type *inner[] = {t->item, t->as_list, t->as_map};
	const char *found = NULL;
	if (depth == 0)
		return NULL;
	for (size_t i = 0; i < 3 && !found; i++)
		found = inner[i] ? home_of(inner[i], name, depth - 1, path) : NULL;
	for (const struct schema_key *k = t->keys; !found && k && k->name; k++) {
		size_t before = path->n;
		buf_printf(path, "%s%s", before ? "." : "", k->name);
		if (str_is(name, k->name))
			return k->name;
		found = home_of(k->type, name, depth - 1, path);
		if (!found)
			path->n = before;
	}
	return found;
}

/* What is left of a condition that a comma cut in two. */
static bool is_cut_condition(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (strchr("()\"'=&|<>!]", name.p[i]))
			return true;
	return false;
}

static void unknown_key(struct walk *w, struct ynode *n, const struct schema_type *t,
			struct str under)
{
	struct arena *a = w->ps->arena;
	struct str name = n->key->text, section = check_section(under, a);
	struct program_problem *p = problem_add(w->ps, CODE_UNKNOWN_KEY, n->key->where);
	struct suggest s;
	struct buf fix, path;
	buf_init_arena(&fix, a, 1024);
	buf_init_arena(&path, a, 256);
	suggest_init(&s, name);
	for (const struct schema_key *k = t->keys; k->name; k++)
		suggest_offer(&s, str_of(k->name));
	p->suggestion = suggest_best(&s);
	const char *home =
		p->suggestion.n && s.distance < 6 ? NULL : home_of(&schema_root, name, 8, &path);
	if (home) {
		p->suggestion = STR_NULL;
		buf_printf(&fix, "it belongs to `" STR_FMT ":`", STR_ARG(buf_view(&path)));
	} else if (p->suggestion.n) {
		buf_printf(&fix, "did you mean \"" STR_FMT "\"?", STR_ARG(p->suggestion));
		list_keys(t, &fix);
	} else {
		buf_z(&fix, "take it out, or use one of its keys");
		list_keys(t, &fix);
	}
	p->fix = buf_view(&fix);
	if (is_cut_condition(name))
		p->fix = STR("inside { } a comma ends a value: put the whole condition in single "
			     "quotes");
	PROBLEM_TEXT(p, message, a, STR_FMT " has no key \"" STR_FMT "\"", STR_ARG(section),
		     STR_ARG(name));
	p->why = STR("a key that nobody reads is a rule that never runs");
	n->bad = true;
}

/* Earlier releases took it, so it may stand in a program that was applied: the rest goes on. */
static bool gone_key(struct walk *w, const struct ynode *n, const struct schema_type *t,
		     struct str under)
{
	struct arena *a = w->ps->arena;
	const char *const *gone = t->gone;
	while (gone != NULL && *gone != NULL && !str_is(n->key->text, *gone))
		gone++;
	if (gone == NULL || *gone == NULL)
		return false;
	struct program_problem *p = problem_add(w->ps, CODE_GONE_KEY, n->key->where);
	PROBLEM_TEXT(p, message, a, STR_FMT " reads no \"%s\"", STR_ARG(check_section(under, a)),
		     *gone);
	p->why = STR("it never did anything");
	p->fix = STR("take it out; who chooses stands in the program's own `decide:`");
	return true;
}

static void missing_keys(struct walk *w, struct ynode *n, const struct schema_type *t,
			 struct str under)
{
	struct arena *a = w->ps->arena;
	for (const struct schema_key *k = t->keys; k->name; k++) {
		if (!k->required || ynode_get(n, k->name))
			continue;
		struct program_problem *p = problem_add(w->ps, CODE_MISSING_KEY, ynode_place(n));
		bool item = n->key == NULL && under.n;
		PROBLEM_TEXT(p, message, a, "%s" STR_FMT " needs a key \"%s\"",
			     item ? "this entry of " : "", STR_ARG(check_section(under, a)),
			     k->name);
		PROBLEM_TEXT(p, why, a, "%s: %s", k->name, k->text);
		PROBLEM_TEXT(p, fix, a, "add `%s:` with %s", k->name, k->type->what);
	}
}

static void check_object(struct walk *w, struct ynode *n, const struct schema_type *t,
			 struct str under)
{
	for (struct ynode *c = n->first; c; c = c->next) {
		const struct schema_key *k = key_of(t, c->key->text);
		if (c->key->bad)
			c->bad = true;
		else if (k)
			later(w, c, k->type, c->key->text);
		else if (!gone_key(w, c, t, under))
			unknown_key(w, c, t, under);
	}
	missing_keys(w, n, t, under);
}

/* ---- maps from names ---- */

static void bad_name(struct walk *w, struct ynode *n, const struct schema_type *t)
{
	struct arena *a = w->ps->arena;
	struct str name = n->key->text;
	bool word = n->key->style == YNODE_PLAIN && ynode_is_yaml_word(name);
	enum program_code code = word                    ? CODE_YAML_WORD_KEY
				 : t->name == NAME_EVENT ? CODE_EVENT_TYPE
							 : CODE_NAME;
	struct program_problem *p = problem_add(w->ps, code, n->key->where);
	n->bad = true;
	if (word) {
		PROBLEM_TEXT(p, message, a, "`" STR_FMT ":` is not text to many YAML tools",
			     STR_ARG(name));
		PROBLEM_TEXT(p, suggestion, a, "\"" STR_FMT "\"", STR_ARG(name));
		PROBLEM_TEXT(p, fix, a, "put it in quotes: \"" STR_FMT "\":", STR_ARG(name));
		p->why = STR(
			"YAML 1.1 reads yes, no, on, off, y, n, true and false as truth values");
		return;
	}
	PROBLEM_TEXT(p, message, a, "\"" STR_FMT "\" cannot be %s", STR_ARG(name),
		     t->name == NAME_EVENT ? "an event type" : "a name here");
	PROBLEM_TEXT(p, fix, a, "use %s", schema_name_words(t->name));
	p->why = t->name == NAME_EVENT ? STR("no event would ever have this type")
				       : STR("conditions and the ledger could not say it");
	struct buf b;
	buf_init_arena(&b, a, 128);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i],
		     low = c >= 'A' && c <= 'Z' && t->name != NAME_IDENT ? (char)(c + 32) : c;
		buf_byte(&b, c == ' ' || (c == '-' && t->name == NAME_IDENT) ? '_' : low);
	}
	if (buf_ok(&b) && schema_name_ok(t->name, buf_view(&b))) {
		p->suggestion = buf_view(&b);
		PROBLEM_TEXT(p, fix, a, "write " STR_FMT, STR_ARG(p->suggestion));
	}
}

static void check_map(struct walk *w, struct ynode *n, const struct schema_type *t,
		      struct str under)
{
	check_count(w, n, t, under);
	for (struct ynode *c = n->first; c; c = c->next) {
		const struct ynode *k = c->key;
		bool word = k->style == YNODE_PLAIN && ynode_is_yaml_word(k->text);
		if (k->bad)
			c->bad = true;
		else if (word || !schema_name_ok(t->name, k->text))
			bad_name(w, c, t);
		later(w, c, t->item, k->text);
	}
}

static void check_later(struct walk *w, struct ynode *n)
{
	struct arena *a = w->ps->arena;
	struct program_problem *p =
		problem_add(w->ps, CODE_LATER, n->key ? n->key->where : n->where);
	struct str name = n->key ? n->key->text : STR("this");
	PROBLEM_TEXT(p, message, a, "`" STR_FMT ":` is known and comes later", STR_ARG(name));
	p->label = STR("read over for now");
	p->why = STR("this release does not have it yet");
	p->fix = STR("nothing to do");
}

/* ---- the walk ---- */

static const struct schema_type *chosen(const struct schema_type *t, const struct ynode *n)
{
	if (t->kind != SCHEMA_CHOICE)
		return t;
	return n->kind == YNODE_LIST ? t->as_list : n->kind == YNODE_MAP ? t->as_map : t->as_scalar;
}

static enum ynode_kind shape_wanted(const struct schema_type *t)
{
	if (t->kind == SCHEMA_LIST)
		return YNODE_LIST;
	return t->kind == SCHEMA_OBJECT || t->kind == SCHEMA_MAP ? YNODE_MAP : YNODE_SCALAR;
}

static void check_one(struct walk *w, struct todo d)
{
	const struct schema_type *t = chosen(d.type, d.node);
	if (t && t->kind == SCHEMA_LATER) {
		check_later(w, d.node);
		return;
	}
	if (t == NULL || d.node->kind != shape_wanted(t) || is_empty(d.node)) {
		wrong_shape(w, d.node, t && is_empty(d.node) ? t : d.type, d.under);
		return;
	}
	if (t->kind == SCHEMA_OBJECT) {
		check_object(w, d.node, t, d.under);
	} else if (t->kind == SCHEMA_MAP) {
		check_map(w, d.node, t, d.under);
	} else if (t->kind == SCHEMA_LIST) {
		check_count(w, d.node, t, d.under);
		for (struct ynode *c = d.node->first; c; c = c->next)
			later(w, c, t->item, d.under);
	} else {
		check_value(d.node, t, d.under, w->ps);
	}
}

void check_tree(struct ynode *root, struct problems *ps)
{
	struct walk w = {.ps = ps};
	later(&w, root, &schema_root, STR_NULL);
	while (w.first) {
		struct todo d = *w.first;
		w.first = d.next;
		check_one(&w, d);
	}
}
