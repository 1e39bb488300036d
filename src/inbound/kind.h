/* SPDX-License-Identifier: Apache-2.0
 * kind.h: what sort of message is it? One question for each kind, asked in order.
 */
#ifndef INBOUND_KIND_H
#define INBOUND_KIND_H

#include "inbound/inbound.h"
#include "inbound/letter.h"

/* What the questions are asked about. `out` has sender, subject, tokens and the new text. */
struct kind_in {
	const struct mail *mail;
	const struct letter *letter;
	const struct inbound *out;
	struct arena *arena;
};

/* Each answers NULL for no, else the rule that fits. */
const char *kind_bounce(const struct kind_in *in);
const char *kind_complaint(const struct kind_in *in);
const char *kind_auto_reply(const struct kind_in *in);
const char *kind_notification(const struct kind_in *in);
const char *kind_list(const struct kind_in *in);
const char *kind_unsubscribe(const struct kind_in *in);
const char *kind_reply(const struct kind_in *in);

#endif
