/* SPDX-License-Identifier: Apache-2.0
 * tally.c: see tally.h. */
#include "engine/tally.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/merge.h"
#include "engine/outbox.h"

#include <stdio.h>
#include <string.h>

static const struct {
	uint32_t flag;
	const char *name;
} flag_rows[] = {
	{MESSAGE_OPENED, "opened"},
	{MESSAGE_OPENED_MACHINE, "opened_machine"},
	{MESSAGE_CLICKED, "clicked"},
	{MESSAGE_CLICKED_MACHINE, "clicked_machine"},
	{MESSAGE_CLICKED_CTA, "clicked_cta"},
	{MESSAGE_REPLIED, "replied"},
	{MESSAGE_BOUNCED, "bounced"},
	{MESSAGE_COMPLAINED, "complained"},
	{MESSAGE_UNSUBSCRIBED, "unsubscribed"},
	{MESSAGE_NEXT, "next"},
	{MESSAGE_MOVED, "moved"},
	{MESSAGE_ACCEPTED, "accepted"},
	{MESSAGE_GOAL, "goal"},
};

const char *const tally_slices[TALLY_SLICES] = {"none",    "source",  "tier",
						"variant", "persona", "channel"};

enum status tally_day(struct store *s, int64_t day, struct str prefix, store_row_fn *visit,
		      void *ctx, struct err *e)
{
	char from[80], to[80];
	struct key k = key_u64((uint64_t)day);
	size_t n = 8 + prefix.n;
	ASSERT(n < sizeof from);
	memcpy(from, k.p, 8);
	memcpy(from + 8, prefix.p, prefix.n);
	memcpy(to, from, n);
	to[n - 1]++;
	struct store_range range = {KEY_BYTES(str_n(from, n)), KEY_BYTES(str_n(to, n)), false};
	return store_scan(s, TABLE_COUNTER, range, visit, ctx, e);
}

static struct str or_none(struct str s)
{
	return s.n ? s : STR("-");
}

static void name_of(char out[64], const char *family, enum tally_slice slice, const char *what)
{
	(void)snprintf(out, 64, "%s.%s.%s", family, tally_slices[slice], what);
}

static void count(struct batch *b, const struct message *m, const char *what, int64_t delta)
{
	char name[64];
	enum tier tier = m->tier < TIER_COUNT ? (enum tier)m->tier : TIER_COLD;
	if (m->track.n == 0)
		return; /* a notice */
	const struct str values[TALLY_SLICES] = {
		[TALLY_NONE] = STR("-"),
		[TALLY_SOURCE] = batch_source(b, m->source),
		[TALLY_TIER] = str_of(tier_name(tier)),
		[TALLY_VARIANT] = or_none(m->angle),
		[TALLY_PERSONA] = or_none(m->audience),
		[TALLY_CHANNEL] = or_none(m->channel),
	};
	for (int i = 0; i < TALLY_SLICES; i++) {
		const struct str dims[] = {m->track, m->step, values[i]};
		name_of(name, "msg", (enum tally_slice)i, what);
		batch_count(b, m->due_us, name, dims, 3, delta);
	}
}

void tally_flags(struct batch *b, struct message *m, uint32_t flags)
{
	for (size_t i = 0; i < sizeof flag_rows / sizeof flag_rows[0]; i++)
		if (flags & ~m->flags & flag_rows[i].flag)
			count(b, m, flag_rows[i].name, 1);
	m->flags |= flags;
}

void tally_moved(struct batch *b, const struct message *m, enum message_state was)
{
	if (m->state == was)
		return;
	if (was == MESSAGE_UNCERTAIN)
		count(b, m, "uncertain", -1);
	if (m->state == MESSAGE_UNCERTAIN)
		count(b, m, "uncertain", 1);
	if (m->state == MESSAGE_SENT)
		count(b, m, "sent", 1);
	if (m->state == MESSAGE_FAILED)
		count(b, m, "failed", 1);
}

