/* SPDX-License-Identifier: Apache-2.0
 * test_next.c: a lead is looked at when something may have turned, and not otherwise. The same
 * random lives are lived twice, once looked at every few minutes and once at decide_next_us only:
 * both take the same decisions, at the same time. */
#include "decide/test_decide.h"

#include <math.h>

#define LIVES 12
#define DAYS 40
#define OFTEN_US (7 * 60 * US_PER_S)
#define MOVES_MAX 256

static const char *const text =
	"nurture: 1\nprogram: p\ngoal: meeting.booked\nsend_as: {name: I, from: i@x.example}\n"
	"consent: {default: opt_out, unknown: opt_out, purposes: [marketing], "
	"channels: [email, sms]}\n"
	"scoring:\n"
	"  engagement: {points: {a: {points: 1}}}\n"
	"  tiers: {hot: {up: 60}, warm: {up: 30}}\n"
	"features:\n"
	"  - {name: heat, kind: decayed, of: a, half_life: 3d}\n"
	"  - {name: since, kind: recency, of: a}\n"
	"tracks:\n"
	"  one: {enter: 'engagement >= 40.0', exit: 'engagement < 3.0', cadence: 30d,\n"
	"    age_max: 11d, reentry: always, sequence: [{send: m, angles: [x]}]}\n"
	"  two: {enter: 'lead.idle_days > 3.0 && feature.heat > 0.5', cadence: 30d,\n"
	"    reentry: after 4d, exit: 'feature.since > 600000.0', sequence: [{send: m, angles: "
	"[x]}]}\n"
	"  three: {cadence: 30d, reentry: always, sequence: [{send: m, angles: [x]}]}\n"
	"triggers:\n"
	"  - {name: hot, when: 'tier == \"hot\"', move: three}\n"
	"  - {name: cool, when: 'track == \"three\" && score < 25.0', move: two}\n"
	"  - {name: cold, when: 'engagement < 6.0', for: 2d, move: one}\n"
	"  - {name: hole, when: 'feature.heat / 2.0 < 0.2 && feature.since < 800000.0', move: "
	"three}\n"
	"  - {name: odd, when: 'int(feature.heat) == 1', for: 300d, move: two}\n"
	"  - {name: gone, when: 'has(feature.since) && feature.since > 864000.0', move: one}\n"
	"  - {name: firm, when: 'account.leads >= 3 && lead.idle_days > 3.0', for: 300d, move: "
	"two}\n"
	"  - {name: big, when: 'has(account.revenue)', for: 300d, move: two}\n"
	"  - {name: own, when: 'account.domain == \"x.example\"', for: 300d, move: two}\n"
	"  - {name: top, when: 'tier == \"hot\" && account.leads >= 3', for: 300d, move: two}\n"
	"  - {name: old, when: 'lead.age_days > 20.0 && engagement >= 10.0', move: two}\n";

struct life {
	struct world w;
	struct program *program;
	double amount; /* engagement as of act_us */
	int64_t act_us;
	double values[2];
	struct {
		int64_t at_us;
		struct str track;
	} moves[MOVES_MAX];
	size_t moves_n;
	unsigned looks;
};

/* ---- what fades ---- */

static double engagement_at(const struct life *l, int64_t at_us)
{
	return l->amount * decay_exact(time_between(l->act_us, at_us), 6 * US_PER_D);
}

static double heat_at(const struct life *l, int64_t at_us)
{
	return l->amount / 8 * decay_exact(time_between(l->act_us, at_us), 3 * US_PER_D);
}

static double since_at(const struct life *l, int64_t at_us)
{
	return (double)time_between(l->act_us, at_us) / (double)US_PER_S;
}

static const double *features_of(void *ctx)
{
	struct life *l = ctx;
	l->values[0] = heat_at(l, l->w.env.now_us);
	l->values[1] = since_at(l, l->w.env.now_us);
	return l->values;
}

static struct cel_bounds feature_over(void *ctx, uint32_t key, int64_t from_us, int64_t to_us)
{
	const struct life *l = ctx;
	if (key == l->program->features[0].key)
		return (struct cel_bounds){heat_at(l, to_us), heat_at(l, from_us)};
	return (struct cel_bounds){since_at(l, from_us), since_at(l, to_us)};
}

static void scores_over(void *ctx, int64_t from_us, int64_t to_us, struct cel_bounds *e,
			struct cel_bounds *score)
{
	const struct life *l = ctx;
	*e = (struct cel_bounds){engagement_at(l, to_us), engagement_at(l, from_us)};
	*score = *e;
}

static const struct json *none(void *ctx)
{
	(void)ctx;
	return NULL;
}

/* As the engine's stages do before deciding. */
static void score(struct life *l)
{
	double x = engagement_at(l, l->w.env.now_us);
	l->w.facts.now_us = l->w.env.now_us;
	l->w.facts.engagement = l->w.facts.score = x;
	l->w.facts.tier = x >= 60 ? TIER_HOT : x >= 30 ? TIER_WARM : TIER_COLD;
}

