/* SPDX-License-Identifier: Apache-2.0
 * explore.c: distributions over actions: `conformance explore FILE.json`, a map of kinds to lists
 * of cases: epsilon_greedy {eps, K, top, pdf}, softmax {lambda, scores, pdf, tol}, bag_votes
 * {votes, pdf}, "min_prob(include zeros)" and "min_prob(zeros stay zero)" {amt, in, out},
 * igw_squarecb {cases: [{q, gamma, p}]}. A kind that is not known is a failure. */
#include "conformance/suite.h"

#include "base/file.h"
#include "base/json.h"
#include "learn/explore.h"

#include <math.h>
#include <stdio.h>

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define TOLERANCE 1e-9

struct one {
	const struct json *d;
	uint32_t node; /* of the case */
	double out[EXPLORE_MAX], tol;
	size_t n;
	bool whole; /* everything it needs is there */
};

static double number(struct one *c, const char *key)
{
	double v = 0;
	c->whole = json_f64(c->d, json_get(c->d, c->node, key), &v) && c->whole;
	return v;
}

static size_t numbers(struct one *c, const char *key, double out[EXPLORE_MAX])
{
	uint32_t list = json_get(c->d, c->node, key);
	size_t n = 0;
	for (uint32_t i = json_first(c->d, list); i != JSON_NONE && n < EXPLORE_MAX;
	     i = json_next(c->d, list, i))
		c->whole = json_f64(c->d, i, &out[n++]) && c->whole;
	c->whole = c->whole && n > 0;
	return n;
}

static void epsilon(struct one *c)
{
	double n = number(c, "K"), top = number(c, "top"), eps = number(c, "eps");
	c->whole = c->whole && n >= 1 && n <= EXPLORE_MAX && top >= 0 && top < n;
	c->n = c->whole ? (size_t)n : 0;
	if (c->whole)
		explore_epsilon((size_t)top, eps, c->n, c->out);
}

static void softmax(struct one *c)
{
	double q[EXPLORE_MAX], lambda = number(c, "lambda");
	c->n = numbers(c, "scores", q);
	c->tol = number(c, "tol");
	if (c->whole)
		explore_softmax(q, lambda, c->n, c->out);
}

static void votes(struct one *c)
{
	double v[EXPLORE_MAX];
	uint32_t count[EXPLORE_MAX] = {0};
	c->n = numbers(c, "votes", v);
	for (size_t i = 0; i < c->n && c->whole; i++)
		count[i] = (uint32_t)v[i];
	if (c->whole)
		explore_votes(count, c->n, c->out);
}

static void filled(struct one *c, bool with_zeros)
{
	double amount = number(c, "amt");
	c->n = numbers(c, "in", c->out);
	if (c->whole)
		explore_floor(amount, with_zeros, c->n, c->out);
}

static void with_zeros(struct one *c)
{
	filled(c, true);
}

static void without_zeros(struct one *c)
{
	filled(c, false);
}

static void inverse_gaps(struct one *c)
{
	double q[EXPLORE_MAX], gamma = number(c, "gamma");
	c->n = numbers(c, "q", q);
	if (c->whole)
		explore_igw(q, gamma, c->n, c->out);
}

static const struct kind {
	const char *name;
	void (*run)(struct one *c);
	const char *want;
} kinds[] = {
	{"epsilon_greedy", epsilon, "pdf"},
	{"softmax", softmax, "pdf"},
	{"bag_votes", votes, "pdf"},
	{"min_prob(include zeros)", with_zeros, "out"},
	{"min_prob(zeros stay zero)", without_zeros, "out"},
	{"igw_squarecb", inverse_gaps, "p"},
	{NULL, NULL, NULL},
};

static void run_case(const struct kind *k, const struct json *d, uint32_t node, struct tally *t)
{
	struct one c = {.d = d, .node = node, .tol = TOLERANCE, .whole = true};
	double want[EXPLORE_MAX];
	size_t n = numbers(&c, k->want, want);
	if (c.whole)
		k->run(&c);
	bool passed = c.whole && n == c.n;
	for (size_t i = 0; i < n && passed; i++)
		passed = fabs(c.out[i] - want[i]) <= c.tol;
	if (!passed)
		fprintf(stderr, "explore: %s: " STR_FMT "\n", k->name, STR_ARG(json_raw(d, node)));
	t->passed += passed;
	t->failed += !passed;
}

static void run_kind(const struct json *d, uint32_t list, struct arena *a, struct tally *t)
{
	struct str name = json_str(d, json_key(d, list), a);
	const struct kind *k = kinds;
	while (k->name != NULL && !str_is(name, k->name))
		k++;
	if (k->name == NULL) {
		fprintf(stderr, "explore: nothing is known of " STR_FMT "\n", STR_ARG(name));
		t->failed++;
		return;
	}
	if (json_is(d, list, JSON_OBJECT))
		list = json_get(d, list, "cases");
	for (uint32_t i = json_first(d, list); i != JSON_NONE; i = json_next(d, list, i))
		run_case(k, d, i, t);
}

static void run_file(const char *path, struct tally *t)
{
	struct arena a;
	struct str text;
	struct json d;
	struct err e;
	arena_init(&a, (size_t)128 << 20);
	if (file_read(path, FILE_BYTES_MAX, &a, &text, &e) != ST_OK ||
	    json_parse(text, JSON_LIMITS_EVENT, &a, &d, &e) != ST_OK) {
		fprintf(stderr, "explore: %s: %s\n", path, e.text);
		t->failed++;
	} else {
		for (uint32_t i = json_first(&d, 0); i != JSON_NONE; i = json_next(&d, 0, i))
			if (!json_is(&d, i, JSON_STRING)) /* where the cases are from */
				run_kind(&d, i, &a, t);
	}
	arena_finish(&a);
}

void suite_explore(int argc, char **argv, struct tally *t)
{
	for (int i = 0; i < argc; i++)
		run_file(argv[i], t);
	if (argc == 0)
		run_file("tests/conformance/cases/explore.json", t);
}
