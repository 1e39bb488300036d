/* SPDX-License-Identifier: Apache-2.0
 * look.h: what verbs that only look have in common: open the node, make a view's document, print
 * it as JSON or hand it to a renderer.
 */
#ifndef CLI_LOOK_H
#define CLI_LOOK_H

#include "cli/door.h"
#include "cli/render.h"

/* Fills w with one document. ctx is the verb's own. */
typedef enum status look_make(struct view *v, struct json_w *w, void *ctx, struct err *e);
typedef void look_show(struct cli *c, const struct json *d, void *ctx);

/* Returns the exit code. */
int look(struct cli *c, look_make *make, look_show *show, void *ctx);
/* The whole number of an option, or `otherwise`; false after it has complained. */
bool look_number(struct cli *c, const char *opt, uint64_t otherwise, uint64_t max, uint64_t *out);
/* --limit: 50 unless told. None is wrong use, and so is more than VIEW_PAGE_MAX. */
bool look_limit(struct cli *c, size_t *out);
/* The day (its first instant, UTC) or instant of an option; TIME_NONE: not given. */
bool look_day(struct cli *c, const char *opt, int64_t *out);
/* The number of a `noun` in an argument. */
bool look_id(struct cli *c, size_t arg, const char *noun, uint64_t *out);
/* "Next: command --after X", with the options of this page, when there is more. */
void look_more(struct cli *c, const struct json *d, const char *command);

#endif
