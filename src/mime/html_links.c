/* SPDX-License-Identifier: Apache-2.0
 * html_links.c: links called back and replaced, and what a careful reader would object to. */
#include "mime/html.h"

#include "mime/html_scan.h"

#define URL_MAX 8192

static const char *const script_names[] = {"script", "iframe", "object", "embed", "applet", NULL};
static const char *const form_names[] = {"form", "input", "button", "select", "textarea", NULL};

enum html_scheme html_scheme(struct str url)
{
	static const struct {
		const char *name;
		enum html_scheme scheme;
	} rows[] = {
		{"http", HTML_HTTP},       {"https", HTML_HTTPS}, {"mailto", HTML_MAILTO},
		{"tel", HTML_PHONE},       {"sms", HTML_PHONE},   {"javascript", HTML_UNSAFE},
		{"vbscript", HTML_UNSAFE}, {"data", HTML_UNSAFE}, {"file", HTML_UNSAFE},
	};
	char name[16];
	size_t n = 0, at = 0;
	while (at < url.n && (unsigned char)url.p[at] <= ' ')
		at++;
	if (at == url.n)
		return HTML_EMPTY;
	if (url.p[at] == '#')
		return url.n - at == 1 ? HTML_EMPTY : HTML_ANCHOR;
	for (; at < url.n && url.p[at] != ':'; at++) {
		char c = (char)(url.p[at] >= 'A' && url.p[at] <= 'Z' ? url.p[at] + 32 : url.p[at]);
		if (c == '\t' || c == '\n' || c == '\r')
			continue;
		bool fit = (c >= 'a' && c <= 'z') ||
			   (n > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'));
		if (!fit)
			return HTML_RELATIVE;
		if (n < sizeof name)
			name[n++] = c;
	}
	if (at == url.n || n == 0)
		return HTML_RELATIVE;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq(str_n(name, n), str_of(rows[i].name)))
			return rows[i].scheme;
	return HTML_OTHER;
}

struct rewriter {
	const struct html_rewrite *how;
	struct buf *out; /* NULL: report only */
	struct html_report report;
	struct buf url, fresh; /* decoded; its replacement */
	unsigned called;
	bool in_link, link_has_text;
};

static void put(struct rewriter *r, struct str s)
{
	if (r->out != NULL)
		buf_str(r->out, s);
}

static void count_scheme(struct html_report *report, enum html_scheme scheme)
{
	if (scheme == HTML_EMPTY) {
		report->links_empty++;
		return;
	}
	report->links++;
	report->links_relative += scheme == HTML_RELATIVE;
	report->links_http += scheme == HTML_HTTP;
	report->links_unsafe += scheme == HTML_UNSAFE;
	report->links_other += scheme == HTML_OTHER;
}

/* The tag with another value between its quotes. */
static void put_with_url(struct rewriter *r, const struct html_tok *tok,
			 const struct html_attr *href)
{
	const char *end = tok->raw.p + tok->raw.n, *behind = href->span.p + href->span.n;
	put(r, str_n(tok->raw.p, (size_t)(href->span.p - tok->raw.p)));
	if (r->out != NULL) {
		buf_byte(r->out, '"');
		html_escape(buf_view(&r->fresh), r->out);
		buf_byte(r->out, '"');
	}
	put(r, str_n(behind, (size_t)(end - behind)));
}

static enum status call_link(struct rewriter *r, const struct html_tok *tok,
			     const struct html_attr *href, enum html_scheme scheme, struct err *e)
{
	struct html_attr attr;
	struct html_link link = {
		.url = str_trim(buf_view(&r->url)),
		.scheme = scheme,
		.index = r->called,
		.untracked = html_attr_find(tok, "data-no-track", &attr),
	};
	link.classes = html_attr_find(tok, "class", &attr) ? attr.value : STR_NULL;
	if (r->called++ == HTML_LINKS_MAX)
		return err_set(e, ST_LIMIT, "html: more than %d links", HTML_LINKS_MAX);
	buf_reset(&r->fresh);
	enum status st = r->how->link(r->how->ctx, &link, &r->fresh, e);
	if (st != ST_OK)
		return st;
	if (!buf_ok(&r->fresh))
		return err_set(e, ST_LIMIT, "html: a new link is longer than %d bytes", URL_MAX);
	if (r->fresh.n > 0)
		put_with_url(r, tok, href);
	else
		put(r, tok->raw);
	return ST_OK;
}

static void end_link(struct rewriter *r)
{
	r->report.links_textless += r->in_link && !r->link_has_text;
	r->in_link = false;
}

