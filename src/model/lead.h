/* SPDX-License-Identifier: Apache-2.0
 * lead.h: one lead's hot state: what nearly every event reads and writes, in one small row.
 *
 * Cold facts (traits, identifiers) are in the profile, older timeline parts in history chunks,
 * consent in its ledger; see store/table.def.
 *
 * A lead's memory of its events is a set of cells, one per declared feature and engagement rule.
 * A cell's key is a hash of its name (the program refuses two names with one key), so cells live
 * on when a program gains or loses other rules.
 *
 *   P1  cells are sorted by key and unique.
 *   P2  tail holds the youngest timeline entries by arrival, at most LEAD_TAIL_MAX.
 *   P3  lead_decode(lead_encode(x)) == x.
 */
#ifndef MODEL_LEAD_H
#define MODEL_LEAD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/time.h"
#include "model/tier.h"

#define LEAD_CELLS_MAX 256
#define LEAD_TAIL_MAX 24        /* entries; then a chunk moves to history */
#define LEAD_CELL_BYTES_MAX 512 /* one cell's sketch or text */

enum lead_flag {
	LEAD_KNOWN = 1,   /* has a solid identifier (e-mail, userId, phone, declared key) */
	LEAD_DNT = 2,     /* the person's browser said Do Not Track */
	LEAD_BOT = 4,     /* only machine activity so far */
	LEAD_MERGED = 8,  /* joined to another lead: `account` holds that lead's id, no cells */
	LEAD_ERASED = 16, /* nothing personal is left */
};

/* Lists of leads: one for each tier, of those known and of visitors. Whoever was joined to another
 * or erased stands in none (-1); all others in one, so that no reader of a list looks at who is not
 * in it. */
#define LEAD_LISTS (2 * TIER_COUNT)
static inline int lead_list_of(enum tier t, bool known)
{
	return 2 * (int)t + known;
}

/* What a rule or feature remembers. Meaning of value and at_us depends on who owns the key:
 * decayed counts: value as it was at at_us; counts and sums: value, at_us of the latest event;
 * last value: value or bytes, at_us when it occurred; distinct: a sketch in bytes. */
struct cell {
	uint32_t key;
	double value;
	int64_t at_us;
	struct str bytes;
};

/* One line of the timeline: enough to show and to find the event again in the log. */
struct lead_entry {
	uint64_t seq;
	int64_t occurred_us;
	uint32_t type_no; /* TABLE_EVENT_TYPE */
	uint32_t flags;   /* enum event_flag */
	double points;    /* engagement points it gave when it happened */
};

struct lead {
	uint64_t id;
	uint64_t account;              /* 0: none; with LEAD_MERGED the lead it was joined to */
	uint32_t flags;                /* enum lead_flag */
	uint32_t persona;              /* 1 + index in the program, 0: nobody matched */
	uint32_t events_n;             /* all, machines included */
	uint32_t chunks_n;             /* history chunks written so far */
	int64_t created_us;            /* first seen, by the log's clock */
	int64_t active_us;             /* latest human activity (occurred), TIME_NONE: never */
	int64_t alarm_us;              /* next instant something may change; TIME_NONE: never */
	int64_t ttl_us;                /* an anonymous lead is forgotten then; TIME_NONE: kept */
	uint64_t fit_mask;             /* fit rules that hold, by index in the program */
	double entry_points;           /* fit points given once, by entry rule */
	uint32_t entry;                /* 1 + index of the entry rule that let it in, 0: none */
	double fit, engagement, score; /* as last evaluated, at scored_us */
	int64_t scored_us;
	enum tier tier;
	int64_t tier_since_us;
	struct cell *cells;
	size_t cells_n, cells_cap;
	struct lead_entry tail[LEAD_TAIL_MAX];
	size_t tail_n;
};

void lead_init(struct lead *l, uint64_t id, int64_t now_us);
/* The list a lead stands in, or -1; what a list is of, tier -1 for none. */
int lead_list(const struct lead *l);
static inline int lead_list_tier(int list)
{
	return list < 0 ? -1 : list / 2;
}
static inline bool lead_list_known(int list)
{
	return list >= 0 && list % 2 == 1;
}
/* Binary, versioned, defaults left out: about 100 bytes + 16 per cell + 12 per entry. */
void lead_encode(const struct lead *l, struct buf *out);
/* Cells and their bytes live in the arena. ST_CORRUPT when it is not lead_encode's work. */
MUST_USE enum status lead_decode(uint64_t id, struct str text, struct arena *a, struct lead *out,
				 struct err *e);
/* A row of TABLE_LEAD: the lead, and behind it its journey (model/journey.h), since nearly every
 * event reads both. *journey_r is empty for who was never on a track; it may be NULL. */
MUST_USE enum status lead_row_decode(uint64_t id, struct str row, struct arena *a, struct lead *out,
				     struct str *journey_r, struct err *e);
/* The cell of a key, or NULL. */
struct cell *lead_cell(struct lead *l, uint32_t key);
const struct cell *lead_cell_get(const struct lead *l, uint32_t key);
/* The same, added (zero, at TIME_NONE) when missing. NULL at LEAD_CELLS_MAX or arena ceiling. */
struct cell *lead_cell_add(struct lead *l, uint32_t key, struct arena *a);
void lead_cell_drop(struct lead *l, uint32_t key);
/* A decayed count in a cell: adds `n` that happened at at_us, late ones too; reads it at now_us. */
void cell_decayed_add(struct cell *c, double n, int64_t at_us, int64_t half_life_us);
double cell_decayed_get(const struct cell *c, int64_t now_us, int64_t half_life_us);
/* Adds a timeline line. When the tail is full its lines are first encoded to `spill` as the
 * history chunk number l->chunks_n (then raised), and true is returned. */
bool lead_remember(struct lead *l, const struct lead_entry *entry, struct buf *spill);
void lead_entries_encode(const struct lead_entry *entries, size_t n, struct buf *out);
MUST_USE enum status lead_entries_decode(struct str text, struct arena *a, struct lead_entry **out,
					 size_t *n_r, struct err *e);

#endif
