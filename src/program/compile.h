/* SPDX-License-Identifier: Apache-2.0
 * compile.h: from a checked tree to struct program; inside the room only.
 *
 * The check of form has run: a node that is not marked bad has the shape its key asks for.
 * Compiling goes on past problems, so that those of sense are seen together with those of form;
 * a tree with errors is thrown away afterwards.
 */
#ifndef PROGRAM_COMPILE_H
#define PROGRAM_COMPILE_H

#include "program/check.h"
#include "program/facts_env.h"
#include "program/program.h"

struct compile_seen { /* the latest place that was turned into line and column */
	size_t at;
	int line, col;
};
struct compile {
	struct program *p;
	struct arena *arena; /* the program's: what stays */
	struct problems *ps; /* on its own arena: what is said */
	const struct ynode *root;
	const struct facts_env *env;
	bool full; /* the program's arena is at its ceiling */
	struct compile_seen seen;
};

/* Where a condition stands decides what it may ask for. */
enum cond_place {
	COND_PERSONA,
	COND_FIT,
	COND_EVENT,
	COND_ENTRY,
	COND_TIER,
	COND_ENTER, /* of a track */
	COND_STEP,  /* a step's if, a track's exit: asked without an event as well */
	COND_TRIGGER
};

void compile_cond(struct compile *c, const struct ynode *n, enum cond_place place,
		  struct program_cond *out);
/* What somebody meant by the bytes [from, to) of a condition: narrows or widens the range to what
 * `text` should replace. False: no idea. */
struct compile_meant {
	size_t from, to;
	struct str text;
};
bool compile_meant(struct compile *c, struct str cond, struct compile_meant *m);
/* The same for a literal of the wrong kind: "3" where a number belongs, 2 where 2.0 does. */
bool compile_literal_meant(struct compile *c, struct str cond, struct compile_meant *m);
/* The field the next path at or behind *at names, or NULL; *at moves behind the path. */
const struct facts_field *compile_field_at(struct compile *c, struct str cond, size_t *at,
					   struct str *path_r);
/* Which events: a type, family or *; `of` may be NULL (any), `where` too. */
void compile_on(struct compile *c, struct str of, const struct ynode *where,
		struct program_on *out);
/* Line and column, 1-based, in characters, of a byte of the source; and back: the word there. */
void compile_at(struct compile *c, size_t at, int *line_r, int *col_r);
struct place compile_place(struct str source, int line, int col);
/* A copy on the program's arena. */
struct str compile_text(struct compile *c, struct str s);
void *compile_array(struct compile *c, size_t count, size_t item_bytes);
#define COMPILE_ARRAY(c, type, count) ((type *)compile_array((c), (count), sizeof(type)))

/* ---- sections; each in the file named after it ---- */
void compile_fields(struct compile *c);   /* compile.c */
void compile_features(struct compile *c); /* compile_features.c: names first, see below */
void compile_feature_conds(struct compile *c);
void compile_scoring(struct compile *c); /* compile_score.c */
void compile_entry(struct compile *c);
void compile_consent(struct compile *c); /* compile_consent.c */
void compile_play(struct compile *c);    /* compile_play.c; after everything it names */
void compile_sense(struct compile *c);   /* compile_sense.c: what no section sees alone */

/* ---- names that must be unique ---- */
struct named { /* by what a rule is known: its name, and where that stands */
	struct str name;
	uint32_t key; /* program_key32, or 0 when the section keeps no cells */
	struct place where;
};
/* Refuses two entries with one name or one key. `what`: "engagement rule". */
void compile_unique(struct compile *c, const struct named *list, size_t n, const char *what);

#endif
