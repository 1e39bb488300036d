/* SPDX-License-Identifier: Apache-2.0
 * compile.c: program_load, and the small sections. A program is built whole on an arena of its own
 * and dies with it: there is no half a program, and no freeing object by object. */
#include "program/compile.h"

#include "base/assert.h"
#include "base/hash.h"

#define PROGRAM_ARENA_MAX (64u << 20)

struct str compile_text(struct compile *c, struct str s)
{
	struct str copy = s.n ? arena_str(c->arena, s) : STR_NULL;
	c->full = c->full || (s.n && copy.p == NULL);
	return copy.p ? copy : STR_NULL;
}

void *compile_array(struct compile *c, size_t count, size_t item_bytes)
{
	void *p = arena_array(c->arena, count + 1, item_bytes);
	c->full = c->full || p == NULL;
	return p;
}

uint32_t program_key32(const char *section, struct str name)
{
	uint64_t h = hash_str(name, hash_str(str_of(section), 1));
	uint32_t key = (uint32_t)(h ^ (h >> 32));
	return key ? key : 1; /* 0 says "no key" */
}

bool program_on_matches(const struct program_on *on, struct str type)
{
	if (on->any)
		return true;
	if (!on->family || type.n == on->type.n)
		return str_eq(on->type, type);
	return str_starts(type, on->type) && type.p[on->type.n] == '.';
}

/* Places are asked for nearly in order, so the next one is found from the one before. */
void compile_at(struct compile *c, size_t at, int *line_r, int *col_r)
{
	struct str s = c->ps->source;
	struct compile_seen *seen = &c->seen;
	bool line_before = false;
	if (seen->line == 0)
		*seen = (struct compile_seen){0, 1, 1};
	for (; seen->at < at; seen->at++) {
		char b = s.p[seen->at];
		seen->line += b == '\n';
		seen->col = b == '\n' ? 1 : seen->col + (((unsigned char)b & 0xc0) != 0x80);
	}
	for (; seen->at > at; seen->at--) {
		char b = s.p[seen->at - 1];
		seen->line -= b == '\n';
		seen->col -= ((unsigned char)b & 0xc0) != 0x80;
		line_before = line_before || b == '\n';
	}
	size_t start = at;
	while (line_before && start > 0 && s.p[start - 1] != '\n')
		start--;
	for (seen->col = line_before ? 1 : seen->col; start < at; start++)
		seen->col += ((unsigned char)s.p[start] & 0xc0) != 0x80;
	*line_r = seen->line;
	*col_r = seen->col;
}

struct place compile_place(struct str s, int line, int col)
{
	size_t at = 0;
	for (int i = 1; i < line && at < s.n; i++)
		at += str_find_byte(str_slice(s, at, s.n), '\n') + 1;
	for (int i = 1; i < col && at < s.n; i++)
		for (at++; at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80; at++)
			continue;
	size_t end = at < s.n ? at + 1 : s.n;
	while (end < s.n && !strchr(" \t\r\n,:{}[]", s.p[end]))
		end++;
	return (struct place){at < s.n ? at : s.n, end};
}

/* ---- unique names ---- */

static void name_twice(struct compile *c, const struct named *one, const struct named *first,
		       const char *what)
{
	struct arena *a = c->ps->arena;
	bool same = str_eq(one->name, first->name);
	struct program_problem *p =
		problem_add(c->ps, same ? CODE_NAME_TWICE : CODE_KEY_CLASH, one->where);
	if (same)
		PROBLEM_TEXT(p, message, a, "two of one name: %s \"" STR_FMT "\"", what,
			     STR_ARG(one->name));
	else
		PROBLEM_TEXT(p, message, a,
			     "\"" STR_FMT "\" and \"" STR_FMT "\" fall on the same key",
			     STR_ARG(one->name), STR_ARG(first->name));
	p->why = STR("a lead remembers each rule under its name, and the ledger shows it");
	PROBLEM_TEXT(p, fix, a, "give one of them another `name:`");
}

void compile_unique(struct compile *c, const struct named *list, size_t n, const char *what)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			bool clash = list[i].key && list[i].key == list[j].key;
			if (!clash && !str_eq(list[i].name, list[j].name))
				continue;
			name_twice(c, &list[i], &list[j], what);
			break;
		}
	}
}

/* ---- small sections ---- */

