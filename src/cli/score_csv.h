/* SPDX-License-Identifier: Apache-2.0
 * score_csv.h: a table of past leads from a CSV file, to learn from.
 *
 * A column is a number when every cell that is not empty is one; else a category whose levels are
 * the texts, an empty cell the level "". Memory: the caller's arena. */
#ifndef CLI_SCORE_CSV_H
#define CLI_SCORE_CSV_H

#include "predict/predict.h"

struct score_csv_conf {
	const char *outcome;     /* column that says what came of it */
	const char *positive;    /* the text there that is the outcome */
	const char *const *drop; /* columns that must not be read; NULL at the end */
};

/* ST_NOT_FOUND: no file, or no such column, of those to drop as well. ST_INVALID: a row has not as
 * many fields as the header. ST_LIMIT: a ceiling of predict.h. */
MUST_USE enum status score_csv_read(const char *path, const struct score_csv_conf *conf,
				    struct arena *a, struct predict_table *out, struct err *e);

#endif
