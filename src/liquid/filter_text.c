/* SPDX-License-Identifier: Apache-2.0
 * filter_text.c: filters that make text of text. In HTML a result is text to be escaped, but for
 * those that join: they escape the unsafe side when the other is safe. */
#include "liquid/filter.h"

#include "liquid/letter.h"

/* ---- joining ---- */

static void put_beside(struct str s, bool is_safe, bool other_safe, struct buf *out)
{
	if (!is_safe && other_safe)
		liquid_html(s, out);
	else
		buf_str(out, s);
}

static enum status join_two(struct call *c, unsigned first, unsigned second,
			    struct liquid_value *out_r)
{
	struct str a, b;
	struct buf out;
	if (!call_text(c, first, &a) || !call_text(c, second, &b))
		return call_ended(c);
	bool safe_a = is_str(c->args[first]) && c->args[first].safe;
	bool safe_b = is_str(c->args[second]) && c->args[second].safe;
	call_buf(c, &out);
	put_beside(a, safe_a, safe_b, &out);
	put_beside(b, safe_b, safe_a, &out);
	return call_done(c, &out, safe_a || safe_b, out_r);
}

enum status filter_append(struct call *c, struct liquid_value *out_r)
{
	return join_two(c, 0, 1, out_r);
}

enum status filter_prepend(struct call *c, struct liquid_value *out_r)
{
	return join_two(c, 1, 0, out_r);
}

/* ---- case ---- */

static enum status in_case(struct call *c, enum letter_case to, size_t from, enum letter_case rest,
			   struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	size_t at = letter_offset(s, from);
	call_buf(c, &out);
	letter_put_case(str_slice(s, 0, at), to, &out);
	letter_put_case(str_slice(s, at, s.n), rest, &out);
	return call_done(c, &out, false, out_r);
}

enum status filter_capitalize(struct call *c, struct liquid_value *out_r)
{
	return in_case(c, LETTER_UPPER, 1, LETTER_LOWER, out_r);
}

enum status filter_upcase(struct call *c, struct liquid_value *out_r)
{
	return in_case(c, LETTER_UPPER, 0, LETTER_UPPER, out_r);
}

enum status filter_downcase(struct call *c, struct liquid_value *out_r)
{
	return in_case(c, LETTER_LOWER, 0, LETTER_LOWER, out_r);
}

/* ---- replacing ---- */

/* Ruby reads \0, \&, \\ and their like in what replaces; \1 to \9 are groups, which are empty. */
static void put_replacement(struct str with, struct str in, size_t at, size_t n, struct buf *out)
{
	for (size_t i = 0; i < with.n; i++) {
		char c = with.p[i], next = i + 1 < with.n ? with.p[i + 1] : '\0';
		if (c != '\\' || next == '\0' || strchr("0123456789&`'\\", next) == NULL) {
			buf_byte(out, c);
			continue;
		}
		i++;
		if (next == '0' || next == '&')
			buf_str(out, str_slice(in, at, at + n));
		else if (next == '`')
			buf_str(out, str_slice(in, 0, at));
		else if (next == '\'')
			buf_str(out, str_slice(in, at + n, in.n));
		else if (next == '\\')
			buf_byte(out, '\\');
	}
}

static enum status replaced(struct call *c, struct str with, bool all, struct liquid_value *out_r)
{
	struct str s, what;
	struct buf out;
	if (!call_text(c, 0, &s) || !call_text(c, 1, &what))
		return call_ended(c);
	call_buf(c, &out);
	size_t at = 0;
	do {
		size_t found = what.n ? at + str_find(str_slice(s, at, s.n), what) : at;
		if (found > s.n || (what.n && found == s.n))
			break;
		buf_str(&out, str_slice(s, at, found));
		put_replacement(with, s, found, what.n, &out);
		at = found + what.n;
		if (what.n == 0 && at < s.n) { /* between all letters */
			size_t n = all ? letter_offset(str_slice(s, at, s.n), 1) : 0;
			buf_str(&out, str_slice(s, at, at + n));
			at += n;
		} else if (what.n == 0) {
			break;
		}
	} while (all && !out.over && call_charge(c, 1 + what.n));
	buf_str(&out, str_slice(s, at, s.n));
	return call_done(c, &out, false, out_r);
}

