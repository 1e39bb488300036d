/* SPDX-License-Identifier: Apache-2.0
 * schema_decision.c: rows of the choices that another sender asks for. */
#include "program/schema.h"

#include "program/track.h"

#define SINCE "0.1"

static const struct schema_type worth = {
	.kind = SCHEMA_NUMBER, .min = 0.001, .max = 1000000, .what = "a value"};
static const struct schema_type gain = {
	.kind = SCHEMA_NUMBER, .min = 1, .max = 10000, .what = "a number"};
static const struct schema_type share = {.kind = SCHEMA_SHARE, .what = "a share"};
static const struct schema_type window = {
	.kind = SCHEMA_DURATION, .max = 180, .what = "a duration"};
static const struct schema_type slug = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "a name"};
static const struct schema_type ident = {
	.kind = SCHEMA_NAME, .name = NAME_IDENT, .max = 64, .what = "a name"};
static const struct schema_type context = {
	.kind = SCHEMA_LIST, .item = &ident, .max = PROGRAM_CONTEXT_MAX, .what = "a list of names"};

/* In the order of enum decision_mode. */
const char *const schema_ask_words[] = {"shadow", "first", "epsilon", "igw", "thompson", NULL};
static const struct schema_type mode = {.kind = SCHEMA_WORD,
					.words = schema_ask_words,
					.what = "shadow, first, epsilon, igw or thompson"};

static const struct schema_key explore_keys[] = {
	{"most", &share, false, "no limit",
	 "All but the best guess together get at most this share.", SINCE},
	{"least", &share, false, "1%", "Shared out evenly: what each action gets at least.", SINCE},
	{"uniform", &share, false, "0%",
	 "The share of decisions that is drawn evenly for good, so that there is always a sample "
	 "nobody's beliefs have touched.",
	 SINCE},
	{"epsilon", &share, false, "5%", "Of mode epsilon: the share in which anything is tried.",
	 SINCE},
	{"gain", &gain, false, "150", "Of mode igw: more is greedier.", SINCE},
	{.name = NULL},
};
static const struct schema_type explore = {
	.kind = SCHEMA_OBJECT, .keys = explore_keys, .what = "{most, least, uniform, ...}"};
static const struct schema_key decision_keys[] = {
	{"mode", &mode, true, NULL,
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
