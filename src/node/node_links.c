/* SPDX-License-Identifier: Apache-2.0
 * node_links.c: the keys of links, in a file of their own. It is written once and never replaced
 * by us: what was signed with it is out in the world. */
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "node/settings.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define SCHEMA "nurtured.links/1"

static enum status damaged(struct err *e, const char *path)
{
	return err_set(e, ST_CORRUPT,
		       "%s is damaged; restore it from a backup: links of mail that was sent "
		       "depend on it",
		       path);
}

static bool read_key(const struct json *d, uint32_t node, struct arena *a, struct link_key *out)
{
	int64_t id;
	struct buf secret;
	buf_init_arena(&secret, a, LINK_SECRET_BYTES);
	if (!json_i64(d, json_get(d, node, "id"), &id) || id < 0 || id > 255 ||
	    !hex_decode(json_str(d, json_get(d, node, "secret"), a), &secret) ||
	    secret.n != LINK_SECRET_BYTES)
		return false;
	out->id = (uint8_t)id;
	memcpy(out->secret, secret.p, LINK_SECRET_BYTES);
	return true;
}

static enum status parse_keys(const char *path, struct str text, struct arena *a,
			      struct link_keys *out, struct err *e)
{
	struct json d;
	struct link_keys k = {0};
	if (json_parse(text, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK ||
	    !str_is(json_str(&d, json_get(&d, 0, "schema"), a), SCHEMA))
		return damaged(e, path);
	uint32_t list = json_get(&d, 0, "keys");
	for (uint32_t n = json_first(&d, list); n != JSON_NONE; n = json_next(&d, list, n))
		if (k.n == LINK_KEYS_MAX || !read_key(&d, n, a, &k.keys[k.n++]))
			return damaged(e, path);
	if (k.n == 0)
		return damaged(e, path);
	*out = k;
	crypto_wipe(&k, sizeof k);
	return ST_OK;
}

static enum status read_file(const char *path, struct link_keys *out, struct err *e)
{
	struct arena a;
	struct str text;
	arena_init(&a, 1u << 16);
	enum status st = file_read(path, 1u << 14, &a, &text, e);
	if (st == ST_OK)
		st = parse_keys(path, text, &a, out, e);
	arena_finish(&a);
	return st;
}

/* Written beside, then given its name only if nobody has it: whoever comes second reads. */
static enum status make_file(const char *path, struct err *e)
{
	char beside[NODE_PATH_MAX + 16];
	uint8_t secret[LINK_SECRET_BYTES];
	struct buf b, hex;
	struct json_w w;
	(void)snprintf(beside, sizeof beside, "%s.%d", path, (int)getpid());
	crypto_random(secret, sizeof secret);
	buf_init(&b, 1024);
	buf_init(&hex, 2 * LINK_SECRET_BYTES);
	hex_encode(str_n((const char *)secret, sizeof secret), &hex);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", SCHEMA);
	json_w_key(&w, "keys");
	json_w_array(&w);
	json_w_object(&w);
	json_w_ki64(&w, "id", 1);
	json_w_kstr(&w, "secret", buf_view(&hex));
	json_w_end(&w);
	json_w_end(&w);
	json_w_end(&w);
	buf_byte(&b, '\n');
	enum status st = file_write_atomic(beside, buf_view(&b), 0600, e);
	if (st == ST_OK && link(beside, path) != 0 && errno != EEXIST)
		st = err_set(e, ST_IO, "cannot make %s: %s", path, strerror(errno));
	(void)unlink(beside);
	if (st == ST_OK)
		st = file_sync_folder(path, e);
	crypto_wipe(secret, sizeof secret);
	crypto_wipe(b.p, b.n);
	crypto_wipe(hex.p, hex.n);
	buf_finish(&b);
	buf_finish(&hex);
	return st;
}

enum status node_link_keys(const char *dir, struct link_keys *out, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct err why;
	node_path(dir, "links.json", path);
	enum status st = read_file(path, out, &why);
	if (st == ST_NOT_FOUND) {
		st = make_file(path, &why);
		if (st == ST_OK)
			st = read_file(path, out, &why);
	}
	return st == ST_OK ? ST_OK : err_set(e, st, "%s", why.text);
}
