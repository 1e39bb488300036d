/* SPDX-License-Identifier: Apache-2.0
 * http_client.h: one request at a time to one daemon, waited for. What the command line speaks
 * with; outgoing traffic of the engine has its own loop.
 *
 * Names nothing of the library underneath. No redirect is followed, no proxy and no cookie is
 * used: the daemon it was told to ask is the one that gets the token.
 * Thread: one at a time per client.
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/arena.h"
#include "base/status.h"

struct http_client_conf {
	const char *base_url;     /* "http://127.0.0.1:8080", without a path */
	const char *bearer_token; /* NULL: none */
	const char *ca_path; /* PEM to check the daemon's certificate with; NULL: the system's */
	int64_t connect_timeout_us, timeout_us;
	size_t answer_bytes_max;
};
#define HTTP_CLIENT_CONF_DEFAULT \
	((struct http_client_conf){ \
		.base_url = "http://127.0.0.1:8080", \
		.connect_timeout_us = 3 * INT64_C(1000000), \
		.timeout_us = 60 * INT64_C(1000000), \
		.answer_bytes_max = 16 << 20, \
	})

struct http_answer {
	int status;
	struct str content_type, body; /* in the caller's arena */
	int64_t retry_after_s;         /* 0: not said */
};

struct http_client;

MUST_USE enum status http_client_create(const struct http_client_conf *conf,
					struct http_client **out, struct err *e);
void http_client_destroy(struct http_client **c);

/* ST_OK: an answer came, whatever its status. ST_UNAVAILABLE: nobody answers there; ST_TIMEOUT;
 * ST_UNCERTAIN: the request went out and the answer was lost, so it may have been done; ST_LIMIT:
 * the answer is larger than allowed; ST_INVALID: a bad URL; ST_DENIED: the certificate is wrong. */
MUST_USE enum status http_client_get(struct http_client *c, const char *path, struct arena *a,
				     struct http_answer *out, struct err *e);
MUST_USE enum status http_client_post(struct http_client *c, const char *path, struct str json,
				      struct arena *a, struct http_answer *out, struct err *e);
MUST_USE enum status http_client_delete(struct http_client *c, const char *path, struct arena *a,
					struct http_answer *out, struct err *e);

#endif
