/* SPDX-License-Identifier: Apache-2.0
 * segment.c: Segment's tracking API as real clients speak it. The content type is not looked at:
 * Rudder's sends its JSON as a form. Each object is walked once and its values are put into slots
 * by a table of names; asking the parser for eighteen names in turn was four times slower. */
#include "base/time.h"
#include "ingest/fact.h"

enum slot {
	S_TYPE,
	S_MESSAGE_ID,
	S_USER_ID,
	S_ANONYMOUS_ID,
	S_PREVIOUS_ID,
	S_GROUP_ID,
	S_EVENT,
	S_NAME,
	S_CATEGORY,
	S_PROPERTIES,
	S_TRAITS,
	S_CONTEXT,
	S_TIMESTAMP,
	S_ORIGINAL_TIMESTAMP,
	S_SENT_AT,
	S_RECEIVED_AT,
	S_BATCH,
	S_WRITE_KEY,
	S_COUNT
};
static const struct str slot_names[S_COUNT] = {
	[S_TYPE] = {"type", 4},
	[S_MESSAGE_ID] = {"messageId", 9},
	[S_USER_ID] = {"userId", 6},
	[S_ANONYMOUS_ID] = {"anonymousId", 11},
	[S_PREVIOUS_ID] = {"previousId", 10},
	[S_GROUP_ID] = {"groupId", 7},
	[S_EVENT] = {"event", 5},
	[S_NAME] = {"name", 4},
	[S_CATEGORY] = {"category", 8},
	[S_PROPERTIES] = {"properties", 10},
	[S_TRAITS] = {"traits", 6},
	[S_CONTEXT] = {"context", 7},
	[S_TIMESTAMP] = {"timestamp", 9},
	[S_ORIGINAL_TIMESTAMP] = {"originalTimestamp", 17},
	[S_SENT_AT] = {"sentAt", 6},
	[S_RECEIVED_AT] = {"receivedAt", 10},
	[S_BATCH] = {"batch", 5},
	[S_WRITE_KEY] = {"writeKey", 8},
};

enum cslot {
	C_PAGE,
	C_CAMPAIGN,
	C_IP,
	C_USER_AGENT,
	C_LOCALE,
	C_TIMEZONE,
	C_TRAITS,
	C_EXTERNAL_IDS,
	C_EXTERNAL_ID,
	C_LOCATION,
	C_GROUP_ID,
	C_SCROLL,
	C_COUNT
};
static const struct str cslot_names[C_COUNT] = {
	[C_PAGE] = {"page", 4},
	[C_CAMPAIGN] = {"campaign", 8},
	[C_IP] = {"ip", 2},
	[C_USER_AGENT] = {"userAgent", 9},
	[C_LOCALE] = {"locale", 6},
	[C_TIMEZONE] = {"timezone", 8},
	[C_TRAITS] = {"traits", 6},
	[C_EXTERNAL_IDS] = {"externalIds", 11},
	[C_EXTERNAL_ID] = {"externalId", 10},
	[C_LOCATION] = {"location", 8},
	[C_GROUP_ID] = {"groupId", 7},
	[C_SCROLL] = {"scroll", 6},
};

struct call {
	const struct ingest_request *r;
	struct arena *a;
	struct json d;
	uint32_t top[S_COUNT];      /* of the request's object */
	uint32_t shared[C_COUNT];   /* of the batch's context */
	struct str last_user_agent; /* batches repeat it: classified once */
	uint32_t last_bot_flags;
	bool browser; /* the sender is the lead's own browser, so its address and agent count */
};

struct item {
	struct call *c;
	uint32_t node;
	size_t index;
	enum ingest_kind kind;
	uint32_t s[S_COUNT], ctx[C_COUNT];
	struct event *ev;
};

/* Fills slots with the values of the object's known keys; null counts as absent. */
static void pick(const struct json *d, uint32_t object, const struct str *names, size_t n,
		 uint32_t *slots)
{
	if (!json_is(d, object, JSON_OBJECT))
		return;
	for (uint32_t v = json_first(d, object); v != JSON_NONE; v = json_next(d, object, v)) {
		struct str key = json_raw(d, json_key(d, v));
		key = str_n(key.p + 1, key.n - 2);
		for (size_t i = 0; i < n; i++) {
			if (!str_eq(names[i], key))
				continue;
			if (json_type(d, v) != JSON_NULL)
				slots[i] = v;
			break;
		}
	}
}

static void clear(uint32_t *slots, size_t n)
{
	for (size_t i = 0; i < n; i++)
		slots[i] = JSON_NONE;
}

