/* SPDX-License-Identifier: Apache-2.0
 * gunzip.h: gzip bodies (RFC 1952) undone under two ceilings: so many bytes out, and so many times
 * the bytes in. A small body that unfolds into a large one is an attack long before it is large.
 * One member, nothing behind it, checksum right; raw deflate and zlib streams are refused.
 */
#ifndef NET_GUNZIP_H
#define NET_GUNZIP_H

#include "base/buf.h"
#include "base/status.h"

#define GUNZIP_RATIO_FREE_BYTES ((size_t)64 << 10) /* below that the ratio is not looked at */

struct gunzip; /* the inflater's 40 KB of state, kept from body to body. Thread: one at a time. */

struct gunzip *gunzip_create(void);
void gunzip_destroy(struct gunzip **g);
/* Appends to out, whose own ceiling is the first of the two. ST_INVALID: not gzip, truncated or
 * damaged; ST_LIMIT: a ceiling, said which. */
MUST_USE enum status gunzip_run(struct gunzip *g, struct str in, unsigned ratio_max,
				struct buf *out, struct err *e);

#endif
