/* SPDX-License-Identifier: Apache-2.0
 * stream.c: a non-blocking socket and one poll() over it and the stop handle, so that stopping
 * takes no longer than a round through this loop. Only looking up a name can block: the resolver
 * has no handle to wait on. */
#include "inbound/stream.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct stream {
	struct stream_conf conf;
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	int64_t deadline_us;
};

static enum status stopped(struct err *e)
{
	return err_set(e, ST_UNAVAILABLE, "stopped");
}

/* Waits for the events on the socket until the deadline. */
static enum status await(struct stream *s, short events, struct err *e)
{
	for (;;) {
		struct pollfd fds[2] = {{.fd = s->fd, .events = events},
					{.fd = s->conf.stop_fd, .events = POLLIN}};
		int64_t left_ms = (s->deadline_us - clock_mono_us() + 999) / 1000;
		if (left_ms < 0)
			left_ms = 0;
		int n = poll(fds, 2, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ST_IO, "poll failed");
		if (fds[1].revents != 0)
			return stopped(e);
		if (fds[0].revents != 0)
			return ST_OK;
		if (n == 0)
			return err_set(e, ST_TIMEOUT, "no answer in time from %s port %u",
				       s->conf.host, s->conf.port);
	}
}

static void begin(struct stream *s, int64_t timeout_us)
{
	s->deadline_us = clock_mono_us() + timeout_us;
}

static enum status connect_one(struct stream *s, const struct addrinfo *at, struct err *e)
{
	int one = 1, error = 0;
	socklen_t bytes = sizeof error;
	s->fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return err_set(e, ST_UNAVAILABLE, "no socket");
	(void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(s->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	if (connect(s->fd, at->ai_addr, at->ai_addrlen) == 0)
		return ST_OK;
	if (errno != EINPROGRESS)
		return err_set(e, ST_UNAVAILABLE, "nobody answers at %s port %u", s->conf.host,
			       s->conf.port);
	enum status st = await(s, POLLOUT, e);
	if (st != ST_OK)
		return st;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0 || error != 0)
		return err_set(e, ST_UNAVAILABLE, "nobody answers at %s port %u", s->conf.host,
			       s->conf.port);
	return ST_OK;
}

static enum status connect_any(struct stream *s, struct err *e)
{
	char port[16];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list;
	snprintf(port, sizeof port, "%u", s->conf.port);
	if (getaddrinfo(s->conf.host, port, &hints, &list) != 0)
		return err_set(e, ST_UNAVAILABLE, "no address is known for %s", s->conf.host);
	enum status st = err_set(e, ST_UNAVAILABLE, "no address is known for %s", s->conf.host);
	for (struct addrinfo *at = list; at != NULL && st != ST_OK; at = at->ai_next) {
		if (s->fd >= 0)
			close(s->fd);
		begin(s, s->conf.timeout_us);
		st = connect_one(s, at, e);
	}
	freeaddrinfo(list);
	return st;
}

enum status stream_open(const struct stream_conf *conf, struct stream **out, struct err *e)
{
	struct stream *s = mem_alloc(sizeof *s);
	s->conf = *conf;
	s->fd = -1;
	enum status st = connect_any(s, e);
	if (st != ST_OK) {
		stream_close(&s);
		return st;
	}
	*out = s;
	return ST_OK;
}

void stream_close(struct stream **s)
{
	if (*s == NULL)
		return;
	SSL_free((*s)->ssl);
	SSL_CTX_free((*s)->ctx);
	if ((*s)->fd >= 0)
		close((*s)->fd);
	mem_free(*s);
	*s = NULL;
}

/* What OpenSSL wants before it goes on; ST_OK: ask it again. */
static enum status await_tls(struct stream *s, int result, struct err *e)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ: return await(s, POLLIN, e);
	case SSL_ERROR_WANT_WRITE: return await(s, POLLOUT, e);
	case SSL_ERROR_ZERO_RETURN:
	case SSL_ERROR_SYSCALL:
		return err_set(e, ST_UNAVAILABLE, "%s port %u hung up", s->conf.host, s->conf.port);
	default:
		return err_set(e, ST_UNAVAILABLE, "TLS with %s port %u failed", s->conf.host,
			       s->conf.port);
	}
}

