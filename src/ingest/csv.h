/* SPDX-License-Identifier: Apache-2.0
 * csv.h: rows of a CSV file of any size: RFC 4180, and what programs write instead.
 *
 * Comma, semicolon, tab or bar, told by the first line; CRLF or LF; a byte order mark; quotes
 * across lines and across reads; text that is not UTF-8 is read as Windows-1252, which is what
 * spreadsheets write. A broken row is reported and costs only its own line.
 * Memory: one window of row_bytes_max. Thread: one.
 */
#ifndef INGEST_CSV_H
#define INGEST_CSV_H

#include "base/buf.h"
#include "ingest/feed.h"

#define CSV_ROW_BYTES_MAX (1 << 20)
#define CSV_FIELDS_MAX 1024

struct csv_row {
	struct str *fields; /* unquoted, UTF-8; borrowed until the next call */
	size_t n;
	uint64_t number; /* as a spreadsheet counts: the first row of the file is 1 */
	uint64_t offset; /* of its first byte */
};

struct csv {
	struct feed feed;
	char delimiter;
	uint64_t number; /* of the row that comes next */
	bool begun;
	struct arena arena; /* fields that had to be rewritten; one row's worth */
	struct str fields[CSV_FIELDS_MAX];
};

/* `delimiter` 0: told by the first line. `offset` and `number`: where in the file the first byte
 * given stands, 0 and 1 at its beginning; elsewhere the delimiter must be given. */
void csv_init(struct csv *c, feed_read *read, void *ctx, char delimiter, uint64_t offset,
	      uint64_t number);
void csv_finish(struct csv *c);
/* ST_NOT_FOUND at the end. ST_INVALID, ST_LIMIT: this row is broken, out->number and offset name it
 * and the next call goes on behind its line. ST_IO. Empty lines are not rows. */
MUST_USE enum status csv_next(struct csv *c, struct csv_row *out, struct err *e);
/* Appends one row: fields are quoted when they need it, CRLF at the end. */
void csv_write(struct buf *out, const struct str *fields, size_t n);

#endif
