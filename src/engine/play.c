/* SPDX-License-Identifier: Apache-2.0
 * play.c: see play.h. Versions are compiled when somebody pinned to them is looked at, since most
 * never are again. */
#include "engine/play.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/system.h"
#include "program/content.h"

#include <stdio.h>

#define INDEX_ARENA (8u << 20)
#define ZONE_ARENA (16u << 20)
#define OUTGOING_MAX (1u << 20)
enum {
	PLAY_META_VERSION = 3,
	PLAY_META_SWEPT = 2, /* since then it has kept_from */
	PLAY_META_SINCE = 3  /* and paused_us */
};

void play_init(struct play *y, struct store *s)
{
	*y = (struct play){.store = s, .first_send_us = TIME_NONE, .drift.until_us = TIME_NONE};
	experiments_init(&y->experiments);
	arena_init(&y->zone_arena, ZONE_ARENA);
	strmap_init(&y->zones, PLAY_ZONES_MAX);
}

static void version_drop(struct play_version *v)
{
	program_destroy(&v->program);
	arena_finish(&v->arena);
}

void play_finish(struct play *y)
{
	for (size_t i = 0; i < y->versions_n; i++)
		version_drop(&y->versions[i]);
	y->versions_n = 0;
	learned_forget(&y->learned);
	drift_forget(&y->drift);
	advised_forget(&y->advised);
	rollout_forget(&y->rollout);
	strmap_finish(&y->zones);
	arena_finish(&y->zone_arena);
	mem_free(y->outgoing);
	y->outgoing = NULL;
}

/* ---- META ---- */

enum status play_flush(struct play *y, struct err *e)
{
	char room[288 + 10 * DECIDE_ENDED_MAX];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	enum status st = learned_flush(&y->learned, y->store, e);
	if (st == ST_OK)
		st = drift_flush(&y->drift, y->store, e);
	if (st == ST_OK)
		st = advised_flush(&y->advised, y->store, e);
	if (st == ST_OK)
		st = rollout_flush(&y->rollout, y->store, e);
	if (st == ST_OK)
		st = experiments_flush(&y->experiments, y->store, e);
	if (st == ST_OK)
		st = beside_flush(&y->beside, y->store, e);
	if (st != ST_OK || !y->dirty)
		return st;
	buf_varint(&row, PLAY_META_VERSION);
	buf_varint(&row, y->next_decision);
	buf_varint(&row, y->next_message);
	buf_varint(&row, y->next_handoff);
	buf_varint(&row, y->paused);
	buf_varint(&row, (uint64_t)y->sent_day);
	buf_varint(&row, y->sent_today);
	buf_zigzag(&row, y->first_send_us);
	buf_varint(&row, y->recent_sent);
	buf_varint(&row, y->recent_bounced);
	buf_varint(&row, y->recent_complained);
	buf_bytes(&row, str_of(y->pause_reason));
	buf_zigzag(&row, y->paused_us);
	buf_zigzag(&row, y->kept_us);
	buf_varint(&row, y->kept_from);
	for (size_t i = 0; i < y->ended_n; i++) {
		buf_varint(&row, y->ended[i].experiment);
		buf_varint(&row, y->ended[i].arm);
	}
	ASSERT(buf_ok(&row));
	y->dirty = false;
	return store_put(y->store, TABLE_META, KEY_BYTES(STR("play")), buf_view(&row), e);
}

static enum status read_row(struct play *y, struct str row, struct err *e)
{
	struct rd r = rd_of(row);
	uint64_t version = rd_varint(&r);
	y->next_decision = rd_varint(&r);
	y->next_message = rd_varint(&r);
	y->next_handoff = rd_varint(&r);
	y->paused = rd_varint(&r) != 0;
	y->sent_day = (int32_t)rd_varint(&r);
	y->sent_today = (uint32_t)rd_varint(&r);
	y->first_send_us = rd_zigzag(&r);
	y->recent_sent = (uint32_t)rd_varint(&r);
	y->recent_bounced = (uint32_t)rd_varint(&r);
	y->recent_complained = (uint32_t)rd_varint(&r);
	struct str reason = rd_bytes(&r);
	(void)snprintf(y->pause_reason, sizeof y->pause_reason, STR_FMT, STR_ARG(reason));
	y->paused_us = version >= PLAY_META_SINCE ? rd_zigzag(&r) : TIME_NONE;
	y->kept_us = rd_zigzag(&r);
	y->kept_from = version >= PLAY_META_SWEPT ? rd_varint(&r) : 0;
	while (r.ok && r.p < r.end && y->ended_n < DECIDE_ENDED_MAX) {
		struct decide_ended *x = &y->ended[y->ended_n++];
		x->experiment = (uint32_t)rd_varint(&r);
		x->arm = (uint32_t)rd_varint(&r);
	}
	if (version == 0 || version > PLAY_META_VERSION)
		return err_set(e, ST_CORRUPT, "the state's row of sending (meta) cannot be read");
	return ST_OK;
}

