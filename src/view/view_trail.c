/* SPDX-License-Identifier: Apache-2.0
 * view_trail.c: what one event set going, told stage by stage, from what committed state says
 * before and behind it. */
#include "decide/decide.h"
#include "engine/journeys.h"
#include "engine/outbox.h"
#include "view/view_did.h"
#include "view/view_inside.h"

void view_standing_play(struct view *v, struct view_standing *out)
{
	bool placed;
	struct journey *j = ARENA_NEW(v->arena, struct journey);
	if (j == NULL || view_journey_of(v, out->lead, j, &placed, NULL) != ST_OK || !placed)
		return;
	out->track = j->track;
	out->step = j->step;
	out->phase = journeys_phase(j);
	out->reason = j->reason;
	out->handoff = j->handoff;
	if (view_last_decision(v, out->lead, &out->decision, NULL) != ST_OK)
		out->decision = 0;
	out->message = view_last_message(v, out->lead);
}

/* ---- the lines ---- */

struct trail {
	struct view *v;
	const struct view_standing *old, *now;
	struct view_trail *out;
	size_t n;
};

static void say(struct trail *t, const char *stage, struct str text)
{
	if (t->n < VIEW_TRAIL_MAX && text.n > 0)
		t->out[t->n++] = (struct view_trail){stage, text};
}

static void say_score(struct trail *t)
{
	const struct view_standing *now = t->now;
	struct arena *a = t->v->arena;
	struct str was = t->old->there && t->old->tier != now->tier
				 ? arena_printf(a, "%s -> ", tier_name(t->old->tier))
				 : STR("");
	say(t, "score",
	    arena_printf(a, "fit %.4g, engagement %.4g, score %.4g: " STR_FMT "%s", now->fit,
			 now->engagement, now->score, STR_ARG(was), tier_name(now->tier)));
}

static void say_track(struct trail *t)
{
	const struct view_standing *old = t->old, *now = t->now;
	struct arena *a = t->v->arena;
	if (now->phase == NULL)
		return;
	if (now->track.n == 0) {
		struct str why = now->reason.n ? arena_printf(a, ": " STR_FMT, STR_ARG(now->reason))
					       : STR("");
		say(t, "track",
		    old->track.n ? arena_printf(a, STR_FMT " -> none, %s" STR_FMT,
						STR_ARG(old->track), now->phase, STR_ARG(why))
				 : arena_printf(a, "none, %s" STR_FMT, now->phase, STR_ARG(why)));
		return;
	}
	bool moved = !str_eq(old->track, now->track);
	struct str from = moved && old->track.n
				  ? arena_printf(a, STR_FMT " -> ", STR_ARG(old->track))
				  : STR("");
	say(t, "track",
	    arena_printf(a, STR_FMT STR_FMT ", step " STR_FMT ", %s", STR_ARG(from),
			 STR_ARG(now->track), STR_ARG(now->step), now->phase));
}

/* The kill switch leaves no record: nothing was chosen. */
static bool held_now(const struct trail *t)
{
	const char *held = guard_words(GUARD_PAUSED);
	return str_is(t->now->reason, held) && !str_is(t->old->reason, held);
}

static void say_decision(struct trail *t)
{
	struct str row;
	struct json d;
	struct view *v = t->v;
	if (held_now(t))
		say(t, "decision",
		    arena_printf(v->arena, "nothing before sending is resumed: %s",
				 guard_words(GUARD_PAUSED)));
	if (t->now->decision == t->old->decision ||
	    store_get(v->store, TABLE_DECISION, KEY_NUM(t->now->decision), v->arena, &row, NULL) !=
		    ST_OK ||
	    json_parse(row, JSON_LIMITS_EVENT, v->arena, &d, NULL) != ST_OK)
		return;
	say(t, "decision", json_str(&d, json_get(&d, 0, "words"), v->arena));
}

static void say_message(struct trail *t)
{
	struct message m;
	char due[TIME_TEXT_MAX];
	struct view *v = t->v;
	if (t->now->message == 0 ||
	    outbox_get(v->store, t->now->message, v->arena, &m, NULL) != ST_OK)
		return;
	bool new = t->now->message != t->old->message;
	bool on = m.state == MESSAGE_READY || m.state == MESSAGE_DEFERRED;
	bool timed = on && m.due_us != TIME_NONE;
	struct str when = timed ? arena_printf(v->arena, ", due %.16sZ", time_format(m.due_us, due))
			  : on  ? STR(", held: all sending is stopped")
				: STR("");
	/* Of an older one only what this event may have changed is worth a line. */
	if (!new &&m.state != MESSAGE_CANCELLED && !on)
		return;
	say(t, "message",
	    arena_printf(v->arena, "%llu %s" STR_FMT "  (" STR_FMT ", " STR_FMT ")",
			 (unsigned long long)m.id, message_state_name(m.state), STR_ARG(when),
			 STR_ARG(m.message), STR_ARG(m.angle)));
}

static void say_handoff(struct trail *t)
{
	struct handoff h;
	char due[TIME_TEXT_MAX];
	struct view *v = t->v;
	if (t->now->handoff == 0 || t->now->handoff == t->old->handoff ||
	    handoff_get(v->store, t->now->handoff, v->arena, &h, NULL) != ST_OK)
		return;
	struct str by = h.due_us == TIME_NONE ? STR("")
					      : arena_printf(v->arena, ", to be accepted by %.16sZ",
							     time_format(h.due_us, due));
	say(t, "hand-off",
	    arena_printf(v->arena, "%llu to " STR_FMT " (" STR_FMT ")" STR_FMT,
			 (unsigned long long)h.id, STR_ARG(h.rep_name), STR_ARG(h.team),
			 STR_ARG(by)));
}

size_t view_trail(struct view *v, const struct view_triggered *x,
		  struct view_trail out[VIEW_TRAIL_MAX])
{
	struct trail t = {v, &x->before, &x->after, out, 0};
	say(&t, "event",
	    arena_printf(v->arena, "%llu %s", (unsigned long long)x->seq,
			 x->duplicate ? "was there already: nothing changed" : "accepted"));
	if (!x->after.there)
		return t.n;
	say(&t, "lead",
	    arena_printf(v->arena, "%llu%s", (unsigned long long)x->after.lead,
			 x->before.there ? "" : " created"));
	say_score(&t);
	say_track(&t);
	say_decision(&t);
	say_message(&t);
	say_handoff(&t);
	return t.n;
}
