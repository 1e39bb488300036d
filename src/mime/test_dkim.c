/* SPDX-License-Identifier: Apache-2.0
 * test_dkim.c: the example of RFC 8463 A, the canonical forms of RFC 6376 3.4, what is covered, and
 * keys that are refused. Verifying with other people's code is in tests/e2e/mime.sh. */
#include "base/test.h"

#include "base/crypto.h"
#include "mime/canon.h"
#include "mime/dkim.h"
#include "mime/test_mail.h"

/* The secret of RFC 8463 A.2, in PKCS#8. */
static const char ed_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			     "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
			     "-----END PRIVATE KEY-----\n";

static struct sign_key *load(const char *pem)
{
	struct sign_key *key;
	assert_int_equal(sign_key_load(str_of(pem), &key, NULL), ST_OK);
	return key;
}

static void the_example_of_rfc_8463(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value;
	} fields[] = {
		{"From", " Joe SixPack <joe@football.example.com>"},
		{"To", " Suzie Q <suzie@shopping.example.net>"},
		{"Subject", " Is dinner ready?"},
		{"Date", " Fri, 11 Jul 2003 21:00:37 -0700 (PDT)"},
		{"Message-ID", " <20030712040037.46341.5F8J@football.example.com>"},
	};
	static const char signature[] = " v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
					" d=football.example.com; i=@football.example.com;\r\n"
					" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
					" subject : date : message-id : from : subject : date;\r\n"
					" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
					" b=";
	struct buf canon, raw, text;
	uint8_t hash[SHA256_BYTES];
	struct sign_key *key = load(ed_pem);
	buf_init(&canon, 8192);
	buf_init(&raw, 8192);
	buf_init(&text, 8192);
	canon_body(STR("Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"),
		   &canon);
	crypto_sha256(buf_view(&canon), hash);
	base64_encode(str_n((const char *)hash, sizeof hash), &text);
	check_str("bh", buf_view(&text), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
	buf_reset(&canon);
	buf_reset(&text);
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		canon_header(str_of(fields[i].name), str_of(fields[i].value), &canon);
		buf_z(&canon, "\r\n");
	}
	canon_header(STR("DKIM-Signature"), str_of(signature), &canon);
	crypto_sha256(buf_view(&canon), hash);
	assert_int_equal(sign_data(key, str_n((const char *)hash, sizeof hash), &raw, NULL), ST_OK);
	base64_encode(buf_view(&raw), &text);
	check_str("b", buf_view(&text),
		  "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
		  "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
	sign_key_destroy(&key);
	buf_finish(&canon);
	buf_finish(&raw);
	buf_finish(&text);
}

static void bodies_in_canonical_form(void **state)
{
	(void)state;
	static const struct {
		const char *body, *want;
	} rows[] = {
		{"", ""},
		{"\r\n", ""},
		{"\r\n\r\n", ""},
		{"a", "a\r\n"},
		{"a\r\n\r\n\r\n", "a\r\n"},
		{" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"}, /* RFC 6376 3.4.5 */
		{"a\r\n\r\nb", "a\r\n\r\nb\r\n"},
		{"a\r\n \t\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n"},
		{"\t\t\r\n", ""},
		{"\r\n\r\n\r\nx", "\r\n\r\n\r\nx\r\n"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf out;
		buf_init(&out, strlen(rows[i].body) + 2); /* never longer than this */
		canon_body(str_of(rows[i].body), &out);
		assert_true(buf_ok(&out));
		check_str(rows[i].body, buf_view(&out), rows[i].want);
		buf_finish(&out);
	}
}

static void headers_in_canonical_form(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value, *want;
	} rows[] = {
		{"A", " X", "a:X"}, /* RFC 6376 3.4.5 */
		{"B ", " Y\t\r\n\tZ  ", "b:Y Z"},
		{"Subject", "", "subject:"},
		{"SUBJECT", "   ", "subject:"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf out;
		buf_init(&out, 1024);
		canon_header(str_of(rows[i].name), str_of(rows[i].value), &out);
		check_str(rows[i].name, buf_view(&out), rows[i].want);
		buf_finish(&out);
	}
}

static void messages_that_are_none(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"a",
		"From: a@b\r\n",
		"From: a@b\r\nx",
		"From: a@b\n\n",
		"From\r\n\r\n",
		" From: a@b\r\n\r\n",
		"From: a\nb\r\n\r\n",
		"To: a@b\r\n\r\nx\r\n",
		"\r\nFrom: a@b\r\n",
	};
	struct sign_key *key = load(ed_pem);
	struct dkim_key k = {STR("x.example"), STR("s1"), key};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct buf out;
		arena_init(&a, 1u << 20);
		buf_init(&out, 8192);
		struct dkim_job job = {&k, 1, str_of(rows[i]), 0};
		CHECK_ROW(rows[i], dkim_sign(&job, &a, &out, NULL) == ST_INVALID && out.n == 0);
		buf_finish(&out);
		arena_finish(&a);
	}
	sign_key_destroy(&key);
}

