/* SPDX-License-Identifier: Apache-2.0
 * test_email.c: addresses as people write them: one spelling each, or a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "identity/identity.h"

#define X40 "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"
#define X64 X40 "eeeeeeeeeeffffffffffgggg"

static const struct {
	const char *in, *out; /* out NULL: refused */
	const char *why;
} rows[] = {
	{"ana@acme.example", "ana@acme.example", NULL},
	{"  Ana@Acme.Example\t", "ana@acme.example", NULL},
	{"ANA.B+News@ACME.EXAMPLE", "ana.b+news@acme.example", NULL},
	{"o'brien@acme.example", "o'brien@acme.example", NULL},
	{"a@b.co.", "a@b.co", NULL},
	{"ana@b\xC3\xBC"
	 "cher.example",
	 "ana@xn--bcher-kva.example", NULL},
	{"ana@B\xC3\x9C"
	 "CHER.example",
	 "ana@xn--bcher-kva.example", NULL},
	{"ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example", NULL},
	{"ana@XN--BCHER-KVA.example", "ana@xn--bcher-kva.example", NULL},
	{"ana@fa\xC3\x9F.de", "ana@xn--fa-hia.de", NULL}, /* non-transitional keeps the sharp s */
	{"jos\xC3\xA9@acme.example", "jos\xC3\xA9@acme.example", NULL},
	/* Beyond ASCII: capitals, a letter in two code points, other widths; the sharp s stays. */
	{"JOS\xC3\x89.Mu\xC3\x91oz+X@acme.example", "jos\xC3\xA9.mu\xC3\xB1oz+x@acme.example",
	 NULL},
	{"jose\xCC\x81@acme.example", "jos\xC3\xA9@acme.example", NULL},
	{"JOSE\xCC\x81@acme.example", "jos\xC3\xA9@acme.example", NULL},
	{"\xD0\x90\xD0\x9D\xD0\x9D\xD0\x90@acme.example",
	 "\xD0\xB0\xD0\xBD\xD0\xBD\xD0\xB0@acme.example", NULL},
	{"\xEF\xBC\xA1na@acme.example", "ana@acme.example", NULL},
	{"stra\xC3\x9F"
	 "e@acme.example",
	 "stra\xC3\x9F"
	 "e@acme.example",
	 NULL},
	{"A\xF0\x9F\x98\x80@acme.example", "a\xF0\x9F\x98\x80@acme.example", NULL},
	{"a\xEF\xBC\x8E\xEF\xBC\x8E"
	 "b@acme.example",
	 NULL, "dot"},
	{"\xE4\xBD\xA0@\xE4\xBE\x8B\xE5\xAD\x90.\xE6\xB5\x8B\xE8\xAF\x95",
	 "\xE4\xBD\xA0@xn--fsqu00a.xn--0zwm56d", NULL},
	{X64 "@acme.example", X64 "@acme.example", NULL},
	{"\"a b\"@acme.example", NULL, "character before"},
	{"", NULL, "no @"},
	{"ana", NULL, "no @"},
	{"@acme.example", NULL, "nothing stands before"},
	{"ana@", NULL, "no domain"},
	{"ana@acme", NULL, "no dot"},
	{"ana@@acme.example", NULL, "character before"},
	{"ana@.example", NULL, "empty"},
	{"ana@acme..example", NULL, "empty"},
	{"ana@acme.example..", NULL, "empty"},
	{".ana@acme.example", NULL, "dot"},
	{"ana.@acme.example", NULL, "dot"},
	{"a..b@acme.example", NULL, "dot"},
	{"a b@acme.example", NULL, "character before"},
	{"ana@acme example.com", NULL, "character in the domain"},
	{"ana@-acme.example", NULL, "hyphen"},
	{"ana@acme-.example", NULL, "hyphen"},
	{"ana@acme_x.example", NULL, "character in the domain"},
	{"ana@[10.0.0.1]", NULL, "character in the domain"},
	{"ana@10.0.0.1", NULL, "number"},
	{"ana@acme.c", NULL, "single letter"},
	{"ana@acme.example>", NULL, "character in the domain"},
	{"mailto:ana@acme.example", NULL, "character before"},
	{"Ana <ana@acme.example>", NULL, "character before"},
	{"ana@acme.example,bo@acme.example", NULL, "character before"},
	{"a" X64 "@acme.example", NULL, "64 bytes"},
	{"ana@" X64 ".example", NULL, "63 bytes"},
	{"ana\xE2\x80\x8B@acme.example", NULL, "invisible"},
	{"ana\xC2\xA0@acme.example", NULL, "invisible"},
	{"ana@acme.example\xEF\xBB\xBF", NULL, "invisible"},
	{"ana\xFF@acme.example", NULL, "invisible"},
	{"ana\xEF\xBC\xA0"
	 "acme.example",
	 NULL, "no @"},
};

static void test_rows(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str out = STR_NULL;
		struct err e = {.text = ""};
		enum status st = identity_email(str_of(rows[i].in), &a, &out, &e);
		if (st != (rows[i].out ? ST_OK : ST_INVALID))
			fail_msg("\"%s\": %s", rows[i].in, st == ST_OK ? "taken" : e.text);
		if (rows[i].out && !str_is(out, rows[i].out))
			fail_msg("\"%s\" became \"" STR_FMT "\"", rows[i].in, STR_ARG(out));
		if (rows[i].why && strstr(e.text, rows[i].why) == NULL)
			fail_msg("\"%s\": says \"%s\"", rows[i].in, e.text);
		if (st == ST_OK) { /* what is normal stays as it is */
			struct str again;
			assert_int_equal(identity_email(out, &a, &again, NULL), ST_OK);
			assert_true(str_eq(out, again));
		}
	}
	arena_finish(&a);
}

/* An error goes to logs and pages: it must not repeat the address. */
static void test_no_personal_data(void **state)
{
	struct arena a;
	struct str out;
	struct err e;
	(void)state;
	arena_init(&a, 1u << 16);
	assert_int_equal(identity_email(STR("secretperson@nodot"), &a, &out, &e), ST_INVALID);
	assert_null(strstr(e.text, "secret"));
	assert_null(strstr(e.text, "nodot"));
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_personal_data),
	};
	return cmocka_run_group_tests_name("email", tests, NULL, NULL);
}
