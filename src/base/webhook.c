/* SPDX-License-Identifier: Apache-2.0
 * webhook.c: see webhook.h. */
#include "base/webhook.h"

#define SECRET_BYTES_MIN 16

bool webhook_secret(struct str text, struct buf *out)
{
	text = str_trim(text);
	if (str_starts(text, STR("whsec_")))
		text = str_slice(text, 6, text.n);
	return text.n <= WEBHOOK_SECRET_BYTES_MAX && base64_decode(text, out) &&
	       out->n >= SECRET_BYTES_MIN;
}

bool webhook_mac(struct str key, const struct webhook_signed *s, uint8_t mac[SHA256_BYTES])
{
	struct buf text;
	buf_init(&text, s->id.n + s->at.n + s->body.n + 2);
	buf_str(&text, s->id);
	buf_byte(&text, '.');
	buf_str(&text, s->at);
	buf_byte(&text, '.');
	buf_str(&text, s->body);
	bool ok = buf_ok(&text);
	if (ok)
		crypto_hmac_sha256(key, buf_view(&text), mac);
	buf_finish(&text);
	return ok;
}
