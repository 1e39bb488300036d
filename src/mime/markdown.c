/* SPDX-License-Identifier: Apache-2.0
 * markdown.c: md4c parses, we write.
 *
 * The library's own HTML writer lets any scheme through; with ours the policy has one place, and a
 * full buffer ends the parse, which bounds what a few bytes of Markdown can grow to
 * (docs/decisions/0013-mail-and-markdown.md has the figures). */
#include "mime/markdown.h"

#include "mime/html_scan.h"

#include <md4c.h>
#include <stdio.h>

#define URL_MAX 8192

struct writer {
	struct buf *out;
	struct buf url;
	unsigned images; /* depth: inside an image everything is its alt text */
	struct err *e;
	enum status st;
};

static int stop(struct writer *w, enum status st)
{
	w->st = st;
	return -1;
}

static int going(struct writer *w)
{
	return buf_ok(w->out) ? 0 : stop(w, ST_LIMIT);
}

/* ---- links ---- */

static void put_attribute(struct buf *out, const MD_ATTRIBUTE *a)
{
	for (size_t i = 0; a->text != NULL && a->substr_offsets[i] < a->size; i++) {
		size_t from = a->substr_offsets[i], to = a->substr_offsets[i + 1];
		struct str part = str_n(a->text + from, to - from);
		if (a->substr_types[i] == MD_TEXT_ENTITY)
			html_unescape(part, out);
		else
			buf_str(out, part);
	}
}

