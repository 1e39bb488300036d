/* SPDX-License-Identifier: Apache-2.0
 * letter.c: from a message's row to bytes: who it is for, what it continues, where its links lead,
 * what it says (compose/), how that is written (mime/), and signed. */
#include "deliver/internal.h"

#include "base/assert.h"
#include "base/hash.h"
#include "engine/outbox.h"
#include "mime/html.h"

#define THREAD_MAX 8     /* messages back: a thread is that long at most */
#define MERGES_MAX 64    /* steps from a lead to the one it was merged into */
#define TARGET_ROOM 8192 /* a target, every byte of it escaped, and what stands before it */

/* ---- tokens ---- */

static struct str domain_of(struct str email)
{
	size_t at = email.n;
	while (at > 0 && email.p[at - 1] != '@')
		at--;
	return str_slice(email, at, email.n);
}

struct str letter_page(const struct writing *w, const struct link *link, const char *path,
		       const char *tail)
{
	char token[LINK_TEXT_MAX];
	const struct letters *l = w->d->letters;
	if (link_write(&l->links, link, STR_NULL, token, NULL) != ST_OK)
		return STR_NULL;
	return arena_printf(w->a, "%s/%s/%s%s", l->public_url, path, token, tail);
}

static struct str page_url(const struct writing *w, enum link_kind kind, const char *path,
			   const char *tail)
{
	const struct link link = {.kind = kind, .id = w->m->id, .expires_us = TIME_NONE};
	return letter_page(w, &link, path, tail);
}

static void put_escaped(struct buf *out, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
		if (plain) {
			buf_byte(out, (char)c);
			continue;
		}
		buf_byte(out, '%');
		buf_byte(out, hex[c >> 4]);
		buf_byte(out, hex[c & 15]);
	}
}

static struct str target_url(const struct writing *w, const struct link *link, struct str target)
{
	char token[LINK_TEXT_MAX];
	struct buf out;
	const struct letters *l = w->d->letters;
	if (!link_target_ok(target) || link_write(&l->links, link, target, token, NULL) != ST_OK)
		return STR_NULL;
	buf_init_arena(&out, w->a, TARGET_ROOM);
	buf_z(&out, l->public_url);
	buf_z(&out, "/t/");
	buf_z(&out, token);
	buf_z(&out, "?u=");
	put_escaped(&out, target);
	return buf_ok(&out) ? buf_view(&out) : STR_NULL;
}

static struct str on_link(void *ctx, struct str url, size_t n, bool primary)
{
	const struct writing *w = ctx;
	const struct link link = {
		.kind = LINK_CLICK,
		.id = w->m->id,
		.n = (uint32_t)n | (primary ? LETTER_LINK_CTA : 0),
		.expires_us = TIME_NONE,
	};
	return target_url(w, &link, url);
}

static struct str address_token(const struct writing *w, uint64_t id)
{
	char token[LINK_TEXT_MAX];
	link_address_write(&w->d->letters->links, id, token);
	return arena_str(w->a, str_of(token));
}

struct str letter_mail_id(const struct writing *w, uint64_t id)
{
	struct str token = address_token(w, id);
	return arena_printf(w->a, "m." STR_FMT "@" STR_FMT, STR_ARG(token), STR_ARG(w->domain));
}

/* ---- rows ---- */

static enum status read_lead(const struct writing *w, struct lead *out, struct err *e)
{
	struct str row;
	uint64_t id = w->m->lead;
	enum status st = ST_OK;
	for (int i = 0; i < MERGES_MAX; i++) {
		st = store_get(w->d->store, TABLE_LEAD, KEY_NUM(id), w->a, &row, e);
		if (st == ST_OK)
			st = lead_row_decode(id, row, w->a, out, NULL, e);
		if (st != ST_OK || !(out->flags & LEAD_MERGED))
			break;
		id = out->account;
	}
	return st == ST_NOT_FOUND ? err_set(e, ST_CORRUPT, "message %llu: its lead is not there",
					    (unsigned long long)w->m->id)
				  : st;
}

/* A row of JSON, parsed; *doc stays NULL when there is none. */
static enum status read_json(const struct writing *w, enum table t, uint64_t id,
			     const struct json **doc, struct err *e)
{
	struct str row;
	struct json *d = ARENA_NEW(w->a, struct json);
	if (d == NULL)
		return err_set(e, ST_LIMIT, "a letter's rows do not fit");
	enum status st =
		id != 0 ? store_get(w->d->store, t, KEY_NUM(id), w->a, &row, e) : ST_NOT_FOUND;
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, w->a, d, e);
	if (st == ST_OK)
		*doc = d;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status read_person(const struct writing *w, struct lead *lead,
			       const struct json **profile, struct err *e)
{
	if (w->lead != NULL && w->profile != NULL) {
		*lead = *w->lead;
		*profile = w->profile;
		return ST_OK;
	}
	enum status st = read_lead(w, lead, e);
	return st == ST_OK ? read_json(w, TABLE_PROFILE, lead->id, profile, e) : st;
}

