/* SPDX-License-Identifier: Apache-2.0
 * log_sqlite_read.c: reading, and proving what is read.
 *
 * Each reader has a connection of its own and leaves its snapshot with every call, so that it never
 * keeps the write-ahead log from starting over. Trouble at a record (a wrong sum, a hole, a page
 * SQLite cannot read) ends a call after the good records before it; the next call begins at the
 * trouble itself and says what it is. */
#include "log/log_sqlite.h"

#include "base/assert.h"

#define READER_CACHE_BYTES ((size_t)1 << 20)
#define VERIFY_RECORDS 64
#define VERIFY_ARENA_BYTES ((size_t)64 << 20)

struct reader {
	struct log_reader base; /* first */
	struct sqlite *db;
	struct sqlite_stmt *from, *mark;
};

enum status log_sqlite_reader_open(struct log *log, struct log_reader **out, struct err *e)
{
	struct log_sqlite *l = log_sqlite_of(log);
	const struct sqlite_conf conf = {.path = l->path,
					 .vfs = l->vfs,
					 .read_only = true,
					 .recent = l->recent,
					 .cache_bytes = READER_CACHE_BYTES};
	struct reader *r = mem_alloc(sizeof *r);
	r->base.ops = &log_sqlite_ops;
	enum status st = sqlite_open(&conf, &r->db, e);
	if (st == ST_OK)
		st = sqlite_prepare(r->db,
				    "SELECT " ROW_COLUMNS " FROM event WHERE seq>=? ORDER BY seq",
				    &r->from, e);
	if (st == ST_OK)
		st = sqlite_prepare(r->db, "SELECT received_us FROM skip WHERE seq=?", &r->mark, e);
	if (st != ST_OK) {
		log_sqlite_reader_close(&r->base);
		return st;
	}
	*out = &r->base;
	return ST_OK;
}

void log_sqlite_reader_close(struct log_reader *reader)
{
	struct reader *r = (struct reader *)reader;
	sqlite_close(&r->db);
	mem_free(r);
}

void log_sqlite_row(struct sqlite_stmt *s, struct row *out)
{
	*out = (struct row){
		.seq = (uint64_t)sqlite_col_i64(s, 0),
		.received_us = sqlite_col_i64(s, 1),
		.flags = sqlite_col_i64(s, 2),
		.sum = (uint64_t)sqlite_col_i64(s, 3),
		.source = sqlite_col_bytes(s, 4),
		.message_id = sqlite_col_bytes(s, 5),
		.body = sqlite_col_bytes(s, 6),
	};
}

static bool copy_texts(struct log_record *r, struct arena *a)
{
	r->source = arena_str(a, r->source);
	r->message_id = arena_str(a, r->message_id);
	r->body = arena_str(a, r->body);
	return r->source.p != NULL && r->message_id.p != NULL && r->body.p != NULL;
}

enum found { FOUND_RECORD, FOUND_END, FOUND_GAP, FOUND_DAMAGE, FOUND_NO_ROOM, FOUND_FAILURE };

/* One record, which should be `seq`. */
static enum found next_record(struct reader *r, uint64_t seq, struct arena *a,
			      struct log_record *out, struct err *e)
{
	bool row = false;
	struct row columns;
	enum status st = sqlite_step(r->from, &row, e);
	if (st != ST_OK)
		return st == ST_CORRUPT ? FOUND_DAMAGE : FOUND_FAILURE;
	if (!row)
		return FOUND_END;
	log_sqlite_row(r->from, &columns);
	if (columns.seq != seq)
		return FOUND_GAP;
	if (!row_to_record(&columns, out)) {
		(void)err_set(e, ST_CORRUPT, "the record's checksum is wrong");
		return FOUND_DAMAGE;
	}
	return copy_texts(out, a) ? FOUND_RECORD : FOUND_NO_ROOM;
}

/* --- trouble ------------------------------------------------------------------------------ */

static enum status marked(struct reader *r, uint64_t seq, struct log_record *out, bool *marked_r,
			  struct err *e)
{
	sqlite_bind_i64(r->mark, 1, (int64_t)seq);
	enum status st = sqlite_step(r->mark, marked_r, e);
	if (st == ST_OK && *marked_r)
		*out = (struct log_record){
			.seq = seq, .received_us = sqlite_col_i64(r->mark, 0), .skipped = true};
	sqlite_reset(r->mark);
	return st;
}

static enum status damaged(struct reader *r, uint64_t seq, const char *what, struct err *e)
{
	return err_set(e, ST_CORRUPT,
		       "%s: record %llu: %s; restore a backup, or step over it: "
		       "nurtured doctor --skip-record %llu",
		       sqlite_path(r->db), (unsigned long long)seq, what, (unsigned long long)seq);
}

