/* SPDX-License-Identifier: Apache-2.0
 * html.h: the words of an HTML message, as plain lines.
 */
#ifndef INBOUND_HTML_H
#define INBOUND_HTML_H

#include "base/arena.h"

/* Blocks and <br> become line ends, character references characters; scripts, styles, comments and
 * the head are dropped. Text inside a quote of a mail program (blockquote, gmail_quote and the
 * like) gets "> " before each line, and what Outlook puts between reply and quote becomes a line of
 * underscores, so that one reader of quotes serves both forms. */
struct str html_text(struct str html, struct arena *a);

#endif
