/* SPDX-License-Identifier: Apache-2.0
 * leads.h: the public data sets on which lead scoring is compared with other libraries, read as
 * their reference figures were made. For the conformance suite `score` and for the bench. */
#ifndef CONFORMANCE_LEADS_H
#define CONFORMANCE_LEADS_H

#include "base/json.h"
#include "predict/metric.h"

#include <stdio.h>

#define LEADS_FOLDS 5u

struct leads {
	struct predict_table table;
	uint8_t *fold; /* the reference's */
};

/* Writes the folder of the data sets into out; false: it is not here. */
bool leads_folder(const char *given, char *out, size_t bytes);
MUST_USE enum status leads_bank(const char *folder, struct arena *a, struct leads *out,
				struct err *e);
/* The columns that were known before anybody had called ("honest"). */
MUST_USE enum status leads_education(const char *folder, struct arena *a, struct leads *out,
				     struct err *e);
/* Adds the column of points of 13 rules: from what such fields mean, fitted on nothing. */
MUST_USE enum status leads_education_rules(struct leads *l, struct arena *a, struct err *e);

/* A file of reference/, parsed. */
MUST_USE enum status leads_reference(const char *folder, const char *name, struct arena *a,
				     struct json *out, struct err *e);
/* One figure: reference[section][model][what]; NaN when it is not there. */
double leads_figure(const struct json *d, const char *section, const char *model, const char *what);
MUST_USE enum status leads_folds(const struct leads *l, const struct predict_conf *conf,
				 struct arena *a, struct predict_metrics *out, struct err *e);

/* Mean over `repeats` draws of n rows to learn from, judged on the others. */
struct leads_curve {
	double auc, log_loss;
};
MUST_USE enum status leads_few(const struct predict_table *t, size_t n, unsigned repeats,
			       const struct predict_conf *conf, struct leads_curve *out,
			       struct err *e);

/* How trees are grown for these comparisons, and the logistic model centred on rules. */
struct predict_conf leads_trees(void);
struct predict_conf leads_centred(void);

#endif
