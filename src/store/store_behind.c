/* SPDX-License-Identifier: Apache-2.0
 * store_behind.c: a writer that does not wait for its disk.
 *
 * Stands before another writer. A transaction collects its rows in trees; commit hands them over
 * to a thread, which writes them below while the engine already computes the next batch: on two
 * cores the engine's time and the disk's time overlap instead of adding up. At most one batch is
 * being written and one is being made; a commit waits for the one before it.
 *
 *   W1  What a get sees: this transaction's rows, then those of the batch being written, then the
 *       store below. A batch is forgotten only when the store below has it.
 *   W2  `base` belongs to the thread while a batch is QUEUED, else to the engine's thread.
 *   W3  Batches reach the store below whole and in order: a crash leaves some commit (S2).
 *   W4  A batch that could not be written is kept and tried again; nothing new is taken meanwhile.
 *
 * A scan merges the same three, in order. Only a transaction that grows past its ceiling is moved
 * down and goes on as one of the store below. */
#include "store/ops.h"

#include "base/assert.h"
#include "base/polite.h"
#include "store/rows.h"

#include <pthread.h>
#include <stdatomic.h>

/* Rows of one transaction, by table: what is put, what is deleted; no key is in both. */
struct batch_rows {
	struct tree_pool pool;
	struct node *put[TABLE_COUNT], *gone[TABLE_COUNT];
	bool any;
};

enum behind_state { BEHIND_EMPTY, BEHIND_QUEUED, BEHIND_WRITTEN, BEHIND_FAILED };

struct behind {
	struct store front;
	struct store *base;               /* W2 */
	struct store *reads;              /* a reader of base, for gets */
	struct batch_rows *now, *writing; /* `writing` is read by both threads, changed by none */
	size_t bytes_max;                 /* of a transaction; a larger one goes on in base */
	const struct polite *polite;      /* the thread gives way between rows; NULL: never */
	bool below;                       /* it does */
	bool snapshot;                    /* `reads` is inside one (fresh_reads) */
	_Atomic bool committing;          /* the thread is, and may copy its log into the file */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	enum behind_state state;
	bool stopping;
	struct err failure;
};

static const struct store_ops store_behind;

static struct behind *behind_of(struct store *s)
{
	ASSERT(s->ops == &store_behind);
	return (struct behind *)s;
}

/* --- rows in hand --------------------------------------------------------------------------- */

static struct batch_rows *rows_create(void)
{
	struct batch_rows *r = mem_alloc(sizeof *r);
	tree_pool_init_once(&r->pool);
	return r;
}

static void rows_clear(struct batch_rows *r)
{
	tree_pool_clear(&r->pool);
	for (enum table t = 0; t < TABLE_COUNT; t++)
		r->put[t] = r->gone[t] = NULL;
	r->any = false;
}

static void rows_destroy(struct batch_rows *r)
{
	rows_clear(r);
	tree_pool_finish(&r->pool);
	mem_free(r);
}

enum found { FOUND_NOTHING, FOUND_ROW, FOUND_GONE };

static enum found rows_get(const struct batch_rows *r, enum table t, struct tree_key k,
			   struct str *value_r)
{
	struct str nothing;
	if (!r->any)
		return FOUND_NOTHING;
	if (tree_get(r->put[t], k, value_r))
		return FOUND_ROW;
	return tree_get(r->gone[t], k, &nothing) ? FOUND_GONE : FOUND_NOTHING;
}

/* --- reading below -------------------------------------------------------------------------- */

static void drop_snapshot(struct behind *b)
{
	if (b->snapshot)
		store_read_end(b->reads);
	b->snapshot = false;
}

/* Opening and closing a read costs two system calls, as much as the read itself: so many share one.
 * It ends where rows below change for us (settle, go_below), and stays away while the thread
 * commits: a log that somebody reads cannot be started over. */
static struct store *fresh_reads(struct behind *b)
{
	if (b->reads->scanning)
		return b->reads; /* a get from within a scan */
	if (atomic_load_explicit(&b->committing, memory_order_relaxed))
		drop_snapshot(b);
	else if (!b->snapshot)
		b->snapshot = store_read_begin(b->reads, NULL) == ST_OK;
	return b->reads; /* without a snapshot each read is one of its own */
}

/* --- writing below -------------------------------------------------------------------------- */

