/* SPDX-License-Identifier: Apache-2.0
 * verb_serve.c: the daemon in the foreground, as a service manager wants it. SIGTERM and SIGINT
 * stop it gracefully. */
#include "api/keys.h"
#include "base/clock.h"
#include "base/time.h"
#include "cli/serve.h"
#include "cli/verbs.h"
#include "daemon/daemon.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 8 /* proxies that pass a request on */

/* Names are not looked up: they may mean several addresses. */
static bool is_address(const char *host)
{
	struct in6_addr any;
	return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1 ||
	       strchr(host, '%') != NULL; /* fe80::1%eth0 */
}

const char *serve_listen(struct cli *c, struct http_server_conf *http, struct str where)
{
	uint64_t port;
	size_t colon = where.n;
	while (colon > 0 && where.p[colon - 1] != ':')
		colon--;
	struct str host = colon ? str_slice(where, 0, colon - 1) : STR("127.0.0.1");
	if (host.n > 2 && host.p[0] == '[')
		host = str_slice(host, 1, host.n - 1);
	if (!str_to_u64(str_slice(where, colon, where.n), &port) || port > 65535)
		return "--listen wants ADDRESS:PORT or PORT, for example 127.0.0.1:7070";
	http->address = host.n ? arena_strz(&c->arena, host) : "0.0.0.0";
	if (!is_address(http->address))
		return arena_printf(&c->arena,
				    "--listen wants an IP address, and \"%s\" is none: "
				    "127.0.0.1:%llu for this machine alone, 0.0.0.0:%llu for all",
				    http->address, (unsigned long long)port,
				    (unsigned long long)port)
			.p;
	http->port = (uint16_t)port;
	return NULL;
}

static const char *size_of(const char *text, uint64_t *out)
{
	struct str s = str_of(text);
	uint64_t unit = 1;
	char last = s.n ? s.p[s.n - 1] : '0';
	if (last == 'k' || last == 'M' || last == 'G') {
		unit = last == 'k' ? 1u << 10 : last == 'M' ? 1u << 20 : 1u << 30;
		s.n--;
	}
	if (!str_to_u64(s, out) || __builtin_mul_overflow(*out, unit, out))
		return "a size is a number with k, M or G behind it, for example 500M";
	return NULL;
}

/* Secrets come from the environment, never from a flag. */
static const char *webhooks_of(struct cli *c, struct daemon_conf *d, const char *spec)
{
	struct str rest = str_of(spec);
	while (rest.n) {
		struct str item = str_cut(&rest, ','), name = str_cut(&item, '=');
		const char *secrets = item.n ? getenv(arena_strz(&c->arena, item)) : NULL;
		if (!key_name_ok(name) || secrets == NULL || d->webhooks_n == DAEMON_WEBHOOKS_MAX)
			return "--webhooks wants NAME=ENV[,NAME=ENV]: NAME is " KEY_NAME_RULE
			       ", ENV is the environment variable that holds the secret "
			       "(whsec_..., several with spaces between them)";
		struct daemon_webhook *w = &d->webhooks[d->webhooks_n++];
		struct str all = arena_str(&c->arena, str_of(secrets));
		w->name = name;
		while (all.n && w->secrets_n < DAEMON_SECRETS_MAX)
			w->secrets[w->secrets_n++] = str_cut(&all, ' ');
	}
	return NULL;
}

static const char *origins_of(struct cli *c, struct api_conf *api, const char *spec)
{
	struct str rest = str_of(spec);
	while (rest.n) {
		if (api->cors_origin_count == API_ORIGINS_MAX)
			return "too many --origins";
		api->cors_origins[api->cors_origin_count++] =
			arena_strz(&c->arena, str_trim(str_cut(&rest, ',')));
	}
	return NULL;
}

/* Settings that are times. Those with a ceiling are waits: 0 would be for ever. */
static const struct {
	const char *opt;
	size_t offset;
	int64_t max_us; /* 0: none, and 0 may be given */
} times[] = {
	{"duplicate-window", offsetof(struct daemon_conf, node.log.duplicate_window_us), 0},
	{"retain", offsetof(struct daemon_conf, node.log.retain_us), 0},
	{"header-timeout", offsetof(struct daemon_conf, http.header_timeout_us), US_PER_H},
	{"body-timeout", offsetof(struct daemon_conf, http.body_timeout_us), US_PER_H},
	{"reply-timeout", offsetof(struct daemon_conf, http.reply_timeout_us), US_PER_H},
	{"write-timeout", offsetof(struct daemon_conf, http.write_timeout_us), US_PER_H},
	{"idle-timeout", offsetof(struct daemon_conf, http.idle_timeout_us), US_PER_H},
	{"stop-grace", offsetof(struct daemon_conf, stop_grace_us), US_PER_H},
};

