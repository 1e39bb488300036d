/* SPDX-License-Identifier: Apache-2.0
 * schema_guard.c: rows of what bounds everything (guardrails), of who takes over (teams), and of
 * what is tried out (experiments). */
#include "program/schema.h"

#include "program/track.h"

#define SINCE "0.1"

/* ---- leaves ---- */

static const struct schema_type per_day = {
	.kind = SCHEMA_INT, .min = 1, .max = 10, .what = "a number of messages"};
static const struct schema_type per_week = {
	.kind = SCHEMA_INT, .min = 1, .max = 20, .what = "a number of messages"};
static const struct schema_type per_month = {
	.kind = SCHEMA_INT, .min = 1, .max = 60, .what = "a number of messages"};
static const struct schema_type clock = {.kind = SCHEMA_CLOCK,
					 .what = "a time of day in quotes: \"19:00\""};
static const struct schema_type boolean = {.kind = SCHEMA_BOOL, .what = "true or false"};
static const struct schema_type date = {.kind = SCHEMA_DATE, .what = "a date: 2026-12-25"};
static const struct schema_type dates = {
	.kind = SCHEMA_LIST, .item = &date, .max = PROGRAM_HOLIDAYS_MAX, .what = "a list of dates"};
static const struct schema_type zone = {.kind = SCHEMA_ZONE, .what = "a time zone: Europe/Berlin"};
static const struct schema_type duration = {
	.kind = SCHEMA_DURATION, .max = 3650, .what = "a duration"};
static const struct schema_type year = {.kind = SCHEMA_DURATION, .max = 365, .what = "a duration"};
static const struct schema_type share = {.kind = SCHEMA_SHARE, .what = "a share"};
static const struct schema_type weight = {
	.kind = SCHEMA_NUMBER, .min = 0, .max = 100, .what = "a number"};
static const struct schema_type volume = {
	.kind = SCHEMA_INT, .min = 1, .max = 10000000, .what = "a number of messages"};
static const struct schema_type event_type = {.kind = SCHEMA_EVENT, .what = "an event type"};
static const struct schema_type events = {.kind = SCHEMA_LIST,
					  .item = &event_type,
					  .min = 1,
					  .max = 32,
					  .what = "a list of event types"};
static const struct schema_type slug = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "a name"};
static const struct schema_type text = {.kind = SCHEMA_TEXT, .max = 200, .what = "text"};
static const struct schema_type email = {.kind = SCHEMA_EMAIL, .what = "an e-mail address"};
static const struct schema_type url = {.kind = SCHEMA_URL, .what = "an https address"};
static const struct schema_type later = {.kind = SCHEMA_LATER, .what = "a key of a later release"};

/* ---- guardrails ---- */

static const struct schema_key cap_keys[] = {
	{"per_day", &per_day, false, "no limit", "In any 24 hours; 10 at most.", SINCE},
	{"per_week", &per_week, false, "no limit", "In any 7 days; 20 at most.", SINCE},
	{"per_month", &per_month, false, "no limit", "In any 30 days; 60 at most.", SINCE},
	{.name = NULL},
};
static const struct schema_type caps = {
	.kind = SCHEMA_OBJECT, .keys = cap_keys, .what = "{per_day, per_week, per_month}"};
static const struct schema_type channel_caps = {.kind = SCHEMA_MAP,
						.name = NAME_SLUG,
						.item = &caps,
						.max = 32,
						.what = "limits by channel"};
static const struct schema_key quiet_keys[] = {
	{"from", &clock, false, "no quiet hours", "From when on nothing leaves, in quotes.", SINCE},
	{"to", &clock, false, "no quiet hours", "Until when nothing leaves, in quotes.", SINCE},
	{"weekends", &boolean, false, "false", "Quiet on Saturday and Sunday as well.", SINCE},
	{.name = NULL},
};
static const struct schema_type quiet = {
	.kind = SCHEMA_OBJECT, .keys = quiet_keys, .what = "{from, to, weekends}"};
static const struct schema_key hours_keys[] = {
	{"from", &clock, true, NULL, "The first minute, in quotes.", SINCE},
	{"to", &clock, true, NULL, "The first minute behind it, in quotes.", SINCE},
	{.name = NULL},
};
static const struct schema_type hours = {
	.kind = SCHEMA_OBJECT, .keys = hours_keys, .what = "{from, to}"};
static const struct schema_key fatigue_keys[] = {
	{"max", &weight, true, NULL, "So much is too much; each touch weighs 1.", SINCE},
	{"half_life", &year, false, "14d", "The time in which a touch's weight halves.", SINCE},
	{.name = NULL},
};
static const struct schema_type fatigue = {
	.kind = SCHEMA_OBJECT, .keys = fatigue_keys, .what = "{max, half_life}"};
