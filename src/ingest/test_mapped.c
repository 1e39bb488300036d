/* SPDX-License-Identifier: Apache-2.0
 * What a map makes of JSON that was never meant for us, and which maps are none. */
#include "ingest/test_help.h"

#define SHOP \
	"id=message_id, kind=type, when=time, who.mail=email, who.name=first_name, " \
	"who.firm=company.name, who.staff=company.employees:number, who.land=country, " \
	"ok=consent, tags=property.tags, \"a,b\"=property.ab"

static struct ingest_map made(const char *text, const char *type, const char *purpose)
{
	struct ingest_map m;
	struct err e;
	const struct ingest_map_text t = {STR("shop"), str_of(text), str_of(type), str_of(purpose)};
	if (ingest_map_make(&t, &test_arena, &m, &e) != ST_OK)
		fail_msg("%s", e.text);
	return m;
}

static void bodies(void **state)
{
	(void)state;
	static const struct {
		const char *body, *want;
	} rows[] = {
		{"{\"id\":\"m\",\"kind\":\"Demo Asked\",\"when\":\"2026-11-21T03:59:00Z\",\"who\":{"
		 "\"mail\":\"jo@acme.com\",\"name\":\"Jo\",\"firm\":\"Acme\",\"staff\":\"1,200\","
		 "\"land\":\"Germany\",\"phone\":\"1\"},\"tags\":[\"a\",1],\"a,b\":true}",
		 "m {\"type\":\"demo_asked\",\"name\":\"Demo Asked\",\"at\":1795233540000000,"
		 "\"ids\":[[\"email\",\"jo@acme.com\"]],\"ctx\":{\"country\":\"DE\"},"
		 "\"props\":{\"tags\":[\"a\",1],\"ab\":true},\"traits\":{\"email\":\"jo@acme.com\","
		 "\"first_name\":\"Jo\",\"company\":{\"name\":\"Acme\",\"employees\":1200},"
		 "\"country\":\"Germany\"}}"},
		/* Without a time it happened now; never later than now. */
		{"{\"id\":\"m\",\"kind\":\"x\",\"who\":{\"mail\":\"jo@acme.com\",\"name\":null}}",
		 "m {\"type\":\"x\",\"name\":\"x\"," AT ",\"ids\":[[\"email\",\"jo@acme.com\"]],"
		 "\"ctx\":{},\"traits\":{\"email\":\"jo@acme.com\"}}"},
		{"{\"id\":\"m\",\"kind\":\"x\",\"when\":\"2030-01-01\",\"who\":{\"mail\":"
		 "\"jo@acme.com\"},\"ok\":true}",
		 "m {\"type\":\"x\",\"name\":\"x\"," AT ",\"ids\":[[\"email\",\"jo@acme.com\"]],"
		 "\"ctx\":{},\"props\":{\"consent\":[{\"given\":true,\"channel\":\"email\","
		 "\"purpose\":\"news\",\"basis\":\"consent\"}]},\"traits\":{\"email\":"
		 "\"jo@acme.com\"}}"},
		/* A list: each is an event or a refusal. */
		{"[{\"id\":\"1\",\"kind\":\"x\",\"who\":{\"mail\":\"a@b.cd\"}},7,{\"kind\":\"x\"},"
		 "{\"who\":{\"mail\":\"a@b.cd\"}},{\"kind\":\"x\",\"who\":{\"mail\":\"a\"}},"
		 "{\"kind\":\"x\",\"who\":{\"mail\":\"a@b.cd\",\"staff\":\"many\"}}]",
		 "1 {\"type\":\"x\",\"name\":\"x\"," AT ",\"ids\":[[\"email\",\"a@b.cd\"]],"
		 "\"ctx\":{},\"traits\":{\"email\":\"a@b.cd\"}}\n1 refused: not_an_object\n"
		 "2 refused: not_as_mapped\n3 refused: not_as_mapped\n4 refused: not_as_mapped\n"
		 "5 refused: not_as_mapped"},
		{"[]", ""},
		{"7", "0 refused: not_an_object"},
		{"{", "invalid: not valid JSON: unfinished object or array at byte 2"},
	};
	struct ingest_map shop = made(SHOP, "", "news");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ingest_request r = test_request(INGEST_MAPPED, rows[i].body);
		r.map = &shop;
		assert_string_equal(test_outcome(&r), rows[i].want);
	}
}

