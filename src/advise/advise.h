/* SPDX-License-Identifier: Apache-2.0
 * advise.h: what should somebody else's sender do? A case and its actions in, odds and one action
 * out, and what comes of it is learned: the learner alone, for teams that keep their own sender.
 *
 * Three steps that may lie in different threads and processes:
 *   asking    advise_read, advise_choose, advise_answer: over a book, which never changes
 *   keeping   the answer, the numbers of the case and of the actions are an event of the log
 *   learning  advice_read, advisor_teach: the fold reads those events and those of rewards
 * What is learned is a function of the events alone: whoever chose, and on however old a book.
 *
 *   A1  Odds are whole billionths and sum to exactly 1; the action is drawn from just these.
 *   A2  "wait" is always among the actions and never held.
 *   A3  A held action has no odds; who holds it, and until when, stands in the answer.
 *   A4  The dice are keyed by (seed, decision, id): the same request is drawn alike again.
 * Pure. Memory: the arena given, unless said otherwise.
 */
#ifndef ADVISE_ADVISE_H
#define ADVISE_ADVISE_H

#include "base/json.h"
#include "learn/learn.h"
#include "learn/policy.h"
#include "program/decision.h"

#define ADVISE_ACTIONS_MAX (POLICY_JOINT_MAX - 1) /* of a request; "wait" comes on top */
#define ADVISE_MANY_MAX 500                       /* cases of one request */
#define ADVISE_BYTES_MAX ((size_t)32 << 10)       /* of one case */
#define ADVISE_ID_MAX 64                          /* bytes, of a request's id */
#define ADVISE_NAME_MAX 64                        /* bytes, of an action or a kind of reward */
#define ADVISE_NUMBER_MAX 100.0                   /* of a context, either way */
#define ADVISE_KINDS_MAX 8                        /* of rewards to one decision */
#define ADVISE_ALL 1000000000u                    /* billionths */
#define ADVISE_NONE SIZE_MAX
#define ADVISE_ANSWER_MAX ((size_t)48 << 10)
#define ADVISE_WAIT STR("wait")
#define ADVISE_SOURCE "decide" /* of what is kept: one for all keys, an id is an id for all */

/* ---- who knows ---- */

/* A decision of the program and what was learned for it. */
struct advisor {
	const struct program_decision *of;
	struct learner *learner; /* of context_n + 1 numbers */
	double mean;             /* outcome of the average decision, fading */
	bool taught;             /* since it was last written */
	uint32_t stale_parts;    /* rows of a former context that are still in the state */
};
/* New, knowing nothing. Owned: the learner. */
void advisor_open(struct advisor *a, const struct program_decision *of);
void advisor_close(struct advisor *a);
/* The learner's settings and prior for so many numbers of a case. */
struct learn_conf advisor_conf(size_t context_n);

/* All of them as they stood at one instant; never changed once made. */
struct advise_book {
	struct arena memory;
	struct advisor *list;
	size_t n;
	uint64_t learned_seq; /* folded up to this record */
	uint64_t version;     /* of the program */
	uint64_t seed;
	bool paused; /* the kill switch */
	struct str pause_reason;
};
/* Copies everything. A book of no advisors is one too. */
struct advise_book *advise_book_make(const struct advisor *list, size_t n);
void advise_book_close(struct advise_book **b);
const struct advisor *advise_book_find(const struct advise_book *b, struct str decision);

/* ---- asking ---- */

struct advise_action {
	struct str id;
	struct str own;  /* numbers of its own, as JSON; empty: none */
	const float *x;  /* with them; NULL: the case's */
	double cost;     /* on the scale of `worth` */
	struct str held; /* the guard's name; empty: free */
	struct str why;
	int64_t free_us; /* TIME_NONE: not by itself */
};
struct advise_ask {
	const struct advisor *of;
	struct str id;      /* empty: the caller must give one */
	struct str lead;    /* empty: nobody in particular */
	struct str context; /* as JSON; empty: none */
	float x[LEARN_DIMS_MAX];
	struct advise_action action[ADVISE_ACTIONS_MAX + 1]; /* the last one is "wait" */
	size_t n;
	size_t taken; /* what the sender took by itself; ADVISE_NONE: it asks */
	double taken_p;
	size_t prefer; /* what its rules would take; ADVISE_NONE: not said */
};
struct advise_no { /* why a request is refused */
	int http;
	const char *code, *param;
	const char *fix; /* NULL: the message says it */
	struct err err;
};
/* The body of POST /v1/decide: one case, or {"decisions": [...]}. */
struct advise_body {
	struct json d;
	uint32_t list; /* JSON_NONE: one */
	size_t n;      /* cases */
};
MUST_USE enum status advise_open(struct str body, struct arena *a, struct advise_body *out,
				 struct advise_no *no);
