/* SPDX-License-Identifier: Apache-2.0
 * test_guards.c: every guard by its row: held or free, until when; and the ends of rolling windows
 * against counting. A guard without a case fails the test. */
#include "decide/test_decide.h"

#define NEVER INT64_MIN
#define NOW MONDAY

static struct candidate candidate(struct world *w)
{
	return (struct candidate){.channel = EMAIL,
				  .message = STR("route-cost"),
				  .purpose = STR("marketing"),
				  .content = &w->files[5],
				  .key = content_key(STR("route-cost"), STR("benchmark"), 0),
				  .at_us = w->env.now_us};
}

static void touch(struct world *w, int64_t ago_us, const char *angle, const char *channel,
		  uint32_t flags)
{
	struct touch x = {.message = 100 + w->journey.touches_n,
			  .at_us = NOW - ago_us,
			  .content = content_key(STR("route-cost"), str_of(angle), 0),
			  .channel = program_key32("channel", str_of(channel)),
			  .flags = flags};
	journey_touch(&w->journey, &x);
}

static void free_now(struct world *w)
{
	(void)w;
}
static void paused(struct world *w)
{
	w->outside.paused = true;
	w->outside.pause_reason = STR("a typo in the price");
}
static void holdout(struct world *w)
{
	w->journey.holdout = true;
}
static void stopped(struct world *w)
{
	w->journey.phase = JOURNEY_STOPPED;
}
static void handed(struct world *w)
{
	w->journey.phase = JOURNEY_HANDED;
}
static void no_address(struct world *w)
{
	w->address[EMAIL] = STR_NULL;
}
static void erased(struct world *w)
{
	w->lead.flags |= LEAD_ERASED;
}
static void told(struct world *w)
{
	touch(w, 100 * US_PER_D, "benchmark", "email", TOUCH_SENT);
}
static void told_long_ago(struct world *w)
{
	w->play.guardrails.repeat_after_us = 90 * US_PER_D;
	told(w);
}
static void told_lately(struct world *w)
{
	w->play.guardrails.repeat_after_us = 101 * US_PER_D;
	told(w);
}
static void told_in_vain(struct world *w)
{
	touch(w, 100 * US_PER_D, "benchmark", "email", TOUCH_SENT | TOUCH_FAILED);
}
static void few_bounces(struct world *w)
{
	w->play.guardrails.bounce_rate_max = 0.03;
	w->outside.recent_sent = 199;
	w->outside.recent_bounced = 199;
}
static void many_bounces(struct world *w)
{
	few_bounces(w);
	w->outside.recent_sent = 1000;
	w->outside.recent_bounced = 31;
}
static void bounces_at_the_limit(struct world *w)
{
	many_bounces(w);
	w->outside.recent_bounced = 30;
}
static void complaints(struct world *w)
{
	w->play.guardrails.complaint_rate_max = 0.001;
	w->outside.recent_sent = 1000;
	w->outside.recent_complained = 2;
}
static void budget(struct world *w)
{
	w->play.guardrails.budget_per_day = 100;
	w->outside.sent_today = 100;
}
static void budget_left(struct world *w)
{
	budget(w);
	w->outside.sent_today = 99;
}
static void first_day(struct world *w)
{
	w->play.guardrails.warm_up_from = 50;
	w->outside.sent_today = 50;
}
static void third_day(struct world *w)
{
	first_day(w); /* 50 * 1.4 * 1.4 = 98 */
	w->outside.first_send_us = NOW - 2 * US_PER_D;
	w->outside.sent_today = 97;
}
static void third_day_over(struct world *w)
{
	third_day(w);
	w->outside.sent_today = 98;
}
static void cool_down(struct world *w)
{
	w->play.guardrails.cool_down_us = US_PER_D;
	touch(w, 20 * US_PER_H, "story", "sms", TOUCH_SENT);
}
static void cooled_down(struct world *w)
{
	w->play.guardrails.cool_down_us = US_PER_D;
	touch(w, US_PER_D, "story", "sms", TOUCH_SENT);
}
static void cap_channel(struct world *w)
{
	w->caps[EMAIL].per_week = 2;
	touch(w, 6 * US_PER_D, "story", "email", TOUCH_SENT);
	touch(w, 2 * US_PER_D, "story", "email", TOUCH_SENT);
}
static void cap_channel_two_windows(struct world *w)
{
	cap_channel(w);
	w->caps[EMAIL].per_month = 2; /* full for longer: 24 days to go */
}
static void cap_other_channel(struct world *w)
{
	w->caps[EMAIL].per_week = 2;
	touch(w, 6 * US_PER_D, "story", "email", TOUCH_SENT);
	touch(w, 2 * US_PER_D, "story", "sms", TOUCH_SENT);
}
static void cap_with_failed(struct world *w)
{
	w->caps[EMAIL].per_week = 2;
	touch(w, 6 * US_PER_D, "story", "email", TOUCH_SENT);
	touch(w, 2 * US_PER_D, "story", "email", TOUCH_SENT | TOUCH_FAILED);
}
static void cap_at_its_end(struct world *w)
{
	w->caps[EMAIL].per_day = 1;
	touch(w, US_PER_D, "story", "email", TOUCH_SENT);
}
static void cap_all(struct world *w)
{
	w->play.guardrails.all.per_day = 2;
	touch(w, 5 * US_PER_H, "story", "email", TOUCH_SENT);
	touch(w, 4 * US_PER_H, "story", "sms", TOUCH_SENT);
}
static void cap_over(struct world *w)
{
	cap_all(w); /* lowered below what was sent: two must fall out */
	w->play.guardrails.all.per_day = 1;
}
static void cap_account(struct world *w)
{
	w->play.guardrails.account.per_week = 3;
	w->outside.account_week = 3;
}
static void fatigue(struct world *w)
{
	w->play.guardrails.fatigue_max = 2;
	w->play.guardrails.fatigue_half_life_us = 10 * US_PER_D;
	w->journey.fatigue = 4;
	w->journey.fatigue_us = NOW;
}
static void rested(struct world *w)
{
	fatigue(w);
	w->journey.fatigue_us = NOW - 11 * US_PER_D;
}
static void colleague(struct world *w)
{
	w->outside.account_handed = true;
}
static void quiet(struct world *w)
{
	w->play.guardrails.quiet = (struct program_hours){0, 9 * 60, true};
}
static void capped_and_quiet(struct world *w)
{
	quiet(w);
	cap_all(w);
}

