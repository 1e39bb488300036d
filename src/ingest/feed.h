/* SPDX-License-Identifier: Apache-2.0
 * feed.h: a window over bytes that are read as they are needed: files larger than memory.
 *
 * The reader looks at [p + from, p + to), takes what it understood, and asks for more when a row is
 * not whole. One row must fit into the window. Owner: whoever calls feed_init and feed_finish.
 * Thread: one.
 */
#ifndef INGEST_FEED_H
#define INGEST_FEED_H

#include "base/arena.h"
#include "base/status.h"

/* Reads up to `bytes` into p; 0 at the end. *failed_r is set when reading failed. */
typedef size_t feed_read(void *ctx, char *p, size_t bytes, bool *failed_r);

struct feed {
	feed_read *read;
	void *ctx;
	char *p;
	size_t cap, from, to;
	uint64_t offset; /* of p[from] in the file */
	bool end, failed;
};

void feed_init(struct feed *f, feed_read *read, void *ctx, size_t window_bytes, uint64_t offset);
void feed_finish(struct feed *f);
/* Reads more behind what is there. False: nothing came (the end, or the window is full). */
bool feed_more(struct feed *f);
static inline struct str feed_view(const struct feed *f)
{
	return (struct str){f->p + f->from, f->to - f->from};
}
void feed_take(struct feed *f, size_t bytes);

/* Throws bytes away up to and with the next end of a line. */
void feed_skip_line(struct feed *f);

/* One line without its end, "\n" or "\r\n". ST_NOT_FOUND at the end of the file; ST_LIMIT for a
 * line longer than the window: it is skipped and *line_r is empty; ST_IO. */
MUST_USE enum status feed_line(struct feed *f, struct str *line_r, struct err *e);

#endif
