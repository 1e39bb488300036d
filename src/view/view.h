/* SPDX-License-Identifier: Apache-2.0
 * view.h: documents about leads, timelines, scores and the node, as JSON.
 *
 * Built from committed state through a store handle of the caller's own, so the daemon goes on
 * writing. Every document carries "schema":"nurtured.<noun>/1". The API serves them as they are;
 * verbs print them, or render them for people.
 * Thread: any, one at a time per struct view. Memory: the arena of the view.
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include "base/json.h"
#include "log/log.h"
#include "model/event.h"
#include "model/lead.h"
#include "program/facts.h"
#include "store/store.h"

struct view {
	struct store *store;           /* a reader, or the writer's own between batches */
	const struct program *program; /* NULL: none applied; scores then have no lines */
	struct log_reader *log;        /* NULL: timelines without the events' own words */
	int64_t now_us;                /* scores are as of then */
	struct arena *arena;
	bool (*stop)(void *ctx); /* long reads ask, and give up with ST_UNAVAILABLE; NULL: go on */
	void *ctx;
};

/* "12", "L12", an e-mail, a phone number, a userId, an anonymousId, or "name:value" of a declared
 * key. Follows merges to the lead that stands. ST_NOT_FOUND says what was tried. */
MUST_USE enum status view_find(struct view *v, struct str text, uint64_t *lead_r, struct err *e);

/* Whom an event with these identifiers would be counted for, as of now: the first that is known. */
MUST_USE enum status view_find_event(struct view *v, const struct event *ev, uint64_t *lead_r,
				     struct err *e);

/* A lead: identifiers, traits, account, scores with tier, consent in short, next alarm. */
MUST_USE enum status view_lead(struct view *v, uint64_t lead, struct json_w *w, struct err *e);

struct view_page {
	int tier;       /* enum tier, or -1: all */
	uint64_t after; /* cursor: id of the last lead seen; 0: from the first */
	size_t limit;   /* at most 1000 */
	bool known_only;
	struct str track;       /* only who is on it, by step; empty: everybody */
	struct str after_place; /* its cursor, instead of `after`: "next" of the page before */
};
/* {"leads":[..],"next":id or null}: keyset pages, one line per lead. A page with a next one is
 * never empty. */
MUST_USE enum status view_leads(struct view *v, const struct view_page *page, struct json_w *w,
				struct err *e);
/* How many there are on all pages together, without a filter. */
MUST_USE enum status view_leads_count(struct view *v, uint64_t *n_r, struct err *e);

/* Newest first: what happened, when, points, machine or human; with a log, the event itself. */
MUST_USE enum status view_timeline(struct view *v, uint64_t lead, size_t limit, struct json_w *w,
				   struct err *e);

/* Why the lead stands where it stands: scores with their ledger, tier and thresholds, what would
 * make it hot, consent per channel and purpose with the rule that answers, next alarm, merges. */
MUST_USE enum status view_explain(struct view *v, uint64_t lead, struct json_w *w, struct err *e);

/* What one may hear about, per channel and purpose as declared, and whether we may speak now. */
struct view_choice {
	struct str channel, purpose;
	bool allowed;
};
MUST_USE enum status view_choices(struct view *v, uint64_t lead, size_t choices_max,
				  struct view_choice *out, size_t *n_r, struct err *e);
/* The lead's first address of that kind ("email"); empty: none. */
MUST_USE enum status view_address(struct view *v, uint64_t lead, struct str *out, struct err *e);

/* Conversion by tier: leads for which the trait or outcome `name` holds, of all in the tier, with
 * the area under the ROC curve of the score. */
MUST_USE enum status view_tiers(struct view *v, struct str outcome, struct json_w *w,
				struct err *e);

/* What could not be processed, newest first. */
MUST_USE enum status view_dead_letters(struct view *v, size_t limit, struct json_w *w,
				       struct err *e);

/* Roll-up counters between two days, as {"day","name","dims":[..],"n"} rows. */
MUST_USE enum status view_counters(struct view *v, int64_t from_us, int64_t to_us, struct json_w *w,
				   struct err *e);

#endif
