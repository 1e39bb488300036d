/* SPDX-License-Identifier: Apache-2.0
 * policy_live.c: the decisions of this folder, as a log that policies are compared on. What another
 * policy would have done is worked out from the record of the decision, by the code that decides
 * (decide/mind.h). The reward model is a learner of its own for each half of the leads, asked about
 * the other half. */
#include "base/assert.h"
#include "base/hash.h"
#include "base/time.h"
#include "cli/door.h"
#include "cli/policy.h"
#include "cli/render.h"
#include "decide/mind.h"
#include "engine/engine.h"
#include "engine/learned.h"
#include "engine/models.h"
#include "engine/rollout.h"
#include "program/program.h"

#include <string.h>

#define ROWS_MAX ((size_t)200000)
#define SINCE_DEFAULT_US (30 * US_PER_D)

enum who { WHO_LOGGED, WHO_RULES, WHO_FIRST, WHO_UNIFORM, WHO_ALWAYS, WHO_MODEL };
struct policy {
	enum who who;
	struct str action; /* WHO_ALWAYS */
	bool offered;      /* a decision had that action to choose from */
	struct decide_frozen model;
	int64_t to_us; /* it may have learned from what was decided before */
};

/* One decision, read again from its record. */
struct decision {
	uint64_t id, lead;
	int64_t at_us;
	double price, outcome, harm;
	double p_log; /* of what was chosen: as drawn, or as drawn evenly */
	size_t n, chosen, rules;
	double p[EXPLORE_MAX], cost[EXPLORE_MAX];
	struct str name[EXPLORE_MAX];
	struct pending what[EXPLORE_MAX];
	struct policy_path path[EXPLORE_MAX];
};

struct live {
	struct cli *c;
	struct door *door;
	struct policy_evidence *out;
	struct arena scratch, zones;
	struct str zone_name;
	const struct tz *zone;
	int64_t since_us;
	int64_t kept_us; /* what is older is not kept, unless it awaits its outcome */
	struct policy a, b;
	struct learner *q[2]; /* taught by the leads of one half each */
	struct evaluate_row *base;
	struct decision *now;
	bool even;     /* only what was drawn evenly */
	bool counting; /* the first time over: teach and count */
	size_t n;
	enum status st;
};

/* ---- policies by name ---- */

static enum status model_of(struct live *x, const char *name, struct policy *out)
{
	struct registry_model m;
	struct cli *c = x->c;
	enum status st = registry_get(c->data, str_of(name), &c->arena, &m, &c->err);
	if (st == ST_NOT_FOUND)
		return err_set(
			&c->err, st,
			"no policy is called \"%s\": logged, rules, first, uniform, learned, "
			"always:MESSAGE:ANGLE, or a model's hash",
			name);
	out->to_us = st == ST_OK ? m.meta.to_us : TIME_NONE;
	if (st == ST_OK)
		st = rollout_askable(&m, &c->err);
	return st == ST_OK ? frozen_decode(m.bytes, &out->model, &c->err) : st;
}

/* The live learner as a model would be taken from it now. */
static enum status learned_now(struct live *x, struct policy *out)
{
	struct learned live = {.loaded = false};
	struct decide_learned *l;
	struct buf b;
	struct door *d = x->door;
	enum status st = learned_use(&live, d->node->store, d->node->seed, &l, &x->c->err);
	if (st != ST_OK)
		return st;
	buf_init(&b, FROZEN_BYTES_MAX);
	frozen_encode(l, &d->program->play->deciding, &b);
	st = frozen_decode(buf_view(&b), &out->model, &x->c->err);
	out->to_us = INT64_MAX;
	buf_finish(&b);
	learned_forget(&live);
	return st;
}

static enum status policy_of(struct live *x, const char *name, struct policy *out)
{
	static const struct {
		const char *name;
		enum who who;
	} plain[] = {{"logged", WHO_LOGGED},
		     {"rules", WHO_RULES},
		     {"first", WHO_FIRST},
		     {"uniform", WHO_UNIFORM}};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strcmp(plain[i].name, name) == 0) {
			out->who = plain[i].who;
			return ST_OK;
		}
	out->who = WHO_ALWAYS;
	out->action = str_of(name);
	if (str_starts(out->action, STR("always:"))) {
		out->action = str_slice(out->action, 7, out->action.n);
		return ST_OK;
	}
	out->who = WHO_MODEL;
	return strcmp(name, "learned") == 0 ? learned_now(x, out) : model_of(x, name, out);
}

