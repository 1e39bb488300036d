/* SPDX-License-Identifier: Apache-2.0
 * test_trigger.c: what is looked at on every event and alarm: edges of triggers and their clocks,
 * the ways out of a track, the way in, and the version a lead stays with. */
#include "decide/test_decide.h"

static void view(struct world *w)
{
	(void)act(w, "page.view", 0, 0);
}

static struct program_trigger trigger(const char *name, uint32_t key,
				      const struct program_cond *when, int64_t for_us)
{
	return (struct program_trigger){
		.name = str_of(name),
		.key = key,
		.when = *when,
		.for_us = for_us,
		.action = {.kind = ACTION_MOVE, .track = key == 1 ? 1u : 2u}};
}

static void two_triggers(struct world *w)
{
	world_init(w);
	w->tracks[0].enter = (struct program_cond){0};
	w->triggers[0] = trigger("hot", 1, cond_hot(w), 0);
	w->triggers[1] = trigger("cold", 2, cond_cold(w), 45 * US_PER_D);
	w->play.triggers_n = 2;
}

static void test_fires_once_until_it_stopped(void **state)
{
	struct world w;
	(void)state;
	two_triggers(&w);
	w.facts.engagement = 80;
	view(&w);
	check_str("fires", w.journey.track, "consideration");
	assert_true(str_find(str_of(w.out.words), STR("trigger hot")) < sizeof w.out.words);
	struct err e;
	ok(&w, decide_move(&w.d, 0, STR("by hand"), &w.out, &e), &e);
	view(&w);
	check_str("holds still", w.journey.track, "awareness");
	w.facts.engagement = 20;
	view(&w);
	assert_int_equal(w.journey.fired_n, 0);
	w.facts.engagement = 80;
	view(&w);
	check_str("fires again", w.journey.track, "consideration");
	world_finish(&w);
}

static void test_holds_for_so_long(void **state)
{
	struct world w;
	(void)state;
	two_triggers(&w);
	w.facts.engagement = 2;
	view(&w);
	assert_int_equal(w.journey.track.n, 0);
	w.env.now_us += 44 * US_PER_D;
	view(&w);
	assert_int_equal(w.journey.track.n, 0);
	/* The alarm is for the instant at which it has held long enough, or earlier looks. */
	int64_t next = 0;
	for (unsigned i = 0; i < 50 && w.journey.track.n == 0; i++) {
		next = decide_next_us(&w.d);
		assert_true(next > w.env.now_us && next <= MONDAY + 45 * US_PER_D);
		w.env.now_us = next;
		(void)due(&w);
	}
	assert_int_equal(next, MONDAY + 45 * US_PER_D);
	check_str("by time alone", w.journey.track, "slow_lane");
	world_finish(&w);

	two_triggers(&w);
	w.facts.engagement = 2;
	view(&w);
	w.env.now_us += 40 * US_PER_D;
	w.facts.engagement = 20;
	view(&w); /* warm again: the clock starts anew */
	w.facts.engagement = 2;
	view(&w);
	w.env.now_us += 10 * US_PER_D;
	view(&w);
	assert_int_equal(w.journey.track.n, 0);
	world_finish(&w);
}

static void test_first_in_the_program_wins(void **state)
{
	struct world w;
	(void)state;
	two_triggers(&w);
	w.triggers[1] = trigger("known", 3, cond_known(&w), 0);
	w.triggers[0].action = (struct program_action){.kind = ACTION_HANDOFF};
	w.facts.engagement = 80;
	view(&w);
	assert_int_equal(w.journey.phase, JOURNEY_HANDED);
	check_str("trigger", w.out.hand.trigger, "hot");
	(void)due(&w); /* the other one began as well; a person has the lead: it never acts late */
	struct err e;
	struct handoff h = {.id = 1, .state = HANDOFF_RETURNED, .again_us = MONDAY};
	ok(&w, decide_returned(&w.d, &h, &w.out, &e), &e);
	(void)due(&w);
	assert_int_equal(w.journey.phase, JOURNEY_OUT);
	world_finish(&w);
}

static void test_strangers_are_left_alone(void **state)
{
	static const uint32_t flags[] = {0, LEAD_KNOWN | LEAD_ERASED, LEAD_KNOWN | LEAD_MERGED,
					 LEAD_KNOWN | LEAD_BOT};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		struct world w;
		two_triggers(&w);
		w.tracks[0].enter = *cond_de(&w);
		w.lead.flags = flags[i];
		w.facts.engagement = 80;
		view(&w);
		assert_false(w.out.moved);
		assert_int_equal(decide_next_us(&w.d), TIME_NONE);
		world_finish(&w);
	}
}

static void test_message_in_hand_is_cancelled(void **state)
{
	struct world w;
	(void)state;
	two_triggers(&w);
	w.tracks[0].enter = *cond_de(&w);
	view(&w);
	assert_true(due(&w)->send);
	w.facts.engagement = 80;
	view(&w);
	assert_int_equal(w.out.cancel, 1);
	check_str("moved", w.journey.track, "consideration");
	world_finish(&w);
}

