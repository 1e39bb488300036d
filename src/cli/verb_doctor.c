/* SPDX-License-Identifier: Apache-2.0
 * verb_doctor.c: one line per check, ok, warn or FAIL, and how to mend it. A check is a row of the
 * table; adding one is a function and its row. */
#include "api/keys.h"
#include "base/clock.h"
#include "base/time.h"
#include "base/tz.h"
#include "cli/doctor.h"
#include "cli/look.h"
#include "cli/verbs.h"
#include "log/log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define DISK_WARN ((uint64_t)2 << 30)
#define DISK_FAIL ((uint64_t)200 << 20)
#define DISK_FULL ((uint64_t)1 << 20)
#define LAG_WARN 100000u
#define BACKUP_AGE_WARN_US (7 * US_PER_D)
#define YEAR_2025_US (INT64_C(1735689600) * US_PER_S)

void doctor_say(struct finding *f, enum health h, const char *fix, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	f->health = h;
	f->fix = fix;
	(void)vsnprintf(f->what, sizeof f->what, fmt, ap); /* cut text is still text */
	va_end(ap);
}

static void check_clock(struct patient *p, struct finding *f)
{
	char at[TIME_TEXT_MAX];
	int64_t now = clock_now_us();
	if (now < YEAR_2025_US)
		doctor_say(f, HEALTH_FAIL, "set the machine's clock (timedatectl)",
			   "the clock says %s", time_format(now, at));
	else if (p->open && p->meta.clock_us > now + US_PER_M)
		doctor_say(f, HEALTH_WARN,
			   "check the machine's clock: events would be stamped with the log's last "
			   "time",
			   "the log is ahead of the clock");
	else
		doctor_say(f, HEALTH_OK, NULL, "%s", time_format(now, at));
}

static void check_disk(struct patient *p, struct finding *f)
{
	struct statvfs v;
	if (statvfs(p->c->data, &v) != 0) {
		doctor_say(f, HEALTH_FAIL, "nurtured init", "%s cannot be looked at", p->c->data);
		return;
	}
	uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
	enum health h = room < DISK_FAIL ? HEALTH_FAIL : room < DISK_WARN ? HEALTH_WARN : HEALTH_OK;
	const char *fix = "make room, or let --retain and --retain-size drop old events";
	if (room < DISK_FULL)
		doctor_say(f, h, fix, "the disk is full: nothing is taken in until there is room");
	else
		doctor_say(f, h, fix, "%.1f GB free", (double)room / 1e9);
}

static void check_rights(struct patient *p, struct finding *f)
{
	struct stat sb;
	if (stat(p->c->data, &sb) != 0)
		doctor_say(f, HEALTH_FAIL, "nurtured init", "%s is not there", p->c->data);
	else if (sb.st_mode & 077)
		doctor_say(f, HEALTH_WARN,
			   "chmod 700 on the folder: it holds personal data and hashed keys",
			   "others may look into %s", p->c->data);
	else
		doctor_say(f, HEALTH_OK, NULL, "%s, for its owner alone", p->c->data);
}

static void check_open(struct patient *p, struct finding *f)
{
	if (p->open)
		doctor_say(f, HEALTH_OK, NULL, "log and state open");
	else
		doctor_say(f, HEALTH_FAIL,
			   p->c->err.status == ST_NO_SPACE ? "make room; the files are as they were"
			   : p->c->err.status == ST_DENIED
				   ? "be that user, or let this one in; the files are as they were"
				   : "nurtured restore BACKUP, when the files are damaged",
			   "%.180s", p->c->err.text);
}

static void check_log(struct patient *p, struct finding *f)
{
	char path[NODE_PATH_MAX];
	struct log_verify v;
	struct err e;
	if (log_verify_sqlite(node_path(p->c->data, "events.db", path), &v, &e) != ST_OK)
		doctor_say(f, HEALTH_FAIL, "nurtured restore BACKUP; then replay --verify",
			   "%.180s", e.text);
	else if (v.damaged)
		doctor_say(f, HEALTH_FAIL, "nurtured restore BACKUP; then replay --verify",
			   "%llu damaged: %.170s", (unsigned long long)v.damaged, v.why.text);
	else if (v.skipped)
		doctor_say(f, HEALTH_WARN, "nurtured restore BACKUP, to have them back",
			   "%llu events read back as written, %llu damaged ones are stepped over",
			   (unsigned long long)v.whole, (unsigned long long)v.skipped);
	else
		doctor_say(f, HEALTH_OK, NULL, "%llu events read back as written",
			   (unsigned long long)v.whole);
}

