/* SPDX-License-Identifier: Apache-2.0
 * docs_main.c: writes the files that are made from the tables of this room.
 *   program_docs schema       the JSON Schema        (programs/program.schema.json)
 *   program_docs reference F  F with its reference brought up to date (docs/program.md) */
#include <stdio.h>

#include "base/file.h"
#include "program/program.h"

#define MARK "<!-- reference: from here on written by build/program_docs -->\n"

static int print(const struct buf *b)
{
	return buf_ok(b) && fwrite(b->p, 1, b->n, stdout) == b->n ? 0 : 1;
}

static int reference(const char *path, struct buf *b)
{
	struct arena a;
	struct err e;
	struct str old;
	arena_init(&a, 4 << 20);
	enum status st = file_read(path, 1 << 20, &a, &old, &e);
	if (st == ST_OK) {
		buf_str(b, str_slice(old, 0, str_find(old, STR(MARK))));
		buf_z(b, MARK);
		program_reference(b);
	} else {
		(void)fprintf(stderr, "%s\n", e.text);
	}
	arena_finish(&a);
	return st == ST_OK ? print(b) : 1;
}

int main(int argc, char **argv)
{
	struct buf b;
	int rc = 2;
	buf_init(&b, 1 << 20);
	if (argc == 2 && str_is(STR("schema"), argv[1])) {
		program_schema(&b);
		rc = print(&b);
	} else if (argc == 3 && str_is(STR("reference"), argv[1])) {
		rc = reference(argv[2], &b);
	} else {
		(void)fprintf(stderr, "usage: program_docs schema | reference docs/program.md\n");
	}
	buf_finish(&b);
	return rc;
}
