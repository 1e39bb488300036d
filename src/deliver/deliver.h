/* SPDX-License-Identifier: Apache-2.0
 * deliver.h: messages leave. The engine names what may go; letters are written, spoken to a mail
 * server or put into the simulated inbox; what became of each goes back into the log as an event.
 *
 *   engine: hand_over --> queue --> writers: may it still leave? letter, pace
 *                          ^  |          |                  |
 *                   later  +--+          | live             | test mode
 *                                        v                  v
 *                                    SMTP pool          inbox.db
 *                                        |                  |
 *   log <-- message.sent, .deferred, .failed, .uncertain <- teller (many answers, one sync)
 *
 *   D1  A message is spoken once for each time the engine hands it over, however often it is named
 *       (G4): what is in hand, or answered and not yet folded, is passed over.
 *   D2  leave_ask is put to committed state just before it is spoken, and what the log had
 *       acknowledged half a second before that is in that state (G3, G6).
 *   D3  Each message taken gets exactly one answer, durable before it is forgotten. A full disk
 *       delays answers; a killed process leaves rows that are `sending`.
 *   D4  Rows that were `sending` when the process started, and still are when the log has been
 *       folded, are settled before anything leaves: `uncertain` when a mail server may have been
 *       given them (marks.h), else `deferred`, so that every guard is asked again (decision 0017).
 *       A power cut may have taken `sending` back: then what is so again from that log is meant.
 *   D5  The engine's thread never waits: a full queue is remembered, and the rows are found again.
 *
 * Thread: as each function says.
 */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

#include "base/metrics.h"
#include "deliver/letter.h"
#include "log/log.h"

struct deliver;

struct deliver_conf {
	const char *dir;
	const struct settings *settings; /* outlives the deliverer, as do the letters */
	const struct letters *letters;
	struct store *store;     /* the engine's: readers are taken from it while it is opened */
	uint64_t log_end;        /* number of the last record when the process started */
	uint64_t cursor;         /* and of the last one folded */
	unsigned writers;        /* threads that write letters; 0: 2 */
	size_t queue_max;        /* 0: 65,536 */
	size_t doubts_max;       /* rows of D4 settled at one go; 0: 1,048,576 */
	struct metrics *metrics; /* may be NULL */
	/* Appends events and returns when they are durable, their numbers filled in. Called on one
	 * thread of ours; a failure is tried again every second. */
	enum status (*tell)(void *ctx, struct log_entry *entries, size_t n, struct err *e);
	void *ctx;
};

/* On the thread that opened the store, before the engine runs. ST_INVALID: settings that cannot
 * be, ST_NOT_FOUND: a secret or a file they name is not there. Nothing is sent yet. */
MUST_USE enum status deliver_create(const struct deliver_conf *conf, struct deliver **out,
				    struct err *e);
MUST_USE enum status deliver_start(struct deliver *d, struct err *e);
/* engine_conf.hand_over: on the engine's thread, never blocks. */
void deliver_hand_over(struct deliver *d, const uint64_t *messages, size_t n);
/* How far the state is, and the log. From any thread, quick. */
void deliver_folded(struct deliver *d, uint64_t cursor, int64_t clock_us);
void deliver_logged(struct deliver *d, uint64_t last_seq);
/* Graceful, when nobody hands over any more and `tell` still works: conversations in hand end and
 * every answer is durable. What had not been spoken stays `sending`; the next start settles it. */
void deliver_stop(struct deliver *d);
/* Stops it first when nobody has. Accepts NULL inside; leaves NULL. */
void deliver_destroy(struct deliver **d);
/* Nothing waits, nothing is in hand, everything is answered. What the answers set off is the
 * engine's: ask for both. */
bool deliver_idle(struct deliver *d);

struct deliver_stats {
	uint64_t sent, deferred, failed, uncertain; /* answers since start */
	size_t waiting, in_hand;                    /* queued or held back; spoken, not answered */
	bool ready;                                 /* recovery is over */
};
void deliver_stats(struct deliver *d, struct deliver_stats *out);

#endif
