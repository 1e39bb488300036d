/* SPDX-License-Identifier: Apache-2.0
 * test_desk.c: nothing quick stands behind what takes long: who goes to which lane. */
#include "daemon/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *path;
	enum http_method method;
	enum api_role role;
} routes[API_OP_COUNT] = {
#define ROUTE(op, m, at, who, body_max, types, tag, summary, request, reply) \
	[API_OP_##op] = {at, HTTP_##m, API_##who},
#include "api/routes.def"
#undef ROUTE
};

/* An operator's order waits until it is folded, which may be a minute behind a large import. */
static void test_orders_are_not_quick(void **state)
{
	(void)state;
	for (int op = 0; op < API_OP_COUNT; op++)
		if (daemon_desk_ops[op].handle != NULL && routes[op].role == API_ADMIN &&
		    routes[op].method != HTTP_GET && daemon_desk_ops[op].lane == DESK_QUICK)
			fail_msg("%s holds up what is quick", routes[op].path);
}

static void test_lanes(void **state)
{
	(void)state;
	static const struct {
		enum api_op op;
		enum desk_lane lane;
	} cases[] = {
		{API_OP_STATUS, DESK_QUICK},
		{API_OP_LEAD_GET, DESK_QUICK},
		{API_OP_LINK_STOP, DESK_QUICK}, /* mail providers wait for no operator */
		{API_OP_LINK_REP, DESK_ORDERS},
		{API_OP_INBOX_ACT, DESK_ORDERS},
		{API_OP_TRIGGER, DESK_ORDERS},
		{API_OP_REPORT_TIERS, DESK_SECONDS},
		{API_OP_REPORT_TRACKS, DESK_SECONDS},
		{API_OP_REPORT_FUNNEL, DESK_SECONDS},
		{API_OP_EXPERIMENT_LIST, DESK_SECONDS},
		{API_OP_PROGRAM_PLAN, DESK_MINUTES},
		{API_OP_BACKUP, DESK_MINUTES},
		{API_OP_REPLAY_VERIFY, DESK_MINUTES},
		{API_OP_CLOCK_ADVANCE, DESK_MINUTES},
		{API_OP_DECIDE, DESK_ASKS},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_non_null(daemon_desk_ops[cases[i].op].handle);
		assert_int_equal(daemon_desk_ops[cases[i].op].lane, cases[i].lane);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders_are_not_quick),
		cmocka_unit_test(test_lanes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