/* ---- the ways out ---- */

static void test_ways_out(void **state)
{
	static const struct {
		const char *name, *event, *reason;
	} rows[] = {
		{"goal", "webinar.attended", "goal"},
		{"exit", "page.view", "exit condition"},
		{"age", "page.view", "time is up"},
		{"touches", "page.view", "exhausted"},
		{"none", "page.view", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		world_init(&w);
		struct program_track *k = &w.tracks[0];
		view(&w);
		assert_true(due(&w)->send);
		(void)became(&w, MESSAGE_SENT);
		if (i == 0)
			k->goal = STR("webinar.attended");
		if (i == 1)
			k->exit = *cond_hot(&w);
		if (i == 2)
			k->age_max_us = 3 * US_PER_D;
		if (i == 3)
			k->touches_max = 1;
		w.facts.engagement = 80;
		w.env.now_us += 3 * US_PER_D;
		(void)act(&w, rows[i].event, 0, 0);
		if (i == 3)
			(void)on(&w);
		check_str(rows[i].name, w.journey.past_n ? w.journey.past[0].reason : STR(""),
			  rows[i].reason);
		CHECK_ROW(rows[i].name, (w.journey.phase == JOURNEY_OUT) == (i != 4));
		world_finish(&w);
	}
}

static void test_exhausted_leads_on(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	w.tracks[0].exhausted = (struct program_action){.kind = ACTION_MOVE, .track = 2};
	view(&w);
	for (unsigned i = 0; i < 2; i++) {
		while (!w.out.send)
			(void)on(&w);
		(void)became(&w, MESSAGE_SENT);
		w.out.send = false;
	}
	(void)on(&w);
	check_str("track", w.journey.track, "slow_lane");
	check_str("past", w.journey.past[0].track, "awareness");
	world_finish(&w);
}

/* ---- the way in ---- */

static void test_first_track_that_lets_in(void **state)
{
	static const size_t ops[] = {0};
	struct world w;
	(void)state;
	world_init(&w);
	w.tracks[0].personas = ops;
	w.tracks[0].personas_n = 1;
	w.tracks[2].enter = *cond_known(&w);
	view(&w);
	check_str("not the persona", w.journey.track, "slow_lane");
	world_finish(&w);

	world_init(&w);
	w.tracks[0].personas = ops;
	w.tracks[0].personas_n = 1;
	w.tracks[2].enter = *cond_known(&w);
	w.lead.persona = 1;
	view(&w);
	check_str("the persona", w.journey.track, "awareness");
	world_finish(&w);
}

static void test_reentry(void **state)
{
	static const struct {
		enum reentry policy;
		int64_t after_us, from_us; /* let in from; -1: never */
	} rows[] = {
		{REENTRY_NEVER, 0, -1},
		{REENTRY_AFTER, 90 * US_PER_D, 90 * US_PER_D},
		{REENTRY_ALWAYS, 0, 5 * US_PER_D}, /* the track's gap */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		struct err e;
		world_init(&w);
		w.tracks[0].reentry = rows[i].policy;
		w.tracks[0].reentry_after_us = rows[i].after_us;
		view(&w);
		ok(&w, decide_move(&w.d, NO_INDEX, STR("by hand"), &w.out, &e), &e);
		int64_t next = decide_next_us(&w.d);
		assert_true(next == (rows[i].from_us < 0 ? TIME_NONE : MONDAY + rows[i].from_us));
		w.env.now_us =
			MONDAY + (rows[i].from_us < 0 ? 999 * US_PER_D : rows[i].from_us) - 1;
		view(&w);
		assert_int_equal(w.journey.phase, JOURNEY_OUT);
		w.env.now_us++;
		(void)due(&w); /* time alone is enough */
		assert_int_equal(w.journey.phase, rows[i].from_us < 0 ? JOURNEY_OUT : JOURNEY_DUE);
		world_finish(&w);
	}
}

/* ---- looks that grow rarer ---- */

static void test_looks_in_a_year(void **state)
{
	struct world w;
	unsigned looks = 0;
	(void)state;
	two_triggers(&w);
	w.play.triggers_n = 1;
	w.lead.active_us = MONDAY;
	view(&w);
	while (w.env.now_us < MONDAY + 365 * US_PER_D) {
		int64_t next = decide_next_us(&w.d);
		assert_true(next > w.env.now_us);
		w.env.now_us = next;
		(void)due(&w);
		assert_false(w.out.moved); /* a look that changes nothing writes nothing */
		looks++;
	}
	assert_in_range(looks, 50, 110);
	world_finish(&w);
}

/* ---- versions ---- */

static void test_stays_with_its_version(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	view(&w);
	assert_true(due(&w)->send);
	(void)became(&w, MESSAGE_SENT);
	/* Version 2 has another first step, and one more between. */
	struct program_step steps[3] = {w.steps[0][0], w.steps[1][0], w.steps[0][1]};
	struct program_track track = w.tracks[0];
	struct program_play play = w.play;
	struct program second = *w.program;
	steps[0].react[REACT_CLICKED] = (struct program_action){.kind = ACTION_EXIT};
	track.steps = steps;
	track.steps_n = 3;
	play.tracks = &track;
	play.tracks_n = 1;
	second.play = &play;
	w.d.now = (struct decide_version){2, &second, &w.content};
	w.facts.program = &second;
	for (size_t i = 0; i < 2; i++)
		w.consent[i].program = &second;
	assert_int_equal(w.journey.version, 1);
	(void)on(&w);
	assert_int_equal(w.journey.version, 2);
	check_str("the step behind it in version 2", w.journey.step, "case-study");
	w.d.pinned = w.d.now;
	assert_int_equal(on(&w)->message.version, 2);
	world_finish(&w);
}

static void test_track_that_is_gone(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	view(&w);
	assert_true(due(&w)->send);
	(void)became(&w, MESSAGE_SENT);
	struct program_play play = w.play;
	struct program second = *w.program;
	play.tracks_n = 0;
	second.play = &play;
	w.d.now = (struct decide_version){2, &second, &w.content};
	w.facts.program = &second;
	(void)on(&w);
	assert_int_equal(w.journey.phase, JOURNEY_OUT);
	world_finish(&w);
}

static void test_damaged_row_does_not_hang(void **state)
{
	static const enum journey_phase phases[] = {JOURNEY_DUE, JOURNEY_WATCHING, JOURNEY_PAUSED};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(phases); i++) {
		struct world w;
		world_init(&w);
		w.tracks[0].enter = (struct program_cond){0};
		w.journey.phase = phases[i];
		w.journey.due_us = MONDAY;
		(void)due(&w);
		assert_int_equal(w.journey.phase, JOURNEY_OUT);
		assert_int_equal(w.journey.due_us, TIME_NONE);
		world_finish(&w);
	}
}