static const struct {
	void (*given)(struct world *w);
	const char *held; /* "": free */
	int64_t after_us; /* free again; NEVER: not by itself */
} rows[] = {
	{free_now, "", 0},
	{paused, "paused", NEVER},
	{holdout, "holdout", NEVER},
	{stopped, "stopped", NEVER},
	{handed, "handed_off", NEVER},
	{no_address, "no_address", NEVER},
	{erased, "consent", NEVER},
	{told, "repeated", NEVER},
	{told_long_ago, "", 0},
	{told_lately, "repeated", US_PER_D},
	{told_in_vain, "", 0},
	{few_bounces, "", 0},
	{many_bounces, "bad_rates", NEVER},
	{bounces_at_the_limit, "", 0},
	{complaints, "bad_rates", NEVER},
	{budget, "budget", 16 * US_PER_H},
	{budget_left, "", 0},
	{first_day, "warm_up", 16 * US_PER_H},
	{third_day, "", 0},
	{third_day_over, "warm_up", 16 * US_PER_H},
	{cool_down, "cool_down", 4 * US_PER_H},
	{cooled_down, "", 0},
	{cap_channel, "cap_channel", US_PER_D},
	{cap_channel_two_windows, "cap_channel", 24 * US_PER_D},
	{cap_other_channel, "", 0},
	{cap_with_failed, "", 0},
	{cap_at_its_end, "", 0},
	{cap_all, "cap_all", 19 * US_PER_H},
	{cap_over, "cap_all", 20 * US_PER_H},
	{cap_account, "cap_account", 6 * US_PER_H},
	{fatigue, "fatigue", 10 * US_PER_D + US_PER_S},
	{rested, "", 0},
	{colleague, "account_handed_off", NEVER},
	{quiet, "quiet_hours", US_PER_H},
	{capped_and_quiet, "cap_all", 19 * US_PER_H},
};

static void test_rows(void **state)
{
	bool seen[GUARD_COUNT] = {[GUARD_CONTENT] = true};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		char row[80];
		world_init(&w);
		rows[i].given(&w);
		struct candidate c = candidate(&w);
		guards_ask(&w.d, &c);
		snprintf(row, sizeof row, "row %zu (%s)", i, rows[i].held);
		check_str(row, str_of(c.held == GUARD_COUNT ? "" : guard_wire(c.held)),
			  rows[i].held);
		int64_t want = rows[i].after_us == NEVER ? TIME_NONE : NOW + rows[i].after_us;
		bool spread = c.held == GUARD_QUIET && c.free_us > want &&
			      c.free_us < want + 15 * US_PER_M;
		if (c.free_us != want && !spread)
			fail_msg("%s: free after %lld s, want %lld s", row,
				 (long long)((c.free_us - NOW) / US_PER_S),
				 (long long)((want - NOW) / US_PER_S));
		if (c.held < GUARD_COUNT)
			seen[c.held] = true;
		world_finish(&w);
	}
	for (unsigned g = 0; g < GUARD_COUNT; g++)
		if (!seen[g])
			fail_msg("guard %s has no case", guard_wire((enum guard_no)g));
}

/* A thousand who wait for one opening: over a quarter of an hour, each always at the same instant,
 * on another day at another; where the window is shorter, at its opening. */
