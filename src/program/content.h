/* SPDX-License-Identifier: Apache-2.0
 * content.h: which content a version of the program has: an index over its files.
 *
 * Content lives in content/<message>/<angle>[.<persona>].md beside the program. What deciding must
 * know of a file is little: that it is there, how many subject lines it has, and its hash, under
 * which the text itself is kept (TABLE_CONTENT). The index travels with `apply`, so a version says
 * the same words for ever.
 */
#ifndef PROGRAM_CONTENT_H
#define PROGRAM_CONTENT_H

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "program/report.h"

#define CONTENT_FILES_MAX 4096
#define CONTENT_BYTES_MAX (256u << 10) /* one file */
#define CONTENT_SUBJECTS_MAX 8
#define CONTENT_NAME_MAX 64 /* bytes of a message's, an angle's, a persona's name */

struct content_file {
	struct str message, angle, persona; /* persona empty: for everybody */
	uint32_t subjects_n;                /* at least 1 for e-mail */
	struct str hash;                    /* SHA-256 of the file, hex */
};
struct content_index {
	const struct content_file *files; /* sorted by message, angle, persona */
	size_t n;
};

/* The file for a persona, else the one for everybody; NULL: there is none. */
const struct content_file *content_find(const struct content_index *ix, struct str message,
					struct str angle, struct str persona);
/* What a touch remembers of it: the same for all versions of the text under one name. */
uint64_t content_key(struct str message, struct str angle, uint32_t subject_n);
/* [{"m":..,"a":..,"p":..,"s":n,"h":..}, ...]: as the PROGRAM row keeps it. */
void content_index_encode(const struct content_index *ix, struct buf *out);
MUST_USE enum status content_index_decode(const struct json *d, uint32_t node, struct arena *a,
					  struct content_index *out, struct err *e);

struct program;
/* A problem for each angle of each step without a file, at the place of the step: one for
 * everybody, or one for each persona that the track takes in. Strings live in `a`. */
void program_check_content(const struct program *p, const struct content_index *ix, struct arena *a,
			   struct program_report *report);

#endif
