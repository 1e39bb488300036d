/* SPDX-License-Identifier: Apache-2.0
 * verb_lead.c: lead list, get, and what an operator may do with one. */
#include "base/time.h"
#include "cli/look.h"
#include "cli/order.h"
#include "cli/verbs.h"
#include "model/tier.h"

#define VERB_ARGS \
	"list | get LEAD | move LEAD TRACK | pause LEAD --for 14d | resume LEAD | " \
	"merge INTO OTHER | split MERGE"

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
		{"active", "ACTIVE", false, true},
		{"track", "TRACK", false, false},
		{"step", "STEP", false, false},
		{"phase", "PHASE", false, false},
		{"next", "NEXT", false, true},
		{"name", "WHO", false, false},
	};
	(void)ctx;
	render_table(c, d, json_get(d, 0, "leads"), columns, sizeof columns / sizeof columns[0]);
	look_more(c, d, "nurtured lead list");
}

static int do_list(struct cli *c)
{
	struct list l = {.page = {.tier = -1}};
	enum tier tier;
	const char *t = cli_value(c, "tier");
	if (t != NULL && !tier_of(str_of(t), &tier))
		return cli_usage(c, "--tier is hot, warm or cold");
	const char *track = cli_value(c, "track"), *after = cli_value(c, "after");
	if (!look_limit(c, &l.page.limit) ||
	    (track == NULL && !look_number(c, "after", 0, UINT64_MAX, &l.page.after)))
		return CLI_USAGE;
	if (track != NULL) {
		l.page.track = str_of(track);
		l.page.after_place = after ? str_of(after) : STR_NULL;
	}
	if (t != NULL)
		l.page.tier = (int)tier;
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

/* ---- orders ---- */

static enum status make_merge(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	uint64_t into, other;
	struct buf b;
	struct json_w w;
	struct cli *c = ctx;
	enum status st = view_find(v, str_of(c->args[1]), &into, e);
	if (st == ST_OK)
		st = view_find(v, str_of(c->args[2]), &other, e);
	if (st != ST_OK)
		return st;
	const char *reason = cli_value(c, "reason");
	buf_init_arena(&b, v->arena, 1u << 14);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_ki64(&w, "into", (int64_t)into);
	json_w_ki64(&w, "lead", (int64_t)other);
	json_w_kz(&w, "reason", reason ? reason : "asked for by an operator");
	json_w_end(&w);
	*out = (struct view_order){"lead.merge", buf_view(&b)};
	return ST_OK;
}

static void tell_parted(struct cli *c, const struct view_merged *m)
{
	cli_talk(c, "merge %llu: lead %llu (" STR_FMT ") parts from lead %llu (" STR_FMT ")\n",
		 (unsigned long long)m->merge, (unsigned long long)m->lead, STR_ARG(m->lead_name),
		 (unsigned long long)m->into, STR_ARG(m->into_name));
}

struct part {
	struct cli *c;
	uint64_t merge;
};

static enum status make_split(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	const struct part *p = ctx;
	struct view_merged m;
	enum status st = view_merged(v, p->merge, &m, e);
	if (st == ST_OK)
		st = view_order_split(v, &m, out, e);
	if (st == ST_OK)
		tell_parted(p->c, &m);
	return st;
}

static struct str reason_of(const struct cli *c)
{
	const char *reason = cli_value(c, "reason");
	return reason ? str_of(reason) : STR_NULL;
}

static enum status make_move(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	uint64_t lead;
	struct cli *c = ctx;
	enum status st = view_find(v, str_of(c->args[1]), &lead, e);
	return st == ST_OK ? view_order_move(v, lead, str_of(c->args[2]), reason_of(c), out, e)
			   : st;
}

static enum status make_pause(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	uint64_t lead;
	int64_t for_us = 0;
	struct cli *c = ctx;
	enum status st = view_find(v, str_of(c->args[1]), &lead, e);
	(void)duration_parse(str_of(cli_value(c, "for")), &for_us); /* checked by run */
	return st == ST_OK ? view_order_pause(v, lead, for_us, reason_of(c), out, e) : st;
}

static enum status make_resume(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	uint64_t lead;
	struct cli *c = ctx;
	enum status st = view_find(v, str_of(c->args[1]), &lead, e);
	return st == ST_OK ? view_order_resume(v, lead, out, e) : st;
}

static int do_split(struct cli *c)
{
	struct part p = {.c = c};
	if (!str_to_u64(str_of(c->args[1]), &p.merge))
		return cli_usage(
			c, "split wants the number of a merge; nurtured explain LEAD lists them");
	return order(c, make_split, &p, "split");
}

static int do_pause(struct cli *c)
{
	int64_t for_us;
	const char *span = cli_value(c, "for");
	if (span == NULL || !duration_parse(str_of(span), &for_us))
		return cli_usage(c, "for how long? --for 14d (units s m h d w)");
	return order(c, make_pause, c, "paused");
}

static int run(struct cli *c)
{
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("list");
	if (str_is(sub, "list"))
		return do_list(c);
	if (str_is(sub, "get") && c->args_n == 2)
		return look(c, make_get, show_get, (void *)(uintptr_t)c->args[1]);
	if (str_is(sub, "merge") && c->args_n == 3)
		return order(c, make_merge, c, "merged");
	if (str_is(sub, "split") && c->args_n == 2)
		return do_split(c);
	if (str_is(sub, "move") && c->args_n == 3)
		return order(c, make_move, c, "moved");
	if (str_is(sub, "pause") && c->args_n == 2)
		return do_pause(c);
	if (str_is(sub, "resume") && c->args_n == 2)
		return order(c, make_resume, c, "goes on");
	return cli_usage(c, "lead wants: " VERB_ARGS);
}

const struct verb verb_lead = {
	.name = "lead",
	.group = "look",
	.args = VERB_ARGS,
	.summary = "List leads, show one, move or pause it, join two",
	.detail = "LEAD is a number, an e-mail, a phone number, a userId, an anonymousId, or "
		  "name:value of a "
		  "declared key.\n\n"
		  "move puts a lead on a track at its first step, also one whose messages had "
		  "ended; the track \"-\" takes it off all. pause says nothing to it for a time, "
		  "then goes on where it was.\n\n"
		  "merge joins OTHER into INTO and prints the number of the merge. split undoes a "
		  "merge: MERGE is that number, which nurtured explain LEAD lists as well.",
	.examples = {"nurtured lead list --tier hot", "nurtured lead get sara@acme.example --json",
		     "nurtured lead move sara@acme.example consideration --reason 'met at a fair'",
		     "nurtured lead pause 12 --for 14d",
		     "nurtured lead merge 12 40 --reason 'same person, two addresses'",
		     "nurtured lead split 7"},
	.opts = {{"tier", 't', "TIER", "list: hot, warm or cold"},
		 {"limit", 0, "N", "list: so many (default 50, at most 1000)"},
		 {"after", 0, "LEAD", "list: the page behind this lead (what Next: says)"},
		 {"track", 0, "TRACK", "list: only who is on it"},
		 {"known", 0, NULL,
		  "list: only leads with an e-mail, phone, userId or declared key"},
		 {"for", 0, "SPAN", "pause: how long, for example 14d"},
		 {"reason", 0, "TEXT", "why, for the record"}},
	.subverbs = "list get move pause resume merge split",
	.run = run,
};
