/* SPDX-License-Identifier: Apache-2.0
 * verb_score.c: what past leads say about the rules. Nothing here changes a score: points and
 * probabilities come into force with an apply of the program. */
#include "base/clock.h"
#include "base/time.h"
#include "cli/look.h"
#include "cli/score_csv.h"
#include "cli/score_file.h"
#include "cli/score_learn.h"
#include "cli/verbs.h"
#include "features/features.h"
#include "program/track.h"

#define ROWS_BYTES ((size_t)4 << 30)
#define SAME_LOSS 5e-5 /* less is none in the digits that are shown */
#define REPORT_BYTES ((size_t)1 << 20)
#define AFTER_DEFAULT_US (7 * US_PER_D)
#define WITHIN_DEFAULT_US (60 * US_PER_D)

struct work {
	struct cli *c;
	struct door door;
	struct arena arena; /* rows and models */
	struct score_rows_conf conf;
	struct score_rows rows;
};

static bool stopped(void *ctx)
{
	(void)ctx;
	return cli_interrupted();
}

/* ---- rows ---- */

static bool duration(struct cli *c, const char *opt, int64_t otherwise, int64_t *out)
{
	const char *v = cli_value(c, opt);
	*out = otherwise;
	if (v == NULL || (duration_parse(str_of(v), out) && *out > 0))
		return true;
	(void)cli_usage(c, "--%s wants a duration: 7d", opt);
	return false;
}

static bool outcome(struct work *w)
{
	const struct program *p = w->door.program;
	const char *asked = cli_value(w->c, "outcome");
	w->conf.outcome = asked != NULL ? str_of(asked) : p->goal;
	for (size_t i = 0; i < p->outcomes_n; i++)
		if (str_eq(p->outcomes[i], w->conf.outcome))
			return true;
	(void)err_set(&w->c->err, ST_NOT_FOUND,
		      "\"" STR_FMT "\" is no outcome of the program: only those leave a record",
		      STR_ARG(w->conf.outcome));
	return false;
}

static enum status read_rows(struct work *w)
{
	struct cli *c = w->c;
	struct engine_meta meta;
	if (w->door.program == NULL)
		return err_set(&c->err, ST_NOT_FOUND, "no program was applied yet");
	if (!outcome(w))
		return c->err.status;
	enum status st = engine_meta_read(w->door.node->store, &meta, &c->err);
	if (st != ST_OK)
		return st;
	w->conf.log = w->door.node->log;
	w->conf.seed = w->door.node->seed;
	w->conf.through_seq = meta.cursor;
	w->conf.leads = meta.leads;
	w->conf.program = w->door.program;
	w->conf.stop = stopped;
	return score_rows_read(&w->conf, &w->arena, &w->rows, &c->err);
}

static void finish(struct work *w)
{
	arena_finish(&w->arena);
	door_close(&w->door);
}

/* Opens, reads, works and closes. */
static int with_rows(struct cli *c, int (*then)(struct work *w))
{
	struct work w = {.c = c};
	if (!duration(c, "after", AFTER_DEFAULT_US, &w.conf.after_us) ||
	    !duration(c, "within", WITHIN_DEFAULT_US, &w.conf.within_us))
		return CLI_USAGE;
	if (door_open(c, DOOR_READ, &w.door, &c->err) != ST_OK)
		return cli_fail_open(c);
	arena_init(&w.arena, ROWS_BYTES);
	int rc = read_rows(&w) == ST_OK ? then(&w) : cli_fail(c, NULL);
	finish(&w);
	return rc;
}

/* ---- telling ---- */

static void show_models(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, 0, "models");
	fprintf(c->out, "\n%-10s %7s %9s %7s %7s %7s  on the latest leads; folds: random ones\n",
		"MODEL", "AUC", "LOG LOSS", "ECE", "LIFT", "FOLDS");
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		struct str name = render_text(d, x, "model", &c->arena);
		struct str why = render_text(d, x, "reason", &c->arena);
		fprintf(c->out, "%-10.*s ", STR_ARG(name));
		if (json_get(d, x, "auc") != JSON_NONE)
			fprintf(c->out, "%7.3f %9.4f %7.3f %7.2f %7.3f  ",
				render_number(d, x, "auc"), render_number(d, x, "log_loss"),
				render_number(d, x, "ece"), render_number(d, x, "lift"),
				render_number(d, x, "auc_random_folds"));
		else
			fprintf(c->out, "%42s", "");
		fprintf(c->out, STR_FMT "\n", STR_ARG(why));
	}
}

