/* SPDX-License-Identifier: Apache-2.0
 * fuzz_phone.c: any bytes as a telephone number, at home in several countries: refused, or E.164
 * that stays what it is. */
#include "base/assert.h"
#include "identity/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const char *const homes[] = {"", "DE", "US", "IT", "HU", "RU", "LT", "MX", "BY"};
	struct arena a;
	struct str once, twice;
	struct str text = str_n((const char *)data, bytes);
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
		if (identity_phone(text, str_of(homes[i]), &a, &once, NULL) != ST_OK)
			continue;
		ASSERT(once.n >= 8 && once.n <= 16 && once.p[0] == '+' && once.p[1] != '0');
		ASSERT(identity_phone(once, STR_NULL, &a, &twice, NULL) == ST_OK);
		ASSERT(str_eq(once, twice));
	}
	arena_finish(&a);
	return 0;
}
