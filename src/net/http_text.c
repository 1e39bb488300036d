/* SPDX-License-Identifier: Apache-2.0
 * http_text.c: parsing of untrusted text. Every loop is bounded by its input, every result is
 * checked UTF-8, and an escape that hides a structural character (NUL, '/', '\') is refused and
 * not normalised: the sender meant mischief or is broken, and guessing helps neither. */
#include "net/http_text.h"

#include "base/crypto.h"

#include <arpa/inet.h>

static const char *const method_names[HTTP_METHOD_COUNT] = {
	[HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum http_method method)
{
	return method < HTTP_METHOD_COUNT ? method_names[method] : "?";
}

bool http_method_parse(struct str s, enum http_method *out_r)
{
	for (size_t i = 0; i < HTTP_METHOD_COUNT; i++) {
		if (!str_is(s, method_names[i]))
			continue;
		*out_r = (enum http_method)i;
		return true;
	}
	return false;
}

static bool is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool all_of(struct str s, const char *beside_alnum)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' ||
		    (!is_alnum((unsigned char)s.p[i]) && strchr(beside_alnum, s.p[i]) == NULL))
			return false;
	return true;
}

bool http_token_valid(struct str s)
{
	return s.n > 0 && all_of(s, "!#$%&'*+-.^_`|~");
}

bool http_field_value_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

bool http_host_valid(struct str s)
{
	return s.n <= 255 && all_of(s, ".-_:[]%~");
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool needs_decoding(struct str s, bool plus_is_space)
{
	return str_find_byte(s, '%') < s.n || (plus_is_space && str_find_byte(s, '+') < s.n);
}

static enum status decode_into(struct str in, bool plus_is_space, char *to, size_t *n_r,
			       struct err *e)
{
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == '+' && plus_is_space)
			c = ' ';
		if (c == '%') {
			int high = i + 2 < in.n ? hex(in.p[i + 1]) : -1;
			int low = i + 2 < in.n ? hex(in.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return err_set(e, ST_INVALID,
					       "'%%' is not followed by two hex digits");
			c = (char)(high * 16 + low);
			i += 2;
		}
		to[n++] = c;
	}
	*n_r = n;
	return ST_OK;
}

enum status http_percent_decode(struct str in, bool plus_is_space, struct arena *a, struct str *out,
				struct err *e)
{
	struct str s = in;
	if (needs_decoding(in, plus_is_space)) {
		char *p = arena_alloc(a, in.n + 1);
		if (p == NULL)
			return err_set(e, ST_LIMIT, "the request is larger than its memory");
		size_t n = 0;
		enum status st = decode_into(in, plus_is_space, p, &n, e);
		if (st != ST_OK)
			return st;
		s = str_n(p, n);
	}
	if (str_find_byte(s, '\0') < s.n)
		return err_set(e, ST_INVALID, "a NUL byte is hidden in an escape");
	if (!str_utf8_valid(s))
		return err_set(e, ST_INVALID, "the escaped text is not UTF-8");
	*out = s;
	return ST_OK;
}

/* No segment may be "." or "..": whoever resolves them later must not be surprised. */
static bool has_dot_segment(struct str path)
{
	struct str rest = path;
	while (rest.p != NULL) {
		struct str part = str_cut(&rest, '/');
		if (str_eq(part, STR(".")) || str_eq(part, STR("..")))
			return true;
	}
	return false;
}

static bool has_escaped_slash(struct str raw)
{
	for (size_t i = 0; i + 2 < raw.n; i++) {
		if (raw.p[i] != '%')
			continue;
		if (raw.p[i + 1] == '2' && (raw.p[i + 2] | 0x20) == 'f')
			return true;
	}
	return false;
}

static enum status check_target(struct str target, struct err *e)
{
	if (target.n == 0 || target.p[0] != '/')
		return err_set(
			e, ST_INVALID,
			"the request target must be a path that starts with '/': this server "
			"is no proxy");
	for (size_t i = 0; i < target.n; i++) {
		unsigned char c = (unsigned char)target.p[i];
		if (c <= 0x20 || c >= 0x7f || c == '#')
			return err_set(e, ST_INVALID,
				       "byte %zu of the request target must be escaped", i);
	}
	return ST_OK;
}

enum status http_target_parse(struct str target, struct arena *a, struct str *path,
			      struct str *query_raw, struct err *e)
{
	enum status st = check_target(target, e);
	if (st != ST_OK)
		return st;
	struct str query = target;
	struct str raw = str_cut(&query, '?');
	struct str decoded;
	st = http_percent_decode(raw, false, a, &decoded, e);
	if (st != ST_OK) {
		if (e != NULL)
			return err_wrap(e, "path");
		return st;
	}
	if (has_escaped_slash(raw) || str_find_byte(decoded, '\\') < decoded.n)
		return err_set(e, ST_INVALID, "the path has an escaped '/' or a '\\'");
	if (has_dot_segment(decoded))
		return err_set(e, ST_INVALID, "the path has a '.' or '..' segment");
	if (!http_field_value_valid(decoded))
		return err_set(e, ST_INVALID, "the path has a control character");
	*path = decoded;
	*query_raw = query;
	return ST_OK;
}

