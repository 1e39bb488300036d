/* SPDX-License-Identifier: Apache-2.0
 * test_page.c: pages say what they are given and nothing else, and forms change what they asked. */
#include "base/test.h"

#include "base/crypto.h"
#include "observe/page.h"

static struct page_choice choices[3];
static struct page page;
static struct buf out;

static int setup(void **state)
{
	(void)state;
	choices[0] =
		(struct page_choice){STR("email"), STR("marketing"), STR("News by mail"), true};
	choices[1] = (struct page_choice){STR("sms"), STR("marketing"), STR("News by text"), false};
	choices[2] = (struct page_choice){STR("email"), STR("product"), STR("Releases"), true};
	page = (struct page){.sender = STR("Acme"),
			     .address = STR("ann@example.com"),
			     .action = STR("/u/TOKEN"),
			     .preferences = STR("/p/TOKEN"),
			     .postal = STR("1 Main St\nSpringfield"),
			     .choices = choices,
			     .choices_n = COUNT_OF(choices)};
	buf_init(&out, PAGE_BYTES_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_finish(&out);
	return 0;
}

static size_t count(struct str text, const char *word)
{
	size_t n = 0;
	struct str w = str_of(word);
	for (size_t at = str_find(text, w); at < text.n; at = str_find(text, w)) {
		n++;
		text = str_slice(text, at + w.n, text.n);
	}
	return n;
}

static void assert_has(const char *word, size_t times)
{
	if (count(buf_view(&out), word) != times)
		fail_msg("\"%s\" is not there %zu times in:\n" STR_FMT, word, times,
			 STR_ARG(buf_view(&out)));
}

static void assert_document(void)
{
	assert_true(buf_ok(&out));
	assert_true(str_starts(buf_view(&out), STR("<!doctype html>\n<html lang=\"en\">")));
	assert_true(str_ends(buf_view(&out), STR("</html>\n")));
	assert_has("<h1>", 1);
	assert_has("<title>", 1);
	assert_has("<main>", 1);
	assert_has("<script", 0);
	assert_has("http", 0); /* nothing from elsewhere */
	assert_has("ann@example.com", 0);
}

static void test_unsubscribe(void **state)
{
	(void)state;
	page_ask(&page, &page_ask_unsubscribe, &out);
	assert_document();
	assert_has("<form method=\"post\" action=\"/u/TOKEN\">", 1);
	assert_has("name=\"List-Unsubscribe\" value=\"One-Click\"", 1);
	assert_has("<button type=\"submit\">Unsubscribe</button>", 1);
	assert_has("<a href=\"/p/TOKEN\">", 1);
	assert_has("from Acme to a\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2@e", 1);
	assert_has("Acme\n1 Main St\nSpringfield</footer>", 1);
}

static void test_preferences(void **state)
{
	(void)state;
	page_preferences(&page, &out);
	assert_document();
	assert_has("<fieldset>", 1);
	assert_has("<legend>", 1);
	assert_has("<label><input type=\"checkbox\" name=\"keep\"", 3);
	assert_has("value=\"email/marketing\" checked>News by mail</label>", 1);
	assert_has("value=\"sms/marketing\">News by text</label>", 1);
	assert_has(" checked>", 2);
	assert_has("name=\"all\" value=\"none\"", 1);
}

static void test_notes(void **state)
{
	static const struct page_note *const notes[] = {&page_unsubscribed, &page_saved,
							&page_confirmed,    &page_expired,
							&page_broken,       &page_noted};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(notes); i++) {
		buf_reset(&out);
		page_tell(&page, notes[i], &out);
		assert_document();
		assert_has("role=\"status\"", 1);
		assert_has("<form", 0);
	}
	page.preferences = page.postal = page.address = STR_NULL;
	buf_reset(&out);
	page_tell(&page, &page_broken, &out);
	assert_has("<a ", 0);
	buf_reset(&out);
	page_ask(&page, &page_ask_confirm, &out);
	assert_has("<a ", 0);
	assert_has("Messages from", 0);
	assert_has("name=\"confirm\" value=\"yes\"", 1);
}

/* O5: every text is one that wants out, and the page has the same elements. */
static void test_escaped(void **state)
{
	static const char evil[] = "\"'></title></style><script>alert(1)</script>&amp;<!--\x01\x7f";
	struct str text = str_of(evil);
	(void)state;
	page_preferences(&page, &out);
	size_t elements = count(buf_view(&out), "<"), ends = count(buf_view(&out), ">");
	size_t quotes = count(buf_view(&out), "\"");
	page.sender = page.address = page.action = page.postal = text;
	for (size_t i = 0; i < COUNT_OF(choices); i++)
		choices[i] = (struct page_choice){text, text, text, choices[i].on};
	buf_reset(&out);
	page_preferences(&page, &out);
	assert_has("<", elements);
	assert_has(">", ends);
	assert_has("\"", quotes);
	assert_has("'", 0);
	assert_has("\x01", 0);
	assert_has("\x7f", 0);
	assert_has("&amp;amp;", 20);
	page.sender = STR("half \xc3");
	buf_reset(&out);
	page_tell(&page, &page_saved, &out);
	assert_has("half ?", 2);
	assert_true(str_utf8_valid(buf_view(&out)));
}

