/* SPDX-License-Identifier: Apache-2.0
 * facts.c: reading values for conditions. The hot question is "event.type == ..., event.page.path
 * ...", asked of every rule for every event: such a value is one load from struct event, with no
 * copy. Everything that stands in JSON is looked up in its token array and decoded only when it
 * holds an escape. */
#include "program/facts.h"

#include "base/assert.h"
#include "base/time.h"
#include "program/facts_env.h"
#include "program/facts_value.h"
#include "program/track.h"

#include <math.h>

/* ---- what is opened on demand ---- */

const struct json *facts_profile(const struct facts *f)
{
	return f->profile || !f->source ? f->profile : f->source->profile(f->source_ctx);
}

const struct json *facts_account(const struct facts *f)
{
	return f->account || !f->source ? f->account : f->source->account(f->source_ctx);
}

const double *facts_features(const struct facts *f)
{
	return f->features || !f->source ? f->features : f->source->features(f->source_ctx);
}

/* ---- computed fields ---- */

static struct cel_value text_or_absent(struct str s)
{
	return s.n ? cel_of_str(s) : cel_of_absent();
}

static struct str profile_id_value(const struct facts *f, enum id_kind kind, struct arena *a)
{
	const struct json *d = facts_profile(f);
	uint32_t ids = d ? json_get(d, 0, "ids") : JSON_NONE;
	for (uint32_t v = d ? json_first(d, ids) : JSON_NONE; v != JSON_NONE;
	     v = json_next(d, ids, v)) {
		uint32_t k = json_first(d, v);
		uint32_t value = k == JSON_NONE ? k : json_next(d, v, k);
		if (value != JSON_NONE && str_is(json_str(d, k, a), id_kind_name(kind)))
			return json_str(d, value, a);
	}
	return STR_NULL;
}

static struct cel_value domain_of(struct str email)
{
	size_t at = str_find_byte(email, '@');
	return at < email.n ? text_or_absent(str_slice(email, at + 1, email.n)) : cel_of_absent();
}

static struct cel_value account_domain(const struct facts *f, struct arena *a)
{
	const struct json *d = facts_account(f);
	if (d == NULL || !str_is(json_str(d, json_get(d, 0, "kind"), a), "domain"))
		return cel_of_absent();
	return text_or_absent(json_str(d, json_get(d, 0, "key"), a));
}

static struct cel_value instant(int64_t at_us)
{
	return at_us == TIME_NONE ? cel_of_absent() : cel_of_time_us(at_us);
}

static struct cel_value days_since(const struct facts *f, int64_t at_us)
{
	if (at_us == TIME_NONE)
		return cel_of_absent();
	return cel_of_double((double)(f->now_us - at_us) / (double)US_PER_D);
}

static struct cel_value traits_map(const struct json *d, const char *key, struct arena *a)
{
	uint32_t node = d == NULL ? JSON_NONE : key ? json_get(d, 0, key) : 0;
	return d && json_is(d, node, JSON_OBJECT) ? facts_value_dyn(d, node, a) : cel_of_absent();
}

static struct cel_value lead_computed(const struct facts *f, size_t what)
{
	const struct lead *l = f->lead;
	if (l == NULL)
		return cel_of_absent();
	switch (what) {
	case COMPUTED_LEAD_KNOWN: return cel_of_bool(l->flags & LEAD_KNOWN);
	case COMPUTED_LEAD_EVENTS: return cel_of_int(l->events_n);
	case COMPUTED_LEAD_CREATED: return instant(l->created_us);
	case COMPUTED_LEAD_ACTIVE: return instant(l->active_us);
	case COMPUTED_LEAD_AGE_DAYS: return days_since(f, l->created_us);
	default: return days_since(f, l->active_us);
	}
}

static struct cel_value account_active(const struct facts *f)
{
	int64_t us;
	const struct json *d = facts_account(f);
	bool known = d && json_i64(d, json_get(d, 0, "last_us"), &us);
	return known ? cel_of_time_us(us) : cel_of_absent();
}

