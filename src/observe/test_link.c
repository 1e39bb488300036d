/* SPDX-License-Identifier: Apache-2.0
 * test_link.c: tokens against vectors made by another program (Python's hmac and base64), and every
 * way of changing one. */
#include "base/test.h"

#include "base/random.h"
#include "base/time.h"
#include "observe/link.h"

#define NOW_US INT64_C(1795000000000000)
#define PRICING "https://example.com/pricing?plan=b&x=1#top"

static struct link_keys one, two; /* the older key alone; a newer one before it */

static int setup(void **state)
{
	uint8_t older[LINK_SECRET_BYTES], newer[LINK_SECRET_BYTES];
	(void)state;
	for (uint8_t i = 0; i < LINK_SECRET_BYTES; i++)
		older[i] = i;
	memset(newer, 0xa5, sizeof newer);
	one = two = (struct link_keys){.n = 0};
	assert_int_equal(link_keys_add(&one, 1, older, NULL), ST_OK);
	assert_int_equal(link_keys_add(&two, 1, older, NULL), ST_OK);
	assert_int_equal(link_keys_add(&two, 7, newer, NULL), ST_OK);
	return 0;
}

static const struct {
	const char *name;
	bool newer;
	struct link link;
	const char *target, *token;
} vectors[] = {
	{"click",
	 false,
	 {LINK_CLICK, 1234567, 3, TIME_NONE},
	 PRICING,
	 "AQGHrUsDAH8fSIIMJMHh50e_GA"},
	{"open", false, {LINK_OPEN, 1, 0, TIME_NONE}, "", "AgEBAACDBoFYJHqVVCiLnlg"},
	{"unsubscribe",
	 false,
	 {LINK_UNSUBSCRIBE, 300, 0, TIME_NONE},
	 "",
	 "BAGsAgAAxUotVWKBLG7wtOFZ"},
	{"rep, good for a while",
	 true,
	 {LINK_REP, 42, LINK_REP_NOT_A_FIT, INT64_C(1795219200000000)},
	 "",
	 "CAcqAqqiAe8CSzUzLurrqR6ERg"},
	{"the largest id",
	 true,
	 {LINK_PREFERENCES, LINK_ID_MAX - 1, 0, TIME_NONE},
	 "",
	 "BQf_________fwAAIGylUInHWEtY1nB4"},
	{"trap",
	 false,
	 {LINK_TRAP, 127, 0, TIME_NONE},
	 "http://example.org/",
	 "AwF_AAA6w9jW_hGMSmtx25o"},
};

static void assert_same(const char *name, const struct link *a, const struct link *b)
{
	CHECK_ROW(name, a->kind == b->kind);
	CHECK_ROW(name, a->id == b->id);
	CHECK_ROW(name, a->n == b->n);
	CHECK_ROW(name, a->expires_us == b->expires_us);
}

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		const char *name = vectors[i].name;
		struct str target = str_of(vectors[i].target);
		char text[LINK_TEXT_MAX];
		struct link got;
		enum status st = link_write(vectors[i].newer ? &two : &one, &vectors[i].link,
					    target, text, NULL);
		CHECK_ROW(name, st == ST_OK);
		check_str(name, str_of(text), vectors[i].token);
		st = link_read(&two, str_of(text), target, NOW_US, &got, NULL);
		CHECK_ROW(name, st == ST_OK);
		assert_same(name, &got, &vectors[i].link);
	}
}

static void test_address_vectors(void **state)
{
	char text[LINK_TEXT_MAX];
	uint64_t id = 0;
	(void)state;
	link_address_write(&one, 1234567, text);
	assert_string_equal(text, "beayplklaaan4gnc5vc62ahjojqfzyy");
	link_address_write(&two, LINK_ID_MAX - 1, text);
	assert_string_equal(text, "bed7777777777737aaajlnwh6sknxtbhdypekoy");
	assert_true(strlen(text) <= LINK_ADDRESS_MAX);
	assert_int_equal(link_address_read(&two, STR("BEAYPLKLAAAN4GNC5VC62AHJOJQFZYY"), &id, NULL),
			 ST_OK);
	assert_int_equal(id, 1234567);
	assert_int_equal(
		link_address_read(&two, STR("Bed7777777777737AAAJLNWH6SKNXTBHDYPEKOY"), &id, NULL),
		ST_OK);
	assert_int_equal(id, LINK_ID_MAX - 1);
}

