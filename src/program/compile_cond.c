/* SPDX-License-Identifier: Apache-2.0
 * compile_cond.c: conditions: CEL's problems at their place in the file, what may be asked where,
 * and names inside of text that CEL itself cannot know ("ops_lead", "hot"). */
#include "program/compile.h"

#include "base/assert.h"

#define READS_COMPANY (READS_ACCOUNT | READS_PEOPLE | READS_COUNT)
#define READS_ALL_BUT_EVENT \
	(READS_LEAD | READS_PROFILE | READS_COMPANY | READS_PERSONA | READS_FEATURES | \
	 READS_SCORES | READS_CLOCK | READS_JOURNEY)

static const struct {
	unsigned may;
	const char *about, *why, *fix;
} places[] = {
	[COND_PERSONA] =
		{READS_LEAD | READS_PROFILE | READS_COMPANY, "a persona",
		 "personas are about who somebody is, and are not asked again on every event",
		 "ask for lead.* and account.*"},
	[COND_FIT] = {READS_LEAD | READS_PROFILE | READS_COMPANY | READS_PERSONA, "a fit rule",
		      "fit is about who somebody is, and is not asked again on every event",
		      "ask for lead.*, account.* and persona, or make it an engagement rule or a "
		      "tier's `if:`"},
	[COND_EVENT] = {READS_LEAD | READS_PROFILE | READS_COMPANY | READS_PERSONA | READS_EVENT |
				READS_PROPERTIES | READS_CLOCK,
			"a rule about events",
			"it is asked while the event comes in, before it is scored",
			"ask for event.*, lead.*, account.* and persona"},
	[COND_ENTRY] = {READS_LEAD | READS_PROFILE | READS_COMPANY | READS_EVENT |
				READS_PROPERTIES | READS_CLOCK,
			"an entry rule", "it is asked once, when the first event comes in",
			"ask for event.*, lead.* and account.*"},
	[COND_TIER] = {READS_LEAD | READS_PROFILE | READS_COMPANY | READS_PERSONA | READS_FEATURES |
			       READS_SCORES | READS_CLOCK,
		       "a tier", "a tier changes without an event as well, when points fade",
		       "ask for fit, engagement, score, feature.*, lead.*, account.* and persona"},
	[COND_ENTER] = {READS_ALL_BUT_EVENT | READS_EVENT | READS_PROPERTIES, "`enter:`", "", ""},
	[COND_STEP] =
		{READS_ALL_BUT_EVENT, "a step or an `exit:`",
		 "it is asked when a wait is over, without an event",
		 "ask for lead.*, account.*, persona, scores, feature.*, touches.*; or make it "
		 "a trigger"},
	[COND_TRIGGER] = {READS_ALL_BUT_EVENT | READS_EVENT | READS_PROPERTIES, "a trigger", "",
			  ""},
};

struct cond { /* one condition in hand */
	struct compile *c;
	const struct ynode *node;
	enum cond_place place;
	struct str text;
	unsigned reads;
	bool refused;
};

static struct program_problem *problem_in(struct cond *x, enum program_code code, size_t from,
					  size_t to)
{
	struct place where = ynode_range(x->node, x->c->ps->source, from, to);
	return problem_add(x->c->ps, code, where);
}

/* ---- what CEL says ---- */

static const struct {
	enum program_code code;
	const char *why;
} cel_codes[] = {
	[CEL_PROBLEM_SYNTAX] = {CODE_CEL_SYNTAX, "a condition that cannot be read cannot be asked"},
	[CEL_PROBLEM_UNKNOWN_NAME] = {CODE_CEL_NAME, "it would be false for everybody, for ever"},
	[CEL_PROBLEM_TYPE] = {CODE_CEL_TYPE,
			      "things of different kinds are never equal, larger or smaller"},
	[CEL_PROBLEM_REGEXP] = {CODE_CEL_LIMIT, "a pattern that cannot be read matches nothing"},
	[CEL_PROBLEM_LIMIT] = {CODE_CEL_LIMIT, "one condition must not slow down all leads"},
	[CEL_PROBLEM_UNSUPPORTED] = {CODE_CEL_LIMIT, "it is not part of the language here"},
};

