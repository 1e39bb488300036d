/* SPDX-License-Identifier: Apache-2.0
 * http_reply.c: replies on their way out, from the handler's thread to the library's response.
 * Bodies are lent, not copied: they live in the request's arena until the last byte is taken. */
#include "net/http_internal.h"

#include "base/assert.h"
#include "net/http_text.h"

/* A line break in a value would let a stranger write our headers. */
bool http_reply_value_ok(struct str value)
{
	return value.n <= HTTP_REPLY_VALUE_MAX && http_field_value_valid(value);
}

void http_reply_header(struct http_reply *reply, const char *name, struct str value)
{
	ASSERT(reply->header_count < HTTP_REPLY_HEADERS_MAX);
	ASSERT(http_reply_value_ok(value));
	reply->headers[reply->header_count++] = (struct http_pair){str_of(name), value};
}

static enum MHD_Result add_header(struct MHD_Response *to, const char *name, struct str value)
{
	char z[HTTP_REPLY_VALUE_MAX + 1];
	ASSERT(value.n < sizeof z);
	if (value.n)
		memcpy(z, value.p, value.n);
	z[value.n] = '\0';
	return MHD_add_response_header(to, name, z);
}

/* The library takes the buffer as void * but never writes to it in persistent mode. */
static struct MHD_Response *response_new(const struct http_reply *reply, bool copy, bool close)
{
	struct MHD_Response *to = MHD_create_response_from_buffer(
		reply->body.n, (void *)(uintptr_t)(reply->body.n ? reply->body.p : ""),
		copy ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
	ASSERT(to != NULL);
	bool ok = true;
	if (reply->content_type != NULL)
		ok &= add_header(to, MHD_HTTP_HEADER_CONTENT_TYPE, str_of(reply->content_type)) ==
		      MHD_YES;
	for (size_t i = 0; i < reply->header_count; i++)
		ok &= add_header(to, reply->headers[i].name.p, reply->headers[i].value) == MHD_YES;
	if (close)
		ok &= add_header(to, MHD_HTTP_HEADER_CONNECTION, STR("close")) == MHD_YES;
	ASSERT(ok);
	return to;
}

enum status http_fixed_create(const struct http_reply *reply, struct http_fixed **out,
			      struct err *e)
{
	if (reply->status < 200 || reply->status > 599)
		return err_set(e, ST_INVALID, "%d is no HTTP status a reply can have",
			       reply->status);
	struct http_fixed *f = mem_alloc(sizeof *f);
	f->status = reply->status;
	f->response = response_new(reply, true, false);
	f->closing = response_new(reply, true, true);
	*out = f;
	return ST_OK;
}

void http_fixed_destroy(struct http_fixed **f)
{
	if (*f == NULL)
		return;
	MHD_destroy_response((*f)->response);
	MHD_destroy_response((*f)->closing);
	mem_free(*f);
	*f = NULL;
}

static void count_status(struct metrics *m, int status)
{
	static const enum metric by_class[] = {METRIC_HTTP_2XX, METRIC_HTTP_3XX, METRIC_HTTP_4XX,
					       METRIC_HTTP_5XX};
	ASSERT(status >= 200 && status <= 599);
	metrics_inc(m, by_class[status / 100 - 2]);
}

enum MHD_Result http_reply_queue(struct http_req *r, struct MHD_Connection *mhd,
				 const struct http_reply *reply)
{
	struct http_thread *t = r->thread;
	const struct http_fixed *fixed = reply->fixed;
	bool close = reply->close || t->draining;
	int status = fixed ? fixed->status : reply->status;
	count_status(t->server->metrics, status);
	metrics_observe_us(t->server->metrics, METRIC_HTTP_SECONDS, t->now_us - r->began_us);
	r->state = REQ_REPLYING;
	r->conn->deadline_us = t->now_us + t->server->conf.write_timeout_us;
	if (fixed != NULL)
		return MHD_queue_response(mhd, (unsigned)status,
					  close ? fixed->closing : fixed->response);
	struct MHD_Response *response = response_new(reply, false, close);
	enum MHD_Result rc = MHD_queue_response(mhd, (unsigned)status, response);
	MHD_destroy_response(response);
	return rc;
}

void http_reply_refusal(struct http_req *r, const struct http_refusal *no, struct http_reply *reply)
{
	struct http_server *s = r->thread->server;
	const char *why = no->why ? no->why : "the request is malformed";
	reply->status = no->http_status;
	/* What follows on the wire cannot be trusted to be a request. */
	reply->close = true;
	if (s->handler.refuse != NULL) {
		s->handler.refuse(s->handler.ctx, &r->pub, no->status, why, reply);
		reply->fixed = NULL;
		reply->status = no->http_status;
		return;
	}
	reply->content_type = "text/plain; charset=utf-8";
	reply->body = str_of(why);
}

/* --- late replies: the only door between threads --- */

/* Pushes head..tail; whoever finds the list empty wakes the thread, the others ride along. */
static void push(struct http_thread *t, struct http_req *head, struct http_req *tail)
{
	struct http_req *old = atomic_load_explicit(&t->late, memory_order_relaxed);
	do
		tail->next = old;
	while (!atomic_compare_exchange_weak_explicit(&t->late, &old, head, memory_order_release,
						      memory_order_relaxed));
	if (old == NULL)
		http_thread_wake(t);
}

void http_reply_later(struct http_request *req, const struct http_reply *reply)
{
	struct http_req *r = http_req_of(req);
	r->reply = *reply;
	push(r->thread, r, r);
}

void http_replies_init(struct http_replies *b)
{
	b->count = 0;
}

static struct http_batch_chain *chain_of(struct http_replies *b, struct http_thread *t)
{
	for (unsigned i = 0; i < b->count; i++)
		if (b->chain[i].thread == t)
			return &b->chain[i];
	ASSERT(b->count < HTTP_THREADS_MAX);
	b->chain[b->count] = (struct http_batch_chain){.thread = t};
	return &b->chain[b->count++];
}

void http_replies_add(struct http_replies *b, struct http_request *req,
		      const struct http_reply *reply)
{
	struct http_req *r = http_req_of(req);
	r->reply = *reply;
	struct http_batch_chain *c = chain_of(b, r->thread);
	r->next = c->head ? http_req_of(c->head) : NULL;
	c->head = req;
	if (c->tail == NULL)
		c->tail = req;
}

void http_replies_send(struct http_replies *b)
{
	for (unsigned i = 0; i < b->count; i++)
		push(b->chain[i].thread, http_req_of(b->chain[i].head),
		     http_req_of(b->chain[i].tail));
	b->count = 0;
}
