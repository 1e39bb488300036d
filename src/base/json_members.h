/* SPDX-License-Identifier: Apache-2.0
 * json_members.h: an object holds what it may hold and nothing else, each of its type. What is
 * passed over in silence is an order that was not carried out as it was meant.
 */
#ifndef BASE_JSON_MEMBERS_H
#define BASE_JSON_MEMBERS_H

#include "base/json.h"

struct json_member {
	const char *key;
	enum json_type type; /* JSON_TRUE and JSON_FALSE: either of them */
};

/* Each member is among these; none is asked for. ST_INVALID says which is not, or of what type it
 * must be; `what` is the object's name in that text, "the body". */
MUST_USE enum status json_members(const struct json *d, uint32_t object, const char *what,
				  const struct json_member *may, size_t n, struct err *e);

#endif
