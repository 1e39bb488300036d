/* SPDX-License-Identifier: Apache-2.0
 * outcome.c: see outcome.h. */
#include "engine/outcome.h"

static const struct outcome {
	const char *verdict, *word, *usual;
} outcomes[] = {
	{"accepted", "accepted", ""},
	{"meeting", "meeting", "meeting.booked"},
	{"opportunity", "opportunity", "opportunity.created"},
	{"won", "won", "deal.won"},
	{"lost", "lost", "deal.lost"},
};

static const struct outcome *outcome_of(struct str verdict)
{
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
		if (str_is(verdict, outcomes[i].verdict))
			return &outcomes[i];
	return NULL;
}

bool outcome_is(struct str verdict)
{
	return outcome_of(verdict) != NULL;
}

/* "deal.won" says won, "renewal_wonder" does not: a whole word between dots and lines. */
static bool says(struct str type, const char *word)
{
	struct str w = str_of(word);
	for (size_t i = 0; i + w.n <= type.n; i++) {
		bool begins = i == 0 || type.p[i - 1] == '.' || type.p[i - 1] == '_';
		size_t end = i + w.n;
		bool ends = end == type.n || type.p[end] == '.' || type.p[end] == '_';
		if (begins && ends && str_eq(str_n(type.p + i, w.n), w))
			return true;
	}
	return false;
}

struct str outcome_type(const struct program *p, struct str verdict)
{
	const struct outcome *o = outcome_of(verdict);
	if (o == NULL)
		return STR_NULL;
	if (says(p->goal, o->word))
		return p->goal;
	for (size_t i = 0; i < p->outcomes_n; i++)
		if (says(p->outcomes[i], o->word))
			return p->outcomes[i];
	return str_of(o->usual);
}

enum status outcome_fold(struct pass *p, struct str verdict, struct err *e)
{
	struct str said = p->event.type, type = outcome_type(p->program, verdict);
	uint32_t flags = p->event.flags;
	if (type.n == 0)
		return ST_OK;
	p->event.type = type;
	p->event.flags &= ~(uint32_t)EVENT_SYSTEM;
	enum status st = stage_record(p, e);
	if (st == ST_OK)
		st = stage_features(p, e);
	if (st == ST_OK)
		st = stage_score(p, e);
	/* Who is accepted stays where it is, with the rep: no outcome of those that end it. */
	if (st == ST_OK && !str_is(verdict, "accepted"))
		st = stage_decide(p, e);
	if (st == ST_OK)
		st = pass_opened(p, e);
	p->event.type = said;
	p->event.flags = flags;
	return st;
}
