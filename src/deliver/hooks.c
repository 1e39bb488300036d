/* SPDX-License-Identifier: Apache-2.0
 * hooks.c: webhooks leave. A posting is one more way out, beside mail servers and the simulated
 * inbox: taken by a writer, posted on a thread that waits for nobody, answered by an event. It is
 * told at least once, so it needs no mark: what a kill leaves is posted again under the same id. */
#include "deliver/work.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/time.h"
#include "engine/outbox.h"
#include "handoff/hook.h"
#include "net/http_post.h"

#include <stdio.h>

#define RETRY_AFTER_MAX_S (12 * 3600) /* a receiver may ask for patience, not for ever */
#define HTTP_GONE 410

/* ---- what came of it ---- */

static void fill_answer(struct answer *a, const struct http_post_result *r)
{
	bool answered = r->status == ST_OK, well = answered && r->http >= 200 && r->http < 300;
	bool never = r->status == ST_INVALID || (answered && r->http == HTTP_GONE);
	*a = (struct answer){
		.outcome = well    ? SMTP_SENT
			   : never ? SMTP_FAILED
				   : SMTP_DEFERRED,
		.class = SMTP_CLASS_COUNT,
		.code = answered ? r->http : 0,
		.at_us = clock_now_us(),
	};
	if (!well && r->retry_after_s > 0)
		a->after_us = US_PER_S * (r->retry_after_s < RETRY_AFTER_MAX_S ? r->retry_after_s
									       : RETRY_AFTER_MAX_S);
	if (answered)
		(void)snprintf(a->reason, sizeof a->reason, "the receiver answered %d", r->http);
	else
		(void)snprintf(a->reason, sizeof a->reason, "%s: %.300s", status_name(r->status),
			       r->why);
}

static void on_done(void *ctx, const struct http_post_result *r)
{
	struct deliver *d = ctx;
	pthread_mutex_lock(&d->lock);
	struct item *item = items_find(d, r->id);
	ASSERT(item != NULL && item->state == ITEM_SPOKEN);
	fill_answer(&item->answer, r);
	items_answer(d, item);
	pthread_mutex_unlock(&d->lock);
}

/* ---- writing ---- */

/* The first of those that say the same again names them all. */
static enum status id_of(struct store *s, const struct message *m, struct arena *a,
			 char out[HOOK_ID_MAX], struct err *e)
{
	struct message first = *m;
	enum status st = m->reply_to ? outbox_get(s, m->reply_to, a, &first, e) : ST_OK;
	if (st == ST_OK)
		hook_id(&first, out);
	return st;
}

/* Where it goes: what this machine's settings say, else, live, what the program says. */
static struct str target(const struct deliver *d, const struct message *m)
{
	const char *set = d->conf.settings->webhook_url;
	return set != NULL ? str_of(set) : d->live ? m->address : STR_NULL;
}

enum status hooks_write(struct deliver *d, struct item *item, const struct message *m,
			struct store *s, struct arena *a, struct err *e)
{
	struct brief brief;
	struct buf body;
	char id[HOOK_ID_MAX];
	struct str url = target(d, m);
	if (url.n == 0)
		return err_set(
			e, ST_UNAVAILABLE,
			"test mode: not posted; handoff_webhook in settings.json says where");
	if (d->hook_secret.n == 0)
		return err_set(e, ST_INVALID,
			       "not posted: nothing to sign it with; handoff_webhook in "
			       "settings.json names the secret");
	enum status st = brief_read(s, m->handoff, a, &brief, e);
	if (st == ST_OK)
		st = id_of(s, m, a, id, e);
	if (st != ST_OK)
		return st;
	buf_init_arena(&body, a, HOOK_BODY_MAX);
	hook_body(m, &brief, &body);
	if (!buf_ok(&body))
		return err_set(e, ST_LIMIT, "a webhook of more than %u bytes", HOOK_BODY_MAX);
	const struct str parts[] = {buf_view(&body), str_of(id), url};
	item_keep(item, parts);
	return ST_OK;
}

bool hooks_speak(struct deliver *d, struct item *item)
{
	char signature[HOOK_HEADER_MAX], lines[3][HOOK_HEADER_MAX + 32];
	struct buf sig = {.p = signature, .cap = sizeof signature, .bytes_max = sizeof signature};
	const struct hook_letter l = {item->from, item->bytes, clock_real_us() / US_PER_S};
	struct err e;
	enum status st = hook_sign(d->hook_secret, &l, &sig, &e);
	(void)snprintf(lines[0], sizeof lines[0], "webhook-id: " STR_FMT, STR_ARG(l.id));
	(void)snprintf(lines[1], sizeof lines[1], "webhook-timestamp: %lld", (long long)l.at_s);
	(void)snprintf(lines[2], sizeof lines[2], "webhook-signature: " STR_FMT,
		       STR_ARG(buf_view(&sig)));
	struct http_post_job job = {.id = item->id, .url = item->to, .body = item->bytes};
	for (size_t i = 0; i < 3; i++)
		job.headers[i] = str_of(lines[i]);
	if (st == ST_OK)
		st = http_post_send(d->hooks, &job, &e);
	if (st == ST_OK)
		return true;
	answer_untried(&item->answer, 10 * US_PER_S, e.text);
	return false;
}

/* ---- opening ---- */

enum status hooks_open(struct deliver *d, struct err *e)
{
	struct http_post_conf conf = HTTP_POST_CONF_DEFAULT;
	const struct settings_secret *s = &d->conf.settings->webhook_secret;
	conf.done = on_done;
	conf.ctx = d;
	enum status st = settings_secret(d->conf.dir, s, "settings.json: handoff_webhook.secret",
					 &d->secrets, &d->hook_secret, e);
	return st == ST_OK ? http_post_create(&conf, &d->hooks, e) : st;
}
