/* SPDX-License-Identifier: Apache-2.0
 * log_sqlite.c: the log as one table in a file of its own: open, append, close.
 *
 * fsync policy: every append is one transaction with synchronous=FULL in WAL mode, so it is one
 * write and one fsync of the WAL; checkpoints run elsewhere (sqlite/wal.c). There is no index
 * besides the row key: a key index would cost three to ten times the append itself. Duplicates are
 * found in memory (duplicate.h) and then compared with the row. docs/decisions has the figures. */
#include "log/log_sqlite.h"

#include "base/assert.h"
#include "base/crypto.h"

#define APPLICATION_ID 0x6e6c6f67u /* "nlog" */
#define WRITER_CACHE_BYTES ((size_t)8 << 20)
#define PAGE_BYTES \
	16384    /* of a new file: a quarter less CPU an event than 4096 in groups of 1000 */
#define AHEAD 32 /* entries whose cells are fetched before they are needed */

/* Each row brings the file one version further. The sum stands before the texts, so that a key is
 * read without following the overflow pages of a long body. */
static const char *const schema[] = {
	"CREATE TABLE event(seq INTEGER PRIMARY KEY, received_us INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, sum INTEGER NOT NULL, source TEXT NOT NULL,"
	" message_id TEXT NOT NULL, body TEXT NOT NULL);"
	/* Fingerprints of 4096 records each, so that a start reads 8 bytes a record, not all. */
	"CREATE TABLE key_block(block INTEGER PRIMARY KEY, first_us INTEGER NOT NULL,"
	" sum INTEGER NOT NULL, fingerprints BLOB NOT NULL);"
	"CREATE TABLE skip(seq INTEGER PRIMARY KEY, received_us INTEGER NOT NULL,"
	" marked_us INTEGER NOT NULL, why TEXT NOT NULL);"
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
};

/* --- small reads -------------------------------------------------------------------------- */

enum status log_sqlite_number(struct sqlite *db, const char *sql, int64_t bound, int64_t *value_r,
			      bool *found_r, struct err *e)
{
	struct sqlite_stmt *s;
	bool row;
	enum status st = sqlite_prepare(db, sql, &s, e);
	if (st != ST_OK)
		return st;
	if (strchr(sql, '?') != NULL)
		sqlite_bind_i64(s, 1, bound);
	st = sqlite_step(s, &row, e);
	if (st == ST_OK) {
		*found_r = row && !sqlite_col_is_null(s, 0);
		if (*found_r)
			*value_r = sqlite_col_i64(s, 0);
	}
	sqlite_finalize(&s);
	return st;
}

enum status log_sqlite_meta_get(struct sqlite *db, const char *name, uint64_t *value_r,
				struct err *e)
{
	struct sqlite_stmt *s;
	bool row;
	enum status st = sqlite_prepare(db, "SELECT value FROM meta WHERE name=?", &s, e);
	if (st != ST_OK)
		return st;
	sqlite_bind_text(s, 1, str_of(name));
	st = sqlite_step(s, &row, e);
	if (st == ST_OK && row)
		*value_r = (uint64_t)sqlite_col_i64(s, 0);
	sqlite_finalize(&s);
	return st;
}

enum status log_sqlite_meta_put(struct sqlite *db, const char *name, uint64_t value, struct err *e)
{
	struct sqlite_stmt *s;
	enum status st = sqlite_prepare(db, "INSERT OR REPLACE INTO meta VALUES(?,?)", &s, e);
	if (st != ST_OK)
		return st;
	sqlite_bind_text(s, 1, str_of(name));
	sqlite_bind_i64(s, 2, (int64_t)value);
	st = sqlite_run(s, e);
	sqlite_finalize(&s);
	return st;
}

enum status log_sqlite_writable(const struct log_sqlite *l, struct err *e)
{
	return l->conf.read_only ? err_set(e, ST_DENIED, "%s: opened for reading only", l->path)
				 : ST_OK;
}

/* --- statistics --------------------------------------------------------------------------- */

