/* SPDX-License-Identifier: Apache-2.0
 * facts_env.h: the fields of one program, for the checker of conditions and for those who read
 * values; inside the room only (docs are written from it).
 *
 * A field is a row: where its value stands and as what it is read. Built-in rows are a const
 * table (field.def); declared ones are added when a program is loaded, and win over built-in ones
 * of the same name.
 */
#ifndef PROGRAM_FACTS_ENV_H
#define PROGRAM_FACTS_ENV_H

#include "cel/cel.h"
#include "program/program.h"

enum facts_slot {
	SLOT_LEAD,
	SLOT_ACCOUNT,
	SLOT_COMPANY, /* an alias of account */
	SLOT_EVENT,
	SLOT_TOUCHES, /* the last one with fields of its own in field.def */
	SLOT_FEATURE,
	SLOT_FIT,
	SLOT_ENGAGEMENT,
	SLOT_SCORE,
	SLOT_TIER,
	SLOT_PERSONA,
	SLOT_SOURCE, /* short for lead.source */
	SLOT_ASSET,  /* short for lead.asset */
	SLOT_TRACK,
	SLOT_STAGE,
	SLOT_STEP,
	SLOT_COUNT
};

/* Where a value stands. */
enum facts_from {
	FROM_PROFILE,    /* a path in the profile */
	FROM_ACCOUNT,    /* a path in the account row, else one in the profile */
	FROM_PROPERTIES, /* a path in the event's properties */
	FROM_EVENT_TEXT, /* a struct str of struct event, at offset */
	FROM_PROFILE_ID, /* an identifier of kind `offset` in the profile */
	FROM_COMPUTED    /* enum facts_computed in `offset` */
};
enum facts_computed {
	COMPUTED_LEAD_KNOWN,
	COMPUTED_LEAD_DOMAIN,
	COMPUTED_LEAD_EVENTS,
	COMPUTED_LEAD_CREATED,
	COMPUTED_LEAD_ACTIVE,
	COMPUTED_LEAD_AGE_DAYS,
	COMPUTED_LEAD_IDLE_DAYS,
	COMPUTED_LEAD_TRAITS,
	COMPUTED_ACCOUNT_DOMAIN,
	COMPUTED_ACCOUNT_ACTIVE,
	COMPUTED_ACCOUNT_TRAITS,
	COMPUTED_EVENT_SCROLL,
	COMPUTED_EVENT_TIME,
	COMPUTED_EVENT_PROPERTIES,
	COMPUTED_TOUCHES_SENT,
	COMPUTED_TOUCHES_ON_TRACK,
	COMPUTED_TOUCHES_SILENT,
	COMPUTED_TOUCHES_OPENED,
	COMPUTED_TOUCHES_CLICKED,
	COMPUTED_TOUCHES_DAYS_SINCE,
};

struct facts_path { /* keys from the root of a JSON document */
	const struct str *steps;
	size_t n;
};
struct facts_field {
	struct str name;
	enum facts_from from;
	enum field_type type;
	size_t offset;
	const struct facts_path *paths; /* tried in order */
	size_t paths_n;
	const struct facts_path *profile_paths; /* FROM_ACCOUNT: tried when the row says nothing */
	size_t profile_paths_n;
	unsigned reads; /* enum program_reads bits */
	bool declared;
	const char *help;
};
struct facts_object {
	const struct facts_field *fields;
	size_t n;
};
struct facts_env {
	struct cel_env cel;
	struct facts_object objects[SLOT_COUNT];  /* lead to touches; others empty */
	const struct facts_field *source, *asset; /* of lead; NULL: declared as something else */
};

/* Everything lives on `a`, which must outlive the programs compiled against it. Names of declared
 * fields and features are borrowed. NULL: the arena is at its ceiling. */
const struct facts_env *facts_env_create(const struct program_fields *declared,
					 const struct program_feature *features, size_t features_n,
					 struct arena *a);
/* What reading a field needs, and which slot it is: enum program_reads bits. */
unsigned facts_env_reads(const struct facts_env *env, uint32_t slot, uint32_t field);
/* The built-in field of this name, or NULL. `slot`: lead, account, event, touches. */
const struct facts_field *facts_builtin(enum facts_slot slot, struct str name);
/* The i-th built-in field of a slot, for the reference; NULL behind the last. */
const struct facts_field *facts_builtin_at(enum facts_slot slot, size_t i);
const char *field_type_name(enum field_type t); /* "number" */

#endif
