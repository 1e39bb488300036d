/* SPDX-License-Identifier: Apache-2.0
 * score_file.h: what was learnt, kept: DIR/scores/<when>-<hash>.score holds the report and the
 * model's bytes under a SHA-256, and is never changed.
 */
#ifndef CLI_SCORE_FILE_H
#define CLI_SCORE_FILE_H

#include "base/json.h"
#include "predict/predict.h"

#define SCORE_FILE_NAME_MAX 64

struct score_file {
	char name[SCORE_FILE_NAME_MAX]; /* without its ending */
	struct str report;              /* a JSON object */
	struct predict_model model;
};

/* f->report and f->model; the name is made. */
MUST_USE enum status score_file_save(const char *dir, int64_t now_us, struct score_file *f,
				     struct arena *a, struct err *e);
/* By the beginning of its name or of its hash; empty: the youngest. ST_NOT_FOUND; ST_CORRUPT. */
MUST_USE enum status score_file_load(const char *dir, struct str name, struct arena *a,
				     struct score_file *out, struct err *e);

#endif
