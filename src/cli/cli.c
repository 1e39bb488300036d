/* SPDX-License-Identifier: Apache-2.0
 * cli.c: from argv to a verb. Our own small parser instead of getopt: options may stand anywhere,
 * a wrong one gets a suggestion, and the same table feeds help, man page and completion. */
#include "cli/cli.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "node/node.h"

#include "base/assert.h"
#include "base/clock.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA_BYTES_MAX (NODE_PATH_MAX - 128) /* with the names of what is in it */

enum global {
	G_DATA,
	G_JSON,
	G_PLAIN,
	G_QUIET,
	G_VERBOSE,
	G_NO_INPUT,
	G_YES,
	G_DRY_RUN,
	G_NO_COLOUR,
	G_HELP,
	G_VERSION,
	G_COUNT
};

static const struct cli_opt globals[G_COUNT + 1] = {
	[G_DATA] = {"data", 'd', "DIR",
		    "folder of data (or NURTURED_DATA; default ./nurtured-data)"},
	[G_JSON] = {"json", 0, NULL, "data as JSON: one object, or one per line"},
	[G_PLAIN] = {"plain", 0, NULL, "tab-separated lines without headings, for grep and cut"},
	[G_QUIET] = {"quiet", 'q', NULL, "no talk, only data and errors"},
	[G_VERBOSE] = {"verbose", 'v', NULL, "say more"},
	[G_NO_INPUT] = {"no-input", 0, NULL, "never ask"},
	[G_YES] = {"yes", 'y', NULL, "yes to every question"},
	[G_DRY_RUN] = {"dry-run", 'n', NULL, "say what would be done, and change nothing"},
	[G_NO_COLOUR] = {"no-color", 0, NULL, "no colours (or NO_COLOR)"},
	[G_HELP] = {"help", 'h', NULL, "this help"},
	[G_VERSION] = {"version", 0, NULL, "print the version"},
};

const struct cli_opt *cli_globals(void)
{
	return globals;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	if (interrupted)
		_exit(CLI_INTERRUPTED); /* the second one means it */
	interrupted = 1;
}

bool cli_interrupted(void)
{
	return interrupted != 0;
}

/* ---- words ---- */

const char *cli_tint(const struct cli *c, const char *name)
{
	static const struct {
		const char *name, *code;
	} tints[] = {{"red", "\033[31m"}, {"green", "\033[32m"}, {"yellow", "\033[33m"},
		     {"dim", "\033[2m"},  {"bold", "\033[1m"},   {"off", "\033[0m"}};
	for (size_t i = 0; c->colour && i < sizeof tints / sizeof tints[0]; i++)
		if (strcmp(tints[i].name, name) == 0)
			return tints[i].code;
	return "";
}

void cli_talk(struct cli *c, const char *fmt, ...)
{
	va_list ap;
	if (c->quiet)
		return;
	va_start(ap, fmt);
	(void)vfprintf(c->talk, fmt, ap);
	va_end(ap);
}

void cli_next(struct cli *c, const char *fmt, ...)
{
	va_list ap;
	if (c->quiet || c->json || c->plain || !c->talk_tty)
		return;
	fprintf(c->talk, "%sNext:%s ", cli_tint(c, "bold"), cli_tint(c, "off"));
	va_start(ap, fmt);
	(void)vfprintf(c->talk, fmt, ap);
	va_end(ap);
	fputc('\n', c->talk);
}

void cli_put(struct cli *c, struct str text)
{
	if (text.n)
		(void)fwrite(text.p, 1, text.n, c->out); /* checked once, at the end of the run */
}

void cli_line(struct cli *c, struct str text)
{
	cli_put(c, text);
	fputc('\n', c->out);
}

int cli_exit_of(enum status st)
{
	switch (st) {
	case ST_OK:
	case ST_EXISTS: return CLI_OK;
	case ST_NOT_FOUND: return CLI_NOT_FOUND;
	case ST_DENIED:
	case ST_UNAUTHENTICATED: return CLI_DENIED;
	case ST_CONFLICT: return CLI_CONFLICT;
	case ST_UNAVAILABLE:
	case ST_TIMEOUT:
	case ST_BUSY: return CLI_UNREACHABLE;
	default: return CLI_PROBLEMS;
	}
}

