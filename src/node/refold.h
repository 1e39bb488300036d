/* SPDX-License-Identifier: Apache-2.0
 * refold.h: a state that another build has folded is folded anew from the log, beside the old one,
 * and takes its place when it is whole. Only who holds the lock.
 */
#ifndef NODE_REFOLD_H
#define NODE_REFOLD_H

#include "node/node.h"

struct refold {
	const char *dir;
	uint64_t seed;
	struct log *log;
	const struct store_conf *conf; /* path: of the state */
	/* Lines for whoever waits; may be NULL. */
	void (*say)(void *ctx, const char *line);
	void *ctx;
};

/* *state: the store as it was opened; another one, when it was folded anew. A log whose beginning
 * retention has dropped cannot be folded anew, nor one after which other mails would have left
 * than did: said, remembered for this build, and the state goes on as it is (node_fold_mixed). On
 * failure *state is NULL, or the old one. */
MUST_USE enum status refold(const struct refold *r, struct store **state, struct err *e);

#endif
