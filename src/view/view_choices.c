/* SPDX-License-Identifier: Apache-2.0
 * view_choices.c: what a person may hear about, for the pages behind links. */
#include "consent/consent.h"
#include "engine/ledger.h"
#include "engine/profile.h"
#include "view/view_internal.h"

enum status view_choices(struct view *v, uint64_t lead, size_t choices_max, struct view_choice *out,
			 size_t *n_r, struct err *e)
{
	struct view_lead l;
	const struct program_consent *pc = &v->program->consent;
	*n_r = 0;
	enum status st = view_load(v, lead, &l, e);
	struct consent_view cv = {.program = v->program, .lead = &l.lead};
	if (st == ST_OK)
		st = ledger_read(v->store, l.id, v->arena, &cv.ledger, e);
	if (st == ST_OK)
		cv.country = json_str(&l.profile, json_get(&l.profile, 0, "country"), v->arena);
	for (size_t c = 0; c < pc->channels_n && st == ST_OK; c++) {
		struct ledger_suppressed found;
		st = ledger_suppressions(v->store, &l.profile, pc->channels[c], v->arena, &found,
					 e);
		cv.suppressions = found.list;
		cv.suppressions_n = found.n;
		for (size_t p = 0; p < pc->purposes_n && st == ST_OK && *n_r < choices_max; p++) {
			struct view_choice *x = &out[(*n_r)++];
			*x = (struct view_choice){pc->channels[c], pc->purposes[p], false};
			x->allowed =
				consent_may_speak(&cv, x->channel, x->purpose, v->now_us).allowed;
		}
	}
	return st;
}

enum status view_address(struct view *v, uint64_t lead, struct str *out, struct err *e)
{
	struct view_lead l;
	struct profile_id id;
	enum status st = view_load(v, lead, &l, e);
	*out = STR_NULL;
	for (size_t i = 0; st == ST_OK && profile_id(&l.profile, i, v->arena, &id); i++)
		if (id.kind == ID_EMAIL && out->n == 0)
			*out = id.value;
	return st;
}
