/* SPDX-License-Identifier: Apache-2.0
 * diff.c: two compiled programs side by side, section by section. Rules are paired by name: a rule
 * that got another name is one removed and one new, which is also what happens to what leads
 * remember of it. */
#include "program/diff_part.h"

#include "base/json.h"
#include "base/time.h"

#include <stdio.h>

struct program_change *diff_add(struct differ *d, enum program_change_kind kind, unsigned touches)
{
	static _Thread_local struct program_change nowhere;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 32;
		struct program_change *list = ARENA_ARRAY(d->arena, struct program_change, cap);
		d->full = d->full || list == NULL;
		if (list == NULL)
			return &nowhere;
		if (d->n)
			memcpy(list, d->list, d->n * sizeof *list);
		d->list = list;
		d->cap = cap;
	}
	d->touches |= touches;
	d->list[d->n] = (struct program_change){.kind = kind, .touches = touches};
	return &d->list[d->n++];
}

/* ---- single values ---- */

static struct str or_nothing(struct str s)
{
	return s.n ? s : STR("nothing");
}

void diff_text(struct differ *d, struct scalar s, struct str old, struct str new)
{
	if (!str_eq(old, new))
		CHANGE(d, CHANGE_CHANGED, s.touches, s.section, str_of(s.what),
		       "%s: " STR_FMT " -> " STR_FMT, s.what, STR_ARG(or_nothing(old)),
		       STR_ARG(or_nothing(new)));
}

void diff_number(struct differ *d, struct scalar s, double old, double new)
{
	if (old != new)
		CHANGE(d, CHANGE_CHANGED, s.touches, s.section, str_of(s.what), "%s: %g -> %g",
		       s.what, old, new);
}

struct str diff_days(struct differ *d, int64_t us)
{
	char text[TIME_TEXT_MAX];
	return us ? arena_printf(d->arena, "%s", duration_format(us, text)) : STR("never");
}

void diff_time(struct differ *d, struct scalar s, int64_t old, int64_t new)
{
	if (old != new)
		CHANGE(d, CHANGE_CHANGED, s.touches, s.section, str_of(s.what),
		       "%s: " STR_FMT " -> " STR_FMT, s.what, STR_ARG(diff_days(d, old)),
		       STR_ARG(diff_days(d, new)));
}

struct str diff_joined(struct differ *d, const struct str *list, size_t n)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 65536);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(list[i]));
	d->full = d->full || !buf_ok(&b);
	return buf_view(&b);
}

struct str diff_cond(const struct program_cond *c)
{
	return c->prog ? c->text : STR("always");
}

/* ---- personas, keys, fields ---- */

static void diff_personas(struct differ *d)
{
	const struct program *o = d->old, *n = d->new;
	for (size_t i = 0; i < n->personas_n; i++) {
		const struct program_persona *x = &n->personas[i];
		size_t j = 0;
		while (j < o->personas_n && !str_eq(o->personas[j].name, x->name))
			j++;
		if (j == o->personas_n)
			CHANGE(d, CHANGE_ADDED, TOUCHES_FIT, "personas", x->name,
			       "new persona " STR_FMT ": " STR_FMT, STR_ARG(x->name),
			       STR_ARG(diff_cond(&x->if_)));
		else if (!str_eq(diff_cond(&o->personas[j].if_), diff_cond(&x->if_)))
			CHANGE(d, CHANGE_CHANGED, TOUCHES_FIT, "personas", x->name,
			       "persona " STR_FMT ": " STR_FMT " -> " STR_FMT, STR_ARG(x->name),
			       STR_ARG(diff_cond(&o->personas[j].if_)),
			       STR_ARG(diff_cond(&x->if_)));
		else if (j != i)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_FIT, "personas", x->name,
			       "persona " STR_FMT
			       " is asked as number %zu, was %zu: the first that holds wins",
			       STR_ARG(x->name), i + 1, j + 1);
	}
	for (size_t j = 0; j < o->personas_n; j++) {
		size_t i = 0;
		while (i < n->personas_n && !str_eq(n->personas[i].name, o->personas[j].name))
			i++;
		if (i == n->personas_n)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_FIT, "personas", o->personas[j].name,
			       "persona " STR_FMT " is gone", STR_ARG(o->personas[j].name));
	}
}

