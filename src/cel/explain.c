/* SPDX-License-Identifier: Apache-2.0
 * explain.c: why a condition held or did not. Every clause is evaluated on its own, also those
 * && and || would not have asked: a person wants to know all that is missing, not the first. */
#include "cel/error.h"
#include "cel/eval.h"

struct explaining {
	const struct cel_prog *prog;
	struct cel_run *run;
	cel_clause_fn *each;
	void *ctx;
};

struct reads {
	struct cel_read items[CEL_READS_MAX];
	size_t n;
};

static void collect(struct explaining *e, const struct node *x, struct reads *r)
{
	if (x == NULL)
		return;
	if (x->kind == NODE_LOAD && r->n < CEL_READS_MAX) {
		size_t i = 0;
		while (i < r->n && (r->items[i].slot != x->slot || r->items[i].field != x->field))
			i++;
		if (i == r->n)
			r->items[r->n++] =
				(struct cel_read){x->slot, x->field, x->name, load(x, e->run)};
	}
	for (uint32_t i = 0; i < x->n; i++)
		collect(e, x->args[i], r);
}

static bool is_logic(const struct node *x)
{
	return x->kind == NODE_OP && (x->op == OP_AND || x->op == OP_OR || x->op == OP_NOT);
}

static void clause(struct explaining *e, const struct node *x, uint32_t depth)
{
	struct reads reads = {.n = 0};
	struct err err = {0};
	struct cel_clause c = {.offset = x->at, .length = x->end - x->at, .depth = depth};
	struct cel_value v = eval(x, e->run);
	if (v.kind == CEL_BOOL) {
		c.verdict = v.b ? CEL_IS_TRUE : CEL_IS_FALSE;
	} else {
		c.verdict = CEL_IS_ERROR;
		if (v.kind == CEL_ERROR)
			(void)error_set(e->prog, v, &err); /* Only its words are wanted. */
		c.error = v.kind == CEL_ERROR ? str_of(err.text) : STR("this is no bool");
	}
	if (is_logic(x)) {
		c.op = x->op == OP_AND  ? CEL_CLAUSE_AND
		       : x->op == OP_OR ? CEL_CLAUSE_OR
					: CEL_CLAUSE_NOT;
	} else {
		collect(e, x, &reads);
		c.reads = reads.items;
		c.read_count = reads.n;
	}
	e->each(e->ctx, &c);
	for (uint32_t i = 0; is_logic(x) && i < x->n; i++)
		clause(e, x->args[i], depth + 1);
}

void cel_explain(const struct cel_prog *prog, const struct cel_activation *act,
		 struct arena *scratch, cel_clause_fn *each, void *ctx)
{
	struct cel_run run;
	run.act = act;
	run.scratch = scratch;
	run.steps_left = act->steps_max ? act->steps_max : CEL_STEPS_MAX;
	struct explaining e = {prog, &run, each, ctx};
	clause(&e, prog->root, 0);
}

/* ---- values as text ---- */

#define TEXT_DEPTH_MAX 16u

static void put_value(struct cel_value v, unsigned depth, struct buf *out);

static void put_quoted(struct str s, struct buf *out)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_z(out, "\\n");
		else if (c < ' ' || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_byte(out, (char)c);
	}
	buf_byte(out, '"');
}

/* With a point, so that it reads back as a double. */
static void put_double(double d, struct buf *out)
{
	size_t from = out->n;
	double_text(d, false, out);
	for (size_t i = from; i < out->n; i++)
		if (strchr(".eNI", out->p[i]) != NULL)
			return;
	buf_z(out, ".0");
}

static void put_items(struct cel_value v, unsigned depth, struct buf *out)
{
	for (uint32_t i = 0; i < v.n; i++) {
		buf_z(out, i ? ", " : "");
		if (v.kind == CEL_MAP) {
			put_value(v.map->pairs[2 * (size_t)i], depth + 1, out);
			buf_z(out, ": ");
			put_value(v.map->pairs[2 * (size_t)i + 1], depth + 1, out);
		} else {
			put_value(v.list[i], depth + 1, out);
		}
	}
}

static void put_list(struct cel_value v, unsigned depth, struct buf *out)
{
	bool map = v.kind == CEL_MAP;
	buf_z(out, map ? "{" : "[");
	if (depth >= TEXT_DEPTH_MAX || (map && v.n > 0 && v.map->pairs == NULL))
		buf_z(out, "...");
	else
		put_items(v, depth, out);
	buf_z(out, map ? "}" : "]");
}

static void put_value(struct cel_value v, unsigned depth, struct buf *out)
{
	switch (v.kind) {
	case CEL_NULL: buf_z(out, "null"); break;
	case CEL_BOOL: buf_z(out, v.b ? "true" : "false"); break;
	case CEL_INT: buf_i64(out, v.i); break;
	case CEL_UINT:
		buf_u64(out, v.u);
		buf_byte(out, 'u');
		break;
	case CEL_DOUBLE: put_double(v.d, out); break;
	case CEL_BYTES:
		buf_byte(out, 'b');
		put_quoted(cel_str(v), out);
		break;
	case CEL_STRING: put_quoted(cel_str(v), out); break;
	case CEL_LIST:
	case CEL_MAP: put_list(v, depth, out); break;
	case CEL_TIMESTAMP: time_text(v, out); break;
	case CEL_DURATION: duration_text(v.i, out); break;
	case CEL_TYPE: buf_str(out, cel_str(v)); break;
	case CEL_OPTIONAL:
		buf_z(out, v.n ? "optional.of(" : "optional.none()");
		if (v.n > 0 && depth < TEXT_DEPTH_MAX)
			put_value(v.list[0], depth + 1, out);
		buf_z(out, v.n ? ")" : "");
		break;
	case CEL_ABSENT: buf_z(out, "not known"); break;
	default: buf_z(out, "error"); break;
	}
}

void cel_value_text(struct cel_value v, struct buf *out)
{
	put_value(v, 0, out);
}
