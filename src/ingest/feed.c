/* SPDX-License-Identifier: Apache-2.0
 * feed.c: not mmap, because a file that shrinks while it is read would be a SIGBUS, and because a
 * pipe has no pages. */
#include "ingest/feed.h"

#include "base/assert.h"

void feed_init(struct feed *f, feed_read *read, void *ctx, size_t window_bytes, uint64_t offset)
{
	*f = (struct feed){.read = read,
			   .ctx = ctx,
			   .p = mem_alloc(window_bytes),
			   .cap = window_bytes,
			   .offset = offset};
}

void feed_finish(struct feed *f)
{
	mem_free(f->p);
	*f = (struct feed){.end = true};
}

bool feed_more(struct feed *f)
{
	if (f->end || f->failed)
		return false;
	if (f->from > 0 && f->to == f->cap) {
		memmove(f->p, f->p + f->from, f->to - f->from);
		f->to -= f->from;
		f->from = 0;
	}
	if (f->to == f->cap)
		return false;
	size_t n = f->read(f->ctx, f->p + f->to, f->cap - f->to, &f->failed);
	ASSERT(n <= f->cap - f->to);
	f->to += n;
	f->end = n == 0;
	return n > 0;
}

void feed_take(struct feed *f, size_t bytes)
{
	ASSERT(bytes <= f->to - f->from);
	f->from += bytes;
	f->offset += bytes;
	if (f->from == f->to)
		f->from = f->to = 0;
}

static struct str without_cr(struct str line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

void feed_skip_line(struct feed *f)
{
	do {
		struct str all = feed_view(f);
		size_t end = str_find_byte(all, '\n');
		feed_take(f, end < all.n ? end + 1 : all.n);
		if (end < all.n)
			return;
	} while (feed_more(f));
}

enum status feed_line(struct feed *f, struct str *line_r, struct err *e)
{
	size_t seen = 0;
	for (;;) {
		struct str all = feed_view(f);
		size_t end = seen + str_find_byte(str_slice(all, seen, all.n), '\n');
		if (end < all.n) {
			*line_r = without_cr(str_slice(all, 0, end));
			f->from += end + 1; /* not feed_take: the line must stay where it is */
			f->offset += end + 1;
			return ST_OK;
		}
		seen = all.n;
		if (feed_more(f))
			continue;
		if (f->failed)
			return err_set(e, ST_IO, "the file cannot be read to its end");
		if (!f->end) {
			feed_skip_line(f);
			*line_r = STR_NULL;
			return err_set(e, ST_LIMIT, "the line is longer than %zu bytes", f->cap);
		}
		if (all.n == 0)
			return err_set(e, ST_NOT_FOUND, "the file ends here");
		*line_r = without_cr(all);
		f->from += all.n;
		f->offset += all.n;
		return ST_OK;
	}
}
