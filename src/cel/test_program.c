/* SPDX-License-Identifier: Apache-2.0
 * test_program.c: evaluation ends. Each row would run (nearly) for ever, or fill any memory, and
 * must stop with ST_LIMIT inside its budget instead. */
#include "cel/test_help.h"

static enum status run(struct help *h, const char *source, uint64_t steps, size_t bytes)
{
	struct cel_activation act = help_act;
	struct cel_value v;
	struct arena scratch;
	struct err e;
	act.steps_max = steps;
	enum status st = help_compile(h, source, false);
	if (st != ST_OK)
		fail_msg("%s: %s", source, h->problem.text);
	arena_init(&scratch, bytes);
	st = cel_eval(h->prog, &act, &scratch, &v, &e);
	if (st == ST_LIMIT)
		assert_non_null(strstr(e.text, "steps or memory"));
	arena_finish(&scratch);
	return st;
}

#define TEN_A "aaaaaaaaaa"
#define TEN "[1, 2, 3, 4, 5, 6, 7, 8, 9, fit]"

static void stops(void **state)
{
	(void)state;
	static const char *const rows[] = {
		TEN ".all(a, " TEN ".all(b, " TEN ".all(c, " TEN ".all(d, " TEN ".all(e, " TEN
		    ".all(f, " TEN ".all(g, true)))))))",
		TEN ".map(a, " TEN ".map(b, " TEN ".map(c, " TEN ".map(d, " TEN ".map(e, " TEN
		    ".map(f, f)))))).size() > 0",
		"cel.bind(a, lead.title + lead.title + lead.title + lead.title, "
		"cel.bind(b, a + a + a + a + a + a + a + a, cel.bind(c, b + b + b + b + b + b, "
		"cel.bind(d, c + c + c + c + c + c + c + c, cel.bind(e, d + d + d + d + d + d, "
		"cel.bind(f, e + e + e + e + e + e + e + e, cel.bind(g, f + f + f + f + f + f, "
		"g + g + g + g))))))).size() > 0",
		"'" TEN_A TEN_A TEN_A TEN_A "'.replace('a', '" TEN_A TEN_A
		"').replace('a', '" TEN_A TEN_A "').matches('(?:a?a?a?){60}c' + "
		"lead.title)",
		"cel.bind(a, [fit, fit], cel.bind(b, [a, a, a, a, a, a, a, a], "
		"cel.bind(c, [b, b, b, b, b, b, b, b], cel.bind(d, [c, c, c, c, c, c, c, c], "
		"cel.bind(e, [d, d, d, d, d, d, d, d], cel.bind(f, [e, e, e, e, e, e, e, e], "
		"cel.bind(g, [f, f, f, f, f, f, f, f], [g, g, g, g] == [g, g, g, g])))))))",
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i], run(&h, rows[i], 0, 256u << 20) == ST_LIMIT);
	help_finish(&h);
}

static void counts_steps(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		uint64_t ok, short_of;
	} rows[] = {
		{TEN ".all(x, x > 0)", 60, 20},
		{"lead.title.matches('(?i)marketing')", 200, 10},
		{"lead.seen_at.getHours(fit > 0 ? 'Europe/Berlin' : '') > 0", 600, 100},
		{"size(" TEN " + " TEN ") == 20", 60, 4},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(rows[i].source, run(&h, rows[i].source, rows[i].ok, 1u << 20) == ST_OK);
		CHECK_ROW(rows[i].source,
			  run(&h, rows[i].source, rows[i].short_of, 1u << 20) == ST_LIMIT);
	}
	help_finish(&h);
}

static void stays_in_its_memory(void **state)
{
	(void)state;
	struct help h;
	help_init(&h);
	assert_int_equal(run(&h, "(lead.title + lead.title).size() > 0", 0, 64u << 10), ST_OK);
	assert_int_equal(run(&h, "(lead.title + lead.title).size() > 0", 0, 8), ST_LIMIT);
	assert_int_equal(run(&h, "[fit].map(x, [x]).size() > 0", 0, 8), ST_LIMIT);
	assert_int_equal(run(&h, "lead.employees > 50 && lead.title == 'x'", 0, 1), ST_OK);
	help_finish(&h);
}

static void refuses_what_is_too_large(void **state)
{
	(void)state;
	struct help h;
	struct buf b;
	help_init(&h);
	buf_init(&b, 1u << 20);
	buf_z(&b, "[0");
	for (int i = 0; i < 20000; i++)
		buf_z(&b, ",0");
	buf_z(&b, "]");
	buf_byte(&b, '\0');
	assert_int_equal(help_compile(&h, b.p, false), ST_LIMIT);
	buf_reset(&b);
	for (size_t i = 0; i <= CEL_SOURCE_BYTES_MAX; i++)
		buf_byte(&b, ' ');
	buf_byte(&b, '\0');
	assert_int_equal(help_compile(&h, b.p, false), ST_LIMIT);
	buf_reset(&b);
	for (int i = 0; i < 30; i++)
		buf_printf(&b, "[1].all(x%d, ", i);
	buf_z(&b, "true");
	for (int i = 0; i < 30; i++)
		buf_z(&b, ")");
	buf_byte(&b, '\0');
	assert_int_equal(help_compile(&h, b.p, false), ST_LIMIT);
	buf_finish(&b);

	struct arena tiny;
	arena_init(&tiny, 700);
	assert_int_equal(cel_compile(&help_env, STR("fit > 1 && fit < 2 && fit != 3"),
				     (struct cel_options){0}, &tiny, &h.prog, &h.problem),
			 ST_LIMIT);
	arena_finish(&tiny);
	help_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops),
		cmocka_unit_test(counts_steps),
		cmocka_unit_test(stays_in_its_memory),
		cmocka_unit_test(refuses_what_is_too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
