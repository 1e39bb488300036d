/* SPDX-License-Identifier: Apache-2.0
 * check_value.c: single values, one row per kind. Each says what it is not, and where it can what
 * was meant: "14 days" is 14d, 40 as a share is 40%, "Signed Up" arrives as signed_up. */
#include "program/check.h"

#include "base/assert.h"
#include "base/time.h"

struct program_problem *value_refuse(struct value *v, enum program_code code)
{
	v->node->bad = true;
	return problem_add(v->ps, code, v->node->where);
}

static void quoted_suggestion(struct value *v, struct program_problem *p)
{
	PROBLEM_TEXT(p, suggestion, v->arena, "\"" STR_FMT "\"", STR_ARG(v->text));
	PROBLEM_TEXT(p, fix, v->arena, "put it in quotes: \"" STR_FMT "\"", STR_ARG(v->text));
}

/* Text that YAML 1.1 tools would not take for text. */
static bool refuse_yaml_word(struct value *v)
{
	if (v->node->style != YNODE_PLAIN || !ynode_is_yaml_word(v->text))
		return false;
	struct program_problem *p = value_refuse(v, CODE_YAML_WORD);
	PROBLEM_TEXT(p, message, v->arena, "`" STR_FMT "` is not text to many YAML tools",
		     STR_ARG(v->text));
	p->why = STR("YAML 1.1 reads yes, no, on, off, y, n, true and false as truth values");
	quoted_suggestion(v, p);
	return true;
}

static void check_text(struct value *v)
{
	if (refuse_yaml_word(v))
		return;
	if (v->text.n == 0) {
		struct program_problem *p = value_refuse(v, CODE_EMPTY);
		PROBLEM_TEXT(p, message, v->arena, "`" STR_FMT ":` is empty text",
			     STR_ARG(v->under));
		PROBLEM_TEXT(p, fix, v->arena, "write %s, or take the key out", v->type->what);
		p->why = STR("a key without a value says nothing");
	} else if ((double)v->text.n > v->type->max) {
		struct program_problem *p = value_refuse(v, CODE_TEXT_LONG);
		PROBLEM_TEXT(p, message, v->arena,
			     "`" STR_FMT ":` has %zu bytes of text, %g at most", STR_ARG(v->under),
			     v->text.n, v->type->max);
		p->fix = STR("shorten it");
		p->why = STR("it is shown on one line");
	}
}

/* Small letters and underscores in place of what a name may not have. */
static struct str slug_of(struct value *v, enum schema_name shape)
{
	struct buf b;
	buf_init_arena(&b, v->arena, 128);
	bool lower = shape == NAME_SLUG || shape == NAME_EVENT;
	for (size_t i = 0; i < v->text.n; i++) {
		char c = v->text.p[i];
		if (lower && c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		bool gap = c == ' ' || c == '/' || (c == '-' && shape == NAME_IDENT);
		buf_byte(&b, gap ? (shape == NAME_SLUG ? '-' : '_') : c);
	}
	return buf_ok(&b) && schema_name_ok(shape, buf_view(&b)) ? buf_view(&b) : STR_NULL;
}

static void check_name(struct value *v)
{
	if (refuse_yaml_word(v))
		return;
	if (schema_name_ok(v->type->name, v->text) && (double)v->text.n <= v->type->max)
		return;
	struct program_problem *p = value_refuse(v, CODE_NAME);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" cannot be a name here",
		     STR_ARG(v->text));
	PROBLEM_TEXT(p, fix, v->arena, "use %s, %g at most", schema_name_words(v->type->name),
		     v->type->max);
	p->why = STR("conditions, keys and the ledger could not say it");
	p->suggestion = slug_of(v, v->type->name);
	if (p->suggestion.n > 0 && (double)p->suggestion.n <= v->type->max)
		PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT, STR_ARG(p->suggestion));
	else
		p->suggestion = STR_NULL;
}

/* ---- numbers ---- */

