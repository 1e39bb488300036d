/* SPDX-License-Identifier: Apache-2.0
 * verb_program.c: validate, plan and apply: a program and its texts, from files to force. Validate
 * reads files alone; plan puts people beside every change; apply writes events. */
#include "base/assert.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/beside.h"
#include "cli/look.h"
#include "cli/plan.h"
#include "cli/spam.h"
#include "cli/verbs.h"
#include "node/draft.h"
#include "program/report.h"
#include "program/track.h"
#include "view/view_experiment.h"

#include <string.h>
#include <unistd.h>

/* Without a FILE: the one here, else the one init put into the folder of data. */
static const char *program_path(struct cli *c)
{
	char path[NODE_PATH_MAX];
	if (c->args_n)
		return c->args[0];
	if (access("program.yaml", F_OK) == 0 || strlen(c->data) + 32 > NODE_PATH_MAX ||
	    access(node_path(c->data, "program.yaml", path), F_OK) != 0)
		return "program.yaml";
	return arena_strz(&c->arena, str_of(path));
}

/* --content, else the folder beside the program. */
static const char *content_path(struct cli *c)
{
	const char *given = cli_value(c, "content"), *path = program_path(c);
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0;
	if (given != NULL)
		return given;
	return arena_strz(&c->arena, arena_printf(&c->arena, "%.*scontent", dir, path));
}

static enum status read_draft(struct cli *c, struct draft *d)
{
	enum status st =
		file_read(program_path(c), PROGRAM_BYTES_MAX, &c->arena, &d->source, &c->err);
	if (st != ST_OK)
		return st;
	st = draft_read_folder(content_path(c), &c->arena, d, &c->err);
	if (st == ST_NOT_FOUND && cli_value(c, "content") == NULL)
		st = ST_OK; /* a program may be looked at without its texts */
	return st;
}

static void print_report(struct cli *c, const struct draft *d)
{
	struct buf b;
	buf_init(&b, (size_t)1 << 20);
	if (c->json)
		program_report_json(&d->report, program_path(c), &b);
	else
		program_report_text(&d->report, program_path(c), d->source, c->colour, &b);
	cli_put(c, buf_view(&b));
	buf_finish(&b);
}

/* Loads and reports; the exit code when it must not go on, else -1. The caller finishes it. */
static int load(struct cli *c, struct draft *d)
{
	if (c->args_n > 1)
		return cli_usage(c, "one file, please");
	if (read_draft(c, d) != ST_OK)
		return cli_fail(c, c->err.status == ST_NOT_FOUND
					   ? "give the file: nurtured validate FILE"
					   : NULL);
	enum status st = draft_check(d, &c->arena, &c->err);
	if (d->report.n > 0)
		print_report(c, d);
	if (st == ST_OK)
		return -1;
	return st == ST_INVALID ? CLI_PROBLEMS : cli_fail(c, NULL);
}

/* Before it is put in force: every step has its text. -1: it has. */
static int complete(struct cli *c, struct door *door, struct draft *d)
{
	d->report.n = 0; /* what is shown already */
	enum status st = draft_complete(d, door->node->store, &c->arena, &c->err);
	if (st == ST_INVALID && d->report.n > 0) {
		print_report(c, d);
		return CLI_PROBLEMS;
	}
	return st == ST_OK ? -1 : cli_fail(c, NULL);
}