/* When the tier changes by itself: that alarm is not decide's. */
static int64_t tier_us(const struct life *l)
{
	double x = engagement_at(l, l->w.env.now_us), down = x >= 60 ? 60 : 30;
	if (x < 30)
		return TIME_NONE;
	double us = (double)(6 * US_PER_D) * log2(l->amount / down);
	int64_t at = l->act_us + (int64_t)us;
	while (engagement_at(l, at) >= down)
		at += 1 + (at - l->act_us) / 1000000000;
	return at;
}

/* ---- a life ---- */

static void begin(struct life *l)
{
	static const struct facts_source source = {.profile = none,
						   .account = none,
						   .features = features_of,
						   .feature_over = feature_over,
						   .scores_over = scores_over};
	struct program_report r;
	struct err e;
	*l = (struct life){.amount = 20, .act_us = MONDAY};
	world_init(&l->w);
	if (program_load(str_of(text), &l->w.arena, &l->program, &r, &e) != ST_OK)
		fail_msg("%s", e.text);
	struct world *w = &l->w;
	struct decide_version v = {1, l->program, &w->content};
	w->d.now = w->d.pinned = v;
	w->facts.program = l->program;
	w->facts.source = &source;
	w->facts.source_ctx = l;
	for (size_t i = 0; i < 2; i++)
		w->consent[i].program = l->program;
	w->outside.paused = true; /* nothing is sent: what is asked here is where it is */
	w->lead.active_us = MONDAY;
	score(l);
}

static void finish(struct life *l)
{
	program_destroy(&l->program);
	world_finish(&l->w);
}

static void note(struct life *l)
{
	struct str was = l->moves_n ? l->moves[l->moves_n - 1].track : STR("");
	if (str_eq(was, l->w.journey.track))
		return;
	assert_true(l->moves_n < MOVES_MAX);
	l->moves[l->moves_n].at_us = l->w.env.now_us;
	l->moves[l->moves_n++].track = arena_str(&l->w.arena, l->w.journey.track);
}

/* The engine's loop: decides as long as something is due now. */
static int64_t settle(struct life *l)
{
	for (unsigned i = 0; i < 16; i++) {
		int64_t next = decide_next_us(&l->w.d);
		if (next == TIME_NONE || next > l->w.env.now_us)
			return next;
		(void)due(&l->w);
		note(l);
		arena_reset(&l->w.turn_arena);
	}
	fail_msg("due again and again: " STR_FMT, STR_ARG(l->w.journey.track));
	return TIME_NONE;
}

static void an_act(struct life *l, double points)
{
	l->amount = engagement_at(l, l->w.env.now_us) + points;
	l->act_us = l->w.lead.active_us = l->w.env.now_us;
	score(l);
	(void)act(&l->w, "a", 0, 0);
	note(l);
}

static void look(struct life *l, int64_t at_us)
{
	l->w.env.now_us = at_us;
	score(l);
	l->looks++;
}

/* Until then, looked at every so often, or when it says. */
static void pass(struct life *l, int64_t to_us, bool often)
{
	int64_t next = settle(l);
	for (;;) {
		int64_t tier = tier_us(l);
		if (next == TIME_NONE || (tier != TIME_NONE && tier < next))
			next = tier;
		if (often)
			next = l->w.env.now_us + OFTEN_US;
		if (next == TIME_NONE || next > to_us)
			break;
		look(l, next);
		if (often) {
			(void)due(&l->w);
			note(l);
		}
		next = settle(l);
	}
	l->w.env.now_us = to_us;
	score(l);
}

static void live(struct life *l, uint64_t seed, bool often)
{
	struct rng r;
	begin(l);
	rng_seed(&r, seed);
	while (l->w.env.now_us < MONDAY + DAYS * US_PER_D) {
		/* Whole steps, so that both are at the same instants. */
		int64_t steps = (int64_t)rng_below(&r, rng_below(&r, 3) ? 800 : 3000);
		pass(l, l->w.env.now_us + steps * OFTEN_US, often);
		an_act(l, (double)rng_below(&r, 60));
	}
}

static void test_same_decisions(void **state)
{
	static struct life often, due_only;
	unsigned moves = 0, looks = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		live(&often, seed, true);
		live(&due_only, seed, false);
		size_t n = often.moves_n < due_only.moves_n ? often.moves_n : due_only.moves_n;
		for (size_t i = 0; i < n; i++) {
			int64_t early = often.moves[i].at_us - due_only.moves[i].at_us;
			if (!str_eq(often.moves[i].track, due_only.moves[i].track) ||
			    early < -US_PER_S || early > OFTEN_US)
				fail_msg("life %llu, move %zu: to \"" STR_FMT
					 "\" on day %.4f, to \"" STR_FMT "\" on day %.4f",
					 (unsigned long long)seed, i, STR_ARG(often.moves[i].track),
					 (double)(often.moves[i].at_us - MONDAY) / 86400e6,
					 STR_ARG(due_only.moves[i].track),
					 (double)(due_only.moves[i].at_us - MONDAY) / 86400e6);
		}
		assert_int_equal(often.moves_n, due_only.moves_n);
		moves += (unsigned)often.moves_n;
		looks += due_only.looks;
		finish(&often);
		finish(&due_only);
	}
	assert_in_range(moves, 5 * LIVES, 100 * LIVES); /* else the test shows nothing */
	assert_in_range(looks, moves / 4, 12 * DAYS / 3 * LIVES);
}