static size_t count_pairs(struct str raw)
{
	size_t n = 1;
	for (size_t i = 0; i < raw.n; i++)
		n += raw.p[i] == '&';
	return n;
}

enum status http_query_parse(struct str raw, struct arena *a, const struct http_pair **pairs_r,
			     size_t *count_r, struct err *e)
{
	*pairs_r = NULL;
	*count_r = 0;
	if (raw.n == 0)
		return ST_OK;
	size_t most = count_pairs(raw);
	if (most > HTTP_QUERY_MAX)
		return err_set(e, ST_LIMIT, "%zu parameters; at most %d", most, HTTP_QUERY_MAX);
	struct http_pair *pairs = ARENA_ARRAY(a, struct http_pair, most);
	if (pairs == NULL)
		return err_set(e, ST_LIMIT, "the request is larger than its memory");
	size_t n = 0;
	for (struct str rest = raw; rest.p != NULL;) {
		struct str value = str_cut(&rest, '&');
		if (value.n == 0)
			continue;
		struct str name = str_cut(&value, '=');
		enum status st = http_percent_decode(name, true, a, &pairs[n].name, e);
		if (st == ST_OK)
			st = http_percent_decode(value, true, a, &pairs[n].value, e);
		if (st != ST_OK)
			return st;
		n++;
	}
	*pairs_r = pairs;
	*count_r = n;
	return ST_OK;
}

struct str http_media_type(struct str content_type, struct arena *a)
{
	struct str rest = content_type;
	struct str type = str_trim(str_cut(&rest, ';'));
	if (type.n == 0)
		return str_n("", 0);
	struct str sub = type;
	struct str major = str_cut(&sub, '/');
	if (!http_token_valid(major) || !http_token_valid(sub) || type.n > 127)
		return STR_NULL;
	char *p = arena_strz(a, type);
	if (p == NULL)
		return STR_NULL;
	for (size_t i = 0; i < type.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	return str_n(p, type.n);
}

/* "Scheme value" with the scheme in any case; white space between them, as RFC 9110 has it. */
static bool auth_value(struct str authorization, const char *scheme, struct str *value)
{
	struct str rest = str_trim(authorization);
	struct str word = str_cut(&rest, ' ');
	if (!str_eq_nocase(word, str_of(scheme)))
		return false;
	*value = str_trim(rest);
	return value->n > 0;
}

bool http_basic_auth(struct str authorization, struct arena *a, struct str *user,
		     struct str *password)
{
	struct str text;
	if (!auth_value(authorization, "Basic", &text) || text.n > 1024)
		return false;
	struct buf plain;
	buf_init_arena(&plain, a, 1024);
	if (!base64_decode(text, &plain) || !buf_ok(&plain))
		return false;
	struct str rest = buf_view(&plain);
	struct str name = str_cut(&rest, ':');
	if (rest.p == NULL || !http_field_value_valid(buf_view(&plain)))
		return false;
	*user = name;
	*password = rest;
	return true;
}

bool http_bearer_auth(struct str authorization, struct str *token)
{
	struct str text;
	if (!auth_value(authorization, "Bearer", &text) || text.n > 1024)
		return false;
	if (!all_of(text, "-._~+/="))
		return false;
	*token = text;
	return true;
}

static bool is_ip(struct str s)
{
	char z[INET6_ADDRSTRLEN];
	unsigned char addr[16];
	if (s.n == 0 || s.n >= sizeof z)
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return inet_pton(AF_INET, z, addr) == 1 || inet_pton(AF_INET6, z, addr) == 1;
}

/* The rightmost entry was written by the proxy next to us, the one before it by the proxy before,
 * and so on; what stands further left is the client's own word. */
struct str http_forwarded_ip(struct str x_forwarded_for, unsigned hops)
{
	struct str rest = x_forwarded_for;
	for (unsigned hop = 1; hops > 0; hop++) {
		size_t from = rest.n;
		while (from > 0 && rest.p[from - 1] != ',')
			from--;
		struct str entry = str_trim(str_slice(rest, from, rest.n));
		if (hop == hops || from == 0)
			return hop == hops && is_ip(entry) ? entry : STR_NULL;
		rest = str_n(rest.p, from - 1);
	}
	return STR_NULL;
}
