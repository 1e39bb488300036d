/* SPDX-License-Identifier: Apache-2.0
 * direct.c: the write-ahead log written past the page cache.
 *
 * SQLite writes a commit's frames in pieces of 24 bytes and a page, and then asks for a sync: the
 * pieces are copied into the page cache, handed to the disk by the sync, and the disk is waited for
 * twice. Here they gather in a window of whole blocks, which goes out in one write with O_DIRECT
 * and O_DSYNC: one request, durable when it returns, half the processor and less than half the
 * wait of write and fdatasync. The blocks are filled with zeros ahead of the writer, so that no
 * commit changes the size of the file or where its blocks are (either would cost a commit of the
 * file system's journal); SQLite takes zeros behind the last frame for its end.
 *
 * What is read of it goes past the page cache too: a page that is on its way into the cache, most
 * often one read ahead that nobody asked for, is waited for by whoever writes there directly, and a
 * commit has stood 10 ms behind one. Programs that are not ours read through the page cache; the
 * kernel drops what a direct write made stale. Where the file system does not take O_DIRECT, or the
 * VFS below is not the system's (tests with a faulty disk), the window is written and synced, and
 * frames are read, through the VFS below. */
#include "sqlite/internal.h"
#include "sqlite/shim.h"

#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((size_t)4096)
#define WINDOW_BYTES ((size_t)1 << 20) /* a larger commit goes out in several writes */
#define BELOW_BYTES ((size_t)64 << 10) /* the system's VFS takes less than 128 KB at a time */
#define AHEAD_BYTES ((int64_t)4 << 20)
#define READ_BYTES ((size_t)256 << 10) /* ahead; a page has 64 KB at most */

struct sqlite_direct {
	struct sqlite_shim shim; /* first: its VFS pointer is the object */
	bool system;             /* below is the system's VFS: what it opens are real files */
};

struct direct_file {
	struct sqlite_shim_file shim; /* first: the file pointer is the object */
	int fd;                       /* -1: through the file below */
	sqlite3_int64 size;           /* of the file: up to there blocks are in place */
	int64_t high;                 /* what lies from here on may become zeros */
	int64_t at; /* of the window in the file, whole blocks; -1: it holds nothing */
	size_t n;   /* bytes of it that are known */
	bool dirty;
	uint8_t *raw, *window; /* the window is the aligned part of raw; from the first write on */
	uint8_t *read_raw, *read; /* READ_BYTES, aligned; from the first read on */
	bool ahead;               /* reads bring what lies behind them too, and that may be used: */
	int64_t read_at;          /* it begins there */
	size_t read_n;            /* 0: there is nothing */
	size_t piece, used;       /* asked for by the last read ahead, and taken of it since */
};

static struct direct_file *file_of(sqlite3_file *f)
{
	return (struct direct_file *)f;
}

static sqlite3_file *below(const struct direct_file *f)
{
	return f->shim.below;
}

static uint8_t *aligned(uint8_t *raw)
{
	return raw + (BLOCK - (uintptr_t)raw % BLOCK) % BLOCK;
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

static int write_window(struct direct_file *f, size_t bytes)
{
	int rc = SQLITE_OK;
	if (f->fd >= 0) {
		if (f->at + (int64_t)bytes > f->size)
			rc = reach(f, f->at + (int64_t)bytes);
		return rc == SQLITE_OK ? write_at(f->fd, f->window, bytes, f->at) : rc;
	}
	for (size_t at = 0; rc == SQLITE_OK && at < bytes; at += BELOW_BYTES) {
		size_t n = bytes - at < BELOW_BYTES ? bytes - at : BELOW_BYTES;
		rc = below(f)->pMethods->xWrite(below(f), f->window + at, (int)n,
						f->at + (int64_t)at);
	}
	return rc == SQLITE_OK ? below(f)->pMethods->xSync(below(f), SQLITE_SYNC_NORMAL) : rc;
}

/* The window onto the disk. Its last block, if begun, stays in it for the next commit. After a
 * failure nothing is known: SQLite rolls the transaction back and writes it anew or not at all. */
static int flush(struct direct_file *f)
{
	if (!f->dirty)
		return SQLITE_OK;
	size_t bytes = whole_blocks(f->n);
	int64_t end = f->at + (int64_t)f->n;
	int rc = SQLITE_OK;
	memset(f->window + f->n, 0, bytes - f->n);
	if (end < f->high)
		rc = read_below(f, f->window + f->n, bytes - f->n, end);
	if (rc == SQLITE_OK)
		rc = write_window(f, bytes);
	f->dirty = false;
	if (rc != SQLITE_OK) {
		f->at = -1;
		f->n = 0;
		return rc;
	}
	if (end > f->high)
		f->high = end;
	size_t begun = f->n % BLOCK;
	memmove(f->window, f->window + f->n - begun, begun);
	f->at = end - (int64_t)begun;
	f->n = begun;
	return SQLITE_OK;
}

/* Lets the window begin at the block `at` is in, with what stands there before `at`. */
static int move_window(struct direct_file *f, int64_t at)
{
	int rc = flush(f);
	f->at = -1;
	size_t begun = (size_t)at % BLOCK;
	if (rc == SQLITE_OK && begun > 0)
		rc = read_below(f, f->window, begun, at - (int64_t)begun);
	if (rc != SQLITE_OK)
		return rc;
	f->at = at - (int64_t)begun;
	f->n = begun;
	return SQLITE_OK;
}

/* Nothing ahead of what is asked for, and nothing of what is there. */
static void read_alone(struct direct_file *f)
{
	f->ahead = false;
	f->read_n = 0;
}

static int direct_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct direct_file *f = file_of(file);
	const uint8_t *from = p;
	read_alone(f);
	if (f->raw == NULL) {
		f->raw = mem_alloc(WINDOW_BYTES + BLOCK);
		f->window = aligned(f->raw);
	}
	if (at == 0)
		f->high = 0; /* a new header: every frame behind it is of the past */
	while (n > 0) {
		bool goes_on = f->at >= 0 && at >= f->at && at <= f->at + (int64_t)f->n &&
			       at < f->at + (int64_t)WINDOW_BYTES;
		int rc = goes_on ? SQLITE_OK : move_window(f, at);
		if (rc != SQLITE_OK)
			return rc;
		size_t in = (size_t)(at - f->at), room = WINDOW_BYTES - in;
		size_t k = (size_t)n < room ? (size_t)n : room;
		memcpy(f->window + in, from, k);
		f->dirty = true;
		if (in + k > f->n)
			f->n = in + k;
		from += k;
		at += (int64_t)k;
		n -= (int)k;
	}
	return SQLITE_OK;
}

