/* SPDX-License-Identifier: Apache-2.0
 * test_react.c: what came of a message: silence and what is said then, words that stop, what could
 * not be delivered, and leads that come back from a person. */
#include "decide/test_decide.h"

static void say(struct world *w)
{
	for (unsigned i = 0; i < 4 && !w->out.send; i++)
		(void)on(w);
	assert_true(w->out.send);
	(void)became(w, MESSAGE_SENT);
	w->out.send = false;
}

static void enter(struct world *w)
{
	world_init(w);
	(void)act(w, "form.ebook", 0, 0);
}

/* ---- said again ---- */

static const struct program_action to_slow = {.kind = ACTION_MOVE, .track = 2};

static const struct {
	const char *name;
	enum react_kind kind;
	enum again_with with;
	const struct program_action *then;
	const char *did;          /* what the lead did with the first; NULL: nothing */
	const char *angle, *step; /* of the second message */
	uint32_t subject, reply_to;
} agains[] = {
	{"opened", REACT_OPENED, AGAIN_NEW_ANGLE, NULL, "email.open", "story", "route-cost", 0, 0},
	{"not opened", REACT_OPENED, AGAIN_NEW_ANGLE, NULL, NULL, "story", "dock-delays", 0, 0},
	{"silent", REACT_SILENT, AGAIN_NEW_SUBJECT, NULL, NULL, "benchmark", "route-cost", 1, 1},
	{"same", REACT_SILENT, AGAIN_SAME, NULL, NULL, "story", "route-cost", 0, 0},
	{"answered", REACT_SILENT, AGAIN_NEW_ANGLE, NULL, "email.open", "story", "dock-delays", 0,
	 0},
};

static void test_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(agains); i++) {
		struct world w;
		enter(&w);
		w.steps[0][0].react[agains[i].kind] = (struct program_action){
			.kind = ACTION_AGAIN, .with = agains[i].with, .then = agains[i].then};
		say(&w);
		if (agains[i].did)
			(void)act(&w, agains[i].did, 1, 0);
		say(&w);
		check_str(agains[i].name, w.message.angle, agains[i].angle);
		check_str(agains[i].name, w.message.step, agains[i].step);
		assert_int_equal(w.message.subject_n, agains[i].subject);
		assert_int_equal(w.message.reply_to, agains[i].reply_to);
		assert_true(w.message.due_us >= MONDAY + 5 * US_PER_D); /* the gap is kept */
		world_finish(&w);
	}
}

/* A new subject, silence again: the slower track; where nothing is new: at once. */
static void test_then(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	w.steps[0][0].react[REACT_SILENT] = (struct program_action){
		.kind = ACTION_AGAIN, .with = AGAIN_NEW_SUBJECT, .then = &to_slow};
	say(&w);
	say(&w);
	assert_int_equal(w.message.subject_n, 1);
	(void)on(&w);
	check_str("silent again", w.journey.track, "slow_lane");
	world_finish(&w);

	enter(&w);
	w.steps[0][1].react[REACT_SILENT_X2] = (struct program_action){
		.kind = ACTION_AGAIN, .with = AGAIN_NEW_SUBJECT, .then = &to_slow};
	say(&w);
	say(&w);
	check_str("second step", w.message.step, "dock-delays");
	(void)on(&w);
	check_str("one subject only", w.journey.track, "slow_lane");
	world_finish(&w);
}

/* `same` says it as it was, where the program lets it be said again by then. */
static void test_same(void **state)
{
	static const struct {
		int64_t repeat_after_us;
		const char *angle;
	} rows[] = {{0, "story"}, {4 * US_PER_D, "benchmark"}, {20 * US_PER_D, "story"}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		enter(&w);
		w.play.guardrails.repeat_after_us = rows[i].repeat_after_us;
		w.steps[0][0].react[REACT_SILENT] =
			(struct program_action){.kind = ACTION_AGAIN, .with = AGAIN_SAME};
		say(&w);
		say(&w);
		check_str("step", w.message.step, "route-cost");
		check_str("angle", w.message.angle, rows[i].angle);
		world_finish(&w);
	}
}

