/* SPDX-License-Identifier: Apache-2.0
 * test_resolve.c: whose is it? A case per rule of docs/identity.md. Identifiers are written as
 * "u:7" (userId), "e:ana" (e-mail), "p:" (phone), "a:" (anonymousId), "k:crm=7"; an owner as a
 * lead's number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "identity/identity.h"

static struct arena a;

static int setup(void **state)
{
	(void)state;
	arena_init(&a, 4u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&a);
	return 0;
}

/* The leads of every case: number, known, first seen on day n, its identifiers. */
static const struct {
	bool known;
	int day;
	const char *ids;
} leads[] = {
	[1] = {true, 10, "[[\"userId\",\"1\"],[\"email\",\"one@acme.example\"]]"},
	[2] = {true, 5, "[[\"email\",\"two@acme.example\"]]"},
	[3] = {true, 1, "[[\"userId\",\"3\"],[\"email\",\"three@acme.example\"]]"},
	[4] = {false, 2, "[[\"anonymousId\",\"four\"]]"},
	[5] = {false, 3, "[[\"anonymousId\",\"five\"]]"},
	[6] = {true, 20, "[[\"key\",\"6\",\"crm\"],[\"phone\",\"+4930123456\"]]"},
	[7] = {true, 21, "[[\"userId\",\"7\"]]"},
};

struct given {
	const char *id; /* "e:one@acme.example" */
	uint64_t owner;
};

