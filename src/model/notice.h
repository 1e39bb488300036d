/* SPDX-License-Identifier: Apache-2.0
 * notice.h: the kinds of messages of the system's own (MESSAGE_SYSTEM, decision 0). They are rows
 * of the outbox like all others and move by message_move; no policy chose them.
 */
#ifndef MODEL_NOTICE_H
#define MODEL_NOTICE_H

#include "model/handoff.h"
#include "model/message.h"

#define CHANNEL_EMAIL "email"
#define CHANNEL_WEBHOOK "webhook" /* of notices alone: a program declares no such channel */

enum notice_kind {
#define NOTICE(name, wire, to, states, help) NOTICE_##name,
#include "model/notice.def"
#undef NOTICE
	NOTICE_KIND_COUNT
};
enum notice_to {
	NOTICE_TO_LEAD, /* by e-mail, to the person */
	NOTICE_TO_REP,  /* by e-mail, to who has the hand-off */
	NOTICE_TO_TOOL  /* by webhook, to the team's tools */
};

const char *notice_wire(enum notice_kind k);
enum notice_to notice_to(enum notice_kind k);
const char *notice_channel(enum notice_kind k);
/* May it still leave, as far as the hand-off's state goes? */
bool notice_wanted(enum notice_kind k, enum handoff_state s);
/* False: not a message of the system's own, or of a kind that is no more. */
bool notice_kind_of(const struct message *m, enum notice_kind *out);

#endif
