/* SPDX-License-Identifier: Apache-2.0
 * liquid.c: runs Liquid cases of two formats. Golden Liquid: one JSON object {tests: [{name,
 * template, data, templates, result | results | invalid}]}. liquid-spec: one JSON object a line
 * {name, template, environment, filesystem, expected | expected_pattern | errors, error_mode,
 * render_errors, features}. A case that is about something we leave out is skipped with its reason
 * and counted apart (docs/liquid.md). -v prints why a case failed. */
#include "conformance/suite.h"

#include "base/file.h"
#include "liquid/liquid.h"

#include <regex.h>
#include <stdio.h>

#define CASE_BYTES_MAX (256u << 20)
#define FILE_BYTES_MAX (64u << 20)
#define PARTIALS_MAX 256
#define CLOCK_US INT64_C(1704067318000000) /* 2024-01-01T00:01:58Z, what the cases were made at */

static const struct json_limits limits = {.depth_max = 64, .tokens_max = 1u << 20};

struct run {
	struct arena arena; /* of a case */
	struct json doc;    /* the document the case is in */
	bool verbose, golden, lenient;
	uint32_t files; /* partials of the case */
	struct str partial_names[PARTIALS_MAX];
	const struct liquid_template *partials[PARTIALS_MAX];
	size_t partial_count;
	unsigned skipped;
	char why[1024];
};

/* What is left out, and why: by name, or by a feature the case says it needs. */
static const struct {
	const char *name, *feature, *reason;
} left_out[] = {
	{"filters, reject, first argument is undefined", NULL,
	 "the reference itself refuses it: the property is no name"},
	{NULL, "shopify_resource_limits", "scores of the reference; ours are in docs/liquid.md"},
	{NULL, "lax_parsing", "lax parsing: a template with a mistake is refused"},
	{NULL, "shopify_error_format", "messages without their line"},
};

static struct str text_of(struct run *r, uint32_t node)
{
	struct str s = json_str(&r->doc, node, &r->arena);
	return s.p != NULL ? s : STR("");
}

static uint32_t member(const struct run *r, uint32_t c, const char *key)
{
	return json_get(&r->doc, c, key);
}

static bool is_true(const struct run *r, uint32_t c, const char *key)
{
	return json_is(&r->doc, member(r, c, key), JSON_TRUE);
}

/* A text or a list of texts has this one. */
static bool names(struct run *r, uint32_t list, const char *what)
{
	if (json_is(&r->doc, list, JSON_STRING))
		return str_is(text_of(r, list), what);
	uint32_t at = json_is(&r->doc, list, JSON_ARRAY) ? json_first(&r->doc, list) : JSON_NONE;
	for (; at != JSON_NONE; at = json_next(&r->doc, list, at))
		if (str_is(text_of(r, at), what))
			return true;
	return false;
}

static bool fail(struct run *r, const char *what, struct str detail)
{
	snprintf(r->why, sizeof r->why, "%s" STR_FMT, what, STR_ARG(detail));
	return false;
}

/* ---- the environment of a case ---- */

static bool same_name(struct str key, struct str name, bool any_case)
{
	if (str_ends(key, STR(".liquid")) && !str_ends(name, STR(".liquid")))
		key.n -= 7;
	return any_case ? str_eq_nocase(key, name) : str_eq(key, name);
}

static uint32_t file_named(struct run *r, struct str name)
{
	if (!json_is(&r->doc, r->files, JSON_OBJECT))
		return JSON_NONE;
	for (int any_case = 0; any_case < 2; any_case++) {
		uint32_t at = json_first(&r->doc, r->files);
		for (; at != JSON_NONE; at = json_next(&r->doc, r->files, at))
			if (same_name(text_of(r, json_key(&r->doc, at)), name, any_case))
				return at;
	}
	return JSON_NONE;
}

static enum status find_partial(void *ctx, struct str name, const struct liquid_template **out_r,
				struct liquid_problem *p)
{
	struct run *r = ctx;
	for (size_t i = 0; i < r->partial_count; i++) {
		if (!str_eq(name, r->partial_names[i]))
			continue;
		*out_r = r->partials[i];
		return ST_OK;
	}
	uint32_t file = file_named(r, name);
	if (file == JSON_NONE || r->partial_count == PARTIALS_MAX)
		return ST_NOT_FOUND;
	struct liquid_options o = {.name = name, .lenient = r->lenient, .late_filters = true};
	enum status st = liquid_compile(text_of(r, file), o, &r->arena, out_r, p);
	if (st == ST_OK) {
		r->partial_names[r->partial_count] = arena_str(&r->arena, name);
		r->partials[r->partial_count++] = *out_r;
	}
	return st;
}

static bool read_data(struct run *r, uint32_t node, struct json *out)
{
	struct err e;
	struct str text = json_is(&r->doc, node, JSON_OBJECT) ? json_raw(&r->doc, node) : STR("{}");
	return json_parse(text, limits, &r->arena, out, &e) == ST_OK ||
	       fail(r, "the data cannot be read: ", str_of(e.text));
}

