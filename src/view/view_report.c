/* SPDX-License-Identifier: Apache-2.0
 * view_report.c: numbers over all leads: conversion by tier with the area under the ROC curve of
 * the score, dead letters, roll-up counters. */
#include "view/view_internal.h"
#include "view/view_play.h"

#include "base/assert.h"
#include "base/time.h"
#include "model/key.h"
#include "score/score.h"

#include <stdlib.h>

#define REPORT_LEADS_MAX 20000000u

struct sample {
	float score;
	bool converted;
};

struct tiers {
	struct view *v;
	struct str outcome;
	struct sample *samples;
	size_t n, cap;
	uint64_t leads[TIER_COUNT], converted[TIER_COUNT];
	struct arena arena; /* per lead */
	bool declared;      /* it is an outcome event of the program */
	bool known;         /* that, or a trait of somebody */
	struct err *e;
};

/* The trait says yes: true, a number that is not 0, or "1", "yes", "true". */
static bool says_yes(const struct json *profile, struct str name, struct arena *a)
{
	uint32_t v = json_get_str(profile, json_get(profile, 0, "traits"), name);
	double n;
	if (json_is(profile, v, JSON_TRUE))
		return true;
	if (json_f64(profile, v, &n))
		return n != 0;
	struct str s = json_str(profile, v, a);
	return str_is(s, "1") || str_eq_nocase(s, STR("yes")) || str_eq_nocase(s, STR("true"));
}

struct wanted {
	uint64_t type_no; /* of the outcome's event type */
	bool found;
};

static bool find_record(void *ctx, struct store_key key, struct str value)
{
	struct wanted *w = ctx;
	(void)value;
	w->found = key_read_u64(key.bytes, 16) == w->type_no;
	return !w->found;
}

/* A declared outcome event left a training record under its type; a type never seen left none. */
static enum status has_record(struct view *v, uint64_t lead, struct str outcome, bool *yes_r,
			      struct err *e)
{
	struct str no;
	struct key from = key_u64(lead), to = key_u64(lead + 1);
	struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), false};
	enum status st =
		store_get(v->store, TABLE_EVENT_TYPE, KEY_BYTES(outcome), v->arena, &no, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	struct wanted w = {.type_no = key_read_u64(no, 0)};
	st = store_scan(v->store, TABLE_RECORD, range, find_record, &w, e);
	*yes_r = w.found;
	return st;
}

static bool declared(const struct program *p, struct str outcome)
{
	for (size_t i = 0; p != NULL && i < p->outcomes_n; i++)
		if (str_eq(p->outcomes[i], outcome))
			return true;
	return false;
}

static enum status converted(struct tiers *t, struct view *v, const struct view_lead *l,
			     bool *yes_r)
{
	const struct json *p = &l->profile;
	if (json_get_str(p, json_get(p, 0, "traits"), t->outcome) != JSON_NONE)
		t->known = true;
	*yes_r = says_yes(p, t->outcome, v->arena);
	return *yes_r || !t->declared ? ST_OK : has_record(v, l->id, t->outcome, yes_r, t->e);
}

static enum status tiers_add(struct tiers *t, uint64_t id)
{
	struct view_lead l;
	struct view v = *t->v;
	struct score s;
	bool yes;
	arena_reset(&t->arena);
	v.arena = &t->arena;
	enum status st = view_load(&v, id, &l, t->e);
	if (st == ST_OK && (l.lead.flags & (LEAD_MERGED | LEAD_ERASED)))
		return ST_OK;
	if (st == ST_OK)
		st = converted(t, &v, &l, &yes);
	if (st != ST_OK)
		return st;
	s.score = l.lead.score;
	if (v.program != NULL)
		score_evaluate(&l.facts, &s);
	t->leads[l.lead.tier]++;
	t->converted[l.lead.tier] += yes;
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 4096;
		t->samples =
			mem_grow(t->samples, t->cap * sizeof *t->samples, cap * sizeof *t->samples);
		t->cap = cap;
	}
	t->samples[t->n++] = (struct sample){(float)s.score, yes};
	return ST_OK;
}

struct ids {
	uint64_t id[4096];
	size_t n;
};

static bool take_id(void *ctx, struct store_key key, struct str value)
{
	struct ids *ids = ctx;
	(void)value;
	ids->id[ids->n++] = key.num;
	return ids->n < sizeof ids->id / sizeof ids->id[0];
}

static enum status every_lead(struct tiers *t)
{
	uint64_t from = 0;
	struct ids *ids = mem_alloc(sizeof *ids);
	enum status st;
	do {
		ids->n = 0;
		if (t->v->stop != NULL && t->v->stop(t->v->ctx)) {
			st = err_set(t->e, ST_UNAVAILABLE, "the daemon is stopping");
			break;
		}
		st = store_scan(t->v->store, TABLE_LEAD, SCAN_FROM(KEY_NUM(from)), take_id, ids,
				t->e);
		for (size_t i = 0; i < ids->n && st == ST_OK && t->n < REPORT_LEADS_MAX; i++) {
			st = tiers_add(t, ids->id[i]);
			from = ids->id[i] + 1;
		}
	} while (st == ST_OK && ids->n == sizeof ids->id / sizeof ids->id[0]);
	mem_free(ids);
	return st;
}

