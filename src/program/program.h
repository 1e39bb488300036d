/* SPDX-License-Identifier: Apache-2.0
 * program.h: the compiled program: what a team wrote in YAML, checked and ready to run.
 *
 * program_load reads the text, reports every problem at once with file:line:col, and leaves this
 * tree of plain data in one arena. It is immutable and may be shared by threads. Rooms read it;
 * none changes it.
 *
 *   R1  Names are unique per section; the 32-bit keys of features and rules too.
 *   R2  Every condition has been type-checked against the declared fields.
 *   R3  The same text gives the same tree and the same hash on every machine.
 */
#ifndef PROGRAM_PROGRAM_H
#define PROGRAM_PROGRAM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "model/tier.h"
#include "program/report.h"

#define PROGRAM_BYTES_MAX (1u << 20)
#define PROGRAM_FIT_MAX 64    /* lead.fit_mask is 64 bits */
#define PROGRAM_POINTS_MAX 64 /* engagement rules */
#define PROGRAM_FEATURES_MAX 128
#define PROGRAM_PERSONAS_MAX 32
#define PROGRAM_ENTRIES_MAX 64
#define PROGRAM_FIELDS_MAX 256 /* declared fields per object */

struct cel_prog;     /* cel/cel.h */
struct facts_env;    /* facts_env.h: the fields conditions may read, and where they stand */
struct program_play; /* track.h: tracks, triggers, guardrails, teams */

/* What a condition reads, as bits: lets callers load no more than it needs. */
enum program_reads {
	READS_LEAD = 1,        /* the lead's small row */
	READS_PROFILE = 2,     /* traits and identifiers */
	READS_ACCOUNT = 4,     /* may fall back to the profile's company, so PROFILE is set too */
	READS_EVENT = 8,       /* type, source, page, campaign, ... */
	READS_PROPERTIES = 16, /* the event's properties, parsed */
	READS_FEATURES = 32,
	READS_SCORES = 64, /* fit, engagement, score, tier */
	READS_PERSONA = 128,
	READS_CLOCK = 256,   /* moves with every event, or with time alone */
	READS_JOURNEY = 512, /* track, stage, step, touches */
	/* Of the account, READS_ACCOUNT is set too: */
	READS_PEOPLE = 1024, /* what its people do */
	READS_COUNT = 2048,  /* how many they are */
};

/* A condition with its source, for messages and explain. prog == NULL: always true. */
struct program_cond {
	const struct cel_prog *prog;
	struct str text;
	int line, col;
	unsigned reads; /* enum program_reads bits */
};

/* Which events a rule means: exact type, a family "form.*", or any ("*"). */
struct program_on {
	struct str type;  /* without the ".*" */
	bool family, any; /* family: type itself and everything below it */
	struct program_cond where;
};

enum field_type { FIELD_BOOL, FIELD_INT, FIELD_DOUBLE, FIELD_STRING, FIELD_TIME, FIELD_LIST };
struct program_field {
	struct str name;
	enum field_type type;
	struct str path; /* where it stands: traits key "Job Title" or "address.city" */
};
/* Declared fields per object, built-in ones not included (facts.h has those). */
struct program_fields {
	const struct program_field *lead, *account, *event;
	size_t lead_n, account_n, event_n;
};

struct program_persona {
	struct str name;
	struct program_cond if_;
};

struct program_key { /* a declared identifier, "crm.hubspot" */
	struct str name;
	bool solid; /* may merge two known leads */
};

enum feature_kind {
	FEATURE_COUNT,    /* events so far */
	FEATURE_SUM,      /* of a numeric property */
	FEATURE_DISTINCT, /* different values of a property (exact to 32, then estimated) */
	FEATURE_RECENCY,  /* seconds since the latest */
	FEATURE_DECAYED,  /* count that halves every half_life */
	FEATURE_LAST,     /* latest numeric value of a property */
	FEATURE_RATIO     /* of two other features; 0 when the lower one is 0 */
};
struct program_feature {
	struct str name;
	uint32_t key; /* program_key32("feature", name) */
	enum feature_kind kind;
	struct program_on on;
	struct str property; /* "properties.amount", "page.path", ... for sum, distinct, last */
	int64_t half_life_us;
	size_t over, under; /* ratio: indexes of features declared before it */
};

struct program_fit {
	struct str name;
	struct program_cond if_;
	double points; /* may be negative */
};

struct program_points {
	struct str name; /* "page.pricing" or a given name */
	uint32_t key;    /* program_key32("points", name) */
	struct program_on on;
	double points; /* per event, may be negative */
	int64_t half_life_us;
	double points_max; /* one rule's ceiling in the ledger; 0: none */
};

