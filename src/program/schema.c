/* SPDX-License-Identifier: Apache-2.0
 * schema.c: the table of the program file. Order of rows is the order of the reference; the words
 * are for the person who writes the file, not for the person who reads this code. */
#include "program/schema.h"

#include "program/program.h"

#define SINCE "0.1"

/* ---- leaves ---- */

static const struct schema_type text_line = {.kind = SCHEMA_TEXT, .max = 200, .what = "text"};
static const struct schema_type text_long = {.kind = SCHEMA_TEXT, .max = 1000, .what = "text"};
static const struct schema_type slug = {
	.kind = SCHEMA_NAME, .name = NAME_SLUG, .max = 64, .what = "a name"};
static const struct schema_type ident = {
	.kind = SCHEMA_NAME, .name = NAME_IDENT, .max = 64, .what = "a name"};
static const struct schema_type title = {
	.kind = SCHEMA_NAME, .name = NAME_TITLE, .max = 96, .what = "a name"};
static const struct schema_type key_name = {
	.kind = SCHEMA_NAME, .name = NAME_KEY, .max = 64, .what = "the name of an identifier"};
static const struct schema_type cel = {.kind = SCHEMA_CEL, .what = "a condition"};
static const struct schema_type email = {.kind = SCHEMA_EMAIL, .what = "an e-mail address"};
static const struct schema_type country = {.kind = SCHEMA_COUNTRY, .what = "a country code"};
static const struct schema_type boolean = {.kind = SCHEMA_BOOL, .what = "true or false"};
static const struct schema_type version = {.kind = SCHEMA_VERSION, .what = "the number 1"};
static const struct schema_type event_type = {.kind = SCHEMA_EVENT, .what = "an event type"};
static const struct schema_type event_family = {
	.kind = SCHEMA_EVENT, .family = true, .what = "an event type or family"};
static const struct schema_type points = {
	.kind = SCHEMA_NUMBER, .cents = true, .min = -100, .max = 100, .what = "points"};
static const struct schema_type points_positive = {
	.kind = SCHEMA_NUMBER, .cents = true, .min = 0, .max = 100, .what = "points"};
static const struct schema_type ceiling = {
	.kind = SCHEMA_NUMBER, .cents = true, .min = 0, .max = 1000, .what = "points"};
static const struct schema_type threshold = {
	.kind = SCHEMA_NUMBER, .cents = true, .min = 0, .max = 100, .what = "a score"};
static const struct schema_type share = {.kind = SCHEMA_SHARE, .what = "a share"};
static const struct schema_type half_life = {
	.kind = SCHEMA_DURATION, .max = 3650, .what = "a duration"};
static const struct schema_type duration = {
	.kind = SCHEMA_DURATION, .max = 3650, .what = "a duration"};
static const struct schema_type later = {.kind = SCHEMA_LATER,
					 .what = "a section of a later release"};

/* ---- fields and keys ---- */

static const char *const field_types[] = {"string", "number", "int", "bool", "time", "list", NULL};
static const struct schema_type field_type_word = {
	.kind = SCHEMA_WORD, .words = field_types, .what = "a type"};
static const struct schema_key field_keys[] = {
	{"type", &field_type_word, true, NULL,
	 "What the value is: string, number, int, bool, time, list.", SINCE},
	{"path", &text_line, false, "the field's own name",
	 "Where the value stands: the name of a trait or property as it arrives, or a path with "
	 "dots.",
	 SINCE},
	{.name = NULL},
};
static const struct schema_type field_object = {
	.kind = SCHEMA_OBJECT, .keys = field_keys, .what = "{type, path}"};
static const struct schema_type field = {.kind = SCHEMA_CHOICE,
					 .as_scalar = &field_type_word,
					 .as_map = &field_object,
					 .what = "a type, or {type, path}"};
static const struct schema_type field_map = {.kind = SCHEMA_MAP,
					     .name = NAME_IDENT,
					     .item = &field,
					     .max = PROGRAM_FIELDS_MAX,
					     .what = "fields by name"};
