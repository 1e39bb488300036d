/* SPDX-License-Identifier: Apache-2.0
 * fuzz_liquid.c: any text as a template, compiled both ways, rendered over a small document
 * in every policy; the text is its own partial. Whatever it is, it ends, and what comes out is
 * text. */
#include "liquid/liquid.h"

#include "base/assert.h"

#define MEMORY_BYTES_MAX (8u << 20)
#define OUTPUT_BYTES_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] =
	"{\"lead\":{\"first_name\":\"Ada <b>\",\"tags\":[\"a\",\"b\",null,3],\"score\":4.5,"
	"\"empty\":\"\"},\"items\":[{\"n\":1,\"t\":\"x\"},{\"n\":2},{\"n\":null}],\"n\":7,"
	"\"s\":\"gr\\u00fcn \\n\",\"at\":\"2026-03-29T01:30:00Z\"}";

struct context {
	const struct liquid_template *self;
};

static enum status partial(void *ctx, struct str name, const struct liquid_template **out_r,
			   struct liquid_problem *p)
{
	struct context *c = ctx;
	(void)p;
	*out_r = c->self;
	return str_is(name, "p") ? ST_OK : ST_NOT_FOUND;
}

static void count(void *ctx, const struct liquid_use *use)
{
	ASSERT(use->line > 0 && use->column > 0);
	*(unsigned *)ctx += 1;
}

static void render(const struct liquid_template *t, const struct json *doc, unsigned variant)
{
	struct context c = {t};
	struct liquid_problem p;
	struct arena a;
	struct buf out;
	struct liquid_conf conf = {.now_us = INT64_C(1774747800000000),
				   .html = variant & 1,
				   .missing = variant & 2 ? LIQUID_MISSING_STOPS
							  : LIQUID_MISSING_EMPTY,
				   .inline_errors = variant & 4,
				   .iterations_max = 500,
				   .partial = partial,
				   .ctx = &c};
	arena_init(&a, MEMORY_BYTES_MAX);
	buf_init(&out, OUTPUT_BYTES_MAX);
	enum status st = liquid_render(t, doc, &conf, &a, &out, &p);
	ASSERT(st == p.status);
	ASSERT(st == ST_OK ? str_utf8_valid(buf_view(&out)) : out.n == 0 && p.text[0] != '\0');
	buf_finish(&out);
	arena_finish(&a);
}

static void run(struct str text, bool lenient, const struct json *doc)
{
	struct liquid_options o = {.lenient = lenient, .late_filters = lenient};
	const struct liquid_template *t;
	struct liquid_problem p;
	struct arena a;
	unsigned uses = 0;
	arena_init(&a, MEMORY_BYTES_MAX);
	if (liquid_compile(text, o, &a, &t, &p) == ST_OK) {
		liquid_uses(t, count, &uses);
		for (unsigned variant = 0; variant < 8; variant++)
			render(t, doc, variant);
	} else {
		ASSERT(p.status != ST_OK && p.text[0] != '\0');
	}
	arena_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	struct arena a;
	struct json doc;
	struct err e;
	arena_init(&a, 1u << 20);
	ASSERT(json_parse(str_of(document), JSON_LIMITS_EVENT, &a, &doc, &e) == ST_OK);
	run(text, false, &doc);
	run(text, true, &doc);
	arena_finish(&a);
	return 0;
}
