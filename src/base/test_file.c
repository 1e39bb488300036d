/* SPDX-License-Identifier: Apache-2.0
 * test_file.c: a file is read whole or refused by name, and replaced whole or not at all. */
#include "base/file.h"

#include "base/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/nurtured-file-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static const char *path_of(const char *name, char out[256])
{
	(void)snprintf(out, 256, "%s/%s", folder, name);
	return out;
}

/* Names in the folder; each is removed. */
static unsigned empty_folder(void)
{
	unsigned n = 0;
	char path[256];
	DIR *d = opendir(folder);
	assert_non_null(d);
	for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		(void)snprintf(path, sizeof path, "%s/%.128s", folder, entry->d_name);
		assert_int_equal(remove(path), 0);
	}
	closedir(d);
	return n;
}

static int drop_folder(void **state)
{
	(void)state;
	(void)empty_folder();
	return rmdir(folder);
}

static void reads_what_it_wrote(void **state)
{
	(void)state;
	struct arena a;
	struct str got;
	struct err e;
	struct stat sb;
	char path[256];
	arena_init(&a, 1 << 20);
	path_of("a", path);
	assert_int_equal(file_write_atomic(path, STR("one\0two"), 0600, &e), ST_OK);
	assert_int_equal(file_read(path, 100, &a, &got, &e), ST_OK);
	assert_true(str_eq(got, STR("one\0two")) && got.p[got.n] == '\0');
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(file_write_atomic(path, STR_NULL, 0600, &e), ST_OK); /* replaced */
	assert_int_equal(file_read(path, 100, &a, &got, &e), ST_OK);
	assert_int_equal(got.n, 0);
	assert_int_equal(empty_folder(), 1); /* nothing is left beside it */
	arena_finish(&a);
}

static void refuses_by_name(void **state)
{
	(void)state;
	struct arena a;
	struct str got = STR("untouched");
	struct err e;
	char path[256];
	arena_init(&a, 64);
	assert_int_equal(file_read(path_of("nowhere", path), 100, &a, &got, &e), ST_NOT_FOUND);
	assert_non_null(strstr(e.text, path));
	assert_int_equal(file_read(folder, 100, &a, &got, &e), ST_INVALID);
	path_of("b", path);
	char big[200] = {0};
	assert_int_equal(file_write_atomic(path, str_n(big, sizeof big), 0600, &e), ST_OK);
	assert_int_equal(file_read(path, 199, &a, &got, &e), ST_LIMIT); /* above what was asked */
	assert_int_equal(file_read(path, 200, &a, &got, &e), ST_LIMIT); /* above the arena */
	check_str("out", got, "untouched");
	assert_int_equal(file_write_atomic(path_of("no/such/folder", path), STR("x"), 0600, &e),
			 ST_NOT_FOUND);
	assert_int_equal(empty_folder(), 1);
	arena_finish(&a);
}

/* A folder in the way: the rename fails, and what was written beside it goes. */
static void leaves_nothing_behind(void **state)
{
	(void)state;
	struct err e;
	char path[256];
	assert_int_equal(mkdir(path_of("taken", path), 0700), 0);
	assert_int_not_equal(file_write_atomic(path, STR("x"), 0600, &e), ST_OK);
	assert_non_null(strstr(e.text, "taken"));
	assert_int_equal(empty_folder(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(refuses_by_name),
		cmocka_unit_test(leaves_nothing_behind),
	};
	return cmocka_run_group_tests_name("base_file", tests, make_folder, drop_folder);
}
