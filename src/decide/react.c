/* SPDX-License-Identifier: Apache-2.0
 * react.c: what came of a message: events that speak of it, the end of its watch, and what became
 * of it on the wire.
 *
 * Only people count: opens and clicks of machines and crawlers are kept elsewhere and change
 * nothing here. Words that stop (a reply, an unsubscribe, a complaint) stop at once, in the same
 * transaction; an opened or silent message is judged when its watch ends. */
#include "decide/internal.h"

#include "base/assert.h"

#include <stdio.h>

#define ANSWER_REFRESHES 2 /* touches' worth of fatigue that a click or a reply takes away */

/* ---- what an event says ---- */

/* "email.click" and "sms.click" are clicks, whoever carried them. */
static bool is_kind(struct str type, const char *kind)
{
	struct str k = str_of(kind);
	return str_eq(type, k) ||
	       (type.n > k.n && str_ends(type, k) && type.p[type.n - k.n - 1] == '.');
}

static bool by_machine(const struct event *ev)
{
	return ev->flags & (EVENT_BOT | EVENT_MACHINE);
}

static uint64_t event_message(const struct turn *t)
{
	const struct json *d = t->d->facts->properties;
	uint32_t node = d != NULL && d->count > 0 ? json_get(d, 0, "message") : JSON_NONE;
	uint64_t number = 0;
	if (node == JSON_NONE)
		return 0;
	struct str text =
		json_is(d, node, JSON_STRING) ? json_str(d, node, t->d->arena) : json_raw(d, node);
	return str_to_u64(text, &number) ? number : 0;
}

static struct str angle_name(const struct turn *t)
{
	const struct program_step *s = place_step(t);
	size_t angle;
	uint32_t subject;
	uint64_t message;
	bool known = s != NULL && candidates_latest(t, s, &angle, &subject, &message);
	return known ? s->angles[angle].name : STR_NULL;
}

static void count_reaction(struct turn *t, enum react_kind kind)
{
	const struct str dims[] = {str_of(react_kind_name(kind)), t->j->track, t->j->step,
				   angle_name(t)};
	turn_count(t, "reaction", dims, 4);
}

static void answered(struct turn *t)
{
	const struct program_guardrails *g = &t->d->now.program->play->guardrails;
	double f = guards_fatigue(t->j, g, t->now_us) - ANSWER_REFRESHES;
	t->j->fatigue = f > 0 ? f : 0;
	t->j->fatigue_us = t->now_us;
	t->j->silent_n = 0;
}

static void mark(struct turn *t, struct touch *x, uint32_t flag, enum react_kind kind)
{
	if (x->flags & flag)
		return;
	x->flags |= flag;
	if (flag != TOUCH_OPENED)
		answered(t);
	if (x->message == t->j->message)
		count_reaction(t, kind);
}

static void bounced(struct turn *t, struct touch *x)
{
	bool watched = t->j->phase == JOURNEY_WATCHING && t->j->message == x->message;
	if (x->flags & TOUCH_FAILED)
		return;
	x->flags |= TOUCH_FAILED;
	t->j->fatigue = t->j->fatigue > 1 ? t->j->fatigue - 1 : 0;
	if (!watched)
		return;
	turn_say(t, "the message came back");
	place_next(t);
}

void react_note(struct turn *t)
{
	const struct event *ev = t->d->facts->event;
	bool honour_dnt = t->d->now.program->consent.honour_dnt;
	uint64_t message = event_message(t);
	struct touch *x = message ? journey_touch_of(t->j, message) : NULL;
	bool human = event_counts(ev, honour_dnt);
	if (x != NULL && is_kind(ev->type, "bounce"))
		bounced(t, x);
	else if (x != NULL && human && is_kind(ev->type, "open"))
		mark(t, x, TOUCH_OPENED, REACT_OPENED);
	else if (x != NULL && human && is_kind(ev->type, "click"))
		mark(t, x, TOUCH_CLICKED, REACT_CLICKED);
	if (!is_kind(ev->type, "reply") || by_machine(ev))
		return;
	if (x == NULL && t->j->touches_n > 0) /* a thread that lost its references */
		x = &t->j->touches[t->j->touches_n - 1];
	if (x != NULL)
		mark(t, x, TOUCH_REPLIED, REACT_REPLIED);
}

/* ---- what stops ---- */

bool react_is_objection(struct str type)
{
	return is_kind(type, "unsubscribe") || is_kind(type, "complaint");
}

