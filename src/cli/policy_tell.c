/* SPDX-License-Identifier: Apache-2.0
 * policy_tell.c: the log before the folder. What decisions follow from are the events model.put and
 * model.stage; the folder of models comes after, and follows the log: when somebody died in
 * between, when a share moved by itself, and when its files are gone, for the log has what it was
 * told. A folder of models without a node has nobody to tell. */
#include "base/assert.h"
#include "base/clock.h"
#include "cli/door.h"
#include "cli/policy.h"
#include "engine/models.h"
#include "engine/rollout.h"
#include "view/view_model.h"

static struct door_item item_of(struct cli *c, struct door *d, const char *type, struct str body)
{
	return (struct door_item){
		.source = STR("operator"),
		.event = {.type = str_of(type),
			  .properties = body,
			  .flags = EVENT_SYSTEM,
			  .occurred_us = door_view(c, d).now_us,
			  .context.scroll = -1},
	};
}

/* A model the choice names and the fold does not have. */
static enum status bring(struct cli *c, struct door *d, const struct registry_hash *hash,
			 struct door_item *items, size_t *n)
{
	struct registry_model m;
	struct str file, body;
	if (!hash->hex[0])
		return ST_OK;
	enum status st = models_get(d->node->store, hash, &c->arena, &m, &c->err);
	if (st != ST_NOT_FOUND)
		return st;
	st = registry_file(c->data, hash, &c->arena, &file, &c->err);
	if (st == ST_OK)
		st = models_put_body(file, &c->arena, &body, &c->err);
	if (st == ST_OK)
		items[(*n)++] = item_of(c, d, "model.put", body);
	return st;
}

static enum status refusal(struct cli *c, struct door *d, uint64_t seq)
{
	struct str row;
	struct json doc;
	enum status st = store_get(d->node->store, TABLE_DEAD_LETTER, KEY_NUM(seq), &c->arena, &row,
				   &c->err);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, &c->arena, &doc, &c->err);
	if (st != ST_OK)
		return st;
	struct str why = json_str(&doc, json_get(&doc, 0, "reason"), &c->arena);
	return err_set(&c->err, ST_CONFLICT, STR_FMT, STR_ARG(why));
}

static enum status send(struct cli *c, struct door *d, const struct registry_choice *choice,
			struct str reason)
{
	struct door_item items[3];
	size_t n = 0;
	enum status st = bring(c, d, &choice->champion, items, &n);
	if (st == ST_OK)
		st = bring(c, d, &choice->candidate, items, &n);
	if (st != ST_OK)
		return st;
	items[n++] = item_of(c, d, "model.stage", models_stage_body(choice, reason, &c->arena));
	st = door_send(c, d, items, n, &c->err);
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = refusal(c, d, items[i].seq);
	return st;
}

/* *nobody_r: there is no node. */
static enum status policy_tell(struct cli *c, const struct registry_choice *choice,
			       struct str reason, bool *nobody_r)
{
	struct door d;
	enum status st = door_open(c, DOOR_WRITE, &d, &c->err);
	*nobody_r = st == ST_NOT_FOUND;
	if (*nobody_r)
		return ST_OK;
	if (st != ST_OK)
		return st;
	st = send(c, &d, choice, reason);
	door_close(&d);
	return st;
}

/* ---- the folder follows ---- */

struct catching_up {
	struct cli *c;
	struct str full; /* of the latest change, whose words the fold may have cut; may be empty */
	struct str full_of; /* this slot */
	struct str slots[REGISTRY_TOLD_MAX];
	size_t slots_n;
	size_t files; /* made anew */
	bool moved;
	enum status st;
};

/* A file the log brought, or a slot it has said something of. */
static bool look_at(void *ctx, struct store_key key, struct str value)
{
	struct catching_up *x = ctx;
	struct str slot;
	bool made = false;
	if (models_slot_of(key.bytes, &slot)) {
		if (x->slots_n < REGISTRY_TOLD_MAX)
			x->slots[x->slots_n++] = arena_str(&x->c->arena, slot);
		return true;
	}
	if (key.bytes.n != REGISTRY_HASH_CHARS)
		return true;
	x->st = registry_restore(x->c->data, value, &made, &x->c->err);
	x->files += made;
	return x->st == ST_OK;
}