static const struct schema_key fields_keys[] = {
	{"lead", &field_map, false, NULL, "What is known about a person, asked for as lead.NAME.",
	 SINCE},
	{"account", &field_map, false, NULL,
	 "What is known about a company, asked for as account.NAME or company.NAME.", SINCE},
	{"event", &field_map, false, NULL,
	 "What an event carries, asked for as event.NAME; the path starts in its properties.",
	 SINCE},
	{.name = NULL},
};
static const struct schema_type fields = {
	.kind = SCHEMA_OBJECT, .keys = fields_keys, .what = "a section with lead, account, event"};

static const char *const key_strengths[] = {"solid", "device", NULL};
static const struct schema_type key_strength = {
	.kind = SCHEMA_WORD, .words = key_strengths, .what = "solid or device"};
static const struct schema_type key_list = {
	.kind = SCHEMA_LIST, .item = &key_name, .max = 64, .what = "a list of identifiers"};
static const struct schema_type key_map = {.kind = SCHEMA_MAP,
					   .name = NAME_KEY,
					   .item = &key_strength,
					   .max = 64,
					   .what = "identifiers and their strength"};
static const struct schema_type keys = {
	.kind = SCHEMA_CHOICE,
	.as_list = &key_list,
	.as_map = &key_map,
	.what = "a list of identifiers, or identifier: solid | device"};

/* ---- sender, personas ---- */

static const struct schema_type url = {.kind = SCHEMA_URL, .what = "an https address"};
static const struct schema_key sender_keys[] = {
	{"name", &text_line, true, NULL, "The name people see in their inbox.", SINCE},
	{"from", &email, true, NULL, "The address messages come from.", SINCE},
	{"reply_to", &email, false, "from", "Where answers go.", SINCE},
	{"postal_address", &text_long, false, NULL,
	 "The postal address of the sender, which many laws want in every commercial message.",
	 SINCE},
	{"logo", &url, false, "no logo", "The address of the sender's logo, for layouts.", SINCE},
	{"layout", &slug, false, "built-in",
	 "What stands around every message: content/layouts/<name>.liquid.", SINCE},
	{.name = NULL},
};
static const struct schema_type sender = {
	.kind = SCHEMA_OBJECT, .keys = sender_keys, .what = "a section with name and from"};
static const struct schema_type personas = {.kind = SCHEMA_MAP,
					    .name = NAME_IDENT,
					    .item = &cel,
					    .max = PROGRAM_PERSONAS_MAX,
					    .what = "conditions by persona"};

/* ---- features ---- */

static const char *const feature_kinds[] = {"count",   "sum",  "distinct", "recency",
					    "decayed", "last", "ratio",    NULL};
static const struct schema_type feature_kind = {
	.kind = SCHEMA_WORD, .words = feature_kinds, .what = "a kind of feature"};
#define FEATURE_KEYS \
	{"kind", \
	 &feature_kind, \
	 true, \
	 NULL, \
	 "count: events so far; sum, last: of a numeric property; distinct: different values of " \
	 "a " \
	 "property; recency: seconds since the latest; decayed: a count that halves every " \
	 "half_life; ratio: of two features above.", \
	 SINCE}, \
		{"of", \
		 &event_family, \
		 false, \
		 "*", \
		 "Which events: a type, a family like form.*, or *.", \
		 SINCE}, \
		{"where", &cel, false, NULL, "Only events for which this holds.", SINCE}, \
		{"property", \
		 &text_line, \
		 false, \
		 NULL, \
		 "Of sum, distinct, last: the property, as in properties.amount or page.path.", \
		 SINCE}, \
		{"half_life", \
		 &half_life, \
		 false, \
		 NULL, \
		 "Of decayed: the time in which an event's weight halves.", \
		 SINCE}, \
		{"over", &ident, false, NULL, "Of ratio: the feature above the line.", SINCE}, \
	{ \
		"under", &ident, false, NULL, \
			"Of ratio: the feature below the line; where it is 0 the ratio is 0.", \
			SINCE \
	}

static const struct schema_key feature_keys[] = {FEATURE_KEYS, {.name = NULL}};
static const struct schema_key feature_named_keys[] = {
	{"name", &ident, true, NULL, "Its name: conditions ask for feature.NAME.", SINCE},
	FEATURE_KEYS,
	{.name = NULL},
};
static const struct schema_type feature = {
	.kind = SCHEMA_OBJECT, .keys = feature_keys, .what = "a feature: {kind, of, ...}"};
