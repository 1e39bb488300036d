/* SPDX-License-Identifier: Apache-2.0
 * choose.c: odds, one draw, and both in words.
 *
 * Odds are brought to whole billionths before the draw: short to write, read back without a loss,
 * and their sum is 1, not nearly 1. What rounding takes from the others the best one gets. */
#include "advise/internal.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/time.h"

#include <math.h>

#define TRUST_RULES 50.0 /* outcomes after which the learner has half a say */
#define MEAN_USUAL 0.2   /* outcome on which the gain of exploring was tuned */
#define MEAN_LEAST 0.0005

uint64_t advise_arm_key(struct str action)
{
	uint64_t h = hash_str(action, hash_str(STR("do"), 1));
	return h < 8 ? h + 8 : h;
}

/* ---- values ---- */

static struct learn_action parts_of(const struct advisor *a, const struct advise_ask *q, size_t i)
{
	bool wait = i + 1 == q->n;
	uint32_t arm = learn_find(a->learner, advise_arm_key(q->action[i].id));
	if (arm == LEARN_NONE)
		arm = wait ? LEARN_NEW_APART : LEARN_NEW;
	return (struct learn_action){.arm = {arm}, .n = 1};
}

/* What each free action is thought to be worth; at[]: which of the request's it is. */
static size_t weigh(const struct advise_ask *q, size_t *at, struct policy_option *o)
{
	const struct advisor *a = q->of;
	struct learn_action parts[EXPLORE_MAX];
	struct learn_guess g[EXPLORE_MAX];
	size_t n = 0;
	for (size_t i = 0; i < q->n; i++) {
		if (q->action[i].held.n > 0)
			continue;
		at[n] = i;
		parts[n++] = parts_of(a, q, i);
	}
	learn_score(a->learner, q->x, parts, n, g);
	for (size_t i = 0; i < n; i++) {
		const struct advise_action *act = &q->action[at[i]];
		if (act->x != NULL)
			learn_score(a->learner, act->x, &parts[i], 1, &g[i]);
		double less = act->cost / a->of->worth;
		double slope = (double)g[i].p * (1 - (double)g[i].p);
		o[i] = (struct policy_option){.value = (double)g[i].p - less,
					      .hopeful = (double)g[i].q - less,
					      .variance = slope * slope * (double)g[i].var};
	}
	return n;
}

/* ---- odds ---- */

static uint64_t number_of(const struct advise_ask *q)
{
	return hash_str(q->id, hash_str(q->of->of->name, 1));
}

static struct policy_conf conf_of(const struct program_decision *d)
{
	static const enum policy_mode modes[] = {[DECISION_SHADOW] = POLICY_IGW,
						 [DECISION_FIRST] = POLICY_FIRST,
						 [DECISION_EPSILON] = POLICY_EPSILON,
						 [DECISION_IGW] = POLICY_IGW,
						 [DECISION_THOMPSON] = POLICY_THOMPSON};
	struct policy_conf c = policy_conf_default(modes[d->mode]);
	c.epsilon = d->epsilon;
	c.gain = d->gain;
	c.budget = d->most;
	c.floor = d->least;
	c.uniform = d->uniform;
	return c;
}

static struct policy_turn turn_of(const struct advise_book *b, const struct advise_ask *q,
				  const size_t *at, size_t n)
{
	const struct advisor *a = q->of;
	double seen = learn_seen_all(a->learner);
	double mean = a->mean < MEAN_LEAST ? MEAN_LEAST : a->mean;
	/* How far apart two values must be to be told apart goes with the root of how rare
	 * outcomes are. */
	struct policy_turn turn = {
		.seen = seen * MEAN_USUAL / mean, .seed = b->seed, .id = number_of(q)};
	size_t rules = q->prefer != ADVISE_NONE ? q->prefer : q->taken;
	for (size_t i = 0; i < n; i++) {
		if (at[i] != rules)
			continue;
		turn.prior = i;
		turn.prior_share = TRUST_RULES / (TRUST_RULES + seen);
	}
	return turn;
}

static void whole(const struct policy_choice *from, uint32_t *to)
{
	uint32_t left = ADVISE_ALL;
	for (size_t i = 0; i < from->n; i++) {
		to[i] = i == from->best ? 0 : (uint32_t)(from->p[i] * ADVISE_ALL);
		ASSERT(to[i] <= left);
		left -= to[i];
	}
	to[from->best] = left;
}

