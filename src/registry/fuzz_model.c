/* SPDX-License-Identifier: Apache-2.0
 * fuzz_model.c: any bytes as the file of a model and as the choice of a slot. What is read has
 * names that are names, and as many bytes as it says. */
#include "base/assert.h"
#include "registry/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void choice(struct str text, struct arena *a)
{
	struct json d;
	struct registry_choice c;
	if (json_parse(text, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK ||
	    registry_choice_read(&d, 0, a, &c, NULL) != ST_OK)
		return;
	ASSERT(registry_is_name(c.slot) && c.percent < 100);
	ASSERT(!registry_follows_candidate(&c, text.n) || c.candidate.hex[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct registry_model m;
	struct str text = str_n((const char *)data, bytes);
	arena_init(&a, (size_t)16 << 20);
	if (registry_decode(text, &a, &m, NULL) == ST_OK) {
		ASSERT(registry_is_name(m.meta.slot) && registry_is_name(m.meta.kind));
		ASSERT(registry_is_hash(str_of(m.hash.hex)) && m.bytes.n < bytes);
	}
	choice(text, &a);
	arena_finish(&a);
	return 0;
}
