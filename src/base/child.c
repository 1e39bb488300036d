/* SPDX-License-Identifier: Apache-2.0
 * child.c: a program on one end of a pair of sockets, we on the other. A socket, and not two pipes,
 * since a program that reads nothing must not end us with SIGPIPE. */
#include "base/child.h"

#include "base/assert.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 16384
#define VALUE_MAX 4096
#define NAP_US 2000

struct running {
	const struct child *c;
	pid_t pid;
	int fd; /* ours, non-blocking */
	size_t sent;
	int64_t end_us;
	struct buf *out;
	struct err *e;
};

/* ---- starting ---- */

static void put_variable(const char *name, const char *otherwise, char out[VALUE_MAX])
{
	const char *value = getenv(name);
	int n = snprintf(out, VALUE_MAX, "%s=%s", name, value ? value : otherwise);
	if (n < 0 || n >= VALUE_MAX)
		(void)snprintf(out, VALUE_MAX, "%s=%s", name, otherwise);
}

static int spawn_with(struct running *r, int fd, posix_spawn_file_actions_t *files,
		      posix_spawnattr_t *attr)
{
	char path[VALUE_MAX], home[VALUE_MAX], locale[] = "LC_ALL=C";
	char *const env[] = {path, home, locale, NULL};
	char *args[CHILD_ARGS_MAX + 1] = {NULL};
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	put_variable("PATH", "/usr/bin:/bin", path);
	put_variable("HOME", "/", home);
	for (size_t i = 0; i < CHILD_ARGS_MAX && r->c->args[i] != NULL; i++)
		memcpy(&args[i], &r->c->args[i], sizeof args[i]); /* spawn changes none of them */
	posix_spawn_file_actions_adddup2(files, fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(files, fd, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
					       POSIX_SPAWN_SETPGROUP);
	return posix_spawnp(&r->pid, args[0], files, attr, args, env);
}

static enum status start(struct running *r)
{
	int pair[2];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	const char *name = r->c->args[0];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(r->e, ST_IO, "cannot run %s: %s", name, strerror(errno));
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	int failed = spawn_with(r, pair[1], &files, &attr);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	(void)close(pair[1]);
	r->fd = pair[0];
	if (failed == 0 && fcntl(r->fd, F_SETFL, O_NONBLOCK) == 0)
		return ST_OK;
	(void)close(r->fd);
	if (failed == ENOENT || failed == EACCES)
		return err_set(r->e, ST_NOT_FOUND, "%s is not installed", name);
	return err_set(r->e, ST_IO, "cannot run %s: %s", name, strerror(failed));
}

/* ---- talking ---- */

static void send_more(struct running *r)
{
	struct str in = r->c->input;
	ssize_t n = send(r->fd, in.p + r->sent, in.n - r->sent, MSG_NOSIGNAL);
	if (n > 0)
		r->sent += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		r->sent = in.n; /* it has read enough; what it says is what counts */
	if (r->sent == in.n)
		(void)shutdown(r->fd, SHUT_WR);
}

/* *end_r: it has nothing more to say. */
static enum status take_more(struct running *r, bool *end_r)
{
	char piece[PIECE];
	ssize_t n = recv(r->fd, piece, sizeof piece, 0);
	if (n > 0)
		buf_put(r->out, piece, (size_t)n);
	*end_r = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
	return buf_ok(r->out) ? ST_OK
			      : err_set(r->e, ST_LIMIT, "%s printed more than %zu bytes",
					r->c->args[0], r->out->bytes_max);
}

static enum status late(struct running *r)
{
	return err_set(r->e, ST_TIMEOUT, "%s took more than %lld s", r->c->args[0],
		       (long long)(r->c->us_max / 1000000));
}

static enum status talk(struct running *r)
{
	bool end = false;
	enum status st = ST_OK;
	if (r->c->input.n == 0)
		(void)shutdown(r->fd, SHUT_WR);
	while (st == ST_OK && !end) {
		bool more = r->sent < r->c->input.n;
		struct pollfd p = {.fd = r->fd, .events = (short)(POLLIN | (more ? POLLOUT : 0))};
		int64_t left = r->end_us - clock_mono_us();
		if (left <= 0)
			return late(r);
		if (poll(&p, 1, (int)(left / 1000) + 1) < 0 && errno != EINTR)
			return err_set(r->e, ST_IO, "poll: %s", strerror(errno));
		if (p.revents & POLLOUT && more)
			send_more(r);
		if (p.revents & (POLLIN | POLLHUP | POLLERR))
			st = take_more(r, &end);
	}
	return st;
}

/* ---- ending ---- */

static enum status wait_for(struct running *r, int *state_r)
{
	for (;;) {
		pid_t got = waitpid(r->pid, state_r, WNOHANG);
		if (got == r->pid)
			return ST_OK;
		if (got < 0 && errno != EINTR)
			return err_set(r->e, ST_IO, "waitpid: %s", strerror(errno));
		if (clock_mono_us() >= r->end_us)
			return late(r);
		clock_sleep_us(NAP_US);
	}
}

enum status child_run(const struct child *c, struct buf *out, int *exit_r, struct err *e)
{
	struct err unheard;
	struct running r = {.c = c,
			    .out = out,
			    .e = e != NULL ? e : &unheard,
			    .end_us = clock_mono_us() + c->us_max};
	int state = 0;
	ASSERT(c->args[0] != NULL && c->args[CHILD_ARGS_MAX] == NULL && c->us_max > 0);
	enum status st = start(&r);
	if (st != ST_OK)
		return st;
	st = talk(&r);
	if (st == ST_OK)
		st = wait_for(&r, &state);
	if (st != ST_OK && st != ST_IO) {
		(void)kill(-r.pid, SIGKILL); /* its group: what it has started too */
		(void)waitpid(r.pid, &state, 0);
	}
	(void)close(r.fd);
	if (st == ST_OK)
		*exit_r = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
	return st;
}
