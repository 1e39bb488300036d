/* SPDX-License-Identifier: Apache-2.0
 * reach.c: one connection, one line. */
#include "smtp/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool wait_for(int fd, short what, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = what};
	int n;
	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* 0, or why not. */
static int connected(int fd, const struct addrinfo *at, int timeout_ms)
{
	int why = 0;
	socklen_t n = sizeof why;
	if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (!wait_for(fd, POLLOUT, timeout_ms))
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0 ? why : errno;
}

static enum status greeted(int fd, int timeout_ms, struct err *e)
{
	char line[512];
	ssize_t n = wait_for(fd, POLLIN, timeout_ms) ? read(fd, line, sizeof line - 1) : 0;
	if (n < 4 || memcmp(line, "220", 3) != 0)
		return err_set(e, ST_UNAVAILABLE,
			       n > 0 ? "something else than a mail server answers"
				     : "it takes the connection and says nothing");
	(void)!write(fd, "QUIT\r\n", 6); /* manners: what becomes of it does not matter */
	return ST_OK;
}

enum status smtp_reach(const char *host, uint16_t port, bool tls_first, int timeout_ms,
		       struct err *e)
{
	char service[8];
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *list = NULL;
	int why = ENETUNREACH, fd = -1;
	(void)snprintf(service, sizeof service, "%u", port);
	int rc = getaddrinfo(host, service, &hints, &list);
	if (rc != 0)
		return err_set(e, ST_NOT_FOUND, "%s: %s", host, gai_strerror(rc));
	for (const struct addrinfo *at = list; at != NULL && why != 0; at = at->ai_next) {
		if (fd >= 0)
			close(fd);
		fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		why = fd >= 0 ? connected(fd, at, timeout_ms) : errno;
	}
	freeaddrinfo(list);
	enum status st = ST_OK;
	if (why != 0)
		st = err_set(e, ST_UNAVAILABLE, "%s:%u: %s", host, port, strerror(why));
	else if (!tls_first)
		st = greeted(fd, timeout_ms, e);
	if (fd >= 0)
		close(fd);
	return st;
}
