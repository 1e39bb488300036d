/* SPDX-License-Identifier: Apache-2.0
 * metric.h: how good are these probabilities, and on which rows is that asked?
 *
 * Definitions are those of the usual libraries, ties included: AUC is the share of pairs in the
 * right order, half for equal ones; ECE over ten bins of equal width, weighted by rows; lift is the
 * rate among the best tenth (rows that tie with the last of it count in part) over the whole rate.
 * Thread: any. Memory: the caller's, or an arena for what has to be sorted.
 */
#ifndef PREDICT_METRIC_H
#define PREDICT_METRIC_H

#include "predict/predict.h"

#define PREDICT_BINS 10

struct predict_metrics {
	size_t rows, positives;
	double auc; /* NaN when one of the outcomes is missing */
	double log_loss, brier, ece10, lift10;
};
MUST_USE enum status predict_measure(const double *p, const uint8_t *y, size_t n,
				     struct predict_metrics *out, struct err *e);

/* The curve of reliability: of those told p, how many? low and high: Wilson's 95 % interval. */
struct predict_bin {
	size_t rows, positives;
	double mean, rate, low, high; /* of p; of outcomes */
};
void predict_reliability(const double *p, const uint8_t *y, size_t n,
			 struct predict_bin out[PREDICT_BINS]);

/* Isotonic regression (pool adjacent violators): out[i] rises with x[i], and is the mean outcome of
 * its pool. */
MUST_USE enum status predict_isotonic(const double *x, const uint8_t *y, size_t n, double *out,
				      struct err *e);

/* ---- which rows ---- */

/* Rows in order of time: the first ones train, the last `share` of them judge. */
void predict_split_time(struct predict_rows all, double share, struct predict_rows *train_r,
			struct predict_rows *test_r);
/* fold[i], 0 to folds - 1, for each row: shuffled by the seed, equal shares of both outcomes. */
MUST_USE enum status predict_folds(const uint8_t *y, size_t n, unsigned folds, uint64_t seed,
				   uint8_t *fold, struct err *e);

/* Trains once for each fold on the others and judges it: out[i] for row i of the table. */
MUST_USE enum status predict_out_of_fold(const struct predict_table *t, const uint8_t *fold,
					 unsigned folds, const struct predict_conf *conf,
					 double *out, struct err *e);
/* Trains on the earlier rows of a table that is in order of time, judges the later ones. */
MUST_USE enum status predict_in_time(const struct predict_table *t, double share,
				     const struct predict_conf *conf, struct predict_metrics *out,
				     struct err *e);

#endif
