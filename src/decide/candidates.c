/* SPDX-License-Identifier: Apache-2.0
 * candidates.c: everything that could be said at this step: content x channel x time x gap, with
 * "nothing now" last. Each is asked through the guards; one that is held for a while stands there
 * twice, once now with the guard that holds it and once at the instant that lets it go.
 *
 * An angle is used up when any of its subject lines was sent: the same text under another subject
 * is the same text. Only a repetition that asks for a new subject may say it again. */
#include "decide/internal.h"

#include "base/assert.h"
#include "base/hash.h"

struct str candidates_channel(const struct decide *d, size_t channel)
{
	const struct program_consent *k = &d->now.program->consent;
	return channel < k->channels_n ? k->channels[channel] : STR_NULL;
}

static size_t channel_now(const struct turn *t, size_t channel)
{
	const struct program_consent *k = &t->d->now.program->consent;
	struct str name = t->d->pinned.program->consent.channels[channel];
	for (size_t i = 0; i < k->channels_n; i++)
		if (str_eq(k->channels[i], name))
			return i;
	return NO_INDEX;
}

static struct str persona_of(const struct turn *t)
{
	const struct program *p = t->d->now.program;
	uint32_t at = t->d->lead->persona;
	return at > 0 && at <= p->personas_n ? p->personas[at - 1].name : STR_NULL;
}

/* ---- what was said ---- */

/* A subject line of this angle that was sent lately; CONTENT_SUBJECTS_MAX: none. */
static uint32_t used_subject(const struct turn *t, struct str message, struct str angle)
{
	uint32_t i = 0;
	while (i < CONTENT_SUBJECTS_MAX &&
	       !guards_used(t->d, content_key(message, angle, i), t->now_us))
		i++;
	return i;
}

bool candidates_latest(const struct turn *t, const struct program_step *s, size_t *angle_r,
		       uint32_t *subject_r, uint64_t *message_r)
{
	const struct journey *j = t->j;
	for (size_t i = j->touches_n; i-- > 0;)
		for (size_t k = 0; k < s->angles_n * CONTENT_SUBJECTS_MAX; k++) {
			size_t angle = k / CONTENT_SUBJECTS_MAX;
			uint32_t subject = (uint32_t)(k % CONTENT_SUBJECTS_MAX);
			if (j->touches[i].content !=
			    content_key(s->message, s->angles[angle].name, subject))
				continue;
			*angle_r = angle;
			*subject_r = subject;
			*message_r = j->touches[i].message;
			return true;
		}
	return false;
}

/* The next subject line of the angle said last; false: it has no other. */
static bool next_subject(const struct turn *t, const struct program_step *s, size_t *angle_r,
			 uint32_t *subject_r)
{
	uint64_t message;
	uint32_t said;
	if (!candidates_latest(t, s, angle_r, &said, &message))
		return false;
	struct str angle = s->angles[*angle_r].name;
	const struct content_file *f =
		content_find(t->d->pinned.content, s->message, angle, persona_of(t));
	for (uint32_t i = 0; f != NULL && i < f->subjects_n && i < CONTENT_SUBJECTS_MAX; i++)
		if (!guards_used(t->d, content_key(s->message, angle, i), t->now_us)) {
			*subject_r = i;
			return true;
		}
	return false;
}

bool candidates_anything(const struct turn *t, const struct program_step *s, uint32_t with)
{
	size_t angle;
	uint32_t subject;
	if (with == AGAIN_NEW_SUBJECT)
		return next_subject(t, s, &angle, &subject);
	if (with == AGAIN_SAME && t->d->now.program->play->guardrails.repeat_after_us > 0)
		return true; /* it may be said again one day */
	for (size_t i = 0; i < s->angles_n; i++) {
		struct str name = s->angles[i].name;
		if (content_find(t->d->pinned.content, s->message, name, persona_of(t)) != NULL &&
		    used_subject(t, s->message, name) == CONTENT_SUBJECTS_MAX)
			return true;
	}
	return false;
}

/* ---- experiments ---- */

static size_t drawn_arm(const struct program_experiment *x, uint64_t lead)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < x->arms_n; i++)
		sum += x->arms[i].weight;
	if (sum == 0)
		return NO_INDEX;
	uint64_t at = hash_u64(hash_u64(lead) ^ x->key) % sum;
	size_t i = 0;
	for (; at >= x->arms[i].weight; i++)
		at -= x->arms[i].weight;
	return i;
}

