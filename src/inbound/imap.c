/* SPDX-License-Identifier: Apache-2.0
 * imap.c: the fetcher's thread:
 *
 *   pause -> connect -> log in -> select -> settle -> take what is new -> wait -+
 *     ^                                                ^                        |
 *     +--- anything went wrong                         +------------------------+
 *
 * Settling: a message that was durable when we were killed, but not yet marked, is marked now. One
 * message is in memory at a time. */
#include "inbound/imap.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "inbound/imap_talk.h"
#include "inbound/stream.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define COMMAND_BYTES_MAX 8192u

struct inbound_imap {
	struct inbound_imap_conf conf;
	pthread_t thread;
	pthread_mutex_t lock; /* of state */
	struct inbound_imap_state state;
	int stop_fd;
	atomic_bool stopping;

	/* Of one connection; the thread's own. */
	struct stream *stream;
	struct imap_talk talk;
	struct inbound_imap_cursor cursor;
	bool renumbered;
};

/* ---- small things ---- */

static enum status source_read(void *ctx, char *p, size_t bytes_max, size_t *got_r, struct err *e)
{
	struct inbound_imap *f = ctx;
	return stream_read(f->stream, p, bytes_max, got_r, e);
}

static enum status source_write(void *ctx, struct str bytes, struct err *e)
{
	struct inbound_imap *f = ctx;
	return stream_write(f->stream, bytes, e);
}

static PRINTF_LIKE(4, 5) enum status
	say(struct inbound_imap *f, const char *what, struct err *e, const char *fmt, ...)
{
	char command[256];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(command, sizeof command, fmt, args);
	va_end(args);
	ASSERT(n > 0 && (size_t)n < sizeof command);
	return imap_talk_command(&f->talk, what, str_of(command), e);
}

static void publish(struct inbound_imap *f, bool connected, uint64_t taken)
{
	pthread_mutex_lock(&f->lock);
	bool was = f->state.connected;
	f->state.connected = connected;
	f->state.taken += taken;
	f->state.cursor = f->cursor;
	struct inbound_imap_state now = f->state;
	pthread_mutex_unlock(&f->lock);
	if (was != connected && f->conf.changed != NULL)
		f->conf.changed(f->conf.ctx, &now);
}

static bool stopping(const struct inbound_imap *f)
{
	return atomic_load_explicit(&f->stopping, memory_order_acquire);
}

/* ---- logging in ---- */

static enum status secure(struct inbound_imap *f, struct err *e)
{
	enum status st = stream_secure(f->stream, e);
	imap_talk_forget(&f->talk);
	return st;
}

static enum status greet(struct inbound_imap *f, struct err *e)
{
	enum status st = f->conf.security == INBOUND_IMAP_TLS ? secure(f, e) : ST_OK;
	if (st == ST_OK)
		st = imap_talk_greet(&f->talk, e);
	if (st != ST_OK || f->conf.security != INBOUND_IMAP_STARTTLS)
		return st;
	st = say(f, "STARTTLS", e, "STARTTLS");
	return st == ST_OK ? secure(f, e) : st;
}

static enum status login_bearer(struct inbound_imap *f, struct err *e)
{
	struct buf plain, command;
	buf_init(&plain, COMMAND_BYTES_MAX);
	buf_init(&command, 2 * COMMAND_BYTES_MAX);
	buf_printf(&plain, "user=%s\001auth=Bearer %s\001\001", f->conf.user, f->conf.password);
	if (f->talk.can_sasl_ir)
		buf_z(&command, "AUTHENTICATE XOAUTH2 ");
	base64_encode(buf_view(&plain), &command);
	enum status st = ST_OK;
	if (f->talk.can_sasl_ir) {
		st = imap_talk_command(&f->talk, "the access token", buf_view(&command), e);
	} else {
		buf_z(&command, "\r\n");
		st = imap_talk_begin(&f->talk, "XOAUTH2", STR("AUTHENTICATE XOAUTH2"), e);
		if (st == ST_OK)
			st = imap_talk_send(&f->talk, buf_view(&command), e);
		if (st == ST_OK)
			st = imap_talk_end(&f->talk, "the access token", e);
	}
	buf_finish(&plain);
	buf_finish(&command);
	return st;
}

