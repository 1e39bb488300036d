/* SPDX-License-Identifier: Apache-2.0
 * test_book.h: decisions of other senders to try requests on, one for each way to choose, with
 * nothing learned yet. */
#ifndef ADVISE_TEST_BOOK_H
#define ADVISE_TEST_BOOK_H

#include "advise/advise.h"

static const struct str names[] = {STR("plan"), STR("seats")};
static const struct program_decision decisions[] = {
	{.name = STR("d"),
	 .mode = DECISION_IGW,
	 .context = names,
	 .context_n = 2,
	 .worth = 2,
	 .most = 1,
	 .least = 0.02,
	 .gain = 150},
	{.name = STR("s"),
	 .mode = DECISION_SHADOW,
	 .worth = 1,
	 .most = 1,
	 .least = 0.02,
	 .gain = 150},
	{.name = STR("f"), .mode = DECISION_FIRST, .worth = 1, .most = 1},
	{.name = STR("u"),
	 .mode = DECISION_IGW,
	 .context = names,
	 .context_n = 1,
	 .worth = 1,
	 .most = 0.5,
	 .least = 0.2,
	 .gain = 150,
	 .uniform = 0.1},
};
#define DECISIONS (sizeof decisions / sizeof *decisions)

struct world {
	struct advisor list[DECISIONS];
	struct advise_book *book;
	struct arena a;
	struct advise_ask q;
	struct advise_choice c;
	struct advise_no no;
};

static inline void open_world(struct world *w)
{
	for (size_t i = 0; i < DECISIONS; i++)
		advisor_open(&w->list[i], &decisions[i]);
	w->book = advise_book_make(w->list, DECISIONS);
	w->book->seed = 5;
	arena_init(&w->a, (size_t)8 << 20);
}

static inline void close_world(struct world *w)
{
	arena_finish(&w->a);
	advise_book_close(&w->book);
	for (size_t i = 0; i < DECISIONS; i++)
		advisor_close(&w->list[i]);
}

#endif
