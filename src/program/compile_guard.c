/* SPDX-License-Identifier: Apache-2.0
 * compile_guard.c: guardrails and teams. A limit on e-mail holds even where none is written: a
 * forgotten line must not let a flood out. */
#include "program/compile_play.h"

#include "base/assert.h"
#include "base/time.h"

#include <stdlib.h>

static const struct program_cap email_cap = {.per_day = 1, .per_week = 3};

/* ---- caps ---- */

static void caps_order(struct playing *x, const struct ynode *n, const char *small, unsigned few,
		       const char *large, unsigned many)
{
	if (few == 0 || many == 0 || few <= many)
		return;
	const struct ynode *at = ynode_get(n, small);
	struct program_problem *p = problem_add(x->c->ps, CODE_CAPS_ORDER, at->where);
	PROBLEM_TEXT(p, message, x->c->ps->arena, "%s: %u can never be reached", small, few);
	PROBLEM_TEXT(p, why, x->c->ps->arena, "%s: %u is less", large, many);
	PROBLEM_TEXT(p, fix, x->c->ps->arena, "write %u or less, or raise %s", many, large);
}

static bool compile_cap(struct playing *x, const struct ynode *n, struct program_cap *out)
{
	if (n == NULL || n->bad)
		return false;
	*out = (struct program_cap){0};
	(void)value_count(ynode_get(n, "per_day"), &out->per_day); /* absent: no limit */
	(void)value_count(ynode_get(n, "per_week"), &out->per_week);
	(void)value_count(ynode_get(n, "per_month"), &out->per_month);
	caps_order(x, n, "per_day", out->per_day, "per_week", out->per_week);
	caps_order(x, n, "per_day", out->per_day, "per_month", out->per_month);
	caps_order(x, n, "per_week", out->per_week, "per_month", out->per_month);
	return true;
}

static void compile_channel_caps(struct playing *x, const struct ynode *n, struct program_cap *caps)
{
	const struct ynode *each = ynode_get(n, "max_per_channel");
	for (size_t i = 0; i < x->channels.n; i++) {
		if (!str_is(x->channels.list[i], "email"))
			continue;
		caps[i] = email_cap;
		(void)compile_cap(x, ynode_get(n, "max_emails"), &caps[i]);
	}
	for (const struct ynode *y = each && !each->bad ? each->first : NULL; y; y = y->next) {
		size_t at = play_index(x, y->key, &x->channels, "the limit would hold for nothing");
		if (at != NO_INDEX)
			(void)compile_cap(x, y, &caps[at]);
	}
}

/* ---- hours ---- */

static void compile_hours(const struct ynode *n, struct program_hours *out)
{
	out->set = value_clock(ynode_get(n, "from"), &out->from) &&
		   value_clock(ynode_get(n, "to"), &out->to) && out->from != out->to;
}

static void hours_need_both(struct playing *x, const struct ynode *n)
{
	const struct ynode *from = ynode_get(n, "from"), *to = ynode_get(n, "to");
	if (n == NULL || n->bad || (from != NULL) == (to != NULL))
		return;
	struct program_problem *p = problem_add(x->c->ps, CODE_MISSING_KEY, ynode_place(n));
	PROBLEM_TEXT(p, message, x->c->ps->arena, "`quiet_hours:` needs a key \"%s\" as well",
		     from ? "to" : "from");
	p->why = STR("hours have a beginning and an end");
	p->fix = STR("write both: {from: \"19:00\", to: \"08:00\"}");
}

static bool inside(const struct program_hours *h, int minute)
{
	if (h->from <= h->to)
		return minute >= h->from && minute < h->to;
	return minute >= h->from || minute < h->to;
}

static void some_minute_left(struct playing *x, const struct ynode *n,
			     const struct program_guardrails *g)
{
	for (int m = 0; m < MINUTES_PER_DAY; m++) {
		bool quiet = g->quiet.set && inside(&g->quiet, m);
		bool open = !g->window.set || inside(&g->window, m);
		if (open && !quiet)
			return;
	}
	const struct ynode *at = ynode_get(n, g->window.set ? "send_window" : "quiet_hours");
	struct program_problem *p = problem_add(x->c->ps, CODE_NOTHING_LEAVES, ynode_place(at));
	p->message = STR("no minute of the day is left in which a message may leave");
	p->why = g->window.set ? STR("the whole send window lies in the quiet hours")
			       : STR("the quiet hours are the whole day");
	p->fix = STR("shorten `quiet_hours:`, or move `send_window:`");
}