static void diff_field_list(struct differ *d, const char *object,
			    const struct program_field *const lists[2], const size_t counts[2])
{
	static const char *const words[] = {"no longer declared", "new field"};
	for (size_t side = 0; side < 2; side++) { /* 0: what is gone, 1: what is new or changed */
		for (size_t i = 0; i < counts[side]; i++) {
			const struct program_field *x = &lists[side][i], *y = NULL;
			for (size_t j = 0; j < counts[!side] && y == NULL; j++)
				y = str_eq(lists[!side][j].name, x->name) ? &lists[!side][j] : NULL;
			unsigned touches = TOUCHES_FIT | TOUCHES_ENGAGEMENT;
			if (y == NULL)
				CHANGE(d, side ? CHANGE_ADDED : CHANGE_REMOVED, touches, "fields",
				       x->name, "%s: %s." STR_FMT, words[side], object,
				       STR_ARG(x->name));
			else if (side && (x->type != y->type || !str_eq(x->path, y->path)))
				CHANGE(d, CHANGE_CHANGED, touches, "fields", x->name,
				       "field %s." STR_FMT " is read differently", object,
				       STR_ARG(x->name));
		}
	}
}

static void diff_fields(struct differ *d)
{
	const struct program_fields *o = &d->old->fields, *n = &d->new->fields;
	diff_field_list(d, "lead", (const struct program_field *const[]){o->lead, n->lead},
			(const size_t[]){o->lead_n, n->lead_n});
	diff_field_list(d, "account", (const struct program_field *const[]){o->account, n->account},
			(const size_t[]){o->account_n, n->account_n});
	diff_field_list(d, "event", (const struct program_field *const[]){o->event, n->event},
			(const size_t[]){o->event_n, n->event_n});
}

/* ---- features ---- */

static bool same_on(const struct program_on *a, const struct program_on *b)
{
	return a->any == b->any && a->family == b->family && str_eq(a->type, b->type) &&
	       str_eq(diff_cond(&a->where), diff_cond(&b->where));
}

static bool same_part(const struct program *o, size_t at_old, const struct program *n,
		      size_t at_new)
{
	return str_eq(o->features[at_old].name, n->features[at_new].name);
}

static bool same_feature(struct differ *d, const struct program_feature *a,
			 const struct program_feature *b)
{
	if (a->kind != b->kind || !same_on(&a->on, &b->on) || !str_eq(a->property, b->property) ||
	    a->half_life_us != b->half_life_us)
		return false;
	return a->kind != FEATURE_RATIO || (same_part(d->old, a->over, d->new, b->over) &&
					    same_part(d->old, a->under, d->new, b->under));
}

static const struct program_feature *feature_named(const struct program *p, struct str name)
{
	for (size_t i = 0; i < p->features_n; i++)
		if (str_eq(p->features[i].name, name))
			return &p->features[i];
	return NULL;
}

static void diff_features(struct differ *d)
{
	for (size_t i = 0; i < d->new->features_n; i++) {
		const struct program_feature *x = &d->new->features[i],
					     *y = feature_named(d->old, x->name);
		if (y == NULL)
			CHANGE(d, CHANGE_ADDED, TOUCHES_FEATURES, "features", x->name,
			       "new feature " STR_FMT ": counts from now on", STR_ARG(x->name));
		else if (!same_feature(d, y, x))
			CHANGE(d, CHANGE_CHANGED, TOUCHES_FEATURES, "features", x->name,
			       "feature " STR_FMT
			       " is computed differently: what leads remember of it goes on under "
			       "the new rule",
			       STR_ARG(x->name));
	}
	for (size_t i = 0; i < d->old->features_n; i++)
		if (feature_named(d->new, d->old->features[i].name) == NULL)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_FEATURES, "features",
			       d->old->features[i].name, "feature " STR_FMT " is gone",
			       STR_ARG(d->old->features[i].name));
}

/* ---- fit ---- */

static const struct program_fit *fit_named(const struct program *p, struct str name)
{
	for (size_t i = 0; i < p->fit_n; i++)
		if (str_eq(p->fit[i].name, name))
			return &p->fit[i];
	return NULL;
}

