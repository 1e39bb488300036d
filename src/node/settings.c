/* SPDX-License-Identifier: Apache-2.0
 * settings.c: one table for each object of the file; one reader walks tables and text together. */
#include "node/settings.h"

#include "base/assert.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sign.h"
#include "inbound/imap.h"
#include "smtp/smtp.h"

#include <stdio.h>
#include <stdlib.h>

#define PLACE_MAX 160

enum kind {
	KIND_TEXT,   /* const char * */
	KIND_URL,    /* the same: http or https, no query, the slash at its end cut off */
	KIND_DOMAIN, /* the same: letters, digits, hyphens, dots */
	KIND_NUMBER, /* int64_t */
	KIND_WORD,   /* int64_t: place in `words` */
	KIND_COUNTS, /* uint32_t[], with its size_t at `count_at` */
	KIND_OBJECT, /* `fields` at the same base */
	KIND_LIST,   /* of objects: structs of `bytes` at `at`, their size_t at `count_at` */
	KIND_SECRET, /* a key that people try and that is refused */
};

struct field {
	const char *key;
	enum kind kind;
	size_t at;
	bool must;
	int64_t least, most; /* numbers; most: items of a list */
	const char *const *words;
	const struct field *fields; /* ends in a row without key */
	size_t bytes, count_at;
};

struct reader {
	const struct json *d;
	struct arena *a;
	struct err *e;
};

/* ---- the tables ---- */

static const char *const modes[] = {[SETTINGS_TEST] = "test", [SETTINGS_LIVE] = "live", NULL};
static const char *const smtp_words[] = {
	[SMTP_SECURITY_NONE] = "none",
	[SMTP_SECURITY_STARTTLS_IF_OFFERED] = "starttls_if_offered",
	[SMTP_SECURITY_STARTTLS] = "starttls",
	[SMTP_SECURITY_TLS] = "tls",
	NULL,
};
static const char *const imap_words[] = {
	[INBOUND_IMAP_TLS] = "tls",
	[INBOUND_IMAP_STARTTLS] = "starttls",
	[INBOUND_IMAP_PLAIN] = "none",
	NULL,
};
static const char *const sign_words[] = {[SIGN_RSA] = "rsa", [SIGN_ED25519] = "ed25519", NULL};

#define AT(type, member) offsetof(struct type, member)
#define TEXT(type, name, member) \
	{ \
		.key = (name), .kind = KIND_TEXT, .at = AT(type, member) \
	}
#define NUMBER(type, name, member, low, high) \
	{ \
		.key = (name), .kind = KIND_NUMBER, .at = AT(type, member), .least = (low), \
		.most = (high) \
	}
#define SECRET(type, name, member) \
	{.key = name "_file", .kind = KIND_TEXT, .at = AT(type, member.file)}, \
		{.key = name "_env", .kind = KIND_TEXT, .at = AT(type, member.env)}, \
	{ \
		.key = (name), .kind = KIND_SECRET \
	}

static const struct field relay_fields[] = {
	TEXT(settings_relay, "name", name),
	{.key = "host", .kind = KIND_TEXT, .at = AT(settings_relay, host), .must = true},
	NUMBER(settings_relay, "port", port, 1, 65535),
	{.key = "security",
	 .kind = KIND_WORD,
	 .at = AT(settings_relay, security),
	 .words = smtp_words},
	TEXT(settings_relay, "user", user),
	SECRET(settings_relay, "password", password),
	TEXT(settings_relay, "ca", ca),
	TEXT(settings_relay, "tls_name", tls_name),
	NUMBER(settings_relay, "connections", connections, 1, 500),
	{.key = "helo", .kind = KIND_DOMAIN, .at = AT(settings_relay, helo)},
	{0},
};

static const struct field dkim_fields[] = {
	{.key = "domain", .kind = KIND_DOMAIN, .at = AT(settings_dkim, domain), .must = true},
	{.key = "selector", .kind = KIND_DOMAIN, .at = AT(settings_dkim, selector), .must = true},
	{.key = "key_file", .kind = KIND_TEXT, .at = AT(settings_dkim, key_file), .must = true},
	{.key = "algorithm",
	 .kind = KIND_WORD,
	 .at = AT(settings_dkim, algorithm),
	 .words = sign_words},
	{0},
};

static const struct field return_fields[] = {
	{.key = "prefix", .kind = KIND_DOMAIN, .at = AT(settings, return_prefix)},
	{.key = "domain", .kind = KIND_DOMAIN, .at = AT(settings, return_domain)},
	{0},
};

