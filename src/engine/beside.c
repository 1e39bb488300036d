/* SPDX-License-Identifier: Apache-2.0
 * beside.c: see beside.h. */
#include "engine/beside.h"

#include "base/assert.h"
#include "decide/decide.h"
#include "engine/internal.h"
#include "engine/system.h"

#include <stdio.h>

#define ROW KEY_BYTES(STR("beside"))
#define ROW_BYTES_MAX 4096
#define READ_BYTES ((size_t)96 << 20) /* two programs and their trees */
enum { ROW_VERSION = 1 };

/* ---- the row ---- */

/* What is made of the rest. */
static void as_experiment(struct beside *x)
{
	const uint64_t numbers[3] = {x->base, x->version, x->version};
	const unsigned percent = x->terms.percent;
	for (size_t i = 0; i < 3; i++)
		(void)snprintf(x->names[i], sizeof x->names[i], "%s%llu", i < 2 ? "v" : "program.",
			       (unsigned long long)numbers[i]);
	x->arms[0] = (struct program_arm){str_of(x->names[0]), 100 - percent};
	x->arms[1] = (struct program_arm){str_of(x->names[1]), percent};
	x->as = (struct program_experiment){
		.name = str_of(x->names[2]),
		.key = program_key32("experiment", str_of(x->names[2])),
		.track = NO_INDEX,
		.metric = x->terms.metric,
		.min_lift = x->terms.min_lift,
		.arms = x->arms,
		.arms_n = 2,
		.rule = x->terms.rule,
	};
	(void)snprintf(x->one.name, sizeof x->one.name, "%s", x->names[2]);
}

enum status beside_flush(struct beside *x, struct store *s, struct err *e)
{
	struct buf row, terms;
	struct json_w w;
	if (!x->dirty)
		return ST_OK;
	buf_init(&row, ROW_BYTES_MAX);
	buf_init(&terms, ROW_BYTES_MAX);
	json_w_init(&w, &terms);
	json_w_object(&w);
	program_beside_put(&x->terms, &w);
	json_w_end(&w);
	buf_varint(&row, ROW_VERSION);
	buf_varint(&row, x->version);
	buf_varint(&row, x->base);
	buf_varint(&row, x->on);
	buf_varint(&row, x->promoted);
	buf_bytes(&row, buf_view(&terms));
	experiments_one_put(&x->one, &row);
	ASSERT(buf_ok(&row) && buf_ok(&terms));
	enum status st = store_put(s, TABLE_META, ROW, buf_view(&row), e);
	x->dirty = st != ST_OK;
	buf_finish(&row);
	buf_finish(&terms);
	return st;
}

