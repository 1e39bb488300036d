/* SPDX-License-Identifier: Apache-2.0
 * test_diff.c: what an edit is called in words, one table row per kind of edit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "program/diff.h"
#include "program/track.h"

static const char base[] =
	"nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\n"
	"fields: {lead: {size: number}}\n"
	"personas: {ops: lead.title == \"x\", fin: lead.title == \"y\"}\n"
	"features: {views: {kind: count, of: page.*}}\n"
	"scoring:\n"
	"  fit:\n    - {name: big, if: lead.size > 3, points: 20}\n"
	"  engagement:\n    half_life: 14d\n"
	"    points: {page.pricing: 20, form.demo: {points: 60, where: event.scroll > 3}}\n"
	"    inactivity: {after: 21d, points: 5}\n"
	"  tiers: {hot: {up: 60, down: 50}}\n"
	"entry: [{name: ref, source: referral, fit: 20}]\n"
	"consent: {default: opt_in, regions: {us: opt_out}, channels: [email, phone]}\n"
	"tracks:\n"
	"  early:\n"
	"    enter: lead.known\n"
	"    cadence: 7d..10d\n"
	"    sequence:\n"
	"      - {send: cost, angles: [story, facts], wait: 4d, react: {clicked: {move: late}}}\n"
	"      - {send: delays, capped: skip}\n"
	"  late: {sequence: [{send: digest, gap: 1d}]}\n"
	"triggers:\n"
	"  - {name: hot, when: fit >= 60, handoff: {team: sdr, within: 4h}}\n"
	"  - {name: cold, when: engagement < 5, for: 45d, move: late}\n"
	"guardrails: {max_emails: {per_week: 2}, quiet_hours: {from: \"19:00\", to: \"08:00\"}}\n"
	"teams: {sdr: {reps: [{name: S, email: s@x.example}]}}\n"
	"experiments: {holdout: {percent: 5}, hook: {track: early, arms: {a: 50, b: 50}}}\n";

/* `from` replaced by `to` in the program above gives exactly these lines. */
static const struct {
	const char *from, *to, *lines;
	unsigned touches;
} cases[] = {
	{"page.pricing: 20", "page.pricing: 25",
	 "~ engagement rule page.pricing: 20 -> 25 points\n", TOUCHES_ENGAGEMENT},
	{"half_life: 14d", "half_life: 10d",
	 "~ half-life 14d -> 10d: applies to new activity, and to what is left of the old from now "
	 "on\n",
	 TOUCHES_ENGAGEMENT},
	{"page.pricing: 20, ", "",
	 "- engagement rule page.pricing is gone: points it gave no longer count\n",
	 TOUCHES_ENGAGEMENT},
	{"page.pricing: 20", "page.pricing: 20, reply: 40",
	 "+ new engagement rule reply: +40 points, for new activity\n", TOUCHES_ENGAGEMENT},
	{"event.scroll > 3", "event.scroll > 4",
	 "~ engagement rule form.demo counts other events: applies to new activity\n",
	 TOUCHES_ENGAGEMENT},
	{"after: 21d", "after: 30d", "~ inactivity after: 21d -> 30d\n", TOUCHES_ENGAGEMENT},
	{"if: lead.size > 3, points: 20", "if: lead.size > 3, points: 30",
	 "~ fit rule big: 20 -> 30 points\n", TOUCHES_FIT},
	{"lead.size > 3", "lead.size > 9", "~ fit rule big: lead.size > 3 -> lead.size > 9\n",
	 TOUCHES_FIT},
	{"{name: big", "{name: large",
	 "+ new fit rule large: +20 points\n- fit rule big is gone: its 20 points too\n",
	 TOUCHES_FIT},
	{"down: 50", "down: 40", "~ hot until below 50 -> 40\n", TOUCHES_TIERS},
	{"tiers: {hot", "weights: {fit: 40%, engagement: 60%}\n  tiers: {hot",
	 "~ weight of fit: 0.5 -> 0.4\n~ weight of engagement: 0.5 -> 0.6\n", TOUCHES_TIERS},
	{"tiers: {hot", "probability: {slope: 0.05, bias: -2}\n  tiers: {hot",
	 "~ slope of probability: 0 -> 0.05\n~ bias of probability: 0 -> -2\n", TOUCHES_TIERS},
	{"fit: 20}]", "fit: 10}]", "~ entry rule ref: 20 -> 10 points of fit, for new leads\n",
	 TOUCHES_ENTRY},
	{"source: referral", "source: [referral, friend]",
	 "~ entry rule ref takes other leads from now on\n", TOUCHES_ENTRY},
	{"us: opt_out", "us: opt_in", "~ region us: opt_out -> opt_in\n", TOUCHES_CONSENT},
	{"us: opt_out", "ca: opt_out",
	 "+ new region ca: opt_out\n- region us is gone (it was opt_out)\n", TOUCHES_CONSENT},
	{"goal: won", "goal: lost",
	 "~ goal: won -> lost\n~ outcomes: won -> lost\n"
	 "~ everything stops on: reply, unsubscribe, complaint, email.reply, email.unsubscribe, "
	 "email.complaint, won -> reply, unsubscribe, complaint, email.reply, email.unsubscribe, "
	 "email.complaint, lost\n",
	 TOUCHES_GUARDRAILS},
	{"fin: ", "money: ", "+ new persona money: lead.title == \"y\"\n- persona fin is gone\n",
	 TOUCHES_FIT},
	{"ops: lead.title == \"x\", fin: lead.title == \"y\"",
	 "fin: lead.title == \"y\", ops: lead.title == \"x\"",
	 "~ persona fin is asked as number 1, was 2: the first that holds wins\n"
	 "~ persona ops is asked as number 2, was 1: the first that holds wins\n",
	 TOUCHES_FIT},
	{"views: {kind: count", "views: {kind: recency",
	 "~ feature views is computed differently: what leads remember of it goes on under the new "
	 "rule\n",
	 TOUCHES_FEATURES},
	{"size: number", "size: int", "~ field lead.size is read differently\n",
	 TOUCHES_FIT | TOUCHES_ENGAGEMENT},
	{"from: i@x.example", "from: j@x.example",
	 "~ sender's address: i@x.example -> j@x.example\n~ answers go to: i@x.example -> "
	 "j@x.example\n",
	 TOUCHES_SENDER},
	{"from: i@x.example", "from: i@x.example, layout: brand, logo: 'https://x.example/l.png'",
	 "~ logo: nothing -> https://x.example/l.png\n~ layout: nothing -> brand\n",
	 TOUCHES_SENDER},
	{"nurture: 1\n", "# a comment\nnurture: 1\n", "", 0},
	/* ---- tracks ---- */
	{"wait: 4d", "wait: 3d", "~ track early, step cost: waits for a reaction 4d -> 3d\n",
	 TOUCHES_TRACKS},
	{"[story, facts]", "[facts]", "~ track early, step cost: angles story, facts -> facts\n",
	 TOUCHES_TRACKS},
	{"clicked: {move: late}", "clicked: next, silent_x2: {send: again, then: {pause: 30d}}",
	 "~ track early, step cost: when clicked: move to late -> next step\n"
	 "~ track early, step cost: when silent twice: nothing special -> again, from another "
	 "angle, then pause 30d\n",
	 TOUCHES_TRACKS},
	{"capped: skip", "capped: {substitute: {channel: phone}}",
	 "~ track early, step delays: when held back: skip -> send delays by phone\n",
	 TOUCHES_TRACKS},
	{"capped: skip", "if: fit > 3, gap: 2d",
	 "~ track early, step delays: if always -> fit > 3\n"
	 "~ track early, step delays: gap 7d to 10d -> 2d\n"
	 "~ track early, step delays: when held back: skip -> wait\n",
	 TOUCHES_TRACKS},
	{"7d..10d", "5d", "~ track early: cadence 7d to 10d -> 5d\n", TOUCHES_TRACKS},
	{"      - {send: delays, capped: skip}\n", "",
	 "- track early: step delays is gone; leads inside finish it as it was, then go on\n",
	 TOUCHES_TRACKS},
	{"      - {send: delays", "      - {send: roi}\n      - {send: delays",
	 "+ track early: new step roi after cost\n", TOUCHES_TRACKS},
	{"{send: cost,", "{send: costs, name: cost,",
	 "~ track early, step cost: message cost -> costs\n", TOUCHES_TRACKS},
	{"  late: {", "  later: {sequence: [{send: x}], enter: fit > 3}\n  late: {stage: cold, ",
	 "+ new track later: 1 steps; comes in: fit > 3\n"
	 "~ track late: stage nothing -> cold\n",
	 TOUCHES_TRACKS},
	{"    enter: lead.known\n",
	 "    enter: fit > 3\n    personas: [ops]\n    pace: by_tier\n    exit: fit < 1\n"
	 "    touches_max: 6\n    age_max: 60d\n    reentry: after 90d\n    goal: demo\n"
	 "    exhausted: {move: late}\n    decide: {what: [angle, gap]}\n",
	 "~ track early: enter lead.known -> fit > 3\n~ track early: takes in everybody -> ops\n"
	 "~ track early: pace the cadence for all -> hot 3 in 5d, cold 6 in 30d\n"
	 "~ track early: goal nothing -> demo\n~ track early: exit if nothing -> fit < 1\n"
	 "~ track early: messages at most 0 -> 6\n~ track early: lasts at most never -> 60d\n"
	 "~ track early: after the last step: leave (exhausted) -> move to late\n"
	 "~ track early: may come again never -> after 90d\n"
	 "~ track early: chosen by a policy: rules choose -> angle, gap\n",
	 TOUCHES_TRACKS},
	/* ---- the rest of the play ---- */
	{"fit >= 60, handoff", "fit >= 70, handoff", "~ trigger hot: when fit >= 60 -> fit >= 70\n",
	 TOUCHES_TRIGGERS},
	{"within: 4h", "within: 1h",
	 "~ trigger hot: does: hand off to sdr within 4h -> hand off to sdr within 1h\n",
	 TOUCHES_TRIGGERS},
	{"name: cold", "name: asleep",
	 "+ new trigger asleep: when engagement < 5: move to late\n- trigger cold is gone\n",
	 TOUCHES_TRIGGERS},
	{"per_week: 2", "per_week: 3", "~ at most by email to one person: 2 a week -> 3 a week\n",
	 TOUCHES_GUARDRAILS},
	{"from: \"19:00\"", "weekends: true, from: \"20:00\"",
	 "~ quiet hours: 19:00 to 08:00 -> 20:00 to 08:00\n~ quiet on weekends: no -> yes\n",
	 TOUCHES_GUARDRAILS},
	{"guardrails: {", "guardrails: {holidays: [2026-12-25], cool_down: 1d, ",
	 "~ holidays: 0 days -> 1 days\n~ cool-down after a touch: never -> 1d\n",
	 TOUCHES_GUARDRAILS},
	{"s@x.example}]", "s@x.example}], accept_within: 1h",
	 "~ team sdr: S; in turn, hours none in UTC, accept within 4h -> S; in turn, hours none in "
	 "UTC, accept within 1h\n",
	 TOUCHES_TEAMS},
	{"percent: 5", "percent: 10", "~ share of leads never written to: 0.05 -> 0.1\n",
	 TOUCHES_EXPERIMENTS},
	{"experiments: {", "decisions: {subject: {mode: igw}}\nexperiments: {",
	 "+ new decision subject by igw, looked at after 1d and 7d, worth 1, least 1%, most 100%, "
	 "evenly 0%\n",
	 TOUCHES_GUARDRAILS},
	{"a: 50, b: 50", "a: 40, b: 60",
	 "~ experiment hook: on early: a 50% b 50% -> on early: a 40% b 60%\n",
	 TOUCHES_EXPERIMENTS},
	{"b: 50}}}", "b: 50}, rule: {then: ship, guard: {most: 2%}, within: 30d}}}",
	 "~ experiment hook: on early: a 50% b 50% -> on early: a 50% b 50%, then ship from 100 "
	 "leads an arm, at most 2% left, within 30d\n",
	 TOUCHES_EXPERIMENTS},
};

