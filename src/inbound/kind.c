/* SPDX-License-Identifier: Apache-2.0
 * kind.c: the questions behind the table in inbound.c. Header fields that machines set are believed
 * first; words count only beside them, since people write "out of office" and "undelivered" too.
 *
 * X-Auto-Response-Suppress proves nothing: Outlook puts it on what people write. */
#include "inbound/kind.h"

#include "inbound/bounce.h"
#include "inbound/text.h"

#define FIRST_LINE_BYTES_MAX 90 /* longer, and somebody is telling us something */

static const char *const auto_subjects[] = {
#define SUBJECT(words) words,
#define ABSENT(words)
#include "inbound/auto.def"
#undef SUBJECT
#undef ABSENT
};
static const char *const absent_words[] = {
#define SUBJECT(words)
#define ABSENT(words) words,
#include "inbound/auto.def"
#undef SUBJECT
#undef ABSENT
};
static const char *const whole_requests[] = {
#define WHOLE(words) words,
#define PART(words)
#include "inbound/unsubscribe.def"
#undef WHOLE
#undef PART
};
static const char *const part_requests[] = {
#define WHOLE(words)
#define PART(words) words,
#include "inbound/unsubscribe.def"
#undef WHOLE
#undef PART
};
static const char *const daemons[] = {
#define DAEMON(words) words,
#define TITLE(words)
#define WORDS(words)
#include "inbound/sign.def"
#undef DAEMON
#undef TITLE
#undef WORDS
};
static const char *const titles[] = {
#define DAEMON(words)
#define TITLE(words) words,
#define WORDS(words)
#include "inbound/sign.def"
#undef DAEMON
#undef TITLE
#undef WORDS
};
static const char *const report_words[] = {
#define DAEMON(words)
#define TITLE(words)
#define WORDS(words) words,
#include "inbound/sign.def"
#undef DAEMON
#undef TITLE
#undef WORDS
};

static bool has_any(struct str s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_has_nocase(s, list[i]))
			return true;
	return false;
}
#define HAS_ANY(s, list) has_any((s), (list), sizeof(list) / sizeof(list)[0])

static struct str head(const struct kind_in *in, const char *name)
{
	return fields_get(&in->mail->head, name);
}

static bool has_head(const struct kind_in *in, const char *name)
{
	return head(in, name).p != NULL;
}

/* ---- 1: reports on a message ---- */

/* The null reverse-path, or none kept. */
static bool from_nobody(const struct kind_in *in)
{
	struct str path = head(in, "Return-Path");
	return path.p == NULL || path.n == 0 || str_is(path, "<>") ||
	       text_has_nocase(path, "mailer-daemon") || text_has_nocase(path, "postmaster");
}

static bool is_answer(const struct kind_in *in)
{
	return has_head(in, "In-Reply-To") || has_head(in, "References");
}

const char *kind_bounce(const struct kind_in *in)
{
	struct str type = in->mail->report_type;
	if (str_is(type, "feedback-report") || str_is(type, "disposition-notification"))
		return NULL;
	if (str_is(type, "delivery-status"))
		return "report-type=delivery-status";
	if (letter_part(in->mail, "message/feedback-report") != NULL)
		return NULL;
	bool daemon = HAS_ANY(head(in, "From"), daemons) || HAS_ANY(head(in, "Sender"), daemons);
	if (bounce_has_fields(in->mail) && (daemon || from_nobody(in)))
		return "fields of a delivery status";
	if (has_head(in, "X-Failed-Recipients"))
		return "X-Failed-Recipients";
	bool titled = HAS_ANY(in->out->subject, titles);
	bool worded = HAS_ANY(str_upto(in->letter->said_only, 4000), report_words);
	bool transcript = text_has_nocase(in->letter->said_only, "rcpt to");
	if (daemon && (titled || worded || transcript))
		return "a mail system's words";
	if (text_has_nocase(head(in, "From"), "mailer-daemon"))
		return "from the mailer daemon";
	if (titled && worded && from_nobody(in) && !is_answer(in))
		return "words of a report from nobody";
	bool machine = text_starts_nocase(in->out->from, "no-reply@") ||
		       text_starts_nocase(in->out->from, "noreply@") ||
		       str_is(head(in, "Return-Path"), "<>");
	if (worded && machine && !is_answer(in) && in->letter->original_fields.count > 0)
		return "words of a report with the message";
	if (worded && machine && !is_answer(in) && !HAS_ANY(in->letter->said_only, absent_words))
		return "words of a report";
	return NULL;
}

/* ---- 2: feedback ---- */

const char *kind_complaint(const struct kind_in *in)
{
	if (str_is(in->mail->report_type, "feedback-report") ||
	    letter_part(in->mail, "message/feedback-report") != NULL)
		return "feedback report";
	/* Microsoft's JMRP: the message as it was, with the recipient in a field of its own. */
	if (fields_get(&in->letter->original_fields, "X-HmXmrOriginalRecipient").p != NULL)
		return "X-HmXmrOriginalRecipient";
	if (in->letter->original_attached &&
	    text_starts_nocase(in->out->subject, "complaint about"))
		return "complaint about a message";
	return NULL;
}

/* ---- 3: machines ---- */

static bool auto_subject(const struct kind_in *in)
{
	struct str s = str_trim(in->out->subject);
	if (text_starts_nocase(s, "auto:") && is_answer(in))
		return true;
	for (size_t i = 0; i < sizeof auto_subjects / sizeof auto_subjects[0]; i++)
		if (text_starts_nocase(s, auto_subjects[i]))
			return true;
	return text_has_nocase(s, "is out of the office") || text_has_nocase(s, "(autoreply)");
}

