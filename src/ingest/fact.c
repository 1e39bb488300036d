/* SPDX-License-Identifier: Apache-2.0
 * fact.c: one place for what a field may look like, so that a form and a Segment call from the same
 * person give the same identifiers, page and campaign. Texts are cut, never refused: a title of
 * three kilobytes is no reason to lose a lead. Payloads are refused, never cut: half a JSON object
 * is a lie. */
#include "ingest/fact.h"

#include "base/assert.h"
#include "base/crypto.h"

static const struct {
	const char *code, *param, *message, *fix;
	enum status status;
} faults[FAULT_COUNT] = {
	[FAULT_NOT_OBJECT] = {"not_an_object", "", "the item is not a JSON object",
			      "send {\"type\":\"track\",...}", ST_INVALID},
	[FAULT_TOO_LARGE] = {"event_too_large", "",
			     "the event is larger than 32 KB, or its properties and traits are",
			     "send less in properties, traits or context.traits", ST_LIMIT},
	[FAULT_NO_TYPE] = {"no_type", "type", "an item of a batch has no type",
			   "add \"type\": one of identify, track, page, screen, group, alias",
			   ST_INVALID},
	[FAULT_UNKNOWN_TYPE] = {"unknown_type", "type", "the type is not known",
				"use one of identify, track, page, screen, group, alias",
				ST_INVALID},
	[FAULT_WRONG_TYPE] = {"wrong_type", "type", "the type is not that of the address",
			      "send it to /v1/<type>, or to /v1/batch", ST_INVALID},
	[FAULT_NO_IDENTITY] = {"no_identity", "userId",
			       "neither userId nor anonymousId says whose event it is",
			       "add userId (your id of the person) or anonymousId (of the device)",
			       ST_INVALID},
	[FAULT_NO_EVENT_NAME] = {"no_event_name", "event", "a track call has no event name",
				 "add \"event\": \"Signed Up\"", ST_INVALID},
	[FAULT_BAD_EVENT_NAME] = {"bad_event_name", "event",
				  "nothing of the event name is a letter or a digit",
				  "name it like \"Signed Up\"", ST_INVALID},
	[FAULT_NO_GROUP_ID] = {"no_group_id", "groupId", "a group call has no groupId",
			       "add groupId: your id or the domain of the company", ST_INVALID},
	[FAULT_NO_PREVIOUS_ID] = {"no_previous_id", "previousId", "an alias call has no previousId",
				  "add previousId: the id the person had before", ST_INVALID},
	[FAULT_BAD_PROPERTIES] = {"bad_properties", "properties", "properties is not an object",
				  "send \"properties\": {...} or leave it out", ST_INVALID},
	[FAULT_BAD_TRAITS] = {"bad_traits", "traits", "traits is not an object",
			      "send \"traits\": {...} or leave it out", ST_INVALID},
	[FAULT_BAD_CONTEXT] = {"bad_context", "context", "context is not an object",
			       "send \"context\": {...} or leave it out", ST_INVALID},
	[FAULT_BAD_TIMESTAMP] = {"bad_timestamp", "timestamp",
				 "a timestamp is not a time in the years 0001 to 9999",
				 "send ISO 8601 with a zone: 2026-11-21T07:00:00.000Z", ST_INVALID},
	[FAULT_LONG_ID] = {"id_too_long", "userId", "an identifier is longer than 512 bytes",
			   "send a shorter identifier", ST_INVALID},
	[FAULT_LONG_MESSAGE_ID] = {"message_id_too_long", "messageId",
				   "messageId is longer than 100 bytes",
				   "send a UUID, the same one on every retry", ST_INVALID},
	[FAULT_BAD_EMAIL] = {"bad_email", "email", "the e-mail field holds no address",
			     "ask for it again; it looks like name@company.com", ST_INVALID},
	[FAULT_BAD_EVENT] = {"bad_event", "", "the event breaks a rule of the stored form",
			     "check its type, messageId and timestamp", ST_INVALID},
	[FAULT_NOT_AS_MAPPED] = {"not_as_mapped", "", "the item is not what its map says",
				 "mend the member, or the map in settings.json", ST_INVALID},
};

