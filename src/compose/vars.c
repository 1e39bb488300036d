/* SPDX-License-Identifier: Apache-2.0
 * vars.c: the names that templates may use, read from the rows of a lead and its account.
 *
 * A name means the same as in a condition: the paths come from the same table. */
#include "compose/internal.h"

#include "program/facts.h"

struct row {
	const char *name, *paths; /* tried in order, | between them */
};
static const struct row lead_rows[] = {
#define LEAD(name, type, paths, help) {name, paths},
#include "program/field.def"
};
static const struct row account_rows[] = {
#define ACCOUNT(name, type, paths, profile, help) {name, paths},
#include "program/field.def"
};
static const struct row account_profile_rows[] = {
#define ACCOUNT(name, type, paths, profile, help) {name, profile},
#include "program/field.def"
};
static const struct row id_rows[] = {
	{"email", "email"}, /* name, name in the profile (model/id_kind.def) */
	{"phone", "phone"},
	{"user_id", "userId"},
};
#define ROWS(t) (t), sizeof(t) / sizeof *(t)

static bool fit(const struct json *d, uint32_t node)
{
	enum json_type type = json_type(d, node);
	return node != JSON_NONE && type != JSON_NULL &&
	       !(type == JSON_STRING && d->toks[node].at == d->toks[node].end);
}

static uint32_t at_path(const struct json *d, struct str path)
{
	uint32_t node = 0;
	while (path.n > 0 && node != JSON_NONE)
		node = json_get_str(d, node, str_cut(&path, '.'));
	return node;
}

static uint32_t at_paths(const struct json *d, struct str paths)
{
	while (paths.n > 0) {
		uint32_t node = at_path(d, str_cut(&paths, '|'));
		if (fit(d, node))
			return node;
	}
	return JSON_NONE;
}

static uint32_t by_row(const struct json *d, const struct row *rows, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, rows[i].name))
			return at_paths(d, str_of(rows[i].paths));
	return JSON_NONE;
}

/* A field of the program, by its path; else the trait of that name; else, for what has members,
 * the row's own ("campaign"). */
static uint32_t by_traits(const struct json *d, const struct program_field *fields, size_t n,
			  struct str name)
{
	uint32_t traits = json_get(d, 0, "traits"), node = JSON_NONE;
	for (size_t i = 0; i < n && node == JSON_NONE; i++) {
		if (!str_eq(fields[i].name, name))
			continue;
		node = json_get_str(d, traits, fields[i].path);
		if (!fit(d, node) && traits != JSON_NONE) {
			struct str path = fields[i].path;
			node = traits;
			while (path.n > 0 && node != JSON_NONE)
				node = json_get_str(d, node, str_cut(&path, '.'));
		}
	}
	if (!fit(d, node))
		node = json_get_str(d, traits, name);
	return fit(d, node) || !str_is(name, "campaign") ? node : json_get_str(d, 0, name);
}

static bool give(const struct json *d, uint32_t node, struct arena *a, struct liquid_value *out_r)
{
	if (!fit(d, node))
		return false;
	*out_r = liquid_json(d, node, a);
	return true;
}

static bool give_str(struct str s, struct liquid_value *out_r)
{
	if (s.n == 0)
		return false;
	*out_r = liquid_str(s);
	return true;
}

/* An identifier: ["email","a@b.example"]. */
static uint32_t by_id(const struct json *d, struct str name, struct arena *a)
{
	uint32_t ids = json_get(d, 0, "ids");
	for (size_t i = 0; i < sizeof id_rows / sizeof *id_rows; i++) {
		if (!str_is(name, id_rows[i].name))
			continue;
		for (uint32_t v = json_first(d, ids); v != JSON_NONE; v = json_next(d, ids, v)) {
			uint32_t kind = json_first(d, v);
			if (str_is(json_str(d, kind, a), id_rows[i].paths))
				return json_next(d, v, kind);
		}
	}
	return JSON_NONE;
}

/* The part of the e-mail address behind the @. */
static bool give_domain(const struct json *d, struct arena *a, struct liquid_value *out_r)
{
	struct str email = json_str(d, by_id(d, STR("email"), a), a);
	size_t at = str_find_byte(email, '@');
	return give_str(str_slice(email, at + 1, email.n), out_r);
}