static void odds(const struct live *x, const struct policy *y, double *p)
{
	const struct decision *d = x->now;
	struct policy_option o[EXPLORE_MAX];
	struct policy_choice got;
	for (size_t i = 0; i < d->n; i++)
		p[i] = y->who == WHO_UNIFORM  ? 1 / (double)d->n
		       : y->who == WHO_LOGGED ? d->p[i]
		       : y->who == WHO_ALWAYS ? str_eq(d->name[i], y->action)
					      : i == (y->who == WHO_RULES ? d->rules : 0);
	if (y->who != WHO_MODEL)
		return;
	const struct program_deciding *now = &x->door->program->play->deciding;
	const struct mind k = mind_of_model(&y->model, now);
	const struct mind_turn turn = {mind_mode(y->model.mode), d->rules, y->model.least,
				       x->door->node->seed,      d->id,    d->path};
	for (size_t i = 0; i < d->n; i++)
		mind_weigh(&k, &d->what[i], d->cost[i], d->price, &o[i]);
	mind_odds(&k, o, d->n, &turn, &got);
	memcpy(p, got.p, d->n * sizeof *p);
}

/* ---- a record, read ---- */

static struct str text(const struct json *d, uint32_t node, const char *key, struct arena *a)
{
	return json_str(d, json_get(d, node, key), a);
}

static const struct tz *zone_of(struct live *x, struct str name)
{
	struct err e;
	if (x->zone != NULL && str_eq(name, x->zone_name))
		return x->zone;
	x->zone_name = arena_str(&x->zones, name);
	if (tz_load(name, &x->zones, &x->zone, &e) != ST_OK &&
	    tz_load(STR("UTC"), &x->zones, &x->zone, &e) != ST_OK)
		x->zone = NULL;
	return x->zone;
}

static double cost_of(const struct program *p, struct str channel)
{
	const struct program_deciding *d = &p->play->deciding;
	for (size_t i = 0; i < p->consent.channels_n && d->costs != NULL; i++)
		if (str_eq(p->consent.channels[i], channel))
			return d->costs[i] / d->scale;
	return 0;
}

static size_t part_of(struct str name)
{
	size_t i = 0;
	while (i < ARM_PARTS - 1 && !str_is(name, arm_part_name(i)))
		i++;
	return i;
}

static size_t gap_of(struct str name)
{
	size_t i = 0;
	while (i < ARM_GAPS && !str_is(name, arm_gap_name(i)))
		i++;
	return i < ARM_GAPS ? i + 1 : 0;
}

/* Numbers of an option; what is 0 is left out. */
static float told(const struct json *d, uint32_t c, const char *key)
{
	double v = 0;
	(void)json_f64(d, json_get(d, c, key), &v);
	return (float)v;
}

/* Where the text and the time of a candidate stand: in itself, or in one before it in the list. */
struct place {
	uint32_t text, time;
};

static bool read_said(struct live *x, const struct json *d, struct place c, int64_t *at_r)
{
	struct decision *out = x->now;
	struct arena *a = &x->scratch;
	int64_t subject = 0;
	const struct mind_said said = {.message = text(d, c.text, "message", a),
				       .angle = text(d, c.text, "angle", a),
				       .channel = text(d, c.text, "channel", a),
				       .part = part_of(text(d, c.time, "part", a)),
				       .gap = gap_of(text(d, c.time, "gap", a))};
	(void)json_i64(d, json_get(d, c.text, "subject"), &subject);
	if (said.message.n == 0 || !time_parse(text(d, c.time, "at", a), at_r))
		return false;
	mind_parts(&said, &out->what[out->n]);
	out->path[out->n] =
		mind_path(said.channel, said.part, said.gap,
			  content_key(said.message, said.angle, (uint32_t)subject), *at_r);
	out->cost[out->n] = cost_of(x->door->program, said.channel);
	out->name[out->n] =
		arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(said.message), STR_ARG(said.angle));
	return true;
}