/* The node of the case behind this one; JSON_NONE asks for the first, and is the end. */
uint32_t advise_next(const struct advise_body *x, uint32_t node);
/* Decodes one case. Texts are of the body or the arena. No book (NULL): 503. */
MUST_USE enum status advise_read(const struct advise_book *b, const struct json *d, uint32_t node,
				 struct arena *a, struct advise_ask *out, struct advise_no *no);
/* What an id was used for: the same for the same case, however its members are ordered and spaced.
 * Numbers and texts count as they are written; an empty object says nothing. */
uint64_t advise_hash(const struct json *d, uint32_t node);
/* Everything but "wait" is held. */
void advise_hold(struct advise_ask *q, struct str guard, struct str why, int64_t free_us);

struct advise_choice {
	uint32_t p[EXPLORE_MAX]; /* billionths, by action; 0: held, or never */
	float value[EXPLORE_MAX];
	float hopeful[EXPLORE_MAX]; /* the same, what is not known credited: igw draws from these */
	size_t drawn;               /* what the learner would do */
	size_t took; /* what is done: the same, but in the shadow what the sender took */
	double unit;
	bool even; /* among the evenly drawn (policy.h) */
};
void advise_choose(const struct advise_book *b, const struct advise_ask *q,
		   struct advise_choice *out);
/* Why one case of many is refused, as JSON; `id` and `code` may be empty and NULL. */
void advise_refusal(struct str id, const struct advise_no *no, struct buf *out);
/* The answer as JSON, and the properties of the event that keeps it (advice.given); lead 0: of
 * nobody in particular. */
void advise_answer(const struct advise_book *b, const struct advise_ask *q,
		   const struct advise_choice *c, struct buf *out);
void advise_event(const struct advise_ask *q, struct str answer, uint64_t lead, uint64_t body_hash,
		  struct buf *out);
/* Finds both in what advise_event wrote. False: it is not of that form. */
bool advise_event_answer(struct str properties, struct arena *a, struct str *answer_r,
			 uint64_t *body_hash_r);

/* ---- rewards ---- */

struct advise_reward {
	struct str decision, id, kind;
	double value;
	bool corrected; /* instead of what was said of this kind before */
};
/* Decodes POST /v1/reward. No book (NULL): 503. */
MUST_USE enum status advise_reward_read(const struct advise_book *b, struct str body,
					struct arena *a, struct advise_reward *out,
					struct advise_no *no);
/* The properties of the event that keeps it (advice.reward), and its key: the same reward sent
 * again has the same. */
void advise_reward_event(const struct advise_reward *r, struct buf *out);
void advise_reward_key(const struct advise_reward *r, struct buf *out);
void advise_key(struct str decision, struct str id, struct buf *out); /* of advice.given */

/* ---- learning ---- */

/* A decision whose outcome is awaited. */
struct advice {
	struct str decision, id;
	uint64_t shape; /* of the context it was learned with */
	int64_t at_us;
	uint64_t lead; /* 0: nobody in particular */
	uint64_t arm;  /* key */
	bool wait;
	bool taught; /* the first look was taken, with this: */
	float taught_outcome;
	uint32_t dims;
	float x[LEARN_DIMS_MAX];
	struct advice_got {
		uint32_t kind; /* hash */
		float value;   /* of worth, in [0, 1] */
	} got[ADVISE_KINDS_MAX];
	uint32_t got_n;
};
/* The arm of an action in the learner of its decision. */
uint64_t advise_arm_key(struct str action);
/* From the properties of advice.given, as of the decision in force. ST_INVALID: not that form. */
MUST_USE enum status advice_read(const struct json *d, const struct program_decision *of,
				 struct arena *a, struct advice *out, struct err *e);
/* The numbers that action stood with in such an event: those of the case, its own over them.
 * False: they cannot be read. x: context_n + 1 numbers. */
bool advice_numbers(const struct json *d, const struct program_decision *of, struct str action,
		    struct arena *a, float *x);
struct str advice_decision(const struct json *d, struct arena *a); /* empty: not of that form */
MUST_USE enum status advice_reward(const struct json *d, struct arena *a, struct advise_reward *out,
				   struct err *e);
void advice_encode(const struct advice *x, struct buf *out);
MUST_USE enum status advice_decode(struct str bytes, struct advice *out, struct err *e);
/* False: nothing new. */
bool advice_reward_add(struct advice *x, const struct program_decision *of,
		       const struct advise_reward *r);
/* The first time all of it, later what has changed. */
void advisor_teach(struct advisor *a, struct advice *x);

#endif