static enum status read_content(const struct writing *w, struct compose_in *in, struct err *e)
{
	const struct message *m = w->m;
	const struct content_file *f =
		content_find(&w->version->content, m->message, m->angle, m->persona);
	in->content_name =
		arena_printf(w->a, STR_FMT "/" STR_FMT "%s" STR_FMT ".md", STR_ARG(m->message),
			     STR_ARG(m->angle), f != NULL && f->persona.n > 0 ? "." : "",
			     STR_ARG(f != NULL ? f->persona : STR_NULL));
	if (f == NULL)
		return err_set(e, ST_INVALID, STR_FMT ": version %llu has no such content",
			       STR_ARG(in->content_name), (unsigned long long)w->version->number);
	const struct desk_text *text;
	enum status st = desk_content(w->d, in->content_name, f->hash, &text, e);
	if (st == ST_OK) {
		in->content = text->text;
		in->kept = text->kept;
	}
	return st == ST_NOT_FOUND
		       ? err_set(e, ST_INVALID,
				 STR_FMT ": its text was never brought; apply the program again "
					 "with its content folder",
				 STR_ARG(in->content_name))
		       : st;
}

static enum status on_part(void *ctx, enum content_part_kind kind, struct str name, struct arena *a,
			   struct compose_part *out, struct err *e)
{
	const struct writing *w = ctx;
	const struct content_part *part = content_find_part(&w->version->content, kind, name);
	(void)a;
	if (part == NULL)
		return ST_NOT_FOUND;
	enum status st = desk_part(w->d, part, out, e);
	return st == ST_NOT_FOUND
		       ? err_set(e, ST_INVALID,
				 "its text was never brought; apply the program again with its "
				 "content folder")
		       : st;
}

/* ---- what it says ---- */

static struct str feedback_id(const struct writing *w)
{
	const struct message *m = w->m;
	/* track:message:kind:sender, RFC-less, as the large mailbox providers read it. */
	return arena_printf(w->a, STR_FMT ":" STR_FMT ":nurture:" STR_FMT, STR_ARG(m->track),
			    STR_ARG(m->message), STR_ARG(w->domain));
}

static enum status compose(struct writing *w, int64_t now_us, const struct compose_thread *thread,
			   struct compose_out *out, struct err *e)
{
	struct lead lead;
	const struct settings *s = w->d->letters->settings;
	struct compose_in in = {
		.program = w->version->program,
		.message = w->m,
		.tz = desk_zone(w->d, w->m->zone),
		.now_us = now_us,
		.link = on_link,
		.part = on_part,
		.ctx = w,
		.unsubscribe_url = page_url(w, LINK_UNSUBSCRIBE, "u", ""),
		.preferences_url = page_url(w, LINK_PREFERENCES, "p", ""),
		.pixel_url = page_url(w, LINK_OPEN, "o", ".gif"),
		.message_id = letter_mail_id(w, w->m->id),
		.list_id = str_of(s->list_id),
		.feedback_id = feedback_id(w),
		.dice = hash_u64(w->m->id ^ hash_u64(w->m->attempts)),
		.thread = *thread,
	};
	enum status st = read_person(w, &lead, &in.profile, e);
	if (st == ST_OK)
		st = read_json(w, TABLE_ACCOUNT, lead.account, &in.account, e);
	if (st == ST_OK)
		st = read_content(w, &in, e);
	return st == ST_OK ? compose_render(&in, out, w->a, e) : st;
}

/* The thread it continues: ids as they were given, and the subject of its first message, written
 * once more. One that cannot be written any more leaves the new message its own subject. */
static enum status read_thread(const struct writing *w, int64_t now_us, struct compose_thread *out,
			       struct err *e)
{
	struct str *ids = ARENA_ARRAY(w->a, struct str, THREAD_MAX);
	struct message m = *w->m;
	size_t n = 0;
	if (ids == NULL)
		return err_set(e, ST_LIMIT, "a letter's thread does not fit");
	while (m.reply_to != 0 && n < THREAD_MAX) {
		uint64_t id = m.reply_to;
		enum status st = outbox_get(w->d->store, id, w->a, &m, e);
		if (st == ST_NOT_FOUND)
			break;
		if (st != ST_OK)
			return st;
		ids[THREAD_MAX - ++n] =
			letter_mail_id(w, id); /* filled from its end: oldest first */
	}
	if (n == 0)
		return ST_OK;
	struct writing first = *w;
	struct compose_out said = {.links_n = 0};
	first.m = &m;
	first.lead = NULL;
	enum status st = desk_version(w->d, m.version, &first.version, e);
	if (st == ST_OK)
		st = compose(&first, now_us, &(struct compose_thread){.references_n = 0}, &said, e);
	if (st == ST_OK)
		out->subject = said.mail.subject;
	out->message_id = ids[THREAD_MAX - 1];
	out->references = ids + THREAD_MAX - n;
	out->references_n = n - 1;
	return st == ST_INVALID || st == ST_LIMIT ? ST_OK : st;
}

