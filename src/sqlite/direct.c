/* SPDX-License-Identifier: Apache-2.0
 * direct.c: the write-ahead log written past the page cache.
 *
 * SQLite writes a commit's frames in pieces of 24 bytes and a page, and then asks for a sync: the
 * pieces are copied into the page cache, handed to the disk by the sync, and the disk is waited for
 * twice. Here they gather in memory, and their blocks go out in one write with O_DIRECT, half the
 * processor and less than half the wait of write and fdatasync. A disk that can write through its
 * cache (FUA) is asked to, with O_DSYNC: one request, durable when it returns. For one that cannot
 * the kernel flushes the cache behind the write, by a thread of the processor that heard of its
 * end, and while some other thread keeps that processor the commit stands, though the next one is
 * idle. There this thread asks for the flush itself, from wherever it runs.
 *
 * The blocks are filled with zeros ahead of the writer, so that no commit changes the size of the
 * file or where its blocks are (either would cost a commit of the file system's journal); SQLite
 * takes zeros behind the last frame for its end.
 *
 * What was written stays in memory (recent.h), and is read from there: by the fold, that follows
 * a moment later, and by the checkpoint. From the disk the same bytes were a third of its requests,
 * and a commit's write stood behind them. What is not there is read past the page cache too: a page
 * that is on its way into the cache, most often one read ahead that nobody asked for, is waited for
 * by whoever writes there directly, and a commit has stood 10 ms behind one. Programs that are not
 * ours read through the page cache; the kernel drops what a direct write made stale. Where the file
 * system does not take O_DIRECT, or the VFS below is not the system's (tests with a faulty disk),
 * blocks are written and synced, and read, through the VFS below. */
#include "sqlite/internal.h"
#include "sqlite/recent.h"
#include "sqlite/shim.h"

#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BLOCK RECENT_BLOCK
#define PIECE_BYTES ((size_t)1 << 20)        /* a larger commit goes out in several writes */
#define BELOW_BYTES ((size_t)64 << 10)       /* the system's VFS takes less than 128 KB at a time */
#define AHEAD_BYTES ((int64_t)512 << 10)     /* laid out by the commit that comes to its end */
#define READ_BYTES (BELOW_BYTES + 2 * BLOCK) /* the blocks a page may be in */

struct sqlite_direct {
	struct sqlite_shim shim; /* first: its VFS pointer is the object */
	struct sqlite_recent *recent;
	bool system; /* below is the system's VFS: what it opens are real files */
};

struct direct_file {
	struct sqlite_shim_file shim; /* first: the file pointer is the object */
	struct sqlite_recent *recent;
	int fd;             /* -1: through the file below */
	bool flushes;       /* what it writes is durable behind a flush of its own */
	sqlite3_int64 size; /* of the file: up to there blocks are in place */
	/* The one file of all that writes: */
	int64_t high;    /* what lies from here on may become zeros */
	int64_t at;      /* of recent->bytes in the file, whole blocks; -1: nothing is there */
	size_t n;        /* bytes of it that are known, written or not */
	size_t from, to; /* of it, to be written */
	/* From the first read on of what is in no memory: READ_BYTES, aligned. */
	uint8_t *read_raw, *read;
};

static struct direct_file *file_of(sqlite3_file *f)
{
	return (struct direct_file *)f;
}

static sqlite3_file *below(const struct direct_file *f)
{
	return f->shim.below;
}

static size_t whole_blocks(size_t n)
{
	return (n + BLOCK - 1) / BLOCK * BLOCK;
}