static size_t draw(const uint32_t *p, size_t n, double unit)
{
	uint32_t at = (uint32_t)(unit * ADVISE_ALL), up_to = 0;
	for (size_t i = 0; i < n; i++) {
		up_to += p[i];
		if (at < up_to)
			return i;
	}
	UNREACHED();
}

void advise_choose(const struct advise_book *b, const struct advise_ask *q,
		   struct advise_choice *out)
{
	struct policy_option o[EXPLORE_MAX];
	struct policy_choice picked;
	size_t at[EXPLORE_MAX];
	uint32_t p[EXPLORE_MAX];
	const struct policy_conf c = conf_of(q->of->of);
	size_t n = weigh(q, at, o);
	ASSERT(n >= 1); /* "wait" is never held */
	struct policy_turn turn = turn_of(b, q, at, n);
	policy_decide(&c, o, n, turn, &picked);
	whole(&picked, p);
	size_t drawn = draw(p, n, picked.unit);
	for (size_t i = 0; i < q->n; i++)
		out->p[i] = 0;
	for (size_t i = 0; i < n; i++) {
		out->p[at[i]] = p[i];
		out->value[at[i]] = (float)o[i].value;
		out->hopeful[at[i]] = (float)o[i].hopeful;
	}
	out->drawn = at[drawn];
	out->took = q->taken == ADVISE_NONE ? out->drawn : q->taken;
	out->unit = picked.unit;
	out->even = explore_was_even(c.uniform, (double)p[drawn] / ADVISE_ALL, n,
				     explore_unit(turn.seed, turn.id, 1));
}

/* ---- the answer ---- */

static void put_fraction(struct buf *b, uint32_t v, uint32_t unit)
{
	buf_byte(b, '.');
	for (unit /= 10; unit > 0; unit /= 10)
		buf_byte(b, (char)('0' + v / unit % 10));
}

static void put_share(struct buf *b, uint32_t p)
{
	buf_byte(b, p == ADVISE_ALL ? '1' : '0');
	put_fraction(b, p % ADVISE_ALL, ADVISE_ALL);
}

/* For people and reports: six places are enough. */
static void put_value(struct buf *b, float v)
{
	double clipped = (double)v > 1000 ? 1000 : (double)v < -1000 ? -1000 : (double)v;
	int64_t micro = (int64_t)floor(clipped * 1e6 + 0.5);
	if (micro < 0)
		buf_byte(b, '-');
	uint64_t size = (uint64_t)(micro < 0 ? -micro : micro);
	buf_u64(b, size / 1000000);
	put_fraction(b, (uint32_t)(size % 1000000), 1000000);
}

/* Names of actions are plain: no escapes. */
static void put_name(struct buf *b, bool *more, struct str name)
{
	buf_byte(b, *more ? ',' : '{');
	buf_byte(b, '"');
	buf_str(b, name);
	buf_z(b, "\":");
	*more = true;
}

static void put_values(const struct advise_ask *q, const char *member, const float *v,
		       struct buf *b)
{
	bool more = false;
	buf_z(b, member);
	for (size_t i = 0; i < q->n; i++) {
		if (q->action[i].held.n > 0)
			continue;
		put_name(b, &more, q->action[i].id);
		put_value(b, v[i]);
	}
	buf_byte(b, '}');
}

/* Odds come from the hopeful values, and contradict the expected ones where little is known. */
static bool by_hope(enum decision_mode m)
{
	return m == DECISION_IGW || m == DECISION_SHADOW;
}

static void put_odds(const struct advise_ask *q, const struct advise_choice *c, struct buf *b)
{
	bool more = false;
	buf_z(b, ",\"odds\":");
	for (size_t i = 0; i < q->n; i++) {
		if (q->action[i].held.n > 0)
			continue;
		put_name(b, &more, q->action[i].id);
		put_share(b, c->p[i]);
	}
	buf_byte(b, '}');
	put_values(q, ",\"values\":", c->value, b);
	if (by_hope(q->of->of->mode))
		put_values(q, ",\"hopeful\":", c->hopeful, b);
}

