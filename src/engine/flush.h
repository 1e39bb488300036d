/* SPDX-License-Identifier: Apache-2.0
 * flush.h: the parts of batch.c and flush.c that only they share.
 */
#ifndef ENGINE_FLUSH_H
#define ENGINE_FLUSH_H

#include "engine/batch.h"

/* Writes into an empty state which fold it is of (ENGINE_FOLD_VERSION). */
MUST_USE enum status batch_sign(struct store *s, struct err *e);
void batch_clear(struct batch *b); /* empties the working set, keeps caches and META */

#endif
