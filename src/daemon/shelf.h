/* SPDX-License-Identifier: Apache-2.0
 * shelf.h: the latest book of what was learned (advise/advise.h), for any number of reading
 * threads, put there by one.
 *
 * Four places, each with a count of its readers. The writer fills a place that is not the current
 * one and that nobody reads, then names it current. A reader counts itself in and looks whether the
 * place is still the current one; if not, it counts itself out again without having looked at the
 * book. No lock, and no reader waits. Where all other places are still being read, the old book
 * stays for another round: readers hold one for microseconds, but for the one desk of decisions
 * about leads, which holds one until its commit.
 */
#ifndef DAEMON_SHELF_H
#define DAEMON_SHELF_H

#include "advise/advise.h"

#include <stdatomic.h>

#define SHELF_PLACES 4

struct shelf {
	struct shelf_place {
		_Atomic unsigned readers;
		struct advise_book *book; /* NULL: never filled */
	} place[SHELF_PLACES];
	_Atomic unsigned current;
};

/* The shelf's own from then on. False: no place is free; the book is still the caller's. One thread
 * at a time. */
bool shelf_put(struct shelf *s, struct advise_book *b);
/* NULL: there is none yet. *place_r goes back with shelf_give, also then. Any thread. */
const struct advise_book *shelf_take(struct shelf *s, unsigned *place_r);
void shelf_give(struct shelf *s, unsigned place);
void shelf_clear(struct shelf *s); /* nobody reads any more */

#endif