static enum status replace(struct call *c, bool all, struct liquid_value *out_r)
{
	struct str with;
	return call_text(c, 2, &with) ? replaced(c, with, all, out_r) : call_ended(c);
}

enum status filter_replace(struct call *c, struct liquid_value *out_r)
{
	return replace(c, true, out_r);
}

enum status filter_replace_first(struct call *c, struct liquid_value *out_r)
{
	return replace(c, false, out_r);
}

enum status filter_remove(struct call *c, struct liquid_value *out_r)
{
	return replaced(c, STR(""), true, out_r);
}

enum status filter_remove_first(struct call *c, struct liquid_value *out_r)
{
	return replaced(c, STR(""), false, out_r);
}

static enum status last_replaced(struct call *c, struct str with, struct liquid_value *out_r)
{
	struct str s, what;
	struct buf out;
	if (!call_text(c, 0, &s) || !call_text(c, 1, &what))
		return call_ended(c);
	*out_r = liquid_str(s);
	if (what.n > s.n)
		return ST_OK;
	if (!call_charge(c, s.n * (1 + what.n / 16)))
		return call_ended(c);
	if (what.n == 0) {
		call_buf(c, &out);
		buf_str(&out, s);
		buf_str(&out, with);
		return call_done(c, &out, false, out_r);
	}
	size_t at = s.n - what.n;
	while (at > 0 && memcmp(s.p + at, what.p, what.n) != 0)
		at--;
	if (memcmp(s.p + at, what.p, what.n) != 0)
		return ST_OK;
	call_buf(c, &out);
	buf_str(&out, str_slice(s, 0, at));
	buf_str(&out, with);
	buf_str(&out, str_slice(s, at + what.n, s.n));
	return call_done(c, &out, false, out_r);
}

enum status filter_replace_last(struct call *c, struct liquid_value *out_r)
{
	struct str with;
	return call_text(c, 2, &with) ? last_replaced(c, with, out_r) : call_ended(c);
}

enum status filter_remove_last(struct call *c, struct liquid_value *out_r)
{
	return last_replaced(c, STR(""), out_r);
}

/* ---- cutting ---- */

/* Where to cut `size` things from `from`, `count` of them: false: nowhere. */
static bool clamp(int64_t size, int64_t *from, int64_t *count)
{
	if (*from < 0)
		*from += size;
	if (*from < 0 || *from > size || *count < 0)
		return false;
	if (*count > size - *from)
		*count = size - *from;
	return true;
}

enum status filter_slice(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value v = c->args[0], items;
	int64_t from, count = 1;
	struct str s;
	if (!call_integer(c, 1, &from) ||
	    (c->n > 2 && truthy(c->args[2]) && !call_integer(c, 2, &count)))
		return call_ended(c);
	if (is_list(v)) {
		if (!val_items(v, c->run->arena, LIQUID_WORK_MAX, &items))
			return liquid_run_no_memory(c->run, c->at);
		*out_r = clamp(items.n, &from, &count)
				 ? liquid_array(items.items + (items.n ? from : 0), (size_t)count)
				 : liquid_array(NULL, 0);
		return ST_OK;
	}
	if (!call_text(c, 0, &s))
		return call_ended(c);
	*out_r = liquid_str(STR(""));
	if (clamp((int64_t)letter_count(s), &from, &count))
		*out_r = liquid_str(letter_cut(s, (size_t)from, (size_t)count));
	return ST_OK;
}

/* ' ' splits at runs of white space, '' between letters; empty pieces at the end go. */
static size_t piece_end(struct str s, size_t at, struct str by, size_t *next)
{
	size_t end = at;
	if (by.n == 0) {
		end += letter_offset(str_slice(s, at, s.n), 1);
		*next = end;
	} else if (str_is(by, " ")) {
		while (end < s.n && !is_space(s.p[end]))
			end++;
		*next = s.n - skip_space(str_slice(s, end, s.n)).n;
	} else {
		end += str_find(str_slice(s, at, s.n), by);
		*next = end < s.n ? end + by.n : s.n;
	}
	return end;
}

