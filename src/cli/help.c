/* SPDX-License-Identifier: Apache-2.0
 * help.c: everything that is said about verbs, from the table of verbs: --help, the man page and
 * shell completion cannot disagree. */
#include "cli/cli.h"
#include "cli/verbs.h"

static const struct {
	const char *id, *title;
} groups[] = {
	{"run", "Run it"},
	{"look", "Look at leads"},
	{"change", "Change what it does"},
	{"keep", "Keep it healthy"},
};
#define GROUPS (sizeof groups / sizeof groups[0])

static const char *const exits[] = {
	"0 ok; 1 problems were found; 2 wrong use; 3 the daemon does not answer;",
	"4 not found; 5 not allowed; 6 conflict; 7 needs --yes; 130 interrupted",
};

void cli_help(struct cli *c)
{
	size_t n = cli_verb_rows_n;
	const struct verb *const *verbs = cli_verb_rows;
	const char *bold = cli_tint(c, "bold"), *off = cli_tint(c, "off");
	fprintf(c->out,
		"nurtured: takes in what leads do, knows whose it is, scores it, explains it.\n\n");
	fprintf(c->out, "%sUsage:%s nurtured VERB [OPTIONS]\n\n%sFirst steps%s\n", bold, off, bold,
		off);
	fprintf(c->out, "  nurtured init                      # a folder of data, a write key\n");
	fprintf(c->out, "  nurtured serve                     # the daemon\n");
	fprintf(c->out, "  nurtured trigger form.ebook --email sara@acme.example\n");
	for (size_t g = 0; g < GROUPS; g++) {
		fprintf(c->out, "\n%s%s%s\n", bold, groups[g].title, off);
		for (size_t i = 0; i < n; i++)
			if (strcmp(verbs[i]->group, groups[g].id) == 0)
				fprintf(c->out, "  %-11s %s\n", verbs[i]->name, verbs[i]->summary);
	}
	fprintf(c->out, "\n%sFor every verb%s\n", bold, off);
	for (const struct cli_opt *o = cli_globals(); o->name != NULL; o++)
		fprintf(c->out, "  --%-10s %s\n", o->name, o->help);
	fprintf(c->out, "\n%sExit codes%s\n  %s\n  %s\n", bold, off, exits[0], exits[1]);
	fprintf(c->out, "\nMore on one verb: nurtured VERB --help\n");
}

static void put_option(FILE *out, const struct cli_opt *o)
{
	char left[64];
	(void)snprintf(left, sizeof left, "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
		       o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name,
		       o->arg ? " " : "", o->arg ? o->arg : "");
	fprintf(out, "  %-28s %s\n", left, o->help);
}

void cli_help_verb(struct cli *c, const struct verb *v)
{
	const char *bold = cli_tint(c, "bold"), *off = cli_tint(c, "off");
	fprintf(c->out, "nurtured %s: %s\n\n%sExamples%s\n", v->name, v->summary, bold, off);
	for (size_t i = 0; i < sizeof v->examples / sizeof v->examples[0] && v->examples[i]; i++)
		fprintf(c->out, "  %s\n", v->examples[i]);
	fprintf(c->out, "\n%sUsage:%s nurtured %s %s%s\n", bold, off, v->name, v->args,
		v->opts[0].name ? " [OPTIONS]" : "");
	if (v->detail != NULL)
		fprintf(c->out, "\n%s\n", v->detail);
	if (v->opts[0].name != NULL)
		fprintf(c->out, "\n%sOptions%s\n", bold, off);
	for (const struct cli_opt *o = v->opts; o->name != NULL; o++)
		put_option(c->out, o);
	fprintf(c->out, "\n%sFor every verb%s\n", bold, off);
	for (const struct cli_opt *o = cli_globals(); o->name != NULL; o++)
		put_option(c->out, o);
}

/* ---- man page ---- */

/* troff: a line must not start with a dot or quote, backslashes and dashes are escaped. */
static void man_text(struct buf *out, const char *text)
{
	bool start = true;
	for (const char *p = text; *p; p++) {
		if (start && (*p == '.' || *p == '\''))
			buf_z(out, "\\&");
		if (*p == '\\')
			buf_z(out, "\\e");
		else if (*p == '-')
			buf_z(out, "\\-");
		else
			buf_byte(out, *p);
		start = *p == '\n';
	}
}

static void man_option(struct buf *out, const struct cli_opt *o)
{
	buf_z(out, ".TP\n");
	if (o->letter)
		buf_printf(out, "\\fB\\-%c\\fR, ", o->letter);
	buf_z(out, "\\fB\\-\\-");
	man_text(out, o->name);
	buf_z(out, "\\fR");
	if (o->arg)
		buf_printf(out, " \\fI%s\\fR", o->arg);
	buf_byte(out, '\n');
	man_text(out, o->help);
	buf_byte(out, '\n');
}

