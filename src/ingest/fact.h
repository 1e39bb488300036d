/* SPDX-License-Identifier: Apache-2.0
 * fact.h: the moves every decoder of this room makes on an event it builds. Private to ingest/.
 *
 * A decoder fills a struct event with these, then calls fact_finish, which is the only way into
 * a result. Thread: any. Memory: the arena handed in.
 */
#ifndef INGEST_FACT_H
#define INGEST_FACT_H

#include "base/json.h"
#include "ingest/ingest.h"

#define FACT_TEXT_MAX 512 /* a context text: cut above, at a character */
#define FACT_URL_MAX 2048 /* url, referrer; path and search: half of it */
#define FACT_PAYLOAD_MAX \
	(32 * 1024)       /* properties and traits together: above, the item is refused */
#define FACT_NAME_MAX 200 /* event name as the source wrote it */

/* Why an item is no event. The row in fact.c holds code, field, words and cure. */
enum fault {
	FAULT_NONE,
	FAULT_NOT_OBJECT,
	FAULT_TOO_LARGE,
	FAULT_NO_TYPE,
	FAULT_UNKNOWN_TYPE,
	FAULT_WRONG_TYPE,
	FAULT_NO_IDENTITY,
	FAULT_NO_EVENT_NAME,
	FAULT_BAD_EVENT_NAME,
	FAULT_NO_GROUP_ID,
	FAULT_NO_PREVIOUS_ID,
	FAULT_BAD_PROPERTIES,
	FAULT_BAD_TRAITS,
	FAULT_BAD_CONTEXT,
	FAULT_BAD_TIMESTAMP,
	FAULT_LONG_ID,
	FAULT_LONG_MESSAGE_ID,
	FAULT_BAD_EMAIL,
	FAULT_BAD_EVENT,
	FAULT_NOT_AS_MAPPED,
	FAULT_COUNT
};

/* Writes a refusal; the first one takes room for all items left. False: arena over its ceiling. */
bool fact_refuse(struct ingest_result *res, struct arena *a, size_t index, size_t left,
		 enum fault why, struct str raw);
const char *fact_fault_text(enum fault why); /* what and how to mend it, one sentence */

/* Fields every event of a request shares. */
void fact_begin(struct event *ev, const struct ingest_request *r);
/* Ceilings, occurred <= received, event_check. */
enum fault fact_finish(struct event *ev);

struct str fact_cut(struct str s, size_t bytes_max); /* trimmed, cut at a whole character */
/* JSON text of an object without white space between its tokens; the same bytes when it has none.
 * */
struct str fact_compact(struct str json, struct arena *a);
/* String as it is, number and boolean as written; anything else: empty. Trimmed. */
struct str fact_text(const struct json *d, uint32_t node, struct arena *a);

/* A field's name in lower case without '-', '_', '.', ' '; of "contact[email]" what is in
 * brackets. */
struct str fact_canonical(struct str name, char room[64]);
bool fact_is_email(struct str s); /* has the shape of an address; identity/ normalises */
bool fact_is_phone(struct str s); /* five digits or more */
bool fact_is_ip(struct str s);    /* has the letters of one */
/* Adds an id unless the same is there. Values that are not of the kind's shape are not ids. */
void fact_add_id(struct event *ev, enum id_kind kind, struct str name, struct str value);
/* email, phone of an object ("email", "Email", "e-mail", "phone"...). False: an e-mail field holds
 * something that is no address. */
bool fact_ids_of(struct event *ev, const struct json *d, uint32_t object, struct arena *a);

/* ISO 3166 alpha-2 in capitals of a code or a name; empty when it is not known. Static memory. */
struct str fact_country(struct str text);
/* The event's country, when it has none, from traits: country_code, country, address.country. */
void fact_country_of(struct event *ev, const struct json *d, uint32_t traits, struct arena *a);

/* path, search and campaign out of the page's url, where they are not told. */
void fact_page_from_url(struct event_context *c, struct arena *a);
/* Replaces what is not UTF-8, and NUL, by U+FFFD. p == NULL: arena over. */
struct str fact_scrub(struct str s, struct arena *a);
/* Percent-decoded, '+' read as space when `plus`. Invalid escapes stay as they are; invalid UTF-8
 * becomes U+FFFD. p == NULL: arena over. */
struct str fact_unescape(struct str s, bool plus, struct arena *a);
/* DNT, GPC and prefetch headers, and what the user agent says. */
uint32_t fact_request_flags(const struct ingest_request *r);
/* "page" + slug of name -> "page.pricing"; "page" when nothing is left of the name. */
struct str fact_type(const char *prefix, struct str name, struct arena *a);
/* "gen-" and 32 hex digits of (what, index, at): for senders without message ids. */
struct str fact_message_id(struct str what, uint64_t index, int64_t at_us, struct arena *a);

/* The sender is the lead's own browser, so its address and user agent are the lead's: it sent an
 * Origin header, or its user agent is of the Mozilla family. A server's SDK does neither. */
bool fact_from_browser(const struct ingest_request *r);

/* --- fields.c: a form's body as names and values --- */

struct field {
	struct str name, value; /* UTF-8, without NUL */
	unsigned role;          /* form.c's business */
};
struct fields {
	struct field *list;
	size_t n;
};
/* application/x-www-form-urlencoded, multipart/form-data, or a flat JSON object; told by the
 * content type and, for JSON, by the first byte. ST_INVALID: not a form, or it brings files.
 * ST_LIMIT: more than INGEST_FORM_FIELDS_MAX fields. */
MUST_USE enum status fields_read(struct str content_type, struct str body, struct arena *a,
				 struct fields *out, struct err *e);

/* --- object.c: JSON objects out of flat pairs --- */

#define OBJECT_PAIRS_MAX 4096
struct pair {
	struct str path; /* "company.name": nests at dots */
	struct str json; /* the value, already JSON */
};
/* {"company":{"name":..},...}: pairs that share a first part stand together, in the order of their
 * first one. Of two with the same path the first wins. False: over the ceiling, or more than 8
 * levels deep, or a path is both a value and an object. */
bool object_write(const struct pair *pairs, size_t n, struct buf *out);
/* A text as a JSON string on the arena. */
struct str object_text(struct str text, struct arena *a);

/* Decoders: the rows of sources.c. */
MUST_USE enum status segment_decode(const struct ingest_request *r, struct arena *a,
				    struct ingest_result *out, struct err *e);
MUST_USE enum status form_decode(const struct ingest_request *r, struct arena *a,
				 struct ingest_result *out, struct err *e);
MUST_USE enum status mapped_decode(const struct ingest_request *r, struct arena *a,
				   struct ingest_result *out, struct err *e);
MUST_USE enum status webhook_decode(const struct ingest_request *r, struct arena *a,
				    struct ingest_result *out, struct err *e);

#endif
