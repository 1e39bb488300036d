/* SPDX-License-Identifier: Apache-2.0
 * faulty.c: passes everything through to the store inside, and dies when told: just before a
 * commit takes effect, or just after, when nobody will hear of it. */
#include "sim.h"
#include "store/ops.h"

#include "base/arena.h"

struct faulty {
	struct store store;
	struct store *inner;
	bool before, after;
};

static struct store *in(struct store *s)
{
	return ((struct faulty *)s)->inner;
}

static enum status f_begin(struct store *s, struct err *e)
{
	return store_begin(in(s), e);
}

static enum status f_commit(struct store *s, struct err *e)
{
	struct faulty *f = (struct faulty *)s;
	bool before = f->before, after = f->after;
	f->before = f->after = false;
	if (before) {
		store_rollback(in(s));
		return err_set(e, ST_IO, "simulated: died before the commit");
	}
	enum status st = store_commit(in(s), e);
	if (st == ST_OK && after)
		return err_set(e, ST_IO, "simulated: died after the commit");
	return st;
}

static enum status f_show(struct store *s, struct err *e)
{
	return store_show(in(s), e);
}

static enum status f_sync(struct store *s, struct err *e)
{
	return store_sync(in(s), e);
}

static void f_rollback(struct store *s)
{
	store_rollback(in(s));
}

static enum status f_get(struct store *s, enum table t, struct store_key k, struct arena *a,
			 struct str *v, struct err *e)
{
	return store_get(in(s), t, k, a, v, e);
}

static enum status f_put(struct store *s, enum table t, struct store_key k, struct str v,
			 struct err *e)
{
	return store_put(in(s), t, k, v, e);
}

static enum status f_del(struct store *s, enum table t, struct store_key k, struct err *e)
{
	return store_del(in(s), t, k, e);
}

static enum status f_scan(struct store *s, enum table t, struct store_range r, store_row_fn *fn,
			  void *ctx, struct err *e)
{
	return store_scan(in(s), t, r, fn, ctx, e);
}

static enum status f_reader(struct store *s, struct store **out, struct err *e)
{
	return store_reader(in(s), out, e);
}

static enum status f_backup(struct store *s, const char *path, struct err *e)
{
	return store_backup(in(s), path, e);
}

static uint64_t f_bytes(struct store *s)
{
	return store_bytes(in(s));
}

static void f_close(struct store *s)
{
	mem_free(s);
}

static const struct store_ops faulty = {
	.name = "faulty",
	.begin = f_begin,
	.commit = f_commit,
	.show = f_show,
	.sync = f_sync,
	.rollback = f_rollback,
	.get = f_get,
	.put = f_put,
	.del = f_del,
	.scan = f_scan,
	.reader = f_reader,
	.backup = f_backup,
	.bytes = f_bytes,
	.close = f_close,
};

struct store *faulty_wrap(struct store *inner)
{
	struct faulty *f = mem_alloc(sizeof *f);
	store_init(&f->store, &faulty, false);
	f->inner = inner;
	return &f->store;
}

void faulty_arm(struct store *s, bool before, bool after)
{
	struct faulty *f = (struct faulty *)s;
	f->before = before;
	f->after = after;
}
