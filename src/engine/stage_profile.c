/* SPDX-License-Identifier: Apache-2.0
 * stage_profile.c: what did we learn about the person? Opens the profile only for events that can
 * teach something: a new lead, a new identifier, or traits. A page view by a known visitor, the
 * bulk of all traffic, ends here after three comparisons. */
#include "base/assert.h"
#include "engine/pass.h"
#include "engine/profile.h"
#include "engine/whose.h"
#include "features/features.h"
#include "score/score.h"

/* ---- facts, opened when a condition asks ---- */

static bool opened(struct pass *p, enum status st)
{
	if (st != ST_OK)
		p->unopened.status = st;
	return st == ST_OK;
}

static const struct json *open_profile(void *ctx)
{
	struct pass *p = ctx;
	struct work *w = p->work;
	if (!opened(p, batch_profile(p->batch, w, &p->unopened)))
		return NULL;
	return w->profile_parsed && w->profile_doc.count ? &w->profile_doc : NULL;
}

static const struct json *open_account(void *ctx)
{
	struct pass *p = ctx;
	const struct lead *l = &p->work->lead;
	struct account_work *acc;
	const struct json *doc;
	if (l->account == 0 || (l->flags & LEAD_MERGED) ||
	    !opened(p, batch_account(p->batch, l->account, &acc, &p->unopened)) ||
	    !opened(p, batch_account_doc(p->batch, acc, &doc, &p->unopened)))
		return NULL;
	return doc;
}

static const double *open_features(void *ctx)
{
	struct pass *p = ctx;
	if (p->features != NULL && !p->features_known)
		features_vector(p->program, &p->work->lead, p->env.now_us, p->features);
	p->features_known = true;
	return p->features;
}

static struct cel_bounds over_feature(void *ctx, uint32_t key, int64_t from_us, int64_t to_us)
{
	const struct pass *p = ctx;
	return features_over(p->program, &p->work->lead, key, from_us, to_us);
}

static void over_scores(void *ctx, int64_t from_us, int64_t to_us, struct cel_bounds *engagement_r,
			struct cel_bounds *score_r)
{
	const struct pass *p = ctx;
	score_over(p->program, &p->work->lead, from_us, to_us, engagement_r, score_r);
}

static const struct facts_source on_demand = {.profile = open_profile,
					      .account = open_account,
					      .features = open_features,
					      .feature_over = over_feature,
					      .scores_over = over_scores};

enum status pass_opened(const struct pass *p, struct err *e)
{
	if (p->unopened.status != ST_OK && e != NULL)
		*e = p->unopened;
	return p->unopened.status;
}

/* The room is taken here: what a condition takes from the arena goes with it. */
static enum status room_for_features(struct pass *p, struct err *e)
{
	p->features_known = false;
	if (p->features != NULL || p->program == NULL || p->program->features_n == 0)
		return ST_OK;
	p->features = ARENA_ARRAY(p->arena, double, p->program->features_n);
	return p->features ? ST_OK : err_set(e, ST_NO_MEMORY, "features do not fit the pass");
}

enum status pass_facts(struct pass *p, struct err *e)
{
	struct work *w = p->work;
	ASSERT(w != NULL);
	if (p->event.properties.n && p->properties.count == 0) {
		enum status st = json_parse(p->event.properties, JSON_LIMITS_EVENT, p->arena,
					    &p->properties, e);
		if (st != ST_OK)
			return st;
	}
	p->facts = (struct facts){
		.program = p->program,
		.lead = &w->lead,
		.event = p->event.type.n ? &p->event : NULL,
		.properties = p->properties.count ? &p->properties : NULL,
		.fit = w->lead.fit,
		.engagement = w->lead.engagement,
		.score = w->lead.score,
		.tier = w->lead.tier,
		.now_us = p->env.now_us,
		.arena = p->arena,
		.source = &on_demand,
		.source_ctx = p,
	};
	return room_for_features(p, e);
}

/* Traits that do not fit are a dead letter; the rest of the event, a word about consent above all,
 * goes its way. */
static enum status fold_without_traits(struct pass *p, const struct profile_news *news,
				       struct str *text, struct err *e)
{
	struct event bare = p->event;
	struct profile_news rest = *news;
	bare.traits = STR_NULL;
	rest.ev = &bare;
	enum status st = pass_dead_letter(p->batch, p->record, "profile", e->text, p->arena, e);
	return st == ST_OK ? profile_fold(&p->work->profile_doc, &rest, p->arena, text, e) : st;
}

enum status stage_profile(struct pass *p, struct err *e)
{
	struct profile_id ids[IDENTITY_KEYS_MAX];
	struct work *w = p->work;
	size_t ids_n = whose_ids(p, ids);
	if (!p->created && ids_n == 0 && p->event.traits.n <= 2)
		return ST_OK;
	enum status st = batch_profile(p->batch, w, e);
	if (st != ST_OK)
		return st;
	struct str text = STR_NULL;
	const struct profile_news news = {&p->event, ids, ids_n};
	st = profile_fold(&w->profile_doc, &news, p->arena, &text, e);
	if (st == ST_LIMIT)
		st = fold_without_traits(p, &news, &text, e);
	if (st != ST_OK || text.p == NULL)
		return st;
	p->facts_changed = true;
	return batch_profile_set(p->batch, w, text, e);
}
