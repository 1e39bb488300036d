/* SPDX-License-Identifier: Apache-2.0
 * bins.h: columns cut into at most 255 bins, as trees are grown on them. */
#ifndef PREDICT_BINS_H
#define PREDICT_BINS_H

#include "predict/internal.h"

#define PREDICT_BIN_MAX 256u

struct predict_bins {
	uint8_t *of;     /* the bin of each row: numbers 0 "not known" and 1 to n - 1; codes */
	unsigned n;      /* bins in use */
	unsigned offset; /* of its first cell in a histogram */
	double *cut;     /* numbers: bin b holds cut[b - 1] < x <= cut[b]; cut[0] is -infinity */
};

/* Bins of every feature of m over the rows; cells from the table by the binding. */
struct predict_bins_from {
	const struct predict_model *m;
	const struct predict_table *t;
	const struct predict_binding *bind;
	struct predict_rows rows;
};
MUST_USE enum status predict_bins_make(const struct predict_bins_from *from, struct arena *a,
				       struct predict_bins **out, struct err *e);

#endif