/* The world costs rows: without it everything but choosing works. */
static void test_without_a_world(void **state)
{
	static const struct decide_world *const none = NULL;
	struct world w;
	(void)state;
	two_triggers(&w);
	w.tracks[0].enter = *cond_de(&w);
	w.triggers[0].action = (struct program_action){.kind = ACTION_SUPPRESS};
	view(&w);
	w.address[EMAIL] = STR_NULL;
	(void)due(&w); /* waits for an address */
	w.d.world = none;
	view(&w);
	assert_true(w.journey.due_us > w.env.now_us);
	(void)act(&w, "identify", 0, 0);
	assert_true(w.journey.due_us == w.env.now_us);
	w.facts.engagement = 80;
	view(&w);
	assert_true(w.out.suppress);
	assert_int_equal(w.journey.phase, JOURNEY_STOPPED);
	world_finish(&w);
}

/* ---- by hand ---- */

static void test_pause_and_resume(void **state)
{
	struct world w;
	struct err e;
	(void)state;
	world_init(&w);
	w.journey.handoff = 5;
	assert_int_equal(decide_move(&w.d, 0, STR("by hand"), &w.out, &e), ST_OK);
	assert_true(w.out.close_handoff && w.journey.handoff == 5);
	world_finish(&w);
	world_init(&w);
	view(&w);
	ok(&w, decide_pause(&w.d, 10 * US_PER_D, STR("holiday"), &w.out, &e), &e);
	assert_int_equal(w.journey.phase, JOURNEY_PAUSED);
	assert_int_equal(w.journey.due_us, MONDAY + 10 * US_PER_D);
	check_str("why", w.journey.reason, "holiday");
	ok(&w, decide_pause(&w.d, 0, STR_NULL, &w.out, &e), &e);
	assert_true(due(&w)->send);
	(void)act(&w, "email.unsubscribe", 0, 0);
	assert_int_equal(decide_pause(&w.d, US_PER_D, STR_NULL, &w.out, &e), ST_CONFLICT);
	assert_int_equal(decide_move(&w.d, 9, STR_NULL, &w.out, &e), ST_INVALID);
	assert_int_equal(decide_handoff(&w.d, 9, STR_NULL, &w.out, &e), ST_INVALID);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fires_once_until_it_stopped),
		cmocka_unit_test(test_holds_for_so_long),
		cmocka_unit_test(test_first_in_the_program_wins),
		cmocka_unit_test(test_strangers_are_left_alone),
		cmocka_unit_test(test_message_in_hand_is_cancelled),
		cmocka_unit_test(test_ways_out),
		cmocka_unit_test(test_exhausted_leads_on),
		cmocka_unit_test(test_first_track_that_lets_in),
		cmocka_unit_test(test_reentry),
		cmocka_unit_test(test_looks_in_a_year),
		cmocka_unit_test(test_stays_with_its_version),
		cmocka_unit_test(test_track_that_is_gone),
		cmocka_unit_test(test_damaged_row_does_not_hang),
		cmocka_unit_test(test_without_a_world),
		cmocka_unit_test(test_pause_and_resume),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
