/* SPDX-License-Identifier: Apache-2.0
 * test_states.c: a process killed at every byte it writes. A child is given a ceiling on the size
 * of files, which the kernel enforces in the middle of a write by killing it; what it leaves is
 * then what was before or what is after, every model named is there, and the next writer goes
 * on. */
#include "registry/test_registry.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum act { PUT, PROMOTE };

static void child(struct folder *f, enum act act, struct registry_hash *h, rlim_t bytes)
{
	struct registry_step s;
	const struct rlimit none = {0, 0}, most = {bytes, bytes};
	const struct sigaction die = {.sa_handler = SIG_DFL};
	(void)sigaction(SIGXFSZ, &die, NULL);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setrlimit(RLIMIT_FSIZE, &most);
	if (act == PUT)
		(void)put_model(f, "another one, with more bytes than one write has", 2);
	else if (registry_plan_promote(f->dir, str_of(h->hex), STR_NULL, &f->arena, &s, &f->e) !=
			 ST_OK ||
		 registry_apply(f->dir, &s, 7, &f->e) != ST_OK)
		_exit(1);
	_exit(0);
}

/* True: it lived to the end. */
static bool run(struct folder *f, enum act act, struct registry_hash *h, rlim_t bytes)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(f, act, h, bytes);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGXFSZ);
		return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static struct registry_list listed(struct folder *f)
{
	struct registry_list l;
	if (registry_list(f->dir, &f->arena, &l, &f->e) != ST_OK)
		fail_msg("list: %s", f->e.text);
	return l;
}

static unsigned files(struct folder *f)
{
	char path[128];
	unsigned n = 0;
	snprintf(path, sizeof path, "%s/models", f->dir);
	DIR *d = opendir(path);
	assert_non_null(d);
	for (const struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d))
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

static void killed_while_putting(void **state)
{
	(void)state;
	struct folder f;
	struct registry_hash h;
	unsigned killed = 0;
	folder_open(&f);
	h = put_model(&f, "first", 1);
	for (rlim_t bytes = 0; !run(&f, PUT, &h, bytes); bytes++, killed++) {
		assert_int_equal(listed(&f).models_n, 1); /* as before */
		arena_reset(&f.arena);
	}
	assert_true(killed > 150);
	assert_int_equal(listed(&f).models_n, 2);
	assert_int_equal(files(&f),
			 3); /* what the dead left is cleared away: two models, the lock */
	folder_close(&f);
}

static void killed_while_promoting(void **state)
{
	(void)state;
	struct folder f;
	struct registry_hash h;
	unsigned killed = 0;
	folder_open(&f);
	h = put_model(&f, "first", 1);
	for (rlim_t bytes = 0; !run(&f, PROMOTE, &h, bytes); bytes++, killed++) {
		struct registry_list l = listed(&f);
		assert_int_equal(l.models[0].state, REGISTRY_DRAFT);
		assert_int_equal(l.changes_n, 0);
		arena_reset(&f.arena);
	}
	assert_true(killed > 150);
	struct registry_list l = listed(&f);
	assert_int_equal(l.models[0].state, REGISTRY_SHADOW);
	assert_int_equal(l.changes_n, 1);
	folder_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_while_putting),
		cmocka_unit_test(killed_while_promoting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
