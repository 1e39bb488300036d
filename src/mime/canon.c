/* SPDX-License-Identifier: Apache-2.0
 * canon.c: white space made uniform, so that a server that folds anew breaks no signature. */
#include "mime/canon.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Are CR and LF found in pairs only? */
static bool ends_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool pair = s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n';
		if (!pair && (s.p[i] == '\r' || s.p[i] == '\n'))
			return false;
		i += pair ? 1 : 0;
	}
	return true;
}

/* One field off the front, with its folded lines. */
static bool take_field(struct str *rest, struct canon_field *out)
{
	size_t end = 0;
	do {
		end += str_find(str_slice(*rest, end, rest->n), STR("\r\n"));
		if (end >= rest->n)
			return false;
		end += 2;
	} while (end < rest->n && is_blank(rest->p[end]));
	struct str line = str_n(rest->p, end - 2);
	size_t colon = str_find_byte(line, ':');
	if (colon == 0 || colon == line.n || is_blank(line.p[0]) || !ends_ok(line))
		return false;
	*out = (struct canon_field){str_n(line.p, colon), str_slice(line, colon + 1, line.n)};
	*rest = str_slice(*rest, end, rest->n);
	return true;
}

bool canon_split(struct str message, struct canon_field *fields, size_t *fields_n,
		 struct str *body_r)
{
	size_t n = 0;
	while (!str_starts(message, STR("\r\n"))) {
		if (n == CANON_FIELDS_MAX || !take_field(&message, &fields[n]))
			return false;
		n++;
	}
	*fields_n = n;
	*body_r = str_slice(message, 2, message.n);
	return true;
}

static const bool blanks[256] = {[' '] = true, ['\t'] = true};
/* Line ends inside a header are white space too. */
static const bool gaps[256] = {[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true};

/* Copies words, one space between them; how many bytes that made. `p` has room for all of `s`. */
static size_t squeeze(struct str s, const bool gap[256], char *p)
{
	size_t n = 0, at = 0;
	while (at < s.n) {
		size_t from = at;
		while (at < s.n && !gap[(unsigned char)s.p[at]])
			at++;
		if (at > from && n > 0)
			p[n++] = ' ';
		memcpy(p + n, s.p + from, at - from);
		n += at - from;
		while (at < s.n && gap[(unsigned char)s.p[at]])
			at++;
	}
	return n;
}

void canon_header(struct str name, struct str value, struct buf *out)
{
	while (name.n > 0 && is_blank(name.p[name.n - 1]))
		name.n--;
	if (!buf_reserve(out, name.n + 1 + value.n))
		return;
	char *p = out->p + out->n;
	for (size_t i = 0; i < name.n; i++)
		p[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]);
	p[name.n] = ':';
	out->n += name.n + 1 + squeeze(value, gaps, p + name.n + 1);
}

/* The same for a line of a body, where white space at the start stays one space. */
static size_t squeeze_line(struct str line, char *p)
{
	bool indented = line.n > 0 && is_blank(line.p[0]);
	size_t n = squeeze(line, blanks, p + indented);
	if (n == 0 || !indented)
		return n;
	p[0] = ' ';
	return n + 1;
}

void canon_body(struct str body, struct buf *out)
{
	size_t empty = 0; /* lines that count only when another follows */
	while (body.n > 0) {
		size_t end = str_find(body, STR("\r\n"));
		if (!buf_reserve(out, end + 2 + 2 * empty))
			return;
		char *p = out->p + out->n + 2 * empty;
		size_t n = squeeze_line(str_n(body.p, end), p);
		body = str_slice(body, end + 2, body.n);
		if (n == 0) {
			empty++;
			continue;
		}
		for (size_t i = 0; i < empty; i++)
			buf_put(out, "\r\n", 2);
		empty = 0;
		out->n += n;
		buf_put(out, "\r\n", 2);
	}
}
