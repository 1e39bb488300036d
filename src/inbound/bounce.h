/* SPDX-License-Identifier: Apache-2.0
 * bounce.h: what a report says of each recipient, be it in the standard's fields or in a mail
 * server's own words.
 */
#ifndef INBOUND_BOUNCE_H
#define INBOUND_BOUNCE_H

#include "inbound/inbound.h"
#include "inbound/letter.h"

/* One recipient found in free text, and the words that belong to it. */
struct dialect_hit {
	struct str address, words;
};

/* Recipients a free-text report names, in order; at most `max`. `sender` is who the report went
 * to and `daemon` who sent it: neither is a failed recipient while there is another. */
struct dialect_in {
	struct str text;
	struct str sender, daemon;
};
size_t dialect_read(const struct dialect_in *in, struct arena *a, struct dialect_hit *hits,
		    size_t max);

/* Fills recipients of *out from a message that is known to be a report. */
void bounce_read(const struct mail *m, const struct letter *letter, struct arena *a,
		 struct inbound *out);
/* Blocks of Final-Recipient fields anywhere in the message? */
bool bounce_has_fields(const struct mail *m);

#endif
