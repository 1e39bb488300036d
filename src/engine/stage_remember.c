/* SPDX-License-Identifier: Apache-2.0
 * stage_remember.c: the last rows of the table: timeline, counters, dead letters, forgetting and
 * the alarm. */
#include "base/assert.h"
#include "base/json.h"
#include "consent/consent.h"
#include "engine/account.h"
#include "engine/pass.h"
#include "engine/profile.h"
#include "engine/whose.h"
#include "score/score.h"

#define CHUNK_BYTES_MAX 4096u

enum status stage_remember(struct pass *p, struct err *e)
{
	struct lead *l = &p->work->lead;
	struct lead_entry line = {
		.seq = p->event.seq,
		.occurred_us = p->event.occurred_us,
		.flags = p->event.flags,
		.points = p->points,
	};
	enum status st = batch_type_no(p->batch, p->event.type, &line.type_no, e);
	if (st != ST_OK)
		return st;
	struct buf chunk;
	buf_init_arena(&chunk, p->arena, CHUNK_BYTES_MAX);
	struct key key = key_u64_u64(l->id, l->chunks_n);
	l->events_n++;
	p->work->dirty = true;
	if (!lead_remember(l, &line, &chunk))
		return ST_OK;
	ASSERT(buf_ok(&chunk));
	return store_put(p->batch->store, TABLE_HISTORY, KEY_BYTES(key_view(&key)),
			 buf_view(&chunk), e);
}

enum status stage_count(struct pass *p, struct err *e)
{
	(void)e;
	bool machine = p->event.flags & (EVENT_BOT | EVENT_MACHINE);
	const struct str dims[] = {p->event.source, p->event.type,
				   machine ? STR("machine") : STR("human")};
	batch_count(p->batch, p->env.now_us, "events", dims, 3, 1);
	if (p->created)
		batch_count(p->batch, p->env.now_us, "leads", dims, 1, 1);
	return ST_OK;
}

enum status pass_dead_letter(struct batch *b, const struct log_record *r, const char *stage,
			     const char *reason, struct arena *a, struct err *e)
{
	struct buf row;
	struct json_w w;
	struct str copy =
		arena_printf(a, "%s", reason); /* reason may live in *e, which put may fill */
	buf_init_arena(&row, a, 4 * EVENT_BYTES_MAX);
	json_w_init(&w, &row);
	json_w_object(&w);
	json_w_ki64(&w, "seq", (int64_t)r->seq);
	json_w_ktime(&w, "received", r->received_us);
	json_w_kstr(&w, "source", r->source);
	json_w_kstr(&w, "message_id", r->message_id);
	json_w_kz(&w, "stage", stage);
	json_w_kstr(&w, "reason", copy);
	json_w_kstr(&w, "body", str_slice(r->body, 0, EVENT_BYTES_MAX)); /* ours can be larger */
	json_w_end(&w);
	ASSERT(buf_ok(&row));
	batch_count(b, r->received_us, "dead_letters", NULL, 0, 1);
	return store_put(b->store, TABLE_DEAD_LETTER, KEY_NUM(r->seq), buf_view(&row), e);
}

static enum status drop_rows(struct pass *p, struct err *e)
{
	struct lead *l = &p->work->lead;
	struct store *s = p->batch->store;
	enum status st = store_del(s, TABLE_PROFILE, KEY_NUM(l->id), e);
	for (uint32_t i = 0; i < l->chunks_n && (st == ST_OK || st == ST_NOT_FOUND); i++) {
		struct key k = key_u64_u64(l->id, i);
		st = store_del(s, TABLE_HISTORY, KEY_BYTES(key_view(&k)), e);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* An anonymous visitor is forgotten when nothing was heard for the program's time to live: the
 * row stays as a tombstone without a personal byte, so that the timeline of counts holds. */
enum status stage_forget(struct pass *p, struct err *e)
{
	struct lead *l = &p->work->lead;
	if (l->ttl_us == TIME_NONE || p->env.now_us < l->ttl_us || (l->flags & LEAD_KNOWN))
		return ST_OK;
	struct profile_id id;
	enum status st = batch_profile(p->batch, p->work, e);
	for (size_t i = 0; st == ST_OK && profile_id(&p->work->profile_doc, i, p->arena, &id);
	     i++) {
		struct str key;
		st = whose_key(&id, p->arena, &key, e);
		if (st == ST_OK)
			st = batch_identity_set(p->batch, key, 0, e);
	}
	if (st == ST_OK)
		st = account_leave(p, p->work, e);
	if (st == ST_OK)
		st = drop_rows(p, e);
	if (st != ST_OK)
		return st;
	uint64_t id_kept = l->id;
	int64_t created = l->created_us;
	lead_init(l, id_kept, created);
	l->flags = LEAD_ERASED;
	p->work->profile = STR_NULL;
	p->work->profile_dirty = p->work->profile_parsed = false;
	p->work->profile_loaded = p->work->dirty = p->forgotten = true;
	batch_count(p->batch, p->env.now_us, "forgotten", NULL, 0, 1);
	return ST_OK;
}

static int64_t sooner(int64_t a, int64_t b)
{
	if (a == TIME_NONE || b == TIME_NONE)
		return a == TIME_NONE ? b : a;
	return a < b ? a : b;
}

enum status stage_alarm(struct pass *p, struct err *e)
{
	struct lead *l = &p->work->lead;
	(void)e;
	int64_t due = l->ttl_us;
	if (p->program != NULL)
		due = sooner(due, score_next_change(p->program, l, p->env.now_us));
	due = sooner(due, p->play_due_us);
	if (due != TIME_NONE && due <= p->env.now_us)
		due = p->env.now_us + 1; /* an alarm at its own instant would fire for ever */
	batch_alarm(p->batch, p->work, due);
	return ST_OK;
}
