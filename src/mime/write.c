/* SPDX-License-Identifier: Apache-2.0
 * write.c: checks every field, then writes the message in one pass.
 *
 * Checking first means that writing cannot fail but for the buffer's ceiling, so no half message
 * is ever undone field by field. A library's tree of parts was measured at twelve times the cost
 * (docs/decisions/0013-mail-and-markdown.md). */
#include "mime/mime.h"

#include "base/assert.h"
#include "base/time.h"
#include "mime/body.h"
#include "mime/head.h"

#include <stdlib.h>

#define ZONE_MAX_US (24 * US_PER_H)
#define DATE_MAX_US INT64_C(253402300800000000) /* year 10000 */

/* Fields that are written from the struct, or that only others may write. */
static const char *const own_names[] = {
	"from",
	"sender",
	"reply-to",
	"to",
	"cc",
	"bcc",
	"subject",
	"date",
	"message-id",
	"references",
	"in-reply-to",
	"mime-version",
	"list-id",
	"feedback-id",
	"received",
	"return-path",
	"auto-submitted",
	"dkim-signature",
	"list-unsubscribe",
	"list-unsubscribe-post",
};

/* ---- checks ---- */

static enum status bad(struct err *e, const char *field, const char *why)
{
	return err_set(e, ST_INVALID, "mail: %s: %s", field, why);
}

static enum status check_text(const char *field, struct str s, size_t bytes_max, struct err *e)
{
	if (s.n > bytes_max)
		return err_set(e, ST_LIMIT, "mail: %s: longer than %zu bytes", field, bytes_max);
	if (!head_text_ok(s))
		return bad(e, field, "holds a line break, a control character or broken UTF-8");
	return ST_OK;
}

static enum status check_word(const char *field, struct str s, struct err *e)
{
	if (s.n > MIME_WORD_MAX)
		return err_set(e, ST_LIMIT, "mail: %s: longer than %d bytes", field, MIME_WORD_MAX);
	if (!head_word_ok(s))
		return bad(e, field, "is empty or holds a character that is not allowed there");
	return ST_OK;
}

static enum status check_addr(const char *field, const struct mime_addr *a, struct err *e)
{
	if (!mime_email_ok(a->email))
		return bad(e, field, "not an address in its normal form");
	return check_text(field, a->name, MIME_NAME_MAX, e);
}

static enum status check_people(const struct mime_mail *m, struct err *e)
{
	enum status st = check_addr("from", &m->from, e);
	if (st == ST_OK && m->reply_to.email.n > 0)
		st = check_addr("reply-to", &m->reply_to, e);
	if (st == ST_OK && (m->to_n == 0 || m->to_n > MIME_TO_MAX))
		st = bad(e, "to", m->to_n ? "more than 50 recipients" : "nobody");
	for (size_t i = 0; st == ST_OK && i < m->to_n; i++)
		st = check_addr("to", &m->to[i], e);
	return st;
}

static enum status check_thread(const struct mime_mail *m, struct err *e)
{
	/* An id of our own looks like an address: readers and filters expect it to. */
	enum status st = check_word("message-id", m->message_id, e);
	if (st == ST_OK && str_find_byte(m->message_id, '@') == m->message_id.n)
		st = bad(e, "message-id", "has no @");
	if (st == ST_OK && m->in_reply_to.n > 0)
		st = check_word("in-reply-to", m->in_reply_to, e);
	if (st == ST_OK && m->references_n > MIME_REFERENCES_MAX)
		st = err_set(e, ST_LIMIT, "mail: references: more than %d", MIME_REFERENCES_MAX);
	for (size_t i = 0; st == ST_OK && i < m->references_n; i++)
		st = check_word("references", m->references[i], e);
	return st;
}

static enum status check_list(const struct mime_mail *m, struct err *e)
{
	enum status st = ST_OK;
	if (m->unsubscribe_url.n > 0) {
		st = check_word("list-unsubscribe", m->unsubscribe_url, e);
		if (st == ST_OK && !str_starts(m->unsubscribe_url, STR("https://")))
			st = bad(e, "list-unsubscribe", "one-click needs an https link (RFC 8058)");
	}
	if (st == ST_OK && m->unsubscribe_email.n > 0 && !mime_email_ok(m->unsubscribe_email))
		st = bad(e, "list-unsubscribe", "not an address in its normal form");
	if (st == ST_OK && m->list_id.n > 0)
		st = check_word("list-id", m->list_id, e);
	if (st == ST_OK)
		st = check_text("list-id", m->list_name, MIME_NAME_MAX, e);
	if (st == ST_OK && m->feedback_id.n > 0)
		st = check_word("feedback-id", m->feedback_id, e);
	return st;
}

