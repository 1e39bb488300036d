/* SPDX-License-Identifier: Apache-2.0
 * inbound.c: a message on its way from bytes to a result; the table below is the order of the
 * questions, and the first that answers yes wins. */
#include "inbound/inbound.h"

#include "inbound/bounce.h"
#include "inbound/complaint.h"
#include "inbound/hint.h"
#include "inbound/kind.h"
#include "inbound/letter.h"
#include "inbound/mail.h"
#include "inbound/text.h"
#include "inbound/when.h"

#include "base/assert.h"

static const struct {
	enum inbound_kind kind;
	const char *(*asks)(const struct kind_in *in);
} questions[] = {
	{INBOUND_BOUNCE, kind_bounce},
	{INBOUND_COMPLAINT, kind_complaint},
	{INBOUND_AUTO_REPLY, kind_auto_reply},
	{INBOUND_LIST, kind_list},
	{INBOUND_NOTIFICATION, kind_notification},
	{INBOUND_UNSUBSCRIBE, kind_unsubscribe},
	{INBOUND_REPLY, kind_reply},
};

static const char *const kind_names[INBOUND_KIND_COUNT] = {
	[INBOUND_UNKNOWN] = "unknown",           [INBOUND_BOUNCE] = "bounce",
	[INBOUND_COMPLAINT] = "complaint",       [INBOUND_AUTO_REPLY] = "auto_reply",
	[INBOUND_NOTIFICATION] = "notification", [INBOUND_LIST] = "list",
	[INBOUND_UNSUBSCRIBE] = "unsubscribe",   [INBOUND_REPLY] = "reply",
};

static const char *const reason_names[INBOUND_REASON_COUNT] = {
#define REASON(name, wire, hard, help) [INBOUND_REASON_##name] = wire,
#include "inbound/reason.def"
#undef REASON
};

const char *inbound_kind_name(enum inbound_kind kind)
{
	return kind_names[kind];
}

const char *inbound_reason_name(enum inbound_reason reason)
{
	return reason_names[reason];
}

/* "Ana Silva" of "Ana Silva <ana@x.example>", decoded. */
static struct str name_of(struct str from, struct arena *a)
{
	struct str name = str_trim(str_slice(from, 0, str_find_byte(from, '<')));
	if (str_find_byte(from, '<') == from.n)
		return STR("");
	if (name.n >= 2 && name.p[0] == '"' && name.p[name.n - 1] == '"')
		name = str_slice(name, 1, name.n - 1);
	return mail_decode(name, a);
}

static void read_head(const struct mail *m, struct arena *a, struct inbound *out)
{
	struct str id = fields_get(&m->head, "Message-ID");
	struct str from = fields_get(&m->head, "From");
	out->from = text_first_address(from);
	out->from_name = name_of(from, a);
	out->to = text_first_address(fields_get(&m->head, "To"));
	out->subject = mail_decode(fields_get(&m->head, "Subject"), a);
	out->date_us = mail_date(fields_get(&m->head, "Date"));
	(void)text_message_id(&id, &out->message_id);
}

static void classify(const struct kind_in *in, struct inbound *out)
{
	out->kind = INBOUND_UNKNOWN;
	out->why = "no sender we could answer";
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
		const char *why = questions[i].asks(in);
		if (why == NULL)
			continue;
		out->kind = questions[i].kind;
		out->why = why;
		return;
	}
}

static void read_kind(const struct kind_in *in, const struct inbound_conf *conf,
		      struct inbound *out)
{
	int64_t now_us = out->date_us != TIME_NONE ? out->date_us : conf->now_us;
	switch (out->kind) {
	case INBOUND_BOUNCE: bounce_read(in->mail, in->letter, in->arena, out); return;
	case INBOUND_COMPLAINT:
		complaint_read(in->mail, in->letter, in->arena, out);
		/* "Opt-out" is a person who pressed unsubscribe in a mail program. */
		if (out->feedback == INBOUND_FEEDBACK_OPT_OUT)
			out->kind = INBOUND_UNSUBSCRIBE;
		return;
	case INBOUND_AUTO_REPLY:
		out->return_at_us = when_back(out->text, now_us, in->arena);
		if (out->return_at_us == TIME_NONE)
			out->return_at_us = when_back(out->subject, now_us, in->arena);
		return;
	default: return;
	}
}

enum status inbound_read(struct str bytes, const struct inbound_conf *conf, struct arena *a,
			 struct inbound *out, struct err *e)
{
	struct mail m;
	struct letter letter;
	struct mail_limits limits = {conf->text_bytes_max, conf->parts_max, conf->depth_max};
	ASSERT(conf->parts_max > 0 && conf->text_bytes_max > 0);
	if (bytes.n > conf->message_bytes_max)
		return err_set(e, ST_LIMIT, "a message of %zu bytes; %zu at most", bytes.n,
			       conf->message_bytes_max);
	*out = (struct inbound){.return_at_us = TIME_NONE, .date_us = TIME_NONE};
	if (!mail_read(bytes, &limits, a, &m) || !letter_read(&m, a, &letter))
		return err_set(e, ST_LIMIT, "the memory for one message is used up");
	struct kind_in in = {&m, &letter, out, a};
	read_head(&m, a, out);
	hint_read(&m, &letter, conf, out);
	out->text_whole = str_upto(letter.said, conf->text_bytes_max);
	out->text = inbound_reply_text(out->text_whole, a);
	out->cut = m.cut;
	classify(&in, out);
	read_kind(&in, conf, out);
	return ST_OK;
}
