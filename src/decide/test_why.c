/* SPDX-License-Identifier: Apache-2.0
 * test_why.c: what stands in the way, in the order it is asked, down to the first that does. */
#include "decide/test_decide.h"

/* The last reason of the answer. */
static const struct decide_reason *last(struct world *w, const char *name, size_t *n_r)
{
	const struct decide_reason *list = NULL;
	struct err e;
	w->facts.now_us = w->env.now_us;
	enum status st = decide_why_not(&w->d, str_of(name), &list, n_r, &e);
	if (st != ST_OK)
		fail_msg("%s", e.text);
	for (size_t i = 0; i + 1 < *n_r; i++)
		assert_true(list[i].holds);
	return &list[*n_r - 1];
}

static void nothing(struct world *w)
{
	(void)w;
}
static void stranger(struct world *w)
{
	w->lead.flags = 0;
}
static void from_france(struct world *w)
{
	parse(w, "{\"country\":\"FR\"}", &w->profile);
}
static void enter(struct world *w)
{
	(void)act(w, "form.ebook", 0, 0);
}
static void unsubscribed(struct world *w)
{
	enter(w);
	(void)act(w, "email.unsubscribe", 0, 0);
}
static void left_it(struct world *w)
{
	struct err e;
	enter(w);
	ok(w, decide_move(&w->d, NO_INDEX, STR("by hand"), &w->out, &e), &e);
}
static void no_address(struct world *w)
{
	enter(w);
	w->address[EMAIL] = STR_NULL;
}
static void quiet(struct world *w)
{
	enter(w);
	w->play.guardrails.quiet = (struct program_hours){0, 9 * 60, true};
}
static void condition(struct world *w)
{
	enter(w);
	w->steps[0][0].if_ = *cond_hot(w);
}
static void watched(struct world *w)
{
	enter(w);
	(void)due(w);
	(void)became(w, MESSAGE_SENT);
}
static void judged(struct world *w)
{
	watched(w);
	(void)on(w);
}

static const struct {
	void (*given)(struct world *w);
	const char *asked, *what, *value; /* value: a part of it */
	bool holds;
} rows[] = {
	{nothing, "awareness", "on no track", "free", true},
	{stranger, "awareness", "known lead", "identifier", false},
	{from_france, "awareness", "enter condition of track awareness", "lead.country is", false},
	{enter, "awareness", "track", "is on it, at step route-cost", true},
	{unsubscribed, "awareness", "automated messages", "email.unsubscribe", false},
	{left_it, "awareness", "re-entry", "once is all", false},
	{nothing, "consideration", "enter condition of track consideration", "only a move", false},
	{nothing, "route-cost", "track", "is on no track", false},
	{enter, "route-cost", "guard quiet_hours", "free", true},
	{enter, "dock-delays", "step", "is at step route-cost", false},
	{no_address, "route-cost", "guard no_address", "no address is known", false},
	{quiet, "route-cost", "guard quiet_hours", "08:00 in UTC", false},
	{condition, "route-cost", "condition of the step", "engagement is 20", false},
	{watched, "route-cost", "message", "is watched", true},
	{judged, "dock-delays", "cadence", "not before 2026-11-29", false},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		char row[80];
		size_t n = 0;
		world_init(&w);
		rows[i].given(&w);
		struct journey before = w.journey;
		const struct decide_reason *x = last(&w, rows[i].asked, &n);
		snprintf(row, sizeof row, "row %zu (%s)", i, rows[i].asked);
		check_str(row, x->what, rows[i].what);
		if (str_find(x->value, str_of(rows[i].value)) == x->value.n)
			fail_msg("%s: \"" STR_FMT "\"", row, STR_ARG(x->value));
		CHECK_ROW(row, x->holds == rows[i].holds);
		CHECK_ROW(row, memcmp(&before, &w.journey, sizeof before) == 0); /* only asks */
		world_finish(&w);
	}
}

static void test_unknown_name(void **state)
{
	struct world w;
	const struct decide_reason *list;
	struct err e;
	size_t n;
	(void)state;
	world_init(&w);
	assert_int_equal(decide_why_not(&w.d, STR("nirvana"), &list, &n, &e), ST_NOT_FOUND);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unknown_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