static enum status write_tree(struct behind *b, enum table t, const struct node *root, bool put,
			      struct err *e)
{
	struct rows_walk w;
	enum status st = ST_OK;
	int64_t polite_us = 0;
	rows_walk_start(&w, root, t, SCAN_ALL);
	for (; w.more && st == ST_OK; rows_walk_next(&w)) {
		struct store_key key = rows_store_key(t, w.key);
		st = put ? store_put(b->base, t, key, w.value, e) : store_del(b->base, t, key, e);
		(void)polite_pause(b->polite, &polite_us);
	}
	return st;
}

static enum status write_rows(struct behind *b, const struct batch_rows *r, struct err *e)
{
	enum status st = ST_OK;
	for (enum table t = 0; t < TABLE_COUNT && st == ST_OK; t++) {
		st = write_tree(b, t, r->gone[t], false, e);
		if (st == ST_OK)
			st = write_tree(b, t, r->put[t], true, e);
	}
	return st;
}

static enum status write_batch(struct behind *b, struct err *e)
{
	enum status st = store_begin(b->base, e);
	if (st != ST_OK)
		return st;
	st = write_rows(b, b->writing, e);
	if (st == ST_OK) {
		atomic_store_explicit(&b->committing, true, memory_order_relaxed);
		st = store_commit(b->base, e);
		atomic_store_explicit(&b->committing, false, memory_order_relaxed);
		return st;
	}
	store_rollback(b->base);
	return st;
}

static void *write_queued(void *ctx)
{
	struct behind *b = ctx;
	(void)pthread_mutex_lock(&b->lock);
	for (;;) {
		while (b->state != BEHIND_QUEUED && !b->stopping)
			(void)pthread_cond_wait(&b->changed, &b->lock);
		if (b->state != BEHIND_QUEUED)
			break; /* stopping, and nothing is left */
		(void)pthread_mutex_unlock(&b->lock);
		struct err e = {.text = ""};
		enum status st = write_batch(b, &e);
		(void)pthread_mutex_lock(&b->lock);
		b->failure = e;
		b->failure.status = st;
		b->state = st == ST_OK ? BEHIND_WRITTEN : BEHIND_FAILED;
		(void)pthread_cond_broadcast(&b->changed);
	}
	(void)pthread_mutex_unlock(&b->lock);
	return NULL;
}

static void queue(struct behind *b)
{
	b->state = BEHIND_QUEUED;
	(void)pthread_cond_broadcast(&b->changed);
}

/* Waits until nothing is being written. Then base is ours, or W4: the reason is told. */
static enum status settle(struct behind *b, bool try_again, struct err *e)
{
	enum status st = ST_OK;
	(void)pthread_mutex_lock(&b->lock);
	if (b->state == BEHIND_FAILED && try_again)
		queue(b);
	while (b->state == BEHIND_QUEUED)
		(void)pthread_cond_wait(&b->changed, &b->lock);
	if (b->state == BEHIND_FAILED) {
		st = b->failure.status;
		if (e != NULL)
			*e = b->failure;
	} else {
		b->state = BEHIND_EMPTY;
	}
	(void)pthread_mutex_unlock(&b->lock);
	drop_snapshot(b);
	if (st == ST_OK)
		rows_clear(b->writing);
	return st;
}

/* --- transactions --------------------------------------------------------------------------- */

/* Does not wait for a batch that is being written, only for one that failed. */
static enum status behind_begin(struct store *s, struct err *e)
{
	struct behind *b = behind_of(s);
	ASSERT(!b->now->any && !b->below);
	(void)pthread_mutex_lock(&b->lock);
	bool busy = b->state == BEHIND_QUEUED;
	(void)pthread_mutex_unlock(&b->lock);
	return busy ? ST_OK : settle(b, true, e);
}

static void behind_rollback(struct store *s)
{
	struct behind *b = behind_of(s);
	if (b->below)
		store_rollback(b->base);
	b->below = false;
	rows_clear(b->now);
}

static enum status behind_commit(struct store *s, struct err *e)
{
	struct behind *b = behind_of(s);
	drop_snapshot(b);
	if (b->below) {
		b->below = false;
		return store_commit(b->base, e);
	}
	if (!b->now->any)
		return ST_OK;
	enum status st = settle(b, false, e);
	if (st != ST_OK) {
		rows_clear(b->now);
		return st;
	}
	struct batch_rows *empty = b->writing;
	b->writing = b->now;
	b->now = empty;
	(void)pthread_mutex_lock(&b->lock);
	queue(b);
	(void)pthread_mutex_unlock(&b->lock);
	return ST_OK;
}

