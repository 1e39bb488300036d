/* SPDX-License-Identifier: Apache-2.0
 * http_server.h: the HTTP/1.1 door. One request in, one reply out, now or later.
 *
 * Narrow on purpose: nothing here names the library underneath, so that it can be swapped. The
 * server reads a request whole, within ceilings, refuses what two readers could understand
 * differently, and hands over plain views. The life of a request:
 *
 *   headers whole --admit--> body whole --handle--> HTTP_ANSWERED --------------> bytes out
 *         |                                    `--> HTTP_LATER --http_reply_later-> bytes out
 *         `--HTTP_ANSWERED (refused before a byte of the body was read)----------> bytes out
 *
 *   H1  admit and handle run on a server thread and must not block.
 *   H2  A request that was answered HTTP_LATER stays valid until http_reply_later (or a batch) has
 *       been called for it, exactly once, from any thread. It is then gone for the caller.
 *   H3  Everything a request owns lives in its arena and dies with the reply.
 *   H4  A reply that comes after conf.reply_timeout_us is dropped: the client has had its 503. The
 *       call is still owed. What the request asked for may have happened: clients send it again.
 *   H5  Stopping answers every request in hand, then closes; http_server_stop returns after that.
 * Thread: create, stop and destroy from one thread.
 */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "base/arena.h"
#include "base/metrics.h"
#include "base/status.h"

#define HTTP_THREADS_MAX 16
#define HTTP_HEADERS_MAX 64 /* headers of one request; more get 431 */
#define HTTP_QUERY_MAX 64   /* query parameters of one request; more get 400 */
#define HTTP_REPLY_HEADERS_MAX 12
#define HTTP_REPLY_VALUE_MAX 2048 /* bytes of one reply header's value */

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHOD_COUNT
};

enum http_verdict {
	HTTP_GO_ON,    /* admit only: read the body, then call handle */
	HTTP_ANSWERED, /* the reply is filled */
	HTTP_LATER     /* handle only: http_reply_later will be called */
};

struct http_pair {
	struct str name, value;
};

struct http_request {
	enum http_method method;
	struct str
		path; /* decoded, starts with '/', UTF-8, without "." and ".." segments, NUL, '\' */
	struct str target; /* as sent, query included; personal data may be in it: not for logs */
	struct str query_raw;          /* behind the '?', as sent */
	const struct http_pair *query; /* decoded, in order */
	size_t query_count;
	const struct http_pair *headers; /* in order; names as sent, compare without case */
	size_t header_count;
	struct str media_type; /* of Content-Type, lower case, without parameters */
	struct str body;       /* in handle: whole, gzip undone; NUL-terminated */
	bool gzip;             /* the body came compressed */
	struct str remote_ip;  /* text; the event's ip, never a log's */
	bool remote_is_local;  /* loopback, and no proxy said it forwards */
	int64_t received_us;   /* wall clock at the end of the headers */
	uint64_t id;           /* unique in this process; see http_request_id */
	size_t body_bytes_max; /* admit sets it (0: no body allowed); after gzip too */
	struct arena *arena;   /* ceiling conf.arena_bytes_max */
	void *user;            /* admit and handle may keep a pointer here */
};

/* Memory of a reply must live until the bytes are out: the request's arena, or static. */
struct http_reply {
	int status;
	const char *content_type; /* NULL: none */
	struct str body;
	struct http_pair headers[HTTP_REPLY_HEADERS_MAX]; /* values without control characters */
	size_t header_count;
	const struct http_fixed *fixed; /* when set, all of the above is ignored */
	bool close;                     /* no further request on this connection */
};

/* A reply that never varies, built once: the cheap way to say {"success":true}. Owned by the
 * server it was made for, which must not be destroyed while a reply of it is on its way. */
struct http_fixed;

struct http_handler {
	void *ctx;
	/* Headers are whole, the body is not. Returns HTTP_GO_ON and sets req->body_bytes_max, or
	 * fills the reply and returns HTTP_ANSWERED. Mandatory. */
	enum http_verdict (*admit)(void *ctx, struct http_request *req, struct http_reply *reply);
	/* The body is whole. Mandatory. */
	enum http_verdict (*handle)(void *ctx, struct http_request *req, struct http_reply *reply);
	/* Shapes the server's own refusals (400, 413, 415, 431, 503 ...): fills content type,
	 * headers and body from reply->status and `why`. Optional; plain text without it. */
	void (*refuse)(void *ctx, struct http_request *req, enum status st, const char *why,
		       struct http_reply *reply);
};

