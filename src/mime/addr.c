/* SPDX-License-Identifier: Apache-2.0
 * addr.c: addresses as they stand in headers and settings, and the tokens we hide in them. */
#include "mime/head.h"
#include "mime/mime.h"

#define DOMAIN_MAX 253
#define LABEL_MAX 63
#define PREFIX_MAX 16

static bool is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool local_ok(struct str s)
{
	bool dot = true; /* one may not stand first */
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '.' && dot)
			return false;
		dot = c == '.';
		if (!dot && c < 0x80 && !is_alnum(c) &&
		    (c == 0 || strchr("!#$%&'*+/=?^_`{|}~-", c) == NULL))
			return false;
	}
	return !dot && s.n <= MIME_LOCAL_MAX && head_text_ok(s);
}

static bool domain_ok(struct str s)
{
	struct str rest = s;
	if (s.n == 0 || s.n > DOMAIN_MAX)
		return false;
	while (rest.p != NULL) {
		struct str label = str_cut(&rest, '.');
		if (label.n == 0 || label.n > LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!is_alnum((unsigned char)label.p[i]) && label.p[i] != '-')
				return false;
		if (label.p[0] == '-' || label.p[label.n - 1] == '-')
			return false;
	}
	return true;
}

bool mime_email_ok(struct str email)
{
	size_t at = str_find_byte(email, '@');
	return at < email.n && email.n <= MIME_EMAIL_MAX && local_ok(str_n(email.p, at)) &&
	       domain_ok(str_slice(email, at + 1, email.n));
}

bool mime_email_utf8(struct str email)
{
	for (size_t i = 0; i < email.n; i++)
		if ((unsigned char)email.p[i] >= 0x80)
			return true;
	return false;
}

/* The inside of a quoted string, without its backslashes. */
static bool unquote(struct str s, struct arena *a, struct str *out)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	if (p == NULL)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			return false;
		if (s.p[i] == '\\' && ++i == s.n)
			return false;
		p[n++] = s.p[i];
	}
	*out = str_n(p, n);
	return true;
}

static const char *name_of(struct str s, struct arena *a, struct str *out)
{
	s = str_trim(s);
	if (!head_text_ok(s) || s.n > MIME_NAME_MAX)
		return "the name is too long, or holds a control character or broken UTF-8";
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return unquote(str_slice(s, 1, s.n - 1), a, out) ? NULL
								 : "the name's quotes do not match";
	for (size_t i = 0; i < s.n; i++)
		if (strchr("\"<>,;", s.p[i]) != NULL)
			return "put the name in double quotes";
	*out = arena_str(a, s);
	return s.n == 0 || out->p != NULL ? NULL : "there is no memory left to read it";
}

enum status mime_addr_parse(struct str text, struct arena *a, struct mime_addr *out, struct err *e)
{
	struct mime_addr addr = {STR_NULL, str_trim(text)};
	const char *why = NULL;
	if (addr.email.n > 0 && addr.email.p[addr.email.n - 1] == '>') {
		size_t open = addr.email.n - 1;
		while (open > 0 && addr.email.p[open] != '<')
			open--;
		if (addr.email.p[open] != '<')
			return err_set(e, ST_INVALID, "not an address: its < is missing");
		why = name_of(str_slice(addr.email, 0, open), a, &addr.name);
		addr.email = str_slice(addr.email, open + 1, addr.email.n - 1);
	}
	if (why == NULL && !mime_email_ok(addr.email))
		why = "expected name@domain or Name <name@domain>";
	if (why != NULL)
		return err_set(e, ST_INVALID, "not an address: %s", why);
	addr.email = arena_str(a, addr.email);
	if (addr.email.p == NULL)
		return err_set(e, ST_LIMIT, "not an address: there is no memory left to read it");
	*out = addr;
	return ST_OK;
}

/* ---- tokens ---- */

bool mime_token_ok(struct str token)
{
	for (size_t i = 0; i < token.n; i++) {
		char c = token.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return token.n > 0 && token.n <= MIME_TOKEN_MAX;
}

static enum status token_at(struct str local, struct str token, struct str domain, struct buf *out,
			    struct err *e)
{
	if (!mime_token_ok(token))
		return err_set(e, ST_INVALID, "token: 1 to %d of a-z, 0-9 and -", MIME_TOKEN_MAX);
	if (!domain_ok(domain))
		return err_set(e, ST_INVALID, "not a domain in its normal form");
	buf_str(out, local);
	buf_str(out, token);
	buf_byte(out, '@');
	buf_str(out, domain);
	return buf_ok(out) ? ST_OK : err_set(e, ST_LIMIT, "address: its buffer is full");
}

enum status mime_tagged_write(struct str prefix, struct str token, struct str domain,
			      struct buf *out, struct err *e)
{
	char local[PREFIX_MAX + 1];
	if (prefix.n > PREFIX_MAX || !mime_token_ok(prefix))
		return err_set(e, ST_INVALID, "address prefix: 1 to %d of a-z, 0-9 and -",
			       PREFIX_MAX);
	memcpy(local, prefix.p, prefix.n);
	local[prefix.n] = '+';
	return token_at(str_n(local, prefix.n + 1), token, domain, out, e);
}

/* In any case, since servers change it; `token_r` in ours. */
static bool read_token(struct str token, char token_r[MIME_TOKEN_MAX + 1])
{
	char low[MIME_TOKEN_MAX + 1] = "";
	if (token.n > MIME_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < token.n; i++)
		low[i] = (char)(token.p[i] >= 'A' && token.p[i] <= 'Z' ? token.p[i] + 32
								       : token.p[i]);
	if (!mime_token_ok(str_n(low, token.n)))
		return false;
	memcpy(token_r, low, sizeof low);
	return true;
}

static struct str unbracket(struct str s)
{
	s = str_trim(s);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = str_slice(s, 1, s.n - 1);
	return s;
}

static bool split_at(struct str address, struct str domain, struct str *local_r)
{
	struct str rest = unbracket(address);
	*local_r = str_cut(&rest, '@');
	return rest.p != NULL && str_eq_nocase(rest, domain);
}

bool mime_tagged_read(struct str address, struct str prefix, struct str domain,
		      char token_r[MIME_TOKEN_MAX + 1])
{
	struct str local;
	if (!split_at(address, domain, &local) || local.n <= prefix.n + 1 ||
	    local.p[prefix.n] != '+' || !str_eq_nocase(str_n(local.p, prefix.n), prefix))
		return false;
	return read_token(str_slice(local, prefix.n + 1, local.n), token_r);
}

enum status mime_id_write(struct str token, struct str domain, struct buf *out, struct err *e)
{
	return token_at(STR_NULL, token, domain, out, e);
}

bool mime_id_read(struct str id, struct str domain, char token_r[MIME_TOKEN_MAX + 1])
{
	struct str local;
	return split_at(id, domain, &local) && read_token(local, token_r);
}

struct str mime_id_next(struct str *rest)
{
	size_t open = SIZE_MAX; /* behind the last < seen */
	for (size_t i = 0; i < rest->n; i++) {
		if (rest->p[i] == '<')
			open = i + 1;
		if (rest->p[i] != '>' || open == SIZE_MAX)
			continue;
		struct str id = str_slice(*rest, open, i);
		open = SIZE_MAX;
		if (!head_word_ok(id))
			continue;
		*rest = str_slice(*rest, i + 1, rest->n);
		return id;
	}
	*rest = STR_NULL;
	return STR_NULL;
}