static const struct schema_type feature_named = {.kind = SCHEMA_OBJECT,
						 .keys = feature_named_keys,
						 .what = "a feature: {name, kind, of, ...}"};
static const struct schema_type feature_map = {.kind = SCHEMA_MAP,
					       .name = NAME_IDENT,
					       .item = &feature,
					       .max = PROGRAM_FEATURES_MAX,
					       .what = "features by name"};
static const struct schema_type feature_list = {.kind = SCHEMA_LIST,
						.item = &feature_named,
						.max = PROGRAM_FEATURES_MAX,
						.what = "a list of features"};
static const struct schema_type features = {.kind = SCHEMA_CHOICE,
					    .as_list = &feature_list,
					    .as_map = &feature_map,
					    .what = "features by name, or a list of them"};

/* ---- scoring ---- */

static const struct schema_key fit_keys[] = {
	{"name", &title, false, "the condition itself", "What the ledger calls this rule.", SINCE},
	{"if", &cel, true, NULL, "Holds for the leads that get the points: lead, account, persona.",
	 SINCE},
	{"points", &points, true, NULL, "Added to fit while the condition holds; may be negative.",
	 SINCE},
	{.name = NULL},
};
static const struct schema_type fit_rule = {
	.kind = SCHEMA_OBJECT, .keys = fit_keys, .what = "a fit rule: {if, points}"};
static const struct schema_type fit = {.kind = SCHEMA_LIST,
				       .item = &fit_rule,
				       .max = PROGRAM_FIT_MAX,
				       .what = "a list of fit rules"};

#define POINTS_KEYS \
	{"points", &points, true, NULL, "Added to engagement for each event; may be negative.", \
	 SINCE}, \
		{"half_life", \
		 &half_life, \
		 false, \
		 "the section's half_life", \
		 "The time in which these points halve.", \
		 SINCE}, \
		{"where", &cel, false, NULL, "Only events for which this holds.", SINCE}, \
	{ \
		"max", &ceiling, false, NULL, "At most so many points from this rule at a time.", \
			SINCE \
	}

static const struct schema_key points_keys[] = {
	POINTS_KEYS,
	{"name", &title, false, "the event type", "What the ledger calls this rule.", SINCE},
	{.name = NULL},
};
static const struct schema_key rule_keys[] = {
	{"name", &title, false, "the event type", "What the ledger calls this rule.", SINCE},
	{"of", &event_family, true, NULL, "Which events: a type, a family like form.*, or *.",
	 SINCE},
	POINTS_KEYS,
	{.name = NULL},
};
static const struct schema_type points_object = {
	.kind = SCHEMA_OBJECT, .keys = points_keys, .what = "{points, half_life, where, max}"};
static const struct schema_type points_choice = {
	.kind = SCHEMA_CHOICE,
	.as_scalar = &points,
	.as_map = &points_object,
	.what = "points, or {points, half_life, where, max}"};
static const struct schema_type points_map = {.kind = SCHEMA_MAP,
					      .name = NAME_EVENT,
					      .item = &points_choice,
					      .max = PROGRAM_POINTS_MAX,
					      .what = "points by event type"};
static const struct schema_type rule = {
	.kind = SCHEMA_OBJECT, .keys = rule_keys, .what = "an engagement rule: {of, points, ...}"};
static const struct schema_type rules = {.kind = SCHEMA_LIST,
					 .item = &rule,
					 .max = PROGRAM_POINTS_MAX,
					 .what = "a list of engagement rules"};
static const struct schema_key inactivity_keys[] = {
	{"after", &duration, true, NULL, "How long nothing has to be heard before it counts.",
	 SINCE},
	{"every", &duration, false, "7d",
	 "Points are subtracted once more each time this has passed.", SINCE},
	{"points", &points_positive, true, NULL, "How many are subtracted each time.", SINCE},
	{"max", &points_positive, false, "100", "Never more than this in all.", SINCE},
	{.name = NULL},
};
static const struct schema_type inactivity = {
	.kind = SCHEMA_OBJECT, .keys = inactivity_keys, .what = "{after, every, points, max}"};
