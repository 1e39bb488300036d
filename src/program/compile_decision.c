/* SPDX-License-Identifier: Apache-2.0
 * compile_decision.c: choices that another sender asks for. */
#include "base/hash.h"
#include "base/time.h"
#include "program/compile_play.h"

const char *decision_mode_name(enum decision_mode m)
{
	return schema_ask_words[m];
}

static bool named(const struct program_decision *d, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(d->context[i], name))
			return true;
	return false;
}

static void twice(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_CONTEXT_TWICE, n->where);
	PROBLEM_TEXT(p, message, x->c->ps->arena, "`" STR_FMT "` stands here twice",
		     STR_ARG(n->text));
	p->why = STR("a number of a case has one place");
	p->fix = STR("take one of them out");
}

static void compile_context(struct playing *x, const struct ynode *n, struct program_decision *d)
{
	size_t max = n && !n->bad ? n->count : 0;
	struct str *list = COMPILE_ARRAY(x->c, struct str, max);
	d->context = list;
	for (const struct ynode *y = list && max ? n->first : NULL; y; y = y->next) {
		if (y->bad)
			continue;
		if (named(d, d->context_n, y->text))
			twice(x, y);
		list[d->context_n++] = compile_text(x->c, y->text);
		d->shape = hash_str(y->text, d->shape + 1);
	}
}

static void compile_explore(const struct ynode *n, struct program_decision *d)
{
	/* Absent: as they are. */
	(void)value_share(ynode_get(n, "most"), &d->most);
	(void)value_share(ynode_get(n, "least"), &d->least);
	(void)value_share(ynode_get(n, "uniform"), &d->uniform);
	(void)value_share(ynode_get(n, "epsilon"), &d->epsilon);
	(void)value_number(ynode_get(n, "gain"), &d->gain);
}

static size_t index_or_first(struct playing *x, const struct ynode *n,
			     const struct play_names *names, const char *why)
{
	size_t at = play_index(x, n, names, why);
	return at == NO_INDEX ? 0 : at;
}

/* Both are read as something else: a learn: of nothing as a second, a within: that is shorter as
 * long as learn:. Who writes them means neither. */
static void times_fit(struct playing *x, const struct ynode *n, const struct program_decision *d)
{
	const struct ynode *learn = ynode_get(n, "learn"), *within = ynode_get(n, "within");
	const struct ynode *at = within ? within : learn;
	struct arena *a = x->c->ps->arena;
	bool never = d->learn_us < US_PER_S;
	char long_[TIME_TEXT_MAX], short_[TIME_TEXT_MAX];
	if (at == NULL || at->bad || (!never && d->close_us >= d->learn_us))
		return;
	struct program_problem *p =
		problem_add(x->c->ps, CODE_NO_TIME, never ? ynode_place(learn) : ynode_place(at));
	if (never) {
		p->message = STR("`learn:` leaves no time for an outcome to come");
		p->why = STR("every decision would be learned as one that nothing came of");
		p->fix = STR("write how long an outcome takes, as learn: 1d");
		return;
	}
	PROBLEM_TEXT(p, message, a, "rewards count for %s, and are looked at after %s",
		     duration_format(d->close_us, short_), duration_format(d->learn_us, long_));
	p->why = STR("what is learned first would be more than what counts");
	p->fix = STR("let `within:` be as long as `learn:`, or longer");
}

static void compile_decision(struct playing *x, const struct ynode *n, struct program_decision *d)
{
	int mode = value_word(ynode_get(n, "mode"), schema_ask_words);
	*d = (struct program_decision){
		.name = compile_text(x->c, n->key->text),
		.mode = mode > 0 ? (enum decision_mode)mode : DECISION_SHADOW,
		.worth = 1,
		.learn_us = US_PER_D,
		.close_us = 7 * US_PER_D,
		.most = 1,
		.least = 0.01,
		.epsilon = 0.05,
		.gain = 150,
	};
	compile_context(x, ynode_get(n, "context"), d);
	d->channel = index_or_first(x, ynode_get(n, "channel"), &x->channels,
				    "no guard could be asked for it");
	d->purpose = index_or_first(x, ynode_get(n, "purpose"), &x->purposes,
				    "nobody could ever have agreed to it");
	(void)value_number(ynode_get(n, "worth"), &d->worth); /* absent: as above */
	(void)value_duration(ynode_get(n, "learn"), &d->learn_us);
	(void)value_duration(ynode_get(n, "within"), &d->close_us);
	times_fit(x, n, d);
	d->learn_us = d->learn_us < US_PER_S ? US_PER_S : d->learn_us;
	d->close_us = d->close_us < d->learn_us ? d->learn_us : d->close_us;
	compile_explore(ynode_get(n, "explore"), d);
	compile_explore_sense(x, ynode_get(n, "explore"), schema_ask_words[d->mode]);
	compile_explore_fits(x, ynode_get(n, "explore"),
			     (struct explored){d->most, d->least, d->uniform});
}

void compile_decisions(struct playing *x)
{
	const struct ynode *section = ynode_get(x->c->root, "decisions");
	size_t n = section && !section->bad ? section->count : 0;
	struct program_decision *list = COMPILE_ARRAY(x->c, struct program_decision, n);
	if (list == NULL || n == 0)
		return;
	for (const struct ynode *y = section->first; y; y = y->next)
		if (y->kind == YNODE_MAP && !y->bad)
			compile_decision(x, y, &list[x->play->decisions_n++]);
	x->play->decisions = list;
}
