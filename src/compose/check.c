/* SPDX-License-Identifier: Apache-2.0
 * check.c: what must hold of a mail before it leaves: one table, one predicate a row. */
#include "compose/internal.h"

#define LINKS_MAX 12
#define TEXT_MIN 400

typedef bool check_fn(const struct compose_seen *s); /* does it hold? */

static bool holds_SUBJECT(const struct compose_seen *s)
{
	return s->subject.n > 0 && s->subject.n <= COMPOSE_SUBJECT_MAX;
}

static bool holds_ONE_CTA(const struct compose_seen *s)
{
	return s->primary_n == 1;
}

static bool has(struct str s, struct str part)
{
	return part.n > 0 && str_find(s, part) < s.n;
}

static bool holds_UNSUBSCRIBE(const struct compose_seen *s)
{
	return s->unsubscribe && has(s->text, s->in->unsubscribe_url);
}

/* The next run of bytes that are not white space; empty at the end. */
static struct str next_word(struct str *rest)
{
	*rest = str_trim(*rest);
	size_t n = 0;
	while (n < rest->n && (unsigned char)rest->p[n] > ' ')
		n++;
	struct str word = str_slice(*rest, 0, n);
	*rest = str_slice(*rest, n, rest->n);
	return word;
}

/* All of its words one behind the other, wherever lines were broken. */
static bool holds_POSTAL_ADDRESS(const struct compose_seen *s)
{
	struct str address = s->in->program->sender.postal_address, from = s->text;
	struct str first = next_word(&address);
	size_t at;
	while (first.n > 0 && (at = str_find(from, first)) < from.n) {
		struct str rest = str_slice(from, at + first.n, from.n), want = address, word;
		bool same = true;
		while (same && (word = next_word(&want)).n > 0)
			same = str_eq(next_word(&rest), word);
		if (same)
			return true;
		from = str_slice(from, at + 1, from.n);
	}
	return false;
}

static bool holds_LINKS(const struct compose_seen *s)
{
	return s->refused_n == 0 && s->report.links_relative == 0 && s->report.links_unsafe == 0;
}

static bool holds_EMPTY_LINKS(const struct compose_seen *s)
{
	return s->report.links_empty == 0 && s->report.links_textless == 0;
}

static bool holds_IMAGES(const struct compose_seen *s)
{
	return s->report.images_without_alt == 0;
}

static bool holds_SCRIPTS(const struct compose_seen *s)
{
	return s->report.forms == 0 && s->report.scripts == 0;
}

static bool holds_BRACES(const struct compose_seen *s)
{
	const struct str all[] = {s->subject, s->html, s->text};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (has(all[i], STR("{{")) || has(all[i], STR("{%")))
			return false;
	return true;
}

static bool holds_SIZE(const struct compose_seen *s)
{
	return s->html.n <= COMPOSE_HTML_MAX;
}

static bool holds_SHOUTING(const struct compose_seen *s)
{
	unsigned upper = 0, lower = 0;
	for (size_t i = 0; i < s->subject.n; i++) {
		upper += s->subject.p[i] >= 'A' && s->subject.p[i] <= 'Z';
		lower += s->subject.p[i] >= 'a' && s->subject.p[i] <= 'z';
	}
	return upper < 8 || upper < 3 * lower;
}

static bool holds_EXCLAMATION(const struct compose_seen *s)
{
	size_t at = str_find_byte(s->subject, '!') + 1;
	return !has(s->text, STR("!!")) && !has(str_slice(s->subject, at, s->subject.n), STR("!"));
}

static bool holds_FALSE_REPLY(const struct compose_seen *s)
{
	static const char *const marks[] = {"re:", "fwd:", "fw:", "aw:", "wg:"};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		struct str start = str_slice(s->subject, 0, strlen(marks[i]));
		if (s->in->thread.message_id.n == 0 && str_eq_nocase(start, str_of(marks[i])))
			return false;
	}
	return true;
}

static const char *const phrases[] = {
	"act now",       "click here",       "100% free",          "risk-free",
	"risk free",     "limited time",     "once in a lifetime", "no obligation",
	"urgent action", "congratulations!", "double your",        "money back",
};

/* Does one stand here? All are in lower case. */
static bool phrase_at(struct str s, size_t at)
{
	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
		size_t n = strlen(phrases[i]);
		if ((s.p[at] | 0x20) == (phrases[i][0] | 0x20) && at + n <= s.n &&
		    str_eq_nocase(str_slice(s, at, at + n), str_of(phrases[i])))
			return true;
	}
	return false;
}

/* All phrases in one walk. They begin where a word does, and few words begin as they do: looked for
 * one by one they took a third of the time of a message. */
static bool has_phrase(struct str s)
{
	static const char firsts[] = "ac1rlonudm";
	bool in_word = false;
	for (size_t i = 0; i < s.n; i++) {
		char low = (char)(s.p[i] | 0x20);
		bool word = (low >= 'a' && low <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9');
		if (word && !in_word &&
		    memchr(firsts, s.p[i] == '1' ? '1' : low, sizeof firsts - 1) && phrase_at(s, i))
			return true;
		in_word = word;
	}
	return false;
}

static bool holds_PHRASES(const struct compose_seen *s)
{
	return !has_phrase(s->subject) && !has_phrase(s->text);
}

static bool holds_MANY_LINKS(const struct compose_seen *s)
{
	return s->report.links <= LINKS_MAX;
}

static bool holds_PICTURE_ONLY(const struct compose_seen *s)
{
	return s->report.images == 0 || s->report.text_bytes >= TEXT_MIN;
}

static const struct {
	const char *wire, *words;
	bool warning;
	check_fn *holds;
} checks[] = {
#define CHECK(name, wire, warning, words) {wire, words, warning, holds_##name},
#include "compose/check.def"
#undef CHECK
};

uint32_t compose_check_all(const struct compose_seen *s)
{
	uint32_t not_so = 0;
	for (unsigned i = 0; i < COMPOSE_CHECK_COUNT; i++)
		not_so |= checks[i].holds(s) ? 0 : 1u << i;
	return not_so;
}

const char *compose_check_wire(enum compose_check c)
{
	return checks[c].wire;
}

const char *compose_check_words(enum compose_check c)
{
	return checks[c].words;
}

bool compose_check_warns(enum compose_check c)
{
	return checks[c].warning;
}
