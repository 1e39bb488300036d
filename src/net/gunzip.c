/* SPDX-License-Identifier: Apache-2.0
 * gunzip.c: zlib does the work, in steps small enough that a ceiling is met soon after it is
 * passed and not after the whole bomb has unfolded. */
#include "net/gunzip.h"

#include "base/assert.h"

#include <zlib.h>

#define STEP_BYTES ((size_t)32 << 10)
#define WINDOW_GZIP_ONLY (15 + 16)

struct gunzip {
	z_stream z;
};

struct gunzip *gunzip_create(void)
{
	struct gunzip *g = mem_alloc(sizeof *g);
	ASSERT(inflateInit2(&g->z, WINDOW_GZIP_ONLY) == Z_OK);
	return g;
}

void gunzip_destroy(struct gunzip **g)
{
	if (*g == NULL)
		return;
	(void)inflateEnd(&(*g)->z); /* cannot fail on a stream that was initialised */
	mem_free(*g);
	*g = NULL;
}

static enum status check_ceilings(const struct buf *out, size_t start, size_t in_bytes,
				  unsigned ratio_max, struct err *e)
{
	size_t made = out->n - start;
	if (made > GUNZIP_RATIO_FREE_BYTES && made / ratio_max > in_bytes)
		return err_set(e, ST_LIMIT, "the gzip body unfolds to more than %u times its size",
			       ratio_max);
	if (out->n >= out->bytes_max)
		return err_set(e, ST_LIMIT, "the body unfolds to more than %zu bytes",
			       out->bytes_max - start);
	return ST_OK;
}

/* Room for the next step, never past the ceiling. */
static size_t step_room(struct buf *out)
{
	size_t room = out->bytes_max - out->n;
	if (room > STEP_BYTES)
		room = STEP_BYTES;
	return buf_reserve(out, room) ? room : 0;
}

static enum status finished(const struct gunzip *g, struct err *e)
{
	if (g->z.avail_in != 0)
		return err_set(e, ST_INVALID, "%u bytes stand behind the end of the gzip body",
			       g->z.avail_in);
	return ST_OK;
}

enum status gunzip_run(struct gunzip *g, struct str in, unsigned ratio_max, struct buf *out,
		       struct err *e)
{
	ASSERT(ratio_max > 0);
	if (in.n == 0 || in.n > INT32_MAX)
		return err_set(e, ST_INVALID, "the gzip body is empty");
	ASSERT(inflateReset(&g->z) == Z_OK);
	g->z.next_in = (unsigned char *)(uintptr_t)in.p; /* zlib of 1995 knows no const */
	g->z.avail_in = (unsigned)in.n;
	size_t start = out->n;
	for (;;) {
		size_t room = step_room(out);
		/* At the ceiling a spare byte still tells "just fits" from "too much". */
		unsigned char spare;
		g->z.next_out = room ? (unsigned char *)out->p + out->n : &spare;
		g->z.avail_out = room ? (unsigned)room : 1;
		int rc = inflate(&g->z, Z_NO_FLUSH);
		if (room)
			out->n += room - g->z.avail_out;
		else if (g->z.avail_out == 0)
			return check_ceilings(out, start, in.n, ratio_max, e);
		if (rc == Z_STREAM_END)
			return finished(g, e);
		if (rc != Z_OK)
			return err_set(e, ST_INVALID,
				       "the body is not gzip, is damaged, or ends early");
		if (out->n < out->bytes_max) {
			enum status st = check_ceilings(out, start, in.n, ratio_max, e);
			if (st != ST_OK)
				return st;
		}
	}
}
