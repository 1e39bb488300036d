/* SPDX-License-Identifier: Apache-2.0
 * lead.c: the row that every event reads and writes, so the codec is built for speed first
 * (model/pack.h). */
#include "model/lead.h"

#include "base/assert.h"
#include "model/pack.h"

#define LEAD_VERSION 1

/* ---- the head: one list of fields behind encode and decode ---- */

#define HEAD(FIELD) \
	FIELD(uint, u32, flags) \
	FIELD(uint, uint, account) \
	FIELD(uint, u32, persona) \
	FIELD(uint, u32, events_n) \
	FIELD(uint, u32, chunks_n) \
	FIELD(uint, uint, fit_mask) \
	FIELD(uint, u32, entry) \
	FIELD(time, time, active_us) \
	FIELD(time, time, alarm_us) \
	FIELD(time, time, ttl_us) \
	FIELD(time, time, scored_us) \
	FIELD(time, time, tier_since_us) \
	FIELD(double, double, entry_points) \
	FIELD(double, double, fit) \
	FIELD(double, double, engagement) \
	FIELD(double, double, score)
#define HEAD_BYTES 10                        /* version, created's and tier's nibbles, 16 nibbles */
#define HEAD_BOUND (HEAD_BYTES + 17 * 8 + 4) /* and the two counts */
#define CELL_BYTES 6                         /* key, value and time nibbles, length of bytes */
#define CELL_BOUND (CELL_BYTES + 16 + 2)
#define ENTRY_BYTES 3
#define ENTRY_BOUND (ENTRY_BYTES + 5 * 8)

static inline void put_head(struct packer *w, const struct lead *x)
{
	uint64_t nibbles = 0;
	unsigned at = 0;
	char *control = w->p;
	w->p += HEAD_BYTES;
	w->base_us = 0;
	unsigned created = put_time(w, x->created_us);
	w->base_us = x->created_us;
	HEAD(PACK_FIELD)
	control[0] = LEAD_VERSION;
	control[1] = (char)(created | (unsigned)x->tier << 4);
	put_nibbles(control + 2, nibbles);
	uint16_t counts[2] = {htole16((uint16_t)x->cells_n), htole16((uint16_t)x->tail_n)};
	memcpy(w->p, counts, 4);
	w->p += 4;
}

static inline bool get_head(struct unpacker *r, struct lead *x)
{
	if (r->end - r->p < HEAD_BYTES || r->p[0] != LEAD_VERSION)
		return false;
	unsigned first = (unsigned char)r->p[1];
	uint64_t nibbles = get_nibbles(r->p + 2);
	r->p += HEAD_BYTES;
	r->base_us = 0;
	x->created_us = get_time(r, first & 15);
	x->tier = (enum tier)(first >> 4);
	r->base_us = x->created_us;
	HEAD(UNPACK_FIELD)
	x->cells_n = (size_t)get_uint(r, 2);
	x->tail_n = (size_t)get_uint(r, 2);
	return r->ok && first >> 4 < TIER_COUNT && x->cells_n <= LEAD_CELLS_MAX &&
	       x->tail_n <= LEAD_TAIL_MAX;
}

/* ---- cells ---- */

static inline void put_cell(struct packer *w, const struct cell *c)
{
	char *control = w->p;
	ASSERT(c->bytes.n <= LEAD_CELL_BYTES_MAX);
	w->p += CELL_BYTES;
	uint32_t key = htole32(c->key);
	memcpy(control, &key, 4);
	unsigned value = put_double(w, c->value), at = put_time(w, c->at_us);
	control[4] = (char)(value | at << 4);
	control[5] = (char)(c->bytes.n < 255 ? c->bytes.n : 255);
	if (c->bytes.n >= 255) {
		uint16_t n = htole16((uint16_t)c->bytes.n);
		memcpy(w->p, &n, 2);
		w->p += 2;
	}
	if (c->bytes.n)
		memcpy(w->p, c->bytes.p, c->bytes.n);
	w->p += c->bytes.n;
}

