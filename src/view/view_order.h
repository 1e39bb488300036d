/* SPDX-License-Identifier: Apache-2.0
 * view_order.h: what an operator may ask for, as the event it becomes (law 1).
 *
 * Each is asked of committed state first, so that who orders hears at once what stands in the way;
 * the engine asks again when it folds the event, and its answer counts.
 */
#ifndef VIEW_VIEW_ORDER_H
#define VIEW_VIEW_ORDER_H

#include "view/view.h"

struct view_order {
	const char *type;      /* of the event */
	struct str properties; /* JSON, in the view's arena */
};

/* track "-": off all tracks. ST_NOT_FOUND: there is none of that name. */
MUST_USE enum status view_order_move(struct view *v, uint64_t lead, struct str track,
				     struct str reason, struct view_order *out, struct err *e);
MUST_USE enum status view_order_pause(struct view *v, uint64_t lead, int64_t for_us,
				      struct str reason, struct view_order *out, struct err *e);
MUST_USE enum status view_order_resume(struct view *v, uint64_t lead, struct view_order *out,
				       struct err *e);
/* as: "sent" or "failed". ST_CONFLICT: it is not uncertain. */
MUST_USE enum status view_order_settle(struct view *v, uint64_t message, struct str as,
				       struct view_order *out, struct err *e);
/* ST_CONFLICT: it is out of our hands. */
MUST_USE enum status view_order_cancel(struct view *v, uint64_t message, struct str reason,
				       struct view_order *out, struct err *e);

/* A notice once more. ST_CONFLICT: it has not failed. */
MUST_USE enum status view_order_again(struct view *v, uint64_t message, struct view_order *out,
				      struct err *e);

struct view_verdict {
	struct str verdict; /* "accept", "return", "refuse", "bad-data", "close", or how it
			     * ended: "meeting", "opportunity", "won", "lost" */
	int64_t on_us;      /* return: nurtured again from then on; TIME_NONE: in 30 days */
	struct str reason;
};
MUST_USE enum status view_order_handoff(struct view *v, uint64_t id, const struct view_verdict *x,
					struct view_order *out, struct err *e);
/* Two leads that became one, as they were before. ST_NOT_FOUND: no such merge. */
struct view_merged {
	uint64_t merge, seq; /* its number; that of the event which caused it */
	uint64_t into, lead; /* who stayed, and who went into that one */
	struct str into_name, lead_name;
	bool undone;
	struct str into_profile, lead_profile; /* as stored */
};
MUST_USE enum status view_merged(struct view *v, uint64_t merge, struct view_merged *out,
				 struct err *e);
/* The number of the merge that an event caused; 0: none. */
uint64_t view_merge_of_event(struct view *v, uint64_t seq);
/* They are two again. ST_CONFLICT: they are already. */
MUST_USE enum status view_order_split(struct view *v, const struct view_merged *m,
				      struct view_order *out, struct err *e);
/* Nothing leaves any more, or again. Who stops it again keeps the first reason. */
MUST_USE enum status view_order_sending(struct view *v, bool stop, struct str reason,
					struct view_order *out, struct err *e);

#endif
