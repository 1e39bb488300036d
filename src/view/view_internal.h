/* SPDX-License-Identifier: Apache-2.0
 * view_internal.h: what the files of this folder share.
 */
#ifndef VIEW_VIEW_INTERNAL_H
#define VIEW_VIEW_INTERNAL_H

#include "features/features.h"
#include "view/view.h"

/* One lead, opened: hot state, profile, account, and facts over them. */
struct view_lead {
	uint64_t id;
	struct lead lead;
	struct json profile, account; /* count 0: none */
	struct facts facts;
};

MUST_USE enum status view_load(struct view *v, uint64_t id, struct view_lead *out, struct err *e);
/* known, do_not_track, machine_only, forgotten */
void view_put_flags(struct json_w *w, const struct lead *l);
void view_put_scores(struct view *v, const struct view_lead *l, struct json_w *w);

#endif
