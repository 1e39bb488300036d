/* SPDX-License-Identifier: Apache-2.0
 * node.h: one folder of data, opened: event log, state, engine, and the lock that keeps a second
 * process from writing. The daemon and the verbs stand on the same floor.
 *
 *   DIR/events.db   the event log          DIR/state.db    the state folded from it
 *   DIR/keys.json   hashed keys            DIR/node.json   seed and creation time
 *   DIR/backup.json when and where the last backup was made
 *   DIR/links.json keys of signed links      DIR/settings.json mail servers and mode (settings.h)
 *   DIR/clock.json  how far time was played forward, in test mode
 *   DIR/lock        held by the writer     DIR/daemon.json where the running daemon answers
 *
 * Thread: the one that opened it, except where appender.h and runner.h say otherwise.
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "base/polite.h"
#include "engine/engine.h"
#include "log/log.h"
#include "model/event.h"
#include "store/store.h"

#define NODE_PATH_MAX 1024
#define NODE_MAILBOX_STATE "mailbox_state.json" /* is the mailbox read? as of its latest change */
#define NODE_SPEAKING "speaking" /* messages a mail server is being given (deliver/marks.h) */

enum node_mode {
	NODE_WRITE, /* takes the lock; ST_CONFLICT when somebody holds it */
	NODE_READ   /* beside a running daemon: committed state and log, read only */
};

struct node_conf {
	const char *dir;
	enum node_mode mode;
	bool create;             /* make the folder and an empty node when there is none */
	struct log_conf log;     /* path is filled in */
	struct store_conf store; /* path is filled in */
	/* As in engine_conf. A verb that folds hands nothing over: what became due waits as
	 * `sending` for the next daemon, which asks every guard again (deliver/). */
	void (*hand_over)(void *ctx, const uint64_t *messages, size_t n);
	void *ctx;
	/* A line for whoever waits: a state that another build has folded is folded anew from the
	 * log before anything else, or goes on as it is and why (refold.h). May be NULL. */
	void (*say)(void *ctx, const char *line);
	void *say_ctx;
};
struct node_conf node_conf_default(const char *dir, enum node_mode mode);

struct node {
	char dir[NODE_PATH_MAX];
	enum node_mode mode;
	int lock_fd;     /* -1: none */
	uint64_t seed;   /* of every draw; part of what replay depends on */
	struct log *log; /* NODE_READ: opened read-only */
	struct store *store;
	struct engine *engine; /* NULL with NODE_READ */
	struct polite polite;  /* of the engine and the state's writer; zeroed, neither gives way */
};

MUST_USE enum status node_open(const struct node_conf *conf, struct node **out, struct err *e);
void node_close(struct node **n); /* accepts NULL inside; leaves NULL */
/* How far this folder's clock is ahead of the machine's (docs/clock.md). node_open takes it over
 * for the whole process; a verb that notes the time before it opens anything calls node_clock_read
 * first. No clock.json: 0. ST_CORRUPT: it cannot be read. ST_CONFLICT: it is ahead in live mode. */
MUST_USE enum status node_clock_read(const char *dir, int64_t *shift_r, struct err *e);
/* Keeps it and takes it over. Never back: ST_INVALID below what it was; ST_CONFLICT in live
 * mode. Only who holds the lock. */
MUST_USE enum status node_clock_set(const char *dir, int64_t shift_us, struct err *e);
/* May it be moved? ST_CONFLICT: no, who is written to for real lives in real time. */
MUST_USE enum status node_clock_free(const char *dir, struct err *e);
/* Plays time forward to `to_us`, from one due instant to the next (what is due within a minute goes
 * together), so that all happens in its order and sees the clock it would have seen. */
struct node_walk {
	const char *dir;
	int64_t to_us;
	int64_t budget_us; /* of real time, then it stops on the way; 0: no end */
	/* Appends a clock.tick, folds, waits until nothing is in hand, and says what is due next;
	 * TIME_NONE: nothing. */
	enum status (*settle)(void *ctx, int64_t *next_us_r, struct err *e);
	bool (*go_on)(void *ctx, int64_t now_us); /* false stops on the way; may be NULL */
	void *ctx;
};
MUST_USE enum status node_clock_walk(const struct node_walk *w, struct err *e);
/* DIR/name into out (NODE_PATH_MAX bytes). */
const char *node_path(const char *dir, const char *name, char out[NODE_PATH_MAX]);
bool node_exists(const char *dir); /* is there a node in this folder? */
/* Is another process writing here? Its pid when it says so, else 0. */
bool node_locked(const char *dir, int *pid_r);

/* Appends and folds until the log is drained: what verbs do when no daemon runs. Entries come
 * back with their seq. */
MUST_USE enum status node_submit(struct node *n, struct log_entry *entries, size_t count,
				 struct err *e);
/* Copies log, state, keys and seed into a new folder, while others write. The folder is there when
 * it is whole: until then it is called DIR.part, and what a killed backup left under that name goes
 * with the next one. ST_CONFLICT: DIR exists, or another backup is writing there. */
MUST_USE enum status node_backup(struct node *n, const char *dir, struct err *e);
/* Remembers in the data folder when and where the last backup was made, for doctor. */
MUST_USE enum status node_backup_note(const char *data, const char *dir, int64_t at_us,
				      struct err *e);
/* False: none is known of. */
bool node_backup_last(const char *data, struct arena *a, int64_t *at_us_r, struct str *dir_r);
/* Goes the state on as another build has folded it, since it cannot be folded anew (refold.h)? */
bool node_fold_mixed(struct store *s);
/* The row of the version in force, as it is kept (TABLE_PROGRAM). ST_NOT_FOUND: there is none. */
MUST_USE enum status node_program_row(struct store *s, struct arena *a, struct str *row_r,
				      uint64_t *version_r, struct err *e);
/* The program in force, compiled, from the state; ST_NOT_FOUND when none was. Free with
 * program_destroy. version_r may be NULL. */
MUST_USE enum status node_program(struct store *s, struct program **out, uint64_t *version_r,
				  struct err *e);

#endif
