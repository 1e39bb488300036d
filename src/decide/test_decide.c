/* SPDX-License-Identifier: Apache-2.0
 * test_decide.c: the way of one lead: in, chosen, said, watched, reacted to, and out. */
#include "decide/test_decide.h"

static void test_way_in_and_first_touch(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	const struct decide_out *o = act(&w, "form.ebook", 0, 0);
	assert_true(o->moved);
	assert_false(o->send);
	check_str("track", w.journey.track, "awareness");
	assert_int_equal(w.journey.phase, JOURNEY_DUE);
	assert_int_equal(w.journey.due_us, MONDAY); /* the first step at once */
	o = due(&w);
	assert_true(o->send && o->decided);
	check_str("message", o->message.message, "route-cost");
	check_str("angle", o->message.angle, "benchmark");
	check_str("channel", o->message.channel, "email");
	check_str("address", o->message.address, "sara@acme.example");
	check_str("source", o->message.source, "site");
	assert_int_equal(o->message.due_us, MONDAY);
	assert_int_equal(w.journey.phase, JOURNEY_WATCHING);
	assert_int_equal(w.journey.due_us, TIME_NONE);
	o = became(&w, MESSAGE_SENT);
	assert_int_equal(w.journey.due_us, MONDAY + 4 * US_PER_D);
	assert_int_equal(w.journey.touches_n, 1);
	assert_int_equal(w.journey.sent_n, 1);
	check_str("count", str_of(o->counts[0].name), "touch");
	world_finish(&w);
}

static void enter_and_send(struct world *w)
{
	world_init(w);
	(void)act(w, "form.ebook", 0, 0);
	assert_true(due(w)->send);
	(void)became(w, MESSAGE_SENT);
}

static void test_silent_goes_on_after_the_gap(void **state)
{
	struct world w;
	(void)state;
	enter_and_send(&w);
	const struct decide_out *o = on(&w);
	assert_false(o->send);
	check_str("reaction", o->counts[0].dims[0], "silent");
	check_str("step", w.journey.step, "dock-delays");
	assert_int_equal(w.journey.due_us, MONDAY + 5 * US_PER_D);
	o = on(&w);
	assert_true(o->send);
	check_str("angle", o->message.angle, "story");
	world_finish(&w);
}

