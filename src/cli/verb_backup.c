/* SPDX-License-Identifier: Apache-2.0
 * verb_backup.c: backup and restore. A backup is a folder like any other node: log, state, keys and
 * seed, each whole; restoring is checking one and putting it in place. */
#include "base/clock.h"
#include "base/time.h"
#include "cli/look.h"
#include "cli/verbs.h"
#include "view/view_did.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void show_backup(struct cli *c, const char *dir, int64_t took_us)
{
	char took[TIME_TEXT_MAX];
	if (c->json) {
		struct buf b;
		struct json_w w;
		buf_init_arena(&b, &c->arena, 8192);
		json_w_init(&w, &b);
		view_backed_up(dir, &w);
		cli_line(c, buf_view(&b));
		return;
	}
	(void)duration_format(took_us, took);
	fprintf(c->out, "backed up to %s in %s\n", dir, took);
}

static int run_backup(struct cli *c)
{
	struct door d;
	if (c->args_n != 1)
		return cli_usage(c, "backup wants a new folder: nurtured backup DIR");
	const char *dir = c->args[0];
	if (door_open(c, DOOR_READ, &d, &c->err) != ST_OK)
		return cli_fail_open(c);
	if (c->dry_run) {
		cli_talk(c, "would copy %s to %s\n", c->data, dir);
		door_close(&d);
		return CLI_OK;
	}
	int64_t began = clock_mono_us();
	enum status st = node_backup(d.node, dir, &c->err);
	if (st == ST_OK)
		st = node_backup_note(c->data, dir, clock_now_us(), &c->err);
	door_close(&d);
	if (st != ST_OK)
		return cli_fail(c, NULL);
	show_backup(c, dir, clock_mono_us() - began);
	cli_next(c, "nurtured replay --verify --data %s", dir);
	return CLI_OK;
}

/* Every record of the copy's log: a state may be folded anew, an event is nowhere else. */
static enum status check_log(struct cli *c, const char *path)
{
	struct log_verify v;
	enum status st = log_verify_sqlite(path, &v, &c->err);
	if (st == ST_OK && v.damaged) {
		c->err = v.why;
		st = ST_CORRUPT;
	}
	return st;
}

/* What is broken in the copy shows before anything is moved. */
static enum status check_copy(struct cli *c, const char *dir)
{
	struct node *n = NULL;
	char path[NODE_PATH_MAX];
	struct node_conf conf = node_conf_default(dir, NODE_READ);
	enum status st = store_verify(node_path(dir, "state.db", path), &c->err);
	if (st == ST_OK)
		st = check_log(c, node_path(dir, "events.db", path));
	if (st == ST_OK)
		st = node_open(&conf, &n, &c->err);
	node_close(&n);
	return st;
}

/* A folder beside the data folder, named for this moment. */
static enum status beside(struct cli *c, const char *what, char out[NODE_PATH_MAX])
{
	size_t len = strlen(c->data);
	while (len > 1 && c->data[len - 1] == '/')
		len--;
	int n = snprintf(out, NODE_PATH_MAX, "%.*s.%s-%lld", (int)len, c->data, what,
			 (long long)(clock_now_us() / US_PER_S));
	if (n < 0 || n >= NODE_PATH_MAX)
		return err_set(&c->err, ST_INVALID, "the path is too long");
	return ST_OK;
}

/* The copy is made before anything is moved: a backup may lie inside the data folder, and a disk
 * may be full. */
static enum status copy_beside(struct cli *c, const char *from, char fresh[NODE_PATH_MAX])
{
	struct node *n = NULL;
	struct node_conf conf = node_conf_default(from, NODE_READ);
	enum status st = beside(c, "restoring", fresh);
	if (st == ST_OK)
		st = node_open(&conf, &n, &c->err);
	if (st == ST_OK)
		st = node_backup(n, fresh, &c->err);
	node_close(&n);
	return st;
}

