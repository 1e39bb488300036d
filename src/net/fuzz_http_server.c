/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http_server.c: any bytes over a real socket into a real server. The library underneath
 * parses first, and our checks read its memory: that is where the two must agree. What reaches the
 * handler must keep every promise of http_server.h. */
#include "net/http_server.h"
#include "net/http_text.h"
#include "net/test_http_peer.h"

#include "base/assert.h"

#include <poll.h>

#define BODY_MAX 4096
#define ANSWER_WAIT_MS 20 /* a request that is not whole gets none */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const struct http_request *req)
{
	ASSERT(req->path.n > 0 && req->path.p[0] == '/' && str_utf8_valid(req->path));
	ASSERT(str_find_byte(req->path, '\0') == req->path.n);
	ASSERT(req->header_count <= HTTP_HEADERS_MAX && req->query_count <= HTTP_QUERY_MAX);
	unsigned lengths = 0, codings = 0;
	for (size_t i = 0; i < req->header_count; i++) {
		const struct http_pair *h = &req->headers[i];
		ASSERT(http_token_valid(h->name) && http_field_value_valid(h->value));
		lengths += str_eq_nocase(h->name, STR("content-length"));
		codings += str_eq_nocase(h->name, STR("transfer-encoding"));
	}
	ASSERT(lengths + codings <= 1);
}

static enum http_verdict admit(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	(void)reply;
	check_request(req);
	req->body_bytes_max = BODY_MAX;
	return HTTP_GO_ON;
}

static enum http_verdict handle(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	check_request(req);
	ASSERT(req->body.n <= BODY_MAX);
	reply->status = 200;
	reply->body = req->body;
	if (req->method != HTTP_PUT)
		return HTTP_ANSWERED;
	http_reply_later(req, reply);
	return HTTP_LATER;
}

/* One server for all inputs; it ends with the process. */
static uint16_t server_port(void)
{
	static struct http_server *server;
	static const struct http_handler handler = {.admit = admit, .handle = handle};
	struct err e;
	if (server == NULL) {
		struct http_server_conf conf = HTTP_SERVER_CONF_DEFAULT;
		conf.port = 0;
		conf.threads = 1;
		conf.header_timeout_us = conf.body_timeout_us = conf.idle_timeout_us = 1000000;
		ASSERT(http_server_create(&conf, &handler, NULL, &server, &e) == ST_OK);
	}
	return http_server_port(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char sink[4096];
	static uint32_t inputs;
	int fd = peer_connect_from(server_port(), INADDR_LOOPBACK + inputs++ % 200);
	struct linger at_once = {.l_onoff = 1}; /* else a port lingers for each input */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	(void)peer_send(fd, str_n((const char *)data, size)); /* may be cut off */
	(void)shutdown(fd, SHUT_WR);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (poll(&p, 1, ANSWER_WAIT_MS) == 1 && recv(fd, sink, sizeof sink, 0) > 0)
		continue;
	(void)close(fd);
	return 0;
}
