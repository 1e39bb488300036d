/* SPDX-License-Identifier: Apache-2.0
 * drift.c: detectors and indices against the values of others: `conformance drift drift.json`.
 * Streams lie beside the document, bank-additional-full.csv in ../bank. */
#include "conformance/figures.h"

#include "evaluate/drift.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TIGHT 1e-12, 1e-9
#define COLUMNS_MAX 32u
#define ROWS_MAX 65536u

/* ---- streams ---- */

struct alarm {
	size_t index;
	double value, state;
};

/* The first alarm, and how many there were. */
static size_t watch(struct str text, bool adwin, bool falling, struct alarm *first)
{
	struct drift_adwin a;
	struct drift_page_hinkley p = drift_page_hinkley_default();
	size_t alarms = 0;
	drift_adwin_init(&a, .002);
	for (size_t i = 0; text.p != NULL; i++) {
		double x;
		struct str line = str_trim(str_cut(&text, '\n'));
		if (!str_to_f64(line, &x))
			continue;
		x = falling ? 1 - x : x;
		bool alarm = adwin ? drift_adwin_add(&a, x) : drift_page_hinkley_add(&p, x);
		if (alarm && alarms++ == 0)
			*first = (struct alarm){i, x, adwin ? a.width : p.sum};
	}
	return alarms;
}

/* [[index, value, state]] */
static void stream(struct figures *f, const char *what, uint32_t node, const char *file, int mode)
{
	struct str text;
	struct alarm got = {0};
	const struct json *d = &f->doc;
	uint32_t one = json_first(d, node), at = json_first(d, one);
	f->what = what;
	if (!figures_beside(f, file, &text))
		return;
	size_t n = watch(text, mode & 1, mode & 2, &got);
	figures_true(f, "as many alarms", n == json_count(d, node));
	figures_near(f, at, (double)got.index, 0, 0);
	at = json_next(d, one, at);
	figures_near(f, at, got.value, 0, 0);
	figures_near(f, json_next(d, one, at), got.state, TIGHT);
}

static void published(struct figures *f, const char *what, bool adwin)
{
	struct str text, said = STR("");
	struct alarm got = {0};
	char want[80];
	const struct json *d = &f->doc;
	uint32_t node = json_get(d, 0, "published");
	f->what = what;
	for (uint32_t i = json_first(d, node); i != JSON_NONE; i = json_next(d, node, i))
		if (str_starts(json_str(d, json_key(d, i), &f->arena), str_of(what)))
			said = json_str(d, i, &f->arena);
	if (!figures_beside(f, "drift_stream_river_12345.csv", &text))
		return;
	(void)watch(text, adwin, false, &got);
	snprintf(want, sizeof want, "index %zu,", got.index);
	figures_true(f, "the published index", str_find(said, str_of(want)) < said.n);
	snprintf(want, sizeof want, "value%s %g", adwin ? ":" : "", got.value);
	figures_true(f, "the published value", str_find(said, str_of(want)) < said.n);
}

/* ---- two samples ---- */

struct bank {
	struct str names[COLUMNS_MAX];
	struct str *cells; /* row by row */
	size_t columns, rows;
};

static struct str unquoted(struct str s)
{
	return s.n >= 2 && s.p[0] == '"' ? str_slice(s, 1, s.n - 1) : s;
}

static bool read_bank(struct figures *f, struct bank *b)
{
	struct str text;
	memset(b, 0, sizeof *b);
	if (!figures_beside(f, "../bank/bank-additional-full.csv", &text))
		return false;
	b->cells = arena_array(&f->arena, (size_t)ROWS_MAX * COLUMNS_MAX, sizeof *b->cells);
	struct str header = str_trim(str_cut(&text, '\n'));
	while (header.p != NULL && b->columns < COLUMNS_MAX)
		b->names[b->columns++] = unquoted(str_cut(&header, ';'));
	while (text.p != NULL && b->rows < ROWS_MAX) {
		struct str line = str_trim(str_cut(&text, '\n'));
		for (size_t c = 0; c < b->columns && line.n; c++)
			b->cells[b->rows * b->columns + c] = unquoted(str_cut(&line, ';'));
		b->rows += b->cells[b->rows * b->columns].n > 0;
	}
	return b->rows > 0;
}

/* A column as numbers; false: it holds words. */
static bool numbers_of(const struct bank *b, size_t column, double *out)
{
	for (size_t i = 0; i < b->rows; i++)
		if (!str_to_f64(b->cells[i * b->columns + column], &out[i]))
			return false;
	return true;
}

#define WORDS_MAX 64u
struct split {
	const bool *later; /* of each row */
	double *now, *was;
	size_t now_n, was_n;
};

static double psi_of_words(const struct bank *b, size_t column, const bool *later, size_t *bins)
{
	struct str words[WORDS_MAX];
	uint64_t was[WORDS_MAX] = {0}, is[WORDS_MAX] = {0};
	size_t n = 0;
	for (size_t i = 0; i < b->rows; i++) {
		struct str word = b->cells[i * b->columns + column];
		size_t at = 0;
		while (at < n && !str_eq(words[at], word))
			at++;
		if (at == n && n < WORDS_MAX)
			words[n++] = word;
		(later[i] ? is : was)[at]++;
	}
	*bins = n;
	return drift_psi(was, is, n);
}

static void split_numbers(const struct bank *b, const double *x, struct split *s)
{
	s->now_n = s->was_n = 0;
	for (size_t i = 0; i < b->rows; i++)
		if (s->later[i])
			s->now[s->now_n++] = x[i];
		else
			s->was[s->was_n++] = x[i];
}

