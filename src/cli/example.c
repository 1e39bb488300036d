/* SPDX-License-Identifier: Apache-2.0
 * example.c: the program to begin with, written where somebody will edit it. */
#include "cli/example.h"

#include "api/embed.h"
#include "base/assert.h"
#include "base/file.h"
#include "node/node.h"
#include "program/program.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct embed_file example_files[];

struct str example_text(const char *path)
{
	const struct embed_file *f = example_files;
	while (f->path != NULL && strcmp(f->path, path) != 0)
		f++;
	ASSERT(f->path != NULL);
	return str_n(f->bytes, f->n);
}

#define CONTENT "content/"

size_t example_content(struct compose_file *out, size_t max)
{
	size_t n = 0;
	for (const struct embed_file *f = example_files; f->path != NULL; f++) {
		struct str path = str_of(f->path);
		if (!str_starts(path, STR(CONTENT)))
			continue;
		if (n < max)
			out[n] = (struct compose_file){str_slice(path, sizeof CONTENT - 1, path.n),
						       str_n(f->bytes, f->n)};
		n++;
	}
	return n;
}

static enum status make_folder(const char *path, struct err *e)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return ST_OK;
	return err_set(e, errno == ENOSPC ? ST_NO_SPACE : ST_IO, "cannot make folder %s: %s", path,
		       strerror(errno));
}

/* The folders of a path below dir, then the file. */
static enum status write_below(const char *dir, const char *name, struct str text, struct err *e)
{
	char path[NODE_PATH_MAX];
	enum status st = ST_OK;
	(void)node_path(dir, name, path);
	for (char *p = path + strlen(dir) + 1; st == ST_OK && (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		st = make_folder(path, e);
		*p = '/';
	}
	return st == ST_OK ? file_write_atomic(path, text, 0644, e) : st;
}

static bool is_starter(const char *path)
{
	return strcmp(path, "program.yaml") == 0 || strncmp(path, CONTENT, sizeof CONTENT - 1) == 0;
}

static enum status nothing_in_the_way(const char *dir, struct err *e)
{
	static const char *const names[] = {"program.yaml", "program.schema.json", "content"};
	char path[NODE_PATH_MAX];
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (access(node_path(dir, names[i], path), F_OK) == 0)
			return err_set(e, ST_CONFLICT, "%s is there already, and stays as it is",
				       path);
	return ST_OK;
}

bool example_is_there(const char *dir)
{
	char path[NODE_PATH_MAX];
	return access(node_path(dir, "program.yaml", path), F_OK) == 0;
}

enum status example_write(const char *dir, struct err *e)
{
	struct buf schema;
	if (strlen(dir) + 128 > NODE_PATH_MAX)
		return err_set(e, ST_INVALID, "the folder's path is too long");
	enum status st = nothing_in_the_way(dir, e);
	if (st == ST_OK)
		st = make_folder(dir, e);
	for (const struct embed_file *f = example_files; f->path != NULL && st == ST_OK; f++)
		if (is_starter(f->path))
			st = write_below(dir, f->path, str_n(f->bytes, f->n), e);
	buf_init(&schema, (size_t)1 << 20);
	program_schema(&schema);
	if (st == ST_OK)
		st = write_below(dir, "program.schema.json", buf_view(&schema), e);
	buf_finish(&schema);
	return st;
}
