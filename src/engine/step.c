/* SPDX-License-Identifier: Apache-2.0
 * step.c: the map of the engine. One event walks down this table; what a row means is in the
 * file named after it, what it knows is in the room of the same name (src/README.md). */
#include "engine/pass.h"

#include "base/assert.h"

const struct stage stages[] = {
	{"identity", "whose is it?", PASS_EVENT, stage_identity},
	{"forget", "has an anonymous lead's time run out?", PASS_ALARM, stage_forget},
	{"profile", "what did we learn about the person?", PASS_EVENT | PASS_REFOLD, stage_profile},
	{"account", "which company is it?", PASS_EVENT | PASS_REFOLD, stage_account},
	{"consent", "may we speak at all?", PASS_EVENT | PASS_REFOLD, stage_consent},
	{"record", "what did we know just before an outcome?", PASS_EVENT, stage_record},
	{"features", "what do we know, in numbers?", PASS_EVENT | PASS_REFOLD, stage_features},
	{"score", "how good a fit, how engaged, which tier?",
	 PASS_EVENT | PASS_ALARM | PASS_REFOLD | PASS_APPLY, stage_score},
	{"decide", "what is the next right touch, or is it nothing, or a person?",
	 PASS_EVENT | PASS_ALARM | PASS_APPLY, stage_decide},
	{"remember", "what goes on the timeline?", PASS_EVENT | PASS_REFOLD, stage_remember},
	{"count", "which numbers on a page move?", PASS_EVENT, stage_count},
	{"alarm", "when could something change by itself?", PASS_EVENT | PASS_ALARM | PASS_APPLY,
	 stage_alarm},
};
const size_t stages_n = sizeof stages / sizeof stages[0];

enum status step(struct pass *p, struct err *e)
{
	for (size_t i = 0; i < stages_n; i++) {
		if (!(stages[i].on & p->why))
			continue;
		enum status st = stages[i].run(p, e);
		if (st == ST_OK)
			st = pass_opened(p, e);
		if (st != ST_OK)
			return err_wrap(e, "%s", stages[i].name);
		if (p->dropped || p->forgotten)
			return ST_OK;
		ASSERT(p->work != NULL);
	}
	return ST_OK;
}
