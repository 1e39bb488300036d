/* SPDX-License-Identifier: Apache-2.0
 * policy.c: who chooses: the table of modes. The rules say what may be chosen from (their own pick,
 * and what the track's `decide:` opens beside it); a row of the table turns that into odds. Where a
 * guard holds everything back there is nothing to choose, and the rules wait or go on as ever.
 *
 * While little is known the rules are the better guess: the odds are a mixture, in which they fade
 * as outcomes come in. */
#include "decide/internal.h"
#include "decide/mind.h"

/* What may be chosen, and what each is made of. */
struct menu {
	size_t at[EXPLORE_MAX]; /* of the slate */
	size_t n, rules;        /* rules: which of them the rules would take */
	struct policy_option option[EXPLORE_MAX];
	struct policy_path path[EXPLORE_MAX]; /* "nothing": zeros */
};

/* ---- what may be chosen ---- */

static bool open_to(const struct turn *t, const struct slate *s, size_t i, size_t rules)
{
	const struct candidate *c = &s->c[i], *r = &s->c[rules];
	unsigned what = place_track(t)->decide_what;
	if (i == rules || c->nothing)
		return true;
	if (c->held != GUARD_COUNT || c->at_us > s->ahead_us)
		return false;
	bool variant = str_eq(c->message, r->message) && c->key == r->key;
	if (!variant && (!(what & DECIDE_ANGLE) || s->fixed))
		return false;
	if (s->other[i] != s->other[rules] && !(what & DECIDE_CHANNEL))
		return false;
	return s->slot[i] || s->fits[i];
}

static void list(const struct turn *t, const struct slate *s, size_t rules, struct menu *m)
{
	m->n = 0;
	for (size_t i = 0; i < s->n && m->n < EXPLORE_MAX; i++) {
		if (!open_to(t, s, i, rules))
			continue;
		if (i == rules)
			m->rules = m->n;
		const struct candidate *c = &s->c[i];
		if (!c->nothing)
			m->path[m->n] =
				mind_path(candidates_channel(t->d, c->channel),
					  candidates_part(t, c->at_us), c->gap, c->key, c->at_us);
		m->at[m->n++] = i;
	}
}

/* ---- what it is made of ---- */

static void parts(const struct turn *t, const struct candidate *c, struct pending *out)
{
	const struct mind_said said = {.message = c->message,
				       .angle = c->content != NULL ? c->content->angle : STR("-"),
				       .channel = candidates_channel(t->d, c->channel),
				       .part = candidates_part(t, c->at_us),
				       .gap = c->gap};
	if (c->nothing)
		mind_parts_nothing(out);
	else
		mind_parts(&said, out);
}

static struct mind mind_of_now(const struct turn *t)
{
	return mind_of_learner(t->d->learned, &t->d->now.program->play->deciding);
}

static void weigh(const struct turn *t, const struct mind *k, const float *x,
		  const struct candidate *c, struct policy_option *out)
{
	const struct program_deciding *p = &t->d->now.program->play->deciding;
	struct pending what;
	double cost = c->nothing || p->costs == NULL || c->channel == NO_INDEX
			      ? 0
			      : p->costs[c->channel] / p->scale;
	for (size_t i = 0; i < CONTEXT_COUNT; i++)
		what.x[i] = x[i];
	context_slot(t, c, what.x);
	parts(t, c, &what);
	mind_weigh(k, &what, cost, t->d->learned->price, out);
}

/* Of the whole menu; what the one who acts thinks goes into the record. */
static void weigh_all(const struct turn *t, const struct mind *k, const float *x, struct slate *s,
		      struct menu *m, bool acts)
{
	for (size_t i = 0; i < m->n; i++) {
		struct candidate *c = &s->c[m->at[i]];
		weigh(t, k, x, c, &m->option[i]);
		if (!acts)
			continue;
		c->valued = true;
		c->value = m->option[i].value;
	}
}

/* ---- the rows ---- */

static void odds_rules(const struct turn *t, const struct slate *s, const struct menu *m,
		       struct policy_choice *out)
{
	(void)t, (void)s;
	explore_one(m->rules, m->n, out->p);
}

static void odds_first(const struct turn *t, const struct slate *s, const struct menu *m,
		       struct policy_choice *out)
{
	(void)t, (void)s;
	explore_one(0, m->n, out->p);
}

#define REOPEN_FLOOR 0.2

/* What is shared out evenly: more, while the world is not what was learned. */
static double floor_now(const struct turn *t, const struct mind *k)
{
	double least = k->least;
	if (t->d->drift == DECIDE_WIDEN)
		least *= 2;
	if (t->d->drift == DECIDE_REOPEN && least < REOPEN_FLOOR)
		least = REOPEN_FLOOR;
	return least < k->most ? least : k->most;
}

