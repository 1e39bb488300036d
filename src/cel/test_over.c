/* SPDX-License-Identifier: Apache-2.0
 * test_over.c: what a condition may come to while a number moves: tables, and random expressions
 * of which every value in the bounds is tried. */
#include "cel/over.h"

#include "base/random.h"
#include "cel/test_help.h"

#include <math.h>

/* score and lead.employees move; everything else stands still. */
static bool moves(void *ctx, uint32_t slot, uint32_t field, struct cel_bounds *out)
{
	*out = *(const struct cel_bounds *)ctx;
	return slot == 5 || (slot == 0 && field == 0);
}

static unsigned over_within(struct help *h, uint64_t steps_max, double lo, double hi)
{
	struct cel_bounds b = {lo, hi};
	struct cel_activation act = help_act;
	act.steps_max = steps_max;
	const struct cel_span span = {.act = &act, .moves = moves, .ctx = &b};
	return cel_over(h->prog, &span, &h->arena);
}

static unsigned over_of(struct help *h, double lo, double hi)
{
	return over_within(h, 0, lo, hi);
}

#define T CEL_OVER_TRUE
#define F CEL_OVER_FALSE
#define E (CEL_OVER_TRUE | CEL_OVER_FALSE)
#define B (E | CEL_OVER_BLIND)

static void test_rows(void **state)
{
	static const struct {
		const char *text;
		double lo, hi;
		unsigned want;
	} rows[] = {
		{"score < 5.0", 1, 4, T},
		{"score < 5.0", 5, 9, F},
		{"score < 5.0", 4, 5, E},
		{"score <= 5.0", 4, 5, T},
		{"score <= 5.0", 5.5, 6, F},
		{"score > 5.0", 5, 5, F},
		{"score >= 5.0", 5, 5, T},
		{"5.0 < score", 5, 6, E},
		{"score == 5.0", 5, 5, T},
		{"score == 5.0", 4, 6, E},
		{"score == 5.0", 6, 7, F},
		{"score != 5.0", 6, 7, T},
		{"score != 5.0", 4, 6, E},
		{"score >= 5", 5, 6, T}, /* a whole number */
		{"score > 2.0 && score < 4.0", 2.5, 3, T},
		{"score > 2.0 && score < 4.0", 5, 6, F},
		{"score > 2.0 && score < 4.0", 1, 3, E},
		{"score < 2.0 || score > 4.0", 2, 4, F},
		{"score < 2.0 || score > 4.0", 5, 6, T},
		{"!(score < 2.0)", 0, 1, F},
		{"!(score < 2.0)", 2, 3, T},
		{"fit > 90 && score > 2.0", 0, 9, F}, /* stands still, and decides */
		{"fit > 70 || score > 2.0", 0, 9, T},
		{"fit > 70 && score > 2.0", 0, 9, E},
		{"fit > 70 ? score > 2.0 : score < 0.0", 3, 4, T},
		{"score > 2.0 ? fit > 70 : fit < 70", 1, 3, E},
		{"lead.country == \"DE\" && score > 2.0", 3, 4, F}, /* not known */
		{"lead.country == \"DE\" || score > 2.0", 3, 4, T},
		{"lead.country == \"DE\" || score > 2.0", 1, 4, E},
		{"event.type == \"pricing_view\" && score > 2.0", 3, 4, T},
		{"score + 1.0 > 3.0", 2.5, 3, T},
		{"1.0 - score > 0.0", 2, 3, F},
		{"score * score > 3.0", -1, 1, F},
		{"-score < -2.0", 3, 4, T},
		{"1.0 / score > 0.2", 1, 4, T},
		{"1.0 / score > 0.2", -1, 4, E},
		{"score / 2.0 == 1.0", 2, 2, T},
		{"double(fit) > score", 1, 2, T}, /* a function, of what stands still */
		{"int(score) > 2", 3, 4, B},
		{"fit < 70 && int(score) > 2", 3, 4, F},
		{"[1.0, 2.0].exists(x, x > score)", 3, 4, B},
		{"[1.0, 2.0].exists(x, x > any)", 3, 4, F},
		{"score == any", 1, 2, F},
		{"score > 2.0", NAN, NAN, B},
		{"has(lead.employees) && score > 2.0", 3, 4, T}, /* it moves, but is there */
		{"has(lead.employees)", NAN, NAN, B},
		{"!has(lead.country) && score > 2.0", 3, 4, T},
		{"fit > 70", 0, 9, T},
		{"true", 0, 9, T},
	};
	struct help h;
	(void)state;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (help_compile(&h, rows[i].text, false) != ST_OK)
			fail_msg("%s: %s", rows[i].text, h.problem.text);
		unsigned got = over_of(&h, rows[i].lo, rows[i].hi);
		if (got != rows[i].want)
			fail_msg("%s in [%g, %g]: %u, want %u", rows[i].text, rows[i].lo,
				 rows[i].hi, got, rows[i].want);
	}
	help_finish(&h);
}

/* A large operand is evaluated once, however many operators stand above it: what evaluation has
 * steps for, this has too. And what they do not suffice for is not taken for false. */
