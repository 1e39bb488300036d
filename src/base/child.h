/* SPDX-License-Identifier: Apache-2.0
 * child.h: another program, run to its end: bytes in, bytes out, and never longer than it may.
 *
 * No shell: the arguments are what the program gets. It sees our PATH and HOME, LC_ALL=C, and no
 * other variable; none of our files is open in it. What it says on stderr is dropped.
 * Thread: any; blocks for as long as the program runs. Not for threads that must not wait.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include "base/buf.h"
#include "base/status.h"

#define CHILD_ARGS_MAX 16

struct child {
	const char *args[CHILD_ARGS_MAX +
			 1]; /* the program, looked for in PATH; NULL behind the last */
	struct str input;
	int64_t us_max; /* from start to end; then it is killed, and whatever it has started */
};

/* What it printed is appended to `out`, whose ceiling holds. *exit_r: its exit code; 128 and the
 * signal when it was ended by one. ST_NOT_FOUND: there is no such program; ST_TIMEOUT: it was
 * killed; ST_LIMIT: it printed too much, and was killed; ST_IO. */
MUST_USE enum status child_run(const struct child *c, struct buf *out, int *exit_r, struct err *e);

#endif
