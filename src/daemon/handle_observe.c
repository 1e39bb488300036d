/* SPDX-License-Identifier: Apache-2.0
 * handle_observe.c: links and pictures of messages. The signature says all: where it leads on to,
 * and which message it was; no store is read. The hit is in the log before the redirect is
 * answered, in the same group commit as whatever else comes in; but a person is led on in any
 * case: when the log cannot take the hit it is lost, and counted. What it means is found out
 * behind the log (hits.h). */
#include "base/clock.h"
#include "base/hash.h"
#include "base/rate.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "ingest/ingest.h"
#include "observe/page.h"

/* Of one message: nobody clicks more often, and no token may fill the log. */
#define HIT_BURST 100
#define HIT_STEP_US US_PER_S

_Static_assert(LINK_TARGET_MAX <= HTTP_REPLY_VALUE_MAX, "every target fits a Location");

struct hit_job {
	struct append_job job;
	struct log_entry entry;
	struct daemon *daemon;
	struct api_call call;
	struct hit hit;
};

/* ---- what a browser gets ---- */

/* One transparent pixel, GIF89a. */
static const uint8_t pixel[] = {'G', 'I', 'F', '8', '9', 'a',  1,    0,    1,    0,    0x80,
				0,   0,   0,   0,   0,   0xff, 0xff, 0xff, 0x21, 0xf9, 4,
				1,   0,   0,   0,   0,   0x2c, 0,    0,    0,    0,    1,
				0,   1,   0,   0,   2,   2,    0x44, 1,    0,    0x3b};

static void reply_page(struct api_call *call, int status, const struct page_note *note,
		       struct http_reply *reply)
{
	struct buf html;
	const struct page page = {.sender = STR_NULL};
	buf_init_arena(&html, call->req->arena, PAGE_BYTES_MAX);
	page_tell(&page, note, &html);
	api_reply_page(call, status, buf_view(&html), PAGE_CSP, reply);
}

static void reply_hit(struct hit_job *job, struct http_reply *reply)
{
	if (job->hit.was.what == MACHINE_OPENED)
		api_reply_bytes(&job->call, "image/gif", str_n((const char *)pixel, sizeof pixel),
				reply);
	else if (!api_reply_found(&job->call, job->hit.target, reply))
		reply_page(&job->call, 404, &page_broken, reply);
}

/* ---- the hit ---- */

/* Counts the flags of the headers a reader's program may send (ingest/bots.c). */
static uint32_t header_flags(const struct http_request *req)
{
	struct ingest_request r = {.kind = INGEST_PAGE};
	for (size_t i = 0; i < req->header_count; i++)
		ingest_take_header(&r, req->headers[i].name, req->headers[i].value);
	return ingest_bot_flags(r.headers[INGEST_H_USER_AGENT]) |
	       ingest_purpose_flags(r.headers[INGEST_H_SEC_PURPOSE]);
}

static void fill_hit(struct hit_job *job, const struct link *l)
{
	const struct http_request *req = job->call.req;
	job->hit = (struct hit){
		.message = l->id,
		.was = {.what = l->kind == LINK_OPEN ? MACHINE_OPENED : MACHINE_CLICKED,
			.trap = l->kind == LINK_TRAP,
			.link = l->n,
			.flags = header_flags(req),
			.method = str_of(http_method_name(req->method)),
			.user_agent = str_upto(http_header(req, "User-Agent"), HIT_USER_AGENT_MAX),
			.ip = req->remote_ip,
			.accept_language =
				str_upto(http_header(req, "Accept-Language"), HIT_LANGUAGE_MAX),
			.at_us = req->received_us},
	};
	if (l->kind != LINK_OPEN)
		job->hit.target = http_query(req, "u");
}