static void put_guard(const struct advise_action *act, struct json_w *w)
{
	json_w_object(w);
	json_w_kstr(w, "action", act->id);
	json_w_kstr(w, "guard", act->held);
	if (act->why.n > 0)
		json_w_kstr(w, "why", act->why);
	if (act->free_us != TIME_NONE)
		json_w_ktime(w, "until", act->free_us);
	json_w_end(w);
}

static void put_held(const struct advise_ask *q, struct buf *b)
{
	struct json_w w;
	bool more = false;
	for (size_t i = 0; i < q->n; i++) {
		if (q->action[i].held.n == 0)
			continue;
		buf_z(b, more ? "," : ",\"held\":[");
		json_w_init(&w, b);
		put_guard(&q->action[i], &w);
		more = true;
	}
	if (more)
		buf_byte(b, ']');
}

static void put_took(const struct advise_ask *q, const struct advise_choice *c, struct buf *b)
{
	buf_z(b, ",\"action\":\"");
	buf_str(b, q->action[c->took].id);
	buf_z(b, "\",\"p\":");
	if (q->taken == ADVISE_NONE) {
		put_share(b, c->p[c->took]);
		return;
	}
	put_share(b, (uint32_t)(q->taken_p * ADVISE_ALL));
	buf_z(b, ",\"would\":\"");
	buf_str(b, q->action[c->drawn].id);
	buf_byte(b, '"');
}

void advise_answer(const struct advise_book *b, const struct advise_ask *q,
		   const struct advise_choice *c, struct buf *out)
{
	buf_z(out, "{\"schema\":\"nurtured.advice/1\",\"decision\":\"");
	buf_str(out, q->of->of->name);
	buf_z(out, "\",\"id\":\"");
	buf_str(out, q->id);
	buf_byte(out, '"');
	put_took(q, c, out);
	put_odds(q, c, out);
	if (c->even)
		buf_z(out, ",\"even\":true");
	put_held(q, out);
	buf_z(out, ",\"policy\":{\"mode\":\"");
	buf_z(out, decision_mode_name(q->of->of->mode));
	buf_z(out, "\",\"version\":");
	buf_u64(out, b->version);
	buf_z(out, ",\"learned_to\":");
	buf_u64(out, b->learned_seq);
	buf_z(out, ",\"outcomes\":");
	buf_u64(out, (uint64_t)learn_seen_all(q->of->learner));
	buf_z(out, "}}");
}

void advise_refusal(struct str id, const struct advise_no *no, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	if (id.n > 0)
		json_w_kstr(&w, "id", id);
	json_w_key(&w, "error");
	json_w_object(&w);
	json_w_ki64(&w, "status", no->http);
	json_w_kz(&w, "code", no->code);
	json_w_kz(&w, "message", no->err.text);
	if (no->param[0] != '\0')
		json_w_kz(&w, "param", no->param);
	if (no->fix != NULL)
		json_w_kz(&w, "fix", no->fix);
	json_w_end(&w);
	json_w_end(&w);
}

/* ---- the event ---- */

void advise_event(const struct advise_ask *q, struct str answer, uint64_t lead, uint64_t body_hash,
		  struct buf *out)
{
	bool more = false;
	buf_z(out, "{\"answer\":");
	buf_str(out, answer);
	if (q->context.n > 0) {
		buf_z(out, ",\"context\":");
		buf_str(out, q->context);
	}
	for (size_t i = 0; i < q->n; i++) {
		if (q->action[i].own.n == 0)
			continue;
		if (!more)
			buf_z(out, ",\"own\":");
		put_name(out, &more, q->action[i].id);
		buf_str(out, q->action[i].own);
	}
	if (more)
		buf_byte(out, '}');
	if (lead > 0) {
		buf_z(out, ",\"lead\":");
		buf_u64(out, lead);
	}
	buf_z(out, ",\"body\":\"");
	buf_u64(out, body_hash);
	buf_z(out, "\"}");
}

bool advise_event_answer(struct str properties, struct arena *a, struct str *answer_r,
			 uint64_t *body_hash_r)
{
	struct json d;
	if (json_parse(properties, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK)
		return false;
	uint32_t answer = json_get(&d, 0, "answer");
	*answer_r = json_raw(&d, answer);
	return json_is(&d, answer, JSON_OBJECT) &&
	       str_to_u64(json_str(&d, json_get(&d, 0, "body"), a), body_hash_r);
}
