/* SPDX-License-Identifier: Apache-2.0
 * hit.c: see hit.h. */
#include "observe/hit.h"

#include "base/assert.h"
#include "base/json.h"

#define VERDICT_PREFIX "hit-"
#define KEPT_FLAGS ((uint32_t)(EVENT_BOT | EVENT_MACHINE))

static const char *what_name(enum machine_what what)
{
	return what == MACHINE_CLICKED ? "click" : "open";
}

static struct event base(const struct hit *h)
{
	return (struct event){
		.source = STR(HIT_SOURCE),
		.occurred_us = h->was.at_us,
		.context = {.ip = h->was.ip,
			    .user_agent = str_upto(h->was.user_agent, HIT_USER_AGENT_MAX),
			    .scroll = -1},
	};
}

static void put_base(const struct hit *h, struct json_w *w)
{
	json_w_object(w);
	json_w_ki64(w, "message", (int64_t)h->message);
	if (h->was.what == MACHINE_CLICKED) {
		json_w_ki64(w, "link", h->was.link);
		if (h->was.link & LINK_CTA && !h->was.trap)
			json_w_kbool(w, "cta", true);
		json_w_kstr(w, "url", h->target);
	}
	if (h->was.trap)
		json_w_kbool(w, "trap", true);
}

static enum status take_properties(struct buf *props, struct event *ev, struct err *e)
{
	ev->properties = buf_view(props);
	return buf_ok(props) ? ST_OK : err_set(e, ST_LIMIT, "a hit is too large to keep");
}

enum status hit_event(const struct hit *h, struct arena *a, struct event *out, struct err *e)
{
	struct buf props;
	struct json_w w;
	buf_init_arena(&props, a, HIT_BYTES_MAX);
	json_w_init(&w, &props);
	put_base(h, &w);
	json_w_kz(&w, "what", what_name(h->was.what));
	json_w_kstr(&w, "method", str_upto(h->was.method, 16));
	if (h->was.accept_language.n)
		json_w_kstr(&w, "language", str_upto(h->was.accept_language, HIT_LANGUAGE_MAX));
	json_w_end(&w);
	*out = base(h);
	out->type = STR(HIT_TYPE);
	out->flags = EVENT_SYSTEM | (h->was.flags & KEPT_FLAGS);
	return take_properties(&props, out, e);
}

enum status hit_read(const struct event *ev, struct arena *a, struct hit *out, struct err *e)
{
	struct json d;
	int64_t message = 0, link = 0;
	bool trap = false;
	if (!str_is(ev->type, HIT_TYPE) || ev->properties.n == 0)
		return err_set(e, ST_INVALID, "not a hit");
	enum status st = json_parse(ev->properties, JSON_LIMITS_EVENT, a, &d, e);
	if (st != ST_OK)
		return st;
	struct str what = json_str(&d, json_get(&d, 0, "what"), a);
	bool click = str_is(what, "click");
	bool whole = json_i64(&d, json_get(&d, 0, "message"), &message) && message > 0 &&
		     (click || str_is(what, "open"));
	if (whole && click)
		whole = json_i64(&d, json_get(&d, 0, "link"), &link) && link >= 0 &&
			link <= UINT32_MAX;
	if (!whole)
		return err_set(e, ST_INVALID, "not a hit");
	(void)json_bool(&d, json_get(&d, 0, "trap"), &trap);
	*out = (struct hit){
		.seq = ev->seq,
		.message = (uint64_t)message,
		.was = {.what = click ? MACHINE_CLICKED : MACHINE_OPENED,
			.trap = trap,
			.link = (uint32_t)link,
			.flags = ev->flags & KEPT_FLAGS,
			.method = json_str(&d, json_get(&d, 0, "method"), a),
			.user_agent = ev->context.user_agent,
			.ip = ev->context.ip,
			.accept_language = json_str(&d, json_get(&d, 0, "language"), a),
			.at_us = ev->occurred_us},
		.target = json_str(&d, json_get(&d, 0, "url"), a),
	};
	return ST_OK;
}

enum status hit_verdict(const struct hit *h, const struct machine_answer *answer, struct arena *a,
			struct event *out, struct err *e)
{
	struct buf props;
	struct json_w w;
	ASSERT(h->seq > 0);
	buf_init_arena(&props, a, HIT_BYTES_MAX);
	json_w_init(&w, &props);
	put_base(h, &w);
	json_w_ki64(&w, "hit", (int64_t)h->seq);
	json_w_kz(&w, "verdict", machine_verdict_name(answer->verdict));
	json_w_kz(&w, "rule", machine_rule_wire(answer->rule));
	if (answer->network != NULL)
		json_w_kz(&w, "network", answer->network);
	json_w_end(&w);
	*out = base(h);
	out->type = h->was.what == MACHINE_CLICKED ? STR("email.click") : STR("email.open");
	out->message_id = arena_printf(a, VERDICT_PREFIX "%llu", (unsigned long long)h->seq);
	/* One that we are unsure of is a machine's as far as any number goes. */
	out->flags = answer->verdict == MACHINE_HUMAN ? 0 : EVENT_MACHINE;
	return take_properties(&props, out, e);
}

uint64_t hit_of_verdict(struct str message_id)
{
	uint64_t seq;
	struct str prefix = STR(VERDICT_PREFIX);
	bool ours = str_starts(message_id, prefix) &&
		    str_to_u64(str_slice(message_id, prefix.n, message_id.n), &seq);
	return ours ? seq : 0;
}
