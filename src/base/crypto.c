/* SPDX-License-Identifier: Apache-2.0
 * crypto.c: OpenSSL does the work; only the text codecs are ours, because EVP's base64 accepts
 * white space and line breaks that a signature must not contain. */
#include "base/crypto.h"

#include "base/assert.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdio.h>

void crypto_random(void *out, size_t bytes)
{
	ASSERT(bytes <= INT32_MAX);
	ASSERT(RAND_bytes(out, (int)bytes) == 1);
}

/* Looked up once: OpenSSL 3 searches its providers, behind a lock, for each EVP_sha256() in use. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void sha256_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	ASSERT(sha256 != NULL);
}

void crypto_sha256(struct str data, uint8_t out[SHA256_BYTES])
{
	ASSERT(pthread_once(&sha256_once, sha256_fetch) == 0);
	ASSERT(EVP_Digest(data.n ? data.p : "", data.n, out, NULL, sha256, NULL) == 1);
}

/* A context of each thread: HMAC() looks its parts up behind locks and takes three times as long.
 * Setting a key is half of a short HMAC, and most often it is the one of the call before. */
#define HMAC_KEPT_MAX 64

struct hmac {
	EVP_MAC_CTX *ctx;
	size_t key_n; /* 0: none is kept */
	char key[HMAC_KEPT_MAX];
};

static pthread_key_t hmac_of_thread;
static pthread_once_t hmac_once = PTHREAD_ONCE_INIT;

static void hmac_free(void *p)
{
	struct hmac *h = p;
	EVP_MAC_CTX_free(h->ctx);
	OPENSSL_clear_free(h, sizeof *h);
}

static void hmac_prepare(void)
{
	ASSERT(pthread_key_create(&hmac_of_thread, hmac_free) == 0);
}

static struct hmac *hmac_create(void)
{
	char digest[] = "SHA256";
	const OSSL_PARAM with[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end()};
	struct hmac *h = OPENSSL_zalloc(sizeof *h);
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	ASSERT(h != NULL && (h->ctx = EVP_MAC_CTX_new(mac)) != NULL);
	EVP_MAC_free(mac);
	ASSERT(EVP_MAC_CTX_set_params(h->ctx, with) == 1);
	ASSERT(pthread_setspecific(hmac_of_thread, h) == 0);
	return h;
}

static void hmac_key(struct hmac *h, struct str key)
{
	const unsigned char *k = (const unsigned char *)(key.n ? key.p : "");
	if (key.n > 0 && key.n == h->key_n && CRYPTO_memcmp(key.p, h->key, key.n) == 0) {
		ASSERT(EVP_MAC_init(h->ctx, NULL, 0, NULL) == 1); /* the same once more */
		return;
	}
	ASSERT(EVP_MAC_init(h->ctx, k, key.n, NULL) == 1);
	h->key_n = key.n <= HMAC_KEPT_MAX ? key.n : 0;
	if (h->key_n > 0)
		memcpy(h->key, key.p, key.n);
}

void crypto_hmac_sha256(struct str key, struct str data, uint8_t out[SHA256_BYTES])
{
	size_t n = 0;
	ASSERT(pthread_once(&hmac_once, hmac_prepare) == 0);
	struct hmac *h = pthread_getspecific(hmac_of_thread);
	if (h == NULL)
		h = hmac_create();
	hmac_key(h, key);
	ASSERT(EVP_MAC_update(h->ctx, (const unsigned char *)data.p, data.n) == 1);
	ASSERT(EVP_MAC_final(h->ctx, out, &n, SHA256_BYTES) == 1 && n == SHA256_BYTES);
}

bool crypto_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void crypto_wipe(void *p, size_t bytes)
{
	OPENSSL_cleanse(p, bytes);
}

void hex_encode(struct str data, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < data.n; i++) {
		uint8_t c = (uint8_t)data.p[i];
		buf_byte(out, digits[c >> 4]);
		buf_byte(out, digits[c & 15]);
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(struct str hex, struct buf *out)
{
	if (hex.n % 2)
		return false;
	for (size_t i = 0; i < hex.n; i += 2) {
		int hi = hex_value(hex.p[i]), lo = hex_value(hex.p[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		buf_byte(out, (char)(hi * 16 + lo));
	}
	return buf_ok(out);
}

void base64_encode(struct str data, struct buf *out)
{
	static const char abc[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < data.n; i += 3) {
		size_t left = data.n - i;
		uint32_t v = (uint32_t)(uint8_t)data.p[i] << 16;
		if (left > 1)
			v |= (uint32_t)(uint8_t)data.p[i + 1] << 8;
		if (left > 2)
			v |= (uint8_t)data.p[i + 2];
		buf_byte(out, abc[v >> 18]);
		buf_byte(out, abc[v >> 12 & 63]);
		buf_byte(out, left > 1 ? abc[v >> 6 & 63] : '=');
		buf_byte(out, left > 2 ? abc[v & 63] : '=');
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct str text, struct buf *out)
{
	size_t pad = 0;
	while (text.n && pad < 2 && text.p[text.n - 1] == '=')
		text.n--, pad++;
	if (text.n % 4 == 1 || (pad && (text.n + pad) % 4))
		return false;
	uint32_t bits = 0;
	unsigned have = 0;
	for (size_t i = 0; i < text.n; i++) {
		int v = base64_value(text.p[i]);
		if (v < 0)
			return false;
		bits = (bits << 6 | (uint32_t)v) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_byte(out, (char)(bits >> have));
		}
	}
	return buf_ok(out) && (bits & ((1u << have) - 1)) == 0;
}

void crypto_token(const char *prefix, char out[64])
{
	static const char abc[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	int n = snprintf(out, 64, "%s", prefix);
	ASSERT(n >= 0 && n < 20);
	for (int i = 0; i < 43;) {
		uint8_t byte;
		crypto_random(&byte, 1);
		if (byte < 248) /* 4 * 62: every letter equally likely */
			out[n + i++] = abc[byte % 62];
	}
	out[n + 43] = '\0';
}
