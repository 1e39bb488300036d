/* SPDX-License-Identifier: Apache-2.0
 * compile_consent.c: regions, purposes, times. Where the file says nothing the stricter rule
 * holds: a forgotten line must not let a message out. */
#include "program/compile.h"

#include "base/assert.h"
#include "base/time.h"

static const char *const rules[] = {"opt_out", "opt_in", "double_opt_in", NULL};
static const char *const bases[BASIS_COUNT] = {
	[BASIS_NONE] = "none",
	[BASIS_CONSENT] = "consent",
	[BASIS_LEGITIMATE_INTEREST] = "legitimate_interest",
	[BASIS_CONTRACT] = "contract",
};

const char *consent_rule_name(enum consent_rule r)
{
	return rules[r];
}

const char *consent_basis_name(enum consent_basis b)
{
	return bases[b];
}

bool consent_basis_of(struct str wire, enum consent_basis *out)
{
	for (int i = 0; i < BASIS_COUNT; i++) {
		if (!str_is(wire, bases[i]))
			continue;
		*out = (enum consent_basis)i;
		return true;
	}
	return false;
}

static enum consent_rule rule_of(const struct ynode *n, enum consent_rule fallback)
{
	int at = value_word(n, rules);
	return at < 0 ? fallback : (enum consent_rule)at;
}

static const struct str *list_of(struct compile *c, const struct ynode *n, const char *fallback,
				 size_t *n_r)
{
	bool given = n && !n->bad && n->kind == YNODE_LIST;
	struct str *list = COMPILE_ARRAY(c, struct str, given ? n->count : 1);
	struct named *names = ARENA_ARRAY(c->ps->arena, struct named, given ? n->count : 1);
	size_t i = 0;
	*n_r = 0;
	if (list == NULL || names == NULL)
		return NULL;
	for (const struct ynode *x = given ? n->first : NULL; x; x = x->next) {
		if (x->bad)
			continue;
		names[i] = (struct named){x->text, 0, x->where};
		list[i++] = compile_text(c, x->text);
	}
	compile_unique(c, names, i, "entry of this list");
	if (!given && fallback)
		list[i++] = str_of(fallback);
	*n_r = i;
	return list;
}

/* ---- regions ---- */

static void unknown_region(struct compile *c, const struct ynode *n)
{
	struct arena *a = c->ps->arena;
	struct suggest s;
	suggest_init(&s, n->key->text);
	for (size_t i = 0; region_name(i).n; i++)
		suggest_offer(&s, region_name(i));
	struct program_problem *p = problem_add(c->ps, CODE_REGION_UNKNOWN, n->key->where);
	PROBLEM_TEXT(p, message, a, "which countries are \"" STR_FMT "\"?", STR_ARG(n->key->text));
	p->label = STR("no region of this name is built in");
	p->why = STR("the rule would hold for nobody");
	p->suggestion = suggest_best(&s);
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, a,
			     "did you mean \"" STR_FMT
			     "\"? Or list them: {countries: [DE, AT], rule: opt_in}",
			     STR_ARG(p->suggestion));
	else
		p->fix = STR("list them: {countries: [DE, AT], rule: opt_in}");
}

static void compile_region(struct compile *c, const struct ynode *n, struct program_region *r)
{
	const struct ynode *countries = ynode_get(n, "countries");
	r->name = compile_text(c, n->key->text);
	r->rule = rule_of(n->kind == YNODE_MAP ? ynode_get(n, "rule") : n, CONSENT_DOUBLE_OPT_IN);
	if (n->kind == YNODE_MAP) {
		r->countries = list_of(c, countries, NULL, &r->countries_n);
		return;
	}
	r->countries = region_countries(n->key->text, &r->countries_n);
	if (r->countries == NULL && !n->bad)
		unknown_region(c, n);
}

static bool region_has(const struct program_region *r, struct str country)
{
	for (size_t i = 0; i < r->countries_n; i++)
		if (str_eq(r->countries[i], country))
			return true;
	return false;
}

static void warn_overlap(struct compile *c, const struct ynode *n,
			 const struct program_region *list, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		for (size_t k = 0; k < list[at].countries_n; k++) {
			if (list[i].rule == list[at].rule ||
			    !region_has(&list[i], list[at].countries[k]))
				continue;
			struct arena *a = c->ps->arena;
			struct program_problem *p =
				problem_add(c->ps, CODE_COUNTRY_TWICE, n->key->where);
			PROBLEM_TEXT(p, message, a,
				     STR_FMT " is in \"" STR_FMT "\" and in \"" STR_FMT "\"",
				     STR_ARG(list[at].countries[k]), STR_ARG(list[i].name),
				     STR_ARG(list[at].name));
			PROBLEM_TEXT(
				p, why, a, "they have different rules; the stricter, %s, is used",
				rules[list[i].rule > list[at].rule ? list[i].rule : list[at].rule]);
			p->fix = STR("take the country out of one of them");
			return;
		}
	}
}

/* Readers take the first region that has a country; the strictest stands first. */
static void strictest_first(struct program_region *list, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct program_region r = list[i];
		size_t j = i;
		for (; j > 0 && list[j - 1].rule < r.rule; j--)
			list[j] = list[j - 1];
		list[j] = r;
	}
}

static void compile_regions(struct compile *c, const struct ynode *section)
{
	size_t n = section && !section->bad ? section->count : 0, i = 0;
	struct program_region *list = COMPILE_ARRAY(c, struct program_region, n);
	if (list == NULL || n == 0)
		return;
	for (const struct ynode *x = section->first; x; x = x->next) {
		if (x->kind == YNODE_LIST)
			continue;
		compile_region(c, x, &list[i]);
		warn_overlap(c, x, list, i);
		i++;
	}
	strictest_first(list, i);
	c->p->consent.regions = list;
	c->p->consent.regions_n = i;
}

void compile_consent(struct compile *c)
{
	const struct ynode *n = ynode_get(c->root, "consent");
	struct program_consent *out = &c->p->consent;
	compile_regions(c, ynode_get(n, "regions"));
	out->default_rule = rule_of(ynode_get(n, "default"), CONSENT_OPT_IN);
	enum consent_rule strictest = out->default_rule;
	for (size_t i = 0; i < out->regions_n; i++)
		strictest = out->regions[i].rule > strictest ? out->regions[i].rule : strictest;
	out->unknown_rule = rule_of(ynode_get(n, "unknown"), strictest);
	out->purposes = list_of(c, ynode_get(n, "purposes"), "marketing", &out->purposes_n);
	out->channels = list_of(c, ynode_get(n, "channels"), "email", &out->channels_n);
	out->opt_in_ttl_us = 30 * US_PER_D;
	out->honour_dnt = true;
	(void)value_duration(ynode_get(n, "anonymous_ttl"),
			     &out->anonymous_ttl_us); /* absent: kept */
	(void)value_duration(ynode_get(n, "opt_in_ttl"), &out->opt_in_ttl_us);
	(void)value_bool(ynode_get(n, "honour_dnt"), &out->honour_dnt);
}
