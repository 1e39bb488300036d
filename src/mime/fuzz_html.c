/* SPDX-License-Identifier: Apache-2.0
 * fuzz_html.c: any bytes as HTML: tokens make up the input, rewriting without a wish copies it,
 * rewriting twice changes nothing more, and plain text is plain. */
#include "base/assert.h"
#include "mime/html.h"
#include "mime/html_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static enum status replace(void *ctx, const struct html_link *link, struct buf *url, struct err *e)
{
	(void)ctx, (void)e;
	ASSERT(link->scheme > HTML_RELATIVE && link->url.n > 0);
	buf_z(url, "https://t.example/?a=1&b='\"");
	return ST_OK;
}

static void tokens(struct str html)
{
	struct html_scan s = html_scan_of(html);
	struct html_tok tok;
	size_t at = 0;
	for (; html_scan_next(&s, &tok); at += tok.raw.n)
		ASSERT(tok.raw.n > 0 && tok.raw.p == html.p + at);
	ASSERT(at == html.n);
}

static bool rewrite(struct str html, html_link_fn link, struct buf *out, struct html_report *report)
{
	struct html_rewrite how = {.link = link};
	return html_rewrite(html, &how, out, report, NULL) == ST_OK;
}

static void links(struct str html)
{
	struct buf one, two;
	struct html_report a, b;
	buf_init(&one, 16u << 20);
	buf_init(&two, 16u << 20);
	if (rewrite(html, NULL, &one, &a))
		ASSERT(str_eq(buf_view(&one), html));
	buf_reset(&one);
	if (rewrite(html, replace, &one, &a) && rewrite(buf_view(&one), replace, &two, &b)) {
		ASSERT(str_eq(buf_view(&one), buf_view(&two)));
		ASSERT(a.links == b.links && a.text_bytes == b.text_bytes);
		ASSERT(a.images == b.images && a.links_textless == b.links_textless);
	}
	buf_finish(&one);
	buf_finish(&two);
}

static void text(struct str html, struct html_text_opts opts)
{
	struct arena a;
	struct buf out;
	arena_init(&a, 16u << 20);
	buf_init(&out, 16u << 20);
	if (html_to_text(html, &opts, &a, &out, NULL) == ST_OK) {
		ASSERT(str_utf8_valid(buf_view(&out)));
		ASSERT(out.n == 0 || (out.p[out.n - 1] == '\n' && out.p[0] != '\n'));
		for (size_t i = 0; i < out.n; i++) {
			unsigned char c = (unsigned char)out.p[i];
			ASSERT(c == '\n' || (c >= ' ' && c != 0x7f));
			ASSERT(c != '\n' || i == 0 || out.p[i - 1] != ' ');
		}
	}
	buf_finish(&out);
	arena_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct str html = str_n((const char *)data, bytes);
	tokens(html);
	links(html);
	text(html, (struct html_text_opts){.width = 0});
	text(html, (struct html_text_opts){.width = 20, .footnotes = true});
	return 0;
}
