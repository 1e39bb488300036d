/* SPDX-License-Identifier: Apache-2.0
 * refold.c: see refold.h. A crash at any line leaves the old state in its place, or the new one:
 * between them is one rename, and a write-ahead log of the old file is gone before it. */
#include "node/refold.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/time.h"
#include "model/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAY_EVERY_US (2 * US_PER_S)
#define MIXED STR("fold_mixed") /* in TABLE_LOCAL: for which build the log was too short */

static PRINTF_LIKE(2, 3) void say(const struct refold *r, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof line, fmt, ap); /* cut text is still text */
	va_end(ap);
	if (r->say != NULL)
		r->say(r->ctx, line);
}

/* ---- a log that is too short ---- */

bool node_fold_mixed(struct store *s)
{
	struct arena a;
	struct str text;
	uint64_t build = 0;
	arena_init(&a, 4096);
	bool mixed = store_get(s, TABLE_LOCAL, KEY_BYTES(MIXED), &a, &text, NULL) == ST_OK &&
		     str_to_u64(text, &build) && build == ENGINE_FOLD_VERSION;
	arena_finish(&a);
	return mixed;
}

static enum status go_on_mixed(const struct refold *r, struct store *s, const char *why,
			       struct err *e)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%u", ENGINE_FOLD_VERSION);
	say(r, "the state goes on as another build has folded it: %s", why);
	enum status st = engine_lists_write(s, e);
	if (st != ST_OK)
		return st;
	return store_put(s, TABLE_LOCAL, KEY_BYTES(MIXED), str_n(text, (size_t)n), e);
}

/* ---- beside the old one ---- */

static void file_of(const struct refold *r, bool fresh, const char *tail, char out[NODE_PATH_MAX])
{
	char name[64];
	(void)snprintf(name, sizeof name, "state.db%s%s", fresh ? ".new" : "", tail);
	(void)node_path(r->dir, name, out);
}

static enum status clear(const struct refold *r, bool fresh, struct err *e)
{
	static const char *const tails[] = {"-wal", "-shm", ""};
	char path[NODE_PATH_MAX];
	for (size_t i = 0; i < (fresh ? 3 : 2); i++) {
		file_of(r, fresh, tails[i], path);
		if (unlink(path) != 0 && errno != ENOENT)
			return err_set(e, ST_IO, "cannot remove %s: %s", path, strerror(errno));
	}
	return ST_OK;
}

static enum status fold(const struct refold *r, struct engine *en, uint64_t of, struct err *e)
{
	size_t done;
	enum status st;
	struct engine_stats s;
	int64_t said = clock_mono_us();
	do {
		st = engine_run(en, &done, e);
		engine_stats(en, &s);
		if (clock_mono_us() - said < SAY_EVERY_US)
			continue;
		said = clock_mono_us();
		say(r, "folding anew: %llu of %llu events", (unsigned long long)s.cursor,
		    (unsigned long long)of);
	} while (st == ST_OK && done > 0);
	return st;
}

struct carry {
	struct store *to;
	enum status st;
	struct err *e;
};

static bool carry_row(void *ctx, struct store_key key, struct str value)
{
	struct carry *c = ctx;
	c->st = store_put(c->to, TABLE_LOCAL, key, value, c->e);
	return c->st == ST_OK;
}

/* ---- the same mails ---- */

struct mails {
	struct store *fresh;
	struct arena a;
	bool same;
	enum status st;
	struct err *e;
};

static bool same_mail(const struct message *x, const struct message *y)
{
	return x->lead == y->lead && x->handoff == y->handoff &&
	       (x->attempts > 0) == (y->attempts > 0) && str_eq(x->message, y->message) &&
	       str_eq(x->angle, y->angle) && str_eq(x->channel, y->channel) &&
	       str_eq(x->address, y->address);
}

static bool find_mail(void *ctx, struct store_key key, struct str value)
{
	struct mails *m = ctx;
	struct message was, is;
	struct str row;
	arena_reset(&m->a);
	m->st = message_decode(key.num, value, &m->a, &was, m->e);
	if (m->st != ST_OK || was.attempts == 0)
		return m->st == ST_OK; /* it was never handed to anybody */
	m->st = store_get(m->fresh, TABLE_MESSAGE, KEY_NUM(key.num), &m->a, &row, m->e);
	m->same = m->st == ST_OK;
	if (m->st == ST_OK)
		m->st = message_decode(key.num, row, &m->a, &is, m->e);
	else if (m->st == ST_NOT_FOUND)
		m->st = ST_OK;
	m->same = m->same && m->st == ST_OK && same_mail(&was, &is);
	return m->same;
}