static const struct schema_key engagement_keys[] = {
	{"half_life", &half_life, false, "14d", "The time in which the points of an event halve.",
	 SINCE},
	{"points", &points_map, false, NULL, "Points by event type; the short way to write a rule.",
	 SINCE},
	{"rules", &rules, false, NULL, "Further rules, where one event type needs several.", SINCE},
	{"inactivity", &inactivity, false, "nothing is subtracted", "What silence takes away.",
	 SINCE},
	{.name = NULL},
};
static const struct schema_type engagement = {.kind = SCHEMA_OBJECT,
					      .keys = engagement_keys,
					      .what = "a section with half_life and points"};
static const struct schema_key weight_keys[] = {
	{"fit", &share, true, NULL, "How much of the score is fit.", SINCE},
	{"engagement", &share, true, NULL, "How much of the score is engagement.", SINCE},
	{.name = NULL},
};
static const struct schema_type weights = {
	.kind = SCHEMA_OBJECT, .keys = weight_keys, .what = "{fit, engagement}"};
static const struct schema_type slope = {
	.kind = SCHEMA_NUMBER, .min = 0.0001, .max = 10, .what = "log-odds of a point"};
static const struct schema_type log_odds = {
	.kind = SCHEMA_NUMBER, .min = -50, .max = 50, .what = "log-odds"};
static const struct schema_key probability_keys[] = {
	{"slope", &slope, true, NULL,
	 "How much one point of the weighted sum adds to the log-odds.", SINCE},
	{"bias", &log_odds, true, NULL, "The log-odds of the goal without any points.", SINCE},
	{.name = NULL},
};
static const struct schema_type probability = {
	.kind = SCHEMA_OBJECT, .keys = probability_keys, .what = "{slope, bias}"};
static const struct schema_key tier_keys[] = {
	{"up", &threshold, true, NULL, "A lead enters the tier when the score is at or above this.",
	 SINCE},
	{"down", &threshold, false, "up - 10",
	 "A lead leaves the tier when the score falls below this.", SINCE},
	{"if", &cel, false, NULL,
	 "Must hold as well to enter: may ask for fit, engagement, features.", SINCE},
	{.name = NULL},
};
static const struct schema_type tier = {
	.kind = SCHEMA_OBJECT, .keys = tier_keys, .what = "{up, down, if}"};
static const struct schema_key tiers_keys[] = {
	{"hot", &tier, false, "{up: 70, down: 60}", "Ready for a person.", SINCE},
	{"warm", &tier, false, "{up: 40, down: 30}",
	 "Worth more attention; everybody below is cold.", SINCE},
	{.name = NULL},
};
static const struct schema_type tiers = {
	.kind = SCHEMA_OBJECT, .keys = tiers_keys, .what = "a section with hot and warm"};
static const struct schema_key scoring_keys[] = {
	{"fit", &fit, false, NULL, "Who they are: rules over lead and account, 0 to 100 in all.",
	 SINCE},
	{"engagement", &engagement, false, NULL,
	 "What they do: events add, time takes away; 0 to 100.", SINCE},
	{"weights", &weights, false, "{fit: 0.5, engagement: 0.5}",
	 "How the score is put together.", SINCE},
	{"probability", &probability, false, "the score is the weighted sum",
	 "Makes the score 100 times the probability of the goal, as learnt from past leads: "
	 "`nurtured score train` writes it.",
	 SINCE},
	{"tiers", &tiers, false, "hot at 70, warm at 40",
	 "From which score on a lead is hot or warm.", SINCE},
	{.name = NULL},
};
static const struct schema_type scoring = {
	.kind = SCHEMA_OBJECT, .keys = scoring_keys, .what = "a section with fit and engagement"};

/* ---- entry ---- */

static const struct schema_type text_list = {
	.kind = SCHEMA_LIST, .item = &text_line, .min = 1, .max = 64, .what = "a list of names"};
static const struct schema_type one_or_more = {.kind = SCHEMA_CHOICE,
					       .as_scalar = &text_line,
					       .as_list = &text_list,
					       .what = "a name, or a list of names"};
static const struct schema_key entry_keys[] = {
	{"name", &title, false, "its place in the list", "What the ledger calls this rule.", SINCE},
	{"source", &one_or_more, false, "any source",
	 "How the lead first came in: a write key's name, a form, an import.", SINCE},
	{"asset", &one_or_more, false, "any asset", "What they came in for: an e-book, a webinar.",
	 SINCE},
	{"if", &cel, false, NULL, "Must hold as well: lead, account and the first event.", SINCE},
	{"fit", &points, true, NULL, "Added to fit, once, and kept.", SINCE},
	{.name = NULL},
};
static const struct schema_type entry_rule = {
	.kind = SCHEMA_OBJECT, .keys = entry_keys, .what = "an entry rule: {source, asset, fit}"};
