/* SPDX-License-Identifier: Apache-2.0
 * webhook.c: a generic signed JSON webhook, by the Standard Webhooks specification: base64
 * HMAC-SHA256 over "id.timestamp.body". The signature is checked before a byte of the body is
 * parsed, over the bytes as they came. Every secret and every signature given is tried, also after
 * one has matched, so that time tells nothing. The webhook-id is the message id: senders keep it
 * over retries, which makes a retry a duplicate. */
#include "base/time.h"
#include "base/webhook.h"
#include "ingest/fact.h"

#define TOLERANCE_S 300
#define SIGNATURES_MAX 16

static enum status refuse(struct err *e, const char *what)
{
	return err_set(e, ST_UNAUTHENTICATED, "webhook not taken: %s", what);
}

/* True when one of the "v1,..." parts of the header is this MAC. */
static bool any_signature(struct str header, const uint8_t mac[SHA256_BYTES])
{
	bool good = false;
	for (unsigned i = 0; header.n > 0 && i < SIGNATURES_MAX; i++) {
		char room[128];
		struct buf b = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
		struct str part = str_cut(&header, ' ');
		if (!str_starts(part, STR("v1,")) || part.n > 3 + 64)
			continue;
		if (base64_decode(str_slice(part, 3, part.n), &b))
			good |= crypto_equal(buf_view(&b), str_n((const char *)mac, SHA256_BYTES));
	}
	return good;
}

static bool any_secret(const struct ingest_request *r, const struct webhook_signed *text)
{
	bool good = false;
	for (size_t i = 0; i < r->secrets_n && i < INGEST_SECRETS_MAX; i++) {
		char room[WEBHOOK_SECRET_BYTES_MAX];
		uint8_t mac[SHA256_BYTES];
		struct buf key = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
		if (webhook_secret(r->secrets[i], &key) && webhook_mac(buf_view(&key), text, mac)) {
			good |= any_signature(r->headers[INGEST_H_WEBHOOK_SIGNATURE], mac);
			crypto_wipe(mac, sizeof mac);
		}
		crypto_wipe(room, sizeof room);
	}
	return good;
}

enum status ingest_verify_webhook(const struct ingest_request *r, struct err *e)
{
	int64_t at_s;
	struct str id = r->headers[INGEST_H_WEBHOOK_ID];
	struct str at = r->headers[INGEST_H_WEBHOOK_TIMESTAMP];
	if (id.n == 0 || at.n == 0 || r->headers[INGEST_H_WEBHOOK_SIGNATURE].n == 0)
		return refuse(e, "a header is missing; send webhook-id, webhook-timestamp and "
				 "webhook-signature");
	if (id.n > EVENT_MESSAGE_ID_MAX)
		return refuse(e, "webhook-id is longer than 256 bytes");
	if (!str_to_i64(at, &at_s) || at_s < 0)
		return refuse(e, "webhook-timestamp is not a number of seconds since 1970");
	int64_t now_s = (r->signed_us ? r->signed_us : r->received_us) / US_PER_S;
	if (at_s > now_s + TOLERANCE_S || at_s < now_s - TOLERANCE_S)
		return refuse(
			e, "webhook-timestamp is more than 5 minutes from now; check both clocks");
	const struct webhook_signed text = {id, at, r->body};
	bool good = any_secret(r, &text);
	return good ? ST_OK : refuse(e, "no signature matches; check the secret of this endpoint");
}

/* {"type":"demo.booked","timestamp":"...","data":{...}}; data's known fields are identifiers. */
static void read_ids(struct event *ev, const struct json *d, uint32_t data, struct arena *a)
{
	static const struct {
		const char *key;
		enum id_kind kind;
	} keys[] = {
		{"user_id", ID_USER_ID},
		{"userId", ID_USER_ID},
		{"anonymous_id", ID_ANONYMOUS_ID},
		{"anonymousId", ID_ANONYMOUS_ID},
	};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		fact_add_id(ev, keys[i].kind, STR_NULL,
			    fact_text(d, json_get(d, data, keys[i].key), a));
	(void)fact_ids_of(ev, d, data, a); /* refused only when nobody is named */
	static const char *const people[] = {"traits", "contact", "lead", "person", "user"};
	for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
		(void)fact_ids_of(ev, d, json_get(d, data, people[i]), a);
	ev->group_id = fact_text(d, json_get(d, data, "group_id"), a);
	if (ev->group_id.n == 0)
		ev->group_id = fact_text(d, json_get(d, data, "groupId"), a);
}

static enum fault read_event(const struct ingest_request *r, const struct json *d, struct arena *a,
			     struct event *ev)
{
	uint32_t data = json_get(d, 0, "data");
	struct str at = fact_text(d, json_get(d, 0, "timestamp"), a);
	fact_begin(ev, r);
	ev->name = fact_text(d, json_get(d, 0, "type"), a);
	ev->type = event_type_slug(fact_cut(ev->name, EVENT_TYPE_MAX), a);
	if (ev->type.n == 0)
		return FAULT_NO_EVENT_NAME;
	if (json_type(d, data) != JSON_OBJECT)
		return FAULT_BAD_PROPERTIES;
	if (json_raw(d, data).n > 2 * FACT_PAYLOAD_MAX)
		return FAULT_TOO_LARGE;
	ev->properties = fact_compact(json_raw(d, data), a);
	if (json_is(d, json_get(d, data, "traits"), JSON_OBJECT))
		ev->traits = fact_compact(json_raw(d, json_get(d, data, "traits")), a);
	read_ids(ev, d, data, a);
	if (ev->ids_n == 0 && ev->group_id.n == 0)
		return FAULT_NO_IDENTITY;
	if (at.n && !ingest_time(at, &ev->occurred_us) && r->strict)
		return FAULT_BAD_TIMESTAMP;
	ev->message_id = r->headers[INGEST_H_WEBHOOK_ID];
	return fact_finish(ev);
}

enum status webhook_decode(const struct ingest_request *r, struct arena *a,
			   struct ingest_result *out, struct err *e)
{
	struct json d;
	enum status st = ingest_verify_webhook(r, e);
	if (st == ST_OK)
		st = json_parse(r->body, JSON_LIMITS_EVENT, a, &d, e);
	if (st != ST_OK)
		return st;
	if (!json_is(&d, 0, JSON_OBJECT))
		return err_set(e, ST_INVALID,
			       "the body is not a JSON object; send "
			       "{\"type\":...,\"timestamp\":...,\"data\":{...}}");
	out->events = ARENA_NEW(a, struct event);
	if (out->events == NULL)
		return err_set(e, ST_LIMIT, "no room for the event");
	enum fault f = read_event(r, &d, a, &out->events[0]);
	if (f == FAULT_NONE)
		out->events_n = 1;
	else if (!fact_refuse(out, a, 0, 1, f, r->body))
		return err_set(e, ST_LIMIT, "no room for the refusal");
	return ST_OK;
}
