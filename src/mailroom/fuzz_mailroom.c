/* SPDX-License-Identifier: Apache-2.0
 * fuzz_mailroom.c: any bytes give events that the log takes (M1), and the same ones again. */
#include "base/assert.h"
#include "mailroom/mailroom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const uint8_t secret[LINK_SECRET_BYTES] = {1, 2, 3};
	struct link_keys keys = {.n = 0};
	struct str mail = str_n((const char *)data, bytes);
	struct arena a;
	struct err e;
	arena_init(&a, MAILROOM_ARENA_BYTES);
	ASSERT(link_keys_add(&keys, 1, secret, NULL) == ST_OK);
	const struct mailroom_conf conf = {.links = &keys,
					   .return_prefix = STR("bounce"),
					   .unsubscribe_prefix = STR("unsubscribe"),
					   .now_us = INT64_C(1795000000000000)};
	struct mailroom *out = ARENA_NEW(&a, struct mailroom);
	struct mailroom *again = ARENA_NEW(&a, struct mailroom);
	enum status st = mailroom_read(mail, &conf, &a, out, &e);
	ASSERT(st == ST_OK || st == ST_NO_MEMORY);
	for (size_t i = 0; st == ST_OK && i < out->n; i++) {
		struct buf text;
		struct event *ev = &out->events[i];
		ev->received_us = ev->occurred_us;
		buf_init_arena(&text, &a, EVENT_OWN_BYTES_MAX);
		ASSERT(event_check(ev, &e) == ST_OK);
		ASSERT(event_encode(ev, &text, &e) == ST_OK);
	}
	if (st == ST_OK && mailroom_read(mail, &conf, &a, again, &e) == ST_OK) {
		ASSERT(again->n == out->n);
		ASSERT(str_eq(again->events[0].message_id, out->events[0].message_id));
		ASSERT(str_eq(again->events[0].properties, out->events[0].properties));
	}
	arena_finish(&a);
	return 0;
}
