/* SPDX-License-Identifier: Apache-2.0
 * bytes.c: a model as bytes, for a registry that knows it by their hash. What is read is not
 * trusted: every index is checked, so that a damaged file costs an error and no more. */
#include "predict/internal.h"

#define MAGIC "NPM"
#define VERSION 1

void predict_encode(const struct predict_model *m, struct buf *out)
{
	buf_put(out, MAGIC, sizeof MAGIC - 1);
	buf_varint(out, VERSION);
	buf_varint(out, m->family);
	buf_varint(out, m->rows);
	buf_varint(out, m->positives);
	buf_varint(out, m->rule == PREDICT_NONE ? 0 : m->rule + 1);
	buf_f64_le(out, m->rule_slope);
	buf_f64_le(out, m->bias);
	buf_f64_le(out, m->out_slope);
	buf_f64_le(out, m->out_bias);
	buf_varint(out, m->features_n);
	for (size_t i = 0; i < m->features_n; i++) {
		const struct predict_feature *f = &m->features[i];
		buf_bytes(out, f->name);
		buf_byte(out, (char)(f->kind | (f->missing ? 2 : 0)));
		buf_f64_le(out, f->median);
		buf_f64_le(out, f->mean);
		buf_f64_le(out, f->dev);
		buf_f64_le(out, f->center);
		buf_varint(out, f->levels_n);
		for (size_t k = 0; k < f->levels_n; k++)
			buf_bytes(out, f->levels[k]);
	}
	buf_varint(out, m->dims_n);
	for (size_t i = 0; i < m->dims_n; i++) {
		buf_f64_le(out, m->weights[i]);
		buf_f64_le(out, m->devs[i]);
	}
	buf_varint(out, m->trees_n);
	for (size_t i = 0; i < m->trees_n; i++)
		buf_varint(out, m->roots[i]);
	buf_varint(out, m->nodes_n);
	for (size_t i = 0; i < m->nodes_n; i++) {
		const struct predict_node *n = &m->nodes[i];
		buf_varint(out, n->feature == PREDICT_LEAF ? 0 : (uint64_t)n->feature + 1);
		buf_f64_le(out, n->value);
		if (n->feature == PREDICT_LEAF)
			continue;
		buf_varint(out, n->left);
		buf_f64_le(out, n->at);
		buf_byte(out, (char)n->missing_left);
	}
}

/* ---- reading ---- */

static bool finite_f64(struct rd *r, double *out)
{
	*out = rd_f64_le(r);
	r->ok = r->ok && isfinite(*out);
	return r->ok;
}

/* A count that is within its ceiling and may still be there, at a byte each at least. */
static size_t count(struct rd *r, size_t max)
{
	uint64_t n = rd_varint(r);
	if (n > max || n > (uint64_t)(r->end - r->p))
		r->ok = false;
	return r->ok ? (size_t)n : 0;
}

static struct str text(struct rd *r, struct arena *a)
{
	struct str s = rd_bytes(r);
	r->ok = r->ok && s.n <= PREDICT_NAME_MAX;
	struct str copy = r->ok ? arena_str(a, s) : STR_NULL;
	r->ok = r->ok && copy.p != NULL;
	return copy;
}

static void read_feature(struct rd *r, struct arena *a, struct predict_feature *f)
{
	f->name = text(r, a);
	unsigned flags = rd_u8(r);
	f->kind = flags & 1;
	f->missing = flags & 2;
	r->ok = r->ok && flags < 4;
	(void)finite_f64(r, &f->median);
	(void)finite_f64(r, &f->mean);
	(void)finite_f64(r, &f->dev);
	(void)finite_f64(r, &f->center);
	r->ok = r->ok && (f->kind == PREDICT_CATEGORY || f->dev > 0);
	f->levels_n = count(r, PREDICT_LEVELS_MAX);
	f->levels = ARENA_ARRAY(a, struct str, f->levels_n + 1);
	for (size_t k = 0; k < f->levels_n && r->ok && f->levels != NULL; k++)
		f->levels[k] = text(r, a);
	r->ok = r->ok && f->levels != NULL;
}

static void read_features(struct rd *r, struct arena *a, struct predict_model *m)
{
	m->features_n = count(r, PREDICT_COLUMNS_MAX);
	m->features = ARENA_ARRAY(a, struct predict_feature, m->features_n + 1);
	for (size_t i = 0; i < m->features_n && r->ok && m->features != NULL; i++)
		read_feature(r, a, &m->features[i]);
	r->ok = r->ok && m->features != NULL &&
		(m->rule == PREDICT_NONE ||
		 (m->rule < m->features_n && m->features[m->rule].kind == PREDICT_NUMBER));
}

