/* SPDX-License-Identifier: Apache-2.0
 * store_sqlite.c: the state in one SQLite file: a table per row of table.def, key and value.
 *
 * Numbers are rowids, bytes are WITHOUT ROWID keys: both are one B-tree and one descent. Values
 * are blobs that SQL never looks into, so there is one put statement per table and no schema to
 * migrate but the list of tables; what rows mean is migrated by migrate.c.
 *
 * Page size, cache, durability and checkpoints: docs/decisions/0010-state-store.md. */
#include "store/ops.h"

#include "base/assert.h"
#include "sqlite/sqlite.h"

#include <stdio.h>

#define APPLICATION_ID 0x6e757274u /* "nurt": what `file` and we recognise a state by */
#define PAGE_BYTES 2048 /* an event dirties a page: half the page, nearly half the work */
/* A reader's cache is emptied by each commit of the writer: it holds little more than the upper
 * levels of the trees. */
#define READER_CACHE_PART 8

enum { TO_END = 1, BACKWARDS = 2, SCANS = 4 };

struct table_stmts {
	struct sqlite_stmt *get, *put, *del, *scan[SCANS];
};

struct store_file {
	struct store base;
	struct sqlite *db;
	struct store_conf conf; /* its strings belong to the caller until open returns: not kept */
	char *path, *vfs;
	struct table_stmts stmts[TABLE_COUNT]; /* prepared when first used */
};

static const struct store_ops store_sqlite;
static const struct store_ops store_sqlite_reader;

static struct store_file *file_of(struct store *s)
{
	ASSERT(s->ops == &store_sqlite || s->ops == &store_sqlite_reader);
	return (struct store_file *)s;
}

/* --- statements ----------------------------------------------------------------------------- */

enum sql { SQL_GET, SQL_PUT, SQL_DEL, SQL_SCAN };

/* `%s` is the table's name, which is our own constant. */
static const char *const sql_of[] = {
	[SQL_GET] = "SELECT v FROM %s WHERE k=?1",
	[SQL_PUT] = "INSERT INTO %s(k,v) VALUES(?1,?2) ON CONFLICT(k) DO UPDATE SET v=excluded.v",
	[SQL_DEL] = "DELETE FROM %s WHERE k=?1",
	[SQL_SCAN] = "SELECT k,v FROM %s WHERE k>=?1 AND k<?2 ORDER BY k",
	[SQL_SCAN + TO_END] = "SELECT k,v FROM %s WHERE k>=?1 ORDER BY k",
	[SQL_SCAN + BACKWARDS] = "SELECT k,v FROM %s WHERE k>=?1 AND k<?2 ORDER BY k DESC",
	[SQL_SCAN + BACKWARDS + TO_END] = "SELECT k,v FROM %s WHERE k>=?1 ORDER BY k DESC",
};

static enum status prepare(struct store_file *f, enum table t, unsigned sql,
			   struct sqlite_stmt **stmt, struct err *e)
{
	char text[160];
	if (*stmt != NULL)
		return ST_OK;
	int n = snprintf(text, sizeof text, sql_of[sql], table_name(t));
	ASSERT(n > 0 && (size_t)n < sizeof text);
	return sqlite_prepare(f->db, text, stmt, e);
}

static void bind_key(struct sqlite_stmt *stmt, int param, enum table t, struct store_key k)
{
	if (table_key_kind(t) == TABLE_KEY_INT)
		sqlite_bind_i64(stmt, param, (int64_t)k.num);
	else
		sqlite_bind_blob(stmt, param, k.bytes);
}

/* --- rows ----------------------------------------------------------------------------------- */

static enum status file_put(struct store *s, enum table t, struct store_key k, struct str value,
			    struct err *e)
{
	struct store_file *f = file_of(s);
	struct table_stmts *of = &f->stmts[t];
	enum status st = prepare(f, t, SQL_PUT, &of->put, e);
	if (st != ST_OK)
		return st;
	bind_key(of->put, 1, t, k);
	sqlite_bind_blob(of->put, 2, value);
	return sqlite_run(of->put, e);
}

static enum status file_del(struct store *s, enum table t, struct store_key k, struct err *e)
{
	struct store_file *f = file_of(s);
	struct table_stmts *of = &f->stmts[t];
	enum status st = prepare(f, t, SQL_DEL, &of->del, e);
	if (st != ST_OK)
		return st;
	bind_key(of->del, 1, t, k);
	return sqlite_run(of->del, e);
}

static enum status take_value(struct sqlite_stmt *stmt, struct arena *a, struct str *value_r,
			      struct err *e)
{
	struct str found = sqlite_col_bytes(stmt, 0);
	struct str copy = arena_str(a, found);
	if (copy.p == NULL)
		return err_set(e, ST_LIMIT, "store: no room for a value of %zu bytes", found.n);
	*value_r = copy;
	return ST_OK;
}

