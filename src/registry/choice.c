/* SPDX-License-Identifier: Apache-2.0
 * choice.c: what a decision may know: who rules, who is tried, on how many. */
#include "base/hash.h"
#include "registry/internal.h"

bool registry_follows_candidate(const struct registry_choice *c, uint64_t lead)
{
	/* By slot, not by candidate: whoever is first in line is so for every candidate, and a
	 * share that grows keeps those it had. */
	uint64_t place = hash_u64(lead ^ hash_str(c->slot, 0)) % 10000;
	return c->candidate.hex[0] && place < (uint64_t)c->percent * 100;
}

void registry_choice_put(const struct registry_choice *c, struct json_w *w)
{
	json_w_kstr(w, "slot", c->slot);
	json_w_kz(w, "champion", c->champion.hex);
	json_w_kz(w, "candidate", c->candidate.hex);
	json_w_ki64(w, "percent", c->percent);
	if (c->by_hand)
		json_w_kbool(w, "by_hand", true);
}

void registry_choice_write(const struct registry_choice *c, struct json_w *w)
{
	json_w_object(w);
	registry_choice_put(c, w);
	json_w_end(w);
}

static bool hash_in(const struct json *d, uint32_t node, const char *key, struct arena *a,
		    struct registry_hash *out)
{
	struct str s = json_str(d, json_get(d, node, key), a);
	*out = registry_hash_of(s);
	return s.p != NULL && (s.n == 0 || out->hex[0]);
}

enum status registry_choice_read(const struct json *d, uint32_t node, struct arena *a,
				 struct registry_choice *out, struct err *e)
{
	int64_t percent;
	struct registry_choice c = {.slot = json_str(d, json_get(d, node, "slot"), a)};
	if (!registry_is_name(c.slot))
		return err_set(e, ST_INVALID, "slot must be a name");
	if (!hash_in(d, node, "champion", a, &c.champion) ||
	    !hash_in(d, node, "candidate", a, &c.candidate))
		return err_set(e, ST_INVALID, "champion and candidate must be hashes, or \"\"");
	if (!json_i64(d, json_get(d, node, "percent"), &percent) || percent < 0 || percent > 99)
		return err_set(e, ST_INVALID, "percent must be a number from 0 to 99");
	if (percent && !c.candidate.hex[0])
		return err_set(e, ST_INVALID, "percent without a candidate");
	c.percent = (unsigned)percent;
	(void)json_bool(d, json_get(d, node, "by_hand"), &c.by_hand); /* absent: by itself */
	*out = c;
	return ST_OK;
}
