/* SPDX-License-Identifier: Apache-2.0
 * content.c: the index over content files: sorted, so that finding one is a few comparisons, and
 * kept as JSON beside the program it belongs to. */
#include "program/content.h"

#include "base/hash.h"

_Static_assert(CONTENT_NAME_MAX >= 64, "a SHA-256 in hex is kept like a name");

static int order(const struct content_file *f, struct str message, struct str angle,
		 struct str persona)
{
	int by = str_cmp(f->message, message);
	by = by ? by : str_cmp(f->angle, angle);
	return by ? by : str_cmp(f->persona, persona);
}

static const struct content_file *find_exact(const struct content_index *ix, struct str message,
					     struct str angle, struct str persona)
{
	size_t low = 0, high = ix->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int by = order(&ix->files[mid], message, angle, persona);
		if (by == 0)
			return &ix->files[mid];
		low = by < 0 ? mid + 1 : low;
		high = by < 0 ? high : mid;
	}
	return NULL;
}

const struct content_file *content_find(const struct content_index *ix, struct str message,
					struct str angle, struct str persona)
{
	const struct content_file *f = persona.n ? find_exact(ix, message, angle, persona) : NULL;
	return f ? f : find_exact(ix, message, angle, STR_NULL);
}

static int part_order(const struct content_part *p, enum content_part_kind kind, struct str name)
{
	return p->kind != kind ? (int)p->kind - (int)kind : str_cmp(p->name, name);
}

const struct content_part *content_find_part(const struct content_index *ix,
					     enum content_part_kind kind, struct str name)
{
	for (size_t i = 0; i < ix->parts_n; i++)
		if (part_order(&ix->parts[i], kind, name) == 0)
			return &ix->parts[i];
	return NULL;
}

const char *content_part_folder(enum content_part_kind kind)
{
	static const char *const folders[CONTENT_PART_KINDS] = {"partials", "layouts"};
	return folders[kind];
}

uint64_t content_key(struct str message, struct str angle, uint32_t subject_n)
{
	return hash_u64(hash_str(angle, hash_str(message, 1)) + subject_n);
}

/* ---- as JSON ---- */

void content_index_encode(const struct content_index *ix, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_array(&w);
	for (size_t i = 0; i < ix->n; i++) {
		const struct content_file *f = &ix->files[i];
		json_w_object(&w);
		json_w_kstr(&w, "m", f->message);
		json_w_kstr(&w, "a", f->angle);
		json_w_kstr(&w, "p", f->persona);
		json_w_ki64(&w, "s", f->subjects_n);
		json_w_kstr(&w, "h", f->hash);
		json_w_end(&w);
	}
	for (size_t i = 0; i < ix->parts_n; i++) {
		const struct content_part *p = &ix->parts[i];
		json_w_object(&w);
		json_w_kstr(&w, content_part_folder(p->kind), p->name);
		json_w_kstr(&w, "h", p->hash);
		json_w_end(&w);
	}
	json_w_end(&w);
}

/* Strings outlive the document: the text of a row is gone after its pass. */
static bool text_of(const struct json *d, uint32_t node, const char *key, struct arena *a,
		    struct str *out)
{
	struct str s = json_str(d, json_get(d, node, key), a);
	if (s.p == NULL || s.n > CONTENT_NAME_MAX)
		return false;
	*out = s.n ? arena_str(a, s) : STR("");
	return out->p != NULL;
}

static bool file_of(const struct json *d, uint32_t node, struct arena *a, struct content_file *f)
{
	int64_t subjects;
	bool texts = text_of(d, node, "m", a, &f->message) && text_of(d, node, "a", a, &f->angle) &&
		     text_of(d, node, "p", a, &f->persona) && text_of(d, node, "h", a, &f->hash);
	if (!texts || f->message.n == 0 || f->angle.n == 0 || f->hash.n == 0 ||
	    !json_i64(d, json_get(d, node, "s"), &subjects) || subjects < 0 ||
	    subjects > CONTENT_SUBJECTS_MAX)
		return false;
	f->subjects_n = (uint32_t)subjects;
	return true;
}

/* False: it is no part, or damaged. */
static bool part_of(const struct json *d, uint32_t node, struct arena *a, struct content_part *p)
{
	for (int k = 0; k < CONTENT_PART_KINDS; k++) {
		p->kind = (enum content_part_kind)k;
		if (text_of(d, node, content_part_folder(p->kind), a, &p->name))
			return p->name.n > 0 && text_of(d, node, "h", a, &p->hash) && p->hash.n > 0;
	}
	return false;
}

/* The files of a list, up to its parts. */
static enum status decode_files(const struct json *d, uint32_t *x, struct arena *a,
				struct content_index *out, struct err *e)
{
	size_t n = json_count(d, *x), i = 0;
	struct content_file *files = ARENA_ARRAY(a, struct content_file, n + 1);
	uint32_t list = *x;
	if (files == NULL)
		return err_set(e, ST_LIMIT, "content index: no memory left for %zu files", n);
	for (*x = json_first(d, list); *x != JSON_NONE; *x = json_next(d, list, *x), i++) {
		struct content_file *f = &files[i];
		if (json_get(d, *x, "m") == JSON_NONE)
			break;
		if (!file_of(d, *x, a, f))
			return err_set(e, ST_CORRUPT, "content index: file %zu is damaged", i + 1);
		if (i && order(&files[i - 1], f->message, f->angle, f->persona) >= 0)
			return err_set(e, ST_CORRUPT, "content index: file %zu is out of order",
				       i + 1);
	}
	out->files = files;
	out->n = i;
	return ST_OK;
}

/* From node x on, what is left of a list. */
static enum status decode_parts(const struct json *d, uint32_t list, uint32_t x, struct arena *a,
				struct content_index *out, struct err *e)
{
	struct content_part *parts = NULL;
	size_t n = 0;
	if (x != JSON_NONE &&
	    (parts = ARENA_ARRAY(a, struct content_part, CONTENT_PARTS_MAX)) == NULL)
		return err_set(e, ST_LIMIT, "content index: no memory left for its parts");
	for (; x != JSON_NONE; x = json_next(d, list, x), n++) {
		struct content_part *p = &parts[n];
		if (n == CONTENT_PARTS_MAX || !part_of(d, x, a, p))
			return err_set(e, ST_CORRUPT, "content index: part %zu is damaged", n + 1);
		if (n && part_order(&parts[n - 1], p->kind, p->name) >= 0)
			return err_set(e, ST_CORRUPT, "content index: part %zu is out of order",
				       n + 1);
	}
	out->parts = parts;
	out->parts_n = n;
	return ST_OK;
}

enum status content_index_decode(const struct json *d, uint32_t node, struct arena *a,
				 struct content_index *out, struct err *e)
{
	struct content_index ix = {.n = 0};
	uint32_t x = node;
	if (!json_is(d, node, JSON_ARRAY) || json_count(d, node) > CONTENT_FILES_MAX)
		return err_set(e, ST_CORRUPT, "content index: not a list of at most %d files",
			       CONTENT_FILES_MAX);
	enum status st = decode_files(d, &x, a, &ix, e);
	if (st == ST_OK)
		st = decode_parts(d, node, x, a, &ix, e);
	if (st == ST_OK)
		*out = ix;
	return st;
}
