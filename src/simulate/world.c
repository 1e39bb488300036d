/* SPDX-License-Identifier: Apache-2.0
 * world.c: time, the queue of what will happen, and the engine between them. A step is a quarter of
 * an hour: what happens in it is appended in its order, each with its own time, then folded. */
#include "base/hash.h"
#include "base/time.h"
#include "simulate/internal.h"

#include <stdio.h>

#define STEP_US (15 * US_PER_M)
#define ENTRIES_MAX 8192u
#define HEAP_MAX ((size_t)1 << 25)
#define STEP_ARENA ((size_t)256 << 20)

void simulate_dice(struct simulation *s, uint32_t person, enum dice what, uint32_t number)
{
	uint64_t who = hash_u64(s->seed ^ hash_u64(person + UINT64_C(1)));
	rng_seed(&s->rng, hash_u64(who ^ ((uint64_t)what << 32 | number)));
}

bool simulate_chance(struct simulation *s, double p)
{
	return rng_unit(&s->rng) < p;
}

void simulate_reached(struct simulation *s, struct person *p, enum simulate_stage stage)
{
	uint16_t bit = (uint16_t)(1u << stage);
	s->out->stage[stage] += !(p->stages & bit);
	p->stages |= bit;
}

/* ---- what will happen ---- */

static bool before(const struct happening_due *a, const struct happening_due *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->serial < b->serial;
}

static void swap(struct happening_due *a, struct happening_due *b)
{
	struct happening_due t = *a;
	*a = *b;
	*b = t;
}

