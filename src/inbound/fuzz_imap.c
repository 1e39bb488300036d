/* SPDX-License-Identifier: Apache-2.0
 * fuzz_imap.c: any bytes as what an IMAP server says to a few commands: it ends, ceilings hold. */
#include "inbound/imap_talk.h"

#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct server {
	const uint8_t *p;
	size_t n;
};

/* In small and uneven bites, so that every state is met at a boundary. */
static enum status bite(void *ctx, char *p, size_t bytes_max, size_t *got_r, struct err *e)
{
	struct server *s = ctx;
	if (s->n == 0)
		return err_set(e, ST_UNAVAILABLE, "the end");
	size_t n = 1 + s->p[0] % 7u;
	n = n < s->n ? n : s->n;
	n = n < bytes_max ? n : bytes_max;
	memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	*got_r = n;
	return ST_OK;
}

static enum status swallow(void *ctx, struct str bytes, struct err *e)
{
	(void)ctx;
	(void)e;
	ASSERT(bytes.n > 0);
	return ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct server s = {data, bytes};
	struct imap_talk t;
	struct err e;
	imap_talk_init(&t, (struct imap_source){bite, swallow, &s}, 1024);
	enum status st = imap_talk_greet(&t, &e);
	for (int i = 0; i < 20 && st != ST_UNAVAILABLE; i++)
		st = i % 3 == 0 ? imap_talk_begin(&t, "IDLE", STR("IDLE"), &e)
				: imap_talk_command(&t, "NOOP", STR("NOOP"), &e);
	ASSERT(t.uid_count <= IMAP_UIDS_MAX && t.literal.n <= 1024);
	ASSERT(t.line.n <= IMAP_LINE_BYTES_MAX);
	imap_talk_finish(&t);
	return 0;
}
