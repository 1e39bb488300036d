/* SPDX-License-Identifier: Apache-2.0
 * engine.c: the writer. Reads records behind the cursor, keeps the log's clock, fires alarms in
 * their place, hands events to the pass, and commits. Everything a batch did is undone together
 * when any of it fails: the next run starts from the committed cursor, so a crash and an error
 * are the same thing. */
#include "engine/engine.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/polite.h"
#include "engine/advised.h"
#include "engine/beside.h"
#include "engine/due.h"
#include "engine/experiments.h"
#include "engine/flush.h"
#include "engine/handing.h"
#include "engine/internal.h"
#include "engine/kept.h"
#include "engine/notice.h"
#include "engine/outbox.h"
#include "engine/system.h"

#include <string.h>

#define READ_RECORDS 512u
#define RECORD_ARENA (128u << 20)
#define PASS_ARENA (16u << 20)
#define ALARM_BITE 512u /* at most */
#define ALARM_BITE_LEAST 8u
/* A batch ends where so many messages wait for its commit: they leave while others are folded. */
#define LEAVING_MOST 2048u

static enum status program_reload(struct engine *en, struct err *e)
{
	enum status st = play_set_now(&en->play, 0, NULL, e);
	program_destroy(&en->program);
	if (st != ST_OK || en->batch.program_version == 0)
		return st;
	struct str row;
	arena_reset(&en->pass_arena);
	st = store_get(en->conf.store, TABLE_PROGRAM, KEY_NUM(en->batch.program_version),
		       &en->pass_arena, &row, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? err_set(e, ST_CORRUPT,
						    "program version %llu is missing in the state",
						    (unsigned long long)en->batch.program_version)
					  : st;
	st = system_program_compile(row, &en->program, e);
	if (st == ST_OK)
		st = play_choose(&en->play, en->program, e);
	return st == ST_OK ? play_set_now(&en->play, en->batch.program_version, en->program, e)
			   : st;
}

static struct engine_place place_of(const struct engine *en)
{
	return (struct engine_place){en->batch.cursor, en->batch.clock_us};
}

static enum status engine_reload(struct engine *en, struct err *e)
{
	batch_drop(&en->batch);
	enum status st = batch_load(&en->batch, e);
	if (st == ST_OK)
		st = play_load(&en->play, e);
	if (st == ST_OK)
		st = program_reload(en, e);
	en->stale = st != ST_OK;
	en->committed = place_of(en);
	return st;
}

/* A log that is shorter than what was folded from it has lost records. New events would get the
 * places of the lost ones, behind the cursor: acknowledged and never folded. */
static enum status check_log_end(struct engine *en, struct err *e)
{
	struct log_stats ls;
	log_stats(en->conf.log, &ls);
	if (en->batch.cursor < ls.next_seq)
		return ST_OK;
	return err_set(
		e, ST_CORRUPT,
		"the event log ends at record %llu, but the state was folded up to record %llu: "
		"restore both from one backup, or move state.db* away to fold the log anew",
		(unsigned long long)(ls.next_seq - 1), (unsigned long long)en->batch.cursor);
}

enum status engine_open(const struct engine_conf *conf, struct engine **out, struct err *e)
{
	ASSERT(conf->log != NULL && conf->store != NULL);
	struct engine *en = mem_alloc(sizeof *en);
	en->conf = *conf;
	if (en->conf.batch_events_max == 0)
		en->conf.batch_events_max = 50000;
	if (en->conf.batch_bytes_max == 0)
		en->conf.batch_bytes_max = (size_t)384 << 20;
	arena_init(&en->record_arena, RECORD_ARENA);
	arena_init(&en->pass_arena, PASS_ARENA);
	batch_init(&en->batch, conf->store, en->conf.batch_bytes_max);
	en->alarm_bite = ALARM_BITE;
	play_init(&en->play, en->conf.store);
	en->play.seed = en->conf.seed;
	en->play.choice = en->conf.choice;
	enum status st = batch_sign(conf->store, e);
	if (st == ST_OK)
		st = log_reader_open(conf->log, &en->reader, e);
	if (st == ST_OK)
		st = engine_reload(en, e);
	if (st == ST_OK)
		st = check_log_end(en, e);
	en->shown = en->committed;
	if (st != ST_OK)
		engine_close(&en);
	else
		*out = en;
	return st;
}

void engine_close(struct engine **en)
{
	if (*en == NULL)
		return;
	program_destroy(&(*en)->program);
	log_reader_close(&(*en)->reader);
	play_finish(&(*en)->play);
	batch_finish(&(*en)->batch);
	arena_finish(&(*en)->record_arena);
	arena_finish(&(*en)->pass_arena);
	mem_free(*en);
	*en = NULL;
}

void engine_stats(const struct engine *en, struct engine_stats *out)
{
	*out = en->stats;
	out->cursor = en->shown.cursor;
	out->clock_us = en->shown.clock_us;
	out->leaving = en->play.outgoing_n;
	int64_t alarm = en->batch.alarms.us, due = en->batch.due.us;
	out->next_alarm_us = alarm == TIME_NONE || (due != TIME_NONE && due < alarm) ? due : alarm;
	out->program_version = en->batch.program_version;
}

const struct program *engine_program(const struct engine *en)
{
	return en->program;
}

enum status engine_book(struct engine *en, struct engine_book_mark *known, struct advise_book **out,
			struct err *e)
{
	const struct play *y = &en->play;
	struct engine_book_mark now = {y->advised.changes, en->batch.program_version, true,
				       y->paused};
	*out = NULL;
	if (en->stale || (known->any && known->changes == now.changes &&
			  known->version == now.version && known->paused == now.paused))
		return ST_OK;
	enum status st = advised_book(&en->play, en->program, out, e);
	if (st != ST_OK)
		return st;
	(*out)->learned_seq = en->committed.cursor;
	(*out)->version = en->batch.program_version;
	*known = now;
	return ST_OK;
}

void engine_pass_init(struct engine *en, struct pass *p, enum pass_why why, int64_t now_us,
		      uint64_t salt)
{
	arena_reset(&en->pass_arena);
	*p = (struct pass){
		.why = why,
		.batch = &en->batch,
		.play = &en->play,
		.program = en->program,
		.env = {.now_us = now_us},
		.play_due_us = TIME_NONE,
		.arena = &en->pass_arena,
	};
	rng_seed(&p->env.rng, hash_u64(en->conf.seed ^ hash_u64(salt)));
}

/* ---- alarms ---- */

struct due_list {
	int64_t now_us;
	struct {
		int64_t due_us;
		uint64_t lead;
	} rows[ALARM_BITE];
	size_t n, most;
	int64_t next_us; /* first one not taken */
	uint64_t next_lead;
};

static bool take_due(void *ctx, struct store_key key, struct str value)
{
	struct due_list *d = ctx;
	(void)value;
	int64_t due = key_read_time(key.bytes, 0);
	if (due > d->now_us || d->n == d->most) {
		d->next_us = due;
		d->next_lead = key_read_u64(key.bytes, 8);
		return false;
	}
	d->rows[d->n].due_us = due;
	d->rows[d->n++].lead = key_read_u64(key.bytes, 8);
	return true;
}

static enum status fire(struct engine *en, int64_t due_us, uint64_t lead, struct err *e)
{
	struct pass p;
	engine_pass_init(en, &p, PASS_ALARM, due_us, hash_u64(lead) ^ (uint64_t)due_us);
	enum status st = batch_lead(&en->batch, lead, &p.work, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, ST_CORRUPT, "an alarm is set for lead %llu, who is not there",
			       (unsigned long long)lead);
	if (st != ST_OK)
		return st;
	p.work->lead.alarm_us = TIME_NONE;
	p.work->dirty = true;
	en->stats.alarms++;
	return step(&p, e);
}

static bool reached(int64_t due_us, int64_t now_us)
{
	return due_us != TIME_NONE && due_us <= now_us;
}

/* Has something been set meanwhile whose turn is before an alarm's that is due at due_us? */
static bool overtaken(const struct engine *en, int64_t due_us)
{
	return reached(en->batch.alarms.us, due_us) || reached(en->batch.due.us, due_us - 1);
}

/* Where leads set alarms that come before those of others, a look brings few that may fire. */
static size_t next_bite(size_t bite, size_t found, size_t fired)
{
	size_t next = fired == found ? bite * 2 : fired * 2;
	if (next < ALARM_BITE_LEAST)
		return ALARM_BITE_LEAST;
	return next < ALARM_BITE ? next : ALARM_BITE;
}

/* A bite of the alarms due at or before `until_us`, by time and lead; *n_r: how many. Rows are only
 * in order in the store, so the working set is written into the open transaction before each look,
 * and a bite ends where an alarm it has set itself comes first. */
static enum status fire_alarms(struct engine *en, int64_t until_us, size_t *n_r, struct err *e)
{
	struct due_list due = {.now_us = until_us, .most = en->alarm_bite, .next_us = TIME_NONE};
	*n_r = 0;
	if (!reached(en->batch.alarms.us, until_us))
		return ST_OK;
	struct key from = key_time_u64(en->batch.alarms.us, en->batch.alarms.id);
	enum status st = batch_flush(&en->batch, e);
	if (st == ST_OK)
		st = store_scan(en->conf.store, TABLE_ALARM, SCAN_FROM(KEY_BYTES(key_view(&from))),
				take_due, &due, e);
	if (st == ST_OK)
		en->batch.alarms = BATCH_QUEUE_EMPTY; /* of what is set from here on */
	size_t i = 0;
	for (; i < due.n && st == ST_OK && !overtaken(en, due.rows[i].due_us); i++) {
		st = fire(en, due.rows[i].due_us, due.rows[i].lead, e);
		*n_r = i + 1;
	}
	en->alarm_bite = next_bite(due.most, due.n, i);
	if (i < due.n)
		batch_queue_has(&en->batch.alarms, due.rows[i].due_us, due.rows[i].lead);
	else if (due.next_us != TIME_NONE)
		batch_queue_has(&en->batch.alarms, due.next_us, due.next_lead);
	return st;
}

static enum status fire_row(struct engine *en, const struct due *d, struct err *e)
{
	struct pass p;
	uint64_t salt = hash_u64(d->id) ^ (uint64_t)d->at_us ^ hash_u64(d->kind);
	engine_pass_init(en, &p, PASS_ALARM, d->at_us, salt);
	en->stats.alarms++;
	enum status st = due_set(&en->batch, &(struct due){TIME_NONE, d->kind, d->id}, d->at_us, e);
	if (st != ST_OK)
		return st;
	switch (d->kind) {
	case DUE_HANDOFF: return handing_due(&p, d->id, e);
	case DUE_MESSAGE: return notice_due(&p, d->id, e);
	case DUE_OUTCOME: return learned_due(&p, d->id, e);
	case DUE_ADVICE: return advised_due(&p, d->id, e);
	case DUE_KEPT: return kept_due(&p, e);
	case DUE_EXPERIMENTS:
		st = experiments_due(&p, e);
		return st == ST_OK ? beside_settle(en, &p, e) : st;
	}
	return err_set(e, ST_CORRUPT, "a row of what is due has no kind");
}

/* Fires, in order of time, everything due at or before `now_us` (N3): alarms of leads, and what
 * waits in TABLE_DUE; of the same instant the alarms first. */
static enum status fire_due(struct engine *en, int64_t now_us, struct err *e)
{
	while (reached(en->batch.alarms.us, now_us) || reached(en->batch.due.us, now_us)) {
		struct due first = {.at_us = TIME_NONE};
		size_t n = 0;
		enum status st = ST_OK;
		if (reached(en->batch.due.us, now_us))
			st = due_first(&en->batch, &first, e);
		bool row = reached(first.at_us, now_us);
		if (st == ST_OK)
			st = fire_alarms(en, row ? first.at_us : now_us, &n, e);
		if (st == ST_OK && n == 0 && row)
			st = fire_row(en, &first, e);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* ---- events ---- */

static enum status fold_event(struct engine *en, const struct log_record *r, struct err *e)
{
	struct pass p;
	engine_pass_init(en, &p, PASS_EVENT, r->received_us, r->seq);
	p.record = r;
	en->last_lead = 0;
	enum status st = event_decode(r->body, p.arena, &p.event, e);
	if (st != ST_OK) {
		en->stats.dead_letters++;
		return pass_dead_letter(&en->batch, r, "decode", e->text, p.arena, e);
	}
	p.event.seq = r->seq;
	p.event.received_us = r->received_us;
	p.event.source = r->source;
	p.event.message_id = r->message_id;
	if (p.event.occurred_us > r->received_us)
		p.event.occurred_us = r->received_us;
	/* Only the operator's door sets the flag: a write key in a web page cannot merge leads. */
	const struct system_event *sys =
		p.event.flags & EVENT_SYSTEM ? system_event_of(p.event.type) : NULL;
	st = sys != NULL ? sys->run(en, &p, e) : step(&p, e);
	if (st == ST_INVALID || st == ST_LIMIT || st == ST_CONFLICT || st == ST_NOT_FOUND) {
		en->stats.dead_letters++;
		return pass_dead_letter(&en->batch, r, sys ? "system" : "step", e->text, p.arena,
					e);
	}
	en->last_lead = st == ST_OK && p.work ? p.work->lead.id : 0;
	return st;
}

static enum status fold_record(struct engine *en, const struct log_record *r, struct err *e)
{
	enum status st = fire_due(en, r->received_us, e);
	if (st != ST_OK)
		return st;
	en->batch.clock_us = r->received_us;
	if (r->thinned)
		return err_set(e, ST_CORRUPT,
			       "log record %llu was dropped by retention before it was processed",
			       (unsigned long long)r->seq);
	bool empty = r->erased || r->skipped; /* nothing to fold, but the cursor moves over it */
	if (!empty)
		st = fold_event(en, r, e);
	if (st != ST_OK)
		return err_wrap(e, "event %llu", (unsigned long long)r->seq);
	if (!empty && en->conf.on_step != NULL)
		en->conf.on_step(en->conf.ctx, r->seq, en->last_lead);
	en->batch.cursor = r->seq;
	en->batch.meta_dirty = true;
	en->stats.events++;
	return batch_full(&en->batch) ? batch_flush(&en->batch, e) : ST_OK;
}

static bool batch_leaves(const struct engine *en)
{
	return en->conf.hand_over != NULL && en->play.outgoing_n >= en->told_n + LEAVING_MOST;
}

static enum status fold_waiting(struct engine *en, size_t *done, struct err *e)
{
	struct log_record records[READ_RECORDS];
	while (*done < en->conf.batch_events_max && !batch_leaves(en)) {
		size_t want = en->conf.batch_events_max - *done;
		if (want > READ_RECORDS)
			want = READ_RECORDS;
		arena_reset(&en->record_arena);
		size_t n = want;
		enum status st = log_read(en->reader, en->batch.cursor + 1, &en->record_arena,
					  records, &n, e);
		if (st != ST_OK)
			return *done > 0
				       ? ST_OK
				       : st; /* keep what is folded; the next run meets it again */
		for (size_t i = 0; i < n; i++) {
			if (en->conf.through_seq && records[i].seq > en->conf.through_seq)
				return ST_OK;
			st = fold_record(en, &records[i], e);
			if (st != ST_OK)
				return st;
			++*done;
			(void)polite_pause(en->conf.polite, &en->polite_us);
		}
		if (n < want)
			return ST_OK;
	}
	return ST_OK;
}

/* ---- what leaves ---- */

static bool take_sending(void *ctx, struct store_key key, struct str value)
{
	struct engine *en = ctx;
	(void)value;
	play_hand_over(&en->play, key_read_u64(key.bytes, 9));
	return true;
}

/* The first `n`, behind a commit that readers see. A commit that held though it was told to have
 * failed has marked messages that nobody was handed. */
static enum status hand_over(struct engine *en, size_t n, struct err *e)
{
	struct play *y = &en->play;
	enum status st = ST_OK;
	if (en->conf.hand_over != NULL && en->hand_all) {
		struct key from = outbox_key(MESSAGE_SENDING, TIME_NONE, 0);
		struct key to = outbox_key(MESSAGE_SENDING + 1, TIME_NONE, 0);
		from.n = to.n = 1;
		struct store_range sending = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)),
					      false};
		y->outgoing_n = 0;
		st = store_scan(en->conf.store, TABLE_OUTBOX, sending, take_sending, en, e);
		n = y->outgoing_n;
	}
	if (st == ST_OK && en->conf.hand_over != NULL && n > 0) {
		en->conf.hand_over(en->conf.ctx, y->outgoing, n);
		en->stats.handed_over += n;
	}
	en->hand_all = st != ST_OK;
	play_handed_over(y, n);
	return st;
}

