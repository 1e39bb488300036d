/* SPDX-License-Identifier: Apache-2.0
 * test_choose.c: one decision: what is taken, what waits, what is passed over, and its record. */
#include "decide/test_decide.h"

static void enter(struct world *w)
{
	world_init(w);
	(void)act(w, "form.ebook", 0, 0);
}

static void earlier(struct world *w, int64_t ago_us, const char *channel)
{
	struct touch x = {.message = 1000 + w->journey.touches_n,
			  .at_us = MONDAY - ago_us,
			  .content = 1,
			  .channel = program_key32("channel", str_of(channel)),
			  .flags = TOUCH_SENT};
	journey_touch(&w->journey, &x);
}

static struct json parsed(struct world *w)
{
	struct json d;
	struct err e;
	if (json_parse(w->out.record, JSON_LIMITS_EVENT, &w->arena, &d, &e) != ST_OK)
		fail_msg("%s", e.text);
	return d;
}

static struct str text(struct world *w, const struct json *d, uint32_t node, const char *key)
{
	struct str s = json_str(d, json_get(d, node, key), &w->arena);
	return s.p ? s : STR_NULL;
}

/* ---- the record ---- */

static void test_record(void **state)
{
	struct world w;
	double p = 0;
	(void)state;
	enter(&w);
	w.play.guardrails.quiet = (struct program_hours){0, 9 * 60, true};
	const struct decide_out *o = due(&w);
	assert_true(o->send);
	int64_t late_us = o->message.due_us - MONDAY - US_PER_H; /* behind the opening, at nine */
	char at[TIME_TEXT_MAX];
	(void)time_format(o->message.due_us, at);
	assert_true(late_us >= 0 && late_us < 15 * US_PER_M);
	struct json d = parsed(&w);
	check_str("track", text(&w, &d, 0, "track"), "awareness");
	check_str("step", text(&w, &d, 0, "step"), "route-cost");
	check_str("policy", text(&w, &d, 0, "policy"), "rules");
	uint32_t inputs = json_get(&d, 0, "inputs"), list = json_get(&d, 0, "candidates");
	check_str("tier", text(&w, &d, inputs, "tier"), "warm");
	assert_int_equal(json_count(&d, list), 7); /* three angles, now and at nine; nothing */
	uint32_t c = json_first(&d, list);
	check_str("now", text(&w, &d, c, "held"), "quiet_hours");
	check_str("free", text(&w, &d, c, "free_at"), at);
	c = json_next(&d, list, c);
	check_str("later", text(&w, &d, c, "at"), at);
	assert_true(json_f64(&d, json_get(&d, c, "p"), &p) && p == 1);
	assert_true(str_find(text(&w, &d, 0, "words"), STR("2026-11-24 09:")) < o->record.n);
	world_finish(&w);
}

/* Sixteen angles of long names, each twice: more than a record holds. */
static void test_record_has_a_ceiling(void **state)
{
	static char names[PROGRAM_ANGLES_MAX][600];
	static struct program_angle angles[PROGRAM_ANGLES_MAX];
	static struct content_file files[PROGRAM_ANGLES_MAX];
	struct world w;
	int64_t left_out = 0, chosen = -1;
	(void)state;
	world_init(&w);
	for (size_t i = 0; i < PROGRAM_ANGLES_MAX; i++) {
		memset(names[i], 'a' + (int)i, sizeof names[i]);
		angles[i].name = str_n(names[i], sizeof names[i]);
		files[i] = (struct content_file){.message = STR("route-cost"),
						 .angle = angles[i].name,
						 .subjects_n = 1,
						 .hash = STR("0")};
	}
	w.steps[0][0].angles = angles;
	w.steps[0][0].angles_n = PROGRAM_ANGLES_MAX;
	w.content = (struct content_index){.files = files, .n = PROGRAM_ANGLES_MAX};
	w.play.guardrails.quiet = (struct program_hours){0, 9 * 60, true};
	(void)act(&w, "form.ebook", 0, 0);
	const struct decide_out *o = due(&w);
	assert_true(o->send && o->record.n <= DECIDE_RECORD_MAX);
	struct json d = parsed(&w);
	uint32_t n = json_count(&d, json_get(&d, 0, "candidates"));
	assert_true(json_i64(&d, json_get(&d, 0, "left_out"), &left_out));
	assert_int_equal(n + left_out, 2 * PROGRAM_ANGLES_MAX + 1);
	assert_true(json_i64(&d, json_get(&d, 0, "chosen"), &chosen) && chosen < n);
	world_finish(&w);
}

