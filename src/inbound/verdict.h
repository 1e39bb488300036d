/* SPDX-License-Identifier: Apache-2.0
 * verdict.h: why was it not delivered, and for good? From the words, codes and command of one
 * recipient's refusal.
 */
#ifndef INBOUND_VERDICT_H
#define INBOUND_VERDICT_H

#include "inbound/inbound.h"

/* The SMTP command a refusal answered. */
enum verdict_command {
	VERDICT_COMMAND_NONE, /* not said */
	VERDICT_CONNECT,
	VERDICT_MAIL,
	VERDICT_RCPT,
	VERDICT_DATA
};

struct verdict_in {
	struct str words;   /* the refusal itself */
	struct str context; /* the text around it, for what the words leave out */
	struct str status;  /* the Status field, if any */
};

/* Fills reason, hard, reply, status and diagnostic of *r; r->action is already known. */
void verdict_of(const struct verdict_in *in, struct arena *a, struct inbound_recipient *r);
/* Is there anything in the words that could decide: a code or a known phrase? */
bool verdict_knows(struct str words, struct arena *a);

#endif