static const struct {
	const char *what, *type;
	struct given ids[4];
	struct given
		previous; /* an alias's previous id: "a" or "u" tells which of the two is owned */
	enum identity_action action;
	uint64_t lead, loser;
	bool conflict, known;
	const char *point; /* kind letters of the keys that move, in the order of strength */
} rows[] = {
	{"a stranger without a name",
	 "page",
	 {{"a:new", 0}},
	 {0},
	 IDENTITY_CREATE,
	 0,
	 0,
	 false,
	 false,
	 "a"},
	{"a stranger with a name",
	 "form",
	 {{"e:new@acme.example", 0}, {"a:new", 0}},
	 {0},
	 IDENTITY_CREATE,
	 0,
	 0,
	 false,
	 true,
	 "ea"},
	{"a visitor comes back",
	 "page",
	 {{"a:four", 4}},
	 {0},
	 IDENTITY_USE,
	 4,
	 0,
	 false,
	 false,
	 ""},
	{"a visitor becomes known",
	 "form",
	 {{"e:new@acme.example", 0}, {"a:four", 4}},
	 {0},
	 IDENTITY_USE,
	 4,
	 0,
	 false,
	 true,
	 "e"},
	{"a person comes back", "track", {{"u:1", 1}}, {0}, IDENTITY_USE, 1, 0, false, true, ""},
	{"a person on their device",
	 "page",
	 {{"a:one", 1}},
	 {0},
	 IDENTITY_USE,
	 1,
	 0,
	 false,
	 true,
	 ""},
	{"a person on a new device",
	 "page",
	 {{"u:1", 1}, {"a:new", 0}},
	 {0},
	 IDENTITY_USE,
	 1,
	 0,
	 false,
	 true,
	 "a"},
	{"anonymous history joins",
	 "identify",
	 {{"u:1", 1}, {"a:four", 4}},
	 {0},
	 IDENTITY_MERGE,
	 1,
	 4,
	 false,
	 true,
	 "a"},
	{"also by a track",
	 "track",
	 {{"u:1", 1}, {"a:four", 4}},
	 {0},
	 IDENTITY_MERGE,
	 1,
	 4,
	 false,
	 true,
	 "a"},
	{"shared computer, known guest",
	 "form",
	 {{"e:two@acme.example", 2}, {"a:one", 1}},
	 {0},
	 IDENTITY_USE,
	 2,
	 0,
	 true,
	 true,
	 "a"},
	{"shared computer, new guest",
	 "form",
	 {{"e:guest@acme.example", 0}, {"a:one", 1}},
	 {0},
	 IDENTITY_CREATE,
	 0,
	 0,
	 true,
	 true,
	 "ea"},
	{"the owner tells more",
	 "identify",
	 {{"e:seven@acme.example", 0}, {"a:seven", 7}},
	 {0},
	 IDENTITY_USE,
	 7,
	 0,
	 false,
	 true,
	 "e"},
	{"another userId on the device",
	 "identify",
	 {{"u:9", 0}, {"a:seven", 7}},
	 {0},
	 IDENTITY_CREATE,
	 0,
	 0,
	 true,
	 true,
	 "ua"},
	{"two known, tied by identify",
	 "identify",
	 {{"u:7", 7}, {"e:two@acme.example", 2}},
	 {0},
	 IDENTITY_MERGE,
	 2,
	 7,
	 false,
	 true,
	 "u"},
	{"two known, tied by a form",
	 "form.demo",
	 {{"p:+4930123456", 6}, {"e:two@acme.example", 2}},
	 {0},
	 IDENTITY_MERGE,
	 2,
	 6,
	 false,
	 true,
	 "p"},
	{"two known, only seen together",
	 "track",
	 {{"u:7", 7}, {"e:two@acme.example", 2}},
	 {0},
	 IDENTITY_USE,
	 7,
	 0,
	 true,
	 true,
	 ""},
	{"two known with ids of their own",
	 "identify",
	 {{"u:1", 1}, {"e:three@acme.example", 3}},
	 {0},
	 IDENTITY_USE,
	 1,
	 0,
	 true,
	 true,
	 ""},
	{"the older one survives",
	 "identify",
	 {{"u:1", 1}, {"e:two@acme.example", 2}},
	 {0},
	 IDENTITY_MERGE,
	 2,
	 1,
	 false,
	 true,
	 "u"},
	{"a second address of a person",
	 "identify",
	 {{"u:1", 1}, {"e:other@acme.example", 0}},
	 {0},
	 IDENTITY_USE,
	 1,
	 0,
	 false,
	 true,
	 "e"},
	{"an alias of a visitor",
	 "alias",
	 {{"u:1", 1}},
	 {"a:four", 4},
	 IDENTITY_MERGE,
	 1,
	 4,
	 false,
	 true,
	 "a"},
	{"an alias of a visitor, new user",
	 "alias",
	 {{"u:9", 0}},
	 {"a:four", 4},
	 IDENTITY_USE,
	 4,
	 0,
	 false,
	 true,
	 "u"},
	{"an alias of a user",
	 "alias",
	 {{"u:1", 1}},
	 {"u:3", 3},
	 IDENTITY_MERGE,
	 3,
	 1,
	 false,
	 true,
	 "u"},
	{"an alias of nobody",
	 "alias",
	 {{"u:1", 1}},
	 {"u:x", 0},
	 IDENTITY_USE,
	 1,
	 0,
	 false,
	 true,
	 "a"},
	{"an alias of somebody's device",
	 "alias",
	 {{"u:1", 1}},
	 {"a:two", 2},
	 IDENTITY_USE,
	 1,
	 0,
	 true,
	 true,
	 ""},
};

static enum id_kind kind_of(char c)
{
	for (unsigned k = 0; k < ID_KIND_COUNT; k++)
		if (id_kind_byte((enum id_kind)k) == c)
			return (enum id_kind)k;
	fail_msg("no kind %c", c);
	return ID_KIND_COUNT;
}

static void owner_of(uint64_t lead, struct identity_owner *out)
{
	*out = (struct identity_owner){.lead = lead};
	if (lead == 0)
		return;
	struct json *doc = ARENA_NEW(&a, struct json);
	out->known = leads[lead].known;
	out->created_us = leads[lead].day * US_PER_D;
	assert_int_equal(json_parse(arena_printf(&a, "{\"ids\":%s}", leads[lead].ids),
				    JSON_LIMITS_EVENT, &a, doc, NULL),
			 ST_OK);
	out->profile = doc;
}

