/* SPDX-License-Identifier: Apache-2.0
 * rollout.c: see rollout.h. Choice and models live in memory between batches, as the learner does;
 * a change of the choice writes its rows at once and forgets the memory, so that whoever asks next
 * reads what is true. */
#include "engine/rollout.h"

#include "base/assert.h"
#include "engine/models.h"
#include "engine/pass.h"
#include "engine/rollout_row.h"
#include "model/key.h"

#include <stdio.h>

#define STATE_KEY KEY_BYTES(STR("rollout/" MODELS_SLOT))
#define SCRATCH_BYTES ((size_t)16 << 20)

/* ---- reading ---- */

enum status rollout_askable(const struct registry_model *m, struct err *e)
{
	struct decide_frozen f;
	if (!str_is(m->meta.kind, FROZEN_KIND))
		return err_set(e, ST_INVALID,
			       "%.12s is of kind " STR_FMT ", which decisions cannot ask",
			       m->hash.hex, STR_ARG(m->meta.kind));
	enum status st = frozen_decode(m->bytes, &f, e);
	if (st == ST_OK)
		frozen_close(&f);
	return st;
}

/* One that cannot be asked any more (a build with another context) is none. */
static enum status load_model(struct store *s, const struct registry_hash *hash, struct arena *a,
			      struct decide_frozen *out, struct err *e)
{
	struct registry_model m;
	struct err unasked;
	if (!hash->hex[0])
		return ST_OK;
	enum status st = models_get(s, hash, a, &m, e);
	if (st == ST_OK && frozen_decode(m.bytes, out, &unasked) != ST_OK)
		*out = (struct decide_frozen){.mode = DECIDE_OFF};
	return st;
}

