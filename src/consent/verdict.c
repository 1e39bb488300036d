/* SPDX-License-Identifier: Apache-2.0
 * verdict.c: the law. One predicate per row of rule.def, asked in that order; the row that holds
 * gives answer, name and words. What no rule allows is not allowed. */
#include "consent/consent.h"

#include "base/assert.h"

#include <stdio.h>

struct ask {
	const struct consent_view *v;
	struct str channel, purpose, region;
	int64_t now_us;
	const struct consent_entry *entry;    /* in force; NULL: nothing was ever said */
	const struct suppression *suppressed; /* holds now; NULL: none */
	enum consent_rule region_rule;
};

static bool listed(const struct str *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], name))
			return true;
	return false;
}

static bool is(const struct ask *q, enum consent_state s)
{
	return q->entry != NULL && q->entry->state == s;
}

/* An agreement counts as one only when it rests on consent or a contract: an entry that records
 * legitimate interest says why we may write where that is enough, and no more. */
static bool agreed(const struct ask *q)
{
	return q->entry->basis == BASIS_CONSENT || q->entry->basis == BASIS_CONTRACT;
}

/* ---- one predicate per row ---- */

static bool erased(const struct ask *q)
{
	return q->v->lead->flags & LEAD_ERASED;
}

static bool merged(const struct ask *q)
{
	return q->v->lead->flags & LEAD_MERGED;
}

static bool unknown_channel(const struct ask *q)
{
	const struct program *p = q->v->program;
	return p == NULL || !listed(p->consent.channels, p->consent.channels_n, q->channel);
}

static bool unknown_purpose(const struct ask *q)
{
	const struct program *p = q->v->program;
	return !listed(p->consent.purposes, p->consent.purposes_n, q->purpose);
}

static bool suppressed(const struct ask *q)
{
	return q->suppressed != NULL;
}

static bool objected(const struct ask *q)
{
	return is(q, CONSENT_OBJECTED);
}

static bool withdrawn(const struct ask *q)
{
	return is(q, CONSENT_WITHDRAWN);
}

static bool lapsed(const struct ask *q)
{
	int64_t ttl = q->v->program->consent.opt_in_ttl_us;
	return is(q, CONSENT_PENDING) && ttl > 0 && q->now_us > q->entry->at_us &&
	       time_between(q->entry->at_us, q->now_us) >= ttl;
}

static bool pending(const struct ask *q)
{
	return is(q, CONSENT_PENDING);
}

static bool confirmed(const struct ask *q)
{
	return is(q, CONSENT_CONFIRMED) && agreed(q);
}

static bool unconfirmed(const struct ask *q)
{
	return is(q, CONSENT_GRANTED) && q->entry->basis == BASIS_CONSENT &&
	       q->region_rule == CONSENT_DOUBLE_OPT_IN;
}

static bool granted(const struct ask *q)
{
	return is(q, CONSENT_GRANTED) && agreed(q);
}

static bool dnt(const struct ask *q)
{
	return q->v->program->consent.honour_dnt && (q->v->lead->flags & LEAD_DNT);
}

static bool unknown_region(const struct ask *q)
{
	return q->v->country.n == 0 && q->region_rule != CONSENT_OPT_OUT;
}

static bool opt_in(const struct ask *q)
{
	return q->region_rule != CONSENT_OPT_OUT;
}

static bool legitimate_interest(const struct ask *q)
{
	return q->region_rule == CONSENT_OPT_OUT;
}

static bool nothing(const struct ask *q)
{
	(void)q;
	return true;
}

