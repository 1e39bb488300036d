/* SPDX-License-Identifier: Apache-2.0
 * test_http_server.c: the server against peers that do everything wrong. Bytes go over a real
 * socket, so that the library underneath is tested together with what we put around it. */
#include "net/test_http_frame.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <zlib.h>

#define BODY_MAX 1000

/* Echoes method, path, query and body, so that a test sees what the handler saw. */
static enum http_verdict echo_admit(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	if (str_eq(req->path, STR("/refused"))) {
		reply->status = 401;
		return HTTP_ANSWERED;
	}
	req->body_bytes_max = str_eq(req->path, STR("/big")) ? 2 << 20 : BODY_MAX;
	return HTTP_GO_ON;
}

#define LARGE_BYTES ((size_t)16 << 20) /* more than two sockets' buffers hold */

static enum http_verdict echo_handle(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	reply->status = 200;
	reply->content_type = "text/plain";
	reply->body = arena_printf(req->arena, "%s " STR_FMT " [" STR_FMT "] <" STR_FMT ">",
				   http_method_name(req->method), STR_ARG(req->path),
				   STR_ARG(http_query(req, "q")), STR_ARG(req->body));
	assert_int_equal(req->body.n ? req->body.p[req->body.n] : '\0', '\0');
	if (str_eq(req->path, STR("/large")))
		reply->body = str_n(arena_alloc(req->arena, LARGE_BYTES), LARGE_BYTES);
	if (!str_eq(req->path, STR("/later")))
		return HTTP_ANSWERED;
	http_reply_later(req, reply);
	return HTTP_LATER;
}

static void start(struct http_frame *f, const struct http_server_conf *conf)
{
	static const struct http_handler echo = {.admit = echo_admit, .handle = echo_handle};
	http_frame_start(f, conf, &echo);
}

static int ask(struct http_frame *f, struct str request)
{
	int fd = peer_connect(http_server_port(f->server));
	buf_reset(&f->spare);
	(void)peer_send(fd, request); /* may be cut off: the answer tells */
	int status = peer_receive(fd, str_starts(request, STR("HEAD")), &f->spare, &f->answer);
	close(fd);
	return status;
}

static bool answer_has(const struct http_frame *f, const char *text)
{
	struct str a = buf_view(&f->answer);
	return str_find(a, str_of(text)) < a.n;
}

/* `status` 0: hung up without an answer. `other`: what libmicrohttpd 1.0 says before we can; it is
 * the same refusal. `body`: what our answer must hold. */
