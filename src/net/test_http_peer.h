/* SPDX-License-Identifier: Apache-2.0
 * test_http_peer.h: a peer that sends any bytes it likes; for tests only. It knows just enough HTTP
 * to tell where an answer ends. Waiting is bounded by a receive timeout that only a failing test
 * reaches. */
#ifndef NET_TEST_HTTP_PEER_H
#define NET_TEST_HTTP_PEER_H

#include "base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PEER_WAIT_S 20
#define PEER_BYTES_MAX ((size_t)4 << 20)

/* From an address of the loopback network: each has ports of its own, and a test that connects
 * again and again runs out of those of one. */
static inline int peer_connect_from(uint16_t port, uint32_t address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval wait = {.tv_sec = PEER_WAIT_S};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	struct sockaddr_in from = {.sin_family = AF_INET};
	from.sin_addr.s_addr = htonl(address);
	int later = 1; /* the port is chosen by connect, which may share it between peers */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof later) != 0 ||
	    bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		abort();
	return fd;
}

static inline int peer_connect(uint16_t port)
{
	return peer_connect_from(port, INADDR_LOOPBACK);
}

/* False: the other side has hung up. */
static inline bool peer_send(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes = str_slice(bytes, (size_t)n, bytes.n);
	}
	return true;
}

static inline int peer_status(struct str answer)
{
	uint64_t status = 0;
	if (!str_starts(answer, STR("HTTP/1.")) || answer.n < 12)
		return 0;
	return str_to_u64(str_slice(answer, 9, 12), &status) ? (int)status : 0;
}

/* Bytes of the first whole answer in `got`, or 0 while it is not whole. */
static inline size_t peer_answer_bytes(struct str got, bool head)
{
	size_t end = str_find(got, STR("\r\n\r\n"));
	if (end == got.n)
		return 0;
	struct str headers = str_slice(got, 0, end + 2);
	uint64_t length = 0;
	size_t at = str_find(headers, STR("Content-Length: "));
	if (at < headers.n && !head) {
		struct str rest = str_slice(headers, at + 16, headers.n);
		if (!str_to_u64(str_cut(&rest, '\r'), &length))
			abort();
	}
	size_t total = end + 4 + (size_t)length;
	return got.n >= total ? total : 0;
}

/* Reads one answer into `out` (emptied first); what is behind it stays in `spare`. Returns its
 * status, 0 when the peer hung up before a whole answer, -1 when nothing came in time. */
static inline int peer_receive(int fd, bool head, struct buf *spare, struct buf *out)
{
	char chunk[16384];
	buf_reset(out);
	for (;;) {
		size_t n = peer_answer_bytes(buf_view(spare), head);
		if (n > 0) {
			buf_put(out, spare->p, n);
			memmove(spare->p, spare->p + n, spare->n - n);
			spare->n -= n;
			return peer_status(buf_view(out));
		}
		ssize_t got = recv(fd, chunk, sizeof chunk, 0);
		if (got < 0)
			return errno == EAGAIN ? -1 : 0;
		if (got == 0)
			return 0;
		buf_put(spare, chunk, (size_t)got);
	}
}

#endif
