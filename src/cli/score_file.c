/* SPDX-License-Identifier: Apache-2.0
 * score_file.c: see score_file.h. A line of format with the hash of what follows, a line of JSON,
 * the model's bytes. */
#include "cli/score_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/time.h"

#define FOLDER "scores"
#define ENDING ".score"
#define MAGIC "nurtured.score/1 "
#define HASH_CHARS 64u
#define SHORT_HASH 12u
#define PATH_BYTES 1200u
#define FILE_BYTES_MAX (PREDICT_BYTES_MAX + ((size_t)1 << 20))

static void hash_of(struct str data, char out[HASH_CHARS + 1])
{
	uint8_t sum[SHA256_BYTES];
	struct buf hex = {.p = out, .cap = HASH_CHARS, .bytes_max = HASH_CHARS};
	crypto_sha256(data, sum);
	hex_encode(str_n((const char *)sum, sizeof sum), &hex);
	out[HASH_CHARS] = '\0';
}

static void name_of(int64_t now_us, const char *hash, char out[SCORE_FILE_NAME_MAX])
{
	char text[TIME_TEXT_MAX];
	size_t n = 0;
	for (const char *p = time_format(now_us, text); *p != '\0' && *p != '.' && n < 20; p++)
		if ((*p >= '0' && *p <= '9') || *p == 'T')
			out[n++] = *p;
	(void)snprintf(out + n, SCORE_FILE_NAME_MAX - n, "-%.*s", (int)SHORT_HASH, hash);
}

enum status score_file_save(const char *dir, int64_t now_us, struct score_file *f, struct arena *a,
			    struct err *e)
{
	char path[PATH_BYTES], hash[HASH_CHARS + 1];
	struct buf body, file;
	buf_init_arena(&body, a, FILE_BYTES_MAX);
	buf_init_arena(&file, a, FILE_BYTES_MAX + 128);
	buf_str(&body, f->report);
	buf_byte(&body, '\n');
	predict_encode(&f->model, &body);
	hash_of(buf_view(&body), hash);
	buf_printf(&file, MAGIC "%s\n", hash);
	buf_str(&file, buf_view(&body));
	if (!buf_ok(&body) || !buf_ok(&file))
		return err_set(e, ST_LIMIT, "the model is too large to keep");
	name_of(now_us, hash, f->name);
	(void)snprintf(path, sizeof path, "%s/" FOLDER, dir);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return err_set(e, ST_IO, "%s: cannot be made", path);
	(void)snprintf(path, sizeof path, "%s/" FOLDER "/%s" ENDING, dir, f->name);
	return file_write_atomic(path, buf_view(&file), 0600, e);
}

/* ---- reading ---- */

/* The youngest whose name, or the hash in it, begins so: names begin with the time. */
static bool find(const char *dir, struct str want, char out[SCORE_FILE_NAME_MAX])
{
	char path[PATH_BYTES];
	(void)snprintf(path, sizeof path, "%s/" FOLDER, dir);
	DIR *d = opendir(path);
	out[0] = '\0';
	for (struct dirent *x = d != NULL ? readdir(d) : NULL; x != NULL; x = readdir(d)) {
		struct str name = str_of(x->d_name);
		if (!str_ends(name, STR(ENDING)) || name.n >= SCORE_FILE_NAME_MAX)
			continue;
		name.n -= sizeof ENDING - 1;
		struct str hash = name;
		(void)str_cut(&hash, '-');
		if ((str_starts(name, want) || str_starts(hash, want)) &&
		    str_cmp(name, str_of(out)) > 0)
			(void)snprintf(out, SCORE_FILE_NAME_MAX, STR_FMT, STR_ARG(name));
	}
	if (d != NULL)
		(void)closedir(d);
	return out[0] != '\0';
}

enum status score_file_load(const char *dir, struct str name, struct arena *a,
			    struct score_file *out, struct err *e)
{
	char path[PATH_BYTES], hash[HASH_CHARS + 1];
	struct str text;
	if (!find(dir, name, out->name))
		return err_set(e, ST_NOT_FOUND,
			       name.n > 0 ? "no learnt score is called " STR_FMT
					  : "nothing was learnt yet" STR_FMT,
			       STR_ARG(name));
	(void)snprintf(path, sizeof path, "%s/" FOLDER "/%s" ENDING, dir, out->name);
	enum status st = file_read(path, FILE_BYTES_MAX + 128, a, &text, e);
	if (st != ST_OK)
		return st;
	struct str first = str_cut(&text, '\n');
	hash_of(text, hash);
	if (!str_starts(first, STR(MAGIC)) ||
	    !str_is(str_slice(first, sizeof MAGIC - 1, first.n), hash))
		return err_set(e, ST_CORRUPT, "%s: not what was written", path);
	out->report = str_cut(&text, '\n');
	st = predict_decode(text, a, &out->model, e);
	return st == ST_OK ? ST_OK : err_wrap(e, "%s", path);
}
