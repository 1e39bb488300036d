/* SPDX-License-Identifier: Apache-2.0
 * log_sqlite_keep.c: what does not stay: retention, erasure, and the operator's mark over damage.
 *
 * Retention has two moves. Outside the duplicate window a record goes whole. Inside it only the
 * body goes: the key is what makes a resend harmless. It works in bites of one transaction, so an
 * append never waits long. Freed pages are used again by later appends; the file stays as large. */
#include "log/log_sqlite.h"

#include "base/assert.h"

#define BITE 2000 /* records in one transaction of retention */

/* --- retention ---------------------------------------------------------------------------- */

struct retention {
	uint64_t limit;    /* nothing at or past it */
	int64_t age_us;    /* received before this: too old */
	int64_t window_us; /* received before this: outside the duplicate window */
	bool too_large;
};

static enum status used_bytes(struct log_sqlite *l, uint64_t *bytes_r, struct err *e)
{
	int64_t used = 0;
	bool found;
	enum status st = log_sqlite_number(
		l->db,
		"SELECT (page_count-freelist_count)*page_size"
		" FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
		0, &used, &found, e);
	*bytes_r = (uint64_t)used;
	return st;
}

static enum status plan(struct log_sqlite *l, uint64_t cursor, int64_t now_us,
			struct retention *out, struct err *e)
{
	uint64_t used = 0;
	enum status st = l->conf.retain_bytes != 0 ? used_bytes(l, &used, e) : ST_OK;
	/* The last record always stays: it tells the next start where seq and clock are. */
	uint64_t last = l->next_seq - 1;
	*out = (struct retention){
		.limit = cursor < last ? cursor : last,
		.age_us = l->conf.retain_us > 0 ? now_us - l->conf.retain_us : INT64_MIN,
		.window_us = now_us - l->conf.duplicate_window_us,
		.too_large = used > l->conf.retain_bytes,
	};
	return st;
}

/* The last of the first records that may go whole; 0: none. */
static enum status droppable(struct log_sqlite *l, const struct retention *p, uint64_t *upto_r,
			     struct err *e)
{
	struct sqlite_stmt *s;
	bool row = false;
	*upto_r = 0;
	enum status st = sqlite_prepare(l->db,
					"SELECT seq,received_us FROM event WHERE seq>=?"
					" AND seq<? ORDER BY seq LIMIT ?",
					&s, e);
	if (st != ST_OK)
		return st;
	sqlite_bind_i64(s, 1, (int64_t)l->first_seq);
	sqlite_bind_i64(s, 2, (int64_t)p->limit);
	sqlite_bind_i64(s, 3, BITE);
	while ((st = sqlite_step(s, &row, e)) == ST_OK && row) {
		int64_t at_us = sqlite_col_i64(s, 1);
		if (at_us >= p->window_us || !(p->too_large || at_us < p->age_us))
			break;
		*upto_r = (uint64_t)sqlite_col_i64(s, 0);
	}
	sqlite_finalize(&s);
	return st;
}

static enum status run_upto(struct log_sqlite *l, const char *sql, uint64_t bound, struct err *e)
{
	struct sqlite_stmt *s;
	enum status st = sqlite_prepare(l->db, sql, &s, e);
	if (st != ST_OK)
		return st;
	sqlite_bind_i64(s, 1, (int64_t)bound);
	st = sqlite_run(s, e);
	sqlite_finalize(&s);
	return st;
}

static enum status drop(struct log_sqlite *l, const struct retention *p, uint64_t *first_r,
			uint64_t *removed, struct err *e)
{
	uint64_t upto;
	enum status st = droppable(l, p, &upto, e);
	if (st != ST_OK || upto == 0)
		return st;
	st = run_upto(l, "DELETE FROM event WHERE seq<=?", upto, e);
	*removed += (uint64_t)sqlite_changes(l->db);
	if (st == ST_OK)
		st = run_upto(l, "DELETE FROM key_block WHERE block<?", upto / DUPLICATE_BLOCK, e);
	if (st == ST_OK)
		st = run_upto(l, "DELETE FROM skip WHERE seq<=?", upto, e);
	*first_r = upto + 1;
	return st == ST_OK ? log_sqlite_meta_put(l->db, "first_seq", upto + 1, e) : st;
}

static enum status rewrite(struct log_sqlite *l, struct sqlite_stmt *put, struct row *r,
			   struct err *e)
{
	(void)l;
	sqlite_bind_i64(put, 1, (int64_t)r->seq);
	sqlite_bind_i64(put, 2, r->flags);
	sqlite_bind_i64(put, 3, (int64_t)row_sum(r));
	if (r->flags & ROW_ERASED)
		sqlite_bind_blob(put, 4, r->message_id);
	else
		sqlite_bind_text(put, 4, r->message_id);
	return sqlite_run(put, e);
}

