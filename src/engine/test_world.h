/* SPDX-License-Identifier: Apache-2.0
 * test_world.h: an engine over the siblings in memory, its clock in the test's hand. Every test
 * ends with a replay that must give the same state (G8).
 */
#ifndef ENGINE_TEST_WORLD_H
#define ENGINE_TEST_WORLD_H

#include "base/test.h"
#include "base/time.h"
#include "engine/internal.h"
#include "model/event.h"
#include "program/content.h"

#include <stdio.h>

struct world {
	struct log *log;
	struct store *store;
	struct engine *engine;
	struct arena arena;
	int64_t now_us;
	unsigned next;
	const char *source; /* NULL: web */
};

static inline void append(struct world *w, struct event *ev)
{
	struct buf body;
	struct err e;
	char id[32];
	(void)snprintf(id, sizeof id, "m%u", w->next++);
	ev->context.scroll = -1;
	if (ev->occurred_us == 0)
		ev->occurred_us = w->now_us;
	buf_init_arena(&body, &w->arena, event_bytes_max(ev->flags));
	assert_int_equal(event_encode(ev, &body, &e), ST_OK);
	struct log_entry entry = {.source = str_of(w->source ? w->source : "web"),
				  .message_id = arena_str(&w->arena, str_of(id)),
				  .body = buf_view(&body),
				  .received_us = w->now_us};
	assert_int_equal(log_append(w->log, &entry, 1, &e), ST_OK);
}

static inline void fold(struct world *w)
{
	struct err e;
	size_t done;
	do {
		enum status st = engine_run(w->engine, &done, &e);
		if (st != ST_OK)
			fail_msg("engine: %s", e.text);
	} while (done > 0);
}

/* A store_row_fn that counts into a size_t. */
static inline bool world_count(void *ctx, struct store_key key, struct str value)
{
	(void)key;
	(void)value;
	++*(size_t *)ctx;
	return true;
}

/* One event of a person, folded. NULL identifiers are left out. */
static inline void does(struct world *w, const char *type, const char *email, const char *device,
			const char *traits)
{
	struct event ev = {.type = str_of(type), .traits = str_of(traits)};
	if (email != NULL)
		assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, str_of(email)));
	if (device != NULL)
		assert_true(event_add_id(&ev, ID_ANONYMOUS_ID, STR_NULL, str_of(device)));
	append(w, &ev);
	fold(w);
}

static inline void orders(struct world *w, const char *type, const char *properties, uint32_t flags)
{
	struct event ev = {.type = str_of(type), .properties = str_of(properties), .flags = flags};
	append(w, &ev);
	fold(w);
}

static inline void world_start(struct world *w, const struct engine_conf *extra)
{
	struct err e;
	*w = (struct world){.now_us = time_days_from_civil(2026, 3, 1) * US_PER_D};
	arena_init(&w->arena, (size_t)64 << 20);
	assert_int_equal(log_open_memory(&LOG_CONF_DEFAULT, &w->log, &e), ST_OK);
	assert_int_equal(store_open_memory(&STORE_CONF_DEFAULT, &w->store, &e), ST_OK);
	struct engine_conf conf = *extra;
	conf.log = w->log;
	conf.store = w->store;
	conf.seed = 7;
	assert_int_equal(engine_open(&conf, &w->engine, &e), ST_OK);
}

static inline void world_apply(struct world *w, const char *program,
			       const struct content_index *content)
{
	struct buf body;
	struct err e;
	buf_init_arena(&body, &w->arena, 2 * EVENT_BYTES_MAX);
	enum status st = engine_event_apply_with(str_of(program), content, w->now_us, &body, &e);
	if (st != ST_OK)
		fail_msg("apply: %s", e.text);
	struct log_entry entry = {.source = STR("system"),
				  .message_id = arena_printf(&w->arena, "apply%u", w->next++),
				  .body = buf_view(&body),
				  .received_us = w->now_us};
	assert_int_equal(log_append(w->log, &entry, 1, &e), ST_OK);
	fold(w);
}

static inline void teardown(struct world *w)
{
	struct replay_result r;
	struct err e;
	const struct replay_conf conf = {.log = w->log, .state = w->store, .seed = 7};
	assert_int_equal(engine_replay(&conf, &r, &e), ST_OK);
	if (!r.equal)
		fail_msg("G8: %s", r.difference); /* every test ends with it */
	engine_close(&w->engine);
	store_close(&w->store);
	log_close(&w->log);
	arena_finish(&w->arena);
}

#endif
