/* SPDX-License-Identifier: Apache-2.0
 * letter.c: bounces give our message back as a part, as a part of headers only, or below a line in
 * the text; each ends up as the same header fields. */
#include "inbound/letter.h"

#include "inbound/html.h"
#include "inbound/text.h"

#define SAID_BYTES_MAX ((size_t)256 << 10)
#define ORIGINAL_FIELDS_MIN 3 /* so many in a row are a header, not prose with colons */

static const char *const original_lines[] = {
#define ORIGINAL(line) line,
#include "inbound/original.def"
#undef ORIGINAL
};

const struct mail_part *letter_part(const struct mail *m, const char *type)
{
	for (size_t i = 0; i < m->part_count; i++)
		if (str_is(m->parts[i].type, type))
			return &m->parts[i];
	return NULL;
}

static bool is_original_type(struct str type)
{
	return str_is(type, "message/rfc822") || str_is(type, "text/rfc822-headers") ||
	       str_is(type, "text/rfc822-header") || str_is(type, "message/rfc822-headers") ||
	       str_is(type, "message/global") || str_is(type, "message/global-headers") ||
	       str_is(type, "text/rfc822");
}

static struct str without_dashes(struct str line)
{
	line = str_trim(line);
	while (line.n > 0 && strchr("-*=_ ", line.p[0]) != NULL)
		line = str_slice(line, 1, line.n);
	return line;
}

static bool is_original_line(struct str line)
{
	struct str bare = without_dashes(line);
	for (size_t i = 0; i < sizeof original_lines / sizeof original_lines[0]; i++)
		if (text_starts_nocase(bare, original_lines[i]))
			/* "The original message was received at" begins most reports. */
			return !text_has_nocase(bare, " was ") && bare.n < 100;
	return false;
}

/* A header begins here without any line that says so. */
static bool is_header_line(struct str line)
{
	return text_starts_nocase(line, "received: ") || text_starts_nocase(line, "return-path:") ||
	       text_starts_nocase(line, "dkim-signature:") ||
	       text_starts_nocase(line, "received:from") || text_starts_nocase(line, "message-id:");
}

/* Cuts what is said where the quoted original begins. */
static void cut_original(struct letter *out)
{
	struct str rest = out->said, line;
	out->said_only = out->said;
	for (struct str before = rest; text_line(&rest, &line); before = rest) {
		bool header = is_header_line(line);
		if (!header && !is_original_line(line))
			continue;
		out->said_only = str_slice(out->said, 0, out->said.n - before.n);
		if (!out->original_attached)
			out->original = header ? before : rest;
		return;
	}
}

/* Stray lines between the marker and the header ("------") end no block of ours. */
static void read_original_fields(struct letter *out, struct arena *a)
{
	struct str rest = out->original;
	struct fields block;
	for (int i = 0; i < 5 && fields_next(&rest, a, &block); i++) {
		if (block.count >= ORIGINAL_FIELDS_MIN ||
		    fields_get(&block, "Message-ID").p != NULL ||
		    fields_get(&block, "Subject").p != NULL) {
			out->original_fields = block;
			return;
		}
	}
}

static void add_text(struct buf *b, struct str text)
{
	if (b->n + text.n + 1 <= b->bytes_max) {
		buf_str(b, text);
		buf_byte(b, '\n');
	}
}

static bool has_plain(const struct mail *m)
{
	for (size_t i = 0; i < m->part_count; i++)
		if (str_is(m->parts[i].type, "text/plain") && !m->parts[i].attached &&
		    !str_empty(str_trim(m->parts[i].text)))
			return true;
	return false;
}

bool letter_read(const struct mail *m, struct arena *a, struct letter *out)
{
	struct buf said;
	*out = (struct letter){.said = STR(""), .original = STR("")};
	buf_init_arena(&said, a, SAID_BYTES_MAX);
	out->from_html = !has_plain(m);
	const char *wanted = out->from_html ? "text/html" : "text/plain";
	for (size_t i = 0; i < m->part_count; i++) {
		const struct mail_part *p = &m->parts[i];
		if (is_original_type(p->type) && !out->original_attached) {
			out->original = p->text;
			out->original_attached = true;
		} else if (str_is(p->type, wanted) && !p->attached) {
			add_text(&said, out->from_html ? html_text(p->text, a) : p->text);
		}
	}
	if (m->part_count == 0)
		add_text(&said, text_utf8(str_upto(m->body_raw, SAID_BYTES_MAX / 4), a));
	if (!buf_ok(&said))
		return false;
	out->said = buf_view(&said);
	cut_original(out);
	read_original_fields(out, a);
	return true;
}
