/* SPDX-License-Identifier: Apache-2.0
 * hint.c: the token in the address a message came to survives what nothing else does: redacted
 * recipients, truncated originals, replies from another account. So every field that may hold such
 * an address is looked at, those of the returned original too. */
#include "inbound/hint.h"

#include "inbound/text.h"

/* Fields of the message itself, then of the original, whose sender or reply address is ours. */
static const char *const to_fields[] = {
	"Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To", "X-Envelope-To", "To",
	"Cc",           "X-Forwarded-To"};
static const char *const original_fields[] = {"Return-Path", "Reply-To",  "Sender",
					      "From",        "Errors-To", "X-Return-Path"};

static void add_id(struct inbound *out, struct str id)
{
	for (size_t i = 0; i < out->id_count; i++)
		if (str_eq(out->ids[i], id))
			return;
	if (out->id_count < INBOUND_IDS_MAX)
		out->ids[out->id_count++] = id;
	else
		out->cut = true;
}

static void add_ids(struct inbound *out, struct str value)
{
	struct str id;
	while (value.p != NULL && text_message_id(&value, &id))
		add_id(out, id);
}

/* What stands behind the alias in a local part; false: another address. */
static bool token_of(struct str address, const struct inbound_alias *alias, struct str *token_r)
{
	struct str local = text_local(address);
	if (alias->domain.n > 0 && !str_eq_nocase(text_domain(address), alias->domain))
		return false;
	if (str_eq_nocase(local, alias->local)) {
		*token_r = STR("");
		return true;
	}
	size_t n = alias->local.n;
	if (n == 0 || local.n <= n + 1 || strchr("+-=", local.p[n]) == NULL ||
	    !str_eq_nocase(str_slice(local, 0, n), alias->local))
		return false;
	*token_r = str_slice(local, n + 1, local.n);
	return true;
}

static void add_token(struct inbound *out, const struct inbound_token *token)
{
	for (size_t i = 0; i < out->token_count; i++)
		if (out->tokens[i].door == token->door &&
		    str_eq(out->tokens[i].token, token->token))
			return;
	if (out->token_count < INBOUND_TOKENS_MAX)
		out->tokens[out->token_count++] = *token;
	else
		out->cut = true;
}

static void add_tokens(struct inbound *out, const struct inbound_conf *conf, struct str value)
{
	struct inbound_token t;
	while (value.p != NULL && text_address(&value, &t.address))
		for (size_t i = 0; i < conf->alias_count; i++) {
			t.door = conf->aliases[i].door;
			if (token_of(t.address, &conf->aliases[i], &t.token))
				add_token(out, &t);
		}
}

static void add_field_tokens(struct inbound *out, const struct inbound_conf *conf,
			     const struct fields *f, const char *name)
{
	struct str value;
	size_t at = 0;
	while ((value = fields_each(f, name, &at)).p != NULL)
		add_tokens(out, conf, value);
}

void hint_read(const struct mail *m, const struct letter *letter, const struct inbound_conf *conf,
	       struct inbound *out)
{
	const struct fields *f = &m->head, *original = &letter->original_fields;
	struct str id = fields_get(original, "Message-ID");
	for (size_t i = 0; i < sizeof to_fields / sizeof to_fields[0]; i++)
		add_field_tokens(out, conf, f, to_fields[i]);
	for (size_t i = 0; i < sizeof original_fields / sizeof original_fields[0]; i++)
		add_field_tokens(out, conf, original, original_fields[i]);
	(void)text_message_id(&id, &out->original_id);
	if (out->original_id.n > 0)
		add_id(out, out->original_id);
	add_ids(out, fields_get(f, "In-Reply-To"));
	add_ids(out, fields_get(f, "References"));
	add_ids(out, fields_get(original, "In-Reply-To"));
	add_ids(out, fields_get(f, "X-Original-Message-ID"));
	out->original_headers = letter->original;
}
