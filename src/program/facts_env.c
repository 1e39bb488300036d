/* SPDX-License-Identifier: Apache-2.0
 * facts_env.c: from rows of fields to an environment for CEL. Paths are cut into keys here, once,
 * so that reading a value is a few look-ups in a token array and nothing else. */
#include "program/facts_env.h"

#include "base/assert.h"
#include "model/event.h"

/* A built-in row before its paths are cut. */
struct row {
	enum facts_slot slot;
	const char *paths, *profile_paths;
	struct facts_field field;
};

static const struct row rows[] = {
#define LEAD(n, t, where, text) \
	{SLOT_LEAD, \
	 where, \
	 "", \
	 {.name = STR(n), \
	  .from = FROM_PROFILE, \
	  .type = FIELD_##t, \
	  .reads = READS_PROFILE, \
	  .help = text}},
#define LEAD_ID(n, kind, text) \
	{SLOT_LEAD, \
	 "", \
	 "", \
	 {.name = STR(n), \
	  .from = FROM_PROFILE_ID, \
	  .type = FIELD_STRING, \
	  .offset = kind, \
	  .reads = READS_PROFILE, \
	  .help = text}},
#define ACCOUNT(n, t, where, profile, text) \
	{SLOT_ACCOUNT, \
	 where, \
	 profile, \
	 {.name = STR(n), \
	  .from = FROM_ACCOUNT, \
	  .type = FIELD_##t, \
	  .reads = READS_ACCOUNT | (sizeof profile > 1 ? READS_PROFILE : 0), \
	  .help = text}},
#define PEOPLE(n, t, where, need, text) \
	{SLOT_ACCOUNT, \
	 where, \
	 "", \
	 {.name = STR(n), \
	  .from = FROM_ACCOUNT, \
	  .type = FIELD_##t, \
	  .reads = READS_ACCOUNT | (need), \
	  .help = text}},
#define EVENT(n, member, text) \
	{SLOT_EVENT, \
	 "", \
	 "", \
	 {.name = STR(n), \
	  .from = FROM_EVENT_TEXT, \
	  .type = FIELD_STRING, \
	  .offset = offsetof(struct event, member), \
	  .reads = READS_EVENT, \
	  .help = text}},
#define COMPUTED(s, n, t, what, need, text) \
	{SLOT_##s, \
	 "", \
	 "", \
	 {.name = STR(n), \
	  .from = FROM_COMPUTED, \
	  .type = FIELD_##t, \
	  .offset = COMPUTED_##what, \
	  .reads = need, \
	  .help = text}},
#include "program/field.def"
};

#define ROWS (sizeof rows / sizeof *rows)

const char *field_type_name(enum field_type t)
{
	static const char *const names[] = {"bool", "int", "number", "string", "time", "list"};
	return names[t];
}

const struct facts_field *facts_builtin(enum facts_slot slot, struct str name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].slot == slot && str_eq(rows[i].field.name, name))
			return &rows[i].field;
	return NULL;
}

const struct facts_field *facts_builtin_at(enum facts_slot slot, size_t at)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].slot == slot && at-- == 0)
			return &rows[i].field;
	return NULL;
}

/* ---- paths ---- */

static size_t count_byte(struct str s, char c)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

/* "a.b" below an optional first key. */
static bool cut_steps(struct str text, struct str under, bool dotted, struct facts_path *out,
		      struct arena *a)
{
	size_t n = (under.n > 0) + (dotted ? count_byte(text, '.') + 1 : 1), i = 0;
	struct str *steps = ARENA_ARRAY(a, struct str, n);
	if (steps == NULL)
		return false;
	if (under.n)
		steps[i++] = under;
	for (struct str rest = text; i < n;)
		steps[i++] = dotted ? str_cut(&rest, '.') : rest;
	*out = (struct facts_path){steps, n};
	return true;
}

/* "traits.title|traits.jobTitle": several paths. */
static bool cut_paths(const char *text, const struct facts_path **out, size_t *n_r, struct arena *a)
{
	struct str rest = str_of(text);
	size_t n = rest.n ? count_byte(rest, '|') + 1 : 0;
	struct facts_path *paths = n ? ARENA_ARRAY(a, struct facts_path, n) : NULL;
	if (n && paths == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!cut_steps(str_cut(&rest, '|'), STR_NULL, true, &paths[i], a))
			return false;
	*out = paths;
	*n_r = n;
	return true;
}

