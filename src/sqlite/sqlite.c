/* SPDX-License-Identifier: Apache-2.0
 * sqlite.c: connections, statements and the error mapping.
 *
 * The wrapper is thin on purpose: rooms write SQL, this file sees to it that every connection has
 * the same pragmas and every failure becomes the same status. Statements live as long as their
 * connection (a not prepared insert costs twice the CPU): there is nothing to free one by one. */
#include "sqlite/internal.h"

#include "base/assert.h"
#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000
#define CACHE_BYTES ((size_t)2 << 20)
#define WAL_TRIES 50
#define WAL_TRY_PAUSE_US 20000

static sqlite3_stmt *raw(struct sqlite_stmt *s)
{
	return (sqlite3_stmt *)s;
}

/* --- errors ------------------------------------------------------------------------------- */

static bool no_room_left(sqlite3 *h)
{
	int no = h != NULL ? sqlite3_system_errno(h) : 0;
	return no == ENOSPC || no == EDQUOT || no == EFBIG;
}

enum status sqlite_status_of(sqlite3 *h, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return ST_OK;
	case SQLITE_FULL: return ST_NO_SPACE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ST_CORRUPT;
	case SQLITE_NOMEM: return ST_NO_MEMORY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ST_BUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH: return ST_DENIED;
	case SQLITE_TOOBIG: return ST_LIMIT;
	case SQLITE_CONSTRAINT: return ST_CONFLICT;
	case SQLITE_ERROR:
	case SQLITE_SCHEMA:
	case SQLITE_MISMATCH:
	case SQLITE_MISUSE: return ST_INVALID;
	default: /* IOERR, CANTOPEN, PROTOCOL and what later versions invent */
		return no_room_left(h) ? ST_NO_SPACE : ST_IO;
	}
}

static const char *remedy(enum status st)
{
	switch (st) {
	case ST_NO_SPACE: return "; free space on that disk, then work goes on by itself";
	case ST_CORRUPT:
		return "; restore the file from a backup, `nurtured doctor` says how much is "
		       "damaged";
	case ST_BUSY: return "; another process holds the file";
	case ST_DENIED: return "; check owner and permissions of the file and its folder";
	default: return "";
	}
}

enum status sqlite_failed(sqlite3 *h, int rc, const char *what, struct err *e)
{
	enum status st = sqlite_status_of(h, rc);
	ASSERT(st != ST_OK);
	const char *path = h != NULL ? sqlite3_db_filename(h, "main") : NULL;
	const char *text = h != NULL && sqlite3_errcode(h) == (rc & 0xff) ? sqlite3_errmsg(h)
									  : sqlite3_errstr(rc);
	return err_set(e, st, "%s: %s: %s (SQLite %d)%s", path != NULL ? path : "database", what,
		       text, rc, remedy(st));
}

/* --- open and close ----------------------------------------------------------------------- */

/* Memory statistics cost a global mutex per allocation and nobody reads them. */
static void configure_library(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS,
			     0); /* refused when already running: no harm */
	sqlite3_pcache_methods2 pages;
	if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &pages) == SQLITE_OK)
		(void)sqlite3_config(SQLITE_CONFIG_PCACHE2, sqlite_pages_over(&pages));
}

/* Two processes that turn a new file to WAL at once can get BUSY in spite of the timeout, because
 * the lock order would deadlock; trying again is the documented answer. */
static enum status set_wal(struct sqlite *db, struct err *e)
{
	enum status st = ST_BUSY;
	for (int i = 0; i < WAL_TRIES && st == ST_BUSY; i++) {
		if (i > 0)
			clock_sleep_us(WAL_TRY_PAUSE_US);
		st = sqlite_exec(db, "PRAGMA journal_mode=WAL", e);
	}
	return st;
}