static enum status login(struct inbound_imap *f, struct err *e)
{
	enum status st = say(f, "CAPABILITY", e, "CAPABILITY");
	if (st != ST_OK)
		return st;
	if (f->conf.security != INBOUND_IMAP_PLAIN && !stream_is_secure(f->stream))
		return err_set(e, ST_DENIED, "no password is sent without TLS");
	if (f->conf.bearer)
		return login_bearer(f, e);
	if (f->talk.no_login)
		return err_set(e, ST_DENIED, "the IMAP server takes no passwords here");
	struct buf command;
	buf_init(&command, COMMAND_BYTES_MAX);
	buf_z(&command, "LOGIN ");
	imap_talk_quote(&command, f->conf.user);
	buf_byte(&command, ' ');
	imap_talk_quote(&command, f->conf.password);
	st = imap_talk_command(&f->talk, "user and password", buf_view(&command), e);
	buf_finish(&command);
	return st == ST_OK ? say(f, "CAPABILITY", e, "CAPABILITY") : st;
}

static enum status named_command(struct inbound_imap *f, const char *what, struct str before,
				 const char *name, struct err *e)
{
	struct buf command;
	buf_init(&command, COMMAND_BYTES_MAX);
	buf_str(&command, before);
	imap_talk_quote(&command, name);
	enum status st = imap_talk_command(&f->talk, what, buf_view(&command), e);
	buf_finish(&command);
	return st;
}

static enum status select_folder(struct inbound_imap *f, struct err *e)
{
	f->talk.uid_validity = 0;
	enum status st = named_command(f, "the folder", STR("SELECT "), f->conf.folder, e);
	if (st != ST_OK)
		return st;
	if (f->talk.uid_validity == 0)
		return err_set(e, ST_CORRUPT, "the IMAP server numbers no messages");
	f->renumbered = f->talk.uid_validity != f->cursor.uid_validity;
	if (f->renumbered)
		f->cursor = (struct inbound_imap_cursor){f->talk.uid_validity, 0};
	return ST_OK;
}

/* ---- messages ---- */

/* Marks one message as done, the way the settings want it. */
static enum status mark(struct inbound_imap *f, uint32_t uid, struct err *e)
{
	char before[64];
	enum status st;
	if (f->conf.move_to == NULL)
		return say(f, "STORE", e, "UID STORE %u +FLAGS.SILENT (\\Seen)", uid);
	snprintf(before, sizeof before, "UID %s %u ", f->talk.can_move ? "MOVE" : "COPY", uid);
	st = named_command(f, "the folder to move to", str_of(before), f->conf.move_to, e);
	if (st != ST_OK || f->talk.can_move)
		return st;
	st = say(f, "STORE", e, "UID STORE %u +FLAGS.SILENT (\\Seen \\Deleted)", uid);
	if (st != ST_OK || !f->talk.can_uidplus)
		return st; /* deleted for all to see; whoever expunges next takes it away */
	return say(f, "EXPUNGE", e, "UID EXPUNGE %u", uid);
}

/* Gives one message to the taker. Gone meanwhile: ST_OK, and nothing is given. */
static enum status take_one(struct inbound_imap *f, uint32_t uid, struct err *e)
{
	struct imap_talk *t = &f->talk;
	t->fetched = false;
	enum status st = say(f, "FETCH", e, "UID FETCH %u (UID RFC822.SIZE BODY.PEEK[]<0.%zu>)",
			     uid, f->conf.message_bytes_max);
	if (st != ST_OK)
		return st;
	struct inbound_imap_cursor next = {f->cursor.uid_validity, uid};
	bool given = t->fetched && t->fetch_uid == uid;
	if (given) {
		struct inbound_imap_message m = {
			.bytes = buf_view(&t->literal),
			.cut = t->literal_cut || t->fetch_size > f->conf.message_bytes_max,
			.renumbered = f->renumbered,
			.cursor = next,
		};
		st = f->conf.take(f->conf.ctx, &m, e);
		if (st != ST_OK)
			return st;
	}
	f->cursor = next;
	publish(f, true, given ? 1 : 0);
	return given ? mark(f, uid, e) : ST_OK;
}

