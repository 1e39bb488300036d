/* SPDX-License-Identifier: Apache-2.0
 * retry.h: shall a mail be tried again, and when? Backoff by class of reply, as one table
 * (class.def) and one pure function: no clock, no state, dice as a salt.
 *
 * RFC 5321 section 4.5.4.1 asks for 30 minutes between tries and for four to five days in all; the
 * first tries may come sooner, and do.
 */
#ifndef SMTP_RETRY_H
#define SMTP_RETRY_H

#include "smtp/smtp.h"

#define SMTP_ATTEMPTS_MAX 60u
#define SMTP_AGE_MAX_US SMTP_SECONDS(4 * 86400)

/* Whom a pause helps: this mail alone, all mail to the recipient's provider, all on this relay. */
enum smtp_scope { SMTP_SCOPE_NOBODY, SMTP_SCOPE_MAIL, SMTP_SCOPE_DOMAIN, SMTP_SCOPE_SERVER };

enum smtp_class {
#define SMTP_CLASS(name, wire, scope, first_s, most_s, help) SMTP_CLASS_##name,
#include "smtp/class.def"
#undef SMTP_CLASS
	SMTP_CLASS_COUNT
};

struct smtp_retry {
	enum smtp_class class;
	enum smtp_scope scope;
	bool again;
	bool expired;     /* it would have been tried again, but has been tried long enough */
	int64_t after_us; /* from now; 0 unless `again` */
};

enum smtp_class smtp_classify(const struct smtp_result *r);
/* `attempt` counts from 1: the try that ended so. `age_us`: since the mail was first due. `salt`
 * (the mail's id) spreads mails that failed together; the same one gives the same answer. */
struct smtp_retry smtp_retry_after(const struct smtp_result *r, unsigned attempt, int64_t age_us,
				   uint64_t salt);

const char *smtp_class_name(enum smtp_class c); /* "greylisted" */
const char *smtp_class_help(enum smtp_class c); /* what a person can do */

#endif
