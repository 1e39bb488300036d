/* SPDX-License-Identifier: Apache-2.0
 * test_func_string.c: finding, cutting, splitting, joining; positions count code points. */
#include "cel/test_help.h"

static void handles_strings(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"size('h\xc3\xa9llo') + 'abc'.size()", "8"},
		{"size(b'h\xc3\xa9')", "3"},
		{"'abc'.contains('') && ''.contains('') && !'abc'.contains('d')", "true"},
		{"'h\xc3\xa9llo'.indexOf('l') + 'abcb'.lastIndexOf('b')", "5"},
		{"'abc'.indexOf('c', 4)", "error: ..."},
		{"'abc'.indexOf('', 3)", "3"},
		{"'abcb'.lastIndexOf('b', 2)", "1"},
		{"''.lastIndexOf('a')", "-1"},
		{"'h\xc3\xa9llo'.charAt(1) + 'a'.charAt(1)", "\"\xc3\xa9\""},
		{"'a'.charAt(2)", "error: ..."},
		{"'h\xc3\xa9llo'.substring(1, 3) + 'abc'.substring(2)", "\"\xc3\xa9lc\""},
		{"'abc'.substring(2, 1)", "error: ..."},
		{"'abc'.substring(-1)", "error: ..."},
		{"'a-b-c'.replace('-', '+', 1)", "\"a+b-c\""},
		{"'aa'.replace('a', 'aa')", "\"aaaa\""},
		{"'ab'.replace('', '-')", "\"-a-b-\""},
		{"'ab'.replace('', '-', 2)", "\"-a-b\""},
		{"'a,b,c'.split(',')", "[\"a\", \"b\", \"c\"]"},
		{"'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"},
		{"'a,b'.split(',', 0)", "[]"},
		{"'a\xc3\xa9'.split('')", "[\"a\", \"\xc3\xa9\"]"},
		{"''.split('')", "[]"},
		{"''.split(',')", "[\"\"]"},
		{"','.split(',')", "[\"\", \"\"]"},
		{"['a', 'b'].join('-') + [].join('-')", "\"a-b\""},
		{"dyn(['a', 1]).join()",
		 "error: dyn(['a', 1]).join(): join() takes a list of strings"},
		{"' \\u00a0a b\\u3000 '.trim()", "\"a b\""},
		{"'  '.trim()", "\"\""},
		{"'\xc3\x84"
		 "Bc'.lowerAscii() + 'abC'.upperAscii()",
		 "\"\xc3\x84"
		 "bcABC\""},
		{"'a\xc3\xa9z'.reverse()", "\"z\xc3\xa9"
					   "a\""},
		{"strings.quote('a\\n\\\"b')", "\"\\\"a\\\\n\\\\\\\"b\\\"\""},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(handles_strings)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
