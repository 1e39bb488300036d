/* SPDX-License-Identifier: Apache-2.0
 * bounce.c: fields first (RFC 3464), then the words of a free-text report, then the header some
 * servers add (X-Failed-Recipients), then whom the returned message was for. Fields without words
 * borrow them from the text beside: many servers put "5.0.0" in the one and the reason in the
 * other. */
#include "inbound/bounce.h"

#include "inbound/text.h"
#include "inbound/verdict.h"

#include <string.h>

struct report {
	const struct mail *mail;
	const struct letter *letter;
	struct arena *arena;
	struct inbound *out;
	struct dialect_in in;
	struct dialect_hit hits[INBOUND_RECIPIENTS_MAX];
	size_t hit_count;
	struct str status[INBOUND_RECIPIENTS_MAX]; /* Status field of each recipient */
	struct str words[INBOUND_RECIPIENTS_MAX];  /* its Diagnostic-Code */
};

static const char *const actions[INBOUND_ACTION_COUNT] = {
	[INBOUND_FAILED] = "failed",       [INBOUND_DELAYED] = "delayed",
	[INBOUND_DELIVERED] = "delivered", [INBOUND_RELAYED] = "relayed",
	[INBOUND_EXPANDED] = "expanded",
};

const char *inbound_action_name(enum inbound_action action)
{
	return actions[action];
}

static enum inbound_action action_of(struct str value, enum inbound_action otherwise)
{
	for (size_t i = 0; i < INBOUND_ACTION_COUNT; i++)
		if (text_starts_nocase(value, actions[i]))
			return (enum inbound_action)i;
	return otherwise;
}

/* ---- fields ---- */

static bool is_report_type(struct str type)
{
	return str_is(type, "message/delivery-status") ||
	       str_is(type, "message/global-delivery-status") ||
	       str_is(type, "message/deliverystatus");
}

/* Where the first block of recipient fields begins; s.n when there is none. */
static size_t fields_at(struct str s)
{
	static const char *const firsts[] = {"final-recipient:", "original-recipient:", "action:"};
	struct str rest = s, line;
	size_t before = 0, action = s.n;
	for (; text_line(&rest, &line); before = s.n - rest.n) {
		line = str_trim(line);
		if (text_starts_nocase(line, firsts[0]) || text_starts_nocase(line, firsts[1]))
			return action < before && before - action < 200 ? action : before;
		if (text_starts_nocase(line, firsts[2]))
			action = before;
	}
	return s.n;
}

bool bounce_has_fields(const struct mail *m)
{
	for (size_t i = 0; i < m->part_count; i++) {
		struct str text = m->parts[i].text;
		if (is_report_type(m->parts[i].type) || fields_at(text) < text.n)
			return true;
	}
	return false;
}

/* "rfc822;ana@x.example" -> the address; p == NULL: a path, a pipe, a route. */
static struct str recipient_of(struct str value)
{
	size_t semi = str_find_byte(value, ';');
	struct str body = str_trim(semi < value.n ? str_slice(value, semi + 1, value.n) : value);
	if (body.n > 0 && (body.p[0] == '@' || body.p[0] == '/'))
		return STR_NULL;
	return text_first_address(body);
}

static bool is_known(const struct inbound *out, struct str address)
{
	for (size_t i = 0; i < out->recipient_count; i++)
		if (str_eq_nocase(out->recipients[i].address, address))
			return true;
	return false;
}

static struct inbound_recipient *add(struct report *r, struct str address)
{
	struct inbound *out = r->out;
	if (out->recipient_count == INBOUND_RECIPIENTS_MAX) {
		out->cut = true;
		return NULL;
	}
	size_t i = out->recipient_count++;
	out->recipients[i] = (struct inbound_recipient){.address = address, .status = STR("")};
	r->status[i] = r->words[i] = STR("");
	return &out->recipients[i];
}