static const struct {
	const char *name;
	struct str request;
	int status;
	const char *body;
	int other;
} cases[] = {
#define HOST "Host: x\r\n"
#define CASE(name, request, status, body) CASE_OR(name, request, status, body, -1)
#define CASE_OR(name, request, status, body, other) \
	{ \
		name, {"" request, sizeof(request) - 1}, status, body, other \
	}
	CASE("plain get", "GET /a?q=1 HTTP/1.1\r\n" HOST "\r\n", 200, "GET /a [1] <>"),
	CASE("post", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 200, "<abc>"),
	CASE("late reply", "POST /later HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 200,
	     "<abc>"),
	CASE("chunked",
	     "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n"
	     "0\r\n\r\n",
	     200, "<abc>"),
	CASE("head", "HEAD /a HTTP/1.1\r\n" HOST "\r\n", 200, "Content-Length: 13"),
	CASE("http 1.0 without host", "GET /a HTTP/1.0\r\n\r\n", 200, "GET /a"),
	CASE("escapes", "GET /a%20b?q=c%2Bd+e HTTP/1.1\r\n" HOST "\r\n", 200, "GET /a b [c+d e]"),
	CASE("options", "OPTIONS /a HTTP/1.1\r\n" HOST "\r\n", 200, "OPTIONS /a"),
	CASE("refused by headers", "POST /refused HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n",
	     401, ""),
	CASE("two content lengths",
	     "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400,
	     "twice"),
	CASE("content length twice the same",
	     "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400,
	     ""),
	CASE("content length list", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc",
	     400, ""),
	CASE("content length +3", "POST /a HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc", 400,
	     ""),
	CASE("content length -1", "POST /a HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\nabc", 400,
	     ""),
	CASE("content length 0x3", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc",
	     400, ""),
	CASE("content length empty", "POST /a HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nabc", 400,
	     ""),
	CASE("content length of 30 digits",
	     "POST /a HTTP/1.1\r\n" HOST "Content-Length: 999999999999999999999999999999\r\n\r\n",
	     413, ""),
	CASE("content length with a space before the colon",
	     "POST /a HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc", 400, ""),
	CASE_OR("length and chunked",
		"POST /a HTTP/1.1\r\n" HOST
		"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
		"0\r\n\r\n",
		400, "together", 400),
	CASE_OR("chunked and length",
		"POST /a HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
		"0\r\n\r\n",
		400, "together", 400),
	CASE_OR("unknown transfer coding",
		"POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "",
		400),
	CASE_OR("gzip, chunked",
		"POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		501, "", 400),
	CASE_OR("chunked twice",
		"POST /a HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		501, "", 400),
	CASE("chunked in http 1.0",
	     "POST /a HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, ""),
	CASE("chunk size 0x2",
	     "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
	     400, ""),
	CASE("chunk size not hex",
	     "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
	     400, ""),
	CASE("chunk size huge",
	     "POST /a HTTP/1.1\r\n" HOST
	     "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab\r\n0\r\n\r\n",
	     413, ""),
	CASE("chunk size negative",
	     "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n",
	     400, ""),
	CASE("folded header", "GET /a HTTP/1.1\r\n" HOST "X: a\r\n b\r\nY: c\r\n\r\n", 400, ""),
	CASE("folded last header", "GET /a HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n", 400, ""),
	CASE("folded first header", "GET /a HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400, ""),
	CASE("fold before any header", "GET /a HTTP/1.1\r\n Host: a\r\n\r\n", 400, ""),
	CASE("nul in header", "GET /a HTTP/1.1\r\n" HOST "X: a\0b\r\nY: c\r\n\r\n", 400, ""),
	CASE("nul in last header", "GET /a HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n", 400, ""),
	CASE("nul in header name", "GET /a HTTP/1.1\r\n" HOST "X\0Z: a\r\n\r\n", 400, ""),
	CASE_OR("nul in target", "GET /a\0b HTTP/1.1\r\n" HOST "\r\n", 400, "", 0),
	CASE("cr in header", "GET /a HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400, ""),
	CASE("control character in header", "GET /a HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", 400, ""),
	CASE("header without colon", "GET /a HTTP/1.1\r\n" HOST "X a\r\n\r\n", 400, ""),
	CASE("header without name", "GET /a HTTP/1.1\r\n" HOST ": a\r\nX: b\r\n\r\n", 400, ""),
	CASE("header name with space", "GET /a HTTP/1.1\r\n" HOST "X Y: a\r\n\r\n", 400, ""),
	CASE("no host", "GET /a HTTP/1.1\r\n\r\n", 400, ""),
	CASE("two hosts", "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "twice"),
	CASE("malformed host", "GET /a HTTP/1.1\r\nHost: x/y@z\r\n\r\n", 400, ""),
	CASE("absolute target", "GET http://x/a HTTP/1.1\r\n" HOST "\r\n", 400, "proxy"),
	CASE("absolute target of another scheme", "GET gopher:a HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("asterisk", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("%00 in path", "GET /a%00b HTTP/1.1\r\n" HOST "\r\n", 400, "NUL"),
	CASE("%00 in query", "GET /a?q=%00 HTTP/1.1\r\n" HOST "\r\n", 400, "NUL"),
	CASE("half an escape", "GET /a%2 HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("escape not hex", "GET /a%zz HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("path traversal", "GET /a/../b HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("path traversal escaped", "GET /a/%2e%2E/b HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("escaped slash", "GET /a%2Fb HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("backslash", "GET /a\\b HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("overlong utf-8 in path", "GET /%c0%ae HTTP/1.1\r\n" HOST "\r\n", 400, "UTF-8"),
	CASE("raw utf-8 in path", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE_OR("space in target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 0, "", 400),
	CASE("fragment", "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400, ""),
	CASE("unknown method", "BREW /a HTTP/1.1\r\n" HOST "\r\n", 501, ""),
	CASE("method in lower case", "get /a HTTP/1.1\r\n" HOST "\r\n", 501, ""),
	CASE("trace", "TRACE /a HTTP/1.1\r\n" HOST "\r\n", 501, ""),
	CASE("http 2.0", "GET /a HTTP/2.0\r\n" HOST "\r\n", 505, ""),
	CASE("http 1.9", "GET /a HTTP/1.9\r\n" HOST "\r\n", 200, ""),
	CASE("not http", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 0, ""),
	CASE("body too large", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", 413, ""),
	CASE("ten megabytes announced",
	     "POST /a HTTP/1.1\r\n" HOST "Content-Length: 10485760\r\n\r\n", 413, ""),
	CASE("unknown expectation", "POST /a HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417, ""),
	CASE("deflate",
	     "POST /a HTTP/1.1\r\n" HOST "Content-Encoding: deflate\r\nContent-Length: 1\r\n\r\nx",
	     415, ""),
	CASE("gzip twice",
	     "POST /a HTTP/1.1\r\n" HOST
	     "Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\nx",
	     415, ""),
	CASE("not gzip",
	     "POST /a HTTP/1.1\r\n" HOST "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
	     400, "gzip"),
	CASE("malformed content type",
	     "POST /a HTTP/1.1\r\n" HOST "Content-Type: a b\r\nContent-Length: 0\r\n\r\n", 400, ""),
};

static void test_hostile_table(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	start(&f, &conf);
	unsigned wrong = 0;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int status = ask(&f, cases[i].request);
		if (status == cases[i].status && (status == 0 || answer_has(&f, cases[i].body)))
			continue;
		if (status == cases[i].other)
			continue;
		wrong++;
		print_error("case \"%s\": %d, not %d\n" STR_FMT "\n", cases[i].name, status,
			    cases[i].status, STR_ARG(buf_view(&f.answer)));
	}
	assert_int_equal(wrong, 0);
	http_frame_finish(&f);
}

static void expect(struct http_frame *f, int fd, int status, const char *body)
{
	assert_int_equal(peer_receive(fd, false, &f->spare, &f->answer), status);
	if (!answer_has(f, body))
		fail_msg("no \"%s\" in " STR_FMT, body, STR_ARG(buf_view(&f->answer)));
}

/* Three requests in one segment, and answers in their order, also when the middle one is late. */
static void test_pipelined(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	start(&f, &conf);
	int fd = peer_connect(http_server_port(f.server));
	assert_true(peer_send(fd, STR("POST /one HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n1"
				      "POST /later HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n2"
				      "GET /three HTTP/1.1\r\n" HOST "\r\n")));
	expect(&f, fd, 200, "POST /one [] <1>");
	expect(&f, fd, 200, "POST /later [] <2>");
	expect(&f, fd, 200, "GET /three [] <>");
	close(fd);
	http_frame_finish(&f);
}

static void test_keep_alive(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	start(&f, &conf);
	int fd = peer_connect(http_server_port(f.server));
	for (int i = 0; i < 300; i++) {
		assert_true(peer_send(fd, i % 2 ? STR("GET /a HTTP/1.1\r\n" HOST "\r\n")
						: STR("POST /later HTTP/1.1\r\n" HOST
						      "Content-Length: 3\r\n\r\nabc")));
		expect(&f, fd, 200, i % 2 ? "GET /a" : "<abc>");
	}
	close(fd);
	http_frame_finish(&f);
}

/* Refused by its headers, a request without a body costs its peer no new connection; one with a
 * body does, because the body was not read. */
static void test_refused_and_kept(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	start(&f, &conf);
	int fd = peer_connect(http_server_port(f.server));
	for (int i = 0; i < 3; i++) {
		assert_true(peer_send(fd, STR("GET /refused HTTP/1.1\r\n" HOST "\r\n")));
		expect(&f, fd, 401, "");
		assert_false(answer_has(&f, "Connection: close"));
	}
	assert_true(peer_send(
		fd, STR("POST /refused HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc")));
	expect(&f, fd, 401, "");
	assert_int_equal(peer_receive(fd, false, &f.spare, &f.answer), 0);
	close(fd);
	http_frame_finish(&f);
}

/* Any cut between two segments is a fair one. */
static void test_byte_by_byte(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	struct str request = STR("POST /a?q=%41 HTTP/1.1\r\n" HOST "X-Long: 0123456789\r\n"
				 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
	start(&f, &conf);
	int fd = peer_connect(http_server_port(f.server));
	for (size_t i = 0; i < request.n; i++) {
		assert_true(peer_send(fd, str_slice(request, i, i + 1)));
		if (i % 16 == 0)
			clock_sleep_us(1000); /* so that most arrive alone; nothing depends on it */
	}
	expect(&f, fd, 200, "POST /a [A] <abc>");
	close(fd);
	http_frame_finish(&f);
}

static void test_expect_continue(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	start(&f, &conf);
	int fd = peer_connect(http_server_port(f.server));
	assert_true(peer_send(fd, STR("POST /a HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
				      "Content-Length: 3\r\n\r\n")));
	expect(&f, fd, 100, "");
	assert_true(peer_send(fd, STR("abc")));
	expect(&f, fd, 200, "<abc>");
	/* A body that will be refused is not asked for. */
	assert_true(peer_send(fd, STR("POST /a HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
				      "Content-Length: 9999\r\n\r\n")));
	expect(&f, fd, 413, "");
	close(fd);
	http_frame_finish(&f);
}

static void repeat(struct buf *out, const char *z, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_z(out, z);
}

static void test_large_headers(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	struct buf b;
	start(&f, &conf);
	buf_init(&b, 1 << 20);

	buf_z(&b, "GET /a HTTP/1.1\r\n" HOST "X: ");
	repeat(&b, "0123456789abcdef", 4096);
	buf_z(&b, "\r\n\r\n");
	assert_int_equal(ask(&f, buf_view(&b)), 431); /* one of 64 KB */

	buf_reset(&b);
	buf_z(&b, "GET /a HTTP/1.1\r\n" HOST);
	repeat(&b, "X: y\r\n", HTTP_HEADERS_MAX);
	buf_z(&b, "\r\n");
	assert_int_equal(ask(&f, buf_view(&b)), 431); /* one too many */

	buf_reset(&b);
	buf_z(&b, "GET /a HTTP/1.1\r\n" HOST);
	repeat(&b, "X: y\r\n", HTTP_HEADERS_MAX - 1);
	buf_z(&b, "\r\n");
	assert_int_equal(ask(&f, buf_view(&b)), 200);

	buf_reset(&b);
	buf_z(&b, "GET /");
	repeat(&b, "0123456789abcdef", 4096);
	buf_z(&b, " HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(ask(&f, buf_view(&b)), 414);

	buf_reset(&b);
	buf_z(&b, "GET /a HTTP/1.1\r\n" HOST "X: ");
	repeat(&b, "0123456789abcdef", 400);
	buf_z(&b, "\r\n\r\n");
	assert_int_equal(ask(&f, buf_view(&b)), 200); /* 6.4 KB, as browsers' cookies go */

	buf_reset(&b);
	buf_z(&b, "GET /a?");
	repeat(&b, "a&", HTTP_QUERY_MAX);
	buf_z(&b, " HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(ask(&f, buf_view(&b)), 400);
	buf_finish(&b);
	http_frame_finish(&f);
}

/* A chunked body says its size only by coming: 413 at the end of a small excess, and the line cut
 * within a large one. */
static void test_endless_body(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	struct buf b;
	start(&f, &conf);
	buf_init(&b, 16 << 20);
	buf_z(&b, "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	repeat(&b, "8\r\n01234567\r\n", 1000);
	buf_z(&b, "0\r\n\r\n");
	assert_int_equal(ask(&f, buf_view(&b)), 413);

	buf_reset(&b);
	buf_z(&b, "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	repeat(&b, "8\r\n01234567\r\n", 500000);
	assert_int_equal(ask(&f, buf_view(&b)), 0);
	buf_finish(&b);
	http_frame_finish(&f);
}

static void gzip(struct str plain, struct buf *out)
{
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	size_t most = deflateBound(&z, plain.n);
	assert_true(buf_reserve(out, most));
	z.next_in = (unsigned char *)(uintptr_t)plain.p;
	z.avail_in = (unsigned)plain.n;
	z.next_out = (unsigned char *)out->p + out->n;
	z.avail_out = (unsigned)most;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += most - z.avail_out;
	(void)deflateEnd(&z); /* the stream is done */
}

static int ask_gzip(struct http_frame *f, struct str body)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_printf(&b,
		   "POST /a HTTP/1.1\r\n" HOST
		   "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
		   body.n);
	buf_str(&b, body);
	int status = ask(f, buf_view(&b));
	buf_finish(&b);
	return status;
}

static void test_gzip(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	struct buf plain, packed;
	start(&f, &conf);
	buf_init(&plain, 1 << 20);
	buf_init(&packed, 1 << 20);
	gzip(STR("hello hello hello"), &packed);
	assert_int_equal(ask_gzip(&f, buf_view(&packed)), 200);
	assert_true(answer_has(&f, "<hello hello hello>"));
	assert_int_equal(ask_gzip(&f, str_slice(buf_view(&packed), 0, packed.n - 1)), 400);
	buf_byte(&packed, 'x');
	assert_int_equal(ask_gzip(&f, buf_view(&packed)), 400); /* something stands behind it */

	repeat(&plain, "0", BODY_MAX);
	buf_reset(&packed);
	gzip(buf_view(&plain), &packed);
	assert_int_equal(ask_gzip(&f, buf_view(&packed)), 200); /* just fits */
	buf_byte(&plain, '0');
	buf_reset(&packed);
	gzip(buf_view(&plain), &packed);
	assert_int_equal(ask_gzip(&f, buf_view(&packed)),
			 413); /* small when packed, not unpacked */
	buf_finish(&plain);
	buf_finish(&packed);
	http_frame_finish(&f);
}

/* What is cut off in the middle gets no answer and leaves nothing behind (finish looks). */
static void test_truncated(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	struct str whole = STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
	conf.header_timeout_us = conf.body_timeout_us =
		300000; /* a hung-up peer may be noticed late */
	start(&f, &conf);
	for (size_t n = 0; n < whole.n; n += 3) {
		int fd = peer_connect(http_server_port(f.server));
		assert_true(peer_send(fd, str_slice(whole, 0, n)));
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		buf_reset(&f.spare);
		int status = peer_receive(fd, false, &f.spare, &f.answer);
		if (status != 0 && status != 400)
			fail_msg("%zu bytes of a request got %d", n, status);
		close(fd);
	}
	http_frame_finish(&f);
}

/* Drips a byte now and then, each within any idle timeout; the deadline is one for the whole. */
static void drip(struct http_frame *f, struct str start_with)
{
	int fd = peer_connect(http_server_port(f->server));
	assert_true(peer_send(fd, start_with));
	struct timeval short_wait = {.tv_usec = 50000};
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &short_wait, sizeof short_wait),
			 0);
	bool closed = false;
	for (int i = 0; i < 400 && !closed; i++) {
		char c;
		(void)peer_send(fd, STR("a")); /* fails when closed: recv tells */
		ssize_t n = recv(fd, &c, 1, 0);
		closed = n == 0 || (n < 0 && errno != EAGAIN);
	}
	assert_true(closed);
	close(fd);
}

static void test_slow_peers(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	conf.header_timeout_us = conf.body_timeout_us = conf.idle_timeout_us = 800000;
	start(&f, &conf);
	drip(&f, STR(""));
	drip(&f, STR("GET /"));
	drip(&f, STR("GET /a HTTP/1.1\r\nX: "));
	drip(&f, STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 900\r\n\r\n"));
	/* One that keeps its connection and says nothing. */
	int fd = peer_connect(http_server_port(f.server));
	assert_true(peer_send(fd, STR("GET /a HTTP/1.1\r\n" HOST "\r\n")));
	expect(&f, fd, 200, "GET /a");
	assert_int_equal(peer_receive(fd, false, &f.spare, &f.answer), 0);
	close(fd);
	assert_int_equal(metrics_get(f.metrics, METRIC_HTTP_TIMEOUTS), 5);
	http_frame_finish(&f);
}

/* A peer that asks and does not listen holds a reply no longer than write_timeout. */
static void test_deaf_peer(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	conf.write_timeout_us = 300000;
	conf.arena_bytes_max = 2 * LARGE_BYTES;
	start(&f, &conf);
	int fd = peer_connect(http_server_port(f.server));
	assert_true(peer_send(fd, STR("GET /large HTTP/1.1\r\n" HOST "\r\n")));
	while (metrics_get(f.metrics, METRIC_HTTP_TIMEOUTS) == 0)
		clock_sleep_us(1000);
	while (metrics_get(f.metrics, METRIC_HTTP_CONNECTIONS) > 0)
		clock_sleep_us(1000);
	close(fd);
	http_frame_finish(&f);
}

/* Bodies that come slowly hold memory; all of them together have a ceiling too. */
static void test_many_bodies(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	struct buf b;
	conf.threads = 1;
	conf.bodies_bytes_max = 1 << 20;
	conf.body_timeout_us = 5000000; /* a hung-up peer may be noticed late */
	start(&f, &conf);
	buf_init(&b, 4 << 20);
	buf_z(&b, "POST /big HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n");
	repeat(&b, "0123456789abcdef", 60000); /* most of it */
	int fd = peer_connect(http_server_port(f.server));
	assert_true(peer_send(fd, buf_view(&b)));
	while (metrics_get(f.metrics, METRIC_HTTP_BODY_BYTES) < 960000)
		clock_sleep_us(1000);

	buf_reset(&b);
	buf_z(&b, "POST /big HTTP/1.1\r\n" HOST "Content-Length: 160000\r\n\r\n");
	repeat(&b, "0123456789abcdef", 10000);
	assert_int_equal(ask(&f, buf_view(&b)), 429);
	close(fd);
	while (metrics_get(f.metrics, METRIC_HTTP_CONNECTIONS) > 0)
		clock_sleep_us(1000);
	assert_int_equal(ask(&f, buf_view(&b)), 200);
	buf_finish(&b);
	http_frame_finish(&f);
}

/* True when the server hangs up on a new connection without a word. */
static bool turned_away(const struct http_frame *f)
{
	int fd = peer_connect(http_server_port(f->server));
	char c;
	(void)peer_send(fd, STR("GET /a HTTP/1.1\r\n" HOST "\r\n")); /* recv tells */
	bool away = recv(fd, &c, 1, 0) <= 0;
	close(fd);
	return away;
}

static void test_connection_ceiling(void **state)
{
	(void)state;
	for (int per_ip = 0; per_ip < 2; per_ip++) {
		struct http_frame f;
		struct http_server_conf conf = http_frame_conf();
		conf.threads = 1;
		*(per_ip ? &conf.connections_per_ip_max : &conf.connections_max) = 3;
		start(&f, &conf);
		int fd[3];
		for (int i = 0; i < 3; i++) {
			fd[i] = peer_connect(http_server_port(f.server));
			assert_true(peer_send(fd[i], STR("GET /a HTTP/1.1\r\n" HOST "\r\n")));
			expect(&f, fd[i], 200, "GET /a");
		}
		assert_true(turned_away(&f));
		assert_int_equal(metrics_get(f.metrics, METRIC_HTTP_CONNECTIONS_REFUSED), 1);
		for (int i = 0; i < 3; i++)
			close(fd[i]);
		while (metrics_get(f.metrics, METRIC_HTTP_CONNECTIONS) > 0)
			clock_sleep_us(1000);
		assert_false(turned_away(&f));
		http_frame_finish(&f);
	}
}

static void test_bad_conf(void **state)
{
	(void)state;
	static const struct http_handler echo = {.admit = echo_admit, .handle = echo_handle};
	struct http_server *s = NULL;
	struct err e;
	struct http_server_conf conf = http_frame_conf();
	conf.threads = 0;
	assert_int_equal(http_server_create(&conf, &echo, NULL, &s, &e), ST_INVALID);
	conf = http_frame_conf();
	conf.address = "example.com";
	assert_int_equal(http_server_create(&conf, &echo, NULL, &s, &e), ST_INVALID);
	conf = http_frame_conf();
	conf.tls_cert_path = "/nonexistent";
	assert_int_equal(http_server_create(&conf, &echo, NULL, &s, &e), ST_INVALID);
	conf.tls_key_path = "/nonexistent";
	assert_int_equal(http_server_create(&conf, &echo, NULL, &s, &e), ST_IO);
	assert_null(s);
	/* A port that is taken is said to be. */
	struct http_server *first = NULL;
	conf = http_frame_conf();
	assert_int_equal(http_server_create(&conf, &echo, NULL, &first, &e), ST_OK);
	conf.port = http_server_port(first);
	assert_int_equal(http_server_create(&conf, &echo, NULL, &s, &e), ST_IO);
	assert_non_null(strstr(e.text, "Is another process there?"));
	http_server_destroy(&first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_table), cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_keep_alive),    cmocka_unit_test(test_refused_and_kept),
		cmocka_unit_test(test_byte_by_byte),  cmocka_unit_test(test_expect_continue),
		cmocka_unit_test(test_large_headers), cmocka_unit_test(test_endless_body),
		cmocka_unit_test(test_gzip),          cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_slow_peers),    cmocka_unit_test(test_deaf_peer),
		cmocka_unit_test(test_many_bodies),   cmocka_unit_test(test_connection_ceiling),
		cmocka_unit_test(test_bad_conf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
