/* SPDX-License-Identifier: Apache-2.0
 * wal.c: checkpoints away from the writer, and a WAL that stays small.
 *
 * An inline checkpoint stalls a commit for 100-200 ms. A thread with PASSIVE checkpoints removes
 * that, but under unbroken writing it never copies the very last frame, so the WAL never starts
 * over and grows by hundreds of megabytes a second. So the two share the work: the thread copies
 * the bulk; when it reports that it is done, the writer copies what was added meanwhile, which is
 * little, and its next write starts the WAL from the beginning.
 *
 * SQLite syncs the main file only in a checkpoint that reaches the last frame, which is the
 * writer's: a commit stood while the disk took all that the thread had copied. So the thread sends
 * it there itself, and copies an eighth of the WAL at a time: behind a sync of megabytes every
 * commit stands as well. Not so where commits are not synced: nobody stands behind those, and the
 * pages of the state are written again and again.
 *
 * SQLite before 3.51.3 can lose commits where a complete checkpoint has just ended, another one
 * begins, and a commit starts the WAL over meanwhile (sqlite.org/wal.html#walresetbug). It cannot
 * come to that here: the thread is asked behind a commit, so there is a frame to copy until it has
 * copied it, the writer checkpoints only while the thread is idle, and nobody else does.
 *
 * When the thread's sync fails, nobody knows which of the pages are on the disk, the system says
 * so once, and SQLite takes them for copied: it would write the WAL over the only good copy. So
 * from then on nothing is copied, at the end neither, and nothing more is committed; the next
 * start finds the whole WAL and copies it anew. */
#include "sqlite/internal.h"

#include "base/assert.h"
#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define SOFT_BYTES ((size_t)16 << 20)
#define BYTES_MAX ((size_t)256 << 20)
#define FRAME_HEAD_BYTES 24
#define TRICKLE_BYTES ((uint64_t)64 << 10) /* worth waking the thread */
#define PIECE_BYTES ((uint64_t)32 << 10)
#define PIECE_PAUSE_US 4000
#define PIECES_MAX 25 /* so what is there is on its way within a tenth of a second */
#define BITES 8       /* in which the bulk is copied */
#define PASSES_MAX 4
#define NEARLY_FRAMES 32
#define TRUNCATE_WAIT_MS 1000
#define PAUSE_US 1000 /* while the thread finishes */
#define PAUSES_MAX 5000

struct sqlite_wal {
	struct sqlite *writer;
	struct sqlite *own; /* the thread's connection */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool wanted, stopping; /* under lock */
	size_t frame_bytes;
	uint64_t soft_frames, frames_max;
	uint64_t frames;       /* in the WAL after the writer's last commit; writer's thread */
	uint64_t bite_frames;  /* so many make the thread copy them */
	uint64_t asked_frames; /* so many there were when the thread was asked; writer's thread */
	int trickle_fd;        /* the WAL, where commits are not synced; -1: they are */
	uint64_t told;         /* bytes of it that the thread knows of; writer's thread */
	uint64_t written;      /* the same; under lock */
	uint64_t trickled;     /* bytes of it on their way to the disk; the thread */
	atomic_bool busy;      /* the thread has been asked and is not done */
	atomic_bool caught_up; /* a bite is copied; at the last one it is the writer's turn */
	atomic_bool broken;    /* the main file may lack what was copied: nothing goes on */
	atomic_uint_fast64_t frames_seen, checkpoints, inline_checkpoints;
	atomic_int last_status;
};

/* Frames in the main file by now; 0: none, or not known. */
static uint64_t checkpoint(struct sqlite_wal *w, struct sqlite *db)
{
	int in_log = 0, copied = 0;
	int rc = sqlite3_wal_checkpoint_v2(db->h, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log,
					   &copied);
	/* BUSY: somebody else checkpoints, or a reader needs old frames. The next turn does it. */
	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		rc = SQLITE_OK;
	atomic_store(&w->last_status, (int)sqlite_status_of(db->h, rc));
	return rc == SQLITE_OK && copied > 0 ? (uint64_t)copied : 0;
}

static void sync_main(struct sqlite_wal *w)
{
	sqlite3_file *f = NULL;
	int rc = sqlite3_file_control(w->own->h, "main", SQLITE_FCNTL_FILE_POINTER, &f);
	if (rc == SQLITE_OK && f != NULL && f->pMethods != NULL)
		rc = f->pMethods->xSync(f, SQLITE_SYNC_NORMAL);
	if (rc == SQLITE_OK)
		return;
	atomic_store(&w->last_status, (int)ST_IO);
	atomic_store(&w->broken, true);
}

/* While the bulk was copied and synced, as much as 100 ms of commits came in; while those are, a
 * few. The fewer are left, the shorter the commit that copies the rest stands. */
