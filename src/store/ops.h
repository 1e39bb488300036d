/* SPDX-License-Identifier: Apache-2.0
 * ops.h: what a sibling of store.h implements; nobody else includes it.
 *
 * The front (store.c) checks arguments, opens a transaction around a lone write, remembers that
 * a write failed and refuses to commit then. So a sibling may rely on this:
 *   - begin, commit, rollback, put and del reach a writer only, put and del inside a transaction;
 *   - read_begin and read_end reach readers only, in pairs;
 *   - keys are of their table's kind and inside the limits of store.h;
 *   - a scan's callback neither writes nor scans.
 */
#ifndef STORE_OPS_H
#define STORE_OPS_H

#include "store/store.h"

/* Contracts as in store.h. store_init stops on a missing method. */
struct store_ops {
	const char *name; /* mandatory, as are all up to close */
	enum status (*get)(struct store *s, enum table t, struct store_key k, struct arena *a,
			   struct str *value_r, struct err *e);
	enum status (*scan)(struct store *s, enum table t, struct store_range range,
			    store_row_fn *fn, void *ctx, struct err *e);
	enum status (*reader)(struct store *s, struct store **out, struct err *e);
	enum status (*backup)(struct store *s, const char *path, struct err *e);
	uint64_t (*bytes)(struct store *s);
	void (*close)(struct store *s); /* frees s */
	/* Mandatory for a writer, absent on a reader. */
	enum status (*begin)(struct store *s, struct err *e);
	enum status (*commit)(struct store *s, struct err *e); /* on failure: undone */
	void (*rollback)(struct store *s);
	enum status (*put)(struct store *s, enum table t, struct store_key k, struct str value,
			   struct err *e);
	enum status (*del)(struct store *s, enum table t, struct store_key k, struct err *e);
	enum status (*show)(struct store *s, struct err *e);
	enum status (*sync)(struct store *s, struct err *e);
	/* Mandatory for a reader, absent on a writer. */
	enum status (*read_begin)(struct store *s, struct err *e);
	void (*read_end)(struct store *s);
};

/* A sibling's struct begins with this one. The front's own, siblings may read it. */
struct store {
	const struct store_ops *ops;
	bool read_only;      /* a reader */
	bool in_transaction; /* of a writer, or a reader's snapshot */
	bool scanning;
	enum status failed; /* of the first write that failed in this transaction */
	uint64_t looked;    /* rows that scans came by; a sibling counts them */
};

void store_init(struct store *s, const struct store_ops *ops, bool read_only);
/* Name of the first method that is missing or too many, or NULL. */
const char *store_ops_wrong(const struct store_ops *ops, bool read_only);

/* Takes over `base`, a writer, and stands before it (store_behind.c). polite as in store_conf. On
 * failure base is closed. */
MUST_USE enum status store_behind_open(struct store *base, size_t bytes_max,
				       const struct polite *polite, struct store **out,
				       struct err *e);

/* A step from version - 1 to version, inside a transaction that all steps share. */
struct store_migration {
	unsigned version;
	const char *name;
	enum status (*run)(struct store *s, struct err *e); /* NULL: nothing but the number */
};
#define STORE_META_SCHEMA STR("schema")

/* A writer: runs what is missing, in one transaction. A reader: checks that nothing is.
 * `path` is for the text of errors. */
MUST_USE enum status store_migrate(struct store *s, const char *path,
				   const struct store_migration *steps, size_t n, struct err *e);
/* The product's own steps, from migrate.c. */
MUST_USE enum status store_migrate_all(struct store *s, const char *path, struct err *e);

#endif
