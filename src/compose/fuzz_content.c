/* SPDX-License-Identifier: Apache-2.0
 * fuzz_content.c: any bytes as a content file: refused with a place, or read so that what was read
 * is in its bounds and renders to an end. */
#include "base/assert.h"
#include "compose/compose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct str same(void *ctx, struct str url, size_t n, bool primary)
{
	(void)ctx;
	(void)n;
	(void)primary;
	return url;
}

static void try_render(struct str text, struct arena *a)
{
	static const struct message m = {.id = 1, .address = {"a@b.example", 11}};
	static const struct program p = {
		.sender = {{"S", 1}, {"s@b.example", 11}, {NULL, 0}, {"Street 1", 8}},
	};
	struct compose_in in = {
		.content_name = STR("f.md"),
		.content = text,
		.program = &p,
		.message = &m,
		.link = same,
		.unsubscribe_url = STR("https://b.example/u"),
		.message_id = STR("m@b.example"),
	};
	struct compose_out out;
	if (compose_render(&in, &out, a, NULL) == ST_OK)
		ASSERT(out.failed == 0 && out.mail.subject.n > 0 && out.mail.text.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct compose_content c;
	struct err e = {.status = ST_OK};
	struct str text = str_n((const char *)data, bytes);
	arena_init(&a, 64u << 20);
	enum status st = compose_content_parse(STR("f.md"), text, &a, &c, &e);
	ASSERT(st == ST_OK || (e.status == st && e.text[0] != '\0'));
	if (st == ST_OK) {
		ASSERT(c.subjects_n > 0 && c.subjects_n <= CONTENT_SUBJECTS_MAX);
		ASSERT((c.cta_label.line == 0) == (c.cta_url.line == 0));
		ASSERT(c.body.n > 0 && c.body_line > 1);
		for (size_t i = 0; i < c.subjects_n; i++)
			ASSERT(str_find_byte(c.subjects[i].text, '\n') == c.subjects[i].text.n);
		try_render(text, &a);
	}
	arena_finish(&a);
	return 0;
}
