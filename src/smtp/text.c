/* SPDX-License-Identifier: Apache-2.0
 * text.c: the checks are made on the caller's thread, so that the loop can trust what it writes. A
 * message is read in runs between line ends: memchr does the work. */
#include "smtp/text.h"

static bool address_byte(unsigned char c)
{
	return c > ' ' && c != 0x7f && c != '<' && c != '>' && c != '"' && c != '\\' && c != ',' &&
	       c != ';' && c != '(' && c != ')';
}

bool smtp_address_ok(struct str address, bool *utf8_r)
{
	struct str domain = address;
	struct str local = str_cut(&domain, '@');
	bool utf8 = false;
	if (local.n == 0 || local.n > 64 || domain.n == 0 || address.n > SMTP_ADDRESS_BYTES_MAX ||
	    str_find_byte(domain, '@') != domain.n)
		return false;
	for (size_t i = 0; i < address.n; i++) {
		unsigned char c = (unsigned char)address.p[i];
		if (!address_byte(c))
			return false;
		utf8 |= c >= 0x80;
	}
	if (utf8 && !str_utf8_valid(address))
		return false;
	*utf8_r = utf8;
	return true;
}

/* Eight bytes at a time: a message is mostly letters. */
static bool has_eight_bit(struct str s)
{
	uint64_t word, seen = 0;
	size_t i = 0;
	for (; i + sizeof word <= s.n; i += sizeof word) {
		memcpy(&word, s.p + i, sizeof word);
		seen |= word;
	}
	for (; i < s.n; i++)
		seen |= (uint64_t)(unsigned char)s.p[i];
	return (seen & UINT64_C(0x8080808080808080)) != 0;
}

enum status smtp_message_check(struct str bytes, bool *eight_bit_r, struct err *e)
{
	struct str rest = bytes;
	if (bytes.n == 0)
		return err_set(e, ST_INVALID, "the message is empty");
	if (memchr(bytes.p, '\0', bytes.n) != NULL)
		return err_set(e, ST_INVALID, "the message contains a NUL byte");
	for (size_t line = 1; rest.n > 0; line++) {
		const char *lf = memchr(rest.p, '\n', rest.n);
		const char *cr = memchr(rest.p, '\r', rest.n);
		if (lf == NULL || cr == NULL || cr + 1 != lf)
			return err_set(e, ST_INVALID,
				       "line %zu of the message does not end with CRLF", line);
		size_t n = (size_t)(cr - rest.p);
		if (n > SMTP_LINE_BYTES_MAX)
			return err_set(e, ST_INVALID,
				       "line %zu of the message has %zu bytes; %d at most", line, n,
				       SMTP_LINE_BYTES_MAX);
		rest = str_slice(rest, n + 2, rest.n);
	}
	*eight_bit_r = has_eight_bit(bytes);
	return ST_OK;
}

void smtp_stuff(struct str *rest, bool *line_start_r, size_t bytes_most, struct buf *out)
{
	while (rest->n > 0 && out->n < bytes_most) {
		if (*line_start_r && rest->p[0] == '.')
			buf_byte(out, '.');
		size_t room = bytes_most > out->n ? bytes_most - out->n : 1;
		size_t n = rest->n < room ? rest->n : room;
		/* Up to the next line that begins with a dot: such lines are rare. */
		size_t dot = str_find(str_n(rest->p, n), STR("\n."));
		n = dot < n ? dot + 1 : n;
		buf_put(out, rest->p, n);
		*line_start_r = rest->p[n - 1] == '\n';
		*rest = str_slice(*rest, n, rest->n);
	}
}
