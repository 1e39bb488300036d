/* SPDX-License-Identifier: Apache-2.0
 * dkim.c: what is covered, hashed once, signed with each key.
 *
 * The body is copied in its canonical form and hashed in one call: a message is a few kilobytes,
 * and the copy costs less than a hash context fed line by line. */
#include "mime/dkim.h"

#include "base/assert.h"
#include "base/crypto.h"
#include "base/time.h"
#include "mime/canon.h"
#include "mime/head.h"

#include <stdio.h>

#define CHUNK 70 /* characters of a signature on one line */

/* Covered where they occur; `sealed` ones are listed once more (RFC 6376 8.15). */
static const struct {
	const char *name;
	bool sealed;
} covered[] = {
	{"From", true},         {"Reply-To", true},         {"To", true},
	{"Cc", true},           {"Subject", true},          {"Date", true},
	{"Message-ID", true},   {"In-Reply-To", false},     {"References", false},
	{"MIME-Version", true}, {"Content-Type", true},     {"Content-Transfer-Encoding", true},
	{"List-Id", false},     {"List-Unsubscribe", true}, {"List-Unsubscribe-Post", true},
	{"Feedback-ID", true},  {"Auto-Submitted", false},
};
#define COVERED_N (sizeof covered / sizeof *covered)

static bool name_ok(struct str s)
{
	struct str rest = s;
	while (rest.p != NULL) {
		struct str label = str_cut(&rest, '.');
		if (!head_name_ok(label) || label.n > 63 || label.p[0] == '-')
			return false;
	}
	return s.n > 0 && s.n <= 200;
}

enum status dkim_key_check(const struct dkim_key *key, struct err *e)
{
	if (!name_ok(key->domain))
		return err_set(e, ST_INVALID, "dkim: the domain is not a name");
	if (!name_ok(key->selector))
		return err_set(e, ST_INVALID, "dkim: the selector is not a name");
	if (sign_key_kind(key->key) == SIGN_RSA && sign_key_bits(key->key) < DKIM_RSA_BITS_MIN)
		return err_set(e, ST_INVALID,
			       "dkim: an RSA key of %u bits is refused by receivers; take %d",
			       sign_key_bits(key->key), DKIM_RSA_BITS_ADVISED);
	return ST_OK;
}

/* What all signatures of one message share. */
struct seal {
	struct canon_field fields[CANON_FIELDS_MAX];
	size_t fields_n;
	struct buf headers;         /* canonical, in the order of the list, each with its CRLF */
	char body_hash[48];         /* base64 */
	unsigned listed[COVERED_N]; /* how often each name is in h= */
	int64_t at_us;
};

/* From the bottom up: RFC 6376 5.4.2. */
static void cover(struct seal *s, size_t row)
{
	struct str name = str_of(covered[row].name);
	for (size_t i = s->fields_n; i-- > 0;) {
		if (!str_eq_nocase(s->fields[i].name, name))
			continue;
		canon_header(s->fields[i].name, s->fields[i].value, &s->headers);
		buf_z(&s->headers, "\r\n");
		s->listed[row]++;
	}
	s->listed[row] += covered[row].sealed ? 1 : 0;
}

static bool hash_body(struct seal *s, struct str body, struct arena *a)
{
	uint8_t hash[SHA256_BYTES];
	struct buf canon, text;
	buf_init_arena(&canon, a, body.n + 2);
	canon_body(body, &canon);
	if (!buf_ok(&canon))
		return false;
	crypto_sha256(buf_view(&canon), hash);
	buf_init_arena(&text, a, sizeof s->body_hash);
	base64_encode(str_n((const char *)hash, sizeof hash), &text);
	buf_byte(&text, '\0');
	if (!buf_ok(&text))
		return false;
	memcpy(s->body_hash, text.p, text.n);
	return true;
}

static enum status prepare(struct seal *s, struct str message, struct arena *a, struct err *e)
{
	struct str body;
	if (!canon_split(message, s->fields, &s->fields_n, &body))
		return err_set(e, ST_INVALID,
			       "dkim: not a message with CRLF line ends, or over "
			       "%d headers",
			       CANON_FIELDS_MAX);
	buf_init_arena(&s->headers, a, message.n - body.n + 4096);
	for (size_t i = 0; i < COVERED_N; i++)
		cover(s, i);
	if (s->listed[0] < 2)
		return err_set(e, ST_INVALID, "dkim: the message has no From");
	if (!hash_body(s, body, a) || !buf_ok(&s->headers))
		return err_set(e, ST_LIMIT, "dkim: no room for copies of the message");
	return ST_OK;
}

