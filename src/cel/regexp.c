/* SPDX-License-Identifier: Apache-2.0
 * regexp.c: matches(), RE2's syntax on PCRE2's automaton.
 *
 * CEL promises RE2: no back references, no look-around, time linear in the text. libre2 is C++;
 * PCRE2's second matcher (pcre2_dfa_match) walks all alternatives at once and never backtracks,
 * so with a leading lazy ".*" one pass over the text decides. What that matcher or PCRE2's syntax
 * knows beyond RE2 is refused by a scan first, so a pattern means here what it means elsewhere.
 *
 * The compiled pattern lives on the caller's arena: PCRE2 is given the arena as its malloc. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "cel/value.h"

#include <pcre2.h>

#define CODE_BYTES_MAX 65536u /* {1000} of something large compiles into something huge */
#define PARENS_MAX 100
#define WORKSPACE_INTS_MAX 4096u

struct regexp {
	pcre2_code *code;
	uint32_t code_bytes;
};

static void *take(PCRE2_SIZE bytes, void *arena)
{
	return arena_alloc(arena, bytes);
}

static void give(void *p, void *arena)
{
	(void)p;
	(void)arena;
}

/* ---- the scan ---- */

struct scan {
	struct str in;
	size_t at;
	bool in_class, quoted; /* inside [...] or \Q...\E */
	/* Whether (?m) holds, by depth of parentheses. `$` is written for PCRE2 as what it means:
	 * its DFA gets $ wrong when PCRE2_DOLLAR_ENDONLY meets (?m) (seen in 10.42). */
	bool multiline[PARENS_MAX + 1];
	unsigned depth;
	bool can_repeat; /* a quantifier was just read: another makes it possessive */
	struct buf out;
	const char *why;
};

static char peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->in.n ? s->in.p[s->at + ahead] : '\0';
}

static bool refuse(struct scan *s, const char *why)
{
	s->why = why;
	return false;
}

static void keep(struct scan *s, size_t n)
{
	buf_str(&s->out, str_slice(s->in, s->at, s->at + n));
	s->at += n;
}

static bool scan_escape(struct scan *s)
{
	char c = peek(s, 1);
	if (c == '\0')
		return refuse(s, "a backslash ends it");
	if (c == 'v') { /* RE2: the vertical tab; PCRE2: all vertical space */
		buf_z(&s->out, "\\x0b");
		s->at += 2;
		return true;
	}
	if (c == 'Q' && !s->in_class) {
		s->quoted = true;
		keep(s, 2);
		return true;
	}
	if ((c >= '1' && c <= '9') || c == 'k' || c == 'g')
		return refuse(s, "back references are not supported");
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	if (letter && strchr("aftnrxdDsSwWpPzAbB", c) == NULL)
		return refuse(s, "it has an escape that RE2 does not know");
	if (letter && s->in_class && strchr("zAbB", c) != NULL)
		return refuse(s, "an escape in it has no meaning inside [...]");
	size_t n = 2;
	if (letter && strchr("pPx", c) != NULL && peek(s, 2) == '{')
		while (peek(s, n) != '\0' && peek(s, n - 1) != '}')
			n++;
	keep(s, n);
	return true;
}

static bool enter(struct scan *s)
{
	if (s->depth == PARENS_MAX)
		return refuse(s, "its parentheses are nested too deep");
	s->depth++;
	s->multiline[s->depth] = s->multiline[s->depth - 1];
	return true;
}

/* (?i), (?i:...), (?m-s): flags for the rest of the group around, or for a group of their own. */
static bool scan_flags(struct scan *s)
{
	size_t i = 2;
	bool on = true, multiline = s->multiline[s->depth];
	for (; peek(s, i) != '\0' && strchr("imsU-", peek(s, i)) != NULL; i++) {
		on = on && peek(s, i) != '-';
		multiline = peek(s, i) == 'm' ? on : multiline;
	}
	bool group = peek(s, i) == ':';
	if (!group && (peek(s, i) != ')' || i == 2))
		return refuse(s, "groups are (...), (?:...), (?i) and (?P<name>...); conditions, "
				 "recursion and atomic groups are not supported");
	if (group && !enter(s))
		return false;
	s->multiline[s->depth] = multiline;
	keep(s, i + 1);
	return true;
}

