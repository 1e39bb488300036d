/* SPDX-License-Identifier: Apache-2.0
 * func_convert.c: int(), uint(), double(), string(), bytes(), bool(). A conversion never
 * approximates in silence: what does not fit is an error. (Fractions are cut, by definition.) */
#include "cel/text.h"

#include <math.h>
#include <stdio.h>

#define RANGE "the number is out of range for this conversion"

static struct cel_value same(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return v[0];
}

static struct cel_value to_int(struct cel_run *r, const struct cel_value *v, size_t n)
{
	int64_t i;
	(void)r;
	(void)n;
	switch (v[0].kind) {
	case CEL_UINT: return v[0].u <= INT64_MAX ? cel_of_int((int64_t)v[0].u) : cel_fail(RANGE);
	case CEL_DOUBLE:
		/* Exclusive on both sides: whether the ends survive depends on the machine. */
		if (!(v[0].d > -9223372036854775808.0 && v[0].d < 9223372036854775808.0))
			return cel_fail(RANGE);
		return cel_of_int((int64_t)v[0].d);
	case CEL_STRING:
		return str_to_i64(cel_str(v[0]), &i) ? cel_of_int(i)
						     : cel_fail("this string is no whole number");
	default: return cel_of_int(v[0].i); /* seconds of a timestamp */
	}
}

static struct cel_value to_uint(struct cel_run *r, const struct cel_value *v, size_t n)
{
	uint64_t u;
	(void)r;
	(void)n;
	switch (v[0].kind) {
	case CEL_INT: return v[0].i >= 0 ? cel_of_uint((uint64_t)v[0].i) : cel_fail(RANGE);
	case CEL_DOUBLE:
		if (!(v[0].d >= 0 && v[0].d < 18446744073709551616.0))
			return cel_fail(RANGE);
		return cel_of_uint((uint64_t)v[0].d);
	default:
		return str_to_u64(cel_str(v[0]), &u)
			       ? cel_of_uint(u)
			       : cel_fail("this string is no unsigned whole number");
	}
}

static struct cel_value to_double(struct cel_run *r, const struct cel_value *v, size_t n)
{
	double d;
	(void)r;
	(void)n;
	if (v[0].kind == CEL_INT)
		return cel_of_double((double)v[0].i);
	if (v[0].kind == CEL_UINT)
		return cel_of_double((double)v[0].u);
	return text_to_double(cel_str(v[0]), &d) ? cel_of_double(d)
						 : cel_fail("this string is no number");
}

static struct cel_value to_bool(struct cel_run *r, const struct cel_value *v, size_t n)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
	static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
	(void)r;
	(void)n;
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		if (str_is(cel_str(v[0]), yes[i]) || str_is(cel_str(v[0]), no[i]))
			return cel_of_bool(str_is(cel_str(v[0]), yes[i]));
	return cel_fail("this string is neither true nor false");
}

static struct cel_value to_string(struct cel_run *r, const struct cel_value *v, size_t n)
{
	char space[400];
	struct buf b = {.p = space, .cap = sizeof space, .bytes_max = sizeof space};
	(void)n;
	switch (v[0].kind) {
	case CEL_INT: buf_i64(&b, v[0].i); break;
	case CEL_UINT: buf_u64(&b, v[0].u); break;
	case CEL_DOUBLE: double_text(v[0].d, false, &b); break;
	case CEL_BOOL: buf_z(&b, v[0].b ? "true" : "false"); break;
	case CEL_TIMESTAMP: time_text(v[0], &b); break;
	case CEL_DURATION: duration_text(v[0].i, &b); break;
	default:
		return str_utf8_valid(cel_str(v[0])) ? cel_of_str(cel_str(v[0]))
						     : cel_fail("these bytes are no valid UTF-8");
	}
	return run_string(r, buf_view(&b), CEL_STRING);
}

static struct cel_value to_bytes(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_bytes(cel_str(v[0]));
}

/* ---- doubles as text ---- */

/* Shortest digits that read back as d, and the power of ten of the first one. */
static int shortest(double d, char digits[24], int *exponent)
{
	char text[40];
	int precision = 0, n = 0;
	double back;
	do {
		snprintf(text, sizeof text, "%.*e", precision, d);
	} while (precision++ < 16 && (!str_to_f64(str_of(text), &back) || back != d));
	const char *p = text;
	for (; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	int64_t e = 0;
	(void)str_to_i64(str_of(p + 2), &e); /* printf wrote it: a sign, then digits */
	*exponent = (int)(p[1] == '-' ? -e : e);
	return n;
}

static void put_plain(struct buf *out, const char *digits, int n, int exponent)
{
	if (exponent < 0) {
		buf_z(out, "0.");
		for (int i = exponent + 1; i < 0; i++)
			buf_byte(out, '0');
	}
	for (int i = 0; i < n || i <= exponent; i++) {
		buf_byte(out, i < n ? digits[i] : '0');
		if (i == exponent && i + 1 < n)
			buf_byte(out, '.');
	}
}

void double_text(double d, bool plain, struct buf *out)
{
	char digits[24];
	int exponent;
	if (isnan(d) || isinf(d)) {
		buf_z(out, isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
		return;
	}
	if (signbit(d))
		buf_byte(out, '-');
	int n = shortest(fabs(d), digits, &exponent);
	if (plain || (exponent >= -7 && exponent < 21)) {
		put_plain(out, digits, n, exponent);
		return;
	}
	put_plain(out, digits, n, 0);
	buf_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
}

const struct cel_func func_convert[] = {
	{"int", "(int) int", same},
	{"int", "(uint) int", to_int},
	{"int", "(double) int", to_int},
	{"int", "(string) int", to_int},
	{"int", "(timestamp) int", to_int},
	{"uint", "(uint) uint", same},
	{"uint", "(int) uint", to_uint},
	{"uint", "(double) uint", to_uint},
	{"uint", "(string) uint", to_uint},
	{"double", "(double) double", same},
	{"double", "(int) double", to_double},
	{"double", "(uint) double", to_double},
	{"double", "(string) double", to_double},
	{"bool", "(bool) bool", same},
	{"bool", "(string) bool", to_bool},
	{"string", "(string) string", same},
	{"string", "(bool) string", to_string},
	{"string", "(int) string", to_string},
	{"string", "(uint) string", to_string},
	{"string", "(double) string", to_string},
	{"string", "(bytes) string", to_string},
	{"string", "(timestamp) string", to_string},
	{"string", "(duration) string", to_string},
	{"bytes", "(bytes) bytes", same},
	{"bytes", "(string) bytes", to_bytes},
	{NULL, NULL, NULL},
};
