/* SPDX-License-Identifier: Apache-2.0
 * hours.h: at which hour does this person tend to act? Few events, so most of it is everybody's.
 *
 * A histogram over the 24 local hours, each event spread over its neighbours by (1, .6, .25) around
 * the clock, then shrunk to the curve of all leads with the weight of `m` events (Dirichlet):
 *   p(h) = (smoothed(h) + m * global(h)) / (sum of smoothed + m)
 * Events of machines must be left out by who counts. Thread: any. Memory: none.
 */
#ifndef PREDICT_HOURS_H
#define PREDICT_HOURS_H

#define PREDICT_HOURS 24
#define PREDICT_HOURS_SHRINK 20.0 /* m: events that the curve of all leads counts as */

/* Spreads counts per hour; the total stays what it is. */
void predict_hours_smooth(const double counts[PREDICT_HOURS], double out[PREDICT_HOURS]);
/* The curve of all leads: smoothed, and never 0 in an hour. Sums to 1; flat without events. */
void predict_hours_global(const double counts[PREDICT_HOURS], double out[PREDICT_HOURS]);
/* One lead's curve; `global` sums to 1. Sums to 1. */
void predict_hours_lead(const double counts[PREDICT_HOURS], const double global[PREDICT_HOURS],
			double m, double out[PREDICT_HOURS]);
/* How soon behind `from` is somebody at it? What lies for half_life hours counts half; 1: as soon
 * as who is at it at any hour alike. `curve` sums to 1. */
double predict_hours_soon(const double curve[PREDICT_HOURS], unsigned from, double half_life);

#endif