/* ---- held back ---- */

static const struct {
	const char *name;
	enum capped_choice capped;
	int64_t touched_ago_us;
	bool phone;
	const char *sends, *channel, *step; /* sends "": nothing now */
	int64_t due_us;                     /* of the message, or of the journey */
} held[] = {
	{"free", CAPPED_SKIP, 2 * US_PER_D, true, "route-cost", "email", "route-cost", 0},
	{"waits", CAPPED_DEFER, 20 * US_PER_H, true, "route-cost", "email", "route-cost",
	 4 * US_PER_H},
	{"skips", CAPPED_SKIP, 20 * US_PER_H, true, "", "", "dock-delays",
	 5 * US_PER_D - 20 * US_PER_H},
	{"substitute", CAPPED_SUBSTITUTE, 20 * US_PER_H, true, "route-cost", "sms", "route-cost",
	 0},
	{"no phone", CAPPED_SUBSTITUTE, 20 * US_PER_H, false, "route-cost", "email", "route-cost",
	 4 * US_PER_H},
};

static void test_capped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(held); i++) {
		struct world w;
		const char *row = held[i].name;
		enter(&w);
		w.caps[EMAIL].per_day = 1;
		w.steps[0][0].capped = held[i].capped;
		if (held[i].capped == CAPPED_SUBSTITUTE)
			w.steps[0][0].substitute_channel = SMS;
		if (held[i].phone)
			w.address[SMS] = STR("+49301");
		earlier(&w, held[i].touched_ago_us, "email");
		const struct decide_out *o = due(&w);
		CHECK_ROW(row, o->decided);
		check_str(row, o->message.message, held[i].sends);
		check_str(row, o->message.channel, held[i].channel);
		check_str(row, w.journey.step, held[i].step);
		int64_t at = o->send ? o->message.due_us : w.journey.due_us;
		CHECK_ROW(row, at == MONDAY + held[i].due_us);
		if (held[i].touched_ago_us < US_PER_D)
			CHECK_ROW(row, str_find(o->record, STR("cap_channel")) < o->record.n);
		world_finish(&w);
	}
}

static void test_substitute_message(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	w.caps[EMAIL].per_day = 1;
	w.steps[0][0].capped = CAPPED_SUBSTITUTE;
	w.steps[0][0].substitute_channel = SMS;
	w.steps[0][0].substitute = STR("digest");
	w.address[SMS] = STR("+49301");
	earlier(&w, US_PER_H, "email");
	const struct decide_out *o = due(&w);
	assert_true(o->send);
	check_str("message", o->message.message, "digest");
	check_str("channel", o->message.channel, "sms");
	world_finish(&w);
}

/* Too far ahead to make a message for: nothing now, and the instant is kept. */
static void test_far_cap_waits(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	w.caps[EMAIL].per_month = 1;
	earlier(&w, US_PER_D, "email");
	const struct decide_out *o = due(&w);
	assert_true(o->decided && !o->send);
	assert_int_equal(w.journey.due_us, MONDAY + 29 * US_PER_D);
	assert_true(on(&w)->send);
	world_finish(&w);
}

static void test_consent_that_comes(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	w.address[EMAIL] = STR_NULL;
	const struct decide_out *o = due(&w);
	assert_true(o->decided && !o->send);
	assert_int_equal(w.journey.due_us, MONDAY + 7 * US_PER_D);
	w.env.now_us += US_PER_H;
	(void)act(&w, "page.view", 0, 0);
	assert_int_equal(w.journey.due_us, MONDAY + 7 * US_PER_D);
	w.address[EMAIL] = STR("sara@acme.example");
	(void)act(&w, "identify", 0, 0);
	assert_int_equal(w.journey.due_us, w.env.now_us);
	assert_true(due(&w)->send);
	world_finish(&w);
}

