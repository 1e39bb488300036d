/* SPDX-License-Identifier: Apache-2.0
 * test_terminal.c: what a terminal must never get, written in pieces of every size. */
#include "base/test.h"
#include "cli/terminal.h"

#include <stdlib.h>

struct row {
	const char *name;
	bool colours;
	struct str in;
	const char *want;
};

static const struct row rows[] = {
	{"words", false, STR("two words\n"), "two words\n"},
	{"tabs", false, STR("a\tb\n"), "a\tb\n"},
	{"accents", false, STR("J\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x98\x80\n"),
	 "J\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x98\x80\n"},
	{"title of the window", true, STR("\033]0;owned\007\n"), "\\u001b]0;owned\\u0007\n"},
	{"the screen cleared", true, STR("\033[2J\033[H\n"), "\\u001b[2J\\u001b[H\n"},
	{"an escape behind the start of a tint", true, STR("\033[1\033[2J\n"),
	 "\\u001b[1\\u001b[2J\n"},
	{"a line overwritten", false, STR("bad\rgood\n"), "bad\\u000dgood\n"},
	{"lines of mail", false, STR("one\r\ntwo\r\n"), "one\r\ntwo\r\n"},
	{"two returns", false, STR("one\r\r\n"), "one\\u000d\r\n"},
	{"backspace, delete, NUL", false, STR("\b\x7f\0\n"), "\\u0008\\u007f\\u0000\n"},
	{"C1, as UTF-8", false,
	 STR("\xc2\x9b"
	     "2J\xc2\xa0\n"),
	 "\\u009b2J\xc2\xa0\n"},
	{"C1, as a byte", false,
	 STR("\x9b"
	     "2J\n"),
	 "\\x9b2J\n"},
	{"half a character", false, STR("\xe2\x82\n"), "\\xe2\\x82\n"},
	{"half a character at the end", false, STR("a\xf0\x9f"), "a\\xf0\\x9f"},
	{"overlong", false, STR("\xc0\x9b\xe0\x80\x9b\n"), "\\xc0\\x9b\\xe0\\x80\\x9b\n"},
	{"direction", false,
	 STR("\xe2\x80\xae"
	     "exe\xe2\x81\xa6\xe2\x80\xa8\n"),
	 "\\u202eexe\\u2066\xe2\x80\xa8\n"},
	{"our tints", true, STR("\033[1;31mno\033[0m \033[2mdim\033[0m\n"),
	 "\033[1;31mno\033[0m \033[2mdim\033[0m\n"},
	{"a tint ends with its line", true, STR("\033[31mred\nplain\n"),
	 "\033[31mred\033[0m\nplain\n"},
	{"and with the run", true, STR("\033[31mred"), "\033[31mred\033[0m"},
	{"a tint that is not ours", true, STR("\033[8mhidden\n"), "\\u001b[8mhidden\n"},
	{"no colours", false, STR("\033[31mred\n"), "\\u001b[31mred\n"},
	{"a tint half said", true, STR("\033[3"), "\\u001b[3"},
};

static void filter(const struct row *r, size_t at_once)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);
	FILE *f = terminal_open(to, r->colours);
	for (size_t i = 0; i < r->in.n; i += at_once) {
		struct str some = str_slice(r->in, i, i + at_once);
		assert_int_equal(fwrite(some.p, 1, some.n, f), some.n);
		assert_int_equal(fflush(f), 0);
	}
	assert_int_equal(fclose(f), 0);
	fclose(to);
	check_str(r->name, str_n(text, n), r->want);
	free(text);
}

static void nothing_steers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t at_once = 1; at_once < 8; at_once++)
			filter(&rows[i], at_once);
}

static void a_full_disk_is_told(void **state)
{
	(void)state;
	FILE *to = fopen("/dev/full", "w");
	if (to == NULL)
		skip();
	FILE *f = terminal_open(to, false);
	assert_true(fprintf(f, "lost\n") < 0 || fflush(f) != 0 || ferror(f));
	(void)fclose(f);
	(void)fclose(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_steers),
		cmocka_unit_test(a_full_disk_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
