/* SPDX-License-Identifier: Apache-2.0
 * spam.c: SpamAssassin asked, and its report read. The report stands behind the letter, which may
 * say anything: so the last one counts, and a row that is none ends it. */
#include "deliver/spam.h"

#include "base/child.h"

#define DAEMON_US INT64_C(15000000)
#define PROGRAM_US INT64_C(60000000) /* the first run on a cold machine reads all its rules */

/* ---- reading ---- */

static struct str last_head(struct str text)
{
	static const struct str head = {"Content analysis details:", 25};
	struct str found = STR_NULL;
	for (size_t at; (at = str_find(text, head)) < text.n;) {
		text = str_slice(text, at + head.n, text.n);
		found = text;
	}
	return found;
}

/* The word before a mark: "(5.7 points" gives 5.7. */
static bool take_number(struct str *s, const char *mark, double *out)
{
	size_t at = str_find(*s, str_of(mark));
	struct str word = str_trim(str_slice(*s, 0, at));
	while (word.n > 0 && (word.p[0] == '(' || word.p[0] == ' '))
		word = str_slice(word, 1, word.n);
	if (at == s->n || !str_to_f64(word, out))
		return false;
	*s = str_slice(*s, at + strlen(mark), s->n);
	return true;
}

static struct str take_word(struct str *line)
{
	*line = str_trim(*line);
	return str_cut(line, ' ');
}

/* " 2.7 DEAR_FRIEND            BODY: Dear Friend? ..." */
static bool read_rule(struct str line, struct spam_rule *out)
{
	struct str points = take_word(&line);
	out->name = take_word(&line);
	out->words = line.p != NULL ? str_trim(line) : STR("");
	return str_to_f64(points, &out->points) && out->name.n > 0;
}

/* A line that goes on with the words of the rule before begins with blanks, and no number. */
static bool goes_on(struct str line)
{
	return line.n > 8 && str_trim(str_slice(line, 0, 8)).n == 0;
}

static enum status read_rules(struct str text, struct arena *a, struct spam_report *out,
			      struct err *e)
{
	struct spam_rule *rules = ARENA_ARRAY(a, struct spam_rule, SPAM_RULES_MAX);
	if (rules == NULL)
		return err_set(e, ST_LIMIT, "the report does not fit");
	out->rules = rules;
	while (text.p != NULL && out->rules_n < SPAM_RULES_MAX) {
		struct str line = str_cut(&text, '\n');
		if (str_ends(line, STR("\r")))
			line.n--;
		if (goes_on(line) && out->rules_n > 0) {
			struct str *words = &rules[out->rules_n - 1].words, more = str_trim(line);
			*words = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(*words),
					      words->n > 0 ? " " : "", STR_ARG(more));
		} else if (read_rule(line, &rules[out->rules_n])) {
			out->rules_n++;
		} else if (str_trim(line).n > 0 || out->rules_n > 0) {
			break;
		}
	}
	return ST_OK;
}

enum status spam_report_read(struct str text, struct arena *a, struct spam_report *out,
			     struct err *e)
{
	struct spam_report r = {.by = ""};
	struct str rest = last_head(text);
	struct str line = rest.p != NULL ? str_cut(&rest, '\n') : STR("");
	if (!take_number(&line, " points,", &r.points) ||
	    !take_number(&line, " required", &r.required))
		return err_set(e, ST_INVALID, "SpamAssassin answered without a report");
	/* Above the rows stand the names of the columns, and a line below them. */
	size_t at = str_find(rest, STR("\n----"));
	rest = str_slice(rest, at + (at < rest.n), rest.n);
	if (at < 200 && rest.n > 0) {
		(void)str_cut(&rest, '\n');
		enum status st = read_rules(rest, a, &r, e);
		if (st != ST_OK)
			return st;
	}
	*out = r;
	return ST_OK;
}

/* ---- asking ---- */

static enum status ask(const struct child *c, struct arena *a, struct spam_report *out,
		       struct err *e)
{
	struct buf answer;
	int code = 0;
	buf_init_arena(&answer, a, SPAM_ANSWER_MAX);
	enum status st = child_run(c, &answer, &code, e);
	if (st == ST_OK)
		st = spam_report_read(buf_view(&answer), a, out, e);
	if (st == ST_OK)
		out->by = c->args[0];
	return st;
}

enum status spam_ask(struct str letter, struct arena *a, struct spam_report *out, struct err *e)
{
	const struct child daemon = {
		.args = {"spamc", "-R", "-x", "-t", "10", "--connect-retries=1"},
		.input = letter,
		.us_max = DAEMON_US,
	};
	const struct child program = {
		.args = {"spamassassin", "-t", "-x", "-L", "--cf=use_bayes 0",
			 "--cf=use_auto_welcomelist 0"},
		.input = letter,
		.us_max = PROGRAM_US,
	};
	struct arena_mark mark = arena_mark(a);
	if (ask(&daemon, a, out, e) == ST_OK)
		return ST_OK;
	arena_rewind(a, mark); /* no daemon runs, or none is installed: each time is the first */
	return ask(&program, a, out, e);
}
