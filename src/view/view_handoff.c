/* SPDX-License-Identifier: Apache-2.0
 * view_handoff.c: leads in the hands of a person: who has which, until when, and why. */
#include "view/view_inside.h"

#include "engine/outbox.h"
#include "model/key.h"

#define EVENTS_SHOWN 20
#define MESSAGES_SHOWN 20

static bool unfinished(const struct handoff *h)
{
	return h->state == HANDOFF_OPEN || h->state == HANDOFF_ACCEPTED;
}

/* Two that were joined may each have been with somebody: then two reps have one person. 0: not so.
 * The one that the person's way does not hang on names the other. */
static uint64_t beside(struct view *v, const struct handoff *h, uint64_t lead)
{
	bool placed;
	struct handoff other;
	struct journey *j = ARENA_NEW(v->arena, struct journey);
	if (!unfinished(h) || j == NULL || view_journey_of(v, lead, j, &placed, NULL) != ST_OK ||
	    j->handoff == 0 || j->handoff == h->id ||
	    handoff_get(v->store, j->handoff, v->arena, &other, NULL) != ST_OK)
		return 0;
	return unfinished(&other) ? other.id : 0;
}

static void put_whom(struct view *v, const struct handoff *h, struct json_w *w)
{
	uint64_t lead, other;
	if (view_stands(v, h->lead, &lead, NULL) != ST_OK)
		lead = h->lead;
	json_w_ki64(w, "lead", (int64_t)lead);
	json_w_kstr(w, "name", view_name_of(v, lead));
	if (lead != h->lead)
		json_w_ki64(w, "merged_from", (int64_t)h->lead);
	other = beside(v, h, lead);
	if (other)
		json_w_ki64(w, "beside", (int64_t)other);
}

static void put_common(struct view *v, const struct handoff *h, struct json_w *w)
{
	bool late = h->state == HANDOFF_OPEN && h->due_us != TIME_NONE && h->due_us < v->now_us;
	json_w_ki64(w, "id", (int64_t)h->id);
	json_w_kz(w, "state", handoff_state_name(h->state));
	json_w_kbool(w, "late", late);
	json_w_kbool(w, "overdue", h->overdue);
	put_whom(v, h, w);
	json_w_kstr(w, "team", h->team);
	json_w_kstr(w, "rep", h->rep_name);
	if (h->passed.n)
		json_w_kstr(w, "passed_over", h->passed);
	json_w_kstr(w, "trigger", h->trigger);
	json_w_kstr(w, "reason", h->reason);
	json_w_ktime(w, "opened", h->opened_us);
	json_w_ktime(w, "due", h->due_us);
}

void view_handoff_row(struct view *v, const struct handoff *h, struct json_w *w)
{
	json_w_object(w);
	put_common(v, h, w);
	json_w_end(w);
}

struct gather {
	uint64_t ids[VIEW_PAGE_MAX + 1];
	size_t n, most;
	bool open;
};

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct gather *g = ctx;
	(void)value;
	g->ids[g->n++] = g->open ? key_read_u64(key.bytes, 8) : key.num;
	return g->n < g->most;
}

static enum status gather(struct view *v, const struct view_handoffs *page, struct gather *g,
			  struct err *e)
{
	struct handoff h;
	struct key from;
	struct store_range range = SCAN_NEWEST_FIRST;
	if (!page->open) {
		if (page->after)
			range.to = KEY_NUM(page->after);
		return store_scan(v->store, TABLE_HANDOFF, range, take, g, e);
	}
	range.backwards = false;
	if (page->after) {
		enum status st = handoff_get(v->store, page->after, v->arena, &h, e);
		if (st != ST_OK)
			return st;
		from = key_time_u64(h.due_us, h.id + 1);
		range.from = KEY_BYTES(key_view(&from));
	}
	return store_scan(v->store, TABLE_HANDOFF_OPEN, range, take, g, e);
}

enum status view_handoffs(struct view *v, const struct view_handoffs *page, struct json_w *w,
			  struct err *e)
{
	struct handoff h;
	struct gather *g = ARENA_NEW(v->arena, struct gather);
	if (view_limit_check(page->limit, e) != ST_OK)
		return ST_INVALID;
	if (g == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	*g = (struct gather){.most = page->limit + 1, .open = page->open};
	enum status st = gather(v, page, g, e);
	if (st != ST_OK)
		return st;
	size_t show = g->n < page->limit ? g->n : page->limit;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.handoffs/1");
	json_w_key(w, "handoffs");
	json_w_array(w);
	for (size_t i = 0; i < show && st == ST_OK; i++) {
		struct arena_mark mark = arena_mark(v->arena);
		st = handoff_get(v->store, g->ids[i], v->arena, &h, e);
		if (st == ST_OK)
			view_handoff_row(v, &h, w);
		if (w->out->arena != v->arena)
			arena_rewind(v->arena, mark);
	}
	json_w_end(w);
	json_w_key(w, "next");
	if (g->n > show)
		json_w_i64(w, (int64_t)g->ids[show - 1]);
	else
		json_w_null(w);
	json_w_end(w);
	return st;
}

static enum status put_context(struct view *v, const struct handoff *h, struct json_w *w,
			       struct err *e)
{
	uint64_t lead;
	struct view_lead l;
	enum status st = view_stands(v, h->lead, &lead, e);
	if (st == ST_OK)
		st = view_load(v, lead, &l, e);
	if (st != ST_OK)
		return st;
	json_w_key(w, "scores");
	json_w_object(w);
	view_put_scores(v, &l, w);
	json_w_end(w);
	st = view_messages_of(v, lead, MESSAGES_SHOWN, w, e);
	if (st != ST_OK)
		return st;
	json_w_key(w, "timeline");
	return view_timeline(v, lead, EVENTS_SHOWN, w, e);
}

enum status view_handoff(struct view *v, uint64_t id, struct json_w *w, struct err *e)
{
	struct handoff h;
	enum status st = handoff_get(v->store, id, v->arena, &h, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.handoff/1");
	put_common(v, &h, w);
	json_w_kstr(w, "rep_email", h.rep_email);
	json_w_kstr(w, "words", h.words);
	json_w_kstr(w, "verdict", h.verdict);
	json_w_kstr(w, "said", h.said);
	json_w_ktime(w, "remind", h.remind_us);
	json_w_kbool(w, "reminded", h.reminded);
	json_w_ki64(w, "assigned", h.assigned_n);
	json_w_ktime(w, "accepted", h.accepted_us);
	json_w_ktime(w, "closed", h.closed_us);
	json_w_ktime(w, "again", h.again_us);
	if (h.message)
		json_w_ki64(w, "about", (int64_t)h.message);
	st = put_context(v, &h, w, e);
	json_w_end(w);
	return st;
}
