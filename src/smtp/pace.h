/* SPDX-License-Identifier: Apache-2.0
 * pace.h: when may the next mail to this domain, from this sender, go? Pure: the clock comes in.
 *
 *   P1  In no span of time T do more than burst + T / interval mails go to one group, nor from one
 *       sender. A group is a provider (provider.def) or, for all others, the domain itself.
 *   P2  A sender that is warming up sends no more on its n-th day than the table's n-th row, and
 *       spreads it. After 30 idle days it begins anew.
 *   P3  A provider that pushes back is left alone for a while and then gets half as much, again and
 *       again down to a 64th; mail that goes well brings it back in steps. Others notice nothing.
 *
 * The pool does not use this: the queue asks before it hands a mail over, and sleeps until the
 * answer. After a restart buckets are full; what a sender has sent comes back through
 * smtp_pace_sender. Thread: one at a time.
 */
#ifndef SMTP_PACE_H
#define SMTP_PACE_H

#include "base/status.h"
#include "base/str.h"

struct smtp_rate {
	uint32_t per_minute; /* 0: as fast as you like */
	uint32_t burst;      /* at once, after a pause; 0 is 1 */
};

enum smtp_provider {
#define SMTP_PROVIDER(name, wire, per_minute, burst) SMTP_PROVIDER_##name,
#include "smtp/provider.def"
#undef SMTP_PROVIDER
	SMTP_PROVIDER_OTHER, /* each domain for itself */
	SMTP_PROVIDER_COUNT
};

struct smtp_pace_conf {
	struct smtp_rate provider[SMTP_PROVIDER_COUNT];
	struct smtp_rate sender;
	const uint32_t *warm_up; /* mails on day 0, 1, ...; must outlive the pace */
	size_t warm_up_days;     /* 0: senders are warm */
	size_t groups_max, senders_max;
};
struct smtp_pace_conf smtp_pace_conf_default(void);

struct smtp_pace;
struct smtp_pace *smtp_pace_create(const struct smtp_pace_conf *conf);
void smtp_pace_destroy(struct smtp_pace **p); /* accepts NULL; leaves *p NULL */

enum smtp_provider smtp_provider_of(struct str domain); /* any case */
const char *smtp_provider_name(enum smtp_provider p);   /* "google", "other" */

/* The first instant, now_us or later, at which such a mail may go. `sender` is what is warmed up: a
 * sending domain or an address, as the caller keeps them; `domain` is the recipient's. */
int64_t smtp_pace_next(struct smtp_pace *p, struct str domain, struct str sender, int64_t now_us);
/* It goes: only when smtp_pace_next says now. */
void smtp_pace_take(struct smtp_pace *p, struct str domain, struct str sender, int64_t now_us);
/* A mail to the domain was THROTTLED (retry.h); one was sent. */
void smtp_pace_pushed_back(struct smtp_pace *p, struct str domain, int64_t now_us);
void smtp_pace_went_well(struct smtp_pace *p, struct str domain, int64_t now_us);
/* What is known of a sender from before: its first day, mails since the start of its current one
 * (days are 24 hours from `began_us`), and its last mail. ST_LIMIT: there are too many senders. */
MUST_USE enum status smtp_pace_sender(struct smtp_pace *p, struct str sender, int64_t began_us,
				      uint32_t sent_today, int64_t last_us);

#endif