/* Behind "(?": flags and names only. */
static bool scan_group(struct scan *s)
{
	char c = peek(s, 2), d = peek(s, 3);
	if (c == '=' || c == '!' || (c == '<' && (d == '=' || d == '!')))
		return refuse(s, "look-ahead and look-behind are not supported");
	if (c == 'P' && d != '<')
		return refuse(s, "back references and recursion are not supported");
	if (c != 'P' && c != '<')
		return scan_flags(s);
	if (!enter(s))
		return false;
	keep(s, c == 'P' ? 4 : 3);
	return true;
}

static bool scan_paren(struct scan *s)
{
	if (peek(s, 0) == ')') {
		if (s->depth == 0)
			return refuse(s, "its parentheses do not match");
		s->depth--;
		keep(s, 1);
		return true;
	}
	if (peek(s, 1) == '*')
		return refuse(s, "verbs, (*...), are not supported");
	if (peek(s, 1) == '?')
		return scan_group(s);
	if (!enter(s))
		return false;
	keep(s, 1);
	return true;
}

/* {n}, {n,}, {n,m}: a quantifier with at most 1000; anything else is text. */
static bool scan_braces(struct scan *s, bool *quantifier)
{
	size_t i = 1;
	unsigned v = 0, most = 0;
	bool any = false, comma = false;
	for (;; i++) {
		char c = peek(s, i);
		if (c >= '0' && c <= '9' && v < 100000) {
			v = v * 10 + (unsigned)(c - '0');
			any = true;
		} else if (c == ',' && any && !comma) {
			comma = true;
			v = 0;
		} else {
			*quantifier = c == '}' && any;
			break;
		}
		most = v > most ? v : most;
	}
	if (*quantifier && most > 1000)
		return refuse(s, "a repetition of more than 1000 is not supported");
	if (*quantifier)
		keep(s, i + 1);
	return true;
}

static bool scan_class_end(struct scan *s)
{
	char c = peek(s, 0);
	if (c == '[' && peek(s, 1) == ':') { /* [:alpha:] */
		keep(s, 2);
		return true;
	}
	s->in_class = c != ']';
	keep(s, 1);
	return true;
}

static bool scan_quantifier(struct scan *s, char c)
{
	bool quantifier = c != '{';
	if (!quantifier && !scan_braces(s, &quantifier))
		return false;
	if (c == '{' && !quantifier) {
		buf_z(&s->out, "\\{");
		s->at++;
		s->can_repeat = false;
		return true;
	}
	if (c != '{')
		keep(s, 1);
	/* x*? is lazy; x*+ would be possessive, x** nonsense. */
	if (s->can_repeat && c != '?')
		return refuse(s, c == '+' ? "possessive repetition (x*+) is not supported"
					  : "a repetition has nothing to repeat");
	s->can_repeat = !s->can_repeat;
	return true;
}

static bool scan_one(struct scan *s)
{
	char c = peek(s, 0);
	if (s->quoted) {
		s->quoted = !(c == '\\' && peek(s, 1) == 'E');
		keep(s, s->quoted ? 1 : 2);
		return true;
	}
	if (strchr("*+?{", c) != NULL && c != '\0' && !s->in_class)
		return scan_quantifier(s, c);
	s->can_repeat = false;
	if (c == '\\')
		return scan_escape(s);
	if (s->in_class)
		return scan_class_end(s);
	if (c == '[') {
		s->in_class = true;
		keep(s, peek(s, 1) == '^' ? 2 : 1);
		if (peek(s, 0) == ']') /* []a] holds a bracket */
			keep(s, 1);
		return true;
	}
	if (c == '(' || c == ')')
		return scan_paren(s);
	if (c == '$' && !s->multiline[s->depth]) {
		buf_z(&s->out, "\\z");
		s->at++;
		return true;
	}
	keep(s, 1);
	return true;
}

static bool scan_pattern(struct scan *s)
{
	buf_z(&s->out, "(?s:.*?)(?:");
	while (s->at < s->in.n)
		if (!scan_one(s))
			return false;
	if (s->quoted)
		buf_z(&s->out, "\\E");
	if (s->in_class)
		return refuse(s, "a '[' is not closed");
	if (s->depth > 0)
		return refuse(s, "its parentheses do not match");
	buf_byte(&s->out, ')');
	return buf_ok(&s->out) || refuse(s, "it is too long");
}

