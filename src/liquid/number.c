/* SPDX-License-Identifier: Apache-2.0
 * number.c: decimal arithmetic on 128-bit coefficients. What does not fit falls back to doubles:
 * nobody writes numbers of thirty digits into a message, and nothing may crash if they do. */
#include "liquid/number.h"

#include <math.h>
#include <stdio.h>

#define EXP_MAX 400 /* beyond it a double is 0 or infinite */

static int128 abs128(int128 v)
{
	return v < 0 ? -v : v;
}

/* v * 10^n, or false. */
static bool scale(int128 v, int n, int128 *out_r)
{
	for (; n > 0; n--)
		if (__builtin_mul_overflow(v, (int128)10, &v))
			return false;
	*out_r = v;
	return true;
}

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};

/* Prices and scores: at most six digits behind the point and fifteen in all. Then one division of
 * two exact numbers is the nearest double, so no text has to be made to find the digits. */
static bool few_digits(double d, int64_t *coef_r)
{
	if (!(fabs(d) < 1e9))
		return false;
	*coef_r = llround(d * 1e6);
	return (double)*coef_r / 1e6 == d;
}

static double as_double(const struct number *x)
{
	char digits[48], text[64];
	double d = 0;
	size_t at = sizeof digits;
	int128 v = abs128(x->coef);
	if (v == 0)
		return x->below ? -0.0 : 0.0;
	if (v < (INT64_C(1) << 53) && x->exp <= 0 && x->exp >= -10)
		return (double)x->coef / powers[-x->exp];
	do {
		digits[--at] = (char)('0' + (int)(v % 10));
		v /= 10;
	} while (v > 0);
	int n = snprintf(text, sizeof text, "%s%.*se%d", x->coef < 0 ? "-" : "",
			 (int)(sizeof digits - at), digits + at, x->exp);
	if (!str_to_f64(str_n(text, (size_t)n), &d))
		return 0; /* too big to be a number of this world */
	return d;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* Digits with at most one point and an exponent: what %e and people write. */
static struct number of_digits(struct str s)
{
	struct number x = {.decimal = true};
	bool minus = str_starts(s, STR("-")), behind = false;
	size_t i = minus;
	for (; i < s.n && s.p[i] != 'e'; i++) {
		if (s.p[i] == '.') {
			behind = true;
			continue;
		}
		int128 more;
		if (!scale(x.coef, 1, &more) || x.coef > ((int128)1 << 120)) {
			x.exp += !behind;
			continue;
		}
		x.coef = more + (s.p[i] - '0');
		x.exp -= behind;
	}
	if (i < s.n) {
		struct str e = str_slice(s, i + 1, s.n);
		x.exp += (int)number_leading(e);
	}
	if (minus)
		x.coef = -x.coef;
	return x;
}

/* Without zeros at the end, but for the first behind the point. */
static void trim(struct number *x)
{
	while (x->coef != 0 && x->coef % 10 == 0 && x->exp < -1) {
		x->coef /= 10;
		x->exp++;
	}
}

static struct number of_double(double d)
{
	struct buf b;
	char text[64];
	struct number x = {.decimal = true};
	int64_t few;
	if (!isfinite(d))
		return x;
	if (few_digits(d, &few)) {
		x.coef = few;
		x.exp = -6;
		trim(&x);
		return x;
	}
	for (int digits = 14; digits <= 16; digits++) {
		double back;
		int n = snprintf(text, sizeof text, "%.*e", digits, d);
		b = (struct buf){.p = text, .n = (size_t)n};
		if (str_to_f64(buf_view(&b), &back) && back == d)
			break;
	}
	x = of_digits(buf_view(&b));
	trim(&x);
	return x;
}

static struct number back_from(double d)
{
	return of_double(isfinite(d) ? d : 0);
}

struct number number_of_int(int64_t i)
{
	return (struct number){.coef = i};
}

/* "-12.50", white space around it allowed. */
static bool decimal_text(struct str s, struct number *out_r)
{
	s = str_trim(s);
	struct str rest = str_slice(s, str_starts(s, STR("-")), s.n);
	struct str whole = str_cut(&rest, '.');
	if (rest.p == NULL || !all_digits(whole) || !all_digits(rest))
		return false;
	*out_r = of_digits(s);
	return true;
}

struct number number_of(struct liquid_value v)
{
	struct number x;
	switch (v.kind) {
	case LIQUID_INT: return number_of_int(v.i);
	case LIQUID_FLOAT: return of_double(v.d);
	case LIQUID_STRING:
		if (decimal_text(str_in(v), &x))
			return x;
		return number_of_int(number_leading(str_in(v)));
	default: return number_of_int(0);
	}
}

bool number_value(const struct number *x, struct liquid_value *out_r)
{
	if (x->decimal) {
		*out_r = liquid_float(as_double(x));
		return true;
	}
	if (x->coef > INT64_MAX || x->coef < INT64_MIN)
		return false;
	*out_r = liquid_int((int64_t)x->coef);
	return true;
}

/* Both to the smaller exponent. */
static bool align(struct number *a, struct number *b)
{
	int d = a->exp - b->exp;
	if (d > 40 || d < -40)
		return false;
	if (d > 0 && !scale(a->coef, d, &a->coef))
		return false;
	if (d < 0 && !scale(b->coef, -d, &b->coef))
		return false;
	a->exp = b->exp = d > 0 ? b->exp : a->exp;
	return true;
}

static enum number_end done(struct number x, struct number *out_r)
{
	if (!x.decimal && (x.coef > INT64_MAX || x.coef < INT64_MIN))
		return NUMBER_TOO_BIG;
	if (x.exp > EXP_MAX || x.exp < -EXP_MAX)
		x = (struct number){.decimal = true};
	*out_r = x;
	return NUMBER_OK;
}

enum number_end number_add(struct number a, struct number b, struct number *out_r)
{
	struct number x = {.decimal = a.decimal || b.decimal};
	if (!align(&a, &b) || __builtin_add_overflow(a.coef, b.coef, &x.coef))
		return done(back_from(as_double(&a) + as_double(&b)), out_r);
	x.exp = a.exp;
	return done(x, out_r);
}

enum number_end number_sub(struct number a, struct number b, struct number *out_r)
{
	b.coef = -b.coef;
	return number_add(a, b, out_r);
}

enum number_end number_mul(struct number a, struct number b, struct number *out_r)
{
	struct number x = {.decimal = a.decimal || b.decimal, .exp = a.exp + b.exp};
	x.below = x.decimal && (a.coef < 0) != (b.coef < 0);
	if (__builtin_mul_overflow(a.coef, b.coef, &x.coef))
		return done(back_from(as_double(&a) * as_double(&b)), out_r);
	return done(x, out_r);
}

static int128 floor_div(int128 a, int128 b)
{
	int128 q = a / b;
	return q - (a % b != 0 && (a < 0) != (b < 0));
}

enum number_end number_div(struct number a, struct number b, struct number *out_r)
{
	struct number x = {.decimal = a.decimal || b.decimal};
	if (b.coef == 0)
		return NUMBER_BY_ZERO;
	if (!x.decimal) {
		x.coef = floor_div(a.coef, b.coef);
		return done(x, out_r);
	}
	x.below = b.coef < 0;
	if (a.coef == 0)
		return done(x, out_r);
	x.exp = a.exp - b.exp;
	/* As many digits of the quotient as fit. */
	while (abs128(a.coef) < ((int128)1 << 122)) {
		a.coef *= 10;
		x.exp--;
	}
	x.coef = a.coef / b.coef;
	return done(x, out_r);
}

enum number_end number_mod(struct number a, struct number b, struct number *out_r)
{
	struct number x = {.decimal = a.decimal || b.decimal};
	if (b.coef == 0)
		return NUMBER_BY_ZERO;
	if (!align(&a, &b)) {
		double m = as_double(&b), d = as_double(&a);
		return done(back_from(d - m * floor(d / m)), out_r);
	}
	x.coef = a.coef % b.coef;
	if (x.coef != 0 && (x.coef < 0) != (b.coef < 0))
		x.coef += b.coef;
	x.exp = a.exp;
	return done(x, out_r);
}

int number_cmp(struct number a, struct number b)
{
	if (!align(&a, &b)) {
		double x = as_double(&a), y = as_double(&b);
		return (x > y) - (x < y);
	}
	return (a.coef > b.coef) - (a.coef < b.coef);
}

struct number number_abs(struct number a)
{
	a.coef = abs128(a.coef);
	return a;
}

static int128 power10(int n)
{
	int128 v = 1;
	for (; n > 0; n--)
		v *= 10;
	return v;
}

/* a / unit as `how` says; halves go away from zero. */
static int128 round_by(int128 a, int128 unit, enum number_round how)
{
	int128 down = floor_div(a, unit), rest = a - down * unit;
	switch (how) {
	case ROUND_DOWN: return down;
	case ROUND_UP: return down + (rest > 0);
	default: return down + (rest > unit - rest || (rest == unit - rest && a > 0));
	}
}

struct number number_round(struct number a, int64_t digits, enum number_round how)
{
	if (digits > 60)
		return a;
	if (digits < -60)
		return number_of_int(0);
	int cut = -(int)digits - a.exp; /* digits to lose */
	struct number x = {.decimal = a.decimal && digits > 0, .coef = a.coef, .exp = a.exp};
	if (cut > 37) {
		x.coef = how == ROUND_UP && a.coef > 0     ? 1
			 : how == ROUND_DOWN && a.coef < 0 ? -1
							   : 0;
		x.exp = 0;
	} else if (cut > 0) {
		x.coef = round_by(a.coef, power10(cut), how);
		x.exp = a.exp + cut;
	}
	if (!x.decimal && x.exp != 0) {
		x.decimal = x.exp < 0 || !scale(x.coef, x.exp, &x.coef);
		x.exp = x.decimal ? x.exp : 0;
	}
	return x;
}

int64_t number_leading(struct str s)
{
	uint64_t v = 0;
	size_t i = 0;
	while (i < s.n && (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')))
		i++;
	bool minus = i < s.n && s.p[i] == '-';
	i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
	for (; i < s.n; i++) {
		if (s.p[i] == '_' && i > 0 && i + 1 < s.n && s.p[i - 1] >= '0' && s.p[i - 1] <= '9')
			continue;
		if (s.p[i] < '0' || s.p[i] > '9' || v > INT64_MAX / 10 - 1)
			break;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	return minus ? -(int64_t)v : (int64_t)v;
}

bool number_whole(struct str s, int64_t *out_r)
{
	s = str_trim(s);
	if (str_starts(s, STR("+")))
		s = str_slice(s, 1, s.n);
	return str_to_i64(s, out_r);
}

/* Digits and where the point is: 1234, 2 is 12.34. */
static size_t shortest(double d, char digits[32], int *point_r)
{
	char text[64];
	int n = 0;
	int64_t few;
	if (few_digits(d, &few)) {
		size_t count = 0;
		n = snprintf(digits, 32, "%lld", (long long)few);
		for (count = (size_t)n; count > 1 && digits[count - 1] == '0';)
			count--;
		*point_r = n - 6;
		return count;
	}
	/* Subnormals have fewer digits than %.15g says: only for them is it worth starting low. */
	for (int more = fabs(d) < 1e-300 ? 0 : 14; more <= 16; more++) {
		double back;
		n = snprintf(text, sizeof text, "%.*e", more, d);
		if (str_to_f64(str_n(text, (size_t)n), &back) && back == d)
			break;
	}
	size_t count = 0;
	int i = 0;
	for (; i < n && text[i] != 'e'; i++)
		if (text[i] >= '0' && text[i] <= '9')
			digits[count++] = text[i];
	while (count > 1 && digits[count - 1] == '0')
		count--;
	*point_r = 1 + (int)number_leading(str_n(text + i + 1, (size_t)(n - i - 1)));
	return count;
}

static void zeros(struct buf *out, int n)
{
	for (; n > 0; n--)
		buf_byte(out, '0');
}

void number_float_text(double d, struct buf *out)
{
	char digits[32] = "";
	int point = 0;
	if (isnan(d) || isinf(d)) {
		buf_z(out, isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
		return;
	}
	if (signbit(d))
		buf_byte(out, '-');
	if (d == 0) {
		buf_z(out, "0.0");
		return;
	}
	size_t n = shortest(fabs(d), digits, &point);
	if (point > 16 || point <= -4) {
		buf_byte(out, digits[0]);
		buf_byte(out, '.');
		buf_str(out, n > 1 ? str_n(digits + 1, n - 1) : STR("0"));
		buf_printf(out, "e%+03d", point - 1);
	} else if (point <= 0) {
		buf_z(out, "0.");
		zeros(out, -point);
		buf_put(out, digits, n);
	} else {
		size_t whole = (size_t)point < n ? (size_t)point : n;
		buf_put(out, digits, whole);
		zeros(out, point - (int)whole);
		buf_byte(out, '.');
		buf_str(out, whole < n ? str_n(digits + whole, n - whole) : STR("0"));
	}
}
