/* SPDX-License-Identifier: Apache-2.0
 * plan.c: "3 rules changed" says little; "212 people become hot" is what somebody decides on. Each
 * lead is scored twice, in memory, as the engine would on applying. */
#include "cli/plan.h"

#include "base/assert.h"
#include "cli/progress.h"
#include "program/diff.h"
#include "score/score.h"
#include "view/view_internal.h"

#define BITE 4096u

struct plan {
	struct cli *c;
	struct door *d;
	const struct program *next;
	struct arena arena; /* per lead */
	uint64_t leads, moved[TIER_COUNT][TIER_COUNT], persona, fit_up, fit_down, fit_same;
	uint64_t ids[BITE];
	size_t ids_n;
};

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct plan *p = ctx;
	(void)value;
	p->ids[p->ids_n++] = key.num;
	return p->ids_n < BITE;
}

static struct str persona_name(const struct program *p, uint32_t persona)
{
	return p != NULL && persona ? p->personas[persona - 1].name : STR_NULL;
}

static enum status one(struct plan *p, uint64_t id, struct err *e)
{
	struct view_lead l;
	struct score s;
	struct view v = door_view(p->c, p->d);
	arena_reset(&p->arena);
	v.arena = &p->arena;
	v.program = p->next;
	enum status st = view_load(&v, id, &l, e);
	if (st != ST_OK || (l.lead.flags & (LEAD_MERGED | LEAD_ERASED)))
		return st;
	enum tier tier_was = l.lead.tier;
	double fit_was = l.lead.fit;
	struct str persona_was = persona_name(p->d->program, l.lead.persona);
	struct score_fit fit = score_fit(&l.facts);
	l.lead.fit_mask = fit.mask;
	l.lead.persona = fit.persona;
	score_evaluate(&l.facts, &s);
	p->leads++;
	p->moved[tier_was][s.tier]++;
	p->persona += !str_eq(persona_was, persona_name(p->next, fit.persona));
	p->fit_up += s.fit > fit_was;
	p->fit_down += s.fit < fit_was;
	p->fit_same += s.fit == fit_was;
	return ST_OK;
}

static enum status all(struct plan *p, struct err *e)
{
	uint64_t from = 0;
	struct progress bar;
	enum status st;
	progress_begin(&bar, p->c, "plan", "leads", 0);
	do {
		p->ids_n = 0;
		st = store_scan(p->d->node->store, TABLE_LEAD, SCAN_FROM(KEY_NUM(from)), take, p,
				e);
		for (size_t i = 0; i < p->ids_n && st == ST_OK; i++) {
			st = one(p, p->ids[i], e);
			from = p->ids[i] + 1;
		}
		progress_at(&bar, p->leads);
	} while (st == ST_OK && p->ids_n == BITE && !cli_interrupted());
	progress_end(&bar, p->leads);
	return st;
}

static void show_text(struct plan *p, const struct program_diff *diff)
{
	struct buf b;
	FILE *out = p->c->out;
	buf_init(&b, (size_t)1 << 20);
	program_diff_text(diff, &b);
	cli_put(p->c, buf_view(&b));
	buf_finish(&b);
	if (diff->n == 0)
		fprintf(out, "no change in what the program does\n");
	fprintf(out, "%llu leads looked at\n", (unsigned long long)p->leads);
	for (int from = 0; from < TIER_COUNT; from++)
		for (int to = 0; to < TIER_COUNT; to++)
			if (from != to && p->moved[from][to])
				fprintf(out, "  %llu move from %s to %s\n",
					(unsigned long long)p->moved[from][to],
					tier_name((enum tier)from), tier_name((enum tier)to));
	if (p->persona)
		fprintf(out, "  %llu get another persona\n", (unsigned long long)p->persona);
	if (p->fit_up || p->fit_down)
		fprintf(out, "  fit goes up for %llu and down for %llu\n",
			(unsigned long long)p->fit_up, (unsigned long long)p->fit_down);
	if (diff->touches & (TOUCHES_ENGAGEMENT | TOUCHES_FEATURES))
		fprintf(out, "  new engagement rules and features count from now on; what is "
			     "counted stays\n");
}

static void show_json(struct plan *p, const struct program_diff *diff)
{
	struct buf b, changes;
	struct json_w w;
	buf_init(&b, (size_t)1 << 20);
	buf_init(&changes, (size_t)1 << 20);
	program_diff_json(diff, &changes);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.plan/1");
	json_w_key(&w, "changes");
	json_w_raw(&w, buf_view(&changes));
	json_w_ki64(&w, "leads", (int64_t)p->leads);
	json_w_key(&w, "tiers");
	json_w_array(&w);
	for (int from = 0; from < TIER_COUNT; from++) {
		for (int to = 0; to < TIER_COUNT; to++) {
			if (!p->moved[from][to])
				continue;
			json_w_object(&w);
			json_w_kz(&w, "from", tier_name((enum tier)from));
			json_w_kz(&w, "to", tier_name((enum tier)to));
			json_w_ki64(&w, "leads", (int64_t)p->moved[from][to]);
			json_w_end(&w);
		}
	}
	json_w_end(&w);
	json_w_ki64(&w, "persona_changes", (int64_t)p->persona);
	json_w_ki64(&w, "fit_up", (int64_t)p->fit_up);
	json_w_ki64(&w, "fit_down", (int64_t)p->fit_down);
	json_w_end(&w);
	cli_line(p->c, buf_view(&b));
	buf_finish(&changes);
	buf_finish(&b);
}

int plan_show(struct cli *c, struct door *d, const struct program *next)
{
	struct program_diff diff;
	struct plan *p = mem_alloc(sizeof *p);
	p->c = c;
	p->d = d;
	p->next = next;
	arena_init(&p->arena, 64u << 20);
	enum status st = program_diff(d->program, next, &c->arena, &diff, &c->err);
	if (st == ST_OK)
		st = all(p, &c->err);
	int rc = st == ST_OK ? CLI_OK : cli_fail(c, NULL);
	if (rc == CLI_OK && c->json)
		show_json(p, &diff);
	else if (rc == CLI_OK)
		show_text(p, &diff);
	arena_finish(&p->arena);
	mem_free(p);
	return rc;
}