/* The number inside "40 points", "1,000", "+5", "08", ".5": digits with one point and a minus. */
static struct str number_meant(struct value *v)
{
	struct buf b;
	double d;
	buf_init_arena(&b, v->arena, 40);
	struct str s = str_trim(v->text);
	bool minus = s.n && s.p[0] == '-', point = false;
	size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
	for (; i < s.n; i++) {
		char c = s.p[i];
		if (c == ',' || c == '_')
			continue;
		if ((c < '0' || c > '9') && (c != '.' || point))
			break;
		point = point || c == '.';
		if (c == '0' && b.n == 0 && i + 1 < s.n && s.p[i + 1] >= '0' && s.p[i + 1] <= '9')
			continue;
		if (c == '.' && b.n == 0)
			buf_byte(&b, '0');
		buf_byte(&b, c);
	}
	for (size_t j = i; j < s.n; j++) /* 3e5x and 0x10 are not "3" and "0" */
		if (s.p[j] >= '0' && s.p[j] <= '9')
			return STR_NULL;
	struct str digits = buf_view(&b);
	struct str all = minus ? arena_printf(v->arena, "-" STR_FMT, STR_ARG(digits)) : digits;
	return str_to_f64(all, &d) ? all : STR_NULL;
}

static void refuse_number(struct value *v)
{
	struct program_problem *p = value_refuse(v, CODE_NUMBER);
	bool quoted = v->node->style != YNODE_PLAIN;
	PROBLEM_TEXT(p, message, v->arena,
		     quoted ? "\"" STR_FMT "\" in quotes is text, not a number"
			    : "\"" STR_FMT "\" is not a number",
		     STR_ARG(v->text));
	p->suggestion = number_meant(v);
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT, STR_ARG(p->suggestion));
	else
		PROBLEM_TEXT(p, fix, v->arena, "write %s as digits: 40, -5, 2.5", v->type->what);
	p->why = STR("scores are sums of numbers");
}

static bool in_range(struct value *v, double d, const char *unit)
{
	const struct schema_type *t = v->type;
	if (d >= t->min && d <= t->max)
		return true;
	struct program_problem *p = value_refuse(v, CODE_RANGE);
	bool above = d > t->max;
	PROBLEM_TEXT(p, message, v->arena, STR_FMT ": " STR_FMT " is %s the limit of %g%s",
		     STR_ARG(v->under), STR_ARG(v->text), above ? "above" : "below",
		     above ? t->max : t->min, unit);
	PROBLEM_TEXT(p, fix, v->arena, "%g%s to %g%s", t->min, unit, t->max, unit);
	p->why = STR("within these limits it does what the key is for");
	if (t->cents)
		p->why = STR("scores live between 0 and 100");
	else if (t->kind == SCHEMA_DURATION && above)
		p->why = STR("nothing here lasts longer");
	if (t->kind == SCHEMA_INT)
		p->why = STR("the limits protect the people written to, and your sender");
	else if (t->kind == SCHEMA_DURATION && !above)
		p->why = STR("in less time it would be over before anybody has looked");
	return false;
}

static bool is_whole(struct value *v, double d)
{
	if (v->type->kind != SCHEMA_INT || d == (double)(int64_t)d)
		return true;
	struct program_problem *p = value_refuse(v, CODE_NUMBER);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is not a whole number",
		     STR_ARG(v->text));
	PROBLEM_TEXT(p, suggestion, v->arena, "%lld", (long long)d);
	PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT, STR_ARG(p->suggestion));
	p->why = STR("things are counted one by one");
	return false;
}

