/* SPDX-License-Identifier: Apache-2.0
 * handing.c: see handing.h. Who is next is a matter of the hand-off's number and of how often it
 * was given away, so that no counter is kept and a replay gives it to the same people. */
#include "engine/handing.h"
#include "engine/tally.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/due.h"
#include "engine/notice.h"
#include "engine/play.h"

#define PASSED_MAX 400

/* A team as the program in force knows it, and its clock on the wall. */
struct desk {
	const struct program_team *team;
	const struct tz *zone;
	struct str zone_name;
};

static bool desk_of(const struct pass *p, struct str name, struct desk *out)
{
	size_t at = program_team_of(p->program, name);
	if (at == NO_INDEX)
		return false;
	out->team = &p->program->play->teams[at];
	out->zone = play_zone(p->play, out->team->zone, STR("UTC"), &out->zone_name);
	return true;
}

/* ---- who ---- */

static struct str text_of(const struct pass *p, const struct json *d, const char *key)
{
	uint32_t traits = d->count ? json_get(d, 0, "traits") : JSON_NONE;
	return traits == JSON_NONE ? STR_NULL : json_str(d, json_get(d, traits, key), p->arena);
}

static bool is_rep(const struct program_rep *r, struct str who)
{
	return who.n > 0 && (str_eq_nocase(r->email, who) || str_eq_nocase(r->name, who));
}

static size_t named_in(const struct pass *p, const struct program_team *t, const struct json *d)
{
	static const char *const keys[] = {"owner_email", "owner"};
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
		struct str who = text_of(p, d, keys[k]);
		for (size_t i = 0; i < t->reps_n; i++)
			if (is_rep(&t->reps[i], who))
				return i;
	}
	return NO_INDEX;
}

/* The rep who owns the lead's account, by its trait `owner`; else the lead's own. */
static enum status owner(struct pass *p, const struct program_team *t, size_t *out, struct err *e)
{
	struct account_work *acc;
	const struct json *doc = NULL;
	enum status st = ST_OK;
	*out = NO_INDEX;
	if (p->work->lead.account) {
		st = batch_account(p->batch, p->work->lead.account, &acc, e);
		if (st == ST_OK)
			st = batch_account_doc(p->batch, acc, &doc, e);
		if (st == ST_OK && doc != NULL)
			*out = named_in(p, t, doc);
	}
	if (st == ST_OK && *out == NO_INDEX)
		st = batch_profile(p->batch, p->work, e);
	if (st == ST_OK && *out == NO_INDEX)
		*out = named_in(p, t, &p->work->profile_doc);
	return st;
}

/* ---- who is there ---- */

/* The absence a rep is in; NULL: at work. By the days of the team's own zone. */
static const struct program_away *away(const struct pass *p, const struct desk *d, size_t rep)
{
	int64_t now = p->env.now_us, day = time_day(now + tz_offset_us(d->zone, now));
	const struct program_rep *r = &d->team->reps[rep];
	for (size_t i = 0; i < r->away_n; i++)
		if (r->away[i].from_day <= day && day <= r->away[i].until_day)
			return &r->away[i];
	return NULL;
}

static size_t present(const struct pass *p, const struct desk *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->team->reps_n; i++)
		n += away(p, d, i) == NULL;
	return n;
}

/* Who was passed over, and until when, behind what stands there already. */
static void pass_over(struct pass *p, struct handoff *h, const struct desk *d, size_t rep)
{
	char until[TIME_TEXT_MAX];
	const struct program_away *x = away(p, d, rep);
	struct str name = d->team->reps[rep].name;
	(void)time_format(x->until_day * US_PER_D, until);
	struct str text =
		arena_printf(p->arena, STR_FMT "%s" STR_FMT " is away until %.10s",
			     STR_ARG(h->passed), h->passed.n ? ", " : "", STR_ARG(name), until);
	if (text.n <= PASSED_MAX)
		h->passed = text;
}

/* Each in turn, by the number of the hand-off; never who has it now, where there is another, nor
 * who is away. Where all are away it is as if nobody were: somebody must have it. */
