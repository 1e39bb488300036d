/* SPDX-License-Identifier: Apache-2.0
 * keys.c: the set of keys in memory and in keys.json. A set is small (at most KEYS_MAX) and
 * changes rarely: it is scanned, and written whole. */
#include "api/keys.h"

#include "base/assert.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define SCHEMA "nurtured.keys/1"
#define LOCAL "local" /* the token of K4 */

static const struct {
	const char *name, *id_prefix, *token_prefix;
} kinds[KEY_KIND_COUNT] = {
	[KEY_WRITE] = {.name = "write", .id_prefix = "wk_", .token_prefix = "nk_"},
	[KEY_ADMIN] = {.name = "admin", .id_prefix = "at_", .token_prefix = "nt_"},
	[KEY_DECIDE] = {.name = "decide", .id_prefix = "dk_", .token_prefix = "nd_"},
};

/* Under these names the log keeps what we saw and did ourselves. */
static const char *const our_sources[] = {"decide",   "deliver", "merge",  "observe",
					  "operator", "program", "system", "trigger"};

struct entry {
	struct api_key key;
	uint8_t hash[SHA256_BYTES];
};

struct set {
	struct entry *entries; /* KEYS_MAX, oldest first */
	size_t count;
	int64_t next_id;
};

struct keys {
	pthread_rwlock_t lock;
	char *path;
	struct set set;
};

const char *key_kind_name(enum key_kind kind)
{
	ASSERT(kind < KEY_KIND_COUNT);
	return kinds[kind].name;
}

bool key_kind_parse(struct str s, enum key_kind *out_r)
{
	for (size_t i = 0; i < KEY_KIND_COUNT; i++) {
		if (!str_is(s, kinds[i].name))
			continue;
		*out_r = (enum key_kind)i;
		return true;
	}
	return false;
}

static struct set set_new(void)
{
	return (struct set){.entries = mem_array(KEYS_MAX, sizeof(struct entry)), .next_id = 1};
}

static bool copy_text(char *to, size_t bytes, struct str s)
{
	if (s.n == 0 || s.n >= bytes)
		return false;
	memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}

bool key_name_ok(struct str s)
{
	if (s.n == 0 || s.n >= KEY_NAME_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
			  c == '.' || c == '-';
		if (!ok)
			return false;
	}
	return true;
}

/* --- the file --- */

static int64_t read_time(const struct json *d, uint32_t node, const char *key, struct arena *a)
{
	int64_t at;
	struct str text = json_str(d, json_get(d, node, key), a);
	return text.p != NULL && time_parse(text, &at) ? at : TIME_NONE;
}

static bool read_entry(const struct json *d, uint32_t node, struct arena *a, struct entry *out)
{
	struct buf hash;
	*out = (struct entry){0};
	buf_init_arena(&hash, a, SHA256_BYTES);
	if (!key_kind_parse(json_str(d, json_get(d, node, "kind"), a), &out->key.kind) ||
	    !copy_text(out->key.id, sizeof out->key.id, json_str(d, json_get(d, node, "id"), a)) ||
	    !hex_decode(json_str(d, json_get(d, node, "sha256"), a), &hash) ||
	    hash.n != SHA256_BYTES)
		return false;
	struct str name = json_str(d, json_get(d, node, "name"), a);
	if (!key_name_ok(name) || !copy_text(out->key.name, sizeof out->key.name, name))
		return false;
	memcpy(out->hash, hash.p, SHA256_BYTES);
	out->key.created_us = read_time(d, node, "created", a);
	out->key.rotated_us = read_time(d, node, "rotated", a);
	return true;
}

static enum status parse_file(const char *path, struct str text, struct arena *a, struct set *out,
			      struct err *e)
{
	struct json d;
	enum status st = json_parse(text, JSON_LIMITS_EVENT, a, &d, e);
	if (st != ST_OK)
		return e ? err_wrap(e, "%s", path) : st;
	if (!str_eq(json_str(&d, json_get(&d, 0, "schema"), a), STR(SCHEMA)) ||
	    !json_i64(&d, json_get(&d, 0, "next"), &out->next_id))
		return err_set(e, ST_INVALID, "%s is not a keys file of this version (" SCHEMA ")",
			       path);
	uint32_t list = json_get(&d, 0, "keys");
	for (uint32_t n = json_first(&d, list); n != JSON_NONE; n = json_next(&d, list, n)) {
		if (out->count == KEYS_MAX)
			return err_set(e, ST_LIMIT, "%s holds more than %d keys", path, KEYS_MAX);
		if (!read_entry(&d, n, a, &out->entries[out->count]))
			return err_set(
				e, ST_INVALID,
				"%s: key number %zu is damaged. Restore the file from a backup, "
				"or remove that entry and make a new key",
				path, out->count + 1);
		out->entries[out->count].key.slot = (unsigned)out->count;
		out->count++;
	}
	return ST_OK;
}

