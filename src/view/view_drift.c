/* SPDX-License-Identifier: Apache-2.0
 * view_drift.c: see view_drift.h. */
#include "view/view_drift.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/drift.h"
#include "program/track.h"

#include <stdio.h>

static bool of_number(enum watch_detector d)
{
	return d == WATCH_PSI || d == WATCH_KS;
}

static void take(const struct drift_alarm *a, struct view_drift *out)
{
	out->at_us = a->at_us;
	out->detector = watch_detector_name(a->what.what);
	out->then = decide_drift_name(a->then);
	out->figure = a->what.figure;
	out->limit = a->what.limit;
	out->change = a->what.what == WATCH_RESIDUAL || a->what.what == WATCH_CALIBRATION;
	out->number[0] = '\0';
	if (of_number(a->what.what))
		context_name(a->what.dim, out->number);
}

enum status view_drift_latest(struct store *s, int64_t now_us, struct arena *a,
			      struct view_drift *out, struct err *e)
{
	struct drift *x = ARENA_NEW(a, struct drift);
	*out = (struct view_drift){.at_us = TIME_NONE, .until_us = TIME_NONE};
	if (x == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	enum status st = drift_alarms(s, a, x, e);
	if (st != ST_OK || x->alarms_n == 0)
		return st;
	take(&x->alarms[x->alarms_n - 1], out);
	out->ever = x->ever;
	out->until_us = x->until_us;
	out->on = drift_on(x, now_us);
	return ST_OK;
}

struct str view_drift_words(const struct view_drift *d, struct arena *a)
{
	if (d->change)
		return arena_printf(a, "%s is %.3g, and was %.3g before", d->detector, d->figure,
				    d->limit);
	return arena_printf(a, "%s%s%s is %.3g, limit %.3g", d->detector,
			    d->number[0] ? " of " : "", d->number, d->figure, d->limit);
}

void view_drift_put(const struct view_drift *d, struct json_w *w)
{
	json_w_ktime(w, "at", d->at_us);
	json_w_kz(w, "detector", d->detector);
	if (d->number[0])
		json_w_kz(w, "number", d->number);
	json_w_kf64(w, "figure", d->figure);
	json_w_kf64(w, d->change ? "before" : "limit", d->limit);
	json_w_kz(w, "then", d->then);
}

/* ---- the document ---- */

static void put_head(const struct view *v, const struct drift *x, struct json_w *w)
{
	const struct program_deciding *d = &v->program->play->deciding;
	json_w_kz(w, "schema", "nurtured.drift/1");
	json_w_kz(w, "mode", decide_mode_name(d->mode));
	json_w_kz(w, "on_alarm", decide_drift_name(d->on_drift));
	json_w_kbool(w, "alarm", drift_on(x, v->now_us));
	json_w_ktime(w, "until", x->until_us);
	json_w_ki64(w, "alarms_ever", (int64_t)x->ever);
}

static void put_figure(struct json_w *w, enum watch_detector d, double figure, const char *beside,
		       double value)
{
	json_w_object(w);
	json_w_kz(w, "detector", watch_detector_name(d));
	json_w_kf64(w, "figure", figure);
	json_w_kf64(w, beside, value);
	json_w_end(w);
}

/* What came of decisions. */
static void put_streams(const struct watch_figures *f, struct json_w *w)
{
	json_w_ki64(w, "outcomes", (int64_t)f->outcomes);
	json_w_ki64(w, "outcomes_since_alarm", (int64_t)f->warm);
	json_w_ki64(w, "warm_up", WATCH_WARM_UP);
	json_w_key(w, "streams");
	json_w_array(w);
	put_figure(w, WATCH_RISE, f->rise, "limit", f->limit);
	put_figure(w, WATCH_FALL, f->fall, "limit", f->limit);
	put_figure(w, WATCH_HARM, f->harm, "limit", f->harm_limit);
	put_figure(w, WATCH_RESIDUAL, f->residual, "outcomes", f->adwin_n);
	put_figure(w, WATCH_CALIBRATION, f->calibration, "outcomes", f->calibration_n);
	json_w_end(w);
}

static const char *health_of(const struct watch_column *c, enum watch_role role, double act)
{
	if (role == WATCH_OWN)
		return "own";
	if (c->psi >= act)
		return "act";
	return c->psi >= DRIFT_PSI_WARN ? "warn" : "ok";
}

static void put_number(const struct watch_column *c, const char *name, const char *health,
		       struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "number", name);
	json_w_kz(w, "health", health);
	json_w_kf64(w, "psi", c->psi);
	json_w_kf64(w, "ks", c->ks_d);
	json_w_kf64(w, "ks_p", c->ks_p);
	json_w_end(w);
}

/* Who came, and what was thought of them. */
static void put_numbers(const struct view *v, const struct drift *x, struct json_w *w)
{
	static const char *const beside[] = {[WATCH_ODDS] = "odds", [WATCH_GUESS] = "guess"};
	double act = v->program->play->deciding.drift_psi;
	struct watch_column c;
	json_w_key(w, "numbers");
	json_w_array(w);
	for (size_t i = 0; i < CONTEXT_COUNT; i++) {
		char name[32];
		context_name(i, name);
		if (watch_column(x->watch, i, &c))
			put_number(&c, name, health_of(&c, drift_role(i), act), w);
	}
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
		if (watch_column(x->watch, CONTEXT_COUNT + i, &c))
			put_number(&c, beside[i], "own", w);
	json_w_end(w);
}

static void put_alarms(const struct drift *x, struct json_w *w)
{
	json_w_key(w, "alarms");
	json_w_array(w);
	for (size_t i = x->alarms_n; i-- > 0;) {
		struct view_drift d;
		take(&x->alarms[i], &d);
		json_w_object(w);
		view_drift_put(&d, w);
		json_w_end(w);
	}
	json_w_end(w);
}

enum status view_drift(struct view *v, struct json_w *w, struct err *e)
{
	struct watch_figures f;
	struct drift *x = ARENA_NEW(v->arena, struct drift);
	if (v->program == NULL)
		return err_set(e, ST_CONFLICT, "no program has been applied yet");
	if (x == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	enum status st = drift_use(x, v->store, e);
	if (st != ST_OK)
		return st;
	watch_figures(x->watch, &f);
	json_w_object(w);
	put_head(v, x, w);
	json_w_ki64(w, "windows", (int64_t)f.windows);
	json_w_ki64(w, "in_window", (int64_t)f.in_window);
	put_streams(&f, w);
	put_numbers(v, x, w);
	put_alarms(x, w);
	json_w_end(w);
	drift_forget(x);
	return ST_OK;
}
