/* SPDX-License-Identifier: Apache-2.0
 * view_learned.c: the learner, read aloud. Arms are kept under hashes of words; the words are those
 * of the program in force, tried one by one. What it has no words for any more is counted. */
#include "view/view_learned.h"

#include "base/time.h"
#include "base/tz.h"
#include "decide/mind.h"
#include "engine/learned.h"
#include "program/program.h"
#include "view/view_advised.h"
#include "view/view_numbers.h"

#include <math.h>

#define Z95 1.959963984540054
#define ZONES_BYTES ((size_t)16 << 20)

/* What the latest decisions were like. What hangs on when a message arrives stands beside the
 * chosen one in the record, not in the context: it is the mean over those that chose a message. */
struct latest {
	struct arena *arena, zones;
	const struct decide_learned *l;
	const struct tz *zone;
	struct str zone_name;
	double slot[CONTEXT_COUNT]; /* sums over messages */
	double beside, beside_harm; /* sums of what channel, part of the day and gap add */
	size_t said;
	size_t seen, asked, explored; /* explored: not the likeliest */
	size_t even;                  /* drawn evenly */
	double x[CONTEXT_COUNT];      /* sum, then mean */
	size_t with_x;
};

struct page {
	struct view *v;
	struct json_w *w;
	const struct decide_learned *l;
	double scale;
	struct latest latest;
	float x[CONTEXT_COUNT];         /* the mean, of a message */
	float x_nothing[CONTEXT_COUNT]; /* the same, of saying nothing */
	double beside, beside_harm;     /* log-odds, the mean */
	bool *named;                    /* arms of the response that had a word */
	struct str only;
	size_t points;
};

/* ---- the latest decisions ---- */

static void add_context(struct latest *t, const struct json *d)
{
	uint32_t context = json_get(d, json_get(d, 0, "learned"), "context");
	if (!json_is(d, context, JSON_OBJECT))
		return;
	for (size_t i = 0; i < CONTEXT_COUNT; i++) {
		char name[32];
		double v = 0;
		context_name(i, name);
		if (json_f64(d, json_get(d, context, name), &v))
			t->x[i] += v;
	}
	t->with_x++;
}

/* ---- what was chosen ---- */

static struct str text(const struct latest *t, const struct json *d, uint32_t node, const char *key)
{
	return json_str(d, json_get(d, node, key), t->arena);
}

/* The candidate, or the one before it whose text or time it has. */
static uint32_t told_by(const struct json *d, uint32_t list, uint32_t c, const char *key)
{
	int64_t at = 0;
	bool given = json_i64(d, json_get(d, c, key), &at) && at >= 0;
	return given ? json_at(d, list, (size_t)at) : c;
}

static const struct tz *zone_of(struct latest *t, struct str name)
{
	if (t->zone != NULL && str_eq(name, t->zone_name))
		return t->zone;
	t->zone_name = arena_str(&t->zones, name);
	if (tz_load(name, &t->zones, &t->zone, NULL) != ST_OK &&
	    tz_load(STR("UTC"), &t->zones, &t->zone, NULL) != ST_OK)
		t->zone = NULL;
	return t->zone;
}

static size_t index_of(struct str name, const char *name_at(size_t), size_t n)
{
	size_t i = 0;
	while (i < n && !str_is(name, name_at(i)))
		i++;
	return i;
}

static float told(const struct json *d, uint32_t c, const char *key)
{
	double v = 0;
	(void)json_f64(d, json_get(d, c, key), &v);
	return (float)v;
}

/* What the parts beside the text add to the log-odds. */
static double added(const struct learner *l, const struct pending *of)
{
	double z = 0;
	for (uint32_t i = 1; i < of->parts_n; i++) {
		struct learn_guess g = {.z = 0};
		struct learn_action a = {.arm = {learn_find(l, of->key[i])}, .n = 1};
		if (a.arm[0] != LEARN_NONE)
			learn_score(l, of->x, &a, 1, &g);
		z += (double)g.z;
	}
	return z;
}

