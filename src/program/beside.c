/* SPDX-License-Identifier: Apache-2.0
 * beside.c: see beside.h. The files are compared, not what was compiled of them: two programs that
 * count their features, rules and arms alike are those whose sections say the same, in the same
 * order. */
#include "program/beside.h"

#include "base/time.h"
#include "program/problems.h"
#include "program/schema.h"
#include "program/yaml.h"

/* ---- how it is compared ---- */

struct reading {
	const struct json *d;
	struct arena *arena;
};

/* The word as the tables of the schema have it; NULL: it is none of them. */
static const char *word_of(const struct reading *x, uint32_t at, const char *const words[])
{
	struct str text = json_str(x->d, at, x->arena);
	for (size_t i = 0; words[i] != NULL; i++)
		if (str_is(text, words[i]))
			return words[i];
	return NULL;
}

static bool share_of(const struct json *d, uint32_t at, double *out)
{
	return json_f64(d, at, out) && *out >= 0 && *out <= 1;
}

static bool then_of(const struct reading *x, uint32_t at, enum program_then *out)
{
	const char *word = word_of(x, at, schema_then_words);
	for (int i = 0; word != NULL && i <= THEN_SHIP; i++)
		if (word == schema_then_words[i])
			*out = (enum program_then)i;
	return word != NULL;
}

static enum status read_rule(const struct reading *x, uint32_t at, struct program_rule *r,
			     struct err *e)
{
	const struct json *d = x->d;
	uint32_t least = json_get(d, at, "least"), guard = json_get(d, at, "guard"),
		 within = json_get(d, at, "within");
	int64_t n = 100;
	*r = (struct program_rule){.on = true, .least = 100};
	if (!then_of(x, json_get(d, at, "then"), &r->then))
		return err_set(e, ST_INVALID, "a rule's then is tell, stop or ship");
	if (least != JSON_NONE && (!json_i64(d, least, &n) || n < 100 || n > 1000000))
		return err_set(e, ST_INVALID, "a rule's least is 100 to 1000000 leads");
	r->least = (unsigned)n;
	if (guard != JSON_NONE) {
		r->guard = word_of(x, guard, schema_guard_words);
		if (r->guard == NULL || !share_of(d, json_get(d, at, "guard_most"), &r->guard_most))
			return err_set(e, ST_INVALID,
				       "a rule's guard is left, handed, goal, accepted or "
				       "completed, with guard_most between 0 and 1");
	}
	if (within != JSON_NONE && (!duration_parse(json_str(d, within, x->arena), &r->within_us) ||
				    r->within_us < US_PER_D))
		return err_set(e, ST_INVALID, "a rule's within is a time like 60d, a day or more");
	return ST_OK;
}

enum status program_beside_read(const struct json *d, uint32_t at, struct arena *a,
				struct program_beside *out, struct err *e)
{
	const struct reading x = {d, a};
	int64_t percent;
	uint32_t metric = json_get(d, at, "metric"), lift = json_get(d, at, "min_lift"),
		 rule = json_get(d, at, "rule");
	*out = (struct program_beside){.metric = schema_metric_words[0], .min_lift = 0.1};
	if (!json_i64(d, json_get(d, at, "share"), &percent) || percent < 1 ||
	    percent > PROGRAM_SHARE_MAX)
		return err_set(e, ST_INVALID, "share is 1 to %d percent of leads",
			       PROGRAM_SHARE_MAX);
	out->percent = (unsigned)percent;
	if (metric != JSON_NONE)
		out->metric = word_of(&x, metric, schema_metric_words);
	if (out->metric == NULL)
		return err_set(e, ST_INVALID,
			       "metric is goal, accepted, handed, completed or contacted");
	if (lift != JSON_NONE && !share_of(d, lift, &out->min_lift))
		return err_set(e, ST_INVALID, "min_lift is between 0 and 1");
	return rule != JSON_NONE ? read_rule(&x, rule, &out->rule, e) : ST_OK;
}

void program_beside_put(const struct program_beside *x, struct json_w *w)
{
	const struct program_rule *r = &x->rule;
	char text[TIME_TEXT_MAX];
	json_w_ki64(w, "share", x->percent);
	json_w_kz(w, "metric", x->metric);
	json_w_kf64(w, "min_lift", x->min_lift);
	if (!r->on)
		return;
	json_w_key(w, "rule");
	json_w_object(w);
	program_rule_put(r, w);
	if (r->within_us > 0)
		json_w_kz(w, "within", duration_format(r->within_us, text));
	json_w_end(w);
}

/* ---- what may differ ---- */

static const char *const may_differ[] = {"send_as", "tracks", "triggers", "guardrails"};

static bool is_free(struct str key)
{
	for (size_t i = 0; i < sizeof may_differ / sizeof *may_differ; i++)
		if (str_is(key, may_differ[i]))
			return true;
	return false;
}

/* Depth is bounded by the reader (YAML_DEPTH_MAX). */
static bool same(const struct ynode *a, const struct ynode *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || a->count != b->count || !str_eq(a->text, b->text))
		return false;
	const struct ynode *x = a->first, *y = b->first;
	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		if ((x->key != NULL && !str_eq(x->key->text, y->key->text)) || !same(x, y))
			return false;
	return x == y;
}

static void add_key(struct buf *to, struct str key)
{
	buf_z(to, to->n ? ", " : "");
	buf_str(to, key);
}

/* Keys of a that b says otherwise, or (`gone`) has not at all. */
static void differing(const struct ynode *a, const struct ynode *b, bool gone, struct buf *to)
{
	for (const struct ynode *x = a->first; x != NULL; x = x->next) {
		const struct ynode *y = b->first;
		while (y != NULL && !str_eq(y->key->text, x->key->text))
			y = y->next;
		if (!is_free(x->key->text) && (gone ? y == NULL : !same(x, y)))
			add_key(to, x->key->text);
	}
}

static const struct ynode *read(struct str source, struct arena *a)
{
	struct problems ps;
	problems_init(&ps, source, a);
	const struct ynode *n = ytree_parse(source, a, &ps);
	return n != NULL && n->kind == YNODE_MAP ? n : NULL;
}

enum status program_beside_fits(struct str now, struct str next, struct arena *a, struct err *e)
{
	struct buf keys;
	const struct ynode *is = read(now, a), *will = read(next, a);
	if (is == NULL || will == NULL)
		return err_set(e, ST_INVALID, "a program cannot be read");
	buf_init_arena(&keys, a, 1024);
	differing(is, will, false, &keys);
	differing(will, is, true, &keys);
	if (ynode_get(is, "tracks") == NULL)
		add_key(&keys, STR("tracks (the version in force has none)"));
	if (keys.n == 0)
		return ST_OK;
	return err_set(e, ST_CONFLICT,
		       "beside the version in force a program may differ in send_as, tracks, "
		       "triggers, guardrails and texts alone; this one differs in " STR_FMT
		       ": what is known of a lead is one, whichever version it is on",
		       STR_ARG(buf_view(&keys)));
}
