/* SPDX-License-Identifier: Apache-2.0
 * handle_ingest.c: from a request to durable entries. Decoding happens on the server's thread, in
 * the request's arena; the answer is given by the appender's thread, after the commit. */
#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "daemon/internal.h"
#include "ingest/ingest.h"

#define RETRY_S 1

struct ingest_job {
	struct append_job job;
	struct daemon *daemon;
	struct api_call call;
	struct ingest_result result;
	bool strict;
};

static const enum ingest_kind kinds[API_OP_COUNT] = {
	[API_OP_SEGMENT_BATCH] = INGEST_BATCH, [API_OP_SEGMENT_IMPORT] = INGEST_BATCH,
	[API_OP_SEGMENT_TRACK] = INGEST_TRACK, [API_OP_SEGMENT_IDENTIFY] = INGEST_IDENTIFY,
	[API_OP_SEGMENT_PAGE] = INGEST_PAGE,   [API_OP_SEGMENT_SCREEN] = INGEST_SCREEN,
	[API_OP_SEGMENT_GROUP] = INGEST_GROUP, [API_OP_SEGMENT_ALIAS] = INGEST_ALIAS,
	[API_OP_FORM] = INGEST_FORM,           [API_OP_WEBHOOK] = INGEST_WEBHOOK,
	[API_OP_MAPPED] = INGEST_MAPPED,
};

static void fill_request(struct daemon *d, struct api_call *call, struct ingest_request *r,
			 struct str *origins)
{
	const struct http_request *req = call->req;
	*r = (struct ingest_request){
		.kind = kinds[call->op],
		.body = req->body,
		.name = call->param,
		.remote_ip = req->remote_ip,
		.received_us = req->received_us,
		.signed_us = clock_real_us(), /* senders stamp by their own clocks */
		.strict = d->conf.strict || str_is(http_query(req, "strict"), "1"),
		.origins = origins,
		.origins_n = d->conf.api.cors_origin_count,
	};
	if (call->key_known)
		r->source = str_of(call->key.name);
	if (r->kind == INGEST_WEBHOOK)
		r->source = arena_printf(req->arena, "webhook:" STR_FMT, STR_ARG(call->param));
	for (size_t i = 0; i < req->header_count; i++)
		ingest_take_header(r, req->headers[i].name, req->headers[i].value);
	for (size_t i = 0; i < d->conf.api.cors_origin_count; i++)
		origins[i] = str_of(d->conf.api.cors_origins[i]);
	for (size_t i = 0; i < d->conf.webhooks_n && r->kind == INGEST_WEBHOOK; i++) {
		if (!str_eq(d->conf.webhooks[i].name, call->param))
			continue;
		r->secrets = d->conf.webhooks[i].secrets;
		r->secrets_n = d->conf.webhooks[i].secrets_n;
	}
	for (size_t i = 0; i < d->settings.maps_n && r->kind == INGEST_MAPPED; i++)
		if (str_eq(d->maps[i].name, call->param))
			r->map = &d->maps[i];
}

/* A refused item is kept as an event of ours, which the engine turns into a dead letter. */
static enum status refused_entry(const struct ingest_refusal *x, struct ingest_request *r,
				 struct arena *a, struct log_entry *out, struct err *e)
{
	struct buf props, body;
	struct json_w w;
	uint8_t digest[SHA256_BYTES];
	buf_init_arena(&props, a, EVENT_BYTES_MAX);
	json_w_init(&w, &props);
	json_w_object(&w);
	json_w_kz(&w, "code", x->code);
	json_w_kstr(&w, "reason", x->message);
	json_w_kstr(&w, "param", x->param);
	json_w_kstr(&w, "raw", str_slice(x->raw, 0, EVENT_BYTES_MAX / 4));
	json_w_end(&w);
	const struct event ev = {
		.type = STR("ingest.refused"),
		.occurred_us = r->received_us,
		.properties = buf_view(&props),
		.flags = EVENT_SYSTEM,
		.context.scroll = -1,
	};
	buf_init_arena(&body, a, EVENT_BYTES_MAX);
	enum status st = buf_ok(&props)
				 ? event_encode(&ev, &body, e)
				 : err_set(e, ST_LIMIT, "a refused item is too large to keep");
	if (st != ST_OK)
		return st;
	crypto_sha256(x->raw, digest);
	struct buf id;
	buf_init_arena(&id, a, 128);
	buf_z(&id, "refused-");
	hex_encode(str_n((const char *)digest, 16), &id);
	*out = (struct log_entry){
		.source = r->source,
		.message_id = buf_view(&id),
		.body = buf_view(&body),
		.received_us = r->received_us,
	};
	return ST_OK;
}

