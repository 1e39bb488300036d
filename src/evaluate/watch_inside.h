/* SPDX-License-Identifier: Apache-2.0
 * watch_inside.h: what a watch holds, for watch.c and watch_stored.c alone.
 */
#ifndef EVALUATE_WATCH_INSIDE_H
#define EVALUATE_WATCH_INSIDE_H

#include "evaluate/watch.h"

#define WATCH_BESIDE 2u /* columns behind the context's */

struct column {
	uint64_t was[WATCH_CELLS], now[WATCH_CELLS]; /* the reference, fading; the window */
	struct watch_column last;
};

struct watch {
	size_t dims;
	struct column *columns; /* dims + WATCH_BESIDE */
	uint64_t windows, in_window, outcomes;
	uint64_t warm; /* outcomes since the streams began */
	int64_t since_us;
	struct drift_page_hinkley rise, fall, harm;
	struct drift_adwin residual, calibration;
	bool changed[WATCH_PARTS];
};

#endif
