/* SPDX-License-Identifier: Apache-2.0
 * trees.c: gradient-boosted trees for log loss, on histograms (Friedman 2001; second order and L2
 * as Chen and Guestrin 2016). The leaf with the best gain is split next; of its two children only
 * the smaller one is counted, the other is what is left. No dice: the same rows, the same trees. */
#include "predict/bins.h"

#define HESSIAN_MIN 1.0 /* of a child, in units of p (1 - p) */

struct cell {
	double g, h;
	double n;
};

struct split {
	double gain;
	uint32_t feature, bin;
	bool missing_left;
};

struct leaf {
	size_t from, to; /* its rows in order[] */
	uint32_t node, depth;
	struct cell sum;
	struct cell *hist;
	struct split best;
};

struct grow {
	const struct predict_conf *conf;
	struct predict_model *m;
	const struct predict_bins *bins;
	unsigned cells_n; /* of a histogram */
	size_t rows_n;
	uint32_t *order, *spare;
	double *logit, *g, *h;
	const uint8_t *y;
	struct leaf leaves[PREDICT_LEAVES_MAX];
	size_t leaves_n;
	struct cell *hists; /* one for each leaf */
};

/* ---- choosing a split ---- */

static double worth(const struct grow *w, struct cell c)
{
	return c.g * c.g / (c.h + w->conf->l2);
}

static void offer(const struct grow *w, struct leaf *l, struct cell left, struct split s)
{
	struct cell right = {l->sum.g - left.g, l->sum.h - left.h, l->sum.n - left.n};
	double least = w->conf->leaf_rows_min;
	if (left.n < least || right.n < least || left.h < HESSIAN_MIN || right.h < HESSIAN_MIN)
		return;
	s.gain = worth(w, left) + worth(w, right) - worth(w, l->sum);
	if (s.gain > l->best.gain)
		l->best = s;
}

static void add(struct cell *to, struct cell c)
{
	to->g += c.g;
	to->h += c.h;
	to->n += c.n;
}

/* Those not known go left once and right once; with bin 0 they are alone on the left. */
static void offer_number(const struct grow *w, struct leaf *l, uint32_t f)
{
	const struct predict_bins *b = &w->bins[f];
	const struct cell *hist = l->hist + b->offset;
	struct cell left = {0, 0, 0}, with = hist[0];
	if (hist[0].n > 0)
		offer(w, l, with, (struct split){0, f, 0, true});
	for (uint32_t k = 1; k + 1 < b->n; k++) {
		add(&left, hist[k]);
		add(&with, hist[k]);
		if (hist[k].n == 0)
			continue;
		offer(w, l, left, (struct split){0, f, k, false});
		if (hist[0].n > 0)
			offer(w, l, with, (struct split){0, f, k, true});
	}
}

static void choose(const struct grow *w, struct leaf *l)
{
	l->best = (struct split){1e-9, PREDICT_LEAF, 0, false};
	if (l->depth >= w->conf->depth)
		return;
	for (uint32_t f = 0; f < w->m->features_n; f++) {
		const struct predict_bins *b = &w->bins[f];
		if (w->m->features[f].kind == PREDICT_NUMBER) {
			offer_number(w, l, f);
			continue;
		}
		for (uint32_t k = 0; k + 1 < b->n; k++)
			offer(w, l, l->hist[b->offset + k], (struct split){0, f, k, false});
	}
}

/* ---- growing one tree ---- */

static void count(const struct grow *w, struct leaf *l)
{
	memset(l->hist, 0, w->cells_n * sizeof *l->hist);
	for (size_t f = 0; f < w->m->features_n; f++) {
		const uint8_t *of = w->bins[f].of;
		struct cell *hist = l->hist + w->bins[f].offset;
		for (size_t i = l->from; i < l->to; i++) {
			uint32_t row = w->order[i];
			struct cell *c = &hist[of[row]];
			c->g += w->g[row];
			c->h += w->h[row];
			c->n += 1;
		}
	}
}

static bool goes_left(const struct grow *w, const struct split *s, uint32_t row)
{
	unsigned bin = w->bins[s->feature].of[row];
	if (w->m->features[s->feature].kind == PREDICT_CATEGORY)
		return bin == s->bin;
	return bin == 0 ? s->missing_left : bin <= s->bin;
}

/* Puts the rows that go left first, both sides in their order; returns where the right begins. */
static size_t part(struct grow *w, const struct leaf *l)
{
	size_t left = l->from, spare = 0;
	for (size_t i = l->from; i < l->to; i++) {
		if (goes_left(w, &l->best, w->order[i]))
			w->order[left++] = w->order[i];
		else
			w->spare[spare++] = w->order[i];
	}
	memcpy(w->order + left, w->spare, spare * sizeof *w->order);
	return left;
}

