/* SPDX-License-Identifier: Apache-2.0
 * main.c: nurtured-sim [--seeds N] [--from S] [--days D]: worlds one after another; the last line
 * is "N passed, N failed". */
#include "base/assert.h"
#include "base/time.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_step(void *ctx, uint64_t seq, uint64_t lead)
{
	struct sim *s = ctx;
	(void)lead;
	if (s->staged_n == s->staged_cap) {
		size_t cap = s->staged_cap ? s->staged_cap * 2 : 1024;
		s->staged = mem_grow(s->staged, s->staged_cap * sizeof *s->staged,
				     cap * sizeof *s->staged);
		s->staged_cap = cap;
	}
	s->staged[s->staged_n++] = seq;
}

static void reopen(struct sim *s)
{
	struct err e;
	engine_close(&s->engine);
	struct engine_conf conf = {
		.log = s->log,
		.store = s->store,
		.seed = s->seed,
		.batch_events_max = 1 + rng_below(&s->rng, 300),
		.on_step = on_step,
		.hand_over = mail_taken,
		.ctx = s,
	};
	if (engine_open(&conf, &s->engine, &e) != ST_OK) {
		fprintf(stderr, "seed %llu: engine does not open: %s\n",
			(unsigned long long)s->seed, e.text);
		abort();
	}
}

static void keep_staged(struct sim *s)
{
	for (size_t i = 0; i < s->staged_n; i++) {
		uint64_t times = 0;
		(void)u64map_get(&s->folded, s->staged[i], &times);
		ASSERT(u64map_put(&s->folded, s->staged[i], times + 1));
	}
	s->staged_n = 0;
}

/* Folds what is waiting; sometimes the process dies at a commit, before or after it held. */
static void fold(struct sim *s)
{
	struct err e;
	size_t done;
	do {
		bool before = rng_unit(&s->rng) < 0.01, after = !before && rng_unit(&s->rng) < 0.01;
		faulty_arm(s->store, before, after);
		s->staged_n = 0;
		enum status st = engine_run(s->engine, &done, &e);
		faulty_arm(s->store, false, false);
		if (st == ST_OK) {
			keep_staged(s);
			continue;
		}
		if (st != ST_IO || !strstr(e.text, "simulated")) {
			fail(s, "engine: %s", e.text);
			return;
		}
		if (after) /* it held, only nobody heard of it */
			keep_staged(s);
		s->staged_n = 0;
		s->crashes++;
		done = 1;
		if (rng_unit(&s->rng) < 0.5) {
			mail_died(s);
			reopen(s);
		} /* else only an error: the engine recovers in place */
	} while (done > 0 && s->failure[0] == '\0');
}

static void apply_first(struct sim *s)
{
	struct err e;
	struct buf body;
	buf_init(&body, EVENT_BYTES_MAX);
	if (engine_event_apply_with(str_of(world_programs[0]), &world_content, s->now_us, &body,
				    &e) != ST_OK)
		fail(s, "apply: %s", e.text);
	struct log_entry entry = {.source = STR("system"),
				  .message_id = STR("first"),
				  .body = buf_view(&body),
				  .received_us = s->now_us};
	if (log_append(s->log, &entry, 1, &e) != ST_OK)
		fail(s, "append: %s", e.text);
	buf_finish(&body);
}

/* Most worlds have a night whose hour is missing, or comes twice, where their people are. */
static int64_t first_day(uint64_t seed)
{
	switch (seed % 3) {
	case 1: return time_days_from_civil(2026, 3, 15);
	case 2: return time_days_from_civil(2026, 10, 11);
	default: return time_days_from_civil(2026, 1, 1);
	}
}

static bool run_world(uint64_t seed, int days, bool verbose, bool paranoid)
{
	struct err e;
	struct sim *s = mem_alloc(sizeof *s);
	struct log_conf lc = LOG_CONF_DEFAULT;
	lc.duplicate_window_us = 60 * US_PER_D;
	s->seed = seed;
	s->paranoid = paranoid;
	rng_seed(&s->rng, seed);
	s->now_us = s->start_us = first_day(seed) * US_PER_D;
	s->end_us = s->start_us + days * US_PER_D;
	u64map_init(&s->folded, 1u << 24);
	ASSERT(log_open_memory(&lc, &s->log, &e) == ST_OK);
	ASSERT(store_open_memory(&STORE_CONF_DEFAULT, &s->inner, &e) == ST_OK);
	s->store = faulty_wrap(s->inner);
	world_begin(s);
	apply_first(s);
	reopen(s);
	while (s->now_us < s->end_us && s->failure[0] == '\0') {
		world_step(s, US_PER_M * (int64_t)(5 + rng_below(&s->rng, 110)));
		fold(s);
		if (s->failure[0] == '\0' && (s->paranoid || rng_unit(&s->rng) < 0.05))
			check_step(s);
	}
	if (s->failure[0] == '\0')
		check_whole(s);
	bool ok = s->failure[0] == '\0';
	struct engine_stats es;
	engine_stats(s->engine, &es);
	if (!ok)
		printf("seed %llu FAILED on day %lld: %s\n", (unsigned long long)seed,
		       (long long)((s->now_us - s->start_us) / US_PER_D), s->failure);
	else if (verbose)
		printf("seed %llu: %llu events, %llu duplicates, %llu crashes, %llu mails, %llu "
		       "checks\n",
		       (unsigned long long)seed, (unsigned long long)s->events,
		       (unsigned long long)s->duplicates, (unsigned long long)s->crashes,
		       (unsigned long long)s->mails_n, (unsigned long long)s->checks);
	world_end(s);
	engine_close(&s->engine);
	store_close(&s->store);
	store_close(&s->inner);
	log_close(&s->log);
	u64map_finish(&s->folded);
	mem_free(s->staged);
	mem_free(s);
	return ok;
}

static int64_t option(int argc, char **argv, const char *name, int64_t otherwise)
{
	int64_t v;
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0 && str_to_i64(str_of(argv[i + 1]), &v))
			return v;
	return otherwise;
}

int main(int argc, char **argv)
{
	int64_t seeds = option(argc, argv, "--seeds", 20), from = option(argc, argv, "--from", 1);
	int days = (int)option(argc, argv, "--days", 30);
	bool paranoid = option(argc, argv, "--paranoid", 0) != 0;
	bool verbose = argc > 1 && strcmp(argv[argc - 1], "-v") == 0;
	int64_t failed = 0;
	for (int64_t i = 0; i < seeds; i++)
		failed += !run_world((uint64_t)(from + i), days, verbose, paranoid);
	printf("%lld passed, %lld failed\n", (long long)(seeds - failed), (long long)failed);
	return failed ? 1 : 0;
}
