/* SPDX-License-Identifier: Apache-2.0
 * view_model.c: see view_model.h. */
#include "view/view_model.h"

#include "engine/models.h"

enum status view_model(struct store *s, struct arena *a, struct view_model *out, struct err *e)
{
	struct rollout_state r;
	*out = (struct view_model){.changes = 0};
	enum status st = rollout_read(s, &r, e);
	if (st == ST_OK)
		st = models_choice(s, STR(MODELS_SLOT), a, &out->choice, e);
	if (st == ST_NOT_FOUND)
		return ST_OK; /* none was ever tried */
	if (st != ST_OK)
		return st;
	out->changes = r.stage;
	out->trial = r.trial;
	out->trial.percent = out->choice.percent;
	if (r.changes_n == 0)
		return ST_OK;
	out->last = r.changes[r.changes_n - 1];
	out->taken_back = out->last.by_itself && out->last.to == ROLLOUT_OUT;
	return ST_OK;
}

/* Does what is done leave anything of what a candidate in the shadow would do to chance? */
static bool tries_nothing(const struct program_deciding *d)
{
	return d->mode == DECIDE_SHADOW ||
	       ((d->mode == DECIDE_RULES || d->mode == DECIDE_FIRST) && d->uniform <= 0);
}

struct str view_model_hindrance(const struct registry_choice *c, const struct program *p,
				struct arena *a)
{
	bool tried = c->candidate.hex[0], rules = c->champion.hex[0];
	if (!tried && !rules)
		return STR_NULL;
	if (p == NULL)
		return STR("no program has been applied: nobody asks it");
	const struct program_deciding *d = &p->play->deciding;
	if (d->mode == DECIDE_OFF)
		return STR("mode is off: nobody asks it");
	/* A champion is a model, and tries things out, whatever the program's mode is. */
	if (tried && c->percent == 0 && !rules && tries_nothing(d))
		return arena_printf(a,
				    "mode %s tries nothing out: it stays there until somebody "
				    "promotes it",
				    decide_mode_name(d->mode));
	return STR_NULL;
}

struct str view_model_champion_words(const struct registry_choice *c, struct arena *a)
{
	return c->champion.hex[0] ? arena_printf(a, "%.12s decides", c->champion.hex) : STR_NULL;
}

struct str view_model_candidate_words(const struct registry_choice *c, struct arena *a)
{
	if (!c->candidate.hex[0])
		return STR_NULL;
	return c->percent ? arena_printf(a, "%.12s is tried on %u %% of leads", c->candidate.hex,
					 c->percent)
			  : arena_printf(a, "%.12s is in the shadow", c->candidate.hex);
}

static void put_share(struct json_w *w, const char *key, unsigned percent)
{
	json_w_key(w, key);
	if (percent == ROLLOUT_OUT)
		json_w_null(w);
	else
		json_w_i64(w, percent);
}

void view_model_move_put(const struct rollout_change *c, struct json_w *w)
{
	json_w_kz(w, "model", c->hash.hex);
	put_share(w, "from", c->from);
	put_share(w, "to", c->to);
	json_w_kz(w, "reason", c->words);
}
