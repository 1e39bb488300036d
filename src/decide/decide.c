/* SPDX-License-Identifier: Apache-2.0
 * decide.c: the doors of the room. Each opens a turn, does its moves in the order of the field,
 * and closes it; what a move is stands in place.c. */
#include "decide/internal.h"

#include "base/assert.h"
#include "base/hash.h"

#include <stdio.h>

/* ---- a turn ---- */

static size_t feature_of(const struct program *p, uint32_t key)
{
	for (size_t i = 0; i < p->features_n; i++)
		if (p->features[i].key == key)
			return i;
	return NO_INDEX;
}

static double not_known(void)
{
	return __builtin_nan("");
}

enum status decide_facts_of(const struct decide *d, const struct program *p, struct facts *out,
			    struct err *e)
{
	const struct program *now = d->facts->program;
	*out = *d->facts;
	out->program = p;
	if (p == now)
		return ST_OK;
	double *values = ARENA_ARRAY(d->arena, double, p->features_n + 1);
	struct lead *lead = ARENA_NEW(d->arena, struct lead);
	if (values == NULL || lead == NULL)
		return err_set(e, ST_NO_MEMORY, "facts of the pinned version do not fit");
	const double *known = facts_features(d->facts);
	for (size_t i = 0; i < p->features_n; i++) {
		size_t at = feature_of(now, p->features[i].key);
		values[i] = at == NO_INDEX || known == NULL ? not_known() : known[at];
	}
	out->features = values;
	if (d->facts->lead == NULL)
		return ST_OK;
	*lead = *d->facts->lead;
	uint32_t persona = lead->persona;
	lead->persona = 0;
	for (size_t i = 0; i < p->personas_n && persona > 0 && persona <= now->personas_n; i++)
		if (str_eq(p->personas[i].name, now->personas[persona - 1].name))
			lead->persona = (uint32_t)i + 1;
	out->lead = lead;
	return ST_OK;
}

enum status turn_begin(struct turn *t, struct decide *d, struct decide_out *out, const char *cause,
		       struct err *e)
{
	*t = (struct turn){.d = d,
			   .out = out,
			   .j = d->journey,
			   .now_us = d->env->now_us,
			   .cause = cause,
			   .before = *d->journey};
	*out = (struct decide_out){.suppress_channel = NO_INDEX};
	ASSERT(d->now.program != NULL && d->facts->program == d->now.program);
	d->facts->journey = d->journey;
	if (t->j->track.n == 0 || d->pinned.program == NULL)
		d->pinned = d->now;
	return decide_facts_of(d, d->pinned.program, &t->here, e);
}

/* Padding may differ where nothing else does: then a row is written that need not be. */
static bool same_bytes(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n) == 0;
}

enum status turn_end(struct turn *t)
{
	const struct journey *j = t->j;
	bool rests = j->phase == JOURNEY_OUT || j->phase == JOURNEY_HANDED ||
		     j->phase == JOURNEY_STOPPED;
	bool unsent = j->phase == JOURNEY_WATCHING && j->due_us == TIME_NONE;
	bool waits = unsent || journey_held(j);
	ASSERT(rests ? j->due_us == TIME_NONE : waits || j->due_us != TIME_NONE); /* D5, J1 */
	ASSERT(!t->out->send || t->out->decided);                                 /* G7 */
	turn_passed(t);
	t->out->moved = !same_bytes(&t->before, j, sizeof *j);
	return ST_OK;
}

void turn_say(struct turn *t, const char *fmt, ...)
{
	char *to = t->out->words;
	size_t room = sizeof t->out->words, n = strlen(to);
	va_list ap;
	if (n > 0)
		n += (size_t)snprintf(to + n, room - n, "; ");
	if (n >= room)
		return;
	va_start(ap, fmt);
	vsnprintf(to + n, room - n, fmt, ap);
	va_end(ap);
}

void turn_count(struct turn *t, const char *name, const struct str *dims, size_t dims_n)
{
	struct decide_out *o = t->out;
	if (o->counts_n == DECIDE_COUNTS_MAX)
		return;
	struct decide_count *c = &o->counts[o->counts_n++];
	*c = (struct decide_count){.name = name, .dims_n = dims_n, .day_us = TIME_NONE};
	ASSERT(dims_n <= sizeof c->dims / sizeof *c->dims);
	for (size_t i = 0; i < dims_n; i++)
		c->dims[i] = dims[i].n ? dims[i] : STR("-");
}

/* ---- the doors ---- */

enum status decide_event(struct decide *d, struct decide_out *out, struct err *e)
{
	struct turn t;
	enum status st = turn_begin(&t, d, out, "event", e);
	if (st != ST_OK)
		return st;
	ASSERT(d->facts->event != NULL);
	t.cause_of = d->facts->event->type;
	react_note(&t);
	react_count(&t);
	if (react_stops(&t))
		return turn_end(&t);
	bool left = trigger_exits(&t);
	if (!trigger_fire(&t) && !left)
		react_at_once(&t);
	trigger_enter(&t);
	if (t.j->phase == JOURNEY_DUE && t.j->due_us > t.now_us && choose_permitted(&t))
		t.j->due_us = t.now_us;
	return turn_end(&t);
}

/* The kill switch has no end that is known, and may hold everybody: nobody is looked at again
 * before it is lifted (decide_lifted). */
