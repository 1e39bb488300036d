/* SPDX-License-Identifier: Apache-2.0
 * verdict.c: words first, then the enhanced status, then the words around, then the reply code.
 * Words win because codes lie more often: 5.1.1 is what many servers answer to a blocked sender,
 * and 5.0.0 to everything. What is temporary (4xx, 4.x.x) is never hard, whatever the words. */
#include "inbound/verdict.h"

#include "inbound/text.h"

#define DIAGNOSTIC_BYTES_MAX 1000
#define WORDS_BYTES_MAX 4000
#define WILD_BYTES_MAX 60

static const struct {
	enum inbound_reason reason;
	const char *phrase;
	bool proves;
} phrases[] = {
#define PHRASE(reason, text) {INBOUND_REASON_##reason, text, false},
#define GONE(text) {INBOUND_REASON_USER_UNKNOWN, text, true},
#include "inbound/phrase.def"
#undef PHRASE
#undef GONE
};

static const struct {
	int subject, detail;
	enum inbound_reason reason;
} statuses[] = {
#define ENHANCED(subject, detail, reason) {subject, detail, INBOUND_REASON_##reason},
#include "inbound/status.def"
#undef ENHANCED
};

static const bool hard_reason[INBOUND_REASON_COUNT] = {
#define REASON(name, wire, hard, help) [INBOUND_REASON_##name] = hard,
#include "inbound/reason.def"
#undef REASON
};

/* How a report says which command was refused. */
static const struct {
	const char *words;
	enum verdict_command command;
} commands[] = {
	{">>> data", VERDICT_DATA},
	{">>> rcpt", VERDICT_RCPT},
	{">>> mail", VERDICT_MAIL},
	{">>> ehlo", VERDICT_CONNECT},
	{">>> helo", VERDICT_CONNECT},
	{"<<< rcpt", VERDICT_RCPT},
	{"reply to rcpt", VERDICT_RCPT},
	{"reply to end of data", VERDICT_DATA},
	{"reply to data", VERDICT_DATA},
	{"reply to mail", VERDICT_MAIL},
	{"reply to ehlo", VERDICT_CONNECT},
	{"reply to helo", VERDICT_CONNECT},
	{"after rcpt", VERDICT_RCPT},
	{"after end of data", VERDICT_DATA},
	{"after data", VERDICT_DATA},
	{"after mail", VERDICT_MAIL},
	{"after pipelined mail", VERDICT_MAIL},
	{"after initial connection", VERDICT_CONNECT},
	{"like our rcpt", VERDICT_RCPT},
	{"like our final data", VERDICT_DATA},
	{"like our data", VERDICT_DATA},
	{"like our mail", VERDICT_MAIL},
	{"not like recipient", VERDICT_RCPT},
	{"sender was rejected", VERDICT_MAIL},
	{"failed after i sent the message", VERDICT_DATA},
	{"failed on data", VERDICT_DATA},
	{"rcpt to:", VERDICT_RCPT},
	{"smtp command data", VERDICT_DATA},
	{"smtp command rcpt", VERDICT_RCPT},
};

/* ---- codes ---- */

static bool ends_word(struct str s, size_t at)
{
	return at >= s.n || strchr(" -#;:,)'\">\t\r\n", s.p[at]) != NULL;
}

static bool begins_word(struct str s, size_t at)
{
	return at == 0 || strchr(" (;:,'\"<>=[#\t\r\n-", s.p[at - 1]) != NULL;
}

/* A reply code at `at`: 421, 550-. */
static int reply_at(struct str s, size_t at)
{
	if (at + 3 > s.n || (s.p[at] != '4' && s.p[at] != '5') || s.p[at + 1] > '5' ||
	    !text_is_digit(s.p[at + 1]) || !text_is_digit(s.p[at + 2]) || !begins_word(s, at) ||
	    !ends_word(s, at + 3))
		return 0;
	return (s.p[at] - '0') * 100 + (s.p[at + 1] - '0') * 10 + (s.p[at + 2] - '0');
}

static size_t digits_at(struct str s, size_t at)
{
	size_t n = 0;
	while (at + n < s.n && n < 4 && text_is_digit(s.p[at + n]))
		n++;
	return n;
}

