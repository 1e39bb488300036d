/* SPDX-License-Identifier: Apache-2.0
 * test_marks.c: what was being spoken when a process died is known to the next one, and in doubt
 * everything was. A process that dies is a child that ends without a word. */
#include "deliver/marks.h"

#include "base/test.h"

#include "base/file.h"
#include "node/node.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/nurtured-marks-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int drop_folder(void **state)
{
	char path[NODE_PATH_MAX];
	(void)state;
	(void)unlink(node_path(folder, NODE_SPEAKING, path));
	return rmdir(folder);
}

static struct marks *opened(void)
{
	struct marks *m;
	struct err e;
	assert_int_equal(marks_open(folder, 8, &m, &e), ST_OK);
	return m;
}

static bool speaks(struct marks *m, uint64_t message, size_t *place_r)
{
	bool kept = marks_keep(m, message, place_r);
	if (kept)
		marks_speak(m, *place_r);
	return kept;
}

static void dies_speaking(bool settled)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct marks *m;
		size_t place, gone;
		bool ok = marks_open(folder, 8, &m, NULL) == ST_OK;
		ok = ok && (!settled || marks_begin(m, NULL) == ST_OK);
		if (ok && settled)
			ok = speaks(m, 41, &place) && speaks(m, 42, &gone) &&
			     marks_keep(m, 44, &place) && speaks(m, 43, &place);
		if (ok && settled)
			marks_clear(m, gone);
		_exit(ok ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_kill_leaves_marks(void **state)
{
	(void)state;
	struct marks *m = opened();
	assert_false(marks_spoken(m, 41)); /* no file: nothing was ever spoken */
	marks_close(&m);
	dies_speaking(true);
	dies_speaking(false); /* one that died before it had settled anything */
	m = opened();
	assert_true(marks_spoken(m, 41));
	assert_false(marks_spoken(m, 42));
	assert_true(marks_spoken(m, 43));
	assert_false(marks_spoken(m, 44)); /* it had a place, and no more */
	assert_int_equal(marks_begin(m, NULL), ST_OK);
	marks_close(&m);
	m = opened();
	assert_false(marks_spoken(m, 41)); /* an end in order */
	marks_close(&m);
}

static void an_open_mark_is_no_clean_end(void **state)
{
	size_t place;
	(void)state;
	struct marks *m = opened();
	assert_false(marks_room(m)); /* not before the past is settled */
	assert_int_equal(marks_begin(m, NULL), ST_OK);
	for (uint64_t i = 1; i <= 8; i++)
		assert_true(speaks(m, i, &place));
	assert_false(speaks(m, 9, &place));
	marks_clear(m, place);
	assert_true(speaks(m, 9, &place));
	marks_close(&m);
	m = opened();
	assert_true(marks_spoken(m, 1));
	assert_true(marks_spoken(m, 9));
	assert_false(marks_spoken(m, 8));
	marks_close(&m);
}

static void another_run_of_the_machine_is_not_believed(void **state)
{
	char path[NODE_PATH_MAX];
	struct arena a;
	struct str text;
	(void)state;
	arena_init(&a, 1u << 20);
	dies_speaking(true);
	node_path(folder, NODE_SPEAKING, path);
	assert_int_equal(file_read(path, 1u << 16, &a, &text, NULL), ST_OK);
	((char *)(uintptr_t)text.p)[32] ^= 1; /* the name of the run */
	assert_int_equal(file_write_atomic(path, text, 0600, NULL), ST_OK);
	struct marks *m = opened();
	assert_true(marks_spoken(m, 44));
	marks_close(&m);
	assert_int_equal(file_write_atomic(path, STR("restored from a backup\n"), 0600, NULL),
			 ST_OK);
	m = opened();
	assert_true(marks_spoken(m, 44));
	assert_int_equal(marks_begin(m, NULL), ST_OK);
	marks_close(&m);
	m = opened();
	assert_false(marks_spoken(m, 44));
	marks_close(&m);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_kill_leaves_marks, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(an_open_mark_is_no_clean_end, make_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(another_run_of_the_machine_is_not_believed,
						make_folder, drop_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
