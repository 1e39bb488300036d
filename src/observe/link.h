/* SPDX-License-Identifier: Apache-2.0
 * link.h: signed links and addresses: what comes back from a message says which one, unforgeably.
 *
 * A token is a few numbers and a signature (HMAC-SHA256, RFC 2104, cut to 96 bits) as URL-safe
 * text, about 27 characters. A click's target is part of what is signed and travels in the query
 * of the link: so a redirect reads no store, and no other target than ours is ever led to. An
 * address token is the same in small letters and digits, since mail servers change case.
 *
 *   O1  link_read(link_write(x)) == x for the same target; any other byte or target is refused.
 *   O2  A token of one kind, key or alphabet is none of another.
 *
 * Keys have a number of one byte, which is in the token: the first signs, all of them are believed,
 * so that a new key can come while old links live on.
 * Thread: any. No memory is allocated.
 */
#ifndef OBSERVE_LINK_H
#define OBSERVE_LINK_H

#include "base/status.h"
#include "base/str.h"
#include "model/handoff.h"

#define LINK_KEYS_MAX 4
#define LINK_SECRET_BYTES 32
#define LINK_TEXT_MAX 56                /* bytes of room for a token as text, NUL included */
#define LINK_ADDRESS_MAX 40             /* characters of an address token at most */
#define LINK_TARGET_MAX 2048            /* bytes of a target */
#define LINK_CTA (1u << 16)             /* in `n` of a click: the call to action */
#define LINK_ID_MAX (UINT64_C(1) << 56) /* an id is below it */

enum link_kind {
#define LINK(name, wire, byte, target, words, follow) LINK_##name,
#include "observe/link.def"
#undef LINK
	LINK_KIND_COUNT
};

enum link_rep { /* `n` of LINK_REP */
#define REP(name, wire, state, date, title, words, button) LINK_REP_##name,
#include "observe/rep.def"
#undef REP
		LINK_REP_COUNT
};

struct link {
	enum link_kind kind;
	uint64_t id;        /* the message; LINK_REP: the hand-off */
	uint32_t n;         /* CLICK: place of the link in the message; REP: enum link_rep */
	int64_t expires_us; /* TIME_NONE: never. Kept in whole days, rounded up */
};

struct link_key {
	uint8_t id;
	uint8_t secret[LINK_SECRET_BYTES];
};
struct link_keys {
	struct link_key keys[LINK_KEYS_MAX]; /* the first signs */
	size_t n;
};

/* A new key in front; the oldest falls out when there are too many. Ids must differ: ST_EXISTS. */
MUST_USE enum status link_keys_add(struct link_keys *k, uint8_t id,
				   const uint8_t secret[LINK_SECRET_BYTES], struct err *e);

/* The token of a link, NUL-terminated in `out`. ST_INVALID: a kind with a target and none that
 * link_target_ok accepts, or the other way round. */
MUST_USE enum status link_write(const struct link_keys *k, const struct link *l, struct str target,
				char out[LINK_TEXT_MAX], struct err *e);
/* `target` as it came, percent-decoded. ST_INVALID: not a token; ST_DENIED: the signature is not
 * ours, or not of this target; ST_TIMEOUT: ours, and its time is over. The kind is the caller's to
 * compare with the one it serves. */
MUST_USE enum status link_read(const struct link_keys *k, struct str token, struct str target,
			       int64_t now_us, struct link *out, struct err *e);
/* http or https, a host, no user before it, no space or control character, not too long. */
bool link_target_ok(struct str url);

/* LINK_ADDRESS for "bounce+TOKEN@domain": a-z and 2-7, read in any case (RFC 4648 section 6). */
void link_address_write(const struct link_keys *k, uint64_t id, char out[LINK_TEXT_MAX]);
MUST_USE enum status link_address_read(const struct link_keys *k, struct str token, uint64_t *id_r,
				       struct err *e);
const char *link_kind_wire(enum link_kind kind);      /* "unsubscribe" */
const char *link_kind_words(enum link_kind kind);     /* what it is */
const char *link_kind_follow(enum link_kind kind);    /* what a button says that follows it */
const char *link_rep_wire(enum link_rep rep);         /* "not_now": the hand-off's verdict */
const char *link_rep_event(enum link_rep rep);        /* "handoff.return": what it is told by */
enum handoff_state link_rep_state(enum link_rep rep); /* where the hand-off goes */

#endif
