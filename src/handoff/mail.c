/* SPDX-License-Identifier: Apache-2.0
 * mail.c: see mail.h. Written for somebody on a phone between two meetings: who, why, what to do,
 * and below that everything else. */
#include "handoff/mail.h"

#include "base/assert.h"
#include "base/time.h"
#include "handoff/sheet.h"

#define ITEMS_MAX (BRIEF_MESSAGES_MAX + BRIEF_ACTS_MAX)

/* "Mon 2 March 2026, 13:00 (Europe/Berlin)" */
static struct str when(int64_t at_us, const struct tz *zone, struct str zone_name, struct arena *a)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"January",   "February", "March",    "April",
					     "May",       "June",     "July",     "August",
					     "September", "October",  "November", "December"};
	int64_t local = at_us + tz_offset_us(zone, at_us);
	struct civil c = time_civil(local);
	return arena_printf(a, "%s %d %s %lld, %02d:%02d (" STR_FMT ")", days[time_weekday(local)],
			    c.day, months[c.month - 1], (long long)c.year, c.hour, c.minute,
			    STR_ARG(zone_name));
}

static struct str told(const struct handoff_mail *in, int64_t at_us, struct arena *a)
{
	return when(at_us, in->zone, in->zone_name, a);
}

static struct mime_addr *only(struct arena *a, struct str name, struct str email)
{
	struct mime_addr *to = ARENA_NEW(a, struct mime_addr);
	if (to != NULL)
		*to = (struct mime_addr){name, email};
	return to;
}

/* ---- to a rep ---- */

static struct str who(const struct brief *b, struct arena *a)
{
	struct str name = b->name.n ? b->name : b->email;
	return arena_printf(a, STR_FMT "%s" STR_FMT "%s", STR_ARG(name), b->company.n ? " (" : "",
			    STR_ARG(b->company), b->company.n ? ")" : "");
}

static const struct {
	const char *subject, *head; /* what stands before the lead's name */
	bool theirs;                /* they have it, and may answer */
} kinds[NOTICE_KIND_COUNT] = {
	[NOTICE_HANDOFF] = {"New lead for you: ", "It is yours: ", true},
	[NOTICE_REMINDER] = {"Still waiting for you: ", "Still waiting: ", true},
	[NOTICE_LOST] = {"Passed on: ", "Passed on: ", false},
};

static const char *const labels[LINK_REP_COUNT] = {
	[LINK_REP_ACCEPT] = "Accept",
	[LINK_REP_NOT_NOW] = "Not now: back to nurture until a day I name",
	[LINK_REP_NOT_A_FIT] = "Not a fit",
	[LINK_REP_BAD_DATA] = "Bad data: nobody can be reached",
};

/* For the weeks behind it: the mail is where a rep looks. */
static void put_outcomes(struct sheet *s, const struct handoff_mail *in)
{
	static const struct {
		enum link_rep rep;
		const char *label;
	} rows[] = {{LINK_REP_MEETING, "We met"},
		    {LINK_REP_OPPORTUNITY, "There is an opportunity"},
		    {LINK_REP_WON, "Won"},
		    {LINK_REP_LOST, "Lost"}};
	if (in->answers[LINK_REP_MEETING].n == 0)
		return;
	sheet_title(s, STR("Later: what came of it"));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		sheet_button(s, str_of(rows[i].label), in->answers[rows[i].rep], false);
}

static void put_answers(struct sheet *s, const struct handoff_mail *in, struct arena *a)
{
	const struct handoff *h = &in->brief->handoff;
	if (h->due_us != TIME_NONE) {
		struct str at = told(in, h->due_us, a);
		sheet_line(s, arena_printf(a,
					   "Please answer by " STR_FMT
					   ", or the next one in " STR_FMT " is asked.",
					   STR_ARG(at), STR_ARG(h->team)));
	}
	for (enum link_rep r = 0; r < LINK_REP_COUNT; r++)
		if (labels[r] != NULL && in->answers[r].n > 0)
			sheet_button(s, str_of(labels[r]), in->answers[r], r == LINK_REP_ACCEPT);
}

static struct str message_line(const struct handoff_mail *in, const struct brief_message *m,
			       struct arena *a)
{
	struct str at = told(in, m->sent_us, a);
	return arena_printf(a, STR_FMT ": " STR_FMT "%s" STR_FMT "%s%s%s", STR_ARG(at),
			    STR_ARG(m->message), m->angle.n ? " / " : "", STR_ARG(m->angle),
			    m->flags & MESSAGE_OPENED ? ", opened" : "",
			    m->flags & MESSAGE_CLICKED ? ", clicked" : "",
			    m->flags & MESSAGE_REPLIED ? ", answered" : "");
}