static void fail_json(struct cli *c, const char *type, const char *message, const char *fix)
{
	struct buf b;
	struct json_w w;
	buf_init(&b, 1u << 16);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_key(&w, "error");
	json_w_object(&w);
	json_w_kz(&w, "type", type);
	json_w_kz(&w, "code", type);
	json_w_kz(&w, "message", message);
	if (fix != NULL)
		json_w_kz(&w, "fix", fix);
	json_w_end(&w);
	json_w_end(&w);
	cli_line(c, buf_view(&b));
	buf_finish(&b);
}

static void fail_text(struct cli *c, const char *message, const char *fix)
{
	fprintf(c->talk, "%serror:%s %s\n", cli_tint(c, "red"), cli_tint(c, "off"), message);
	if (fix != NULL)
		fprintf(c->talk, "  fix: %s\n", fix);
}

int cli_fail(struct cli *c, const char *fix)
{
	ASSERT(c->err.status != ST_OK);
	if (c->json)
		fail_json(c, status_name(c->err.status), c->err.text, fix);
	else
		fail_text(c, c->err.text, fix);
	return cli_exit_of(c->err.status);
}

int cli_fail_open(struct cli *c)
{
	return cli_fail(c, c->err.status == ST_NOT_FOUND ? "nurtured init" : NULL);
}

int cli_usage(struct cli *c, const char *fmt, ...)
{
	char text[512], hint[128] = "nurtured --help";
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); /* cut text is still text */
	va_end(ap);
	if (c->verb != NULL)
		(void)snprintf(hint, sizeof hint, "nurtured %s --help", c->verb->name);
	if (c->json)
		fail_json(c, "usage", text, hint);
	else
		fail_text(c, text, hint);
	return CLI_USAGE;
}

int cli_refused(struct cli *c)
{
	return c->err.status == ST_INVALID ? cli_usage(c, "%s", c->err.text) : cli_fail(c, NULL);
}

