/* SPDX-License-Identifier: Apache-2.0
 * test_track.c: the second part of a program: what is compiled from tracks, triggers, guardrails
 * and teams, and which defaults hold where nothing is said. */
#include "base/time.h"
#include "program/facts.h"
#include "program/test_help.h"
#include "program/track.h"

#define PLAY HEAD "scoring: {}\n"

static const struct program_play *load(struct loaded *l, const char *text)
{
	load_text(l, str_of(text));
	if (l->program == NULL)
		show(l, text);
	assert_non_null(l->program);
	return l->program->play;
}

static void test_without_tracks(void **state)
{
	struct loaded l;
	const struct program_play *play = load(&l, PLAY);
	(void)state;
	assert_int_equal(play->tracks_n, 0);
	assert_int_equal(play->triggers_n, 0);
	assert_non_null(play->guardrails.channel_caps);
	assert_true(str_is(play->guardrails.zone, "UTC"));
	assert_true(program_track_of(l.program, STR("awareness")) == NO_INDEX);
	assert_true(program_team_of(l.program, STR("sdr")) == NO_INDEX);
	unload(&l);
}

static void test_defaults(void **state)
{
	struct loaded l;
	const struct program_play *play =
		load(&l, PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m}, {send: q}]}}\n"
			      "teams: {sdr: {reps: [{name: S, email: s@x.example}]}}\n");
	(void)state;
	const struct program_track *t = &play->tracks[0];
	const struct program_step *s = t->steps;
	assert_int_equal(t->steps_n, 2);
	assert_true(t->gap_min_us == 4 * US_PER_D && t->gap_max_us == 7 * US_PER_D);
	assert_int_equal(t->reentry, REENTRY_NEVER);
	assert_int_equal(t->exhausted.kind, ACTION_EXIT);
	assert_true(str_is(t->exhausted.reason, "exhausted"));
	assert_int_equal(t->pace[TIER_HOT].touches, 0);
	assert_true(s[0].gap_min_us == 0 && s[0].gap_max_us == 0);
	assert_true(s[1].gap_min_us == 4 * US_PER_D && s[1].gap_max_us == 7 * US_PER_D);
	assert_true(s[0].wait_us == 3 * US_PER_D && s[0].again_max == 2);
	assert_true(str_is(s[0].name, "m") && str_is(s[0].angles[0].name, "plain"));
	assert_int_equal(s[0].capped, CAPPED_DEFER);
	assert_true(s[0].substitute_channel == NO_INDEX);
	for (int k = 0; k < REACT_COUNT; k++)
		assert_int_equal(s[0].react[k].kind, ACTION_NONE);
	assert_true(s[0].hash != s[1].hash && s[0].hash != 0);
	const struct program_guardrails *g = &play->guardrails;
	assert_true(g->channel_caps[0].per_day == 1 && g->channel_caps[0].per_week == 3);
	assert_true(!g->quiet.set && !g->window.set && !g->weekends);
	const char *stops[] = {"reply",       "unsubscribe",       "complaint",
			       "email.reply", "email.unsubscribe", "email.complaint",
			       "won"};
	assert_int_equal(g->stop_on_n, 7);
	for (size_t i = 0; i < 7; i++)
		assert_true(str_is(g->stop_on[i], stops[i]));
	assert_true(play->teams[0].accept_us == 4 * US_PER_H && !play->teams[0].hours.set);
	assert_int_equal(play->teams[0].routing, ROUTING_ROUND_ROBIN);
	assert_true(str_is(play->teams[0].zone, "UTC"));
	unload(&l);
}