static void diff_fit(struct differ *d)
{
	for (size_t i = 0; i < d->new->fit_n; i++) {
		const struct program_fit *x = &d->new->fit[i], *y = fit_named(d->old, x->name);
		if (y == NULL) {
			CHANGE(d, CHANGE_ADDED, TOUCHES_FIT, "fit", x->name,
			       "new fit rule " STR_FMT ": %+g points", STR_ARG(x->name), x->points);
			continue;
		}
		if (y->points != x->points)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_FIT, "fit", x->name,
			       "fit rule " STR_FMT ": %g -> %g points", STR_ARG(x->name), y->points,
			       x->points);
		if (!str_eq(diff_cond(&y->if_), diff_cond(&x->if_)))
			CHANGE(d, CHANGE_CHANGED, TOUCHES_FIT, "fit", x->name,
			       "fit rule " STR_FMT ": " STR_FMT " -> " STR_FMT, STR_ARG(x->name),
			       STR_ARG(diff_cond(&y->if_)), STR_ARG(diff_cond(&x->if_)));
	}
	for (size_t i = 0; i < d->old->fit_n; i++)
		if (fit_named(d->new, d->old->fit[i].name) == NULL)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_FIT, "fit", d->old->fit[i].name,
			       "fit rule " STR_FMT " is gone: its %g points too",
			       STR_ARG(d->old->fit[i].name), d->old->fit[i].points);
}

/* ---- engagement ---- */

static const struct program_points *points_named(const struct program *p, struct str name)
{
	for (size_t i = 0; i < p->points_n; i++)
		if (str_eq(p->points[i].name, name))
			return &p->points[i];
	return NULL;
}

static void diff_rule(struct differ *d, const struct program_points *o,
		      const struct program_points *n)
{
	if (o->points != n->points)
		CHANGE(d, CHANGE_CHANGED, TOUCHES_ENGAGEMENT, "engagement", n->name,
		       "engagement rule " STR_FMT ": %g -> %g points", STR_ARG(n->name), o->points,
		       n->points);
	if (o->half_life_us != n->half_life_us)
		CHANGE(d, CHANGE_CHANGED, TOUCHES_ENGAGEMENT, "engagement", n->name,
		       "engagement rule " STR_FMT ": half-life " STR_FMT " -> " STR_FMT
		       ": applies to new activity, and to what is left of the old from now on",
		       STR_ARG(n->name), STR_ARG(diff_days(d, o->half_life_us)),
		       STR_ARG(diff_days(d, n->half_life_us)));
	if (o->points_max != n->points_max)
		CHANGE(d, CHANGE_CHANGED, TOUCHES_ENGAGEMENT, "engagement", n->name,
		       "engagement rule " STR_FMT ": at most %g -> %g points (0: no ceiling)",
		       STR_ARG(n->name), o->points_max, n->points_max);
	if (!same_on(&o->on, &n->on))
		CHANGE(d, CHANGE_CHANGED, TOUCHES_ENGAGEMENT, "engagement", n->name,
		       "engagement rule " STR_FMT " counts other events: applies to new activity",
		       STR_ARG(n->name));
}

/* When every rule's half-life moved alike it is the section's: one line instead of one for each. */
static bool common_half_life(struct differ *d, int64_t *old_r, int64_t *new_r)
{
	size_t n = 0;
	for (size_t i = 0; i < d->new->points_n; i++) {
		const struct program_points *x = &d->new->points[i],
					    *y = points_named(d->old, x->name);
		if (y == NULL)
			continue;
		if (y->half_life_us == x->half_life_us ||
		    (n && (*old_r != y->half_life_us || *new_r != x->half_life_us)))
			return false;
		*old_r = y->half_life_us;
		*new_r = x->half_life_us;
		n++;
	}
	return n > 1;
}

static void diff_points(struct differ *d)
{
	int64_t old_us, new_us;
	bool common = common_half_life(d, &old_us, &new_us);
	if (common)
		CHANGE(d, CHANGE_CHANGED, TOUCHES_ENGAGEMENT, "engagement", STR("half_life"),
		       "half-life " STR_FMT " -> " STR_FMT
		       ": applies to new activity, and to what is left of the old from now on",
		       STR_ARG(diff_days(d, old_us)), STR_ARG(diff_days(d, new_us)));
	for (size_t i = 0; i < d->new->points_n; i++) {
		const struct program_points *x = &d->new->points[i],
					    *y = points_named(d->old, x->name);
		if (y == NULL) {
			CHANGE(d, CHANGE_ADDED, TOUCHES_ENGAGEMENT, "engagement", x->name,
			       "new engagement rule " STR_FMT ": %+g points, for new activity",
			       STR_ARG(x->name), x->points);
			continue;
		}
		struct program_points before = *y;
		if (common)
			before.half_life_us = x->half_life_us;
		diff_rule(d, &before, x);
	}
	for (size_t i = 0; i < d->old->points_n; i++)
		if (points_named(d->new, d->old->points[i].name) == NULL)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_ENGAGEMENT, "engagement",
			       d->old->points[i].name,
			       "engagement rule " STR_FMT
			       " is gone: points it gave no longer count",
			       STR_ARG(d->old->points[i].name));
}