/* The event carries what nobody declared: it can be asked for without a check. */
static void fix_unknown(struct cond *x, struct program_problem *p, struct str name)
{
	bool of_event =
		str_starts(x->text, STR("event.")) || str_find(x->text, STR(" event.")) < x->text.n;
	p->fix = STR("declare it under `fields:`, or use a field of docs/program.md");
	if (of_event && (places[x->place].may & READS_PROPERTIES) &&
	    schema_name_ok(NAME_IDENT, name))
		PROBLEM_TEXT(p, fix, x->c->ps->arena,
			     "declare it under `fields:`, or ask for event.properties." STR_FMT
			     ", which is not checked",
			     STR_ARG(name));
}

static bool is_open(struct str text, const char *pair)
{
	int open = 0;
	for (size_t i = 0; i < text.n; i++)
		open += (text.p[i] == pair[0]) - (text.p[i] == pair[1]);
	return open > 0;
}

/* YAML may have cut the condition short: behind ` #`, or at a comma inside { }. */
static struct str fix_syntax(const struct cond *x)
{
	struct str source = x->c->ps->source;
	size_t at = x->node->where.end;
	while (at < source.n && source.p[at] == ' ')
		at++;
	char next = at < source.n ? source.p[at] : '\n';
	if (x->node->style == YNODE_PLAIN && next == '#')
		return STR("` #` begins a comment: put the whole condition in single quotes");
	if (x->node->style == YNODE_PLAIN && next == ',' && is_open(x->text, "()"))
		return STR("inside { } a comma ends a value: put the whole condition in single "
			   "quotes");
	return STR("docs/cel.md has the language on one page");
}

/* The types of the fields in question: most often one is not what its reader took it for. */
static struct str fix_type(struct cond *x, size_t from, size_t to)
{
	struct buf b;
	buf_init_arena(&b, x->c->ps->arena, 1024);
	for (size_t at = from; at < to && at < x->text.n;) {
		struct str path;
		const struct facts_field *f = compile_field_at(x->c, x->text, &at, &path);
		if (f)
			buf_printf(&b, "%s" STR_FMT " is %s", b.n ? ", " : "", STR_ARG(path),
				   field_type_name(f->type));
	}
	if (b.n == 0)
		return STR("docs/cel.md has the language on one page");
	buf_z(&b, "; compare alike with alike, or declare another type under `fields:`");
	return buf_view(&b);
}

static void say_cel(struct cond *x, const struct cel_problem *cp)
{
	struct arena *a = x->c->ps->arena;
	size_t end = (size_t)cp->offset + (cp->length ? cp->length : 1);
	struct compile_meant m = {cp->offset, end, STR_NULL};
	bool name = cp->code == CEL_PROBLEM_UNKNOWN_NAME;
	struct str said = str_slice(x->text, cp->offset, end);
	bool meant = cp->code == CEL_PROBLEM_TYPE ? compile_literal_meant(x->c, x->text, &m)
		     : name || cp->code == CEL_PROBLEM_SYNTAX ? compile_meant(x->c, x->text, &m)
							      : false;
	if (!meant)
		m = (struct compile_meant){cp->offset, end, str_of(cp->suggestion)};
	struct program_problem *p = problem_in(x, cel_codes[cp->code].code, m.from, m.to);
	PROBLEM_TEXT(p, message, a, "%s", cp->text);
	p->why = str_of(cel_codes[cp->code].why);
	p->suggestion = arena_str(a, m.text);
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, a, "did you mean \"" STR_FMT "\"?", STR_ARG(p->suggestion));
	else if (name)
		fix_unknown(x, p, said);
	else if (cp->code == CEL_PROBLEM_TYPE)
		p->fix = fix_type(x, cp->offset, end);
	else
		p->fix = fix_syntax(x);
}

/* ---- what may be asked where ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The place of a name as a whole word, or the text's length. */
static size_t find_word(struct str text, struct str name, size_t from)
{
	for (size_t at = from; at + name.n <= text.n; at++) {
		size_t end = at + name.n;
		bool before = at > 0 && (is_word(text.p[at - 1]) || text.p[at - 1] == '.');
		bool behind = end < text.n && is_word(text.p[end]);
		if (!before && !behind && memcmp(text.p + at, name.p, name.n) == 0)
			return at;
	}
	return text.n;
}

