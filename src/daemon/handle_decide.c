/* SPDX-License-Identifier: Apache-2.0
 * handle_decide.c: decisions for other senders, and what came of them.
 *
 * A case of nobody in particular is decided on its server thread, over the latest book, and
 * answered behind the commit that keeps the decision: never before it is durable. A case of a lead
 * asks the guards, which read the state: that is work for a desk of its own, which takes them one
 * by one and first lets the engine fold all that was answered before, so that a consent withdrawn a
 * moment ago counts, and two requests for one lead do not both find room under a cap. What has the
 * id of an earlier request goes there as well, to be answered as that one was.
 *
 * A request may hold many cases: those of nobody in particular are one commit, those of leads come
 * behind it, at the desk. Each is answered, or refused, by itself. */
#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "view/view_next.h"

#define RETRY_S 1
#define FOLD_WAIT_US (5 * US_PER_S)
#define PUT_AGAIN 20 /* a large book is made anew at most in a twentieth of the time */
#define EVENT_ROOM ((size_t)64 << 10)
#define MANY_ROOM ((size_t)12 << 20)

#define NO_ENTRY SIZE_MAX
#define MANY_HEAD "{\"schema\":\"nurtured.advices/1\",\"decisions\":["

struct one_case {
	uint32_t node;
	size_t entry;  /* its place among the entries; NO_ENTRY: refused, or still to be asked */
	bool to_ask;   /* at the desk: it is about a lead, */
	uint64_t lead; /* this one; 0: nobody in particular */
	struct str answer;
};

struct decide_job {
	struct append_job job;
	struct daemon *daemon;
	struct api_call call;
	struct advise_body body;
	struct one_case *list; /* body.n of them */
	bool to_ask;           /* at least one */
	struct str answer;     /* of all, as far as it is known */
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
	out->source = STR(ADVISE_SOURCE);
	out->body = buf_view(&body);
	out->received_us = at_us;
	return st;
}

/* From a case to the entry that keeps its decision, and the answer. */
static enum status decide(const struct advise_book *b, const struct advise_ask *q,
			  const struct decide_job *job, struct one_case *x, struct log_entry *out,
			  struct err *e)
{
	struct advise_choice c;
	struct buf answer, event, key;
	struct arena *a = job->call.req->arena;
	buf_init_arena(&answer, a, ADVISE_ANSWER_MAX);
	buf_init_arena(&event, a, EVENT_ROOM);
	buf_init_arena(&key, a, 256);
	(void)buf_reserve(&answer, 1024);
	advise_choose(b, q, &c);
	advise_answer(b, q, &c, &answer);
	(void)buf_reserve(&event, answer.n + q->context.n + 128);
	advise_event(q, buf_view(&answer), x->lead, advise_hash(&job->body.d, x->node), &event);
	advise_key(q->of->of->name, q->id, &key);
	if (!buf_ok(&answer) || !buf_ok(&event) || !buf_ok(&key))
		return err_set(e, ST_LIMIT, "the decision is too large to keep");
	x->answer = buf_view(&answer);
	out->message_id = buf_view(&key);
	return fill_entry(a, "advice.given", buf_view(&event), job->call.req->received_us, out, e);
}

/* ---- replies ---- */

/* Without a code it is a plain error. */
static enum http_verdict refuse(struct api_call *call, const struct advise_no *no,
				struct http_reply *reply)
{
	if (no->code == NULL) {
		api_reply_err(call, &no->err, reply);
		return HTTP_ANSWERED;
	}
	const struct api_problem p = {
		.status = ST_INVALID,
		.http_status = no->http,
		.code = no->code,
		.message = str_of(no->err.text),
		.param = str_of(no->param),
		.fix = no->fix != NULL ? str_of(no->fix) : STR_NULL,
		.doc = "docs/external.md",
	};
	api_reply_problem(call, &p, reply);
	return HTTP_ANSWERED;
}

