/* SPDX-License-Identifier: Apache-2.0
 * internal.h: the daemon's inside, for the files of this folder only.
 */
#ifndef DAEMON_INTERNAL_H
#define DAEMON_INTERNAL_H

#include "daemon/daemon.h"
#include "daemon/desk.h"
#include "daemon/notice.h"
#include "engine/runner.h"
#include "log/appender.h"

#include <stdatomic.h>

struct daemon {
	struct daemon_conf conf;
	struct node *node;
	struct keys *keys;
	struct metrics *metrics;
	struct api *api;
	struct http_server *server;
	struct appender *appender;
	struct runner *runner;
	struct desk *desk, *long_desk; /* what is quick; what may take minutes */
	struct notice disk;
	struct http_replies replies; /* gathered per commit; the appender's thread only */
	struct http_fixed *success;
	char url[128];
	_Atomic uint64_t ticks; /* numbers clock.tick events */
	int64_t started_us;
	uint64_t cursors[2]; /* of the last rounds; the engine's thread only */
	int64_t retained_us;
};

/* handle_ingest.c: the op's requests become log entries. */
enum http_verdict daemon_ingest(void *ctx, struct api_call *call, struct http_reply *reply);
/* Answers everything whose commit is over. */
void daemon_settled(void *ctx);
/* Appends one event of ours and returns when it is durable. */
MUST_USE enum status daemon_append_own(struct daemon *d, const char *type, struct str properties,
				       struct str message_id, uint64_t *seq_r, struct err *e);
/* Appends, and waits until the engine has folded it. Not from its thread nor the appender's. */
MUST_USE enum status daemon_append_and_fold(struct daemon *d, struct log_entry *entries, size_t n,
					    struct err *e);
/* {"seq":..} of an order that is folded; ST_CONFLICT says why it was not carried out. */
MUST_USE enum status daemon_answer_seq(struct desk_work *k, uint64_t seq, struct err *e);
/* handle_clock.c */
desk_handler daemon_do_clock_advance;
/* handle_orders.c, handle_program.c */
desk_handler daemon_do_trigger, daemon_do_backup, daemon_do_replay_verify;
desk_handler daemon_do_program_validate, daemon_do_program_plan, daemon_do_program_apply;
/* desk work, by op (handle_admin.c). */
extern desk_handler *const daemon_desk_handlers[API_OP_COUNT];

#endif
