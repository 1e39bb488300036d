/* SPDX-License-Identifier: Apache-2.0
 * handle_pages.c: the pages behind the links of messages. A GET shows what would be done and does
 * nothing; a POST is an event, durable before its answer. Who holds the token holds the mailbox it
 * was sent to, so what is said here is believed as that person's word; and it is all a visitor can
 * do: a page never tells more than a masked address. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "base/rate.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "engine/outbox.h"
#include "ingest/fact.h"
#include "observe/page.h"

#define PAGE_BURST 30
#define PAGE_STEP_US (2 * US_PER_S)

struct visit {
	struct desk_work *k;
	struct link link;
	uint64_t lead;          /* 0: what the link names is gone, with the person */
	struct message message; /* or, of a rep's link, the hand-off */
	struct handoff handoff;
	struct page page;
	struct view_choice choices[PAGE_CHOICES_MAX];
	struct page_choice shown[PAGE_CHOICES_MAX];
	struct page_field fields[INGEST_FORM_FIELDS_MAX];
	size_t fields_n;
};
typedef enum status visit_handler(struct visit *v, struct err *e);

/* ---- answers ---- */

static void put_page(struct api_call *call, int status, const struct buf *html,
		     struct http_reply *reply)
{
	api_reply_page(call, status, buf_view(html), PAGE_CSP, reply);
}

static void tell(struct api_call *call, int status, const struct page *page,
		 const struct page_note *note, struct http_reply *reply)
{
	struct buf html;
	buf_init_arena(&html, call->req->arena, PAGE_BYTES_MAX);
	page_tell(page, note, &html);
	put_page(call, status, &html, reply);
}

static enum status answer(struct visit *v, int status, const struct page_note *note)
{
	tell(v->k->call, status, &v->page, note, v->k->reply);
	v->k->replied = true;
	return ST_OK;
}

static enum status ask(struct visit *v, int status, const struct page_ask *what)
{
	struct buf html;
	buf_init_arena(&html, v->k->call->req->arena, PAGE_BYTES_MAX);
	page_ask(&v->page, what, &html);
	put_page(v->k->call, status, &html, v->k->reply);
	v->k->replied = true;
	return ST_OK;
}

/* ---- the door, on a server thread ---- */

static enum link_kind kind_of(enum api_op op)
{
	switch (op) {
	case API_OP_LINK_STOP_PAGE:
	case API_OP_LINK_STOP: return LINK_UNSUBSCRIBE;
	case API_OP_LINK_CHOICES_PAGE:
	case API_OP_LINK_CHOICES: return LINK_PREFERENCES;
	case API_OP_LINK_CONFIRM_PAGE:
	case API_OP_LINK_CONFIRM: return LINK_CONFIRM;
	default: return LINK_REP;
	}
}

static enum status read_link(struct daemon *d, const struct api_call *call, struct link *out)
{
	enum status st =
		link_read(&d->links, call->param, STR_NULL, call->req->received_us, out, NULL);
	return st == ST_OK && out->kind != kind_of(call->op) ? ST_INVALID : st;
}

/* Only a link of ours gets to the desk, and not more often than people use one. By the link, not
 * by the visitor's address: a mail provider unsubscribes many people from a few of its own. */
enum http_verdict daemon_link_page(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct link l;
	const struct page nobody = {.sender = STR_NULL};
	enum status st = read_link(d, call, &l);
	if (st != ST_OK) {
		metrics_inc(d->metrics, METRIC_HITS_REFUSED);
		tell(call, st == ST_TIMEOUT ? 410 : 404, &nobody,
		     st == ST_TIMEOUT ? &page_expired : &page_broken, reply);
		return HTTP_ANSWERED;
	}
	_Atomic int64_t *cell = &d->page_rate[hash_str(call->param, 0) % DAEMON_RATE_CELLS];
	if (rate_wait_us(cell, PAGE_STEP_US, PAGE_BURST, clock_mono_us()) > 0) {
		metrics_inc(d->metrics, METRIC_HTTP_LIMITED);
		tell(call, 429, &nobody, &page_too_often, reply);
		http_reply_header(reply, "Retry-After", STR("60"));
		return HTTP_ANSWERED;
	}
	return desk_take(d, call, reply);
}

/* ---- what a page needs to know ---- */

