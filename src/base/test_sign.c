/* SPDX-License-Identifier: Apache-2.0
 * test_sign.c: keys that load and keys that do not, and the test vector of RFC 8032 7.1. */
#include "base/test.h"

#include "base/crypto.h"
#include "base/sign.h"

/* RFC 8032 7.1, test 2: a secret, its public half, the signature of the one byte 0x72. */
static const char ed_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			     "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
			     "-----END PRIVATE KEY-----\n";
static const char ed_public[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
static const char ed_signature[] =
	"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

static void ed25519_vector(void **state)
{
	(void)state;
	struct sign_key *key;
	struct buf bytes, hex;
	buf_init(&bytes, 1024);
	buf_init(&hex, 1024);
	assert_int_equal(sign_key_load(str_of(ed_pem), &key, NULL), ST_OK);
	assert_int_equal(sign_key_kind(key), SIGN_ED25519);
	sign_key_public(key, &bytes);
	hex_encode(buf_view(&bytes), &hex);
	check_str("public", buf_view(&hex), ed_public);
	buf_reset(&bytes);
	buf_reset(&hex);
	assert_int_equal(sign_data(key, STR("\x72"), &bytes, NULL), ST_OK);
	hex_encode(buf_view(&bytes), &hex);
	check_str("signature", buf_view(&hex), ed_signature);
	sign_key_destroy(&key);
	assert_null(key);
	buf_finish(&bytes);
	buf_finish(&hex);
}

static void a_key_comes_back_from_its_pem(void **state)
{
	(void)state;
	static const struct {
		enum sign_kind kind;
		unsigned bits;
	} rows[] = {{SIGN_RSA, 1024}, {SIGN_RSA, 2048}, {SIGN_ED25519, 0}};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sign_key *key, *again;
		struct buf pem, one, two;
		buf_init(&pem, 8192);
		buf_init(&one, 8192);
		buf_init(&two, 8192);
		assert_int_equal(sign_key_create(rows[i].kind, rows[i].bits, &key, NULL), ST_OK);
		sign_key_pem(key, &pem);
		assert_int_equal(sign_key_load(buf_view(&pem), &again, NULL), ST_OK);
		assert_int_equal(sign_key_kind(again), rows[i].kind);
		if (rows[i].bits)
			assert_int_equal(sign_key_bits(again), rows[i].bits);
		assert_int_equal(sign_data(key, STR("data"), &one, NULL), ST_OK);
		assert_int_equal(sign_data(again, STR("data"), &two, NULL), ST_OK);
		assert_true(one.n > 0 && str_eq(buf_view(&one), buf_view(&two)));
		sign_key_destroy(&key);
		sign_key_destroy(&again);
		crypto_wipe(pem.p, pem.n);
		buf_finish(&pem);
		buf_finish(&one);
		buf_finish(&two);
	}
}

static void what_is_no_key_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *pem, *want;
	} rows[] = {
		{"", "no line says"},
		{"s1._domainkey", "no line says"},
		{"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE "
		 "KEY-----\n",
		 "passphrase"},
		{"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "public half"},
		{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "OpenSSH"},
		{"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "damaged"},
		/* P-256: a fine key, but no mail is signed with it */
		{"-----BEGIN PRIVATE KEY-----\n"
		 "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWBmIU/cjPNtFwzVP\n"
		 "auf9wnLucCjMbg05G0kZB8QJL4+hRANCAASO8/vTJRxfdqfr6AkACNm08PXez9Fy\n"
		 "h4LvyutryEhgw75RQaPQbz3UZahKELbIgB4xCtHXE3u3WXYRJIrxQKbY\n"
		 "-----END PRIVATE KEY-----\n",
		 "neither RSA"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err e = {0};
		struct sign_key *key = NULL;
		CHECK_ROW(rows[i].pem, sign_key_load(str_of(rows[i].pem), &key, &e) == ST_INVALID);
		CHECK_ROW(rows[i].pem, key == NULL && strstr(e.text, rows[i].want) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ed25519_vector),
		cmocka_unit_test(a_key_comes_back_from_its_pem),
		cmocka_unit_test(what_is_no_key_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