/* The field up to "b=". */
static void put_tags(struct head *h, const struct seal *s, const struct dkim_key *key)
{
	bool rsa = sign_key_kind(key->key) == SIGN_RSA;
	size_t left = 0;
	head_word(h, "", STR("v=1;"), "");
	head_word(h, rsa ? "a=rsa-sha256;" : "a=ed25519-sha256;", STR_NULL, "");
	head_word(h, "", STR("c=relaxed/relaxed;"), "");
	head_word(h, "d=", key->domain, ";");
	head_word(h, "s=", key->selector, ";");
	char t[32];
	int n = snprintf(t, sizeof t, "t=%lld;", (long long)(s->at_us / US_PER_S));
	head_word(h, "", str_n(t, (size_t)n), "");
	for (size_t i = 0; i < COVERED_N; i++)
		left += s->listed[i];
	bool first = true;
	for (size_t i = 0; i < COVERED_N; i++)
		for (unsigned k = 0; k < s->listed[i]; k++, first = false)
			head_word(h, first ? "h=" : "", str_of(covered[i].name),
				  --left ? ":" : ";");
	head_word(h, "bh=", str_of(s->body_hash), ";");
}

static enum status put_signature(struct seal *s, const struct dkim_key *key, struct arena *a,
				 struct buf *out, struct err *e)
{
	struct head h;
	struct buf signature, text;
	uint8_t hash[SHA256_BYTES];
	size_t from = out->n, covered_bytes = s->headers.n;
	head_begin(&h, out, "DKIM-Signature");
	size_t value_at = out->n;
	put_tags(&h, s, key);
	if (!buf_ok(out))
		return err_set(e, ST_LIMIT, "dkim: no room for the signature");
	/* The field itself is covered too, with its b= empty and no line end (RFC 6376 3.7). */
	canon_header(str_n(out->p + from, value_at - from - 1),
		     str_n(out->p + value_at, out->n - value_at), &s->headers);
	buf_z(&s->headers, " b=");
	struct str data = buf_view(&s->headers);
	if (sign_key_kind(key->key) == SIGN_ED25519) { /* RFC 8463 3: the hash is what is signed */
		crypto_sha256(data, hash);
		data = str_n((const char *)hash, sizeof hash);
	}
	buf_init_arena(&signature, a, SIGN_RSA_BITS_MAX / 8);
	buf_init_arena(&text, a, SIGN_RSA_BITS_MAX / 4);
	if (!buf_ok(&s->headers))
		return err_set(e, ST_LIMIT, "dkim: no room for the signature");
	enum status st = sign_data(key->key, data, &signature, e);
	s->headers.n = covered_bytes;
	if (st != ST_OK)
		return st;
	base64_encode(buf_view(&signature), &text);
	for (size_t at = 0; at < text.n; at += CHUNK)
		head_word(&h, at ? "" : "b=", str_slice(buf_view(&text), at, at + CHUNK), "");
	head_end(&h);
	return buf_ok(out) && buf_ok(&text)
		       ? ST_OK
		       : err_set(e, ST_LIMIT, "dkim: no room for the signature");
}

enum status dkim_sign(const struct dkim_job *job, struct arena *a, struct buf *out, struct err *e)
{
	ASSERT(job->keys_n > 0 && job->keys_n <= DKIM_KEYS_MAX);
	size_t from = out->n;
	struct seal *s = ARENA_NEW(a, struct seal);
	if (s == NULL)
		return err_set(e, ST_LIMIT, "dkim: no room for copies of the message");
	s->at_us = job->at_us;
	enum status st = prepare(s, job->message, a, e);
	for (size_t i = 0; st == ST_OK && i < job->keys_n; i++)
		st = put_signature(s, &job->keys[i], a, out, e);
	if (st != ST_OK) {
		out->n = from;
		out->over = false;
	}
	return st;
}

/* ---- what the domain's owner publishes ---- */

void dkim_record_name(const struct dkim_key *key, struct buf *out)
{
	buf_str(out, key->selector);
	buf_z(out, "._domainkey.");
	buf_str(out, key->domain);
}

void dkim_record_text(const struct dkim_key *key, struct buf *out)
{
	struct buf public;
	buf_init(&public, SIGN_RSA_BITS_MAX / 4);
	sign_key_public(key->key, &public);
	buf_z(out, sign_key_kind(key->key) == SIGN_RSA ? "v=DKIM1; k=rsa; p="
						       : "v=DKIM1; k=ed25519; p=");
	base64_encode(buf_view(&public), out);
	buf_finish(&public);
}

void dkim_record_zone(const struct dkim_key *key, struct buf *out)
{
	struct buf text;
	buf_init(&text, SIGN_RSA_BITS_MAX / 2);
	dkim_record_text(key, &text);
	dkim_record_name(key, out);
	buf_z(out, ". IN TXT (");
	for (size_t at = 0; at < text.n; at += 255) {
		buf_z(out, " \"");
		buf_str(out, str_slice(buf_view(&text), at, at + 255));
		buf_z(out, "\"");
	}
	buf_z(out, " )\n");
	buf_finish(&text);
}
