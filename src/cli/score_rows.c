/* SPDX-License-Identifier: Apache-2.0
 * score_rows.c: see score_rows.h. Batches are cut short, so that the fold's clock is never far
 * behind the instant a lead is due to be looked at; where they are cut changes no state (N2). */
#include "cli/score_rows.h"

#include "base/map.h"
#include "engine/engine.h"
#include "features/features.h"
#include "model/key.h"
#include "model/lead.h"
#include "score/score.h"

#define LEADS_MAX ((size_t)1 << 22)
#define BATCHES 4000u /* at most about so many commits */
#define MERGES_MAX 8u
#define PERSONAS_MAX 64u

struct walk {
	const struct score_rows_conf *conf;
	struct score_rows *out;
	struct store *store;
	struct engine *engine;
	struct arena *a, scratch;
	uint64_t next_lead;
	size_t room;
	uint64_t *lead; /* of each row */
	int64_t *at_us;
	size_t persona_at;
	struct str *personas;
	struct u64map first; /* lead -> when its outcome came first */
	uint64_t outcome_no;
};

/* ---- columns ---- */

static struct predict_column *add_column(struct walk *w, const char *prefix, struct str name)
{
	struct predict_table *t = &w->out->table;
	struct predict_column *c = &t->columns[t->columns_n];
	*c = (struct predict_column){
		.name = arena_printf(w->a, "%s" STR_FMT, prefix, STR_ARG(name)),
		.cells = ARENA_ARRAY(w->a, double, w->room)};
	if (c->cells == NULL || c->name.p == NULL)
		return NULL;
	t->columns_n++;
	return c;
}

static bool rule_columns(struct walk *w)
{
	const struct program *p = w->conf->program;
	struct score_rows *out = w->out;
	bool ok = add_column(w, "", STR("rules")) != NULL;
	out->table.rule = 0;
	out->fit_at = out->table.columns_n;
	for (size_t i = 0; i < p->fit_n && ok; i++)
		ok = add_column(w, "fit: ", p->fit[i].name) != NULL;
	out->points_at = out->table.columns_n;
	for (size_t i = 0; i < p->points_n && ok; i++)
		ok = add_column(w, "engagement: ", p->points[i].name) != NULL;
	out->entry_at = out->table.columns_n;
	for (size_t i = 0; i < p->entries_n && ok; i++)
		ok = add_column(w, "entry: ", p->entries[i].name) != NULL;
	out->rules_n = out->table.columns_n;
	return ok;
}

static enum status columns(struct walk *w, struct err *e)
{
	const struct program *p = w->conf->program;
	struct predict_table *t = &w->out->table;
	size_t n = 3 + p->fit_n + p->points_n + p->entries_n + p->features_n;
	if (n > PREDICT_COLUMNS_MAX)
		return err_set(e, ST_LIMIT, "%zu rules and features; %u at most", n,
			       PREDICT_COLUMNS_MAX);
	t->columns = ARENA_ARRAY(w->a, struct predict_column, n);
	t->outcome = ARENA_ARRAY(w->a, uint8_t, w->room);
	w->lead = ARENA_ARRAY(w->a, uint64_t, w->room);
	w->at_us = ARENA_ARRAY(w->a, int64_t, w->room);
	w->personas = ARENA_ARRAY(w->a, struct str, PERSONAS_MAX);
	bool ok = t->columns != NULL && t->outcome != NULL && w->lead != NULL && w->at_us != NULL &&
		  w->personas != NULL && rule_columns(w);
	ok = ok && add_column(w, "", STR("inactivity")) != NULL;
	for (size_t i = 0; i < p->features_n && ok; i++)
		ok = add_column(w, "feature: ", p->features[i].name) != NULL;
	w->persona_at = t->columns_n;
	ok = ok && add_column(w, "", STR("persona")) != NULL;
	if (!ok)
		return err_set(e, ST_LIMIT, "%zu leads do not fit", w->room);
	t->columns[w->persona_at].kind = PREDICT_CATEGORY;
	t->columns[w->persona_at].levels = w->personas;
	return ST_OK;
}

/* ---- one look ---- */

/* The program of that day may have had other rules: they are told apart by name. */
static void put(struct walk *w, const char *prefix, struct str name, double value)
{
	struct predict_table *t = &w->out->table;
	size_t cut = strlen(prefix);
	for (size_t i = 1; i < w->out->rules_n; i++) {
		struct str have = t->columns[i].name;
		if (str_starts(have, str_of(prefix)) && str_eq(str_slice(have, cut, have.n), name))
			t->columns[i].cells[t->rows_n] = value;
	}
}

