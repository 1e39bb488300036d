/* SPDX-License-Identifier: Apache-2.0
 * test_schema.c: every key is described, and what is generated from the table is up to date in the
 * tree: programs/program.schema.json and the reference in docs/program.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "program/program.h"
#include "program/schema.h"

static size_t keys_seen;

static void walk(const struct schema_type *t, int depth)
{
	assert_non_null(t);
	assert_true(depth < 12);
	if (t->ref && depth > 0)
		return; /* looked at by itself: it may hold itself */
	if (t->kind != SCHEMA_LATER)
		assert_non_null(t->what);
	assert_true((t->kind == SCHEMA_WORD) == (t->words != NULL));
	assert_true((t->kind == SCHEMA_LIST || t->kind == SCHEMA_MAP) == (t->item != NULL));
	const struct schema_type *inner[] = {t->item, t->as_scalar, t->as_list, t->as_map};
	for (size_t i = 0; i < 4; i++)
		if (inner[i])
			walk(inner[i], depth + 1);
	for (const struct schema_key *k = t->keys; k && k->name; k++) {
		size_t n = strlen(k->text);
		if (n < 8 || k->text[n - 1] != '.')
			fail_msg("%s: \"%s\" is no sentence", k->name, k->text);
		assert_non_null(k->since);
		keys_seen++;
		walk(k->type, depth + 1);
	}
}

static void test_every_key_is_described(void **state)
{
	(void)state;
	walk(&schema_root, 0);
	walk(&schema_action, 0);
	assert_true(keys_seen > 60);
}

static struct str file(const char *path, struct arena *a)
{
	struct str text;
	struct err e;
	if (file_read(path, 1 << 20, a, &text, &e) != ST_OK)
		fail_msg("%s", e.text);
	return text;
}

static void test_schema_is_up_to_date(void **state)
{
	struct arena a;
	struct buf b;
	struct json d;
	struct err e;
	(void)state;
	arena_init(&a, 16 << 20);
	buf_init(&b, 1 << 20);
	program_schema(&b);
	assert_int_equal(json_parse(buf_view(&b), JSON_LIMITS_EVENT, &a, &d, &e), ST_OK);
	if (!str_eq(buf_view(&b), file("programs/program.schema.json", &a)))
		fail_msg("stale: build/program_docs schema >programs/program.schema.json");
	buf_finish(&b);
	arena_finish(&a);
}

static void test_reference_is_up_to_date(void **state)
{
	struct arena a;
	struct buf b;
	(void)state;
	arena_init(&a, 16 << 20);
	buf_init(&b, 1 << 20);
	program_reference(&b);
	if (!str_ends(file("docs/program.md", &a), buf_view(&b)))
		fail_msg("stale: build/program_docs reference docs/program.md >new && mv new "
			 "docs/program.md");
	buf_finish(&b);
	arena_finish(&a);
}

static void test_names(void **state)
{
	static const struct {
		enum schema_name shape;
		const char *name;
		bool ok;
	} cases[] = {
		{NAME_IDENT, "a_B9", true},   {NAME_IDENT, "9a", false},
		{NAME_IDENT, "a-b", false},   {NAME_IDENT, "in", false},
		{NAME_SLUG, "a-b_9", true},   {NAME_SLUG, "A", false},
		{NAME_SLUG, "-a", false},     {NAME_KEY, "crm.hubspot", true},
		{NAME_KEY, "", false},        {NAME_EVENT, "page.pricing", true},
		{NAME_EVENT, "form.*", true}, {NAME_EVENT, "*", true},
		{NAME_EVENT, ".*", false},    {NAME_EVENT, "a..b", false},
		{NAME_EVENT, "a.*.b", false}, {NAME_EVENT, "Page", false},
		{NAME_EVENT, "a.", false},    {NAME_TITLE, "a b: c", true},
		{NAME_TITLE, "a\nb", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (schema_name_ok(cases[i].shape, str_of(cases[i].name)) != cases[i].ok)
			fail_msg("%s", cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_described),
		cmocka_unit_test(test_schema_is_up_to_date),
		cmocka_unit_test(test_reference_is_up_to_date),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
