/* SPDX-License-Identifier: Apache-2.0
 * past.c: see past.h. */
#include "engine/past.h"

#include "base/assert.h"
#include "engine/internal.h"
#include "engine/system.h"

#define ROW_BYTES_MAX 4096
#define COUNT_KEY 0

/* ---- rows ---- */

static enum status count_get(struct store *s, struct arena *a, uint64_t *out, struct err *e)
{
	struct str row;
	enum status st = store_get(s, TABLE_PAST, KEY_NUM(COUNT_KEY), a, &row, e);
	struct rd r = rd_of(st == ST_OK ? row : STR_NULL);
	*out = st == ST_OK ? rd_varint(&r) : 0;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status put(struct store *s, uint64_t key, const struct pending *of, uint64_t count,
		       struct err *e)
{
	char room[ROW_BYTES_MAX];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	if (of != NULL)
		pending_encode(of, &row);
	else
		buf_varint(&row, count);
	ASSERT(buf_ok(&row));
	return store_put(s, TABLE_PAST, KEY_NUM(key), buf_view(&row), e);
}

/* ---- one that is imported ---- */

static void outcomes_of_text(const struct program_deciding *d, struct str list, struct pending *of)
{
	while (list.n > 0) {
		size_t n = 0;
		while (n < list.n && list.p[n] != ',' && list.p[n] != ';')
			n++;
		struct str type = str_trim(str_slice(list, 0, n));
		(void)learned_event(d, of, type, of->at_us);
		list = str_slice(list, n < list.n ? n + 1 : n, list.n);
	}
}

static void outcomes(struct pass *p, struct pending *of)
{
	const struct json *d = &p->properties;
	const struct program_deciding *x = &p->program->play->deciding;
	uint32_t at = json_get(d, 0, "outcomes");
	if (!json_is(d, at, JSON_ARRAY)) {
		outcomes_of_text(x, json_str(d, at, p->arena), of);
		return;
	}
	for (uint32_t i = json_first(d, at); i != JSON_NONE; i = json_next(d, at, i))
		outcomes_of_text(x, json_str(d, i, p->arena), of);
}

static struct str text(struct pass *p, const char *key)
{
	return json_str(&p->properties, json_get(&p->properties, 0, key), p->arena);
}

enum status past_seen(struct pass *p, struct decide *d, struct err *e)
{
	struct pending of;
	uint64_t waiting;
	struct store *s = p->batch->store;
	const struct past_send sent = {.message = text(p, "message"),
				       .angle = text(p, "angle"),
				       .channel = text(p, "channel"),
				       .at_us = p->event.occurred_us};
	if (sent.message.n == 0)
		return err_set(e, ST_INVALID, PAST_EVENT ": properties.message is missing");
	enum status st = count_get(s, p->arena, &waiting, e);
	if (st != ST_OK)
		return st;
	if (waiting >= PAST_MAX)
		return err_set(e, ST_LIMIT, PAST_EVENT ": %u wait already: nurtured policy warm",
			       PAST_MAX);
	past_pending(d, &sent, &of);
	of.decision = p->event.seq;
	of.message = 1;
	outcomes(p, &of);
	of.taught = true;
	st = put(s, p->event.seq, &of, 0, e);
	return st == ST_OK ? put(s, COUNT_KEY, NULL, waiting + 1, e) : st;
}

/* ---- believed ---- */

#define BITE 256u
struct bite {
	struct pending *rows;
	size_t n;
	bool taught_only;
	enum status st;
	struct err *e;
};

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct bite *b = ctx;
	struct pending *of = &b->rows[b->n];
	if (key.num == COUNT_KEY)
		return true;
	b->st = pending_decode(value, of, b->e);
	b->n += b->st == ST_OK && (of->taught || !b->taught_only);
	return b->st == ST_OK && b->n < BITE;
}

/* The next rows behind a key. */
static enum status take_bite(struct store *s, enum table table, uint64_t behind, struct bite *b,
			     struct err *e)
{
	b->n = 0;
	b->st = ST_OK;
	b->e = e;
	enum status st = store_scan(s, table, SCAN_FROM(KEY_NUM(behind + 1)), take, b, e);
	return st == ST_OK ? b->st : st;
}

static enum status believe(struct pass *p, const struct bite *b, float weight, struct err *e)
{
	struct decide_learned *l;
	enum status st = learned_use(&p->play->learned, p->batch->store, p->play->seed, &l, e);
	for (size_t i = 0; i < b->n && st == ST_OK; i++) {
		if (weight > 0 && past_known(p->program, &b->rows[i]))
			past_believe(l, &b->rows[i], weight);
		st = store_del(p->batch->store, TABLE_PAST, KEY_NUM(b->rows[i].decision), e);
	}
	return st;
}

enum status past_warm(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	double weight;
	uint64_t waiting, behind = COUNT_KEY;
	struct store *s = p->batch->store;
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st != ST_OK)
		return st;
	if (!json_f64(&d, json_get(&d, 0, "weight"), &weight) || !(weight >= 0 && weight <= 1))
		return err_set(e, ST_INVALID, "policy.warm: properties.weight is 0 to 1");
	if (p->program == NULL || p->program->play->deciding.mode == DECIDE_OFF)
		return err_set(e, ST_CONFLICT, "nobody learns: give the program decide: {mode}");
	st = count_get(s, p->arena, &waiting, e);
	if (st == ST_OK && waiting == 0)
		return err_set(e, ST_CONFLICT, "no past sends wait: nurtured import");
	struct bite b = {.rows = mem_array(BITE, sizeof *b.rows)};
	do {
		st = st == ST_OK ? take_bite(s, TABLE_PAST, behind, &b, e) : st;
		if (st == ST_OK)
			st = believe(p, &b, (float)weight, e);
		behind = b.n > 0 ? b.rows[b.n - 1].decision : behind;
	} while (st == ST_OK && b.n > 0);
	mem_free(b.rows);
	return st == ST_OK ? store_del(s, TABLE_PAST, KEY_NUM(COUNT_KEY), e) : st;
}

/* ---- for who looks on ---- */

static enum status read_all(struct store *s, enum table table, struct pending **list, size_t *n,
			    struct err *e)
{
	size_t cap = 0;
	uint64_t behind = 0;
	struct bite b = {.rows = mem_array(BITE, sizeof *b.rows), .taught_only = true};
	enum status st;
	do {
		st = take_bite(s, table, behind, &b, e);
		if (st != ST_OK || b.n == 0)
			break;
		behind = b.rows[b.n - 1].decision;
		if (*n + b.n > cap) {
			size_t more = cap > 0 ? 2 * cap : 4 * (size_t)BITE;
			*list = mem_grow(*list, cap * sizeof **list, more * sizeof **list);
			cap = more;
		}
		memcpy(*list + *n, b.rows, b.n * sizeof **list);
		*n += b.n;
	} while (*n < PAST_MAX);
	mem_free(b.rows);
	return st;
}

enum status past_read(struct store *s, struct past_rows *out, struct err *e)
{
	*out = (struct past_rows){.past = NULL};
	enum status st = read_all(s, TABLE_PAST, &out->past, &out->past_n, e);
	if (st == ST_OK)
		st = read_all(s, TABLE_PENDING, &out->live, &out->live_n, e);
	if (st != ST_OK)
		past_finish(out);
	return st;
}

void past_finish(struct past_rows *x)
{
	mem_free(x->past);
	mem_free(x->live);
	*x = (struct past_rows){.past = NULL};
}