static const char *times_of(struct cli *c, struct daemon_conf *d)
{
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		const char *v = cli_value(c, times[i].opt);
		int64_t *out = (int64_t *)(void *)((char *)d + times[i].offset);
		if (v == NULL)
			continue;
		if (!duration_parse(str_of(v), out))
			return "a duration is like 30d, 12h or 90s";
		if (times[i].max_us && (*out <= 0 || *out > times[i].max_us))
			return "a timeout is longer than 0s and at most 1h";
	}
	return NULL;
}

/* A whole number from min to max, when the option is given. */
static bool number_of(struct cli *c, const char *opt, uint64_t min, uint64_t max, unsigned *out)
{
	uint64_t n;
	const char *v = cli_value(c, opt);
	if (v == NULL)
		return true;
	if (!str_to_u64(str_of(v), &n) || n < min || n > max)
		return false;
	*out = (unsigned)n;
	return true;
}

/* Every option that takes a value; NULL, or what is wrong. */
static const char *settings(struct cli *c, struct daemon_conf *d)
{
	const char *v, *wrong = NULL;
	uint64_t n = 0;
	if ((v = cli_value(c, "listen")) != NULL)
		wrong = serve_listen(c, &d->http, str_of(v));
	if (!wrong && (v = cli_value(c, "origins")) != NULL)
		wrong = origins_of(c, &d->api, v);
	if (!wrong && (v = cli_value(c, "webhooks")) != NULL)
		wrong = webhooks_of(c, d, v);
	if (!wrong)
		wrong = times_of(c, d);
	if (!wrong && (v = cli_value(c, "retain-size")) != NULL)
		wrong = size_of(v, &d->node.log.retain_bytes);
	if (!wrong && (v = cli_value(c, "duplicate-memory")) != NULL) {
		wrong = size_of(v, &n);
		d->node.log.duplicate_bytes_max = (size_t)n;
	}
	if (!wrong && (v = cli_value(c, "rate")) != NULL) {
		wrong = str_to_i64(str_of(v), &d->api.rate_per_s)
				? NULL
				: "--rate wants requests per second";
		d->api.rate_burst = 2 * d->api.rate_per_s;
	}
	if (!wrong && !number_of(c, "threads", 1, HTTP_THREADS_MAX, &d->http.threads))
		wrong = "--threads wants 1 to 16";
	if (!wrong && !number_of(c, "forwarded-hops", 0, HOPS_MAX, &d->http.forwarded_hops))
		wrong = "--forwarded-hops wants 0 to 8";
	d->http.tls_cert_path = cli_value(c, "tls-cert");
	d->http.tls_key_path = cli_value(c, "tls-key");
	d->strict = cli_flag(c, "strict");
	d->node.create = cli_flag(c, "create");
	d->api.metrics_public = cli_flag(c, "metrics-public");
	return wrong;
}

