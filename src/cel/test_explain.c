/* SPDX-License-Identifier: Apache-2.0
 * test_explain.c: which clause decided, with which values; what a program reads. */
#include "cel/test_help.h"

static void write_clause(void *ctx, const struct cel_clause *c)
{
	static const char *const ops[] = {"", "and ", "or ", "not "};
	static const char *const verdicts[] = {"false", "true", "error"};
	struct buf *b = ctx;
	buf_printf(b, "%u %s%s [%u+%u]", c->depth, ops[c->op], verdicts[c->verdict], c->offset,
		   c->length);
	for (size_t i = 0; i < c->read_count; i++) {
		buf_printf(b, " " STR_FMT "=", STR_ARG(c->reads[i].name));
		cel_value_text(c->reads[i].value, b);
	}
	if (c->error.n > 0)
		buf_printf(b, " (" STR_FMT ")", STR_ARG(c->error));
	buf_byte(b, '\n');
}

static void explains(void **state)
{
	(void)state;
	static const struct {
		const char *source, *want;
	} rows[] = {
		{"fit > 80", "0 false [0+8] fit=71\n"},
		{"fit > 70 && event.type == 'x'", "0 and false [0+29]\n"
						  "1 true [0+8] fit=71\n"
						  "1 false [12+17] event.type=\"pricing_view\"\n"},
		{"lead.country == 'DE' || (fit > 1 && !(fit > 2))",
		 "0 or error [0+47] (lead.country: not known: ask with has() first)\n"
		 "1 error [0+20] lead.country=not known (lead.country: not known: ask with has() "
		 "first)\n"
		 "1 and false [24+23]\n"
		 "2 true [25+7] fit=71\n"
		 "2 not false [36+10]\n"
		 "3 true [37+9] fit=71\n"},
		{"props.plan == 'pro'", "0 true [0+19] props={\"plan\": \"pro\", \"seats\": 7}\n"},
		{"fit + fit > lead.employees", "0 true [0+26] fit=71 lead.employees=120\n"},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf b;
		assert_int_equal(help_compile(&h, rows[i].source, false), ST_OK);
		buf_init_arena(&b, &h.arena, 8192);
		cel_explain(h.prog, &help_act, &h.arena, write_clause, &b);
		check_str(rows[i].source, buf_view(&b), rows[i].want);
	}
	help_finish(&h);
}

static void write_field(void *ctx, uint32_t slot, uint32_t field, struct str name)
{
	buf_printf(ctx, STR_FMT ":%u.%u ", STR_ARG(name), slot, field);
}

static void names_what_it_reads(void **state)
{
	(void)state;
	static const struct {
		const char *source, *want;
	} rows[] = {
		{"1 + 1 == 2", ""},
		{"fit > 1 && fit < lead.employees && has(lead.country)",
		 "fit:3.0 lead.employees:0.0 lead.country:0.3 "},
		{"props.plan == 'a' || [1].exists(x, x == fit)", "props:2.0 fit:3.0 "},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf b;
		assert_int_equal(help_compile(&h, rows[i].source, false), ST_OK);
		buf_init_arena(&b, &h.arena, 1024);
		cel_fields(h.prog, write_field, &b);
		check_str(rows[i].source, buf_view(&b), rows[i].want);
		check_str(rows[i].source, cel_prog_source(h.prog), rows[i].source);
	}
	help_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains),
		cmocka_unit_test(names_what_it_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