static inline bool get_cell(struct unpacker *r, struct cell *c)
{
	if (r->end - r->p < CELL_BYTES)
		return false;
	unsigned nibbles = (unsigned char)r->p[4];
	size_t n = (unsigned char)r->p[5];
	memcpy(&c->key, r->p, 4);
	c->key = le32toh(c->key);
	r->p += CELL_BYTES;
	c->value = get_double(r, nibbles & 15);
	c->at_us = get_time(r, nibbles >> 4);
	if (n == 255)
		n = (size_t)get_uint(r, 2);
	if (!r->ok || n > LEAD_CELL_BYTES_MAX || (size_t)(r->end - r->p) < n)
		return false;
	c->bytes = n ? str_n(r->p, n) : STR_NULL;
	r->p += n;
	return true;
}

/* The bytes of all cells move to the arena in one piece: the text is the caller's. */
static enum status keep_bytes(struct lead *l, struct arena *a, struct err *e)
{
	size_t total = 0;
	for (size_t i = 0; i < l->cells_n; i++)
		total += l->cells[i].bytes.n;
	if (total == 0)
		return ST_OK;
	char *to = arena_alloc(a, total);
	if (to == NULL)
		return unpack_failed(ST_LIMIT, "lead", l->id, e);
	for (size_t i = 0; i < l->cells_n; i++) {
		struct str *b = &l->cells[i].bytes;
		if (b->n == 0)
			continue;
		memcpy(to, b->p, b->n);
		b->p = to;
		to += b->n;
	}
	return ST_OK;
}

/* ---- timeline ---- */

static inline void put_entry(struct packer *w, const struct lead_entry *x, uint64_t seq_before)
{
	char *control = w->p;
	w->p += ENTRY_BYTES;
	unsigned seq = put_uint(w, zigzag((int64_t)(x->seq - seq_before)));
	unsigned at = put_time(w, x->occurred_us);
	unsigned type = put_uint(w, x->type_no), flags = put_uint(w, x->flags);
	unsigned points = put_double(w, x->points);
	control[0] = (char)(seq | at << 4);
	control[1] = (char)(type | flags << 4);
	control[2] = (char)points;
}

static inline bool get_entry(struct unpacker *r, struct lead_entry *x, uint64_t seq_before)
{
	if (r->end - r->p < ENTRY_BYTES)
		return false;
	unsigned a = (unsigned char)r->p[0], b = (unsigned char)r->p[1], c = (unsigned char)r->p[2];
	r->p += ENTRY_BYTES;
	x->seq = (uint64_t)unzigzag(get_uint(r, a & 15)) + seq_before;
	x->occurred_us = get_time(r, a >> 4);
	x->type_no = get_u32(r, b & 15);
	x->flags = get_u32(r, b >> 4);
	x->points = get_double(r, c);
	return r->ok;
}

/* Each entry is told as the distance from the one before it; the first, from (0, base). */
static void put_entries(struct packer *w, const struct lead_entry *entries, size_t n)
{
	uint64_t seq = 0;
	for (size_t i = 0; i < n; i++) {
		put_entry(w, &entries[i], seq);
		seq = entries[i].seq;
		if (entries[i].occurred_us != TIME_NONE)
			w->base_us = entries[i].occurred_us;
	}
}

static bool get_entries(struct unpacker *r, struct lead_entry *entries, size_t n)
{
	uint64_t seq = 0;
	for (size_t i = 0; i < n; i++) {
		if (!get_entry(r, &entries[i], seq))
			return false;
		seq = entries[i].seq;
		if (entries[i].occurred_us != TIME_NONE)
			r->base_us = entries[i].occurred_us;
	}
	return true;
}

/* ---- public ---- */

int lead_list(const struct lead *l)
{
	return l->flags & (LEAD_MERGED | LEAD_ERASED)
		       ? -1
		       : lead_list_of(l->tier, l->flags & LEAD_KNOWN);
}

