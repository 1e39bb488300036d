/* SPDX-License-Identifier: Apache-2.0
 * system.c: the handlers behind our own event types. A handler that cannot do what it was asked
 * returns ST_INVALID, ST_CONFLICT or ST_NOT_FOUND: the engine then keeps the event as a dead
 * letter, and the fold goes on. */
#include "engine/system.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/advised.h"
#include "engine/beside.h"
#include "engine/experiments.h"
#include "engine/internal.h"
#include "engine/kept.h"
#include "engine/merge.h"
#include "engine/models.h"
#include "engine/past.h"
#include "program/content.h"

enum status system_props(struct pass *p, struct arena *a, struct json *d, struct err *e)
{
	if (p->event.properties.n == 0)
		return err_set(e, ST_INVALID, STR_FMT ": the event has no properties",
			       STR_ARG(p->event.type));
	return json_parse(p->event.properties, JSON_LIMITS_EVENT, a, d, e);
}

enum status system_id(struct pass *p, const struct json *d, const char *key, uint64_t *out,
		      struct err *e)
{
	int64_t v;
	if (!json_i64(d, json_get(d, 0, key), &v) || v <= 0)
		return err_set(e, ST_INVALID, STR_FMT ": properties.%s must be a positive number",
			       STR_ARG(p->event.type), key);
	*out = (uint64_t)v;
	return ST_OK;
}

/* Time has passed; alarms fired before this handler was reached (N3). */
static enum status run_tick(struct engine *en, struct pass *p, struct err *e)
{
	(void)en, (void)p, (void)e;
	return ST_OK;
}

/* ---- program.apply ---- */

/* What reading a program may take: one ceiling wherever it is read, so that a program that was
 * applied can always be read again. The pass arena is for events. */
#define PROGRAM_READ_BYTES ((size_t)64 << 20)
_Static_assert(EVENT_OWN_BYTES_MAX >= 2 * PROGRAM_BYTES_MAX + 4096,
	       "a program of the largest size fits into one event of ours");

enum status system_program_compile(struct str row, struct program **out, struct err *e)
{
	struct json d;
	struct arena a;
	struct program_report report;
	arena_init(&a, PROGRAM_READ_BYTES);
	enum status st = json_parse(row, JSON_LIMITS_EVENT, &a, &d, NULL);
	st = st == ST_OK ? program_load(json_str(&d, json_get(&d, 0, "source"), &a), &a, out,
					&report, e)
			 : err_set(e, ST_CORRUPT, "stored program cannot be read");
	arena_finish(&a);
	return st;
}

#define SWEEP_BITE 4096u
struct sweep {
	uint64_t ids[SWEEP_BITE];
	size_t n;
};

static bool sweep_take(void *ctx, struct store_key key, struct str value)
{
	struct sweep *s = ctx;
	(void)value;
	if (s->n == SWEEP_BITE)
		return false;
	s->ids[s->n++] = key.num;
	return true;
}

enum status system_look_again(struct engine *en, uint64_t lead, int64_t now_us, struct err *e)
{
	struct pass p;
	engine_pass_init(en, &p, PASS_APPLY, now_us, lead);
	p.facts_changed = true;
	enum status st = batch_lead(&en->batch, lead, &p.work, e);
	return st == ST_OK && !(p.work->lead.flags & LEAD_MERGED) ? step(&p, e) : st;
}

/* Looks at every lead under the new program: fit, persona, tier and alarm may all move. Features
 * and rules that are new start now; `plan` says so before anyone applies. */
enum status system_sweep(struct engine *en, int64_t now_us, struct err *e)
{
	uint64_t from = 0;
	struct sweep *s = mem_alloc(sizeof *s);
	enum status st = ST_OK;
	do {
		s->n = 0;
		st = batch_flush(&en->batch, e);
		if (st == ST_OK)
			st = store_scan(en->conf.store, TABLE_LEAD, SCAN_FROM(KEY_NUM(from)),
					sweep_take, s, e);
		for (size_t i = 0; i < s->n && st == ST_OK; i++) {
			st = system_look_again(en, s->ids[i], now_us, e);
			from = s->ids[i] + 1;
		}
	} while (st == ST_OK && s->n == SWEEP_BITE);
	mem_free(s);
	return st;
}