static void test_budget(void **state)
{
	static const char text[] = "double([1, 2, 3, 4, 5, 6].map(x, x + x + x).size()) + 1.0 + "
				   "1.0 + 1.0 + 1.0 + 1.0 > 10.0 && -(-score) != 0.0";
	struct cel_activation act = help_act;
	struct help h;
	bool holds;
	unsigned blind = 0;
	(void)state;
	help_init(&h);
	assert_int_equal(help_compile(&h, text, false), ST_OK);
	for (act.steps_max = 1; act.steps_max < 200; act.steps_max++) {
		enum status st =
			cel_eval_bool(h.prog, &act, &h.arena, CEL_ABSENT_IS_FALSE, &holds, NULL);
		unsigned set = over_within(&h, act.steps_max, 1, 2);
		holds = st == ST_OK && holds;
		if (set != (holds ? T : B))
			fail_msg("%u steps: %u, and it is %d", (unsigned)act.steps_max, set, holds);
		blind += !holds;
	}
	assert_true(holds);
	assert_in_range(blind, 20, 100);
	help_finish(&h);
}

/* ---- random expressions ---- */

static void random_number(struct rng *r, struct buf *b, unsigned depth)
{
	static const char *const ops[] = {"+", "-", "*", "/"};
	switch (depth ? rng_below(r, 4) : rng_below(r, 2)) {
	case 0: buf_z(b, "score"); return;
	case 1: buf_printf(b, "%d.%d", (int)rng_below(r, 7), (int)rng_below(r, 10)); return;
	case 2:
		buf_z(b, "(-");
		random_number(r, b, depth - 1);
		break;
	default:
		buf_z(b, "(");
		random_number(r, b, depth - 1);
		buf_printf(b, " %s ", ops[rng_below(r, COUNT_OF(ops))]);
		random_number(r, b, depth - 1);
		break;
	}
	buf_z(b, ")");
}

static void random_truth(struct rng *r, struct buf *b, unsigned depth)
{
	static const char *const orders[] = {"<", "<=", ">", ">=", "==", "!="};
	static const char *const still[] = {"fit > 70", "lead.country == \"DE\"", "false"};
	buf_z(b, "(");
	switch (depth ? rng_below(r, 6) : rng_below(r, 2)) {
	case 0: buf_z(b, still[rng_below(r, COUNT_OF(still))]); break;
	case 2:
		buf_z(b, "!");
		random_truth(r, b, depth - 1);
		break;
	case 3:
		random_truth(r, b, depth - 1);
		buf_z(b, rng_below(r, 2) ? " && " : " || ");
		random_truth(r, b, depth - 1);
		break;
	case 4:
		random_truth(r, b, depth - 1);
		buf_z(b, " ? ");
		random_truth(r, b, depth - 1);
		buf_z(b, " : ");
		random_truth(r, b, depth - 1);
		break;
	default:
		random_number(r, b, 2);
		buf_printf(b, " %s ", orders[rng_below(r, COUNT_OF(orders))]);
		random_number(r, b, 2);
		break;
	}
	buf_z(b, ")");
}

static bool holds_at(struct help *h, double score)
{
	struct cel_value at = cel_of_double(score);
	const struct cel_value *slots[COUNT_OF(help_slots)];
	const struct cel_activation act = {.slots = slots, .slot_count = COUNT_OF(help_slots)};
	bool holds = false;
	memcpy(slots, help_slots, sizeof slots);
	slots[5] = &at;
	enum status st = cel_eval_bool(h->prog, &act, &h->arena, CEL_ABSENT_IS_FALSE, &holds, NULL);
	return st == ST_OK && holds;
}

static void check_random(struct help *h, const char *text, struct rng *r)
{
	double lo = (double)rng_below(r, 60) / 10, hi = lo + (double)rng_below(r, 30) / 10;
	unsigned set = over_of(h, lo, hi);
	for (unsigned i = 0; i <= 20; i++) {
		double at = i == 20 ? hi : lo + (hi - lo) * (double)i / 20;
		unsigned want = holds_at(h, at) ? T : F;
		if (!(set & want))
			fail_msg("%s in [%g, %g]: %u, but at %.17g it is %u", text, lo, hi, set, at,
				 want);
	}
}

static void test_sound(void **state)
{
	struct help h;
	struct rng r;
	struct arena texts;
	unsigned told = 0;
	(void)state;
	help_init(&h);
	arena_init(&texts, 1u << 20);
	rng_seed(&r, 7);
	for (unsigned i = 0; i < 3000; i++) {
		struct buf b;
		arena_reset(&texts);
		buf_init_arena(&b, &texts, 1u << 19);
		random_truth(&r, &b, 3);
		buf_byte(&b, 0);
		assert_true(buf_ok(&b));
		const char *text = b.p;
		if (help_compile(&h, text, false) != ST_OK)
			fail_msg("%s: %s", text, h.problem.text);
		for (unsigned k = 0; k < 5; k++)
			check_random(&h, text, &r);
		told += over_of(&h, 2, 2.5) == T || over_of(&h, 2, 2.5) == F;
	}
	assert_in_range(told, 1500, 3000); /* it does not just answer "either" */
	arena_finish(&texts);
	help_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
