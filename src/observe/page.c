/* SPDX-License-Identifier: Apache-2.0
 * page.c: pages as runs of text between escaped values. A template engine would let a brand change
 * them, and break them: they are the law's pages, and short. */
#include "observe/page.h"

#include "base/assert.h"
#include "model/handoff.h"

#define STYLE \
	"body{font:1.1em/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0}" \
	"main{max-width:34em;margin:0 auto;padding:2em 1em}h1{font-size:1.5em;line-height:1.2}" \
	"fieldset{border:1px solid #767676;border-radius:.3em;padding:1em;margin:1.5em 0}" \
	"label{display:block;padding:.5em 0}input{width:1.2em;height:1.2em;margin:0 .6em 0 0}" \
	"textarea{display:block;font:inherit;width:100%;margin-top:.4em}button{font:inherit;" \
	"padding:.6em 1.2em;margin:0 .6em .6em 0;border:2px solid #0b57a4;" \
	"border-radius:.3em;background:#0b57a4;color:#fff}" \
	"button.quiet{background:#fff;color:#0b57a4}a{color:#0b57a4}" \
	":focus-visible{outline:3px solid #b35c00;outline-offset:2px}" \
	"footer{margin-top:3em;color:#595959;font-size:.85em;white-space:pre-line}"

#define TEXT(lit) \
	{ \
		"" lit, sizeof(lit) - 1 \
	}

const struct page_ask page_ask_unsubscribe = {
	TEXT("Stop these messages?"),
	TEXT("You will get no more messages like this one at this address."),
	TEXT("Unsubscribe"),
	TEXT("List-Unsubscribe=One-Click"),
	false,
	false,
};
const struct page_ask page_ask_confirm = {
	TEXT("Is this your address?"),
	TEXT("Somebody asked for messages to this address. If it was you, confirm it; if not, "
	     "close this page and nothing will be sent."),
	TEXT("Yes, write to me"),
	TEXT("confirm=yes"),
	false,
	false,
};
const struct page_ask page_ask_rep[LINK_REP_COUNT] = {
#define REP(name, wire, state, date, title, words, button) \
	[LINK_REP_##name] = {TEXT(title), TEXT(words), TEXT(button), TEXT(""), true, date},
#include "observe/rep.def"
#undef REP
};
const struct page_note page_unsubscribed = {
	TEXT("You are unsubscribed"),
	TEXT("You will get no more messages like this one at this address. A message that is "
	     "already on its way may still arrive."),
};
const struct page_note page_saved = {
	TEXT("Your choices are saved"),
	TEXT("They hold from now on. A message that is already on its way may still arrive."),
};
const struct page_note page_confirmed = {
	TEXT("Thank you"),
	TEXT("Your address is confirmed."),
};
const struct page_note page_expired = {
	TEXT("This link is too old"),
	TEXT("It was good for a time that is over. Nothing was changed."),
};
const struct page_note page_broken = {
	TEXT("This link does not work"),
	TEXT("It is not whole, or was not made here. Nothing was changed. Copy all of the link, "
	     "or answer to the message it was in."),
};
const struct page_note page_failed = {
	TEXT("That did not work"),
	TEXT("Nothing was changed: something is wrong on our side. Try again in a few minutes, or "
	     "answer to the message this link was in."),
};
const struct page_note page_too_often = {
	TEXT("One moment, please"),
	TEXT("This link was used very often just now. Nothing was changed. Try again in a minute."),
};
const struct page_note page_noted = {
	TEXT("Thank you"),
	TEXT("It is noted. You can close this page."),
};

/* ---- text ---- */

/* Bytes that are no character become '?'. */
void page_text(struct str s, struct buf *out)
{
	bool utf8 = str_utf8_valid(s);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		switch (c) {
		case '&': buf_z(out, "&amp;"); break;
		case '<': buf_z(out, "&lt;"); break;
		case '>': buf_z(out, "&gt;"); break;
		case '"': buf_z(out, "&quot;"); break;
		case '\'': buf_z(out, "&#39;"); break;
		default:
			if ((c < ' ' && c != '\n') || c == 0x7f)
				c = ' ';
			buf_byte(out, c >= 0x80 && !utf8 ? '?' : (char)c);
		}
	}
}

/* Text with values in it: each "{}" is the next of them, escaped. */
static void put_form(struct buf *out, const char *form, const struct str *values)
{
	for (; *form; form++)
		if (form[0] == '{' && form[1] == '}') {
			page_text(*values++, out);
			form++;
		} else {
			buf_byte(out, *form);
		}
}
#define PUT(out, form, ...) put_form(out, form, (const struct str[]){__VA_ARGS__})

