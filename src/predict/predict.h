/* SPDX-License-Identifier: Apache-2.0
 * predict.h: how likely is this outcome? Models learnt from rows of what was known before it.
 *
 * Pure: a table in, a model out; a model and one row in, a probability out. Three families, each a
 * step up that has to be earned with more labels:
 *   platt     log-odds = slope * rule points + bias: the rules' own order, as a probability
 *   logistic  L2 logistic regression by Newton steps; with a rule column it is centred on the
 *             rules: their Platt log-odds are given, and weights are what the data add to them
 *   trees     gradient-boosted trees over histograms, best leaf first
 *
 *   R1  What a column's reading needs (median, mean, deviation, levels) is fitted on the rows that
 *       train and kept in the model: a row that is judged never moves it.
 *   R2  predict_parts: base + sum of the columns' parts is the log-odds, for every family.
 *   R3  The same table, rows and settings give the same bytes; decode(encode(m)) encodes equal.
 *   R4  Column and level are known by name: a table with other columns in another order reads the
 *       same through predict_bind. A level that training did not see says nothing.
 * Thread: any. Memory: models and tables in the caller's arena; scratch is our own.
 */
#ifndef PREDICT_PREDICT_H
#define PREDICT_PREDICT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

#include <math.h>

#define PREDICT_COLUMNS_MAX 256u
#define PREDICT_LEVELS_MAX 250u /* of one column, in a model: the most frequent ones */
#define PREDICT_DIMS_MAX 1024u  /* weights of a logistic model */
#define PREDICT_ROWS_MAX (1u << 24)
#define PREDICT_TREES_MAX 500u
#define PREDICT_LEAVES_MAX 64u
#define PREDICT_NAME_MAX 256u
#define PREDICT_BYTES_MAX ((size_t)8 << 20) /* of an encoded model */
#define PREDICT_NONE SIZE_MAX
#define PREDICT_UNSEEN (-1.0) /* the code of a level that training did not see */

/* ---- tables ---- */

enum predict_kind { PREDICT_NUMBER, PREDICT_CATEGORY };

struct predict_column {
	struct str name;
	enum predict_kind kind;
	const struct str *levels; /* categories: code i is levels[i]; "" is "not known" */
	size_t levels_n;
	double *cells; /* one a row: the number (NaN: not known), or the code */
};

struct predict_table {
	struct predict_column *columns;
	size_t columns_n, rows_n;
	uint8_t *outcome; /* one a row: 1, it came */
	size_t rule;      /* the column that holds the rules' points; PREDICT_NONE: none */
};

/* A choice of rows by index. */
struct predict_rows {
	const uint32_t *at;
	size_t n;
};
size_t predict_positives(const struct predict_table *t, struct predict_rows rows);

/* A cell of text, for who fills a table: its code in `levels`, which is extended to levels_max. A
 * text that no longer fits is PREDICT_UNSEEN. Text is borrowed. */
double predict_level(struct str text, struct str *levels, size_t *levels_n, size_t levels_max);

/* ---- models ---- */

enum predict_family { PREDICT_PLATT, PREDICT_LOGISTIC, PREDICT_TREES, PREDICT_FAMILY_COUNT };

struct predict_feature {
	struct str name;
	enum predict_kind kind;
	bool missing; /* numbers: some were not known, and that has a weight of its own */
	double median, mean, dev; /* numbers: instead of one not known; to standardise */
	struct str *levels;
	size_t levels_n;
	size_t dim;    /* its first weight */
	double center; /* mean of its part over the training rows: what the base holds of it */
};

struct predict_node {
	uint32_t feature; /* PREDICT_LEAF: none */
	uint32_t left;    /* index of the left child; the right one is behind it */
	double at;        /* left when number <= at, when code == at */
	double value;     /* log-odds this subtree gives on average; of a leaf: what it gives */
	bool missing_left;
};
#define PREDICT_LEAF UINT32_MAX

