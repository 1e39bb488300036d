/* SPDX-License-Identifier: Apache-2.0
 * policies.c: names of ways to choose, and all there are to compare for a program. */
#include "simulate/policies.h"

#include "base/time.h"
#include "base/tz.h"

#include <string.h>

#define ANGLES_MAX 32u

/* ---- what a program leaves open ---- */

static unsigned open_choices(const struct program *p)
{
	unsigned what = 0;
	for (size_t i = 0; i < p->play->tracks_n; i++)
		what |= p->play->tracks[i].decide_what;
	return what;
}

static void add_angle(struct str angle, struct str *out, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq(out[i], angle))
			return;
	if (*n < ANGLES_MAX)
		out[(*n)++] = angle;
}

/* Those a learner may choose between, in the order of the program. */
static size_t angles(const struct program *p, struct str out[ANGLES_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < p->play->tracks_n; i++) {
		const struct program_track *k = &p->play->tracks[i];
		for (size_t s = 0; s < k->steps_n && (k->decide_what & DECIDE_ANGLE); s++)
			for (size_t a = 0; a < k->steps[s].angles_n && k->steps[s].angles_n > 1;
			     a++)
				add_angle(k->steps[s].angles[a].name, out, &n);
	}
	return n;
}

static bool part_open(const struct program *p, size_t part, struct arena *a)
{
	const struct tz *utc;
	struct err e;
	int64_t tuesday = time_days_from_civil(2026, 1, 6) * US_PER_D;
	if (part == 0 || tz_load(STR("UTC"), a, &utc, &e) != ST_OK)
		return false;
	int64_t at_us = tuesday + decide_part_us(part);
	return guards_open_us(&p->play->guardrails, utc, at_us) == at_us;
}

/* ---- by name ---- */

static enum status nothing_open(struct err *e)
{
	return err_set(
		e, ST_INVALID,
		"the program leaves nothing to choose: a track needs `decide: {what: [angle, "
		"send_time]}`");
}

static bool one_word(const struct program *p, struct str word, struct program_choice *c)
{
	struct str known[ANGLES_MAX];
	size_t n = angles(p, known);
	for (size_t i = 1; i < ARM_PARTS; i++)
		if (str_is(word, arm_part_name(i)) && c->part < 0) {
			c->part = (int)i;
			return true;
		}
	for (size_t i = 0; i < ARM_GAPS && (open_choices(p) & DECIDE_GAP); i++)
		if (str_is(word, arm_gap_name(i)) && c->gap == 0) {
			c->gap = 1 + (int)i;
			return true;
		}
	for (size_t i = 0; i < n; i++)
		if (str_eq(word, known[i]) && c->angle.n == 0) {
			c->angle = word;
			return true;
		}
	return false;
}

static enum status fixed_of(const struct program *p, struct str arm, struct simulate_policy *out,
			    struct err *e)
{
	out->fixed = true;
	out->choice = (struct program_choice){.mode = DECIDE_FIXED, .part = -1};
	out->silence = out->choice.nothing = str_is(arm, "nothing");
	if (arm.n == 0)
		return err_set(
			e, ST_INVALID,
			"fixed: wants an angle, a part of the day, a gap, or these with a +");
	while (arm.n > 0 && !out->silence) {
		struct str word = str_cut(&arm, '+');
		struct program_choice alone = {.mode = DECIDE_FIXED, .part = -1};
		if (one_word(p, word, &out->choice))
			continue;
		if (one_word(p, word, &alone))
			return err_set(
				e, ST_INVALID,
				"fixed: takes one angle, one part of the day and one gap; " STR_FMT
				" is a second",
				STR_ARG(str_slice(word, 0, 60)));
		return err_set(e, ST_INVALID,
			       "fixed:" STR_FMT " is neither an angle this program lets "
			       "choose nor a part of the day (early, morning, noon, "
			       "afternoon, evening) nor a gap (short, middle, long)",
			       STR_ARG(str_slice(word, 0, 60)));
	}
	return ST_OK;
}

static enum status learner_of(const struct program *p, struct program_choice *out, struct err *e)
{
	enum decide_mode mode = p->play->deciding.mode;
	out->mode = mode >= DECIDE_EPSILON ? mode : DECIDE_IGW;
	return open_choices(p) == 0 ? nothing_open(e) : ST_OK;
}

enum status simulate_policy_of(const struct program *p, struct str name, struct arena *a,
			       struct simulate_policy *out, struct err *e)
{
	bool known = false;
	struct str fixed = STR("fixed:");
	*out = (struct simulate_policy){.name = arena_str(a, name), .choice.part = -1};
	if (out->name.p == NULL)
		return err_set(e, ST_NO_MEMORY, "the name of a policy does not fit");
	if (str_is(name, "learned"))
		return learner_of(p, &out->choice, e);
	if (str_starts(name, fixed) && open_choices(p) == 0)
		return nothing_open(e);
	if (str_starts(name, fixed))
		return fixed_of(p, str_slice(out->name, fixed.n, name.n), out, e);
	out->choice.mode = decide_mode_of(name, &known);
	return known ? ST_OK
		     : err_set(e, ST_INVALID,
			       "no policy is called " STR_FMT
			       ": learned, fixed:ANGLE+PART, or a mode of `decide:`",
			       STR_ARG(str_slice(name, 0, 60)));
}

/* ---- all of them ---- */

struct list {
	const struct program *p;
	struct arena *a;
	struct simulate_policy *out;
	size_t n;
	enum status st;
	struct err *e;
};

static void add(struct list *l, struct str name)
{
	if (l->st == ST_OK && l->n < SIMULATE_POLICIES_MAX)
		l->st = simulate_policy_of(l->p, name, l->a, &l->out[l->n++], l->e);
}

static void add_fixed(struct list *l, struct str angle, const char *part)
{
	const char *plus = angle.n > 0 && *part ? "+" : "";
	if (angle.n > 0 || *part)
		add(l, arena_printf(l->a, "fixed:" STR_FMT "%s%s", STR_ARG(angle), plus, part));
}

enum status simulate_policies(const struct program *p, struct arena *a,
			      struct simulate_policy out[SIMULATE_POLICIES_MAX], size_t *n_r,
			      struct err *e)
{
	struct list l = {p, a, out, 0, ST_OK, e};
	struct str known[ANGLES_MAX + 1] = {STR_NULL};
	size_t n = 1 + angles(p, known + 1);
	bool times = open_choices(p) & DECIDE_SEND_TIME, gaps = open_choices(p) & DECIDE_GAP;
	add(&l, STR("learned"));
	add(&l, STR("rules"));
	add(&l, STR("first"));
	for (size_t i = 0; i < n; i++) {
		add_fixed(&l, known[i], "");
		for (size_t part = 1; part < ARM_PARTS && times; part++)
			if (part_open(p, part, a))
				add_fixed(&l, known[i], arm_part_name(part));
		for (size_t gap = 0; gap < ARM_GAPS && gaps; gap++)
			add_fixed(&l, known[i], arm_gap_name(gap));
	}
	add(&l, STR("fixed:nothing"));
	*n_r = l.n;
	return l.st;
}