static const struct field rate_fields[] = {
	{.key = "per_minute",
	 .kind = KIND_COUNTS,
	 .at = AT(smtp_rate, per_minute),
	 .most = 10000000},
	{.key = "burst", .kind = KIND_COUNTS, .at = AT(smtp_rate, burst), .most = 100000},
	{0},
};

#define RATE(name, member) \
	{ \
		.key = (name), .kind = KIND_OBJECT, .at = AT(settings, member), \
		.fields = rate_fields \
	}
static const struct field pace_fields[] = {
#define SMTP_PROVIDER(name, wire, per_minute, burst) RATE(wire, pace[SMTP_PROVIDER_##name]),
#include "smtp/provider.def"
#undef SMTP_PROVIDER
	RATE("other", pace[SMTP_PROVIDER_OTHER]),
	RATE("sender", pace_sender),
	{.key = "warm_up",
	 .kind = KIND_COUNTS,
	 .at = AT(settings, warm_up),
	 .most = 100000000,
	 .count_at = AT(settings, warm_up_n)},
	{0},
};

static const struct field mailbox_fields[] = {
	{.key = "host", .kind = KIND_TEXT, .at = AT(settings_mailbox, host), .must = true},
	NUMBER(settings_mailbox, "port", port, 1, 65535),
	{.key = "security",
	 .kind = KIND_WORD,
	 .at = AT(settings_mailbox, security),
	 .words = imap_words},
	{.key = "user", .kind = KIND_TEXT, .at = AT(settings_mailbox, user), .must = true},
	SECRET(settings_mailbox, "password", password),
	TEXT(settings_mailbox, "folder", folder),
	TEXT(settings_mailbox, "move_to", move_to),
	TEXT(settings_mailbox, "ca", ca),
	{0},
};

static const struct field webhook_fields[] = {
	{.key = "url", .kind = KIND_URL, .at = AT(settings, webhook_url)},
	SECRET(settings, "secret", webhook_secret),
	{0},
};

static const struct field map_fields[] = {
	{.key = "name", .kind = KIND_DOMAIN, .at = AT(settings_map, name), .must = true},
	{.key = "map", .kind = KIND_TEXT, .at = AT(settings_map, map), .must = true},
	TEXT(settings_map, "type", type),
	TEXT(settings_map, "purpose", purpose),
	{0},
};

static const struct field root_fields[] = {
	{.key = "mode", .kind = KIND_WORD, .at = AT(settings, mode), .words = modes},
	{.key = "public_url", .kind = KIND_URL, .at = AT(settings, public_url)},
	{.key = "smtp",
	 .kind = KIND_LIST,
	 .at = AT(settings, smtp),
	 .fields = relay_fields,
	 .bytes = sizeof(struct settings_relay),
	 .most = SETTINGS_RELAYS_MAX,
	 .count_at = AT(settings, smtp_n)},
	{.key = "dkim",
	 .kind = KIND_LIST,
	 .at = AT(settings, dkim),
	 .fields = dkim_fields,
	 .bytes = sizeof(struct settings_dkim),
	 .most = SETTINGS_DKIM_MAX,
	 .count_at = AT(settings, dkim_n)},
	{.key = "return_path", .kind = KIND_OBJECT, .fields = return_fields},
	{.key = "list_id", .kind = KIND_DOMAIN, .at = AT(settings, list_id)},
	{.key = "pace", .kind = KIND_OBJECT, .fields = pace_fields},
	{.key = "mailbox",
	 .kind = KIND_OBJECT,
	 .at = AT(settings, mailbox),
	 .fields = mailbox_fields},
	{.key = "maps",
	 .kind = KIND_LIST,
	 .at = AT(settings, maps),
	 .fields = map_fields,
	 .bytes = sizeof(struct settings_map),
	 .most = SETTINGS_MAPS_MAX,
	 .count_at = AT(settings, maps_n)},
	{.key = "handoff_webhook", .kind = KIND_OBJECT, .fields = webhook_fields},
	{0},
};

/* ---- the reader ---- */

static const char *known_keys(const struct field *fields, char *out, size_t room)
{
	size_t n = 0;
	for (const struct field *f = fields; f->key != NULL && n < room; f++)
		if (f->kind != KIND_SECRET)
			n += (size_t)snprintf(out + n, room - n, "%s%s", n ? ", " : "", f->key);
	return out;
}

