/* SPDX-License-Identifier: Apache-2.0
 * view_model.h: which registered models decide now, and what the latest change was. For status
 * lines, doctor and metrics; costs two rows.
 */
#ifndef VIEW_VIEW_MODEL_H
#define VIEW_VIEW_MODEL_H

#include "engine/rollout.h"
#include "program/program.h"

struct view_model {
	uint64_t changes;              /* of who decides, or for how many; ever */
	struct registry_choice choice; /* empty hashes: nobody */
	struct trial_case trial;       /* what the one that is tried has brought */
	struct rollout_change last;    /* when changes > 0 */
	bool taken_back;               /* by that, and by itself */
};
MUST_USE enum status view_model(struct store *s, struct arena *a, struct view_model *out,
				struct err *e);
/* Why what was chosen has no effect under this program, or goes no further by itself: "mode is off:
 * nobody asks it". Empty: nothing is in its way. */
struct str view_model_hindrance(const struct registry_choice *c, const struct program *p,
				struct arena *a);
/* "7cae9b998127 decides", "... is tried on 5 % of leads", "... is in the shadow"; empty: none. */
struct str view_model_champion_words(const struct registry_choice *c, struct arena *a);
struct str view_model_candidate_words(const struct registry_choice *c, struct arena *a);
/* One change, as members of an open object: the model, the shares (null: not tried), the reason. */
void view_model_move_put(const struct rollout_change *c, struct json_w *w);

#endif