static void add_said(struct latest *t, const struct json *d, uint32_t list, uint32_t chosen)
{
	struct pending of = {.parts_n = 0};
	int64_t at = 0;
	uint32_t what = told_by(d, list, chosen, "text_of"),
		 when = told_by(d, list, chosen, "time_of");
	const struct mind_said said = {
		.message = text(t, d, what, "message"),
		.angle = text(t, d, what, "angle"),
		.channel = text(t, d, what, "channel"),
		.part = index_of(text(t, d, when, "part"), arm_part_name, ARM_PARTS - 1),
		.gap = (index_of(text(t, d, when, "gap"), arm_gap_name, ARM_GAPS) + 1) %
		       (ARM_GAPS + 1),
	};
	const struct tz *zone = zone_of(t, text(t, d, json_get(d, 0, "inputs"), "zone"));
	if (said.message.n == 0 || zone == NULL || !time_parse(text(t, d, when, "at"), &at))
		return;
	mind_parts(&said, &of);
	for (size_t i = 0; i < CONTEXT_COUNT; i++) {
		char name[32];
		context_name(i, name);
		of.x[i] = told(d, json_get(d, json_get(d, 0, "learned"), "context"), name);
	}
	float x[CONTEXT_COUNT] = {0}; /* what hangs on the hour alone */
	mind_slot(zone, at, false, x);
	x[CONTEXT_slot_read] = told(d, when, "read");
	x[CONTEXT_slot_since] = told(d, when, "since");
	x[CONTEXT_slot_tired] = told(d, when, "tired");
	for (size_t i = 0; i < CONTEXT_COUNT; i++) {
		t->slot[i] += (double)x[i];
		of.x[i] += x[i];
	}
	t->beside += added(t->l->response, &of);
	t->beside_harm += added(t->l->harm, &of);
	t->said++;
}

static void add_choice(struct latest *t, const struct json *d)
{
	uint32_t list = json_get(d, 0, "candidates");
	int64_t chosen = 0, at = 0;
	double best = 0, taken = 0, p;
	(void)json_i64(d, json_get(d, 0, "chosen"), &chosen);
	for (uint32_t c = json_first(d, list); c != JSON_NONE; c = json_next(d, list, c), at++) {
		if (!json_f64(d, json_get(d, c, "p"), &p))
			continue;
		best = p > best ? p : best;
		taken = at == chosen ? p : taken;
		if (at == chosen)
			add_said(t, d, list, c);
	}
	t->asked++;
	t->explored += taken < best;
	t->even += json_get(d, 0, "even") != JSON_NONE;
}

static bool look_back(void *ctx, struct store_key key, struct str value)
{
	struct latest *t = ctx;
	struct json d;
	struct arena_mark mark = arena_mark(t->arena);
	(void)key;
	t->seen++;
	if (json_parse(value, JSON_LIMITS_EVENT, t->arena, &d, NULL) == ST_OK &&
	    json_is(&d, json_get(&d, 0, "learned"), JSON_OBJECT)) {
		add_context(t, &d);
		add_choice(t, &d);
	}
	arena_rewind(t->arena, mark);
	return t->seen < VIEW_LEARNED_LATEST;
}

static enum status load_latest(struct page *p, struct err *e)
{
	struct latest *t = &p->latest;
	t->arena = p->v->arena;
	t->l = p->l;
	arena_init(&t->zones, ZONES_BYTES);
	enum status st =
		store_scan(p->v->store, TABLE_DECISION, SCAN_NEWEST_FIRST, look_back, t, e);
	arena_finish(&t->zones);
	double of = t->with_x > 0 ? (double)t->with_x : 1, said = t->said > 0 ? (double)t->said : 1;
	for (size_t i = 0; i < CONTEXT_COUNT; i++) {
		p->x_nothing[i] = (float)(t->x[i] / of);
		p->x[i] = (float)(t->x[i] / of + t->slot[i] / said);
	}
	p->x[CONTEXT_one] = p->x_nothing[CONTEXT_one] = 1;
	p->beside = t->beside / said;
	p->beside_harm = t->beside_harm / said;
	return st;
}

/* ---- an arm ---- */

static double logistic(double z)
{
	return 1 / (1 + exp(-z));
}

static struct learn_guess guess(const struct learner *l, uint32_t arm, const float *x)
{
	struct learn_guess g;
	struct learn_action a = {.arm = {arm}, .n = 1};
	learn_score(l, x, &a, 1, &g);
	return g;
}

