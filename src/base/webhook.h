/* SPDX-License-Identifier: Apache-2.0
 * webhook.h: what both sides of a signed webhook agree on (the Standard Webhooks specification):
 * what a secret looks like, and what is signed.
 */
#ifndef BASE_WEBHOOK_H
#define BASE_WEBHOOK_H

#include "base/crypto.h"

#define WEBHOOK_SECRET_BYTES_MAX 256

/* "whsec_" + base64; a secret without the prefix is base64 as well. False: it is none, or shorter
 * than 16 bytes. Wipe what it gives. */
bool webhook_secret(struct str text, struct buf *out);
struct webhook_signed {
	struct str id, at, body; /* at: seconds since 1970, as the header says them */
};
/* HMAC-SHA256 over "id.at.body". False: it does not fit the memory there is. */
bool webhook_mac(struct str key, const struct webhook_signed *s, uint8_t mac[SHA256_BYTES]);

#endif