/* Answers, links and replies name a mail by its number alone. Where this build would have sent
 * other mails, numbers of those that left would mean others: their answers would be taken for
 * these, and what has left would leave again. */
static enum status same_mails(struct store *old, struct store *fresh, bool *same_r, struct err *e)
{
	struct mails m = {.fresh = fresh, .same = true, .st = ST_OK, .e = e};
	arena_init(&m.a, (size_t)4 << 20);
	enum status st = store_scan(old, TABLE_MESSAGE, SCAN_ALL, find_mail, &m, e);
	arena_finish(&m.a);
	*same_r = m.same;
	return st == ST_OK ? m.st : st;
}

static enum status fold_anew(const struct refold *r, struct store *old, uint64_t of, bool *same_r,
			     struct err *e)
{
	char path[NODE_PATH_MAX];
	struct store *fresh = NULL;
	struct engine *en = NULL;
	struct store_conf conf = *r->conf;
	file_of(r, true, "", path);
	conf.path = path;
	enum status st = clear(r, true, e);
	if (st == ST_OK)
		st = store_open_sqlite(&conf, &fresh, e);
	/* Nothing is handed over: what is `sending` at the end is a daemon's to settle. */
	const struct engine_conf ec = {.log = r->log, .store = fresh, .seed = r->seed};
	if (st == ST_OK)
		st = engine_open(&ec, &en, e);
	if (st == ST_OK)
		st = fold(r, en, of, e);
	if (st == ST_OK)
		st = same_mails(old, fresh, same_r, e);
	struct carry c = {fresh, ST_OK, e};
	if (st == ST_OK)
		st = store_scan(old, TABLE_LOCAL, SCAN_ALL, carry_row, &c, e);
	if (st == ST_OK)
		st = c.st;
	if (st == ST_OK)
		st = store_sync(fresh, e);
	engine_close(&en);
	store_close(&fresh);
	return st;
}

/* The old file's log goes first: beside the new file it would be taken for that one's. */
static enum status put_in_place(const struct refold *r, struct err *e)
{
	char from[NODE_PATH_MAX], to[NODE_PATH_MAX];
	file_of(r, true, "-wal", from);
	if (access(from, F_OK) == 0)
		return err_set(e, ST_IO, "%s was not written into its file", from);
	enum status st = clear(r, false, e);
	file_of(r, true, "", from);
	file_of(r, false, "", to);
	if (st == ST_OK && rename(from, to) != 0)
		st = err_set(e, ST_IO, "cannot put %s in place: %s", from, strerror(errno));
	return st == ST_OK ? file_sync_folder(to, e) : st;
}

enum status refold(const struct refold *r, struct store **state, struct err *e)
{
	bool empty, same = true;
	uint64_t version;
	struct log_stats ls;
	enum status st = engine_fold_read(*state, &version, &empty, e);
	if (st != ST_OK || empty || version == ENGINE_FOLD_VERSION || node_fold_mixed(*state))
		return st;
	log_stats(r->log, &ls);
	if (ls.first_seq > 1)
		return go_on_mixed(r, *state, "retention has dropped the log's beginning", e);
	say(r,
	    "the state was folded by another build (form %llu, this one writes %u): %llu events "
	    "are folded anew from the log",
	    (unsigned long long)version, ENGINE_FOLD_VERSION,
	    (unsigned long long)(ls.next_seq - 1));
	st = fold_anew(r, *state, ls.next_seq - 1, &same, e);
	if (st != ST_OK || !same)
		(void)clear(r, true, NULL); /* its room is wanted */
	if (st == ST_CORRUPT)               /* a record that was thinned: its words name it */
		return go_on_mixed(r, *state, e->text, e);
	if (st != ST_OK)
		return err_wrap(e, "folding the state anew");
	if (!same)
		return go_on_mixed(r, *state,
				   "this build would have sent other mails than those "
				   "that left",
				   e);
	store_close(state);
	st = put_in_place(r, e);
	if (st == ST_OK)
		st = store_open_sqlite(r->conf, state, e);
	if (st == ST_OK)
		say(r, "folded anew: %llu events", (unsigned long long)(ls.next_seq - 1));
	return st;
}