void react_count(struct turn *t)
{
	const struct event *ev = t->d->facts->event;
	const struct program *p = t->d->now.program;
	if (p->goal.n > 0 && str_eq(ev->type, p->goal) && !by_machine(ev))
		turn_cohort(t, COHORT_GOAL);
	if (react_is_objection(ev->type))
		turn_cohort(t, COHORT_LEFT);
}

static bool is_stop(const struct turn *t, const struct event *ev)
{
	const struct program *p = t->d->now.program;
	const struct program_guardrails *g = &p->play->guardrails;
	if (react_is_objection(ev->type))
		return true; /* whoever sent it: a mail server's one-click counts */
	if (by_machine(ev))
		return false;
	if (is_kind(ev->type, "reply") || (p->goal.n > 0 && str_eq(ev->type, p->goal)))
		return true;
	for (size_t i = 0; i < g->stop_on_n; i++)
		if (str_eq(ev->type, g->stop_on[i]))
			return true;
	return false;
}

/* A reply belongs to a person, even when the program names no one for it. */
static void hand_reply(struct turn *t, const struct program_action *a, const struct program *from)
{
	if (a->kind == ACTION_HANDOFF)
		place_act(t, from, a);
	else if (t->d->now.program->play->teams_n > 0)
		place_hand(t, 0, 0, STR("they replied"));
}

bool react_stops(struct turn *t)
{
	static const struct program_action nothing = {.kind = ACTION_NONE};
	const struct event *ev = t->d->facts->event;
	struct journey *j = t->j;
	const struct program_step *s = place_step(t);
	const struct program *from = t->d->pinned.program;
	const struct program_action *a = s != NULL ? &s->react[REACT_REPLIED] : &nothing;
	bool reply = is_kind(ev->type, "reply");
	uint64_t about = event_message(t), in_hand = j->message;
	if (!is_stop(t, ev) || j->phase == JOURNEY_HANDED)
		return false;
	if (reply && a->kind == ACTION_HANDOFF)
		hand_reply(t, a, from);
	if (j->phase != JOURNEY_HANDED) {
		place_leave(t, JOURNEY_STOPPED, ev->type);
		turn_say(t, "stopped by " STR_FMT, STR_ARG(ev->type));
	}
	if (react_is_objection(ev->type))
		return true;
	if (j->phase != JOURNEY_HANDED)
		trigger_reply(t);
	if (reply && j->phase == JOURNEY_STOPPED)
		hand_reply(t, a, from);
	if (t->out->handoff)
		t->out->hand.message = about != 0 ? about : in_hand;
	return true;
}

/* ---- reactions of a step ---- */

void react_at_once(struct turn *t)
{
	const struct event *ev = t->d->facts->event;
	const struct program_step *s = place_step(t);
	const struct journey *j = t->j;
	if (s == NULL || j->phase != JOURNEY_WATCHING || j->message == 0 || place_unsent(j))
		return;
	const struct program_action *a = &s->react[REACT_CLICKED];
	bool click = is_kind(ev->type, "click") &&
		     event_counts(ev, t->d->now.program->consent.honour_dnt) &&
		     event_message(t) == j->message;
	if (!click || a->kind == ACTION_NONE || a->kind == ACTION_AGAIN)
		return;
	turn_say(t, "clicked " STR_FMT, STR_ARG(s->message));
	place_act(t, t->d->pinned.program, a);
}

/* What the watch has shown. A third silence in a row, or a second where only `silent` is asked,
 * answers a repetition: then it is the action's `then`. */
static void judge_silent(struct turn *t, const struct program_step *s)
{
	static const struct program_action next = {.kind = ACTION_NEXT};
	struct journey *j = t->j;
	j->silent_n++;
	bool twice = j->silent_n >= 2 && s->react[REACT_SILENT_X2].kind != ACTION_NONE;
	enum react_kind kind = twice ? REACT_SILENT_X2 : REACT_SILENT;
	const struct program_action *a = &s->react[kind];
	bool still = a->kind == ACTION_AGAIN && j->silent_n > (twice ? 2u : 1u);
	count_reaction(t, kind);
	t->cause_of = str_of(react_kind_name(kind));
	turn_say(t, twice ? "silent again" : "silent");
	if (still) {
		j->silent_n = 0;
		a = a->then != NULL ? a->then : &next;
	}
	place_act(t, t->d->pinned.program, a);
}

