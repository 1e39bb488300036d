/* SPDX-License-Identifier: Apache-2.0
 * leave.h: may a message that was handed over still leave? Asked of committed state by whoever
 * sends, at the last instant: what was said in the same transaction, or while the message waited
 * for its turn, counts (G3, G6).
 */
#ifndef ENGINE_LEAVE_H
#define ENGINE_LEAVE_H

#include "base/json.h"
#include "model/lead.h"
#include "model/message.h"
#include "program/program.h"
#include "store/store.h"

struct leave_question {
	struct store *store;           /* a reader, or the writer between transactions */
	const struct program *program; /* in force */
	uint64_t message;
	int64_t now_us;
};
struct leave {
	struct message message;     /* strings on the arena */
	uint64_t lead;              /* whose it is now, behind merges */
	struct lead row;            /* theirs */
	const struct json *profile; /* theirs, where it was asked; NULL: it was not */
	bool may;
	bool paused;   /* it may, but all sending stands still: it goes back and waits there */
	char why[240]; /* when it may not */
};
/* ST_NOT_FOUND: there is no such message. */
MUST_USE enum status leave_ask(const struct leave_question *q, struct arena *a, struct leave *out,
			       struct err *e);

#endif
