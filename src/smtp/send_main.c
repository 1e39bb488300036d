/* SPDX-License-Identifier: Apache-2.0
 * send_main.c: the pool on a terminal, for tests against real servers: one message from stdin, to
 * each recipient so many times; one line of JSON for each result.
 *
 * usage: smtp-send HOST PORT [--tls none|if-offered|starttls|always] [--ca FILE] [--name NAME]
 *        [--user U --password P] [--in-clear] [--connections N] [--count N] [--timeout-ms N]
 *        [--from ADDRESS] --rcpt ADDRESS... <message
 * exit:  0 when every result was "sent", 1 when not, 2 when it could not be tried
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "smtp/retry.h"
#include "smtp/smtp.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define MESSAGE_BYTES_MAX ((size_t)32 << 20)

struct run {
	struct smtp_relay relay;
	struct smtp_pool_conf conf;
	struct str rcpts[SMTP_RCPTS_MAX];
	size_t rcpt_count, connections, count, timeout_ms;
	const char *port, *tls, *from;
	struct buf message;
	pthread_mutex_t lock;
	size_t last, not_sent; /* guarded by the lock */
};

static void on_result(void *ctx, const struct smtp_result *r)
{
	struct run *run = ctx;
	struct buf line;
	struct json_w w;
	char enhanced[32];
	buf_init(&line, 8192);
	(void)snprintf(enhanced, sizeof enhanced, "%u.%u.%u", r->enhanced.class,
		       r->enhanced.subject, r->enhanced.detail);
	json_w_init(&w, &line);
	json_w_object(&w);
	json_w_ki64(&w, "id", (int64_t)r->id);
	json_w_ki64(&w, "rcpt", (int64_t)r->rcpt);
	json_w_kz(&w, "outcome", smtp_outcome_name(r->outcome));
	json_w_kz(&w, "phase", smtp_phase_name(r->phase));
	json_w_ki64(&w, "code", r->code);
	json_w_kz(&w, "enhanced", enhanced);
	json_w_kz(&w, "class", smtp_class_name(smtp_classify(r)));
	json_w_kstr(&w, "text", r->text);
	json_w_end(&w);
	(void)printf(STR_FMT "\n", STR_ARG(buf_view(&line)));
	buf_finish(&line);
	pthread_mutex_lock(&run->lock);
	run->last += r->last;
	run->not_sent += r->outcome != SMTP_SENT;
	pthread_mutex_unlock(&run->lock);
}

static const struct {
	const char *name;
	enum smtp_security security;
} securities[] = {
	{"none", SMTP_SECURITY_NONE},
	{"if-offered", SMTP_SECURITY_STARTTLS_IF_OFFERED},
	{"starttls", SMTP_SECURITY_STARTTLS},
	{"always", SMTP_SECURITY_TLS},
};

static bool text_option(struct run *run, const char *name, const char *value)
{
	const struct {
		const char *name, **to;
	} texts[] = {
		{"--ca", &run->relay.ca_path},
		{"--name", &run->relay.tls_name},
		{"--user", &run->relay.user},
		{"--password", &run->relay.password},
		{"--tls", &run->tls},
		{"--from", &run->from},
		{"--rcpt", &run->rcpts[run->rcpt_count].p},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(name, texts[i].name) == 0) {
			*texts[i].to = value;
			return true;
		}
	return false;
}

static bool number(const char *text, size_t *out)
{
	uint64_t v;
	bool ok = str_to_u64(str_of(text), &v) && v <= UINT32_MAX;
	*out = ok ? (size_t)v : 0;
	return ok;
}

static bool number_option(struct run *run, const char *name, const char *value)
{
	if (strcmp(name, "--connections") == 0)
		return number(value, &run->connections);
	if (strcmp(name, "--count") == 0)
		return number(value, &run->count);
	return strcmp(name, "--timeout-ms") == 0 && number(value, &run->timeout_ms);
}

static bool settings(struct run *run, char **argv)
{
	size_t port;
	if (argv[1] == NULL || argv[2] == NULL || !number(argv[2], &port) || port > UINT16_MAX)
		return false;
	run->relay.host = argv[1];
	run->relay.port = (uint16_t)port;
	for (size_t i = 3; argv[i] != NULL; i++) {
		bool rcpt = strcmp(argv[i], "--rcpt") == 0;
		if (strcmp(argv[i], "--in-clear") == 0) {
			run->relay.auth_in_clear = true;
			continue;
		}
		if (argv[i + 1] == NULL || run->rcpt_count == SMTP_RCPTS_MAX ||
		    (!text_option(run, argv[i], argv[i + 1]) &&
		     !number_option(run, argv[i], argv[i + 1])))
			return false;
		i++;
		if (rcpt)
			run->rcpts[run->rcpt_count++].n = strlen(argv[i]);
	}
	for (size_t i = 0; i < sizeof securities / sizeof *securities; i++)
		if (strcmp(run->tls, securities[i].name) == 0) {
			run->relay.security = securities[i].security;
			return run->rcpt_count > 0;
		}
	return false;
}

static void configure(struct run *run)
{
	struct smtp_timeouts *t = &run->conf.timeouts;
	int64_t most = (int64_t)run->timeout_ms * 1000;
	run->relay.connections_max = (unsigned)run->connections;
	run->conf.relays = &run->relay;
	run->conf.relay_count = 1;
	run->conf.helo_name = "client.example";
	run->conf.listener = (struct smtp_listener){.ctx = run, .on_result = on_result};
	if (most > 0)
		*t = (struct smtp_timeouts){most, most, most, most, most, most,
					    most, most, most, most, most};
}

static bool read_message(struct run *run)
{
	ssize_t n = 1;
	buf_init(&run->message, MESSAGE_BYTES_MAX);
	while (n > 0 && buf_reserve(&run->message, 65536)) {
		n = read(STDIN_FILENO, run->message.p + run->message.n, 65536);
		run->message.n += n > 0 ? (size_t)n : 0;
	}
	return n == 0;
}

static enum status send_all(struct run *run, struct smtp_pool *p, struct err *e)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < run->count;) {
		struct smtp_mail m = {.id = i,
				      .from = str_of(run->from),
				      .rcpts = run->rcpts,
				      .rcpt_count = run->rcpt_count,
				      .bytes = buf_view(&run->message)};
		st = smtp_submit(p, &m, e);
		if (st == ST_BUSY)
			clock_sleep_us(1000);
		else if (st != ST_OK)
			return st;
		i += st == ST_OK;
	}
	while (smtp_pool_in_hand(p) > 0)
		clock_sleep_us(1000);
	return ST_OK;
}

int main(int argc, char **argv)
{
	static struct run run = {.tls = "none", .from = "from@client.example", .count = 1};
	struct smtp_pool *p = NULL;
	struct err e;
	run.conf = SMTP_POOL_CONF_DEFAULT;
	if (argc < 3 || !settings(&run, argv) || !read_message(&run) ||
	    pthread_mutex_init(&run.lock, NULL) != 0) {
		(void)fprintf(stderr, "smtp-send: see the first lines of send_main.c\n");
		return 2;
	}
	configure(&run);
	enum status st = smtp_pool_create(&run.conf, &p, &e);
	if (st == ST_OK)
		st = send_all(&run, p, &e);
	smtp_pool_destroy(&p);
	if (st != ST_OK)
		(void)fprintf(stderr, "smtp-send: %s: %s\n", status_name(st), e.text);
	buf_finish(&run.message);
	return st != ST_OK ? 2 : run.not_sent > 0;
}
