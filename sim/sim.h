/* SPDX-License-Identifier: Apache-2.0
 * sim.h: the real engine on virtual time. One seed is one world: people with habits, a network
 * that repeats, delays and shuffles, operators who change the program and merge leads, and a
 * process that dies at any commit. Checkers look after every step; a failure prints its seed.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/map.h"
#include "base/random.h"
#include "engine/engine.h"
#include "model/event.h"
#include "program/content.h"

#define SIM_PEOPLE_MAX 64
#define SIM_QUEUE_MAX 4096
#define SIM_DEVICES_MAX 3

struct sim_person {
	char email[64], user_id[24], phone[24], device[SIM_DEVICES_MAX][24];
	size_t devices_n;
	bool identified, bot, dnt, european;
	double acts_per_day;
	int zone_h;
};

/* One message on its way: encoded once, maybe delivered more than once. */
struct sim_message {
	char source[16], message_id[40];
	struct str body; /* on the heap */
	int64_t due_us;
};

#define SIM_MAILS_MAX 16384

/* A message of the engine's, as the far side knows it. */
struct sim_mail {
	uint64_t id;
	char address[64];
	const char *answer; /* what will be said of it, at due_us */
	int64_t due_us, sent_us;
	uint64_t account; /* of the lead when it left; 0: none */
	int64_t left_us;  /* last handed over */
	bool failed;      /* the answer was that it never arrives */
	uint32_t attempt; /* the latest one that was taken: each is taken once */
	bool in_hand, settled;
	bool notice, confirms, tool; /* of the system's own: it touches nobody */
};

struct sim {
	bool paranoid; /* every checker after every step: slow, and finds the day */
	uint64_t seed;
	struct rng rng;
	int64_t now_us, start_us, end_us;
	int64_t behind_us; /* how far the machine's clock is set back, for a while */
	struct log *log;
	struct store *inner, *store; /* memory, and the one that fails around it */
	struct engine *engine;
	struct sim_person people[SIM_PEOPLE_MAX];
	size_t people_n;
	struct sim_message *queue; /* not yet delivered, any order */
	size_t queue_n;
	struct sim_message *sent; /* a ring of delivered ones, to be repeated */
	size_t sent_n, sent_at;
	uint64_t next_message;
	struct sim_mail *mails;
	size_t mails_n;
	struct u64map mail_at; /* number -> place in mails */
	/* what the checkers keep */
	struct u64map folded; /* seq -> times folded and committed */
	uint64_t *staged;     /* folded in the run in hand */
	size_t staged_n, staged_cap;
	uint64_t events, duplicates, crashes, alarms, checks;
	uint64_t agreed;   /* how often people said yes, at all */
	char failure[512]; /* empty: all is well */
};

/* world.c: what people, operators and the network do in one step of `step_us`. */
void world_begin(struct sim *s);
void world_step(struct sim *s, int64_t step_us);
void world_end(struct sim *s);
/* Sends an event on its way; it is delivered at due_us or later, maybe twice. */
void world_send(struct sim *s, const struct event *ev, const char *source, int64_t due_us);
extern const char *const world_programs[];
extern const size_t world_programs_n;

extern const struct content_index world_content;

/* mail.c: the far side of sending, and the checks of what leaves. */
void mail_taken(void *ctx, const uint64_t *messages, size_t n);
void mail_step(struct sim *s);
void mail_died(struct sim *s);

/* faulty.c: a store that fails at a chosen commit, before or after it took effect. */
struct store *faulty_wrap(struct store *inner);
void faulty_arm(struct store *s, bool before, bool after);

/* hands.c: hand-offs, notices and the queue of what waits for a time. */
void check_hands(struct sim *s, int64_t clock_us);

/* checks.c: every checker; false fills s->failure. */
bool check_step(struct sim *s);  /* after each run: G9 on touched leads, the tables agree */
bool check_whole(struct sim *s); /* G1, G2, G8 and all leads */
void fail(struct sim *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
