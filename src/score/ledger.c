/* SPDX-License-Identifier: Apache-2.0
 * ledger.c: a score, line by line. The lines of engagement rules are parts of one rounded sum: each
 * gets its whole cents, and the cents left over go to those that lost most by rounding (largest
 * remainder, Hamilton 1792). So every line is within a cent of the truth and the sum is exact. */
#include "base/assert.h"
#include "score/engagement.h"

#include <math.h>

static const char *const parts[SCORE_PART_COUNT] = {
	[SCORE_PART_FIT] = "fit",
	[SCORE_PART_ENGAGEMENT] = "engagement",
	[SCORE_PART_TOTAL] = "score",
};
static const char *const kinds[SCORE_LINE_COUNT] = {
	[SCORE_LINE_ENTRY] = "entry",   [SCORE_LINE_FIT] = "fit",
	[SCORE_LINE_POINTS] = "points", [SCORE_LINE_INACTIVITY] = "inactivity",
	[SCORE_LINE_WEIGHT] = "weight", [SCORE_LINE_FLOOR] = "floor",
	[SCORE_LINE_CAP] = "cap",       [SCORE_LINE_BASE] = "base",
};

/* Lines being written: room for every rule, entry, inactivity and a floor or cap. */
#define LINES_MAX (PROGRAM_FIT_MAX + PROGRAM_POINTS_MAX + 3)
struct lines {
	struct score_line *line;
	size_t n;
	int64_t cents;
};

static struct score_line *add_line(struct lines *l, enum score_line_kind kind, struct str name,
				   int64_t cents)
{
	ASSERT(l->n < LINES_MAX);
	struct score_line *x = &l->line[l->n++];
	*x = (struct score_line){
		.kind = kind, .name = name, .cents = cents, .latest_us = TIME_NONE};
	l->cents += cents;
	return x;
}

/* What brings the sum into 0 to 100 is a line as well: nothing happens silently. */
static void add_clamp(struct lines *l)
{
	int64_t cents = clamp_cents(l->cents), by = cents - l->cents;
	if (by > 0)
		add_line(l, SCORE_LINE_FLOOR, STR("not below 0"), by);
	if (by < 0)
		add_line(l, SCORE_LINE_CAP, STR("not above 100"), by);
}

static void fit_lines(const struct facts *f, struct lines *l)
{
	const struct program *p = f->program;
	const struct lead *lead = f->lead;
	if (lead->entry) {
		bool there = lead->entry <= p->entries_n;
		struct str name = there ? p->entries[lead->entry - 1].name : STR("entry");
		add_line(l, SCORE_LINE_ENTRY, name, cents_of(lead->entry_points));
	}
	for (size_t i = 0; i < p->fit_n; i++)
		if (lead->fit_mask >> i & 1)
			add_line(l, SCORE_LINE_FIT, p->fit[i].name, cents_of(p->fit[i].points));
	add_clamp(l);
}

