/* SPDX-License-Identifier: Apache-2.0
 * runner.h: the engine's thread: fold when there is something, sleep when there is not, and let
 * the log's clock tick when an alarm is due and no event moves it.
 *
 * Thread: runner_* may be called from any thread.
 */
#ifndef ENGINE_RUNNER_H
#define ENGINE_RUNNER_H

#include "engine/engine.h"

struct runner;

struct runner_conf {
	struct engine *engine; /* borrowed; only the runner's thread touches it until destroy */
	/* Appends a clock.tick to the log and returns; called at most once a second. */
	void (*tick)(void *ctx, int64_t now_us);
	/* Told after each batch and when the fold stops, and every idle_us when nothing happens;
	 * may be NULL. Must be quick. */
	void (*progress)(void *ctx, const struct engine_stats *stats);
	int64_t idle_us; /* 0: a minute */
	/* Does anybody wait for a state that is up to date? Then folding does not stand back in a
	 * spike. From the runner's thread, with no lock of its held; may be NULL. */
	bool (*urgent)(void *ctx);
	struct polite *polite; /* the engine's and its store's: wanted while nobody waits */
	void *ctx;
};

MUST_USE enum status runner_create(const struct runner_conf *conf, struct runner **out,
				   struct err *e);
/* Finishes the batch in hand and folds no more; the other calls go on to answer. */
void runner_stop(struct runner *r);
/* Finishes the batch in hand, then stops. Accepts NULL inside; leaves NULL. */
void runner_destroy(struct runner **r);
void runner_wake(struct runner *r, uint64_t seq); /* the log has grown; its last record */
/* ST_OK while the fold runs; otherwise why it stands still (log damaged, disk full, ...). A
 * standing runner tries again every second, so a disk with room again needs no restart. */
enum status runner_health(struct runner *r, struct err *e);
void runner_stats(struct runner *r, struct engine_stats *out);
/* Waits until everything up to `seq` is folded, or `timeout_us` has passed: false. */
bool runner_wait(struct runner *r, uint64_t seq, int64_t timeout_us);

#endif
