/* SPDX-License-Identifier: Apache-2.0
 * past.c: see past.h. */
#include "decide/past.h"

#include "decide/internal.h"

#include <math.h>

#define SHARE_LEAST 1e-6
#define SEED 1 /* nobody draws */

const float past_weights[PAST_WEIGHTS] = {0, 0.1F, 0.3F, 1};

/* Nobody knows what the lead had heard by then: a journey that begins. */
void past_pending(struct decide *d, const struct past_send *s, struct pending *out)
{
	struct journey blank;
	journey_init(&blank, d->journey->lead);
	blank.entered_us = s->at_us;
	const struct turn t = {.d = d, .j = &blank, .now_us = s->at_us};
	const struct candidate c = {.at_us = s->at_us};
	struct str channel = s->channel.n > 0 ? s->channel : candidates_channel(d, 0);
	*out = (struct pending){.at_us = s->at_us, .parts_n = 3};
	context_of(&t, out->x);
	context_slot(&t, &c, out->x);
	out->key[0] = arm_say(s->message, s->angle.n > 0 ? s->angle : STR("-"));
	out->kind[0] = LEARN_POOLED;
	out->key[1] = arm_by(channel);
	out->key[2] = arm_at(candidates_part(&t, s->at_us));
	out->kind[1] = out->kind[2] = LEARN_OFFSET;
}

static bool says(const struct program_step *s, struct str message, uint64_t key)
{
	bool found = message.n > 0 && key == arm_say(message, STR("-"));
	for (size_t i = 0; i < s->angles_n && message.n > 0 && !found; i++)
		found = key == arm_say(message, s->angles[i].name);
	return found;
}

bool past_known(const struct program *p, const struct pending *of)
{
	const struct program_play *play = p->play;
	bool said = false, by = false;
	for (size_t t = 0; t < play->tracks_n && !said; t++)
		for (size_t i = 0; i < play->tracks[t].steps_n && !said; i++) {
			const struct program_step *s = &play->tracks[t].steps[i];
			said = says(s, s->message, of->key[0]) ||
			       says(s, s->substitute, of->key[0]);
		}
	for (size_t i = 0; i < p->consent.channels_n && !by; i++)
		by = of->key[1] == arm_by(p->consent.channels[i]);
	return said && by;
}

void past_believe(struct decide_learned *l, const struct pending *of, float weight)
{
	struct learner *const models[] = {l->response, l->harm};
	const float came[] = {of->outcome, of->harm};
	for (size_t i = 0; i < 2; i++) {
		struct learn_action a = learned_action(models[i], of);
		if (a.n > 0)
			learn_update(models[i], of->x, &a, came[i], weight);
	}
}

/* ---- which weight ---- */

static double log_loss(double guess, double came)
{
	double p = fmin(fmax(guess, SHARE_LEAST), 1 - SHARE_LEAST);
	return -(came * log(p) + (1 - came) * log(1 - p));
}

static double loss_of(float weight, const struct pending *past, size_t past_n,
		      const struct pending *live, size_t live_n)
{
	struct decide_learned l;
	double sum = 0;
	learned_open(&l, SEED);
	for (size_t i = 0; i < past_n && weight > 0; i++)
		past_believe(&l, &past[i], weight);
	for (size_t i = 0; i < live_n; i++) {
		struct learned_guess g;
		learned_guess(&l, &live[i], &g);
		sum += log_loss(g.outcome, (double)live[i].outcome);
		past_believe(&l, &live[i], 1);
	}
	learned_close(&l);
	return live_n > 0 ? sum / (double)live_n : 0;
}

void past_try(const struct pending *past, size_t past_n, const struct pending *live, size_t live_n,
	      struct past_trial *out)
{
	*out = (struct past_trial){.past = past_n, .live = live_n, .best = PAST_USUAL};
	for (size_t i = 0; i < PAST_WEIGHTS; i++)
		out->loss[i] = loss_of(past_weights[i], past, past_n, live, live_n);
	if (live_n < PAST_LIVE_LEAST)
		return;
	out->best = 0;
	for (size_t i = 1; i < PAST_WEIGHTS; i++)
		if (out->loss[i] < out->loss[out->best])
			out->best = i;
}
