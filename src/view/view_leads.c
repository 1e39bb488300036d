/* SPDX-License-Identifier: Apache-2.0
 * view_leads.c: pages of leads, always ranges of some index: the lists by tier and whether
 * known, or those on a track. */
#include "view/view_inside.h"

#include "engine/journeys.h"
#include "model/key.h"

#include <stdlib.h>

struct page_ctx {
	struct view *v;
	const struct view_page *page;
	uint64_t *ids;
	struct str *places; /* by track: the key of each */
	size_t n, most;     /* ids so far, and at which number a scan ends */
};

static bool page_take(void *ctx, struct store_key key, struct str value)
{
	struct page_ctx *c = ctx;
	(void)value;
	if (c->places != NULL)
		c->places[c->n] = arena_str(c->v->arena, key.bytes);
	c->ids[c->n] = key_read_u64(key.bytes, key.bytes.n - 8);
	return ++c->n < c->most;
}

/* ---- by track ---- */

/* "step/tier/lead": what a key holds, as a text that a person may pass on. */
static bool read_place(struct str text, struct journeys_at *at)
{
	uint64_t tier;
	size_t slash[2] = {text.n, text.n};
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '/') {
			slash[0] = slash[1];
			slash[1] = i;
		}
	if (slash[0] == text.n || !str_to_u64(str_slice(text, slash[0] + 1, slash[1]), &tier) ||
	    tier >= TIER_COUNT || !str_to_u64(str_slice(text, slash[1] + 1, text.n), &at->lead))
		return false;
	at->step = str_slice(text, 0, slash[0]);
	at->tier = (int)tier;
	return true;
}

static struct str place_of(struct str key, struct arena *a)
{
	struct str rest = key;
	(void)str_cut(&rest, '\0');
	struct str step = str_cut(&rest, '\0');
	return arena_printf(a, STR_FMT "/%u/%llu", STR_ARG(step),
			    (unsigned)(unsigned char)rest.p[0],
			    (unsigned long long)key_read_u64(rest, 1));
}

static enum status scan_track(struct page_ctx *c, const struct journeys_at *from, struct str to,
			      struct err *e)
{
	struct str first = journeys_key(from, c->v->arena);
	struct store_range range = {KEY_BYTES(first), KEY_BYTES(to), false};
	if (first.n == 0 || to.n == 0)
		return err_set(e, ST_LIMIT, "too much to show at once");
	return store_scan(c->v->store, TABLE_TRACK_LEAD, range, page_take, c, e);
}

/* One tier of a track is one range in each of its steps; the gauge knows the steps. */
static enum status steps_of_tier(struct page_ctx *c, const struct journeys_at *after, struct err *e)
{
	struct view_inside in;
	const struct view_page *p = c->page;
	struct str before = STR_NULL;
	enum status st = view_inside_load(c->v, &in, e);
	for (size_t i = 0; i < in.n && st == ST_OK && c->n <= p->limit; i++) {
		const struct view_inside_row *r = &in.rows[i];
		int past = after->step.p != NULL ? str_cmp(r->step, after->step) : 1;
		if (!str_eq(r->track, p->track) || str_eq(r->step, before) || past < 0)
			continue;
		before = r->step;
		struct journeys_at at = {p->track, r->step, p->tier, past ? 0 : after->lead + 1};
		struct journeys_at end = {p->track, r->step, p->tier + 1, 0};
		st = scan_track(c, &at, journeys_key(&end, c->v->arena), e);
	}
	return st;
}

static enum status by_track(struct page_ctx *c, struct err *e)
{
	const struct view_page *p = c->page;
	struct journeys_at at = {p->track, STR_NULL, -1, 0};
	if (p->after_place.n && !read_place(p->after_place, &at))
		return err_set(e, ST_INVALID,
			       "the cursor of a list by track is the \"next\" of a page before");
	c->most = p->limit + 1;
	c->ids = ARENA_ARRAY(c->v->arena, uint64_t, c->most);
	c->places = ARENA_ARRAY(c->v->arena, struct str, c->most);
	if (c->ids == NULL || c->places == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	at.lead += p->tier < 0 && p->after_place.n > 0;
	enum status st =
		p->tier >= 0
			? steps_of_tier(c, &at, e)
			: scan_track(c, &at,
				     arena_printf(c->v->arena, STR_FMT "\1", STR_ARG(p->track)), e);
	/* People may walk a track of an older version to its end: only an empty answer is asked. */
	size_t is;
	if (st == ST_OK && c->n == 0 && c->v->program != NULL)
		st = view_track_at(c->v, p->track, &is, e);
	return st;
}

/* ---- by list ---- */

static bool asks_for(const struct view_page *p, int list)
{
	return (p->tier < 0 || p->tier == lead_list_tier(list)) &&
	       (!p->known_only || lead_list_known(list));
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The lowest of each list that is asked for; of all those, the lowest again. */
static enum status by_list(struct page_ctx *c, struct err *e)
{
	const struct view_page *p = c->page;
	size_t each = p->limit + 1, n = 0;
	enum status st = ST_OK;
	c->ids = ARENA_ARRAY(c->v->arena, uint64_t, LEAD_LISTS * each);
	if (c->ids == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	for (int list = 0; list < LEAD_LISTS && st == ST_OK; list++) {
		struct key from = key_u8_u64((uint8_t)list, p->after + 1),
			   to = key_u8_u64((uint8_t)(list + 1), 0);
		struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)),
					    false};
		c->most = c->n + each;
		if (asks_for(p, list))
			st = store_scan(c->v->store, TABLE_TIER_LEAD, range, page_take, c, e);
	}
	qsort(c->ids, c->n, sizeof *c->ids, by_number);
	/* Where two builds wrote a state, and nobody yet the lists anew, a lead may be in two. */
	for (size_t i = 0; i < c->n && n < each; i++)
		if (n == 0 || c->ids[i] != c->ids[n - 1])
			c->ids[n++] = c->ids[i];
	c->n = n;
	return st;
}

