/* SPDX-License-Identifier: Apache-2.0
 * Signatures that hold and that do not, and what a signed body becomes. */
#include "base/crypto.h"
#include "base/json.h"
#include "ingest/test_help.h"

#define SECRET "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3" /* 0123456789abcdef01234567 */
static const struct str old_secret = {"whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk", 38};

static struct ingest_request hook(const char *body)
{
	struct ingest_request r = test_request(INGEST_WEBHOOK, body);
	r.source = STR("webhook:crm");
	return r;
}

/* "v1,BASE64" of id.timestamp.body under a key. */
static struct str sign(const char *key, const char *id, int64_t at_s, struct str body)
{
	uint8_t mac[SHA256_BYTES];
	struct buf b;
	struct str text =
		arena_printf(&test_arena, "%s.%lld." STR_FMT, id, (long long)at_s, STR_ARG(body));
	crypto_hmac_sha256(str_of(key), text, mac);
	buf_init_arena(&b, &test_arena, 256);
	buf_z(&b, "v1,");
	base64_encode(str_n((const char *)mac, sizeof mac), &b);
	return buf_view(&b);
}

static void put(struct ingest_request *r, const char *id, int64_t at_s, struct str signature)
{
	ingest_take_header(r, STR("webhook-id"), str_of(id));
	ingest_take_header(r, STR("webhook-timestamp"),
			   arena_printf(&test_arena, "%lld", (long long)at_s));
	ingest_take_header(r, STR("webhook-signature"), signature);
}

static void bodies(void **state)
{
	(void)state;
	static const struct {
		const char *body, *want;
	} rows[] = {
		{"{\"type\":\"Demo.Booked\",\"timestamp\":\"2026-11-21T03:59:00Z\",\"data\":{"
		 "\"email\":"
		 "\"jo@acme.com\", "
		 "\"user_id\":\"u\",\"group_id\":\"acme\",\"traits\":{\"plan\":\"pro\"}}}",
		 "m "
		 "{\"type\":\"demo.booked\",\"name\":\"Demo.Booked\",\"at\":1795233540000000,"
		 "\"ids\":[["
		 "\"userId\",\"u\"],[\"email\",\"jo@acme.com\"]],\"group\":\"acme\",\"ctx\":{},"
		 "\"props\":{"
		 "\"email\":\"jo@acme.com\",\"user_id\":\"u\",\"group_id\":\"acme\",\"traits\":{"
		 "\"plan\":"
		 "\"pro\"}},\"traits\":{\"plan\":\"pro\"}}"},
		{"{\"type\":\"x\",\"timestamp\":\"2030-01-01T00:00:00Z\",\"data\":{\"contact\":{"
		 "\"email\":"
		 "\"jo@acme.com\"}}}",
		 "m {\"type\":\"x\",\"name\":\"x\"," AT
		 ",\"ids\":[[\"email\",\"jo@acme.com\"]],\"ctx\":{},"
		 "\"props\":{\"contact\":{\"email\":\"jo@acme.com\"}}}"},
		{"{\"type\":\"x\",\"data\":{}}", "0 refused: no_identity"},
		{"{\"type\":\"\",\"data\":{}}", "0 refused: no_event_name"},
		{"{\"type\":\"x\",\"data\":[]}", "0 refused: bad_properties"},
		{"[]", "invalid: the body is not a JSON object; send "
		       "{\"type\":...,\"timestamp\":...,\"data\":{...}}"},
		{"", "invalid: not valid JSON: a value is missing at byte 1"},
	};
	struct str secrets[] = {STR(SECRET)};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ingest_request r = hook(rows[i].body);
		r.secrets = secrets;
		r.secrets_n = 1;
		put(&r, "m", RECEIVED_US / US_PER_S,
		    sign("0123456789abcdef01234567", "m", RECEIVED_US / US_PER_S, r.body));
		assert_string_equal(test_outcome(&r), rows[i].want);
	}
}

