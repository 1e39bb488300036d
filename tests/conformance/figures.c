/* SPDX-License-Identifier: Apache-2.0
 * figures.c: reference documents, and ours beside them. */
#include "conformance/figures.h"

#include "base/file.h"
#include "net/gunzip.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define PATH_BYTES 1024

static void fail(struct figures *f, const char *fmt, const char *a, const char *b)
{
	fprintf(stderr, "%s: ", f->path);
	fprintf(stderr, fmt, a, b);
	fputc('\n', stderr);
	f->tally->failed++;
}

bool figures_open(struct figures *f, const char *path, struct tally *t)
{
	struct str text;
	struct err e;
	*f = (struct figures){.tally = t, .path = path, .what = ""};
	arena_init(&f->arena, (size_t)1 << 30);
	if (file_read(path, FILE_BYTES_MAX, &f->arena, &text, &e) == ST_OK &&
	    json_parse(text, JSON_LIMITS_EVENT, &f->arena, &f->doc, &e) == ST_OK)
		return true;
	fail(f, "%s%s", e.text, "");
	arena_finish(&f->arena);
	return false;
}

void figures_close(struct figures *f)
{
	arena_finish(&f->arena);
}

static bool unpack(struct figures *f, struct str *text, struct err *e)
{
	struct buf out;
	if (text->n < 2 || memcmp(text->p, "\x1f\x8b", 2) != 0)
		return true;
	struct gunzip *g = gunzip_create();
	buf_init_arena(&out, &f->arena, FILE_BYTES_MAX);
	bool ok = gunzip_run(g, *text, 100, &out, e) == ST_OK;
	gunzip_destroy(&g);
	*text = buf_view(&out);
	return ok;
}

bool figures_beside(struct figures *f, const char *name, struct str *out)
{
	char path[PATH_BYTES];
	struct err e;
	const char *slash = strrchr(f->path, '/');
	int n = snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - f->path) + 1 : 0,
			 f->path, name);
	if (n > 0 && n < PATH_BYTES &&
	    file_read(path, FILE_BYTES_MAX, &f->arena, out, &e) == ST_OK && unpack(f, out, &e))
		return true;
	fail(f, "%s%s", e.text, "");
	return false;
}

static bool near(double want, double got, double absolute, double relative)
{
	return fabs(got - want) <= fmax(absolute, relative * fabs(want));
}

void figures_true(struct figures *f, const char *what, bool is)
{
	if (is)
		f->tally->passed++;
	else
		fail(f, "%s: %s", f->what, what);
}

void figures_near(struct figures *f, uint32_t node, double got, double absolute, double relative)
{
	double want;
	f->seen++;
	if (json_f64(&f->doc, node, &want) && near(want, got, absolute, relative)) {
		f->tally->passed++;
		return;
	}
	f->tally->failed++;
	struct str text = node != JSON_NONE ? json_raw(&f->doc, node) : STR("nothing");
	fprintf(stderr, "%s: %s: want " STR_FMT ", got %.17g\n", f->path, f->what, STR_ARG(text),
		got);
}

void figures_pair(struct figures *f, uint32_t node, double lo, double hi, double absolute,
		  double relative)
{
	uint32_t first = json_first(&f->doc, node);
	double want_lo, want_hi;
	f->seen++;
	if (json_count(&f->doc, node) == 2 && json_f64(&f->doc, first, &want_lo) &&
	    json_f64(&f->doc, json_next(&f->doc, node, first), &want_hi) &&
	    near(want_lo, lo, absolute, relative) && near(want_hi, hi, absolute, relative)) {
		f->tally->passed++;
		return;
	}
	f->tally->failed++;
	fprintf(stderr, "%s: %s: want " STR_FMT ", got %.17g to %.17g\n", f->path, f->what,
		STR_ARG(json_raw(&f->doc, node)), lo, hi);
}

static void run_one(const char *path, void (*run)(struct figures *), struct tally *t)
{
	struct figures f;
	if (!figures_open(&f, path, t))
		return;
	run(&f);
	figures_close(&f);
}

void figures_suite(int argc, char **argv, const char *const *names, int n,
		   void (*run)(struct figures *), struct tally *t)
{
	const char *root = getenv("NURTURED_SHARED");
	struct arena a;
	for (int i = 0; i < argc; i++)
		run_one(argv[i], run, t);
	if (argc > 0)
		return;
	if (root == NULL || root[0] == '\0') {
		fprintf(stderr, "%s ...: skipped, NURTURED_SHARED is not set\n", names[0]);
		return;
	}
	arena_init(&a, 65536);
	for (int i = 0; i < n; i++)
		run_one(arena_strz(&a, arena_printf(&a, "%s/data/reference/%s", root, names[i])),
			run, t);
	arena_finish(&a);
}