static enum status fill_entry(struct hit_job *job, struct err *e)
{
	struct event ev;
	struct buf text;
	struct daemon *d = job->daemon;
	struct arena *a = job->call.req->arena;
	enum status st = hit_event(&job->hit, a, &ev, e);
	buf_init_arena(&text, a, HIT_BYTES_MAX + 2048);
	if (st == ST_OK)
		st = event_encode(&ev, &text, e);
	job->entry = (struct log_entry){
		.source = STR(HIT_SOURCE),
		/* Every request is one of its own, of this life of the process. */
		.message_id = arena_printf(a, "r%llx-%llx", (unsigned long long)d->started_us,
					   (unsigned long long)atomic_fetch_add(&d->hit_no, 1)),
		.body = buf_view(&text),
		.received_us = job->call.req->received_us,
	};
	return st;
}

static void committed(struct append_job *aj, enum status st, const struct err *e)
{
	struct hit_job *job = aj->ctx;
	struct daemon *d = job->daemon;
	struct http_reply reply = {.status = 0};
	(void)e;
	if (st == ST_OK) {
		job->hit.seq = job->entry.seq;
		hits_add(d->hits, &job->hit);
	} else {
		metrics_inc(d->metrics, METRIC_HITS_LOST);
		if (st == ST_NO_SPACE)
			disk_full(&d->disk, clock_mono_us());
	}
	reply_hit(job, &reply);
	http_replies_add(&d->replies, job->call.req, &reply);
}

static bool too_often(struct daemon *d, uint64_t message)
{
	_Atomic int64_t *cell = &d->hit_rate[hash_u64(message) % DAEMON_RATE_CELLS];
	return rate_wait_us(cell, HIT_STEP_US, HIT_BURST, clock_mono_us()) > 0;
}

static enum http_verdict keep_hit(struct hit_job *job, struct http_reply *reply)
{
	struct daemon *d = job->daemon;
	struct err e;
	job->job =
		(struct append_job){.entries = &job->entry, .n = 1, .done = committed, .ctx = job};
	metrics_inc(d->metrics, METRIC_HITS);
	if (!too_often(d, job->hit.message) && fill_entry(job, &e) == ST_OK &&
	    appender_submit(d->appender, &job->job, &e) == ST_OK)
		return HTTP_LATER;
	metrics_inc(d->metrics, METRIC_HITS_LOST);
	reply_hit(job, reply);
	return HTTP_ANSWERED;
}

/* ---- the doors ---- */

static enum http_verdict not_ours(struct daemon *d, struct api_call *call, enum status st,
				  struct http_reply *reply)
{
	metrics_inc(d->metrics, METRIC_HITS_REFUSED);
	if (st == ST_TIMEOUT)
		reply_page(call, 410, &page_expired, reply);
	else
		reply_page(call, 404, &page_broken, reply);
	return HTTP_ANSWERED;
}

enum http_verdict daemon_link_click(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct link l;
	struct hit_job *job = ARENA_NEW(call->req->arena, struct hit_job);
	enum status st = link_read(&d->links, call->param, http_query(call->req, "u"),
				   call->req->received_us, &l, NULL);
	if (st == ST_OK && l.kind != LINK_CLICK && l.kind != LINK_TRAP)
		st = ST_INVALID;
	if (st != ST_OK || job == NULL)
		return not_ours(d, call, st, reply);
	job->daemon = d;
	job->call = *call;
	fill_hit(job, &l);
	return keep_hit(job, reply);
}

/* The picture is shown whatever becomes of the hit: a broken one in a mail looks like a fault. */
enum http_verdict daemon_link_open(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct link l;
	struct str token = call->param;
	struct hit_job *job = ARENA_NEW(call->req->arena, struct hit_job);
	if (str_ends(token, STR(".gif")))
		token.n -= 4;
	enum status st = link_read(&d->links, token, STR_NULL, call->req->received_us, &l, NULL);
	if (st != ST_OK || l.kind != LINK_OPEN || job == NULL) {
		metrics_inc(d->metrics, METRIC_HITS_REFUSED);
		api_reply_bytes(call, "image/gif", str_n((const char *)pixel, sizeof pixel), reply);
		reply->status = st == ST_TIMEOUT ? 410 : 404;
		return HTTP_ANSWERED;
	}
	job->daemon = d;
	job->call = *call;
	fill_hit(job, &l);
	return keep_hit(job, reply);
}
