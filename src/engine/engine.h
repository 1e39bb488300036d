/* SPDX-License-Identifier: Apache-2.0
 * engine.h: fold the log into state. One thread, one writer, exactly once.
 *
 * The engine reads records behind its cursor, passes each event through the stages of step.c,
 * and commits many events, their effects and the cursor in one transaction. Time is the log's:
 * `now` is the received time of the record in hand, alarms fire when the log's clock has passed
 * them, and a clock.tick event moves the clock when nothing else does. So (log, seed) decide
 * everything: replay gives the same bytes.
 *
 *   N1  cursor, state and counters change in one transaction (G1).
 *   N2  The result does not depend on where batches are cut (replay cuts them elsewhere).
 *   N3  Before a record at time T is folded, every alarm due at or before T has fired, in order.
 *   N4  What cannot be processed becomes a dead letter with its reason; the fold goes on. A log
 *       that cannot be read stops the fold: guessing would break G1.
 *
 * Thread: the engine's own. Readers use store_reader and views.h.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "log/log.h"
#include "program/program.h"
#include "store/store.h"

/* What the fold writes has this form: rows, roll-ups, which of them there are. Any change of it
 * raises the number (test_flush.c fails until it does), and a state of another one is folded anew
 * from the log where that can be done (node/refold.h). */
#define ENGINE_FOLD_VERSION 27

struct engine;
struct program_choice; /* program/track.h */

struct engine_conf {
	struct log *log;
	struct store *store;
	uint64_t seed;
	size_t batch_events_max; /* 0: 50,000 */
	size_t batch_bytes_max;  /* 0: 384 MB; at half of it the working set is written out */
	uint64_t through_seq;    /* replay: stop behind this record; 0: no end */
	/* Who chooses instead of whom the program says, to try it out; NULL: as it says. It lives
	 * as long as the engine. The state is then not that of a replay without it. */
	const struct program_choice *choice;
	/* Messages that may leave now, told once behind a commit that is on stable storage; may be
	 * NULL: then nothing is ever handed over (replay). Behind a failure some are named again:
	 * the receiver knows what it has by number and attempt. It asks leave_ask before it speaks.
	 * On the engine's thread: be quick. */
	void (*hand_over)(void *ctx, const uint64_t *messages, size_t n);
	/* Told of every record before its commit; may be NULL. For tests and the simulator. */
	void (*on_step)(void *ctx, uint64_t seq, uint64_t lead);
	const struct polite
		*polite; /* gives way between two records (base/polite.h); may be NULL */
	void *ctx;
};

struct engine_stats {
	uint64_t cursor;       /* last record folded and committed, for readers to see */
	int64_t clock_us;      /* the log's clock there */
	int64_t next_alarm_us; /* TIME_NONE: nothing is waiting */
	uint64_t events, alarms, dead_letters, leads_created, merges; /* since open */
	uint64_t handed_over;     /* messages named to hand_over, since open */
	size_t leaving;           /* not yet named, because nobody sees their commit */
	uint64_t program_version; /* 0: none applied yet */
};

MUST_USE enum status engine_open(const struct engine_conf *conf, struct engine **out,
				 struct err *e);
void engine_close(struct engine **en); /* accepts NULL inside; leaves NULL */
/* One batch: folds what is waiting, up to the batch size, and commits. *done_r records were
 * folded; 0 means the log is drained, and readers see all of it. On failure nothing of the batch is
 * kept and the next call starts at the committed cursor again. */
MUST_USE enum status engine_run(struct engine *en, size_t *done_r, struct err *e);
void engine_stats(const struct engine *en, struct engine_stats *out);
const struct program *engine_program(const struct engine *en); /* NULL: none applied yet */
/* What was learned for other senders, as committed, for readers in other threads (advise/): a book
 * of the caller's own, or NULL where nothing has changed since `known`, which starts zeroed. */
struct engine_book_mark {
	uint64_t changes, version;
	bool any, paused;
};
struct advise_book;
MUST_USE enum status engine_book(struct engine *en, struct engine_book_mark *known,
				 struct advise_book **out, struct err *e);

/* The engine's bookkeeping as committed, for whoever looks at a state from outside. */
struct engine_meta {
	uint64_t cursor, leads, program_version; /* leads: numbers given out so far */
	int64_t clock_us;
};
MUST_USE enum status engine_meta_read(struct store *s, struct engine_meta *out, struct err *e);
/* The ENGINE_FOLD_VERSION a state was folded with; 0: by a build from before there was one.
 * *empty_r: nothing was folded into it yet. */
MUST_USE enum status engine_fold_read(struct store *s, uint64_t *version_r, bool *empty_r,
				      struct err *e);
/* Writes the lists of leads (TABLE_TIER_LEAD) anew from the leads, for a state of another build
 * that cannot be folded again. Outside a transaction; whole or to be called again. */
MUST_USE enum status engine_lists_write(struct store *s, struct err *e);
/* What has been handed over so far, for whoever warms up a sender across restarts, and whether all
 * sending stands still. */
struct engine_sent {
	int64_t first_us, latest_us; /* latest: the end of its day; TIME_NONE: nothing yet */
	uint32_t latest_day;         /* on that day (UTC) */
	bool paused;                 /* nothing leaves for any lead */
};
MUST_USE enum status engine_sent_read(struct store *s, struct arena *a, struct engine_sent *out,
				      struct err *e);

/* Folds log from its first record into an empty memory store and compares hashes with `state`
 * as of its cursor (G8). A base (a backup) is for logs whose beginning retention has dropped. */
struct replay_result {
	uint64_t events, cursor, hash_state, hash_replay;
	bool equal;
	char difference[200]; /* first differing row, in words; empty when equal */
};
struct replay_conf {
	struct log *log;
	struct store *state; /* what is to be compared */
	struct store *base;  /* start from a copy of it; NULL: from nothing */
	uint64_t seed;
	const struct program_choice *choice; /* that of engine_conf, when it was set */
	void (*progress)(void *ctx, uint64_t at, uint64_t of); /* may be NULL */
	bool (*stop)(void *ctx); /* may be NULL; true ends it with ST_UNAVAILABLE */
	void *ctx;
};
MUST_USE enum status engine_replay(const struct replay_conf *conf, struct replay_result *out,
				   struct err *e);

/* System events: how every write that is not a lead's own doing enters the log (law 1).
 * The names are in step.c's handler table; these build the bodies. */
MUST_USE enum status engine_event_apply(struct str yaml, int64_t now_us, struct buf *body,
					struct err *e);
/* The same with the index of the version's content, whose files content.put brought before. */
struct content_index; /* program/content.h */
MUST_USE enum status engine_event_apply_with(struct str yaml, const struct content_index *content,
					     int64_t now_us, struct buf *body, struct err *e);

/* The same, for a share of the leads, beside the version in force (beside.h). */
struct program_beside; /* program/beside.h */
MUST_USE enum status engine_event_try(struct str yaml, const struct content_index *content,
				      const struct program_beside *how, int64_t now_us,
				      struct buf *body, struct err *e);

#endif
