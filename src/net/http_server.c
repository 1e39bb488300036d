/* SPDX-License-Identifier: Apache-2.0
 * http_server.c: settings, listening, threads, and the callbacks that tie them to the library. */
#include "net/http_internal.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 1024
#define FILES_BESIDE_CONNECTIONS 256 /* data files, outgoing connections, threads */

/* --- what the library calls --- */

/* The request line is in; the headers are not. `line` is where the library keeps it. */
static void *on_line(void *thread, const char *line, struct MHD_Connection *mhd)
{
	struct http_thread *t = thread;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	if (line == NULL || info == NULL || info->socket_context == NULL)
		return NULL;
	struct http_conn *c = info->socket_context;
	http_conn_forget(c);
	struct http_req *r = http_req_take(t);
	r->conn = c;
	c->req = r;
	r->line = line;
	r->line_bytes = strlen(line);
	r->pub.target = arena_str(&r->arena, str_n(line, r->line_bytes));
	c->deadline_us = t->now_us + t->server->conf.header_timeout_us;
	return r;
}

/* Exception: eight parameters are the library's choice. */
static enum MHD_Result on_request(void *thread, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_bytes, void **context)
{
	(void)thread;
	(void)url; /* decoded leniently by the library: http_target_parse has its own eyes */
	struct http_req *r = *context;
	if (r == NULL)
		return MHD_NO;
	switch (r->state) {
	case REQ_NEW: return http_request_headers(r, mhd, method, version);
	case REQ_BODY:
		if (*upload_bytes == 0)
			return http_request_complete(r, mhd);
		http_request_body(r, upload, *upload_bytes);
		*upload_bytes = 0;
		return MHD_YES;
	case REQ_READY: return http_request_send(r, mhd);
	case REQ_WAITING:
	case REQ_REPLYING: return MHD_YES;
	}
	UNREACHED();
}

static void on_completed(void *thread, struct MHD_Connection *mhd, void **context,
			 enum MHD_RequestTerminationCode how)
{
	(void)mhd;
	(void)how;
	struct http_thread *t = thread;
	struct http_req *r = *context;
	*context = NULL;
	if (r == NULL)
		return;
	r->conn->req = NULL;
	if (!r->conn->closing)
		r->conn->deadline_us = t->now_us + t->server->conf.idle_timeout_us;
	http_req_give_back(r);
}

/* The library's own words may quote a request; nothing of a request belongs into a log. */
static void on_log(void *cls, const char *fmt, va_list args)
{
	(void)cls;
	(void)fmt;
	(void)args;
}

static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

/* --- settings --- */

static enum status check_conf(const struct http_server_conf *c, const struct http_handler *h,
			      struct err *e)
{
	if (h->admit == NULL || h->handle == NULL)
		return err_set(e, ST_INVALID, "an HTTP handler needs admit and handle");
	if (c->threads < 1 || c->threads > HTTP_THREADS_MAX)
		return err_set(e, ST_INVALID, "http.threads is %u; it must be 1 to %d", c->threads,
			       HTTP_THREADS_MAX);
	if (c->connections_max < 1 || c->connections_max > 1000000 || c->connections_per_ip_max < 1)
		return err_set(e, ST_INVALID,
			       "http.connections_max must be 1 to 1000000 and the "
			       "ceiling per address at least 1");
	if (c->header_bytes_max < 1024 || c->header_bytes_max > (256u << 10))
		return err_set(e, ST_INVALID, "http.header_bytes_max must be 1 KB to 256 KB");
	if (c->arena_bytes_max < (64u << 10) || c->arena_bytes_max < 8 * c->header_bytes_max)
		return err_set(e, ST_INVALID,
			       "http.arena_bytes_max must be 64 KB or more, and at least 8 times "
			       "http.header_bytes_max");
	if (c->bodies_bytes_max < (1u << 20))
		return err_set(e, ST_INVALID, "http.bodies_bytes_max must be 1 MB or more");
	if (c->inflate_ratio_max < 1)
		return err_set(e, ST_INVALID, "http.inflate_ratio_max must be at least 1");
	if (c->header_timeout_us <= 0 || c->body_timeout_us <= 0 || c->reply_timeout_us <= 0 ||
	    c->write_timeout_us <= 0 || c->idle_timeout_us <= 0)
		return err_set(e, ST_INVALID, "every HTTP timeout must be above zero");
	if ((c->tls_cert_path == NULL) != (c->tls_key_path == NULL))
		return err_set(e, ST_INVALID, "TLS needs both a certificate and its key");
	return ST_OK;
}

