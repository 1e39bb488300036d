/* SPDX-License-Identifier: Apache-2.0
 * field.h: blocks of `Name: value` lines: message headers, and the bodies of delivery-status and
 * feedback reports, which have the same form (RFC 5322 2.2, 3464 2.1, 5965 3).
 */
#ifndef INBOUND_FIELD_H
#define INBOUND_FIELD_H

#include "base/arena.h"

struct field {
	struct str name, value; /* value: unfolded, white space off both ends */
};

struct fields {
	struct field *items;
	size_t count;
};

#define FIELDS_MAX 1000 /* of one block; more are skipped */

/* Reads one block up to its empty line, or the end, and moves *rest behind it. Lines without a
 * colon are skipped. False: nothing but white space was left, or the arena is full. */
bool fields_next(struct str *rest, struct arena *a, struct fields *out);
/* First value of the name, any case; p == NULL: there is none. */
struct str fields_get(const struct fields *f, const char *name);
/* First one at or behind *at, which moves behind it: for fields that come more than once. */
struct str fields_each(const struct fields *f, const char *name, size_t *at);

#endif
