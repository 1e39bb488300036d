/* SPDX-License-Identifier: Apache-2.0
 * mind.c: see mind.h. */
#include "decide/mind.h"

#include "base/hash.h"
#include "base/time.h"
#include "base/tz.h"

#include <math.h>

#define MEAN_USUAL 0.2 /* average outcome among which the gain of exploring was tuned */
#define MEAN_LEAST 0.0005

struct mind mind_of_learner(const struct decide_learned *l, const struct program_deciding *p)
{
	return (struct mind){false,   l->response, l->harm,  l->mean,   p->epsilon,
			     p->gain, p->most,     p->least, p->uniform};
}

struct mind mind_of_model(const struct decide_frozen *f, const struct program_deciding *p)
{
	return (struct mind){true,    f->response, f->harm,  f->mean,   f->epsilon,
			     f->gain, f->most,     f->least, p->uniform};
}

enum policy_mode mind_mode(enum decide_mode m)
{
	static const enum policy_mode modes[] = {[DECIDE_EPSILON] = POLICY_EPSILON,
						 [DECIDE_IGW] = POLICY_IGW,
						 [DECIDE_THOMPSON] = POLICY_THOMPSON};
	return modes[m];
}

/* ---- what it is made of ---- */

void mind_parts_nothing(struct pending *out)
{
	out->parts_n = 1;
	out->key[0] = arm_nothing();
	out->kind[0] = LEARN_APART;
}

void mind_parts(const struct mind_said *s, struct pending *out)
{
	out->key[0] = arm_say(s->message, s->angle);
	out->kind[0] = LEARN_POOLED;
	out->key[1] = arm_by(s->channel);
	out->key[2] = arm_at(s->part);
	out->key[3] = s->gap > 0 ? arm_gap(s->gap - 1) : 0;
	out->kind[1] = out->kind[2] = out->kind[3] = LEARN_OFFSET;
	out->parts_n = s->gap > 0 ? 4 : 3;
}

void mind_slot(const struct tz *zone, int64_t at_us, bool nothing, float *x)
{
	int64_t local = at_us + tz_offset_us(zone, at_us);
	int64_t day = time_day(local);
	double hour = (double)(local - day * US_PER_D) / (double)US_PER_H;
	double turn = hour * 6.283185307179586 / 24;
	int64_t weekday = ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 is Monday */
	x[CONTEXT_slot_weekend] = !nothing && weekday >= 5;
	x[CONTEXT_slot_sin] = nothing ? 0 : (float)(MIND_HOUR * sin(turn));
	x[CONTEXT_slot_cos] = nothing ? 0 : (float)(MIND_HOUR * cos(turn));
}

/* ---- guesses ---- */

/* Arms are made when the live learner first meets them: from then on they are kept. */
static void guess(const struct mind *k, struct learner *l, const struct pending *p,
		  struct learn_guess *out)
{
	struct learn_action a = {.n = 0};
	for (uint32_t i = 0; i < p->parts_n; i++) {
		uint32_t arm = k->thin ? learn_thin_arm(l, p->key[i], p->kind[i])
				       : learn_arm(l, p->key[i], p->kind[i]);
		if (arm != LEARN_NONE)
			a.arm[a.n++] = arm;
	}
	*out = (struct learn_guess){0};
	if (a.n > 0)
		learn_score(l, p->x, &a, 1, out);
}

void mind_weigh(const struct mind *k, const struct pending *what, double cost, double price,
		struct policy_option *out)
{
	struct learn_guess good, bad = {0};
	guess(k, k->response, what, &good);
	if (what->kind[0] != LEARN_APART)
		guess(k, k->harm, what, &bad);
	double less = cost + price * (double)bad.p;
	double slope = (double)good.p * (1 - (double)good.p);
	*out = (struct policy_option){.value = (double)good.p - less,
				      .hopeful = (double)good.q - less,
				      .variance = slope * slope * (double)good.var};
}

/* ---- odds ---- */

struct policy_path mind_path(struct str channel, size_t part, size_t gap, uint64_t text,
			     int64_t at_us)
{
	uint64_t by = 1 + hash_str(channel, 0) / 2; /* "nothing" is 0 */
	return (struct policy_path){{by, part, gap, text, (uint64_t)at_us}};
}

void mind_odds(const struct mind *k, const struct policy_option *o, size_t n,
	       const struct mind_turn *t, struct policy_choice *out)
{
	double seen = learn_seen_all(k->response);
	double mean = k->mean < MEAN_LEAST ? MEAN_LEAST : k->mean;
	struct policy_conf c = policy_conf_default(t->mode);
	c.epsilon = k->epsilon;
	/* A gap counts for the part of the average outcome that it is, so that among rare outcomes
	 * as much is tried out as among frequent ones, and not the more the rarer they are: few
	 * outcomes say little, whatever is tried. */
	c.gain = k->gain * MEAN_USUAL / mean;
	c.budget = k->most;
	c.floor = t->floor;
	c.uniform = k->uniform;
	struct policy_turn turn = {.seen = seen,
				   .seed = t->seed,
				   .id = t->id,
				   .prior = t->rules,
				   .prior_share = learned_rules_share(seen),
				   .path = t->path};
	policy_decide(&c, o, n, turn, out);
}
