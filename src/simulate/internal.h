/* SPDX-License-Identifier: Apache-2.0
 * internal.h: what the files of this room share.
 */
#ifndef SIMULATE_INTERNAL_H
#define SIMULATE_INTERNAL_H

#include "base/map.h"
#include "base/random.h"
#include "engine/engine.h"
#include "model/event.h"
#include "model/message.h"
#include "simulate/simulate.h"

enum habit {
#define HABIT(name, value, words) HABIT_##name,
#include "simulate/habit.def"
#undef HABIT
	HABIT_COUNT
};
extern const double simulate_habits[HABIT_COUNT];

#define ACTS_MAX 64
#define FIELDS_MAX 16

struct person {
	uint64_t lead; /* 0: not known to the engine yet */
	uint32_t company;
	uint16_t generation; /* of the address: it changes with the job */
	uint16_t stages;     /* bits of enum simulate_stage */
	uint8_t title, country, peak_hour;
	bool prefetch, scanner, bad_address, agrees, thin_skinned;
	uint16_t visits, mails, notices, handoffs; /* so far: each has dice of its own */
	bool gone; /* unsubscribed, complained or left: looks at nothing any more */
	double interest, tired;
	int64_t interest_us, tired_us; /* as of when */
};

enum happening {
	HAPPENS_CAPTURE,
	HAPPENS_VISIT,
	HAPPENS_JOB_CHANGE,
	HAPPENS_ANSWER,   /* what a mail server says: message.sent */
	HAPPENS_FAILED,   /* it did not leave */
	HAPPENS_DEFERRED, /* it was held: to be tried again */
	HAPPENS_BOUNCE,
	HAPPENS_MACHINE_OPEN,
	HAPPENS_MACHINE_CLICK,
	HAPPENS_OPEN,
	HAPPENS_CLICK,
	HAPPENS_REPLY,
	HAPPENS_UNSUBSCRIBE,
	HAPPENS_COMPLAINT,
	HAPPENS_CONFIRM,
	HAPPENS_ACCEPT,
	HAPPENS_RETURN,
	HAPPENS_REFUSE,
	HAPPENS_GOAL,
	HAPPENS_WON,
	HAPPENS_LOST,
};

struct happening_due {
	int64_t due_us;
	uint64_t serial; /* order among equals */
	uint64_t number; /* of a message or hand-off */
	uint32_t person;
	uint8_t what;
};

/* What a throw is about. Each of a person's doings has its own dice, keyed by the seed: whatever a
 * policy changes, the rest of the world throws what it would have thrown. */
enum dice { DICE_WHO, DICE_LIFE, DICE_VISIT, DICE_MAIL, DICE_NOTICE, DICE_SALES };

struct simulation {
	const struct simulate_conf *conf;
	struct simulate_result *out;
	struct program *program;
	struct rng rng;
	int64_t now_us, start_us, end_us;
	struct log *log;
	struct store *store;
	struct engine *engine;
	struct arena arena;   /* of one step */
	struct arena reading; /* of one record */
	struct person *people;
	struct happening_due *heap;
	size_t heap_n, heap_cap;
	uint64_t serial;
	struct u64map lead_person; /* lead -> person */
	/* who did what is appended in this step, by place */
	struct log_entry *entries;
	uint32_t *entry_person;
	size_t entries_n;
	uint64_t first_seq;                     /* of entries[0], once appended */
	uint64_t handoffs_seen, decisions_read; /* the last of each */
	uint64_t today_sent, today;
	uint64_t seed;
	struct str capture_type, win_type, lose_type; /* of the program; may be empty */
	struct {
		struct str type;
		double weight;
	} acts[ACTS_MAX];
	size_t acts_n;
	double acts_weight;
	enum status failed; /* inside a callback */
	struct err why;
};

/* world.c */
void simulate_dice(struct simulation *s, uint32_t person, enum dice what, uint32_t number);
bool simulate_chance(struct simulation *s, double p);
/* A happening of a person at an instant; behind the end it never happens. */
void simulate_later(struct simulation *s, uint32_t person, enum happening what, int64_t due_us,
		    uint64_t number);
bool simulate_next(struct simulation *s, int64_t until_us, struct happening_due *out);
/* The next instant behind `from_us` at which this person is awake and at the desk. */
int64_t simulate_awake(struct simulation *s, const struct person *p, int64_t from_us);
void simulate_reached(struct simulation *s, struct person *p, enum simulate_stage stage);

/* people.c: who they are, and what they do by themselves */
void simulate_people(struct simulation *s);
void simulate_acts(struct simulation *s);
double simulate_interest(const struct person *p, int64_t at_us);
double simulate_tired(const struct person *p, int64_t at_us);
/* Factor on their clicks: how much they like this angle of this message. */
double simulate_taste(const struct simulation *s, uint32_t person, struct str message,
		      struct str angle);
void simulate_email(const struct simulation *s, uint32_t person, uint32_t generation, char out[64]);
/* The event of a happening; false: nothing comes of it. Texts live on the arena of the step. */
bool simulate_event(struct simulation *s, const struct happening_due *h, struct event *ev,
		    struct str *source);

/* mail.c: the far side of sending, and sales */
void simulate_taken(void *ctx, const uint64_t *messages, size_t n); /* engine_conf.hand_over */
void simulate_reactions(struct simulation *s, const struct happening_due *h);
void simulate_sales(struct simulation *s);

/* tally.c */
/* Counts the decisions made since it was asked last: daily or more often, for that long every
 * program keeps them. */
MUST_USE enum status simulate_decisions(struct simulation *s, struct err *e);
MUST_USE enum status simulate_tally(struct simulation *s, struct err *e);

#endif
