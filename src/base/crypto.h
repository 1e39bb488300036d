/* SPDX-License-Identifier: Apache-2.0
 * crypto.h: secrets, signatures and their comparison; one door to OpenSSL's libcrypto.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/buf.h"

#define SHA256_BYTES 32

void crypto_random(void *out, size_t bytes); /* from the system; aborts when it has none */
void crypto_sha256(struct str data, uint8_t out[SHA256_BYTES]);
void crypto_hmac_sha256(struct str key, struct str data, uint8_t out[SHA256_BYTES]);
bool crypto_equal(struct str a, struct str b); /* constant time in the bytes; length may show */
void crypto_wipe(void *p, size_t bytes);
void hex_encode(struct str data, struct buf *out); /* lower case */
bool hex_decode(struct str hex, struct buf *out);
void base64_encode(struct str data, struct buf *out); /* RFC 4648, padded */
/* Standard or URL alphabet, padding optional; false on anything else. */
bool base64_decode(struct str text, struct buf *out);
/* prefix + 32 random bytes in base62: "nk_..." for write keys, "nt_..." for tokens. */
void crypto_token(const char *prefix, char out[64]);

#endif
