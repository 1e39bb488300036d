/* SPDX-License-Identifier: Apache-2.0
 * What each Segment call becomes: the stored text of the event, or the code of its refusal. */
#include "base/json.h"
#include "ingest/test_help.h"

struct row {
	enum ingest_kind kind;
	const char *body, *want, *want_strict; /* NULL: the same */
};

static const struct row rows[] = {
	/* Types. */
	{INGEST_TRACK, "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"Signed Up\"}",
	 "m {\"type\":\"signed_up\",\"name\":\"Signed Up\"," AT
	 ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{}}",
	 NULL},
	{INGEST_PAGE, "{\"messageId\":\"m\",\"anonymousId\":\"a\"}",
	 "m {\"type\":\"page\"," AT ",\"ids\":[[\"anonymousId\",\"a\"]],\"ctx\":{}}", NULL},
	{INGEST_PAGE, "{\"messageId\":\"m\",\"anonymousId\":\"a\",\"name\":\"Pricing Page\"}",
	 "m {\"type\":\"page.pricing_page\",\"name\":\"Pricing Page\"," AT
	 ",\"ids\":[[\"anonymousId\",\"a\"]],\"ctx\":{}}",
	 NULL},
	{INGEST_PAGE, "{\"messageId\":\"m\",\"anonymousId\":\"a\",\"name\":\"!!!\"}",
	 "m {\"type\":\"page\",\"name\":\"!!!\"," AT
	 ",\"ids\":[[\"anonymousId\",\"a\"]],\"ctx\":{}}",
	 NULL},
	{INGEST_SCREEN,
	 "{\"messageId\":\"m\",\"anonymousId\":\"a\",\"name\":\"Home\",\"category\":\"App\","
	 "\"properties\":{\"x\" : 1}}",
	 "m {\"type\":\"screen.home\",\"name\":\"Home\"," AT ",\"ids\":[[\"anonymousId\",\"a\"]],"
	 "\"ctx\":{},\"props\":{\"category\":\"App\",\"x\":1}}",
	 NULL},
	{INGEST_PAGE, "{\"messageId\":\"m\",\"anonymousId\":\"a\",\"category\":\"Docs\"}",
	 "m {\"type\":\"page\"," AT ",\"ids\":[[\"anonymousId\",\"a\"]],\"ctx\":{},"
	 "\"props\":{\"category\":\"Docs\"}}",
	 NULL},
	{INGEST_GROUP,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"groupId\":\"acme.com\",\"traits\":{\"name\":"
	 "\"Acme\","
	 "\"email\":\"info@acme.com\"}}",
	 "m {\"type\":\"group\"," AT
	 ",\"ids\":[[\"userId\",\"u\"]],\"group\":\"acme.com\",\"ctx\":{},"
	 "\"traits\":{\"name\":\"Acme\",\"email\":\"info@acme.com\"}}",
	 NULL},
	{INGEST_ALIAS, "{\"messageId\":\"m\",\"userId\":\"u\",\"previousId\":\"anon\"}",
	 "m {\"type\":\"alias\"," AT ",\"ids\":[[\"userId\",\"u\"]],\"prev\":\"anon\",\"ctx\":{}}",
	 NULL},
	/* Identifiers: e-mail as userId, in traits, in properties of an unknown; phone; CRM ids. */
	{INGEST_IDENTIFY,
	 "{\"messageId\":\"m\",\"userId\":\"Jo@Acme.com\",\"traits\":{\"email\":\"jo@acme.com\","
	 "\"phone\":\"+49 30 1234567\"}}",
	 "m {\"type\":\"identify\"," AT ",\"ids\":[[\"userId\",\"Jo@Acme.com\"],[\"email\","
	 "\"Jo@Acme.com\"],[\"phone\",\"+49 30 1234567\"]],\"ctx\":{},\"traits\":{\"email\":"
	 "\"jo@acme.com\",\"phone\":\"+49 30 1234567\"}}",
	 NULL},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"anonymousId\":\"a\",\"event\":\"e\",\"properties\":{\"Email\":"
	 "\"jo@acme.com\"}}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT ",\"ids\":[[\"anonymousId\",\"a\"],[\"email\","
	 "\"jo@acme.com\"]],\"ctx\":{},\"props\":{\"Email\":\"jo@acme.com\"}}",
	 NULL},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"invited\",\"properties\":{\"email\":"
	 "\"friend@acme.com\"}}",
	 "m {\"type\":\"invited\",\"name\":\"invited\"," AT
	 ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{},"
	 "\"props\":{\"email\":\"friend@acme.com\"}}",
	 NULL},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":7,\"event\":\"e\",\"context\":{\"externalIds\":[{"
	 "\"type\":"
	 "\"HubSpot\",\"id\":\"51\"},{\"type\":\"email\",\"id\":\"jo@acme.com\"},{\"type\":\"\","
	 "\"id\":"
	 "\"x\"},5],\"externalId\":[{\"type\":\"crm.sf\",\"id\":\"003\"}]}}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT ",\"ids\":[[\"userId\",\"7\"],[\"key\",\"51\","
	 "\"hubspot\"],[\"email\",\"jo@acme.com\"],[\"key\",\"003\",\"crm.sf\"]],\"ctx\":{}}",
	 NULL},
	{INGEST_IDENTIFY, "{\"messageId\":\"m\",\"traits\":{\"email\":\"jo@acme.com\"}}",
	 "m {\"type\":\"identify\"," AT
	 ",\"ids\":[[\"email\",\"jo@acme.com\"]],\"ctx\":{},\"traits\":"
	 "{\"email\":\"jo@acme.com\"}}",
	 "0 refused: no_identity"},
	/* Context. */
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\",\"context\":{\"ip\":\"8.8.8.8\","
	 "\"userAgent\":\"Mozilla/5.0 "
	 "(X11)\",\"locale\":\"de-DE\",\"timezone\":\"Europe/Berlin\",\"location\":"
	 "{\"country\":\"DE\"},\"page\":{\"url\":\"https://x.example/a/"
	 "b?utm_source=ads&utm_campaign="
	 "Fall+Sale%21#top\",\"referrer\":\"https://g.example/\",\"title\":\"T\"},\"campaign\":"
	 "{\"medium\":\"cpc\"},\"traits\":{\"plan\":\"pro\"},\"groupId\":\"g1\",\"scroll\":130}}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT
	 ",\"ids\":[[\"userId\",\"u\"]],\"group\":\"g1\",\"ctx\":"
	 "{\"url\":\"https://x.example/a/b?utm_source=ads&utm_campaign=Fall+Sale%21#top\",\"path\":"
	 "\"/a/b\",\"referrer\":\"https://g.example/"
	 "\",\"title\":\"T\",\"search\":\"?utm_source=ads&"
	 "utm_campaign=Fall+Sale%21\",\"utm_campaign\":\"Fall Sale!\",\"utm_source\":\"ads\","
	 "\"utm_medium\":\"cpc\",\"ip\":\"8.8.8.8\",\"ua\":\"Mozilla/5.0 "
	 "(X11)\",\"locale\":\"de-DE\",\"tz\":"
	 "\"Europe/Berlin\",\"country\":\"DE\",\"scroll\":100},\"traits\":{\"plan\":\"pro\"}}",
	 NULL},
	{INGEST_PAGE,
	 "{\"messageId\":\"m\",\"anonymousId\":\"a\",\"properties\":{\"url\":\"https://x.example\","
	 "\"scroll_depth\":40}}",
	 "m {\"type\":\"page\"," AT ",\"ids\":[[\"anonymousId\",\"a\"]],\"ctx\":{\"url\":"
	 "\"https://x.example\",\"path\":\"/\",\"scroll\":40},\"props\":{\"url\":\"https://"
	 "x.example\","
	 "\"scroll_depth\":40}}",
	 NULL},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\",\"context\":7,\"properties\":[]}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{}}",
	 "0 refused: bad_context"},
	/* Time: corrected by the sender's own clock; never after it was received. */
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\",\"timestamp\":\"2030-01-01T00:00:"
	 "00Z\","
	 "\"sentAt\":\"2030-01-01T00:00:10Z\"}",
	 "m {\"type\":\"e\",\"name\":\"e\",\"at\":1795233590000000,\"ids\":[[\"userId\",\"u\"]],"
	 "\"ctx\":{}}",
	 NULL},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\",\"originalTimestamp\":"
	 "\"2020-01-01T00:00:00Z\",\"sentAt\":\"2020-01-01T00:00:01Z\",\"timestamp\":"
	 "\"2019-01-01T00:00:00Z\"}",
	 "m {\"type\":\"e\",\"name\":\"e\",\"at\":1795233599000000,\"ids\":[[\"userId\",\"u\"]],"
	 "\"ctx\":{}}",
	 NULL},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\",\"timestamp\":\"2026-11-21T03:59:"
	 "59Z\","
	 "\"sentAt\":\"2026-11-21T03:00:00Z\"}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{}}", NULL},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\",\"timestamp\":\"2015-12-10T04:08:"
	 "31.905Z\""
	 ",\"sentAt\":\"2015-12-10T04:08:31.581Z\",\"receivedAt\":\"2015-12-10T04:08:31.909Z\"}",
	 "m {\"type\":\"e\",\"name\":\"e\",\"at\":1449720511905000,\"ids\":[[\"userId\",\"u\"]],"
	 "\"ctx\":{}}",
	 NULL},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\",\"timestamp\":\"yesterday\"}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{}}",
	 "0 refused: bad_timestamp"},
	/* The country somebody names beats the one of their address on the net. */
	{INGEST_IDENTIFY,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"context\":{\"location\":{\"country\":\"US\"}},"
	 "\"traits\":{\"country\":\"Germany\"}}",
	 "m {\"type\":\"identify\"," AT ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{\"country\":\"DE\"}"
	 ",\"traits\":{\"country\":\"Germany\"}"
	 "}",
	 NULL},
	/* Refused. */
	{INGEST_TRACK, "{\"event\":\"e\"}", "0 refused: no_identity", NULL},
	{INGEST_TRACK, "{\"userId\":\"  \",\"event\":\"e\"}", "0 refused: no_identity", NULL},
	{INGEST_TRACK, "{\"userId\":null,\"event\":\"e\"}", "0 refused: no_identity", NULL},
	{INGEST_TRACK, "{\"event\":\"e\",\"traits\":{\"email\":\"nobody\"}}",
	 "0 refused: bad_email", "0 refused: no_identity"},
	{INGEST_TRACK,
	 "{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\",\"context\":{\"traits\":{\"email\":"
	 "\"nobody\"}}}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{},"
	 "\"traits\":{\"email\":\"nobody\"}}",
	 "0 refused: bad_email"},
	{INGEST_TRACK, "{\"userId\":\"u\"}", "0 refused: no_event_name", NULL},
	{INGEST_TRACK, "{\"userId\":\"u\",\"event\":\"?!\"}", "0 refused: bad_event_name", NULL},
	{INGEST_GROUP, "{\"userId\":\"u\"}", "0 refused: no_group_id", NULL},
	{INGEST_ALIAS, "{\"userId\":\"u\"}", "0 refused: no_previous_id", NULL},
	{INGEST_TRACK, "{\"userId\":\"u\",\"event\":\"e\",\"properties\":\"x\"}",
	 "0 refused: bad_properties", NULL},
	{INGEST_IDENTIFY, "{\"userId\":\"u\",\"traits\":[1]}", "0 refused: bad_traits", NULL},
	{INGEST_BATCH, "{\"batch\":[{\"userId\":\"u\"},{\"type\":\"trakc\",\"userId\":\"u\"},7]}",
	 "0 refused: no_type\n1 refused: unknown_type\n2 refused: not_an_object", NULL},
	{INGEST_TRACK, "{\"messageId\":\"m\",\"type\":\"page\",\"userId\":\"u\",\"event\":\"e\"}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{}}",
	 "0 refused: wrong_type"},
	/* A batch: shared context under each item's own, shared sentAt, one bad item of three. */
	{INGEST_BATCH,
	 "{\"sentAt\":\"2020-01-01T00:00:05Z\",\"context\":{\"locale\":\"en\",\"ip\":\"1.1.1.1\"},"
	 "\"batch\":[{\"messageId\":\"m1\",\"type\":\"identify\",\"userId\":\"u\",\"timestamp\":"
	 "\"2020-01-01T00:00:00Z\",\"context\":{\"locale\":\"fr\"}},{\"type\":\"track\",\"userId\":"
	 "\"u\"}"
	 ",{\"messageId\":\"m2\",\"type\":\"Page\",\"anonymousId\":\"a\"}]}",
	 "m1 "
	 "{\"type\":\"identify\",\"at\":1795233595000000,\"ids\":[[\"userId\",\"u\"]],\"ctx\":{"
	 "\"ip\":"
	 "\"1.1.1.1\",\"locale\":\"fr\"}}\nm2 {\"type\":\"page\"," AT
	 ",\"ids\":[[\"anonymousId\",\"a\"]],"
	 "\"ctx\":{\"ip\":\"1.1.1.1\",\"locale\":\"en\"}}\n1 refused: no_event_name",
	 NULL},
	{INGEST_BATCH, "{\"batch\":[]}", "", NULL},
	/* The whole request. */
	{INGEST_BATCH, "{}", "invalid: a batch without its list of events; send {\"batch\":[...]}",
	 NULL},
	{INGEST_BATCH, "", "invalid: the body is empty; send one JSON object", NULL},
	{INGEST_TRACK, "[]",
	 "invalid: the body is not a JSON object; send {\"type\":...} or {\"batch\":[...]}", NULL},
	{INGEST_TRACK, "{\"a\":1,}",
	 "invalid: not valid JSON: a key in double quotes is missing at byte 8", NULL},
	{INGEST_TRACK, "\xef\xbb\xbf{\"messageId\":\"m\",\"userId\":\"u\",\"event\":\"e\"}",
	 "m {\"type\":\"e\",\"name\":\"e\"," AT ",\"ids\":[[\"userId\",\"u\"]],\"ctx\":{}}", NULL},
};