static enum status prepare_tls(struct stream *s, struct err *e)
{
	s->ctx = SSL_CTX_new(TLS_client_method());
	ASSERT(s->ctx != NULL);
	SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_min_proto_version(s->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(s->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	int trusted = s->conf.ca_path != NULL
			      ? SSL_CTX_load_verify_locations(s->ctx, s->conf.ca_path, NULL)
			      : SSL_CTX_set_default_verify_paths(s->ctx);
	if (trusted != 1)
		return err_set(e, ST_INVALID, "the certificates to trust cannot be read");
	s->ssl = SSL_new(s->ctx);
	ASSERT(s->ssl != NULL);
	unsigned char address[sizeof(struct in6_addr)];
	bool numeric = inet_pton(AF_INET, s->conf.host, address) == 1 ||
		       inet_pton(AF_INET6, s->conf.host, address) == 1;
	int named = numeric ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s->ssl), s->conf.host)
			    : SSL_set1_host(s->ssl, s->conf.host);
	if (!numeric)
		(void)SSL_set_tlsext_host_name(s->ssl, s->conf.host);
	if (named != 1 || SSL_set_fd(s->ssl, s->fd) != 1)
		return err_set(e, ST_INVALID, "%s is no host name", s->conf.host);
	return ST_OK;
}

enum status stream_secure(struct stream *s, struct err *e)
{
	enum status st = prepare_tls(s, e);
	begin(s, s->conf.timeout_us);
	while (st == ST_OK) {
		ERR_clear_error();
		int result = SSL_connect(s->ssl);
		if (result == 1)
			return ST_OK;
		long verdict = SSL_get_verify_result(s->ssl);
		if (verdict != X509_V_OK)
			return err_set(e, ST_DENIED, "the certificate of %s is not good: %s",
				       s->conf.host, X509_verify_cert_error_string(verdict));
		st = await_tls(s, result, e);
	}
	return st;
}

bool stream_is_secure(const struct stream *s)
{
	return s->ssl != NULL;
}

enum status stream_read(struct stream *s, char *p, size_t bytes_max, size_t *got_r, struct err *e)
{
	enum status st = ST_OK;
	begin(s, s->conf.timeout_us);
	while (st == ST_OK) {
		ERR_clear_error();
		int want = bytes_max > INT_MAX ? INT_MAX : (int)bytes_max;
		ssize_t n = s->ssl != NULL ? SSL_read(s->ssl, p, want) : read(s->fd, p, bytes_max);
		if (n > 0) {
			*got_r = (size_t)n;
			return ST_OK;
		}
		if (s->ssl != NULL)
			st = await_tls(s, (int)n, e);
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			st = await(s, POLLIN, e);
		else
			st = err_set(e, ST_UNAVAILABLE, "%s port %u hung up", s->conf.host,
				     s->conf.port);
	}
	return st;
}

enum status stream_write(struct stream *s, struct str bytes, struct err *e)
{
	enum status st = ST_OK;
	begin(s, s->conf.timeout_us);
	while (st == ST_OK && bytes.n > 0) {
		ERR_clear_error();
		int want = bytes.n > INT_MAX ? INT_MAX : (int)bytes.n;
		ssize_t n = s->ssl != NULL ? SSL_write(s->ssl, bytes.p, want)
					   : send(s->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n > 0)
			bytes = str_slice(bytes, (size_t)n, bytes.n);
		else if (s->ssl != NULL)
			st = await_tls(s, (int)n, e);
		else if (errno == EAGAIN || errno == EINTR)
			st = await(s, POLLOUT, e);
		else
			st = err_set(e, ST_UNAVAILABLE, "%s port %u hung up", s->conf.host,
				     s->conf.port);
	}
	return st;
}

enum status stream_wait(struct stream *s, int64_t timeout_us, struct err *e)
{
	if (s->ssl != NULL && SSL_pending(s->ssl) > 0)
		return ST_OK;
	begin(s, timeout_us);
	return await(s, POLLIN, e);
}