static struct str text(const struct item *it, uint32_t node)
{
	return fact_text(&it->c->d, node, it->c->a);
}

/* An object's JSON without white space. PHP writes an empty object as []. */
static enum fault payload(const struct item *it, uint32_t node, enum fault bad, struct str *out)
{
	const struct json *d = &it->c->d;
	if (node == JSON_NONE || (json_is(d, node, JSON_ARRAY) && json_count(d, node) == 0))
		return FAULT_NONE;
	if (!json_is(d, node, JSON_OBJECT))
		return bad;
	if (json_count(d, node) == 0)
		return FAULT_NONE;
	struct str raw = json_raw(d, node);
	if (raw.n > FACT_PAYLOAD_MAX * 2)
		return FAULT_TOO_LARGE;
	*out = fact_compact(raw, it->c->a);
	return out->n ? FAULT_NONE : FAULT_TOO_LARGE;
}

static enum fault read_kind(struct item *it)
{
	static const char *const names[] = {
		[INGEST_TRACK] = "track", [INGEST_IDENTIFY] = "identify",
		[INGEST_PAGE] = "page",   [INGEST_SCREEN] = "screen",
		[INGEST_GROUP] = "group", [INGEST_ALIAS] = "alias",
	};
	enum ingest_kind route = it->c->r->kind;
	struct str type = text(it, it->s[S_TYPE]);
	it->kind = route;
	if (route != INGEST_BATCH)
		return type.n && it->c->r->strict && !str_is(type, names[route]) ? FAULT_WRONG_TYPE
										 : FAULT_NONE;
	if (type.n == 0)
		return FAULT_NO_TYPE;
	for (it->kind = INGEST_TRACK; it->kind <= INGEST_ALIAS; it->kind++)
		if (str_eq_nocase(type, str_of(names[it->kind])))
			return FAULT_NONE;
	return FAULT_UNKNOWN_TYPE;
}

/* [{"id":"..","type":"hubspot"}]: Segment's externalIds and Rudder's externalId. */
static void external_ids(struct item *it, uint32_t list)
{
	const struct json *d = &it->c->d;
	if (!json_is(d, list, JSON_ARRAY))
		return;
	for (uint32_t i = json_first(d, list); i != JSON_NONE; i = json_next(d, list, i)) {
		enum id_kind kind = ID_KEY;
		struct str type = text(it, json_get(d, i, "type"));
		struct str value = text(it, json_get(d, i, "id"));
		if (str_is(type, "user_id") || str_is(type, "userId"))
			kind = ID_USER_ID;
		else if (str_is(type, "anonymous_id") || str_is(type, "anonymousId"))
			kind = ID_ANONYMOUS_ID;
		else if (!id_kind_of(type, &kind) || kind == ID_KEY)
			kind = ID_KEY;
		struct str name = kind == ID_KEY ? event_type_slug(type, it->c->a) : STR_NULL;
		if (kind != ID_KEY || name.n)
			fact_add_id(it->ev, kind, name, value);
	}
}

static enum fault read_ids(struct item *it)
{
	struct event *ev = it->ev;
	struct str user = text(it, it->s[S_USER_ID]), anonymous = text(it, it->s[S_ANONYMOUS_ID]);
	if (user.n > EVENT_ID_VALUE_MAX || anonymous.n > EVENT_ID_VALUE_MAX)
		return FAULT_LONG_ID;
	fact_add_id(ev, ID_USER_ID, STR_NULL, user);
	fact_add_id(ev, ID_ANONYMOUS_ID, STR_NULL, anonymous);
	bool known = ev->ids_n > 0, sound = true;
	fact_add_id(ev, ID_EMAIL, STR_NULL, user);
	if (it->kind != INGEST_GROUP) /* a group's traits are those of the company */
		sound = fact_ids_of(ev, &it->c->d, it->s[S_TRAITS], it->c->a);
	sound = fact_ids_of(ev, &it->c->d, it->ctx[C_TRAITS], it->c->a) && sound;
	/* An address among the properties of a known user may be somebody else's: an invitation. */
	if (user.n == 0)
		sound = fact_ids_of(ev, &it->c->d, it->s[S_PROPERTIES], it->c->a) && sound;
	external_ids(it, it->ctx[C_EXTERNAL_IDS]);
	external_ids(it, it->ctx[C_EXTERNAL_ID]);
	bool strict = it->c->r->strict;
	if (strict ? !known : ev->ids_n == 0)
		return strict || sound ? FAULT_NO_IDENTITY : FAULT_BAD_EMAIL;
	if (strict && !sound)
		return FAULT_BAD_EMAIL;
	ev->group_id = text(it, it->s[S_GROUP_ID]);
	if (ev->group_id.n == 0)
		ev->group_id = text(it, it->ctx[C_GROUP_ID]);
	if (it->kind == INGEST_GROUP && ev->group_id.n == 0)
		return FAULT_NO_GROUP_ID;
	if (it->kind == INGEST_ALIAS) {
		ev->previous_id = text(it, it->s[S_PREVIOUS_ID]);
		return ev->previous_id.n ? FAULT_NONE : FAULT_NO_PREVIOUS_ID;
	}
	return FAULT_NONE;
}