static void calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ingest_request r = test_request(rows[i].kind, rows[i].body);
		assert_string_equal(test_outcome(&r), rows[i].want);
		r.strict = true;
		assert_string_equal(test_outcome(&r),
				    rows[i].want_strict ? rows[i].want_strict : rows[i].want);
	}
}

static struct event first_event(const struct ingest_request *r)
{
	struct ingest_result res;
	struct err e;
	assert_int_equal(ingest_decode(r, &test_arena, &res, &e), ST_OK);
	assert_int_equal(res.events_n, 1);
	return res.events[0];
}

static void message_ids(void **state)
{
	(void)state;
	const char *timed =
		"{\"userId\":\"u\",\"event\":\"e\",\"timestamp\":\"2026-01-01T00:00:00Z\"}";
	struct ingest_request r = test_request(INGEST_TRACK, timed);
	struct str a = first_event(&r).message_id;
	r.received_us += 1;
	assert_true(str_eq(a, first_event(&r).message_id)); /* a retry is the same event */
	r.body = STR("{\"userId\":\"u\",\"event\":\"e\"}");
	a = first_event(&r).message_id;
	r.received_us += 1;
	assert_false(str_eq(a, first_event(&r).message_id)); /* without a time it is another */
	assert_true(str_starts(a, STR("gen-")) && a.n == 36);

	char body[600];
	for (int n = 100; n <= 300; n += 100) {
		(void)snprintf(body, sizeof body,
			       "{\"userId\":\"u\",\"event\":\"e\",\"messageId\":\"%0*d\"}", n, 7);
		r = test_request(INGEST_TRACK, body);
		assert_int_equal(first_event(&r).message_id.n, n > EVENT_MESSAGE_ID_MAX ? 36 : n);
		r.strict = true;
		if (n > 100)
			assert_string_equal(test_outcome(&r), "0 refused: message_id_too_long");
		else
			assert_int_equal(first_event(&r).message_id.n, n);
	}
}