static void copy_bulk(struct sqlite_wal *w)
{
	uint64_t copied = 0, before = 0;
	for (int i = 0; i < PASSES_MAX && (i == 0 || copied > before); i++) {
		before = copied;
		copied = checkpoint(w, w->own);
		if (w->bite_frames < w->soft_frames && copied > before)
			sync_main(w);
		if (atomic_load(&w->broken))
			break;
		if (atomic_load_explicit(&w->frames_seen, memory_order_relaxed) <
		    copied + NEARLY_FRAMES)
			break;
	}
}

/* A WAL whose commits are not synced gathers in memory until the checkpoint syncs tens of megabytes
 * at once, and every other sync of the disk waits behind them: an event for 50 to 100 ms. So its
 * bytes are sent ahead, in pieces: behind half a megabyte of a commit at once the commits of the
 * log beside it stood a millisecond. Nobody waits for them. Called with the lock held, which it
 * gives up meanwhile; false: there is nothing to send. */
static bool trickle(struct sqlite_wal *w)
{
	uint64_t written = w->written;
	if (written < w->trickled)
		w->trickled = 0; /* it started over */
	if (written == w->trickled)
		return false;
	(void)pthread_mutex_unlock(&w->lock);
	uint64_t left = written - w->trickled, piece = left / PIECES_MAX;
	piece = piece < PIECE_BYTES ? PIECE_BYTES : piece;
	piece = piece < left ? piece : left;
	(void)sync_file_range(w->trickle_fd, (off_t)w->trickled, (off_t)piece,
			      SYNC_FILE_RANGE_WRITE); /* a favour: the checkpoint syncs all */
	w->trickled += piece;
	(void)pthread_mutex_lock(&w->lock);
	return true;
}

static bool wait_for_work(struct sqlite_wal *w)
{
	(void)pthread_mutex_lock(&w->lock);
	while (!w->wanted && !w->stopping) {
		if (trickle(w))
			(void)clock_cond_wait(&w->wake, &w->lock, clock_mono_us() + PIECE_PAUSE_US);
		else
			(void)pthread_cond_wait(&w->wake, &w->lock);
	}
	bool go_on = !w->stopping;
	w->wanted = false;
	(void)pthread_mutex_unlock(&w->lock);
	return go_on;
}

static void *run(void *ctx)
{
	struct sqlite_wal *w = ctx;
	while (wait_for_work(w)) {
		copy_bulk(w);
		(void)atomic_fetch_add(&w->checkpoints, 1);
		atomic_store(&w->caught_up, true);
		atomic_store(&w->busy, false);
	}
	return NULL;
}

static void ask(struct sqlite_wal *w)
{
	atomic_store(&w->busy, true);
	(void)pthread_mutex_lock(&w->lock);
	w->wanted = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}

static int on_commit(void *ctx, sqlite3 *h, const char *name, int frames)
{
	(void)h;
	(void)name;
	struct sqlite_wal *w = ctx;
	w->frames = (uint64_t)frames;
	return SQLITE_OK;
}

/* It need not look at each commit. */
static void tell(struct sqlite_wal *w)
{
	uint64_t bytes = w->frames * w->frame_bytes;
	if (w->trickle_fd < 0)
		return;
	if (bytes < w->told)
		w->told = 0; /* it started over */
	if (bytes - w->told < TRICKLE_BYTES)
		return;
	w->told = bytes;
	(void)pthread_mutex_lock(&w->lock);
	w->written = bytes;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}

void sqlite_wal_after_commit(struct sqlite_wal *w)
{
	tell(w);
	atomic_store_explicit(&w->frames_seen, w->frames, memory_order_relaxed);
	if (w->frames < w->asked_frames)
		w->asked_frames = 0; /* it started over */
	if (atomic_load(&w->broken))
		return;
	bool full = w->frames >= w->soft_frames;
	if ((!full && w->frames < w->asked_frames + w->bite_frames) || atomic_load(&w->busy))
		return;
	bool rest = atomic_exchange(&w->caught_up, false) && w->asked_frames >= w->soft_frames;
	if (rest || w->frames >= w->frames_max) {
		(void)checkpoint(w, w->writer);
		(void)atomic_fetch_add(&w->inline_checkpoints, 1);
		return;
	}
	w->asked_frames = w->frames;
	ask(w);
}

static enum status open_own(struct sqlite *db, struct sqlite **out, struct err *e)
{
	struct sqlite_conf conf = db->conf;
	conf.cache_bytes = 0;
	conf.mmap_bytes = 0;
	conf.gives_way = true;
	return sqlite_open(&conf, out, e);
}

