/* SPDX-License-Identifier: Apache-2.0
 * html_text.c: what a person would type if HTML did not exist.
 *
 * One pass over the tokens, no tree: block tags ask for distance, lists and quotes for marks. What
 * is hidden is passed over up to its own end tag. Twins of links and alts are made from what the
 * reader of the HTML would see, not from what a template says elsewhere: the two must not differ,
 * or spam filters take it for a trick. */
#include "mime/html.h"

#include "mime/html_scan.h"
#include "mime/plain.h"

#include <stdio.h>

#define TEXT_RUN_MAX HTML_BYTES_MAX

struct note {
	struct str url;
	struct note *next;
};

struct texter {
	struct plain plain;
	struct arena *arena;
	bool footnotes;
	struct buf text; /* one decoded run of text */
	/* what is passed over */
	struct str hidden_by; /* its name; empty: nothing is hidden */
	unsigned hidden_depth;
	unsigned pre; /* depth of <pre> */
	/* the link we are in */
	struct str url;
	size_t link_from;
	bool in_link;
	struct note *notes, **notes_end;
	unsigned notes_n;
};

static const char *const hidden_names[] = {"head",   "script", "style",    "title",    "template",
					   "object", "iframe", "noframes", "textarea", "select",
					   "svg",    "audio",  "video",    NULL};
static const char *const void_names[] = {"img",  "br",  "hr",    "input",  "meta",  "link", "area",
					 "base", "col", "embed", "source", "track", "wbr",  NULL};
static const char *const line_names[] = {
	"div",     "tr",   "section", "article", "header", "footer", "center", "dt",    "dd",
	"address", "form", "nav",     "caption", "figure", "main",   "tbody",  "thead", NULL};
static const char *const gap_names[] = {"p", "table", "dl", "fieldset", NULL};

