/* SPDX-License-Identifier: Apache-2.0
 * view_explain.c: why a lead stands where it stands. Every number comes with the lines it is made
 * of, and every "may we speak" with the rule that answered. */
#include "view/view_internal.h"

#include "base/assert.h"
#include "base/time.h"
#include "consent/consent.h"
#include "engine/ledger.h"
#include "identity/identity.h"
#include "score/score.h"
#include "view/view_next.h"

static enum status put_scores(struct view *v, const struct view_lead *l, struct json_w *w,
			      struct err *e)
{
	struct score_ledger *ledger = ARENA_NEW(v->arena, struct score_ledger);
	if (ledger == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	enum status st = score_ledger(&l->facts, v->arena, ledger, e);
	if (st != ST_OK)
		return st;
	json_w_key(w, "scores");
	score_ledger_json(ledger, w);
	return ST_OK;
}

static void put_tier(struct view *v, const struct view_lead *l, struct json_w *w)
{
	const struct program *p = v->program;
	json_w_key(w, "tier");
	json_w_object(w);
	json_w_kz(w, "now", tier_name(l->lead.tier));
	json_w_ktime(w, "since", l->lead.tier_since_us);
	json_w_key(w, "thresholds");
	json_w_array(w);
	for (int t = TIER_COUNT - 1; t > TIER_COLD; t--) {
		json_w_object(w);
		json_w_kz(w, "tier", tier_name((enum tier)t));
		json_w_kf64(w, "up", p->tiers[t].up);
		json_w_kf64(w, "down", p->tiers[t].down);
		if (p->tiers[t].if_.text.n)
			json_w_kstr(w, "if", p->tiers[t].if_.text);
		json_w_end(w);
	}
	json_w_end(w);
	json_w_ktime(w, "changes_by_itself", score_next_change(p, &l->lead, v->now_us));
	json_w_end(w);
}

static void put_ways(struct view *v, const struct view_lead *l, struct json_w *w)
{
	struct score_what_would ways;
	struct buf text;
	json_w_key(w, "to_become_hot");
	json_w_object(w);
	score_what_would(&l->facts, TIER_HOT, &ways);
	json_w_kbool(w, "already", ways.already);
	json_w_kf64(w, "points_missing",
		    ways.already ? 0 : (double)ways.missing_cents / SCORE_CENTS);
	json_w_key(w, "ways");
	json_w_array(w);
	for (size_t i = 0; i < ways.n; i++) {
		buf_init_arena(&text, v->arena, 1u << 14);
		score_way_text(v->program, &ways.ways[i], &text);
		json_w_str(w, buf_view(&text));
	}
	json_w_end(w);
	if (ways.condition.n)
		json_w_kstr(w, "condition", ways.condition);
	json_w_end(w);
}

static void put_entry(const struct consent_entry *x, struct json_w *w)
{
	json_w_object(w);
	json_w_kstr(w, "channel", x->channel);
	json_w_kstr(w, "purpose", x->purpose);
	json_w_kz(w, "state", consent_state_name(x->state));
	json_w_kz(w, "basis", consent_basis_name(x->basis));
	json_w_kstr(w, "source", x->source);
	if (x->wording.n)
		json_w_kstr(w, "wording", x->wording);
	if (x->proof.n)
		json_w_kstr(w, "proof", x->proof);
	json_w_ktime(w, "at", x->at_us);
	json_w_ki64(w, "seq", (int64_t)x->seq);
	json_w_end(w);
}

static enum status put_verdicts(struct view *v, const struct view_lead *l, struct consent_view *cv,
				struct json_w *w, struct err *e)
{
	const struct program_consent *pc = &v->program->consent;
	json_w_key(w, "may_we_speak");
	json_w_array(w);
	for (size_t c = 0; c < pc->channels_n; c++) {
		struct ledger_suppressed found;
		enum status st = ledger_suppressions(v->store, &l->profile, pc->channels[c],
						     v->arena, &found, e);
		if (st != ST_OK)
			return st;
		cv->suppressions = found.list;
		cv->suppressions_n = found.n;
		for (size_t p = 0; p < pc->purposes_n; p++) {
			struct consent_verdict verdict =
				consent_may_speak(cv, pc->channels[c], pc->purposes[p], v->now_us);
			json_w_object(w);
			json_w_kstr(w, "channel", pc->channels[c]);
			json_w_kstr(w, "purpose", pc->purposes[p]);
			json_w_kbool(w, "allowed", verdict.allowed);
			json_w_kz(w, "rule", consent_rule_wire(verdict.rule));
			json_w_kz(w, "why", verdict.text);
			json_w_end(w);
		}
	}
	json_w_end(w);
	return ST_OK;
}

static enum status put_consent(struct view *v, const struct view_lead *l, struct json_w *w,
			       struct err *e)
{
	struct consent_view cv = {.program = v->program, .lead = &l->lead};
	enum status st = ledger_read(v->store, l->id, v->arena, &cv.ledger, e);
	if (st != ST_OK)
		return st;
	cv.country = json_str(&l->profile, json_get(&l->profile, 0, "country"), v->arena);
	json_w_key(w, "consent");
	json_w_object(w);
	st = put_verdicts(v, l, &cv, w, e);
	json_w_key(w, "ledger");
	json_w_array(w);
	for (size_t i = 0; i < cv.ledger.n; i++)
		put_entry(&cv.ledger.entries[i], w);
	json_w_end(w);
	json_w_end(w);
	return st;
}

static void put_features(struct view *v, const struct view_lead *l, struct json_w *w)
{
	json_w_key(w, "features");
	json_w_object(w);
	for (size_t i = 0; i < v->program->features_n; i++) {
		json_w_key_str(w, v->program->features[i].name);
		json_w_f64(w, l->facts.features[i]);
	}
	json_w_end(w);
}

struct merges {
	struct view *v;
	uint64_t lead;
	struct json_w *w;
};

static bool put_merge(void *ctx, struct store_key key, struct str value)
{
	struct merges *m = ctx;
	struct identity_split split;
	struct json d;
	if (identity_split(value, m->v->arena, &split, NULL) != ST_OK ||
	    json_parse(value, JSON_LIMITS_EVENT, m->v->arena, &d, NULL) != ST_OK)
		return true;
	if (split.survivor.lead.id != m->lead && split.loser.lead.id != m->lead)
		return true;
	json_w_object(m->w);
	json_w_ki64(m->w, "merge", (int64_t)key.num);
	json_w_ki64(m->w, "into", (int64_t)split.survivor.lead.id);
	json_w_ki64(m->w, "lead", (int64_t)split.loser.lead.id);
	json_w_kstr(m->w, "reason", split.merge.reason);
	json_w_kstr(m->w, "by", split.merge.by);
	json_w_ktime(m->w, "at", split.merge.at_us);
	json_w_kbool(m->w, "undone", json_get(&d, 0, "undone") != JSON_NONE);
	json_w_end(m->w);
	return true;
}

static enum status put_merges(struct view *v, const struct view_lead *l, struct json_w *w,
			      struct err *e)
{
	struct merges m = {v, l->id, w};
	json_w_key(w, "merges");
	json_w_array(w);
	/* Only leads that have ever been part of one pay for the scan. */
	enum status st = ST_OK;
	if (json_get(&l->profile, 0, "merged") != JSON_NONE || (l->lead.flags & LEAD_MERGED))
		st = store_scan(v->store, TABLE_MERGE, SCAN_ALL, put_merge, &m, e);
	json_w_end(w);
	return st;
}

enum status view_explain(struct view *v, uint64_t id, struct json_w *w, struct err *e)
{
	struct view_lead l;
	enum status st = view_load(v, id, &l, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.explain/1");
	json_w_ki64(w, "lead", (int64_t)id);
	json_w_ktime(w, "as_of", v->now_us);
	json_w_key(w, "identifiers");
	uint32_t ids = json_get(&l.profile, 0, "ids");
	json_w_raw(w, ids == JSON_NONE ? STR("[]") : json_raw(&l.profile, ids));
	if (v->program != NULL && !(l.lead.flags & LEAD_ERASED)) {
		st = put_scores(v, &l, w, e);
		if (st != ST_OK)
			return st;
		put_tier(v, &l, w);
		put_ways(v, &l, w);
		put_features(v, &l, w);
		st = put_consent(v, &l, w, e);
		if (st != ST_OK)
			return st;
	}
	json_w_ktime(w, "next_alarm", l.lead.alarm_us);
	st = view_play_put(v, &l, w, e);
	if (st != ST_OK)
		return st;
	st = put_merges(v, &l, w, e);
	json_w_end(w);
	return st;
}
