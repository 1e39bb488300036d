/* SPDX-License-Identifier: Apache-2.0
 * diff_part.h: what the parts of a comparison share; inside the room only. */
#ifndef PROGRAM_DIFF_PART_H
#define PROGRAM_DIFF_PART_H

#include "program/diff.h"
#include "program/track.h"

struct differ {
	const struct program *old, *new;
	struct arena *arena;
	struct program_change *list;
	size_t n, cap;
	unsigned touches;
	bool full;
};

/* Never NULL: where there is no memory left, a spare row that nobody will see. */
struct program_change *diff_add(struct differ *d, enum program_change_kind kind, unsigned touches);

/* One line; text that does not fit on the arena makes the whole diff ST_LIMIT. */
#define CHANGE(d, how, what, part, who, ...) \
	do { \
		struct program_change *c_ = diff_add((d), (how), (what)); \
		c_->section = str_of(part); \
		c_->name = (who); \
		c_->text = arena_printf((d)->arena, __VA_ARGS__); \
		(d)->full = (d)->full || c_->text.p == NULL; \
	} while (0)

/* ---- single values ---- */

struct scalar {
	const char *section, *what;
	unsigned touches;
};
void diff_text(struct differ *d, struct scalar s, struct str old, struct str new);
void diff_number(struct differ *d, struct scalar s, double old, double new);
void diff_time(struct differ *d, struct scalar s, int64_t old, int64_t new);
struct str diff_days(struct differ *d, int64_t us); /* "14d"; 0: "never" */
struct str diff_joined(struct differ *d, const struct str *list, size_t n);
struct str diff_cond(const struct program_cond *c); /* its text, or "always" */

void diff_tracks(struct differ *d); /* diff_track.c */
void diff_play(struct differ *d);   /* diff_play.c: triggers, guardrails, teams, experiments */
/* "move to consideration, then pause 7d" */
struct str diff_action(struct differ *d, const struct program *p, const struct program_action *a);

#endif
