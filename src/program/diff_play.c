/* SPDX-License-Identifier: Apache-2.0
 * diff_play.c: triggers, guardrails, teams and experiments side by side. */
#include "base/time.h"
#include "program/diff_part.h"

#include <stdio.h>

/* ---- triggers ---- */

static size_t trigger_named(const struct program_play *p, struct str name)
{
	for (size_t i = 0; i < p->triggers_n; i++)
		if (str_eq(p->triggers[i].name, name))
			return i;
	return NO_INDEX;
}

static void trigger_line(struct differ *d, struct str name, const char *what, struct str old,
			 struct str new)
{
	if (!str_eq(old, new))
		CHANGE(d, CHANGE_CHANGED, TOUCHES_TRIGGERS, "triggers", name,
		       "trigger " STR_FMT ": %s " STR_FMT " -> " STR_FMT, STR_ARG(name), what,
		       STR_ARG(old), STR_ARG(new));
}

static struct str lasts(struct differ *d, const struct program_trigger *t)
{
	return t->for_us ? diff_days(d, t->for_us) : STR("at once");
}

static void diff_trigger(struct differ *d, const struct program_trigger *o,
			 const struct program_trigger *n)
{
	trigger_line(d, n->name, "when", diff_cond(&o->when), diff_cond(&n->when));
	trigger_line(d, n->name, "for", lasts(d, o), lasts(d, n));
	trigger_line(d, n->name, "does:", diff_action(d, d->old, &o->action),
		     diff_action(d, d->new, &n->action));
}

static void diff_triggers(struct differ *d)
{
	const struct program_play *o = d->old->play, *n = d->new->play;
	for (size_t i = 0; i < n->triggers_n; i++) {
		const struct program_trigger *t = &n->triggers[i];
		size_t j = trigger_named(o, t->name);
		if (j != NO_INDEX)
			diff_trigger(d, &o->triggers[j], t);
		else
			CHANGE(d, CHANGE_ADDED, TOUCHES_TRIGGERS, "triggers", t->name,
			       "new trigger " STR_FMT ": when " STR_FMT ": " STR_FMT,
			       STR_ARG(t->name), STR_ARG(diff_cond(&t->when)),
			       STR_ARG(diff_action(d, d->new, &t->action)));
		if (j != NO_INDEX && j != i && o->triggers_n == n->triggers_n)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_TRIGGERS, "triggers", t->name,
			       "trigger " STR_FMT
			       " is asked as number %zu, was %zu: the first that fires wins",
			       STR_ARG(t->name), i + 1, j + 1);
	}
	for (size_t j = 0; j < o->triggers_n; j++)
		if (trigger_named(n, o->triggers[j].name) == NO_INDEX)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_TRIGGERS, "triggers", o->triggers[j].name,
			       "trigger " STR_FMT " is gone", STR_ARG(o->triggers[j].name));
}

/* ---- guardrails ---- */

static struct str cap_words(struct differ *d, const struct program_cap *c)
{
	const unsigned n[] = {c->per_day, c->per_week, c->per_month};
	static const char *const words[] = {"a day", "a week", "a month"};
	struct buf b;
	buf_init_arena(&b, d->arena, 128);
	for (size_t i = 0; i < 3; i++)
		if (n[i])
			buf_printf(&b, "%s%u %s", b.n ? ", " : "", n[i], words[i]);
	return b.n ? buf_view(&b) : STR("no limit");
}

static struct str hours_words(struct differ *d, const struct program_hours *h)
{
	if (!h->set)
		return STR("none");
	return arena_printf(d->arena, "%02d:%02d to %02d:%02d", h->from / 60, h->from % 60,
			    h->to / 60, h->to % 60);
}

static void guard_text(struct differ *d, const char *what, struct str old, struct str new)
{
	diff_text(d, (struct scalar){"guardrails", what, TOUCHES_GUARDRAILS}, old, new);
}

static void guard_number(struct differ *d, const char *what, double old, double new)
{
	diff_number(d, (struct scalar){"guardrails", what, TOUCHES_GUARDRAILS}, old, new);
}

static void guard_time(struct differ *d, const char *what, int64_t old, int64_t new)
{
	diff_time(d, (struct scalar){"guardrails", what, TOUCHES_GUARDRAILS}, old, new);
}

