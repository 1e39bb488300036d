/* SPDX-License-Identifier: Apache-2.0
 * score_file.h: what was learnt, kept: a model of the registry's slot "score", its report among
 * the metadata. It stays a draft: no decision asks it, points and probabilities are text of the
 * program.
 */
#ifndef CLI_SCORE_FILE_H
#define CLI_SCORE_FILE_H

#include "predict/predict.h"
#include "registry/registry.h"

#define SCORE_SLOT "score"
#define SCORE_SHORT_HASH 12 /* characters that people are shown */

struct score_file {
	struct registry_hash hash;
	struct str version;     /* of the features, for the registry */
	struct str report;      /* a JSON object */
	int64_t from_us, to_us; /* of the leads it was trained on */
	struct predict_model model;
};

/* The hash is made. */
MUST_USE enum status score_file_save(const char *dir, int64_t now_us, struct score_file *f,
				     struct arena *a, struct err *e);
/* By the beginning of its hash; empty: the youngest. ST_NOT_FOUND; ST_INVALID: it is no score. */
MUST_USE enum status score_file_load(const char *dir, struct str hash, struct arena *a,
				     struct score_file *out, struct err *e);

#endif
