/* SPDX-License-Identifier: Apache-2.0
 * event.c: the stored form is JSON on purpose: an operator can read the log with sqlite3 and jq,
 * an erasure can be checked by eye, and the strict reader costs half a microsecond. */
#include "model/event.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/time.h"
#include "model/tier.h"

static const struct {
	const char *wire;
	char byte;
	enum id_strength strength;
} kinds[ID_KIND_COUNT] = {
#define ID_KIND(name, wire, byte, strength) [ID_##name] = {wire, byte, ID_STRENGTH_##strength},
#include "model/id_kind.def"
#undef ID_KIND
};

const char *id_kind_name(enum id_kind k)
{
	ASSERT(k < ID_KIND_COUNT);
	return kinds[k].wire;
}

bool id_kind_of(struct str wire, enum id_kind *out)
{
	for (size_t k = 0; k < ID_KIND_COUNT; k++) {
		if (!str_is(wire, kinds[k].wire))
			continue;
		*out = (enum id_kind)k;
		return true;
	}
	return false;
}

char id_kind_byte(enum id_kind k)
{
	ASSERT(k < ID_KIND_COUNT);
	return kinds[k].byte;
}

enum id_strength id_kind_strength(enum id_kind k)
{
	ASSERT(k < ID_KIND_COUNT);
	return kinds[k].strength;
}

static const char *const tiers[TIER_COUNT] = {
#define TIER(name, wire) [TIER_##name] = wire,
#include "model/tier.def"
#undef TIER
};

const char *tier_name(enum tier t)
{
	ASSERT(t < TIER_COUNT);
	return tiers[t];
}

bool tier_of(struct str wire, enum tier *out)
{
	for (size_t t = 0; t < TIER_COUNT; t++) {
		if (!str_is(wire, tiers[t]))
			continue;
		*out = (enum tier)t;
		return true;
	}
	return false;
}

bool event_add_id(struct event *ev, enum id_kind kind, struct str name, struct str value)
{
	if (ev->ids_n == EVENT_IDS_MAX || value.n == 0 || value.n > EVENT_ID_VALUE_MAX ||
	    name.n > EVENT_TYPE_MAX)
		return false;
	ev->ids[ev->ids_n++] = (struct event_id){kind, name, value};
	return true;
}

struct str event_id_value(const struct event *ev, enum id_kind kind)
{
	for (size_t i = 0; i < ev->ids_n; i++)
		if (ev->ids[i].kind == kind)
			return ev->ids[i].value;
	return STR_NULL;
}

/* The context's text fields: one table behind encode and decode. */
static const struct {
	struct str key;
	size_t offset;
} context_fields[] = {
	{{"url", 3}, offsetof(struct event_context, page.url)},
	{{"path", 4}, offsetof(struct event_context, page.path)},
	{{"referrer", 8}, offsetof(struct event_context, page.referrer)},
	{{"title", 5}, offsetof(struct event_context, page.title)},
	{{"search", 6}, offsetof(struct event_context, page.search)},
	{{"utm_campaign", 12}, offsetof(struct event_context, campaign.name)},
	{{"utm_source", 10}, offsetof(struct event_context, campaign.source)},
	{{"utm_medium", 10}, offsetof(struct event_context, campaign.medium)},
	{{"utm_term", 8}, offsetof(struct event_context, campaign.term)},
	{{"utm_content", 11}, offsetof(struct event_context, campaign.content)},
	{{"ip", 2}, offsetof(struct event_context, ip)},
	{{"ua", 2}, offsetof(struct event_context, user_agent)},
	{{"locale", 6}, offsetof(struct event_context, locale)},
	{{"tz", 2}, offsetof(struct event_context, timezone)},
	{{"country", 7}, offsetof(struct event_context, country)},
};
#define CONTEXT_FIELDS (sizeof context_fields / sizeof context_fields[0])

static struct str *context_field(const struct event_context *c, size_t i)
{
	return (struct str *)((char *)(uintptr_t)c + context_fields[i].offset);
}

static void put_text(struct json_w *w, const char *key, struct str s)
{
	if (s.n)
		json_w_kstr(w, key, s);
}

/* A key as it stands between its quotes: ours have no escapes. */
static struct str plain_key(const struct json *d, uint32_t value)
{
	struct str raw = json_raw(d, json_key(d, value));
	return str_n(raw.p + 1, raw.n - 2);
}

