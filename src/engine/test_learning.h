/* SPDX-License-Identifier: Apache-2.0
 * test_learning.h: a program that lets a learner choose, and people of whom some like one angle.
 */
#ifndef ENGINE_TEST_LEARNING_H
#define ENGINE_TEST_LEARNING_H

#include "engine/test_play.h"

#define LEARNING_PROGRAM(mode) LEARNING_OF(mode, "angle", "")
#define LEARNING_SECOND "      - {name: second, send: guide, angles: [story, numbers], wait: 4d}\n"
#define LEARNING_OF(mode, what, more) \
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n" \
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n" \
	"scoring:\n" \
	"  fit: [{name: any, if: lead.known, points: 40}]\n" \
	"  engagement:\n    half_life: 10d\n    points: {form.ebook: 10, email.click: 20}\n" \
	"consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: [email]}\n" \
	"tracks:\n" \
	"  early:\n    stage: early\n    enter: lead.known\n    cadence: 3d..5d\n" \
	"    decide: {what: [" what "]}\n" \
	"    sequence:\n" \
	"      - send: guide\n        angles: [story, numbers]\n        wait: 4d\n" more \
	"guardrails:\n  max_emails: {per_day: 2, per_week: 7}\n" \
	"  stop_on: [reply, email.unsubscribe, email.complaint, meeting.booked]\n" \
	"teams:\n  sdr:\n    reps: [{name: Jo, email: jo@larkspur.example}]\n" \
	"    accept_within: 4h\n" \
	"decide: {mode: " mode ", rewards: {email.click: {value: 0.5, within: 1d}}}\n"

static const struct content_file learning_files[] = {
	{STR("guide"), STR("numbers"), STR(""), 1, STR("h1")},
	{STR("guide"), STR("story"), STR(""), 1, STR("h2")},
};
static const struct content_index learning_content = {.files = learning_files, .n = 2};

/* One comes, hears of us, and clicks when it is the angle they like; two days later that is
 * known. Who has been told nothing yet (the policy may say nothing) is left alone. */
static inline void learning_one(struct world *w, unsigned number, const char *likes)
{
	char email[64];
	size_t before = handed_n = 0;
	(void)snprintf(email, sizeof email, "p%u@firm%u.example", number, number);
	does(w, "form.ebook", email, NULL, "{}");
	for (size_t i = before; i < handed_n; i++) {
		struct message m = message_of(w, handed[i]);
		told(w, "message.sent", handed[i]);
		if (str_is(m.angle, likes) && number % 3 != 0)
			seen(w, "email.click", handed[i], 0);
	}
	passes(w, 2 * US_PER_D);
}

#endif