/* O1: no token with one character changed, left out or added is believed. */
static void test_tampered(void **state)
{
	static const char chars[] = "AQgwBCxyz019-_ =+/.";
	(void)state;
	for (size_t v = 0; v < COUNT_OF(vectors); v++) {
		struct str token = str_of(vectors[v].token), target = str_of(vectors[v].target);
		char text[LINK_TEXT_MAX + 1];
		struct link got = {.id = 4711};
		for (size_t i = 0; i < token.n * (sizeof chars - 1); i++) {
			size_t at = i / (sizeof chars - 1);
			memcpy(text, token.p, token.n);
			text[at] = chars[i % (sizeof chars - 1)];
			if (text[at] == token.p[at])
				continue;
			enum status st =
				link_read(&two, str_n(text, token.n), target, NOW_US, &got, NULL);
			CHECK_ROW(vectors[v].name, st == ST_DENIED || st == ST_INVALID);
		}
		for (size_t n = 0; n < token.n; n++)
			CHECK_ROW(vectors[v].name, link_read(&two, str_n(token.p, n), target,
							     NOW_US, &got, NULL) != ST_OK);
		memcpy(text, token.p, token.n);
		text[token.n] = 'A';
		CHECK_ROW(vectors[v].name, link_read(&two, str_n(text, token.n + 1), target, NOW_US,
						     &got, NULL) != ST_OK);
		assert_int_equal(got.id, 4711); /* written only on success */
	}
}

/* No open redirect: a target is led to only when it is the signed one. */
static void test_other_targets(void **state)
{
	static const char *const targets[] = {
		"",
		"https://example.com/pricing?plan=b&x=1#to",
		"https://example.com/pricing?plan=b&x=1#topp",
		"https://evil.example/pricing?plan=b&x=1#top",
		"http://example.com/pricing?plan=b&x=1#top",
		"HTTPS://example.com/pricing?plan=b&x=1#top",
	};
	struct link got;
	struct str token = str_of(vectors[0].token);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(targets); i++)
		CHECK_ROW(targets[i], link_read(&two, token, str_of(targets[i]), NOW_US, &got,
						NULL) == ST_DENIED);
	/* one of a kind without a target is not believed with one */
	assert_int_equal(
		link_read(&two, str_of(vectors[1].token), STR(PRICING), NOW_US, &got, NULL),
		ST_DENIED);
}

static void test_targets(void **state)
{
	static const struct {
		const char *url;
		bool ok;
	} rows[] = {
		{"https://example.com", true},
		{"http://example.com:8080/a?b=c#d", true},
		{"https://example.com/@user", true},
		{"https://[2001:db8::1]/", true},
		{"https://", false},
		{"https:///path", false},
		{"https://:80/", false},
		{"//example.com/", false},
		{"/path", false},
		{"javascript:alert(1)", false},
		{"data:text/html,x", false},
		{"ftp://example.com/", false},
		{"https://good.example@evil.example/", false},
		{"https://a.example\\@b.example/", false},
		{"https://example.com/a b", false},
		{"https://example.com/\r\nSet-Cookie: a=b", false},
		{"https://example.com/\x7f", false},
	};
	char text[LINK_TEXT_MAX], url[LINK_TARGET_MAX + 2];
	struct link l = {LINK_CLICK, 1, 1, TIME_NONE};
	struct err e;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(rows[i].url, link_target_ok(str_of(rows[i].url)) == rows[i].ok);
		enum status st = link_write(&one, &l, str_of(rows[i].url), text, &e);
		CHECK_ROW(rows[i].url, st == (rows[i].ok ? ST_OK : ST_INVALID));
	}
	memset(url, 'a', sizeof url);
	memcpy(url, "https://", 8);
	assert_int_equal(link_write(&one, &l, str_n(url, LINK_TARGET_MAX), text, NULL), ST_OK);
	assert_int_equal(link_write(&one, &l, str_n(url, LINK_TARGET_MAX + 1), text, NULL),
			 ST_INVALID);
	l.kind = LINK_OPEN;
	assert_int_equal(link_write(&one, &l, STR(PRICING), text, NULL), ST_INVALID);
}

static void test_expiry(void **state)
{
	static const struct {
		const char *name;
		int64_t expires_us, at_us;
		enum status st;
	} rows[] = {
		{"never", TIME_NONE, INT64_MAX, ST_OK},
		{"before", 10 * US_PER_D, 10 * US_PER_D - 1, ST_OK},
		{"at the end", 10 * US_PER_D, 10 * US_PER_D, ST_TIMEOUT},
		{"a part of a day counts as all of it", 9 * US_PER_D + 1, 10 * US_PER_D - 1, ST_OK},
		{"and then it ends", 9 * US_PER_D + 1, 10 * US_PER_D, ST_TIMEOUT},
		{"the first instant", 1, US_PER_D, ST_TIMEOUT},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link l = {LINK_REP, 1, 0, rows[i].expires_us}, got;
		char text[LINK_TEXT_MAX];
		assert_int_equal(link_write(&one, &l, STR_NULL, text, NULL), ST_OK);
		CHECK_ROW(rows[i].name, link_read(&one, str_of(text), STR_NULL, rows[i].at_us, &got,
						  NULL) == rows[i].st);
	}
}