static int page_bytes(sqlite3 *h)
{
	int bytes = 4096;
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(h, "PRAGMA page_size", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		bytes = sqlite3_column_int(s, 0);
	(void)sqlite3_finalize(s);
	return bytes;
}

/* The file is there once the writer is open. Closing it later drops no lock of SQLite's: those are
 * on the main file and the shared memory. */
static int open_to_trickle(const struct sqlite *db)
{
	char name[4096 + 8];
	if (!db->conf.lazy_sync)
		return -1;
	(void)snprintf(name, sizeof name, "%s-wal", db->path);
	return open(name, O_RDONLY | O_CLOEXEC);
}

enum status sqlite_wal_start(struct sqlite *db, const struct sqlite_wal_conf *conf, struct err *e)
{
	ASSERT(db->wal == NULL && !db->conf.read_only);
	struct sqlite *own;
	enum status st = open_own(db, &own, e);
	if (st != ST_OK)
		return st;
	struct sqlite_wal *w = mem_alloc(sizeof *w);
	w->writer = db;
	w->own = own;
	w->frame_bytes = (size_t)page_bytes(db->h) + FRAME_HEAD_BYTES;
	w->soft_frames = (conf->soft_bytes != 0 ? conf->soft_bytes : SOFT_BYTES) / w->frame_bytes;
	w->frames_max = (conf->bytes_max != 0 ? conf->bytes_max : BYTES_MAX) / w->frame_bytes;
	if (w->soft_frames > w->frames_max)
		w->soft_frames = w->frames_max;
	w->bite_frames = db->conf.lazy_sync ? w->soft_frames : w->soft_frames / BITES + 1;
	(void)pthread_mutex_init(&w->lock, NULL);
	clock_cond_init(&w->wake);
	if (pthread_create(&w->thread, NULL, run, w) != 0) {
		sqlite_close(&w->own);
		mem_free(w);
		return err_set(e, ST_UNAVAILABLE,
			       "%s: cannot start the checkpoint thread; raise the "
			       "limit on processes (ulimit -u)",
			       db->path);
	}
	w->trickle_fd = open_to_trickle(db);
	(void)sqlite3_wal_hook(db->h, on_commit, w);
	db->wal = w;
	return ST_OK;
}

enum status sqlite_wal_check(struct sqlite *db, struct err *e)
{
	if (db->wal == NULL || !atomic_load(&db->wal->broken))
		return ST_OK;
	return err_set(e, ST_IO,
		       "%s: the disk failed to keep what was copied from the write-ahead log; look "
		       "at the disk, then start again: nothing that was committed is lost",
		       db->path);
}

/* SQLite copies the rest of the WAL, and removes it, when the last connection closes. */
static void leave_as_it_is(struct sqlite_wal *w)
{
	(void)sqlite3_db_config(w->own->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_db_config(w->writer->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void sqlite_wal_stop(struct sqlite_wal **w_at)
{
	struct sqlite_wal *w = *w_at;
	*w_at = NULL;
	if (w == NULL)
		return;
	(void)sqlite3_wal_hook(w->writer->h, NULL, NULL);
	(void)pthread_mutex_lock(&w->lock);
	w->stopping = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	if (atomic_load(&w->broken))
		leave_as_it_is(w);
	sqlite_close(&w->own);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->wake);
	if (w->trickle_fd >= 0)
		(void)close(w->trickle_fd);
	mem_free(w);
}

enum status sqlite_wal_truncate(struct sqlite *db, struct err *e)
{
	/* While the thread is in a checkpoint of its own, SQLite says BUSY at once and asks no busy
	 * handler. It is done in a moment, and only this thread's commits can ask it again. */
	for (int i = 0; db->wal != NULL && atomic_load(&db->wal->busy) && i < PAUSES_MAX; i++)
		clock_sleep_us(PAUSE_US);
	enum status st = sqlite_wal_check(db, e);
	if (st != ST_OK)
		return st;
	/* Nobody else gets to write meanwhile: a reader that stays is not waited for any longer. */
	(void)sqlite3_busy_timeout(db->h, TRUNCATE_WAIT_MS);
	int rc = sqlite3_wal_checkpoint_v2(db->h, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(db->h, sqlite_busy_timeout_ms(db));
	if (rc != SQLITE_OK)
		return sqlite_failed(db->h, rc, "checkpoint", e);
	if (db->wal != NULL)
		atomic_store(&db->wal->frames_seen, 0);
	return ST_OK;
}

void sqlite_wal_stats(struct sqlite *db, struct sqlite_wal_stats *out)
{
	struct sqlite_wal *w = db->wal;
	*out = (struct sqlite_wal_stats){0};
	if (w == NULL)
		return;
	out->wal_bytes = atomic_load(&w->frames_seen) * w->frame_bytes;
	out->checkpoints = atomic_load(&w->checkpoints);
	out->inline_checkpoints = atomic_load(&w->inline_checkpoints);
	out->last_status = (enum status)atomic_load(&w->last_status);
	out->busy = atomic_load(&w->busy);
}