#define REWRITE "UPDATE event SET flags=?2,sum=?3,message_id=?4,body='' WHERE seq=?1"

/* Takes the body of one record. A damaged one is not touched: thinning would give it a good sum. */
static enum status thin_one(struct log_sqlite *l, struct sqlite_stmt *get, struct sqlite_stmt *put,
			    uint64_t *removed, struct err *e)
{
	struct row r;
	struct log_record sound;
	log_sqlite_row(get, &r);
	if (!row_to_record(&r, &sound))
		return err_set(e, ST_CORRUPT,
			       "%s: record %llu: its checksum is wrong; retention stops "
			       "before it",
			       l->path, (unsigned long long)r.seq);
	if (r.flags != 0)
		return ST_OK; /* has no body any more */
	r.flags |= ROW_THINNED;
	r.body = STR_NULL;
	++*removed;
	return rewrite(l, put, &r, e);
}

static enum status thin(struct log_sqlite *l, const struct retention *p, uint64_t from,
			uint64_t *upto_r, uint64_t *removed, struct err *e)
{
	struct sqlite_stmt *get, *put = NULL;
	bool row = false;
	enum status st =
		sqlite_prepare(l->db, "SELECT " ROW_COLUMNS " FROM event WHERE seq=?", &get, e);
	if (st != ST_OK)
		return st;
	st = sqlite_prepare(l->db, REWRITE, &put, e);
	for (uint64_t seq = from; st == ST_OK && seq < p->limit && seq < from + BITE; seq++) {
		sqlite_bind_i64(get, 1, (int64_t)seq);
		st = sqlite_step(get, &row, e);
		if (st != ST_OK)
			break;
		if (row && !(p->too_large || sqlite_col_i64(get, 1) < p->age_us))
			break;
		if (row)
			st = thin_one(l, get, put, removed, e);
		sqlite_reset(get);
		*upto_r = seq + 1;
	}
	sqlite_finalize(&get);
	sqlite_finalize(&put);
	return st;
}

static enum status retain_bite(struct log_sqlite *l, const struct retention *p, uint64_t *removed,
			       struct err *e)
{
	uint64_t first = l->first_seq, thinned = l->thinned_to;
	enum status st = sqlite_begin(l->db, e);
	if (st != ST_OK)
		return st;
	st = drop(l, p, &first, removed, e);
	if (thinned < first)
		thinned = first;
	if (st == ST_OK && *removed == 0)
		st = thin(l, p, thinned, &thinned, removed, e);
	if (st == ST_OK && thinned != l->thinned_to)
		st = log_sqlite_meta_put(l->db, "thinned_to", thinned, e);
	if (st == ST_OK)
		st = sqlite_commit(l->db, e);
	else
		sqlite_rollback(l->db);
	if (st == ST_OK) {
		l->first_seq = first;
		l->thinned_to = thinned;
	}
	return st;
}

enum status log_sqlite_retain(struct log *log, uint64_t cursor, int64_t now_us, uint64_t *removed_r,
			      struct err *e)
{
	struct log_sqlite *l = log_sqlite_of(log);
	struct retention p;
	uint64_t removed = 0;
	enum status st = log_sqlite_writable(l, e);
	if (st != ST_OK)
		return st;
	(void)pthread_mutex_lock(&l->lock);
	st = plan(l, cursor, now_us, &p, e);
	if (st == ST_OK)
		st = retain_bite(l, &p, &removed, e);
	log_sqlite_publish(l);
	(void)pthread_mutex_unlock(&l->lock);
	if (st == ST_OK)
		*removed_r = removed;
	return st;
}

/* --- erasure ------------------------------------------------------------------------------ */

static enum status erase_one(struct log_sqlite *l, struct sqlite_stmt *get, struct sqlite_stmt *put,
			     uint64_t seq, struct err *e)
{
	bool row = false;
	sqlite_bind_i64(get, 1, (int64_t)seq);
	enum status st = sqlite_step(get, &row, e);
	if (st != ST_OK || !row)
		return st;
	struct row r;
	char key[ROW_ERASED_KEY_BYTES];
	log_sqlite_row(get, &r);
	if (!(r.flags & ROW_ERASED)) {
		row_erased_key(l->seed, r.source, r.message_id, key);
		r.flags |= ROW_ERASED;
		r.message_id = str_n(key, sizeof key);
		r.body = STR_NULL;
		st = rewrite(l, put, &r, e);
	}
	sqlite_reset(get);
	return st;
}

