/* SPDX-License-Identifier: Apache-2.0
 * store_memory.c: the state in memory: tests, the simulator and replay run on it.
 *
 * One tree per table (tree.h). A commit publishes the roots under a lock, a reader takes them
 * under the same lock and then needs none. What a commit took out of the trees waits until no
 * reader is left that began before it. */
#include "store/ops.h"

#include "base/assert.h"
#include "store/rows.h"

#include <pthread.h>

struct retired {
	uint64_t txn; /* the commit that took it out: readers at txn or later do not see it */
	struct cell_list cells;
	struct retired *next;
};

struct memory_reader;

struct memory {
	struct store base;
	size_t bytes_max;
	struct tree_pool pool;
	struct node *root[TABLE_COUNT]; /* with the open transaction's changes */
	struct retired *oldest, *newest;
	pthread_mutex_t lock; /* guards what follows */
	struct node *committed[TABLE_COUNT];
	uint64_t committed_txn;
	size_t committed_bytes;
	struct memory_reader *readers;
};

struct memory_reader {
	struct store base;
	struct memory *of;
	struct memory_reader *next;
	bool holding; /* a snapshot; under of->lock, as is the next */
	uint64_t txn;
	struct node *root[TABLE_COUNT];
};

static const struct store_ops store_memory;
static const struct store_ops store_memory_reader;

static struct memory *memory_of(struct store *s)
{
	ASSERT(s->ops == &store_memory);
	return (struct memory *)s;
}

static struct memory_reader *reader_of(struct store *s)
{
	ASSERT(s->ops == &store_memory_reader);
	return (struct memory_reader *)s;
}

/* --- transactions --------------------------------------------------------------------------- */

static enum status memory_begin(struct store *s, struct err *e)
{
	(void)e;
	ASSERT(memory_of(s)->pool.fresh.n == 0);
	return ST_OK;
}

static void memory_rollback(struct store *s)
{
	struct memory *m = memory_of(s);
	/* Only the writer changes committed: no lock is needed to read it here. */
	memcpy(m->root, m->committed, sizeof m->root);
	tree_rollback(&m->pool);
}

static void retire(struct memory *m, uint64_t txn, struct cell_list cells)
{
	if (cells.n == 0)
		return;
	struct retired *r = mem_alloc(sizeof *r);
	*r = (struct retired){.txn = txn, .cells = cells};
	if (m->newest != NULL)
		m->newest->next = r;
	else
		m->oldest = r;
	m->newest = r;
}

static void reclaim(struct memory *m, uint64_t seen_from)
{
	while (m->oldest != NULL && m->oldest->txn <= seen_from) {
		struct retired *r = m->oldest;
		m->oldest = r->next;
		if (m->oldest == NULL)
			m->newest = NULL;
		tree_list_free(&m->pool, &r->cells);
		mem_free(r);
	}
}

static enum status memory_commit(struct store *s, struct err *e)
{
	(void)e;
	struct memory *m = memory_of(s);
	struct cell_list stale;
	uint64_t txn = m->pool.txn;
	tree_commit(&m->pool, &stale);
	(void)pthread_mutex_lock(&m->lock);
	memcpy(m->committed, m->root, sizeof m->committed);
	m->committed_txn = txn;
	m->committed_bytes = m->pool.bytes;
	uint64_t seen_from = txn;
	for (struct memory_reader *r = m->readers; r != NULL; r = r->next)
		if (r->holding && r->txn < seen_from)
			seen_from = r->txn;
	(void)pthread_mutex_unlock(&m->lock);
	retire(m, txn, stale);
	reclaim(m, seen_from);
	return ST_OK;
}

/* --- rows ----------------------------------------------------------------------------------- */

static enum status memory_put(struct store *s, enum table t, struct store_key k, struct str value,
			      struct err *e)
{
	struct memory *m = memory_of(s);
	struct tree_key key = rows_key(t, k);
	if (m->pool.bytes + tree_put_bytes_max(key, value) > m->bytes_max)
		return err_set(e, ST_NO_SPACE, "memory store: %zu bytes are in use, %zu at most",
			       m->pool.bytes, m->bytes_max);
	tree_put(&m->pool, &m->root[t], key, value);
	return ST_OK;
}

static enum status memory_del(struct store *s, enum table t, struct store_key k, struct err *e)
{
	(void)e;
	struct memory *m = memory_of(s);
	(void)tree_del(&m->pool, &m->root[t], rows_key(t, k)); /* an absent row is as good */
	return ST_OK;
}

static enum status get_from(struct node *root, struct tree_key k, struct arena *a,
			    struct str *value_r, struct err *e)
{
	struct str found;
	if (!tree_get(root, k, &found))
		return ST_NOT_FOUND;
	struct str copy = arena_str(a, found);
	if (copy.p == NULL)
		return err_set(e, ST_LIMIT, "store: no room for a value of %zu bytes", found.n);
	*value_r = copy;
	return ST_OK;
}

static enum status memory_get(struct store *s, enum table t, struct store_key k, struct arena *a,
			      struct str *value_r, struct err *e)
{
	return get_from(memory_of(s)->root[t], rows_key(t, k), a, value_r, e);
}

/* --- scans ---------------------------------------------------------------------------------- */

/* Of how many rows. */
static uint64_t scan_from(const struct node *root, enum table t, struct store_range r,
			  store_row_fn *fn, void *ctx)
{
	struct rows_walk w;
	uint64_t n = 0;
	for (rows_walk_start(&w, root, t, r); w.more; rows_walk_next(&w)) {
		n++;
		if (!fn(ctx, rows_store_key(t, w.key), w.value))
			break;
	}
	return n;
}