static bool read_option(struct live *x, const struct json *d, struct place c, const float *context)
{
	struct decision *out = x->now;
	struct pending *w = &out->what[out->n];
	int64_t at = 0;
	bool nothing = json_get(d, c.text, "nothing") != JSON_NONE;
	memcpy(w->x, context, sizeof w->x);
	out->cost[out->n] = 0;
	out->name[out->n] = STR("nothing");
	out->path[out->n] = (struct policy_path){{0}};
	if (nothing)
		mind_parts_nothing(w);
	else if (!read_said(x, d, c, &at))
		return false;
	if (x->zone == NULL)
		return false;
	mind_slot(x->zone, at, nothing, w->x);
	w->x[CONTEXT_slot_read] = told(d, c.time, "read");
	w->x[CONTEXT_slot_since] = told(d, c.time, "since");
	w->x[CONTEXT_slot_tired] = told(d, c.time, "tired");
	return true;
}

static void read_context(const struct json *d, uint32_t node, float *x)
{
	for (size_t i = 0; i < CONTEXT_COUNT; i++) {
		char name[32];
		context_name(i, name);
		x[i] = told(d, node, name);
	}
}

/* What had odds, or a value: the menu. False: no policy was asked, or nothing to tell apart. */
static bool read_options(struct live *x, const struct json *d)
{
	struct decision *out = x->now;
	float context[CONTEXT_COUNT];
	int64_t chosen = -1, rules = -1, at = 0;
	uint32_t list = json_get(d, 0, "candidates");
	read_context(d, json_get(d, json_get(d, 0, "learned"), "context"), context);
	(void)json_i64(d, json_get(d, 0, "chosen"), &chosen);
	(void)json_i64(d, json_get(d, 0, "rules"), &rules); /* absent: an older record */
	out->n = 0;
	out->chosen = out->rules = EXPLORE_MAX;
	for (uint32_t c = json_first(d, list); c != JSON_NONE && out->n < EXPLORE_MAX;
	     c = json_next(d, list, c), at++) {
		double p = 0;
		bool has = json_f64(d, json_get(d, c, "p"), &p);
		bool brief = json_get(d, c, "text_of") != JSON_NONE;
		if (!has || (p <= 0 && !brief && json_get(d, c, "value") == JSON_NONE))
			continue;
		const struct place where = {render_told_by(d, list, c, "text_of"),
					    render_told_by(d, list, c, "time_of")};
		if (!read_option(x, d, where, context))
			return false;
		if (at == chosen)
			out->chosen = out->n;
		if (at == rules)
			out->rules = out->n;
		out->p[out->n++] = p;
	}
	return out->chosen < EXPLORE_MAX && out->rules < EXPLORE_MAX && out->p[out->chosen] > 0;
}

/* ---- the rows ---- */

static size_t action_of(struct bandit_log *log, struct str name, struct arena *a)
{
	size_t i = 0;
	while (i < log->actions_n && !str_eq(log->actions[i], name))
		i++;
	if (i == log->actions_n && i < BANDIT_ACTIONS_MAX)
		log->actions[log->actions_n++] = arena_str(a, name);
	return i;
}

static void teach(struct live *x)
{
	const struct decision *d = x->now;
	struct learner *l = x->q[hash_u64(d->lead) & 1];
	struct learn_action a = learned_action(l, &d->what[d->chosen]);
	if (a.n > 0)
		learn_update(l, d->what[d->chosen].x, &a, (float)d->outcome, 1);
}

static struct evaluate_row row_under(const struct live *x, const struct policy *y)
{
	const struct decision *d = x->now;
	double p[EXPLORE_MAX], v = 0;
	struct learner *other = x->q[1 - (hash_u64(d->lead) & 1)];
	odds(x, y, p);
	for (size_t i = 0; i < d->n; i++)
		v += p[i] > 0 ? p[i] * learned_expects(other, &d->what[i]) : 0;
	return (struct evaluate_row){.reward = d->outcome,
				     .p_log = d->p_log,
				     .p_new = p[d->chosen],
				     .q = learned_expects(other, &d->what[d->chosen]),
				     .v_dm = v,
				     .cluster = d->lead};
}