static enum status find_lead(struct visit *v, uint64_t lead, struct err *e)
{
	struct arena *a = v->k->view.arena;
	struct str name = arena_printf(a, "L%llu", (unsigned long long)lead);
	return view_find(&v->k->view, name, &v->lead, e); /* behind merges */
}

static enum status open_message(struct visit *v, struct err *e)
{
	struct view *view = &v->k->view;
	enum status st = outbox_get(view->store, v->link.id, view->arena, &v->message, e);
	if (st == ST_OK)
		st = find_lead(v, v->message.lead, e);
	if (st == ST_OK)
		v->page.address = v->message.address;
	return st;
}

static enum status open_handoff(struct visit *v, struct err *e)
{
	struct view *view = &v->k->view;
	enum status st = handoff_get(view->store, v->link.id, view->arena, &v->handoff, e);
	if (st == ST_OK)
		st = find_lead(v, v->handoff.lead, e);
	return st == ST_OK ? view_address(view, v->lead, &v->page.address, e) : st;
}

/* Addresses of pages are relative: a proxy in front may have put us below a path of its own. */
static void fill_page(struct visit *v)
{
	char token[LINK_TEXT_MAX];
	struct desk_work *k = v->k;
	const struct link choices = {
		.kind = LINK_PREFERENCES, .id = v->link.id, .expires_us = TIME_NONE};
	v->page.action = k->call->param;
	if (k->view.program != NULL) {
		v->page.sender = k->view.program->sender.name;
		v->page.postal = k->view.program->sender.postal_address;
	}
	if (v->link.kind == LINK_UNSUBSCRIBE &&
	    link_write(&k->daemon->links, &choices, STR_NULL, token, NULL) == ST_OK)
		v->page.preferences = arena_printf(k->view.arena, "../p/%s", token);
}

static enum status read_fields(struct visit *v, struct err *e)
{
	struct fields f;
	const struct http_request *req = v->k->call->req;
	if (req->method != HTTP_POST)
		return ST_OK;
	enum status st =
		fields_read(http_header(req, "Content-Type"), req->body, v->k->view.arena, &f, e);
	for (size_t i = 0; st == ST_OK && i < f.n && i < INGEST_FORM_FIELDS_MAX; i++)
		v->fields[v->fields_n++] = (struct page_field){f.list[i].name, f.list[i].value};
	return st == ST_INVALID || st == ST_LIMIT ? ST_OK
						  : st; /* no field: the page is asked again */
}

static enum status visit(struct desk_work *k, visit_handler *then, struct err *e)
{
	struct visit *v = ARENA_NEW(k->view.arena, struct visit);
	if (v == NULL)
		return err_set(e, ST_NO_MEMORY, "a visit does not fit");
	v->k = k;
	enum status st = read_link(k->daemon, k->call, &v->link);
	if (st != ST_OK)
		return answer(v, st == ST_TIMEOUT ? 410 : 404, /* between the door and the desk */
			      st == ST_TIMEOUT ? &page_expired : &page_broken);
	fill_page(v);
	st = v->link.kind == LINK_REP ? open_handoff(v, e) : open_message(v, e);
	if (st == ST_NOT_FOUND)
		st = ST_OK; /* forgotten, as they asked: there is nothing left to change */
	if (st == ST_OK)
		st = read_fields(v, e);
	if (st == ST_OK)
		st = then(v, e);
	return st == ST_OK ? ST_OK : answer(v, 503, &page_failed);
}

/* ---- what is said ---- */

#define SAYINGS_MAX PAGE_CHOICES_MAX

struct saying {
	const char *type;
	struct str channel, purpose, words; /* empty: left out */
};

static enum status put_saying(struct visit *v, const struct saying *s, struct log_entry *out,
			      struct err *e)
{
	const struct http_request *req = v->k->call->req;
	struct arena *a = v->k->view.arena;
	struct buf props, text;
	struct json_w w;
	char id[64];
	crypto_token("page-", id);
	buf_init_arena(&props, a, 1u << 14);
	buf_init_arena(&text, a, EVENT_BYTES_MAX);
	json_w_init(&w, &props);
	json_w_object(&w);
	json_w_ki64(&w, "message", (int64_t)v->link.id);
	if (s->channel.n)
		json_w_kstr(&w, "channel", s->channel);
	if (s->purpose.n)
		json_w_kstr(&w, "purpose", s->purpose);
	if (s->words.n)
		json_w_kstr(&w, "wording", s->words);
	json_w_end(&w);
	const struct event ev = {
		.type = str_of(s->type),
		.occurred_us = req->received_us,
		.properties = buf_view(&props),
		.context = {.ip = req->remote_ip,
			    .user_agent = str_upto(http_header(req, "User-Agent"), 256),
			    .scroll = -1},
	};
	*out = (struct log_entry){
		.source = STR(HIT_SOURCE),
		.message_id = arena_str(a, str_of(id)),
		.received_us = req->received_us,
	};
	enum status st = event_encode(&ev, &text, e);
	out->body = buf_view(&text);
	return st;
}

