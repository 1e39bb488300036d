/* SPDX-License-Identifier: Apache-2.0
 * beside.h: a second version of the program beside the one in force, for a share of the leads: how
 * it is compared, and what it may not change.
 */
#ifndef PROGRAM_BESIDE_H
#define PROGRAM_BESIDE_H

#include "base/json.h"
#include "program/track.h"

#define PROGRAM_SHARE_MAX 90 /* percent; above it nobody is left to compare with */

struct program_beside {
	unsigned percent;   /* of leads, 1 to PROGRAM_SHARE_MAX */
	const char *metric; /* as of an experiment */
	double min_lift;
	struct program_rule rule;
};

/* {"share": 10, "metric": "goal", "min_lift": 0.1, "rule": {"then": "ship", "least": 300, "guard":
 * "left", "guard_most": 0.02, "within": "60d"}}; all but the share may be left out. ST_INVALID. */
MUST_USE enum status program_beside_read(const struct json *d, uint32_t at, struct arena *a,
					 struct program_beside *out, struct err *e);
/* The same members into an open object. */
void program_beside_put(const struct program_beside *x, struct json_w *w);

/* May the program of `next` stand beside that of `now`, both YAML that was read before? Only what
 * is said to leads, when and to whom may differ: what is known of a lead (features, scores,
 * consent, arms, what was learned) is one, whoever looks. ST_CONFLICT names the keys in the way. */
MUST_USE enum status program_beside_fits(struct str now, struct str next, struct arena *a,
					 struct err *e);

#endif
