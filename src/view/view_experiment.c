/* SPDX-License-Identifier: Apache-2.0
 * view_experiment.c: experiments and what they say, from roll-ups alone. */
#include "view/view_experiment.h"

#include "base/time.h"
#include "engine/play.h"
#include "evaluate/verdict.h"
#include "model/key.h"
#include "program/program.h"
#include "program/track.h"
#include "view/view_numbers.h"

#include <string.h>

#define DAYS_BACK VIEW_DAYS_MAX

/* What else came of an arm's leads, beside the metric it is judged by. */
static const struct {
	const char *name; /* of the roll-up */
	const char *key;  /* of the document */
} beside[] = {
	{"contacted", "contacted"},     {"completed", "completed"}, {"handed", "handed_over"},
	{"accepted", "sales_accepted"}, {"goal", "goal"},           {"left", "left"},
};
#define BESIDE_N (sizeof beside / sizeof beside[0])
struct beside {
	int64_t n[BESIDE_N], goal_hours;
};

/* One experiment of the program in force; the holdout is one as well. */
struct trial {
	struct str name, track;
	const char *metric;
	double min_lift;
	struct str arm[PROGRAM_ARMS_MAX];
	struct verdict_arm got[PROGRAM_ARMS_MAX];
	struct beside also[PROGRAM_ARMS_MAX];
	size_t n;
	bool over;
	struct str kept; /* the arm everybody is in since it is over */
};

struct trials {
	struct trial *list;
	size_t n;
};

static void add_beside(struct beside *b, struct str what, int64_t n)
{
	for (size_t i = 0; i < BESIDE_N; i++)
		b->n[i] += str_is(what, beside[i].name) ? n : 0;
	b->goal_hours += str_is(what, "goal_hours") ? n : 0;
}

static bool add(void *ctx, struct store_key key, struct str value)
{
	struct trials *x = ctx;
	struct str rest = str_slice(key.bytes, 8, key.bytes.n), what = str_cut(&rest, '\0');
	struct str name = rest.p ? str_cut(&rest, '\0') : STR_NULL;
	struct str arm = rest.p ? str_cut(&rest, '\0') : STR_NULL;
	double n = (double)(int64_t)key_read_u64(value, 0);
	(void)str_cut(&what, '.');
	for (size_t i = 0; i < x->n; i++) {
		struct trial *t = &x->list[i];
		for (size_t k = 0; str_eq(t->name, name) && k < t->n; k++) {
			if (!str_eq(t->arm[k], arm))
				continue;
			t->got[k].n += str_is(what, "entered") ? n : 0;
			t->got[k].hits += str_is(what, t->metric) ? n : 0;
			t->got[k].harms += str_is(what, "left") ? n : 0;
			add_beside(&t->also[k], what, (int64_t)n);
		}
	}
	return true;
}

static enum status count(struct view *v, struct trials *x, struct err *e)
{
	int64_t today = time_day(v->now_us);
	enum status st = ST_OK;
	for (int64_t d = today - DAYS_BACK + 1; d <= today && st == ST_OK; d++)
		st = view_counters_of_day(v, d, STR("experiment."), add, x, e);
	return st;
}

/* ---- which there are ---- */

static void take_ended(const struct play *y, const struct program_experiment *x, struct trial *t)
{
	size_t arm = decide_arm(x, 0, y->ended, y->ended_n, &t->over);
	if (t->over && arm != NO_INDEX)
		t->kept = x->arms[arm].name;
}

static void take(const struct program *p, const struct program_experiment *x, struct trial *t)
{
	*t = (struct trial){
		.name = x->name,
		.track = x->track == NO_INDEX ? STR("all") : p->play->tracks[x->track].name,
		.metric = x->metric,
		.min_lift = x->min_lift,
		.n = x->arms_n,
	};
	for (size_t i = 0; i < x->arms_n; i++) {
		t->arm[i] = x->arms[i].name;
		t->got[i].share = x->arms[i].weight / 100.0;
	}
}

static void take_holdout(const struct program *p, struct trial *t)
{
	double share = p->play->holdout;
	*t = (struct trial){
		.name = STR("holdout"),
		.track = STR("all"),
		.metric = "goal",
		.min_lift = 0.1,
		.arm = {STR("holdout"), STR("nurtured")},
		.got = {{.share = share}, {.share = 1 - share}},
		.n = 2,
	};
}