/* Nothing at or behind seq: is this the end, or did the end get lost? */
static enum status at_end(struct reader *r, uint64_t seq, struct err *e)
{
	int64_t last = 0, mark = 0;
	bool found, found_mark;
	enum status st =
		log_sqlite_number(r->db, "SELECT max(seq) FROM event", 0, &last, &found, e);
	if (st == ST_OK)
		st = log_sqlite_number(r->db, "SELECT max(seq) FROM skip", 0, &mark, &found_mark,
				       e);
	if (st != ST_OK)
		return st;
	if (mark > last)
		last = mark;
	if (seq <= (uint64_t)last + 1)
		return ST_OK;
	return err_set(e, ST_CORRUPT,
		       "%s: the log ends at record %lld, but %llu was asked for: records "
		       "that were once here are gone; restore the log from a backup",
		       sqlite_path(r->db), (long long)last, (unsigned long long)seq);
}

static enum status gap(struct reader *r, uint64_t seq, struct err *e)
{
	uint64_t first = 1;
	enum status st = log_sqlite_meta_get(r->db, "first_seq", &first, e);
	if (st != ST_OK)
		return st;
	if (seq >= first)
		return damaged(r, seq, "it is missing", e);
	return err_set(e, ST_NOT_FOUND,
		       "%s: record %llu is no longer there, retention has dropped all "
		       "before record %llu",
		       sqlite_path(r->db), (unsigned long long)seq, (unsigned long long)first);
}

/* Trouble at the first record of a call. */
static enum status trouble(struct reader *r, enum found found, uint64_t seq, struct log_record *out,
			   size_t *n_r, struct err *e)
{
	struct err what;
	if (e != NULL)
		what = *e;
	else
		err_clear(&what);
	if (found == FOUND_NO_ROOM)
		return err_set(e, ST_LIMIT,
			       "%s: record %llu is larger than the memory given for it",
			       sqlite_path(r->db), (unsigned long long)seq);
	bool is_marked = false;
	enum status st = marked(r, seq, out, &is_marked, e);
	if (st != ST_OK || is_marked) {
		*n_r = 1;
		return st;
	}
	if (found == FOUND_END)
		return at_end(r, seq, e);
	return found == FOUND_GAP ? gap(r, seq, e) : damaged(r, seq, what.text, e);
}

enum status log_sqlite_read(struct log_reader *reader, uint64_t from_seq, struct arena *a,
			    struct log_record *out, size_t *n_io, struct err *e)
{
	struct reader *r = (struct reader *)reader;
	struct err what;
	err_clear(&what);
	sqlite_bind_i64(r->from, 1, (int64_t)from_seq);
	enum found found = FOUND_RECORD;
	size_t n = 0;
	while (n < *n_io) {
		found = next_record(r, from_seq + n, a, &out[n], &what);
		if (found != FOUND_RECORD)
			break;
		n++;
	}
	sqlite_reset(r->from);
	*n_io = n;
	if (n > 0 || found == FOUND_RECORD)
		return ST_OK;
	if (e != NULL)
		*e = what;
	return found == FOUND_FAILURE ? what.status : trouble(r, found, from_seq, out, n_io, e);
}

/* --- verify ------------------------------------------------------------------------------- */

static void count(struct log_verify *v, const struct log_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct log_record *r = &records[i];
		v->thinned += r->thinned;
		v->erased += r->erased;
		v->skipped += r->skipped;
		v->whole += !r->thinned && !r->erased && !r->skipped;
	}
}

static enum status walk(struct log_reader *r, struct log_verify *v, struct arena *a, struct err *e)
{
	struct log_record records[VERIFY_RECORDS];
	uint64_t seq = v->first_seq;
	while (seq <= v->last_seq) {
		size_t n = VERIFY_RECORDS;
		struct err why;
		arena_reset(a);
		enum status st = log_read(r, seq, a, records, &n, &why);
		if (st != ST_OK && st != ST_CORRUPT && st != ST_LIMIT)
			return err_set(e, st, "%s", why.text);
		if (st == ST_OK && n == 0)
			break;
		count(v, records, n);
		seq += n;
		if (st == ST_OK)
			continue;
		if (v->damaged++ == 0) {
			v->damaged_first = seq;
			v->why = why;
		}
		seq++;
	}
	return ST_OK;
}

enum status log_verify_sqlite(const char *path, struct log_verify *out, struct err *e)
{
	struct log_conf conf = LOG_CONF_DEFAULT;
	conf.path = path;
	conf.read_only = true;
	struct log *l = NULL;
	struct log_reader *r = NULL;
	struct log_stats stats;
	struct arena a;
	*out = (struct log_verify){0};
	enum status st = log_open_sqlite(&conf, &l, e);
	if (st != ST_OK)
		return st;
	arena_init(&a, VERIFY_ARENA_BYTES);
	st = log_reader_open(l, &r, e);
	if (st == ST_OK) {
		log_stats(l, &stats);
		out->first_seq = stats.first_seq;
		out->last_seq = stats.next_seq - 1;
		st = walk(r, out, &a, e);
	}
	if (out->last_seq < out->first_seq)
		out->first_seq = out->last_seq = 0;
	log_reader_close(&r);
	arena_finish(&a);
	log_close(&l);
	return st;
}