/* An enhanced status at `at`: its bytes, 0 when there is none. Not the start of an address. */
static size_t status_at(struct str s, size_t at)
{
	if (at + 5 > s.n || (s.p[at] != '2' && s.p[at] != '4' && s.p[at] != '5') ||
	    s.p[at + 1] != '.' || !begins_word(s, at))
		return 0;
	size_t subject = digits_at(s, at + 2), dot = at + 2 + subject;
	if (subject == 0 || subject > 3 || dot >= s.n || s.p[dot] != '.')
		return 0;
	size_t detail = digits_at(s, dot + 1), end = dot + 1 + detail;
	if (detail == 0 || detail > 3 ||
	    (end + 1 < s.n && s.p[end] == '.' && text_is_digit(s.p[end + 1])) ||
	    (end < s.n && (text_is_digit(s.p[end]) || s.p[end] == '-')))
		return 0;
	return end - at;
}

struct codes {
	int reply;
	struct str status;
};

/* The first reply code and the status next to it; else the first status of all. */
static struct codes codes_of(struct str s)
{
	struct codes c = {0, STR("")};
	for (size_t i = 0; i < s.n; i++) {
		size_t n = text_is_digit(s.p[i]) ? status_at(s, i) : 0;
		if (n > 0 && s.p[i] != '2' && c.status.n == 0)
			c.status = str_n(s.p + i, n);
		int reply = text_is_digit(s.p[i]) ? reply_at(s, i) : 0;
		if (reply == 0 || c.reply != 0)
			continue;
		c.reply = reply;
		size_t next = i + 4;
		while (next < s.n && strchr(" #'(-", s.p[next]) != NULL)
			next++;
		n = status_at(s, next);
		if (n > 0)
			c.status = str_n(s.p + next, n);
	}
	return c;
}

/* ---- words ---- */

/* Does the phrase fit at or behind any byte? Pieces between stars follow each other closely. */
static bool phrase_fits(struct str s, struct str phrase)
{
	struct str rest = phrase, piece = str_cut(&rest, '*');
	for (size_t at = 0; at < s.n;) {
		size_t hit = at + str_find(str_slice(s, at, s.n), piece);
		if (hit >= s.n)
			return false;
		if (rest.p == NULL)
			return true;
		struct str near = str_slice(s, hit + piece.n, hit + piece.n + WILD_BYTES_MAX);
		if (str_find(near, rest) < near.n)
			return true;
		at = hit + 1;
	}
	return false;
}

/* Lower case, single spaces, addresses gone: their words are nobody's reason. */
static struct str plain_words(struct str s, struct arena *a)
{
	struct str lower = text_lower(text_squeeze(str_upto(s, WORDS_BYTES_MAX), a), a);
	struct str rest = lower, address;
	struct buf b;
	buf_init_arena(&b, a, lower.n + 1);
	while (text_address(&rest, &address)) {
		buf_put(&b, lower.p, (size_t)(address.p - lower.p));
		lower = rest;
	}
	buf_str(&b, lower);
	return buf_ok(&b) ? buf_view(&b) : STR("");
}

static enum inbound_reason reason_of_words(struct str plain, bool *proves_r)
{
	for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
		if (phrase_fits(plain, str_of(phrases[i].phrase))) {
			*proves_r = phrases[i].proves;
			return phrases[i].reason;
		}
	return INBOUND_REASON_UNDEFINED;
}

bool verdict_knows(struct str words, struct arena *a)
{
	struct codes c = codes_of(words);
	bool proves;
	return c.reply != 0 || c.status.n != 0 ||
	       reason_of_words(plain_words(words, a), &proves) != INBOUND_REASON_UNDEFINED;
}

static enum inbound_reason reason_of_status(struct str status)
{
	int64_t subject, detail;
	struct str rest = status;
	(void)str_cut(&rest, '.');
	struct str middle = str_cut(&rest, '.');
	if (!str_to_i64(middle, &subject) || !str_to_i64(rest, &detail))
		return INBOUND_REASON_UNDEFINED;
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (statuses[i].subject == subject &&
		    (statuses[i].detail == detail || statuses[i].detail < 0))
			return statuses[i].reason;
	return INBOUND_REASON_UNDEFINED;
}