static struct cell sum_of(const struct grow *w, const struct leaf *l)
{
	struct cell sum = {0, 0, 0};
	for (size_t i = l->from; i < l->to; i++)
		add(&sum, (struct cell){w->g[w->order[i]], w->h[w->order[i]], 1});
	return sum;
}

static uint32_t new_node(struct grow *w, const struct leaf *l)
{
	struct predict_node *node = &w->m->nodes[w->m->nodes_n];
	double value = -l->sum.g / (l->sum.h + w->conf->l2) * w->conf->rate;
	*node = (struct predict_node){.feature = PREDICT_LEAF, .value = value};
	return (uint32_t)w->m->nodes_n++;
}

static void split_leaf(struct grow *w, struct leaf *l)
{
	struct leaf *other = &w->leaves[w->leaves_n];
	struct split s = l->best;
	size_t middle = part(w, l);
	struct predict_node *node = &w->m->nodes[l->node];
	bool number = w->m->features[s.feature].kind == PREDICT_NUMBER;
	struct leaf left = *l, right = *l;
	left.to = right.from = middle;
	left.depth = right.depth = l->depth + 1;
	bool small_left = middle - l->from < l->to - middle;
	struct cell *parent = l->hist, *fresh = w->hists + w->leaves_n * w->cells_n;
	left.hist = small_left ? fresh : parent;
	right.hist = small_left ? parent : fresh;
	count(w, small_left ? &left : &right);
	for (unsigned i = 0; i < w->cells_n; i++) {
		parent[i].g -= fresh[i].g;
		parent[i].h -= fresh[i].h;
		parent[i].n -= fresh[i].n;
	}
	left.sum = sum_of(w, &left);
	right.sum = sum_of(w, &right);
	node->feature = s.feature;
	node->at = number ? w->bins[s.feature].cut[s.bin] : (double)s.bin;
	node->missing_left = s.missing_left;
	node->left = left.node = new_node(w, &left);
	right.node = new_node(w, &right);
	choose(w, &left);
	choose(w, &right);
	*l = left;
	*other = right;
	w->leaves_n++;
}

static void grow_tree(struct grow *w)
{
	for (size_t i = 0; i < w->rows_n; i++) {
		double p = predict_probability(w->logit[i]);
		w->g[i] = p - w->y[i];
		w->h[i] = p * (1 - p);
		w->order[i] = (uint32_t)i;
	}
	struct leaf *root = &w->leaves[0];
	*root = (struct leaf){.from = 0, .to = w->rows_n, .hist = w->hists};
	root->sum = sum_of(w, root);
	w->m->roots[w->m->trees_n++] = root->node = new_node(w, root);
	w->leaves_n = 1;
	count(w, root);
	choose(w, root);
	while (w->leaves_n < w->conf->leaves) {
		struct leaf *best = root;
		for (size_t i = 1; i < w->leaves_n; i++)
			if (w->leaves[i].best.gain > best->best.gain)
				best = &w->leaves[i];
		if (best->best.feature == PREDICT_LEAF)
			break;
		split_leaf(w, best);
	}
	for (size_t k = 0; k < w->leaves_n; k++)
		for (size_t i = w->leaves[k].from; i < w->leaves[k].to; i++)
			w->logit[w->order[i]] += w->m->nodes[w->leaves[k].node].value;
}

/* ---- boosting ---- */

struct judge {
	size_t n;
	double *cells, *logit; /* n x features_n; n */
	uint8_t *y;
};

static double judge(const struct predict_model *m, struct judge *j)
{
	double sum = 0;
	for (size_t i = 0; i < j->n; i++) {
		uint32_t at = m->roots[m->trees_n - 1];
		while (m->nodes[at].feature != PREDICT_LEAF)
			at = predict_node_next(m, &m->nodes[at], j->cells + i * m->features_n);
		j->logit[i] += m->nodes[at].value;
		double z = j->y[i] ? -j->logit[i] : j->logit[i];
		sum += z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
	}
	return sum;
}

static void boost(struct grow *w, struct judge *j)
{
	struct predict_model *m = w->m;
	double best = INFINITY;
	size_t best_trees = 0, best_nodes = 0;
	for (uint32_t i = 0; i < w->conf->rounds; i++) {
		grow_tree(w);
		double now = j->n > 0 ? judge(m, j) : -(double)i;
		if (now < best) {
			best = now;
			best_trees = m->trees_n;
			best_nodes = m->nodes_n;
		} else if (m->trees_n - best_trees >= w->conf->patience) {
			break;
		}
	}
	m->trees_n = best_trees;
	m->nodes_n = best_nodes;
}

