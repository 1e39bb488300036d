/* SPDX-License-Identifier: Apache-2.0
 * body.c: quoted-printable and base64.
 *
 * Quoted-printable is the hot loop of a message: runs of plain bytes are copied whole, and room in
 * the buffer is asked for once a line. Two plain characters are written as codes where servers are
 * known to touch them, since one changed byte breaks a signature: a dot that begins a line (SMTP)
 * and the F of a line that begins with "From " (mailbox files). */
#include "mime/body.h"

#include "base/crypto.h"

#define LINE_MAX_BYTES 76
#define BASE64_LINE_BYTES 57 /* 76 characters */

static const char hex[] = "0123456789ABCDEF";

bool body_text_ok(struct str s)
{
	for (struct str rest = s; rest.n > 0;) {
		size_t cr = str_find_byte(rest, '\r');
		if (cr + 1 < rest.n && rest.p[cr + 1] != '\n')
			return false;
		if (cr + 1 == rest.n)
			return false;
		rest = str_slice(rest, cr + 1, rest.n);
	}
	return (s.n == 0 || memchr(s.p, '\0', s.n) == NULL) && str_utf8_valid(s);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '=';
}

/* One line of output from one line of text, which has `line.n` bytes and no line end: returns how
 * many bytes of it were taken. `p` has room for LINE_MAX_BYTES + 2. */
static size_t quoted_line(char *p, struct str line, size_t *written_r)
{
	size_t at = 0, n = 0;
	bool guarded = line.p[0] == '.' || str_starts(line, STR("From "));
	while (at < line.n) {
		unsigned char c = (unsigned char)line.p[at];
		bool last = at + 1 == line.n;
		bool code = !is_plain(c) && c != '\t';
		if ((at == 0 && guarded) || (last && (c == ' ' || c == '\t')))
			code = true;
		size_t room = last ? LINE_MAX_BYTES : LINE_MAX_BYTES - 1; /* for a soft break */
		if (n + (code ? 3 : 1) > room)
			break;
		if (code) {
			p[n++] = '=';
			p[n++] = hex[c >> 4];
			p[n++] = hex[c & 15];
		} else {
			p[n++] = (char)c;
		}
		at++;
	}
	if (at < line.n)
		p[n++] = '=';
	*written_r = n;
	return at;
}

/* The common case: a line that fits and needs no codes at all. */
static bool is_simple(struct str line)
{
	if (line.n > LINE_MAX_BYTES || line.n == 0)
		return line.n == 0;
	bool all = true;
	for (size_t i = 0; i < line.n; i++)
		all &= is_plain((unsigned char)line.p[i]);
	return all && line.p[line.n - 1] != ' ' && line.p[0] != '.' && line.p[0] != 'F';
}

static void quoted_text_line(struct buf *out, struct str line)
{
	if (is_simple(line)) {
		buf_str(out, line);
		return;
	}
	while (line.n > 0 && buf_reserve(out, LINE_MAX_BYTES + 2)) {
		size_t n;
		size_t taken = quoted_line(out->p + out->n, line, &n);
		out->n += n;
		line = str_slice(line, taken, line.n);
		if (line.n > 0)
			buf_put(out, "\r\n", 2);
	}
}

void body_quoted(struct buf *out, struct str s)
{
	while (s.n > 0 && buf_ok(out)) {
		size_t lf = str_find_byte(s, '\n');
		size_t end = lf > 0 && lf < s.n && s.p[lf - 1] == '\r' ? lf - 1 : lf;
		quoted_text_line(out, str_n(s.p, end));
		if (lf == s.n)
			return;
		buf_put(out, "\r\n", 2);
		s = str_slice(s, lf + 1, s.n);
	}
}

void body_base64(struct buf *out, struct str s)
{
	for (size_t at = 0; at < s.n && buf_ok(out); at += BASE64_LINE_BYTES) {
		base64_encode(str_slice(s, at, at + BASE64_LINE_BYTES), out);
		buf_put(out, "\r\n", 2);
	}
}
