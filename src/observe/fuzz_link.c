/* SPDX-License-Identifier: Apache-2.0
 * fuzz_link.c: any bytes as a token, a line feed and its target; then with a right signature put
 * behind them: whatever is believed is what would have been written. */
#include "base/assert.h"
#include "base/buf.h"
#include "base/time.h"
#include "observe/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void written_again(const struct link_keys *k, struct str token, struct str target)
{
	struct link l;
	char text[LINK_TEXT_MAX];
	uint64_t id;
	if (link_read(k, token, target, 0, &l, NULL) == ST_OK) {
		ASSERT(l.kind < LINK_ADDRESS);
		ASSERT(link_write(k, &l, target, text, NULL) == ST_OK);
		ASSERT(str_is(token, text));
	}
	if (link_address_read(k, token, &id, NULL) == ST_OK) {
		link_address_write(k, id, text);
		ASSERT(str_eq_nocase(token, str_of(text)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const uint8_t secret[LINK_SECRET_BYTES] = {1, 2, 3};
	struct link_keys k = {.n = 0};
	struct str target = str_n((const char *)data, bytes), token = str_cut(&target, '\n');
	struct link l = {LINK_CLICK, bytes, (uint32_t)token.n, TIME_NONE};
	char text[LINK_TEXT_MAX];
	ASSERT(link_keys_add(&k, 1, secret, NULL) == ST_OK);
	written_again(&k, token, target);
	if (link_write(&k, &l, target, text, NULL) == ST_OK) {
		struct link got;
		ASSERT(link_target_ok(target));
		ASSERT(link_read(&k, str_of(text), target, 0, &got, NULL) == ST_OK);
		ASSERT(got.id == l.id && got.n == l.n);
	}
	return 0;
}
