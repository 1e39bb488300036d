/* SPDX-License-Identifier: Apache-2.0
 * mailroom.c: one function for each kind of mail, in a table. When it happened is when it came in:
 * the Date of a mail is whatever its sender says, and consent goes by time. */
#include "mailroom/mailroom.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/json.h"

#define DIAGNOSTIC_MAX 500
#define SUBJECT_MAX 300
#define THREAD_MAX 8
#define RAW_MAX 2048
#define ID_PREFIX "m."

struct sorting {
	const struct mailroom_conf *conf;
	const struct inbound *mail;
	struct arena *a;
	struct mailroom *out;
	struct str key; /* of this mail: every event's id begins with it */
	/* the event being written */
	struct buf props;
	struct json_w w;
};

/* ---- whose is it ---- */

static bool by_token(const struct sorting *s, uint64_t *id_r)
{
	for (size_t i = 0; i < s->mail->token_count; i++)
		if (link_address_read(s->conf->links, s->mail->tokens[i].token, id_r, NULL) ==
		    ST_OK)
			return true;
	return false;
}

/* m.TOKEN@domain, as a Message-ID of ours is. */
static bool by_id(const struct sorting *s, uint64_t *id_r)
{
	for (size_t i = 0; i < s->mail->id_count; i++) {
		struct str rest = s->mail->ids[i], local = str_cut(&rest, '@');
		if (str_starts(local, STR(ID_PREFIX)) &&
		    link_address_read(s->conf->links,
				      str_slice(local, sizeof ID_PREFIX - 1, local.n), id_r,
				      NULL) == ST_OK)
			return true;
	}
	return false;
}

static void find_message(struct sorting *s)
{
	struct mailroom *o = s->out;
	if (by_token(s, &o->message))
		o->by = "token";
	else if (by_id(s, &o->message))
		o->by = "message-id";
	else
		o->by = "nothing";
}

/* ---- one event ---- */

/* So much of a text, without control characters: in JSON it is then at most twice as long, and an
 * event of ours fits whatever comes in. */
static struct str plain(struct sorting *s, struct str text, size_t bytes_max)
{
	text = str_upto(text, bytes_max);
	char *p = arena_strz(s->a, text);
	if (p == NULL)
		return STR_NULL;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)p[i] < ' ' && p[i] != '\n' && p[i] != '\t')
			p[i] = ' ';
	return str_n(p, text.n);
}

static void begin(struct sorting *s)
{
	buf_init_arena(&s->props, s->a, EVENT_BYTES_MAX);
	json_w_init(&s->w, &s->props);
	json_w_object(&s->w);
}

/* What all events of a mail say, about a message or an address. False: about neither. */
static bool begin_about(struct sorting *s, struct str address)
{
	struct mailroom *o = s->out;
	if (o->message == 0 && (address.n == 0 || address.n > EVENT_ID_VALUE_MAX))
		return false;
	begin(s);
	if (o->message != 0)
		json_w_ki64(&s->w, "message", (int64_t)o->message);
	else
		o->by = "address";
	json_w_kz(&s->w, "matched", o->by);
	if (s->mail->message_id.n)
		json_w_kstr(&s->w, "mail", str_upto(s->mail->message_id, 250));
	return true;
}

struct ending {
	const char *type;
	struct str address; /* of whom, when no message is named; empty: nobody */
	uint32_t flags;
};

static void end(struct sorting *s, const struct ending *x)
{
	struct mailroom *o = s->out;
	ASSERT(o->n < MAILROOM_EVENTS_MAX);
	struct event *ev = &o->events[o->n];
	json_w_end(&s->w);
	ASSERT(buf_ok(&s->props)); /* every text in it has a ceiling */
	*ev = (struct event){
		.type = str_of(x->type),
		.source = STR(MAILROOM_SOURCE),
		.message_id = arena_printf(s->a, "mail-" STR_FMT "-%zu", STR_ARG(s->key), o->n),
		.occurred_us = s->conf->now_us,
		.properties = buf_view(&s->props),
		.flags = x->flags,
		.context.scroll = -1,
	};
	if (x->address.n)
		(void)event_add_id(ev, ID_EMAIL, STR_NULL, x->address); /* it is not too long */
	o->n++;
}

/* Nobody's, and somebody should know: with what a person needs to find out. */
static void refuse(struct sorting *s, const char *reason)
{
	const struct inbound *m = s->mail;
	begin(s);
	json_w_kz(&s->w, "code", "mail_unmatched");
	json_w_kz(&s->w, "reason", reason);
	json_w_kz(&s->w, "kind", inbound_kind_name(m->kind));
	json_w_kstr(&s->w, "raw",
		    arena_printf(s->a, "From: " STR_FMT "\nSubject: " STR_FMT "\n\n" STR_FMT,
				 STR_ARG(str_upto(m->from, 256)),
				 STR_ARG(str_upto(m->subject, SUBJECT_MAX)),
				 STR_ARG(plain(s, m->text, RAW_MAX))));
	end(s, &(struct ending){.type = "ingest.refused", .flags = EVENT_SYSTEM});
}