/* ---- rendering ---- */

struct outcome {
	bool refused, rendered; /* refused: while compiling */
	struct str text;        /* output, or the message */
	uint32_t line;
};

static void message(struct run *r, const struct liquid_problem *p, struct outcome *out)
{
	out->refused = p->syntax;
	out->line = p->line;
	out->text = arena_printf(&r->arena, "Liquid %serror (%s%sline %u): %s",
				 p->syntax ? "syntax " : "", p->name, p->name[0] ? " " : "",
				 p->line, p->text);
}

static bool render(struct run *r, uint32_t c, struct outcome *out)
{
	const struct liquid_template *t;
	struct liquid_problem p;
	struct json data;
	struct buf b;
	struct liquid_options o = {.lenient = r->lenient, .late_filters = !r->golden};
	struct liquid_conf conf = {.now_us = CLOCK_US,
				   .inline_errors = is_true(r, c, "render_errors"),
				   .partial = find_partial,
				   .ctx = r};
	*out = (struct outcome){.text = STR("")};
	if (!read_data(r, member(r, c, r->golden ? "data" : "environment"), &data))
		return false;
	buf_init_arena(&b, &r->arena, LIQUID_OUTPUT_BYTES_MAX);
	enum status st = liquid_compile(text_of(r, member(r, c, "template")), o, &r->arena, &t, &p);
	if (st == ST_OK)
		st = liquid_render(t, &data, &conf, &r->arena, &b, &p);
	out->rendered = st == ST_OK;
	if (st == ST_OK)
		out->text = buf_view(&b);
	else
		message(r, &p, out);
	return true;
}

/* ---- what is expected ---- */

static bool any_result(struct run *r, uint32_t results, struct str got)
{
	uint32_t at = json_first(&r->doc, results);
	for (; at != JSON_NONE; at = json_next(&r->doc, results, at))
		if (str_eq(text_of(r, at), got))
			return true;
	return false;
}

static bool judge_golden(struct run *r, uint32_t c, const struct outcome *o)
{
	uint32_t results = member(r, c, "results");
	if (is_true(r, c, "invalid"))
		return !o->rendered || fail(r, "not refused, but ", o->text);
	if (!o->rendered)
		return fail(r, "", o->text);
	if (results != JSON_NONE)
		return any_result(r, results, o->text) || fail(r, "got ", o->text);
	return str_eq(o->text, text_of(r, member(r, c, "result"))) || fail(r, "got ", o->text);
}

static bool has_word(struct str text, struct str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++)
		if (str_eq_nocase(str_slice(text, i, i + word.n), word))
			return true;
	return false;
}

static bool has_words(struct run *r, uint32_t words, struct str text)
{
	uint32_t at = json_first(&r->doc, words);
	for (; at != JSON_NONE; at = json_next(&r->doc, words, at))
		if (!has_word(text, text_of(r, at)))
			return fail(r, "the words are not in: ", text);
	return true;
}

static bool judge_errors(struct run *r, uint32_t errors, const struct outcome *o)
{
	uint32_t parse = member(r, errors, "parse_error"), output = member(r, errors, "output");
	uint32_t words = member(r, errors, "render_error");
	int64_t line;
	if (output != JSON_NONE && !has_words(r, output, o->text))
		return false;
	if (parse == JSON_NONE && words == JSON_NONE)
		return true;
	if (o->rendered)
		return fail(r, "no error, but ", o->text);
	if (parse != JSON_NONE && !o->refused)
		return fail(r, "only when rendered: ", o->text);
	if (json_i64(&r->doc, member(r, errors, "line"), &line) && line != (int64_t)o->line)
		return fail(r, "another line: ", o->text);
	return has_words(r, parse != JSON_NONE ? parse : words, o->text);
}

/* Ruby's pattern in POSIX's letters: enough for the cases that have one. */
static bool judge_pattern(struct run *r, struct str pattern, const struct outcome *o)
{
	char text[1024], *to = text;
	regex_t re;
	for (size_t i = 0; i < pattern.n && to < text + sizeof text - 8; i++) {
		struct str rest = str_slice(pattern, i, pattern.n);
		if (str_starts(rest, STR("\\d"))) {
			memcpy(to, "[0-9]", 5);
			to += 5;
			i++;
		} else if (str_starts(rest, STR("(?m)"))) {
			i += 3;
		} else {
			*to++ = pattern.p[i];
		}
	}
	*to = '\0';
	if (regcomp(&re, text, REG_EXTENDED | REG_NOSUB) != 0)
		return fail(r, "cannot read the pattern ", pattern);
	int no = regexec(&re, arena_strz(&r->arena, o->text), 0, NULL, 0);
	regfree(&re);
	return (no == 0 && o->rendered) || fail(r, "does not match: ", o->text);
}

