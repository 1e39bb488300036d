/* SPDX-License-Identifier: Apache-2.0
 * json.c: the reader. Iterative with an explicit stack, so depth costs a table and never the C
 * stack. jansson was measured at a fifteenth of this speed and costs more than the HTTP layer
 * itself (docs/decisions); simdjson is C++ and does not check what it skips. */
#include "base/json.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/json_keys.h"

#define DEPTH_MAX 64u

struct parser {
	const char *p;
	uint32_t n, at;
	struct json_tok *toks;
	uint32_t count, cap;
	struct json_limits limits;
	struct arena *arena;
	struct err *e;
	uint32_t stack[DEPTH_MAX];
	uint32_t depth;
};

static enum status bad(struct parser *p, const char *what)
{
	return err_set(p->e, ST_INVALID, "not valid JSON: %s at byte %u", what, p->at + 1);
}

static void skip_space(struct parser *p)
{
	while (p->at < p->n) {
		char c = p->p[p->at];
		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			break;
		p->at++;
	}
}

static enum status push(struct parser *p, enum json_type type, uint32_t at)
{
	if (p->count == p->cap) {
		uint32_t cap = p->cap ? p->cap * 4 : 64;
		if (cap > p->limits.tokens_max)
			cap = p->limits.tokens_max;
		if (p->count >= cap)
			return err_set(p->e, ST_LIMIT, "JSON has more than %u values", cap);
		struct json_tok *t = ARENA_ARRAY(p->arena, struct json_tok, cap);
		if (t == NULL)
			return err_set(p->e, ST_LIMIT,
				       "JSON needs more memory than one request may use");
		if (p->count)
			memcpy(t, p->toks, p->count * sizeof *t);
		p->toks = t;
		p->cap = cap;
	}
	p->toks[p->count] = (struct json_tok){.at = at, .type = (uint8_t)type};
	p->count++;
	return ST_OK;
}

