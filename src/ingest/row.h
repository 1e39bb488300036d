/* SPDX-License-Identifier: Apache-2.0
 * row.h: one row of a file, by its mapping, becomes one event. Private to ingest/.
 */
#ifndef INGEST_ROW_H
#define INGEST_ROW_H

#include "base/json.h"
#include "ingest/import.h"

/* A value is put below a path of up to 8 names: together they must stay readable as an event. */
#define ROW_JSON_LIMITS ((struct json_limits){.depth_max = 16, .tokens_max = 65536})

/* What is the same for every row. All borrowed. */
struct row_rules {
	enum import_kind kind;
	bool live; /* what happens now: a time may be missing, and no value is quoted in a reason */
	const struct mapping *mapping;
	struct str null_text, type, source;
	struct str consent_basis, consent_source, consent_channel, consent_purpose;
	int64_t received_us;
	import_judge *judge; /* see import.h */
	void *ctx;
};
/* One row: cells by index (CSV), or a parsed line (JSON Lines; then cells is NULL). */
struct row {
	const struct str *cells;
	size_t n;
	const struct json *d;
	uint32_t root; /* the object in d */
	size_t index;  /* live: its place in the request */
};
/* ST_INVALID: the row is at fault; error->column and reason say where and why. ST_LIMIT: the arena
 * is at its ceiling. */
MUST_USE enum status row_to_event(const struct row_rules *rules, const struct row *row,
				  struct arena *a, struct event *out, struct import_error *error);

#endif