static void browsers(void **state)
{
	(void)state;
	const char *body = "{\"userId\":\"u\",\"event\":\"e\"}";
	struct ingest_request r = test_request(INGEST_TRACK, body);
	r.remote_ip = STR("9.9.9.9");
	ingest_take_header(&r, STR("User-Agent"), STR("analytics-node/6.2.0"));
	struct event ev = first_event(&r);
	assert_int_equal(ev.context.ip.n + ev.context.user_agent.n,
			 0); /* the server's, not the lead's */
	assert_int_equal(ev.flags, 0);
	r = test_request(INGEST_TRACK, body);
	r.remote_ip = STR("9.9.9.9");
	ingest_take_header(&r, STR("USER-AGENT"), STR("Mozilla/5.0 (compatible; Googlebot/2.1)"));
	ingest_take_header(&r, STR("DNT"), STR("1"));
	ingest_take_header(&r, STR("Purpose"), STR("prefetch"));
	ev = first_event(&r);
	assert_true(str_is(ev.context.ip, "9.9.9.9"));
	assert_int_equal(ev.flags, EVENT_BOT | EVENT_DNT | EVENT_MACHINE);
}

static void limits(void **state)
{
	(void)state;
	struct buf b;
	buf_init_arena(&b, &test_arena, 4 << 20);
	buf_z(&b, "{\"batch\":[");
	for (int i = 0; i <= INGEST_BATCH_ITEMS_MAX; i++)
		buf_printf(&b, "%s{\"type\":\"page\",\"userId\":\"u\"}", i ? "," : "");
	buf_z(&b, "]}");
	struct ingest_request r = test_request(INGEST_BATCH, "");
	r.body = buf_view(&b);
	assert_string_equal(
		test_outcome(&r),
		"limit: the batch has 2501 events and 2500 are allowed; send it in parts");

	buf_reset(&b);
	buf_z(&b, "{\"batch\":[{\"type\":\"track\",\"userId\":\"u\",\"event\":\"e\",\"properties\":"
		  "{\"x\":\"");
	for (int i = 0; i < INGEST_CALL_BYTES_MAX; i++)
		buf_byte(&b, 'x');
	buf_z(&b, "\"}},{\"type\":\"page\",\"userId\":\"u\"}]}");
	r.body = buf_view(&b);
	struct ingest_result res;
	struct err e;
	assert_int_equal(ingest_decode(&r, &test_arena, &res, &e), ST_OK);
	assert_int_equal(res.events_n, 1);
	assert_int_equal(res.refused_n, 1);
	assert_string_equal(res.refused[0].code, "event_too_large");
	assert_int_equal(res.refused[0].status, ST_LIMIT);
	r.kind = INGEST_TRACK;
	assert_int_equal(ingest_decode(&r, &test_arena, &res, &e), ST_LIMIT);
}