struct predict_model {
	enum predict_family family;
	uint64_t rows, positives; /* trained on */
	struct predict_feature *features;
	size_t features_n;
	size_t rule;             /* index of the rule column; PREDICT_NONE: none */
	double rule_slope, bias; /* log-odds a rule point, and what is there without any */
	double *weights, *devs;  /* dims_n each; devs: standard deviations of the posterior */
	size_t dims_n;
	struct predict_node *nodes; /* of all trees; a child stands behind its parent */
	size_t nodes_n;
	uint32_t *roots;
	size_t trees_n;
	double out_slope, out_bias; /* calibration: log-odds = out_slope * raw + out_bias */
};

struct predict_conf {
	enum predict_family family;
	double l2; /* logistic: penalty l2/2 * |w|^2, bias free; trees: added to a leaf's weight */
	/* trees only */
	uint32_t rounds, leaves, depth, leaf_rows_min;
	double rate;       /* of learning */
	double held_out;   /* share of rows, the last ones: end when they no longer improve; 0 */
	uint32_t patience; /* rounds without improvement */
};
/* What is trained without further settings. */
struct predict_conf predict_conf_default(enum predict_family family);

/* Trains on `rows`, which are in order of time where held_out > 0. ST_INVALID: one of the two
 * outcomes is not among the rows, or the family asks for a rule column that is not there. ST_LIMIT:
 * a ceiling above. */
MUST_USE enum status predict_train(const struct predict_table *t, struct predict_rows rows,
				   const struct predict_conf *conf, struct arena *a,
				   struct predict_model *out, struct err *e);

/* Which column of a table feeds which feature of a model, and how its codes translate. */
struct predict_binding {
	size_t column[PREDICT_COLUMNS_MAX]; /* PREDICT_NONE: not there, so not known */
	double *codes[PREDICT_COLUMNS_MAX]; /* per level of the table's column */
};
MUST_USE enum status predict_bind(const struct predict_model *m, const struct predict_table *t,
				  struct arena *a, struct predict_binding *out, struct err *e);
/* One row as the model reads it: features_n cells. */
void predict_cells(const struct predict_model *m, const struct predict_table *t,
		   const struct predict_binding *b, size_t row, double *out);
/* The code of a text in a feature of the model; PREDICT_UNSEEN. */
double predict_code(const struct predict_feature *f, struct str text);

double predict_logit(const struct predict_model *m, const double *cells);
double predict_probability(double logit);
/* Probabilities of a choice of rows, out[i] for rows.at[i]. */
MUST_USE enum status predict_table_probabilities(const struct predict_model *m,
						 const struct predict_table *t,
						 struct predict_rows rows, double *out,
						 struct err *e);

/* What each feature adds to the log-odds against the mean of the training rows: parts has room for
 * features_n. Returns the base. Trees: the change of the expected value along the path (Saabas). */
double predict_parts(const struct predict_model *m, const double *cells, double *parts);
/* The same in hundredths of a point of a score of 100 * probability: the probability's way from the
 * base is shared out in proportion to the parts, rounded by largest remainder, so that
 * *base_r + sum of cents == return value == round(10000 * probability). */
int64_t predict_points(const struct predict_model *m, const double *cells, int64_t *cents,
		       int64_t *base_r);

/* Platt scaling: slope and bias of log-odds over x, with Platt's targets, so that it also ends when
 * x tells the outcomes apart. ST_INVALID: one outcome only. */
MUST_USE enum status predict_platt(const double *x, const uint8_t *y, size_t n, double *slope_r,
				   double *bias_r, struct err *e);

/* ---- models as bytes ---- */

void predict_encode(const struct predict_model *m, struct buf *out);
/* Strings are copied into `a`. ST_CORRUPT when it is not predict_encode's work, ST_INVALID for a
 * version from after our time. What it accepts can be asked with any cells. */
MUST_USE enum status predict_decode(struct str bytes, struct arena *a, struct predict_model *out,
				    struct err *e);
const char *predict_family_name(enum predict_family f);

#endif