/* ---- what needs no look, and when the look is ---- */

static const struct program_cond *when(const struct life *l, const char *name)
{
	const struct program_play *play = l->program->play;
	for (size_t i = 0; i < play->triggers_n; i++)
		if (str_is(play->triggers[i].name, name))
			return &play->triggers[i].when;
	fail_msg("no trigger %s", name);
	return NULL;
}

static int64_t next_of(struct life *l, const char *name)
{
	struct program_trigger only = {.key = 9, .when = *when(l, name)};
	const struct program_play *all = l->program->play;
	struct program_play play = {.triggers = &only, .triggers_n = 1};
	l->w.journey.fired_n = 0;
	l->w.facts.journey = &l->w.journey;
	l->program->play = &play;
	int64_t next = decide_next_us(&l->w.d);
	l->program->play = all;
	return next;
}

static void test_looks(void **state)
{
	static struct life l;
	(void)state;
	begin(&l);
	assert_int_equal(next_of(&l, "hot"), TIME_NONE);  /* the tier has an alarm of its own */
	assert_int_equal(next_of(&l, "old"), TIME_NONE);  /* too cool by then */
	assert_int_equal(next_of(&l, "cool"), TIME_NONE); /* not on that track */
	/* Ten days behind the act; that it asks first whether there was one makes no look. */
	int64_t gone = MONDAY + 10 * US_PER_D;
	assert_in_range(next_of(&l, "gone"), gone - 4 * US_PER_H, gone);
	/* 20 falls below 6 after 6d * log2(20/6): looked at shortly before, never behind. */
	int64_t at = MONDAY + (int64_t)((double)(6 * US_PER_D) * log2(20.0 / 6.0));
	int64_t next = next_of(&l, "cold");
	assert_in_range(next, at - 12 * US_PER_H, at);
	unsigned looks = 0;
	for (; next != TIME_NONE && next > l.w.env.now_us; looks++) {
		assert_true(next <= at + US_PER_S);
		l.w.env.now_us = next;
		score(&l);
		next = next_of(&l, "cold");
	}
	assert_in_range(looks, 2, 6);
	assert_true(l.w.env.now_us >= at && next == l.w.env.now_us);
	/* A function is not followed: it is looked at again, ever more rarely. */
	l.w.env.now_us = MONDAY + 4 * US_PER_D;
	score(&l);
	assert_int_equal(next_of(&l, "odd"), l.w.env.now_us + 6 * US_PER_H);
	l.w.env.now_us = MONDAY + 32 * US_PER_D;
	score(&l);
	assert_int_equal(next_of(&l, "odd"), l.w.env.now_us + 2 * US_PER_D);
	finish(&l);
}

/* What colleagues change is looked for: ever more rarely, not before it could make a difference,
 * and not by who has none. */
static void test_account(void **state)
{
	static struct life l;
	struct json account;
	(void)state;
	begin(&l);
	parse(&l.w, "{\"leads\":1,\"kind\":\"domain\",\"key\":\"y.example\"}", &account);
	assert_int_equal(next_of(&l, "firm"), TIME_NONE);
	assert_int_equal(next_of(&l, "big"), TIME_NONE);
	l.w.lead.account = 5;
	l.w.facts.account = &account;
	assert_int_equal(next_of(&l, "top"), TIME_NONE);
	assert_int_equal(next_of(&l, "own"), TIME_NONE);
	assert_int_equal(next_of(&l, "big"), MONDAY + 6 * US_PER_H);
	int64_t idle = MONDAY + 3 * US_PER_D;
	assert_in_range(next_of(&l, "firm"), idle - 6 * US_PER_H, idle);
	l.w.env.now_us = MONDAY + 4 * US_PER_D;
	score(&l);
	assert_int_equal(next_of(&l, "firm"), l.w.env.now_us + 6 * US_PER_H);
	l.w.env.now_us = MONDAY + 32 * US_PER_D;
	score(&l);
	assert_int_equal(next_of(&l, "firm"), l.w.env.now_us + 2 * US_PER_D);
	/* With two colleagues it turns by itself, and to the second. */
	parse(&l.w, "{\"leads\":3}", &account);
	l.w.env.now_us = idle - US_PER_M;
	score(&l);
	assert_in_range(next_of(&l, "firm"), idle, idle + US_PER_S);
	finish(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_decisions),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_account),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