void lead_init(struct lead *l, uint64_t id, int64_t now_us)
{
	*l = (struct lead){
		.id = id,
		.created_us = now_us,
		.active_us = TIME_NONE,
		.alarm_us = TIME_NONE,
		.ttl_us = TIME_NONE,
		.scored_us = TIME_NONE,
		.tier = TIER_COLD,
		.tier_since_us = now_us,
	};
}

void lead_encode(const struct lead *l, struct buf *out)
{
	size_t bound = HEAD_BOUND + l->cells_n * CELL_BOUND + l->tail_n * ENTRY_BOUND + 8;
	ASSERT(l->cells_n <= LEAD_CELLS_MAX && l->tail_n <= LEAD_TAIL_MAX);
	for (size_t i = 0; i < l->cells_n; i++)
		bound += l->cells[i].bytes.n;
	if (!buf_reserve(out, bound))
		return;
	struct packer w = {.p = out->p + out->n};
	put_head(&w, l);
	for (size_t i = 0; i < l->cells_n; i++)
		put_cell(&w, &l->cells[i]);
	put_entries(&w, l->tail, l->tail_n);
	out->n = (size_t)(w.p - out->p);
}

enum status lead_decode(uint64_t id, struct str text, struct arena *a, struct lead *out,
			struct err *e)
{
	struct str rest;
	enum status st = lead_row_decode(id, text, a, out, &rest, e);
	return st == ST_OK && rest.n ? unpack_failed(ST_CORRUPT, "lead", id, e) : st;
}

enum status lead_row_decode(uint64_t id, struct str text, struct arena *a, struct lead *out,
			    struct str *journey_r, struct err *e)
{
	struct lead l;
	if (text.n == 0)
		return unpack_failed(ST_CORRUPT, "lead", id, e);
	struct unpacker r = {.p = text.p, .end = text.p + text.n, .ok = true};
	l.id = id;
	if (!get_head(&r, &l))
		return unpack_failed(ST_CORRUPT, "lead", id, e);
	l.cells_cap = l.cells_n + 4;
	l.cells = ARENA_ARRAY(a, struct cell, l.cells_cap);
	if (l.cells == NULL)
		return unpack_failed(ST_LIMIT, "lead", id, e);
	for (size_t i = 0; i < l.cells_n; i++)
		if (!get_cell(&r, &l.cells[i]) || (i && l.cells[i].key <= l.cells[i - 1].key))
			return unpack_failed(ST_CORRUPT, "lead", id, e);
	if (!get_entries(&r, l.tail, l.tail_n))
		return unpack_failed(ST_CORRUPT, "lead", id, e);
	enum status st = keep_bytes(&l, a, e);
	if (st != ST_OK)
		return st;
	memcpy(out, &l, offsetof(struct lead, tail));
	memcpy(out->tail, l.tail, l.tail_n * sizeof l.tail[0]);
	out->tail_n = l.tail_n;
	if (journey_r != NULL)
		*journey_r = str_n(r.p, (size_t)(r.end - r.p));
	return ST_OK;
}

/* Index of the first cell whose key is not below `key`. */
static size_t cell_place(const struct lead *l, uint32_t key)
{
	size_t lo = 0, n = l->cells_n;
	while (n > 0) {
		size_t half = n / 2;
		bool right = l->cells[lo + half].key < key;
		lo += right ? half + 1 : 0;
		n = right ? n - half - 1 : half;
	}
	return lo;
}

const struct cell *lead_cell_get(const struct lead *l, uint32_t key)
{
	size_t i = cell_place(l, key);
	return i < l->cells_n && l->cells[i].key == key ? &l->cells[i] : NULL;
}

struct cell *lead_cell(struct lead *l, uint32_t key)
{
	size_t i = cell_place(l, key);
	return i < l->cells_n && l->cells[i].key == key ? &l->cells[i] : NULL;
}

