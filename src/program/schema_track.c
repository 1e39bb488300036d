/* SPDX-License-Identifier: Apache-2.0
 * schema_track.c: rows of what is said to whom and when: tracks, their steps, what follows a
 * reaction, triggers. The words are for the person who writes the file. */
#include "program/schema.h"

#include "program/track.h"

#define SINCE "0.1"

/* ---- leaves ---- */

static const struct schema_type track_name = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "the name of a track"};
static const struct schema_type message_name = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "the name of a message"};
static const struct schema_type angle_name = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "the name of an angle"};
static const struct schema_type team_name = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "the name of a team"};
static const struct schema_type slug = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "a name"};
static const struct schema_type title = {
	.kind = SCHEMA_NAME, .name = NAME_TITLE, .max = 96, .what = "a name"};
static const struct schema_type reason = {
	.kind = SCHEMA_TEXT, .max = 200, .what = "a reason, in words"};
static const struct schema_type cel = {.kind = SCHEMA_CEL, .what = "a condition"};
static const struct schema_type event_type = {.kind = SCHEMA_EVENT, .what = "an event type"};
static const struct schema_type span = {
	.kind = SCHEMA_SPAN, .max = 365, .what = "a time, or a range: 4d or 7d..10d"};
static const struct schema_type year = {.kind = SCHEMA_DURATION, .max = 365, .what = "a duration"};
static const struct schema_type ten_years = {
	.kind = SCHEMA_DURATION, .max = 3650, .what = "a duration"};
static const struct schema_type repeats = {
	.kind = SCHEMA_INT, .max = 5, .what = "a number of repeats"};
static const struct schema_type touches = {
	.kind = SCHEMA_INT, .min = 1, .max = 60, .what = "a number of touches"};
static const struct schema_type later = {.kind = SCHEMA_LATER, .what = "a key of a later release"};

/* ---- actions ---- */

const char *const schema_with_words[] = {"same", "new_angle", "new_subject", NULL};
static const struct schema_type with = {
	.kind = SCHEMA_WORD, .words = schema_with_words, .what = "new_angle, new_subject or same"};
static const char *const send_words[] = {"again", NULL};
static const struct schema_type send_again = {
	.kind = SCHEMA_WORD, .words = send_words, .what = "the word again"};
static const struct schema_key handoff_keys[] = {
	{"team", &team_name, true, NULL, "Who takes over.", SINCE},
	{"within", &year, false, "the team's accept_within",
	 "To be accepted within, in the team's working hours.", SINCE},
	{"reason", &reason, false, "what asked for it", "Said to the person who takes over.",
	 SINCE},
	{.name = NULL},
};
static const struct schema_type handoff_object = {
	.kind = SCHEMA_OBJECT, .keys = handoff_keys, .what = "{team, within, reason}"};
static const struct schema_type handoff = {.kind = SCHEMA_CHOICE,
					   .as_scalar = &team_name,
					   .as_map = &handoff_object,
					   .what = "a team, or {team, within, reason}"};

#define ACTION_KEYS \
	{"move", &track_name, false, NULL, "To another track, at its first step.", SINCE}, \
		{"handoff", \
		 &handoff, \
		 false, \
		 NULL, \
		 "A person takes over; nothing automated is sent any more.", \
		 SINCE}, \
		{"exit", &reason, false, NULL, "Leaves the track, for this reason.", SINCE}, \
		{"pause", &year, false, NULL, "Says nothing for so long, then goes on.", SINCE}, \
		{"suppress", &reason, false, NULL, "Never again on this channel; the reason why.", \
		 SINCE}, \
	{ \
		"then", &schema_action, false, "nothing", \
			"What is done after it. Of send: what is done when nothing new is left " \
			"to say, or it is silent again.", \
			SINCE \
	}

static const struct schema_key action_keys[] = {
	{"send", &send_again, false, NULL, "again: the same step once more, said differently.",
	 SINCE},
	{"with", &with, false, "new_angle",
	 "Of send. new_angle: the same topic from another side; new_subject: the same text under "
	 "another subject line; same: as it was.",
	 SINCE},
	ACTION_KEYS,
	{.name = NULL},
};
static const char *const action_words[] = {"next", "exit", NULL};
static const struct schema_type action_word = {
	.kind = SCHEMA_WORD, .words = action_words, .what = "next or exit"};
static const struct schema_type action_object = {
	.kind = SCHEMA_OBJECT,
	.keys = action_keys,
	.what = "one of {move}, {send}, {handoff}, {exit}, {pause}, {suppress}"};
const struct schema_type schema_action = {.kind = SCHEMA_CHOICE,
					  .ref = "action",
					  .as_scalar = &action_word,
					  .as_map = &action_object,
					  .what = "an action: next, {move: x}, ..."};

