/* SPDX-License-Identifier: Apache-2.0
 * checks.c: what must be true, looked at from outside the engine: through the store and the log
 * alone. Each checker names the guarantee it stands for. */
#include "base/arena.h"
#include "engine/profile.h"
#include "model/key.h"
#include "model/message.h"
#include "node/node.h"
#include "score/score.h"
#include "sim.h"
#include "view/view_internal.h"

#include <stdarg.h>
#include <stdio.h>

void fail(struct sim *s, const char *fmt, ...)
{
	va_list ap;
	if (s->failure[0] != '\0')
		return; /* the first one matters */
	va_start(ap, fmt);
	(void)vsnprintf(s->failure, sizeof s->failure, fmt, ap);
	va_end(ap);
}

#define WALK_TALLIES 16 /* rows of the table `tallied` */

struct walk {
	struct sim *s;
	struct program *program;
	struct arena arena;
	int64_t clock_us;
	uint64_t came[WALK_TALLIES], told[WALK_TALLIES], journeys, inside;
	uint64_t leads[TIER_COUNT], alarms_early, alarm_rows, members, lead_alarms;
	uint64_t listed[LEAD_LISTS], list_rows[LEAD_LISTS + 1]; /* the last: of no list */
	uint64_t account_leads, account_hot, account_warm, accounts_say_leads, accounts_say_hot,
		accounts_say_warm;
};

static bool walk_lead(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	struct view_lead l;
	struct err e;
	(void)value;
	arena_reset(&w->arena);
	struct view v = {.store = w->s->inner,
			 .program = w->program,
			 .now_us = w->clock_us,
			 .arena = &w->arena};
	if (view_load(&v, key.num, &l, &e) != ST_OK) {
		fail(w->s, "lead %llu: %s", (unsigned long long)key.num, e.text);
		return false;
	}
	if (l.lead.flags & LEAD_MERGED)
		return true;
	if (lead_list(&l.lead) >= 0)
		w->listed[lead_list(&l.lead)]++;
	w->leads[l.lead.tier]++;
	w->lead_alarms += l.lead.alarm_us != TIME_NONE;
	if (l.lead.account) {
		w->account_leads++;
		w->account_hot += l.lead.tier == TIER_HOT;
		w->account_warm += l.lead.tier == TIER_WARM;
	}
	if (w->program == NULL || (l.lead.flags & LEAD_ERASED))
		return true;
	struct score_ledger ledger;
	if (score_ledger(&l.facts, &w->arena, &ledger, &e) != ST_OK ||
	    !score_ledger_check(&ledger, &e)) {
		fail(w->s, "G9: lead %llu: %s", (unsigned long long)key.num, e.text);
		return false;
	}
	/* The tier of a lead may not lag behind what its score says now: the alarm saw to it. */
	struct score now;
	score_evaluate(&l.facts, &now);
	if (now.tier != l.lead.tier) {
		fail(w->s, "N3: lead %llu is %s, its score %.2f says %s",
		     (unsigned long long)key.num, tier_name(l.lead.tier), now.score,
		     tier_name(now.tier));
		return false;
	}
	w->s->checks++;
	return true;
}

static bool walk_alarm(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	(void)value;
	w->alarm_rows++;
	if (key_read_time(key.bytes, 0) <= w->clock_us)
		w->alarms_early++;
	return true;
}

static bool walk_list(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	unsigned list = (unsigned char)key.bytes.p[0];
	(void)value;
	w->list_rows[list < LEAD_LISTS ? list : LEAD_LISTS]++;
	return true;
}

static bool walk_identity(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	struct str row;
	struct lead l;
	struct err e;
	uint64_t id = key_read_u64(value, 0);
	(void)key;
	arena_reset(&w->arena);
	if (store_get(w->s->inner, TABLE_LEAD, KEY_NUM(id), &w->arena, &row, &e) != ST_OK ||
	    lead_row_decode(id, row, &w->arena, &l, NULL, &e) != ST_OK || (l.flags & LEAD_MERGED))
		fail(w->s, "an identifier points at lead %llu, who is merged or not there",
		     (unsigned long long)id);
	return w->s->failure[0] == '\0';
}

