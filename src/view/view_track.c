/* SPDX-License-Identifier: Apache-2.0
 * view_track.c: the tracks in force, and how many people are where. */
#include "view/view_inside.h"

#include "engine/play.h"

#include <stdio.h>

static void put_span(struct json_w *w, const char *key, int64_t lo_us, int64_t hi_us)
{
	char lo[TIME_TEXT_MAX], hi[TIME_TEXT_MAX], text[2 * TIME_TEXT_MAX + 4];
	if (lo_us <= 0 && hi_us <= 0)
		return;
	(void)snprintf(text, sizeof text, lo_us == hi_us ? "%s" : "%s..%s",
		       duration_format(lo_us, lo), duration_format(hi_us, hi));
	json_w_kz(w, key, text);
}

static void put_personas(const struct program *p, const struct program_track *k, struct json_w *w)
{
	json_w_key(w, "personas");
	json_w_array(w);
	for (size_t i = 0; i < k->personas_n; i++)
		json_w_str(w, p->personas[k->personas[i]].name);
	json_w_end(w);
}

static void put_head(struct view *v, const struct program_track *k, const struct view_inside *in,
		     struct json_w *w)
{
	json_w_kstr(w, "name", k->name);
	json_w_kstr(w, "stage", k->stage);
	json_w_kstr(w, "enter", k->enter.prog ? k->enter.text : STR("only by a move"));
	put_personas(v->program, k, w);
	put_span(w, "cadence", k->gap_min_us, k->gap_max_us);
	view_inside_put(in, k->name, STR_NULL, w);
	json_w_ki64(w, "exhausted", view_inside_sum(in, k->name, STR_NULL, STR("exhausted")));
}

/* Steps an edit has taken away, with people still in them. */
static void put_former(const struct program_track *k, const struct view_inside *in,
		       struct json_w *w)
{
	json_w_key(w, "former_steps");
	json_w_array(w);
	for (size_t i = 0; i < in->n; i++) {
		const struct view_inside_row *r = &in->rows[i];
		bool first = i == 0 || !str_eq(in->rows[i - 1].step, r->step) ||
			     !str_eq(in->rows[i - 1].track, r->track);
		if (!first || !str_eq(r->track, k->name) || str_is(r->step, "-") ||
		    program_step_of(k, r->step) != NO_INDEX)
			continue;
		json_w_object(w);
		json_w_kstr(w, "step", r->step);
		view_inside_put(in, k->name, r->step, w);
		json_w_end(w);
	}
	json_w_end(w);
}

/* Tracks with people on them that the version in force has not: an edit has taken them away, or
 * they are those of the version beside it. */
static void put_other_tracks(const struct program *p, const struct view_inside *in,
			     struct json_w *w)
{
	json_w_key(w, "other_tracks");
	json_w_array(w);
	for (size_t i = 0; i < in->n; i++) {
		const struct view_inside_row *r = &in->rows[i];
		bool first = i == 0 || !str_eq(in->rows[i - 1].track, r->track);
		if (!first || str_is(r->track, "-") || program_track_of(p, r->track) != NO_INDEX)
			continue;
		json_w_object(w);
		json_w_kstr(w, "name", r->track);
		view_inside_put(in, r->track, STR_NULL, w);
		json_w_end(w);
	}
	json_w_end(w);
}

