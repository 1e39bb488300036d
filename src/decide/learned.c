/* SPDX-License-Identifier: Apache-2.0
 * learned.c: what is remembered of a decision, and what its outcome teaches. */
#include "decide/internal.h"

#include "base/assert.h"
#include "base/hash.h"

#define PENDING_VERSION 2
#define NUMBER_MAX 1e6f /* of what is kept of a decision */
/* Before anything is known: one message in twenty brings something, one in 300 annoys; who is left
 * alone does something by themselves one time in 200. */
#define SEND_ODDS (-2.94f)
#define HARM_ODDS (-5.7f)
#define ALONE_ODDS (-5.3f)
/* Who is at it soon is that much likelier to answer (log-odds, for eight times even odds): what is
 * believed of the hour before there were outcomes. Strong on purpose: hours differ by a tenth or
 * two, which takes thousands of outcomes to see, and a choice among hours that follows noise is
 * worse than none. */
#define READ_ODDS 4.0f
#define PRICE_START 0.1
#define PRICE_MAX 50.0
#define PRICE_STEP 0.05 /* up with each harm, of the price at which messages stop paying */
#define MEAN_FADE 0.002
#define MEAN_LEAST 0.0005
#define TRUST_RULES 50.0 /* outcomes after which the learner has half a say */

/* ---- the two models ---- */

static struct learner *open_one(float send, float alone, float read)
{
	struct learn_conf c = learn_conf_default(CONTEXT_COUNT);
	float prior[CONTEXT_COUNT] = {send, [CONTEXT_slot_read] = read};
	c.start = alone;
	/* Nobody knows beforehand how often people answer, and one text may bring half as much
	 * again as another. For whom one does is said by many numbers, most of which say little,
	 * and each arm has a weight for each of them: their spreads add up, and chance would be
	 * believed. */
	c.pool_level = 1.2f;
	c.pool_spread = 0.3f;
	c.level = 0.2f;
	c.spread = 0.02f;
	c.offset = 0.002f;
	struct learner *l = learner_open(&c);
	learn_prior(l, prior);
	return l;
}

void learned_open(struct decide_learned *l, uint64_t seed)
{
	*l = (struct decide_learned){.response = open_one(SEND_ODDS, ALONE_ODDS, READ_ODDS),
				     .harm = open_one(HARM_ODDS, HARM_ODDS, 0),
				     .price = PRICE_START,
				     .mean = 0.02,
				     .seed = seed,
				     .since_us = TIME_NONE};
}

void learned_close(struct decide_learned *l)
{
	learner_close(&l->response);
	learner_close(&l->harm);
}

double learned_rules_share(double outcomes)
{
	return TRUST_RULES / (TRUST_RULES + outcomes);
}

/* ---- stored form ---- */

float pending_weight(double aside, double p)
{
	double w = aside / p;
	return w < (double)NUMBER_MAX ? (float)w : NUMBER_MAX;
}

void pending_encode(const struct pending *p, struct buf *out)
{
	buf_varint(out, PENDING_VERSION);
	buf_varint(out, CONTEXT_VERSION);
	buf_varint(out, p->decision);
	buf_varint(out, p->message);
	buf_varint(out, p->lead);
	buf_zigzag(out, p->at_us);
	buf_varint(out, p->taught);
	for (size_t i = 0; i < CONTEXT_COUNT; i++)
		buf_f32(out, p->x[i]);
	buf_varint(out, p->parts_n);
	for (uint32_t i = 0; i < p->parts_n; i++) {
		buf_varint(out, p->key[i]);
		buf_varint(out, p->kind[i]);
	}
	buf_varint(out, p->got_n);
	for (uint32_t i = 0; i < p->got_n; i++)
		buf_varint(out, p->got[i]);
	const float f[] = {p->outcome, p->harm, p->taught_outcome, p->taught_harm, p->weight};
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		buf_f32(out, f[i]);
	buf_varint(out, p->stage);
	buf_varint(out, p->follows);
}

static void get_parts(struct rd *r, struct pending *p)
{
	uint64_t n = rd_varint(r);
	r->ok = r->ok && n >= 1 && n <= LEARN_PARTS_MAX;
	p->parts_n = r->ok ? (uint32_t)n : 0;
	for (uint32_t i = 0; i < p->parts_n; i++) {
		p->key[i] = rd_varint(r);
		uint64_t kind = rd_varint(r);
		r->ok = r->ok && kind < LEARN_KINDS && (kind == LEARN_OFFSET) == (i > 0);
		p->kind[i] = r->ok ? (enum learn_kind)kind : LEARN_POOLED;
	}
	n = rd_varint(r);
	r->ok = r->ok && n <= PENDING_GOT_MAX;
	p->got_n = r->ok ? (uint32_t)n : 0;
	for (uint32_t i = 0; i < p->got_n; i++)
		p->got[i] = (uint32_t)rd_varint(r);
}

static bool share(float v)
{
	return v >= 0 && v <= 1;
}