bool cli_confirm(struct cli *c, const char *fmt, ...)
{
	char answer[16] = "";
	va_list ap;
	if (c->yes)
		return true;
	if (c->no_input || !isatty(STDIN_FILENO))
		return false;
	va_start(ap, fmt);
	(void)vfprintf(c->talk, fmt, ap);
	va_end(ap);
	fputs(" [y/N] ", c->talk);
	fflush(c->talk);
	return fgets(answer, sizeof answer, stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

/* ---- options ---- */

static size_t find_opt(const struct cli_opt *opts, struct str name, char letter)
{
	size_t i = 0;
	for (; opts[i].name != NULL; i++)
		if ((letter && opts[i].letter == letter) || (!letter && str_is(name, opts[i].name)))
			break;
	return i;
}

const char *cli_value(const struct cli *c, const char *opt)
{
	size_t i = find_opt(c->verb->opts, str_of(opt), 0);
	ASSERT(c->verb->opts[i].name != NULL); /* a verb asks only for its own options */
	return c->values[i];
}

bool cli_flag(const struct cli *c, const char *opt)
{
	return cli_value(c, opt) != NULL;
}

static void nearest(const struct cli_opt *opts, struct str name, const char **best,
		    unsigned *distance)
{
	for (size_t i = 0; opts[i].name != NULL; i++) {
		unsigned d = str_distance(name, str_of(opts[i].name));
		if (d < *distance) {
			*distance = d;
			*best = opts[i].name;
		}
	}
}

static int unknown_option(struct cli *c, const char *arg, struct str name)
{
	const char *best = NULL;
	unsigned distance = 4;
	nearest(globals, name, &best, &distance);
	if (c->verb != NULL)
		nearest(c->verb->opts, name, &best, &distance);
	if (best != NULL)
		return cli_usage(c, "there is no option %s; did you mean --%s?", arg, best);
	return cli_usage(c, "there is no option %s", arg);
}

static void set_global(struct cli *c, enum global g, const char *value)
{
	switch (g) {
	case G_DATA: c->data = value; break;
	case G_JSON: c->json = true; break;
	case G_PLAIN: c->plain = true; break;
	case G_QUIET: c->quiet = true; break;
	case G_VERBOSE: c->verbose = true; break;
	case G_NO_INPUT: c->no_input = true; break;
	case G_YES: c->yes = true; break;
	case G_DRY_RUN: c->dry_run = true; break;
	case G_NO_COLOUR: c->colour = false; break;
	default: break; /* help and version are looked for by the caller */
	}
}

struct parse {
	int argc, at;
	char **argv;
	bool help, version, rest; /* rest: behind "--" nothing is an option */
};

/* One option; the value may stand behind '=' or in the next argument. */
static int take_option(struct cli *c, struct parse *p)
{
	const char *arg = p->argv[p->at];
	bool is_long = arg[1] == '-';
	struct str rest = str_of(arg + (is_long ? 2 : 1)), name = rest;
	bool has_value = false;
	if (is_long) {
		name = str_cut(&rest, '=');
		has_value = rest.p != NULL;
	}
	char letter = is_long ? 0 : arg[1];
	const struct cli_opt *opts = globals;
	size_t i = find_opt(globals, name, letter);
	if (globals[i].name == NULL && c->verb != NULL) {
		opts = c->verb->opts;
		i = find_opt(opts, name, letter);
	}
	if (opts[i].name == NULL || (!is_long && arg[2] != '\0'))
		return unknown_option(c, arg, name);
	const char *value = "";
	if (opts[i].arg == NULL && has_value)
		return cli_usage(c, "--%s takes no value", opts[i].name);
	if (opts[i].arg != NULL && has_value)
		value = rest.p;
	if (opts[i].arg != NULL && !has_value) {
		if (p->at + 1 >= p->argc)
			return cli_usage(c, "--%s needs a value: %s", opts[i].name, opts[i].arg);
		value = p->argv[++p->at];
	}
	if (opts != globals) {
		c->values[i] = value;
		return CLI_OK;
	}
	p->help |= i == G_HELP;
	p->version |= i == G_VERSION;
	set_global(c, (enum global)i, value);
	return CLI_OK;
}

static int parse_all(struct cli *c, struct parse *p)
{
	for (; p->at < p->argc; p->at++) {
		const char *arg = p->argv[p->at];
		if (!p->rest && strcmp(arg, "--") == 0) {
			p->rest = true;
			continue;
		}
		if (!p->rest && arg[0] == '-' && arg[1] != '\0') {
			int rc = take_option(c, p);
			if (rc != CLI_OK)
				return rc;
			continue;
		}
		if (c->args_n == CLI_ARGS_MAX)
			return cli_usage(c, "more than %d arguments", CLI_ARGS_MAX);
		c->args[c->args_n++] = arg;
	}
	return CLI_OK;
}

/* ---- verbs ---- */

static const struct verb *find_verb(struct str name)
{
	size_t n = cli_verb_rows_n;
	const struct verb *const *verbs = cli_verb_rows;
	for (size_t i = 0; i < n; i++)
		if (str_is(name, verbs[i]->name))
			return verbs[i];
	return NULL;
}

static int unknown_verb(struct cli *c, const char *name)
{
	size_t n = cli_verb_rows_n, best = SIZE_MAX;
	/* A word of which more than half is another one was not meant. */
	unsigned half = (unsigned)(strlen(name) / 2) + 1, distance = half < 4 ? half : 4;
	const struct verb *const *verbs = cli_verb_rows;
	for (size_t i = 0; i < n; i++) {
		unsigned d = str_distance(str_of(name), str_of(verbs[i]->name));
		if (d < distance) {
			distance = d;
			best = i;
		}
	}
	if (best != SIZE_MAX)
		return cli_usage(c, "there is no verb \"%s\"; did you mean \"%s\"?", name,
				 verbs[best]->name);
	return cli_usage(c, "there is no verb \"%s\"", name);
}

/* A wrong call is answered as JSON too, or without colours, wherever that stands in it. */
static bool asked(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

static void init(struct cli *c, int argc, char **argv)
{
	const char *data = getenv("NURTURED_DATA");
	*c = (struct cli){
		.out = stdout,
		.talk = stderr,
		.data = data && data[0] ? data : CLI_DATA_DEFAULT,
		.out_tty = isatty(STDOUT_FILENO),
		.talk_tty = isatty(STDERR_FILENO),
	};
	umask(0077); /* whatever a verb writes is about people: for its owner alone */
	c->json = asked(argc, argv, "--json");
	c->colour = c->out_tty && c->talk_tty && getenv("NO_COLOR") == NULL &&
		    !asked(argc, argv, "--no-color");
	if (c->out_tty)
		c->out = terminal_open(stdout, c->colour);
	if (c->talk_tty) {
		c->talk = terminal_open(stderr, c->colour);
		(void)setvbuf(c->talk, NULL, _IONBF, 0); /* as stderr is */
	}
	arena_init(&c->arena, CLI_ARENA_BYTES);
	struct sigaction sa = {.sa_handler = on_interrupt};
	sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

/* The verb is the first argument that is no option (or value of a global one). */
static int pick_verb(struct cli *c, int argc, char **argv, struct parse *p)
{
	for (p->at = 1; p->at < argc; p->at++) {
		if (argv[p->at][0] != '-' || argv[p->at][1] == '\0')
			break;
		int rc = take_option(c, p);
		if (rc != CLI_OK)
			return rc;
	}
	if (p->at >= argc)
		return CLI_OK;
	c->verb = find_verb(str_of(argv[p->at]));
	if (c->verb == NULL)
		return unknown_verb(c, argv[p->at]);
	p->at++;
	return parse_all(c, p);
}

static int run(struct cli *c, const struct parse *p)
{
	if (p->version && c->json)
		fputs("{\"schema\":\"nurtured.version/1\",\"version\":\"" NURTURED_VERSION "\"}\n",
		      c->out);
	else if (p->version)
		fputs("nurtured " NURTURED_VERSION "\n", c->out);
	if (p->version)
		return CLI_OK;
	if (p->help)
		return cli_help_of(c, c->verb);
	if (c->verb == NULL)
		c->verb = find_verb(STR("status"));
	if (c->verb == NULL) {
		cli_help(c);
		return CLI_USAGE;
	}
	if (c->verb->args[0] == '\0' && c->args_n > 0)
		return cli_usage(c, "%s takes no arguments", c->verb->name);
	if (strlen(c->data) > DATA_BYTES_MAX)
		return cli_usage(c,
				 "the path of the data folder is longer than %d bytes: change "
				 "into a folder above it and give the rest",
				 DATA_BYTES_MAX);
	/* What time it is, is the folder's to say, before a verb notes it. */
	int64_t shift = 0;
	if (node_clock_read(c->data, &shift, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	clock_shift(shift);
	return c->verb->run(c);
}

/* Who has read enough closes the pipe (| head): that is no fault, and nothing to talk about. */
static bool reader_left(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

int cli_main(int argc, char **argv)
{
	struct cli *c = mem_alloc(sizeof *c);
	struct parse p = {.argc = argc, .argv = argv};
	init(c, argc, argv);
	c->called = argc > 0 ? argv[0] : "nurtured";
	int rc = pick_verb(c, argc, argv, &p);
	if (rc == CLI_OK)
		rc = run(c, &p);
	if ((fflush(c->out) != 0 || ferror(c->out)) && rc == CLI_OK && !reader_left()) {
		fputs("error: cannot write the output\n", stderr);
		rc = CLI_PROBLEMS;
	}
	if (cli_interrupted() && rc == CLI_OK)
		rc = CLI_INTERRUPTED;
	if (c->out != stdout)
		(void)fclose(c->out); /* flushed and looked at above */
	if (c->talk != stderr)
		(void)fclose(c->talk);
	arena_finish(&c->arena);
	mem_free(c);
	return rc;
}