/* The densest batch there can be leaves half of a request's 16 MB for what comes after it. */
static void dense_batch(void **state)
{
	(void)state;
	struct buf b;
	struct arena a;
	struct ingest_result res;
	struct err e;
	buf_init_arena(&b, &test_arena, INGEST_BATCH_BYTES_MAX);
	buf_z(&b, "{\"batch\":[");
	for (int i = 0; i < INGEST_BATCH_ITEMS_MAX; i++) {
		buf_z(&b, i ? ",{\"type\":\"page\",\"userId\":1,\"properties\":{\"a\":["
			    : "{\"type\":\"page\",\"userId\":1,\"properties\":{\"a\":[");
		for (int k = 0; k < 35; k++)
			buf_z(&b, "1,");
		buf_z(&b, "1]}}");
	}
	buf_z(&b, "]}");
	assert_true(buf_ok(&b));
	struct ingest_request r = test_request(INGEST_BATCH, "");
	r.body = buf_view(&b);
	arena_init(&a, 8 << 20);
	assert_int_equal(ingest_decode(&r, &a, &res, &e), ST_OK);
	assert_int_equal(res.events_n, INGEST_BATCH_ITEMS_MAX);
	arena_finish(&a);
}

static void long_texts(void **state)
{
	(void)state;
	struct buf b;
	buf_init_arena(&b, &test_arena, 1 << 16);
	buf_z(&b, "{\"userId\":\"u\",\"event\":\"e\",\"context\":{\"page\":{\"title\":\"");
	for (int i = 0; i < 600; i++)
		buf_z(&b, "\xc3\xa9");
	buf_z(&b, "\",\"referrer\":\"a\\u0001b\",\"url\":\"https://x.example/");
	for (int i = 0; i < 3000; i++)
		buf_byte(&b, 'p');
	buf_z(&b, "\"},\"ip\":\"not an address\"}}");
	struct ingest_request r = test_request(INGEST_TRACK, "");
	r.body = buf_view(&b);
	struct event ev = first_event(&r);
	assert_int_equal(ev.context.page.title.n, 512);
	assert_true(str_utf8_valid(ev.context.page.title));
	assert_int_equal(ev.context.page.url.n, 2048);
	assert_int_equal(ev.context.page.path.n, 1024);
	assert_int_equal(ev.context.page.referrer.n, 0);
	assert_int_equal(ev.context.ip.n, 0);
}