static size_t in_turn(struct pass *p, struct handoff *h, const struct desk *d)
{
	const struct program_team *t = d->team;
	size_t at = (h->id + h->assigned_n) % t->reps_n, first = at;
	for (size_t i = 0; i < t->reps_n; i++, at = (at + 1) % t->reps_n) {
		bool theirs = str_eq(t->reps[at].email, h->rep_email);
		if (!theirs && away(p, d, at) == NULL)
			return at;
		if (!theirs)
			pass_over(p, h, d, at);
	}
	return str_eq(t->reps[first].email, h->rep_email) ? (first + 1) % t->reps_n : first;
}

static enum status assign(struct pass *p, struct handoff *h, const struct desk *d, struct err *e)
{
	size_t at = NO_INDEX;
	const struct program_team *t = d->team;
	int64_t now = p->env.now_us, within = (int64_t)h->within_s * US_PER_S;
	bool first = h->assigned_n == 0 && t->routing == ROUTING_OWNER;
	enum status st = first ? owner(p, t, &at, e) : ST_OK;
	if (st != ST_OK)
		return st;
	h->passed = STR_NULL;
	if (at != NO_INDEX && away(p, d, at) != NULL) {
		pass_over(p, h, d, at);
		at = NO_INDEX;
	}
	const struct program_rep *rep = &t->reps[at == NO_INDEX ? in_turn(p, h, d) : at];
	h->rep_name = rep->name;
	h->rep_email = rep->email;
	h->assigned_n++;
	h->reminded = false;
	h->due_us = h->remind_us = TIME_NONE;
	if (within == 0)
		return ST_OK;
	int64_t remind = t->remind_us && t->remind_us < within ? t->remind_us : within / 2;
	h->due_us = hours_after_us(&t->hours, d->zone, now, within);
	h->remind_us = hours_after_us(&t->hours, d->zone, now, remind);
	return ST_OK;
}

/* ---- the row and its clock ---- */

static enum status keep(struct pass *p, const struct handoff *h, const struct handoff *was,
			struct err *e)
{
	int64_t was_due = was && was->state == HANDOFF_OPEN ? was->due_us : TIME_NONE;
	int64_t was_look = was ? handoff_look_us(was) : TIME_NONE;
	const struct due d = {handoff_look_us(h), DUE_HANDOFF, h->id};
	enum status st = handoff_put(p->batch->store, h, was_due, p->arena, e);
	return st == ST_OK ? due_set(p->batch, &d, was_look, e) : st;
}

static enum status tell(struct pass *p, const struct handoff *h, enum notice_kind k,
			const struct desk *d, struct err *e)
{
	int64_t now = p->env.now_us;
	struct notice n = {.kind = k,
			   .handoff = h,
			   .address = h->rep_email,
			   .zone = d->zone_name,
			   .expires_us = now + 3 * US_PER_D};
	if (notice_to(k) == NOTICE_TO_TOOL) {
		if (d->team->webhook.n == 0)
			return ST_OK;
		n.address = d->team->webhook;
		n.expires_us = now + US_PER_D;
	}
	return notice_send(p, &n, e);
}

/* A reply that asked for a person: they should not have to look for it. */
static struct str their_words(const struct pass *p)
{
	bool reply = str_is(p->event.type, "reply") || str_is(p->event.type, "email.reply");
	if (p->why != PASS_EVENT || !reply || p->properties.count == 0)
		return STR_NULL;
	struct str text = json_str(&p->properties, json_get(&p->properties, 0, "text"), p->arena);
	return str_upto(text, HANDOFF_WORDS_MAX);
}

enum status handing_open(struct pass *p, struct handoff *h, int64_t within_us, struct err *e)
{
	struct desk d;
	if (!desk_of(p, h->team, &d))
		return err_set(e, ST_INVALID, "there is no team called " STR_FMT, STR_ARG(h->team));
	if (within_us == 0)
		within_us = d.team->accept_us;
	h->id = p->play->next_handoff++;
	p->play->dirty = true;
	h->opened_us = p->env.now_us;
	h->words = their_words(p);
	h->within_s = (uint32_t)(within_us / US_PER_S);
	enum status st = assign(p, h, &d, e);
	if (st == ST_OK)
		st = keep(p, h, NULL, e);
	if (st == ST_OK)
		st = tell(p, h, NOTICE_HANDOFF, &d, e);
	return st == ST_OK ? tell(p, h, NOTICE_OPENED, &d, e) : st;
}