void simulate_later(struct simulation *s, uint32_t person, enum happening what, int64_t due_us,
		    uint64_t number)
{
	if (due_us >= s->end_us)
		return;
	if (s->heap_n == s->heap_cap) {
		size_t cap = s->heap_cap ? 2 * s->heap_cap : 4096;
		if (cap > HEAP_MAX) {
			s->failed = err_set(&s->why, ST_LIMIT, "too much happens at once");
			return;
		}
		s->heap = mem_grow(s->heap, s->heap_cap * sizeof *s->heap, cap * sizeof *s->heap);
		s->heap_cap = cap;
	}
	size_t at = s->heap_n++;
	s->heap[at] = (struct happening_due){due_us, s->serial++, number, person, (uint8_t)what};
	for (; at > 0 && before(&s->heap[at], &s->heap[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&s->heap[at], &s->heap[(at - 1) / 2]);
}

bool simulate_next(struct simulation *s, int64_t until_us, struct happening_due *out)
{
	if (s->heap_n == 0 || s->heap[0].due_us > until_us)
		return false;
	*out = s->heap[0];
	s->heap[0] = s->heap[--s->heap_n];
	for (size_t at = 0;;) {
		size_t low = at, left = 2 * at + 1, right = left + 1;
		if (left < s->heap_n && before(&s->heap[left], &s->heap[low]))
			low = left;
		if (right < s->heap_n && before(&s->heap[right], &s->heap[low]))
			low = right;
		if (low == at)
			return true;
		swap(&s->heap[at], &s->heap[low]);
		at = low;
	}
}

/* Around their hour of the day, on working days for most. */
int64_t simulate_awake(struct simulation *s, const struct person *p, int64_t from_us)
{
	int64_t day = time_day(from_us);
	double around = 0;
	for (int i = 0; i < 4; i++)
		around += rng_unit(&s->rng) - 0.5; /* a bell, two hours and a half wide */
	int64_t minute = p->peak_hour * 60 + (int64_t)(around * 260);
	int64_t at = day * US_PER_D + minute * US_PER_M +
		     (int64_t)rng_below(&s->rng, (uint64_t)US_PER_M);
	if (at < from_us)
		at += US_PER_D;
	int weekday = time_weekday(at);
	if ((weekday == 0 || weekday == 6) && !simulate_chance(s, 0.15))
		at += weekday == 6 ? 2 * US_PER_D : US_PER_D;
	return at;
}

/* ---- into the log, and folded ---- */

static void on_step(void *ctx, uint64_t seq, uint64_t lead)
{
	struct simulation *s = ctx;
	uint64_t at = seq - s->first_seq;
	if (lead == 0 || seq < s->first_seq || at >= s->entries_n)
		return;
	uint32_t person = s->entry_person[at];
	if (person != UINT32_MAX)
		(void)u64map_put(&s->lead_person, lead, person); /* roomy: one per lead */
}

static enum status fold(struct simulation *s, struct err *e)
{
	size_t done;
	struct log_stats ls;
	log_stats(s->log, &ls);
	s->first_seq = ls.next_seq;
	enum status st = s->entries_n ? log_append(s->log, s->entries, s->entries_n, e) : ST_OK;
	do {
		done = 0;
		if (st == ST_OK)
			st = engine_run(s->engine, &done, e);
	} while (st == ST_OK && done > 0);
	s->entries_n = 0;
	arena_reset(&s->arena);
	if (st == ST_OK)
		st = simulate_decisions(s, e);
	if (st == ST_OK && s->failed != ST_OK) {
		st = s->failed;
		*e = s->why;
	}
	return st;
}

static enum status append(struct simulation *s, const struct event *ev, struct str source,
			  uint32_t person, struct err *e)
{
	struct buf body;
	buf_init_arena(&body, &s->arena, EVENT_BYTES_MAX + 1024);
	enum status st = event_encode(ev, &body, e);
	if (st != ST_OK)
		return st;
	s->entry_person[s->entries_n] = person;
	s->entries[s->entries_n++] = (struct log_entry){
		.source = source,
		.message_id = arena_printf(&s->arena, "s-%llu", (unsigned long long)s->serial++),
		.body = buf_view(&body),
		.received_us = ev->occurred_us,
	};
	return s->entries_n < ENTRIES_MAX ? ST_OK : fold(s, e);
}

/* Alarms that nothing else brings on. */
static enum status tick(struct simulation *s, struct err *e)
{
	struct engine_stats es;
	engine_stats(s->engine, &es);
	if (es.next_alarm_us == TIME_NONE || es.next_alarm_us > s->now_us)
		return ST_OK;
	const struct event ev = {.type = STR("clock.tick"),
				 .occurred_us = s->now_us,
				 .flags = EVENT_SYSTEM,
				 .context.scroll = -1};
	return append(s, &ev, STR("system"), UINT32_MAX, e);
}

/* What it is worth to who wrote the program. */
static void value_of(struct simulation *s, const struct event *ev)
{
	const struct program_reward *r = program_reward_of(&s->program->play->deciding, ev->type);
	bool machine = ev->flags & (EVENT_BOT | EVENT_MACHINE);
	if (r != NULL && !machine)
		s->out->reward += r->value;
}

static enum status step(struct simulation *s, struct err *e)
{
	struct happening_due h;
	struct event ev;
	struct str source = STR_NULL;
	enum status st = ST_OK;
	s->now_us += STEP_US;
	while (st == ST_OK && simulate_next(s, s->now_us, &h))
		if (simulate_event(s, &h, &ev, &source)) {
			value_of(s, &ev);
			st = append(s, &ev, source, h.person, e);
		}
	if (st == ST_OK)
		st = tick(s, e);
	if (st == ST_OK)
		st = fold(s, e);
	if (st == ST_OK)
		simulate_sales(s);
	arena_reset(&s->arena);
	return st;
}

/* ---- from nothing to the end ---- */

static enum status apply(struct simulation *s, struct err *e)
{
	struct buf body;
	buf_init(&body, EVENT_OWN_BYTES_MAX + 1024);
	enum status st =
		engine_event_apply_with(s->conf->program, s->conf->content, s->now_us, &body, e);
	struct log_entry entry = {.source = STR("system"),
				  .message_id = STR("apply"),
				  .body = buf_view(&body),
				  .received_us = s->now_us};
	if (st == ST_OK)
		st = log_append(s->log, &entry, 1, e);
	if (st == ST_OK)
		st = fold(s, e);
	buf_finish(&body);
	return st;
}

static enum status begin(struct simulation *s, struct err *e)
{
	struct program_report report;
	struct log_conf lc = LOG_CONF_DEFAULT;
	lc.duplicate_window_us = US_PER_D; /* nothing is sent twice here */
	enum status st = program_load(s->conf->program, &s->arena, &s->program, &report, e);
	if (st == ST_OK)
		st = log_open_memory(&lc, &s->log, e);
	if (st == ST_OK)
		st = store_open_memory(&STORE_CONF_DEFAULT, &s->store, e);
	if (st != ST_OK)
		return st;
	const struct engine_conf ec = {.log = s->log,
				       .store = s->store,
				       .seed = s->conf->seed,
				       .choice = s->conf->choice,
				       .hand_over = simulate_taken,
				       .on_step = on_step,
				       .ctx = s};
	st = engine_open(&ec, &s->engine, e);
	if (st == ST_OK)
		st = apply(s, e);
	simulate_acts(s);
	simulate_people(s);
	return st;
}

static enum status live(struct simulation *s, struct err *e)
{
	enum status st = ST_OK;
	uint64_t day = 0;
	while (st == ST_OK && s->now_us < s->end_us) {
		st = step(s, e);
		uint64_t now = (uint64_t)((s->now_us - s->start_us) / US_PER_D);
		if (st == ST_OK && now != day && s->conf->go_on != NULL &&
		    !s->conf->go_on(s->conf->ctx, now))
			st = err_set(e, ST_UNAVAILABLE, "stopped on day %llu of %llu",
				     (unsigned long long)now, (unsigned long long)s->conf->days);
		day = now;
	}
	return st;
}

/* The same decisions once more, their odds and dice among them: rows of the state. */
static enum status again(struct simulation *s, struct err *e)
{
	struct replay_result r;
	const struct replay_conf rc = {
		.log = s->log, .state = s->store, .seed = s->conf->seed, .choice = s->conf->choice};
	enum status st = engine_replay(&rc, &r, e);
	s->out->replayed = st == ST_OK && r.equal;
	if (st == ST_OK && !r.equal)
		return err_set(e, ST_CORRUPT, "the second fold differs: %s", r.difference);
	return st;
}

static void finish(struct simulation *s)
{
	engine_close(&s->engine);
	store_close(&s->store);
	log_close(&s->log);
	program_destroy(&s->program);
	u64map_finish(&s->lead_person);
	arena_finish(&s->arena);
	arena_finish(&s->reading);
	mem_free(s->people);
	mem_free(s->heap);
	mem_free(s->entries);
	mem_free(s->entry_person);
	mem_free(s);
}

enum status simulate_run(const struct simulate_conf *conf, struct simulate_result *out,
			 struct err *e)
{
	if (conf->leads == 0 || conf->leads > SIMULATE_LEADS_MAX || conf->days == 0 ||
	    conf->days > SIMULATE_DAYS_MAX)
		return err_set(e, ST_INVALID, "1 to %u leads, 1 to %u days", SIMULATE_LEADS_MAX,
			       SIMULATE_DAYS_MAX);
	struct simulation *s = mem_alloc(sizeof *s);
	*out = (struct simulate_result){0};
	s->conf = conf;
	s->out = out;
	s->start_us = s->now_us = time_days_from_civil(2026, 1, 5) * US_PER_D; /* a Monday */
	s->end_us = s->start_us + (int64_t)conf->days * US_PER_D;
	s->seed = hash_u64(conf->seed);
	arena_init(&s->arena, STEP_ARENA);
	arena_init(&s->reading, (size_t)4 << 20);
	u64map_init(&s->lead_person, 4 * conf->leads + 64);
	s->people = mem_array(conf->leads, sizeof *s->people);
	s->entries = mem_array(ENTRIES_MAX, sizeof *s->entries);
	s->entry_person = mem_array(ENTRIES_MAX, sizeof *s->entry_person);
	enum status st = begin(s, e);
	if (st == ST_OK)
		st = live(s, e);
	if (st == ST_OK)
		st = simulate_tally(s, e);
	if (st == ST_OK && conf->replay)
		st = again(s, e);
	finish(s);
	return st;
}
