/* SPDX-License-Identifier: Apache-2.0
 * test_from_event.c: what events say about consent, as one line each: "+" an entry (channel purpose
 * state basis), "!" a suppression, "-" a suppression lifted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "consent/consent.h"

#define NOW INT64_C(1795000000000000)

static const struct str channels[] = {STR("email"), STR("sms")};
static const struct str purposes[] = {STR("marketing"), STR("newsletter")};
static const struct str eu[] = {STR("DE")};
static const struct program_region regions[] = {{STR("eu"), eu, 1, CONSENT_DOUBLE_OPT_IN}};
static const struct program program = {.consent = {.regions = regions,
						   .regions_n = 1,
						   .purposes = purposes,
						   .purposes_n = 2,
						   .channels = channels,
						   .channels_n = 2}};

#define GRANT "+email marketing granted consent "
#define LIFT "-email|ana@acme.example "

static const struct {
	const char *type, *props, *traits, *country;
	uint32_t flags;
	const char *out;
} rows[] = {
	{"page", "{\"a\":1}", "", "", 0, ""},
	{"page", "", "", "", 0, ""},
	{"page", "{\"text\":\"\\\"consent\\\"\"}", "", "", 0, ""},
	{"form.demo", "{\"consent\":true}", "", "US", 0, GRANT LIFT},
	{"form.demo", "{\"consent\":true}", "", "DE", 0, "+email marketing pending consent "},
	{"form.demo", "{\"consent\":\"on\"}", "", "US", 0, GRANT LIFT},
	{"form.demo", "{\"consent\":1}", "", "US", 0, GRANT LIFT},
	{"form.demo", "{\"consent\":false}", "", "US", 0, "+email marketing withdrawn consent "},
	{"form.demo", "{\"consent\":\"perhaps\"}", "", "US", 0, ""},
	{"form.demo", "{\"consent\":null}", "", "US", 0, ""},
	{"form.demo",
	 "{\"consent\":{\"given\":true,\"channel\":\"email\",\"purpose\":\"newsletter\"}}", "",
	 "US", 0, "+email newsletter granted consent " LIFT},
	{"form.demo", "{\"consent\":{\"given\":false,\"channel\":\"sms\"}}", "", "US", 0,
	 "+sms marketing withdrawn consent "},
	{"identify", "", "{\"consent\":{\"newsletter\":true,\"marketing\":\"no\"}}", "US", 0,
	 "+email newsletter granted consent +email marketing withdrawn consent " LIFT},
	{"import.lead",
	 "{\"consent\":[{\"given\":true,\"channel\":\"email\",\"purpose\":\"marketing\",\"basis\":"
	 "\"legitimate_interest\",\"source\":\"fair\"},{\"given\":false,\"channel\":\"phone\","
	 "\"purpose\":"
	 "\"*\"}]}",
	 "", "DE", EVENT_IMPORTED,
	 "+email marketing granted legitimate_interest +phone * withdrawn consent "},
	{"import.lead", "{\"consent\":{\"state\":\"confirmed\",\"channel\":\"email\"}}", "", "DE",
	 EVENT_IMPORTED, "+email marketing confirmed consent " LIFT},
	/* A browser cannot confirm by a property. */
	{"form.demo", "{\"consent\":{\"state\":\"confirmed\",\"channel\":\"email\"}}", "", "DE", 0,
	 "+email marketing pending consent "},
	{"form.demo", "{\"consent\":{\"given\":true,\"basis\":\"because\"}}", "", "US", 0,
	 "+email marketing granted none "},
	{"consent.grant", "", "", "US", 0, GRANT LIFT},
	{"consent.grant", "{\"channel\":\"sms\",\"purpose\":\"newsletter\"}", "", "US", 0,
	 "+sms newsletter granted consent -sms|+4930123456 "},
	{"consent.confirm", "", "", "DE", 0, "+email marketing pending consent "}, /* no trust */
	{"consent.confirm", "", "", "DE", EVENT_IMPORTED,
	 "+email marketing confirmed consent " LIFT},
	{"consent.withdraw", "", "", "", 0, "+* * withdrawn consent "},
	{"consent.withdraw", "{\"purpose\":\"newsletter\"}", "", "", 0,
	 "+* newsletter withdrawn consent "},
	{"consent.object", "{\"channel\":\"email\"}", "", "", 0, "+email * objected consent "},
	{"unsubscribe", "", "", "", 0,
	 "+email * withdrawn consent !email|ana@acme.example unsubscribe "},
	{"email.unsubscribe", "", "", "", 0,
	 "+email * withdrawn consent !email|ana@acme.example unsubscribe "},
	{"email.unsubscribe", "{\"purpose\":\"newsletter\"}", "", "", 0,
	 "+email newsletter withdrawn consent "},
	{"sms.stop", "", "", "", 0, "+sms * withdrawn consent !sms|+4930123456 unsubscribe "},
	{"form.unsubscribe", "", "", "", 0,
	 "+email * withdrawn consent !email|ana@acme.example unsubscribe "},
	{"crm.unsubscribe", "", "", "", 0, ""},
	{"email.complaint", "", "", "", 0,
	 "+email * objected consent !email|ana@acme.example complaint "},
	{"email.bounce", "{\"type\":\"hard\"}", "", "", 0, "!email|ana@acme.example hard_bounce "},
	{"email.bounce", "{\"bounceType\":\"Permanent\"}", "", "", 0,
	 "!email|ana@acme.example hard_bounce "},
	{"email.bounce", "{\"type\":\"soft\"}", "", "", 0, ""},
	{"email.bounce.hard", "", "", "", 0, "!email|ana@acme.example hard_bounce "},
	/* A scanner follows links: it may sign off for a person, never on. */
	{"consent.confirm", "", "", "DE", EVENT_MACHINE, ""},
	{"form.demo", "{\"consent\":true}", "", "US", EVENT_BOT, ""},
	{"email.unsubscribe", "", "", "", EVENT_MACHINE,
	 "+email * withdrawn consent !email|ana@acme.example unsubscribe "},
};

