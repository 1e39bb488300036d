/* SPDX-License-Identifier: Apache-2.0
 * http_request.c: one request from its line to its reply. All of it runs on the thread that owns
 * the connection; the order of the functions is the order of a request's life. */
#include "net/http_internal.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "net/http_text.h"

#include <stdio.h>

#define POOL_MAX 1024                        /* idle requests kept for reuse, per thread */
#define POOL_BYTES_MAX ((size_t)8 << 20)     /* what all of them hold on to */
#define POOL_ONE_BYTES_MAX ((size_t)1 << 20) /* what one of them does */
#define ROOM_BYTES_MAX ((size_t)64 << 10)    /* set aside on a peer's word alone */
#define DROP_BYTES_MAX ((size_t)1 << 20) /* read above a body's ceiling so that 413 can be said */

static size_t held_bytes(const struct http_req *r)
{
	return r->arena.bytes_held + r->body.cap + r->plain.cap;
}

struct http_req *http_req_take(struct http_thread *t)
{
	struct http_req *r = t->pool;
	if (r != NULL) {
		t->pool = r->next;
		t->pool_count--;
		t->pool_bytes -= held_bytes(r);
	} else {
		r = mem_alloc(sizeof *r);
		arena_init(&r->arena, t->server->conf.arena_bytes_max);
	}
	r->next = NULL;
	r->thread = t;
	r->state = REQ_NEW;
	r->pub.arena = &r->arena;
	r->pub.id = hash_u64(t->server->id_salt + (t->next_id++ << 4) + t->index);
	return r;
}

static void let_go(struct http_req *r)
{
	arena_finish(&r->arena);
	buf_finish(&r->body);
	buf_finish(&r->plain);
}

void http_req_finish(struct http_req *r)
{
	let_go(r);
	mem_free(r);
}

static void uncount(struct http_req *r)
{
	if (!r->counted)
		return;
	r->counted = false;
	metrics_add(r->thread->server->metrics, METRIC_HTTP_IN_HAND, -1);
}

/* Memory that was needed once is kept for the next, within what the whole pool may hold. */
static void put_into_pool(struct http_thread *t, struct http_req *r)
{
	size_t held = held_bytes(r);
	if (held > POOL_ONE_BYTES_MAX || t->pool_bytes + held > POOL_BYTES_MAX)
		let_go(r);
	arena_reset(&r->arena);
	buf_reset(&r->body);
	buf_reset(&r->plain);
	struct http_req clean = {.arena = r->arena, .body = r->body, .plain = r->plain};
	*r = clean;
	r->next = t->pool;
	t->pool = r;
	t->pool_count++;
	t->pool_bytes += held_bytes(r);
}

void http_req_give_back(struct http_req *r)
{
	struct http_thread *t = r->thread;
	uncount(r);
	r->conn = NULL;
	if (r->owed)
		return; /* take_replies brings it here again */
	t->body_bytes -= r->body.n;
	if (t->pool_count < POOL_MAX)
		put_into_pool(t, r);
	else
		http_req_finish(r);
}

static void set_deadline(struct http_req *r, int64_t timeout_us)
{
	r->conn->deadline_us = r->thread->now_us + timeout_us;
}

static enum MHD_Result refuse(struct http_req *r, struct MHD_Connection *mhd,
			      const struct http_refusal *no)
{
	struct http_reply reply = {0};
	metrics_inc(r->thread->server->metrics, METRIC_HTTP_REFUSED);
	http_reply_refusal(r, no, &reply);
	return http_reply_queue(r, mhd, &reply);
}

/* --- headers --- */

static bool parse_line(struct http_req *r, const char *method, struct http_refusal *no)
{
	struct http_request *q = &r->pub;
	*no = (struct http_refusal){.status = ST_INVALID, .http_status = 400};
	struct err e;
	if (http_target_parse(q->target, &r->arena, &q->path, &q->query_raw, &e) != ST_OK ||
	    http_query_parse(q->query_raw, &r->arena, &q->query, &q->query_count, &e) != ST_OK) {
		no->why = arena_strz(&r->arena, str_of(e.text));
		return false;
	}
	if (!http_method_parse(str_of(method), &q->method)) {
		no->http_status = 501;
		no->why = "the method is not one this server knows";
		return false;
	}
	return true;
}

