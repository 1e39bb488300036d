/* SPDX-License-Identifier: Apache-2.0
 * view_numbers.h: what tracks achieve, from roll-ups alone: no message and no lead is looked at.
 * What each number means is in docs/reports.md; where it is counted, in engine/tally.h.
 */
#ifndef VIEW_VIEW_NUMBERS_H
#define VIEW_VIEW_NUMBERS_H

#include "view/view.h"

enum view_by {
	VIEW_BY_NONE,
	VIEW_BY_SOURCE,
	VIEW_BY_TIER,
	VIEW_BY_VARIANT,
	VIEW_BY_PERSONA,
	VIEW_BY_CHANNEL
};
#define VIEW_DAYS_MAX 400

struct view_numbers {
	int64_t from_us, to_us; /* the days of both count, UTC; TIME_NONE: four weeks up to today */
	enum view_by by;
};
/* "source", "tier", "variant", "persona", "channel"; empty is VIEW_BY_NONE. */
bool view_by_of(struct str name, enum view_by *out);

/* Per track (a cohort by the day of entry) and per position of a track (messages by the day they
 * were due), each sliced. ST_INVALID: more than VIEW_DAYS_MAX days, or the wrong way round. */
MUST_USE enum status view_report_tracks(struct view *v, const struct view_numbers *q,
					struct json_w *w, struct err *e);
/* From a new lead to the goal; sliced by source, tier or persona. */
MUST_USE enum status view_report_funnel(struct view *v, const struct view_numbers *q,
					struct json_w *w, struct err *e);
/* {"n","of","rate","low","high"}: 95 % interval of Wilson (1927); rate null of nothing. */
void view_rate_put(struct json_w *w, const char *key, int64_t n, int64_t of);
/* {"<at>": v, "low", "high"}: an estimate, then the ends of its interval. */
void view_span_members(struct json_w *w, const char *at, const double v[3]); /* without {} */
void view_span_put(struct json_w *w, const char *key, const char *at, const double v[3]);

#endif
