/* SPDX-License-Identifier: Apache-2.0
 * test_func_math.c: the math extension. */
#include "cel/test_help.h"

static void calculates(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"math.greatest(1, 2.5, 2u)", "2.5"},
		{"math.least([3, 1, 2])", "1"},
		{"math.least([])", "error: ..."},
		{"math.greatest(1, dyn('a'))", "error: ..."},
		{"math.ceil(1.2) + math.floor(1.8) + math.trunc(-1.5) + math.round(2.5)", "5.0"},
		{"math.abs(-3) + math.sign(-7)", "2"},
		{"math.abs(-9223372036854775808)", "error: ..."},
		{"math.isNaN(0.0 / 0.0) && math.isInf(1.0 / 0.0) && math.isFinite(1.0)", "true"},
		{"math.bitAnd(6, 3) + math.bitOr(6, 3) + math.bitXor(6, 3)", "14"},
		{"math.bitNot(0u)", "18446744073709551615u"},
		{"math.bitShiftLeft(1, 62) > 0 && math.bitShiftRight(-1, 63) == 1", "true"},
		{"math.bitShiftLeft(1, 64)", "0"},
		{"math.bitShiftLeft(1, -1)", "error: ..."},
		{"math.sqrt(81)", "9.0"},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(calculates)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
