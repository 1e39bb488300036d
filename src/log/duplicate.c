/* SPDX-License-Identifier: Apache-2.0
 * duplicate.c: one array of 64-bit cells, sorted by hash: linear probing that keeps its order.
 *
 * A cell is 34 bits of hash over 30 bits of seq. A hash's home is (hash * homes) >> 34, so homes
 * grow with hashes and the whole array is in hash order. That is why the table can be of any size
 * (not only powers of two), grow inside its own memory in two sweeps, and throw out what is too old
 * in the same sweeps. A hash map of pairs would take 16-32 bytes a key; a Bloom or cuckoo filter
 * would be smaller, but cannot say which record to compare with, and a duplicate dropped on a
 * filter's word alone is a lost event. */
#include "log/duplicate.h"

#include "base/assert.h"
#include "base/hash.h"

#define HASH_BITS 34
#define SEQ_BITS 30
#define SEQ_MASK ((UINT64_C(1) << SEQ_BITS) - 1)
#define HOMES_MIN 1024
#define SLACK_MAX 4096 /* at 13/16 full a run this long does not happen by chance */

uint64_t duplicate_fingerprint(uint64_t seed, struct str source, struct str message_id)
{
	return hash_str(message_id, hash_str(source, seed));
}

static uint64_t hash_of(uint64_t fingerprint)
{
	uint64_t h = fingerprint >> SEQ_BITS;
	return h != 0 ? h : 1; /* a cell of all zeros is an empty one */
}

static uint64_t cell_of(uint64_t hash, uint64_t seq)
{
	return hash << SEQ_BITS | (seq & SEQ_MASK);
}

static size_t home_of(const struct duplicate_set *d, uint64_t hash)
{
	return (size_t)(hash * d->homes >> HASH_BITS);
}

/* The seqs in the table lie within 2^29 of each other, so 30 bits name them. */
static uint64_t seq_of(const struct duplicate_set *d, uint64_t cell)
{
	return d->next_seq - ((d->next_seq - cell) & SEQ_MASK);
}

static size_t slack_for(size_t homes)
{
	return homes < SLACK_MAX ? homes : SLACK_MAX;
}

static size_t full_at(size_t homes)
{
	return homes / 16 * 13;
}

void duplicate_init(struct duplicate_set *d, size_t bytes_max, uint64_t next_seq)
{
	*d = (struct duplicate_set){.first_seq = next_seq, .next_seq = next_seq};
	size_t cells_max = bytes_max / sizeof *d->cells;
	size_t times = cells_max / DUPLICATE_BLOCK + 16; /* one time a block, and room to slide */
	cells_max = cells_max > times ? cells_max - times : 0;
	d->block_us_max = times;
	d->homes_max = cells_max > SLACK_MAX + HOMES_MIN ? cells_max - SLACK_MAX : HOMES_MIN;
	if (d->homes_max > (size_t)1 << (SEQ_BITS - 1))
		d->homes_max = (size_t)1 << (SEQ_BITS - 1);
	d->homes = HOMES_MIN;
	d->slack = slack_for(d->homes);
	d->cells = mem_array(d->homes + d->slack, sizeof *d->cells);
	d->block_us = mem_array(d->block_us_max, sizeof *d->block_us);
	d->block_first = (next_seq - 1) / DUPLICATE_BLOCK;
}

void duplicate_finish(struct duplicate_set *d)
{
	mem_free(d->cells);
	mem_free(d->block_us);
	*d = (struct duplicate_set){0};
}

size_t duplicate_keys_max(const struct duplicate_set *d)
{
	return full_at(d->homes_max);
}

size_t duplicate_bytes(const struct duplicate_set *d)
{
	return (d->homes + d->slack) * sizeof *d->cells + d->block_us_max * sizeof *d->block_us;
}

/* --- growing and throwing out ------------------------------------------------------------- */

/* Live cells move to the far end, in order. */
static size_t gather(struct duplicate_set *d, size_t old_cells, size_t new_cells)
{
	size_t at = new_cells;
	for (size_t i = old_cells; i-- > 0;) {
		uint64_t cell = d->cells[i];
		if (cell != 0 && seq_of(d, cell) >= d->first_seq)
			d->cells[--at] = cell;
	}
	return at;
}

/* From the far end each goes to its home or the next free cell behind it. As all of them fit, no
 * place is ever taken that has not been read yet. */
static void spread(struct duplicate_set *d, size_t from)
{
	size_t cells = d->homes + d->slack, free = 0;
	d->count = cells - from;
	for (; from < cells; from++) {
		uint64_t cell = d->cells[from];
		size_t place = home_of(d, cell >> SEQ_BITS);
		if (place < free)
			place = free;
		ASSERT(place <= from);
		while (free < place)
			d->cells[free++] = 0;
		d->cells[free++] = cell;
	}
	ASSERT(free < cells);
	while (free < cells)
		d->cells[free++] = 0;
}

static void rebuild(struct duplicate_set *d, size_t homes)
{
	size_t old_cells = d->homes + d->slack, new_cells = homes + slack_for(homes);
	ASSERT(homes >= d->homes && homes <= d->homes_max);
	if (new_cells > old_cells)
		d->cells = mem_grow(d->cells, old_cells * sizeof *d->cells,
				    new_cells * sizeof *d->cells);
	size_t from = gather(d, old_cells, new_cells);
	d->homes = homes;
	d->slack = slack_for(homes);
	spread(d, from);
}

