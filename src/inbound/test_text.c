/* SPDX-License-Identifier: Apache-2.0
 * test_text.c: addresses in running text, Message-IDs, header fields. */
#include "base/test.h"
#include "inbound/field.h"
#include "inbound/text.h"

static void addresses(void **state)
{
	static const struct {
		const char *text, *address;
	} rows[] = {
		{"ana@x.example", "ana@x.example"},
		{"Ana <ana@x.example>:", "ana@x.example"},
		{"(ana@x.example).", "ana@x.example"},
		{"rfc822;ana+tag@x.example", "ana+tag@x.example"},
		{"write to ana@x.example.", "ana@x.example"},
		{"'ana@x.example'", "ana@x.example"},
		{"\"ana silva\"@x.example", "\"ana silva\"@x.example"},
		{"ana@[192.0.2.1]", "ana@[192.0.2.1]"},
		{"m\xc3\xbcller@b\xc3\xbc"
		 "cher.example",
		 "m\xc3\xbcller@b\xc3\xbc"
		 "cher.example"},
		{"@x.example then ben@y.example", "ben@y.example"},
		{"a@ b@ c@z.example", "c@z.example"},
		{"nobody here", NULL},
		{"@@@", NULL},
		{"", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str rest = str_of(rows[i].text), address = STR_NULL;
		CHECK_ROW(rows[i].text, text_address(&rest, &address) == (rows[i].address != NULL));
		if (rows[i].address != NULL)
			check_str(rows[i].text, address, rows[i].address);
	}
}

static void fields(void **state)
{
	struct arena a;
	struct fields f;
	struct str rest =
		STR("\n\nTo: a\nX-Long : one\r\n two\n\tthree\nno colon here\nEmpty:\nTo: b\n"
		    "\nNext: block\n");
	(void)state;
	arena_init(&a, 1u << 20);
	assert_true(fields_next(&rest, &a, &f));
	check_str("any case", fields_get(&f, "TO"), "a");
	check_str("unfolded", fields_get(&f, "x-long"), "one two three");
	check_str("empty", fields_get(&f, "empty"), "");
	assert_null(fields_get(&f, "absent").p);
	size_t at = 0;
	check_str("first", fields_each(&f, "to", &at), "a");
	check_str("second", fields_each(&f, "to", &at), "b");
	assert_null(fields_each(&f, "to", &at).p);
	assert_true(fields_next(&rest, &a, &f));
	check_str("next block", fields_get(&f, "next"), "block");
	assert_false(fields_next(&rest, &a, &f));
	arena_finish(&a);
}

static void message_ids(void **state)
{
	struct str rest = STR("<a@b> junk < c@d > <> <e"), id;
	(void)state;
	assert_true(text_message_id(&rest, &id));
	check_str("first", id, "a@b");
	assert_true(text_message_id(&rest, &id));
	check_str("second", id, "c@d");
	assert_false(text_message_id(&rest, &id));
}

static void lines_and_characters(void **state)
{
	struct arena a;
	struct str rest = STR("one\r\ntwo\rthree\n\nfive"), line;
	static const char *const want[] = {"one", "two", "three", "", "five"};
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		assert_true(text_line(&rest, &line));
		check_str("line", line, want[i]);
	}
	assert_false(text_line(&rest, &line));
	check_str("utf8", text_utf8(STR("a\xff\xc3\xa4"), &a), "a\xef\xbf\xbd\xc3\xa4");
	check_str("lower", text_lower(STR("DON\xe2\x80\x99T"), &a), "don't");
	check_str("squeeze", text_squeeze(STR("  a \n\t b "), &a), "a b");
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(fields),
		cmocka_unit_test(message_ids),
		cmocka_unit_test(lines_and_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
