/* SPDX-License-Identifier: Apache-2.0
 * metrics.c: counting and the Prometheus text. Buckets are powers of two from 100 us to 6.5 s,
 * so finding one is a count of leading zeros and not a search. */
#include "base/metrics.h"

#include "base/assert.h"

#define BUCKET_FIRST_US 100

static const struct {
	const char *name, *help;
	enum metric_kind kind;
} rows[METRIC_COUNT] = {
#define METRIC(n, k, wire, text) \
	[METRIC_##n] = {.name = wire, .help = text, .kind = METRIC_KIND_##k},
#include "base/metrics.def"
#undef METRIC
};

static const char *const kind_names[] = {
	[METRIC_KIND_COUNTER] = "counter",
	[METRIC_KIND_GAUGE] = "gauge",
	[METRIC_KIND_HISTOGRAM] = "histogram",
};

struct metrics *metrics_create(void)
{
	unsigned histograms = 0;
	for (size_t i = 0; i < METRIC_COUNT; i++)
		histograms += rows[i].kind == METRIC_KIND_HISTOGRAM;
	ASSERT(histograms <= METRIC_HISTOGRAMS_MAX);
	return mem_alloc(sizeof(struct metrics));
}

void metrics_destroy(struct metrics **m)
{
	mem_free(*m);
	*m = NULL;
}

const char *metric_name(enum metric id)
{
	ASSERT(id < METRIC_COUNT);
	return rows[id].name;
}

enum metric_kind metric_kind(enum metric id)
{
	ASSERT(id < METRIC_COUNT);
	return rows[id].kind;
}

/* A histogram's place is its rank among the histograms of the table. */
static size_t histogram_index(enum metric id)
{
	size_t index = 0;
	for (size_t i = 0; i < (size_t)id; i++)
		index += rows[i].kind == METRIC_KIND_HISTOGRAM;
	return index;
}

static unsigned bucket_of(int64_t us)
{
	if (us <= BUCKET_FIRST_US)
		return 0;
	uint64_t steps = ((uint64_t)us - 1) / BUCKET_FIRST_US; /* >= 1 above the first bound */
	unsigned bucket = 64u - (unsigned)__builtin_clzll(steps);
	return bucket < METRIC_BUCKETS ? bucket : METRIC_BUCKETS - 1;
}

void metrics_observe_us(struct metrics *m, enum metric id, int64_t us)
{
	if (m == NULL)
		return;
	ASSERT(metric_kind(id) == METRIC_KIND_HISTOGRAM);
	struct metric_histogram *h = &m->histogram[histogram_index(id)];
	if (us < 0)
		us = 0;
	atomic_fetch_add_explicit(&h->bucket[bucket_of(us)], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us, (uint64_t)us, memory_order_relaxed);
}

static uint64_t histogram_count(const struct metric_histogram *h)
{
	uint64_t n = 0;
	for (size_t i = 0; i < METRIC_BUCKETS; i++)
		n += atomic_load_explicit(&h->bucket[i], memory_order_relaxed);
	return n;
}

int64_t metrics_get(const struct metrics *m, enum metric id)
{
	if (m == NULL)
		return 0;
	if (metric_kind(id) == METRIC_KIND_HISTOGRAM)
		return (int64_t)histogram_count(&m->histogram[histogram_index(id)]);
	return atomic_load_explicit(&m->value[id], memory_order_relaxed);
}

static void histogram_text(const struct metric_histogram *h, const char *name, struct buf *out)
{
	uint64_t below = 0;
	int64_t bound_us = BUCKET_FIRST_US;
	for (size_t i = 0; i + 1 < METRIC_BUCKETS; i++, bound_us *= 2) {
		below += atomic_load_explicit(&h->bucket[i], memory_order_relaxed);
		buf_printf(out, "%s_bucket{le=\"", name);
		buf_f64(out, (double)bound_us / 1e6);
		buf_printf(out, "\"} %llu\n", (unsigned long long)below);
	}
	below += atomic_load_explicit(&h->bucket[METRIC_BUCKETS - 1], memory_order_relaxed);
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)below);
	uint64_t sum_us = atomic_load_explicit(&h->sum_us, memory_order_relaxed);
	buf_printf(out, "%s_sum ", name);
	buf_f64(out, (double)sum_us / 1e6);
	buf_printf(out, "\n%s_count %llu\n", name, (unsigned long long)below);
}

void metrics_text(const struct metrics *m, struct buf *out)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const char *name = rows[i].name;
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, rows[i].help, name,
			   kind_names[rows[i].kind]);
		if (rows[i].kind == METRIC_KIND_HISTOGRAM)
			histogram_text(&m->histogram[histogram_index((enum metric)i)], name, out);
		else
			buf_printf(out, "%s %lld\n", name,
				   (long long)metrics_get(m, (enum metric)i));
	}
}