/* --- listening --- */

static enum status bind_to(struct http_server *s, const struct addrinfo *ai, struct err *e)
{
	int on = 1, off = 0;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(e, ST_IO, "cannot make a socket: %s", strerror(errno));
	s->listen_fd = fd;
	bool ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
	if (ai->ai_family == AF_INET6)
		ok &= setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
	if (!ok || bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
		return err_set(e, ST_IO,
			       "cannot listen on %s port %u: %s. Is another process there?",
			       s->conf.address, s->conf.port, strerror(errno));
	struct sockaddr_storage bound;
	socklen_t bytes = sizeof bound;
	ASSERT(getsockname(fd, (struct sockaddr *)&bound, &bytes) == 0);
	char port[16];
	uint64_t number = 0;
	ASSERT(getnameinfo((struct sockaddr *)&bound, bytes, NULL, 0, port, sizeof port,
			   NI_NUMERICSERV) == 0);
	ASSERT(str_to_u64(str_of(port), &number));
	s->port = (uint16_t)number;
	return ST_OK;
}

static enum status listen_on(struct http_server *s, struct err *e)
{
	char port[16];
	(void)snprintf(port, sizeof port, "%u", s->conf.port);
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(s->conf.address, port, &hints, &found);
	if (rc != 0)
		return err_set(e, ST_INVALID, "http.address \"%s\" is no IP address: %s",
			       s->conf.address, gai_strerror(rc));
	enum status st = bind_to(s, found, e);
	freeaddrinfo(found);
	return st;
}

/* A connection is a file; the ceiling we promise must be one the system lets us reach. */
static enum status raise_files(const struct http_server *s, struct err *e)
{
	struct rlimit lim;
	rlim_t want = s->conf.connections_max + FILES_BESIDE_CONNECTIONS;
	if (getrlimit(RLIMIT_NOFILE, &lim) != 0 || lim.rlim_cur >= want)
		return ST_OK;
	lim.rlim_cur = want < lim.rlim_max ? want : lim.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur >= want)
		return ST_OK;
	return err_set(
		e, ST_INVALID,
		"http.connections_max is %u but the system allows %llu open files: lower it or "
		"raise the limit (ulimit -n, LimitNOFILE=)",
		s->conf.connections_max, (unsigned long long)lim.rlim_max);
}

/* --- threads --- */

static enum status start_library(struct http_thread *t, struct err *e)
{
	struct http_server *s = t->server;
	static char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
	/* Headers, the library's own record of each, and the reply's head. Not more: the library
	 * clears all of it for every request. */
	size_t pool = s->conf.header_bytes_max + (8u << 10);
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, NULL},
		/* One more than ours: at its own the library leaves peers waiting unheard. */
		{MHD_OPTION_CONNECTION_LIMIT, (intptr_t)s->conf.connections_max + 1, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)pool, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_line, t},
		{MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, t},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)http_conn_notify, t},
		{s->tls_cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, s->tls_cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, s->tls_key},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_NO_LISTEN_SOCKET | (s->tls_cert ? (unsigned)MHD_USE_TLS : 0u);
	t->mhd = MHD_start_daemon(flags, 0, http_conn_accept, s, on_request, t, MHD_OPTION_ARRAY,
				  options, MHD_OPTION_END);
	if (t->mhd != NULL)
		return ST_OK;
	return err_set(e, ST_INVALID,
		       s->tls_cert ? "cannot start HTTPS: do %s and %s hold a PEM "
				     "certificate and its key?"
				   : "cannot start HTTP",
		       s->conf.tls_cert_path, s->conf.tls_key_path);
}

static enum status start_waiting(struct http_thread *t, struct err *e)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(t->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (info == NULL || t->epoll_fd < 0 || t->wake_fd < 0)
		return err_set(e, ST_IO, "cannot set up polling: %s", strerror(errno));
	struct epoll_event library = {.events = EPOLLIN, .data.fd = info->epoll_fd};
	struct epoll_event wake = {.events = EPOLLIN, .data.fd = t->wake_fd};
	if (epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, info->epoll_fd, &library) != 0 ||
	    epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, t->wake_fd, &wake) != 0)
		return err_set(e, ST_IO, "cannot set up polling: %s", strerror(errno));
	return ST_OK;
}

