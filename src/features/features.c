/* SPDX-License-Identifier: Apache-2.0
 * features.c: one row per kind of feature says how an event changes its cell, how the cell is read
 * and how two cells become one. Adding a kind is adding a row.
 *
 * Each rule is commutative, so that late events and merges need no history. Where that costs
 * something it is said: of two values at the same microsecond `last` keeps the larger one. */
#include "features/features.h"

#include "base/assert.h"
#include "base/hash.h"
#include "features/sketch.h"

#define VALUE_SEED 0x76616c7565ull /* "value": hashes of distinct values are on disk */

struct fold {
	const struct program_feature *feature;
	const struct facts *facts;
	struct arena *arena;
	int64_t at_us;
};

struct feature_ops {
	bool (*update)(const struct fold *f,
		       struct cell *c); /* false: no room; NULL: has no cell */
	double (*value)(const struct program_feature *f, const struct cell *c, int64_t now_us);
	bool (*merge)(const struct program_feature *f, struct cell *into, const struct cell *from,
		      struct arena *a);
	bool needs_number, needs_text; /* events without the property are none of its business */
	double absent;                 /* value without a cell */
};

static void later(struct cell *c, int64_t at_us)
{
	if (at_us > c->at_us)
		c->at_us = at_us;
}

/* ---- count, sum, recency ---- */

static bool count_update(const struct fold *f, struct cell *c)
{
	c->value += 1.0;
	later(c, f->at_us);
	return true;
}

static bool sum_update(const struct fold *f, struct cell *c)
{
	double add = 0;
	if (facts_event_number(f->facts, f->feature->property, &add))
		c->value += add;
	later(c, f->at_us);
	return true;
}

static bool recency_update(const struct fold *f, struct cell *c)
{
	later(c, f->at_us);
	return true;
}

static double plain_value(const struct program_feature *f, const struct cell *c, int64_t now_us)
{
	(void)f, (void)now_us;
	return c->value;
}

static double recency_value(const struct program_feature *f, const struct cell *c, int64_t now_us)
{
	(void)f;
	if (c->at_us == TIME_NONE)
		return FEATURE_ABSENT;
	return now_us > c->at_us ? (double)time_between(c->at_us, now_us) / (double)US_PER_S : 0.0;
}

static bool add_merge(const struct program_feature *f, struct cell *into, const struct cell *from,
		      struct arena *a)
{
	(void)f, (void)a;
	into->value += from->value;
	later(into, from->at_us);
	return true;
}

/* ---- decayed: the count as it stood at the latest event ---- */

static bool decayed_update(const struct fold *f, struct cell *c)
{
	cell_decayed_add(c, 1.0, f->at_us, f->feature->half_life_us);
	return true;
}

static double decayed_value(const struct program_feature *f, const struct cell *c, int64_t now_us)
{
	return cell_decayed_get(c, now_us, f->half_life_us);
}

static bool decayed_merge(const struct program_feature *f, struct cell *into,
			  const struct cell *from, struct arena *a)
{
	(void)a;
	if (from->at_us != TIME_NONE)
		cell_decayed_add(into, from->value, from->at_us, f->half_life_us);
	return true;
}

/* ---- last ---- */

static void last_take(struct cell *c, double value, int64_t at_us)
{
	if (c->at_us != TIME_NONE && (at_us < c->at_us || (at_us == c->at_us && value <= c->value)))
		return;
	c->value = value;
	c->at_us = at_us;
}

static bool last_update(const struct fold *f, struct cell *c)
{
	double value = 0;
	if (facts_event_number(f->facts, f->feature->property, &value))
		last_take(c, value, f->at_us);
	return true;
}

static double last_value(const struct program_feature *f, const struct cell *c, int64_t now_us)
{
	(void)f, (void)now_us;
	return c->at_us == TIME_NONE ? FEATURE_ABSENT : c->value;
}

