/* SPDX-License-Identifier: Apache-2.0
 * merge.c: two leads become one, and what it takes to part them again. Un-adding counts, sketches
 * and decayed sums is impossible in general, so the record keeps both sides whole and a split puts
 * them back; the engine folds what came since once more. */
#include "identity/identity.h"

#include "base/assert.h"
#include "base/crypto.h"

#define PROFILE_MAX (256u << 10)
#define ROW_MAX (256u << 10)

/* First touch and what else is said once: kept as the older side has it. */
static const char *const once[] = {"source", "asset",     "campaign", "country",
				   "tz",     "first_url", "referrer"};
/* Members with a rule of their own. */
static const char *const ruled[] = {"traits", "traits_us", "ids", "merged"};

struct sides {
	struct json survivor, loser;
	bool loser_older;
	struct arena *a;
};

static enum status parse(struct str text, struct arena *a, struct json *out, struct err *e)
{
	*out = (struct json){.count = 0};
	if (text.n == 0)
		return ST_OK;
	enum status st = json_parse(text, JSON_LIMITS_EVENT, a, out, e);
	bool good = st == ST_OK && json_is(out, 0, JSON_OBJECT);
	return good ? ST_OK : err_set(e, ST_CORRUPT, "a lead's profile is damaged");
}

static uint32_t member(const struct json *d, const char *key)
{
	return d->count ? json_get(d, 0, key) : JSON_NONE;
}

static uint32_t object_member(const struct json *d, const char *key)
{
	uint32_t v = member(d, key);
	return json_is(d, v, JSON_OBJECT) ? v : JSON_NONE;
}

static uint32_t array_member(const struct json *d, const char *key)
{
	uint32_t v = member(d, key);
	return json_is(d, v, JSON_ARRAY) ? v : JSON_NONE;
}

/* ---- profile ---- */

static void put_raw(struct json_w *w, const char *key, const struct json *d, uint32_t v)
{
	json_w_key(w, key);
	json_w_raw(w, json_raw(d, v));
}

/* `over` wins per key. */
static void put_traits(struct json_w *w, const struct json *base, const struct json *over,
		       struct arena *a)
{
	uint32_t low = object_member(base, "traits"), high = object_member(over, "traits");
	if (low == JSON_NONE && high == JSON_NONE)
		return;
	json_w_key(w, "traits");
	json_w_object(w);
	for (uint32_t v = json_first(base, low); v != JSON_NONE; v = json_next(base, low, v)) {
		struct str key = json_str(base, json_key(base, v), a);
		if (json_get_str(over, high, key) != JSON_NONE)
			continue;
		json_w_key_str(w, key);
		json_w_raw(w, json_raw(base, v));
	}
	for (uint32_t v = json_first(over, high); v != JSON_NONE; v = json_next(over, high, v)) {
		json_w_key_str(w, json_str(over, json_key(over, v), a));
		json_w_raw(w, json_raw(over, v));
	}
	json_w_end(w);
}

static bool list_holds(const struct json *d, uint32_t list, struct str raw)
{
	for (uint32_t v = json_first(d, list); v != JSON_NONE; v = json_next(d, list, v))
		if (str_eq(json_raw(d, v), raw))
			return true;
	return false;
}

/* Both lists without repetition, the survivor's first; `also` (may be empty) behind them. */
static void put_union(struct json_w *w, const char *key, const struct sides *s, struct str also)
{
	uint32_t first = array_member(&s->survivor, key), second = array_member(&s->loser, key);
	if (first == JSON_NONE && second == JSON_NONE && also.n == 0)
		return;
	json_w_key(w, key);
	json_w_array(w);
	for (uint32_t v = json_first(&s->survivor, first); v != JSON_NONE;
	     v = json_next(&s->survivor, first, v))
		json_w_raw(w, json_raw(&s->survivor, v));
	for (uint32_t v = json_first(&s->loser, second); v != JSON_NONE;
	     v = json_next(&s->loser, second, v))
		if (!list_holds(&s->survivor, first, json_raw(&s->loser, v)))
			json_w_raw(w, json_raw(&s->loser, v));
	if (also.n)
		json_w_raw(w, also);
	json_w_end(w);
}

static void put_once(struct json_w *w, const struct sides *s)
{
	const struct json *first = s->loser_older ? &s->loser : &s->survivor;
	const struct json *second = s->loser_older ? &s->survivor : &s->loser;
	for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
		uint32_t v = member(first, once[i]), other = member(second, once[i]);
		if (v != JSON_NONE)
			put_raw(w, once[i], first, v);
		else if (other != JSON_NONE)
			put_raw(w, once[i], second, other);
	}
}

static bool has_rule(struct str key)
{
	for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
		if (str_is(key, once[i]))
			return true;
	for (size_t i = 0; i < sizeof ruled / sizeof ruled[0]; i++)
		if (str_is(key, ruled[i]))
			return true;
	return false;
}

