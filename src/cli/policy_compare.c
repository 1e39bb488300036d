/* SPDX-License-Identifier: Apache-2.0
 * policy_compare.c: what would another policy have earned on this log, and may it be believed? */
#include "base/assert.h"
#include "base/time.h"
#include "base/file.h"
#include "cli/policy.h"
#include "cli/render.h"
#include "net/gunzip.h"

#include <math.h>
#include <string.h>

#define LOG_BYTES_MAX ((size_t)512 << 20)
#define EVIDENCE_BYTES ((size_t)2 << 30)
#define GUNZIP_RATIO_MAX 200u
#define RESAMPLES 10000u
#define RESAMPLES_SEED 12345u
#define SHRINK 10. /* of what takes a parameter: clip, switch, DRos */

static enum status read_text(const char *path, struct arena *a, struct str *out, struct err *e)
{
	struct buf plain;
	enum status st = file_read(path, LOG_BYTES_MAX, a, out, e);
	if (st != ST_OK || out->n < 2 || memcmp(out->p, "\x1f\x8b", 2) != 0)
		return st;
	struct gunzip *g = gunzip_create();
	buf_init_arena(&plain, a, LOG_BYTES_MAX);
	st = gunzip_run(g, *out, GUNZIP_RATIO_MAX, &plain, e);
	gunzip_destroy(&g);
	*out = buf_view(&plain);
	return st == ST_OK
		       ? st
		       : err_set(e, st,
				 "%s is packed, but damaged, cut short, or more than a log may be",
				 path);
}

/* ---- policies by name ---- */