/* What the row of a version is made of, besides what the pass knows. */
struct version_text {
	uint64_t number;
	struct str source, content; /* content: its index as raw JSON; may be empty */
};

static enum status program_row(struct pass *p, const struct version_text *t,
			       const struct program *prog, struct err *e)
{
	struct batch *b = p->batch;
	struct buf row;
	struct json_w w;
	buf_init(&row, 4 * PROGRAM_BYTES_MAX);
	json_w_init(&w, &row);
	json_w_object(&w);
	json_w_ki64(&w, "version", (int64_t)t->number);
	json_w_kstr(&w, "name", prog->name);
	json_w_ktime(&w, "applied", p->env.now_us);
	json_w_ki64(&w, "seq", (int64_t)p->event.seq);
	json_w_kstr(&w, "source", t->source);
	if (t->content.n)
		json_w_key(&w, "content");
	if (t->content.n)
		json_w_raw(&w, t->content);
	json_w_end(&w);
	enum status st = buf_ok(&row) ? store_put(b->store, TABLE_PROGRAM, KEY_NUM(t->number),
						  buf_view(&row), e)
				      : err_set(e, ST_LIMIT, "program is too large to keep");
	buf_finish(&row);
	return st;
}

static bool take_number(void *ctx, struct store_key key, struct str value)
{
	(void)value;
	*(uint64_t *)ctx = key.num;
	return false;
}

/* Numbers are given once: a candidate that was withdrawn keeps its own. */
static enum status next_number(struct store *s, uint64_t *out, struct err *e)
{
	*out = 0;
	enum status st = store_scan(s, TABLE_PROGRAM, SCAN_NEWEST_FIRST, take_number, out, e);
	++*out;
	return st;
}

enum status system_program_take(struct pass *p, struct arena *a, uint64_t *number_r,
				struct program **out, struct err *e)
{
	struct json d;
	struct program *new = NULL;
	struct program_report report = {0};
	enum status st = system_props(p, a, &d, e);
	if (st != ST_OK)
		return st;
	struct version_text text = {.source = json_str(&d, json_get(&d, 0, "source"), a)};
	uint32_t index = json_get(&d, 0, "content");
	if (index != JSON_NONE) {
		struct content_index read; /* or nobody could decide by this version */
		text.content = json_raw(&d, index);
		if (content_index_decode(&d, index, a, &read, e) != ST_OK)
			return e->status = ST_INVALID;
	}
	if (text.source.n == 0)
		return err_set(e, ST_INVALID, STR_FMT ": properties.source holds no program",
			       STR_ARG(p->event.type));
	st = program_load(text.source, a, &new, &report, e);
	if (st != ST_OK)
		return st;
	st = next_number(p->batch->store, &text.number, e);
	if (st == ST_OK)
		st = program_row(p, &text, new, e);
	if (st == ST_OK)
		*number_r = text.number;
	if (st == ST_OK && out != NULL)
		*out = new;
	else
		program_destroy(&new);
	return st;
}

enum status system_program_force(struct engine *en, struct pass *p, uint64_t number,
				 struct program *new, struct err *e)
{
	en->batch.program_version = number;
	en->batch.meta_dirty = true;
	enum status st = play_set_now(&en->play, 0, NULL, e);
	if (st == ST_OK) /* its decisions may be others */
		st = advised_flush(&en->play.advised, en->conf.store, e);
	advised_forget(&en->play.advised);
	program_destroy(&en->program);
	en->program = new;
	play_forget_ended(&en->play, new);
	if (st == ST_OK)
		st = experiments_applied(p, new, e);
	if (st == ST_OK)
		st = play_choose(&en->play, new, e);
	if (st == ST_OK)
		st = play_set_now(&en->play, en->batch.program_version, new, e);
	if (st != ST_OK)
		return st;
	p->program = new;
	st = kept_applied(p, e);
	return st != ST_OK ? st : system_sweep(en, p->env.now_us, e);
}