/* Nobody is waiting behind: readers see it before it is called done. What leaves the process was
 * committed, and its cause is on stable storage: the log. A power cut that takes the commit back
 * leaves that, and the same fold (law 3). */
static enum status show(struct engine *en, struct err *e)
{
	enum status st = store_show(en->conf.store, e);
	if (st != ST_OK)
		return st;
	en->shown = en->committed;
	return hand_over(en, en->play.outgoing_n, e);
}

/* Behind a full batch there is more to fold, while a thread writes this one: it is not waited for.
 * Readers see it by the next commit, and what leaves is handed over then. */
static enum status commit(struct engine *en, bool full, struct err *e)
{
	enum status st = play_flush(&en->play, e);
	if (st == ST_OK)
		st = batch_flush(&en->batch, e);
	if (st == ST_OK)
		st = store_commit(en->conf.store, e);
	if (st != ST_OK)
		return st;
	struct engine_place before = en->committed;
	en->committed = place_of(en);
	if (!full || en->hand_all)
		return show(en, e);
	en->shown = en->conf.hand_over != NULL ? before : en->committed;
	return hand_over(en, en->told_n, e);
}

static bool is_full(const struct engine *en, size_t done)
{
	return done == en->conf.batch_events_max || batch_leaves(en);
}

enum status engine_run(struct engine *en, size_t *done_r, struct err *e)
{
	enum status st;
	size_t done = 0;
	*done_r = 0;
	if (en->stale) {
		en->hand_all = true;
		st = engine_reload(en, e);
		if (st != ST_OK)
			return st;
	}
	st = store_begin(en->conf.store, e);
	if (st != ST_OK)
		return st;
	en->told_n = en->play.outgoing_n;
	st = fold_waiting(en, &done, e);
	if (st == ST_OK && done > 0)
		st = commit(en, is_full(en, done), e);
	if (st != ST_OK || done == 0)
		store_rollback(en->conf.store);
	bool owing = en->hand_all || en->shown.cursor != en->committed.cursor;
	if (st == ST_OK && done == 0 && owing)
		st = show(en, e);
	en->stale |= st != ST_OK;
	*done_r = st == ST_OK ? done : 0;
	return st;
}