static uint64_t number(const struct json *d, const char *key)
{
	int64_t v = 0;
	(void)json_i64(d, json_get(d, 0, key), &v);
	return (uint64_t)v;
}

static bool walk_account(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	struct json d;
	(void)key;
	arena_reset(&w->arena);
	if (json_parse(value, JSON_LIMITS_EVENT, &w->arena, &d, NULL) != ST_OK) {
		fail(w->s, "account %llu cannot be read", (unsigned long long)key.num);
		return false;
	}
	w->accounts_say_leads += number(&d, "leads");
	w->accounts_say_hot += number(&d, "hot");
	w->accounts_say_warm += number(&d, "warm");
	return true;
}

static bool walk_member(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	(void)key, (void)value;
	w->members++;
	return true;
}

static void compare(struct sim *s, const char *what, uint64_t a, uint64_t b)
{
	if (a != b)
		fail(s, "%s: %llu and %llu", what, (unsigned long long)a, (unsigned long long)b);
}

/* ---- roll-ups: what reports say is what looking at everything gives ---- */

static const struct {
	const char *name;
	uint32_t flag; /* 0: by state */
} tallied[] = {
	{"msg.tier.sent", 0},
	{"msg.tier.uncertain", 0},
	{"msg.tier.failed", 0},
	{"msg.tier.opened", MESSAGE_OPENED},
	{"msg.tier.opened_machine", MESSAGE_OPENED_MACHINE},
	{"msg.tier.clicked", MESSAGE_CLICKED},
	{"msg.tier.clicked_machine", MESSAGE_CLICKED_MACHINE},
	{"msg.tier.clicked_cta", MESSAGE_CLICKED_CTA},
	{"msg.tier.replied", MESSAGE_REPLIED},
	{"msg.tier.bounced", MESSAGE_BOUNCED},
	{"msg.tier.complained", MESSAGE_COMPLAINED},
	{"msg.tier.unsubscribed", MESSAGE_UNSUBSCRIBED},
	{"msg.tier.next", MESSAGE_NEXT},
	{"msg.tier.moved", MESSAGE_MOVED},
	{"msg.tier.accepted", MESSAGE_ACCEPTED},
	{"msg.tier.goal", MESSAGE_GOAL},
};
#define TALLIED (sizeof tallied / sizeof tallied[0])

_Static_assert(TALLIED == WALK_TALLIES, "a row without a place to count");

static bool is_so(const struct message *m, size_t i)
{
	static const enum message_state states[] = {MESSAGE_SENT, MESSAGE_UNCERTAIN,
						    MESSAGE_FAILED};
	if (m->track.n == 0)
		return false;
	if (tallied[i].flag)
		return m->flags & tallied[i].flag;
	return i < sizeof states / sizeof states[0] && m->state == states[i];
}

static bool walk_message(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	struct message m;
	arena_reset(&w->arena);
	if (message_decode(key.num, value, &w->arena, &m, NULL) != ST_OK) {
		fail(w->s, "message %llu cannot be read", (unsigned long long)key.num);
		return false;
	}
	for (size_t i = 0; i < TALLIED; i++)
		w->came[i] += is_so(&m, i);
	return true;
}

static bool walk_counter(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	struct str rest = str_slice(key.bytes, 8, key.bytes.n), name = str_cut(&rest, '\0');
	uint64_t n = key_read_u64(value, 0);
	for (size_t i = 0; i < TALLIED; i++)
		if (str_is(name, tallied[i].name))
			w->told[i] += n;
	if (str_is(name, "inside"))
		w->inside += n;
	return true;
}

