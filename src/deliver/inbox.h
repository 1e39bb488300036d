/* SPDX-License-Identifier: Apache-2.0
 * inbox.h: the simulated inbox: where messages go in test mode, to be looked at and acted on.
 *
 * A file of its own (DIR/inbox.db), beside the state: nothing is derived from it, and nobody minds
 * when it is deleted. The newest INBOX_MAILS_MAX are kept.
 * Thread: a handle is one thread's; handles of several threads and processes may be open at once.
 */
#ifndef DELIVER_INBOX_H
#define DELIVER_INBOX_H

#include "base/arena.h"
#include "base/status.h"

#define INBOX_MAILS_MAX 10000

struct inbox;

struct inbox_mail {
	uint64_t id;      /* its place: rises */
	int64_t at_us;    /* when it came */
	uint64_t message; /* 0: none of ours */
	uint64_t lead;
	struct str to, from, return_path, subject;
	struct str bytes; /* the whole mail; empty in lists */
};

MUST_USE enum status inbox_open(const char *dir, struct inbox **out, struct err *e);
void inbox_close(struct inbox **in); /* accepts NULL inside; leaves NULL */
/* m->id is not read. */
MUST_USE enum status inbox_put(struct inbox *in, const struct inbox_mail *m, uint64_t *id_r,
			       struct err *e);
/* The newest first, without their bytes; *n_io: room, then how many. Strings live on the arena. */
struct inbox_page {
	uint64_t before; /* from below this one; 0: from the top */
	struct str to;   /* empty: everybody's */
};
MUST_USE enum status inbox_list(struct inbox *in, const struct inbox_page *page, struct arena *a,
				struct inbox_mail *out, size_t *n_io, struct err *e);
/* ST_NOT_FOUND: there is none, or it is no longer kept. */
MUST_USE enum status inbox_get(struct inbox *in, uint64_t id, struct arena *a,
			       struct inbox_mail *out, struct err *e);
/* The mail a message was last put as. */
MUST_USE enum status inbox_of_message(struct inbox *in, uint64_t message, struct arena *a,
				      struct inbox_mail *out, struct err *e);

#endif
