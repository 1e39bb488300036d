/* SPDX-License-Identifier: Apache-2.0
 * test_help.h: expressions as rows of a table: source in, text of the value or of the error out.
 */
#ifndef CEL_TEST_HELP_H
#define CEL_TEST_HELP_H

#include "cel/cel.h"

#include "base/test.h"

#include <stdlib.h>

/* lead.employees 120, lead.title "VP Marketing", lead.seen_at 2026-03-01T12:00:00Z, lead.country
 * absent, lead.page.url "https://a.example/pricing", event.type "pricing_view", props a map
 * {"plan": "pro", "seats": 7}, fit 71, any 2.5 (dyn), score 2.5
 * (double). */
static const struct cel_field help_lead_fields[] = {
	{STR("employees"), &cel_int, 0},     {STR("title"), &cel_string, 1},
	{STR("seen_at"), &cel_timestamp, 2}, {STR("country"), &cel_string, 3},
	{STR("page.url"), &cel_string, 4},
};
static const struct cel_field help_event_fields[] = {{STR("type"), &cel_string, 0}};
static const struct cel_object help_lead = {STR("lead"), help_lead_fields, 5};
static const struct cel_object help_event = {STR("event"), help_event_fields, 1};
static const struct cel_type help_lead_type = {.kind = CEL_OBJECT, .object = &help_lead};
static const struct cel_type help_event_type = {.kind = CEL_OBJECT, .object = &help_event};
static const struct cel_decl help_decls[] = {
	{STR("lead"), &help_lead_type, 0},
	{STR("event"), &help_event_type, 1},
	{STR("props"), &cel_map_string_dyn, 2},
	{STR("fit"), &cel_int, 3},
	{STR("any"), &cel_dyn, 4},
	{STR("score"), &cel_double, 5},
};
static const struct cel_env help_env = {.decls = help_decls, .decl_count = COUNT_OF(help_decls)};

static const struct cel_value help_pairs[] = {
	{.kind = CEL_STRING, .n = 4, .p = "plan"},
	{.kind = CEL_STRING, .n = 3, .p = "pro"},
	{.kind = CEL_STRING, .n = 5, .p = "seats"},
	{.kind = CEL_INT, .i = 7},
};
static const struct cel_map help_map = {.pairs = help_pairs};
static const struct cel_value help_lead_values[] = {
	{.kind = CEL_INT, .i = 120},
	{.kind = CEL_STRING, .n = 12, .p = "VP Marketing"},
	{.kind = CEL_TIMESTAMP, .i = 1772366400},
	{.kind = CEL_ABSENT},
	{.kind = CEL_STRING, .n = 25, .p = "https://a.example/pricing"},
};
static const struct cel_value help_event_values[] = {
	{.kind = CEL_STRING, .n = 12, .p = "pricing_view"},
};
static const struct cel_value help_props = {.kind = CEL_MAP, .n = 2, .map = &help_map};
static const struct cel_value help_fit = {.kind = CEL_INT, .i = 71};
static const struct cel_value help_score = {.kind = CEL_DOUBLE, .d = 2.5};
static const struct cel_value help_any = {.kind = CEL_DOUBLE, .d = 2.5};
static const struct cel_value *const help_slots[] = {
	help_lead_values, help_event_values, &help_props, &help_fit, &help_any, &help_score};
static const struct cel_activation help_act = {.slots = help_slots,
					       .slot_count = COUNT_OF(help_slots)};

struct help {
	struct arena arena;
	struct cel_prog *prog;
	struct cel_problem problem;
};

static inline void help_init(struct help *h)
{
	*h = (struct help){.prog = NULL};
	arena_init(&h->arena, 64u << 20);
}

static inline void help_finish(struct help *h)
{
	arena_finish(&h->arena);
}

static inline enum status help_compile(struct help *h, const char *source, bool dynamic)
{
	arena_reset(&h->arena);
	return cel_compile(&help_env, str_of(source), (struct cel_options){.dynamic = dynamic},
			   &h->arena, &h->prog, &h->problem);
}

/* "refused: ...", "error: ..." or the value as text. */
static inline struct str help_text(struct help *h, const char *source, bool dynamic)
{
	struct cel_value v;
	struct err e;
	struct buf b;
	if (help_compile(h, source, dynamic) != ST_OK)
		return arena_printf(&h->arena, "refused: %s", h->problem.text);
	if (cel_eval(h->prog, &help_act, &h->arena, &v, &e) != ST_OK)
		return arena_printf(&h->arena, "error: %s", e.text);
	buf_init_arena(&b, &h->arena, 1u << 20);
	cel_value_text(v, &b);
	return buf_view(&b);
}

struct help_row {
	const char *source, *want; /* want ending in "...": only the start is compared */
};

static inline void help_rows(const struct help_row *rows, size_t n, bool dynamic)
{
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < n; i++) {
		struct str got = help_text(&h, rows[i].source, dynamic),
			   want = str_of(rows[i].want);
		if (str_ends(want, STR("...")))
			got = str_slice(got, 0, want.n - 3), want = str_slice(want, 0, want.n - 3);
		if (!str_eq(got, want))
			fail_msg("%s: got \"" STR_FMT "\", want \"" STR_FMT "\"", rows[i].source,
				 STR_ARG(got), STR_ARG(want));
	}
	help_finish(&h);
}

#endif