/* A main arm: what it brings. One that adds to others: by what the odds are multiplied. */
static void put_guess(const struct page *p, const char *key, struct learn_guess g, bool main,
		      double scale)
{
	double z = (double)g.z, half = Z95 * sqrt((double)g.var);
	double v[] = {z, z - half, z + half};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++)
		v[i] = main ? scale * logistic(v[i]) : exp(v[i]);
	view_span_put(p->w, key, "value", v);
}

static void put_weights(const struct page *p, uint32_t arm)
{
	const float *of = learn_weights(p->l->response, arm);
	bool taken[CONTEXT_COUNT] = {true}; /* the constant is what it brings by itself */
	json_w_key(p->w, "weights");
	json_w_array(p->w);
	for (size_t k = 0; k < VIEW_LEARNED_WEIGHTS; k++) {
		char name[32];
		size_t best = 0;
		for (size_t i = 1; i < CONTEXT_COUNT; i++)
			if (!taken[i] && (best == 0 || fabsf(of[i]) > fabsf(of[best])))
				best = i;
		if (best == 0 || of[best] == 0)
			break;
		taken[best] = true;
		context_name(best, name);
		json_w_object(p->w);
		json_w_kz(p->w, "feature", name);
		json_w_kf64(p->w, "weight", (double)of[best]);
		json_w_end(p->w);
	}
	json_w_end(p->w);
}

static void put_arm(struct page *p, struct str name, uint64_t key)
{
	uint32_t arm = learn_find(p->l->response, key), harm = learn_find(p->l->harm, key);
	if (arm == LEARN_NONE)
		return;
	bool main = learn_kind_of(p->l->response, arm) != LEARN_OFFSET;
	bool nothing = key == arm_nothing();
	const float *x = nothing ? p->x_nothing : p->x;
	struct learn_guess brings = guess(p->l->response, arm, x), drives = {.z = 0};
	if (harm != LEARN_NONE)
		drives = guess(p->l->harm, harm, x);
	if (main && !nothing) { /* it never goes without a channel and an hour */
		brings.z += (float)p->beside;
		drives.z += (float)p->beside_harm;
	}
	json_w_object(p->w);
	json_w_kstr(p->w, "arm", name);
	json_w_kf64(p->w, "outcomes", learn_seen(p->l->response, arm));
	put_guess(p, main ? "response" : "response_times", brings, main, p->scale);
	if (harm != LEARN_NONE)
		put_guess(p, main ? "harm" : "harm_times", drives, main, 1);
	put_weights(p, arm);
	json_w_end(p->w);
	p->named[arm] = true;
}

static bool named_already(const struct page *p, uint64_t key)
{
	uint32_t arm = learn_find(p->l->response, key);
	return arm == LEARN_NONE || p->named[arm];
}

/* ---- decision points ---- */

static bool begin(struct page *p, struct str name)
{
	if (p->only.n > 0 && !str_eq(p->only, name))
		return false;
	json_w_object(p->w);
	json_w_kstr(p->w, "decision", name);
	json_w_key(p->w, "arms");
	json_w_array(p->w);
	p->points++;
	return true;
}

static void end(struct page *p)
{
	json_w_end(p->w);
	json_w_end(p->w);
}

static void put_angles(struct page *p, const struct program_step *s, struct str message)
{
	for (size_t i = 0; i < s->angles_n; i++) {
		uint64_t key = arm_say(message, s->angles[i].name);
		if (!named_already(p, key))
			put_arm(p, s->angles[i].name, key);
	}
}

static bool anything(const struct page *p, const struct program_step *s, struct str message)
{
	for (size_t i = 0; i < s->angles_n; i++)
		if (!named_already(p, arm_say(message, s->angles[i].name)))
			return true;
	return false;
}

static void put_message(struct page *p, const struct program_step *s, struct str message)
{
	if (message.n == 0 || !anything(p, s, message) || !begin(p, message))
		return;
	put_angles(p, s, message);
	end(p);
}

static void put_messages(struct page *p)
{
	const struct program_play *play = p->v->program->play;
	for (size_t t = 0; t < play->tracks_n; t++)
		for (size_t i = 0; i < play->tracks[t].steps_n; i++) {
			const struct program_step *s = &play->tracks[t].steps[i];
			put_message(p, s, s->message);
			put_message(p, s, s->substitute);
		}
}