void react_judge(struct turn *t)
{
	const struct program_step *s = place_step(t);
	struct touch *x = journey_touch_of(t->j, t->j->message);
	uint32_t flags = x != NULL ? x->flags : 0;
	if (s == NULL) { /* the pinned version has lost it: cannot be, but must not hang */
		place_next(t);
		return;
	}
	if (!(flags & (TOUCH_REPLIED | TOUCH_CLICKED | TOUCH_OPENED))) {
		if (x != NULL)
			x->flags |= TOUCH_SILENT;
		judge_silent(t, s);
		return;
	}
	enum react_kind kind = flags & TOUCH_REPLIED   ? REACT_REPLIED
			       : flags & TOUCH_CLICKED ? REACT_CLICKED
						       : REACT_OPENED;
	t->j->silent_n = 0;
	t->cause_of = str_of(react_kind_name(kind));
	turn_say(t, "%s", react_kind_name(kind));
	place_act(t, t->d->pinned.program, &s->react[kind]);
}

/* ---- on the wire ---- */

void decide_touch(struct journey *j, const struct program_guardrails *g, const struct touch *x,
		  int64_t now_us)
{
	journey_touch(j, x);
	j->fatigue = guards_fatigue(j, g, now_us) + 1;
	j->fatigue_us = now_us;
	if (j->last_touch_us == TIME_NONE || j->last_touch_us < x->at_us)
		j->last_touch_us = x->at_us;
}

static void touched(struct turn *t, const struct message *m)
{
	struct journey *j = t->j;
	const struct program_guardrails *g = &t->d->now.program->play->guardrails;
	int64_t at_us = m->sent_us != TIME_NONE && m->sent_us > 0 ? m->sent_us : t->now_us;
	const struct touch x = {.message = m->id,
				.at_us = at_us,
				.content = m->content,
				.channel = program_key32("channel", m->channel),
				.flags = TOUCH_SENT};
	const struct str dims[] = {m->track,   m->step,   m->angle,
				   m->channel, m->source, str_of(tier_name((enum tier)m->tier))};
	if (journey_touch_of(j, m->id) != NULL)
		return; /* an uncertain one that is settled now */
	decide_touch(j, g, &x, t->now_us);
	turn_count(t, "touch", dims, 6);
}

static void watch(struct turn *t)
{
	struct journey *j = t->j;
	const struct program_step *s = place_step(t);
	const struct touch *x = journey_touch_of(j, j->message);
	if (j->sent_n++ == 0)
		turn_contacted(t);
	j->due_us = (x != NULL ? x->at_us : t->now_us) + (s ? place_watch_us(t, s) : US_PER_H);
	turn_say(t, "sent; watched for a reaction");
}

/* The address itself is wrong, as far as the answer says. 5.7.x is about policy, not about it. */
static bool is_hard(const struct message *m)
{
	bool code = m->code == 550 || m->code == 551 || m->code == 553;
	return (m->flags & MESSAGE_BOUNCED) ||
	       (code && str_find(m->reason, STR("5.7.")) == m->reason.n);
}

static void failed(struct turn *t, const struct message *m)
{
	const struct program_consent *k = &t->d->now.program->consent;
	struct touch *x = journey_touch_of(t->j, m->id);
	bool in_hand = t->j->phase == JOURNEY_WATCHING && t->j->message == m->id;
	if (x != NULL && !(x->flags & TOUCH_FAILED)) {
		x->flags |= TOUCH_FAILED;
		t->j->fatigue = t->j->fatigue > 1 ? t->j->fatigue - 1 : 0;
	}
	for (size_t i = 0; is_hard(m) && i < k->channels_n; i++)
		if (str_eq(k->channels[i], m->channel)) {
			t->out->suppress = true;
			t->out->suppress_channel = i;
		}
	if (!in_hand)
		return;
	turn_say(t, "the message could not be delivered");
	t->j->due_us = t->now_us; /* it is out of the way: nothing to cancel */
	place_next(t);
}

void react_message(struct turn *t, const struct message *m)
{
	switch (m->state) {
	case MESSAGE_SENT:
	case MESSAGE_UNCERTAIN:
		touched(t, m);
		if (m->id == t->j->message && place_unsent(t->j))
			watch(t);
		return;
	case MESSAGE_FAILED: failed(t, m); return;
	case MESSAGE_CANCELLED:
		if (m->id != t->j->message || !place_unsent(t->j))
			return;
		turn_say(t, "the message was cancelled");
		t->j->due_us = t->now_us;
		place_next(t);
		return;
	case MESSAGE_DEFERRED:
		/* Its lead went on while a server had it: nobody would try it again. */
		if (m->id != t->j->message || !place_unsent(t->j))
			t->out->cancel = m->id;
		return;
	default: return;
	}
}
