/* SPDX-License-Identifier: Apache-2.0
 * test_child.c: programs that answer, fail, hang, say too much, read nothing, or are not there. */
#include "base/child.h"

#include "base/clock.h"
#include "base/test.h"

#include <stdlib.h>
#include <unistd.h>

#define S INT64_C(1000000)

static enum status run(const struct child *c, struct buf *out, int *code, struct err *e)
{
	buf_init(out, 1u << 20);
	return child_run(c, out, code, e);
}

static void bytes_go_in_and_come_out(void **state)
{
	struct child c = {.args = {"cat"}, .us_max = 60 * S};
	struct buf out, in;
	struct err e;
	int code = -1;
	(void)state;
	buf_init(&in, 1u << 20);
	for (int i = 0; i < 60000; i++) /* more than a socket holds, both ways */
		buf_printf(&in, "line %d\n", i);
	c.input = buf_view(&in);
	assert_int_equal(run(&c, &out, &code, &e), ST_OK);
	assert_int_equal(code, 0);
	assert_true(str_eq(buf_view(&out), buf_view(&in)));
	buf_finish(&out);
	buf_finish(&in);
}

static void how_it_ended_is_told(void **state)
{
	static const struct {
		const char *script, *text;
		int code;
	} rows[] = {
		{"printf hello", "hello", 0},
		{"printf no >&2; exit 3", "", 3},
		{"kill -9 $$", "", 128 + 9},
		{"exec 0<&-; sleep 0.2; printf late", "late", 0},
		{"printf '%s' \"$SECRET$LC_ALL\"", "C", 0},
		{"for i in 3 4 5 6 7 8 9; do (exec <&$i) 2>/dev/null && printf $i; done; true", "",
		 0},
	};
	(void)state;
	assert_int_equal(setenv("SECRET", "x", 1), 0);
	int open_here = dup(1); /* as a library might leave one */
	assert_true(open_here > 2);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct child c = {.args = {"sh", "-c", rows[i].script},
				  .input = STR("something it does not read"),
				  .us_max = 60 * S};
		struct buf out;
		struct err e;
		int code = -1;
		assert_int_equal(run(&c, &out, &code, &e), ST_OK);
		check_str(rows[i].script, buf_view(&out), rows[i].text);
		assert_int_equal(code, rows[i].code);
		buf_finish(&out);
	}
	close(open_here);
}

static void nothing_goes_on_for_ever(void **state)
{
	static const struct {
		const char *script;
		int64_t us_max;
		enum status st;
	} rows[] = {
		{"sleep 600", S / 5, ST_TIMEOUT},
		{"exec >/dev/null; sleep 600", S / 5,
		 ST_TIMEOUT},                                 /* says nothing more, and lives */
		{"sleep 600 & sleep 600", S / 5, ST_TIMEOUT}, /* its child holds the socket */
		{"yes", 60 * S, ST_LIMIT},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct child c = {.args = {"sh", "-c", rows[i].script},
					.us_max = rows[i].us_max};
		struct buf out;
		struct err e = {.status = ST_OK};
		int code = -1;
		assert_int_equal(run(&c, &out, &code, &e), rows[i].st);
		assert_int_equal(e.status, rows[i].st);
		assert_int_equal(code, -1);
		buf_finish(&out);
	}
}

static void a_program_that_is_not_there(void **state)
{
	const struct child c = {.args = {"nurtured-no-such-program"}, .us_max = S};
	struct buf out;
	struct err e;
	int code;
	(void)state;
	assert_int_equal(run(&c, &out, &code, &e), ST_NOT_FOUND);
	check_str("words", str_of(e.text), "nurtured-no-such-program is not installed");
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_in_and_come_out),
		cmocka_unit_test(how_it_ended_is_told),
		cmocka_unit_test(nothing_goes_on_for_ever),
		cmocka_unit_test(a_program_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
