/* SPDX-License-Identifier: Apache-2.0
 * verb_lead.c: lead list, get, merge, split. */
#include "cli/look.h"
#include "cli/verbs.h"
#include "model/tier.h"

struct list {
	struct view_page page;
};

static enum status make_list(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_leads(v, &((struct list *)ctx)->page, w, e);
}

static void show_list(struct cli *c, const struct json *d, void *ctx)
{
	static const struct render_column columns[] = {
		{"id", "LEAD", true, false},
		{"tier", "TIER", false, false},
		{"score", "SCORE", true, false},
		{"fit", "FIT", true, false},
		{"engagement", "ENGAGED", true, false},
		{"events", "EVENTS", true, false},
		{"active", "ACTIVE", false, true},
		{"name", "WHO", false, false},
	};
	(void)ctx;
	render_table(c, d, json_get(d, 0, "leads"), columns, sizeof columns / sizeof columns[0]);
	uint32_t next = json_get(d, 0, "next");
	if (!json_is(d, next, JSON_NULL)) {
		struct str after = render_scalar(d, next, &c->arena);
		cli_next(c, "nurtured lead list --after " STR_FMT, STR_ARG(after));
	}
}

static int do_list(struct cli *c)
{
	struct list l = {.page = {.tier = -1}};
	enum tier tier;
	uint64_t limit;
	const char *t = cli_value(c, "tier");
	if (t != NULL && !tier_of(str_of(t), &tier))
		return cli_usage(c, "--tier is hot, warm or cold");
	if (!look_number(c, "limit", 50, 1000, &limit) ||
	    !look_number(c, "after", 0, UINT64_MAX, &l.page.after))
		return CLI_USAGE;
	if (t != NULL)
		l.page.tier = (int)tier;
	l.page.limit = limit ? (size_t)limit : 1;
	l.page.known_only = cli_flag(c, "known");
	return look(c, make_list, show_list, &l);
}

static enum status make_get(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	uint64_t id;
	enum status st = view_find(v, str_of(ctx), &id, e);
	return st == ST_OK ? view_lead(v, id, w, e) : st;
}

static void show_get(struct cli *c, const struct json *d, void *ctx)
{
	render_tree(c, d, 0, 0, NULL);
	cli_next(c, "nurtured explain %s", (const char *)ctx);
}

/* lead.merge and lead.split are events; what the engine made of them is looked up behind. */
static int order(struct cli *c, struct door *d, const char *type, struct str properties)
{
	struct str row;
	struct json doc;
	struct door_item item = {
		.source = STR("operator"),
		.event = {.type = str_of(type),
			  .properties = properties,
			  .flags = EVENT_SYSTEM,
			  .context.scroll = -1},
	};
	item.event.occurred_us = door_view(c, d).now_us;
	if (c->dry_run) {
		cli_talk(c, "would append %s " STR_FMT "\n", type, STR_ARG(properties));
		return CLI_OK;
	}
	if (door_send(c, d, &item, 1, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	enum status st = store_get(d->node->store, TABLE_DEAD_LETTER, KEY_NUM(item.seq), &c->arena,
				   &row, &c->err);
	if (st == ST_OK && json_parse(row, JSON_LIMITS_EVENT, &c->arena, &doc, &c->err) == ST_OK) {
		struct str why = json_str(&doc, json_get(&doc, 0, "reason"), &c->arena);
		(void)err_set(&c->err, ST_CONFLICT, STR_FMT, STR_ARG(why));
		return cli_fail(c, NULL);
	}
	if (c->json)
		fprintf(c->out, "{\"schema\":\"nurtured.order/1\",\"type\":\"%s\",\"seq\":%llu}\n",
			type, (unsigned long long)item.seq);
	else
		fprintf(c->out, "done: %s, event %llu\n", type, (unsigned long long)item.seq);
	return CLI_OK;
}

static int do_merge(struct cli *c, struct door *d)
{
	uint64_t into, other;
	struct buf b;
	struct json_w w;
	struct view v = door_view(c, d);
	if (view_find(&v, str_of(c->args[1]), &into, &c->err) != ST_OK ||
	    view_find(&v, str_of(c->args[2]), &other, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	const char *reason = cli_value(c, "reason");
	buf_init_arena(&b, &c->arena, 1u << 14);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_ki64(&w, "into", (int64_t)into);
	json_w_ki64(&w, "lead", (int64_t)other);
	json_w_kz(&w, "reason", reason ? reason : "asked for by an operator");
	json_w_end(&w);
	return order(c, d, "lead.merge", buf_view(&b));
}

static int do_split(struct cli *c, struct door *d)
{
	uint64_t merge;
	if (!str_to_u64(str_of(c->args[1]), &merge))
		return cli_usage(
			c, "split wants the number of a merge; nurtured explain LEAD lists them");
	return order(c, d, "lead.split",
		     arena_printf(&c->arena, "{\"merge\":%llu}", (unsigned long long)merge));
}

static int with_door(struct cli *c, int (*act)(struct cli *c, struct door *d))
{
	struct door d;
	if (door_open(c, DOOR_WRITE, &d, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	int rc = act(c, &d);
	door_close(&d);
	return rc;
}

static int run(struct cli *c)
{
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("list");
	if (str_is(sub, "list"))
		return do_list(c);
	if (str_is(sub, "get") && c->args_n == 2)
		return look(c, make_get, show_get, (void *)(uintptr_t)c->args[1]);
	if (str_is(sub, "merge") && c->args_n == 3)
		return with_door(c, do_merge);
	if (str_is(sub, "split") && c->args_n == 2)
		return with_door(c, do_split);
	return cli_usage(c, "lead wants: list | get LEAD | merge INTO OTHER | split MERGE");
}

const struct verb verb_lead = {
	.name = "lead",
	.group = "look",
	.args = "list | get LEAD | merge INTO OTHER | split MERGE",
	.summary = "List leads, show one, join two, undo a join",
	.detail = "LEAD is a number, an e-mail, a phone number, a userId, an anonymousId, or "
		  "name:value of a "
		  "declared key.",
	.examples = {"nurtured lead list --tier hot", "nurtured lead get sara@acme.example --json",
		     "nurtured lead merge 12 40 --reason 'same person, two addresses'",
		     "nurtured lead split 3"},
	.opts = {{"tier", 't', "TIER", "list: hot, warm or cold"},
		 {"limit", 0, "N", "list: so many (default 50, at most 1000)"},
		 {"after", 0, "LEAD", "list: the page behind this lead"},
		 {"known", 0, NULL,
		  "list: only leads with an e-mail, phone, userId or declared key"},
		 {"reason", 0, "TEXT", "merge: why, for the record"}},
	.subverbs = "list get merge split",
	.run = run,
};
