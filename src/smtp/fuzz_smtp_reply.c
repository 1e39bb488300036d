/* SPDX-License-Identifier: Apache-2.0
 * fuzz_smtp_reply.c: whatever a server says: bounded, understood the same however it is cut, and
 * fit to be stored. */
#include "smtp/reply.h"

#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct str in = str_n((const char *)data, bytes);
	struct smtp_reply r, again;
	size_t used = 0, used_again = 0;
	char room[SMTP_TEXT_MAX];
	struct str text = smtp_text_safe(in, room);
	ASSERT(text.n <= SMTP_TEXT_MAX && str_utf8_valid(text));
	while (in.n > 0 && smtp_reply_read(in, &r, &used) == SMTP_READ_DONE) {
		ASSERT(used > 0 && used <= in.n && used <= SMTP_REPLY_BYTES_MAX);
		ASSERT(r.code >= 200 && r.code <= 599);
		ASSERT(r.enhanced.class == 0 || r.enhanced.class == r.code / 100);
		/* Not a byte less, and no byte more matters. */
		ASSERT(smtp_reply_read(str_n(in.p, used), &again, &used_again) == SMTP_READ_DONE);
		ASSERT(used_again == used && again.code == r.code);
		ASSERT(smtp_reply_read(str_n(in.p, used - 1), &again, &used_again) !=
		       SMTP_READ_DONE);
		text = smtp_reply_text(&r, room);
		ASSERT(text.n <= SMTP_TEXT_MAX && str_utf8_valid(text));
		for (size_t i = 0; i < text.n; i++)
			ASSERT((unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f);
		struct smtp_caps caps = smtp_caps_read(&r);
		ASSERT(caps.size_max == 0 || (caps.flags & SMTP_CAP_SIZE) != 0);
		in = str_n(in.p + used, in.n - used);
	}
	return 0;
}
