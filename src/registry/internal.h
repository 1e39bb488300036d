/* SPDX-License-Identifier: Apache-2.0
 * internal.h: between the files of this room.
 */
#ifndef REGISTRY_INTERNAL_H
#define REGISTRY_INTERNAL_H

#include "registry/registry.h"

#define REGISTRY_PATH_MAX 4096
#define REGISTRY_HASH_PREFIX_MIN 6

/* DIR/models/name + suffix into out. */
const char *registry_path(const char *dir, const char *name, const char *suffix,
			  char out[REGISTRY_PATH_MAX]);
/* Lower-case hex of the right length? */
bool registry_is_hash(struct str s);
/* 1 to REGISTRY_SLOT_MAX of a-z, 0-9, and _ . : - */
bool registry_is_name(struct str s);
struct registry_hash registry_hash_of(struct str hex); /* "" unless it is one */
bool registry_hash_eq(const struct registry_hash *a, const struct registry_hash *b);
/* Hashes of the files there are, in ascending order, on `a`. */
MUST_USE enum status registry_files(const char *dir, struct arena *a, struct registry_hash **out,
				    size_t *n_r, struct err *e);
/* One writer at a time: two verbs may be run at once beside a daemon. Clears away what a killed one
 * left. Close the descriptor to let go. */
MUST_USE enum status registry_lock(const char *dir, int *fd_r, struct err *e);
/* The same, in a folder that is made where it is missing. */
MUST_USE enum status registry_open(const char *dir, int *fd_r, struct err *e);
/* The file under this name, checked against it. */
MUST_USE enum status registry_read(const char *dir, const struct registry_hash *hash,
				   struct arena *a, struct registry_model *out, struct err *e);

#endif
