/* SPDX-License-Identifier: Apache-2.0
 * scan_parts.c: the partials and layouts of a folder of content: do they compile, is what they
 * render there, does one lead back to itself, and has a layout the places a mail must have? */
#include "compose/scan.h"

#include <stdlib.h>

#define WORD(i) ((i) / 64)
#define BIT(i) (UINT64_C(1) << ((i) % 64))

/* ---- what a template asks for ---- */

static const struct {
	const char *name, *words;
	bool needed; /* by a layout */
} slots[] = {
	{"content", "{{ content }}", true},
	{"unsubscribe_url", "<a href=\"{{ unsubscribe_url }}\">", true},
	{"sender.postal_address", "{{ sender.postal_address }}", true},
};
#define SLOTS_N (sizeof slots / sizeof *slots)

static struct str near_partial(const struct scan_parts *s, struct str name)
{
	struct str best = STR_NULL;
	unsigned distance = 3; /* as near as a slip of the hand */
	for (size_t i = 0; i < s->n; i++) {
		unsigned d = str_distance(name, s->rows[i].part.name);
		if (s->rows[i].part.kind == CONTENT_PARTIAL && d < distance) {
			distance = d;
			best = s->rows[i].part.name;
		}
	}
	return best;
}

static size_t row_of(const struct scan_parts *s, enum content_part_kind kind, struct str name)
{
	size_t i = 0;
	while (i < s->n && (s->rows[i].part.kind != kind || !str_eq(s->rows[i].part.name, name)))
		i++;
	return i;
}

bool scan_has_layout(const struct scan_parts *s, struct str name)
{
	return str_is(name, CONTENT_LAYOUT_BUILT_IN) || row_of(s, CONTENT_LAYOUT, name) < s->n;
}

static void find_fault(struct scan_uses *u, const struct liquid_use *use, const char *what)
{
	if (u->line != 0)
		return;
	u->line = use->line;
	u->col = use->column;
	u->what = arena_str(u->a, str_of(what));
}

static void use_partial(struct scan_uses *u, const struct liquid_use *use)
{
	size_t i = row_of(u->parts, CONTENT_PARTIAL, use->name);
	if (u->plain) {
		find_fault(u, use,
			   "a partial is HTML, and this line is plain text; write the words here");
	} else if (i < u->parts->n) {
		u->partials[WORD(i)] |= BIT(i);
	} else {
		struct str near = near_partial(u->parts, use->name);
		struct str name = str_upto(use->name, CONTENT_NAME_MAX);
		struct str what = near.n ? arena_printf(u->a,
							"no partial called \"" STR_FMT
							"\"; did you mean \"" STR_FMT "\"?",
							STR_ARG(name), STR_ARG(near))
					 : arena_printf(u->a,
							"no partial called \"" STR_FMT "\"; write "
							"content/partials/" STR_FMT ".liquid",
							STR_ARG(name), STR_ARG(name));
		find_fault(u, use, arena_strz(u->a, what));
	}
}

static void on_use(void *ctx, const struct liquid_use *use)
{
	struct scan_uses *u = ctx;
	if (use->kind == LIQUID_USE_PARTIAL)
		use_partial(u, use);
	if (use->kind == LIQUID_USE_TAG && str_is(use->name, "include"))
		find_fault(
			u, use,
			"include would share all variables; write render, and name what it gets");
	for (size_t i = 0; i < SLOTS_N; i++)
		if (use->kind == LIQUID_USE_VARIABLE && use->required &&
		    str_is(use->name, slots[i].name))
			u->slots |= 1u << i;
}

void scan_uses(const struct liquid_template *t, struct scan_uses *u)
{
	liquid_uses(t, on_use, u);
}

/* ---- one part ---- */

static enum status told_at(struct str path, unsigned line, unsigned col, struct str what,
			   struct err *e)
{
	return err_set(e, ST_INVALID, STR_FMT ":%u:%u: " STR_FMT, STR_ARG(path), line, col,
		       STR_ARG(what));
}

static enum status read_part(struct scan_parts *s, struct scan_part *row, struct arena *a,
			     struct err *e)
{
	const struct liquid_template *t;
	struct liquid_problem p;
	struct scan_uses u = {.parts = s, .a = a};
	if (compose_part_compile(row->part.kind, row->part.name, row->file->bytes, a, &t, &p) !=
	    ST_OK)
		return compose_told(row->file->path, (struct compose_place){p.line, p.column}, &p,
				    e);
	scan_uses(t, &u);
	memcpy(row->partials, u.partials, sizeof row->partials);
	row->slots = u.slots;
	return u.line == 0 ? ST_OK : told_at(row->file->path, u.line, u.col, u.what, e);
}

/* ---- all of them ---- */

/* What is reached over others: Warshall's closure over sets of bits. */
static void close_over(struct scan_parts *s)
{
	for (size_t k = 0; k < s->n; k++)
		for (size_t i = 0; i < s->n; i++) {
			if (!(s->rows[i].partials[WORD(k)] & BIT(k)))
				continue;
			for (size_t w = 0; w < SCAN_WORDS; w++)
				s->rows[i].partials[w] |= s->rows[k].partials[w];
		}
}