/* Segment keeps a page's category beside its properties; conditions read properties. */
static enum fault add_category(struct item *it)
{
	struct buf b;
	struct json_w w;
	const struct json *d = &it->c->d;
	struct str category = text(it, it->s[S_CATEGORY]), props = it->ev->properties;
	if (category.n == 0 || json_get(d, it->s[S_PROPERTIES], "category") != JSON_NONE)
		return FAULT_NONE;
	buf_init_arena(&b, it->c->a, FACT_PAYLOAD_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kstr(&w, "category", category);
	if (props.n == 0) {
		json_w_end(&w);
	} else {
		buf_byte(&b, ',');
		buf_str(&b, str_slice(props, 1, props.n));
	}
	it->ev->properties = buf_view(&b);
	return buf_ok(&b) ? FAULT_NONE : FAULT_TOO_LARGE;
}

static enum fault read_payload(struct item *it)
{
	struct event *ev = it->ev;
	enum fault f = payload(it, it->s[S_PROPERTIES], FAULT_BAD_PROPERTIES, &ev->properties);
	if (f == FAULT_NONE)
		f = payload(it, it->s[S_TRAITS], FAULT_BAD_TRAITS, &ev->traits);
	if (f == FAULT_NONE && ev->traits.n == 0 && it->kind != INGEST_GROUP)
		f = payload(it, it->ctx[C_TRAITS], FAULT_BAD_TRAITS, &ev->traits);
	return f;
}

static enum fault read_type(struct item *it)
{
	struct event *ev = it->ev;
	switch (it->kind) {
	case INGEST_TRACK:
		ev->name = text(it, it->s[S_EVENT]);
		if (ev->name.n == 0)
			return FAULT_NO_EVENT_NAME;
		ev->type = event_type_slug(fact_cut(ev->name, EVENT_TYPE_MAX), it->c->a);
		return ev->type.n ? FAULT_NONE : FAULT_BAD_EVENT_NAME;
	case INGEST_PAGE:
	case INGEST_SCREEN:
		ev->name = text(it, it->s[S_NAME]);
		if (ev->name.n == 0)
			ev->name = text(it, json_get(&it->c->d, it->s[S_PROPERTIES], "name"));
		ev->type =
			fact_type(it->kind == INGEST_PAGE ? "page" : "screen", ev->name, it->c->a);
		return add_category(it);
	case INGEST_IDENTIFY: ev->type = STR("identify"); return FAULT_NONE;
	case INGEST_GROUP: ev->type = STR("group"); return FAULT_NONE;
	case INGEST_ALIAS: ev->type = STR("alias"); return FAULT_NONE;
	case INGEST_BATCH:
	case INGEST_FORM:
	case INGEST_WEBHOOK:
	case INGEST_MAPPED:
	case INGEST_KIND_COUNT: break;
	}
	return FAULT_UNKNOWN_TYPE;
}

static void read_page(struct item *it)
{
	static const struct str keys[] = {
		{"url", 3}, {"path", 4}, {"referrer", 8}, {"title", 5}, {"search", 6}};
	struct event_page *p = &it->ev->context.page;
	struct str *to[] = {&p->url, &p->path, &p->referrer, &p->title, &p->search};
	uint32_t told[5], props[5];
	clear(told, 5);
	clear(props, 5);
	pick(&it->c->d, it->ctx[C_PAGE], keys, 5, told);
	if (it->kind == INGEST_PAGE) /* a page call says it in its properties */
		pick(&it->c->d, it->s[S_PROPERTIES], keys, 5, props);
	for (size_t i = 0; i < 5; i++)
		*to[i] = text(it, told[i] != JSON_NONE ? told[i] : props[i]);
}

static void read_campaign(struct item *it)
{
	static const struct str keys[] = {
		{"name", 4}, {"source", 6}, {"medium", 6}, {"term", 4}, {"content", 7}};
	struct event_campaign *c = &it->ev->context.campaign;
	struct str *to[] = {&c->name, &c->source, &c->medium, &c->term, &c->content};
	uint32_t told[5];
	clear(told, 5);
	pick(&it->c->d, it->ctx[C_CAMPAIGN], keys, 5, told);
	for (size_t i = 0; i < 5; i++)
		*to[i] = text(it, told[i]);
}

static void read_scroll(struct item *it)
{
	static const struct str keys[] = {{"scroll", 6}, {"scroll_depth", 12}, {"scrollDepth", 11}};
	uint32_t told[3];
	double depth;
	clear(told, 3);
	pick(&it->c->d, it->s[S_PROPERTIES], keys, 3, told);
	uint32_t nodes[] = {it->ctx[C_SCROLL], told[0], told[1], told[2]};
	for (size_t i = 0; i < 4; i++)
		if (json_f64(&it->c->d, nodes[i], &depth) && depth >= 0) {
			it->ev->context.scroll = depth;
			return;
		}
}

static uint32_t bot_flags(struct call *c, struct str user_agent)
{
	if (!str_eq(user_agent, c->last_user_agent)) {
		c->last_user_agent = user_agent;
		c->last_bot_flags = ingest_bot_flags(user_agent);
	}
	return c->last_bot_flags;
}

static void read_context(struct item *it)
{
	struct event_context *c = &it->ev->context;
	const struct ingest_request *r = it->c->r;
	read_page(it);
	read_campaign(it);
	fact_page_from_url(c, it->c->a);
	read_scroll(it);
	c->ip = text(it, it->ctx[C_IP]);
	c->user_agent = text(it, it->ctx[C_USER_AGENT]);
	c->locale = text(it, it->ctx[C_LOCALE]);
	c->timezone = text(it, it->ctx[C_TIMEZONE]);
	if (it->c->browser && c->ip.n == 0)
		c->ip = r->remote_ip;
	if (it->c->browser && c->user_agent.n == 0)
		c->user_agent = r->headers[INGEST_H_USER_AGENT];
	/* What they say of themselves, before where a machine thinks they are. */
	if (it->kind != INGEST_GROUP)
		fact_country_of(it->ev, &it->c->d, it->s[S_TRAITS], it->c->a);
	fact_country_of(it->ev, &it->c->d, it->ctx[C_TRAITS], it->c->a);
	if (c->country.n == 0)
		c->country =
			fact_country(text(it, json_get(&it->c->d, it->ctx[C_LOCATION], "country")));
	it->ev->flags |= bot_flags(it->c, c->user_agent) | fact_request_flags(r);
}

/* ST of one time field: absent is fine and leaves *out. */
static bool instant(const struct item *it, uint32_t node, int64_t *out)
{
	struct str t = text(it, node);
	return t.n == 0 || ingest_time(t, out);
}

/* The sender's clock may be wrong, but it measures intervals well: what happened `sentAt -
 * timestamp` before sending happened as long before receiving. An event that another server has
 * received before us (receivedAt) has been corrected there: its timestamp stands. */
static enum fault read_time(struct item *it)
{
	int64_t at = TIME_NONE, original = TIME_NONE, sent = TIME_NONE, received = TIME_NONE;
	uint32_t sent_node =
		it->s[S_SENT_AT] != JSON_NONE ? it->s[S_SENT_AT] : it->c->top[S_SENT_AT];
	bool fine = instant(it, it->s[S_TIMESTAMP], &at);
	fine = instant(it, it->s[S_ORIGINAL_TIMESTAMP], &original) && fine;
	fine = instant(it, sent_node, &sent) && fine;
	fine = instant(it, it->s[S_RECEIVED_AT], &received) && fine;
	if (!fine && it->c->r->strict)
		return FAULT_BAD_TIMESTAMP;
	if (received == TIME_NONE || at == TIME_NONE) {
		int64_t there = original != TIME_NONE ? original : at;
		int64_t here = received != TIME_NONE ? received : it->ev->received_us;
		at = there;
		if (there != TIME_NONE && sent != TIME_NONE)
			at = here - (sent - there);
	}
	if (at != TIME_NONE) /* none, or not readable: it happened when it came */
		it->ev->occurred_us = at;
	return FAULT_NONE;
}

static enum fault read_message_id(struct item *it)
{
	struct str id = text(it, it->s[S_MESSAGE_ID]);
	if (id.n > 100 && it->c->r->strict)
		return FAULT_LONG_MESSAGE_ID;
	bool timed = it->s[S_TIMESTAMP] != JSON_NONE || it->s[S_ORIGINAL_TIMESTAMP] != JSON_NONE;
	if (id.n == 0)
		id = fact_message_id(json_raw(&it->c->d, it->node), it->index,
				     timed ? 0 : it->c->r->received_us, it->c->a);
	else if (id.n > EVENT_MESSAGE_ID_MAX)
		id = fact_message_id(id, 0, 0, it->c->a);
	it->ev->message_id = id;
	return id.n ? FAULT_NONE : FAULT_TOO_LARGE;
}

/* The parts of an event, in order; the first fault ends it. */
static enum fault (*const parts[])(struct item *it) = {
	read_kind, read_ids, read_payload, read_type, read_time, read_message_id,
};

static enum fault decode_item(struct item *it)
{
	const struct json *d = &it->c->d;
	if (!json_is(d, it->node, JSON_OBJECT))
		return FAULT_NOT_OBJECT;
	if (json_raw(d, it->node).n > INGEST_CALL_BYTES_MAX)
		return FAULT_TOO_LARGE;
	clear(it->s, S_COUNT);
	pick(d, it->node, slot_names, S_COUNT, it->s);
	for (size_t i = 0; i < C_COUNT; i++)
		it->ctx[i] = it->c->shared[i];
	if (it->s[S_CONTEXT] != JSON_NONE && !json_is(d, it->s[S_CONTEXT], JSON_OBJECT) &&
	    it->c->r->strict)
		return FAULT_BAD_CONTEXT;
	pick(d, it->s[S_CONTEXT], cslot_names, C_COUNT, it->ctx);
	fact_begin(it->ev, it->c->r);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		enum fault f = parts[i](it);
		if (f != FAULT_NONE)
			return f;
	}
	read_context(it);
	return fact_finish(it->ev);
}