static bool apply_checks(struct http_req *r, const struct http_check *c, struct http_refusal *no)
{
	struct http_request *q = &r->pub;
	struct http_server *s = r->thread->server;
	q->media_type = http_media_type(c->content_type, &r->arena);
	if (q->media_type.p == NULL) {
		*no = (struct http_refusal){ST_INVALID, 400, "Content-Type is malformed"};
		return false;
	}
	q->gzip = str_eq_nocase(c->content_encoding, STR("gzip")) ||
		  str_eq_nocase(c->content_encoding, STR("x-gzip"));
	q->remote_ip = str_of(r->conn->ip);
	q->remote_is_local = r->conn->loopback && !c->via_proxy;
	if (s->conf.forwarded_hops > 0) {
		struct str ip = http_forwarded_ip(c->forwarded, s->conf.forwarded_hops);
		if (ip.p != NULL)
			q->remote_ip = ip;
	}
	return true;
}

/* Content-Length above the ceiling is told before a byte of the body is read. */
static bool check_length(struct http_req *r, const struct http_check *c, struct http_refusal *no)
{
	uint64_t announced = 0;
	if (c->content_lengths == 1 && !str_to_u64(c->content_length, &announced))
		announced = UINT64_MAX;
	if (announced > r->pub.body_bytes_max ||
	    (c->transfer_encodings && r->pub.body_bytes_max == 0)) {
		*no = (struct http_refusal){ST_LIMIT, 413,
					    "the body is larger than this route takes"};
		return false;
	}
	size_t room = announced < ROOM_BYTES_MAX ? (size_t)announced : ROOM_BYTES_MAX;
	buf_reset(&r->body);
	r->body.bytes_max = r->pub.body_bytes_max + 1;
	(void)buf_reserve(&r->body, room + 1); /* the ceiling was checked */
	return true;
}

/* The library ends a connection it answers before a body was read: right when one is on its way, a
 * waste when none is. So without a body the answer waits for the library's next call. */
static enum MHD_Result answer_early(struct http_req *r, struct MHD_Connection *mhd,
				    const struct http_check *c, const struct http_reply *reply)
{
	bool body = c->transfer_encodings > 0 ||
		    (c->content_lengths > 0 && !str_eq(c->content_length, STR("0")));
	if (body)
		return http_reply_queue(r, mhd, reply);
	r->reply = *reply;
	r->state = REQ_READY;
	return MHD_YES;
}

enum MHD_Result http_request_headers(struct http_req *r, struct MHD_Connection *mhd,
				     const char *method, const char *version)
{
	struct http_server *s = r->thread->server;
	struct http_check check;
	struct http_refusal no;
	r->began_us = r->thread->now_us;
	r->pub.received_us = clock_now_us();
	r->counted = true;
	metrics_inc(s->metrics, METRIC_HTTP_REQUESTS);
	metrics_add(s->metrics, METRIC_HTTP_IN_HAND, 1);
	if (!http_check_headers(r, mhd, method, version, &check, &no)) {
		(void)http_method_parse(str_of(method), &r->pub.method); /* for the reply's shape */
		return refuse(r, mhd, &no);
	}
	if (!parse_line(r, method, &no) || !apply_checks(r, &check, &no))
		return refuse(r, mhd, &no);
	struct http_reply reply = {0};
	enum http_verdict v = s->handler.admit(s->handler.ctx, &r->pub, &reply);
	ASSERT(v != HTTP_LATER);
	if (v == HTTP_ANSWERED)
		return answer_early(r, mhd, &check, &reply);
	if (!check_length(r, &check, &no))
		return refuse(r, mhd, &no);
	r->state = REQ_BODY;
	set_deadline(r, s->conf.body_timeout_us);
	return MHD_YES;
}

/* --- body --- */

