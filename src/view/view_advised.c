/* SPDX-License-Identifier: Apache-2.0
 * view_advised.c: see view_advised.h. The state keeps actions under hashes and the program does not
 * list them, so the words come from the log, which holds every decision whole: it is read from its
 * end, in steps, until enough decisions were met. */
#include "view/view_advised.h"

#include "engine/advised.h"
#include "engine/engine.h"
#include "program/track.h"
#include "view/view_learned.h"
#include "view/view_numbers.h"

#include <math.h>
#include <string.h>

#define Z95 1.959963984540054
#define STEP 256u /* records at a time */

/* An action as it stood in the latest decisions. */
struct stood {
	uint64_t key;
	char id[ADVISE_NAME_MAX];
	size_t id_n;
	size_t open, taken; /* decisions in which it was not held; in which it was done */
	double odds;        /* sum over those where it was open */
	double *x;          /* likewise */
};

struct back {
	struct view *v;
	const struct advisor *of;
	struct stood *list;
	size_t n, decisions, explored, even;
	float *row;
};

/* ---- the latest decisions ---- */

static struct stood *stood_of(struct back *k, struct str id)
{
	uint64_t key = advise_arm_key(id);
	for (size_t i = 0; i < k->n; i++)
		if (k->list[i].key == key)
			return &k->list[i];
	if (k->n == VIEW_ADVISED_ACTIONS || id.n < 1 || id.n > ADVISE_NAME_MAX)
		return NULL;
	struct stood *s = &k->list[k->n++];
	s->key = key;
	s->id_n = id.n;
	memcpy(s->id, id.p, id.n);
	return s;
}

static void add_open(struct back *k, const struct json *d, struct stood *s, struct str id, double p)
{
	size_t dims = k->of->of->context_n + 1;
	if (!advice_numbers(d, k->of->of, id, k->v->arena, k->row))
		return;
	for (size_t i = 0; i < dims; i++)
		s->x[i] += (double)k->row[i];
	s->open++;
	s->odds += p;
}

/* What the learner would have done counts as its choice, where the sender chose by itself. */
static void add_decision(struct back *k, const struct json *d)
{
	uint32_t answer = json_get(d, 0, "answer"), odds = json_get(d, answer, "odds");
	uint32_t held = json_get(d, answer, "held"), would = json_get(d, answer, "would");
	struct str action = json_str(d, json_get(d, answer, "action"), k->v->arena);
	struct str own = would == JSON_NONE ? action : json_str(d, would, k->v->arena);
	double best = 0, drawn = 0, p;
	for (uint32_t x = json_first(d, odds); x != JSON_NONE; x = json_next(d, odds, x)) {
		struct str id = json_str(d, json_key(d, x), k->v->arena);
		struct stood *s = stood_of(k, id);
		if (!json_f64(d, x, &p))
			continue;
		best = p > best ? p : best;
		drawn = str_eq(id, own) ? p : drawn;
		if (s != NULL)
			add_open(k, d, s, id, p);
	}
	for (uint32_t x = json_first(d, held); x != JSON_NONE; x = json_next(d, held, x))
		(void)stood_of(k, json_str(d, json_get(d, x, "action"), k->v->arena));
	struct stood *s = stood_of(k, action);
	if (s != NULL)
		s->taken++;
	k->decisions++;
	k->explored += drawn < best;
	k->even += json_get(d, answer, "even") != JSON_NONE;
}

