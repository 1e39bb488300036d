/* SPDX-License-Identifier: Apache-2.0
 * test_registry.h: a folder for the tests of this room, and a model to put into it.
 */
#ifndef REGISTRY_TEST_REGISTRY_H
#define REGISTRY_TEST_REGISTRY_H

#include "base/test.h"
#include "registry/registry.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char dir[64];
	struct arena arena;
	struct err e;
};

static inline void folder_open(struct folder *f)
{
	snprintf(f->dir, sizeof f->dir, "%s", "/tmp/registry-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	arena_init(&f->arena, (size_t)128 << 20);
}

static inline void folder_close(struct folder *f)
{
	char path[512];
	snprintf(path, sizeof path, "%s/models", f->dir);
	DIR *d = opendir(path);
	const struct dirent *entry;
	while (d != NULL && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/models/%s", f->dir, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
	snprintf(path, sizeof path, "%s/models", f->dir);
	rmdir(path);
	rmdir(f->dir);
	arena_finish(&f->arena);
}

static inline struct registry_hash put_model(struct folder *f, const char *bytes,
					     int64_t created_us)
{
	struct registry_hash h = {""};
	struct registry_meta m = {.slot = STR("cadence"),
				  .kind = STR("learn.logistic"),
				  .version = STR("v3"),
				  .created_us = created_us,
				  .metrics = STR("{\"ece\":0.02}")};
	if (registry_put(f->dir, &m, str_of(bytes), &h, &f->e) != ST_OK)
		fail_msg("put: %s", f->e.text);
	return h;
}

#endif
