/* SPDX-License-Identifier: Apache-2.0
 * test_decide_walk.c: random lives. A lead gets random events, messages have random fates, time
 * passes, and after every step the promises of decide.h are looked at from outside: with a ledger
 * of its own of what left, and a clock of its own, never by asking a guard. */
#include "decide/test_decide.h"

#define STEPS 400
#define LIVES 150
#define SENDS_MAX 1024

struct sent {
	int64_t at_us;
	uint64_t content, message;
	size_t channel;
	bool failed;
};

struct life {
	struct world w;
	struct rng r;
	struct program_cap caps[2], all;
	struct program_hours quiet;
	bool weekends;
	int64_t repeat_us, cool_us;
	bool stopped; /* a person said stop, and nobody lifted it */
	bool waiting; /* w.message is READY */
	struct sent sent[SENDS_MAX];
	size_t sent_n;
	unsigned decisions, sends;
};

static uint64_t roll(struct life *l, uint64_t n)
{
	return rng_below(&l->r, n);
}

/* ---- a random program ---- */

static struct program_action random_action(struct life *l, bool again)
{
	static const struct program_action thens[] = {
		{.kind = ACTION_MOVE, .track = 2},
		{.kind = ACTION_PAUSE, .for_us = 9 * US_PER_D},
		{.kind = ACTION_EXIT, .reason = STR_NULL}};
	struct program_action a = {.kind = (enum action_kind)roll(l, ACTION_SUPPRESS),
				   .track = roll(l, 3),
				   .with = (enum again_with)roll(l, 3),
				   .for_us = (int64_t)(1 + roll(l, 20)) * US_PER_D,
				   .then = roll(l, 2) ? &thens[roll(l, 3)] : NULL};
	if (a.kind == ACTION_AGAIN && !again)
		a.kind = ACTION_NEXT;
	if (a.kind == ACTION_HANDOFF && roll(l, 3))
		a.kind = ACTION_MOVE;
	return a;
}

static void random_tracks(struct life *l)
{
	struct world *w = &l->w;
	for (size_t i = 0; i < 3; i++) {
		struct program_track *k = &w->tracks[i];
		k->gap_min_us = (int64_t)(1 + roll(l, 200)) * US_PER_H;
		k->gap_max_us = k->gap_min_us + (int64_t)roll(l, 100) * US_PER_H;
		k->reentry = (enum reentry)roll(l, 3);
		k->reentry_after_us = 10 * US_PER_D;
		k->touches_max = (unsigned)roll(l, 5);
		k->age_max_us = (int64_t)roll(l, 3) * 30 * US_PER_D;
		k->exhausted = random_action(l, false);
		for (unsigned tier = 0; tier < TIER_COUNT; tier++)
			k->pace[tier] = (struct program_pace){
				(unsigned)roll(l, 4), (int64_t)(1 + roll(l, 20)) * US_PER_D};
		if (roll(l, 2))
			k->enter = *cond_known(w);
	}
	for (size_t i = 0; i < 3; i++)
		for (size_t s = 0; s < w->tracks[i].steps_n; s++) {
			struct program_step *x = &w->steps[i][s];
			x->wait_us = (int64_t)(1 + roll(l, 150)) * US_PER_H;
			x->channel = roll(l, 4) == 0 ? SMS : EMAIL;
			x->capped = (enum capped_choice)roll(l, 3);
			if (x->capped == CAPPED_SUBSTITUTE)
				x->substitute_channel = SMS;
			if (roll(l, 5) == 0)
				x->if_ = *cond_hot(w);
			for (unsigned k = 0; k < REACT_COUNT; k++)
				x->react[k] = random_action(l, true);
		}
}

