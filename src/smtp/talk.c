/* SPDX-License-Identifier: Apache-2.0
 * talk.c: the dialogue, as one table: a state, the phase it reports, how long it may last, and what
 * a reply in it means. With PIPELINING a transaction is two writes, envelope and message, or one
 * where the envelope went out behind the message before it; without it the same steps one by one.
 * RSET goes out only in front of the next transaction, and only when the last one was left open. */
#include "smtp/internal.h"

#include "base/assert.h"
#include "base/crypto.h"
#include "smtp/text.h"

#include <stddef.h>

static void on_greeting(struct smtp_conn *c, const struct smtp_reply *r);
static void on_ehlo(struct smtp_conn *c, const struct smtp_reply *r);
static void on_helo(struct smtp_conn *c, const struct smtp_reply *r);
static void on_starttls(struct smtp_conn *c, const struct smtp_reply *r);
static void on_auth(struct smtp_conn *c, const struct smtp_reply *r);
static void on_auth_login(struct smtp_conn *c, const struct smtp_reply *r);
static void on_auth_user(struct smtp_conn *c, const struct smtp_reply *r);
static void on_unasked(struct smtp_conn *c, const struct smtp_reply *r);
static void on_rset(struct smtp_conn *c, const struct smtp_reply *r);
static void on_mail(struct smtp_conn *c, const struct smtp_reply *r);
static void on_rcpt(struct smtp_conn *c, const struct smtp_reply *r);
static void on_data(struct smtp_conn *c, const struct smtp_reply *r);
static void on_early(struct smtp_conn *c, const struct smtp_reply *r);
static void on_dot(struct smtp_conn *c, const struct smtp_reply *r);
static void on_quit(struct smtp_conn *c, const struct smtp_reply *r);

#define ENVELOPE_ROOM (32u << 10)
_Static_assert((SMTP_RCPTS_MAX + 1) * (SMTP_ADDRESS_BYTES_MAX + 64) < ENVELOPE_ROOM,
	       "an envelope with its words fits");

#define WAIT(name) offsetof(struct smtp_timeouts, name##_us)
static const struct {
	enum smtp_phase phase;
	size_t wait; /* which of the timeouts */
	void (*on_reply)(struct smtp_conn *c, const struct smtp_reply *r);
} states[CONN_STATE_COUNT] = {
	[CONN_CONNECTING] = {SMTP_PHASE_CONNECT, WAIT(connect), on_unasked},
	[CONN_HANDSHAKE] = {SMTP_PHASE_TLS, WAIT(tls), on_unasked},
	[CONN_GREETING] = {SMTP_PHASE_GREETING, WAIT(greeting), on_greeting},
	[CONN_EHLO] = {SMTP_PHASE_HELLO, WAIT(hello), on_ehlo},
	[CONN_HELO] = {SMTP_PHASE_HELLO, WAIT(hello), on_helo},
	[CONN_STARTTLS] = {SMTP_PHASE_STARTTLS, WAIT(tls), on_starttls},
	[CONN_AUTH_PLAIN] = {SMTP_PHASE_AUTH, WAIT(auth), on_auth},
	[CONN_AUTH_LOGIN] = {SMTP_PHASE_AUTH, WAIT(auth), on_auth_login},
	[CONN_AUTH_USER] = {SMTP_PHASE_AUTH, WAIT(auth), on_auth_user},
	[CONN_AUTH_PASSWORD] = {SMTP_PHASE_AUTH, WAIT(auth), on_auth},
	[CONN_IDLE] = {SMTP_PHASE_QUEUE, 0, on_unasked},
	[CONN_RSET] = {SMTP_PHASE_MAIL, WAIT(mail), on_rset},
	[CONN_MAIL] = {SMTP_PHASE_MAIL, WAIT(mail), on_mail},
	[CONN_RCPT] = {SMTP_PHASE_RCPT, WAIT(rcpt), on_rcpt},
	[CONN_DATA] = {SMTP_PHASE_DATA, WAIT(data), on_data},
	[CONN_BODY] = {SMTP_PHASE_BODY, WAIT(body), on_early},
	[CONN_DOT] = {SMTP_PHASE_DOT, WAIT(dot), on_dot},
	[CONN_QUIT] = {SMTP_PHASE_QUEUE, WAIT(quit), on_quit},
	[CONN_CLOSED] = {SMTP_PHASE_QUEUE, 0, on_unasked},
};