static void put_ledger(struct walk *w, const struct program *p, const struct score_ledger *l)
{
	struct predict_table *t = &w->out->table;
	double fit = l->score.fit, engagement = l->score.engagement;
	t->columns[t->rule].cells[t->rows_n] =
		p->fit_weight * fit + p->engagement_weight * engagement;
	for (size_t part = 0; part < SCORE_PART_TOTAL; part++)
		for (size_t i = 0; i < l->part[part].n; i++) {
			const struct score_line *x = &l->part[part].lines[i];
			if (x->kind == SCORE_LINE_FIT)
				put(w, "fit: ", x->name, 1);
			else if (x->kind == SCORE_LINE_ENTRY)
				put(w, "entry: ", x->name, 1);
			else if (x->kind == SCORE_LINE_POINTS)
				put(w, "engagement: ", x->name, x->weight);
			else if (x->kind == SCORE_LINE_INACTIVITY)
				t->columns[w->out->rules_n].cells[t->rows_n] =
					(double)-x->cents / SCORE_CENTS;
		}
}

static bool put_lead(struct walk *w, const struct program *then, const struct lead *l,
		     int64_t now_us)
{
	const struct program *p = w->conf->program;
	struct predict_table *t = &w->out->table;
	struct facts f = {.program = then, .lead = l, .now_us = now_us, .arena = &w->scratch};
	struct score_ledger ledger;
	double *features = ARENA_ARRAY(&w->scratch, double, p->features_n + 1);
	if (features == NULL || score_ledger(&f, &w->scratch, &ledger, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < t->columns_n; i++)
		t->columns[i].cells[t->rows_n] = 0;
	put_ledger(w, then, &ledger);
	features_vector(p, l, now_us, features);
	for (size_t i = 0; i < p->features_n; i++)
		t->columns[w->out->rules_n + 1 + i].cells[t->rows_n] = features[i];
	struct str persona = STR("");
	if (l->persona > 0 && l->persona <= then->personas_n)
		persona = arena_str(w->a, then->personas[l->persona - 1].name);
	struct predict_column *c = &t->columns[w->persona_at];
	c->cells[t->rows_n] = predict_level(persona, w->personas, &c->levels_n, PERSONAS_MAX);
	w->lead[t->rows_n] = l->id;
	w->at_us[t->rows_n] = now_us;
	t->rows_n++;
	return true;
}

/* Looks at every lead whose day has come; they came in the order of their numbers. */
static enum status look_at(struct walk *w, int64_t now_us, struct err *e)
{
	const struct program *then = engine_program(w->engine);
	struct engine_meta meta;
	enum status st = engine_meta_read(w->store, &meta, e);
	for (; st == ST_OK && w->next_lead <= meta.leads; w->next_lead++) {
		struct str row;
		struct lead l;
		arena_reset(&w->scratch);
		st = store_get(w->store, TABLE_LEAD, KEY_NUM(w->next_lead), &w->scratch, &row, e);
		if (st == ST_NOT_FOUND) {
			st = ST_OK;
			continue; /* forgotten: it never said who it is */
		}
		if (st == ST_OK)
			st = lead_row_decode(w->next_lead, row, &w->scratch, &l, NULL, e);
		if (st != ST_OK || l.created_us + w->conf->after_us > now_us)
			break;
		bool counts = (l.flags & LEAD_KNOWN) &&
			      !(l.flags & (LEAD_BOT | LEAD_MERGED | LEAD_ERASED));
		if (!counts || then == NULL || w->out->table.rows_n == w->room)
			continue;
		w->out->leads++;
		if (!put_lead(w, then, &l, now_us))
			st = err_set(e, ST_LIMIT, "lead %llu does not fit",
				     (unsigned long long)l.id);
	}
	return st;
}

/* ---- outcomes ---- */

static uint64_t lives_on(struct walk *w, uint64_t id, uint32_t *flags_r)
{
	*flags_r = 0;
	for (unsigned i = 0; i < MERGES_MAX; i++) {
		struct str row;
		struct lead l;
		arena_reset(&w->scratch);
		if (store_get(w->store, TABLE_LEAD, KEY_NUM(id), &w->scratch, &row, NULL) !=
			    ST_OK ||
		    lead_row_decode(id, row, &w->scratch, &l, NULL, NULL) != ST_OK)
			break;
		*flags_r = l.flags;
		if (!(l.flags & LEAD_MERGED))
			break;
		id = l.account;
	}
	return id;
}

static bool take_outcome(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	struct features_record r;
	uint64_t before;
	uint64_t lead = key_read_u64(key.bytes, 0);
	if (key_read_u64(key.bytes, 16) != w->outcome_no ||
	    features_record_decode(value, &r, NULL) != ST_OK)
		return true;
	if (!u64map_get(&w->first, lead, &before) || r.at_us < (int64_t)before)
		(void)u64map_put(&w->first, lead, (uint64_t)r.at_us); /* roomy: one per lead */
	return true;
}

static enum status outcomes(struct walk *w, struct err *e)
{
	struct str no;
	arena_reset(&w->scratch);
	enum status st = store_get(w->store, TABLE_EVENT_TYPE, KEY_BYTES(w->conf->outcome),
				   &w->scratch, &no, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st; /* never happened */
	w->outcome_no = key_read_u64(no, 0);
	return store_scan(w->store, TABLE_RECORD, SCAN_ALL, take_outcome, w, e);
}

/* Outcomes of those who were joined belong to the one that lives on. */
static void pass_on(struct walk *w)
{
	struct u64map own = w->first;
	uint64_t lead, at_us, before;
	size_t at = 0;
	u64map_init(&w->first, LEADS_MAX);
	while (u64map_next(&own, &at, &lead, &at_us)) {
		uint32_t flags;
		uint64_t heir = lives_on(w, lead, &flags);
		if (!u64map_get(&w->first, heir, &before) || at_us < before)
			(void)u64map_put(&w->first, heir, at_us);
	}
	u64map_finish(&own);
}

static void move_row(struct walk *w, size_t from, size_t to)
{
	struct predict_table *t = &w->out->table;
	for (size_t c = 0; c < t->columns_n; c++)
		t->columns[c].cells[to] = t->columns[c].cells[from];
	w->at_us[to] = w->at_us[from];
}

/* Labels every row, and drops those that can have no label. */
static void label(struct walk *w, int64_t end_us)
{
	struct score_rows *out = w->out;
	struct predict_table *t = &out->table;
	size_t kept = 0;
	for (size_t i = 0; i < t->rows_n; i++) {
		uint64_t first;
		uint32_t flags;
		bool gone = lives_on(w, w->lead[i], &flags) != w->lead[i];
		bool came = u64map_get(&w->first, w->lead[i], &first);
		int64_t due = w->at_us[i] + w->conf->within_us;
		if (gone || (flags & LEAD_ERASED))
			continue;
		if (came && (int64_t)first <= w->at_us[i]) {
			out->before++;
		} else if (due > end_us) {
			out->unripe++; /* one that came early too: who waits is not there yet */
		} else {
			t->outcome[kept] = came && (int64_t)first <= due;
			move_row(w, i, kept++);
		}
	}
	t->rows_n = kept;
	out->at_us = w->at_us;
	out->from_us = kept > 0 ? w->at_us[0] : 0;
	out->to_us = kept > 0 ? w->at_us[kept - 1] : 0;
}

/* ---- the fold ---- */

static enum status fold(struct walk *w, struct err *e)
{
	struct engine_stats stats;
	size_t done;
	enum status st;
	do {
		st = engine_run(w->engine, &done, e);
		if (st != ST_OK)
			break;
		engine_stats(w->engine, &stats);
		st = look_at(w, stats.clock_us, e);
		if (st == ST_OK && w->conf->stop != NULL && w->conf->stop(w->conf->ctx))
			st = err_set(e, ST_UNAVAILABLE, "stopped before the log was read");
	} while (st == ST_OK && done > 0);
	if (st == ST_OK)
		st = outcomes(w, e);
	if (st == ST_OK) {
		pass_on(w);
		label(w, stats.clock_us);
	}
	return st;
}

static enum status count_leads(struct walk *w, struct err *e)
{
	struct log_stats ls;
	log_stats(w->conf->log, &ls);
	w->room = w->conf->leads < LEADS_MAX ? (size_t)w->conf->leads + 1 : LEADS_MAX;
	return ls.first_seq <= 1
		       ? ST_OK
		       : err_set(e, ST_NOT_FOUND, "retention has dropped the log's beginning");
}

enum status score_rows_read(const struct score_rows_conf *conf, struct arena *a,
			    struct score_rows *out, struct err *e)
{
	struct walk w = {.conf = conf, .out = out, .a = a, .next_lead = 1};
	*out = (struct score_rows){.table.rule = PREDICT_NONE};
	arena_init(&w.scratch, (size_t)256 << 20);
	u64map_init(&w.first, LEADS_MAX);
	enum status st = count_leads(&w, e);
	if (st == ST_OK)
		st = columns(&w, e);
	if (st == ST_OK)
		st = store_open_memory(&STORE_CONF_DEFAULT, &w.store, e);
	if (st == ST_OK) {
		const struct engine_conf ec = {
			.log = conf->log,
			.store = w.store,
			.seed = conf->seed,
			.batch_events_max = 1 + conf->through_seq / BATCHES,
			.through_seq = conf->through_seq,
		};
		st = engine_open(&ec, &w.engine, e);
	}
	if (st == ST_OK)
		st = fold(&w, e);
	engine_close(&w.engine);
	store_close(&w.store);
	u64map_finish(&w.first);
	arena_finish(&w.scratch);
	return st;
}