/* A secret's hash is no secret, but the file also decides who may rule: only its owner may touch
 * it. */
static enum status check_mode(const char *path, struct err *e)
{
	struct stat sb;
	if (stat(path, &sb) != 0)
		return err_set(e, errno == ENOENT ? ST_NOT_FOUND : ST_IO, "cannot look at %s: %s",
			       path, strerror(errno));
	if ((sb.st_mode & 077) != 0)
		return err_set(e, ST_INVALID, "%s is open to others (mode %03o). Run: chmod 600 %s",
			       path, (unsigned)(sb.st_mode & 0777), path);
	return ST_OK;
}

static enum status read_set(const char *path, struct set *out, struct err *e)
{
	struct arena a;
	struct str text;
	arena_init(&a, FILE_BYTES_MAX * 8);
	*out = set_new();
	enum status st = check_mode(path, e);
	if (st == ST_OK)
		st = file_read(path, FILE_BYTES_MAX, &a, &text, e);
	if (st == ST_OK)
		st = parse_file(path, text, &a, out, e);
	if (st == ST_NOT_FOUND)
		st = ST_OK; /* no key was ever made */
	arena_finish(&a);
	if (st != ST_OK)
		mem_free(out->entries);
	return st;
}

static void write_entry(const struct entry *x, struct json_w *w, struct buf *hex)
{
	buf_reset(hex);
	hex_encode(str_n((const char *)x->hash, SHA256_BYTES), hex);
	json_w_object(w);
	json_w_kz(w, "id", x->key.id);
	json_w_kz(w, "kind", kinds[x->key.kind].name);
	json_w_kz(w, "name", x->key.name);
	json_w_kstr(w, "sha256", buf_view(hex));
	json_w_ktime(w, "created", x->key.created_us);
	if (x->key.rotated_us != TIME_NONE)
		json_w_ktime(w, "rotated", x->key.rotated_us);
	json_w_end(w);
}

static enum status write_set(const char *path, const struct set *set, struct err *e)
{
	struct buf text, hex;
	struct json_w w;
	buf_init(&text, FILE_BYTES_MAX);
	buf_init(&hex, 2 * SHA256_BYTES);
	json_w_init(&w, &text);
	json_w_object(&w);
	json_w_kz(&w, "schema", SCHEMA);
	json_w_ki64(&w, "next", set->next_id);
	json_w_key(&w, "keys");
	json_w_array(&w);
	for (size_t i = 0; i < set->count; i++)
		write_entry(&set->entries[i], &w, &hex);
	json_w_end(&w);
	json_w_end(&w);
	buf_byte(&text, '\n');
	ASSERT(buf_ok(&text)); /* KEYS_MAX entries of bounded size fit */
	enum status st = file_write_atomic(path, buf_view(&text), 0600, e);
	buf_finish(&text);
	buf_finish(&hex);
	return st;
}

/* --- the set --- */

enum status keys_load(const char *data_dir, struct keys **out, struct err *e)
{
	struct keys *k = mem_alloc(sizeof *k);
	size_t bytes = strlen(data_dir) + sizeof "/keys.json";
	k->path = mem_alloc(bytes);
	(void)snprintf(k->path, bytes, "%s/keys.json", data_dir); /* sized above */
	enum status st = read_set(k->path, &k->set, e);
	if (st != ST_OK) {
		mem_free(k->path);
		mem_free(k);
		return st;
	}
	ASSERT(pthread_rwlock_init(&k->lock, NULL) == 0);
	*out = k;
	return ST_OK;
}

void keys_destroy(struct keys **keys)
{
	struct keys *k = *keys;
	if (k == NULL)
		return;
	(void)pthread_rwlock_destroy(&k->lock); /* nobody holds it */
	mem_free(k->set.entries);
	mem_free(k->path);
	mem_free(k);
	*keys = NULL;
}

static struct entry *by_id(const struct set *set, struct str id)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_is(id, set->entries[i].key.id))
			return &set->entries[i];
	return NULL;
}

static struct entry *by_name(const struct set *set, enum key_kind kind, struct str name)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->entries[i].key.kind == kind && str_is(name, set->entries[i].key.name))
			return &set->entries[i];
	return NULL;
}

