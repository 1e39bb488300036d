/* SPDX-License-Identifier: Apache-2.0
 * mail.c: the far side of sending, and sales. A message that arrives may be opened by a machine
 * within seconds, and by its reader at one of their hours, if they are not tired of us. */
#include "base/time.h"
#include "engine/leave.h"
#include "engine/outbox.h"
#include "model/handoff.h"
#include "model/notice.h"
#include "simulate/internal.h"

#define H(name) simulate_habits[HABIT_##name]

/* ---- what leaves ---- */

static bool whose(struct simulation *s, const struct message *m, uint32_t *person, bool *dead)
{
	uint64_t n, generation;
	struct str rest = m->address;
	if (!str_starts(rest, STR("p")))
		return false;
	rest = str_slice(rest, 1, rest.n);
	struct str number = str_cut(&rest, '.'), again = str_cut(&rest, '@');
	if (!str_to_u64(number, &n) || !str_to_u64(again, &generation) || n >= s->conf->leads)
		return false;
	*person = (uint32_t)n;
	*dead = s->people[n].bad_address || generation != s->people[n].generation;
	return true;
}

static void sent_one(struct simulation *s)
{
	uint64_t today = (uint64_t)((s->now_us - s->start_us) / US_PER_D);
	s->today_sent = today == s->today ? s->today_sent + 1 : 1;
	s->today = today;
	if (s->today_sent > s->out->most_in_a_day)
		s->out->most_in_a_day = s->today_sent;
}

/* A person reads when they are at it: minutes to two days later. */
static int64_t when_read(struct simulation *s, const struct person *p, int64_t from_us)
{
	double later = 5 * exp2_exact(rng_unit(&s->rng) * 9);
	return simulate_awake(s, p, from_us + (int64_t)(later * (double)US_PER_M));
}

/* What lay in the inbox when they come to it is read less than what has just come. */
static double freshness(int64_t lay_us)
{
	double hours = (double)lay_us / (double)US_PER_H;
	return H(STALE) + (1 - H(STALE)) * exp2_exact(-hours / H(FRESH_HALF_LIFE));
}

/* All that is thrown about one message, before anything of it is looked at: under another policy it
 * arrives at another hour and says something else, and the same throws meet other odds. So two
 * policies differ where their odds do, and not by chance. */
struct throws {
	double leaves, complains, opens, clicks, replies;
};

static struct throws throw_all(struct simulation *s)
{
	struct throws t;
	t.leaves = rng_unit(&s->rng);
	t.complains = rng_unit(&s->rng);
	t.opens = rng_unit(&s->rng);
	t.clicks = rng_unit(&s->rng);
	t.replies = rng_unit(&s->rng);
	return t;
}

static void plan_answers(struct simulation *s, uint32_t person, const struct message *m,
			 const struct throws *t, int64_t at_us)
{
	double interest = simulate_interest(&s->people[person], s->now_us);
	double taste = simulate_taste(s, person, m->message, m->angle);
	simulate_later(s, person, HAPPENS_OPEN, at_us, m->id);
	if (t->clicks < taste * (H(CLICK_BASE) + H(CLICK_INTEREST) * interest))
		simulate_later(s, person, HAPPENS_CLICK, at_us + US_PER_M, m->id);
	if (t->replies < taste * (H(REPLY_BASE) + H(REPLY_INTEREST) * interest))
		simulate_later(s, person, HAPPENS_REPLY, at_us + 20 * US_PER_M, m->id);
}

static void plan_reading(struct simulation *s, uint32_t person, const struct message *m)
{
	struct person *p = &s->people[person];
	simulate_dice(s, person, DICE_MAIL, p->mails++);
	const struct throws t = throw_all(s);
	int64_t now = s->now_us, at = when_read(s, p, now);
	double tired = simulate_tired(p, now);
	double will = H(OPEN_BASE) + H(OPEN_INTEREST) * simulate_interest(p, now);
	will *= exp2_exact(log2_exact(H(TIRED_BY_ONE)) * tired) * freshness(at - now);
	p->tired = tired + (p->thin_skinned ? 2 : 1);
	p->tired_us = now;
	if (t.leaves < H(UNSUBSCRIBE) + H(UNSUBSCRIBE_TIRED) * tired)
		simulate_later(s, person, HAPPENS_UNSUBSCRIBE, at, m->id);
	else if (t.complains < H(COMPLAIN) + H(COMPLAIN_TIRED) * tired)
		simulate_later(s, person, HAPPENS_COMPLAINT, at, m->id);
	if (t.opens < will)
		plan_answers(s, person, m, &t, at);
}

static double cost_of(const struct program *p, struct str channel)
{
	const double *costs = p->play->deciding.costs;
	for (size_t i = 0; costs != NULL && i < p->consent.channels_n; i++)
		if (str_eq(p->consent.channels[i], channel))
			return costs[i];
	return 0;
}

static void arrives(struct simulation *s, const struct message *m, uint32_t person, bool dead)
{
	struct person *p = &s->people[person];
	int64_t soon = s->now_us + 2 * US_PER_M;
	s->out->messages++;
	s->out->cost += cost_of(s->program, m->channel);
	sent_one(s);
	if (dead) {
		simulate_later(s, person, HAPPENS_BOUNCE, soon + US_PER_M, m->id);
		return;
	}
	simulate_reached(s, p, SIMULATE_CONTACTED);
	if (p->scanner)
		simulate_later(s, person, HAPPENS_MACHINE_CLICK, soon + 10 * US_PER_S, m->id);
	if (p->prefetch)
		simulate_later(s, person, HAPPENS_MACHINE_OPEN, soon + 5 * US_PER_M, m->id);
	if (!p->gone)
		plan_reading(s, person, m);
}