static uint64_t given_owner(const struct given *ids, const struct given *previous,
			    const struct identity_key *k)
{
	char id[128];
	snprintf(id, sizeof id, "%c:" STR_FMT, id_kind_byte(k->kind), STR_ARG(k->value));
	if (k->previous)
		return strcmp(id, previous->id) == 0 ? previous->owner : 0;
	for (size_t i = 0; i < 4 && ids[i].id; i++)
		if (strcmp(ids[i].id, id) == 0)
			return ids[i].owner;
	fail_msg("no owner given for %s", id);
	return 0;
}

static void resolve(size_t row, struct identity_keys *keys, struct identity_verdict *v)
{
	struct event ev = {.type = str_of(rows[row].type)};
	struct identity_owner owners[IDENTITY_KEYS_MAX];
	for (size_t i = 0; i < 4 && rows[row].ids[i].id; i++)
		assert_true(event_add_id(&ev, kind_of(rows[row].ids[i].id[0]), STR_NULL,
					 str_of(rows[row].ids[i].id + 2)));
	if (rows[row].previous.id)
		ev.previous_id = str_of(rows[row].previous.id + 2);
	assert_int_equal(identity_keys(NULL, &ev, &a, keys, NULL), ST_OK);
	for (size_t i = 0; i < keys->n; i++)
		owner_of(given_owner(rows[row].ids, &rows[row].previous, &keys->keys[i]),
			 &owners[i]);
	identity_resolve(&ev, keys, owners, v);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct identity_keys keys;
		struct identity_verdict v;
		char point[IDENTITY_KEYS_MAX + 1];
		arena_reset(&a);
		resolve(i, &keys, &v);
		for (size_t k = 0; k < v.point_n; k++)
			point[k] = id_kind_byte(keys.keys[v.point[k]].kind);
		point[v.point_n] = '\0';
		if (v.action != rows[i].action || v.lead != rows[i].lead ||
		    v.losers_n != (rows[i].loser != 0) || v.conflict != rows[i].conflict ||
		    v.known != rows[i].known || strcmp(point, rows[i].point) != 0)
			fail_msg("%s: %s lead %llu, %zu losers, conflict %d, known %d, points "
				 "\"%s\": %s",
				 rows[i].what, identity_action_name(v.action),
				 (unsigned long long)v.lead, v.losers_n, v.conflict, v.known, point,
				 v.text);
		if (rows[i].loser)
			assert_int_equal(v.losers[0], rows[i].loser);
		assert_true(v.text[0] != '\0');
		assert_null(strstr(v.text, "@")); /* no personal data in a reason */
	}
}

static void test_nobody(void **state)
{
	struct identity_keys keys = {.n = 0};
	struct identity_verdict v;
	struct event ev = {.type = STR("page")};
	(void)state;
	identity_resolve(&ev, &keys, NULL, &v);
	assert_int_equal(v.action, IDENTITY_NOBODY);
}

/* Profiles are opened only where two people may meet. */
static void test_needs_profiles(void **state)
{
	struct identity_keys keys = {.n = 2};
	struct identity_owner owners[2] = {{0}};
	(void)state;
	keys.keys[0] = (struct identity_key){.kind = ID_EMAIL, .solid = true};
	keys.keys[1] = (struct identity_key){.kind = ID_ANONYMOUS_ID};
	assert_false(identity_needs_profiles(&keys, owners));
	owners[0] = (struct identity_owner){.lead = 1, .known = true};
	assert_false(identity_needs_profiles(&keys, owners));
	owners[1] = (struct identity_owner){.lead = 4};
	assert_false(identity_needs_profiles(&keys, owners));
	owners[1] = (struct identity_owner){.lead = 2, .known = true};
	assert_true(identity_needs_profiles(&keys, owners));
	owners[0] = (struct identity_owner){0};
	assert_true(identity_needs_profiles(&keys, owners));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_needs_profiles),
	};
	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
