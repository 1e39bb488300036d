/* SPDX-License-Identifier: Apache-2.0
 * handle_decide.c: decisions for other senders, and what came of them.
 *
 * A case of nobody in particular is decided on its server thread, over the latest book, and
 * answered behind the commit that keeps the decision: never before it is durable. A case of a lead
 * asks the guards, which read the state: that is work for a desk of its own, which takes them one
 * by one and first lets the engine fold all that was answered before, so that a consent withdrawn a
 * moment ago counts, and two requests for one lead do not both find room under a cap. What has the
 * id of an earlier request goes there as well, to be answered as that one was. */
#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "view/view_next.h"

#define SOURCE "decide" /* one for all keys: an id is an id, whoever asks again */
#define RETRY_S 1
#define FOLD_WAIT_US (5 * US_PER_S)
#define PUT_AGAIN 20 /* a large book is made anew at most in a twentieth of the time */
#define EVENT_ROOM ((size_t)64 << 10)

/* What goes into the log, and what is answered when it is there. */
struct kept {
	struct log_entry entry;
	struct str answer; /* empty: that it is there */
};

struct decide_job {
	struct append_job job;
	struct kept kept;
	struct daemon *daemon;
	struct api_call call;
	enum metric metric;
};

/* ---- books ---- */

void daemon_put_book(struct daemon *d)
{
	struct advise_book *b = d->next_book;
	int64_t from = clock_mono_us();
	struct err e;
	if (b == NULL && from >= d->book_again_us) {
		enum status st = engine_book(d->node->engine, &d->book_mark, &b, &e);
		if (st != ST_OK)
			return; /* the old one stays; the next round tries again */
		d->book_again_us = from + PUT_AGAIN * (clock_mono_us() - from);
	}
	d->next_book = b != NULL && !shelf_put(&d->shelf, b) ? b : NULL;
}

/* ---- what is kept ---- */

static enum status fill_entry(struct arena *a, const char *type, struct str properties,
			      int64_t at_us, struct log_entry *out, struct err *e)
{
	struct buf body;
	const struct event ev = {
		.type = str_of(type),
		.occurred_us = at_us,
		.properties = properties,
		.flags = EVENT_SYSTEM,
		.context.scroll = -1,
	};
	buf_init_arena(&body, a, EVENT_ROOM + 1024);
	(void)buf_reserve(&body, properties.n + 256);
	enum status st = event_encode(&ev, &body, e);
	out->source = STR(SOURCE);
	out->body = buf_view(&body);
	out->received_us = at_us;
	return st;
}

/* From a case to the entry that keeps its decision, and the answer. */
static enum status decide(const struct advise_book *b, const struct advise_ask *q, uint64_t lead,
			  const struct http_request *req, struct kept *out, struct err *e)
{
	struct advise_choice c;
	struct buf answer, event, key;
	buf_init_arena(&answer, req->arena, ADVISE_ANSWER_MAX);
	buf_init_arena(&event, req->arena, EVENT_ROOM);
	buf_init_arena(&key, req->arena, 256);
	(void)buf_reserve(&answer, 1024);
	advise_choose(b, q, &c);
	advise_answer(b, q, &c, &answer);
	(void)buf_reserve(&event, answer.n + q->context.n + 128);
	advise_event(q, buf_view(&answer), lead, hash_str(req->body, 0), &event);
	advise_key(q->of->of->name, q->id, &key);
	if (!buf_ok(&answer) || !buf_ok(&event) || !buf_ok(&key))
		return err_set(e, ST_LIMIT, "the decision is too large to keep");
	out->answer = buf_view(&answer);
	out->entry.message_id = buf_view(&key);
	return fill_entry(req->arena, "advice.given", buf_view(&event), req->received_us,
			  &out->entry, e);
}

/* ---- replies ---- */

static enum http_verdict refuse(struct api_call *call, const struct advise_no *no,
				struct http_reply *reply)
{
	const struct api_problem p = {
		.status = ST_INVALID,
		.http_status = no->http,
		.code = no->code,
		.message = str_of(no->err.text),
		.param = str_of(no->param),
		.doc = "docs/external.md",
	};
	api_reply_problem(call, &p, reply);
	return HTTP_ANSWERED;
}

