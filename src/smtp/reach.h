/* SPDX-License-Identifier: Apache-2.0
 * reach.h: does a mail server answer at all? For doctor: blocks, and says nothing to the server but
 * good-bye.
 */
#ifndef SMTP_REACH_H
#define SMTP_REACH_H

#include "base/status.h"

#include <stdint.h>

/* Connects, and unless TLS comes first waits for a greeting of 220. ST_UNAVAILABLE says how far it
 * came; ST_NOT_FOUND: the name is not known. */
MUST_USE enum status smtp_reach(const char *host, uint16_t port, bool tls_first, int timeout_ms,
				struct err *e);

#endif
