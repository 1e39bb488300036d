/* SPDX-License-Identifier: Apache-2.0
 * fuzz_form.c: the first line is the content type, the second the cookie, the rest the body. */
#include "ingest/fuzz_ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct str origins[] = {{"https://www.example.com", 23}};
	struct str rest = str_n((const char *)data, bytes);
	if (bytes > 65536)
		return 0;
	struct ingest_request r = {
		.kind = INGEST_FORM,
		.name = STR("ebook"),
		.source = STR("form"),
		.remote_ip = STR("9.9.9.9"),
		.received_us = FUZZ_RECEIVED_US,
		.origins = origins,
		.origins_n = 1,
	};
	r.headers[INGEST_H_CONTENT_TYPE] = str_cut(&rest, '\n');
	r.headers[INGEST_H_COOKIE] = str_cut(&rest, '\n');
	r.headers[INGEST_H_REFERER] = STR("https://www.example.com/p?utm_source=a");
	r.body = rest;
	fuzz_request(&r, 1);
	return 0;
}
