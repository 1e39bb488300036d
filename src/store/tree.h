/* SPDX-License-Identifier: Apache-2.0
 * tree.h: ordered rows in memory with snapshots: a B+tree that is never changed where somebody
 * may be reading.
 *
 * Every node and row carries the number of the transaction that made it. A writer changes what it
 * made itself in place and copies everything else on the way down, so an older root stays whole:
 * it is the snapshot of readers and the undo of a rollback at once, without a log of undos.
 *
 *   M1  What is reachable from a root handed out is not changed until nobody holds that root.
 *   M2  `fresh` is what this transaction made, `stale` what it took out of the tree.
 *       Rollback frees fresh, commit retires stale; nothing else frees.
 *
 * Thread: one writer; finding and walking from a handed-out root from any thread.
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#include "base/arena.h"
#include "base/str.h"

struct node; /* NULL: an empty tree */

/* A thing the pool owns: the head of every node and row. */
struct cell_head {
	uint64_t txn;
	uint64_t bytes;
};

struct cell_list {
	struct cell_head **cells;
	size_t n, cap;
};

struct tree_pool {
	uint64_t txn; /* the transaction that is open or comes next */
	size_t bytes; /* held by everything not yet freed */
	struct cell_list fresh, stale;
	bool one_transaction;
	struct arena region; /* where it has its cells from, then */
};

void tree_pool_init(struct tree_pool *p);
/* For trees that live through one transaction and go all at once, with tree_pool_clear: cells
 * come from a region, and none is freed before. */
void tree_pool_init_once(struct tree_pool *p);
void tree_pool_clear(struct tree_pool *p);  /* every root is then to be forgotten */
void tree_pool_finish(struct tree_pool *p); /* the lists only; trees are torn down first */
void tree_rollback(struct tree_pool *p);
/* Ends the transaction. What it retired moves to *stale_r, to be freed when nobody sees it. */
void tree_commit(struct tree_pool *p, struct cell_list *stale_r);
void tree_list_free(struct tree_pool *p, struct cell_list *list);
void tree_destroy(struct tree_pool *p, struct node **root); /* everything below it, at once */

/* Order is by `order`, then by `bytes`. For numbers `order` is all; for bytes it is their first
 * eight, so that most comparisons touch nothing but the node. */
struct tree_key {
	uint64_t order;
	struct str bytes;
};
struct tree_key tree_key_of(struct str bytes);
int tree_key_order(struct tree_key a, struct tree_key b); /* as memcmp */

void tree_put(struct tree_pool *p, struct node **root, struct tree_key k, struct str value);
bool tree_del(struct tree_pool *p, struct node **root, struct tree_key k); /* was it there? */
/* Borrowed for as long as the root is held. */
bool tree_get(const struct node *root, struct tree_key k, struct str *value_r);
/* What one put may add at most beside its row: copies and splits on the way down. */
size_t tree_put_bytes_max(struct tree_key k, struct str value);

#define TREE_DEPTH_MAX 20
struct tree_cursor {
	const struct node *at[TREE_DEPTH_MAX];
	unsigned index[TREE_DEPTH_MAX];
	unsigned depth; /* 0: outside */
};
/* To the first row >= k, or the first of all, or the last of all; false when there is none. */
bool tree_seek(struct tree_cursor *c, const struct node *root, struct tree_key k);
bool tree_first(struct tree_cursor *c, const struct node *root);
bool tree_last(struct tree_cursor *c, const struct node *root);
bool tree_next(struct tree_cursor *c);
bool tree_prev(struct tree_cursor *c);
void tree_row(const struct tree_cursor *c, struct tree_key *key_r, struct str *value_r);

#endif