/* ---- steps ---- */

static const struct schema_key react_keys[] = {
	{"replied", &schema_action, false, "everything automated stops",
	 "They answered. A person should read it: hand it off.", SINCE},
	{"clicked", &schema_action, false, "next", "A person followed a link: the clearest sign.",
	 SINCE},
	{"opened", &schema_action, false, "next",
	 "A person opened it and followed no link. Opens are guesses: mail programs open by "
	 "themselves.",
	 SINCE},
	{"silent", &schema_action, false, "next", "Nothing happened while we watched.", SINCE},
	{"silent_x2", &schema_action, false, "as silent",
	 "Nothing happened, and nothing after the message before it.", SINCE},
	{.name = NULL},
};
static const struct schema_type react = {
	.kind = SCHEMA_OBJECT, .keys = react_keys, .what = "actions by reaction"};

static const struct schema_key substitute_keys[] = {
	{"send", &message_name, false, "the same message", "Another message.", SINCE},
	{"channel", &slug, false, "the same channel", "Another channel.", SINCE},
	{.name = NULL},
};
static const struct schema_type substitute_object = {
	.kind = SCHEMA_OBJECT, .keys = substitute_keys, .what = "{send, channel}"};
static const struct schema_type substitute = {.kind = SCHEMA_CHOICE,
					      .as_scalar = &message_name,
					      .as_map = &substitute_object,
					      .what = "a message, or {send, channel}"};
static const struct schema_key capped_keys[] = {
	{"substitute", &substitute, true, NULL, "Sent in its place, if that may go.", SINCE},
	{.name = NULL},
};
const char *const schema_capped_words[] = {"defer", "skip", NULL};
static const struct schema_type capped_word = {
	.kind = SCHEMA_WORD, .words = schema_capped_words, .what = "defer or skip"};
static const struct schema_type capped_object = {
	.kind = SCHEMA_OBJECT, .keys = capped_keys, .what = "{substitute}"};
static const struct schema_type capped = {.kind = SCHEMA_CHOICE,
					  .as_scalar = &capped_word,
					  .as_map = &capped_object,
					  .what = "defer, skip, or {substitute: ...}"};

static const struct schema_type angles = {.kind = SCHEMA_LIST,
					  .item = &angle_name,
					  .min = 1,
					  .max = PROGRAM_ANGLES_MAX,
					  .what = "a list of angles"};
static const struct schema_key step_keys[] = {
	{"send", &message_name, true, NULL,
	 "The message: its text stands in content/<message>/<angle>[.<persona>].md.", SINCE},
	{"name", &slug, false, "the message's name", "What reports and conditions call this step.",
	 SINCE},
	{"channel", &slug, false, "the first of consent.channels", "How it is sent.", SINCE},
	{"purpose", &slug, false, "the first of consent.purposes",
	 "What must have been agreed to, so that it may be sent.", SINCE},
	{"angles", &angles, false, "[plain]",
	 "Ways to say it, to choose from; the first is the one in doubt.", SINCE},
	{"if", &cel, false, NULL,
	 "Where it does not hold the step is passed over: may ask for lead, account, persona, "
	 "scores, features, touches.",
	 SINCE},
	{"gap", &span, false, "the track's cadence; none before the first step",
	 "How long after the touch before it.", SINCE},
	{"wait", &year, false, "3d, or the track's shortest gap",
	 "How long to watch for a reaction.", SINCE},
	{"react", &react, false, "next, whatever happens", "What each reaction leads to.", SINCE},
	{"again_max", &repeats, false, "2", "How often the step may be repeated by {send: again}.",
	 SINCE},
	{"capped", &capped, false, "defer",
	 "When a limit holds the message back. defer: it waits; skip: the next step; or "
	 "{substitute: ...}.",
	 SINCE},
	{"write", &later, false, NULL, "Who fills the slots of the text.", SINCE},
	{.name = NULL},
};
static const struct schema_type step = {
	.kind = SCHEMA_OBJECT, .keys = step_keys, .what = "a step: {send, angles, wait, react}"};
static const struct schema_type sequence = {.kind = SCHEMA_LIST,
					    .item = &step,
					    .min = 1,
					    .max = PROGRAM_STEPS_MAX,
					    .what = "a list of steps"};

/* ---- tracks ---- */

static const struct schema_key pace_keys[] = {
	{"touches", &touches, true, NULL, "So many touches ...", SINCE},
	{"within", &year, true, NULL, "... in so long.", SINCE},
	{.name = NULL},
};
static const struct schema_type pace_one = {
	.kind = SCHEMA_OBJECT, .keys = pace_keys, .what = "{touches, within}"};