/* The first character of a text; the domain's last label with its dot. */
static struct str first_char(struct str s)
{
	size_t n = s.n > 0;
	while (n < s.n && n < 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return str_slice(s, 0, n);
}

static struct str last_label(struct str domain)
{
	size_t at = domain.n;
	while (at > 0 && domain.p[at - 1] != '.')
		at--;
	return at > 1 ? str_slice(domain, at - 1, domain.n) : STR_NULL;
}

#define DOTS "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"

void page_mask(struct str address, struct buf *out)
{
	size_t at = str_find_byte(address, '@');
	if (at == address.n) {
		buf_z(out, DOTS);
		buf_str(out,
			address.n > 4 ? str_slice(address, address.n - 2, address.n) : STR_NULL);
		return;
	}
	struct str domain = str_slice(address, at + 1, address.n);
	buf_str(out, first_char(str_slice(address, 0, at)));
	buf_z(out, DOTS "@");
	buf_str(out, first_char(domain));
	buf_z(out, DOTS);
	buf_str(out, last_label(domain));
}

/* ---- parts of a page ---- */

static void put_head(const struct page *p, struct str title, struct buf *out)
{
	PUT(out,
	    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"robots\" content=\"noindex\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>{}{}{}</title>\n<style>",
	    title, p->sender.n ? STR(" - ") : STR(""), p->sender);
	buf_z(out, STYLE);
	PUT(out, "</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n", title);
}

static void put_whose(const struct page *p, struct buf *out)
{
	char text[400];
	struct buf masked = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	if (p->address.n == 0)
		return;
	page_mask(str_upto(p->address, 320), &masked);
	PUT(out, "<p>Messages from {} to {}</p>\n", p->sender, buf_view(&masked));
}

static void put_tail(const struct page *p, struct buf *out)
{
	PUT(out, "<footer>{}", p->sender);
	if (p->postal.n)
		PUT(out, "\n{}", p->postal);
	buf_z(out, "</footer>\n</main>\n</body>\n</html>\n");
}

static void put_choice(const struct page_choice *c, struct buf *out)
{
	PUT(out, "<input type=\"hidden\" name=\"shown\" value=\"{}/{}\">\n", c->channel,
	    c->purpose);
	PUT(out, "<label><input type=\"checkbox\" name=\"keep\" value=\"{}/{}\"", c->channel,
	    c->purpose);
	PUT(out, c->on ? " checked>{}</label>\n" : ">{}</label>\n", c->label);
}

/* ---- pages ---- */

void page_ask(const struct page *p, const struct page_ask *ask, struct buf *out)
{
	struct str value = ask->hidden, name = str_cut(&value, '=');
	put_head(p, ask->title, out);
	put_whose(p, out);
	PUT(out, "<p>{}</p>\n<form method=\"post\" action=\"{}\">\n", ask->words, p->action);
	if (name.n)
		PUT(out, "<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", name, value);
	if (ask->date)
		buf_z(out, "<label>Ask me again on <input type=\"date\" name=\"again\"></label>\n");
	if (ask->note)
		buf_printf(out,
			   "<label>Anything we should know?\n<textarea name=\"note\" rows=\"3\" "
			   "maxlength=\"%d\"></textarea></label>\n",
			   PAGE_NOTE_MAX);
	PUT(out, "<button type=\"submit\">{}</button>\n</form>\n", ask->button);
	if (p->preferences.n)
		PUT(out, "<p><a href=\"{}\">Choose what to hear about instead</a></p>\n",
		    p->preferences);
	put_tail(p, out);
}

void page_preferences(const struct page *p, struct buf *out)
{
	ASSERT(p->choices_n <= PAGE_CHOICES_MAX);
	put_head(p, STR("What would you like to hear about?"), out);
	put_whose(p, out);
	PUT(out, "<form method=\"post\" action=\"{}\">\n<fieldset>\n<legend>Send me</legend>\n",
	    p->action);
	for (size_t i = 0; i < p->choices_n; i++)
		put_choice(&p->choices[i], out);
	buf_z(out, "</fieldset>\n<button type=\"submit\">Save my choices</button>\n"
		   "<button type=\"submit\" class=\"quiet\" name=\"all\" value=\"none\">"
		   "Unsubscribe from everything</button>\n</form>\n");
	put_tail(p, out);
}

void page_tell(const struct page *p, const struct page_note *note, struct buf *out)
{
	put_head(p, note->title, out);
	PUT(out, "<p role=\"status\">{}</p>\n", note->words);
	if (p->preferences.n)
		PUT(out, "<p><a href=\"{}\">Choose what to hear about</a></p>\n", p->preferences);
	put_tail(p, out);
}

/* ---- the one-click post ---- */

static size_t find_nocase(struct str s, struct str word)
{
	for (size_t i = 0; i + word.n <= s.n; i++)
		if (str_eq_nocase(str_n(s.p + i, word.n), word))
			return i;
	return s.n;
}

/* The boundary of "multipart/form-data; boundary=x", quoted or not. Empty: there is none. */
static struct str boundary_of(struct str content_type)
{
	struct str word = STR("boundary=");
	size_t at = find_nocase(content_type, word);
	struct str rest = str_slice(content_type, at + word.n, content_type.n);
	if (at == content_type.n)
		return STR_NULL;
	if (str_starts(rest, STR("\""))) {
		rest = str_slice(rest, 1, rest.n);
		return str_cut(&rest, '"');
	}
	return str_trim(str_cut(&rest, ';'));
}

/* One part, its header fields and all: is it List-Unsubscribe with the value One-Click? */
static bool part_says_so(struct str part)
{
	size_t end = str_find(part, STR("\r\n\r\n"));
	struct str head = str_slice(part, 0, end), body = str_slice(part, end + 4, part.n);
	bool named = find_nocase(head, STR("name=\"list-unsubscribe\"")) < head.n ||
		     find_nocase(head, STR("name=list-unsubscribe")) < head.n;
	return end < part.n && named && str_eq_nocase(str_trim(body), STR("One-Click"));
}

static bool multipart_one_click(struct str boundary, struct str body)
{
	if (boundary.n == 0 || boundary.n > 70) /* RFC 2046 section 5.1.1 */
		return false;
	size_t at = str_find(body, boundary);
	while (at < body.n) {
		struct str rest = str_slice(body, at + boundary.n, body.n);
		size_t next = str_find(rest, boundary);
		struct str part = str_slice(rest, 0, next);
		if (next < rest.n && str_ends(part, STR("\r\n--")) &&
		    part_says_so(str_slice(part, 0, part.n - 4)))
			return true;
		body = rest;
		at = next;
	}
	return false;
}

bool page_one_click(struct str content_type, struct str body)
{
	struct str multi = STR("multipart/form-data");
	if (content_type.n >= multi.n && str_eq_nocase(str_slice(content_type, 0, multi.n), multi))
		return multipart_one_click(boundary_of(content_type), body);
	struct str rest = str_trim(body);
	while (rest.n > 0)
		if (str_eq_nocase(str_cut(&rest, '&'), STR("List-Unsubscribe=One-Click")))
			return true;
	return false;
}

/* ---- the form of choices ---- */

static bool has_field(const struct page_field *fields, size_t n, const char *name,
		      const struct page_choice *c)
{
	for (size_t i = 0; i < n; i++) {
		struct str purpose = fields[i].value;
		if (str_is(fields[i].name, name) && str_eq(str_cut(&purpose, '/'), c->channel) &&
		    str_eq(purpose, c->purpose))
			return true;
	}
	return false;
}

static const struct page_field *field_of(const struct page_field *fields, size_t n,
					 const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(fields[i].name, name))
			return &fields[i];
	return NULL;
}

