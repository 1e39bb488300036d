/* SPDX-License-Identifier: Apache-2.0
 * internal.h: what the files of the pool share; nobody else includes it.
 *
 * A job is a mail in hand. It is in exactly one place: with a caller's list of new ones, in the
 * waiting line of its server, or in a conversation. All but that first list belongs to the loop.
 *
 *   state of a conversation   leaves it by
 *   CONNECTING   the kernel says so      -> GREETING, or HANDSHAKE with TLS from the first byte
 *   HANDSHAKE    keys agreed             -> GREETING, or EHLO after STARTTLS
 *   GREETING     220                     -> EHLO
 *   EHLO, HELO   250                     -> STARTTLS, AUTH*, or ready
 *   STARTTLS     220                     -> HANDSHAKE
 *   AUTH_PLAIN, AUTH_LOGIN, AUTH_USER, AUTH_PASSWORD  235 -> ready
 *   IDLE         a job                   -> RSET, MAIL
 *   RSET, MAIL, RCPT, DATA  replies      -> BODY, or ready for the next job
 *   BODY         all bytes in the kernel -> DOT
 *   DOT          the answer              -> ready, or MAIL of the job ahead; CLOSED when that one
 *                                           was taken back
 *   QUIT         221, or the deadline    -> CLOSED
 * "Ready" is smtp_talk_next(): the next waiting job, or IDLE, or QUIT. From any state a failure
 * leads through smtp_conn_fail() to CLOSED. With PIPELINING the commands of MAIL, RCPT and DATA
 * are written together; the states then only say whose reply is awaited. Where a server is quick
 * they are written behind the message before them (RFC 2920 section 3.1): `ahead` is the job they
 * belong to.
 */
#ifndef SMTP_INTERNAL_H
#define SMTP_INTERNAL_H

#include "base/buf.h"
#include "smtp/reply.h"
#include "smtp/smtp.h"
#include "smtp/tls.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define SMTP_IN_BYTES (2 * SMTP_REPLY_BYTES_MAX)
#define SMTP_PIECE_BYTES (64u << 10) /* of a message, at most, waiting in memory for the kernel */
#define SMTP_OUT_BYTES (2 * SMTP_PIECE_BYTES)
#define SMTP_ADDRESSES_MAX 8
#define SMTP_AHEAD_WAITS 4 /* quick_us, so often: then the job ahead goes back to the line */

struct smtp_job {
	struct smtp_job *next;
	struct smtp_server *server;
	uint64_t id;
	struct buf envelope; /* return path, NUL, recipients each with a NUL */
	size_t rcpt_count;
	uint64_t open, accepted; /* recipients without a result; those the server took */
	struct str bytes;
	size_t place;
	int64_t since_us; /* in the waiting line */
	bool eight_bit, utf8;
	bool again;    /* went back to the line once, because a kept connection was dead */
	bool in_doubt; /* refused behind a message, and not yet tried alone */
	bool dot_sent; /* S2: from here on a lost answer means UNCERTAIN */
};

enum conn_state {
	CONN_CONNECTING,
	CONN_HANDSHAKE,
	CONN_GREETING,
	CONN_EHLO,
	CONN_HELO,
	CONN_STARTTLS,
	CONN_AUTH_PLAIN,
	CONN_AUTH_LOGIN,
	CONN_AUTH_USER,
	CONN_AUTH_PASSWORD,
	CONN_IDLE,
	CONN_RSET,
	CONN_MAIL,
	CONN_RCPT,
	CONN_DATA,
	CONN_BODY,
	CONN_DOT,
	CONN_QUIT,
	CONN_CLOSED,
	CONN_STATE_COUNT
};

struct smtp_conn {
	struct smtp_pool *pool;
	struct smtp_server *server;
	struct smtp_conn *prev, *next; /* of all; after CLOSED, of the dead */
	struct smtp_conn *next_idle;
	bool kept;   /* in the server's list of idle ones */
	bool rested; /* was kept at least once */
	enum conn_state state;
	int fd;
	struct smtp_tls *tls;
	size_t address, addresses_tried;
	int64_t deadline_us; /* monotonic */
	char *in;            /* SMTP_IN_BYTES */
	size_t in_at, in_n;  /* not yet read */
	struct buf out;
	size_t out_at;      /* already in the kernel */
	bool wants_out;     /* epoll also tells when it may write */
	bool ready;         /* was set up: its losses are its own and not the relay's */
	bool authenticated; /* or nothing to prove */
	bool secret;        /* a password is in `out` */
	bool in_clear;      /* was opened to do without TLS, after TLS failed */
	struct smtp_caps caps;
	struct smtp_job *job;
	struct smtp_job *ahead;  /* its envelope is written, behind the message of `job` */
	bool was_ahead;          /* that of `job` was, behind the message before it */
	bool gone;               /* a job ahead was taken back: no command fits any more */
	bool quick;              /* the last message was answered at once */
	int64_t dot_us;          /* when the message was out */
	size_t rcpt, rcpt_count; /* whose reply is awaited; of the transaction, job or not */
	unsigned messages;       /* begun here */
	bool mail_ok;            /* the server has a transaction open */
	bool rset_first;         /* and it must be forgotten before the next one */
	struct str body;         /* not yet in `out` */
	bool line_start, dot_queued;
	size_t dot_at; /* once it is queued: where the message ends in `out` */
};

