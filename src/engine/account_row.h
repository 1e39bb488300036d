/* SPDX-License-Identifier: Apache-2.0
 * account_row.h: a company's row, decoded. Several changes of a batch meet in one company, so it is
 * changed as numbers and written as JSON once, with the batch.
 */
#ifndef ENGINE_ACCOUNT_ROW_H
#define ENGINE_ACCOUNT_ROW_H

#include "base/json.h"

/* What limits per company count: the latest messages to any of its people, as they are handed
 * over, so that ten colleagues whose time comes at the same instant see each other. More than a
 * limit can ask for (schema_guard.c: 60 in 30 days). */
#define ACCOUNT_TOUCHES_MAX 64
#define ACCOUNT_HANDED_MAX 64
#define ACCOUNT_BYTES_MAX (64u << 10)
#define ACCOUNT_GROWS_MAX 128u /* by one change, traits apart */

struct account_touched {
	int64_t at_us, message;
};

struct account_row {
	struct str key, kind, traits; /* traits: a raw JSON object; empty: none */
	int64_t leads, hot, warm;
	int64_t last_us;  /* of its latest activity; TIME_NONE: never */
	int64_t moved_us; /* when fit that reads it may have moved last: see account_change.moved */
	struct account_touched *touches; /* oldest first */
	int64_t *handed;                 /* numbers of hand-offs, open and closed, oldest first */
	uint32_t touches_n, touches_cap, handed_n, handed_cap;
	bool had_touches; /* the list is written though it is empty */
};

struct account_change {
	int64_t leads, hot, warm;     /* differences */
	int64_t active_us;            /* TIME_NONE: unchanged */
	struct str traits;            /* the traits as they will be; empty: unchanged */
	struct str key, kind;         /* of a new one */
	bool moved;                   /* fit that reads how many leads it has may differ */
	int64_t known_us;             /* when we came to know: what moved moved then */
	int64_t touch, untouch, hand; /* numbers of messages and a hand-off; 0: none */
};

/* From its row; one with count 0 is new. Texts borrow from the row or live on the arena, lists on
 * the arena. False: the arena is full. */
MUST_USE bool account_row_read(const struct json *d, struct arena *a, struct account_row *out);
/* Texts of `c` must live as long as the row. False: the arena is full. */
MUST_USE bool account_row_change(struct account_row *r, const struct account_change *c,
				 int64_t now_us, struct arena *a);
void account_row_write(const struct account_row *r, struct buf *out);
/* The same without what no condition asks for. */
void account_row_facts(const struct account_row *r, struct buf *out);
/* Messages since `since_us`, without the one with number `but`. */
unsigned account_row_touches(const struct account_row *r, int64_t since_us, uint64_t but);

#endif
