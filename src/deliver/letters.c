/* SPDX-License-Identifier: Apache-2.0
 * letters.c: keys and addresses, read once when a process starts to write letters. */
#include "deliver/internal.h"

#include "base/assert.h"
#include "base/crypto.h"
#include "base/file.h"

static enum status load_key(struct letters *l, const struct settings_dkim *s, size_t i,
			    struct err *e)
{
	char path[NODE_PATH_MAX];
	struct arena a;
	struct str pem;
	struct err why;
	struct letters_key *k = &l->keys[i];
	arena_init(&a, 1u << 17);
	enum status st =
		file_read(settings_path(l->dir, s->key_file, path), 1u << 15, &a, &pem, &why);
	if (st == ST_OK) {
		st = sign_key_load(pem, &k->key, &why);
		crypto_wipe((char *)(uintptr_t)pem.p, pem.n);
	}
	arena_finish(&a);
	if (st != ST_OK)
		return err_set(e, st, "settings.json: dkim[%zu].key_file: %s", i, why.text);
	if (s->algorithm >= 0 && sign_key_kind(k->key) != (enum sign_kind)s->algorithm)
		return err_set(e, ST_INVALID,
			       "settings.json: dkim[%zu].algorithm: the key is of the other kind",
			       i);
	k->dkim = (struct dkim_key){str_of(s->domain), str_of(s->selector), k->key};
	st = dkim_key_check(&k->dkim, &why);
	return st == ST_OK ? ST_OK : err_set(e, st, "settings.json: dkim[%zu]: %s", i, why.text);
}

enum status letters_create(const struct letters_conf *conf, struct letters **out, struct err *e)
{
	const struct settings *s = conf->settings;
	const char *url = s->public_url != NULL ? s->public_url : conf->public_url;
	ASSERT(s->dkim_n <= SETTINGS_DKIM_MAX);
	struct letters *l = mem_alloc(sizeof *l);
	l->dir = mem_strz(str_of(conf->dir));
	l->public_url = url != NULL ? mem_strz(str_of(url)) : NULL;
	l->settings = s;
	enum status st = node_link_keys(conf->dir, &l->links, e);
	for (size_t i = 0; st == ST_OK && i < s->dkim_n; i++) {
		l->keys_n = i + 1;
		st = load_key(l, &s->dkim[i], i, e);
	}
	if (st != ST_OK)
		letters_destroy(&l);
	else
		*out = l;
	return st;
}

void letters_at(struct letters *l, const char *public_url)
{
	if (l->settings->public_url != NULL)
		return;
	mem_free(l->public_url);
	l->public_url = mem_strz(str_of(public_url));
}

void letters_destroy(struct letters **lp)
{
	struct letters *l = *lp;
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->keys_n; i++)
		sign_key_destroy(&l->keys[i].key);
	crypto_wipe(&l->links, sizeof l->links);
	mem_free(l->dir);
	mem_free(l->public_url);
	mem_free(l);
	*lp = NULL;
}

/* A key signs for its domain and what is below it: d= must be the From domain or above it, or the
 * signature does not count for the sender (RFC 7489 3.1.1). */
static bool signs_for(struct str key, struct str domain)
{
	if (domain.n < key.n)
		return false;
	size_t at = domain.n - key.n;
	return str_eq_nocase(str_slice(domain, at, domain.n), key) &&
	       (at == 0 || domain.p[at - 1] == '.');
}

size_t letters_dkim_for(const struct letters *l, struct str domain,
			struct dkim_key out[SETTINGS_DKIM_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < l->keys_n; i++)
		if (signs_for(l->keys[i].dkim.domain, domain))
			out[n++] = l->keys[i].dkim;
	return n;
}
