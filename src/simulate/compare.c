/* SPDX-License-Identifier: Apache-2.0
 * compare.c: world by world, policy by policy; then differences within worlds, and what they
 * say. */
#include "base/arena.h"
#include "simulate/policies.h"

/* What one policy came to in one world. */
struct came {
	double reward, harm; /* of 100 leads */
	double messages, harms;
};

struct table {
	const struct simulate_compare_conf *conf;
	struct came *cells; /* by world, then by policy */
	uint64_t done, days;
};

static struct came *came_of(const struct table *t, uint64_t world, size_t policy)
{
	return &t->cells[world * t->conf->n + policy];
}

/* ---- the runs ---- */

static bool day_is_over(void *ctx, uint64_t day)
{
	const struct table *t = ctx;
	const struct simulate_compare_conf *c = t->conf;
	uint64_t before = t->done * c->each.days;
	return c->go_on == NULL || c->go_on(c->ctx, before + day, c->seeds * c->n * c->each.days);
}

static enum status one_run(struct table *t, uint64_t world, size_t policy, struct err *e)
{
	struct simulate_conf c = t->conf->each;
	struct simulate_result r;
	c.seed += world;
	c.choice = &t->conf->policies[policy].choice;
	c.go_on = day_is_over;
	c.ctx = t;
	enum status st = simulate_run(&c, &r, e);
	if (st != ST_OK)
		return st;
	double per = 100 / (double)c.leads, harms = (double)(r.unsubscribes + r.complaints);
	*came_of(t, world, policy) =
		(struct came){(r.reward - r.cost) * per, harms * per, (double)r.messages, harms};
	t->done++;
	return ST_OK;
}

/* ---- what they say ---- */

struct sums {
	struct experiment_arm gain, more;
	double m2_gain, m2_more;
	struct came all;
};

static void add(struct sums *s, const struct came *first, const struct came *x)
{
	experiment_add(&s->gain, &s->m2_gain, first->reward - x->reward);
	experiment_add(&s->more, &s->m2_more, first->harm - x->harm);
	s->all.reward += x->reward;
	s->all.harm += x->harm;
	s->all.messages += x->messages;
	s->all.harms += x->harms;
}

static struct simulate_compared told(const struct sums *s, uint64_t leads)
{
	static const struct experiment_arm zero = {.n = 2};
	double n = s->gain.n;
	struct simulate_compared r = {
		.reward = s->all.reward / n,
		.harm = s->all.harm / n,
		.messages = s->all.messages / n / (double)leads,
		.harm_rate = s->all.messages > 0 ? s->all.harms / s->all.messages : 0,
		.gain = experiment_means(&s->gain, &zero), /* paired: against no difference */
		.harm_more = experiment_means(&s->more, &zero),
	};
	r.beaten = r.gain.lo > 0 && r.harm_more.lo <= 0;
	return r;
}

static bool is_arm(const struct simulate_policy *p)
{
	return p->fixed && !p->silence;
}

static const struct came *best_arm(const struct table *t, uint64_t world)
{
	const struct came *best = NULL;
	for (size_t i = 1; i < t->conf->n; i++) {
		const struct came *x = came_of(t, world, i);
		if (is_arm(&t->conf->policies[i]) && (best == NULL || x->reward > best->reward))
			best = x;
	}
	return best;
}

static void conclude(const struct table *t, struct simulate_comparison *out)
{
	const struct simulate_compare_conf *c = t->conf;
	struct sums hindsight = {.m2_gain = 0};
	*out = (struct simulate_comparison){.any_fixed = best_arm(t, 0) != NULL};
	for (size_t i = 0; i < c->n; i++) {
		struct sums s = {.m2_gain = 0};
		for (uint64_t w = 0; w < c->seeds; w++)
			add(&s, came_of(t, w, 0), came_of(t, w, i));
		out->of[i] = told(&s, c->each.leads);
		bool rival = i > 0 && !c->policies[i].silence;
		out->rivals += rival;
		out->beaten += rival && out->of[i].beaten;
	}
	for (uint64_t w = 0; w < c->seeds && out->any_fixed; w++)
		add(&hindsight, came_of(t, w, 0), best_arm(t, w));
	if (out->any_fixed)
		out->hindsight = told(&hindsight, c->each.leads);
}

enum status simulate_compare(const struct simulate_compare_conf *conf,
			     struct simulate_comparison *out, struct err *e)
{
	struct table t = {.conf = conf};
	enum status st = ST_OK;
	if (conf->n < 2 || conf->n > SIMULATE_POLICIES_MAX)
		return err_set(e, ST_INVALID, "2 to %u policies can be compared, not %zu",
			       SIMULATE_POLICIES_MAX, conf->n);
	if (conf->seeds < 2 || conf->seeds > SIMULATE_SEEDS_MAX)
		return err_set(e, ST_INVALID, "2 to %u seeds can be compared in, not %llu",
			       SIMULATE_SEEDS_MAX, (unsigned long long)conf->seeds);
	t.cells = mem_array(conf->seeds * conf->n, sizeof *t.cells);
	for (uint64_t w = 0; w < conf->seeds && st == ST_OK; w++)
		for (size_t i = 0; i < conf->n && st == ST_OK; i++)
			st = one_run(&t, w, i, e);
	if (st == ST_OK)
		conclude(&t, out);
	mem_free(t.cells);
	return st;
}