size_t decide_arm(const struct program_experiment *x, uint64_t lead,
		  const struct decide_ended *ended, size_t ended_n, bool *ended_r)
{
	bool over = false;
	size_t arm = NO_INDEX;
	for (size_t i = 0; i < ended_n && !over; i++) {
		over = ended[i].experiment == x->key;
		for (size_t k = 0; over && k < x->arms_n; k++)
			if (program_key32("arm", x->arms[k].name) == ended[i].arm)
				arm = k;
	}
	if (ended_r != NULL)
		*ended_r = over;
	return arm == NO_INDEX ? drawn_arm(x, lead) : arm;
}

size_t candidates_arm(const struct turn *t, const struct program_experiment *x)
{
	const struct decide_world *w = t->d->world;
	return decide_arm(x, t->j->lead, w ? w->ended : NULL, w ? w->ended_n : 0, NULL);
}

/* What the lead's arms fix at this step: an angle of that name, or "subject_2". */
struct arms {
	size_t angle; /* NO_INDEX: free */
	uint32_t subject;
};

static struct arms arms_of(const struct turn *t, const struct program_step *s)
{
	const struct program *p = t->d->pinned.program;
	struct arms out = {NO_INDEX, 0};
	for (size_t i = 0; i < p->play->experiments_n; i++) {
		const struct program_experiment *x = &p->play->experiments[i];
		bool here = x->track == NO_INDEX || &p->play->tracks[x->track] == place_track(t);
		size_t arm = here ? candidates_arm(t, x) : NO_INDEX;
		int64_t number = 0;
		if (arm == NO_INDEX)
			continue;
		struct str name = x->arms[arm].name;
		for (size_t k = 0; k < s->angles_n; k++)
			if (str_eq(s->angles[k].name, name))
				out.angle = k;
		if (str_starts(name, STR("subject_")) &&
		    str_to_i64(str_slice(name, 8, name.n), &number) && number >= 1 &&
		    number <= CONTENT_SUBJECTS_MAX)
			out.subject = (uint32_t)number - 1;
	}
	return out;
}

/* ---- the slate ---- */

static void put(const struct turn *t, struct slate *out, const struct candidate *c, bool fits,
		bool other)
{
	size_t room = out->max - 1; /* the last one is "nothing" */
	if (out->n >= room) {
		out->left_out++;
		return;
	}
	size_t at = out->n++;
	out->c[at] = *c;
	out->c[at].at_us = out->rules_us;
	out->fits[at] = fits;
	out->other[at] = other;
	guards_ask(t->d, &out->c[at]);
	if (out->c[at].held == GUARD_COUNT || out->c[at].free_us == TIME_NONE || out->n >= room)
		return;
	int64_t free_us = guards_free_us(t->d, &out->c[at]);
	if (free_us == TIME_NONE)
		return;
	struct candidate *later = &out->c[out->n];
	*later = *c;
	later->at_us = free_us;
	guards_ask(t->d, later);
	out->later[out->n] = true;
	out->fits[out->n] = fits;
	out->other[out->n++] = other;
}

static struct candidate candidate_of(const struct turn *t, const struct program_step *s,
				     size_t angle)
{
	const struct program_track *k = place_track(t);
	struct str name = s->angles[angle].name;
	return (struct candidate){
		.step = (size_t)(s - k->steps),
		.angle = angle,
		.channel = channel_now(t, s->channel),
		.message = s->message,
		.purpose = t->d->pinned.program->consent.purposes[s->purpose],
		.content = content_find(t->d->pinned.content, s->message, name, persona_of(t))};
}

static void put_angle(const struct turn *t, const struct program_step *s, struct slate *out,
		      size_t angle, const struct arms *arms)
{
	struct candidate c = candidate_of(t, s, angle);
	struct str name = s->angles[angle].name;
	uint32_t used = used_subject(t, s->message, name);
	bool fresh = used == CONTENT_SUBJECTS_MAX;
	c.subject_n = fresh ? 0 : used; /* so that the guard names what was said */
	if (fresh && c.content != NULL && arms->subject < c.content->subjects_n)
		c.subject_n = arms->subject;
	c.key = content_key(s->message, name, c.subject_n);
	put(t, out, &c, t->j->with != AGAIN_NEW_SUBJECT, false);
}

static void put_next_subject(const struct turn *t, const struct program_step *s, struct slate *out)
{
	size_t angle;
	uint32_t subject;
	if (!next_subject(t, s, &angle, &subject))
		return;
	struct candidate c = candidate_of(t, s, angle);
	c.subject_n = subject;
	c.key = content_key(s->message, s->angles[angle].name, subject);
	put(t, out, &c, true, false);
}

