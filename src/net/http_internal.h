/* SPDX-License-Identifier: Apache-2.0
 * http_internal.h: what the files of the HTTP server share; nobody else includes it.
 *
 * A server is a set of threads, each with its own listener handle, its own libmicrohttpd daemon in
 * external-epoll form, its own connections and its own pool of requests: no lock is taken on the
 * way of a request. Only one thing crosses threads, a late reply, through a list that is pushed
 * with one compare-and-swap and emptied with one exchange. Why so: docs/decisions/http-server.md.
 *
 *   state of a request          leaves it by
 *   REQ_NEW       line read     http_request_headers   -> REQ_BODY, REQ_REPLYING or REQ_READY
 *   REQ_BODY      reading       http_request_complete  -> REQ_REPLYING or REQ_WAITING
 *   REQ_WAITING   suspended     http_thread_take_replies -> REQ_READY; thread_tick (deadline) too
 *   REQ_READY     answered      http_request_send      -> REQ_REPLYING
 *   REQ_REPLYING  bytes going   the library's "completed" -> pool, unless a reply is still owed
 */
#ifndef NET_HTTP_INTERNAL_H
#define NET_HTTP_INTERNAL_H

#include "base/map.h"
#include "net/gunzip.h"
#include "net/http_server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum req_state { REQ_NEW, REQ_BODY, REQ_WAITING, REQ_READY, REQ_REPLYING };

struct http_conn;

struct http_req {
	struct http_request pub; /* first: the caller's pointer is ours */
	struct http_thread *thread;
	struct http_conn *conn; /* NULL once the peer is gone and only a late reply is awaited */
	struct http_req *next;  /* in the pool, or in a chain of late replies */
	enum req_state state;
	bool owed;        /* http_reply_later has not arrived yet */
	bool expired;     /* the deadline answered instead */
	bool counted;     /* in the gauge of requests in hand */
	const char *line; /* where the library holds the target; see header_layout_ok */
	size_t line_bytes;
	size_t body_dropped; /* bytes above the ceiling */
	bool shed;           /* dropped because all bodies together were too many */
	int64_t began_us;    /* monotonic, end of the headers */
	struct arena arena;
	struct buf body, plain; /* as received; after gzip */
	struct http_reply reply;
};

struct http_conn {
	struct http_thread *thread;
	struct MHD_Connection *mhd;
	struct http_conn *prev, *next;
	struct http_req *req; /* NULL between requests */
	int fd;
	int64_t deadline_us; /* monotonic: after it the peer was too slow for what it is doing */
	uint64_t ip_key;
	bool loopback, closing;
	char ip[48];
};

struct http_thread {
	struct http_server *server;
	unsigned index;
	pthread_t id;
	struct MHD_Daemon *mhd;
	struct gunzip *gunzip;
	int epoll_fd, wake_fd;
	_Atomic unsigned serves; /* connections it has or is about to get; the first thread adds */
	_Atomic(struct http_arrival *) arrivals; /* pushed by the first thread, last first */
	bool accept_paused;                      /* the first thread's: until the next tick */
	_Atomic(struct http_req *) late;         /* replies pushed by others, last first */
	struct http_conn *conns;
	size_t conn_count;
	unsigned coming;   /* given to the library this turn and not opened yet */
	size_t owed_count; /* HTTP_LATER given and not yet paid back */
	struct http_req *pool;
	size_t pool_count, pool_bytes; /* what the pool holds on to */
	size_t body_bytes;             /* of all requests in hand, as received */
	uint64_t next_id;
	int64_t now_us, tick_us; /* monotonic; of this turn, and when the next tick is due */
	bool draining;
};

struct http_server {
	struct http_server_conf conf;
	struct http_handler handler;
	struct metrics *metrics;
	struct http_thread threads[HTTP_THREADS_MAX];
	unsigned started;
	int listen_fd;
	uint16_t port;
	char *tls_cert, *tls_key;
	uint64_t id_salt;
	_Atomic int64_t stop_at_us; /* 0: running; else monotonic end of the grace */
	pthread_mutex_t ip_lock; /* guards the two below; taken when connections open and close */
	struct u64map ip_count;
	size_t conn_count;
};

struct http_fixed {
	int status;
	struct MHD_Response *response, *closing; /* the second says Connection: close */
};

static inline struct http_req *http_req_of(struct http_request *r)
{
	return (struct http_req *)(void *)r;
}

/* http_request.c: one request, on its own thread. */
struct http_req *http_req_take(struct http_thread *t);
void http_req_give_back(struct http_req *r); /* the connection is done with it */
void http_req_finish(struct http_req *r);    /* frees; for the end of the thread */
enum MHD_Result http_request_headers(struct http_req *r, struct MHD_Connection *mhd,
				     const char *method, const char *version);
void http_request_body(struct http_req *r, const char *p, size_t n);
enum MHD_Result http_request_complete(struct http_req *r, struct MHD_Connection *mhd);
enum MHD_Result http_request_send(struct http_req *r, struct MHD_Connection *mhd);
void http_request_expire(struct http_req *r); /* its reply is overdue: 503 */

/* http_check.c: may the server believe these headers? */
struct http_check {
	struct str host, content_length, transfer_encoding, content_encoding, content_type, expect,
		forwarded;
	unsigned content_lengths, transfer_encodings, hosts;
	bool via_proxy;
};
struct http_refusal {
	enum status status;
	int http_status;
	const char *why; /* static text */
};
/* Fills pub.headers and the checks. `method` and `version` are the library's own pointers into its
 * buffer. False: *no says why not. */
bool http_check_headers(struct http_req *r, struct MHD_Connection *mhd, const char *method,
			const char *version, struct http_check *c, struct http_refusal *no);

/* http_reply.c: struct http_reply to the library's response. */
enum MHD_Result http_reply_queue(struct http_req *r, struct MHD_Connection *mhd,
				 const struct http_reply *reply);
void http_reply_refusal(struct http_req *r, const struct http_refusal *no,
			struct http_reply *reply);

/* http_tls.c: s->tls_cert and s->tls_key from the files of the settings; nothing without them. */
MUST_USE enum status http_tls_load(struct http_server *s, struct err *e);
void http_tls_unload(struct http_server *s); /* wiped */

/* http_thread.c */
void http_thread_wake(struct http_thread *t); /* from any thread */
void http_thread_take_replies(struct http_thread *t);
void *http_thread_main(void *thread);

/* http_accept.c: new connections. The first thread takes them in; all serve them. */
void http_accept_look(struct http_thread *t, bool on); /* at the listening socket; may be off */
void http_accept_new(struct http_thread *t);
void http_accept_arrivals(struct http_thread *t); /* what others took in for this one */
void http_accept_settle(struct http_thread *t);   /* after the library ran: all have opened */
void http_accept_drop(struct http_thread *t);     /* the thread has ended */

/* http_conn.c: connections and their ceilings; called by the library. */
enum MHD_Result http_conn_accept(void *server, const struct sockaddr *addr, socklen_t bytes);
void http_conn_notify(void *thread, struct MHD_Connection *mhd, void **socket_context,
		      enum MHD_ConnectionNotificationCode what);
/* The library tells of a request's end before the next begins and before its connection ends, but
 * now and then it drops one without a word: then this is its end. */
void http_conn_forget(struct http_conn *c);
void http_conn_shutdown(struct http_conn *c);

#endif
