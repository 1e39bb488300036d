/* SPDX-License-Identifier: Apache-2.0
 * view_plan.c: "3 rules changed" says little; "212 people become hot" is what somebody decides on.
 * Each lead is scored twice, in memory, as the engine would on applying. */
#include "view/view_plan.h"

#include "base/assert.h"
#include "node/draft.h"
#include "score/score.h"
#include "view/view_internal.h"

#define BITE 4096u
#define LEAD_ARENA ((size_t)64 << 20)

struct planning {
	struct view *v;
	const struct program *next;
	struct view_plan *out;
	struct arena arena; /* per lead */
	uint64_t ids[BITE];
	size_t ids_n;
};

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct planning *p = ctx;
	(void)value;
	p->ids[p->ids_n++] = key.num;
	return p->ids_n < BITE;
}

static struct str persona_name(const struct program *p, uint32_t persona)
{
	return p != NULL && persona ? p->personas[persona - 1].name : STR_NULL;
}

static enum status one(struct planning *p, uint64_t id, struct err *e)
{
	struct view_lead l;
	struct score s;
	struct view_plan *out = p->out;
	struct view v = *p->v;
	arena_reset(&p->arena);
	v.arena = &p->arena;
	v.program = p->next;
	enum status st = view_load(&v, id, &l, e);
	if (st != ST_OK || (l.lead.flags & (LEAD_MERGED | LEAD_ERASED)))
		return st;
	enum tier tier_was = l.lead.tier;
	double fit_was = l.lead.fit;
	struct str persona_was = persona_name(p->v->program, l.lead.persona);
	struct score_fit fit = score_fit(&l.facts);
	l.lead.fit_mask = fit.mask;
	l.lead.persona = fit.persona;
	score_evaluate(&l.facts, &s);
	out->leads++;
	out->moved[tier_was][s.tier]++;
	out->persona += !str_eq(persona_was, persona_name(p->next, fit.persona));
	out->fit_up += s.fit > fit_was;
	out->fit_down += s.fit < fit_was;
	v.program = p->v->program;
	return view_plan_play_add(&out->play, &v, p->next, id, p->v->arena, e);
}

enum status view_plan(struct view *v, const struct program *next,
		      bool (*go_on)(void *ctx, uint64_t leads), void *ctx, struct view_plan *out,
		      struct err *e)
{
	uint64_t from = 0;
	struct planning *p = mem_alloc(sizeof *p);
	bool on = true;
	p->v = v;
	p->next = next;
	p->out = out;
	*out = (struct view_plan){0};
	arena_init(&p->arena, LEAD_ARENA);
	enum status st = program_diff(v->program, next, v->arena, &out->diff, e);
	if (st == ST_OK)
		st = view_plan_play_begin(&out->play, v, e);
	if (st == ST_OK)
		st = draft_index_now(v->store, v->arena, &out->texts_now, e);
	do {
		p->ids_n = 0;
		if (st == ST_OK)
			st = store_scan(v->store, TABLE_LEAD, SCAN_FROM(KEY_NUM(from)), take, p, e);
		for (size_t i = 0; i < p->ids_n && st == ST_OK; i++) {
			st = one(p, p->ids[i], e);
			from = p->ids[i] + 1;
		}
		on = go_on == NULL || go_on(ctx, out->leads);
	} while (st == ST_OK && p->ids_n == BITE && on);
	if (st == ST_OK && !on)
		st = err_set(e, ST_UNAVAILABLE, "stopped before every lead was looked at");
	arena_finish(&p->arena);
	mem_free(p);
	return st;
}

/* ---- texts ---- */

static int by_name(const struct content_file *a, const struct content_file *b)
{
	int c = str_cmp(a->message, b->message);
	c = c ? c : str_cmp(a->angle, b->angle);
	return c ? c : str_cmp(a->persona, b->persona);
}

