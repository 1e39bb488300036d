/* SPDX-License-Identifier: Apache-2.0
 * schema_doc.c: the table, the fields and the codes as Markdown: the part of docs/program.md that
 * nobody writes by hand and that therefore cannot be out of date. */
#include "program/facts_env.h"
#include "program/program.h"
#include "program/schema.h"

#include <stdio.h>

#define DEPTH_MAX 8

/* A cell of a table has no line ends and no bars. */
static void put_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_byte(out, '\\');
		buf_byte(out, *text);
	}
}

static void put_type_words(struct buf *out, const struct schema_type *t)
{
	switch (t->kind) {
	case SCHEMA_NUMBER:
	case SCHEMA_INT: buf_printf(out, "%g to %g", t->min, t->max); break;
	case SCHEMA_CEL: buf_z(out, "condition"); break;
	case SCHEMA_DURATION: buf_z(out, "duration"); break;
	case SCHEMA_SHARE: buf_z(out, "0 to 1, or %"); break;
	case SCHEMA_LATER: buf_z(out, "later"); break;
	case SCHEMA_WORD:
		for (size_t i = 0; t->words[i]; i++)
			buf_printf(out, "%s`%s`", i ? ", " : "", t->words[i]);
		break;
	default: put_cell(out, t->what);
	}
}

static void put_keys(struct buf *out, const struct schema_type *t, const char *path)
{
	buf_printf(out, "\n### %s\n\n| key | value | without it | meaning |\n|---|---|---|---|\n",
		   *path ? path : "The file");
	for (const struct schema_key *k = t->keys; k->name; k++) {
		buf_printf(out, "| `%s` | ", k->name);
		put_type_words(out, k->type);
		buf_z(out, " | ");
		put_cell(out, k->required   ? "must be there"
			      : k->fallback ? k->fallback
					    : "nothing");
		buf_z(out, " | ");
		put_cell(out, k->text);
		buf_z(out, " |\n");
	}
}

static void put_section(struct buf *out, const struct schema_type *t, const char *path, int depth)
{
	char inner[160];
	if (t == NULL || depth == DEPTH_MAX || (t->ref && depth > 0))
		return; /* shared shapes have a section of their own */
	if (t->kind == SCHEMA_CHOICE) {
		put_section(out, t->as_map ? t->as_map : t->as_list, path, depth);
	} else if (t->kind == SCHEMA_LIST) {
		(void)snprintf(inner, sizeof inner, "%s[]", path);
		put_section(out, t->item, inner, depth + 1);
	} else if (t->kind == SCHEMA_MAP) {
		(void)snprintf(inner, sizeof inner, "%s.NAME", path);
		put_section(out, t->item, inner, depth + 1);
	} else if (t->kind == SCHEMA_OBJECT) {
		put_keys(out, t, path);
		for (const struct schema_key *k = t->keys; k->name; k++) {
			(void)snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "." : "",
				       k->name);
			put_section(out, k->type, inner, depth + 1);
		}
	}
}

static void put_fields(struct buf *out, enum facts_slot slot, const char *object, const char *words)
{
	const struct facts_field *f;
	buf_printf(out, "\n### %s\n\n| field | type | what it is |\n|---|---|---|\n", words);
	for (size_t i = 0; (f = facts_builtin_at(slot, i)) != NULL; i++) {
		bool map = f->from == FROM_COMPUTED && f->type == FIELD_LIST;
		buf_printf(out, "| `%s." STR_FMT "` | %s | ", object, STR_ARG(f->name),
			   map ? "map" : field_type_name(f->type));
		put_cell(out, f->help);
		buf_z(out, " |\n");
	}
}

static void put_codes(struct buf *out)
{
	struct program_code_help h;
	buf_z(out, "\n## Problems\n\n`nurtured help N207` prints the same.\n\n"
		   "| code | what | why, and what to do |\n|---|---|---|\n");
	for (size_t i = 0; program_code_at(i, &h); i++) {
		buf_printf(out, "| %s%s | ", h.code, h.warning ? " (warning)" : "");
		put_cell(out, h.title);
		buf_z(out, " | ");
		put_cell(out, h.text);
		buf_z(out, " |\n");
	}
}

void program_reference(struct buf *out)
{
	buf_z(out, "## Keys\n");
	put_section(out, &schema_root, "", 0);
	put_section(out, &schema_action, "An action", 0);
	buf_z(out, "\n## Fields\n\nBuilt in; `fields:` adds more.\n");
	put_fields(out, SLOT_LEAD, "lead", "The person");
	put_fields(out, SLOT_ACCOUNT, "account", "The company (`company.` says the same)");
	put_fields(out, SLOT_EVENT, "event", "The event");
	put_fields(out, SLOT_TOUCHES, "touches", "What was said to them (tracks and triggers)");
	buf_z(out, "\n### The rest\n\n| field | type | what it is |\n|---|---|---|\n"
		   "| `feature.NAME` | number | a declared feature |\n"
		   "| `fit`, `engagement`, `score` | number | 0 to 100 |\n"
		   "| `tier` | string | hot, warm, cold |\n"
		   "| `persona` | string | the persona's name; empty when none matched |\n"
		   "| `source`, `asset` | string | short for `lead.source`, `lead.asset` |\n"
		   "| `track`, `stage`, `step` | string | where they are; empty when on no track "
		   "(tracks and triggers) |\n");
	put_codes(out);
}