static void test_style_is_allowed(void **state)
{
	uint8_t hash[SHA256_BYTES];
	struct buf text;
	(void)state;
	page_tell(&page, &page_saved, &out);
	struct str s = buf_view(&out);
	size_t from = str_find(s, STR("<style>")) + 7, to = str_find(s, STR("</style>"));
	crypto_sha256(str_slice(s, from, to), hash);
	buf_init(&text, 256);
	buf_z(&text, "'sha256-");
	base64_encode(str_n((const char *)hash, sizeof hash), &text);
	buf_byte(&text, '\'');
	if (str_find(STR(PAGE_CSP), buf_view(&text)) == STR(PAGE_CSP).n)
		fail_msg("PAGE_CSP must hold " STR_FMT, STR_ARG(buf_view(&text)));
	buf_finish(&text);
}

#define DOTS "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"

static void test_mask(void **state)
{
	static const struct {
		const char *address, *shown;
	} rows[] = {
		{"ann@example.com", "a" DOTS "@e" DOTS ".com"},
		{"a@b.co.uk", "a" DOTS "@b" DOTS ".uk"},
		{"a@localhost", "a" DOTS "@l" DOTS},
		{"\xc3\xa4nn@\xc3\xb6rg.de", "\xc3\xa4" DOTS "@\xc3\xb6" DOTS ".de"},
		{"@", DOTS "@" DOTS},
		{"x@.", "x" DOTS "@." DOTS},
		{"+49 30 1234567", DOTS "67"},
		{"1234", DOTS},
		{"", DOTS},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_reset(&out);
		page_mask(str_of(rows[i].address), &out);
		check_str(rows[i].address, buf_view(&out), rows[i].shown);
	}
}

#define PLAIN "application/x-www-form-urlencoded"
#define MULTI "multipart/form-data; boundary=xyz"
#define PART "Content-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"

static void test_one_click(void **state)
{
	static const struct {
		const char *name, *type, *body;
		bool yes;
	} rows[] = {
		{"as in the RFC", PLAIN, "List-Unsubscribe=One-Click", true},
		{"with a line end", PLAIN, "List-Unsubscribe=One-Click\r\n", true},
		{"in other letters", PLAIN, "list-unsubscribe=one-click", true},
		{"with more", PLAIN, "a=b&List-Unsubscribe=One-Click&c=d", true},
		{"no type", "", "List-Unsubscribe=One-Click", true},
		{"empty", PLAIN, "", false},
		{"another value", PLAIN, "List-Unsubscribe=No", false},
		{"longer", PLAIN, "List-Unsubscribe=One-Clicks", false},
		{"inside another", PLAIN, "x=List-Unsubscribe=One-Click", false},
		{"parts", MULTI, "--xyz\r\n" PART "One-Click\r\n--xyz--\r\n", true},
		{"parts, quoted", "Multipart/Form-Data; charset=utf-8; boundary=\"x y\"",
		 "--x y\r\n" PART "One-Click\r\n--x y--", true},
		{"the second part", MULTI,
		 "--xyz\r\nContent-Disposition: form-data; "
		 "name=\"a\"\r\n\r\nOne-Click\r\n--xyz\r\n" PART "One-Click\r\n--xyz--",
		 true},
		{"parts, more in the head", MULTI,
		 "--xyz\r\nContent-Type: text/plain\r\n" PART "One-Click\r\n--xyz--", true},
		{"parts, another name", MULTI,
		 "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nOne-Click\r\n--xyz--",
		 false},
		{"parts, another value", MULTI, "--xyz\r\n" PART "No\r\n--xyz--", false},
		{"parts, no end", MULTI, "--xyz\r\n" PART "One-Click", false},
		{"parts, no boundary", "multipart/form-data",
		 "--xyz\r\n" PART "One-Click\r\n--xyz--", false},
		{"parts, plain body", MULTI, "List-Unsubscribe=One-Click", false},
		{"another boundary", MULTI, "--xya\r\n" PART "One-Click\r\n--xya--", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].name, page_one_click(str_of(rows[i].type),
						       str_of(rows[i].body)) == rows[i].yes);
}

static void test_rep_pages(void **state)
{
	(void)state;
	for (enum link_rep rep = 0; rep < LINK_REP_COUNT; rep++) {
		buf_reset(&out);
		page_ask(&page, &page_ask_rep[rep], &out);
		assert_document();
		assert_has("<textarea name=\"note\"", 1);
		assert_has("type=\"date\" name=\"again\"", rep == LINK_REP_NOT_NOW);
		assert_has("<input type=\"hidden\"", 0);
	}
}

