/* SPDX-License-Identifier: Apache-2.0
 * verb_simulate.c: a program tried on people who do not exist. Nothing is read from or written to
 * the folder of data. */
#include "base/file.h"
#include "base/time.h"
#include "cli/compare.h"
#include "cli/example.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "node/draft.h"
#include "simulate/simulate.h"

#include <string.h>

struct run {
	struct cli *c;
	struct progress bar;
};

static bool go_on(void *ctx, uint64_t day)
{
	struct run *r = ctx;
	progress_at(&r->bar, day);
	return !cli_interrupted();
}

/* ---- which program ---- */

static enum status example_texts(struct cli *c, struct draft *d)
{
	size_t n = example_content(NULL, 0);
	struct compose_file *files = ARENA_ARRAY(&c->arena, struct compose_file, n + 1);
	if (files == NULL)
		return err_set(&c->err, ST_LIMIT, "the example does not fit");
	d->source = example_text("program.yaml");
	d->files = files;
	d->files_n = example_content(files, n);
	d->has_content = true;
	return ST_OK;
}

static enum status read_program(struct cli *c, struct draft *d)
{
	const char *path = cli_value(c, "program");
	if (path == NULL)
		return example_texts(c, d);
	const char *slash = strrchr(path, '/');
	struct str dir = slash ? str_n(path, (size_t)(slash - path) + 1) : STR_NULL;
	enum status st = file_read(path, PROGRAM_BYTES_MAX, &c->arena, &d->source, &c->err);
	if (st != ST_OK)
		return st;
	const char *folder =
		arena_strz(&c->arena, arena_printf(&c->arena, STR_FMT "content", STR_ARG(dir)));
	st = draft_read_folder(folder, &c->arena, d, &c->err);
	d->has_content = true; /* none is a folder without files: steps without texts are told */
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* ---- the funnel ---- */

static void show_funnel(struct cli *c, const struct simulate_result *r)
{
	double all = (double)r->stage[SIMULATE_CAPTURED];
	for (int i = 0; i < SIMULATE_STAGES; i++) {
		double share = all > 0 ? (double)r->stage[i] / all : 0;
		char bar[41];
		int long_ = (int)(share * 40 + 0.5);
		memset(bar, '#', sizeof bar);
		bar[long_ < 40 ? long_ : 40] = '\0';
		fprintf(c->out, "%-11s %8llu  %5.1f%%  %-40s  %s\n",
			simulate_stage_wire((enum simulate_stage)i),
			(unsigned long long)r->stage[i], share * 100, bar,
			simulate_stage_words((enum simulate_stage)i));
	}
}

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void show(struct cli *c, const struct simulate_conf *conf, const struct simulate_result *r)
{
	fprintf(c->out, "%llu leads, %llu days, seed %llu\n\n", (unsigned long long)conf->leads,
		(unsigned long long)conf->days, (unsigned long long)conf->seed);
	show_funnel(c, r);
	fprintf(c->out,
		"\nmessages   %llu, %.2f for each who got one; %llu on the fullest day; "
		"%llu notices and questions\n",
		(unsigned long long)r->messages,
		r->stage[SIMULATE_CONTACTED]
			? (double)r->messages / (double)r->stage[SIMULATE_CONTACTED]
			: 0,
		(unsigned long long)r->most_in_a_day, (unsigned long long)r->notices);
	fprintf(c->out,
		"of them    %.1f%% opened by people (%.1f%% by machines), %.1f%% clicked (%.1f%%), "
		"%.1f%% answered\n",
		per_cent(r->opens, r->messages), per_cent(r->machine_opens, r->messages),
		per_cent(r->clicks, r->messages), per_cent(r->machine_clicks, r->messages),
		per_cent(r->replies, r->messages));
	fprintf(c->out, "           %.2f%% bounced, %.2f%% unsubscribed, %.3f%% complained\n",
		per_cent(r->bounces, r->messages), per_cent(r->unsubscribes, r->messages),
		per_cent(r->complaints, r->messages));
	fprintf(c->out,
		"worth      %.2f for 100 leads by what the program says, less %.2f for messages\n",
		100 * r->reward / (double)conf->leads, 100 * r->cost / (double)conf->leads);
	fprintf(c->out, "hand-offs  %llu; %llu came back for later, %llu were refused\n",
		(unsigned long long)r->handoffs, (unsigned long long)r->returned,
		(unsigned long long)r->refused_handoffs);
	fprintf(c->out, "decisions  %llu, %llu of them for nothing, because\n",
		(unsigned long long)r->decisions, (unsigned long long)r->nothing);
	for (size_t i = 0; i < GUARD_COUNT; i++)
		if (r->held[i])
			fprintf(c->out, "%18llu  %s\n", (unsigned long long)r->held[i],
				guards[i].words);
	cli_talk(c, "\nWhat people do is assumed (docs/simulate.md): compare programs with it.\n");
}

static int simulate(struct cli *c, const struct draft *d, struct simulate_conf *conf)
{
	struct simulate_result result;
	struct simulate_policy policy;
	struct run r = {.c = c};
	const char *name = cli_value(c, "policy");
	if (name != NULL) {
		if (simulate_policy_of(d->program, str_of(name), &c->arena, &policy, &c->err) !=
		    ST_OK)
			return cli_refused(c);
		conf->choice = &policy.choice;
	}
	conf->go_on = go_on;
	conf->ctx = &r;
	progress_begin(&r.bar, c, "simulate", "days", conf->days);
	enum status st = simulate_run(conf, &result, &c->err);
	progress_end(&r.bar, conf->days);
	if (st != ST_OK)
		return cli_refused(c);
	if (!c->json) {
		show(c, conf, &result);
		return CLI_OK;
	}
	struct buf b;
	struct json_w w;
	buf_init(&b, 1u << 16);
	json_w_init(&w, &b);
	simulate_json(conf, &result, &w);
	cli_line(c, buf_view(&b));
	buf_finish(&b);
	return CLI_OK;
}

static bool number(struct cli *c, const char *opt, uint64_t *out)
{
	const char *v = cli_value(c, opt);
	if (v == NULL || str_to_u64(str_of(v), out))
		return true;
	(void)cli_usage(c, "--%s wants a whole number", opt);
	return false;
}

/* What is wrong with a program names its lines, and not which file it is. */
static int not_right(struct cli *c, enum status st)
{
	const char *path = cli_value(c, "program");
	if (st != ST_INVALID || path == NULL)
		return cli_fail(c, NULL);
	(void)err_wrap(&c->err, "%s", path);
	return cli_fail(
		c, arena_strz(&c->arena, arena_printf(&c->arena, "nurtured validate %s", path)));
}

static int run(struct cli *c)
{
	struct draft d = {0};
	struct simulate_conf conf = {.leads = 1000, .days = 60, .seed = 1};
	uint64_t seeds = 20;
	if (c->args_n > 0)
		return cli_usage(c, "simulate takes no arguments; the program is --program FILE");
	if (!number(c, "leads", &conf.leads) || !number(c, "days", &conf.days) ||
	    !number(c, "seed", &conf.seed) || !number(c, "seeds", &seeds))
		return CLI_USAGE;
	if (cli_value(c, "seeds") != NULL && !cli_flag(c, "compare"))
		return cli_usage(c, "--seeds goes with --compare");
	enum status st = read_program(c, &d);
	if (st == ST_OK)
		st = draft_check(&d, &c->arena, &c->err);
	int rc;
	conf.program = d.source;
	conf.content = &d.index;
	if (st != ST_OK)
		rc = not_right(c, st);
	else if (cli_flag(c, "compare"))
		rc = compare_policies(c, &d, &conf, seeds);
	else
		rc = simulate(c, &d, &conf);
	draft_finish(&d);
	return rc;
}

const struct verb verb_simulate = {
	.name = "simulate",
	.group = "change",
	.args = "",
	.summary = "Try a program on generated people; whole funnels in seconds",
	.detail =
		"The real engine on virtual time, in memory: people with habits come, read, click, "
		"answer, complain, change jobs; sales accept and meet. The same seed gives the "
		"same result. Without --program it is the example that init writes.\n"
		"--policy lets another choose than the program says: rules, learned, a mode of "
		"`decide:`, or fixed:ANGLE+PART, which always does the same. --compare lets "
		"several live among the same people, world by world, and says whether the first "
		"earns more than the others without more harm; it exits 1 when it does not. "
		"Without --policy that is learned against rules, first and every fixed arm.",
	.examples = {"nurtured simulate --leads 10000 --days 90 --seed 7",
		     "nurtured simulate --program campaign/program.yaml --json",
		     "nurtured simulate --program program.yaml --compare --seeds 20 --leads 3000"},
	.opts = {{"leads", 0, "N", "how many leads (default 1000)"},
		 {"days", 0, "D", "how many days (default 60)"},
		 {"seed", 0, "S", "which world (default 1)"},
		 {"policy", 0, "NAME", "who chooses; with --compare names, with commas"},
		 {"compare", 0, NULL, "several policies among the same people"},
		 {"seeds", 0, "N", "of --compare: how many worlds from --seed on (default 20)"},
		 {"program", 0, "FILE", "the program; its texts in content/ beside it"}},
	.run = run,
};
