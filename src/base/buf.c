/* SPDX-License-Identifier: Apache-2.0
 * buf.c: sticky overflow instead of a check per append; growth doubles up to the ceiling. */
#include "base/buf.h"

#include "base/assert.h"

#include <math.h>
#include <stdio.h>

void buf_init(struct buf *b, size_t bytes_max)
{
	ASSERT(bytes_max > 0);
	*b = (struct buf){.bytes_max = bytes_max};
}

void buf_init_arena(struct buf *b, struct arena *a, size_t bytes_max)
{
	buf_init(b, bytes_max);
	b->arena = a;
}

void buf_finish(struct buf *b)
{
	if (b->arena == NULL)
		mem_free(b->p);
	*b = (struct buf){.bytes_max = b->bytes_max};
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

bool buf_reserve(struct buf *b, size_t more)
{
	if (b->over || more > b->bytes_max || b->n > b->bytes_max - more) {
		b->over = true;
		return false;
	}
	size_t need = b->n + more;
	if (need <= b->cap)
		return true;
	size_t cap = b->cap ? b->cap * 2 : 256;
	while (cap < need)
		cap *= 2;
	if (cap > b->bytes_max)
		cap = b->bytes_max;
	if (b->arena != NULL) {
		char *p = arena_alloc(b->arena, cap);
		if (p == NULL) {
			b->over = true;
			return false;
		}
		if (b->n)
			memcpy(p, b->p, b->n);
		b->p = p;
	} else {
		b->p = mem_grow(b->p, cap, cap);
	}
	b->cap = cap;
	return true;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !buf_reserve(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void buf_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

void buf_z(struct buf *b, const char *z)
{
	buf_put(b, z, strlen(z));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[256];
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	ASSERT(n >= 0);
	if ((size_t)n < sizeof small) {
		buf_put(b, small, (size_t)n);
	} else if (buf_reserve(b, (size_t)n + 1)) {
		(void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again); /* sized above */
		b->n += (size_t)n;
	}
	va_end(again);
}

void buf_u64(struct buf *b, uint64_t v)
{
	char tmp[20];
	size_t i = sizeof tmp;
	do {
		tmp[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_put(b, tmp + i, sizeof tmp - i);
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_byte(b, '-');
	buf_u64(b, v < 0 ? 0u - (uint64_t)v : (uint64_t)v);
}

void buf_f64(struct buf *b, double v)
{
	char tmp[40];
	if (v == floor(v) && fabs(v) < 1e15) {
		buf_i64(b, (int64_t)v);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		int n = snprintf(tmp, sizeof tmp, "%.*g", digits, v);
		double back;
		if (digits == 17 || (str_to_f64(str_n(tmp, (size_t)n), &back) && back == v))
			break;
	}
	buf_z(b, tmp);
}

void buf_varint(struct buf *b, uint64_t v)
{
	char tmp[10];
	size_t n = 0;
	while (v >= 0x80) {
		tmp[n++] = (char)(v | 0x80);
		v >>= 7;
	}
	tmp[n++] = (char)v;
	buf_put(b, tmp, n);
}

void buf_zigzag(struct buf *b, int64_t v)
{
	buf_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

void buf_f64_le(struct buf *b, double v)
{
	uint64_t u;
	char tmp[8];
	memcpy(&u, &v, 8);
	for (int i = 0; i < 8; i++)
		tmp[i] = (char)(u >> (8 * i));
	buf_put(b, tmp, 8);
}

void buf_f32(struct buf *b, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	buf_varint(b, bits);
}

void buf_bytes(struct buf *b, struct str s)
{
	buf_varint(b, s.n);
	buf_str(b, s);
}

uint8_t rd_u8(struct rd *r)
{
	if (!r->ok || r->p >= r->end) {
		r->ok = false;
		return 0;
	}
	return (uint8_t)*r->p++;
}

uint64_t rd_varint(struct rd *r)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t c = rd_u8(r);
		if (!r->ok || (shift == 63 && c > 1))
			break;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
	r->ok = false;
	return 0;
}

int64_t rd_zigzag(struct rd *r)
{
	uint64_t v = rd_varint(r);
	return (int64_t)((v >> 1) ^ (0u - (v & 1)));
}

double rd_f64_le(struct rd *r)
{
	uint64_t u = 0;
	if (!r->ok || r->end - r->p < 8) {
		r->ok = false;
		return 0.0;
	}
	for (int i = 0; i < 8; i++)
		u |= (uint64_t)(uint8_t)r->p[i] << (8 * i);
	r->p += 8;
	double v;
	memcpy(&v, &u, 8);
	return v;
}

float rd_f32(struct rd *r, float most)
{
	uint64_t wide = rd_varint(r);
	uint32_t bits = (uint32_t)wide;
	float v;
	memcpy(&v, &bits, sizeof v);
	r->ok = r->ok && wide <= UINT32_MAX && v >= -most && v <= most;
	return r->ok ? v : 0;
}

struct str rd_bytes(struct rd *r)
{
	uint64_t n = rd_varint(r);
	if (!r->ok || n > (uint64_t)(r->end - r->p)) {
		r->ok = false;
		return STR_NULL;
	}
	struct str s = str_n(r->p, (size_t)n);
	r->p += n;
	return s;
}