/* Everything that can be said, said once. */
static const char full[] = HEAD
	"scoring: {}\n"
	"personas: {ops: lead.title == \"x\", fin: lead.title == \"z\"}\n"
	"consent: {channels: [email, phone], purposes: [news, offers]}\n"
	"tracks:\n"
	"  first:\n"
	"    stage: early\n"
	"    enter: source == \"fair\" && track == \"\" && event.type != \"x\"\n"
	"    personas: [fin]\n"
	"    cadence: 7d..10d\n"
	"    pace: by_tier\n"
	"    goal: deal.won\n"
	"    exit: touches.silent >= 6\n"
	"    touches_max: 9\n"
	"    age_max: 90d\n"
	"    exhausted: {move: second}\n"
	"    reentry: after 90d\n"
	"    decide: {what: [angle, gap, nothing]}\n"
	"    sequence:\n"
	"      - send: cost\n"
	"        angles: [benchmark, story]\n"
	"        wait: 4d\n"
	"        again_max: 3\n"
	"        capped: {substitute: {channel: phone}}\n"
	"        react:\n"
	"          replied: {handoff: {team: sdr, within: 1h, reason: answered}}\n"
	"          clicked: {move: second}\n"
	"          opened: {send: again, with: new_angle}\n"
	"          silent: next\n"
	"          silent_x2: {send: again, with: new_subject, then: {pause: 30d, then: {move: "
	"second}}}\n"
	"      - send: delays\n"
	"        name: delays-call\n"
	"        channel: phone\n"
	"        purpose: offers\n"
	"        if: touches.sent > 0\n"
	"        gap: 2d\n"
	"        capped: {substitute: digest}\n"
	"        react: {clicked: {exit: enough}, silent: {suppress: never answered}}\n"
	"  second:\n"
	"    reentry: always\n"
	"    pace: {warm: {touches: 1, within: 10d}}\n"
	"    sequence: [{send: digest, capped: skip}]\n"
	"triggers:\n"
	"  - {name: hot, when: fit >= 60, handoff: sdr}\n"
	"  - {name: cold, when: engagement < 5, for: 45d, move: second, then: {pause: 7d}}\n"
	"guardrails:\n"
	"  max_emails: {per_week: 3}\n"
	"  max_per_channel: {phone: {per_month: 3}}\n"
	"  max_touches: {per_day: 1, per_week: 4, per_month: 8}\n"
	"  max_per_account: {per_week: 6}\n"
	"  quiet_hours: {from: \"19:00\", to: \"08:00\", weekends: true}\n"
	"  send_window: {from: \"09:30\", to: \"17:00\"}\n"
	"  holidays: [2026-12-25, 2026-01-01]\n"
	"  cool_down: 20h\n"
	"  fatigue: {max: 4, half_life: 10d}\n"
	"  repeat_after: 365d\n"
	"  stop_on: [reply, meeting.booked]\n"
	"  pause_sending_if: {complaint_rate: 0.1%, bounce_rate: 3%}\n"
	"  budget_per_day: 500\n"
	"  warm_up: {from: 20}\n"
	"  zone: Europe/Berlin\n"
	"teams:\n"
	"  sdr:\n"
	"    reps: [{name: S, email: s@x.example}, {name: T, email: t@x.example}]\n"
	"    routing: owner\n"
	"    hours: {from: \"09:00\", to: \"17:30\"}\n"
	"    accept_within: 2h\n"
	"    remind_after: 30m\n"
	"    whole_account: true\n"
	"    webhook: https://crm.example/in\n"
	"experiments:\n"
	"  holdout: {percent: 5}\n"
	"  hook: {track: first, arms: {question: 60, number: 40}, min_lift: 0%,\n"
	"    rule: {then: ship, least: 250, guard: {most: 2%}, within: 60d}}\n";

