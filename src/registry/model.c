/* SPDX-License-Identifier: Apache-2.0
 * model.c: one model is one file is one name. What is written is never written again, so nobody who
 * reads needs a lock, and a copy is as good as the first. */
#include "base/crypto.h"
#include "base/file.h"
#include "registry/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE "nurtured-model 1\n"
#define SUFFIX ".model"
#define COPY_LINE "nurtured-model-copy 1 "
#define COPY_LINE_BYTES (sizeof COPY_LINE + REGISTRY_HASH_CHARS)
#define FILE_BYTES_MAX (REGISTRY_MODEL_BYTES_MAX + REGISTRY_META_BYTES_MAX + 64)
#define META_LIMITS ((struct json_limits){.depth_max = 16, .tokens_max = 16384})

const char *registry_state_name(enum registry_state s)
{
	static const char *const names[REGISTRY_STATES] = {"draft", "shadow", "canary", "champion",
							   "retired"};
	return names[s];
}

/* ---- names ---- */

const char *registry_path(const char *dir, const char *name, const char *suffix,
			  char out[REGISTRY_PATH_MAX])
{
	int n = snprintf(out, REGISTRY_PATH_MAX, "%s/models%s%s%s", dir, name[0] ? "/" : "", name,
			 suffix);
	if (n < 0 || n >= REGISTRY_PATH_MAX)
		out[0] = '\0'; /* no such file: every door says so */
	return out;
}

bool registry_is_hash(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == REGISTRY_HASH_CHARS;
}

bool registry_is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_.:-", s.p[i]) == NULL || !s.p[i])
			return false;
	return s.n >= 1 && s.n <= REGISTRY_SLOT_MAX;
}

struct registry_hash registry_hash_of(struct str hex)
{
	struct registry_hash h = {""};
	if (registry_is_hash(hex))
		memcpy(h.hex, hex.p, REGISTRY_HASH_CHARS);
	return h;
}

bool registry_hash_eq(const struct registry_hash *a, const struct registry_hash *b)
{
	return strcmp(a->hex, b->hex) == 0;
}

static struct registry_hash hash_of_file(struct str file)
{
	uint8_t digest[SHA256_BYTES];
	struct registry_hash h = {""};
	struct buf hex;
	crypto_sha256(file, digest);
	buf_init(&hex, sizeof h.hex);
	hex_encode(str_n((const char *)digest, sizeof digest), &hex);
	memcpy(h.hex, hex.p, REGISTRY_HASH_CHARS);
	buf_finish(&hex);
	return h;
}

/* ---- bytes ---- */

static void put_raw(struct json_w *w, const char *key, struct str raw)
{
	if (raw.n == 0)
		return;
	json_w_key(w, key);
	json_w_raw(w, raw);
}

static void write_meta(const struct registry_meta *m, size_t bytes, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kstr(&w, "slot", m->slot);
	json_w_kstr(&w, "kind", m->kind);
	json_w_kstr(&w, "version", m->version);
	if (m->parent.hex[0])
		json_w_kz(&w, "parent", m->parent.hex);
	json_w_ki64(&w, "created_us", m->created_us);
	json_w_ki64(&w, "from_us", m->from_us);
	json_w_ki64(&w, "to_us", m->to_us);
	json_w_ki64(&w, "bytes", (int64_t)bytes);
	put_raw(&w, "metrics", m->metrics);
	put_raw(&w, "evaluation", m->evaluation);
	json_w_end(&w);
}

static struct str raw_object(const struct json *d, const char *key)
{
	uint32_t node = json_get(d, 0, key);
	return json_is(d, node, JSON_OBJECT) ? json_raw(d, node) : STR_NULL;
}

