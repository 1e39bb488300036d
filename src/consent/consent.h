/* SPDX-License-Identifier: Apache-2.0
 * consent.h: may we speak to this person, by this channel, for this purpose, now?
 *
 * Room 3 of the pass, and law for those who speak (decide, compose, deliver): it is asked when
 * choosing, when composing, and again in the transaction that marks a message as being sent. The
 * rules in prose are in docs/consent.md.
 *
 *   L1  The ledger only grows. An entry says what was agreed to, on what basis, when and where.
 *   L2  The rules are one table, asked in order; the first that knows an answer gives it, and its
 *       name and words go with the verdict. Nothing answers: no.
 *   L3  In a merge the stricter side wins, per channel and purpose: joining two leads never gives
 *       a right to speak that each of them did not give by itself.
 *   L4  A suppressed address is not used, whoever it belongs to and whatever the ledger says.
 * Thread: any. Memory: strings are borrowed; results in the caller's arena.
 */
#ifndef CONSENT_CONSENT_H
#define CONSENT_CONSENT_H

#include "base/json.h"
#include "model/event.h"
#include "model/lead.h"
#include "program/program.h"

#define CONSENT_ENTRIES_MAX 256   /* of one lead, as read */
#define CONSENT_FROM_EVENT_MAX 32 /* entries one event can make */
#define CONSENT_MERGE_MAX 32      /* entries a merge can add */
#define CONSENT_ENTRY_BYTES_MAX 4096
#define CONSENT_WORDING_MAX 1024 /* longer wording is kept by its SHA-256 */
#define CONSENT_ALL "*"          /* every channel, every purpose */

/* ---- the ledger ---- */

enum consent_state {
#define CONSENT_STATE(name, wire, strictness, help) CONSENT_##name,
#include "consent/state.def"
#undef CONSENT_STATE
	CONSENT_STATE_COUNT
};
struct consent_entry {
	struct str channel, purpose; /* "email", "newsletter"; "*": all */
	enum consent_state state;
	enum consent_basis basis;
	struct str source;  /* where it came through: form name, webhook, import file, operator */
	struct str wording; /* what the person read */
	struct str proof;   /* message id, ip and user agent, or what the importer says */
	int64_t at_us;      /* when it was said */
	uint64_t seq;       /* of the event that said it */
};
struct consent_ledger {
	const struct consent_entry *entries; /* in any order */
	size_t n;
};
const char *consent_state_name(enum consent_state s);
bool consent_state_of(struct str wire, enum consent_state *out);
void consent_encode(const struct consent_entry *entry, struct buf *out); /* one line of JSON */
/* ST_CORRUPT when it is not consent_encode's work. */
MUST_USE enum status consent_decode(struct str text, struct arena *a, struct consent_entry *out,
				    struct err *e);
/* The entry in force for a channel and purpose: the latest said, by time then by seq; of those
 * with "*" the later counts too; at the same instant the stricter. NULL: nothing was ever said. */
const struct consent_entry *consent_in_force(const struct consent_ledger *ledger,
					     struct str channel, struct str purpose);

/* ---- suppression ---- */

enum suppress_reason {
#define SUPPRESS(name, wire, help) SUPPRESS_##name,
#include "consent/suppress.def"
#undef SUPPRESS
	SUPPRESS_REASON_COUNT
};
struct suppression {
	struct str key; /* channel, a zero byte, normalised address: the SUPPRESSION row's key */
	enum suppress_reason reason;
	int64_t at_us;
	int64_t until_us; /* TIME_NONE: for ever */
	struct str source;
	uint64_t seq;
};
const char *suppress_reason_name(enum suppress_reason r);
bool suppress_reason_of(struct str wire, enum suppress_reason *out);
struct str suppression_key(struct str channel, struct str address, struct arena *a);
void suppression_encode(const struct suppression *s, struct buf *out); /* JSON, key left out */
MUST_USE enum status suppression_decode(struct str key, struct str text, struct arena *a,
					struct suppression *out, struct err *e);
bool suppression_holds(const struct suppression *s, int64_t now_us);
/* Which of two for one address stays: the one that ends later; at a tie the graver reason. */
const struct suppression *suppression_stricter(const struct suppression *a,
					       const struct suppression *b);

/* ---- what an event says ---- */

struct consent_change {
	struct consent_entry entries[CONSENT_FROM_EVENT_MAX];
	size_t entries_n;
	struct suppression suppress[EVENT_IDS_MAX];
	size_t suppress_n;
	struct str lift[EVENT_IDS_MAX]; /* suppression keys a new grant ends (reason unsubscribe) */
	size_t lift_n;
	bool about_address; /* it closes or opens addresses, also when the event names none */
};
/* Entries and suppressions an event makes: consent.grant, consent.confirm, consent.withdraw,
 * consent.object, email.unsubscribe, email.complaint, email.bounce (hard), and the property or
 * trait "consent" of forms, identify calls and imports. `country` (alpha-2, may be empty) decides
 * whether a grant is pending. Most events make none: then out is empty and nothing was parsed.
 * The addresses in ev->ids must be normalised (room identity), as suppression keys hold them.
 * When the event names none of the channel, the caller asks again with the lead's own
 * (about_address). */
MUST_USE enum status consent_from_event(const struct program *program, const struct event *ev,
					struct str country, struct arena *a,
					struct consent_change *out, struct err *e);

/* What a merge adds to the survivor's ledger so that L3 holds: the loser's restrictions, where they
 * are stricter than what is in force with the survivor, said again at the instant of the merge;
 * behind a refusal of everything, what both still allow. At most CONSENT_MERGE_MAX entries. Grants
 * do not travel: a survivor that never agreed is asked. `stamp` gives at_us, seq and source. */
MUST_USE enum status consent_merge(const struct consent_ledger *survivor,
				   const struct consent_ledger *loser,
				   const struct consent_entry *stamp, struct arena *a,
				   struct consent_ledger *out, struct err *e);

/* ---- the verdict ---- */

enum consent_rule_no {
#define CONSENT_RULE(name, wire, allowed, words) CONSENT_RULE_##name,
#include "consent/rule.def"
#undef CONSENT_RULE
	CONSENT_RULE_NO_COUNT
};
struct consent_view {
	const struct program *program;
	const struct lead *lead;
	struct consent_ledger ledger;
	const struct suppression *suppressions; /* of the lead's addresses on this channel */
	size_t suppressions_n;
	struct str country; /* ISO 3166 alpha-2; empty: not known */
};
struct consent_verdict {
	bool allowed;
	enum consent_rule_no rule;
	char text[200]; /* for people: the rule's words and the facts behind them */
};
struct consent_verdict consent_may_speak(const struct consent_view *v, struct str channel,
					 struct str purpose, int64_t now_us);
const char *consent_rule_wire(enum consent_rule_no r); /* "withdrawn", "opt_in_no_grant" */
const char *consent_rule_words(enum consent_rule_no r);
/* The rule of a country: its region's, or the program's for the rest and for "not known". */
enum consent_rule consent_country_rule(const struct program *program, struct str country,
				       struct str *region_r);

/* ---- Do Not Track and time to live ---- */

/* When an anonymous lead is forgotten, given its latest activity; TIME_NONE: kept. */
int64_t consent_ttl_us(const struct program *program, const struct lead *lead, int64_t now_us);
/* May the event be tied to a person and measured? False for Do Not Track where it is honoured,
 * unless the person is known by their own act (a form, a reply). */
bool consent_may_measure(const struct program *program, const struct event *ev);

#endif