void view_plan_texts(const struct view_plan *p, view_plan_text_fn *fn, void *ctx)
{
	const struct content_index *now = &p->texts_now, *next = &p->texts;
	size_t i = 0, k = 0;
	while (i < now->n || k < next->n) { /* both are sorted */
		int c = i == now->n    ? 1
			: k == next->n ? -1
				       : by_name(&now->files[i], &next->files[k]);
		if (c < 0)
			fn(ctx, TEXT_GONE, &now->files[i]);
		else if (c > 0)
			fn(ctx, TEXT_NEW, &next->files[k]);
		else if (!str_eq(now->files[i].hash, next->files[k].hash))
			fn(ctx, TEXT_CHANGED, &next->files[k]);
		i += c <= 0;
		k += c >= 0;
	}
}

static int by_part(const struct content_part *a, const struct content_part *b)
{
	return a->kind != b->kind ? (int)a->kind - (int)b->kind : str_cmp(a->name, b->name);
}

void view_plan_parts(const struct view_plan *p, view_plan_part_fn *fn, void *ctx)
{
	const struct content_index *now = &p->texts_now, *next = &p->texts;
	size_t i = 0, k = 0;
	while (i < now->parts_n || k < next->parts_n) { /* both are sorted */
		int c = i == now->parts_n    ? 1
			: k == next->parts_n ? -1
					     : by_part(&now->parts[i], &next->parts[k]);
		if (c < 0)
			fn(ctx, TEXT_GONE, &now->parts[i]);
		else if (c > 0)
			fn(ctx, TEXT_NEW, &next->parts[k]);
		else if (!str_eq(now->parts[i].hash, next->parts[k].hash))
			fn(ctx, TEXT_CHANGED, &next->parts[k]);
		i += c <= 0;
		k += c >= 0;
	}
}

static const char *const text_words[] = {"new", "changed", "gone"};

static void part_json(void *ctx, enum view_plan_text what, const struct content_part *p)
{
	static const char *const kinds[CONTENT_PART_KINDS] = {"partial", "layout"};
	struct json_w *w = ctx;
	json_w_object(w);
	json_w_kz(w, "what", text_words[what]);
	json_w_kstr(w, kinds[p->kind], p->name);
	json_w_end(w);
}

static void text_json(void *ctx, enum view_plan_text what, const struct content_file *f)
{
	struct json_w *w = ctx;
	json_w_object(w);
	json_w_kz(w, "what", text_words[what]);
	json_w_kstr(w, "message", f->message);
	json_w_kstr(w, "angle", f->angle);
	if (f->persona.n)
		json_w_kstr(w, "persona", f->persona);
	json_w_end(w);
}

void view_plan_json(const struct view_plan *p, struct json_w *w)
{
	struct buf changes;
	buf_init(&changes, (size_t)1 << 20);
	program_diff_json(&p->diff, &changes);
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.plan/1");
	json_w_key(w, "changes");
	json_w_raw(w, buf_view(&changes));
	json_w_ki64(w, "leads", (int64_t)p->leads);
	json_w_key(w, "tiers");
	json_w_array(w);
	for (int from = 0; from < TIER_COUNT; from++) {
		for (int to = 0; to < TIER_COUNT; to++) {
			if (!p->moved[from][to])
				continue;
			json_w_object(w);
			json_w_kz(w, "from", tier_name((enum tier)from));
			json_w_kz(w, "to", tier_name((enum tier)to));
			json_w_ki64(w, "leads", (int64_t)p->moved[from][to]);
			json_w_end(w);
		}
	}
	json_w_end(w);
	json_w_ki64(w, "persona_changes", (int64_t)p->persona);
	json_w_ki64(w, "fit_up", (int64_t)p->fit_up);
	json_w_ki64(w, "fit_down", (int64_t)p->fit_down);
	view_plan_play_json(&p->play, w);
	json_w_key(w, "texts");
	json_w_array(w);
	view_plan_texts(p, text_json, w);
	view_plan_parts(p, part_json, w);
	json_w_end(w);
	json_w_end(w);
	buf_finish(&changes);
}