/* From here on the transaction is one of the store below. */
static enum status go_below(struct behind *b, struct err *e)
{
	enum status st = settle(b, true, e);
	if (st == ST_OK)
		st = store_begin(b->base, e);
	if (st != ST_OK)
		return st;
	b->below = true;
	st = write_rows(b, b->now, e);
	rows_clear(b->now);
	return st; /* base remembers a failed write: it will not commit */
}

static enum status stay_small(struct behind *b, struct err *e)
{
	return !b->below && b->now->pool.bytes > b->bytes_max ? go_below(b, e) : ST_OK;
}

static enum status behind_show(struct store *s, struct err *e)
{
	return settle(behind_of(s), true, e);
}

static enum status behind_sync(struct store *s, struct err *e)
{
	struct behind *b = behind_of(s);
	enum status st = settle(b, true, e);
	return st == ST_OK ? store_sync(b->base, e) : st;
}

/* --- rows ----------------------------------------------------------------------------------- */

static enum status behind_put(struct store *s, enum table t, struct store_key k, struct str value,
			      struct err *e)
{
	struct behind *b = behind_of(s);
	struct batch_rows *r = b->now;
	struct tree_key key = rows_key(t, k);
	enum status st = stay_small(b, e);
	if (st != ST_OK)
		return st;
	if (b->below)
		return store_put(b->base, t, k, value, e);
	r->any = true;
	(void)tree_del(&r->pool, &r->gone[t], key); /* most often it is not there */
	tree_put(&r->pool, &r->put[t], key, value);
	return ST_OK;
}

static enum status behind_del(struct store *s, enum table t, struct store_key k, struct err *e)
{
	struct behind *b = behind_of(s);
	struct batch_rows *r = b->now;
	struct tree_key key = rows_key(t, k);
	enum status st = stay_small(b, e);
	if (st != ST_OK)
		return st;
	if (b->below)
		return store_del(b->base, t, k, e);
	r->any = true;
	(void)tree_del(&r->pool, &r->put[t], key); /* it may be a row of the store below only */
	tree_put(&r->pool, &r->gone[t], key, STR_NULL);
	return ST_OK;
}

static enum status behind_get(struct store *s, enum table t, struct store_key k, struct arena *a,
			      struct str *value_r, struct err *e)
{
	struct behind *b = behind_of(s);
	struct tree_key key = rows_key(t, k);
	struct str found, copy;
	if (b->below)
		return store_get(b->base, t, k, a, value_r, e);
	enum found where = rows_get(b->now, t, key, &found);
	if (where == FOUND_NOTHING)
		where = rows_get(b->writing, t, key, &found);
	if (where == FOUND_NOTHING)
		return store_get(fresh_reads(b), t, k, a, value_r, e);
	if (where == FOUND_GONE)
		return ST_NOT_FOUND;
	copy = arena_str(a, found);
	if (copy.p == NULL)
		return err_set(e, ST_LIMIT, "store: no room for a value of %zu bytes", found.n);
	*value_r = copy;
	return ST_OK;
}

/* --- scans ---------------------------------------------------------------------------------- */

/* The trees that lie over the store below, the one that counts first on top. */
enum { LAYERS = 4 };

struct merge {
	enum table t;
	bool backwards;
	store_row_fn *fn;
	void *ctx;
	bool stopped;                   /* fn has had enough */
	uint64_t looked;                /* rows come by */
	struct rows_walk layer[LAYERS]; /* even: rows; odd: what is gone */
};

static int in_walk_order(const struct merge *m, struct tree_key a, struct tree_key b)
{
	int c = tree_key_order(a, b);
	return m->backwards ? -c : c;
}

/* The layer whose row comes next, the uppermost of equals; LAYERS when all are at their end. */
static unsigned next_layer(const struct merge *m)
{
	unsigned best = LAYERS;
	for (unsigned i = 0; i < LAYERS; i++)
		if (m->layer[i].more &&
		    (best == LAYERS || in_walk_order(m, m->layer[i].key, m->layer[best].key) < 0))
			best = i;
	return best;
}

/* Hands out what is next in the layers and goes on, in all layers that have this key. */
static void take_layer(struct merge *m, unsigned top)
{
	struct tree_key key = m->layer[top].key;
	m->looked++;
	if (top % 2 == 0)
		m->stopped = !m->fn(m->ctx, rows_store_key(m->t, key), m->layer[top].value);
	for (unsigned i = 0; i < LAYERS; i++)
		if (m->layer[i].more && tree_key_order(m->layer[i].key, key) == 0)
			rows_walk_next(&m->layer[i]);
}