static void check_number(struct value *v)
{
	double d;
	if (v->node->style != YNODE_PLAIN || !str_to_f64(v->text, &d)) {
		refuse_number(v);
		return;
	}
	if (!in_range(v, d, "") || !is_whole(v, d))
		return;
	double cents = d * 100;
	if (v->type->cents && (cents - (double)(int64_t)cents) * 1000 > 1 &&
	    (cents - (double)(int64_t)cents) * 1000 < 999) {
		struct program_problem *p = problem_add(v->ps, CODE_POINTS_FINE, v->node->where);
		PROBLEM_TEXT(p, message, v->arena, STR_FMT " is finer than a hundredth",
			     STR_ARG(v->text));
		p->why = STR("points are kept in hundredths, so that the ledger adds up exactly");
		p->fix = STR("two digits behind the point are enough");
	}
}

static bool share_of(struct str s, double *out_r)
{
	bool percent = str_ends(s, STR("%"));
	double d;
	if (percent)
		s.n--;
	if (!str_to_f64(str_trim(s), &d))
		return false;
	*out_r = percent ? d / 100 : d;
	return true;
}

static void check_share(struct value *v)
{
	double d;
	bool number = share_of(v->text, &d);
	if (number && d >= 0 && d <= 1)
		return;
	struct program_problem *p = value_refuse(v, CODE_SHARE);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is not a share", STR_ARG(v->text));
	p->fix = STR("write a number from 0 to 1, or a percentage up to 100%");
	p->why = STR("a share is a part of the whole: 0 is none of it, 1 and 100% are all");
	if (number && d > 1 && d <= 100 && !str_ends(v->text, STR("%"))) {
		PROBLEM_TEXT(p, suggestion, v->arena, STR_FMT "%%", STR_ARG(v->text));
		PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT, STR_ARG(p->suggestion));
	}
}

/* ---- durations ---- */

/* "14 days" -> "14d", "2 weeks" -> "2w", "14" -> "14d": a number and the first letter of a unit. */
struct str value_duration_meant(struct value *v)
{
	static const struct {
		const char *word;
		const char *unit;
		int times;
	} units[] = {{"seconds", "s", 1}, {"secs", "s", 1},  {"minutes", "m", 1},
		     {"mins", "m", 1},    {"hours", "h", 1}, {"hrs", "h", 1},
		     {"days", "d", 1},    {"weeks", "w", 1}, {"months", "d", 30},
		     {"years", "d", 365}};
	struct str s = str_trim(v->text);
	size_t n = 0;
	int64_t number;
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	struct str word = str_trim(str_slice(s, n, s.n));
	if (n == 0 || n > 6 || !str_to_i64(str_slice(s, 0, n), &number))
		return STR_NULL;
	if (word.n == 0)
		return arena_printf(v->arena, "%lldd", (long long)number);
	if (word.n == 1 && strchr("smhdwSMHDW", word.p[0]))
		return arena_printf(v->arena, "%lld%c", (long long)number, word.p[0] | 32);
	for (size_t i = 0; word.n > 1 && i < sizeof units / sizeof *units; i++) {
		struct str u = str_of(units[i].word);
		if (str_eq_nocase(str_slice(u, 0, word.n), word))
			return arena_printf(v->arena, "%lld%s", (long long)number * units[i].times,
					    units[i].unit);
	}
	return STR_NULL;
}

static void check_duration(struct value *v)
{
	int64_t us;
	if (duration_parse(v->text, &us)) {
		(void)in_range(v, (double)us / (double)US_PER_D, "d"); /* marks the node */
		return;
	}
	struct program_problem *p = value_refuse(v, CODE_DURATION);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is not a duration", STR_ARG(v->text));
	p->suggestion = value_duration_meant(v);
	PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT " (units s m h d w)",
		     STR_ARG(p->suggestion.n ? p->suggestion : STR("14d")));
	p->why = STR("a number without its unit could mean hours or weeks");
}

/* ---- words ---- */

