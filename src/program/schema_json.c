/* SPDX-License-Identifier: Apache-2.0
 * schema_json.c: the table as JSON Schema, draft-07, which is what editors' YAML plugins speak. It
 * gives completion and red lines while typing; what a schema cannot say (conditions, names that
 * must exist) our own check says. */
#include "base/json.h"
#include "program/program.h"
#include "program/schema.h"

#define DURATION "([0-9]+[smhdw])+"

static void put_type(struct json_w *w, const struct schema_type *t);

static void put_pattern(struct json_w *w, const char *pattern)
{
	json_w_kz(w, "type", "string");
	json_w_kz(w, "pattern", pattern);
}

static void put_number(struct json_w *w, const struct schema_type *t)
{
	json_w_kz(w, "type", t->kind == SCHEMA_INT ? "integer" : "number");
	json_w_kf64(w, "minimum", t->min);
	json_w_kf64(w, "maximum", t->max);
}

static void put_share(struct json_w *w)
{
	static const struct schema_type number = {.kind = SCHEMA_NUMBER, .max = 1};
	json_w_key(w, "anyOf");
	json_w_array(w);
	json_w_object(w);
	put_number(w, &number);
	json_w_end(w);
	json_w_object(w);
	put_pattern(w, "^[0-9]+(\\.[0-9]+)?%$");
	json_w_end(w);
	json_w_end(w);
}

static void put_words(struct json_w *w, const struct schema_type *t)
{
	json_w_key(w, "enum");
	json_w_array(w);
	for (size_t i = 0; t->words[i]; i++)
		json_w_z(w, t->words[i]);
	json_w_end(w);
}

static void put_list(struct json_w *w, const struct schema_type *t)
{
	json_w_kz(w, "type", "array");
	if (t->min > 0)
		json_w_kf64(w, "minItems", t->min);
	if (t->max > 0)
		json_w_kf64(w, "maxItems", t->max);
	json_w_key(w, "items");
	json_w_object(w);
	put_type(w, t->item);
	json_w_end(w);
}

static void put_map(struct json_w *w, const struct schema_type *t)
{
	json_w_kz(w, "type", "object");
	if (t->max > 0)
		json_w_kf64(w, "maxProperties", t->max);
	json_w_key(w, "propertyNames");
	json_w_object(w);
	json_w_kz(w, "pattern", schema_name_pattern(t->name));
	json_w_end(w);
	json_w_key(w, "additionalProperties");
	json_w_object(w);
	put_type(w, t->item);
	json_w_end(w);
}

static void put_key(struct json_w *w, const struct schema_key *k)
{
	struct buf text;
	buf_init(&text, 4096);
	buf_z(&text, k->text);
	if (k->fallback)
		buf_printf(&text, " Without it: %s.", k->fallback);
	json_w_key(w, k->name);
	json_w_object(w);
	json_w_kstr(w, "description", buf_view(&text));
	put_type(w, k->type);
	json_w_end(w);
	buf_finish(&text);
}

static void put_object(struct json_w *w, const struct schema_type *t)
{
	size_t required = 0;
	json_w_kz(w, "type", "object");
	json_w_kbool(w, "additionalProperties", false);
	for (const struct schema_key *k = t->keys; k->name; k++)
		required += k->required;
	if (required) {
		json_w_key(w, "required");
		json_w_array(w);
		for (const struct schema_key *k = t->keys; k->name; k++)
			if (k->required)
				json_w_z(w, k->name);
		json_w_end(w);
	}
	json_w_key(w, "properties");
	json_w_object(w);
	for (const struct schema_key *k = t->keys; k->name; k++)
		put_key(w, k);
	json_w_end(w);
}