static void test_again_has_an_end(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	w.steps[0][0].again_max = 1;
	w.steps[0][0].react[REACT_OPENED] =
		(struct program_action){.kind = ACTION_AGAIN, .with = AGAIN_NEW_ANGLE};
	for (uint64_t i = 1; i <= 2; i++) {
		say(&w);
		check_str("step", w.message.step, "route-cost");
		(void)act(&w, "email.open", i, 0);
	}
	say(&w);
	check_str("step", w.message.step, "dock-delays");
	world_finish(&w);
}

/* ---- actions ---- */

static const struct {
	enum action_kind kind;
	const char *track, *step;
	enum journey_phase phase;
	int64_t due_us; /* after the judgement; -1: none */
} actions[] = {
	{ACTION_NONE, "awareness", "dock-delays", JOURNEY_DUE, US_PER_D},
	{ACTION_NEXT, "awareness", "dock-delays", JOURNEY_DUE, US_PER_D},
	{ACTION_MOVE, "slow_lane", "digest", JOURNEY_DUE, 0},
	{ACTION_HANDOFF, "", "", JOURNEY_HANDED, -1},
	{ACTION_PAUSE, "awareness", "dock-delays", JOURNEY_PAUSED, 7 * US_PER_D},
	{ACTION_SUPPRESS, "", "", JOURNEY_STOPPED, -1},
};

static void test_actions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		struct world w;
		enter(&w);
		w.steps[0][0].react[REACT_SILENT] = (struct program_action){
			.kind = actions[i].kind, .track = 2, .for_us = 7 * US_PER_D};
		say(&w);
		const struct decide_out *o = on(&w);
		const char *row = action_kind_name(actions[i].kind);
		check_str(row, w.journey.track, actions[i].track);
		check_str(row, w.journey.step, actions[i].step);
		CHECK_ROW(row, w.journey.phase == actions[i].phase);
		CHECK_ROW(row, actions[i].due_us < 0
				       ? w.journey.due_us == TIME_NONE
				       : w.journey.due_us == w.env.now_us + actions[i].due_us);
		CHECK_ROW(row, o->suppress == (actions[i].kind == ACTION_SUPPRESS));
		CHECK_ROW(row, o->handoff == (actions[i].kind == ACTION_HANDOFF));
		world_finish(&w);
	}
}

static void test_exit_leaves_the_track(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	w.steps[0][0].react[REACT_SILENT] =
		(struct program_action){.kind = ACTION_EXIT, .reason = STR("not now")};
	say(&w);
	(void)on(&w);
	assert_int_equal(w.journey.phase, JOURNEY_OUT); /* re-entry: never */
	check_str("past", w.journey.past[0].reason, "not now");
	world_finish(&w);
}

/* ---- words that stop ---- */

static const struct {
	const char *type;
	uint32_t flags;
	bool team;
	enum journey_phase phase;
} stops[] = {
	{"reply", 0, true, JOURNEY_HANDED},
	{"reply", 0, false, JOURNEY_STOPPED},
	{"email.reply", 0, true, JOURNEY_HANDED},
	{"email.reply", EVENT_MACHINE, true, JOURNEY_WATCHING}, /* out of office */
	{"email.unsubscribe", 0, true, JOURNEY_STOPPED},
	{"email.unsubscribe", EVENT_MACHINE, true, JOURNEY_STOPPED},
	{"email.complaint", 0, true, JOURNEY_STOPPED},
	{"meeting.booked", 0, true, JOURNEY_STOPPED},
	{"webinar.attended", 0, true, JOURNEY_STOPPED}, /* in stop_on */
	{"page.view", 0, true, JOURNEY_WATCHING},
};

