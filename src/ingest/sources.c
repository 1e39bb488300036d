/* SPDX-License-Identifier: Apache-2.0
 * sources.c: the map of this room, one row per kind of request. To take in something new: a
 * decoder in a file of its own, a row here, a test. */
#include "base/assert.h"
#include "ingest/fact.h"

static const struct ingest_source sources[INGEST_KIND_COUNT] = {
	[INGEST_BATCH] = {"batch", "Many Segment calls in one request.", INGEST_BATCH_BYTES_MAX,
			  segment_decode},
	[INGEST_TRACK] = {"track", "Something a lead did.", INGEST_CALL_BYTES_MAX, segment_decode},
	[INGEST_IDENTIFY] = {"identify", "Who a lead is, and their traits.", INGEST_CALL_BYTES_MAX,
			     segment_decode},
	[INGEST_PAGE] = {"page", "A page a lead saw.", INGEST_CALL_BYTES_MAX, segment_decode},
	[INGEST_SCREEN] = {"screen", "An app screen a lead saw.", INGEST_CALL_BYTES_MAX,
			   segment_decode},
	[INGEST_GROUP] = {"group", "The account a lead belongs to.", INGEST_CALL_BYTES_MAX,
			  segment_decode},
	[INGEST_ALIAS] = {"alias", "Two identities of one lead.", INGEST_CALL_BYTES_MAX,
			  segment_decode},
	[INGEST_FORM] = {"form", "A form post from a web page.", INGEST_FORM_BYTES_MAX,
			 form_decode},
	[INGEST_WEBHOOK] = {"webhook", "A signed webhook (Standard Webhooks).",
			    INGEST_BATCH_BYTES_MAX, webhook_decode},
	[INGEST_MAPPED] = {"map", "JSON of your own, read by a map of the settings.",
			   INGEST_BATCH_BYTES_MAX, mapped_decode},
};

const struct ingest_source *ingest_source(enum ingest_kind kind)
{
	ASSERT(kind < INGEST_KIND_COUNT);
	return &sources[kind];
}

static const struct {
	struct str name;
	enum ingest_header slot;
} headers[] = {
	{{"content-type", 12}, INGEST_H_CONTENT_TYPE},
	{{"user-agent", 10}, INGEST_H_USER_AGENT},
	{{"origin", 6}, INGEST_H_ORIGIN},
	{{"referer", 7}, INGEST_H_REFERER},
	{{"cookie", 6}, INGEST_H_COOKIE},
	{{"accept-language", 15}, INGEST_H_ACCEPT_LANGUAGE},
	{{"dnt", 3}, INGEST_H_DNT},
	{{"sec-gpc", 7}, INGEST_H_SEC_GPC},
	{{"sec-purpose", 11}, INGEST_H_SEC_PURPOSE},
	{{"purpose", 7}, INGEST_H_SEC_PURPOSE},
	{{"x-purpose", 9}, INGEST_H_SEC_PURPOSE},
	{{"x-moz", 5}, INGEST_H_SEC_PURPOSE},
	{{"webhook-id", 10}, INGEST_H_WEBHOOK_ID},
	{{"webhook-timestamp", 17}, INGEST_H_WEBHOOK_TIMESTAMP},
	{{"webhook-signature", 17}, INGEST_H_WEBHOOK_SIGNATURE},
	{{"svix-id", 7}, INGEST_H_WEBHOOK_ID},
	{{"svix-timestamp", 14}, INGEST_H_WEBHOOK_TIMESTAMP},
	{{"svix-signature", 14}, INGEST_H_WEBHOOK_SIGNATURE},
};

void ingest_take_header(struct ingest_request *r, struct str name, struct str value)
{
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		if (headers[i].name.n != name.n || !str_eq_nocase(headers[i].name, name))
			continue;
		if (r->headers[headers[i].slot].n == 0)
			r->headers[headers[i].slot] = str_trim(value);
		return;
	}
}

enum status ingest_decode(const struct ingest_request *r, struct arena *a,
			  struct ingest_result *out, struct err *e)
{
	const struct ingest_source *s = ingest_source(r->kind);
	struct ingest_result res = {.events = NULL};
	if (r->body.n > s->body_bytes_max)
		return err_set(e, ST_LIMIT, "the body of a %s is %zu bytes and %zu are allowed; %s",
			       s->name, r->body.n, s->body_bytes_max,
			       r->kind == INGEST_BATCH ? "send smaller batches"
						       : "send less in it");
	enum status st = s->decode(r, a, &res, e);
	if (st == ST_OK)
		*out = res;
	return st;
}

void ingest_set_source(struct ingest_result *res, struct str source)
{
	ASSERT(source.n > 0 && source.n <= EVENT_SOURCE_MAX);
	for (size_t i = 0; i < res->events_n; i++)
		res->events[i].source = source;
}

void ingest_strict_reply(const struct ingest_result *res, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kbool(&w, "success", res->refused_n == 0);
	json_w_ki64(&w, "accepted", (int64_t)res->events_n);
	json_w_key(&w, "refused");
	json_w_array(&w);
	for (size_t i = 0; i < res->refused_n; i++) {
		const struct ingest_refusal *f = &res->refused[i];
		json_w_object(&w);
		json_w_ki64(&w, "index", (int64_t)f->index);
		json_w_kz(&w, "code", f->code);
		if (f->param.n)
			json_w_kstr(&w, "param", f->param);
		json_w_kstr(&w, "message", f->message);
		json_w_kstr(&w, "fix", f->fix);
		json_w_end(&w);
	}
	json_w_end(&w);
	json_w_end(&w);
}
