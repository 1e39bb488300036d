/* SPDX-License-Identifier: Apache-2.0
 * test_spam.c: reports read; and SpamAssassin itself asked, where it is installed. */
#include "deliver/spam.h"

#include "base/test.h"

#define TABLE \
	"\n pts rule name              description\n" \
	"---- ---------------------- -----------------------------\n"

static void reports_are_read(void **state)
{
	static const struct {
		const char *text;
		enum status st;
		double points, required;
		size_t rules_n;
		const char *name, *words; /* of the last rule */
		double of;
	} rows[] = {
		{"Content analysis details:   (5.7 points, 5.0 required)\n" TABLE
		 " 2.7 DEAR_FRIEND            BODY: Dear Friend?\n"
		 "-0.1 DKIM_VALID             Message has at least one\n"
		 "                            valid signature\n\n 9.9 X y\n",
		 ST_OK, 5.7, 5, 2, "DKIM_VALID", "Message has at least one valid signature", -0.1},
		{"Content analysis details:   (9.9 points, 5.0 required)\n" TABLE
		 " 9.9 FAKE  in the "
		 "letter\n\nThe report\nContent analysis details:   (-0.5 points, 6.0 required)\n",
		 ST_OK, -0.5, 6, 0, NULL, NULL, 0},
		{"0/0\n", ST_INVALID, 0, 0, 0, NULL, NULL, 0},
		{"Content analysis details:   (x points, 5.0 required)\n", ST_INVALID, 0, 0, 0,
		 NULL, NULL, 0},
		{"Content analysis details:", ST_INVALID, 0, 0, 0, NULL, NULL, 0},
		{"", ST_INVALID, 0, 0, 0, NULL, NULL, 0},
		{"Content analysis details:   (1.0 points, 5.0 required)\r\n" TABLE " 1.0 ONE\r\n",
		 ST_OK, 1, 5, 1, "ONE", "", 1},
	};
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct spam_report r = {.by = NULL};
		CHECK_ROW(rows[i].text,
			  spam_report_read(str_of(rows[i].text), &a, &r, &e) == rows[i].st);
		CHECK_ROW(rows[i].text, r.points == rows[i].points);
		CHECK_ROW(rows[i].text, r.required == rows[i].required);
		CHECK_ROW(rows[i].text, r.rules_n == rows[i].rules_n);
		if (r.rules_n == 0)
			continue;
		const struct spam_rule *last = &r.rules[r.rules_n - 1];
		CHECK_ROW(rows[i].text, str_is(last->name, rows[i].name));
		CHECK_ROW(rows[i].text, str_is(last->words, rows[i].words));
		CHECK_ROW(rows[i].text, last->points == rows[i].of);
	}
	arena_finish(&a);
}

/* The string every filter agrees on: the generic test for unsolicited bulk mail. */
#define GTUBE "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
#define LETTER(body) \
	"From: Maren <maren@mail.larkspur.example>\r\nTo: Ana <ana@firm.example>\r\n" \
	"Subject: Your shift plan\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n" \
	"Message-ID: <m.1234567890abcdef@mail.larkspur.example>\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: text/plain; charset=utf-8\r\n\r\n" body "\r\n"

static void it_is_asked(void **state)
{
	struct arena a;
	struct spam_report good, bad;
	struct err e;
	(void)state;
	arena_init(&a, 32u << 20);
	enum status st = spam_ask(STR(LETTER("The plan of the day before.")), &a, &good, &e);
	if (st == ST_NOT_FOUND) {
		arena_finish(&a);
		print_message("skipped: spamassassin is not installed\n");
		skip();
	}
	if (st != ST_OK)
		fail_msg("%s", e.text);
	if (spam_ask(STR(LETTER(GTUBE)), &a, &bad, &e) != ST_OK)
		fail_msg("%s", e.text);
	assert_true(good.points < good.required);
	assert_true(bad.points >= 900 && bad.points > bad.required);
	bool named = false;
	for (size_t i = 0; i < bad.rules_n; i++)
		named = named || str_is(bad.rules[i].name, "GTUBE");
	assert_true(named);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_are_read),
		cmocka_unit_test(it_is_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
