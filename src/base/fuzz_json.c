/* SPDX-License-Identifier: Apache-2.0
 * fuzz_json.c: whatever the reader takes must be walkable to the last node, and what the writer
 * makes of it must be taken again and say the same. */
#include "base/assert.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void copy_value(const struct json *d, uint32_t node, struct json_w *w, struct arena *a)
{
	bool object = json_is(d, node, JSON_OBJECT);
	if (json_is(d, node, JSON_STRING)) {
		json_w_str(w, json_str(d, node, a));
		return;
	}
	if (!object && !json_is(d, node, JSON_ARRAY)) {
		json_w_raw(w, json_raw(d, node));
		return;
	}
	if (object)
		json_w_object(w);
	else
		json_w_array(w);
	uint32_t seen = 0;
	for (uint32_t v = json_first(d, node); v != JSON_NONE; v = json_next(d, node, v), seen++) {
		if (object)
			json_w_key_str(w, json_str(d, json_key(d, v), a));
		copy_value(d, v, w, a);
	}
	ASSERT(seen == json_count(d, node));
	json_w_end(w);
}

static void copy_text(struct str text, struct arena *a, struct buf *out, bool must)
{
	struct json d;
	struct json_w w;
	struct err e;
	if (json_parse(text, JSON_LIMITS_EVENT, a, &d, &e) != ST_OK) {
		ASSERT(!must && e.text[0] != '\0');
		return;
	}
	json_w_init(&w, out);
	copy_value(&d, 0, &w, a);
	ASSERT(buf_ok(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct buf once, twice;
	if (bytes > 65536)
		return 0;
	arena_init(&a, 64u << 20);
	buf_init(&once, 8 << 20);
	buf_init(&twice, 8 << 20);
	copy_text(str_n((const char *)data, bytes), &a, &once, false);
	if (once.n) {
		copy_text(buf_view(&once), &a, &twice, true);
		ASSERT(str_eq(buf_view(&once), buf_view(&twice)));
	}
	buf_finish(&once);
	buf_finish(&twice);
	arena_finish(&a);
	return 0;
}