static enum status on_link(struct rewriter *r, const struct html_tok *tok, struct err *e)
{
	struct html_attr href = {STR_NULL, STR_NULL, STR_NULL}, name;
	bool has = html_attr_find(tok, "href", &href);
	bool target =
		!has && (html_attr_find(tok, "name", &name) || html_attr_find(tok, "id", &name));
	end_link(r);
	r->in_link = has && html_is(tok, "a");
	r->link_has_text = false;
	buf_reset(&r->url);
	html_unescape(href.value, &r->url);
	if (!buf_ok(&r->url))
		return err_set(e, ST_LIMIT, "html: a link is longer than %d bytes", URL_MAX);
	enum html_scheme scheme = html_scheme(buf_view(&r->url));
	if (!target) /* <a name=...> is a place to go to, not a link */
		count_scheme(&r->report, scheme);
	if (scheme > HTML_RELATIVE && r->how->link != NULL)
		return call_link(r, tok, &href, scheme, e);
	put(r, tok->raw);
	return ST_OK;
}

static void on_image(struct rewriter *r, const struct html_tok *tok)
{
	struct html_attr alt;
	bool has = html_attr_find(tok, "alt", &alt);
	r->report.images++;
	r->report.images_without_alt += !has;
	r->link_has_text = r->link_has_text || (has && str_trim(alt.value).n > 0);
}

static unsigned handlers(const struct html_tok *tok)
{
	struct str attrs = tok->attrs;
	struct html_attr attr;
	unsigned n = 0;
	while (html_attr_next(&attrs, &attr))
		n += attr.name.n > 2 && (attr.name.p[0] | 32) == 'o' &&
		     (attr.name.p[1] | 32) == 'n';
	return n;
}

static enum status on_open(struct rewriter *r, const struct html_tok *tok, struct err *e)
{
	r->report.scripts += html_is_one_of(tok, script_names) + handlers(tok);
	r->report.forms += html_is_one_of(tok, form_names);
	if (html_is(tok, "a") || html_is(tok, "area"))
		return on_link(r, tok, e);
	if (html_is(tok, "img"))
		on_image(r, tok);
	put(r, tok->raw);
	return ST_OK;
}

static void on_text(struct rewriter *r, const struct html_tok *tok)
{
	unsigned n = 0;
	for (size_t i = 0; i < tok->raw.n && !tok->literal; i++)
		n += !html_is_space(tok->raw.p[i]);
	r->report.text_bytes += n;
	r->link_has_text = r->link_has_text || n > 0;
	put(r, tok->raw);
}

/* Where the tail goes: before the last </body>. */
static size_t tail_at(struct str html)
{
	struct html_scan s = html_scan_of(html);
	struct html_tok tok;
	size_t at = html.n;
	while (html_scan_next(&s, &tok))
		if (tok.kind == HTML_TOK_CLOSE && html_is(&tok, "body"))
			at = (size_t)(tok.raw.p - html.p);
	return at;
}

static enum status walk(struct rewriter *r, struct str html, struct err *e)
{
	struct html_scan s = html_scan_of(html);
	struct html_tok tok;
	enum status st = ST_OK;
	size_t tail = r->how->tail.n > 0 ? tail_at(html) : SIZE_MAX;
	while (st == ST_OK && html_scan_next(&s, &tok)) {
		if ((size_t)(tok.raw.p - html.p) == tail)
			put(r, r->how->tail);
		if (tok.kind == HTML_TOK_OPEN)
			st = on_open(r, &tok, e);
		else if (tok.kind == HTML_TOK_TEXT)
			on_text(r, &tok);
		else
			put(r, tok.raw);
		if (tok.kind == HTML_TOK_CLOSE && html_is(&tok, "a"))
			end_link(r);
	}
	end_link(r);
	if (tail == html.n)
		put(r, r->how->tail);
	return st;
}

enum status html_check(struct str html, struct err *e)
{
	if (html.n > HTML_BYTES_MAX)
		return err_set(e, ST_LIMIT, "html: over %u bytes", HTML_BYTES_MAX);
	if (!str_utf8_valid(html) || (html.n > 0 && memchr(html.p, '\0', html.n) != NULL))
		return err_set(e, ST_INVALID, "html: broken UTF-8, or a NUL in it");
	return ST_OK;
}

enum status html_rewrite(struct str html, const struct html_rewrite *how, struct buf *out,
			 struct html_report *report, struct err *e)
{
	enum status st = html_check(html, e);
	if (st != ST_OK)
		return st;
	struct rewriter r = {.how = how, .out = out};
	size_t from = out != NULL ? out->n : 0;
	buf_init(&r.url, URL_MAX);
	buf_init(&r.fresh, URL_MAX);
	st = walk(&r, html, e);
	buf_finish(&r.url);
	buf_finish(&r.fresh);
	if (st == ST_OK && out != NULL && !buf_ok(out))
		st = err_set(e, ST_LIMIT, "html: larger than the %zu bytes there are for it",
			     out->bytes_max);
	if (st != ST_OK && out != NULL) {
		out->n = from;
		out->over = false;
	}
	if (st == ST_OK && report != NULL)
		*report = r.report;
	return st;
}
