/* SPDX-License-Identifier: Apache-2.0
 * fuzz_message.c: any bytes as a stored message, and as a stored hand-off: refused, or read and
 * written to the same again. */
#include "base/assert.h"
#include "model/handoff.h"
#include "model/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void try_message(struct str text, struct arena *a, struct buf *once, struct buf *twice)
{
	struct message first, second;
	if (message_decode(1, text, a, &first, NULL) != ST_OK)
		return;
	message_encode(&first, once);
	ASSERT(buf_ok(once));
	ASSERT(message_decode(1, buf_view(once), a, &second, NULL) == ST_OK);
	message_encode(&second, twice);
	ASSERT(str_eq(buf_view(once), buf_view(twice)));
}

static void try_handoff(struct str text, struct arena *a, struct buf *once, struct buf *twice)
{
	struct handoff first, second;
	if (handoff_decode(1, text, a, &first, NULL) != ST_OK)
		return;
	handoff_encode(&first, once);
	ASSERT(buf_ok(once));
	ASSERT(handoff_decode(1, buf_view(once), a, &second, NULL) == ST_OK);
	handoff_encode(&second, twice);
	ASSERT(str_eq(buf_view(once), buf_view(twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct buf once, twice;
	struct str text = str_n((const char *)data, bytes);
	arena_init(&a, 8u << 20);
	buf_init(&once, 4u << 20);
	buf_init(&twice, 4u << 20);
	try_message(text, &a, &once, &twice);
	buf_reset(&once);
	buf_reset(&twice);
	try_handoff(text, &a, &once, &twice);
	buf_finish(&once);
	buf_finish(&twice);
	arena_finish(&a);
	return 0;
}
