/* SPDX-License-Identifier: Apache-2.0
 * fuzz_content.c: any bytes as a content file, a partial and a layout, lines "=====" between them:
 * refused with a place, or read so that what was read is in its bounds and renders to an end. What
 * the scan of a folder calls right never leads back to itself. */
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

static struct str cut_file(struct str *rest)
{
	static const struct str line = {"\n=====\n", 7};
	size_t at = str_find(*rest, line);
	struct str file = str_slice(*rest, 0, at);
	*rest = at < rest->n ? str_slice(*rest, at + line.n, rest->n) : STR("");
	return file;
}

struct files {
	struct str content, partial, layout;
};

static enum status give_part(void *ctx, enum content_part_kind kind, struct str name,
			     struct arena *a, struct compose_part *out, struct err *e)
{
	const struct files *f = ctx;
	(void)name;
	(void)a;
	(void)e;
	out->text = kind == CONTENT_LAYOUT ? f->layout : f->partial;
	return out->text.n > 0 ? ST_OK : ST_NOT_FOUND;
}

static void try_scan(const struct files *f, struct arena *a)
{
	const struct compose_file files[] = {{STR("m/a.md"), f->content},
					     {STR("partials/p.liquid"), f->partial},
					     {STR("layouts/l.liquid"), f->layout}};
	struct content_index ix;
	struct program_report report;
	struct err e;
	if (compose_content_scan(files, 3, a, &ix, &report, &e) != ST_OK)
		return;
	ASSERT(ix.n == 1 && ix.parts_n == 2);
	for (size_t i = 0; i < report.n; i++)
		ASSERT(report.problems[i].message.n > 0 && report.problems[i].line > 0);
}

static void try_render(struct files *f, struct arena *a)
{
	static const struct message m = {.id = 1, .address = {"a@b.example", 11}};
	static const struct program p = {
		.sender = {.name = {"S", 1},
			   .from = {"s@b.example", 11},
			   .postal_address = {"Street 1", 8}},
	};
	struct compose_in in = {
		.content_name = STR("f.md"),
		.content = f->content,
		.program = &p,
		.message = &m,
		.link = same,
		.part = give_part,
		.ctx = f,
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
	struct str rest = str_n((const char *)data, bytes);
	struct files f = {.content = cut_file(&rest)};
	struct str text = f.content;
	f.partial = cut_file(&rest);
	f.layout = rest;
	arena_init(&a, 64u << 20);
	enum status st = compose_content_parse(STR("f.md"), text, &a, &c, &e);
	ASSERT(st == ST_OK || (e.status == st && e.text[0] != '\0'));
	if (st == ST_OK) {
		ASSERT(c.subjects_n > 0 && c.subjects_n <= CONTENT_SUBJECTS_MAX);
		ASSERT((c.cta_label.line == 0) == (c.cta_url.line == 0));
		ASSERT(c.body.n > 0 && c.body_line > 1);
		for (size_t i = 0; i < c.subjects_n; i++)
			ASSERT(str_find_byte(c.subjects[i].text, '\n') == c.subjects[i].text.n);
		try_render(&f, &a);
	}
	try_scan(&f, &a);
	arena_finish(&a);
	return 0;
}
