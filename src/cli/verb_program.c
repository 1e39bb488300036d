/* SPDX-License-Identifier: Apache-2.0
 * verb_program.c: validate, plan and apply: a program from file to force. Validate reads the file
 * alone; plan puts people beside every change; apply writes one event. */
#include "base/clock.h"
#include "base/file.h"
#include "cli/look.h"
#include "cli/plan.h"
#include "cli/verbs.h"
#include "program/report.h"

static enum status read_program(struct cli *c, struct str *text)
{
	const char *path = c->args_n ? c->args[0] : "program.yaml";
	return file_read(path, PROGRAM_BYTES_MAX, &c->arena, text, &c->err);
}

static void print_report(struct cli *c, const struct program_report *r, struct str text)
{
	struct buf b;
	const char *path = c->args_n ? c->args[0] : "program.yaml";
	buf_init(&b, (size_t)1 << 20);
	if (c->json)
		program_report_json(r, path, &b);
	else
		program_report_text(r, path, text, c->colour, &b);
	cli_put(c, buf_view(&b));
	buf_finish(&b);
}

/* Loads and reports; the exit code when it must not go on, else -1 with *p filled. */
static int load(struct cli *c, struct str *text, struct program **p)
{
	struct program_report report = {.n = 0};
	if (c->args_n > 1)
		return cli_usage(c, "one file, please");
	if (read_program(c, text) != ST_OK)
		return cli_fail(c, "give the file: nurtured validate FILE");
	enum status st = program_load(*text, &c->arena, p, &report, &c->err);
	if (report.n > 0)
		print_report(c, &report, *text);
	if (st == ST_OK)
		return -1;
	return st == ST_INVALID ? CLI_PROBLEMS : cli_fail(c, NULL);
}

static int fix(struct cli *c)
{
	struct str text;
	struct program *p = NULL;
	struct program_report report = {.n = 0};
	struct buf mended;
	if (read_program(c, &text) != ST_OK)
		return cli_fail(c, NULL);
	if (program_load(text, &c->arena, &p, &report, &c->err) == ST_OK)
		program_destroy(&p);
	buf_init_arena(&mended, &c->arena, 2 * PROGRAM_BYTES_MAX);
	size_t n = program_fix(text, &report, &mended);
	if (n > 0 && !c->dry_run &&
	    file_write_atomic(c->args_n ? c->args[0] : "program.yaml", buf_view(&mended), 0644,
			      &c->err) != ST_OK)
		return cli_fail(c, NULL);
	cli_talk(c, "%zu suggestion(s) %s\n", n, c->dry_run ? "would be put in" : "put in");
	return CLI_OK;
}

static int run_validate(struct cli *c)
{
	struct str text;
	struct program *p = NULL;
	if (cli_flag(c, "schema")) {
		struct buf b;
		buf_init(&b, (size_t)1 << 20);
		program_schema(&b);
		cli_line(c, buf_view(&b));
		buf_finish(&b);
		return CLI_OK;
	}
	if (cli_flag(c, "fix")) {
		int rc = fix(c);
		if (rc != CLI_OK)
			return rc;
	}
	int rc = load(c, &text, &p);
	if (rc >= 0)
		return rc;
	if (!c->json)
		fprintf(c->out,
			"ok: " STR_FMT ", %zu fit rules, %zu engagement rules, %zu features\n",
			STR_ARG(p->name), p->fit_n, p->points_n, p->features_n);
	cli_next(c, "nurtured plan %s", c->args_n ? c->args[0] : "program.yaml");
	program_destroy(&p);
	return CLI_OK;
}

static int run_plan(struct cli *c)
{
	struct str text;
	struct program *p = NULL;
	struct door d;
	int rc = load(c, &text, &p);
	if (rc >= 0)
		return rc;
	if (door_open(c, DOOR_READ, &d, &c->err) != ST_OK) {
		program_destroy(&p);
		return cli_fail(c, "nurtured init");
	}
	rc = plan_show(c, &d, p);
	cli_next(c, "nurtured apply %s", c->args_n ? c->args[0] : "program.yaml");
	door_close(&d);
	program_destroy(&p);
	return rc;
}

