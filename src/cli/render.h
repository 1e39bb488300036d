/* SPDX-License-Identifier: Apache-2.0
 * render.h: the views' JSON for people: the same document, read aloud.
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include "cli/cli.h"

/* "2026-11-21 07:00" out of an RFC 3339 text; "-" for null. */
struct str render_time(const struct json *d, uint32_t node, struct arena *a);
/* "12.5", "-", "yes", "opened, clicked": a scalar, or a list of them, in as few words as it
 * needs. */
struct str render_scalar(const struct json *d, uint32_t node, struct arena *a);
/* The whole document as indented "key: value" lines; `skip` (may be NULL) names keys left out.
 * With --plain a line has the way to its value, a tab and the value: "model.changes.0.at". */
void render_tree(struct cli *c, const struct json *d, uint32_t node, int indent, const char *skip);
/* One row per item of an array of objects, columns aligned; with --plain tabs and no heading. */
struct render_column {
	const char *key, *title;
	bool right; /* align right */
	bool time;
};
void render_table(struct cli *c, const struct json *d, uint32_t list,
		  const struct render_column *columns, size_t n);
struct str render_text(const struct json *d, uint32_t node, const char *key, struct arena *a);
double render_number(const struct json *d, uint32_t node, const char *key);
/* Where something of a candidate of a record stands: in the one of the list that `key` gives the
 * place of, else in itself. JSON_NONE: the list has no such place. */
uint32_t render_told_by(const struct json *d, uint32_t list, uint32_t candidate, const char *key);

#endif
