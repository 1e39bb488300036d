/* SPDX-License-Identifier: Apache-2.0
 * metrics.h: what the process counts about itself, as one table and one struct.
 *
 * The struct is handed in, never global: a test has its own, and two servers do not mix. Every
 * function accepts NULL for "nobody counts". Adding one is a row in metrics.def.
 * Thread: any; updates are relaxed, a reader may see one number older than another.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "base/buf.h"

#include <stdatomic.h>

enum metric {
#define METRIC(name, kind, wire, help) METRIC_##name,
#include "base/metrics.def"
#undef METRIC
	METRIC_COUNT
};

enum metric_kind { METRIC_KIND_COUNTER, METRIC_KIND_GAUGE, METRIC_KIND_HISTOGRAM };

/* Upper bounds of the duration buckets are 100 us x 2^i; the last bucket is +Inf. */
#define METRIC_BUCKETS 18
#define METRIC_HISTOGRAMS_MAX 16

struct metric_histogram {
	_Atomic uint64_t bucket[METRIC_BUCKETS];
	_Atomic uint64_t sum_us;
};

struct metrics {
	_Atomic int64_t value[METRIC_COUNT];
	struct metric_histogram histogram[METRIC_HISTOGRAMS_MAX]; /* in the order of the table */
};

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics **m);
void metrics_observe_us(struct metrics *m, enum metric id, int64_t us); /* histograms only */
int64_t metrics_get(const struct metrics *m, enum metric id);           /* a histogram's count */
const char *metric_name(enum metric id);
enum metric_kind metric_kind(enum metric id);
/* Prometheus text exposition, version 0.0.4. */
void metrics_text(const struct metrics *m, struct buf *out);

static inline void metrics_add(struct metrics *m, enum metric id, int64_t by)
{
	if (m != NULL)
		atomic_fetch_add_explicit(&m->value[id], by, memory_order_relaxed);
}
static inline void metrics_inc(struct metrics *m, enum metric id)
{
	metrics_add(m, id, 1);
}
static inline void metrics_set(struct metrics *m, enum metric id, int64_t value)
{
	if (m != NULL)
		atomic_store_explicit(&m->value[id], value, memory_order_relaxed);
}

#endif
