/* SPDX-License-Identifier: Apache-2.0
 * test_beside.c: what a version may differ in to stand beside another, and how the two are
 * compared. */
#include "base/test.h"

#include "program/beside.h"

#define HEAD "nurture: 1\nprogram: p\ngoal: won\n"
#define SENDER "send_as: {name: I, from: i@x.example}\n"
#define KNOWN \
	"scoring:\n  fit: [{name: big, if: lead.known, points: 20}]\n" \
	"features: {views: {kind: count, of: page.*}, forms: {kind: count, of: form.*}}\n"
#define TRACKS "tracks: {early: {cadence: 7d, sequence: [{send: cost}]}}\n"
static const char now[] = HEAD SENDER KNOWN TRACKS;

/* The second beside the first; NULL: it may stand there, else the keys that are named. */
static const struct {
	const char *next, *keys;
} cases[] = {
	{HEAD SENDER KNOWN TRACKS, NULL},
	{"# said differently\n" HEAD TRACKS KNOWN SENDER, NULL},
	{HEAD SENDER KNOWN "tracks: {early: {cadence: 3d, sequence: [{send: other}]}}\n"
			   "triggers: [{name: t, when: fit > 3, move: early}]\n"
			   "guardrails: {cool_down: 3d}\n",
	 NULL},
	{HEAD "send_as: {name: J, from: i@x.example}\n" KNOWN TRACKS, NULL},
	{HEAD SENDER KNOWN TRACKS "teams: {a: {reps: [{name: S, email: s@x.example}]}}\n",
	 "differs in teams:"},
	{HEAD SENDER TRACKS "scoring:\n  fit: [{name: big, if: lead.known, points: 30}]\n",
	 "differs in scoring, features:"},
	{"nurture: 1\nprogram: q\ngoal: lost\n" SENDER KNOWN TRACKS, "differs in program, goal:"},
	/* Counted in another order, they are others. */
	{HEAD SENDER TRACKS "scoring:\n  fit: [{name: big, if: lead.known, points: 20}]\n"
			    "features: {forms: {kind: count, of: form.*}, views: {kind: count, "
			    "of: page.*}}\n",
	 "differs in features:"},
	{HEAD SENDER KNOWN TRACKS "experiments: {holdout: {percent: 5}}\n",
	 "differs in experiments:"},
};

static void test_what_may_differ(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena a;
		struct err e;
		err_clear(&e);
		arena_init(&a, 1 << 20);
		enum status st = program_beside_fits(str_of(now), str_of(cases[i].next), &a, &e);
		bool named = cases[i].keys != NULL && strstr(e.text, cases[i].keys) != NULL;
		if (cases[i].keys == NULL ? st != ST_OK : st != ST_CONFLICT || !named)
			fail_msg("case %zu: %s: %s", i, status_name(st), e.text);
		arena_finish(&a);
	}
}

static void test_without_tracks_nothing_is_compared(void **state)
{
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(program_beside_fits(STR(HEAD SENDER KNOWN), str_of(now), &a, &e),
			 ST_CONFLICT);
	assert_non_null(strstr(e.text, "has none"));
	arena_finish(&a);
}

static const struct {
	const char *text, *out; /* NULL: refused */
} terms[] = {
	{"{\"share\":10}", "{\"share\":10,\"metric\":\"goal\",\"min_lift\":0.1}"},
	{"{\"share\":20,\"metric\":\"accepted\",\"min_lift\":0,\"rule\":{\"then\":\"ship\"}}",
	 "{\"share\":20,\"metric\":\"accepted\",\"min_lift\":0,\"rule\":{\"then\":\"ship\","
	 "\"least\":100}}"},
	{"{\"share\":1,\"rule\":{\"then\":\"tell\",\"least\":300,\"guard\":\"left\","
	 "\"guard_most\":0.02,\"within\":\"60d\"}}",
	 "{\"share\":1,\"metric\":\"goal\",\"min_lift\":0.1,\"rule\":{\"then\":\"tell\",\"least\":"
	 "300,\"guard\":\"left\",\"guard_most\":0.02,\"within\":\"60d\"}}"},
	{"{}", NULL},
	{"{\"share\":0}", NULL},
	{"{\"share\":91}", NULL},
	{"{\"share\":10.5}", NULL},
	{"{\"share\":10,\"metric\":\"clicks\"}", NULL},
	{"{\"share\":10,\"min_lift\":2}", NULL},
	{"{\"share\":10,\"rule\":{}}", NULL},
	{"{\"share\":10,\"rule\":{\"then\":\"go\"}}", NULL},
	{"{\"share\":10,\"rule\":{\"then\":\"ship\",\"least\":10}}", NULL},
	{"{\"share\":10,\"rule\":{\"then\":\"ship\",\"guard\":\"left\"}}", NULL},
	{"{\"share\":10,\"rule\":{\"then\":\"ship\",\"within\":\"1h\"}}", NULL},
};

static void test_how_it_is_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
		struct arena a;
		struct err e;
		struct json d;
		struct json_w w;
		struct buf out;
		struct program_beside x;
		arena_init(&a, 1 << 20);
		assert_int_equal(json_parse(str_of(terms[i].text), JSON_LIMITS_EVENT, &a, &d, &e),
				 ST_OK);
		enum status st = program_beside_read(&d, 0, &a, &x, &e);
		assert_int_equal(st, terms[i].out ? ST_OK : ST_INVALID);
		if (st == ST_OK) {
			buf_init_arena(&out, &a, 1024);
			json_w_init(&w, &out);
			json_w_object(&w);
			program_beside_put(&x, &w);
			json_w_end(&w);
			if (!str_is(buf_view(&out), terms[i].out))
				fail_msg("case %zu: " STR_FMT, i, STR_ARG(buf_view(&out)));
		}
		arena_finish(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_may_differ),
		cmocka_unit_test(test_without_tracks_nothing_is_compared),
		cmocka_unit_test(test_how_it_is_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
