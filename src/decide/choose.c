/* SPDX-License-Identifier: Apache-2.0
 * choose.c: one decision: the policy gives each candidate a probability, one is drawn, the journey
 * moves, and the record keeps all of it.
 *
 * The rules of the program put probability 1 on one candidate: the first angle not yet told, at the
 * first instant at which no guard holds it. Where a guard holds it back, the step says what happens
 * (wait, go on without it, or the substitute). Where they would send, a policy (policy.c) may put
 * other numbers into the same slate, behind the same guards. */
#include "decide/internal.h"

#include "base/assert.h"

#include <stdio.h>

#define LOOK_AGAIN_LEAST_US US_PER_D
#define LOOK_AGAIN_MOST_US (4 * US_PER_D)
#define EXPIRE_LEAST_US US_PER_D
#define EXPIRE_MOST_US (7 * US_PER_D)
#define RECORD_LIST (16u << 10) /* longer, and what had no odds is left out of the record */
#define RECORD_TAIL 3000        /* bytes kept for the chosen one and what stands behind the list */

struct pick {
	enum { PICK_SEND, PICK_WAIT, PICK_PASS } what;
	size_t chosen;      /* of the slate */
	enum guard_no held; /* what made it so; GUARD_COUNT: nothing */
	int64_t until_us;   /* WAIT */
};

/* ---- the policy of the rules ---- */

static bool takes(const struct slate *s, size_t i, bool other)
{
	const struct candidate *c = &s->c[i];
	bool choice = c->held != GUARD_COUNT && guard_class(c->held) == GUARD_CLASS_CHOICE;
	return !c->nothing && s->fits[i] && s->other[i] == other && !s->later[i] && !choice;
}

/* The first the rules may take, free or held; n: there is none. */
static size_t first_of(const struct slate *s, bool other)
{
	size_t i = 0;
	while (i < s->n && !takes(s, i, other))
		i++;
	return i;
}

/* The candidate itself when it is free, or when it will be soon. */
static bool sendable(const struct slate *s, size_t i, size_t *out)
{
	if (i >= s->n)
		return false;
	*out = s->c[i].held == GUARD_COUNT ? i : i + 1;
	if (*out == i)
		return true;
	bool later = *out < s->n && s->later[*out] && s->c[*out].held == GUARD_COUNT;
	return later && s->c[*out].at_us - s->rules_us <= DECIDE_AHEAD_US;
}

static struct pick wait_for(const struct turn *t, const struct slate *s, size_t first)
{
	struct pick p = {PICK_WAIT, s->n - 1, s->c[first].held, 0};
	bool later = first + 1 < s->n && s->later[first + 1];
	p.until_us = later ? s->c[first + 1].at_us : t->now_us + guards_again_us(p.held);
	return p;
}

static struct pick rules(const struct turn *t, const struct program_step *step,
			 const struct slate *s)
{
	size_t first = first_of(s, false), nothing = s->n - 1;
	struct pick p = {PICK_PASS, nothing, s->c[0].held, 0};
	if (first == s->n)
		return p; /* nothing new to say here */
	p.held = s->c[first].held;
	enum guard_class class = p.held == GUARD_COUNT ? GUARD_CLASS_TIME : guard_class(p.held);
	if (p.held == GUARD_HOLDOUT)
		return p;
	bool chooses = class == GUARD_CLASS_CAP || class == GUARD_CLASS_PERMIT;
	if (chooses && step->capped == CAPPED_SKIP)
		return p;
	p.what = PICK_SEND;
	if (chooses && step->capped == CAPPED_SUBSTITUTE &&
	    sendable(s, first_of(s, true), &p.chosen))
		return p;
	if (sendable(s, first, &p.chosen))
		return p;
	return wait_for(t, s, first);
}

/* ---- the draw ---- */

