/* SPDX-License-Identifier: Apache-2.0
 * view_plan.h: a new program against the people who are there.
 */
#ifndef VIEW_VIEW_PLAN_H
#define VIEW_VIEW_PLAN_H

#include "program/content.h"
#include "program/diff.h"
#include "view/view.h"

#define VIEW_PLAN_PLACES_MAX 1024

/* What becomes of whoever is in a step. In any case they finish it by the version they are in. */
enum view_plan_fate {
	FATE_SAME,
	FATE_STEP_CHANGED, /* the step is another one, for those who come to it */
	FATE_STEP_GONE,    /* they go on with what stands behind it */
	FATE_LEAVES,       /* their track is gone: behind this step they are on none */
	FATE_COUNT
};
struct view_plan_place {
	struct str track, step;
	uint64_t people, older;
	enum view_plan_fate fate;
};
struct view_plan_play {
	uint64_t version;   /* in force */
	uint64_t people;    /* on a track now */
	uint64_t older;     /* of them in a step of an older version */
	uint64_t beside;    /* of them in a step of the version beside the one in force */
	uint64_t candidate; /* which that is; 0: there is none */
	uint64_t fate[FATE_COUNT];
	uint64_t fewer, more;   /* who would lose a message still to come, who would get one more */
	uint64_t sooner, later; /* whose next message would come sooner, later */
	struct view_plan_place *places; /* tracks and steps with people in them */
	size_t places_n;
};

struct view_plan {
	struct program_diff diff; /* in the arena of the view */
	uint64_t leads, moved[TIER_COUNT][TIER_COUNT], persona, fit_up, fit_down;
	struct view_plan_play play;
	/* Texts in force, and those that would be: the caller sets `texts` before it is told. */
	struct content_index texts_now, texts;
};

/* What becomes of a text: each is told once, in the order of names. */
enum view_plan_text { TEXT_NEW, TEXT_CHANGED, TEXT_GONE };
typedef void view_plan_text_fn(void *ctx, enum view_plan_text what, const struct content_file *f);
void view_plan_texts(const struct view_plan *p, view_plan_text_fn *fn, void *ctx);
typedef void view_plan_part_fn(void *ctx, enum view_plan_text what, const struct content_part *p);
void view_plan_parts(const struct view_plan *p, view_plan_part_fn *fn, void *ctx);

/* Every lead is evaluated under the view's program and under `next`; nothing is written. go_on
 * (may be NULL) is asked every few thousand leads; false ends it with ST_UNAVAILABLE. */
MUST_USE enum status view_plan(struct view *v, const struct program *next,
			       bool (*go_on)(void *ctx, uint64_t leads), void *ctx,
			       struct view_plan *out, struct err *e);
/* view_plan_play.c: one lead's part; v is the lead's own, with its arena, `keep` the plan's. */
MUST_USE enum status view_plan_play_begin(struct view_plan_play *out, struct view *v,
					  struct err *e);
MUST_USE enum status view_plan_play_add(struct view_plan_play *out, struct view *v,
					const struct program *next, uint64_t lead,
					struct arena *keep, struct err *e);
void view_plan_play_json(const struct view_plan_play *p, struct json_w *w);

void view_plan_json(const struct view_plan *p, struct json_w *w);

#endif