static enum status run_apply(struct engine *en, struct pass *p, struct err *e)
{
	struct arena a;
	uint64_t number = 0;
	struct program *new = NULL;
	const struct beside *x = &en->play.beside;
	if (x->on)
		return beside_taken(x, e);
	arena_init(&a, PROGRAM_READ_BYTES);
	enum status st = system_program_take(p, &a, &number, &new, e);
	arena_finish(&a);
	return st == ST_OK ? system_program_force(en, p, number, new, e) : st;
}

enum status engine_event_apply(struct str yaml, int64_t now_us, struct buf *body, struct err *e)
{
	return engine_event_apply_with(yaml, NULL, now_us, body, e);
}

static void put_content(const struct content_index *content, struct json_w *w)
{
	struct buf index;
	buf_init(&index, EVENT_OWN_BYTES_MAX);
	content_index_encode(content, &index);
	json_w_key(w, "content");
	json_w_raw(w, buf_ok(&index) ? buf_view(&index) : STR("[]"));
	buf_finish(&index);
}

enum status engine_event_apply_with(struct str yaml, const struct content_index *content,
				    int64_t now_us, struct buf *body, struct err *e)
{
	return engine_event_try(yaml, content, NULL, now_us, body, e);
}

enum status engine_event_try(struct str yaml, const struct content_index *content,
			     const struct program_beside *how, int64_t now_us, struct buf *body,
			     struct err *e)
{
	struct buf text;
	struct json_w w;
	buf_init(&text, EVENT_OWN_BYTES_MAX);
	json_w_init(&w, &text);
	json_w_object(&w);
	json_w_kstr(&w, "source", yaml);
	if (content != NULL)
		put_content(content, &w);
	if (how != NULL)
		program_beside_put(how, &w);
	json_w_end(&w);
	struct event ev = {
		.type = how != NULL ? STR("program.try") : STR("program.apply"),
		.occurred_us = now_us,
		.properties = buf_view(&text),
		.flags = EVENT_SYSTEM,
		.context.scroll = -1,
	};
	enum status st =
		buf_ok(&text)
			? event_encode(&ev, body, e)
			: err_set(e, ST_LIMIT, "program is larger than one event may be (%u bytes)",
				  EVENT_OWN_BYTES_MAX);
	buf_finish(&text);
	return st;
}

/* ---- leads ---- */

static enum status run_merge(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	uint64_t into, lead;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK)
		st = system_id(p, &d, "into", &into, e);
	if (st == ST_OK)
		st = system_id(p, &d, "lead", &lead, e);
	if (st != ST_OK)
		return st;
	struct str reason = json_str(&d, json_get(&d, 0, "reason"), p->arena);
	st = merge_leads(p, into, lead, reason.n ? reason : STR("asked for by an operator"), e);
	return st == ST_OK ? system_look_again(en, into, p->env.now_us, e) : st;
}

static enum status run_split(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	uint64_t merge;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK)
		st = system_id(p, &d, "merge", &merge, e);
	uint64_t sides[2];
	if (st == ST_OK)
		st = merge_undo(en, p, merge, sides, e);
	for (size_t i = 0; i < 2 && st == ST_OK; i++)
		st = system_look_again(en, sides[i], p->env.now_us, e);
	return st;
}

/* ---- suppression ---- */

static enum status run_suppress(struct engine *en, struct pass *p, struct err *e)
{
	(void)en;
	return consent_suppress(p, e);
}

static enum status run_unsuppress(struct engine *en, struct pass *p, struct err *e)
{
	(void)en;
	return consent_unsuppress(p, e);
}

/* ---- what the door took in but could not read (lenient sources) ---- */

static enum status run_refused(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	enum status st = system_props(p, p->arena, &d, e);
	if (st != ST_OK)
		return st;
	en->stats.dead_letters++;
	struct str reason = json_str(&d, json_get(&d, 0, "reason"), p->arena);
	const char *text = arena_strz(p->arena, reason.n ? reason : STR("refused at the door"));
	return pass_dead_letter(p->batch, p->record, "ingest", text ? text : "refused", p->arena,
				e);
}

