/* SPDX-License-Identifier: Apache-2.0
 * keys.h: who may write, who may ask, who may rule. Write keys (nk_...) bring events in and can do
 * nothing else; decide keys (nd_...) ask for decisions and bring their rewards, and nothing else;
 * admin tokens (nt_...) do the rest.
 *
 * Kept in <data dir>/keys.json, mode 0600, written whole to a side file and renamed. It holds the
 * SHA-256 of each secret and never the secret: that is shown once, when it is made. A plain hash
 * is enough, because secrets are 32 random bytes and not words.
 *
 *   K1  A revoked key is found no more, at once.
 *   K2  Rotation gives a new secret under the same id and name: the source of the events, and with
 *       it the duplicates window, stays the same.
 *   K3  Each kind opens routes of its own role and no others: a write key never an admin route, an
 *       admin token never an ingest route, neither of them a decision.
 *   K4  The admin token called "local" is the daemon's, for the verbs of its machine: it is made
 *       new at each start, nobody else makes one, and it is rotated rather than revoked.
 * Thread: any; a lock inside.
 */
#ifndef API_KEYS_H
#define API_KEYS_H

#include "base/buf.h"
#include "base/status.h"

#define KEYS_MAX 1000
#define KEY_TOKEN_BYTES 64
#define KEY_ID_BYTES 16
#define KEY_NAME_BYTES 64 /* NUL included */

enum key_kind { KEY_WRITE, KEY_ADMIN, KEY_DECIDE, KEY_KIND_COUNT };

struct api_key {
	char id[KEY_ID_BYTES];     /* "wk_1", "at_1", "dk_1": never reused */
	char name[KEY_NAME_BYTES]; /* "web": the source of the events it brings */
	enum key_kind kind;
	int64_t created_us, rotated_us; /* TIME_NONE: never */
	unsigned slot;                  /* 0 .. KEYS_MAX-1, the same as long as the process runs */
};

/* A key just made: the only time its secret is seen. Wipe it (crypto_wipe) after showing it. */
struct key_secret {
	struct api_key key;
	char token[KEY_TOKEN_BYTES];
};

struct keys;

const char *key_kind_name(enum key_kind kind); /* "write", "admin", "decide" */
bool key_kind_parse(struct str s, enum key_kind *out_r);
/* What a sender may be called: a key's name, and the name of a webhook, which stands in a path. */
bool key_name_ok(struct str s);
#define KEY_NAME_RULE "1 to 63 characters of a-z, 0-9, '_', '.', '-'"

/* A folder without keys.json gives an empty set. ST_INVALID: the file is damaged, or others may
 * read it (the text says how to mend it). */
MUST_USE enum status keys_load(const char *data_dir, struct keys **out, struct err *e);
void keys_destroy(struct keys **k);
/* Reads the file again: for a daemon, after another process has changed it. On failure the set
 * stays as it was. */
MUST_USE enum status keys_reload(struct keys *k, struct err *e);

/* The secret cannot be had again. Name: key_name_ok, unique within its kind (ST_CONFLICT),
 * none of our own (ST_INVALID). The file is durable on return. */
MUST_USE enum status keys_add(struct keys *k, enum key_kind kind, struct str name, int64_t now_us,
			      struct key_secret *out, struct err *e);
MUST_USE enum status keys_rotate(struct keys *k, struct str id, int64_t now_us,
				 struct key_secret *out, struct err *e);
/* ST_CONFLICT: it is the one of K4. */
MUST_USE enum status keys_revoke(struct keys *k, struct str id, struct err *e);
/* A new secret for the token of K4, which is made where there is none yet. */
MUST_USE enum status keys_local(struct keys *k, int64_t now_us, struct key_secret *out,
				struct err *e);
bool key_is_local(const struct api_key *key);

/* Compares in constant time. False: no such key of that kind. */
bool keys_find(struct keys *k, enum key_kind kind, struct str token, struct api_key *out);
size_t keys_count(struct keys *k, enum key_kind kind);
/* Copies up to `max`, oldest first; returns how many. */
size_t keys_list(struct keys *k, struct api_key *out, size_t max);

#endif
