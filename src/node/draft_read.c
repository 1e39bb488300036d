/* SPDX-License-Identifier: Apache-2.0
 * draft_read.c: texts of a draft, from a folder or out of a request. Nothing is looked at here but
 * names and sizes: what is wrong inside a text is told with all other problems. */
#include "base/file.h"
#include "base/json_members.h"
#include "node/draft.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 1024
#define JSON_LIMITS_DRAFT \
	((struct json_limits){.depth_max = 8, .tokens_max = 2 * CONTENT_FILES_MAX + 64})

struct reading {
	struct arena *a;
	struct compose_file *files;
	size_t n, bytes;
};

static enum status add_file(struct reading *r, struct str path, struct str bytes, struct err *e)
{
	r->bytes += bytes.n;
	if (r->n == CONTENT_FILES_MAX)
		return err_set(e, ST_LIMIT, "content: more than %d files", CONTENT_FILES_MAX);
	if (r->bytes > DRAFT_CONTENT_BYTES_MAX)
		return err_set(e, ST_LIMIT, "content: more than %u bytes in all",
			       DRAFT_CONTENT_BYTES_MAX);
	path = arena_str(r->a, path);
	if (path.p == NULL)
		return err_set(e, ST_LIMIT, "content: the files are too large");
	r->files[r->n++] = (struct compose_file){path, bytes};
	return ST_OK;
}

static int by_path(const void *a, const void *b)
{
	const struct compose_file *x = a, *y = b;
	return str_cmp(x->path, y->path);
}

static enum status begin(struct reading *r, struct arena *a, struct err *e)
{
	*r = (struct reading){.a = a,
			      .files = ARENA_ARRAY(a, struct compose_file, CONTENT_FILES_MAX)};
	return r->files != NULL ? ST_OK : err_set(e, ST_LIMIT, "content: no memory is left for it");
}

static void finish(struct reading *r, struct draft *d)
{
	if (r->n)
		qsort(r->files, r->n, sizeof *r->files, by_path);
	d->files = r->files;
	d->files_n = r->n;
	d->has_content = true;
}

/* ---- a folder ---- */

static bool passed_over(const char *name)
{
	size_t n = strlen(name);
	return name[0] == '.' || name[n - 1] == '~';
}

static enum status take_file(struct reading *r, const char *path, const char *below, struct err *e)
{
	struct str bytes;
	enum status st = file_read(path, CONTENT_BYTES_MAX, r->a, &bytes, e);
	return st == ST_OK ? add_file(r, str_of(below), bytes, e) : st;
}

static enum status read_below(struct reading *r, const char *dir, const char *prefix, int depth,
			      struct err *e);