/* ---- what our own doors saw, before it means anything ---- */

/* A link or a picture was asked for: kept as it came; the verdict follows as an event of its own
 * (daemon/hits.h), and only that is anybody's. */
static enum status run_hit(struct engine *en, struct pass *p, struct err *e)
{
	(void)en, (void)p, (void)e;
	return ST_OK;
}

/* The watch rang, or the rule of an experiment found something, when an event before this one was
 * folded: told once more for who reads the log. */
static enum status run_told(struct engine *en, struct pass *p, struct err *e)
{
	(void)en, (void)p, (void)e;
	return ST_OK;
}

/* Mail that is nobody's: lists, machines that talk to themselves. Counted, so that a person can ask
 * why nothing came of it. */
static enum status run_noted(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st != ST_OK)
		return st;
	const struct str dims[] = {
		str_slice(json_str(&d, json_get(&d, 0, "kind"), p->arena), 0, 32)};
	batch_count(p->batch, p->env.now_us, "mail", dims, 1, 1);
	return ST_OK;
}

static const struct system_event rows[] = {
	{"clock.tick", "time has passed with no other event; due alarms fire", run_tick},
	{"program.apply", "a new version of the program takes effect", run_apply},
	{"program.try", "a version stands beside the one in force, for a share", beside_event},
	{"program.promote", "that version is in force for everybody", beside_event},
	{"program.withdraw", "that version is for nobody any more", beside_event},
	{"lead.merge", "two leads are one person", run_merge},
	{"lead.split", "a merge is undone", run_split},
	{"suppression.add", "an address is never written to", run_suppress},
	{"suppression.remove", "a suppression is lifted", run_unsuppress},
	{"message.sent", "a message has been taken by the far side", system_message},
	{"message.deferred", "a message is to be tried again later", system_message},
	{"message.failed", "a message was refused for good", system_message},
	{"message.uncertain", "whether a message arrived was never told", system_message},
	{"message.cancel", "an operator takes back what waits for its time", system_message},
	{"notice.again", "a notice that failed is sent once more", system_notice},
	{"sending.pause", "nothing leaves any more", system_sending},
	{"sending.resume", "messages leave again", system_sending},
	{"experiment.stop", "an experiment is over: everybody is in one arm", system_experiment},
	{"experiment.decided", "the rule of an experiment found something", run_told},
	{"track.move", "an operator moves a lead to a track, or off all", system_track},
	{"track.pause", "nothing is said to a lead for a time", system_track},
	{"track.resume", "a lead is nurtured again", system_track},
	{"handoff.open", "a person takes over a lead", system_handoff},
	{"handoff.accept", "the rep takes the lead", system_handoff},
	{"handoff.return", "not now: nurtured again later", system_handoff},
	{"handoff.refuse", "not a fit: not nurtured again", system_handoff},
	{"handoff.bad_data", "nobody can be reached: not nurtured again", system_handoff},
	{"handoff.close", "the hand-off is over", system_handoff},
	{"content.put", "a content file a program will name by its hash", system_content},
	{"model.put", "a model that a choice will name by its hash", models_event},
	{"model.stage", "who may decide in a slot: champion, candidate, its share", models_event},
	{"policy.warm", "past sends that wait are believed with a weight", past_warm},
	{"model.moved", "a model that is tried went up or back by itself", run_told},
	{"drift.alarm", "what was learned does not fit any more", run_told},
	{"advice.given", "another sender asked what to do, or said what it did", advised_given},
	{"advice.reward", "what came of a decision of another sender", advised_reward},
	{"link.hit", "a link or picture of a message was asked for", run_hit},
	{"mail.noted", "mail that needs nothing done", run_noted},
	{"ingest.refused", "an item that could not be read, kept with its reason", run_refused},
};

const struct system_event *system_event_of(struct str type)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (str_is(type, rows[i].type))
			return &rows[i];
	return NULL;
}