void http_request_body(struct http_req *r, const char *p, size_t n)
{
	struct http_thread *t = r->thread;
	size_t room = r->pub.body_bytes_max - r->body.n;
	metrics_add(t->server->metrics, METRIC_HTTP_BODY_BYTES, (int64_t)n);
	r->shed |= t->body_bytes + n > t->server->conf.bodies_bytes_max / t->server->conf.threads;
	if (r->body_dropped > 0 || n > room || r->shed) {
		r->body_dropped += n;
		if (r->body_dropped > DROP_BYTES_MAX && !r->conn->closing)
			http_conn_shutdown(r->conn);
		return;
	}
	buf_put(&r->body, p, n);
	t->body_bytes += n;
}

static bool unfold(struct http_req *r, struct http_refusal *no)
{
	struct http_thread *t = r->thread;
	r->pub.body = buf_view(&r->body);
	if (!r->pub.gzip || r->body.n == 0)
		return true;
	struct err e;
	buf_reset(&r->plain);
	r->plain.bytes_max = r->pub.body_bytes_max;
	enum status st = gunzip_run(t->gunzip, r->pub.body, t->server->conf.inflate_ratio_max,
				    &r->plain, &e);
	if (st != ST_OK) {
		*no = (struct http_refusal){.status = st, .http_status = status_http(st)};
		no->why = arena_strz(&r->arena, str_of(e.text));
		return false;
	}
	r->pub.body = buf_view(&r->plain);
	return true;
}

/* Parsers may look one byte behind the end; they find a NUL there. */
static void terminate(struct buf *b)
{
	b->bytes_max = b->n + 1;
	if (buf_reserve(b, 1))
		b->p[b->n] = '\0';
}

enum MHD_Result http_request_complete(struct http_req *r, struct MHD_Connection *mhd)
{
	struct http_thread *t = r->thread;
	struct http_server *s = t->server;
	struct http_refusal no = {ST_LIMIT, 413, "the body is larger than this route takes"};
	if (r->shed) {
		no = (struct http_refusal){ST_BUSY, 429, "too many bodies are on their way; wait"};
		metrics_inc(s->metrics, METRIC_HTTP_SHED);
	}
	if (r->body_dropped > 0 || !unfold(r, &no))
		return refuse(r, mhd, &no);
	struct buf *body = r->pub.gzip && r->body.n ? &r->plain : &r->body;
	terminate(body);
	r->pub.body = buf_view(body);
	struct http_reply reply = {0};
	enum http_verdict v = s->handler.handle(s->handler.ctx, &r->pub, &reply);
	ASSERT(v != HTTP_GO_ON);
	if (v == HTTP_ANSWERED)
		return http_reply_queue(r, mhd, &reply);
	/* The reply may already lie in t->late: only this thread takes it from there, later. */
	r->state = REQ_WAITING;
	r->owed = true;
	t->owed_count++;
	set_deadline(r, s->conf.reply_timeout_us);
	MHD_suspend_connection(mhd);
	return MHD_YES;
}

/* --- reply --- */

enum MHD_Result http_request_send(struct http_req *r, struct MHD_Connection *mhd)
{
	static const struct http_refusal late = {ST_UNAVAILABLE, 503,
						 "the work was not done in time; send it again"};
	if (r->expired)
		return refuse(r, mhd, &late);
	return http_reply_queue(r, mhd, &r->reply);
}

void http_request_expire(struct http_req *r)
{
	ASSERT(r->state == REQ_WAITING);
	metrics_inc(r->thread->server->metrics, METRIC_HTTP_TIMEOUTS);
	r->expired = true;
	r->state = REQ_READY;
	MHD_resume_connection(r->conn->mhd);
}

const char *http_request_id(const struct http_request *req, char out[HTTP_REQUEST_ID_BYTES])
{
	(void)snprintf(out, HTTP_REQUEST_ID_BYTES, "r%016llx", (unsigned long long)req->id);
	return out;
}

struct str http_header(const struct http_request *req, const char *name)
{
	struct str n = str_of(name);
	for (size_t i = 0; i < req->header_count; i++)
		if (str_eq_nocase(req->headers[i].name, n))
			return req->headers[i].value;
	return STR_NULL;
}

struct str http_query(const struct http_request *req, const char *name)
{
	struct str n = str_of(name);
	for (size_t i = 0; i < req->query_count; i++)
		if (str_eq(req->query[i].name, n))
			return req->query[i].value;
	return STR_NULL;
}
