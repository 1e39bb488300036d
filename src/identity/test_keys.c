/* SPDX-License-Identifier: Apache-2.0
 * test_keys.c: from an event's identifiers to store keys and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "identity/identity.h"

static struct arena a;
static const struct program_key declared[] = {{STR("crm.hubspot"), true}, {STR("cookie"), false}};
static const struct program program = {.keys = declared, .keys_n = 2, .phone_country = STR("DE")};

static int setup(void **state)
{
	(void)state;
	arena_init(&a, 1u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&a);
	return 0;
}

static void test_normalise(void **state)
{
	static const struct {
		enum id_kind kind;
		const char *name, *value;
		struct str bytes; /* empty: refused */
		bool solid;
	} rows[] = {
		{ID_EMAIL, "", " Ana@Acme.Example", STR("eana@acme.example"), true},
		{ID_PHONE, "", "030 123456", STR("p+4930123456"), true},
		{ID_USER_ID, "", " U-7 ", STR("uU-7"), true},
		{ID_ANONYMOUS_ID, "", "x-1", STR("ax-1"), false},
		{ID_KEY, "crm.hubspot", "77", STR("kcrm.hubspot\00077"), true},
		{ID_KEY, "cookie", "77", STR("kcookie\00077"), false},
		{ID_KEY, "crm.other", "77", STR(""), false},
		{ID_KEY, "", "77", STR(""), false},
		{ID_USER_ID, "", "null", STR(""), false},
		{ID_USER_ID, "", "Undefined", STR(""), false},
		{ID_USER_ID, "", "0", STR(""), false},
		{ID_USER_ID, "", "   ", STR(""), false},
		{ID_USER_ID, "", "a\001b", STR(""), false},
		{ID_ANONYMOUS_ID, "", "00000000-0000-0000-0000-000000000000", STR(""), false},
		{ID_USER_ID, "", "00", STR("u00"), true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct identity_key k, back;
		const struct event_id id = {rows[i].kind, str_of(rows[i].name),
					    str_of(rows[i].value)};
		struct err e = {.text = ""};
		enum status st = identity_normalise(&program, &id, &a, &k, &e);
		if (st != (rows[i].bytes.n ? ST_OK : ST_INVALID))
			fail_msg("row %zu: %s", i, e.text);
		if (st != ST_OK)
			continue;
		assert_true(str_eq(k.bytes, rows[i].bytes));
		assert_int_equal(k.solid, rows[i].solid);
		assert_true(identity_key_read(k.bytes, &back));
		assert_int_equal(back.kind, k.kind);
		assert_true(str_eq(back.value, k.value) && str_eq(back.name, k.name));
	}
	struct identity_key k;
	static const struct str bad[] = {STR(""),      STR("e"),      STR("zfoo"),
					 STR("kname"), STR("k\000x"), STR("kname\000")};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(identity_key_read(bad[i], &k));
}

static void test_strongest_first(void **state)
{
	struct event ev = {.type = STR("identify")};
	struct identity_keys keys;
	(void)state;
	assert_true(event_add_id(&ev, ID_ANONYMOUS_ID, STR_NULL, STR("x")));
	assert_true(event_add_id(&ev, ID_PHONE, STR_NULL, STR("+4930123456")));
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("ana@acme.example")));
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("ANA@acme.example")));
	assert_true(event_add_id(&ev, ID_KEY, STR("cookie"), STR("c")));
	assert_true(event_add_id(&ev, ID_KEY, STR("crm.hubspot"), STR("7")));
	assert_true(event_add_id(&ev, ID_USER_ID, STR_NULL, STR("null")));
	assert_true(event_add_id(&ev, ID_USER_ID, STR_NULL, STR("u")));
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("no address")));
	ev.previous_id = STR("old");
	assert_int_equal(identity_keys(&program, &ev, &a, &keys, NULL), ST_OK);
	static const struct str want[] = {STR("uu"),
					  STR("kcrm.hubspot\0007"),
					  STR("eana@acme.example"),
					  STR("p+4930123456"),
					  STR("kcookie\000c"),
					  STR("ax"),
					  STR("uold"),
					  STR("aold")};
	assert_int_equal(keys.n, sizeof want / sizeof want[0]);
	for (size_t i = 0; i < keys.n; i++) {
		if (!str_eq(keys.keys[i].bytes, want[i]))
			fail_msg("key %zu is " STR_FMT, i, STR_ARG(keys.keys[i].bytes));
		assert_int_equal(keys.keys[i].previous, i >= 6);
	}
	assert_int_equal(keys.refused_n, 2);
	assert_non_null(strstr(keys.refused_text, "placeholder"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_normalise, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strongest_first, setup, teardown),
	};
	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