/* One of many is refused: the others go on. */
static void refuse_one(struct decide_job *job, struct one_case *x, struct str id,
		       struct advise_no *no)
{
	struct buf text;
	if (no->code == NULL)
		*no = (struct advise_no){.http = status_http(no->err.status),
					 .code = status_name(no->err.status),
					 .param = "",
					 .err = no->err};
	buf_init_arena(&text, job->call.req->arena, 4096);
	advise_refusal(id, no, &text);
	x->answer = buf_ok(&text) ? buf_view(&text) : STR("{\"error\":{\"code\":\"limit\"}}");
}

static enum status answer_of(const struct decide_job *job, struct buf *out, struct err *e)
{
	size_t bytes = sizeof MANY_HEAD + 2;
	for (size_t i = 0; i < job->body.n; i++)
		bytes += job->list[i].answer.n + 1;
	(void)buf_reserve(out, bytes);
	buf_z(out, MANY_HEAD);
	for (size_t i = 0; i < job->body.n; i++) {
		if (i > 0)
			buf_byte(out, ',');
		buf_str(out, job->list[i].answer);
	}
	buf_z(out, "]}");
	return buf_ok(out) ? ST_OK : err_set(e, ST_LIMIT, "the answer is too large");
}

static void not_kept(struct daemon *d, struct api_call *call, const struct err *e,
		     struct http_reply *reply)
{
	api_reply_err(call, e, reply);
	metrics_add(d->metrics, METRIC_LOG_NO_SPACE, e->status == ST_NO_SPACE);
	if (e->status == ST_NO_SPACE)
		disk_full(&d->disk, clock_mono_us());
}

static void committed(struct append_job *aj, enum status st, const struct err *e)
{
	struct decide_job *job = aj->ctx;
	struct daemon *d = job->daemon;
	struct http_reply reply = {.status = 0};
	size_t again = 0;
	for (size_t i = 0; i < aj->n && st == ST_OK; i++)
		again += aj->entries[i].duplicate;
	metrics_add(d->metrics, METRIC_DECISIONS, st == ST_OK ? (int64_t)(aj->n - again) : 0);
	if (st != ST_OK)
		not_kept(d, &job->call, e, &reply);
	else if (again == 0 && !job->to_ask)
		api_reply_json(&job->call, 200, job->answer, &reply);
	else if (desk_take(d, &job->call, &reply) == HTTP_LATER)
		return;
	http_replies_add(&d->replies, job->call.req, &reply);
}

static enum http_verdict submit(struct daemon *d, struct append_job *job, struct api_call *call,
				struct http_reply *reply)
{
	struct err e;
	enum status st = appender_submit(d->appender, job, &e);
	if (st == ST_OK)
		return HTTP_LATER;
	if (st == ST_BUSY) {
		metrics_inc(d->metrics, METRIC_HTTP_SHED);
		api_reply_busy(call, RETRY_S, reply);
	} else {
		api_reply_err(call, &e, reply);
	}
	return HTTP_ANSWERED;
}

/* ---- decisions ---- */

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

/* At the door: refused, decided, or put off until the desk. */
static enum status take_one(struct decide_job *job, const struct advise_book *b, struct one_case *x,
			    struct advise_ask *q, struct advise_no *no)
{
	struct arena *a = job->call.req->arena;
	struct log_entry *entry = &job->job.entries[job->job.n];
	enum status st = advise_read(b, &job->body.d, x->node, a, q, no);
	if (st != ST_OK)
		return st;
	x->to_ask = q->lead.n > 0;
	job->to_ask = job->to_ask || x->to_ask;
	if (x->to_ask)
		return ST_OK;
	give_id(job->daemon, q, a);
	hold_all(b, q);
	no->code = NULL;
	st = decide(b, q, job, x, entry, &no->err);
	if (st == ST_OK)
		x->entry = job->job.n++;
	return st;
}

