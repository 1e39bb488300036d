/* SPDX-License-Identifier: Apache-2.0
 * lex.c: by hand, because the lexis is small and a generated lexer would not know how to say
 * what is wrong. Numbers are decoded here, so that a literal out of range is a syntax error with
 * a place. */
#include "cel/lex.h"
#include "cel/text.h"

static bool is_ident_start(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool lex_reserved(struct str word)
{
	static const char *const words[] = {"as",   "break",    "const",     "continue", "else",
					    "for",  "function", "if",        "import",   "let",
					    "loop", "package",  "namespace", "return",   "var",
					    "void", "while"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(word, words[i]))
			return true;
	return false;
}

static char peek(const struct lexer *l, uint32_t ahead)
{
	size_t at = (size_t)l->at + ahead;
	return at < l->c->source.n ? l->c->source.p[at] : '\0';
}

static struct token token(const struct lexer *l, int kind, uint32_t at)
{
	return (struct token){
		.kind = kind, .at = at, .end = l->at, .text = str_slice(l->c->source, at, l->at)};
}

static struct token bad(struct lexer *l, uint32_t at, const char *why)
{
	compile_fail(l->c, CEL_PROBLEM_SYNTAX, at, l->at > at ? l->at : at + 1, "%s", why);
	return token(l, TOKEN_BAD, at);
}

static void skip_space(struct lexer *l)
{
	for (;;) {
		char c = peek(l, 0);
		if (c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r') {
			l->at++;
		} else if (c == '/' && peek(l, 1) == '/') {
			while (l->at < l->c->source.n && peek(l, 0) != '\n')
				l->at++;
		} else {
			return;
		}
	}
}

/* Where the closing quotes of the body at l->at start; false without any. */
static bool find_close(const struct lexer *l, char quote, bool triple, bool raw, uint32_t *end_r)
{
	struct str s = l->c->source;
	for (size_t i = l->at; i < s.n; i++) {
		char c = s.p[i];
		if (!triple && (c == '\n' || c == '\r'))
			return false;
		if (c == '\\' && !raw) {
			i++;
			continue;
		}
		if (c != quote)
			continue;
		if (!triple || (i + 2 < s.n && s.p[i + 1] == quote && s.p[i + 2] == quote)) {
			*end_r = (uint32_t)i;
			return true;
		}
	}
	return false;
}

static struct token lex_text(struct lexer *l, uint32_t at, bool bytes, bool raw)
{
	char quote = peek(l, 0);
	bool triple = peek(l, 1) == quote && peek(l, 2) == quote;
	l->at += triple ? 3 : 1;
	uint32_t body = l->at, end;
	if (!find_close(l, quote, triple, raw, &end))
		return bad(l, at, "this string has no closing quote on its line");
	l->at = end + (triple ? 3 : 1);
	struct str text = str_slice(l->c->source, body, end);
	if (!raw) {
		const char *why;
		size_t where;
		if (!literal_decode(text, bytes, l->c->arena, &text, &why, &where)) {
			uint32_t from = body + (uint32_t)where;
			compile_fail(l->c, CEL_PROBLEM_SYNTAX, from, from + 1, "%s", why);
			return token(l, TOKEN_BAD, at);
		}
	}
	struct token t = token(l, TOKEN_TEXT, at);
	t.value = bytes ? cel_of_bytes(text) : cel_of_str(text);
	return t;
}

/* Moves over digits; true when there was one. */
static bool digits(struct lexer *l, bool hex)
{
	uint32_t from = l->at;
	while (hex ? is_hex(peek(l, 0)) : is_digit(peek(l, 0)))
		l->at++;
	return l->at > from;
}

/* Fraction and exponent; true when the number is a double. */
static bool lex_fraction(struct lexer *l)
{
	bool real = false;
	if (peek(l, 0) == '.' && is_digit(peek(l, 1))) {
		l->at++;
		digits(l, false);
		real = true;
	}
	char sign = peek(l, 1);
	if ((peek(l, 0) == 'e' || peek(l, 0) == 'E') &&
	    (is_digit(sign) || ((sign == '+' || sign == '-') && is_digit(peek(l, 2))))) {
		l->at += 2;
		digits(l, false);
		real = true;
	}
	return real;
}

static struct token number_double(struct lexer *l, uint32_t at, uint32_t from, bool negative)
{
	double d;
	if (!text_to_double(str_slice(l->c->source, from, l->at), &d))
		return bad(l, at, "this number is too large for a double");
	struct token t = token(l, TOKEN_NUMBER, at);
	t.value = cel_of_double(negative ? -d : d);
	return t;
}

static bool hex_u64(struct str s, uint64_t *out_r)
{
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (v >> 60 != 0)
			return false;
		v = v << 4 | (uint64_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*out_r = v;
	return true;
}

static struct token number_integer(struct lexer *l, uint32_t at, uint32_t from, bool negative)
{
	struct str s = str_slice(l->c->source, from, l->at);
	bool hex = s.n > 2 && (s.p[1] == 'x' || s.p[1] == 'X');
	uint64_t v = 0;
	while (s.n > 1 && s.p[0] == '0' && !hex)
		s = str_slice(s, 1, s.n);
	bool fits = hex ? hex_u64(str_slice(s, 2, s.n), &v) : str_to_u64(s, &v);
	bool uint = peek(l, 0) == 'u' || peek(l, 0) == 'U';
	l->at += uint;
	struct token t = token(l, TOKEN_NUMBER, at);
	if (!fits || (!uint && v > (uint64_t)INT64_MAX + (negative ? 1 : 0)))
		return bad(l, at, "this whole number does not fit 64 bits");
	if (uint && negative)
		return bad(l, at, "an unsigned number cannot be negative");
	t.value = uint ? cel_of_uint(v) : cel_of_int(negative ? (int64_t)(0 - v) : (int64_t)v);
	return t;
}

struct token lex_number(struct lexer *l, uint32_t at, bool negative)
{
	uint32_t from = l->at;
	bool real = false;
	if (peek(l, 0) == '0' && (peek(l, 1) == 'x' || peek(l, 1) == 'X') && is_hex(peek(l, 2))) {
		l->at += 2;
		digits(l, true);
	} else {
		digits(l, false);
		real = lex_fraction(l);
	}
	struct token t =
		real ? number_double(l, at, from, negative) : number_integer(l, at, from, negative);
	if (t.kind != TOKEN_BAD && is_ident_start(peek(l, 0)))
		return bad(l, at, "a name cannot follow a number without a space or operator");
	return t;
}

static struct token lex_quoted(struct lexer *l, uint32_t at)
{
	l->at++;
	uint32_t from = l->at;
	for (;;) {
		char c = peek(l, 0);
		if (!is_ident_start(c) && !is_digit(c) && c != '.' && c != '-' && c != '/' &&
		    c != ' ')
			break;
		l->at++;
	}
	if (peek(l, 0) != '`' || l->at == from)
		return bad(l, at,
			   "a field name in backticks is made of letters, digits, _ . - / and "
			   "spaces, and ends with a backtick");
	l->at++;
	struct token t = token(l, TOKEN_QUOTED, at);
	t.text = str_slice(l->c->source, from, l->at - 1);
	return t;
}

static struct token lex_word(struct lexer *l, uint32_t at)
{
	char c = peek(l, 0), next = peek(l, 1);
	bool bytes = c == 'b' || c == 'B', raw = c == 'r' || c == 'R';
	if ((bytes || raw) && (next == '"' || next == '\'')) {
		l->at++;
		return lex_text(l, at, bytes, raw);
	}
	if (bytes && (next == 'r' || next == 'R') && (peek(l, 2) == '"' || peek(l, 2) == '\'')) {
		l->at += 2;
		return lex_text(l, at, true, true);
	}
	while (is_ident_start(peek(l, 0)) || is_digit(peek(l, 0)))
		l->at++;
	struct token t = token(l, TOKEN_IDENT, at);
	if (str_is(t.text, "in"))
		t.kind = TOKEN_IN;
	return t;
}

static int two_chars(char a, char b)
{
	static const struct {
		char a, b;
		int kind;
	} twos[] = {{'&', '&', TOKEN_AND}, {'|', '|', TOKEN_OR}, {'=', '=', TOKEN_EQ},
		    {'!', '=', TOKEN_NE},  {'<', '=', TOKEN_LE}, {'>', '=', TOKEN_GE}};
	for (size_t i = 0; i < sizeof twos / sizeof twos[0]; i++)
		if (twos[i].a == a && twos[i].b == b)
			return twos[i].kind;
	return 0;
}

bool lex_at_number(const struct lexer *l)
{
	return is_digit(peek(l, 0)) || (peek(l, 0) == '.' && is_digit(peek(l, 1)));
}

struct token lex_next(struct lexer *l)
{
	skip_space(l);
	uint32_t at = l->at;
	if (at >= l->c->source.n)
		return token(l, TOKEN_END, at);
	char c = peek(l, 0);
	if (is_ident_start(c))
		return lex_word(l, at);
	if (lex_at_number(l))
		return lex_number(l, at, false);
	if (c == '"' || c == '\'')
		return lex_text(l, at, false, false);
	if (c == '`')
		return lex_quoted(l, at);
	int two = two_chars(c, peek(l, 1));
	l->at += two ? 2 : 1;
	if (two)
		return token(l, two, at);
	if (c != '\0' && strchr("!-*/%+<>?:.,()[]{}", c) != NULL)
		return token(l, c, at);
	if (c == '=')
		return bad(l, at, "'=' is no operator here: compare with '=='");
	if (c == '&' || c == '|')
		return bad(l, at, "write '&&' for and, '||' for or");
	return bad(l, at, "this character has no meaning in an expression");
}
