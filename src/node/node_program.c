/* SPDX-License-Identifier: Apache-2.0
 * node_program.c: the program in force, read from the state: for whoever needs it beside the
 * engine. The newest row need not be it: a version may stand beside it, or have been withdrawn. */
#include "engine/system.h"
#include "node/node.h"

enum status node_program_row(struct store *s, struct arena *a, struct str *row_r,
			     uint64_t *version_r, struct err *e)
{
	struct engine_meta meta;
	enum status st = engine_meta_read(s, &meta, e);
	if (st == ST_OK && meta.program_version == 0)
		return err_set(e, ST_NOT_FOUND,
			       "no program has been applied yet; try: nurtured apply");
	if (st == ST_OK)
		st = store_get(s, TABLE_PROGRAM, KEY_NUM(meta.program_version), a, row_r, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, ST_CORRUPT, "the program in force is missing in the state");
	if (st == ST_OK && version_r != NULL)
		*version_r = meta.program_version;
	return st;
}

enum status node_program(struct store *s, struct program **out, uint64_t *version_r, struct err *e)
{
	struct arena a;
	struct str row;
	arena_init(&a, STORE_VALUE_MAX);
	enum status st = node_program_row(s, &a, &row, version_r, e);
	if (st == ST_OK)
		st = system_program_compile(row, out, e);
	arena_finish(&a);
	return st;
}
