/* SPDX-License-Identifier: Apache-2.0
 * pure.c: conditions a second, and bytes of events a second through the strict parser. */
#include "pure.h"

#include "base/assert.h"
#include "base/clock.h"
#include "cel/cel.h"
#include "ingest/ingest.h"

#define BODIES 256u

/* ---- CEL ---- */

enum { FIELD_TITLE, FIELD_COUNTRY, FIELD_SCROLL, FIELD_PATH, FIELD_COUNT };

static const struct cel_field fields[FIELD_COUNT] = {
	{STR("title"), &cel_string, FIELD_TITLE},
	{STR("country"), &cel_string, FIELD_COUNTRY},
	{STR("scroll"), &cel_double, FIELD_SCROLL},
	{STR("page.path"), &cel_string, FIELD_PATH},
};

static struct cel_value load(void *ctx, uint32_t slot, uint32_t field, struct arena *scratch)
{
	const struct cel_value *values = ctx;
	(void)slot;
	(void)scratch;
	return values[field];
}

static enum status cel_one(const char *text, uint64_t times, struct report *r, struct err *e)
{
	const struct cel_object object = {STR("lead"), fields, FIELD_COUNT};
	const struct cel_type type = {.kind = CEL_OBJECT, .object = &object};
	const struct cel_decl decl = {STR("lead"), &type, 0};
	const struct cel_env env = {.decls = &decl, .decl_count = 1};
	struct cel_value values[FIELD_COUNT] = {
		[FIELD_TITLE] = cel_of_str(STR("Head of Warehouse Operations")),
		[FIELD_COUNTRY] = cel_of_str(STR("NL")),
		[FIELD_SCROLL] = cel_of_double(84),
		[FIELD_PATH] = cel_of_str(STR("/pricing/team")),
	};
	const struct cel_activation act = {.load = load, .ctx = values};
	struct arena a, scratch;
	struct cel_prog *prog = NULL;
	struct cel_problem problem;
	bool holds = true;
	arena_init(&a, (size_t)1 << 20);
	arena_init(&scratch, (size_t)1 << 20);
	enum status st = cel_compile(&env, str_of(text), (struct cel_options){.want = &cel_bool},
				     &a, &prog, &problem);
	if (st != ST_OK)
		st = err_set(e, st, "bench: %s does not compile", text);
	struct stopwatch from = bench_start();
	for (uint64_t i = 0; i < times && st == ST_OK; i++) {
		st = cel_eval_bool(prog, &act, &scratch, CEL_ABSENT_IS_FALSE, &holds, e);
		arena_reset(&scratch);
	}
	struct bench_rate rate;
	bench_stop(from, times, &rate);
	if (st == ST_OK)
		report_rate(r, text, &rate);
	arena_finish(&a);
	arena_finish(&scratch);
	return st;
}

/* ---- events ---- */

static enum status parse_events(uint64_t times, struct report *r, struct err *e)
{
	struct buf body[BODIES];
	struct rng rng;
	struct arena a;
	struct ingest_result res;
	uint64_t bytes = 0;
	enum status st = ST_OK;
	rng_seed(&rng, 1);
	arena_init(&a, (size_t)8 << 20);
	for (unsigned i = 0; i < BODIES; i++) {
		buf_init(&body[i], (size_t)1 << 16);
		(void)bench_segment_call(&rng, 100000, i, &body[i]);
	}
	struct stopwatch from = bench_start();
	for (uint64_t i = 0; i < times && st == ST_OK; i++) {
		const struct buf *b = &body[i % BODIES];
		const struct ingest_request req = {
			.kind = strstr(b->p, "\"type\":\"track\"") ? INGEST_TRACK : INGEST_PAGE,
			.body = buf_view(b),
			.source = STR("bench"),
			.remote_ip = STR("192.0.2.7"),
			.received_us = INT64_C(1790000000000000),
		};
		bytes += b->n;
		arena_reset(&a);
		st = ingest_decode(&req, &a, &res, e);
	}
	struct bench_rate rate;
	bench_stop(from, times, &rate);
	for (unsigned i = 0; i < BODIES; i++)
		buf_finish(&body[i]);
	arena_finish(&a);
	if (st != ST_OK)
		return st;
	report_rate(r, "events parsed, checked and normalised", &rate);
	report_value(r, "of their bytes", (double)bytes / (double)rate.elapsed_us, "MB/s");
	return ST_OK;
}

static enum status store_form(uint64_t times, struct report *r, struct err *e)
{
	struct buf text;
	struct rng rng;
	struct arena a;
	struct event ev;
	uint64_t bytes = 0;
	rng_seed(&rng, 1);
	arena_init(&a, (size_t)8 << 20);
	buf_init(&text, EVENT_BYTES_MAX);
	bench_act(&rng, 100000, INT64_C(1790000000000000), &a, &ev);
	enum status st = event_encode(&ev, &text, e);
	struct stopwatch from = bench_start();
	for (uint64_t i = 0; i < times && st == ST_OK; i++) {
		arena_reset(&a);
		bytes += text.n;
		st = event_decode(buf_view(&text), &a, &ev, e);
	}
	struct bench_rate rate;
	bench_stop(from, times, &rate);
	arena_finish(&a);
	buf_finish(&text);
	if (st != ST_OK)
		return st;
	report_rate(r, "events read back from their stored form", &rate);
	report_value(r, "of their bytes", (double)bytes / (double)rate.elapsed_us, "MB/s");
	return ST_OK;
}

enum status bench_pure(const struct bench_conf *conf, struct report *r, struct err *e)
{
	static const char *const conditions[] = {
		"lead.scroll >= 80.0",
		"lead.country in [\"DE\", \"AT\", \"CH\", \"NL\"]",
		"lead.scroll >= 80.0 && lead.page.path.startsWith(\"/pricing\")",
		"lead.title.matches(\"(?i)operations|logistics|warehouse\")",
	};
	enum status st = ST_OK;
	for (size_t i = 0; i < sizeof conditions / sizeof *conditions && st == ST_OK; i++)
		st = cel_one(conditions[i], 2 * conf->append_events, r, e);
	if (st == ST_OK)
		st = parse_events(conf->append_events, r, e);
	return st == ST_OK ? store_form(conf->append_events, r, e) : st;
}
