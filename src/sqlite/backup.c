/* SPDX-License-Identifier: Apache-2.0
 * backup.c: a consistent copy of a file that is being written.
 *
 * One sqlite3_backup_step over all pages reads a single WAL snapshot: writers go on, nothing
 * starts over. The copy is made beside its name and renamed when it is whole and synced, so that a
 * file with the name of a backup is a backup. It has no write-ahead log: who looks into it needs
 * only the file, and leaves nothing beside it. The first connection that writes gives it one. */
#include "sqlite/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static enum status copy_pages(sqlite3 *from, sqlite3 *to, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	if (b == NULL)
		return sqlite_failed(to, sqlite3_extended_errcode(to), "backup", e);
	int rc = sqlite3_backup_step(b, -1);
	int end = sqlite3_backup_finish(b);
	if (rc == SQLITE_DONE)
		rc = end;
	return rc == SQLITE_OK ? ST_OK : sqlite_failed(to, rc, "backup", e);
}

/* SQLite notices that the pages are those of a file with a log when it reads one. */
static enum status without_wal(sqlite3 *to, struct err *e)
{
	int rc = sqlite3_exec(to, "SELECT 1 FROM sqlite_schema; PRAGMA journal_mode=DELETE", NULL,
			      NULL, NULL);
	return rc == SQLITE_OK ? ST_OK : sqlite_failed(to, rc, "finish backup", e);
}

static enum status copy_to(const struct sqlite *db, const char *part, struct err *e)
{
	struct sqlite_conf conf = db->conf;
	conf.read_only = true;
	struct sqlite *from = NULL;
	enum status st = sqlite_open(&conf, &from, e);
	if (st != ST_OK)
		return st;
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(
		part, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	st = rc == SQLITE_OK ? copy_pages(from->h, to, e)
			     : sqlite_failed(to, rc, "create backup", e);
	if (st == ST_OK)
		st = without_wal(to, e);
	(void)sqlite3_close(to);
	sqlite_close(&from);
	return st;
}

static int sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int rc = fsync(fd);
	int no = errno;
	(void)close(fd); /* the fsync told what there is to tell */
	errno = no;
	return rc;
}

static enum status put_in_place(const char *part, const char *to, struct err *e)
{
	char folder[4096];
	(void)snprintf(folder, sizeof folder, "%s", to);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		(void)snprintf(folder, sizeof folder, ".");
	else
		slash[slash == folder ? 1 : 0] = '\0';
	if (sync_path(part, O_RDONLY) != 0 || rename(part, to) != 0 ||
	    sync_path(folder, O_RDONLY | O_DIRECTORY) != 0)
		return err_set(e, errno == ENOSPC ? ST_NO_SPACE : ST_IO,
			       "%s: cannot finish the backup: errno %d", to, errno);
	return ST_OK;
}

enum status sqlite_backup(const struct sqlite *db, const char *to, struct err *e)
{
	char part[4096];
	int n = snprintf(part, sizeof part, "%s.part", to);
	if (n < 0 || (size_t)n >= sizeof part)
		return err_set(e, ST_LIMIT, "backup: the path is longer than %zu bytes",
			       sizeof part);
	(void)unlink(part); /* left by a backup that was cut short */
	enum status st = copy_to(db, part, e);
	if (st == ST_OK)
		st = put_in_place(part, to, e);
	if (st != ST_OK)
		(void)unlink(part);
	return st;
}
