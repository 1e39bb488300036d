/* SPDX-License-Identifier: Apache-2.0
 * inbox.c: one table in a file of its own. */
#include "deliver/inbox.h"

#include "base/assert.h"
#include "node/node.h"
#include "sqlite/sqlite.h"

#define APPLICATION_ID 0x6e727469u /* "nrti" */
#define SWEEP_EVERY 64             /* a mail leaves some 40 KB in the write-ahead log */

struct inbox {
	struct sqlite *db;
	struct sqlite_stmt *put, *sweep, *list, *get, *of_message;
	unsigned puts;
};

static const char *const schema[] = {
	"CREATE TABLE mail (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
	" message INTEGER NOT NULL, lead INTEGER NOT NULL, recipient TEXT NOT NULL,"
	" sender TEXT NOT NULL, return_path TEXT NOT NULL, subject TEXT NOT NULL,"
	" bytes BLOB NOT NULL) STRICT;"
	"CREATE INDEX mail_message ON mail (message);"
	"CREATE INDEX mail_recipient ON mail (recipient, id);",
};

#define COLUMNS "SELECT id, at, message, lead, recipient, sender, return_path, subject"

static enum status prepare(struct inbox *in, struct err *e)
{
	static const char put[] = "INSERT INTO mail (at, message, lead, recipient, sender, "
				  "return_path, subject, bytes) VALUES (?,?,?,?,?,?,?,?)";
	static const char sweep[] = "DELETE FROM mail WHERE id <= (SELECT max(id) FROM mail) - ?";
	static const char list[] =
		COLUMNS " FROM mail WHERE id < ?1 AND (?2 = '' OR recipient = ?2)"
			" ORDER BY id DESC LIMIT ?3";
	static const char get[] = COLUMNS ", bytes FROM mail WHERE id = ?";
	static const char of_message[] =
		COLUMNS ", bytes FROM mail WHERE message = ? ORDER BY id DESC LIMIT 1";
	enum status st = sqlite_prepare(in->db, put, &in->put, e);
	if (st == ST_OK)
		st = sqlite_prepare(in->db, sweep, &in->sweep, e);
	if (st == ST_OK)
		st = sqlite_prepare(in->db, list, &in->list, e);
	if (st == ST_OK)
		st = sqlite_prepare(in->db, get, &in->get, e);
	return st == ST_OK ? sqlite_prepare(in->db, of_message, &in->of_message, e) : st;
}

enum status inbox_open(const char *dir, struct inbox **out, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct inbox *in = mem_alloc(sizeof *in);
	const struct sqlite_conf conf = {.path = node_path(dir, "inbox.db", path),
					 .lazy_sync = true};
	enum status st = sqlite_open(&conf, &in->db, e);
	if (st == ST_OK)
		st = sqlite_migrate(in->db, APPLICATION_ID, schema,
				    sizeof schema / sizeof schema[0], e);
	if (st == ST_OK)
		st = prepare(in, e);
	if (st != ST_OK)
		inbox_close(&in);
	else
		*out = in;
	return st;
}

/* No thread for a file of trials: what was written goes into it here. While somebody looks it does
 * not, and the next time does it. */
static void copy_written(struct inbox *in)
{
	bool copied = sqlite_wal_truncate(in->db, NULL) == ST_OK;
	(void)copied;
}

void inbox_close(struct inbox **in)
{
	if (*in == NULL)
		return;
	if ((*in)->puts > 0)
		copy_written(*in);
	sqlite_close(&(*in)->db);
	mem_free(*in);
	*in = NULL;
}

static enum status sweep(struct inbox *in, struct err *e)
{
	sqlite_bind_i64(in->sweep, 1, INBOX_MAILS_MAX);
	enum status st = sqlite_run(in->sweep, e);
	if (st == ST_OK)
		copy_written(in);
	return st;
}