static bool last_merge(const struct program_feature *f, struct cell *into, const struct cell *from,
		       struct arena *a)
{
	(void)f, (void)a;
	if (from->at_us != TIME_NONE)
		last_take(into, from->value, from->at_us);
	return true;
}

/* ---- distinct: the sketch is the truth, value its count, kept for reading ---- */

static bool distinct_update(const struct fold *f, struct cell *c)
{
	struct str text = facts_event_text(f->facts, f->feature->property);
	double number = 0;
	if (text.n == 0 && facts_event_number(f->facts, f->feature->property, &number))
		text = str_n((const char *)&number, sizeof number);
	later(c, f->at_us);
	if (!sketch_add(&c->bytes, hash_str(text, VALUE_SEED), f->arena))
		return false;
	c->value = sketch_count(c->bytes);
	return true;
}

static bool distinct_merge(const struct program_feature *f, struct cell *into,
			   const struct cell *from, struct arena *a)
{
	(void)f;
	later(into, from->at_us);
	if (!sketch_merge(&into->bytes, from->bytes, a))
		return false;
	into->value = sketch_count(into->bytes);
	return true;
}

/* ---- the table ---- */

static const struct feature_ops kinds[] = {
	[FEATURE_COUNT] = {count_update, plain_value, add_merge, false, false, 0},
	[FEATURE_SUM] = {sum_update, plain_value, add_merge, true, false, 0},
	[FEATURE_DISTINCT] = {distinct_update, plain_value, distinct_merge, false, true, 0},
	[FEATURE_RECENCY] = {recency_update, recency_value, add_merge, false, false,
			     FEATURE_ABSENT},
	[FEATURE_DECAYED] = {decayed_update, decayed_value, decayed_merge, false, false, 0},
	[FEATURE_LAST] = {last_update, last_value, last_merge, true, false, FEATURE_ABSENT},
	[FEATURE_RATIO] = {.update = NULL}, /* read from two others */
};

static const struct feature_ops *ops_of(const struct program_feature *f)
{
	ASSERT(f->kind <= FEATURE_RATIO);
	return &kinds[f->kind];
}

static bool concerns(const struct program_feature *feature, const struct facts *f)
{
	const struct feature_ops *ops = ops_of(feature);
	double number;
	if (ops->update == NULL || !program_on_matches(&feature->on, f->event->type) ||
	    !facts_hold(f, &feature->on.where, NULL))
		return false;
	bool has_number = (ops->needs_number || ops->needs_text) &&
			  facts_event_number(f, feature->property, &number) && isfinite(number);
	if (ops->needs_number)
		return has_number;
	return !ops->needs_text || has_number || facts_event_text(f, feature->property).n > 0;
}

static enum status no_room(const struct program_feature *f, struct err *e)
{
	return err_set(e, ST_LIMIT,
		       "feature " STR_FMT ": the lead has no room for another cell (%d at "
		       "most)",
		       STR_ARG(f->name), LEAD_CELLS_MAX);
}

enum status features_update(struct lead *lead, const struct facts *f, struct arena *a,
			    struct err *e)
{
	const struct program *p = f->program;
	ASSERT(f->event != NULL);
	if (!event_counts(f->event, p->consent.honour_dnt))
		return ST_OK;
	for (size_t i = 0; i < p->features_n; i++) {
		const struct program_feature *feature = &p->features[i];
		if (!concerns(feature, f))
			continue;
		struct fold fold = {feature, f, a, f->event->occurred_us};
		struct cell *c = lead_cell_add(lead, feature->key, a);
		if (c == NULL || !ops_of(feature)->update(&fold, c))
			return no_room(feature, e);
	}
	return ST_OK;
}

static double ratio(double over, double under)
{
	if (isnan(over) || isnan(under))
		return FEATURE_ABSENT;
	double r = fpclassify(under) == FP_ZERO ? 0.0 : over / under;
	return isfinite(r) ? r : 0.0;
}

