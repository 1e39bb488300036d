/* SPDX-License-Identifier: Apache-2.0
 * complaint.h: what a feedback report says.
 */
#ifndef INBOUND_COMPLAINT_H
#define INBOUND_COMPLAINT_H

#include "inbound/inbound.h"
#include "inbound/letter.h"

/* Fills feedback and recipients (who complained, as far as it is told) of *out from a message that
 * is known to be one. */
void complaint_read(const struct mail *m, const struct letter *letter, struct arena *a,
		    struct inbound *out);

#endif