/* A declared path: the name as it stands first ("Job Title", "a.b" as one key), then as a path. */
static bool declared_paths(struct str path, struct str under, struct facts_field *f,
			   struct arena *a)
{
	bool dotted = str_find_byte(path, '.') < path.n;
	struct facts_path *paths = ARENA_ARRAY(a, struct facts_path, 2);
	if (paths == NULL || !cut_steps(path, under, false, &paths[0], a))
		return false;
	if (dotted && !cut_steps(path, under, true, &paths[1], a))
		return false;
	f->paths = paths;
	f->paths_n = dotted ? 2 : 1;
	return true;
}

/* ---- objects ---- */

static const struct program_field *declared_named(const struct program_field *list, size_t n,
						  struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].name, name))
			return &list[i];
	return NULL;
}

static bool declared_field(enum facts_slot slot, const struct program_field *d,
			   struct facts_field *f, struct arena *a)
{
	bool event = slot == SLOT_EVENT;
	struct str path = d->path;
	if (event && str_starts(path, STR("properties.")))
		path = str_slice(path, sizeof "properties." - 1, path.n);
	*f = (struct facts_field){
		.name = d->name,
		.type = d->type,
		.from = event               ? FROM_PROPERTIES
			: slot == SLOT_LEAD ? FROM_PROFILE
					    : FROM_ACCOUNT,
		.reads = event               ? READS_PROPERTIES
			 : slot == SLOT_LEAD ? READS_PROFILE
					     : READS_ACCOUNT,
		.declared = true,
	};
	return declared_paths(path, event ? STR_NULL : STR("traits"), f, a);
}

static bool make_object(enum facts_slot slot, const struct program_field *declared, size_t n,
			struct facts_object *out, struct arena *a)
{
	struct facts_field *fields = ARENA_ARRAY(a, struct facts_field, ROWS + n);
	size_t count = 0;
	if (fields == NULL)
		return false;
	for (size_t i = 0; i < ROWS; i++) {
		struct facts_field *f = &fields[count];
		if (rows[i].slot != slot || declared_named(declared, n, rows[i].field.name))
			continue;
		*f = rows[i].field;
		if (!cut_paths(rows[i].paths, &f->paths, &f->paths_n, a) ||
		    !cut_paths(rows[i].profile_paths, &f->profile_paths, &f->profile_paths_n, a))
			return false;
		count++;
	}
	for (size_t i = 0; i < n; i++)
		if (!declared_field(slot, &declared[i], &fields[count++], a))
			return false;
	*out = (struct facts_object){fields, count};
	return true;
}

static const struct facts_field *text_field(const struct facts_object *o, struct str name)
{
	for (size_t i = 0; i < o->n; i++)
		if (str_eq(o->fields[i].name, name) && o->fields[i].type == FIELD_STRING)
			return &o->fields[i];
	return NULL;
}

static bool make_objects(const struct program_fields *d, struct facts_env *env, struct arena *a)
{
	struct facts_object *o = env->objects;
	if (!make_object(SLOT_LEAD, d->lead, d->lead_n, &o[SLOT_LEAD], a) ||
	    !make_object(SLOT_ACCOUNT, d->account, d->account_n, &o[SLOT_ACCOUNT], a) ||
	    !make_object(SLOT_EVENT, d->event, d->event_n, &o[SLOT_EVENT], a) ||
	    !make_object(SLOT_TOUCHES, NULL, 0, &o[SLOT_TOUCHES], a))
		return false;
	o[SLOT_COMPANY] = o[SLOT_ACCOUNT];
	env->source = text_field(&o[SLOT_LEAD], STR("source"));
	env->asset = text_field(&o[SLOT_LEAD], STR("asset"));
	return true;
}

/* ---- for CEL ---- */

static const struct cel_type *cel_type_of(const struct facts_field *f)
{
	bool map = f->from == FROM_COMPUTED && f->type == FIELD_LIST; /* traits, properties */
	switch (f->type) {
	case FIELD_BOOL: return &cel_bool;
	case FIELD_INT: return &cel_int;
	case FIELD_DOUBLE: return &cel_double;
	case FIELD_STRING: return &cel_string;
	case FIELD_TIME: return &cel_timestamp;
	case FIELD_LIST: return map ? &cel_map_string_dyn : &cel_list_dyn;
	}
	UNREACHED();
}