static int write_failed(int no)
{
	return no == ENOSPC || no == EDQUOT || no == EFBIG ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int write_at(int fd, const uint8_t *p, size_t n, int64_t at)
{
	while (n > 0) {
		ssize_t k = pwrite(fd, p, n, at);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return write_failed(k < 0 ? errno : ENOSPC);
		p += k;
		n -= (size_t)k;
		at += k;
	}
	return SQLITE_OK;
}

static int fill(struct direct_file *f, int64_t end)
{
	static const uint8_t zeros[BELOW_BYTES];
	int rc = SQLITE_OK;
	for (int64_t at = f->size; rc == SQLITE_OK && at < end; at += (int64_t)sizeof zeros) {
		int64_t n = end - at < (int64_t)sizeof zeros ? end - at : (int64_t)sizeof zeros;
		rc = below(f)->pMethods->xWrite(below(f), zeros, (int)n, at);
	}
	if (rc == SQLITE_OK)
		rc = below(f)->pMethods->xSync(below(f), SQLITE_SYNC_NORMAL);
	if (rc == SQLITE_OK)
		f->size = end;
	return rc;
}

/* Zeros from the end of the file on, until `upto` and a good piece more are in place. */
static int reach(struct direct_file *f, int64_t upto)
{
	int rc = fill(f, (upto + AHEAD_BYTES - 1) / AHEAD_BYTES * AHEAD_BYTES);
	return (rc & 0xff) == SQLITE_FULL ? fill(f, upto) : rc;
}

/* What the file holds at [at, at + n); zeros behind its end. */
static int read_below(struct direct_file *f, uint8_t *p, size_t n, int64_t at)
{
	int rc = below(f)->pMethods->xRead(below(f), p, (int)n, at);
	return rc == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : rc;
}

static int write_blocks(struct direct_file *f, size_t from, size_t end)
{
	const uint8_t *bytes = f->recent->bytes;
	int rc = SQLITE_OK;
	if (f->fd >= 0) {
		if (f->at + (int64_t)end > f->size)
			rc = reach(f, f->at + (int64_t)end);
		if (rc == SQLITE_OK)
			rc = write_at(f->fd, bytes + from, end - from, f->at + (int64_t)from);
		if (rc == SQLITE_OK && f->flushes && fdatasync(f->fd) != 0)
			rc = SQLITE_IOERR_FSYNC;
		return rc;
	}
	for (size_t at = from; rc == SQLITE_OK && at < end; at += BELOW_BYTES) {
		size_t n = end - at < BELOW_BYTES ? end - at : BELOW_BYTES;
		rc = below(f)->pMethods->xWrite(below(f), bytes + at, (int)n, f->at + (int64_t)at);
	}
	return rc == SQLITE_OK ? below(f)->pMethods->xSync(below(f), SQLITE_SYNC_NORMAL) : rc;
}

/* The last block as it shall stand in the file: behind what is known, zeros or what is there. */
static int complete(struct direct_file *f, size_t end)
{
	int64_t known = f->at + (int64_t)f->n;
	if (end <= f->n)
		return SQLITE_OK;
	memset(f->recent->bytes + f->n, 0, end - f->n);
	return known < f->high ? read_below(f, f->recent->bytes + f->n, end - f->n, known)
			       : SQLITE_OK;
}

/* The memory is of no more use: what is in it is hidden before it changes. */
static void forget(struct direct_file *f)
{
	f->at = -1;
	f->n = f->from = f->to = 0;
	recent_move(f->recent, 0);
}

/* What is to be written onto the disk, then shown. After a failure nothing is known: SQLite rolls
 * the transaction back and writes it anew or not at all. */
static int flush(struct direct_file *f)
{
	if (f->from == f->to)
		return SQLITE_OK;
	size_t end = whole_blocks(f->to);
	int64_t upto = f->at + (int64_t)f->to;
	int rc = complete(f, end);
	if (rc == SQLITE_OK)
		rc = write_blocks(f, f->from - f->from % BLOCK, end);
	if (rc != SQLITE_OK) {
		forget(f);
		return rc;
	}
	if (upto > f->high)
		f->high = upto;
	f->from = f->to = 0;
	recent_show(f->recent, f->n);
	return SQLITE_OK;
}

/* Lets the memory begin at the block `at` is in, with what stands there before `at`. */
static int begin_at(struct direct_file *f, int64_t at)
{
	int rc = flush(f);
	forget(f);
	size_t begun = (size_t)at % BLOCK;
	if (rc == SQLITE_OK && begun > 0)
		rc = read_below(f, f->recent->bytes, begun, at - (int64_t)begun);
	if (rc != SQLITE_OK)
		return rc;
	f->at = at - (int64_t)begun;
	f->n = begun;
	recent_move(f->recent, f->at);
	return SQLITE_OK;
}

static void put(struct direct_file *f, const uint8_t *p, size_t n, size_t in)
{
	memcpy(f->recent->bytes + in, p, n);
	bool first = f->from == f->to;
	if (first || in < f->from)
		f->from = in;
	if (first || in + n > f->to)
		f->to = in + n;
	if (f->n < f->to)
		f->n = f->to;
}

static int direct_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct direct_file *f = file_of(file);
	const uint8_t *from = p;
	int rc = SQLITE_OK;
	if (at == 0)
		f->high = 0; /* a new header: every frame behind it is of the past */
	while (n > 0) {
		bool goes_on = f->at >= 0 && at >= f->at && at <= f->at + (int64_t)f->n &&
			       at < f->at + (int64_t)RECENT_BYTES;
		if (!goes_on)
			rc = begin_at(f, at);
		else if (f->to - f->from >= PIECE_BYTES)
			rc = flush(f);
		if (rc != SQLITE_OK)
			return rc;
		size_t in = (size_t)(at - f->at), room = RECENT_BYTES - in;
		size_t k = (size_t)n < room ? (size_t)n : room;
		put(f, from, k, in);
		from += k;
		at += (int64_t)k;
		n -= (int)k;
	}
	return SQLITE_OK;
}

/* The blocks around [at, at + n), past the page cache. False: not so, or not all of them. */
static bool read_blocks(struct direct_file *f, uint8_t *p, size_t n, int64_t at)
{
	size_t begun = (size_t)at % BLOCK, bytes = whole_blocks(begun + n);
	if (f->fd < 0 || bytes > READ_BYTES)
		return false;
	if (f->read_raw == NULL) {
		f->read_raw = mem_alloc(READ_BYTES + BLOCK);
		f->read = recent_aligned(f->read_raw);
	}
	ssize_t k = pread(f->fd, f->read, bytes, at - (int64_t)begun);
	bool got = k >= (ssize_t)(begun + n);
	if (got)
		memcpy(p, f->read + begun, n);
	return got;
}