static void what_is_covered(void **state)
{
	(void)state;
	struct sign_key *rsa, *ed = load(ed_pem);
	struct mime_mail m = test_mail();
	struct arena a;
	struct buf mail, out, again;
	assert_int_equal(sign_key_create(SIGN_RSA, 2048, &rsa, NULL), ST_OK);
	struct dkim_key keys[] = {{STR("x.example"), STR("r1"), rsa},
				  {STR("x.example"), STR("e1"), ed}};
	arena_init(&a, 1u << 20);
	buf_init(&mail, 1u << 16);
	buf_init(&out, 8192);
	buf_init_arena(&again, &a, 8192); /* results may live where the copies do */
	m.unsubscribe_url = STR("https://l.example/u/tok");
	assert_int_equal(mime_write(&m, &mail, NULL), ST_OK);
	struct dkim_job job = {keys, 2, buf_view(&mail), m.date_us};
	assert_int_equal(dkim_sign(&job, &a, &out, NULL), ST_OK);
	assert_int_equal(dkim_sign(&job, &a, &again, NULL), ST_OK);
	assert_true(str_eq(buf_view(&out), buf_view(&again)));
	static const char *const want[] = {
		"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=x.example; s=r1;\r\n"
		" t=1795269900; h=From: From: Reply-To: To: To: Cc: Subject: Subject: Date:\r\n",
		" List-Unsubscribe: List-Unsubscribe: List-Unsubscribe-Post:\r\n"
		" List-Unsubscribe-Post: Feedback-ID;",
		"a=ed25519-sha256; c=relaxed/relaxed; d=x.example; s=e1;\r\n",
	};
	for (size_t i = 0; i < COUNT_OF(want); i++)
		if (memmem(out.p, out.n, want[i], strlen(want[i])) == NULL)
			fail_msg("no \"%s\" in:\n%.*s", want[i], (int)out.n, out.p);
	buf_finish(&mail);
	buf_finish(&out);
	buf_finish(&again);
	arena_finish(&a);
	sign_key_destroy(&rsa);
	sign_key_destroy(&ed);
}

static void weak_keys_and_names_are_refused(void **state)
{
	(void)state;
	struct sign_key *weak, *least;
	struct err e = {0};
	assert_int_equal(sign_key_create(SIGN_RSA, 768, &weak, NULL), ST_OK);
	assert_int_equal(sign_key_create(SIGN_RSA, 1024, &least, NULL), ST_OK);
	struct dkim_key k = {STR("x.example"), STR("s1"), weak};
	assert_int_equal(dkim_key_check(&k, &e), ST_INVALID);
	assert_non_null(strstr(e.text, "768"));
	k.key = least;
	assert_int_equal(dkim_key_check(&k, &e), ST_OK);
	k.selector = STR("s1;x");
	assert_int_equal(dkim_key_check(&k, &e), ST_INVALID);
	k.selector = STR("s1"), k.domain = STR("x\r\n.example");
	assert_int_equal(dkim_key_check(&k, &e), ST_INVALID);
	sign_key_destroy(&weak);
	sign_key_destroy(&least);
}

static void records_to_publish(void **state)
{
	(void)state;
	struct sign_key *key = load(ed_pem);
	struct dkim_key k = {STR("football.example.com"), STR("brisbane"), key};
	struct buf out;
	buf_init(&out, 8192);
	dkim_record_name(&k, &out);
	buf_byte(&out, ' ');
	dkim_record_text(&k, &out); /* RFC 8463 A.2 */
	check_str("text", buf_view(&out),
		  "brisbane._domainkey.football.example.com "
		  "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
	buf_reset(&out);
	dkim_record_zone(&k, &out);
	check_str("zone", buf_view(&out),
		  "brisbane._domainkey.football.example.com. IN TXT ( "
		  "\"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\" )\n");
	sign_key_destroy(&key);
	assert_int_equal(sign_key_create(SIGN_RSA, 2048, &key, NULL), ST_OK);
	k.key = key;
	buf_reset(&out);
	dkim_record_zone(&k, &out);
	assert_true(
		str_starts(buf_view(&out), STR("brisbane._domainkey.football.example.com. IN TXT ( "
					       "\"v=DKIM1; k=rsa; p=MII")));
	assert_non_null(memmem(out.p, out.n, "\" \"", 3)); /* one string cannot hold it */
	sign_key_destroy(&key);
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_8463),
		cmocka_unit_test(bodies_in_canonical_form),
		cmocka_unit_test(headers_in_canonical_form),
		cmocka_unit_test(messages_that_are_none),
		cmocka_unit_test(what_is_covered),
		cmocka_unit_test(weak_keys_and_names_are_refused),
		cmocka_unit_test(records_to_publish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
