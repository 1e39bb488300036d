/* SPDX-License-Identifier: Apache-2.0
 * view_did.c: what an order did, as the API answers it and the verbs print it. */
#include "view/view_did.h"

#include "view/view_inside.h"

#include <stdio.h>

static void stands(struct view *v, struct view_standing *out)
{
	struct view_lead l;
	if (view_load(v, out->lead, &l, NULL) != ST_OK)
		return;
	out->there = true;
	out->fit = l.lead.fit;
	out->engagement = l.lead.engagement;
	out->score = l.lead.score;
	out->tier = l.lead.tier;
	view_standing_play(v, out);
}

void view_standing(struct view *v, struct str who, struct view_standing *out)
{
	*out = (struct view_standing){.there = false};
	if (who.n > 0 && view_find(v, who, &out->lead, NULL) == ST_OK)
		stands(v, out);
}

void view_standing_of(struct view *v, const struct event *ev, struct view_standing *out)
{
	*out = (struct view_standing){.there = false};
	if (view_find_event(v, ev, &out->lead, NULL) == ST_OK)
		stands(v, out);
}

static void put_standing(struct json_w *w, const char *key, const struct view_standing *s)
{
	json_w_key(w, key);
	json_w_object(w);
	json_w_kf64(w, "fit", s->fit);
	json_w_kf64(w, "engagement", s->engagement);
	json_w_kf64(w, "score", s->score);
	json_w_kz(w, "tier", tier_name(s->tier));
	json_w_end(w);
}

static void put_trail(struct view *v, const struct view_triggered *t, struct json_w *w)
{
	struct view_trail trail[VIEW_TRAIL_MAX];
	size_t n = view_trail(v, t, trail);
	json_w_key(w, "trail");
	json_w_array(w);
	for (size_t i = 0; i < n; i++) {
		json_w_object(w);
		json_w_kz(w, "stage", trail[i].stage);
		json_w_kstr(w, "text", trail[i].text);
		json_w_end(w);
	}
	json_w_end(w);
}

void view_triggered(struct view *v, const struct view_triggered *t, struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.trigger/1");
	json_w_ki64(w, "seq", (int64_t)t->seq);
	json_w_kbool(w, "duplicate", t->duplicate);
	json_w_ki64(w, "lead", (int64_t)t->after.lead);
	json_w_kbool(w, "created", !t->before.there && t->after.there);
	put_standing(w, "before", &t->before);
	put_standing(w, "after", &t->after);
	put_trail(v, t, w);
	json_w_end(w);
}

static void put_hash(struct json_w *w, const char *key, uint64_t hash)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
	json_w_kz(w, key, text);
}

void view_replayed(const struct replay_result *r, struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.replay/1");
	json_w_kbool(w, "equal", r->equal);
	json_w_ki64(w, "events", (int64_t)r->events);
	json_w_ki64(w, "cursor", (int64_t)r->cursor);
	put_hash(w, "hash_state", r->hash_state);
	put_hash(w, "hash_replay", r->hash_replay);
	if (!r->equal)
		json_w_kz(w, "difference", r->difference);
	json_w_end(w);
}

void view_backed_up(const char *dir, struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.backup/1");
	json_w_kz(w, "dir", dir);
	json_w_end(w);
}

void view_mail(const struct view_mail *m, struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.mail/1");
	json_w_kz(w, "kind", m->kind);
	json_w_kz(w, "why", m->why);
	json_w_kz(w, "matched", m->by);
	if (m->message != 0)
		json_w_ki64(w, "message", (int64_t)m->message);
	json_w_key(w, "events");
	json_w_array(w);
	for (size_t i = 0; i < m->n; i++) {
		json_w_object(w);
		json_w_kstr(w, "type", m->events[i].type);
		json_w_ki64(w, "seq", (int64_t)m->events[i].seq);
		json_w_kbool(w, "duplicate", m->events[i].duplicate);
		json_w_end(w);
	}
	json_w_end(w);
	json_w_end(w);
}