void smtp_conn_enter(struct smtp_conn *c, enum conn_state state)
{
	const struct smtp_pool_conf *conf = &c->pool->conf;
	int64_t wait = conf->idle_us;
	ASSERT(c->state != CONN_CLOSED);
	if (state != CONN_IDLE && state != CONN_CLOSED)
		memcpy(&wait, (const char *)&conf->timeouts + states[state].wait, sizeof wait);
	c->state = state;
	c->deadline_us = c->pool->now_us + wait;
}

enum smtp_phase smtp_conn_phase(const struct smtp_conn *c)
{
	return states[c->state].phase;
}

void smtp_talk_reply(struct smtp_conn *c, const struct smtp_reply *r)
{
	/* RFC 5321 section 3.8: 421 may come instead of any reply, and the server hangs up. */
	if (r->code == 421 && c->state != CONN_DOT && c->state != CONN_QUIT) {
		smtp_conn_fail(c, r, NULL);
		return;
	}
	states[c->state].on_reply(c, r);
}

static bool good(const struct smtp_reply *r)
{
	return r->code / 100 == 2;
}

static bool bad(const struct smtp_reply *r) /* refused in proper form */
{
	return r->code / 100 == 4 || r->code / 100 == 5;
}

static void no_sense(struct smtp_conn *c)
{
	smtp_conn_fail(c, NULL, "the server's reply makes no sense here");
}

/* ---- until it is ready ---- */

static void hello(struct smtp_conn *c, const char *verb, enum conn_state state)
{
	buf_printf(&c->out, "%s %s\r\n", verb, c->pool->helo_name);
	smtp_conn_enter(c, state);
}

static void on_greeting(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (r->code == 220)
		hello(c, "EHLO", CONN_EHLO);
	else if (bad(r))
		smtp_conn_fail(c, r, NULL);
	else
		no_sense(c);
}

static void put_base64_line(struct smtp_conn *c, struct str s)
{
	base64_encode(s, &c->out);
	buf_z(&c->out, "\r\n");
	c->secret = true;
}

/* RFC 4616: an empty authorization identity, the user, the password, with NUL between. */
static void auth_plain(struct smtp_conn *c)
{
	const struct smtp_relay *relay = &c->server->conf;
	struct buf b;
	buf_init(&b, 2048); /* create checked the lengths */
	buf_byte(&b, '\0');
	buf_z(&b, relay->user);
	buf_byte(&b, '\0');
	buf_z(&b, relay->password);
	ASSERT(buf_ok(&b));
	buf_z(&c->out, "AUTH PLAIN ");
	put_base64_line(c, buf_view(&b));
	crypto_wipe(b.p, b.cap);
	buf_finish(&b);
	smtp_conn_enter(c, CONN_AUTH_PLAIN);
}

static void authenticate(struct smtp_conn *c)
{
	if (c->tls == NULL && !c->server->conf.auth_in_clear) {
		smtp_conn_fail(c, NULL, "a password is set, and the server offers no TLS");
	} else if (c->caps.flags & SMTP_CAP_AUTH_PLAIN) {
		auth_plain(c);
	} else if (c->caps.flags & SMTP_CAP_AUTH_LOGIN) {
		buf_z(&c->out, "AUTH LOGIN\r\n");
		smtp_conn_enter(c, CONN_AUTH_LOGIN);
	} else {
		smtp_conn_fail(c, NULL,
			       "a password is set, and the server offers neither AUTH PLAIN nor "
			       "AUTH LOGIN");
	}
}

static void prove_or_go(struct smtp_conn *c)
{
	if (!c->authenticated) {
		authenticate(c);
		return;
	}
	c->ready = true;
	c->server->opening--;
	smtp_talk_next(c);
}

