/* SPDX-License-Identifier: Apache-2.0
 * seen.h: what we saw of a message ourselves, kept in its own row: opened, clicked, answered, come
 * back, complained about; by a person or a machine. Soft bounces of an address are counted there,
 * and rest it when they do not end.
 */
#ifndef ENGINE_SEEN_H
#define ENGINE_SEEN_H

#include "engine/pass.h"

/* For an event of our own doors that names a message; any other is passed over. */
MUST_USE enum status seen_message(struct pass *p, struct err *e);

#endif
