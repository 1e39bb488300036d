/* SPDX-License-Identifier: Apache-2.0
 * test_nurture.h: a program with two tracks, their content and a rep, for tests.
 */
#ifndef ENGINE_TEST_NURTURE_H
#define ENGINE_TEST_NURTURE_H

#include "engine/test_play.h"

static const char *const nurture_program =
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n"
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
	"scoring:\n"
	"  fit: [{name: any, if: lead.known, points: 40}]\n"
	"  engagement:\n    half_life: 10d\n    points: {form.ebook: 10, email.click: 20}\n"
	"consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: [email]}\n"
	"tracks:\n"
	"  early:\n    stage: early\n    enter: lead.known\n    cadence: 3d..5d\n"
	"    sequence:\n"
	"      - send: guide\n        angles: [story, numbers]\n        wait: 4d\n"
	"        react:\n"
	"          replied: {handoff: {team: sdr, within: 1h}}\n"
	"          clicked: {move: late}\n"
	"          silent: {send: again, with: new_angle}\n"
	"  late:\n    stage: mid\n    cadence: 3d..5d\n"
	"    sequence:\n"
	"      - send: offer\n        angles: [plain]\n        wait: 4d\n"
	"guardrails:\n  max_emails: {per_day: 2, per_week: 7}\n"
	"  stop_on: [reply, email.unsubscribe, email.complaint, meeting.booked]\n"
	"teams:\n  sdr:\n    reps: [{name: Jo, email: jo@larkspur.example}]\n"
	"    accept_within: 4h\n";

static const struct content_file files[] = {
	{STR("guide"), STR("numbers"), STR(""), 1, STR("h1")},
	{STR("guide"), STR("story"), STR(""), 1, STR("h2")},
	{STR("offer"), STR("bold"), STR(""), 1, STR("h4")},
	{STR("offer"), STR("plain"), STR(""), 1, STR("h3")},
};
static const struct content_index content = {.files = files, .n = 4};

static inline void start_with(struct world *w, const char *text)
{
	play_start(w, text, &content);
}

static inline void start(struct world *w)
{
	start_with(w, nurture_program);
}

static inline void comes(struct world *w)
{
	does(w, "form.ebook", "ada@acme.example", NULL, "{}");
}

#endif