static void test_stops_cancel(void **state)
{
	static const struct str stop_on[] = {STR("webinar.attended")};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(stops); i++) {
		struct world w;
		enter(&w);
		w.play.guardrails.stop_on = stop_on;
		w.play.guardrails.stop_on_n = 1;
		w.play.teams_n = stops[i].team;
		assert_true(due(&w)->send);
		const struct decide_out *o = act(&w, stops[i].type, 0, stops[i].flags);
		CHECK_ROW(stops[i].type, w.journey.phase == stops[i].phase);
		bool stopped = stops[i].phase != JOURNEY_WATCHING;
		CHECK_ROW(stops[i].type, o->cancel == (stopped ? 1u : 0u));
		CHECK_ROW(stops[i].type, o->handoff == (stops[i].phase == JOURNEY_HANDED));
		(void)act(&w, "form.ebook", 0, 0);
		w.env.now_us += 100 * US_PER_D;
		CHECK_ROW(stops[i].type, !due(&w)->send || !stopped);
		/* It had left already: it is remembered, and nothing follows from it. */
		(void)became(&w, MESSAGE_SENT);
		CHECK_ROW(stops[i].type, w.journey.touches_n == 1);
		CHECK_ROW(stops[i].type, w.journey.phase == stops[i].phase);
		world_finish(&w);
	}
}

static void test_reply_goes_to_whom_the_program_names(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	say(&w);
	w.steps[0][0].react[REACT_REPLIED] = (struct program_action){
		.kind = ACTION_HANDOFF, .within_us = US_PER_H, .reason = STR("wants to talk")};
	const struct decide_out *o = act(&w, "email.reply", 1, 0);
	assert_true(o->handoff);
	check_str("team", o->hand.team, "sdr");
	check_str("reason", o->hand.reason, "wants to talk");
	assert_int_equal(o->hand_within_us, US_PER_H);
	assert_int_equal(o->hand.message, 1);
	assert_true(w.journey.touches[0].flags & TOUCH_REPLIED);
	assert_int_equal(w.journey.handoff, 1);
	assert_false(act(&w, "email.reply", 1, 0)->handoff); /* a second one changes nothing */
	world_finish(&w);

	enter(&w);
	say(&w);
	w.play.triggers_n = 1;
	w.triggers[0] = (struct program_trigger){.name = STR("known"),
						 .key = 1,
						 .when = *cond_known(&w),
						 .action = {.kind = ACTION_HANDOFF}};
	o = act(&w, "reply", 0, 0);
	check_str("trigger", o->hand.trigger, "known");
	assert_int_equal(o->hand_within_us, 4 * US_PER_H);
	world_finish(&w);
}

/* ---- on the wire ---- */

static const struct {
	const char *name;
	enum message_state state;
	uint32_t code, flags;
	const char *reason;
	bool suppress;
	const char *step;
} fates[] = {
	{"unknown user", MESSAGE_FAILED, 550, 0, "550 5.1.1 no such user", true, "dock-delays"},
	{"policy", MESSAGE_FAILED, 550, 0, "550 5.7.1 blocked", false, "dock-delays"},
	{"full", MESSAGE_FAILED, 552, 0, "552 5.2.2 mailbox full", false, "dock-delays"},
	{"bounced", MESSAGE_FAILED, 0, MESSAGE_BOUNCED, "", true, "dock-delays"},
	{"cancelled", MESSAGE_CANCELLED, 0, 0, "", false, "dock-delays"},
	{"uncertain", MESSAGE_UNCERTAIN, 0, 0, "", false, "route-cost"},
	{"deferred", MESSAGE_DEFERRED, 451, 0, "", false, "route-cost"},
};

