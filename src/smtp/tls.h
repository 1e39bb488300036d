/* SPDX-License-Identifier: Apache-2.0
 * tls.h: TLS over a socket that does not block. Names nothing of the library underneath.
 *
 * A context belongs to a relay, a session to a connection. Verified means: a chain to the CA file
 * (or the system's) and the name in the certificate; there is no half of it.
 * Thread: the loop's; the process must not die of SIGPIPE there (pool.c blocks it).
 */
#ifndef SMTP_TLS_H
#define SMTP_TLS_H

#include "base/status.h"

#include <stddef.h>

struct smtp_tls_context;
struct smtp_tls;

enum smtp_io { SMTP_IO_DONE, SMTP_IO_WANT_READ, SMTP_IO_WANT_WRITE, SMTP_IO_END, SMTP_IO_ERROR };

/* `ca_path` NULL: the system's. ST_IO: it cannot be read. */
MUST_USE enum status smtp_tls_context_create(const char *ca_path, bool verify,
					     struct smtp_tls_context **out, struct err *e);
void smtp_tls_context_destroy(struct smtp_tls_context **c);

/* `name` is a host name, or an address as text; both are checked as such when verifying. */
MUST_USE enum status smtp_tls_open(struct smtp_tls_context *c, int fd, const char *name,
				   struct smtp_tls **out, struct err *e);
void smtp_tls_close(struct smtp_tls **t); /* says goodbye if it can without waiting */
enum smtp_io smtp_tls_handshake(struct smtp_tls *t, struct err *e);
/* DONE: *n_r bytes, at least one. After WANT_WRITE the same bytes, or more, must come again. */
enum smtp_io smtp_tls_read(struct smtp_tls *t, void *p, size_t room, size_t *n_r, struct err *e);
enum smtp_io smtp_tls_write(struct smtp_tls *t, const void *p, size_t n, size_t *n_r,
			    struct err *e);

#endif
