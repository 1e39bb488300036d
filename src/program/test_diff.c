/* SPDX-License-Identifier: Apache-2.0
 * test_diff.c: what an edit is called in words, one table row per kind of edit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "program/diff.h"

static const char base[] =
	"nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\n"
	"fields: {lead: {size: number}}\n"
	"personas: {ops: lead.title == \"x\", fin: lead.title == \"y\"}\n"
	"features: {views: {kind: count, of: page.*}}\n"
	"scoring:\n"
	"  fit:\n    - {name: big, if: lead.size > 3, points: 20}\n"
	"  engagement:\n    half_life: 14d\n"
	"    points: {page.pricing: 20, form.demo: {points: 60, where: event.scroll > 3}}\n"
	"    inactivity: {after: 21d, points: 5}\n"
	"  tiers: {hot: {up: 60, down: 50}}\n"
	"entry: [{name: ref, source: referral, fit: 20}]\n"
	"consent: {default: opt_in, regions: {us: opt_out}}\n";

/* `from` replaced by `to` in the program above gives exactly these lines. */
static const struct {
	const char *from, *to, *lines;
	unsigned touches;
} cases[] = {
	{"page.pricing: 20", "page.pricing: 25",
	 "~ engagement rule page.pricing: 20 -> 25 points\n", TOUCHES_ENGAGEMENT},
	{"half_life: 14d", "half_life: 10d",
	 "~ half-life 14d -> 10d: applies to new activity, and to what is left of the old from now "
	 "on\n",
	 TOUCHES_ENGAGEMENT},
	{"page.pricing: 20, ", "",
	 "- engagement rule page.pricing is gone: points it gave no longer count\n",
	 TOUCHES_ENGAGEMENT},
	{"page.pricing: 20", "page.pricing: 20, reply: 40",
	 "+ new engagement rule reply: +40 points, for new activity\n", TOUCHES_ENGAGEMENT},
	{"event.scroll > 3", "event.scroll > 4",
	 "~ engagement rule form.demo counts other events: applies to new activity\n",
	 TOUCHES_ENGAGEMENT},
	{"after: 21d", "after: 30d", "~ inactivity after: 21d -> 30d\n", TOUCHES_ENGAGEMENT},
	{"if: lead.size > 3, points: 20", "if: lead.size > 3, points: 30",
	 "~ fit rule big: 20 -> 30 points\n", TOUCHES_FIT},
	{"lead.size > 3", "lead.size > 9", "~ fit rule big: lead.size > 3 -> lead.size > 9\n",
	 TOUCHES_FIT},
	{"{name: big", "{name: large",
	 "+ new fit rule large: +20 points\n- fit rule big is gone: its 20 points too\n",
	 TOUCHES_FIT},
	{"down: 50", "down: 40", "~ hot until below 50 -> 40\n", TOUCHES_TIERS},
	{"tiers: {hot", "weights: {fit: 40%, engagement: 60%}\n  tiers: {hot",
	 "~ weight of fit: 0.5 -> 0.4\n~ weight of engagement: 0.5 -> 0.6\n", TOUCHES_TIERS},
	{"fit: 20}]", "fit: 10}]", "~ entry rule ref: 20 -> 10 points of fit, for new leads\n",
	 TOUCHES_ENTRY},
	{"source: referral", "source: [referral, friend]",
	 "~ entry rule ref takes other leads from now on\n", TOUCHES_ENTRY},
	{"us: opt_out", "us: opt_in", "~ region us: opt_out -> opt_in\n", TOUCHES_CONSENT},
	{"us: opt_out", "ca: opt_out",
	 "+ new region ca: opt_out\n- region us is gone (it was opt_out)\n", TOUCHES_CONSENT},
	{"goal: won", "goal: reply", "~ goal: won -> reply\n~ outcomes: won -> reply\n", 0},
	{"fin: ", "money: ", "+ new persona money: lead.title == \"y\"\n- persona fin is gone\n",
	 TOUCHES_FIT},
	{"ops: lead.title == \"x\", fin: lead.title == \"y\"",
	 "fin: lead.title == \"y\", ops: lead.title == \"x\"",
	 "~ persona fin is asked as number 1, was 2: the first that holds wins\n"
	 "~ persona ops is asked as number 2, was 1: the first that holds wins\n",
	 TOUCHES_FIT},
	{"views: {kind: count", "views: {kind: recency",
	 "~ feature views is computed differently: what leads remember of it goes on under the new "
	 "rule\n",
	 TOUCHES_FEATURES},
	{"size: number", "size: int", "~ field lead.size is read differently\n",
	 TOUCHES_FIT | TOUCHES_ENGAGEMENT},
	{"from: i@x.example", "from: j@x.example",
	 "~ sender's address: i@x.example -> j@x.example\n~ answers go to: i@x.example -> "
	 "j@x.example\n",
	 TOUCHES_SENDER},
	{"nurture: 1\n", "# a comment\nnurture: 1\n", "", 0},
};

static struct program *load(struct str text, struct arena *a)
{
	struct program *p;
	struct program_report r;
	struct err e;
	if (program_load(text, a, &p, &r, &e) != ST_OK)
		fail_msg("%s\n" STR_FMT, e.text, STR_ARG(text));
	return p;
}

static struct str edited(const char *from, const char *to, struct arena *a)
{
	struct str text = str_of(base), needle = str_of(from);
	size_t at = str_find(text, needle);
	assert_true(at < text.n);
	return arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(str_slice(text, 0, at)), to,
			    STR_ARG(str_slice(text, at + needle.n, text.n)));
}

static void test_edits(void **state)
{
	size_t failed = 0;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena a;
		struct buf b;
		struct program_diff d;
		struct err e;
		arena_init(&a, 64 << 20);
		buf_init(&b, 1 << 16);
		struct program *old = load(str_of(base), &a);
		struct program *new = load(edited(cases[i].from, cases[i].to, &a), &a);
		assert_int_equal(program_diff(old, new, &a, &d, &e), ST_OK);
		program_diff_text(&d, &b);
		if (!str_is(buf_view(&b), cases[i].lines) || d.touches != cases[i].touches) {
			fprintf(stderr, "%s -> %s: touches %u\n" STR_FMT, cases[i].from,
				cases[i].to, d.touches, STR_ARG(buf_view(&b)));
			failed++;
		}
		program_destroy(&old);
		program_destroy(&new);
		buf_finish(&b);
		arena_finish(&a);
	}
	assert_int_equal(failed, 0);
}

static void test_first_program(void **state)
{
	struct arena a;
	struct buf b;
	struct program_diff d;
	struct err e;
	(void)state;
	arena_init(&a, 64 << 20);
	buf_init(&b, 1 << 16);
	struct program *p = load(str_of(base), &a);
	assert_int_equal(program_diff(NULL, p, &a, &d, &e), ST_OK);
	program_diff_text(&d, &b);
	assert_true(str_starts(buf_view(&b), STR("+ the first program: p\n")));
	assert_true(str_find(buf_view(&b), STR("+ new fit rule big")) < b.n);
	assert_true(str_find(buf_view(&b), STR("~ ")) == b.n);
	buf_reset(&b);
	program_diff_json(&d, &b);
	assert_true(str_starts(buf_view(&b),
			       STR("[{\"kind\":\"added\",\"section\":\"program\",\"name\":\"p\"")));
	program_destroy(&p);
	buf_finish(&b);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_first_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
