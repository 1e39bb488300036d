/* SPDX-License-Identifier: Apache-2.0
 * cohort.c: what reports of tracks are made of. A rate is only right when what is above the line
 * and what is below it speak of the same people: so everything a lead does on a track is counted
 * under the day, tier and persona it entered with. */
#include "decide/internal.h"

#include "base/assert.h"

static const struct {
	enum cohort_flag flag;
	const char *name;
} rows[] = {
	{COHORT_ENTERED, "entered"},     {COHORT_CONTACTED, "contacted"},
	{COHORT_COMPLETED, "completed"}, {COHORT_HANDED, "handed"},
	{COHORT_ACCEPTED, "accepted"},   {COHORT_GOAL, "goal"},
	{COHORT_LEFT, "left"},
};

static struct str persona_of(const struct program *p, uint64_t cohort)
{
	for (size_t i = 0; i < p->personas_n; i++)
		if (program_key32("persona", p->personas[i].name) == COHORT_PERSONA(cohort))
			return p->personas[i].name;
	return STR("-");
}

static struct str track_of(const struct journey *j)
{
	if (j->track.n > 0 || j->past_n == 0)
		return j->track;
	return j->past[j->past_n - 1].track;
}

static struct decide_count cohort_row(const struct program *p, const struct journey *j,
				      const char *name)
{
	uint32_t tier = COHORT_TIER(j->cohort);
	return (struct decide_count){
		.name = name,
		.dims = {track_of(j), persona_of(p, j->cohort),
			 str_of(tier_name(tier < TIER_COUNT ? (enum tier)tier : TIER_COLD))},
		.dims_n = 3,
		.day_us = j->entered_us,
		.by_source = true,
		.lead = j->lead,
		.holdout = !j->holdout_known ? NULL
			   : j->holdout      ? "holdout"
					     : "nurtured",
		.before = COHORT_BEFORE(j->cohort),
		.before_ever = COHORT_BEFORE_EVER(j->cohort),
	};
}

bool decide_cohort(const struct program *p, struct journey *j, enum cohort_flag what,
		   struct decide_count *out)
{
	const char *name = NULL;
	bool began = what == COHORT_ENTERED || j->cohort & COHORT_ENTERED;
	if (!began || j->cohort & what || track_of(j).n == 0 || j->entered_us == TIME_NONE)
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].flag == what)
			name = rows[i].name;
	ASSERT(name != NULL);
	*out = cohort_row(p, j, name);
	out->first_ever = !(COHORT_EVER(j->cohort) & what);
	if (j->beside.version > 0 && !(j->beside.flags & what)) {
		out->beside = j->beside;
		j->beside.flags |= what;
	}
	j->cohort |= what | COHORT_EVER_ADD(what);
	return true;
}

static void add(struct turn *t, const struct decide_count *c)
{
	if (t->out->counts_n < DECIDE_COUNTS_MAX)
		t->out->counts[t->out->counts_n++] = *c;
}

void turn_cohort(struct turn *t, enum cohort_flag what)
{
	struct decide_count c;
	if (decide_cohort(t->d->now.program, t->j, what, &c))
		add(t, &c);
}

/* Upper ends of a histogram in seconds; a report reads median and 90th part off it. */
static const struct {
	int64_t most_us;
	const char *name;
} waits[] = {
	{US_PER_S, "1"},          {2 * US_PER_S, "2"},      {5 * US_PER_S, "5"},
	{10 * US_PER_S, "10"},    {30 * US_PER_S, "30"},    {US_PER_M, "60"},
	{2 * US_PER_M, "120"},    {5 * US_PER_M, "300"},    {15 * US_PER_M, "900"},
	{US_PER_H, "3600"},       {4 * US_PER_H, "14400"},  {US_PER_D, "86400"},
	{3 * US_PER_D, "259200"}, {7 * US_PER_D, "604800"}, {INT64_MAX, "inf"},
};

void turn_contacted(struct turn *t)
{
	size_t i = 0;
	const struct journey *j = t->j;
	if (j->cohort & COHORT_CONTACTED || !(j->cohort & COHORT_ENTERED))
		return;
	turn_cohort(t, COHORT_CONTACTED);
	int64_t took = time_between(j->entered_us, t->now_us);
	while (took > waits[i].most_us)
		i++;
	struct decide_count c = cohort_row(t->d->now.program, j, "wait");
	c.dims[c.dims_n++] = str_of(waits[i].name);
	add(t, &c);
}

/* By itself or by what the lead did; a move by hand says nothing of the message. */
void turn_passed(struct turn *t)
{
	const struct journey *was = &t->before, *j = t->j;
	bool sent = was->phase == JOURNEY_WATCHING && was->due_us != TIME_NONE && was->message;
	const struct touch *x = sent ? journey_touch_of(t->j, was->message) : NULL;
	if (x == NULL || x->flags & TOUCH_FAILED || j->track.n == 0 ||
	    str_is(str_of(t->cause), "operator"))
		return;
	bool same = str_eq(was->track, j->track);
	if (same && str_eq(was->step, j->step))
		return;
	t->out->passed = was->message;
	t->out->passed_track = !same;
}