static void test_fates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fates); i++) {
		struct world w;
		enter(&w);
		assert_true(due(&w)->send);
		w.message.code = fates[i].code;
		w.message.flags = fates[i].flags;
		w.message.reason = str_of(fates[i].reason);
		const struct decide_out *o = became(&w, fates[i].state);
		CHECK_ROW(fates[i].name, o->suppress == fates[i].suppress);
		CHECK_ROW(fates[i].name, o->cancel == 0);
		check_str(fates[i].name, w.journey.step, fates[i].step);
		bool touched = fates[i].state == MESSAGE_UNCERTAIN;
		CHECK_ROW(fates[i].name, w.journey.touches_n == touched);
		CHECK_ROW(fates[i].name, touched == (w.journey.due_us == MONDAY + 4 * US_PER_D));
		world_finish(&w);
	}
}

static void test_uncertain_is_settled(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	assert_true(due(&w)->send);
	(void)became(&w, MESSAGE_UNCERTAIN);
	assert_true(w.journey.fatigue > 0.9);
	(void)became(&w, MESSAGE_SENT);
	assert_int_equal(w.journey.touches_n, 1);
	assert_int_equal(w.out.counts_n, 0); /* counted already */
	(void)became(&w, MESSAGE_FAILED);
	assert_true(w.journey.touches[0].flags & TOUCH_FAILED);
	assert_true(w.journey.fatigue < 0.1);
	check_str("step", w.journey.step, "dock-delays");
	world_finish(&w);
}

static void test_bounce_that_comes_later(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	say(&w);
	(void)act(&w, "email.bounce", 1, 0);
	assert_true(w.journey.touches[0].flags & TOUCH_FAILED);
	check_str("step", w.journey.step, "dock-delays");
	assert_int_equal(w.journey.due_us, w.env.now_us); /* what never arrived delays nothing */
	world_finish(&w);
}

/* ---- back from a person ---- */

static void hand(struct world *w)
{
	struct err e;
	enter(w);
	ok(w, decide_handoff(&w->d, 0, STR("by hand"), &w->out, &e), &e);
	assert_int_equal(w->journey.phase, JOURNEY_HANDED);
}

static void back(struct world *w, enum handoff_state s, uint64_t id, int64_t again_us)
{
	struct err e;
	struct handoff h = {.id = id, .state = s, .verdict = STR("not_now"), .again_us = again_us};
	ok(w, decide_returned(&w->d, &h, &w->out, &e), &e);
}

static void test_returned(void **state)
{
	struct world w;
	(void)state;
	hand(&w);
	back(&w, HANDOFF_ACCEPTED, 1, TIME_NONE);
	assert_int_equal(w.journey.phase, JOURNEY_HANDED);
	back(&w, HANDOFF_RETURNED, 2, TIME_NONE); /* not this one */
	assert_int_equal(w.journey.phase, JOURNEY_HANDED);
	back(&w, HANDOFF_RETURNED, 1, MONDAY + 30 * US_PER_D);
	assert_int_equal(w.journey.phase, JOURNEY_PAUSED);
	assert_int_equal(w.journey.handoff, 0);
	(void)act(&w, "form.ebook", 0, 0); /* not before its date */
	assert_int_equal(w.journey.phase, JOURNEY_PAUSED);
	(void)on(&w);
	assert_int_equal(w.env.now_us, MONDAY + 30 * US_PER_D);
	check_str("recycled", w.journey.track, "awareness"); /* though re-entry is: never */
	world_finish(&w);

	hand(&w);
	back(&w, HANDOFF_REFUSED, 1, TIME_NONE);
	assert_int_equal(w.journey.phase, JOURNEY_STOPPED);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_then),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_again_has_an_end),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_exit_leaves_the_track),
		cmocka_unit_test(test_stops_cancel),
		cmocka_unit_test(test_reply_goes_to_whom_the_program_names),
		cmocka_unit_test(test_fates),
		cmocka_unit_test(test_uncertain_is_settled),
		cmocka_unit_test(test_bounce_that_comes_later),
		cmocka_unit_test(test_returned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
