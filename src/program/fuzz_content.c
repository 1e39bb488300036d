/* SPDX-License-Identifier: Apache-2.0
 * fuzz_content.c: any bytes as a content index. It is refused, or it is sorted, every file in it is
 * found, and writing it gives an index that reads as the same. */
#include "base/assert.h"
#include "program/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool read(struct str text, struct arena *a, struct content_index *out)
{
	struct json d;
	struct err e;
	return json_parse(text, JSON_LIMITS_EVENT, a, &d, &e) == ST_OK &&
	       content_index_decode(&d, 0, a, out, &e) == ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct buf first, second;
	struct content_index ix, again;
	arena_init(&a, 64u << 20);
	buf_init(&first, 16u << 20);
	buf_init(&second, 16u << 20);
	if (read(str_n((const char *)data, bytes), &a, &ix)) {
		for (size_t i = 0; i < ix.n; i++) {
			const struct content_file *f = &ix.files[i];
			ASSERT(content_find(&ix, f->message, f->angle, f->persona) == f);
		}
		for (size_t i = 0; i < ix.parts_n; i++) {
			const struct content_part *p = &ix.parts[i];
			ASSERT(content_find_part(&ix, p->kind, p->name) == p);
		}
		content_index_encode(&ix, &first);
		ASSERT(read(buf_view(&first), &a, &again) && again.n == ix.n &&
		       again.parts_n == ix.parts_n);
		content_index_encode(&again, &second);
		ASSERT(str_eq(buf_view(&first), buf_view(&second)));
	}
	buf_finish(&first);
	buf_finish(&second);
	arena_finish(&a);
	return 0;
}