static void put_common(struct page *p)
{
	const struct program *g = p->v->program;
	if (begin(p, STR("nothing"))) {
		put_arm(p, STR("say nothing for now"), arm_nothing());
		end(p);
	}
	if (begin(p, STR("channel"))) {
		for (size_t i = 0; i < g->consent.channels_n; i++)
			put_arm(p, g->consent.channels[i], arm_by(g->consent.channels[i]));
		end(p);
	}
	if (begin(p, STR("time"))) {
		for (size_t i = 0; i < ARM_PARTS; i++)
			put_arm(p, str_of(arm_part_name(i)), arm_at(i));
		end(p);
	}
	if (learn_find(p->l->response, arm_gap(0)) != LEARN_NONE && begin(p, STR("gap"))) {
		for (size_t i = 0; i < ARM_GAPS; i++)
			put_arm(p, str_of(arm_gap_name(i)), arm_gap(i));
		end(p);
	}
}

static size_t unnamed(const struct page *p)
{
	size_t n = 0;
	for (uint32_t i = 0; i < learn_arms(p->l->response); i++)
		n += !p->named[i];
	return n;
}

/* ---- the page ---- */

static void put_choosing(const struct page *p)
{
	const struct program_deciding *d = &p->v->program->play->deciding;
	const struct latest *t = &p->latest;
	double outcomes = learn_seen_all(p->l->response);
	json_w_kz(p->w, "mode", decide_mode_name(d->mode));
	json_w_kf64(p->w, "outcomes", outcomes);
	json_w_kf64(p->w, "rules_share", learned_rules_share(outcomes));
	json_w_kf64(p->w, "mean_response", p->l->mean * p->scale);
	json_w_kf64(p->w, "price_of_harm", p->l->price * p->scale);
	json_w_kf64(p->w, "harm_budget", d->harm_budget);
	json_w_kf64(p->w, "uniform_share", d->least);
	json_w_kf64(p->w, "drawn_evenly", d->uniform);
	json_w_kf64(p->w, "others_most", d->most);
	json_w_key(p->w, "latest");
	json_w_object(p->w);
	json_w_ki64(p->w, "decisions", (int64_t)t->asked);
	json_w_kf64(p->w, "explored", t->asked > 0 ? (double)t->explored / (double)t->asked : 0);
	json_w_ki64(p->w, "even", (int64_t)t->even);
	json_w_end(p->w);
}

static enum status put_page(struct page *p, struct err *e)
{
	p->scale = p->v->program->play->deciding.scale;
	p->named = ARENA_ARRAY(p->v->arena, bool, learn_arms(p->l->response) + 1);
	if (p->named == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	json_w_object(p->w);
	json_w_kz(p->w, "schema", "nurtured.policy_learned/1");
	put_choosing(p);
	json_w_key(p->w, "decisions");
	json_w_array(p->w);
	put_messages(p);
	put_common(p);
	json_w_end(p->w);
	if (p->only.n == 0)
		json_w_ki64(p->w, "arms_without_words", (int64_t)unnamed(p));
	enum status st = view_advised_put(p->v, p->only, p->w, e);
	json_w_end(p->w);
	if (st == ST_OK && p->points == 0 && !view_advised_has(p->v, p->only))
		return err_set(e, ST_NOT_FOUND,
			       "nothing was learned about \"" STR_FMT
			       "\": name a message, nothing, channel, time or gap%s",
			       STR_ARG(str_upto(p->only, 64)),
			       p->v->program->play->decisions_n > 0
				       ? ", or one of the program's decisions:"
				       : "");
	return st;
}

enum status view_learned(struct view *v, struct str decision, struct json_w *w, struct err *e)
{
	struct learned live = {.loaded = false};
	struct decide_learned *l;
	struct page p = {.v = v, .w = w, .only = decision};
	if (v->program == NULL)
		return err_set(e, ST_CONFLICT, "no program has been applied yet");
	enum status st = learned_use(&live, v->store, 0, &l, e);
	if (st != ST_OK)
		return st;
	p.l = l;
	st = load_latest(&p, e);
	if (st == ST_OK)
		st = put_page(&p, e);
	learned_forget(&live);
	return st;
}
