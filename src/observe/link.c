/* SPDX-License-Identifier: Apache-2.0
 * link.c: tokens of signed links.
 *
 *   kind | key id | id | n | last day | signature
 *    1       1     1-8  1-5    1-3        12        bytes; numbers as LEB128, day 0: never
 *
 * Looking the target up by number instead lost: a redirect would wait for a read, and for the row
 * of a message that may be gone. 96 bits are signed because a forger has one guess per request and
 * gains a click; RFC 2104 asks for no less than 80, and half of the hash would make every link 5
 * characters longer. */
#include "observe/link.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/time.h"

#define MAC_BYTES 12
#define HEAD_MAX (2 + 8 + 5 + 10)
#define TOKEN_MAX (HEAD_MAX + MAC_BYTES)
#define LABEL "nurtured link 1"

static const struct {
	uint8_t byte;
	bool target;
	const char *wire, *words, *follow;
} kinds[LINK_KIND_COUNT] = {
#define LINK(name, wire, b, t, w, f) [LINK_##name] = {b, t, wire, w, f},
#include "observe/link.def"
#undef LINK
};

static const struct {
	const char *wire;
	enum handoff_state state;
} reps[LINK_REP_COUNT] = {
#define REP(name, w, s, date, title, words, button) [LINK_REP_##name] = {w, HANDOFF_##s},
#include "observe/rep.def"
#undef REP
};

struct alphabet {
	const char *chars;
	unsigned bits; /* per character */
};
static const struct alphabet url_safe = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6};
static const struct alphabet small = {"abcdefghijklmnopqrstuvwxyz234567", 5};

struct token {
	uint8_t bytes[TOKEN_MAX];
	size_t n;
};

/* ---- text ---- */

static void text_write(const struct alphabet *a, const struct token *t, char out[LINK_TEXT_MAX])
{
	uint32_t held = 0, bits = 0;
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++) {
		held = held << 8 | t->bytes[i];
		for (bits += 8; bits >= a->bits; bits -= a->bits)
			out[n++] = a->chars[held >> (bits - a->bits) & ((1u << a->bits) - 1)];
	}
	if (bits > 0)
		out[n++] = a->chars[held << (a->bits - bits) & ((1u << a->bits) - 1)];
	ASSERT(n < LINK_TEXT_MAX);
	out[n] = '\0';
}

/* One spelling for each token: bits behind the last byte are 0, and no character is for nothing. */
static bool text_read(const struct alphabet *a, struct str text, struct token *out)
{
	uint32_t held = 0, bits = 0;
	out->n = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (a->bits == 5 && c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		const char *at = memchr(a->chars, c, (size_t)1 << a->bits);
		if (at == NULL)
			return false;
		held = held << a->bits | (uint32_t)(at - a->chars);
		bits += a->bits;
		if (bits < 8)
			continue;
		if (out->n == TOKEN_MAX)
			return false;
		bits -= 8;
		out->bytes[out->n++] = (uint8_t)(held >> bits);
	}
	return bits < a->bits && (held & ((1u << bits) - 1)) == 0;
}

/* ---- bytes ---- */

static void put_number(struct token *t, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		t->bytes[t->n++] = (uint8_t)(v | 0x80);
	t->bytes[t->n++] = (uint8_t)v;
}

static void sign(const struct link_key *key, struct str head, struct str target,
		 uint8_t out[SHA256_BYTES])
{
	char text[sizeof LABEL + HEAD_MAX + LINK_TARGET_MAX];
	size_t n = sizeof LABEL;
	ASSERT(head.n <= HEAD_MAX && target.n <= LINK_TARGET_MAX);
	memcpy(text, LABEL, sizeof LABEL); /* its NUL parts it from the head */
	memcpy(text + n, head.p, head.n);
	n += head.n;
	if (target.n)
		memcpy(text + n, target.p, target.n);
	n += target.n;
	crypto_hmac_sha256(str_n((const char *)key->secret, sizeof key->secret), str_n(text, n),
			   out);
}

