/* SPDX-License-Identifier: Apache-2.0
 * seen.c: see seen.h. */
#include "engine/seen.h"

#include "base/time.h"
#include "engine/merge.h"
#include "engine/outbox.h"
#include "engine/play.h"
#include "engine/tally.h"
#include "model/key.h"

static const struct {
	const char *type;
	uint32_t human, machine;
} seen[] = {
	{"email.open", MESSAGE_OPENED, MESSAGE_OPENED_MACHINE},
	{"email.click", MESSAGE_CLICKED, MESSAGE_CLICKED_MACHINE},
	{"reply", MESSAGE_REPLIED, 0},
	{"email.reply", MESSAGE_REPLIED, 0},
	{"email.bounce", MESSAGE_BOUNCED, MESSAGE_BOUNCED},
	{"email.complaint", MESSAGE_COMPLAINED, MESSAGE_COMPLAINED},
	{"email.unsubscribe", MESSAGE_UNSUBSCRIBED, MESSAGE_UNSUBSCRIBED},
};

static void first(int64_t *at_us, bool now, int64_t now_us)
{
	if (now && *at_us == TIME_NONE)
		*at_us = now_us;
}

/* ---- messages that keep coming back ---- */

/* A full mailbox or a server that is away says little about the next message. Several in a row,
 * with nobody reading in between, say that there is no use: the address rests, and is not tried
 * again before a season has passed. */
#define SOFT_MAX 3
#define SOFT_WITHIN_US (30 * US_PER_D)
#define SOFT_REST_US (90 * US_PER_D)
#define LATEST_MAX 32 /* messages of one lead that are looked at */

struct latest {
	uint64_t ids[LATEST_MAX];
	size_t n;
};

static bool take_id(void *ctx, struct store_key key, struct str value)
{
	struct latest *l = ctx;
	(void)value;
	l->ids[l->n++] = key_read_u64(key.bytes, 8);
	return l->n < LATEST_MAX;
}

static enum status count_back(struct pass *p, const struct message *of, unsigned *n_r,
			      struct err *e)
{
	static const uint32_t read = MESSAGE_OPENED | MESSAGE_CLICKED | MESSAGE_REPLIED;
	struct latest l = {.n = 0};
	struct message m;
	struct key from = key_u64(of->lead), to = key_u64(of->lead + 1);
	struct store_range all = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), true};
	enum status st = store_scan(p->batch->store, TABLE_LEAD_MESSAGE, all, take_id, &l, e);
	*n_r = 0;
	for (size_t i = 0; i < l.n && st == ST_OK; i++) {
		st = outbox_get(p->batch->store, l.ids[i], p->arena, &m, e);
		if (st != ST_OK || m.flags & read ||
		    time_between(m.changed_us, p->env.now_us) > SOFT_WITHIN_US)
			break;
		*n_r += m.flags & MESSAGE_BOUNCED && str_eq(m.address, of->address);
	}
	return st;
}

static enum status keeps_bouncing(struct pass *p, const struct message *m, struct err *e)
{
	unsigned n;
	enum status st = count_back(p, m, &n, e);
	const struct suppression rest = {
		.key = suppression_key(m->channel, m->address, p->arena),
		.reason = SUPPRESS_SOFT_BOUNCE,
		.at_us = p->env.now_us,
		.until_us = p->env.now_us + SOFT_REST_US,
		.source = p->event.source,
		.seq = p->event.seq,
	};
	return st == ST_OK && n >= SOFT_MAX ? consent_suppress_one(p, &rest, e) : st;
}

/* ---- the message's row ---- */

/* A person followed the one link the message is about. */
static uint32_t cta_of(const struct pass *p, uint32_t flag)
{
	bool cta = false;
	(void)json_bool(&p->properties, json_get(&p->properties, 0, "cta"), &cta); /* absent: no */
	return flag == MESSAGE_CLICKED && cta ? MESSAGE_CLICKED_CTA : 0;
}

static enum status mark(struct pass *p, struct message *m, uint32_t flag, struct err *e)
{
	struct outbox_place was = {m->state, m->due_us};
	int64_t now = p->env.now_us;
	bool bad = flag == MESSAGE_BOUNCED || flag == MESSAGE_COMPLAINED;
	if (bad && !(m->flags & flag))
		play_bounced(p->play, flag == MESSAGE_COMPLAINED);
	tally_flags(p->batch, m, flag | cta_of(p, flag));
	first(&m->opened_us, flag == MESSAGE_OPENED, now);
	first(&m->clicked_us, flag == MESSAGE_CLICKED, now);
	first(&m->replied_us, flag == MESSAGE_REPLIED, now);
	enum status st = outbox_put(p->batch->store, m, was, p->arena, e);
	return st == ST_OK && flag == MESSAGE_BOUNCED ? keeps_bouncing(p, m, e) : st;
}

/* The message's own row learns what came of it, machines included. */
enum status seen_message(struct pass *p, struct err *e)
{
	struct message m;
	int64_t id;
	size_t i = 0, n = sizeof seen / sizeof seen[0];
	while (i < n && !str_is(p->event.type, seen[i].type))
		i++;
	if (i == n || !str_is(p->event.source, PASS_OBSERVED) ||
	    !json_i64(&p->properties, json_get(&p->properties, 0, "message"), &id))
		return ST_OK;
	bool machine = p->event.flags & (EVENT_BOT | EVENT_MACHINE);
	uint32_t flag = machine ? seen[i].machine : seen[i].human;
	enum status st = outbox_get(p->batch->store, (uint64_t)id, p->arena, &m, e);
	return st == ST_OK && flag ? mark(p, &m, flag, e) : st;
}
