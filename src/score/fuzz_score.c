/* SPDX-License-Identifier: Apache-2.0
 * fuzz_score.c: any stored lead, also a damaged one that still decodes, and any program's numbers:
 * evaluating ends, the ledger adds up, and the next change is later than now and is one. */
#include "base/assert.h"
#include "score/test_score.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(struct world *w, const struct lead *l)
{
	struct facts f = {.program = &w->p, .lead = l, .now_us = T0, .arena = &w->arena};
	struct score_ledger ledger;
	struct score_what_would what;
	ASSERT(score_ledger(&f, &w->arena, &ledger, NULL) == ST_OK);
	ASSERT(score_ledger_check(&ledger, NULL));
	score_what_would(&f, TIER_HOT, &what);
	ASSERT(what.n <= SCORE_WAYS_MAX);
	int64_t next = score_next_change(&w->p, l, T0);
	ASSERT(next == TIME_NONE || next > T0);
	if (next != TIME_NONE)
		(void)evaluate(w, l,
			       next); /* a grazing curve may need another look: no promise here */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct world w;
	struct lead l;
	struct rng r;
	if (bytes < 2)
		return 0;
	world_init(&w);
	rng_seed(&r, data[0]);
	random_rules(&w, &r, data[1] & 1);
	if (lead_decode(1, str_n((const char *)data + 2, bytes - 2), &w.arena, &l, NULL) == ST_OK)
		check(&w, &l);
	world_finish(&w);
	return 0;
}