void log_sqlite_publish(struct log_sqlite *l)
{
	(void)pthread_mutex_lock(&l->stats_lock);
	struct log_stats *s = &l->published;
	s->first_seq = l->first_seq;
	s->next_seq = l->next_seq;
	s->last_us = l->last_us;
	s->duplicates = l->duplicates;
	s->unreadable_keys = l->unreadable_keys;
	if (!l->conf.read_only) {
		s->duplicate_keys = (size_t)(l->keys.next_seq - l->keys.first_seq);
		s->duplicate_bytes = duplicate_bytes(&l->keys);
		s->duplicate_window_us = l->conf.duplicate_window_us;
		if (l->keys.first_seq > l->first_seq) { /* something in the log is not remembered */
			int64_t held = l->last_us - duplicate_oldest_us(&l->keys, l->last_us);
			if (held < s->duplicate_window_us)
				s->duplicate_window_us = held;
		}
	}
	(void)pthread_mutex_unlock(&l->stats_lock);
}

static enum status read_head(struct log_sqlite *l, struct err *e);

static void stats(struct log *log, struct log_stats *out)
{
	struct log_sqlite *l = log_sqlite_of(log);
	struct sqlite_wal_stats wal;
	if (l->conf.read_only) { /* another process appends: look again */
		(void)pthread_mutex_lock(&l->lock);
		if (read_head(l, NULL) == ST_OK)
			log_sqlite_publish(l);
		(void)pthread_mutex_unlock(&l->lock);
	}
	(void)pthread_mutex_lock(&l->stats_lock);
	*out = l->published;
	(void)pthread_mutex_unlock(&l->stats_lock);
	sqlite_wal_stats(l->db, &wal);
	out->wal_bytes = wal.wal_bytes;
	out->bytes = sqlite_bytes(l->db);
}

/* --- append ------------------------------------------------------------------------------- */

struct append {
	struct log_entry *entries;
	size_t n, done;       /* entries looked at: what an undo has to undo */
	uint64_t first, next; /* seq before the call; the next one to give */
	int64_t last_us;
	uint64_t duplicates;
	int64_t block_us; /* time of the first record of the block that is being filled */
	bool block_full;
};

/* A candidate is a duplicate when its row is inside the window and carries the very same key. */
static enum status same_key(struct log_sqlite *l, uint64_t seq, int64_t since_us,
			    const struct log_entry *entry, bool *same_r, struct err *e)
{
	bool row = false;
	sqlite_bind_i64(l->key_at, 1, (int64_t)seq);
	enum status st = sqlite_step(l->key_at, &row, e);
	if (st != ST_OK)
		return err_wrap(e, "record %llu", (unsigned long long)seq);
	*same_r = false;
	if (row) {
		struct row r = {.flags = sqlite_col_i64(l->key_at, 1),
				.source = sqlite_col_bytes(l->key_at, 2),
				.message_id = sqlite_col_bytes(l->key_at, 3)};
		*same_r = sqlite_col_i64(l->key_at, 0) >= since_us &&
			  row_has_key(&r, entry->source, entry->message_id);
	}
	sqlite_reset(l->key_at);
	return ST_OK;
}

static enum status find_first(struct log_sqlite *l, struct append *a, uint64_t fingerprint,
			      struct log_entry *entry, struct err *e)
{
	size_t at = 0;
	enum status st = ST_OK;
	entry->duplicate = false;
	int64_t since_us = a->last_us - l->conf.duplicate_window_us;
	while (st == ST_OK && !entry->duplicate &&
	       duplicate_find(&l->keys, fingerprint, &at, &entry->seq))
		st = same_key(l, entry->seq, since_us, entry, &entry->duplicate, e);
	if (!entry->duplicate)
		entry->seq = 0;
	return st;
}

static enum status insert_row(struct log_sqlite *l, const struct row *r, struct err *e)
{
	struct sqlite_stmt *s = l->insert;
	sqlite_bind_i64(s, 1, (int64_t)r->seq);
	sqlite_bind_i64(s, 2, r->received_us);
	sqlite_bind_i64(s, 3, (int64_t)row_sum(r));
	sqlite_bind_text(s, 4, r->source);
	sqlite_bind_text(s, 5, r->message_id);
	sqlite_bind_text(s, 6, r->body);
	return sqlite_run(s, e);
}

