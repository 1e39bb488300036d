/* SPDX-License-Identifier: Apache-2.0
 * content.h: which content a version of the program has: an index over its files.
 *
 * Content lives in content/<message>/<angle>[.<persona>].md beside the program; what several of
 * them share in content/partials/<name>.liquid, what stands around them in
 * content/layouts/<name>.liquid. What deciding must know of a file is little: that it is there, how
 * many subject lines it has, and its hash, under which the text itself is kept (TABLE_CONTENT). The
 * index travels with `apply`, so a version says the same words for ever.
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
#define CONTENT_NAME_MAX 64 /* bytes of a message's, an angle's, a persona's, a part's name */
#define CONTENT_PARTS_MAX 256
/* The layout that is part of the program itself: no file has its name. */
#define CONTENT_LAYOUT_BUILT_IN "built-in"

struct content_file {
	struct str message, angle, persona; /* persona empty: for everybody */
	uint32_t subjects_n;                /* at least 1 for e-mail */
	struct str hash;                    /* SHA-256 of the file, hex */
};
enum content_part_kind { CONTENT_PARTIAL, CONTENT_LAYOUT, CONTENT_PART_KINDS };
struct content_part {
	enum content_part_kind kind;
	struct str name, hash;
};
struct content_index {
	const struct content_file *files; /* sorted by message, angle, persona */
	size_t n;
	const struct content_part *parts; /* sorted by kind, name */
	size_t parts_n;
};

/* "partials", "layouts": the folder of a kind. */
const char *content_part_folder(enum content_part_kind kind);

/* The file for a persona, else the one for everybody; NULL: there is none. */
const struct content_file *content_find(const struct content_index *ix, struct str message,
					struct str angle, struct str persona);
const struct content_part *content_find_part(const struct content_index *ix,
					     enum content_part_kind kind, struct str name);
/* What a touch remembers of it: the same for all versions of the text under one name. */
uint64_t content_key(struct str message, struct str angle, uint32_t subject_n);
/* [{"m":..,"a":..,"p":..,"s":n,"h":..}, ..., {"partials":..,"h":..}, ..., {"layouts":..,"h":..}]:
 * as the PROGRAM row keeps it. */
void content_index_encode(const struct content_index *ix, struct buf *out);
MUST_USE enum status content_index_decode(const struct json *d, uint32_t node, struct arena *a,
					  struct content_index *out, struct err *e);

struct program;
/* A problem for each angle of each step without a file, at the place of the step: one for
 * everybody, or one for each persona that the track takes in; and one for a layout of the sender
 * that is not there. Strings live in `a`. */
void program_check_content(const struct program *p, const struct content_index *ix, struct arena *a,
			   struct program_report *report);

#endif