static void man_verb(struct buf *out, const struct verb *v)
{
	buf_printf(out, ".SS %s\n", v->name);
	buf_printf(out, "\\fBnurtured %s\\fR ", v->name);
	man_text(out, v->args);
	buf_z(out, "\n.PP\n");
	man_text(out, v->summary);
	buf_z(out, ".\n");
	if (v->detail != NULL) {
		buf_z(out, ".PP\n");
		man_text(out, v->detail);
		buf_byte(out, '\n');
	}
	for (const struct cli_opt *o = v->opts; o->name != NULL; o++)
		man_option(out, o);
	buf_z(out, ".PP\n.nf\n");
	for (size_t i = 0; i < sizeof v->examples / sizeof v->examples[0] && v->examples[i]; i++) {
		man_text(out, v->examples[i]);
		buf_byte(out, '\n');
	}
	buf_z(out, ".fi\n");
}

void cli_man(struct buf *out, const char *version)
{
	size_t n = cli_verb_rows_n;
	const struct verb *const *verbs = cli_verb_rows;
	buf_printf(out, ".TH NURTURED 1 \"\" \"nurtured %s\" \"User Commands\"\n", version);
	buf_z(out, ".SH NAME\nnurtured \\- self\\-hosted lead\\-nurture engine\n");
	buf_z(out, ".SH SYNOPSIS\n\\fBnurtured\\fR \\fIVERB\\fR [\\fIOPTIONS\\fR]\n");
	buf_z(out,
	      ".SH DESCRIPTION\nTakes in what leads do, knows whose it is and what they agreed to, "
	      "scores fit and engagement, and can explain every number.\n.SH VERBS\n");
	for (size_t i = 0; i < n; i++)
		man_verb(out, verbs[i]);
	buf_z(out, ".SH OPTIONS\nEvery verb takes these.\n");
	for (const struct cli_opt *o = cli_globals(); o->name != NULL; o++)
		man_option(out, o);
	buf_z(out, ".SH EXIT STATUS\n");
	man_text(out, exits[0]);
	buf_byte(out, '\n');
	man_text(out, exits[1]);
	buf_z(out, ".\n");
	buf_z(out, ".SH ENVIRONMENT\n\\fBNURTURED_DATA\\fR the folder of data. \\fBNO_COLOR\\fR no "
		   "colours.\n");
}

/* ---- completion ---- */

static void words_of(const struct verb *v, struct buf *out)
{
	if (v->subverbs != NULL)
		buf_printf(out, "%s ", v->subverbs);
	for (const struct cli_opt *o = v->opts; o->name != NULL; o++)
		buf_printf(out, "--%s ", o->name);
}

static void completion_bash(struct buf *out)
{
	size_t n = cli_verb_rows_n;
	const struct verb *const *verbs = cli_verb_rows;
	buf_z(out,
	      "_nurtured() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words=\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords=\"");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s ", verbs[i]->name);
	buf_z(out, "\"\n\telse\n\t\tcase $verb in\n");
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "\t\t%s) words=\"", verbs[i]->name);
		words_of(verbs[i], out);
		buf_z(out, "\" ;;\n");
	}
	buf_z(out, "\t\tesac\n\t\twords=\"$words ");
	for (const struct cli_opt *o = cli_globals(); o->name != NULL; o++)
		buf_printf(out, "--%s ", o->name);
	buf_z(out, "\"\n\tfi\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\") $(compgen -f -- "
		   "\"$cur\"))\n}\n"
		   "complete -F _nurtured nurtured\n");
}

static void completion_fish(struct buf *out)
{
	size_t n = cli_verb_rows_n;
	const struct verb *const *verbs = cli_verb_rows;
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "complete -c nurtured -n __fish_use_subcommand -a %s -d \"%s\"\n",
			   verbs[i]->name, verbs[i]->summary);
		for (const struct cli_opt *o = verbs[i]->opts; o->name != NULL; o++)
			buf_printf(out,
				   "complete -c nurtured -n \"__fish_seen_subcommand_from %s\" -l "
				   "%s -d \"%s\"\n",
				   verbs[i]->name, o->name, o->help);
		if (verbs[i]->subverbs != NULL)
			buf_printf(out,
				   "complete -c nurtured -n \"__fish_seen_subcommand_from %s\" -a "
				   "\"%s\"\n",
				   verbs[i]->name, verbs[i]->subverbs);
	}
	for (const struct cli_opt *o = cli_globals(); o->name != NULL; o++)
		buf_printf(out, "complete -c nurtured -l %s -d \"%s\"\n", o->name, o->help);
}

bool cli_completion(struct str shell, struct buf *out)
{
	if (str_is(shell, "zsh"))
		buf_z(out, "autoload -U +X bashcompinit && bashcompinit\n");
	if (str_is(shell, "bash") || str_is(shell, "zsh"))
		completion_bash(out);
	else if (str_is(shell, "fish"))
		completion_fish(out);
	else
		return false;
	return true;
}
