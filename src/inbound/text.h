/* SPDX-License-Identifier: Apache-2.0
 * text.h: small tools on text that came by mail: lines, addresses, words without case.
 */
#ifndef INBOUND_TEXT_H
#define INBOUND_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

/* Cuts the next line off (LF, CRLF or CR end it, and are not part of it). False at the end. */
bool text_line(struct str *rest, struct str *line_r);
/* Lower case of ASCII; the rest is kept. Curly apostrophes become straight ones. */
struct str text_lower(struct str s, struct arena *a);
/* Index of the needle in any ASCII case; s.n when absent. The needle is in lower case. */
size_t text_find_nocase(struct str s, struct str lower);
bool text_has_nocase(struct str s, const char *lower);
bool text_starts_nocase(struct str s, const char *lower);
/* Runs of white space become one space, both ends are trimmed. */
struct str text_squeeze(struct str s, struct arena *a);
/* Valid UTF-8: what is not becomes U+FFFD. Borrowed when nothing had to change. */
struct str text_utf8(struct str s, struct arena *a);
bool text_is_digit(char c);

/* Moves *rest behind the next address in it (something@something, or a quoted local part).
 * False: there is none. */
bool text_address(struct str *rest, struct str *address_r);
/* The first address in a field's value; p == NULL: none. */
struct str text_first_address(struct str value);
struct str text_domain(struct str address); /* behind the last @ */
struct str text_local(struct str address);  /* before it */
/* Moves *rest behind the next <id>. False: there is none. */
bool text_message_id(struct str *rest, struct str *id_r);

#endif
