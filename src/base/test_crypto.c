/* SPDX-License-Identifier: Apache-2.0
 * test_crypto.c: published vectors, and codecs that take nothing a signature must not hold. */
#include "base/crypto.h"

#include "base/test.h"

static void check_hex(const char *row, const uint8_t *got, const char *want)
{
	struct buf b;
	buf_init(&b, 4096);
	hex_encode(str_n((const char *)got, SHA256_BYTES), &b);
	check_str(row, buf_view(&b), want);
	buf_finish(&b);
}

static void hashes_as_published(void **state)
{
	(void)state;
	uint8_t out[SHA256_BYTES];
	crypto_sha256(STR_NULL, out); /* FIPS 180-4 */
	check_hex("empty", out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	crypto_sha256(STR("abc"), out);
	check_hex("abc", out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	crypto_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out); /* RFC 4231, 2 */
	check_hex("rfc 4231", out,
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	/* The next key leaves nothing of the one before, whatever their lengths. */
	const struct str long_key = STR("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
					"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b");
	crypto_hmac_sha256(long_key, STR("Hi There"), out); /* RFC 4231, 1 */
	check_hex("another key", out,
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	crypto_hmac_sha256(STR_NULL, STR_NULL, out);
	check_hex("no key", out,
		  "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	for (int i = 0; i < 3; i++) { /* the key of the call before is kept */
		crypto_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out);
		check_hex("the same key", out,
			  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	}
}

static void base64_both_ways(void **state)
{
	(void)state;
	static const struct {
		const char *plain, *coded;
	} rows[] = {
		/* RFC 4648 section 10 */
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_reset(&b);
		base64_encode(str_of(rows[i].plain), &b);
		check_str(rows[i].plain, buf_view(&b), rows[i].coded);
		buf_reset(&b);
		CHECK_ROW(rows[i].coded, base64_decode(str_of(rows[i].coded), &b));
		check_str(rows[i].coded, buf_view(&b), rows[i].plain);
	}
	buf_finish(&b);
}

static void base64_strictness(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		bool ok;
	} rows[] = {
		{STR("Zg"), true},
		{STR("-_-_"), true},
		{STR("+/+/"), true},
		{STR("Z"), false},
		{STR("Zg="), false},
		{STR("Zm9vY==="), false},
		{STR("Zh=="), false}, /* bits that are not used must be zero */
		{STR("Zg==Zg=="), false},
		{STR("Zg\n"), false},
		{STR(" Zg=="), false},
		{STR("Zg=="
		     "\0"),
		 false},
		{STR("===="), false},
		{STR("="), false},
	};
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (base64_decode(rows[i].in, &b) != rows[i].ok)
			fail_msg("row %zu", i);
	buf_finish(&b);
}

static void hex_both_ways(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 4);
	assert_true(hex_decode(STR("00fFa9"), &b));
	assert_true(str_eq(buf_view(&b), STR("\x00\xff\xa9")));
	assert_false(hex_decode(STR("0"), &b));
	assert_false(hex_decode(STR("0g"), &b));
	assert_false(hex_decode(STR("0000000000"), &b)); /* over the buffer's ceiling */
	buf_finish(&b);
}

static void tokens_differ(void **state)
{
	(void)state;
	char a[64], b[64];
	crypto_token("nk_", a);
	crypto_token("nk_", b);
	assert_int_equal(strlen(a), 46);
	assert_memory_equal(a, "nk_", 3);
	assert_string_not_equal(a, b);
	for (size_t i = 3; a[i]; i++)
		assert_non_null(strchr(
			"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", a[i]));
}

static void compares_secrets(void **state)
{
	(void)state;
	assert_true(crypto_equal(STR("a\0b"), STR("a\0b")));
	assert_true(crypto_equal(STR_NULL, STR("")));
	assert_false(crypto_equal(STR("a\0b"), STR("a\0c")));
	assert_false(crypto_equal(STR("a"), STR("ab")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_as_published), cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(base64_strictness),   cmocka_unit_test(hex_both_ways),
		cmocka_unit_test(tokens_differ),       cmocka_unit_test(compares_secrets),
	};
	return cmocka_run_group_tests_name("base_crypto", tests, NULL, NULL);
}
