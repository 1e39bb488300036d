/* SPDX-License-Identifier: Apache-2.0
 * profile.h: the cold facts of a lead, as JSON text: pure text in, text out.
 *
 *   {"traits":{..},"traits_us":N,"ids":[["email","a@b.example"],["key","77","crm.hubspot"]],
 *    "source":"site","asset":"ebook","campaign":{..},"country":"DE","tz":"Europe/Berlin",
 *    "first_url":"..","referrer":"..","merged":[12]}
 *
 * Traits: a later fact replaces an earlier one, by when it occurred; null removes; a fact that
 * arrives late only fills what is missing. First-touch fields never change once set.
 */
#ifndef ENGINE_PROFILE_H
#define ENGINE_PROFILE_H

#include "base/json.h"
#include "model/event.h"

#define PROFILE_BYTES_MAX (128u << 10)
#define PROFILE_IDS_MAX 64

/* Identifier in normalised form, to be listed in the profile. */
struct profile_id {
	enum id_kind kind;
	struct str name, value;
};

/* What one event adds. */
struct profile_news {
	const struct event *ev;
	const struct profile_id *ids;
	size_t ids_n;
};
/* The profile after an event. *out is left alone (p == NULL when it was) if nothing changes.
 * ST_LIMIT when it would pass PROFILE_BYTES_MAX. */
MUST_USE enum status profile_fold(const struct json *old, const struct profile_news *news,
				  struct arena *a, struct str *out, struct err *e);
/* The i-th identifier of a profile; false behind the last. */
bool profile_id(const struct json *doc, size_t i, struct arena *a, struct profile_id *out);
/* A copy of the object with one key set to raw JSON (or removed when raw is empty). */
MUST_USE enum status profile_with(const struct json *doc, const char *key, struct str raw,
				  struct arena *a, struct str *out, struct err *e);
/* Two flat JSON objects as one: `over` wins, null removes; only_missing: `over` only fills. */
struct profile_join {
	const struct json *base;
	uint32_t node; /* of base; JSON_NONE: empty */
	struct str over;
	bool only_missing;
};
MUST_USE enum status profile_traits(const struct profile_join *join, struct arena *a,
				    struct str *out, struct err *e);

#endif