static double draw(struct turn *t, struct slate *s, size_t chosen, size_t *drawn_r)
{
	double sum = 0, at = rng_unit(&t->d->env->rng), up_to = 0;
	size_t drawn = s->n;
	s->c[chosen].p = 1;
	for (size_t i = 0; i < s->n; i++) {
		ASSERT(s->c[i].held == GUARD_COUNT || s->c[i].p == 0); /* D1 */
		sum += s->c[i].p;
	}
	ASSERT(sum > 1 - 1e-9 && sum < 1 + 1e-9);
	for (size_t i = 0; i < s->n; i++) {
		up_to += s->c[i].p;
		if (drawn == s->n && at < up_to)
			drawn = i;
	}
	ASSERT(drawn < s->n && s->c[drawn].p > 0);
	*drawn_r = drawn;
	return at;
}

/* ---- the record ---- */

static struct str angle_of(const struct program_step *step, const struct candidate *c)
{
	if (c->content != NULL)
		return c->content->angle;
	return c->angle < step->angles_n ? step->angles[c->angle].name : STR_NULL;
}

/* When it would arrive, and what goes with it. */
static void write_when(const struct turn *t, const struct candidate *c, struct json_w *w)
{
	float since, tired;
	json_w_ktime(w, "at", c->at_us);
	if (c->valued)
		json_w_kz(w, "part", arm_part_name(candidates_part(t, c->at_us)));
	context_gap(t, c, &since, &tired);
	if (c->gap > 0) {
		json_w_kz(w, "gap", arm_gap_name(c->gap - 1));
		json_w_kf64(w, "since", (double)since);
		json_w_kf64(w, "tired", (double)tired);
	}
	float read = c->held != GUARD_COUNT ? 0 : reading_around(t, c->at_us);
	if (read > 0 || read < 0)
		json_w_kf64(w, "read", (double)read);
}

static void write_candidate(const struct turn *t, const struct program_step *step,
			    const struct candidate *c, struct json_w *w)
{
	json_w_object(w);
	if (c->nothing) {
		json_w_kbool(w, "nothing", true);
	} else {
		json_w_kstr(w, "message", c->message);
		json_w_kstr(w, "angle", angle_of(step, c));
		json_w_ki64(w, "subject", c->subject_n);
		json_w_kstr(w, "channel", candidates_channel(t->d, c->channel));
		write_when(t, c, w);
	}
	if (c->valued)
		json_w_kf64(w, "value", c->value);
	if (c->aside > 0)
		json_w_kf64(w, "shadow", c->aside);
	if (c->held == GUARD_COUNT) {
		json_w_kf64(w, "p", c->p);
	} else {
		json_w_kz(w, "held", guard_wire(c->held));
		if (c->free_us != TIME_NONE)
			json_w_ktime(w, "free_at", c->free_us);
		if (c->why[0])
			json_w_kz(w, "why", c->why);
	}
	json_w_end(w);
}

static void write_inputs(const struct turn *t, struct json_w *w)
{
	const struct program *p = t->d->now.program;
	const struct facts *f = t->d->facts;
	uint32_t persona = t->d->lead->persona;
	json_w_key(w, "inputs");
	json_w_object(w);
	if (persona > 0 && persona <= p->personas_n)
		json_w_kstr(w, "persona", p->personas[persona - 1].name);
	json_w_kf64(w, "fit", f->fit);
	json_w_kf64(w, "engagement", f->engagement);
	json_w_kz(w, "tier", tier_name(f->tier));
	json_w_kstr(w, "zone", t->d->world->zone_name);
	json_w_kf64(w, "fatigue", guards_fatigue(t->j, &p->play->guardrails, t->now_us));
	json_w_ki64(w, "silent", t->j->silent_n);
	json_w_ki64(w, "again", t->j->again_n);
	json_w_end(w);
}

static void write_arms(const struct turn *t, struct json_w *w)
{
	const struct program_play *play = t->d->pinned.program->play;
	if (play->experiments_n == 0)
		return;
	json_w_key(w, "arms");
	json_w_object(w);
	for (size_t i = 0; i < play->experiments_n && i < 16; i++) {
		size_t arm = candidates_arm(t, &play->experiments[i]);
		if (arm == NO_INDEX)
			continue;
		json_w_key_str(w, play->experiments[i].name);
		json_w_str(w, play->experiments[i].arms[arm].name);
	}
	json_w_end(w);
}

