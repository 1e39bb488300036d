/* SPDX-License-Identifier: Apache-2.0
 * view_play.h: documents about tracks, messages, decisions and hand-offs.
 *
 * Counts of people are gauges the engine keeps ("inside"); lists are ranges of an index, page by
 * page by keyset: nothing here looks at every lead or every message.
 */
#ifndef VIEW_VIEW_PLAY_H
#define VIEW_VIEW_PLAY_H

#include "model/handoff.h"
#include "model/message.h"
#include "view/view.h"

#define VIEW_PAGE_MAX 1000 /* rows of one page, in every list */
/* ST_INVALID unless 1 to that. */
MUST_USE enum status view_limit_check(size_t limit, struct err *e);

/* Every track in force: stage, way in, steps, how many people are inside and what they wait for;
 * who is on no track; whether sending is paused. ST_NOT_FOUND: no program has been applied. */
MUST_USE enum status view_tracks(struct view *v, struct json_w *w, struct err *e);
/* One track with its steps. ST_NOT_FOUND: there is none of that name. */
MUST_USE enum status view_track(struct view *v, struct str name, struct json_w *w, struct err *e);

struct view_messages {
	int state;      /* enum message_state, or -1: all */
	uint64_t lead;  /* 0: of everybody */
	uint64_t after; /* cursor: "next" of the page before; 0: from the first */
	size_t limit;
};
/* {"messages":[..],"next":id or null}. Newest first; those that wait (ready, sending, deferred,
 * uncertain) by the time they are due. Each state has an index: a page costs its rows. */
#define VIEW_LOOK_BACK 5000 /* messages of one lead, webhooks: looked at for one page */
MUST_USE enum status view_messages(struct view *v, const struct view_messages *page,
				   struct json_w *w, struct err *e);
/* Where it has been, the decision behind it, what came of it. */
MUST_USE enum status view_message(struct view *v, uint64_t id, struct json_w *w, struct err *e);

struct view_webhooks {
	bool failed;    /* dead letters alone */
	uint64_t after; /* as in view_messages: looked for among the newest VIEW_LOOK_BACK */
	size_t limit;
};
MUST_USE enum status view_webhooks(struct view *v, const struct view_webhooks *page,
				   struct json_w *w, struct err *e);

struct view_handoffs {
	bool open; /* not yet accepted, the one due first at the top; else all, newest first */
	uint64_t after;
	size_t limit;
};
MUST_USE enum status view_handoffs(struct view *v, const struct view_handoffs *page,
				   struct json_w *w, struct err *e);
/* Who, why, until when; what they did and what was sent. */
MUST_USE enum status view_handoff(struct view *v, uint64_t id, struct json_w *w, struct err *e);

/* Whether all sending is stopped, since when and why; else TIME_NONE, and no words. */
struct view_sending {
	bool paused;
	int64_t since_us;
	struct str since, reason; /* since: in words */
	uint64_t today;           /* messages sent */
};
MUST_USE enum status view_sending(struct view *v, struct view_sending *out, struct err *e);

#endif
