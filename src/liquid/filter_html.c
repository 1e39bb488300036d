/* SPDX-License-Identifier: Apache-2.0
 * filter_html.c: filters about markup, addresses and encodings. */
#include "liquid/filter.h"

#include "base/crypto.h"
#include "liquid/letter.h"

static bool is_safe(const struct call *c)
{
	return is_str(c->args[0]) && c->args[0].safe;
}

enum status filter_raw(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	*out_r = liquid_str(s);
	out_r->safe = true;
	return ST_OK;
}

enum status filter_escape(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	if (c->args[0].kind == LIQUID_NIL || is_safe(c))
		return ST_OK;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &out);
	liquid_html(s, &out);
	return call_done(c, &out, c->run->conf->html, out_r);
}

/* &name; or &#12; at the front of s: its length, else 0. */
static size_t entity(struct str s)
{
	size_t i = 1;
	bool number = i < s.n && s.p[i] == '#';
	for (i += number; i < s.n && is_word(s.p[i]) && s.p[i] != '_'; i++)
		if ((s.p[i] >= '0' && s.p[i] <= '9') != number)
			return 0;
	return i > 1u + number && i < s.n && s.p[i] == ';' ? i + 1 : 0;
}

enum status filter_escape_once(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &out);
	for (size_t i = 0; i < s.n;) {
		size_t n = s.p[i] == '&' ? entity(str_slice(s, i, s.n)) : 0;
		if (n > 0)
			buf_put(&out, s.p + i, n);
		else
			liquid_html(str_slice(s, i, i + 1), &out);
		i += n > 0 ? n : 1;
	}
	return call_done(c, &out, c->run->conf->html, out_r);
}

enum status filter_newline_to_br(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	bool escape = c->run->conf->html && !is_safe(c);
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &out);
	while (s.n > 0) {
		size_t nl = str_find_byte(s, '\n');
		struct str line = str_slice(s, 0, nl);
		if (nl < s.n && line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (escape)
			liquid_html(line, &out);
		else
			buf_str(&out, line);
		buf_z(&out, nl < s.n ? "<br />\n" : "");
		s = str_slice(s, nl + 1, s.n);
	}
	return call_done(c, &out, c->run->conf->html, out_r);
}

/* From `at`, where `open` stands: behind the next `close`, or 0. */
static size_t block_end(struct str s, size_t at, struct str open, struct str close)
{
	struct str rest = str_slice(s, at, s.n);
	if (!str_starts(rest, open))
		return 0;
	rest = str_slice(rest, open.n, rest.n);
	size_t end = str_find(rest, close);
	return end < rest.n ? at + open.n + end + close.n : 0;
}

/* Without scripts, styles and comments, then without tags: in this order, as the reference. */
static bool strip_blocks(struct call *c, struct str s, struct buf *out)
{
	static const struct str blocks[][2] = {{STR("<script"), STR("</script>")},
					       {STR("<!--"), STR("-->")},
					       {STR("<style"), STR("</style>")}};
	bool closed[3] = {true, true, true};
	for (size_t i = 0; i < s.n;) {
		size_t end = 0;
		for (size_t k = 0; k < 3 && s.p[i] == '<' && end == 0; k++) {
			if (!closed[k] || !str_starts(str_slice(s, i, s.n), blocks[k][0]))
				continue;
			end = block_end(s, i, blocks[k][0], blocks[k][1]);
			closed[k] = end != 0; /* never looked for again: one pass */
		}
		if (end == 0)
			buf_byte(out, s.p[i]);
		i = end ? end : i + 1;
	}
	return call_charge(c, s.n);
}

enum status filter_strip_html(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	struct buf plain, out;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &plain);
	call_buf(c, &out);
	if (!strip_blocks(c, s, &plain))
		return call_ended(c);
	s = buf_view(&plain);
	while (s.n > 0) {
		size_t open = str_find_byte(s, '<');
		size_t close = open + str_find_byte(str_slice(s, open, s.n), '>');
		if (close >= s.n)
			open = close = s.n;
		buf_str(&out, str_slice(s, 0, open));
		s = str_slice(s, close + 1, s.n);
	}
	out.over = out.over || plain.over;
	return call_done(c, &out, false, out_r);
}

/* ---- addresses ---- */

enum status filter_url_encode(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	if (c->args[0].kind == LIQUID_NIL)
		return ST_OK;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &out);
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		if (is_word(ch) || ch == '.' || ch == '-' || ch == '~')
			buf_byte(&out, ch);
		else if (ch == ' ')
			buf_byte(&out, '+');
		else
			buf_printf(&out, "%%%02X", (unsigned)(unsigned char)ch);
	}
	return call_done(c, &out, false, out_r);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum status filter_url_decode(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	if (c->args[0].kind == LIQUID_NIL)
		return ST_OK;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &out);
	for (size_t i = 0; i < s.n; i++) {
		bool two = s.p[i] == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 &&
			   hex(s.p[i + 2]) >= 0;
		if (!two) {
			buf_byte(&out, (char)(s.p[i] == '+' ? ' ' : s.p[i]));
			continue;
		}
		buf_byte(&out, (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2])));
		i += 2;
	}
	if (!str_utf8_valid(buf_view(&out)))
		return call_fail(c, "invalid byte sequence in UTF-8");
	return call_done(c, &out, false, out_r);
}

/* ---- base64 ---- */

static void swap(struct buf *b, const char *from, const char *to)
{
	for (size_t i = 0; i < b->n; i++) {
		const char *at = b->p[i] ? strchr(from, b->p[i]) : NULL;
		if (at != NULL)
			b->p[i] = to[at - from];
	}
}

static enum status encoded(struct call *c, bool url, struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &out);
	base64_encode(s, &out);
	if (url)
		swap(&out, "+/", "-_");
	return call_done(c, &out, false, out_r);
}

static bool is_base64(struct str s)
{
	size_t n = s.n;
	while (n > 0 && s.n - n < 2 && s.p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		if ((!is_word(s.p[i]) || s.p[i] == '_') && s.p[i] != '+' && s.p[i] != '/')
			return false;
	return s.n % 4 == 0;
}

static enum status decoded(struct call *c, bool url, struct liquid_value *out_r)
{
	struct str s;
	struct buf text, out;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &text);
	call_buf(c, &out);
	buf_str(&text, s);
	if (url)
		swap(&text, "-_", "+/");
	while (url && text.n % 4 != 0 && !text.over && !str_ends(s, STR("=")))
		buf_byte(&text, '=');
	if (!is_base64(buf_view(&text)) || !base64_decode(buf_view(&text), &out))
		return call_fail(c, "invalid base64 provided to %s", c->site->filter->name);
	if (!str_utf8_valid(buf_view(&out)))
		return call_fail(c, "%s gives bytes that are no text", c->site->filter->name);
	return call_done(c, &out, false, out_r);
}

enum status filter_base64_encode(struct call *c, struct liquid_value *out_r)
{
	return encoded(c, false, out_r);
}

enum status filter_base64_decode(struct call *c, struct liquid_value *out_r)
{
	return decoded(c, false, out_r);
}

enum status filter_base64_url_encode(struct call *c, struct liquid_value *out_r)
{
	return encoded(c, true, out_r);
}

enum status filter_base64_url_decode(struct call *c, struct liquid_value *out_r)
{
	return decoded(c, true, out_r);
}
