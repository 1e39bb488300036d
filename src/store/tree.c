/* SPDX-License-Identifier: Apache-2.0
 * tree.c: the copy-on-write B+tree of the memory store.
 *
 * Why not the alternatives: a skip list cannot give a reader yesterday's state without a version
 * in every link; a hash table has no order; an undo log needs a lock around every read. Copying a
 * path costs a kilobyte per level, once per node and transaction, and batches are thousands.
 *
 * Nodes are split on the way down, so that a parent always has room. A leaf that runs empty is
 * taken out; half-empty neighbours are not joined: tables that delete (alarms, tier lists) delete
 * whole ranges, and a join would double the code for a few kilobytes. */
#include "store/tree.h"

#include "base/assert.h"

#define REGION_KEPT_BYTES ((size_t)64 << 20)
#define NODE_MAX 64u

struct row {
	struct cell_head head;
	uint32_t key_n, value_n;
	char bytes[]; /* the key, then the value */
};

/* In an inner node `row` is the separator: a row without value, its own copy of a key; NULL in
 * trees of numbers. Entry 0 counts as lower than everything, whatever it says. */
struct entry {
	uint64_t order;
	struct row *row;
};

struct node {
	struct cell_head head;
	uint32_t n;
	bool leaf;
	struct entry e[NODE_MAX];
	struct node *child[]; /* NODE_MAX of them, in inner nodes */
};

#define LEAF_BYTES sizeof(struct node)
#define INNER_BYTES (sizeof(struct node) + NODE_MAX * sizeof(struct node *))

/* --- the pool ------------------------------------------------------------------------------- */

static void list_add(struct cell_list *l, struct cell_head *c)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		l->cells = mem_grow(l->cells, l->cap * sizeof *l->cells, cap * sizeof *l->cells);
		l->cap = cap;
	}
	l->cells[l->n++] = c;
}

void tree_list_free(struct tree_pool *p, struct cell_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		p->bytes -= l->cells[i]->bytes;
		mem_free(l->cells[i]);
	}
	mem_free(l->cells);
	*l = (struct cell_list){.n = 0};
}

static void *pool_new(struct tree_pool *p, size_t bytes)
{
	struct cell_head *c =
		p->one_transaction ? arena_alloc(&p->region, bytes) : mem_alloc(bytes);
	ASSERT(c != NULL);
	*c = (struct cell_head){.txn = p->txn, .bytes = bytes};
	p->bytes += bytes;
	if (!p->one_transaction)
		list_add(&p->fresh, c);
	return c;
}

static void pool_retire(struct tree_pool *p, struct cell_head *c)
{
	if (!p->one_transaction)
		list_add(&p->stale, c);
}

void tree_pool_init(struct tree_pool *p)
{
	*p = (struct tree_pool){.txn = 1};
}

void tree_pool_init_once(struct tree_pool *p)
{
	*p = (struct tree_pool){.txn = 1, .one_transaction = true};
	arena_init(&p->region, SIZE_MAX); /* the ceiling is the caller's: p->bytes */
}

void tree_pool_clear(struct tree_pool *p)
{
	ASSERT(p->one_transaction);
	/* What one great transaction took is not kept for ever. */
	if (p->region.bytes_held > REGION_KEPT_BYTES)
		arena_finish(&p->region);
	else
		arena_reset(&p->region);
	p->bytes = 0;
	p->txn++;
}

void tree_pool_finish(struct tree_pool *p)
{
	if (p->one_transaction)
		arena_finish(&p->region);
	ASSERT(p->fresh.n == 0 && p->stale.n == 0);
	mem_free(p->fresh.cells);
	mem_free(p->stale.cells);
}

void tree_rollback(struct tree_pool *p)
{
	p->stale.n = 0; /* still in the tree that was, or fresh and freed with the rest */
	tree_list_free(p, &p->fresh);
	p->txn++;
}

void tree_commit(struct tree_pool *p, struct cell_list *stale_r)
{
	p->fresh.n = 0;
	*stale_r = p->stale;
	if (p->stale.n > 0)
		p->stale = (struct cell_list){.n = 0};
	else
		*stale_r =
			(struct cell_list){.n = 0}; /* the empty array stays here for next time */
	p->txn++;
}

