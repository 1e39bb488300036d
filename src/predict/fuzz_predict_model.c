/* SPDX-License-Identifier: Apache-2.0
 * fuzz_predict_model.c: any bytes as a model: refused, or a model that can be asked with any cells,
 * whose points add up, and whose bytes come back. */
#include "base/assert.h"
#include "predict/predict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void ask(const struct predict_model *m, double cell)
{
	double cells[PREDICT_COLUMNS_MAX];
	int64_t cents[PREDICT_COLUMNS_MAX], base;
	for (size_t f = 0; f < m->features_n; f++)
		cells[f] = cell;
	int64_t total = predict_points(m, cells, cents, &base);
	for (size_t f = 0; f < m->features_n; f++)
		base += cents[f];
	ASSERT(base == total && total >= 0 && total <= 10000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const double cells[] = {0, 1, -1, 7, 1e300, (double)NAN, (double)INFINITY};
	struct arena a;
	struct predict_model m;
	struct str in = str_n((const char *)data, bytes);
	arena_init(&a, (size_t)64 << 20);
	if (predict_decode(in, &a, &m, NULL) == ST_OK) {
		struct buf out;
		buf_init_arena(&out, &a, PREDICT_BYTES_MAX);
		predict_encode(&m, &out);
		struct predict_model again;
		ASSERT(!buf_ok(&out) || predict_decode(buf_view(&out), &a, &again, NULL) == ST_OK);
		for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
			ask(&m, cells[i]);
	}
	arena_finish(&a);
	return 0;
}