static void signatures(void **state)
{
	(void)state;
	const int64_t now = RECEIVED_US / US_PER_S;
	const char *key = "0123456789abcdef01234567";
	struct str both[] = {old_secret, STR(SECRET)}, one[] = {old_secret},
		   bad[] = {STR("whsec_!")};
	struct str good = sign(key, "m", now, STR("{}"));
	struct str several = arena_printf(&test_arena, "v1a,zzz v1,AAAA " STR_FMT, STR_ARG(good));
	struct str late = sign(key, "m", now - 300, STR("{}")),
		   later = sign(key, "m", now - 301, STR("{}"));
	struct str ahead = sign(key, "m", now + 301, STR("{}"));
	const struct {
		struct str *secrets;
		size_t secrets_n;
		const char *id;
		int64_t at_s;
		struct str signature;
		enum status want;
	} rows[] = {
		{both, 2, "m", now, good, ST_OK},
		{both, 2, "m", now, several, ST_OK},
		{both, 2, "m", now - 300, late, ST_OK},
		{both, 2, "m", now - 301, later, ST_UNAUTHENTICATED},
		{both, 2, "m", now + 301, ahead, ST_UNAUTHENTICATED},
		{one, 1, "m", now, good, ST_UNAUTHENTICATED},
		{bad, 1, "m", now, good, ST_UNAUTHENTICATED},
		{NULL, 0, "m", now, good, ST_UNAUTHENTICATED},
		{both, 2, "other", now, good, ST_UNAUTHENTICATED},
		{both, 2, "m", now - 1, good, ST_UNAUTHENTICATED},
		{both, 2, "m", now, STR("v1,"), ST_UNAUTHENTICATED},
		{both, 2, "m", now, str_slice(good, 3, good.n), ST_UNAUTHENTICATED},
		{both, 2, "", now, good, ST_UNAUTHENTICATED},
		{both, 2, "m", now, STR(""), ST_UNAUTHENTICATED},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e;
		struct ingest_request r = hook("{}");
		r.secrets = rows[i].secrets;
		r.secrets_n = rows[i].secrets_n;
		put(&r, rows[i].id, rows[i].at_s, rows[i].signature);
		assert_int_equal(ingest_verify_webhook(&r, &e), rows[i].want);
	}
	struct err e;
	struct ingest_request r = hook("{} ");
	r.secrets = both;
	r.secrets_n = 2;
	put(&r, "m", now, good);
	assert_int_equal(ingest_verify_webhook(&r, &e), ST_UNAUTHENTICATED);
}

/* The vectors judged by the specification's own library. */
static void vectors(void **state)
{
	(void)state;
	struct json d;
	struct err e;
	struct str text = test_shared_file("contracts/samples/signatures/standard-webhooks.json");
	if (text.p == NULL) {
		print_message("skipped: standard-webhooks.json is not here\n");
		skip();
	}
	assert_int_equal(json_parse(text, JSON_LIMITS_EVENT, &test_arena, &d, &e), ST_OK);
	for (uint32_t v = json_first(&d, 0); v != JSON_NONE; v = json_next(&d, 0, v)) {
		int64_t now_s;
		uint32_t req = json_get(&d, v, "request"), h = json_get(&d, req, "headers");
		struct str secret = json_str(&d, json_get(&d, v, "secret"), &test_arena);
		struct ingest_request r = {
			.kind = INGEST_WEBHOOK, .secrets = &secret, .secrets_n = 1};
		assert_true(json_i64(&d, json_get(&d, v, "now"), &now_s));
		r.received_us = now_s * US_PER_S;
		r.body = json_str(&d, json_get(&d, req, "body"), &test_arena);
		for (uint32_t k = json_first(&d, h); k != JSON_NONE; k = json_next(&d, h, k))
			ingest_take_header(&r, json_str(&d, json_key(&d, k), &test_arena),
					   json_str(&d, k, &test_arena));
		bool valid = str_is(json_str(&d, json_get(&d, v, "expect"), &test_arena), "valid");
		assert_int_equal(ingest_verify_webhook(&r, &e), valid ? ST_OK : ST_UNAUTHENTICATED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bodies, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(signatures, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(vectors, test_set_up, test_tear_down),
	};
	return cmocka_run_group_tests_name("ingest_webhook", tests, NULL, NULL);
}
