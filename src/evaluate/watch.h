/* SPDX-License-Identifier: Apache-2.0
 * watch.h: has the world moved, asked all the time, in bounded memory. The detectors of drift.h
 * over what a learner is fed:
 *
 *   what it is told of those who come   PSI for each number of the context, KS for those that are
 *                                       scores: the latest window against the ones before it
 *   what comes of its guesses           Page-Hinkley on (outcome - guess), both ways, in standard
 *                                       deviations; ADWIN on the same, and on how far its squares
 *                                       are from what the guess allows (calibration)
 *   harm                                Page-Hinkley on (harm - guess), upwards
 *
 * Numbers are counted into a fixed grid of cells, so that a window of a million costs what one of
 * a hundred does: a missing one, exactly zero ("never"), and one or more ("at the most") have
 * cells of their own, and bins of their own in the PSI. The reference fades: each window counts
 * half after the next, since the learner forgets as well; one that rang is the reference alone.
 *
 *   W1  Same calls, same bytes: no clock, no dice.
 *   W2  A stationary stream rings seldom: test_watch.c holds it to that.
 *
 * Pure; thread: any. Memory: mem_alloc, owned by the watch.
 */
#ifndef EVALUATE_WATCH_H
#define EVALUATE_WATCH_H

#include "base/buf.h"
#include "evaluate/drift.h"

#define WATCH_DIMS_MAX 256u
#define WATCH_CELLS 32u
#define WATCH_BYTES_MAX ((size_t)1 << 20) /* of a stored part */
#define WATCH_KS_D .15                    /* a smaller distance is none, however sure */
#define WATCH_KS_P 1e-6
#define WATCH_WARM_UP 200u /* outcomes, at first and behind an alarm, that say nothing */

/* What a number of the context may do. */
enum watch_role {
	WATCH_OWN,   /* follows from what we do ourselves: shown, rings never */
	WATCH_WORLD, /* rings by PSI */
	WATCH_SCORE, /* rings by PSI and KS */
};
enum watch_detector {
	WATCH_PSI,
	WATCH_KS,
	WATCH_RISE,        /* outcomes are better than guessed */
	WATCH_FALL,        /* worse */
	WATCH_RESIDUAL,    /* ADWIN on outcome - guess */
	WATCH_CALIBRATION, /* ADWIN on squares */
	WATCH_HARM,        /* more harm than guessed */
	WATCH_DETECTORS
};
const char *watch_detector_name(enum watch_detector d); /* "psi", "page_hinkley_fall" */

struct watch_conf {
	double psi;                  /* rings at; DRIFT_PSI_ACT */
	int64_t window_us;           /* a window is at least so long, */
	uint64_t least;              /* and has at least so many; 1 or more */
	const enum watch_role *role; /* dims of them */
};
struct watch_alarm {
	enum watch_detector what;
	uint32_t dim; /* PSI, KS: which number */
	double figure, limit;
};

struct watch;
struct watch *watch_open(size_t dims); /* 1..WATCH_DIMS_MAX */
void watch_close(struct watch **w);    /* accepts NULL inside */

/* A decision was made: the context x (dims numbers) of somebody new to us (else NULL: those who
 * stay grow older, which is no drift), the odds of what was drawn. True: *out rings. */
bool watch_decision(struct watch *w, const struct watch_conf *c, const float *x, double odds,
		    int64_t at_us, struct watch_alarm *out);

/* What came of one, and what was thought before it was learned; all within [0, 1]. */
struct watch_outcome {
	double guess, outcome;
	bool sent; /* harm is possible */
	double harm_guess, harm;
};
bool watch_outcome(struct watch *w, const struct watch_outcome *o, struct watch_alarm *out);

/* ---- for people ---- */

struct watch_column { /* of the latest window that was closed, against those before */
	double psi, ks_d, ks_p;
};
#define WATCH_ODDS 0u  /* beside the context: odds of what was drawn, */
#define WATCH_GUESS 1u /* and guesses; learning itself moves both, so they never ring */
struct watch_figures {
	uint64_t windows, in_window, outcomes;
	uint64_t warm;    /* outcomes since the latest alarm; the first WATCH_WARM_UP say nothing */
	int64_t since_us; /* of the window being filled; 0: none */
	double rise, fall, harm;  /* Page-Hinkley: sums, of */
	double limit, harm_limit; /* so much at which they ring */
	double residual, adwin_n; /* mean over ADWIN's window, and its length */
	double calibration, calibration_n;
};
void watch_figures(const struct watch *w, struct watch_figures *out);
/* i < dims: the context's; dims + WATCH_ODDS, dims + WATCH_GUESS. False: no window was compared. */
bool watch_column(const struct watch *w, size_t i, struct watch_column *out);

/* ---- stored form: two parts, since one changes more often than the other ---- */

#define WATCH_PART_COLUMNS 0u
#define WATCH_PART_STREAMS 1u
#define WATCH_PARTS 2u
bool watch_part_changed(const struct watch *w, unsigned part);
void watch_part_kept(struct watch *w, unsigned part);
void watch_part_encode(const struct watch *w, unsigned part, struct buf *out);
/* Into a watch just opened. ST_CORRUPT: not watch_part_encode's work, or of other dims. */
MUST_USE enum status watch_part_decode(struct watch *w, unsigned part, struct str bytes,
				       struct err *e);

#endif
