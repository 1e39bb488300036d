/* SPDX-License-Identifier: Apache-2.0
 * account.c: which company does an address belong to? The registrable domain by the public suffix
 * list (libpsl), so that mail.acme.co.uk and acme.co.uk are one company and co.uk is none. */
#include "identity/identity.h"

#include <libpsl.h>

static const char *const freemail[] = {
#define FREEMAIL(domain) domain,
#include "identity/freemail.def"
#undef FREEMAIL
};
static const char *const disposable[] = {
#define DISPOSABLE(domain) domain,
#include "identity/disposable.def"
#undef DISPOSABLE
};
static const char *const role[] = {
#define ROLE(local) local,
#include "identity/role.def"
#undef ROLE
};

static bool listed(const char *const *list, size_t n, struct str s)
{
	size_t lo = 0;
	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;
		int order = str_cmp(str_of(list[mid]), s);
		if (order == 0)
			return true;
		if (order < 0)
			lo = mid + 1;
		else
			n = mid;
	}
	return false;
}
#define LISTED(list, s) listed(list, sizeof list / sizeof list[0], s)

/* The domain itself or one it lies under: "x.mailinator.com" is mailinator.com. */
static bool domain_listed(const char *const *list, size_t n, struct str domain)
{
	while (domain.n > 0) {
		if (listed(list, n, domain))
			return true;
		size_t dot = str_find_byte(domain, '.');
		domain = str_slice(domain, dot + 1, domain.n);
	}
	return false;
}
#define DOMAIN_LISTED(list, s) domain_listed(list, sizeof list / sizeof list[0], s)

unsigned identity_email_marks(struct str email)
{
	size_t at = str_find_byte(email, '@');
	struct str local = str_slice(email, 0, at), domain = str_slice(email, at + 1, email.n);
	unsigned marks = 0;
	local = str_slice(local, 0, str_find_byte(local, '+'));
	if (DOMAIN_LISTED(freemail, domain))
		marks |= IDENTITY_FREEMAIL;
	if (DOMAIN_LISTED(disposable, domain))
		marks |= IDENTITY_DISPOSABLE;
	if (LISTED(role, local))
		marks |= IDENTITY_ROLE;
	return marks;
}

struct str identity_domain(struct str host, struct arena *a)
{
	const psl_ctx_t *suffixes = psl_builtin();
	char *z = arena_strz(a, host);
	if (z == NULL || suffixes == NULL || host.n == 0 || host.n > 253)
		return STR_NULL;
	for (size_t i = 0; i < host.n; i++)
		if (z[i] >= 'A' && z[i] <= 'Z')
			z[i] = (char)(z[i] + 32);
	return str_of(psl_registrable_domain(suffixes, z)); /* points into z, or NULL */
}

enum status identity_account_key(const struct event *ev, struct arena *a, struct str *key_r,
				 struct err *e)
{
	struct str email, domain, group = str_trim(ev->group_id);
	const char *kind = "g";
	if (group.n == 0) {
		struct str text = event_id_value(ev, ID_EMAIL);
		if (text.n == 0 || identity_email(text, a, &email, NULL) != ST_OK ||
		    (identity_email_marks(email) & (IDENTITY_FREEMAIL | IDENTITY_DISPOSABLE)))
			return ST_NOT_FOUND;
		domain = str_slice(email, str_find_byte(email, '@') + 1, email.n);
		group = identity_domain(domain, a);
		kind = "d";
	}
	if (group.n == 0 || group.n > EVENT_ID_VALUE_MAX)
		return ST_NOT_FOUND;
	struct str key = arena_printf(a, "%s" STR_FMT, kind, STR_ARG(group));
	if (key.p == NULL)
		return err_set(e, ST_LIMIT, "no memory left for an account's key");
	*key_r = key;
	return ST_OK;
}
