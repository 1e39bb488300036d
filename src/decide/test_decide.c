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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_way_in_and_first_touch),
		cmocka_unit_test(test_silent_goes_on_after_the_gap),
		cmocka_unit_test(test_click_moves_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
