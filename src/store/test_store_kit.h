/* SPDX-License-Identifier: Apache-2.0
 * test_store_kit.h: what the store's test programs share: kinds of store, a place for files, short
 * forms that fail the test instead of returning a status. */
#ifndef STORE_TEST_STORE_KIT_H
#define STORE_TEST_STORE_KIT_H

#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct kit_kind {
	const char *name;
	enum status (*open)(const struct store_conf *conf, struct store **out, struct err *e);
	bool durable;            /* there is a file to open again */
	size_t behind_bytes_max; /* as in store_conf */
};
extern const struct kit_kind kit_kinds[];
extern const size_t kit_kinds_n;

/* One store and its folder, made per case. */
struct kit {
	const struct kit_kind *kind;
	struct store_conf conf;
	struct store *store;
	struct arena arena;
	char folder[128], path[160];
};

void kit_open(struct kit *k, const struct kit_kind *kind);
void kit_reopen(struct kit *k); /* closes and opens again; a durable kind */
void kit_close(struct kit *k);  /* the folder too */
void kit_path(const struct kit *k, const char *name, char *out, size_t out_bytes);

void kit_ok(enum status st, const struct err *e);
extern struct err kit_err;
#define E (&kit_err)
#define OK(call) kit_ok(call, E)

void kit_put(struct store *s, enum table t, struct store_key k, const char *value);
void kit_del(struct store *s, enum table t, struct store_key k);
/* NULL as expected value: no such row. */
void kit_expect(struct store *s, enum table t, struct store_key k, const char *value);
void kit_begin(struct store *s);
void kit_commit(struct store *s);
void kit_sync(struct store *s);
uint64_t kit_hash(struct store *s);
/* The keys of a scan, joined by spaces: numbers in decimal, bytes as they are. */
const char *kit_keys(struct kit *k, struct store *s, enum table t, struct store_range range);
/* A deterministic value of n bytes. */
struct str kit_value(struct kit *k, uint64_t seed, size_t n);

/* `rows` leads that all say `number`, in one transaction; and what they all say, or -1 when they
 * differ: then somebody saw half a commit. */
enum status kit_uniform_put(struct store *s, unsigned rows, int64_t number, struct err *e);
int64_t kit_uniform_get(struct store *s);

#define NUM(n) KEY_NUM(n)
#define BYTES(z) KEY_BYTES(str_of(z))

#endif
