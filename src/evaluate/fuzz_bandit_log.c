/* SPDX-License-Identifier: Apache-2.0
 * fuzz_bandit_log.c: any bytes as a log of decisions, and behind a 0 byte as the table of a
 * policy. What is read has probabilities that can be divided by, and estimates that are numbers. */
#include "base/assert.h"
#include "evaluate/bandit_log.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct bandit_log parsed;

static void estimate(const struct bandit_policy *policy, struct arena *a)
{
	struct evaluate_row *rows;
	if (policy == NULL && !parsed.has_new)
		return;
	if (bandit_rows(&parsed, policy, a, &rows, NULL) != ST_OK)
		return;
	struct evaluate_weights w = evaluate_weights(rows, parsed.n);
	ASSERT(w.ess >= 0 && w.support <= 1 && !isnan(w.share_max));
	for (int k = 0; k < EVALUATE_KINDS; k++)
		ASSERT(!isnan(evaluate_estimate(rows, parsed.n, (enum evaluate_kind)k, 10).v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct bandit_policy policy;
	struct str text = str_n((const char *)data, bytes), table;
	size_t zero = str_find_byte(text, '\0');
	table = str_slice(text, zero < text.n ? zero + 1 : zero, text.n);
	text = str_slice(text, 0, zero);
	arena_init(&a, (size_t)16 << 20);
	if (bandit_log_read(text, &a, &parsed, NULL) == ST_OK) {
		for (size_t i = 0; i < parsed.n; i++)
			ASSERT(parsed.rows[i].row.p_log > 0 &&
			       parsed.rows[i].action < parsed.actions_n);
		estimate(NULL, &a);
		if (bandit_policy_read(table, &parsed, &a, &policy, NULL) == ST_OK)
			estimate(&policy, &a);
	}
	arena_finish(&a);
	return 0;
}
