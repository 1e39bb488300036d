/* SPDX-License-Identifier: Apache-2.0
 * country.c: "Germany", "deutschland" and "de" are one country. What consent needs of a lead (may
 * we write to them at all?) hangs on it, and forms and files hold names, not codes. A name that is
 * not known gives none: the rule for "not known" is the stricter one. */
#include "ingest/fact.h"

static const struct {
	struct str code;
	const char *names;
} countries[] = {
#define COUNTRY(code, names) {{#code, 2}, names},
#include "ingest/country.def"
#undef COUNTRY
};

/* Lower case, ASCII letters, digits and all that is not ASCII. */
static struct str plain(struct str text, char room[64])
{
	size_t n = 0;
	for (size_t i = 0; i < text.n && n < 64; i++) {
		char c = text.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
			room[n++] = c;
	}
	return str_n(room, n);
}

static bool named(const char *names, struct str name)
{
	struct str rest = str_of(names);
	while (rest.n > 0)
		if (str_eq(str_cut(&rest, '|'), name))
			return true;
	return false;
}

struct str fact_country(struct str text)
{
	char room[64];
	struct str name = plain(text, room);
	for (size_t i = 0; name.n >= 2 && i < sizeof countries / sizeof countries[0]; i++)
		if (str_eq_nocase(countries[i].code, name) || named(countries[i].names, name))
			return countries[i].code;
	return STR_NULL;
}

void fact_country_of(struct event *ev, const struct json *d, uint32_t traits, struct arena *a)
{
	static const char *const keys[] = {"country_code", "countryCode", "country"};
	uint32_t address = json_get(d, traits, "address");
	for (size_t i = 0; ev->context.country.n == 0 && i < 3; i++)
		ev->context.country = fact_country(fact_text(d, json_get(d, traits, keys[i]), a));
	if (ev->context.country.n == 0 && address != JSON_NONE)
		ev->context.country =
			fact_country(fact_text(d, json_get(d, address, "country"), a));
}