/* The kill switch has no end that is known: nothing is due until it is lifted, then at once. */
static void test_held_until_lifted(void **state)
{
	struct world w;
	struct err e;
	(void)state;
	enter(&w);
	w.outside.paused = true;
	const struct decide_out *o = due(&w);
	assert_true(o->held && o->moved && !o->decided && !o->send);
	assert_true(journey_held(&w.journey) && decide_next_us(&w.d) == TIME_NONE);
	w.env.now_us += 40 * US_PER_D;
	assert_true(!due(&w)->send && journey_held(&w.journey)); /* woken by something else */
	w.outside.paused = false;
	ok(&w, decide_lifted(&w.d, &w.out, &e), &e);
	assert_int_equal(w.journey.due_us, w.env.now_us);
	assert_true(due(&w)->send);
	ok(&w, decide_lifted(&w.d, &w.out, &e), &e);
	assert_false(w.out.moved); /* nothing holds it: nothing is changed */
	world_finish(&w);
}

/* ---- what is chosen ---- */

static void test_step_condition(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	w.steps[0][0].if_ = *cond_hot(&w);
	const struct decide_out *o = due(&w);
	assert_true(o->send);
	check_str("next", o->message.message, "dock-delays");
	check_str("count", o->counts[0].dims[0], "if");
	assert_true(str_find(str_of(o->words), STR("route-cost is passed over")) < sizeof o->words);
	world_finish(&w);
}

static void test_told_before(void **state)
{
	struct world w;
	(void)state;
	enter(&w);
	const char *const angles[] = {"benchmark", "story", "checklist"};
	for (size_t i = 0; i < 3; i++) {
		struct touch x = {.message = 50 + i,
				  .at_us = MONDAY - 90 * US_PER_D,
				  .content = content_key(STR("route-cost"), str_of(angles[i]), 0),
				  .flags = TOUCH_SENT};
		journey_touch(&w.journey, &x);
		if (i == 0) {
			struct world copy = w;
			copy.d.journey = &copy.journey;
			check_str("next angle", due(&copy)->message.angle, "story");
		}
	}
	/* The message of benchmark has a second subject: the same text, so it is not new. */
	const struct decide_out *o = due(&w);
	assert_false(o->send);
	check_str("step", w.journey.step, "dock-delays");
	world_finish(&w);
}

static void test_persona_content_first(void **state)
{
	static const struct content_file files[] = {
		{STR("route-cost"), STR("benchmark"), STR_NULL, 1, STR("0")},
		{STR("route-cost"), STR("benchmark"), STR("ops"), 1, STR("1")}};
	struct world w;
	(void)state;
	enter(&w);
	w.content = (struct content_index){.files = files, .n = 2};
	w.lead.persona = 1;
	check_str("persona", due(&w)->message.persona, "ops");
	world_finish(&w);
	enter(&w);
	w.content = (struct content_index){.files = files, .n = 2};
	check_str("nobody", due(&w)->message.persona, "");
	world_finish(&w);
}

static void test_holdout(void **state)
{
	unsigned held_back = 0;
	(void)state;
	for (uint64_t lead = 1; lead <= 400; lead++) {
		struct world w;
		world_init(&w);
		w.play.holdout = 0.25;
		w.lead.id = w.journey.lead = lead;
		(void)act(&w, "form.ebook", 0, 0);
		const struct decide_out *o = due(&w);
		assert_true(w.journey.holdout_known && o->decided);
		assert_true(o->send != w.journey.holdout);
		held_back += w.journey.holdout;
		if (w.journey.holdout) { /* walks on at the pace of the others, in silence */
			check_str("step", w.journey.step, "dock-delays");
			assert_int_equal(w.journey.due_us, MONDAY + 4 * US_PER_D);
			assert_false(on(&w)->send);
		}
		world_finish(&w);
	}
	assert_in_range(held_back, 70, 130);
}

static void test_arms(void **state)
{
	static const struct program_arm arms[] = {{STR("story"), 1}, {STR("benchmark"), 3}};
	static const struct program_experiment x = {
		.name = STR("hook"), .key = 99, .track = 0, .arms = arms, .arms_n = 2};
	unsigned story = 0;
	(void)state;
	for (uint64_t lead = 1; lead <= 400; lead++) {
		size_t arm = decide_arm(&x, lead, NULL, 0, NULL);
		assert_int_equal(arm, decide_arm(&x, lead, NULL, 0, NULL));
		story += arm == 0;
		if (lead > 12)
			continue;
		struct world w;
		world_init(&w);
		w.play.experiments = &x;
		w.play.experiments_n = 1;
		w.lead.id = w.journey.lead = lead;
		(void)act(&w, "form.ebook", 0, 0);
		check_str("angle", due(&w)->message.angle, arm == 0 ? "story" : "benchmark");
		struct json d = parsed(&w);
		check_str("arm", text(&w, &d, json_get(&d, 0, "arms"), "hook"),
			  arm == 0 ? "story" : "benchmark");
		world_finish(&w);
	}
	assert_in_range(story, 70, 130);
}