const char *fact_fault_text(enum fault why)
{
	ASSERT(why > FAULT_NONE && why < FAULT_COUNT);
	return faults[why].message;
}

bool fact_refuse(struct ingest_result *res, struct arena *a, size_t index, size_t left,
		 enum fault why, struct str raw)
{
	ASSERT(why > FAULT_NONE && why < FAULT_COUNT && left > 0);
	if (res->refused == NULL)
		res->refused = ARENA_ARRAY(a, struct ingest_refusal, left);
	if (res->refused == NULL)
		return false;
	res->refused[res->refused_n++] = (struct ingest_refusal){
		.index = index,
		.status = faults[why].status,
		.code = faults[why].code,
		.param = str_of(faults[why].param),
		.message = str_of(faults[why].message),
		.fix = str_of(faults[why].fix),
		.raw = raw,
	};
	return true;
}

void fact_begin(struct event *ev, const struct ingest_request *r)
{
	*ev = (struct event){
		.source = r->source,
		.occurred_us = r->received_us,
		.received_us = r->received_us,
		.context.scroll = -1,
	};
}

/* A context text with control characters is no text; without them every text grows by its quotes
 * and backslashes at most when it is stored, so that an event keeps below EVENT_BYTES_MAX. */
static struct str context_text(struct str s, size_t bytes_max)
{
	s = fact_cut(s, bytes_max);
	for (size_t i = str_plain_run(s); i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ')
			return STR_NULL;
	return s;
}

static void cut_context(struct event_context *c)
{
	struct str *urls[] = {&c->page.url, &c->page.referrer};
	struct str *texts[] = {&c->page.title,      &c->campaign.name, &c->campaign.source,
			       &c->campaign.medium, &c->campaign.term, &c->campaign.content,
			       &c->user_agent,      &c->locale,        &c->timezone};
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
		*urls[i] = context_text(*urls[i], FACT_URL_MAX);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = context_text(*texts[i], FACT_TEXT_MAX);
	c->page.path = context_text(c->page.path, FACT_URL_MAX / 2);
	c->page.search = context_text(c->page.search, FACT_URL_MAX / 2);
	if (!fact_is_ip(c->ip))
		c->ip = STR_NULL;
	if (c->scroll > 100)
		c->scroll = 100;
}

enum fault fact_finish(struct event *ev)
{
	struct err e;
	if (ev->properties.n + ev->traits.n > FACT_PAYLOAD_MAX)
		return FAULT_TOO_LARGE;
	if (ev->group_id.n > EVENT_ID_VALUE_MAX || ev->previous_id.n > EVENT_ID_VALUE_MAX)
		return FAULT_LONG_ID;
	if (ev->occurred_us > ev->received_us)
		ev->occurred_us = ev->received_us;
	ev->name = fact_cut(ev->name, FACT_NAME_MAX);
	cut_context(&ev->context);
	struct str source = ev->source;
	if (source.n == 0)
		ev->source = STR("unknown"); /* ingest_set_source will tell */
	bool sound = event_check(ev, &e) == ST_OK;
	ev->source = source;
	return sound ? FAULT_NONE : FAULT_BAD_EVENT;
}

struct str fact_cut(struct str s, size_t bytes_max)
{
	return str_upto(str_trim(s), bytes_max);
}

struct str fact_canonical(struct str name, char room[64])
{
	size_t n = 0, open = str_find_byte(name, '[');
	if (open > 0 && open + 2 < name.n && name.p[name.n - 1] == ']')
		name = str_slice(name, open + 1, name.n - 1);
	for (size_t i = 0; i < name.n && n < 64; i++) {
		char c = name.p[i];
		if (c == '-' || c == '_' || c == '.' || c == ' ')
			continue;
		room[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return str_n(room, n);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies valid JSON without its white space; out == NULL only asks whether there is any. */
static size_t squeeze(struct str json, char *out)
{
	size_t n = 0;
	bool in_string = false;
	for (size_t i = 0; i < json.n; i++) {
		char c = json.p[i];
		if (!in_string && is_space(c))
			continue;
		if (c == '"')
			in_string = !in_string;
		if (out)
			out[n] = c;
		n++;
		if (c != '\\' || i + 1 == json.n)
			continue;
		i++;
		if (out)
			out[n] = json.p[i];
		n++;
	}
	return n;
}

struct str fact_compact(struct str json, struct arena *a)
{
	size_t n = squeeze(json, NULL);
	if (n == json.n)
		return json;
	char *out = arena_alloc(a, n + 1);
	if (out == NULL)
		return STR_NULL;
	return str_n(out, squeeze(json, out));
}

struct str fact_text(const struct json *d, uint32_t node, struct arena *a)
{
	switch (json_type(d, node)) {
	case JSON_STRING: return str_trim(json_str(d, node, a));
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE: return json_raw(d, node);
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT: break;
	}
	return STR_NULL;
}

bool fact_is_email(struct str s)
{
	size_t at = str_find_byte(s, '@');
	if (s.n < 3 || s.n > 320 || at == 0 || at + 1 >= s.n)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == ',' || s.p[i] == ';' ||
		    s.p[i] == '<' || s.p[i] == '>' || (s.p[i] == '@' && i != at))
			return false;
	return true;
}

bool fact_is_ip(struct str s)
{
	bool mark = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool hex =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
		if (!hex && c != '.' && c != ':')
			return false;
		mark = mark || !hex;
	}
	return mark && s.n <= 45;
}

bool fact_is_phone(struct str s)
{
	unsigned n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] >= '0' && s.p[i] <= '9';
	return n >= 5 && s.n <= 40;
}

void fact_add_id(struct event *ev, enum id_kind kind, struct str name, struct str value)
{
	if (kind == ID_EMAIL && !fact_is_email(value))
		return;
	if (kind == ID_PHONE && !fact_is_phone(value))
		return;
	for (size_t i = 0; i < ev->ids_n; i++)
		if (ev->ids[i].kind == kind && str_eq(ev->ids[i].name, name) &&
		    str_eq_nocase(ev->ids[i].value, value))
			return;
	/* More than EVENT_IDS_MAX: the first ones, which senders list by weight, are kept. */
	(void)event_add_id(ev, kind, name, value);
}

bool fact_ids_of(struct event *ev, const struct json *d, uint32_t object, struct arena *a)
{
	bool sound = true;
	for (uint32_t v = json_is(d, object, JSON_OBJECT) ? json_first(d, object) : JSON_NONE;
	     v != JSON_NONE; v = json_next(d, object, v)) {
		struct str key = json_raw(d, json_key(d, v)); /* with its quotes */
		if (key.n < 7 || key.n > 8)
			continue;
		key = str_slice(key, 1, key.n - 1);
		struct str text = fact_text(d, v, a);
		if (str_eq_nocase(key, STR("email")) || str_eq_nocase(key, STR("e-mail"))) {
			fact_add_id(ev, ID_EMAIL, STR_NULL, text);
			sound = sound && (str_trim(text).n == 0 || fact_is_email(text));
		} else if (str_eq_nocase(key, STR("phone"))) {
			fact_add_id(ev, ID_PHONE, STR_NULL, text);
		}
	}
	return sound;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct str fact_scrub(struct str s, struct arena *a)
{
	if (s.n == 0)
		return STR("");
	if (str_utf8_valid(s) && str_find_byte(s, '\0') == s.n)
		return s;
	char *out = arena_alloc(a, s.n * 3 + 1);
	size_t n = 0;
	if (out == NULL)
		return STR_NULL;
	for (size_t i = 0; i < s.n;) {
		size_t len = 1;
		while (len < 4 && i + len < s.n && !str_utf8_valid(str_n(s.p + i, len)))
			len++;
		bool good = str_utf8_valid(str_n(s.p + i, len)) && s.p[i] != '\0';
		memcpy(out + n, good ? s.p + i : "\xef\xbf\xbd", good ? len : 3);
		n += good ? len : 3;
		i += good ? len : 1;
	}
	return str_n(out, n);
}

struct str fact_unescape(struct str s, bool plus, struct arena *a)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	if (out == NULL)
		return STR_NULL;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		int high = c == '%' && i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
		if (low >= 0) {
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[n++] = c;
	}
	return fact_scrub(str_n(out, n), a);
}

static void campaign_field(struct event_campaign *c, struct str key, struct str value,
			   struct arena *a)
{
	const struct {
		const char *key;
		struct str *to;
	} fields[] = {
		{"utm_campaign", &c->name},   {"utm_source", &c->source},
		{"utm_medium", &c->medium},   {"utm_term", &c->term},
		{"utm_content", &c->content},
	};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (fields[i].to->n == 0 && str_is(key, fields[i].key))
			*fields[i].to = fact_unescape(fact_cut(value, FACT_TEXT_MAX), true, a);
}

void fact_page_from_url(struct event_context *c, struct arena *a)
{
	struct str url = c->page.url;
	size_t scheme = str_find(url, STR("://"));
	if (scheme == url.n || scheme > 8)
		return;
	struct str rest = str_slice(url, scheme + 3, url.n);
	rest = str_slice(rest, 0, str_find_byte(rest, '#'));
	size_t query = str_find_byte(rest, '?');
	size_t slash = str_find_byte(str_slice(rest, 0, query), '/');
	if (c->page.path.n == 0)
		c->page.path = slash < query ? str_slice(rest, slash, query) : STR("/");
	if (c->page.search.n == 0)
		c->page.search = str_slice(rest, query, rest.n);
	struct str left = str_slice(c->page.search, 1, c->page.search.n);
	if (str_find(left, STR("utm_")) == left.n)
		return;
	for (unsigned i = 0; left.n > 0 && i < INGEST_FORM_FIELDS_MAX; i++) {
		struct str value = str_cut(&left, '&');
		struct str key = str_cut(&value, '=');
		campaign_field(&c->campaign, key, value, a);
	}
}

uint32_t fact_request_flags(const struct ingest_request *r)
{
	uint32_t flags = ingest_purpose_flags(r->headers[INGEST_H_SEC_PURPOSE]);
	if (str_is(r->headers[INGEST_H_DNT], "1") || str_is(r->headers[INGEST_H_SEC_GPC], "1"))
		flags |= EVENT_DNT;
	return flags;
}

bool fact_from_browser(const struct ingest_request *r)
{
	return r->headers[INGEST_H_ORIGIN].n > 0 ||
	       str_starts(r->headers[INGEST_H_USER_AGENT], STR("Mozilla/"));
}

struct str fact_type(const char *prefix, struct str name, struct arena *a)
{
	size_t room = EVENT_TYPE_MAX - strlen(prefix) - 1;
	struct str slug = event_type_slug(fact_cut(name, FACT_NAME_MAX), a);
	if (slug.n > room)
		slug = event_type_slug(fact_cut(slug, room), a); /* again: no joint at its end */
	if (slug.n == 0)
		return str_of(prefix);
	struct buf type;
	buf_init_arena(&type, a, EVENT_TYPE_MAX);
	buf_z(&type, prefix);
	buf_byte(&type, '.');
	buf_str(&type, slug);
	return buf_ok(&type) ? buf_view(&type) : STR_NULL;
}

struct str fact_message_id(struct str what, uint64_t index, int64_t at_us, struct arena *a)
{
	struct {
		uint8_t hash[SHA256_BYTES];
		uint64_t index;
		int64_t at_us;
	} seed = {.index = index, .at_us = at_us};
	uint8_t hash[SHA256_BYTES];
	struct buf hex;
	crypto_sha256(what, seed.hash);
	crypto_sha256(str_n((const char *)&seed, sizeof seed), hash);
	buf_init_arena(&hex, a, 64);
	buf_z(&hex, "gen-");
	hex_encode(str_n((const char *)hash, 16), &hex);
	return buf_ok(&hex) ? buf_view(&hex) : STR_NULL;
}
