/* SPDX-License-Identifier: Apache-2.0
 * http_check.c: the questions a request must pass before anything believes it. Most are about
 * where one request ends and the next begins: two readers that disagree about that let a stranger
 * write into somebody else's request ("smuggling", RFC 9112 section 11.2). The library underneath
 * is lenient there, so the answers are given here. */
#include "net/http_internal.h"

#include "net/http_text.h"

struct gather {
	struct http_req *r;
	struct http_check *c;
	struct http_refusal *no;
	struct http_pair *pairs;
	size_t n, bytes;
	const char *line_end; /* where the previous line's text ended in the library's buffer */
	bool ok;
};

static bool refuse(struct http_refusal *no, enum status st, int http_status, const char *why)
{
	*no = (struct http_refusal){.status = st, .http_status = http_status, .why = why};
	return false;
}

static void note(struct http_check *c, struct str name, struct str value)
{
	static const struct {
		const char *name;
		size_t at;
	} one[] = {
		{"content-encoding", offsetof(struct http_check, content_encoding)},
		{"content-type", offsetof(struct http_check, content_type)},
		{"expect", offsetof(struct http_check, expect)},
		{"x-forwarded-for", offsetof(struct http_check, forwarded)},
		{"content-length", offsetof(struct http_check, content_length)},
		{"transfer-encoding", offsetof(struct http_check, transfer_encoding)},
		{"host", offsetof(struct http_check, host)},
	};
	for (size_t i = 0; i < sizeof one / sizeof one[0]; i++)
		if (str_eq_nocase(name, str_of(one[i].name)))
			memcpy((char *)c + one[i].at, &value, sizeof value);
	c->content_lengths += str_eq_nocase(name, STR("content-length"));
	c->transfer_encodings += str_eq_nocase(name, STR("transfer-encoding"));
	c->hosts += str_eq_nocase(name, STR("host"));
	c->via_proxy |= str_eq_nocase(name, STR("x-forwarded-for")) ||
			str_eq_nocase(name, STR("forwarded")) || str_eq_nocase(name, STR("via"));
}

/* libmicrohttpd before 1.0 joins folded lines, cuts lines at a NUL and takes a line that starts
 * with ':' for the end of the headers, all without a word. It keeps every line where it was
 * received, though, its CR LF overwritten with NULs: a line that does not start right behind the
 * one before it was folded or cut, and the headers must end right behind the last one. */
#if MHD_VERSION < 0x01000000
static bool follows(const char *line_end, const char *next)
{
	ptrdiff_t gap = next - line_end;
	return gap == 1 || gap == 2; /* LF, or CR LF */
}

static bool same_line(struct str name, struct str value)
{
	const char *p = name.p + name.n;
	if (value.p <= p || value.p - p > (1 << 16) || *p != '\0')
		return false;
	for (p++; p < value.p; p++)
		if (*p != ' ' && *p != '\t')
			return false;
	return value.p[value.n] == '\0' && value.p[value.n + 1] == '\0';
}

static bool ends_there(struct MHD_Connection *mhd, const char *method, const char *line_end)
{
	const union MHD_ConnectionInfo *size =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	return size != NULL && method + size->header_size == line_end + strlen("\r\n\r\n");
}
#else
static bool follows(const char *line_end, const char *next)
{
	return line_end != NULL && next != NULL;
}

static bool same_line(struct str name, struct str value)
{
	return name.n > 0 && (value.n == 0 || value.p != NULL);
}

static bool ends_there(struct MHD_Connection *mhd, const char *method, const char *line_end)
{
	return mhd != NULL && method != NULL && line_end != NULL;
}
#endif