static enum inbound_reason reason_of_reply(int reply, enum verdict_command command)
{
	if (reply == 552)
		return INBOUND_REASON_MAILBOX_FULL;
	if (reply == 551)
		return INBOUND_REASON_HAS_MOVED;
	if (reply == 521 || reply == 556)
		return INBOUND_REASON_NOT_ACCEPT; /* RFC 7504 */
	if (reply >= 500 && reply <= 504)
		return INBOUND_REASON_SYNTAX;
	if (reply >= 400 && reply < 500)
		return INBOUND_REASON_SYSTEM;
	if (reply >= 500)
		return command == VERDICT_MAIL      ? INBOUND_REASON_REJECTED
		       : command == VERDICT_CONNECT ? INBOUND_REASON_BLOCKED
						    : INBOUND_REASON_FILTERED;
	return INBOUND_REASON_UNDEFINED;
}

static enum verdict_command command_of(struct str words, struct str context)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (str_find(words, str_of(commands[i].words)) < words.n)
			return commands[i].command;
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (str_find(context, str_of(commands[i].words)) < context.n)
			return commands[i].command;
	return VERDICT_COMMAND_NONE;
}

/* ---- together ---- */

static bool is_empty_status(struct str status)
{
	return status.n == 0 || str_ends(status, STR(".0.0"));
}

/* "User unknown" proves it when RCPT was refused, when the status says so too, or when a mail
 * system says it of its own mailboxes, without a code from elsewhere. After DATA, or next to a
 * status that says otherwise, it is how filters refuse people whose mailboxes are well; and a bare
 * 550 of an unknown command may be that. In doubt not hard: soft ones are counted and escalate. */
static bool proves_unknown(const struct inbound_recipient *r, enum verdict_command command)
{
	struct str detail = str_slice(r->status, 1, r->status.n);
	if (str_starts(detail, STR(".1.")) || str_starts(detail, STR(".5.")))
		return true;
	if (command != VERDICT_COMMAND_NONE)
		return command == VERDICT_RCPT;
	return r->reply == 0 && is_empty_status(r->status);
}

static bool is_temporary(const struct inbound_recipient *r)
{
	return (r->status.n > 0 && r->status.p[0] == '4') ||
	       (r->status.n == 0 && r->reply >= 400 && r->reply < 500);
}

static enum inbound_reason decide(const struct verdict_in *in, struct str plain,
				  const struct inbound_recipient *r, struct arena *a)
{
	struct str around = plain_words(in->context, a);
	enum verdict_command command = command_of(plain, around);
	bool proves = false;
	enum inbound_reason reason = reason_of_words(plain, &proves);
	if (reason == INBOUND_REASON_UNDEFINED && !is_empty_status(r->status))
		reason = reason_of_status(r->status);
	if (reason == INBOUND_REASON_UNDEFINED)
		reason = reason_of_words(around, &proves);
	if (reason == INBOUND_REASON_UNDEFINED)
		reason = reason_of_reply(r->reply, command);
	if (reason == INBOUND_REASON_USER_UNKNOWN && !proves && !proves_unknown(r, command))
		return INBOUND_REASON_FILTERED;
	return reason;
}

void verdict_of(const struct verdict_in *in, struct arena *a, struct inbound_recipient *r)
{
	struct codes c = codes_of(in->words);
	struct codes around = codes_of(in->context);
	struct str field = in->status;
	size_t n = field.n > 0 ? status_at(field, 0) : 0;
	field = str_slice(field, 0, n);
	r->reply = c.reply != 0 ? c.reply : around.reply;
	r->status = !is_empty_status(c.status) ? c.status
		    : field.n > 0              ? field
		    : c.status.n > 0           ? c.status
					       : around.status;
	r->diagnostic = text_utf8(str_upto(text_squeeze(in->words, a), DIAGNOSTIC_BYTES_MAX), a);
	if (r->action == INBOUND_DELIVERED || r->action == INBOUND_RELAYED ||
	    r->action == INBOUND_EXPANDED) {
		r->reason = INBOUND_REASON_DELIVERED;
		return;
	}
	r->reason = decide(in, plain_words(in->words, a), r, a);
	r->hard = r->action == INBOUND_FAILED && hard_reason[r->reason] && !is_temporary(r);
}
