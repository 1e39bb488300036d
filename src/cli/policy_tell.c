/* SPDX-License-Identifier: Apache-2.0
 * policy_tell.c: the log before the folder. What decisions follow from are the events model.put and
 * model.stage; the pointer in the folder of models comes after, and follows the log when somebody
 * died in between. A folder of models without a node has nobody to tell. */
#include "base/assert.h"
#include "base/clock.h"
#include "cli/door.h"
#include "cli/policy.h"
#include "engine/models.h"

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

enum status policy_tell(struct cli *c, const struct registry_choice *choice, struct str reason)
{
	struct door d;
	enum status st = door_open(c, DOOR_WRITE, &d, &c->err);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK)
		return st;
	st = send(c, &d, choice, reason);
	door_close(&d);
	return st;
}

enum status policy_catch_up(struct cli *c, struct str slot)
{
	struct door d;
	struct registry_choice choice;
	bool moved = false;
	enum status st = door_open(c, DOOR_READ, &d, &c->err);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK)
		return st;
	st = models_choice(d.node->store, slot, &c->arena, &choice, &c->err);
	if (st == ST_OK && !c->dry_run)
		st = registry_follow(c->data, &choice, clock_now_us(), &moved, &c->err);
	if (moved)
		cli_talk(c, "the folder of models was behind the event log, and follows it now\n");
	door_close(&d);
	return st == ST_NOT_FOUND ? ST_OK : st;
}