static enum status take_all(struct decide_job *job, const struct advise_book *b,
			    struct advise_no *no)
{
	struct advise_ask q;
	uint32_t node = JSON_NONE;
	for (size_t i = 0; i < job->body.n; i++) {
		struct one_case *x = &job->list[i];
		node = advise_next(&job->body, node);
		*x = (struct one_case){.node = node, .entry = NO_ENTRY};
		enum status st = take_one(job, b, x, &q, no);
		if (st != ST_OK && job->body.list == JSON_NONE)
			return st;
		if (st != ST_OK)
			refuse_one(job, x, q.id, no);
	}
	if (job->body.list == JSON_NONE) {
		job->answer = job->list[0].answer;
		return ST_OK;
	}
	struct buf answer;
	buf_init_arena(&answer, job->call.req->arena, MANY_ROOM);
	no->code = NULL;
	enum status st = job->to_ask ? ST_OK : answer_of(job, &answer, &no->err);
	job->answer = buf_view(&answer);
	return st;
}

static enum status open_job(struct daemon *d, struct api_call *call, struct decide_job **out,
			    struct advise_no *no)
{
	struct arena *a = call->req->arena;
	struct decide_job *job = ARENA_NEW(a, struct decide_job);
	ASSERT(job != NULL);
	enum status st = advise_open(call->req->body, a, &job->body, no);
	if (st != ST_OK)
		return st;
	job->daemon = d;
	job->call = *call;
	job->call.user = job;
	job->list = ARENA_ARRAY(a, struct one_case, job->body.n);
	job->job = (struct append_job){.entries = ARENA_ARRAY(a, struct log_entry, job->body.n),
				       .done = committed,
				       .ctx = job};
	no->code = NULL;
	*out = job;
	return job->list != NULL && job->job.entries != NULL
		       ? ST_OK
		       : err_set(&no->err, ST_LIMIT, "the request needs too much memory");
}

enum http_verdict daemon_decide(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct decide_job *job = NULL;
	struct advise_no no = {.http = 0};
	unsigned place;
	enum status st = open_job(d, call, &job, &no);
	if (st != ST_OK)
		return refuse(call, &no, reply);
	const struct advise_book *b = shelf_take(&d->shelf, &place);
	st = take_all(job, b, &no);
	shelf_give(&d->shelf, place);
	if (st != ST_OK)
		return refuse(call, &no, reply);
	if (job->job.n > 0)
		return submit(d, &job->job, &job->call, reply);
	if (job->to_ask)
		return desk_take(d, &job->call, reply);
	api_reply_json(call, 200, job->answer, reply);
	return HTTP_ANSWERED;
}

/* ---- rewards ---- */

struct reward_job {
	struct append_job job;
	struct log_entry entry;
	struct daemon *daemon;
	struct api_call call;
};

static void rewarded(struct append_job *aj, enum status st, const struct err *e)
{
	struct reward_job *job = aj->ctx;
	struct daemon *d = job->daemon;
	struct http_reply reply = {.status = 0};
	if (st == ST_OK)
		api_reply_success(&job->call, &reply);
	else
		not_kept(d, &job->call, e, &reply);
	metrics_add(d->metrics, METRIC_REWARDS, st == ST_OK && !job->entry.duplicate);
	http_replies_add(&d->replies, job->call.req, &reply);
}

enum http_verdict daemon_reward(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct arena *a = call->req->arena;
	struct advise_reward r;
	struct advise_no no = {.http = 0};
	struct buf event, key;
	struct err e;
	unsigned place;
	struct reward_job *job = ARENA_NEW(a, struct reward_job);
	ASSERT(job != NULL); /* a body of 4 KB leaves room */
	*job = (struct reward_job){.daemon = d, .call = *call};
	job->job =
		(struct append_job){.entries = &job->entry, .n = 1, .done = rewarded, .ctx = job};
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
	job->entry.message_id = buf_view(&key);
	st = fill_entry(a, "advice.reward", buf_view(&event), call->req->received_us, &job->entry,
			&e);
	if (st == ST_OK)
		return submit(d, &job->job, &job->call, reply);
	api_reply_err(call, &e, reply);
	return HTTP_ANSWERED;
}