static void put_choice(struct json_w *w, const struct schema_type *t)
{
	const struct schema_type *ways[] = {t->as_scalar, t->as_list, t->as_map};
	json_w_key(w, "anyOf");
	json_w_array(w);
	for (size_t i = 0; i < 3; i++) {
		if (ways[i] == NULL)
			continue;
		json_w_object(w);
		put_type(w, ways[i]);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_cel(struct json_w *w)
{
	json_w_key(w, "type");
	json_w_array(w);
	json_w_z(w, "string");
	json_w_z(w, "boolean"); /* `true` without quotes is one for other YAML tools */
	json_w_end(w);
}

static void put_text(struct json_w *w, const struct schema_type *t)
{
	json_w_kz(w, "type", "string");
	json_w_ki64(w, "minLength", 1);
	json_w_kf64(w, "maxLength", t->max);
}

static void put_email(struct json_w *w)
{
	json_w_kz(w, "type", "string");
	json_w_kz(w, "format", "email");
}

/* A description beside $ref would not be read in draft-07: allOf keeps it. */
static void put_ref(struct json_w *w, const char *name)
{
	struct buf path;
	buf_init(&path, 256);
	buf_printf(&path, "#/definitions/%s", name);
	json_w_key(w, "allOf");
	json_w_array(w);
	json_w_object(w);
	json_w_kstr(w, "$ref", buf_view(&path));
	json_w_end(w);
	json_w_end(w);
	buf_finish(&path);
}

/* What a value must be; goes into an object that is open. */
static void put_shape(struct json_w *w, const struct schema_type *t)
{
	switch (t->kind) {
	case SCHEMA_TEXT: put_text(w, t); break;
	case SCHEMA_NAME: put_pattern(w, schema_name_pattern(t->name)); break;
	case SCHEMA_NUMBER:
	case SCHEMA_INT: put_number(w, t); break;
	case SCHEMA_DURATION: put_pattern(w, "^" DURATION "$"); break;
	case SCHEMA_SPAN: put_pattern(w, "^" DURATION "(\\.\\." DURATION ")?$"); break;
	case SCHEMA_CLOCK: put_pattern(w, "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"); break;
	case SCHEMA_DATE: put_pattern(w, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"); break;
	case SCHEMA_ZONE: put_pattern(w, "^[A-Za-z0-9_+:/-]+$"); break;
	case SCHEMA_URL: put_pattern(w, "^https?://[^ ]+$"); break;
	case SCHEMA_REENTRY: put_pattern(w, "^(never|always|after " DURATION ")$"); break;
	case SCHEMA_SHARE: put_share(w); break;
	case SCHEMA_BOOL: json_w_kz(w, "type", "boolean"); break;
	case SCHEMA_WORD: put_words(w, t); break;
	case SCHEMA_CEL: put_cel(w); break;
	case SCHEMA_EMAIL: put_email(w); break;
	case SCHEMA_COUNTRY: put_pattern(w, "^[A-Z]{2}$"); break;
	case SCHEMA_EVENT:
		put_pattern(w, t->family ? schema_name_pattern(NAME_EVENT)
					 : "^[a-z0-9_][a-z0-9_.-]*$");
		break;
	case SCHEMA_VERSION: json_w_ki64(w, "const", 1); break;
	case SCHEMA_LIST: put_list(w, t); break;
	case SCHEMA_MAP: put_map(w, t); break;
	case SCHEMA_OBJECT: put_object(w, t); break;
	case SCHEMA_CHOICE: put_choice(w, t); break;
	case SCHEMA_LATER:
	case SCHEMA_KIND_COUNT: break; /* anything */
	}
}

static void put_type(struct json_w *w, const struct schema_type *t)
{
	if (t->ref)
		put_ref(w, t->ref);
	else
		put_shape(w, t);
}

void program_schema(struct buf *out)
{
	static const struct schema_type *const shared[] = {&schema_action};
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kz(&w, "$schema", "http://json-schema.org/draft-07/schema#");
	json_w_kz(&w, "title", "nurtured program, format 1");
	put_type(&w, &schema_root);
	json_w_key(&w, "definitions");
	json_w_object(&w);
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
		json_w_key(&w, shared[i]->ref);
		json_w_object(&w);
		put_shape(&w, shared[i]);
		json_w_end(&w);
	}
	json_w_end(&w);
	json_w_end(&w);
	buf_byte(out, '\n');
}
