/* SPDX-License-Identifier: Apache-2.0
 * verb_key.c: write keys, decide keys and admin tokens. Works on keys.json; a running daemon is
 * asked instead, so that it knows at once. */
#include "api/keys.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/time.h"
#include "cli/look.h"
#include "cli/verbs.h"

static void put_key(struct json_w *w, const struct api_key *key, const char *secret)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.key/1");
	json_w_kz(w, "id", key->id);
	json_w_kz(w, "name", key->name);
	json_w_kz(w, "kind", key_kind_name(key->kind));
	json_w_ktime(w, "created", key->created_us);
	json_w_ktime(w, "rotated", key->rotated_us);
	if (secret != NULL)
		json_w_kz(w, "secret", secret);
	json_w_end(w);
}

static void show_key(struct cli *c, const struct api_key *key, const char *secret)
{
	char at[TIME_TEXT_MAX];
	if (c->json) {
		struct buf b;
		struct json_w w;
		buf_init_arena(&b, &c->arena, 4096);
		json_w_init(&w, &b);
		put_key(&w, key, secret);
		cli_line(c, buf_view(&b));
		return;
	}
	fprintf(c->out, "%-8s %-6s %-24s %.10s", key->id, key_kind_name(key->kind), key->name,
		time_format(key->created_us, at));
	if (secret != NULL)
		fprintf(c->out, "  %s", secret);
	fputc('\n', c->out);
}

static int list(struct cli *c, struct keys *keys)
{
	struct api_key *all = ARENA_ARRAY(&c->arena, struct api_key, KEYS_MAX);
	size_t n = keys_list(keys, all, KEYS_MAX);
	for (size_t i = 0; i < n; i++)
		show_key(c, &all[i], NULL);
	if (n == 0)
		cli_talk(c, "no keys yet\n");
	return CLI_OK;
}

static int made(struct cli *c, enum status st, struct key_secret *secret)
{
	if (st != ST_OK)
		return cli_fail(c, NULL);
	show_key(c, &secret->key, secret->token);
	crypto_wipe(secret, sizeof *secret);
	cli_talk(c, "the secret is shown once; keep it\n");
	return CLI_OK;
}

static int revoked(struct cli *c, enum status st)
{
	if (st != ST_OK)
		return cli_fail(c, NULL);
	if (c->json)
		cli_line(c, STR("{\"success\":true}"));
	cli_talk(c, "revoked\n");
	return CLI_OK;
}

static int local(struct cli *c, struct str sub)
{
	struct keys *keys = NULL;
	struct key_secret secret;
	enum key_kind kind = KEY_WRITE;
	int rc = CLI_OK;
	if (keys_load(c->data, &keys, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	if (str_is(sub, "list")) {
		rc = list(c, keys);
	} else if (str_is(sub, "add")) {
		(void)key_kind_parse(str_of(c->args[1]), &kind); /* run has looked at it */
		rc = made(
			c,
			keys_add(keys, kind, str_of(c->args[2]), clock_now_us(), &secret, &c->err),
			&secret);
	} else if (str_is(sub, "rotate")) {
		rc = made(c,
			  keys_rotate(keys, str_of(c->args[1]), clock_now_us(), &secret, &c->err),
			  &secret);
	} else {
		rc = revoked(c, keys_revoke(keys, str_of(c->args[1]), &c->err));
	}
	keys_destroy(&keys);
	return rc;
}

static struct str text_of(struct cli *c, const struct json *d, const char *key)
{
	return json_str(d, json_get(d, 0, key), &c->arena);
}

static void copy(struct str text, size_t bytes, char *to)
{
	(void)snprintf(to, bytes, STR_FMT, STR_ARG(text)); /* as long as ours are */
}

/* The daemon's answer, as if the key had been made here. */
static enum status read_secret(struct cli *c, struct str answer, struct key_secret *out)
{
	struct json d;
	*out = (struct key_secret){.key.rotated_us = TIME_NONE};
	enum status st = json_parse(answer, JSON_LIMITS_EVENT, &c->arena, &d, &c->err);
	if (st == ST_OK && (!key_kind_parse(text_of(c, &d, "kind"), &out->key.kind) ||
			    !time_parse(text_of(c, &d, "created"), &out->key.created_us)))
		st = ST_INVALID;
	if (st != ST_OK)
		return err_set(&c->err, ST_UNCERTAIN, "the daemon's answer cannot be read");
	copy(text_of(c, &d, "id"), sizeof out->key.id, out->key.id);
	copy(text_of(c, &d, "name"), sizeof out->key.name, out->key.name);
	copy(text_of(c, &d, "secret"), sizeof out->token, out->token);
	struct str rotated = text_of(c, &d, "rotated");
	if (rotated.n > 0 && !time_parse(rotated, &out->key.rotated_us))
		out->key.rotated_us = TIME_NONE;
	return ST_OK;
}

/* The daemon holds its keys in memory: it must be the one to change them. */
static int remote(struct cli *c, struct door *d, struct str sub)
{
	struct str answer = STR_NULL, body = STR("{}");
	struct key_secret secret;
	const char *path = "/v1/keys";
	if (str_is(sub, "revoke")) {
		path = arena_printf(&c->arena, "/v1/keys/%s", c->args[1]).p;
		return revoked(c, door_delete(d, path, &c->arena, &answer, &c->err));
	}
	if (str_is(sub, "add"))
		body = arena_printf(&c->arena, "{\"kind\":\"%s\",\"name\":\"%s\"}", c->args[1],
				    c->args[2]);
	else
		path = arena_printf(&c->arena, "/v1/keys/%s/rotate", c->args[1]).p;
	enum status st = door_post(d, path, body, &c->arena, &answer, &c->err);
	return made(c, st == ST_OK ? read_secret(c, answer, &secret) : st, &secret);
}

static int run(struct cli *c)
{
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("list");
	struct door d;
	enum key_kind kind;
	int pid;
	bool ok = (str_is(sub, "list") && c->args_n <= 1) ||
		  (str_is(sub, "add") && c->args_n == 3) ||
		  ((str_is(sub, "rotate") || str_is(sub, "revoke")) && c->args_n == 2);
	if (!ok)
		return cli_usage(
			c, "key wants: list | add write|decide|admin NAME | rotate ID | revoke ID");
	if (str_is(sub, "add") && !key_kind_parse(str_of(c->args[1]), &kind))
		return cli_usage(c, "key add wants write, decide or admin");
	if (!node_exists(c->data)) {
		(void)err_set(&c->err, ST_NOT_FOUND, "no data in %s", c->data);
		return cli_fail(c, "nurtured init");
	}
	if (str_is(sub, "list") || !node_locked(c->data, &pid))
		return local(c, sub);
	if (door_open(c, DOOR_WRITE, &d, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	int rc = remote(c, &d, sub);
	door_close(&d);
	return rc;
}

const struct verb verb_key = {
	.name = "key",
	.group = "change",
	.args = "list | add write|decide|admin NAME | rotate ID | revoke ID",
	.summary = "Manage write keys (ingest only), decide keys and admin tokens",
	.detail = "A write key brings events in and can do nothing else; its name is the source of "
		  "its events. A decide key asks for decisions and brings rewards, nothing else. "
		  "Rotation gives a new secret under the same id, so the source stays the same.",
	.examples = {"nurtured key add write blog", "nurtured key list",
		     "nurtured key rotate wk_1"},
	.subverbs = "list add rotate revoke",
	.run = run,
};