static struct str submitted(const struct kind_in *in)
{
	return head(in, "Auto-Submitted");
}

static bool vacation_field(const struct kind_in *in)
{
	static const char *const any[] = {
		"X-Autoreply",      "X-Autorespond",    "X-Autoresponder", "X-Auto-Reply",
		"X-Autoreply-From", "X-Mail-Autoreply", "Autoresponder",
	};
	for (size_t i = 0; i < sizeof any / sizeof any[0]; i++)
		if (has_head(in, any[i]) && !str_eq_nocase(head(in, any[i]), STR("no")))
			return true;
	return text_starts_nocase(head(in, "Precedence"), "auto_reply") ||
	       text_starts_nocase(head(in, "Precedence"), "auto-reply") ||
	       text_starts_nocase(head(in, "X-POST-MessageClass"), "9") ||
	       text_has_nocase(head(in, "X-Apple-Action"), "vacation") ||
	       text_has_nocase(head(in, "Delivered-To"), "autoresponder");
}

static bool says_absent(const struct kind_in *in)
{
	return HAS_ANY(str_upto(in->out->text, 2000), absent_words);
}

const char *kind_auto_reply(const struct kind_in *in)
{
	if (text_starts_nocase(submitted(in), "auto-replied"))
		return "Auto-Submitted: auto-replied";
	if (vacation_field(in))
		return "a field of auto-responders";
	if (auto_subject(in))
		return "subject of an automatic reply";
	bool machine = submitted(in).p != NULL && !text_starts_nocase(submitted(in), "no");
	if ((machine || str_is(head(in, "Return-Path"), "<>")) && says_absent(in))
		return "says it is away, by a machine";
	return NULL;
}

const char *kind_notification(const struct kind_in *in)
{
	if (str_is(in->mail->report_type, "disposition-notification"))
		return "report-type=disposition-notification";
	if (submitted(in).p != NULL && !text_starts_nocase(submitted(in), "no"))
		return "Auto-Submitted";
	if (str_is(head(in, "Return-Path"), "<>"))
		return "sent by nobody (Return-Path: <>)";
	return NULL;
}

/* ---- 4: lists ---- */

const char *kind_list(const struct kind_in *in)
{
	struct str precedence = head(in, "Precedence");
	if (has_head(in, "List-Id") || has_head(in, "List-Post"))
		return "List-Id";
	if (has_head(in, "List-Unsubscribe"))
		return "List-Unsubscribe";
	if (text_starts_nocase(precedence, "bulk") || text_starts_nocase(precedence, "list") ||
	    text_starts_nocase(precedence, "junk"))
		return "Precedence";
	return has_head(in, "Feedback-ID") || has_head(in, "X-Mailing-List")
		       ? "a field of bulk mail"
		       : NULL;
}

/* ---- 5: leave me alone ---- */

/* Without what is said around a request: "Please unsubscribe me, thanks!" -> "unsubscribe me". */
static struct str without_politeness(struct str s)
{
	static const char *const before[] = {"please ",    "pls ",        "bitte ", "merci de ",
					     "por favor ", "per favore ", "graag ", "proszę ",
					     "re: ",       "veuillez "};
	static const char *const behind[] = {
		" please",    " pls",        " thanks",          " thank you", " bitte",
		" svp",       " merci",      " danke",           " gracias",   " grazie",
		" por favor", " per favore", " s'il vous plaît", " z listy"};
	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
		if (text_starts_nocase(s, before[i]))
			s = str_slice(s, strlen(before[i]), s.n);
	for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
		while (s.n > 0 && strchr(".!,;- ", s.p[s.n - 1]) != NULL)
			s.n--;
		if (s.n > strlen(behind[i]) &&
		    text_starts_nocase(str_slice(s, s.n - strlen(behind[i]), s.n), behind[i]))
			s.n -= strlen(behind[i]);
	}
	while (s.n > 0 && strchr(".!,;-\" ", s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

static bool is_request(struct str line, struct arena *a)
{
	struct str s = text_lower(text_squeeze(line, a), a);
	if (s.n == 0 || s.n > FIRST_LINE_BYTES_MAX || s.p[s.n - 1] == '?')
		return false;
	struct str bare = without_politeness(s);
	for (size_t i = 0; i < sizeof whole_requests / sizeof whole_requests[0]; i++)
		if (str_is(bare, whole_requests[i]))
			return true;
	return HAS_ANY(s, part_requests);
}

static struct str first_line(struct str text)
{
	struct str line;
	while (text_line(&text, &line))
		if (!str_empty(str_trim(line)))
			return line;
	return STR("");
}

const char *kind_unsubscribe(const struct kind_in *in)
{
	for (size_t i = 0; i < in->out->token_count; i++)
		if (in->out->tokens[i].door == INBOUND_DOOR_UNSUBSCRIBE)
			return "sent to the unsubscribe address";
	if (is_request(in->out->subject, in->arena))
		return "the subject asks for it";
	if (is_request(first_line(in->out->text), in->arena))
		return "the first line asks for it";
	return NULL;
}

/* ---- 6: people ---- */

const char *kind_reply(const struct kind_in *in)
{
	struct str from = in->out->from;
	static const char *const nobody[] = {"no-reply@",   "noreply@",      "no_reply@",
					     "donotreply@", "do-not-reply@", "mailer-daemon@",
					     "postmaster@"};
	if (from.n == 0)
		return NULL;
	for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++)
		if (text_starts_nocase(from, nobody[i]))
			return NULL;
	return is_answer(in) ? "answers a message" : "written by a person";
}