static void read_weights(struct rd *r, struct arena *a, struct predict_model *m)
{
	size_t dims_n = count(r, PREDICT_DIMS_MAX);
	m->weights = ARENA_ARRAY(a, double, dims_n + 1);
	m->devs = ARENA_ARRAY(a, double, dims_n + 1);
	r->ok = r->ok && m->weights != NULL && m->devs != NULL;
	for (size_t i = 0; i < dims_n && r->ok; i++)
		(void)(finite_f64(r, &m->weights[i]) && finite_f64(r, &m->devs[i]));
	if (r->ok && m->family == PREDICT_LOGISTIC)
		r->ok = predict_read_dims(m, NULL) == ST_OK && m->dims_n == dims_n;
	else
		r->ok = r->ok && dims_n == 0;
}

static void read_node(struct rd *r, const struct predict_model *m, size_t i, struct predict_node *n)
{
	uint64_t feature = rd_varint(r);
	*n = (struct predict_node){.feature = PREDICT_LEAF};
	if (!finite_f64(r, &n->value) || feature == 0)
		return;
	n->feature = (uint32_t)(feature - 1);
	uint64_t left = rd_varint(r);
	n->left = (uint32_t)left;
	n->at = rd_f64_le(r);
	n->missing_left = rd_u8(r) != 0;
	/* children behind their parent: walking down ends */
	r->ok = r->ok && feature <= m->features_n && left > i && left + 1 < m->nodes_n &&
		!isnan(n->at);
}

static void read_trees(struct rd *r, struct arena *a, struct predict_model *m)
{
	m->trees_n = count(r, PREDICT_TREES_MAX);
	m->roots = ARENA_ARRAY(a, uint32_t, m->trees_n + 1);
	for (size_t i = 0; i < m->trees_n && m->roots != NULL; i++) {
		uint64_t root = rd_varint(r);
		r->ok = r->ok && root < UINT32_MAX;
		m->roots[i] = (uint32_t)root;
	}
	m->nodes_n = count(r, (size_t)PREDICT_TREES_MAX * PREDICT_LEAVES_MAX * 2);
	m->nodes = ARENA_ARRAY(a, struct predict_node, m->nodes_n + 1);
	r->ok = r->ok && m->roots != NULL && m->nodes != NULL;
	for (size_t i = 0; i < m->nodes_n && r->ok; i++)
		read_node(r, m, i, &m->nodes[i]);
	for (size_t i = 0; i < m->trees_n && r->ok; i++)
		r->ok = m->roots[i] < m->nodes_n;
	r->ok = r->ok && (m->family == PREDICT_TREES || m->trees_n == 0);
}

enum status predict_decode(struct str bytes, struct arena *a, struct predict_model *out,
			   struct err *e)
{
	struct rd r = rd_of(bytes);
	struct predict_model m = {0};
	if (!str_starts(bytes, STR(MAGIC)))
		return err_set(e, ST_CORRUPT, "these bytes are no model");
	r.p += sizeof MAGIC - 1;
	uint64_t version = rd_varint(&r);
	if (r.ok && version > VERSION)
		return err_set(e, ST_INVALID, "a model of version %llu; this program reads %d",
			       (unsigned long long)version, VERSION);
	uint64_t family = rd_varint(&r);
	r.ok = r.ok && version == VERSION && family < PREDICT_FAMILY_COUNT;
	m.family = (enum predict_family)(r.ok ? family : 0);
	m.rows = rd_varint(&r);
	m.positives = rd_varint(&r);
	uint64_t rule = rd_varint(&r);
	m.rule = rule == 0 ? PREDICT_NONE : (size_t)rule - 1;
	(void)finite_f64(&r, &m.rule_slope);
	(void)finite_f64(&r, &m.bias);
	(void)finite_f64(&r, &m.out_slope);
	(void)finite_f64(&r, &m.out_bias);
	if (r.ok)
		read_features(&r, a, &m);
	if (r.ok)
		read_weights(&r, a, &m);
	if (r.ok)
		read_trees(&r, a, &m);
	if (!rd_done(&r))
		return err_set(e, ST_CORRUPT, "a damaged model");
	*out = m;
	return ST_OK;
}