static void check_bool(struct value *v)
{
	if (v->node->style == YNODE_PLAIN && (str_is(v->text, "true") || str_is(v->text, "false")))
		return;
	struct program_problem *p = value_refuse(v, CODE_BOOL);
	static const char *const yes[] = {"y", "yes", "on", "true", "1"}, *const no[] = {
										  "n", "no", "off",
										  "false", "0"};
	for (size_t i = 0; i < 5; i++) {
		if (str_eq_nocase(v->text, str_of(yes[i])))
			p->suggestion = STR("true");
		if (str_eq_nocase(v->text, str_of(no[i])))
			p->suggestion = STR("false");
	}
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is neither true nor false",
		     STR_ARG(v->text));
	PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT,
		     STR_ARG(p->suggestion.n ? p->suggestion : STR("true or false")));
	p->why = STR("yes, no, on and off mean different things to different YAML tools");
}

static void check_word(struct value *v)
{
	struct suggest s;
	struct buf list;
	suggest_init(&s, v->text);
	buf_init_arena(&list, v->arena, 512);
	for (size_t i = 0; v->type->words[i]; i++) {
		if (str_is(v->text, v->type->words[i]))
			return;
		suggest_offer(&s, str_of(v->type->words[i]));
		buf_printf(&list, "%s%s", i ? ", " : "", v->type->words[i]);
	}
	struct program_problem *p = value_refuse(v, CODE_WORD);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is not %s", STR_ARG(v->text),
		     v->type->what);
	p->suggestion = suggest_best(&s);
	if (str_is(v->text, "legitimate_interest"))
		p->suggestion = STR("opt_out");
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, v->arena, "did you mean \"" STR_FMT "\"? (" STR_FMT ")",
			     STR_ARG(p->suggestion), STR_ARG(buf_view(&list)));
	else
		PROBLEM_TEXT(p, fix, v->arena, "use one of " STR_FMT, STR_ARG(buf_view(&list)));
	p->why = STR("only these words have a meaning here");
}

static void check_event(struct value *v)
{
	bool family = str_is(v->text, "*") || str_ends(v->text, STR(".*"));
	if (refuse_yaml_word(v))
		return;
	bool known = schema_name_ok(NAME_EVENT, v->text) && v->text.n <= 100;
	if (known && (v->type->family || !family))
		return;
	struct program_problem *p = value_refuse(v, CODE_EVENT_TYPE);
	if (known) {
		PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is a family of events",
			     STR_ARG(v->text));
		p->fix = STR("name one type");
		p->why = STR("one exact type belongs here");
		return;
	}
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" cannot be an event type",
		     STR_ARG(v->text));
	p->suggestion = slug_of(v, NAME_EVENT);
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT, STR_ARG(p->suggestion));
	else
		PROBLEM_TEXT(p, fix, v->arena, "use %s", schema_name_words(NAME_EVENT));
	p->why = STR("no event would ever have this type");
}

/* ---- addresses, countries ---- */

static bool email_ok(struct str s)
{
	size_t at = str_find_byte(s, '@');
	struct str domain = str_slice(s, at + 1, s.n);
	if (at == 0 || at >= s.n || at > 64 || domain.n > 253)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || strchr("<>()[],;:\\\"", s.p[i]))
			return false;
	size_t dot = str_find_byte(domain, '.');
	if (dot == 0 || dot >= domain.n || domain.p[domain.n - 1] == '.')
		return false;
	return str_find_byte(domain, '@') == domain.n && str_find(domain, STR("..")) == domain.n;
}

static void check_email(struct value *v)
{
	if (email_ok(v->text))
		return;
	struct program_problem *p = value_refuse(v, CODE_EMAIL);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is not an e-mail address",
		     STR_ARG(v->text));
	p->fix = STR("write one address: ines@mail.example.com");
	p->why = STR("people answer to it, and mail servers refuse it otherwise");
	size_t open = str_find_byte(v->text, '<'), close = str_find_byte(v->text, '>');
	struct str inner = open < close ? str_slice(v->text, open + 1, close) : STR_NULL;
	if (email_ok(inner)) { /* "Ines <ines@example.com>": the name has a key of its own */
		p->suggestion = inner;
		PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT "; the name goes to `name:`",
			     STR_ARG(inner));
	}
}

