/* SPDX-License-Identifier: Apache-2.0
 * draft.h: a program with its texts before it is in force: what validate, plan and apply are given,
 * read from a folder or out of a request.
 *
 *   DIR/program.yaml
 *   DIR/content/<message>/<angle>[.<persona>].md      (program/content.h, compose/content.h)
 *   DIR/content/partials/<name>.liquid, DIR/content/layouts/<name>.liquid
 *
 * Memory: everything lives on the arena that was handed in, but for the compiled program.
 */
#ifndef NODE_DRAFT_H
#define NODE_DRAFT_H

#include "compose/content.h"
#include "log/log.h"
#include "program/beside.h"
#include "program/program.h"
#include "store/store.h"

#define DRAFT_CONTENT_BYTES_MAX (32u << 20) /* all files of content together */

struct draft {
	struct str source;                /* the program, YAML */
	const struct compose_file *files; /* sorted by path */
	size_t files_n;
	bool has_content; /* a folder was given, though it may be empty */
	/* It is to stand beside the version in force, so; NULL: it is applied. */
	const struct program_beside *beside;
	/* by draft_check: */
	struct program *program; /* NULL: it cannot be read */
	struct content_index index;
	struct program_report report; /* of the program and of all files, sorted */
};

/* The files below `folder`. Names that begin with a dot or end in ~ are passed over; links are
 * refused, so that nothing outside of the folder is read. ST_NOT_FOUND: no such folder; ST_INVALID
 * names what does not belong there; ST_LIMIT: too many or too large. */
MUST_USE enum status draft_read_folder(const char *folder, struct arena *a, struct draft *d,
				       struct err *e);
/* {"program": yaml, "content": {"planning-cost/story.md": text, ...}}; content may be left out.
 * With "share" it is to stand beside the version in force (program_beside_read). */
MUST_USE enum status draft_read_json(struct str body, struct arena *a, struct draft *d,
				     struct err *e);

/* Reads program and texts. ST_INVALID: `report` says why, with every problem at once. Without
 * content only the program is looked at. */
MUST_USE enum status draft_check(struct draft *d, struct arena *a, struct err *e);
/* Before it is put in force: a draft without content keeps that of the version in force. Then each
 * step needs its texts. ST_INVALID as above, or with a fix when there is no content at all. */
MUST_USE enum status draft_complete(struct draft *d, struct store *s, struct arena *a,
				    struct err *e);
/* Would the engine take it now, as it is meant? ST_CONFLICT says why not: another version stands
 * beside the one in force, or this one may not stand there. */
MUST_USE enum status draft_allowed(const struct draft *d, struct store *s, struct arena *a,
				   struct err *e);
/* Is it, texts and all, what is in force? *version_r is then that version, else 0. */
MUST_USE enum status draft_unchanged(const struct draft *d, struct store *s, struct arena *a,
				     uint64_t *version_r, struct err *e);
/* What goes into the log: the texts the state lacks, then the program with its index. */
struct draft_events {
	struct log_entry *list; /* the program is the last one */
	size_t n;
};
MUST_USE enum status draft_entries(const struct draft *d, struct store *s, int64_t now_us,
				   struct arena *a, struct draft_events *out, struct err *e);
void draft_finish(struct draft *d);

/* The index of the content in force; empty when there is none. */
MUST_USE enum status draft_index_now(struct store *s, struct arena *a, struct content_index *out,
				     struct err *e);

#endif
