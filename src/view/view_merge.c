/* SPDX-License-Identifier: Apache-2.0
 * view_merge.c: two leads that became one, and the order that parts them again. */
#include "view/view_inside.h"
#include "view/view_order.h"

#include "identity/identity.h"

static enum status read_row(struct view *v, uint64_t merge, struct str row, struct view_merged *out,
			    struct err *e)
{
	struct json d;
	struct identity_split s;
	enum status st = identity_split(row, v->arena, &s, e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, v->arena, &d, e);
	if (st == ST_OK)
		*out = (struct view_merged){
			.merge = merge,
			.seq = s.merge.seq,
			.into = s.survivor.lead.id,
			.lead = s.loser.lead.id,
			.undone = json_get(&d, 0, "undone") != JSON_NONE,
			.into_profile = s.survivor.profile,
			.lead_profile = s.loser.profile,
		};
	return st;
}

static struct str best_name(struct view *v, struct str profile)
{
	struct json d;
	return json_parse(profile, JSON_LIMITS_EVENT, v->arena, &d, NULL) == ST_OK
		       ? view_best_name(&d, v->arena)
		       : STR_NULL;
}

enum status view_merged(struct view *v, uint64_t merge, struct view_merged *out, struct err *e)
{
	struct str row;
	enum status st = store_get(v->store, TABLE_MERGE, KEY_NUM(merge), v->arena, &row, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, st, "there is no merge %llu; nurtured explain LEAD lists them",
			       (unsigned long long)merge);
	if (st == ST_OK)
		st = read_row(v, merge, row, out, e);
	if (st != ST_OK)
		return st;
	out->into_name = best_name(v, out->into_profile);
	out->lead_name = best_name(v, out->lead_profile);
	return ST_OK;
}

struct latest {
	struct view *v;
	uint64_t seq;
	struct view_merged *out;
	bool found;
};

static bool of_event(void *ctx, struct store_key key, struct str value)
{
	struct latest *l = ctx;
	struct arena_mark mark = arena_mark(l->v->arena);
	bool read = read_row(l->v, key.num, value, l->out, NULL) == ST_OK;
	arena_rewind(l->v->arena, mark);
	l->found = read && l->out->seq == l->seq;
	return read && l->out->seq > l->seq;
}

uint64_t view_merge_of_event(struct view *v, uint64_t seq)
{
	struct view_merged m;
	struct latest l = {.v = v, .seq = seq, .out = &m};
	return store_scan(v->store, TABLE_MERGE, SCAN_NEWEST_FIRST, of_event, &l, NULL) == ST_OK &&
			       l.found
		       ? m.merge
		       : 0;
}

enum status view_order_split(struct view *v, const struct view_merged *m, struct view_order *out,
			     struct err *e)
{
	if (m->undone)
		return err_set(e, ST_CONFLICT, "merge %llu is undone already",
			       (unsigned long long)m->merge);
	*out = (struct view_order){"lead.split", arena_printf(v->arena, "{\"merge\":%llu}",
							      (unsigned long long)m->merge)};
	return ST_OK;
}