static void check_country(struct value *v)
{
	if (refuse_yaml_word(v) || country_known(v->text))
		return;
	struct program_problem *p = value_refuse(v, CODE_COUNTRY);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is not a country code",
		     STR_ARG(v->text));
	p->suggestion = country_meant(v->text);
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT, STR_ARG(p->suggestion));
	else
		p->fix = STR("write two capital letters: DE, FR, GB, US");
	p->why = STR("leads carry ISO 3166-1 codes; this would match nobody");
}

static void check_version(struct value *v)
{
	if (str_is(v->text, "1") && v->node->style == YNODE_PLAIN)
		return;
	struct program_problem *p = value_refuse(v, CODE_FORMAT_VERSION);
	PROBLEM_TEXT(p, message, v->arena, "format version \"" STR_FMT "\"", STR_ARG(v->text));
	p->label = STR("this release reads version 1");
	p->suggestion = STR("1");
	p->fix = STR("write nurture: 1");
	p->why = STR("another version may mean other things by the same keys");
}

static void check_cel(struct value *v)
{
	if (str_trim(v->text).n)
		return;
	struct program_problem *p = value_refuse(v, CODE_EMPTY);
	PROBLEM_TEXT(p, message, v->arena, "`" STR_FMT ":` is empty", STR_ARG(v->under));
	p->fix = STR("write a condition, or take the key out: no condition holds for everybody");
	p->why = STR("a condition that says nothing cannot be checked");
}

static void (*const checks[SCHEMA_KIND_COUNT])(struct value *) = {
	[SCHEMA_TEXT] = check_text,         [SCHEMA_NAME] = check_name,
	[SCHEMA_NUMBER] = check_number,     [SCHEMA_INT] = check_number,
	[SCHEMA_DURATION] = check_duration, [SCHEMA_SHARE] = check_share,
	[SCHEMA_BOOL] = check_bool,         [SCHEMA_WORD] = check_word,
	[SCHEMA_CEL] = check_cel,           [SCHEMA_EMAIL] = check_email,
	[SCHEMA_COUNTRY] = check_country,   [SCHEMA_EVENT] = check_event,
	[SCHEMA_VERSION] = check_version,   [SCHEMA_SPAN] = check_span,
	[SCHEMA_CLOCK] = check_clock,       [SCHEMA_DATE] = check_date,
	[SCHEMA_ZONE] = check_zone,         [SCHEMA_URL] = check_url,
	[SCHEMA_REENTRY] = check_reentry,
};

void check_value(struct ynode *n, const struct schema_type *t, struct str under,
		 struct problems *ps)
{
	struct value v = {n, t, n->text, under, ps, ps->arena};
	ASSERT(checks[t->kind] != NULL);
	checks[t->kind](&v);
}

/* ---- reading what passed ---- */

static bool readable(const struct ynode *n)
{
	return n && !n->bad && n->kind == YNODE_SCALAR;
}

bool value_number(const struct ynode *n, double *out_r)
{
	return readable(n) && str_to_f64(n->text, out_r);
}

bool value_count(const struct ynode *n, unsigned *out_r)
{
	double d;
	if (!value_number(n, &d) || d < 0 || d > 1e9)
		return false;
	*out_r = (unsigned)d;
	return true;
}

bool value_share(const struct ynode *n, double *out_r)
{
	return readable(n) && share_of(n->text, out_r);
}

bool value_duration(const struct ynode *n, int64_t *us_r)
{
	return readable(n) && duration_parse(n->text, us_r);
}

bool value_bool(const struct ynode *n, bool *out_r)
{
	if (!readable(n))
		return false;
	*out_r = str_is(n->text, "true");
	return true;
}

struct str value_text(const struct ynode *n)
{
	return readable(n) ? n->text : STR_NULL;
}

int value_word(const struct ynode *n, const char *const *words)
{
	for (int i = 0; readable(n) && words[i]; i++)
		if (str_is(n->text, words[i]))
			return i;
	return -1;
}