static void odds_of(const struct turn *t, const struct mind *k, const struct menu *m,
		    enum policy_mode mode, struct policy_choice *out)
{
	const struct mind_turn turn = {
		mode, m->rules, floor_now(t, k), t->d->learned->seed, t->d->decision, m->path};
	mind_odds(k, m->option, m->n, &turn, out);
}

/* How near a candidate is to what is always to be taken: the text counts before the gap, and that
 * before the time. */
static int likeness(const struct turn *t, const struct candidate *c, const struct candidate *rules)
{
	const struct program_choice *x = &t->d->now.program->play->deciding.fixed;
	bool named = false, timed = false;
	if (c->nothing || x->nothing)
		return c->nothing && x->nothing ? 16 : -1;
	size_t gap = x->gap > 0 ? (size_t)x->gap : rules->gap;
	bool as_rules = c->key == rules->key && str_eq(c->message, rules->message);
	if (x->angle.n > 0)
		named = c->content != NULL && str_eq(c->content->angle, x->angle);
	if (x->part >= 0)
		timed = candidates_part(t, c->at_us) == (size_t)x->part;
	else
		timed = c->at_us == rules->at_us;
	return 8 * (named || (x->angle.n == 0 && as_rules)) + 4 * (c->gap == gap) + timed +
	       as_rules;
}

static void odds_fixed(const struct turn *t, const struct slate *s, const struct menu *m,
		       struct policy_choice *out)
{
	const struct candidate *rules = &s->c[m->at[m->rules]];
	size_t best = m->rules;
	int like = likeness(t, rules, rules);
	for (size_t i = 0; i < m->n; i++) {
		int l = likeness(t, &s->c[m->at[i]], rules);
		if (l > like) {
			like = l;
			best = i;
		}
	}
	explore_one(best, m->n, out->p);
}

static void odds_learned(const struct turn *t, const struct menu *m, enum policy_mode mode,
			 struct policy_choice *out)
{
	const struct mind k = mind_of_now(t);
	odds_of(t, &k, m, mode, out);
}

static void odds_epsilon(const struct turn *t, const struct slate *s, const struct menu *m,
			 struct policy_choice *out)
{
	(void)s;
	odds_learned(t, m, POLICY_EPSILON, out);
}

static void odds_igw(const struct turn *t, const struct slate *s, const struct menu *m,
		     struct policy_choice *out)
{
	(void)s;
	odds_learned(t, m, POLICY_IGW, out);
}

static void odds_thompson(const struct turn *t, const struct slate *s, const struct menu *m,
			  struct policy_choice *out)
{
	(void)s;
	odds_learned(t, m, POLICY_THOMPSON, out);
}

typedef void odds_fn(const struct turn *t, const struct slate *s, const struct menu *m,
		     struct policy_choice *out);
static const struct chooser {
	odds_fn *odds;
	bool weighs;                                        /* asks what each is worth */
	enum { EVEN_NEVER, EVEN_WITHIN, EVEN_BEHIND } even; /* the share that is drawn evenly */
	odds_fn *aside;
} choosers[] = {
	[DECIDE_OFF] = {odds_rules, false, EVEN_NEVER, NULL},
	[DECIDE_SHADOW] = {odds_rules, true, EVEN_NEVER, odds_igw},
	[DECIDE_RULES] = {odds_rules, false, EVEN_BEHIND, NULL},
	[DECIDE_FIRST] = {odds_first, false, EVEN_BEHIND, NULL},
	[DECIDE_EPSILON] = {odds_epsilon, true, EVEN_WITHIN, NULL},
	[DECIDE_IGW] = {odds_igw, true, EVEN_WITHIN, NULL},
	[DECIDE_THOMPSON] = {odds_thompson, true, EVEN_WITHIN, NULL},
	[DECIDE_FIXED] = {odds_fixed, false, EVEN_NEVER, NULL},
};

/* ---- the door ---- */

bool policy_asks(const struct turn *t)
{
	const struct program_play *play = t->d->now.program->play;
	const struct program_track *k = place_track(t);
	return t->d->learned != NULL && play->deciding.mode != DECIDE_OFF && k != NULL &&
	       k->decide_what != 0;
}

bool policy_chooses_gap(const struct turn *t)
{
	return policy_asks(t) && (place_track(t)->decide_what & DECIDE_GAP) &&
	       policy_mode(t) >= DECIDE_EPSILON;
}

enum decide_mode policy_mode(const struct turn *t)
{
	enum decide_mode mode = t->d->now.program->play->deciding.mode;
	bool learner = mode >= DECIDE_EPSILON && mode != DECIDE_FIXED;
	bool back = t->d->drift == DECIDE_FALL_BACK && learner;
	return back ? DECIDE_RULES : mode;
}

