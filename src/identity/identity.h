/* SPDX-License-Identifier: Apache-2.0
 * identity.h: whose fact is it? Identifiers in, one lead out, with the reason in words.
 *
 * Room 2 of the pass. Pure: the engine looks keys up and moves rows; this room says which keys an
 * event carries, whose they make it, and what a merge or a split writes. The rules in prose, with
 * examples, are in docs/identity.md.
 *
 *   K1  One person, one key: two spellings of an address normalise to the same bytes.
 *   K2  Solid keys (e-mail, userId, phone, declared keys) beat device keys (anonymousId).
 *   K3  Two known leads are joined only by an event that carries solid keys of both and is meant
 *       to link (identify, alias, a form, an import), and never when both already hold different
 *       values of a userId or a declared key, unless an alias says so.
 *   K4  A device is nobody's property: on a shared computer its key follows the person who is
 *       known now, and no two known leads are joined over it.
 *   K5  A merge is recorded so that identity_split(identity_merge(x)) == x.
 * Thread: any. Memory: the caller's arena.
 */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include "base/json.h"
#include "model/event.h"
#include "model/lead.h"
#include "program/program.h"

#define IDENTITY_EMAIL_MAX 254                /* bytes, RFC 5321 4.5.3.1.3 less the brackets */
#define IDENTITY_KEYS_MAX (EVENT_IDS_MAX + 2) /* an alias adds its previous id, of two kinds */
#define IDENTITY_LOSERS_MAX IDENTITY_KEYS_MAX

/* ---- one identifier ---- */

struct identity_key {
	enum id_kind kind;
	bool solid;
	bool previous;    /* the previousId of an alias */
	struct str name;  /* declared keys only */
	struct str value; /* normalised */
	struct str
		bytes; /* the store key: kind byte, name and a zero byte (declared keys), value */
};

/* Normalises one identifier. `program` may be NULL (phone numbers then need a +, and any declared
 * key is taken). ST_INVALID says what is wrong with the value, without repeating it. */
MUST_USE enum status identity_normalise(const struct program *program, const struct event_id *id,
					struct arena *a, struct identity_key *out, struct err *e);
/* "Ana@Bücher.example " -> "ana@xn--bcher-kva.example". */
MUST_USE enum status identity_email(struct str text, struct arena *a, struct str *out,
				    struct err *e);
/* "030 / 123 456" in "DE" -> "+4930123456". `country`: ISO 3166 alpha-2, may be empty. */
MUST_USE enum status identity_phone(struct str text, struct str country, struct arena *a,
				    struct str *out, struct err *e);
/* Store key bytes back to kind, name and value; false when they are not such a key. */
bool identity_key_read(struct str bytes, struct identity_key *out);

struct identity_keys {
	struct identity_key keys[IDENTITY_KEYS_MAX]; /* strongest first, no two alike */
	size_t n;
	size_t refused_n;       /* identifiers that were no use */
	char refused_text[160]; /* the first of them: why */
};
/* Every usable key of an event. ST_LIMIT when the arena is at its ceiling. */
MUST_USE enum status identity_keys(const struct program *program, const struct event *ev,
				   struct arena *a, struct identity_keys *out, struct err *e);

/* ---- whose is it ---- */

/* What the engine knows of the lead a key points at. */
struct identity_owner {
	uint64_t lead; /* 0: the key is new */
	bool known;    /* LEAD_KNOWN */
	int64_t created_us;
	const struct json *profile; /* parsed; NULL: not loaded. Only asked for known leads. */
};

enum identity_action {
	IDENTITY_NOBODY, /* no usable key: the event belongs to no lead */
	IDENTITY_CREATE, /* a new lead */
	IDENTITY_USE,    /* `lead` */
	IDENTITY_MERGE,  /* `lead`, and `losers` are joined to it */
	IDENTITY_ACTION_COUNT
};

struct identity_verdict {
	enum identity_action action;
	uint64_t lead; /* USE, MERGE: whose it is */
	uint64_t losers[IDENTITY_LOSERS_MAX];
	size_t losers_n;
	size_t point
		[IDENTITY_KEYS_MAX]; /* indexes of keys that must point at the lead from now on */
	size_t point_n;
	bool known;     /* the lead is known from now on: a solid key points at it */
	bool conflict;  /* keys that contradict each other; text says how it was settled */
	char text[200]; /* the reason, without personal data */
};
/* Does the verdict need profiles? Only when keys name two leads, or a new solid key meets a known
 * lead; the common case (one known key) does not. */
bool identity_needs_profiles(const struct identity_keys *keys, const struct identity_owner *owners);
/* owners[i] belongs to keys->keys[i]. */
void identity_resolve(const struct event *ev, const struct identity_keys *keys,
		      const struct identity_owner *owners, struct identity_verdict *out);
const char *identity_action_name(enum identity_action x);

/* ---- merge and split ---- */

struct identity_side {
	struct lead lead;
	struct str profile; /* JSON text, may be empty */
};
struct identity_merge {
	uint64_t seq; /* of the event that caused it: a split folds again what came later */
	int64_t at_us;
	struct str reason, by; /* by: "event", or who ordered it */
};
/* Joins everything of a lead except its cells (features_merge, score_merge do those, afterwards)
 * and its consent ledger (consent_merge): flags, times, counts, entry; and the profile: traits of
 * the side that learnt last win per key, identifiers are united, first touch is the older side's.
 * `survivor` and `loser` are changed in place: the loser is left as a pointer to the survivor,
 * with its timeline. *record_r is the MERGE row: both sides as they were. */
MUST_USE enum status identity_merge(struct identity_side *survivor, struct identity_side *loser,
				    const struct identity_merge *m, struct arena *a,
				    struct str *record_r, struct err *e);
struct identity_split {
	struct identity_merge merge;
	struct identity_side survivor, loser; /* as they were before the merge */
	struct identity_key *keys;            /* the loser's then: they go back to it */
	size_t keys_n;
};
/* Reads a MERGE row. ST_CORRUPT when it is not identity_merge's work. */
MUST_USE enum status identity_split(struct str record, struct arena *a, struct identity_split *out,
				    struct err *e);

/* ---- accounts ---- */

enum identity_mark {
	IDENTITY_FREEMAIL = 1,   /* anybody gets an address there: makes no account */
	IDENTITY_DISPOSABLE = 2, /* thrown away after use */
	IDENTITY_ROLE = 4,       /* info@, sales@: a mailbox, not a person */
};
unsigned identity_email_marks(struct str email); /* enum identity_mark bits; normalised address */
/* Registrable domain of a host name ("mail.acme.co.uk" -> "acme.co.uk"); empty when it has none. */
struct str identity_domain(struct str host, struct arena *a);
/* 'g' + group id, or 'd' + company domain of the event's e-mail. ST_NOT_FOUND: neither (e is then
 * left alone): no group, no address, a free-mail or disposable one. */
MUST_USE enum status identity_account_key(const struct event *ev, struct arena *a,
					  struct str *key_r, struct err *e);

#endif
