/* SPDX-License-Identifier: Apache-2.0
 * sheet.c: see sheet.h. Styles stand on the elements: mail programs drop the rest. */
#include "handoff/sheet.h"

#include "mime/html.h"

#define FONT "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"

static void put(struct sheet *s, const char *open, struct str text, const char *close)
{
	buf_z(&s->html, open);
	html_escape(text, &s->html);
	buf_z(&s->html, close);
}

void sheet_begin(struct sheet *s, struct arena *a)
{
	s->a = a;
	buf_init_arena(&s->html, a, SHEET_BYTES_MAX);
	buf_z(&s->html, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
			"<meta name=\"viewport\" content=\"width=device-width\"></head>"
			"<body style=\"margin:0;padding:24px;background:#fff;color:#1a1a1a;" FONT
			";font-size:16px;line-height:1.5\"><div style=\"max-width:600px\">\n");
}

void sheet_head(struct sheet *s, struct str text)
{
	put(s, "<h1 style=\"font-size:22px;line-height:1.3;margin:0 0 16px\">", text, "</h1>\n");
}

void sheet_line(struct sheet *s, struct str text)
{
	put(s, "<p style=\"margin:0 0 10px\">", text, "</p>\n");
}

void sheet_banner(struct sheet *s, struct str text)
{
	put(s,
	    "<p style=\"margin:16px 0;padding:10px 12px;background:#eef6ee;border-left:4px solid "
	    "#2e7d32\">",
	    text, "</p>\n");
}

void sheet_quote(struct sheet *s, struct str text)
{
	buf_z(&s->html, "<blockquote style=\"margin:12px 0;padding:4px 12px;border-left:4px solid "
			"#bbb;color:#333\">");
	while (text.n > 0) {
		struct str line = str_cut(&text, '\n');
		put(s, "", str_trim(line), text.n > 0 ? "<br>" : "");
	}
	buf_z(&s->html, "</blockquote>\n");
}

void sheet_title(struct sheet *s, struct str text)
{
	put(s, "<p style=\"margin:16px 0 4px\"><b>", text, "</b></p>\n");
}

void sheet_list(struct sheet *s, const struct str *items, size_t n)
{
	buf_z(&s->html, "<ul style=\"margin:0 0 12px;padding-left:20px\">");
	for (size_t i = 0; i < n; i++)
		put(s, "<li>", items[i], "</li>");
	buf_z(&s->html, "</ul>\n");
}

void sheet_button(struct sheet *s, struct str label, struct str url, bool first)
{
	put(s, "<p style=\"margin:10px 0\"><a href=\"", url, "\" style=\"");
	buf_z(&s->html, first ? "display:inline-block;padding:10px 18px;background:#1a56db;"
				"color:#fff;text-decoration:none;border-radius:6px\">"
			      : "color:#1a56db\">");
	put(s, "", label, "</a></p>\n");
}

void sheet_small(struct sheet *s, struct str text)
{
	put(s, "<p style=\"margin:16px 0 0;font-size:13px;color:#555\">", text, "</p>\n");
}

enum status sheet_end(struct sheet *s, struct mime_mail *out, struct err *e)
{
	struct buf text;
	static const struct html_text_opts opts = {.width = 76};
	buf_z(&s->html, "</div></body></html>\n");
	if (!buf_ok(&s->html))
		return err_set(e, ST_LIMIT, "a notice does not fit its page");
	buf_init_arena(&text, s->a, SHEET_BYTES_MAX);
	enum status st = html_to_text(buf_view(&s->html), &opts, s->a, &text, e);
	out->html = buf_view(&s->html);
	out->text = buf_view(&text);
	return st;
}