/* A row of the store below: first what lies before it, then what covers it, or it. */
static bool merge_row(void *ctx, struct store_key k, struct str value)
{
	struct merge *m = ctx;
	struct tree_key key = rows_key(m->t, k);
	m->looked++;
	while (!m->stopped) {
		unsigned top = next_layer(m);
		int c = top == LAYERS ? 1 : in_walk_order(m, m->layer[top].key, key);
		if (c > 0) {
			m->stopped = !m->fn(m->ctx, k, value);
			break;
		}
		take_layer(m, top);
		if (c == 0)
			break; /* covered */
	}
	return !m->stopped;
}

static enum status behind_scan(struct store *s, enum table t, struct store_range range,
			       store_row_fn *fn, void *ctx, struct err *e)
{
	struct behind *b = behind_of(s);
	if (b->below) {
		uint64_t before = store_looked(b->base);
		enum status st = store_scan(b->base, t, range, fn, ctx, e);
		s->looked += store_looked(b->base) - before;
		return st;
	}
	struct merge m = {.t = t, .backwards = range.backwards, .fn = fn, .ctx = ctx};
	rows_walk_start(&m.layer[0], b->now->put[t], t, range);
	rows_walk_start(&m.layer[1], b->now->gone[t], t, range);
	rows_walk_start(&m.layer[2], b->writing->put[t], t, range);
	rows_walk_start(&m.layer[3], b->writing->gone[t], t, range);
	enum status st = store_scan(fresh_reads(b), t, range, merge_row, &m, e);
	for (unsigned top; st == ST_OK && !m.stopped && (top = next_layer(&m)) != LAYERS;)
		take_layer(&m, top);
	s->looked += m.looked;
	return st;
}

/* --- the whole ------------------------------------------------------------------------------ */

static enum status behind_reader(struct store *s, struct store **out, struct err *e)
{
	return store_reader(behind_of(s)->base, out, e); /* opens a file: nothing of base moves */
}

static enum status behind_backup(struct store *s, const char *path, struct err *e)
{
	struct behind *b = behind_of(s);
	enum status st = settle(b, true, e);
	return st == ST_OK ? store_backup(b->base, path, e) : st;
}

static uint64_t behind_bytes(struct store *s)
{
	return store_bytes(behind_of(s)->base);
}

static void behind_close(struct store *s)
{
	struct behind *b = behind_of(s);
	(void)pthread_mutex_lock(&b->lock);
	b->stopping = true;
	(void)pthread_cond_broadcast(&b->changed);
	(void)pthread_mutex_unlock(&b->lock);
	(void)pthread_join(b->thread, NULL); /* writes what is queued first */
	drop_snapshot(b);
	store_close(&b->reads);
	store_close(&b->base);
	rows_destroy(b->now);
	rows_destroy(b->writing);
	(void)pthread_mutex_destroy(&b->lock);
	(void)pthread_cond_destroy(&b->changed);
	mem_free(b);
}

static const struct store_ops store_behind = {
	.name = "write-behind",
	.get = behind_get,
	.scan = behind_scan,
	.reader = behind_reader,
	.backup = behind_backup,
	.bytes = behind_bytes,
	.close = behind_close,
	.begin = behind_begin,
	.commit = behind_commit,
	.rollback = behind_rollback,
	.put = behind_put,
	.del = behind_del,
	.show = behind_show,
	.sync = behind_sync,
};

enum status store_behind_open(struct store *base, size_t bytes_max, const struct polite *polite,
			      struct store **out, struct err *e)
{
	struct store *reads = NULL;
	enum status st = store_reader(base, &reads, e);
	if (st != ST_OK) {
		store_close(&base);
		return st;
	}
	struct behind *b = mem_alloc(sizeof *b);
	store_init(&b->front, &store_behind, false);
	b->base = base;
	b->reads = reads;
	b->bytes_max = bytes_max;
	b->polite = polite;
	b->now = rows_create();
	b->writing = rows_create();
	(void)pthread_mutex_init(&b->lock, NULL);
	(void)pthread_cond_init(&b->changed, NULL);
	if (pthread_create(&b->thread, NULL, write_queued, b) == 0) {
		*out = &b->front;
		return ST_OK;
	}
	rows_destroy(b->now);
	rows_destroy(b->writing);
	mem_free(b);
	store_close(&reads);
	store_close(&base);
	return err_set(e, ST_UNAVAILABLE,
		       "state: cannot start the writing thread; raise the limit on "
		       "processes (ulimit -u)");
}
