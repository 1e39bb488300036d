/* SPDX-License-Identifier: Apache-2.0
 * text.c: bytewise and total: any bytes are a text. An address is recognised by its shape only;
 * whether it is one of ours is for others to know. */
#include "inbound/text.h"

#define ADDRESS_BYTES_MAX 320 /* RFC 5321 4.5.3.1: 64 + @ + 255 */

bool text_line(struct str *rest, struct str *line_r)
{
	if (rest->n == 0)
		return false;
	size_t n = 0;
	while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	*line_r = str_n(rest->p, n);
	if (n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n')
		n++;
	*rest = str_slice(*rest, n + 1, rest->n);
	return true;
}

static char lower_byte(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

struct str text_lower(struct str s, struct arena *a)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	if (out == NULL)
		return STR("");
	for (size_t i = 0; i < s.n; i++) {
		bool curly = s.n - i >= 3 && memcmp(s.p + i, "\xe2\x80\x99", 3) == 0;
		out[n++] = curly ? '\'' : lower_byte(s.p[i]);
		i += curly ? 2 : 0;
	}
	return str_n(out, n);
}

bool text_starts_nocase(struct str s, const char *lower)
{
	size_t n = strlen(lower);
	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower_byte(s.p[i]) != lower[i])
			return false;
	return true;
}

size_t text_find_nocase(struct str s, struct str lower)
{
	for (size_t at = 0; lower.n > 0 && at + lower.n <= s.n; at++) {
		size_t i = 0;
		while (i < lower.n && lower_byte(s.p[at + i]) == lower.p[i])
			i++;
		if (i == lower.n)
			return at;
	}
	return s.n;
}

bool text_has_nocase(struct str s, const char *lower)
{
	return text_find_nocase(s, str_of(lower)) < s.n;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str text_squeeze(struct str s, struct arena *a)
{
	s = str_trim(s);
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	if (out == NULL)
		return STR("");
	for (size_t i = 0; i < s.n; i++)
		if (!is_space(s.p[i]))
			out[n++] = s.p[i];
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	return str_n(out, n);
}

bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bytes of the well-formed character at s, 0 when it is none. */
static size_t utf8_char(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 0;
	return n > 0 && n <= s.n && c != 0 && str_utf8_valid(str_n(s.p, n)) ? n : 0;
}

struct str text_utf8(struct str s, struct arena *a)
{
	if (str_utf8_valid(s) && memchr(s.n > 0 ? s.p : "", 0, s.n) == NULL)
		return s;
	struct buf b;
	buf_init_arena(&b, a, 3 * s.n);
	while (s.n > 0) {
		size_t n = utf8_char(s);
		if (n > 0)
			buf_put(&b, s.p, n);
		else
			buf_z(&b, "\xef\xbf\xbd");
		s = str_slice(s, n > 0 ? n : 1, s.n);
	}
	return buf_ok(&b) ? buf_view(&b) : STR("");
}

/* ---- addresses ---- */

static bool is_local_byte(char c)
{
	return (unsigned char)c >= 0x80 ||
	       (c > ' ' && c < 127 && strchr("()<>[]:;,\\\"@", c) == NULL);
}

static bool is_domain_byte(char c)
{
	return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       text_is_digit(c) || c == '-' || c == '.' || c == '_';
}

/* Where a quoted local part that ends at `at` (its closing quote) begins; `at` when it is none. */
static size_t quoted_from(struct str s, size_t at)
{
	size_t from = at;
	while (from > 0 && at - from < ADDRESS_BYTES_MAX && s.p[from - 1] != '"' &&
	       s.p[from - 1] != '\n')
		from--;
	return from > 0 && s.p[from - 1] == '"' ? from - 1 : at;
}

static size_t local_from(struct str s, size_t at)
{
	if (at > 0 && s.p[at - 1] == '"')
		return quoted_from(s, at - 1);
	size_t from = at;
	while (from > 0 && at - from < ADDRESS_BYTES_MAX && is_local_byte(s.p[from - 1]))
		from--;
	while (from < at && strchr("'=.*", s.p[from]) != NULL && s.p[from + 1] != '?')
		from++; /* 'ana@x.example'; but an encoded word as local part stays whole */
	return from;
}

/* End of the domain that begins at `at`: a name, or [192.0.2.1]. */
static size_t domain_to(struct str s, size_t at)
{
	size_t to = at;
	if (to < s.n && s.p[to] == '[') {
		while (to < s.n && to - at < 64 && s.p[to] != ']' && s.p[to] != '\n')
			to++;
		return to < s.n && s.p[to] == ']' ? to + 1 : at;
	}
	while (to < s.n && to - at < 255 && is_domain_byte(s.p[to]))
		to++;
	while (to > at && (s.p[to - 1] == '.' || s.p[to - 1] == '-' || s.p[to - 1] == '_'))
		to--;
	return to;
}

bool text_address(struct str *rest, struct str *address_r)
{
	for (size_t at = 0; at < rest->n; at++) {
		at += str_find_byte(str_slice(*rest, at, rest->n), '@');
		size_t from = at < rest->n ? local_from(*rest, at) : at;
		size_t to = at < rest->n ? domain_to(*rest, at + 1) : at;
		if (from == at || to <= at + 1)
			continue;
		*address_r = str_slice(*rest, from, to);
		*rest = str_slice(*rest, to, rest->n);
		return true;
	}
	return false;
}

struct str text_first_address(struct str value)
{
	struct str address;
	size_t angle = str_find_byte(value, '<');
	struct str behind = str_slice(value, angle, value.n);
	if (text_address(&behind, &address) || text_address(&value, &address))
		return address;
	return STR_NULL;
}

static size_t last_at(struct str address)
{
	size_t at = address.n;
	while (at > 0 && address.p[at - 1] != '@')
		at--;
	return at; /* behind the @ */
}

struct str text_domain(struct str address)
{
	size_t at = last_at(address);
	return at == 0 ? STR("") : str_slice(address, at, address.n);
}

struct str text_local(struct str address)
{
	size_t at = last_at(address);
	return at == 0 ? address : str_slice(address, 0, at - 1);
}

bool text_message_id(struct str *rest, struct str *id_r)
{
	for (;;) {
		size_t from = str_find_byte(*rest, '<');
		struct str body = str_slice(*rest, from + (from < rest->n), rest->n);
		size_t n = str_find_byte(body, '>');
		if (n == body.n)
			return false;
		struct str id = str_trim(str_slice(body, 0, n));
		*rest = str_slice(body, n + 1, body.n);
		if (id.n > 0 && id.n <= 998) {
			*id_r = id;
			return true;
		}
	}
}