/* Touches that arrived and carry the flag. */
static int64_t touches_with(const struct journey *j, uint32_t flag)
{
	int64_t n = 0;
	for (size_t i = 0; i < j->touches_n; i++)
		n += (j->touches[i].flags & flag) && !(j->touches[i].flags & TOUCH_FAILED);
	return n;
}

static struct cel_value touches_computed(const struct facts *f, size_t what)
{
	const struct journey *j = f->journey;
	if (what == COMPUTED_TOUCHES_DAYS_SINCE)
		return days_since(f, j ? j->last_touch_us : TIME_NONE);
	if (j == NULL)
		return cel_of_int(0);
	switch (what) {
	case COMPUTED_TOUCHES_SENT: return cel_of_int(touches_with(j, TOUCH_SENT));
	case COMPUTED_TOUCHES_ON_TRACK: return cel_of_int(j->sent_n);
	case COMPUTED_TOUCHES_SILENT: return cel_of_int(j->silent_n);
	case COMPUTED_TOUCHES_OPENED: return cel_of_int(touches_with(j, TOUCH_OPENED));
	default: return cel_of_int(touches_with(j, TOUCH_CLICKED));
	}
}

static struct cel_value event_computed(const struct facts *f, size_t what, struct arena *a)
{
	const struct event *ev = f->event;
	if (what == COMPUTED_EVENT_PROPERTIES)
		return traits_map(f->properties, NULL, a);
	if (ev == NULL)
		return cel_of_absent();
	if (what == COMPUTED_EVENT_TIME)
		return instant(ev->occurred_us);
	return ev->context.scroll < 0 ? cel_of_absent() : cel_of_double(ev->context.scroll);
}

static struct cel_value computed(const struct facts *f, size_t what, struct arena *a)
{
	switch (what) {
	case COMPUTED_LEAD_DOMAIN: return domain_of(profile_id_value(f, ID_EMAIL, a));
	case COMPUTED_LEAD_TRAITS: return traits_map(facts_profile(f), "traits", a);
	case COMPUTED_ACCOUNT_DOMAIN: return account_domain(f, a);
	case COMPUTED_ACCOUNT_ACTIVE: return account_active(f);
	case COMPUTED_ACCOUNT_TRAITS: return traits_map(facts_account(f), "traits", a);
	case COMPUTED_EVENT_SCROLL:
	case COMPUTED_EVENT_TIME:
	case COMPUTED_EVENT_PROPERTIES: return event_computed(f, what, a);
	case COMPUTED_TOUCHES_SENT:
	case COMPUTED_TOUCHES_ON_TRACK:
	case COMPUTED_TOUCHES_SILENT:
	case COMPUTED_TOUCHES_OPENED:
	case COMPUTED_TOUCHES_CLICKED:
	case COMPUTED_TOUCHES_DAYS_SINCE: return touches_computed(f, what);
	default: return lead_computed(f, what);
	}
}

/* ---- fields ---- */

static struct cel_value from_paths(const struct json *d, const struct facts_path *paths, size_t n,
				   enum field_type type, struct arena *a)
{
	for (size_t i = 0; d && d->count && i < n; i++) {
		uint32_t node = 0;
		for (size_t j = 0; j < paths[i].n && node != JSON_NONE; j++)
			node = json_get_str(d, node, paths[i].steps[j]);
		if (node == JSON_NONE)
			continue;
		struct cel_value v = facts_value(d, node, type, a);
		if (v.kind != CEL_ABSENT)
			return v;
	}
	return cel_of_absent();
}

