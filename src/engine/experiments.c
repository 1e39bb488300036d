/* SPDX-License-Identifier: Apache-2.0
 * experiments.c: see experiments.h. */
#include "engine/experiments.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/due.h"
#include "engine/pass.h"
#include "engine/tally.h"

#include <stdio.h>
#include <string.h>

#define ROW KEY_BYTES(STR("experiments"))
#define ROW_BYTES_MAX (PROGRAM_EXPERIMENTS_MAX * sizeof(struct experiments_one) + 64)
enum { ROW_VERSION = 1 };
#define LOOK_EVERY_US US_PER_D
#define LOOK_ID 1

/* ---- what came of the arms ---- */

static const char *const whats[ARM_WHATS] = {
	"entered",    "contacted",  "completed", "handed",      "accepted",    "goal",
	"left",       "goal_hours", "entered_x", "contacted_x", "completed_x", "handed_x",
	"accepted_x", "goal_x",     "left_x",    "entered_xx"};

static size_t what_of(struct str name)
{
	size_t i = 0;
	while (i < ARM_WHATS && !str_is(name, whats[i]))
		i++;
	return i;
}

enum experiments_what experiments_what_of(const char *metric)
{
	size_t i = what_of(str_of(metric));
	ASSERT(i < ARM_WHATS);
	return (enum experiments_what)i;
}

struct counting {
	struct experiments_sums *list;
	size_t n;
};

static void add_to(struct experiments_sums *x, struct str arm, size_t what, int64_t n)
{
	for (size_t i = 0; i < x->n; i++)
		if (str_eq(x->arm[i], arm))
			x->of[i][what] += n;
}

static bool add(void *ctx, struct store_key key, struct str value)
{
	struct counting *c = ctx;
	struct str rest = str_slice(key.bytes, 8, key.bytes.n), what = str_cut(&rest, '\0');
	struct str name = rest.p ? str_cut(&rest, '\0') : STR_NULL;
	struct str arm = rest.p ? str_cut(&rest, '\0') : STR_NULL;
	(void)str_cut(&what, '.');
	size_t w = what_of(what);
	for (size_t i = 0; w < ARM_WHATS && i < c->n; i++)
		if (str_eq(c->list[i].name, name))
			add_to(&c->list[i], arm, w, (int64_t)key_read_u64(value, 0));
	return true;
}

void experiments_sums_of(const struct program_experiment *x, struct experiments_sums *out)
{
	*out = (struct experiments_sums){.name = x->name, .n = x->arms_n};
	for (size_t i = 0; i < x->arms_n; i++)
		out->arm[i] = x->arms[i].name;
}

enum status experiments_count(struct store *s, int64_t now_us, struct experiments_sums *list,
			      size_t n, struct err *e)
{
	struct counting c = {list, n};
	int64_t today = time_day(now_us);
	enum status st = ST_OK;
	for (int64_t d = today - EXPERIMENTS_DAYS + 1; d <= today && st == ST_OK; d++)
		st = tally_day(s, d, STR("experiment."), add, &c, e);
	return st;
}

/* ---- the row ---- */

void experiments_init(struct experiments *x)
{
	*x = (struct experiments){.look_us = TIME_NONE};
}

void experiments_one_put(const struct experiments_one *o, struct buf *row)
{
	buf_bytes(row, str_of(o->name));
	buf_zigzag(row, o->since_us);
	buf_varint(row, o->over);
	buf_varint(row, o->no);
	buf_zigzag(row, o->at_us);
	buf_varint(row, o->what);
	buf_varint(row, o->did);
	buf_bytes(row, str_of(o->arm));
	buf_bytes(row, str_of(o->words));
}

enum status experiments_flush(struct experiments *x, struct store *s, struct err *e)
{
	struct buf row;
	if (!x->dirty)
		return ST_OK;
	buf_init(&row, ROW_BYTES_MAX);
	buf_varint(&row, ROW_VERSION);
	buf_varint(&row, x->found);
	buf_zigzag(&row, x->look_us);
	for (size_t i = 0; i < x->n; i++)
		experiments_one_put(&x->list[i], &row);
	ASSERT(buf_ok(&row));
	enum status st = store_put(s, TABLE_META, ROW, buf_view(&row), e);
	x->dirty = st != ST_OK;
	buf_finish(&row);
	return st;
}