static enum status check_extra(const struct mime_header *h, struct err *e)
{
	if (!head_name_ok(h->name))
		return bad(e, "extra header", "its name is not one");
	for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
		if (str_eq_nocase(h->name, str_of(own_names[i])))
			return err_set(e, ST_INVALID,
				       "mail: extra header: %s has a field of its own",
				       own_names[i]);
	if (h->name.n >= 8 && str_eq_nocase(str_n(h->name.p, 8), STR("content-")))
		return bad(e, "extra header", "content headers describe parts and are ours");
	if (str_empty(str_trim(h->value)))
		return bad(e, "extra header", "has no value");
	return check_text("extra header", h->value, MIME_TEXT_MAX, e);
}

static bool type_ok(struct str type)
{
	struct str rest = type;
	struct str main = str_cut(&rest, '/');
	if (!head_name_ok(main) || rest.n == 0 || rest.n > 100)
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (!head_name_ok(str_n(rest.p + i, 1)) && rest.p[i] != '.' && rest.p[i] != '+')
			return false;
	return !str_eq_nocase(main, STR("multipart")) && !str_eq_nocase(main, STR("message"));
}

static enum status check_file(const struct mime_file *f, struct err *e)
{
	if (f->data.n > MIME_BODY_MAX)
		return err_set(e, ST_LIMIT, "mail: attachment: over %u bytes", MIME_BODY_MAX);
	if (!type_ok(f->type))
		return bad(e, "attachment", "its type is not a media type we can attach");
	if (f->name.n == 0)
		return bad(e, "attachment", "has no name");
	return check_text("attachment", f->name, MIME_NAME_MAX, e);
}

static enum status check_body(const char *field, struct str s, struct err *e)
{
	if (s.n > MIME_BODY_MAX)
		return err_set(e, ST_LIMIT, "mail: %s: over %u bytes", field, MIME_BODY_MAX);
	if (!body_text_ok(s))
		return bad(e, field, "holds a NUL, a CR without its LF or broken UTF-8");
	return ST_OK;
}

static enum status check_counts(const struct mime_mail *m, struct err *e)
{
	if (m->extra_n > MIME_EXTRA_MAX)
		return err_set(e, ST_LIMIT, "mail: more than %d extra headers", MIME_EXTRA_MAX);
	if (m->files_n > MIME_FILES_MAX)
		return err_set(e, ST_LIMIT, "mail: more than %d attachments", MIME_FILES_MAX);
	if (m->date_us < 0 || m->date_us >= DATE_MAX_US - ZONE_MAX_US)
		return bad(e, "date", "outside the years 1970 to 9999");
	if (m->zone_us <= -ZONE_MAX_US || m->zone_us >= ZONE_MAX_US)
		return bad(e, "date", "its zone is a day or more away from UTC");
	if (str_empty(str_trim(m->subject)))
		return bad(e, "subject", "is empty");
	if (str_empty(str_trim(m->text)))
		return bad(e, "text", "is empty; every mail has a plain text");
	return ST_OK;
}

static enum status check_mail(const struct mime_mail *m, struct err *e)
{
	enum status st = check_counts(m, e);
	if (st == ST_OK)
		st = check_people(m, e);
	if (st == ST_OK)
		st = check_text("subject", m->subject, MIME_TEXT_MAX, e);
	if (st == ST_OK)
		st = check_thread(m, e);
	if (st == ST_OK)
		st = check_list(m, e);
	for (size_t i = 0; st == ST_OK && i < m->extra_n; i++)
		st = check_extra(&m->extra[i], e);
	for (size_t i = 0; st == ST_OK && i < m->files_n; i++)
		st = check_file(&m->files[i], e);
	if (st == ST_OK)
		st = check_body("text", m->text, e);
	return st == ST_OK ? check_body("html", m->html, e) : st;
}

