/* SPDX-License-Identifier: Apache-2.0
 * mail.c: smtp-source is the reference: C, by the author of Postfix, made to load a server, with
 * nothing to do but that. Both sides keep their connections and send the same number of messages
 * of 2 KB to the same smtp-sink, which has to share the machine with them. */
#include "mail.h"

#include "base/clock.h"
#include "smtp/smtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_BYTES 2048
#define SINK "/usr/sbin/smtp-sink"
#define SOURCE "/usr/sbin/smtp-source"
#define WAIT_ROUNDS 500
#define WAIT_US 10000

struct sink {
	int pid;
	uint16_t port;
	char at[32]; /* "127.0.0.1:PORT" */
};

struct counter {
	_Atomic uint64_t sent, other;
};

static int open_socket(struct sockaddr_in *at, uint16_t port)
{
	*at = (struct sockaddr_in){.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				   .sin_port = htons(port)};
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* A port nobody has right now; the sink does not say which one it took. */
static uint16_t free_port(void)
{
	struct sockaddr_in at;
	socklen_t bytes = sizeof at;
	int fd = open_socket(&at, 0);
	bool ok = bind(fd, (struct sockaddr *)&at, bytes) == 0 &&
		  getsockname(fd, (struct sockaddr *)&at, &bytes) == 0;
	(void)close(fd);
	return ok ? ntohs(at.sin_port) : 0;
}

static bool answers(uint16_t port)
{
	struct sockaddr_in at;
	int fd = open_socket(&at, port);
	bool ok = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
	(void)close(fd);
	return ok;
}

static int run(const char *const *argv)
{
	int pid = fork();
	if (pid == 0) {
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static enum status sink_start(struct sink *s, struct err *e)
{
	/* As root it wants to know whom to be instead. */
	const char *const argv[] = {SINK, "-u", "nobody", s->at, "1000", NULL};
	const char *const plain[] = {SINK, s->at, "1000", NULL};
	s->port = free_port();
	(void)snprintf(s->at, sizeof s->at, "127.0.0.1:%u", s->port);
	s->pid = run(geteuid() == 0 ? argv : plain);
	for (int i = 0; s->pid > 0 && i < WAIT_ROUNDS; i++) {
		if (answers(s->port))
			return ST_OK;
		clock_sleep_us(WAIT_US);
	}
	return err_set(e, ST_UNAVAILABLE, "bench: %s does not listen", SINK);
}

static void sink_stop(const struct sink *s)
{
	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGTERM);
	(void)waitpid(s->pid, NULL, 0);
}

static int64_t cpu_of(const struct rusage *u)
{
	return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1000000 + u->ru_utime.tv_usec +
	       u->ru_stime.tv_usec;
}

static enum status source_round(const struct sink *s, unsigned conns, uint64_t mails,
				struct bench_rate *out, struct err *e)
{
	char sessions[16], count[24], length[16];
	const char *const argv[] = {SOURCE, "-d", "-s",   sessions, "-m",
				    count,  "-l", length, s->at,    NULL};
	struct rusage usage;
	int status = -1;
	(void)snprintf(sessions, sizeof sessions, "%u", conns);
	(void)snprintf(count, sizeof count, "%llu", (unsigned long long)mails);
	(void)snprintf(length, sizeof length, "%d", MESSAGE_BYTES);
	struct stopwatch from = bench_start();
	int pid = run(argv);
	if (pid <= 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
		return err_set(e, ST_IO, "bench: %s failed", SOURCE);
	bench_stop(from, mails, out);
	out->cpu_us = cpu_of(&usage);
	return ST_OK;
}

static void on_result(void *ctx, const struct smtp_result *r)
{
	struct counter *c = ctx;
	atomic_fetch_add_explicit(r->outcome == SMTP_SENT ? &c->sent : &c->other, 1,
				  memory_order_relaxed);
}

static enum status submit_all(struct smtp_pool *p, uint64_t mails, struct err *e)
{
	static char body[MESSAGE_BYTES];
	const struct str rcpt = STR("lead@recipient.example");
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : 'x';
	for (uint64_t i = 0; i < mails;) {
		struct smtp_mail m = {.id = i,
				      .from = STR("bounce+token@sender.example"),
				      .rcpts = &rcpt,
				      .rcpt_count = 1,
				      .bytes = str_n(body, sizeof body)};
		enum status st = smtp_submit(p, &m, e);
		if (st == ST_BUSY)
			clock_sleep_us(1000);
		else if (st != ST_OK)
			return st;
		i += st == ST_OK;
	}
	while (smtp_pool_in_hand(p) > 0)
		clock_sleep_us(500);
	return ST_OK;
}

static enum status pool_round(const struct sink *s, unsigned conns, uint64_t mails,
			      struct bench_rate *out, struct err *e)
{
	struct counter c = {0};
	struct smtp_relay relay = {.host = "127.0.0.1",
				   .port = s->port,
				   .connections_max = conns,
				   .messages_max = UINT32_MAX};
	struct smtp_pool_conf conf = SMTP_POOL_CONF_DEFAULT;
	struct smtp_pool *p = NULL;
	conf.relays = &relay;
	conf.relay_count = 1;
	conf.helo_name = "sender.example";
	conf.listener = (struct smtp_listener){.ctx = &c, .on_result = on_result};
	struct stopwatch from = bench_start();
	enum status st = smtp_pool_create(&conf, &p, e);
	if (st == ST_OK)
		st = submit_all(p, mails, e);
	bench_stop(from, mails, out);
	smtp_pool_destroy(&p);
	if (st == ST_OK && atomic_load(&c.sent) != mails)
		return err_set(e, ST_IO, "bench: only %llu of %llu mails were sent",
			       (unsigned long long)atomic_load(&c.sent), (unsigned long long)mails);
	return st;
}

static enum status compare(const struct bench_conf *conf, const struct sink *s, unsigned conns,
			   struct report *r, struct err *e)
{
	struct bench_rate ours[BENCH_ROUNDS_MAX], theirs[BENCH_ROUNDS_MAX];
	uint64_t mails = conf->fold_events / 2;
	char text[80];
	enum status st = ST_OK;
	for (int i = 0; i < conf->rounds && st == ST_OK; i++) {
		st = source_round(s, conns, mails, &theirs[i], e);
		if (st == ST_OK)
			st = pool_round(s, conns, mails, &ours[i], e);
	}
	if (st != ST_OK)
		return st;
	struct bench_rate our = bench_median(ours, conf->rounds);
	struct bench_rate their = bench_median(theirs, conf->rounds);
	(void)snprintf(text, sizeof text, "smtp pool, %u connections", conns);
	report_rate(r, text, &our);
	(void)snprintf(text, sizeof text, "smtp-source, %u connections", conns);
	report_rate(r, text, &their);
	(void)snprintf(text, sizeof text, "pool / smtp-source, %u connections", conns);
	report_ratio(r, text, bench_per_s(&our) / bench_per_s(&their), 1.0);
	return ST_OK;
}

enum status bench_mail(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct sink s = {0};
	if (access(SINK, X_OK) != 0 || access(SOURCE, X_OK) != 0) {
		(void)fprintf(stderr, "smtp-sink and smtp-source (package postfix) are not here: "
				      "skipped\n");
		return ST_OK;
	}
	enum status st = sink_start(&s, e);
	if (st == ST_OK)
		st = compare(conf, &s, 10, r, e);
	if (st == ST_OK)
		st = compare(conf, &s, 50, r, e);
	sink_stop(&s);
	return st;
}