static void diff_inactivity(struct differ *d)
{
	const struct program_inactivity *o = &d->old->inactivity, *n = &d->new->inactivity;
	static const struct scalar after = {"engagement", "inactivity after", TOUCHES_ENGAGEMENT};
	static const struct scalar every = {"engagement", "inactivity every", TOUCHES_ENGAGEMENT};
	static const struct scalar points = {"engagement", "inactivity points", TOUCHES_ENGAGEMENT};
	static const struct scalar most = {"engagement", "inactivity points at most",
					   TOUCHES_ENGAGEMENT};
	diff_time(d, after, o->after_us, n->after_us);
	if (n->after_us == 0)
		return;
	diff_time(d, every, o->every_us, n->every_us);
	diff_number(d, points, o->points, n->points);
	diff_number(d, most, o->points_max, n->points_max);
}

/* ---- tiers, entry, consent, the head ---- */

static void diff_tiers(struct differ *d)
{
	static const struct scalar fit = {"scoring", "weight of fit", TOUCHES_TIERS};
	static const struct scalar engagement = {"scoring", "weight of engagement", TOUCHES_TIERS};
	static const struct scalar slope = {"scoring", "slope of probability", TOUCHES_TIERS};
	static const struct scalar bias = {"scoring", "bias of probability", TOUCHES_TIERS};
	diff_number(d, fit, d->old->fit_weight, d->new->fit_weight);
	diff_number(d, engagement, d->old->engagement_weight, d->new->engagement_weight);
	diff_number(d, slope, d->old->probability.slope, d->new->probability.slope);
	diff_number(d, bias, d->old->probability.bias, d->new->probability.bias);
	for (int t = TIER_HOT; t > TIER_COLD; t--) {
		const struct program_tier *o = &d->old->tiers[t], *n = &d->new->tiers[t];
		struct str name = str_of(tier_name((enum tier)t));
		if (o->up != n->up)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_TIERS, "tiers", name,
			       STR_FMT " from a score of %g -> %g", STR_ARG(name), o->up, n->up);
		if (o->down != n->down)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_TIERS, "tiers", name,
			       STR_FMT " until below %g -> %g", STR_ARG(name), o->down, n->down);
		if (!str_eq(diff_cond(&o->if_), diff_cond(&n->if_)))
			CHANGE(d, CHANGE_CHANGED, TOUCHES_TIERS, "tiers", name,
			       STR_FMT " if: " STR_FMT " -> " STR_FMT, STR_ARG(name),
			       STR_ARG(diff_cond(&o->if_)), STR_ARG(diff_cond(&n->if_)));
	}
}

static const struct program_entry *entry_named(const struct program *p, struct str name)
{
	for (size_t i = 0; i < p->entries_n; i++)
		if (str_eq(p->entries[i].name, name))
			return &p->entries[i];
	return NULL;
}

static void diff_entries(struct differ *d)
{
	for (size_t i = 0; i < d->new->entries_n; i++) {
		const struct program_entry *x = &d->new->entries[i],
					   *y = entry_named(d->old, x->name);
		if (y == NULL) {
			CHANGE(d, CHANGE_ADDED, TOUCHES_ENTRY, "entry", x->name,
			       "new entry rule " STR_FMT ": %+g points of fit, for new leads",
			       STR_ARG(x->name), x->fit_points);
			continue;
		}
		bool same = str_eq(diff_joined(d, x->sources, x->sources_n),
				   diff_joined(d, y->sources, y->sources_n)) &&
			    str_eq(diff_joined(d, x->assets, x->assets_n),
				   diff_joined(d, y->assets, y->assets_n)) &&
			    str_eq(diff_cond(&x->if_), diff_cond(&y->if_));
		if (x->fit_points != y->fit_points)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_ENTRY, "entry", x->name,
			       "entry rule " STR_FMT ": %g -> %g points of fit, for new leads",
			       STR_ARG(x->name), y->fit_points, x->fit_points);
		if (!same)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_ENTRY, "entry", x->name,
			       "entry rule " STR_FMT " takes other leads from now on",
			       STR_ARG(x->name));
	}
	for (size_t i = 0; i < d->old->entries_n; i++)
		if (entry_named(d->new, d->old->entries[i].name) == NULL)
			CHANGE(d, CHANGE_REMOVED, TOUCHES_ENTRY, "entry", d->old->entries[i].name,
			       "entry rule " STR_FMT
			       " is gone; leads that came in by it keep their points",
			       STR_ARG(d->old->entries[i].name));
}

