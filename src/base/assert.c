/* SPDX-License-Identifier: Apache-2.0
 * assert.c: say where, then abort; restart equals recovery, so stopping is safe. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *what, const char *file, int line, const char *func)
{
	fprintf(stderr, "nurtured: broken invariant: %s (%s:%d, %s)\n", what, file, line, func);
	abort();
}