static void test_an_opening_is_no_burst(void **state)
{
	struct world w;
	unsigned in_minute[15] = {0}, moved = 0;
	(void)state;
	world_init(&w);
	for (uint64_t lead = 1; lead <= 1000; lead++) {
		w.journey.lead = lead;
		w.play.guardrails.window = (struct program_hours){.set = false};
		quiet(&w);
		struct candidate c = candidate(&w), again = c;
		guards_ask(&w.d, &c);
		guards_ask(&w.d, &again);
		int64_t at = c.free_us - NOW - US_PER_H;
		assert_true(again.free_us == c.free_us && at >= 0 && at < 15 * US_PER_M);
		in_minute[at / US_PER_M]++;
		again.at_us += US_PER_D;
		guards_ask(&w.d, &again);
		moved += again.free_us - US_PER_D != c.free_us;
		w.play.guardrails.window = (struct program_hours){9 * 60, 9 * 60 + 1, true};
		guards_ask(&w.d, &c);
		assert_true(c.free_us >= NOW + US_PER_H && c.free_us < NOW + US_PER_H + US_PER_M);
	}
	for (size_t i = 0; i < COUNT_OF(in_minute); i++)
		assert_true(in_minute[i] > 35 && in_minute[i] < 100);
	assert_true(moved > 990);
	world_finish(&w);
}

static void test_no_content(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	struct candidate c = candidate(&w);
	c.content = NULL;
	guards_ask(&w.d, &c);
	assert_int_equal(c.held, GUARD_CONTENT);
	world_finish(&w);
}

/* The instant a cap names is the first at which counting finds room. */
static void test_windows_against_counting(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 5);
	for (unsigned round = 0; round < 500; round++) {
		struct world w;
		world_init(&w);
		size_t n = rng_below(&r, 20);
		unsigned max = 1 + (unsigned)rng_below(&r, 6);
		w.play.guardrails.all.per_week = max;
		for (size_t i = 0; i < n; i++)
			touch(&w, (int64_t)rng_below(&r, (uint64_t)(9 * US_PER_D)), "story",
			      "email", TOUCH_SENT);
		struct candidate c = candidate(&w);
		int64_t at = guards_free_us(&w.d, &c);
		size_t in = 0, before = 0;
		for (size_t i = 0; i < n; i++) {
			int64_t x = w.journey.touches[i].at_us;
			in += x > at - 7 * US_PER_D && x <= at;
			before += x > at - 1 - 7 * US_PER_D && x <= at - 1;
		}
		assert_true(in < max);
		assert_true(at == NOW || before >= max);
		world_finish(&w);
	}
}

/* ---- at the instant of sending ---- */

static void test_message_does_not_count_itself(void **state)
{
	struct world w;
	struct candidate c;
	(void)state;
	world_init(&w);
	w.caps[EMAIL].per_day = 1;
	w.play.guardrails.cool_down_us = US_PER_D;
	w.play.guardrails.fatigue_max = 1;
	w.play.guardrails.fatigue_half_life_us = US_PER_D;
	(void)act(&w, "form.ebook", 0, 0);
	assert_true(due(&w)->send);
	guards_ask_message(&w.d, &w.message, &c);
	assert_int_equal(c.held, GUARD_COUNT);
	(void)became(&w, MESSAGE_UNCERTAIN); /* now it is remembered as a touch */
	guards_ask_message(&w.d, &w.message, &c);
	assert_int_equal(c.held, GUARD_COUNT);
	touch(&w, US_PER_H, "story", "email", TOUCH_SENT);
	guards_ask_message(&w.d, &w.message, &c);
	assert_int_equal(c.held, GUARD_COOL_DOWN);
	world_finish(&w);
}

static void test_sending_asks_again(void **state)
{
	static const struct {
		void (*given)(struct world *w);
		enum guard_no held;
	} cases[] = {{paused, GUARD_PAUSED},   {erased, GUARD_CONSENT},
		     {stopped, GUARD_STOPPED}, {handed, GUARD_HANDED},
		     {quiet, GUARD_QUIET},     {colleague, GUARD_ACCOUNT_HANDED},
		     {cap_all, GUARD_CAP_ALL}, {told, GUARD_REPEATED}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		struct candidate c;
		world_init(&w);
		(void)act(&w, "form.ebook", 0, 0);
		assert_true(due(&w)->send);
		cases[i].given(&w);
		guards_ask_message(&w.d, &w.message, &c);
		check_str("sending", str_of(c.held == GUARD_COUNT ? "" : guard_wire(c.held)),
			  guard_wire(cases[i].held));
		/* What ends by itself is waited out; what is refused, or ends with the switch, is
		 * not. */
		assert_true((c.free_us == TIME_NONE) == (i <= 3) || i == 7);
		world_finish(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_an_opening_is_no_burst),
		cmocka_unit_test(test_no_content),
		cmocka_unit_test(test_windows_against_counting),
		cmocka_unit_test(test_message_does_not_count_itself),
		cmocka_unit_test(test_sending_asks_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