/* What the policy knew, so that it can be asked again: numbers that are 0 are left out. */
static void write_learned(const struct turn *t, const struct choice *how, struct json_w *w)
{
	const struct decide_learned *l = t->d->learned;
	json_w_key(w, "learned");
	json_w_object(w);
	json_w_kf64(w, "outcomes", learn_seen_all(l->response));
	json_w_kf64(w, "price", l->price);
	if (t->d->drift != DECIDE_STEADY)
		json_w_kz(w, "drift", decide_drift_name(t->d->drift));
	json_w_ki64(w, "context_version", CONTEXT_VERSION);
	json_w_key(w, "context");
	json_w_object(w);
	for (size_t i = 0; i < CONTEXT_COUNT; i++) {
		char name[32];
		if (how->x[i] == 0)
			continue;
		context_name(i, name);
		json_w_kf64(w, name, (double)how->x[i]);
	}
	json_w_end(w);
	json_w_end(w);
}

/* How the one that was drawn came up, factor by factor: its odds are their product. */
static void write_factors(const struct slate *s, const struct choice *how, struct json_w *w)
{
	static const char *const names[POLICY_FACTORS] = {"channel", "part", "gap", "text", "day"};
	if (!s->by_factor)
		return;
	json_w_key(w, "factors");
	json_w_object(w);
	for (size_t i = 0; i < POLICY_FACTORS; i++)
		json_w_kf64(w, names[i], how->factor[i]);
	json_w_end(w);
}

/* Which registered models were asked, and whether one of them chose. */
static void write_models(const struct turn *t, const struct choice *how, struct json_w *w)
{
	const struct decide_models *q = policy_models(t);
	if (q == NULL || !how->asked)
		return;
	json_w_key(w, "models");
	json_w_object(w);
	json_w_kz(w, "chose",
		  how->model == NULL ? "program"
		  : q->follows       ? "candidate"
				     : "champion");
	if (q->champion != NULL)
		json_w_kstr(w, "champion", q->champion_name);
	if (q->candidate != NULL) {
		json_w_kstr(w, "candidate", q->candidate_name);
		json_w_ki64(w, "percent", q->percent);
	}
	json_w_end(w);
}

static void write_policy(const struct turn *t, const struct choice *how, struct json_w *w)
{
	const struct decide_models *q = policy_models(t);
	enum decide_mode mode = how->model != NULL ? how->model->mode : policy_mode(t);
	json_w_kz(w, "policy", how->asked ? decide_mode_name(mode) : "rules");
	if (how->asked && how->model != NULL)
		json_w_kstr(w, "model", q->follows ? q->candidate_name : q->champion_name);
	write_models(t, how, w);
}

static void write_why(const struct turn *t, struct json_w *w)
{
	static const char *const with[] = {"same", "new_angle", "new_subject"};
	json_w_key(w, "why");
	json_w_object(w);
	json_w_kz(w, "cause", t->cause);
	if (t->cause_of.n)
		json_w_kstr(w, "of", str_slice(t->cause_of, 0, 128));
	json_w_kz(w, "with", t->j->again_n == 0 ? "first" : with[t->j->with % 3]);
	json_w_end(w);
}

/* What was written so far, and where in the list. */
struct list {
	const struct slate *s;
	struct json_w *w;
	size_t n, of[DECIDE_CANDIDATES_MAX]; /* of[k]: which candidate stands at place k */
	bool brief[DECIDE_CANDIDATES_MAX];
};

/* The place of one that has the same text, or the same time, and says so; NO_INDEX: none yet. */
static size_t alike(const struct list *l, const struct candidate *c, bool text)
{
	for (size_t k = 0; k < l->n; k++) {
		const struct candidate *x = &l->s->c[l->of[k]];
		if (l->brief[k] || x->nothing || x->held != GUARD_COUNT || !x->valued)
			continue;
		bool same = x->key == c->key && x->channel == c->channel &&
			    str_eq(x->message, c->message);
		if (text ? same : x->at_us == c->at_us)
			return k;
	}
	return NO_INDEX;
}

/* Where hundreds may be chosen: its text and its time stand there already, and only the odds are
 * its own. */
