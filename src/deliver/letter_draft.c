/* SPDX-License-Identifier: Apache-2.0
 * letter_draft.c: a message as it would be chosen: for a preview, before anybody gets it. */
#include "deliver/internal.h"

#include "base/json.h"
#include "engine/engine.h"
#include "program/track.h"

#define NAMES_ROOM 240

/* "story, numbers": what could have been meant. */
static struct str names(const struct content_index *ix, struct str message, struct arena *a)
{
	struct buf out;
	struct str last = STR_NULL;
	buf_init_arena(&out, a, NAMES_ROOM);
	for (size_t i = 0; i < ix->n; i++) {
		struct str one = message.n ? ix->files[i].angle : ix->files[i].message;
		if ((message.n && !str_eq(ix->files[i].message, message)) || str_eq(one, last))
			continue;
		buf_str(&out, last.n ? STR(", ") : STR_NULL);
		buf_str(&out, one);
		last = one;
	}
	return buf_view(&out);
}

static const struct content_file *find(const struct content_index *ix,
				       const struct letter_draft *want, struct str persona)
{
	for (size_t i = 0; i < ix->n; i++) {
		const struct content_file *f = &ix->files[i];
		bool angle = want->angle.n == 0 || str_eq(f->angle, want->angle);
		bool theirs = f->persona.n == 0 || str_eq(f->persona, persona);
		if (str_eq(f->message, want->name) && angle && theirs)
			return content_find(ix, f->message, f->angle, persona);
	}
	return NULL;
}

static enum status not_there(const struct content_index *ix, const struct letter_draft *want,
			     struct arena *a, struct err *e)
{
	struct str angles = names(ix, want->name, a), all = names(ix, STR_NULL, a);
	if (angles.n > 0)
		return err_set(e, ST_NOT_FOUND,
			       "message " STR_FMT " has no angle " STR_FMT
			       " for this lead; there are: " STR_FMT,
			       STR_ARG(want->name), STR_ARG(want->angle), STR_ARG(angles));
	return err_set(e, ST_NOT_FOUND, "no message is called " STR_FMT "; there are: " STR_FMT,
		       STR_ARG(want->name), STR_ARG(all));
}

/* The step that sends it: its track, for counters and addresses of links. */
static void place(const struct program *p, struct message *m)
{
	for (size_t t = 0; t < p->play->tracks_n; t++) {
		const struct program_track *track = &p->play->tracks[t];
		for (size_t s = 0; s < track->steps_n; s++) {
			if (!str_eq(track->steps[s].message, m->message))
				continue;
			m->track = track->name;
			m->step = track->steps[s].name;
			m->purpose = p->consent.purposes[track->steps[s].purpose];
			return;
		}
	}
}

static enum status read_address(struct letter_desk *d, uint64_t lead, struct arena *a,
				struct message *out, struct err *e)
{
	struct str row;
	struct json doc;
	enum status st = store_get(d->store, TABLE_PROFILE, KEY_NUM(lead), a, &row, e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, &doc, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	uint32_t ids = json_get(&doc, 0, "ids");
	for (uint32_t i = json_first(&doc, ids); i != JSON_NONE; i = json_next(&doc, ids, i)) {
		uint32_t kind = json_first(&doc, i), value = json_next(&doc, i, kind);
		if (str_is(json_str(&doc, kind, a), "email") && out->address.n == 0)
			out->address = json_str(&doc, value, a);
	}
	out->zone = json_str(&doc, json_get(&doc, 0, "tz"), a);
	return ST_OK;
}

enum status letter_draft(struct letter_desk *d, const struct letter_draft *want, struct arena *a,
			 struct message *out, struct err *e)
{
	struct engine_meta meta;
	const struct desk_version *v;
	struct lead lead;
	struct str row, persona = STR_NULL;
	enum status st = engine_meta_read(d->store, &meta, e);
	if (st == ST_OK && meta.program_version == 0)
		return err_set(e, ST_NOT_FOUND, "no program has been applied yet");
	if (st == ST_OK)
		st = desk_version(d, meta.program_version, &v, e);
	if (st == ST_OK)
		st = store_get(d->store, TABLE_LEAD, KEY_NUM(want->lead), a, &row, e);
	if (st == ST_OK)
		st = lead_row_decode(want->lead, row, a, &lead, NULL, e);
	if (st != ST_OK)
		return st;
	if (lead.persona > 0 && lead.persona <= v->program->personas_n)
		persona = v->program->personas[lead.persona - 1].name;
	const struct content_file *f = find(&v->content, want, persona);
	if (f == NULL)
		return not_there(&v->content, want, a, e);
	*out = (struct message){
		.lead = want->lead,
		.version = v->number,
		.message = f->message,
		.angle = f->angle,
		.persona = persona,
		.channel = STR("email"),
		.subject_n = want->subject_n,
	};
	place(v->program, out);
	st = read_address(d, want->lead, a, out, e);
	if (out->zone.n == 0)
		out->zone = v->program->play->guardrails.zone;
	return st;
}
