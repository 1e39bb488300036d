/* SPDX-License-Identifier: Apache-2.0
 * whose.h: what the identity stage leaves for the others.
 */
#ifndef ENGINE_WHOSE_H
#define ENGINE_WHOSE_H

#include "engine/pass.h"
#include "engine/profile.h"

/* Identifiers that point at the lead since this event, for its profile; at most
 * IDENTITY_KEYS_MAX. Returns how many. */
size_t whose_ids(const struct pass *p, struct profile_id *out);
/* Store key of an identifier as a profile lists it. */
MUST_USE enum status whose_key(const struct profile_id *id, struct arena *a, struct str *key_r,
			       struct err *e);

#endif
