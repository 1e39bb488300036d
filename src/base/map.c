/* SPDX-License-Identifier: Apache-2.0
 * map.c: linear probing at load <= 3/4 with backward-shift deletion (no tombstones, so a table
 * that churns does not slow down). */
#include "base/map.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/crypto.h"
#include "base/hash.h"

struct u64map_cell {
	uint64_t key, value;
	bool used;
};

struct strmap_cell {
	struct str key; /* owned copy */
	uint64_t hash, value;
	bool used;
};

#define CAP_MIN 16u

void u64map_init(struct u64map *m, size_t count_max)
{
	ASSERT(count_max > 0);
	*m = (struct u64map){.count_max = count_max};
}

void u64map_finish(struct u64map *m)
{
	mem_free(m->cells);
	*m = (struct u64map){.count_max = m->count_max};
}

void u64map_clear(struct u64map *m)
{
	if (m->cap)
		memset(m->cells, 0, m->cap * sizeof m->cells[0]);
	m->count = 0;
}

static size_t u64map_slot(const struct u64map *m, uint64_t key)
{
	size_t i = hash_u64(key) & (m->cap - 1);
	while (m->cells[i].used && m->cells[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

bool u64map_get(const struct u64map *m, uint64_t key, uint64_t *value_r)
{
	if (m->count == 0)
		return false;
	const struct u64map_cell *c = &m->cells[u64map_slot(m, key)];
	if (!c->used)
		return false;
	*value_r = c->value;
	return true;
}

static void u64map_grow(struct u64map *m)
{
	struct u64map old = *m;
	m->cap = old.cap ? old.cap * 2 : CAP_MIN;
	m->cells = mem_array(m->cap, sizeof m->cells[0]);
	for (size_t i = 0; i < old.cap; i++)
		if (old.cells[i].used)
			m->cells[u64map_slot(m, old.cells[i].key)] = old.cells[i];
	mem_free(old.cells);
}

bool u64map_put(struct u64map *m, uint64_t key, uint64_t value)
{
	if ((m->count + 1) * 4 > m->cap * 3)
		u64map_grow(m);
	struct u64map_cell *c = &m->cells[u64map_slot(m, key)];
	if (!c->used) {
		if (m->count >= m->count_max)
			return false;
		m->count++;
	}
	*c = (struct u64map_cell){key, value, true};
	return true;
}

bool u64map_remove(struct u64map *m, uint64_t key)
{
	if (m->count == 0)
		return false;
	size_t mask = m->cap - 1, i = u64map_slot(m, key);
	if (!m->cells[i].used)
		return false;
	for (size_t j = (i + 1) & mask; m->cells[j].used; j = (j + 1) & mask) {
		size_t home = hash_u64(m->cells[j].key) & mask;
		if (((j - home) & mask) >= ((j - i) & mask)) {
			m->cells[i] = m->cells[j];
			i = j;
		}
	}
	m->cells[i] = (struct u64map_cell){0};
	m->count--;
	return true;
}

bool u64map_next(const struct u64map *m, size_t *at, uint64_t *key_r, uint64_t *value_r)
{
	for (; *at < m->cap; ++*at) {
		const struct u64map_cell *c = &m->cells[*at];
		if (!c->used)
			continue;
		*key_r = c->key;
		*value_r = c->value;
		++*at;
		return true;
	}
	return false;
}

void strmap_init(struct strmap *m, size_t count_max)
{
	ASSERT(count_max > 0);
	*m = (struct strmap){.count_max = count_max};
	crypto_random(&m->seed, sizeof m->seed);
}

void strmap_clear(struct strmap *m)
{
	for (size_t i = 0; i < m->cap; i++) {
		if (m->cells[i].used)
			mem_free((void *)(uintptr_t)m->cells[i].key.p);
		m->cells[i] = (struct strmap_cell){0};
	}
	m->count = 0;
}

void strmap_finish(struct strmap *m)
{
	strmap_clear(m);
	mem_free(m->cells);
	*m = (struct strmap){.count_max = m->count_max, .seed = m->seed};
}

static size_t strmap_slot(const struct strmap *m, struct str key, uint64_t h)
{
	size_t i = h & (m->cap - 1);
	while (m->cells[i].used && !(m->cells[i].hash == h && str_eq(m->cells[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return i;
}

bool strmap_get(const struct strmap *m, struct str key, uint64_t *value_r)
{
	if (m->count == 0)
		return false;
	const struct strmap_cell *c = &m->cells[strmap_slot(m, key, hash_str(key, m->seed))];
	if (!c->used)
		return false;
	*value_r = c->value;
	return true;
}

static void strmap_grow(struct strmap *m)
{
	struct strmap old = *m;
	m->cap = old.cap ? old.cap * 2 : CAP_MIN;
	m->cells = mem_array(m->cap, sizeof m->cells[0]);
	for (size_t i = 0; i < old.cap; i++)
		if (old.cells[i].used)
			m->cells[strmap_slot(m, old.cells[i].key, old.cells[i].hash)] =
				old.cells[i];
	mem_free(old.cells);
}

bool strmap_put(struct strmap *m, struct str key, uint64_t value)
{
	if ((m->count + 1) * 4 > m->cap * 3)
		strmap_grow(m);
	uint64_t h = hash_str(key, m->seed);
	struct strmap_cell *c = &m->cells[strmap_slot(m, key, h)];
	if (c->used) {
		c->value = value;
		return true;
	}
	if (m->count >= m->count_max)
		return false;
	m->count++;
	*c = (struct strmap_cell){str_n(mem_strz(key), key.n), h, value, true};
	return true;
}

bool strmap_remove(struct strmap *m, struct str key)
{
	if (m->count == 0)
		return false;
	size_t mask = m->cap - 1, i = strmap_slot(m, key, hash_str(key, m->seed));
	if (!m->cells[i].used)
		return false;
	mem_free((void *)(uintptr_t)m->cells[i].key.p);
	for (size_t j = (i + 1) & mask; m->cells[j].used; j = (j + 1) & mask) {
		size_t home = m->cells[j].hash & mask;
		if (((j - home) & mask) >= ((j - i) & mask)) {
			m->cells[i] = m->cells[j];
			i = j;
		}
	}
	m->cells[i] = (struct strmap_cell){0};
	m->count--;
	return true;
}

bool strmap_next(const struct strmap *m, size_t *at, struct str *key_r, uint64_t *value_r)
{
	for (; *at < m->cap; ++*at) {
		const struct strmap_cell *c = &m->cells[*at];
		if (!c->used)
			continue;
		*key_r = c->key;
		*value_r = c->value;
		++*at;
		return true;
	}
	return false;
}
