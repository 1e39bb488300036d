/* SPDX-License-Identifier: Apache-2.0
 * plan.c: what a program would change, for people or as the document the API serves. */
#include "cli/plan.h"

#include "cli/progress.h"
#include "model/tier.h"
#include "view/view_plan.h"

static bool go_on(void *ctx, uint64_t leads)
{
	progress_at(ctx, leads);
	return !cli_interrupted();
}

static void show_count(struct cli *c, uint64_t n, const char *words)
{
	if (n)
		fprintf(c->out, "  %llu %s\n", (unsigned long long)n, words);
}

static void show_play(struct cli *c, const struct view_plan_play *p)
{
	static const char *const fates[FATE_COUNT] = {
		[FATE_STEP_CHANGED] = "the step changes: they finish it as it was",
		[FATE_STEP_GONE] = "the step is gone: they finish it as it was, then go on",
		[FATE_LEAVES] = "the track is gone: they finish the step, then leave",
	};
	if (p->people == 0)
		return;
	fprintf(c->out, "%llu people are on tracks\n", (unsigned long long)p->people);
	for (size_t i = 0; i < p->places_n; i++) {
		const struct view_plan_place *x = &p->places[i];
		if (x->fate != FATE_SAME)
			fprintf(c->out, "  %llu in " STR_FMT ", step " STR_FMT ": %s\n",
				(unsigned long long)x->people, STR_ARG(x->track), STR_ARG(x->step),
				fates[x->fate]);
	}
	show_count(c, p->fewer, "would lose a message that is still to come");
	show_count(c, p->more, "would get one more");
	show_count(c, p->sooner, "would get the next message sooner");
	show_count(c, p->later, "would get the next message later");
	show_count(c, p->older, "are in a step of an older version, and finish it by that");
	if (p->candidate > 0)
		fprintf(c->out,
			"  %llu are in a step of version %llu, which stands beside the one in "
			"force\n",
			(unsigned long long)p->beside, (unsigned long long)p->candidate);
}

static const char *const text_signs[] = {"+ new text", "~ another text for", "- text is gone:"};

static void part_line(void *ctx, enum view_plan_text what, const struct content_part *p)
{
	struct cli *c = ctx;
	fprintf(c->out, "%s %s/" STR_FMT "\n", text_signs[what], content_part_folder(p->kind),
		STR_ARG(p->name));
}

static void text_line(void *ctx, enum view_plan_text what, const struct content_file *f)
{
	struct cli *c = ctx;
	fprintf(c->out, "%s " STR_FMT "/" STR_FMT "%s" STR_FMT "\n", text_signs[what],
		STR_ARG(f->message), STR_ARG(f->angle), f->persona.n ? "." : "",
		STR_ARG(f->persona));
}

static void note_part(void *ctx, enum view_plan_text what, const struct content_part *p)
{
	(void)what, (void)p;
	*(bool *)ctx = true;
}

static void note_text(void *ctx, enum view_plan_text what, const struct content_file *f)
{
	(void)what, (void)f;
	*(bool *)ctx = true;
}

static void show_text(struct cli *c, const struct view_plan *p)
{
	const struct program_diff *diff = &p->diff;
	struct buf b;
	FILE *out = c->out;
	buf_init(&b, (size_t)1 << 20);
	program_diff_text(diff, &b);
	cli_put(c, buf_view(&b));
	buf_finish(&b);
	bool texts = false;
	view_plan_texts(p, text_line, c);
	view_plan_texts(p, note_text, &texts);
	view_plan_parts(p, part_line, c);
	view_plan_parts(p, note_part, &texts);
	if (diff->n == 0 && !texts)
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
	show_play(c, &p->play);
}

static void show_json(struct cli *c, const struct view_plan *p)
{
	struct buf b;
	struct json_w w;
	buf_init(&b, (size_t)8 << 20); /* every text there may be */
	json_w_init(&w, &b);
	view_plan_json(p, &w);
	cli_line(c, buf_view(&b));
	buf_finish(&b);
}

int plan_show(struct cli *c, struct door *d, const struct draft *next)
{
	struct view_plan plan;
	struct progress bar;
	struct view v = door_view(c, d);
	progress_begin(&bar, c, "plan", "leads", 0);
	enum status st = view_plan(&v, next->program, go_on, &bar, &plan, &c->err);
	progress_end(&bar, plan.leads);
	plan.texts = next->index;
	if (st != ST_OK)
		return cli_fail(c, NULL);
	if (c->json)
		show_json(c, &plan);
	else
		show_text(c, &plan);
	return CLI_OK;
}
