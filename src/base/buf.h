/* SPDX-License-Identifier: Apache-2.0
 * buf.h: a growing run of bytes, born with its ceiling.
 *
 * Appending past the ceiling sets `over` and drops the bytes; the writer checks buf_ok once at
 * the end. A buffer is either on the heap (buf_init) or on an arena (buf_init_arena).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

struct buf {
	char *p;
	size_t n, cap, bytes_max;
	struct arena *arena; /* NULL: heap */
	bool over;
};

void buf_init(struct buf *b, size_t bytes_max);
void buf_init_arena(struct buf *b, struct arena *a, size_t bytes_max);
void buf_finish(struct buf *b);               /* frees a heap buffer; harmless on others */
void buf_reset(struct buf *b);                /* keeps the memory */
bool buf_reserve(struct buf *b, size_t more); /* room for `more` bytes behind n; false: over */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_z(struct buf *b, const char *z);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_i64(struct buf *b, int64_t v);
void buf_u64(struct buf *b, uint64_t v);
/* Shortest decimal that reads back as the same double (17 significant digits at most). */
void buf_f64(struct buf *b, double v);
static inline void buf_byte(struct buf *b, char c)
{
	if (b->n < b->cap && b->n < b->bytes_max && !b->over)
		b->p[b->n++] = c;
	else
		buf_put(b, &c, 1);
}
static inline bool buf_ok(const struct buf *b)
{
	return !b->over;
}
static inline struct str buf_view(const struct buf *b)
{
	return (struct str){b->p, b->n};
}

/* Binary fields for records: little-endian varints (LEB128), zigzag for signed, 8-byte doubles. */
void buf_varint(struct buf *b, uint64_t v);
void buf_zigzag(struct buf *b, int64_t v);
void buf_f64_le(struct buf *b, double v);
void buf_f32(struct buf *b, float v);        /* its bits as a varint: one byte for 0, else five */
void buf_bytes(struct buf *b, struct str s); /* varint length, then the bytes */

/* The reader twin: bounded, sticky failure. After any get_* check `ok` once. */
struct rd {
	const char *p, *end;
	bool ok;
};
static inline struct rd rd_of(struct str s)
{
	return (struct rd){s.p, s.n ? s.p + s.n : s.p, true}; /* no arithmetic on NULL */
}
uint64_t rd_varint(struct rd *r);
int64_t rd_zigzag(struct rd *r);
double rd_f64_le(struct rd *r);
float rd_f32(struct rd *r, float most); /* a number that is not within +-most is a failure */
struct str rd_bytes(struct rd *r);      /* borrowed from the input */
uint8_t rd_u8(struct rd *r);
static inline bool rd_done(const struct rd *r)
{
	return r->ok && r->p == r->end;
}

#endif