static enum status append_one(struct log_sqlite *l, struct append *a, uint64_t fingerprint,
			      struct log_entry *entry, struct err *e)
{
	if (entry->received_us > a->last_us)
		a->last_us = entry->received_us;
	enum status st = find_first(l, a, fingerprint, entry, e);
	if (st != ST_OK)
		return st;
	if (entry->duplicate) {
		a->duplicates++;
		return ST_OK;
	}
	const struct row r = {.seq = a->next,
			      .received_us = a->last_us,
			      .source = entry->source,
			      .message_id = entry->message_id,
			      .body = entry->body};
	st = insert_row(l, &r, e);
	if (st != ST_OK)
		return st;
	size_t place = (size_t)((r.seq - 1) % DUPLICATE_BLOCK);
	if (place == 0)
		a->block_us = r.received_us;
	duplicate_add(&l->keys, fingerprint, r.seq, r.received_us);
	entry->seq = a->next++;
	l->tail[place] = fingerprint;
	if (place + 1 < DUPLICATE_BLOCK)
		return ST_OK;
	a->block_full = true;
	return log_sqlite_put_block(l, (r.seq - 1) / DUPLICATE_BLOCK, a->block_us, e);
}

static enum status append_all(struct log_sqlite *l, struct append *a, struct err *e)
{
	uint64_t fingerprints[AHEAD];
	enum status st = ST_OK;
	while (st == ST_OK && a->done < a->n) {
		struct log_entry *part = a->entries + a->done;
		size_t n = a->n - a->done < AHEAD ? a->n - a->done : AHEAD;
		for (size_t i = 0; i < n; i++) {
			fingerprints[i] =
				duplicate_fingerprint(l->seed, part[i].source, part[i].message_id);
			duplicate_prefetch(&l->keys, fingerprints[i]);
		}
		for (size_t i = 0; st == ST_OK && i < n; i++) {
			st = append_one(l, a, fingerprints[i], &part[i], e);
			a->done++;
		}
	}
	return st;
}

/* Nothing of a failed call stays: not its rows (rolled back), not its keys, not its seqs. */
static void undo(struct log_sqlite *l, struct append *a)
{
	for (size_t i = a->done; i-- > 0;) {
		struct log_entry *entry = &a->entries[i];
		if (entry->seq >= a->first && !entry->duplicate)
			duplicate_undo(
				&l->keys,
				duplicate_fingerprint(l->seed, entry->source, entry->message_id),
				entry->seq);
	}
	for (size_t i = 0; i < a->n; i++) {
		a->entries[i].seq = 0;
		a->entries[i].duplicate = false;
	}
	l->tail_stale |= a->block_full;
}

static enum status append_locked(struct log_sqlite *l, struct append *a, struct err *e)
{
	enum status st = l->tail_stale ? log_sqlite_load_tail(l, e) : ST_OK;
	if (st == ST_OK)
		st = sqlite_begin(l->db, e);
	if (st != ST_OK)
		return st;
	duplicate_expire(&l->keys, l->last_us - l->conf.duplicate_window_us);
	st = append_all(l, a, e);
	if (st == ST_OK)
		st = sqlite_commit(l->db, e);
	else
		sqlite_rollback(l->db);
	if (st != ST_OK) {
		undo(l, a);
		return st;
	}
	l->next_seq = a->next;
	l->last_us = a->last_us;
	l->block_us = a->block_us;
	l->duplicates += a->duplicates;
	log_sqlite_publish(l);
	return ST_OK;
}

static enum status append(struct log *log, struct log_entry *entries, size_t n, struct err *e)
{
	struct log_sqlite *l = log_sqlite_of(log);
	enum status st = log_sqlite_writable(l, e);
	if (st != ST_OK)
		return st;
	(void)pthread_mutex_lock(&l->lock);
	struct append a = {.entries = entries,
			   .n = n,
			   .first = l->next_seq,
			   .next = l->next_seq,
			   .last_us = l->last_us,
			   .block_us = l->block_us};
	st = append_locked(l, &a, e);
	(void)pthread_mutex_unlock(&l->lock);
	return st;
}

/* --- open and close ----------------------------------------------------------------------- */

static enum status read_head(struct log_sqlite *l, struct err *e)
{
	int64_t last = 0;
	bool found = false;
	l->first_seq = 1;
	enum status st = log_sqlite_meta_get(l->db, "first_seq", &l->first_seq, e);
	if (st == ST_OK)
		st = log_sqlite_meta_get(l->db, "thinned_to", &l->thinned_to, e);
	if (st == ST_OK)
		st = log_sqlite_meta_get(l->db, "seed", &l->seed, e);
	if (st == ST_OK)
		st = log_sqlite_number(l->db, "SELECT max(seq) FROM event", 0, &last, &found, e);
	if (st == ST_OK && found)
		st = log_sqlite_number(l->db, "SELECT received_us FROM event WHERE seq=?", last,
				       &l->last_us, &found, e);
	if (st == ST_OK && (last < 0 || (uint64_t)last + 1 < l->first_seq))
		return err_set(e, ST_CORRUPT,
			       "%s: the last record is %lld, but the first kept one should be "
			       "%llu; restore the file from a backup",
			       l->path, (long long)last, (unsigned long long)l->first_seq);
	l->next_seq = (uint64_t)last + 1;
	return st;
}