static enum status set_pragmas(struct sqlite *db, struct err *e)
{
	const struct sqlite_conf *c = &db->conf;
	char sql[512];
	(void)snprintf(sql, sizeof sql,
		       "PRAGMA page_size=%d; PRAGMA cache_size=-%zu; PRAGMA mmap_size=%zu;"
		       "PRAGMA secure_delete=%d; PRAGMA synchronous=%s; PRAGMA temp_store=MEMORY;"
		       "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
		       "PRAGMA wal_autocheckpoint=0",
		       c->page_bytes != 0 ? c->page_bytes : 4096,
		       (c->cache_bytes != 0 ? c->cache_bytes : CACHE_BYTES) / 1024, c->mmap_bytes,
		       c->secure_delete, c->lazy_sync ? "NORMAL" : "FULL");
	enum status st = sqlite_exec(db, sql, e);
	if (st != ST_OK || c->read_only)
		return st;
	return set_wal(db, e);
}

static enum status prepare_own(struct sqlite *db, struct err *e)
{
	const struct {
		const char *sql;
		struct sqlite_stmt **stmt;
	} own[] = {
		{"BEGIN IMMEDIATE", &db->begin},
		{"COMMIT", &db->commit},
		{"ROLLBACK", &db->rollback},
		{"BEGIN", &db->begin_read},
	};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		enum status st = sqlite_prepare(db, own[i].sql, own[i].stmt, e);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

int sqlite_busy_timeout_ms(const struct sqlite *db)
{
	return db->conf.busy_timeout_ms != 0 ? db->conf.busy_timeout_ms : BUSY_TIMEOUT_MS;
}

static enum status open_handle(struct sqlite *db, struct err *e)
{
	const struct sqlite_conf *c = &db->conf;
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	flags |= c->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	if (c->recent != NULL)
		db->direct = sqlite_direct_create(c->vfs, c->recent);
	const char *vfs = db->direct != NULL ? sqlite_direct_name(db->direct) : c->vfs;
	if (c->gives_way)
		db->gentle = sqlite_gentle_create(vfs);
	if (db->gentle != NULL)
		vfs = sqlite_gentle_name(db->gentle);
	int rc = sqlite3_open_v2(c->path, &db->h, flags, vfs);
	if (rc != SQLITE_OK) {
		enum status st = sqlite_status_of(db->h, rc);
		if (c->read_only && access(c->path, F_OK) != 0)
			st = ST_NOT_FOUND;
		return err_set(e, st, "%s: open: %s", c->path,
			       db->h != NULL ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc));
	}
	(void)sqlite3_busy_timeout(db->h, sqlite_busy_timeout_ms(db));
	enum status st = set_pragmas(db, e);
	return st == ST_OK ? prepare_own(db, e) : st;
}

enum status sqlite_open(const struct sqlite_conf *conf, struct sqlite **out, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, configure_library);
	struct sqlite *db = mem_alloc(sizeof *db);
	db->conf = *conf;
	db->conf.path = db->path = mem_strz(str_of(conf->path));
	if (conf->vfs != NULL)
		db->conf.vfs = db->vfs = mem_strz(str_of(conf->vfs));
	enum status st = open_handle(db, e);
	if (st != ST_OK) {
		sqlite_close(&db);
		return st;
	}
	*out = db;
	return ST_OK;
}

void sqlite_close(struct sqlite **db)
{
	struct sqlite *d = *db;
	*db = NULL;
	if (d == NULL)
		return;
	sqlite_wal_stop(&d->wal);
	sqlite3_stmt *s;
	while (d->h != NULL && (s = sqlite3_next_stmt(d->h, NULL)) != NULL)
		(void)sqlite3_finalize(s); /* its error was told when it happened */
	int rc = sqlite3_close(d->h);
	ASSERT(rc == SQLITE_OK); /* all statements are gone: nothing can keep it open */
	sqlite_gentle_destroy(&d->gentle);
	sqlite_direct_destroy(&d->direct);
	mem_free(d->path);
	mem_free(d->vfs);
	mem_free(d);
}

const char *sqlite_path(const struct sqlite *db)
{
	return db->path;
}

enum status sqlite_exec(struct sqlite *db, const char *sql, struct err *e)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? ST_OK : sqlite_failed(db->h, rc, "execute", e);
}

