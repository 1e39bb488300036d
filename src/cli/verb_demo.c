/* SPDX-License-Identifier: Apache-2.0
 * verb_demo.c: from nothing to a running example in seconds: a folder of data, the program to begin
 * with, a simulated inbox, sample leads, a clock that stands at a working hour. Each step is a verb
 * that everybody could type; leads come in when the daemon runs, so that what they set off leaves.
 *
 *   DIR/demo.json   that this folder is a demo, and how far its making came
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/time.h"
#include "base/tz.h"
#include "cli/door.h"
#include "cli/example.h"
#include "cli/serve.h"
#include "cli/verbs.h"
#include "decide/decide.h"
#include "node/node.h"
#include "program/track.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_DAYS 60 /* the sample's events go back that far at most */
#define SEARCH_DAYS 60 /* for a working hour */
#define OPENS_AT 10    /* o'clock */
#define CLOSES_AT 16

/* ---- a verb as a step ---- */

struct step {
	const struct verb *verb;
	const char *args[2];
	struct {
		const char *opt, *value;
	} opts[6];
};

/* Runs it as if it had been typed, without its talk. Its error is shown as its own. */
static int run_step(struct cli *c, const struct step *s)
{
	struct cli was;
	memcpy(&was, c, offsetof(struct cli, arena)); /* all but the arena, which goes on */
	FILE *nowhere = fopen("/dev/null", "w");
	if (nowhere == NULL)
		return cli_fail(c, NULL);
	c->verb = s->verb;
	memset(c->values, 0, sizeof c->values);
	for (c->args_n = 0; c->args_n < 2 && s->args[c->args_n] != NULL; c->args_n++)
		c->args[c->args_n] = s->args[c->args_n];
	for (size_t i = 0; i < 6 && s->opts[i].opt != NULL; i++)
		for (size_t k = 0; s->verb->opts[k].name != NULL; k++)
			if (strcmp(s->verb->opts[k].name, s->opts[i].opt) == 0)
				c->values[k] = s->opts[i].value;
	c->out = nowhere;
	c->yes = c->quiet = true;
	c->json = false;
	int rc = s->verb->run(c);
	memcpy(c, &was, offsetof(struct cli, arena));
	(void)fclose(nowhere);
	return rc;
}

/* ---- a working hour ---- */

static bool at_work(const struct program_guardrails *g, const struct tz *zone, int64_t at_us)
{
	int64_t local = at_us + tz_offset_us(zone, at_us);
	int64_t hour = (local - time_day(local) * US_PER_D) / US_PER_H;
	int weekday = time_weekday(local); /* from Tuesday to Thursday, so that a day is left */
	return weekday >= 2 && weekday <= 4 && hour >= OPENS_AT && hour < CLOSES_AT &&
	       guards_open_us(g, zone, at_us) == at_us;
}

/* The next instant at which the example's quiet hours hold nothing back, with hours to spare. */
static int64_t working_hour(const struct program_guardrails *g, const struct tz *zone,
			    int64_t now_us)
{
	int64_t today = time_day(now_us + tz_offset_us(zone, now_us));
	if (at_work(g, zone, now_us))
		return now_us;
	for (int64_t day = today; day < today + SEARCH_DAYS; day++) {
		int64_t at = tz_from_local(zone, day * US_PER_D + OPENS_AT * US_PER_H);
		if (at >= now_us && at_work(g, zone, at))
			return at;
	}
	return now_us;
}

static enum status find_hour(struct cli *c, int64_t *out)
{
	struct program *p = NULL;
	struct program_report report;
	const struct tz *zone;
	enum status st =
		program_load(example_text("program.yaml"), &c->arena, &p, &report, &c->err);
	if (st != ST_OK)
		return st;
	st = tz_load(p->play->guardrails.zone, &c->arena, &zone, &c->err);
	if (st == ST_OK)
		*out = working_hour(&p->play->guardrails, zone, clock_now_us());
	program_destroy(&p);
	return st;
}

/* ---- making it ---- */

static const char *below(struct cli *c, const char *name)
{
	return arena_printf(&c->arena, "%s/%s%c", c->data, name, '\0').p;
}

static enum status make_folder(struct cli *c, const char *path)
{
	if (mkdir(path, 0700) == 0 || access(path, W_OK) == 0)
		return ST_OK;
	return err_set(&c->err, ST_IO, "cannot make folder %s: %s", path, strerror(errno));
}

static enum status note(struct cli *c, const char *text)
{
	return file_write_atomic(below(c, "demo.json"), str_of(text), 0600, &c->err);
}

static bool noted(struct cli *c, const char *word)
{
	struct str text;
	return file_read(below(c, "demo.json"), 4096, &c->arena, &text, &c->err) == ST_OK &&
	       str_find(text, str_of(word)) < text.n;
}

