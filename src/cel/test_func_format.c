/* SPDX-License-Identifier: Apache-2.0
 * test_func_format.c: format(): clauses, precision, and lists that do not fit them. */
#include "cel/test_help.h"

static void formats(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"'%s is %d'.format(['x', 7])", "\"x is 7\""},
		{"'%s'.format([[1, 'a', 2.0, null, b'b']])", "\"[1, a, 2, null, b]\""},
		{"'%s'.format([{'b': 1, 'a': true}])", "\"{a: true, b: 1}\""},
		{"'%s %s'.format([lead.seen_at, duration('1.5s')])",
		 "\"2026-03-01T12:00:00Z 1.5s\""},
		{"'%.2f %f'.format([2.675, 1])", "\"2.67 1.000000\""},
		{"'%.0f %.0f'.format([0.5, 1.5])", "\"0 2\""},
		{"'%e'.format([12345.678])", "\"1.234568e+04\""},
		{"'%x %X %o %b'.format([-255, 255u, 8, 5])", "\"-ff FF 10 101\""},
		{"'%x'.format(['hi'])", "\"6869\""},
		{"'%b'.format([true])", "\"1\""},
		{"'100%%'.format([])", "\"100%\""},
		{"'%d %s'.format([0.0/0.0, -1.0/0.0])", "\"NaN -Infinity\""},
		{"'%s'.format([b'\\xff\\xfea'])", "\"\xef\xbf\xbd"
						  "a\""},
		{"'%d'.format([])", "error: '%d'.format([]): there are more clauses..."},
		{"'%d'.format(['a'])", "error: '%d'.format(['a']): %d formats numbers only"},
		{"'%q'.format([1])", "error: '%q'.format([1]): clauses are..."},
		{"'%'.format([1])", "error: '%'.format([1]): clauses are..."},
		{"'%.f'.format([1])", "error: '%.f'.format([1]): a precision..."},
		{"'%.300f'.format([1])", "error: '%.300f'.format([1]): a precision..."},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(formats)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
