/* SPDX-License-Identifier: Apache-2.0
 * view_play.c: what documents about tracks, messages and hand-offs have in common. */
#include "view/view_inside.h"

#include "base/assert.h"
#include "engine/journeys.h"
#include "engine/outbox.h"
#include "model/key.h"

#include <stdio.h>

enum status view_journey_of(struct view *v, uint64_t lead, struct journey *out, bool *placed_r,
			    struct err *e)
{
	struct str row, text = STR_NULL;
	struct lead l;
	journey_init(out, lead);
	enum status st = store_get(v->store, TABLE_LEAD, KEY_NUM(lead), v->arena, &row, e);
	if (st == ST_OK)
		st = lead_row_decode(lead, row, v->arena, &l, &text, e);
	*placed_r = text.n > 0;
	if (st == ST_NOT_FOUND || (st == ST_OK && text.n == 0))
		return ST_OK;
	return st == ST_OK ? journey_decode(lead, text, v->arena, out, e) : st;
}

/* ---- words of a program ---- */

static const char *const withs[] = {"again", "again with another angle",
				    "again with another subject"};

struct str view_action_text(const struct program *p, const struct program_action *a,
			    struct arena *arena)
{
	char span[TIME_TEXT_MAX];
	struct buf text;
	buf_init_arena(&text, arena, 1024);
	for (int depth = 0; a != NULL && depth < 5; depth++, a = a->then) {
		buf_str(&text, depth ? STR(", then ") : STR(""));
		switch (a->kind) {
		case ACTION_NONE:
		case ACTION_NEXT: buf_str(&text, STR("on to the next step")); break;
		case ACTION_MOVE:
			buf_printf(&text, "move to " STR_FMT,
				   STR_ARG(p->play->tracks[a->track].name));
			break;
		case ACTION_AGAIN: buf_str(&text, str_of(withs[a->with % 3])); break;
		case ACTION_HANDOFF:
			buf_printf(&text, "hand over to " STR_FMT,
				   STR_ARG(p->play->teams[a->team].name));
			break;
		case ACTION_EXIT: buf_str(&text, STR("leave the track")); break;
		case ACTION_PAUSE:
			buf_printf(&text, "say nothing for %s", duration_format(a->for_us, span));
			break;
		case ACTION_SUPPRESS: buf_str(&text, STR("never again on this channel")); break;
		}
	}
	return buf_view(&text);
}

/* ---- how many are where ---- */

struct take {
	struct view_inside *in;
	struct arena *a;
};

static bool take_row(void *ctx, struct store_key key, struct str value)
{
	struct take *t = ctx;
	struct str rest = str_slice(arena_str(t->a, key.bytes), 8, key.bytes.n);
	struct view_inside_row *r = &t->in->rows[t->in->n++];
	(void)str_cut(&rest, '\0');
	r->track = str_cut(&rest, '\0');
	r->step = str_cut(&rest, '\0');
	r->phase = rest;
	r->n = (int64_t)key_read_u64(value, 0);
	return t->in->n < VIEW_INSIDE_MAX;
}

enum status view_inside_load(struct view *v, struct view_inside *out, struct err *e)
{
	struct take t = {out, v->arena};
	struct str from = STR("\0\0\0\0\0\0\0\0inside\0"), to = STR("\0\0\0\0\0\0\0\0inside\1");
	struct store_range range = {KEY_BYTES(from), KEY_BYTES(to), false};
	*out = (struct view_inside){
		.rows = ARENA_ARRAY(v->arena, struct view_inside_row, VIEW_INSIDE_MAX)};
	if (out->rows == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	return store_scan(v->store, TABLE_COUNTER, range, take_row, &t, e);
}

int64_t view_inside_sum(const struct view_inside *in, struct str track, struct str step,
			struct str phase)
{
	int64_t n = 0;
	for (size_t i = 0; i < in->n; i++) {
		const struct view_inside_row *r = &in->rows[i];
		if ((track.n == 0 || str_eq(r->track, track)) &&
		    (step.n == 0 || str_eq(r->step, step)) &&
		    (phase.n == 0 || str_eq(r->phase, phase)))
			n += r->n;
	}
	return n;
}

void view_inside_put(const struct view_inside *in, struct str track, struct str step,
		     struct json_w *w)
{
	static const struct {
		const char *key;
		const char *phase;
	} rows[] = {{"waiting", "due"},
		    {"ready", "ready"},
		    {"watching", "watching"},
		    {"paused", "paused"}};
	int64_t people = 0;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t n = view_inside_sum(in, track, step, str_of(rows[i].phase));
		json_w_ki64(w, rows[i].key, n);
		people += n;
	}
	json_w_ki64(w, "people", people);
}

enum status view_limit_check(size_t limit, struct err *e)
{
	return limit > 0 && limit <= VIEW_PAGE_MAX
		       ? ST_OK
		       : err_set(e, ST_INVALID, "limit must be 1 to %d", VIEW_PAGE_MAX);
}