/* The words of "smtp; 550 ...". */
static struct str diagnostic_of(struct str value)
{
	size_t semi = str_find_byte(value, ';');
	bool typed = semi < value.n && semi < 40 &&
		     str_find_byte(str_slice(value, 0, semi), ' ') == semi;
	if (typed && !text_starts_nocase(value, "x-unix"))
		return str_trim(str_slice(value, semi + 1, value.n));
	return value;
}

static void take_block(struct report *r, const struct fields *f)
{
	struct str final = fields_get(f, "Final-Recipient");
	struct str original = recipient_of(fields_get(f, "Original-Recipient"));
	struct str address = recipient_of(final);
	if (address.p == NULL)
		address = original;
	if (final.p == NULL && original.p == NULL)
		return;
	if (address.p != NULL && is_known(r->out, address))
		return;
	struct inbound_recipient *to = add(r, address.p != NULL ? address : STR(""));
	if (to == NULL)
		return;
	size_t i = r->out->recipient_count - 1;
	to->original = original.p != NULL && !str_eq_nocase(original, address) ? original : STR("");
	to->action = action_of(fields_get(f, "Action"), INBOUND_FAILED);
	r->status[i] = fields_get(f, "Status");
	r->words[i] = diagnostic_of(fields_get(f, "Diagnostic-Code"));
}

/* Some leave out the empty line between two recipients: a second Final-Recipient begins a block. */
static size_t block_end(const struct fields *f, size_t from)
{
	bool seen = false;
	for (size_t i = from; i < f->count; i++) {
		bool final = str_eq_nocase(f->items[i].name, STR("Final-Recipient"));
		if (final && seen)
			return i;
		seen |= final;
	}
	return f->count;
}

static void read_blocks(struct report *r, struct str text)
{
	struct fields f;
	while (r->out->recipient_count < INBOUND_RECIPIENTS_MAX && fields_next(&text, r->arena, &f))
		for (size_t i = 0; i < f.count;) {
			size_t end = block_end(&f, i);
			struct fields block = {f.items + i, end - i};
			take_block(r, &block);
			i = end;
		}
}

static void read_fields(struct report *r)
{
	const struct mail *m = r->mail;
	for (size_t i = 0; i < m->part_count; i++)
		if (is_report_type(m->parts[i].type))
			read_blocks(r, m->parts[i].text);
	for (size_t i = 0; i < m->part_count && r->out->recipient_count == 0; i++) {
		struct str text = m->parts[i].text;
		read_blocks(r, str_slice(text, fields_at(text), text.n));
	}
}

/* ---- words ---- */

/* Notices that are no failure: delays say so at the top, in one of a few ways. */
static enum inbound_action action_of_words(const struct report *r)
{
	static const char *const delayed[] = {
		"warning message only",
		"has been delayed",
		"is delayed",
		"not yet been delivered",
		"delivery status notification (delay)",
		"could not be delivered yet",
		"will be retried",
		"will continue to try",
		"still being retried",
		"temporary failure report",
	};
	struct str subject = r->out->subject;
	struct str top = str_upto(r->letter->said_only, 2000);
	for (size_t i = 0; i < sizeof delayed / sizeof delayed[0]; i++)
		if (text_has_nocase(top, delayed[i]) || text_has_nocase(subject, delayed[i]))
			return INBOUND_DELAYED;
	if (text_has_nocase(subject, "delayed") || text_has_nocase(subject, "(delay)"))
		return INBOUND_DELAYED;
	return INBOUND_FAILED;
}

static void take_hits(struct report *r)
{
	enum inbound_action action = action_of_words(r);
	for (size_t i = 0; i < r->hit_count; i++) {
		struct inbound_recipient *to = add(r, r->hits[i].address);
		if (to == NULL)
			return;
		to->action = action;
	}
}

static void take_list(struct report *r, struct str list)
{
	struct str address;
	enum inbound_action action = action_of_words(r);
	while (list.p != NULL && text_address(&list, &address)) {
		if (is_known(r->out, address))
			continue;
		struct inbound_recipient *to = add(r, address);
		if (to == NULL)
			return;
		to->action = action;
	}
}

