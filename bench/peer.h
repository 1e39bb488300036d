/* SPDX-License-Identifier: Apache-2.0
 * peer.h: another process that listens: the daemon as it is shipped, or the door without work.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "base/status.h"
#include "bench.h"

#include <stdint.h>

struct peer {
	int pid;
	uint16_t port;
	int64_t start_us; /* from fork to the line that says it listens */
};

/* Runs argv (NULL-terminated) until it says {"...","url":"http://127.0.0.1:PORT"} on stdout. */
MUST_USE enum status peer_start(const char *const *argv, struct peer *out, struct err *e);
void peer_stop(struct peer *p); /* SIGTERM, and waits */

/* Runs argv in a folder (NULL: here) until it ends; what it says goes to `out`. */
MUST_USE enum status peer_run(const char *const *argv, const char *folder, char *out, size_t room,
			      struct err *e);
/* Where the Node pipeline is: $NURTURED_NODE_BASELINE, a copy that one may write to and has run
 * `npm install` in, else the one in the shared folder. It need not be there. */
void peer_node_folder(char path[BENCH_PATH_MAX]);

/* The body of `nurtured-bench --empty-server`: the same HTTP door, every request suspended and
 * resumed by another thread that does nothing. Until SIGTERM. */
int empty_server(void);

#endif
