/* SPDX-License-Identifier: Apache-2.0
 * view_message.c: messages in lists, and one with all that is known of it. */
#include "view/view_inside.h"

#include "base/assert.h"
#include "engine/outbox.h"
#include "model/key.h"

static const struct {
	uint32_t flag;
	const char *word;
} words[] = {
	{MESSAGE_OPENED, "opened"},         {MESSAGE_OPENED_MACHINE, "opened_by_machine"},
	{MESSAGE_CLICKED, "clicked"},       {MESSAGE_CLICKED_MACHINE, "clicked_by_machine"},
	{MESSAGE_REPLIED, "replied"},       {MESSAGE_BOUNCED, "bounced"},
	{MESSAGE_COMPLAINED, "complained"}, {MESSAGE_UNSUBSCRIBED, "unsubscribed"},
	{MESSAGE_TRIAL, "simulated"},       {MESSAGE_SYSTEM, "system"},
};

static void put_flags(const struct message *m, struct json_w *w)
{
	json_w_key(w, "flags");
	json_w_array(w);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (m->flags & words[i].flag)
			json_w_z(w, words[i].word);
	json_w_end(w);
}

static void put_common(struct view *v, const struct message *m, struct json_w *w)
{
	json_w_ki64(w, "id", (int64_t)m->id);
	json_w_kz(w, "state", message_state_name(m->state));
	json_w_ki64(w, "lead", (int64_t)m->lead);
	json_w_kstr(w, "name", view_name_of(v, m->lead));
	json_w_kstr(w, "address", m->address);
	json_w_kstr(w, "track", m->track);
	json_w_kstr(w, "step", m->step);
	json_w_kstr(w, "message", m->message);
	json_w_kstr(w, "angle", m->angle);
	json_w_kstr(w, "channel", m->channel);
	json_w_ktime(w, "due", m->due_us);
	json_w_ktime(w, "changed", m->changed_us);
	json_w_kstr(w, "reason", m->reason);
	put_flags(m, w);
}

void view_message_row(struct view *v, const struct message *m, struct json_w *w)
{
	json_w_object(w);
	put_common(v, m, w);
	json_w_end(w);
}

/* ---- pages ---- */

struct gather {
	struct view *v;
	const struct view_messages *page;
	uint64_t ids[VIEW_LOOK_BACK];
	size_t n, most;
	size_t at;    /* of the number in the key; SIZE_MAX: the key is the number */
	bool nurture; /* without notices and confirmations */
	struct message m;
	size_t told; /* of ids, put or passed over */
};

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct gather *g = ctx;
	uint64_t id = g->at == SIZE_MAX ? key.num : key_read_u64(key.bytes, g->at);
	(void)value;
	g->ids[g->n++] = id;
	return g->n < g->most;
}

static enum status scan_all(struct gather *g, struct err *e)
{
	struct store_range range = SCAN_NEWEST_FIRST;
	g->at = SIZE_MAX;
	if (g->page->after)
		range.to = KEY_NUM(g->page->after);
	return store_scan(g->v->store, TABLE_MESSAGE, range, take, g, e);
}

/* Of one lead: few, so the state is asked of each behind the scan. */
static enum status scan_lead(struct gather *g, struct err *e)
{
	uint64_t lead = g->page->lead;
	struct key from = key_u64(lead);
	struct key to = g->page->after ? key_u64_u64(lead, g->page->after) : key_u64(lead + 1);
	struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), true};
	g->at = 8;
	g->most = g->page->state >= 0 ? VIEW_LOOK_BACK : g->most;
	return store_scan(g->v->store, TABLE_LEAD_MESSAGE, range, take, g, e);
}

static enum status scan_waiting(struct gather *g, struct err *e)
{
	struct message m;
	enum message_state state = (enum message_state)g->page->state;
	struct key from = {.p = {(char)state}, .n = 1}, to = {.p = {(char)(state + 1)}, .n = 1};
	enum status st = ST_OK;
	if (g->page->after) {
		st = outbox_get(g->v->store, g->page->after, g->v->arena, &m, e);
		if (st == ST_OK)
			from = outbox_key(state, m.due_us, m.id + 1);
	}
	struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), false};
	g->at = 9;
	return st == ST_OK ? store_scan(g->v->store, TABLE_OUTBOX, range, take, g, e) : st;
}

/* What has ended, the newest number first. */
static enum status scan_ended(struct gather *g, struct err *e)
{
	enum message_state state = (enum message_state)g->page->state;
	struct key from = {.p = {(char)state}, .n = 1}, to = {.p = {(char)(state + 1)}, .n = 1};
	if (g->page->after)
		to = outbox_ended_key(state, g->page->after);
	struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), true};
	g->at = 1;
	return store_scan(g->v->store, TABLE_MESSAGE_ENDED, range, take, g, e);
}

static bool waits(int state)
{
	return state == MESSAGE_READY || state == MESSAGE_SENDING || state == MESSAGE_DEFERRED ||
	       state == MESSAGE_UNCERTAIN;
}