static enum status read_state(struct store *s, struct arena *a, struct rollout_state *out,
			      struct err *e)
{
	struct str row;
	*out = (struct rollout_state){.stage = 0};
	enum status st = store_get(s, TABLE_MODEL, STATE_KEY, a, &row, e);
	if (st == ST_OK)
		st = rollout_state_decode(row, out, e);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status rollout_read(struct store *s, struct rollout_state *out, struct err *e)
{
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	enum status st = read_state(s, &a, out, e);
	arena_finish(&a);
	return st;
}

static enum status load(struct rollout *x, struct store *s, struct arena *a, struct err *e)
{
	enum status st = models_choice(s, STR(MODELS_SLOT), a, &x->choice, e);
	if (st == ST_NOT_FOUND)
		x->choice = (struct registry_choice){.percent = 0};
	else if (st != ST_OK)
		return st;
	x->choice.slot = STR(MODELS_SLOT);
	st = read_state(s, a, &x->now, e);
	x->now.trial.percent = x->choice.percent;
	if (st == ST_OK)
		st = load_model(s, &x->choice.champion, a, &x->champion, e);
	return st == ST_OK ? load_model(s, &x->choice.candidate, a, &x->candidate, e) : st;
}

enum status rollout_use(struct rollout *x, struct store *s, struct err *e)
{
	struct arena a;
	if (x->loaded)
		return ST_OK;
	arena_init(&a, SCRATCH_BYTES);
	x->loaded = true;
	enum status st = load(x, s, &a, e);
	arena_finish(&a);
	if (st != ST_OK)
		rollout_forget(x);
	return st;
}

void rollout_forget(struct rollout *x)
{
	frozen_close(&x->champion);
	frozen_close(&x->candidate);
	*x = (struct rollout){.loaded = false};
}

bool rollout_models(const struct rollout *x, uint64_t lead, struct decide_models *out)
{
	bool champion = x->champion.response != NULL, candidate = x->candidate.response != NULL;
	if (!champion && !candidate)
		return false;
	*out = (struct decide_models){
		.champion = champion ? &x->champion : NULL,
		.candidate = candidate ? &x->candidate : NULL,
		.champion_name = str_of(x->choice.champion.hex),
		.candidate_name = str_of(x->choice.candidate.hex),
		.percent = x->choice.percent,
		.stage = x->now.stage,
		.follows = candidate && registry_follows_candidate(&x->choice, lead),
	};
	return true;
}

/* ---- writing ---- */

static enum status put_state(const struct rollout_state *now, struct store *s, struct err *e)
{
	char room[ROLLOUT_ROW_MAX];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	rollout_state_encode(now, &row);
	ASSERT(buf_ok(&row));
	return store_put(s, TABLE_MODEL, STATE_KEY, buf_view(&row), e);
}

enum status rollout_flush(struct rollout *x, struct store *s, struct err *e)
{
	if (!x->dirty)
		return ST_OK;
	enum status st = put_state(&x->now, s, e);
	x->dirty = st != ST_OK;
	return st;
}

/* ---- a change ---- */

static bool same(const struct registry_hash *a, const struct registry_hash *b)
{
	return str_eq(str_of(a->hex), str_of(b->hex));
}

static unsigned place_under(const struct registry_choice *c, const struct registry_hash *hash)
{
	if (!hash->hex[0])
		return ROLLOUT_OUT;
	if (same(&c->champion, hash))
		return 100;
	return same(&c->candidate, hash) ? c->percent : ROLLOUT_OUT;
}

/* Whose step it is: the champion's when that has changed, else the candidate's. */
static const struct registry_hash *whose_step(const struct registry_choice *was,
					      const struct registry_choice *now)
{
	if (!same(&was->champion, &now->champion))
		return now->champion.hex[0] ? &now->champion : &was->champion;
	return now->candidate.hex[0] ? &now->candidate : &was->candidate;
}

uint64_t rollout_change_no(const struct rollout_state *s, size_t i)
{
	ASSERT(i < s->changes_n);
	return s->stage - (s->changes_n - 1 - i); /* each change begins a stage */
}

/* How it stood before the first change that is kept. Who was champion then is not written down
 * when somebody else took its place: it is none, then. */
static struct registry_choice before_all(const struct rollout_state *s,
					 const struct registry_choice *now)
{
	struct registry_choice c = {.slot = now->slot, .champion = now->champion};
	const struct rollout_change *first = &s->changes[0];
	for (size_t i = s->changes_n; i-- > 0;) {
		const struct rollout_change *x = &s->changes[i];
		if (x->from == 100)
			c.champion = x->hash;
		else if (x->to == 100)
			c.champion.hex[0] = '\0';
	}
	if (first->from < 100) {
		c.candidate = first->hash;
		c.percent = first->from;
	}
	return c;
}

static void follow(struct registry_choice *c, const struct rollout_change *x)
{
	if (x->to == 100) {
		c->champion = x->hash;
	} else if (x->from == 100) {
		c->champion.hex[0] = '\0';
	} else if (x->to < 100) {
		c->candidate = x->hash;
		c->percent = x->to;
		return;
	}
	if (same(&c->candidate, &x->hash)) {
		c->candidate.hex[0] = '\0';
		c->percent = 0;
	}
}

void rollout_told(const struct rollout_state *s, const struct registry_choice *now, struct arena *a,
		  struct registry_told out[ROLLOUT_TOLD_MAX], size_t *n_r)
{
	static const struct str said = {"as the event log says",
					sizeof "as the event log says" - 1};
	struct registry_choice c = s->changes_n ? before_all(s, now) : *now;
	size_t n = 0;
	out[n++] = (struct registry_told){
		s->stage - s->changes_n, s->changes_n ? s->changes[0].at_us : s->since_us, said, c};
	for (size_t i = 0; i < s->changes_n; i++) {
		const struct rollout_change *x = &s->changes[i];
		follow(&c, x);
		out[n++] = (struct registry_told){
			rollout_change_no(s, i), x->at_us,
			arena_printf(a, "%s%s", x->by_itself ? "by itself: " : "", x->words), c};
	}
	out[n - 1].choice = *now; /* whatever was pieced together */
	*n_r = n;
}

static void remember(struct rollout_state *x, const struct rollout_change *c)
{
	if (x->changes_n == ROLLOUT_CHANGES_MAX) {
		for (size_t i = 1; i < ROLLOUT_CHANGES_MAX; i++)
			x->changes[i - 1] = x->changes[i];
		x->changes_n--;
	}
	x->changes[x->changes_n++] = *c;
}

static void count(struct pass *p, const struct rollout_change *c)
{
	const char *what =
		c->to == ROLLOUT_OUT || (c->from != ROLLOUT_OUT && c->to < c->from) ? "down" : "up";
	const struct str dims[] = {str_of(what), str_of(c->by_itself ? "itself" : "operator")};
	batch_count(p->batch, p->env.now_us, "model", dims, 2, 1);
}

static enum status change(struct pass *p, const struct registry_choice *to, bool by_itself,
			  struct str words, struct err *e)
{
	struct rollout *x = &p->play->rollout;
	const struct registry_hash *hash = whose_step(&x->choice, to);
	struct rollout_change c = {.at_us = p->env.now_us,
				   .hash = *hash,
				   .from = place_under(&x->choice, hash),
				   .to = place_under(to, hash),
				   .by_itself = by_itself};
	(void)snprintf(c.words, sizeof c.words, STR_FMT,
		       STR_ARG(str_upto(words, sizeof c.words - 1)));
	remember(&x->now, &c);
	count(p, &c);
	x->now.stage++;
	x->now.since_us = p->env.now_us;
	x->now.trial = (struct trial_case){.percent = to->percent};
	enum status st = models_choose(p->batch->store, to, p->arena, e);
	if (st == ST_OK)
		st = put_state(&x->now, p->batch->store, e);
	rollout_forget(x); /* what it held may still be pointed at by nobody but who asks again */
	return st;
}

enum status rollout_choose(struct pass *p, const struct registry_choice *c, struct str reason,
			   struct err *e)
{
	struct rollout *x = &p->play->rollout;
	enum status st = rollout_use(x, p->batch->store, e);
	if (st != ST_OK)
		return st;
	bool as_was = same(&x->choice.champion, &c->champion) &&
		      same(&x->choice.candidate, &c->candidate) &&
		      x->choice.percent == c->percent && x->choice.by_hand == c->by_hand;
	return as_was ? ST_OK : change(p, c, false, reason, e);
}

/* ---- what a lead brought ---- */

static enum status get_lead(struct pass *p, uint64_t lead, struct rollout_lead *out, struct err *e)
{
	struct str row;
	enum status st =
		store_get(p->batch->store, TABLE_ROLLOUT, KEY_NUM(lead), p->arena, &row, e);
	return st == ST_OK ? rollout_lead_decode(row, out, e) : st;
}

static enum status put_lead(struct pass *p, uint64_t lead, const struct rollout_lead *l,
			    struct err *e)
{
	char room[64];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	rollout_lead_encode(l, &row);
	ASSERT(buf_ok(&row));
	return store_put(p->batch->store, TABLE_ROLLOUT, KEY_NUM(lead), buf_view(&row), e);
}

static bool concerns(const struct rollout *x, const struct pending *of)
{
	return of->stage != 0 && of->stage == x->now.stage;
}

enum status rollout_decided(struct pass *p, const struct pending *of, struct err *e)
{
	struct rollout *x = &p->play->rollout;
	struct rollout_lead l;
	struct trial_case *t = &x->now.trial;
	if (of->stage == 0)
		return ST_OK;
	enum status st = rollout_use(x, p->batch->store, e);
	if (st != ST_OK || !concerns(x, of))
		return st;
	x->dirty = true;
	if (x->choice.percent == 0) {
		t->decisions++;
		t->weight += (double)of->weight;
		t->weight_squares += (double)of->weight * (double)of->weight;
	}
	st = get_lead(p, of->lead, &l, e);
	if (st == ST_OK && l.stage == x->now.stage)
		return ST_OK;
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	t->champion.n += x->choice.percent == 0 || !of->follows;
	t->candidate.n += x->choice.percent == 0 || of->follows;
	l = (struct rollout_lead){.stage = x->now.stage};
	return put_lead(p, of->lead, &l, e);
}

static void grow(double *of_lead, double more, double *sum, double *squares)
{
	double now = *of_lead + more;
	*sum += more;
	*squares += now * now - *of_lead * *of_lead;
	*of_lead = now;
}

static void add(struct rollout *x, const struct pending *of, struct rollout_lead *l, double reward,
		double harm)
{
	struct trial_case *t = &x->now.trial;
	bool shadow = x->choice.percent == 0;
	struct trial_side *s = of->follows && !shadow ? &t->candidate : &t->champion;
	grow(&l->reward, reward, &s->reward, &s->reward_squares);
	grow(&l->harm, harm, &s->harm, &s->harm_squares);
	if (!shadow)
		return;
	double apart = (double)of->weight - 1;
	s = &t->candidate;
	grow(&l->reward_apart, apart * reward, &s->reward, &s->reward_squares);
	grow(&l->harm_apart, apart * harm, &s->harm, &s->harm_squares);
}

static enum status judge(struct pass *p, struct err *e)
{
	struct rollout *x = &p->play->rollout;
	struct trial_verdict v;
	struct registry_choice to = x->choice;
	trial_judge(&x->now.trial, &v);
	if (v.what == TRIAL_WAIT || (v.what == TRIAL_UP && x->choice.by_hand))
		return ST_OK;
	to.percent = v.what == TRIAL_UP ? trial_next(to.percent) : 0;
	if (to.percent == 100)
		to.champion = to.candidate;
	if (to.percent == 100 || v.what == TRIAL_DOWN)
		to.candidate.hex[0] = '\0';
	to.percent %= 100;
	return change(p, &to, true, str_of(v.words), e);
}

enum status rollout_learned(struct pass *p, const struct pending *of, double outcome, double harm,
			    struct err *e)
{
	struct rollout *x = &p->play->rollout;
	struct rollout_lead l;
	if (of->stage == 0)
		return ST_OK;
	enum status st = rollout_use(x, p->batch->store, e);
	if (st != ST_OK || !concerns(x, of))
		return st;
	st = get_lead(p, of->lead, &l, e);
	if (st != ST_OK || l.stage != x->now.stage)
		return st == ST_NOT_FOUND ? ST_OK : st;
	add(x, of, &l, (double)of->outcome - outcome, (double)of->harm - harm);
	x->dirty = true;
	st = put_lead(p, of->lead, &l, e);
	return st == ST_OK ? judge(p, e) : st;
}
