/* SPDX-License-Identifier: Apache-2.0
 * test_simulate.c: the same seed is the same world; numbers that depend on each other agree; a
 * program that says less gets less; and policies meet the same people. */
#include "base/test.h"

#include "simulate/policies.h"

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

/* Records of decisions are swept; what is counted of them is not. */
static void what_is_dropped_is_counted(void **state)
{
	(void)state;
#define DECIDE(how) PROGRAM(POINTS, TRACK("story, numbers")) "decide: {mode: rules" how "}\n"
	const char *all = DECIDE(""), *swept = DECIDE(", keep: 7d");
#undef DECIDE
	struct simulate_result a = run(all, 3), b = run(swept, 3);
	assert_int_equal(a.dropped, 0);
	assert_true(b.dropped > 0 && b.dropped <= b.decisions);
	b.dropped = a.dropped;
	b.state_hash = a.state_hash;
	b.events = a.events; /* of the clock: it ticks for a sweep */
	b.alarms = a.alarms;
	assert_memory_equal(&a, &b, sizeof a);
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

/* ---- other ways to choose ---- */

#define CHOICES \
	PROGRAM(POINTS, "tracks:\n  early:\n    enter: lead.known\n    cadence: 3d..5d\n" \
			"    decide: {what: [angle, send_time]}\n    sequence:\n" \
			"      - {send: guide, angles: [story, numbers], wait: 3d}\n") \
	"decide: {mode: shadow}\n"

struct chosen {
	struct arena arena;
	struct program *program;
};

static void setup(struct chosen *x, const char *text)
{
	struct program_report report;
	struct err e;
	arena_init(&x->arena, 8u << 20);
	if (program_load(str_of(text), &x->arena, &x->program, &report, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static void finish(struct chosen *x)
{
	program_destroy(&x->program);
	arena_finish(&x->arena);
}

static void names_of_policies(void **state)
{
	static const struct {
		const char *name;
		enum status st;
		enum decide_mode mode;
		int part;
		const char *angle;
	} rows[] = {
		{"rules", ST_OK, DECIDE_RULES, -1, ""},
		{"learned", ST_OK, DECIDE_IGW, -1, ""},
		{"thompson", ST_OK, DECIDE_THOMPSON, -1, ""},
		{"fixed:story", ST_OK, DECIDE_FIXED, -1, "story"},
		{"fixed:morning", ST_OK, DECIDE_FIXED, 2, ""},
		{"fixed:numbers+evening", ST_OK, DECIDE_FIXED, 5, "numbers"},
		{"fixed:nothing", ST_OK, DECIDE_FIXED, -1, ""},
		{"fixed:", ST_INVALID, DECIDE_OFF, -1, ""},
		{"fixed:story+numbers", ST_INVALID, DECIDE_OFF, -1, ""},
		{"fixed:night", ST_INVALID, DECIDE_OFF, -1, ""},
		{"fixed:poem", ST_INVALID, DECIDE_OFF, -1, ""},
		{"nobody", ST_INVALID, DECIDE_OFF, -1, ""},
	};
	(void)state;
	struct chosen x;
	setup(&x, CHOICES);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct simulate_policy p;
		struct err e;
		CHECK_ROW(rows[i].name, simulate_policy_of(x.program, str_of(rows[i].name),
							   &x.arena, &p, &e) == rows[i].st);
		if (rows[i].st != ST_OK)
			continue;
		CHECK_ROW(rows[i].name, p.choice.mode == rows[i].mode);
		CHECK_ROW(rows[i].name, p.choice.part == rows[i].part);
		check_str(rows[i].name, p.choice.angle, rows[i].angle);
	}
	finish(&x);
}

/* Two angles, three parts of the day that the guardrails leave, and the rules' own of each. */
static void all_policies(void **state)
{
	struct simulate_policy p[SIMULATE_POLICIES_MAX];
	struct err e;
	size_t n = 0;
	(void)state;
	struct chosen x;
	setup(&x, CHOICES);
	assert_int_equal(simulate_policies(x.program, &x.arena, p, &n, &e), ST_OK);
	assert_int_equal(n, 3 + 3 * 5 - 1 + 1);
	check_str("first", p[0].name, "learned");
	check_str("a pair", p[8].name, "fixed:story+morning");
	assert_true(p[n - 1].silence);
	finish(&x);
	setup(&x, PROGRAM(POINTS, ""));
	assert_int_equal(simulate_policies(x.program, &x.arena, p, &n, &e), ST_INVALID);
	finish(&x);
}

/* The same people, whoever chooses; a fixed arm is kept to; and a replay explores the same way. */
static void policies_meet_the_same_people(void **state)
{
	static const char *const names[] = {"rules", "learned", "fixed:nothing", "fixed:numbers"};
	struct simulate_result r[COUNT_OF(names)];
	struct err e;
	(void)state;
	struct chosen x;
	setup(&x, CHOICES);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct simulate_policy p;
		struct simulate_conf conf = {.program = STR(CHOICES),
					     .content = &content,
					     .leads = 150,
					     .days = 30,
					     .seed = 4,
					     .replay = true,
					     .choice = &p.choice};
		if (simulate_policy_of(x.program, str_of(names[i]), &x.arena, &p, &e) != ST_OK ||
		    simulate_run(&conf, &r[i], &e) != ST_OK)
			fail_msg("%s: %s", names[i], e.text);
		CHECK_ROW(names[i], r[i].replayed);
		CHECK_ROW(names[i], r[i].stage[SIMULATE_CAPTURED] == 150);
	}
	assert_int_equal(r[2].messages, 0);
	assert_true(r[2].reward < r[0].reward && r[1].state_hash != r[0].state_hash);
	assert_true(r[3].state_hash != r[0].state_hash);
	finish(&x);
}

static void comparing(void **state)
{
	static struct simulate_comparison got;
	struct simulate_policy p[3];
	struct err e;
	(void)state;
	struct chosen x;
	setup(&x, CHOICES);
	const char *const names[] = {"rules", "fixed:nothing", "fixed:story"};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			simulate_policy_of(x.program, str_of(names[i]), &x.arena, &p[i], &e),
			ST_OK);
	struct simulate_compare_conf conf = {
		.each = {.program = STR(CHOICES), .content = &content, .leads = 100, .days = 30},
		.seeds = 3,
		.policies = p,
		.n = 3};
	if (simulate_compare(&conf, &got, &e) != ST_OK)
		fail_msg("%s", e.text);
	assert_int_equal(got.rivals, 1); /* silence is none */
	assert_true(got.any_fixed && got.of[0].gain.diff == 0 && !got.of[0].beaten);
	assert_true(got.of[1].gain.diff == got.of[0].reward - got.of[1].reward);
	assert_true(got.of[1].gain.lo < got.of[1].gain.diff);
	assert_true(got.hindsight.reward == got.of[2].reward);
	conf.seeds = 1;
	assert_int_equal(simulate_compare(&conf, &got, &e), ST_INVALID);
	finish(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_is_a_world),
		cmocka_unit_test(numbers_agree),
		cmocka_unit_test(what_is_dropped_is_counted),
		cmocka_unit_test(less_said_is_less_heard),
		cmocka_unit_test(it_can_be_stopped),
		cmocka_unit_test(names_of_policies),
		cmocka_unit_test(all_policies),
		cmocka_unit_test(policies_meet_the_same_people),
		cmocka_unit_test(comparing),
	};
	return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