static void token_write(const struct link_keys *k, const struct link *l, struct str target,
			struct token *out)
{
	uint8_t mac[SHA256_BYTES];
	ASSERT(k->n > 0 && l->kind < LINK_KIND_COUNT && l->id < LINK_ID_MAX);
	ASSERT(l->kind != LINK_REP || l->n < LINK_REP_COUNT);
	ASSERT(l->expires_us == TIME_NONE || l->expires_us > 0);
	out->n = 0;
	out->bytes[out->n++] = kinds[l->kind].byte;
	out->bytes[out->n++] = k->keys[0].id;
	put_number(out, l->id);
	put_number(out, l->n);
	put_number(out,
		   l->expires_us == TIME_NONE ? 0 : (uint64_t)((l->expires_us - 1) / US_PER_D) + 1);
	sign(&k->keys[0], str_n((const char *)out->bytes, out->n), target, mac);
	memcpy(out->bytes + out->n, mac, MAC_BYTES);
	out->n += MAC_BYTES;
}

static const struct link_key *key_of(const struct link_keys *k, uint8_t id)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->keys[i].id == id)
			return &k->keys[i];
	return NULL;
}

static bool kind_of(uint8_t byte, enum link_kind *out)
{
	for (enum link_kind i = 0; i < LINK_KIND_COUNT; i++)
		if (kinds[i].byte == byte) {
			*out = i;
			return true;
		}
	return false;
}

static bool head_read(struct str head, struct link *l)
{
	struct rd r = rd_of(head);
	bool known = kind_of(rd_u8(&r), &l->kind);
	(void)rd_u8(&r); /* the key's id: the signature has told that it is right */
	l->id = rd_varint(&r);
	uint64_t n = rd_varint(&r), day = rd_varint(&r);
	if (!known || !rd_done(&r) || n > UINT32_MAX || day > INT64_MAX / US_PER_D ||
	    (l->kind == LINK_REP && n >= LINK_REP_COUNT))
		return false;
	l->n = (uint32_t)n;
	l->expires_us = day == 0 ? TIME_NONE : (int64_t)day * US_PER_D;
	return true;
}

static enum status token_read(const struct link_keys *k, const struct token *t, struct str target,
			      struct link *out, struct err *e)
{
	uint8_t mac[SHA256_BYTES];
	if (t->n < 5 + MAC_BYTES || t->n > TOKEN_MAX)
		return err_set(e, ST_INVALID, "this link is not whole: copy all of it");
	const char *bytes = (const char *)t->bytes;
	struct str head = str_n(bytes, t->n - MAC_BYTES);
	const struct link_key *key = key_of(k, t->bytes[1]);
	if (key == NULL || target.n > LINK_TARGET_MAX)
		return err_set(e, ST_DENIED, "this link was not made here, or is very old");
	sign(key, head, target, mac);
	if (!crypto_equal(str_n((const char *)mac, MAC_BYTES), str_n(bytes + head.n, MAC_BYTES)))
		return err_set(e, ST_DENIED, "this link was not made here, or was changed");
	if (!head_read(head, out))
		return err_set(e, ST_INVALID, "this link is of a kind that is not known here");
	return ST_OK;
}

/* ---- public ---- */

enum status link_keys_add(struct link_keys *k, uint8_t id, const uint8_t secret[LINK_SECRET_BYTES],
			  struct err *e)
{
	ASSERT(k->n <= LINK_KEYS_MAX);
	if (key_of(k, id) != NULL)
		return err_set(e, ST_EXISTS, "there is a key %u already", id);
	size_t kept = k->n < LINK_KEYS_MAX ? k->n : LINK_KEYS_MAX - 1;
	memmove(k->keys + 1, k->keys, kept * sizeof k->keys[0]);
	k->keys[0].id = id;
	memcpy(k->keys[0].secret, secret, LINK_SECRET_BYTES);
	k->n = kept + 1;
	return ST_OK;
}