enum status filter_split(struct call *c, struct liquid_value *out_r)
{
	struct str s, by;
	struct liquid_value *items = NULL;
	size_t n = 0, kept = 0;
	if (!call_text(c, 0, &s) || !call_text(c, 1, &by))
		return call_ended(c);
	if (str_is(by, " "))
		s = skip_space(s);
	for (int round = 0; round < 2; round++) { /* counts, then keeps */
		n = 0;
		for (size_t at = 0, next; at < s.n; at = next, n++) {
			struct str piece = str_slice(s, at, piece_end(s, at, by, &next));
			if (items != NULL && n < kept)
				items[n] = liquid_str(piece);
			if (items == NULL && piece.n > 0)
				kept = n + 1;
		}
		if (items == NULL && !call_list(c, kept, &items))
			return call_ended(c);
	}
	*out_r = liquid_array(items, kept);
	return ST_OK;
}

static enum status stripped(struct call *c, bool left, bool right, struct liquid_value *out_r)
{
	struct str s;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	bool safe = is_str(c->args[0]) && c->args[0].safe;
	s = left ? skip_space(s) : s;
	*out_r = liquid_str(right ? drop_space(s) : s);
	out_r->safe = safe;
	return ST_OK;
}

enum status filter_strip(struct call *c, struct liquid_value *out_r)
{
	return stripped(c, true, true, out_r);
}

enum status filter_lstrip(struct call *c, struct liquid_value *out_r)
{
	return stripped(c, true, false, out_r);
}

enum status filter_rstrip(struct call *c, struct liquid_value *out_r)
{
	return stripped(c, false, true, out_r);
}

enum status filter_squish(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	if (c->args[0].kind == LIQUID_NIL)
		return ST_OK;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &out);
	for (s = drop_space(skip_space(s)); s.n > 0; s = skip_space(s)) {
		size_t next, n = piece_end(s, 0, STR(" "), &next);
		buf_z(&out, out.n ? " " : "");
		buf_put(&out, s.p, n);
		s = str_slice(s, n, s.n);
	}
	return call_done(c, &out, false, out_r);
}

enum status filter_strip_newlines(struct call *c, struct liquid_value *out_r)
{
	struct str s;
	struct buf out;
	if (!call_text(c, 0, &s))
		return call_ended(c);
	call_buf(c, &out);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\n' && !(s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n'))
			buf_byte(&out, s.p[i]);
	return call_done(c, &out, false, out_r);
}

/* ---- shortening ---- */

static bool ending(struct call *c, struct str *out_r)
{
	*out_r = STR("...");
	return c->n < 3 || call_text(c, 2, out_r);
}

enum status filter_truncate(struct call *c, struct liquid_value *out_r)
{
	struct str s, end;
	struct buf out;
	int64_t length = 50;
	if (c->args[0].kind == LIQUID_NIL)
		return ST_OK;
	if (!call_text(c, 0, &s) || (c->n > 1 && !call_integer(c, 1, &length)) || !ending(c, &end))
		return call_ended(c);
	if ((int64_t)letter_count(s) <= length) {
		*out_r = liquid_str(s);
		return ST_OK;
	}
	int64_t keep = length - (int64_t)letter_count(end);
	call_buf(c, &out);
	buf_str(&out, str_slice(s, 0, keep > 0 ? letter_offset(s, (size_t)keep) : 0));
	buf_str(&out, end);
	return call_done(c, &out, false, out_r);
}

enum status filter_truncatewords(struct call *c, struct liquid_value *out_r)
{
	struct str s, end;
	struct buf out;
	int64_t words = 15;
	if (c->args[0].kind == LIQUID_NIL)
		return ST_OK;
	if (!call_text(c, 0, &s) || (c->n > 1 && !call_integer(c, 1, &words)) || !ending(c, &end))
		return call_ended(c);
	*out_r = liquid_str(s);
	words = words <= 0 ? 1 : words;
	call_buf(c, &out);
	struct str rest = skip_space(s);
	for (; words > 0 && rest.n > 0; words--) {
		size_t next, n = piece_end(rest, 0, STR(" "), &next);
		buf_z(&out, out.n ? " " : "");
		buf_put(&out, rest.p, n);
		if (n == rest.n)
			return ST_OK; /* the last word */
		rest = str_slice(rest, next, rest.n);
	}
	if (words > 0)
		return ST_OK;
	buf_str(&out, end);
	return call_done(c, &out, false, out_r);
}
