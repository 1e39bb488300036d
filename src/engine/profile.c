/* SPDX-License-Identifier: Apache-2.0
 * profile.c: rewriting JSON text key by key. Profiles change seldom (identify, form, import), so
 * clarity wins over speed here; the hot path never opens a profile it does not need. */
#include "engine/profile.h"

#include "base/assert.h"
#include "base/time.h"

#define TRAITS_MAX 512

static enum status too_big(struct err *e)
{
	return err_set(e, ST_LIMIT, "profile would grow past %u bytes; send fewer traits",
		       PROFILE_BYTES_MAX);
}

enum status profile_traits(const struct profile_join *join, struct arena *a, struct str *out,
			   struct err *e)
{
	const struct json *base = join->base;
	uint32_t base_node = join->node;
	bool only_missing = join->only_missing;
	struct json d = {.count = 0};
	struct buf b;
	struct json_w w;
	if (join->over.n) {
		enum status st = json_parse(join->over, JSON_LIMITS_EVENT, a, &d, e);
		if (st != ST_OK)
			return st;
	}
	buf_init_arena(&b, a, PROFILE_BYTES_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	/* What is there keeps its place, with its new value; new keys come behind. */
	size_t kept = 0;
	for (uint32_t v = json_first(base, base_node); v != JSON_NONE;
	     v = json_next(base, base_node, v)) {
		struct str key = json_str(base, json_key(base, v), a);
		uint32_t new = only_missing ? JSON_NONE : json_get_str(&d, 0, key);
		if (new != JSON_NONE && json_is(&d, new, JSON_NULL))
			continue;
		json_w_key_str(&w, key);
		json_w_raw(&w, new != JSON_NONE ? json_raw(&d, new) : json_raw(base, v));
		kept++;
	}
	for (uint32_t v = json_first(&d, 0); v != JSON_NONE && kept < TRAITS_MAX;
	     v = json_next(&d, 0, v)) {
		struct str key = json_str(&d, json_key(&d, v), a);
		if (json_is(&d, v, JSON_NULL) || json_get_str(base, base_node, key) != JSON_NONE)
			continue;
		json_w_key_str(&w, key);
		json_w_raw(&w, json_raw(&d, v));
		kept++;
	}
	json_w_end(&w);
	if (!buf_ok(&b))
		return too_big(e);
	*out = buf_view(&b);
	return ST_OK;
}

enum status profile_with(const struct json *doc, const char *key, struct str raw, struct arena *a,
			 struct str *out, struct err *e)
{
	struct buf b;
	struct json_w w;
	bool done = raw.n == 0;
	buf_init_arena(&b, a, PROFILE_BYTES_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	for (uint32_t v = json_first(doc, 0); v != JSON_NONE; v = json_next(doc, 0, v)) {
		struct str k = json_str(doc, json_key(doc, v), a);
		bool hit = str_is(k, key);
		if (hit && raw.n == 0)
			continue;
		json_w_key_str(&w, k);
		json_w_raw(&w, hit ? raw : json_raw(doc, v));
		done = done || hit;
	}
	if (!done) {
		json_w_key(&w, key);
		json_w_raw(&w, raw);
	}
	json_w_end(&w);
	if (!buf_ok(&b))
		return too_big(e);
	*out = buf_view(&b);
	return ST_OK;
}

bool profile_id(const struct json *doc, size_t i, struct arena *a, struct profile_id *out)
{
	uint32_t ids = json_get(doc, 0, "ids"), v = json_first(doc, ids);
	for (; i > 0 && v != JSON_NONE; i--)
		v = json_next(doc, ids, v);
	if (v == JSON_NONE)
		return false;
	uint32_t kind = json_first(doc, v);
	uint32_t value = kind == JSON_NONE ? JSON_NONE : json_next(doc, v, kind);
	uint32_t name = value == JSON_NONE ? JSON_NONE : json_next(doc, v, value);
	if (!id_kind_of(json_str(doc, kind, a), &out->kind))
		return false;
	out->value = json_str(doc, value, a);
	out->name = json_str(doc, name, a);
	return true;
}

static bool has_id(const struct json *doc, const struct profile_id *id, struct arena *a)
{
	struct profile_id have;
	for (size_t i = 0; profile_id(doc, i, a, &have); i++)
		if (have.kind == id->kind && str_eq(have.value, id->value) &&
		    str_eq(have.name, id->name))
			return true;
	return false;
}

static void put_id(struct json_w *w, const struct profile_id *id)
{
	json_w_array(w);
	json_w_z(w, id_kind_name(id->kind));
	json_w_str(w, id->value);
	if (id->name.n)
		json_w_str(w, id->name);
	json_w_end(w);
}

/* Old identifiers, then the new ones; at the ceiling the list stops growing: the identity table
 * is the truth, this list serves display, merge and split. */
static bool put_ids(struct json_w *w, const struct json *old, const struct profile_id *ids,
		    size_t n, struct arena *a)
{
	uint32_t list = json_get(old, 0, "ids");
	size_t count = json_count(old, list);
	bool grew = false;
	json_w_key(w, "ids");
	json_w_array(w);
	for (uint32_t v = json_first(old, list); v != JSON_NONE; v = json_next(old, list, v))
		json_w_raw(w, json_raw(old, v));
	for (size_t i = 0; i < n && count < PROFILE_IDS_MAX; i++) {
		if (has_id(old, &ids[i], a))
			continue;
		put_id(w, &ids[i]);
		count++;
		grew = true;
	}
	json_w_end(w);
	return grew;
}

/* First-touch text: kept when there, else taken from the event. */
static bool put_first(struct json_w *w, const struct json *old, const char *key, struct str value)
{
	uint32_t have = json_get(old, 0, key);
	if (have != JSON_NONE) {
		json_w_key(w, key);
		json_w_raw(w, json_raw(old, have));
		return false;
	}
	if (value.n == 0)
		return false;
	json_w_kstr(w, key, value);
	return true;
}

static struct str text_of(struct str object, const char *key, struct arena *a)
{
	struct json d;
	if (object.n == 0 || json_parse(object, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK)
		return STR_NULL;
	return json_str(&d, json_get(&d, 0, key), a);
}

static bool put_campaign(struct json_w *w, const struct json *old, const struct event_campaign *c)
{
	uint32_t have = json_get(old, 0, "campaign");
	bool any = c->name.n || c->source.n || c->medium.n || c->term.n || c->content.n;
	if (have != JSON_NONE) {
		json_w_key(w, "campaign");
		json_w_raw(w, json_raw(old, have));
		return false;
	}
	if (!any)
		return false;
	json_w_key(w, "campaign");
	json_w_object(w);
	const struct {
		const char *key;
		struct str value;
	} parts[] = {{"name", c->name},
		     {"source", c->source},
		     {"medium", c->medium},
		     {"term", c->term},
		     {"content", c->content}};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i].value.n)
			json_w_kstr(w, parts[i].key, parts[i].value);
	json_w_end(w);
	return true;
}

/* Where the person lives decides which rule of consent holds, so what they last said of themselves
 * replaces what was first seen; where an event came from only fills a gap. */
static bool put_country(struct json_w *w, const struct json *old, const struct event *ev, bool late,
			struct arena *a)
{
	static const char *const keys[] = {"country_code", "country"};
	struct str said = STR_NULL, had = json_str(old, json_get(old, 0, "country"), a);
	for (size_t i = 0; i < 2 && said.n == 0; i++)
		said = text_of(ev->traits, keys[i], a);
	if (said.n && ev->context.country.n)
		said = ev->context.country; /* the same, as a code */
	if (said.n != 2 || str_eq(said, had) || (late && had.n))
		return put_first(w, old, "country", ev->context.country);
	json_w_kstr(w, "country", said);
	return true;
}

static bool put_first_touch(struct json_w *w, const struct json *old, const struct event *ev,
			    bool late, struct arena *a)
{
	struct str asset = text_of(ev->properties, "asset", a);
	struct str source = text_of(ev->traits, "source", a);
	bool changed = put_first(w, old, "source", source.n ? source : ev->source);
	changed |= put_first(w, old, "asset", asset.n ? asset : text_of(ev->traits, "asset", a));
	changed |= put_campaign(w, old, &ev->context.campaign);
	changed |= put_country(w, old, ev, late, a);
	changed |= put_first(w, old, "tz", ev->context.timezone);
	changed |= put_first(w, old, "first_url", ev->context.page.url);
	changed |= put_first(w, old, "referrer", ev->context.page.referrer);
	changed |= put_first(w, old, "merged", STR_NULL);
	return changed;
}

enum status profile_fold(const struct json *old, const struct profile_news *news, struct arena *a,
			 struct str *out, struct err *e)
{
	const struct event *ev = news->ev;
	struct buf b;
	struct json_w w;
	int64_t traits_us = TIME_NONE;
	bool has_traits = ev->traits.n > 2 && !str_is(ev->type, "group"), late = false;
	(void)json_i64(old, json_get(old, 0, "traits_us"), &traits_us); /* absent: none yet */
	uint32_t node = json_get(old, 0, "traits");
	struct str traits = json_raw(old, node);
	if (has_traits) {
		late = traits_us != TIME_NONE && ev->occurred_us < traits_us;
		struct profile_join join = {old, node, ev->traits, late};
		enum status st = profile_traits(&join, a, &traits, e);
		if (st != ST_OK)
			return st;
		if (!late)
			traits_us = ev->occurred_us;
	}
	buf_init_arena(&b, a, PROFILE_BYTES_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	if (traits.n) {
		json_w_key(&w, "traits");
		json_w_raw(&w, traits);
	}
	if (traits_us != TIME_NONE)
		json_w_ki64(&w, "traits_us", traits_us);
	bool changed = put_ids(&w, old, news->ids, news->ids_n, a);
	changed |= put_first_touch(&w, old, ev, late, a);
	json_w_end(&w);
	if (!buf_ok(&b))
		return too_big(e);
	if (changed || has_traits)
		*out = buf_view(&b);
	return ST_OK;
}
