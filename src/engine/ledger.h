/* SPDX-License-Identifier: Apache-2.0
 * ledger.h: a lead's consent ledger in its table: keys (lead, seq * 64 + place), so that entries
 * stand in the order they entered the log and a split can take the youngest away again.
 */
#ifndef ENGINE_LEDGER_H
#define ENGINE_LEDGER_H

#include "consent/consent.h"
#include "store/store.h"

#define LEDGER_PER_SEQ 1024u

/* Every entry of a lead, in order, at most CONSENT_ENTRIES_MAX (the youngest are kept). */
MUST_USE enum status ledger_read(struct store *s, uint64_t lead, struct arena *a,
				 struct consent_ledger *out, struct err *e);
/* Appends entries that event `seq` made; `from` is the first free place of that seq. */
struct ledger_place {
	uint64_t lead, seq;
	size_t from;
};
MUST_USE enum status ledger_append(struct store *s, struct ledger_place at,
				   const struct consent_ledger *entries, struct arena *a,
				   struct err *e);
/* Removes what events at or after `seq` said. */
MUST_USE enum status ledger_cut(struct store *s, uint64_t lead, uint64_t seq, struct err *e);
/* The suppressions of a lead's addresses on a channel, from its profile. */
struct ledger_suppressed {
	struct suppression *list;
	size_t n;
};
MUST_USE enum status ledger_suppressions(struct store *s, const struct json *profile,
					 struct str channel, struct arena *a,
					 struct ledger_suppressed *out, struct err *e);

#endif
