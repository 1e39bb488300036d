/* SPDX-License-Identifier: Apache-2.0
 * view_did.h: documents about what an order did: a trigger, a replay, a backup.
 */
#ifndef VIEW_VIEW_DID_H
#define VIEW_VIEW_DID_H

#include "engine/engine.h"
#include "view/view.h"

/* Where somebody stands; `there` false: nobody is known under that name. */
struct view_standing {
	bool there;
	uint64_t lead;
	double fit, engagement, score;
	enum tier tier;
	struct str track, step;
	const char *phase;                   /* NULL: never placed */
	struct str reason;                   /* of the phase */
	uint64_t decision, message, handoff; /* the newest; 0: none */
};
void view_standing(struct view *v, struct str who, struct view_standing *out);
/* Whose event this is: a visitor who gives an address now was there before. */
void view_standing_of(struct view *v, const struct event *ev, struct view_standing *out);

struct view_triggered {
	uint64_t seq;
	bool duplicate;
	struct view_standing before, after;
};
void view_triggered(struct view *v, const struct view_triggered *t, struct json_w *w);
/* What the event set going, one line per stage that has something to say, from what committed state
 * says now. The count; texts live in the view's arena. */
#define VIEW_TRAIL_MAX 8
struct view_trail {
	const char
		*stage; /* "event", "lead", "score", "track", "decision", "message", "hand-off" */
	struct str text;
};
size_t view_trail(struct view *v, const struct view_triggered *t,
		  struct view_trail out[VIEW_TRAIL_MAX]);

/* What became of a mail that came in. */
struct view_mail_event {
	struct str type;
	uint64_t seq;
	bool duplicate;
};
struct view_mail {
	const char *kind, *why, *by; /* how it was matched: "token", "address" */
	uint64_t message;            /* 0: none of ours is named */
	const struct view_mail_event *events;
	size_t n;
};
void view_mail(const struct view_mail *m, struct json_w *w);
void view_replayed(const struct replay_result *r, struct json_w *w);
void view_backed_up(const char *dir, struct json_w *w);

#endif
