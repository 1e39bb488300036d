/* SPDX-License-Identifier: Apache-2.0
 * figures.h: reference files of figures: a number in a JSON document, by the names that lead to it,
 * beside ours. A figure is one case. Files are NURTURED_SHARED/data/reference; rows lie beside
 * them.
 */
#ifndef CONFORMANCE_FIGURES_H
#define CONFORMANCE_FIGURES_H

#include "base/json.h"
#include "conformance/suite.h"

struct figures {
	struct tally *tally;
	struct arena arena;
	struct json doc;
	const char *path; /* of the document */
	const char *what; /* said before every failing figure */
	unsigned seen;
};

/* Opens the document; false: said and counted as a failure. */
bool figures_open(struct figures *f, const char *path, struct tally *t);
void figures_close(struct figures *f);
/* A file beside the document (or from there on: "../bank/x.csv"), gunzipped when it is a gzip;
 * ST_NOT_FOUND is told in the status, everything else counted as a failure. */
bool figures_beside(struct figures *f, const char *name, struct str *out);
/* Is ours what the node says, within so much absolutely, or so much of it? Counts one case. */
void figures_near(struct figures *f, uint32_t node, double got, double absolute, double relative);
void figures_pair(struct figures *f, uint32_t node, double lo, double hi, double absolute,
		  double relative);
void figures_true(struct figures *f, const char *what, bool is);
/* A suite of such documents: those of argv, or, when there are none, `names` of NURTURED_SHARED;
 * a word on stderr when they are not there. Each is opened, given to run and closed. */
void figures_suite(int argc, char **argv, const char *const *names, int n,
		   void (*run)(struct figures *), struct tally *t);

#endif