static const struct schema_type entry = {.kind = SCHEMA_LIST,
					 .item = &entry_rule,
					 .max = PROGRAM_ENTRIES_MAX,
					 .what = "a list of entry rules"};

/* ---- consent ---- */

static const char *const consent_rules[] = {"opt_out", "opt_in", "double_opt_in", NULL};
static const struct schema_type consent_rule = {.kind = SCHEMA_WORD,
						.words = consent_rules,
						.what = "a rule: opt_out, opt_in, double_opt_in"};
static const struct schema_type countries = {.kind = SCHEMA_LIST,
					     .item = &country,
					     .min = 1,
					     .max = 250,
					     .what = "a list of country codes"};
static const struct schema_key region_keys[] = {
	{"countries", &countries, true, NULL, "Where it holds.", SINCE},
	{"rule", &consent_rule, true, NULL, "What must have been said before we may speak.", SINCE},
	{.name = NULL},
};
static const struct schema_type region_object = {
	.kind = SCHEMA_OBJECT, .keys = region_keys, .what = "{countries, rule}"};
static const struct schema_type region = {.kind = SCHEMA_CHOICE,
					  .as_scalar = &consent_rule,
					  .as_map = &region_object,
					  .what = "a rule, or {countries, rule}"};
static const struct schema_type regions = {.kind = SCHEMA_MAP,
					   .name = NAME_SLUG,
					   .item = &region,
					   .max = 64,
					   .what = "rules by region"};
static const struct schema_type slugs = {
	.kind = SCHEMA_LIST, .item = &slug, .min = 1, .max = 32, .what = "a list of names"};
static const struct schema_key consent_keys[] = {
	{"default", &consent_rule, false, "opt_in",
	 "Where no region says otherwise. opt_out: until they say no; opt_in: after a yes; "
	 "double_opt_in: after a confirmed yes.",
	 SINCE},
	{"unknown", &consent_rule, false, "the strictest rule in use",
	 "When the country is not known.", SINCE},
	{"regions", &regions, false, NULL,
	 "Rules by region. eu, eea, uk, ch, us, ca, br, au and apac are built in; any other lists "
	 "its countries.",
	 SINCE},
	{"purposes", &slugs, false, "[marketing]",
	 "What we may ask to speak for; the first is meant when none is named.", SINCE},
	{"channels", &slugs, false, "[email]",
	 "How we may speak; the first is meant when none is named.", SINCE},
	{"anonymous_ttl", &duration, false, "kept for ever",
	 "Somebody who never said who they are is forgotten after so long without a visit.", SINCE},
	{"opt_in_ttl", &duration, false, "30d", "A yes that is never confirmed lapses after this.",
	 SINCE},
	{"honour_dnt", &boolean, false, "true",
	 "Events of a browser that says Do Not Track are never scored.", SINCE},
	{.name = NULL},
};
static const struct schema_type consent = {
	.kind = SCHEMA_OBJECT, .keys = consent_keys, .what = "a section with default and regions"};
static const struct schema_type outcomes = {.kind = SCHEMA_LIST,
					    .item = &event_type,
					    .min = 1,
					    .max = 32,
					    .what = "a list of event types"};

/* ---- the file ---- */

