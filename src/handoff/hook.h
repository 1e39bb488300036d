/* SPDX-License-Identifier: Apache-2.0
 * hook.h: a step of a hand-off as a signed webhook (the Standard Webhooks specification).
 *
 *   K1  The id is the same for every try of one step, and when it is sent again by hand: receivers
 *       take each once.
 *   K2  The body is what is true when it is sent; `type` and `timestamp` are of the step.
 */
#ifndef HANDOFF_HOOK_H
#define HANDOFF_HOOK_H

#include "base/buf.h"
#include "handoff/brief.h"
#include "model/notice.h"

#define HOOK_BODY_MAX (64u << 10)
#define HOOK_HEADER_MAX 512
#define HOOK_ID_MAX 64

/* {"type":"handoff.opened","timestamp":"..","data":{"handoff":{..},"lead":{..},..}} */
void hook_body(const struct message *m, const struct brief *b, struct buf *out);
/* `first`: the message that was made first, when m says it again; else m. */
void hook_id(const struct message *first, char out[HOOK_ID_MAX]);
/* The value of webhook-signature: one for each of the secrets (spaces between them, the newest
 * first), so that a receiver may know the old one or the new one. ST_INVALID: one is no secret. */
struct hook_letter {
	struct str id, body;
	int64_t at_s; /* webhook-timestamp */
};
MUST_USE enum status hook_sign(struct str secrets, const struct hook_letter *l, struct buf *out,
			       struct err *e);

#endif