/* ---- holidays ---- */

static int by_day(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

static void day_twice(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_DATE_TWICE, n->where);
	PROBLEM_TEXT(p, message, x->c->ps->arena, STR_FMT " stands here twice", STR_ARG(n->text));
	p->why = STR("once is enough; perhaps another day was meant");
	p->fix = STR("take one out");
}

static void compile_holidays(struct playing *x, const struct ynode *n, struct program_guardrails *g)
{
	size_t max = n && !n->bad ? n->count : 0, count = 0;
	int32_t *list = COMPILE_ARRAY(x->c, int32_t, max);
	for (const struct ynode *y = list && max ? n->first : NULL; y; y = y->next) {
		size_t i = 0;
		if (!value_date(y, &list[count]))
			continue;
		while (i < count && list[i] != list[count])
			i++;
		if (i < count)
			day_twice(x, y);
		count += i == count;
	}
	if (count)
		qsort(list, count, sizeof *list, by_day);
	g->holidays = list;
	g->holidays_n = count;
}

/* ---- what stops everything ---- */

static void stop_on(struct playing *x, struct str *list, size_t *n, struct str type)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq(list[i], type))
			return;
	list[(*n)++] = compile_text(x->c, type);
}

/* A bare word means e-mail as well: sources say reply, our own mail room says email.reply. */
static void compile_stops(struct playing *x, const struct ynode *n, struct program_guardrails *g)
{
	static const char *const usual[] = {"reply", "unsubscribe", "complaint"};
	size_t max = n && !n->bad ? n->count : 4, count = 0;
	struct str *list = COMPILE_ARRAY(x->c, struct str, 2 * max);
	struct str words[32];
	size_t words_n = 0;
	if (list == NULL)
		return;
	for (const struct ynode *y = n && !n->bad ? n->first : NULL; y && words_n < 32; y = y->next)
		words[words_n++] = value_text(y);
	for (size_t i = 0; words_n == 0 && i < 3; i++)
		list[count++] = str_of(usual[i]);
	for (size_t i = 0; i < words_n; i++)
		stop_on(x, list, &count, words[i]);
	size_t bare = count;
	for (size_t i = 0; i < bare; i++)
		if (list[i].n && str_find_byte(list[i], '.') == list[i].n)
			stop_on(x, list, &count,
				arena_printf(x->c->ps->arena, "email." STR_FMT, STR_ARG(list[i])));
	if (words_n == 0 && x->c->p->goal.n)
		stop_on(x, list, &count, x->c->p->goal);
	g->stop_on = list;
	g->stop_on_n = count;
}

/* ---- guardrails ---- */

static void compile_flow(const struct ynode *n, struct program_guardrails *g)
{
	const struct ynode *fatigue = ynode_get(n, "fatigue"),
			   *rates = ynode_get(n, "pause_sending_if");
	g->fatigue_half_life_us = 14 * US_PER_D;
	(void)value_duration(ynode_get(n, "cool_down"), &g->cool_down_us); /* absent: none, off */
	(void)value_number(ynode_get(fatigue, "max"), &g->fatigue_max);
	(void)value_duration(ynode_get(fatigue, "half_life"), &g->fatigue_half_life_us);
	(void)value_duration(ynode_get(n, "repeat_after"), &g->repeat_after_us);
	(void)value_share(ynode_get(rates, "complaint_rate"), &g->complaint_rate_max);
	(void)value_share(ynode_get(rates, "bounce_rate"), &g->bounce_rate_max);
	(void)value_count(ynode_get(n, "budget_per_day"), &g->budget_per_day);
	(void)value_count(ynode_get(ynode_get(n, "warm_up"), "from"), &g->warm_up_from);
}