static void show_curve(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, 0, "reliability");
	fprintf(c->out, "\nof those told    came             leads\n");
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x))
		fprintf(c->out, "%10.1f %%  %6.1f %% (%.0f-%.0f)  %6.0f\n",
			100 * render_number(d, x, "told"), 100 * render_number(d, x, "came"),
			100 * render_number(d, x, "low"), 100 * render_number(d, x, "high"),
			render_number(d, x, "leads"));
}

static void show_capacity(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, 0, "capacity");
	fprintf(c->out, "\nthe best    from     of them came   of all outcomes   leads a week%s\n",
		json_get(d, json_first(d, list), "a_week_per_rep") != JSON_NONE ? " (a rep)" : "");
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		fprintf(c->out, "%6.0f %%  %5.1f %%  %13.1f %%  %14.1f %%  ",
			100 * render_number(d, x, "share"),
			100 * render_number(d, x, "from_probability"),
			100 * render_number(d, x, "came"),
			100 * render_number(d, x, "of_all_outcomes"));
		if (render_number(d, x, "a_week") > 0)
			fprintf(c->out, "%13.1f", render_number(d, x, "a_week"));
		else
			fprintf(c->out, "%13s", "-"); /* a file has no days */
		if (json_get(d, x, "a_week_per_rep") != JSON_NONE)
			fprintf(c->out, " (%.1f)", render_number(d, x, "a_week_per_rep"));
		fprintf(c->out, "\n");
	}
}

static void show_rule(struct cli *c, const struct json *d, uint32_t x)
{
	double points = render_number(d, x, "points"), proposed = render_number(d, x, "proposed");
	double wanted; /* reports of before have none */
	struct str kind = render_text(d, x, "kind", &c->arena);
	struct str name = render_text(d, x, "name", &c->arena);
	bool changes = points != proposed;
	fprintf(c->out, "%s%s " STR_FMT " " STR_FMT ": %g", changes ? cli_tint(c, "bold") : "",
		changes ? "~" : " ", STR_ARG(kind), STR_ARG(name), points);
	if (changes)
		fprintf(c->out, " -> %g", proposed);
	if (changes && json_f64(d, json_get(d, x, "wanted"), &wanted) && wanted != proposed)
		fprintf(c->out, " (the most a rule may give; %g is asked for)", wanted);
	fprintf(c->out, "%s\n    with it %.0f of %.0f, without %.0f of %.0f; beyond its points ",
		changes ? cli_tint(c, "off") : "", render_number(d, x, "with_outcome"),
		render_number(d, x, "with"), render_number(d, x, "without_outcome"),
		render_number(d, x, "without"));
	fprintf(c->out, "%+.2f log-odds (%+.2f to %+.2f)\n", render_number(d, x, "effect"),
		render_number(d, x, "low"), render_number(d, x, "high"));
}

static void show_rules(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, 0, "rules");
	uint32_t now = json_get(d, 0, "probability"),
		 then = json_get(d, 0, "probability_with_proposals");
	if (json_count(d, list) == 0)
		return;
	fprintf(c->out, "\nwhat the evidence says about each rule (~: it would change)\n");
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x))
		show_rule(c, d, x);
	fprintf(c->out,
		"\nfor scoring: in the program, to make the score a probability\n"
		"  probability: {slope: %.4g, bias: %.4g}   # with the points as they are\n"
		"  probability: {slope: %.4g, bias: %.4g}   # with the points proposed\n",
		render_number(d, now, "slope"), render_number(d, now, "bias"),
		render_number(d, then, "slope"), render_number(d, then, "bias"));
}

