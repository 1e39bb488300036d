/* SPDX-License-Identifier: Apache-2.0
 * work.h: the deliverer's inside: what a message is while it is in hand, and who may touch it.
 *
 *              named            waits for its turn
 *   (nothing) ------> WRITING <--------------------> HELD
 *                      |   |
 *        refused, late,|   | spoken
 *        not whole     |   v
 *                      |  SPOKEN (with a mail server)
 *                      v   v
 *                     TOLD (answer waits to be durable) --> ANSWERED --> (nothing, when folded)
 *
 * One lock guards everything below it; letters, mail servers and the disk are spoken to without it.
 */
#ifndef DELIVER_WORK_H
#define DELIVER_WORK_H

#include "deliver/deliver.h"
#include "deliver/inbox.h"
#include "deliver/internal.h"
#include "deliver/marks.h"
#include "smtp/pace.h"
#include "smtp/retry.h"

#include <pthread.h>

#define WRITERS_MAX 8
#define ITEMS_MAX ((size_t)1 << 20)
#define ANSWER_REASON_MAX 480
#define ANSWERS_BATCH 1000
#define NOT_TOLD UINT64_MAX /* number of an answer that could not be written */

enum item_state { ITEM_WRITING, ITEM_HELD, ITEM_SPOKEN, ITEM_TOLD, ITEM_ANSWERED };

struct answer {
	enum smtp_outcome outcome;
	enum smtp_class class; /* SMTP_CLASS_COUNT: no server was asked */
	int code;              /* of its reply; 0: none */
	int64_t after_us;      /* DEFERRED: try again so much later */
	bool expired;          /* tried long enough */
	bool untried;          /* it was not the message's doing: no attempt */
	bool trial;            /* into the simulated inbox */
	int64_t at_us;
	char reason[ANSWER_REASON_MAX];
};

struct item {
	uint64_t id;
	enum item_state state;
	bool again;         /* named once more while it was in hand */
	uint64_t seq;       /* of its latest answer; 0: none yet */
	uint32_t attempts;  /* of its row, when it was taken */
	int64_t changed_us; /* the same: with id and attempts it names this try for ever */
	int64_t at_us;      /* HELD: until then */
	size_t way, place;  /* its place among the marks */
	unsigned links_n;   /* of its letter, once it is written */
	bool has_place;
	char *room; /* SPOKEN and TOLD: the strings below */
	struct str bytes, from, to;
	struct answer answer;
	bool bounced;      /* a bounce is told with it */
	struct item *next; /* in the list of answers */
};

/* One mail server. */
struct way {
	size_t spoken, spoken_max;
	int64_t hold_us; /* it had trouble: others first, until then */
};

struct http_post;

struct folded { /* answers that are durable, in order; forgotten when folded */
	uint64_t id, seq;
	struct folded *next;
};

/* A row that was `sending` when the process started; or behind a power cut, which may have taken
 * that back, one that became so again from what was in the log by then. */
struct doubt {
	uint64_t id;
	bool again;
	uint32_t attempts; /* not of those that became so again */
};

enum ruling { RULING_DROP, RULING_ANSWER, RULING_HOLD, RULING_SPEAK, RULING_POST };

#define LETTERS_AT_ONCE 4

struct in_hand {
	struct item *item; /* NULL: it is spoken */
	enum ruling ruling;
	bool way_taken;
};

struct writer {
	struct deliver *d;
	pthread_t thread;
	bool started;
	struct store *store;
	struct letter_desk *desk;
	struct arena arena;
	struct in_hand hand[LETTERS_AT_ONCE];
	size_t hand_n;
};

struct deliver {
	struct deliver_conf conf;
	bool live;
	struct writer writers[WRITERS_MAX];
	size_t writers_n;
	pthread_t teller;
	bool teller_started;
	struct store *reader; /* the teller's */
	struct arena secrets, tell_arena;
	struct smtp_pool *pool; /* NULL in test mode */
	struct inbox *inbox;    /* NULL in live mode */
	struct http_post *hooks;
	struct str hook_secret; /* empty: there is none */
	struct marks *marks;
	pthread_mutex_t inbox_lock;
	struct doubt *doubts;
	size_t doubts_n, doubts_cap;
	bool doubts_cut; /* there may be more than the list holds */

