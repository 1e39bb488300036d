/* SPDX-License-Identifier: Apache-2.0
 * fuzz_inbound.c: any bytes as a message that came in. Whatever they are, the result keeps its
 * promises: ceilings hold, texts are UTF-8, only a failed delivery is hard. */
#include "inbound/inbound.h"

#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_recipients(const struct inbound *in)
{
	ASSERT(in->recipient_count <= INBOUND_RECIPIENTS_MAX);
	for (size_t i = 0; i < in->recipient_count; i++) {
		const struct inbound_recipient *r = &in->recipients[i];
		ASSERT(!r->hard || (r->action == INBOUND_FAILED && in->kind == INBOUND_BOUNCE));
		ASSERT(r->reason < INBOUND_REASON_COUNT && r->action < INBOUND_ACTION_COUNT);
		ASSERT(str_utf8_valid(r->diagnostic) && r->diagnostic.n <= 1000);
		ASSERT(inbound_reason_name(r->reason) != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct inbound_alias aliases[] = {
		{INBOUND_DOOR_BOUNCE, {"bounce", 6}, {"sender.example", 14}},
		{INBOUND_DOOR_REPLY, {"reply", 5}, {NULL, 0}},
	};
	struct inbound_conf conf = INBOUND_CONF_DEFAULT;
	struct arena a;
	struct inbound in;
	struct err e;
	conf.message_bytes_max = 1u << 20;
	conf.text_bytes_max = 16u << 10;
	conf.parts_max = 20;
	conf.depth_max = 5;
	conf.now_us = INT64_C(1772524800000000);
	conf.aliases = aliases;
	conf.alias_count = 2;
	arena_init(&a, INBOUND_ARENA_BYTES_MAX);
	if (inbound_read(str_n((const char *)data, bytes), &conf, &a, &in, &e) == ST_OK) {
		ASSERT(in.kind < INBOUND_KIND_COUNT && in.why != NULL);
		ASSERT(in.token_count <= INBOUND_TOKENS_MAX && in.id_count <= INBOUND_IDS_MAX);
		ASSERT(str_utf8_valid(in.subject) && str_utf8_valid(in.from_name));
		ASSERT(str_utf8_valid(in.text) && in.text.n <= in.text_whole.n + 1);
		check_recipients(&in);
	}
	arena_finish(&a);
	return 0;
}
