/* SPDX-License-Identifier: Apache-2.0
 * view_experiment.c: experiments and what they say, from roll-ups alone. */
#include "view/view_experiment.h"

#include "base/time.h"
#include "engine/play.h"
#include "evaluate/adjust.h"
#include "evaluate/verdict.h"
#include "program/program.h"
#include "program/track.h"
#include "view/view_inside.h"
#include "view/view_numbers.h"

/* What else came of an arm's leads, beside the metric it is judged by. */
static const struct {
	enum experiments_what what;
	const char *key; /* of the document */
} beside[] = {
	{ARM_CONTACTED, "contacted"},     {ARM_COMPLETED, "completed"}, {ARM_HANDED, "handed_over"},
	{ARM_ACCEPTED, "sales_accepted"}, {ARM_GOAL, "goal"},           {ARM_LEFT, "left"},
};

/* One experiment of the program in force; the holdout is one as well. */
struct trial {
	struct str name, track;
	const char *metric;
	double min_lift;
	struct experiments_sums sums;
	struct verdict_arm got[PROGRAM_ARMS_MAX];
	size_t n;
	bool over, versions;             /* versions: two of the program side by side */
	struct str kept;                 /* the arm everybody is in since it is over */
	const struct program_rule *rule; /* NULL: the holdout has none */
	struct experiments_one one;      /* zeros: the holdout */
};

struct trials {
	struct trial *list;
	size_t n;
};

