/* SPDX-License-Identifier: Apache-2.0
 * rule.c: see rule.h. */
#include "evaluate/rule.h"

#include "base/assert.h"
#include "evaluate/sequential.h"

/* Leads at which the guard's interval is tightest; fixed before any is seen. */
#define GUARD_T_OPT 1000.0

/* The arm furthest above the ceiling, of those that are certainly above it; 0: none is. */
static size_t above(const struct rule_case *c, double *low_r)
{
	size_t worst = 0;
	double alpha = VERDICT_ALPHA / (double)(c->n - 1), most = c->guard_most;
	for (size_t i = 1; c->guarded != NULL && i < c->n; i++) {
		double n = c->arms[i].n;
		if (n < VERDICT_LEADS_MIN || c->guarded[i] > n)
			continue;
		double low = sequential_bernoulli(c->guarded[i], n, alpha, GUARD_T_OPT).lo;
		if (low > most) {
			worst = i;
			most = low;
		}
	}
	*low_r = most;
	return worst;
}

static bool enough(const struct rule_case *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->arms[i].n < c->least)
			return false;
	return true;
}

static enum rule_what told(enum verdict_kind k, bool enough, bool over)
{
	static const enum rule_what by_kind[] = {
		[VERDICT_EARLY] = RULE_WAIT,  [VERDICT_BROKEN] = RULE_BROKEN,
		[VERDICT_HARM] = RULE_HARM,   [VERDICT_WINNER] = RULE_WINNER,
		[VERDICT_LOSER] = RULE_LOSER, [VERDICT_EVEN] = RULE_EVEN,
	};
	bool at_once = k == VERDICT_BROKEN || k == VERDICT_HARM;
	enum rule_what what = enough || at_once ? by_kind[k] : RULE_WAIT;
	return over && (what == RULE_WAIT || what == RULE_BROKEN) ? RULE_TIME : what;
}

void rule_judge(const struct rule_case *c, struct arena *a, struct rule_call *out)
{
	double low;
	struct verdict v;
	*out = (struct rule_call){.what = RULE_WAIT};
	ASSERT(c->n >= 2 && c->n <= VERDICT_ARMS_MAX);
	size_t bad = above(c, &low);
	if (bad > 0) {
		out->what = RULE_GUARD;
		out->words =
			arena_printf(a,
				     STR_FMT " has %.1f %% %s, at least %.1f %%: the guard's "
					     "ceiling is %.1f %%.",
				     STR_ARG(c->names[bad]), 100 * c->guarded[bad] / c->arms[bad].n,
				     c->guard, 100 * low, 100 * c->guard_most);
		return;
	}
	verdict_arms(c->arms, c->n, c->min_lift, &v);
	out->what = told(v.kind, enough(c), c->over);
	out->arm = out->what == RULE_WINNER ? v.arm : 0;
	const struct verdict_names names = {c->names, c->metric, c->min_lift};
	if (out->what == RULE_TIME)
		out->words = STR("Its time is over, and nothing was shown.");
	else if (out->what != RULE_WAIT)
		out->words = verdict_words(&v, &names, a);
}

const char *rule_what_name(enum rule_what w)
{
	static const char *const names[RULE_WHATS] = {"wait",   "guard", "broken", "harm",
						      "winner", "loser", "even",   "time"};
	ASSERT(w < RULE_WHATS);
	return names[w];
}