static enum status take_entry(struct reading *r, const char *dir, const char *below, int depth,
			      struct err *e)
{
	char path[PATH_BYTES];
	struct stat sb;
	const char *name = strrchr(below, '/') ? strrchr(below, '/') + 1 : below;
	int n = snprintf(path, sizeof path, "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(e, ST_LIMIT, "content/%s: the path is too long", below);
	if (lstat(path, &sb) != 0)
		return err_set(e, ST_IO, "cannot look at %s: %s", path, strerror(errno));
	if (S_ISLNK(sb.st_mode))
		return err_set(e, ST_INVALID,
			       "%s is a link; content is read from its own folder only: put a file "
			       "there",
			       path);
	if (S_ISDIR(sb.st_mode) && depth == 0)
		return read_below(r, path, below, 1, e);
	return take_file(r, path, below, e);
}

static enum status read_below(struct reading *r, const char *dir, const char *prefix, int depth,
			      struct err *e)
{
	char below[PATH_BYTES];
	struct dirent *entry;
	enum status st = ST_OK;
	DIR *d = opendir(dir);
	if (d == NULL)
		return err_set(e, errno == ENOENT ? ST_NOT_FOUND : ST_IO, "cannot open %s: %s", dir,
			       strerror(errno));
	while (st == ST_OK && (entry = readdir(d)) != NULL) {
		if (passed_over(entry->d_name))
			continue;
		int n = snprintf(below, sizeof below, "%s%s%s", prefix, depth ? "/" : "",
				 entry->d_name);
		st = n > 0 && (size_t)n < sizeof below
			     ? take_entry(r, dir, below, depth, e)
			     : err_set(e, ST_LIMIT, "%s: a path below it is too long", dir);
	}
	(void)closedir(d);
	return st;
}

enum status draft_read_folder(const char *folder, struct arena *a, struct draft *d, struct err *e)
{
	struct reading r;
	enum status st = begin(&r, a, e);
	if (st == ST_OK)
		st = read_below(&r, folder, "", 0, e);
	if (st == ST_OK)
		finish(&r, d);
	return st;
}

/* ---- a request ---- */

static enum status take_texts(struct reading *r, const struct json *doc, uint32_t list,
			      struct err *e)
{
	enum status st = ST_OK;
	for (uint32_t v = json_first(doc, list); v != JSON_NONE && st == ST_OK;
	     v = json_next(doc, list, v)) {
		struct str path = json_str(doc, json_key(doc, v), r->a);
		struct str text = json_str(doc, v, r->a);
		if (text.p == NULL)
			return err_set(e, ST_INVALID,
				       "content: every file is a text, as in {\"content\": "
				       "{\"planning-cost/story.md\": \"...\"}}");
		st = add_file(r, path, text, e);
	}
	return st;
}

static enum status take_share(const struct json *doc, struct arena *a, struct draft *d,
			      struct err *e)
{
	struct program_beside *how = ARENA_NEW(a, struct program_beside);
	if (how == NULL)
		return err_set(e, ST_LIMIT, "the program and its texts are too large at once");
	d->beside = how;
	return program_beside_read(doc, 0, a, how, e);
}

/* What stands beside is told how; without a share it would be applied for everybody. */
static enum status check_members(const struct json *doc, struct err *e)
{
	static const struct json_member may[] = {
		{"program", JSON_STRING}, {"content", JSON_OBJECT},  {"share", JSON_NUMBER},
		{"metric", JSON_STRING},  {"min_lift", JSON_NUMBER}, {"rule", JSON_OBJECT}};
	static const struct json_member of_rule[] = {{"then", JSON_STRING},
						     {"least", JSON_NUMBER},
						     {"guard", JSON_STRING},
						     {"guard_most", JSON_NUMBER},
						     {"within", JSON_STRING}};
	static const char *const of_share[] = {"metric", "min_lift", "rule"};
	uint32_t rule = json_get(doc, 0, "rule");
	enum status st = json_members(doc, 0, "the body", may, sizeof may / sizeof *may, e);
	if (st == ST_OK && rule != JSON_NONE)
		st = json_members(doc, rule, "rule", of_rule, sizeof of_rule / sizeof *of_rule, e);
	if (st != ST_OK || json_get(doc, 0, "share") != JSON_NONE)
		return st;
	for (size_t i = 0; i < sizeof of_share / sizeof *of_share; i++)
		if (json_get(doc, 0, of_share[i]) != JSON_NONE)
			return err_set(e, ST_INVALID, "%s goes with share", of_share[i]);
	return ST_OK;
}

enum status draft_read_json(struct str body, struct arena *a, struct draft *d, struct err *e)
{
	struct json doc;
	struct reading r;
	enum status st = json_parse(body, JSON_LIMITS_DRAFT, a, &doc, e);
	if (st == ST_OK)
		st = check_members(&doc, e);
	if (st != ST_OK)
		return st;
	uint32_t list = json_get(&doc, 0, "content");
	d->source = json_str(&doc, json_get(&doc, 0, "program"), a);
	if (d->source.n == 0)
		return err_set(e, ST_INVALID,
			       "program must be the text of a program file: {\"program\": yaml, "
			       "\"content\": {path: text}}");
	if (json_get(&doc, 0, "share") != JSON_NONE)
		st = take_share(&doc, a, d, e);
	if (st != ST_OK || list == JSON_NONE)
		return st;
	st = begin(&r, a, e);
	if (st == ST_OK)
		st = take_texts(&r, &doc, list, e);
	if (st == ST_OK)
		finish(&r, d);
	return st;
}