enum status inbox_put(struct inbox *in, const struct inbox_mail *m, uint64_t *id_r, struct err *e)
{
	bool row;
	sqlite_bind_i64(in->put, 1, m->at_us);
	sqlite_bind_i64(in->put, 2, (int64_t)m->message);
	sqlite_bind_i64(in->put, 3, (int64_t)m->lead);
	sqlite_bind_text(in->put, 4, m->to);
	sqlite_bind_text(in->put, 5, m->from);
	sqlite_bind_text(in->put, 6, m->return_path);
	sqlite_bind_text(in->put, 7, m->subject);
	sqlite_bind_blob(in->put, 8, m->bytes);
	enum status st = sqlite_run(in->put, e);
	if (st == ST_OK && ++in->puts % SWEEP_EVERY == 0)
		st = sweep(in, e);
	if (st != ST_OK || id_r == NULL)
		return st;
	struct sqlite_stmt *last;
	st = sqlite_prepare(in->db, "SELECT last_insert_rowid()", &last, e);
	if (st == ST_OK)
		st = sqlite_step(last, &row, e);
	if (st == ST_OK)
		*id_r = (uint64_t)sqlite_col_i64(last, 0);
	sqlite_finalize(&last);
	return st;
}

static enum status take_row(struct sqlite_stmt *s, bool bytes, struct arena *a,
			    struct inbox_mail *out, struct err *e)
{
	*out = (struct inbox_mail){
		.id = (uint64_t)sqlite_col_i64(s, 0),
		.at_us = sqlite_col_i64(s, 1),
		.message = (uint64_t)sqlite_col_i64(s, 2),
		.lead = (uint64_t)sqlite_col_i64(s, 3),
		.to = arena_str(a, sqlite_col_bytes(s, 4)),
		.from = arena_str(a, sqlite_col_bytes(s, 5)),
		.return_path = arena_str(a, sqlite_col_bytes(s, 6)),
		.subject = arena_str(a, sqlite_col_bytes(s, 7)),
		.bytes = bytes ? arena_str(a, sqlite_col_bytes(s, 8)) : STR(""),
	};
	return out->to.p && out->from.p && out->return_path.p && out->subject.p && out->bytes.p
		       ? ST_OK
		       : err_set(e, ST_LIMIT, "the inbox's mails do not fit");
}

enum status inbox_list(struct inbox *in, const struct inbox_page *page, struct arena *a,
		       struct inbox_mail *out, size_t *n_io, struct err *e)
{
	bool row = true;
	size_t n = 0;
	enum status st = ST_OK;
	sqlite_bind_i64(in->list, 1, page->before > 0 ? (int64_t)page->before : INT64_MAX);
	sqlite_bind_text(in->list, 2, page->to);
	sqlite_bind_i64(in->list, 3, (int64_t)*n_io);
	while (st == ST_OK && row && n < *n_io) {
		st = sqlite_step(in->list, &row, e);
		if (st == ST_OK && row)
			st = take_row(in->list, false, a, &out[n++], e);
	}
	sqlite_reset(in->list);
	if (st == ST_OK)
		*n_io = n;
	return st;
}

static enum status get_one(struct sqlite_stmt *s, uint64_t key, struct arena *a,
			   struct inbox_mail *out, struct err *e)
{
	bool row = false;
	sqlite_bind_i64(s, 1, (int64_t)key);
	enum status st = sqlite_step(s, &row, e);
	if (st == ST_OK)
		st = row ? take_row(s, true, a, out, e)
			 : err_set(e, ST_NOT_FOUND,
				   "no mail %llu in the inbox, which keeps the latest %d",
				   (unsigned long long)key, INBOX_MAILS_MAX);
	sqlite_reset(s);
	return st;
}

enum status inbox_get(struct inbox *in, uint64_t id, struct arena *a, struct inbox_mail *out,
		      struct err *e)
{
	return get_one(in->get, id, a, out, e);
}

enum status inbox_of_message(struct inbox *in, uint64_t message, struct arena *a,
			     struct inbox_mail *out, struct err *e)
{
	return get_one(in->of_message, message, a, out, e);
}