static int send_apply(struct cli *c, struct door *d, struct str text)
{
	struct buf props;
	struct json_w w;
	struct str row;
	buf_init_arena(&props, &c->arena, 8 * PROGRAM_BYTES_MAX);
	json_w_init(&w, &props);
	json_w_object(&w);
	json_w_kstr(&w, "source", text);
	json_w_end(&w);
	struct door_item item = {
		.source = STR("operator"),
		.event = {.type = STR("program.apply"),
			  .properties = buf_view(&props),
			  .occurred_us = clock_now_us(),
			  .flags = EVENT_SYSTEM,
			  .context.scroll = -1},
	};
	if (door_send(c, d, &item, 1, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	if (store_get(d->node->store, TABLE_DEAD_LETTER, KEY_NUM(item.seq), &c->arena, &row,
		      &c->err) == ST_OK) {
		(void)err_set(&c->err, ST_INVALID,
			      "the daemon could not apply it: see nurtured events --dead");
		return cli_fail(c, NULL);
	}
	if (c->json)
		fprintf(c->out, "{\"schema\":\"nurtured.apply/1\",\"seq\":%llu}\n",
			(unsigned long long)item.seq);
	else
		fprintf(c->out, "applied (event %llu)\n", (unsigned long long)item.seq);
	cli_next(c, "nurtured lead list --tier hot");
	return CLI_OK;
}

static int run_apply(struct cli *c)
{
	struct str text;
	struct program *p = NULL;
	struct door d;
	int rc = load(c, &text, &p);
	if (rc >= 0)
		return rc;
	if (door_open(c, c->dry_run ? DOOR_READ : DOOR_WRITE, &d, &c->err) != ST_OK) {
		program_destroy(&p);
		return cli_fail(c, "nurtured init");
	}
	rc = c->json ? CLI_OK : plan_show(c, &d, p);
	program_destroy(&p);
	if (rc == CLI_OK && c->dry_run)
		cli_talk(c, "nothing was changed (--dry-run)\n");
	else if (rc == CLI_OK && d.program != NULL && !cli_confirm(c, "Apply?"))
		rc = CLI_CONFIRM;
	else if (rc == CLI_OK)
		rc = send_apply(c, &d, text);
	if (rc == CLI_CONFIRM)
		cli_talk(c, "nothing was changed; say --yes to apply\n");
	door_close(&d);
	return rc;
}

const struct verb verb_validate = {
	.name = "validate",
	.group = "change",
	.args = "[FILE]",
	.summary = "Check a program file; all problems at once",
	.examples = {"nurtured validate program.yaml", "nurtured validate program.yaml --fix",
		     "nurtured validate --schema > program.schema.json   # for your editor"},
	.opts = {{"fix", 0, NULL, "put the suggestions in, comments kept"},
		 {"schema", 0, NULL, "print the JSON Schema of program files"}},
	.run = run_validate,
};

const struct verb verb_plan = {
	.name = "plan",
	.group = "change",
	.args = "[FILE]",
	.summary = "Show, in people, what a program would change; nothing is written",
	.examples = {"nurtured plan program.yaml", "nurtured plan program.yaml --json"},
	.run = run_plan,
};

const struct verb verb_apply = {
	.name = "apply",
	.group = "change",
	.args = "[FILE]",
	.summary = "Make a program the one in force",
	.detail =
		"Checks the file, shows the plan, asks, and appends one program.apply event. Every "
		"lead is "
		"looked at again under the new program. Asks nothing when no program was in force.",
	.examples = {"nurtured apply program.yaml", "nurtured apply program.yaml --yes"},
	.run = run_apply,
};
