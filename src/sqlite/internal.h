/* SPDX-License-Identifier: Apache-2.0
 * internal.h: what the files of this room share and nobody else sees. */
#ifndef SQLITE_INTERNAL_H
#define SQLITE_INTERNAL_H

#include "sqlite/sqlite.h"

#include <sqlite3.h>

struct sqlite_wal; /* wal.c */

struct sqlite {
	sqlite3 *h;
	char *path, *vfs;
	struct sqlite_conf conf;      /* its strings are the two above */
	struct sqlite_wal *wal;       /* NULL: no thread */
	struct sqlite_direct *direct; /* NULL: the WAL is written as SQLite does it */
	struct sqlite_gentle *gentle; /* NULL: it gives way to nobody */
	struct sqlite_stmt *begin, *commit, *rollback, *begin_read;
};

/* Status of an SQLite result code on this connection, with its text; `what` is the deed. */
enum status sqlite_failed(sqlite3 *h, int rc, const char *what, struct err *e);
enum status sqlite_status_of(sqlite3 *h, int rc);

int sqlite_busy_timeout_ms(const struct sqlite *db);

/* A VFS of its own for one connection, above `vfs` (NULL: the system's), whose WAL is written and
 * read past the page cache (direct.c). Frames are written through no other connection of those
 * that share `recent`, which is borrowed. */
struct sqlite_direct *sqlite_direct_create(const char *vfs, struct sqlite_recent *recent);
void sqlite_direct_destroy(struct sqlite_direct **d); /* the connection is closed; leaves NULL */
const char *sqlite_direct_name(const struct sqlite_direct *d);

/* A VFS of its own for one connection, above `vfs` (NULL: the system's), that gives way to other
 * threads as it reads, and syncs a file while it is written (gentle.c). */
struct sqlite_gentle *sqlite_gentle_create(const char *vfs);
void sqlite_gentle_destroy(struct sqlite_gentle **g); /* the connection is closed; leaves NULL */
const char *sqlite_gentle_name(const struct sqlite_gentle *g);

/* The methods of a page cache that leaves all work to `below`, whose methods are copied, and spares
 * it walks through all pages (pages.c). One for the process: the next call changes them all. */
const sqlite3_pcache_methods2 *sqlite_pages_over(const sqlite3_pcache_methods2 *below);

MUST_USE enum status sqlite_wal_check(struct sqlite *db, struct err *e); /* may it go on? */
void sqlite_wal_after_commit(struct sqlite_wal *w);
void sqlite_wal_stop(struct sqlite_wal **w);

#endif