/* --- schema ------------------------------------------------------------------------------- */

static enum status pragma_i64(struct sqlite *db, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db->h, sql, -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	enum status st = rc == SQLITE_ROW ? ST_OK : sqlite_failed(db->h, rc, sql, e);
	(void)sqlite3_finalize(s);
	return st;
}

static enum status migrate_one(struct sqlite *db, uint32_t application_id, const char *script,
			       size_t version, struct err *e)
{
	enum status st = sqlite_begin(db, e);
	if (st != ST_OK)
		return st;
	char sql[128];
	(void)snprintf(sql, sizeof sql, "PRAGMA application_id=%u; PRAGMA user_version=%zu",
		       application_id, version);
	st = sqlite_exec(db, script, e);
	if (st == ST_OK)
		st = sqlite_exec(db, sql, e);
	if (st == ST_OK)
		return sqlite_commit(db, e);
	sqlite_rollback(db);
	return st;
}

enum status sqlite_migrate(struct sqlite *db, uint32_t application_id, const char *const *scripts,
			   size_t n, struct err *e)
{
	int64_t id = 0, version = 0, tables = 0;
	enum status st = pragma_i64(db, "PRAGMA application_id", &id, e);
	if (st == ST_OK)
		st = pragma_i64(db, "PRAGMA user_version", &version, e);
	if (st == ST_OK)
		st = pragma_i64(db, "SELECT count(*) FROM sqlite_schema", &tables, e);
	if (st != ST_OK)
		return st;
	if (tables > 0 && id != (int64_t)application_id)
		return err_set(e, ST_INVALID,
			       "%s: this file belongs to another program or purpose "
			       "(application id %lld, expected %u); name another file",
			       db->path, (long long)id, application_id);
	if (version < 0 || (uint64_t)version > n)
		return err_set(e, ST_INVALID,
			       "%s: written by a newer version (schema %lld, this program "
			       "knows %zu); upgrade nurtured",
			       db->path, (long long)version, n);
	for (size_t i = (size_t)version; st == ST_OK && i < n; i++)
		st = db->conf.read_only ? err_set(e, ST_DENIED,
						  "%s: schema %zu is older than %zu and the file "
						  "was opened for reading only",
						  db->path, i, n)
					: migrate_one(db, application_id, scripts[i], i + 1, e);
	return st;
}

/* --- transactions ------------------------------------------------------------------------- */

enum status sqlite_begin(struct sqlite *db, struct err *e)
{
	return sqlite_run(db->begin, e);
}

enum status sqlite_commit(struct sqlite *db, struct err *e)
{
	enum status st = sqlite_wal_check(db, e);
	if (st == ST_OK)
		st = sqlite_run(db->commit, e);
	if (st != ST_OK)
		sqlite_rollback(db);
	else if (db->wal != NULL)
		sqlite_wal_after_commit(db->wal);
	return st;
}