static struct arena a;

static int setup(void **state)
{
	(void)state;
	arena_init(&a, 4u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&a);
	return 0;
}

static struct event event_of(const char *type, const char *props, const char *traits)
{
	struct event ev = {.type = str_of(type),
			   .source = STR("site"),
			   .message_id = STR("m-1"),
			   .occurred_us = NOW,
			   .received_us = NOW,
			   .properties = str_of(props),
			   .traits = str_of(traits),
			   .seq = 5};
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("ana@acme.example")));
	assert_true(event_add_id(&ev, ID_PHONE, STR_NULL, STR("+4930123456")));
	assert_true(event_add_id(&ev, ID_ANONYMOUS_ID, STR_NULL, STR("x")));
	return ev;
}

static void put_key(struct str key, struct buf *b)
{
	for (size_t i = 0; i < key.n; i++)
		buf_byte(b, key.p[i] ? key.p[i] : '|');
}

static void describe(const struct consent_change *c, struct buf *b)
{
	for (size_t i = 0; i < c->entries_n; i++)
		buf_printf(b, "+" STR_FMT " " STR_FMT " %s %s ", STR_ARG(c->entries[i].channel),
			   STR_ARG(c->entries[i].purpose), consent_state_name(c->entries[i].state),
			   consent_basis_name(c->entries[i].basis));
	for (size_t i = 0; i < c->suppress_n; i++) {
		buf_byte(b, '!');
		put_key(c->suppress[i].key, b);
		buf_printf(b, " %s ", suppress_reason_name(c->suppress[i].reason));
	}
	for (size_t i = 0; i < c->lift_n; i++) {
		buf_byte(b, '-');
		put_key(c->lift[i], b);
		buf_byte(b, ' ');
	}
	buf_byte(b, '\0');
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct event ev = event_of(rows[i].type, rows[i].props, rows[i].traits);
		struct consent_change c;
		struct buf b;
		ev.flags = rows[i].flags;
		arena_reset(&a);
		assert_int_equal(
			consent_from_event(&program, &ev, str_of(rows[i].country), &a, &c, NULL),
			ST_OK);
		buf_init_arena(&b, &a, 4096);
		describe(&c, &b);
		if (strcmp(b.p, rows[i].out) != 0)
			fail_msg("row %zu, %s %s%s: %s", i, rows[i].type, rows[i].props,
				 rows[i].traits, b.p);
	}
}

