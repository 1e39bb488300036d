/* SPDX-License-Identifier: Apache-2.0
 * test_keys.c: keys over their life, in memory and on disk, and a file that somebody touched. */
#include "api/keys.h"

#include "base/file.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000000000)

struct fixture {
	char dir[64], path[96];
	struct keys *keys;
	struct err e;
};

static void start(struct fixture *f)
{
	*f = (struct fixture){.dir = "/tmp/nurtured-keys-XXXXXX"};
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof f->path, "%s/keys.json", f->dir);
	assert_int_equal(keys_load(f->dir, &f->keys, &f->e), ST_OK);
}

static void finish(struct fixture *f)
{
	keys_destroy(&f->keys);
	(void)unlink(f->path); /* a test may have had none */
	assert_int_equal(rmdir(f->dir), 0);
}

static struct key_secret add(struct fixture *f, enum key_kind kind, const char *name)
{
	struct key_secret made;
	if (keys_add(f->keys, kind, str_of(name), NOW, &made, &f->e) != ST_OK)
		fail_msg("%s", f->e.text);
	return made;
}

static bool finds(struct fixture *f, enum key_kind kind, const struct key_secret *s)
{
	struct api_key key;
	bool found = keys_find(f->keys, kind, str_of(s->token), &key);
	if (found)
		assert_string_equal(key.id, s->key.id);
	return found;
}

static void reopen(struct fixture *f)
{
	keys_destroy(&f->keys);
	if (keys_load(f->dir, &f->keys, &f->e) != ST_OK)
		fail_msg("%s", f->e.text);
}

static void test_life(void **state)
{
	(void)state;
	struct fixture f;
	struct key_secret again;
	start(&f);
	assert_int_equal(keys_count(f.keys, KEY_WRITE), 0);
	struct key_secret web = add(&f, KEY_WRITE, "web"), ann = add(&f, KEY_ADMIN, "ann");
	assert_string_equal(web.key.id, "wk_1");
	assert_string_equal(ann.key.id, "at_2");
	for (int round = 0; round < 2; round++) {
		assert_true(finds(&f, KEY_WRITE, &web));
		assert_true(finds(&f, KEY_ADMIN, &ann));
		assert_false(finds(&f, KEY_ADMIN, &web)); /* K3 */
		assert_false(finds(&f, KEY_WRITE, &ann));
		reopen(&f);
	}
	assert_int_equal(keys_rotate(f.keys, STR("wk_1"), NOW + 1, &again, &f.e), ST_OK);
	assert_false(finds(&f, KEY_WRITE, &web));
	assert_true(finds(&f, KEY_WRITE, &again)); /* K2: under the same id, finds() looks */
	assert_string_equal(again.key.name, "web");
	reopen(&f);
	assert_true(finds(&f, KEY_WRITE, &again));
	assert_int_equal(keys_revoke(f.keys, STR("wk_1"), &f.e), ST_OK);
	assert_false(finds(&f, KEY_WRITE, &again)); /* K1 */
	assert_int_equal(keys_revoke(f.keys, STR("wk_1"), &f.e), ST_NOT_FOUND);
	assert_int_equal(keys_rotate(f.keys, STR("wk_1"), NOW, &again, &f.e), ST_NOT_FOUND);
	reopen(&f);
	assert_int_equal(keys_count(f.keys, KEY_WRITE), 0);
	assert_string_equal(add(&f, KEY_WRITE, "web").key.id, "wk_3"); /* ids are not used again */
	finish(&f);
}

static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum status st;
	} cases[] = {
		{"web", ST_OK},
		{"a.b-c_9", ST_OK},
		{"web", ST_CONFLICT},
		{"", ST_INVALID},
		{"Web", ST_INVALID},
		{"a b", ST_INVALID},
		{"a\"b", ST_INVALID},
		{"0123456789012345678901234567890123456789012345678901234567890123", ST_INVALID},
	};
	struct fixture f;
	struct key_secret made;
	start(&f);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(
			keys_add(f.keys, KEY_WRITE, str_of(cases[i].name), NOW, &made, &f.e),
			cases[i].st);
	assert_int_equal(keys_add(f.keys, KEY_ADMIN, STR("web"), NOW, &made, &f.e), ST_OK);
	finish(&f);
}

/* Sources of our own stand in the log: an event under such a name would pass for ours. */
static void test_names_of_our_own(void **state)
{
	(void)state;
	static const char *const names[] = {"decide",   "deliver", "merge",  "observe",
					    "operator", "program", "system", "trigger"};
	struct fixture f;
	struct key_secret made;
	start(&f);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (keys_add(f.keys, KEY_WRITE, str_of(names[i]), NOW, &made, &f.e) != ST_INVALID)
			fail_msg("\"%s\" was taken", names[i]);
	assert_int_equal(keys_add(f.keys, KEY_ADMIN, STR("local"), NOW, &made, &f.e), ST_INVALID);
	finish(&f);
}

