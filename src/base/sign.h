/* SPDX-License-Identifier: Apache-2.0
 * sign.h: private keys, loaded once, and signatures made with them.
 *
 * Thread: a loaded key is read-only; any number of threads may sign with it at once. An RSA-2048
 * signature takes some 0.2 ms of CPU, an Ed25519 one a tenth of that: sign off the hot threads.
 * Memory: a key has one owner, who destroys it; its bytes are wiped then.
 */
#ifndef BASE_SIGN_H
#define BASE_SIGN_H

#include "base/buf.h"
#include "base/status.h"

enum sign_kind { SIGN_RSA, SIGN_ED25519 };

struct sign_key; /* opaque */

#define SIGN_RSA_BITS_MAX \
	4096 /* larger keys cost more than they bring, and few verifiers take them */

/* A private key from PEM text: PKCS#8 or the older RSA form, RSA or Ed25519, no passphrase.
 * ST_INVALID says what the text is instead. */
MUST_USE enum status sign_key_load(struct str pem, struct sign_key **out, struct err *e);
/* A fresh key; `bits` matters for RSA only. */
MUST_USE enum status sign_key_create(enum sign_kind kind, unsigned bits, struct sign_key **out,
				     struct err *e);
void sign_key_destroy(struct sign_key **key); /* accepts NULL inside; leaves NULL */
enum sign_kind sign_key_kind(const struct sign_key *key);
unsigned sign_key_bits(const struct sign_key *key);
/* Appends PKCS#8 PEM: a secret. */
void sign_key_pem(const struct sign_key *key, struct buf *out);
/* Appends the public half: SubjectPublicKeyInfo (DER) of an RSA key, the 32 bytes of an Ed25519
 * one; so both RFC 6376 and RFC 8463 want them. */
void sign_key_public(const struct sign_key *key, struct buf *out);
/* Appends the signature over `data`: RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519. Both are
 * deterministic. ST_NO_MEMORY, or ST_LIMIT when `out` is full. */
MUST_USE enum status sign_data(const struct sign_key *key, struct str data, struct buf *out,
			       struct err *e);

#endif