static bool take(struct gather *g, struct str name, struct str value)
{
	g->bytes += name.n + value.n + 4;
	if (g->bytes > g->r->thread->server->conf.header_bytes_max)
		return refuse(g->no, ST_LIMIT, 431, "the headers are too large");
	if (!http_token_valid(name))
		return refuse(g->no, ST_INVALID, 400, "a header's name is malformed");
	if (!follows(g->line_end, name.p) || !same_line(name, value))
		return refuse(g->no, ST_INVALID, 400, "a header is folded or holds a NUL byte");
	if (!http_field_value_valid(value))
		return refuse(g->no, ST_INVALID, 400, "a header holds a control character");
	g->line_end = value.p + value.n;
	g->pairs[g->n++] = (struct http_pair){name, str_trim(value)};
	note(g->c, name, str_trim(value));
	return true;
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *key,
				 size_t key_bytes, const char *value, size_t value_bytes)
{
	(void)kind;
	struct gather *g = cls;
	g->ok = take(g, str_n(key, key_bytes), str_n(value ? value : "", value_bytes));
	return g->ok ? MHD_YES : MHD_NO;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static bool check_framing(const struct http_check *c, const char *version, struct http_refusal *no)
{
	if (c->content_lengths > 1)
		return refuse(no, ST_INVALID, 400, "Content-Length is given twice");
	if (c->content_lengths == 1 && !all_digits(c->content_length))
		return refuse(no, ST_INVALID, 400, "Content-Length is not a number");
	if (c->transfer_encodings == 0)
		return true;
	if (c->content_lengths > 0)
		return refuse(no, ST_INVALID, 400,
			      "Content-Length together with Transfer-Encoding");
	if (strcmp(version, "HTTP/1.1") != 0)
		return refuse(no, ST_INVALID, 400, "Transfer-Encoding before HTTP/1.1");
	if (c->transfer_encodings > 1 || !str_eq_nocase(c->transfer_encoding, STR("chunked")))
		return refuse(no, ST_INVALID, 501, "no Transfer-Encoding but a single chunked");
	return true;
}

static bool check_host(const struct http_check *c, const char *version, struct http_refusal *no)
{
	if (c->hosts > 1)
		return refuse(no, ST_INVALID, 400, "Host is given twice");
	if (c->hosts == 0 && strcmp(version, "HTTP/1.0") != 0)
		return refuse(no, ST_INVALID, 400, "Host is missing");
	if (!http_host_valid(c->host))
		return refuse(no, ST_INVALID, 400, "Host is malformed");
	return true;
}

static bool check_rest(const struct http_check *c, struct http_refusal *no)
{
	if (c->expect.p != NULL && !str_eq_nocase(c->expect, STR("100-continue")))
		return refuse(no, ST_INVALID, 417, "no expectation but 100-continue can be met");
	struct str coding = c->content_encoding;
	if (coding.n > 0 && !str_eq_nocase(coding, STR("gzip")) &&
	    !str_eq_nocase(coding, STR("x-gzip")) && !str_eq_nocase(coding, STR("identity")))
		return refuse(no, ST_INVALID, 415, "no Content-Encoding but gzip is understood");
	return true;
}

bool http_check_headers(struct http_req *r, struct MHD_Connection *mhd, const char *method,
			const char *version, struct http_check *c, struct http_refusal *no)
{
	*c = (struct http_check){0};
	struct gather g = {.r = r, .c = c, .no = no, .ok = true};
	int count = MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, NULL, NULL);
	if (count > HTTP_HEADERS_MAX)
		return refuse(no, ST_LIMIT, 431, "too many headers");
	g.pairs = ARENA_ARRAY(&r->arena, struct http_pair, (size_t)(count > 0 ? count : 0));
	if (g.pairs == NULL)
		return refuse(no, ST_LIMIT, 431, "the headers are too large");
	if (!follows(r->line + r->line_bytes, version))
		return refuse(no, ST_INVALID, 400, "the request line is malformed");
	g.line_end = version + strlen(version);
	(void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, on_header, &g); /* g.ok tells */
	if (!g.ok)
		return false;
	if (!ends_there(mhd, method, g.line_end))
		return refuse(no, ST_INVALID, 400, "a header is malformed");
	r->pub.headers = g.pairs;
	r->pub.header_count = g.n;
	return check_framing(c, version, no) && check_host(c, version, no) && check_rest(c, no);
}
