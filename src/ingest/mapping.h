/* SPDX-License-Identifier: Apache-2.0
 * mapping.h: which column of a file becomes what. The language of `import --map`:
 *
 *   email                                        the column email is the e-mail address
 *   Email=email, Company=company.name            COLUMN=TARGET, parted by commas or lines
 *   Converted=property.converted:bool            COLUMN=TARGET:TYPE
 *   "Last, first"=name                           a column with a comma or '=' in quotes
 *   *=trait                                      all columns not named: traits (or property)
 *   # words                                      in a file: a line of comment
 *
 * Targets: email, phone, user_id, anonymous_id, key.NAME, group_id (whose); type, time, message_id,
 * source, asset (what, when); consent, consent.wording, consent.source, do_not_email, do_not_call;
 * trait.NAME, company.NAME, property.NAME; any other bare word is the trait of that name; - is
 * nothing, for all columns of that name. Types: text, number, bool, time, list, json.
 * Thread: any. Memory: the arena handed in.
 */
#ifndef INGEST_MAPPING_H
#define INGEST_MAPPING_H

#include "base/arena.h"
#include "base/status.h"
#include "model/event.h"

#define MAPPING_ENTRIES_MAX 1024

enum map_target {
	MAP_NOTHING,
	MAP_ID, /* entry.id_kind, entry.name for a key */
	MAP_GROUP_ID,
	MAP_TYPE,
	MAP_TIME,
	MAP_MESSAGE_ID,
	MAP_CONSENT,
	MAP_CONSENT_WORDING,
	MAP_CONSENT_SOURCE,
	MAP_DO_NOT_EMAIL,
	MAP_DO_NOT_CALL,
	MAP_TRAIT,   /* entry.name: dotted path in traits */
	MAP_PROPERTY /* entry.name: dotted path in properties */
};
enum map_type { MAP_TEXT, MAP_NUMBER, MAP_BOOL, MAP_INSTANT, MAP_LIST, MAP_JSON, MAP_TYPE_COUNT };

struct map_entry {
	struct str column;
	enum map_target target;
	enum id_kind id_kind;
	struct str name; /* key name, trait or property path */
	enum map_type type;
	bool guessed;
	size_t at; /* index of the column in the file; SIZE_MAX: not looked up (JSON Lines) */
};
struct mapping {
	struct map_entry *entries;
	size_t n;
	bool rest; /* "*=trait", "*=property" */
	enum map_target rest_target;
};

/* ST_INVALID: what is wrong, at which entry, and what is allowed, with a guess at what was meant.
 * */
MUST_USE enum status mapping_parse(struct str text, struct arena *a, struct mapping *out,
				   struct err *e);
/* Binds entries to the columns of a file, adds the rest, and with `guess` the columns whose names
 * everybody uses. ST_INVALID: a column is mapped that the file lacks (did you mean ...), or twice.
 * */
MUST_USE enum status mapping_bind(struct mapping *m, const struct str *columns, size_t n,
				  bool guess, struct arena *a, struct err *e);
/* At least one identifier, for events a time, no two columns for one place; said before a row is
 * read. */
MUST_USE enum status mapping_check(const struct mapping *m, bool events, struct err *e);
/* Is `guess` a guess of a place that `taken` fills? Two columns that are only guessed to be one
 * identifier both stay, and mapping_check asks which: half of the people would be lost. */
bool mapping_yields(const struct map_entry *guess, const struct map_entry *taken);
/* "email", "key.hubspot", "trait.plan:number": as it is written in a mapping. */
struct str map_target_text(const struct map_entry *entry, struct arena *a);

#endif
