/* SPDX-License-Identifier: Apache-2.0
 * verb_help.c: help, codes, the man page, completion. */
#include "cli/verbs.h"
#include "program/report.h"

static int code(struct cli *c, struct str name)
{
	struct program_code_help h;
	if (!program_code_help(name, &h))
		return cli_usage(c, "there is no verb and no code \"" STR_FMT "\"", STR_ARG(name));
	fprintf(c->out, "%s: %s (%s)\n\n%s\n", h.code, h.title, h.warning ? "warning" : "error",
		h.text);
	return CLI_OK;
}

static int codes(struct cli *c)
{
	struct program_code_help h;
	for (size_t i = 0; program_code_at(i, &h); i++)
		fprintf(c->out, "%-6s %s\n", h.code, h.title);
	return CLI_OK;
}

static int run_help(struct cli *c)
{
	if (cli_flag(c, "man")) {
		struct buf b;
		buf_init(&b, (size_t)1 << 20);
		cli_man(&b, NURTURED_VERSION);
		cli_put(c, buf_view(&b));
		buf_finish(&b);
		return CLI_OK;
	}
	if (cli_flag(c, "codes"))
		return codes(c);
	if (c->args_n > 1)
		return cli_usage(c, "help wants one verb, or one code");
	if (c->args_n == 0) {
		cli_help(c);
		return CLI_OK;
	}
	for (size_t i = 0; i < cli_verb_rows_n; i++) {
		if (strcmp(cli_verb_rows[i]->name, c->args[0]) != 0)
			continue;
		cli_help_verb(c, cli_verb_rows[i]);
		return CLI_OK;
	}
	return code(c, str_of(c->args[0]));
}

static int run_completion(struct cli *c)
{
	struct buf b;
	buf_init(&b, (size_t)1 << 20);
	bool known = c->args_n == 1 && cli_completion(str_of(c->args[0]), &b);
	if (known)
		cli_put(c, buf_view(&b));
	buf_finish(&b);
	return known ? CLI_OK : cli_usage(c, "completion wants bash, zsh or fish");
}

const struct verb verb_help = {
	.name = "help",
	.group = "keep",
	.args = "[VERB | CODE]",
	.summary = "Help on a verb, or on a problem's code",
	.examples = {"nurtured help import", "nurtured help N207",
		     "nurtured help --man > nurtured.1"},
	.opts = {{"man", 0, NULL, "the man page"},
		 {"codes", 0, NULL, "every code of a program's problems"}},
	.run = run_help,
};

const struct verb verb_completion = {
	.name = "completion",
	.group = "keep",
	.args = "bash | zsh | fish",
	.summary = "Print shell completion",
	.examples = {"nurtured completion bash > /etc/bash_completion.d/nurtured"},
	.subverbs = "bash zsh fish",
	.run = run_completion,
};