/* ---- the page ---- */

static enum status page_ids(struct page_ctx *c, struct err *e)
{
	const struct view_page *p = c->page;
	if (p->track.n)
		return by_track(c, e);
	return by_list(c, e);
}

static void put_place_of(struct view *v, uint64_t lead, struct json_w *w)
{
	bool placed;
	struct journey *j = ARENA_NEW(v->arena, struct journey);
	if (j == NULL || view_journey_of(v, lead, j, &placed, NULL) != ST_OK || !placed)
		return;
	json_w_kstr(w, "track", j->track);
	json_w_kstr(w, "step", j->step);
	json_w_kz(w, "phase", journeys_phase(j));
	json_w_ktime(w, "next", j->due_us);
}

static void put_row(struct view *v, const struct view_lead *l, struct json_w *w)
{
	json_w_object(w);
	json_w_ki64(w, "id", (int64_t)l->id);
	json_w_kstr(w, "name", view_best_name(&l->profile, v->arena));
	view_put_flags(w, &l->lead);
	view_put_scores(v, l, w);
	put_place_of(v, l->id, w);
	json_w_ki64(w, "events", l->lead.events_n);
	json_w_ktime(w, "active", l->lead.active_us);
	json_w_end(w);
}

static bool shown(const struct view_page *page, const struct lead *l)
{
	int list = lead_list(l);
	return list >= 0 && (!page->known_only || lead_list_known(list));
}

static bool count_one(void *ctx, struct store_key key, struct str value)
{
	(void)key;
	(void)value;
	++*(uint64_t *)ctx;
	return true;
}

enum status view_leads_count(struct view *v, uint64_t *n_r, struct err *e)
{
	*n_r = 0;
	return store_scan(v->store, TABLE_TIER_LEAD, SCAN_ALL, count_one, n_r, e);
}

/* The rows of the ids in hand; *shown_r grows by those that are shown. */
static enum status put_rows(struct page_ctx *c, size_t n, struct json_w *w, size_t *shown_r,
			    struct err *e)
{
	struct view *v = c->v;
	for (size_t i = 0; i < n; i++) {
		struct view_lead l;
		struct arena_mark mark = arena_mark(v->arena);
		enum status st = view_load(v, c->ids[i], &l, e);
		if (st != ST_OK)
			return st;
		bool shows = shown(c->page, &l.lead);
		if (shows)
			put_row(v, &l, w);
		*shown_r += shows;
		if (w->out->arena != v->arena)
			arena_rewind(v->arena, mark);
	}
	return ST_OK;
}

static enum status write_page(struct view *v, const struct view_page *page, struct json_w *w,
			      struct err *e)
{
	struct view_page from = *page;
	struct page_ctx c = {.v = v, .page = &from};
	size_t rows = 0, n = 0;
	enum status st = page_ids(&c, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.leads/1");
	json_w_key(w, "leads");
	json_w_array(w);
	for (;;) {
		n = c.n < page->limit ? c.n : page->limit;
		st = put_rows(&c, n, w, &rows, e);
		if (st != ST_OK)
			return st;
		if (rows > 0 || c.n <= n)
			break;
		/* What an index names is shown, but for a visitor whom an operator put on a track,
		 * and for lists of another build: no page of them is empty and goes on. */
		from.after = c.ids[n - 1];
		if (c.places != NULL)
			from.after_place = place_of(c.places[n - 1], v->arena);
		c = (struct page_ctx){.v = v, .page = &from};
		st = page_ids(&c, e);
		if (st != ST_OK)
			return st;
	}
	json_w_end(w);
	json_w_key(w, "next");
	if (c.n > n && c.places != NULL)
		json_w_str(w, place_of(c.places[n - 1], v->arena));
	else if (c.n > n)
		json_w_i64(w, (int64_t)c.ids[n - 1]);
	else
		json_w_null(w);
	json_w_end(w);
	return ST_OK;
}

/* In one snapshot: who moves from one list to another meanwhile is in just one of them. */
enum status view_leads(struct view *v, const struct view_page *page, struct json_w *w,
		       struct err *e)
{
	if (view_limit_check(page->limit, e) != ST_OK)
		return ST_INVALID;
	bool snapshot = store_is_reader(v->store);
	enum status st = snapshot ? store_read_begin(v->store, e) : ST_OK;
	if (st != ST_OK)
		return st;
	st = write_page(v, page, w, e);
	if (snapshot)
		store_read_end(v->store);
	return st;
}
