/* SPDX-License-Identifier: Apache-2.0
 * layout.c: the layout of a brand that has none of its own, and of content that asks for it: one
 * column, system fonts, colours that stay readable where a reader turns dark, little enough that it
 * looks written by a person. */
#include "compose/internal.h"

static const char layout[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"{{ lead.language | default: 'en' | slice: 0, 2 }}\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<meta name=\"supported-color-schemes\" content=\"light dark\">\n"
	"<title>{{ subject | default: '' }}</title>\n"
	"<style>\n"
	":root { color-scheme: light dark; }\n"
	"body { margin: 0; padding: 0; background: #f4f5f6; color: #1d2429; }\n"
	".page { max-width: 600px; margin: 0 auto; padding: 28px 24px; background: #ffffff; }\n"
	"p, li, td { font: 16px/1.55 -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; }\n"
	"h1, h2, h3 { font: 600 20px/1.3 -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; }\n"
	"a { color: #0b5cad; }\n"
	"img { max-width: 100%; height: auto; }\n"
	"td, th { padding: 4px 12px 4px 0; text-align: left; }\n"
	"a.cta { display: inline-block; padding: 12px 20px; border-radius: 6px;"
	" background: #0b5cad; color: #ffffff; text-decoration: none; font-weight: 600; }\n"
	".foot p, .foot a { font-size: 13px; color: #5b6670; }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"body, .page { background: #16191c !important; color: #e6e9eb !important; }\n"
	"a { color: #8ab8f0; } a.cta { background: #2f7fd6; color: #ffffff; }\n"
	".foot p, .foot a { color: #9aa5ad !important; }\n"
	"}\n"
	"</style>\n"
	"</head>\n"
	"<body>\n"
	"{% if preheader %}<div style=\"display:none;max-height:0;overflow:hidden\">"
	"{{ preheader }}</div>\n{% endif %}"
	"<div class=\"page\">\n"
	"{% if sender.logo %}<p><img src=\"{{ sender.logo }}\""
	" alt=\"{{ sender.name | default: '' }}\" style=\"max-height:48px\"></p>\n{% endif %}"
	"{{ content }}\n"
	"{% if cta %}<p>{{ cta }}</p>\n{% endif %}"
	"<div class=\"foot\">\n"
	"<hr>\n"
	"<p>{{ sender.postal_address }}</p>\n"
	"<p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>"
	"{% if preferences_url %} &middot; <a href=\"{{ preferences_url }}\">"
	"Choose what you get</a>{% endif %}</p>\n"
	"</div>\n"
	"</div>\n"
	"</body>\n"
	"</html>\n";

struct str compose_layout(void)
{
	return str_n(layout, sizeof layout - 1);
}
