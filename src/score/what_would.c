/* SPDX-License-Identifier: Apache-2.0
 * what_would.c: what would make this lead hot? Tries every rule that could still give points, alone
 * and several times over, then pairs, then threes, with the arithmetic that scores for real. A set
 * is kept only when no smaller part of it is enough. */
#include "base/assert.h"
#include "score/engagement.h"

#include <stdlib.h>

#define OPTIONS_MAX 20 /* the best rules; threes of more would be a wall of text anyway */

/* A rule and how often: what it adds to the sums before they are clamped. */
struct option {
	struct score_way_item item;
	int64_t gain; /* cents of engagement or fit that one more time gives */
	int64_t left; /* what all times together can give, by the rule's ceiling */
};
struct ways {
	const struct program *program;
	struct score_what_would *out;
	struct option options[OPTIONS_MAX];
	size_t n;
	int64_t fit, rules, inactive; /* cents as they stand */
	int64_t want;                 /* total to reach */
};

static int64_t worth(const struct option *x)
{
	int64_t all = x->gain * x->item.times;
	return all < x->left ? all : x->left;
}

/* Total with some options taken; anything the lead does also ends its inactivity. */
static int64_t total_with(const struct ways *w, const struct option *const *taken, size_t n)
{
	int64_t fit = w->fit, rules = w->rules, inactive = w->inactive;
	for (size_t i = 0; i < n; i++) {
		if (taken[i]->item.fit) {
			fit += worth(taken[i]);
		} else {
			rules += worth(taken[i]);
			inactive = 0;
		}
	}
	return total_cents(w->program, clamp_cents(fit), clamp_cents(rules - inactive));
}

static int by_acts(const void *a, const void *b)
{
	const struct score_way *x = a, *y = b;
	uint32_t acts_x = 0, acts_y = 0;
	for (size_t i = 0; i < x->n; i++)
		acts_x += x->items[i].times;
	for (size_t i = 0; i < y->n; i++)
		acts_y += y->items[i].times;
	if (acts_x != acts_y)
		return acts_x < acts_y ? -1 : 1;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	if (x->total_cents != y->total_cents)
		return x->total_cents < y->total_cents ? -1 : 1;
	for (size_t i = 0; i < x->n; i++) {
		if (x->items[i].fit != y->items[i].fit)
			return x->items[i].fit ? 1 : -1;
		if (x->items[i].index != y->items[i].index)
			return x->items[i].index < y->items[i].index ? -1 : 1;
	}
	return 0;
}

static void keep_way(struct ways *w, const struct option *const *taken, size_t n)
{
	struct score_what_would *out = w->out;
	struct score_way way = {.n = n, .total_cents = total_with(w, taken, n)};
	if (way.total_cents < w->want)
		return;
	for (size_t i = 0; i < n; i++)
		way.items[i] = taken[i]->item;
	if (out->n == SCORE_WAYS_MAX) {
		if (by_acts(&way, &out->ways[out->n - 1]) >= 0)
			return;
		out->n--;
	}
	out->ways[out->n++] = way;
	qsort(out->ways, out->n, sizeof out->ways[0], by_acts);
}

/* Engagement rules with a ceiling give no more than what is left below it. */
static int64_t left_of(const struct program_points *r, const struct terms *t, size_t rule,
		       int64_t now_us)
{
	int64_t have = 0;
	if (r->points_max <= 0)
		return INT64_MAX;
	for (size_t i = 0; i < t->n; i++)
		if (t->term[i].rule == rule)
			have = (int64_t)term_cents(&t->term[i], now_us);
	return cents_of(r->points_max) - have;
}

static int by_gain(const void *a, const void *b)
{
	const struct option *x = a, *y = b;
	if (x->gain != y->gain)
		return x->gain > y->gain ? -1 : 1;
	if (x->item.fit != y->item.fit)
		return x->item.fit ? 1 : -1;
	return x->item.index < y->item.index ? -1 : x->item.index > y->item.index;
}

static void options_of(const struct facts *f, const struct terms *t, struct ways *w)
{
	struct option all[PROGRAM_POINTS_MAX + PROGRAM_FIT_MAX];
	size_t n = 0;
	const struct program *p = f->program;
	for (size_t i = 0; i < p->points_n; i++) {
		struct option x = {{false, i, 1, cents_of(p->points[i].points)}, 0, 0};
		x.left = left_of(&p->points[i], t, i, f->now_us);
		x.gain = x.left < x.item.cents ? x.left : x.item.cents;
		if (x.gain > 0)
			all[n++] = x;
	}
	for (size_t i = 0; i < p->fit_n; i++) {
		struct option x = {{true, i, 1, cents_of(p->fit[i].points)},
				   cents_of(p->fit[i].points),
				   INT64_MAX};
		if (x.gain > 0 && !(f->lead->fit_mask >> i & 1))
			all[n++] = x;
	}
	qsort(all, n, sizeof all[0], by_gain);
	w->n = n < OPTIONS_MAX ? n : OPTIONS_MAX;
	memcpy(w->options, all, w->n * sizeof all[0]);
}

