/* SPDX-License-Identifier: Apache-2.0
 * tally.c: what came of it, out of the engine's own records, and as a document. */
#include "simulate/internal.h"

#include <stdio.h>

static const struct {
	const char *wire, *words;
} stages[SIMULATE_STAGES] = {
#define STAGE(name, wire, words) [SIMULATE_##name] = {wire, words},
#include "simulate/stage.def"
#undef STAGE
};

const char *simulate_stage_wire(enum simulate_stage s)
{
	return stages[s].wire;
}

const char *simulate_stage_words(enum simulate_stage s)
{
	return stages[s].words;
}

struct reading {
	struct simulation *s;
	enum status st;
	struct err *e;
};

/* A decision for nothing, by the guard that held its first candidate back. */
static void count_nothing(struct simulate_result *r, const struct json *d, struct arena *a)
{
	uint32_t list = json_get(d, 0, "candidates"), first = json_first(d, list);
	struct str held = json_str(d, json_get(d, first, "held"), a);
	r->nothing++;
	for (size_t i = 0; i < GUARD_COUNT && held.n; i++)
		r->held[i] += str_is(held, guards[i].name);
}

static bool take_decision(void *ctx, struct store_key key, struct str value)
{
	struct reading *x = ctx;
	struct json d;
	int64_t chosen = -1;
	struct arena *a = &x->s->reading;
	arena_reset(a);
	x->st = json_parse(value, JSON_LIMITS_EVENT, a, &d, x->e);
	if (x->st != ST_OK)
		return false;
	uint32_t list = json_get(&d, 0, "candidates"), c = json_first(&d, list);
	(void)json_i64(&d, json_get(&d, 0, "chosen"), &chosen);
	for (int64_t i = 0; i < chosen && c != JSON_NONE; i++)
		c = json_next(&d, list, c);
	x->s->out->decisions++;
	if (json_get(&d, c, "nothing") != JSON_NONE)
		count_nothing(x->s->out, &d, a);
	x->s->decisions_read = key.num;
	return true;
}

/* While they are there: the program may keep them for less than the days that are played. */
enum status simulate_decisions(struct simulation *s, struct err *e)
{
	struct reading x = {.s = s, .st = ST_OK, .e = e};
	const struct store_range rest = SCAN_FROM(KEY_NUM(s->decisions_read + 1));
	enum status st = store_scan(s->store, TABLE_DECISION, rest, take_decision, &x, e);
	return st == ST_OK ? x.st : st;
}

static bool is_kept(void *ctx, struct store_key key, struct str value)
{
	(void)key;
	(void)value;
	--*(uint64_t *)ctx;
	return true;
}

enum status simulate_tally(struct simulation *s, struct err *e)
{
	struct engine_stats es;
	s->out->dropped = s->out->decisions;
	enum status st =
		store_scan(s->store, TABLE_DECISION, SCAN_ALL, is_kept, &s->out->dropped, e);
	if (st != ST_OK)
		return st;
	engine_stats(s->engine, &es);
	s->out->events = es.events;
	s->out->alarms = es.alarms;
	s->out->dead_letters = es.dead_letters;
	return store_hash(s->store, &s->out->state_hash, e);
}

void simulate_json(const struct simulate_conf *conf, const struct simulate_result *r,
		   struct json_w *w)
{
	char hash[17];
	const struct {
		const char *key;
		uint64_t n;
	} rows[] = {
		{"messages", r->messages},
		{"notices", r->notices},
		{"most_in_a_day", r->most_in_a_day},
		{"refused_at_the_last_instant", r->refused},
		{"opens", r->opens},
		{"machine_opens", r->machine_opens},
		{"clicks", r->clicks},
		{"machine_clicks", r->machine_clicks},
		{"replies", r->replies},
		{"bounces", r->bounces},
		{"unsubscribes", r->unsubscribes},
		{"complaints", r->complaints},
		{"job_changes", r->job_changes},
		{"handoffs", r->handoffs},
		{"handoffs_returned", r->returned},
		{"handoffs_refused", r->refused_handoffs},
		{"decisions", r->decisions},
		{"decisions_for_nothing", r->nothing},
		{"events", r->events},
		{"alarms", r->alarms},
		{"dead_letters", r->dead_letters},
	};
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.simulate/1");
	json_w_ki64(w, "leads", (int64_t)conf->leads);
	json_w_ki64(w, "days", (int64_t)conf->days);
	json_w_ki64(w, "seed", (int64_t)conf->seed);
	json_w_key(w, "funnel");
	json_w_object(w);
	for (int i = 0; i < SIMULATE_STAGES; i++)
		json_w_ki64(w, stages[i].wire, (int64_t)r->stage[i]);
	json_w_end(w);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		json_w_ki64(w, rows[i].key, (int64_t)rows[i].n);
	json_w_kf64(w, "reward", r->reward - r->cost);
	json_w_key(w, "held_back");
	json_w_object(w);
	for (size_t i = 0; i < GUARD_COUNT; i++)
		if (r->held[i])
			json_w_ki64(w, guards[i].name, (int64_t)r->held[i]);
	json_w_end(w);
	/* A text, as replay says it: readers of JSON round numbers beyond 2^53. */
	(void)snprintf(hash, sizeof hash, "%016llx", (unsigned long long)r->state_hash);
	json_w_kz(w, "state_hash", hash);
	json_w_end(w);
}