static void diff_regions(struct differ *d, const struct program *from, const struct program *to,
			 bool gone)
{
	const struct program_consent *a = &from->consent, *b = &to->consent;
	for (size_t i = 0; i < a->regions_n; i++) {
		const struct program_region *x = &a->regions[i], *y = NULL;
		for (size_t j = 0; j < b->regions_n && y == NULL; j++)
			y = str_eq(b->regions[j].name, x->name) ? &b->regions[j] : NULL;
		if (y == NULL)
			CHANGE(d, gone ? CHANGE_REMOVED : CHANGE_ADDED, TOUCHES_CONSENT, "consent",
			       x->name,
			       gone ? "region " STR_FMT " is gone (it was %s)"
				    : "new region " STR_FMT ": %s",
			       STR_ARG(x->name), consent_rule_name(x->rule));
		if (y == NULL || gone)
			continue;
		if (x->rule != y->rule)
			CHANGE(d, CHANGE_CHANGED, TOUCHES_CONSENT, "consent", x->name,
			       "region " STR_FMT ": %s -> %s", STR_ARG(x->name),
			       consent_rule_name(y->rule), consent_rule_name(x->rule));
		if (!str_eq(diff_joined(d, x->countries, x->countries_n),
			    diff_joined(d, y->countries, y->countries_n)))
			CHANGE(d, CHANGE_CHANGED, TOUCHES_CONSENT, "consent", x->name,
			       "region " STR_FMT " has other countries", STR_ARG(x->name));
	}
}

static void diff_consent(struct differ *d)
{
	const struct program_consent *o = &d->old->consent, *n = &d->new->consent;
	static const struct scalar rule = {"consent", "consent where no region says otherwise",
					   TOUCHES_CONSENT};
	static const struct scalar unknown = {"consent", "consent where the country is not known",
					      TOUCHES_CONSENT};
	static const struct scalar purposes = {"consent", "purposes", TOUCHES_CONSENT};
	static const struct scalar channels = {"consent", "channels", TOUCHES_CONSENT};
	static const struct scalar anonymous = {"consent", "anonymous leads are forgotten after",
						TOUCHES_CONSENT};
	static const struct scalar pending = {"consent", "a yes without confirmation lapses after",
					      TOUCHES_CONSENT};
	static const struct scalar dnt = {"consent", "Do Not Track is honoured", TOUCHES_CONSENT};
	diff_text(d, rule, str_of(consent_rule_name(o->default_rule)),
		  str_of(consent_rule_name(n->default_rule)));
	diff_text(d, unknown, str_of(consent_rule_name(o->unknown_rule)),
		  str_of(consent_rule_name(n->unknown_rule)));
	diff_regions(d, d->new, d->old, false);
	diff_regions(d, d->old, d->new, true);
	diff_text(d, purposes, diff_joined(d, o->purposes, o->purposes_n),
		  diff_joined(d, n->purposes, n->purposes_n));
	diff_text(d, channels, diff_joined(d, o->channels, o->channels_n),
		  diff_joined(d, n->channels, n->channels_n));
	diff_time(d, anonymous, o->anonymous_ttl_us, n->anonymous_ttl_us);
	diff_time(d, pending, o->opt_in_ttl_us, n->opt_in_ttl_us);
	diff_text(d, dnt, o->honour_dnt ? STR("yes") : STR("no"),
		  n->honour_dnt ? STR("yes") : STR("no"));
}

static struct str keys_text(struct differ *d, const struct program *p)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 65536);
	for (size_t i = 0; i < p->keys_n; i++)
		buf_printf(&b, "%s" STR_FMT "%s", i ? ", " : "", STR_ARG(p->keys[i].name),
			   p->keys[i].solid ? "" : " (device)");
	return buf_view(&b);
}