/* The sample's events say how many days ago they happened, so that they are always recent. */
static enum status write_events(struct cli *c)
{
	struct buf b;
	char at[TIME_TEXT_MAX];
	uint64_t days;
	struct str rest = example_text("sample/events.jsonl");
	buf_init(&b, (size_t)1 << 20);
	while (rest.n) {
		size_t mark = str_find_byte(rest, '@');
		struct str tail = str_slice(rest, mark, rest.n);
		size_t end = tail.n ? 1 + str_find_byte(str_slice(tail, 1, tail.n), '@') : 0;
		bool date = end > 1 && end < tail.n && str_to_u64(str_slice(tail, 1, end), &days) &&
			    days <= SAMPLE_DAYS;
		buf_str(&b, str_slice(rest, 0, date ? mark : mark + (tail.n > 0)));
		if (date)
			buf_z(&b, time_format(clock_now_us() - (int64_t)days * US_PER_D, at));
		rest = str_slice(tail, date ? end + 1 : tail.n > 0, tail.n);
	}
	enum status st = buf_ok(&b) ? file_write_atomic(below(c, "sample/events.jsonl"),
							buf_view(&b), 0600, &c->err)
				    : err_set(&c->err, ST_LIMIT, "the sample is too large");
	buf_finish(&b);
	return st;
}

static enum status write_sample(struct cli *c)
{
	enum status st = make_folder(c, below(c, "sample"));
	if (st == ST_OK)
		st = file_write_atomic(below(c, "sample/leads.csv"),
				       example_text("sample/leads.csv"), 0600, &c->err);
	if (st == ST_OK)
		st = file_write_atomic(below(c, "sample/leads.map"),
				       example_text("sample/leads.map"), 0600, &c->err);
	return st;
}

/* What needs no daemon. A making that was stopped on the way goes on where it was. */
static int make(struct cli *c)
{
	int64_t hour;
	char to[TIME_TEXT_MAX];
	const struct step init = {.verb = &verb_init};
	if (make_folder(c, c->data) != ST_OK ||
	    note(c, "{\"schema\":\"nurtured.demo/1\",\"state\":\"begun\"}\n") != ST_OK ||
	    find_hour(c, &hour) != ST_OK)
		return cli_fail(c, NULL);
	int rc = node_exists(c->data) ? CLI_OK : run_step(c, &init);
	if (rc != CLI_OK)
		return rc;
	const struct step advance = {
		.verb = &verb_clock, .args = {"advance"}, .opts = {{"to", time_format(hour, to)}}};
	if (hour > clock_now_us())
		rc = run_step(c, &advance);
	const struct step apply = {.verb = &verb_apply, .args = {below(c, "program.yaml")}};
	if (rc == CLI_OK)
		rc = run_step(c, &apply);
	if (rc == CLI_OK && write_sample(c) != ST_OK)
		rc = cli_fail(c, NULL);
	return rc;
}

/* What the daemon takes in: the same files again change nothing. */
static int take_in(struct cli *c)
{
	const struct step leads = {.verb = &verb_import,
				   .args = {below(c, "sample/leads.csv")},
				   .opts = {{"mapping", below(c, "sample/leads.map")},
					    {"consent", "legitimate_interest"},
					    {"consent-source", "sample data"},
					    {"source", "sample"}}};
	const struct step events = {.verb = &verb_import,
				    .args = {below(c, "sample/events.jsonl")},
				    .opts = {{"events", ""}, {"source", "sample"}}};
	int rc = run_step(c, &leads);
	/* Behind the leads: who agreed in them has the last word. */
	if (rc == CLI_OK && write_events(c) != ST_OK)
		rc = cli_fail(c, NULL);
	if (rc == CLI_OK)
		rc = run_step(c, &events);
	if (rc == CLI_OK &&
	    note(c, "{\"schema\":\"nurtured.demo/1\",\"state\":\"ready\"}\n") != ST_OK)
		rc = cli_fail(c, NULL);
	return rc;
}

/* ---- what is said ---- */

static void say_clock(struct cli *c)
{
	static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					   "Thursday", "Friday", "Saturday"};
	char now[TIME_TEXT_MAX], ahead[TIME_TEXT_MAX];
	int64_t at = clock_now_us();
	fprintf(c->out, "  ok  clock          %s, %.16sZ", days[time_weekday(at)],
		time_format(at, now));
	if (clock_shifted_us() > 0)
		fprintf(c->out, ", %s ahead: mail leaves in working hours only",
			duration_format(clock_shifted_us() / US_PER_M * US_PER_M, ahead));
	fputc('\n', c->out);
}