/* ---- headers ---- */

static void put_addr(struct head *h, const struct mime_addr *a, const char *after)
{
	if (a->name.n == 0) {
		head_word(h, "", a->email, after);
		return;
	}
	head_phrase(h, a->name);
	head_word(h, "<", a->email, after[0] ? ">," : ">");
}

static void put_people(struct buf *out, const struct mime_mail *m)
{
	struct head h;
	head_begin(&h, out, "From");
	put_addr(&h, &m->from, "");
	head_end(&h);
	head_begin(&h, out, "To");
	for (size_t i = 0; i < m->to_n; i++)
		put_addr(&h, &m->to[i], i + 1 < m->to_n ? "," : "");
	head_end(&h);
	if (m->reply_to.email.n == 0)
		return;
	head_begin(&h, out, "Reply-To");
	put_addr(&h, &m->reply_to, "");
	head_end(&h);
}

/* RFC 5322 3.3: "Sat, 21 Nov 2026 14:05:00 +0100". */
static void put_date(struct buf *out, int64_t date_us, int64_t zone_us)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int zone_m = (int)(zone_us / US_PER_M);
	int64_t local_us = date_us + zone_m * US_PER_M;
	struct civil c = time_civil(local_us);
	buf_printf(out, "Date: %.3s, %d %.3s %04d %02d:%02d:%02d %c%02d%02d\r\n",
		   days + 3 * (size_t)time_weekday(local_us), c.day,
		   months + 3 * (size_t)(c.month - 1), (int)c.year, c.hour, c.minute, c.second,
		   zone_m < 0 ? '-' : '+', abs(zone_m) / 60, abs(zone_m) % 60);
}

static void put_word(struct buf *out, const char *name, struct str word)
{
	struct head h;
	if (word.n == 0)
		return;
	head_begin(&h, out, name);
	head_word(&h, "", word, "");
	head_end(&h);
}

static void put_id(struct buf *out, const char *name, struct str id)
{
	struct head h;
	if (id.n == 0)
		return;
	head_begin(&h, out, name);
	head_word(&h, "<", id, ">");
	head_end(&h);
}

static void put_thread(struct buf *out, const struct mime_mail *m)
{
	struct head h;
	put_id(out, "Message-ID", m->message_id);
	put_id(out, "In-Reply-To", m->in_reply_to);
	if (m->references_n == 0)
		return;
	head_begin(&h, out, "References");
	for (size_t i = 0; i < m->references_n; i++)
		head_word(&h, "<", m->references[i], ">");
	head_end(&h);
}