static enum status load(struct view *v, struct trials *out, struct err *e)
{
	const struct program *p = v->program;
	struct play *y = ARENA_NEW(v->arena, struct play);
	if (p == NULL)
		return err_set(e, ST_CONFLICT, "no program has been applied yet");
	out->list = ARENA_ARRAY(v->arena, struct trial, p->play->experiments_n + 1);
	if (y == NULL || out->list == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	play_init(y, v->store);
	enum status st = play_load(y, e);
	out->n = 0;
	for (size_t i = 0; i < p->play->experiments_n && st == ST_OK; i++) {
		struct trial *t = &out->list[out->n++];
		take(p, &p->play->experiments[i], t);
		take_ended(y, &p->play->experiments[i], t);
	}
	if (p->play->holdout > 0)
		take_holdout(p, &out->list[out->n++]);
	play_finish(y);
	return st == ST_OK ? count(v, out, e) : st;
}

/* ---- what they say ---- */

static void judge(const struct trial *t, struct verdict *out)
{
	verdict_arms(t->got, t->n, t->min_lift, out);
}

static struct str sentence(const struct trial *t, const struct verdict *x, struct arena *a)
{
	const struct verdict_pair *p = &x->pairs[x->arm];
	struct str arm = t->arm[x->arm], first = t->arm[0];
	switch (x->kind) {
	case VERDICT_BROKEN:
		return arena_printf(a,
				    "Believe nothing here yet: the arms did not get the shares "
				    "they were given (p = %.2g).",
				    x->srm_p);
	case VERDICT_HARM:
		return arena_printf(a,
				    STR_FMT " makes more people leave than " STR_FMT
					    ": %+.1f points (%+.1f to %+.1f). Stop it.",
				    STR_ARG(arm), STR_ARG(first), 100 * p->harm, 100 * p->harm_lo,
				    100 * p->harm_hi);
	case VERDICT_WINNER:
		return arena_printf(
			a, STR_FMT " beats " STR_FMT ": %+.1f points of %s (%+.1f to %+.1f).",
			STR_ARG(arm), STR_ARG(first), 100 * p->diff, t->metric, 100 * p->lo,
			100 * p->hi);
	case VERDICT_LOSER:
		return arena_printf(a, "No arm beats " STR_FMT ": the others are behind it.",
				    STR_ARG(first));
	case VERDICT_EVEN:
		return arena_printf(
			a,
			"No difference worth having: less than %.0f %% of the rate of " STR_FMT
			", either way.",
			100 * t->min_lift, STR_ARG(first));
	case VERDICT_EARLY: break;
	}
	if (x->more > 0)
		return arena_printf(a, "Too early to tell; about %.0f more leads at these rates.",
				    x->more);
	return STR("Too early to tell.");
}

static const char *state_of(const struct trial *t)
{
	return t->over ? "stopped" : "running";
}

static void put_head(struct view *v, const struct trial *t, const struct verdict *x,
		     struct json_w *w)
{
	double leads = 0;
	for (size_t i = 0; i < t->n; i++)
		leads += t->got[i].n;
	json_w_kstr(w, "verdict", sentence(t, x, v->arena));
	json_w_kz(w, "kind", verdict_kind_name(x->kind));
	json_w_kstr(w, "experiment", t->name);
	json_w_kstr(w, "track", t->track);
	json_w_kz(w, "state", state_of(t));
	if (t->over)
		json_w_kstr(w, "arm", t->kept);
	json_w_kz(w, "metric", t->metric);
	json_w_kf64(w, "min_lift", t->min_lift);
	json_w_ki64(w, "leads", (int64_t)leads);
}

enum status view_experiments(struct view *v, struct json_w *w, struct err *e)
{
	struct trials x;
	struct verdict says;
	enum status st = load(v, &x, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.experiments/1");
	json_w_key(w, "experiments");
	json_w_array(w);
	for (size_t i = 0; i < x.n; i++) {
		judge(&x.list[i], &says);
		json_w_object(w);
		put_head(v, &x.list[i], &says, w);
		json_w_end(w);
	}
	json_w_end(w);
	json_w_end(w);
	return ST_OK;
}

/* Whatever the experiment is judged by, the rest is seen. */
static void put_beside(const struct beside *b, int64_t leads, struct json_w *w)
{
	json_w_key(w, "metrics");
	json_w_object(w);
	int64_t goals = 0;
	for (size_t i = 0; i < BESIDE_N; i++) {
		view_rate_put(w, beside[i].key, b->n[i], leads);
		goals = strcmp(beside[i].name, "goal") == 0 ? b->n[i] : goals;
	}
	json_w_end(w);
	if (goals > 0)
		json_w_kf64(w, "days_to_goal", (double)b->goal_hours / 24 / (double)goals);
}

static void put_arm(const struct trial *t, const struct verdict *x, size_t i, struct json_w *w)
{
	const struct verdict_arm *a = &t->got[i];
	json_w_object(w);
	json_w_kstr(w, "arm", t->arm[i]);
	json_w_kf64(w, "share", a->share);
	json_w_ki64(w, "leads", (int64_t)a->n);
	view_rate_put(w, t->metric, (int64_t)a->hits, (int64_t)a->n);
	view_rate_put(w, "left", (int64_t)a->harms, (int64_t)a->n);
	put_beside(&t->also[i], (int64_t)a->n, w);
	if (i > 0) { /* against the first, valid at every look */
		const struct verdict_pair *p = &x->pairs[i];
		view_span_put(w, "against_first", "diff", (double[]){p->diff, p->lo, p->hi});
		view_span_put(w, "left_against_first", "diff",
			      (double[]){p->harm, p->harm_lo, p->harm_hi});
	}
	json_w_end(w);
}

static enum status named(struct view *v, struct str name, struct trial *out, struct err *e)
{
	struct trials x;
	enum status st = load(v, &x, e);
	for (size_t i = 0; st == ST_OK && i < x.n; i++)
		if (str_eq(x.list[i].name, name)) {
			*out = x.list[i];
			return ST_OK;
		}
	return st != ST_OK ? st
			   : err_set(e, ST_NOT_FOUND, "the program has no experiment " STR_FMT,
				     STR_ARG(name));
}

enum status view_experiment(struct view *v, struct str name, struct json_w *w, struct err *e)
{
	struct trial t;
	struct verdict x;
	enum status st = named(v, name, &t, e);
	if (st != ST_OK)
		return st;
	judge(&t, &x);
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.experiment/1");
	put_head(v, &t, &x, w);
	json_w_kf64(w, "sample_ratio_p", x.srm_p);
	json_w_key(w, "arms");
	json_w_array(w);
	for (size_t i = 0; i < t.n; i++)
		put_arm(&t, &x, i, w);
	json_w_end(w);
	json_w_end(w);
	return ST_OK;
}

/* The arm to keep where none is named: the one that won, else the first. */
static struct str arm_to_keep(const struct trial *t)
{
	struct verdict x;
	judge(t, &x);
	return t->arm[x.kind == VERDICT_WINNER ? x.arm : 0];
}

enum status view_order_experiment(struct view *v, struct str name, struct str arm,
				  struct view_order *out, struct err *e)
{
	struct trial t;
	size_t i = 0;
	enum status st = named(v, name, &t, e);
	if (st == ST_OK && str_is(name, "holdout"))
		return err_set(e, ST_CONFLICT, "the holdout ends with its line in the program");
	if (st != ST_OK)
		return st;
	struct str keep = arm.n ? arm : arm_to_keep(&t);
	while (i < t.n && !str_eq(t.arm[i], keep))
		i++;
	if (i == t.n)
		return err_set(e, ST_INVALID, "experiment " STR_FMT " has no arm " STR_FMT,
			       STR_ARG(name), STR_ARG(keep));
	struct str props =
		arena_printf(v->arena, "{\"experiment\":\"" STR_FMT "\",\"arm\":\"" STR_FMT "\"}",
			     STR_ARG(name), STR_ARG(keep)); /* both are slugs */
	*out = (struct view_order){"experiment.stop", props};
	return ST_OK;
}
