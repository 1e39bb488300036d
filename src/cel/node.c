/* SPDX-License-Identifier: Apache-2.0
 * node.c: making nodes, with the ceilings that keep a program small, and the first problem. */
#include "cel/node.h"

#include <stdarg.h>
#include <stdio.h>

void compile_note(struct compile *c, enum cel_problem_code code, uint32_t at, uint32_t end,
		  const char *text)
{
	struct cel_problems *ps = c->problems;
	if (c->status == ST_OK)
		c->status = code == CEL_PROBLEM_LIMIT ? ST_LIMIT : ST_INVALID;
	c->problem = &ps->list[ps->n];
	*c->problem =
		(struct cel_problem){.code = code, .offset = at, .length = end > at ? end - at : 0};
	(void)snprintf(c->problem->text, sizeof c->problem->text, "%s", text);
	ps->n += ps->n < CEL_PROBLEMS_MAX;
}

bool compile_fail(struct compile *c, enum cel_problem_code code, uint32_t at, uint32_t end,
		  const char *fmt, ...)
{
	char text[sizeof c->problem->text];
	va_list ap;
	if (c->status != ST_OK)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); /* cut words are still words */
	va_end(ap);
	compile_note(c, code, at, end, text);
	return false;
}

static bool too_large(struct compile *c, uint32_t at, uint32_t end)
{
	return compile_fail(c, CEL_PROBLEM_LIMIT, at, end,
			    "this expression is too large: split it into several");
}

struct node *node_new(struct compile *c, enum node_kind kind, uint32_t at, uint32_t end)
{
	struct node *x = c->node_count < CEL_NODES_MAX ? ARENA_NEW(c->arena, struct node) : NULL;
	if (x == NULL) {
		too_large(c, at, end);
		return NULL;
	}
	c->node_count++;
	x->kind = (uint8_t)kind;
	x->height = 1;
	x->at = at;
	x->end = end;
	return x;
}

bool node_args(struct compile *c, struct node *x, uint32_t n)
{
	x->args = ARENA_ARRAY(c->arena, struct node *, n);
	x->n = n;
	return x->args != NULL || too_large(c, x->at, x->end);
}

bool cel_node_close(struct compile *c, struct node *x)
{
	for (uint32_t i = 0; i < x->n; i++)
		if (x->args[i] != NULL && x->args[i]->height >= x->height)
			x->height = (uint16_t)(x->args[i]->height + 1);
	if (x->height <= CEL_DEPTH_MAX)
		return true;
	return compile_fail(c, CEL_PROBLEM_LIMIT, x->at, x->end,
			    "this expression is nested more than %u deep: split it up",
			    CEL_DEPTH_MAX);
}
