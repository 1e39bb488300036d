/* SPDX-License-Identifier: Apache-2.0
 * pages.c: SQLite's own page cache, without a walk through all of it at each commit.
 *
 * SQLite ends a transaction by telling the cache the number of the last page there is. The cache
 * drops what lies behind it, and knows from the highest number it ever held whether that can be
 * anything. But when a b-tree is balanced, pages change places by way of a number no page has (that
 * of the lock byte, far behind the end), so from the first such commit on the highest number is
 * always behind the end, and every commit looks at every page of a cache that may hold a hundred
 * thousand. Here a page set aside under a number behind the others, and taken back, does not count.
 *
 * sqlite3_pcache_methods2 tells what each method must do; all of the work is the library's. */
#include "sqlite/internal.h"

#include "base/assert.h"

struct pages {
	sqlite3_pcache *inner;
	unsigned highest; /* no page but the one set aside has a higher number */
	unsigned aside;   /* 0: none */
};

static sqlite3_pcache_methods2 library; /* set once, before the first cache */

static struct pages *pages_of(sqlite3_pcache *p)
{
	return (struct pages *)p;
}

static int init(void *arg)
{
	(void)arg;
	return library.xInit(library.pArg);
}

static void finish(void *arg)
{
	(void)arg;
	library.xShutdown(library.pArg);
}

static sqlite3_pcache *create(int page_bytes, int extra_bytes, int purgeable)
{
	struct pages *p = sqlite3_malloc(sizeof *p);
	if (p == NULL)
		return NULL;
	*p = (struct pages){.inner = library.xCreate(page_bytes, extra_bytes, purgeable)};
	if (p->inner == NULL) {
		sqlite3_free(p);
		return NULL;
	}
	return (sqlite3_pcache *)p;
}

static void set_size(sqlite3_pcache *p, int pages)
{
	library.xCachesize(pages_of(p)->inner, pages);
}

static int count(sqlite3_pcache *p)
{
	return library.xPagecount(pages_of(p)->inner);
}

static sqlite3_pcache_page *fetch(sqlite3_pcache *cache, unsigned number, int may_create)
{
	struct pages *p = pages_of(cache);
	if (may_create != 0 && number > p->highest)
		p->highest = number;
	return library.xFetch(p->inner, number, may_create);
}

static void unpin(sqlite3_pcache *p, sqlite3_pcache_page *page, int discard)
{
	library.xUnpin(pages_of(p)->inner, page, discard);
}

static void renumber(sqlite3_pcache *cache, sqlite3_pcache_page *page, unsigned from, unsigned to)
{
	struct pages *p = pages_of(cache);
	if (from == p->aside)
		p->aside = 0;
	if (to > p->highest && p->aside == 0)
		p->aside = to;
	else if (to > p->highest)
		p->highest = to;
	library.xRekey(p->inner, page, from, to);
}

static void truncate_from(sqlite3_pcache *cache, unsigned first)
{
	struct pages *p = pages_of(cache);
	if (first > p->highest && (p->aside == 0 || first > p->aside))
		return;
	ASSERT(first > 0);
	library.xTruncate(p->inner, first);
	if (first <= p->highest)
		p->highest = first - 1;
	if (first <= p->aside)
		p->aside = 0;
}

static void destroy(sqlite3_pcache *p)
{
	library.xDestroy(pages_of(p)->inner);
	sqlite3_free(p);
}

static void shrink(sqlite3_pcache *p)
{
	library.xShrink(pages_of(p)->inner);
}

const sqlite3_pcache_methods2 *sqlite_pages_over(const sqlite3_pcache_methods2 *below)
{
	static const sqlite3_pcache_methods2 ours = {
		.iVersion = 1,
		.xInit = init,
		.xShutdown = finish,
		.xCreate = create,
		.xCachesize = set_size,
		.xPagecount = count,
		.xFetch = fetch,
		.xUnpin = unpin,
		.xRekey = renumber,
		.xTruncate = truncate_from,
		.xDestroy = destroy,
		.xShrink = shrink,
	};
	library = *below;
	return &ours;
}
