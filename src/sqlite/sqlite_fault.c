/* SPDX-License-Identifier: Apache-2.0
 * sqlite_fault.c: the faulty disk. Everything is forwarded to the system's VFS; write, sync and
 * truncate first ask the plan. */
#include "sqlite/sqlite_fault.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/random.h"
#include "sqlite/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

/* What a range of a file held before a write that no sync has followed yet. */
struct unsynced {
	struct unsynced *older;
	uint64_t id;
	char *path;
	sqlite3_int64 at;
	size_t n;
	uint8_t before[]; /* zeros behind the end the file had */
};

struct sqlite_fault {
	struct sqlite_shim shim; /* first: its VFS pointer is the object */
	pthread_mutex_t lock;
	struct sqlite_fault_plan plan; /* under lock, as are the counts */
	bool armed;
	uint64_t seen[SQLITE_FAULT_OP_COUNT], hits;
	bool tracking, dead;
	struct rng coin;
	struct unsynced *newest;
	uint64_t last_id;
};

struct fault_file {
	struct sqlite_shim_file shim; /* first: the file pointer is the object */
	struct sqlite_fault *fault;
	const char *path; /* SQLite keeps it as long as the file is open; NULL: a temporary one */
	bool main;
};

static sqlite3_file *below(sqlite3_file *f)
{
	return ((struct fault_file *)f)->shim.below;
}

/* --- power ---------------------------------------------------------------------------------- */

static void forget(struct sqlite_fault *x, const char *path, uint64_t upto)
{
	struct unsynced **at = &x->newest, *u;
	while ((u = *at) != NULL) {
		if (u->id > upto || (path != NULL && strcmp(u->path, path) != 0)) {
			at = &u->older;
			continue;
		}
		*at = u->older;
		mem_free(u->path);
		mem_free(u);
	}
}

static void remember(sqlite3_file *f, size_t n, sqlite3_int64 at)
{
	struct fault_file *ff = (struct fault_file *)f;
	struct sqlite_fault *x = ff->fault;
	if (!x->tracking || ff->path == NULL)
		return;
	struct unsynced *u = mem_alloc(sizeof *u + n);
	u->path = mem_strz(str_of(ff->path));
	u->at = at;
	u->n = n;
	(void)below(f)->pMethods->xRead(below(f), u->before, (int)n, at); /* short: zeros */
	(void)pthread_mutex_lock(&x->lock);
	u->id = ++x->last_id;
	u->older = x->newest;
	x->newest = u;
	(void)pthread_mutex_unlock(&x->lock);
}

/* Called with the lock held. A write that is lost leaves what was there before it. */
static void cut_power(struct sqlite_fault *x)
{
	x->dead = true;
	for (const struct unsynced *u = x->newest; u != NULL; u = u->older) {
		if (rng_below(&x->coin, 4) == 0)
			continue; /* this one had reached the disk */
		int fd = open(u->path, O_WRONLY | O_CLOEXEC);
		ASSERT(fd >= 0);
		ssize_t n = pwrite(fd, u->before, u->n, (off_t)u->at);
		ASSERT(n == (ssize_t)u->n);
		(void)close(fd);
	}
}

static bool strikes(sqlite3_file *f, enum sqlite_fault_op op, enum sqlite_fault_kind *kind)
{
	struct sqlite_fault *x = ((struct fault_file *)f)->fault;
	(void)pthread_mutex_lock(&x->lock);
	uint64_t n = ++x->seen[op];
	const struct sqlite_fault_plan *p = &x->plan;
	bool hit = x->armed && p->op == op && n >= p->nth &&
		   (p->times == 0 || n < (uint64_t)p->nth + p->times);
	if (hit)
		x->hits++;
	*kind = p->kind;
	if (hit && p->kind == SQLITE_FAULT_POWER && !x->dead)
		cut_power(x);
	if (x->dead) {
		hit = true;
		*kind = SQLITE_FAULT_EIO;
	}
	if (hit) /* SQLite asks for it, and a real disk would have left it */
		errno = *kind == SQLITE_FAULT_EIO || *kind == SQLITE_FAULT_POWER ? EIO : ENOSPC;
	(void)pthread_mutex_unlock(&x->lock);
	return hit;
}

static int fault_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	enum sqlite_fault_kind kind;
	remember(f, (size_t)n, at);
	if (!strikes(f, SQLITE_FAULT_WRITE, &kind))
		return below(f)->pMethods->xWrite(below(f), p, n, at);
	if (kind == SQLITE_FAULT_SHORT)
		(void)below(f)->pMethods->xWrite(below(f), p, n / 2, at); /* fails anyway */
	return kind == SQLITE_FAULT_EIO ? SQLITE_IOERR_WRITE : SQLITE_FULL;
}