static enum status read_row(struct beside *x, struct str row, struct arena *a, struct err *e)
{
	struct json d;
	struct rd r = rd_of(row);
	uint64_t version = rd_varint(&r);
	x->version = rd_varint(&r);
	x->base = rd_varint(&r);
	x->on = rd_varint(&r) != 0;
	x->promoted = rd_varint(&r) != 0;
	struct str terms = rd_bytes(&r);
	experiments_one_get(&r, &x->one);
	if (!rd_done(&r) || version != ROW_VERSION ||
	    json_parse(terms, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK ||
	    program_beside_read(&d, 0, a, &x->terms, NULL) != ST_OK)
		return err_set(e, ST_CORRUPT, "the state's row of two versions cannot be read");
	as_experiment(x);
	return ST_OK;
}

enum status beside_load(struct beside *x, struct store *s, struct arena *a, struct err *e)
{
	struct str row;
	*x = (struct beside){.version = 0};
	enum status st = store_get(s, TABLE_META, ROW, a, &row, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	return read_row(x, row, a, e);
}

/* ---- whose ---- */

bool beside_lead(const struct beside *x, uint64_t lead)
{
	return x->on && decide_arm(&x->as, lead, NULL, 0, NULL) == 1;
}

uint64_t beside_candidate(const struct beside *x)
{
	return x->on ? x->version : 0;
}

enum status beside_taken(const struct beside *x, struct err *e)
{
	return err_set(e, ST_CONFLICT,
		       "version %llu stands beside version %llu: promote or withdraw it first",
		       (unsigned long long)x->version, (unsigned long long)x->base);
}

/* ---- begin ---- */

/* The YAML of a version that is kept. */
static enum status source_of(struct store *s, uint64_t version, struct arena *a, struct str *out,
			     struct err *e)
{
	struct str row;
	struct json d;
	enum status st = store_get(s, TABLE_PROGRAM, KEY_NUM(version), a, &row, e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, &d, e);
	if (st == ST_OK)
		*out = json_str(&d, json_get(&d, 0, "source"), a);
	return st;
}

static enum status fits(struct pass *p, const struct json *d, struct arena *a, struct err *e)
{
	struct str now;
	enum status st = source_of(p->batch->store, p->batch->program_version, a, &now, e);
	struct str next = json_str(d, json_get(d, 0, "source"), a);
	return st == ST_OK ? program_beside_fits(now, next, a, e) : st;
}

/* Everything is asked before anything is written: what is refused leaves nothing behind. */
static enum status may_begin(struct pass *p, struct arena *a, struct program_beside *out,
			     struct err *e)
{
	struct json d;
	const struct beside *x = &p->play->beside;
	if (p->program == NULL)
		return err_set(e, ST_CONFLICT, "no program has been applied yet");
	if (x->on)
		return beside_taken(x, e);
	enum status st = system_props(p, a, &d, e);
	if (st == ST_OK)
		st = program_beside_read(&d, 0, a, out, e);
	return st == ST_OK ? fits(p, &d, a, e) : st;
}

static enum status begin(struct engine *en, struct pass *p, struct err *e)
{
	struct arena a;
	struct program_beside terms;
	struct beside *x = &p->play->beside;
	uint64_t number = 0;
	arena_init(&a, READ_BYTES);
	enum status st = may_begin(p, &a, &terms, e);
	if (st == ST_OK)
		st = system_program_take(p, &a, &number, NULL, e);
	arena_finish(&a);
	if (st != ST_OK)
		return st;
	*x = (struct beside){
		.version = number,
		.base = p->batch->program_version,
		.on = true,
		.terms = terms,
		.one = {.since_us = p->env.now_us, .at_us = TIME_NONE},
		.dirty = true,
	};
	as_experiment(x);
	st = experiments_wait(p, en->program, e);
	return st == ST_OK ? system_sweep(en, p->env.now_us, e) : st;
}

/* ---- end ---- */

static enum status promote(struct engine *en, struct pass *p, struct err *e)
{
	struct str row;
	struct program *new = NULL;
	struct arena a;
	uint64_t number = p->play->beside.version;
	arena_init(&a, READ_BYTES);
	enum status st = store_get(p->batch->store, TABLE_PROGRAM, KEY_NUM(number), &a, &row, e);
	if (st == ST_OK)
		st = system_program_compile(row, &new, e);
	arena_finish(&a);
	return st == ST_OK ? system_program_force(en, p, number, new, e) : st;
}

static enum status end(struct engine *en, struct pass *p, bool promoted, struct err *e)
{
	struct beside *x = &p->play->beside;
	x->on = x->asked = false;
	x->promoted = promoted;
	x->one.over = true;
	x->dirty = true;
	enum status st = experiments_wait(p, en->program, e);
	if (st != ST_OK)
		return st;
	return promoted ? promote(en, p, e) : system_sweep(en, p->env.now_us, e);
}

enum status beside_settle(struct engine *en, struct pass *p, struct err *e)
{
	const struct beside *x = &p->play->beside;
	return x->on && x->asked ? end(en, p, x->ask_promote, e) : ST_OK;
}

/* Who says which version means no other that has come since. */
static enum status finish(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	uint64_t version;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK)
		st = system_id(p, &d, "version", &version, e);
	if (st != ST_OK)
		return st;
	if (version != beside_candidate(&p->play->beside))
		return err_set(e, ST_CONFLICT,
			       "version %llu does not stand beside the one in force",
			       (unsigned long long)version);
	return end(en, p, str_is(p->event.type, "program.promote"), e);
}

enum status beside_event(struct engine *en, struct pass *p, struct err *e)
{
	return str_is(p->event.type, "program.try") ? begin(en, p, e) : finish(en, p, e);
}
