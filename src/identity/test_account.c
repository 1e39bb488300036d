/* SPDX-License-Identifier: Apache-2.0
 * test_account.c: the company behind an address, and the addresses that have none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "identity/identity.h"

static struct arena a;

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

static void test_keys(void **state)
{
	static const struct {
		const char *email, *group, *key;
	} rows[] = {
		{"ana@acme.com", "", "dacme.com"},
		{"Ana@Mail.ACME.co.uk", "", "dacme.co.uk"},
		{"ana@acme.example", "", "dacme.example"},
		{"ana@acme.com", "  org-7 ", "gorg-7"},
		{"", "org-7", "gorg-7"},
		{"ana@gmail.com", "", NULL},
		{"ana@gmail.com", "org-7", "gorg-7"},
		{"ana@x.mailinator.com", "", NULL},
		{"ana@co.uk", "", NULL},
		{"info@acme.com", "", "dacme.com"},
		{"not an address", "", NULL},
		{"", "", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct event ev = {.group_id = str_of(rows[i].group)};
		struct str key = STR_NULL;
		(void)event_add_id(&ev, ID_EMAIL, STR_NULL,
				   str_of(rows[i].email)); /* may be empty */
		enum status st = identity_account_key(&ev, &a, &key, NULL);
		assert_int_equal(st, rows[i].key ? ST_OK : ST_NOT_FOUND);
		if (rows[i].key && !str_is(key, rows[i].key))
			fail_msg("%s: " STR_FMT, rows[i].email, STR_ARG(key));
	}
}

static void test_marks(void **state)
{
	static const struct {
		const char *email;
		unsigned marks;
	} rows[] = {
		{"ana@acme.com", 0},
		{"ana@gmail.com", IDENTITY_FREEMAIL},
		{"ana@yahoo.co.uk", IDENTITY_FREEMAIL},
		{"ana@t-online.de", IDENTITY_FREEMAIL},
		{"ana@mailinator.com", IDENTITY_DISPOSABLE},
		{"ana@deep.sub.yopmail.com", IDENTITY_DISPOSABLE},
		{"info@acme.com", IDENTITY_ROLE},
		{"sales+eu@acme.com", IDENTITY_ROLE},
		{"info@gmail.com", IDENTITY_ROLE | IDENTITY_FREEMAIL},
		{"informed@acme.com", 0},
		{"ana@notgmail.com", 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(identity_email_marks(str_of(rows[i].email)), rows[i].marks);
}

static const char *const lists[] = {
#define FREEMAIL(x) x,
#include "identity/freemail.def"
	"",
#undef FREEMAIL
#define DISPOSABLE(x) x,
#include "identity/disposable.def"
	"",
#undef DISPOSABLE
#define ROLE(x) x,
#include "identity/role.def"
#undef ROLE
};

/* Searched by halves: each list must be sorted, without repetition. */
static void test_lists_sorted(void **state)
{
	(void)state;
	for (size_t i = 1; i < sizeof lists / sizeof lists[0]; i++)
		if (lists[i][0] && strcmp(lists[i - 1], lists[i]) >= 0)
			fail_msg("%s stands before %s", lists[i - 1], lists[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_marks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists_sorted, setup, teardown),
	};
	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