static void column(struct figures *f, const struct bank *b, size_t c, uint32_t node,
		   struct split *s)
{
	const struct json *d = &f->doc;
	double *x = ARENA_ARRAY(&f->arena, double, b->rows), psi;
	struct drift_bins bins;
	struct drift_ks ks;
	size_t n;
	bool full = json_is(d, node, JSON_OBJECT);
	if (!numbers_of(b, c, x)) {
		psi = psi_of_words(b, c, s->later, &n);
	} else {
		split_numbers(b, x, s);
		struct drift_sample was = {s->was, s->was_n}, now = {s->now, s->now_n};
		if (drift_bins_make(was, (struct drift_sample){NULL, 0}, &f->arena, &bins, NULL) !=
			    ST_OK ||
		    drift_ks(was, now, &f->arena, &ks, NULL) != ST_OK) {
			figures_true(f, "there is memory", false);
			return;
		}
		psi = drift_psi_of(&bins, was, now);
		n = bins.edges_n + 1;
		if (full) {
			figures_near(f, json_get(d, node, "ks_D"), ks.d, TIGHT);
			figures_near(f, json_get(d, node, "ks_p_asymp"), ks.p, 1e-300, 1e-9);
		}
	}
	figures_near(f, full ? json_get(d, node, "psi") : node, psi, TIGHT);
	if (full)
		figures_near(f, json_get(d, node, "bins"), (double)n, 0, 0);
}

static void compare(struct figures *f, const struct bank *b, uint32_t cols, struct split *s)
{
	for (size_t c = 0; c < b->columns; c++) {
		struct arena_mark mark = arena_mark(&f->arena);
		uint32_t node = json_get_str(&f->doc, cols, b->names[c]);
		f->what = arena_strz(&f->arena, b->names[c]);
		if (node == JSON_NONE)
			figures_true(f, "the column is in the document", false);
		else
			column(f, b, c, node, s);
		f->what = "";
		arena_rewind(&f->arena, mark);
	}
}

/* Matsumoto and Nishimura's MT19937 (1998) as numpy's RandomState(seed).rand() draws from it. */
struct twister {
	uint32_t s[624];
	unsigned at;
};

static void twister_seed(struct twister *t, uint32_t seed)
{
	t->s[0] = seed;
	for (uint32_t i = 1; i < 624; i++)
		t->s[i] = 1812433253u * (t->s[i - 1] ^ (t->s[i - 1] >> 30)) + i;
	t->at = 624;
}

static uint32_t twister_u32(struct twister *t)
{
	for (unsigned i = 0; t->at == 624 && i < 624; i++) {
		uint32_t y = (t->s[i] & 0x80000000u) | (t->s[(i + 1) % 624] & 0x7fffffffu);
		t->s[i] = t->s[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
	}
	t->at = t->at == 624 ? 0 : t->at;
	uint32_t y = t->s[t->at++];
	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680u;
	y ^= (y << 15) & 0xefc60000u;
	return y ^ (y >> 18);
}

static double twister_unit(struct twister *t)
{
	uint32_t a = twister_u32(t) >> 5, b = twister_u32(t) >> 6;
	return (a * 67108864.0 + b) / 9007199254740992.0;
}

static void two_samples(struct figures *f)
{
	struct bank b;
	struct twister t;
	uint32_t first80 = json_get(&f->doc, 0, "bank_first80_vs_last20");
	int64_t was_n = 0;
	if (!read_bank(f, &b))
		return;
	bool *later = ARENA_ARRAY(&f->arena, bool, b.rows);
	struct split s = {later, ARENA_ARRAY(&f->arena, double, b.rows),
			  ARENA_ARRAY(&f->arena, double, b.rows), 0, 0};
	(void)json_i64(&f->doc, json_first(&f->doc, json_get(&f->doc, first80, "rows")), &was_n);
	for (size_t i = 0; i < b.rows; i++)
		later[i] = (int64_t)i >= was_n;
	compare(f, &b, json_get(&f->doc, first80, "cols"), &s);
	twister_seed(&t, 3);
	for (size_t i = 0; i < b.rows; i++)
		later[i] = !(twister_unit(&t) < .5);
	compare(f, &b, json_get(&f->doc, 0, "bank_random_halves_psi(RandomState(3).rand(n)<.5)"),
		&s);
}

static void run_document(struct figures *f)
{
	static const char river[] = "drift_stream_river_12345.csv",
			  bern[] = "drift_stream_bern.csv";
	uint32_t again = json_get(&f->doc, 0, "recomputed");
	uint32_t fall = json_get(&f->doc, 0, "bern_.10_to_.06_at_5000(drift_stream_bern.csv)");
	published(f, "ADWIN", true);
	published(f, "PageHinkley", false);
	stream(f, "page_hinkley", json_get(&f->doc, again, "page_hinkley"), river, 0);
	stream(f, "adwin", json_get(&f->doc, again, "adwin"), river, 1);
	stream(f, "bern adwin", json_get(&f->doc, fall, "adwin(.002)"), bern, 1);
	stream(f, "bern page_hinkley",
	       json_get(&f->doc, fall, "page_hinkley_on(1-x),delta=.005,lambda=50"), bern, 2);
	two_samples(f);
}

void suite_drift(int argc, char **argv, struct tally *t)
{
	static const char *const shipped[] = {"drift.json"};
	figures_suite(argc, argv, shipped, 1, run_document, t);
}
