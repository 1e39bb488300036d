/* SPDX-License-Identifier: Apache-2.0
 * door.h: how a verb reads and writes a node, whether or not its daemon runs.
 *
 * Reading is always from the files, beside a running daemon too. Writing is always an event (law
 * 1): through the daemon when one runs, else by opening the node here and folding at once.
 */
#ifndef CLI_DOOR_H
#define CLI_DOOR_H

#include "cli/cli.h"
#include "model/event.h"
#include "node/node.h"
#include "view/view.h"

struct door {
	struct node *node;          /* NODE_WRITE without a daemon, NODE_READ beside one */
	struct http_client *client; /* NULL without a daemon */
	struct program *program;    /* the applied one; NULL before the first */
	struct log_reader *reader;
	uint64_t program_version;
};

enum door_mode {
	DOOR_READ, /* never takes the lock */
	DOOR_WRITE
};

/* ST_NOT_FOUND: no data there; ST_UNAVAILABLE: a daemon holds the lock and does not answer. */
MUST_USE enum status door_open(struct cli *c, enum door_mode mode, struct door *out, struct err *e);
void door_close(struct door *d);

/* One event to be written. Without a message id it gets a fresh one. */
struct door_item {
	struct str source, message_id;
	struct event event;
	uint64_t seq;   /* out */
	bool duplicate; /* out */
};
/* Appends all, and waits until they are folded. */
MUST_USE enum status door_send(struct cli *c, struct door *d, struct door_item *items, size_t n,
			       struct err *e);
/* The same for entries that are encoded already (import). */
MUST_USE enum status door_append(struct cli *c, struct door *d, struct log_entry *entries, size_t n,
				 struct err *e);
/* Raw requests to the daemon; they assert that there is one. */
MUST_USE enum status door_post(struct door *d, const char *path, struct str json, struct arena *a,
			       struct str *answer, struct err *e);
MUST_USE enum status door_delete(struct door *d, const char *path, struct arena *a,
				 struct str *answer, struct err *e);
/* A view over committed state, as of the wall clock. */
/* Where links of messages lead when the settings name no public_url: the running daemon's address,
 * else http://localhost. */
const char *door_url(struct cli *c);
struct view door_view(struct cli *c, struct door *d);
/* A random message id, "cli-...". */
struct str door_message_id(struct arena *a);

#endif
