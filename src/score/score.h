/* SPDX-License-Identifier: Apache-2.0
 * score.h: how good a fit, how engaged, which tier, and why exactly that number?
 *
 * Room 5 of the pass. Points are kept in cents, hundredths of a point, as integers: sums are exact
 * in any order, and the lines a person reads add up to the score they read. The formulas are in
 * docs/scoring.md.
 *
 *   engagement(t) = clamp(sum over rules of points * count(t), minus inactivity(t))
 *   count(t)      = sum over its events of 2^-(age / half_life), kept in one cell per rule
 *   fit           = clamp(entry points + sum of the points of fit rules that hold)
 *   sum           = clamp(fit_weight * fit + engagement_weight * engagement)
 *   score         = sum, or 100 / (1 + exp(-(slope * sum + bias))) where the program says so
 *
 *   P1  A score equals the sum of its ledger, to the last digit (G9; score_ledger_check).
 *   P2  Evaluating is a function of (program, lead, now): it changes nothing.
 *   P3  Before score_next_change nothing changes tier without an event; at that instant it does.
 *   P4  Bot, machine and system events never score (event_counts in model/event.h).
 * Thread: any. Memory: the caller's arenas.
 */
#ifndef SCORE_SCORE_H
#define SCORE_SCORE_H

#include "program/facts.h"

#define SCORE_CENTS 100       /* one point */
#define SCORE_MAX_CENTS 10000 /* fit, engagement and score are 0 to 100 points */
#define SCORE_NAME_MAX 96

/* ---- folding an event ---- */

/* Adds what f->event gives to the lead's cells and moves active_us. *points_r: the points of the
 * rules it matched, before decay and ceilings (0 when it does not count). Cells go to `a`.
 * ST_LIMIT: the lead has LEAD_CELLS_MAX cells, or the arena is at its ceiling. */
MUST_USE enum status score_event(struct lead *lead, const struct facts *f, struct arena *a,
				 double *points_r, struct err *e);
/* The entry rule that lets this event's lead in: 1 + its index, or 0. Ask once, for a new lead. */
uint32_t score_entry(const struct facts *f);
/* Joins the cells of engagement rules; active_us is the later one. */
MUST_USE enum status score_merge(const struct program *p, struct lead *into,
				 const struct lead *from, struct arena *a, struct err *e);

/* ---- fit: only when traits, account or features that rules read have changed ---- */

struct score_fit {
	uint64_t mask;    /* rules that hold, by index */
	uint32_t persona; /* 1 + index of the first that holds, 0: nobody */
};
struct score_fit score_fit(const struct facts *f);

/* ---- evaluating ---- */

struct score {
	int64_t fit_cents, engagement_cents, total_cents;
	double fit, engagement, score; /* the same in points */
	enum tier tier;
	bool tier_moved; /* differs from the lead's stored tier */
	int64_t at_us;
};
/* f->lead at f->now_us, with its fit_mask, entry_points and stored tier. Tier conditions are asked
 * of f with the new numbers filled in. */
void score_evaluate(const struct facts *f, struct score *out);
/* Writes an evaluation into the lead: fit, engagement, score, scored_us, tier, tier_since_us. */
void score_keep(struct lead *lead, const struct score *s);
/* The earliest instant after now_us at which the tier would change without an event, by decay or
 * inactivity; TIME_NONE: never. The stored tier is what counts as unchanged. Further conditions of
 * a tier (`if`) are taken as true. */
int64_t score_next_change(const struct program *p, const struct lead *l, int64_t now_us);

/* Between what engagement and score, in points, move from one instant to a later one, nothing
 * happening: sound, and exact where both are the same. */
void score_over(const struct program *p, const struct lead *l, int64_t from_us, int64_t to_us,
		struct cel_bounds *engagement_r, struct cel_bounds *score_r);

/* ---- the ledger ---- */

enum score_part { SCORE_PART_FIT, SCORE_PART_ENGAGEMENT, SCORE_PART_TOTAL, SCORE_PART_COUNT };
enum score_line_kind {
	SCORE_LINE_ENTRY,      /* how the lead came in */
	SCORE_LINE_FIT,        /* a fit rule holds */
	SCORE_LINE_POINTS,     /* an engagement rule, decayed */
	SCORE_LINE_INACTIVITY, /* nothing was heard for long */
	SCORE_LINE_WEIGHT,     /* part of the total: weight x fit, weight x engagement */
	SCORE_LINE_FLOOR,      /* what lifts a sum below 0 to 0 */
	SCORE_LINE_CAP,        /* what cuts a sum above 100 to 100 */
	SCORE_LINE_BASE,       /* part of a probability: what it is without any points */
	SCORE_LINE_COUNT
};
struct score_line {
	enum score_line_kind kind;
	struct str name;   /* rule's name; "fit", "engagement" for weights */
	int64_t cents;     /* may be negative */
	uint32_t times;    /* events behind it; 0: not about events */
	double weight;     /* points: what is left of `times` after decay; weights: the weight */
	int64_t latest_us; /* last event behind it, or when inactivity began to count; TIME_NONE */
};
struct score_ledger {
	struct score score;
	struct {
		const struct score_line *lines;
		size_t n;
		int64_t cents; /* the sum: fit_cents, engagement_cents, total_cents */
	} part[SCORE_PART_COUNT];
};
/* ST_LIMIT when the arena is at its ceiling. */
MUST_USE enum status score_ledger(const struct facts *f, struct arena *a, struct score_ledger *out,
				  struct err *e);
/* Adds up every part again (P1); false with words when it does not. */
bool score_ledger_check(const struct score_ledger *l, struct err *why);
/* {"fit":{"points":..,"lines":[{"kind","name","points",..}]},..}; points as exact decimals. */
void score_ledger_json(const struct score_ledger *l, struct json_w *w);
/* "12.5", "-3", "0.07": cents as points, exactly. */
void score_cents_text(int64_t cents, struct buf *out);

/* ---- what would lift it ---- */

#define SCORE_WAY_ITEMS_MAX 3
#define SCORE_WAYS_MAX 6
#define SCORE_WAY_TIMES_MAX 5

struct score_way_item {
	bool fit;       /* a fit rule that would hold; else an engagement rule */
	size_t index;   /* in the program */
	uint32_t times; /* events needed, 1 to SCORE_WAY_TIMES_MAX */
	int64_t cents;  /* what it gives at face value */
};
struct score_way {
	struct score_way_item items[SCORE_WAY_ITEMS_MAX];
	size_t n;
	int64_t total_cents; /* the score it would lead to */
};
struct score_what_would {
	struct score_way ways[SCORE_WAYS_MAX]; /* fewest acts first, then least overshoot */
	size_t n;
	bool already;          /* the lead is in the tier or above */
	int64_t missing_cents; /* score points short of the tier's `up` */
	struct str condition;  /* the tier's further condition, where it does not hold now */
};
/* What would make this lead `target` right now. n == 0 and not already: out of reach. */
void score_what_would(const struct facts *f, enum tier target, struct score_what_would *out);
/* One of them: "1 x webinar.attended (+25) and fit rule 'ops_lead' (+35)" */
void score_way_text(const struct program *p, const struct score_way *way, struct buf *out);
/* All in one sentence: "1 x webinar.attended (+25) or fit rule 'ops_lead' (+35)" */
void score_what_would_text(const struct program *p, const struct score_what_would *w,
			   struct buf *out);

#endif