void tree_destroy(struct tree_pool *p, struct node **root)
{
	struct node *n = *root;
	*root = NULL;
	if (n == NULL)
		return;
	for (uint32_t i = 0; i < n->n; i++) {
		if (!n->leaf)
			tree_destroy(p, &n->child[i]);
		if (n->e[i].row != NULL) {
			p->bytes -= n->e[i].row->head.bytes;
			mem_free(n->e[i].row);
		}
	}
	p->bytes -= n->head.bytes;
	mem_free(n);
}

/* --- keys, rows ----------------------------------------------------------------------------- */

struct tree_key tree_key_of(struct str bytes)
{
	uint64_t order = 0;
	for (size_t i = 0; i < 8; i++)
		order = order << 8 | (i < bytes.n ? (uint8_t)bytes.p[i] : 0);
	return (struct tree_key){order, bytes};
}

int tree_key_order(struct tree_key a, struct tree_key b)
{
	if (a.order != b.order)
		return a.order < b.order ? -1 : 1;
	return str_cmp(a.bytes, b.bytes);
}

static struct str row_key(const struct row *r)
{
	return r != NULL ? str_n(r->bytes, r->key_n) : STR_NULL;
}

static struct str row_value(const struct row *r)
{
	return str_n(r->bytes + r->key_n, r->value_n);
}

static int compare(const struct entry *e, struct tree_key k)
{
	if (e->order != k.order)
		return e->order < k.order ? -1 : 1;
	if (k.bytes.n == 0)
		return 0;
	return str_cmp(row_key(e->row), k.bytes);
}

static struct row *row_new(struct tree_pool *p, struct str key, struct str value)
{
	struct row *r = pool_new(p, sizeof *r + key.n + value.n);
	ASSERT(key.n <= UINT32_MAX && value.n <= UINT32_MAX);
	r->key_n = (uint32_t)key.n;
	r->value_n = (uint32_t)value.n;
	if (key.n)
		memcpy(r->bytes, key.p, key.n);
	if (value.n)
		memcpy(r->bytes + key.n, value.p, value.n);
	return r;
}

/* A row of this transaction that is large enough is written over: a lead that has many events in
 * one batch costs one row. */
static struct row *row_replace(struct tree_pool *p, struct row *old, struct str value)
{
	if (old->head.txn == p->txn && sizeof *old + old->key_n + value.n <= old->head.bytes) {
		old->value_n = (uint32_t)value.n;
		if (value.n)
			memmove(old->bytes + old->key_n, value.p, value.n);
		return old;
	}
	struct row *r = row_new(p, row_key(old), value);
	pool_retire(p, &old->head);
	return r;
}

/* --- nodes ---------------------------------------------------------------------------------- */

static struct node *node_new(struct tree_pool *p, bool leaf)
{
	struct node *n = pool_new(p, leaf ? LEAF_BYTES : INNER_BYTES);
	n->leaf = leaf;
	return n;
}

/* The node itself when this transaction made it, else a copy that is. */
static struct node *node_own(struct tree_pool *p, struct node *n)
{
	if (n->head.txn == p->txn)
		return n;
	struct node *copy = node_new(p, n->leaf);
	copy->n = n->n;
	memcpy(copy->e, n->e, n->n * sizeof *n->e);
	if (!n->leaf)
		memcpy(copy->child, n->child, n->n * sizeof *n->child);
	pool_retire(p, &n->head);
	return copy;
}

/* First entry >= k. */
static uint32_t lower_bound(const struct node *n, struct tree_key k, bool *equal_r)
{
	uint32_t low = 0, high = n->n;
	*equal_r = false;
	while (low < high) {
		uint32_t mid = (low + high) / 2;
		int c = compare(&n->e[mid], k);
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
		if (c == 0)
			*equal_r = true;
	}
	return low;
}