/* ---- compiling ---- */

/* Words for the mistakes people make; the rest gets one sentence. */
static const char *why_text(int code)
{
	switch (code) {
	case 109: return "a repetition (* + ? {}) has nothing to repeat";
	case 114:
	case 122: return "its parentheses do not match";
	case 106: return "a '[' is not closed";
	case 108: return "a range in [...] is the wrong way round";
	case 147: return "it names a class of characters that does not exist";
	case 120: return "it is too large";
	default: return "it is no regular expression (RE2 syntax)";
	}
}

static pcre2_code *compile(struct str pattern, struct arena *a, const char **why_r)
{
	int code = 0;
	PCRE2_SIZE where = 0;
	pcre2_general_context *general = pcre2_general_context_create(take, give, a);
	pcre2_compile_context *c = general ? pcre2_compile_context_create(general) : NULL;
	*why_r = "there is no memory left for it";
	if (c == NULL)
		return NULL;
	(void)pcre2_set_newline(c, PCRE2_NEWLINE_LF);
	(void)pcre2_set_parens_nest_limit(c, PARENS_MAX);
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
				       PCRE2_UTF | PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C |
					       PCRE2_NO_AUTO_CAPTURE,
				       &code, &where, c);
	if (re == NULL)
		*why_r = why_text(code);
	return re;
}

const struct regexp *regexp_compile(struct str pattern, struct arena *a, const char **why_r)
{
	struct scan s = {.in = pattern};
	size_t bytes = 0;
	*why_r = "it is longer than 1000 bytes";
	if (pattern.n > CEL_REGEXP_BYTES_MAX)
		return NULL;
	buf_init_arena(&s.out, a, CEL_REGEXP_BYTES_MAX * 4 + 64);
	if (!scan_pattern(&s)) {
		*why_r = s.why;
		return NULL;
	}
	struct regexp *re = ARENA_NEW(a, struct regexp);
	pcre2_code *code = re ? compile(buf_view(&s.out), a, why_r) : NULL;
	if (code == NULL)
		return NULL;
	(void)pcre2_pattern_info(code, PCRE2_INFO_SIZE, &bytes);
	*why_r = "it is too large once its repetitions are written out";
	if (bytes > CODE_BYTES_MAX)
		return NULL;
	*re = (struct regexp){code, (uint32_t)bytes};
	return re;
}

/* ---- matching ---- */

/* PCRE2's answer, with room for so many states at a time. */
static int try_match(struct cel_run *r, const struct regexp *re, struct str subject, uint32_t ints)
{
	int rc = PCRE2_ERROR_NOMEMORY;
	struct arena_mark mark = arena_mark(r->scratch);
	pcre2_general_context *g = pcre2_general_context_create(take, give, r->scratch);
	pcre2_match_data *data = g ? pcre2_match_data_create(1, g) : NULL;
	int *workspace = ARENA_ARRAY(r->scratch, int, ints);
	if (data != NULL && workspace != NULL)
		rc = pcre2_dfa_match(re->code, (PCRE2_SPTR)(subject.p ? subject.p : ""), subject.n,
				     0, PCRE2_DFA_SHORTEST | PCRE2_NO_UTF_CHECK, data, NULL,
				     workspace, ints);
	arena_rewind(r->scratch, mark);
	return rc;
}

struct cel_value regexp_match(struct cel_run *r, const struct regexp *re, struct str subject)
{
	/* At every byte each live state is held against the others; measured, a step so counted
	 * stays below a few microseconds for the worst patterns and far below for honest ones. */
	uint64_t states = re->code_bytes / 48;
	uint64_t steps = 20 + subject.n * (1 + states * states / 4);
	if (!cel_charge(r, steps))
		return cel_fail_budget();
	int rc = PCRE2_ERROR_DFA_WSSIZE;
	for (uint32_t ints = 1024; ints <= WORKSPACE_INTS_MAX && rc == PCRE2_ERROR_DFA_WSSIZE;
	     ints *= 4)
		rc = try_match(r, re, subject, ints);
	if (rc == PCRE2_ERROR_NOMEMORY)
		return cel_fail_budget();
	if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
		return cel_of_bool(rc >= 0);
	return cel_fail("this pattern needs too much memory on this text: make it simpler");
}
