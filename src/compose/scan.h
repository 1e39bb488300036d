/* SPDX-License-Identifier: Apache-2.0
 * scan.h: what the two files that look through a folder of content share; inside the room only.
 */
#ifndef COMPOSE_SCAN_H
#define COMPOSE_SCAN_H

#include "compose/internal.h"

#define SCAN_WORDS (CONTENT_PARTS_MAX / 64)
#define SCAN_SCRATCH ((size_t)64 << 20) /* to compile one file in */

/* A partial or layout, and which partials it renders, by their row. */
struct scan_part {
	struct content_part part;
	const struct compose_file *file;
	uint64_t partials[SCAN_WORDS];
	uint32_t slots; /* bits of the places that it prints */
	bool wrong;
};
struct scan_parts {
	struct scan_part *rows; /* sorted by kind, name */
	size_t n;
};

/* The first thing wrong with what a template asks for; line 0: nothing is. */
struct scan_uses {
	const struct scan_parts *parts;
	struct arena *a;
	bool plain; /* it makes a line of plain text */
	unsigned line, col;
	struct str what;
	uint64_t partials[SCAN_WORDS];
	uint32_t slots;
};
void scan_uses(const struct liquid_template *t, struct scan_uses *u);
bool scan_has_layout(const struct scan_parts *s, struct str name);

enum scan_problem { SCAN_FILE, SCAN_SLOTS };
typedef void scan_told_fn(void *ctx, const struct compose_file *file, enum scan_problem kind,
			  const char *told);
/* Sorts the rows, fills them in and tells what is wrong, at most one thing a file. */
void scan_parts_read(struct scan_parts *s, scan_told_fn *tell, void *ctx);

/* Does every template in a content file compile, and is all there that it names? */
MUST_USE enum status scan_templates(const struct compose_content *c, const struct scan_parts *s,
				    struct arena *a, struct err *e);

#endif