static int fix(struct cli *c)
{
	struct str text;
	struct program *p = NULL;
	struct program_report report = {.n = 0};
	struct buf mended;
	if (file_read(program_path(c), PROGRAM_BYTES_MAX, &c->arena, &text, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	if (program_load(text, &c->arena, &p, &report, &c->err) == ST_OK)
		program_destroy(&p);
	buf_init_arena(&mended, &c->arena, 2 * PROGRAM_BYTES_MAX);
	size_t n = program_fix(text, &report, &mended);
	if (n > 0 && !c->dry_run &&
	    file_write_atomic(program_path(c), buf_view(&mended), 0644, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	cli_talk(c, "%zu suggestion(s) %s\n", n, c->dry_run ? "would be put in" : "put in");
	return CLI_OK;
}

static size_t errors_told(const struct program_report *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		n += !r->problems[i].warning;
	return n;
}

/* The last line of the answer, whatever came before: was all well? */
static void say_json(struct cli *c, const struct draft *d)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, &c->arena, 1u << 16);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.validate/1");
	json_w_kbool(&w, "ok", d->report.errors_n == 0);
	json_w_kz(&w, "file", program_path(c));
	if (d->program != NULL)
		json_w_kstr(&w, "program", d->program->name);
	json_w_ki64(&w, "errors", (int64_t)d->report.errors_n);
	json_w_ki64(&w, "warnings", (int64_t)(d->report.n - errors_told(&d->report)));
	json_w_ki64(&w, "texts", (int64_t)d->index.n);
	json_w_ki64(&w, "partials_and_layouts", (int64_t)d->index.parts_n);
	json_w_kbool(&w, "content_checked", d->has_content);
	json_w_end(&w);
	cli_line(c, buf_view(&b));
}

static void say_valid(struct cli *c, const struct draft *d)
{
	const struct program *p = d->program;
	ASSERT(p != NULL); /* it was found right */
	if (c->json)
		return;
	fprintf(c->out, "ok: " STR_FMT ", %zu fit rules, %zu engagement rules, %zu features",
		STR_ARG(p->name), p->fit_n, p->points_n, p->features_n);
	if (p->play->tracks_n)
		fprintf(c->out, ", %zu tracks", p->play->tracks_n);
	if (d->has_content)
		fprintf(c->out, ", %zu texts", d->index.n);
	if (d->index.parts_n)
		fprintf(c->out, ", %zu partials and layouts", d->index.parts_n);
	fputc('\n', c->out);
	if (p->play->tracks_n && !d->has_content)
		cli_talk(c, "%s is not there: texts were not looked at\n", content_path(c));
}

static int run_validate(struct cli *c)
{
	struct draft d = {0};
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
	int rc = load(c, &d);
	if (c->json && (rc < 0 || rc == CLI_PROBLEMS))
		say_json(c, &d);
	if (rc < 0) {
		say_valid(c, &d);
		rc = cli_flag(c, "spam") ? spam_validate(c, &d) : CLI_OK;
		cli_next(c, "nurtured plan %s", program_path(c));
	}
	draft_finish(&d);
	return rc;
}

static int run_plan(struct cli *c)
{
	struct draft d = {0};
	struct door door;
	int rc = load(c, &d);
	if (rc < 0 && door_open(c, DOOR_READ, &door, &c->err) != ST_OK)
		rc = cli_fail_open(c);
	if (rc >= 0) {
		draft_finish(&d);
		return rc;
	}
	rc = complete(c, &door, &d);
	if (rc < 0) {
		rc = plan_show(c, &door, &d);
		cli_next(c, "nurtured apply %s", program_path(c));
	}
	door_close(&door);
	draft_finish(&d);
	return rc;
}

static int say_beside(struct cli *c, struct door *door, uint64_t seq, size_t texts)
{
	struct view_beside x;
	struct view v = door_view(c, door);
	if (view_beside(&v, &x, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	if (c->json)
		fprintf(c->out,
			"{\"schema\":\"nurtured.apply/"
			"1\",\"seq\":%llu,\"texts\":%zu,\"version\":%llu,"
			"\"share\":%u,\"experiment\":\"" STR_FMT "\"}\n",
			(unsigned long long)seq, texts, (unsigned long long)x.version, x.percent,
			STR_ARG(x.name));
	else
		fprintf(c->out,
			"version %llu stands beside version %llu, for %u %% of leads (event %llu, "
			"%zu new texts)\n",
			(unsigned long long)x.version, (unsigned long long)x.base, x.percent,
			(unsigned long long)seq, texts);
	cli_next(c, "nurtured experiment show " STR_FMT, STR_ARG(x.name));
	return CLI_OK;
}

static int send_apply(struct cli *c, struct door *door, const struct draft *d)
{
	struct str row;
	struct draft_events events;
	enum status st =
		draft_entries(d, door->node->store, clock_now_us(), &c->arena, &events, &c->err);
	if (st == ST_OK)
		st = door_append(c, door, events.list, events.n, &c->err);
	if (st != ST_OK)
		return cli_fail(c, NULL);
	size_t n = events.n;
	uint64_t seq = events.list[n - 1].seq;
	if (store_get(door->node->store, TABLE_DEAD_LETTER, KEY_NUM(seq), &c->arena, &row,
		      &c->err) == ST_OK) {
		(void)err_set(&c->err, ST_INVALID,
			      "the daemon could not apply it: see nurtured events --dead");
		return cli_fail(c, NULL);
	}
	if (d->beside != NULL)
		return say_beside(c, door, seq, n - 1);
	if (c->json)
		fprintf(c->out, "{\"schema\":\"nurtured.apply/1\",\"seq\":%llu,\"texts\":%zu}\n",
			(unsigned long long)seq, n - 1);
	else if (n > 1)
		fprintf(c->out, "applied (event %llu, %zu new texts)\n", (unsigned long long)seq,
			n - 1);
	else
		fprintf(c->out, "applied (event %llu)\n", (unsigned long long)seq);
	cli_next(c, "nurtured lead list --tier hot");
	return CLI_OK;
}

static void say_unchanged(struct cli *c, uint64_t version)
{
	unsigned long long v = version;
	if (c->json)
		fprintf(c->out,
			"{\"schema\":\"nurtured.apply/1\",\"unchanged\":true,\"version\":%llu}\n",
			v);
	else
		fprintf(c->out, "unchanged: this is version %llu, which is in force\n", v);
}

static int confirm_and_apply(struct cli *c, struct door *door, const struct draft *d)
{
	uint64_t version = 0;
	enum status st = draft_allowed(d, door->node->store, &c->arena, &c->err);
	if (st == ST_OK && d->beside == NULL)
		st = draft_unchanged(d, door->node->store, &c->arena, &version, &c->err);
	if (st != ST_OK)
		return cli_fail(c, NULL);
	if (version > 0) {
		say_unchanged(c, version);
		return CLI_OK;
	}
	int rc = c->json ? CLI_OK : plan_show(c, door, d);
	if (rc == CLI_OK && d->beside != NULL)
		cli_talk(c, "all this for %u %% of leads; the others stay as they are\n",
			 d->beside->percent);
	if (rc == CLI_OK && c->dry_run)
		cli_talk(c, "nothing was changed (--dry-run)\n");
	else if (rc == CLI_OK && door->program != NULL && !cli_confirm(c, "Apply?"))
		rc = CLI_CONFIRM;
	else if (rc == CLI_OK)
		rc = send_apply(c, door, d);
	if (rc == CLI_CONFIRM)
		cli_talk(c, "nothing was changed; say --yes to apply\n");
	return rc;
}

static int run_apply(struct cli *c)
{
	struct draft d = {0};
	struct door door;
	struct program_beside how;
	bool shared, promote = cli_flag(c, "promote"), withdraw = cli_flag(c, "withdraw");
	int rc = beside_terms(c, &how, &shared);
	if (rc < 0 && promote + withdraw + shared + (c->args_n > 0 && (promote || withdraw)) > 1)
		rc = cli_usage(c, "one of: FILE, FILE --share PERCENT, --promote, --withdraw");
	if (rc < 0 && (promote || withdraw))
		rc = beside_end(c, promote);
	if (rc >= 0)
		return rc;
	rc = load(c, &d);
	d.beside = shared ? &how : NULL;
	if (rc < 0 && door_open(c, c->dry_run ? DOOR_READ : DOOR_WRITE, &door, &c->err) != ST_OK)
		rc = cli_fail_open(c);
	if (rc >= 0) {
		draft_finish(&d);
		return rc;
	}
	rc = complete(c, &door, &d);
	if (rc < 0)
		rc = confirm_and_apply(c, &door, &d);
	door_close(&door);
	draft_finish(&d);
	return rc;
}

#define OPT_CONTENT \
	{ \
		"content", 0, "DIR", "the folder of its texts (default content/ beside FILE)" \
	}

const struct verb verb_validate = {
	.name = "validate",
	.group = "change",
	.args = "[FILE]",
	.summary = "Check a program file and its texts; all problems at once",
	.detail = "With --spam each text is written to a person who does not exist and shown to "
		  "SpamAssassin, when it is installed; exit code 1 when it would put one aside. "
		  "With --json the last line says whether all is well.",
	.examples = {"nurtured validate program.yaml", "nurtured validate program.yaml --fix",
		     "nurtured validate program.yaml --spam",
		     "nurtured validate --schema > program.schema.json   # for your editor"},
	.opts = {{"fix", 0, NULL, "put the suggestions in, comments kept"},
		 {"spam", 0, NULL, "ask SpamAssassin about every text"},
		 OPT_CONTENT,
		 {"schema", 0, NULL, "print the JSON Schema of program files"}},
	.run = run_validate,
};

const struct verb verb_plan = {
	.name = "plan",
	.group = "change",
	.args = "[FILE]",
	.summary = "Show, in people, what a program would change; nothing is written",
	.examples = {"nurtured plan program.yaml", "nurtured plan program.yaml --json"},
	.opts = {OPT_CONTENT},
	.run = run_plan,
};

const struct verb verb_apply = {
	.name = "apply",
	.group = "change",
	.args = "[FILE]",
	.summary = "Make a program, with its texts, the one in force",
	.detail =
		"Does nothing when program and texts are those in force. "
		"Checks the file and content/ beside it, shows the plan, asks, and appends the "
		"texts that are new and one program.apply event. Every lead is looked at again "
		"under the new program; whoever is inside a step stays with the version they are "
		"in. Without content/ the texts in force stay. Asks nothing when no program was "
		"in force. With --share the version stands beside the one in force: so many of the "
		"leads, drawn by lead and kept, are on it, and experiment show compares the two "
		"until --promote or --withdraw, or until the rule of --then ends it. Beside the "
		"version in force a program may differ in send_as, tracks, triggers, guardrails "
		"and texts alone.",
	.examples =
		{"nurtured apply program.yaml", "nurtured apply program.yaml --yes",
		 "nurtured apply program.yaml --share 10",
		 "nurtured apply program.yaml --share 20 --then ship --guard left:2 --within 60d",
		 "nurtured apply --promote"},
	.opts = {OPT_CONTENT, BESIDE_OPTS},
	.run = run_apply,
};
