/* SPDX-License-Identifier: Apache-2.0
 * fuzz_addr.c: any bytes as an address, a return path, a References header: refused, or of a form
 * that is written and read again the same. */
#include "base/assert.h"
#include "mime/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void tagged(struct str text)
{
	char token[MIME_TOKEN_MAX + 1], again[MIME_TOKEN_MAX + 1];
	struct str prefix = STR("bounce"), domain = STR("m.example");
	struct buf out;
	buf_init(&out, 1024);
	if (mime_tagged_read(text, prefix, domain, token)) {
		ASSERT(mime_tagged_write(prefix, str_of(token), domain, &out, NULL) == ST_OK);
		ASSERT(mime_email_ok(buf_view(&out)));
		ASSERT(mime_tagged_read(buf_view(&out), prefix, domain, again));
		ASSERT(strcmp(token, again) == 0);
	}
	buf_reset(&out);
	if (mime_id_read(text, domain, token)) {
		ASSERT(mime_id_write(str_of(token), domain, &out, NULL) == ST_OK);
		ASSERT(mime_id_read(buf_view(&out), domain, again) && strcmp(token, again) == 0);
	}
	buf_finish(&out);
}

static void address(struct str text)
{
	struct arena a;
	struct mime_addr addr, again;
	arena_init(&a, 1u << 20);
	if (mime_addr_parse(text, &a, &addr, NULL) == ST_OK) {
		ASSERT(mime_email_ok(addr.email) && addr.name.n <= MIME_NAME_MAX);
		ASSERT(str_utf8_valid(addr.name));
		ASSERT(mime_addr_parse(addr.email, &a, &again, NULL) == ST_OK);
		ASSERT(str_eq(again.email, addr.email) && again.name.n == 0);
	}
	arena_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct str text = str_n((const char *)data, bytes), rest = text, id;
	address(text);
	tagged(text);
	while ((id = mime_id_next(&rest)).p != NULL)
		ASSERT(id.n > 0 && memchr(id.p, '<', id.n) == NULL &&
		       memchr(id.p, '\n', id.n) == NULL);
	return 0;
}