static void compile_head(struct compile *c)
{
	struct program *p = c->p;
	const struct ynode *sender = ynode_get(c->root, "send_as");
	const struct ynode *layout = ynode_get(sender, "layout");
	p->name = compile_text(c, value_text(ynode_get(c->root, "program")));
	p->goal = compile_text(c, value_text(ynode_get(c->root, "goal")));
	p->phone_country = compile_text(c, value_text(ynode_get(c->root, "phone_country")));
	p->sender.name = compile_text(c, value_text(ynode_get(sender, "name")));
	p->sender.from = compile_text(c, value_text(ynode_get(sender, "from")));
	p->sender.reply_to = compile_text(c, value_text(ynode_get(sender, "reply_to")));
	p->sender.postal_address = compile_text(c, value_text(ynode_get(sender, "postal_address")));
	p->sender.logo = compile_text(c, value_text(ynode_get(sender, "logo")));
	p->sender.layout = compile_text(c, value_text(layout));
	if (layout != NULL)
		compile_at(c, layout->where.at, &p->sender.layout_line, &p->sender.layout_col);
	if (p->sender.reply_to.n == 0)
		p->sender.reply_to = p->sender.from;
}

static enum field_type field_type_of(struct str word)
{
	static const enum field_type all[] = {FIELD_STRING, FIELD_DOUBLE, FIELD_INT,
					      FIELD_BOOL,   FIELD_TIME,   FIELD_LIST};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_is(word, field_type_name(all[i])))
			return all[i];
	return FIELD_STRING; /* a bad word: reported by the check */
}

static void warn_hidden(struct compile *c, enum facts_slot slot, const struct ynode *n,
			enum field_type type)
{
	const struct facts_field *f = facts_builtin(slot, n->key->text);
	if (f == NULL || (f->type == type && ynode_get(n, "path")))
		return;
	struct arena *a = c->ps->arena;
	struct program_problem *p = problem_add(c->ps, CODE_FIELD_HIDES, n->key->where);
	PROBLEM_TEXT(p, message, a, "\"" STR_FMT "\" is a built-in field", STR_ARG(n->key->text));
	PROBLEM_TEXT(p, label, a, "built in as %s", field_type_name(f->type));
	PROBLEM_TEXT(p, fix, a, "take it out, or give it a `path:` or a name of its own");
	p->why = STR("from here on the name means the declared field");
}

static const struct program_field *compile_object(struct compile *c, const char *key,
						  enum facts_slot slot, size_t *n_r)
{
	const struct ynode *section = ynode_get(ynode_get(c->root, "fields"), key);
	size_t n = 0, max = section ? section->count : 0;
	struct program_field *list = COMPILE_ARRAY(c, struct program_field, max);
	*n_r = 0;
	if (list == NULL || section == NULL || section->bad)
		return NULL;
	for (const struct ynode *f = section->first; f; f = f->next) {
		const struct ynode *type = f->kind == YNODE_MAP ? ynode_get(f, "type") : f;
		struct str path = value_text(ynode_get(f, "path"));
		if (f->bad) /* still a name, so that conditions over it are not reported as well */
			type = NULL;
		list[n] = (struct program_field){
			.name = compile_text(c, f->key->text),
			.type = field_type_of(value_text(type)),
			.path = compile_text(c, path.n ? path : f->key->text),
		};
		warn_hidden(c, slot, f, list[n].type);
		n++;
	}
	*n_r = n;
	return list;
}

void compile_fields(struct compile *c)
{
	struct program_fields *f = &c->p->fields;
	f->lead = compile_object(c, "lead", SLOT_LEAD, &f->lead_n);
	f->account = compile_object(c, "account", SLOT_ACCOUNT, &f->account_n);
	f->event = compile_object(c, "event", SLOT_EVENT, &f->event_n);
}

static void compile_keys(struct compile *c)
{
	const struct ynode *section = ynode_get(c->root, "keys");
	size_t n = section && !section->bad ? section->count : 0;
	struct program_key *keys = COMPILE_ARRAY(c, struct program_key, n);
	struct named *names = ARENA_ARRAY(c->ps->arena, struct named, n + 1);
	if (keys == NULL || names == NULL || n == 0)
		return;
	n = 0;
	for (const struct ynode *k = section->first; k; k = k->next) {
		struct str name = section->kind == YNODE_MAP ? k->key->text : value_text(k);
		if (k->bad)
			continue;
		keys[n] = (struct program_key){
			.name = compile_text(c, name),
			.solid = section->kind == YNODE_LIST || str_is(k->text, "solid"),
		};
		names[n++] = (struct named){name, 0, ynode_place(k)};
	}
	compile_unique(c, names, n, "identifier");
	c->p->keys = keys;
	c->p->keys_n = n;
}

static void compile_personas(struct compile *c)
{
	const struct ynode *section = ynode_get(c->root, "personas");
	size_t n = section && !section->bad ? section->count : 0;
	struct program_persona *list = COMPILE_ARRAY(c, struct program_persona, n);
	if (list == NULL || n == 0)
		return;
	n = 0;
	for (const struct ynode *x = section->first; x; x = x->next) {
		list[n].name = compile_text(c, x->key->text);
		compile_cond(c, x, COND_PERSONA, &list[n].if_);
		n++;
	}
	c->p->personas = list;
	c->p->personas_n = n;
}