static int hex4(const char *s)
{
	int v = 0;
	for (int i = 0; i < 4; i++) {
		char c = s[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* At a backslash. Moves behind the escape, a surrogate pair being one. */
static enum status scan_escape(struct parser *p)
{
	if (p->n - p->at < 2)
		return bad(p, "unfinished escape");
	char c = p->p[p->at + 1];
	if (c != 'u') {
		if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
			return bad(p, "unknown escape");
		p->at += 2;
		return ST_OK;
	}
	int v = p->n - p->at >= 6 ? hex4(p->p + p->at + 2) : -1;
	if (v < 0)
		return bad(p, "\\u needs four hex digits");
	if (v == 0)
		return bad(p, "\\u0000 is not allowed in text");
	if (v >= 0xdc00 && v <= 0xdfff)
		return bad(p, "lone surrogate");
	p->at += 6;
	if (v < 0xd800 || v > 0xdbff)
		return ST_OK;
	int low = p->n - p->at >= 6 && p->p[p->at] == '\\' && p->p[p->at + 1] == 'u'
			  ? hex4(p->p + p->at + 2)
			  : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return bad(p, "lone surrogate");
	p->at += 6;
	return ST_OK;
}

static uint32_t utf8_len(const char *s, uint32_t left)
{
	uint8_t c = (uint8_t)s[0];
	uint32_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	return len <= left && str_utf8_valid(str_n(s, len)) ? len : 0;
}

/* At the opening quote. */
static enum status scan_string(struct parser *p)
{
	enum status st = push(p, JSON_STRING, p->at + 1);
	if (st != ST_OK)
		return st;
	struct json_tok *t = &p->toks[p->count - 1];
	p->at++;
	for (;;) {
		p->at += (uint32_t)str_plain_run(str_n(p->p + p->at, p->n - p->at));
		if (p->at >= p->n)
			return bad(p, "unfinished string");
		uint8_t c = (uint8_t)p->p[p->at];
		if (c == '"') {
			t->end = p->at++;
			t->next = p->count;
			return ST_OK;
		}
		if (c < 0x20)
			return bad(p, "raw control character in a string");
		if (c == '\\') {
			t->escaped = true;
			if ((st = scan_escape(p)) != ST_OK)
				return st;
		} else {
			uint32_t len = utf8_len(p->p + p->at, p->n - p->at);
			if (len == 0)
				return bad(p, "text is not UTF-8");
			p->at += len;
		}
	}
}

static bool word(struct parser *p, const char *w)
{
	uint32_t len = (uint32_t)strlen(w);
	if (p->n - p->at < len || memcmp(p->p + p->at, w, len) != 0)
		return false;
	p->at += len;
	return true;
}

static uint32_t scan_digits(const struct parser *p, uint32_t i)
{
	while (i < p->n && p->p[i] >= '0' && p->p[i] <= '9')
		i++;
	return i;
}

static enum status scan_number(struct parser *p)
{
	uint32_t i = p->at + (p->p[p->at] == '-');
	uint32_t end = scan_digits(p, i);
	if (end == i || (p->p[i] == '0' && end > i + 1))
		return bad(p, end == i ? "unexpected character" : "number with a leading zero");
	i = end;
	if (i < p->n && p->p[i] == '.') {
		end = scan_digits(p, i + 1);
		if (end == i + 1)
			return bad(p, "number without digits after its point");
		i = end;
	}
	bool exponent = i < p->n && (p->p[i] == 'e' || p->p[i] == 'E');
	if (exponent) {
		bool sign = i + 1 < p->n && (p->p[i + 1] == '+' || p->p[i + 1] == '-');
		i += sign ? 2 : 1;
		end = scan_digits(p, i);
		if (end == i)
			return bad(p, "number without digits in its exponent");
		i = end;
	}
	double v; /* digits alone are in range as long as str_to_f64 takes so many */
	if ((exponent || i - p->at >= STR_F64_MAX) &&
	    !str_to_f64(str_n(p->p + p->at, i - p->at), &v))
		return bad(p, "number out of range");
	enum status st = push(p, JSON_NUMBER, p->at);
	if (st != ST_OK)
		return st;
	p->toks[p->count - 1].end = p->at = i;
	p->toks[p->count - 1].next = p->count;
	return ST_OK;
}

static enum status scan_scalar(struct parser *p)
{
	char c = p->p[p->at];
	uint32_t at = p->at;
	if (c == '"')
		return scan_string(p);
	enum json_type type;
	if (c == 't' && word(p, "true"))
		type = JSON_TRUE;
	else if (c == 'f' && word(p, "false"))
		type = JSON_FALSE;
	else if (c == 'n' && word(p, "null"))
		type = JSON_NULL;
	else
		return scan_number(p);
	enum status st = push(p, type, at);
	if (st != ST_OK)
		return st;
	p->toks[p->count - 1].end = p->at;
	p->toks[p->count - 1].next = p->count;
	return ST_OK;
}

static struct str tok_str(const struct json *d, const struct json_tok *t, struct arena *a);

static enum status check_keys(struct parser *p, uint32_t object)
{
	const struct json d = {.text = str_n(p->p, p->n), .toks = p->toks, .count = p->count};
	bool twice = false;
	uint64_t compared = 0;
	enum status st = json_keys_twice(&d, object, p->arena, &twice, &compared, p->e);
	if (st == ST_OK && twice)
		return bad(p, "an object has the same key twice, it ends");
	return st;
}

static enum status close_top(struct parser *p)
{
	uint32_t top = p->stack[--p->depth];
	p->at++;
	p->toks[top].end = p->at;
	p->toks[top].next = p->count;
	return p->toks[top].type == JSON_OBJECT ? check_keys(p, top) : ST_OK;
}

static void hash_key(struct parser *p, struct json_tok *t)
{
	const struct json d = {.text = str_n(p->p, p->n)};
	struct str plain = str_n(p->p + t->at, t->end - t->at);
	if (!t->escaped) {
		t->count = (uint32_t)hash_str(plain, 0);
		return;
	}
	struct arena_mark m = arena_mark(p->arena);
	t->count = (uint32_t)hash_str(tok_str(&d, t, p->arena), 0);
	arena_rewind(p->arena, m);
}

static enum status scan_key(struct parser *p)
{
	if (p->at >= p->n || p->p[p->at] != '"')
		return bad(p, "a key in double quotes is missing");
	enum status st = scan_string(p);
	if (st != ST_OK)
		return st;
	hash_key(p, &p->toks[p->count - 1]);
	skip_space(p);
	if (p->at >= p->n || p->p[p->at] != ':')
		return bad(p, "a colon is missing");
	p->at++;
	skip_space(p);
	return ST_OK;
}

/* Opens a container or reads a scalar; leaves depth > 0 while something is open. */
static enum status scan_value(struct parser *p)
{
	if (p->at >= p->n)
		return bad(p, "a value is missing");
	char c = p->p[p->at];
	if (c != '{' && c != '[')
		return scan_scalar(p);
	if (p->depth >= p->limits.depth_max)
		return err_set(p->e, ST_LIMIT, "JSON is nested deeper than %u levels at byte %u",
			       p->limits.depth_max, p->at + 1);
	enum status st = push(p, c == '{' ? JSON_OBJECT : JSON_ARRAY, p->at);
	if (st != ST_OK)
		return st;
	p->stack[p->depth++] = p->count - 1;
	p->at++;
	return ST_OK;
}

/* One member or item of the innermost open container, or its end. */
static enum status step(struct parser *p)
{
	struct json_tok *top = &p->toks[p->stack[p->depth - 1]];
	char close = top->type == JSON_OBJECT ? '}' : ']';
	enum status st;
	skip_space(p);
	if (p->at >= p->n)
		return bad(p, "unfinished object or array");
	if (p->p[p->at] == close)
		return close_top(p);
	if (top->count > 0) {
		if (p->p[p->at] != ',')
			return bad(p, "a comma is missing");
		p->at++;
		skip_space(p);
	}
	top->count++;
	if (top->type == JSON_OBJECT && (st = scan_key(p)) != ST_OK)
		return st;
	return scan_value(p);
}

enum status json_parse(struct str text, struct json_limits limits, struct arena *a,
		       struct json *out, struct err *e)
{
	ASSERT(limits.depth_max <= DEPTH_MAX);
	if (text.n >= UINT32_MAX / 2)
		return err_set(e, ST_LIMIT, "JSON of %zu bytes is too large", text.n);
	struct parser p = {
		.p = text.p, .n = (uint32_t)text.n, .limits = limits, .arena = a, .e = e};
	skip_space(&p);
	enum status st = scan_value(&p);
	while (st == ST_OK && p.depth > 0)
		st = step(&p);
	if (st != ST_OK)
		return st;
	skip_space(&p);
	if (p.at != p.n)
		return bad(&p, "bytes after the end");
	*out = (struct json){.text = text, .toks = p.toks, .count = p.count};
	return ST_OK;
}

enum json_type json_type(const struct json *d, uint32_t node)
{
	return node < d->count ? (enum json_type)d->toks[node].type : JSON_NULL;
}

bool json_is(const struct json *d, uint32_t node, enum json_type type)
{
	return node < d->count && d->toks[node].type == (uint8_t)type;
}

uint32_t json_get_str(const struct json *d, uint32_t node, struct str key)
{
	if (!json_is(d, node, JSON_OBJECT))
		return JSON_NONE;
	uint32_t h = (uint32_t)hash_str(key, 0), end = d->toks[node].next;
	for (uint32_t k = node + 1; k < end; k = d->toks[k + 1].next) {
		if (d->toks[k].count == h && json_key_is(d, &d->toks[k], key))
			return k + 1;
	}
	return JSON_NONE;
}

uint32_t json_get(const struct json *d, uint32_t node, const char *key)
{
	return json_get_str(d, node, str_of(key));
}

uint32_t json_first(const struct json *d, uint32_t node)
{
	if (node >= d->count || d->toks[node].count == 0)
		return JSON_NONE;
	if (d->toks[node].type == JSON_OBJECT)
		return node + 2;
	return d->toks[node].type == JSON_ARRAY ? node + 1 : JSON_NONE;
}

uint32_t json_next(const struct json *d, uint32_t parent, uint32_t child)
{
	ASSERT(parent < d->count && child < d->count);
	uint32_t at = d->toks[child].next + (d->toks[parent].type == JSON_OBJECT);
	return at < d->toks[parent].next ? at : JSON_NONE;
}

uint32_t json_at(const struct json *d, uint32_t node, size_t n)
{
	uint32_t x = json_first(d, node);
	for (; n > 0 && x != JSON_NONE; n--)
		x = json_next(d, node, x);
	return x;
}

uint32_t json_key(const struct json *d, uint32_t value)
{
	ASSERT(value > 0 && value < d->count);
	return value - 1;
}

uint32_t json_count(const struct json *d, uint32_t node)
{
	return node < d->count && d->toks[node].type >= JSON_ARRAY ? d->toks[node].count : 0;
}

struct str json_raw(const struct json *d, uint32_t node)
{
	if (node >= d->count)
		return STR_NULL;
	const struct json_tok *t = &d->toks[node];
	uint32_t quote = t->type == JSON_STRING;
	return str_n(d->text.p + t->at - quote, t->end - t->at + 2 * quote);
}

static struct str tok_str(const struct json *d, const struct json_tok *t, struct arena *a)
{
	const char *s = d->text.p + t->at, *end = d->text.p + t->end;
	if (!t->escaped)
		return str_n(s, (size_t)(end - s));
	char *out = arena_alloc(a, (size_t)(end - s) + 1), *o = out;
	if (out == NULL)
		return STR_NULL;
	while (s < end) {
		if (*s != '\\')
			*o++ = *s++;
		else
			o += json_unescape(&s, o);
	}
	return str_n(out, (size_t)(o - out));
}

struct str json_str(const struct json *d, uint32_t node, struct arena *a)
{
	return json_is(d, node, JSON_STRING) ? tok_str(d, &d->toks[node], a) : STR_NULL;
}

bool json_f64(const struct json *d, uint32_t node, double *out_r)
{
	return json_is(d, node, JSON_NUMBER) && str_to_f64(json_raw(d, node), out_r);
}

bool json_i64(const struct json *d, uint32_t node, int64_t *out_r)
{
	double v;
	if (!json_is(d, node, JSON_NUMBER))
		return false;
	if (str_to_i64(json_raw(d, node), out_r))
		return true;
	if (!json_f64(d, node, &v) || v < -9007199254740992.0 || v > 9007199254740992.0 ||
	    v != (double)(int64_t)v)
		return false;
	*out_r = (int64_t)v;
	return true;
}

bool json_bool(const struct json *d, uint32_t node, bool *out_r)
{
	if (!json_is(d, node, JSON_TRUE) && !json_is(d, node, JSON_FALSE))
		return false;
	*out_r = d->toks[node].type == JSON_TRUE;
	return true;
}