/* Members nobody made a rule for: the survivor's, then what only the loser has. */
static void put_rest(struct json_w *w, const struct sides *s)
{
	const struct json *docs[] = {&s->survivor, &s->loser};
	for (size_t i = 0; i < 2; i++) {
		uint32_t root = docs[i]->count ? 0 : JSON_NONE;
		for (uint32_t v = json_first(docs[i], root); v != JSON_NONE;
		     v = json_next(docs[i], root, v)) {
			struct str key = json_str(docs[i], json_key(docs[i], v), s->a);
			bool there = i == 1 && s->survivor.count &&
				     json_get_str(&s->survivor, 0, key) != JSON_NONE;
			if (has_rule(key) || there)
				continue;
			json_w_key_str(w, key);
			json_w_raw(w, json_raw(docs[i], v));
		}
	}
}

static int64_t traits_us(const struct json *d)
{
	int64_t at = TIME_NONE;
	(void)json_i64(d, member(d, "traits_us"), &at); /* absent: never learnt any */
	return at;
}

static enum status join_profiles(const struct sides *s, uint64_t loser_id, struct str *out,
				 struct err *e)
{
	struct buf b;
	struct json_w w;
	int64_t ours = traits_us(&s->survivor), theirs = traits_us(&s->loser);
	bool loser_wins = theirs > ours;
	char id[24];
	struct buf number = {.p = id, .cap = sizeof id, .bytes_max = sizeof id};
	buf_u64(&number, loser_id);
	buf_init_arena(&b, s->a, PROFILE_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	put_traits(&w, loser_wins ? &s->survivor : &s->loser, loser_wins ? &s->loser : &s->survivor,
		   s->a);
	if (ours != TIME_NONE || theirs != TIME_NONE)
		json_w_ki64(&w, "traits_us", loser_wins ? theirs : ours);
	put_union(&w, "ids", s, STR_NULL);
	put_once(&w, s);
	put_rest(&w, s);
	put_union(&w, "merged", s, buf_view(&number));
	json_w_end(&w);
	if (!buf_ok(&b))
		return err_set(e, ST_LIMIT, "the joined profile would be larger than %u bytes",
			       PROFILE_MAX);
	*out = buf_view(&b);
	return ST_OK;
}

/* ---- lead ---- */

static void join_leads(struct lead *into, const struct lead *loser)
{
	bool both_bots = into->flags & loser->flags & LEAD_BOT;
	bool older = loser->created_us < into->created_us;
	if (loser->entry && (older || !into->entry)) {
		into->entry = loser->entry;
		into->entry_points = loser->entry_points;
	}
	into->flags |= loser->flags & (LEAD_KNOWN | LEAD_DNT);
	if (!both_bots)
		into->flags &= ~(uint32_t)LEAD_BOT;
	into->created_us = older ? loser->created_us : into->created_us;
	if (loser->active_us > into->active_us)
		into->active_us = loser->active_us;
	if (into->flags & LEAD_KNOWN)
		into->ttl_us = TIME_NONE;
	into->events_n += loser->events_n;
}

/* Its timeline stays with it: the survivor's profile names it under "merged". */
static void leave_pointer(struct identity_side *loser, uint64_t survivor, struct str profile)
{
	struct lead *l = &loser->lead;
	l->flags = LEAD_MERGED;
	l->account = survivor;
	l->cells_n = 0;
	l->alarm_us = l->ttl_us = TIME_NONE;
	l->fit_mask = 0;
	l->persona = l->entry = 0;
	l->entry_points = l->fit = l->engagement = l->score = 0;
	l->tier = TIER_COLD;
	loser->profile = profile;
}

/* ---- the record ---- */

static void put_side(struct json_w *w, const char *name, const struct identity_side *side,
		     struct arena *a)
{
	struct buf row, text;
	buf_init_arena(&row, a, ROW_MAX);
	buf_init_arena(&text, a, 2 * ROW_MAX);
	lead_encode(&side->lead, &row);
	base64_encode(buf_view(&row), &text);
	json_w_key(w, name);
	json_w_object(w);
	json_w_key(w, "id");
	json_w_u64(w, side->lead.id);
	json_w_kstr(w, "row", buf_view(&text));
	if (!buf_ok(&row) || !buf_ok(&text))
		w->out->over = true;
	if (side->profile.n) {
		json_w_key(w, "profile");
		json_w_raw(w, side->profile);
	}
	json_w_end(w);
}

static enum status write_record(const struct identity_side *survivor,
				const struct identity_side *loser, const struct identity_merge *m,
				struct arena *a, struct str *out, struct err *e)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, a, 2 * (PROFILE_MAX + 2 * ROW_MAX));
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_key(&w, "seq");
	json_w_u64(&w, m->seq);
	json_w_ki64(&w, "at_us", m->at_us);
	json_w_kstr(&w, "reason", m->reason);
	json_w_kstr(&w, "by", m->by);
	put_side(&w, "survivor", survivor, a);
	put_side(&w, "loser", loser, a);
	json_w_end(&w);
	if (!buf_ok(&b))
		return err_set(e, ST_LIMIT, "the record of a merge would be too large");
	*out = buf_view(&b);
	return ST_OK;
}