static bool lead_get(const void *ctx, struct str key, struct arena *a, struct liquid_value *out_r)
{
	const struct compose_in *in = ctx;
	const struct program_fields *f = &in->program->fields;
	const struct json *d = in->profile;
	if (d == NULL || d->count == 0)
		return false;
	if (str_is(key, "domain"))
		return give_domain(d, a, out_r);
	uint32_t node =
		str_is(key, "traits") ? json_get(d, 0, "traits") : by_row(d, ROWS(lead_rows), key);
	if (!fit(d, node))
		node = by_id(d, key, a);
	if (!fit(d, node))
		node = by_traits(d, f->lead, f->lead_n, key);
	return give(d, node, a, out_r);
}

static bool account_get(const void *ctx, struct str key, struct arena *a,
			struct liquid_value *out_r)
{
	const struct compose_in *in = ctx;
	const struct program_fields *f = &in->program->fields;
	const struct json *d = in->account;
	if (d != NULL && d->count > 0) {
		uint32_t node = by_row(d, ROWS(account_rows), key);
		if (!fit(d, node))
			node = by_traits(d, f->account, f->account_n, key);
		if (give(d, node, a, out_r))
			return true;
	}
	d = in->profile;
	return d != NULL && d->count > 0 &&
	       give(d, by_row(d, ROWS(account_profile_rows), key), a, out_r);
}

struct text_row {
	const char *name;
	struct str text;
};
static bool by_name(const struct text_row *rows, size_t n, struct str name,
		    struct liquid_value *out_r)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, rows[i].name))
			return give_str(rows[i].text, out_r);
	return false;
}

static bool sender_get(const void *ctx, struct str key, struct arena *a, struct liquid_value *out_r)
{
	const struct compose_vars *v = ctx;
	const struct text_row rows[] = {
		{"name", v->from.name},
		{"email", v->from.email},
		{"reply_to", v->in->program->sender.reply_to},
		{"postal_address", v->in->program->sender.postal_address},
		{"logo", v->in->program->sender.logo},
	};
	(void)a;
	return by_name(ROWS(rows), key, out_r);
}

static bool message_get(const void *ctx, struct str key, struct arena *a,
			struct liquid_value *out_r)
{
	const struct message *m = ((const struct compose_in *)ctx)->message;
	const struct text_row rows[] = {
		{"name", m->message}, {"angle", m->angle},     {"track", m->track},
		{"step", m->step},    {"persona", m->persona}, {"purpose", m->purpose},
	};
	if (str_is(key, "id"))
		return give_str(arena_printf(a, "%llu", (unsigned long long)m->id), out_r);
	return by_name(ROWS(rows), key, out_r);
}

void compose_vars_init(struct compose_vars *v, const struct compose_in *in, struct arena *a)
{
	*v = (struct compose_vars){.in = in, .a = a};
	v->lead = (struct liquid_object){lead_get, in};
	v->account = (struct liquid_object){account_get, in};
	v->sender = (struct liquid_object){sender_get, v};
	v->message = (struct liquid_object){message_get, in};
}

static bool give_html(struct str s, struct liquid_value *out_r)
{
	if (!give_str(s, out_r))
		return false;
	out_r->safe = true;
	return true;
}

bool compose_vars_resolve(void *ctx, struct str name, struct arena *a, struct liquid_value *out_r)
{
	struct compose_vars *v = ctx;
	const struct {
		const char *name;
		const struct liquid_object *object;
	} objects[] = {
		{"lead", &v->lead},
		{"account", &v->account},
		{"sender", &v->sender},
		{"message", &v->message},
	};
	const struct text_row urls[] = {
		{"unsubscribe_url", v->in->unsubscribe_url},
		{"preferences_url", v->in->preferences_url},
	};
	const struct text_row texts[] = {
		{"preheader", v->preheader},
		{"subject", v->subject},
	};
	(void)a;
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
		if (str_is(name, objects[i].name)) {
			*out_r = liquid_object(objects[i].object);
			return true;
		}
	}
	if (by_name(ROWS(urls), name, out_r))
		return true;
	if (str_is(name, "cta")) {
		v->cta_used = v->cta_used || !v->layout;
		return give_html(v->cta, out_r);
	}
	if (v->layout && str_is(name, "content"))
		return give_html(v->content, out_r);
	return v->layout && by_name(ROWS(texts), name, out_r);
}