static bool everywhere(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static int say(struct cli *c, struct daemon *d)
{
	struct engine_stats s;
	daemon_stats(d, &s);
	if (c->json) {
		fprintf(c->out, "{\"schema\":\"nurtured.serve/1\",\"url\":\"%s\"}\n",
			daemon_url(d));
		fflush(c->out);
		return CLI_OK;
	}
	if (everywhere(daemon_address(d)))
		cli_talk(c,
			 "nurtured %s is listening on every address of this machine (%s), here at "
			 "%s  (data: %s)\n",
			 NURTURED_VERSION, daemon_address(d), daemon_url(d), c->data);
	else
		cli_talk(c, "nurtured %s is listening on %s  (data: %s)\n", NURTURED_VERSION,
			 daemon_url(d), c->data);
	if (s.program_version == 0)
		cli_talk(c, "no program is applied yet: events are kept, leads are known, nothing "
			    "is scored\n"
			    "  fix: nurtured apply\n");
	cli_next(c, "nurtured trigger form.ebook --email sara@acme.example");
	return CLI_OK;
}

/* Also under --quiet and --json: it is about what is lost, not about how it goes. */
static void warn(void *ctx, const char *line)
{
	fprintf(ctx, "nurtured: %s\n", line); /* one call: lines of threads do not mix */
}

struct daemon_conf serve_conf(const struct cli *c)
{
	struct daemon_conf conf = daemon_conf_default(c->data);
	conf.http.port = SERVE_PORT;
	conf.say = warn;
	conf.say_ctx = c->talk;
	return conf;
}

#define ROOM_LOOK_S 2

/* A daemon that its supervisor starts again and again on a full disk helps nobody: it waits, as one
 * that is running when the disk fills up. False: told to stop. */
static bool wait_for_room(struct cli *c, const sigset_t *stop, struct daemon_conf *conf)
{
	const struct timespec look = {.tv_sec = ROOM_LOOK_S};
	if (!conf->told_full)
		cli_talk(c, "waiting for room, then it goes on by itself: %s\n", c->err.text);
	conf->told_full = true;
	return sigtimedwait(stop, NULL, &look) < 0;
}

/* ST_NO_SPACE: told to stop while it waited for room. */
static enum status start(struct cli *c, const struct daemon_conf *conf, const sigset_t *stop,
			 struct daemon **out)
{
	struct daemon_conf again = *conf;
	enum status st;
	do {
		st = daemon_start(&again, out, &c->err);
	} while (st == ST_NO_SPACE && wait_for_room(c, stop, &again));
	return st;
}

int serve_run(struct cli *c, const struct daemon_conf *conf, serve_ready *ready)
{
	struct daemon *d = NULL;
	sigset_t stop;
	int sig, rc;
	/* Blocked before any thread starts: all inherit it, and sigwait gets the signal. */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	enum status st = start(c, conf, &stop, &d);
	if (st == ST_NO_SPACE) { /* as it was asked to: no failure to whoever supervises it */
		cli_talk(c, "stopping: there was no room to begin\n");
		return CLI_OK;
	}
	if (st != ST_OK)
		return cli_fail(c, c->err.status == ST_NOT_FOUND && !node_exists(c->data)
					   ? "nurtured init, or serve --create"
					   : NULL);
	rc = ready(c, d);
	if (rc == CLI_OK) {
		(void)sigwait(&stop, &sig); /* fails only for a bad set */
		cli_talk(c, "stopping: answering what is in hand\n");
	}
	daemon_stop(&d);
	return rc;
}

static int run(struct cli *c)
{
	struct daemon_conf conf = serve_conf(c);
	const char *wrong = settings(c, &conf);
	if (wrong != NULL)
		return cli_usage(c, "%s", wrong);
	return serve_run(c, &conf, say);
}

const struct verb verb_serve = {
	.name = "serve",
	.group = "run",
	.args = "",
	.summary = "Run the daemon: take events in, score leads, answer",
	.detail = "Runs in the foreground until SIGTERM or SIGINT; then everything in hand is "
		  "committed and "
		  "answered before it ends. An event is answered 2xx only after it is on the disk.",
	.examples =
		{"nurtured serve                              # 127.0.0.1:7070, ./nurtured-data",
		 "nurtured serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem",
		 "HOOK=whsec_... nurtured serve --webhooks crm=HOOK --origins "
		 "https://www.acme.example"},
	.opts =
		{
			{"listen", 'l', "ADDR:PORT",
			 "where to listen (default 127.0.0.1:7070; port 0: any)"},
			{"create", 0, NULL, "make the folder of data when there is none"},
			{"threads", 0, "N", "server threads (default 2)"},
			{"tls-cert", 0, "FILE", "certificate chain, PEM; with --tls-key"},
			{"tls-key", 0, "FILE", "private key, PEM"},
			{"origins", 0, "LIST",
			 "web origins that may send and be redirected to (default any)"},
			{"webhooks", 0, "LIST",
			 "NAME=ENV: signed webhooks and where their secrets are"},
			{"strict", 0, NULL, "answer per item what was refused, and why"},
			{"forwarded-hops", 0, "N",
			 "proxies of yours in front: addresses come from X-Forwarded-For "
			 "(default 0)"},
			{"header-timeout", 0, "TIME", "for the headers of a request (default 10s)"},
			{"body-timeout", 0, "TIME", "for its body (default 30s)"},
			{"reply-timeout", 0, "TIME", "for the answer to be ready (default 30s)"},
			{"write-timeout", 0, "TIME", "for the peer to take it (default 30s)"},
			{"idle-timeout", 0, "TIME", "between two requests (default 75s)"},
			{"stop-grace", 0, "TIME",
			 "for requests in hand when stopping (default 10s)"},
			{"rate", 0, "N", "requests per second and write key (default no limit)"},
			{"duplicate-window", 0, "TIME",
			 "how long message ids are remembered (default 30d)"},
			{"duplicate-memory", 0, "SIZE", "memory for them (default 256M)"},
			{"retain", 0, "TIME", "keep events so long (default for ever)"},
			{"retain-size", 0, "SIZE", "keep so much of the log (default no limit)"},
			{"metrics-public", 0, NULL, "/metrics answers other machines too"},
		},
	.run = run,
};