static void long_ids(void **state)
{
	(void)state;
	char body[1200];
	for (int n = EVENT_ID_VALUE_MAX; n <= EVENT_ID_VALUE_MAX + 1; n++) {
		(void)snprintf(body, sizeof body, "{\"userId\":\"%0*d\",\"event\":\"e\"}", n, 7);
		struct ingest_request r = test_request(INGEST_TRACK, body);
		if (n == EVENT_ID_VALUE_MAX)
			assert_int_equal(first_event(&r).ids_n, 1);
		else
			assert_string_equal(test_outcome(&r), "0 refused: id_too_long");
	}
}

static void key_in_body(void **state)
{
	(void)state;
	struct ingest_result res;
	struct err e;
	struct buf b;
	struct ingest_request r = test_request(
		INGEST_BATCH,
		"{\"writeKey\":\"nk_1\",\"batch\":[{\"type\":\"page\",\"userId\":\"u\"},{}]}");
	r.source = STR_NULL;
	assert_int_equal(ingest_decode(&r, &test_arena, &res, &e), ST_OK);
	assert_true(str_is(res.write_key, "nk_1"));
	ingest_set_source(&res, STR("site"));
	assert_true(str_is(res.events[0].source, "site"));
	assert_true(str_is(res.refused[0].raw, "{}"));
	buf_init_arena(&b, &test_arena, 4096);
	ingest_strict_reply(&res, &b);
	assert_true(str_is(
		buf_view(&b),
		"{\"success\":false,\"accepted\":1,\"refused\":[{\"index\":1,\"code\":\"no_type\","
		"\"param\":\"type\",\"message\":\"an item of a batch has no type\",\"fix\":\"add "
		"\\\"type\\\": one of identify, track, page, screen, group, alias\"}]}"));
}

