/* SPDX-License-Identifier: Apache-2.0
 * fuzz_cel.c: any text as an expression, checked and unchecked, evaluated and explained over a
 * small environment. Whatever it is, it ends: within its steps and its memory; and what it comes to
 * is among what is said of it while a number moves. */
#include "cel/over.h"

#include "base/assert.h"

#define MEMORY_BYTES_MAX (8u << 20)
#define STEPS_MAX 20000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cel_field lead_fields[] = {
	{STR("employees"), &cel_int, 0},     {STR("title"), &cel_string, 1},
	{STR("seen_at"), &cel_timestamp, 2}, {STR("tags"), &cel_list_dyn, 3},
	{STR("page.url"), &cel_string, 4},
};
static const struct cel_object lead = {STR("lead"), lead_fields, 5};
static const struct cel_type lead_type = {.kind = CEL_OBJECT, .object = &lead};
static const struct cel_decl decls[] = {
	{STR("lead"), &lead_type, 0},
	{STR("m"), &cel_map_string_dyn, 1},
	{STR("x"), &cel_dyn, 2},
};
static const struct cel_value tags[] = {
	{.kind = CEL_INT, .i = 1},
	{.kind = CEL_DOUBLE, .d = 2.5},
	{.kind = CEL_STRING, .n = 2, .p = "ab"},
};
static const struct cel_value pairs[] = {
	{.kind = CEL_STRING, .n = 1, .p = "a"},
	{.kind = CEL_INT, .i = 1},
	{.kind = CEL_STRING, .n = 1, .p = "b"},
	{.kind = CEL_LIST, .n = 3, .list = tags},
};
static const struct cel_map map = {.pairs = pairs};
static const struct cel_value lead_values[] = {
	{.kind = CEL_INT, .i = 120},
	{.kind = CEL_STRING, .n = 12, .p = "VP Marketing"},
	{.kind = CEL_TIMESTAMP, .i = 1800000000},
	{.kind = CEL_LIST, .n = 3, .list = tags},
	{.kind = CEL_ABSENT},
};
static const struct cel_value map_value = {.kind = CEL_MAP, .n = 2, .map = &map};
static const struct cel_value any_value = {.kind = CEL_DOUBLE, .d = -0.5};

static void count(void *ctx, const struct cel_clause *c)
{
	unsigned *clauses = ctx;
	*clauses += 1;
	ASSERT(c->verdict != CEL_IS_ERROR || c->error.n > 0);
}

/* x moves, between bounds that hold what it is. */
static bool moves(void *ctx, uint32_t slot, uint32_t field, struct cel_bounds *out)
{
	(void)field;
	*out = *(const struct cel_bounds *)ctx;
	return slot == 2;
}

static void check_over(const struct cel_prog *prog, const struct cel_activation *act,
		       struct arena *scratch)
{
	struct cel_bounds between = {-1, 0.25};
	const struct cel_span span = {.act = act, .moves = moves, .ctx = &between};
	bool holds = false;
	enum status st = cel_eval_bool(prog, act, scratch, CEL_ABSENT_IS_FALSE, &holds, NULL);
	unsigned set = cel_over(prog, &span, scratch);
	ASSERT(set & (st == ST_OK && holds ? CEL_OVER_TRUE : CEL_OVER_FALSE));
}

static void run(struct str text, bool dynamic)
{
	const struct cel_value *slots[] = {lead_values, &map_value, &any_value};
	struct cel_env env = {.decls = decls, .decl_count = 3, .container = STR("com.example")};
	struct cel_activation act = {.slots = slots, .slot_count = 3, .steps_max = STEPS_MAX};
	struct arena program, scratch;
	struct cel_prog *prog;
	struct cel_problem p;
	struct cel_value v;
	struct err e;
	unsigned clauses = 0;
	arena_init(&program, MEMORY_BYTES_MAX);
	arena_init(&scratch, MEMORY_BYTES_MAX);
	enum status st = cel_compile(&env, text, (struct cel_options){.dynamic = dynamic}, &program,
				     &prog, &p);
	if (st == ST_OK) {
		if (cel_eval(prog, &act, &scratch, &v, &e) == ST_OK) {
			struct buf b;
			buf_init_arena(&b, &scratch, 4096);
			cel_value_text(v, &b);
		}
		check_over(prog, &act, &scratch);
		cel_explain(prog, &act, &scratch, count, &clauses);
		ASSERT(clauses > 0);
	} else {
		ASSERT(p.text[0] != '\0' && p.offset <= text.n && p.length <= text.n - p.offset);
	}
	arena_finish(&scratch);
	arena_finish(&program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	run(text, false);
	run(text, true);
	return 0;
}
