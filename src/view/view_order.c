/* SPDX-License-Identifier: Apache-2.0
 * view_order.c: see view_order.h. */
#include "view/view_order.h"

#include "base/time.h"
#include "engine/outbox.h"
#include "program/track.h"
#include "view/view_inside.h"

#define ORDER_BYTES_MAX (16u << 10)
#define PAUSE_MOST_US (3650 * US_PER_D)

struct draft {
	struct buf text;
	struct json_w w;
};

static void begin(struct view *v, struct draft *d)
{
	buf_init_arena(&d->text, v->arena, ORDER_BYTES_MAX);
	json_w_init(&d->w, &d->text);
	json_w_object(&d->w);
}

static enum status end(struct draft *d, const char *type, struct view_order *out, struct err *e)
{
	json_w_end(&d->w);
	if (!buf_ok(&d->text))
		return err_set(e, ST_LIMIT, "a reason may have %u bytes at most",
			       MESSAGE_REASON_MAX);
	*out = (struct view_order){type, buf_view(&d->text)};
	return ST_OK;
}

static void put_reason(struct draft *d, struct str reason)
{
	if (reason.n)
		json_w_kstr(&d->w, "reason", str_slice(reason, 0, MESSAGE_REASON_MAX));
}

/* ---- leads ---- */

enum status view_order_move(struct view *v, uint64_t lead, struct str track, struct str reason,
			    struct view_order *out, struct err *e)
{
	struct draft d;
	size_t at;
	bool off = str_is(track, "-");
	if (v->program == NULL)
		return err_set(e, ST_CONFLICT, "no program has been applied yet");
	enum status st =
		off || view_on_candidate(v, lead) ? ST_OK : view_track_at(v, track, &at, e);
	if (st != ST_OK)
		return st;
	begin(v, &d);
	json_w_ki64(&d.w, "lead", (int64_t)lead);
	json_w_kstr(&d.w, "track", off ? STR("") : track);
	put_reason(&d, reason.n ? reason : STR("moved by an operator"));
	return end(&d, "track.move", out, e);
}

