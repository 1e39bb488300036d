/* SPDX-License-Identifier: Apache-2.0
 * reply.c: which lines of a reply are new? Each line is of one sort; what goes follows from the
 * sorts alone:
 *
 *   from a rule ("-----Original Message-----") or a header block on, all goes
 *   a quote header ("On 3 March Ana wrote:") goes; so do the quoted lines under it when they begin
 *   or end the message; between two pieces of new text they stay, since these answer them; with no
 *   quoted line under it, all goes
 *   from a signature mark on, all goes; the line a phone adds goes
 *
 * When nothing is left, the message was written around: it stands below the first header. */
#include "inbound/inbound.h"

#include "inbound/text.h"

#define LINES_MAX 4000
#define WROTE_LINES_MAX 4
#define BLOCK_LINES_MAX 6
#define LINE_BYTES_MAX 400 /* longer lines are prose */

enum sort { TEXT, EMPTY, QUOTED, WROTE, RULED, BLOCK, SIGNED, DEVICE_LINE };

struct line {
	struct str raw, bare; /* bare: trimmed, lower case, without quote marks and stars */
	enum sort sort;
	bool gone;
};

struct lines {
	struct line *items;
	size_t count;
};

struct row {
	char list;
	const char *words;
};
static const struct row rows[] = {
#define WROTE(words) {'w', words},
#define VERB(words) {'v', words},
#define RULE(words) {'r', words},
#define FROM(words) {'f', words},
#define SENT(words) {'s', words},
#define DEVICE(words) {'d', words},
#include "inbound/quote.def"
#undef WROTE
#undef VERB
#undef RULE
#undef FROM
#undef SENT
#undef DEVICE
};

/* How the first line of a quote header begins, when it does not begin with a digit. */
static const char *const date_leads[] = {"on ",   "am ",  "le ", "el ",  "il ",  "op ", "em ",
					 "dnia ", "at ",  "w ",  "den ", "dne ", "pe ", "в ",
					 "在",    "on\t", "a ",  "em ",  "vào ", "na ", "---- on"};

static bool begins_with_row(struct str s, char list)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].list == list && str_starts(s, str_of(rows[i].words)))
			return true;
	return false;
}

static bool has_row(struct str s, char list)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].list == list && str_find(s, str_of(rows[i].words)) < s.n)
			return true;
	return false;
}

static bool ends_with_wrote(struct str s)
{
	while (s.n > 0 && strchr("- *_", s.p[s.n - 1]) != NULL)
		s.n--;
	if (str_ends(s, STR(" wrote")) && str_starts(s, STR("---")))
		return true;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].list == 'w' && str_ends(s, str_of(rows[i].words)))
			return true;
	return false;
}

static struct str bare_line(struct str raw, struct arena *a)
{
	struct str s = str_trim(raw);
	while (s.n > 0 && (s.p[0] == '>' || s.p[0] == '*' || s.p[0] == ' '))
		s = str_slice(s, 1, s.n);
	while (s.n > 0 && s.p[s.n - 1] == '*')
		s.n--;
	return s.n > LINE_BYTES_MAX ? STR("") : text_lower(s, a);
}

static struct lines split(struct str text, struct arena *a)
{
	struct lines l = {.items = ARENA_ARRAY(a, struct line, LINES_MAX)};
	struct str raw;
	while (l.items != NULL && l.count < LINES_MAX && text_line(&text, &raw)) {
		struct line *line = &l.items[l.count++];
		*line = (struct line){.raw = raw, .bare = bare_line(raw, a)};
		if (str_empty(str_trim(raw)))
			line->sort = EMPTY;
		else if (str_trim(raw).p[0] == '>')
			line->sort = QUOTED;
	}
	return l;
}

static struct str bare_at(const struct lines *l, size_t i)
{
	return i < l->count ? l->items[i].bare : STR("");
}

static bool begins_with_date(struct str s)
{
	if (s.n > 0 && text_is_digit(s.p[0]))
		return true;
	for (size_t i = 0; i < sizeof date_leads / sizeof date_leads[0]; i++)
		if (str_starts(s, str_of(date_leads[i])))
			return true;
	return false;
}

static bool has_digit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (text_is_digit(s.p[i]))
			return true;
	return false;
}

