/* SPDX-License-Identifier: Apache-2.0
 * schema_decide.c: rows of who chooses: among what the guardrails leave, and what is good;
 * and the choices that another sender asks for. */
#include "program/schema.h"

#include "program/track.h"

#define SINCE "0.1"

static const struct schema_type value = {
	.kind = SCHEMA_NUMBER, .min = 0, .max = 1000, .what = "a value"};
static const struct schema_type cost = {
	.kind = SCHEMA_NUMBER, .min = 0, .max = 1000, .what = "a cost"};
static const struct schema_type gain = {
	.kind = SCHEMA_NUMBER, .min = 1, .max = 10000, .what = "a number"};
static const struct schema_type share = {.kind = SCHEMA_SHARE, .what = "a share"};
static const struct schema_type window = {
	.kind = SCHEMA_DURATION, .max = 180, .what = "a duration"};

static const struct schema_type kept = {
	.kind = SCHEMA_DURATION, .min = 1, .max = 3650, .what = "a duration"};

/* In the order of enum decide_mode. */
const char *const schema_mode_words[] = {"off",     "shadow", "rules",    "first",
					 "epsilon", "igw",    "thompson", NULL};
static const struct schema_type mode = {
	.kind = SCHEMA_WORD,
	.words = schema_mode_words,
	.what = "off, shadow, rules, first, epsilon, igw or thompson"};

static const struct schema_key reward_keys[] = {
	{"value", &value, true, NULL, "What it is worth, on your own scale.", SINCE},
	{"within", &window, false, "3d for clicks, 7d for answers, else 30d",
	 "How long after the decision it still counts.", SINCE},
	{.name = NULL},
};
static const struct schema_type reward_object = {
	.kind = SCHEMA_OBJECT, .keys = reward_keys, .what = "{value, within}"};
static const struct schema_type reward = {.kind = SCHEMA_CHOICE,
					  .as_scalar = &value,
					  .as_map = &reward_object,
					  .what = "a value, or {value, within}"};
static const struct schema_type rewards = {.kind = SCHEMA_MAP,
					   .name = NAME_EVENT,
					   .item = &reward,
					   .min = 1,
					   .max = PROGRAM_REWARDS_MAX,
					   .what = "values by event type"};
static const struct schema_type costs = {.kind = SCHEMA_MAP,
					 .name = NAME_SLUG,
					 .item = &cost,
					 .max = 32,
					 .what = "costs by channel"};
static const struct schema_key harm_keys[] = {
	{"budget", &share, false, "0.3%",
	 "How many of the messages may end in an unsubscribe or a complaint. More than that makes "
	 "every message dearer until there are fewer.",
	 SINCE},
	{"within", &window, false, "30d", "How long after a message it is put down to it.", SINCE},
	{.name = NULL},
};
static const struct schema_type harm = {
	.kind = SCHEMA_OBJECT, .keys = harm_keys, .what = "{budget, within}"};
static const struct schema_key explore_keys[] = {
	{"uniform", &share, false, "0%",
	 "The share of decisions that is drawn evenly for good, so that there is always a sample "
	 "nobody's beliefs have touched.",
	 SINCE},
	{"most", &share, false, "no limit",
	 "All but the best guess together get at most this share.", SINCE},
	{"least", &share, false, "1%",
	 "Shared out evenly: what each choice gets at least, so that what is learned stays "
	 "comparable.",
	 SINCE},
	{"epsilon", &share, false, "5%", "Of mode epsilon: the share in which anything is tried.",
	 SINCE},
	{"gain", &gain, false, "150", "Of mode igw: more is greedier.", SINCE},
	{.name = NULL},
};
static const struct schema_type explore = {
	.kind = SCHEMA_OBJECT, .keys = explore_keys, .what = "{uniform, most, least, ...}"};
const char *const schema_drift_words[] = {"widen", "reopen", "rules", "alarm_only", NULL};
static const struct schema_type on_alarm = {.kind = SCHEMA_WORD,
					    .words = schema_drift_words,
					    .what = "widen, reopen, rules or alarm_only"};
static const struct schema_type psi = {
	.kind = SCHEMA_NUMBER, .min = 0.05, .max = 10, .what = "a number"};