static void diff_caps(struct differ *d)
{
	const struct program_consent *oc = &d->old->consent, *nc = &d->new->consent;
	const struct program_guardrails *o = &d->old->play->guardrails,
					*n = &d->new->play->guardrails;
	for (size_t i = 0; i < nc->channels_n; i++) {
		size_t j = 0;
		while (j < oc->channels_n && !str_eq(oc->channels[j], nc->channels[i]))
			j++;
		if (j == oc->channels_n)
			continue;
		struct str what = arena_printf(d->arena, "at most by " STR_FMT " to one person",
					       STR_ARG(nc->channels[i]));
		guard_text(d, what.p ? what.p : "at most", cap_words(d, &o->channel_caps[j]),
			   cap_words(d, &n->channel_caps[i]));
	}
	guard_text(d, "at most to one person, over all channels", cap_words(d, &o->all),
		   cap_words(d, &n->all));
	guard_text(d, "at most to one company", cap_words(d, &o->account),
		   cap_words(d, &n->account));
}

static bool same_days(const struct program_guardrails *o, const struct program_guardrails *n)
{
	return o->holidays_n == n->holidays_n &&
	       (n->holidays_n == 0 ||
		memcmp(o->holidays, n->holidays, n->holidays_n * sizeof *n->holidays) == 0);
}

static void diff_guardrails(struct differ *d)
{
	const struct program_guardrails *o = &d->old->play->guardrails,
					*n = &d->new->play->guardrails;
	diff_caps(d);
	guard_text(d, "quiet hours", hours_words(d, &o->quiet), hours_words(d, &n->quiet));
	guard_text(d, "quiet on weekends", o->weekends ? STR("yes") : STR("no"),
		   n->weekends ? STR("yes") : STR("no"));
	guard_text(d, "send window", hours_words(d, &o->window), hours_words(d, &n->window));
	if (!same_days(o, n))
		CHANGE(d, CHANGE_CHANGED, TOUCHES_GUARDRAILS, "guardrails", STR("holidays"),
		       "holidays: %zu days -> %zu days", o->holidays_n, n->holidays_n);
	guard_time(d, "cool-down after a touch", o->cool_down_us, n->cool_down_us);
	guard_number(d, "fatigue at most (0: off)", o->fatigue_max, n->fatigue_max);
	guard_time(d, "fatigue halves in", o->fatigue_half_life_us, n->fatigue_half_life_us);
	guard_time(d, "the same content again after", o->repeat_after_us, n->repeat_after_us);
	guard_text(d, "everything stops on", diff_joined(d, o->stop_on, o->stop_on_n),
		   diff_joined(d, n->stop_on, n->stop_on_n));
	guard_number(d, "sending pauses at a complaint rate of (0: never)", o->complaint_rate_max,
		     n->complaint_rate_max);
	guard_number(d, "sending pauses at a bounce rate of (0: never)", o->bounce_rate_max,
		     n->bounce_rate_max);
	guard_number(d, "messages a day (0: no limit)", o->budget_per_day, n->budget_per_day);
	guard_number(d, "warm-up from (0: off)", o->warm_up_from, n->warm_up_from);
	guard_text(d, "time zone where none is known", o->zone, n->zone);
}

/* ---- teams ---- */

static const char *day_words(int32_t day, char text[TIME_TEXT_MAX])
{
	(void)time_format(day * US_PER_D, text);
	text[10] = '\0';
	return text;
}

static struct str rep_words(struct differ *d, const struct program_team *t)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 1 << 16);
	for (size_t i = 0; i < t->reps_n; i++) {
		const struct program_rep *r = &t->reps[i];
		buf_printf(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(r->name));
		for (size_t k = 0; k < r->away_n; k++)
			buf_printf(&b, " (away %s to %s)",
				   day_words(r->away[k].from_day, (char[TIME_TEXT_MAX]){0}),
				   day_words(r->away[k].until_day, (char[TIME_TEXT_MAX]){0}));
	}
	return buf_view(&b);
}

static struct str team_words(struct differ *d, const struct program_team *t)
{
	return arena_printf(d->arena,
			    STR_FMT "; %s, hours " STR_FMT " in " STR_FMT ", accept within " STR_FMT
				    "%s%s" STR_FMT,
			    STR_ARG(rep_words(d, t)),
			    t->routing == ROUTING_OWNER ? "to the owner" : "in turn",
			    STR_ARG(hours_words(d, &t->hours)), STR_ARG(t->zone),
			    STR_ARG(diff_days(d, t->accept_us)),
			    t->whole_account ? ", the whole company waits" : "",
			    t->webhook.n ? ", webhook " : "", STR_ARG(t->webhook));
}

