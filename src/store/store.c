/* SPDX-License-Identifier: Apache-2.0
 * store.c: the front of every store: argument checks, lone writes, the state hash.
 *
 * What all siblings must do alike is done here once, so that a sibling is only storage and two
 * siblings cannot differ in manners: the rule that a transaction with a failed write never
 * commits, for one, would otherwise be a rule of SQLite's error recovery. */
#include "store/ops.h"

#include "base/assert.h"
#include "base/hash.h"

static const struct {
	const char *name;
	enum table_key kind;
	bool hashed;
} tables[TABLE_COUNT] = {
#define HASHED true
#define LOCAL false
#define TABLE(name, sql, kind, hashed, help) [TABLE_##name] = {sql, TABLE_KEY_##kind, hashed},
#include "store/table.def"
#undef TABLE
#undef HASHED
#undef LOCAL
};

const char *table_name(enum table t)
{
	ASSERT(t < TABLE_COUNT);
	return tables[t].name;
}

enum table_key table_key_kind(enum table t)
{
	ASSERT(t < TABLE_COUNT);
	return tables[t].kind;
}

bool table_hashed(enum table t)
{
	ASSERT(t < TABLE_COUNT);
	return tables[t].hashed;
}

/* --- registration --------------------------------------------------------------------------- */

const char *store_ops_wrong(const struct store_ops *o, bool read_only)
{
	const struct {
		const char *name;
		bool there, wanted;
	} methods[] = {
		{"name", o->name != NULL, true},
		{"get", o->get != NULL, true},
		{"scan", o->scan != NULL, true},
		{"reader", o->reader != NULL, true},
		{"backup", o->backup != NULL, true},
		{"bytes", o->bytes != NULL, true},
		{"close", o->close != NULL, true},
		{"begin", o->begin != NULL, !read_only},
		{"commit", o->commit != NULL, !read_only},
		{"rollback", o->rollback != NULL, !read_only},
		{"put", o->put != NULL, !read_only},
		{"del", o->del != NULL, !read_only},
		{"show", o->show != NULL, !read_only},
		{"sync", o->sync != NULL, !read_only},
		{"read_begin", o->read_begin != NULL, read_only},
		{"read_end", o->read_end != NULL, read_only},
	};
	_Static_assert(sizeof methods / sizeof *methods == sizeof *o / sizeof(void *),
		       "a method of struct store_ops is not checked");
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (methods[i].there != methods[i].wanted)
			return methods[i].name;
	return NULL;
}

void store_init(struct store *s, const struct store_ops *ops, bool read_only)
{
	ASSERT(store_ops_wrong(ops, read_only) == NULL);
	*s = (struct store){.ops = ops, .read_only = read_only, .failed = ST_OK};
}

void store_close(struct store **s)
{
	struct store *gone = *s;
	*s = NULL;
	if (gone == NULL)
		return;
	if (gone->read_only && gone->in_transaction)
		store_read_end(gone);
	else
		store_rollback(gone);
	gone->ops->close(gone);
}

/* --- transactions --------------------------------------------------------------------------- */

enum status store_begin(struct store *s, struct err *e)
{
	ASSERT(!s->read_only && !s->in_transaction && !s->scanning);
	enum status st = s->ops->begin(s, e);
	s->in_transaction = st == ST_OK;
	s->failed = ST_OK;
	return st;
}

enum status store_commit(struct store *s, struct err *e)
{
	ASSERT(s->in_transaction && !s->read_only && !s->scanning);
	if (s->failed != ST_OK) {
		store_rollback(s);
		return err_set(e, s->failed,
			       "%s store: a write of this transaction failed (%s); all of "
			       "it was undone, do it again",
			       s->ops->name, status_name(s->failed));
	}
	s->in_transaction = false;
	return s->ops->commit(s, e);
}

void store_rollback(struct store *s)
{
	if (!s->in_transaction || s->read_only)
		return;
	s->in_transaction = false;
	s->ops->rollback(s);
}

enum status store_show(struct store *s, struct err *e)
{
	ASSERT(!s->in_transaction && !s->read_only && !s->scanning);
	return s->ops->show(s, e);
}

enum status store_sync(struct store *s, struct err *e)
{
	ASSERT(!s->in_transaction && !s->read_only && !s->scanning);
	return s->ops->sync(s, e);
}

enum status store_read_begin(struct store *s, struct err *e)
{
	ASSERT(s->read_only && !s->in_transaction && !s->scanning);
	enum status st = s->ops->read_begin(s, e);
	s->in_transaction = st == ST_OK;
	return st;
}

void store_read_end(struct store *s)
{
	ASSERT(s->read_only && s->in_transaction && !s->scanning);
	s->in_transaction = false;
	s->ops->read_end(s);
}

bool store_is_reader(const struct store *s)
{
	return s->read_only;
}

/* --- rows ----------------------------------------------------------------------------------- */