/* What was read ahead is whole as far as frames go that were there before. */
static void read_anew(struct direct_file *f)
{
	f->ahead = true;
	f->read_n = 0;
}

static bool is_read(const struct direct_file *f, size_t n, int64_t at)
{
	return at >= f->read_at && at + (int64_t)n <= f->read_at + (int64_t)f->read_n;
}

/* How much to bring where `bytes` are wanted. Behind large commits nearly every frame is the last
 * of its page and wanted; behind small ones each page was written a dozen times, and what lies
 * between two frames that are wanted is better left: a commit's write stands behind every read. */
static size_t next_piece(struct direct_file *f, size_t bytes)
{
	bool dense = f->used * 3 >= f->piece;
	f->piece = dense ? f->piece * 2 : 0;
	if (f->piece < bytes)
		f->piece = bytes;
	if (f->piece > READ_BYTES)
		f->piece = READ_BYTES;
	f->used = 0;
	return f->piece;
}

/* The blocks around [at, at + n), past the page cache. False: not so, or not all of them. */
static bool read_blocks(struct direct_file *f, uint8_t *p, size_t n, int64_t at)
{
	size_t begun = (size_t)at % BLOCK, bytes = whole_blocks(begun + n);
	if (f->fd < 0 || bytes > READ_BYTES)
		return false;
	if (f->read_raw == NULL) {
		f->read_raw = mem_alloc(READ_BYTES + BLOCK);
		f->read = aligned(f->read_raw);
	}
	if (!is_read(f, n, at)) {
		f->read_at = at - (int64_t)begun;
		size_t piece = f->ahead ? next_piece(f, bytes) : bytes;
		ssize_t k = pread(f->fd, f->read, piece, f->read_at);
		f->read_n = k > 0 ? (size_t)k : 0;
	}
	bool got = is_read(f, n, at);
	if (got)
		memcpy(p, f->read + (at - f->read_at), n);
	f->used += got ? n : 0;
	if (!f->ahead)
		f->read_n = 0;
	return got;
}

static int direct_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	struct direct_file *f = file_of(file);
	int rc = flush(f); /* only a transaction larger than the page cache reads its own frames */
	if (rc != SQLITE_OK || read_blocks(f, p, (size_t)n, at))
		return rc;
	return below(f)->pMethods->xRead(below(f), p, n, at);
}

/* A checkpoint begins with it, then reads frames that were there before, one behind the other. A
 * commit ends with it: what is read then is a page here and a page there. */
static int direct_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	if (!file_of(file)->dirty)
		read_anew(file_of(file));
	return flush(file_of(file));
}

static int direct_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct direct_file *f = file_of(file);
	int rc = flush(f);
	read_alone(f);
	f->at = -1;
	f->n = 0;
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
	if (f->fd >= 0)
		(void)close(f->fd);
	mem_free(f->raw);
	mem_free(f->read_raw);
	int rc = below(f)->pMethods->xClose(below(f));
	return flushed != SQLITE_OK ? flushed : rc;
}

/* The size hint that SQLite may give is of no use to us: blocks are laid out by reach(). */
static int open_wal(struct sqlite_direct *d, const char *name, sqlite3_file *file, int flags,
		    int *out_flags)
{
	struct direct_file *f = file_of(file);
	*f = (struct direct_file){.fd = -1, .at = -1};
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
		f->fd = open(name, (looks ? O_RDONLY : O_RDWR) | O_DIRECT | O_DSYNC | O_CLOEXEC);
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

struct sqlite_direct *sqlite_direct_create(const char *vfs)
{
	struct sqlite_direct *d = mem_alloc(sizeof *d);
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

void sqlite_read_ahead(struct sqlite *db, bool yes)
{
	sqlite3_file *wal = NULL;
	int rc = SQLITE_NOTFOUND;
	if (db->direct != NULL)
		rc = sqlite3_file_control(db->h, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
	if (rc == SQLITE_OK && wal != NULL && wal->pMethods != NULL)
		(yes ? read_anew : read_alone)(file_of(wal));
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