void features_vector(const struct program *p, const struct lead *l, int64_t now_us, double *out)
{
	for (size_t i = 0; i < p->features_n; i++) {
		const struct program_feature *f = &p->features[i];
		const struct feature_ops *ops = ops_of(f);
		if (f->kind == FEATURE_RATIO) {
			ASSERT(f->over < i && f->under < i);
			out[i] = ratio(out[f->over], out[f->under]);
			continue;
		}
		const struct cell *c = lead_cell_get(l, f->key);
		out[i] = c == NULL ? ops->absent : ops->value(f, c, now_us);
	}
}

/* ---- over a span of time ---- */

#define SLACK 1e-12 /* what rounding may add between the ends of a curve that only falls or rises */

static double value_at(const struct program_feature *f, const struct lead *l, int64_t at_us)
{
	const struct feature_ops *ops = ops_of(f);
	const struct cell *c = lead_cell_get(l, f->key);
	return c == NULL ? ops->absent : ops->value(f, c, at_us);
}

/* Every kind but ratio only falls, only rises or stands still. */
static struct cel_bounds between(double a, double b, double slack)
{
	double lo = fmin(a, b), hi = fmax(a, b);
	return (struct cel_bounds){lo - fabs(lo) * slack, hi + fabs(hi) * slack};
}

static bool holds_zero(const struct cel_bounds *b)
{
	return b->lo <= 0 && b->hi >= 0;
}

static struct cel_bounds ratio_over(const struct program *p, const struct lead *l,
				    const struct program_feature *f, int64_t from_us, int64_t to_us)
{
	const struct program_feature *parts[] = {&p->features[f->over], &p->features[f->under]};
	struct cel_bounds b[2];
	if (from_us == to_us) {
		double all[PROGRAM_FEATURES_MAX];
		features_vector(p, l, from_us, all);
		return between(all[f - p->features], all[f - p->features], 0);
	}
	for (size_t i = 0; i < 2; i++) {
		if (parts[i]->kind == FEATURE_RATIO)
			return (struct cel_bounds){FEATURE_ABSENT, FEATURE_ABSENT};
		b[i] = between(value_at(parts[i], l, from_us), value_at(parts[i], l, to_us), SLACK);
	}
	if (isnan(b[0].lo) || isnan(b[1].lo))
		return (struct cel_bounds){FEATURE_ABSENT, FEATURE_ABSENT};
	if (holds_zero(&b[1]))
		return (struct cel_bounds){-INFINITY, INFINITY};
	struct cel_bounds x = between(b[0].lo / b[1].lo, b[0].hi / b[1].hi, 0),
			  y = between(b[0].lo / b[1].hi, b[0].hi / b[1].lo, 0);
	return (struct cel_bounds){fmin(x.lo, y.lo), fmax(x.hi, y.hi)};
}

struct cel_bounds features_over(const struct program *p, const struct lead *l, uint32_t key,
				int64_t from_us, int64_t to_us)
{
	for (size_t i = 0; i < p->features_n; i++) {
		const struct program_feature *f = &p->features[i];
		if (f->key != key)
			continue;
		if (f->kind == FEATURE_RATIO)
			return ratio_over(p, l, f, from_us, to_us);
		return between(value_at(f, l, from_us), value_at(f, l, to_us),
			       from_us == to_us ? 0 : SLACK);
	}
	return (struct cel_bounds){FEATURE_ABSENT, FEATURE_ABSENT};
}

enum status features_merge(const struct program *p, struct lead *into, const struct lead *from,
			   struct arena *a, struct err *e)
{
	for (size_t i = 0; i < p->features_n; i++) {
		const struct program_feature *f = &p->features[i];
		const struct feature_ops *ops = ops_of(f);
		const struct cell *theirs = ops->merge ? lead_cell_get(from, f->key) : NULL;
		if (theirs == NULL)
			continue;
		struct cell *c = lead_cell_add(into, f->key, a);
		if (c == NULL || !ops->merge(f, c, theirs, a))
			return no_room(f, e);
	}
	return ST_OK;
}
