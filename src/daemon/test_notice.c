/* SPDX-License-Identifier: Apache-2.0
 * test_notice.c: a line when the disk turns full, one a minute while it is, one when it ends; and
 * no more than that when it turns many times. */
#include "daemon/notice.h"

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
	struct notice n;
	int64_t now = 5;
	notice_init(&n, hear, &h);
	notice_good(&n);
	assert_int_equal(h.lines, 0);
	for (int i = 0; i < 1000; i++)
		notice_full(&n, now + i);
	assert_int_equal(h.lines, 1);
	assert_non_null(strstr(h.last, "the disk is full"));
	notice_full(&n, now + NOTICE_EVERY_US);
	assert_int_equal(h.lines, 2);
	assert_non_null(strstr(h.last, "still full: 1001 requests"));
	notice_good(&n);
	notice_good(&n);
	assert_int_equal(h.lines, 3);
	assert_non_null(strstr(h.last, "room again"));
	assert_non_null(strstr(h.last, "1001 requests"));
	notice_finish(&n);
}

static void flapping_is_quiet(void **state)
{
	(void)state;
	struct heard h = {.lines = 0};
	struct notice n;
	notice_init(&n, hear, &h);
	for (int i = 0; i < 1000; i++) {
		notice_full(&n, 5 + i);
		notice_good(&n);
	}
	assert_int_equal(h.lines, 2); /* once full, once not; the rest within the minute */
	notice_full(&n, 5 + NOTICE_EVERY_US);
	assert_int_equal(h.lines, 3);
	notice_finish(&n);
}

static void nobody_listens(void **state)
{
	(void)state;
	struct notice n;
	notice_init(&n, NULL, NULL);
	notice_full(&n, 1);
	assert_true(n.full);
	notice_good(&n);
	assert_false(n.full);
	notice_finish(&n);
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
