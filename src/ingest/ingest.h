/* SPDX-License-Identifier: Apache-2.0
 * ingest.h: outside bytes in, normalised events and a verdict on every item out.
 *
 * Room 1 of the pass: is this fact well formed and allowed in? Pure: no I/O, no clock, no dice.
 * The caller (app/ behind an API route, or the import verb) owns the request's bytes and an arena,
 * appends the events to the log, and answers. Whether a fact is new is the log's business.
 *
 *   I1  Every event handed out passes event_check; its strings live in the arena or the body.
 *   I2  Every item of a request is either one event or one refusal, never both, never neither.
 *       (A form whose honeypot was filled is one event, flagged EVENT_BOT.)
 *   I3  A request sent again gives the same message ids, also when the sender sent none, as long as
 *       the sender gave a timestamp.
 *   I4  occurred_us <= received_us, whatever the sender's clock says.
 * Thread: any. Memory: the caller's arena; about 1.5 KB an event besides the parse.
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "ingest/mapping.h"

/* What forms and imports leave about consent, in properties.consent: one object, or a list of them
 * (an opt-out of calls beside a grant for mail):
 *
 *   {"given":true,              false: withdrawn or objected to
 *    "channel":"email",         "*": every channel
 *    "purpose":"marketing",     "*": every purpose
 *    "basis":"consent",         or legitimate_interest, contract; absent: consent
 *    "wording":"...",           what the person read; may be absent
 *    "source":"..."}            where it was given, as the importer says; absent: event.source
 *
 * Traits of a company stand in a traits.company object: company.name, company.employees, ... */

#define INGEST_CALL_BYTES_MAX (32 * 1024)   /* one Segment call, and one item of a batch */
#define INGEST_BATCH_BYTES_MAX (500 * 1024) /* body of a batch */
#define INGEST_BATCH_ITEMS_MAX 2500
#define INGEST_FORM_BYTES_MAX (64 * 1024)
#define INGEST_FORM_FIELDS_MAX 128
#define INGEST_SECRETS_MAX 8 /* per webhook: current ones, and old ones while they are rotated */

enum ingest_kind {
	INGEST_BATCH, /* /v1/batch and /v1/import */
	INGEST_TRACK,
	INGEST_IDENTIFY,
	INGEST_PAGE,
	INGEST_SCREEN,
	INGEST_GROUP,
	INGEST_ALIAS,
	INGEST_FORM,
	INGEST_WEBHOOK,
	INGEST_MAPPED,
	INGEST_KIND_COUNT
};

/* The request headers a decoder may look at. */
enum ingest_header {
	INGEST_H_CONTENT_TYPE,
	INGEST_H_USER_AGENT,
	INGEST_H_ORIGIN,
	INGEST_H_REFERER,
	INGEST_H_COOKIE,
	INGEST_H_ACCEPT_LANGUAGE,
	INGEST_H_DNT,
	INGEST_H_SEC_GPC,
	INGEST_H_SEC_PURPOSE, /* Purpose and X-Moz are read into it too */
	INGEST_H_WEBHOOK_ID,  /* svix-* names are read into these three too */
	INGEST_H_WEBHOOK_TIMESTAMP,
	INGEST_H_WEBHOOK_SIGNATURE,
	INGEST_HEADER_COUNT
};

/* How JSON of somebody's own is read (INGEST_MAPPED). */
struct ingest_map {
	struct str name; /* in the path */
	struct mapping mapping;
	struct str type;    /* of objects that name none */
	struct str purpose; /* of the consent they tell; empty: marketing */
};
struct ingest_map_text {
	struct str name, map, type, purpose; /* `map` in the language of mapping.h */
};
/* Texts are borrowed. ST_INVALID: what is wrong with the mapping. */
MUST_USE enum status ingest_map_make(const struct ingest_map_text *text, struct arena *a,
				     struct ingest_map *out, struct err *e);

struct ingest_request {
	enum ingest_kind kind;
	struct str body; /* compression undone */
	struct str
		source;  /* label of the write key or endpoint; empty: not known before the body is
			    * read (result.write_key), then call ingest_set_source */
	struct str name; /* INGEST_FORM, _WEBHOOK, _MAPPED: the name in the path */
	struct str remote_ip;
	struct str headers[INGEST_HEADER_COUNT]; /* see ingest_take_header */
	int64_t received_us;
	int64_t signed_us; /* now, by the clock senders sign by; 0: received_us */
	bool strict; /* refuse what would otherwise be mended: odd times, ids too long, no type */

	const struct str *origins; /* INGEST_FORM: "https://www.example.com" a redirect may go to */
	size_t origins_n;
	const struct str *secrets; /* INGEST_WEBHOOK: "whsec_...", any of them may have signed */
	size_t secrets_n;
	const struct ingest_map *map; /* INGEST_MAPPED: the one of that name; NULL: none */
};

/* One item that is no event. `raw` is kept so that the caller can store it as a dead letter. */
struct ingest_refusal {
	size_t index;            /* place in the batch, from 0 */
	enum status status;      /* ST_INVALID or ST_LIMIT */
	const char *code;        /* stable, snake case: "no_identity" */
	struct str param;        /* the field at fault, may be empty */
	struct str message, fix; /* no personal data in either */
	struct str raw;          /* borrowed from the body */
};

struct ingest_result {
	struct event *events;
	size_t events_n;
	struct ingest_refusal *refused;
	size_t refused_n;
	struct str write_key; /* found in the body; proves nothing before it is looked up */
	struct str
		redirect; /* INGEST_FORM: where the form wants to go, an allowed place; or empty */
};

/* Hands one request header over; those no decoder reads are ignored. The first of a name wins. */
void ingest_take_header(struct ingest_request *r, struct str name, struct str value);

/* The whole request fails with ST_INVALID (not JSON, not a form), ST_LIMIT (too large, too many
 * items) or ST_UNAUTHENTICATED (webhook signature). One bad item of many is a refusal instead. */
MUST_USE enum status ingest_decode(const struct ingest_request *r, struct arena *a,
				   struct ingest_result *out, struct err *e);
/* For a write key that stood in the body: labels the events once the key is known. */
void ingest_set_source(struct ingest_result *res, struct str source);
/* {"success":false,"accepted":3,"refused":[{"index":1,"code":...,"message":...,"fix":...}]} */
void ingest_strict_reply(const struct ingest_result *res, struct buf *out);

/* One row per kind of request: what sources.c lists. */
struct ingest_source {
	const char *name; /* "batch", "form" */
	const char *doc;  /* one sentence for --help and docs */
	size_t body_bytes_max;
	enum status (*decode)(const struct ingest_request *r, struct arena *a,
			      struct ingest_result *out, struct err *e);
};
const struct ingest_source *ingest_source(enum ingest_kind kind);

/* --- What the decoders share with import and with tests. --- */

/* enum event_flag bits: what a user agent and a purpose header say of the sender. */
uint32_t ingest_bot_flags(struct str user_agent);
uint32_t ingest_purpose_flags(struct str sec_purpose);
/* Standard Webhooks: ST_UNAUTHENTICATED says which check failed, never the expected value. */
MUST_USE enum status ingest_verify_webhook(const struct ingest_request *r, struct err *e);
/* Instants as senders write them: RFC 3339, ISO without zone or seconds or with one-digit months,
 * date alone, seconds, milliseconds or microseconds since 1970. UTC when no zone is given. */
bool ingest_time(struct str text, int64_t *at_us_r);

#endif