static enum status restore(struct cli *c, const char *from, char aside[NODE_PATH_MAX])
{
	char fresh[NODE_PATH_MAX], moved[NODE_PATH_MAX];
	aside[0] = '\0';
	enum status st = check_copy(c, from);
	if (st == ST_OK)
		st = copy_beside(c, from, fresh);
	if (st == ST_OK)
		st = beside(c, "before-restore", moved);
	if (st != ST_OK)
		return st;
	if (node_exists(c->data)) {
		if (rename(c->data, moved) != 0)
			return err_set(&c->err, ST_IO, "cannot move %s aside", c->data);
		memcpy(aside, moved, sizeof moved);
	}
	if (rename(fresh, c->data) != 0)
		return err_set(&c->err, ST_IO, "cannot put %s in place of %s", fresh, c->data);
	return ST_OK;
}

/* A node is whole without them, and makes what it needs: what that costs is said before. */
static void tell_missing(struct cli *c, const char *from)
{
	static const char *const lost[][2] = {
		{"keys.json", "no sender's key is known any more; each wants a new one: nurtured "
			      "key add"},
		{"links.json", "links in mail that has left are dead, those to unsubscribe among "
			       "them"},
	};
	char path[NODE_PATH_MAX];
	for (size_t i = 0; node_exists(from) && i < sizeof lost / sizeof lost[0]; i++)
		if (access(node_path(from, lost[i][0], path), F_OK) != 0)
			cli_talk(c, "the backup has no %s: %s\n", lost[i][0], lost[i][1]);
}

static int run_restore(struct cli *c)
{
	char aside[NODE_PATH_MAX];
	int pid;
	if (c->args_n != 1)
		return cli_usage(c, "restore wants a backup's folder: nurtured restore DIR");
	if (strlen(c->args[0]) + 32 > NODE_PATH_MAX)
		return cli_usage(c, "the path of the backup is longer than %d bytes",
				 NODE_PATH_MAX - 32);
	if (node_exists(c->data) && node_locked(c->data, &pid)) {
		(void)err_set(&c->err, ST_CONFLICT, "%s is in use by process %d", c->data, pid);
		return cli_fail(c, "stop the daemon first");
	}
	tell_missing(c, c->args[0]);
	if (c->dry_run) {
		if (check_copy(c, c->args[0]) != ST_OK)
			return cli_fail(c, NULL);
		cli_talk(c, "%s is whole; would put it in place of %s\n", c->args[0], c->data);
		return CLI_OK;
	}
	if (node_exists(c->data) &&
	    !cli_confirm(c, "Replace %s? What is there is moved aside.", c->data)) {
		cli_talk(c, "nothing was changed; say --yes to restore\n");
		return CLI_CONFIRM;
	}
	if (restore(c, c->args[0], aside) != ST_OK)
		return cli_fail(
			c, aside[0] ? "what was there is beside it, untouched: .before-restore-..."
				    : NULL);
	if (c->json)
		fprintf(c->out, "{\"schema\":\"nurtured.restore/1\",\"data\":\"%s\"}\n", c->data);
	else
		fprintf(c->out, "restored %s\n", c->data);
	if (aside[0])
		cli_talk(c, "what was there is now %s\n", aside);
	return CLI_OK;
}

const struct verb verb_backup = {
	.name = "backup",
	.group = "keep",
	.args = "DIR",
	.summary = "Copy log, state and keys to a new folder, while the daemon runs",
	.detail = "The folder is called DIR.part until it is whole; what a backup that was killed "
		  "left under that name is cleared away by the next one.",
	.examples = {"nurtured backup /backups/2026-11-21",
		     "nurtured restore /backups/2026-11-21 --dry-run   # is it whole?"},
	.run = run_backup,
};

const struct verb verb_restore = {
	.name = "restore",
	.group = "keep",
	.args = "DIR",
	.summary = "Check a backup and put it in place",
	.detail = "The daemon must not run. What is in the data folder is moved aside, never "
		  "deleted.",
	.examples = {"nurtured restore /backups/2026-11-21",
		     "nurtured restore /backups/2026-11-21 --dry-run"},
	.run = run_restore,
};