/* Durable on return; what follows from it is the engine's, within the moment. */
static enum status say(struct visit *v, const struct saying *s, size_t n, struct err *e)
{
	enum status st = ST_OK;
	struct log_entry *entries = ARENA_ARRAY(v->k->view.arena, struct log_entry, n);
	if (v->lead == 0 || n == 0)
		return ST_OK;
	if (entries == NULL)
		return err_set(e, ST_NO_MEMORY, "what was said does not fit");
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = put_saying(v, &s[i], &entries[i], e);
	return st == ST_OK ? appender_append(v->k->daemon->appender, entries, n, e) : st;
}

/* ---- unsubscribe ---- */

static enum status show_stop(struct visit *v, struct err *e)
{
	(void)e;
	return ask(v, 200, &page_ask_unsubscribe);
}

static enum status do_stop(struct visit *v, struct err *e)
{
	const struct http_request *req = v->k->call->req;
	const struct saying s = {.type = "email.unsubscribe", .words = page_ask_unsubscribe.words};
	if (!page_one_click(http_header(req, "Content-Type"), req->body))
		return ask(v, 400, &page_ask_unsubscribe);
	enum status st = say(v, &s, 1, e);
	return st == ST_OK ? answer(v, 200, &page_unsubscribed) : st;
}

/* ---- choices ---- */

static struct str channel_words(struct str channel)
{
	return str_is(channel, "email") ? STR("e-mail")
	       : str_is(channel, "sms") ? STR("text message")
					: channel;
}

/* "product_news" by "email" -> "Product news by e-mail". */
static struct str label_of(struct arena *a, const struct view_choice *c)
{
	struct str words = channel_words(c->channel);
	struct str text =
		arena_printf(a, STR_FMT " by " STR_FMT, STR_ARG(c->purpose), STR_ARG(words));
	char *p = arena_strz(a, text);
	if (p == NULL)
		return c->purpose;
	for (size_t i = 0; i < c->purpose.n; i++)
		if (p[i] == '_' || p[i] == '-')
			p[i] = ' ';
	if (p[0] >= 'a' && p[0] <= 'z')
		p[0] = (char)(p[0] - 'a' + 'A');
	return str_n(p, text.n);
}

static enum status load_choices(struct visit *v, struct err *e)
{
	enum status st = ST_OK;
	struct view *view = &v->k->view;
	if (v->lead != 0 && view->program != NULL)
		st = view_choices(view, v->lead, PAGE_CHOICES_MAX, v->choices, &v->page.choices_n,
				  e);
	for (size_t i = 0; st == ST_OK && i < v->page.choices_n; i++)
		v->shown[i] = (struct page_choice){v->choices[i].channel, v->choices[i].purpose,
						   label_of(view->arena, &v->choices[i]),
						   v->choices[i].allowed};
	v->page.choices = v->shown;
	return st;
}

static enum status put_choices(struct visit *v, int status)
{
	struct buf html;
	buf_init_arena(&html, v->k->call->req->arena, PAGE_BYTES_MAX);
	page_preferences(&v->page, &html);
	put_page(v->k->call, status, &html, v->k->reply);
	v->k->replied = true;
	return ST_OK;
}

static enum status show_choices(struct visit *v, struct err *e)
{
	enum status st = load_choices(v, e);
	return st == ST_OK ? put_choices(v, 200) : st;
}

static enum status do_choices(struct visit *v, struct err *e)
{
	struct page_change changes[PAGE_CHOICES_MAX];
	struct saying said[SAYINGS_MAX];
	size_t n = 0;
	enum status st = load_choices(v, e);
	if (st != ST_OK)
		return st;
	if (page_changes(&v->page, v->fields, v->fields_n, changes, &n, e) != ST_OK)
		return put_choices(v, 400);
	for (size_t i = 0; i < n; i++) {
		const struct page_choice *c = &v->page.choices[changes[i].choice];
		/* A yes that came through the mailbox is a confirmed one for mail alone. */
		bool mail = str_is(c->channel, "email");
		said[i] = (struct saying){.type = !changes[i].on ? "consent.withdraw"
						  : mail         ? "consent.confirm"
								 : "consent.grant",
					  .channel = c->channel,
					  .purpose = c->purpose,
					  .words = c->label};
	}
	st = say(v, said, n, e);
	return st == ST_OK ? answer(v, 200, &page_saved) : st;
}