/* ---- bounces ---- */

static const char *bounce_type(const struct inbound_recipient *r)
{
	switch (r->action) {
	case INBOUND_FAILED: return "email.bounce";
	case INBOUND_DELAYED: return "email.delayed";
	default: return NULL; /* good news, or somebody else's concern */
	}
}

static bool put_bounce(struct sorting *s, const struct inbound_recipient *r)
{
	struct str address = r->original.n ? r->original : r->address;
	const char *type = bounce_type(r);
	if (type == NULL || !begin_about(s, address))
		return false;
	json_w_kz(&s->w, "bounce", r->hard ? "hard" : "soft");
	json_w_kz(&s->w, "reason", inbound_reason_name(r->reason));
	if (r->status.n)
		json_w_kstr(&s->w, "status", str_upto(r->status, 16));
	if (r->reply > 0)
		json_w_ki64(&s->w, "code", r->reply);
	if (r->diagnostic.n)
		json_w_kstr(&s->w, "diagnostic", plain(s, r->diagnostic, DIAGNOSTIC_MAX));
	end(s, &(struct ending){.type = type,
				.address = s->out->message ? STR_NULL : address,
				.flags = EVENT_MACHINE});
	return true;
}

/* Of a message to one address the gravest word counts: a report may name where it was forwarded
 * to as well. */
static const struct inbound_recipient *gravest(const struct inbound *m)
{
	const struct inbound_recipient *worst = NULL;
	for (size_t i = 0; i < m->recipient_count; i++) {
		const struct inbound_recipient *r = &m->recipients[i];
		bool failed = r->action == INBOUND_FAILED;
		if (bounce_type(r) == NULL)
			continue;
		if (worst == NULL || (failed && worst->action != INBOUND_FAILED) ||
		    (failed && r->hard && !worst->hard))
			worst = r;
	}
	return worst;
}

static void note(struct sorting *s)
{
	begin(s);
	json_w_kz(&s->w, "kind", inbound_kind_name(s->mail->kind));
	end(s, &(struct ending){.type = "mail.noted", .flags = EVENT_SYSTEM});
}

static void sort_bounce(struct sorting *s)
{
	static const struct inbound_recipient unsaid = {.action = INBOUND_FAILED};
	const struct inbound *m = s->mail;
	const struct inbound_recipient *worst = gravest(m);
	bool any = false;
	if (s->out->message != 0 && (worst != NULL || m->recipient_count == 0))
		any = put_bounce(s, worst != NULL ? worst : &unsaid);
	for (size_t i = 0; s->out->message == 0 && i < m->recipient_count; i++)
		any |= put_bounce(s, &m->recipients[i]);
	if (!any && worst == NULL && m->recipient_count > 0)
		note(s); /* it arrived, or went elsewhere */
	else if (!any)
		refuse(s, "a bounce that names neither a message of ours nor an address");
}

/* ---- complaints ---- */

static void put_said(struct sorting *s, const char *type, struct str address, uint32_t flags)
{
	const struct inbound *m = s->mail;
	if (!begin_about(s, address)) {
		refuse(s, "it names neither a message of ours nor an address");
		return;
	}
	if (m->feedback != INBOUND_FEEDBACK_NONE)
		json_w_kz(&s->w, "feedback", inbound_feedback_name(m->feedback));
	end(s, &(struct ending){.type = type,
				.address = s->out->message ? STR_NULL : address,
				.flags = flags});
}

static void sort_complaint(struct sorting *s)
{
	const struct inbound *m = s->mail;
	struct str who = m->recipient_count > 0 ? m->recipients[0].address : STR_NULL;
	switch (m->feedback) {
	case INBOUND_FEEDBACK_NOT_SPAM:
	case INBOUND_FEEDBACK_AUTH_FAILURE: note(s); break; /* nobody complains */
	case INBOUND_FEEDBACK_OPT_OUT: put_said(s, "email.unsubscribe", who, 0); break;
	default: put_said(s, "email.complaint", who, 0);
	}
}

/* ---- people, and machines that answer for them ---- */

static void sort_unsubscribe(struct sorting *s)
{
	put_said(s, "email.unsubscribe", s->mail->from, 0);
}