static const struct schema_key root_keys[] = {
	{"nurture", &version, true, NULL, "The version of the file format: 1.", SINCE},
	{"program", &slug, true, NULL, "The program's name.", SINCE},
	{"goal", &event_type, true, NULL,
	 "The event the program works for: what \"it works\" means, everywhere.", SINCE},
	{"send_as", &sender, true, NULL, "Who speaks.", SINCE},
	{"phone_country", &country, false, NULL,
	 "The country of phone numbers that are written without +.", SINCE},
	{"fields", &fields, false, NULL, "What conditions may ask for besides the built-in fields.",
	 SINCE},
	{"keys", &keys, false, NULL,
	 "Further identifiers of a person, such as a CRM's id. solid: one person has it, so it may "
	 "merge two leads; device: several people may share it.",
	 SINCE},
	{"personas", &personas, false, NULL,
	 "Kinds of buyer; the first whose condition holds wins.", SINCE},
	{"features", &features, false, NULL, "Numbers about a lead, computed from events.", SINCE},
	{"scoring", &scoring, true, NULL, "Fit, engagement, and the tiers they lead to.", SINCE},
	{"entry", &entry, false, NULL,
	 "Points for how a lead came in; the first that matches counts.", SINCE},
	{"consent", &consent, false, "opt_in everywhere",
	 "What must have been said before we may speak.", SINCE},
	{"outcomes", &outcomes, false, "the goal",
	 "Events that say how it ended; each leaves a record of what was known just before.",
	 SINCE},
	{"tracks", &schema_tracks, false, NULL,
	 "Ways for one kind of lead at one stage: messages in order, and what each reaction leads "
	 "to.",
	 SINCE},
	{"triggers", &schema_triggers, false, NULL,
	 "What happens at once when a condition comes true; looked at from the top, the first that "
	 "fires wins.",
	 SINCE},
	{"guardrails", &schema_guardrails, false, "the limits below",
	 "Limits no decision may cross.", SINCE},
	{"teams", &schema_teams, false, NULL, "Who takes over.", SINCE},
	{"experiments", &schema_experiments, false, NULL, "Holdouts and splits.", SINCE},
	{"decide", &schema_deciding, false, "the rules choose",
	 "Who chooses among what the guardrails leave, and what is thought good.", SINCE},
	{"decisions", &schema_decisions, false, NULL,
	 "Choices that another sender asks for over HTTP, by name.", SINCE},
	{"content", &later, false, NULL, "Where messages come from.", SINCE},
	{"channels", &later, false, NULL, "How messages leave.", SINCE},
	{.name = NULL},
};
const struct schema_type schema_root = {
	.kind = SCHEMA_OBJECT, .keys = root_keys, .what = "a program"};

/* ---- names ---- */

static const struct {
	const char *pattern, *words;
} names[NAME_COUNT] = {
	[NAME_IDENT] = {"^[A-Za-z][A-Za-z0-9_]*$", "letters, digits and _, starting with a letter"},
	[NAME_SLUG] = {"^[a-z0-9][a-z0-9_-]*$", "small letters, digits, - and _"},
	[NAME_KEY] = {"^[A-Za-z0-9][A-Za-z0-9_.-]*$", "letters, digits, _, - and dots"},
	[NAME_EVENT] =
		{"^(\\*|[a-z0-9_][a-z0-9_.-]*(\\.\\*)?)$",
		 "small letters, digits, _ and - in parts joined by dots; form.* is a family"},
	[NAME_TITLE] = {"^[^\\n]+$", "one line of text"},
};

const char *schema_name_pattern(enum schema_name n)
{
	return names[n].pattern;
}

const char *schema_name_words(enum schema_name n)
{
	return names[n].words;
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool event_name_ok(struct str s)
{
	if (str_is(s, "*"))
		return true;
	if (str_ends(s, STR(".*")))
		s.n -= 2;
	if (s.n == 0 || s.p[0] == '.' || s.p[0] == '-' || s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter =
			(c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-' || c == '.';
		if (!letter || (c == '.' && s.p[i - 1] == '.'))
			return false;
	}
	return true;
}

/* Words of CEL: no condition could ask for a field of such a name. */
static bool is_cel_word(struct str s)
{
	static const char *const words[] = {"true", "false", "null", "in"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(s, words[i]))
			return true;
	return false;
}

bool schema_name_ok(enum schema_name n, struct str s)
{
	if (s.n == 0 || (n == NAME_IDENT && is_cel_word(s)))
		return false;
	if (n == NAME_EVENT)
		return event_name_ok(s);
	if (n == NAME_TITLE)
		return str_find_byte(s, '\n') == s.n;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool upper = c >= 'A' && c <= 'Z', ok = is_alpha(c) || is_digit(c);
		if (n == NAME_SLUG)
			ok = ok && !upper;
		if (i > 0)
			ok = ok || c == '_' || (c == '-' && n != NAME_IDENT) ||
			     (c == '.' && n == NAME_KEY);
		else if (n == NAME_IDENT)
			ok = is_alpha(c);
		if (!ok)
			return false;
	}
	return true;
}
