/* SPDX-License-Identifier: Apache-2.0
 * spam.h: what SpamAssassin says of a message, for people and as JSON; and of every text of a
 * draft, written to a person who does not exist.
 */
#ifndef CLI_SPAM_H
#define CLI_SPAM_H

#include "cli/cli.h"
#include "deliver/spam.h"
#include "node/draft.h"

/* What it said of one letter. */
struct spam_said {
	struct spam_report report;
	bool asked;
	const char *why; /* not asked: why not */
};
void spam_say(struct cli *c, struct str letter, struct spam_said *out);
bool spam_is(const struct spam_said *s); /* a mailbox that thinks like it would put it aside */
void spam_put(const struct spam_said *s, struct json_w *w); /* an object */
void spam_show(struct cli *c, const struct spam_said *s);

/* Every text of a draft that was found right; its first subject line, to a lead of whom much is
 * known. The exit code: CLI_PROBLEMS when one of them is spam, or it could not be asked. */
int spam_validate(struct cli *c, const struct draft *d);

#endif