enum status page_changes(const struct page *p, const struct page_field *fields, size_t fields_n,
			 struct page_change out[PAGE_CHOICES_MAX], size_t *n_r, struct err *e)
{
	size_t n = 0;
	ASSERT(p->choices_n <= PAGE_CHOICES_MAX);
	if (fields_n > PAGE_FIELDS_MAX)
		return err_set(e, ST_LIMIT, "a form with %zu fields: at most %d", fields_n,
			       PAGE_FIELDS_MAX);
	const struct page_field *all = field_of(fields, fields_n, "all");
	if (all != NULL ? !str_is(all->value, "none") : !field_of(fields, fields_n, "shown"))
		return err_set(e, ST_INVALID, "this form holds no choices: nothing was changed");
	for (size_t i = 0; i < p->choices_n; i++) {
		const struct page_choice *c = &p->choices[i];
		bool on = all == NULL && has_field(fields, fields_n, "keep", c);
		bool asked = all != NULL || has_field(fields, fields_n, "shown", c);
		if (asked && on != c->on)
			out[n++] = (struct page_change){i, on};
	}
	*n_r = n;
	return ST_OK;
}

/* ---- the form of a rep ---- */

static bool day_parse(struct str day, int64_t *at_us_r)
{
	char text[] = "2026-01-01T00:00:00Z";
	if (day.n != 10)
		return false;
	memcpy(text, day.p, day.n);
	return time_parse(str_of(text), at_us_r);
}

enum status page_rep_read(const struct page_field *fields, size_t fields_n, int64_t now_us,
			  struct page_rep *out, struct err *e)
{
	const struct page_field *note = field_of(fields, fields_n, "note");
	const struct page_field *again = field_of(fields, fields_n, "again");
	struct page_rep r = {.again_us = TIME_NONE};
	if (note != NULL)
		r.note = str_upto(str_trim(note->value), PAGE_NOTE_MAX);
	if (again != NULL && again->value.n > 0 &&
	    (!day_parse(again->value, &r.again_us) || !handoff_again_ok(now_us, r.again_us)))
		return err_set(e, ST_INVALID,
			       "\"%.*s\" is not a day to come within two years, like 2027-03-31",
			       (int)str_upto(again->value, 40).n, again->value.p);
	*out = r;
	return ST_OK;
}