static struct cel_value read_field(const struct facts *f, const struct facts_field *field,
				   struct arena *a)
{
	switch (field->from) {
	case FROM_EVENT_TEXT:
		return f->event ? text_or_absent(*(
					  const struct str *)(const void *)((const char *)f->event +
									    field->offset))
				: cel_of_absent();
	case FROM_PROFILE:
		return from_paths(facts_profile(f), field->paths, field->paths_n, field->type, a);
	case FROM_PROPERTIES:
		return from_paths(f->properties, field->paths, field->paths_n, field->type, a);
	case FROM_PROFILE_ID:
		return text_or_absent(profile_id_value(f, (enum id_kind)field->offset, a));
	case FROM_ACCOUNT: {
		struct cel_value v =
			from_paths(facts_account(f), field->paths, field->paths_n, field->type, a);
		return v.kind != CEL_ABSENT ? v
					    : from_paths(facts_profile(f), field->profile_paths,
							 field->profile_paths_n, field->type, a);
	}
	case FROM_COMPUTED: return computed(f, field->offset, a);
	}
	UNREACHED();
}

static struct cel_value persona_name(const struct facts *f)
{
	uint32_t at = f->lead ? f->lead->persona : 0;
	bool known = at > 0 && at <= f->program->personas_n;
	return cel_of_str(known ? f->program->personas[at - 1].name : STR(""));
}

static struct cel_value feature_value(const struct facts *f, uint32_t field)
{
	const double *known = facts_features(f);
	double v = known ? known[field] : 0;
	return known == NULL || v != v ? cel_of_absent() : cel_of_double(v); /* NaN: never seen */
}

/* Off all tracks these are empty, not absent: track != "awareness" then holds. */
static struct cel_value place_name(const struct facts *f, enum facts_slot slot)
{
	const struct journey *j = f->journey;
	bool on = j && j->track.n;
	if (!on || slot != SLOT_STAGE)
		return cel_of_str(!on ? STR("") : slot == SLOT_TRACK ? j->track : j->step);
	size_t at = program_track_of(f->program, j->track);
	return cel_of_str(at == NO_INDEX ? STR("") : f->program->play->tracks[at].stage);
}

static struct cel_value lead_text(const struct facts *f, const struct facts_field *field,
				  struct arena *a)
{
	return field ? read_field(f, field, a) : cel_of_absent();
}

static struct cel_value load(void *ctx, uint32_t slot, uint32_t field, struct arena *scratch)
{
	const struct facts *f = ctx;
	switch ((enum facts_slot)slot) {
	case SLOT_LEAD:
	case SLOT_ACCOUNT:
	case SLOT_COMPANY:
	case SLOT_EVENT:
	case SLOT_TOUCHES:
		return read_field(f, &f->program->facts->objects[slot].fields[field], scratch);
	case SLOT_FEATURE: return feature_value(f, field);
	case SLOT_FIT: return cel_of_double(f->fit);
	case SLOT_ENGAGEMENT: return cel_of_double(f->engagement);
	case SLOT_SCORE: return cel_of_double(f->score);
	case SLOT_TIER: return cel_of_str(str_of(tier_name(f->tier)));
	case SLOT_PERSONA: return persona_name(f);
	case SLOT_SOURCE: return lead_text(f, f->program->facts->source, scratch);
	case SLOT_ASSET: return lead_text(f, f->program->facts->asset, scratch);
	case SLOT_TRACK:
	case SLOT_STAGE:
	case SLOT_STEP: return place_name(f, (enum facts_slot)slot);
	case SLOT_COUNT: break;
	}
	UNREACHED();
}

static struct cel_activation activation_of(const struct facts *f)
{
	union { /* the callback only reads */
		const struct facts *f;
		void *ctx;
	} u = {.f = f};
	return (struct cel_activation){.load = load, .ctx = u.ctx};
}

bool facts_hold(const struct facts *f, const struct program_cond *cond, struct err *why)
{
	bool holds = false;
	err_clear(why);
	if (cond->prog == NULL)
		return true;
	struct cel_activation act = activation_of(f);
	struct arena_mark mark = arena_mark(f->arena);
	enum status st =
		cel_eval_bool(cond->prog, &act, f->arena, CEL_ABSENT_IS_FALSE, &holds, why);
	arena_rewind(f->arena, mark);
	return st == ST_OK && holds;
}

/* ---- over a span of time ---- */

struct span {
	const struct facts *f;
	const struct facts_span *at;
};

