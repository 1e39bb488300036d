/* SPDX-License-Identifier: Apache-2.0
 * json.h: a strict JSON reader without allocation per value, and a writer.
 *
 * RFC 8259 and no more: UTF-8 checked, duplicate keys refused, no lone surrogates, no \u0000, no
 * raw control characters, no NaN, no trailing bytes; depth, size and token count have ceilings.
 * The parse is a flat array of tokens in document order; a node is an index into it, and every
 * token knows where its next sibling starts, so skipping a subtree is one step.
 * Memory: tokens and unescaped strings live in the caller's arena; everything else borrows from
 * the text, which must outlive the document.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/status.h"

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

#define JSON_NONE UINT32_MAX /* "no such node": every accessor accepts it */

struct json_tok {
	uint32_t at, end; /* bytes of the text; strings without their quotes */
	uint32_t next;    /* index just behind this value's whole subtree */
	uint32_t count;   /* members or items; for strings a hash */
	uint8_t type;
	bool escaped; /* string holds at least one backslash */
};

struct json {
	struct str text;
	const struct json_tok *toks; /* toks[0] is the root */
	uint32_t count;
};

struct json_limits {
	uint32_t depth_max, tokens_max;
};
#define JSON_LIMITS_EVENT ((struct json_limits){.depth_max = 32, .tokens_max = 65536})

/* ST_INVALID names what and at which byte; ST_LIMIT which ceiling. */
MUST_USE enum status json_parse(struct str text, struct json_limits limits, struct arena *a,
				struct json *out, struct err *e);

enum json_type json_type(const struct json *d, uint32_t node); /* JSON_NONE reads as JSON_NULL */
bool json_is(const struct json *d, uint32_t node, enum json_type type); /* false for JSON_NONE */
/* Member of an object by key; JSON_NONE when absent or `node` is no object. */
uint32_t json_get(const struct json *d, uint32_t node, const char *key);
uint32_t json_get_str(const struct json *d, uint32_t node, struct str key);
/* Walk: children of an array (or values of an object); JSON_NONE at the end.
 * For an object json_key(d, value) is the key token of a value. */
uint32_t json_first(const struct json *d, uint32_t node);
uint32_t json_next(const struct json *d, uint32_t parent, uint32_t child);
uint32_t json_at(const struct json *d, uint32_t node, size_t n); /* the n-th child, from 0 */
uint32_t json_key(const struct json *d, uint32_t value);
uint32_t json_count(const struct json *d, uint32_t node);
struct str json_raw(const struct json *d, uint32_t node); /* as written, quotes included */
/* Decoded text of a string (borrowed when nothing is escaped). p == NULL: not a string, or the
 * arena is over its ceiling. */
struct str json_str(const struct json *d, uint32_t node, struct arena *a);
bool json_f64(const struct json *d, uint32_t node, double *out_r);
bool json_i64(const struct json *d, uint32_t node, int64_t *out_r); /* integers only; 3.0 is one */
bool json_bool(const struct json *d, uint32_t node, bool *out_r);

/* Writer: appends to a buf; commas are its business. Misuse (a value without its key) asserts. */
struct json_w {
	struct buf *out;
	uint64_t in_object, has_item; /* one bit per depth */
	unsigned depth;
	bool after_key;
};

void json_w_init(struct json_w *w, struct buf *out);
void json_w_object(struct json_w *w);
void json_w_array(struct json_w *w);
void json_w_end(struct json_w *w); /* closes the innermost object or array */
void json_w_key(struct json_w *w, const char *key);
void json_w_key_str(struct json_w *w, struct str key);
void json_w_str(struct json_w *w, struct str s); /* invalid UTF-8 becomes U+FFFD */
void json_w_z(struct json_w *w, const char *z);  /* NULL writes null */
void json_w_i64(struct json_w *w, int64_t v);
void json_w_u64(struct json_w *w, uint64_t v);
void json_w_f64(struct json_w *w, double v); /* NaN and infinities write null */
void json_w_bool(struct json_w *w, bool v);
void json_w_null(struct json_w *w);
void json_w_time(struct json_w *w, int64_t at_us);
void json_w_raw(struct json_w *w, struct str json); /* already JSON */
/* key + value in one move */
void json_w_kstr(struct json_w *w, const char *key, struct str s);
void json_w_kz(struct json_w *w, const char *key, const char *z);
void json_w_ki64(struct json_w *w, const char *key, int64_t v);
void json_w_kf64(struct json_w *w, const char *key, double v);
void json_w_kbool(struct json_w *w, const char *key, bool v);
void json_w_ktime(struct json_w *w, const char *key, int64_t at_us);

#endif
