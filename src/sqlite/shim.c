/* SPDX-License-Identifier: Apache-2.0
 * shim.c: the calls that a VFS above another one only passes on. */
#include "sqlite/shim.h"

#include "base/assert.h"

#include <stdio.h>

static sqlite3_file *below(sqlite3_file *f)
{
	return ((struct sqlite_shim_file *)f)->below;
}

static const sqlite3_io_methods *calls(sqlite3_file *f)
{
	return below(f)->pMethods;
}

static int shim_close(sqlite3_file *f)
{
	return calls(f)->xClose(below(f));
}

static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return calls(f)->xRead(below(f), p, n, at);
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	return calls(f)->xWrite(below(f), p, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return calls(f)->xTruncate(below(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
	return calls(f)->xSync(below(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return calls(f)->xFileSize(below(f), size);
}

static int shim_lock(sqlite3_file *f, int level)
{
	return calls(f)->xLock(below(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
	return calls(f)->xUnlock(below(f), level);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
	return calls(f)->xCheckReservedLock(below(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
	return calls(f)->xFileControl(below(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
	return calls(f)->xSectorSize(below(f));
}

static int shim_character(sqlite3_file *f)
{
	return calls(f)->xDeviceCharacteristics(below(f));
}

static int shim_shm_map(sqlite3_file *f, int page, int bytes, int extend, void volatile **out)
{
	return calls(f)->xShmMap(below(f), page, bytes, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return calls(f)->xShmLock(below(f), at, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
	calls(f)->xShmBarrier(below(f));
}

static int shim_shm_unmap(sqlite3_file *f, int remove)
{
	return calls(f)->xShmUnmap(below(f), remove);
}

/* Version 2: without xFetch every page goes through read and write. */
static const sqlite3_io_methods forward = {
	.iVersion = 2,
	.xClose = shim_close,
	.xRead = shim_read,
	.xWrite = shim_write,
	.xTruncate = shim_truncate,
	.xSync = shim_sync,
	.xFileSize = shim_size,
	.xLock = shim_lock,
	.xUnlock = shim_unlock,
	.xCheckReservedLock = shim_reserved,
	.xFileControl = shim_control,
	.xSectorSize = shim_sector,
	.xDeviceCharacteristics = shim_character,
	.xShmMap = shim_shm_map,
	.xShmLock = shim_shm_lock,
	.xShmBarrier = shim_shm_barrier,
	.xShmUnmap = shim_shm_unmap,
};

static int shim_delete(sqlite3_vfs *v, const char *name, int sync_folder)
{
	sqlite3_vfs *b = ((struct sqlite_shim *)v)->below;
	return b->xDelete(b, name, sync_folder);
}

static int shim_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	sqlite3_vfs *b = ((struct sqlite_shim *)v)->below;
	return b->xAccess(b, name, flags, out);
}

static int shim_full_path(sqlite3_vfs *v, const char *name, int n, char *out)
{
	sqlite3_vfs *b = ((struct sqlite_shim *)v)->below;
	return b->xFullPathname(b, name, n, out);
}

void sqlite_shim_init(struct sqlite_shim *s, const char *kind, const char *vfs, size_t file_bytes)
{
	s->below = sqlite3_vfs_find(vfs);
	ASSERT(s->below != NULL && file_bytes >= sizeof(struct sqlite_shim_file));
	(void)snprintf(s->name, sizeof s->name, "%s-%p", kind, (void *)s);
	s->methods = forward;
	s->vfs = *s->below; /* clock, dice and sleep as they are: the VFS is only a token there */
	s->vfs.pNext = NULL;
	s->vfs.szOsFile = (int)file_bytes + s->below->szOsFile;
	s->vfs.zName = s->name;
	s->vfs.xDelete = shim_delete;
	s->vfs.xAccess = shim_access;
	s->vfs.xFullPathname = shim_full_path;
	int rc = sqlite3_vfs_register(&s->vfs, 0);
	ASSERT(rc == SQLITE_OK);
}

void sqlite_shim_finish(struct sqlite_shim *s)
{
	(void)sqlite3_vfs_unregister(&s->vfs);
}

int sqlite_shim_open(const struct sqlite_shim *s, const char *name, struct sqlite_shim_file *f,
		     int flags, int *out_flags)
{
	size_t own = (size_t)(s->vfs.szOsFile - s->below->szOsFile);
	f->below = (void *)((char *)f + own);
	f->base.pMethods = NULL;
	int rc = s->below->xOpen(s->below, name, f->below, flags, out_flags);
	if (f->below->pMethods != NULL)
		f->base.pMethods = &s->methods;
	return rc;
}