static unsigned free_slot(const struct set *set)
{
	for (unsigned slot = 0;; slot++) {
		bool taken = false;
		for (size_t i = 0; i < set->count; i++)
			taken |= set->entries[i].key.slot == slot;
		if (!taken)
			return slot;
	}
}

/* What hangs on a slot (a rate limit) belongs to the key: known keys keep theirs. */
static void keep_slots(const struct set *before, struct set *after)
{
	size_t all = after->count;
	for (after->count = 0; after->count < all; after->count++) {
		struct entry *x = &after->entries[after->count];
		const struct entry *old = by_id(before, str_of(x->key.id));
		x->key.slot = old ? old->key.slot : UINT32_MAX;
	}
	for (size_t i = 0; i < all; i++)
		if (after->entries[i].key.slot == UINT32_MAX)
			after->entries[i].key.slot = free_slot(after);
}

enum status keys_reload(struct keys *k, struct err *e)
{
	struct set fresh;
	enum status st = read_set(k->path, &fresh, e);
	if (st != ST_OK)
		return st;
	ASSERT(pthread_rwlock_wrlock(&k->lock) == 0);
	keep_slots(&k->set, &fresh);
	mem_free(k->set.entries);
	k->set = fresh;
	ASSERT(pthread_rwlock_unlock(&k->lock) == 0);
	return ST_OK;
}

static void new_secret(struct entry *x, char token_r[KEY_TOKEN_BYTES])
{
	crypto_token(kinds[x->key.kind].token_prefix, token_r);
	crypto_sha256(str_of(token_r), x->hash);
}

static enum status add(struct keys *k, enum key_kind kind, struct str name, struct entry *x,
		       struct err *e)
{
	if (by_name(&k->set, kind, name) != NULL)
		return err_set(e, ST_CONFLICT,
			       "there is a %s key called \"" STR_FMT
			       "\" already; rotate it, or choose "
			       "another name",
			       kinds[kind].name, STR_ARG(name));
	if (k->set.count == KEYS_MAX)
		return err_set(e, ST_LIMIT, "there are %d keys already; revoke some first",
			       KEYS_MAX);
	(void)snprintf(x->key.id, sizeof x->key.id, "%s%lld", kinds[kind].id_prefix,
		       (long long)k->set.next_id);
	x->key.slot = free_slot(&k->set);
	k->set.entries[k->set.count] = *x;
	k->set.count++;
	k->set.next_id++;
	enum status st = write_set(k->path, &k->set, e);
	if (st != ST_OK) {
		k->set.count--;
		k->set.next_id--;
	}
	return st;
}

static enum status add_new(struct keys *k, enum key_kind kind, struct str name, int64_t now_us,
			   struct key_secret *out, struct err *e)
{
	struct entry x = {.key = {.kind = kind, .created_us = now_us, .rotated_us = TIME_NONE}};
	struct key_secret made;
	ASSERT(copy_text(x.key.name, sizeof x.key.name, name));
	new_secret(&x, made.token);
	enum status st = add(k, kind, name, &x, e);
	made.key = x.key;
	if (st == ST_OK)
		*out = made;
	crypto_wipe(&made, sizeof made);
	return st;
}

bool key_is_local(const struct api_key *key)
{
	return key->kind == KEY_ADMIN && strcmp(key->name, LOCAL) == 0;
}

static enum status check_name(enum key_kind kind, struct str name, struct err *e)
{
	if (!key_name_ok(name))
		return err_set(e, ST_INVALID, "a key's name is " KEY_NAME_RULE);
	bool ours = kind == KEY_ADMIN && str_is(name, LOCAL);
	for (size_t i = 0; i < sizeof our_sources / sizeof our_sources[0]; i++)
		ours |= str_is(name, our_sources[i]);
	if (ours)
		return err_set(e, ST_INVALID, "\"" STR_FMT "\" is a name of our own: take another",
			       STR_ARG(name));
	return ST_OK;
}

enum status keys_add(struct keys *k, enum key_kind kind, struct str name, int64_t now_us,
		     struct key_secret *out, struct err *e)
{
	ASSERT(kind < KEY_KIND_COUNT);
	enum status st = check_name(kind, name, e);
	if (st != ST_OK)
		return st;
	ASSERT(pthread_rwlock_wrlock(&k->lock) == 0);
	st = add_new(k, kind, name, now_us, out, e);
	ASSERT(pthread_rwlock_unlock(&k->lock) == 0);
	return st;
}

