/* SPDX-License-Identifier: Apache-2.0
 * score_file.c: see score_file.h. */
#include "cli/score_file.h"

enum status score_file_save(const char *dir, int64_t now_us, struct score_file *f, struct arena *a,
			    struct err *e)
{
	struct buf bytes;
	buf_init_arena(&bytes, a, PREDICT_BYTES_MAX);
	predict_encode(&f->model, &bytes);
	if (!buf_ok(&bytes))
		return err_set(e, ST_LIMIT, "the model is too large to keep");
	const struct registry_meta meta = {
		.slot = STR(SCORE_SLOT),
		.kind = arena_printf(a, "predict.%s", predict_family_name(f->model.family)),
		.version = f->version,
		.created_us = now_us,
		.from_us = f->from_us,
		.to_us = f->to_us,
		.metrics = f->report,
	};
	return registry_put(dir, &meta, buf_view(&bytes), &f->hash, e);
}

/* The models of a folder are listed oldest first. A damaged one may be the youngest, so it is told:
 * else the one before would be taken for it. */
static enum status youngest(const char *dir, struct arena *a, struct str *hash_r, struct err *e)
{
	struct registry_list l;
	enum status st = registry_list(dir, a, &l, e);
	*hash_r = STR_NULL;
	if (st == ST_OK && l.damaged_n > 0)
		return err_set(e, ST_CORRUPT,
			       STR_FMT "; another is shown by the hash it is named by",
			       STR_ARG(l.damaged[0]));
	for (size_t i = 0; st == ST_OK && i < l.models_n; i++)
		if (str_is(l.models[i].meta.slot, SCORE_SLOT))
			*hash_r = str_of(l.models[i].hash.hex);
	if (st == ST_OK && hash_r->n == 0)
		st = err_set(e, ST_NOT_FOUND, "nothing was learnt yet");
	return st;
}

enum status score_file_load(const char *dir, struct str hash, struct arena *a,
			    struct score_file *out, struct err *e)
{
	struct registry_model m;
	enum status st = hash.n > 0 ? ST_OK : youngest(dir, a, &hash, e);
	if (st == ST_OK)
		st = registry_get(dir, hash, a, &m, e);
	if (st != ST_OK)
		return st;
	if (!str_is(m.meta.slot, SCORE_SLOT))
		return err_set(e, ST_INVALID, "%s is no score: it belongs to " STR_FMT, m.hash.hex,
			       STR_ARG(m.meta.slot));
	*out = (struct score_file){.hash = m.hash,
				   .version = m.meta.version,
				   .report = m.meta.metrics,
				   .from_us = m.meta.from_us,
				   .to_us = m.meta.to_us};
	st = predict_decode(m.bytes, a, &out->model, e);
	return st == ST_OK ? ST_OK : err_wrap(e, "%s", m.hash.hex);
}
