/* SPDX-License-Identifier: Apache-2.0
 * test_http_frame.h: a server with its metrics, and room for a peer's bytes; for tests only. What
 * was opened or in hand must be gone in the end, whatever a test did to it. */
#ifndef NET_TEST_HTTP_FRAME_H
#define NET_TEST_HTTP_FRAME_H

#include "net/http_server.h"
#include "net/test_http_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct http_frame {
	struct http_server *server;
	struct metrics *metrics;
	struct buf spare, answer; /* of peer_receive */
};

static inline struct http_server_conf http_frame_conf(void)
{
	struct http_server_conf c = HTTP_SERVER_CONF_DEFAULT;
	c.port = 0;
	return c;
}

static inline void http_frame_start(struct http_frame *f, const struct http_server_conf *conf,
				    const struct http_handler *handler)
{
	struct err e;
	*f = (struct http_frame){.metrics = metrics_create()};
	buf_init(&f->spare, PEER_BYTES_MAX);
	buf_init(&f->answer, PEER_BYTES_MAX);
	if (http_server_create(conf, handler, f->metrics, &f->server, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static inline void http_frame_finish(struct http_frame *f)
{
	http_server_destroy(&f->server);
	assert_int_equal(metrics_get(f->metrics, METRIC_HTTP_CONNECTIONS), 0);
	assert_int_equal(metrics_get(f->metrics, METRIC_HTTP_IN_HAND), 0);
	metrics_destroy(&f->metrics);
	buf_finish(&f->spare);
	buf_finish(&f->answer);
}

#endif