static const enum notice_kind tools[HANDOFF_STATE_COUNT] = {
	[HANDOFF_ACCEPTED] = NOTICE_ACCEPTED,
	[HANDOFF_RETURNED] = NOTICE_RETURNED,
	[HANDOFF_REFUSED] = NOTICE_REFUSED,
	[HANDOFF_CLOSED] = NOTICE_CLOSED,
};

static void count_verdict(struct pass *p, const struct handoff *h)
{
	const struct str dims[] = {h->team, h->verdict};
	batch_count(p->batch, p->env.now_us, "verdict", dims, 2, 1);
}

enum status handing_more(struct pass *p, struct handoff *h, const struct handing_word *word,
			 struct err *e)
{
	struct desk d;
	const struct handoff was = *h;
	ASSERT(h->state == HANDOFF_CLOSED && word->to == HANDOFF_CLOSED);
	h->verdict = word->verdict;
	if (word->said.n)
		h->said = str_slice(word->said, 0, HANDOFF_VERDICT_MAX);
	count_verdict(p, h);
	enum status st = keep(p, h, &was, e);
	return st == ST_OK && desk_of(p, h->team, &d) ? tell(p, h, NOTICE_CLOSED, &d, e) : st;
}

enum status handing_say(struct pass *p, struct handoff *h, const struct handing_word *word,
			struct err *e)
{
	struct desk d;
	const struct handoff was = *h;
	enum status st = handoff_move(h, word->to, p->env.now_us, word->verdict, e);
	if (st != ST_OK)
		return st;
	count_verdict(p, h);
	if (word->said.n)
		h->said = str_slice(word->said, 0, HANDOFF_VERDICT_MAX);
	if (word->to == HANDOFF_RETURNED)
		h->again_us = word->again_us;
	st = keep(p, h, &was, e);
	if (st == ST_OK && word->to == HANDOFF_ACCEPTED)
		st = tally_accepted(p, h, e);
	return st == ST_OK && desk_of(p, h->team, &d) ? tell(p, h, tools[word->to], &d, e) : st;
}

/* ---- the clock ---- */

static enum status remind(struct pass *p, struct handoff *h, const struct desk *d, struct err *e)
{
	h->reminded = true;
	return tell(p, h, NOTICE_REMINDER, d, e);
}

/* The one it was with keeps nothing but the news. */
static enum status give_on(struct pass *p, struct handoff *h, const struct desk *d, struct err *e)
{
	const struct handoff was = *h;
	enum status st = assign(p, h, d, e);
	if (st == ST_OK)
		st = tell(p, &was, NOTICE_LOST, d, e);
	if (st == ST_OK)
		st = tell(p, h, NOTICE_HANDOFF, d, e);
	return st == ST_OK ? tell(p, h, NOTICE_ASSIGNED, d, e) : st;
}

static enum status give_up(struct pass *p, struct handoff *h, const struct desk *d, struct err *e)
{
	h->overdue = true;
	batch_count(p->batch, p->env.now_us, "overdue", &h->team, 1, 1);
	return d->team ? tell(p, h, NOTICE_OVERDUE, d, e) : ST_OK;
}

static enum status look(struct pass *p, struct handoff *h, struct err *e)
{
	struct desk d = {.team = NULL};
	bool team = desk_of(p, h->team, &d);
	if (!team) /* no longer in the program: nobody to give it to */
		return give_up(p, h, &d, e);
	if (!h->reminded && h->remind_us != TIME_NONE && h->remind_us < h->due_us)
		return remind(p, h, &d, e);
	size_t most = present(p, &d);
	most = most < HANDING_REPS_MAX ? most : HANDING_REPS_MAX;
	return h->assigned_n < most ? give_on(p, h, &d, e) : give_up(p, h, &d, e);
}

enum status handing_due(struct pass *p, uint64_t id, struct err *e)
{
	struct handoff h;
	enum status st = handoff_get(p->batch->store, id, p->arena, &h, e);
	if (st != ST_OK || h.state != HANDOFF_OPEN || p->program == NULL)
		return st;
	/* Its place in the queue is taken already: keep finds none. */
	struct handoff was = h;
	was.overdue = true;
	st = batch_lead_whole(p->batch, h.lead, &p->work, e);
	if (st == ST_OK)
		st = look(p, &h, e);
	return st == ST_OK ? keep(p, &h, &was, e) : st;
}
