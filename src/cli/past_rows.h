/* SPDX-License-Identifier: Apache-2.0
 * past_rows.h: rows of messages that were sent before us (`send.past`): which of them are none, and
 * what came of them that is worth nothing. The engine takes such a row as it is and forgets what it
 * does not know, so this is said where somebody can still mend the file.
 */
#ifndef CLI_PAST_ROWS_H
#define CLI_PAST_ROWS_H

#include "base/json.h"
#include "ingest/import.h"
#include "program/program.h"

/* An import_judge; ctx: the import_conf. Other events pass. */
struct str past_row_judge(void *ctx, const struct event *ev, struct arena *a);

#define PAST_WORTHLESS_MAX 16u
#define PAST_TYPE_BYTES 64u /* of a type as it is shown */
struct past_worthless {
	struct {
		char type[PAST_TYPE_BYTES];
		size_t rows;
	} list[PAST_WORTHLESS_MAX];
	size_t n;
};
/* Adds the outcomes of one row (its properties) that are no reward of the program, nor harm. What
 * is beyond PAST_WORTHLESS_MAX types is left out. */
void past_worthless_add(struct past_worthless *x, const struct program *p, const struct json *d,
			struct arena *a);

#endif