static enum status file_get(struct store *s, enum table t, struct store_key k, struct arena *a,
			    struct str *value_r, struct err *e)
{
	struct store_file *f = file_of(s);
	struct table_stmts *of = &f->stmts[t];
	bool row = false;
	enum status st = prepare(f, t, SQL_GET, &of->get, e);
	if (st != ST_OK)
		return st;
	bind_key(of->get, 1, t, k);
	st = sqlite_step(of->get, &row, e);
	if (st != ST_OK)
		return st;
	if (!row)
		return ST_NOT_FOUND;
	st = take_value(of->get, a, value_r, e);
	sqlite_reset(of->get);
	return st;
}

/* --- scans ---------------------------------------------------------------------------------- */

static bool open_end(struct store_key k)
{
	return k.num == 0 && k.bytes.n == 0;
}

static enum status file_scan(struct store *s, enum table t, struct store_range range,
			     store_row_fn *fn, void *ctx, struct err *e)
{
	struct store_file *f = file_of(s);
	bool numbers = table_key_kind(t) == TABLE_KEY_INT;
	unsigned which = (open_end(range.to) ? TO_END : 0) | (range.backwards ? BACKWARDS : 0);
	struct sqlite_stmt **stmt = &f->stmts[t].scan[which];
	enum status st = prepare(f, t, SQL_SCAN + which, stmt, e);
	if (st != ST_OK)
		return st;
	bind_key(*stmt, 1, t, range.from); /* no blob is lower than the empty one */
	if (!open_end(range.to))
		bind_key(*stmt, 2, t, range.to);
	bool more = true;
	while ((st = sqlite_step(*stmt, &more, e)) == ST_OK && more) {
		struct store_key k = numbers ? KEY_NUM((uint64_t)sqlite_col_i64(*stmt, 0))
					     : KEY_BYTES(sqlite_col_bytes(*stmt, 0));
		s->looked++;
		if (!fn(ctx, k, sqlite_col_bytes(*stmt, 1)))
			break;
	}
	sqlite_reset(*stmt);
	return st;
}

/* --- transactions --------------------------------------------------------------------------- */

static enum status file_begin(struct store *s, struct err *e)
{
	return sqlite_begin(file_of(s)->db, e);
}

static enum status file_commit(struct store *s, struct err *e)
{
	return sqlite_commit(file_of(s)->db, e);
}

static enum status file_show(struct store *s, struct err *e)
{
	(void)s;
	(void)e;
	return ST_OK; /* a commit is seen at once */
}

static enum status file_sync(struct store *s, struct err *e)
{
	return sqlite_sync(file_of(s)->db, e);
}

static void file_rollback(struct store *s)
{
	sqlite_rollback(file_of(s)->db);
}

/* SQLite takes the snapshot at the first read, not at BEGIN: so there is a first read here. */
static enum status file_read_begin(struct store *s, struct err *e)
{
	struct store_file *f = file_of(s);
	struct arena a;
	struct str version;
	enum status st = sqlite_read_begin(f->db, e);
	if (st != ST_OK)
		return st;
	arena_init(&a, 4096);
	st = file_get(s, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), &a, &version, e);
	arena_finish(&a);
	if (st == ST_OK || st == ST_NOT_FOUND)
		return ST_OK;
	sqlite_read_end(f->db);
	return st;
}

static void file_read_end(struct store *s)
{
	sqlite_read_end(file_of(s)->db);
}

/* --- opening -------------------------------------------------------------------------------- */

/* One script that does nothing: it claims an empty file and recognises our own. */
static enum status claim(struct store_file *f, struct err *e)
{
	static const char *const scripts[] = {""};
	return sqlite_migrate(f->db, APPLICATION_ID, scripts, 1, e);
}

static enum status create_tables(struct store_file *f, struct err *e)
{
	enum status st = sqlite_begin(f->db, e);
	for (enum table t = 0; t < TABLE_COUNT && st == ST_OK; t++) {
		char sql[160];
		bool numbers = table_key_kind(t) == TABLE_KEY_INT;
		(void)snprintf(sql, sizeof sql,
			       "CREATE TABLE IF NOT EXISTS %s(k %s, v BLOB NOT NULL)%s",
			       table_name(t), numbers ? "INTEGER PRIMARY KEY" : "BLOB PRIMARY KEY",
			       numbers ? "" : " WITHOUT ROWID");
		st = sqlite_exec(f->db, sql, e);
	}
	if (st == ST_OK)
		return sqlite_commit(f->db, e);
	sqlite_rollback(f->db);
	return st;
}

