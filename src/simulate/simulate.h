/* SPDX-License-Identifier: Apache-2.0
 * simulate.h: what would this program do to so many leads in so many days? The real engine, on a
 * store in memory and virtual time, among people with habits: they read at their hours, their
 * interest fades, too much mail tires them, their machines open and click before they do; they
 * answer, complain, unsubscribe, change jobs. Sales accept, return, meet and win.
 *
 * The habits are assumptions (habit.def), not measurements: compare programs with it, do not
 * promise its numbers.
 *
 *   S1  The same program, content, leads, days and seed give the same result, on every machine.
 *   S2  Nothing of it is read from or written to a folder of data.
 *   S3  What was decided is decided the same way, bit for bit, when the log is folded again.
 * Thread: any, one at a time per call.
 */
#ifndef SIMULATE_SIMULATE_H
#define SIMULATE_SIMULATE_H

#include "base/json.h"
#include "decide/decide.h"
#include "program/content.h"
#include "program/program.h"
#include "program/track.h"

#define SIMULATE_LEADS_MAX 200000u
#define SIMULATE_DAYS_MAX 730u

struct simulate_conf {
	struct str program; /* its text, checked already */
	const struct content_index *content;
	uint64_t leads, days, seed;
	const struct program_choice *choice;    /* instead of the program's own; NULL: as it says */
	bool replay;                            /* fold the log a second time at the end: S3 */
	bool (*go_on)(void *ctx, uint64_t day); /* false: ST_UNAVAILABLE; may be NULL */
	void *ctx;
};

/* How far people came; each stage counts people once. */
enum simulate_stage {
#define STAGE(name, wire, words) SIMULATE_##name,
#include "simulate/stage.def"
#undef STAGE
	SIMULATE_STAGES
};
const char *simulate_stage_wire(enum simulate_stage s);
const char *simulate_stage_words(enum simulate_stage s);

struct simulate_result {
	uint64_t stage[SIMULATE_STAGES];
	uint64_t messages, notices;      /* that left; notices: of the system's own */
	uint64_t most_in_a_day, refused; /* refused: at the last instant */
	uint64_t machine_opens, machine_clicks, opens, clicks, replies;
	uint64_t bounces, unsubscribes, complaints, job_changes;
	uint64_t handoffs, returned, refused_handoffs, lost;
	double reward, cost;         /* as the program values what people did, and what was sent */
	uint64_t decisions, nothing; /* what was chosen, and how often it was nothing */
	uint64_t dropped;            /* decisions whose record the program has not kept */
	uint64_t held[GUARD_COUNT];  /* decisions in which this guard held everything */
	uint64_t events, alarms, dead_letters; /* of the engine */
	uint64_t state_hash;                   /* S1, checked by machines */
	bool replayed;                         /* asked for, and the second fold gave the same */
};

MUST_USE enum status simulate_run(const struct simulate_conf *conf, struct simulate_result *out,
				  struct err *e);
void simulate_json(const struct simulate_conf *conf, const struct simulate_result *r,
		   struct json_w *w);

#endif