static enum status follow(struct catching_up *x, struct store *s, struct str slot)
{
	struct cli *c = x->c;
	struct registry_choice now;
	struct registry_told told[ROLLOUT_TOLD_MAX];
	struct rollout_state r = {.stage = 0};
	size_t n;
	bool moved = false;
	enum status st = models_choice(s, slot, &c->arena, &now, &c->err);
	if (st == ST_OK && str_is(slot, MODELS_SLOT))
		st = rollout_read(s, &r, &c->err);
	if (st != ST_OK)
		return st;
	rollout_told(&r, &now, &c->arena, told, &n);
	struct registry_told *last = &told[n - 1];
	struct str full = str_eq(slot, x->full_of) ? x->full : STR_NULL;
	if (r.changes_n == 0) { /* nobody counts the changes of this slot */
		last->at_us = clock_now_us();
		last->reason = full.n ? full : last->reason;
	} else if (str_starts(full, last->reason)) {
		last->reason = x->full;
	}
	st = registry_follow(c->data, told, n, &moved, &c->err);
	x->moved |= moved;
	return st;
}

static enum status catch_up(struct catching_up *x, struct store *s)
{
	enum status st = store_scan(s, TABLE_MODEL, SCAN_ALL, look_at, x, &x->c->err);
	st = st == ST_OK ? x->st : st;
	for (size_t i = 0; st == ST_OK && i < x->slots_n; i++)
		st = follow(x, s, x->slots[i]);
	return st;
}

static enum status catch_up_from(struct catching_up *x)
{
	struct door d;
	struct cli *c = x->c;
	enum status st = door_open(c, DOOR_READ, &d, &c->err);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = catch_up(x, d.node->store);
	door_close(&d);
	return st;
}

/* Does the folder say what was chosen? */
static bool says(const struct registry_list *l, const struct registry_choice *c)
{
	struct str champion = STR_NULL, candidate = STR_NULL;
	unsigned percent = 0;
	for (size_t i = 0; i < l->models_n; i++) {
		const struct registry_model *m = &l->models[i];
		if (!str_eq(m->meta.slot, c->slot))
			continue;
		if (m->state == REGISTRY_CHAMPION)
			champion = str_of(m->hash.hex);
		if (m->state != REGISTRY_SHADOW && m->state != REGISTRY_CANARY)
			continue;
		candidate = str_of(m->hash.hex);
		percent = m->percent;
	}
	return str_eq(champion, str_of(c->champion.hex)) &&
	       str_eq(candidate, str_of(c->candidate.hex)) && percent == c->percent;
}

/* What is only tried follows nothing, and says when its answer is of a folder that is behind. */
static enum status warn_when_behind(struct cli *c)
{
	struct door d;
	struct registry_list l;
	struct registry_choice now;
	enum status st = door_open(c, DOOR_READ, &d, &c->err);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = models_choice(d.node->store, STR(MODELS_SLOT), &c->arena, &now, &c->err);
	door_close(&d);
	if (st == ST_OK &&
	    (registry_list(c->data, &c->arena, &l, NULL) != ST_OK || !says(&l, &now)))
		cli_talk(c, "the folder of models is behind the event log; to have it follow: "
			    "nurtured policy list\n");
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status policy_catch_up(struct cli *c)
{
	struct catching_up x = {.c = c};
	enum status st = c->dry_run ? warn_when_behind(c) : catch_up_from(&x);
	if (x.files)
		cli_talk(c,
			 "%zu files of models were missing or damaged: made anew from the event "
			 "log\n",
			 x.files);
	if (x.moved)
		cli_talk(c, "the folder of models was behind the event log, and follows it now\n");
	return st;
}

enum status policy_make(struct cli *c, const struct registry_step *s)
{
	bool nobody = false;
	struct catching_up x = {.c = c, .full = s->reason, .full_of = s->choice.slot};
	enum status st = policy_tell(c, &s->choice, s->reason, &nobody);
	if (st != ST_OK)
		return st;
	/* With a node the folder follows the log, where a share may have moved on meanwhile. */
	return nobody ? registry_apply(c->data, s, clock_now_us(), &c->err) : catch_up_from(&x);
}

struct str policy_hindrance(struct cli *c, const struct registry_choice *choice)
{
	struct door d;
	struct err unheard;
	struct str why = STR_NULL;
	if (!str_is(choice->slot, MODELS_SLOT) || door_open(c, DOOR_READ, &d, &unheard) != ST_OK)
		return why;
	why = arena_str(&c->arena, view_model_hindrance(choice, d.program, &c->arena));
	door_close(&d);
	return why;
}
