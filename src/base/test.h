/* SPDX-License-Identifier: Apache-2.0
 * test.h: what every cmocka test includes, in the one order cmocka wants, and the comparison of
 * borrowed strings it lacks. Only test_*.c files include it.
 */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Fails with both texts; `row` names the case of a table. */
static inline void check_str(const char *row, struct str got, const char *want)
{
	if (want == NULL || !str_is(got, want))
		fail_msg("%s: got \"" STR_FMT "\", want \"%s\"", row, STR_ARG(got),
			 want != NULL ? want : "(nothing)");
}

/* A condition of one row of a table. */
#define CHECK_ROW(row, x) \
	do { \
		if (!(x)) \
			fail_msg("%s: not so: %s", (row), #x); \
	} while (0)

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

#endif