static void hold(struct turn *t)
{
	const struct str dims[] = {str_of(guard_wire(GUARD_PAUSED))};
	turn_count(t, "skipped", dims, 1);
	t->j->due_us = TIME_NONE;
	t->j->reason = str_of(guard_words(GUARD_PAUSED));
	t->out->held = true;
	turn_say(t, "nothing before sending is resumed: " STR_FMT, STR_ARG(t->j->reason));
}

enum status decide_due(struct decide *d, struct decide_out *out, struct err *e)
{
	struct turn t;
	enum status st = turn_begin(&t, d, out, "due", e);
	struct journey *j = d->journey;
	if (st != ST_OK)
		return st;
	ASSERT(d->world != NULL);
	if (j->phase == JOURNEY_PAUSED && j->due_us <= t.now_us) {
		j->phase = j->track.n ? JOURNEY_DUE : JOURNEY_OUT;
		j->due_us = j->track.n ? j->due_us : TIME_NONE;
		j->reason = STR_NULL;
	}
	(void)trigger_exits(&t);
	bool fired = trigger_fire(&t), due = j->due_us != TIME_NONE && j->due_us <= t.now_us;
	if (!fired && due && j->phase == JOURNEY_WATCHING)
		react_judge(&t);
	else if (!fired && due && j->phase == JOURNEY_DUE && d->world->paused)
		hold(&t);
	else if (!fired && due && j->phase == JOURNEY_DUE)
		st = choose(&t, e);
	if (st != ST_OK)
		return st;
	trigger_enter(&t);
	return turn_end(&t);
}

enum status decide_message(struct decide *d, const struct message *m, struct decide_out *out,
			   struct err *e)
{
	struct turn t;
	enum status st = turn_begin(&t, d, out, "message", e);
	if (st != ST_OK)
		return st;
	react_message(&t, m);
	return turn_end(&t);
}

enum status decide_move(struct decide *d, size_t track, struct str reason, struct decide_out *out,
			struct err *e)
{
	struct turn t;
	enum status st = turn_begin(&t, d, out, "operator", e);
	if (st != ST_OK)
		return st;
	if (track != NO_INDEX && track >= d->now.program->play->tracks_n)
		return err_set(e, ST_INVALID, "the program has no such track");
	out->close_handoff = d->journey->handoff != 0; /* its number stays, for who closes it */
	if (track == NO_INDEX)
		place_leave(&t, JOURNEY_OUT, reason);
	else
		place_enter(&t, track, reason);
	return turn_end(&t);
}

enum status decide_pause(struct decide *d, int64_t for_us, struct str reason,
			 struct decide_out *out, struct err *e)
{
	struct turn t;
	enum status st = turn_begin(&t, d, out, "operator", e);
	struct journey *j = d->journey;
	if (st != ST_OK)
		return st;
	if (!journey_automated(j))
		return err_set(e, ST_CONFLICT, "automated messages to this lead have ended");
	if (for_us > 0)
		place_pause(&t, for_us, reason);
	else if (j->phase == JOURNEY_PAUSED)
		j->due_us = t.now_us;
	return turn_end(&t);
}

enum status decide_lifted(struct decide *d, struct decide_out *out, struct err *e)
{
	struct turn t;
	enum status st = turn_begin(&t, d, out, "operator", e);
	if (st != ST_OK)
		return st;
	if (journey_held(t.j)) {
		t.j->due_us = t.now_us;
		t.j->reason = STR_NULL;
	}
	return turn_end(&t);
}

enum status decide_handoff(struct decide *d, size_t team, struct str reason, struct decide_out *out,
			   struct err *e)
{
	struct turn t;
	enum status st = turn_begin(&t, d, out, "operator", e);
	if (st != ST_OK)
		return st;
	if (team >= d->now.program->play->teams_n)
		return err_set(e, ST_INVALID, "the program has no such team");
	if (d->journey->phase == JOURNEY_HANDED)
		return err_set(e, ST_CONFLICT, "a person has this lead already");
	t.cause_of = STR("operator");
	place_hand(&t, team, 0, reason);
	return turn_end(&t);
}

enum status decide_returned(struct decide *d, const struct handoff *h, struct decide_out *out,
			    struct err *e)
{
	struct turn t;
	struct journey *j = d->journey;
	enum status st = turn_begin(&t, d, out, "handoff", e);
	if (st != ST_OK)
		return st;
	t.cause_of = h->verdict;
	/* Moved on by hand, or in other hands by now: only "never again" still counts. */
	bool theirs = j->handoff == h->id || (j->handoff == 0 && j->phase == JOURNEY_HANDED);
	if (!theirs && h->state != HANDOFF_REFUSED)
		return turn_end(&t);
	switch (h->state) {
	case HANDOFF_RETURNED:
		/* Rests with a date rather than OUT, so that time alone lets it in again. */
		place_leave(&t, JOURNEY_PAUSED, h->verdict);
		j->due_us = h->again_us > t.now_us ? h->again_us : t.now_us;
		turn_say(&t, "given back by sales: nurtured again");
		break;
	case HANDOFF_REFUSED:
	case HANDOFF_CLOSED:
		place_leave(&t, JOURNEY_STOPPED, h->verdict);
		turn_say(&t, "sales says " STR_FMT ": nurture is over", STR_ARG(h->verdict));
		break;
	case HANDOFF_OPEN:
	case HANDOFF_ACCEPTED:
	case HANDOFF_STATE_COUNT: return turn_end(&t);
	}
	j->handoff = 0;
	return turn_end(&t);
}
