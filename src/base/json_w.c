/* SPDX-License-Identifier: Apache-2.0
 * json_w.c: the writer. It keeps one bit per level, so that no caller ever counts commas. */
#include "base/json.h"

#include "base/assert.h"
#include "base/time.h"

#include <math.h>

void json_w_init(struct json_w *w, struct buf *out)
{
	*w = (struct json_w){.out = out};
}

static void before_value(struct json_w *w)
{
	uint64_t bit = UINT64_C(1) << w->depth;
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	ASSERT(!(w->in_object & bit));
	if (w->has_item & bit)
		buf_byte(w->out, ',');
	w->has_item |= bit;
}

static void open_level(struct json_w *w, char c, bool object)
{
	before_value(w);
	buf_byte(w->out, c);
	ASSERT(w->depth < 62);
	uint64_t bit = UINT64_C(1) << ++w->depth;
	w->has_item &= ~bit;
	w->in_object = object ? w->in_object | bit : w->in_object & ~bit;
}

void json_w_object(struct json_w *w)
{
	open_level(w, '{', true);
}

void json_w_array(struct json_w *w)
{
	open_level(w, '[', false);
}

void json_w_end(struct json_w *w)
{
	ASSERT(w->depth > 0 && !w->after_key);
	buf_byte(w->out, w->in_object >> w->depth & 1 ? '}' : ']');
	w->depth--;
}

static void put_escaped(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0;
	buf_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_put(b, s.p + from, i - from);
		from = i + 1;
		const char *named = c == '"'    ? "\\\""
				    : c == '\\' ? "\\\\"
				    : c == '\n' ? "\\n"
				    : c == '\t' ? "\\t"
				    : c == '\r' ? "\\r"
						: NULL;
		if (named != NULL) {
			buf_put(b, named, 2);
		} else {
			buf_put(b, "\\u00", 4);
			buf_byte(b, hex[c >> 4]);
			buf_byte(b, hex[c & 15]);
		}
	}
	buf_put(b, s.p + from, s.n - from);
	buf_byte(b, '"');
}

/* Only reached for bytes that never passed a parser: keep what is valid, mark what is not. */
static void put_repaired(struct buf *b, struct str s)
{
	struct buf fixed;
	buf_init(&fixed, s.n * 3 + 1);
	for (size_t i = 0; i < s.n;) {
		size_t len = 1;
		while (len <= 4 && i + len <= s.n && !str_utf8_valid(str_n(s.p + i, len)))
			len++;
		if (len > 4 || i + len > s.n) {
			buf_z(&fixed, "\xef\xbf\xbd");
			i++;
		} else {
			buf_put(&fixed, s.p + i, len);
			i += len;
		}
	}
	put_escaped(b, buf_view(&fixed));
	buf_finish(&fixed);
}

static void put_plain(struct buf *b, struct str s)
{
	if (!buf_reserve(b, s.n + 2))
		return;
	char *to = b->p + b->n;
	to[0] = '"';
	if (s.n > 0)
		memcpy(to + 1, s.p, s.n);
	to[s.n + 1] = '"';
	b->n += s.n + 2;
}

static void put_string(struct buf *b, struct str s)
{
	if (str_plain_run(s) == s.n) /* nearly all are */
		put_plain(b, s);
	else if (str_utf8_valid(s))
		put_escaped(b, s);
	else
		put_repaired(b, s);
}

void json_w_key_str(struct json_w *w, struct str key)
{
	uint64_t bit = UINT64_C(1) << w->depth;
	ASSERT((w->in_object & bit) && !w->after_key);
	if (w->has_item & bit)
		buf_byte(w->out, ',');
	w->has_item |= bit;
	put_string(w->out, key);
	buf_byte(w->out, ':');
	w->after_key = true;
}

void json_w_key(struct json_w *w, const char *key)
{
	json_w_key_str(w, str_of(key));
}

void json_w_str(struct json_w *w, struct str s)
{
	before_value(w);
	put_string(w->out, s);
}

void json_w_z(struct json_w *w, const char *z)
{
	if (z == NULL)
		json_w_null(w);
	else
		json_w_str(w, str_of(z));
}

void json_w_i64(struct json_w *w, int64_t v)
{
	before_value(w);
	buf_i64(w->out, v);
}

void json_w_u64(struct json_w *w, uint64_t v)
{
	before_value(w);
	buf_u64(w->out, v);
}

void json_w_f64(struct json_w *w, double v)
{
	before_value(w);
	if (isfinite(v))
		buf_f64(w->out, v);
	else
		buf_z(w->out, "null");
}

void json_w_bool(struct json_w *w, bool v)
{
	before_value(w);
	buf_z(w->out, v ? "true" : "false");
}

void json_w_null(struct json_w *w)
{
	before_value(w);
	buf_z(w->out, "null");
}

void json_w_time(struct json_w *w, int64_t at_us)
{
	char text[TIME_TEXT_MAX];
	if (at_us == TIME_NONE)
		json_w_null(w);
	else
		json_w_z(w, time_format(at_us, text));
}

void json_w_raw(struct json_w *w, struct str json)
{
	before_value(w);
	buf_str(w->out, json);
}

void json_w_kstr(struct json_w *w, const char *key, struct str s)
{
	json_w_key(w, key);
	json_w_str(w, s);
}

void json_w_kz(struct json_w *w, const char *key, const char *z)
{
	json_w_key(w, key);
	json_w_z(w, z);
}

void json_w_ki64(struct json_w *w, const char *key, int64_t v)
{
	json_w_key(w, key);
	json_w_i64(w, v);
}

void json_w_kf64(struct json_w *w, const char *key, double v)
{
	json_w_key(w, key);
	json_w_f64(w, v);
}

void json_w_kbool(struct json_w *w, const char *key, bool v)
{
	json_w_key(w, key);
	json_w_bool(w, v);
}

void json_w_ktime(struct json_w *w, const char *key, int64_t at_us)
{
	json_w_key(w, key);
	json_w_time(w, at_us);
}