static bool write_brief(struct list *l, const struct candidate *c)
{
	struct json_w *w = l->w;
	bool may = !c->nothing && c->held == GUARD_COUNT && c->valued;
	size_t text = may ? alike(l, c, true) : NO_INDEX,
	       time = may ? alike(l, c, false) : NO_INDEX;
	if (text == NO_INDEX || time == NO_INDEX)
		return false;
	json_w_object(w);
	json_w_ki64(w, "text_of", (int64_t)text);
	json_w_ki64(w, "time_of", (int64_t)time);
	if (c->aside > 0)
		json_w_kf64(w, "shadow", c->aside);
	json_w_kf64(w, "p", c->p);
	json_w_end(w);
	return true;
}

/* The list, cut where the record would grow past its ceiling; what is left out is counted, and
 * never has odds. Returns the chosen one's place in the list as written; where a policy was asked,
 * that of the rules' own choice is told beside it. */
static size_t write_candidates(const struct turn *t, const struct program_step *step,
			       const struct slate *s, size_t chosen, bool asked, struct json_w *w)
{
	size_t place = 0, rules = NO_INDEX, left_out = s->left_out;
	struct list l = {.s = s, .w = w};
	json_w_key(w, "candidates");
	json_w_array(w);
	for (size_t i = 0; i < s->n; i++) {
		const struct candidate *c = &s->c[i];
		size_t most = c->valued || c->p > 0 ? DECIDE_RECORD_MAX : RECORD_LIST;
		if (i != chosen && w->out->n > most - RECORD_TAIL) {
			left_out++;
			continue;
		}
		if (i == chosen)
			place = l.n;
		if (asked && i == s->rules)
			rules = l.n;
		l.brief[l.n] = s->by_factor && i != chosen && write_brief(&l, c);
		if (!l.brief[l.n])
			write_candidate(t, step, c, w);
		l.of[l.n++] = i;
	}
	json_w_end(w);
	if (left_out > 0)
		json_w_ki64(w, "left_out", (int64_t)left_out);
	if (rules != NO_INDEX)
		json_w_ki64(w, "rules", (int64_t)rules);
	return place;
}

static enum status record(struct turn *t, const struct program_step *step, const struct slate *s,
			  const struct pick *p, const struct choice *how, struct err *e)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, t->d->arena, DECIDE_RECORD_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_key(&w, "lead");
	json_w_u64(&w, t->j->lead);
	json_w_ktime(&w, "at", t->now_us);
	json_w_key(&w, "version");
	json_w_u64(&w, t->d->pinned.number);
	json_w_kstr(&w, "track", t->j->track);
	json_w_kstr(&w, "step", t->j->step);
	write_why(t, &w);
	write_inputs(t, &w);
	write_arms(t, &w);
	if (how->asked)
		write_learned(t, how, &w);
	size_t place = write_candidates(t, step, s, p->chosen, how->asked, &w);
	json_w_kf64(&w, "draw", how->unit);
	if (how->even)
		json_w_kbool(&w, "even", true);
	json_w_ki64(&w, "chosen", (int64_t)place);
	write_factors(s, how, &w);
	write_policy(t, how, &w);
	json_w_kz(&w, "words", t->out->words);
	json_w_end(&w);
	if (!buf_ok(&b))
		return err_set(e, ST_LIMIT, "the record of a decision does not fit");
	t->out->decided = true;
	t->out->record = buf_view(&b);
	return ST_OK;
}

/* ---- the words ---- */

static void say_when(const struct turn *t, int64_t at_us, char out[TIME_TEXT_MAX + 64])
{
	char text[TIME_TEXT_MAX];
	int64_t local = at_us + tz_offset_us(t->d->world->zone, at_us);
	snprintf(out, TIME_TEXT_MAX + 64, "%.10s %.5s " STR_FMT, time_format(local, text),
		 text + 11, STR_ARG(str_slice(t->d->world->zone_name, 0, 40)));
}

