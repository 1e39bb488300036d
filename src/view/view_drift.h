/* SPDX-License-Identifier: Apache-2.0
 * view_drift.h: does what was learned still fit? The detectors with their figures, and the alarms
 * they gave.
 */
#ifndef VIEW_VIEW_DRIFT_H
#define VIEW_VIEW_DRIFT_H

#include "view/view.h"

/* In short, for status lines, doctor and metrics: one row is read. */
struct view_drift {
	uint64_t ever; /* alarms there have been; 0: what follows is empty */
	bool on;       /* the latest is not over */
	int64_t at_us, until_us;
	const char *detector, *then; /* then: "widen", ... */
	char number[32];             /* of the context; empty: of outcomes */
	bool change;                 /* there is no limit: it was `limit` before, and is `figure` */
	double figure, limit;
};
MUST_USE enum status view_drift_latest(struct store *s, int64_t now_us, struct arena *a,
				       struct view_drift *out, struct err *e);
/* "psi of country.2 is 4.16, limit 0.25"; "adwin is 0.031, and was 0.008 before" */
struct str view_drift_words(const struct view_drift *d, struct arena *a);
/* What the latest alarm says, as members of an open object. */
void view_drift_put(const struct view_drift *d, struct json_w *w);

/* All of it. ST_CONFLICT: no program has been applied. */
MUST_USE enum status view_drift(struct view *v, struct json_w *w, struct err *e);

#endif