static void diff_teams(struct differ *d)
{
	const struct program_play *o = d->old->play, *n = d->new->play;
	for (size_t i = 0; i < n->teams_n; i++) {
		const struct program_team *t = &n->teams[i];
		size_t j = program_team_of(d->old, t->name);
		struct str now = team_words(d, t);
		struct str was = j == NO_INDEX ? STR_NULL : team_words(d, &o->teams[j]);
		if (j == NO_INDEX)
			CHANGE(d, CHANGE_ADDED, TOUCHES_TEAMS, "teams", t->name,
			       "new team " STR_FMT ": " STR_FMT, STR_ARG(t->name), STR_ARG(now));
		else if (!str_eq(was, now) || o->teams[j].remind_us != t->remind_us)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_TEAMS, "teams", t->name,
			       "team " STR_FMT ": " STR_FMT " -> " STR_FMT, STR_ARG(t->name),
			       STR_ARG(was), STR_ARG(now));
	}
	for (size_t j = 0; j < o->teams_n; j++)
		if (program_team_of(d->new, o->teams[j].name) == NO_INDEX)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_TEAMS, "teams", o->teams[j].name,
			       "team " STR_FMT " is gone; hand-offs it has stay with its people",
			       STR_ARG(o->teams[j].name));
}

/* ---- experiments ---- */

static void rule_words(struct differ *d, const struct program_rule *r, struct buf *b)
{
	buf_printf(b, ", then %s from %u leads an arm", program_then_name(r->then), r->least);
	if (r->guard != NULL)
		buf_printf(b, ", at most %g%% %s", 100 * r->guard_most, r->guard);
	if (r->within_us > 0)
		buf_printf(b, ", within " STR_FMT, STR_ARG(diff_days(d, r->within_us)));
}

static struct str arm_words(struct differ *d, const struct program *p,
			    const struct program_experiment *x)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 2048);
	buf_printf(
		&b, "on " STR_FMT ":",
		STR_ARG(x->track == NO_INDEX ? STR("all tracks") : p->play->tracks[x->track].name));
	for (size_t i = 0; i < x->arms_n; i++)
		buf_printf(&b, " " STR_FMT " %u%%", STR_ARG(x->arms[i].name), x->arms[i].weight);
	if (x->metric != NULL && strcmp(x->metric, "goal") != 0)
		buf_printf(&b, " by %s", x->metric);
	if (x->min_lift != 0.1)
		buf_printf(&b, ", worth having from %g%%", 100 * x->min_lift);
	if (x->rule.on)
		rule_words(d, &x->rule, &b);
	return buf_view(&b);
}

static const struct program_experiment *experiment_named(const struct program_play *p,
							 struct str name)
{
	for (size_t i = 0; i < p->experiments_n; i++)
		if (str_eq(p->experiments[i].name, name))
			return &p->experiments[i];
	return NULL;
}

static void diff_experiments(struct differ *d)
{
	const struct program_play *o = d->old->play, *n = d->new->play;
	static const struct scalar holdout = {"experiments", "share of leads never written to",
					      TOUCHES_EXPERIMENTS};
	diff_number(d, holdout, o->holdout, n->holdout);
	for (size_t i = 0; i < n->experiments_n; i++) {
		const struct program_experiment *x = &n->experiments[i],
						*y = experiment_named(o, x->name);
		struct str now = arm_words(d, d->new, x);
		struct str was = y ? arm_words(d, d->old, y) : STR_NULL;
		if (y == NULL)
			CHANGE(d, CHANGE_ADDED, TOUCHES_EXPERIMENTS, "experiments", x->name,
			       "new experiment " STR_FMT " " STR_FMT, STR_ARG(x->name),
			       STR_ARG(now));
		else if (!str_eq(was, now))
			CHANGE(d, CHANGE_CHANGED, TOUCHES_EXPERIMENTS, "experiments", x->name,
			       "experiment " STR_FMT ": " STR_FMT " -> " STR_FMT, STR_ARG(x->name),
			       STR_ARG(was), STR_ARG(now));
	}
	for (size_t j = 0; j < o->experiments_n; j++)
		if (experiment_named(n, o->experiments[j].name) == NULL)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_EXPERIMENTS, "experiments",
			       o->experiments[j].name, "experiment " STR_FMT " is over",
			       STR_ARG(o->experiments[j].name));
}

/* ---- who chooses ---- */

static struct str reward_words(struct differ *d, const struct program_deciding *x)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 4096);
	for (size_t i = 0; i < x->rewards_n; i++)
		buf_printf(&b, "%s" STR_FMT " %g within " STR_FMT, i ? ", " : "",
			   STR_ARG(x->rewards[i].of), x->rewards[i].value,
			   STR_ARG(diff_days(d, x->rewards[i].within_us)));
	return buf_view(&b);
}