/* As it was: where the program lets a text be said again after a while. */
static void put_same(const struct turn *t, const struct program_step *s, struct slate *out)
{
	size_t angle;
	uint32_t subject;
	uint64_t message;
	if (!candidates_latest(t, s, &angle, &subject, &message))
		return;
	struct candidate c = candidate_of(t, s, angle);
	c.subject_n = subject;
	c.key = content_key(s->message, s->angles[angle].name, subject);
	put(t, out, &c, true, false);
}

/* The other channel, the other message, or both: what a step names for when it is held. */
static void put_substitutes(const struct turn *t, const struct program_step *s, struct slate *out)
{
	const struct content_index *ix = t->d->pinned.content;
	struct str message = s->substitute.n ? s->substitute : s->message;
	struct str persona = persona_of(t);
	for (size_t i = 0; i < ix->n; i++) {
		const struct content_file *f = &ix->files[i];
		if (!str_eq(f->message, message) ||
		    content_find(ix, message, f->angle, persona) != f)
			continue;
		struct candidate c = candidate_of(t, s, 0);
		if (s->substitute_channel != NO_INDEX)
			c.channel = channel_now(t, s->substitute_channel);
		c.angle = NO_INDEX;
		for (size_t k = 0; k < s->angles_n && !s->substitute.n; k++)
			if (str_eq(s->angles[k].name, f->angle))
				c.angle = k;
		c.message = message;
		c.content = f;
		c.key = content_key(message, f->angle, 0);
		put(t, out, &c, true, true);
	}
}

/* ---- gaps, for who chooses among them ---- */

static int64_t later(int64_t a_us, int64_t b_us)
{
	return a_us > b_us ? a_us : b_us;
}

/* Gaps nearer to each other than a day are one: the time of day is another choice. */
static void open_gaps(const struct turn *t, const struct program_step *s, struct slate *out)
{
	struct place_gaps g = place_gaps(t, s);
	int64_t touched = place_touched_us(t->j), wide = g.long_us - g.short_us;
	bool due = t->j->phase == JOURNEY_DUE && place_step(t) == s && !place_at_once(s, t->j);
	if (!due || touched == TIME_NONE || wide < US_PER_D || !policy_asks(t) ||
	    !(place_track(t)->decide_what & DECIDE_GAP))
		return;
	const int64_t gaps[ARM_GAPS] = {g.short_us, g.short_us + wide / 2, g.long_us};
	for (size_t i = 0; i < ARM_GAPS; i++)
		if (i != 1 || wide >= 2 * US_PER_D)
			out->gap_us[out->gaps_n++] = gaps[i];
	out->touched_us = touched;
	out->rules_us = later(out->rules_us, touched + g.rules_us);
	out->ahead_us = later(out->rules_us, touched + g.long_us) + DECIDE_AHEAD_US;
}

static bool listed(const struct slate *s, const struct candidate *c)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->c[i].key == c->key && s->c[i].channel == c->channel &&
		    s->c[i].at_us == c->at_us && str_eq(s->c[i].message, c->message))
			return true;
	return false;
}

static void put_gaps_of(const struct turn *t, struct slate *out, size_t of)
{
	for (size_t g = 0; g < out->gaps_n; g++) {
		struct candidate *c = &out->c[out->n];
		if (out->n >= out->max - 1)
			return;
		*c = out->c[of];
		c->at_us = later(t->now_us, out->touched_us + out->gap_us[g]);
		guards_ask(t->d, c);
		if (c->held != GUARD_COUNT) {
			c->at_us = guards_free_us(t->d, c);
			if (c->at_us == TIME_NONE)
				continue;
			guards_ask(t->d, c);
		}
		if (c->at_us > out->ahead_us || listed(out, c))
			continue;
		out->other[out->n] = out->other[of];
		out->fits[out->n] = true;
		out->slot[out->n++] = true;
	}
}

/* The rules' gap has its candidates already. */
static void put_gaps(const struct turn *t, struct slate *out)
{
	size_t n = out->n;
	for (size_t i = 0; i < n && out->gaps_n > 0; i++)
		if (out->c[i].held == GUARD_COUNT && out->fits[i])
			put_gaps_of(t, out, i);
}

/* Which gap it is in the end: the longest that has passed then. */
static void name_gaps(struct slate *out)
{
	static const size_t two[] = {0, ARM_GAPS - 1};
	for (size_t i = 0; i < out->n && out->gaps_n > 0; i++) {
		struct candidate *c = &out->c[i];
		size_t g = out->gaps_n - 1;
		c->since_us = c->at_us - out->touched_us;
		while (g > 0 && c->since_us < out->gap_us[g])
			g--;
		c->gap = 1 + (out->gaps_n == 2 ? two[g] : g);
	}
}