static enum status decode_items(struct call *c, uint32_t list, struct ingest_result *out,
				struct err *e)
{
	size_t n = list == JSON_NONE ? 1 : json_count(&c->d, list);
	uint32_t node = list == JSON_NONE ? 0 : json_first(&c->d, list);
	out->events = ARENA_ARRAY(c->a, struct event, n ? n : 1);
	if (out->events == NULL)
		return err_set(e, ST_LIMIT, "no room for %zu events; send smaller batches", n);
	for (size_t i = 0; i < n; i++) {
		struct item it = {
			.c = c, .node = node, .index = i, .ev = &out->events[out->events_n]};
		enum fault f = decode_item(&it);
		if (f == FAULT_NONE)
			out->events_n++;
		else if (!fact_refuse(out, c->a, i, n - i, f, json_raw(&c->d, node)))
			return err_set(e, ST_LIMIT,
				       "no room for the refusals; send smaller batches");
		if (list != JSON_NONE)
			node = json_next(&c->d, list, node);
	}
	return ST_OK;
}

enum status segment_decode(const struct ingest_request *r, struct arena *a,
			   struct ingest_result *out, struct err *e)
{
	static const struct json_limits limits = {.depth_max = 32, .tokens_max = 131072};
	struct call c = {.r = r, .a = a, .browser = fact_from_browser(r)};
	struct str body = r->body;
	if (str_starts(body, STR("\xef\xbb\xbf")))
		body = str_slice(body, 3, body.n);
	if (str_trim(body).n == 0)
		return err_set(e, ST_INVALID, "the body is empty; send one JSON object");
	enum status st = json_parse(body, limits, a, &c.d, e);
	if (st != ST_OK)
		return st;
	if (!json_is(&c.d, 0, JSON_OBJECT))
		return err_set(e, ST_INVALID,
			       "the body is not a JSON object; send {\"type\":...} or "
			       "{\"batch\":[...]}");
	clear(c.top, S_COUNT);
	clear(c.shared, C_COUNT);
	pick(&c.d, 0, slot_names, S_COUNT, c.top);
	out->write_key = fact_text(&c.d, c.top[S_WRITE_KEY], a);
	if (r->kind != INGEST_BATCH)
		return decode_items(&c, JSON_NONE, out, e);
	if (!json_is(&c.d, c.top[S_BATCH], JSON_ARRAY))
		return err_set(e, ST_INVALID,
			       "a batch without its list of events; send {\"batch\":[...]}");
	if (json_count(&c.d, c.top[S_BATCH]) > INGEST_BATCH_ITEMS_MAX)
		return err_set(e, ST_LIMIT,
			       "the batch has %u events and %d are allowed; send it in parts",
			       json_count(&c.d, c.top[S_BATCH]), INGEST_BATCH_ITEMS_MAX);
	pick(&c.d, c.top[S_CONTEXT], cslot_names, C_COUNT, c.shared);
	return decode_items(&c, c.top[S_BATCH], out, e);
}