static bool judge_spec(struct run *r, uint32_t c, const struct outcome *o)
{
	uint32_t errors = member(r, c, "errors"), expected = member(r, c, "expected");
	uint32_t pattern = member(r, c, "expected_pattern");
	if (errors != JSON_NONE && !judge_errors(r, errors, o))
		return false;
	if (pattern != JSON_NONE)
		return judge_pattern(r, text_of(r, pattern), o);
	if (expected == JSON_NONE)
		return errors != JSON_NONE || fail(r, "the case expects nothing", STR(""));
	if (!o->rendered)
		return fail(r, "", o->text);
	return str_eq(o->text, text_of(r, expected)) || fail(r, "got ", o->text);
}

/* ---- one case ---- */

/* Why a case is not run; NULL: it is. */
static const char *reason_to_skip(struct run *r, uint32_t c, struct str name)
{
	uint32_t features = member(r, c, "features");
	for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
		if (left_out[i].name != NULL ? str_is(name, left_out[i].name)
					     : names(r, features, left_out[i].feature))
			return left_out[i].reason;
	return NULL;
}

static void run_case(struct run *r, uint32_t c, struct tally *t)
{
	struct outcome o = {.refused = false};
	arena_reset(&r->arena);
	uint32_t modes = member(r, c, "error_mode");
	struct str name = text_of(r, member(r, c, "name"));
	const char *reason = reason_to_skip(r, c, name);
	bool strict2 = names(r, modes, "strict2");
	bool lax = modes != JSON_NONE && !strict2 && !names(r, modes, "strict");
	r->why[0] = '\0';
	r->files = member(r, c, r->golden ? "templates" : "filesystem");
	r->partial_count = 0;
	r->lenient = r->golden || !strict2;
	bool ok = reason == NULL && render(r, c, &o) &&
		  (r->golden ? judge_golden(r, c, &o) : judge_spec(r, c, &o));
	if (reason == NULL && !ok && lax && o.refused)
		reason = "lax parsing: a template with a mistake is refused";
	if (reason != NULL) {
		r->skipped++;
		if (r->verbose)
			fprintf(stderr, "skipped " STR_FMT ": %s\n", STR_ARG(name), reason);
		return;
	}
	t->passed += ok;
	t->failed += !ok;
	if (!ok)
		fprintf(stderr, "FAILED " STR_FMT "%s%s\n", STR_ARG(name), r->verbose ? ": " : "",
			r->verbose ? r->why : "");
}

static void no_case(const char *path, const char *what, struct tally *t)
{
	fprintf(stderr, "FAILED %s: %s\n", path, what);
	t->failed++;
}

static void run_line(struct run *r, struct arena *a, struct str line, struct tally *t)
{
	struct json doc;
	struct err e;
	arena_reset(a);
	if (str_empty(str_trim(line)))
		return;
	if (json_parse(line, limits, a, &doc, &e) == ST_OK) {
		r->doc = doc;
		run_case(r, 0, t);
	} else if (str_find(line, STR("\\u0000")) < line.n) {
		r->skipped++; /* NUL is no text to us: base/json.h refuses it at the door */
	} else {
		no_case("a line", e.text, t);
	}
}

/* One object with all tests in it, or one object a line. */
static void run_text(struct run *r, struct arena *a, struct str text, struct tally *t)
{
	struct json doc;
	struct err e;
	r->golden = json_parse(text, limits, a, &doc, &e) == ST_OK &&
		    json_get(&doc, 0, "tests") != JSON_NONE;
	if (!r->golden) {
		while (text.p != NULL)
			run_line(r, a, str_cut(&text, '\n'), t);
		return;
	}
	uint32_t tests = json_get(&doc, 0, "tests"), at = json_first(&doc, tests);
	r->doc = doc;
	for (; at != JSON_NONE; at = json_next(&doc, tests, at))
		run_case(r, at, t);
}

static void run_file(struct run *r, const char *path, struct tally *t)
{
	struct arena a;
	struct str text;
	struct err e;
	arena_init(&a, CASE_BYTES_MAX);
	struct arena whole;
	arena_init(&whole, CASE_BYTES_MAX);
	if (file_read(path, FILE_BYTES_MAX, &whole, &text, &e) == ST_OK)
		run_text(r, &a, text, t);
	else
		no_case(path, e.text, t);
	arena_finish(&whole);
	arena_finish(&a);
}

void suite_liquid(int argc, char **argv, struct tally *t)
{
	static const char *const shipped[] = {"tests/conformance/cases/liquid_core.jsonl",
					      "tests/conformance/cases/liquid_filters.jsonl"};
	struct run *r = mem_alloc(sizeof *r);
	bool any = false;
	arena_init(&r->arena, CASE_BYTES_MAX);
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			r->verbose = true;
			continue;
		}
		run_file(r, argv[i], t);
		any = true;
	}
	for (size_t i = 0; !any && i < sizeof shipped / sizeof shipped[0]; i++)
		run_file(r, shipped[i], t);
	if (r->skipped > 0)
		printf("liquid: %u skipped (docs/liquid.md says which, and why)\n", r->skipped);
	arena_finish(&r->arena);
	mem_free(r);
}