static enum status rows_logged(const struct bandit_log *log, struct arena *a,
			       struct evaluate_row **out, struct err *e)
{
	struct evaluate_row *rows = ARENA_ARRAY(a, struct evaluate_row, log->n);
	if (rows == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for %zu rows", log->n);
	for (size_t i = 0; i < log->n; i++) {
		rows[i] = log->rows[i].row;
		rows[i].p_new = rows[i].p_log;
	}
	*out = rows;
	return ST_OK;
}

static enum status policy_of(struct bandit_log *log, const char *name, struct arena *a,
			     struct bandit_policy *out, struct err *e)
{
	struct str text, n = str_of(name);
	if (str_is(n, "uniform"))
		return bandit_policy_uniform(log, a, out, e);
	if (str_starts(n, STR("always:")))
		return bandit_policy_always(log, str_slice(n, 7, n.n), a, out, e);
	enum status st = read_text(name, a, &text, e);
	if (st == ST_NOT_FOUND)
		return err_set(
			e, st,
			"no policy of a log is called \"%.80s\", nor is a file: log, logged, "
			"uniform, always:ACTION, or a file with a table of odds; without "
			"--log also learned, rules, first and models",
			name);
	if (st != ST_OK)
		return st;
	st = bandit_policy_read(text, log, a, out, e);
	return st == ST_OK ? st : err_wrap(e, "%s", name);
}

static enum status rows_of(struct bandit_log *log, const char *name, struct arena *a,
			   struct evaluate_row **out, struct err *e)
{
	struct bandit_policy policy;
	if (strcmp(name, "logged") == 0)
		return rows_logged(log, a, out, e);
	if (strcmp(name, "log") == 0 && !log->has_new)
		return err_set(e, ST_INVALID,
			       "the log has no column p_new: name the policy to compare it with");
	if (strcmp(name, "log") == 0)
		return bandit_rows(log, NULL, a, out, e);
	enum status st = policy_of(log, name, a, &policy, e);
	return st == ST_OK ? bandit_rows(log, &policy, a, out, e) : st;
}

/* ---- the best single action ---- */

struct arm {
	double reward, weight, squares;
};

/* The action that would have earned most, always taken, of those the log can speak of. */
static size_t best_fixed(const struct bandit_log *log, double ess_min, struct arena *a)
{
	struct arm *arms = ARENA_ARRAY(a, struct arm, log->actions_n);
	size_t best = log->actions_n;
	double value = 0;
	for (size_t i = 0; arms != NULL && i < log->n; i++) {
		struct arm *arm = &arms[log->rows[i].action];
		double w = 1 / log->rows[i].row.p_log;
		arm->reward += w * log->rows[i].row.reward;
		arm->weight += w;
		arm->squares += w * w;
	}
	for (size_t i = 0; arms != NULL && i < log->actions_n; i++) {
		if (!(arms[i].weight * arms[i].weight >= ess_min * arms[i].squares) ||
		    !(arms[i].weight > 0))
			continue;
		if (best == log->actions_n || arms[i].reward / arms[i].weight > value) {
			best = i;
			value = arms[i].reward / arms[i].weight;
		}
	}
	return best;
}

static enum status over_fixed(struct policy_evidence *p, struct arena *a, struct err *e)
{
	struct bandit_policy policy;
	struct evaluate_row *rows;
	struct evaluate_rules rules = evaluate_rules_default();
	double need = fmax(rules.ess_min, rules.ess_share_min * (double)p->log->n);
	size_t best = best_fixed(p->log, need, a);
	if (best == p->log->actions_n)
		return ST_OK; /* no action was taken often enough to be a rival */
	p->gate.fixed = p->log->actions[best];
	enum status st = bandit_policy_always(p->log, p->gate.fixed, a, &policy, e);
	if (st == ST_OK)
		st = bandit_rows(p->log, &policy, a, &rows, e);
	if (st != ST_OK)
		return st;
	const struct evaluate_rows fixed = {rows, p->log->n};
	return evaluate_difference(&p->rows, &fixed, EVALUATE_SNIPS, a, &p->gate.over_fixed, e);
}

/* ---- evidence ---- */

static enum status by_lead(const struct policy_evidence *p, enum evaluate_kind k, struct arena *a,
			   struct evaluate_value *out, struct err *e)
{
	struct evaluate_clusters c;
	enum status st = evaluate_clusters(&p->rows, k, SHRINK, a, &c, e);
	return st == ST_OK ? evaluate_bootstrap(&c, RESAMPLES, RESAMPLES_SEED, a, out, e) : st;
}

static enum status harm(struct policy_evidence *p, struct arena *a, struct err *e)
{
	struct evaluate_row *rows = ARENA_ARRAY(a, struct evaluate_row, p->rows.n);
	if (rows == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for %zu rows", p->rows.n);
	for (size_t i = 0; i < p->rows.n; i++) {
		rows[i] = p->rows.list[i];
		rows[i].reward = p->log->rows[i].harm;
	}
	p->harm = evaluate_estimate(rows, p->rows.n, EVALUATE_SNIPS, 0);
	p->gate.harm_hi = p->harm.hi;
	return ST_OK;
}

static enum status estimate(struct policy_evidence *p, struct arena *a, struct err *e)
{
	const struct evaluate_rows *r = &p->rows;
	p->weights = p->gate.weights = evaluate_weights(r->list, r->n);
	for (int k = 0; k < EVALUATE_KINDS; k++)
		p->values[k] = evaluate_estimate(r->list, r->n, (enum evaluate_kind)k, SHRINK);
	p->unit_rewards = true;
	for (size_t i = 0; i < r->n; i++)
		p->unit_rewards &= r->list[i].reward >= 0 && r->list[i].reward <= 1;
	if (p->unit_rewards) {
		p->bernstein = evaluate_bernstein(r->list, r->n, .05);
		p->clopper_pearson = evaluate_clopper_pearson(r->list, r->n, .05);
		p->cressie_read = evaluate_cressie_read(r->list, r->n, .05);
	}
	enum status st = by_lead(p, EVALUATE_SNIPS, a, &p->bootstrap[0], e);
	if (st == ST_OK && p->has_model)
		st = by_lead(p, EVALUATE_DR, a, &p->bootstrap[1], e);
	if (st == ST_OK && !p->has_harm && p->gate.harm_budget > 0)
		st = err_set(e, ST_INVALID, "a budget for harm, and the log has no column harm");
	return st == ST_OK && p->has_harm ? harm(p, a, e) : st;
}

static enum status judge(struct policy_evidence *p, const struct evaluate_row *champion,
			 struct arena *a, struct err *e)
{
	struct buf reason;
	struct evaluate_rules rules = evaluate_rules_default();
	const struct evaluate_rows base = {champion, p->rows.n};
	enum status st =
		evaluate_difference(&p->rows, &base, EVALUATE_SNIPS, a, &p->gate.over_champion, e);
	if (st == ST_OK)
		st = over_fixed(p, a, e);
	if (st != ST_OK)
		return st;
	buf_init_arena(&reason, a, 1024);
	p->may = evaluate_gate(&rules, &p->gate, &reason);
	p->reason = buf_view(&reason);
	return ST_OK;
}

/* Tables may bring actions of their own, so whatever is a file is read before anything counts
 * actions: the candidate and the champion once for that alone. */
static void know_actions(struct bandit_log *log, const char *name, struct arena *a)
{
	struct bandit_policy policy;
	struct err e;
	if (strcmp(name, "log") != 0 && strcmp(name, "logged") != 0)
		(void)policy_of(log, name, a, &policy,
				&e); /* what is wrong is told the next time */
}

static double harm_budget(struct cli *c)
{
	const char *text = cli_value(c, "harm-budget");
	double share = 0;
	return text != NULL && str_to_f64(str_of(text), &share) ? share : 0;
}

int policy_evidence_options(struct cli *c)
{
	int64_t back = 1;
	const char *text = cli_value(c, "harm-budget"), *since = cli_value(c, "since");
	const bool log = cli_value(c, "log") != NULL;
	if (text != NULL && (!(harm_budget(c) > 0) || !(harm_budget(c) < 1)))
		return cli_usage(
			c, "--harm-budget is a share of decisions, such as 0.003: \"%.80s\"", text);
	if (since != NULL && (!duration_parse(str_of(since), &back) || back <= 0))
		return cli_usage(c, "--since is a duration, such as 30d: \"%.80s\"", since);
	if (log && cli_flag(c, "even"))
		return cli_usage(c, "--even is for the decisions of this folder: leave out --log");
	if (log && since != NULL)
		return cli_usage(c, "--since is for the decisions of this folder: leave out --log");
	if (!log && cli_value(c, "as") != NULL)
		return cli_usage(c, "--as is what the model is called in a log: add --log FILE");
	return -1;
}

int policy_evidence_failed(struct cli *c)
{
	enum status st = c->err.status;
	return st == ST_INVALID || st == ST_CORRUPT || st == ST_LIMIT || st == ST_IO
		       ? cli_usage(c, "%s", c->err.text)
		       : cli_fail(c, NULL);
}

void policy_evidence_finish(struct policy_evidence *p)
{
	arena_finish(&p->arena);
}

enum status policy_evidence_judge(struct cli *c, struct policy_evidence *p,
				  const struct evaluate_row *rows, const struct evaluate_row *base)
{
	p->rows = (struct evaluate_rows){rows, p->log->n};
	p->has_harm = p->log->has_harm;
	enum status st = estimate(p, &p->arena, &c->err);
	return st == ST_OK ? judge(p, base, &p->arena, &c->err) : st;
}

enum status policy_evidence_begin(struct cli *c, const char *candidate, const char *champion,
				  struct policy_evidence *p)
{
	*p = (struct policy_evidence){
		.candidate = str_of(candidate), .champion = str_of(champion), .kept_us = TIME_NONE};
	arena_init(&p->arena, EVIDENCE_BYTES);
	p->log = ARENA_NEW(&p->arena, struct bandit_log);
	ASSERT(p->log != NULL); /* it is the first */
	p->gate.harm_budget = harm_budget(c);
	return ST_OK;
}

enum status policy_evidence(struct cli *c, const char *path, const char *candidate,
			    const char *champion, struct policy_evidence *p)
{
	struct str text;
	struct err *e = &c->err;
	struct evaluate_row *rows, *base;
	struct arena *a = &p->arena;
	enum status st = policy_evidence_begin(c, candidate, champion, p);
	if (st == ST_OK)
		st = read_text(path, a, &text, e);
	if (st == ST_OK && str_trim(text).n == 0)
		return err_set(e, ST_INVALID, "%s is empty: a log is a header and rows", path);
	if (st == ST_OK && (st = bandit_log_read(text, a, p->log, e)) != ST_OK)
		st = err_wrap(e, "%s", path);
	if (st != ST_OK)
		return st;
	know_actions(p->log, candidate, a);
	know_actions(p->log, champion, a);
	st = rows_of(p->log, candidate, a, &rows, e);
	if (st == ST_OK)
		st = rows_of(p->log, champion, a, &base, e);
	if (st != ST_OK)
		return st;
	p->has_model = p->log->has_model || strcmp(candidate, "log") != 0;
	return policy_evidence_judge(c, p, rows, base);
}

/* ---- told ---- */

static void put_value(struct json_w *w, const char *key, struct evaluate_value v)
{
	json_w_key(w, key);
	json_w_object(w);
	json_w_kf64(w, "value", v.v);
	json_w_kf64(w, "lo", v.lo);
	json_w_kf64(w, "hi", v.hi);
	json_w_end(w);
}

static void put_weights(struct json_w *w, const struct evaluate_weights *s)
{
	json_w_ki64(w, "rows", (int64_t)s->n);
	json_w_kf64(w, "logged_mean", s->r_mean);
	json_w_kf64(w, "effective_sample", s->ess);
	json_w_kf64(w, "largest_weight", s->w_max);
	json_w_kf64(w, "largest_share", s->share_max);
	json_w_kf64(w, "mean_weight", s->w_mean);
	json_w_kf64(w, "support", s->support);
}

static void put_values(struct json_w *w, const struct policy_evidence *p)
{
	json_w_key(w, "estimates");
	json_w_object(w);
	for (int k = 0; k < EVALUATE_KINDS; k++)
		if (p->has_model || !evaluate_kind_models((enum evaluate_kind)k))
			put_value(w, evaluate_kind_name((enum evaluate_kind)k), p->values[k]);
	put_value(w, "snips_by_lead", p->bootstrap[0]);
	if (p->has_model)
		put_value(w, "dr_by_lead", p->bootstrap[1]);
	if (p->unit_rewards) {
		put_value(w, "ips_bernstein", p->bernstein);
		put_value(w, "ips_clopper_pearson", p->clopper_pearson);
		put_value(w, "cressie_read", p->cressie_read);
	}
	json_w_end(w);
}

void policy_evidence_json(const struct policy_evidence *p, struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.policy_compare/1");
	json_w_kstr(w, "candidate", p->candidate);
	json_w_kstr(w, "champion", p->champion);
	put_weights(w, &p->weights);
	put_values(w, p);
	put_value(w, "over_champion", p->gate.over_champion);
	if (p->gate.fixed.n) {
		json_w_kstr(w, "best_fixed", p->gate.fixed);
		put_value(w, "over_best_fixed", p->gate.over_fixed);
	}
	if (p->has_harm)
		put_value(w, "harm", p->harm);
	if (p->own_rows > 0)
		json_w_ki64(w, "learned_from", (int64_t)p->own_rows);
	if (p->kept_us != TIME_NONE)
		json_w_ktime(w, "kept_from", p->kept_us);
	json_w_kbool(w, "may_be_promoted", p->may);
	json_w_kstr(w, "reason", p->reason);
	json_w_end(w);
}

static void row(struct cli *c, const char *name, const char *what, struct evaluate_value v)
{
	fprintf(c->out, "  %-12s %12.6g   %12.6g to %-12.6g %s\n", name, v.v, v.lo, v.hi, what);
}

static const char *const kind_words[EVALUATE_KINDS] = {
	[EVALUATE_IPS] = "weighted rewards",
	[EVALUATE_IPS_CLIP] = "weights above 10 cut",
	[EVALUATE_SNIPS] = "weights made to sum to one; the verdict's",
	[EVALUATE_DM] = "the reward model alone",
	[EVALUATE_DR] = "model, and weights on what it missed",
	[EVALUATE_SNDR] = "the same, weights made to sum to one",
	[EVALUATE_SWITCH_DR] = "model alone where weights exceed 10",
	[EVALUATE_DROS] = "weights shrunk",
};

/* Decisions that are gone may have been dropped by a shorter `keep` before, or long before the time
 * that was asked for. */
static void show_kept(struct cli *c, const struct policy_evidence *p)
{
	char at[TIME_TEXT_MAX];
	const char *why = !p->kept_short                  ? "older decisions are gone"
			  : cli_value(c, "since") != NULL ? "--since reaches behind what is kept"
							  : "fewer than 30 days are kept";
	fprintf(c->out, "%s: the oldest decision is of %s%s\n\n", why, time_format(p->kept_us, at),
		p->kept_short ? " (decide: {keep})" : "");
}

void policy_evidence_show(struct cli *c, const struct policy_evidence *p)
{
	const struct evaluate_weights *s = &p->weights;
	fprintf(c->out, "%s%s%s: " STR_FMT "\n\n", cli_tint(c, p->may ? "green" : "red"),
		p->may ? "may be promoted" : "not promoted", cli_tint(c, "off"),
		STR_ARG(p->reason));
	fprintf(c->out, STR_FMT " instead of " STR_FMT ", on %zu rows that earned %.6g each\n",
		STR_ARG(p->candidate), STR_ARG(p->champion), s->n, s->r_mean);
	fprintf(c->out,
		"effective sample %.5g; largest weight %.5g, %.3g %% of all; %.3g %% of rows are "
		"within reach\n\n",
		s->ess, s->w_max, 100 * s->share_max, 100 * s->support);
	if (p->own_rows > 0)
		fprintf(c->out,
			"%zu of them are from before it was taken: what it learned from them makes "
			"it look better here than it is\n\n",
			p->own_rows);
	if (p->kept_us != TIME_NONE)
		show_kept(c, p);
	fprintf(c->out, "  %-12s %12s   %s\n", "ESTIMATE", "VALUE", "95 %");
	for (int k = 0; k < EVALUATE_KINDS; k++)
		if (p->has_model || !evaluate_kind_models((enum evaluate_kind)k))
			row(c, evaluate_kind_name((enum evaluate_kind)k), kind_words[k],
			    p->values[k]);
	row(c, "snips", "10,000 resamples of leads", p->bootstrap[0]);
	if (p->has_model)
		row(c, "dr", "10,000 resamples of leads", p->bootstrap[1]);
	if (p->unit_rewards) {
		row(c, "ips", "empirical Bernstein", p->bernstein);
		row(c, "ips", "Clopper-Pearson", p->clopper_pearson);
		row(c, "cressie_read", "empirical likelihood", p->cressie_read);
	}
	fputc('\n', c->out);
	row(c, "difference", "over the champion", p->gate.over_champion);
	if (p->gate.fixed.n) {
		row(c, "difference", "over the best single action:", p->gate.over_fixed);
		fprintf(c->out, "  %55s always " STR_FMT "\n", "", STR_ARG(p->gate.fixed));
	}
	if (p->has_harm)
		row(c, "harm", "a decision", p->harm);
}

static enum status look(struct cli *c, const char *path, struct policy_evidence *p)
{
	const char *candidate = c->args_n > 1 ? c->args[1] : path != NULL ? "log" : "learned";
	const char *champion = c->args_n > 2 ? c->args[2] : "logged";
	return path != NULL ? policy_evidence(c, path, candidate, champion, p)
			    : policy_evidence_live(c, candidate, champion, p);
}

static void show_document(struct cli *c, const struct policy_evidence *p)
{
	struct buf b;
	struct json_w w;
	struct json d;
	buf_init_arena(&b, &c->arena, 65536);
	json_w_init(&w, &b);
	policy_evidence_json(p, &w);
	if (c->json)
		cli_line(c, buf_view(&b));
	else if (json_parse(buf_view(&b), JSON_LIMITS_EVENT, &c->arena, &d, NULL) == ST_OK)
		render_tree(c, &d, 0, 0, NULL);
}

int policy_run_compare(struct cli *c)
{
	struct policy_evidence p = {.may = false};
	if (c->args_n > 3)
		return cli_usage(c, "policy compare wants two policies: nurtured policy compare "
				    "[CANDIDATE [CHAMPION]] [--since 30d | --log FILE]");
	int rc = policy_evidence_options(c);
	if (rc >= 0)
		return rc;
	if (look(c, cli_value(c, "log"), &p) != ST_OK) {
		policy_evidence_finish(&p);
		return policy_evidence_failed(c);
	}
	if (c->json || c->plain)
		show_document(c, &p);
	else
		policy_evidence_show(c, &p);
	policy_evidence_finish(&p);
	return p.may ? CLI_OK : CLI_PROBLEMS;
}