static const struct schema_key drift_keys[] = {
	{"on_alarm", &on_alarm, false, "widen",
	 "What is done while the world looks different from what was learned. widen: what was "
	 "learned counts half, and twice as much is tried out. reopen: a fifth is tried out, "
	 "nearly "
	 "as if it were new. rules: the rules choose. alarm_only: it is told, nothing else.",
	 SINCE},
	{"hold", &window, false, "7d", "For how long behind the last alarm.", SINCE},
	{"window", &window, false, "7d",
	 "Those who come in so long (500 at least) are compared with those who came before.",
	 SINCE},
	{"psi", &psi, false, "0.25", "How far apart is too far, for a number of the context.",
	 SINCE},
	{.name = NULL},
};
static const struct schema_type drift = {
	.kind = SCHEMA_OBJECT, .keys = drift_keys, .what = "{on_alarm, hold, window, psi}"};
static const struct schema_key deciding_keys[] = {
	{"mode", &mode, true, NULL,
	 "Who chooses. off: the rules, and nothing is learned. rules, first: the rules or the "
	 "first angle, while the learner looks on. shadow: the same, and what the learner would "
	 "have done is written down. igw (the one to take), epsilon, thompson: the learner, in the "
	 "tracks that have `decide:`.",
	 SINCE},
	{"rewards", &rewards, false,
	 "{email.click: 0.1, email.reply: 0.5} and 1 for the program's goal",
	 "What an event behind a decision is worth. Machines never count.", SINCE},
	{"costs", &costs, false, "nothing", "What a message costs, by channel, on the same scale.",
	 SINCE},
	{"harm", &harm, false, "{budget: 0.3%}", "How much annoyance is too much.", SINCE},
	{"explore", &explore, false, "the least that is needed", "How much is tried out.", SINCE},
	{"drift", &drift, false, "{on_alarm: widen}",
	 "What is done when those who come, or what comes of messages, are not as before.", SINCE},
	{"keep", &kept, false, "400d",
	 "How long records of decisions, and of what came of them, are kept: `explain` and `policy "
	 "compare` look back no further. What was learned stays. A day at least; a "
	 "decision whose outcome is still awaited stays till it has come.",
	 SINCE},
	{.name = NULL},
};
const struct schema_type schema_deciding = {.kind = SCHEMA_OBJECT,
					    .keys = deciding_keys,
					    .what = "a section with mode, rewards, harm, ..."};

/* ---- choices that another sender asks for ---- */

static const struct schema_type worth = {
	.kind = SCHEMA_NUMBER, .min = 0.001, .max = 1000000, .what = "a value"};
static const struct schema_type slug = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "a name"};
static const struct schema_type ident = {
	.kind = SCHEMA_NAME, .name = NAME_IDENT, .max = 64, .what = "a name"};
static const struct schema_type context = {
	.kind = SCHEMA_LIST, .item = &ident, .max = PROGRAM_CONTEXT_MAX, .what = "a list of names"};

/* In the order of enum decision_mode. */
const char *const schema_ask_words[] = {"shadow", "first", "epsilon", "igw", "thompson", NULL};
static const struct schema_type ask_mode = {.kind = SCHEMA_WORD,
					    .words = schema_ask_words,
					    .what = "shadow, first, epsilon, igw or thompson"};

static const struct schema_key decision_keys[] = {
	{"mode", &ask_mode, true, NULL,
	 "Who chooses. shadow: the sender, who says what it took; what the learner would have done "
	 "is written down. first: the first action that may be taken. igw (the one to take), "
	 "epsilon, thompson: the learner.",
	 SINCE},
	{"context", &context, false, "none",
	 "Numbers that a request may give about its case, best between -3 and 3. Others are "
	 "refused. With another list it is learned from the start.",
	 SINCE},
	{"channel", &slug, false, "the first of consent.channels",
	 "Where a lead is named: the channel that guards are asked for.", SINCE},
	{"purpose", &slug, false, "the first of consent.purposes",
	 "Where a lead is named: what consent is asked for.", SINCE},
	{"worth", &worth, false, "1", "What the best that can come of one decision is worth.",
	 SINCE},
	{"learn", &window, false, "1d",
	 "When an outcome is looked at first, good or bad; what comes later is a correction.",
	 SINCE},
	{"within", &window, false, "7d", "How long rewards count.", SINCE},
	{"explore", &explore, false, "the least that is needed", "How much is tried out.", SINCE},
	{.name = NULL},
};
static const struct schema_type decision = {
	.kind = SCHEMA_OBJECT, .keys = decision_keys, .what = "a section with mode, context, ..."};
const struct schema_type schema_decisions = {.kind = SCHEMA_MAP,
					     .name = NAME_SLUG,
					     .item = &decision,
					     .max = PROGRAM_DECISIONS_MAX,
					     .what = "decisions by name"};
