/* SPDX-License-Identifier: Apache-2.0
 * view_lead.c: one lead: found, opened, shown. */
#include "view/view_inside.h"

#include "base/assert.h"
#include "consent/consent.h"
#include "identity/identity.h"
#include "model/key.h"
#include "score/score.h"

/* ---- finding ---- */

enum status view_stands(struct view *v, uint64_t id, uint64_t *lead_r, struct err *e)
{
	for (int hops = 0; hops < 64; hops++) {
		struct str row;
		struct lead l;
		enum status st = store_get(v->store, TABLE_LEAD, KEY_NUM(id), v->arena, &row, e);
		if (st == ST_NOT_FOUND)
			return err_set(e, st, "there is no lead %llu", (unsigned long long)id);
		if (st == ST_OK)
			st = lead_row_decode(id, row, v->arena, &l, NULL, e);
		if (st != ST_OK)
			return st;
		if (!(l.flags & LEAD_MERGED)) {
			*lead_r = id;
			return ST_OK;
		}
		id = l.account;
	}
	return err_set(e, ST_CORRUPT, "lead %llu: its merges go in a circle",
		       (unsigned long long)id);
}

static bool by_key(struct view *v, struct event_id raw, uint64_t *lead_r)
{
	struct identity_key key;
	struct str row;
	if (raw.value.n == 0 ||
	    identity_normalise(v->program, &raw, v->arena, &key, NULL) != ST_OK ||
	    store_get(v->store, TABLE_IDENTITY, KEY_BYTES(key.bytes), v->arena, &row, NULL) !=
		    ST_OK)
		return false;
	*lead_r = key_read_u64(row, 0);
	return true;
}

enum status view_find_event(struct view *v, const struct event *ev, uint64_t *lead_r, struct err *e)
{
	uint64_t id;
	for (size_t i = 0; i < ev->ids_n; i++)
		if (by_key(v, ev->ids[i], &id))
			return view_stands(v, id, lead_r, e);
	return err_set(e, ST_NOT_FOUND, "no lead has any of the event's identifiers");
}

enum status view_find(struct view *v, struct str text, uint64_t *lead_r, struct err *e)
{
	uint64_t id;
	struct str digits = text, rest = text;
	text = str_trim(text);
	if (str_starts(digits, STR("L")))
		digits = str_slice(digits, 1, digits.n);
	struct str name = str_cut(&rest, ':');
	const struct event_id tries[] = {
		{ID_EMAIL, STR_NULL, str_find_byte(text, '@') < text.n ? text : STR_NULL},
		{ID_USER_ID, STR_NULL, text},
		{ID_ANONYMOUS_ID, STR_NULL, text},
		{ID_PHONE, STR_NULL, text},
		{ID_KEY, name, rest},
	};
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
		if (by_key(v, tries[i], &id))
			return view_stands(v, id, lead_r, e);
	if (str_to_u64(digits, &id) && id > 0)
		return view_stands(v, id, lead_r, e);
	return err_set(e, ST_NOT_FOUND,
		       "no lead \"" STR_FMT
		       "\": tried as e-mail, userId, anonymousId, phone, declared key and number",
		       STR_ARG(str_slice(text, 0, 100)));
}

/* ---- loading ---- */

static enum status load_doc(struct view *v, enum table t, uint64_t id, struct json *out,
			    struct err *e)
{
	struct str row;
	*out = (struct json){.count = 0};
	enum status st = store_get(v->store, t, KEY_NUM(id), v->arena, &row, e);
	if (st == ST_NOT_FOUND || (st == ST_OK && row.n == 0))
		return ST_OK;
	return st == ST_OK ? json_parse(row, JSON_LIMITS_EVENT, v->arena, out, e) : st;
}