/* ---- registered models ---- */

/* Where the program falls back to the rules because the world has moved, nobody is asked. */
const struct decide_models *policy_models(const struct turn *t)
{
	return t->d->drift == DECIDE_FALL_BACK ? NULL : t->d->models;
}

static const struct decide_frozen *acting(const struct decide_models *q)
{
	return q == NULL ? NULL : q->follows ? q->candidate : q->champion;
}

/* Who is asked beside the one who acts, and written down. */
static const struct decide_frozen *beside(const struct decide_models *q)
{
	return q == NULL || q->follows ? NULL : q->candidate;
}

static void by_model(const struct turn *t, const struct decide_frozen *f, const float *x,
		     struct slate *s, struct menu *m, struct policy_choice *out)
{
	const struct mind k = mind_of_model(f, &t->d->now.program->play->deciding);
	weigh_all(t, &k, x, s, m, acting(policy_models(t)) == f);
	odds_of(t, &k, m, mind_mode(f->mode), out);
}

/* ---- the choice ---- */

static void by_program(const struct turn *t, const struct chooser *who, const float *x,
		       struct slate *s, struct menu *m, struct policy_choice *out)
{
	const struct mind k = mind_of_now(t);
	if (who->weighs)
		weigh_all(t, &k, x, s, m, true);
	who->odds(t, s, m, out);
	if (who->even == EVEN_BEHIND)
		explore_even(k.uniform, m->n, out->p);
}

/* Does this decision count among those that are drawn evenly? */
static bool was_even(const struct turn *t, const struct chooser *who, double p, size_t n)
{
	double share = t->d->now.program->play->deciding.uniform;
	double unit = explore_unit(t->d->learned->seed, t->d->decision, 1);
	return who->even != EVEN_NEVER && explore_was_even(share, p, n, unit);
}

static void remember(const struct turn *t, const float *x, const struct candidate *c)
{
	const struct decide_models *q = policy_models(t);
	struct pending *p = &t->out->pending;
	*p = (struct pending){.decision = t->d->decision, .lead = t->j->lead, .at_us = c->at_us};
	for (size_t i = 0; i < CONTEXT_COUNT; i++)
		p->x[i] = x[i];
	context_slot(t, c, p->x);
	parts(t, c, p);
	t->out->odds = c->p;
	t->out->remember = true;
	if (q == NULL || q->candidate == NULL)
		return;
	p->stage = q->stage;
	p->follows = q->follows;
	p->weight = pending_weight(c->aside, c->p);
}

enum status policy_choose(struct turn *t, struct slate *s, size_t rules, struct choice *out,
			  struct err *e)
{
	float x[CONTEXT_COUNT];
	struct policy_choice picked, other = {.n = 0};
	struct menu *m = ARENA_NEW(t->d->arena, struct menu);
	const struct chooser *who = &choosers[policy_mode(t)];
	const struct decide_models *q = policy_models(t);
	const struct decide_frozen *acts = acting(q), *looks = beside(q);
	if (m == NULL)
		return err_set(e, ST_NO_MEMORY, "the menu of a decision does not fit");
	list(t, s, rules, m);
	context_of(t, x);
	if (acts != NULL)
		by_model(t, acts, x, s, m, &picked);
	else
		by_program(t, who, x, s, m, &picked);
	double unit = explore_unit(t->d->learned->seed, t->d->decision, 0);
	size_t drawn = explore_draw(picked.p, m->n, unit);
	out->drawn = m->at[drawn];
	out->unit = unit;
	/* A model chooses as the modes of the learner do. */
	out->even = was_even(t, acts ? &choosers[DECIDE_IGW] : who, picked.p[drawn], m->n);
	out->aside = looks != NULL || (acts == NULL && who->aside != NULL);
	if (looks != NULL)
		by_model(t, looks, x, s, m, &other);
	else if (out->aside)
		who->aside(t, s, m, &other);
	s->rules = rules;
	s->by_factor = m->n > POLICY_JOINT_MAX;
	picked.n = m->n;
	picked.drawn = drawn;
	if (s->by_factor)
		policy_factors(m->path, &picked, out->factor);
	for (size_t i = 0; i < m->n; i++) {
		s->c[m->at[i]].p = picked.p[i];
		s->c[m->at[i]].aside = out->aside ? other.p[i] : 0;
	}
	for (size_t i = 0; i < CONTEXT_COUNT; i++)
		out->x[i] = x[i];
	out->model = acts;
	if (policy_mode(t) != DECIDE_FIXED) /* which is for comparing with, and teaches nobody */
		remember(t, x, &s->c[out->drawn]);
	return ST_OK;
}