static void look_at(struct back *k, const struct log_record *r)
{
	struct event ev;
	struct json d;
	struct arena *a = k->v->arena;
	if (!str_is(r->source, ADVISE_SOURCE) || r->thinned || r->erased || r->skipped ||
	    event_decode(r->body, a, &ev, NULL) != ST_OK || !str_is(ev.type, "advice.given") ||
	    json_parse(ev.properties, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK ||
	    !str_eq(advice_decision(&d, a), k->of->of->name))
		return;
	add_decision(k, &d);
}

/* Records of [from, to), from the last one back. What is damaged, or older than what is kept, is
 * passed over. False: nothing could be read. */
static bool step_back(struct back *k, uint64_t from, uint64_t to)
{
	struct log_record r[STEP];
	size_t got = 0;
	for (uint64_t at = from; at < to;) {
		size_t n = (size_t)(to - at);
		if (log_read(k->v->log, at, k->v->arena, r + got, &n, NULL) != ST_OK || n == 0)
			n = 0;
		got += n;
		at += n > 0 ? n : 1;
	}
	for (size_t i = got; i-- > 0 && k->decisions < VIEW_ADVISED_LATEST;)
		look_at(k, &r[i]);
	return got > 0;
}

static enum status look_back(struct back *k, struct err *e)
{
	struct engine_meta meta;
	enum status st = engine_meta_read(k->v->store, &meta, e);
	bool more = k->v->log != NULL;
	if (st != ST_OK)
		return st;
	uint64_t to = meta.cursor + 1;
	uint64_t end = to > VIEW_ADVISED_BACK ? to - VIEW_ADVISED_BACK : 1;
	while (more && to > end && k->decisions < VIEW_ADVISED_LATEST) {
		uint64_t from = to > end + STEP ? to - STEP : end;
		struct arena_mark mark = arena_mark(k->v->arena);
		more = step_back(k, from, to);
		arena_rewind(k->v->arena, mark);
		if (k->v->stop != NULL && k->v->stop(k->v->ctx))
			return err_set(e, ST_UNAVAILABLE, "stopped");
		to = from;
	}
	return ST_OK;
}

/* ---- an action ---- */

static double logistic(double z)
{
	return 1 / (1 + exp(-z));
}

/* What it brings in its average case; an action that nothing came of yet as a new one. */
static void put_value(const struct back *k, const struct stood *s, uint32_t arm, struct json_w *w)
{
	struct learn_guess g;
	bool wait = str_eq((struct str){s->id, s->id_n}, ADVISE_WAIT);
	struct learn_action a = {.n = 1};
	a.arm[0] = arm != LEARN_NONE ? arm : wait ? LEARN_NEW_APART : LEARN_NEW;
	for (size_t i = 0; i <= k->of->of->context_n; i++)
		k->row[i] = s->open > 0 ? (float)(s->x[i] / (double)s->open) : i == 0;
	learn_score(k->of->learner, k->row, &a, 1, &g);
	double z = (double)g.z, half = Z95 * sqrt((double)g.var);
	const double v[] = {logistic(z), logistic(z - half), logistic(z + half)};
	view_span_put(w, "brings", "value", v);
}

static void put_weights(const struct back *k, uint32_t arm, struct json_w *w)
{
	bool taken[LEARN_DIMS_MAX] = {true}; /* the constant is what it brings by itself */
	const struct program_decision *of = k->of->of;
	const float *weight = arm != LEARN_NONE ? learn_weights(k->of->learner, arm) : NULL;
	json_w_key(w, "weights");
	json_w_array(w);
	for (size_t n = 0; n < VIEW_LEARNED_WEIGHTS && weight != NULL; n++) {
		size_t best = 0;
		for (size_t i = 1; i <= of->context_n; i++)
			if (!taken[i] && (best == 0 || fabsf(weight[i]) > fabsf(weight[best])))
				best = i;
		if (best == 0 || weight[best] == 0)
			break;
		taken[best] = true;
		json_w_object(w);
		json_w_kstr(w, "feature", of->context[best - 1]);
		json_w_kf64(w, "weight", (double)weight[best]);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_action(const struct back *k, const struct stood *s, struct json_w *w)
{
	uint32_t arm = learn_find(k->of->learner, s->key);
	double open = (double)s->open, all = (double)k->decisions;
	json_w_object(w);
	json_w_kstr(w, "action", (struct str){s->id, s->id_n});
	json_w_kf64(w, "outcomes", arm != LEARN_NONE ? learn_seen(k->of->learner, arm) : 0);
	put_value(k, s, arm, w);
	json_w_kf64(w, "taken", (double)s->taken / all);
	if (s->open > 0)
		json_w_kf64(w, "odds", s->odds / open);
	put_weights(k, arm, w);
	json_w_end(w);
}

static void put_actions(struct back *k, struct json_w *w)
{
	size_t known = 0;
	json_w_key(w, "latest");
	json_w_object(w);
	json_w_ki64(w, "decisions", (int64_t)k->decisions);
	json_w_kf64(w, "explored",
		    k->decisions > 0 ? (double)k->explored / (double)k->decisions : 0);
	json_w_ki64(w, "even", (int64_t)k->even);
	json_w_end(w);
	json_w_key(w, "actions");
	json_w_array(w);
	for (size_t i = 0; i < k->n; i++) {
		put_action(k, &k->list[i], w);
		known += learn_find(k->of->learner, k->list[i].key) != LEARN_NONE;
	}
	json_w_end(w);
	json_w_ki64(w, "actions_without_words", (int64_t)(learn_arms(k->of->learner) - known));
}

/* ---- a decision ---- */

static enum status put_whole(struct view *v, const struct advisor *of, struct json_w *w,
			     struct err *e)
{
	size_t dims = of->of->context_n + 1;
	struct back k = {.v = v, .of = of};
	double *x = ARENA_ARRAY(v->arena, double, dims *VIEW_ADVISED_ACTIONS);
	k.list = ARENA_ARRAY(v->arena, struct stood, VIEW_ADVISED_ACTIONS);
	k.row = ARENA_ARRAY(v->arena, float, dims);
	if (x == NULL || k.list == NULL || k.row == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	for (size_t i = 0; i < VIEW_ADVISED_ACTIONS; i++)
		k.list[i].x = x + i * dims;
	enum status st = look_back(&k, e);
	if (st == ST_OK)
		put_actions(&k, w);
	return st;
}

static enum status put_one(struct view *v, const struct program_decision *d, bool whole,
			   struct json_w *w, struct err *e)
{
	struct advisor of;
	enum status st = advised_read(v->store, d, &of, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kstr(w, "decision", d->name);
	json_w_kz(w, "mode", decision_mode_name(d->mode));
	json_w_kf64(w, "worth", d->worth);
	json_w_kf64(w, "outcomes", learn_seen_all(of.learner));
	json_w_kf64(w, "mean", of.mean);
	if (whole)
		st = put_whole(v, &of, w, e);
	json_w_end(w);
	advisor_close(&of);
	return st;
}

bool view_advised_has(const struct view *v, struct str decision)
{
	const struct program_play *play = v->program->play;
	for (size_t i = 0; i < play->decisions_n; i++)
		if (str_eq(play->decisions[i].name, decision))
			return true;
	return false;
}

enum status view_advised_put(struct view *v, struct str decision, struct json_w *w, struct err *e)
{
	const struct program_play *play = v->program->play;
	enum status st = ST_OK;
	json_w_key(w, "external");
	json_w_array(w);
	for (size_t i = 0; i < play->decisions_n && st == ST_OK; i++) {
		bool whole = str_eq(play->decisions[i].name, decision);
		if (whole || decision.n == 0)
			st = put_one(v, &play->decisions[i], whole, w, e);
	}
	json_w_end(w);
	return st;
}