static void put_past(struct sheet *s, const struct handoff_mail *in, struct arena *a)
{
	const struct brief *b = in->brief;
	struct str items[ITEMS_MAX];
	for (size_t i = 0; i < b->messages_n; i++)
		items[i] = message_line(in, &b->messages[i], a);
	if (b->messages_n > 0) {
		sheet_title(s, STR("What they were sent"));
		sheet_list(s, items, b->messages_n);
	}
	for (size_t i = 0; i < b->acts_n; i++) {
		struct str at = told(in, b->acts[i].last_us, a);
		items[i] =
			b->acts[i].n == 1
				? arena_printf(a, STR_FMT ", once, on " STR_FMT,
					       STR_ARG(b->acts[i].type), STR_ARG(at))
				: arena_printf(a, STR_FMT ", %u times; the last on " STR_FMT,
					       STR_ARG(b->acts[i].type), b->acts[i].n, STR_ARG(at));
	}
	if (b->acts_n > 0) {
		sheet_title(s, STR("What they did lately"));
		sheet_list(s, items, b->acts_n);
	}
}

static void put_lead(struct sheet *s, const struct handoff_mail *in, struct arena *a)
{
	const struct brief *b = in->brief;
	for (size_t i = 0; i < BRIEF_STORY_LINES; i++)
		sheet_line(s, b->story[i]);
	if (b->handoff.words.n > 0) {
		sheet_title(s, STR("They wrote"));
		sheet_quote(s, b->handoff.words);
	}
	sheet_banner(s,
		     STR("Automated messages to this lead have stopped. Answer this mail to write "
			 "to them yourself."));
	put_answers(s, in, a);
	put_past(s, in, a);
	put_outcomes(s, in);
	if (b->email.n + b->phone.n > 0)
		sheet_small(s, arena_printf(a, "Reach them at " STR_FMT "%s" STR_FMT,
					    STR_ARG(b->email), b->email.n && b->phone.n ? ", " : "",
					    STR_ARG(b->phone)));
}

static void put_lost(struct sheet *s, const struct handoff_mail *in, struct arena *a)
{
	const struct handoff *h = &in->brief->handoff;
	sheet_line(s, arena_printf(a,
				   "It waited too long: " STR_FMT " has this lead now. There is "
				   "nothing for you to do.",
				   STR_ARG(h->rep_name)));
	sheet_line(s, in->brief->story[0]);
}

enum status handoff_mail(const struct handoff_mail *in, struct arena *a, struct mime_mail *out,
			 struct err *e)
{
	struct sheet s;
	const struct brief *b = in->brief;
	struct str name = who(b, a);
	bool theirs = kinds[in->kind].theirs;
	ASSERT(kinds[in->kind].subject != NULL);
	out->to = only(a, theirs ? b->handoff.rep_name : STR_NULL, in->to);
	out->to_n = 1;
	if (out->to == NULL || name.p == NULL)
		return err_set(e, ST_LIMIT, "a notice does not fit");
	out->subject = arena_printf(a, "%s" STR_FMT, kinds[in->kind].subject, STR_ARG(name));
	out->automatic = MIME_AUTO_GENERATED;
	if (theirs && mime_email_ok(b->email))
		out->reply_to = (struct mime_addr){b->name, b->email};
	sheet_begin(&s, a);
	sheet_head(&s, arena_printf(a, "%s" STR_FMT, kinds[in->kind].head, STR_ARG(name)));
	if (theirs)
		put_lead(&s, in, a);
	else
		put_lost(&s, in, a);
	sheet_small(&s, arena_printf(a, "Hand-off %llu, team " STR_FMT,
				     (unsigned long long)b->handoff.id, STR_ARG(b->handoff.team)));
	return sheet_end(&s, out, e);
}

/* ---- to a person who must confirm ---- */

enum status confirm_mail(const struct confirm_mail *in, struct arena *a, struct mime_mail *out,
			 struct err *e)
{
	struct sheet s;
	struct str at = when(in->asked_us, in->zone, in->zone_name, a);
	out->to = only(a, STR_NULL, in->to);
	out->to_n = 1;
	if (out->to == NULL)
		return err_set(e, ST_LIMIT, "a notice does not fit");
	out->subject =
		arena_printf(a, "Please confirm: messages from " STR_FMT, STR_ARG(in->sender));
	out->automatic = MIME_AUTO_GENERATED;
	sheet_begin(&s, a);
	sheet_head(&s, STR("One more step"));
	sheet_line(&s, arena_printf(a,
				    "On " STR_FMT " somebody gave this address to " STR_FMT
				    " and agreed to be written to: " STR_FMT ".",
				    STR_ARG(at), STR_ARG(in->sender), STR_ARG(in->purpose)));
	sheet_line(&s, STR("If that was you, confirm it. Nothing is sent before you do."));
	sheet_button(&s, STR("Yes, write to me"), in->url, true);
	sheet_line(&s, STR("If it was not you, do nothing: you will hear no more of it."));
	sheet_small(&s,
		    arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(in->sender),
				 in->postal_address.n ? ", " : "", STR_ARG(in->postal_address)));
	return sheet_end(&s, out, e);
}