static bool key_fits(enum table t, struct store_key k)
{
	if (table_key_kind(t) == TABLE_KEY_INT)
		return k.bytes.n == 0 && k.num <= INT64_MAX;
	return k.num == 0 && k.bytes.n > 0 && k.bytes.n <= STORE_KEY_MAX;
}

static enum status note(struct store *s, enum status st)
{
	if (st != ST_OK && s->failed == ST_OK)
		s->failed = st;
	return st;
}

/* After a failed write SQLite may have left the transaction: what follows would be kept. */
static enum status refuse(struct store *s, struct err *e)
{
	return err_set(e, s->failed,
		       "%s store: a write of this transaction failed (%s) before this one",
		       s->ops->name, status_name(s->failed));
}

/* A write outside a transaction gets one of its own. */
static enum status lone_end(struct store *s, enum status st, struct err *e)
{
	if (st == ST_OK)
		return store_commit(s, e);
	store_rollback(s);
	return st;
}

enum status store_put(struct store *s, enum table t, struct store_key k, struct str value,
		      struct err *e)
{
	ASSERT(!s->read_only && !s->scanning && key_fits(t, k));
	bool lone = !s->in_transaction;
	enum status st = lone ? store_begin(s, e) : ST_OK;
	if (st != ST_OK)
		return st;
	if (s->failed != ST_OK)
		return refuse(s, e);
	if (value.n > STORE_VALUE_MAX)
		st = err_set(e, ST_LIMIT, "table %s: a value of %zu bytes; %zu at most",
			     table_name(t), value.n, STORE_VALUE_MAX);
	else
		st = s->ops->put(s, t, k, value, e);
	st = note(s, st);
	return lone ? lone_end(s, st, e) : st;
}

enum status store_del(struct store *s, enum table t, struct store_key k, struct err *e)
{
	ASSERT(!s->read_only && !s->scanning && key_fits(t, k));
	bool lone = !s->in_transaction;
	enum status st = lone ? store_begin(s, e) : ST_OK;
	if (st != ST_OK)
		return st;
	if (s->failed != ST_OK)
		return refuse(s, e);
	st = note(s, s->ops->del(s, t, k, e));
	return lone ? lone_end(s, st, e) : st;
}

enum status store_get(struct store *s, enum table t, struct store_key k, struct arena *a,
		      struct str *value_r, struct err *e)
{
	ASSERT(key_fits(t, k));
	return s->ops->get(s, t, k, a, value_r, e);
}

static bool bound_fits(enum table t, struct store_key k)
{
	return (k.num == 0 && k.bytes.n == 0) || key_fits(t, k);
}

enum status store_scan(struct store *s, enum table t, struct store_range range, store_row_fn *fn,
		       void *ctx, struct err *e)
{
	ASSERT(!s->scanning && bound_fits(t, range.from) && bound_fits(t, range.to));
	s->scanning = true;
	enum status st = s->ops->scan(s, t, range, fn, ctx, e);
	s->scanning = false;
	return st;
}

/* --- the whole ------------------------------------------------------------------------------ */

enum status store_reader(struct store *s, struct store **out, struct err *e)
{
	return s->ops->reader(s, out, e);
}

enum status store_backup(struct store *s, const char *path, struct err *e)
{
	return s->ops->backup(s, path, e);
}

uint64_t store_bytes(struct store *s)
{
	return s->ops->bytes(s);
}

uint64_t store_looked(const struct store *s)
{
	return s->looked;
}

struct hashing {
	uint64_t table, value; /* of the table's name; the running hash */
	enum table_key kind;
};

/* Each row is hashed with the hash so far as its seed: order counts, and no row can be moved
 * between tables unseen. Table names, not numbers: a new row in table.def changes nothing. */
static bool hash_row(void *ctx, struct store_key k, struct str value)
{
	struct hashing *h = ctx;
	uint64_t key = h->kind == TABLE_KEY_INT ? hash_u64(k.num) : hash_str(k.bytes, h->table);
	uint64_t head[3] = {h->value, h->table, key};
	uint64_t seed = hash_str(str_n((const char *)head, sizeof head), 0);
	h->value = hash_str(value, seed);
	return true;
}

enum status store_hash(struct store *s, uint64_t *hash_r, struct err *e)
{
	struct hashing h = {.value = 0};
	bool snapshot = s->read_only && !s->in_transaction;
	enum status st = snapshot ? store_read_begin(s, e) : ST_OK;
	if (st != ST_OK)
		return st;
	for (enum table t = 0; t < TABLE_COUNT && st == ST_OK; t++) {
		if (!table_hashed(t))
			continue;
		h.kind = table_key_kind(t);
		h.table = hash_str(str_of(table_name(t)), 0);
		st = store_scan(s, t, (struct store_range){.backwards = false}, hash_row, &h, e);
	}
	if (snapshot)
		store_read_end(s);
	if (st == ST_OK)
		*hash_r = h.value;
	return st;
}