static void keep_text(char *to, size_t room, struct str text)
{
	(void)snprintf(to, room, STR_FMT, STR_ARG(text)); /* cut words are still words */
}

void experiments_one_get(struct rd *r, struct experiments_one *o)
{
	keep_text(o->name, sizeof o->name, rd_bytes(r));
	o->since_us = rd_zigzag(r);
	o->over = rd_varint(r) != 0;
	o->no = rd_varint(r);
	o->at_us = rd_zigzag(r);
	uint64_t what = rd_varint(r), did = rd_varint(r);
	o->what = what < RULE_WHATS ? (enum rule_what)what : RULE_WAIT;
	o->did = did <= THEN_SHIP ? (enum program_then)did : THEN_TELL;
	keep_text(o->arm, sizeof o->arm, rd_bytes(r));
	keep_text(o->words, sizeof o->words, rd_bytes(r));
}

enum status experiments_load(struct experiments *x, struct store *s, struct arena *a, struct err *e)
{
	struct str row;
	experiments_init(x);
	enum status st = store_get(s, TABLE_META, ROW, a, &row, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	struct rd r = rd_of(row);
	uint64_t version = rd_varint(&r);
	x->found = rd_varint(&r);
	x->look_us = rd_zigzag(&r);
	while (r.ok && r.p < r.end && x->n < PROGRAM_EXPERIMENTS_MAX)
		experiments_one_get(&r, &x->list[x->n++]);
	return rd_done(&r) && version == ROW_VERSION
		       ? ST_OK
		       : err_set(e, ST_CORRUPT, "the state's row of experiments cannot be read");
}

static size_t place_of(const struct experiments *x, struct str name)
{
	size_t i = 0;
	while (i < x->n && !str_is(name, x->list[i].name))
		i++;
	return i;
}

const struct experiments_one *experiments_of(const struct experiments *x, struct str name)
{
	size_t i = place_of(x, name);
	return i < x->n ? &x->list[i] : NULL;
}

bool experiments_waits(const struct experiments_one *o)
{
	return o->no > 0 && o->did == THEN_TELL && !o->over;
}

void experiments_ended(struct experiments *x, struct str name)
{
	size_t i = place_of(x, name);
	if (i == x->n || x->list[i].over)
		return;
	x->list[i].over = true;
	x->dirty = true;
}

/* ---- when to look ---- */

static bool waiting(const struct play *y, const struct program_experiment *x)
{
	bool over;
	(void)decide_arm(x, 0, y->ended, y->ended_n, &over);
	return x->rule.on && !over;
}

/* The next look is a day from now, while a rule waits for something. */
static enum status set_look(struct pass *p, const struct program *now, int64_t was_us,
			    struct err *e)
{
	struct experiments *x = &p->play->experiments;
	bool any = p->play->beside.on && p->play->beside.as.rule.on;
	for (size_t i = 0; i < now->play->experiments_n; i++)
		any = any || waiting(p->play, &now->play->experiments[i]);
	int64_t at_us = !any                  ? TIME_NONE
			: was_us != TIME_NONE ? was_us
					      : p->env.now_us + LOOK_EVERY_US;
	const struct due d = {at_us, DUE_EXPERIMENTS, LOOK_ID};
	x->look_us = at_us;
	x->dirty = true;
	return due_set(p->batch, &d, was_us, e);
}

enum status experiments_wait(struct pass *p, const struct program *now, struct err *e)
{
	return set_look(p, now, p->play->experiments.look_us, e);
}

enum status experiments_applied(struct pass *p, const struct program *now, struct err *e)
{
	struct experiments *x = &p->play->experiments;
	struct experiments_one kept[PROGRAM_EXPERIMENTS_MAX];
	size_t n = now->play->experiments_n;
	if (n == 0 && x->n == 0)
		return ST_OK;
	for (size_t i = 0; i < n; i++) {
		struct str name = now->play->experiments[i].name;
		const struct experiments_one *was = experiments_of(x, name);
		kept[i] = was ? *was
			      : (struct experiments_one){.since_us = p->env.now_us,
							 .at_us = TIME_NONE};
		keep_text(kept[i].name, sizeof kept[i].name, name);
	}
	memcpy(x->list, kept, n * sizeof *kept);
	x->n = n;
	return set_look(p, now, x->look_us, e);
}

/* ---- the look ---- */

struct look {
	const struct program_experiment *of;
	struct experiments_one *one;
	struct experiments_sums sums;
};

static void judge(const struct look *l, const struct pass *p, struct rule_call *out)
{
	struct verdict_arm arms[PROGRAM_ARMS_MAX];
	double guarded[PROGRAM_ARMS_MAX];
	const struct program_experiment *x = l->of;
	const struct program_rule *r = &x->rule;
	enum experiments_what metric = experiments_what_of(x->metric);
	enum experiments_what guard = experiments_what_of(r->guard ? r->guard : "left");
	for (size_t i = 0; i < x->arms_n; i++) {
		const int64_t *of = l->sums.of[i];
		arms[i] = (struct verdict_arm){(double)of[ARM_ENTERED], (double)of[metric],
					       (double)of[ARM_LEFT], x->arms[i].weight / 100.0};
		guarded[i] = (double)of[guard];
	}
	const struct rule_case c = {
		.arms = arms,
		.guarded = r->guard ? guarded : NULL,
		.n = x->arms_n,
		.min_lift = x->min_lift,
		.guard_most = r->guard_most,
		.least = r->least,
		.over = r->within_us > 0 && p->env.now_us >= l->one->since_us + r->within_us,
		.names = l->sums.arm,
		.metric = x->metric,
		.guard = r->guard,
	};
	rule_judge(&c, p->arena, out);
}

/* What is found is done once; what is only told, whenever it is something else. */
static void act(const struct look *l, const struct pass *p, const struct rule_call *call)
{
	struct experiments *x = &p->play->experiments;
	struct beside *beside = &p->play->beside;
	struct experiments_one *one = l->one;
	if (call->what == RULE_WAIT || (one->no > 0 && one->what == call->what))
		return;
	enum program_then then = call->what == RULE_BROKEN ? THEN_TELL : l->of->rule.then;
	size_t arm = then == THEN_STOP ? 0 : call->arm;
	bool versions = l->of == &beside->as;
	one->no = ++x->found;
	one->at_us = p->env.now_us;
	one->what = call->what;
	one->did = then;
	keep_text(one->arm, sizeof one->arm, l->of->arms[arm].name);
	keep_text(one->words, sizeof one->words, call->words);
	x->dirty = true;
	beside->dirty = beside->dirty || versions;
	if (then == THEN_TELL)
		return;
	if (!versions) {
		play_end(p->play, l->of, arm);
		return;
	}
	beside->asked = true;
	beside->ask_promote = arm == 1;
}

/* Those whose rule waits for something: of the program in force, and two versions of it. */
static size_t those_waiting(struct play *y, const struct program *now, struct look *out)
{
	size_t n = 0;
	struct experiments *x = &y->experiments;
	for (size_t i = 0; i < now->play->experiments_n; i++) {
		const struct program_experiment *of = &now->play->experiments[i];
		size_t at = place_of(x, of->name);
		if (at < x->n && waiting(y, of))
			out[n++] = (struct look){.of = of, .one = &x->list[at]};
	}
	if (y->beside.on && y->beside.as.rule.on)
		out[n++] = (struct look){.of = &y->beside.as, .one = &y->beside.one};
	return n;
}

static enum status look_at_all(struct pass *p, struct err *e)
{
	size_t most = p->program->play->experiments_n + 1;
	struct look *list = ARENA_ARRAY(p->arena, struct look, most);
	struct experiments_sums *sums = ARENA_ARRAY(p->arena, struct experiments_sums, most);
	if (list == NULL || sums == NULL)
		return err_set(e, ST_LIMIT, "too many experiments to look at");
	size_t n = those_waiting(p->play, p->program, list);
	for (size_t i = 0; i < n; i++)
		experiments_sums_of(list[i].of, &sums[i]);
	enum status st = batch_flush(p->batch, e); /* counts of this batch too */
	if (st == ST_OK)
		st = experiments_count(p->batch->store, p->env.now_us, sums, n, e);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct rule_call call;
		list[i].sums = sums[i];
		judge(&list[i], p, &call);
		act(&list[i], p, &call);
	}
	return st;
}

enum status experiments_due(struct pass *p, struct err *e)
{
	enum status st = ST_OK;
	p->play->experiments.look_us = TIME_NONE;
	p->play->experiments.dirty = true;
	if (p->program == NULL)
		return ST_OK;
	st = look_at_all(p, e);
	return st == ST_OK ? set_look(p, p->program, TIME_NONE, e) : st;
}