/* A quote header that ends at line `last` begins where? last + 1: nowhere. */
static size_t wrote_from(const struct lines *l, size_t last)
{
	bool digit = false;
	for (size_t i = last + 1; i-- > 0 && last - i < WROTE_LINES_MAX;) {
		digit |= has_digit(bare_at(l, i));
		if (digit && (begins_with_date(bare_at(l, i)) || has_row(bare_at(l, i), 'v')))
			return i;
	}
	struct str s = bare_at(l, last);
	return str_find_byte(s, '<') < s.n || str_find_byte(s, '@') < s.n || digit ? last
										   : last + 1;
}

/* "2016-10-24 15:36 GMT+02:00 Ana <ana@x.example>:", maybe over two lines, without any verb. */
static bool is_dated_sender(const struct lines *l, size_t i)
{
	struct str s = bare_at(l, i);
	bool date = s.n > 10 && text_is_digit(s.p[0]) && text_is_digit(s.p[3]) &&
		    (s.p[4] == '-' || s.p[4] == '/') && text_is_digit(s.p[5]);
	return date && (str_find(s, STR("gmt")) < s.n || str_find_byte(s, '<') < s.n);
}

/* "Ana <ana@x.example> schrieb am 28. Apr. 2017 um 11:53 Uhr:": the verb is not at the end. */
static bool ends_verb_header(const struct lines *l, size_t last)
{
	struct str end = bare_at(l, last);
	if (!str_ends(end, STR(":")) && !str_ends(end, STR(":>")))
		return false;
	for (size_t i = last + 1; i-- > 0 && last - i < 3;) {
		struct str s = bare_at(l, i);
		bool dated = has_digit(s) || has_digit(end);
		if (dated && has_row(s, 'v'))
			return true;
	}
	return false;
}

/* First line at or behind i that is not empty; count: none. */
static size_t next_filled(const struct lines *l, size_t i)
{
	while (i < l->count && l->items[i].sort == EMPTY)
		i++;
	return i;
}

/* "26.06.2014, 14:41, "Ana" <ana@x.example>:" right above a quote: no verb in any language. */
static bool heads_quote(const struct lines *l, size_t i)
{
	struct str s = bare_at(l, i);
	size_t next = next_filled(l, i + 1);
	return str_ends(s, STR(":")) && has_digit(s) && str_find_byte(s, '@') < s.n &&
	       next < l->count && l->items[next].sort == QUOTED;
}