struct circle {
	const struct scan_parts *s;
	size_t of;
	unsigned line, col;
	struct str by;
};

static void find_circle(void *ctx, const struct liquid_use *use)
{
	struct circle *c = ctx;
	size_t i = use->kind == LIQUID_USE_PARTIAL ? row_of(c->s, CONTENT_PARTIAL, use->name)
						   : c->s->n;
	if (i == c->s->n || c->line != 0 ||
	    (i != c->of && !(c->s->rows[i].partials[WORD(c->of)] & BIT(c->of))))
		return;
	c->line = use->line;
	c->col = use->column;
	c->by = c->s->rows[i].part.name;
}

static enum status no_circle(const struct scan_parts *s, size_t i, struct arena *a, struct err *e)
{
	const struct scan_part *row = &s->rows[i];
	const struct liquid_template *t;
	struct liquid_problem p;
	struct circle c = {.s = s, .of = i};
	if (!(row->partials[WORD(i)] & BIT(i)) ||
	    compose_part_compile(row->part.kind, row->part.name, row->file->bytes, a, &t, &p) !=
		    ST_OK)
		return ST_OK;
	liquid_uses(t, find_circle, &c);
	struct str what = arena_printf(a,
				       "the partial \"" STR_FMT "\" leads back to this one, so it "
				       "would never end; take one of the two out",
				       STR_ARG(c.by));
	return told_at(row->file->path, c.line, c.col, what, e);
}

/* Where a slot belongs: at the end of the body, else of the file. */
static struct compose_place end_of(struct str text)
{
	struct compose_place at = {1, 1};
	size_t end = text.n;
	while (end > 0 && !str_starts(str_slice(text, end - 1, text.n), STR("</body>")))
		end--;
	end = end > 0 ? end - 1 : str_trim(text).n;
	for (size_t i = 0; i < end; i++) {
		at.line += text.p[i] == '\n';
		at.col = text.p[i] == '\n' ? 1 : at.col + 1;
	}
	return at;
}

static enum status has_slots(const struct scan_parts *s, size_t i, struct arena *a, struct err *e)
{
	const struct scan_part *row = &s->rows[i];
	uint32_t have = row->slots;
	struct buf lack;
	for (size_t k = 0; k < s->n; k++)
		have |= row->partials[WORD(k)] & BIT(k) ? s->rows[k].slots : 0;
	buf_init_arena(&lack, a, 256);
	for (size_t k = 0; k < SLOTS_N; k++) {
		if (!slots[k].needed || have & (1u << k))
			continue;
		buf_printf(&lack, "%s%s", lack.n ? " and " : "", slots[k].words);
	}
	if (row->part.kind != CONTENT_LAYOUT || lack.n == 0)
		return ST_OK;
	struct compose_place at = end_of(row->file->bytes);
	struct str what = arena_printf(a,
				       "a layout without " STR_FMT "; put it in (a `default` does "
				       "not count: it may not be empty)",
				       STR_ARG(buf_view(&lack)));
	return told_at(row->file->path, at.line, at.col, what, e);
}

static int by_part(const void *a, const void *b)
{
	const struct scan_part *x = a, *y = b;
	return x->part.kind != y->part.kind ? (int)x->part.kind - (int)y->part.kind
					    : str_cmp(x->part.name, y->part.name);
}

/* A request may name one file twice. */
static void drop_twins(struct scan_parts *s, scan_told_fn *tell, void *ctx)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (kept > 0 && by_part(&s->rows[kept - 1], &s->rows[i]) == 0)
			tell(ctx, s->rows[i].file, SCAN_FILE, "there twice; keep one of them");
		else
			s->rows[kept++] = s->rows[i];
	}
	s->n = kept;
}

void scan_parts_read(struct scan_parts *s, scan_told_fn *tell, void *ctx)
{
	struct arena scratch;
	struct err e;
	if (s->n > 0)
		qsort(s->rows, s->n, sizeof *s->rows, by_part);
	arena_init(&scratch, SCAN_SCRATCH);
	drop_twins(s, tell, ctx);
	for (size_t i = 0; i < s->n; i++, arena_reset(&scratch)) {
		s->rows[i].wrong = read_part(s, &s->rows[i], &scratch, &e) != ST_OK;
		if (s->rows[i].wrong)
			tell(ctx, s->rows[i].file, SCAN_FILE, e.text);
	}
	close_over(s);
	for (size_t i = 0; i < s->n; i++, arena_reset(&scratch)) {
		struct scan_part *row = &s->rows[i];
		if (row->wrong)
			continue; /* told once */
		if (no_circle(s, i, &scratch, &e) != ST_OK)
			tell(ctx, row->file, SCAN_FILE, e.text);
		else if (has_slots(s, i, &scratch, &e) != ST_OK)
			tell(ctx, row->file, SCAN_SLOTS, e.text);
	}
	arena_finish(&scratch);
}
