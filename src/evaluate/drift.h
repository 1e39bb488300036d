/* SPDX-License-Identifier: Apache-2.0
 * drift.h: has the world moved? Two samples side by side (PSI, Kolmogorov-Smirnov), and numbers one
 * after the other (Page-Hinkley, ADWIN).
 *
 * Pure; thread: any; the detectors hold all they need in their struct.
 */
#ifndef EVALUATE_DRIFT_H
#define EVALUATE_DRIFT_H

#include "base/arena.h"
#include "base/status.h"

#define DRIFT_PSI_WARN .1
#define DRIFT_PSI_ACT .25
#define DRIFT_PSI_FLOOR 1e-4 /* no share counts as less: an empty bin is no infinity */

/* Numbers in any order; NaN is a missing one. */
struct drift_sample {
	const double *x;
	size_t n;
};

/* ---- population stability index: sum (q - p) ln(q / p) over bins ---- */

/* Bins of a number, from a reference sample: the deciles, each once. A value that stands for
 * something else ("never": 999) and the missing one (NaN) have bins of their own: with most of the
 * sample on one value, deciles alone see nothing move. */
#define DRIFT_EDGES_MAX 9u
#define DRIFT_SENTINELS_MAX 8u
struct drift_bins {
	double edges[DRIFT_EDGES_MAX];
	size_t edges_n;
	double sentinels[DRIFT_SENTINELS_MAX];
	size_t sentinels_n;
};
#define DRIFT_BINS_MAX (DRIFT_EDGES_MAX + 1 + DRIFT_SENTINELS_MAX + 1)
/* A value held by more than this share of the reference is given a bin of its own. */
#define DRIFT_SENTINEL_SHARE .5

/* `sentinels` (may be empty) are set apart before deciles are taken (linear between ranks, as
 * numpy). Sorts a copy on `a`; ST_LIMIT. */
MUST_USE enum status drift_bins_make(struct drift_sample ref, struct drift_sample sentinels,
				     struct arena *a, struct drift_bins *out, struct err *e);
/* Values that hold more than DRIFT_SENTINEL_SHARE of the sample: at most one. NaN is none. */
size_t drift_sentinels(struct drift_sample ref, struct arena *a, double *out);
size_t drift_bin(const struct drift_bins *b, double x); /* < drift_bins_n */
size_t drift_bins_n(const struct drift_bins *b);
double drift_psi(const uint64_t *ref, const uint64_t *now, size_t bins);
/* Both samples counted into the bins of the first. */
double drift_psi_of(const struct drift_bins *b, struct drift_sample ref, struct drift_sample now);

/* ---- Kolmogorov-Smirnov, two samples ---- */

struct drift_ks {
	double d; /* largest distance of the two distribution functions */
	double p; /* of one so large by chance, were they one */
};
/* Sorts copies on `a`; ST_LIMIT. No NaN. */
MUST_USE enum status drift_ks(struct drift_sample x, struct drift_sample y, struct arena *a,
			      struct drift_ks *out, struct err *e);

/* ---- Page-Hinkley (Page 1954), one side: the mean rises; feed 1 - x for a fall ---- */

struct drift_page_hinkley {
	unsigned min_n;
	double delta, lambda, alpha; /* tolerated rise, threshold, forgetting */
	unsigned n;
	double mean, sum;
	bool alarm;
};
struct drift_page_hinkley drift_page_hinkley_default(void); /* 30, .005, 50, .9999 */
/* True: drift. The next one starts over. */
bool drift_page_hinkley_add(struct drift_page_hinkley *p, double x);

/* ---- ADWIN (Bifet and Gavalda 2007): a window that drops its past when its halves disagree
 * ---- */

#define DRIFT_ADWIN_ROWS 48u   /* bucket sizes 1, 2, 4, ...: windows of 2^48 */
#define DRIFT_ADWIN_BUCKETS 6u /* of a size, one of them about to be merged */
struct drift_bucket {
	double total, variance;
};
struct drift_adwin {
	double delta;
	double width, total, variance;
	uint64_t tick;
	unsigned rows;
	bool alarm;
	struct {
		unsigned n;
		struct drift_bucket buckets[DRIFT_ADWIN_BUCKETS]; /* oldest first */
	} row[DRIFT_ADWIN_ROWS];
};
void drift_adwin_init(struct drift_adwin *a, double delta); /* .002 */
/* True: drift; `width` is what is left of the window. The next one starts over. Cuts are looked for
 * at every 32nd value. */
bool drift_adwin_add(struct drift_adwin *a, double x);

#endif