static void on_field(void *ctx, uint32_t slot, uint32_t field, struct str name)
{
	struct cond *x = ctx;
	unsigned reads = facts_env_reads(x->c->env, slot, field);
	x->reads |= reads;
	if ((reads & ~places[x->place].may) == 0)
		return;
	struct arena *a = x->c->ps->arena;
	size_t at = find_word(x->text, name, 0);
	size_t end = at < x->text.n ? at + name.n : x->text.n;
	struct program_problem *p = problem_in(x, CODE_CEL_PLACE, at < x->text.n ? at : 0, end);
	PROBLEM_TEXT(p, message, a, STR_FMT " cannot be asked in %s", STR_ARG(name),
		     places[x->place].about);
	p->why = str_of(places[x->place].why);
	p->fix = str_of(places[x->place].fix);
	x->refused = true;
}

/* ---- names in quotes ---- */

static size_t skip_space(struct str t, size_t at)
{
	while (at < t.n && (t.p[at] == ' ' || t.p[at] == '\n' || t.p[at] == '\t'))
		at++;
	return at;
}

static bool known_persona(struct compile *c, struct str name, struct suggest *s)
{
	const struct ynode *section = ynode_get(c->root, "personas");
	for (const struct ynode *n = section && section->kind == YNODE_MAP ? section->first : NULL;
	     n; n = n->next) {
		if (str_eq(n->key->text, name))
			return true;
		suggest_offer(s, n->key->text);
	}
	return name.n == 0; /* nobody matched */
}

static bool known_tier(struct compile *c, struct str name, struct suggest *s)
{
	enum tier t;
	(void)c;
	for (int i = 0; i < TIER_COUNT; i++)
		suggest_offer(s, str_of(tier_name((enum tier)i)));
	return tier_of(name, &t);
}

static bool known_track(struct compile *c, struct str name, struct suggest *s)
{
	const struct ynode *section = ynode_get(c->root, "tracks");
	for (const struct ynode *n = section && section->kind == YNODE_MAP ? section->first : NULL;
	     n; n = n->next) {
		if (str_eq(n->key->text, name))
			return true;
		suggest_offer(s, n->key->text);
	}
	return name.n == 0; /* on no track */
}

static bool known_stage(struct compile *c, struct str name, struct suggest *s)
{
	const struct ynode *section = ynode_get(c->root, "tracks");
	for (const struct ynode *n = section && section->kind == YNODE_MAP ? section->first : NULL;
	     n; n = n->next) {
		struct str stage = value_text(ynode_get(n, "stage"));
		if (str_eq(stage, name))
			return true;
		if (stage.n)
			suggest_offer(s, stage);
	}
	return name.n == 0;
}

static bool known_step(struct compile *c, struct str name, struct suggest *s)
{
	const struct ynode *section = ynode_get(c->root, "tracks");
	for (const struct ynode *n = section && section->kind == YNODE_MAP ? section->first : NULL;
	     n; n = n->next) {
		const struct ynode *steps = ynode_get(n, "sequence");
		for (const struct ynode *y = steps ? steps->first : NULL; y; y = y->next) {
			struct str own = value_text(ynode_get(y, "name"));
			own = own.n ? own : value_text(ynode_get(y, "send"));
			if (str_eq(own, name))
				return true;
			if (own.n)
				suggest_offer(s, own);
		}
	}
	return name.n == 0;
}

static const struct {
	const char *variable, *what, *declared;
	bool (*known)(struct compile *c, struct str name, struct suggest *s);
} name_sets[] = {
	{"persona", "persona", "not listed under `personas:`", known_persona},
	{"tier", "tier", "tiers are hot, warm and cold", known_tier},
	{"track", "track", "not listed under `tracks:`", known_track},
	{"stage", "stage", "no track has this `stage:`", known_stage},
	{"step", "step", "no track has a step of this name", known_step},
};

/* A quoted name at `at`; says so when nothing has it. Returns the byte behind it. */
static size_t check_quoted(struct cond *x, size_t at, size_t set)
{
	char quote = x->text.p[at];
	size_t end = at + 1;
	while (end < x->text.n && x->text.p[end] != quote && x->text.p[end] != '\\')
		end++;
	struct str name = str_slice(x->text, at + 1, end);
	struct suggest s;
	suggest_init(&s, name);
	if (end >= x->text.n || x->text.p[end] != quote || name_sets[set].known(x->c, name, &s))
		return end + 1;
	struct arena *a = x->c->ps->arena;
	struct program_problem *p = problem_in(x, CODE_REFERENCE, at + 1, end);
	PROBLEM_TEXT(p, message, a, "no %s called \"" STR_FMT "\"", name_sets[set].what,
		     STR_ARG(name));
	p->label = str_of(name_sets[set].declared);
	p->why = STR("the condition would never hold for anybody");
	p->suggestion = suggest_best(&s);
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, a, "did you mean \"" STR_FMT "\"?", STR_ARG(p->suggestion));
	else
		PROBLEM_TEXT(p, fix, a, "%s", name_sets[set].declared);
	return end + 1;
}

