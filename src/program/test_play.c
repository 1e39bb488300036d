/* SPDX-License-Identifier: Apache-2.0
 * test_play.c: bad tracks, triggers, guardrails, teams and experiments, and exactly what is said
 * about them: code, line, column, suggestion. Every code of theirs has a case. */
#include "program/decision.h"
#include "program/test_help.h"
#include "program/track.h"

#define PLAY HEAD "scoring: {}\n" /* its own text starts at line 6 */
#define ARMS \
	PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, angles: [benchmark, " \
	     "story]}]}}\n"

static const struct bad bads[] = {
	{"N101",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, react: {openned: next}}]}}\n",
	 6, 62, 69, "opened", "`react:` has no key"},
	{"N101", PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, anlges: [x]}]}}\n", 6,
	 54, 60, "angles", NULL},
	{"N101", PLAY "triggers: [{name: t, when: lead.known, mvoe: a, exit: x}]\n", 6, 40, 44,
	 "move", NULL},
	{"N101", PLAY "guardrails: {max_email: {per_day: 1}}\n", 6, 14, 23, "max_emails", NULL},
	{"N101", PLAY "guardrails: {consent: {default: opt_in}}\n", 6, 14, 21, NULL,
	 "no key \"consent\""},
	{"N102", PLAY "tracks: {a: {enter: lead.known}}\n", 6, 10, 11, NULL,
	 "needs a key \"sequence\""},
	{"N102", PLAY "tracks: {a: {enter: lead.known, sequence: [{angles: [x]}]}}\n", 6, 44, 45,
	 NULL, "needs a key \"send\""},
	{"N102", PLAY "teams: {sdr: {hours: {from: \"09:00\", to: \"17:00\"}}}\n", 6, 9, 12, NULL,
	 "\"reps\""},
	{"N102", PLAY "guardrails: {quiet_hours: {from: \"19:00\"}}\n", 6, 14, 25, NULL,
	 "\"to\" as well"},
	{"N106", PLAY "tracks: {on: {enter: lead.known, sequence: [{send: m}]}}\n", 6, 10, 12,
	 "\"on\"", "`on:`"},
	{"N107", PLAY "tracks: {a: {enter: lead.known, sequence: [{send: no}]}}\n", 6, 51, 53,
	 "\"no\"", NULL},
	{"N108", PLAY "tracks: {a: {enter: lead.known, sequence: {send: m}}}\n", 6, 43, 44, NULL,
	 "`sequence:` is a section"},
	{"N112",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, react: {silent: nxt}}]}}\n", 6,
	 70, 73, "next", NULL},
	{"N112",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, react: {silent: {send: again, "
	      "with: new_angel}}}]}}\n",
	 6, 90, 99, "new_angle", NULL},
	{"N112", PLAY "tracks: {a: {enter: lead.known, reentry: 90d, sequence: [{send: m}]}}\n", 6,
	 42, 45, "after 90d", NULL},
	{"N112",
	 PLAY "tracks: {a: {enter: lead.known, reentry: sometimes, sequence: [{send: m}]}}\n", 6,
	 42, 51, NULL, NULL},
	{"N112", PLAY "tracks: {a: {enter: lead.known, pace: by_teir, sequence: [{send: m}]}}\n", 6,
	 39, 46, "by_tier", NULL},
	{"N112", PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, capped: defre}]}}\n", 6,
	 62, 67, "defer", NULL},
	{"N113",
	 PLAY "tracks: {a: {enter: lead.known, cadence: 7 to 10 days, sequence: [{send: m}]}}\n", 6,
	 42, 54, "7d..10d", NULL},
	{"N113", PLAY "tracks: {a: {enter: lead.known, cadence: 7-10d, sequence: [{send: m}]}}\n",
	 6, 42, 47, "7d..10d", NULL},
	{"N113", PLAY "tracks: {a: {enter: lead.known, cadence: 4 days, sequence: [{send: m}]}}\n",
	 6, 42, 48, "4d", NULL},
	{"N113", PLAY "tracks: {a: {enter: lead.known, cadence: often, sequence: [{send: m}]}}\n",
	 6, 42, 47, NULL, NULL},
	{"N113", PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, wait: 4 days}]}}\n", 6,
	 60, 66, "4d", NULL},
	{"N114", PLAY "tracks: {a: {enter: lead.known, cadence: 10d..7d, sequence: [{send: m}]}}\n",
	 6, 42, 49, "7d..10d", "ends before it begins"},
	{"N114", PLAY "tracks: {a: {enter: lead.known, cadence: 500d, sequence: [{send: m}]}}\n", 6,
	 42, 46, NULL, "above the limit of 365d"},
	{"N114", PLAY "guardrails: {max_emails: {per_day: 11}}\n", 6, 36, 38, NULL,
	 "per_day: 11 is above the limit of 10"},
	{"N114", PLAY "guardrails: {max_emails: {per_week: 21}}\n", 6, 37, 39, NULL, "limit of 20"},
	{"N114", PLAY "guardrails: {max_touches: {per_month: 61}}\n", 6, 39, 41, NULL,
	 "limit of 60"},
	{"N114", PLAY "guardrails: {max_emails: {per_day: 0}}\n", 6, 36, 37, NULL,
	 "below the limit of 1"},
	{"N114", PLAY "experiments: {holdout: {percent: 60}}\n", 6, 34, 36, NULL, "limit of 50"},
	{"N110", PLAY "guardrails: {max_emails: {per_day: 1.5}}\n", 6, 36, 39, "1", "whole number"},
	{"N119", PLAY "guardrails: {pause_sending_if: {bounce_rate: 3}}\n", 6, 46, 47, "3%", NULL},
	{"N124", PLAY "guardrails: {quiet_hours: {from: \"25:00\", to: \"08:00\"}}\n", 6, 34, 41,
	 NULL, "not a time of day"},
	{"N124", PLAY "guardrails: {quiet_hours: {from: \"19:00\", to: 8:00}}\n", 6, 47, 51,
	 "\"08:00\"", NULL},
	{"N124", PLAY "guardrails: {quiet_hours: {from: 7pm, to: \"08:00\"}}\n", 6, 34, 37,
	 "\"19:00\"", NULL},
	{"N124", PLAY "guardrails: {quiet_hours: {from: soon, to: \"08:00\"}}\n", 6, 34, 38, NULL,
	 NULL},
	{"N125", PLAY "guardrails: {quiet_hours: {from: 19:00, to: \"08:00\"}}\n", 6, 34, 39,
	 "\"19:00\"", "without quotes"},
	{"N126", PLAY "guardrails: {holidays: [25.12.2026]}\n", 6, 25, 35, "2026-12-25",
	 "not a date"},
	{"N126", PLAY "guardrails: {holidays: [2026-02-30]}\n", 6, 25, 35, NULL, NULL},
	{"N127", PLAY "guardrails: {zone: Berlin}\n", 6, 20, 26, "Europe/Berlin", "no time zone"},
	{"N127", PLAY "guardrails: {zone: europe/berlin}\n", 6, 20, 33, "Europe/Berlin", NULL},
	{"N127", PLAY "guardrails: {zone: Mars/Olympus}\n", 6, 20, 32, NULL, NULL},
	{"N127", PLAY "teams: {sdr: {reps: [{name: S, email: s@x.example}], zone: New York}}\n", 6,
	 60, 68, "America/New_York", NULL},
	{"N128",
	 PLAY "teams: {sdr: {reps: [{name: S, email: s@x.example}], webhook: "
	      "\"http://crm.example/in\"}}\n",
	 6, 63, 86, "https://crm.example/in", "not an https address"},
	{"N202", PLAY "tracks: {a: {enter: sorce == \"x\", sequence: [{send: m}]}}\n", 6, 21, 26,
	 "lead.source", NULL},
	{"N202", PLAY "tracks: {a: {enter: touches.silnt > 2, sequence: [{send: m}]}}\n", 6, 29, 34,
	 "silent", NULL},
	{"N203", PLAY "triggers: [{name: t, when: event == \"reply\", exit: x}]\n", 6, 28, 33,
	 "event.type", "record"},
	{"N205",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, if: event.type == \"x\"}]}}\n",
	 6, 58, 68, NULL, "a step"},
	{"N205",
	 PLAY
	 "tracks: {a: {enter: lead.known, exit: event.type == \"x\", sequence: [{send: m}]}}\n",
	 6, 39, 49, NULL, "exit"},
	{"N205", HEAD "scoring: {tiers: {hot: {up: 70, if: track != \"\"}}}\n", 5, 37, 42, NULL,
	 "track cannot be asked in a tier"},
	{"N207", PLAY "tracks: {a: {enter: 'track != \"b\"', sequence: [{send: m}]}}\n", 6, 32, 33,
	 NULL, "no track called"},
	{"N207", PLAY "tracks: {early: {enter: 'track != \"erly\"', sequence: [{send: m}]}}\n", 6,
	 36, 40, "early", NULL},
	{"N207",
	 PLAY "tracks: {a: {stage: mid, enter: 'stage == \"midd\"', sequence: [{send: m}]}}\n", 6,
	 44, 48, "mid", "no stage called"},
	{"N207", PLAY "tracks: {a: {enter: 'step == \"story-m\"', sequence: [{send: story}]}}\n", 6,
	 31, 38, "story", "no step called"},
	{"N207",
	 PLAY "tracks: {consideration: {sequence: [{send: q}]}, a: {enter: lead.known, sequence: "
	      "[{send: m, react: {clicked: {move: considertion}}}]}}\n",
	 6, 118, 130, "consideration", "no track called \"considertion\""},
	{"N207",
	 PLAY "triggers: [{name: t, when: lead.known, handoff: {team: sdrs}}]\n"
	      "teams: {sdr: {reps: [{name: S, email: s@x.example}]}}\n",
	 6, 56, 60, "sdr", "no team called"},
	{"N207", PLAY "triggers: [{name: t, when: lead.known, handoff: sales}]\n", 6, 49, 54, NULL,
	 "no team called"},
	{"N207",
	 PLAY "personas: {ops: lead.title == \"x\"}\n"
	      "tracks: {a: {enter: lead.known, personas: [opps], sequence: [{send: m}]}}\n",
	 7, 44, 48, "ops", "no persona called"},
	{"N207", PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, channel: emial}]}}\n",
	 6, 63, 68, "email", "no channel called"},
	{"N207", PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, purpose: news}]}}\n", 6,
	 63, 67, NULL, "no purpose called"},
	{"N207", PLAY "guardrails: {max_per_channel: {sms: {per_day: 1}}}\n", 6, 32, 35, NULL,
	 "no channel called"},
	{"N207", PLAY "experiments: {e: {track: x, arms: {a: 50, b: 50}}}\n", 6, 26, 27, NULL,
	 "no track called"},
	{"N208", PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m}, {send: m}]}}\n", 6, 62,
	 63, NULL, "two of one name: step"},
	{"N208", PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, angles: [x, x]}]}}\n",
	 6, 66, 67, NULL, "angle"},
	{"N208",
	 PLAY
	 "triggers: [{name: t, when: lead.known, exit: x}, {name: t, when: fit > 3, exit: x}]\n",
	 6, 57, 58, NULL, "trigger"},
	{"N208",
	 PLAY
	 "teams: {sdr: {reps: [{name: S, email: s@x.example}, {name: T, email: s@x.example}]}}\n",
	 6, 70, 81, NULL, "address"},
	{"N244",
	 PLAY "teams: {sdr: {reps: [{name: S, email: s@x.example, away: [{from: 2026-05-09, until: "
	      "2026-05-08}]}]}}\n",
	 6, 85, 95, NULL, "before the first day"},
	{"N210",
	 PLAY
	 "triggers: [{name: t, when: lead.known, exit: x}, {name: u, when: lead.known, exit: z}]\n",
	 6, 57, 58, NULL, "never fires"},
	{"N225",
	 PLAY "triggers: [{name: t, when: lead.known, exit: x, move: a}]\n"
	      "tracks: {a: {enter: lead.known, sequence: [{send: m}]}}\n",
	 6, 49, 53, NULL, "both exit and move"},
	{"N225", PLAY "triggers: [{name: t, when: lead.known}]\n", 6, 12, 13, NULL,
	 "nothing is done"},
	{"N225",
	 PLAY
	 "tracks: {a: {enter: lead.known, sequence: [{send: m, react: {silent: {with: same}}}]}}\n",
	 6, 62, 68, NULL, "nothing is done"},
	{"N225",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, react: {silent: {exit: x, "
	      "with: same}}}]}}\n",
	 6, 80, 84, NULL, "belongs to"},
	{"N225", PLAY "tracks: {a: {enter: lead.known, exhausted: next, sequence: [{send: m}]}}\n",
	 6, 44, 48, NULL, "no next step"},
	{"N225",
	 PLAY "tracks: {a: {enter: lead.known, exhausted: {send: again}, sequence: [{send: m}]}}\n",
	 6, 45, 49, NULL, "nothing to send again"},
	{"N226",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, react: {silent: {pause: 1d, "
	      "then: {pause: 1d, then: {pause: 1d, then: {pause: 1d, then: next}}}}}}]}}\n",
	 6, 136, 140, NULL, "more than 4"},
	{"N227",
	 PLAY
	 "tracks: {a: {enter: lead.known, sequence: [{send: m}]}, b: {sequence: [{send: q}]}}\n",
	 6, 57, 58, NULL, "nobody gets onto track \"b\""},
	{"N227",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m}]}, b: {sequence: [{send: q}], "
	      "exhausted: {move: c}}, c: {sequence: [{send: q}]}}\n",
	 6, 57, 58, NULL, "\"b\""},
	{"N228",
	 PLAY "tracks: {a: {enter: lead.known, exhausted: {move: b}, sequence: [{send: m, wait: "
	      "1m}]}, b: {sequence: [{send: q, wait: 1m}], exhausted: {move: a}}}\n",
	 6, 51, 52, NULL, "from a to b and back"},
	{"N228",
	 PLAY "tracks: {a: {enter: lead.known, exhausted: {move: a}, sequence: [{send: m, if: fit "
	      "> 3}]}}\n",
	 6, 51, 52, NULL, "back to itself"},
	{"N228",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, react: {clicked: {move: "
	      "b}}}]}, b: {sequence: [{send: q, react: {clicked: {move: a}}}]}}\n",
	 6, 78, 79, NULL, "from a to b"},
	{"N228",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, wait: 30m, react: {silent: "
	      "{send: again}}}]}}\n",
	 6, 88, 93, NULL, "again at once"},
	{"N229",
	 PLAY "tracks: {a: {sequence: [{send: m}]}, b: {sequence: [{send: m}]}}\n"
	      "triggers:\n"
	      "  - {name: up, when: 'track == \"a\" && fit > 10', move: b}\n"
	      "  - {name: down, when: 'track == \"b\" && fit > 20', move: a}\n",
	 9, 12, 16, NULL, "\"down\" undoes what \"up\" does"},
	{"N230",
	 PLAY "tracks: {a: {enter: lead.known, cadence: 1d, sequence: [{send: m}, {send: q}, "
	      "{send: o}, {send: p}]}}\n",
	 6, 33, 40, NULL, "a touch every 1d at the slowest, and at most 3 per_week"},
	{"N230",
	 PLAY "tracks: {a: {enter: lead.known, pace: {hot: {touches: 6, within: 6d}}, sequence: "
	      "[{send: m}, {send: q}, {send: r}, {send: s}]}}\n",
	 6, 33, 37, NULL, "at most 3 per_week"},
	{"N231", PLAY "guardrails: {max_emails: {per_day: 5, per_week: 3}}\n", 6, 36, 37, NULL,
	 "can never be reached"},
	{"N232", PLAY "experiments: {e: {arms: {a: 50, b: 40}}}\n", 6, 19, 23, NULL,
	 "add up to 90"},
	{"N233", PLAY "guardrails: {quiet_hours: {from: \"00:00\", to: \"24:00\"}}\n", 6, 14, 25,
	 NULL, "no minute"},
	{"N233",
	 PLAY "guardrails: {quiet_hours: {from: \"17:00\", to: \"09:00\"}, send_window: {from: "
	      "\"18:00\", to: \"20:00\"}}\n",
	 6, 57, 68, NULL, "no minute"},
	{"N234",
	 PLAY "tracks: {b: {sequence: [{send: q}]}, a: {enter: lead.known, sequence: [{send: m, "
	      "react: {opened: {move: b}}}]}}\n",
	 6, 105, 106, NULL, "an open alone leads on"},
	{"N234",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m, react: {opened: {send: "
	      "again}}}]}}\n",
	 6, 77, 82, NULL, "a click is not"},
	{"N235", PLAY "triggers: [{name: t, when: event.type == \"x\", for: 3d, exit: x}]\n", 6, 47,
	 50, NULL, "does not last"},
	{"N236", PLAY "experiments: {holdout: {arms: {a: 50, b: 50}}}\n", 6, 15, 22, NULL,
	 "a percent and nothing else"},
	{"N236", PLAY "experiments: {e: {percent: 5}}\n", 6, 15, 16, NULL, "no arms"},
	{"N237", PLAY "guardrails: {holidays: [2026-12-25, 2026-12-25]}\n", 6, 37, 47, NULL,
	 "twice"},
	{"N240", PLAY "tracks: {a: {enter: lead.known, cadence: 0d, sequence: [{send: m}]}}\n", 6,
	 42, 44, NULL, "no time between"},
	{"N240",
	 PLAY "tracks: {a: {enter: lead.known, sequence: [{send: m}, {send: q, gap: 0h}]}}\n", 6,
	 70, 72, NULL, "no time between"},
	{"N245", PLAY "tracks: {a: {sequence: [{send: m}], decide: {what: [angle, channel]}}}\n", 6,
	 60, 67, NULL, "no other channel to choose"},
	{"N246", PLAY "decide: {mode: igw, explore: {epsilon: 5%}}\n", 6, 31, 38, NULL,
	 "`epsilon:` is of mode epsilon, and the mode is igw"},
	{"N246", PLAY "decisions: {d: {mode: epsilon, explore: {gain: 50}}}\n", 6, 42, 46, NULL,
	 "`gain:` is of mode igw, and the mode is epsilon"},
	{"N250", PLAY "decide: {mode: igw}\n", 6, 10, 14, NULL, "mode igw has nothing to choose"},
	{"N113", PLAY "decide: {mode: rules, keep: 90}\n", 6, 29, 31, "90d", "is not a duration"},
	{"N114", PLAY "decide: {mode: rules, keep: 1h}\n", 6, 29, 31, NULL,
	 "keep: 1h is below the limit of 1d"},
	{"N251", PLAY "decide: {mode: rules, rewards: {email.open: 1}}\n", 6, 33, 43, NULL,
	 "would reward opens"},
	{"N252", PLAY "decide: {mode: rules, explore: {most: 10%, least: 20%}}\n", 6, 44, 49, NULL,
	 "least 20% is more than most 10%"},
	{"N252", PLAY "decide: {mode: rules, explore: {uniform: 5%, most: 5.5%}}\n", 6, 33, 40,
	 NULL, "uniform 5% and least 1% are more than most 5.5%"},
	{"N252", PLAY "decisions: {d: {mode: igw, explore: {most: 10%, least: 20%}}}\n", 6, 49, 54,
	 NULL, "least 20% is more than most 10%"},
	{"N259",
	 PLAY "tracks: {a: {cadence: 4d, decide: {what: [angle, gap]}, sequence: [{send: m}]}}\n",
	 6, 50, 53, NULL, "no range to choose a gap from"},
	{"N129", PLAY "tracks: {a: {sequence: [{send: m}], decide: {what: [angle], policy: x}}}\n",
	 6, 61, 67, NULL, "`decide:` reads no \"policy\""},
	{"N253", PLAY "decide: {mode: rules, rewards: {email.unsubscribe: 1}}\n", 6, 33, 50, NULL,
	 "is harm, and never rewarded"},
	{"N254", PLAY "decide: {mode: rules, rewards: {email.clikc: 1}}\n", 6, 33, 44,
	 "email.click", "nothing but this reward speaks of `email.clikc`"},
	{"N254", PLAY "decide: {mode: rules, rewards: {nosuch.event: 1}}\n", 6, 33, 45, NULL,
	 "nothing but this reward speaks of `nosuch.event`"},
	{"N255", ARMS "experiments: {e: {arms: {benchmrk: 50, story: 50}}}\n", 7, 26, 34,
	 "benchmark", "the arm \"benchmrk\" fixes nothing"},
	{"N255", ARMS "experiments: {e: {arms: {as_it_is: 50, other: 50}}}\n", 7, 40, 45, NULL,
	 "the arm \"other\" fixes nothing"},
	{"N255", ARMS "experiments: {e: {arms: {subject_1: 50, subject_99: 50}}}\n", 7, 41, 51,
	 NULL, "the arm \"subject_99\" fixes nothing"},
	{"N256", ARMS "experiments: {e: {arms: {story: 100}}}\n", 7, 19, 23, NULL, "one arm only"},
	{"N256", ARMS "experiments: {e: {arms: {}}}\n", 7, 19, 23, NULL, "there are no arms"},
	{"N257",
	 ARMS "experiments: {e: {arms: {story: 50, x: 50}, rule: {then: ship, within: 0d}}}\n", 7,
	 72, 74, NULL, "within: 0d is no time at all"},
	{"N257", PLAY "decisions: {d: {mode: igw, learn: 10d, within: 1d}}\n", 6, 40, 46, NULL,
	 "rewards count for 1d, and are looked at after 10d"},
	{"N257", PLAY "decisions: {d: {mode: igw, learn: 10d}}\n", 6, 28, 33, NULL,
	 "rewards count for 7d, and are looked at after 10d"},
	{"N257", PLAY "decisions: {d: {mode: igw, learn: 0d, within: 0d}}\n", 6, 28, 33, NULL,
	 "leaves no time for an outcome"},
	{"N258", PLAY "decisions: {d: {mode: igw, context: [a, b, a]}}\n", 6, 44, 45, NULL,
	 "`a` stands here twice"},
};

/* About content: test_content.c has their cases. */
static const char *const elsewhere[] = {"N238", "N239", "N241"};

static void test_bad(void **state)
{
	(void)state;
	assert_int_equal(failing_bads(bads, sizeof bads / sizeof *bads), 0);
}

static void test_every_code_has_a_case(void **state)
{
	struct program_code_help h;
	size_t seen = 0;
	(void)state;
	for (size_t i = 0; program_code_at(i, &h); i++) {
		if (!is_play_code(str_of(h.code)))
			continue;
		assert_true(has_case(bads, sizeof bads / sizeof *bads, elsewhere,
				     sizeof elsewhere / sizeof *elsewhere, str_of(h.code)));
		seen++;
	}
	assert_int_equal(seen, 35);
}

/* Who brings it is refused; out of a log it is what it always was. */
static void test_refused_and_read(void **state)
{
	static const char *const once_taken[] = {
		PLAY "decisions: {d: {mode: igw, learn: 10d, within: 1d}}\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof once_taken / sizeof *once_taken; i++) {
		struct loaded l;
		load_text(&l, str_of(once_taken[i]));
		assert_int_equal(l.status, ST_OK);
		assert_int_equal(l.report.errors_n, 1);
		assert_int_equal(l.report.refused_n, 1);
		const struct program_play *play = l.program->play;
		assert_true(play->decisions[0].close_us == play->decisions[0].learn_us);
		unload(&l);
	}
}

/* What looks much like a bad one and is none. */
static const char *const goods[] = {
	/* one arm as it is; a reward that a rule scores, and one that is an outcome */
	ARMS "experiments: {e: {arms: {as_it_is: 50, story: 50}}, s: {arms: {subject_1: 50, "
	     "subject_2: 50}}}\n",
	HEAD "scoring: {engagement: {points: {form.demo: 5}}}\noutcomes: [deal.won]\n"
	     "decide: {mode: rules, rewards: {form.demo: 1, deal.won: 2, email.click: 1}}\n",
	/* two triggers that exclude each other, by number and by word */
	PLAY "tracks: {a: {sequence: [{send: m}]}, b: {sequence: [{send: m}]}}\ntriggers:\n"
	     "  - {name: up, when: 'track == \"a\" && fit > 10', move: b}\n"
	     "  - {name: down, when: 'track == \"b\" && fit <= 10', move: a}\n",
	PLAY "tracks: {a: {sequence: [{send: m}]}, b: {sequence: [{send: m}]}}\ntriggers:\n"
	     "  - {name: up, when: 'track == \"a\" && tier == \"hot\"', move: b}\n"
	     "  - {name: down, when: 'track == \"b\" && tier != \"hot\"', move: a}\n",
	/* a circle with a wait in it */
	PLAY "tracks: {a: {enter: lead.known, exhausted: {move: b}, sequence: [{send: m}]},\n"
	     "  b: {sequence: [{send: q}], exhausted: {move: a}}}\n",
	PLAY
	"tracks: {a: {enter: lead.known, sequence: [{send: m, react: {clicked: {move: b}}}]},\n"
	"  b: {sequence: [{send: q, gap: 1d, react: {clicked: {move: a}}}]}}\n",
	/* more touches in a week than the limit, but fewer steps than that */
	PLAY "tracks: {a: {enter: lead.known, cadence: 1d, sequence: [{send: m}, {send: q}]}}\n",
	PLAY "guardrails: {quiet_hours: {weekends: true}, send_window: {from: \"09:00\", to: "
	     "\"17:00\"}}\n",
	PLAY
	"decide: {mode: off, rewards: {email.click: {value: 1, within: 2d}, form.*: 3}, costs: "
	"{email: 0.001}}\n",
	PLAY
	"tracks: {a: {enter: lead.known, cadence: 4d, decide: {what: [gap]}, sequence: [{send: "
	"m}, {send: q, gap: 2d..6d}]}}\ndecide: {mode: igw}\n",
	PLAY "tracks: {a: {enter: lead.known, decide: {what: [angle]}, sequence: [{send: m}]}}\n"
	     "decide: {mode: igw, harm: {budget: 0.1%}, explore: {most: 30%, least: 2%, uniform: "
	     "28%}}\n",
	PLAY "tracks: {a: {enter: lead.known, decide: {what: [angle]}, sequence: [{send: m}]}}\n"
	     "decide: {mode: igw, drift: {on_alarm: rules, hold: 3d, window: 14d, psi: 0.3}, keep: "
	     "90d}\n",
	PLAY
	"decisions: {subject: {mode: igw, context: [plan, seats], worth: 2, explore: {uniform: "
	"5%}}, offer: {mode: shadow, purpose: marketing, channel: email}}\n",
	ARMS "experiments: {holdout: {percent: 2.5}, e: {arms: {benchmark: 99, story: 1}}}\n",
	PLAY "teams: {sdr: {reps: [{name: S, email: s@x.example}], webhook: "
	     "\"http://127.0.0.1:9/in\"}}\n",
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
		struct loaded l;
		size_t problems = 0;
		load_text(&l, str_of(goods[i]));
		for (size_t k = 0; k < l.report.n; k++)
			problems += is_play_code(str_of(l.report.problems[k].code));
		if (l.status != ST_OK || problems)
			show(&l, goods[i]);
		assert_int_equal(l.status, ST_OK);
		assert_int_equal(problems, 0);
		unload(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_every_code_has_a_case),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused_and_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