static void say(struct turn *t, const struct program_step *step, const struct slate *s,
		const struct pick *p)
{
	const struct candidate *c = &s->c[p->chosen];
	const char *held = p->held == GUARD_COUNT ? NULL : guard_words(p->held);
	bool learner = p->what == PICK_WAIT && held == NULL;
	char when[TIME_TEXT_MAX + 64];
	switch (p->what) {
	case PICK_SEND:
		say_when(t, c->at_us, when);
		turn_say(t, STR_FMT " (" STR_FMT ") by " STR_FMT " at %s%s%s", STR_ARG(c->message),
			 STR_ARG(angle_of(step, c)), STR_ARG(candidates_channel(t->d, c->channel)),
			 when, held ? ": " : "", held ? held : "");
		return;
	case PICK_WAIT:
		say_when(t, p->until_us, when);
		turn_say(t, "nothing before %s: %s", when,
			 learner ? "saying nothing looks better" : held);
		return;
	case PICK_PASS:
		turn_say(t, "step " STR_FMT " is passed over: %s", STR_ARG(step->name),
			 held ? held : "there is nothing new to say");
		return;
	}
}

/* ---- the message ---- */

static struct str source_of(const struct turn *t)
{
	const struct json *p = facts_profile(t->d->facts);
	struct str s = p != NULL && p->count > 0
			       ? json_str(p, json_get(p, 0, "source"), t->d->arena)
			       : STR_NULL;
	return s.p != NULL ? s : STR_NULL;
}

static struct str audience_of(const struct turn *t)
{
	const struct program *p = t->d->now.program;
	uint32_t persona = t->d->lead->persona;
	return persona > 0 && persona <= p->personas_n ? p->personas[persona - 1].name : STR_NULL;
}