enum status pending_decode(struct str bytes, struct pending *out, struct err *e)
{
	struct rd r = rd_of(bytes);
	struct pending p = {0};
	bool known = rd_varint(&r) == PENDING_VERSION && rd_varint(&r) == CONTEXT_VERSION;
	p.decision = rd_varint(&r);
	p.message = rd_varint(&r);
	p.lead = rd_varint(&r);
	p.at_us = rd_zigzag(&r);
	p.taught = rd_varint(&r) != 0;
	for (size_t i = 0; i < CONTEXT_COUNT; i++)
		p.x[i] = rd_f32(&r, NUMBER_MAX);
	get_parts(&r, &p);
	p.outcome = rd_f32(&r, NUMBER_MAX);
	p.harm = rd_f32(&r, NUMBER_MAX);
	p.taught_outcome = rd_f32(&r, NUMBER_MAX);
	p.taught_harm = rd_f32(&r, NUMBER_MAX);
	p.weight = rd_f32(&r, NUMBER_MAX);
	uint64_t stage = rd_varint(&r), follows = rd_varint(&r);
	p.stage = (uint32_t)stage;
	p.follows = follows == 1;
	known = known && stage <= UINT32_MAX && follows <= 1 && p.weight >= 0;
	if (!known || !rd_done(&r) || !share(p.outcome) || !share(p.harm) ||
	    !share(p.taught_outcome) || !share(p.taught_harm))
		return err_set(e, ST_CORRUPT, "what awaits its outcome cannot be read");
	*out = p;
	return ST_OK;
}

/* ---- outcomes ---- */

bool learned_harms(struct str type)
{
	return react_is_objection(type);
}

bool learned_asks(const struct program_deciding *p, struct str type)
{
	return p->mode != DECIDE_OFF &&
	       (react_is_objection(type) || program_reward_of(p, type) != NULL);
}

static bool got_already(struct pending *of, uint32_t what)
{
	for (uint32_t i = 0; i < of->got_n; i++)
		if (of->got[i] == what)
			return true;
	if (of->got_n == PENDING_GOT_MAX)
		return true;
	of->got[of->got_n++] = what;
	return false;
}

bool learned_event(const struct program_deciding *p, struct pending *of, struct str type,
		   int64_t at_us)
{
	int64_t age_us = at_us - of->at_us;
	const struct program_reward *r = program_reward_of(p, type);
	if (react_is_objection(type)) {
		bool first = of->harm < 1 && age_us <= p->harm_us;
		of->harm = first ? 1 : of->harm;
		return first;
	}
	if (r == NULL || age_us > r->within_us ||
	    got_already(of, (uint32_t)hash_str(r->of, CONTEXT_VERSION)))
		return false;
	float sum = of->outcome + (float)(r->value / p->scale);
	of->outcome = sum > 1 ? 1 : sum;
	return true;
}

struct learn_action learned_action(struct learner *l, const struct pending *of)
{
	struct learn_action a = {.n = 0};
	for (uint32_t i = 0; i < of->parts_n; i++) {
		uint32_t arm = learn_arm(l, of->key[i], of->kind[i]);
		if (arm == LEARN_NONE)
			break; /* more arms than there is room for: the rest is not told apart */
		a.arm[a.n++] = arm;
	}
	return a;
}

double learned_expects(struct learner *l, const struct pending *of)
{
	struct learn_guess g = {.p = 0};
	struct learn_action a = learned_action(l, of);
	if (a.n > 0)
		learn_score(l, of->x, &a, 1, &g);
	return (double)g.p;
}

void learned_guess(struct decide_learned *l, const struct pending *of, struct learned_guess *out)
{
	*out = (struct learned_guess){learned_expects(l->response, of),
				      learned_expects(l->harm, of)};
}

/* A first look teaches the whole; a later one what is more than was known then. */
static void teach(struct learner *l, const struct pending *of, float now, float before)
{
	struct learn_action a = learned_action(l, of);
	float weight = of->taught ? now - before : 1;
	if (a.n > 0 && weight > 0)
		learn_update(l, of->x, &a, now, weight);
}

static double clamp(double v, double most)
{
	return v < 0 ? 0 : v > most ? most : v;
}

/* Where harm keeps to the budget, the average message is worth its price up to mean / budget. Steps
 * are small parts of that: with steps of a size of their own the price jumps past it with a few
 * harms in a row, and silences people although the budget is kept. */
static double price_step(const struct decide_learned *l, const struct program_deciding *p)
{
	double mean = l->mean > MEAN_LEAST ? l->mean : MEAN_LEAST;
	double least = 1e-4, budget = p->harm_budget > least ? p->harm_budget : least;
	return PRICE_STEP * mean / budget;
}

void learned_teach(struct decide_learned *l, const struct program_deciding *p, struct pending *of)
{
	bool sent = of->message != 0, first = !of->taught;
	teach(l->response, of, of->outcome, of->taught_outcome);
	if (first)
		l->mean += MEAN_FADE * ((double)of->outcome - l->mean);
	if (sent) {
		double harm = (double)(of->harm - (first ? 0 : of->taught_harm));
		teach(l->harm, of, of->harm, of->taught_harm);
		l->price += price_step(l, p) * (harm - (first ? p->harm_budget : 0));
		l->price = clamp(l->price, PRICE_MAX);
	}
	if (l->since_us == TIME_NONE || of->at_us < l->since_us)
		l->since_us = of->at_us;
	of->taught = true;
	of->taught_outcome = of->outcome;
	of->taught_harm = of->harm;
}
