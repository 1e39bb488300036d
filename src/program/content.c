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

enum status content_index_decode(const struct json *d, uint32_t node, struct arena *a,
				 struct content_index *out, struct err *e)
{
	size_t n = json_count(d, node), i = 0;
	if (!json_is(d, node, JSON_ARRAY) || n > CONTENT_FILES_MAX)
		return err_set(e, ST_CORRUPT, "content index: not a list of at most %d files",
			       CONTENT_FILES_MAX);
	struct content_file *files = ARENA_ARRAY(a, struct content_file, n + 1);
	if (files == NULL)
		return err_set(e, ST_LIMIT, "content index: no memory left for %zu files", n);
	for (uint32_t x = json_first(d, node); x != JSON_NONE; x = json_next(d, node, x), i++) {
		struct content_file *f = &files[i];
		if (!file_of(d, x, a, f))
			return err_set(e, ST_CORRUPT, "content index: file %zu is damaged", i + 1);
		if (i && order(&files[i - 1], f->message, f->angle, f->persona) >= 0)
			return err_set(e, ST_CORRUPT, "content index: file %zu is out of order",
				       i + 1);
	}
	*out = (struct content_index){files, i};
	return ST_OK;
}