static struct program *load(struct str text, struct arena *a)
{
	struct program *p;
	struct program_report r;
	struct err e;
	if (program_load(text, a, &p, &r, &e) != ST_OK)
		fail_msg("%s\n" STR_FMT, e.text, STR_ARG(text));
	return p;
}

static struct str edited(const char *from, const char *to, struct arena *a)
{
	struct str text = str_of(base), needle = str_of(from);
	size_t at = str_find(text, needle);
	assert_true(at < text.n);
	return arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(str_slice(text, 0, at)), to,
			    STR_ARG(str_slice(text, at + needle.n, text.n)));
}

static bool speaks_of(const struct program_diff *d, struct str track, struct str step)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_eq(d->changes[i].track, track) &&
		    (d->changes[i].step.n == 0 || str_eq(d->changes[i].step, step)))
			return true;
	return false;
}

/* Whoever counts leads by these lines must miss nobody inside a step that changed. */
static bool every_step_is_told(const struct program *old, const struct program *new,
			       const struct program_diff *d)
{
	for (size_t i = 0; i < new->play->tracks_n; i++) {
		const struct program_track *t = &new->play->tracks[i];
		size_t j = program_track_of(old, t->name);
		for (size_t k = 0; j != NO_INDEX && k < t->steps_n; k++) {
			const struct program_track *o = &old->play->tracks[j];
			size_t was = program_step_of(o, t->steps[k].name);
			if (was != NO_INDEX && o->steps[was].hash != t->steps[k].hash &&
			    !speaks_of(d, t->name, t->steps[k].name))
				return false;
		}
	}
	return true;
}