static enum status fill_entries(struct ingest_job *job, struct ingest_request *r, struct arena *a,
				struct err *e)
{
	const struct ingest_result *res = &job->result;
	size_t most = res->events_n + (job->strict ? 0 : res->refused_n), n = 0;
	struct buf text;
	job->job.entries = ARENA_ARRAY(a, struct log_entry, most ? most : 1);
	if (job->job.entries == NULL)
		return err_set(e, ST_LIMIT, "the request needs more memory than one may use");
	for (size_t i = 0; i < res->events_n; i++) {
		const struct event *ev = &res->events[i];
		buf_init_arena(&text, a, EVENT_BYTES_MAX);
		(void)buf_reserve(&text,
				  512 + ev->properties.n + ev->traits.n); /* one piece, mostly */
		enum status st = event_encode(ev, &text, e);
		if (st != ST_OK)
			return st;
		job->job.entries[n++] = (struct log_entry){
			.source = ev->source,
			.message_id = ev->message_id,
			.body = buf_view(&text),
			.received_us = ev->received_us,
		};
	}
	for (size_t i = 0; i < res->refused_n && !job->strict; i++) {
		enum status st = refused_entry(&res->refused[i], r, a, &job->job.entries[n++], e);
		if (st != ST_OK)
			return st;
	}
	job->job.n = n;
	return ST_OK;
}

static void reply_accepted(struct ingest_job *job, struct http_reply *reply)
{
	struct api_call *call = &job->call;
	if (job->strict && job->result.refused_n) {
		struct buf body;
		buf_init_arena(&body, call->req->arena, (size_t)1 << 20);
		ingest_strict_reply(&job->result, &body);
		api_reply_json(call, 422, buf_view(&body), reply);
	} else if (job->result.redirect.n) {
		api_reply_redirect(call, job->result.redirect, reply);
	} else {
		api_reply_success(call, reply);
	}
}

static void committed(struct append_job *aj, enum status st, const struct err *e)
{
	struct ingest_job *job = aj->ctx;
	struct daemon *d = job->daemon;
	struct http_reply reply = {.status = 0};
	size_t duplicates = 0;
	for (size_t i = 0; st == ST_OK && i < aj->n; i++)
		duplicates += aj->entries[i].duplicate;
	if (st == ST_OK) {
		metrics_add(d->metrics, METRIC_INGEST_EVENTS, (int64_t)(aj->n - duplicates));
		metrics_add(d->metrics, METRIC_INGEST_DUPLICATES, (int64_t)duplicates);
		reply_accepted(job, &reply);
	} else {
		metrics_add(d->metrics, METRIC_LOG_NO_SPACE, st == ST_NO_SPACE);
		if (st == ST_NO_SPACE)
			disk_full(&d->disk, clock_mono_us());
		api_reply_err(&job->call, e, &reply);
	}
	http_replies_add(&d->replies, job->call.req, &reply);
}

void daemon_settled(void *ctx)
{
	struct daemon *d = ctx;
	http_replies_send(&d->replies);
	if (d->hits != NULL)
		hits_settled(d->hits, d->committed_seq);
}

static enum status authenticate(struct ingest_job *job, struct ingest_request *r, struct err *e)
{
	struct api_call *call = &job->call;
	if (call->key_known || r->kind == INGEST_WEBHOOK)
		return ST_OK;
	enum status st = api_auth_write_key(call, job->result.write_key, e);
	if (st != ST_OK)
		return st;
	r->source = str_of(call->key.name);
	ingest_set_source(&job->result, r->source);
	return ST_OK;
}

static enum http_verdict refuse(struct api_call *call, const struct err *e,
				struct http_reply *reply)
{
	api_reply_err(call, e, reply);
	return HTTP_ANSWERED;
}

enum http_verdict daemon_ingest(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct arena *a = call->req->arena;
	struct str origins[API_ORIGINS_MAX];
	struct ingest_request r;
	struct err e;
	struct ingest_job *job = ARENA_NEW(a, struct ingest_job);
	err_clear(&e);
	if (job == NULL) {
		err_set(&e, ST_LIMIT, "the request needs more memory than one may use");
		return refuse(call, &e, reply);
	}
	job->daemon = d;
	job->call = *call;
	fill_request(d, &job->call, &r, origins);
	job->strict = r.strict;
	enum status st = ingest_decode(&r, a, &job->result, &e);
	if (st == ST_OK)
		st = authenticate(job, &r, &e);
	if (st == ST_OK)
		st = fill_entries(job, &r, a, &e);
	if (st != ST_OK)
		return refuse(call, &e, reply);
	metrics_add(d->metrics, METRIC_INGEST_REFUSED, (int64_t)job->result.refused_n);
	if (job->job.n == 0) {
		reply_accepted(job, reply);
		return HTTP_ANSWERED;
	}
	job->job.done = committed;
	job->job.ctx = job;
	st = appender_submit(d->appender, &job->job, &e);
	if (st == ST_BUSY) {
		metrics_inc(d->metrics, METRIC_HTTP_SHED);
		api_reply_busy(call, RETRY_S, reply);
		return HTTP_ANSWERED;
	}
	return st == ST_OK ? HTTP_LATER : refuse(call, &e, reply);
}
