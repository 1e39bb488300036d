/* SPDX-License-Identifier: Apache-2.0
 * content.c: the index over a version's content files: find one, name what was said, keep it. */
#include "program/content.h"

#include "base/hash.h"

static int file_cmp(const struct content_file *f, struct str message, struct str angle,
		    struct str persona)
{
	int c = str_cmp(f->message, message);
	if (c == 0)
		c = str_cmp(f->angle, angle);
	return c != 0 ? c : str_cmp(f->persona, persona);
}

static const struct content_file *find_exactly(const struct content_index *ix, struct str message,
					       struct str angle, struct str persona)
{
	size_t lo = 0, hi = ix->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (file_cmp(&ix->files[mid], message, angle, persona) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	bool found = lo < ix->n && file_cmp(&ix->files[lo], message, angle, persona) == 0;
	return found ? &ix->files[lo] : NULL;
}

const struct content_file *content_find(const struct content_index *ix, struct str message,
					struct str angle, struct str persona)
{
	const struct content_file *f = NULL;
	if (persona.n > 0)
		f = find_exactly(ix, message, angle, persona);
	return f != NULL ? f : find_exactly(ix, message, angle, STR_NULL);
}

uint64_t content_key(struct str message, struct str angle, uint32_t subject_n)
{
	return hash_u64(hash_str(angle, hash_str(message, 1)) + subject_n);
}

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

static bool decode_file(const struct json *d, uint32_t node, struct arena *a,
			struct content_file *out)
{
	int64_t subjects = 0;
	if (!json_i64(d, json_get(d, node, "s"), &subjects) || subjects < 0 ||
	    subjects > CONTENT_SUBJECTS_MAX)
		return false;
	*out = (struct content_file){
		.message = json_str(d, json_get(d, node, "m"), a),
		.angle = json_str(d, json_get(d, node, "a"), a),
		.persona = json_str(d, json_get(d, node, "p"), a),
		.subjects_n = (uint32_t)subjects,
		.hash = json_str(d, json_get(d, node, "h"), a),
	};
	return out->message.n > 0 && out->angle.n > 0 && out->hash.n > 0;
}

enum status content_index_decode(const struct json *d, uint32_t node, struct arena *a,
				 struct content_index *out, struct err *e)
{
	uint32_t n = json_is(d, node, JSON_ARRAY) ? json_count(d, node) : UINT32_MAX;
	size_t at = 0;
	if (n > CONTENT_FILES_MAX)
		return err_set(e, ST_CORRUPT, "not an index of content");
	struct content_file *files = ARENA_ARRAY(a, struct content_file, (size_t)n + 1);
	if (files == NULL)
		return err_set(e, ST_LIMIT, "the index of content does not fit");
	for (uint32_t v = json_first(d, node); v != JSON_NONE; v = json_next(d, node, v), at++) {
		const struct content_file *last = at > 0 ? &files[at - 1] : NULL;
		struct content_file *f = &files[at];
		if (!decode_file(d, v, a, f))
			return err_set(e, ST_CORRUPT, "content file %zu cannot be read", at);
		if (last != NULL && file_cmp(last, f->message, f->angle, f->persona) >= 0)
			return err_set(e, ST_CORRUPT, "content files are not in order");
	}
	*out = (struct content_index){files, at};
	return ST_OK;
}
