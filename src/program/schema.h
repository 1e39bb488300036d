/* SPDX-License-Identifier: Apache-2.0
 * schema.h: every key of a program file in one const table; inside the room only.
 *
 * The checker walks it, the JSON Schema for editors and the reference in docs/ are written from
 * it. A key that is not here does not exist; a key that is here has a description.
 */
#ifndef PROGRAM_SCHEMA_H
#define PROGRAM_SCHEMA_H

#include "base/buf.h"
#include "program/report.h"

enum schema_kind {
	SCHEMA_TEXT, /* any text, at most `max` bytes */
	SCHEMA_NAME, /* matches one of the name shapes */
	SCHEMA_NUMBER,
	SCHEMA_INT,
	SCHEMA_DURATION, /* min and max in days */
	SCHEMA_SHARE,    /* 0.4 or 40% */
	SCHEMA_BOOL,
	SCHEMA_WORD, /* one of words[] */
	SCHEMA_CEL,
	SCHEMA_EMAIL,
	SCHEMA_COUNTRY,
	SCHEMA_EVENT,   /* an event type; with `family` also form.* and * */
	SCHEMA_VERSION, /* the number 1 */
	SCHEMA_SPAN,    /* 4d, or 7d..10d; min and max in days */
	SCHEMA_CLOCK,   /* "19:00", in quotes */
	SCHEMA_DATE,    /* 2026-12-25 */
	SCHEMA_ZONE,    /* Europe/Berlin */
	SCHEMA_URL,     /* https://..., or http:// to this machine */
	SCHEMA_REENTRY, /* never, always, after 90d */
	SCHEMA_LIST,    /* of item */
	SCHEMA_MAP,     /* name -> item; names of shape `name` */
	SCHEMA_OBJECT,  /* keys[] */
	SCHEMA_CHOICE,  /* as_scalar, as_list or as_map, told apart by how it is written */
	SCHEMA_LATER,   /* known, comes with a later release: anything */
	SCHEMA_KIND_COUNT
};
enum schema_name {
	NAME_IDENT, /* letters, digits, _: may stand in a condition */
	NAME_SLUG,  /* small letters, digits, - and _ */
	NAME_KEY,   /* crm.hubspot: parts of a slug joined by dots */
	NAME_EVENT, /* event type or family, as a key of engagement points */
	NAME_TITLE, /* any text of one line */
	NAME_COUNT
};

struct schema_key;
struct schema_type {
	enum schema_kind kind;
	enum schema_name name; /* NAME: its shape; MAP: the shape of its keys */
	bool family;           /* EVENT: families are allowed */
	bool cents;            /* NUMBER: kept in hundredths */
	double min, max;       /* NUMBER, INT; TEXT: bytes; DURATION: days; LIST, MAP: entries */
	const char *ref;       /* a shape used in many places, described once under this name */
	const char *what;      /* for messages: "a list of fit rules" */
	const char *const *words;
	const struct schema_type *item, *as_scalar, *as_list, *as_map;
	const struct schema_key *keys; /* ends with a row without a name */
	const char *const *gone;       /* keys of before that nobody reads; NULL at the end */
};
struct schema_key {
	const char *name;
	const struct schema_type *type;
	bool required;
	const char
		*fallback; /* what holds when it is left out, in words of the file; NULL: nothing */
	const char *text;  /* what it means: one or two sentences */
	const char *since;
};

extern const struct schema_type schema_root;
/* Sections with a table of their own (schema_track.c, schema_guard.c). */
extern const struct schema_type schema_tracks, schema_triggers, schema_action;
extern const struct schema_type schema_guardrails, schema_teams, schema_experiments;
extern const char *const schema_metric_words[]; /* of an experiment; roll-ups are named so */
extern const struct schema_type schema_deciding, schema_decisions;
/* Words whose place in the list is their value in track.h; each list ends with NULL. */
extern const char *const schema_with_words[], *const schema_capped_words[];
extern const char *const schema_decide_words[], *const schema_routing_words[];
extern const char *const schema_mode_words[], *const schema_ask_words[];
extern const char *const schema_drift_words[], *const schema_then_words[];
extern const char *const schema_guard_words[]; /* of an experiment's rule, as its metrics */
/* Shape of a name as a regular expression, and in words. */
const char *schema_name_pattern(enum schema_name n);
const char *schema_name_words(enum schema_name n);
bool schema_name_ok(enum schema_name n, struct str s);

#endif