/* ---- double opt-in ---- */

static enum status show_confirm(struct visit *v, struct err *e)
{
	(void)e;
	return ask(v, 200, &page_ask_confirm);
}

static bool has(const struct visit *v, const char *name, const char *value)
{
	for (size_t i = 0; i < v->fields_n; i++)
		if (str_is(v->fields[i].name, name) && str_is(v->fields[i].value, value))
			return true;
	return false;
}

static enum status do_confirm(struct visit *v, struct err *e)
{
	const struct saying s = {.type = "consent.confirm",
				 .channel = v->message.channel,
				 .purpose = v->message.purpose,
				 .words = page_ask_confirm.words};
	if (!has(v, "confirm", "yes"))
		return ask(v, 400, &page_ask_confirm);
	enum status st = say(v, &s, 1, e);
	return st == ST_OK ? answer(v, 200, &page_confirmed) : st;
}

/* ---- what a rep says ---- */

static enum status show_rep(struct visit *v, struct err *e)
{
	(void)e;
	if (v->link.n >= LINK_REP_COUNT)
		return answer(v, 404, &page_broken);
	return ask(v, 200, &page_ask_rep[v->link.n]);
}

static struct str rep_properties(struct visit *v, const struct page_rep *r)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, v->k->view.arena, 1u << 14);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_ki64(&w, "handoff", (int64_t)v->link.id);
	json_w_kz(&w, "verdict", link_rep_wire((enum link_rep)v->link.n));
	if (r->note.n)
		json_w_kstr(&w, "reason", r->note);
	if (r->again_us != TIME_NONE)
		json_w_ki64(&w, "again_seconds",
			    time_between(v->k->view.now_us, r->again_us) / US_PER_S);
	json_w_end(&w);
	return buf_view(&b);
}

/* What the engine would refuse is told here: an old link leaves no dead letter. How it ended may be
 * told again where it says something else. */
static enum status may_say(const struct visit *v, enum link_rep rep, struct err *e)
{
	struct handoff h = v->handoff;
	enum handoff_state to = link_rep_state(rep);
	if (h.id == 0)
		return err_set(e, ST_CONFLICT, "what is known about this lead was erased");
	if (to == HANDOFF_CLOSED && h.state == to && !str_is(h.verdict, link_rep_wire(rep)))
		return ST_OK;
	return handoff_move(&h, to, v->k->view.now_us, STR(""), e);
}

static enum status do_rep(struct visit *v, struct err *e)
{
	struct page_rep r;
	enum link_rep rep = (enum link_rep)v->link.n;
	if (v->link.n >= LINK_REP_COUNT)
		return answer(v, 404, &page_broken);
	if (page_rep_read(v->fields, v->fields_n, v->k->view.now_us, &r, e) != ST_OK)
		return ask(v, 400, &page_ask_rep[rep]);
	enum status st = may_say(v, rep, e);
	if (st == ST_OK)
		st = daemon_own_event(v->k, link_rep_event(rep), rep_properties(v, &r), e);
	if (st == ST_CONFLICT) {
		const struct page_note late = {STR("That is settled already"), str_of(e->text)};
		return answer(v, 409, &late);
	}
	return st == ST_OK ? answer(v, 200, &page_noted) : st;
}

/* ---- the desk's table ---- */

#define PAGE_OP(name, then) \
	enum status name(struct desk_work *k, struct err *e) \
	{ \
		return visit(k, then, e); \
	}
PAGE_OP(daemon_do_stop_page, show_stop)
PAGE_OP(daemon_do_stop, do_stop)
PAGE_OP(daemon_do_choices_page, show_choices)
PAGE_OP(daemon_do_choices, do_choices)
PAGE_OP(daemon_do_confirm_page, show_confirm)
PAGE_OP(daemon_do_confirm, do_confirm)
PAGE_OP(daemon_do_rep_page, show_rep)
PAGE_OP(daemon_do_rep, do_rep)
