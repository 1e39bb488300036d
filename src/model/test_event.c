/* SPDX-License-Identifier: Apache-2.0
 * The stored text of an event: what is written, what is read back, what is refused. */
#include "model/event.h"

#include "base/test.h"
#include "base/time.h"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 16 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

static struct event full(void)
{
	struct event ev = {
		.type = STR("page.pricing"),
		.name = STR("Pri\"cing\n"),
		.source = STR("web"),
		.message_id = STR("m"),
		.occurred_us = -5,
		.received_us = 7,
		.previous_id = STR("anon"),
		.group_id = STR("acme.com"),
		.context = {.page = {STR("u"), STR("p"), STR("r"), STR("t"), STR("s")},
			    .campaign = {STR("n"), STR("so"), STR("m"), STR("te"), STR("c")},
			    .ip = STR("::1"),
			    .user_agent = STR("ua"),
			    .locale = STR("de"),
			    .timezone = STR("UTC"),
			    .country = STR("DE"),
			    .scroll = 12.5},
		.properties = STR("{\"a\":[1,{\"b\":null}]}"),
		.traits = STR("{\"c\":\"\\u00e9\"}"),
		.flags = EVENT_BOT | EVENT_IMPORTED,
	};
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("jo@acme.com")));
	assert_true(event_add_id(&ev, ID_KEY, STR("crm.sf"), STR("003")));
	return ev;
}

static const char *const full_text =
	"{\"type\":\"page.pricing\",\"name\":\"Pri\\\"cing\\n\",\"at\":-5,\"ids\":[[\"email\","
	"\"jo@acme.com\"],[\"key\",\"003\",\"crm.sf\"]],\"prev\":\"anon\",\"group\":\"acme.com\","
	"\"ctx\":{"
	"\"url\":\"u\",\"path\":\"p\",\"referrer\":\"r\",\"title\":\"t\",\"search\":\"s\",\"utm_"
	"campaign\":"
	"\"n\",\"utm_source\":\"so\",\"utm_medium\":\"m\",\"utm_term\":\"te\",\"utm_content\":"
	"\"c\",\"ip\":"
	"\"::1\",\"ua\":\"ua\",\"locale\":\"de\",\"tz\":\"UTC\",\"country\":\"DE\",\"scroll\":12.5}"
	","
	"\"props\":{\"a\":[1,{\"b\":null}]},\"traits\":{\"c\":\"\\u00e9\"},\"flags\":9}";

static struct str encode(const struct event *ev)
{
	struct buf b;
	struct err e;
	buf_init_arena(&b, &arena, 1 << 20);
	assert_int_equal(event_encode(ev, &b, &e), ST_OK);
	return buf_view(&b);
}

static void round_trip(void **state)
{
	(void)state;
	struct event ev = full(), back;
	struct err e;
	check_str("full", encode(&ev), full_text);
	assert_int_equal(event_decode(str_of(full_text), &arena, &back, &e), ST_OK);
	check_str("again", encode(&back), full_text);
	check_str("name", back.name, "Pri\"cing\n");
	check_str("key", event_id_value(&back, ID_KEY), "003");
	check_str("none", event_id_value(&back, ID_PHONE), "");
	check_str("term", back.context.campaign.term, "te");
	assert_int_equal(back.flags, EVENT_BOT | EVENT_IMPORTED);
	assert_int_equal(back.occurred_us, -5);

	struct event least = {.type = STR("x"), .context.scroll = -1};
	check_str("least", encode(&least), "{\"type\":\"x\",\"at\":0,\"ctx\":{}}");
	assert_int_equal(event_decode(encode(&least), &arena, &back, &e), ST_OK);
	assert_true(back.context.scroll < 0);
	assert_int_equal(back.ids_n + back.properties.n + back.flags, 0);
}

static void corrupt(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"type\":\"x\"}",
		"{\"type\":\"\",\"at\":1}",
		"{\"at\":1}",
		"{\"type\":\"x\",\"at\":\"1\"}",
		"{\"type\":\"x\",\"at\":1,\"ids\":[[\"email\"]]}",
		"{\"type\":\"x\",\"at\":1,\"ids\":[[\"mail\",\"a\"]]}",
		"{\"type\":\"x\",\"at\":1,\"ids\":[[\"email\",\"\"]]}",
		"{\"type\":\"x\",\"at\":1,\"ids\":[7]}",
		"{\"type\":\"x\",\"at\":1} ,",
	};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct event ev;
		struct err e;
		CHECK_ROW(texts[i], event_decode(str_of(texts[i]), &arena, &ev, &e) == ST_CORRUPT);
	}
}

static void too_large(void **state)
{
	(void)state;
	struct buf big, out;
	struct err e;
	buf_init_arena(&big, &arena, 1 << 20);
	buf_z(&big, "{\"a\":\"");
	for (int i = 0; i < EVENT_BYTES_MAX; i++)
		buf_byte(&big, 'x');
	buf_z(&big, "\"}");
	struct event ev = full();
	ev.properties = buf_view(&big);
	buf_init_arena(&out, &arena, 1 << 20);
	buf_z(&out, "before");
	assert_int_equal(event_encode(&ev, &out, &e), ST_LIMIT);
	check_str("untouched", buf_view(&out), "before");
	ev.flags = EVENT_SYSTEM; /* ours: a program travels in one */
	assert_int_equal(event_encode(&ev, &out, &e), ST_OK);
	assert_true(out.n > EVENT_BYTES_MAX);
}

