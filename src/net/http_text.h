/* SPDX-License-Identifier: Apache-2.0
 * http_text.h: the words of HTTP as pure functions: targets, queries, header fields, addresses.
 *
 * Strict where two readers could differ (RFC 9112 section 11): what is not surely well formed is
 * refused here, so that nobody behind has to think of it. No I/O, no state: fuzzed as they are.
 */
#ifndef NET_HTTP_TEXT_H
#define NET_HTTP_TEXT_H

#include "base/arena.h"
#include "base/status.h"
#include "net/http_server.h"

/* "%41" -> "A", and '+' -> ' ' when plus_is_space. ST_INVALID: a broken escape, a NUL or text that
 * is not UTF-8. Borrows when there is nothing to decode. */
MUST_USE enum status http_percent_decode(struct str in, bool plus_is_space, struct arena *a,
					 struct str *out, struct err *e);
/* Origin form only ("/path?query"): splits, decodes and checks the path. */
MUST_USE enum status http_target_parse(struct str target, struct arena *a, struct str *path,
				       struct str *query_raw, struct err *e);
/* "a=1&b=x%20y": at most HTTP_QUERY_MAX pairs, in order. Also the body of a plain HTML form. */
MUST_USE enum status http_query_parse(struct str raw, struct arena *a,
				      const struct http_pair **pairs_r, size_t *count_r,
				      struct err *e);

bool http_token_valid(struct str s);       /* RFC 9110 section 5.6.2: a header's name, a method */
bool http_field_value_valid(struct str s); /* no control character but TAB */
bool http_host_valid(struct str s);
bool http_method_parse(struct str s, enum http_method *out_r);
/* "Text/HTML; charset=x" -> "text/html"; empty when absent, p == NULL when malformed. */
struct str http_media_type(struct str content_type, struct arena *a);
/* "Basic dXNlcjpwYXNz" -> user and password. False: not that scheme, or broken. */
bool http_basic_auth(struct str authorization, struct arena *a, struct str *user,
		     struct str *password);
/* "Bearer abc" -> "abc"; RFC 6750 characters only. */
bool http_bearer_auth(struct str authorization, struct str *token);
/* The address a chain of `hops` proxies of ours vouches for; p == NULL when there is none. */
struct str http_forwarded_ip(struct str x_forwarded_for, unsigned hops);

#endif