static bool learned_from(const struct policy *y, const struct decision *d)
{
	return y->who == WHO_MODEL && d->at_us < y->to_us;
}

static void add(struct live *x)
{
	struct bandit_log *log = x->out->log;
	const struct decision *d = x->now;
	size_t action = action_of(log, d->name[d->chosen], &x->out->arena);
	if (action == BANDIT_ACTIONS_MAX)
		return;
	x->out->own_rows += learned_from(&x->a, d) || learned_from(&x->b, d);
	x->base[log->n] = row_under(x, &x->b);
	log->rows[log->n++] = (struct bandit_row){
		.action = (uint32_t)action, .row = row_under(x, &x->a), .harm = d->harm};
}

static void note_offered(struct policy *y, const struct decision *d)
{
	for (size_t i = 0; i < d->n && y->who == WHO_ALWAYS; i++)
		y->offered |= str_eq(d->name[i], y->action);
}

static enum status check_offered(const struct policy *y, struct err *e)
{
	if (y->who != WHO_ALWAYS || y->offered)
		return ST_OK;
	return err_set(e, ST_NOT_FOUND,
		       "no decision of that time had \"" STR_FMT "\" to choose from: an action is "
		       "MESSAGE:ANGLE, as nurtured policy learned names them",
		       STR_ARG(y->action));
}

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct live *x = ctx;
	struct json d;
	int64_t at, lead;
	struct decision *out = x->now;
	arena_reset(&x->scratch);
	if (json_parse(value, JSON_LIMITS_EVENT, &x->scratch, &d, NULL) != ST_OK ||
	    !time_parse(text(&d, 0, "at", &x->scratch), &at) ||
	    !json_i64(&d, json_get(&d, 0, "lead"), &lead))
		return true;
	if (at < x->since_us)
		return false;
	uint32_t learned = json_get(&d, 0, "learned");
	bool even = json_get(&d, 0, "even") != JSON_NONE;
	if (!json_is(&d, learned, JSON_OBJECT) || (x->even && !even))
		return true;
	out->id = key.num;
	out->at_us = at;
	out->lead = (uint64_t)lead;
	(void)json_f64(&d, json_get(&d, learned, "price"), &out->price);
	enum status st = learned_outcome(x->door->node->store, key.num, &x->scratch, &out->outcome,
					 &out->harm, &x->c->err);
	if (st != ST_OK) {
		x->st = st == ST_NOT_FOUND ? x->st : st;
		return st == ST_NOT_FOUND; /* its time has not come */
	}
	(void)zone_of(x, text(&d, json_get(&d, 0, "inputs"), "zone", &x->scratch));
	if (!read_options(x, &d))
		return true;
	/* Among those that count as drawn evenly, every option is as frequent as any other. */
	out->p_log = x->even ? 1 / (double)out->n : out->p[out->chosen];
	note_offered(&x->a, out);
	note_offered(&x->b, out);
	if (x->counting)
		teach(x);
	else
		add(x);
	return !x->counting ? x->out->log->n < x->n : ++x->n < ROWS_MAX;
}

static enum status scan(struct live *x, bool counting)
{
	x->counting = counting;
	x->st = ST_OK;
	enum status st = store_scan(x->door->node->store, TABLE_DECISION, SCAN_NEWEST_FIRST, take,
				    x, &x->c->err);
	return st == ST_OK ? x->st : st;
}

static enum status make_rows(struct live *x)
{
	struct policy_evidence *out = x->out;
	struct bandit_log *log = out->log;
	enum status st = scan(x, true);
	if (st == ST_OK && x->n == 0)
		return err_set(
			&x->c->err, ST_CONFLICT,
			x->even ? "no decision that was drawn evenly has an outcome yet: see "
				  "`explore: {uniform}`"
				: "no decision of that time has an outcome yet: it comes days "
				  "later");
	if (st == ST_OK)
		st = check_offered(&x->a, &x->c->err);
	if (st == ST_OK)
		st = check_offered(&x->b, &x->c->err);
	if (st != ST_OK)
		return st;
	log->rows = ARENA_ARRAY(&out->arena, struct bandit_row, x->n);
	x->base = ARENA_ARRAY(&out->arena, struct evaluate_row, x->n);
	if (log->rows == NULL || x->base == NULL)
		return err_set(&x->c->err, ST_LIMIT, "no memory is left for %zu rows", x->n);
	log->positions[log->positions_n++] = STR("0");
	log->has_new = log->has_model = log->has_lead = log->has_harm = true;
	return scan(x, false);
}

