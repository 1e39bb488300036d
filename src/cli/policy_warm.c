/* SPDX-License-Identifier: Apache-2.0
 * policy_warm.c: past sends that were imported are believed, as far as live outcomes say that they
 * should be. */
#include "cli/order.h"
#include "cli/past_rows.h"
#include "cli/policy.h"
#include "engine/past.h"

#define UNUSED_SHOWN 5

struct warm {
	struct cli *c;
	double asked; /* below 0: nobody asked for a weight */
	struct past_trial trial;
	size_t unused; /* past sends whose words the program has not: forgotten with the rest */
	struct str unused_first[UNUSED_SHOWN];
	size_t unused_first_n;
	struct past_worthless worthless; /* of those that are used */
};

#define ROW_BYTES ((size_t)4 << 20)

/* The row's own words are in the log, if that still has it. */
static bool row_of(struct view *v, uint64_t seq, struct arena *a, struct json *out)
{
	struct log_record r;
	struct event ev;
	size_t n = 1;
	return v->log != NULL && log_read(v->log, seq, a, &r, &n, NULL) == ST_OK && n > 0 &&
	       event_decode(r.body, a, &ev, NULL) == ST_OK &&
	       json_parse(ev.properties, JSON_LIMITS_EVENT, a, out, NULL) == ST_OK;
}

static struct str words_of(struct view *v, uint64_t seq)
{
	struct json d;
	if (!row_of(v, seq, v->arena, &d))
		return arena_printf(v->arena, "event %llu", (unsigned long long)seq);
	const char *const keys[] = {"message", "angle", "channel"};
	struct buf b;
	buf_init_arena(&b, v->arena, 1024);
	buf_printf(&b, "event %llu", (unsigned long long)seq);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct str word = json_str(&d, json_get(&d, 0, keys[i]), v->arena);
		if (word.n > 0)
			buf_printf(&b, ", %s \"" STR_FMT "\"", keys[i],
				   STR_ARG(str_slice(word, 0, 64)));
	}
	return buf_view(&b);
}

/* What came of those that are used, and is worth nothing: it is learned as if nothing had come. */
static void look_for_worthless(struct warm *x, struct view *v, const struct past_rows *rows)
{
	struct arena a;
	struct json d;
	arena_init(&a, ROW_BYTES);
	for (size_t i = 0; i < rows->past_n && v->program != NULL; i++) {
		arena_reset(&a);
		if (row_of(v, rows->past[i].decision, &a, &d))
			past_worthless_add(&x->worthless, v->program, &d, &a);
	}
	arena_finish(&a);
}

/* Leaves those the program knows. */
static void sift(struct warm *x, struct view *v, struct past_rows *rows)
{
	size_t n = 0;
	for (size_t i = 0; i < rows->past_n; i++) {
		if (v->program == NULL || past_known(v->program, &rows->past[i]))
			rows->past[n++] = rows->past[i];
		else if (x->unused_first_n < UNUSED_SHOWN)
			x->unused_first[x->unused_first_n++] = words_of(v, rows->past[i].decision);
	}
	x->unused = rows->past_n - n;
	rows->past_n = n;
}

static void show_json(const struct warm *x, double weight)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, &x->c->arena, 8192);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.policy_warm/1");
	json_w_ki64(&w, "past_sends", (int64_t)x->trial.past);
	json_w_ki64(&w, "unused", (int64_t)x->unused);
	json_w_key(&w, "unused_first");
	json_w_array(&w);
	for (size_t i = 0; i < x->unused_first_n; i++)
		json_w_str(&w, x->unused_first[i]);
	json_w_end(&w);
	json_w_key(&w, "worth_nothing");
	json_w_array(&w);
	for (size_t i = 0; i < x->worthless.n; i++) {
		json_w_object(&w);
		json_w_kz(&w, "outcome", x->worthless.list[i].type);
		json_w_ki64(&w, "rows", (int64_t)x->worthless.list[i].rows);
		json_w_end(&w);
	}
	json_w_end(&w);
	json_w_ki64(&w, "live_outcomes", (int64_t)x->trial.live);
	json_w_kbool(&w, "validated", x->trial.live >= PAST_LIVE_LEAST);
	json_w_kf64(&w, "weight", weight);
	json_w_key(&w, "trials");
	json_w_array(&w);
	for (size_t i = 0; i < PAST_WEIGHTS; i++) {
		json_w_object(&w);
		json_w_kf64(&w, "weight", (double)past_weights[i]);
		json_w_kf64(&w, "log_loss", x->trial.loss[i]);
		json_w_end(&w);
	}
	json_w_end(&w);
	json_w_end(&w);
	cli_line(x->c, buf_view(&b));
}