static bool days_over(const struct span *s, int64_t since_us, struct cel_bounds *out)
{
	if (since_us == TIME_NONE)
		return false;
	*out = (struct cel_bounds){(double)(s->at->from_us - since_us) / (double)US_PER_D,
				   (double)(s->at->to_us - since_us) / (double)US_PER_D};
	return true;
}

static bool field_over(const struct span *s, const struct facts_field *field,
		       struct cel_bounds *out)
{
	const struct lead *l = s->f->lead;
	const struct journey *j = s->f->journey;
	if (field->from != FROM_COMPUTED)
		return false;
	switch (field->offset) {
	case COMPUTED_LEAD_AGE_DAYS: return l != NULL && days_over(s, l->created_us, out);
	case COMPUTED_LEAD_IDLE_DAYS: return l != NULL && days_over(s, l->active_us, out);
	case COMPUTED_TOUCHES_DAYS_SINCE: return j != NULL && days_over(s, j->last_touch_us, out);
	default: return false;
	}
}

static const struct cel_bounds nobody_knows = {(double)NAN, (double)NAN};

static struct cel_bounds feature_over(const struct span *s, uint32_t key)
{
	const struct facts_source *from = s->f->source;
	return from ? from->feature_over(s->f->source_ctx, key, s->at->from_us, s->at->to_us)
		    : nobody_knows;
}

static bool fades(enum feature_kind k)
{
	return k == FEATURE_DECAYED || k == FEATURE_RECENCY || k == FEATURE_RATIO;
}

/* A company's domain is what makes it that company. */
static bool account_over(const struct span *s, const struct facts_field *field)
{
	bool domain = field->from == FROM_COMPUTED && field->offset == COMPUTED_ACCOUNT_DOMAIN;
	return s->at->account_moves && !domain && s->f->lead != NULL && s->f->lead->account != 0;
}

static void scores_over(const struct span *s, struct cel_bounds *engagement,
			struct cel_bounds *score)
{
	const struct facts_source *from = s->f->source;
	*engagement = *score = nobody_knows;
	if (from)
		from->scores_over(s->f->source_ctx, s->at->from_us, s->at->to_us, engagement,
				  score);
}

static bool moves(void *ctx, uint32_t slot, uint32_t field, struct cel_bounds *out)
{
	const struct span *s = ctx;
	const struct facts *f = s->f;
	struct cel_bounds other;
	switch ((enum facts_slot)slot) {
	case SLOT_ACCOUNT:
	case SLOT_COMPANY:
		*out = nobody_knows;
		return account_over(s, &f->program->facts->objects[slot].fields[field]);
	case SLOT_LEAD:
	case SLOT_TOUCHES:
		return field_over(s, &f->program->facts->objects[slot].fields[field], out);
	case SLOT_FEATURE:
		if (!fades(f->program->features[field].kind) ||
		    feature_value(f, field).kind == CEL_ABSENT)
			return false;
		*out = feature_over(s, f->program->features[field].key);
		return true;
	case SLOT_SCORE: scores_over(s, &other, out); return true;
	case SLOT_ENGAGEMENT: scores_over(s, out, &other); return true;
	default: return false;
	}
}

struct facts_over facts_over(const struct facts *f, const struct program_cond *cond,
			     const struct facts_span *at)
{
	struct span s = {f, at};
	if (cond->prog == NULL)
		return (struct facts_over){.may_hold = true};
	struct cel_activation act = activation_of(f);
	const struct cel_span span = {.act = &act, .moves = moves, .ctx = &s};
	struct arena_mark mark = arena_mark(f->arena);
	unsigned set = cel_over(cond->prog, &span, f->arena);
	arena_rewind(f->arena, mark);
	return (struct facts_over){.may_hold = set & CEL_OVER_TRUE,
				   .may_fail = set & CEL_OVER_FALSE,
				   .blind = set & CEL_OVER_BLIND};
}

/* ---- properties by path ---- */

static const struct facts_field *event_text_field(struct str path)
{
	const struct facts_field *field = facts_builtin(SLOT_EVENT, path);
	return field && field->from == FROM_EVENT_TEXT ? field : NULL;
}