/* ---- what is no longer kept ---- */

static bool take_first(void *ctx, struct store_key key, struct str value)
{
	struct live *x = ctx;
	struct json d;
	int64_t at;
	arena_reset(&x->scratch);
	bool read = json_parse(value, JSON_LIMITS_EVENT, &x->scratch, &d, NULL) == ST_OK &&
		    time_parse(text(&d, 0, "at", &x->scratch), &at);
	if (read && at < x->kept_us)
		return true;
	/* The first decision ever is number 1: then nothing was dropped. */
	if (read && key.num > 1 && at > x->since_us) {
		x->out->kept_us = at;
		x->out->kept_short = x->kept_us > x->since_us;
	}
	return false;
}

/* Does --since reach behind what the program keeps (decide: {keep})? */
static enum status note_kept(struct live *x, int64_t now_us)
{
	x->kept_us = now_us - x->door->program->play->deciding.keep_us;
	return store_scan(x->door->node->store, TABLE_DECISION, SCAN_ALL, take_first, x,
			  &x->c->err);
}

/* ---- the whole ---- */

static int64_t since(struct cli *c, int64_t now_us)
{
	const char *text = cli_value(c, "since");
	int64_t back;
	bool said = text != NULL && duration_parse(str_of(text), &back);
	return now_us - (said ? back : SINCE_DEFAULT_US);
}

static enum status run(struct live *x, const char *candidate, const char *champion)
{
	struct engine_meta at;
	struct cli *c = x->c;
	struct policy_evidence *out = x->out;
	if (x->door->program == NULL)
		return err_set(&c->err, ST_CONFLICT, "no program has been applied yet");
	if (out->gate.harm_budget <= 0)
		out->gate.harm_budget = x->door->program->play->deciding.harm_budget;
	enum status st = engine_meta_read(x->door->node->store, &at, &c->err);
	x->since_us = st == ST_OK ? since(c, at.clock_us) : 0;
	if (st == ST_OK)
		st = note_kept(x, at.clock_us);
	if (st == ST_OK)
		st = policy_of(x, candidate, &x->a);
	if (st == ST_OK)
		st = policy_of(x, champion, &x->b);
	if (st == ST_OK)
		st = make_rows(x);
	if (st != ST_OK)
		return st;
	struct evaluate_row *rows = ARENA_ARRAY(&out->arena, struct evaluate_row, out->log->n + 1);
	if (rows == NULL)
		return err_set(&c->err, ST_LIMIT, "no memory is left for the rows");
	for (size_t i = 0; i < out->log->n; i++)
		rows[i] = out->log->rows[i].row;
	out->has_model = true;
	return policy_evidence_judge(c, out, rows, x->base);
}

enum status policy_evidence_live(struct cli *c, const char *candidate, const char *champion,
				 struct policy_evidence *out)
{
	struct door d;
	struct decide_learned halves[2];
	struct live x = {.c = c, .door = &d, .out = out, .even = cli_flag(c, "even")};
	enum status st = policy_evidence_begin(c, candidate, champion, out);
	if (st == ST_OK)
		st = door_open(c, DOOR_READ, &d, &c->err);
	if (st != ST_OK)
		return st;
	arena_init(&x.scratch, (size_t)16 << 20);
	arena_init(&x.zones, (size_t)16 << 20);
	for (int i = 0; i < 2; i++) {
		learned_open(&halves[i], 0);
		x.q[i] = halves[i].response;
	}
	x.now = ARENA_NEW(&out->arena, struct decision);
	ASSERT(x.now != NULL); /* one of the first */
	st = run(&x, candidate, champion);
	for (int i = 0; i < 2; i++)
		learned_close(&halves[i]);
	frozen_close(&x.a.model);
	frozen_close(&x.b.model);
	arena_finish(&x.scratch);
	arena_finish(&x.zones);
	door_close(&d);
	return st;
}
