/* SPDX-License-Identifier: Apache-2.0
 * content.h: one content file: what stands between the --- lines, and the text below them.
 *
 *   ---
 *   subject:
 *     - What does a day of planning cost you?
 *     - "{{ account.name }}: 3 figures to compare"
 *   preheader: Figures of 40 warehouses.
 *   cta:
 *     label: See the figures
 *     url: https://larkspur.example/benchmark
 *     type: read
 *   ---
 *   Hello {{ lead.first_name | default: "there" }},
 *
 * The front matter looks like YAML and is much less: keys, values on one line, the list of subject
 * lines and the three keys of `cta`. All else is refused with its place, so that a slip of the
 * hand never becomes a text that is sent.
 * Thread: any. Memory: texts borrow from the file, or live on the arena.
 */
#ifndef COMPOSE_CONTENT_H
#define COMPOSE_CONTENT_H

#include "program/content.h"

#define COMPOSE_VALUE_MAX 2048 /* bytes of one value of the front matter */

/* A value and where it begins; line 0: not given. */
struct compose_text {
	struct str text;
	unsigned line, col; /* from 1; col in bytes */
};

struct compose_content {
	struct str name; /* for messages: "planning-cost/story.md" */
	struct compose_text subjects[CONTENT_SUBJECTS_MAX];
	size_t subjects_n; /* at least 1 */
	struct compose_text preheader, angle, stage, layout, format, from_name;
	struct compose_text cta_label, cta_url, cta_type; /* label and url: both or none */
	bool html;                                        /* the body is HTML, not Markdown */
	struct str body;    /* without the front matter; lines end in LF */
	unsigned body_line; /* of the file, where the body begins */
};

/* ST_INVALID: "name:line:col: what is wrong; how to put it right". ST_LIMIT: too large. */
MUST_USE enum status compose_content_parse(struct str name, struct str file, struct arena *a,
					   struct compose_content *out, struct err *e);

struct compose_file {
	struct str path; /* below the folder of content: "planning-cost/story.operations.md" */
	struct str bytes;
};
/* The index over all files of a version, each of which is parsed and its templates compiled, and
 * all that is wrong with them: at most one problem a file, under "content/<path>". Names borrow
 * from the paths, problems from the bytes. The index is for use when `report` is empty; with
 * problems it has every file whose name is right, so that nothing is told twice. ST_LIMIT: too
 * many files. */
MUST_USE enum status compose_content_scan(const struct compose_file *files, size_t n,
					  struct arena *a, struct content_index *out,
					  struct program_report *report, struct err *e);

#endif
