/* SPDX-License-Identifier: Apache-2.0
 * test_inbox.c: what was put in is found again, newest first, and the oldest goes. */
#include "deliver/inbox.h"

#include "base/test.h"

#include "node/node.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/nurtured-inbox-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int drop_folder(void **state)
{
	static const char *const names[] = {"inbox.db", "inbox.db-wal", "inbox.db-shm"};
	char path[NODE_PATH_MAX];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		(void)unlink(node_path(folder, names[i], path));
	return rmdir(folder);
}

static uint64_t put(struct inbox *in, uint64_t message, const char *to)
{
	struct err e;
	uint64_t id;
	const struct inbox_mail m = {
		.at_us = 1000 + (int64_t)message,
		.message = message,
		.lead = 7,
		.to = str_of(to),
		.from = STR("t@x.example"),
		.return_path = STR("b+t@x.example"),
		.subject = STR("S"),
		.bytes = STR("H: v\r\n\r\nb\0y"),
	};
	assert_int_equal(inbox_put(in, &m, &id, &e), ST_OK);
	return id;
}

static void newest_first(void **state)
{
	struct inbox *in, *other;
	struct inbox_mail got[2], one;
	struct arena a;
	struct err e;
	size_t n = 2;
	(void)state;
	arena_init(&a, 1u << 20);
	assert_int_equal(inbox_open(folder, &in, &e), ST_OK);
	assert_int_equal(inbox_list(in, &(struct inbox_page){0}, &a, got, &n, &e), ST_OK);
	assert_int_equal(n, 0);
	uint64_t first = put(in, 11, "ada@x.example"), second = put(in, 12, "bob@x.example");
	uint64_t third = put(in, 13, "ada@x.example");
	assert_int_equal(inbox_open(folder, &other, &e), ST_OK); /* somebody else looks */
	n = 2;
	assert_int_equal(inbox_list(other, &(struct inbox_page){0}, &a, got, &n, &e), ST_OK);
	assert_int_equal(n, 2);
	assert_true(got[0].id == third && got[1].id == second);
	assert_int_equal(got[0].bytes.n, 0);
	n = 2;
	assert_int_equal(inbox_list(other, &(struct inbox_page){second, STR_NULL}, &a, got, &n, &e),
			 ST_OK);
	assert_int_equal(n, 1);
	assert_int_equal(got[0].id, first);
	n = 2;
	assert_int_equal(
		inbox_list(other, &(struct inbox_page){0, STR("bob@x.example")}, &a, got, &n, &e),
		ST_OK);
	assert_int_equal(n, 1);
	assert_int_equal(got[0].message, 12);
	assert_int_equal(inbox_get(other, second, &a, &one, &e), ST_OK);
	assert_true(one.message == 12 && one.at_us == 1012 && one.lead == 7);
	check_str("to", one.to, "bob@x.example");
	check_str("return path", one.return_path, "b+t@x.example");
	assert_int_equal(one.bytes.n, 11);
	assert_int_equal(inbox_of_message(other, 13, &a, &one, &e), ST_OK);
	assert_int_equal(one.id, third);
	assert_int_equal(inbox_get(other, 99, &a, &one, &e), ST_NOT_FOUND);
	inbox_close(&other);
	inbox_close(&in);
	assert_null(in);
	inbox_close(&in);
	arena_finish(&a);
}

static void the_oldest_go(void **state)
{
	struct inbox *in;
	struct inbox_mail one;
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, 1u << 20);
	assert_int_equal(inbox_open(folder, &in, &e), ST_OK);
	uint64_t first = put(in, 1, "a@x.example"), last = 0;
	for (int i = 0; i < INBOX_MAILS_MAX + 128; i++)
		last = put(in, 2, "a@x.example");
	struct stat wal;
	char path[NODE_PATH_MAX];
	assert_int_equal(stat(node_path(folder, "inbox.db-wal", path), &wal), 0);
	assert_true(wal.st_size < 4 << 20); /* ten thousand mails leave more than 100 MB in it */
	assert_int_equal(inbox_get(in, first, &a, &one, &e), ST_NOT_FOUND);
	assert_int_equal(inbox_get(in, last, &a, &one, &e), ST_OK);
	assert_int_equal(inbox_get(in, last - INBOX_MAILS_MAX + 1, &a, &one, &e), ST_OK);
	inbox_close(&in);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(newest_first, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(the_oldest_go, make_folder, drop_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
