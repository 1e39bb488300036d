/* SPDX-License-Identifier: Apache-2.0
 * verb_clock.c: what time it is here, and playing it forward in test mode. */
#include "base/clock.h"
#include "base/time.h"
#include "cli/door.h"
#include "cli/progress.h"
#include "cli/serve.h"
#include "cli/verbs.h"
#include "model/key.h"
#include "node/settings.h"

#include <string.h>

struct walk {
	struct cli *c;
	struct door *door;
	struct progress bar;
	int64_t from_us, to_us;
	uint64_t alarms, events;
};

/* ---- show ---- */

static bool take_first(void *ctx, struct store_key key, struct str value)
{
	(void)value;
	*(int64_t *)ctx = key_read_time(key.bytes, 0);
	return false;
}

static void print_now(struct cli *c, bool live, int64_t next_us)
{
	char now[TIME_TEXT_MAX], next[TIME_TEXT_MAX] = "", ahead[TIME_TEXT_MAX];
	(void)time_format(clock_now_us(), now);
	if (next_us != TIME_NONE)
		(void)time_format(next_us, next);
	if (c->json) {
		fprintf(c->out,
			"{\"schema\":\"nurtured.clock/1\",\"now\":\"%s\",\"ahead_seconds\":%lld,"
			"\"mode\":\"%s\"%s%s%s}\n",
			now, (long long)(clock_shifted_us() / US_PER_S), live ? "live" : "test",
			next[0] ? ",\"next_due\":\"" : "", next, next[0] ? "\"" : "");
		return;
	}
	fprintf(c->out, "now       %s\n", now);
	fprintf(c->out, "ahead     %s\n",
		clock_shifted_us() ? duration_format(clock_shifted_us(), ahead) : "no");
	fprintf(c->out, "next due  %s\n", next[0] ? next : "nothing is waiting");
	if (!live)
		cli_next(c, "nurtured clock advance 5d");
}

static int show(struct cli *c)
{
	struct door door;
	struct settings settings;
	int64_t next = TIME_NONE;
	if (door_open(c, DOOR_READ, &door, &c->err) != ST_OK)
		return cli_fail_open(c);
	enum status st = settings_load(c->data, &c->arena, &settings, &c->err);
	if (st == ST_OK)
		st = store_scan(door.node->store, TABLE_ALARM, SCAN_ALL, take_first, &next,
				&c->err);
	door_close(&door);
	if (st != ST_OK)
		return cli_fail(c, NULL);
	print_now(c, settings.mode == SETTINGS_LIVE, next);
	return CLI_OK;
}

/* ---- advance: through the daemon, a few seconds' worth at a time ---- */

/* Where none runs, one that lives as long as the walk: what becomes due on the way leaves on the
 * way. Nothing is opened before it is known that nobody is written to for real; nor is anybody's
 * mail fetched: it would get the hour to come, and be marked as read. */
static enum status own_daemon(struct cli *c, struct daemon **out, struct err *e)
{
	int pid;
	struct daemon_conf conf = serve_conf(c);
	conf.http.port = 0;
	conf.no_mailbox = true;
	conf.links_url = SERVE_URL; /* where they lead once one stays */
	if (!node_exists(c->data) || node_locked(c->data, &pid))
		return ST_OK;
	enum status st = node_clock_free(c->data, e);
	return st == ST_OK ? daemon_start(&conf, out, e) : st;
}

static enum status ask(struct walk *w, bool *done_r, struct err *e)
{
	char to[TIME_TEXT_MAX];
	struct str answer;
	struct json d;
	int64_t now = w->from_us, n = 0;
	struct arena *a = &w->c->arena;
	struct arena_mark mark = arena_mark(a);
	enum status st = door_post(w->door, "/v1/clock/advance",
				   arena_printf(a, "{\"to\":\"%s\"}", time_format(w->to_us, to)), a,
				   &answer, e);
	if (st == ST_OK)
		st = json_parse(answer, JSON_LIMITS_EVENT, a, &d, e);
	if (st == ST_OK && (!json_bool(&d, json_get(&d, 0, "done"), done_r) ||
			    !time_parse(json_str(&d, json_get(&d, 0, "now"), a), &now)))
		st = err_set(e, ST_UNCERTAIN, "the daemon's answer cannot be read");
	if (st == ST_OK && json_i64(&d, json_get(&d, 0, "alarms"), &n))
		w->alarms += (uint64_t)n;
	if (st == ST_OK && json_i64(&d, json_get(&d, 0, "events"), &n))
		w->events += (uint64_t)n;
	arena_rewind(a, mark);
	if (st == ST_OK)
		progress_at(&w->bar, (uint64_t)((now - w->from_us) / US_PER_M));
	return st;
}