static void check_state(struct patient *p, struct finding *f)
{
	char path[NODE_PATH_MAX];
	struct err e;
	if (store_verify(node_path(p->c->data, "state.db", path), &e) != ST_OK)
		doctor_say(
			f, HEALTH_FAIL,
			"stop the daemon, move state.db* away, start: it is rebuilt from the log",
			"%.180s", e.text);
	else if (node_fold_mixed(p->door.node->store))
		doctor_say(f, HEALTH_WARN, "roll-ups may mix the forms of two builds",
			   "folded by another build, and cannot be folded anew: the log's "
			   "beginning is gone or thinned, or other mails would have left than "
			   "did");
	else
		doctor_say(f, HEALTH_OK, NULL, "%llu leads, %.1f MB",
			   (unsigned long long)p->meta.leads,
			   (double)store_bytes(p->door.node->store) / 1e6);
}

static void check_lag(struct patient *p, struct finding *f)
{
	struct log_stats ls;
	log_stats(p->door.node->log, &ls);
	uint64_t lag = ls.next_seq - 1 - p->meta.cursor;
	int pid;
	bool running = node_locked(p->c->data, &pid);
	/* Beside a daemon the two figures are of two moments. */
	if (ls.next_seq - 1 < p->meta.cursor && !running)
		doctor_say(f, HEALTH_FAIL, "nurtured restore BACKUP, log and state from one",
			   "the log ends at event %llu, the state was folded up to %llu",
			   (unsigned long long)ls.next_seq - 1, (unsigned long long)p->meta.cursor);
	else if (lag > 0 && !running)
		doctor_say(f, HEALTH_WARN, "nurtured serve", "%llu events wait for a daemon",
			   (unsigned long long)lag);
	else if (ls.next_seq - 1 < p->meta.cursor)
		doctor_say(f, HEALTH_OK, NULL, "0 events behind the log");
	else
		doctor_say(f, lag > LAG_WARN ? HEALTH_WARN : HEALTH_OK,
			   "the engine is behind: see /metrics", "%llu events behind the log",
			   (unsigned long long)lag);
}

static bool any_row(void *ctx, struct store_key key, struct str value)
{
	(void)key, (void)value;
	++*(uint64_t *)ctx;
	return *(uint64_t *)ctx < 1000;
}

static void check_dead(struct patient *p, struct finding *f)
{
	uint64_t n = 0;
	struct err e;
	if (store_scan(p->door.node->store, TABLE_DEAD_LETTER, SCAN_ALL, any_row, &n, &e) != ST_OK)
		doctor_say(f, HEALTH_FAIL, NULL, "%.180s", e.text);
	else
		doctor_say(f, n ? HEALTH_WARN : HEALTH_OK, "nurtured events --dead",
			   "%llu%s events could not be processed", (unsigned long long)n,
			   n == 1000 ? " or more" : "");
}

static void check_program(struct patient *p, struct finding *f)
{
	if (p->door.program == NULL)
		doctor_say(f, HEALTH_WARN, "nurtured apply",
			   "no program is applied: nothing is scored");
	else
		doctor_say(f, HEALTH_OK, NULL, STR_FMT ", version %llu",
			   STR_ARG(p->door.program->name),
			   (unsigned long long)p->door.program_version);
}

static void check_keys(struct patient *p, struct finding *f)
{
	struct keys *keys = NULL;
	struct err e;
	if (keys_load(p->c->data, &keys, &e) != ST_OK) {
		doctor_say(f, HEALTH_FAIL, "chmod 600 keys.json, or restore it", "%.180s", e.text);
		return;
	}
	size_t n = keys_count(keys, KEY_WRITE);
	doctor_say(f, n ? HEALTH_OK : HEALTH_WARN, "nurtured key add write web", "%zu write key(s)",
		   n);
	keys_destroy(&keys);
}

static void check_backup(struct patient *p, struct finding *f)
{
	char age[TIME_TEXT_MAX];
	struct str dir;
	int64_t at, now = clock_now_us();
	if (!node_backup_last(p->c->data, &p->c->arena, &at, &dir)) {
		doctor_say(f, HEALTH_WARN, "nurtured backup DIR, every day", "none was made yet");
		return;
	}
	int64_t old = now > at ? now - at : 0;
	doctor_say(f, old > BACKUP_AGE_WARN_US ? HEALTH_WARN : HEALTH_OK,
		   "nurtured backup DIR, every day", "the last one is %s old: " STR_FMT,
		   duration_format(old / US_PER_S * US_PER_S, age),
		   STR_ARG(str_slice(dir, 0, 120)));
}

static void check_zones(struct patient *p, struct finding *f)
{
	const struct tz *tz;
	struct err e;
	if (tz_load(STR("Europe/Berlin"), &p->c->arena, &tz, &e) != ST_OK)
		doctor_say(f, HEALTH_WARN, "apt-get install tzdata", "%.180s", e.text);
	else
		doctor_say(f, HEALTH_OK, NULL, "time zone data is there");
}

