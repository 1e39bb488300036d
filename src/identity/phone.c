/* SPDX-License-Identifier: Apache-2.0
 * phone.c: telephone numbers as E.164: a plus, the calling code, the national number, 15 digits at
 * most. The table in phone.def is small on purpose: it must tell two spellings of one number apart
 * from two numbers, not say whether a line is connected. */
#include "identity/identity.h"

#define DIGITS_MAX 15 /* E.164 */
#define DIGITS_MIN 7

struct plan {
	const char *country, *code, *trunks, *abroad;
	uint8_t min, max;
};
static const struct plan plans[] = {
#define PHONE(country, code, trunks, abroad, min, max) {country, code, trunks, abroad, min, max},
#include "identity/phone.def"
#undef PHONE
};
#define PLANS (sizeof plans / sizeof plans[0])

struct digits {
	char p[40];
	size_t n;
	bool plus;
};

static struct str view(const struct digits *d)
{
	return str_n(d->p, d->n);
}

static void cut_front(struct digits *d, size_t n)
{
	memmove(d->p, d->p + n, d->n - n);
	d->n -= n;
}

/* "ext. 12", "x12", "#12", ";ext=12": where a number ends and an extension begins. */
static struct str without_extension(struct str s)
{
	static const char *const marks[] = {";", "ext", "EXT", "Ext", "x", "X", "#"};
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		size_t at = str_find(s, str_of(marks[i]));
		if (at > 4 && at < s.n)
			return str_slice(s, 0, at);
	}
	return s;
}

/* Bytes of a separator at p: white space, no-break spaces, - . / ( ) and typographic hyphens. */
static size_t separator(struct str s)
{
	static const char *const wide[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x90",
					   "\xE2\x80\x91", "\xE2\x80\x93"};
	if (strchr(" \t-./()", s.p[0]) && s.p[0] != '\0')
		return 1;
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
		if (str_starts(s, str_of(wide[i])))
			return strlen(wide[i]);
	return 0;
}

static const char *read_digits(struct str s, struct digits *d)
{
	while (s.n > 0) {
		size_t skip = 1;
		if (s.p[0] >= '0' && s.p[0] <= '9') {
			if (d->n == sizeof d->p)
				return "it has too many digits";
			/* "+49 (0)30": the zero is for callers at home. */
			if (d->plus && str_starts(s, STR("0)")) && d->n > 0 && s.p[-1] == '(')
				skip = 2;
			else
				d->p[d->n++] = s.p[0];
		} else if (s.p[0] == '+' && d->n == 0 && !d->plus) {
			d->plus = true;
		} else {
			skip = separator(s);
		}
		if (skip == 0)
			return "a character in it is neither a digit nor a separator";
		s = str_slice(s, skip, s.n);
	}
	return NULL;
}

static const struct plan *plan_of_country(struct str country)
{
	for (size_t i = 0; i < PLANS; i++)
		if (str_eq_nocase(country, str_of(plans[i].country)))
			return &plans[i];
	return NULL;
}

/* Calling codes are a prefix code: no code begins another. */
static const struct plan *plan_of_number(struct str international)
{
	for (size_t i = 0; i < PLANS; i++)
		if (str_starts(international, str_of(plans[i].code)))
			return &plans[i];
	return NULL;
}

/* Takes the prefix for calls inside the country off, where one is written. A zero never begins a
 * national number that has zero as its prefix; other prefixes might, so only length decides. */
static bool cut_one_trunk(struct digits *d, size_t from, const struct plan *p)
{
	struct str rest = str_of(p->trunks), national = str_slice(view(d), from, d->n);
	while (rest.n > 0) {
		struct str trunk = str_cut(&rest, '/');
		bool zero = str_is(trunk, "0");
		if (trunk.n == 0 || !str_starts(national, trunk) || (!zero && national.n <= p->max))
			continue;
		memmove(d->p + from, d->p + from + trunk.n, national.n - trunk.n);
		d->n -= trunk.n;
		return true;
	}
	return false;
}

/* To the end, so that what comes out is not shortened again when it comes in. */
static void cut_trunk(struct digits *d, size_t from, const struct plan *p)
{
	while (cut_one_trunk(d, from, p))
		;
}

static const char *fault_of(struct str national, const struct plan *p)
{
	bool same = true;
	for (size_t i = 1; i < national.n; i++)
		same = same && national.p[i] == national.p[0];
	if (same)
		return "all its digits are the same";
	if (p != NULL && (national.n < p->min || national.n > p->max))
		return "it has too few or too many digits for its country";
	if (p != NULL && str_is(str_of(p->code), "1") &&
	    (national.p[0] < '2' || national.p[3] < '2'))
		return "no North American number begins like that";
	return NULL;
}

/* Brings what was dialled to calling code and national number. */
static const char *to_international(struct digits *d, const struct plan *home)
{
	const char *abroad = home ? home->abroad : "00";
	if (!d->plus && str_starts(view(d), str_of(abroad)) && d->n > 9) {
		cut_front(d, strlen(abroad));
		d->plus = true;
	}
	if (!d->plus) {
		if (home == NULL)
			return "it has no country code; write it with a plus, or set phone_country "
			       "in the "
			       "program";
		size_t code = strlen(home->code);
		cut_trunk(d, 0, home);
		if (d->n + code > sizeof d->p)
			return "it has too many digits";
		memmove(d->p + code, d->p, d->n);
		memcpy(d->p, home->code, code);
		d->n += code;
	}
	const struct plan *p = plan_of_number(view(d));
	size_t code = p ? strlen(p->code) : 1;
	if (p != NULL && d->n > code)
		cut_trunk(d, code, p);
	if (d->n < DIGITS_MIN || d->n > DIGITS_MAX || d->p[0] == '0')
		return "it is not 7 to 15 digits with a country code";
	return fault_of(str_slice(view(d), code, d->n), p);
}

enum status identity_phone(struct str text, struct str country, struct arena *a, struct str *out,
			   struct err *e)
{
	struct digits d = {.n = 0};
	text = str_trim(text);
	if (text.n > 4 && str_eq_nocase(str_slice(text, 0, 4), STR("tel:")))
		text = str_slice(text, 4, text.n);
	const char *fault =
		text.n > 64 ? "it is too long" : read_digits(without_extension(text), &d);
	if (fault == NULL)
		fault = d.n < 4 ? "it has too few digits"
				: to_international(&d, plan_of_country(country));
	if (fault != NULL)
		return err_set(e, ST_INVALID, "not a telephone number: %s", fault);
	*out = arena_printf(a, "+%.*s", (int)d.n, d.p);
	return out->p ? ST_OK : err_set(e, ST_LIMIT, "no memory left for a telephone number");
}