static struct str without_rule(struct str s)
{
	while (s.n > 0 && strchr("-_=*+# \t", s.p[0]) != NULL)
		s = str_slice(s, 1, s.n);
	while (s.n > 0 && strchr("-_=*+# \t", s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

static bool is_rule(struct str s)
{
	struct str words = without_rule(s);
	return words.n > 0 && words.n < 60 &&
	       (words.n < s.n || str_ends(words, STR(":")) || str_ends(words, STR("this line"))) &&
	       begins_with_row(words, 'r');
}

/* A header block: From and two more fields close below. */
static bool is_block(const struct lines *l, size_t i)
{
	int fields = 0;
	if (!begins_with_row(bare_at(l, i), 'f'))
		return false;
	for (size_t k = i + 1; k < l->count && k <= i + BLOCK_LINES_MAX; k++)
		fields += begins_with_row(bare_at(l, k), 's') ? 1 : 0;
	return fields >= 2;
}

static bool is_run_of(struct str s, const char *bytes)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr(bytes, s.p[i]) == NULL)
			return false;
	return s.n >= 2;
}

/* "--", "____", a long dash: what follows is no news. */
static bool is_signature(struct str raw)
{
	struct str s = str_trim(raw);
	return is_run_of(s, "-_") || str_is(s, "\xe2\x80\x94") || str_is(s, "\xe2\x80\x93");
}

static void mark_wrote(struct lines *l, size_t last)
{
	for (size_t i = wrote_from(l, last); i <= last; i++)
		l->items[i].sort = WROTE;
}

static void sort_line(struct lines *l, size_t i)
{
	struct line *line = &l->items[i];
	if (line->sort == EMPTY)
		return;
	if (line->sort != QUOTED &&
	    (ends_with_wrote(line->bare) || ends_verb_header(l, i) || heads_quote(l, i))) {
		mark_wrote(l, i);
	} else if (line->sort == QUOTED) {
		return;
	} else if (is_dated_sender(l, i)) {
		line->sort = WROTE;
		if (!str_ends(line->bare, STR(">")) && str_ends(bare_at(l, i + 1), STR(">:")))
			l->items[i + 1].sort = WROTE;
	} else if (is_block(l, i)) {
		line->sort = BLOCK;
	} else if (is_rule(line->bare)) {
		line->sort = RULED;
	} else if (is_signature(line->raw)) {
		line->sort = SIGNED;
	} else if (begins_with_row(line->bare, 'd') && line->bare.n < 120) {
		line->sort = DEVICE_LINE;
	}
}

static void sort_lines(struct lines *l)
{
	bool fenced = false;
	for (size_t i = 0; i < l->count; i++) {
		fenced ^= str_starts(l->items[i].raw, STR("```"));
		if (!fenced && l->items[i].sort != WROTE)
			sort_line(l, i);
	}
}

static void drop(struct lines *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		l->items[i].gone = true;
}

static size_t run_end(const struct lines *l, size_t i, enum sort sort)
{
	while (i < l->count && (l->items[i].sort == sort || l->items[i].sort == EMPTY))
		i++;
	return i;
}

static bool kept_text(const struct lines *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (l->items[i].sort == TEXT && !l->items[i].gone)
			return true;
	return false;
}

/* Quoted lines from i on: how far they go, and they do go unless new text stands on both sides. */
static size_t take_quote(struct lines *l, size_t i, bool headed)
{
	size_t end = run_end(l, i, QUOTED);
	bool below = end < l->count && l->items[end].sort == TEXT;
	bool above = kept_text(l, 0, i);
	if (!below || (headed && !above))
		drop(l, i, end);
	return end;
}

static size_t take_wrote(struct lines *l, size_t i)
{
	size_t end = i;
	while (end < l->count && l->items[end].sort == WROTE)
		end++;
	drop(l, i, end);
	size_t next = next_filled(l, end);
	if (next < l->count && l->items[next].sort == QUOTED)
		return take_quote(l, next, true);
	drop(l, end, l->count);
	return l->count;
}

static void select_lines(struct lines *l)
{
	for (size_t i = 0; i < l->count;) {
		switch (l->items[i].sort) {
		case WROTE: i = take_wrote(l, i); break;
		case QUOTED: i = take_quote(l, i, false); break;
		case RULED:
		case BLOCK:
		case SIGNED: drop(l, i, l->count); return;
		case DEVICE_LINE: l->items[i++].gone = true; break;
		default: i++;
		}
	}
}

static struct str join(const struct lines *l, struct arena *a, size_t bytes_max)
{
	struct buf b;
	buf_init_arena(&b, a, bytes_max + l->count + 1);
	for (size_t i = 0; i < l->count; i++) {
		if (l->items[i].gone)
			continue;
		buf_str(&b, l->items[i].raw);
		buf_byte(&b, '\n');
	}
	struct str s = buf_ok(&b) ? buf_view(&b) : STR("");
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL)
		s.n--;
	struct str line, rest = s;
	while (text_line(&rest, &line) && str_empty(str_trim(line)))
		s = rest;
	return s;
}

/* Trailing rows of marks ("***", "====") are ornaments. */
static void drop_ornaments(struct lines *l)
{
	for (size_t i = l->count; i-- > 0;) {
		struct str s = str_trim(l->items[i].raw);
		if (l->items[i].gone || l->items[i].sort == EMPTY)
			continue;
		if (!is_run_of(s, "*#~=_+-"))
			return;
		l->items[i].gone = true;
	}
}

/* Nothing was left: what stands below the first header, rule or block is the message. */
static void select_below(struct lines *l)
{
	size_t i = next_filled(l, 0);
	enum sort top = i < l->count ? l->items[i].sort : TEXT;
	for (size_t k = 0; k < l->count; k++)
		l->items[k].gone = false;
	if (top == RULED || top == BLOCK)
		while (i < l->count && l->items[i].sort != EMPTY)
			l->items[i++].gone = true;
	while (i < l->count && (l->items[i].sort == WROTE || l->items[i].sort == RULED))
		l->items[i++].gone = true;
	for (size_t k = i; k < l->count; k++)
		if (l->items[k].sort == WROTE || l->items[k].sort == RULED) {
			drop(l, k, l->count);
			return;
		}
}

struct str inbound_reply_text(struct str text, struct arena *a)
{
	struct lines l = split(text, a);
	if (l.items == NULL)
		return STR("");
	sort_lines(&l);
	select_lines(&l);
	drop_ornaments(&l);
	struct str out = join(&l, a, text.n);
	if (out.n > 0)
		return out;
	select_below(&l);
	return join(&l, a, text.n);
}
