/* SPDX-License-Identifier: Apache-2.0
 * head.c: folding and encoded words.
 *
 * A value is either plain throughout or encoded throughout. Encoding single words would be easier
 * on the eye of somebody who reads the source of a mail, but white space between an encoded and a
 * plain word, and plain words that look encoded, are where readers differ; one run of encoded words
 * has one meaning. Of Q and B the shorter is taken. */
#include "mime/head.h"

#include "base/assert.h"
#include "base/crypto.h"

#define WORD_FRAME 12 /* "=?UTF-8?Q?" and "?=" */
#define WORD_MAX 75   /* RFC 2047 2: an encoded word in all */
#define PLAIN_MAX 60  /* a longer word of plain text is encoded, which can be broken */
#define PARAM_MAX 60  /* bytes of one piece of a long parameter */

static bool is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool head_text_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return str_utf8_valid(s);
}

bool head_word_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= 0x20 || c >= 0x7f || c == '<' || c == '>' || c == ',')
			return false;
	}
	return s.n > 0;
}

bool head_name_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum((unsigned char)s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= 70;
}

static size_t column(const struct head *h)
{
	return h->out->n - h->line_at;
}

static void fold(struct head *h)
{
	buf_z(h->out, "\r\n");
	h->line_at = h->out->n;
}

void head_begin(struct head *h, struct buf *out, const char *name)
{
	*h = (struct head){.out = out, .line_at = out->n, .empty = true};
	buf_z(out, name);
	buf_byte(out, ':');
}

void head_word(struct head *h, const char *before, struct str word, const char *after)
{
	size_t bytes = 1 + strlen(before) + word.n + strlen(after);
	if (!h->empty && column(h) + bytes > HEAD_LINE_MAX)
		fold(h);
	buf_byte(h->out, ' ');
	buf_z(h->out, before);
	buf_str(h->out, word);
	buf_z(h->out, after);
	h->empty = false;
}

void head_end(struct head *h)
{
	buf_z(h->out, "\r\n");
}

/* Printable ASCII in words of a length that folds, one space between them, nothing that a reader
 * could take for an encoded word. */
static bool is_plain(struct str s)
{
	size_t word = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x7f || (c == '=' && i + 1 < s.n && s.p[i + 1] == '?'))
			return false;
		if (c == ' ' && word == 0)
			return false;
		word = c == ' ' ? 0 : word + 1;
		if (word > PLAIN_MAX)
			return false;
	}
	return word > 0;
}

static void plain_words(struct head *h, struct str s)
{
	while (s.p != NULL)
		head_word(h, "", str_cut(&s, ' '), "");
}

/* What a byte may be in Q inside a phrase too: RFC 2047 5 (3). */
static bool q_safe(unsigned char c)
{
	return is_alnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

static size_t q_bytes(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += q_safe((unsigned char)s.p[i]) || s.p[i] == ' ' ? 1 : 3;
	return n;
}

static void q_put(struct buf *out, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == ' ') {
			buf_byte(out, '_');
		} else if (q_safe(c)) {
			buf_byte(out, (char)c);
		} else {
			char x[3] = {'=', hex[c >> 4], hex[c & 15]};
			buf_put(out, x, 3);
		}
	}
}

/* Bytes of the character that begins at `at`; the text is valid UTF-8. */
static size_t char_bytes(struct str s, size_t at)
{
	size_t n = 1;
	while (at + n < s.n && ((unsigned char)s.p[at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* As many whole characters as `room` bytes of encoded text hold (RFC 2047 5: no character may be
 * divided between words). */
static struct str piece(struct str rest, size_t room, bool base64)
{
	size_t n = 0, used = 0;
	while (n < rest.n) {
		size_t c = char_bytes(rest, n);
		used = base64 ? (n + c + 2) / 3 * 4 : used + q_bytes(str_n(rest.p + n, c));
		if (used > room)
			break;
		n += c;
	}
	return str_n(rest.p, n);
}

static void encoded_words(struct head *h, struct str s)
{
	bool base64 = (s.n + 2) / 3 * 4 < q_bytes(s);
	while (s.n > 0) {
		size_t used = column(h) + 1 + WORD_FRAME;
		size_t room = used < HEAD_LINE_MAX ? HEAD_LINE_MAX - used : 0;
		struct str now = piece(s, room, base64);
		if (now.n == 0) { /* not one character fits behind what stands here */
			fold(h);
			now = piece(s, WORD_MAX - WORD_FRAME, base64);
			ASSERT(now.n > 0);
		}
		buf_z(h->out, base64 ? " =?UTF-8?B?" : " =?UTF-8?Q?");
		if (base64)
			base64_encode(now, h->out);
		else
			q_put(h->out, now);
		buf_z(h->out, "?=");
		h->empty = false;
		s = str_slice(s, now.n, s.n);
		if (!buf_ok(h->out))
			return;
	}
}

void head_text(struct head *h, struct str text)
{
	if (is_plain(text))
		plain_words(h, text);
	else
		encoded_words(h, text);
}

/* Only letters, digits and what RFC 5322 3.2.3 lets an atom hold, and single spaces. */
static bool is_atoms(struct str s)
{
	static const char also[] = "!#$%&'*+-/=?^_`{|}~ ";
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum((unsigned char)s.p[i]) && strchr(also, s.p[i]) == NULL)
			return false;
	return true;
}

static void quoted(struct buf *out, struct str s)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_byte(out, '\\');
		buf_byte(out, s.p[i]);
	}
	buf_byte(out, '"');
}

void head_phrase(struct head *h, struct str text)
{
	if (!is_plain(text) || text.n > PLAIN_MAX) {
		encoded_words(h, text);
	} else if (is_atoms(text)) {
		plain_words(h, text);
	} else {
		if (!h->empty && column(h) + 3 + 2 * text.n > HEAD_LINE_MAX)
			fold(h);
		buf_byte(h->out, ' ');
		quoted(h->out, text);
		h->empty = false;
	}
}

/* RFC 2231 3 and 4: name*0*=UTF-8''...; name*1*=...; a piece never divides a character. */
static void param_pieces(struct head *h, const char *name, struct str value)
{
	static const char hex[] = "0123456789ABCDEF";
	struct str rest = value;
	for (unsigned part = 0; rest.n > 0 && buf_ok(h->out); part++) {
		size_t used = 0;
		buf_z(h->out, ";");
		fold(h);
		buf_printf(h->out, " %s*%u*=%s", name, part, part == 0 ? "UTF-8''" : "");
		while (rest.n > 0 && used < PARAM_MAX - 20) {
			size_t c = char_bytes(rest, 0);
			for (size_t i = 0; i < c; i++) {
				unsigned char b = (unsigned char)rest.p[i];
				char x[3] = {'%', hex[b >> 4], hex[b & 15]};
				bool safe = is_alnum(b) || b == '-' || b == '.' || b == '_';
				buf_put(h->out, safe ? rest.p + i : x, safe ? 1 : 3);
				used += safe ? 1 : 3;
			}
			rest = str_slice(rest, c, rest.n);
		}
	}
}

void head_param(struct head *h, const char *name, struct str value)
{
	if (!is_plain(value) || value.n > PLAIN_MAX - 20) {
		param_pieces(h, name, value);
		return;
	}
	buf_z(h->out, ";");
	if (column(h) + strlen(name) + 4 + 2 * value.n > HEAD_LINE_MAX)
		fold(h);
	buf_printf(h->out, " %s=", name);
	quoted(h->out, value);
}