static void secure_or_go_on(struct smtp_conn *c)
{
	enum smtp_security s = c->server->conf.security;
	bool wanted = s == SMTP_SECURITY_STARTTLS ||
		      (s == SMTP_SECURITY_STARTTLS_IF_OFFERED && !c->in_clear);
	if (c->tls != NULL || !wanted) {
		prove_or_go(c);
	} else if (c->caps.flags & SMTP_CAP_STARTTLS) {
		buf_z(&c->out, "STARTTLS\r\n");
		smtp_conn_enter(c, CONN_STARTTLS);
	} else if (s == SMTP_SECURITY_STARTTLS) {
		smtp_conn_fail(c, NULL, "TLS is required, and the server does not offer STARTTLS");
	} else {
		prove_or_go(c);
	}
}

static void on_ehlo(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (good(r)) {
		c->caps = smtp_caps_read(r);
		secure_or_go_on(c);
	} else if (r->code / 100 == 5) {
		hello(c, "HELO", CONN_HELO); /* RFC 5321 section 3.2: a server without extensions */
	} else {
		smtp_conn_fail(c, r, NULL);
	}
}

static void on_helo(struct smtp_conn *c, const struct smtp_reply *r)
{
	c->caps = (struct smtp_caps){0};
	if (good(r))
		secure_or_go_on(c);
	else
		smtp_conn_fail(c, r, NULL);
}

static void on_starttls(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (!good(r)) {
		if (c->server->conf.security == SMTP_SECURITY_STARTTLS)
			smtp_conn_fail(c, r, NULL);
		else
			prove_or_go(c);
		return;
	}
	/* Whoever sits in between could have put them there, to be read as if they came inside. */
	if (c->in_n > c->in_at) {
		smtp_conn_fail(c, NULL, "the server sent more than the answer to STARTTLS");
		return;
	}
	c->in_n = c->in_at = 0;
	smtp_conn_handshake(c);
}

void smtp_talk_secured(struct smtp_conn *c)
{
	c->caps =
		(struct smtp_caps){0}; /* RFC 3207 section 4.2: forget what was said in the clear */
	if (c->server->conf.security == SMTP_SECURITY_TLS)
		smtp_conn_enter(c, CONN_GREETING);
	else
		hello(c, "EHLO", CONN_EHLO);
}

static void on_auth(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (!good(r)) {
		smtp_conn_fail(c, r, NULL);
		return;
	}
	c->authenticated = true;
	prove_or_go(c);
}

static void on_auth_login(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (r->code != 334) {
		smtp_conn_fail(c, r, NULL);
		return;
	}
	put_base64_line(c, str_of(c->server->conf.user));
	smtp_conn_enter(c, CONN_AUTH_USER);
}

static void on_auth_user(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (r->code != 334) {
		smtp_conn_fail(c, r, NULL);
		return;
	}
	put_base64_line(c, str_of(c->server->conf.password));
	smtp_conn_enter(c, CONN_AUTH_PASSWORD);
}

/* ---- transactions ---- */

static void put_mail(struct smtp_conn *c, const struct smtp_job *j)
{
	buf_z(&c->out, "MAIL FROM:<");
	buf_z(&c->out, j->envelope.p);
	buf_z(&c->out, ">");
	if (c->caps.flags & SMTP_CAP_SIZE) {
		buf_z(&c->out, " SIZE=");
		buf_u64(&c->out, j->bytes.n);
	}
	if (j->eight_bit && (c->caps.flags & SMTP_CAP_8BITMIME))
		buf_z(&c->out, " BODY=8BITMIME");
	if (j->utf8)
		buf_z(&c->out, " SMTPUTF8");
	buf_z(&c->out, "\r\n");
}

static void put_rcpt(struct smtp_conn *c, const struct smtp_job *j, size_t index)
{
	const char *at = j->envelope.p;
	for (size_t i = 0; i <= index; i++)
		at += strlen(at) + 1;
	buf_z(&c->out, "RCPT TO:<");
	buf_z(&c->out, at);
	buf_z(&c->out, ">\r\n");
}

static void put_data(struct smtp_conn *c)
{
	buf_z(&c->out, "DATA\r\n");
}

static bool pipelined(const struct smtp_conn *c)
{
	return (c->caps.flags & SMTP_CAP_PIPELINING) != 0;
}