static enum status read_meta(struct str line, struct arena *a, struct registry_meta *m,
			     int64_t *bytes, struct err *e)
{
	struct json d;
	enum status st = json_parse(line, META_LIMITS, a, &d, e);
	if (st != ST_OK)
		return err_set(e, ST_INVALID, "its metadata cannot be read");
	*m = (struct registry_meta){
		.slot = json_str(&d, json_get(&d, 0, "slot"), a),
		.kind = json_str(&d, json_get(&d, 0, "kind"), a),
		.version = json_str(&d, json_get(&d, 0, "version"), a),
		.parent = registry_hash_of(json_str(&d, json_get(&d, 0, "parent"), a)),
		.metrics = raw_object(&d, "metrics"),
		.evaluation = raw_object(&d, "evaluation"),
	};
	if (!registry_is_name(m->slot) || !registry_is_name(m->kind))
		return err_set(e, ST_INVALID, "its slot and kind are no names");
	if (!json_i64(&d, json_get(&d, 0, "created_us"), &m->created_us) ||
	    !json_i64(&d, json_get(&d, 0, "from_us"), &m->from_us) ||
	    !json_i64(&d, json_get(&d, 0, "to_us"), &m->to_us) ||
	    !json_i64(&d, json_get(&d, 0, "bytes"), bytes))
		return err_set(e, ST_INVALID, "its metadata lacks a number");
	return ST_OK;
}

enum status registry_decode(struct str file, struct arena *a, struct registry_model *out,
			    struct err *e)
{
	struct registry_model m = {.state = REGISTRY_DRAFT};
	struct str rest;
	int64_t bytes = 0;
	if (!str_starts(file, STR(FIRST_LINE)))
		return err_set(e, ST_INVALID, "it is no model: it does not begin with \"%.*s\"",
			       (int)sizeof FIRST_LINE - 2, FIRST_LINE);
	rest = str_slice(file, sizeof FIRST_LINE - 1, file.n);
	if (file.n > FILE_BYTES_MAX || str_find_byte(rest, '\n') > REGISTRY_META_BYTES_MAX)
		return err_set(e, ST_INVALID, "it is larger than a model may be");
	struct str line = str_cut(&rest, '\n');
	enum status st = read_meta(line, a, &m.meta, &bytes, e);
	if (st != ST_OK)
		return st;
	if (rest.p == NULL || bytes < 0 || (uint64_t)bytes != rest.n)
		return err_set(e, ST_INVALID, "it holds %zu bytes of %lld", rest.n,
			       (long long)bytes);
	m.bytes = rest;
	m.hash = hash_of_file(file);
	*out = m;
	return ST_OK;
}

/* ---- files ---- */

/* Who is not let in is told to ask for it, not that the disk is bad. */
static enum status refused(const char *what, const char *path, struct err *e)
{
	enum status st = errno == ENOENT                                       ? ST_NOT_FOUND
			 : errno == EACCES || errno == EPERM || errno == EROFS ? ST_DENIED
									       : ST_IO;
	return err_set(e, st, "cannot %s %s: %s", what, path, strerror(errno));
}

static enum status make_folder(const char *dir, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	registry_path(dir, "", "", path);
	if (mkdir(path, 0700) == 0)
		return file_sync_folder(path, e);
	if (errno == EEXIST)
		return ST_OK;
	return refused("make", path, e);
}

/* Files that were being written when their writer died. Nobody else writes: we hold the lock. */
static void clear_away(const char *dir)
{
	char path[REGISTRY_PATH_MAX];
	const struct dirent *entry;
	DIR *d = opendir(registry_path(dir, "", "", path));
	while (d != NULL && (entry = readdir(d)) != NULL) {
		struct str name = str_of(entry->d_name);
		if (str_find(name, STR(".new.")) < name.n)
			(void)unlinkat(dirfd(d), entry->d_name, 0); /* the next one tries again */
	}
	if (d != NULL)
		closedir(d);
}

