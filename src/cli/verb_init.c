/* SPDX-License-Identifier: Apache-2.0
 * verb_init.c: from nothing to a node: folder, seed, a write key, and a program to begin with. */
#include "api/keys.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "cli/example.h"
#include "cli/verbs.h"
#include "node/node.h"

/* Where the program to begin with goes: --program DIR, else the folder of data. */
static const char *starter_dir(const struct cli *c)
{
	const char *given = cli_value(c, "program");
	return given != NULL ? given : c->data;
}

/* One that is there stays as it is; asked for by name, that is an error. */
static enum status starter(struct cli *c, bool *new_r)
{
	*new_r = cli_value(c, "program") != NULL || !example_is_there(c->data);
	return *new_r ? example_write(starter_dir(c), &c->err) : ST_OK;
}

static int show(struct cli *c, const struct key_secret *web, bool fresh)
{
	struct buf b;
	struct json_w w;
	const char *program = arena_printf(&c->arena, "%s/program.yaml%c", starter_dir(c), '\0').p;
	if (!c->json) {
		if (web != NULL)
			fprintf(c->out, "  ok  data folder    %s (new)\n", c->data);
		if (web != NULL)
			fprintf(c->out,
				"  ok  write key      %s   (for web pages and SDKs; shown once)\n",
				web->token);
		fprintf(c->out, "  ok  program        %s (%s)\n", program,
			fresh ? "three tracks to begin with" : "as it was");
		cli_next(c, "nurtured apply %s && nurtured serve", program);
		return CLI_OK;
	}
	buf_init_arena(&b, &c->arena, 8192);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.init/1");
	json_w_kz(&w, "data", c->data);
	if (web != NULL)
		json_w_kz(&w, "write_key", web->token);
	json_w_kz(&w, "program", program);
	json_w_end(&w);
	cli_line(c, buf_view(&b));
	return CLI_OK;
}

static int make_node(struct cli *c)
{
	bool fresh = false;
	struct node *n = NULL;
	struct keys *keys = NULL;
	struct key_secret web;
	struct node_conf conf = node_conf_default(c->data, NODE_WRITE);
	conf.create = true;
	enum status st = node_open(&conf, &n, &c->err);
	if (st == ST_OK)
		st = keys_load(c->data, &keys, &c->err);
	if (st == ST_OK)
		st = keys_add(keys, KEY_WRITE, STR("web"), clock_now_us(), &web, &c->err);
	if (st == ST_OK)
		st = starter(c, &fresh);
	int rc = st == ST_OK ? show(c, &web, fresh) : cli_fail(c, NULL);
	crypto_wipe(&web, sizeof web);
	keys_destroy(&keys);
	node_close(&n);
	return rc;
}

static int run(struct cli *c)
{
	bool there = node_exists(c->data), fresh = false;
	if (c->args_n > 0)
		return cli_usage(c, "init takes no arguments; the folder is --data");
	if (there && cli_value(c, "program") == NULL) {
		(void)err_set(&c->err, ST_CONFLICT, "%s holds data already", c->data);
		return cli_fail(
			c, "choose another folder with --data, or go on with: nurtured status");
	}
	if (c->dry_run) {
		cli_talk(c,
			 there ? "would write a program to begin with to %s\n"
			       : "would make %s with an empty event log and state\n",
			 there ? starter_dir(c) : c->data);
		return CLI_OK;
	}
	if (!there)
		return make_node(c);
	if (starter(c, &fresh) != ST_OK)
		return cli_fail(c, "choose another folder: nurtured init --program DIR");
	return show(c, NULL, fresh);
}

const struct verb verb_init = {
	.name = "init",
	.group = "run",
	.args = "",
	.summary =
		"Make a folder of data with an empty log, a write key and a program to begin with",
	.detail =
		"The program (program.yaml, its texts in content/, three tracks) is a whole "
		"example "
		"to edit; it goes into the folder of data, or with --program where you keep it in "
		"git. What is there already is never written over. In a folder that holds data, "
		"init --program writes the program alone.",
	.examples = {"nurtured init                       # ./nurtured-data",
		     "nurtured init --program campaign     # the program in ./campaign",
		     "nurtured init --data /var/lib/nurtured --json"},
	.opts = {{"program", 0, "DIR", "where the program to begin with is written"}},
	.run = run,
};