static void put_envelope(struct smtp_conn *c, const struct smtp_job *j)
{
	put_mail(c, j);
	for (size_t i = 0; i < j->rcpt_count; i++)
		put_rcpt(c, j, i);
	put_data(c);
}

static void take(struct smtp_conn *c, struct smtp_job *j)
{
	c->job = j;
	c->messages++;
	c->rcpt = 0;
	c->rcpt_count = j->rcpt_count;
	c->mail_ok = c->rset_first = c->was_ahead = false;
}

static void begin(struct smtp_conn *c, struct smtp_job *j)
{
	bool rset = c->rset_first;
	take(c, j);
	if (rset)
		buf_z(&c->out, "RSET\r\n");
	if (pipelined(c))
		put_envelope(c, j);
	else if (!rset)
		put_mail(c, j);
	smtp_conn_enter(c, rset ? CONN_RSET : CONN_MAIL);
}

/* What this server said it cannot take; NULL: it can. */
static const char *unfit(const struct smtp_conn *c, const struct smtp_job *j,
			 struct smtp_enhanced *code)
{
	if (c->caps.size_max != 0 && j->bytes.n > c->caps.size_max) {
		*code = (struct smtp_enhanced){5, 3, 4};
		return "the message is larger than the server accepts";
	}
	if (j->utf8 && !(c->caps.flags & SMTP_CAP_SMTPUTF8)) {
		*code = (struct smtp_enhanced){5, 6, 7};
		return "the address is international, and the server does not take such";
	}
	if (j->eight_bit && !(c->caps.flags & SMTP_CAP_8BITMIME)) {
		*code = (struct smtp_enhanced){5, 6, 3};
		return "the message has 8-bit bytes, and the server does not take such";
	}
	return NULL;
}

static struct smtp_job *take_fitting(struct smtp_conn *c)
{
	struct smtp_job *j;
	while ((j = smtp_server_take(c->server)) != NULL) {
		struct smtp_verdict v = {.phase = SMTP_PHASE_MAIL};
		v.text = unfit(c, j, &v.enhanced);
		if (v.text == NULL)
			return j;
		smtp_report_open(c->pool, j, SMTP_FAILED, &v);
	}
	return NULL;
}

void smtp_talk_next(struct smtp_conn *c)
{
	struct smtp_job *j;
	/* A reply nobody asked for: from here on we could not tell whose is whose. */
	if (c->in_n > c->in_at) {
		smtp_conn_fail(c, NULL, "the server said more than it was asked");
		return;
	}
	if (c->pool->stop_at_us != 0 || c->messages >= c->server->conf.messages_max) {
		smtp_talk_quit(c);
		return;
	}
	j = take_fitting(c);
	if (j != NULL) {
		begin(c, j);
		return;
	}
	smtp_conn_enter(c, CONN_IDLE);
	c->next_idle = c->server->idle;
	c->server->idle = c;
	c->kept = c->rested = true;
}

void smtp_talk_quit(struct smtp_conn *c)
{
	struct smtp_pool *p = c->pool;
	struct smtp_server *s = c->server;
	ASSERT(c->job == NULL && c->ready);
	smtp_server_unidle(c);
	s->conns--;
	buf_z(&c->out, "QUIT\r\n");
	smtp_conn_enter(c, CONN_QUIT);
	smtp_server_kick(p, s);
}

/* The transaction is over, one way or the other. */
static void done(struct smtp_conn *c)
{
	ASSERT(c->job == NULL);
	smtp_talk_next(c);
}

static enum smtp_outcome refused(const struct smtp_conn *c, const struct smtp_reply *r)
{
	/* RFC 5321 section 4.5.3.1.10: some say "too many recipients" with 552 and mean 452. */
	if (c->state == CONN_RCPT && r->code == 552)
		return SMTP_DEFERRED;
	/* RFC 4954 section 6: who we are was not accepted. That is for us to mend, not the lead. */
	if (r->code == 530 || r->code == 534 || r->code == 535 || r->code == 538)
		return SMTP_DEFERRED;
	return r->code / 100 == 5 ? SMTP_FAILED : SMTP_DEFERRED;
}

