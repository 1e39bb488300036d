/* SPDX-License-Identifier: Apache-2.0
 * spam.h: what SpamAssassin makes of a letter, where it is installed.
 *
 * spamd is asked through spamc when one runs on this machine, else spamassassin itself, with its
 * local tests alone: the letter leaves the machine neither way. For a preview and for
 * `validate --spam`, where a person waits; letters on their way are judged by compose/check.def.
 * Thread: any that may wait some seconds. Memory: the caller's arena.
 */
#ifndef DELIVER_SPAM_H
#define DELIVER_SPAM_H

#include "base/arena.h"
#include "base/status.h"

#define SPAM_RULES_MAX 200
#define SPAM_ANSWER_MAX (4u << 20)

struct spam_rule {
	double points; /* below 0: a good sign */
	struct str name, words;
};
struct spam_report {
	const char *by; /* "spamc", "spamassassin" */
	double points, required;
	const struct spam_rule *rules;
	size_t rules_n;
};

/* The judgement of a whole letter. ST_NOT_FOUND: it is not installed; ST_TIMEOUT: it took too long;
 * ST_INVALID: it answered something else. */
MUST_USE enum status spam_ask(struct str letter, struct arena *a, struct spam_report *out,
			      struct err *e);
/* Its report as text: the last line "Content analysis details: (5.7 points, 5.0 required)" and the
 * table below it. ST_INVALID: there is none. */
MUST_USE enum status spam_report_read(struct str text, struct arena *a, struct spam_report *out,
				      struct err *e);

#endif
