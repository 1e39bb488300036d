/* SPDX-License-Identifier: Apache-2.0
 * stream.h: a TCP connection of the fetcher, plain or TLS, whose every wait ends: at its deadline,
 * or when somebody says stop.
 */
#ifndef INBOUND_STREAM_H
#define INBOUND_STREAM_H

#include "base/status.h"
#include "base/str.h"

struct stream;

struct stream_conf {
	const char *host; /* also the name the certificate must have */
	unsigned port;
	const char *ca_path; /* PEM; NULL: the system's */
	int64_t timeout_us;  /* of each wait */
	int stop_fd;         /* readable: stop */
};

/* Connected, not yet TLS. ST_UNAVAILABLE: nobody answers there; ST_TIMEOUT; ST_INVALID: the
 * certificates at ca_path cannot be read. */
MUST_USE enum status stream_open(const struct stream_conf *conf, struct stream **out,
				 struct err *e);
void stream_close(struct stream **s); /* accepts NULL */
/* From here on TLS 1.2 or newer, certificate and name verified. ST_DENIED: they are wrong. */
MUST_USE enum status stream_secure(struct stream *s, struct err *e);
bool stream_is_secure(const struct stream *s);

/* At least one byte. ST_UNAVAILABLE: the peer hung up, or stop; ST_TIMEOUT. */
MUST_USE enum status stream_read(struct stream *s, char *p, size_t bytes_max, size_t *got_r,
				 struct err *e);
MUST_USE enum status stream_write(struct stream *s, struct str bytes, struct err *e); /* all */
/* Waits until there is something to read. ST_TIMEOUT: there was not; ST_UNAVAILABLE: stop. */
MUST_USE enum status stream_wait(struct stream *s, int64_t timeout_us, struct err *e);

#endif
