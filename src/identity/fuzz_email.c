/* SPDX-License-Identifier: Apache-2.0
 * fuzz_email.c: any bytes as an address: refused, or brought to a form that is its own normal form,
 * and then keyed, marked and asked for its company. */
#include "base/assert.h"
#include "identity/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct str once, twice, account;
	struct str text = str_n((const char *)data, bytes);
	arena_init(&a, 1u << 20);
	if (identity_email(text, &a, &once, NULL) == ST_OK) {
		struct event ev = {.seq = 1};
		ASSERT(once.n <= IDENTITY_EMAIL_MAX);
		ASSERT(identity_email(once, &a, &twice, NULL) == ST_OK);
		ASSERT(str_eq(once, twice));
		(void)identity_email_marks(once); /* must only end */
		ASSERT(event_add_id(&ev, ID_EMAIL, STR_NULL, once));
		enum status st = identity_account_key(&ev, &a, &account, NULL);
		ASSERT(st == ST_NOT_FOUND || (st == ST_OK && account.n > 1));
	}
	arena_finish(&a);
	return 0;
}