enum status play_load(struct play *y, struct err *e)
{
	struct str row;
	learned_forget(&y->learned);
	drift_forget(&y->drift);
	advised_forget(&y->advised);
	rollout_forget(&y->rollout);
	y->outgoing_n = 0;
	y->dirty = y->paused = false;
	y->next_decision = y->next_message = y->next_handoff = 1;
	y->sent_day = 0;
	y->sent_today = y->recent_sent = y->recent_bounced = y->recent_complained = 0;
	y->first_send_us = y->kept_us = y->paused_us = TIME_NONE;
	y->kept_from = 0;
	y->pause_reason[0] = '\0';
	y->ended_n = 0;
	struct arena_mark mark = arena_mark(&y->zone_arena);
	enum status st =
		store_get(y->store, TABLE_META, KEY_BYTES(STR("play")), &y->zone_arena, &row, e);
	if (st == ST_OK)
		st = read_row(y, row, e);
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = experiments_load(&y->experiments, y->store, &y->zone_arena, e);
	if (st == ST_OK)
		st = beside_load(&y->beside, y->store, &y->zone_arena, e);
	arena_rewind(&y->zone_arena, mark);
	return st;
}

enum status engine_sent_read(struct store *s, struct arena *a, struct engine_sent *out,
			     struct err *e)
{
	struct str row;
	struct play y = {.first_send_us = TIME_NONE};
	enum status st = store_get(s, TABLE_META, KEY_BYTES(STR("play")), a, &row, e);
	if (st == ST_OK)
		st = read_row(&y, row, e);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	bool any = y.first_send_us != TIME_NONE;
	*out = (struct engine_sent){
		.first_us = y.first_send_us,
		.latest_us = any ? ((int64_t)y.sent_day + 1) * US_PER_D - 1 : TIME_NONE,
		.latest_day = y.sent_today,
		.paused = y.paused,
	};
	return ST_OK;
}

/* ---- versions ---- */

static struct play_version *cached(struct play *y, uint64_t number)
{
	for (size_t i = 0; i < y->versions_n; i++)
		if (y->versions[i].version.number == number)
			return &y->versions[i];
	return NULL;
}

/* A place for one more: the least used goes, never the one in force. */
static struct play_version *make_room(struct play *y)
{
	struct play_version *v = &y->versions[y->versions_n];
	if (y->versions_n < PLAY_VERSIONS_MAX) {
		y->versions_n++;
	} else {
		v = NULL;
		for (size_t i = 0; i < y->versions_n; i++)
			if (y->versions[i].program != NULL &&
			    (v == NULL || y->versions[i].used < v->used))
				v = &y->versions[i];
		version_drop(v);
	}
	*v = (struct play_version){.used = ++y->uses};
	arena_init(&v->arena, INDEX_ARENA);
	return v;
}

static enum status load_index(struct play_version *v, struct str row, struct err *e)
{
	struct json d;
	struct content_index *ix = ARENA_NEW(&v->arena, struct content_index);
	if (ix == NULL)
		return err_set(e, ST_NO_MEMORY, "an index of content does not fit");
	v->version.content = ix;
	enum status st = json_parse(row, JSON_LIMITS_EVENT, &v->arena, &d, e);
	uint32_t node = st == ST_OK ? json_get(&d, 0, "content") : JSON_NONE;
	return st == ST_OK && node != JSON_NONE ? content_index_decode(&d, node, &v->arena, ix, e)
						: st;
}

enum status play_choose(const struct play *y, struct program *p, struct err *e)
{
	return y->choice != NULL ? program_choose(p, y->choice, e) : ST_OK;
}

static enum status load_version(struct play *y, struct play_version *v, bool compile, struct err *e)
{
	struct str row;
	enum status st =
		store_get(y->store, TABLE_PROGRAM, KEY_NUM(v->version.number), &v->arena, &row, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, ST_CORRUPT, "program version %llu is missing in the state",
			       (unsigned long long)v->version.number);
	if (st == ST_OK)
		st = load_index(v, row, e);
	if (st == ST_OK && compile)
		st = system_program_compile(row, &v->program, e);
	if (st == ST_OK && compile)
		st = play_choose(y, v->program, e);
	if (st == ST_OK && compile)
		v->version.program = v->program;
	return st;
}

static enum status add_version(struct play *y, uint64_t number, const struct program *now,
			       struct err *e)
{
	struct play_version *v = make_room(y);
	v->version = (struct decide_version){.number = number, .program = now};
	enum status st = load_version(y, v, now == NULL, e);
	if (st == ST_OK)
		return ST_OK;
	version_drop(v);
	*v = y->versions[--y->versions_n];
	return st;
}

