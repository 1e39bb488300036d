/* SPDX-License-Identifier: Apache-2.0
 * event.h: one fact about one lead, in the one shape every source is brought to.
 *
 * Life: ingest/ builds it from outside bytes -> event_encode -> the log keeps the text ->
 * event_decode -> the engine folds it. All strings are borrowed; `properties` and `traits` are raw
 * JSON objects (or empty), checked by the parser that let them in.
 *
 *   E1  `type` is non-empty, lower-case, dotted: "page.pricing", "form.ebook", "identify".
 *   E2  `message_id` is non-empty: (source, message_id) is the duplicate key.
 *   E3  occurred_us <= received_us: what a clock says of the future happened now.
 *   E4  encode(decode(x)) == x for every x that encode wrote.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

#define EVENT_IDS_MAX 16
#define EVENT_TYPE_MAX 128       /* bytes */
#define EVENT_MESSAGE_ID_MAX 256 /* bytes; Segment allows 100 */
#define EVENT_SOURCE_MAX 128
#define EVENT_ID_VALUE_MAX 512
#define EVENT_BYTES_MAX (64 * 1024) /* one encoded event */
/* One of ours (EVENT_SYSTEM): program.apply carries a program of 1 MB, and JSON may write a byte of
 * it as two. Only the operator's door sets the flag. */
#define EVENT_OWN_BYTES_MAX ((2u << 20) + EVENT_BYTES_MAX)

enum id_kind {
#define ID_KIND(name, wire, byte, strength) ID_##name,
#include "model/id_kind.def"
#undef ID_KIND
	ID_KIND_COUNT
};

enum id_strength { ID_STRENGTH_DEVICE, ID_STRENGTH_SOLID };

const char *id_kind_name(enum id_kind k);
bool id_kind_of(struct str wire, enum id_kind *out);
char id_kind_byte(enum id_kind k);
enum id_strength id_kind_strength(enum id_kind k);

enum event_flag {
#define EVENT_FLAG(name, wire, bit) EVENT_##name = 1 << bit,
#include "model/event_flag.def"
#undef EVENT_FLAG
};

/* One identifier as it came in (identity/ normalises). `name` only for ID_KEY: "crm.hubspot". */
struct event_id {
	enum id_kind kind;
	struct str name, value;
};

struct event_page {
	struct str url, path, referrer, title, search;
};
struct event_campaign {
	struct str name, source, medium, term, content;
};
struct event_context {
	struct event_page page;
	struct event_campaign campaign;
	struct str ip, user_agent, locale, timezone,
		country; /* country: ISO 3166 alpha-2, if told */
	double scroll;   /* depth 0-100; negative: unknown */
};

struct event {
	uint64_t seq;    /* place in the log; 0 before it is there */
	struct str type; /* E1 */
	struct str name; /* as the source wrote it ("Signed Up"), may be empty */
	struct str
		source; /* write key label or "form", "webhook:typeform", "import:FILE", "system" */
	struct str message_id;
	int64_t occurred_us, received_us; /* received 0: not yet */
	struct event_id ids[EVENT_IDS_MAX];
	size_t ids_n;
	struct str previous_id; /* alias: the anonymousId or userId that is now known */
	struct str group_id;    /* account key, if told */
	struct event_context context;
	struct str properties, traits; /* raw JSON objects; empty when absent */
	uint32_t flags;                /* enum event_flag */
};

/* Flags of events that no feature and no score may count, so that a crawler never looks like an
 * interested person. Do Not Track joins them where the program honours it. */
#define EVENT_UNCOUNTED ((uint32_t)(EVENT_BOT | EVENT_MACHINE | EVENT_SYSTEM))
static inline bool event_counts(const struct event *ev, bool honour_dnt)
{
	return !(ev->flags & (EVENT_UNCOUNTED | (honour_dnt ? (uint32_t)EVENT_DNT : 0u)));
}

/* Adds an identifier; false when EVENT_IDS_MAX is reached or value is empty or too long. */
bool event_add_id(struct event *ev, enum id_kind kind, struct str name, struct str value);
/* First identifier of a kind, or an empty string. */
struct str event_id_value(const struct event *ev, enum id_kind kind);

/* How large an event with these flags may be when encoded. */
size_t event_bytes_max(uint32_t flags);
/* One line of compact JSON, keys in fixed order, defaults left out. seq and received_us are not in
 * it: the log keeps them as columns. ST_LIMIT above event_bytes_max; then `out` is as it was. */
MUST_USE enum status event_encode(const struct event *ev, struct buf *out, struct err *e);
/* Borrows from `text` and the arena. ST_CORRUPT when it is not what event_encode wrote. */
MUST_USE enum status event_decode(struct str text, struct arena *a, struct event *out,
				  struct err *e);
/* Checks E1-E3 and the ceilings; ST_INVALID names the field. Every source calls it last. */
MUST_USE enum status event_check(const struct event *ev, struct err *e);
/* "Signed Up" -> "signed_up", "Form.Demo" -> "form.demo"; empty when nothing usable is left. */
struct str event_type_slug(struct str name, struct arena *a);
/* The same for a name that a person gives, who is told: ST_INVALID when it is too long, not UTF-8,
 * has control characters, or leaves nothing. */
MUST_USE enum status event_type_named(struct str name, struct arena *a, struct str *out,
				      struct err *e);

#endif
