/* SPDX-License-Identifier: Apache-2.0
 * test_view_plan.c: what an edit of the program means for those inside, in people; and what then
 * happens to them is what was said. */
#include "engine/test_nurture.h"
#include "node/node.h"
#include "view/view_plan.h"

#define EARLY_GUIDE "      - send: guide\n        angles: [story, numbers]\n        wait: 4d\n"
#define LATE \
	"  late:\n    stage: mid\n    cadence: 3d..5d\n    sequence:\n" \
	"      - send: offer\n        angles: [plain]\n        wait: 4d\n"
#define MORE "      - {send: more, angles: [plain], gap: 3d..5d, wait: 4d}\n"

/* The program with other text in place of some of it. */
static struct str edited(struct world *w, const char *from, const char *to)
{
	struct str s = STR_NULL, text = str_of(nurture_program);
	size_t at = str_find(text, str_of(from));
	assert_true(at < text.n);
	s = arena_printf(&w->arena, STR_FMT "%s" STR_FMT, STR_ARG(str_slice(text, 0, at)), to,
			 STR_ARG(str_slice(text, at + strlen(from), text.n)));
	assert_non_null(s.p);
	return s;
}

static struct view_plan plan_of(struct world *w, struct str text)
{
	struct err e;
	struct view_plan plan;
	struct program *now = NULL, *next = NULL;
	struct program_report report;
	assert_int_equal(node_program(w->store, &now, NULL, &e), ST_OK);
	struct view v = {
		.store = w->store, .program = now, .arena = &w->arena, .now_us = w->now_us};
	if (program_load(text, &w->arena, &next, &report, &e) != ST_OK)
		fail_msg("%s", e.text);
	if (view_plan(&v, next, NULL, NULL, &plan, &e) != ST_OK)
		fail_msg("%s", e.text);
	program_destroy(&now);
	program_destroy(&next);
	return plan;
}

static void check(const char *what, const struct view_plan_play *got,
		  const struct view_plan_play *want)
{
	const struct {
		const char *name;
		uint64_t got, want;
	} rows[] = {
		{"people", got->people, want->people},
		{"older", got->older, want->older},
		{"same", got->fate[FATE_SAME], want->fate[FATE_SAME]},
		{"changed", got->fate[FATE_STEP_CHANGED], want->fate[FATE_STEP_CHANGED]},
		{"step gone", got->fate[FATE_STEP_GONE], want->fate[FATE_STEP_GONE]},
		{"leaves", got->fate[FATE_LEAVES], want->fate[FATE_LEAVES]},
		{"fewer", got->fewer, want->fewer},
		{"more", got->more, want->more},
		{"sooner", got->sooner, want->sooner},
		{"later", got->later, want->later},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].got != rows[i].want)
			fail_msg("%s: %s is %llu, not %llu", what, rows[i].name,
				 (unsigned long long)rows[i].got, (unsigned long long)rows[i].want);
}

/* Two are in the only step of `early`. */
static void test_edits_in_people(void **state)
{
	static const struct {
		const char *what, *from, *to;
		struct view_plan_play want;
	} rows[] = {
		{"nothing", "program: t\n", "program: t\n", {.people = 2, .fate = {2}}},
		{"a wait",
		 EARLY_GUIDE,
		 "      - send: guide\n        angles: [story, numbers]\n        wait: 9d\n",
		 {.people = 2, .fate = {[FATE_STEP_CHANGED] = 2}}},
		{"a message more", LATE, MORE LATE, {.people = 2, .fate = {2}, .more = 2}},
		{"another step",
		 EARLY_GUIDE,
		 "      - send: intro\n        angles: [story, numbers]\n        wait: 4d\n",
		 {.people = 2, .fate = {[FATE_STEP_GONE] = 2}, .more = 2}},
		{"another track",
		 "  early:\n    stage: early",
		 "  first:\n    stage: early",
		 {.people = 2, .fate = {[FATE_LEAVES] = 2}}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		start(&w);
		comes(&w);
		does(&w, "form.ebook", "bea@acme.example", NULL, "{}");
		struct view_plan plan = plan_of(&w, edited(&w, rows[i].from, rows[i].to));
		assert_int_equal(plan.leads, 2);
		check(rows[i].what, &plan.play, &rows[i].want);
		assert_int_equal(plan.play.places_n, 1);
		check_str("place", plan.play.places[0].step, "guide");
		assert_int_equal(plan.play.places[0].people, 2);
		teardown(&w);
	}
}

static void applied(struct world *w, struct str text)
{
	struct buf body;
	struct err e;
	struct event ev;
	buf_init(&body, EVENT_OWN_BYTES_MAX);
	assert_int_equal(engine_event_apply_with(text, &content, w->now_us, &body, &e), ST_OK);
	assert_int_equal(event_decode(buf_view(&body), &w->arena, &ev, &e), ST_OK);
	append(w, &ev);
	fold(w);
	buf_finish(&body);
}

/* Behind an edit that took a message away, sooner and later are about what is still to come. */
static void test_what_is_to_come(void **state)
{
	struct world w;
	struct str two;
	(void)state;
	start(&w);
	two = edited(&w, LATE, MORE LATE);
	applied(&w, two); /* version 2 */
	comes(&w);
	struct view_plan plan = plan_of(&w, str_of(nurture_program));
	check("a message less", &plan.play,
	      &(struct view_plan_play){.people = 1, .fate = {1}, .fewer = 1});
	plan = plan_of(&w,
		       edited(&w, LATE,
			      "      - {send: more, angles: [plain], gap: 9d, wait: 4d}\n" LATE));
	check("later", &plan.play, &(struct view_plan_play){.people = 1, .fate = {1}, .later = 1});
	plan = plan_of(&w,
		       edited(&w, LATE,
			      "      - {send: more, angles: [plain], gap: 1d, wait: 4d}\n" LATE));
	check("sooner", &plan.play,
	      &(struct view_plan_play){.people = 1, .fate = {1}, .sooner = 1});
	applied(&w, str_of(nurture_program)); /* version 3: she is in a step of version 2 */
	plan = plan_of(&w, two);
	check("an older version", &plan.play,
	      &(struct view_plan_play){.people = 1, .older = 1, .fate = {1}, .more = 1});
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits_in_people),
		cmocka_unit_test(test_what_is_to_come),
	};
	return cmocka_run_group_tests_name("view_plan", tests, NULL, NULL);
}