static enum status memory_scan(struct store *s, enum table t, struct store_range range,
			       store_row_fn *fn, void *ctx, struct err *e)
{
	(void)e;
	s->looked += scan_from(memory_of(s)->root[t], t, range, fn, ctx);
	return ST_OK;
}

/* --- readers -------------------------------------------------------------------------------- */

static enum status reader_begin(struct store *s, struct err *e)
{
	(void)e;
	struct memory_reader *r = reader_of(s);
	(void)pthread_mutex_lock(&r->of->lock);
	memcpy(r->root, r->of->committed, sizeof r->root);
	r->txn = r->of->committed_txn;
	r->holding = true;
	(void)pthread_mutex_unlock(&r->of->lock);
	return ST_OK;
}

static void reader_end(struct store *s)
{
	struct memory_reader *r = reader_of(s);
	(void)pthread_mutex_lock(&r->of->lock);
	r->holding = false;
	(void)pthread_mutex_unlock(&r->of->lock);
}

static enum status reader_get(struct store *s, enum table t, struct store_key k, struct arena *a,
			      struct str *value_r, struct err *e)
{
	bool lone = !s->in_transaction;
	if (lone)
		(void)reader_begin(s, e); /* cannot fail */
	enum status st = get_from(reader_of(s)->root[t], rows_key(t, k), a, value_r, e);
	if (lone)
		reader_end(s);
	return st;
}

static enum status reader_scan(struct store *s, enum table t, struct store_range range,
			       store_row_fn *fn, void *ctx, struct err *e)
{
	bool lone = !s->in_transaction;
	s->in_transaction = true; /* a get in the callback sees the scan's snapshot */
	if (lone)
		(void)reader_begin(s, e); /* cannot fail */
	s->looked += scan_from(reader_of(s)->root[t], t, range, fn, ctx);
	if (lone)
		reader_end(s);
	s->in_transaction = !lone;
	return ST_OK;
}

static enum status reader_open(struct memory *m, struct store **out)
{
	struct memory_reader *r = mem_alloc(sizeof *r);
	store_init(&r->base, &store_memory_reader, true);
	r->of = m;
	(void)pthread_mutex_lock(&m->lock);
	r->next = m->readers;
	m->readers = r;
	(void)pthread_mutex_unlock(&m->lock);
	*out = &r->base;
	return ST_OK;
}

static enum status memory_reader_open(struct store *s, struct store **out, struct err *e)
{
	(void)e;
	return reader_open(memory_of(s), out);
}

static enum status reader_reader(struct store *s, struct store **out, struct err *e)
{
	(void)e;
	return reader_open(reader_of(s)->of, out);
}

static void reader_close(struct store *s)
{
	struct memory_reader *r = reader_of(s);
	(void)pthread_mutex_lock(&r->of->lock);
	struct memory_reader **at = &r->of->readers;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	(void)pthread_mutex_unlock(&r->of->lock);
	mem_free(r);
}

/* --- the whole ------------------------------------------------------------------------------ */

static enum status no_backup(struct store *s, const char *path, struct err *e)
{
	(void)s;
	return err_set(e, ST_INVALID, "%s: a store in memory has no file to back up; use --data",
		       path);
}

static uint64_t memory_bytes(struct store *s)
{
	return memory_of(s)->pool.bytes;
}

static uint64_t reader_bytes(struct store *s)
{
	struct memory *m = reader_of(s)->of;
	(void)pthread_mutex_lock(&m->lock);
	uint64_t bytes = m->committed_bytes;
	(void)pthread_mutex_unlock(&m->lock);
	return bytes;
}

static void memory_close(struct store *s)
{
	struct memory *m = memory_of(s);
	ASSERT(m->readers == NULL);
	reclaim(m, UINT64_MAX);
	for (enum table t = 0; t < TABLE_COUNT; t++)
		tree_destroy(&m->pool, &m->root[t]);
	tree_pool_finish(&m->pool);
	ASSERT(m->pool.bytes == 0);
	(void)pthread_mutex_destroy(&m->lock);
	mem_free(m);
}

static enum status memory_show(struct store *s, struct err *e)
{
	(void)s;
	(void)e;
	return ST_OK; /* nothing outlives the process */
}

static const struct store_ops store_memory = {
	.name = "memory",
	.show = memory_show,
	.sync = memory_show,
	.begin = memory_begin,
	.commit = memory_commit,
	.rollback = memory_rollback,
	.put = memory_put,
	.del = memory_del,
	.get = memory_get,
	.scan = memory_scan,
	.reader = memory_reader_open,
	.backup = no_backup,
	.bytes = memory_bytes,
	.close = memory_close,
};

static const struct store_ops store_memory_reader = {
	.name = "memory",
	.get = reader_get,
	.scan = reader_scan,
	.reader = reader_reader,
	.read_begin = reader_begin,
	.read_end = reader_end,
	.backup = no_backup,
	.bytes = reader_bytes,
	.close = reader_close,
};

enum status store_open_memory(const struct store_conf *conf, struct store **out, struct err *e)
{
	struct memory *m = mem_alloc(sizeof *m);
	store_init(&m->base, &store_memory, false);
	m->bytes_max = conf->bytes_max != 0 ? conf->bytes_max : SIZE_MAX;
	tree_pool_init(&m->pool);
	(void)pthread_mutex_init(&m->lock, NULL);
	struct store *s = &m->base;
	enum status st = store_migrate_all(s, NULL, e);
	if (st != ST_OK) {
		store_close(&s);
		return st;
	}
	*out = s;
	return ST_OK;
}