enum status tally_stored(struct pass *p, uint64_t message, uint32_t flag, struct err *e)
{
	struct message m;
	enum status st = outbox_get(p->batch->store, message, p->arena, &m, e);
	if (st != ST_OK || m.flags & flag)
		return st == ST_NOT_FOUND ? ST_OK : st;
	struct outbox_place was = {m.state, m.due_us};
	tally_flags(p->batch, &m, flag);
	return outbox_put(p->batch->store, &m, was, p->arena, e);
}

/* ---- who the goal is put down to ---- */

#define HALF_LIVES_MAX 10 /* what was said longer before has less than a thousandth */

struct shares {
	struct message *of; /* the last one first */
	double weight[JOURNEY_TOUCHES_MAX], sum;
	size_t n;
};

/* Every message that was said, from the last one backwards. */
static enum status gather_shares(struct pass *p, const struct journey *j, struct shares *out,
				 struct err *e)
{
	int64_t last_us = j->touches[j->touches_n - 1].at_us;
	*out = (struct shares){.of = ARENA_ARRAY(p->arena, struct message, j->touches_n)};
	if (out->of == NULL)
		return err_set(e, ST_LIMIT, "too many messages to share a goal out over");
	for (size_t i = j->touches_n; i-- > 0;) {
		const struct touch *t = &j->touches[i];
		double age = (double)time_between(t->at_us, last_us) / (double)TALLY_HALF_LIFE_US;
		bool said = i + 1 == j->touches_n ||
			    (t->flags & TOUCH_SENT && !(t->flags & TOUCH_FAILED));
		if (!said || t->message == 0 || age > HALF_LIVES_MAX)
			continue;
		enum status st =
			outbox_get(p->batch->store, t->message, p->arena, &out->of[out->n], e);
		if (st == ST_NOT_FOUND)
			continue;
		if (st != ST_OK)
			return st;
		out->weight[out->n] = exp2_exact(-age);
		out->sum += out->weight[out->n++];
	}
	return ST_OK;
}

/* The last one gets what rounding leaves, so that shares add up to one goal. */
static void count_shares(struct batch *b, const struct shares *s)
{
	int64_t left = TALLY_WHOLE;
	for (size_t i = 1; i < s->n; i++) {
		int64_t part = (int64_t)((double)TALLY_WHOLE * s->weight[i] / s->sum);
		left -= part;
		if (part > 0)
			count(b, &s->of[i], "goal_decay", part);
	}
	count(b, &s->of[0], "goal_decay", left);
}

enum status tally_goal(struct pass *p, const struct journey *j, struct err *e)
{
	struct shares s;
	struct message last;
	if (j->touches_n == 0 || j->touches[j->touches_n - 1].message == 0)
		return ST_OK;
	uint64_t id = j->touches[j->touches_n - 1].message;
	enum status st = outbox_get(p->batch->store, id, p->arena, &last, e);
	if (st != ST_OK || last.flags & MESSAGE_GOAL)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = gather_shares(p, j, &s, e);
	if (st == ST_OK && s.n > 0)
		count_shares(p->batch, &s);
	return st == ST_OK ? tally_stored(p, id, MESSAGE_GOAL, e) : st;
}

/* {track, persona, tier} and what the roll-up adds: one counter for each slice. */
static void count_cohort(struct pass *p, const struct decide_count *c, struct str source)
{
	char name[64];
	const struct str values[TALLY_SLICES] = {
		[TALLY_NONE] = STR("-"),
		[TALLY_SOURCE] = batch_source(p->batch, source),
		[TALLY_TIER] = c->dims[2],
		[TALLY_PERSONA] = c->dims[1],
	};
	ASSERT(c->dims_n >= 3);
	for (int i = 0; i < TALLY_SLICES; i++) {
		const struct str dims[] = {c->dims[0], values[i],
					   c->dims_n > 3 ? c->dims[3] : STR("")};
		if (values[i].n == 0)
			continue; /* a cohort has no variant, and no channel */
		name_of(name, "track", (enum tally_slice)i, c->name);
		batch_count(p->batch, c->day_us, name, dims, c->dims_n - 1, 1);
	}
}