/* Once it is stopped everybody is in the arm that stays, whatever was drawn. */
static void test_arm_ended(void **state)
{
	static const struct program_arm arms[] = {{STR("story"), 1}, {STR("benchmark"), 3}};
	static const struct program_experiment x = {
		.name = STR("hook"), .key = 99, .track = 0, .arms = arms, .arms_n = 2};
	const struct decide_ended ended[] = {{98, program_key32("arm", STR("benchmark"))},
					     {99, program_key32("arm", STR("story"))}};
	bool over;
	(void)state;
	for (uint64_t lead = 1; lead <= 12; lead++) {
		assert_int_equal(decide_arm(&x, lead, ended, 2, &over), 0);
		assert_true(over);
		(void)decide_arm(&x, lead, ended, 1, &over);
		assert_false(over);
		struct world w;
		world_init(&w);
		w.play.experiments = &x;
		w.play.experiments_n = 1;
		w.outside.ended = ended;
		w.outside.ended_n = 2;
		w.lead.id = w.journey.lead = lead;
		(void)act(&w, "form.ebook", 0, 0);
		check_str("angle", due(&w)->message.angle, "story");
		world_finish(&w);
	}
}

static void test_subject_arm(void **state)
{
	static const struct program_arm arms[] = {{STR("subject_2"), 1}};
	static const struct program_experiment x = {
		.name = STR("hook"), .key = 9, .track = NO_INDEX, .arms = arms, .arms_n = 1};
	struct world w;
	(void)state;
	enter(&w);
	w.play.experiments = &x;
	w.play.experiments_n = 1;
	assert_int_equal(due(&w)->message.subject_n, 1);
	world_finish(&w);
}

/* ---- how far apart ---- */

static const struct {
	const char *name;
	unsigned touches;
	int64_t within_us;
	double fatigue; /* of a maximum of 4, when the second step is entered */
	int64_t gap_us, watch_us;
} gaps[] = {
	{"track", 0, 0, 0, 5 * US_PER_D, 4 * US_PER_D},
	{"hot", 3, 5 * US_PER_D, 0, 40 * US_PER_H, 40 * US_PER_H},
	{"cold", 6, 60 * US_PER_D, 0, 10 * US_PER_D, 4 * US_PER_D},
	{"half tired", 0, 0, 2, 5 * US_PER_D + 36 * US_PER_H, 4 * US_PER_D},
	{"tired", 0, 0, 9, 8 * US_PER_D, 4 * US_PER_D},
};

static void test_gaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(gaps); i++) {
		struct world w;
		enter(&w);
		w.tracks[0].pace[TIER_WARM] =
			(struct program_pace){gaps[i].touches, gaps[i].within_us};
		w.play.guardrails.fatigue_max = 4;
		(void)due(&w);
		(void)became(&w, MESSAGE_SENT);
		CHECK_ROW(gaps[i].name, w.journey.due_us == MONDAY + gaps[i].watch_us);
		w.journey.fatigue = gaps[i].fatigue;
		w.journey.fatigue_us = MONDAY;
		(void)on(&w);
		CHECK_ROW(gaps[i].name, w.journey.due_us == MONDAY + gaps[i].gap_us);
		world_finish(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_has_a_ceiling),
		cmocka_unit_test(test_capped),
		cmocka_unit_test(test_substitute_message),
		cmocka_unit_test(test_far_cap_waits),
		cmocka_unit_test(test_consent_that_comes),
		cmocka_unit_test(test_held_until_lifted),
		cmocka_unit_test(test_step_condition),
		cmocka_unit_test(test_told_before),
		cmocka_unit_test(test_persona_content_first),
		cmocka_unit_test(test_holdout),
		cmocka_unit_test(test_arms),
		cmocka_unit_test(test_arm_ended),
		cmocka_unit_test(test_subject_arm),
		cmocka_unit_test(test_gaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