static void check_first_track(const struct program *p)
{
	const struct program_track *t = &p->play->tracks[0];
	assert_true(str_is(t->name, "first") && str_is(t->stage, "early"));
	assert_int_equal(t->enter.reads & (READS_JOURNEY | READS_EVENT | READS_PROFILE),
			 READS_JOURNEY | READS_EVENT | READS_PROFILE);
	assert_true(t->personas_n == 1 && t->personas[0] == 1);
	assert_true(t->gap_min_us == 7 * US_PER_D && t->gap_max_us == 10 * US_PER_D);
	assert_true(t->pace[TIER_HOT].touches == 3 && t->pace[TIER_HOT].within_us == 5 * US_PER_D);
	assert_true(t->pace[TIER_COLD].touches == 6 &&
		    t->pace[TIER_COLD].within_us == 30 * US_PER_D);
	assert_int_equal(t->pace[TIER_WARM].touches, 0);
	assert_true(str_is(t->goal, "deal.won") && t->exit.prog != NULL);
	assert_true(t->touches_max == 9 && t->age_max_us == 90 * US_PER_D);
	assert_true(t->exhausted.kind == ACTION_MOVE && t->exhausted.track == 1);
	assert_true(t->reentry == REENTRY_AFTER && t->reentry_after_us == 90 * US_PER_D);
	assert_int_equal(t->decide_what, DECIDE_ANGLE | DECIDE_GAP | DECIDE_NOTHING);
	assert_true(t->line == 9 && t->col == 3);
	assert_true(program_track_of(p, STR("second")) == 1);
	assert_true(program_step_of(t, STR("delays-call")) == 1);
	assert_true(program_step_of(t, STR("delays")) == NO_INDEX);
}

static void check_steps(const struct program *p)
{
	const struct program_step *s = &p->play->tracks[0].steps[0], *call = s + 1;
	const struct program_action *a = s->react;
	assert_true(s->angles_n == 2 && str_is(s->angles[1].name, "story"));
	assert_true(s->wait_us == 4 * US_PER_D && s->again_max == 3);
	assert_true(s->capped == CAPPED_SUBSTITUTE && s->substitute_channel == 1 &&
		    s->substitute.n == 0);
	assert_true(s->line == 23 && s->col == 15);
	assert_true(a[REACT_REPLIED].kind == ACTION_HANDOFF && a[REACT_REPLIED].team == 0 &&
		    a[REACT_REPLIED].within_us == US_PER_H &&
		    str_is(a[REACT_REPLIED].reason, "answered"));
	assert_true(a[REACT_CLICKED].kind == ACTION_MOVE && a[REACT_CLICKED].track == 1);
	assert_true(a[REACT_OPENED].kind == ACTION_AGAIN &&
		    a[REACT_OPENED].with == AGAIN_NEW_ANGLE);
	assert_int_equal(a[REACT_SILENT].kind, ACTION_NEXT);
	a = &a[REACT_SILENT_X2];
	assert_true(a->kind == ACTION_AGAIN && a->with == AGAIN_NEW_SUBJECT && a->then);
	assert_true(a->then->kind == ACTION_PAUSE && a->then->for_us == 30 * US_PER_D);
	assert_true(a->then->then->kind == ACTION_MOVE && a->then->then->then == NULL);
	assert_true(call->channel == 1 && call->purpose == 1 && call->if_.reads == READS_JOURNEY);
	assert_true(call->gap_min_us == 2 * US_PER_D && call->gap_max_us == 2 * US_PER_D);
	assert_true(call->capped == CAPPED_SUBSTITUTE && call->substitute_channel == NO_INDEX &&
		    str_is(call->substitute, "digest"));
	assert_true(call->react[REACT_CLICKED].kind == ACTION_EXIT &&
		    str_is(call->react[REACT_CLICKED].reason, "enough"));
	assert_int_equal(call->react[REACT_SILENT].kind, ACTION_SUPPRESS);
	const struct program_track *second = &p->play->tracks[1];
	assert_int_equal(second->steps[0].capped, CAPPED_SKIP);
	assert_true(second->reentry == REENTRY_ALWAYS && second->pace[TIER_WARM].touches == 1 &&
		    second->pace[TIER_HOT].touches == 0);
}