static bool walk_journey(void *ctx, struct store_key key, struct str value)
{
	struct walk *w = ctx;
	struct lead l;
	struct str journey = STR_NULL;
	arena_reset(&w->arena);
	if (lead_row_decode(key.num, value, &w->arena, &l, &journey, NULL) == ST_OK)
		w->journeys += journey.n > 0 && lead_list(&l) >= 0;
	return true;
}

static void compare_rollups(struct walk *w)
{
	for (size_t i = 0; i < TALLIED; i++)
		compare(w->s, tallied[i].name, w->came[i], w->told[i]);
	compare(w->s, "people on tracks and off, and the gauge", w->journeys, w->inside);
}

bool check_step(struct sim *s)
{
	struct engine_stats stats;
	struct err e;
	struct walk w = {.s = s};
	engine_stats(s->engine, &stats);
	w.clock_us = stats.clock_us;
	arena_init(&w.arena, 64u << 20);
	enum status st = node_program(s->inner, &w.program, NULL, &e);
	if (st != ST_OK && st != ST_NOT_FOUND)
		fail(s, "program: %s", e.text);
	static const struct {
		enum table table;
		store_row_fn *fn;
	} walks[] = {{TABLE_LEAD, walk_lead},       {TABLE_ALARM, walk_alarm},
		     {TABLE_TIER_LEAD, walk_list},  {TABLE_IDENTITY, walk_identity},
		     {TABLE_ACCOUNT, walk_account}, {TABLE_ACCOUNT_LEAD, walk_member},
		     {TABLE_MESSAGE, walk_message}, {TABLE_COUNTER, walk_counter},
		     {TABLE_LEAD, walk_journey}};
	/* Scans do not nest: rows are collected by the callbacks through gets only. */
	for (size_t i = 0; i < sizeof walks / sizeof walks[0] && s->failure[0] == '\0'; i++)
		if (store_scan(s->inner, walks[i].table, SCAN_ALL, walks[i].fn, &w, &e) != ST_OK)
			fail(s, "scan: %s", e.text);
	compare_rollups(&w);
	compare(s, "N3: alarms that should have fired", w.alarms_early, 0);
	for (size_t i = 0; i < LEAD_LISTS; i++)
		compare(s, "leads and rows of a list of them", w.listed[i], w.list_rows[i]);
	compare(s, "rows of no list", w.list_rows[LEAD_LISTS], 0);
	compare(s, "leads with an alarm and rows of the alarm table", w.lead_alarms, w.alarm_rows);
	compare(s, "leads with an account and what accounts say", w.account_leads,
		w.accounts_say_leads);
	compare(s, "members of accounts", w.account_leads, w.members);
	compare(s, "hot leads with an account and what accounts say", w.account_hot,
		w.accounts_say_hot);
	compare(s, "warm leads with an account and what accounts say", w.account_warm,
		w.accounts_say_warm);
	program_destroy(&w.program);
	arena_finish(&w.arena);
	if (s->failure[0] == '\0')
		check_hands(s, w.clock_us);
	return s->failure[0] == '\0';
}

bool check_whole(struct sim *s)
{
	struct engine_stats stats;
	struct log_stats ls;
	struct replay_result r;
	struct err e;
	engine_stats(s->engine, &stats);
	log_stats(s->log, &ls);
	compare(s, "G1: the cursor and the last record", stats.cursor, ls.next_seq - 1);
	for (uint64_t seq = 1; seq < ls.next_seq && s->failure[0] == '\0'; seq++) {
		uint64_t times = 0;
		(void)u64map_get(&s->folded, seq, &times);
		if (times != 1)
			fail(s, "G1: record %llu was folded %llu times", (unsigned long long)seq,
			     (unsigned long long)times);
	}
	const struct replay_conf conf = {.log = s->log, .state = s->inner, .seed = s->seed};
	if (engine_replay(&conf, &r, &e) != ST_OK)
		fail(s, "replay: %s", e.text);
	else if (!r.equal)
		fail(s, "G8: replay differs: %s", r.difference);
	return s->failure[0] == '\0' && check_step(s);
}