/* Signals belong to the main thread. SIGPIPE is blocked with the others: a peer that hangs up is
 * an errno here. */
static enum status spawn(struct http_thread *t, struct err *e)
{
	sigset_t all, before;
	char name[16];
	(void)sigfillset(&all);
	ASSERT(pthread_sigmask(SIG_BLOCK, &all, &before) == 0);
	int rc = pthread_create(&t->id, NULL, http_thread_main, t);
	ASSERT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	if (rc != 0)
		return err_set(e, ST_IO, "cannot start an HTTP thread: %s", strerror(rc));
	(void)snprintf(name, sizeof name, "http-%u", t->index);
	(void)pthread_setname_np(t->id, name); /* for people reading top */
	return ST_OK;
}

static void thread_init(struct http_thread *t, struct http_server *s, unsigned index)
{
	t->server = s;
	t->index = index;
	t->epoll_fd = t->wake_fd = -1;
	t->gunzip = gunzip_create();
}

static enum status thread_start(struct http_thread *t, struct err *e)
{
	enum status st = start_library(t, e);
	if (st == ST_OK)
		st = start_waiting(t, e);
	return st == ST_OK ? spawn(t, e) : st;
}

static void thread_finish(struct http_thread *t)
{
	http_accept_drop(t);
	if (t->mhd != NULL)
		MHD_stop_daemon(t->mhd);
	if (t->epoll_fd >= 0)
		(void)close(t->epoll_fd);
	if (t->wake_fd >= 0)
		(void)close(t->wake_fd);
	while (t->pool != NULL) {
		struct http_req *r = t->pool;
		t->pool = r->next;
		http_req_finish(r);
	}
	gunzip_destroy(&t->gunzip);
}

/* --- the server --- */

static enum status start_all(struct http_server *s, struct err *e)
{
	enum status st = raise_files(s, e);
	if (st == ST_OK)
		st = http_tls_load(s, e);
	if (st == ST_OK)
		st = listen_on(s, e);
	for (unsigned i = 0; st == ST_OK && i < s->conf.threads; i++) {
		thread_init(&s->threads[i], s, i);
		st = thread_start(&s->threads[i], e);
		if (st == ST_OK)
			s->started++;
		else
			thread_finish(&s->threads[i]);
	}
	if (st == ST_OK) /* all are there to be given something */
		http_accept_look(&s->threads[0], true);
	return st;
}

enum status http_server_create(const struct http_server_conf *conf,
			       const struct http_handler *handler, struct metrics *m,
			       struct http_server **out, struct err *e)
{
	enum status st = check_conf(conf, handler, e);
	if (st != ST_OK)
		return st;
	struct http_server *s = mem_alloc(sizeof *s);
	s->conf = *conf;
	s->handler = *handler;
	s->metrics = m;
	s->listen_fd = -1;
	crypto_random(&s->id_salt, sizeof s->id_salt);
	ASSERT(pthread_mutex_init(&s->ip_lock, NULL) == 0);
	u64map_init(&s->ip_count, (size_t)conf->connections_max + HTTP_THREADS_MAX);
	st = start_all(s, e);
	if (st != ST_OK) {
		http_server_destroy(&s);
		return st;
	}
	*out = s;
	return ST_OK;
}

uint16_t http_server_port(const struct http_server *s)
{
	return s->port;
}

void http_server_stop(struct http_server *s, int64_t grace_us)
{
	if (atomic_load(&s->stop_at_us) == 0)
		atomic_store(&s->stop_at_us, clock_mono_us() + (grace_us > 0 ? grace_us : 1));
	for (unsigned i = 0; i < s->started; i++)
		http_thread_wake(&s->threads[i]);
	for (unsigned i = 0; i < s->started; i++) {
		ASSERT(pthread_join(s->threads[i].id, NULL) == 0);
		thread_finish(&s->threads[i]);
	}
	s->started = 0;
}

void http_server_destroy(struct http_server **server)
{
	struct http_server *s = *server;
	if (s == NULL)
		return;
	http_server_stop(s, 0);
	if (s->listen_fd >= 0)
		(void)close(s->listen_fd);
	http_tls_unload(s);
	u64map_finish(&s->ip_count);
	(void)pthread_mutex_destroy(&s->ip_lock); /* nobody holds it */
	mem_free(s);
	*server = NULL;
}