static void check_guardrails(const struct program_guardrails *g)
{
	assert_true(g->channel_caps[0].per_day == 0 && g->channel_caps[0].per_week == 3);
	assert_int_equal(g->channel_caps[1].per_month, 3);
	assert_true(g->all.per_day == 1 && g->all.per_week == 4 && g->all.per_month == 8);
	assert_int_equal(g->account.per_week, 6);
	assert_true(g->quiet.set && g->quiet.from == 19 * 60 && g->quiet.to == 8 * 60);
	assert_true(g->window.set && g->window.from == 9 * 60 + 30 && g->weekends);
	assert_true(g->holidays_n == 2 && g->holidays[0] == 20454 && g->holidays[1] == 20812);
	assert_true(g->cool_down_us == 20 * US_PER_H && g->fatigue_max == 4);
	assert_true(g->fatigue_half_life_us == 10 * US_PER_D);
	assert_true(g->repeat_after_us == 365 * US_PER_D);
	assert_int_equal(g->stop_on_n, 3);
	assert_true(str_is(g->stop_on[2], "email.reply"));
	assert_true(g->complaint_rate_max == 0.001 && g->bounce_rate_max == 0.03);
	assert_true(g->budget_per_day == 500 && g->warm_up_from == 20);
	assert_true(str_is(g->zone, "Europe/Berlin"));
}

static void test_everything(void **state)
{
	struct loaded l;
	const struct program_play *play = load(&l, full);
	(void)state;
	assert_int_equal(l.report.errors_n, 0);
	check_first_track(l.program);
	check_steps(l.program);
	check_guardrails(&play->guardrails);
	const struct program_trigger *t = play->triggers;
	assert_int_equal(play->triggers_n, 2);
	assert_true(t[0].action.kind == ACTION_HANDOFF && t[0].action.within_us == 0);
	assert_true(t[1].for_us == 45 * US_PER_D && t[1].action.track == 1);
	assert_int_equal(t[1].action.then->kind, ACTION_PAUSE);
	assert_true(t[0].key == program_key32("trigger", STR("hot")));
	const struct program_team *sdr = &play->teams[program_team_of(l.program, STR("sdr"))];
	assert_true(sdr->reps_n == 2 && str_is(sdr->reps[1].email, "t@x.example"));
	assert_true(sdr->routing == ROUTING_OWNER && sdr->hours.to == 17 * 60 + 30);
	assert_true(str_is(sdr->zone, "Europe/Berlin") && sdr->whole_account);
	assert_true(sdr->accept_us == 2 * US_PER_H && sdr->remind_us == 30 * US_PER_M);
	assert_true(play->holdout == 0.05 && play->experiments_n == 1);
	const struct program_rule *rule = &play->experiments[0].rule;
	assert_true(rule->on && rule->then == THEN_SHIP && rule->least == 250);
	assert_true(strcmp(rule->guard, "left") == 0 && rule->guard_most == 0.02);
	assert_true(rule->within_us == 60 * US_PER_D && play->experiments[0].min_lift == 0);
	assert_true(play->experiments[0].track == 0 && play->experiments[0].arms[0].weight == 60);
	unload(&l);
}

