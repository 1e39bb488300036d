/* SPDX-License-Identifier: Apache-2.0
 * test_metrics.c: names are sound, buckets hold what they say, the text is Prometheus'. */
#include "base/metrics.h"

#include "base/test.h"

static void names_are_sound(void **state)
{
	(void)state;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		struct str name = str_of(metric_name((enum metric)i));
		assert_true(str_starts(name, STR("nurtured_")));
		CHECK_ROW(name.p, str_ends(name, STR("_total")) ==
					  (metric_kind((enum metric)i) == METRIC_KIND_COUNTER));
		CHECK_ROW(name.p, str_ends(name, STR("_seconds")) ==
					  (metric_kind((enum metric)i) == METRIC_KIND_HISTOGRAM));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name.p, metric_name((enum metric)k));
	}
}

static void counts(void **state)
{
	(void)state;
	struct metrics *m = metrics_create();
	metrics_inc(m, METRIC_INGEST_EVENTS);
	metrics_add(m, METRIC_INGEST_EVENTS, 4);
	metrics_set(m, METRIC_LEADS, 7);
	metrics_add(m, METRIC_LEADS, -2);
	assert_int_equal(metrics_get(m, METRIC_INGEST_EVENTS), 5);
	assert_int_equal(metrics_get(m, METRIC_LEADS), 5);
	assert_int_equal(metrics_get(m, METRIC_HTTP_REQUESTS), 0);
	metrics_inc(NULL, METRIC_LEADS); /* nobody counts */
	metrics_observe_us(NULL, METRIC_HTTP_SECONDS, 1);
	assert_int_equal(metrics_get(NULL, METRIC_LEADS), 0);
	metrics_destroy(&m);
	assert_null(m);
}

/* A duration on a bound belongs below it, one more belongs above. */
static void buckets_hold_their_bounds(void **state)
{
	(void)state;
	int64_t bound_us = 100;
	for (unsigned i = 0; i < METRIC_BUCKETS - 1; i++, bound_us *= 2) {
		struct metrics *m = metrics_create();
		metrics_observe_us(m, METRIC_HTTP_SECONDS, bound_us);
		metrics_observe_us(m, METRIC_HTTP_SECONDS, bound_us + 1);
		assert_true(m->histogram[0].bucket[i] == 1 && m->histogram[0].bucket[i + 1] == 1);
		assert_int_equal(metrics_get(m, METRIC_HTTP_SECONDS), 2);
		assert_int_equal(metrics_get(m, METRIC_LOG_COMMIT_SECONDS), 0);
		metrics_destroy(&m);
	}
	struct metrics *m = metrics_create();
	metrics_observe_us(m, METRIC_HTTP_SECONDS, -5);
	metrics_observe_us(m, METRIC_HTTP_SECONDS, INT64_MAX);
	assert_true(m->histogram[0].bucket[0] == 1 &&
		    m->histogram[0].bucket[METRIC_BUCKETS - 1] == 1);
	metrics_destroy(&m);
}

static void speaks_prometheus(void **state)
{
	(void)state;
	struct metrics *m = metrics_create();
	struct buf b;
	buf_init(&b, 1 << 20);
	metrics_set(m, METRIC_LEADS, 3);
	metrics_observe_us(m, METRIC_HTTP_SECONDS, 150);
	metrics_observe_us(m, METRIC_HTTP_SECONDS, 10000000);
	metrics_text(m, &b);
	static const char *const lines[] = {
		"# TYPE nurtured_leads gauge\nnurtured_leads 3\n",
		"# TYPE nurtured_http_request_duration_seconds histogram\n",
		"nurtured_http_request_duration_seconds_bucket{le=\"0.0001\"} 0\n",
		"nurtured_http_request_duration_seconds_bucket{le=\"0.0002\"} 1\n",
		"nurtured_http_request_duration_seconds_bucket{le=\"6.5536\"} 1\n",
		"nurtured_http_request_duration_seconds_bucket{le=\"+Inf\"} 2\n",
		"nurtured_http_request_duration_seconds_sum 10.00015\n",
		"nurtured_http_request_duration_seconds_count 2\n",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		CHECK_ROW(lines[i], str_find(buf_view(&b), str_of(lines[i])) < b.n);
	buf_finish(&b);
	metrics_destroy(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_sound),
		cmocka_unit_test(counts),
		cmocka_unit_test(buckets_hold_their_bounds),
		cmocka_unit_test(speaks_prometheus),
	};
	return cmocka_run_group_tests_name("base_metrics", tests, NULL, NULL);
}
