/* SPDX-License-Identifier: Apache-2.0
 * watch.c: see watch.h. What is stored of it is in watch_stored.c. */
#include "evaluate/watch_inside.h"

#include "base/assert.h"
#include "evaluate/special.h"

#include <math.h>

/* In standard deviations: a mean that is off by less is no drift; the sum at which it rings. A
 * walk that stands still gets so high once in hundreds of thousands of steps, rare outcomes or
 * not. */
#define TOLERATED .1
#define LIMIT 60.0
#define HARM_LIMIT 30.0 /* harm is rare and dear: looked at more closely */
#define VARIANCE_LEAST .0025
#define MOST 8.0 /* standard deviations that one outcome may say */
#define ADWIN_DELTA .0005
#define SHARE_OF_BIN .1 /* of the ordinary numbers of the reference */

const char *watch_detector_name(enum watch_detector d)
{
	static const char *const names[WATCH_DETECTORS] = {
		"psi",   "kolmogorov_smirnov", "page_hinkley_rise", "page_hinkley_fall",
		"adwin", "adwin_calibration",  "page_hinkley_harm"};
	ASSERT(d < WATCH_DETECTORS);
	return names[d];
}

static struct drift_page_hinkley walk(double limit)
{
	struct drift_page_hinkley p = drift_page_hinkley_default();
	p.delta = TOLERATED;
	p.lambda = limit;
	return p;
}

/* Also behind an alarm: the learner is wrong in another way while it learns anew, and a detector
 * that remembers the old way would ring again when it is right. */
static void begin_streams(struct watch *w)
{
	w->rise = w->fall = walk(LIMIT);
	w->harm = walk(HARM_LIMIT);
	drift_adwin_init(&w->residual, ADWIN_DELTA);
	drift_adwin_init(&w->calibration, ADWIN_DELTA);
	w->warm = 0;
	w->changed[WATCH_PART_STREAMS] = true;
}

struct watch *watch_open(size_t dims)
{
	ASSERT(dims >= 1 && dims <= WATCH_DIMS_MAX);
	struct watch *w = mem_alloc(sizeof *w);
	w->dims = dims;
	w->columns = mem_array(dims + WATCH_BESIDE, sizeof *w->columns);
	begin_streams(w);
	return w;
}

void watch_close(struct watch **wp)
{
	if (*wp != NULL)
		mem_free((*wp)->columns);
	mem_free(*wp);
	*wp = NULL;
}

/* ---- the grid ---- */

enum { MISSING, ZERO, BELOW, ABOVE = BELOW + 4, AT_MOST = WATCH_CELLS - 1 };

static unsigned cell_of(double x)
{
	if (isnan(x))
		return MISSING;
	if (x < 0)
		return x <= -1 ? BELOW : BELOW + (unsigned)((x + 1) * (ABOVE - BELOW));
	if (x >= 1)
		return AT_MOST;
	return x > 0 ? ABOVE + (unsigned)(x * (AT_MOST - ABOVE)) : ZERO;
}

/* The k-th cell in the order of the numbers; missing ones are none. */
static unsigned in_order(unsigned k)
{
	unsigned below = ABOVE - BELOW;
	return k < below ? BELOW + k : k == below ? ZERO : ABOVE + (k - below - 1);
}
#define ORDERED (WATCH_CELLS - 1)

static uint64_t sum(const uint64_t *n)
{
	uint64_t all = 0;
	for (unsigned i = 0; i < WATCH_CELLS; i++)
		all += n[i];
	return all;
}

/* Which bin each cell belongs to: what stands for something has its own, the others are joined
 * until a bin has its share of the reference. */
static size_t bins_of(const uint64_t *ref, unsigned bin[WATCH_CELLS])
{
	uint64_t ordinary = sum(ref) - ref[MISSING] - ref[ZERO] - ref[AT_MOST], got = 0;
	unsigned n = 3;
	bin[MISSING] = 0;
	bin[ZERO] = 1;
	bin[AT_MOST] = 2;
	for (unsigned i = BELOW; i < AT_MOST; i++) {
		bin[i] = n;
		got += ref[i];
		if ((double)got < SHARE_OF_BIN * (double)ordinary || ordinary == 0)
			continue;
		got = 0;
		n += i + 1 < AT_MOST;
	}
	return n + 1;
}

static double psi_of(const struct column *c)
{
	unsigned bin[WATCH_CELLS];
	uint64_t was[WATCH_CELLS] = {0}, now[WATCH_CELLS] = {0};
	size_t n = bins_of(c->was, bin);
	for (unsigned i = 0; i < WATCH_CELLS; i++) {
		was[bin[i]] += c->was[i];
		now[bin[i]] += c->now[i];
	}
	return drift_psi(was, now, n);
}

#define KS_ROWS_MOST 1e5 /* they tell enough, and the exact law is a sum over all of them */

/* Of two samples that are known by their cells only: the distance within a cell is not seen, so
 * what is found is there. */
static void ks_of(struct column *c)
{
	double n = (double)(sum(c->was) - c->was[MISSING]);
	double m = (double)(sum(c->now) - c->now[MISSING]);
	double up_was = 0, up_now = 0, d = 0;
	c->last.ks_d = 0;
	c->last.ks_p = 1;
	if (n < 1 || m < 1)
		return;
	for (unsigned k = 0; k < ORDERED; k++) {
		up_was += (double)c->was[in_order(k)] / n;
		up_now += (double)c->now[in_order(k)] / m;
		d = fmax(d, fabs(up_was - up_now));
	}
	d = fmin(d, 1); /* shares that add up to one do so but for rounding */
	c->last.ks_d = d;
	c->last.ks_p = special_kolmogorov(d, fmin(fmax(round(n * m / (n + m)), 1), KS_ROWS_MOST));
}