static void sort_auto_reply(struct sorting *s)
{
	const struct inbound *m = s->mail;
	if (!begin_about(s, m->from)) {
		refuse(s, "an automatic answer to no message of ours");
		return;
	}
	if (m->return_at_us != TIME_NONE)
		json_w_ktime(&s->w, "until", m->return_at_us);
	json_w_kstr(&s->w, "subject", str_upto(m->subject, SUBJECT_MAX));
	end(s, &(struct ending){.type = "email.auto_reply",
				.address = s->out->message ? STR_NULL : m->from,
				.flags = EVENT_MACHINE});
}

static void sort_reply(struct sorting *s)
{
	const struct inbound *m = s->mail;
	if (!begin_about(s, m->from)) {
		refuse(s, "an answer that names neither a message of ours nor an address");
		return;
	}
	json_w_kstr(&s->w, "subject", str_upto(m->subject, SUBJECT_MAX));
	json_w_kstr(&s->w, "from", str_upto(m->from, EVENT_ID_VALUE_MAX));
	if (m->from_name.n)
		json_w_kstr(&s->w, "name", str_upto(m->from_name, 200));
	json_w_kstr(&s->w, "text", plain(s, m->text, MAILROOM_TEXT_MAX));
	if (m->cut || m->text.n > MAILROOM_TEXT_MAX)
		json_w_kbool(&s->w, "cut", true);
	json_w_key(&s->w, "thread");
	json_w_array(&s->w);
	for (size_t i = 0; i < m->id_count && i < THREAD_MAX; i++)
		json_w_str(&s->w, str_upto(m->ids[i], 250));
	json_w_end(&s->w);
	end(s, &(struct ending){.type = "email.reply",
				.address = s->out->message ? STR_NULL : m->from});
}

static void sort_unknown(struct sorting *s)
{
	refuse(s, "mail of no kind we know");
}

static void (*const sorts[INBOUND_KIND_COUNT])(struct sorting *s) = {
	[INBOUND_UNKNOWN] = sort_unknown,
	[INBOUND_BOUNCE] = sort_bounce,
	[INBOUND_COMPLAINT] = sort_complaint,
	[INBOUND_AUTO_REPLY] = sort_auto_reply,
	[INBOUND_LIST] = note,
	[INBOUND_NOTIFICATION] = note,
	[INBOUND_UNSUBSCRIBE] = sort_unsubscribe,
	[INBOUND_REPLY] = sort_reply,
};

/* ---- the mail ---- */

/* The same mail comes twice with other trace fields: its own words about itself are its name. */
static struct str key_of(struct str bytes, const struct inbound *m, struct arena *a)
{
	uint8_t sum[SHA256_BYTES];
	struct buf hex;
	struct str name = bytes;
	if (m->message_id.n)
		name = arena_printf(a, STR_FMT "\n" STR_FMT "\n%lld", STR_ARG(m->message_id),
				    STR_ARG(m->from), (long long)m->date_us);
	crypto_sha256(name, sum);
	buf_init_arena(&hex, a, 64);
	hex_encode(str_n((const char *)sum, 16), &hex);
	return buf_view(&hex);
}

enum status mailroom_read(struct str bytes, const struct mailroom_conf *conf, struct arena *a,
			  struct mailroom *out, struct err *e)
{
	const struct inbound_alias aliases[] = {
		{INBOUND_DOOR_BOUNCE, conf->return_prefix, STR_NULL},
		{INBOUND_DOOR_UNSUBSCRIBE, conf->unsubscribe_prefix, STR_NULL},
	};
	struct inbound_conf c = INBOUND_CONF_DEFAULT;
	struct inbound *mail = ARENA_NEW(a, struct inbound);
	struct sorting s = {.conf = conf, .mail = mail, .a = a, .out = out};
	if (mail == NULL)
		return err_set(e, ST_NO_MEMORY, "a mail does not fit");
	c.message_bytes_max = MAILROOM_MAIL_MAX;
	c.now_us = conf->now_us;
	c.aliases = aliases;
	c.alias_count = sizeof aliases / sizeof aliases[0];
	struct arena_mark mark = arena_mark(a);
	*out = (struct mailroom){.why = "it is too large, or made to be", .by = "nothing"};
	/* What is beyond the ceiling is never read: its head says whose it is. */
	if (inbound_read(str_slice(bytes, 0, MAILROOM_MAIL_MAX), &c, a, mail, NULL) != ST_OK) {
		arena_rewind(a, mark);
		*mail = (struct inbound){.kind = INBOUND_UNKNOWN};
		s.key = key_of(bytes, mail, a);
		refuse(&s, "a mail that needs more memory than there is for one");
		return ST_OK;
	}
	out->kind = mail->kind;
	out->why = mail->why;
	find_message(&s);
	s.key = key_of(bytes, mail, a);
	sorts[mail->kind](&s);
	ASSERT(out->n > 0);
	return ST_OK;
}
