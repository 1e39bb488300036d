/* SPDX-License-Identifier: Apache-2.0
 * node_program.c: the program in force, read from the state: for whoever needs it beside the
 * engine. */
#include "engine/system.h"
#include "node/node.h"

struct newest {
	struct arena *a;
	uint64_t version;
	struct str row;
};

static bool take_newest(void *ctx, struct store_key key, struct str value)
{
	struct newest *n = ctx;
	n->version = key.num;
	n->row = arena_str(n->a, value);
	return false;
}

enum status node_program(struct store *s, struct program **out, uint64_t *version_r, struct err *e)
{
	struct arena a;
	struct newest newest = {.a = &a};
	arena_init(&a, STORE_VALUE_MAX);
	enum status st = store_scan(s, TABLE_PROGRAM, SCAN_NEWEST_FIRST, take_newest, &newest, e);
	if (st == ST_OK && newest.row.p == NULL)
		st = err_set(e, ST_NOT_FOUND,
			     "no program has been applied yet; try: nurtured apply");
	if (st == ST_OK)
		st = system_program_compile(newest.row, out, e);
	if (st == ST_OK && version_r != NULL)
		*version_r = newest.version;
	arena_finish(&a);
	return st;
}