/* What a lead inside a step depends on changes its hash; what it does not depend on does not. */
static void test_hashes(void **state)
{
	static const struct {
		const char *from, *to;
		bool first, second; /* step of the first track changes */
	} cases[] = {
		{"wait: 4d", "wait: 5d", true, false},
		{"angles: [benchmark, story]", "angles: [story, benchmark]", true, false},
		{"again_max: 3", "again_max: 1", true, false},
		{"clicked: {move: second}", "clicked: next", true, false},
		{"within: 1h", "within: 2h", true, false},
		{"gap: 2d", "gap: 3d", false, true},
		{"channel: phone\n", "channel: email\n", false, true},
		{"touches.sent > 0", "touches.sent > 1", false, true},
		{"substitute: digest", "substitute: other", false, true},
		{"cadence: 7d..10d", "cadence: 6d..10d", false,
		 false}, /* both gaps are their own */
		{"stage: early", "stage: mid", false, false},
		{"name: hot", "name: hotter", false, false},
	};
	struct loaded old;
	(void)state;
	load_text(&old, str_of(full));
	const struct program_step *was = old.program->play->tracks[0].steps;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str text = str_of(full), from = str_of(cases[i].from);
		size_t at = str_find(text, from);
		struct loaded l;
		assert_true(at < text.n);
		load_text(&l, arena_printf(&old.arena, STR_FMT "%s" STR_FMT,
					   STR_ARG(str_slice(text, 0, at)), cases[i].to,
					   STR_ARG(str_slice(text, at + from.n, text.n))));
		assert_non_null(l.program);
		const struct program_step *is = l.program->play->tracks[0].steps;
		if ((is[0].hash != was[0].hash) != cases[i].first ||
		    (is[1].hash != was[1].hash) != cases[i].second)
			fail_msg("%s -> %s", cases[i].from, cases[i].to);
		unload(&l);
	}
	unload(&old);
}

/* ---- what conditions of tracks and triggers see ---- */

struct asked {
	const char *when;
	bool on_track, off; /* holds for the lead below; for one that never was on a track */
};

static const struct asked asked[] = {
	{"track == \"first\" && stage == \"early\"", true, false},
	{"track != \"second\"", true, true},
	{"track == \"\" && stage == \"\" && step == \"\"", false, true},
	{"step in [\"cost\", \"delays-call\"]", true, false},
	{"touches.sent == 3", true, false},
	{"touches.sent == 0", false, true},
	{"touches.on_track == 2 && touches.silent >= 1", true, false},
	{"touches.opened == 2 && touches.clicked == 1", true, false},
	{"touches.days_since > 2.9 && touches.days_since < 3.1", true, false},
	{"!has(touches.days_since)", false, true},
	{"touches.days_since < 100", true, false},
	{"source == \"x\" || asset != \"x\"", false, false},
};

static struct journey a_journey(void)
{
	struct journey j = {.track = STR("first"),
			    .step = STR("cost"),
			    .sent_n = 2,
			    .silent_n = 1,
			    .last_touch_us = 10 * US_PER_D,
			    .touches_n = 4};
	j.touches[0].flags = TOUCH_SENT | TOUCH_OPENED | TOUCH_CLICKED;
	j.touches[1].flags = TOUCH_SENT | TOUCH_OPENED;
	j.touches[2].flags = TOUCH_SENT | TOUCH_OPENED | TOUCH_FAILED; /* never arrived */
	j.touches[3].flags = TOUCH_SENT | TOUCH_SILENT;
	return j;
}

static void test_conditions(void **state)
{
	struct journey j = a_journey();
	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct loaded l;
		struct err why;
		struct arena *a = &l.arena;
		char text[8192];
		snprintf(text, sizeof text,
			 PLAY
			 "tracks:\n  first: {stage: early, enter: lead.known, sequence: [{send: "
			 "cost}, {send: m, name: delays-call}]}\n  second: {enter: lead.known, "
			 "sequence: [{send: x}]}\ntriggers:\n  - name: t\n    when: '%s'\n    "
			 "exit: x\n",
			 asked[i].when);
		const struct program_play *play = load(&l, text);
		struct facts f = {
			.program = l.program, .journey = &j, .now_us = 13 * US_PER_D, .arena = a};
		const struct program_cond *when = &play->triggers[0].when;
		bool on = facts_hold(&f, when, &why);
		f.journey = NULL;
		bool off = facts_hold(&f, when, &why);
		if (on != asked[i].on_track || off != asked[i].off)
			fail_msg("%s: %d, off %d", asked[i].when, on, off);
		unload(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_tracks), cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything),     cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_conditions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
