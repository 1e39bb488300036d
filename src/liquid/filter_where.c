/* SPDX-License-Identifier: Apache-2.0
 * filter_where.c: filters that choose items by a property: where, reject, has, find, find_index. */
#include "liquid/filter.h"

enum choice { CHOSEN, NOT_CHOSEN, NO_MEMBERS, WRONG };

static enum choice choose(struct call *c, struct liquid_value item)
{
	struct liquid_value got;
	switch (call_member(c, item, c->args[1], &got)) {
	case MEMBER_WRONG: return WRONG;
	case MEMBER_NOT_HERE: return NO_MEMBERS;
	default: break;
	}
	bool yes = c->n > 2 && c->args[2].kind != LIQUID_NIL
			   ? val_equal(got, c->args[2], c->run->arena)
			   : truthy(got);
	return yes ? CHOSEN : NOT_CHOSEN;
}

/* Keeps those that are `wanted`. */
static enum status chosen(struct call *c, enum choice wanted, struct liquid_value *out_r)
{
	struct liquid_value items, *kept;
	size_t n = 0;
	if (!call_items(c, 0, &items) || !call_list(c, items.n, &kept))
		return call_ended(c);
	for (uint32_t i = 0; i < items.n; i++) {
		enum choice got = choose(c, items.items[i]);
		if (got == WRONG)
			return call_wrong_property(c, c->args[1]);
		if (got == NO_MEMBERS) {
			*out_r = liquid_nil();
			return ST_OK;
		}
		if (got == wanted)
			kept[n++] = items.items[i];
	}
	*out_r = liquid_array(kept, n);
	return ST_OK;
}

enum status filter_where(struct call *c, struct liquid_value *out_r)
{
	return chosen(c, CHOSEN, out_r);
}

enum status filter_reject(struct call *c, struct liquid_value *out_r)
{
	return chosen(c, NOT_CHOSEN, out_r);
}

enum found { FOUND, NOWHERE, FOUND_NIL };

/* The first that is chosen. */
static enum status first(struct call *c, enum found *how, struct liquid_value *item_r,
			 int64_t *at_r)
{
	struct liquid_value items;
	*how = NOWHERE;
	if (!call_items(c, 0, &items))
		return call_ended(c);
	for (uint32_t i = 0; i < items.n && *how == NOWHERE; i++) {
		enum choice got = choose(c, items.items[i]);
		if (got == WRONG)
			return call_wrong_property(c, c->args[1]);
		if (got == NOT_CHOSEN)
			continue;
		*how = got == CHOSEN ? FOUND : FOUND_NIL;
		*item_r = items.items[i];
		*at_r = i;
	}
	return ST_OK;
}

enum status filter_has(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value item;
	enum found how;
	int64_t at;
	enum status st = first(c, &how, &item, &at);
	*out_r = how == FOUND_NIL ? liquid_nil() : liquid_bool(how == FOUND);
	return st;
}

enum status filter_find(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value item;
	enum found how;
	int64_t at;
	enum status st = first(c, &how, &item, &at);
	*out_r = how == FOUND ? item : liquid_nil();
	return st;
}

enum status filter_find_index(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value item;
	enum found how;
	int64_t at = 0;
	enum status st = first(c, &how, &item, &at);
	*out_r = how == FOUND ? liquid_int(at) : liquid_nil();
	return st;
}