/* The node a path names: "properties.amount", "amount"; a key with dots in its name comes first. */
static uint32_t property_node(const struct json *d, struct str path)
{
	if (d == NULL || d->count == 0)
		return JSON_NONE;
	if (str_starts(path, STR("properties.")))
		path = str_slice(path, sizeof "properties." - 1, path.n);
	uint32_t node = json_get_str(d, 0, path);
	if (node != JSON_NONE || str_find_byte(path, '.') == path.n)
		return node;
	node = 0;
	for (struct str rest = path; rest.p && node != JSON_NONE;)
		node = json_get_str(d, node, str_cut(&rest, '.'));
	return node;
}

bool facts_event_number(const struct facts *f, struct str path, double *out_r)
{
	if (str_is(path, "scroll") && f->event && f->event->context.scroll >= 0) {
		*out_r = f->event->context.scroll;
		return true;
	}
	uint32_t node = property_node(f->properties, path);
	if (node == JSON_NONE)
		return false;
	struct cel_value v = facts_value(f->properties, node, FIELD_DOUBLE, f->arena);
	if (v.kind != CEL_DOUBLE)
		return false;
	*out_r = v.d;
	return true;
}

struct str facts_event_text(const struct facts *f, struct str path)
{
	const struct facts_field *field = event_text_field(path);
	struct cel_value v = field ? read_field(f, field, f->arena) : cel_of_absent();
	uint32_t node = v.kind == CEL_STRING ? JSON_NONE : property_node(f->properties, path);
	if (node != JSON_NONE)
		v = facts_value(f->properties, node, FIELD_STRING, f->arena);
	return v.kind == CEL_STRING ? cel_str(v) : STR_NULL;
}

/* ---- explaining ---- */

struct explain {
	const struct program_cond *cond;
	struct arena *arena;
	struct facts_clause *list;
	size_t n, cap;
	bool over;
};

static struct str reads_text(struct explain *x, const struct cel_clause *c)
{
	struct buf b;
	buf_init_arena(&b, x->arena, 4096);
	for (size_t i = 0; i < c->read_count; i++) {
		const struct cel_read *r = &c->reads[i];
		buf_printf(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(r->name));
		if (r->value.kind == CEL_ABSENT) {
			buf_z(&b, " is not known");
			continue;
		}
		buf_z(&b, " is ");
		cel_value_text(r->value, &b);
	}
	return buf_view(&b);
}

static void on_clause(void *ctx, const struct cel_clause *c)
{
	struct explain *x = ctx;
	if (x->n == x->cap) {
		size_t cap = x->cap ? x->cap * 2 : 16;
		struct facts_clause *list = ARENA_ARRAY(x->arena, struct facts_clause, cap);
		x->over = x->over || list == NULL;
		if (list == NULL)
			return;
		if (x->n)
			memcpy(list, x->list, x->n * sizeof *list);
		x->list = list;
		x->cap = cap;
	}
	x->list[x->n++] = (struct facts_clause){
		.text = str_trim(str_slice(x->cond->text, c->offset, c->offset + c->length)),
		.depth = c->depth,
		.leaf = c->op == CEL_CLAUSE_LEAF,
		.holds = c->verdict == CEL_IS_TRUE,
		.unknown = c->verdict == CEL_IS_ERROR,
		.reads = c->op == CEL_CLAUSE_LEAF ? reads_text(x, c) : STR_NULL,
	};
}

enum status facts_explain(const struct facts *f, const struct program_cond *cond, struct arena *a,
			  const struct facts_clause **out, size_t *n_r, struct err *e)
{
	struct explain x = {.cond = cond, .arena = a};
	if (cond->prog) {
		struct cel_activation act = activation_of(f);
		cel_explain(cond->prog, &act, a, on_clause, &x);
	}
	if (x.over)
		return err_set(e, ST_LIMIT, "explaining a condition: no memory left");
	*out = x.list;
	*n_r = x.n;
	return ST_OK;
}
