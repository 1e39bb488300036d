/* SPDX-License-Identifier: Apache-2.0
 * tally.c: see tally.h. */
#include "engine/tally.h"

#include "engine/merge.h"
#include "engine/outbox.h"

static const struct {
	uint32_t flag;
	const char *name;
} flag_rows[] = {
	{MESSAGE_OPENED, "msg.opened"},
	{MESSAGE_OPENED_MACHINE, "msg.opened_machine"},
	{MESSAGE_CLICKED, "msg.clicked"},
	{MESSAGE_CLICKED_MACHINE, "msg.clicked_machine"},
	{MESSAGE_CLICKED_CTA, "msg.clicked_cta"},
	{MESSAGE_REPLIED, "msg.replied"},
	{MESSAGE_BOUNCED, "msg.bounced"},
	{MESSAGE_COMPLAINED, "msg.complained"},
	{MESSAGE_UNSUBSCRIBED, "msg.unsubscribed"},
	{MESSAGE_NEXT, "msg.next"},
	{MESSAGE_MOVED, "msg.moved"},
	{MESSAGE_ACCEPTED, "msg.accepted"},
	{MESSAGE_GOAL, "msg.goal"},
};

static struct str or_none(struct str s)
{
	return s.n ? s : STR("-");
}

static void count(struct batch *b, const struct message *m, const char *name, int64_t delta)
{
	enum tier tier = m->tier < TIER_COUNT ? (enum tier)m->tier : TIER_COLD;
	const struct str dims[] = {m->track,
				   m->step,
				   or_none(m->angle),
				   or_none(m->audience),
				   batch_source(b, m->source),
				   str_of(tier_name(tier))};
	if (m->track.n > 0) /* else it is a notice */
		batch_count(b, m->due_us, name, dims, sizeof dims / sizeof dims[0], delta);
}

void tally_flags(struct batch *b, struct message *m, uint32_t flags)
{
	for (size_t i = 0; i < sizeof flag_rows / sizeof flag_rows[0]; i++)
		if (flags & ~m->flags & flag_rows[i].flag)
			count(b, m, flag_rows[i].name, 1);
	m->flags |= flags;
}

void tally_moved(struct batch *b, const struct message *m, enum message_state was)
{
	if (m->state == was)
		return;
	if (was == MESSAGE_UNCERTAIN)
		count(b, m, "msg.uncertain", -1);
	if (m->state == MESSAGE_UNCERTAIN)
		count(b, m, "msg.uncertain", 1);
	if (m->state == MESSAGE_SENT)
		count(b, m, "msg.sent", 1);
	if (m->state == MESSAGE_FAILED)
		count(b, m, "msg.failed", 1);
}

enum status tally_stored(struct pass *p, uint64_t message, uint32_t flag, struct err *e)
{
	struct message m;
	enum status st = outbox_get(p->batch->store, message, p->arena, &m, e);
	if (st != ST_OK || m.flags & flag)
		return st == ST_NOT_FOUND ? ST_OK : st;
	struct outbox_place was = {m.state, m.due_us};
	tally_flags(p->batch, &m, flag);
	return outbox_put(p->batch->store, &m, was, p->arena, e);
}

enum status tally_count(struct pass *p, const struct decide_count *c, struct err *e)
{
	struct str dims[COUNT_DIMS_MAX];
	size_t n = c->dims_n;
	enum status st = ST_OK;
	for (size_t i = 0; i < n; i++)
		dims[i] = c->dims[i];
	if (c->by_source) {
		st = batch_profile(p->batch, p->work, e);
		const struct json *d = &p->work->profile_doc;
		struct str source = STR_NULL;
		if (st == ST_OK && d->count > 0)
			source = json_str(d, json_get(d, 0, "source"), p->arena);
		dims[n++] = batch_source(p->batch, source);
	}
	int64_t day_us = c->day_us == TIME_NONE ? p->env.now_us : c->day_us;
	if (st == ST_OK)
		batch_count(p->batch, day_us, c->name, dims, n, 1);
	return st;
}

enum status tally_accepted(struct pass *p, const struct handoff *h, struct err *e)
{
	struct work *lead;
	struct decide_count c;
	enum status st = h->message ? tally_stored(p, h->message, MESSAGE_ACCEPTED, e) : ST_OK;
	if (st == ST_OK)
		st = batch_lead_whole(p->batch, h->lead, &lead, e);
	if (st == ST_OK)
		st = batch_journey(p->batch, lead, e);
	if (st != ST_OK || lead->journey == NULL || p->program == NULL ||
	    !decide_cohort(p->program, lead->journey, COHORT_ACCEPTED, &c))
		return st;
	batch_journey_set(p->batch, lead, lead->journey);
	struct work *in_hand = p->work;
	p->work = lead;
	st = tally_count(p, &c, e);
	p->work = in_hand;
	return st;
}
