/* SPDX-License-Identifier: Apache-2.0
 * fuzz_spam.c: any bytes as SpamAssassin's report: refused, or rules within their bounds. */
#include "base/assert.h"
#include "deliver/spam.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct spam_report r;
	struct err e;
	arena_init(&a, 64u << 20);
	if (spam_report_read(str_n((const char *)data, bytes), &a, &r, &e) == ST_OK) {
		ASSERT(r.rules_n <= SPAM_RULES_MAX && isfinite(r.points) && isfinite(r.required));
		for (size_t i = 0; i < r.rules_n; i++)
			ASSERT(r.rules[i].name.n > 0 &&
			       str_find_byte(r.rules[i].name, '\n') == r.rules[i].name.n);
	}
	arena_finish(&a);
	return 0;
}