/* The seed is thrown once per file. */
static enum status make_seed(struct log_sqlite *l, struct err *e)
{
	uint64_t seed = 0;
	enum status st = log_sqlite_meta_get(l->db, "seed", &seed, e);
	if (st != ST_OK || seed != 0)
		return st;
	crypto_random(&seed, sizeof seed);
	return log_sqlite_meta_put(l->db, "seed", seed | 1, e);
}

static enum status prepare(struct log_sqlite *l, struct err *e)
{
	const struct {
		const char *sql;
		struct sqlite_stmt **stmt;
	} own[] = {
		{"INSERT INTO event(seq,received_us,flags,sum,source,message_id,body)"
		 " VALUES(?1,?2,0,?3,?4,?5,?6)",
		 &l->insert},
		{"SELECT received_us,flags,source,message_id FROM event WHERE seq=?", &l->key_at},
		{"INSERT OR REPLACE INTO key_block VALUES(?,?,?,?)", &l->put_block},
	};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		enum status st = sqlite_prepare(l->db, own[i].sql, own[i].stmt, e);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status open_writer(struct log_sqlite *l, struct err *e)
{
	const struct sqlite_wal_conf wal = {.bytes_max = l->conf.wal_bytes_max};
	enum status st = make_seed(l, e);
	if (st == ST_OK)
		st = prepare(l, e);
	if (st == ST_OK)
		st = read_head(l, e);
	if (st == ST_OK)
		st = log_sqlite_load_keys(l, e);
	return st == ST_OK ? sqlite_wal_start(l->db, &wal, e) : st;
}

static enum status open_file(struct log_sqlite *l, struct err *e)
{
	const struct sqlite_conf conf = {.path = l->path,
					 .cache_bytes = WRITER_CACHE_BYTES,
					 .page_bytes = PAGE_BYTES,
					 .secure_delete = true,
					 .recent = l->recent,
					 .read_only = l->conf.read_only,
					 .vfs = l->vfs};
	enum status st = sqlite_open(&conf, &l->db, e);
	if (st == ST_OK)
		st = sqlite_migrate(l->db, APPLICATION_ID, schema, sizeof schema / sizeof *schema,
				    e);
	if (st == ST_OK)
		st = l->conf.read_only ? read_head(l, e) : open_writer(l, e);
	if (st == ST_OK)
		log_sqlite_publish(l);
	return st;
}

static void close_log(struct log *log)
{
	struct log_sqlite *l = log_sqlite_of(log);
	sqlite_close(&l->db);
	sqlite_recent_destroy(&l->recent);
	duplicate_finish(&l->keys);
	(void)pthread_mutex_destroy(&l->lock);
	(void)pthread_mutex_destroy(&l->stats_lock);
	mem_free(l->path);
	mem_free(l->vfs);
	mem_free(l);
}

enum status log_open_sqlite(const struct log_conf *conf, struct log **out, struct err *e)
{
	ASSERT(conf->path != NULL);
	struct log_sqlite *l = mem_alloc(sizeof *l);
	l->log.ops = &log_sqlite_ops;
	l->conf = *conf;
	l->recent = sqlite_recent_create();
	l->conf.path = l->path = mem_strz(str_of(conf->path));
	if (conf->vfs != NULL)
		l->conf.vfs = l->vfs = mem_strz(str_of(conf->vfs));
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_mutex_init(&l->stats_lock, NULL);
	enum status st = open_file(l, e);
	if (st != ST_OK) {
		close_log(&l->log);
		return st;
	}
	*out = &l->log;
	return ST_OK;
}

static enum status backup(struct log *log, const char *path, struct err *e)
{
	return sqlite_backup(log_sqlite_of(log)->db, path, e);
}

const struct log_ops log_sqlite_ops = {
	.name = "sqlite",
	.append = append,
	.reader_open = log_sqlite_reader_open,
	.reader_close = log_sqlite_reader_close,
	.read = log_sqlite_read,
	.retain = log_sqlite_retain,
	.erase = log_sqlite_erase,
	.skip = log_sqlite_skip,
	.backup = backup,
	.stats = stats,
	.close = close_log,
};
