/* SPDX-License-Identifier: Apache-2.0
 * notes.c: what the engine's thread notices now and then and others want to be told: what is late,
 * drift, what the rules of experiments have found, models that went up or back by themselves.
 * Gauges for those who look; and an event in the log for what happened in the fold by itself, once:
 * each has a number, and behind a restart its event is a duplicate. */
#include "base/clock.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "engine/beside.h"
#include "view/view_drift.h"
#include "view/view_experiment.h"
#include "view/view_late.h"
#include "view/view_model.h"

#define TOLD_US (7 * US_PER_D) /* less than duplicates are remembered */
#define SCRATCH_BYTES ((size_t)4 << 20)
#define BODY_MAX 4096

struct note {
	struct daemon *d;
	int64_t now_us;
	struct arena a;
	struct buf body; /* of the event being written */
	struct json_w w;
};

static struct json_w *begin(struct note *n)
{
	buf_init_arena(&n->body, &n->a, BODY_MAX);
	json_w_init(&n->w, &n->body);
	json_w_object(&n->w);
	return &n->w;
}

/* What was written since begin. */
static bool tell(struct note *n, const char *type, const char *noun, uint64_t no)
{
	struct err e;
	json_w_end(&n->w);
	struct str id = arena_printf(&n->a, "%s-%llu", noun, (unsigned long long)no);
	return buf_ok(&n->body) && id.p != NULL &&
	       daemon_append_own(n->d, type, buf_view(&n->body), id, NULL, &e) == ST_OK;
}

static bool is_new(const struct note *n, uint64_t no, uint64_t told, int64_t at_us)
{
	return no > told && n->now_us - at_us <= TOLD_US;
}

static void note_drift(struct note *n)
{
	struct view_drift x;
	struct daemon *d = n->d;
	if (view_drift_latest(d->node->store, n->now_us, &n->a, &x, NULL) != ST_OK)
		return;
	metrics_set(d->metrics, METRIC_DRIFT_ALARMS, (int64_t)x.ever);
	metrics_set(d->metrics, METRIC_DRIFT_ON, x.on);
	if (!is_new(n, x.ever, d->drift_told, x.at_us))
		return;
	struct json_w *w = begin(n);
	json_w_ki64(w, "alarm", (int64_t)x.ever);
	view_drift_put(&x, w);
	if (tell(n, "drift.alarm", "drift", x.ever))
		d->drift_told = x.ever;
}

static bool note_found(struct note *n, const struct experiments_one *one, int64_t *waiting)
{
	*waiting += experiments_waits(one);
	if (!is_new(n, one->no, n->d->experiments_told, one->at_us))
		return true;
	struct json_w *w = begin(n);
	json_w_kz(w, "experiment", one->name);
	view_experiment_found(one, w);
	return tell(n, "experiment.decided", "experiment", one->no);
}

static void note_experiments(struct note *n)
{
	struct experiments x;
	struct beside versions;
	struct daemon *d = n->d;
	int64_t waiting = 0;
	bool all = true;
	if (experiments_load(&x, d->node->store, &n->a, NULL) != ST_OK ||
	    beside_load(&versions, d->node->store, &n->a, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < x.n; i++)
		all = note_found(n, &x.list[i], &waiting) && all;
	all = note_found(n, &versions.one, &waiting) && all;
	d->experiments_told = all ? x.found : d->experiments_told;
	metrics_set(d->metrics, METRIC_EXPERIMENTS_WAITING, waiting);
}

/* What an operator did is in the log already. */
static void tell_moves(struct note *n, const struct rollout_state *r)
{
	struct daemon *d = n->d;
	bool all = true;
	for (size_t i = 0; i < r->changes_n; i++) {
		const struct rollout_change *c = &r->changes[i];
		uint64_t no = rollout_change_no(r, i);
		if (!c->by_itself || !is_new(n, no, d->moves_told, c->at_us))
			continue;
		struct json_w *w = begin(n);
		json_w_ki64(w, "change", (int64_t)no);
		view_model_move_put(c, w);
		all = tell(n, "model.moved", "model", no) && all;
	}
	d->moves_told = all ? r->stage : d->moves_told;
}

static void note_model(struct note *n)
{
	struct view_model m;
	struct rollout_state r;
	struct daemon *d = n->d;
	if (view_model(d->node->store, &n->a, &m, NULL) != ST_OK)
		return;
	metrics_set(d->metrics, METRIC_MODEL_CHANGES, (int64_t)m.changes);
	metrics_set(d->metrics, METRIC_MODEL_TAKEN_BACK, m.taken_back);
	metrics_set(d->metrics, METRIC_MODEL_PERCENT, (int64_t)m.choice.percent);
	if (m.changes > d->moves_told && rollout_read(d->node->store, &r, NULL) == ST_OK)
		tell_moves(n, &r);
}

/* Heads of three indexes. */
static void note_late(struct note *n)
{
	struct view_late late;
	struct daemon *d = n->d;
	if (view_late(d->node->store, n->now_us, &late, NULL) != ST_OK)
		return; /* the next look tells */
	metrics_set(d->metrics, METRIC_MESSAGES_LATE, (int64_t)late.messages);
	metrics_set(d->metrics, METRIC_MESSAGES_HELD, (int64_t)late.held);
	metrics_set(d->metrics, METRIC_HANDOFFS_OVERDUE, (int64_t)late.handoffs);
}

void daemon_note(struct daemon *d)
{
	struct note n = {.d = d, .now_us = clock_now_us()};
	int64_t mono = clock_mono_us();
	if (mono - d->noted_us < DAEMON_NOTE_EVERY_US)
		return;
	d->noted_us = mono;
	arena_init(&n.a, SCRATCH_BYTES);
	note_drift(&n);
	note_experiments(&n);
	note_model(&n);
	note_late(&n);
	arena_finish(&n.a);
}
