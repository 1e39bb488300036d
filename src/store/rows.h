/* SPDX-License-Identifier: Apache-2.0
 * rows.h: a tree of tree.h as a table of store.h: its keys, and a walk over a range of its rows. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/store.h"
#include "store/tree.h"

struct tree_key rows_key(enum table t, struct store_key k);
struct store_key rows_store_key(enum table t, struct tree_key k);

/* Row after row: key and value are there while `more` is true, borrowed from the tree. */
struct rows_walk {
	bool more;
	struct tree_key key;
	struct str value;
	struct tree_cursor cursor; /* its own business, as is what follows */
	struct tree_key stop;
	bool endless, backwards;
};
void rows_walk_start(struct rows_walk *w, const struct node *root, enum table t,
		     struct store_range range);
void rows_walk_next(struct rows_walk *w);

#endif