static void put_ids(struct json_w *w, const struct event *ev)
{
	json_w_key(w, "ids");
	json_w_array(w);
	for (size_t i = 0; i < ev->ids_n; i++) {
		json_w_array(w);
		json_w_z(w, id_kind_name(ev->ids[i].kind));
		json_w_str(w, ev->ids[i].value);
		if (ev->ids[i].name.n)
			json_w_str(w, ev->ids[i].name);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_context(struct json_w *w, const struct event_context *c)
{
	json_w_key(w, "ctx");
	json_w_object(w);
	for (size_t i = 0; i < CONTEXT_FIELDS; i++)
		put_text(w, context_fields[i].key.p, *context_field(c, i));
	if (c->scroll >= 0)
		json_w_kf64(w, "scroll", c->scroll);
	json_w_end(w);
}

size_t event_bytes_max(uint32_t flags)
{
	return flags & EVENT_SYSTEM ? EVENT_OWN_BYTES_MAX : EVENT_BYTES_MAX;
}

enum status event_encode(const struct event *ev, struct buf *out, struct err *e)
{
	size_t from = out->n;
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kstr(&w, "type", ev->type);
	put_text(&w, "name", ev->name);
	json_w_ki64(&w, "at", ev->occurred_us);
	if (ev->ids_n)
		put_ids(&w, ev);
	put_text(&w, "prev", ev->previous_id);
	put_text(&w, "group", ev->group_id);
	put_context(&w, &ev->context);
	if (ev->properties.n) {
		json_w_key(&w, "props");
		json_w_raw(&w, ev->properties);
	}
	if (ev->traits.n) {
		json_w_key(&w, "traits");
		json_w_raw(&w, ev->traits);
	}
	if (ev->flags)
		json_w_ki64(&w, "flags", ev->flags);
	json_w_end(&w);
	if (buf_ok(out) && out->n - from <= event_bytes_max(ev->flags))
		return ST_OK;
	out->n = from;
	return err_set(
		e, ST_LIMIT,
		"event is larger than %zu bytes, or the request has no room left for it; send "
		"less in properties, traits or one batch",
		event_bytes_max(ev->flags));
}

static enum status get_ids(const struct json *d, uint32_t ids, struct arena *a, struct event *out,
			   struct err *e)
{
	for (uint32_t i = json_first(d, ids); i != JSON_NONE; i = json_next(d, ids, i)) {
		enum id_kind kind;
		uint32_t k = json_first(d, i);
		uint32_t v = k == JSON_NONE ? JSON_NONE : json_next(d, i, k);
		uint32_t n = v == JSON_NONE ? JSON_NONE : json_next(d, i, v);
		if (v == JSON_NONE || !id_kind_of(json_str(d, k, a), &kind) ||
		    !event_add_id(out, kind, json_str(d, n, a), json_str(d, v, a)))
			return err_set(e, ST_CORRUPT, "stored event: its ids cannot be read");
	}
	return ST_OK;
}

static void get_context(const struct json *d, uint32_t ctx, struct arena *a,
			struct event_context *c)
{
	if (!json_is(d, ctx, JSON_OBJECT))
		return;
	for (uint32_t v = json_first(d, ctx); v != JSON_NONE; v = json_next(d, ctx, v)) {
		struct str key = plain_key(d, v);
		if (str_is(key, "scroll"))
			(void)json_f64(d, v, &c->scroll); /* absent or odd: stays unknown */
		for (size_t i = 0; i < CONTEXT_FIELDS; i++)
			if (str_eq(key, context_fields[i].key)) {
				*context_field(c, i) = json_str(d, v, a);
				break;
			}
	}
}

/* The keys of the stored object, found in one walk. */
enum part {
	PART_TYPE,
	PART_NAME,
	PART_AT,
	PART_IDS,
	PART_PREV,
	PART_GROUP,
	PART_CTX,
	PART_PROPS,
	PART_TRAITS,
	PART_FLAGS,
	PART_COUNT
};
static const struct str part_names[PART_COUNT] = {
	[PART_TYPE] = {"type", 4},   [PART_NAME] = {"name", 4},   [PART_AT] = {"at", 2},
	[PART_IDS] = {"ids", 3},     [PART_PREV] = {"prev", 4},   [PART_GROUP] = {"group", 5},
	[PART_CTX] = {"ctx", 3},     [PART_PROPS] = {"props", 5}, [PART_TRAITS] = {"traits", 6},
	[PART_FLAGS] = {"flags", 5},
};

static void find_parts(const struct json *d, uint32_t part[PART_COUNT])
{
	for (size_t i = 0; i < PART_COUNT; i++)
		part[i] = JSON_NONE;
	if (!json_is(d, 0, JSON_OBJECT))
		return;
	for (uint32_t v = json_first(d, 0); v != JSON_NONE; v = json_next(d, 0, v)) {
		struct str key = plain_key(d, v);
		for (size_t i = 0; i < PART_COUNT; i++)
			if (str_eq(key, part_names[i])) {
				part[i] = v;
				break;
			}
	}
}

static struct str object_of(const struct json *d, uint32_t node)
{
	return json_is(d, node, JSON_OBJECT) ? json_raw(d, node) : STR_NULL;
}

enum status event_decode(struct str text, struct arena *a, struct event *out, struct err *e)
{
	struct json d;
	uint32_t part[PART_COUNT];
	int64_t flags = 0;
	*out = (struct event){.context.scroll = -1};
	if (json_parse(text, JSON_LIMITS_EVENT, a, &d, e) != ST_OK)
		return err_set(e, ST_CORRUPT, "stored event is not JSON any more");
	find_parts(&d, part);
	out->type = json_str(&d, part[PART_TYPE], a);
	if (out->type.n == 0 || !json_i64(&d, part[PART_AT], &out->occurred_us))
		return err_set(e, ST_CORRUPT, "stored event has no type or no time");
	enum status st = get_ids(&d, part[PART_IDS], a, out, e);
	if (st != ST_OK)
		return st;
	out->name = json_str(&d, part[PART_NAME], a);
	out->previous_id = json_str(&d, part[PART_PREV], a);
	out->group_id = json_str(&d, part[PART_GROUP], a);
	get_context(&d, part[PART_CTX], a, &out->context);
	out->properties = object_of(&d, part[PART_PROPS]);
	out->traits = object_of(&d, part[PART_TRAITS]);
	(void)json_i64(&d, part[PART_FLAGS], &flags); /* absent: none */
	out->flags = (uint32_t)flags;
	return ST_OK;
}

static bool type_ok(struct str t)
{
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
			    c == '-' || c >= 0x80;
		if (!word && !(c == '.' && i > 0 && i + 1 < t.n && t.p[i - 1] != '.'))
			return false;
	}
	return t.n > 0 && t.n <= EVENT_TYPE_MAX;
}

enum status event_check(const struct event *ev, struct err *e)
{
	if (!type_ok(ev->type))
		return err_set(e, ST_INVALID,
			       "event type \"" STR_FMT
			       "\" is not a dotted lower-case name of 1 to %d bytes",
			       STR_ARG(str_slice(ev->type, 0, 40)), EVENT_TYPE_MAX);
	if (ev->message_id.n == 0 || ev->message_id.n > EVENT_MESSAGE_ID_MAX)
		return err_set(e, ST_INVALID, "messageId is missing or longer than %d bytes",
			       EVENT_MESSAGE_ID_MAX);
	if (ev->source.n == 0 || ev->source.n > EVENT_SOURCE_MAX)
		return err_set(e, ST_INVALID, "source is missing or longer than %d bytes",
			       EVENT_SOURCE_MAX);
	if (ev->occurred_us < -62135596800 * US_PER_S ||
	    ev->occurred_us > INT64_C(253402300799) * US_PER_S)
		return err_set(e, ST_INVALID, "timestamp is outside the years 0001 to 9999");
	if (ev->received_us != 0 && ev->occurred_us > ev->received_us)
		return err_set(e, ST_INVALID, "the event happened after it was received");
	return ST_OK;
}

struct str event_type_slug(struct str name, struct arena *a)
{
	char *out = arena_alloc(a, name.n + 1);
	size_t n = 0;
	if (out == NULL)
		return STR_NULL;
	for (size_t i = 0; i < name.n && n < EVENT_TYPE_MAX; i++) {
		char c = name.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
			    (unsigned char)c >= 0x80;
		char put = keep ? c : c == '.' ? '.' : '_';
		bool joint = put == '_' || put == '.';
		if (joint && (n == 0 || out[n - 1] == '_' || out[n - 1] == '.')) {
			if (put == '.' && n && out[n - 1] == '_')
				out[n - 1] = '.';
			continue;
		}
		out[n++] = put;
	}
	while (n && (out[n - 1] == '_' || out[n - 1] == '.'))
		n--;
	while (n && !str_utf8_valid(str_n(out, n)))
		n--;
	return str_n(out, n);
}

static bool has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool c1 = c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;
		if (c < ' ' || c == 0x7f || c1)
			return true;
	}
	return false;
}

enum status event_type_named(struct str name, struct arena *a, struct str *out, struct err *e)
{
	struct str slug = event_type_slug(name, a);
	if (has_controls(name) || !str_utf8_valid(name))
		return err_set(e, ST_INVALID,
			       "the event type is a name without control "
			       "characters, for example form.demo");
	if (name.n > EVENT_TYPE_MAX || !type_ok(slug))
		return err_set(e, ST_INVALID,
			       "the event type is a name with letters or digits, at most %d bytes, "
			       "for example form.demo",
			       EVENT_TYPE_MAX);
	*out = slug;
	return ST_OK;
}