enum status registry_lock(const char *dir, int *fd_r, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	int fd = open(registry_path(dir, "lock", "", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return refused("lock", path, e);
	while (flock(fd, LOCK_EX) != 0)
		if (errno != EINTR) {
			close(fd);
			return err_set(e, ST_IO, "cannot lock %s: %s", path, strerror(errno));
		}
	clear_away(dir);
	*fd_r = fd;
	return ST_OK;
}

enum status registry_open(const char *dir, int *fd_r, struct err *e)
{
	enum status st = make_folder(dir, e);
	return st == ST_OK ? registry_lock(dir, fd_r, e) : st;
}

static enum status put_file(const char *dir, struct str file, struct registry_hash *out,
			    struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	struct registry_hash h = hash_of_file(file);
	int fd;
	enum status st = dir != NULL ? registry_open(dir, &fd, e) : ST_OK;
	if (dir == NULL)
		*out = h;
	if (dir == NULL || st != ST_OK)
		return st;
	if (access(registry_path(dir, h.hex, SUFFIX, path), F_OK) != 0)
		st = file_write_atomic(path, file, 0400, e);
	close(fd);
	if (st == ST_OK)
		*out = h;
	return st;
}

enum status registry_restore(const char *dir, struct str file, bool *made_r, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	struct arena a;
	struct registry_model m;
	struct str there;
	int fd;
	arena_init(&a, 4 * FILE_BYTES_MAX);
	enum status st = registry_decode(file, &a, &m, e);
	bool whole = st == ST_OK && registry_file(dir, &m.hash, &a, &there, NULL) == ST_OK;
	if (st == ST_OK && !whole && (st = registry_open(dir, &fd, e)) == ST_OK) {
		registry_path(dir, m.hash.hex, SUFFIX, path);
		st = file_write_atomic(path, file, 0400, e);
		close(fd);
	}
	if (st == ST_OK)
		*made_r = !whole;
	arena_finish(&a);
	return st;
}

enum status registry_put(const char *dir, const struct registry_meta *meta, struct str bytes,
			 struct registry_hash *out, struct err *e)
{
	struct arena a;
	struct buf file;
	struct registry_model back;
	if (bytes.n > REGISTRY_MODEL_BYTES_MAX)
		return err_set(e, ST_LIMIT, "a model may have %zu bytes, this one has %zu",
			       REGISTRY_MODEL_BYTES_MAX, bytes.n);
	arena_init(&a, (size_t)4 << 20);
	buf_init(&file, FILE_BYTES_MAX);
	buf_z(&file, FIRST_LINE);
	write_meta(meta, bytes.n, &file);
	buf_byte(&file, '\n');
	buf_str(&file, bytes);
	/* What cannot be read back is not kept. */
	enum status st = buf_ok(&file) ? registry_decode(buf_view(&file), &a, &back, e)
				       : err_set(e, ST_LIMIT, "its metadata is too large");
	if (st == ST_OK)
		st = put_file(dir, buf_view(&file), out, e);
	buf_finish(&file);
	arena_finish(&a);
	return st;
}

enum status registry_file(const char *dir, const struct registry_hash *hash, struct arena *a,
			  struct str *out, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	struct str file;
	registry_path(dir, hash->hex, SUFFIX, path);
	enum status st = file_read(path, FILE_BYTES_MAX, a, &file, e);
	if (st != ST_OK)
		return st;
	struct registry_hash is = hash_of_file(file);
	if (!registry_hash_eq(&is, hash))
		return err_set(e, ST_CORRUPT, "%s is damaged: it does not hold what its name says",
			       path);
	*out = file;
	return ST_OK;
}

enum status registry_read(const char *dir, const struct registry_hash *hash, struct arena *a,
			  struct registry_model *out, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	struct str file;
	enum status st = registry_file(dir, hash, a, &file, e);
	if (st != ST_OK)
		return st;
	registry_path(dir, hash->hex, SUFFIX, path);
	st = registry_decode(file, a, out, e);
	if (st != ST_OK && e != NULL) {
		err_wrap(e, "%s", path);
		e->status = ST_CORRUPT;
	}
	return st == ST_OK ? st : ST_CORRUPT;
}

static int by_hash(const void *a, const void *b)
{
	const struct registry_hash *x = a, *y = b;
	return strcmp(x->hex, y->hex);
}

enum status registry_files(const char *dir, struct arena *a, struct registry_hash **out,
			   size_t *n_r, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	const struct dirent *entry;
	size_t n = 0;
	enum status st = ST_OK;
	struct registry_hash *list = ARENA_ARRAY(a, struct registry_hash, REGISTRY_MODELS_MAX);
	if (list == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for a list of models");
	*out = list;
	*n_r = 0;
	DIR *d = opendir(registry_path(dir, "", "", path));
	if (d == NULL && errno == ENOENT)
		return ST_OK;
	if (d == NULL)
		return refused("read", path, e);
	while (st == ST_OK && (entry = readdir(d)) != NULL) {
		struct str name = str_of(entry->d_name);
		if (name.n != REGISTRY_HASH_CHARS + sizeof SUFFIX - 1 ||
		    !str_ends(name, STR(SUFFIX)))
			continue; /* what a killed writer left, the states, a reader's own */
		struct registry_hash h = registry_hash_of(str_slice(name, 0, REGISTRY_HASH_CHARS));
		if (h.hex[0] && n == REGISTRY_MODELS_MAX)
			st = err_set(e, ST_LIMIT, "%s holds more than %u models", path,
				     REGISTRY_MODELS_MAX);
		else if (h.hex[0])
			list[n++] = h;
	}
	closedir(d);
	if (n)
		qsort(list, n, sizeof *list, by_hash);
	*n_r = n;
	return st;
}

/* ---- one file, whole ---- */

/* A copy carries its name, for a path may be called anything: "nurtured-model-copy 1 <sha256>". */
enum status registry_export(const char *dir, struct str hash, const char *path, struct err *e)
{
	struct arena a;
	struct registry_model m;
	struct str file = STR_NULL;
	struct buf copy;
	arena_init(&a, 4 * FILE_BYTES_MAX);
	buf_init(&copy, FILE_BYTES_MAX + COPY_LINE_BYTES);
	enum status st = registry_get(dir, hash, &a, &m, e);
	if (st == ST_OK && access(path, F_OK) == 0)
		st = err_set(e, ST_CONFLICT, "%s is there already", path);
	if (st == ST_OK)
		st = registry_file(dir, &m.hash, &a, &file, e);
	if (st == ST_OK) {
		buf_printf(&copy, COPY_LINE "%s\n", m.hash.hex);
		buf_str(&copy, file);
		st = file_write_atomic(path, buf_view(&copy), 0600, e);
	}
	buf_finish(&copy);
	arena_finish(&a);
	return st;
}

/* What a file says its name is: in its first line, which is taken off, or in the name of its path,
 * as in our own folder. "": nowhere. */
static struct registry_hash named_in(const char *path, struct str *file)
{
	struct str line = STR_NULL, base = str_of(path);
	if (str_starts(*file, STR(COPY_LINE))) {
		line = str_cut(file, '\n');
		return registry_hash_of(str_slice(line, sizeof COPY_LINE - 1, line.n));
	}
	const char *slash = strrchr(path, '/');
	base = slash != NULL ? str_of(slash + 1) : base;
	return registry_hash_of(str_ends(base, STR(SUFFIX))
					? str_slice(base, 0, base.n - (sizeof SUFFIX - 1))
					: STR_NULL);
}

static enum status check_file(const char *path, struct str *file, struct arena *a,
			      struct registry_model *out, struct err *e)
{
	struct registry_hash named = named_in(path, file);
	enum status st = registry_decode(*file, a, out, e);
	if (st != ST_OK)
		return err_wrap(e, "%s", path);
	if (named.hex[0] == '\0')
		return err_set(e, ST_INVALID,
			       "%s does not say what it was: a copy with its hash is written by "
			       "nurtured policy export MODEL FILE",
			       path);
	if (!registry_hash_eq(&named, &out->hash))
		return err_set(
			e, ST_CORRUPT,
			"%s is damaged: it is not what was exported; export and copy it again",
			path);
	return ST_OK;
}

enum status registry_import(const char *dir, const char *path, registry_reads *reads,
			    struct registry_hash *out, struct err *e)
{
	struct arena a;
	struct str file;
	struct registry_model m;
	arena_init(&a, 4 * FILE_BYTES_MAX);
	enum status st = file_read(path, FILE_BYTES_MAX + COPY_LINE_BYTES, &a, &file, e);
	if (st == ST_OK)
		st = check_file(path, &file, &a, &m, e);
	if (st == ST_OK && reads != NULL && (st = reads(&m, e)) != ST_OK)
		st = err_wrap(e, "%s", path);
	if (st == ST_OK)
		st = put_file(dir, file, out, e);
	arena_finish(&a);
	return st;
}
