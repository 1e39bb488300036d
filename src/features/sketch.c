/* SPDX-License-Identifier: Apache-2.0
 * sketch.c: a sorted list of hashes while it is short, registers when it is not. Most leads see a
 * handful of different pages or assets: for them the answer is exact and 8 bytes a value. */
#include "features/sketch.h"

#include <endian.h>
#include <math.h>

#define REGISTER_BITS 9
#define REGISTERS (1u << REGISTER_BITS)
#define RANK_MAX (64 - REGISTER_BITS + 1)
#define TAG_EXACT 'E'
#define TAG_REGISTERS 'H'

/* Both forms, unpacked. */
struct sketch {
	bool exact;
	size_t n;
	uint64_t hashes[SKETCH_EXACT_MAX + 1];
	uint8_t ranks[REGISTERS];
};

static bool is_registers(struct str s)
{
	return s.n == SKETCH_BYTES_MAX && s.p[0] == TAG_REGISTERS;
}

static bool is_exact(struct str s)
{
	return s.n > 1 && s.n <= 1 + 8 * SKETCH_EXACT_MAX && s.n % 8 == 1 && s.p[0] == TAG_EXACT;
}

static uint64_t hash_at(struct str s, size_t i)
{
	uint64_t v;
	memcpy(&v, s.p + 1 + 8 * i, 8);
	return le64toh(v);
}

/* Four six-bit registers stand in three bytes. */
static unsigned rank_at(struct str s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.p + 1 + i / 4 * 3;
	uint32_t three = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
	return three >> (i % 4 * 6) & 63;
}

static size_t register_of(uint64_t hash)
{
	return (size_t)(hash >> (64 - REGISTER_BITS));
}

static uint8_t rank_of(uint64_t hash)
{
	uint64_t rest = hash << REGISTER_BITS;
	return rest ? (uint8_t)(__builtin_clzll(rest) + 1) : RANK_MAX;
}

static void raise_rank(struct sketch *k, uint64_t hash)
{
	uint8_t *at = &k->ranks[register_of(hash)], rank = rank_of(hash);
	if (rank > *at)
		*at = rank;
}

static void to_registers(struct sketch *k)
{
	memset(k->ranks, 0, sizeof k->ranks);
	for (size_t i = 0; i < k->n; i++)
		raise_rank(k, k->hashes[i]);
	k->exact = false;
}

static void add_hash(struct sketch *k, uint64_t hash)
{
	size_t i = k->n;
	if (!k->exact) {
		raise_rank(k, hash);
		return;
	}
	while (i > 0 && k->hashes[i - 1] > hash)
		i--;
	if (i > 0 && k->hashes[i - 1] == hash)
		return;
	memmove(&k->hashes[i + 1], &k->hashes[i], (k->n - i) * sizeof k->hashes[0]);
	k->hashes[i] = hash;
	if (++k->n > SKETCH_EXACT_MAX)
		to_registers(k);
}

static void open_sketch(struct sketch *k, struct str s)
{
	k->exact = !is_registers(s);
	k->n = is_exact(s) ? (s.n - 1) / 8 : 0;
	for (size_t i = 0; i < k->n; i++)
		k->hashes[i] = hash_at(s, i);
	for (size_t i = 0; i < REGISTERS && !k->exact; i++)
		k->ranks[i] = (uint8_t)rank_at(s, i);
}

static bool close_sketch(const struct sketch *k, struct str *out, struct arena *a)
{
	size_t bytes = k->exact ? 1 + 8 * k->n : SKETCH_BYTES_MAX;
	char *p = arena_alloc(a, bytes);
	if (p == NULL)
		return false;
	p[0] = k->exact ? TAG_EXACT : TAG_REGISTERS;
	for (size_t i = 0; i < k->n && k->exact; i++) {
		uint64_t le = htole64(k->hashes[i]);
		memcpy(p + 1 + 8 * i, &le, 8);
	}
	for (size_t i = 0; i < REGISTERS && !k->exact; i += 4) {
		const uint8_t *r = &k->ranks[i];
		uint32_t three = (uint32_t)r[0] | (uint32_t)r[1] << 6 | (uint32_t)r[2] << 12 |
				 (uint32_t)r[3] << 18;
		for (size_t b = 0; b < 3; b++)
			p[1 + i / 4 * 3 + b] = (char)(three >> 8 * b);
	}
	*out = str_n(p, bytes);
	return true;
}

static bool holds_hash(struct str s, uint64_t hash)
{
	if (is_registers(s))
		return rank_at(s, register_of(hash)) >= rank_of(hash);
	for (size_t i = 0; is_exact(s) && i < (s.n - 1) / 8; i++)
		if (hash_at(s, i) == hash)
			return true;
	return false;
}

bool sketch_add(struct str *bytes, uint64_t hash, struct arena *a)
{
	struct sketch k;
	if (holds_hash(*bytes, hash))
		return true; /* the usual case: nothing is copied */
	open_sketch(&k, *bytes);
	add_hash(&k, hash);
	return close_sketch(&k, bytes, a);
}

bool sketch_merge(struct str *into, struct str from, struct arena *a)
{
	struct sketch k, other;
	open_sketch(&k, *into);
	open_sketch(&other, from);
	if (other.exact && other.n == 0)
		return true;
	if (k.exact && !other.exact)
		to_registers(&k);
	for (size_t i = 0; i < other.n && other.exact; i++)
		add_hash(&k, other.hashes[i]);
	for (size_t i = 0; i < REGISTERS && !other.exact; i++)
		if (other.ranks[i] > k.ranks[i])
			k.ranks[i] = other.ranks[i];
	return close_sketch(&k, into, a);
}

/* Ertl's sigma and tau: power series for the registers that are still 0 and for those at the top.
 * They end when the sum stops moving; doubles see to that within some sixty turns. */
static double sigma(double x)
{
	double y = 1.0, z = x, before;
	if (x >= 1.0)
		return HUGE_VAL;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z > before);
	return z;
}

static double tau(double x)
{
	double y = 1.0, z = 1.0 - x, before;
	if (x <= 0.0 || x >= 1.0)
		return 0.0;
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1.0 - x) * (1.0 - x) * y;
	} while (z < before);
	return z / 3.0;
}

static double estimate(struct str s)
{
	size_t counts[RANK_MAX + 1] = {0};
	for (size_t i = 0; i < REGISTERS; i++) {
		unsigned rank = rank_at(s, i);
		counts[rank <= RANK_MAX ? rank : RANK_MAX]++;
	}
	double m = (double)REGISTERS, z = m * tau(1.0 - (double)counts[RANK_MAX] / m);
	for (size_t k = RANK_MAX - 1; k >= 1; k--)
		z = 0.5 * (z + (double)counts[k]);
	z += m * sigma((double)counts[0] / m);
	return 0.72134752044448170368 * m * m / z; /* 1 / (2 ln 2) */
}

double sketch_count(struct str bytes)
{
	size_t exact = is_exact(bytes) ? (bytes.n - 1) / 8 : 0;
	if (!is_registers(bytes))
		return (double)exact;
	double n = floor(estimate(bytes) + 0.5);
	return n > SKETCH_EXACT_MAX ? n : SKETCH_EXACT_MAX + 1; /* it was exact until there */
}