/* display:none in a style, or the attribute hidden. */
static bool is_hidden(const struct html_tok *tok)
{
	struct html_attr attr;
	char style[512];
	size_t n = 0;
	if (html_is_one_of(tok, hidden_names) || html_attr_find(tok, "hidden", &attr))
		return true;
	if (!html_attr_find(tok, "style", &attr))
		return false;
	for (size_t i = 0; i < attr.value.n && n < sizeof style; i++) {
		char c = attr.value.p[i];
		if (!html_is_space(c))
			style[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	return str_find(str_n(style, n), STR("display:none")) < n;
}

static struct str unescaped(struct texter *t, struct str s)
{
	buf_reset(&t->text);
	html_unescape(s, &t->text);
	return buf_view(&t->text);
}

/* ---- links ---- */

static bool is_shown(struct str url)
{
	enum html_scheme scheme = html_scheme(url);
	return scheme == HTML_HTTP || scheme == HTML_HTTPS || scheme == HTML_MAILTO ||
	       scheme == HTML_PHONE || scheme == HTML_OTHER;
}

static void open_link(struct texter *t, const struct html_tok *tok)
{
	struct html_attr href;
	t->in_link = false;
	if (!html_attr_find(tok, "href", &href))
		return;
	struct str url = str_trim(unescaped(t, href.value));
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f)
			return; /* cannot be written as one word */
	t->url = is_shown(url) ? arena_str(t->arena, url) : STR_NULL;
	t->in_link = t->url.n > 0;
	t->link_from = t->plain.out->n;
}

/* Does the text say the URL already, with or without its scheme? */
static bool says_url(struct str text, struct str url)
{
	static const char *const before[] = {"https://", "http://", "mailto:", "tel:", NULL};
	text = str_trim(text);
	if (str_eq(text, url))
		return true;
	for (size_t i = 0; before[i] != NULL; i++)
		if (str_starts(url, str_of(before[i])))
			url = str_slice(url, strlen(before[i]), url.n);
	if (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	return str_eq_nocase(text, url);
}

static void put_note(struct texter *t)
{
	char mark[24];
	struct note *note = ARENA_NEW(t->arena, struct note);
	if (note == NULL || t->notes_n == PLAIN_NOTES_MAX)
		return;
	note->url = t->url;
	*t->notes_end = note;
	t->notes_end = &note->next;
	int n = snprintf(mark, sizeof mark, "[%u]", ++t->notes_n);
	t->plain.space = plain_in_line(&t->plain);
	plain_word(&t->plain, str_n(mark, (size_t)n));
}

static void close_link(struct texter *t)
{
	if (!t->in_link)
		return;
	t->in_link = false;
	struct str text = str_slice(buf_view(t->plain.out), t->link_from, t->plain.out->n);
	if (says_url(text, t->url))
		return;
	if (t->footnotes) {
		put_note(t);
		return;
	}
	bool alone = str_trim(text).n == 0;
	if (!alone)
		t->plain.space = plain_in_line(&t->plain);
	plain_word(&t->plain, alone ? STR_NULL : STR("("));
	plain_word(&t->plain, t->url);
	plain_word(&t->plain, alone ? STR_NULL : STR(")"));
}

static void put_notes(struct texter *t)
{
	unsigned n = 0;
	if (t->notes != NULL)
		plain_gap(&t->plain);
	for (const struct note *note = t->notes; note != NULL; note = note->next) {
		char mark[24];
		int bytes = snprintf(mark, sizeof mark, "[%u] ", ++n);
		plain_word(&t->plain, str_n(mark, (size_t)bytes));
		plain_word(&t->plain, note->url);
		plain_line(&t->plain);
	}
}

/* ---- blocks ---- */

static unsigned heading(const struct html_tok *tok)
{
	bool is = tok->name.n == 2 && (tok->name.p[0] | 32) == 'h' && tok->name.p[1] >= '1' &&
		  tok->name.p[1] <= '6';
	return is ? (unsigned)(tok->name.p[1] - '0') : 0;
}

/* Lists inside lists keep close; the outermost stands apart. */
static void list_distance(struct texter *t)
{
	if (plain_level(&t->plain, PLAIN_LIST) == NULL)
		plain_gap(&t->plain);
	else
		plain_line(&t->plain);
}

static void open_list(struct texter *t, const struct html_tok *tok)
{
	struct html_attr start;
	uint64_t from = 1;
	if (html_attr_find(tok, "start", &start) &&
	    (!str_to_u64(start.value, &from) || from == 0 || from > 1000000))
		from = 1;
	list_distance(t);
	plain_push(&t->plain, PLAIN_LIST, "");
	if (plain_innermost(&t->plain) == PLAIN_LIST && html_is(tok, "ol"))
		plain_level(&t->plain, PLAIN_LIST)->next = (unsigned)from;
}

static void close_list(struct texter *t)
{
	plain_pop(&t->plain, PLAIN_LIST);
	list_distance(t);
}

/* End tags of items are often left out, so the next item ends the one before. */
static void close_item(struct texter *t)
{
	plain_line(&t->plain);
	if (plain_innermost(&t->plain) == PLAIN_ITEM)
		plain_pop(&t->plain, PLAIN_ITEM);
}

static void open_item(struct texter *t)
{
	char mark[16] = "- ";
	close_item(t);
	struct plain_level *list = plain_level(&t->plain, PLAIN_LIST);
	if (list != NULL && list->next > 0)
		(void)snprintf(mark, sizeof mark, "%u. ", list->next++);
	plain_push(&t->plain, PLAIN_ITEM, mark);
}

static void on_heading(struct texter *t, unsigned level, bool open)
{
	if (!open && level <= 2)
		plain_underline(&t->plain, level == 1 ? '=' : '-');
	plain_gap(&t->plain);
	if (open)
		plain_measure(&t->plain);
}

static void on_rule(struct texter *t)
{
	plain_gap(&t->plain);
	plain_word(&t->plain, STR("----------------------------------------"));
	plain_gap(&t->plain);
}

static void on_image(struct texter *t, const struct html_tok *tok)
{
	struct html_attr alt;
	if (html_attr_find(tok, "alt", &alt))
		plain_text(&t->plain, unescaped(t, alt.value));
}

static void on_pre(struct texter *t, bool open)
{
	plain_gap(&t->plain);
	if (open)
		t->pre++;
	else if (t->pre > 0)
		t->pre--;
}

static void on_quote(struct texter *t, bool open)
{
	plain_gap(&t->plain);
	if (open)
		plain_push(&t->plain, PLAIN_QUOTE, "> ");
	else
		plain_pop(&t->plain, PLAIN_QUOTE);
}

/* Elements that only ask for distance, before and behind. */
static bool on_distance(struct texter *t, const struct html_tok *tok)
{
	if (html_is_one_of(tok, gap_names))
		plain_gap(&t->plain);
	else if (html_is_one_of(tok, line_names))
		plain_line(&t->plain);
	else
		return false;
	return true;
}

static void on_open(struct texter *t, const struct html_tok *tok)
{
	if (html_is(tok, "a"))
		open_link(t, tok);
	else if (html_is(tok, "img"))
		on_image(t, tok);
	else if (html_is(tok, "br"))
		plain_break(&t->plain);
	else if (html_is(tok, "hr"))
		on_rule(t);
	else if (html_is(tok, "ul") || html_is(tok, "ol"))
		open_list(t, tok);
	else if (html_is(tok, "li"))
		open_item(t);
	else if ((html_is(tok, "td") || html_is(tok, "th")) && plain_in_line(&t->plain))
		plain_text(&t->plain, STR(" | "));
}

static void on_close(struct texter *t, const struct html_tok *tok)
{
	if (html_is(tok, "a"))
		close_link(t);
	else if (html_is(tok, "ul") || html_is(tok, "ol"))
		close_list(t);
	else if (html_is(tok, "li"))
		close_item(t);
}

static void on_tag(struct texter *t, const struct html_tok *tok)
{
	bool open = tok->kind == HTML_TOK_OPEN;
	unsigned level = heading(tok);
	if (level > 0)
		on_heading(t, level, open);
	else if (html_is(tok, "pre"))
		on_pre(t, open);
	else if (html_is(tok, "blockquote"))
		on_quote(t, open);
	else if (on_distance(t, tok))
		return;
	else if (open)
		on_open(t, tok);
	else
		on_close(t, tok);
}

/* Passes over an element and what is in it, by counting tags of its name. */
static bool passed_over(struct texter *t, const struct html_tok *tok)
{
	bool open = tok->kind == HTML_TOK_OPEN;
	if (open && html_is(tok, "p") && str_eq_nocase(t->hidden_by, STR("p")))
		t->hidden_by = STR_NULL; /* a paragraph cannot stand in one: it ends it */
	if (t->hidden_by.n > 0) {
		/* a head that is never closed ends where the body begins */
		if (open && html_is(tok, "body"))
			t->hidden_by = STR_NULL;
		else if (str_eq_nocase(tok->name, t->hidden_by) && tok->kind != HTML_TOK_TEXT)
			t->hidden_depth += open ? 1u : -1u;
		if (t->hidden_depth == 0)
			t->hidden_by = STR_NULL;
		return true;
	}
	if (!open || !is_hidden(tok))
		return false;
	if (!html_is_one_of(tok, void_names)) {
		t->hidden_by = tok->name;
		t->hidden_depth = 1;
	}
	return true;
}

static void on_text(struct texter *t, const struct html_tok *tok)
{
	struct str text = tok->literal ? tok->raw : unescaped(t, tok->raw);
	if (t->pre > 0)
		plain_verbatim(&t->plain, text);
	else
		plain_text(&t->plain, text);
}

enum status html_to_text(struct str html, const struct html_text_opts *opts, struct arena *a,
			 struct buf *out, struct err *e)
{
	enum status st = html_check(html, e);
	if (st != ST_OK)
		return st;
	size_t from = out->n;
	struct html_scan s = html_scan_of(html);
	struct html_tok tok;
	struct texter *t = ARENA_NEW(a, struct texter);
	if (t == NULL)
		return err_set(e, ST_LIMIT, "html: no room to read it");
	t->arena = a;
	t->footnotes = opts->footnotes;
	t->notes_end = &t->notes;
	buf_init(&t->text, TEXT_RUN_MAX);
	plain_init(&t->plain, out, opts->width);
	while (buf_ok(out) && html_scan_next(&s, &tok)) {
		if (passed_over(t, &tok) || tok.kind == HTML_TOK_OTHER)
			continue;
		if (tok.kind == HTML_TOK_TEXT)
			on_text(t, &tok);
		else
			on_tag(t, &tok);
	}
	close_link(t);
	put_notes(t);
	plain_finish(&t->plain);
	buf_finish(&t->text);
	if (buf_ok(out))
		return ST_OK;
	out->n = from;
	out->over = false;
	return err_set(e, ST_LIMIT, "html: its text is larger than the %zu bytes there are for it",
		       out->bytes_max);
}
