/* SPDX-License-Identifier: Apache-2.0
 * policy_diff.c: what differs between two models, figure by figure. Their reports may have
 * kilobytes, of which most is the same or a list nobody compares by eye. */
#include "base/time.h"
#include "cli/policy.h"
#include "cli/render.h"

#include <string.h>

#define SHORT 12 /* characters of a hash that people are shown */

struct diff {
	struct cli *c;
	struct buf text;
	struct json_w w;
	size_t n;
};

static void differ(struct diff *x, struct str what, struct str a, struct str b)
{
	if (str_eq(a, b))
		return;
	json_w_object(&x->w);
	json_w_kstr(&x->w, "what", what);
	json_w_kstr(&x->w, "a", a);
	json_w_kstr(&x->w, "b", b);
	json_w_end(&x->w);
	x->n++;
}

/* ---- reports ---- */

struct report {
	struct json d;
	uint32_t node; /* JSON_NONE: it has no such member */
};

static uint32_t member(const struct report *r, struct arena *a, struct str key)
{
	return json_is(&r->d, r->node, JSON_OBJECT) ? json_get(&r->d, r->node, arena_strz(a, key))
						    : JSON_NONE;
}

static struct str brief(const struct report *r, struct arena *a)
{
	if (r->node != JSON_NONE && json_is(&r->d, r->node, JSON_ARRAY))
		return arena_printf(a, "%u entries", json_count(&r->d, r->node));
	return r->node != JSON_NONE && json_is(&r->d, r->node, JSON_OBJECT)
		       ? STR("a group")
		       : render_scalar(&r->d, r->node, a);
}

static void differ_in(struct diff *x, struct str way, const struct report *a,
		      const struct report *b);

static void differ_at(struct diff *x, struct str way, struct report a, struct report b)
{
	struct arena *arena = &x->c->arena;
	bool both = a.node != JSON_NONE && b.node != JSON_NONE;
	if (both && str_eq(json_raw(&a.d, a.node), json_raw(&b.d, b.node)))
		return;
	if (both && json_is(&a.d, a.node, JSON_OBJECT) && json_is(&b.d, b.node, JSON_OBJECT)) {
		differ_in(x, way, &a, &b);
		return;
	}
	struct str is_a = brief(&a, arena), is_b = brief(&b, arena);
	if (str_eq(is_a, is_b))
		is_b = arena_printf(arena, STR_FMT ", other ones", STR_ARG(is_b));
	differ(x, way, is_a, is_b);
}

/* The members of a, then those that only b has. */
static void differ_in(struct diff *x, struct str way, const struct report *a,
		      const struct report *b)
{
	struct arena *arena = &x->c->arena;
	const struct report *sides[] = {a, b};
	for (size_t k = 0; k < 2; k++) {
		const struct report *r = sides[k];
		uint32_t v = json_is(&r->d, r->node, JSON_OBJECT) ? json_first(&r->d, r->node)
								  : JSON_NONE;
		for (; v != JSON_NONE; v = json_next(&r->d, r->node, v)) {
			struct str key = json_str(&r->d, json_key(&r->d, v), arena);
			uint32_t in_a = member(a, arena, key);
			if (k == 1 && in_a != JSON_NONE)
				continue;
			differ_at(x,
				  arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(way),
					       STR_ARG(key)),
				  (struct report){a->d, in_a},
				  (struct report){b->d, member(b, arena, key)});
		}
	}
}

static struct report read_report(struct diff *x, struct str raw)
{
	struct report r = {.node = 0};
	if (json_parse(raw.n ? raw : STR("{}"), JSON_LIMITS_EVENT, &x->c->arena, &r.d, NULL) !=
	    ST_OK)
		r.node = JSON_NONE;
	return r;
}

/* ---- models ---- */

static struct str time_text(struct cli *c, int64_t at_us)
{
	char text[TIME_TEXT_MAX];
	if (at_us == 0)
		return STR("-");
	(void)time_format(at_us, text);
	return arena_str(&c->arena, str_of(text));
}

static struct str parent_of(const struct registry_model *m)
{
	return m->meta.parent.hex[0] ? str_n(m->meta.parent.hex, SHORT) : STR("-");
}

static struct str state_of(struct cli *c, const struct registry_model *m)
{
	return m->state == REGISTRY_CANARY ? arena_printf(&c->arena, "canary, %u %%", m->percent)
					   : str_of(registry_state_name(m->state));
}

static void differ_by(struct diff *x, const struct registry_model *a,
		      const struct registry_model *b)
{
	struct cli *c = x->c;
	const struct registry_meta *m = &a->meta, *o = &b->meta;
	differ(x, STR("slot"), m->slot, o->slot);
	differ(x, STR("kind"), m->kind, o->kind);
	differ(x, STR("features"), m->version, o->version);
	differ(x, STR("parent"), parent_of(a), parent_of(b));
	differ(x, STR("created"), time_text(c, m->created_us), time_text(c, o->created_us));
	differ(x, STR("trained_from"), time_text(c, m->from_us), time_text(c, o->from_us));
	differ(x, STR("trained_to"), time_text(c, m->to_us), time_text(c, o->to_us));
	differ(x, STR("state"), state_of(c, a), state_of(c, b));
	struct report ra = read_report(x, m->metrics), rb = read_report(x, o->metrics);
	differ_in(x, STR("metrics"), &ra, &rb);
	ra = read_report(x, m->evaluation);
	rb = read_report(x, o->evaluation);
	differ_in(x, STR("evaluation"), &ra, &rb);
	if (!str_eq(a->bytes, b->bytes))
		differ(x, STR("weights"), arena_printf(&c->arena, "%zu bytes", a->bytes.n),
		       arena_printf(&c->arena, "%zu bytes%s", b->bytes.n,
				    a->bytes.n == b->bytes.n ? ", other ones" : ""));
}

static void show(struct diff *x, const struct registry_model *a, const struct registry_model *b)
{
	struct json d;
	struct cli *c = x->c;
	const struct render_column columns[] = {
		{"what", "WHAT", false, false},
		{"a", arena_strz(&c->arena, str_n(a->hash.hex, SHORT)), false, false},
		{"b", arena_strz(&c->arena, str_n(b->hash.hex, SHORT)), false, false},
	};
	if (c->json)
		cli_line(c, buf_view(&x->text));
	else if (x->n == 0)
		cli_talk(c, "they are the same model\n");
	else if (json_parse(buf_view(&x->text), JSON_LIMITS_EVENT, &c->arena, &d, NULL) == ST_OK)
		render_table(c, &d, json_get(&d, 0, "differences"), columns,
			     sizeof columns / sizeof columns[0]);
}

int policy_run_diff(struct cli *c)
{
	struct registry_model a, b;
	struct diff x = {.c = c};
	if (c->args_n != 3)
		return cli_usage(c, "policy diff wants two models: nurtured policy diff A B");
	int rc = policy_get(c, c->args[1], &a);
	if (rc < 0)
		rc = policy_get(c, c->args[2], &b);
	if (rc >= 0)
		return rc;
	buf_init_arena(&x.text, &c->arena, (size_t)16 << 20);
	json_w_init(&x.w, &x.text);
	json_w_object(&x.w);
	json_w_kz(&x.w, "schema", "nurtured.model_diff/2");
	json_w_kz(&x.w, "a", a.hash.hex);
	json_w_kz(&x.w, "b", b.hash.hex);
	json_w_key(&x.w, "differences");
	json_w_array(&x.w);
	differ_by(&x, &a, &b);
	json_w_end(&x.w);
	json_w_end(&x.w);
	show(&x, &a, &b);
	return CLI_OK;
}