/* ---- at the desk ---- */

/* Earlier builds kept a hash of the bytes as they came. */
static bool same_case(const struct decide_job *job, const struct one_case *x, uint64_t hash)
{
	const struct json *d = &job->body.d;
	return hash == advise_hash(d, x->node) || hash == hash_str(json_raw(d, x->node), 0);
}

/* What was answered under this id before. */
static enum status as_before(struct desk_work *k, struct one_case *x, uint64_t seq, struct err *e)
{
	const struct decide_job *job = k->call->user;
	struct arena *a = k->call->req->arena;
	struct log_record r;
	struct event ev;
	struct str answer;
	struct buf out;
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
	if (!same_case(job, x, hash))
		return err_set(e, ST_CONFLICT, "this id was used before for another request");
	buf_init_arena(&out, a, EVENT_ROOM);
	(void)buf_reserve(&out, answer.n + 32);
	buf_put(&out, answer.p, answer.n - 1);
	buf_z(&out, ",\"duplicate\":true}");
	x->answer = buf_view(&out);
	return buf_ok(&out) ? ST_OK : err_set(e, ST_LIMIT, "the answer is too large");
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
			struct one_case *x, struct err *e)
{
	struct log_entry entry = {.seq = 0};
	struct daemon *d = k->daemon;
	enum status st = ask_guards(k, q, &x->lead, e);
	hold_all(b, q);
	if (st == ST_OK)
		st = decide(b, q, k->call->user, x, &entry, e);
	if (st == ST_OK)
		st = appender_append(d->appender, &entry, 1, e);
	if (st != ST_OK)
		return st;
	if (entry.duplicate)
		return as_before(k, x, entry.seq, e);
	metrics_inc(d->metrics, METRIC_DECISIONS);
	return ST_OK;
}

static enum status ask_lead(struct desk_work *k, struct one_case *x, struct advise_ask *q,
			    struct advise_no *no)
{
	const struct decide_job *job = k->call->user;
	struct daemon *d = k->daemon;
	unsigned place;
	struct arena *a = k->call->req->arena;
	const struct advise_book *b = shelf_take(&d->shelf, &place);
	enum status st = advise_read(b, &job->body.d, x->node, a, q, no);
	if (st == ST_OK) {
		give_id(d, q, a);
		no->code = NULL;
		st = keep(k, b, q, x, &no->err);
	}
	shelf_give(&d->shelf, place);
	return st;
}

static enum status at_desk(struct desk_work *k, struct one_case *x, struct advise_ask *q,
			   struct advise_no *no)
{
	const struct decide_job *job = k->call->user;
	const struct log_entry *kept = x->entry != NO_ENTRY ? &job->job.entries[x->entry] : NULL;
	bool again = kept != NULL && kept->duplicate;
	q->id = STR_NULL;
	no->code = NULL;
	if (!x->to_ask && !again)
		return ST_OK;
	if (desk_stopping(k->desk))
		return err_set(&no->err, ST_UNAVAILABLE, "the daemon is stopping");
	return again ? as_before(k, x, kept->seq, &no->err) : ask_lead(k, x, q, no);
}

enum status daemon_do_decide(struct desk_work *k, struct err *e)
{
	struct decide_job *job = k->call->user;
	struct advise_ask q;
	struct advise_no no = {.http = 0};
	for (size_t i = 0; i < job->body.n; i++) {
		struct one_case *x = &job->list[i];
		enum status st = at_desk(k, x, &q, &no);
		if (st != ST_OK && job->body.list == JSON_NONE) {
			(void)refuse(k->call, &no, k->reply);
			k->replied = true;
			return ST_OK;
		}
		if (st != ST_OK)
			refuse_one(job, x, q.id, &no);
	}
	if (job->body.list != JSON_NONE)
		return answer_of(job, &k->body, e);
	buf_str(&k->body, job->list[0].answer);
	return ST_OK;
}