static void check_daemon(struct patient *p, struct finding *f)
{
	struct door d;
	struct err e;
	int pid;
	if (!node_locked(p->c->data, &pid)) {
		doctor_say(f, HEALTH_OK, NULL, "not running");
		return;
	}
	struct cli copy = *p->c;
	arena_init(&copy.arena, CLI_ARENA_BYTES);
	enum status st = door_open(&copy, DOOR_WRITE, &d, &e);
	if (st == ST_OK)
		door_close(&d);
	arena_finish(&copy.arena);
	if (st == ST_OK)
		doctor_say(f, HEALTH_OK, NULL, "running, process %d", pid);
	else
		doctor_say(f, HEALTH_FAIL, "look at the daemon's own words", "%.180s", e.text);
}

static const struct {
	const char *name;
	bool needs_open;
	void (*look)(struct patient *p, struct finding *f);
} checks[] = {
	{"clock", false, check_clock},
	{"disk", false, check_disk},
	{"folder", false, check_rights},
	{"open", false, check_open},
	{"event log", true, check_log},
	{"state", true, check_state},
	{"lag", true, check_lag},
	{"dead letters", true, check_dead},
	{"program", true, check_program},
	{"keys", true, check_keys},
	{"backup", true, check_backup},
	{"time zones", false, check_zones},
	{"mail", false, doctor_check_mail},
	{"mail servers", false, doctor_check_relays},
	{"links", false, doctor_check_links},
	{"mailbox", false, doctor_check_mailbox},
	{"outbox", true, doctor_check_outbox},
	{"hand-offs", true, doctor_check_handoffs},
	{"drift", true, doctor_check_drift},
	{"model", true, doctor_check_model},
	{"experiments", true, doctor_check_experiments},
	{"daemon", false, check_daemon},
};

static void show(struct cli *c, const char *name, const struct finding *f)
{
	static const char *const words[] = {"ok", "warn", "FAIL"}, *const tints[] = {"green",
										     "yellow",
										     "red"};
	if (c->json) {
		struct buf b;
		struct json_w w;
		buf_init_arena(&b, &c->arena, 8192);
		json_w_init(&w, &b);
		json_w_object(&w);
		json_w_kz(&w, "schema", "nurtured.check/1");
		json_w_kz(&w, "check", name);
		json_w_kz(&w, "health", words[f->health]);
		json_w_kz(&w, "what", f->what);
		if (f->health != HEALTH_OK)
			json_w_kz(&w, "fix", f->fix);
		json_w_end(&w);
		cli_line(c, buf_view(&b));
		return;
	}
	fprintf(c->out, "  %s%-4s%s  %-13s %s\n", cli_tint(c, tints[f->health]), words[f->health],
		cli_tint(c, "off"), name, f->what);
	if (f->health != HEALTH_OK && f->fix != NULL)
		fprintf(c->out, "        fix: %s\n", f->fix);
}

static int skip_record(struct cli *c, const char *text)
{
	uint64_t seq;
	struct node *n = NULL;
	if (!str_to_u64(str_of(text), &seq) || seq == 0)
		return cli_usage(c, "--skip-record takes the number of an event, not \"%s\"", text);
	if (!c->yes) {
		fprintf(c->talk,
			"Event %s would be left out for good. Restoring a backup is better;"
			" to go on without it, add --yes.\n",
			text);
		return CLI_CONFIRM;
	}
	const struct node_conf conf = node_conf_default(c->data, NODE_WRITE);
	enum status st = node_open(&conf, &n, &c->err);
	if (st == ST_OK)
		st = log_skip(n->log, seq, STR("nurtured doctor --skip-record"), clock_now_us(),
			      &c->err);
	node_close(&n);
	return st == ST_OK ? CLI_OK
			   : cli_fail(c, st == ST_CONFLICT ? NULL : "stop the daemon first");
}

static int run(struct cli *c)
{
	if (cli_value(c, "skip-record") != NULL)
		return skip_record(c, cli_value(c, "skip-record"));
	struct patient p = {.c = c};
	int failed = 0;
	p.open = door_open(c, DOOR_READ, &p.door, &c->err) == ST_OK;
	bool door = p.open;
	if (p.open)
		p.open = engine_meta_read(p.door.node->store, &p.meta, &c->err) == ST_OK;
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		struct finding f = {.health = HEALTH_OK};
		if (checks[i].needs_open && !p.open)
			continue;
		checks[i].look(&p, &f);
		show(c, checks[i].name, &f);
		failed += f.health == HEALTH_FAIL;
	}
	if (door)
		door_close(&p.door);
	return failed ? CLI_PROBLEMS : CLI_OK;
}

const struct verb verb_doctor = {
	.name = "doctor",
	.group = "keep",
	.args = "",
	.summary = "Check everything, one line each, with a fix",
	.detail = "Reads the whole log back. Exit code 1 when a check fails.",
	.examples = {"nurtured doctor", "nurtured doctor --json   # for monitoring"},
	.opts = {{"skip-record", 0, "SEQ",
		  "step over one damaged event of the log, on record; needs --yes"}},
	.run = run,
};
