/* SPDX-License-Identifier: Apache-2.0
 * test_simulate.c: the same seed is the same world; numbers that depend on each other agree; and a
 * program that says less gets less. */
#include "base/test.h"

#include "simulate/simulate.h"

#define PROGRAM(points, tracks) \
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n" \
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n" \
	"scoring:\n  fit: [{name: any, if: lead.known, points: 40}]\n" \
	"  engagement:\n    half_life: 10d\n    points: {" points "}\n" \
	"consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: [email]}\n" \
	"outcomes: [meeting.booked, deal.won, deal.lost]\n" tracks \
	"guardrails:\n  max_emails: {per_day: 1, per_week: 3}\n" \
	"  quiet_hours: {from: '19:00', to: '08:00', weekends: true}\n" \
	"teams:\n  sdr:\n    reps: [{name: Jo, email: jo@larkspur.example}]\n" \
	"    accept_within: 4h\n" \
	"triggers:\n  - {name: hot, when: 'tier == \"hot\"', handoff: {team: sdr, within: 4h}}\n"
#define POINTS "form.ebook: 10, page.*: 2, form.demo: 60, email.click: 20"
#define TRACK(angles) \
	"tracks:\n  early:\n    enter: lead.known\n    cadence: 3d..5d\n    sequence:\n" \
	"      - send: guide\n        angles: [" angles "]\n        wait: 4d\n" \
	"        react: {replied: {handoff: {team: sdr, within: 1h}}, silent: {send: again, " \
	"with: new_angle}}\n"

static const struct content_file files[] = {
	{STR("guide"), STR("numbers"), STR(""), 1, STR("h1")},
	{STR("guide"), STR("story"), STR(""), 1, STR("h2")},
};
static const struct content_index content = {.files = files, .n = 2};

static struct simulate_result run(const char *program, uint64_t seed)
{
	struct err e;
	struct simulate_result r;
	const struct simulate_conf conf = {.program = str_of(program),
					   .content = &content,
					   .leads = 300,
					   .days = 40,
					   .seed = seed};
	if (simulate_run(&conf, &r, &e) != ST_OK)
		fail_msg("%s", e.text);
	return r;
}

static void a_seed_is_a_world(void **state)
{
	(void)state;
	const char *p = PROGRAM(POINTS, TRACK("story, numbers"));
	struct simulate_result a = run(p, 7), b = run(p, 7), c = run(p, 8);
	assert_memory_equal(&a, &b, sizeof a);
	assert_true(a.state_hash != c.state_hash);
}

static void numbers_agree(void **state)
{
	(void)state;
	struct simulate_result r = run(PROGRAM(POINTS, TRACK("story, numbers")), 3);
	const uint64_t *n = r.stage;
	assert_int_equal(r.dead_letters, 0);
	assert_int_equal(n[SIMULATE_CAPTURED], 300);
	assert_true(n[SIMULATE_CONTACTED] > 200);
	assert_true(n[SIMULATE_OPENED] > 0 && n[SIMULATE_OPENED] <= n[SIMULATE_CONTACTED]);
	assert_true(n[SIMULATE_CLICKED] > 0 && n[SIMULATE_CLICKED] <= n[SIMULATE_OPENED]);
	assert_true(n[SIMULATE_HANDED] > 0 && n[SIMULATE_ACCEPTED] <= n[SIMULATE_HANDED]);
	assert_true(n[SIMULATE_MEETING] <= n[SIMULATE_ACCEPTED]);
	assert_true(n[SIMULATE_WON] <= n[SIMULATE_MEETING]);
	assert_true(r.messages >= n[SIMULATE_CONTACTED] && r.opens <= r.messages);
	assert_true(r.machine_opens > r.opens / 4);
	assert_true(r.handoffs >= n[SIMULATE_HANDED]);
	assert_true(r.decisions > r.nothing);
}

static void less_said_is_less_heard(void **state)
{
	(void)state;
	struct simulate_result two = run(PROGRAM(POINTS, TRACK("story, numbers")), 5),
			       one = run(PROGRAM(POINTS, TRACK("story")), 5),
			       none = run(PROGRAM(POINTS, ""), 5);
	assert_true(one.messages < two.messages);
	assert_int_equal(none.messages, 0);
	assert_int_equal(none.stage[SIMULATE_CONTACTED], 0);
	assert_true(none.stage[SIMULATE_ENGAGED] > 0);
}

static bool stop(void *ctx, uint64_t day)
{
	*(uint64_t *)ctx = day;
	return day < 3;
}

static void it_can_be_stopped(void **state)
{
	(void)state;
	struct err e;
	uint64_t day = 0;
	struct simulate_result r;
	struct simulate_conf conf = {.program = STR(PROGRAM(POINTS, "")),
				     .content = &content,
				     .leads = 10,
				     .days = 40,
				     .seed = 1,
				     .go_on = stop,
				     .ctx = &day};
	assert_int_equal(simulate_run(&conf, &r, &e), ST_UNAVAILABLE);
	assert_int_equal(day, 3);
	conf.leads = 0;
	assert_int_equal(simulate_run(&conf, &r, &e), ST_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_is_a_world),
		cmocka_unit_test(numbers_agree),
		cmocka_unit_test(less_said_is_less_heard),
		cmocka_unit_test(it_can_be_stopped),
	};
	return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
