/* SPDX-License-Identifier: Apache-2.0
 * test_seat.h: a world of the engine's tests, and who looks at it: each document is written on
 * paper, then read.
 */
#ifndef VIEW_TEST_SEAT_H
#define VIEW_TEST_SEAT_H

#include "engine/test_nurture.h"
#include "node/node.h"
#include "view/view.h"

struct seat {
	struct world w;
	struct program *program;
	struct view v;
	struct buf text;
	struct json_w out;
	struct json doc;
};

static inline void sit_with(struct seat *s, const char *program)
{
	struct err e;
	start_with(&s->w, program);
	assert_int_equal(node_program(s->w.store, &s->program, NULL, &e), ST_OK);
	s->v = (struct view){.store = s->w.store, .program = s->program, .arena = &s->w.arena};
}

#define sit(s) sit_with((s), nurture_program)

static inline void rise(struct seat *s)
{
	program_destroy(&s->program);
	teardown(&s->w);
}

static inline struct json_w *paper(struct seat *s)
{
	s->v.now_us = s->w.now_us;
	buf_init_arena(&s->text, &s->w.arena, 4u << 20);
	json_w_init(&s->out, &s->text);
	return &s->out;
}

/* What was written, parsed. */
static inline const struct json *read(struct seat *s)
{
	struct err e;
	assert_true(buf_ok(&s->text));
	assert_int_equal(
		json_parse(buf_view(&s->text), JSON_LIMITS_EVENT, &s->w.arena, &s->doc, &e), ST_OK);
	return &s->doc;
}

static inline double number(const struct json *d, uint32_t node, const char *key)
{
	double n = -1;
	(void)json_f64(d, json_get(d, node, key), &n);
	return n;
}

static inline bool text_is(struct seat *s, uint32_t node, const char *key, const char *want)
{
	return str_is(json_str(&s->doc, json_get(&s->doc, node, key), &s->w.arena), want);
}

#endif