static enum status no_such_key(struct str id, struct err *e)
{
	return err_set(e, ST_NOT_FOUND, "there is no key with the id \"" STR_FMT "\"", STR_ARG(id));
}

static enum status rotate(struct keys *k, struct entry *x, int64_t now_us, struct key_secret *out,
			  struct err *e)
{
	struct entry before = *x;
	struct key_secret made;
	new_secret(x, made.token);
	x->key.rotated_us = now_us;
	made.key = x->key;
	enum status st = write_set(k->path, &k->set, e);
	if (st == ST_OK)
		*out = made;
	else
		*x = before;
	crypto_wipe(&made, sizeof made);
	return st;
}

enum status keys_rotate(struct keys *k, struct str id, int64_t now_us, struct key_secret *out,
			struct err *e)
{
	ASSERT(pthread_rwlock_wrlock(&k->lock) == 0);
	struct entry *x = by_id(&k->set, id);
	enum status st = x ? rotate(k, x, now_us, out, e) : no_such_key(id, e);
	ASSERT(pthread_rwlock_unlock(&k->lock) == 0);
	return st;
}

enum status keys_local(struct keys *k, int64_t now_us, struct key_secret *out, struct err *e)
{
	ASSERT(pthread_rwlock_wrlock(&k->lock) == 0);
	struct entry *x = by_name(&k->set, KEY_ADMIN, STR(LOCAL));
	enum status st = x ? rotate(k, x, now_us, out, e)
			   : add_new(k, KEY_ADMIN, STR(LOCAL), now_us, out, e);
	ASSERT(pthread_rwlock_unlock(&k->lock) == 0);
	return st;
}

static enum status revoke(struct keys *k, struct entry *x, struct err *e)
{
	if (key_is_local(&x->key))
		return err_set(e, ST_CONFLICT,
			       "%s is the token of this machine's own verbs, new at each start of "
			       "the daemon; rotate it instead: nurtured key rotate %s",
			       x->key.id, x->key.id);
	size_t at = (size_t)(x - k->set.entries);
	struct entry before = *x;
	k->set.count--;
	memmove(x, x + 1, (k->set.count - at) * sizeof *x);
	enum status st = write_set(k->path, &k->set, e);
	if (st != ST_OK) {
		memmove(x + 1, x, (k->set.count - at) * sizeof *x);
		*x = before;
		k->set.count++;
	}
	return st;
}

enum status keys_revoke(struct keys *k, struct str id, struct err *e)
{
	ASSERT(pthread_rwlock_wrlock(&k->lock) == 0);
	struct entry *x = by_id(&k->set, id);
	enum status st = x ? revoke(k, x, e) : no_such_key(id, e);
	ASSERT(pthread_rwlock_unlock(&k->lock) == 0);
	return st;
}

/* Hashes are compared, so what time could betray is a hash nobody chose; constant all the same. */
bool keys_find(struct keys *k, enum key_kind kind, struct str token, struct api_key *out)
{
	uint8_t hash[SHA256_BYTES];
	if (token.n == 0 || token.n >= KEY_TOKEN_BYTES ||
	    !str_starts(token, str_of(kinds[kind].token_prefix)))
		return false;
	crypto_sha256(token, hash);
	bool found = false;
	ASSERT(pthread_rwlock_rdlock(&k->lock) == 0);
	for (size_t i = 0; i < k->set.count && !found; i++) {
		const struct entry *x = &k->set.entries[i];
		found = x->key.kind == kind &&
			crypto_equal(str_n((const char *)x->hash, SHA256_BYTES),
				     str_n((const char *)hash, SHA256_BYTES));
		if (found)
			*out = x->key;
	}
	ASSERT(pthread_rwlock_unlock(&k->lock) == 0);
	return found;
}

size_t keys_count(struct keys *k, enum key_kind kind)
{
	size_t n = 0;
	ASSERT(pthread_rwlock_rdlock(&k->lock) == 0);
	for (size_t i = 0; i < k->set.count; i++)
		n += k->set.entries[i].key.kind == kind;
	ASSERT(pthread_rwlock_unlock(&k->lock) == 0);
	return n;
}

size_t keys_list(struct keys *k, struct api_key *out, size_t max)
{
	ASSERT(pthread_rwlock_rdlock(&k->lock) == 0);
	size_t n = k->set.count < max ? k->set.count : max;
	for (size_t i = 0; i < n; i++)
		out[i] = k->set.entries[i].key;
	ASSERT(pthread_rwlock_unlock(&k->lock) == 0);
	return n;
}
