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
