/* SPDX-License-Identifier: Apache-2.0
 * fuzz_webhook.c: three lines are the headers, the rest the body. Nothing guesses a signature; so
 * that the body is fuzzed as well, a first byte of '+' has it signed properly. */
#include "base/crypto.h"
#include "base/time.h"
#include "ingest/fuzz_ingest.h"

static struct str sign(struct str body, struct arena *a)
{
	uint8_t mac[SHA256_BYTES];
	struct buf b;
	struct str text = arena_printf(a, "m.%lld." STR_FMT,
				       (long long)(FUZZ_RECEIVED_US / US_PER_S), STR_ARG(body));
	crypto_hmac_sha256(STR("0123456789abcdef01234567"), text, mac);
	buf_init_arena(&b, a, 256);
	buf_z(&b, "v1,");
	base64_encode(str_n((const char *)mac, sizeof mac), &b);
	return buf_view(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct str secrets[] = {{"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", 38}};
	struct str rest = str_n((const char *)data, bytes);
	struct arena a;
	struct err e;
	if (bytes > 65536 || bytes == 0)
		return 0;
	arena_init(&a, 1 << 20);
	struct ingest_request r = {
		.kind = INGEST_WEBHOOK,
		.source = STR("webhook:x"),
		.received_us = FUZZ_RECEIVED_US,
		.secrets = secrets,
		.secrets_n = 1,
	};
	if (rest.p[0] == '+' && memchr(rest.p, '\0', rest.n) == NULL) {
		r.body = str_slice(rest, 1, rest.n);
		r.headers[INGEST_H_WEBHOOK_ID] = STR("m");
		r.headers[INGEST_H_WEBHOOK_TIMESTAMP] = STR("1795233600");
		r.headers[INGEST_H_WEBHOOK_SIGNATURE] = sign(r.body, &a);
		ASSERT(ingest_verify_webhook(&r, &e) == ST_OK);
		fuzz_request(&r, 1);
	} else {
		r.headers[INGEST_H_WEBHOOK_ID] = str_cut(&rest, '\n');
		r.headers[INGEST_H_WEBHOOK_TIMESTAMP] = str_cut(&rest, '\n');
		r.headers[INGEST_H_WEBHOOK_SIGNATURE] = str_cut(&rest, '\n');
		r.body = rest;
		ASSERT(ingest_verify_webhook(&r, &e) == ST_UNAUTHENTICATED);
	}
	arena_finish(&a);
	return 0;
}