void compile_guardrails(struct playing *x)
{
	const struct ynode *n = ynode_get(x->c->root, "guardrails");
	const struct ynode *quiet = ynode_get(n, "quiet_hours");
	struct program_guardrails *g = &x->play->guardrails;
	struct program_cap *caps = COMPILE_ARRAY(x->c, struct program_cap, x->channels.n);
	struct str zone = value_text(ynode_get(n, "zone"));
	if (caps == NULL)
		return;
	compile_channel_caps(x, n, caps);
	g->channel_caps = caps;
	(void)compile_cap(x, ynode_get(n, "max_touches"), &g->all); /* absent: no limit */
	(void)compile_cap(x, ynode_get(n, "max_per_account"), &g->account);
	compile_hours(quiet, &g->quiet);
	hours_need_both(x, quiet);
	(void)value_bool(ynode_get(quiet, "weekends"), &g->weekends);
	compile_hours(ynode_get(n, "send_window"), &g->window);
	some_minute_left(x, n, g);
	compile_holidays(x, ynode_get(n, "holidays"), g);
	compile_flow(n, g);
	compile_stops(x, ynode_get(n, "stop_on"), g);
	g->zone = zone.n ? compile_text(x->c, zone) : STR("UTC");
}

/* ---- teams ---- */

static void away_order(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_AWAY_ORDER, n->where);
	PROBLEM_TEXT(p, message, x->c->ps->arena, STR_FMT " is before the first day away",
		     STR_ARG(n->text));
	p->why = STR("`until:` is the last day of the absence");
	p->fix = STR("name a day that is not before `from:`");
}

static void compile_away(struct playing *x, const struct ynode *n, struct program_rep *r)
{
	size_t max = n && !n->bad ? n->count : 0, i = 0;
	struct program_away *list = COMPILE_ARRAY(x->c, struct program_away, max);
	for (const struct ynode *y = list && max ? n->first : NULL; y; y = y->next) {
		const struct ynode *until = ynode_get(y, "until");
		if (!value_date(ynode_get(y, "from"), &list[i].from_day) ||
		    !value_date(until, &list[i].until_day))
			continue;
		if (list[i].until_day < list[i].from_day)
			away_order(x, until);
		i++;
	}
	r->away = list;
	r->away_n = i;
}

static void compile_reps(struct playing *x, const struct ynode *n, struct program_team *t)
{
	size_t max = n && !n->bad ? n->count : 0, i = 0;
	struct program_rep *list = COMPILE_ARRAY(x->c, struct program_rep, max);
	struct named *names = ARENA_ARRAY(x->c->ps->arena, struct named, max + 1);
	for (const struct ynode *y = list && names && max ? n->first : NULL; y; y = y->next) {
		const struct ynode *email = ynode_get(y, "email");
		if (y->kind != YNODE_MAP || value_text(email).n == 0)
			continue;
		list[i].name = compile_text(x->c, value_text(ynode_get(y, "name")));
		list[i].email = compile_text(x->c, email->text);
		compile_away(x, ynode_get(y, "away"), &list[i]);
		names[i] = (struct named){email->text, 0, email->where};
		i++;
	}
	if (names)
		compile_unique(x->c, names, i, "address in this team");
	t->reps = list;
	t->reps_n = i;
}

static void compile_team(struct playing *x, const struct ynode *n, struct program_team *t)
{
	struct str zone = value_text(ynode_get(n, "zone"));
	int routing = value_word(ynode_get(n, "routing"), schema_routing_words);
	t->name = compile_text(x->c, n->key->text);
	compile_reps(x, ynode_get(n, "reps"), t);
	t->routing = routing > 0 ? ROUTING_OWNER : ROUTING_ROUND_ROBIN;
	compile_hours(ynode_get(n, "hours"), &t->hours);
	t->zone = zone.n ? compile_text(x->c, zone) : x->play->guardrails.zone;
	t->accept_us = 4 * US_PER_H;
	(void)value_duration(ynode_get(n, "accept_within"), &t->accept_us);
	(void)value_duration(ynode_get(n, "remind_after"), &t->remind_us); /* absent: half */
	(void)value_bool(ynode_get(n, "whole_account"), &t->whole_account);
	t->webhook = compile_text(x->c, value_text(ynode_get(n, "webhook")));
}

void compile_teams(struct playing *x)
{
	const struct ynode *section = ynode_get(x->c->root, "teams");
	struct program_team *list = COMPILE_ARRAY(x->c, struct program_team, x->teams.n);
	size_t i = 0;
	if (list == NULL || x->teams.n == 0)
		return;
	for (const struct ynode *n = section->first; n; n = n->next)
		compile_team(x, n, &list[i++]);
	x->play->teams = list;
	x->play->teams_n = i;
}
