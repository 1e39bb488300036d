/* SPDX-License-Identifier: Apache-2.0
 * hook.c: see hook.h. */
#include "handoff/hook.h"

#include "base/json.h"
#include "base/time.h"
#include "base/webhook.h"

#include <stdio.h>

#define SECRETS_MAX 4

/* ---- the body ---- */

static void put_text(struct json_w *w, const char *key, struct str s)
{
	if (s.n > 0)
		json_w_kstr(w, key, s);
}

static void put_time(struct json_w *w, const char *key, int64_t at_us)
{
	if (at_us != TIME_NONE)
		json_w_ktime(w, key, at_us);
}

static void put_handoff(struct json_w *w, const struct handoff *h)
{
	json_w_key(w, "handoff");
	json_w_object(w);
	json_w_ki64(w, "id", (int64_t)h->id);
	json_w_kz(w, "state", handoff_state_name(h->state));
	json_w_kstr(w, "team", h->team);
	json_w_key(w, "rep");
	json_w_object(w);
	json_w_kstr(w, "name", h->rep_name);
	json_w_kstr(w, "email", h->rep_email);
	json_w_end(w);
	put_text(w, "trigger", h->trigger);
	put_text(w, "reason", h->reason);
	json_w_ktime(w, "opened", h->opened_us);
	put_time(w, "accept_by", h->due_us);
	json_w_ki64(w, "assigned", h->assigned_n);
	json_w_kbool(w, "overdue", h->overdue);
	put_text(w, "verdict", h->verdict);
	put_text(w, "said", h->said);
	put_time(w, "accepted", h->accepted_us);
	put_time(w, "closed", h->closed_us);
	put_time(w, "again", h->again_us);
	json_w_end(w);
}

static void put_lead(struct json_w *w, const struct brief *b)
{
	json_w_key(w, "lead");
	json_w_object(w);
	json_w_ki64(w, "id", (int64_t)b->lead);
	put_text(w, "name", b->name);
	put_text(w, "email", b->email);
	put_text(w, "phone", b->phone);
	put_text(w, "title", b->title);
	put_text(w, "company", b->company);
	put_text(w, "country", b->country);
	put_text(w, "source", b->source);
	put_text(w, "asset", b->asset);
	json_w_kz(w, "tier", tier_name(b->tier));
	json_w_kf64(w, "score", b->score);
	json_w_kf64(w, "fit", b->fit);
	json_w_kf64(w, "engagement", b->engagement);
	put_time(w, "first_seen", b->first_us);
	put_time(w, "last_active", b->active_us);
	json_w_end(w);
}

static void put_messages(struct json_w *w, const struct brief *b)
{
	json_w_key(w, "messages");
	json_w_array(w);
	for (size_t i = 0; i < b->messages_n; i++) {
		const struct brief_message *m = &b->messages[i];
		json_w_object(w);
		json_w_ki64(w, "id", (int64_t)m->id);
		json_w_kstr(w, "message", m->message);
		put_text(w, "angle", m->angle);
		json_w_ktime(w, "sent", m->sent_us);
		json_w_kbool(w, "opened", m->flags & MESSAGE_OPENED);
		json_w_kbool(w, "clicked", m->flags & MESSAGE_CLICKED);
		json_w_kbool(w, "replied", m->flags & MESSAGE_REPLIED);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_acts(struct json_w *w, const struct brief *b)
{
	json_w_key(w, "activity");
	json_w_array(w);
	for (size_t i = 0; i < b->acts_n; i++) {
		json_w_object(w);
		json_w_kstr(w, "type", b->acts[i].type);
		json_w_ki64(w, "count", b->acts[i].n);
		json_w_ktime(w, "last", b->acts[i].last_us);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_story(struct json_w *w, const struct brief *b)
{
	json_w_key(w, "story");
	json_w_array(w);
	for (size_t i = 0; i < BRIEF_STORY_LINES; i++)
		json_w_str(w, b->story[i]);
	json_w_end(w);
	if (b->handoff.words.n == 0)
		return;
	json_w_key(w, "reply");
	json_w_object(w);
	if (b->handoff.message)
		json_w_ki64(w, "message", (int64_t)b->handoff.message);
	json_w_kstr(w, "text", b->handoff.words);
	json_w_end(w);
}

void hook_body(const struct message *m, const struct brief *b, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kstr(&w, "type", m->message);
	json_w_ktime(&w, "timestamp", m->created_us);
	json_w_key(&w, "data");
	json_w_object(&w);
	put_handoff(&w, &b->handoff);
	put_lead(&w, b);
	put_story(&w, b);
	put_messages(&w, b);
	put_acts(&w, b);
	json_w_end(&w);
	json_w_end(&w);
}

/* ---- its signature ---- */

/* With the instant in it: a folder that was begun anew counts from one again. */
void hook_id(const struct message *first, char out[HOOK_ID_MAX])
{
	(void)snprintf(out, HOOK_ID_MAX, "msg_%llu_%llx", (unsigned long long)first->id,
		       (unsigned long long)first->created_us);
}

static bool sign_one(struct str secret, const struct webhook_signed *s, struct buf *out)
{
	char room[WEBHOOK_SECRET_BYTES_MAX];
	uint8_t mac[SHA256_BYTES];
	struct buf key = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	bool ok = webhook_secret(secret, &key) && webhook_mac(buf_view(&key), s, mac);
	crypto_wipe(room, sizeof room);
	if (!ok)
		return false;
	if (out->n > 0)
		buf_byte(out, ' ');
	buf_z(out, "v1,");
	base64_encode(str_n((const char *)mac, sizeof mac), out);
	return true;
}

enum status hook_sign(struct str secrets, const struct hook_letter *l, struct buf *out,
		      struct err *e)
{
	char at[24];
	size_t n = 0;
	(void)snprintf(at, sizeof at, "%lld", (long long)l->at_s);
	const struct webhook_signed s = {l->id, str_of(at), l->body};
	secrets = str_trim(secrets);
	while (secrets.n > 0 && n++ < SECRETS_MAX) {
		struct str one = str_cut(&secrets, ' ');
		if (one.n > 0 && !sign_one(one, &s, out))
			return err_set(e, ST_INVALID,
				       "a secret of handoff_webhook is none: it looks like whsec_ "
				       "and base64 of 16 bytes or more");
	}
	if (out->n == 0)
		return err_set(e, ST_INVALID,
			       "handoff_webhook has no secret: name one in settings.json, as "
			       "secret_env or secret_file");
	return buf_ok(out) ? ST_OK : err_set(e, ST_LIMIT, "the signatures do not fit");
}