enum status sqlite_sync(struct sqlite *db, struct err *e)
{
	sqlite3_file *wal = NULL;
	int rc = sqlite3_file_control(db->h, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
	if (rc == SQLITE_OK && wal != NULL && wal->pMethods != NULL)
		rc = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
	return rc == SQLITE_OK ? ST_OK : sqlite_failed(db->h, rc, "sync", e);
}

void sqlite_rollback(struct sqlite *db)
{
	if (!sqlite_in_transaction(db))
		return;
	(void)sqlite3_step(
		raw(db->rollback)); /* nothing was promised: a failure has no one to tell */
	sqlite_reset(db->rollback);
}

enum status sqlite_read_begin(struct sqlite *db, struct err *e)
{
	return sqlite_run(db->begin_read, e);
}

void sqlite_read_end(struct sqlite *db)
{
	sqlite_rollback(db);
}

bool sqlite_in_transaction(const struct sqlite *db)
{
	return sqlite3_get_autocommit(db->h) == 0;
}

/* --- statements --------------------------------------------------------------------------- */

enum status sqlite_prepare(struct sqlite *db, const char *sql, struct sqlite_stmt **out,
			   struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
	if (rc != SQLITE_OK)
		return sqlite_failed(db->h, rc, sql, e);
	*out = (struct sqlite_stmt *)s;
	return ST_OK;
}

void sqlite_finalize(struct sqlite_stmt **s)
{
	(void)sqlite3_finalize(raw(*s)); /* repeats the error of the last step, which was told */
	*s = NULL;
}

/* A failing bind is a wrong index or a value above a gigabyte: our bug, not the world's. */
void sqlite_bind_i64(struct sqlite_stmt *s, int param, int64_t v)
{
	int rc = sqlite3_bind_int64(raw(s), param, v);
	ASSERT(rc == SQLITE_OK);
}

void sqlite_bind_blob(struct sqlite_stmt *s, int param, struct str v)
{
	int rc = sqlite3_bind_blob64(raw(s), param, v.n != 0 ? v.p : "", v.n, SQLITE_STATIC);
	ASSERT(rc == SQLITE_OK);
}

void sqlite_bind_text(struct sqlite_stmt *s, int param, struct str v)
{
	int rc = sqlite3_bind_text64(raw(s), param, v.n != 0 ? v.p : "", v.n, SQLITE_STATIC,
				     SQLITE_UTF8);
	ASSERT(rc == SQLITE_OK);
}

void sqlite_bind_null(struct sqlite_stmt *s, int param)
{
	int rc = sqlite3_bind_null(raw(s), param);
	ASSERT(rc == SQLITE_OK);
}

enum status sqlite_step(struct sqlite_stmt *s, bool *row_r, struct err *e)
{
	int rc = sqlite3_step(raw(s));
	if (rc == SQLITE_ROW) {
		*row_r = true;
		return ST_OK;
	}
	enum status st = ST_OK;
	if (rc != SQLITE_DONE)
		st = sqlite_failed(sqlite3_db_handle(raw(s)), rc, sqlite3_sql(raw(s)), e);
	else
		*row_r = false;
	sqlite_reset(s);
	return st;
}

enum status sqlite_run(struct sqlite_stmt *s, struct err *e)
{
	bool row = true;
	enum status st = ST_OK;
	while (st == ST_OK && row)
		st = sqlite_step(s, &row, e);
	return st;
}

void sqlite_reset(struct sqlite_stmt *s)
{
	(void)sqlite3_reset(raw(s)); /* repeats the error of the last step, which was told */
}

int64_t sqlite_col_i64(struct sqlite_stmt *s, int col)
{
	return sqlite3_column_int64(raw(s), col);
}

struct str sqlite_col_bytes(struct sqlite_stmt *s, int col)
{
	const void *p = sqlite3_column_blob(raw(s), col);
	return str_n(p != NULL ? p : "", (size_t)sqlite3_column_bytes(raw(s), col));
}

bool sqlite_col_is_null(struct sqlite_stmt *s, int col)
{
	return sqlite3_column_type(raw(s), col) == SQLITE_NULL;
}

int64_t sqlite_changes(struct sqlite *db)
{
	return sqlite3_changes64(db->h);
}

/* --- files -------------------------------------------------------------------------------- */

uint64_t sqlite_bytes(struct sqlite *db)
{
	char wal[4096];
	struct stat main_file = {0}, wal_file = {0};
	(void)snprintf(wal, sizeof wal, "%s-wal", db->path);
	if (stat(db->path, &main_file) != 0)
		main_file.st_size = 0;
	if (stat(wal, &wal_file) != 0)
		wal_file.st_size = 0; /* no WAL yet */
	return (uint64_t)main_file.st_size + (uint64_t)wal_file.st_size;
}

enum status sqlite_check(struct sqlite *db, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db->h, "PRAGMA integrity_check(1)", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	enum status st = ST_OK;
	if (rc != SQLITE_ROW)
		st = sqlite_failed(db->h, rc, "check", e);
	else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
		st = err_set(e, ST_CORRUPT, "%s: %s", db->path,
			     (const char *)sqlite3_column_text(s, 0));
	(void)sqlite3_finalize(s);
	return st;
}