/* I3, and what has neither id nor time is new each time it comes, and at each place of a list. */
static void ids_of_what_has_none(void **state)
{
	(void)state;
	static const char twice[] =
		"[{\"mail\":\"a@b.cd\",\"at\":\"2026-11-21\"},{\"mail\":\"a@b.cd\"},"
		"{\"mail\":\"a@b.cd\"}]";
	struct ingest_map m = made("mail=email, at=time", "x", "");
	struct ingest_request r = test_request(INGEST_MAPPED, twice);
	struct ingest_result first, second;
	struct err e;
	r.map = &m;
	assert_int_equal(ingest_decode(&r, &test_arena, &first, &e), ST_OK);
	r.received_us += US_PER_S;
	assert_int_equal(ingest_decode(&r, &test_arena, &second, &e), ST_OK);
	assert_int_equal(first.events_n, 3);
	assert_true(str_eq(first.events[0].message_id, second.events[0].message_id));
	assert_false(str_eq(first.events[1].message_id, second.events[1].message_id));
	assert_false(str_eq(first.events[1].message_id, first.events[2].message_id));
	assert_int_equal(first.events[1].flags, 0); /* it happens now: nothing is imported */
}

static void a_refusal_says_where_and_not_what(void **state)
{
	(void)state;
	struct ingest_map m = made("who.mail=email", "x", "");
	struct ingest_request r =
		test_request(INGEST_MAPPED, "{\"who\":{\"mail\":\"jo at home\"}}");
	struct ingest_result res;
	struct err e;
	r.map = &m;
	assert_int_equal(ingest_decode(&r, &test_arena, &res, &e), ST_OK);
	assert_int_equal(res.refused_n, 1);
	assert_true(str_is(res.refused[0].param, "who.mail"));
	assert_true(str_is(res.refused[0].message, "who.mail: is not an e-mail address"));
}

static void too_many(void **state)
{
	(void)state;
	struct ingest_map m = made("mail=email", "x", "");
	struct buf b;
	buf_init_arena(&b, &test_arena, 1 << 20);
	buf_byte(&b, '[');
	for (size_t i = 0; i <= INGEST_BATCH_ITEMS_MAX; i++)
		buf_z(&b, i ? ",{}" : "{}");
	buf_z(&b, "]");
	buf_byte(&b, '\0');
	struct ingest_request r = test_request(INGEST_MAPPED, b.p);
	r.map = &m;
	assert_string_equal(test_outcome(&r), "limit: a list of 2501 items; 2500 are allowed");
	r.map = NULL;
	r.name = STR("shop");
	assert_string_equal(test_outcome(&r),
			    "not_found: settings.json has no map \"shop\"; add it to maps");
}

static void maps_that_are_none(void **state)
{
	(void)state;
	static const struct {
		const char *map, *type, *want;
	} rows[] = {
		{"kind=type", "", "no column says whose"},
		{"mail=email", "", "nothing says what an event is"},
		{"mail=email, *=trait", "x", "* is for files"},
		{"mail=emial", "x", "mapping"},
		{"a=email, b=trait.x, c=trait.x", "x", "become the same"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ingest_map m;
		struct err e;
		const struct ingest_map_text t = {STR("m"), str_of(rows[i].map),
						  str_of(rows[i].type), STR_NULL};
		assert_int_equal(ingest_map_make(&t, &test_arena, &m, &e), ST_INVALID);
		if (strstr(e.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].map, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bodies, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(ids_of_what_has_none, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_says_where_and_not_what, test_set_up,
						test_tear_down),
		cmocka_unit_test_setup_teardown(too_many, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(maps_that_are_none, test_set_up, test_tear_down),
	};
	return cmocka_run_group_tests_name("ingest_mapped", tests, NULL, NULL);
}
