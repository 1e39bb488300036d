/* SPDX-License-Identifier: Apache-2.0
 * func_format.c: "%s of %d".format([a, b]), as the strings extension defines it: %s %d %f %e %x
 * %X %o %b %%, a precision for %f and %e. */
#include "cel/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 32u
#define PRECISION_MAX 200

/* NULL: well done; else what is wrong, as static text. */
typedef const char *put_fn(struct cel_run *r, struct cel_value v, int precision, struct buf *out);

static const char *put_s(struct cel_run *r, struct cel_value v, unsigned depth, struct buf *out);

/* Bytes as text; a run of invalid ones is one replacement character. */
static void put_bytes(struct str s, struct buf *out)
{
	bool replaced = false;
	for (size_t at = 0; at < s.n;) {
		size_t n = 1;
		while (n <= 4 && at + n <= s.n && !str_utf8_valid(str_slice(s, at, at + n)))
			n++;
		if (n <= 4 && at + n <= s.n) {
			buf_str(out, str_slice(s, at, at + n));
			at += n;
			replaced = false;
			continue;
		}
		if (!replaced)
			buf_z(out, "\xef\xbf\xbd");
		replaced = true;
		at++;
	}
}

static const char *put_list(struct cel_run *r, struct cel_value v, unsigned depth, struct buf *out)
{
	const char *why = NULL;
	buf_byte(out, '[');
	for (uint32_t i = 0; i < v.n && why == NULL; i++) {
		buf_z(out, i ? ", " : "");
		why = put_s(r, v.list[i], depth + 1, out);
	}
	buf_byte(out, ']');
	return why;
}

/* The text of a key, and where its entry is. */
struct entry {
	struct str key;
	uint32_t at;
};

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = str_cmp(x->key, y->key);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static const char *sorted_keys(struct cel_run *r, struct cel_value v, struct entry *keys)
{
	const char *why = NULL;
	for (uint32_t i = 0; i < v.n && why == NULL; i++) {
		struct cel_value key;
		struct buf b;
		buf_init_arena(&b, r->scratch, CEL_STRING_BYTES_MAX);
		value_at(r, v, i, &key, NULL);
		why = put_s(r, key, DEPTH_MAX - 1, &b);
		keys[i] = (struct entry){buf_view(&b), i};
	}
	qsort(keys, v.n, sizeof *keys, by_key);
	return why;
}

static const char *put_map(struct cel_run *r, struct cel_value v, unsigned depth, struct buf *out)
{
	struct entry *keys = run_alloc(r, v.n * sizeof *keys);
	const char *why = keys ? sorted_keys(r, v, keys) : "no memory left to format this";
	buf_byte(out, '{');
	for (uint32_t i = 0; i < v.n && why == NULL; i++) {
		struct cel_value key, value;
		value_at(r, v, keys[i].at, &key, &value);
		buf_z(out, i ? ", " : "");
		buf_str(out, keys[i].key);
		buf_z(out, ": ");
		why = put_s(r, value, depth + 1, out);
	}
	buf_byte(out, '}');
	return why;
}

static const char *put_s(struct cel_run *r, struct cel_value v, unsigned depth, struct buf *out)
{
	if (depth >= DEPTH_MAX || !cel_charge(r, 1 + (v.kind == CEL_STRING ? v.n / 64 : 0)))
		return "this value is too large or too deep to format";
	switch (v.kind) {
	case CEL_BOOL: buf_z(out, v.b ? "true" : "false"); break;
	case CEL_NULL: buf_z(out, "null"); break;
	case CEL_INT: buf_i64(out, v.i); break;
	case CEL_UINT: buf_u64(out, v.u); break;
	case CEL_DOUBLE: double_text(v.d, true, out); break;
	case CEL_STRING:
	case CEL_TYPE: buf_str(out, cel_str(v)); break;
	case CEL_BYTES: put_bytes(cel_str(v), out); break;
	case CEL_DURATION: duration_text(v.i, out); break;
	case CEL_TIMESTAMP: time_text(v, out); break;
	case CEL_LIST: return put_list(r, v, depth, out);
	case CEL_MAP: return put_map(r, v, depth, out);
	default: return "%s cannot format this value";
	}
	return NULL;
}

static const char *clause_s(struct cel_run *r, struct cel_value v, int precision, struct buf *out)
{
	(void)precision;
	return put_s(r, v, 0, out);
}

static const char *clause_d(struct cel_run *r, struct cel_value v, int precision, struct buf *out)
{
	(void)precision;
	return value_is_number(v) ? put_s(r, v, 0, out) : "%d formats numbers only";
}

static const char *put_real(struct cel_value v, const char *format, int precision, struct buf *out)
{
	double d = v.kind == CEL_DOUBLE ? v.d : v.kind == CEL_INT ? (double)v.i : (double)v.u;
	char text[320 + PRECISION_MAX];
	if (!value_is_number(v))
		return "%f and %e format numbers only";
	if (!isfinite(d)) {
		double_text(d, true, out);
		return NULL;
	}
	snprintf(text, sizeof text, format[0] == 'f' ? "%.*f" : "%.*e", precision, d);
	buf_z(out, text);
	return NULL;
}