static void put_list(struct buf *out, const struct mime_mail *m)
{
	struct head h;
	if (m->unsubscribe_url.n > 0 || m->unsubscribe_email.n > 0) {
		bool both = m->unsubscribe_url.n > 0 && m->unsubscribe_email.n > 0;
		head_begin(&h, out, "List-Unsubscribe");
		if (m->unsubscribe_url.n > 0) /* the link first: RFC 2369 2 */
			head_word(&h, "<", m->unsubscribe_url, both ? ">," : ">");
		if (m->unsubscribe_email.n > 0)
			head_word(&h, "<mailto:", m->unsubscribe_email, ">");
		head_end(&h);
	}
	if (m->unsubscribe_url.n > 0)
		buf_z(out, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
	if (m->list_id.n > 0) {
		head_begin(&h, out, "List-Id");
		if (m->list_name.n > 0)
			head_phrase(&h, m->list_name);
		head_word(&h, "<", m->list_id, ">");
		head_end(&h);
	}
	put_word(out, "Feedback-ID", m->feedback_id);
}

static void put_extra(struct buf *out, const struct mime_header *extra)
{
	char name[80];
	struct head h;
	memcpy(name, extra->name.p, extra->name.n); /* 70 at most: head_name_ok */
	name[extra->name.n] = '\0';
	head_begin(&h, out, name);
	head_text(&h, extra->value);
	head_end(&h);
}

static void put_headers(struct buf *out, const struct mime_mail *m)
{
	static const char *const automatic[] = {
		[MIME_AUTO_NO] = NULL,
		[MIME_AUTO_GENERATED] = "Auto-Submitted: auto-generated\r\n",
		[MIME_AUTO_REPLIED] = "Auto-Submitted: auto-replied\r\n",
	};
	struct head h;
	put_people(out, m);
	head_begin(&h, out, "Subject");
	head_text(&h, m->subject);
	head_end(&h);
	put_date(out, m->date_us, m->zone_us);
	put_thread(out, m);
	put_list(out, m);
	ASSERT(m->automatic <= MIME_AUTO_REPLIED);
	if (automatic[m->automatic] != NULL)
		buf_z(out, automatic[m->automatic]);
	for (size_t i = 0; i < m->extra_n; i++)
		put_extra(out, &m->extra[i]);
	buf_z(out, "MIME-Version: 1.0\r\n");
}

/* ---- parts ---- */

/* "=_" and 16 hex digits; the kind keeps the boundaries of one mail apart. */
struct boundary {
	char z[24];
};

static struct boundary boundary_of(uint64_t dice, char kind)
{
	static const char digits[] = "0123456789abcdef";
	struct boundary b = {"=_"};
	b.z[2] = kind;
	for (size_t i = 0; i < 16; i++)
		b.z[3 + i] = digits[dice >> (60 - 4 * i) & 15];
	return b;
}

static void put_multipart(struct buf *out, const char *kind, const struct boundary *b)
{
	buf_z(out, "Content-Type: multipart/");
	buf_z(out, kind);
	buf_z(out, ";\r\n boundary=\"");
	buf_z(out, b->z);
	buf_z(out, "\"\r\n");
}

static void put_delimiter(struct buf *out, const struct boundary *b, bool last)
{
	buf_z(out, "\r\n--");
	buf_z(out, b->z);
	buf_z(out, last ? "--\r\n" : "\r\n");
}

static void put_text_part(struct buf *out, const char *kind, struct str text)
{
	buf_z(out, "Content-Type: text/");
	buf_z(out, kind);
	buf_z(out, "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
	body_quoted(out, text);
}

/* What people read: the text, or text and HTML with the better one last (RFC 2046 5.1.4). */
static void put_readable(struct buf *out, const struct mime_mail *m)
{
	struct boundary b = boundary_of(m->dice, 'a');
	if (m->html.n == 0) {
		put_text_part(out, "plain", m->text);
		return;
	}
	put_multipart(out, "alternative", &b);
	put_delimiter(out, &b, false);
	put_text_part(out, "plain", m->text);
	put_delimiter(out, &b, false);
	put_text_part(out, "html", m->html);
	put_delimiter(out, &b, true);
}

static void put_file(struct buf *out, const struct mime_file *f)
{
	struct head h;
	head_begin(&h, out, "Content-Type");
	head_word(&h, "", f->type, "");
	head_end(&h);
	head_begin(&h, out, "Content-Disposition");
	head_word(&h, "", STR("attachment"), "");
	head_param(&h, "filename", f->name);
	head_end(&h);
	buf_z(out, "Content-Transfer-Encoding: base64\r\n\r\n");
	body_base64(out, f->data);
}

static void put_parts(struct buf *out, const struct mime_mail *m)
{
	struct boundary b = boundary_of(m->dice, 'm');
	if (m->files_n == 0) {
		put_readable(out, m);
		return;
	}
	put_multipart(out, "mixed", &b);
	put_delimiter(out, &b, false);
	put_readable(out, m);
	for (size_t i = 0; i < m->files_n; i++) {
		put_delimiter(out, &b, false);
		put_file(out, &m->files[i]);
	}
	put_delimiter(out, &b, true);
}

enum status mime_write(const struct mime_mail *mail, struct buf *out, struct err *e)
{
	size_t from = out->n;
	enum status st = check_mail(mail, e);
	if (st != ST_OK)
		return st;
	put_headers(out, mail);
	put_parts(out, mail);
	if (buf_ok(out) && !str_ends(buf_view(out), STR("\r\n")))
		buf_z(out, "\r\n"); /* SMTP ends a message after a line end */
	if (!buf_ok(out)) {
		out->n = from;
		out->over = false;
		return err_set(e, ST_LIMIT, "mail: larger than the %zu bytes there are for it",
			       out->bytes_max);
	}
	return ST_OK;
}
