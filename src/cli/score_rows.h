/* SPDX-License-Identifier: Apache-2.0
 * score_rows.h: rows to learn scores from, out of the log: what was known of each lead some days
 * after it came, and whether the outcome came in the days behind that.
 *
 * The log is folded again into memory, in its order, and a lead is looked at while the fold stands
 * at its day: what came later is not there yet, so it cannot be looked at (F3 in features.h).
 *   - a lead whose outcome came before it was looked at is no row: there was nothing to foresee
 *   - a lead whose days are not over yet is no row, though its outcome may have come: of leads as
 *     young only those who came would count, and every rate would be too high
 *   - joined leads are one row, of the one that lives on; machines and the erased are none
 * Memory: the caller's arena.
 */
#ifndef CLI_SCORE_ROWS_H
#define CLI_SCORE_ROWS_H

#include "log/log.h"
#include "predict/predict.h"
#include "program/program.h"
#include "store/store.h"

struct score_rows_conf {
	struct log *log;
	uint64_t seed, through_seq,
		leads;                 /* of the state: the fold stops there; how many there are */
	const struct program *program; /* whose rules and features are the columns */
	struct str outcome;            /* an event type among the program's outcomes */
	int64_t after_us, within_us;   /* looked at so long after it came; outcome within so long */
	bool (*stop)(void *ctx);       /* may be NULL */
	void *ctx;
};

struct score_rows {
	/* In order of time. The first rules_n columns are the rules: the weighted sum (the table's
	 * rule column), fit rules, engagement rules, entry rules, each by its name in the program;
	 * behind them inactivity, features and the persona. */
	struct predict_table table;
	size_t rules_n, fit_at, points_at, entry_at;
	size_t leads, unripe, before; /* looked at; too young; outcome was there already */
	int64_t *at_us;               /* when each row was looked at */
	int64_t from_us, to_us;       /* the first and the last of them */
};
MUST_USE enum status score_rows_read(const struct score_rows_conf *conf, struct arena *a,
				     struct score_rows *out, struct err *e);

#endif
