/* SPDX-License-Identifier: Apache-2.0
 * email.c: one spelling per address. The local part is lower-cased although RFC 5321 lets a host
 * tell Ana from ana: no host of today does, and two leads for one person is the worse mistake. A
 * tag behind + is kept: it may be another person's mailbox, and whoever typed it wanted it. */
#include "identity/identity.h"

#include <idn2.h>

#define LOCAL_MAX 64
#define DOMAIN_MAX 253

static bool is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool is_ascii(struct str s)
{
	unsigned char all = 0;
	for (size_t i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all < 0x80;
}

/* Characters nobody sees make two addresses that look alike: C1 controls and no-break space
 * (U+0080-00A0), zero-width and direction marks (U+200B-202F, U+2060-206F), U+FEFF. */
static bool has_invisible(struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		const unsigned char *p = (const unsigned char *)s.p + i;
		if (p[0] == 0xC2 && p[1] <= 0xA0)
			return true;
		if (i + 2 >= s.n)
			continue;
		if (p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0x8B && p[2] <= 0xAF)
			return true;
		if (p[0] == 0xE2 && p[1] == 0x81 && p[2] >= 0xA0 && p[2] <= 0xAF)
			return true;
		if (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF)
			return true;
	}
	return false;
}

/* Dot-atom of RFC 5322 3.2.3, and what lies beyond ASCII (RFC 6531). */
static const char *local_fault(struct str s)
{
	static const char also[] = "!#$%&'*+/=?^_`{|}~-";
	if (s.n == 0)
		return "nothing stands before the @";
	if (s.n > LOCAL_MAX)
		return "the part before the @ is longer than 64 bytes";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = lower(s.p[i]);
		if (c == '.' && (i == 0 || i + 1 == s.n || s.p[i - 1] == '.'))
			return "a dot stands first, last or twice before the @";
		if (c != '.' && c < 0x80 && !is_alnum(c) && (c == 0 || strchr(also, c) == NULL))
			return "a character before the @ is not allowed in an address";
	}
	return NULL;
}

/* Letters, digits and hyphens (RFC 5890 2.3.1), at least two labels, the last one not a number. */
static const char *domain_fault(struct str s)
{
	struct str rest = s, label = STR_NULL;
	size_t labels = 0;
	if (s.n == 0 || s.n > DOMAIN_MAX)
		return s.n ? "the domain is longer than 253 bytes"
			   : "no domain stands behind the @";
	while (rest.p != NULL) {
		label = str_cut(&rest, '.');
		labels++;
		if (label.n == 0 || label.n > 63)
			return "a part of the domain is empty or longer than 63 bytes";
		if (label.p[0] == '-' || label.p[label.n - 1] == '-')
			return "a part of the domain begins or ends with a hyphen";
		for (size_t i = 0; i < label.n; i++)
			if (!is_alnum((unsigned char)label.p[i]) && label.p[i] != '-')
				return "a character in the domain is not allowed";
	}
	if (labels < 2)
		return "the domain has no dot";
	for (size_t i = 0; i < label.n; i++)
		if (label.p[i] < '0' || label.p[i] > '9')
			return label.n > 1 ? NULL : "the domain ends in a single letter";
	return "the domain ends in a number";
}

/* Internationalised names become their ASCII form: UTS #46, non-transitional, as browsers do. */
static const char *domain_ascii(struct str domain, struct arena *a, struct str *out)
{
	char *ascii = NULL, *z = arena_strz(a, domain);
	bool plain = true;
	if (z == NULL)
		return "there is no memory left to read it";
	for (size_t i = 0; i < domain.n; i++) {
		plain = plain && (unsigned char)z[i] < 0x80;
		z[i] = (char)lower(z[i]);
	}
	*out = str_n(z, domain.n);
	if (plain && memmem(z, domain.n, "xn--", 4) == NULL)
		return NULL;
	if (idn2_to_ascii_8z(z, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		return "the domain is not a valid international name";
	*out = arena_str(a, str_of(ascii));
	idn2_free(ascii);
	return out->p ? NULL : "there is no memory left to read it";
}

/* Letters and digits of any script: NFC and lower case by the rule of domains (UTS #46): so one
 * rule holds on both sides of the @. What it does not know (an emoji) stays as it is. */
static void put_word(struct str word, struct buf *out)
{
	char z[LOCAL_MAX + 1], *ascii = NULL, *mapped = NULL;
	for (size_t i = 0; i < word.n; i++)
		z[i] = (char)lower(word.p[i]);
	z[word.n] = '\0';
	if (!is_ascii(word) &&
	    idn2_to_ascii_8z(z, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) == IDN2_OK &&
	    idn2_to_unicode_8z8z(ascii, &mapped, 0) == IDN2_OK)
		buf_z(out, mapped);
	else
		buf_put(out, z, word.n);
	idn2_free(ascii);
	idn2_free(mapped);
}

/* Word by word; the marks between them are ASCII and have no case. */
static struct str local_lower(struct str local, struct arena *a)
{
	struct buf out;
	buf_init_arena(&out, a, 8 * LOCAL_MAX);
	for (size_t i = 0, from = 0; i <= local.n; i++) {
		unsigned char c = i < local.n ? lower(local.p[i]) : 0;
		if (i < local.n && (is_alnum(c) || c >= 0x80))
			continue;
		put_word(str_slice(local, from, i), &out);
		if (i < local.n)
			buf_byte(&out, local.p[i]);
		from = i + 1;
	}
	return buf_ok(&out) ? buf_view(&out) : local;
}

static const char *parts(struct str text, struct str *local, struct str *domain)
{
	size_t at = text.n;
	while (at > 0 && text.p[at - 1] != '@')
		at--;
	if (at == 0)
		return "it has no @";
	*local = str_slice(text, 0, at - 1);
	*domain = str_slice(text, at, text.n);
	if (domain->n > 1 && domain->p[domain->n - 1] == '.')
		domain->n--; /* the root's dot */
	return NULL;
}

enum status identity_email(struct str text, struct arena *a, struct str *out, struct err *e)
{
	struct str local = STR_NULL, domain = STR_NULL;
	struct arena_mark mark = arena_mark(a);
	text = str_trim(text);
	const char *fault = NULL;
	if (text.n > 2 * IDENTITY_EMAIL_MAX)
		fault = "it is longer than 254 bytes";
	else if (!is_ascii(text) && (!str_utf8_valid(text) || has_invisible(text)))
		fault = "it holds bytes or invisible characters that are not allowed";
	if (fault == NULL)
		fault = parts(text, &local, &domain);
	if (fault == NULL)
		fault = local_fault(local);
	if (fault == NULL && !is_ascii(local)) {
		local = local_lower(local, a);
		fault = local_fault(local); /* a mark in another width became a plain one */
	}
	if (fault == NULL)
		fault = domain_ascii(domain, a, &domain);
	if (fault == NULL)
		fault = domain_fault(domain);
	if (fault == NULL && local.n + 1 + domain.n > IDENTITY_EMAIL_MAX)
		fault = "it is longer than 254 bytes";
	char *p = fault ? NULL : arena_alloc(a, local.n + 1 + domain.n);
	if (p == NULL) {
		arena_rewind(a, mark);
		return err_set(e, ST_INVALID, "not an e-mail address: %s",
			       fault ? fault : "there is no memory left to read it");
	}
	for (size_t i = 0; i < local.n; i++)
		p[i] = (char)lower(local.p[i]);
	p[local.n] = '@';
	memcpy(p + local.n + 1, domain.p, domain.n);
	*out = str_n(p, local.n + 1 + domain.n);
	return ST_OK;
}
