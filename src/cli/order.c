/* SPDX-License-Identifier: Apache-2.0
 * order.c: one path for every verb that orders something. An order is an event; what the engine
 * could not carry out is a dead letter, and its reason is the answer. */
#include "cli/order.h"

#include <string.h>

static int refused(struct cli *c, struct door *d, uint64_t seq)
{
	struct str row;
	struct json doc;
	enum status st = store_get(d->node->store, TABLE_DEAD_LETTER, KEY_NUM(seq), &c->arena, &row,
				   &c->err);
	if (st != ST_OK || json_parse(row, JSON_LIMITS_EVENT, &c->arena, &doc, &c->err) != ST_OK)
		return CLI_OK;
	struct str why = json_str(&doc, json_get(&doc, 0, "reason"), &c->arena);
	(void)err_set(&c->err, ST_CONFLICT, STR_FMT, STR_ARG(why));
	return cli_fail(c, NULL);
}

/* A merge is undone by its number. */
static uint64_t merge_of(struct cli *c, struct door *d, const char *type, uint64_t seq)
{
	struct view v = door_view(c, d);
	return strcmp(type, "lead.merge") == 0 ? view_merge_of_event(&v, seq) : 0;
}

static void tell_done(struct cli *c, struct door *d, const struct view_order *o, uint64_t seq,
		      const char *done)
{
	const char *type = o->type;
	unsigned long long merge = merge_of(c, d, type, seq), at = seq;
	if (!c->json) {
		fprintf(c->out, "done: %s (%s, event %llu)\n", done, type, at);
		if (merge)
			fprintf(c->out, "merge %llu; undo: nurtured lead split %llu\n", merge,
				merge);
		return;
	}
	fprintf(c->out, "{\"schema\":\"nurtured.order/1\",\"type\":\"%s\",\"seq\":%llu", type, at);
	if (merge)
		fprintf(c->out, ",\"merge\":%llu,\"undo\":\"nurtured lead split %llu\"", merge,
			merge);
	if (o->properties.n > 0) /* what was decided for who did not say it, as well */
		fprintf(c->out, ",\"properties\":" STR_FMT, STR_ARG(o->properties));
	fputs("}\n", c->out);
}

int order_send(struct cli *c, struct door *d, const struct view_order *o, const char *done)
{
	struct door_item item = {
		.source = STR("operator"),
		.event = {.type = str_of(o->type),
			  .properties = o->properties,
			  .flags = EVENT_SYSTEM,
			  .context.scroll = -1},
	};
	item.event.occurred_us = door_view(c, d).now_us;
	if (c->dry_run) {
		cli_talk(c, "would append %s " STR_FMT "\n", o->type, STR_ARG(o->properties));
		return CLI_OK;
	}
	if (door_send(c, d, &item, 1, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	int rc = refused(c, d, item.seq);
	if (rc != CLI_OK)
		return rc;
	tell_done(c, d, o, item.seq, done);
	return CLI_OK;
}

int order(struct cli *c, order_make *make, void *ctx, const char *done)
{
	struct door d;
	struct view_order o;
	if (door_open(c, DOOR_WRITE, &d, &c->err) != ST_OK)
		return cli_fail_open(c);
	struct view v = door_view(c, &d);
	enum status st = make(&v, ctx, &o, &c->err);
	int rc = st == ST_OK ? order_send(c, &d, &o, done) : cli_refused(c);
	door_close(&d);
	return rc;
}