/* Inactivity: after `after_us` without activity, `points` per further `every_us`, down to max. */
struct program_inactivity {
	int64_t after_us, every_us;
	double points, points_max; /* positive numbers, subtracted; after_us 0: rule is off */
};

struct program_tier {
	double up, down;         /* enter at or above `up`, leave below `down`; down <= up */
	struct program_cond if_; /* further condition to enter; may be absent */
};

struct program_entry { /* "score them in": how a lead starts, by source and asset */
	struct str name;
	const struct str *sources, *assets; /* any of; empty: no matter */
	size_t sources_n, assets_n;
	struct program_cond if_;
	double fit_points; /* added to fit, with its own ledger line */
};

enum consent_basis {
	BASIS_NONE,
	BASIS_CONSENT,
	BASIS_LEGITIMATE_INTEREST,
	BASIS_CONTRACT,
	BASIS_COUNT
};
enum consent_rule {
	CONSENT_OPT_OUT,       /* may speak on legitimate interest until told otherwise */
	CONSENT_OPT_IN,        /* only after a grant */
	CONSENT_DOUBLE_OPT_IN, /* only after a confirmed grant */
	CONSENT_RULE_COUNT
};
struct program_region {
	struct str name;             /* "eu" */
	const struct str *countries; /* ISO 3166 alpha-2, upper case */
	size_t countries_n;
	enum consent_rule rule;
};
struct program_consent {
	enum consent_rule default_rule;
	enum consent_rule unknown_rule; /* country not known */
	const struct program_region *regions;
	size_t regions_n;
	const struct str *purposes, *channels; /* declared; first one is the default */
	size_t purposes_n, channels_n;
	int64_t anonymous_ttl_us; /* 0: keep anonymous leads */
	int64_t opt_in_ttl_us;    /* a pending double opt-in lapses */
	bool honour_dnt;          /* Do Not Track: events kept for their purpose, never scored */
};

struct program {
	struct arena arena; /* owns everything below */
	uint64_t hash;      /* of the source text */
	struct str source, name, goal;
	struct {
		struct str name, from, reply_to, postal_address;
		struct str layout, logo;     /* empty: the built-in one, none */
		int layout_line, layout_col; /* for what is checked later */
	} sender;
	struct str phone_country; /* for numbers without +, ISO alpha-2 */
	struct program_fields fields;
	const struct program_key *keys;
	size_t keys_n;
	const struct program_persona *personas;
	size_t personas_n;
	const struct program_feature *features;
	size_t features_n;
	const struct program_fit *fit;
	size_t fit_n;
	unsigned fit_reads; /* what fit rules and personas read: enum program_reads bits */
	const struct program_points *points;
	size_t points_n;
	struct program_inactivity inactivity;
	double fit_weight, engagement_weight; /* score = weighted sum, clamped to 0-100 */
	/* The score is 100 x the probability of the goal, with log-odds = slope * sum + bias.
	 * slope 0: it is the sum. */
	struct {
		double slope, bias;
	} probability;
	struct program_tier tiers[TIER_COUNT]; /* COLD's row is unused */
	const struct program_entry *entries;
	size_t entries_n;
	struct program_consent consent;
	const struct str *outcomes; /* event types that count as outcome: a training record each;
				     * the goal is one of them */
	size_t outcomes_n;
	const struct program_play *play; /* track.h; never NULL */
	const struct facts_env *facts;
};

/* Compiles. ST_INVALID with report filled when there is any error; *out then stays NULL. But with
 * errors that are `refused` alone it is ST_OK and there is a program: who brings a new one looks at
 * report->errors_n (node/draft.h does), who reads one that was applied does not.
 * The report's strings live in `a`. Free with program_destroy. */
MUST_USE enum status program_load(struct str text, struct arena *a, struct program **out,
				  struct program_report *report, struct err *e);
void program_destroy(struct program **p); /* accepts NULL inside; leaves NULL */
uint32_t program_key32(const char *section, struct str name);
bool program_on_matches(const struct program_on *on, struct str event_type); /* type only */
/* The JSON Schema (draft-07) generated from the same table the checker walks. */
void program_schema(struct buf *out);
/* The reference of every key, as Markdown, from the same table. */
void program_reference(struct buf *out);
/* The first line `init` writes, so that editors complete and check while typing. */
#define PROGRAM_SCHEMA_LINE "# yaml-language-server: $schema=./program.schema.json\n"

const char *consent_basis_name(enum consent_basis b);
bool consent_basis_of(struct str wire, enum consent_basis *out);
const char *consent_rule_name(enum consent_rule r);

#endif
