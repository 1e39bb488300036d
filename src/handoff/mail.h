/* SPDX-License-Identifier: Apache-2.0
 * mail.h: what the system itself writes: to a rep about a lead, to a person who must confirm.
 *
 *   W1  Every value is escaped; nothing a lead wrote becomes markup, a header or a link.
 *   W2  Nothing is tracked: no picture, no counted link. A link shows a page; only its form acts.
 *   W3  A rep's mail says who and why now, that automated messages have stopped, and until when it
 *       is theirs. An answer to it goes to the lead.
 *
 * Pure: subject, text, HTML, who it is to and where answers go are filled; id, date, sender and
 * dice are the caller's. Memory: the caller's arena.
 */
#ifndef HANDOFF_MAIL_H
#define HANDOFF_MAIL_H

#include "base/tz.h"
#include "handoff/brief.h"
#include "mime/mime.h"
#include "model/notice.h"
#include "observe/link.h"

struct handoff_mail {
	enum notice_kind kind; /* HANDOFF, REMINDER or LOST */
	const struct brief *brief;
	struct str to; /* the rep it is for: of LOST not who has it now */
	const struct tz *zone;
	struct str zone_name;
	struct str answers[LINK_REP_COUNT]; /* addresses of the pages; empty: left out */
};
MUST_USE enum status handoff_mail(const struct handoff_mail *in, struct arena *a,
				  struct mime_mail *out, struct err *e);

struct confirm_mail {
	struct str to, sender, postal_address, purpose;
	struct str url; /* of the page that confirms */
	int64_t asked_us;
	const struct tz *zone;
	struct str zone_name;
};
MUST_USE enum status confirm_mail(const struct confirm_mail *in, struct arena *a,
				  struct mime_mail *out, struct err *e);

#endif
