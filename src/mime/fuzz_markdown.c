/* SPDX-License-Identifier: Apache-2.0
 * fuzz_markdown.c: any bytes as Markdown: what comes out holds no script, no form and no link with
 * an unsafe scheme; an escaped value makes no markup at all. */
#include "base/assert.h"
#include "mime/markdown.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool convert(struct str md, struct buf *out, struct html_report *report)
{
	struct markdown_opts opts = {.raw_html = false};
	struct html_rewrite how = {.link = NULL};
	enum status st = markdown_to_html(md, &opts, out, NULL);
	ASSERT(st == ST_OK || out->n == 0);
	return st == ST_OK && html_rewrite(buf_view(out), &how, NULL, report, NULL) == ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct str md = str_n((const char *)data, bytes);
	struct markdown_text_opts opts = {.markdown = {.raw_html = true}, .text = {.width = 40}};
	struct html_report report;
	struct buf out, escaped;
	struct arena a;
	arena_init(&a, 16u << 20);
	buf_init(&out, HTML_BYTES_MAX);
	buf_init(&escaped, 2 * MARKDOWN_BYTES_MAX);
	if (convert(md, &out, &report))
		ASSERT(report.scripts == 0 && report.forms == 0 && report.links_unsafe == 0);
	buf_reset(&out);
	if (markdown_to_text(md, &opts, &a, &out, NULL) != ST_OK)
		ASSERT(out.n == 0);
	buf_reset(&out);
	buf_z(&escaped, "x");
	markdown_escape(md, &escaped);
	if (buf_ok(&escaped) && convert(buf_view(&escaped), &out, &report)) {
		ASSERT(report.links == 0 && report.links_empty == 0 && report.images == 0);
		ASSERT(str_starts(buf_view(&out), STR("<p>x")));
	}
	buf_finish(&out);
	buf_finish(&escaped);
	arena_finish(&a);
	return 0;
}
