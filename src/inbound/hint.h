/* SPDX-License-Identifier: Apache-2.0
 * hint.h: whose message is it? Tokens in addresses of ours, and Message-IDs.
 */
#ifndef INBOUND_HINT_H
#define INBOUND_HINT_H

#include "inbound/inbound.h"
#include "inbound/letter.h"

/* Fills tokens, ids, original_id and the sender's fields of *out. */
void hint_read(const struct mail *m, const struct letter *letter, const struct inbound_conf *conf,
	       struct inbound *out);

#endif
