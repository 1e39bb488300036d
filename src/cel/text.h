/* SPDX-License-Identifier: Apache-2.0
 * text.h: strings as code points. Positions in CEL count characters, memory counts bytes.
 */
#ifndef CEL_TEXT_H
#define CEL_TEXT_H

#include "cel/value.h"

size_t text_size(struct str s);                    /* code points */
size_t text_offset(struct str s, size_t position); /* byte of the position-th code point; s.n+1
						      when there are not so many */
/* The code point at byte *at, which moves behind it. */
uint32_t text_next(struct str s, size_t *at);
uint64_t text_search_steps(size_t hay_bytes, size_t needle_bytes);

/* A decimal number as Go and C write it: "1.", ".5", "+1e3", NaN, Infinity, -inf. False: none, or
 * too large for a double. */
bool text_to_double(struct str s, double *out_r);

#endif