/* What was written before the call is safe after it. */
static int sync_and_forget(sqlite3_file *f, int flags)
{
	struct fault_file *ff = (struct fault_file *)f;
	struct sqlite_fault *x = ff->fault;
	(void)pthread_mutex_lock(&x->lock);
	uint64_t upto = x->last_id;
	(void)pthread_mutex_unlock(&x->lock);
	int rc = below(f)->pMethods->xSync(below(f), flags);
	(void)pthread_mutex_lock(&x->lock);
	if (x->dead) /* the power went while this sync was under way */
		rc = SQLITE_IOERR_FSYNC;
	else if (rc == SQLITE_OK && ff->path != NULL)
		forget(x, ff->path, upto);
	(void)pthread_mutex_unlock(&x->lock);
	return rc;
}

static int fault_sync(sqlite3_file *f, int flags)
{
	enum sqlite_fault_kind kind;
	bool main = ((struct fault_file *)f)->main;
	if (!strikes(f, SQLITE_FAULT_SYNC, &kind) &&
	    !(main && strikes(f, SQLITE_FAULT_SYNC_MAIN, &kind)))
		return sync_and_forget(f, flags);
	return kind == SQLITE_FAULT_ENOSPC ? SQLITE_FULL : SQLITE_IOERR_FSYNC;
}

static int fault_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	enum sqlite_fault_kind kind;
	if (!strikes(f, SQLITE_FAULT_TRUNCATE, &kind))
		return below(f)->pMethods->xTruncate(below(f), size);
	return kind == SQLITE_FAULT_ENOSPC ? SQLITE_FULL : SQLITE_IOERR_TRUNCATE;
}

static int fault_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	struct sqlite_fault *x = (struct sqlite_fault *)v;
	struct fault_file *ff = (struct fault_file *)f;
	ff->fault = x;
	ff->path = name;
	ff->main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
	return sqlite_shim_open(&x->shim, name, &ff->shim, flags, out_flags);
}

static int fault_delete(sqlite3_vfs *v, const char *name, int sync_folder)
{
	struct sqlite_fault *x = (struct sqlite_fault *)v;
	(void)pthread_mutex_lock(&x->lock);
	bool dead = x->dead;
	(void)pthread_mutex_unlock(&x->lock);
	if (dead)
		return SQLITE_IOERR_DELETE;
	return x->shim.below->xDelete(x->shim.below, name, sync_folder);
}

struct sqlite_fault *sqlite_fault_create(void)
{
	struct sqlite_fault *x = mem_alloc(sizeof *x);
	(void)pthread_mutex_init(&x->lock, NULL);
	sqlite_shim_init(&x->shim, "fault", NULL, sizeof(struct fault_file));
	x->shim.vfs.xOpen = fault_open;
	x->shim.vfs.xDelete = fault_delete;
	x->shim.methods.xWrite = fault_write;
	x->shim.methods.xTruncate = fault_truncate;
	x->shim.methods.xSync = fault_sync;
	return x;
}

void sqlite_fault_destroy(struct sqlite_fault **f)
{
	struct sqlite_fault *x = *f;
	*f = NULL;
	if (x == NULL)
		return;
	sqlite_shim_finish(&x->shim);
	forget(x, NULL, UINT64_MAX);
	(void)pthread_mutex_destroy(&x->lock);
	mem_free(x);
}

const char *sqlite_fault_name(const struct sqlite_fault *f)
{
	return f->shim.name;
}

void sqlite_fault_arm(struct sqlite_fault *f, const struct sqlite_fault_plan *plan)
{
	(void)pthread_mutex_lock(&f->lock);
	f->armed = plan != NULL;
	if (plan != NULL)
		f->plan = *plan;
	memset(f->seen, 0, sizeof f->seen);
	f->hits = 0;
	(void)pthread_mutex_unlock(&f->lock);
}

void sqlite_fault_seed(struct sqlite_fault *f, uint64_t seed)
{
	(void)pthread_mutex_lock(&f->lock);
	f->tracking = true;
	rng_seed(&f->coin, seed);
	(void)pthread_mutex_unlock(&f->lock);
}

uint64_t sqlite_fault_hits(struct sqlite_fault *f)
{
	(void)pthread_mutex_lock(&f->lock);
	uint64_t n = f->hits;
	(void)pthread_mutex_unlock(&f->lock);
	return n;
}