enum status play_set_now(struct play *y, uint64_t number, const struct program *p, struct err *e)
{
	/* What was in force is compiled anew when somebody is still pinned to it. */
	for (size_t i = 0; i < y->versions_n; i++) {
		struct play_version *v = &y->versions[i];
		if (v->program != NULL && v->version.number != number)
			continue;
		version_drop(v);
		*v = y->versions[--y->versions_n];
		i--;
	}
	return p == NULL ? ST_OK : add_version(y, number, p, e);
}

enum status play_version(struct play *y, uint64_t number, struct decide_version *out, struct err *e)
{
	struct play_version *v = cached(y, number);
	if (v == NULL) {
		enum status st = add_version(y, number, NULL, e);
		if (st != ST_OK)
			return st;
		v = cached(y, number);
	}
	v->used = ++y->uses;
	*out = v->version;
	return ST_OK;
}

enum status play_version_of(struct play *y, uint64_t in_force, uint64_t lead,
			    struct decide_version *out, struct err *e)
{
	bool beside = beside_lead(&y->beside, lead);
	return play_version(y, beside ? y->beside.version : in_force, out, e);
}

/* ---- zones ---- */

static const struct tz *zone_of(struct play *y, struct str name)
{
	uint64_t at;
	const struct tz *tz = NULL;
	struct err e;
	if (name.n == 0)
		return NULL;
	if (strmap_get(&y->zones, name, &at))
		return (const struct tz *)(uintptr_t)at;
	struct str kept = arena_str(&y->zone_arena, name);
	if (kept.p == NULL || tz_load(name, &y->zone_arena, &tz, &e) != ST_OK)
		tz = NULL;
	if (kept.p != NULL)
		(void)strmap_put(&y->zones, kept, (uint64_t)(uintptr_t)tz);
	return tz;
}

const struct tz *play_zone(struct play *y, struct str name, struct str fallback, struct str *name_r)
{
	const struct str tries[] = {name, fallback, STR("UTC")};
	for (size_t i = 0; i < 3; i++) {
		const struct tz *tz = zone_of(y, tries[i]);
		if (tz == NULL)
			continue;
		*name_r = tries[i];
		return tz;
	}
	ASSERT(false && "UTC needs no file");
	return NULL;
}

/* ---- what all leads share ---- */

static bool has_experiment(const struct program *p, uint32_t key)
{
	for (size_t i = 0; i < p->play->experiments_n; i++)
		if (p->play->experiments[i].key == key)
			return true;
	return false;
}

/* There is room for each: only experiments of the program in force are remembered, and it has no
 * more. */
void play_end(struct play *y, const struct program_experiment *x, size_t arm)
{
	size_t i = 0;
	const struct decide_ended now = {x->key, program_key32("arm", x->arms[arm].name)};
	while (i < y->ended_n && y->ended[i].experiment != now.experiment)
		i++;
	ASSERT(i < DECIDE_ENDED_MAX);
	y->ended_n += i == y->ended_n;
	y->ended[i] = now;
	y->dirty = true;
	experiments_ended(&y->experiments, x->name);
}

void play_forget_ended(struct play *y, const struct program *p)
{
	size_t n = 0;
	for (size_t i = 0; i < y->ended_n; i++)
		if (has_experiment(p, y->ended[i].experiment))
			y->ended[n++] = y->ended[i];
	y->dirty = y->dirty || n < y->ended_n;
	y->ended_n = n;
}

void play_hand_over(struct play *y, uint64_t message)
{
	if (y->outgoing_n == y->outgoing_cap) {
		size_t cap = y->outgoing_cap ? 2 * y->outgoing_cap : 256;
		if (cap > OUTGOING_MAX)
			return; /* who is handed so many finds the rest as rows (deliver.h) */
		y->outgoing = mem_grow(y->outgoing, y->outgoing_cap * sizeof y->outgoing[0],
				       cap * sizeof y->outgoing[0]);
		y->outgoing_cap = cap;
	}
	y->outgoing[y->outgoing_n++] = message;
}

void play_handed_over(struct play *y, size_t n)
{
	if (n > 0) /* where nothing ever left there is no memory either */
		memmove(y->outgoing, y->outgoing + n, (y->outgoing_n - n) * sizeof y->outgoing[0]);
	y->outgoing_n -= n;
}

void play_sent(struct play *y, int64_t now_us)
{
	int32_t today = (int32_t)time_day(now_us);
	if (y->sent_day != today)
		y->sent_today = 0;
	y->sent_day = today;
	y->sent_today++;
	if (y->first_send_us == TIME_NONE)
		y->first_send_us = now_us;
	if (++y->recent_sent >= 2 * PLAY_RATE_WINDOW) {
		y->recent_sent /= 2;
		y->recent_bounced /= 2;
		y->recent_complained /= 2;
	}
	y->dirty = true;
}

void play_bounced(struct play *y, bool complained)
{
	if (complained)
		y->recent_complained++;
	else
		y->recent_bounced++;
	y->dirty = true;
}

unsigned play_sent_today(const struct play *y, int64_t now_us)
{
	return y->sent_day == (int32_t)time_day(now_us) ? y->sent_today : 0;
}