/* ---- how it is written ---- */

/* A link that no person sees: who follows it follows everything. Behind the text, so that what
 * reads a page aloud has passed the words by then. */
static struct str with_trap(const struct writing *w, struct str html)
{
	static const struct str end = {"</body>", 7};
	struct buf out;
	const struct link link = {.kind = LINK_TRAP, .id = w->m->id, .expires_us = TIME_NONE};
	struct str url = target_url(w, &link, str_of(w->d->letters->public_url));
	size_t at = html.n;
	while (at > 0 && !str_starts(str_slice(html, at, html.n), end))
		at--;
	if (url.n == 0 || at == 0)
		return html;
	buf_init_arena(&out, w->a, html.n + TARGET_ROOM);
	buf_str(&out, str_slice(html, 0, at));
	buf_z(&out, "<a href=\"");
	html_escape(url, &out);
	buf_z(&out, "\" style=\"display:none\" tabindex=\"-1\" aria-hidden=\"true\"></a>");
	buf_str(&out, str_slice(html, at, html.n));
	return buf_ok(&out) ? buf_view(&out) : html;
}

static enum status envelope(const struct writing *w, struct letter *out, struct err *e)
{
	const struct settings *s = w->d->letters->settings;
	struct str domain = s->return_domain != NULL ? str_of(s->return_domain) : w->domain;
	struct str token = address_token(w, w->m->id);
	struct buf from;
	buf_init_arena(&from, w->a, MIME_EMAIL_MAX + 2);
	enum status st = mime_tagged_write(str_of(s->return_prefix), token, domain, &from, e);
	out->from = buf_view(&from);
	out->to = w->m->address;
	out->sender = w->domain;
	out->domain = domain_of(w->m->address);
	if (st != ST_OK || s->return_domain == NULL || w->m->flags & MESSAGE_SYSTEM)
		return st;
	struct buf leave;
	buf_init_arena(&leave, w->a, MIME_EMAIL_MAX + 2);
	st = mime_tagged_write(STR(LETTER_UNSUBSCRIBE_PREFIX), token, domain, &leave, e);
	out->composed.mail.unsubscribe_email = buf_view(&leave);
	return st;
}

static enum status write_bytes(const struct writing *w, const struct letter_question *q,
			       struct letter *out, struct err *e)
{
	struct dkim_key keys[SETTINGS_DKIM_MAX];
	struct mime_mail *mail = &out->composed.mail;
	struct buf body, all;
	/* One-click wants https (RFC 8058); over http there is the address alone, or the body. */
	if (!str_starts(mail->unsubscribe_url, STR("https://")))
		mail->unsubscribe_url = STR_NULL;
	if (!(w->m->flags & MESSAGE_SYSTEM))
		mail->html = with_trap(w, mail->html);
	buf_init_arena(&body, w->a, LETTER_BYTES_MAX);
	buf_init_arena(&all, w->a, LETTER_BYTES_MAX);
	enum status st = mime_write(mail, &body, e);
	struct dkim_job job = {.keys = keys, .message = buf_view(&body), .at_us = q->now_us};
	job.keys_n = q->bare ? 0 : letters_dkim_for(w->d->letters, w->domain, keys);
	if (st == ST_OK && job.keys_n > 0)
		st = dkim_sign(&job, w->a, &all, e);
	buf_str(&all, buf_view(&body));
	if (st == ST_OK && !buf_ok(&all))
		st = err_set(e, ST_LIMIT, "a letter of more than %u bytes", LETTER_BYTES_MAX);
	out->bytes = buf_view(&all);
	return st;
}

/* What a policy chose: its content, and the thread it continues. */
static enum status write_touch(struct writing *w, struct letter *out, struct err *e)
{
	struct compose_thread thread = {.references_n = 0};
	enum status st = read_thread(w, w->now_us, &thread, e);
	return st == ST_OK ? compose(w, w->now_us, &thread, &out->composed, e) : st;
}

enum status letter_make(struct letter_desk *d, const struct letter_question *q, struct arena *a,
			struct letter *out, struct err *e)
{
	struct writing w = {.d = d,
			    .m = q->message,
			    .a = a,
			    .now_us = q->now_us,
			    .lead = q->lead,
			    .profile = q->profile};
	struct err unheard;
	e = e != NULL ? e : &unheard;
	ASSERT(d->letters->public_url != NULL);
	*out = (struct letter){.bytes = STR_NULL};
	desk_room(d);
	enum status st = desk_version(d, q->message->version, &w.version, e);
	if (st == ST_OK)
		st = mime_addr_parse(w.version->program->sender.from, a, &w.from, e);
	if (st != ST_OK)
		return st;
	w.domain = domain_of(w.from.email);
	st = q->message->flags & MESSAGE_SYSTEM ? letter_notice(&w, &out->composed.mail, e)
						: write_touch(&w, out, e);
	if (st == ST_OK)
		st = envelope(&w, out, e);
	return st == ST_OK ? write_bytes(&w, q, out, e) : st;
}
