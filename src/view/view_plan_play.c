/* SPDX-License-Identifier: Apache-2.0
 * view_plan_play.c: what a new program means for whoever is on a track. A lead finishes the step it
 * is in by the version it entered it with; from the next step on the new program counts. So what an
 * edit changes for them is the steps behind theirs, and when the next one comes. */
#include "engine/beside.h"
#include "engine/engine.h"
#include "view/view_inside.h"
#include "view/view_plan.h"

/* The steps that are still to come by one version of the program. */
struct to_come {
	const struct program_track *track; /* NULL: it is gone */
	size_t next;                       /* == steps_n: none */
};

static struct to_come steps_to_come(const struct program *p, const struct journey *j)
{
	size_t at = p != NULL ? program_track_of(p, j->track) : NO_INDEX;
	if (at == NO_INDEX)
		return (struct to_come){0};
	const struct program_track *k = &p->play->tracks[at];
	size_t step = program_step_of(k, j->step);
	/* Taken out meanwhile: what stood behind it stands in its place (decide/place.c). */
	size_t next = step == NO_INDEX ? j->step_n : step + 1;
	return (struct to_come){k, next < k->steps_n ? next : k->steps_n};
}

/* How many steps of `a` are not to come in `b`. */
static unsigned not_in(const struct to_come *a, const struct to_come *b)
{
	unsigned n = 0;
	for (size_t i = a->next; a->track != NULL && i < a->track->steps_n; i++) {
		size_t at =
			b->track ? program_step_of(b->track, a->track->steps[i].name) : NO_INDEX;
		n += at == NO_INDEX || at < b->next;
	}
	return n;
}

static int64_t gap_of(const struct to_come *t)
{
	if (t->track == NULL || t->next == t->track->steps_n)
		return TIME_NONE;
	const struct program_step *s = &t->track->steps[t->next];
	return s->gap_min_us / 2 + s->gap_max_us / 2;
}

static enum view_plan_fate fate_of(const struct to_come *old, const struct to_come *new,
				   struct str step)
{
	if (new->track == NULL)
		return FATE_LEAVES;
	size_t is = program_step_of(new->track, step);
	size_t was = old->track ? program_step_of(old->track, step) : NO_INDEX;
	if (is == NO_INDEX)
		return FATE_STEP_GONE;
	bool same = was != NO_INDEX && old->track->steps[was].hash == new->track->steps[is].hash;
	return same ? FATE_SAME : FATE_STEP_CHANGED;
}

static struct view_plan_place *place_of(struct view_plan_play *out, const struct journey *j,
					struct arena *keep)
{
	struct view_plan_place *p = out->places;
	for (size_t i = 0; i < out->places_n; i++)
		if (str_eq(p[i].step, j->step) && str_eq(p[i].track, j->track))
			return &p[i];
	if (out->places_n == VIEW_PLAN_PLACES_MAX)
		return NULL; /* in the sums all the same */
	p += out->places_n++;
	*p = (struct view_plan_place){.track = arena_str(keep, j->track),
				      .step = arena_str(keep, j->step)};
	return p;
}

enum status view_plan_play_begin(struct view_plan_play *out, struct view *v, struct err *e)
{
	struct engine_meta meta;
	*out = (struct view_plan_play){
		.places = ARENA_ARRAY(v->arena, struct view_plan_place, VIEW_PLAN_PLACES_MAX)};
	if (out->places == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for the plan");
	enum status st = engine_meta_read(v->store, &meta, e);
	if (st == ST_OK)
		out->version = meta.program_version;
	struct beside *x = st == ST_OK ? ARENA_NEW(v->arena, struct beside) : NULL;
	if (st == ST_OK && x == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for the plan");
	if (st == ST_OK)
		st = beside_load(x, v->store, v->arena, e);
	if (st == ST_OK)
		out->candidate = beside_candidate(x);
	return st;
}

enum status view_plan_play_add(struct view_plan_play *out, struct view *v,
			       const struct program *next, uint64_t lead, struct arena *keep,
			       struct err *e)
{
	struct journey *j = ARENA_NEW(v->arena, struct journey);
	bool placed;
	if (j == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for a lead");
	enum status st = view_journey_of(v, lead, j, &placed, e);
	if (st != ST_OK || !placed || j->track.n == 0 || j->phase == JOURNEY_OUT ||
	    !journey_automated(j))
		return st;
	struct to_come was = steps_to_come(v->program, j), is = steps_to_come(next, j);
	enum view_plan_fate fate = fate_of(&was, &is, j->step);
	int64_t gap_was = gap_of(&was), gap_is = gap_of(&is);
	bool beside = out->candidate > 0 && j->version == out->candidate;
	bool older = j->version != out->version && !beside;
	out->people++;
	out->beside += beside;
	out->older += older;
	out->fate[fate]++;
	out->fewer += not_in(&was, &is) > 0;
	out->more += not_in(&is, &was) > 0;
	if (gap_was != TIME_NONE && gap_is != TIME_NONE) {
		out->sooner += gap_is < gap_was;
		out->later += gap_is > gap_was;
	}
	struct view_plan_place *p = place_of(out, j, keep);
	if (p != NULL) {
		p->people++;
		p->older += older;
		p->fate = fate;
	}
	return ST_OK;
}

static const char *const fates[] = {
	[FATE_SAME] = "same",
	[FATE_STEP_CHANGED] = "step_changed",
	[FATE_STEP_GONE] = "step_gone",
	[FATE_LEAVES] = "track_gone",
};

void view_plan_play_json(const struct view_plan_play *p, struct json_w *w)
{
	json_w_key(w, "on_tracks");
	json_w_object(w);
	json_w_ki64(w, "people", (int64_t)p->people);
	json_w_ki64(w, "by_older_versions", (int64_t)p->older);
	if (p->candidate > 0)
		json_w_ki64(w, "by_version_beside", (int64_t)p->beside);
	for (size_t i = FATE_STEP_CHANGED; i < FATE_COUNT; i++)
		json_w_ki64(w, fates[i], (int64_t)p->fate[i]);
	json_w_ki64(w, "fewer_messages", (int64_t)p->fewer);
	json_w_ki64(w, "more_messages", (int64_t)p->more);
	json_w_ki64(w, "next_sooner", (int64_t)p->sooner);
	json_w_ki64(w, "next_later", (int64_t)p->later);
	json_w_key(w, "places");
	json_w_array(w);
	for (size_t i = 0; i < p->places_n; i++) {
		json_w_object(w);
		json_w_kstr(w, "track", p->places[i].track);
		json_w_kstr(w, "step", p->places[i].step);
		json_w_ki64(w, "people", (int64_t)p->places[i].people);
		json_w_ki64(w, "by_older_versions", (int64_t)p->places[i].older);
		json_w_kz(w, "fate", fates[p->places[i].fate]);
		json_w_end(w);
	}
	json_w_end(w);
	json_w_end(w);
}
