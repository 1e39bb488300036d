/* SPDX-License-Identifier: Apache-2.0
 * notice.h: messages of the system's own (model/notice.def): made in the transaction that caused
 * them, handed over behind its commit like every message, tried again while they are deferred.
 *
 *   M1  No policy chose them: decision 0, no touch, in no cap. Quiet hours do not hold them: they
 *       answer what somebody has just done, or tell a colleague at work.
 *   M2  The kill switch holds what goes to leads, not what goes to reps and their tools: behind a
 *       reply somebody must know.
 *   M3  One confirmation for an opt-in; for the same address and purpose none within a day.
 *   M4  A webhook is sent at least once: whether one arrived may stay open, and it goes again under
 *       the same id. Mail is not sent again by itself (G4).
 */
#ifndef ENGINE_NOTICE_H
#define ENGINE_NOTICE_H

#include "consent/consent.h"
#include "engine/outbox.h"
#include "engine/pass.h"
#include "model/notice.h"

struct notice {
	enum notice_kind kind;
	const struct handoff *handoff; /* it is about; NULL: none */
	struct str address, purpose, zone;
	int64_t expires_us;
	uint64_t again; /* number of the one it says again; 0: none */
};
/* Makes it for the lead in hand and hands it over, unless the kill switch holds it. */
MUST_USE enum status notice_send(struct pass *p, const struct notice *n, struct err *e);
/* Asks the person in hand to confirm what this event has left pending. */
MUST_USE enum status notice_confirm(struct pass *p, const struct consent_change *said,
				    struct err *e);
/* What consent says of asking: only CONSENT_RULE_PENDING lets a confirmation leave. */
struct consent_verdict notice_confirmable(const struct consent_view *v, struct str purpose,
					  int64_t now_us);
/* One that waited is due (TABLE_DUE), or was held by the kill switch, which is lifted. */
MUST_USE enum status notice_due(struct pass *p, uint64_t message, struct err *e);
/* The row has moved (the far side answered, or somebody cancelled it): if it is to go again, it
 * waits for its time. `was`: where it stood. */
MUST_USE enum status notice_told(struct pass *p, const struct message *m, struct outbox_place was,
				 struct err *e);
/* One that failed, once more: a new row that names it, under the id the receiver knows. Its lead is
 * taken in hand. ST_CONFLICT: it is still on its way, or has arrived. */
MUST_USE enum status notice_again(struct pass *p, uint64_t message, struct err *e);
/* How long it waits for its next try. */
int64_t notice_retry_us(const struct message *m);

#endif
