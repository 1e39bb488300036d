/* SPDX-License-Identifier: Apache-2.0
 * test_models.c: models in the fold: brought before they are named, replaced whole, refused with a
 * reason; and a replay of the log finds the same (teardown). */
#include "engine/models.h"
#include "engine/test_world.h"

#include "base/crypto.h"

#define HEAD "nurtured-model 1\n"
#define META(version) \
	"{\"slot\":\"test\",\"kind\":\"learn.test\",\"version\":\"" version \
	"\",\"created_us\":1,\"from_us\":0,\"to_us\":0,\"bytes\":7}\n"

static struct registry_hash hash_of(struct world *w, const char *file)
{
	struct registry_model m;
	struct err e;
	assert_int_equal(registry_decode(str_of(file), &w->arena, &m, &e), ST_OK);
	return m.hash;
}

static void bring(struct world *w, const char *file)
{
	struct str body;
	struct err e;
	assert_int_equal(models_put_body(str_of(file), &w->arena, &body, &e), ST_OK);
	orders(w, "model.put", arena_strz(&w->arena, body), EVENT_SYSTEM);
}

static void choose(struct world *w, const struct registry_choice *c)
{
	orders(w, "model.stage", arena_strz(&w->arena, models_stage_body(c, STR_NULL, &w->arena)),
	       EVENT_SYSTEM);
}

static bool count_row(void *ctx, struct store_key key, struct str value)
{
	(void)key, (void)value;
	++*(unsigned *)ctx;
	return true;
}

static unsigned dead_letters(struct world *w)
{
	unsigned n = 0;
	struct err e;
	assert_int_equal(
		store_scan(w->store, TABLE_DEAD_LETTER, SCAN_FROM(KEY_NUM(0)), count_row, &n, &e),
		ST_OK);
	return n;
}

static void brought_and_chosen(void **state)
{
	static const char a[] = HEAD META("v1") "weights", b[] = HEAD META("v2") "weights";
	struct world w;
	struct registry_choice c = {.slot = STR("test"), .percent = 25}, back;
	struct registry_model m;
	struct err e;
	(void)state;
	world_start(&w, &(struct engine_conf){.hand_over = NULL});
	c.champion = hash_of(&w, a);
	c.candidate = hash_of(&w, b);
	assert_int_equal(models_choice(w.store, c.slot, &w.arena, &back, &e), ST_NOT_FOUND);
	bring(&w, a);
	choose(&w, &c); /* b is not here yet */
	assert_int_equal(dead_letters(&w), 1);
	assert_int_equal(models_choice(w.store, c.slot, &w.arena, &back, &e), ST_NOT_FOUND);
	bring(&w, b);
	choose(&w, &c);
	choose(&w, &c);
	assert_int_equal(dead_letters(&w), 1);
	assert_int_equal(models_choice(w.store, c.slot, &w.arena, &back, &e), ST_OK);
	assert_string_equal(back.champion.hex, c.champion.hex);
	assert_int_equal(back.percent, 25);
	assert_int_equal(models_get(w.store, &back.candidate, &w.arena, &m, &e), ST_OK);
	check_str("bytes", m.bytes, "weights");
	c.candidate.hex[0] = '\0';
	c.percent = 0;
	choose(&w, &c);
	assert_int_equal(models_choice(w.store, c.slot, &w.arena, &back, &e), ST_OK);
	assert_string_equal(back.candidate.hex, "");
	teardown(&w);
}

static void refused(void **state)
{
	static const struct {
		const char *type, *body;
	} cases[] = {
		{"model.put", "{\"file\":\"?\"}"},
		{"model.put", "{\"file\":\"bm8gbW9kZWw=\"}"},
		{"model.put", "{}"},
		{"model.stage", "{\"slot\":\"cadence\"}"},
		{"model.stage",
		 "{\"slot\":\"A b\",\"champion\":\"\",\"candidate\":\"\",\"percent\":0}"},
	};
	struct world w;
	(void)state;
	world_start(&w, &(struct engine_conf){.hand_over = NULL});
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		orders(&w, cases[i].type, cases[i].body, EVENT_SYSTEM);
		CHECK_ROW(cases[i].body, dead_letters(&w) == i + 1);
	}
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brought_and_chosen),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
