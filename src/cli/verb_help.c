/* SPDX-License-Identifier: Apache-2.0
 * verb_help.c: help, codes, the man page, completion. */
#include "base/json.h"
#include "cli/verbs.h"
#include "program/report.h"

/* ---- as JSON ---- */

static void put_option(struct json_w *w, const struct cli_opt *o)
{
	const char letter[2] = {o->letter, 0};
	json_w_object(w);
	json_w_kz(w, "name", o->name);
	if (o->letter)
		json_w_kz(w, "letter", letter);
	if (o->arg != NULL)
		json_w_kz(w, "value", o->arg);
	json_w_kz(w, "help", o->help);
	json_w_end(w);
}

static void put_verb(struct json_w *w, const struct verb *v)
{
	json_w_object(w);
	json_w_kz(w, "name", v->name);
	json_w_kz(w, "group", v->group);
	json_w_kz(w, "args", v->args ? v->args : "");
	json_w_kz(w, "summary", v->summary);
	if (v->detail != NULL)
		json_w_kz(w, "detail", v->detail);
	json_w_key(w, "examples");
	json_w_array(w);
	for (size_t i = 0; i < sizeof v->examples / sizeof *v->examples && v->examples[i]; i++)
		json_w_str(w, str_of(v->examples[i]));
	json_w_end(w);
	json_w_key(w, "options");
	json_w_array(w);
	for (size_t i = 0; i < CLI_OPTS_MAX && v->opts[i].name != NULL; i++)
		put_option(w, &v->opts[i]);
	json_w_end(w);
	json_w_end(w);
}

static void put_code(struct json_w *w, const struct program_code_help *h)
{
	json_w_object(w);
	json_w_kz(w, "code", h->code);
	json_w_kz(w, "title", h->title);
	json_w_kbool(w, "warning", h->warning);
	json_w_kz(w, "text", h->text);
	json_w_end(w);
}

/* One document: `only` or all verbs, one code or all of them, or a text under a name. */
struct answer {
	bool verbs, codes;
	const struct verb *only;
	const struct program_code_help *code;
	const char *name, *shell; /* of the text: "man", "script" */
	struct str text;
};

static int answer(struct cli *c, const struct answer *a)
{
	struct buf b;
	struct json_w w;
	struct program_code_help h;
	buf_init(&b, (size_t)4 << 20);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", a->shell ? "nurtured.completion/1" : "nurtured.help/1");
	if (a->shell != NULL)
		json_w_kz(&w, "shell", a->shell);
	if (a->name != NULL)
		json_w_kstr(&w, a->name, a->text);
	if (a->verbs) {
		json_w_key(&w, "verbs");
		json_w_array(&w);
		for (size_t i = 0; i < cli_verb_rows_n; i++)
			if (a->only == NULL || cli_verb_rows[i] == a->only)
				put_verb(&w, cli_verb_rows[i]);
		json_w_end(&w);
	}
	if (a->codes) {
		json_w_key(&w, "codes");
		json_w_array(&w);
		if (a->code != NULL)
			put_code(&w, a->code);
		for (size_t i = 0; a->code == NULL && program_code_at(i, &h); i++)
			put_code(&w, &h);
		json_w_end(&w);
	}
	json_w_end(&w);
	cli_line(c, buf_view(&b));
	buf_finish(&b);
	return CLI_OK;
}

/* ---- help ---- */

static int code(struct cli *c, struct str name)
{
	struct program_code_help h;
	if (!program_code_help(name, &h))
		return cli_usage(c, "there is no verb and no code \"" STR_FMT "\"", STR_ARG(name));
	if (c->json)
		return answer(c, &(struct answer){.codes = true, .code = &h});
	fprintf(c->out, "%s: %s (%s)\n\n%s\n", h.code, h.title, h.warning ? "warning" : "error",
		h.text);
	return CLI_OK;
}

static int codes(struct cli *c)
{
	struct program_code_help h;
	if (c->json)
		return answer(c, &(struct answer){.codes = true});
	for (size_t i = 0; program_code_at(i, &h); i++)
		fprintf(c->out, "%-6s %s\n", h.code, h.title);
	return CLI_OK;
}

/* A text as it is, or under its name. */
static int put_text(struct cli *c, struct answer a, struct buf *b)
{
	a.text = buf_view(b);
	if (c->json)
		(void)answer(c, &a);
	else
		cli_put(c, a.text);
	buf_finish(b);
	return CLI_OK;
}

static int man(struct cli *c)
{
	struct buf b;
	buf_init(&b, (size_t)1 << 20);
	cli_man(&b, NURTURED_VERSION);
	return put_text(c, (struct answer){.name = "man"}, &b);
}

int cli_help_of(struct cli *c, const struct verb *v)
{
	if (c->json)
		return answer(c, &(struct answer){.verbs = true, .only = v});
	if (v != NULL)
		cli_help_verb(c, v);
	else
		cli_help(c);
	return CLI_OK;
}

static int run_help(struct cli *c)
{
	if (cli_flag(c, "man"))
		return man(c);
	if (cli_flag(c, "codes"))
		return codes(c);
	if (c->args_n > 1)
		return cli_usage(c, "help wants one verb, or one code");
	if (c->args_n == 0)
		return cli_help_of(c, NULL);
	for (size_t i = 0; i < cli_verb_rows_n; i++)
		if (strcmp(cli_verb_rows[i]->name, c->args[0]) == 0)
			return cli_help_of(c, cli_verb_rows[i]);
	return code(c, str_of(c->args[0]));
}

static int run_completion(struct cli *c)
{
	struct buf b;
	buf_init(&b, (size_t)1 << 20);
	if (c->args_n != 1 || !cli_completion(str_of(c->args[0]), &b)) {
		buf_finish(&b);
		return cli_usage(c, "completion wants bash, zsh or fish");
	}
	return put_text(c, (struct answer){.name = "script", .shell = c->args[0]}, &b);
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