static void test_edits(void **state)
{
	size_t failed = 0;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena a;
		struct buf b;
		struct program_diff d;
		struct err e;
		arena_init(&a, 64 << 20);
		buf_init(&b, 1 << 16);
		struct program *old = load(str_of(base), &a);
		struct program *new = load(edited(cases[i].from, cases[i].to, &a), &a);
		assert_int_equal(program_diff(old, new, &a, &d, &e), ST_OK);
		program_diff_text(&d, &b);
		assert_true(every_step_is_told(old, new, &d));
		if (!str_is(buf_view(&b), cases[i].lines) || d.touches != cases[i].touches) {
			fprintf(stderr, "%s -> %s: touches %u\n" STR_FMT, cases[i].from,
				cases[i].to, d.touches, STR_ARG(buf_view(&b)));
			failed++;
		}
		program_destroy(&old);
		program_destroy(&new);
		buf_finish(&b);
		arena_finish(&a);
	}
	assert_int_equal(failed, 0);
}

static void test_first_program(void **state)
{
	struct arena a;
	struct buf b;
	struct program_diff d;
	struct err e;
	(void)state;
	arena_init(&a, 64 << 20);
	buf_init(&b, 1 << 16);
	struct program *p = load(str_of(base), &a);
	assert_int_equal(program_diff(NULL, p, &a, &d, &e), ST_OK);
	program_diff_text(&d, &b);
	assert_true(str_starts(buf_view(&b), STR("+ the first program: p\n")));
	assert_true(str_find(buf_view(&b), STR("+ new fit rule big")) < b.n);
	assert_true(str_find(buf_view(&b), STR("+ new track early: 2 steps")) < b.n);
	assert_true(str_find(buf_view(&b), STR("+ new team sdr")) < b.n);
	assert_true(str_find(buf_view(&b), STR("~ ")) == b.n);
	buf_reset(&b);
	program_diff_json(&d, &b);
	assert_true(str_starts(buf_view(&b),
			       STR("[{\"kind\":\"added\",\"section\":\"program\",\"name\":\"p\"")));
	program_destroy(&p);
	buf_finish(&b);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_first_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