static enum status unknown(struct reader *r, const struct field *fields, const char *place,
			   struct str key)
{
	char list[240];
	const char *near = NULL;
	unsigned best = 3;
	for (const struct field *f = fields; f->key != NULL; f++) {
		unsigned far = str_distance(key, str_of(f->key));
		if (f->kind == KIND_SECRET || far >= best)
			continue;
		near = f->key;
		best = far;
	}
	key = str_upto(key, 60);
	if (near != NULL)
		return err_set(r->e, ST_INVALID, "%s" STR_FMT ": there is no such key; is it %s?",
			       place, STR_ARG(key), near);
	return err_set(r->e, ST_INVALID, "%s" STR_FMT ": there is no such key; there are: %s",
		       place, STR_ARG(key), known_keys(fields, list, sizeof list));
}

static bool word_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

static bool domain_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '-' || c == '_' ||
			  (c == '.' && i > 0 && s.p[i - 1] != '.');
		if (!ok)
			return false;
	}
	return s.n > 0 && s.n <= 253 && s.p[s.n - 1] != '.';
}

static bool url_ok(struct str s)
{
	return link_target_ok(s) && str_find_byte(s, '?') == s.n && str_find_byte(s, '#') == s.n;
}

static enum status read_text(struct reader *r, const struct field *f, uint32_t node, void *base)
{
	struct str s = json_str(r->d, node, r->a);
	if (s.p == NULL || !word_ok(s))
		return err_set(r->e, ST_INVALID, "a text in quotes is wanted, not empty");
	while (f->kind == KIND_URL && s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	if (f->kind == KIND_URL && !url_ok(s))
		return err_set(r->e, ST_INVALID,
			       "an address like https://news.example.com is wanted, without ? "
			       "and #");
	if (f->kind == KIND_DOMAIN && !domain_ok(s))
		return err_set(r->e, ST_INVALID, "a name like mail.example.com is wanted");
	const char *z = arena_strz(r->a, s);
	if (z == NULL)
		return err_set(r->e, ST_LIMIT, "too much text");
	memcpy((char *)base + f->at, &z, sizeof z);
	return ST_OK;
}

static enum status read_number(struct reader *r, const struct field *f, uint32_t node, int64_t *out)
{
	int64_t v;
	if (json_i64(r->d, node, &v) && v >= f->least && v <= f->most) {
		*out = v;
		return ST_OK;
	}
	return err_set(r->e, ST_INVALID, "a whole number from %lld to %lld is wanted",
		       (long long)f->least, (long long)f->most);
}

static enum status read_word(struct reader *r, const struct field *f, uint32_t node, void *base)
{
	struct str s = json_str(r->d, node, r->a);
	char list[160];
	size_t n = 0;
	for (int64_t i = 0; f->words[i] != NULL; i++) {
		if (s.p != NULL && str_is(s, f->words[i])) {
			memcpy((char *)base + f->at, &i, sizeof i);
			return ST_OK;
		}
		n += (size_t)snprintf(list + n, sizeof list - n, "%s\"%s\"", i ? ", " : "",
				      f->words[i]);
		ASSERT(n < sizeof list);
	}
	return err_set(r->e, ST_INVALID, "one of %s is wanted", list);
}

/* A count, or with `count_at` a list of them. */
static enum status read_counts(struct reader *r, const struct field *f, uint32_t node, void *base)
{
	uint32_t *to = (uint32_t *)(void *)((char *)base + f->at);
	int64_t v;
	size_t n = 0;
	enum status st = ST_OK;
	if (f->count_at == 0) {
		st = read_number(r, f, node, &v);
		*to = st == ST_OK ? (uint32_t)v : *to;
		return st;
	}
	if (!json_is(r->d, node, JSON_ARRAY) || json_count(r->d, node) > SETTINGS_WARM_UP_MAX)
		return err_set(r->e, ST_INVALID,
			       "a list of at most %d numbers is wanted: mails on day 1, 2, ...",
			       SETTINGS_WARM_UP_MAX);
	for (uint32_t i = json_first(r->d, node); st == ST_OK && i != JSON_NONE;
	     i = json_next(r->d, node, i)) {
		st = read_number(r, f, i, &v);
		if (st == ST_OK)
			to[n++] = (uint32_t)v;
	}
	memcpy((char *)base + f->count_at, &n, sizeof n);
	return st;
}

static enum status read_object(struct reader *r, const struct field *fields, uint32_t node,
			       void *base, const char *place);

static enum status read_list(struct reader *r, const struct field *f, uint32_t node, void *base,
			     const char *place)
{
	char inside[PLACE_MAX];
	size_t n = 0;
	enum status st = ST_OK;
	if (!json_is(r->d, node, JSON_ARRAY) || json_count(r->d, node) > f->most)
		return err_set(r->e, ST_INVALID, "%s%s: a list of at most %lld is wanted: [{...}]",
			       place, f->key, (long long)f->most);
	for (uint32_t i = json_first(r->d, node); st == ST_OK && i != JSON_NONE;
	     i = json_next(r->d, node, i)) {
		(void)snprintf(inside, sizeof inside, "%s%s[%zu].", place, f->key, n);
		st = read_object(r, f->fields, i, (char *)base + f->at + n++ * f->bytes, inside);
	}
	memcpy((char *)base + f->count_at, &n, sizeof n);
	return st;
}

static enum status read_plain(struct reader *r, const struct field *f, uint32_t node, void *base)
{
	int64_t v;
	enum status st;
	switch (f->kind) {
	case KIND_TEXT:
	case KIND_URL:
	case KIND_DOMAIN: return read_text(r, f, node, base);
	case KIND_WORD: return read_word(r, f, node, base);
	case KIND_COUNTS: return read_counts(r, f, node, base);
	case KIND_SECRET:
		return err_set(r->e, ST_INVALID,
			       "secrets do not belong in this file; name a file with %s_file or "
			       "a variable with %s_env",
			       f->key, f->key);
	default:
		ASSERT(f->kind == KIND_NUMBER);
		st = read_number(r, f, node, &v);
		if (st == ST_OK)
			memcpy((char *)base + f->at, &v, sizeof v);
		return st;
	}
}

static enum status read_field(struct reader *r, const struct field *f, uint32_t node, void *base,
			      const char *place)
{
	char inside[PLACE_MAX];
	if (f->kind == KIND_LIST)
		return read_list(r, f, node, base, place);
	if (f->kind == KIND_OBJECT) {
		(void)snprintf(inside, sizeof inside, "%s%s.", place, f->key);
		return read_object(r, f->fields, node, (char *)base + f->at, inside);
	}
	enum status st = read_plain(r, f, node, base);
	return st == ST_OK ? ST_OK : (err_wrap(r->e, "%s%s", place, f->key), st);
}

static enum status read_object(struct reader *r, const struct field *fields, uint32_t node,
			       void *base, const char *place)
{
	if (!json_is(r->d, node, JSON_OBJECT))
		return err_set(r->e, ST_INVALID, "%.*s%san object is wanted: {...}",
			       (int)(place[0] ? strlen(place) - 1 : 0), place,
			       place[0] ? ": " : "");
	for (uint32_t i = json_first(r->d, node); i != JSON_NONE; i = json_next(r->d, node, i)) {
		struct str key = json_str(r->d, json_key(r->d, i), r->a);
		const struct field *f = fields;
		while (f->key != NULL && !str_is(key, f->key))
			f++;
		enum status st = f->key != NULL ? read_field(r, f, i, base, place)
						: unknown(r, fields, place, key);
		if (st != ST_OK)
			return st;
	}
	for (const struct field *f = fields; f->key != NULL; f++)
		if (f->must && json_get(r->d, node, f->key) == JSON_NONE)
			return err_set(r->e, ST_INVALID, "%s%s: is missing", place, f->key);
	return ST_OK;
}

/* ---- what holds between keys ---- */

static enum status check_secret(const struct settings_secret *s, const char *what, struct err *e)
{
	if (s->file != NULL && s->env != NULL)
		return err_set(e, ST_INVALID, "%s: give a file or a variable, not both", what);
	return ST_OK;
}

static enum status finish_relay(struct settings_relay *r, size_t i, struct err *e)
{
	char place[32];
	(void)snprintf(place, sizeof place, "smtp[%zu]", i);
	bool secret = r->password.file != NULL || r->password.env != NULL;
	if ((r->user != NULL) != secret)
		return err_set(e, ST_INVALID,
			       "%s: user goes with password_file or password_env, and the other "
			       "way round",
			       place);
	if (r->port == 0)
		r->port = r->security == SMTP_SECURITY_TLS ? 465 : 587;
	return check_secret(&r->password, place, e);
}

static enum status finish(struct settings *s, struct err *e)
{
	enum status st = check_secret(&s->mailbox.password, "mailbox", e);
	if (st == ST_OK && s->mailbox.host != NULL && s->mailbox.password.file == NULL &&
	    s->mailbox.password.env == NULL)
		st = err_set(e, ST_INVALID, "mailbox: password_file or password_env is missing");
	if (st == ST_OK)
		st = check_secret(&s->webhook_secret, "handoff_webhook", e);
	for (size_t i = 0; st == ST_OK && i < s->smtp_n; i++)
		st = finish_relay(&s->smtp[i], i, e);
	if (st == ST_OK && s->mode == SETTINGS_LIVE && s->smtp_n == 0)
		st = err_set(e, ST_INVALID,
			     "mode: \"live\" needs a server to send through; add "
			     "\"smtp\": [{\"host\": ...}]");
	if (s->mailbox.port == 0)
		s->mailbox.port = s->mailbox.security == INBOUND_IMAP_TLS ? 993 : 143;
	return st;
}

static void defaults(struct settings *s)
{
	struct smtp_pace_conf pace = smtp_pace_conf_default();
	*s = (struct settings){.mode = SETTINGS_TEST, .return_prefix = "bounce"};
	memcpy(s->pace, pace.provider, sizeof s->pace);
	s->pace_sender = pace.sender;
	s->mailbox.folder = "INBOX";
	for (size_t i = 0; i < SETTINGS_RELAYS_MAX; i++)
		s->smtp[i].security = SMTP_SECURITY_STARTTLS;
	for (size_t i = 0; i < SETTINGS_DKIM_MAX; i++)
		s->dkim[i].algorithm = -1;
}

enum status settings_parse(struct str text, struct arena *a, struct settings *out, struct err *e)
{
	struct json d;
	struct settings s;
	struct err unheard;
	e = e != NULL ? e : &unheard;
	struct reader r = {.d = &d, .a = a, .e = e};
	defaults(&s);
	enum status st = json_parse(text, JSON_LIMITS_EVENT, a, &d, e);
	if (st == ST_OK)
		st = read_object(&r, root_fields, 0, &s, "");
	if (st == ST_OK)
		st = finish(&s, e);
	if (st != ST_OK)
		return err_wrap(e, SETTINGS_FILE), st;
	*out = s;
	return ST_OK;
}

enum status settings_load(const char *dir, struct arena *a, struct settings *out, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct str text;
	struct err why;
	enum status st =
		file_read(node_path(dir, SETTINGS_FILE, path), SETTINGS_BYTES_MAX, a, &text, &why);
	if (st == ST_NOT_FOUND)
		text = STR("{}");
	else if (st != ST_OK)
		return err_set(e, st, "%s", why.text);
	st = settings_parse(text, a, out, &why);
	return st == ST_OK ? ST_OK : err_set(e, st, "%s/%s", dir, why.text);
}

static void each_key(const struct field *fields, const char *place, settings_key_fn *fn, void *ctx)
{
	char path[PLACE_MAX];
	for (const struct field *f = fields; f->key != NULL; f++) {
		(void)snprintf(path, sizeof path, "%s%s", place, f->key);
		if (f->kind != KIND_SECRET)
			fn(ctx, path);
		(void)snprintf(path, sizeof path, "%s%s.", place, f->key);
		if (f->fields != NULL && f->fields != rate_fields)
			each_key(f->fields, path, fn, ctx);
	}
}

void settings_each_key(settings_key_fn *fn, void *ctx)
{
	each_key(root_fields, "", fn, ctx);
}

/* ---- secrets ---- */

const char *settings_path(const char *dir, const char *file, char out[NODE_PATH_MAX])
{
	int n = file[0] == '/' ? snprintf(out, NODE_PATH_MAX, "%s", file)
			       : snprintf(out, NODE_PATH_MAX, "%s/%s", dir, file);
	if (n < 0 || n >= NODE_PATH_MAX)
		out[0] = '\0'; /* no file is called so: opening it says what is wrong */
	return out;
}

enum status settings_secret(const char *dir, const struct settings_secret *s, const char *key,
			    struct arena *a, struct str *out, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct err why;
	struct str text = STR_NULL;
	if (s->env != NULL) {
		const char *value = getenv(s->env);
		if (value == NULL || value[0] == '\0')
			return err_set(e, ST_NOT_FOUND, "%s_env: the variable %s is not set", key,
				       s->env);
		text = arena_str(a, str_of(value));
	} else if (s->file != NULL) {
		enum status st =
			file_read(settings_path(dir, s->file, path), 1u << 14, a, &text, &why);
		if (st != ST_OK)
			return err_set(e, st, "%s_file: %s", key, why.text);
	}
	*out = str_trim(text);
	return ST_OK;
}
