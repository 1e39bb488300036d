/* SPDX-License-Identifier: Apache-2.0
 * test_problems.c: two hundred slips of the pen in a good program, and how many of them get the
 * right word back; and that a suggestion put in by program_fix makes the program good again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "program/program.h"
#include "program/problems.h"

/* Every word between < and > is one that may be mistyped. */
static const char text[] =
	"<nurture>: 1\n"
	"<program>: larkspur\n"
	"goal: meeting.booked\n"
	"<send_as>: {name: Maren, from: maren@mail.larkspur.example, <reply_to>: "
	"m@larkspur.example}\n"
	"<phone_country>: DE\n"
	"<fields>:\n"
	"  <lead>: {warehouses: {type: <number>, path: warehouse_count}, system: <string>}\n"
	"  <event>: {amount: {<type>: <number>, <path>: value}}\n"
	"<personas>:\n"
	"  operations: lead.<title>.matches(\"(?i)operations\")\n"
	"  finance: '<lead>.<department> == \"finance\" || lead.<seniority> == \"cfo\"'\n"
	"<features>:\n"
	"  pricing_views: {<kind>: <count>, of: page.pricing}\n"
	"  other_pages: {kind: <distinct>, of: page.*, <property>: page.path}\n"
	"  share: {kind: <ratio>, <over>: <pricing_views>, <under>: <other_pages>}\n"
	"  lately: {kind: <decayed>, of: page.*, <half_life>: 7d}\n"
	"<scoring>:\n"
	"  fit:\n"
	"    - {name: operations role, if: <persona> == \"<operations>\", <points>: 30}\n"
	"    - {name: right size, if: <account>.<employees> >= 50 && <company>.<revenue> > 1.0, "
	"points: 25}\n"
	"    - {name: industry, if: 'account.<industry> in [\"Retail\"] && <persona> != "
	"\"<finance>\"', points: 5}\n"
	"    - {name: stock, if: lead.<warehouses> >= 2, points: 15}\n"
	"  <engagement>:\n"
	"    <half_life>: 14d\n"
	"    <points>: {page.pricing: {points: 5, <where>: <event>.<scroll> >= 80}, form.demo: "
	"100}\n"
	"    <rules>:\n"
	"      - {name: big, of: order, <where>: event.<amount> > 10.0, <points>: 3}\n"
	"    <inactivity>: {<after>: 21d, <every>: 7d, points: 5}\n"
	"  <weights>: {fit: 40%, <engagement>: 60%}\n"
	"  <tiers>:\n"
	"    hot: {up: 60, <down>: 48, if: 'feature.<pricing_views> >= 1 && <engagement> > 3.0'}\n"
	"    <warm>: {up: 30, down: 20}\n"
	"<entry>:\n"
	"  - {name: referred, <source>: referral, <asset>: ebook, fit: 20}\n"
	"<consent>:\n"
	"  <default>: <opt_in>\n"
	"  <unknown>: <double_opt_in>\n"
	"  <regions>: {eea: double_opt_in}\n"
	"  <purposes>: [newsletter]\n"
	"  <channels>: [email]\n"
	"  <anonymous_ttl>: 90d\n"
	"  <honour_dnt>: true\n"
	"<outcomes>: [deal.won]\n";

enum { WORDS_MAX = 128, TYPOS = 200 };

struct words {
	char plain[sizeof text]; /* without the marks */
	size_t n;
	struct {
		size_t at, n;
	} word[WORDS_MAX];
};

static void unmark(struct words *w)
{
	size_t out = 0;
	*w = (struct words){.n = 0};
	for (size_t i = 0; text[i]; i++) {
		size_t end = i + 1;
		while ((text[end] >= 'a' && text[end] <= 'z') || text[end] == '_')
			end++;
		if (text[i] != '<' || text[end] != '>' || end == i + 1) {
			w->plain[out++] = text[i];
			continue;
		}
		assert_true(w->n < WORDS_MAX);
		w->word[w->n].at = out;
		w->word[w->n++].n = end - i - 1;
		for (i++; i < end; i++)
			w->plain[out++] = text[i];
	}
	w->plain[out] = '\0';
}

static uint32_t roll(uint64_t *seed, uint32_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % n;
}

