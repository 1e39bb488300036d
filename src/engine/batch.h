/* SPDX-License-Identifier: Apache-2.0
 * batch.h: the working set of one transaction: every lead, profile, account, identifier and
 * counter that the events in hand have touched, decoded once and written once.
 *
 * This is the performance model: a batch coalesces all events of a lead into one row write, in
 * key order. batch_flush writes what is dirty into the open transaction (so that scans see it);
 * the commit is writer.c's.
 */
#ifndef ENGINE_BATCH_H
#define ENGINE_BATCH_H

#include "base/json.h"
#include "base/map.h"
#include "engine/account_row.h"
#include "model/journey.h"
#include "model/key.h"
#include "model/lead.h"
#include "store/store.h"

/* One lead in hand. */
struct work {
	struct lead lead;
	bool dirty;
	bool profile_loaded, profile_parsed, profile_dirty;
	struct str profile; /* JSON text, empty when there is none */
	struct json profile_doc;
	struct journey *journey; /* NULL: never placed, or not loaded yet */
	struct str journey_text; /* as stored, behind the lead in its row */
	bool journey_loaded, journey_dirty;
	struct str track_row; /* key in TABLE_TRACK_LEAD as stored; empty: none */
	struct str inside[3]; /* track, step and phase it is counted under; empty: nowhere */
	int64_t alarm_row_us; /* due time of the row in TABLE_ALARM; TIME_NONE: no row */
	int list_row;         /* lead_list() of the row in TABLE_TIER_LEAD; -1: no row */
};

/* A company in hand: its row is the truth, `doc` a picture of it for conditions. */
struct account_work {
	uint64_t id;
	struct account_row row;
	bool known; /* there is, or will be, such a row */
	bool dirty;
	bool doc_current;
	struct json doc; /* batch_account_doc */
};

struct idcache_cell;

/* No row of the queue is before this one. What fired or was dropped before it, and is still in the
 * store below the open transaction, is not walked over for each of those behind. */
struct batch_queue {
	int64_t us; /* TIME_NONE: the queue is empty */
	uint64_t id;
};
#define BATCH_QUEUE_EMPTY ((struct batch_queue){TIME_NONE, 0})

struct batch {
	struct store *store;
	struct arena keep;             /* lives until the flush behind the commit */
	struct u64map works, accounts; /* id -> struct work * / struct account_work * */
	struct u64map moved;           /* account -> its moved_us; kept across batches */
	struct strmap identities;      /* changed in this batch: key -> lead, 0: removed */
	struct strmap counters;        /* key -> delta (two's complement) */
	struct strmap sources;         /* named in reports; kept across batches */
	bool sources_dirty;
	struct strmap types;          /* event type -> number; whole table, kept across batches */
	struct idcache_cell *idcache; /* identifier -> lead, kept across batches */
	size_t idcache_cap, idcache_used;
	uint64_t idcache_seed[2];
	/* META values, written with the commit */
	uint64_t cursor, next_lead, next_account, next_merge, next_type, program_version;
	int64_t clock_us;
	struct batch_queue alarms; /* of TABLE_ALARM: time and lead, in store or batch */
	struct batch_queue due;    /* of TABLE_DUE (engine/due.h) */
	bool meta_dirty;
};

/* Something is in the queue: it begins there, or before. */
static inline void batch_queue_has(struct batch_queue *q, int64_t us, uint64_t id)
{
	if (q->us == TIME_NONE || us < q->us || (us == q->us && id < q->id))
		*q = (struct batch_queue){us, id};
}

void batch_init(struct batch *b, struct store *store, size_t bytes_max);
void batch_finish(struct batch *b);
/* Reads META and the type dictionary. */
MUST_USE enum status batch_load(struct batch *b, struct err *e);
/* Forgets everything uncommitted; batch_load must follow. */
void batch_drop(struct batch *b);
/* Writes what is dirty, in key order, and empties the working set (batch_flush), META too. */
MUST_USE enum status batch_flush(struct batch *b, struct err *e);
/* Is the working set so large that it should be written out? */
bool batch_full(const struct batch *b);

/* The lead in hand; loaded when it is not yet. ST_NOT_FOUND for an unknown id. */
MUST_USE enum status batch_lead(struct batch *b, uint64_t id, struct work **out, struct err *e);
/* The same; who was merged since is the one they were merged into. */
MUST_USE enum status batch_lead_whole(struct batch *b, uint64_t id, struct work **out,
				      struct err *e);
MUST_USE enum status batch_lead_create(struct batch *b, int64_t now_us, struct work **out,
				       struct err *e);
/* The profile's JSON, parsed; &w->profile_doc has count 0 when there is none. */
MUST_USE enum status batch_profile(struct batch *b, struct work *w, struct err *e);
/* Replaces it; `json` is copied. */
MUST_USE enum status batch_profile_set(struct batch *b, struct work *w, struct str json,
				       struct err *e);
/* Decodes w->journey; it stays NULL when the lead was never placed. */
MUST_USE enum status batch_journey(struct batch *b, struct work *w, struct err *e);
/* The journey changed (or is the first): it is written with the batch. `j` lives as long as it. */
void batch_journey_set(struct batch *b, struct work *w, struct journey *j);
/* Identifier -> lead; 0 when it points nowhere. */
MUST_USE enum status batch_identity(struct batch *b, struct str key, uint64_t *lead_r,
				    struct err *e);
MUST_USE enum status batch_identity_set(struct batch *b, struct str key, uint64_t lead,
					struct err *e);
MUST_USE enum status batch_account(struct batch *b, uint64_t id, struct account_work **out,
				   struct err *e);
/* When its facts moved last (account_row.h), mostly without opening its row: each pass of a lead
 * asks. */
MUST_USE enum status batch_account_moved(struct batch *b, uint64_t id, int64_t *at_r,
					 struct err *e);
/* By key (domain or group); created when new. */
MUST_USE enum status batch_account_of(struct batch *b, struct str key, struct account_work **out,
				      bool *created_r, struct err *e);
/* What conditions may ask of it as JSON, parsed, as it is now; NULL: there is none. It costs. */
MUST_USE enum status batch_account_doc(struct batch *b, struct account_work *w,
				       const struct json **out, struct err *e);
/* Texts of `c` are copied. ST_LIMIT: its row would grow too large. */
MUST_USE enum status batch_account_change(struct batch *b, struct account_work *w,
					  const struct account_change *c, int64_t now_us,
					  struct err *e);
/* Number of an event type, given out on first sight (LEAD timelines use it). */
MUST_USE enum status batch_type_no(struct batch *b, struct str type, uint32_t *no_r, struct err *e);
#define COUNT_DIMS_MAX 6
#define COUNT_DIM_BYTES 128 /* longer ones are cut */
/* Adds to a roll-up counter: day, name and up to COUNT_DIMS_MAX dimensions. */
void batch_count(struct batch *b, int64_t now_us, const char *name, const struct str *dims,
		 size_t n, int64_t delta);
/* The name a source is counted under: its own while there is room for one more, else "other": who
 * sends events must not be able to grow the roll-ups. */
#define COUNT_SOURCES_MAX 200
#define COUNT_SOURCE_BYTES 64
struct str batch_source(struct batch *b, struct str source);
/* Counters that say how many there are now stand under the first of all days. What is 0 has no
 * row: so neither gauge nor correction depends on where batches are cut (N2). */
#define COUNT_NOW_US 0
/* Arms the lead's alarm: a stored row may be early, never late, so only a sooner one is written. */
void batch_alarm(struct batch *b, struct work *w, int64_t due_us);

#endif