static void take(struct simulation *s, uint64_t id, struct err *e)
{
	struct leave leave;
	uint32_t person = 0;
	bool dead = false;
	enum notice_kind kind;
	const struct leave_question q = {s->store, s->program, id, s->now_us};
	enum status st = leave_ask(&q, &s->arena, &leave, e);
	if (st != ST_OK) {
		s->failed = st;
		return;
	}
	bool known = whose(s, &leave.message, &person, &dead);
	enum happening says = !leave.may     ? HAPPENS_FAILED
			      : leave.paused ? HAPPENS_DEFERRED
					     : HAPPENS_ANSWER;
	simulate_later(s, known ? person : 0, says, s->now_us + US_PER_M, id);
	s->out->refused += !leave.may;
	if (says != HAPPENS_ANSWER)
		return;
	if (!notice_kind_of(&leave.message, &kind)) {
		if (known)
			arrives(s, &leave.message, person, dead);
		return;
	}
	s->out->notices++;
	if (known)
		simulate_dice(s, person, DICE_NOTICE, s->people[person].notices++);
	if (kind == NOTICE_CONFIRM && known && !dead && simulate_chance(s, H(CONFIRMS)))
		simulate_later(s, person, HAPPENS_CONFIRM,
			       when_read(s, &s->people[person], s->now_us), id);
}

void simulate_taken(void *ctx, const uint64_t *messages, size_t n)
{
	struct simulation *s = ctx;
	struct arena_mark mark = arena_mark(&s->arena);
	for (size_t i = 0; i < n && s->failed == ST_OK; i++) {
		take(s, messages[i], &s->why);
		arena_rewind(&s->arena, mark);
	}
}

/* ---- what people make of it ---- */

void simulate_reactions(struct simulation *s, const struct happening_due *h)
{
	struct person *p = &s->people[h->person];
	struct simulate_result *r = s->out;
	double interest = simulate_interest(p, h->due_us);
	switch (h->what) {
	case HAPPENS_BOUNCE: r->bounces++; break;
	case HAPPENS_MACHINE_OPEN: r->machine_opens++; break;
	case HAPPENS_MACHINE_CLICK: r->machine_clicks++; break;
	case HAPPENS_OPEN:
		r->opens++;
		simulate_reached(s, p, SIMULATE_OPENED);
		break;
	case HAPPENS_CLICK:
		r->clicks++;
		simulate_reached(s, p, SIMULATE_CLICKED);
		p->interest = interest + H(CLICK_FEEDS) * (1 - interest);
		p->interest_us = h->due_us;
		simulate_later(s, h->person, HAPPENS_VISIT, h->due_us + 3 * US_PER_M, 1);
		break;
	case HAPPENS_REPLY:
		r->replies++;
		simulate_reached(s, p, SIMULATE_REPLIED);
		break;
	case HAPPENS_UNSUBSCRIBE:
		r->unsubscribes++;
		p->gone = true;
		break;
	case HAPPENS_COMPLAINT:
		r->complaints++;
		p->gone = true;
		break;
	case HAPPENS_ACCEPT: simulate_reached(s, p, SIMULATE_ACCEPTED); break;
	case HAPPENS_RETURN: r->returned++; break;
	case HAPPENS_REFUSE: r->refused_handoffs++; break;
	default: break;
	}
}

/* ---- sales ---- */

static void plan_outcome(struct simulation *s, uint32_t person, int64_t from_us)
{
	struct person *p = &s->people[person];
	double meets = H(MEETS_BASE) + H(MEETS_INTEREST) * simulate_interest(p, from_us);
	int64_t day = US_PER_D, days = (int64_t)rng_below(&s->rng, 6);
	if (!simulate_chance(s, meets))
		return;
	int64_t met = simulate_awake(s, p, from_us + day + days * day);
	simulate_later(s, person, HAPPENS_GOAL, met, 0);
	bool buys = simulate_chance(s, H(BUYS));
	int64_t end = met + 15 * day + (int64_t)rng_below(&s->rng, 30) * day;
	simulate_later(s, person, buys ? HAPPENS_WON : HAPPENS_LOST, end, 0);
}

static void take_over(struct simulation *s, const struct handoff *h)
{
	uint64_t at;
	struct person *p;
	s->out->handoffs++;
	if (!u64map_get(&s->lead_person, h->lead, &at))
		return;
	p = &s->people[at];
	simulate_dice(s, (uint32_t)at, DICE_SALES, p->handoffs++);
	simulate_reached(s, p, SIMULATE_HANDED);
	double x = rng_unit(&s->rng);
	int64_t when = simulate_awake(s, p, s->now_us + 20 * US_PER_M);
	enum happening what = x < H(ACCEPTS)                ? HAPPENS_ACCEPT
			      : x < H(ACCEPTS) + H(RETURNS) ? HAPPENS_RETURN
							    : HAPPENS_REFUSE;
	simulate_later(s, (uint32_t)at, what, when, h->id);
	if (what == HAPPENS_ACCEPT)
		plan_outcome(s, (uint32_t)at, when);
}

/* Hand-offs are numbered in order: those that are new since the last step. */
void simulate_sales(struct simulation *s)
{
	struct handoff h;
	struct err e;
	struct arena_mark mark = arena_mark(&s->arena);
	while (handoff_get(s->store, s->handoffs_seen + 1, &s->arena, &h, &e) == ST_OK) {
		s->handoffs_seen++;
		take_over(s, &h);
		arena_rewind(&s->arena, mark);
	}
}