bool link_target_ok(struct str url)
{
	size_t from = str_starts(url, STR("https://")) ? 8 : 7;
	if (url.n > LINK_TARGET_MAX || url.n <= from ||
	    (from == 7 && !str_starts(url, STR("http://"))))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f || url.p[i] == '\\')
			return false;
	size_t end = from;
	while (end < url.n && url.p[end] != '/' && url.p[end] != '?' && url.p[end] != '#')
		end++;
	struct str host = str_slice(url, from, end);
	return host.n > 0 && host.p[0] != ':' && str_find_byte(host, '@') == host.n;
}

enum status link_write(const struct link_keys *k, const struct link *l, struct str target,
		       char out[LINK_TEXT_MAX], struct err *e)
{
	struct token t;
	ASSERT(l->kind < LINK_KIND_COUNT && l->kind != LINK_ADDRESS);
	if (kinds[l->kind].target ? !link_target_ok(target) : target.n > 0)
		return err_set(e, ST_INVALID,
			       "a link can only lead to an http or https address of at most %d "
			       "bytes without spaces, not to \"%.*s\"",
			       LINK_TARGET_MAX, (int)str_upto(target, 120).n,
			       target.p ? target.p : "");
	token_write(k, l, target, &t);
	text_write(&url_safe, &t, out);
	return ST_OK;
}

enum status link_read(const struct link_keys *k, struct str token, struct str target,
		      int64_t now_us, struct link *out, struct err *e)
{
	struct token t;
	struct link l;
	if (!text_read(&url_safe, token, &t))
		return err_set(e, ST_INVALID, "this link is not whole: copy all of it");
	enum status st = token_read(k, &t, target, &l, e);
	if (st != ST_OK)
		return st;
	if (l.kind == LINK_ADDRESS || (kinds[l.kind].target && !link_target_ok(target)))
		return err_set(e, ST_INVALID, "this is not a link that can be followed");
	if (l.expires_us != TIME_NONE && now_us >= l.expires_us)
		return err_set(e, ST_TIMEOUT, "this link was good for a time that is over");
	*out = l;
	return ST_OK;
}

void link_address_write(const struct link_keys *k, uint64_t id, char out[LINK_TEXT_MAX])
{
	struct token t;
	struct link l = {.kind = LINK_ADDRESS, .id = id, .expires_us = TIME_NONE};
	token_write(k, &l, STR_NULL, &t);
	text_write(&small, &t, out);
}

enum status link_address_read(const struct link_keys *k, struct str token, uint64_t *id_r,
			      struct err *e)
{
	struct token t;
	struct link l;
	if (!text_read(&small, token, &t))
		return err_set(e, ST_INVALID, "this is not an address of ours");
	enum status st = token_read(k, &t, STR_NULL, &l, e);
	if (st != ST_OK)
		return st;
	if (l.kind != LINK_ADDRESS)
		return err_set(e, ST_INVALID, "this is not an address of ours");
	*id_r = l.id;
	return ST_OK;
}

const char *link_kind_wire(enum link_kind kind)
{
	ASSERT(kind < LINK_KIND_COUNT);
	return kinds[kind].wire;
}

const char *link_kind_words(enum link_kind kind)
{
	ASSERT(kind < LINK_KIND_COUNT);
	return kinds[kind].words;
}

const char *link_kind_follow(enum link_kind kind)
{
	ASSERT(kind < LINK_KIND_COUNT);
	return kinds[kind].follow;
}

const char *link_rep_wire(enum link_rep rep)
{
	ASSERT(rep < LINK_REP_COUNT);
	return reps[rep].wire;
}

enum handoff_state link_rep_state(enum link_rep rep)
{
	ASSERT(rep < LINK_REP_COUNT);
	return reps[rep].state;
}

const char *link_rep_event(enum link_rep rep)
{
	switch (rep) {
	case LINK_REP_ACCEPT: return "handoff.accept";
	case LINK_REP_NOT_NOW: return "handoff.return";
	case LINK_REP_NOT_A_FIT: return "handoff.refuse";
	case LINK_REP_BAD_DATA: return "handoff.bad_data";
	default: return "handoff.close"; /* its verdict says how it ended */
	}
}
