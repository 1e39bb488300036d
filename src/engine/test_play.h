/* SPDX-License-Identifier: Apache-2.0
 * test_play.h: a world whose far side is the test: what was handed over, and what became of it.
 */
#ifndef ENGINE_TEST_PLAY_H
#define ENGINE_TEST_PLAY_H

#include "engine/outbox.h"
#include "engine/test_world.h"
#include "store/ops.h"

static uint64_t handed[256];
static size_t handed_n;

static inline void take(void *ctx, const uint64_t *messages, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		handed[handed_n++] = messages[i];
}

static inline void play_start(struct world *w, const char *program,
			      const struct content_index *content)
{
	handed_n = 0;
	world_start(w, &(struct engine_conf){.hand_over = take});
	world_apply(w, program, content);
}

/* The same world from here on, on a store that writes behind. */
static inline void play_behind(struct world *w)
{
	struct err e;
	struct store *base = w->store;
	engine_close(&w->engine);
	assert_int_equal(store_behind_open(base, (size_t)64 << 20, NULL, &w->store, &e), ST_OK);
	const struct engine_conf conf = {
		.log = w->log, .store = w->store, .seed = 7, .hand_over = take};
	assert_int_equal(engine_open(&conf, &w->engine, &e), ST_OK);
}

static inline struct message message_of(struct world *w, uint64_t id)
{
	struct message m;
	struct err e;
	assert_int_equal(outbox_get(w->store, id, &w->arena, &m, &e), ST_OK);
	return m;
}

static inline struct journey journey_of(struct world *w, uint64_t lead)
{
	struct str row, text;
	struct lead l;
	struct journey j;
	struct err e;
	assert_int_equal(store_get(w->store, TABLE_LEAD, KEY_NUM(lead), &w->arena, &row, &e),
			 ST_OK);
	assert_int_equal(lead_row_decode(lead, row, &w->arena, &l, &text, &e), ST_OK);
	assert_int_equal(journey_decode(lead, text, &w->arena, &j, &e), ST_OK);
	return j;
}

static inline void told(struct world *w, const char *type, uint64_t message)
{
	char text[96];
	(void)snprintf(text, sizeof text, "{\"message\":%llu,\"code\":250,\"reason\":\"ok\"}",
		       (unsigned long long)message);
	orders(w, type, arena_strz(&w->arena, str_of(text)), EVENT_SYSTEM);
}

/* What our own doors saw of a message: they know it by its number alone. */
static inline void seen(struct world *w, const char *type, uint64_t message, uint32_t flags)
{
	char text[64];
	(void)snprintf(text, sizeof text, "{\"message\":%llu}", (unsigned long long)message);
	w->source = "observe";
	orders(w, type, arena_strz(&w->arena, str_of(text)), flags);
	w->source = NULL;
}

static inline void passes(struct world *w, int64_t us)
{
	w->now_us += us;
	orders(w, "clock.tick", "", EVENT_SYSTEM);
}

#endif