/* K4, however many keys stand before it. */
static void test_local(void **state)
{
	(void)state;
	char name[16];
	struct fixture f;
	struct api_key key;
	struct key_secret first, second;
	start(&f);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "k%d", i);
		(void)add(&f, KEY_WRITE, name);
	}
	assert_int_equal(keys_local(f.keys, NOW, &first, &f.e), ST_OK);
	assert_true(key_is_local(&first.key));
	reopen(&f);
	assert_int_equal(keys_local(f.keys, NOW + 1, &second, &f.e), ST_OK);
	assert_string_equal(second.key.id, first.key.id);
	assert_int_equal(keys_count(f.keys, KEY_ADMIN), 1);
	assert_false(keys_find(f.keys, KEY_ADMIN, str_of(first.token), &key));
	assert_true(finds(&f, KEY_ADMIN, &second));
	assert_int_equal(keys_revoke(f.keys, str_of(second.key.id), &f.e), ST_CONFLICT);
	assert_non_null(strstr(f.e.text, "nurtured key rotate at_101"));
	assert_true(finds(&f, KEY_ADMIN, &second));
	finish(&f);
}

static void test_wrong_tokens(void **state)
{
	(void)state;
	struct fixture f;
	struct api_key key;
	start(&f);
	struct key_secret web = add(&f, KEY_WRITE, "web");
	struct str token = str_of(web.token);
	assert_false(keys_find(f.keys, KEY_WRITE, STR(""), &key));
	assert_false(keys_find(f.keys, KEY_WRITE, STR("nk_"), &key));
	assert_false(keys_find(f.keys, KEY_WRITE, str_slice(token, 0, token.n - 1), &key));
	assert_false(keys_find(f.keys, KEY_WRITE, str_slice(token, 3, token.n), &key));
	finish(&f);
}

static void write_file(const struct fixture *f, const char *text, unsigned mode)
{
	struct err e;
	assert_int_equal(file_write_atomic(f->path, str_of(text), mode, &e), ST_OK);
	assert_int_equal(chmod(f->path, mode), 0);
}

static void test_file(void **state)
{
	(void)state;
	struct fixture f;
	struct stat sb;
	struct arena a;
	struct str text;
	start(&f);
	struct key_secret web = add(&f, KEY_WRITE, "web");
	assert_int_equal(stat(f.path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	arena_init(&a, 1 << 20);
	assert_int_equal(file_read(f.path, 1 << 16, &a, &text, &f.e), ST_OK);
	assert_int_equal(str_find(text, str_of(web.token)), text.n); /* the secret is not in it */
	arena_finish(&a);
	assert_int_equal(chmod(f.path, 0640), 0);
	assert_int_equal(keys_reload(f.keys, &f.e), ST_INVALID);
	assert_non_null(strstr(f.e.text, "chmod 600"));
	assert_true(finds(&f, KEY_WRITE, &web)); /* the set stays as it was */
	finish(&f);
}

static void test_damaged_file(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"schema\":\"other\",\"next\":1,\"keys\":[]}",
		"{\"schema\":\"nurtured.keys/1\",\"keys\":[]}",
		"{\"schema\":\"nurtured.keys/1\",\"next\":2,\"keys\":[{}]}",
		"{\"schema\":\"nurtured.keys/1\",\"next\":2,\"keys\":[{\"id\":\"wk_1\"}]}",
	};
	struct fixture f;
	start(&f);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct keys *k = NULL;
		write_file(&f, texts[i], 0600);
		if (keys_load(f.dir, &k, &f.e) != ST_INVALID)
			fail_msg("\"%s\" was taken", texts[i]);
		assert_null(k);
		assert_non_null(strstr(f.e.text, "keys.json"));
	}
	finish(&f);
}

/* Another process makes keys; a reload finds them, and known ones keep their slot. */
static void test_reload(void **state)
{
	(void)state;
	struct fixture f;
	struct keys *other = NULL;
	struct key_secret shop;
	struct api_key list[KEYS_MAX];
	start(&f);
	struct key_secret one = add(&f, KEY_WRITE, "one"), two = add(&f, KEY_WRITE, "two");
	assert_int_equal(keys_load(f.dir, &other, &f.e), ST_OK);
	assert_int_equal(keys_revoke(other, STR("wk_1"), &f.e), ST_OK);
	assert_int_equal(keys_add(other, KEY_WRITE, STR("shop"), NOW, &shop, &f.e), ST_OK);
	keys_destroy(&other);
	assert_int_equal(keys_reload(f.keys, &f.e), ST_OK);
	assert_false(finds(&f, KEY_WRITE, &one));
	assert_true(finds(&f, KEY_WRITE, &two));
	assert_true(finds(&f, KEY_WRITE, &shop));
	assert_int_equal(keys_list(f.keys, list, KEYS_MAX), 2);
	assert_string_equal(list[0].name, "two");
	assert_int_equal(list[0].slot, two.key.slot);
	assert_true(list[1].slot != list[0].slot);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_of_our_own),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_wrong_tokens),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_damaged_file),
		cmocka_unit_test(test_reload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