static void test_details(void **state)
{
	struct event ev =
		event_of("form.demo",
			 "{\"consent\":{\"given\":true,\"wording\":\"Yes\",\"proof\":\"paper form "
			 "7\",\"at\":\"2026-01-02T00:00:00Z\"}}",
			 "");
	struct consent_change c;
	(void)state;
	ev.context.ip = STR("192.0.2.7");
	assert_int_equal(consent_from_event(&program, &ev, STR("US"), &a, &c, NULL), ST_OK);
	assert_int_equal(c.entries_n, 1);
	assert_true(str_is(c.entries[0].wording, "Yes"));
	assert_true(str_is(c.entries[0].proof, "paper form 7"));
	assert_true(str_is(c.entries[0].source, "site"));
	assert_int_equal(c.entries[0].at_us, INT64_C(1767312000000000));
	assert_int_equal(c.entries[0].seq, 5);
	ev.properties = STR("{\"consent\":{\"given\":true,\"at\":\"2099-01-01T00:00:00Z\"}}");
	assert_int_equal(consent_from_event(&program, &ev, STR("US"), &a, &c, NULL), ST_OK);
	assert_int_equal(c.entries[0].at_us, NOW); /* nobody agreed tomorrow */
	assert_true(str_find(c.entries[0].proof, STR("192.0.2.7")) < c.entries[0].proof.n);
}

/* What is too long is kept by its digest: every entry fits its row. */
static void test_long_wording(void **state)
{
	struct buf b;
	struct consent_change c;
	(void)state;
	buf_init(&b, 64u << 10);
	buf_z(&b, "{\"consent\":{\"given\":true,\"wording\":\"");
	for (int i = 0; i < 1000; i++)
		buf_z(&b, "\\u0001\\n");
	buf_z(&b, "\",\"proof\":\"");
	for (int i = 0; i < 500; i++)
		buf_z(&b, "\\u0002");
	buf_z(&b, "\"}}");
	struct event ev = event_of("form.demo", "", "");
	ev.properties = buf_view(&b);
	assert_int_equal(consent_from_event(&program, &ev, STR("US"), &a, &c, NULL), ST_OK);
	assert_int_equal(c.entries_n, 1);
	assert_true(str_starts(c.entries[0].wording, STR("sha256:")));
	struct buf row;
	buf_init(&row, CONSENT_ENTRY_BYTES_MAX);
	consent_encode(&c.entries[0], &row);
	assert_true(buf_ok(&row));
	buf_finish(&row);
	buf_finish(&b);
}

static void test_many_entries(void **state)
{
	struct buf b;
	struct consent_change c;
	(void)state;
	buf_init(&b, 64u << 10);
	buf_z(&b, "{\"consent\":[");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "%s{\"given\":true,\"purpose\":\"p%d\"}", i ? "," : "", i);
	buf_z(&b, "]}");
	struct event ev = event_of("form.demo", "", "");
	ev.properties = buf_view(&b);
	assert_int_equal(consent_from_event(&program, &ev, STR("US"), &a, &c, NULL), ST_OK);
	assert_int_equal(c.entries_n, CONSENT_FROM_EVENT_MAX);
	assert_in_range(c.lift_n, 1, EVENT_IDS_MAX);
	buf_finish(&b);
}

static void test_plain_marketing_is_the_first_purpose(void **state)
{
	struct program own = program;
	struct consent_change c;
	const struct str names[] = {STR("product-news"), STR("newsletter")};
	(void)state;
	own.consent.purposes = names;
	struct event ev = event_of("form.demo",
				   "{\"consent\":{\"given\":true,\"purpose\":"
				   "\"marketing\"}}",
				   "");
	assert_int_equal(consent_from_event(&own, &ev, STR("US"), &a, &c, NULL), ST_OK);
	assert_true(str_is(c.entries[0].purpose, "product-news"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_details, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_wording, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plain_marketing_is_the_first_purpose, setup,
						teardown),
	};
	return cmocka_run_group_tests_name("from_event", tests, NULL, NULL);
}