	pthread_mutex_t lock;
	pthread_cond_t work, told; /* for writers; for the teller */
	uint64_t *queue;           /* a ring */
	size_t queue_at, queue_n;
	bool missed;    /* more rows are `sending` than were queued */
	size_t looking; /* writers that look for them */
	struct u64map items;
	/* marks too are touched with the lock held, but for marks_speak */
	size_t active;      /* items that are not ANSWERED */
	struct item **held; /* a heap by at_us */
	size_t held_n, held_cap;
	struct item *first, **last; /* answers to tell */
	size_t told_n;              /* of them */
	struct folded *oldest, **newest;
	uint64_t forgotten_seq; /* the latest answer that was forgotten */
	uint64_t cursor, logged;
	int64_t clock_us;
	struct way ways[SETTINGS_RELAYS_MAX];
	size_t way_next;
	struct smtp_pace *pace; /* live mode */
	struct strmap lines;    /* of those who wait: when the next one's turn is */
	uint32_t warm_up[SETTINGS_WARM_UP_MAX];
	bool ready, stop, end; /* recovered; no new work; no more answers */
	struct deliver_stats stats;
};

/* ---- items.c: with the lock held ---- */

void items_name(struct deliver *d, uint64_t id); /* into the queue */
/* The next message whose turn it is, WRITING; NULL: none. */
struct item *items_next(struct deliver *d, int64_t now_us);
void items_hold(struct deliver *d, struct item *item, int64_t until_us);
int64_t items_held_until(const struct deliver *d); /* TIME_NONE: nobody is held */
/* Not to be sent after all: forgotten, or as it was before it was named. */
void items_drop(struct deliver *d, struct item *item);
void items_answer(struct deliver *d, struct item *item); /* item->answer is filled */
/* So many answers wait that a sync is worth it, or nothing else is on its way. */
bool items_all_answered(const struct deliver *d);
struct item *items_take_answers(struct deliver *d, size_t max);
void items_answered(struct deliver *d, struct item *item, uint64_t seq);
void items_forget_folded(struct deliver *d);
void items_finish(struct deliver *d);
/* A fresh item for a row that nobody named. NULL: there is no room. */
struct item *items_add(struct deliver *d, uint64_t id);
struct item *items_find(const struct deliver *d, uint64_t id); /* NULL: none */

/* ---- way.c: mail servers and their pace ---- */

MUST_USE enum status way_open(struct deliver *d, struct err *e);
void way_close(struct deliver *d);
/* A server with room, taken; with the lock held. False: none has any. */
bool way_take(struct deliver *d, int64_t now_us, size_t *way_r);
void way_give(struct deliver *d, size_t way);
bool way_free(const struct deliver *d); /* one has room, or none is needed */
/* How long a mail has to wait; 0: it goes now, and is counted. With the lock held. */
int64_t way_wait_us(struct deliver *d, struct str domain, struct str sender, int64_t now_us);
/* Hands a written mail over; smtp_pool_wake makes it go. On failure item->answer says why. Without
 * the lock. */
bool way_speak(struct deliver *d, struct item *item);

/* ---- hooks.c ---- */

MUST_USE enum status hooks_open(struct deliver *d, struct err *e);
/* Body, id and address of a webhook into item->bytes, from and to. ST_UNAVAILABLE: test mode, and
 * nobody said where; ST_INVALID: it cannot be signed. */
MUST_USE enum status hooks_write(struct deliver *d, struct item *item, const struct message *m,
				 struct store *s, struct arena *a, struct err *e);
/* As way_speak. */
bool hooks_speak(struct deliver *d, struct item *item);

/* ---- writer.c, teller.c ---- */

void item_keep(struct item *item, const struct str parts[3]); /* bytes, from, to */

void *writer_run(void *arg);
void *teller_run(void *arg);
/* Rows of TABLE_OUTBOX that are SENDING, oldest first; false from `fn` ends it. */
typedef bool sending_fn(void *ctx, uint64_t id);
MUST_USE enum status sending_scan(struct store *s, sending_fn *fn, void *ctx, struct err *e);
/* Into the list, emptied before: rows that are SENDING now and in nobody's hand. While nothing has
 * left yet; with the lock held. */
MUST_USE enum status doubts_find_more(struct deliver *d, struct err *e);
void answer_untried(struct answer *a, int64_t after_us, const char *reason);

#endif
