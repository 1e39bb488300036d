/* SPDX-License-Identifier: Apache-2.0
 * import.h: a file of leads or of past events, read as events. Any size, resumable, idempotent.
 *
 *   leads   each row is an `import.lead` event: traits, identifiers, and on what basis we may
 * write.
 *   events  each row is a past event: its type, time and whose it is.
 *
 * CSV as csv.h reads it, or JSON Lines; a JSON Lines file of events without a mapping holds Segment
 * calls. The caller appends what a batch gives, writes its errors, then keeps the token: a run that
 * was cut off goes on from it, and a run from the start again changes nothing, because
 *
 *   P1  a row's message id is the hash of the event it becomes: the same row by the same mapping is
 *       the same event, whatever its place in the file and whatever the file is called. A column
 *       mapped to message_id takes its place.
 *
 * A sender's own duplicates in one file therefore count once. `source` is part of the duplicate
 * key: keep it the same to import an extended file again.
 * Thread: one. Memory: one window of 1 MB, and the caller's arena per batch.
 */
#ifndef INGEST_IMPORT_H
#define INGEST_IMPORT_H

#include "ingest/mapping.h"

#define IMPORT_BATCH_MAX 1000
#define IMPORT_TOKEN_MAX 128

enum import_format { IMPORT_AUTO, IMPORT_CSV, IMPORT_JSONL }; /* AUTO: by the file's name */
enum import_kind { IMPORT_LEADS, IMPORT_EVENTS };
/* Why a row that is an event all right is refused all the same; empty: it is not. */
typedef struct str import_judge(void *ctx, const struct event *ev, struct arena *a);

struct import_conf {
	const char *path;
	enum import_format format;
	enum import_kind kind;
	char delimiter; /* 0: told by the first line */
	struct str map; /* the language of mapping.h; --map and the mapping file, one after the
			       * other with a line end between */
	bool no_guess;  /* do not map columns by their names */
	struct str null_text; /* a cell that says so is empty ("Select", "n/a"); empty: none */
	struct str type;      /* IMPORT_EVENTS: the type of rows without a type column */
	struct str source;    /* event.source; empty: "import:" and the file's name */
	/* Basis for leads: consent, legitimate_interest, contract; where it comes from, in words;
	 * the channel and purpose it is for, empty: email, marketing. Required for leads, unless a
	 * column is mapped to consent. */
	struct str consent_basis, consent_source, consent_channel, consent_purpose;
	int64_t received_us;
	import_judge *judge; /* NULL: every event is taken */
	void *ctx;           /* its own */
};

/* A row that is no event. Texts live in the batch's arena. */
struct import_error {
	uint64_t row; /* as a spreadsheet counts: the header of a CSV file is row 1 */
	struct str column, reason;
};

struct import_batch {
	struct event *events;
	uint64_t *rows; /* of each event */
	size_t events_n;
	struct import_error *errors;
	size_t errors_n;
	bool end; /* nothing is behind this batch */
};

struct import_progress {
	uint64_t bytes, bytes_total; /* total is 0 when it is not a plain file */
	uint64_t row;                /* the last one read */
	uint64_t events, errors;     /* since open */
};

struct import;

/* Opens the file, reads its header, binds the mapping. ST_NOT_FOUND, ST_IO; ST_INVALID: the
 * mapping, the consent or the file's head, in words that say how to mend it. */
MUST_USE enum status import_open(const struct import_conf *conf, struct import **out,
				 struct err *e);
void import_close(struct import **im); /* accepts NULL; leaves *im NULL */
/* Reads up to `max` rows (<= IMPORT_BATCH_MAX). Fewer come when rows are large. ST_IO;
 * ST_LIMIT when the arena is too small for one row (16 MB are enough for any). */
MUST_USE enum status import_next_batch(struct import *im, size_t max, struct arena *a,
				       struct import_batch *out, struct err *e);
struct import_progress import_progress(const struct import *im);

/* Where reading stands, behind the last batch, as one line of text. */
void import_token(const struct import *im, char out[IMPORT_TOKEN_MAX]);
/* Right after open. ST_CONFLICT: the token is of another file or other settings, or the file has
 * been changed in what was read; ST_INVALID: no token. */
MUST_USE enum status import_resume(struct import *im, struct str token, struct err *e);

const struct mapping *import_mapping(const struct import *im);
/* Columns of the file that become nothing; a CSV file's only. */
size_t import_unmapped(const struct import *im, struct str *out, size_t max);
/* For people: the mapping as a table, then the first `rows` rows as what they become. Reads on:
 * open the file again to import it. */
MUST_USE enum status import_preview(struct import *im, size_t rows, struct arena *a,
				    struct buf *out, struct err *e);
/* FILE.errors.csv: its head, and one line per error. */
void import_errors_head(struct buf *out);
void import_errors_row(const struct import_error *error, struct buf *out);

#endif