static int direct_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	struct direct_file *f = file_of(file);
	int rc = flush(f); /* only a transaction larger than the page cache reads its own frames */
	if (rc != SQLITE_OK || recent_read(f->recent, p, (size_t)n, at) ||
	    read_blocks(f, p, (size_t)n, at))
		return rc;
	return below(f)->pMethods->xRead(below(f), p, n, at);
}

static int direct_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	return flush(file_of(file));
}

static int direct_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct direct_file *f = file_of(file);
	int rc = flush(f);
	forget(f);
	if (rc == SQLITE_OK)
		rc = below(f)->pMethods->xTruncate(below(f), size);
	if (rc == SQLITE_OK && f->size > size)
		f->size = size;
	if (rc == SQLITE_OK && f->high > size)
		f->high = size;
	return rc;
}

static int direct_size(sqlite3_file *file, sqlite3_int64 *out)
{
	struct direct_file *f = file_of(file);
	int rc = flush(f);
	return rc == SQLITE_OK ? below(f)->pMethods->xFileSize(below(f), out) : rc;
}

static int direct_close(sqlite3_file *file)
{
	struct direct_file *f = file_of(file);
	int flushed = flush(f);
	if (f->at >= 0)
		forget(f); /* who writes next knows nothing of it */
	if (f->fd >= 0)
		(void)close(f->fd);
	mem_free(f->read_raw);
	int rc = below(f)->pMethods->xClose(below(f));
	return flushed != SQLITE_OK ? flushed : rc;
}

/* Of the disk, or of the partition's disk. What it does not say is taken for yes: O_DSYNC is right
 * everywhere, and not slower. */
static bool writes_through(int fd)
{
	static const char *const places[] = {"queue/fua", "../queue/fua"};
	struct stat st;
	char name[96], answer = '1';
	if (fstat(fd, &st) != 0)
		return true;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		(void)snprintf(name, sizeof name, "/sys/dev/block/%u:%u/%s", major(st.st_dev),
			       minor(st.st_dev), places[i]);
		int said = open(name, O_RDONLY | O_CLOEXEC);
		if (said < 0)
			continue;
		if (read(said, &answer, 1) != 1)
			answer = '1';
		(void)close(said);
		return answer != '0';
	}
	return true;
}

static void open_direct(struct direct_file *f, const char *name, bool looks)
{
	f->fd = open(name, (looks ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC);
	if (f->fd < 0 || looks)
		return;
	f->flushes = !writes_through(f->fd);
	if (f->flushes)
		return;
	(void)close(f->fd); /* O_DSYNC can only be asked for as it is opened */
	f->fd = open(name, O_RDWR | O_DIRECT | O_DSYNC | O_CLOEXEC);
}

/* The size hint that SQLite may give is of no use to us: blocks are laid out by reach(). */
static int open_wal(struct sqlite_direct *d, const char *name, sqlite3_file *file, int flags,
		    int *out_flags)
{
	struct direct_file *f = file_of(file);
	*f = (struct direct_file){.fd = -1, .at = -1, .recent = d->recent};
	int rc = sqlite_shim_open(&d->shim, name, &f->shim, flags, out_flags);
	if (rc != SQLITE_OK)
		return rc;
	rc = below(f)->pMethods->xFileSize(below(f), &f->size);
	if (rc != SQLITE_OK) {
		(void)below(f)->pMethods->xClose(below(f));
		file->pMethods = NULL;
		return rc;
	}
	f->high = f->size;
	bool looks = out_flags != NULL && (*out_flags & SQLITE_OPEN_READONLY) != 0;
	if (d->system)
		open_direct(f, name, looks);
	return SQLITE_OK;
}

static int direct_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags,
		       int *out_flags)
{
	struct sqlite_direct *d = (struct sqlite_direct *)v;
	if ((flags & SQLITE_OPEN_WAL) != 0)
		return open_wal(d, name, file, flags, out_flags);
	return d->shim.below->xOpen(d->shim.below, name, file, flags, out_flags);
}

struct sqlite_direct *sqlite_direct_create(const char *vfs, struct sqlite_recent *recent)
{
	struct sqlite_direct *d = mem_alloc(sizeof *d);
	d->recent = recent;
	sqlite_shim_init(&d->shim, "direct", vfs, sizeof(struct direct_file));
	d->system = d->shim.below == sqlite3_vfs_find(NULL);
	d->shim.vfs.xOpen = direct_open;
	d->shim.methods.xClose = direct_close;
	d->shim.methods.xRead = direct_read;
	d->shim.methods.xWrite = direct_write;
	d->shim.methods.xTruncate = direct_truncate;
	d->shim.methods.xSync = direct_sync;
	d->shim.methods.xFileSize = direct_size;
	return d;
}

void sqlite_direct_destroy(struct sqlite_direct **d_at)
{
	struct sqlite_direct *d = *d_at;
	*d_at = NULL;
	if (d == NULL)
		return;
	sqlite_shim_finish(&d->shim);
	mem_free(d);
}

const char *sqlite_direct_name(const struct sqlite_direct *d)
{
	return d->shim.name;
}