static bool cells_grow(struct lead *l, struct arena *a)
{
	size_t cap = l->cells_cap ? l->cells_cap * 2 : 8;
	struct cell *cells = ARENA_ARRAY(a, struct cell, cap);
	if (cells == NULL)
		return false;
	if (l->cells_n)
		memcpy(cells, l->cells, l->cells_n * sizeof cells[0]);
	l->cells = cells;
	l->cells_cap = cap;
	return true;
}

struct cell *lead_cell_add(struct lead *l, uint32_t key, struct arena *a)
{
	size_t i = cell_place(l, key);
	if (i < l->cells_n && l->cells[i].key == key)
		return &l->cells[i];
	if (l->cells_n == LEAD_CELLS_MAX || (l->cells_n == l->cells_cap && !cells_grow(l, a)))
		return NULL;
	memmove(&l->cells[i + 1], &l->cells[i], (l->cells_n - i) * sizeof l->cells[0]);
	l->cells[i] = (struct cell){.key = key, .at_us = TIME_NONE};
	l->cells_n++;
	return &l->cells[i];
}

void lead_cell_drop(struct lead *l, uint32_t key)
{
	size_t i = cell_place(l, key);
	if (i == l->cells_n || l->cells[i].key != key)
		return;
	l->cells_n--;
	memmove(&l->cells[i], &l->cells[i + 1], (l->cells_n - i) * sizeof l->cells[0]);
}

/* n1 at t1 and n2 at t2 are one count at the later of the two instants. */
void cell_decayed_add(struct cell *c, double n, int64_t at_us, int64_t half_life_us)
{
	if (c->at_us == TIME_NONE) {
		c->value = n;
		c->at_us = at_us;
	} else if (at_us >= c->at_us) {
		c->value = c->value * decay_exact(time_between(c->at_us, at_us), half_life_us) + n;
		c->at_us = at_us;
	} else {
		c->value += n * decay_exact(time_between(at_us, c->at_us), half_life_us);
	}
}

double cell_decayed_get(const struct cell *c, int64_t now_us, int64_t half_life_us)
{
	return c->at_us == TIME_NONE
		       ? 0.0
		       : c->value * decay_exact(time_between(c->at_us, now_us), half_life_us);
}

bool lead_remember(struct lead *l, const struct lead_entry *entry, struct buf *spill)
{
	bool full = l->tail_n == LEAD_TAIL_MAX;
	if (full) {
		lead_entries_encode(l->tail, l->tail_n, spill);
		l->chunks_n++;
		l->tail_n = 0;
	}
	l->tail[l->tail_n++] = *entry;
	return full;
}

void lead_entries_encode(const struct lead_entry *entries, size_t n, struct buf *out)
{
	ASSERT(n <= LEAD_TAIL_MAX);
	if (!buf_reserve(out, 2 + n * ENTRY_BOUND + 8))
		return;
	struct packer w = {.p = out->p + out->n};
	*w.p++ = LEAD_VERSION;
	*w.p++ = (char)n;
	put_entries(&w, entries, n);
	out->n = (size_t)(w.p - out->p);
}

enum status lead_entries_decode(struct str text, struct arena *a, struct lead_entry **out,
				size_t *n_r, struct err *e)
{
	if (text.n < 2 || text.p[0] != LEAD_VERSION || (unsigned char)text.p[1] > LEAD_TAIL_MAX)
		return err_set(e, ST_CORRUPT, "a stored part of a timeline cannot be read");
	size_t n = (unsigned char)text.p[1];
	struct unpacker r = {.p = text.p + 2, .end = text.p + text.n, .ok = true};
	struct lead_entry *entries = ARENA_ARRAY(a, struct lead_entry, n + 1);
	if (entries == NULL)
		return err_set(e, ST_LIMIT, "no room left for a part of a timeline");
	if (!get_entries(&r, entries, n) || r.p != r.end)
		return err_set(e, ST_CORRUPT, "a stored part of a timeline cannot be read");
	*out = entries;
	*n_r = n;
	return ST_OK;
}