static enum status still_automated(struct view *v, uint64_t lead, struct err *e)
{
	bool placed;
	struct journey *j = ARENA_NEW(v->arena, struct journey);
	if (j == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	enum status st = view_journey_of(v, lead, j, &placed, e);
	if (st == ST_OK && !journey_automated(j))
		return err_set(e, ST_CONFLICT,
			       "automated messages to lead %llu have ended (%s); "
			       "lead move LEAD TRACK begins again",
			       (unsigned long long)lead, journey_phase_name(j->phase));
	return st;
}

enum status view_order_pause(struct view *v, uint64_t lead, int64_t for_us, struct str reason,
			     struct view_order *out, struct err *e)
{
	struct draft d;
	if (for_us < US_PER_S || for_us > PAUSE_MOST_US)
		return err_set(e, ST_INVALID, "a pause lasts 1s to 3650d");
	enum status st = still_automated(v, lead, e);
	if (st != ST_OK)
		return st;
	begin(v, &d);
	json_w_ki64(&d.w, "lead", (int64_t)lead);
	json_w_ki64(&d.w, "seconds", for_us / US_PER_S);
	put_reason(&d, reason);
	return end(&d, "track.pause", out, e);
}

enum status view_order_resume(struct view *v, uint64_t lead, struct view_order *out, struct err *e)
{
	struct draft d;
	enum status st = still_automated(v, lead, e);
	if (st != ST_OK)
		return st;
	begin(v, &d);
	json_w_ki64(&d.w, "lead", (int64_t)lead);
	return end(&d, "track.resume", out, e);
}

/* ---- messages ---- */

enum status view_order_settle(struct view *v, uint64_t message, struct str as,
			      struct view_order *out, struct err *e)
{
	struct draft d;
	struct message m;
	bool sent = str_is(as, "sent");
	if (!sent && !str_is(as, "failed"))
		return err_set(e, ST_INVALID, "a message is settled as sent or failed");
	enum status st = outbox_get(v->store, message, v->arena, &m, e);
	if (st != ST_OK)
		return st;
	if (m.state != MESSAGE_UNCERTAIN)
		return err_set(e, ST_CONFLICT,
			       "message %llu is %s, not uncertain: there is nothing to settle",
			       (unsigned long long)message, message_state_name(m.state));
	begin(v, &d);
	json_w_ki64(&d.w, "message", (int64_t)message);
	put_reason(&d, STR("settled by an operator"));
	return end(&d, sent ? "message.sent" : "message.failed", out, e);
}

enum status view_order_cancel(struct view *v, uint64_t message, struct str reason,
			      struct view_order *out, struct err *e)
{
	struct draft d;
	struct message m;
	enum status st = outbox_get(v->store, message, v->arena, &m, e);
	if (st != ST_OK)
		return st;
	if (m.state != MESSAGE_READY && m.state != MESSAGE_DEFERRED)
		return err_set(e, ST_CONFLICT,
			       "message %llu is %s: only one that waits (ready, deferred) can be "
			       "cancelled",
			       (unsigned long long)message, message_state_name(m.state));
	begin(v, &d);
	json_w_ki64(&d.w, "message", (int64_t)message);
	put_reason(&d, reason.n ? reason : STR("cancelled by an operator"));
	return end(&d, "message.cancel", out, e);
}

enum status view_order_again(struct view *v, uint64_t message, struct view_order *out,
			     struct err *e)
{
	struct draft d;
	struct message m;
	enum status st = outbox_get(v->store, message, v->arena, &m, e);
	if (st != ST_OK)
		return st;
	if (!(m.flags & MESSAGE_SYSTEM))
		return err_set(e, ST_INVALID, "message %llu is no notice: it is not sent again",
			       (unsigned long long)message);
	if (m.state != MESSAGE_FAILED && m.state != MESSAGE_UNCERTAIN)
		return err_set(e, ST_CONFLICT, "message %llu is %s: only what failed is sent again",
			       (unsigned long long)message, message_state_name(m.state));
	begin(v, &d);
	json_w_ki64(&d.w, "message", (int64_t)message);
	return end(&d, "notice.again", out, e);
}

/* ---- hand-offs ---- */

static const struct verdict {
	const char *name, *type;
	enum handoff_state to;
	bool outcome; /* the name is the verdict, and may come behind another one */
} verdicts[] = {
	{"accept", "handoff.accept", HANDOFF_ACCEPTED, false},
	{"return", "handoff.return", HANDOFF_RETURNED, false},
	{"refuse", "handoff.refuse", HANDOFF_REFUSED, false},
	{"bad-data", "handoff.bad_data", HANDOFF_REFUSED, false},
	{"close", "handoff.close", HANDOFF_CLOSED, false},
	{"meeting", "handoff.close", HANDOFF_CLOSED, true},
	{"opportunity", "handoff.close", HANDOFF_CLOSED, true},
	{"won", "handoff.close", HANDOFF_CLOSED, true},
	{"lost", "handoff.close", HANDOFF_CLOSED, true},
};

static const struct verdict *verdict_of(struct str name)
{
	for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
		if (str_is(name, verdicts[i].name))
			return &verdicts[i];
	return NULL;
}

static enum status bad_day(int64_t now_us, struct err *e)
{
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];
	return err_set(e, ST_INVALID,
		       "the day on which to come back must be between %.10s and %.10s",
		       time_format(now_us + US_PER_D, first),
		       time_format(now_us + HANDOFF_AGAIN_MAX_US, last));
}

enum status view_order_handoff(struct view *v, uint64_t id, const struct view_verdict *x,
			       struct view_order *out, struct err *e)
{
	struct draft d;
	struct handoff h;
	const struct verdict *to = verdict_of(x->verdict);
	if (to == NULL)
		return err_set(e, ST_INVALID,
			       "a hand-off is answered with accept, return, refuse, bad-data, "
			       "close, meeting, opportunity, won or lost");
	if (x->on_us != TIME_NONE && !handoff_again_ok(v->now_us, x->on_us))
		return bad_day(v->now_us, e);
	if (x->on_us != TIME_NONE && to->to != HANDOFF_RETURNED)
		return err_set(e, ST_INVALID, "only a return has a day on which to come back");
	enum status st = handoff_get(v->store, id, v->arena, &h, e);
	bool more = st == ST_OK && to->outcome && h.state == HANDOFF_CLOSED &&
		    !str_is(h.verdict, to->name);
	if (st == ST_OK && !more)
		st = handoff_move(&h, to->to, v->now_us, STR(""), e);
	if (st != ST_OK)
		return st;
	begin(v, &d);
	json_w_ki64(&d.w, "handoff", (int64_t)id);
	if (to->outcome)
		json_w_kz(&d.w, "verdict", to->name);
	if (to->to == HANDOFF_RETURNED && x->on_us != TIME_NONE)
		json_w_ki64(&d.w, "again_seconds", (x->on_us - v->now_us) / US_PER_S + 1);
	put_reason(&d, x->reason);
	return end(&d, to->type, out, e);
}

/* ---- all sending ---- */

enum status view_order_sending(struct view *v, bool stop, struct str reason, struct view_order *out,
			       struct err *e)
{
	struct draft d;
	begin(v, &d);
	put_reason(&d, reason); /* none is asked for: mail is to stop now */
	return end(&d, stop ? "sending.pause" : "sending.resume", out, e);
}
