/* SPDX-License-Identifier: Apache-2.0
 * bins.c: cut points between neighbouring values, or, of more than fit, such that the bins hold
 * about equally many rows. A category's bin is its code. */
#include "predict/bins.h"

#define NUMBER_BINS 254u

/* Cuts over the known values in order; the last cut is infinity. */
static unsigned cut_numbers(const double *value, const uint32_t *order, size_t known, double *cut)
{
	unsigned n = 1;
	size_t distinct = known > 0, held = 0;
	for (size_t i = 1; i < known; i++)
		distinct += value[order[i]] > value[order[i - 1]];
	double each = distinct <= NUMBER_BINS ? 0 : (double)known / NUMBER_BINS;
	cut[0] = -INFINITY;
	for (size_t i = 1; i < known && n < NUMBER_BINS; i++) {
		double low = value[order[i - 1]], high = value[order[i]];
		held++;
		if (high > low && (double)held >= each) {
			double middle = low + (high - low) / 2;
			cut[n++] = middle < high ? middle : low;
			held = 0;
		}
	}
	cut[n++] = INFINITY;
	return n;
}

static unsigned number_bin(const struct predict_bins *b, double x)
{
	unsigned low = 1, high = b->n - 1;
	if (isnan(x))
		return 0;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (x <= b->cut[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool bin_numbers(const double *cell, size_t n, struct arena *a, struct predict_bins *b)
{
	b->cut = ARENA_ARRAY(a, double, PREDICT_BIN_MAX);
	struct arena_mark mark = arena_mark(a);
	double *known = ARENA_ARRAY(a, double, n + 1);
	size_t known_n = 0;
	for (size_t i = 0; i < n && known != NULL; i++)
		if (!isnan(cell[i]))
			known[known_n++] = cell[i];
	uint32_t *order = known != NULL ? predict_order(known, known_n, a) : NULL;
	if (b->cut == NULL || order == NULL)
		return false;
	b->n = cut_numbers(known, order, known_n, b->cut);
	arena_rewind(a, mark);
	for (size_t i = 0; i < n; i++)
		b->of[i] = (uint8_t)number_bin(b, cell[i]);
	return true;
}

enum status predict_bins_make(const struct predict_bins_from *from, struct arena *a,
			      struct predict_bins **out, struct err *e)
{
	const struct predict_model *m = from->m;
	struct predict_rows rows = from->rows;
	struct predict_bins *bins = ARENA_ARRAY(a, struct predict_bins, m->features_n + 1);
	double *column = ARENA_ARRAY(a, double, rows.n + 1);
	bool ok = bins != NULL && column != NULL;
	unsigned offset = 0;
	for (size_t f = 0; f < m->features_n && ok; f++) {
		struct predict_bins *b = &bins[f];
		b->of = ARENA_ARRAY(a, uint8_t, rows.n + 1);
		b->offset = offset;
		if (b->of == NULL)
			return err_set(e, ST_LIMIT, "%zu rows do not fit", rows.n);
		for (size_t i = 0; i < rows.n; i++)
			column[i] = predict_cell(from->t, from->bind, f, rows.at[i]);
		if (m->features[f].kind == PREDICT_NUMBER) {
			ok = bin_numbers(column, rows.n, a, b);
		} else {
			b->n = (unsigned)m->features[f].levels_n + 1; /* the last: unseen */
			for (size_t i = 0; i < rows.n; i++)
				b->of[i] = (uint8_t)(column[i] >= 0 ? column[i] : b->n - 1);
		}
		offset += b->n;
	}
	if (!ok)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", rows.n);
	*out = bins;
	return ST_OK;
}
