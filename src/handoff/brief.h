/* SPDX-License-Identifier: Apache-2.0
 * brief.h: what a person who takes over must know about a lead, read once from committed state; the
 * mail to the rep and the webhook to their tools are made from it.
 *
 * Memory: strings live on the caller's arena. Thread: any, with a reader of its own.
 */
#ifndef HANDOFF_BRIEF_H
#define HANDOFF_BRIEF_H

#include "model/handoff.h"
#include "model/lead.h"
#include "store/store.h"

#define BRIEF_MESSAGES_MAX 10
#define BRIEF_ACTS_MAX 8
#define BRIEF_STORY_LINES 3

struct brief_message { /* one that was sent; the latest first */
	uint64_t id;
	struct str message, angle;
	int64_t sent_us;
	uint32_t flags; /* enum message_flag */
};
struct brief_act { /* what they did, by kind; the latest first */
	uint32_t type_no;
	struct str type; /* "page.pricing" */
	unsigned n;
	int64_t last_us;
};
struct brief {
	struct handoff handoff;
	uint64_t lead; /* whose it is now, behind merges */
	struct str name, email, phone, title, company, country, source, asset;
	double fit, engagement, score; /* as last evaluated */
	enum tier tier;
	int64_t first_us, active_us;
	struct brief_message messages[BRIEF_MESSAGES_MAX];
	size_t messages_n;
	struct brief_act acts[BRIEF_ACTS_MAX];
	size_t acts_n;
	struct str story[BRIEF_STORY_LINES]; /* who, how warm, why now; for people */
};

/* ST_NOT_FOUND: there is no such hand-off. ST_CORRUPT: the state is not whole. */
MUST_USE enum status brief_read(struct store *s, uint64_t handoff, struct arena *a,
				struct brief *out, struct err *e);

#endif
