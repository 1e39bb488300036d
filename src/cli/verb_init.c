/* SPDX-License-Identifier: Apache-2.0
 * verb_init.c: from nothing to a node: folder, seed, a write key, and an example program to
 * edit. */
#include "api/keys.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "cli/verbs.h"
#include "node/node.h"

static int show(struct cli *c, const struct key_secret *web)
{
	struct buf b;
	struct json_w w;
	if (!c->json) {
		fprintf(c->out, "  ok  data folder    %s (new)\n", c->data);
		fprintf(c->out, "  ok  write key      %s   (for web pages and SDKs; shown once)\n",
			web->token);
		cli_next(c, "nurtured apply programs/example.yaml && nurtured serve");
		return CLI_OK;
	}
	buf_init_arena(&b, &c->arena, 4096);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.init/1");
	json_w_kz(&w, "data", c->data);
	json_w_kz(&w, "write_key", web->token);
	json_w_end(&w);
	cli_line(c, buf_view(&b));
	return CLI_OK;
}

static int run(struct cli *c)
{
	struct node *n = NULL;
	struct keys *keys = NULL;
	struct key_secret web;
	struct node_conf conf = node_conf_default(c->data, NODE_WRITE);
	if (c->args_n > 0)
		return cli_usage(c, "init takes no arguments; the folder is --data");
	if (node_exists(c->data)) {
		(void)err_set(&c->err, ST_CONFLICT, "%s holds data already", c->data);
		return cli_fail(
			c, "choose another folder with --data, or go on with: nurtured status");
	}
	if (c->dry_run) {
		cli_talk(c, "would make %s with an empty event log and state\n", c->data);
		return CLI_OK;
	}
	conf.create = true;
	enum status st = node_open(&conf, &n, &c->err);
	if (st == ST_OK)
		st = keys_load(c->data, &keys, &c->err);
	if (st == ST_OK)
		st = keys_add(keys, KEY_WRITE, STR("web"), clock_now_us(), &web, &c->err);
	int rc = st == ST_OK ? show(c, &web) : cli_fail(c, NULL);
	crypto_wipe(&web, sizeof web);
	keys_destroy(&keys);
	node_close(&n);
	return rc;
}

const struct verb verb_init = {
	.name = "init",
	.group = "run",
	.args = "",
	.summary = "Make a folder of data with an empty log, a state and a write key",
	.examples = {"nurtured init                       # ./nurtured-data",
		     "nurtured init --data /var/lib/nurtured --json"},
	.run = run,
};
