/* SPDX-License-Identifier: Apache-2.0
 * peer.c: children that listen. The server that does nothing stands here too: a handler that says
 * "later" and one thread that answers whatever has gathered, as the appender does, but without an
 * event, a disk or a parser in between. What it reaches is what HTTP costs on this machine. */
#include "peer.h"

#include "base/clock.h"
#include "bench.h"
#include "net/http_server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A pipeline of well-known parts that does the same: durable events, mail by SMTP. */
#define NODE_FOLDER "bench/node-baseline"

static enum status read_port(int fd, struct peer *p, struct err *e)
{
	char line[512];
	size_t n = 0;
	uint64_t port;
	while (n < sizeof line - 1) {
		ssize_t got = read(fd, line + n, sizeof line - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
		if (memchr(line, '\n', n) != NULL)
			break;
	}
	line[n] = '\0';
	const char *url = strstr(line, "http://127.0.0.1:");
	const char *at = url != NULL ? url + strlen("http://127.0.0.1:") : NULL;
	if (!bench_number(&at, &port) || port > UINT16_MAX)
		return err_set(e, ST_UNAVAILABLE, "bench: the other process did not start: %s",
			       line);
	p->port = (uint16_t)port;
	return ST_OK;
}

enum status peer_start(const char *const *argv, struct peer *out, struct err *e)
{
	int fd[2];
	int64_t from = clock_mono_us();
	if (pipe(fd) != 0)
		return err_set(e, ST_IO, "bench: pipe: %s", strerror(errno));
	int pid = fork();
	if (pid == 0) {
		(void)dup2(fd[1], STDOUT_FILENO);
		(void)close(fd[0]);
		(void)close(fd[1]);
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)close(fd[1]);
	*out = (struct peer){.pid = pid};
	enum status st = pid > 0 ? read_port(fd[0], out, e)
				 : err_set(e, ST_IO, "bench: fork: %s", strerror(errno));
	out->start_us = clock_mono_us() - from;
	(void)close(fd[0]);
	if (st != ST_OK)
		peer_stop(out);
	return st;
}

void peer_stop(struct peer *p)
{
	if (p->pid <= 0)
		return;
	(void)kill(p->pid, SIGTERM);
	(void)waitpid(p->pid, NULL, 0);
	p->pid = 0;
}

enum status peer_run(const char *const *argv, const char *folder, char *out, size_t room,
		     struct err *e)
{
	int pipe_fd[2], status = -1;
	size_t n = 0;
	ssize_t got = 1;
	if (pipe(pipe_fd) != 0)
		return err_set(e, ST_UNAVAILABLE, "bench: no pipe");
	int pid = fork();
	if (pid == 0) {
		(void)dup2(pipe_fd[1], STDOUT_FILENO);
		(void)close(pipe_fd[0]);
		(void)close(pipe_fd[1]);
		if (folder == NULL || chdir(folder) == 0)
			(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)close(pipe_fd[1]);
	while (got > 0 && n < room - 1) {
		got = read(pipe_fd[0], out + n, room - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	out[n] = '\0';
	(void)close(pipe_fd[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return err_set(e, ST_UNAVAILABLE, "bench: %s %s failed", argv[0], argv[1]);
	return ST_OK;
}

void peer_node_folder(char path[BENCH_PATH_MAX])
{
	const char *own = getenv("NURTURED_NODE_BASELINE"), *shared = getenv("NURTURED_SHARED");
	if (own != NULL)
		(void)snprintf(path, BENCH_PATH_MAX, "%s", own);
	else
		(void)snprintf(path, BENCH_PATH_MAX, "%s/" NODE_FOLDER,
			       shared != NULL ? shared : "../shared");
}

/* ---- the door without work ---- */

struct empty {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct http_request *first; /* chained by req->user */
	struct http_fixed *fixed;
};

static enum http_verdict admit(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	(void)reply;
	req->body_bytes_max = (size_t)1 << 20;
	return HTTP_GO_ON;
}

static enum http_verdict handle(void *ctx, struct http_request *req, struct http_reply *reply)
{
	struct empty *m = ctx;
	(void)reply;
	pthread_mutex_lock(&m->lock);
	bool idle = m->first == NULL;
	req->user = m->first;
	m->first = req;
	if (idle)
		pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->lock);
	return HTTP_LATER;
}

static void *resume(void *ctx)
{
	struct empty *m = ctx;
	struct http_replies replies;
	const struct http_reply reply = {.fixed = m->fixed};
	http_replies_init(&replies);
	for (;;) {
		pthread_mutex_lock(&m->lock);
		while (m->first == NULL)
			pthread_cond_wait(&m->wake, &m->lock);
		struct http_request *req = m->first;
		m->first = NULL;
		pthread_mutex_unlock(&m->lock);
		for (struct http_request *next; req != NULL; req = next) {
			next = req->user;
			http_replies_add(&replies, req, &reply);
		}
		http_replies_send(&replies);
	}
	return NULL;
}

int empty_server(void)
{
	struct err e;
	sigset_t stop;
	int sig;
	pthread_t thread;
	struct http_server *server = NULL;
	struct empty m = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
	struct http_server_conf conf = HTTP_SERVER_CONF_DEFAULT;
	const struct http_reply ok = {.status = 200,
				      .content_type = "application/json",
				      .body = STR("{\"success\":true}")};
	const struct http_handler handler = {.ctx = &m, .admit = admit, .handle = handle};
	conf.port = 0;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	if (http_fixed_create(&ok, &m.fixed, &e) != ST_OK ||
	    pthread_create(&thread, NULL, resume, &m) != 0 ||
	    http_server_create(&conf, &handler, NULL, &server, &e) != ST_OK) {
		(void)fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	printf("{\"url\":\"http://127.0.0.1:%u\"}\n", (unsigned)http_server_port(server));
	(void)fflush(stdout);
	(void)sigwait(&stop, &sig);
	http_server_stop(server, 1000000);
	http_server_destroy(&server);
	return 0; /* the thread and the fixed reply go with the process */
}
