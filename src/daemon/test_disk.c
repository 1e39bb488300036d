/* SPDX-License-Identifier: Apache-2.0
 * test_disk.c: a line when the disk turns full, one a minute while it is, one when it ends; and
 * no more than that when it turns many times. */
#include "daemon/disk.h"

#include "base/test.h"

struct heard {
	char last[200];
	unsigned lines;
};

static void hear(void *ctx, const char *line)
{
	struct heard *h = ctx;
	h->lines++;
	(void)snprintf(h->last, sizeof h->last, "%s", line);
}

static void tells_turn_and_end(void **state)
{
	(void)state;
	struct heard h = {.lines = 0};
	struct disk n;
	int64_t now = 5;
	disk_init(&n, hear, &h);
	disk_good(&n);
	assert_int_equal(h.lines, 0);
	for (int i = 0; i < 1000; i++)
		disk_full(&n, now + i);
	assert_int_equal(h.lines, 1);
	assert_non_null(strstr(h.last, "the disk is full"));
	disk_full(&n, now + DISK_EVERY_US);
	assert_int_equal(h.lines, 2);
	assert_non_null(strstr(h.last, "still full: 1001 requests"));
	disk_good(&n);
	disk_good(&n);
	assert_int_equal(h.lines, 3);
	assert_non_null(strstr(h.last, "room again"));
	assert_non_null(strstr(h.last, "1001 requests"));
	disk_finish(&n);
}

static void flapping_is_quiet(void **state)
{
	(void)state;
	struct heard h = {.lines = 0};
	struct disk n;
	disk_init(&n, hear, &h);
	for (int i = 0; i < 1000; i++) {
		disk_full(&n, 5 + i);
		disk_good(&n);
	}
	assert_int_equal(h.lines, 2); /* once full, once not; the rest within the minute */
	disk_full(&n, 5 + DISK_EVERY_US);
	assert_int_equal(h.lines, 3);
	disk_finish(&n);
}

static void nobody_listens(void **state)
{
	(void)state;
	struct disk n;
	disk_init(&n, NULL, NULL);
	disk_full(&n, 1);
	assert_true(n.full);
	disk_good(&n);
	assert_false(n.full);
	disk_finish(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_turn_and_end),
		cmocka_unit_test(flapping_is_quiet),
		cmocka_unit_test(nobody_listens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
