/* SPDX-License-Identifier: Apache-2.0
 * machine.h: did a person open or click this, or a program that looks at mail for them?
 *
 * Pure: one hit and the other hits of the same message go in, a verdict and the rule behind it come
 * out. The rules are one table (machine.def), asked in order. What a machine did is kept and
 * flagged, and never scored; a hit one is unsure of is not either, unless the caller knows better.
 *
 *   O3  The same hits give the same verdict, in whatever order they came.
 *   O4  A hit that looks human may still turn out to be one of a burst: its verdict is final from
 *       settles_us on. Until then ask again when another hit of the message comes.
 * Thread: any. No memory is allocated.
 */
#ifndef OBSERVE_MACHINE_H
#define OBSERVE_MACHINE_H

#include "base/str.h"
#include "base/time.h"

#define MACHINE_HITS_MAX 256 /* of one message that are looked at */
#define MACHINE_STALL_US (10 * US_PER_S)

enum machine_what { MACHINE_OPENED, MACHINE_CLICKED };

struct machine_hit {
	enum machine_what what;
	bool trap;         /* LINK_TRAP */
	uint32_t link;     /* CLICKED: place of the link in the message */
	uint32_t flags;    /* EVENT_BOT, EVENT_MACHINE: what ingest_bot_flags and
			    * ingest_purpose_flags (Sec-Purpose, Purpose, X-Moz) say */
	struct str method; /* "GET" */
	struct str user_agent;
	struct str ip;              /* as text, IPv4 or IPv6; empty: not known */
	struct str accept_language; /* header; empty: none */
	int64_t at_us;
};

struct machine_case {
	struct machine_hit hit;
	int64_t sent_us;  /* when the message was taken over; TIME_NONE: not known */
	unsigned links_n; /* tracked links in the message, traps not counted */
	const struct machine_hit *others; /* other hits of the message, earlier and later */
	size_t others_n;
};

enum machine_verdict { MACHINE_HUMAN, MACHINE_MACHINE, MACHINE_UNSURE };

enum machine_rule_no {
#define MACHINE_RULE(name, wire, verdict, words) MACHINE_RULE_##name,
#include "observe/machine.def"
#undef MACHINE_RULE
	MACHINE_RULE_COUNT
};

struct machine_answer {
	enum machine_verdict verdict;
	enum machine_rule_no rule;
	int64_t settles_us;  /* final from then on; the hit's at_us when it is already */
	const char *network; /* owner of the network it came from; NULL: none that is known */
};

struct machine_answer machine_judge(const struct machine_case *c);
const char *machine_verdict_name(enum machine_verdict v); /* "human", "machine", "unsure" */
const char *machine_rule_wire(enum machine_rule_no r);    /* "burst" */
const char *machine_rule_words(enum machine_rule_no r);   /* for people */

#endif