/* All recipients that have no result yet get this one; the conversation goes on without a job. */
static void refuse_all(struct smtp_conn *c, const struct smtp_reply *r)
{
	struct smtp_job *j = c->job;
	struct smtp_verdict v = {.phase = smtp_conn_phase(c), .reply = r};
	enum smtp_outcome outcome = refused(c, r);
	c->job = NULL;
	if (j != NULL)
		smtp_report_open(c->pool, j, outcome, &v);
}

/* To the front of the line; when the pool stops nothing is begun any more. */
static void put_back(struct smtp_conn *c, struct smtp_job *j)
{
	struct smtp_verdict v = {.phase = SMTP_PHASE_QUEUE, .text = "the pool stopped"};
	if (c->pool->stop_at_us == 0)
		smtp_server_put_back(c->pool, j);
	else
		smtp_report_open(c->pool, j, SMTP_DEFERRED, &v);
}

/* Some that offer PIPELINING take an envelope behind a message for one that came out of order
 * (503), or for the work of a machine that does not listen (554). Whether that was meant for the
 * mail shows when it goes alone; until then, so do all others to this server. */
static bool refused_ahead(struct smtp_conn *c, const struct smtp_reply *r)
{
	struct smtp_job *j = c->job;
	if (!c->was_ahead || (r->code != 503 && r->code != 554))
		return false;
	j->in_doubt = true;
	c->server->doubts++;
	c->job = NULL;
	put_back(c, j);
	return true;
}

/* Taken alone: it was the place behind a message that the server refused, and none goes there any
 * more. Refused alone too: it was the mail. */
static void settle_doubt(struct smtp_conn *c, bool taken)
{
	if (c->was_ahead || !c->job->in_doubt)
		return;
	c->job->in_doubt = false;
	c->server->doubts--;
	c->server->one_by_one |= taken;
}

static void on_rset(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (!good(r)) {
		smtp_conn_fail(c, r, NULL);
		return;
	}
	if (!pipelined(c))
		put_mail(c, c->job);
	smtp_conn_enter(c, CONN_MAIL);
}

static void on_mail(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (!good(r) && !bad(r)) {
		no_sense(c);
		return;
	}
	c->mail_ok = good(r);
	settle_doubt(c, c->mail_ok);
	if (!c->mail_ok && !refused_ahead(c, r))
		refuse_all(c, r);
	if (!c->mail_ok && !pipelined(c)) {
		done(c);
		return;
	}
	if (!pipelined(c))
		put_rcpt(c, c->job, 0);
	smtp_conn_enter(c, CONN_RCPT);
}

static void after_rcpts(struct smtp_conn *c)
{
	if (c->job == NULL && !pipelined(c)) {
		c->rset_first = true;
		done(c);
		return;
	}
	if (!pipelined(c))
		put_data(c);
	smtp_conn_enter(c, CONN_DATA);
}

static void refuse_rcpt(struct smtp_conn *c, const struct smtp_reply *r)
{
	struct smtp_job *j = c->job;
	struct smtp_verdict v = {.phase = SMTP_PHASE_RCPT, .reply = r};
	if ((j->open & (j->open - 1)) == 0)
		c->job = NULL; /* the last one without a result: the report ends the job */
	smtp_report_one(c->pool, j, c->rcpt, refused(c, r), &v);
}

static void on_rcpt(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (!good(r) && !bad(r)) {
		no_sense(c);
		return;
	}
	if (c->job != NULL && good(r))
		c->job->accepted |= UINT64_C(1) << c->rcpt;
	else if (c->job != NULL)
		refuse_rcpt(c, r);
	if (++c->rcpt == c->rcpt_count) {
		after_rcpts(c);
		return;
	}
	if (!pipelined(c))
		put_rcpt(c, c->job, c->rcpt);
	smtp_conn_enter(c, CONN_RCPT);
}