static enum status walk(struct walk *w, struct err *e)
{
	int64_t shift;
	bool done = clock_now_us() >= w->to_us; /* real time was faster */
	enum status st = ST_OK;
	while (st == ST_OK && !done && !cli_interrupted())
		st = ask(w, &done, e);
	if (st == ST_OK)
		st = node_clock_read(w->c->data, &shift, e);
	if (st == ST_OK)
		clock_shift(shift); /* the daemon has moved it */
	return st;
}

/* ---- advance ---- */

static const char *read_target(struct cli *c, int64_t *out)
{
	int64_t for_us;
	const char *to = cli_value(c, "to");
	if ((c->args_n == 2) == (to != NULL))
		return "advance wants how far, like 5d, or --to an instant";
	if (to != NULL && !time_parse(str_of(to), out))
		return "--to wants an instant like 2026-11-21T07:00:00Z";
	if (to != NULL)
		return *out >= clock_now_us() ? NULL : "the clock never goes back";
	if (!duration_parse(str_of(c->args[1]), &for_us) || for_us <= 0)
		return "a duration is like 5d, 12h or 1h30m";
	*out = clock_now_us() + for_us;
	return NULL;
}

static int told(struct cli *c, const struct walk *w)
{
	char from[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
	bool done = clock_now_us() >= w->to_us;
	(void)time_format(w->from_us / US_PER_S * US_PER_S, from);
	(void)time_format(clock_now_us() / US_PER_S * US_PER_S, now);
	if (c->json)
		fprintf(c->out,
			"{\"schema\":\"nurtured.clock/1\",\"from\":\"%s\",\"now\":\"%s\","
			"\"done\":%s,\"alarms\":%llu,\"events\":%llu}\n",
			from, now, done ? "true" : "false", (unsigned long long)w->alarms,
			(unsigned long long)w->events);
	else
		fprintf(c->out, "%s -> %s  (%llu alarms, %llu events)\n", from, now,
			(unsigned long long)w->alarms, (unsigned long long)w->events);
	if (!done)
		cli_talk(c, "stopped on the way; the same command with --to goes on\n");
	cli_next(c, "nurtured lead list");
	return done ? CLI_OK : CLI_INTERRUPTED;
}

static int advance(struct cli *c)
{
	struct door door;
	struct daemon *own = NULL;
	struct walk w = {.c = c, .door = &door, .from_us = clock_now_us()};
	const char *wrong = read_target(c, &w.to_us);
	if (wrong != NULL)
		return cli_usage(c, "%s", wrong);
	if (c->dry_run) {
		cli_talk(c, "time would be played forward; nothing was changed\n");
		return CLI_OK;
	}
	enum status st = own_daemon(c, &own, &c->err);
	if (st == ST_OK)
		st = door_open(c, DOOR_WRITE, &door, &c->err);
	if (st != ST_OK) {
		daemon_stop(&own);
		return cli_fail(c, node_exists(c->data) ? NULL : "nurtured init");
	}
	progress_begin(&w.bar, c, "clock", "minutes", (uint64_t)((w.to_us - w.from_us) / US_PER_M));
	st = walk(&w, &c->err);
	progress_end(&w.bar, (uint64_t)((clock_now_us() - w.from_us) / US_PER_M));
	door_close(&door);
	daemon_stop(&own);
	return st == ST_OK ? told(c, &w) : cli_refused(c);
}

static int run(struct cli *c)
{
	if (c->args_n == 0 || (c->args_n == 1 && strcmp(c->args[0], "show") == 0))
		return show(c);
	if (strcmp(c->args[0], "advance") == 0 && c->args_n <= 2)
		return advance(c);
	return cli_usage(c, "clock shows the time; clock advance 5d plays it forward");
}

const struct verb verb_clock = {
	.name = "clock",
	.group = "run",
	.args = "[show] | advance DURATION",
	.summary = "Show what time it is here; play it forward in test mode",
	.detail = "Goes from one due instant to the next, so that waits end, scores fade and "
		  "messages "
		  "leave in their order, as they would have. The clock never goes back.",
	.examples = {"nurtured clock", "nurtured clock advance 5d",
		     "nurtured clock advance --to 2026-12-01T09:00:00+01:00"},
	.opts = {{"to", 0, "TIME", "play forward to this instant"}},
	.subverbs = "show advance",
	.run = run,
};
