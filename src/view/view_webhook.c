/* SPDX-License-Identifier: Apache-2.0
 * view_webhook.c: steps of hand-offs on their way to a team's tools, and those that never arrived.
 * Rows are looked for among the newest messages: there are few, and nobody needs them fast. */
#include "view/view_inside.h"

#include "engine/outbox.h"
#include "handoff/hook.h"

struct gather {
	struct view *v;
	const struct view_webhooks *page;
	uint64_t ids[VIEW_PAGE_MAX];
	size_t n, looked;
	uint64_t last; /* looked at last */
};

static bool wanted(struct gather *g, uint64_t id, struct str value)
{
	struct message m;
	struct arena_mark mark = arena_mark(g->v->arena);
	bool yes = message_decode(id, value, g->v->arena, &m, NULL) == ST_OK &&
		   str_is(m.channel, CHANNEL_WEBHOOK) &&
		   (!g->page->failed || m.state == MESSAGE_FAILED);
	arena_rewind(g->v->arena, mark);
	return yes;
}

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct gather *g = ctx;
	g->last = key.num;
	if (wanted(g, key.num, value))
		g->ids[g->n++] = key.num;
	return g->n < g->page->limit && ++g->looked < VIEW_LOOK_BACK;
}

static enum status put_one(struct view *v, uint64_t id, struct json_w *w, struct err *e)
{
	struct message m, first;
	char name[HOOK_ID_MAX];
	enum status st = outbox_get(v->store, id, v->arena, &m, e);
	if (st != ST_OK)
		return st;
	first = m;
	if (m.reply_to)
		st = outbox_get(v->store, m.reply_to, v->arena, &first, e);
	if (st != ST_OK)
		return st;
	hook_id(&first, name);
	json_w_object(w);
	json_w_ki64(w, "id", (int64_t)m.id);
	json_w_kz(w, "webhook_id", name);
	json_w_kstr(w, "type", m.message);
	json_w_kz(w, "state", message_state_name(m.state));
	json_w_ki64(w, "handoff", (int64_t)m.handoff);
	json_w_ki64(w, "lead", (int64_t)m.lead);
	json_w_kstr(w, "name", view_name_of(v, m.lead));
	json_w_kstr(w, "url", m.address);
	json_w_ki64(w, "attempts", m.attempts);
	json_w_ki64(w, "code", m.code);
	json_w_ktime(w, "made", m.created_us);
	json_w_ktime(w, "due", m.due_us);
	json_w_ktime(w, "sent", m.sent_us);
	json_w_kstr(w, "reason", m.reason);
	json_w_end(w);
	return ST_OK;
}

enum status view_webhooks(struct view *v, const struct view_webhooks *page, struct json_w *w,
			  struct err *e)
{
	struct store_range range = SCAN_NEWEST_FIRST;
	struct gather *g = ARENA_NEW(v->arena, struct gather);
	if (view_limit_check(page->limit, e) != ST_OK)
		return ST_INVALID;
	if (g == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	*g = (struct gather){.v = v, .page = page};
	if (page->after)
		range.to = KEY_NUM(page->after);
	enum status st = store_scan(v->store, TABLE_MESSAGE, range, take, g, e);
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.webhooks/1");
	json_w_key(w, "webhooks");
	json_w_array(w);
	for (size_t i = 0; i < g->n && st == ST_OK; i++)
		st = put_one(v, g->ids[i], w, e);
	json_w_end(w);
	json_w_key(w, "next");
	if (g->n == page->limit || g->looked == VIEW_LOOK_BACK)
		json_w_i64(w, (int64_t)g->last);
	else
		json_w_null(w);
	json_w_end(w);
	return st;
}
