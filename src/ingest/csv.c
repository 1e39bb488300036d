/* SPDX-License-Identifier: Apache-2.0
 * csv.c: two passes over a row. The first finds its end, which needs nothing but the parity of
 * quotes where fields begin; the second cuts fields, in place where they hold no doubled quote.
 * A lost closing quote would swallow the file: when a row does not end within the window or the
 * file, its first line alone is given up, and reading goes on at the next one. */
#include "ingest/csv.h"

#include "base/assert.h"

void csv_init(struct csv *c, feed_read *read, void *ctx, char delimiter, uint64_t offset,
	      uint64_t number)
{
	ASSERT(delimiter != '\0' || offset == 0);
	feed_init(&c->feed, read, ctx, CSV_ROW_BYTES_MAX, offset);
	c->delimiter = delimiter;
	c->number = number;
	c->begun = offset > 0;
	arena_init(&c->arena, 4 * CSV_ROW_BYTES_MAX);
}

void csv_finish(struct csv *c)
{
	feed_finish(&c->feed);
	arena_finish(&c->arena);
}

/* The separator that the first line has most of, outside of quotes. */
static char sniff(struct str text)
{
	static const char marks[] = ",;\t|";
	size_t counts[4] = {0}, best = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.n; i++) {
		char m = text.p[i];
		if (m == '"')
			quoted = !quoted;
		if (m == '\n' && !quoted)
			break;
		const char *at = m != '\0' && !quoted ? strchr(marks, m) : NULL;
		if (at != NULL)
			counts[at - marks]++;
	}
	for (size_t i = 1; i < 4; i++)
		if (counts[i] > counts[best])
			best = i;
	return marks[best];
}

static enum status begin(struct csv *c, struct err *e)
{
	c->begun = true;
	while (c->feed.to < 64 * 1024 && feed_more(&c->feed))
		;
	struct str head = feed_view(&c->feed);
	if (str_starts(head, STR("\xff\xfe")) || str_starts(head, STR("\xfe\xff")))
		return err_set(e, ST_IO, "the file is UTF-16; save it as UTF-8 (\"CSV UTF-8\")");
	if (str_starts(head, STR("\xef\xbb\xbf")))
		feed_take(&c->feed, 3);
	if (c->delimiter == '\0')
		c->delimiter = sniff(feed_view(&c->feed));
	return ST_OK;
}

/* Where a scan for the row's end stands; goes on where it was when more bytes have come. */
struct scan {
	size_t at;
	enum { FIELD_START, PLAIN, QUOTED, QUOTE_IN_QUOTED } state;
};

/* True when the row ends at s->at (a '\n' stands there). */
static bool scan_row(struct scan *s, struct str all, char delimiter)
{
	for (; s->at < all.n; s->at++) {
		char c = all.p[s->at];
		if (s->state == FIELD_START) {
			s->state = c == '"' ? QUOTED : PLAIN;
			if (c == '"')
				continue;
		}
		switch (s->state) {
		case FIELD_START: UNREACHED();
		case PLAIN:
			if (c == '\n')
				return true;
			if (c == delimiter)
				s->state = FIELD_START;
			break;
		case QUOTED:
			if (c == '"')
				s->state = QUOTE_IN_QUOTED;
			break;
		case QUOTE_IN_QUOTED:
			if (c == '\n')
				return true;
			s->state = c == '"' ? QUOTED : c == delimiter ? FIELD_START : PLAIN;
			break;
		}
	}
	return false;
}

/* Windows-1252: 0x80 to 0x9f; all others are the same in Unicode. 0: not assigned. */
static const uint16_t cp1252[32] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static struct str to_utf8(struct str s, struct arena *a)
{
	char *out = arena_alloc(a, s.n * 3 + 1);
	size_t n = 0;
	for (size_t i = 0; out != NULL && i < s.n; i++) {
		unsigned v = (unsigned char)s.p[i];
		if (v >= 0x80 && v < 0xa0)
			v = cp1252[v - 0x80] ? cp1252[v - 0x80] : 0xfffd;
		if (v < 0x80) {
			out[n++] = (char)v;
		} else if (v < 0x800) {
			out[n++] = (char)(0xc0 | v >> 6);
			out[n++] = (char)(0x80 | (v & 63));
		} else {
			out[n++] = (char)(0xe0 | v >> 12);
			out[n++] = (char)(0x80 | (v >> 6 & 63));
			out[n++] = (char)(0x80 | (v & 63));
		}
	}
	return str_n(out, n);
}

