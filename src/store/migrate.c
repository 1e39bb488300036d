/* SPDX-License-Identifier: Apache-2.0
 * migrate.c: from an older state to this program's, in one transaction at open.
 *
 * A step works through the store's own functions, so it is written once and holds for every
 * sibling; SQL never knows what a row means. A step changes what rows hold. New tables need none:
 * each store creates what table.def names. There is no way back: the older program refuses the
 * file in words, and the backup made before the update is the way back. */
#include "store/ops.h"

#include "base/assert.h"

#include <stdio.h>

/* Every step there ever was, oldest first. Never change a row that has been released: add one. */
static const struct store_migration steps[] = {
	{.version = 1, .name = "the first schema", .run = NULL},
};

/* An empty store and one from before there were versions are both version 0. */
static enum status version_of(struct store *s, unsigned *version_r, struct err *e)
{
	struct arena a;
	struct str text;
	uint64_t n = 0;
	arena_init(&a, 4096);
	enum status st = store_get(s, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), &a, &text, e);
	if (st == ST_OK && (!str_to_u64(text, &n) || n > 1000000))
		st = err_set(e, ST_CORRUPT, "its schema version is not a number; restore a backup");
	else if (st == ST_NOT_FOUND)
		st = ST_OK;
	if (st == ST_OK)
		*version_r = (unsigned)n;
	arena_finish(&a);
	return st;
}

static enum status run_steps(struct store *s, unsigned from, const struct store_migration *list,
			     size_t n, struct err *e)
{
	for (size_t i = from; i < n; i++) {
		ASSERT(list[i].version == i + 1);
		enum status st = list[i].run != NULL ? list[i].run(s, e) : ST_OK;
		if (st != ST_OK)
			return err_wrap(e, "migration %u (%s)", list[i].version, list[i].name);
	}
	char text[16];
	int text_n = snprintf(text, sizeof text, "%zu", n);
	return store_put(s, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), str_n(text, (size_t)text_n),
			 e);
}

static enum status upgrade(struct store *s, unsigned from, const struct store_migration *list,
			   size_t n, struct err *e)
{
	enum status st = store_begin(s, e);
	if (st != ST_OK)
		return st;
	st = run_steps(s, from, list, n, e);
	if (st == ST_OK)
		return store_commit(s, e);
	store_rollback(s);
	return st;
}

enum status store_migrate(struct store *s, const char *path, const struct store_migration *list,
			  size_t n, struct err *e)
{
	unsigned version = 0;
	enum status st = version_of(s, &version, e);
	if (st == ST_OK && version > n)
		st = err_set(e, ST_INVALID,
			     "written by a newer version of nurtured (schema %u, this "
			     "program knows %zu); use that version, or restore an older backup",
			     version, n);
	else if (st == ST_OK && version < n && s->read_only)
		st = err_set(e, ST_INVALID,
			     "schema %u is older than this program's (%zu); start "
			     "`nurtured serve` once to bring it up",
			     version, n);
	else if (st == ST_OK && version < n)
		st = upgrade(s, version, list, n, e);
	return st == ST_OK || path == NULL ? st : err_wrap(e, "%s", path);
}

enum status store_migrate_all(struct store *s, const char *path, struct err *e)
{
	return store_migrate(s, path, steps, sizeof steps / sizeof *steps, e);
}