/* O2: what one key, kind or alphabet made is nothing to another. */
static void test_apart(void **state)
{
	struct link_keys other = one;
	struct link got, l = {LINK_UNSUBSCRIBE, 5, 0, TIME_NONE};
	char text[LINK_TEXT_MAX], address[LINK_TEXT_MAX];
	uint64_t id;
	(void)state;
	assert_int_equal(link_write(&one, &l, STR_NULL, text, NULL), ST_OK);
	other.keys[0].secret[31] ^= 1; /* the same number, another secret */
	assert_int_equal(link_read(&other, str_of(text), STR_NULL, 0, &got, NULL), ST_DENIED);
	other = one;
	other.keys[0].id = 2; /* the same secret, another number */
	assert_int_equal(link_read(&other, str_of(text), STR_NULL, 0, &got, NULL), ST_DENIED);
	assert_int_equal(link_address_read(&one, str_of(text), &id, NULL), ST_INVALID);
	link_address_write(&one, 5, address);
	assert_int_not_equal(link_read(&one, str_of(address), STR_NULL, 0, &got, NULL), ST_OK);
	assert_int_not_equal(link_address_read(&one, STR_NULL, &id, NULL), ST_OK);
}

static void test_rotation(void **state)
{
	struct link_keys k = {.n = 0};
	struct link l = {LINK_OPEN, 5, 0, TIME_NONE}, got;
	char text[LINK_KEYS_MAX + 1][LINK_TEXT_MAX];
	(void)state;
	for (uint8_t i = 0; i <= LINK_KEYS_MAX; i++) {
		uint8_t secret[LINK_SECRET_BYTES] = {i};
		assert_int_equal(link_keys_add(&k, i, secret, NULL), ST_OK);
		assert_int_equal(link_keys_add(&k, i, secret, NULL), ST_EXISTS);
		assert_int_equal(link_write(&k, &l, STR_NULL, text[i], NULL), ST_OK);
	}
	assert_int_equal(k.n, LINK_KEYS_MAX);
	assert_int_equal(k.keys[0].id, LINK_KEYS_MAX); /* the newest signs */
	for (size_t i = 0; i <= LINK_KEYS_MAX; i++)
		assert_int_equal(link_read(&k, str_of(text[i]), STR_NULL, 0, &got, NULL),
				 i == 0 ? ST_DENIED : ST_OK);
}

/* Every answer of a rep is one a hand-off can be given, whether or not it was accepted before. */
static void test_reps(void **state)
{
	(void)state;
	for (enum link_rep rep = 0; rep < LINK_REP_COUNT; rep++) {
		struct handoff h = {.id = 1, .state = HANDOFF_OPEN};
		struct str verdict = str_of(link_rep_wire(rep));
		assert_int_equal(handoff_move(&h, link_rep_state(rep), 1, verdict, NULL), ST_OK);
		h.state = HANDOFF_ACCEPTED;
		assert_int_equal(handoff_move(&h, link_rep_state(rep), 1, verdict, NULL),
				 rep == LINK_REP_ACCEPT ? ST_CONFLICT : ST_OK);
	}
	assert_string_equal(link_rep_wire(LINK_REP_NOT_A_FIT), "not_a_fit");
	assert_int_equal(LINK_REP_LOST, 6); /* numbers on links stay */
}

static void test_random(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 9);
	for (int i = 0; i < 3000; i++) {
		char text[LINK_TEXT_MAX], target[] = "https://example.com/0123456789";
		struct link got,
			l = {.kind = (enum link_kind)rng_below(&r, LINK_ADDRESS),
			     .id = rng_u64(&r) >> (8 + rng_below(&r, 56)),
			     .n = (uint32_t)(rng_u64(&r) >> (32 + rng_below(&r, 32))),
			     .expires_us = rng_below(&r, 2) ? TIME_NONE
							    : (int64_t)(1 + rng_below(&r, 99999)) *
								      US_PER_D};
		l.n = l.kind == LINK_REP ? l.n % LINK_REP_COUNT : l.n;
		bool leads = l.kind == LINK_CLICK || l.kind == LINK_TRAP;
		struct str to = leads ? str_n(target, 20 + (size_t)rng_below(&r, 10)) : STR_NULL;
		uint64_t id;
		assert_int_equal(link_write(&two, &l, to, text, NULL), ST_OK);
		assert_int_equal(link_read(&two, str_of(text), to, 0, &got, NULL), ST_OK);
		assert_same(text, &got, &l);
		link_address_write(&two, l.id, text);
		assert_true(strlen(text) <= LINK_ADDRESS_MAX);
		assert_int_equal(link_address_read(&two, str_of(text), &id, NULL), ST_OK);
		assert_int_equal(id, l.id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),  cmocka_unit_test(test_address_vectors),
		cmocka_unit_test(test_tampered), cmocka_unit_test(test_other_targets),
		cmocka_unit_test(test_targets),  cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_apart),    cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_reps),     cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests_name("link", tests, setup, NULL);
}