struct http_server_conf {
	const char *address;                      /* "127.0.0.1", "::", "0.0.0.0" */
	uint16_t port;                            /* 0: any free one, see http_server_port */
	const char *tls_cert_path, *tls_key_path; /* PEM; both or neither. TLS 1.2 and up */
	unsigned threads;                         /* 1 .. HTTP_THREADS_MAX */
	unsigned connections_max, connections_per_ip_max;
	size_t header_bytes_max;    /* request line and headers; above: 431 or 414 */
	size_t bodies_bytes_max;    /* of all requests in hand together; above: 429 */
	size_t arena_bytes_max;     /* per request; at least 64 KB and 8 x header_bytes_max */
	unsigned inflate_ratio_max; /* gzip: output may be so many times the input, above 64 KB */
	int64_t header_timeout_us;  /* connect or request line to the end of the headers */
	int64_t body_timeout_us;    /* end of headers to the end of the body */
	int64_t reply_timeout_us;   /* HTTP_LATER to http_reply_later, else 503 */
	int64_t write_timeout_us;   /* reply to its last byte taken by the peer */
	int64_t idle_timeout_us;    /* between two requests of one connection */
	unsigned
		forwarded_hops; /* proxies of ours in front: remote_ip comes from X-Forwarded-For */
};
#define HTTP_SERVER_CONF_DEFAULT \
	((struct http_server_conf){ \
		.address = "127.0.0.1", \
		.port = 8080, \
		.threads = 2, \
		.connections_max = 4096, \
		.connections_per_ip_max = 1024, \
		.header_bytes_max = 8 << 10, \
		.bodies_bytes_max = 256 << 20, \
		.arena_bytes_max = 16 << 20, \
		.inflate_ratio_max = 100, \
		.header_timeout_us = 10 * INT64_C(1000000), \
		.body_timeout_us = 30 * INT64_C(1000000), \
		.reply_timeout_us = 30 * INT64_C(1000000), \
		.write_timeout_us = 30 * INT64_C(1000000), \
		.idle_timeout_us = 75 * INT64_C(1000000), \
	})

struct http_server;

/* Listens and serves from its own threads. conf and handler are copied; handler.ctx and m (may be
 * NULL) are borrowed. ST_INVALID names a bad setting, ST_IO what could not be bound or read. */
MUST_USE enum status http_server_create(const struct http_server_conf *conf,
					const struct http_handler *handler, struct metrics *m,
					struct http_server **out, struct err *e);
uint16_t http_server_port(const struct http_server *s);
/* No new connections; requests in hand are answered until `grace_us` is over; then all is closed.
 * Returns when no request is left, so whoever owes replies must still be running. */
void http_server_stop(struct http_server *s, int64_t grace_us);
void http_server_destroy(struct http_server **s); /* stops at once when it still runs */

/* Reply to a request that was HTTP_LATER. Any thread; exactly once. */
void http_reply_later(struct http_request *req, const struct http_reply *reply);

/* Many replies with one wake-up per server thread: for whoever answers after a group commit. */
struct http_replies {
	struct http_batch_chain {
		struct http_thread *thread;
		struct http_request *head, *tail;
	} chain[HTTP_THREADS_MAX];
	unsigned count;
};
void http_replies_init(struct http_replies *b);
void http_replies_add(struct http_replies *b, struct http_request *req,
		      const struct http_reply *reply);
void http_replies_send(struct http_replies *b); /* empties b */

MUST_USE enum status http_fixed_create(const struct http_reply *reply, struct http_fixed **out,
				       struct err *e); /* copies everything */
void http_fixed_destroy(struct http_fixed **f);

/* Value of the first header or query parameter of that name; p == NULL when absent. */
struct str http_header(const struct http_request *req, const char *name); /* case-insensitive */
struct str http_query(const struct http_request *req, const char *name);
/* The value must be one a header can have (http_reply_value_ok): outside data is asked first. */
void http_reply_header(struct http_reply *reply, const char *name, struct str value);
bool http_reply_value_ok(struct str value);
#define HTTP_REQUEST_ID_BYTES 20
const char *http_request_id(const struct http_request *req, char out[HTTP_REQUEST_ID_BYTES]);
const char *http_method_name(enum http_method method);

#endif