/* ---- those who come ---- */

/* What is too far away is told once: from then on it is what the next one is compared with. */
static void turn_window(struct column *c, bool compare, double psi_max)
{
	if (compare && sum(c->was) > 0 && sum(c->now) > 0) {
		c->last.psi = psi_of(c);
		ks_of(c);
	}
	for (unsigned i = 0; i < WATCH_CELLS; i++) {
		c->was[i] = (c->last.psi >= psi_max ? 0 : c->was[i] / 2) + c->now[i];
		c->now[i] = 0;
	}
}

static bool rings(const struct column *c, const struct watch_conf *conf, uint32_t dim,
		  struct watch_alarm *out)
{
	enum watch_role role = conf->role[dim];
	bool psi = role != WATCH_OWN && c->last.psi >= conf->psi;
	bool ks = role == WATCH_SCORE && c->last.ks_d >= WATCH_KS_D && c->last.ks_p < WATCH_KS_P;
	if (psi)
		*out = (struct watch_alarm){WATCH_PSI, dim, c->last.psi, conf->psi};
	else if (ks)
		*out = (struct watch_alarm){WATCH_KS, dim, c->last.ks_d, WATCH_KS_D};
	return psi || ks;
}

/* The window is full: compared, added to the reference, and a new one begins. */
static bool close_window(struct watch *w, const struct watch_conf *c, struct watch_alarm *out)
{
	bool any = false;
	struct watch_alarm a;
	for (size_t i = 0; i < w->dims + WATCH_BESIDE; i++) {
		turn_window(&w->columns[i], w->windows > 0, c->psi);
		if (i >= w->dims || w->windows == 0 || !rings(&w->columns[i], c, (uint32_t)i, &a))
			continue;
		if (!any || a.figure / a.limit > out->figure / out->limit)
			*out = a;
		any = true;
	}
	w->windows++;
	w->in_window = 0;
	w->since_us = 0;
	if (any)
		begin_streams(w);
	return any;
}

static void count(struct column *c, double x)
{
	c->now[cell_of(x)]++;
}

bool watch_decision(struct watch *w, const struct watch_conf *c, const float *x, double odds,
		    int64_t at_us, struct watch_alarm *out)
{
	bool full = w->in_window >= c->least && at_us - w->since_us >= c->window_us;
	bool rang = full && close_window(w, c, out);
	if (w->since_us == 0)
		w->since_us = at_us;
	for (size_t i = 0; x != NULL && i < w->dims; i++)
		count(&w->columns[i], (double)x[i]);
	w->in_window += x != NULL;
	count(&w->columns[w->dims + WATCH_ODDS], odds);
	w->changed[WATCH_PART_COLUMNS] = true;
	return rang;
}

/* ---- what comes of it ---- */

static double clamp(double v, double most)
{
	return v > most ? most : v < -most ? -most : v;
}

static double standard(double outcome, double guess)
{
	double variance = guess * (1 - guess);
	return clamp((outcome - guess) / sqrt(fmax(variance, VARIANCE_LEAST)), MOST);
}

static bool say(struct watch_alarm *out, enum watch_detector what, double figure, double limit)
{
	*out = (struct watch_alarm){what, 0, figure, limit};
	return true;
}

static double mean_of(const struct drift_adwin *a)
{
	return a->width > 0 ? a->total / a->width : 0;
}

/* ADWIN rings with the mean it has left, beside the one before. */
static bool window(struct drift_adwin *a, double x, enum watch_detector what,
		   struct watch_alarm *out)
{
	double before = mean_of(a);
	return drift_adwin_add(a, x) && say(out, what, mean_of(a), before);
}

bool watch_outcome(struct watch *w, const struct watch_outcome *o, struct watch_alarm *out)
{
	double miss = o->outcome - o->guess, z = standard(o->outcome, o->guess);
	bool rang = false;
	count(&w->columns[w->dims + WATCH_GUESS], o->guess);
	w->changed[WATCH_PART_COLUMNS] = w->changed[WATCH_PART_STREAMS] = true;
	w->outcomes++;
	if (w->warm++ < WATCH_WARM_UP)
		return false;
	if (window(&w->calibration, miss * miss - o->guess * (1 - o->guess), WATCH_CALIBRATION,
		   out))
		rang = true;
	if (window(&w->residual, miss, WATCH_RESIDUAL, out))
		rang = true;
	if (drift_page_hinkley_add(&w->rise, z))
		rang = say(out, WATCH_RISE, w->rise.sum, LIMIT);
	if (drift_page_hinkley_add(&w->fall, -z))
		rang = say(out, WATCH_FALL, w->fall.sum, LIMIT);
	if (o->sent && drift_page_hinkley_add(&w->harm, standard(o->harm, o->harm_guess)))
		rang = say(out, WATCH_HARM, w->harm.sum, HARM_LIMIT);
	if (rang)
		begin_streams(w);
	return rang;
}

/* ---- for people ---- */

void watch_figures(const struct watch *w, struct watch_figures *out)
{
	*out = (struct watch_figures){
		.windows = w->windows,
		.in_window = w->in_window,
		.outcomes = w->outcomes,
		.warm = w->warm,
		.since_us = w->since_us,
		.rise = w->rise.sum,
		.fall = w->fall.sum,
		.harm = w->harm.sum,
		.limit = LIMIT,
		.harm_limit = HARM_LIMIT,
		.residual = mean_of(&w->residual),
		.adwin_n = w->residual.width,
		.calibration = mean_of(&w->calibration),
		.calibration_n = w->calibration.width,
	};
}

bool watch_column(const struct watch *w, size_t i, struct watch_column *out)
{
	ASSERT(i < w->dims + WATCH_BESIDE);
	*out = w->columns[i].last;
	return w->windows > 1;
}