static void test_click_moves_at_once(void **state)
{
	static const struct {
		const char *type;
		uint64_t message;
		uint32_t flags;
		const char *track;
	} rows[] = {
		{"email.click", 1, 0, "consideration"},
		{"email.click", 1, EVENT_BOT, "awareness"},
		{"email.click", 1, EVENT_MACHINE, "awareness"},
		{"email.click", 2, 0, "awareness"}, /* no message of this lead */
		{"email.click", 0, 0, "awareness"},
		{"email.open", 1, 0, "awareness"},
		{"double.click", 1, 0, "consideration"},
		{"clicked", 1, 0, "awareness"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		enter_and_send(&w);
		w.env.now_us += US_PER_H;
		(void)act(&w, rows[i].type, rows[i].message, rows[i].flags);
		check_str(rows[i].type, w.journey.track, rows[i].track);
		world_finish(&w);
	}
}

/* ---- a program as people write it ---- */

static const char *const written =
	"nurture: 1\nprogram: quillstone\ngoal: meeting.booked\n"
	"send_as: {name: Ines, from: ines@x.example}\n"
	"consent: {default: opt_out, unknown: opt_out, purposes: [marketing], channels: [email]}\n"
	"scoring: {}\n"
	"tracks:\n"
	"  awareness:\n"
	"    stage: early\n"
	"    enter: source in [\"site\"]\n"
	"    cadence: 7d..10d\n"
	"    sequence:\n"
	"      - send: route-cost\n"
	"        angles: [benchmark, story, checklist]\n"
	"        wait: 4d\n"
	"        react:\n"
	"          clicked: {move: consideration}\n"
	"          opened: {send: again, with: new_angle}\n"
	"          silent_x2: {send: again, with: new_subject, then: {move: slow_lane}}\n"
	"      - send: dock-delays\n"
	"        angles: [story, calculator]\n"
	"        react: {silent_x2: {send: again, with: new_angle, then: {move: slow_lane}}}\n"
	"  consideration:\n"
	"    stage: mid\n"
	"    cadence: 4d..5d\n"
	"    sequence: [{send: case-study, angles: [plain]}, {send: pricing, angles: [plain]}]\n"
	"  slow_lane:\n"
	"    cadence: 30d\n"
	"    sequence: [{send: digest, angles: [plain]}]\n"
	"teams:\n"
	"  sdr: {reps: [{name: Ada, email: ada@x.example}]}\n"
	"triggers:\n"
	"  - {name: replied, when: 'event.type == \"reply\"', handoff: {team: sdr, within: 1h}}\n"
	"  - {name: hot, when: engagement >= 70.0, handoff: {team: sdr, within: 4h}}\n"
	"  - {name: warm, when: 'engagement >= 40.0 && track == \"awareness\"', move: "
	"consideration}\n"
	"guardrails:\n"
	"  max_emails: {per_day: 1, per_week: 2}\n"
	"  quiet_hours: {from: \"19:00\", to: \"08:00\", weekends: true}\n"
	"  stop_on: [reply, unsubscribe, complaint, meeting.booked]\n";

static void world_written(struct world *w)
{
	struct program_report r;
	struct err e;
	world_init(w);
	program_destroy(&w->program);
	if (program_load(str_of(written), &w->arena, &w->program, &r, &e) != ST_OK)
		fail_msg("%s", e.text);
	w->facts.program = w->program;
	w->d.now = w->d.pinned = (struct decide_version){1, w->program, &w->content};
	w->consent[EMAIL].program = w->consent[SMS].program = w->program;
	w->outside.channels_n = 1;
}

/* On to the next message, which leaves at its time. Fails when there is none. */
static const struct message *next_message(struct world *w)
{
	w->out.send = false;
	for (unsigned i = 0; i < 8 && !w->out.send; i++)
		(void)on(w);
	assert_true(w->out.send);
	(void)became(w, MESSAGE_SENT);
	return &w->message;
}

static void test_silent_lead(void **state)
{
	static const char *const want[][3] = {{"awareness", "route-cost", "benchmark"},
					      {"awareness", "dock-delays", "story"},
					      {"awareness", "dock-delays", "calculator"},
					      {"slow_lane", "digest", "plain"}};
	struct world w;
	(void)state;
	world_written(&w);
	(void)act(&w, "form.ebook", 0, 0);
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		const struct message *m = next_message(&w);
		check_str("track", m->track, want[i][0]);
		check_str("message", m->message, want[i][1]);
		check_str("angle", m->angle, want[i][2]);
		struct civil c = time_civil(w.env.now_us);
		assert_in_range(c.hour, 8, 18);
		assert_in_range(time_weekday(w.env.now_us), 1, 5);
	}
	w.out.moved = false;
	for (unsigned i = 0; i < 8 && w.journey.phase != JOURNEY_OUT; i++)
		(void)on(&w);
	check_str("slow lane is over", w.journey.past[1].reason, "exhausted");
	world_finish(&w);
}

static void test_warm_then_hot_then_reply(void **state)
{
	struct world w;
	(void)state;
	world_written(&w);
	(void)act(&w, "form.ebook", 0, 0);
	check_str("first", next_message(&w)->message, "route-cost");
	w.facts.engagement = 45;
	(void)act(&w, "page.pricing", 0, 0);
	check_str("trigger", w.journey.track, "consideration");
	check_str("then", next_message(&w)->message, "case-study");
	w.facts.engagement = 75;
	const struct decide_out *o = act(&w, "form.demo", 0, 0);
	check_str("hot", o->hand.trigger, "hot");
	assert_int_equal(o->hand_within_us, 4 * US_PER_H);
	assert_int_equal(w.journey.phase, JOURNEY_HANDED);
	world_finish(&w);

	world_written(&w);
	(void)act(&w, "form.ebook", 0, 0);
	(void)next_message(&w);
	o = act(&w, "reply", w.message.id, 0);
	check_str("replied", o->hand.trigger, "replied");
	assert_int_equal(o->hand_within_us, US_PER_H);
	assert_int_equal(o->hand.message, w.message.id);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_way_in_and_first_touch),
		cmocka_unit_test(test_silent_goes_on_after_the_gap),
		cmocka_unit_test(test_click_moves_at_once),
		cmocka_unit_test(test_silent_lead),
		cmocka_unit_test(test_warm_then_hot_then_reply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
