/* SPDX-License-Identifier: Apache-2.0
 * sign.c: OpenSSL's EVP keys behind a narrow door. The key is parsed once: parsing it for each
 * signature was measured at three times the cost of the signature itself. */
#include "base/sign.h"

#include "base/assert.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define SIGNATURE_MAX (SIGN_RSA_BITS_MAX / 8)

struct sign_key {
	EVP_PKEY *pkey;
	enum sign_kind kind;
};

/* The library would ask on the terminal. */
static int no_passphrase(char *out, int bytes, int writing, void *ctx)
{
	(void)out, (void)bytes, (void)writing, (void)ctx;
	return -1;
}

static const char *what_it_is(struct str pem)
{
	static const struct {
		const char *mark, *text;
	} rows[] = {
		{"ENCRYPTED", "it is locked with a passphrase; store it unlocked, readable by the "
			      "daemon alone"},
		{"BEGIN PUBLIC KEY", "it is the public half; the private one is needed"},
		{"BEGIN RSA PUBLIC KEY", "it is the public half; the private one is needed"},
		{"BEGIN CERTIFICATE", "it is a certificate; the private key is needed"},
		{"BEGIN OPENSSH", "it is in OpenSSH's own form; PEM is needed (openssl genpkey)"},
		{"-----BEGIN", "it is damaged, or of a kind that is not known"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_find(pem, str_of(rows[i].mark)) < pem.n)
			return rows[i].text;
	return "it is not PEM: no line says -----BEGIN PRIVATE KEY-----";
}

static bool kind_of(const EVP_PKEY *pkey, enum sign_kind *out)
{
	int id = EVP_PKEY_get_base_id(pkey);
	if (id != EVP_PKEY_RSA && id != EVP_PKEY_ED25519)
		return false;
	*out = id == EVP_PKEY_RSA ? SIGN_RSA : SIGN_ED25519;
	return true;
}

/* Takes the EVP key over. */
static struct sign_key *key_of(EVP_PKEY *pkey, enum sign_kind kind)
{
	struct sign_key *key = mem_alloc(sizeof *key);
	*key = (struct sign_key){pkey, kind};
	return key;
}

enum status sign_key_load(struct str pem, struct sign_key **out, struct err *e)
{
	enum sign_kind kind;
	if (pem.n > 65536)
		return err_set(e, ST_INVALID, "private key: %zu bytes are no key", pem.n);
	BIO *bio = BIO_new_mem_buf(pem.n ? pem.p : "", (int)pem.n);
	if (bio == NULL)
		return err_set(e, ST_NO_MEMORY, "private key: no memory to read it");
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (pkey == NULL) {
		ERR_clear_error();
		return err_set(e, ST_INVALID, "private key: %s", what_it_is(pem));
	}
	if (!kind_of(pkey, &kind) || EVP_PKEY_get_bits(pkey) > SIGN_RSA_BITS_MAX) {
		EVP_PKEY_free(pkey);
		return err_set(e, ST_INVALID, "private key: neither RSA up to %d bits nor Ed25519",
			       SIGN_RSA_BITS_MAX);
	}
	*out = key_of(pkey, kind);
	return ST_OK;
}

enum status sign_key_create(enum sign_kind kind, unsigned bits, struct sign_key **out,
			    struct err *e)
{
	ASSERT(kind == SIGN_ED25519 || (bits >= 512 && bits <= SIGN_RSA_BITS_MAX));
	EVP_PKEY *pkey = kind == SIGN_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits)
					  : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (pkey == NULL) {
		ERR_clear_error();
		return err_set(e, ST_NO_MEMORY, "private key: cannot make one");
	}
	*out = key_of(pkey, kind);
	return ST_OK;
}

void sign_key_destroy(struct sign_key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->pkey);
	mem_free(*key);
	*key = NULL;
}

enum sign_kind sign_key_kind(const struct sign_key *key)
{
	return key->kind;
}

unsigned sign_key_bits(const struct sign_key *key)
{
	int bits = EVP_PKEY_get_bits(key->pkey);
	ASSERT(bits > 0);
	return (unsigned)bits;
}

void sign_key_pem(const struct sign_key *key, struct buf *out)
{
	char *p;
	BIO *bio = BIO_new(BIO_s_secmem());
	ASSERT(bio != NULL);
	ASSERT(PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1);
	long n = BIO_get_mem_data(bio, &p);
	ASSERT(n > 0);
	buf_put(out, p, (size_t)n);
	BIO_free(bio);
}

void sign_key_public(const struct sign_key *key, struct buf *out)
{
	if (key->kind == SIGN_ED25519) {
		unsigned char raw[32];
		size_t n = sizeof raw;
		ASSERT(EVP_PKEY_get_raw_public_key(key->pkey, raw, &n) == 1);
		buf_put(out, raw, n);
		return;
	}
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key->pkey, &der);
	ASSERT(n > 0);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
}

enum status sign_data(const struct sign_key *key, struct str data, struct buf *out, struct err *e)
{
	unsigned char sig[SIGNATURE_MAX];
	size_t n = sizeof sig;
	const unsigned char *p = (const unsigned char *)(data.n ? data.p : "");
	const EVP_MD *md = key->kind == SIGN_RSA ? EVP_sha256() : NULL; /* Ed25519 has its own */
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx != NULL && EVP_DigestSignInit(ctx, NULL, md, NULL, key->pkey) == 1 &&
		    EVP_DigestSign(ctx, sig, &n, p, data.n) == 1;
	EVP_MD_CTX_free(ctx);
	if (!done) {
		ERR_clear_error();
		return err_set(e, ST_NO_MEMORY, "signature: the library could not make it");
	}
	buf_put(out, sig, n);
	return buf_ok(out) ? ST_OK : err_set(e, ST_LIMIT, "signature: its buffer is full");
}