static int64_t clamp_us(int64_t v, int64_t lo, int64_t hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static void make_message(struct turn *t, const struct program_step *step, const struct candidate *c)
{
	size_t angle;
	uint32_t subject;
	uint64_t said = 0;
	const struct decide_world *w = t->d->world;
	if (t->j->with == AGAIN_NEW_SUBJECT && t->j->again_n > 0)
		(void)candidates_latest(t, step, &angle, &subject, &said);
	t->out->send = true;
	t->out->message = (struct message){
		.version = t->d->pinned.number,
		.track = t->j->track,
		.step = t->j->step,
		.message = c->message,
		.angle = c->content->angle,
		.persona = c->content->persona,
		.channel = candidates_channel(t->d, c->channel),
		.purpose = c->purpose,
		.address = w->address[c->channel],
		.zone = w->zone_name,
		.subject_n = c->subject_n,
		.content = c->key,
		.reply_to = said,
		.state = MESSAGE_READY,
		.created_us = t->now_us,
		.due_us = c->at_us,
		.changed_us = t->now_us,
		.expires_us = c->at_us + clamp_us(step->wait_us, EXPIRE_LEAST_US, EXPIRE_MOST_US),
		.sent_us = TIME_NONE,
		.opened_us = TIME_NONE,
		.clicked_us = TIME_NONE,
		.replied_us = TIME_NONE,
		.source = source_of(t),
		.tier = (uint32_t)t->d->facts->tier,
		.audience = audience_of(t)};
	t->j->phase = JOURNEY_WATCHING;
	t->j->due_us = TIME_NONE;
	t->j->message = 0; /* its number is the engine's to give */
	t->j->reason = STR_NULL;
}

/* ---- the moves ---- */

static void count_skipped(struct turn *t, const char *guard)
{
	const struct str dims[] = {str_of(guard)};
	turn_count(t, "skipped", dims, 1);
}

/* The same guard as the last time, at the same step: known already, and not worth a record. */
static bool waits_already(struct turn *t, const struct pick *p)
{
	return p->what == PICK_WAIT && p->held != GUARD_COUNT &&
	       str_is(t->j->reason, guard_words(p->held));
}

static void carry_out(struct turn *t, const struct program_step *step, const struct slate *s,
		      const struct pick *p)
{
	struct journey *j = t->j;
	int64_t watch_us = place_watch_us(t, step);
	switch (p->what) {
	case PICK_SEND: make_message(t, step, &s->c[p->chosen]); return;
	case PICK_WAIT:
		count_skipped(t, p->held == GUARD_COUNT ? "better_later" : guard_wire(p->held));
		ASSERT(p->until_us > t->now_us);
		j->due_us = p->until_us;
		j->reason = p->held == GUARD_COUNT ? STR("saying nothing looks better")
						   : str_of(guard_words(p->held));
		return;
	case PICK_PASS:
		count_skipped(t, p->held == GUARD_COUNT ? "nothing_new" : guard_wire(p->held));
		place_next(t);
		/* The baseline walks at the pace of those who are written to. */
		if (p->held == GUARD_HOLDOUT && j->phase == JOURNEY_DUE &&
		    j->due_us < t->now_us + watch_us)
			j->due_us = t->now_us + watch_us;
		return;
	}
}

/* The rules would send: whoever has a say may choose otherwise. */
static enum status ask_policy(struct turn *t, const struct program_step *step, struct slate *s,
			      struct pick *p, struct choice *how, struct err *e)
{
	enum status st = policy_choose(t, s, p->chosen, how, e);
	if (st != ST_OK || how->drawn == p->chosen)
		return st;
	p->chosen = how->drawn;
	p->held = GUARD_COUNT;
	if (!s->c[how->drawn].nothing)
		return ST_OK;
	p->what = PICK_WAIT;
	p->until_us = t->now_us +
		      clamp_us(place_gap_us(t, step) / 2, LOOK_AGAIN_LEAST_US, LOOK_AGAIN_MOST_US);
	return ST_OK;
}

static enum status decide_step(struct turn *t, const struct program_step *step, struct err *e)
{
	struct slate *s = candidates_list(t, step);
	struct choice how = {.asked = false};
	enum status st = ST_OK;
	if (s == NULL)
		return err_set(e, ST_NO_MEMORY, "the candidates of a decision do not fit");
	struct pick p = rules(t, step, s);
	if (p.what != PICK_SEND && s->rules_us > t->now_us) { /* their gap has not passed */
		t->j->due_us = s->rules_us;
		return ST_OK;
	}
	if (waits_already(t, &p)) {
		t->j->due_us = p.until_us;
		return ST_OK;
	}
	how.asked = p.what == PICK_SEND && policy_asks(t);
	if (how.asked) {
		st = ask_policy(t, step, s, &p, &how, e);
	} else {
		how.unit = draw(t, s, p.chosen, &how.drawn);
		p.chosen = how.drawn;
	}
	if (st != ST_OK)
		return st;
	say(t, step, s, &p);
	st = record(t, step, s, &p, &how, e);
	if (st == ST_OK)
		carry_out(t, step, s, &p);
	return st;
}

/* Steps whose condition does not hold are passed over here; the first that does is decided. */
enum status choose(struct turn *t, struct err *e)
{
	const struct journey *j = t->j;
	while (j->phase == JOURNEY_DUE && j->due_us <= t->now_us) {
		const struct program_track *k = place_track(t);
		const struct program_step *s = place_step(t);
		bool enough = k != NULL && k->touches_max > 0 && j->sent_n >= k->touches_max;
		if (s == NULL || enough) {
			place_next(t); /* which knows the way out */
			continue;
		}
		if (s->if_.prog == NULL || place_holds(t, &s->if_))
			return decide_step(t, s, e);
		count_skipped(t, "if");
		turn_say(t, "step " STR_FMT " is passed over: its condition does not hold",
			 STR_ARG(s->name));
		place_next(t);
	}
	return ST_OK;
}

/* Events that may bring an address or a permission. */
static bool may_permit(const struct event *ev)
{
	return ev != NULL && (str_starts(ev->type, STR("consent.")) ||
			      str_starts(ev->type, STR("form.")) || str_is(ev->type, "identify"));
}

bool choose_permitted(const struct turn *t)
{
	const struct program_step *s = place_step(t);
	const char *const wants[] = {guard_words(GUARD_NO_ADDRESS), guard_words(GUARD_CONSENT)};
	if (s == NULL || (!str_is(t->j->reason, wants[0]) && !str_is(t->j->reason, wants[1])))
		return false;
	if (t->d->world == NULL) /* it is looked at when it is due */
		return may_permit(t->d->facts->event);
	const struct slate *x = candidates_list(t, s);
	if (x == NULL)
		return false;
	size_t first = first_of(x, false);
	return first < x->n && (x->c[first].held == GUARD_COUNT ||
				guard_class(x->c[first].held) != GUARD_CLASS_PERMIT);
}
