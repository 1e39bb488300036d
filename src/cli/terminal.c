/* SPDX-License-Identifier: Apache-2.0
 * terminal.c: a filter where text leaves for a terminal, not an escape at each of the hundreds of
 * places that print a name: none of them can be forgotten. Pipes and files are not filtered.
 *
 * Our tints pass by their exact bytes. Data that holds one can tint its own line, and no more. */
#include "cli/terminal.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/str.h"

#define HELD_MAX 8 /* the longest tint, the longest character */
#define ROOM 4096

enum kind {
	WAITS, /* for the next byte */
	PASSES,
	TINTS,
	UNTINTS,
	ENDS_LINE,
	SHOWN /* as text */
};

struct terminal {
	FILE *to;
	bool colours, tinted, failed;
	unsigned char held[HELD_MAX];
	size_t held_n, out_n;
	char out[ROOM];
};

static const char *const tints[] = {"\033[0m",  "\033[1m",  "\033[2m",    "\033[31m",
				    "\033[32m", "\033[33m", "\033[1;31m", "\033[1;33m"};

static void drain(struct terminal *t)
{
	if (t->out_n > 0 && fwrite(t->out, 1, t->out_n, t->to) != t->out_n)
		t->failed = true;
	t->out_n = 0;
}

static void put(struct terminal *t, const void *bytes, size_t n)
{
	if (t->out_n + n > ROOM)
		drain(t);
	memcpy(t->out + t->out_n, bytes, n);
	t->out_n += n;
}

/* ---- what the first n held bytes are ---- */

static enum kind kind_of_escape(const struct terminal *t, struct str held)
{
	for (size_t i = 0; t->colours && i < sizeof tints / sizeof tints[0]; i++) {
		if (str_is(held, tints[i]))
			return i == 0 ? UNTINTS : TINTS;
		if (str_starts(str_of(tints[i]), held))
			return WAITS;
	}
	return SHOWN;
}

/* U+0080 to U+009F, and what turns the direction: U+202A to U+202E, U+2066 to U+2069. */
static bool steers(const unsigned char *p)
{
	if (p[0] == 0xc2)
		return p[1] < 0xa0;
	return p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
				(p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

static size_t bytes_of(unsigned char first)
{
	return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static enum kind kind_of_character(const unsigned char *p, size_t n)
{
	if (n < bytes_of(p[0]))
		return WAITS;
	return str_utf8_valid(str_n((const char *)p, n)) && !steers(p) ? PASSES : SHOWN;
}

static enum kind kind_of(const struct terminal *t, size_t n)
{
	const unsigned char *p = t->held;
	if (p[0] == '\033')
		return kind_of_escape(t, str_n((const char *)p, n));
	if (p[0] == '\n')
		return ENDS_LINE;
	if (p[0] == '\r')
		return n == 1 ? WAITS : p[1] == '\n' ? ENDS_LINE : SHOWN;
	if (p[0] >= 0x80)
		return kind_of_character(p, n);
	return p[0] == '\t' || (p[0] >= ' ' && p[0] != 0x7f) ? PASSES : SHOWN;
}

/* ---- their way out ---- */

static void drop(struct terminal *t, size_t n)
{
	t->held_n -= n;
	memmove(t->held, t->held + n, t->held_n);
}

/* The first character as text, or the first byte where there is none. */
static void show(struct terminal *t)
{
	char text[16];
	const unsigned char *p = t->held;
	unsigned code = p[0];
	size_t n = bytes_of(p[0]);
	bool whole = n <= t->held_n && str_utf8_valid(str_n((const char *)p, n));
	if (whole && n == 2)
		code = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	if (whole && n == 3)
		code = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	int len = snprintf(text, sizeof text, whole ? "\\u%04x" : "\\x%02x", code);
	put(t, text, (size_t)len);
	drop(t, whole ? n : 1);
}

static void end_tint(struct terminal *t)
{
	if (t->tinted)
		put(t, tints[0], strlen(tints[0]));
	t->tinted = false;
}

/* All that is held and does not wait. */
static void settle(struct terminal *t)
{
	while (t->held_n > 0) {
		size_t n = 1;
		enum kind k;
		while ((k = kind_of(t, n)) == WAITS && n < t->held_n)
			n++;
		if (k == WAITS)
			return;
		if (k == ENDS_LINE)
			end_tint(t);
		if (k == TINTS || k == UNTINTS)
			t->tinted = k == TINTS;
		if (k == SHOWN) {
			show(t);
		} else {
			put(t, t->held, n);
			drop(t, n);
		}
	}
}

static ssize_t write_some(void *cookie, const char *bytes, size_t n)
{
	struct terminal *t = cookie;
	for (size_t i = 0; i < n; i++) {
		t->held[t->held_n++] = (unsigned char)bytes[i];
		settle(t);
	}
	drain(t);
	return fflush(t->to) == 0 && !t->failed ? (ssize_t)n : 0;
}

static int finish(void *cookie)
{
	struct terminal *t = cookie;
	while (t->held_n > 0) {
		show(t);
		settle(t);
	}
	end_tint(t);
	drain(t);
	int rc = fflush(t->to) == 0 && !t->failed ? 0 : EOF;
	mem_free(t);
	return rc;
}

FILE *terminal_open(FILE *to, bool colours)
{
	struct terminal *t = mem_alloc(sizeof *t);
	*t = (struct terminal){.to = to, .colours = colours};
	FILE *f =
		fopencookie(t, "w", (cookie_io_functions_t){.write = write_some, .close = finish});
	ASSERT(f != NULL &&
	       setvbuf(f, NULL, _IOLBF, ROOM) == 0); /* no memory: as mem_alloc has it */
	return f;
}
