/* SPDX-License-Identifier: Apache-2.0
 * reply.c: a reply is read from its first byte each time more has come. It is bounded, so that
 * costs little, and there is no state that could be wrong in between. */
#include "smtp/reply.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The code a line begins with; 0: none. *last_r: no line follows. */
static int line_code(struct str line, bool *last_r)
{
	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' || !digit(line.p[1]) ||
	    !digit(line.p[2]))
		return 0;
	char sep = line.n > 3 ? line.p[3] : ' ';
	if (sep != ' ' && sep != '-')
		return 0;
	*last_r = sep == ' ';
	return (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + (line.p[2] - '0');
}

/* The next line of *rest without its end. A bare LF ends one too: we only read here. */
static bool next_line(struct str *rest, struct str *line)
{
	size_t end = str_find_byte(*rest, '\n');
	if (end == rest->n)
		return false;
	*line = str_n(rest->p, end > 0 && rest->p[end - 1] == '\r' ? end - 1 : end);
	/* Never NULL: p tells how far we are. */
	*rest = str_n(rest->p + end + 1, rest->n - end - 1);
	return true;
}

/* A number of one to three digits at *at. */
static bool small_number(struct str s, size_t *at, uint16_t *out)
{
	size_t from = *at;
	unsigned v = 0;
	while (*at < s.n && *at - from < 3 && digit(s.p[*at]))
		v = v * 10 + (unsigned)(s.p[(*at)++] - '0');
	*out = (uint16_t)v;
	return *at > from;
}

/* "4.7.1" at the start of the words; the class must be the code's. Returns its bytes, 0: none. */
static size_t enhanced_read(struct str words, int code, struct smtp_enhanced *out)
{
	struct smtp_enhanced got;
	size_t at = 0;
	if (!small_number(words, &at, &got.class) || at != 1 || got.class != code / 100 ||
	    at >= words.n || words.p[at++] != '.')
		return 0;
	if (!small_number(words, &at, &got.subject) || at >= words.n || words.p[at++] != '.')
		return 0;
	if (!small_number(words, &at, &got.detail) || (at < words.n && words.p[at] != ' '))
		return 0;
	*out = got;
	return at;
}

static struct str words_of(struct str line)
{
	return str_slice(line, line.n < 4 ? line.n : 4, line.n);
}

enum smtp_read smtp_reply_read(struct str in, struct smtp_reply *out, size_t *used_r)
{
	struct smtp_reply got = {0};
	struct str rest = str_slice(in, 0, SMTP_REPLY_BYTES_MAX), line;
	for (unsigned lines = 0; next_line(&rest, &line); lines++) {
		bool last = false;
		int code = line_code(line, &last);
		if (code == 0 || (got.code != 0 && code != got.code) ||
		    lines == SMTP_REPLY_LINES_MAX)
			return SMTP_READ_BAD;
		got.code = code;
		if (got.enhanced.class == 0)
			(void)enhanced_read(words_of(line), code, &got.enhanced); /* 0 is fine */
		if (!last)
			continue;
		*used_r = (size_t)(rest.p - in.p);
		got.raw = str_n(in.p, *used_r);
		*out = got;
		return SMTP_READ_DONE;
	}
	return in.n >= SMTP_REPLY_BYTES_MAX ? SMTP_READ_BAD : SMTP_READ_MORE;
}

/* Cuts at a whole character; what is not UTF-8 becomes ASCII with question marks. */
static struct str finish_text(char *room, size_t n, bool cut)
{
	struct str s = str_n(room, n);
	for (unsigned back = 0; cut && back < 4 && s.n > 0 && !str_utf8_valid(s); back++)
		s.n--;
	if (str_utf8_valid(s))
		return s;
	for (size_t i = 0; i < n; i++)
		room[i] = (unsigned char)room[i] < 0x80 ? room[i] : '?';
	return str_n(room, n);
}

static bool add_text(struct str s, char room[SMTP_TEXT_MAX], size_t *n)
{
	for (size_t i = 0; i < s.n; i++) {
		if (*n == SMTP_TEXT_MAX)
			return false;
		unsigned char c = (unsigned char)s.p[i];
		room[(*n)++] = c < 0x20 || c == 0x7f ? ' ' : s.p[i];
	}
	return true;
}

struct str smtp_text_safe(struct str s, char room[SMTP_TEXT_MAX])
{
	size_t n = 0;
	bool whole = add_text(s, room, &n);
	return finish_text(room, n, !whole);
}

struct str smtp_reply_text(const struct smtp_reply *r, char room[SMTP_TEXT_MAX])
{
	struct str rest = r->raw, line;
	bool whole = true;
	size_t n = 0;
	while (whole && next_line(&rest, &line)) {
		struct smtp_enhanced same;
		struct str words = words_of(line);
		words = str_trim(str_slice(words, enhanced_read(words, r->code, &same), words.n));
		if (n > 0 && words.n > 0)
			whole = add_text(STR(" "), room, &n);
		whole = whole && add_text(words, room, &n);
	}
	return finish_text(room, n, !whole);
}

static void auth_read(struct str words, struct smtp_caps *caps)
{
	while (words.n > 0) {
		struct str word = str_cut(&words, ' ');
		if (str_eq_nocase(word, STR("PLAIN")))
			caps->flags |= SMTP_CAP_AUTH_PLAIN;
		else if (str_eq_nocase(word, STR("LOGIN")))
			caps->flags |= SMTP_CAP_AUTH_LOGIN;
	}
}

static const struct {
	const char *name;
	enum smtp_cap cap;
} keywords[] = {
	{"PIPELINING", SMTP_CAP_PIPELINING},
	{"8BITMIME", SMTP_CAP_8BITMIME},
	{"SMTPUTF8", SMTP_CAP_SMTPUTF8},
	{"STARTTLS", SMTP_CAP_STARTTLS},
	{"ENHANCEDSTATUSCODES", SMTP_CAP_ENHANCED},
	{"SIZE", SMTP_CAP_SIZE},
};

struct smtp_caps smtp_caps_read(const struct smtp_reply *ehlo)
{
	struct smtp_caps caps = {0};
	struct str rest = ehlo->raw, line;
	bool first = true;
	for (; next_line(&rest, &line); first = false) {
		struct str words = str_trim(words_of(line));
		/* Old servers wrote "AUTH=LOGIN". */
		if (words.n > 4 && words.p[4] == '=' &&
		    str_eq_nocase(str_slice(words, 0, 4), STR("AUTH")))
			auth_read(str_slice(words, 5, words.n), &caps);
		struct str keyword = str_cut(&words, ' ');
		if (first)
			continue; /* its name and a greeting */
		if (str_eq_nocase(keyword, STR("AUTH")))
			auth_read(words, &caps);
		for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
			if (str_eq_nocase(keyword, str_of(keywords[i].name)))
				caps.flags |= keywords[i].cap;
		if (str_eq_nocase(keyword, STR("SIZE")) &&
		    !str_to_u64(str_trim(words), &caps.size_max))
			caps.size_max = 0;
	}
	return caps;
}