static void checks(void **state)
{
	(void)state;
	char longest[EVENT_TYPE_MAX + 2];
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	const struct {
		const char *type, *message_id, *source;
		int64_t occurred_us, received_us;
		enum status want;
	} rows[] = {
		{"page.pricing", "m", "s", 0, 0, ST_OK},
		{"a-b_c9.\xc3\xa9", "m", "s", 0, 0, ST_OK},
		{longest + 1, "m", "s", 0, 0, ST_OK},
		{longest, "m", "s", 0, 0, ST_INVALID},
		{"", "m", "s", 0, 0, ST_INVALID},
		{"Page", "m", "s", 0, 0, ST_INVALID},
		{"a b", "m", "s", 0, 0, ST_INVALID},
		{".a", "m", "s", 0, 0, ST_INVALID},
		{"a.", "m", "s", 0, 0, ST_INVALID},
		{"a..b", "m", "s", 0, 0, ST_INVALID},
		{"a", "", "s", 0, 0, ST_INVALID},
		{"a", "m", "", 0, 0, ST_INVALID},
		{"a", "m", "s", INT64_MAX, 0, ST_INVALID},
		{"a", "m", "s", INT64_MIN, 0, ST_INVALID},
		{"a", "m", "s", 5, 5, ST_OK},
		{"a", "m", "s", 6, 5, ST_INVALID}, /* E3 */
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err e;
		struct event ev = {.type = str_of(rows[i].type),
				   .message_id = str_of(rows[i].message_id),
				   .source = str_of(rows[i].source),
				   .occurred_us = rows[i].occurred_us,
				   .received_us = rows[i].received_us};
		CHECK_ROW(rows[i].type, event_check(&ev, &e) == rows[i].want);
	}
}

static void slugs(void **state)
{
	(void)state;
	static const struct {
		const char *name, *want;
	} rows[] = {
		{"Signed Up", "signed_up"},
		{"Form.Demo", "form.demo"},
		{"  Viewed   /Pricing/ Page! ", "viewed_pricing_page"},
		{"a . b", "a.b"},
		{"...", ""},
		{"!?", ""},
		{"", ""},
		{"Caf\xc3\xa9", "caf\xc3\xa9"},
		{"\xd0\x94\xd0\xb5\xd0\xbc\xd0\xbe", "\xd0\x94\xd0\xb5\xd0\xbc\xd0\xbe"},
		{"a_.b", "a.b"},
		{"A-B", "a-b"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_str(rows[i].name, event_type_slug(str_of(rows[i].name), &arena),
			  rows[i].want);
	char text[400];
	for (size_t i = 0; i < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	struct str slug = event_type_slug(str_n(text, sizeof text), &arena);
	assert_true(slug.n <= EVENT_TYPE_MAX && slug.n > 100 && str_utf8_valid(slug));
}

static void named(void **state)
{
	(void)state;
	char wide[EVENT_TYPE_MAX + 1];
	memset(wide, 'a', sizeof wide);
	const struct {
		const char *name;
		struct str in;
		const char *want; /* NULL: refused */
	} rows[] = {
		{"a name", STR("Form.Demo"), "form.demo"},
		{"accents", STR("Caf\xc3\xa9 \xc2\xa0"), "caf\xc3\xa9_\xc2\xa0"},
		{"as long as can be", str_n(wide, EVENT_TYPE_MAX), "aaa"},
		{"longer", str_n(wide, sizeof wide), NULL},
		{"an escape", STR("form\033[2Jdemo"), NULL},
		{"a line", STR("form\ndemo"), NULL},
		{"delete", STR("form\x7f"), NULL},
		{"C1",
		 STR("form\xc2\x9b"
		     "demo"),
		 NULL},
		{"no UTF-8", STR("form\xff"), NULL},
		{"nothing", STR(""), NULL},
		{"nothing usable", STR("!?"), NULL},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err e;
		struct str got = STR_NULL;
		enum status st = event_type_named(rows[i].in, &arena, &got, &e);
		CHECK_ROW(rows[i].name, st == (rows[i].want ? ST_OK : ST_INVALID));
		if (st == ST_OK && rows[i].want != NULL)
			check_str(rows[i].name, str_slice(got, 0, strlen(rows[i].want)),
				  rows[i].want);
	}
}

static void ids(void **state)
{
	(void)state;
	struct event ev = {.ids_n = 0};
	for (int i = 0; i < EVENT_IDS_MAX; i++)
		assert_true(event_add_id(&ev, ID_USER_ID, STR_NULL, STR("u")));
	assert_false(event_add_id(&ev, ID_USER_ID, STR_NULL, STR("u")));
	ev.ids_n = 0;
	assert_false(event_add_id(&ev, ID_USER_ID, STR_NULL, STR("")));
	for (size_t k = 0; k < ID_KIND_COUNT; k++) {
		enum id_kind back;
		assert_true(id_kind_of(str_of(id_kind_name((enum id_kind)k)), &back));
		assert_int_equal(back, k);
		for (size_t j = 0; j < k; j++)
			assert_int_not_equal(id_kind_byte((enum id_kind)j),
					     id_kind_byte((enum id_kind)k));
	}
	enum id_kind none;
	assert_false(id_kind_of(STR("e-mail"), &none));
	assert_int_equal(id_kind_strength(ID_ANONYMOUS_ID), ID_STRENGTH_DEVICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(corrupt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_large, set_up, tear_down),
		cmocka_unit_test_setup_teardown(checks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(slugs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ids, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("model_event", tests, NULL, NULL);
}