static int by_uid(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static enum status search(struct inbound_imap *f, const char *criteria, struct err *e)
{
	f->talk.uid_count = 0;
	enum status st = say(f, "SEARCH", e, "UID SEARCH %s", criteria);
	if (st == ST_OK)
		qsort(f->talk.uids, f->talk.uid_count, sizeof *f->talk.uids, by_uid);
	return st;
}

/* What is durable and unmarked: we were killed between the two. */
static enum status settle(struct inbound_imap *f, struct err *e)
{
	char criteria[64];
	if (f->cursor.uid == 0)
		return ST_OK;
	snprintf(criteria, sizeof criteria, "UNSEEN UID 1:%u", f->cursor.uid);
	enum status st = search(f, criteria, e);
	for (size_t i = 0; i < f->talk.uid_count && st == ST_OK; i++)
		if (f->talk.uids[i] <= f->cursor.uid)
			st = mark(f, f->talk.uids[i], e);
	return st;
}

static enum status take_new(struct inbound_imap *f, struct err *e)
{
	char criteria[64];
	/* "n:*" always names the last message, be it below n. */
	snprintf(criteria, sizeof criteria, "%sUID %u:*", f->renumbered ? "UNSEEN " : "",
		 f->cursor.uid + 1);
	enum status st = search(f, criteria, e);
	for (size_t i = 0; i < f->talk.uid_count && st == ST_OK && !stopping(f); i++)
		if (f->talk.uids[i] > f->cursor.uid)
			st = take_one(f, f->talk.uids[i], e);
	return st;
}

/* ---- waiting ---- */

static enum status idle(struct inbound_imap *f, struct err *e)
{
	uint32_t before = f->talk.exists;
	enum status st = imap_talk_begin(&f->talk, "IDLE", STR("IDLE"), e);
	int64_t end_us = clock_mono_us() + f->conf.idle_us;
	while (st == ST_OK && f->talk.exists == before && !f->talk.bye) {
		int64_t left_us = end_us - clock_mono_us();
		if (f->talk.in_at == f->talk.in_n)
			st = stream_wait(f->stream, left_us > 0 ? left_us : 0, e);
		if (st == ST_OK)
			st = imap_talk_response(&f->talk, e);
	}
	if (st != ST_OK && st != ST_TIMEOUT)
		return st;
	st = imap_talk_send(&f->talk, STR("DONE\r\n"), e);
	return st == ST_OK ? imap_talk_end(&f->talk, "IDLE", e) : st;
}

/* Until there may be more, or somebody says stop. */
static enum status wait_for_more(struct inbound_imap *f, struct err *e)
{
	if (f->talk.can_idle)
		return idle(f, e);
	enum status st = stream_wait(f->stream, f->conf.poll_us, e);
	return st == ST_TIMEOUT || st == ST_OK ? say(f, "NOOP", e, "NOOP") : st;
}

static enum status converse(struct inbound_imap *f, struct err *e)
{
	enum status st = greet(f, e);
	if (st == ST_OK)
		st = login(f, e);
	if (st == ST_OK)
		st = select_folder(f, e);
	if (st == ST_OK)
		st = settle(f, e);
	if (st == ST_OK)
		publish(f, true, 0);
	while (st == ST_OK && !stopping(f)) {
		st = take_new(f, e);
		if (st == ST_OK && !stopping(f))
			st = wait_for_more(f, e);
	}
	if (st == ST_OK)
		st = say(f, "LOGOUT", e, "LOGOUT");
	return st;
}

static enum status round_trip(struct inbound_imap *f, struct err *e)
{
	struct stream_conf conf = {f->conf.host, f->conf.port, f->conf.ca_path, f->conf.timeout_us,
				   f->stop_fd};
	struct imap_source source = {source_read, source_write, f};
	enum status st = stream_open(&conf, &f->stream, e);
	if (st != ST_OK)
		return st;
	imap_talk_init(&f->talk, source, f->conf.message_bytes_max);
	st = converse(f, e);
	imap_talk_finish(&f->talk);
	stream_close(&f->stream);
	return st;
}

/* ---- the thread ---- */

static void pause_for(struct inbound_imap *f, int64_t us)
{
	struct pollfd fd = {.fd = f->stop_fd, .events = POLLIN};
	int64_t end_us = clock_mono_us() + us;
	while (!stopping(f) && clock_mono_us() < end_us)
		(void)poll(&fd, 1, (int)((end_us - clock_mono_us()) / 1000 + 1));
}

static void failed(struct inbound_imap *f, const struct err *e)
{
	pthread_mutex_lock(&f->lock);
	f->state.connected = false;
	f->state.failures++;
	f->state.last = *e;
	struct inbound_imap_state now = f->state;
	pthread_mutex_unlock(&f->lock);
	if (f->conf.changed != NULL)
		f->conf.changed(f->conf.ctx, &now);
}

static void *run(void *fetcher)
{
	struct inbound_imap *f = fetcher;
	int64_t pause_us = f->conf.pause_first_us;
	sigset_t pipe;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE); /* TLS writes with write(): a peer that is gone is an error */
	(void)pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	while (!stopping(f)) {
		struct err e = {0};
		uint64_t before = f->state.taken;
		if (round_trip(f, &e) == ST_OK || stopping(f))
			continue;
		failed(f, &e);
		if (f->state.taken > before)
			pause_us = f->conf.pause_first_us;
		pause_for(f, pause_us);
		pause_us =
			pause_us > f->conf.pause_max_us / 2 ? f->conf.pause_max_us : 2 * pause_us;
	}
	return NULL;
}