enum status identity_merge(struct identity_side *survivor, struct identity_side *loser,
			   const struct identity_merge *m, struct arena *a, struct str *record_r,
			   struct err *e)
{
	struct sides s = {.a = a,
			  .loser_older = loser->lead.created_us < survivor->lead.created_us};
	struct str record, profile;
	ASSERT(survivor->lead.id != loser->lead.id);
	enum status st = parse(survivor->profile, a, &s.survivor, e);
	if (st == ST_OK)
		st = parse(loser->profile, a, &s.loser, e);
	if (st == ST_OK)
		st = write_record(survivor, loser, m, a, &record, e);
	if (st == ST_OK)
		st = join_profiles(&s, loser->lead.id, &profile, e);
	struct str pointer = st == ST_OK ? arena_printf(a, "{\"merged_into\":%llu}",
							(unsigned long long)survivor->lead.id)
					 : STR_NULL;
	if (st == ST_OK && pointer.p == NULL)
		st = err_set(e, ST_LIMIT, "no memory left to join two profiles");
	if (st != ST_OK)
		return st;
	join_leads(&survivor->lead, &loser->lead);
	leave_pointer(loser, survivor->lead.id, pointer);
	survivor->profile = profile;
	*record_r = record;
	return ST_OK;
}

/* ---- reading it back ---- */

static enum status damaged(struct err *e)
{
	return err_set(e, ST_CORRUPT, "the record of a merge cannot be read");
}

static bool get_side(const struct json *d, const char *name, struct arena *a,
		     struct identity_side *out)
{
	struct buf row;
	double id;
	uint64_t lead;
	uint32_t side = json_get(d, 0, name), profile = json_get(d, side, "profile");
	struct str raw_id = json_raw(d, json_get(d, side, "id"));
	buf_init_arena(&row, a, ROW_MAX);
	if (!json_f64(d, json_get(d, side, "id"), &id) || !str_to_u64(raw_id, &lead) ||
	    !base64_decode(json_str(d, json_get(d, side, "row"), a), &row) || !buf_ok(&row))
		return false;
	out->profile = json_is(d, profile, JSON_OBJECT) ? json_raw(d, profile) : STR_NULL;
	return lead_decode(lead, buf_view(&row), a, &out->lead, NULL) == ST_OK;
}

static enum status get_keys(struct identity_split *s, struct arena *a, struct err *e)
{
	struct json d;
	enum status st = parse(s->loser.profile, a, &d, e);
	if (st != ST_OK)
		return st;
	uint32_t ids = member(&d, "ids");
	s->keys = ARENA_ARRAY(a, struct identity_key, json_count(&d, ids) + (size_t)1);
	if (s->keys == NULL)
		return err_set(e, ST_LIMIT, "no memory left for the identifiers of a lead");
	for (uint32_t id = json_first(&d, ids); id != JSON_NONE; id = json_next(&d, ids, id)) {
		uint32_t kind = json_first(&d, id);
		uint32_t value = kind == JSON_NONE ? JSON_NONE : json_next(&d, id, kind);
		uint32_t name = value == JSON_NONE ? JSON_NONE : json_next(&d, id, value);
		struct event_id raw = {.name = json_str(&d, name, a),
				       .value = json_str(&d, value, a)};
		if (!id_kind_of(json_str(&d, kind, a), &raw.kind) ||
		    identity_normalise(NULL, &raw, a, &s->keys[s->keys_n], NULL) != ST_OK)
			return damaged(e);
		s->keys_n++;
	}
	return ST_OK;
}

enum status identity_split(struct str record, struct arena *a, struct identity_split *out,
			   struct err *e)
{
	struct json d;
	struct identity_split s = {.keys_n = 0};
	if (json_parse(record, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK ||
	    !json_is(&d, 0, JSON_OBJECT))
		return damaged(e);
	if (!str_to_u64(json_raw(&d, json_get(&d, 0, "seq")), &s.merge.seq) ||
	    !json_i64(&d, json_get(&d, 0, "at_us"), &s.merge.at_us) ||
	    !get_side(&d, "survivor", a, &s.survivor) || !get_side(&d, "loser", a, &s.loser))
		return damaged(e);
	s.merge.reason = json_str(&d, json_get(&d, 0, "reason"), a);
	s.merge.by = json_str(&d, json_get(&d, 0, "by"), a);
	enum status st = get_keys(&s, a, e);
	if (st == ST_OK)
		*out = s;
	return st;
}