static const struct schema_key rates_keys[] = {
	{"complaint_rate", &share, false, "off", "Complaints among the latest 1,000 messages.",
	 SINCE},
	{"bounce_rate", &share, false, "off", "Bounces among the latest 1,000 messages.", SINCE},
	{.name = NULL},
};
static const struct schema_type rates = {
	.kind = SCHEMA_OBJECT, .keys = rates_keys, .what = "{complaint_rate, bounce_rate}"};
static const struct schema_key warm_up_keys[] = {
	{"from", &volume, true, NULL, "Messages on the first day; each day allows 1.4 times more.",
	 SINCE},
	{.name = NULL},
};
static const struct schema_type warm_up = {
	.kind = SCHEMA_OBJECT, .keys = warm_up_keys, .what = "{from}"};
static const struct schema_key guard_keys[] = {
	{"max_emails", &caps, false, "{per_day: 1, per_week: 3}",
	 "How many e-mails one person gets at most.", SINCE},
	{"max_per_channel", &channel_caps, false, NULL, "The same for any channel, by its name.",
	 SINCE},
	{"max_touches", &caps, false, "no limit", "How many touches over all channels.", SINCE},
	{"max_per_account", &caps, false, "no limit",
	 "How many touches all people of one company get together.", SINCE},
	{"quiet_hours", &quiet, false, "none",
	 "When nothing leaves, in the lead's own time zone. from above to: over midnight.", SINCE},
	{"send_window", &hours, false, "any time",
	 "Outside of it nothing leaves, in the lead's own time zone.", SINCE},
	{"holidays", &dates, false, NULL, "Days on which nothing leaves.", SINCE},
	{"cool_down", &year, false, "none", "Nothing for so long after a touch of any kind.",
	 SINCE},
	{"fatigue", &fatigue, false, "off",
	 "Nothing while they heard a lot and answered little: a touch weighs 1 and fades, a click "
	 "or an answer takes 2 away.",
	 SINCE},
	{"repeat_after", &duration, false, "never", "When the same content may be sent again.",
	 SINCE},
	{"stop_on", &events, false, "reply, unsubscribe, complaint and the goal",
	 "Events after which nothing automated is sent any more. A word without a dot means e-mail "
	 "as well: reply is also email.reply.",
	 SINCE},
	{"pause_sending_if", &rates, false, "off", "Stops all sending when too much goes wrong.",
	 SINCE},
	{"budget_per_day", &volume, false, "no limit", "Messages a day, over all leads.", SINCE},
	{"warm_up", &warm_up, false, "off", "A new sender starts small.", SINCE},
	{"zone", &zone, false, "UTC", "The time zone where a lead's own is not known.", SINCE},
	{"ai", &later, false, NULL, "Limits of generated text.", SINCE},
	{.name = NULL},
};
const struct schema_type schema_guardrails = {
	.kind = SCHEMA_OBJECT,
	.keys = guard_keys,
	.what = "a section with max_emails, quiet_hours, ..."};

/* ---- teams ---- */

static const struct schema_key away_keys[] = {
	{"from", &date, true, NULL, "The first day away.", SINCE},
	{"until", &date, true, NULL, "The last day away.", SINCE},
	{.name = NULL},
};
static const struct schema_type away = {
	.kind = SCHEMA_OBJECT, .keys = away_keys, .what = "{from, until}"};
static const struct schema_type aways = {.kind = SCHEMA_LIST,
					 .item = &away,
					 .max = PROGRAM_AWAY_MAX,
					 .what = "a list of {from, until}"};
static const struct schema_key rep_keys[] = {
	{"name", &text, true, NULL, "The person's name.", SINCE},
	{"email", &email, true, NULL, "Where hand-offs go.", SINCE},
	{"away", &aways, false, "never",
	 "Days on which they are given no hand-off, in the team's zone.", SINCE},
	{.name = NULL},
};
static const struct schema_type rep = {
	.kind = SCHEMA_OBJECT, .keys = rep_keys, .what = "{name, email, away}"};
static const struct schema_type reps = {.kind = SCHEMA_LIST,
					.item = &rep,
					.min = 1,
					.max = PROGRAM_REPS_MAX,
					.what = "a list of people: {name, email}"};
const char *const schema_routing_words[] = {"round_robin", "owner", NULL};
static const struct schema_type routing = {
	.kind = SCHEMA_WORD, .words = schema_routing_words, .what = "round_robin or owner"};