static void on_data(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (bad(r)) {
		refuse_all(c, r);
		c->rset_first = c->mail_ok;
		done(c);
	} else if (r->code != 354) {
		no_sense(c);
	} else if (c->job == NULL) {
		/* It refused everybody and wants the message all the same: it gets none. */
		smtp_conn_fail(c, NULL, "the server wants a message for nobody");
	} else {
		ASSERT(c->job->open != 0 && c->job->open == (c->job->open & c->job->accepted));
		c->body = c->job->bytes;
		c->line_start = true;
		c->dot_queued = false;
		smtp_conn_enter(c, CONN_BODY);
		smtp_talk_body_fill(c);
	}
}

/* One round trip less, where the server answers at once: behind a slow one a mail waits in the
 * line, for whichever conversation is free first. */
static bool may_go_ahead(const struct smtp_conn *c)
{
	const struct smtp_server *s = c->server;
	return c->quick && pipelined(c) && !s->one_by_one && s->doubts == 0 &&
	       c->pool->stop_at_us == 0 && c->messages < s->conf.messages_max &&
	       c->out.n + ENVELOPE_ROOM < SMTP_OUT_BYTES;
}

void smtp_talk_body_fill(struct smtp_conn *c)
{
	ASSERT(c->state == CONN_BODY && !c->dot_queued);
	smtp_stuff(&c->body, &c->line_start, SMTP_PIECE_BYTES, &c->out);
	if (c->body.n > 0)
		return;
	const struct smtp_listener *l = &c->pool->conf.listener;
	if (l->on_last_byte != NULL)
		l->on_last_byte(l->ctx, c->job->place);
	buf_z(&c->out, ".\r\n"); /* the message ends with CRLF: smtp_message_check */
	c->dot_queued = true;
	c->dot_at = c->out.n;
	if (may_go_ahead(c))
		c->ahead = take_fitting(c);
	if (c->ahead != NULL)
		put_envelope(c, c->ahead);
}

void smtp_talk_give_back(struct smtp_conn *c)
{
	struct smtp_job *j = c->ahead;
	if (j == NULL)
		return; /* or it is gone already */
	c->ahead = NULL;
	c->gone = true;
	put_back(c, j);
}

/* Behind a message: with the job whose envelope is written already, or the next one. */
static void go_on(struct smtp_conn *c)
{
	if (c->pool->stop_at_us != 0)
		smtp_talk_give_back(c); /* nothing is begun any more */
	struct smtp_job *j = c->ahead;
	ASSERT(c->job == NULL);
	c->ahead = NULL;
	if (j != NULL) {
		take(c, j);
		c->was_ahead = true;
		smtp_conn_enter(c, CONN_MAIL);
	} else if (c->gone) {
		/* It will ask for a message nobody sends, and would read a command as one. */
		struct smtp_pool *p = c->pool;
		struct smtp_server *s = c->server;
		smtp_conn_close(c);
		smtp_server_kick(p, s);
	} else {
		done(c);
	}
}

/* Before the dot is out. A refusal counts; the rest of the message would be read as commands. */
static void on_early(struct smtp_conn *c, const struct smtp_reply *r)
{
	if (bad(r)) {
		refuse_all(c, r);
		smtp_conn_fail(c, r, NULL);
	} else {
		no_sense(c);
	}
}

static void on_dot(struct smtp_conn *c, const struct smtp_reply *r)
{
	struct smtp_job *j = c->job;
	struct smtp_verdict v = {.phase = SMTP_PHASE_DOT, .reply = r};
	c->quick = c->pool->now_us - c->dot_us < c->pool->conf.quick_us;
	if (bad(r)) {
		refuse_all(c, r);
		if (r->code == 421)
			smtp_conn_fail(c, r, NULL);
		else
			go_on(c);
	} else if (good(r)) {
		c->job = NULL;
		smtp_report_open(c->pool, j, SMTP_SENT, &v);
		go_on(c);
	} else {
		no_sense(c);
	}
}

static void on_quit(struct smtp_conn *c, const struct smtp_reply *r)
{
	(void)r; /* whatever it says */
	smtp_conn_close(c);
}

/* In between: the server hangs up, with or without a good word. */
static void on_unasked(struct smtp_conn *c, const struct smtp_reply *r)
{
	smtp_conn_fail(c, r, NULL);
}
