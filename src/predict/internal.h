/* SPDX-License-Identifier: Apache-2.0
 * internal.h: what the files of this room share. */
#ifndef PREDICT_INTERNAL_H
#define PREDICT_INTERNAL_H

#include "predict/predict.h"

#define PREDICT_SCRATCH_BYTES_MAX ((size_t)4 << 30)

/* ---- read.c: columns as weights see them ---- */

/* Rows as lists of what is not zero. */
struct predict_sparse {
	size_t rows_n, dims_n;
	size_t *start; /* rows_n + 1 */
	uint32_t *dim;
	double *value;
};

/* Fits the reading of every column on these rows: medians, means, levels. */
MUST_USE enum status predict_read_fit(const struct predict_table *t, struct predict_rows rows,
				      struct arena *a, struct predict_model *m, struct err *e);
/* Gives every feature but the rule its first weight. */
MUST_USE enum status predict_read_dims(struct predict_model *m, struct err *e);
/* What is not zero of one feature of one row: at most 2; returns how many. */
unsigned predict_read_cell(const struct predict_feature *f, double cell, uint32_t dim[2],
			   double value[2]);
MUST_USE enum status predict_read_rows(const struct predict_model *m, const struct predict_table *t,
				       struct predict_rows rows, struct arena *a,
				       struct predict_sparse *out, struct err *e);

/* One cell of a table as feature f of a model reads it. */
double predict_cell(const struct predict_table *t, const struct predict_binding *b, size_t f,
		    size_t row);

/* ---- logistic.c ---- */

/* minimise  sum log loss(offset + bias + w.x) + l2/2 |w|^2  */
struct predict_fit {
	const struct predict_sparse *x;
	const uint8_t *y;
	const double *offset; /* NULL: 0 */
	double l2;
	double *weights, *devs; /* results, dims_n each */
	double bias;
};
MUST_USE enum status predict_logistic(struct predict_fit *f, struct arena *scratch, struct err *e);

/* ---- trees.c ---- */

MUST_USE enum status predict_trees(const struct predict_table *t, struct predict_rows rows,
				   const struct predict_conf *conf, struct arena *a,
				   struct predict_model *m, struct err *e);

/* The child a row goes to. */
uint32_t predict_node_next(const struct predict_model *m, const struct predict_node *node,
			   const double *cells);

/* Sorts indices 0 to n - 1 by value, rising, equal ones by index. NULL: the arena is full. */
uint32_t *predict_order(const double *value, size_t n, struct arena *a);

#endif
