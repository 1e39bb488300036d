/* SPDX-License-Identifier: Apache-2.0
 * inbound.h: what came in by mail? Bytes of one message in; its kind, what a bounce says of each
 * recipient, hints for whose it is, and the new text of a reply out.
 *
 *   I1  Pure: same bytes and settings, same result. The reference time is handed in.
 *   I2  Never fails on odd bytes: a message that is no mail at all is INBOUND_UNKNOWN.
 *   I3  Bounded: message size, parts, depth, text and every list have ceilings; `cut` says that
 *       one of them was reached.
 *   I4  The first kind that fits wins, in the order of enum inbound_kind.
 *   I5  Nothing that came from a machine is a reply: bounces, complaints, auto-replies,
 *       notifications and lists never are, whatever their text says.
 *
 * Sources: RFC 3464 and 3463 (bounces), 5965 (complaints), 3834 (automatic answers), 2919 and
 * 2369 (lists), 5233 (the detail behind a plus). Thread: any. Memory: the caller's arena; the
 * result borrows from it and from nothing else.
 */
#ifndef INBOUND_INBOUND_H
#define INBOUND_INBOUND_H

#include "base/arena.h"
#include "base/status.h"
#include "base/time.h"

#define INBOUND_RECIPIENTS_MAX 64
#define INBOUND_TOKENS_MAX 16
#define INBOUND_IDS_MAX 64

enum inbound_kind {
	INBOUND_UNKNOWN,
	INBOUND_BOUNCE,       /* a report on a message of ours: see recipients[] */
	INBOUND_COMPLAINT,    /* a feedback report: see feedback */
	INBOUND_AUTO_REPLY,   /* out of office and the like: see return_at_us */
	INBOUND_LIST,         /* list or bulk mail */
	INBOUND_NOTIFICATION, /* written by a machine, to nobody in particular */
	INBOUND_UNSUBSCRIBE,  /* a person, or a mail program for them, wants no more mail */
	INBOUND_REPLY,        /* a person */
	INBOUND_KIND_COUNT
};

/* What a report says happened (RFC 3464 2.3.3). Only INBOUND_FAILED ended the attempt. */
enum inbound_action {
	INBOUND_FAILED,
	INBOUND_DELAYED,
	INBOUND_DELIVERED,
	INBOUND_RELAYED,
	INBOUND_EXPANDED,
	INBOUND_ACTION_COUNT
};

enum inbound_reason {
#define REASON(name, wire, hard, help) INBOUND_REASON_##name,
#include "inbound/reason.def"
#undef REASON
	INBOUND_REASON_COUNT
};

/* RFC 5965 7.3, and what mailbox providers added. */
enum inbound_feedback {
	INBOUND_FEEDBACK_NONE, /* no feedback report */
	INBOUND_FEEDBACK_ABUSE,
	INBOUND_FEEDBACK_FRAUD,
	INBOUND_FEEDBACK_VIRUS,
	INBOUND_FEEDBACK_NOT_SPAM,
	INBOUND_FEEDBACK_OPT_OUT,
	INBOUND_FEEDBACK_AUTH_FAILURE, /* about our signatures, not from a person */
	INBOUND_FEEDBACK_OTHER,
	INBOUND_FEEDBACK_COUNT
};

/* One recipient of a bounce. `hard`: the address or its host does not exist, or takes no mail;
 * sending again is pointless. Full mailboxes, policy and anything temporary are not hard. */
struct inbound_recipient {
	struct str address;  /* as reported; empty when the report withholds it */
	struct str original; /* Original-Recipient, when it differs */
	enum inbound_action action;
	enum inbound_reason reason;
	bool hard;
	int reply;             /* SMTP reply code, 0: none given */
	struct str status;     /* "5.1.1", empty: none given */
	struct str diagnostic; /* the words, at most 1,000 bytes of valid UTF-8 */
};

/* Doors of ours a message can come in by. */
enum inbound_door { INBOUND_DOOR_BOUNCE, INBOUND_DOOR_REPLY, INBOUND_DOOR_UNSUBSCRIBE };

/* An address of ours that takes mail: `local` as written, or with a token behind it: local+token,
 * local-token or local=token at `domain`. An empty domain is any domain. */
struct inbound_alias {
	enum inbound_door door;
	struct str local, domain;
};

struct inbound_token {
	enum inbound_door door;
	struct str token;   /* empty: the bare alias */
	struct str address; /* the whole address it was read from */
};

struct inbound_conf {
	size_t message_bytes_max; /* more is refused with ST_LIMIT */
	size_t text_bytes_max;    /* of reply text, and of each part that is looked at */
	unsigned parts_max, depth_max;
	int64_t now_us; /* "until Friday" is read from here when the message has no Date */
	const struct inbound_alias *aliases;
	size_t alias_count;
};
#define INBOUND_CONF_DEFAULT \
	((struct inbound_conf){ \
		.message_bytes_max = 32u << 20, \
		.text_bytes_max = 256u << 10, \
		.parts_max = 200, \
		.depth_max = 20, \
		.now_us = TIME_NONE, \
	})
/* An arena this large holds any result. */
#define INBOUND_ARENA_BYTES_MAX ((size_t)64 << 20)

struct inbound {
	enum inbound_kind kind;
	const char *why; /* the rule that decided, for people: "Auto-Submitted: auto-replied" */
	bool cut;

	/* Whose is it? In the order of trust: tokens, our Message-IDs, addresses. */
	struct inbound_token tokens[INBOUND_TOKENS_MAX];
	size_t token_count;
	struct str ids[INBOUND_IDS_MAX]; /* In-Reply-To, References, the original's; no brackets */
	size_t id_count;
	struct str original_id;         /* Message-ID of the message reported on */
	struct str original_headers;    /* header lines of it, unfolded by nobody */
	struct str message_id;          /* of this message; no brackets */
	struct str from, from_name, to; /* from: address; to: the first one */
	struct str subject;             /* decoded, UTF-8 */
	int64_t date_us;                /* of its Date field; TIME_NONE */

	struct inbound_recipient recipients[INBOUND_RECIPIENTS_MAX]; /* bounces and complaints */
	size_t recipient_count;
	enum inbound_feedback feedback;
	int64_t return_at_us;  /* auto-replies: the first moment back; TIME_NONE: not said */
	struct str text;       /* what the sender wrote, without quote and signature; UTF-8 */
	struct str text_whole; /* the same with both */
};

/* ST_LIMIT: larger than message_bytes_max, or the arena is too small. Nothing else fails. */
MUST_USE enum status inbound_read(struct str bytes, const struct inbound_conf *conf,
				  struct arena *a, struct inbound *out, struct err *e);

/* The new text of a plain-text reply (UTF-8): borrowed from `text`, quote and signature gone. */
struct str inbound_reply_text(struct str text, struct arena *a);

const char *inbound_kind_name(enum inbound_kind kind);       /* "auto_reply" */
const char *inbound_action_name(enum inbound_action action); /* "failed", as on the wire */
const char *inbound_reason_name(enum inbound_reason reason); /* "user_unknown" */
const char *inbound_feedback_name(enum inbound_feedback f);  /* "not-spam", as on the wire */

#endif