static enum status erase_rows(struct log_sqlite *l, const uint64_t *seqs, size_t n, struct err *e)
{
	struct sqlite_stmt *get, *put = NULL;
	enum status st =
		sqlite_prepare(l->db, "SELECT " ROW_COLUMNS " FROM event WHERE seq=?", &get, e);
	if (st != ST_OK)
		return st;
	st = sqlite_prepare(l->db, REWRITE, &put, e);
	for (size_t i = 0; st == ST_OK && i < n; i++)
		st = erase_one(l, get, put, seqs[i], e);
	sqlite_finalize(&get);
	sqlite_finalize(&put);
	return st;
}

enum status log_sqlite_erase(struct log *log, const uint64_t *seqs, size_t n, struct err *e)
{
	struct log_sqlite *l = log_sqlite_of(log);
	enum status st = log_sqlite_writable(l, e);
	if (st != ST_OK)
		return st;
	(void)pthread_mutex_lock(&l->lock);
	st = sqlite_begin(l->db, e);
	if (st == ST_OK)
		st = erase_rows(l, seqs, n, e);
	if (st == ST_OK)
		st = sqlite_commit(l->db, e);
	else
		sqlite_rollback(l->db);
	if (st == ST_OK) /* page images from before are still in the write-ahead log */
		st = sqlite_wal_truncate(l->db, e);
	(void)pthread_mutex_unlock(&l->lock);
	return st;
}

/* --- the operator's mark ------------------------------------------------------------------ */

/* Is it really damaged? */
static enum status check_damaged(struct log *log, uint64_t seq, struct err *e)
{
	struct log_sqlite *l = log_sqlite_of(log);
	if (seq < l->first_seq || seq >= l->next_seq)
		return err_set(e, ST_NOT_FOUND, "%s: there is no record %llu", l->path,
			       (unsigned long long)seq);
	struct log_reader *reader;
	struct log_record r;
	struct arena a;
	size_t n = 1;
	enum status st = log_reader_open(log, &reader, e);
	if (st != ST_OK)
		return st;
	arena_init(&a, (size_t)16 << 20);
	st = log_read(reader, seq, &a, &r, &n, e);
	arena_finish(&a);
	log_reader_close(&reader);
	if (st == ST_CORRUPT)
		return ST_OK;
	return st != ST_OK ? st
			   : err_set(e, ST_CONFLICT, "%s: record %llu %s", l->path,
				     (unsigned long long)seq,
				     n == 1 && r.skipped
					     ? "is marked already"
					     : "is sound; only a damaged one can be skipped");
}

/* The clock must not go backwards over the mark: it takes the time of a sound neighbour. */
static int64_t time_near(struct log_sqlite *l, uint64_t seq, int64_t now_us)
{
	static const char *const near[] = {
		"SELECT received_us FROM event WHERE seq<? ORDER BY seq DESC LIMIT 1",
		"SELECT received_us FROM skip WHERE seq<? ORDER BY seq DESC LIMIT 1",
		"SELECT received_us FROM event WHERE seq>? ORDER BY seq LIMIT 1",
	};
	for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
		int64_t at_us = 0;
		bool found = false;
		if (log_sqlite_number(l->db, near[i], (int64_t)seq, &at_us, &found, NULL) ==
			    ST_OK &&
		    found)
			return at_us;
	}
	return now_us;
}

static enum status put_mark(struct log_sqlite *l, uint64_t seq, struct str why, int64_t now_us,
			    struct err *e)
{
	struct sqlite_stmt *s;
	enum status st = sqlite_prepare(l->db, "INSERT INTO skip VALUES(?,?,?,?)", &s, e);
	if (st != ST_OK)
		return st;
	sqlite_bind_i64(s, 1, (int64_t)seq);
	sqlite_bind_i64(s, 2, time_near(l, seq, now_us));
	sqlite_bind_i64(s, 3, now_us);
	sqlite_bind_text(s, 4, why);
	st = sqlite_run(s, e);
	sqlite_finalize(&s);
	return st;
}

enum status log_sqlite_skip(struct log *log, uint64_t seq, struct str why, int64_t now_us,
			    struct err *e)
{
	struct log_sqlite *l = log_sqlite_of(log);
	enum status st = log_sqlite_writable(l, e);
	if (st != ST_OK)
		return st;
	(void)pthread_mutex_lock(&l->lock);
	st = check_damaged(log, seq, e);
	if (st == ST_OK)
		st = put_mark(l, seq, why, now_us, e);
	(void)pthread_mutex_unlock(&l->lock);
	return st;
}