static int by_score(const void *a, const void *b)
{
	float x = ((const struct sample *)a)->score, y = ((const struct sample *)b)->score;
	return (x > y) - (x < y);
}

/* Mann-Whitney U over ranks, ties at their mean: the chance that a converted lead scores above one
 * that is not (Hanley and McNeil 1982). Negative: only one kind of lead. */
static double auc(struct sample *s, size_t n)
{
	double rank_sum = 0, yes = 0;
	qsort(s, n, sizeof *s, by_score);
	for (size_t i = 0; i < n;) {
		size_t k = i;
		double in_tie = 0;
		for (; k < n && s[k].score == s[i].score; k++)
			in_tie += s[k].converted;
		rank_sum += in_tie * ((double)(i + k + 1) / 2);
		yes += in_tie;
		i = k;
	}
	double no = (double)n - yes;
	return yes > 0 && no > 0 ? (rank_sum - yes * (yes + 1) / 2) / (yes * no) : -1;
}

static void put_tiers(struct tiers *t, struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.report.tiers/1");
	json_w_kstr(w, "outcome", t->outcome);
	json_w_ktime(w, "as_of", t->v->now_us);
	json_w_ki64(w, "leads", (int64_t)t->n);
	json_w_key(w, "tiers");
	json_w_array(w);
	for (int i = TIER_COUNT - 1; i >= 0; i--) {
		json_w_object(w);
		json_w_kz(w, "tier", tier_name((enum tier)i));
		json_w_ki64(w, "leads", (int64_t)t->leads[i]);
		json_w_ki64(w, "converted", (int64_t)t->converted[i]);
		json_w_key(w, "rate");
		if (t->leads[i])
			json_w_f64(w, (double)t->converted[i] / (double)t->leads[i]);
		else
			json_w_null(w);
		json_w_end(w);
	}
	json_w_end(w);
	double area = auc(t->samples, t->n);
	json_w_key(w, "auc");
	if (area >= 0)
		json_w_f64(w, area);
	else
		json_w_null(w);
	json_w_end(w);
}

enum status view_tiers(struct view *v, struct str outcome, struct json_w *w, struct err *e)
{
	struct tiers t = {.v = v, .outcome = outcome, .e = e};
	if (outcome.n == 0)
		return err_set(e, ST_INVALID,
			       "which outcome? name a trait or a declared outcome event");
	t.known = t.declared = declared(v->program, outcome);
	arena_init(&t.arena, 64u << 20);
	enum status st = every_lead(&t);
	if (st == ST_OK && t.n > 0 && !t.known)
		st = err_set(e, ST_NOT_FOUND,
			     "no lead has a trait \"%.*s\", and it is no outcome of the program",
			     STR_ARG(str_slice(outcome, 0, 80)));
	if (st == ST_OK)
		put_tiers(&t, w);
	mem_free(t.samples);
	arena_finish(&t.arena);
	return st;
}

/* ---- dead letters and counters ---- */

struct rows {
	struct json_w *w;
	size_t left;
	struct arena *a;
};

static bool put_dead_letter(void *ctx, struct store_key key, struct str value)
{
	struct rows *r = ctx;
	(void)key;
	json_w_raw(r->w, value);
	return --r->left > 0;
}

enum status view_dead_letters(struct view *v, size_t limit, struct json_w *w, struct err *e)
{
	struct rows r = {w, limit, v->arena};
	if (view_limit_check(limit, e) != ST_OK)
		return ST_INVALID;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.dead_letters/1");
	json_w_key(w, "dead_letters");
	json_w_array(w);
	enum status st =
		store_scan(v->store, TABLE_DEAD_LETTER, SCAN_NEWEST_FIRST, put_dead_letter, &r, e);
	json_w_end(w);
	json_w_end(w);
	return st;
}

static bool put_counter(void *ctx, struct store_key key, struct str value)
{
	struct rows *r = ctx;
	struct str rest = str_slice(key.bytes, 8, key.bytes.n);
	int64_t day = (int64_t)key_read_u64(key.bytes, 0);
	json_w_object(r->w);
	json_w_ktime(r->w, "day", day * US_PER_D);
	json_w_kstr(r->w, "name", str_cut(&rest, '\0'));
	json_w_key(r->w, "dims");
	json_w_array(r->w);
	while (rest.p != NULL)
		json_w_str(r->w, str_cut(&rest, '\0'));
	json_w_end(r->w);
	json_w_ki64(r->w, "n", (int64_t)key_read_u64(value, 0));
	json_w_end(r->w);
	return --r->left > 0;
}

enum status view_counters(struct view *v, int64_t from_us, int64_t to_us, struct json_w *w,
			  struct err *e)
{
	struct rows r = {w, 100000, v->arena};
	struct key from = key_u64((uint64_t)time_day(from_us)),
		   to = key_u64((uint64_t)time_day(to_us) + 1);
	struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), false};
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.counters/1");
	json_w_key(w, "counters");
	json_w_array(w);
	enum status st = store_scan(v->store, TABLE_COUNTER, range, put_counter, &r, e);
	json_w_end(w);
	json_w_end(w);
	return st;
}