static const struct {
	const char *file, *types;
	enum ingest_kind kind;
} samples[] = {
	{"docs-common-01.json", "report_submitted", INGEST_TRACK},
	{"docs-http-01.json", "identify", INGEST_IDENTIFY},
	{"docs-http-02.json", "item_purchased", INGEST_TRACK},
	{"docs-http-03.json", "page.tracking_http_api", INGEST_PAGE},
	{"docs-http-04.json", "screen.tracking_http_api", INGEST_SCREEN},
	{"docs-http-05.json", "group", INGEST_GROUP},
	{"docs-http-06.json", "alias", INGEST_ALIAS},
	{"docs-http-07.json", "identify song_played identify song_played", INGEST_BATCH},
	{"docs-http-08.json", "identify", INGEST_IDENTIFY},
};

static const char *types_of(const struct ingest_request *r)
{
	struct ingest_result res;
	struct err e;
	struct buf b;
	buf_init_arena(&b, &test_arena, 4096);
	assert_int_equal(ingest_decode(r, &test_arena, &res, &e), ST_OK);
	assert_int_equal(res.refused_n, 0);
	for (size_t i = 0; i < res.events_n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(res.events[i].type));
	buf_byte(&b, '\0');
	return b.p;
}

/* Segment's own examples, and what three real SDKs sent. */
static void real_requests(void **state)
{
	(void)state;
	struct json d;
	struct err e;
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		char name[128];
		(void)snprintf(name, sizeof name, "contracts/samples/segment/%s", samples[i].file);
		struct ingest_request r = test_request(samples[i].kind, "");
		r.body = test_shared_file(name);
		if (r.body.p == NULL) {
			print_message("skipped: Segment's samples are not here\n");
			skip();
		}
		assert_string_equal(types_of(&r), samples[i].types);
	}
	struct str text = test_shared_file("contracts/samples/segment/sdk-captures.json");
	assert_int_equal(json_parse(text, JSON_LIMITS_EVENT, &test_arena, &d, &e), ST_OK);
	size_t n = 0;
	for (uint32_t v = json_first(&d, 0); v != JSON_NONE; v = json_next(&d, 0, v)) {
		struct ingest_request r = test_request(INGEST_BATCH, "");
		r.body = json_str(&d, json_get(&d, v, "body"), &test_arena);
		r.strict = true;
		for (const char *at = types_of(&r); at; at = strchr(at + 1, ' '))
			n++;
	}
	assert_int_equal(n, 15); /* three clients, five calls each */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(calls, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(message_ids, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(browsers, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(limits, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(real_requests, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(dense_batch, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(long_texts, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(long_ids, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(key_in_body, test_set_up, test_tear_down),
	};
	return cmocka_run_group_tests_name("ingest_segment", tests, NULL, NULL);
}