/* Writes what fits the page. */
static enum status put_rows(struct gather *g, struct json_w *w, struct err *e)
{
	size_t shown = 0;
	for (g->told = 0; g->told < g->n && shown < g->page->limit; g->told++) {
		struct arena_mark mark = arena_mark(g->v->arena);
		enum status st = outbox_get(g->v->store, g->ids[g->told], g->v->arena, &g->m, e);
		if (st != ST_OK)
			return st;
		bool wanted = g->page->state < 0 || (int)g->m.state == g->page->state;
		if (wanted && !(g->nurture && g->m.flags & MESSAGE_SYSTEM)) {
			view_message_row(g->v, &g->m, w);
			shown++;
		}
		if (w->out->arena != g->v->arena)
			arena_rewind(g->v->arena, mark);
	}
	return ST_OK;
}

static enum status gather(struct gather *g, struct err *e)
{
	if (g->page->lead)
		return scan_lead(g, e);
	if (g->page->state < 0)
		return scan_all(g, e);
	return waits(g->page->state) ? scan_waiting(g, e) : scan_ended(g, e);
}

static enum status put_list(struct gather *g, struct json_w *w, struct err *e)
{
	json_w_key(w, "messages");
	json_w_array(w);
	enum status st = put_rows(g, w, e);
	json_w_end(w);
	return st;
}

enum status view_messages(struct view *v, const struct view_messages *page, struct json_w *w,
			  struct err *e)
{
	struct gather *g = ARENA_NEW(v->arena, struct gather);
	if (view_limit_check(page->limit, e) != ST_OK)
		return ST_INVALID;
	if (g == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	*g = (struct gather){.v = v, .page = page, .most = page->limit + 1};
	enum status st = gather(g, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.messages/1");
	st = put_list(g, w, e);
	json_w_key(w, "next");
	if (g->told > 0 && g->told < g->n)
		json_w_i64(w, (int64_t)g->ids[g->told - 1]);
	else
		json_w_null(w);
	json_w_end(w);
	return st;
}

enum status view_messages_of(struct view *v, uint64_t lead, size_t limit, struct json_w *w,
			     struct err *e)
{
	const struct view_messages page = {.state = -1, .lead = lead, .limit = limit};
	struct gather *g = ARENA_NEW(v->arena, struct gather);
	if (g == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	/* Some may be notices, and are passed over. */
	*g = (struct gather){.v = v, .page = &page, .most = 4 * limit, .nurture = true};
	enum status st = gather(g, e);
	return st == ST_OK ? put_list(g, w, e) : st;
}

uint64_t view_last_message(struct view *v, uint64_t lead)
{
	const struct view_messages page = {.state = -1, .lead = lead, .limit = 1};
	struct gather *g = ARENA_NEW(v->arena, struct gather);
	if (g == NULL)
		return 0;
	*g = (struct gather){.v = v, .page = &page, .most = 8};
	if (gather(g, NULL) != ST_OK)
		return 0;
	for (size_t i = 0; i < g->n; i++)
		if (outbox_get(v->store, g->ids[i], v->arena, &g->m, NULL) == ST_OK &&
		    !(g->m.flags & MESSAGE_SYSTEM))
			return g->ids[i];
	return 0;
}

/* ---- one ---- */

void view_decision_put(struct view *v, uint64_t id, struct json_w *w)
{
	struct str row;
	if (id == 0 ||
	    store_get(v->store, TABLE_DECISION, KEY_NUM(id), v->arena, &row, NULL) != ST_OK)
		json_w_null(w);
	else
		json_w_raw(w, row);
}

static void put_moment(struct json_w *w, const char *what, int64_t at_us)
{
	if (at_us == TIME_NONE)
		return;
	json_w_object(w);
	json_w_kz(w, "what", what);
	json_w_ktime(w, "at", at_us);
	json_w_end(w);
}

/* Where it has been, as far as its row remembers; and where it may still go. */
static void put_trail(const struct message *m, struct json_w *w)
{
	json_w_key(w, "trail");
	json_w_array(w);
	put_moment(w, "chosen", m->created_us);
	put_moment(w, "sent", m->sent_us);
	put_moment(w, "opened", m->opened_us);
	put_moment(w, "clicked", m->clicked_us);
	put_moment(w, "replied", m->replied_us);
	if (m->changed_us != m->sent_us || m->state != MESSAGE_SENT)
		put_moment(w, message_state_name(m->state), m->changed_us);
	json_w_end(w);
	json_w_key(w, "may_become");
	json_w_array(w);
	for (enum message_state s = 0; s < MESSAGE_STATE_COUNT; s++) {
		struct message copy = *m;
		if (message_move(&copy, s, m->changed_us, STR_NULL, NULL) == ST_OK)
			json_w_z(w, message_state_name(s));
	}
	json_w_end(w);
}

enum status view_message(struct view *v, uint64_t id, struct json_w *w, struct err *e)
{
	struct message m;
	enum status st = outbox_get(v->store, id, v->arena, &m, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.message/1");
	put_common(v, &m, w);
	put_trail(&m, w);
	json_w_kstr(w, "purpose", m.purpose);
	json_w_kstr(w, "persona", m.persona);
	json_w_ki64(w, "subject", m.subject_n);
	json_w_kstr(w, "time_zone", m.zone);
	json_w_ktime(w, "expires", m.expires_us);
	json_w_ki64(w, "attempts", m.attempts);
	json_w_ki64(w, "code", m.code);
	json_w_ki64(w, "version", (int64_t)m.version);
	if (m.reply_to)
		json_w_ki64(w, "continues", (int64_t)m.reply_to);
	json_w_key(w, "decision");
	view_decision_put(v, m.decision, w);
	json_w_end(w);
	return ST_OK;
}