static int show(struct cli *c, struct str text)
{
	struct json d;
	bool learnt = false;
	const struct json_limits limits = {.depth_max = 16, .tokens_max = 1u << 20};
	if (c->json) {
		cli_line(c, text);
		return CLI_OK;
	}
	if (json_parse(text, limits, &c->arena, &d, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	struct str words = render_text(&d, 0, "verdict", &c->arena);
	fprintf(c->out, STR_FMT "\n", STR_ARG(words));
	fprintf(c->out, "%.0f leads, %.0f with the outcome; %.0f too young, %.0f had it already\n",
		render_number(&d, 0, "leads"), render_number(&d, 0, "outcomes"),
		render_number(&d, 0, "too_young"), render_number(&d, 0, "had_it_already"));
	(void)json_bool(&d, json_get(&d, 0, "learnt"), &learnt);
	if (learnt) {
		show_models(c, &d);
		show_curve(c, &d);
		show_capacity(c, &d);
		show_rules(c, &d);
	}
	return CLI_OK;
}

/* ---- train ---- */

static size_t reps_of(const struct program *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->play->teams_n; i++)
		n += p->play->teams[i].reps_n;
	return n;
}

static struct str report(struct work *w, const struct score_report *r)
{
	const struct score_rows *rows = &w->rows;
	struct buf b;
	struct json_w out;
	double weeks = 0;
	if (r->later_n > 0 && rows->at_us != NULL)
		weeks = (double)(rows->to_us - rows->at_us[rows->table.rows_n - r->later_n]) /
			(double)(7 * US_PER_D);
	buf_init_arena(&b, &w->c->arena, REPORT_BYTES);
	json_w_init(&out, &b);
	json_w_object(&out);
	json_w_kz(&out, "schema", "nurtured.score/1");
	score_report_json(r, weeks, w->door.program != NULL ? reps_of(w->door.program) : 0, &out);
	json_w_kstr(&out, "outcome", w->conf.outcome);
	json_w_ki64(&out, "program_version", (int64_t)w->door.program_version);
	json_w_ki64(&out, "too_young", (int64_t)rows->unripe);
	json_w_ki64(&out, "had_it_already", (int64_t)rows->before);
	json_w_ktime(&out, "from",
		     rows->at_us != NULL && rows->table.rows_n > 0 ? rows->from_us : TIME_NONE);
	json_w_ktime(&out, "to",
		     rows->at_us != NULL && rows->table.rows_n > 0 ? rows->to_us : TIME_NONE);
	json_w_end(&out);
	return buf_ok(&b) ? buf_view(&b) : STR_NULL;
}

/* Models of other features cannot be compared by their weights. */
static struct str version(struct work *w)
{
	uint64_t names = w->door.program != NULL ? features_names_hash(w->door.program) : 0;
	return arena_printf(&w->arena, "%016llx", (unsigned long long)names);
}

static int train(struct work *w)
{
	struct cli *c = w->c;
	struct score_report r;
	struct score_file f;
	if (score_learn(&w->rows, w->door.program, &w->arena, &r, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	f.report = report(w, &r);
	f.model = r.model;
	f.from_us = w->rows.from_us;
	f.to_us = w->rows.to_us;
	f.version = version(w);
	if (f.report.p == NULL) {
		(void)err_set(&c->err, ST_LIMIT, "the report does not fit");
		return cli_fail(c, NULL);
	}
	bool keep = r.learnt && !c->dry_run && w->door.program != NULL;
	if (keep && score_file_save(c->data, clock_now_us(), &f, &w->arena, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	int rc = show(c, f.report);
	if (keep) {
		cli_talk(c, "kept as %.*s\n", SCORE_SHORT_HASH, f.hash.hex);
		cli_next(c, "nurtured plan program.yaml  # with the points you accept");
	}
	return r.learnt ? rc : CLI_PROBLEMS;
}

/* ---- a file of past leads instead of the log ---- */

#define DROPS_MAX 64u

static bool drops(struct cli *c, const char *out[DROPS_MAX + 1])
{
	struct str rest = str_of(cli_value(c, "drop"));
	size_t n = 0;
	while (rest.n > 0 && n < DROPS_MAX)
		out[n++] = arena_strz(&c->arena, str_trim(str_cut(&rest, ',')));
	out[n] = NULL;
	return rest.n == 0;
}

/* The points that rules gave, if the file has them. */
static bool points_column(struct cli *c, struct predict_table *t)
{
	const char *name = cli_value(c, "rules");
	for (size_t i = 0; name != NULL && i < t->columns_n; i++)
		if (str_is(t->columns[i].name, name) && t->columns[i].kind == PREDICT_NUMBER)
			t->rule = i;
	return name == NULL || t->rule != PREDICT_NONE;
}

static int train_file(struct cli *c)
{
	struct work w = {.c = c};
	const char *asked = cli_value(c, "outcome"), *dropped[DROPS_MAX + 1];
	struct str value = str_of(asked);
	struct str column = str_cut(&value, '=');
	if (value.p == NULL || column.n == 0 || !drops(c, dropped))
		return cli_usage(c,
				 "--csv wants --outcome COLUMN=VALUE, and at most %u columns to "
				 "--drop",
				 DROPS_MAX);
	const struct score_csv_conf conf = {arena_strz(&c->arena, column),
					    arena_strz(&c->arena, value), dropped};
	w.conf.outcome = str_of(asked);
	arena_init(&w.arena, ROWS_BYTES);
	int rc;
	if (score_csv_read(cli_value(c, "csv"), &conf, &w.arena, &w.rows.table, &c->err) != ST_OK)
		rc = cli_fail(c, NULL);
	else if (!points_column(c, &w.rows.table))
		rc = cli_usage(c, "--rules wants the name of a column of numbers");
	else
		rc = train(&w);
	arena_finish(&w.arena);
	return rc;
}

/* ---- show, compare ---- */

static int run_show(struct cli *c)
{
	struct score_file f;
	struct str name = c->args_n == 2 ? str_of(c->args[1]) : STR("");
	if (score_file_load(c->data, name, &c->arena, &f, &c->err) != ST_OK)
		return cli_fail(c, c->err.status == ST_NOT_FOUND ? "nurtured score train" : NULL);
	return show(c, f.report);
}

static enum status judge(struct work *w, const struct predict_model *m, struct predict_rows rows,
			 struct predict_metrics *out)
{
	struct err *e = &w->c->err;
	double *p = ARENA_ARRAY(&w->arena, double, rows.n + 1);
	uint8_t *y = ARENA_ARRAY(&w->arena, uint8_t, rows.n + 1);
	if (p == NULL || y == NULL)
		return err_set(e, ST_LIMIT, "%zu leads do not fit", rows.n);
	for (size_t i = 0; i < rows.n; i++)
		y[i] = w->rows.table.outcome[rows.at[i]];
	enum status st = predict_table_probabilities(m, &w->rows.table, rows, p, e);
	return st == ST_OK ? predict_measure(p, y, rows.n, out, e) : st;
}

static struct predict_rows rows_after(struct work *w, int64_t from_us)
{
	size_t n = 0;
	uint32_t *at = ARENA_ARRAY(&w->arena, uint32_t, w->rows.table.rows_n + 1);
	for (size_t i = 0; at != NULL && i < w->rows.table.rows_n; i++)
		if (w->rows.at_us[i] > from_us)
			at[n++] = (uint32_t)i;
	return (struct predict_rows){at, n};
}

static void put_judged(struct json_w *w, const struct score_file *f,
		       const struct predict_metrics *m)
{
	json_w_object(w);
	json_w_kz(w, "hash", f->hash.hex);
	json_w_kz(w, "model", predict_family_name(f->model.family));
	json_w_ki64(w, "trained_on", (int64_t)f->model.rows);
	json_w_kf64(w, "auc", m->auc);
	json_w_kf64(w, "log_loss", m->log_loss);
	json_w_kf64(w, "brier", m->brier);
	json_w_kf64(w, "ece", m->ece10);
	json_w_end(w);
}

static struct str better_words(struct cli *c, const struct score_file f[2],
			       const struct predict_metrics m[2])
{
	size_t better = m[1].log_loss < m[0].log_loss;
	double low = m[better].log_loss, high = m[!better].log_loss;
	if (high - low < SAME_LOSS)
		return arena_printf(&c->arena,
				    "neither foretells better: log loss %.4f of both on %zu leads "
				    "that neither has seen.",
				    low, m[0].rows);
	return arena_printf(&c->arena,
			    "%.*s foretells better: log loss %.4f against %.4f on %zu leads that "
			    "neither has seen.",
			    SCORE_SHORT_HASH, f[better].hash.hex, low, high, m[0].rows);
}

static int tell(struct work *w, const struct score_file f[2], const struct predict_metrics m[2])
{
	struct cli *c = w->c;
	struct buf b;
	struct json_w out;
	struct json d;
	static const struct render_column columns[] = {
		{"hash", "HASH", false, false},        {"model", "MODEL", false, false},
		{"trained_on", "LEADS", true, false},  {"auc", "AUC", true, false},
		{"log_loss", "LOG LOSS", true, false}, {"brier", "BRIER", true, false},
		{"ece", "ECE", true, false},
	};
	buf_init_arena(&b, &c->arena, REPORT_BYTES);
	json_w_init(&out, &b);
	json_w_object(&out);
	json_w_kz(&out, "schema", "nurtured.score-compare/1");
	json_w_kstr(&out, "verdict", better_words(c, f, m));
	json_w_ki64(&out, "leads", (int64_t)m[0].rows);
	json_w_ki64(&out, "outcomes", (int64_t)m[0].positives);
	json_w_key(&out, "models");
	json_w_array(&out);
	put_judged(&out, &f[0], &m[0]);
	put_judged(&out, &f[1], &m[1]);
	json_w_end(&out);
	json_w_end(&out);
	if (c->json) {
		cli_line(c, buf_view(&b));
		return CLI_OK;
	}
	if (json_parse(buf_view(&b), JSON_LIMITS_EVENT, &c->arena, &d, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	struct str words = render_text(&d, 0, "verdict", &c->arena);
	fprintf(c->out, STR_FMT "\n", STR_ARG(words));
	render_table(c, &d, json_get(&d, 0, "models"), columns, sizeof columns / sizeof *columns);
	return CLI_OK;
}

static int compare(struct work *w)
{
	struct cli *c = w->c;
	struct score_file f[2];
	struct predict_metrics m[2];
	int64_t from_us = 0;
	for (size_t i = 0; i < 2; i++) {
		if (score_file_load(c->data, str_of(c->args[i + 1]), &w->arena, &f[i], &c->err) !=
		    ST_OK)
			return cli_fail(c, "nurtured score train");
		from_us = f[i].to_us > from_us ? f[i].to_us : from_us;
	}
	if (strcmp(f[0].hash.hex, f[1].hash.hex) == 0)
		return cli_usage(c, "both are the model %.*s: there is nothing to compare",
				 SCORE_SHORT_HASH, f[0].hash.hex);
	struct predict_rows rows = rows_after(w, from_us);
	size_t came = rows.at != NULL ? predict_positives(&w->rows.table, rows) : 0;
	if (came == 0 || came == rows.n) {
		(void)err_set(&c->err, ST_NOT_FOUND,
			      "of the %zu leads whose end came to be known since both were "
			      "trained, %zu had the outcome: nothing to judge by yet",
			      rows.n, came);
		return cli_fail(c, "nurtured score show says how each did on its own latest leads");
	}
	for (size_t i = 0; i < 2; i++)
		if (judge(w, &f[i].model, rows, &m[i]) != ST_OK)
			return cli_fail(c, NULL);
	return tell(w, f, m);
}

static int run(struct cli *c)
{
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("show");
	if (str_is(sub, "train") && c->args_n == 1 && cli_value(c, "csv") != NULL)
		return train_file(c);
	if (str_is(sub, "train") && c->args_n == 1)
		return with_rows(c, train);
	if (str_is(sub, "show") && c->args_n <= 2)
		return run_show(c);
	if (str_is(sub, "compare") && c->args_n == 3)
		return with_rows(c, compare);
	return cli_usage(c, "score wants: train | show [HASH] | compare HASH OTHER");
}

const struct verb verb_score = {
	.name = "score",
	.group = "look",
	.args = "train | show [HASH] | compare HASH OTHER",
	.summary = "What past leads say about the rules: probabilities and points",
	.detail =
		"Folds the log again, looks at each lead some days after it came, and learns from "
		"what came of it later: how likely the outcome is, which model tells it best on "
		"the latest leads, and which points the evidence would change. Nothing is changed: "
		"take over what you agree with, then plan and apply the program.",
	.examples = {"nurtured score train", "nurtured score train --outcome deal.won --within 90d",
		     "nurtured score train --csv past.csv --outcome Converted=1 --drop Tags,Id",
		     "nurtured score show --json", "nurtured score compare 641dd1 9c02aa"},
	.opts = {{"outcome", 0, "TYPE", "event that is foretold (default: the program's goal)"},
		 {"after", 0, "DURATION", "look at a lead so long after it came (default 7d)"},
		 {"within", 0, "DURATION", "and for the outcome so long after that (default 60d)"},
		 {"csv", 0, "FILE", "train on a file of past leads, oldest first, not on the log"},
		 {"drop", 0, "COLUMNS", "of that file: not to be read, as they say the outcome"},
		 {"rules", 0, "COLUMN", "of that file: the points that rules gave"}},
	.subverbs = "train show compare",
	.run = run,
};
