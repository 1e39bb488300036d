/* SPDX-License-Identifier: Apache-2.0
 * test_func_convert.c: conversions between the kinds, and what they refuse. */
#include "cel/test_help.h"

static void converts(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"int('-12') + int(3.9) + int(2u)", "-7"},
		{"int(-3.9)", "-3"},
		{"int('12a')", "error: int('12a'): this string is no whole number"},
		{"int(1e19)", "error: ..."},
		{"int(18446744073709551615u)", "error: ..."},
		{"int(9223372036854775807.0)", "error: ..."},
		{"uint(3.5)", "3u"},
		{"uint(-1)", "error: ..."},
		{"uint('18446744073709551615')", "18446744073709551615u"},
		{"double('1e3')", "1000.0"},
		{"double('-Infinity')", "-Infinity"},
		{"double('0x10')", "error: ..."},
		{"double(' 1')", "error: ..."},
		{"double('')", "error: ..."},
		{"string(1.0) + string(-0.0045) + string(1e21) + string(1e-8)",
		 "\"1-0.00451e+211e-08\""},
		{"string(123456789012345680.0)", "\"123456789012345680\""},
		{"string(0.1)", "\"0.1\""},
		{"string(true) + string(7u) + string(-7)", "\"true7-7\""},
		{"string(b'\\xff')", "error: string(b'\\xff'): these bytes are no valid UTF-8"},
		{"bytes('\xc3\xbf')", "b\"\xc3\xbf\""},
		{"bool('True') && !bool('f')", "true"},
		{"bool('yes')", "error: ..."},
		{"base64.encode(b'hello') + string(base64.decode('aGk'))", "\"aGVsbG8=hi\""},
		{"base64.decode('!')", "error: ..."},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(converts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