static void forget_below(struct duplicate_set *d, uint64_t seq)
{
	if (seq <= d->first_seq)
		return;
	d->first_seq = seq < d->next_seq ? seq : d->next_seq;
	uint64_t block = (d->first_seq - 1) / DUPLICATE_BLOCK;
	size_t gone = block > d->block_first ? (size_t)(block - d->block_first) : 0;
	if (gone > d->block_n)
		gone = d->block_n;
	d->block_n -= gone;
	d->block_first += gone;
	d->cut = (d->first_seq - 1) % DUPLICATE_BLOCK != 0;
	memmove(d->block_us, d->block_us + gone, d->block_n * sizeof *d->block_us);
}

static size_t next_size(const struct duplicate_set *d)
{
	size_t homes = d->homes < ((size_t)1 << 20) ? d->homes * 2 : d->homes + d->homes / 4;
	return homes < d->homes_max ? homes : d->homes_max;
}

static void make_room(struct duplicate_set *d)
{
	uint64_t live = d->next_seq - d->first_seq;
	if (live <= d->homes / 16 * 11) {
		rebuild(d, d->homes); /* enough of it is too old */
	} else if (d->homes < d->homes_max) {
		rebuild(d, next_size(d));
	} else {
		forget_below(d, d->first_seq + live / 8 + 1);
		rebuild(d, d->homes);
	}
}

void duplicate_reserve(struct duplicate_set *d, size_t keys)
{
	size_t homes = keys / 12 * 16 + HOMES_MIN;
	if (homes > d->homes_max)
		homes = d->homes_max;
	if (homes > d->homes)
		rebuild(d, homes);
}

/* --- one key ------------------------------------------------------------------------------ */

static void note_time(struct duplicate_set *d, uint64_t seq, int64_t received_us)
{
	uint64_t block = (seq - 1) / DUPLICATE_BLOCK;
	if (d->block_n == 0)
		d->block_first = block;
	while (d->block_first + d->block_n <=
	       block) { /* more than one only where records are missing */
		if (d->block_n == d->block_us_max)
			forget_below(d,
				     (d->block_first + d->block_n / 8 + 1) * DUPLICATE_BLOCK + 1);
		d->block_us[d->block_n++] = received_us;
	}
}

static void insert(struct duplicate_set *d, uint64_t cell)
{
	size_t at = home_of(d, cell >> SEQ_BITS), end;
	while (d->cells[at] != 0 && d->cells[at] < cell)
		at++;
	for (end = at; d->cells[end] != 0;)
		end++;
	ASSERT(end + 1 < d->homes + d->slack);
	memmove(d->cells + at + 1, d->cells + at, (end - at) * sizeof *d->cells);
	d->cells[at] = cell;
	d->count++;
}

void duplicate_add(struct duplicate_set *d, uint64_t fingerprint, uint64_t seq, int64_t received_us)
{
	ASSERT(seq >= d->next_seq);
	while (d->count >= full_at(d->homes))
		make_room(d);
	note_time(d, seq, received_us);
	if (d->first_seq == d->next_seq)
		d->first_seq = seq;
	d->next_seq = seq + 1;
	insert(d, cell_of(hash_of(fingerprint), seq));
}

static void take_out(struct duplicate_set *d, uint64_t cell)
{
	size_t at = home_of(d, cell >> SEQ_BITS);
	while (d->cells[at] != 0 && d->cells[at] != cell)
		at++;
	ASSERT(d->cells[at] == cell);
	for (; d->cells[at + 1] != 0 && home_of(d, d->cells[at + 1] >> SEQ_BITS) <= at; at++)
		d->cells[at] = d->cells[at + 1];
	d->cells[at] = 0;
	d->count--;
}

void duplicate_undo(struct duplicate_set *d, uint64_t fingerprint, uint64_t seq)
{
	ASSERT(seq + 1 == d->next_seq);
	if (seq >= d->first_seq) /* else the ceiling has thrown it out meanwhile */
		take_out(d, cell_of(hash_of(fingerprint), seq));
	d->next_seq = seq;
	if (d->first_seq > seq)
		d->first_seq = seq;
	if (d->block_n > 0 && (d->block_first + d->block_n - 1) * DUPLICATE_BLOCK + 1 == seq)
		d->block_n--;
}

void duplicate_prefetch(const struct duplicate_set *d, uint64_t fingerprint)
{
	__builtin_prefetch(&d->cells[home_of(d, hash_of(fingerprint))], 1);
}

bool duplicate_find(const struct duplicate_set *d, uint64_t fingerprint, size_t *at,
		    uint64_t *seq_r)
{
	uint64_t hash = hash_of(fingerprint);
	size_t i = *at != 0 ? *at : home_of(d, hash);
	while (d->cells[i] != 0 && d->cells[i] >> SEQ_BITS < hash)
		i++;
	for (; d->cells[i] != 0 && d->cells[i] >> SEQ_BITS == hash; i++) {
		uint64_t seq = seq_of(d, d->cells[i]);
		if (seq < d->first_seq)
			continue; /* too old, not yet thrown out */
		*at = i + 1;
		*seq_r = seq;
		return true;
	}
	return false;
}

void duplicate_expire(struct duplicate_set *d, int64_t before_us)
{
	size_t old = 0;
	while (old + 1 < d->block_n && d->block_us[old + 1] < before_us)
		old++;
	if (old > 0)
		forget_below(d, (d->block_first + old) * DUPLICATE_BLOCK + 1);
}

int64_t duplicate_oldest_us(const struct duplicate_set *d, int64_t otherwise)
{
	size_t at = d->cut ? 1 : 0; /* of a block that is cut only the next one's time is known */
	return at < d->block_n && d->first_seq < d->next_seq ? d->block_us[at] : otherwise;
}