enum status view_sending(struct view *v, struct view_sending *out, struct err *e)
{
	char at[TIME_TEXT_MAX];
	struct play *y = ARENA_NEW(v->arena, struct play);
	if (y == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	play_init(y, v->store);
	enum status st = play_load(y, e);
	if (st == ST_OK)
		*out = (struct view_sending){.paused = y->paused,
					     .since_us = y->paused_us,
					     .reason = arena_str(v->arena, str_of(y->pause_reason)),
					     .today = play_sent_today(y, v->now_us)};
	if (st == ST_OK && y->paused) /* when: not noted by every build there was */
		out->since =
			y->paused_us == TIME_NONE
				? STR("long ago")
				: arena_printf(v->arena, "%.16s", time_format(y->paused_us, at));
	play_finish(y);
	return st;
}

static enum status put_sending(struct view *v, struct json_w *w, struct err *e)
{
	struct view_sending s;
	enum status st = view_sending(v, &s, e);
	if (st != ST_OK)
		return st;
	json_w_key(w, "sending");
	json_w_object(w);
	json_w_kbool(w, "paused", s.paused);
	if (s.paused) {
		json_w_ktime(w, "since", s.since_us);
		json_w_kstr(w, "reason", s.reason);
	}
	json_w_ki64(w, "today", (int64_t)s.today);
	json_w_end(w);
	return ST_OK;
}

static enum status need_program(struct view *v, struct view_inside *in, struct err *e)
{
	if (v->program == NULL)
		return err_set(e, ST_NOT_FOUND, "no program has been applied yet");
	return view_inside_load(v, in, e);
}

enum status view_tracks(struct view *v, struct json_w *w, struct err *e)
{
	struct view_inside in;
	enum status st = need_program(v, &in, e);
	if (st != ST_OK)
		return st;
	const struct program_play *play = v->program->play;
	static const char *const off[] = {"out", "handed", "stopped"};
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.tracks/1");
	json_w_ktime(w, "as_of", v->now_us);
	json_w_key(w, "tracks");
	json_w_array(w);
	for (size_t i = 0; i < play->tracks_n; i++) {
		json_w_object(w);
		put_head(v, &play->tracks[i], &in, w);
		json_w_ki64(w, "steps", (int64_t)play->tracks[i].steps_n);
		json_w_end(w);
	}
	json_w_end(w);
	put_other_tracks(v->program, &in, w);
	json_w_key(w, "on_no_track");
	json_w_object(w);
	for (size_t i = 0; i < sizeof off / sizeof off[0]; i++)
		json_w_ki64(w, off[i], view_inside_sum(&in, STR("-"), STR_NULL, str_of(off[i])));
	json_w_end(w);
	st = put_sending(v, w, e);
	json_w_end(w);
	return st;
}

static void put_step(struct view *v, const struct program_track *k, const struct program_step *s,
		     const struct view_inside *in, struct json_w *w)
{
	const struct program_consent *pc = &v->program->consent;
	json_w_object(w);
	json_w_kstr(w, "step", s->name);
	json_w_kstr(w, "message", s->message);
	json_w_key(w, "angles");
	json_w_array(w);
	for (size_t i = 0; i < s->angles_n; i++)
		json_w_str(w, s->angles[i].name);
	json_w_end(w);
	json_w_kstr(w, "channel", pc->channels[s->channel]);
	json_w_kstr(w, "purpose", pc->purposes[s->purpose]);
	if (s->if_.prog != NULL)
		json_w_kstr(w, "if", s->if_.text);
	put_span(w, "gap", s->gap_min_us, s->gap_max_us);
	put_span(w, "watch", s->wait_us, s->wait_us);
	view_inside_put(in, k->name, s->name, w);
	json_w_key(w, "reactions");
	json_w_object(w);
	for (int r = 0; r < REACT_COUNT; r++)
		if (s->react[r].kind != ACTION_NONE)
			json_w_kstr(w, react_kind_name((enum react_kind)r),
				    view_action_text(v->program, &s->react[r], v->arena));
	json_w_end(w);
	json_w_end(w);
}

enum status view_track_at(struct view *v, struct str name, size_t *out, struct err *e)
{
	struct buf names;
	const struct program_play *play = v->program->play;
	*out = program_track_of(v->program, name);
	if (*out != NO_INDEX)
		return ST_OK;
	buf_init_arena(&names, v->arena, 64u << 10);
	for (size_t i = 0; i < play->tracks_n; i++) {
		buf_z(&names, i ? ", " : "");
		buf_str(&names, play->tracks[i].name);
	}
	return err_set(e, ST_NOT_FOUND, "there is no track called " STR_FMT "; there are: " STR_FMT,
		       STR_ARG(str_slice(name, 0, 100)), STR_ARG(buf_view(&names)));
}

enum status view_track(struct view *v, struct str name, struct json_w *w, struct err *e)
{
	struct view_inside in;
	enum status st = need_program(v, &in, e);
	size_t at = NO_INDEX;
	if (st == ST_OK)
		st = view_track_at(v, name, &at, e);
	if (st != ST_OK)
		return st;
	const struct program_track *k = &v->program->play->tracks[at];
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.track/1");
	json_w_ktime(w, "as_of", v->now_us);
	put_head(v, k, &in, w);
	if (k->goal.n)
		json_w_kstr(w, "goal", k->goal);
	if (k->exit.prog != NULL)
		json_w_kstr(w, "leave_when", k->exit.text);
	if (k->touches_max)
		json_w_ki64(w, "touches_max", k->touches_max);
	put_span(w, "leave_after", k->age_max_us, k->age_max_us);
	struct str then = k->exhausted.kind == ACTION_NONE
				  ? STR("leave the track")
				  : view_action_text(v->program, &k->exhausted, v->arena);
	json_w_kstr(w, "after_last_step", then);
	json_w_key(w, "steps");
	json_w_array(w);
	for (size_t i = 0; i < k->steps_n; i++)
		put_step(v, k, &k->steps[i], &in, w);
	json_w_end(w);
	put_former(k, &in, w);
	json_w_end(w);
	return ST_OK;
}
