/* SPDX-License-Identifier: Apache-2.0
 * template.c: what can be asked of a compiled template, and problems in words. */
#include "liquid/parse.h"

#include <stdio.h>

void nearest_start(struct nearest *n, struct str wanted)
{
	*n = (struct nearest){.wanted = wanted, .best = STR(""), .distance = 64};
}

void nearest_consider(struct nearest *n, struct str name)
{
	unsigned d = str_distance(n->wanted, name);
	/* One slip in three letters is a slip; more is another word. */
	if (d < n->distance && d <= n->wanted.n / 3 + 1 && d < name.n) {
		n->distance = d;
		n->best = name;
	}
}

void liquid_place(struct str source, uint32_t at, uint32_t *line_r, uint32_t *column_r)
{
	uint32_t line = 1, column = 1;
	for (uint32_t i = 0; i < at && i < source.n; i++) {
		if (source.p[i] == '\n')
			line++, column = 1;
		else
			column += ((unsigned char)source.p[i] & 0xc0) != 0x80;
	}
	*line_r = line;
	*column_r = column;
}

enum status liquid_problem_err(const struct liquid_problem *p, struct err *e)
{
	char place[64] = "";
	if (p->line > 0)
		snprintf(place, sizeof place, "%u:%u: ", p->line, p->column);
	return err_set(e, p->status, "%s%s%s%s", p->name,
		       !p->name[0] ? ""
		       : place[0]  ? ":"
				   : ": ",
		       place, p->text);
}

void liquid_uses(const struct liquid_template *t, liquid_use_fn *each, void *ctx)
{
	for (const struct use *u = t->uses; u != NULL; u = u->next) {
		struct liquid_use use = u->use;
		if (use.kind == LIQUID_USE_VARIABLE && t->sets[u->slot])
			continue;
		liquid_place(t->source, u->at, &use.line, &use.column);
		each(ctx, &use);
	}
}
