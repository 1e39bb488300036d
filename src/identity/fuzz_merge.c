/* SPDX-License-Identifier: Apache-2.0
 * fuzz_merge.c: any bytes as the record of a merge, and as the profiles of two leads: refused, or
 * read; what identity_merge writes, identity_split reads. */
#include "base/assert.h"
#include "identity/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void merge(struct str survivor, struct str loser, struct arena *a)
{
	struct identity_side s = {.profile = survivor}, l = {.profile = loser};
	const struct identity_merge m = {.seq = 1, .reason = STR("r"), .by = STR("b")};
	struct identity_split back;
	struct str record;
	struct json d;
	lead_init(&s.lead, 1, 5);
	lead_init(&l.lead, 2, 3);
	if (identity_merge(&s, &l, &m, a, &record, NULL) != ST_OK)
		return;
	ASSERT(json_parse(s.profile, JSON_LIMITS_EVENT, a, &d, NULL) == ST_OK);
	ASSERT(json_parse(record, JSON_LIMITS_EVENT, a, &d, NULL) == ST_OK);
	/* A profile may list identifiers that are none; everything else must come back. */
	if (identity_split(record, a, &back, NULL) == ST_OK)
		ASSERT(str_eq(back.loser.profile, str_trim(loser)) &&
		       str_eq(back.survivor.profile, str_trim(survivor)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct identity_split split;
	struct identity_key key;
	struct str text = str_n((const char *)data, bytes), rest = text;
	arena_init(&a, 8u << 20);
	if (identity_split(text, &a, &split, NULL) == ST_OK)
		ASSERT(split.survivor.lead.cells_n <= LEAD_CELLS_MAX);
	(void)identity_key_read(text, &key);
	struct str first = str_cut(&rest, '\n');
	merge(first, rest, &a);
	arena_finish(&a);
	return 0;
}
