/* SPDX-License-Identifier: Apache-2.0
 * api.h: every address the daemon answers, as one table, and what all of them share.
 *
 * routes.def has a row per route. This room finds the row, lets the caller in or not, bounds the
 * body and shapes replies and errors; what a route means is a function in struct api_ops, wired by
 * app/. An operation nobody wired is not served and not in /openapi.json.
 *
 *   A1  A route's role is checked before its handler runs, and before a byte of the body is read.
 *       One exception: Segment's clients may put the key into the body. Then call->key_known is
 *       false and the handler must call api_auth_write_key before it believes anything.
 *   A2  Every error has the same envelope, with a code that never changes its meaning.
 *   A3  Only write-key routes answer other origins (CORS), and never with credentials.
 * Thread: handlers run on server threads and must not block; see net/http_server.h.
 */
#ifndef API_API_H
#define API_API_H

#include "api/keys.h"
#include "net/http_server.h"

enum api_role {
	API_PUBLIC,    /* anyone */
	API_LOCAL,     /* this machine, or an admin token */
	API_WRITE_KEY, /* a write key: Basic, Bearer, or in the body */
	API_DECIDE,    /* a decide key as Bearer */
	API_SIGNED,    /* the handler checks the sender's signature */
	API_ADMIN      /* an admin token as Bearer */
};

enum api_op {
#define ROUTE(op, method, pattern, role, body_max, types, tag, summary, request, reply) API_OP_##op,
#include "api/routes.def"
#undef ROUTE
	API_OP_COUNT
};

struct api;

/* One request on its way through a handler; lives in req->arena until the reply. */
struct api_call {
	struct api *api;
	struct http_request *req;
	enum api_op op;
	struct str param;   /* the part of the path the pattern calls {name}; decoded */
	bool key_known;     /* `key` is filled */
	struct api_key key; /* whose key it was */
	void *user;         /* the handler's own */
};

typedef enum http_verdict api_handler(void *ctx, struct api_call *call, struct http_reply *reply);

struct api_ops {
	void *ctx;
	api_handler *handler[API_OP_COUNT]; /* NULL: not served */
	/* True when events can be taken in; else *why_r says what is missing. NULL: always. */
	bool (*ready)(void *ctx, const char **why_r);
	/* Sets the numbers that are true only when they are looked at, just before /metrics is
	 * answered. NULL: there are none. */
	void (*measure)(void *ctx);
	/* The token of this machine's verbs (K4 of keys.h) was rotated: leave the new one where
	 * they look for it. NULL: nobody looks. */
	enum status (*new_local)(void *ctx, const struct key_secret *made, struct err *e);
};

#define API_ORIGINS_MAX 16
struct api_conf {
	const char *cors_origins[API_ORIGINS_MAX]; /* "https://www.example.com"; empty: any ("*") */
	size_t cors_origin_count;
	int64_t rate_per_s, rate_burst; /* requests per write or decide key; 0: no limit */
	size_t form_bytes_max, batch_bytes_max, event_bytes_max; /* 0: the table's own */
	bool metrics_public; /* /metrics for anyone, not only this machine and admins */
};

/* conf and ops are copied; keys and m are borrowed. Builds /openapi.json once. */
MUST_USE enum status api_create(const struct api_conf *conf, const struct api_ops *ops,
				struct keys *keys, struct metrics *m, struct api **out,
				struct err *e);
void api_destroy(struct api **a);
struct http_handler api_http_handler(struct api *a); /* what http_server_create wants */
struct str api_openapi(const struct api *a);

/* A write key found in a body. Fills call->key. ST_UNAUTHENTICATED, or ST_BUSY above its rate. */
MUST_USE enum status api_auth_write_key(struct api_call *call, struct str token, struct err *e);

/* --- Replies: each fills *reply with the headers every answer carries. From any thread. --- */

void api_reply_success(struct api_call *call, struct http_reply *reply); /* {"success":true} */
void api_reply_json(struct api_call *call, int status, struct str json, struct http_reply *reply);
void api_reply_bytes(struct api_call *call, const char *content_type, struct str body,
		     struct http_reply *reply);
void api_reply_redirect(struct api_call *call, struct str location,
			struct http_reply *reply); /* 303 */
/* 302: a link of ours leads on. False: that address cannot stand in a header; nothing is filled. */
bool api_reply_found(struct api_call *call, struct str location, struct http_reply *reply);
/* A page of ours for people, with the policy that goes with its elements. */
void api_reply_page(struct api_call *call, int status, struct str html, const char *csp,
		    struct http_reply *reply);

/* An error as the caller sees it. Unset texts are left out; code defaults to the status's name. */
struct api_problem {
	enum status status;
	const char *code;      /* "event_too_large": stable, snake case */
	struct str message;    /* what and where; never personal data */
	struct str param;      /* the field at fault */
	struct str fix;        /* how to mend it */
	const char *doc;       /* page or anchor */
	int64_t retry_after_s; /* > 0: Retry-After and X-RateLimit-Reset */
	int http_status;       /* 0: that of `status` */
};
void api_reply_problem(struct api_call *call, const struct api_problem *p,
		       struct http_reply *reply);
/* The same from a plain error. ST_BUSY, ST_UNAVAILABLE and ST_NO_SPACE say when to come again. */
void api_reply_err(struct api_call *call, const struct err *e, struct http_reply *reply);
/* 429: a queue is full. */
void api_reply_busy(struct api_call *call, int64_t retry_after_s, struct http_reply *reply);

#endif