/* The first address the text names at all, then whom the returned message was for. */
static void take_any(struct report *r)
{
	struct str rest = r->letter->said_only, address;
	while (r->out->recipient_count == 0 && text_address(&rest, &address))
		if (!str_eq_nocase(address, r->in.sender) &&
		    !str_eq_nocase(address, r->in.daemon) &&
		    !str_eq_nocase(text_domain(address), text_domain(r->in.daemon)))
			take_list(r, address);
	struct str to = fields_get(&r->letter->original_fields, "To");
	if (r->out->recipient_count == 0)
		take_list(r, text_first_address(to));
	rest = r->letter->said_only;
	while (r->out->recipient_count == 0 && text_address(&rest, &address))
		if (!str_eq_nocase(address, r->in.daemon))
			take_list(r, address);
	if (r->out->recipient_count == 0) {
		struct inbound_recipient *unnamed = add(r, STR(""));
		if (unnamed != NULL)
			unnamed->action = action_of_words(r);
	}
}

static struct str words_of_text(const struct report *r, struct str address)
{
	for (size_t i = 0; i < r->hit_count; i++)
		if (str_eq_nocase(r->hits[i].address, address))
			return r->hits[i].words;
	return STR("");
}

/* Fields that name nobody (a file, a pipe, a route): the text or the header beside them may. */
static void name_the_unnamed(struct report *r)
{
	struct inbound *out = r->out;
	if (out->recipient_count != 1 || out->recipients[0].address.n > 0)
		return;
	struct str failed = text_first_address(fields_get(&r->mail->head, "X-Failed-Recipients"));
	if (r->hit_count > 0)
		out->recipients[0].address = r->hits[0].address;
	else if (failed.p != NULL)
		out->recipients[0].address = failed;
	else
		out->recipients[0].address =
			text_first_address(fields_get(&r->letter->original_fields, "To"));
}

/* A report that failed on its way back tells of our own address too. */
static void drop_ourselves(struct report *r)
{
	struct inbound *out = r->out;
	size_t kept = 0;
	for (size_t i = 0; i < out->recipient_count; i++) {
		bool ours = i > 0 && str_eq_nocase(out->recipients[i].address, r->in.sender);
		if (ours)
			continue;
		out->recipients[kept] = out->recipients[i];
		r->status[kept] = r->status[i];
		r->words[kept++] = r->words[i];
	}
	out->recipient_count = kept;
}

static void judge(struct report *r)
{
	struct inbound *out = r->out;
	bool alone = out->recipient_count == 1;
	for (size_t i = 0; i < out->recipient_count; i++) {
		struct str beside = words_of_text(r, out->recipients[i].address);
		struct verdict_in v = {r->words[i], beside, r->status[i]};
		if (alone || beside.n == 0)
			v.context = r->letter->said_only;
		if (!verdict_knows(v.words, r->arena)) {
			bool knows = verdict_knows(beside, r->arena);
			v.words = knows ? beside : v.words.n > 0 ? v.words : v.context;
		}
		verdict_of(&v, r->arena, &out->recipients[i]);
	}
}

void bounce_read(const struct mail *m, const struct letter *letter, struct arena *a,
		 struct inbound *out)
{
	struct report *r = ARENA_NEW(a, struct report);
	if (r == NULL) {
		out->cut = true;
		return;
	}
	*r = (struct report){.mail = m, .letter = letter, .arena = a, .out = out};
	r->in = (struct dialect_in){letter->said_only, out->to, out->from};
	r->hit_count = dialect_read(&r->in, a, r->hits, INBOUND_RECIPIENTS_MAX);
	read_fields(r);
	name_the_unnamed(r);
	if (out->recipient_count == 0)
		take_hits(r);
	if (out->recipient_count == 0)
		take_list(r, fields_get(&m->head, "X-Failed-Recipients"));
	if (out->recipient_count == 0)
		take_any(r);
	drop_ourselves(r);
	judge(r);
}
