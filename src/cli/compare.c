/* SPDX-License-Identifier: Apache-2.0
 * compare.c: see compare.h. The verdict first, then the table it comes from. */
#include "cli/compare.h"

#include "base/assert.h"
#include "cli/progress.h"

struct compared {
	struct cli *c;
	const struct simulate_compare_conf *conf;
	const struct simulate_comparison *of;
};

/* ---- which ---- */

static enum status chosen(struct cli *c, const struct program *p, struct str list,
			  struct simulate_policy *out, size_t *n_r)
{
	enum status st = ST_OK;
	*n_r = 0;
	while (list.n > 0 && st == ST_OK) {
		struct str name = str_cut(&list, ',');
		if (*n_r == SIMULATE_POLICIES_MAX)
			return err_set(&c->err, ST_INVALID, "at most %u policies",
				       SIMULATE_POLICIES_MAX);
		for (size_t i = 0; i < *n_r; i++)
			if (str_eq(out[i].name, name))
				return err_set(&c->err, ST_INVALID,
					       "the policy " STR_FMT " is named twice",
					       STR_ARG(str_slice(name, 0, 60)));
		st = simulate_policy_of(p, name, &c->arena, &out[(*n_r)++], &c->err);
	}
	return st;
}

/* ---- as words ---- */

static void say_unbeaten(const struct compared *x)
{
	size_t told = 0;
	for (size_t i = 1; i < x->conf->n; i++) {
		const struct simulate_policy *p = &x->conf->policies[i];
		if (p->silence || x->of->of[i].beaten)
			continue;
		fprintf(x->c->out, "%s" STR_FMT, told ? ", " : "", STR_ARG(p->name));
		if (++told == 6)
			break;
	}
	fprintf(x->c->out, "%s\n\n", told == 6 ? ", ..." : "");
}

static void say_verdict(const struct compared *x)
{
	const struct simulate_comparison *r = x->of;
	bool all = r->beaten == r->rivals;
	struct str name = x->conf->policies[0].name;
	fprintf(x->c->out, "%s" STR_FMT " %s%s: ", cli_tint(x->c, all ? "green" : "red"),
		STR_ARG(name), all ? "wins" : "does not win", cli_tint(x->c, "off"));
	if (all)
		fprintf(x->c->out,
			"more reward than each of %zu others in the same %llu worlds, and none of "
			"them harms less for sure\n\n",
			r->rivals, (unsigned long long)x->conf->seeds);
	else
		fprintf(x->c->out, "better than %zu of %zu others; not for sure better than ",
			r->beaten, r->rivals);
	if (!all)
		say_unbeaten(x);
}

static void show_row(const struct compared *x, struct str name, const struct simulate_compared *r,
		     bool rival)
{
	char gain[64] = "", more[64] = "";
	if (rival) {
		(void)snprintf(gain, sizeof gain, "%+7.2f [%+6.2f, %+6.2f]", r->gain.diff,
			       r->gain.lo, r->gain.hi);
		(void)snprintf(more, sizeof more, "%+6.2f [%+5.2f, %+5.2f]", r->harm_more.diff,
			       r->harm_more.lo, r->harm_more.hi);
	}
	fprintf(x->c->out, "%-26.*s %8.2f  %-25s %7.2f  %-22s %7.2f%% %7.2f\n", (int)name.n, name.p,
		r->reward, gain, r->harm, more, 100 * r->harm_rate, r->messages);
}

static void show(const struct compared *x)
{
	const struct simulate_compare_conf *c = x->conf;
	say_verdict(x);
	fprintf(x->c->out, "%-26s %8s  %-25s %7s  %-22s %8s %7s\n", "of 100 leads", "reward",
		"first less this (95%)", "harmed", "first less this (95%)", "of mails", "mails");
	for (size_t i = 0; i < c->n; i++)
		show_row(x, c->policies[i].name, &x->of->of[i], i > 0);
	if (x->of->any_fixed)
		show_row(x, STR("(best fixed, afterwards)"), &x->of->hindsight, true);
	cli_talk(x->c,
		 "\n%llu leads, %llu days, seeds %llu to %llu. What people do is assumed "
		 "(docs/simulate.md).\n",
		 (unsigned long long)c->each.leads, (unsigned long long)c->each.days,
		 (unsigned long long)c->each.seed,
		 (unsigned long long)(c->each.seed + c->seeds - 1));
}

