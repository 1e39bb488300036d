/* SPDX-License-Identifier: Apache-2.0
 * internal.h: what the files of this folder share. */
#ifndef ADVISE_INTERNAL_H
#define ADVISE_INTERNAL_H

#include "advise/advise.h"

/* A number of a case; true and false are 1 and 0. False: neither, or too large. */
bool ask_number(const struct json *d, uint32_t node, float *out);
/* The members of an object at their places of x, which is of context_n + 1 numbers. False: one is
 * no number. *unknown_r: one that has no place, the others have theirs. */
bool ask_numbers(const struct json *d, uint32_t node, const struct program_decision *of,
		 struct arena *a, float *x, struct str *unknown_r);

#endif