static void committed(struct append_job *aj, enum status st, const struct err *e)
{
	struct decide_job *job = aj->ctx;
	struct daemon *d = job->daemon;
	struct http_reply reply = {.status = 0};
	bool again = st == ST_OK && job->kept.entry.duplicate;
	if (again && job->kept.answer.n > 0 && desk_take(d, &job->call, &reply) == HTTP_LATER)
		return;
	if (again && job->kept.answer.n > 0) {
		http_replies_add(&d->replies, job->call.req, &reply); /* the desk is full */
		return;
	}
	if (st == ST_OK && job->kept.answer.n > 0)
		api_reply_json(&job->call, 200, job->kept.answer, &reply);
	else if (st == ST_OK)
		api_reply_success(&job->call, &reply);
	else
		api_reply_err(&job->call, e, &reply);
	metrics_add(d->metrics, job->metric, st == ST_OK && !again);
	metrics_add(d->metrics, METRIC_LOG_NO_SPACE, st == ST_NO_SPACE);
	if (st == ST_NO_SPACE)
		disk_full(&d->disk, clock_mono_us());
	http_replies_add(&d->replies, job->call.req, &reply);
}

static enum http_verdict submit(struct decide_job *job, struct http_reply *reply)
{
	struct daemon *d = job->daemon;
	struct err e;
	job->job = (struct append_job){
		.entries = &job->kept.entry, .n = 1, .done = committed, .ctx = job};
	enum status st = appender_submit(d->appender, &job->job, &e);
	if (st == ST_OK)
		return HTTP_LATER;
	if (st == ST_BUSY) {
		metrics_inc(d->metrics, METRIC_HTTP_SHED);
		api_reply_busy(&job->call, RETRY_S, reply);
	} else {
		api_reply_err(&job->call, &e, reply);
	}
	return HTTP_ANSWERED;
}

static struct decide_job *new_job(struct daemon *d, struct api_call *call, enum metric metric)
{
	struct decide_job *job = ARENA_NEW(call->req->arena, struct decide_job);
	ASSERT(job != NULL); /* a body of 32 KB leaves room */
	job->daemon = d;
	job->call = *call;
	job->metric = metric;
	return job;
}

/* ---- the doors ---- */

/* Every request without an id is one of its own, of this life of the process. */
static void give_id(struct daemon *d, struct advise_ask *q, struct arena *a)
{
	if (q->id.n == 0)
		q->id = arena_printf(a, "r%llx-%llx", (unsigned long long)d->started_us,
				     (unsigned long long)atomic_fetch_add(&d->hit_no, 1));
}

static void hold_all(const struct advise_book *b, struct advise_ask *q)
{
	if (b->paused)
		advise_hold(q, STR("paused"), b->pause_reason, TIME_NONE);
}

enum http_verdict daemon_decide(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct advise_ask q;
	struct advise_no no;
	struct err e;
	unsigned place;
	struct decide_job *job = new_job(d, call, METRIC_DECISIONS);
	const struct advise_book *b = shelf_take(&d->shelf, &place);
	enum status st = advise_read(b, call->req->body, call->req->arena, &q, &no);
	bool named = st == ST_OK && q.lead.n > 0, refused = st != ST_OK;
	if (st == ST_OK && !named) {
		give_id(d, &q, call->req->arena);
		hold_all(b, &q);
		st = decide(b, &q, 0, call->req, &job->kept, &e);
	}
	shelf_give(&d->shelf, place);
	if (refused)
		return refuse(call, &no, reply);
	if (named)
		return desk_take(d, call, reply);
	if (st == ST_OK)
		return submit(job, reply);
	api_reply_err(call, &e, reply);
	return HTTP_ANSWERED;
}

enum http_verdict daemon_reward(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct arena *a = call->req->arena;
	struct advise_reward r;
	struct advise_no no;
	struct buf event, key;
	struct err e;
	unsigned place;
	struct decide_job *job = new_job(d, call, METRIC_REWARDS);
	const struct advise_book *b = shelf_take(&d->shelf, &place);
	enum status st = advise_reward_read(b, call->req->body, a, &r, &no);
	shelf_give(&d->shelf, place);
	if (st != ST_OK)
		return refuse(call, &no, reply);
	buf_init_arena(&event, a, 4096);
	buf_init_arena(&key, a, 512);
	advise_reward_event(&r, &event);
	advise_reward_key(&r, &key);
	ASSERT(buf_ok(&event) && buf_ok(&key)); /* its texts are short */
	job->kept.entry.message_id = buf_view(&key);
	st = fill_entry(a, "advice.reward", buf_view(&event), call->req->received_us,
			&job->kept.entry, &e);
	if (st == ST_OK)
		return submit(job, reply);
	api_reply_err(call, &e, reply);
	return HTTP_ANSWERED;
}