static void test_rep_read(void **state)
{
	static const struct {
		const char *name, *note, *again;
		enum status st;
		const char *want;
		int64_t again_us;
	} rows[] = {
		{"neither", NULL, NULL, ST_OK, "", TIME_NONE},
		{"both empty", " ", "", ST_OK, "", TIME_NONE},
		{"a note", " in May \n", NULL, ST_OK, "in May", TIME_NONE},
		{"a day", "x", "1970-02-01", ST_OK, "x", 31 * US_PER_D},
		{"two years", NULL, "1971-12-31", ST_OK, "", 729 * US_PER_D},
		{"too far", NULL, "1972-01-20", ST_INVALID, NULL, 0},
		{"today", NULL, "1970-01-11", ST_INVALID, NULL, 0},
		{"no such day", NULL, "1970-02-30", ST_INVALID, NULL, 0},
		{"no day", NULL, "next month", ST_INVALID, NULL, 0},
		{"more than a day", NULL, "1970-02-01T00:00:00Z", ST_INVALID, NULL, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct page_field fields[2];
		struct page_rep got = {.again_us = 4711};
		size_t n = 0;
		if (rows[i].note != NULL)
			fields[n++] = (struct page_field){STR("note"), str_of(rows[i].note)};
		if (rows[i].again != NULL)
			fields[n++] = (struct page_field){STR("again"), str_of(rows[i].again)};
		enum status st = page_rep_read(fields, n, 10 * US_PER_D, &got, NULL);
		CHECK_ROW(rows[i].name, st == rows[i].st);
		CHECK_ROW(rows[i].name, got.again_us == (st == ST_OK ? rows[i].again_us : 4711));
		if (st == ST_OK)
			check_str(rows[i].name, got.note, rows[i].want);
	}
}

#define SHOWN_ALL \
	{"shown", "email/marketing"}, {"shown", "sms/marketing"}, \
	{ \
		"shown", "email/product" \
	}

static void test_changes(void **state)
{
	static const struct {
		const char *name;
		struct {
			const char *name, *value;
		} fields[8];
		enum status st;
		const char *changed; /* "+" and "-" by choice */
	} rows[] = {
		{"as it was",
		 {SHOWN_ALL, {"keep", "email/marketing"}, {"keep", "email/product"}},
		 ST_OK,
		 "..."},
		{"one less", {SHOWN_ALL, {"keep", "email/product"}}, ST_OK, "-.."},
		{"one more",
		 {SHOWN_ALL,
		  {"keep", "email/marketing"},
		  {"keep", "sms/marketing"},
		  {"keep", "email/product"}},
		 ST_OK,
		 ".+."},
		{"none kept", {SHOWN_ALL}, ST_OK, "-.-"},
		{"only what was shown",
		 {{"shown", "sms/marketing"}, {"keep", "sms/marketing"}},
		 ST_OK,
		 ".+."},
		{"kept, not shown",
		 {{"shown", "email/product"}, {"keep", "sms/marketing"}, {"keep", "email/product"}},
		 ST_OK,
		 "..."},
		{"everything",
		 {SHOWN_ALL, {"keep", "email/product"}, {"all", "none"}},
		 ST_OK,
		 "-.-"},
		{"everything, short", {{"all", "none"}}, ST_OK, "-.-"},
		{"not that", {SHOWN_ALL, {"all", "some"}}, ST_INVALID, NULL},
		{"names that are unknown",
		 {{"shown", "fax/marketing"}, {"keep", "fax/marketing"}},
		 ST_OK,
		 "..."},
		{"no slash", {{"shown", "email"}}, ST_OK, "..."},
		{"nothing", {{NULL, NULL}}, ST_INVALID, NULL},
		{"another form", {{"email", "a@b.c"}}, ST_INVALID, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct page_field fields[8];
		struct page_change changes[PAGE_CHOICES_MAX];
		size_t n = 0, changes_n = 0;
		char got[] = "...";
		for (; n < 8 && rows[i].fields[n].name != NULL; n++)
			fields[n] = (struct page_field){str_of(rows[i].fields[n].name),
							str_of(rows[i].fields[n].value)};
		enum status st = page_changes(&page, fields, n, changes, &changes_n, NULL);
		CHECK_ROW(rows[i].name, st == rows[i].st);
		for (size_t k = 0; k < changes_n; k++)
			got[changes[k].choice] = changes[k].on ? '+' : '-';
		if (st == ST_OK)
			check_str(rows[i].name, str_of(got), rows[i].changed);
	}
}

static void test_too_many_fields(void **state)
{
	static struct page_field fields[PAGE_FIELDS_MAX + 1];
	struct page_change changes[PAGE_CHOICES_MAX];
	size_t n;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		fields[i] = (struct page_field){STR("shown"), STR("email/product")};
	assert_int_equal(page_changes(&page, fields, PAGE_FIELDS_MAX, changes, &n, NULL), ST_OK);
	assert_int_equal(page_changes(&page, fields, PAGE_FIELDS_MAX + 1, changes, &n, NULL),
			 ST_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unsubscribe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_preferences, setup, teardown),
		cmocka_unit_test_setup_teardown(test_notes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_style_is_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mask, setup, teardown),
		cmocka_unit_test(test_one_click),
		cmocka_unit_test_setup_teardown(test_rep_pages, setup, teardown),
		cmocka_unit_test(test_rep_read),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_fields, setup, teardown),
	};
	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