static void deciding_number(struct differ *d, const char *what, double old, double new)
{
	diff_number(d, (struct scalar){"decide", what, TOUCHES_GUARDRAILS}, old, new);
}

static double days(int64_t us)
{
	return (double)us / (double)US_PER_D;
}

static void diff_deciding(struct differ *d)
{
	const struct program_deciding *o = &d->old->play->deciding, *n = &d->new->play->deciding;
	const struct scalar who = {"decide", "chosen by", TOUCHES_GUARDRAILS};
	const struct scalar what = {"decide", "what is rewarded", TOUCHES_GUARDRAILS};
	diff_text(d, who, str_of(decide_mode_name(o->mode)), str_of(decide_mode_name(n->mode)));
	if (o->mode != DECIDE_OFF || n->mode != DECIDE_OFF)
		diff_text(d, what, reward_words(d, o), reward_words(d, n));
	deciding_number(d, "share of messages that may annoy", o->harm_budget, n->harm_budget);
	deciding_number(d, "tried out at most", o->most, n->most);
	deciding_number(d, "tried out at least", o->least, n->least);
	deciding_number(d, "drawn evenly", o->uniform, n->uniform);
	deciding_number(d, "epsilon", o->epsilon, n->epsilon);
	deciding_number(d, "gain", o->gain, n->gain);
	diff_text(d, (struct scalar){"decide", "done on drift", TOUCHES_GUARDRAILS},
		  str_of(decide_drift_name(o->on_drift)), str_of(decide_drift_name(n->on_drift)));
	deciding_number(d, "days that drift holds", days(o->drift_hold_us), days(n->drift_hold_us));
	deciding_number(d, "days of a window of drift", days(o->drift_window_us),
			days(n->drift_window_us));
	deciding_number(d, "distance that is drift", o->drift_psi, n->drift_psi);
	deciding_number(d, "days that decisions are kept", days(o->keep_us), days(n->keep_us));
}

/* ---- choices of other senders ---- */

static const struct program_decision *decision_named(const struct program_play *p, struct str name)
{
	for (size_t i = 0; i < p->decisions_n; i++)
		if (str_eq(p->decisions[i].name, name))
			return &p->decisions[i];
	return NULL;
}

static struct str decision_words(struct differ *d, const struct program_decision *x)
{
	return arena_printf(d->arena,
			    "by %s, looked at after " STR_FMT " and " STR_FMT ", worth %g, least "
			    "%g%%, most %g%%, evenly %g%%",
			    decision_mode_name(x->mode), STR_ARG(diff_days(d, x->learn_us)),
			    STR_ARG(diff_days(d, x->close_us)), x->worth, 100 * x->least,
			    100 * x->most, 100 * x->uniform);
}

static void diff_decisions(struct differ *d)
{
	const struct program_play *o = d->old->play, *n = d->new->play;
	for (size_t i = 0; i < n->decisions_n; i++) {
		const struct program_decision *x = &n->decisions[i],
					      *y = decision_named(o, x->name);
		struct str now = decision_words(d, x);
		struct str was = y ? decision_words(d, y) : STR_NULL;
		if (y == NULL)
			CHANGE(d, CHANGE_ADDED, TOUCHES_GUARDRAILS, "decisions", x->name,
			       "new decision " STR_FMT " " STR_FMT, STR_ARG(x->name), STR_ARG(now));
		else if (!str_eq(was, now))
			CHANGE(d, CHANGE_CHANGED, TOUCHES_GUARDRAILS, "decisions", x->name,
			       "decision " STR_FMT ": " STR_FMT " -> " STR_FMT, STR_ARG(x->name),
			       STR_ARG(was), STR_ARG(now));
		if (y != NULL && x->shape != y->shape)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_GUARDRAILS, "decisions", x->name,
			       "decision " STR_FMT " has another context: it learns from the start",
			       STR_ARG(x->name));
	}
	for (size_t j = 0; j < o->decisions_n; j++)
		if (decision_named(n, o->decisions[j].name) == NULL)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_GUARDRAILS, "decisions",
			       o->decisions[j].name, "decision " STR_FMT " is no more",
			       STR_ARG(o->decisions[j].name));
}

void diff_play(struct differ *d)
{
	diff_triggers(d);
	diff_guardrails(d);
	diff_teams(d);
	diff_experiments(d);
	diff_deciding(d);
	diff_decisions(d);
}