/* ---- at the desk ---- */

/* What was answered under this id before. */
static enum status as_before(struct desk_work *k, uint64_t seq, struct err *e)
{
	struct log_record r;
	struct event ev;
	struct str answer;
	uint64_t hash = 0;
	size_t n = 1;
	enum status st = log_read(k->view.log, seq, k->view.arena, &r, &n, e);
	if (st == ST_OK && n == 1 && !r.thinned && !r.erased && !r.skipped)
		st = event_decode(r.body, k->view.arena, &ev, e);
	else if (st == ST_OK || st == ST_NOT_FOUND)
		return err_set(e, ST_CONFLICT,
			       "this id was used before, and its answer is no longer kept");
	if (st != ST_OK)
		return st;
	if (!str_is(ev.type, "advice.given") ||
	    !advise_event_answer(ev.properties, k->view.arena, &answer, &hash))
		return err_set(e, ST_CORRUPT, "record %llu holds no decision",
			       (unsigned long long)seq);
	if (hash != hash_str(k->call->req->body, 0))
		return err_set(e, ST_CONFLICT, "this id was used before for another request");
	buf_put(&k->body, answer.p, answer.n - 1);
	buf_z(&k->body, ",\"duplicate\":true}");
	return ST_OK;
}

/* The guards of a lead, as of everything that was answered before this request came. */
static enum status ask_guards(struct desk_work *k, struct advise_ask *q, uint64_t *lead,
			      struct err *e)
{
	struct log_stats ls;
	struct view_held h;
	struct daemon *d = k->daemon;
	log_stats(d->node->log, &ls);
	if (!runner_wait(d->runner, ls.next_seq - 1, FOLD_WAIT_US))
		return err_set(e, ST_UNAVAILABLE, "the state is behind the log; ask again");
	enum status st = view_find(&k->view, q->lead, lead, e);
	if (st != ST_OK)
		return st;
	st = view_held(&k->view, *lead, q->of->of->name, &h, e);
	if (st == ST_OK && h.guard != NULL)
		advise_hold(q, str_of(h.guard), arena_str(k->call->req->arena, str_of(h.why)),
			    h.free_us);
	return st;
}

static enum status keep(struct desk_work *k, const struct advise_book *b, struct advise_ask *q,
			uint64_t lead, struct err *e)
{
	struct kept x = {.answer = STR_NULL};
	struct daemon *d = k->daemon;
	enum status st = decide(b, q, lead, k->call->req, &x, e);
	if (st == ST_OK)
		st = appender_append(d->appender, &x.entry, 1, e);
	if (st != ST_OK)
		return st;
	if (x.entry.duplicate)
		return as_before(k, x.entry.seq, e);
	metrics_inc(d->metrics, METRIC_DECISIONS);
	buf_str(&k->body, x.answer);
	return ST_OK;
}

enum status daemon_do_decide(struct desk_work *k, struct err *e)
{
	struct daemon *d = k->daemon;
	struct advise_ask q;
	struct advise_no no;
	unsigned place;
	uint64_t lead = 0;
	const struct advise_book *b = shelf_take(&d->shelf, &place);
	enum status st = advise_read(b, k->call->req->body, k->call->req->arena, &q, &no);
	if (st != ST_OK) {
		shelf_give(&d->shelf, place);
		(void)refuse(k->call, &no, k->reply);
		k->replied = true;
		return ST_OK;
	}
	give_id(d, &q, k->call->req->arena);
	if (q.lead.n > 0)
		st = ask_guards(k, &q, &lead, e);
	hold_all(b, &q);
	if (st == ST_OK)
		st = keep(k, b, &q, lead, e);
	shelf_give(&d->shelf, place);
	return st;
}
