/* SPDX-License-Identifier: Apache-2.0
 * fuzz_consent.c: any bytes as a stored entry, a stored suppression, and the properties of an event
 * that speaks of consent. What comes out fits its row and reads back the same. */
#include "base/assert.h"
#include "consent/consent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void round_trip(const struct consent_entry *x, struct arena *a)
{
	struct consent_entry y;
	struct buf b, again;
	buf_init_arena(&b, a, CONSENT_ENTRY_BYTES_MAX);
	buf_init_arena(&again, a, CONSENT_ENTRY_BYTES_MAX);
	consent_encode(x, &b);
	ASSERT(buf_ok(&b));
	ASSERT(consent_decode(buf_view(&b), a, &y, NULL) == ST_OK);
	consent_encode(&y, &again);
	ASSERT(str_eq(buf_view(&b), buf_view(&again)));
}

static void from_event(const char *type, struct str props, struct arena *a)
{
	struct event ev = {.type = str_of(type),
			   .source = STR("s"),
			   .message_id = STR("m"),
			   .properties = props,
			   .traits = props};
	struct consent_change *c = ARENA_NEW(a, struct consent_change);
	ASSERT(c != NULL && event_add_id(&ev, ID_EMAIL, STR_NULL, STR("ana@acme.example")));
	if (consent_from_event(NULL, &ev, STR("DE"), a, c, NULL) != ST_OK)
		return;
	ASSERT(c->entries_n <= CONSENT_FROM_EVENT_MAX);
	for (size_t i = 0; i < c->entries_n; i++)
		round_trip(&c->entries[i], a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct consent_entry entry;
	struct suppression s;
	struct str text = str_n((const char *)data, bytes);
	arena_init(&a, 16u << 20);
	if (consent_decode(text, &a, &entry, NULL) == ST_OK)
		ASSERT(entry.state < CONSENT_STATE_COUNT && entry.channel.n > 0);
	if (suppression_decode(STR("k"), text, &a, &s, NULL) == ST_OK)
		ASSERT(s.reason < SUPPRESS_REASON_COUNT);
	from_event("form.x", text, &a);
	from_event("consent.withdraw", text, &a);
	from_event("email.bounce", text, &a);
	arena_finish(&a);
	return 0;
}