static void diff_head(struct differ *d)
{
	const struct program *o = d->old, *n = d->new;
	static const struct scalar name = {"program", "program", 0}, goal = {"goal", "goal", 0};
	static const struct scalar outcomes = {"outcomes", "outcomes", 0},
				   keys = {"keys", "identifiers", 0};
	static const struct scalar from_name = {"send_as", "sender's name", TOUCHES_SENDER};
	static const struct scalar from = {"send_as", "sender's address", TOUCHES_SENDER};
	static const struct scalar reply = {"send_as", "answers go to", TOUCHES_SENDER};
	static const struct scalar postal = {"send_as", "postal address", TOUCHES_SENDER};
	static const struct scalar logo = {"send_as", "logo", TOUCHES_SENDER};
	static const struct scalar layout = {"send_as", "layout", TOUCHES_SENDER};
	static const struct scalar phone = {"phone_country", "country of phone numbers", 0};
	diff_text(d, name, o->name, n->name);
	diff_text(d, goal, o->goal, n->goal);
	diff_text(d, from_name, o->sender.name, n->sender.name);
	diff_text(d, from, o->sender.from, n->sender.from);
	diff_text(d, reply, o->sender.reply_to, n->sender.reply_to);
	diff_text(d, postal, o->sender.postal_address, n->sender.postal_address);
	diff_text(d, logo, o->sender.logo, n->sender.logo);
	diff_text(d, layout, o->sender.layout, n->sender.layout);
	diff_text(d, phone, o->phone_country, n->phone_country);
	diff_text(d, keys, keys_text(d, o), keys_text(d, n));
	diff_text(d, outcomes, diff_joined(d, o->outcomes, o->outcomes_n),
		  diff_joined(d, n->outcomes, n->outcomes_n));
}

/* ---- public ---- */

/* Against nothing there are no changes of values, only things that are new. */
static void only_new(struct differ *d)
{
	size_t kept = 0;
	for (size_t i = 0; i < d->n; i++)
		if (d->list[i].kind == CHANGE_ADDED)
			d->list[kept++] = d->list[i];
	d->n = kept;
}

enum status program_diff(const struct program *old, const struct program *new, struct arena *a,
			 struct program_diff *out, struct err *e)
{
	static const struct program_play no_play;
	static const struct program nothing = {.play = &no_play}; /* a first one is compared with */
	struct differ d = {.old = old ? old : &nothing, .new = new, .arena = a};
	if (old == NULL)
		CHANGE(&d, CHANGE_ADDED, 0, "program", new->name, "the first program: " STR_FMT,
		       STR_ARG(new->name));
	else
		diff_head(&d);
	diff_fields(&d);
	diff_personas(&d);
	diff_features(&d);
	diff_fit(&d);
	diff_points(&d);
	diff_inactivity(&d);
	diff_tiers(&d);
	diff_entries(&d);
	diff_consent(&d);
	diff_tracks(&d);
	diff_play(&d);
	if (old == NULL)
		only_new(&d);
	if (d.full)
		return err_set(e, ST_LIMIT, "comparing two programs: no memory left");
	*out = (struct program_diff){.changes = d.list, .n = d.n, .touches = d.touches};
	return ST_OK;
}

static const char signs[] = {[CHANGE_ADDED] = '+', [CHANGE_REMOVED] = '-', [CHANGE_CHANGED] = '~'};

void program_diff_text(const struct program_diff *d, struct buf *out)
{
	for (size_t i = 0; i < d->n; i++)
		buf_printf(out, "%c " STR_FMT "\n", signs[d->changes[i].kind],
			   STR_ARG(d->changes[i].text));
}

void program_diff_json(const struct program_diff *d, struct buf *out)
{
	static const char *const kinds[] = {"added", "removed", "changed"};
	struct json_w w;
	json_w_init(&w, out);
	json_w_array(&w);
	for (size_t i = 0; i < d->n; i++) {
		json_w_object(&w);
		json_w_kz(&w, "kind", kinds[d->changes[i].kind]);
		json_w_kstr(&w, "section", d->changes[i].section);
		json_w_kstr(&w, "name", d->changes[i].name);
		json_w_kstr(&w, "text", d->changes[i].text);
		if (d->changes[i].track.n)
			json_w_kstr(&w, "track", d->changes[i].track);
		if (d->changes[i].step.n)
			json_w_kstr(&w, "step", d->changes[i].step);
		json_w_end(&w);
	}
	json_w_end(&w);
}
