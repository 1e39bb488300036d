/* SPDX-License-Identifier: Apache-2.0
 * test_bandit_log.c: logs of decisions in both spellings, what is refused and where, and the
 * reward model made from them. */
#include "base/test.h"
#include "evaluate/bandit_log.h"

#include <math.h>

static struct bandit_log parsed;

static void spellings(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text;
		size_t n, actions, positions;
		bool has_new, has_model, has_lead;
	} cases[] = {
		{"reference", "a,r,pb_a,pe_a,qhat_a,vdm\n1,0,0.5,0.1,0.2,0.3\n2,1,0.5,0,0.2,0.3\n",
		 2, 2, 1, true, true, false},
		{"open bandit",
		 ",timestamp,item_id,position,click,propensity_score,x\n0,t,7,2,0,0.25,z\n"
		 "1,t,7,3,1,0.5,z\r\n",
		 2, 1, 2, false, false, false},
		{"json lines",
		 "{\"lead\":\"s\\u0061ra\",\"action\":\"angle:roi\",\"p\":0.5,\"reward\":1}\n"
		 "\n{\"lead\":\"sara\",\"action\":\"wait\",\"p\":1,\"reward\":0,\"more\":[1]}\n",
		 2, 2, 1, false, false, true},
		{"no last newline", "action,reward,p\na,1,1", 1, 1, 1, false, false, false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena a;
		struct err e = {.text = ""};
		arena_init(&a, (size_t)8 << 20);
		enum status st = bandit_log_read(str_of(cases[i].text), &a, &parsed, &e);
		if (st != ST_OK)
			fail_msg("%s: %s", cases[i].name, e.text);
		CHECK_ROW(cases[i].name, parsed.n == cases[i].n);
		CHECK_ROW(cases[i].name, parsed.actions_n == cases[i].actions);
		CHECK_ROW(cases[i].name, parsed.positions_n == cases[i].positions);
		CHECK_ROW(cases[i].name, parsed.has_new == cases[i].has_new);
		CHECK_ROW(cases[i].name, parsed.has_model == cases[i].has_model);
		CHECK_ROW(cases[i].name, parsed.has_lead == cases[i].has_lead);
		CHECK_ROW(cases[i].name, !cases[i].has_lead || parsed.rows[1].row.cluster ==
								       parsed.rows[0].row.cluster);
		arena_finish(&a);
	}
}

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "no rows"},
		{"action,reward,p\n", "no rows"},
		{"action,p\na,1\n", "no column \"reward\""},
		{"action,reward,p\na,1,0\n", "line 2: p must be a probability"},
		{"action,reward,p\na,1,1.5\n", "line 2: p must be a probability"},
		{"action,reward,p\na,1,0.5\nb,x,0.5\n", "line 3: reward is no number: \"x\""},
		{"action,reward,p\na,nan,0.5\n", "reward is no number"},
		{"action,reward,p\na,1\n", "line 2 has no p"},
		{"action,reward,p,harm\na,1,1,1\na,1,1,5\n", "line 3: harm is 5"},
		{"action,reward,p,harm\na,1,1,-1\n", "line 2: harm is -1"},
		{"action,reward,p,p_new\na,1,1,-0.1\n", "line 2: p_new must be a probability"},
		{"{\"action\":\"a\",\"p\":1}\n", "no column \"reward\""},
		{"{\"action\":\"a\",\"p\":1,\"reward\":1}\n{\"action\":\"a\",\"p\":1}\n",
		 "line 2 has no reward"},
		{"{\"action\":\"a\",\"p\":1,\"reward\":1}\n{", "line 2"},
		{"{\"action\":[1],\"p\":1,\"reward\":1}\n", "no column \"action\""},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena a;
		struct err e = {.text = ""};
		arena_init(&a, (size_t)8 << 20);
		CHECK_ROW(cases[i].text,
			  bandit_log_read(str_of(cases[i].text), &a, &parsed, &e) == ST_INVALID);
		if (strstr(e.text, cases[i].says) == NULL)
			fail_msg("%s: said %s", cases[i].text, e.text);
		arena_finish(&a);
	}
}

#define LOG "action,position,reward,p\nx,1,1,0.5\ny,1,0,0.5\nx,1,0,0.5\ny,1,1,0.5\nx,2,1,0.5\n"

static void policies_and_model(void **state)
{
	(void)state;
	struct arena a;
	struct err e = {.text = ""};
	struct bandit_policy table, always, uniform;
	struct evaluate_row *rows;
	arena_init(&a, (size_t)8 << 20);
	assert_int_equal(bandit_log_read(STR(LOG), &a, &parsed, &e), ST_OK);
	assert_int_equal(bandit_policy_read(STR("action,pos0,pos1\nx,0.8,0\ny,0.2,0.5\nz,0,0.5\n"),
					    &parsed, &a, &table, &e),
			 ST_OK);
	assert_int_equal(parsed.actions_n, 3); /* z was never taken */
	assert_int_equal(bandit_policy_always(&parsed, STR("y"), &a, &always, &e), ST_OK);
	assert_int_equal(bandit_policy_uniform(&parsed, &a, &uniform, &e), ST_OK);
	assert_int_equal(bandit_policy_always(&parsed, STR("w"), &a, &always, &e), ST_NOT_FOUND);
	assert_int_equal(bandit_rows(&parsed, &table, &a, &rows, &e), ST_OK);
	assert_true(fabs(rows[0].p_new - .8) < 1e-15 && fabs(rows[4].p_new) < 1e-15);
	/* Row 0 is even: its model is the odd half, rows 1 and 3: y at position 1, 0 and 1; x
	 * never. Their mean is .5: q(x) = .5 / 1, q(y) = (1 + .5) / 3 = .5. */
	assert_true(fabs(rows[0].q - .5) < 1e-15 && fabs(rows[0].v_dm - .5) < 1e-15);
	/* Row 1: rows 0, 2, 4: mean 2/3; x at 1: (1 + 2/3) / 3; y unseen: 2/3. */
	assert_true(fabs(rows[1].q - 2. / 3) < 1e-15);
	assert_true(fabs(rows[1].v_dm - (.8 * 5 / 9 + .2 * 2 / 3)) < 1e-15);
	assert_int_equal(bandit_rows(&parsed, &uniform, &a, &rows, &e), ST_OK);
	assert_true(fabs(rows[3].p_new - 1. / 3) < 1e-15);
	arena_finish(&a);
}

static void no_policies(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"x,0.5\n",
		"action,pos0,pos1\nx,0.5,0.5\ny,0.5,0.6\n",
		"action,pos0,pos1\nx,1\n",
		"action,pos0,pos1\nx,2,1\ny,-1,0\n",
	};
	struct arena a;
	struct err e;
	struct bandit_policy p;
	arena_init(&a, (size_t)8 << 20);
	assert_int_equal(bandit_log_read(STR(LOG), &a, &parsed, &e), ST_OK);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		CHECK_ROW(texts[i],
			  bandit_policy_read(str_of(texts[i]), &parsed, &a, &p, &e) == ST_INVALID);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings),
		cmocka_unit_test(refusals),
		cmocka_unit_test(policies_and_model),
		cmocka_unit_test(no_policies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