/* Between its quotes; `"` stands where `""` stood. False: bytes behind the closing quote. */
static bool unquote(struct str *rest, char delimiter, struct arena *a, struct str *out)
{
	size_t i = 1, n = 0, from = 1;
	char *copy = NULL;
	for (;; i++) {
		if (i >= rest->n)
			return false;
		if (rest->p[i] != '"')
			continue;
		if (i + 1 >= rest->n || rest->p[i + 1] != '"')
			break;
		if (copy == NULL && (copy = arena_alloc(a, rest->n)) == NULL)
			return false;
		memcpy(copy + n, rest->p + from, i + 1 - from);
		n += i + 1 - from;
		from = i + 2;
		i++;
	}
	if (copy != NULL) {
		memcpy(copy + n, rest->p + from, i - from);
		*out = str_n(copy, n + i - from);
	} else {
		*out = str_slice(*rest, 1, i);
	}
	if (i + 1 < rest->n && rest->p[i + 1] != delimiter)
		return false;
	*rest = i + 1 < rest->n ? str_slice(*rest, i + 2, rest->n) : STR_NULL;
	return true;
}

static enum status cut_row(struct csv *c, struct str row, struct csv_row *out, struct err *e)
{
	bool more = true;
	size_t n = 0;
	for (; more; n++) {
		struct str field;
		if (n == CSV_FIELDS_MAX)
			return err_set(e, ST_LIMIT, "the row has more than %d fields",
				       CSV_FIELDS_MAX);
		if (row.n && row.p[0] == '"') {
			if (!unquote(&row, c->delimiter, &c->arena, &field))
				return err_set(
					e, ST_INVALID,
					"field %zu: text stands behind its closing quote; write a "
					"quote inside quotes twice",
					n + 1);
			more = row.p != NULL;
		} else {
			size_t end = str_find_byte(row, c->delimiter);
			field = str_slice(row, 0, end);
			more = end < row.n;
			row = str_slice(row, end + more, row.n);
		}
		if (str_find_byte(field, '\0') < field.n)
			return err_set(e, ST_INVALID, "field %zu holds a zero byte", n + 1);
		c->fields[n] = str_utf8_valid(field) ? field : to_utf8(field, &c->arena);
	}
	out->fields = c->fields;
	out->n = n;
	return ST_OK;
}

/* The row has no end: its first line is given up. */
static enum status no_end(struct csv *c, bool at_end, struct err *e)
{
	feed_skip_line(&c->feed);
	if (at_end)
		return err_set(e, ST_INVALID, "a quote is opened in this line and never closed");
	return err_set(e, ST_LIMIT,
		       "the row is longer than %d bytes, or a quote in it is never closed",
		       CSV_ROW_BYTES_MAX);
}

static enum status next_row(struct csv *c, struct str *row_r, struct err *e)
{
	struct scan s = {.state = FIELD_START};
	for (;;) {
		struct str all = feed_view(&c->feed);
		bool whole = scan_row(&s, all, c->delimiter);
		if (!whole && feed_more(&c->feed))
			continue;
		if (c->feed.failed)
			return err_set(e, ST_IO, "the file cannot be read to its end");
		if (!whole && all.n == 0)
			return err_set(e, ST_NOT_FOUND, "the file ends here");
		if (!whole && (!c->feed.end || s.state == QUOTED))
			return no_end(c, c->feed.end, e);
		size_t end = whole ? s.at : all.n;
		*row_r = str_slice(all, 0, end > 0 && all.p[end - 1] == '\r' ? end - 1 : end);
		c->feed.from += end + whole; /* not feed_take: the row must stay where it is */
		c->feed.offset += end + whole;
		return ST_OK;
	}
}

enum status csv_next(struct csv *c, struct csv_row *out, struct err *e)
{
	enum status st = c->begun ? ST_OK : begin(c, e);
	struct str row = STR_NULL;
	out->number = c->number;
	while (st == ST_OK && row.n == 0) {
		out->number = c->number;
		out->offset = c->feed.offset;
		st = next_row(c, &row, e);
		if (st == ST_OK || st == ST_INVALID || st == ST_LIMIT)
			c->number++;
	}
	if (st != ST_OK)
		return st;
	arena_reset(&c->arena);
	return cut_row(c, row, out, e);
}

void csv_write(struct buf *out, const struct str *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool quote = false;
		for (size_t k = 0; k < fields[i].n && !quote; k++)
			quote = strchr(",\"\r\n;", fields[i].p[k]) != NULL;
		if (i > 0)
			buf_byte(out, ',');
		if (quote)
			buf_byte(out, '"');
		for (size_t k = 0; k < fields[i].n; k++) {
			if (fields[i].p[k] == '"')
				buf_byte(out, '"');
			buf_byte(out, fields[i].p[k]);
		}
		if (quote)
			buf_byte(out, '"');
	}
	buf_z(out, "\r\n");
}
