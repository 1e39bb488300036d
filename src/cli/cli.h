/* SPDX-License-Identifier: Apache-2.0
 * cli.h: the frame every verb stands in: options, words, exit codes.
 *
 * A verb is one const row (cli/verbs.c) and one file (cli/verb_NAME.c). From the row come --help,
 * the man page, shell completion and the checks of options; nothing of that is written twice.
 * Data goes to stdout, talk goes to stderr; --json makes one object or JSON lines of the data.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"

#include <stdio.h>

/* Exit codes; documented, tested, never renumbered. */
enum cli_exit {
	CLI_OK = 0,
	CLI_PROBLEMS = 1, /* the verb did its work and found problems (validate, doctor, replay) */
	CLI_USAGE = 2,    /* wrong use */
	CLI_UNREACHABLE = 3, /* the daemon does not answer */
	CLI_NOT_FOUND = 4,
	CLI_DENIED = 5,
	CLI_CONFLICT = 6,
	CLI_CONFIRM = 7, /* needs --yes */
	CLI_INTERRUPTED = 130
};

#define CLI_OPTS_MAX 24
#define CLI_DATA_DEFAULT "nurtured-data"
#define CLI_ARGS_MAX 32
#define CLI_ARENA_BYTES ((size_t)256 << 20)

struct cli_opt {
	const char *name; /* "consent", without dashes; NULL ends the list */
	char letter;      /* 'q' or 0 */
	const char *arg;  /* "FILE": takes a value; NULL: a flag */
	const char *help; /* one line */
};

struct cli;
struct verb {
	const char *name;        /* "lead" */
	const char *group;       /* heading in --help: "run", "look", "change", "keep" */
	const char *args;        /* "list | get LEAD | merge INTO OTHER" */
	const char *summary;     /* one line, imperative */
	const char *detail;      /* paragraphs for --help and the man page; may be NULL */
	const char *examples[6]; /* "nurtured lead get sara@acme.example  # by any identifier" */
	struct cli_opt opts[CLI_OPTS_MAX];
	const char *subverbs; /* "list get merge split": for completion; may be NULL */
	int (*run)(struct cli *c);
};

struct cli {
	const struct verb *verb;
	const char *args[CLI_ARGS_MAX]; /* positional, behind the verb */
	size_t args_n;
	const char *values[CLI_OPTS_MAX]; /* by index in verb->opts; NULL: not given; flags: "" */
	/* global options */
	const char *called; /* how this program was called, for hints that can be copied */
	const char *data;   /* --data DIR, NURTURED_DATA, else "./nurtured-data" */
	bool json, plain, quiet, verbose, no_input, yes, dry_run, colour;
	bool out_tty, talk_tty;
	FILE *out, *talk;
	struct arena arena; /* of the whole run */
	struct err err;
};

/* The whole program: argv[0] ignored. Returns the exit code. */
int cli_main(int argc, char **argv);
const struct cli_opt *cli_globals(void); /* ends with name == NULL */

/* ---- for verbs ---- */

const char *cli_value(const struct cli *c, const char *opt); /* NULL: not given */
bool cli_flag(const struct cli *c, const char *opt);
/* Prints what, where, why and fix (or the error object with --json), and gives the exit code of
 * the status. `fix` may be NULL. */
int cli_fail(struct cli *c, const char *fix);
/* The same for what opening the folder of data has failed with. */
int cli_fail_open(struct cli *c);
/* The same for what was asked with the arguments: where they are wrong it is wrong use. */
int cli_refused(struct cli *c);
int cli_usage(struct cli *c, const char *fmt, ...)
	PRINTF_LIKE(2, 3); /* wrong use: 2, with a hint */
void cli_talk(struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3); /* stderr, silent with -q */
void cli_next(struct cli *c, const char *fmt, ...)
	PRINTF_LIKE(2, 3);                     /* "Next: ..." on a terminal */
void cli_put(struct cli *c, struct str text);  /* stdout, as is */
void cli_line(struct cli *c, struct str text); /* and a newline */
int cli_exit_of(enum status st);
/* Asks on a terminal; --yes says yes; without a terminal: no, and exit code CLI_CONFIRM is due. */
bool cli_confirm(struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool cli_interrupted(void); /* Ctrl-C was pressed; verbs with long work look */
const char *cli_tint(const struct cli *c,
		     const char *name); /* "red", "green", "dim", "bold", "off" */

/* ---- verb_help.c ---- */
/* --help and the verb help: text, or a document with --json. NULL: all verbs. */
int cli_help_of(struct cli *c, const struct verb *v);

/* ---- help.c ---- */
void cli_help(struct cli *c); /* all verbs */
void cli_help_verb(struct cli *c, const struct verb *v);
void cli_man(struct buf *out, const char *version);     /* man page, troff */
bool cli_completion(struct str shell, struct buf *out); /* bash, zsh, fish */

#endif