enum status view_load(struct view *v, uint64_t id, struct view_lead *out, struct err *e)
{
	struct str row;
	*out = (struct view_lead){.id = id};
	enum status st = store_get(v->store, TABLE_LEAD, KEY_NUM(id), v->arena, &row, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, st, "there is no lead %llu", (unsigned long long)id);
	if (st == ST_OK)
		st = lead_row_decode(id, row, v->arena, &out->lead, NULL, e);
	if (st == ST_OK)
		st = load_doc(v, TABLE_PROFILE, id, &out->profile, e);
	if (st == ST_OK && out->lead.account && !(out->lead.flags & LEAD_MERGED))
		st = load_doc(v, TABLE_ACCOUNT, out->lead.account, &out->account, e);
	if (st != ST_OK)
		return st;
	out->facts = (struct facts){
		.program = v->program,
		.lead = &out->lead,
		.profile = out->profile.count ? &out->profile : NULL,
		.account = out->account.count ? &out->account : NULL,
		.fit = out->lead.fit,
		.engagement = out->lead.engagement,
		.score = out->lead.score,
		.tier = out->lead.tier,
		.now_us = v->now_us,
		.arena = v->arena,
	};
	if (v->program == NULL)
		return ST_OK;
	double *vector = ARENA_ARRAY(v->arena, double, v->program->features_n + 1);
	if (vector == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	features_vector(v->program, &out->lead, v->now_us, vector);
	out->facts.features = vector;
	return ST_OK;
}

/* ---- one lead ---- */

static void put_raw(struct json_w *w, const char *key, const struct json *doc, const char *from)
{
	uint32_t node = json_get(doc, 0, from);
	if (node == JSON_NONE)
		return;
	json_w_key(w, key);
	json_w_raw(w, json_raw(doc, node));
}

void view_put_flags(struct json_w *w, const struct lead *l)
{
	json_w_kbool(w, "known", l->flags & LEAD_KNOWN);
	if (l->flags & LEAD_DNT)
		json_w_kbool(w, "do_not_track", true);
	if (l->flags & LEAD_BOT)
		json_w_kbool(w, "machine_only", true);
	if (l->flags & LEAD_ERASED)
		json_w_kbool(w, "forgotten", true);
}

/* Scores as of the view's now: decay has gone on since they were stored. */
void view_put_scores(struct view *v, const struct view_lead *l, struct json_w *w)
{
	struct score s = {
		.fit = l->lead.fit, .engagement = l->lead.engagement, .score = l->lead.score};
	if (v->program != NULL && !(l->lead.flags & (LEAD_MERGED | LEAD_ERASED)))
		score_evaluate(&l->facts, &s);
	json_w_kf64(w, "fit", s.fit);
	json_w_kf64(w, "engagement", s.engagement);
	json_w_kf64(w, "score", s.score);
	json_w_kz(w, "tier", tier_name(l->lead.tier));
	json_w_ktime(w, "tier_since", l->lead.tier_since_us);
	const char *persona = NULL;
	if (v->program != NULL && l->lead.persona && l->lead.persona <= v->program->personas_n)
		persona = arena_strz(v->arena, v->program->personas[l->lead.persona - 1].name);
	json_w_kz(w, "persona", persona);
}

static void put_account(const struct view_lead *l, struct json_w *w)
{
	if (l->account.count == 0)
		return;
	json_w_key(w, "account");
	json_w_object(w);
	json_w_ki64(w, "id", (int64_t)l->lead.account);
	put_raw(w, "key", &l->account, "key");
	put_raw(w, "kind", &l->account, "kind");
	put_raw(w, "leads", &l->account, "leads");
	put_raw(w, "hot", &l->account, "hot");
	put_raw(w, "warm", &l->account, "warm");
	put_raw(w, "traits", &l->account, "traits");
	json_w_end(w);
}

enum status view_lead(struct view *v, uint64_t id, struct json_w *w, struct err *e)
{
	struct view_lead l;
	enum status st = view_load(v, id, &l, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.lead/1");
	json_w_ki64(w, "id", (int64_t)id);
	view_put_flags(w, &l.lead);
	put_raw(w, "identifiers", &l.profile, "ids");
	put_raw(w, "traits", &l.profile, "traits");
	put_raw(w, "source", &l.profile, "source");
	put_raw(w, "asset", &l.profile, "asset");
	put_raw(w, "campaign", &l.profile, "campaign");
	put_raw(w, "country", &l.profile, "country");
	put_raw(w, "time_zone", &l.profile, "tz");
	put_raw(w, "merged", &l.profile, "merged");
	put_account(&l, w);
	view_put_scores(v, &l, w);
	json_w_ki64(w, "events", l.lead.events_n);
	json_w_ktime(w, "created", l.lead.created_us);
	json_w_ktime(w, "active", l.lead.active_us);
	json_w_ktime(w, "next_alarm", l.lead.alarm_us);
	json_w_end(w);
	return ST_OK;
}

/* ---- names ---- */

struct str view_best_name(const struct json *profile, struct arena *a)
{
	uint32_t ids = json_get(profile, 0, "ids"), v = json_first(profile, ids);
	struct str first = STR_NULL;
	for (; v != JSON_NONE; v = json_next(profile, ids, v)) {
		uint32_t kind = json_first(profile, v);
		struct str value = json_str(profile, json_next(profile, v, kind), a);
		if (str_is(json_str(profile, kind, a), "email"))
			return value;
		if (first.n == 0)
			first = value;
	}
	return first;
}

struct str view_name_of(struct view *v, uint64_t lead)
{
	struct json profile;
	if (view_stands(v, lead, &lead, NULL) != ST_OK ||
	    load_doc(v, TABLE_PROFILE, lead, &profile, NULL) != ST_OK)
		return STR_NULL;
	return view_best_name(&profile, v->arena);
}