static bool is_plain(const char *z)
{
	for (; z != NULL && *z != '\0'; z++)
		if ((unsigned char)*z < ' ' || *z == 127)
			return false;
	return z != NULL;
}

static enum status check(const struct inbound_imap_conf *c, struct err *e)
{
	if (c->host == NULL || c->host[0] == '\0' || c->port == 0 || c->port > 65535)
		return err_set(e, ST_INVALID, "an IMAP server needs a host and a port");
	if (!is_plain(c->user) || !is_plain(c->password) || !is_plain(c->folder) ||
	    (c->move_to != NULL && !is_plain(c->move_to)))
		return err_set(e, ST_INVALID,
			       "user, password and folders are needed, without control characters");
	if (strlen(c->user) + strlen(c->password) > COMMAND_BYTES_MAX / 2 - 64 ||
	    strlen(c->folder) > 1000 || (c->move_to != NULL && strlen(c->move_to) > 1000))
		return err_set(e, ST_LIMIT, "user, password or folder is too long");
	if (c->message_bytes_max == 0 || c->message_bytes_max > UINT32_MAX || c->poll_us <= 0 ||
	    c->idle_us <= 0 || c->timeout_us <= 0 || c->pause_first_us <= 0 ||
	    c->pause_max_us < c->pause_first_us)
		return err_set(e, ST_INVALID, "times and sizes must be above zero");
	return ST_OK;
}

enum status inbound_imap_start(const struct inbound_imap_conf *conf, struct inbound_imap **out,
			       struct err *e)
{
	ASSERT(conf->take != NULL);
	enum status st = check(conf, e);
	if (st != ST_OK)
		return st;
	struct inbound_imap *f = mem_alloc(sizeof *f);
	f->conf = *conf;
	f->cursor = f->state.cursor = conf->cursor;
	f->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT(f->stop_fd >= 0);
	ASSERT(pthread_mutex_init(&f->lock, NULL) == 0);
	ASSERT(pthread_create(&f->thread, NULL, run, f) == 0);
	*out = f;
	return ST_OK;
}

void inbound_imap_look(struct inbound_imap *f, struct inbound_imap_state *out)
{
	pthread_mutex_lock(&f->lock);
	*out = f->state;
	pthread_mutex_unlock(&f->lock);
}

void inbound_imap_stop(struct inbound_imap **fetcher)
{
	struct inbound_imap *f = *fetcher;
	uint64_t one = 1;
	if (f == NULL)
		return;
	atomic_store_explicit(&f->stopping, true, memory_order_release);
	ASSERT(write(f->stop_fd, &one, sizeof one) == (ssize_t)sizeof one);
	ASSERT(pthread_join(f->thread, NULL) == 0);
	pthread_mutex_destroy(&f->lock);
	close(f->stop_fd);
	mem_free(f);
	*fetcher = NULL;
}