static uint32_t times_of(const struct cell *c)
{
	struct rd r = rd_of(c->bytes);
	uint64_t n = c->bytes.n ? rd_varint(&r) : 0;
	return r.ok && n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* Shares `sum` out: whole cents first, then one more to the largest remainders, earliest first. */
static void share_out(const double *exact, int64_t *cents, size_t n, int64_t sum)
{
	bool up[PROGRAM_POINTS_MAX] = {false};
	for (size_t i = 0; i < n; i++) {
		cents[i] = (int64_t)floor(exact[i]);
		sum -= cents[i];
	}
	for (; sum > 0; sum--) {
		size_t most = n;
		for (size_t i = 0; i < n; i++)
			if (!up[i] && (most == n || exact[i] - floor(exact[i]) >
							    exact[most] - floor(exact[most])))
				most = i;
		if (most == n)
			break;
		up[most] = true;
		cents[most]++;
	}
	if (n > 0)
		cents[0] += sum; /* 0, but for doubles far beyond any score */
}

static void points_lines(const struct facts *f, const struct terms *t, struct lines *l)
{
	double exact[PROGRAM_POINTS_MAX];
	int64_t cents[PROGRAM_POINTS_MAX];
	for (size_t i = 0; i < t->n; i++)
		exact[i] = term_cents(&t->term[i], f->now_us);
	share_out(exact, cents, t->n, rules_cents(t, f->now_us));
	for (size_t i = 0; i < t->n; i++) {
		const struct term *x = &t->term[i];
		const struct program_points *r = &f->program->points[x->rule];
		struct score_line *line = add_line(l, SCORE_LINE_POINTS, r->name, cents[i]);
		line->times = times_of(x->cell);
		line->weight = cell_decayed_get(x->cell, f->now_us, x->half_life_us);
		line->latest_us = x->at_us;
	}
}

static void engagement_lines(const struct facts *f, struct lines *l)
{
	struct terms t;
	terms_of(f->program, f->lead, &t);
	points_lines(f, &t, l);
	int64_t idle = inactivity_cents(&t, f->now_us);
	if (idle > 0)
		add_line(l, SCORE_LINE_INACTIVITY, STR("inactivity"), -idle)->latest_us =
			inactivity_step_us(&t, 0);
	add_clamp(l);
}

/* A probability's way from where it is without points is shared out in proportion to the points. */
static void probability_lines(const struct program *p, const int64_t *weighted, struct lines *l)
{
	int64_t base = score_of_sum(p, 0), sum = weighted[0] + weighted[1];
	int64_t way = score_of_sum(p, sum) - base;
	double share = sum > 0 ? (double)weighted[0] / (double)sum : 0;
	int64_t first = llround((double)way * share);
	add_line(l, SCORE_LINE_BASE, STR("without any points"), base);
	add_line(l, SCORE_LINE_WEIGHT, STR("fit"), first)->weight = p->fit_weight;
	add_line(l, SCORE_LINE_WEIGHT, STR("engagement"), way - first)->weight =
		p->engagement_weight;
}

static void total_lines(const struct facts *f, const struct score *s, struct lines *l)
{
	const struct program *p = f->program;
	const int64_t weighted[] = {weighted_cents(p->fit_weight, s->fit_cents),
				    weighted_cents(p->engagement_weight, s->engagement_cents)};
	if (p->probability.slope > 0) {
		probability_lines(p, weighted, l);
		return;
	}
	add_line(l, SCORE_LINE_WEIGHT, STR("fit"), weighted[0])->weight = p->fit_weight;
	add_line(l, SCORE_LINE_WEIGHT, STR("engagement"), weighted[1])->weight =
		p->engagement_weight;
	add_clamp(l);
}

enum status score_ledger(const struct facts *f, struct arena *a, struct score_ledger *out,
			 struct err *e)
{
	struct lines l[SCORE_PART_COUNT] = {{0}};
	for (size_t i = 0; i < SCORE_PART_COUNT; i++) {
		l[i].line = ARENA_ARRAY(a, struct score_line, LINES_MAX);
		if (l[i].line == NULL)
			return err_set(e, ST_LIMIT, "score ledger: no room left for its lines");
	}
	score_evaluate(f, &out->score);
	fit_lines(f, &l[SCORE_PART_FIT]);
	engagement_lines(f, &l[SCORE_PART_ENGAGEMENT]);
	total_lines(f, &out->score, &l[SCORE_PART_TOTAL]);
	for (size_t i = 0; i < SCORE_PART_COUNT; i++) {
		out->part[i].lines = l[i].line;
		out->part[i].n = l[i].n;
		out->part[i].cents = l[i].cents;
	}
	ASSERT_SLOW(score_ledger_check(out, NULL)); /* P1, again at the door */
	return ST_OK;
}

bool score_ledger_check(const struct score_ledger *l, struct err *why)
{
	const int64_t score[SCORE_PART_COUNT] = {
		[SCORE_PART_FIT] = l->score.fit_cents,
		[SCORE_PART_ENGAGEMENT] = l->score.engagement_cents,
		[SCORE_PART_TOTAL] = l->score.total_cents,
	};
	for (size_t i = 0; i < SCORE_PART_COUNT; i++) {
		int64_t sum = 0;
		for (size_t k = 0; k < l->part[i].n; k++)
			sum += l->part[i].lines[k].cents;
		if (sum == score[i] && sum == l->part[i].cents)
			continue;
		(void)err_set(why, ST_CORRUPT, "%s is %lld cents and its ledger adds up to %lld",
			      parts[i], (long long)score[i], (long long)sum);
		return false;
	}
	return true;
}

/* ---- for people and machines ---- */

void score_cents_text(int64_t cents, struct buf *out)
{
	uint64_t size = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;
	unsigned rest = (unsigned)(size % SCORE_CENTS);
	if (cents < 0)
		buf_byte(out, '-');
	buf_u64(out, size / SCORE_CENTS);
	if (rest % 10)
		buf_printf(out, ".%02u", rest);
	else if (rest)
		buf_printf(out, ".%u", rest / 10);
}

static void put_points(struct json_w *w, int64_t cents)
{
	struct buf text;
	char room[32];
	text = (struct buf){.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	score_cents_text(cents, &text);
	json_w_key(w, "points");
	json_w_raw(w, buf_view(&text));
}

static void put_line(struct json_w *w, const struct score_line *x)
{
	json_w_object(w);
	json_w_kz(w, "kind", kinds[x->kind]);
	json_w_kstr(w, "name", x->name);
	put_points(w, x->cents);
	if (x->times)
		json_w_ki64(w, "times", x->times);
	if (x->kind == SCORE_LINE_POINTS || x->kind == SCORE_LINE_WEIGHT)
		json_w_kf64(w, x->kind == SCORE_LINE_POINTS ? "remaining" : "weight", x->weight);
	if (x->latest_us != TIME_NONE)
		json_w_ktime(w, x->kind == SCORE_LINE_INACTIVITY ? "since" : "latest",
			     x->latest_us);
	json_w_end(w);
}

void score_ledger_json(const struct score_ledger *l, struct json_w *w)
{
	json_w_object(w);
	for (size_t i = 0; i < SCORE_PART_COUNT; i++) {
		json_w_key(w, parts[i]);
		json_w_object(w);
		put_points(w, l->part[i].cents);
		json_w_key(w, "lines");
		json_w_array(w);
		for (size_t k = 0; k < l->part[i].n; k++)
			put_line(w, &l->part[i].lines[k]);
		json_w_end(w);
		json_w_end(w);
	}
	json_w_kz(w, "tier", tier_name(l->score.tier));
	json_w_ktime(w, "at", l->score.at_us);
	json_w_end(w);
}