static const struct schema_key team_keys[] = {
	{"reps", &reps, true, NULL, "The people of the team.", SINCE},
	{"routing", &routing, false, "round_robin",
	 "round_robin: each in turn; owner: who owns the lead's account, else in turn.", SINCE},
	{"hours", &hours, false, "all day", "When the team works, in its zone.", SINCE},
	{"zone", &zone, false, "the guardrails' zone", "The team's time zone.", SINCE},
	{"accept_within", &year, false, "4h",
	 "A hand-off is to be accepted within, counted in working hours.", SINCE},
	{"remind_after", &year, false, "half of accept_within", "When they are reminded.", SINCE},
	{"whole_account", &boolean, false, "false",
	 "While the team has a lead, nothing automated goes to its colleagues either.", SINCE},
	{"webhook", &url, false, "e-mail only", "Hand-offs are posted there as well, signed.",
	 SINCE},
	{.name = NULL},
};
static const struct schema_type team = {
	.kind = SCHEMA_OBJECT, .keys = team_keys, .what = "a team: {reps, hours, accept_within}"};
const struct schema_type schema_teams = {.kind = SCHEMA_MAP,
					 .name = NAME_SLUG,
					 .item = &team,
					 .max = PROGRAM_TEAMS_MAX,
					 .what = "teams by name"};

/* ---- experiments ---- */

static const struct schema_type percent = {
	.kind = SCHEMA_NUMBER, .min = 0, .max = 50, .what = "a percentage"};
static const struct schema_type arm = {
	.kind = SCHEMA_INT, .min = 1, .max = 100, .what = "a percentage"};
static const struct schema_type arms = {.kind = SCHEMA_MAP,
					.name = NAME_SLUG,
					.item = &arm,
					.max = PROGRAM_ARMS_MAX,
					.what = "percentages by arm"};
const char *const schema_metric_words[] = {"goal",      "accepted",  "handed",
					   "completed", "contacted", NULL};
static const struct schema_type metric = {.kind = SCHEMA_WORD,
					  .words = schema_metric_words,
					  .what = "goal, accepted, handed, completed or contacted"};
const char *const schema_then_words[] = {"tell", "stop", "ship", NULL};
static const struct schema_type then = {
	.kind = SCHEMA_WORD, .words = schema_then_words, .what = "tell, stop or ship"};
const char *const schema_guard_words[] = {"left", "handed", "goal", "accepted", "completed", NULL};
static const struct schema_type guard_metric = {
	.kind = SCHEMA_WORD,
	.words = schema_guard_words,
	.what = "left, handed, goal, accepted or completed"};
static const struct schema_key ceiling_keys[] = {
	{"metric", &guard_metric, false, "left",
	 "What there must not be too much of; left: unsubscribed, or complained.", SINCE},
	{"most", &share, true, NULL, "The share of an arm's leads that may come so far.", SINCE},
	{.name = NULL},
};
static const struct schema_type ceiling = {
	.kind = SCHEMA_OBJECT, .keys = ceiling_keys, .what = "{metric, most}"};
static const struct schema_type crowd = {
	.kind = SCHEMA_INT, .min = 100, .max = 1000000, .what = "a number of leads"};
static const struct schema_key rule_keys[] = {
	{"then", &then, true, NULL,
	 "What is done when something is found. tell: people are told, and decide. stop: it ends, "
	 "and everybody gets the first arm. ship: it ends, and everybody gets the arm that won, "
	 "the first where none did.",
	 SINCE},
	{"least", &crowd, false, "100", "Leads in each arm before one may win or lose.", SINCE},
	{"guard", &ceiling, false, "none",
	 "An arm (but the first) that is certainly above this ends it, however well it does.",
	 SINCE},
	{"within", &year, false, "no limit",
	 "It lasts no longer; where nothing was shown by then, none has won.", SINCE},
	{.name = NULL},
};
static const struct schema_type rule = {
	.kind = SCHEMA_OBJECT, .keys = rule_keys, .what = "{then, least, guard, within}"};
static const struct schema_key experiment_keys[] = {
	{"percent", &percent, false, NULL,
	 "Of holdout only: the share of leads that is never written to; 50 at most.", SINCE},
	{"track", &slug, false, "all tracks", "The track it runs on.", SINCE},
	{"arms", &arms, false, NULL, "Each arm's share of leads in percent, 100 together.", SINCE},
	{"metric", &metric, false, "goal",
	 "What arms are compared by: the share of leads that came so far.", SINCE},
	{"min_lift", &share, false, "10%",
	 "The smallest difference worth having, as a share of the first arm's rate. 0%: none is "
	 "too small.",
	 SINCE},
	{"rule", &rule, false, "people decide",
	 "When it ends by itself, and how; looked at once a day.", SINCE},
	{.name = NULL},
};
static const struct schema_type experiment = {
	.kind = SCHEMA_OBJECT, .keys = experiment_keys, .what = "{percent}, or {track, arms}"};
const struct schema_type schema_experiments = {.kind = SCHEMA_MAP,
					       .name = NAME_SLUG,
					       .item = &experiment,
					       .max = PROGRAM_EXPERIMENTS_MAX,
					       .what = "holdout: {percent}, and splits by name"};