static const struct schema_key paces_keys[] = {
	{"hot", &pace_one, false, "the cadence", "For hot leads.", SINCE},
	{"warm", &pace_one, false, "the cadence", "For warm leads.", SINCE},
	{"cold", &pace_one, false, "the cadence", "For cold leads.", SINCE},
	{.name = NULL},
};
static const char *const pace_words[] = {"by_tier", NULL};
static const struct schema_type pace_word = {
	.kind = SCHEMA_WORD, .words = pace_words, .what = "the word by_tier"};
static const struct schema_type pace_object = {
	.kind = SCHEMA_OBJECT, .keys = paces_keys, .what = "{hot, warm, cold}"};
static const struct schema_type pace = {.kind = SCHEMA_CHOICE,
					.as_scalar = &pace_word,
					.as_map = &pace_object,
					.what = "by_tier, or {hot: {touches, within}, ...}"};

const char *const schema_decide_words[] = {"angle", "send_time", "gap", "channel", "nothing", NULL};
static const struct schema_type decide_word = {
	.kind = SCHEMA_WORD, .words = schema_decide_words, .what = "something that can be chosen"};
static const struct schema_type decide_what = {.kind = SCHEMA_LIST,
					       .item = &decide_word,
					       .min = 1,
					       .max = 5,
					       .what = "a list of what may be chosen"};
static const struct schema_key decide_keys[] = {
	{"what", &decide_what, true, NULL,
	 "What may be chosen for each lead: angle, send_time (the part of the day), gap (short, "
	 "middle "
	 "or long of the range of `cadence:` or of the step), channel, nothing.",
	 SINCE},
	{.name = NULL},
};
static const char *const decide_gone[] = {"policy", "fallback", NULL};
static const struct schema_type decide = {.kind = SCHEMA_OBJECT,
					  .keys = decide_keys,
					  .gone = decide_gone,
					  .what = "{what: [angle, ...]}"};

static const struct schema_type persona_list = {.kind = SCHEMA_LIST,
						.item = &slug,
						.min = 1,
						.max = PROGRAM_PERSONAS_MAX,
						.what = "a list of personas"};
static const struct schema_type reentry = {.kind = SCHEMA_REENTRY,
					   .what = "never, always, or after 90d"};
static const struct schema_key track_keys[] = {
	{"stage", &slug, false, NULL,
	 "How far along its leads are: early, mid, late, cold, or a word of yours.", SINCE},
	{"enter", &cel, false, "only by a move",
	 "Leads on no track come in when this holds; tracks are asked from the top.", SINCE},
	{"personas", &persona_list, false, "everybody", "Only these kinds of buyer come in.",
	 SINCE},
	{"cadence", &span, false, "4d..7d",
	 "Time between two touches: a range to choose from, or one time.", SINCE},
	{"pace", &pace, false, "the cadence for all",
	 "Another cadence by tier. by_tier: hot 3 touches in 5 days, cold 6 in 30.", SINCE},
	{"sequence", &sequence, true, NULL, "The steps, in order.", SINCE},
	{"goal", &event_type, false, "the program's goal", "The event that ends the track well.",
	 SINCE},
	{"exit", &cel, false, NULL, "Leads for whom this holds leave the track.", SINCE},
	{"touches_max", &touches, false, "as many as there are",
	 "After so many messages the track is over.", SINCE},
	{"age_max", &ten_years, false, "no limit", "After so long the track is over.", SINCE},
	{"exhausted", &schema_action, false, "exit", "What is done after the last step.", SINCE},
	{"reentry", &reentry, false, "never",
	 "May a lead that left come in again? never, always, or after 90d.", SINCE},
	{"decide", &decide, false, "rules choose", "What a policy may choose.", SINCE},
	{.name = NULL},
};
static const struct schema_type track = {
	.kind = SCHEMA_OBJECT, .keys = track_keys, .what = "a track: {stage, enter, sequence}"};
const struct schema_type schema_tracks = {.kind = SCHEMA_MAP,
					  .name = NAME_SLUG,
					  .item = &track,
					  .max = PROGRAM_TRACKS_MAX,
					  .what = "tracks by name"};

/* ---- triggers ---- */

static const struct schema_key trigger_keys[] = {
	{"name", &title, true, NULL, "What the lead's story calls it.", SINCE},
	{"when", &cel, true, NULL,
	 "Fires when this begins to hold: may ask for everything, event.* included.", SINCE},
	{"for", &ten_years, false, "at once", "It must have held for so long.", SINCE},
	ACTION_KEYS,
	{.name = NULL},
};
static const struct schema_type trigger = {
	.kind = SCHEMA_OBJECT, .keys = trigger_keys, .what = "a trigger: {name, when, move}"};
const struct schema_type schema_triggers = {.kind = SCHEMA_LIST,
					    .item = &trigger,
					    .max = PROGRAM_TRIGGERS_MAX,
					    .what = "a list of triggers"};
