/* SPDX-License-Identifier: Apache-2.0
 * fuzz_settings.c: any bytes as a settings file: read, or refused with a place. */
#include "base/assert.h"
#include "node/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct settings s;
	struct err e;
	arena_init(&a, 16u << 20);
	enum status st = settings_parse(str_n((const char *)data, n), &a, &s, &e);
	ASSERT(st == ST_OK || e.text[0] != '\0');
	ASSERT(st != ST_OK || s.mode != SETTINGS_LIVE || s.smtp_n > 0);
	arena_finish(&a);
	return 0;
}
