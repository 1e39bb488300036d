/* SPDX-License-Identifier: Apache-2.0
 * view_inside.h: what the documents about tracks, messages and hand-offs share; for the files of
 * this folder.
 */
#ifndef VIEW_VIEW_INSIDE_H
#define VIEW_VIEW_INSIDE_H

#include "model/journey.h"
#include "program/track.h"
#include "view/view_internal.h"
#include "view/view_play.h"

#define VIEW_INSIDE_MAX 8192 /* places: tracks x steps x phases */

/* The gauge "inside", as the engine keeps it. */
struct view_inside {
	struct view_inside_row {
		struct str track, step, phase;
		int64_t n;
	} * rows;
	size_t n;
};
MUST_USE enum status view_inside_load(struct view *v, struct view_inside *out, struct err *e);
/* How many are at a place; an empty text means any. */
int64_t view_inside_sum(const struct view_inside *in, struct str track, struct str step,
			struct str phase);
/* "waiting", "ready", "watching", "paused" and their sum "people", into an open object. */
void view_inside_put(const struct view_inside *in, struct str track, struct str step,
		     struct json_w *w);

/* A lead's journey; one that was never placed is as journey_init makes it, *placed_r false. */
MUST_USE enum status view_journey_of(struct view *v, uint64_t lead, struct journey *out,
				     bool *placed_r, struct err *e);
/* "move to consideration", "hand over to sdr, then ..." */
struct str view_action_text(const struct program *p, const struct program_action *a,
			    struct arena *arena);
/* The best name of a lead (e-mail first); empty: it has none. */
struct str view_best_name(const struct json *profile, struct arena *a);
/* Who a lead is today: itself, or the one it was merged into. */
MUST_USE enum status view_stands(struct view *v, uint64_t id, uint64_t *lead_r, struct err *e);
/* The same by number, behind merges; empty too when it cannot be read. */
struct str view_name_of(struct view *v, uint64_t lead);
/* One line of a message in a list. */
void view_message_row(struct view *v, const struct message *m, struct json_w *w);
/* The newest messages to a lead, newest first, as "messages" of an open object; notices about it
 * to others are none. */
MUST_USE enum status view_messages_of(struct view *v, uint64_t lead, size_t limit, struct json_w *w,
				      struct err *e);
/* One line of a hand-off in a list. */
void view_handoff_row(struct view *v, const struct handoff *h, struct json_w *w);
/* What view_standing says of tracks, for the lead it has found. */
struct view_standing;
void view_standing_play(struct view *v, struct view_standing *out);
/* The newest message to a lead that is no notice; 0: none. */
uint64_t view_last_message(struct view *v, uint64_t lead);
/* The newest decision about a lead; 0: none. */
MUST_USE enum status view_last_decision(struct view *v, uint64_t lead, uint64_t *id_r,
					struct err *e);
/* What was chosen, from what, and why, as it was recorded; null when there is none. */
void view_decision_put(struct view *v, uint64_t id, struct json_w *w);

/* Does the lead go by the version beside the one in force? Its tracks are then the engine's to
 * know. */
bool view_on_candidate(struct view *v, uint64_t lead);
/* Where a track of the program in force is. ST_NOT_FOUND names the tracks there are. */
MUST_USE enum status view_track_at(struct view *v, struct str name, size_t *out, struct err *e);

#endif