static enum status count(struct view *v, struct trials *x, struct err *e)
{
	struct experiments_sums *sums = ARENA_ARRAY(v->arena, struct experiments_sums, x->n + 1);
	if (sums == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	for (size_t i = 0; i < x->n; i++)
		sums[i] = x->list[i].sums;
	enum status st = experiments_count(v->store, v->now_us, sums, x->n, e);
	for (size_t i = 0; i < x->n; i++) {
		struct trial *t = &x->list[i];
		enum experiments_what metric = experiments_what_of(t->metric);
		t->sums = sums[i];
		for (size_t k = 0; k < t->n; k++) {
			t->got[k].n = (double)sums[i].of[k][ARM_ENTERED];
			t->got[k].hits = (double)sums[i].of[k][metric];
			t->got[k].harms = (double)sums[i].of[k][ARM_LEFT];
		}
	}
	return st;
}

/* ---- which there are ---- */

static void take_ended(const struct play *y, const struct program_experiment *x, struct trial *t)
{
	size_t arm = decide_arm(x, 0, y->ended, y->ended_n, &t->over);
	if (t->over && arm != NO_INDEX)
		t->kept = x->arms[arm].name;
	const struct experiments_one *one = experiments_of(&y->experiments, x->name);
	if (one != NULL)
		t->one = *one;
}

static void take(const struct program *p, const struct program_experiment *x, struct trial *t)
{
	*t = (struct trial){
		.name = x->name,
		.track = x->track == NO_INDEX ? STR("all") : p->play->tracks[x->track].name,
		.metric = x->metric,
		.min_lift = x->min_lift,
		.n = x->arms_n,
		.rule = &x->rule,
	};
	experiments_sums_of(x, &t->sums);
	for (size_t i = 0; i < x->arms_n; i++)
		t->got[i].share = x->arms[i].weight / 100.0;
}

/* The two that stand side by side, or did last. */
static void take_versions(const struct program *p, const struct beside *x, struct trial *t)
{
	take(p, &x->as, t);
	t->versions = true;
	t->one = x->one;
	t->over = !x->on;
	t->kept = x->arms[x->promoted].name;
}

static void take_holdout(const struct program *p, struct trial *t)
{
	double share = p->play->holdout;
	*t = (struct trial){
		.name = STR("holdout"),
		.track = STR("all"),
		.metric = "goal",
		.min_lift = 0.1,
		.sums = {STR("holdout"), {STR("holdout"), STR("nurtured")}, 2, {{0}}},
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
	out->list = ARENA_ARRAY(v->arena, struct trial, p->play->experiments_n + 2);
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
	if (st == ST_OK && y->beside.version > 0)
		take_versions(p, &y->beside, &out->list[out->n++]);
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

static struct str words_of(struct view *v, const struct trial *t, const struct verdict *x)
{
	return verdict_words(x, &(struct verdict_names){t->sums.arm, t->metric, t->min_lift},
			     v->arena);
}

static const char *state_of(const struct trial *t)
{
	if (t->versions && t->over)
		return str_eq(t->kept, t->sums.arm[1]) ? "promoted" : "withdrawn";
	return t->over ? "stopped" : "running";
}

void view_experiment_found(const struct experiments_one *one, struct json_w *w)
{
	json_w_key(w, "decided");
	json_w_object(w);
	json_w_ktime(w, "at", one->at_us);
	json_w_kz(w, "found", rule_what_name(one->what));
	json_w_kz(w, "then", program_then_name(one->did));
	json_w_kz(w, "arm", one->arm);
	json_w_kz(w, "reason", one->words);
	json_w_kbool(w, "waits_for_you", experiments_waits(one));
	json_w_end(w);
}

/* What its rule says, and what it has found. */
static void put_rule(const struct trial *t, struct json_w *w)
{
	const struct program_rule *r = t->rule;
	const struct experiments_one *one = &t->one;
	if (r == NULL || !r->on)
		return;
	json_w_key(w, "rule");
	json_w_object(w);
	program_rule_put(r, w);
	json_w_ktime(w, "until", r->within_us > 0 ? one->since_us + r->within_us : TIME_NONE);
	json_w_end(w);
	if (one->no > 0)
		view_experiment_found(one, w);
}

static void put_head(struct view *v, const struct trial *t, const struct verdict *x,
		     struct json_w *w)
{
	double leads = 0;
	for (size_t i = 0; i < t->n; i++)
		leads += t->got[i].n;
	json_w_kstr(w, "verdict", words_of(v, t, x));
	json_w_kz(w, "kind", verdict_kind_name(x->kind));
	json_w_kstr(w, "experiment", t->name);
	json_w_kstr(w, "track", t->track);
	json_w_kz(w, "state", state_of(t));
	if (t->over)
		json_w_kstr(w, "arm", t->kept);
	json_w_kz(w, "metric", t->metric);
	json_w_kf64(w, "min_lift", t->min_lift);
	json_w_ki64(w, "leads", (int64_t)leads);
	if (t->rule != NULL)
		json_w_ktime(w, "since", t->one.since_us);
	put_rule(t, w);
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

/* The same comparison with what was known of leads before taken out, where that helps. */
static void put_adjusted(const struct trial *t, struct json_w *w)
{
	struct adjust a;
	struct adjust_arm arms[PROGRAM_ARMS_MAX];
	enum experiments_what metric = experiments_what_of(t->metric);
	enum experiments_what metric_x = ARM_ENTERED_X + (metric - ARM_ENTERED);
	for (size_t i = 0; i < t->n; i++) {
		const int64_t *of = t->sums.of[i];
		arms[i] = (struct adjust_arm){(double)of[ARM_ENTERED], (double)of[metric],
					      (double)of[ARM_ENTERED_X], (double)of[ARM_ENTERED_XX],
					      (double)of[metric_x]};
	}
	adjust_arms(arms, t->n, &a);
	json_w_key(w, "adjusted");
	json_w_object(w);
	json_w_kz(w, "by", "engagement before");
	json_w_kbool(w, "known", a.known);
	json_w_kbool(w, "helps", a.helps);
	if (a.known)
		json_w_kf64(w, "width", a.width);
	json_w_key(w, "against_first");
	json_w_array(w);
	for (size_t i = 1; i < t->n && a.helps; i++) {
		const struct adjust_pair *p = &a.pairs[i];
		json_w_object(w);
		json_w_kstr(w, "arm", t->sums.arm[i]);
		view_span_members(w, "diff", (const double[3]){p->diff, p->lo, p->hi});
		json_w_end(w);
	}
	json_w_end(w);
	json_w_end(w);
}

/* Whatever the experiment is judged by, the rest is seen. */
static void put_beside(const int64_t *of, struct json_w *w)
{
	json_w_key(w, "metrics");
	json_w_object(w);
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
		view_rate_put(w, beside[i].key, of[beside[i].what], of[ARM_ENTERED]);
	json_w_end(w);
	if (of[ARM_GOAL] > 0)
		json_w_kf64(w, "days_to_goal",
			    (double)of[ARM_GOAL_HOURS] / 24 / (double)of[ARM_GOAL]);
}

static void put_arm(const struct trial *t, const struct verdict *x, size_t i, struct json_w *w)
{
	const struct verdict_arm *a = &t->got[i];
	json_w_object(w);
	json_w_kstr(w, "arm", t->sums.arm[i]);
	json_w_kf64(w, "share", a->share);
	json_w_ki64(w, "leads", (int64_t)a->n);
	view_rate_put(w, t->metric, (int64_t)a->hits, (int64_t)a->n);
	view_rate_put(w, "left", (int64_t)a->harms, (int64_t)a->n);
	put_beside(t->sums.of[i], w);
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
	put_adjusted(&t, w);
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
	return t->sums.arm[x.kind == VERDICT_WINNER ? x.arm : 0];
}

enum status view_order_experiment(struct view *v, struct str name, struct str arm,
				  struct view_order *out, struct err *e)
{
	struct trial t;
	size_t i = 0;
	enum status st = named(v, name, &t, e);
	if (st == ST_OK && str_is(name, "holdout"))
		return err_set(e, ST_CONFLICT, "the holdout ends with its line in the program");
	if (st == ST_OK && t.versions)
		return err_set(e, ST_CONFLICT,
			       "a version is promoted or withdrawn: nurtured apply --promote, or "
			       "--withdraw");
	if (st != ST_OK)
		return st;
	struct str keep = arm.n ? arm : arm_to_keep(&t);
	while (i < t.n && !str_eq(t.sums.arm[i], keep))
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

/* ---- two versions ---- */

enum status view_beside(struct view *v, struct view_beside *out, struct err *e)
{
	struct trial t;
	struct verdict says;
	*out = (struct view_beside){.version = 0};
	struct beside *x = ARENA_NEW(v->arena, struct beside);
	enum status st = x != NULL ? beside_load(x, v->store, v->arena, e)
				   : err_set(e, ST_LIMIT, "too much to show at once");
	if (st != ST_OK || !x->on || v->program == NULL)
		return st;
	st = named(v, x->as.name, &t, e);
	if (st != ST_OK)
		return st;
	judge(&t, &says);
	*out = (struct view_beside){
		.version = x->version,
		.base = x->base,
		.percent = x->terms.percent,
		.since_us = x->one.since_us,
		.name = x->as.name,
		.verdict = words_of(v, &t, &says),
	};
	return ST_OK;
}

bool view_on_candidate(struct view *v, uint64_t lead)
{
	struct beside *x = ARENA_NEW(v->arena, struct beside);
	return x != NULL && beside_load(x, v->store, v->arena, NULL) == ST_OK &&
	       beside_lead(x, lead);
}

void view_beside_put(const struct view_beside *x, struct json_w *w)
{
	if (x->version == 0)
		return;
	json_w_key(w, "beside");
	json_w_object(w);
	json_w_ki64(w, "version", (int64_t)x->version);
	json_w_ki64(w, "share", x->percent);
	json_w_ktime(w, "since", x->since_us);
	json_w_kstr(w, "experiment", x->name);
	json_w_kstr(w, "verdict", x->verdict);
	json_w_end(w);
}

enum status view_order_beside(struct view *v, bool promote, struct view_order *out, struct err *e)
{
	struct view_beside x;
	enum status st = view_beside(v, &x, e);
	if (st == ST_OK && x.version == 0)
		return err_set(e, ST_CONFLICT,
			       "no version stands beside the one in force; nurtured apply FILE "
			       "--share 10 puts one there");
	if (st != ST_OK)
		return st;
	*out = (struct view_order){
		promote ? "program.promote" : "program.withdraw",
		arena_printf(v->arena, "{\"version\":%llu}", (unsigned long long)x.version)};
	return ST_OK;
}
