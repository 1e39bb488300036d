/* SPDX-License-Identifier: Apache-2.0
 * copy.c: a folder of models to another place, as a backup wants it: every model checked on the
 * way, then the pointer that names them. */
#include "base/file.h"
#include "registry/internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STATES_BYTES_MAX ((size_t)4 << 20)
#define SCRATCH_BYTES ((size_t)16 << 20)

/* Nobody exported it: what helps is to do without it. What decides is in the state as well. */
static enum status copy_one(const char *path, const char *to, struct err *e)
{
	struct registry_hash same;
	enum status st = registry_import(to, path, NULL, &same, e);
	if (st == ST_CORRUPT || st == ST_INVALID)
		return err_set(
			e, ST_CORRUPT,
			"%s is damaged: it does not hold what its name says; remove it to go "
			"on without that model",
			path);
	return st;
}

static enum status copy_models(const char *from, const char *to, struct arena *a, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	struct registry_hash *files;
	size_t n;
	enum status st = registry_files(from, a, &files, &n, e);
	for (size_t i = 0; st == ST_OK && i < n; i++)
		st = copy_one(registry_path(from, files[i].hex, ".model", path), to, e);
	return st;
}

enum status registry_copy(const char *from, const char *to, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	struct arena a;
	struct str text;
	int fd;
	enum status st = registry_lock(from, &fd, NULL);
	if (st != ST_OK) /* there are no models, or nobody may write here: nothing moves */
		return st == ST_NOT_FOUND ? ST_OK : err_set(e, st, "cannot lock %s/models", from);
	arena_init(&a, SCRATCH_BYTES);
	st = copy_models(from, to, &a, e);
	if (st == ST_OK)
		st = file_read(registry_path(from, "states", ".json", path), STATES_BYTES_MAX, &a,
			       &text, e);
	if (st == ST_OK)
		st = file_write_atomic(registry_path(to, "states", ".json", path), text, 0600, e);
	arena_finish(&a);
	close(fd);
	return st == ST_NOT_FOUND ? ST_OK : st; /* drafts alone have no states */
}

bool registry_clear(int dir_fd)
{
	int fd = openat(dir_fd, "models", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	if (d == NULL)
		return false;
	while ((entry = readdir(d)) != NULL) {
		struct str name = str_of(entry->d_name);
		bool model =
			registry_is_hash(str_slice(name, 0, REGISTRY_HASH_CHARS)) &&
			str_starts(str_slice(name, REGISTRY_HASH_CHARS, name.n), STR(".model"));
		if (model || str_starts(name, STR("states.json")) || str_is(name, "lock"))
			(void)unlinkat(fd, entry->d_name, 0); /* the folder says whether all went */
	}
	closedir(d);
	return unlinkat(dir_fd, "models", AT_REMOVEDIR) == 0;
}