static void show(const struct warm *x, double weight)
{
	const struct past_trial *t = &x->trial;
	bool few = t->live < PAST_LIVE_LEAST;
	if (x->c->json) {
		show_json(x, weight);
		return;
	}
	fprintf(x->c->out, "%zu past sends count %.2g each%s\n", t->past, weight,
		x->asked >= 0 ? ", as asked"
		: few         ? ": too few live outcomes to ask"
			      : ": so the live outcomes are foretold best");
	if (x->unused > 0)
		fprintf(x->c->out,
			"%zu more are not used, and forgotten: the program has not their message, "
			"angle or channel; apply one that has it first to use them\n",
			x->unused);
	for (size_t i = 0; i < x->unused_first_n; i++)
		fprintf(x->c->out, "  " STR_FMT "\n", STR_ARG(x->unused_first[i]));
	if (x->worthless.n > 0)
		fprintf(x->c->out, "what came of them and is worth nothing in this program:\n");
	for (size_t i = 0; i < x->worthless.n; i++)
		fprintf(x->c->out, "  %s, %zu rows\n", x->worthless.list[i].type,
			x->worthless.list[i].rows);
	for (size_t i = 0; i < PAST_WEIGHTS && !few; i++)
		fprintf(x->c->out, "  weight %-4.2g log loss %.5f over %zu live outcomes\n",
			(double)past_weights[i], t->loss[i], t->live);
}

/* What is unused is forgotten with what is believed. Where that would be all, nobody is taught and
 * everything is lost: that has to be asked for. */
static enum status none_known(const struct warm *x, struct err *e)
{
	return err_set(e, ST_CONFLICT,
		       "none of the %zu past sends that wait has its message, angle and channel in "
		       "the program (" STR_FMT "): apply one that has them, or forget them with "
		       "--weight 0",
		       x->unused, STR_ARG(x->unused_first[0]));
}

static enum status make(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	struct warm *x = ctx;
	struct past_rows rows;
	enum status st = past_read(v->store, &rows, e);
	if (st != ST_OK)
		return st;
	if (rows.past_n == 0) {
		past_finish(&rows);
		return err_set(
			e, ST_CONFLICT,
			"no past sends wait: nurtured import FILE --events --type " PAST_EVENT);
	}
	sift(x, v, &rows);
	if (rows.past_n == 0 && x->asked != 0) {
		past_finish(&rows);
		return none_known(x, e);
	}
	look_for_worthless(x, v, &rows);
	past_try(rows.past, rows.past_n, rows.live, rows.live_n, &x->trial);
	past_finish(&rows);
	double weight = x->asked >= 0 ? x->asked : (double)past_weights[x->trial.best];
	show(x, weight);
	out->type = "policy.warm";
	out->properties = arena_printf(v->arena, "{\"weight\":%.6g}", weight);
	return ST_OK;
}

int policy_run_warm(struct cli *c)
{
	struct warm x = {.c = c, .asked = -1};
	const char *text = cli_value(c, "weight");
	bool number = text == NULL || str_to_f64(str_of(text), &x.asked);
	if (c->args_n != 1)
		return cli_usage(c, "policy warm takes no arguments: nurtured policy warm");
	if (!number || (text != NULL && !(x.asked >= 0 && x.asked <= 1)))
		return cli_usage(c, "--weight wants a number from 0 to 1");
	return order(c, make, &x, "the learner starts from them");
}