enum lookup { LOOKUP_NONE, LOOKUP_WANTED, LOOKUP_RUNNING, LOOKUP_DONE };

struct smtp_address {
	struct sockaddr_storage at;
	socklen_t bytes;
};

/* What is known of a relay while the pool runs. */
struct smtp_server {
	struct smtp_relay conf; /* strings are ours */
	char *name;             /* "host:port" */
	struct smtp_tls_context *tls;
	struct smtp_job *first, **last; /* waiting line */
	size_t waiting;
	struct smtp_conn *idle;
	unsigned conns, opening; /* alive, those saying goodbye not counted; not yet ready */
	unsigned limit;          /* of connections: learned from refusals */
	int64_t limit_until_us, in_clear_until_us;
	struct smtp_address addresses[SMTP_ADDRESSES_MAX];
	size_t address_count, address_at;
	int64_t resolved_us; /* 0: never */
	bool numeric;
	bool one_by_one; /* it takes an envelope behind a message for an error */
	size_t doubts;   /* jobs in doubt whether it does: meanwhile none goes there */
	/* guarded by the pool's lock */
	enum lookup lookup;
	struct smtp_address found[SMTP_ADDRESSES_MAX];
	size_t found_count;
	char lookup_error[128];
};

struct smtp_pool {
	struct smtp_pool_conf conf;
	char *helo_name;
	struct smtp_server *servers;
	pthread_t loop, resolver;
	bool has_resolver;
	int epoll_fd, wake_fd;
	pthread_mutex_t lock;
	pthread_cond_t lookup_wanted;
	/* guarded by the lock */
	struct smtp_job *free, *incoming, **incoming_last;
	bool woken; /* for what is in `incoming` */
	size_t in_hand;
	bool stopping;
	/* the loop's */
	struct smtp_job *jobs; /* all of them */
	struct smtp_conn *conns, *dead;
	size_t conn_count;
	int64_t now_us, tick_us, stop_at_us; /* stop_at_us 0: running */
	bool reported;                       /* in this turn */
};

/* What ended a conversation: a reply, or words of ours. */
struct smtp_verdict {
	enum smtp_phase phase;
	const struct smtp_reply *reply; /* NULL: `text` */
	const char *text;
	struct smtp_enhanced enhanced; /* without a reply */
};

/* pool.c: results. Reports one recipient, or all that are open; then the job may be gone. */
void smtp_report_one(struct smtp_pool *p, struct smtp_job *j, size_t rcpt,
		     enum smtp_outcome outcome, const struct smtp_verdict *v);
void smtp_report_open(struct smtp_pool *p, struct smtp_job *j, enum smtp_outcome outcome,
		      const struct smtp_verdict *v);

/* What time alone brings: mail that waited too long, mail given back, deadlines. */
void smtp_pool_tick(struct smtp_pool *p);

/* server.c: who gets which mail. */
void smtp_server_add(struct smtp_pool *p, struct smtp_job *j);
void smtp_server_put_back(struct smtp_pool *p, struct smtp_job *j);
struct smtp_job *smtp_server_take(struct smtp_server *s); /* NULL: nothing waits */
void smtp_server_kick(struct smtp_pool *p, struct smtp_server *s);
void smtp_server_defer_all(struct smtp_pool *p, struct smtp_server *s,
			   const struct smtp_verdict *v);
/* A connection could not be made ready. */
void smtp_server_refused(struct smtp_pool *p, struct smtp_server *s, const struct smtp_verdict *v);
void smtp_server_tick(struct smtp_pool *p, struct smtp_server *s);
void smtp_server_unidle(struct smtp_conn *c);

/* resolve.c */
void smtp_resolve_want(struct smtp_pool *p, struct smtp_server *s);
void smtp_resolve_collect(struct smtp_pool *p);   /* on the loop: what the thread found */
void smtp_resolve_numeric(struct smtp_server *s); /* sets s->numeric */
void *smtp_resolver_main(void *pool);

/* conn.c: one connection's bytes. */
void smtp_conn_open(struct smtp_pool *p, struct smtp_server *s);
void smtp_conn_event(struct smtp_conn *c);
void smtp_conn_flush(struct smtp_conn *c);
void smtp_conn_overdue(struct smtp_conn *c);
void smtp_conn_handshake(struct smtp_conn *c);
void smtp_conn_fail(struct smtp_conn *c, const struct smtp_reply *r, const char *text);
void smtp_conn_close(struct smtp_conn *c); /* it has no job; memory goes at the end of the turn */
void smtp_conn_free_dead(struct smtp_pool *p);

/* talk.c: the dialogue. */
void smtp_conn_enter(struct smtp_conn *c, enum conn_state state);
enum smtp_phase smtp_conn_phase(const struct smtp_conn *c);
void smtp_talk_reply(struct smtp_conn *c, const struct smtp_reply *r);
void smtp_talk_secured(struct smtp_conn *c);   /* the handshake is done */
void smtp_talk_body_fill(struct smtp_conn *c); /* the next piece of the message into `out` */
void smtp_talk_next(struct smtp_conn *c);      /* ready for a job */
void smtp_talk_give_back(struct smtp_conn *c); /* the job ahead */
void smtp_talk_quit(struct smtp_conn *c);

#endif
