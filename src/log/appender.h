/* SPDX-License-Identifier: Apache-2.0
 * appender.h: group commit. Many threads hand in entries; one thread drains whatever is waiting
 * into one durable commit, then tells each of them how it ended.
 *
 *   P1  `done` is called exactly once per accepted submit, after the commit that holds its entries
 *       or after the failure that dropped them; never before.
 *   P2  All entries of one submit are in the same commit.
 *   P3  A full queue refuses at once (ST_BUSY): load is shed at the door, never lost inside.
 * Thread: submit from any thread; done and committed run on the appender's thread and must be
 * quick.
 */
#ifndef LOG_APPENDER_H
#define LOG_APPENDER_H

#include "log/log.h"

struct appender;

struct append_job {
	struct log_entry *entries; /* borrowed, with their strings, until done */
	size_t n;
	/* `entries` carry seq and duplicate when st is ST_OK. */
	void (*done)(struct append_job *job, enum status st, const struct err *e);
	void *ctx;
	size_t bytes;            /* set by submit */
	struct append_job *next; /* the queue's own */
};

struct appender_conf {
	struct log *log;           /* borrowed; only the appender appends */
	size_t jobs_max;           /* waiting; default 65,536 */
	size_t bytes_max;          /* waiting; default 64 MB */
	size_t commit_entries_max; /* in one commit; default 10,000 */
	/* After each commit that grew the log, before the `done` calls of its jobs; may be NULL. */
	void (*committed)(void *ctx, uint64_t last_seq);
	/* After each batch of `done` calls; may be NULL: a place to answer many at once. */
	void (*settled)(void *ctx);
	void *ctx;
};

MUST_USE enum status appender_create(const struct appender_conf *conf, struct appender **out,
				     struct err *e);
/* Refuses new work, finishes what is waiting, stops. Accepts NULL inside; leaves NULL. */
void appender_destroy(struct appender **a);
/* The job must stay alive until its done. ST_BUSY: full; ST_UNAVAILABLE: stopping. */
MUST_USE enum status appender_submit(struct appender *a, struct append_job *job, struct err *e);
/* The same, waited for. Not from the appender's own thread. */
MUST_USE enum status appender_append(struct appender *a, struct log_entry *entries, size_t n,
				     struct err *e);
/* How the last commit ended: ST_OK, or why nothing can be taken in right now. */
enum status appender_health(struct appender *a, struct err *e);

struct appender_stats {
	uint64_t commits, entries, duplicates, refused, failed;
	size_t waiting_jobs, waiting_bytes;
};
void appender_stats(struct appender *a, struct appender_stats *out);

#endif
