/* SPDX-License-Identifier: Apache-2.0
 * desk.h: a thread for requests that read much or wait long, so that server threads never do.
 * It has its own reader of the state, of the log, and its own copy of the program.
 */
#ifndef DAEMON_DESK_H
#define DAEMON_DESK_H

#include "api/api.h"
#include "view/view.h"

struct daemon;
struct desk;

/* What a handler works with; fresh per request. */
struct desk_work {
	struct daemon *daemon;
	struct desk *desk;
	struct api_call *call;
	struct view view; /* over committed state; arena is the desk's own */
	struct json_w w;  /* writes the answer's body */
	struct buf body;
	struct http_reply *reply; /* for a handler that answers something other than JSON, */
	bool replied;             /* and says so here */
};
/* Writes the answer into w, or fails: the error becomes the reply. */
typedef enum status desk_handler(struct desk_work *k, struct err *e);

/* One thread each, so that nothing waits for what takes longer than it does itself. */
enum desk_lane {
	DESK_QUICK,   /* indexed reads and short pages; what waits for the log's fsync alone */
	DESK_ORDERS,  /* what waits until it is folded */
	DESK_SECONDS, /* reads as much as there is: every lead, every day of a report */
	DESK_MINUTES, /* and what copies or folds it all */
	DESK_ASKS,    /* decisions about leads, one by one */
	DESK_LANES
};
struct desk_op {
	desk_handler *handle; /* NULL: no desk work */
	enum desk_lane lane;
};
/* By op (handle_admin.c). */
extern const struct desk_op daemon_desk_ops[API_OP_COUNT];

MUST_USE enum status desk_create(struct daemon *d, struct desk **out, struct err *e);
void desk_destroy(struct desk **d); /* answers what waits with 503 */
/* Long work asks now and then, and gives up. */
bool desk_stopping(struct desk *d);
/* api_handler for every op the desks know: to the desk of its lane. */
enum http_verdict desk_take(void *ctx, struct api_call *call, struct http_reply *reply);

#endif