static const struct cel_type *cel_object_type(const char *name, struct cel_field *fields, size_t n,
					      struct arena *a)
{
	struct cel_object *o = ARENA_NEW(a, struct cel_object);
	struct cel_type *t = ARENA_NEW(a, struct cel_type);
	if (o == NULL || t == NULL)
		return NULL;
	*o = (struct cel_object){.name = str_of(name), .fields = fields, .field_count = n};
	*t = (struct cel_type){.kind = CEL_OBJECT, .object = o};
	return t;
}

static const struct cel_type *object_type(const char *name, const struct facts_object *o,
					  struct arena *a)
{
	struct cel_field *fields = ARENA_ARRAY(a, struct cel_field, o->n + 1);
	if (fields == NULL)
		return NULL;
	for (size_t i = 0; i < o->n; i++)
		fields[i] = (struct cel_field){o->fields[i].name, cel_type_of(&o->fields[i]),
					       (uint32_t)i};
	return cel_object_type(name, fields, o->n, a);
}

static const struct cel_type *feature_type(const struct program_feature *features, size_t n,
					   struct arena *a)
{
	struct cel_field *fields = ARENA_ARRAY(a, struct cel_field, n + 1);
	if (fields == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		fields[i] = (struct cel_field){features[i].name, &cel_double, (uint32_t)i};
	return cel_object_type("feature", fields, n, a);
}

const struct facts_env *facts_env_create(const struct program_fields *d,
					 const struct program_feature *features, size_t features_n,
					 struct arena *a)
{
	struct facts_env *env = ARENA_NEW(a, struct facts_env);
	struct cel_decl *decls = ARENA_ARRAY(a, struct cel_decl, SLOT_COUNT);
	if (env == NULL || decls == NULL || !make_objects(d, env, a))
		return NULL;
	const struct cel_decl all[SLOT_COUNT] = {
		{STR("lead"), object_type("lead", &env->objects[SLOT_LEAD], a), SLOT_LEAD},
		{STR("account"), object_type("account", &env->objects[SLOT_ACCOUNT], a),
		 SLOT_ACCOUNT},
		{STR("company"), object_type("company", &env->objects[SLOT_COMPANY], a),
		 SLOT_COMPANY},
		{STR("event"), object_type("event", &env->objects[SLOT_EVENT], a), SLOT_EVENT},
		{STR("touches"), object_type("touches", &env->objects[SLOT_TOUCHES], a),
		 SLOT_TOUCHES},
		{STR("feature"), feature_type(features, features_n, a), SLOT_FEATURE},
		{STR("fit"), &cel_double, SLOT_FIT},
		{STR("engagement"), &cel_double, SLOT_ENGAGEMENT},
		{STR("score"), &cel_double, SLOT_SCORE},
		{STR("tier"), &cel_string, SLOT_TIER},
		{STR("persona"), &cel_string, SLOT_PERSONA},
		{STR("source"), &cel_string, SLOT_SOURCE},
		{STR("asset"), &cel_string, SLOT_ASSET},
		{STR("track"), &cel_string, SLOT_TRACK},
		{STR("stage"), &cel_string, SLOT_STAGE},
		{STR("step"), &cel_string, SLOT_STEP},
	};
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		if (all[i].type == NULL)
			return NULL;
		decls[i] = all[i];
	}
	env->cel = (struct cel_env){.decls = decls, .decl_count = SLOT_COUNT};
	return env;
}

unsigned facts_env_reads(const struct facts_env *env, uint32_t slot, uint32_t field)
{
	ASSERT(slot < SLOT_COUNT);
	switch ((enum facts_slot)slot) {
	case SLOT_LEAD: return READS_LEAD | env->objects[slot].fields[field].reads;
	case SLOT_ACCOUNT:
	case SLOT_COMPANY: return READS_ACCOUNT | env->objects[slot].fields[field].reads;
	case SLOT_EVENT: return READS_EVENT | env->objects[slot].fields[field].reads;
	case SLOT_FEATURE: return READS_FEATURES;
	case SLOT_PERSONA: return READS_PERSONA;
	case SLOT_SOURCE:
	case SLOT_ASSET: return READS_LEAD | READS_PROFILE;
	case SLOT_TOUCHES: return READS_JOURNEY | env->objects[slot].fields[field].reads;
	case SLOT_TRACK:
	case SLOT_STAGE:
	case SLOT_STEP: return READS_JOURNEY;
	default: return READS_SCORES;
	}
}
