/* SPDX-License-Identifier: Apache-2.0
 * rows.c: see rows.h. Both stores that keep rows in trees walk them alike, so they walk here. */
#include "store/rows.h"

struct tree_key rows_key(enum table t, struct store_key k)
{
	if (table_key_kind(t) == TABLE_KEY_INT)
		return (struct tree_key){k.num, STR_NULL};
	return tree_key_of(k.bytes);
}

struct store_key rows_store_key(enum table t, struct tree_key k)
{
	return table_key_kind(t) == TABLE_KEY_INT ? KEY_NUM(k.order) : KEY_BYTES(k.bytes);
}

static bool open_end(struct store_key k)
{
	return k.num == 0 && k.bytes.n == 0;
}

/* To the row the walk begins at. */
static bool start(struct tree_cursor *c, const struct node *root, enum table t,
		  const struct store_range *r)
{
	if (!r->backwards)
		return open_end(r->from) ? tree_first(c, root)
					 : tree_seek(c, root, rows_key(t, r->from));
	if (!open_end(r->to) && tree_seek(c, root, rows_key(t, r->to)))
		return tree_prev(c);
	return tree_last(c, root);
}

static void load(struct rows_walk *w)
{
	if (!w->more)
		return;
	tree_row(&w->cursor, &w->key, &w->value);
	if (w->endless)
		return;
	int c = tree_key_order(w->key, w->stop);
	w->more = w->backwards ? c >= 0 : c < 0;
}

void rows_walk_start(struct rows_walk *w, const struct node *root, enum table t,
		     struct store_range range)
{
	struct store_key stop = range.backwards ? range.from : range.to;
	*w = (struct rows_walk){
		.stop = rows_key(t, stop),
		.endless = open_end(stop),
		.backwards = range.backwards,
	};
	w->more = start(&w->cursor, root, t, &range);
	load(w);
}

void rows_walk_next(struct rows_walk *w)
{
	w->more = w->backwards ? tree_prev(&w->cursor) : tree_next(&w->cursor);
	load(w);
}