/* The newcomer's walk: each line can be copied. */
static void say_next(struct cli *c, const char *url)
{
	static const char *const walk[][2] = {
		{"trigger form.ebook --email sara@meridian.example --consent confirmed", ""},
		{"inbox --to sara@meridian.example", "the mail that led to"},
		{"inbox click N", "what she does with it: click, reply, unsubscribe, ..."},
		{"clock advance 5d", "what silence leads to"},
		{"explain sara@meridian.example", "where she stands, and why"},
		{"handoff list", "who is with sales"},
	};
	fprintf(c->out, "\nOpen %s/inbox, and try in another terminal:\n\n", url);
	fprintf(c->out, "  export NURTURED_DATA=%s\n", c->data);
	for (size_t i = 0; i < sizeof walk / sizeof walk[0]; i++)
		fprintf(c->out, walk[i][1][0] ? "  %s %-36s # %s\n" : "  %s %s%s\n", c->called,
			walk[i][0], walk[i][1]);
	fprintf(c->out, "\nCtrl-C stops it; %s demo goes on with the same folder.\n", c->called);
}

/* As `lead list` has them: who came twice and was joined counts once. */
static enum status count_leads(struct cli *c, uint64_t *n_r)
{
	struct door door;
	enum status st = door_open(c, DOOR_READ, &door, &c->err);
	if (st != ST_OK)
		return st;
	struct view v = door_view(c, &door);
	st = view_leads_count(&v, n_r, &c->err);
	door_close(&door);
	return st;
}

static int ready(struct cli *c, struct daemon *d)
{
	int rc = noted(c, "ready") ? CLI_OK : take_in(c);
	uint64_t leads = 0;
	if (rc != CLI_OK)
		return rc;
	if (count_leads(c, &leads) != ST_OK)
		return cli_fail(c, NULL);
	if (c->json) {
		fprintf(c->out, "{\"schema\":\"nurtured.demo/1\",\"url\":\"%s\",\"leads\":%llu}\n",
			daemon_url(d), (unsigned long long)leads);
	} else {
		fprintf(c->out, "  ok  leads          %llu\n", (unsigned long long)leads);
		say_clock(c);
		fprintf(c->out, "  ok  inbox          simulated: nothing leaves this machine\n");
		fprintf(c->out, "  ok  daemon         %s   TEST MODE\n", daemon_url(d));
		say_next(c, daemon_url(d));
	}
	return fflush(c->out) == 0 ? CLI_OK : CLI_PROBLEMS;
}

/* ---- the verb ---- */

static bool in_use(struct cli *c)
{
	int pid;
	if (!node_exists(c->data) || !node_locked(c->data, &pid))
		return false;
	(void)err_set(&c->err, ST_CONFLICT, "%s is in use by process %d: a demo runs there already",
		      c->data, pid);
	return true;
}

static int run(struct cli *c)
{
	const char *listen = cli_value(c, "listen"), *wrong = NULL;
	int64_t shift;
	if (c->args_n > 0)
		return cli_usage(c, "demo takes no arguments; the folder is --data");
	if (strcmp(c->data, CLI_DATA_DEFAULT) == 0)
		c->data = "demo";
	if (in_use(c))
		return cli_fail(c, "stop that one, or take another folder with --data");
	bool there = node_exists(c->data);
	if (there && !noted(c, "nurtured.demo/1")) {
		(void)err_set(&c->err, ST_CONFLICT, "%s holds data that is no demo", c->data);
		return cli_fail(c, "take another folder with --data, or: nurtured serve");
	}
	struct daemon_conf conf = serve_conf(c);
	if (listen != NULL)
		wrong = serve_listen(c, &conf.http, str_of(listen));
	if (wrong != NULL)
		return cli_usage(c, "%s", wrong);
	if (node_clock_read(c->data, &shift, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	clock_shift(shift);
	int rc = there && noted(c, "ready") ? CLI_OK : make(c);
	if (rc != CLI_OK)
		return rc;
	if (!c->json)
		fprintf(c->out,
			"  ok  data           %s (%s)\n"
			"  ok  program        %s, three tracks\n",
			c->data, there ? "as it was left" : "new", below(c, "program.yaml"));
	return serve_run(c, &conf, ready);
}

const struct verb verb_demo = {
	.name = "demo",
	.group = "run",
	.args = "",
	.summary = "A running example: program, sample leads, simulated inbox; nothing leaves",
	.detail = "Makes ./demo when it is not there, and goes on with it when it is. Its clock is "
		  "played forward to a working hour, for the example writes to people in working "
		  "hours only.",
	.examples = {"nurtured demo", "nurtured demo --data /tmp/demo --listen 127.0.0.1:8080"},
	.opts = {{"listen", 'l', "ADDR:PORT", "where to listen (default 127.0.0.1:7070)"}},
	.run = run,
};