/* Percent signs for what a URL may not hold (RFC 3986); what is encoded already stays so. */
static void put_url(struct buf *out, struct str url)
{
	static const char also[] = "-_.~!*'();:@&=+$,/?#[]%";
	for (size_t i = 0; i < url.n; i++) {
		unsigned char c = (unsigned char)url.p[i];
		bool alnum =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (alnum || (c != 0 && c < 0x80 && strchr(also, c) != NULL))
			html_escape(str_n(url.p + i, 1), out);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static bool allowed(struct str url, bool image)
{
	switch (html_scheme(url)) {
	case HTML_EMPTY:
	case HTML_ANCHOR:
	case HTML_RELATIVE:
	case HTML_HTTP:
	case HTML_HTTPS: return true;
	case HTML_MAILTO:
	case HTML_PHONE: return !image;
	case HTML_OTHER: return image && str_starts(url, STR("cid:"));
	case HTML_UNSAFE: break;
	}
	return false;
}

/* ` name="url"`, or an error that names the scheme. */
static int put_target(struct writer *w, const char *name, const MD_ATTRIBUTE *target, bool image)
{
	buf_reset(&w->url);
	put_attribute(&w->url, target);
	struct str url = str_trim(buf_view(&w->url));
	if (!buf_ok(&w->url)) {
		(void)err_set(w->e, ST_LIMIT, "markdown: a link is longer than %d bytes", URL_MAX);
		return stop(w, ST_LIMIT);
	}
	if (!allowed(url, image)) {
		size_t n = str_find_byte(url, ':');
		(void)err_set(w->e, ST_INVALID,
			      "markdown: %s with the scheme \"%.*s\" is not allowed",
			      image ? "an image" : "a link", (int)(n < 20 ? n : 20), url.p);
		return stop(w, ST_INVALID);
	}
	buf_byte(w->out, ' ');
	buf_z(w->out, name);
	buf_z(w->out, "=\"");
	put_url(w->out, url);
	buf_byte(w->out, '"');
	return 0;
}

static void put_title(struct writer *w, const MD_ATTRIBUTE *title)
{
	if (title->text == NULL)
		return;
	buf_reset(&w->url);
	put_attribute(&w->url, title);
	buf_z(w->out, " title=\"");
	html_escape(buf_view(&w->url), w->out);
	buf_byte(w->out, '"');
}

/* ---- blocks and spans ---- */

static const char *const block_names[] = {
	[MD_BLOCK_QUOTE] = "blockquote",
	[MD_BLOCK_UL] = "ul",
	[MD_BLOCK_OL] = "ol",
	[MD_BLOCK_LI] = "li",
	[MD_BLOCK_P] = "p",
	[MD_BLOCK_TABLE] = "table",
	[MD_BLOCK_THEAD] = "thead",
	[MD_BLOCK_TBODY] = "tbody",
	[MD_BLOCK_TR] = "tr",
	[MD_BLOCK_TH] = "th",
	[MD_BLOCK_TD] = "td",
	[MD_BLOCK_HTML] = NULL,
};
static const char *const span_names[] = {
	[MD_SPAN_EM] = "em",     [MD_SPAN_STRONG] = "strong", [MD_SPAN_A] = "a",
	[MD_SPAN_CODE] = "code", [MD_SPAN_DEL] = "del",       [MD_SPAN_U] = NULL,
};

static const char *name_in(const char *const *names, size_t n, unsigned type)
{
	return type < n ? names[type] : NULL;
}
#define BLOCK_NAME(t) name_in(block_names, sizeof block_names / sizeof *block_names, (t))
#define SPAN_NAME(t) name_in(span_names, sizeof span_names / sizeof *span_names, (t))

static void put_block_attributes(struct writer *w, MD_BLOCKTYPE type, const void *detail)
{
	static const char *const aligns[] = {"", " align=\"left\"", " align=\"center\"",
					     " align=\"right\""};
	if (type == MD_BLOCK_OL && ((const MD_BLOCK_OL_DETAIL *)detail)->start != 1)
		buf_printf(w->out, " start=\"%u\"", ((const MD_BLOCK_OL_DETAIL *)detail)->start);
	if (type == MD_BLOCK_TH || type == MD_BLOCK_TD)
		buf_z(w->out, aligns[((const MD_BLOCK_TD_DETAIL *)detail)->align & 3]);
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *ctx)
{
	struct writer *w = ctx;
	const char *name = BLOCK_NAME(type);
	if (type == MD_BLOCK_HR) {
		buf_z(w->out, "<hr>\n");
	} else if (type == MD_BLOCK_H) {
		buf_printf(w->out, "<h%u>", ((const MD_BLOCK_H_DETAIL *)detail)->level);
	} else if (type == MD_BLOCK_CODE) {
		buf_z(w->out, "<pre><code>");
	} else if (name != NULL) {
		buf_byte(w->out, '<');
		buf_z(w->out, name);
		put_block_attributes(w, type, detail);
		buf_byte(w->out, '>');
	}
	return going(w);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *ctx)
{
	struct writer *w = ctx;
	const char *name = BLOCK_NAME(type);
	if (type == MD_BLOCK_H) {
		buf_printf(w->out, "</h%u>\n", ((const MD_BLOCK_H_DETAIL *)detail)->level);
	} else if (type == MD_BLOCK_CODE) {
		buf_z(w->out, "</code></pre>\n");
	} else if (name != NULL) {
		buf_z(w->out, "</");
		buf_z(w->out, name);
		buf_z(w->out, ">\n");
	}
	return going(w);
}

static int enter_span(MD_SPANTYPE type, void *detail, void *ctx)
{
	struct writer *w = ctx;
	int rc = 0;
	if (type == MD_SPAN_IMG && w->images++ == 0) {
		buf_z(w->out, "<img");
		rc = put_target(w, "src", &((const MD_SPAN_IMG_DETAIL *)detail)->src, true);
		buf_z(w->out, " alt=\"");
	} else if (type == MD_SPAN_A && w->images == 0) {
		buf_z(w->out, "<a");
		rc = put_target(w, "href", &((const MD_SPAN_A_DETAIL *)detail)->href, false);
		put_title(w, &((const MD_SPAN_A_DETAIL *)detail)->title);
		buf_byte(w->out, '>');
	} else if (SPAN_NAME(type) != NULL && w->images == 0) {
		buf_byte(w->out, '<');
		buf_z(w->out, SPAN_NAME(type));
		buf_byte(w->out, '>');
	}
	return rc != 0 ? rc : going(w);
}

static int leave_span(MD_SPANTYPE type, void *detail, void *ctx)
{
	struct writer *w = ctx;
	if (type == MD_SPAN_IMG && --w->images == 0) {
		buf_byte(w->out, '"');
		put_title(w, &((const MD_SPAN_IMG_DETAIL *)detail)->title);
		buf_byte(w->out, '>');
	} else if (SPAN_NAME(type) != NULL && w->images == 0) {
		buf_z(w->out, "</");
		buf_z(w->out, SPAN_NAME(type));
		buf_byte(w->out, '>');
	}
	return going(w);
}

static int put_text(MD_TEXTTYPE type, const MD_CHAR *p, MD_SIZE n, void *ctx)
{
	struct writer *w = ctx;
	struct str s = str_n(p, n);
	switch (type) {
	case MD_TEXT_BR: buf_z(w->out, w->images ? " " : "<br>\n"); break;
	case MD_TEXT_SOFTBR: buf_z(w->out, w->images ? " " : "\n"); break;
	case MD_TEXT_ENTITY: buf_str(w->out, s); break;
	case MD_TEXT_HTML:
		if (w->images == 0)
			buf_str(w->out, s);
		break;
	default: html_escape(s, w->out);
	}
	return going(w);
}

static enum status check(struct str md, struct err *e)
{
	if (md.n > MARKDOWN_BYTES_MAX)
		return err_set(e, ST_LIMIT, "markdown: over %u bytes", MARKDOWN_BYTES_MAX);
	if (!str_utf8_valid(md) || (md.n > 0 && memchr(md.p, '\0', md.n) != NULL))
		return err_set(e, ST_INVALID, "markdown: broken UTF-8, or a NUL in it");
	return ST_OK;
}

enum status markdown_to_html(struct str md, const struct markdown_opts *opts, struct buf *out,
			     struct err *e)
{
	const MD_PARSER parser = {
		.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH |
			 (opts->raw_html ? 0 : MD_FLAG_NOHTMLBLOCKS | MD_FLAG_NOHTMLSPANS),
		.enter_block = enter_block,
		.leave_block = leave_block,
		.enter_span = enter_span,
		.leave_span = leave_span,
		.text = put_text,
	};
	size_t from = out->n;
	enum status st = check(md, e);
	if (st != ST_OK)
		return st;
	struct err why = {.status = ST_OK};
	struct writer w = {.out = out, .e = &why, .st = ST_OK};
	struct buf copy;
	buf_init(&w.url, URL_MAX);
	buf_init(&copy, MARKDOWN_BYTES_MAX + 1);
	buf_str(&copy, md);
	buf_byte(&copy, '\0'); /* the library looks for line ends with strcspn */
	int rc = md_parse(copy.p, (MD_SIZE)md.n, &parser, &w);
	buf_finish(&copy);
	buf_finish(&w.url);
	if (rc == 0 && buf_ok(out))
		return ST_OK;
	out->n = from;
	out->over = false;
	if (w.st == ST_OK)
		return err_set(e, ST_NO_MEMORY, "markdown: no memory to read it");
	if (why.status == ST_OK)
		return err_set(e, ST_LIMIT,
			       "markdown: its HTML is larger than the %zu bytes there are",
			       out->bytes_max);
	if (e != NULL)
		*e = why;
	return w.st;
}

enum status markdown_to_text(struct str md, const struct markdown_text_opts *opts, struct arena *a,
			     struct buf *out, struct err *e)
{
	struct buf html;
	buf_init(&html, HTML_BYTES_MAX);
	enum status st = markdown_to_html(md, &opts->markdown, &html, e);
	if (st == ST_OK)
		st = html_to_text(buf_view(&html), &opts->text, a, out, e);
	buf_finish(&html);
	return st;
}

void markdown_escape(struct str value, struct buf *out)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (c == '\n' || c == '\r') {
			buf_byte(out, ' ');
			continue;
		}
		if (c != '\0' && strchr("\\`*_{}[]<>()#+-.!|~&:=\"'", c) != NULL)
			buf_byte(out, '\\');
		buf_byte(out, c);
	}
}