/* The outcomes listed, and the goal. */
static void compile_outcomes(struct compile *c)
{
	const struct ynode *section = ynode_get(c->root, "outcomes");
	size_t n = section && !section->bad ? section->count : 0;
	struct str *list = COMPILE_ARRAY(c, struct str, n + 1);
	struct named *names = ARENA_ARRAY(c->ps->arena, struct named, n + 1);
	bool goal = false;
	if (list == NULL || names == NULL)
		return;
	size_t count = 0;
	for (const struct ynode *x = n ? section->first : NULL; x; x = x->next) {
		if (x->bad)
			continue;
		goal = goal || str_eq(x->text, c->p->goal);
		names[count] = (struct named){x->text, 0, x->where};
		list[count++] = compile_text(c, x->text);
	}
	compile_unique(c, names, count, "outcome");
	if (!goal && c->p->goal.n)
		list[count++] = c->p->goal;
	c->p->outcomes = list;
	c->p->outcomes_n = count;
}

/* ---- loading ---- */

static void compile_all(struct compile *c)
{
	compile_head(c);
	compile_fields(c);
	compile_keys(c);
	compile_features(c);
	c->env = facts_env_create(&c->p->fields, c->p->features, c->p->features_n, c->arena);
	c->p->facts = c->env;
	if (c->env == NULL) {
		c->full = true;
		return;
	}
	compile_feature_conds(c);
	compile_personas(c);
	compile_scoring(c);
	compile_entry(c);
	compile_consent(c);
	compile_outcomes(c);
	compile_play(c);
	compile_sense(c);
}

static void say_full(struct problems *ps)
{
	struct program_problem *p = problem_add(ps, CODE_TOO_LARGE, (struct place){0, 0});
	p->message = STR("the program is too large to be held in memory");
	p->fix = STR("split it");
	p->why = STR("a program has a ceiling so that no file can take the daemon down");
}

/* What is wrong with the bytes as such; true when YAML may look at them. */
static bool check_bytes(struct str text, struct problems *ps)
{
	struct program_problem *p = NULL;
	if (text.n > PROGRAM_BYTES_MAX) {
		p = problem_add(ps, CODE_TOO_LARGE, (struct place){0, 0});
		PROBLEM_TEXT(p, message, ps->arena, "the file has %zu bytes, %u at most", text.n,
			     PROGRAM_BYTES_MAX);
		p->fix = STR("split it, or move lists out of it");
		p->why = STR("a program is a file people read");
	} else if (!str_utf8_valid(text)) {
		size_t good = 0, step;
		for (step = text.n; step > 0; step /= 2)
			while (good + step <= text.n && str_utf8_valid(str_n(text.p, good + step)))
				good += step;
		p = problem_add(ps, CODE_YAML,
				(struct place){good, good < text.n ? good + 1 : good});
		p->message = STR("the file is not UTF-8 text from here on");
		p->fix = STR("save it as UTF-8");
		p->why = STR("names would be shown and compared wrongly");
	}
	return p == NULL;
}

static void load(struct str text, struct problems *ps, struct program *p)
{
	struct compile c = {.p = p, .arena = &p->arena, .ps = ps};
	struct ynode *root = check_bytes(text, ps) ? ytree_parse(text, ps->arena, ps) : NULL;
	if (root == NULL && ps->errors_n == 0) {
		struct program_problem *x = problem_add(ps, CODE_EMPTY, (struct place){0, 0});
		x->message = STR("the file is empty");
		x->fix = STR("nurtured init --program DIR makes an example to start from");
		x->why = STR("there is no program in it");
	}
	if (root == NULL)
		return;
	check_tree(root, ps);
	if (root->kind != YNODE_MAP)
		return;
	c.root = root;
	p->hash = hash_str(text, 0);
	p->source = compile_text(&c, text);
	compile_all(&c);
	if (c.full)
		say_full(ps);
}

enum status program_load(struct str text, struct arena *a, struct program **out,
			 struct program_report *report, struct err *e)
{
	struct problems ps;
	struct program *p = mem_alloc(sizeof *p);
	if (text.n == 0)
		text = STR("");
	arena_init(&p->arena, PROGRAM_ARENA_MAX);
	problems_init(&ps, text, a);
	*out = NULL;
	load(text, &ps, p);
	problems_report(&ps, report);
	if (!problems_stop(&ps)) {
		*out = p;
		return ST_OK;
	}
	program_destroy(&p);
	for (size_t i = 0; i < report->n; i++) {
		const struct program_problem *x = &report->problems[i];
		if (!x->warning && !x->refused)
			return err_set(e, ST_INVALID, "program line %d: %s: " STR_FMT "%s", x->line,
				       x->code, STR_ARG(x->message),
				       report->errors_n > 1 ? ", and more" : "");
	}
	return err_set(e, ST_INVALID, "the program has problems that could not be listed");
}

void program_destroy(struct program **p)
{
	if (*p == NULL)
		return;
	arena_finish(&(*p)->arena);
	mem_free(*p);
	*p = NULL;
}