/* ---- as JSON ---- */

static void put_difference(struct json_w *w, const char *key, const struct experiment_result *r)
{
	json_w_key(w, key);
	json_w_object(w);
	json_w_kf64(w, "mean", r->diff);
	json_w_kf64(w, "lo", r->lo);
	json_w_kf64(w, "hi", r->hi);
	json_w_end(w);
}

static void put_row(struct json_w *w, struct str name, const struct simulate_compared *r,
		    bool rival)
{
	json_w_object(w);
	json_w_kstr(w, "policy", name);
	json_w_kf64(w, "reward", r->reward);
	json_w_kf64(w, "harmed", r->harm);
	json_w_kf64(w, "harmed_of_messages", r->harm_rate);
	json_w_kf64(w, "messages_per_lead", r->messages);
	if (rival) {
		put_difference(w, "reward_difference", &r->gain);
		put_difference(w, "harmed_difference", &r->harm_more);
		json_w_kbool(w, "beaten", r->beaten);
	}
	json_w_end(w);
}

static void put(const struct compared *x)
{
	const struct simulate_compare_conf *c = x->conf;
	struct buf b;
	struct json_w w;
	buf_init(&b, 1u << 18);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.simulate.compare/1");
	json_w_ki64(&w, "leads", (int64_t)c->each.leads);
	json_w_ki64(&w, "days", (int64_t)c->each.days);
	json_w_ki64(&w, "first_seed", (int64_t)c->each.seed);
	json_w_ki64(&w, "seeds", (int64_t)c->seeds);
	json_w_ki64(&w, "rivals", (int64_t)x->of->rivals);
	json_w_ki64(&w, "beaten", (int64_t)x->of->beaten);
	json_w_kbool(&w, "wins", x->of->beaten == x->of->rivals);
	json_w_key(&w, "policies");
	json_w_array(&w);
	for (size_t i = 0; i < c->n; i++)
		put_row(&w, c->policies[i].name, &x->of->of[i], i > 0 && !c->policies[i].silence);
	json_w_end(&w);
	if (x->of->any_fixed) {
		json_w_key(&w, "best_fixed_afterwards");
		put_row(&w, STR("hindsight"), &x->of->hindsight, true);
	}
	json_w_end(&w);
	ASSERT(buf_ok(&b));
	cli_line(x->c, buf_view(&b));
	buf_finish(&b);
}

/* ---- the verb's part ---- */

static bool go_on(void *ctx, uint64_t done, uint64_t of)
{
	(void)of;
	progress_at(ctx, done);
	return !cli_interrupted();
}

int compare_policies(struct cli *c, const struct draft *d, const struct simulate_conf *each,
		     uint64_t seeds)
{
	struct simulate_policy policies[SIMULATE_POLICIES_MAX];
	struct simulate_comparison of;
	struct progress bar;
	struct simulate_compare_conf conf = {
		.each = *each, .seeds = seeds, .policies = policies, .go_on = go_on, .ctx = &bar};
	const char *names = cli_value(c, "policy");
	enum status st = names != NULL ? chosen(c, d->program, str_of(names), policies, &conf.n)
				       : simulate_policies(d->program, &c->arena, policies, &conf.n,
							   &c->err);
	if (st != ST_OK)
		return cli_refused(c);
	uint64_t all = seeds * conf.n * each->days;
	progress_begin(&bar, c, "compare", "days", all);
	st = simulate_compare(&conf, &of, &c->err);
	progress_end(&bar, all);
	if (st != ST_OK)
		return cli_refused(c);
	const struct compared x = {c, &conf, &of};
	if (c->json)
		put(&x);
	else
		show(&x);
	return of.beaten == of.rivals ? CLI_OK : CLI_PROBLEMS;
}