static const struct {
	bool (*holds)(const struct ask *q);
	bool allowed;
	const char *wire, *words;
} rules[CONSENT_RULE_NO_COUNT] = {
#define CONSENT_RULE(name, wire, allowed, words) \
	[CONSENT_RULE_##name] = {wire, allowed, #wire, words},
#include "consent/rule.def"
#undef CONSENT_RULE
};

const char *consent_rule_wire(enum consent_rule_no r)
{
	ASSERT(r < CONSENT_RULE_NO_COUNT);
	return rules[r].wire;
}

const char *consent_rule_words(enum consent_rule_no r)
{
	ASSERT(r < CONSENT_RULE_NO_COUNT);
	return rules[r].words;
}

enum consent_rule consent_country_rule(const struct program *program, struct str country,
				       struct str *region_r)
{
	const struct program_consent *c = &program->consent;
	if (country.n == 0) {
		*region_r = STR("unknown");
		return c->unknown_rule;
	}
	for (size_t i = 0; i < c->regions_n; i++)
		for (size_t k = 0; k < c->regions[i].countries_n; k++)
			if (str_eq_nocase(c->regions[i].countries[k], country)) {
				*region_r = c->regions[i].name;
				return c->regions[i].rule;
			}
	*region_r = STR("elsewhere");
	return c->default_rule;
}

/* ---- the words ---- */

static void facts(const struct ask *q, struct consent_verdict *out, size_t n)
{
	char when[TIME_TEXT_MAX];
	char *to = out->text + n;
	size_t room = sizeof out->text - n;
	const struct consent_entry *x = q->entry;
	switch (out->rule) {
	case CONSENT_RULE_SUPPRESSED:
		snprintf(to, room, " (%s, since %.10s)",
			 suppress_reason_name(q->suppressed->reason),
			 time_format(q->suppressed->at_us, when));
		break;
	case CONSENT_RULE_OBJECTED:
	case CONSENT_RULE_WITHDRAWN:
	case CONSENT_RULE_LAPSED:
	case CONSENT_RULE_PENDING:
	case CONSENT_RULE_CONFIRMED:
	case CONSENT_RULE_UNCONFIRMED:
	case CONSENT_RULE_GRANTED:
		snprintf(to, room, " (on %.10s by " STR_FMT ")", time_format(x->at_us, when),
			 STR_ARG(str_slice(x->source, 0, 60)));
		break;
	case CONSENT_RULE_OPT_IN:
	case CONSENT_RULE_LEGITIMATE_INTEREST:
		snprintf(to, room, " (region " STR_FMT ")", STR_ARG(str_slice(q->region, 0, 60)));
		break;
	default: break;
	}
}

struct consent_verdict consent_may_speak(const struct consent_view *v, struct str channel,
					 struct str purpose, int64_t now_us)
{
	struct consent_verdict out = {.allowed = false, .rule = CONSENT_RULE_NOTHING};
	struct ask q = {.v = v,
			.channel = channel,
			.purpose = purpose,
			.now_us = now_us,
			.region_rule = CONSENT_OPT_IN};
	ASSERT(v->lead != NULL);
	q.entry = consent_in_force(&v->ledger, channel, purpose);
	for (size_t i = 0; i < v->suppressions_n && q.suppressed == NULL; i++)
		if (suppression_holds(&v->suppressions[i], now_us))
			q.suppressed = &v->suppressions[i];
	if (v->program != NULL)
		q.region_rule = consent_country_rule(v->program, v->country, &q.region);
	for (unsigned r = 0; r < CONSENT_RULE_NO_COUNT; r++) {
		if (!rules[r].holds(&q))
			continue;
		out.rule = (enum consent_rule_no)r;
		out.allowed = rules[r].allowed;
		break;
	}
	int n = snprintf(out.text, sizeof out.text, "%s", rules[out.rule].words);
	ASSERT(n > 0 && (size_t)n < sizeof out.text);
	facts(&q, &out, (size_t)n);
	return out;
}

/* ---- Do Not Track and time to live ---- */

int64_t consent_ttl_us(const struct program *program, const struct lead *lead, int64_t now_us)
{
	int64_t from = lead->active_us > lead->created_us ? lead->active_us : lead->created_us, at;
	if (program->consent.anonymous_ttl_us <= 0 || (lead->flags & LEAD_KNOWN))
		return TIME_NONE;
	if (from == TIME_NONE)
		from = now_us;
	return __builtin_add_overflow(from, program->consent.anonymous_ttl_us, &at) ? TIME_NONE
										    : at;
}

bool consent_may_measure(const struct program *program, const struct event *ev)
{
	bool own_word = str_starts(ev->type, STR("form.")) || str_is(ev->type, "form") ||
			str_starts(ev->type, STR("consent.")) || str_is(ev->type, "identify");
	return !(ev->flags & EVENT_DNT) || !program->consent.honour_dnt || own_word;
}