/* ---- times of day, for who chooses among them ---- */

/* Local hours at which a part of the day begins; before the first it is night. */
static const int day_parts[] = {6, 8, 11, 14, 17};
#define PARTS_BEGIN (sizeof day_parts / sizeof *day_parts)
_Static_assert(PARTS_BEGIN + 1 == ARM_PARTS, "the night is a part too");

int64_t decide_part_us(size_t part)
{
	ASSERT(part >= 1 && part < ARM_PARTS);
	return day_parts[part - 1] * US_PER_H;
}

static int64_t local_day_us(const struct turn *t, int64_t at_us)
{
	return time_day(at_us + tz_offset_us(t->d->world->zone, at_us)) * US_PER_D;
}

size_t candidates_part(const struct turn *t, int64_t at_us)
{
	int64_t local = at_us + tz_offset_us(t->d->world->zone, at_us);
	int64_t since = local - local_day_us(t, at_us);
	size_t part = 0;
	while (part < PARTS_BEGIN && since >= day_parts[part] * US_PER_H)
		part++;
	return part;
}

/* The next time that part of the day begins behind at_us. Leads are spread over its first hour,
 * each at a minute of its own. */
static int64_t next_part(const struct turn *t, size_t part, int64_t at_us)
{
	int64_t spread = (int64_t)(hash_u64(t->j->lead) % 12) * 5 * US_PER_M;
	int64_t local = local_day_us(t, at_us) + day_parts[part] * US_PER_H + spread;
	int64_t at = local - tz_offset_us(t->d->world->zone, at_us);
	return at > at_us ? at : at + US_PER_D;
}

static void put_slots_of(const struct turn *t, struct slate *out, size_t of)
{
	for (size_t part = 0; part < PARTS_BEGIN; part++) {
		struct candidate *c = &out->c[out->n];
		if (out->n >= out->max - 1)
			return;
		*c = out->c[of];
		c->at_us = next_part(t, part, out->c[of].at_us);
		guards_ask(t->d, c);
		if (c->held != GUARD_COUNT || (out->gaps_n > 0 && listed(out, c)))
			continue;
		out->other[out->n] = out->other[of];
		out->slot[out->n++] = true;
	}
}

static void put_slots(const struct turn *t, struct slate *out)
{
	size_t n = out->n;
	bool may = place_track(t)->decide_what & DECIDE_SEND_TIME;
	for (size_t i = 0; i < n && may; i++)
		if (out->c[i].held == GUARD_COUNT && out->fits[i])
			put_slots_of(t, out, i);
}

/* The rules look at each text and channel; whoever else chooses, at times and gaps as well. */
#define FEW 64

static struct slate *open_slate(const struct turn *t)
{
	size_t max = policy_asks(t) ? DECIDE_CANDIDATES_MAX : FEW;
	struct slate *s =
		arena_alloc(t->d->arena, sizeof(struct slate) + max * sizeof(struct candidate));
	if (s == NULL)
		return NULL;
	s->max = max;
	s->rules_us = t->now_us;
	s->ahead_us = t->now_us + DECIDE_AHEAD_US;
	return s;
}

struct slate *candidates_list(const struct turn *t, const struct program_step *s)
{
	struct arms arms = arms_of(t, s);
	struct slate *out = open_slate(t);
	if (out == NULL)
		return NULL;
	open_gaps(t, s, out);
	if (t->j->with == AGAIN_NEW_SUBJECT)
		put_next_subject(t, s, out);
	if (t->j->with == AGAIN_SAME && t->j->again_n > 0)
		put_same(t, s, out);
	if (arms.angle != NO_INDEX)
		put_angle(t, s, out, arms.angle, &arms);
	for (size_t i = 0; i < s->angles_n; i++)
		if (i != arms.angle)
			put_angle(t, s, out, i, &arms);
	if (s->capped == CAPPED_SUBSTITUTE)
		put_substitutes(t, s, out);
	out->fixed = arms.angle != NO_INDEX;
	if (policy_asks(t)) {
		put_gaps(t, out);
		put_slots(t, out);
		name_gaps(out);
	}
	out->c[out->n++] = (struct candidate){
		.nothing = true, .at_us = t->now_us, .held = GUARD_COUNT, .channel = NO_INDEX};
	return out;
}
