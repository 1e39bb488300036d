/* SPDX-License-Identifier: Apache-2.0
 * verb_replay.c: proof that the state is a fold of the log. Reads beside a running daemon: the
 * state is compared as of its cursor in one snapshot. */
#include "base/clock.h"
#include "cli/look.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "view/view_did.h"

#include <string.h>

static void on_progress(void *ctx, uint64_t at, uint64_t of)
{
	struct progress *p = ctx;
	p->total = of;
	progress_at(p, at);
}

static void show(struct cli *c, const struct replay_result *r)
{
	if (c->json) {
		struct buf b;
		struct json_w w;
		buf_init_arena(&b, &c->arena, 8192);
		json_w_init(&w, &b);
		view_replayed(r, &w);
		cli_line(c, buf_view(&b));
		return;
	}
	fprintf(c->out, "%s  %llu events folded; state %016llx, replay %016llx\n",
		r->equal ? "equal" : "DIFFERENT", (unsigned long long)r->events,
		(unsigned long long)r->hash_state, (unsigned long long)r->hash_replay);
	if (!r->equal)
		fprintf(c->out,
			"  first difference: %s\n"
			"  another build wrote this state? stop the daemon, move state.db* away, "
			"start it:\n"
			"  the log is folded again, from its beginning (retention must not have "
			"dropped that)\n",
			r->difference);
}

static int run(struct cli *c)
{
	struct door d;
	struct progress bar;
	struct replay_result r;
	struct store *base = NULL;
	const char *from = cli_value(c, "from");
	if (!cli_flag(c, "verify") || c->args_n > 0)
		return cli_usage(c, "replay wants --verify: fold the log again and compare");
	if (from != NULL && strlen(from) + 32 > NODE_PATH_MAX)
		return cli_usage(c, "the path of --from is longer than %d bytes",
				 NODE_PATH_MAX - 32);
	if (door_open(c, DOOR_READ, &d, &c->err) != ST_OK)
		return cli_fail_open(c);
	enum status st = ST_OK;
	if (from != NULL) {
		char path[NODE_PATH_MAX];
		struct store_conf conf = STORE_CONF_DEFAULT;
		conf.path = node_path(from, "state.db", path);
		conf.read_only = true;
		st = store_open_sqlite(&conf, &base, &c->err);
	}
	if (st == ST_OK)
		st = store_read_begin(d.node->store, &c->err);
	progress_begin(&bar, c, "replay", "events", 0);
	if (st == ST_OK) {
		const struct replay_conf conf = {
			.log = d.node->log,
			.state = d.node->store,
			.base = base,
			.seed = d.node->seed,
			.progress = on_progress,
			.ctx = &bar,
		};
		st = engine_replay(&conf, &r, &c->err);
		store_read_end(d.node->store);
	}
	progress_end(&bar, st == ST_OK ? r.cursor : 0);
	store_close(&base);
	door_close(&d);
	if (st == ST_NOT_FOUND)
		return cli_fail(c, "retention has dropped the beginning: replay --verify --from "
				   "BACKUP starts there");
	if (st != ST_OK)
		return cli_fail(c, NULL);
	show(c, &r);
	return r.equal ? CLI_OK : CLI_PROBLEMS;
}

const struct verb verb_replay = {
	.name = "replay",
	.group = "keep",
	.args = "--verify",
	.summary = "Fold the log again from its beginning and compare with the state",
	.detail = "Exit code 1 when the two differ; the first differing row is named. Where "
		  "retention has dropped "
		  "the beginning of the log, --from names a backup to start from.",
	.examples = {"nurtured replay --verify",
		     "nurtured replay --verify --from /backups/2026-11-20 --json"},
	.opts = {{"verify", 0, NULL, "compare; nothing is written"},
		 {"from", 0, "DIR", "a backup's folder to start from"}},
	.run = run,
};