/* One rule by itself, as often as it takes and its ceiling lets it count. */
static bool try_single(struct ways *w, struct option x)
{
	const struct option *taken[] = {&x};
	uint32_t most = x.item.fit ? 1 : SCORE_WAY_TIMES_MAX;
	for (; x.item.times <= most; x.item.times++) {
		if (x.item.times > 1 && x.gain * (x.item.times - 1) >= x.left)
			return false;
		if (total_with(w, taken, 1) < w->want)
			continue;
		keep_way(w, taken, 1);
		return x.item.times == 1;
	}
	return false;
}

static void try_sets(struct ways *w, const bool *enough)
{
	for (size_t i = 0; i < w->n; i++) {
		for (size_t k = i + 1; k < w->n && !enough[i]; k++) {
			const struct option *pair[] = {&w->options[i], &w->options[k]};
			if (!enough[k])
				keep_way(w, pair, 2);
		}
	}
}

static void try_threes(struct ways *w, const bool *enough, const struct option **three, size_t from)
{
	for (size_t k = from; k < w->n; k++) {
		three[2] = &w->options[k];
		const struct option *last[] = {three[1], three[2]}, *ends[] = {three[0], three[2]};
		if (enough[k] || total_with(w, last, 2) >= w->want ||
		    total_with(w, ends, 2) >= w->want)
			continue;
		keep_way(w, three, 3);
	}
}

static void try_all(struct ways *w)
{
	bool enough[OPTIONS_MAX] = {false};
	const struct option *three[3];
	for (size_t i = 0; i < w->n; i++)
		enough[i] = try_single(w, w->options[i]);
	try_sets(w, enough);
	for (size_t i = 0; i < w->n; i++) {
		three[0] = &w->options[i];
		for (size_t k = i + 1; k < w->n && !enough[i]; k++) {
			three[1] = &w->options[k];
			if (!enough[k] && total_with(w, three, 2) < w->want)
				try_threes(w, enough, three, k + 1);
		}
	}
}

void score_what_would(const struct facts *f, enum tier target, struct score_what_would *out)
{
	const struct program *p = f->program;
	struct score now;
	struct terms t;
	struct ways w = {.program = p, .out = out};
	ASSERT(target < TIER_COUNT);
	*out = (struct score_what_would){.n = 0};
	score_evaluate(f, &now);
	out->already = now.tier >= target;
	if (out->already)
		return;
	terms_of(p, f->lead, &t);
	w.fit = fit_sum_cents(p, f->lead);
	w.rules = rules_cents(&t, f->now_us);
	w.inactive = inactivity_cents(&t, f->now_us);
	w.want = threshold_cents(p->tiers[target].up);
	out->missing_cents = w.want > now.total_cents ? w.want - now.total_cents : 0;
	struct facts with = *f; /* the condition may ask for the scores as they stand */
	with.fit = now.fit;
	with.engagement = now.engagement;
	with.score = now.score;
	with.tier = now.tier;
	if (!facts_hold(&with, &p->tiers[target].if_, NULL))
		out->condition = p->tiers[target].if_.text;
	options_of(f, &t, &w);
	if (out->missing_cents > 0)
		try_all(&w);
}

/* ---- in words ---- */

static void put_item(const struct program *p, const struct score_way_item *x, struct buf *out)
{
	if (x->fit)
		buf_printf(out, "fit rule '" STR_FMT "'", STR_ARG(p->fit[x->index].name));
	else
		buf_printf(out, "%u x " STR_FMT, x->times, STR_ARG(p->points[x->index].name));
	buf_z(out, " (+");
	score_cents_text(x->cents * x->times, out);
	buf_byte(out, ')');
}

void score_way_text(const struct program *p, const struct score_way *way, struct buf *out)
{
	for (size_t k = 0; k < way->n; k++) {
		if (k)
			buf_z(out, " and ");
		put_item(p, &way->items[k], out);
	}
}

void score_what_would_text(const struct program *p, const struct score_what_would *w,
			   struct buf *out)
{
	if (w->already) {
		buf_z(out, "it is there already");
		return;
	}
	if (w->missing_cents == 0)
		buf_z(out, "the score is high enough");
	else if (w->n == 0)
		buf_printf(out, "no three rules are enough for the points that are missing");
	for (size_t i = 0; i < w->n; i++) {
		if (i)
			buf_z(out, " or ");
		score_way_text(p, &w->ways[i], out);
	}
	if (w->condition.n)
		buf_printf(out, "; besides, it must hold that " STR_FMT, STR_ARG(w->condition));
}