/* The child k belongs to: the last whose separator is <= k. */
static uint32_t child_index(const struct node *n, struct tree_key k)
{
	uint32_t low = 1, high = n->n;
	while (low < high) {
		uint32_t mid = (low + high) / 2;
		if (compare(&n->e[mid], k) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low - 1;
}

static void insert_at(struct node *n, uint32_t i, struct entry e, struct node *child)
{
	ASSERT(n->n < NODE_MAX && i <= n->n);
	memmove(&n->e[i + 1], &n->e[i], (n->n - i) * sizeof *n->e);
	n->e[i] = e;
	if (!n->leaf) {
		memmove(&n->child[i + 1], &n->child[i], (n->n - i) * sizeof *n->child);
		n->child[i] = child;
	}
	n->n++;
}

static void remove_at(struct node *n, uint32_t i)
{
	ASSERT(i < n->n);
	n->n--;
	memmove(&n->e[i], &n->e[i + 1], (n->n - i) * sizeof *n->e);
	if (!n->leaf)
		memmove(&n->child[i], &n->child[i + 1], (n->n - i) * sizeof *n->child);
}

/* --- put ------------------------------------------------------------------------------------ */

/* Rows that arrive in order fill their leaves: a full node that grows at its end gives only its
 * last entry away. */
static uint32_t split_point(const struct node *n, struct tree_key k)
{
	return compare(&n->e[n->n - 1], k) < 0 ? n->n - 1 : n->n / 2;
}

/* Cuts child i of `parent` in two; both own their nodes, the parent has room. */
static void split_child(struct tree_pool *p, struct node *parent, uint32_t i, struct tree_key k)
{
	struct node *left = parent->child[i];
	struct node *right = node_new(p, left->leaf);
	uint32_t at = split_point(left, k);
	right->n = left->n - at;
	left->n = at;
	memcpy(right->e, &left->e[at], right->n * sizeof *right->e);
	if (!left->leaf)
		memcpy(right->child, &left->child[at], right->n * sizeof *right->child);
	struct entry up = {.order = right->e[0].order, .row = NULL};
	struct str key = row_key(right->e[0].row);
	if (key.n > 0)
		up.row = row_new(p, key, STR_NULL);
	insert_at(parent, i + 1, up, right);
}

/* A full leaf that has the key already needs no room. */
static bool must_split(const struct node *n, struct tree_key k)
{
	bool there = false;
	if (n->n < NODE_MAX)
		return false;
	if (n->leaf)
		(void)lower_bound(n, k, &there);
	return !there;
}

static struct node *grow_root(struct tree_pool *p, struct node *old)
{
	struct node *root = node_new(p, false);
	root->n = 1;
	root->child[0] = old;
	return root;
}

static struct node *step_down(struct tree_pool *p, struct node *n, struct tree_key k)
{
	uint32_t i = child_index(n, k);
	n->child[i] = node_own(p, n->child[i]);
	if (must_split(n->child[i], k)) {
		split_child(p, n, i, k);
		if (compare(&n->e[i + 1], k) <= 0)
			i++;
	}
	return n->child[i];
}

void tree_put(struct tree_pool *p, struct node **root, struct tree_key k, struct str value)
{
	struct node *n = *root != NULL ? node_own(p, *root) : node_new(p, true);
	if (must_split(n, k)) {
		n = grow_root(p, n);
		split_child(p, n, 0, k);
	}
	*root = n;
	while (!n->leaf)
		n = step_down(p, n, k);
	bool there;
	uint32_t i = lower_bound(n, k, &there);
	if (there)
		n->e[i].row = row_replace(p, n->e[i].row, value);
	else
		insert_at(n, i, (struct entry){k.order, row_new(p, k.bytes, value)}, NULL);
}

size_t tree_put_bytes_max(struct tree_key k, struct str value)
{
	size_t path = 8 * (INNER_BYTES + sizeof(struct row) + k.bytes.n);
	return path + sizeof(struct row) + k.bytes.n + value.n;
}

/* --- del ------------------------------------------------------------------------------------ */

struct path {
	struct node *at[TREE_DEPTH_MAX];
	uint32_t index[TREE_DEPTH_MAX];
	unsigned depth;
};

static void own_path(struct tree_pool *p, struct node **root, struct tree_key k, struct path *path)
{
	struct node *n = *root = node_own(p, *root);
	path->depth = 0;
	while (!n->leaf) {
		ASSERT(path->depth < TREE_DEPTH_MAX - 1);
		uint32_t i = child_index(n, k);
		n->child[i] = node_own(p, n->child[i]);
		path->at[path->depth] = n;
		path->index[path->depth++] = i;
		n = n->child[i];
	}
	path->at[path->depth] = n;
}

static void retire_entry(struct tree_pool *p, struct node *n, uint32_t i)
{
	if (n->e[i].row != NULL)
		pool_retire(p, &n->e[i].row->head);
	remove_at(n, i);
}

/* Takes empty nodes out, from the leaf up, and roots that have a single child left. */
static void prune(struct tree_pool *p, struct node **root, const struct path *path)
{
	unsigned d = path->depth;
	for (; path->at[d]->n == 0; d--) {
		pool_retire(p, &path->at[d]->head);
		if (d == 0) {
			*root = NULL;
			return;
		}
		retire_entry(p, path->at[d - 1], path->index[d - 1]);
	}
	while (!(*root)->leaf && (*root)->n == 1) {
		struct node *gone = *root; /* maybe not our own: it is left as it is */
		*root = gone->child[0];
		if (gone->e[0].row != NULL)
			pool_retire(p, &gone->e[0].row->head);
		pool_retire(p, &gone->head);
	}
}

bool tree_del(struct tree_pool *p, struct node **root, struct tree_key k)
{
	struct str value;
	if (!tree_get(*root, k, &value))
		return false; /* nothing was copied for nothing */
	struct path path;
	own_path(p, root, k, &path);
	struct node *leaf = path.at[path.depth];
	bool there;
	uint32_t i = lower_bound(leaf, k, &there);
	ASSERT(there);
	retire_entry(p, leaf, i);
	prune(p, root, &path);
	return true;
}

/* --- reading -------------------------------------------------------------------------------- */

bool tree_get(const struct node *n, struct tree_key k, struct str *value_r)
{
	if (n == NULL)
		return false;
	while (!n->leaf)
		n = n->child[child_index(n, k)];
	bool there;
	uint32_t i = lower_bound(n, k, &there);
	if (there)
		*value_r = row_value(n->e[i].row);
	return there;
}

static void push(struct tree_cursor *c, const struct node *n, uint32_t i)
{
	ASSERT(c->depth < TREE_DEPTH_MAX);
	c->at[c->depth] = n;
	c->index[c->depth++] = i;
}

/* Down the left or the right edge below n. */
static bool edge(struct tree_cursor *c, const struct node *n, bool last)
{
	for (;;) {
		uint32_t i = last ? n->n - 1 : 0;
		push(c, n, i);
		if (n->leaf)
			return true;
		n = n->child[i];
	}
}

bool tree_first(struct tree_cursor *c, const struct node *root)
{
	c->depth = 0;
	return root != NULL && edge(c, root, false);
}

bool tree_last(struct tree_cursor *c, const struct node *root)
{
	c->depth = 0;
	return root != NULL && edge(c, root, true);
}

bool tree_seek(struct tree_cursor *c, const struct node *n, struct tree_key k)
{
	c->depth = 0;
	if (n == NULL)
		return false;
	while (!n->leaf) {
		uint32_t i = child_index(n, k);
		push(c, n, i);
		n = n->child[i];
	}
	bool there;
	uint32_t i = lower_bound(n, k, &there);
	if (i < n->n) {
		push(c, n, i);
		return true;
	}
	push(c, n, n->n - 1); /* the leaf ends before k: what follows is in the next one */
	return tree_next(c);
}

bool tree_next(struct tree_cursor *c)
{
	for (; c->depth > 0; c->depth--) {
		const struct node *n = c->at[c->depth - 1];
		if (c->index[c->depth - 1] + 1 == n->n)
			continue;
		uint32_t i = ++c->index[c->depth - 1];
		return n->leaf || edge(c, n->child[i], false);
	}
	return false;
}

bool tree_prev(struct tree_cursor *c)
{
	for (; c->depth > 0; c->depth--) {
		const struct node *n = c->at[c->depth - 1];
		if (c->index[c->depth - 1] == 0)
			continue;
		uint32_t i = --c->index[c->depth - 1];
		return n->leaf || edge(c, n->child[i], true);
	}
	return false;
}

void tree_row(const struct tree_cursor *c, struct tree_key *key_r, struct str *value_r)
{
	ASSERT(c->depth > 0);
	const struct entry *e = &c->at[c->depth - 1]->e[c->index[c->depth - 1]];
	*key_r = (struct tree_key){e->order, row_key(e->row)};
	*value_r = row_value(e->row);
}
