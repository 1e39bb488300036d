/* SPDX-License-Identifier: Apache-2.0
 * http_post.h: requests that leave: many at once, on one thread, none of which waits for another.
 *
 * Posts JSON to addresses the caller was given by somebody it trusts. Names nothing of the library
 * underneath. No redirect is followed, no proxy and no cookie is used, and of an answer nothing is
 * kept but its status: what stands behind an address stays there.
 *
 *   P1  Each job taken is told of exactly once, also when the poster is destroyed.
 *   P2  One address has at most `each_max` requests under way: one that is slow slows no other.
 * Thread: http_post_send from any; `done` is called on the poster's own.
 */
#ifndef NET_HTTP_POST_H
#define NET_HTTP_POST_H

#include "base/status.h"
#include "base/str.h"

#define HTTP_POST_HEADERS_MAX 8
#define HTTP_POST_WHY_MAX 200

struct http_post_result {
	uint64_t id;
	/* ST_OK: an answer came, `http` is its status. ST_UNAVAILABLE: nobody answers there, or
	 * the poster was stopped; ST_TIMEOUT; ST_UNCERTAIN: the answer was lost; ST_INVALID: no
	 * address; ST_DENIED: the certificate is wrong. */
	enum status status;
	int http;
	int64_t retry_after_s; /* 0: not said */
	char why[HTTP_POST_WHY_MAX];
};

struct http_post_conf {
	size_t jobs_max; /* waiting and under way */
	size_t each_max; /* under way, to one address */
	int64_t connect_timeout_us, timeout_us;
	const char *ca_path; /* PEM to check certificates with; NULL: the system's */
	void (*done)(void *ctx, const struct http_post_result *r);
	void *ctx;
};
#define HTTP_POST_CONF_DEFAULT \
	((struct http_post_conf){.jobs_max = 1024, \
				 .each_max = 8, \
				 .connect_timeout_us = 10 * INT64_C(1000000), \
				 .timeout_us = 20 * INT64_C(1000000)})

struct http_post_job {
	uint64_t id;
	struct str url;
	struct str
		headers[HTTP_POST_HEADERS_MAX]; /* "name: value"; the first empty one ends them */
	struct str body;
};

struct http_post;

MUST_USE enum status http_post_create(const struct http_post_conf *conf, struct http_post **out,
				      struct err *e);
/* What is waiting or under way is told as ST_UNAVAILABLE. Accepts NULL inside; leaves NULL. */
void http_post_destroy(struct http_post **p);
/* Copies the job. ST_LIMIT: there are too many already; nothing was taken. */
MUST_USE enum status http_post_send(struct http_post *p, const struct http_post_job *job,
				    struct err *e);

#endif