static void random_guardrails(struct life *l)
{
	struct program_guardrails *g = &l->w.play.guardrails;
	static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Kathmandu",
					    "Australia/Lord_Howe", "UTC"};
	struct err e;
	for (size_t i = 0; i < 2; i++)
		l->caps[i] = (struct program_cap){(unsigned)roll(l, 3), (unsigned)roll(l, 5),
						  (unsigned)roll(l, 10)};
	l->all = (struct program_cap){(unsigned)roll(l, 3), (unsigned)roll(l, 5),
				      (unsigned)roll(l, 10)};
	l->quiet = (struct program_hours){(int)roll(l, 1440), (int)roll(l, 1440), roll(l, 3) != 0};
	l->weekends = roll(l, 2);
	l->cool_us = (int64_t)roll(l, 3) * 20 * US_PER_H;
	l->repeat_us = roll(l, 2) ? 60 * US_PER_D : 0;
	memcpy(l->w.caps, l->caps, sizeof l->caps);
	g->all = l->all;
	g->quiet = l->quiet;
	g->weekends = l->weekends;
	g->cool_down_us = l->cool_us;
	g->repeat_after_us = l->repeat_us;
	g->fatigue_max = roll(l, 2) ? 3 : 0;
	g->fatigue_half_life_us = 14 * US_PER_D;
	l->w.outside.zone_name = str_of(zones[roll(l, COUNT_OF(zones))]);
	if (tz_load(l->w.outside.zone_name, &l->w.arena, &l->w.outside.zone, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static void random_triggers(struct life *l)
{
	struct world *w = &l->w;
	const struct program_cond *conds[] = {cond_hot(w), cond_cold(w), cond_demo(w)};
	w->play.triggers_n = roll(l, 4);
	for (size_t i = 0; i < w->play.triggers_n; i++)
		w->triggers[i] = (struct program_trigger){
			.name = STR("t"),
			.key = (uint32_t)(i + 1),
			.when = *conds[i % COUNT_OF(conds)],
			.for_us = i == 1 ? (int64_t)roll(l, 10) * US_PER_D : 0,
			.action = random_action(l, false)};
}

static void no_handoff(struct program_action *a)
{
	if (a->kind == ACTION_HANDOFF)
		a->kind = ACTION_EXIT;
}

static void without_teams(struct life *l)
{
	struct world *w = &l->w;
	w->play.teams_n = 0;
	for (size_t i = 0; i < COUNT_OF(w->tracks); i++)
		no_handoff(&w->tracks[i].exhausted);
	for (size_t i = 0; i < COUNT_OF(w->triggers); i++)
		no_handoff(&w->triggers[i].action);
	for (size_t i = 0; i < COUNT_OF(w->tracks) * COUNT_OF(w->steps[0]); i++)
		for (unsigned k = 0; k < REACT_COUNT; k++)
			no_handoff(&w->steps[i / 4][i % 4].react[k]);
}

static void life_init(struct life *l, uint64_t seed)
{
	memset(l, 0, sizeof *l);
	rng_seed(&l->r, seed);
	world_init(&l->w);
	random_tracks(l);
	random_guardrails(l);
	random_triggers(l);
	if (roll(l, 3) == 0)
		l->w.address[SMS] = STR("+4930123456");
	if (roll(l, 6) == 0)
		without_teams(l);
}

/* ---- the promises ---- */

static void check_record(struct life *l)
{
	struct json d;
	struct err e;
	double sum = 0, p;
	int64_t chosen = -1, at = 0;
	const struct decide_out *o = &l->w.out;
	assert_true(o->record.n <= DECIDE_RECORD_MAX);
	if (json_parse(o->record, JSON_LIMITS_EVENT, &l->w.turn_arena, &d, &e) != ST_OK)
		fail_msg("%s in " STR_FMT, e.text, STR_ARG(o->record));
	uint32_t list = json_get(&d, 0, "candidates");
	assert_true(json_i64(&d, json_get(&d, 0, "chosen"), &chosen));
	for (uint32_t v = json_first(&d, list); v != JSON_NONE; v = json_next(&d, list, v), at++) {
		bool has_p = json_f64(&d, json_get(&d, v, "p"), &p);
		bool held = json_get(&d, v, "held") != JSON_NONE;
		assert_true(has_p != held); /* D1, D2: a number, or the guard's name */
		sum += has_p ? p : 0;
		bool drawn = at == chosen;
		if (drawn)
			assert_true(has_p && p > 0);
		if (drawn && o->send)
			assert_true(
				str_eq(json_str(&d, json_get(&d, v, "message"), &l->w.turn_arena),
				       o->message.message));
	}
	assert_true(chosen >= 0 && chosen < at);
	assert_true(sum > 1 - 1e-9 && sum < 1 + 1e-9);
	l->decisions++;
}

static void check_turn(struct life *l)
{
	const struct journey *j = &l->w.journey;
	const struct decide_out *o = &l->w.out;
	bool rests = j->phase == JOURNEY_OUT || j->phase == JOURNEY_STOPPED ||
		     j->phase == JOURNEY_HANDED;
	bool unsent = j->phase == JOURNEY_WATCHING && l->waiting && l->w.message.id == j->message;
	if (rests != (j->due_us == TIME_NONE) && !unsent) /* D5, J1 */
		fail_msg("phase %s, due %lld", journey_phase_name(j->phase), (long long)j->due_us);
	if (o->decided)
		check_record(l);
	if (o->send)
		assert_true(o->decided); /* G7 */
	if (l->stopped && (o->send || j->phase == JOURNEY_DUE || j->phase == JOURNEY_WATCHING))
		fail_msg("goes on after a stop: %s", o->words); /* D3 */
	for (size_t i = 1; i < j->touches_n; i++)
		assert_true(j->touches[i - 1].at_us <= j->touches[i].at_us);
}

static unsigned count_in(const struct life *l, size_t channel, int64_t length_us)
{
	int64_t now = l->w.env.now_us;
	unsigned n = 0;
	for (size_t i = 0; i < l->sent_n; i++)
		n += !l->sent[i].failed && (channel == 2 || l->sent[i].channel == channel) &&
		     now - l->sent[i].at_us < length_us;
	return n;
}

static void check_cap(const struct life *l, const struct program_cap *cap, size_t channel)
{
	const unsigned max[] = {cap->per_day, cap->per_week, cap->per_month};
	const int64_t length[] = {US_PER_D, 7 * US_PER_D, 30 * US_PER_D};
	for (size_t i = 0; i < 3; i++)
		if (max[i] > 0 && count_in(l, channel, length[i]) > max[i])
			fail_msg("more than %u in window %zu", max[i], i);
}

/* What must be true of a message at the instant it leaves; the ledger holds it already. */
static void check_send(struct life *l)
{
	const struct sent *x = &l->sent[l->sent_n - 1];
	int64_t now = l->w.env.now_us;
	struct civil c = time_civil(now + tz_offset_us(l->w.outside.zone, now));
	int64_t day = time_days_from_civil(c.year, c.month, c.day);
	int minute = c.hour * 60 + c.minute, length = (l->quiet.to - l->quiet.from + 1440) % 1440;
	assert_false(l->stopped); /* G6 */
	assert_false(l->w.lead.flags & LEAD_ERASED);
	if (l->quiet.set && (minute - l->quiet.from + 1440) % 1440 < length)
		fail_msg("left at %02d:%02d, in quiet hours", c.hour, c.minute);
	if (l->weekends && (day + 3) % 7 >= 5)
		fail_msg("left on a weekend");
	check_cap(l, &l->caps[x->channel], x->channel);
	check_cap(l, &l->all, 2);
	for (size_t i = 0; i + 1 < l->sent_n; i++) {
		int64_t ago = now - l->sent[i].at_us;
		if (l->sent[i].failed)
			continue;
		if (ago < l->cool_us)
			fail_msg("inside the cool-down");
		if (l->sent[i].content == x->content && (l->repeat_us == 0 || ago < l->repeat_us))
			fail_msg("said twice: " STR_FMT, STR_ARG(l->w.message.message));
		assert_true(l->sent[i].message != x->message); /* G4 */
	}
}

/* ---- the world around ---- */

static void note_made(struct life *l)
{
	if (l->w.out.cancel != 0 && l->waiting && l->w.out.cancel == l->w.message.id)
		l->waiting = false;
	if (l->w.out.send) {
		assert_false(l->waiting); /* one in hand at a time */
		l->waiting = true;
	}
	if (l->w.journey.phase == JOURNEY_HANDED)
		l->stopped = true;
	check_turn(l);
	arena_reset(&l->w.turn_arena);
}

/* Texts of the journey live in the turn's arena or in the program: like the engine, it is written
 * and read between turns. */
static void store(struct life *l)
{
	struct buf b;
	struct err e;
	struct journey back;
	buf_init(&b, 64u << 10);
	journey_encode(&l->w.journey, &b);
	assert_true(buf_ok(&b));
	if (l->w.arena.bytes_used > (32u << 20))
		fail_msg("a life is too long for its arena");
	struct str text = arena_str(&l->w.arena, buf_view(&b));
	if (journey_decode(l->w.lead.id, text, &l->w.arena, &back, &e) != ST_OK)
		fail_msg("%s", e.text);
	l->w.journey = back;
	buf_finish(&b);
}

static void an_event(struct life *l)
{
	static const char *const types[] = {"page.view",   "form.demo",       "email.open",
					    "email.click", "email.click",     "email.bounce",
					    "email.open",  "page.view",       "email.unsubscribe",
					    "reply",       "email.complaint", "meeting.booked"};
	/* The last four end a life; they are rare. */
	size_t at = roll(l, 40) ? roll(l, 8) : roll(l, COUNT_OF(types));
	uint64_t message =
		l->w.messages_n ? l->w.messages_n - roll(l, l->w.messages_n > 1 ? 2 : 1) : 0;
	uint32_t flags = roll(l, 4) ? 0 : EVENT_MACHINE;
	bool known = message && (!l->waiting || message != l->w.message.id);
	l->w.facts.engagement = (double)roll(l, 100);
	l->w.facts.tier = (enum tier)roll(l, TIER_COUNT);
	if (at == 5)
		for (size_t i = 0; i < l->sent_n; i++)
			l->sent[i].failed |= l->sent[i].message == message && known;
	bool stops = at >= 8 && (flags == 0 || at == 8 || at == 10);
	(void)act(&l->w, types[at], known ? message : 0, flags);
	l->stopped |= stops;
	note_made(l);
}

static void a_person(struct life *l)
{
	struct err e;
	struct handoff h = {.id = l->w.journey.handoff,
			    .verdict = STR("not_now"),
			    .state = roll(l, 4) ? HANDOFF_RETURNED : HANDOFF_REFUSED,
			    .again_us = l->w.env.now_us + (int64_t)roll(l, 30) * US_PER_D};
	if (l->w.journey.phase == JOURNEY_HANDED) {
		ok(&l->w, decide_returned(&l->w.d, &h, &l->w.out, &e), &e);
		l->stopped = h.state == HANDOFF_REFUSED;
		note_made(l);
	} else if (roll(l, 20) == 0) {
		l->stopped = false;
		size_t track = roll(l, 4);
		ok(&l->w,
		   decide_move(&l->w.d, track == 3 ? NO_INDEX : track, STR("by hand"), &l->w.out,
			       &e),
		   &e);
		note_made(l);
	}
}

static void remember_send(struct life *l)
{
	const struct message *m = &l->w.message;
	assert_true(l->sent_n < SENDS_MAX);
	l->sent[l->sent_n++] = (struct sent){.at_us = l->w.env.now_us,
					     .content = m->content,
					     .message = m->id,
					     .channel = str_is(m->channel, "sms") ? SMS : EMAIL};
	l->sends++;
}

/* The message's time has come: asked again, it leaves, waits, or is given up. */
static void hand_over(struct life *l)
{
	struct candidate c;
	struct err e;
	struct world *w = &l->w;
	guards_ask_message(&w->d, &w->message, &c);
	if (c.held != GUARD_COUNT && c.free_us != TIME_NONE && c.free_us < w->message.expires_us) {
		assert_true(c.free_us > w->env.now_us);
		w->message.due_us = c.free_us;
		return;
	}
	enum message_state state = roll(l, 20) ? MESSAGE_SENT : MESSAGE_UNCERTAIN;
	if (c.held != GUARD_COUNT)
		state = MESSAGE_CANCELLED;
	else if (roll(l, 20) == 0)
		state = MESSAGE_FAILED;
	w->message.code = state == MESSAGE_FAILED ? 450 : 250;
	l->waiting = false;
	if (state == MESSAGE_SENT || state == MESSAGE_UNCERTAIN) {
		remember_send(l);
		check_send(l);
	}
	w->message.state = state;
	w->message.sent_us = state == MESSAGE_SENT ? w->env.now_us : TIME_NONE;
	w->facts.now_us = w->env.now_us;
	ok(w, decide_message(&w->d, &w->message, &w->out, &e), &e);
	note_made(l);
}

static void time_passes(struct life *l)
{
	struct world *w = &l->w;
	int64_t to = w->env.now_us + (int64_t)roll(l, (uint64_t)(3 * US_PER_D));
	for (unsigned i = 0; i < 1000; i++) {
		int64_t next = decide_next_us(&w->d);
		bool send = l->waiting && (next == TIME_NONE || w->message.due_us <= next);
		int64_t at = send ? w->message.due_us : next;
		if (at == TIME_NONE || at > to)
			break;
		if (at > w->env.now_us)
			w->env.now_us = at;
		if (send) {
			hand_over(l);
		} else {
			(void)due(w);
			note_made(l);
		}
		store(l);
		if (i >= 999) /* nothing is due for ever */
			fail_msg("due again and again: %s, %s, due in %lld", w->out.words,
				 journey_phase_name(w->journey.phase),
				 (long long)(decide_next_us(&w->d) - w->env.now_us));
	}
	w->env.now_us = to;
}

static void live(uint64_t seed, unsigned *decisions, unsigned *sends)
{
	static struct life l;
	life_init(&l, seed);
	for (unsigned i = 0; i < STEPS; i++) {
		switch (roll(&l, 8)) {
		case 0:
		case 1: an_event(&l); break;
		case 2: a_person(&l); break;
		default: time_passes(&l); break;
		}
		store(&l);
	}
	*decisions += l.decisions;
	*sends += l.sends;
	world_finish(&l.w);
}

static void test_lives(void **state)
{
	unsigned decisions = 0, sends = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++)
		live(seed, &decisions, &sends);
	/* The promises were put to the test: much was decided, and much left. */
	if (decisions < 20u * LIVES || sends < 5u * LIVES)
		fail_msg("%u decisions, %u sends", decisions, sends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
