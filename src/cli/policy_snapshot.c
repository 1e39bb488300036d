/* SPDX-License-Identifier: Apache-2.0
 * policy_snapshot.c: the live learner, as it is now, becomes a registered model. The same state
 * gives the same model, to the last bit and so by name: its time is that of the log. */
#include "base/time.h"
#include "cli/door.h"
#include "cli/policy.h"
#include "decide/frozen.h"
#include "engine/engine.h"
#include "engine/learned.h"
#include "engine/models.h"
#include "program/program.h"

struct snapshot {
	struct registry_hash hash;
	double outcomes;
	size_t bytes;
};

static struct str metrics(struct cli *c, const struct decide_learned *l)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, &c->arena, 1024);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kf64(&w, "outcomes", learn_seen_all(l->response));
	json_w_ki64(&w, "arms", learn_arms(l->response));
	json_w_kf64(&w, "mean_response", l->mean);
	json_w_end(&w);
	return buf_view(&b);
}

static enum status put(struct cli *c, struct door *d, const struct decide_learned *l,
		       struct snapshot *out)
{
	struct engine_meta at;
	struct registry_choice choice;
	struct buf bytes;
	struct err *e = &c->err;
	struct registry_meta meta = {.slot = STR(MODELS_SLOT),
				     .kind = STR(FROZEN_KIND),
				     .version =
					     arena_printf(&c->arena, "context-%d", CONTEXT_VERSION),
				     .metrics = metrics(c, l)};
	buf_init_arena(&bytes, &c->arena, FROZEN_BYTES_MAX);
	frozen_encode(l, &d->program->play->deciding, &bytes);
	if (!buf_ok(&bytes))
		return err_set(e, ST_LIMIT, "the learner has become too large for a model");
	enum status st = engine_meta_read(d->node->store, &at, e);
	if (st == ST_OK)
		st = models_choice(d->node->store, meta.slot, &c->arena, &choice, e);
	if (st == ST_OK)
		meta.parent = choice.champion;
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	meta.created_us = meta.to_us = at.clock_us;
	meta.from_us = l->since_us == TIME_NONE ? 0 : l->since_us;
	out->outcomes = learn_seen_all(l->response);
	out->bytes = bytes.n;
	return registry_put(c->dry_run ? NULL : c->data, &meta, buf_view(&bytes), &out->hash, e);
}

static enum status take(struct cli *c, struct door *d, struct snapshot *out)
{
	struct learned live = {.loaded = false};
	struct decide_learned *l;
	enum status st = d->program == NULL
				 ? err_set(&c->err, ST_CONFLICT, "no program has been applied yet")
				 : learned_use(&live, d->node->store, d->node->seed, &l, &c->err);
	if (st == ST_OK && learn_seen_all(l->response) <= 0)
		st = err_set(&c->err, ST_CONFLICT,
			     "nothing was learned yet: there is nothing to keep");
	if (st == ST_OK)
		st = put(c, d, l, out);
	learned_forget(&live);
	return st;
}

int policy_run_snapshot(struct cli *c)
{
	struct door d;
	struct snapshot s = {.outcomes = 0};
	if (c->args_n != 1)
		return cli_usage(c, "policy snapshot takes no arguments");
	if (door_open(c, DOOR_READ, &d, &c->err) != ST_OK)
		return cli_fail_open(c);
	enum status st = take(c, &d, &s);
	door_close(&d);
	if (st != ST_OK) /* a conflict: nothing was learned, or there is no program */
		return cli_fail(c, st == ST_CONFLICT ? "nurtured policy learned" : NULL);
	if (c->json)
		fprintf(c->out,
			"{\"schema\":\"nurtured.policy_snapshot/1\",\"hash\":\"%s\","
			"\"outcomes\":%.0f,\"bytes\":%zu,\"done\":%s}\n",
			s.hash.hex, s.outcomes, s.bytes, c->dry_run ? "false" : "true");
	return policy_here(c, &s.hash,
			   arena_printf(&c->arena, ": what %.0f outcomes taught, %zu bytes",
					s.outcomes, s.bytes));
}
