/* SPDX-License-Identifier: Apache-2.0
 * sqlite_fault.h: a disk that fails on command, for tests: a VFS over the system's.
 *
 * Each object is registered under a name of its own; name it in sqlite_conf.vfs. Calls of one
 * operation are counted from the last sqlite_fault_arm on; from the nth on, `times` of them fail.
 * Thread: any.
 */
#ifndef SQLITE_SQLITE_FAULT_H
#define SQLITE_SQLITE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum sqlite_fault_op {
	SQLITE_FAULT_WRITE,
	SQLITE_FAULT_SYNC,
	SQLITE_FAULT_SYNC_MAIN, /* of a main file, not of its WAL; counted as SYNC too */
	SQLITE_FAULT_TRUNCATE,
	SQLITE_FAULT_OP_COUNT
};
enum sqlite_fault_kind {
	SQLITE_FAULT_EIO,    /* nothing is written */
	SQLITE_FAULT_ENOSPC, /* nothing is written */
	SQLITE_FAULT_SHORT,  /* half is written, then an error; for writes only */
	SQLITE_FAULT_POWER,  /* the power goes: see sqlite_fault_seed */
};

struct sqlite_fault_plan {
	enum sqlite_fault_op op;
	enum sqlite_fault_kind kind;
	unsigned nth;   /* 1: the next one */
	unsigned times; /* how many fail from there on; 0: all */
};

struct sqlite_fault;

struct sqlite_fault *sqlite_fault_create(void);
void sqlite_fault_destroy(struct sqlite_fault **f); /* close its connections first */
const char *sqlite_fault_name(const struct sqlite_fault *f);
void sqlite_fault_arm(struct sqlite_fault *f,
		      const struct sqlite_fault_plan *plan); /* NULL: none */
/* From here on what was written and not synced is remembered. When a plan of kind POWER strikes,
 * each such write is lost or kept by a coin from this seed, and every later call fails: close the
 * connections, and open the files again with the system's VFS. */
void sqlite_fault_seed(struct sqlite_fault *f, uint64_t seed);
uint64_t sqlite_fault_hits(struct sqlite_fault *f); /* failed since armed */

#endif
