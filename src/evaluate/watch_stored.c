/* SPDX-License-Identifier: Apache-2.0
 * watch_stored.c: a watch as bytes and back. What is read is checked to be what could have been
 * written: a window whose buckets do not add up would be searched for ever. */
#include "evaluate/watch_inside.h"

#include "base/assert.h"

#include <math.h>

#define FORM 1u
#define COUNT_MOST (UINT64_C(1) << 48)

bool watch_part_changed(const struct watch *w, unsigned part)
{
	ASSERT(part < WATCH_PARTS);
	return w->changed[part];
}

void watch_part_kept(struct watch *w, unsigned part)
{
	ASSERT(part < WATCH_PARTS);
	w->changed[part] = false;
}

/* ---- writing ---- */

static void put_columns(const struct watch *w, struct buf *out)
{
	buf_varint(out, w->windows);
	buf_varint(out, w->in_window);
	buf_zigzag(out, w->since_us);
	for (size_t i = 0; i < w->dims + WATCH_BESIDE; i++) {
		const struct column *c = &w->columns[i];
		for (unsigned k = 0; k < WATCH_CELLS; k++)
			buf_varint(out, c->was[k]);
		for (unsigned k = 0; k < WATCH_CELLS; k++)
			buf_varint(out, c->now[k]);
		buf_f64_le(out, c->last.psi);
		buf_f64_le(out, c->last.ks_d);
		buf_f64_le(out, c->last.ks_p);
	}
}

static void put_walk(const struct drift_page_hinkley *p, struct buf *out)
{
	buf_varint(out, p->n);
	buf_varint(out, p->alarm);
	buf_f64_le(out, p->mean);
	buf_f64_le(out, p->sum);
}

static void put_window(const struct drift_adwin *a, struct buf *out)
{
	buf_varint(out, a->tick);
	buf_varint(out, a->alarm);
	buf_f64_le(out, a->total);
	buf_f64_le(out, a->variance);
	buf_varint(out, a->rows);
	for (unsigned row = 0; row < a->rows; row++) {
		buf_varint(out, a->row[row].n);
		for (unsigned i = 0; i < a->row[row].n; i++) {
			buf_f64_le(out, a->row[row].buckets[i].total);
			buf_f64_le(out, a->row[row].buckets[i].variance);
		}
	}
}

void watch_part_encode(const struct watch *w, unsigned part, struct buf *out)
{
	ASSERT(part < WATCH_PARTS);
	buf_varint(out, FORM);
	buf_varint(out, w->dims);
	if (part == WATCH_PART_COLUMNS) {
		put_columns(w, out);
		return;
	}
	buf_varint(out, w->outcomes);
	buf_varint(out, w->warm);
	put_walk(&w->rise, out);
	put_walk(&w->fall, out);
	put_walk(&w->harm, out);
	put_window(&w->residual, out);
	put_window(&w->calibration, out);
}

/* ---- reading ---- */

static uint64_t get_count(struct rd *r, uint64_t most)
{
	uint64_t n = rd_varint(r);
	r->ok = r->ok && n <= most;
	return r->ok ? n : 0;
}

static double get_number(struct rd *r, double most)
{
	double v = rd_f64_le(r);
	r->ok = r->ok && fabs(v) <= most; /* not NaN either */
	return r->ok ? v : 0;
}

static void get_columns(struct watch *w, struct rd *r)
{
	w->windows = get_count(r, COUNT_MOST);
	w->in_window = get_count(r, COUNT_MOST);
	w->since_us = rd_zigzag(r);
	r->ok = r->ok && w->since_us >= 0; /* what is subtracted from a moment stays in range */
	for (size_t i = 0; i < w->dims + WATCH_BESIDE && r->ok; i++) {
		struct column *c = &w->columns[i];
		for (unsigned k = 0; k < WATCH_CELLS; k++)
			c->was[k] = get_count(r, COUNT_MOST);
		for (unsigned k = 0; k < WATCH_CELLS; k++)
			c->now[k] = get_count(r, COUNT_MOST);
		c->last.psi = get_number(r, 1e6);
		c->last.ks_d = get_number(r, 1);
		c->last.ks_p = get_number(r, 1);
	}
}

static void get_walk(struct drift_page_hinkley *p, struct rd *r)
{
	p->n = (unsigned)get_count(r, UINT32_MAX);
	p->alarm = get_count(r, 1) != 0;
	p->mean = get_number(r, 1e6);
	p->sum = get_number(r, 1e6);
	r->ok = r->ok && p->n >= 1 && p->sum >= 0;
}

static void get_buckets(struct drift_adwin *a, unsigned row, struct rd *r)
{
	a->row[row].n = (unsigned)get_count(r, DRIFT_ADWIN_BUCKETS - 1);
	for (unsigned i = 0; i < a->row[row].n && r->ok; i++) {
		a->row[row].buckets[i].total = get_number(r, 1e18);
		a->row[row].buckets[i].variance = get_number(r, 1e18);
	}
	a->width += ldexp((double)a->row[row].n, (int)row);
}

static void get_window(struct drift_adwin *a, struct rd *r)
{
	drift_adwin_init(a, a->delta);
	a->tick = rd_varint(r);
	a->alarm = get_count(r, 1) != 0;
	a->total = get_number(r, 1e18);
	a->variance = get_number(r, 1e18);
	a->rows = (unsigned)get_count(r, DRIFT_ADWIN_ROWS - 1);
	r->ok = r->ok && a->rows >= 1;
	for (unsigned row = 0; row < a->rows && r->ok; row++)
		get_buckets(a, row, r);
	for (unsigned row = 0; row < a->rows && a->rows > 1; row++)
		r->ok = r->ok && a->row[row].n > 0; /* a size gives up two of six, never all */
}

enum status watch_part_decode(struct watch *w, unsigned part, struct str bytes, struct err *e)
{
	struct rd r = rd_of(bytes);
	ASSERT(part < WATCH_PARTS);
	bool known = rd_varint(&r) == FORM && rd_varint(&r) == w->dims;
	if (known && part == WATCH_PART_COLUMNS)
		get_columns(w, &r);
	if (known && part == WATCH_PART_STREAMS) {
		w->outcomes = get_count(&r, COUNT_MOST);
		w->warm = get_count(&r, COUNT_MOST);
		get_walk(&w->rise, &r);
		get_walk(&w->fall, &r);
		get_walk(&w->harm, &r);
		get_window(&w->residual, &r);
		get_window(&w->calibration, &r);
	}
	w->changed[part] = false;
	return known && rd_done(&r)
		       ? ST_OK
		       : err_set(e, ST_CORRUPT, "what drift is watched with cannot be read");
}
