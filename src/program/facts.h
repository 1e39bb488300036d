/* SPDX-License-Identifier: Apache-2.0
 * facts.h: what conditions may ask about: one lead, its account, one event, its scores.
 *
 * The field registry: built-in fields (one table in facts.c) plus the program's declared ones.
 * Conditions are checked against it at load and read through it at run time; values come from
 * JSON lazily and are brought to the declared type ("674" is 674 where a number is declared).
 * An absent field makes a comparison false, with the reason, never an error to the user.
 * docs/program.md lists every field with its type and where it is read from.
 *
 *   lead.email, lead.domain, lead.country, lead.source, lead.asset, lead.known, ... + declared
 *   account.domain, account.leads, account.engagement, ... + declared (company is an alias)
 *   event.type, event.source, event.page.path, event.campaign.source, event.scroll, ... + declared
 *   fit, engagement, score, tier, persona, feature.<name>
 *   source, asset (of the lead), track, stage, step, touches.sent, touches.silent, ...
 */
#ifndef PROGRAM_FACTS_H
#define PROGRAM_FACTS_H

#include "base/json.h"
#include "cel/over.h"
#include "model/event.h"
#include "model/journey.h"
#include "model/lead.h"
#include "program/program.h"

/* What conditions rarely ask for costs rows and work: it is opened when one of them first does. The
 * functions give NULL when there is none, and may be called again. A failure is theirs to keep. */
struct facts_source {
	const struct json *(*profile)(void *ctx), *(*account)(void *ctx);
	const double *(*features)(void *ctx);
	/* Between what it moves, of the lead as it is, from one instant to a later one or the
	 * same; features by key. */
	struct cel_bounds (*feature_over)(void *ctx, uint32_t key, int64_t from_us, int64_t to_us);
	void (*scores_over)(void *ctx, int64_t from_us, int64_t to_us,
			    struct cel_bounds *engagement_r, struct cel_bounds *score_r);
};

struct facts {
	const struct program *program;
	const struct lead *lead;       /* NULL: no lead fields */
	const struct json *profile;    /* the PROFILE row, parsed; NULL: absent, or see `source` */
	const struct json *account;    /* the ACCOUNT row, parsed; the same */
	const struct event *event;     /* NULL: not about an event */
	const struct json *properties; /* event->properties, parsed; NULL: absent */
	const double *features; /* by index in the program; NULL: not computed, or `source` */
	const struct journey *journey; /* where it is on its tracks; NULL: never on one */
	double fit, engagement, score;
	enum tier tier;
	int64_t now_us;
	struct arena *arena;               /* scratch for decoded strings */
	const struct facts_source *source; /* NULL: there is no more than the above */
	void *source_ctx;
};

/* What is there, opened when need be; NULL: absent. */
const struct json *facts_profile(const struct facts *f);
const struct json *facts_account(const struct facts *f);
const double *facts_features(const struct facts *f);

/* True when the condition holds; false also when it cannot be evaluated: `why` (may be NULL) then
 * says which field was absent or what failed. */
bool facts_hold(const struct facts *f, const struct program_cond *cond, struct err *why);
/* What the condition may come to while nothing happens to the lead. What time moves by itself:
 * engagement, score, features that fade or age, days since something. The tier stands still: its
 * changes have an alarm of their own. */
struct facts_span {
	int64_t from_us, to_us; /* both ends belong to it */
	/* Meanwhile colleagues may change what is known of the lead's account to anything. */
	bool account_moves;
};
struct facts_over {
	bool may_hold, may_fail;
	bool blind; /* both, and a shorter span would not tell either */
};
struct facts_over facts_over(const struct facts *f, const struct program_cond *cond,
			     const struct facts_span *span);
/* Reads a property path ("properties.amount", "page.path", "traits.plan") of the event. */
bool facts_event_number(const struct facts *f, struct str path, double *out_r);
struct str facts_event_text(const struct facts *f, struct str path); /* n == 0: absent */

/* ---- why does a condition hold, or not? ---- */

struct facts_clause {
	struct str text; /* as written in the program */
	unsigned depth;  /* 0: the whole condition; its parts are 1, theirs 2, ... */
	bool leaf;       /* a comparison; else and, or, not over the clauses that follow deeper */
	bool holds;
	bool unknown;     /* could not be decided: a field is not known */
	struct str reads; /* `lead.employees is 120, lead.title is not known`; only of leaves */
};
/* Every clause of a condition with the values it saw; parents before children. Strings live on
 * `a`. A condition that is always true has none. */
MUST_USE enum status facts_explain(const struct facts *f, const struct program_cond *cond,
				   struct arena *a, const struct facts_clause **out, size_t *n_r,
				   struct err *e);

#endif