/* A file of an older program may lack tables; only a writer adds them. */
static enum status expect_tables(struct store_file *f, struct err *e)
{
	for (enum table t = 0; t < TABLE_COUNT; t++)
		if (prepare(f, t, SQL_GET, &f->stmts[t].get, NULL) != ST_OK)
			return err_set(e, ST_INVALID,
				       "%s: it has no table %s: an older version made it; "
				       "start `nurtured serve` once to bring it up",
				       f->path, table_name(t));
	return ST_OK;
}

static enum status limit_bytes(struct store_file *f, struct err *e)
{
	char sql[64];
	if (f->conf.bytes_max == 0)
		return ST_OK;
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count=%zu",
		       f->conf.bytes_max / PAGE_BYTES);
	return sqlite_exec(f->db, sql, e);
}

static enum status open_db(struct store_file *f, struct err *e)
{
	const struct sqlite_conf conf = {
		.path = f->path,
		.vfs = f->vfs,
		.cache_bytes = f->conf.cache_bytes / (f->conf.read_only ? READER_CACHE_PART : 1),
		.page_bytes = PAGE_BYTES,
		.lazy_sync = true,
		.gives_way = !f->conf.read_only,
		.read_only = f->conf.read_only,
	};
	return sqlite_open(&conf, &f->db, e);
}

static enum status open_writer(struct store_file *f, struct err *e)
{
	const struct sqlite_wal_conf wal = {.soft_bytes = f->conf.wal_bytes_max / 8,
					    .bytes_max = f->conf.wal_bytes_max};
	enum status st = claim(f, e);
	if (st == ST_OK)
		st = create_tables(f, e);
	if (st == ST_OK)
		st = store_migrate_all(&f->base, f->path, e);
	if (st == ST_OK)
		st = limit_bytes(f, e);
	return st == ST_OK ? sqlite_wal_start(f->db, &wal, e) : st;
}

static enum status open_reader(struct store_file *f, struct err *e)
{
	enum status st = claim(f, e);
	if (st == ST_OK)
		st = store_migrate_all(&f->base, f->path, e);
	return st == ST_OK ? expect_tables(f, e) : st;
}

enum status store_open_sqlite(const struct store_conf *conf, struct store **out, struct err *e)
{
	struct store_file *f = mem_alloc(sizeof *f);
	bool reader = conf->read_only;
	store_init(&f->base, reader ? &store_sqlite_reader : &store_sqlite, reader);
	f->conf = *conf;
	f->path = mem_strz(str_of(conf->path));
	f->vfs = conf->vfs != NULL ? mem_strz(str_of(conf->vfs)) : NULL;
	enum status st = open_db(f, e);
	if (st == ST_OK)
		st = reader ? open_reader(f, e) : open_writer(f, e);
	struct store *s = &f->base;
	if (st != ST_OK)
		store_close(&s);
	else if (conf->behind_bytes_max > 0 && !reader)
		return store_behind_open(s, conf->behind_bytes_max, conf->polite, out, e);
	else
		*out = s;
	return st;
}

static enum status file_reader(struct store *s, struct store **out, struct err *e)
{
	struct store_file *f = file_of(s);
	struct store_conf conf = f->conf;
	conf.path = f->path;
	conf.vfs = f->vfs;
	conf.read_only = true;
	return store_open_sqlite(&conf, out, e);
}

/* --- the whole ------------------------------------------------------------------------------ */

static enum status file_backup(struct store *s, const char *path, struct err *e)
{
	return sqlite_backup(file_of(s)->db, path, e);
}

static uint64_t file_bytes(struct store *s)
{
	return sqlite_bytes(file_of(s)->db);
}

static void file_close(struct store *s)
{
	struct store_file *f = file_of(s);
	sqlite_close(&f->db);
	mem_free(f->path);
	mem_free(f->vfs);
	mem_free(f);
}

enum status store_verify(const char *path, struct err *e)
{
	struct store_conf conf = STORE_CONF_DEFAULT;
	struct store *s;
	conf.path = path;
	conf.read_only = true;
	enum status st = store_open_sqlite(&conf, &s, e);
	if (st != ST_OK)
		return st;
	st = sqlite_check(file_of(s)->db, e);
	store_close(&s);
	return st;
}

static const struct store_ops store_sqlite = {
	.name = "sqlite",
	.get = file_get,
	.scan = file_scan,
	.reader = file_reader,
	.backup = file_backup,
	.bytes = file_bytes,
	.close = file_close,
	.begin = file_begin,
	.commit = file_commit,
	.rollback = file_rollback,
	.put = file_put,
	.del = file_del,
	.show = file_show,
	.sync = file_sync,
};

static const struct store_ops store_sqlite_reader = {
	.name = "sqlite",
	.get = file_get,
	.scan = file_scan,
	.reader = file_reader,
	.backup = file_backup,
	.bytes = file_bytes,
	.close = file_close,
	.read_begin = file_read_begin,
	.read_end = file_read_end,
};