/* {experiment, arm}: by people where it runs on all tracks, else by entries into its track. `x`:
 * how engaged they were before; of who entered sums of it and its square, else its sum. */
static void count_arm(struct pass *p, const struct decide_count *c, struct str experiment,
		      struct str arm, unsigned x)
{
	char name[64];
	const struct str dims[] = {experiment, arm};
	bool entered = strcmp(c->name, "entered") == 0;
	(void)snprintf(name, sizeof name, "experiment.%s", c->name);
	batch_count(p->batch, c->day_us, name, dims, 2, 1);
	(void)snprintf(name, sizeof name, "experiment.%s_x", c->name);
	if (x > 0)
		batch_count(p->batch, c->day_us, name, dims, 2, x);
	if (x > 0 && entered)
		batch_count(p->batch, c->day_us, "experiment.entered_xx", dims, 2, x * x);
	if (strcmp(c->name, "goal") == 0) /* how long that took: a report divides by how many */
		batch_count(p->batch, c->day_us, "experiment.goal_hours", dims, 2,
			    time_between(c->day_us, p->env.now_us) / US_PER_H);
}

/* Two versions of the program, by people: under the day of the first track they entered since. */
static void count_beside(struct pass *p, const struct decide_count *c)
{
	const struct beside *x = &p->play->beside;
	struct decide_count own = *c;
	if (!x->on || c->beside.version != x->version)
		return;
	own.day_us = c->beside.since_us;
	size_t arm = beside_lead(x, c->lead);
	count_arm(p, &own, x->as.name, x->arms[arm].name, c->beside.before);
}

static void count_experiments(struct pass *p, const struct decide_count *c)
{
	const struct program_play *play = p->program->play;
	for (size_t i = 0; i < play->experiments_n; i++) {
		bool over;
		const struct program_experiment *x = &play->experiments[i];
		bool all = x->track == NO_INDEX;
		if (all ? !c->first_ever : !str_eq(play->tracks[x->track].name, c->dims[0]))
			continue;
		size_t arm = decide_arm(x, c->lead, p->play->ended, p->play->ended_n, &over);
		if (arm != NO_INDEX && !over)
			count_arm(p, c, x->name, x->arms[arm].name,
				  all ? c->before_ever : c->before);
	}
	count_beside(p, c);
	if (c->holdout != NULL && c->first_ever)
		count_arm(p, c, STR("holdout"), str_of(c->holdout), c->before_ever);
}

enum status tally_count(struct pass *p, const struct decide_count *c, struct err *e)
{
	struct str source = STR_NULL;
	if (!c->by_source) {
		batch_count(p->batch, p->env.now_us, c->name, c->dims, c->dims_n, 1);
		return ST_OK;
	}
	enum status st = batch_profile(p->batch, p->work, e);
	const struct json *d = &p->work->profile_doc;
	if (st == ST_OK && d->count > 0)
		source = json_str(d, json_get(d, 0, "source"), p->arena);
	if (st != ST_OK)
		return st;
	count_cohort(p, c, source);
	if (c->dims_n == 3) /* not a wait */
		count_experiments(p, c);
	return ST_OK;
}

enum status tally_accepted(struct pass *p, const struct handoff *h, struct err *e)
{
	struct work *lead;
	struct decide_count c;
	enum status st = h->message ? tally_stored(p, h->message, MESSAGE_ACCEPTED, e) : ST_OK;
	if (st == ST_OK)
		st = batch_lead_whole(p->batch, h->lead, &lead, e);
	if (st == ST_OK)
		st = batch_journey(p->batch, lead, e);
	if (st != ST_OK || lead->journey == NULL || p->program == NULL ||
	    !decide_cohort(p->program, lead->journey, COHORT_ACCEPTED, &c))
		return st;
	batch_journey_set(p->batch, lead, lead->journey);
	struct work *in_hand = p->work;
	p->work = lead;
	st = tally_count(p, &c, e);
	p->work = in_hand;
	return st;
}
