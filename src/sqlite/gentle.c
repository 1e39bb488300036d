/* SPDX-License-Identifier: Apache-2.0
 * gentle.c: the files of a connection that copies a write-ahead log, while others answer.
 *
 * SQLite copies all frames in one go. A thread in the middle of it keeps its processor until the
 * scheduler looks again, and the kernel's own thread that takes a commit's next request to the disk
 * may stand behind it on that processor: commits stood for the whole copy while the other
 * processor was idle. So it gives way between two pages. And at the end of a copy all that was
 * written to the main file is synced at once: of tens of megabytes a commit stood 30 ms. So they go
 * to the disk a quarter of a megabyte at a time; each page is copied once, it is no more work. */
#include "sqlite/internal.h"
#include "sqlite/shim.h"

#include "base/polite.h"

#define BITE_BYTES ((size_t)256 << 10)
#define GIVE_WAY_US 50 /* three pages or so */

struct sqlite_gentle {
	struct sqlite_shim shim; /* first: its VFS pointer is the object */
	struct polite polite;
};

struct gentle_file {
	struct sqlite_shim_file shim; /* first: the file pointer is the object */
	struct sqlite_gentle *of;
	int64_t since_us; /* when others were let go first */
	bool syncs;       /* while it is written */
	size_t unsynced;  /* bytes written since the last sync */
};

static struct gentle_file *file_of(sqlite3_file *f)
{
	return (struct gentle_file *)f;
}

static sqlite3_file *below(const struct gentle_file *f)
{
	return f->shim.below;
}

static int gentle_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	struct gentle_file *f = file_of(file);
	(void)polite_pause(&f->of->polite, &f->since_us);
	return below(f)->pMethods->xRead(below(f), p, n, at);
}

static int gentle_sync(sqlite3_file *file, int flags)
{
	struct gentle_file *f = file_of(file);
	f->unsynced = 0;
	return below(f)->pMethods->xSync(below(f), flags);
}

/* A sync that fails fails the write: SQLite takes nothing of this copy for done, and the next one
 * writes all of it again. */
static int gentle_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct gentle_file *f = file_of(file);
	(void)polite_pause(&f->of->polite, &f->since_us);
	int rc = below(f)->pMethods->xWrite(below(f), p, n, at);
	f->unsynced += f->syncs ? (size_t)n : 0;
	if (rc == SQLITE_OK && f->unsynced >= BITE_BYTES)
		rc = gentle_sync(file, SQLITE_SYNC_NORMAL);
	return rc;
}

static int gentle_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags,
		       int *out_flags)
{
	struct gentle_file *f = file_of(file);
	*f = (struct gentle_file){.of = (struct sqlite_gentle *)v,
				  .syncs = (flags & SQLITE_OPEN_MAIN_DB) != 0};
	return sqlite_shim_open(&f->of->shim, name, &f->shim, flags, out_flags);
}

struct sqlite_gentle *sqlite_gentle_create(const char *vfs)
{
	struct sqlite_gentle *g = mem_alloc(sizeof *g);
	g->polite.bite_us = GIVE_WAY_US;
	polite_want(&g->polite, true);
	sqlite_shim_init(&g->shim, "gentle", vfs, sizeof(struct gentle_file));
	g->shim.vfs.xOpen = gentle_open;
	g->shim.methods.xRead = gentle_read;
	g->shim.methods.xWrite = gentle_write;
	g->shim.methods.xSync = gentle_sync;
	return g;
}

void sqlite_gentle_destroy(struct sqlite_gentle **g_at)
{
	struct sqlite_gentle *g = *g_at;
	*g_at = NULL;
	if (g == NULL)
		return;
	sqlite_shim_finish(&g->shim);
	mem_free(g);
}

const char *sqlite_gentle_name(const struct sqlite_gentle *g)
{
	return g->shim.name;
}
