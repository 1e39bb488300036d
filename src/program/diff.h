/* SPDX-License-Identifier: Apache-2.0
 * diff.h: what a new version of a program changes, in words a marketer would use.
 *
 * Compares two compiled programs, not two texts: a comment or a new order of keys is no change.
 * `plan` puts the people these changes move beside each line.
 */
#ifndef PROGRAM_DIFF_H
#define PROGRAM_DIFF_H

#include "program/program.h"

enum program_change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CHANGED };
/* What has to be looked at again when it is applied, as bits. */
enum program_touches {
	TOUCHES_FIT = 1,
	TOUCHES_ENGAGEMENT = 2,
	TOUCHES_TIERS = 4,
	TOUCHES_CONSENT = 8,
	TOUCHES_FEATURES = 16,
	TOUCHES_ENTRY = 32, /* how new leads come in; those here stay as they are */
	TOUCHES_SENDER = 64,
	TOUCHES_TRACKS = 128, /* leads inside stay with the version of the step they are in */
	TOUCHES_TRIGGERS = 256,
	TOUCHES_GUARDRAILS = 512,
	TOUCHES_TEAMS = 1024,
	TOUCHES_EXPERIMENTS = 2048,
};
struct program_change {
	enum program_change_kind kind;
	unsigned touches;
	struct str section, name; /* "engagement", "page.pricing" */
	struct str text;          /* "engagement rule page.pricing: 20 -> 25 points" */
	/* Of tracks: which leads it is about: those on this track, and inside this step when it is
	 * not empty. A step whose hash changed has at least one change of its own, or one of its
	 * whole track. */
	struct str track, step;
};
struct program_diff {
	const struct program_change *changes; /* in the order of the sections */
	size_t n;
	unsigned touches; /* union */
};
/* `old` may be NULL: everything is new. ST_LIMIT when the arena is at its ceiling. */
MUST_USE enum status program_diff(const struct program *old, const struct program *new,
				  struct arena *a, struct program_diff *out, struct err *e);
/* One line per change for a terminal: "+ ", "- ", "~ " and the text; or a JSON array. */
void program_diff_text(const struct program_diff *d, struct buf *out);
void program_diff_json(const struct program_diff *d, struct buf *out);

#endif