static const char *clause_f(struct cel_run *r, struct cel_value v, int precision, struct buf *out)
{
	(void)r;
	return put_real(v, "f", precision, out);
}

static const char *clause_e(struct cel_run *r, struct cel_value v, int precision, struct buf *out)
{
	(void)r;
	return put_real(v, "e", precision, out);
}

/* A whole number in a base that is a power of two. */
static const char *put_base(struct cel_value v, unsigned bits, const char *digits, struct buf *out)
{
	uint64_t u = v.kind == CEL_INT && v.i < 0 ? 0 - v.u : v.u;
	char text[64];
	unsigned n = 0;
	if (v.kind != CEL_INT && v.kind != CEL_UINT)
		return "%x, %o and %b format whole numbers (%x also strings and bytes, %b bools)";
	if (v.kind == CEL_INT && v.i < 0)
		buf_byte(out, '-');
	do {
		text[n++] = digits[u & ((1u << bits) - 1)];
		u >>= bits;
	} while (u != 0);
	while (n > 0)
		buf_byte(out, text[--n]);
	return NULL;
}

#define LOWER "0123456789abcdef"
#define UPPER "0123456789ABCDEF"

static const char *put_hex(struct cel_run *r, struct cel_value v, const char *digits,
			   struct buf *out)
{
	if (v.kind != CEL_STRING && v.kind != CEL_BYTES)
		return put_base(v, 4, digits, out);
	if (!cel_charge(r, v.n / 32))
		return "this value is too large to format";
	for (uint32_t i = 0; i < v.n; i++) {
		buf_byte(out, digits[(unsigned char)v.p[i] >> 4]);
		buf_byte(out, digits[(unsigned char)v.p[i] & 15]);
	}
	return NULL;
}

static const char *clause_x(struct cel_run *r, struct cel_value v, int precision, struct buf *out)
{
	(void)precision;
	return put_hex(r, v, LOWER, out);
}

static const char *clause_upper_x(struct cel_run *r, struct cel_value v, int precision,
				  struct buf *out)
{
	(void)precision;
	return put_hex(r, v, UPPER, out);
}

static const char *clause_o(struct cel_run *r, struct cel_value v, int precision, struct buf *out)
{
	(void)r;
	(void)precision;
	return put_base(v, 3, LOWER, out);
}

static const char *clause_b(struct cel_run *r, struct cel_value v, int precision, struct buf *out)
{
	(void)r;
	(void)precision;
	return put_base(v.kind == CEL_BOOL ? cel_of_int(v.b) : v, 1, LOWER, out);
}

static const struct {
	char letter;
	bool precise;
	put_fn *put;
} clauses[] = {
	{'s', false, clause_s}, {'d', false, clause_d}, {'f', true, clause_f},
	{'e', true, clause_e},  {'x', false, clause_x}, {'X', false, clause_upper_x},
	{'o', false, clause_o}, {'b', false, clause_b},
};

/* One clause behind a percent sign. NULL: fine. */
static const char *put_clause(struct cel_run *r, struct str f, size_t *at,
			      const struct cel_value *arg, struct buf *out)
{
	int precision = 6;
	bool given = *at < f.n && f.p[*at] == '.';
	if (given) {
		size_t from = ++*at;
		for (precision = 0; *at < f.n && f.p[*at] >= '0' && f.p[*at] <= '9'; ++*at)
			precision = precision > PRECISION_MAX ? precision
							      : precision * 10 + (f.p[*at] - '0');
		if (*at == from || precision > PRECISION_MAX)
			return "a precision is written %.2f, and is at most 200";
	}
	for (size_t i = 0; *at < f.n && i < sizeof clauses / sizeof clauses[0]; i++) {
		if (clauses[i].letter != f.p[*at] || (given && !clauses[i].precise))
			continue;
		++*at;
		if (arg == NULL)
			return "there are more clauses in the format than values in the list";
		return clauses[i].put(r, *arg, precision, out);
	}
	return "clauses are %s %d %f %e %x %X %o %b, and %% for a percent sign";
}

static struct cel_value format(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str f = cel_str(v[0]);
	const char *why = NULL;
	uint32_t used = 0;
	struct buf b;
	(void)n;
	buf_init_arena(&b, r->scratch, CEL_STRING_BYTES_MAX);
	for (size_t at = 0; at < f.n && why == NULL;) {
		size_t from = at;
		while (at < f.n && f.p[at] != '%')
			at++;
		buf_str(&b, str_slice(f, from, at));
		if (at == f.n || !cel_charge(r, 1 + (at - from) / 64))
			break;
		at++;
		if (at < f.n && f.p[at] == '%') {
			buf_byte(&b, f.p[at++]);
			continue;
		}
		why = put_clause(r, f, &at, used < v[1].n ? &v[1].list[used] : NULL, &b);
		used++;
	}
	if (why != NULL)
		return cel_fail(why);
	if (!buf_ok(&b) || !cel_charge(r, 1 + b.n / 64))
		return cel_fail_budget();
	return cel_of_str(str_n(b.n ? b.p : "", b.n));
}

const struct cel_func func_format[] = {
	{"format", "string.(list(dyn)) string", format},
	{NULL, NULL, NULL},
};