/* One slip: a letter lost, doubled, swapped, or hit beside. Returns the new length. */
static size_t slip(const char *word, size_t n, uint64_t *seed, char *out)
{
	size_t at = roll(seed, (uint32_t)n), len = n;
	memcpy(out, word, n);
	switch (roll(seed, 4)) {
	case 0:
		memmove(out + at, out + at + 1, n - at - 1);
		len--;
		break;
	case 1:
		memmove(out + at + 1, out + at, n - at);
		len++;
		break;
	case 2:
		at = at + 1 < n ? at : n - 2;
		out[at] = word[at + 1];
		out[at + 1] = word[at];
		break;
	default: out[at] = (char)('a' + roll(seed, 26)); break;
	}
	return len;
}

static bool good(struct str s)
{
	struct arena a;
	struct program *p;
	struct program_report r;
	struct err e;
	arena_init(&a, 64u << 20);
	bool ok = program_load(s, &a, &p, &r, &e) == ST_OK;
	program_destroy(&p);
	arena_finish(&a);
	return ok;
}

/* The typo in its file: is the right word suggested, at its place, and does putting it in help? */
static bool corrected(const struct words *w, size_t i, struct str typo)
{
	struct arena a;
	struct buf file, fixed;
	struct program *p;
	struct program_report r;
	struct err e;
	struct str plain = str_of(w->plain),
		   right = str_slice(plain, w->word[i].at, w->word[i].at + w->word[i].n);
	bool found = false;
	arena_init(&a, 64u << 20);
	buf_init(&file, 1 << 16);
	buf_init(&fixed, 1 << 16);
	buf_str(&file, str_slice(plain, 0, w->word[i].at));
	buf_str(&file, typo);
	buf_str(&file, str_slice(plain, w->word[i].at + w->word[i].n, plain.n));
	bool loads =
		program_load(buf_view(&file), &a, &p, &r, &e) == ST_OK; /* then nothing was said */
	for (size_t k = 0; !loads && k < r.n; k++)
		found = found || (r.problems[k].at == w->word[i].at &&
				  str_eq(r.problems[k].suggestion, right));
	(void)program_fix(buf_view(&file), &r, &fixed);
	found = found && good(buf_view(&fixed));
	if (!found)
		fprintf(stderr, "not corrected: " STR_FMT " for " STR_FMT "\n", STR_ARG(typo),
			STR_ARG(right));
	program_destroy(&p);
	buf_finish(&file);
	buf_finish(&fixed);
	arena_finish(&a);
	return found;
}

static void test_typos(void **state)
{
	static struct words w;
	uint64_t seed = 20261121;
	size_t right = 0, tried = 0;
	char typo[64];
	(void)state;
	unmark(&w);
	assert_true(good(str_of(w.plain)));
	assert_true(w.n > 60);
	while (tried < TYPOS) {
		size_t i = roll(&seed, (uint32_t)w.n);
		size_t n = slip(w.plain + w.word[i].at, w.word[i].n, &seed, typo);
		if (n == w.word[i].n && memcmp(typo, w.plain + w.word[i].at, n) == 0)
			continue; /* no slip */
		tried++;
		right += corrected(&w, i, str_n(typo, n));
	}
	print_message("%zu of %zu slips corrected\n", right, tried);
	assert_true(right * 100 >= tried * 95);
}

static void test_suggest(void **state)
{
	static const struct {
		const char *wrong, *right;
	} cases[] = {
		{"Scoring", "scoring"},
		{"send-as", "send_as"},
		{"sendas", "send_as"},
		{"halflife", "half_life"},
		{"zzz", ""},
		{"scor", "scoring"},
		{"x", ""},
		{"", ""},
		{"completely_else", ""},
		{"tier", "tiers"},
	};
	static const char *const words[] = {"scoring", "send_as", "half_life", "tiers", "personas"};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct suggest s;
		suggest_init(&s, str_of(cases[i].wrong));
		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			suggest_offer(&s, str_of(words[k]));
		if (!str_is(suggest_best(&s), cases[i].right))
			fail_msg("%s: got " STR_FMT, cases[i].wrong, STR_ARG(suggest_best(&s)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typos),
		cmocka_unit_test(test_suggest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