static enum status grow_ready(struct grow *w, const struct predict_table *t,
			      struct predict_rows rows, struct arena *s, struct err *e)
{
	size_t n = rows.n;
	uint8_t *y = ARENA_ARRAY(s, uint8_t, n + 1);
	for (size_t f = 0; f < w->m->features_n; f++)
		w->cells_n += w->bins[f].n;
	w->rows_n = n;
	w->order = ARENA_ARRAY(s, uint32_t, n + 1);
	w->spare = ARENA_ARRAY(s, uint32_t, n + 1);
	w->logit = ARENA_ARRAY(s, double, n + 1);
	w->g = ARENA_ARRAY(s, double, n + 1);
	w->h = ARENA_ARRAY(s, double, n + 1);
	w->hists = ARENA_ARRAY(s, struct cell, (size_t)w->cells_n * PREDICT_LEAVES_MAX);
	if (y == NULL || w->order == NULL || w->spare == NULL || w->logit == NULL || w->g == NULL ||
	    w->h == NULL || w->hists == NULL)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", n);
	for (size_t i = 0; i < n; i++) {
		y[i] = t->outcome[rows.at[i]];
		w->logit[i] = w->m->bias;
	}
	w->y = y;
	return ST_OK;
}

static enum status judge_ready(struct judge *j, const struct predict_model *m,
			       const struct predict_table *t, const struct predict_binding *bind,
			       struct predict_rows rows, struct arena *s)
{
	j->n = rows.n;
	j->cells = ARENA_ARRAY(s, double, rows.n * m->features_n + 1);
	j->logit = ARENA_ARRAY(s, double, rows.n + 1);
	j->y = ARENA_ARRAY(s, uint8_t, rows.n + 1);
	if (j->cells == NULL || j->logit == NULL || j->y == NULL)
		return ST_LIMIT;
	for (size_t i = 0; i < rows.n; i++) {
		predict_cells(m, t, bind, rows.at[i], j->cells + i * m->features_n);
		j->logit[i] = m->bias;
		j->y[i] = t->outcome[rows.at[i]];
	}
	return ST_OK;
}

static enum status grow_all(struct grow *w, const struct predict_table *t, struct predict_rows rows,
			    struct arena *s, struct err *e)
{
	size_t held = (size_t)((double)rows.n * w->conf->held_out);
	struct predict_rows train = {rows.at, rows.n - held}, late = {rows.at + train.n, held};
	struct predict_binding *bind = ARENA_NEW(s, struct predict_binding);
	struct predict_bins *bins;
	struct judge j;
	size_t positives = predict_positives(t, train);
	if (bind == NULL)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", rows.n);
	if (positives == 0 || positives == train.n)
		return err_set(e, ST_INVALID, "%zu of the %zu earlier rows have the outcome",
			       positives, train.n);
	w->m->bias = log((double)positives / (double)(train.n - positives));
	enum status st = predict_bind(w->m, t, s, bind, e);
	if (st == ST_OK)
		st = predict_bins_make(&(struct predict_bins_from){w->m, t, bind, train}, s, &bins,
				       e);
	if (st != ST_OK)
		return st;
	w->bins = bins;
	st = grow_ready(w, t, train, s, e);
	if (st == ST_OK && judge_ready(&j, w->m, t, bind, late, s) != ST_OK)
		st = err_set(e, ST_LIMIT, "%zu rows do not fit", rows.n);
	if (st == ST_OK)
		boost(w, &j);
	return st;
}

enum status predict_trees(const struct predict_table *t, struct predict_rows rows,
			  const struct predict_conf *conf, struct arena *a, struct predict_model *m,
			  struct err *e)
{
	if (conf->rounds > PREDICT_TREES_MAX || conf->leaves > PREDICT_LEAVES_MAX ||
	    conf->leaves < 2)
		return err_set(e, ST_LIMIT, "%u rounds of %u leaves: at most %u of 2 to %u",
			       conf->rounds, conf->leaves, PREDICT_TREES_MAX, PREDICT_LEAVES_MAX);
	struct arena scratch;
	arena_init(&scratch, PREDICT_SCRATCH_BYTES_MAX);
	struct grow *w = ARENA_NEW(&scratch, struct grow);
	m->roots = ARENA_ARRAY(a, uint32_t, conf->rounds + 1);
	m->nodes = ARENA_ARRAY(a, struct predict_node, (size_t)conf->rounds * conf->leaves * 2 + 1);
	enum status st = ST_OK;
	if (w == NULL || m->roots == NULL || m->nodes == NULL)
		st = err_set(e, ST_LIMIT, "the trees do not fit");
	if (st == ST_OK) {
		w->conf = conf;
		w->m = m;
		st = grow_all(w, t, rows, &scratch, e);
	}
	arena_finish(&scratch);
	return st;
}
