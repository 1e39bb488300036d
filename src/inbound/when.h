/* SPDX-License-Identifier: Apache-2.0
 * when.h: "back on 3 March", "bis 12.05.2026", "jusqu'au 4 mai": the day somebody is back.
 */
#ifndef INBOUND_WHEN_H
#define INBOUND_WHEN_H

#include "base/arena.h"
#include "base/time.h"

/* The day named as the first one back, or as the one somebody is away until, as 00:00 UTC; the day
 * behind it when it is named as the last one away ("through", "einschließlich"). TIME_NONE: none is
 * named. English, German, French, Spanish, Italian, Dutch, some Portuguese, Polish and Swedish, and
 * ISO dates anywhere. A day without a year is the next one from now_us. Days that are past or more
 * than two years off are no answer. */
int64_t when_back(struct str text, int64_t now_us, struct arena *a);

#endif