/* persona == "x", persona != "x", persona in ["x", "y"]. */
static void check_comparison(struct cond *x, size_t at, size_t set)
{
	struct str t = x->text;
	at = skip_space(t, at);
	bool list = at + 2 < t.n && memcmp(t.p + at, "in", 2) == 0 && !is_word(t.p[at + 2]);
	bool equal = at + 1 < t.n && t.p[at + 1] == '=' && (t.p[at] == '=' || t.p[at] == '!');
	if (!list && !equal)
		return;
	at = skip_space(t, at + 2);
	if (list) {
		if (at >= t.n || t.p[at] != '[')
			return;
		at = skip_space(t, at + 1);
	}
	while (at < t.n && (t.p[at] == '"' || t.p[at] == '\'')) {
		at = skip_space(t, check_quoted(x, at, set));
		if (!list || at >= t.n || t.p[at] != ',')
			return;
		at = skip_space(t, at + 1);
	}
}

static void check_names(struct cond *x)
{
	for (size_t set = 0; set < sizeof name_sets / sizeof *name_sets; set++) {
		struct str name = str_of(name_sets[set].variable);
		for (size_t at = find_word(x->text, name, 0); at < x->text.n;
		     at = find_word(x->text, name, at + 1))
			check_comparison(x, at + name.n, set);
	}
}

/* ---- one condition ---- */

static void warn_constant(struct cond *x)
{
	if (x->reads || str_is(str_trim(x->text), "true"))
		return;
	struct program_problem *p = problem_in(x, CODE_NEVER_TRUE, 0, x->text.n);
	p->message = STR("this is the same for everybody");
	p->why = STR("it asks nothing about a lead or an event");
	p->fix = STR("ask for a field, or write true");
}

void compile_cond(struct compile *c, const struct ynode *n, enum cond_place place,
		  struct program_cond *out)
{
	struct cel_problems problems;
	struct cel_prog *prog = NULL;
	if (n == NULL || n->bad || n->kind != YNODE_SCALAR)
		return;
	struct cond x = {.c = c, .node = n, .place = place, .text = n->text};
	while (x.text.n && x.text.p[x.text.n - 1] == '\n') /* what | and > leave behind */
		x.text.n--;
	enum status st = cel_compile_all(&c->env->cel, x.text, (struct cel_options){0}, c->arena,
					 &prog, &problems);
	for (size_t i = 0; st != ST_OK && i < problems.n; i++)
		say_cel(&x, &problems.list[i]);
	if (st != ST_OK)
		return;
	enum cel_kind kind = cel_prog_type(prog)->kind;
	if (kind != CEL_BOOL && kind != CEL_DYN) {
		struct buf type;
		buf_init_arena(&type, c->ps->arena, 256);
		cel_type_text(cel_prog_type(prog), &type);
		struct program_problem *p = problem_in(&x, CODE_CEL_BOOL, 0, x.text.n);
		PROBLEM_TEXT(p, message, c->ps->arena, "this comes out as %s, not as true or false",
			     type.n ? (const char *)arena_strz(c->ps->arena, buf_view(&type))
				    : "something");
		p->why = STR("a condition is a yes-or-no question");
		p->fix = STR("compare it: == != < <= > >= in, or .matches(\"...\")");
		return;
	}
	cel_fields(prog, on_field, &x);
	check_names(&x);
	if (!x.refused)
		warn_constant(&x);
	out->prog = prog;
	out->text = compile_text(c, x.text);
	out->reads = x.reads;
	compile_at(c, ynode_range(n, c->ps->source, 0, 0).at, &out->line, &out->col);
}

void compile_on(struct compile *c, struct str of, const struct ynode *where, struct program_on *out)
{
	*out = (struct program_on){.any = of.n == 0 || str_is(of, "*")};
	if (!out->any) {
		out->family = str_ends(of, STR(".*"));
		out->type = compile_text(c, str_slice(of, 0, out->family ? of.n - 2 : of.n));
	}
	compile_cond(c, where, COND_EVENT, &out->where);
}
