/* SPDX-License-Identifier: Apache-2.0
 * Who is a machine: known ones of each sort here; recall and precision over large public lists when
 * those are at hand. */
#include "base/json.h"
#include "ingest/test_help.h"

static void known(void **state)
{
	(void)state;
	static const struct {
		const char *user_agent;
		bool bot;
	} rows[] = {
		{"", false}, /* nothing told, nothing known */
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
		 "Chrome/142.0.0.0 Safari/537.36",
		 false},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
		 "(KHTML, like "
		 "Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
		 false},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", false},
		{"Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 Chrome/120.0 Mobile "
		 "Safari/537.36",
		 false},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) GSA/300.0 Mobile/15E148 "
		 "Safari/604.1 [FBAN/FBIOS;FBAV/400.0]",
		 false},
		{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true},
		{"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 "
		 "Safari/537.36",
		 true},
		{"Mozilla/5.0 (compatible; bingbot/2.0)", true},
		{"facebookexternalhit/1.1", true},
		{"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", true},
		{"BarracudaCentral.com/1.0", true},
		{"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
		 "GoogleImageProxy)",
		 true},
		{"Mozilla/5.0 (compatible; Thing/1.0)", true},
		{"curl/8.5.0", true},
		{"python-requests/2.32", true},
		{"Go-http-client/1.1", true},
		{"Apache-HttpClient/4.5", true},
		{"GPTBot/1.2", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t want = rows[i].bot ? EVENT_BOT : 0;
		if (ingest_bot_flags(str_of(rows[i].user_agent)) != want)
			fail_msg("%s", rows[i].user_agent);
	}
}

static void apple_mail(void **state)
{
	(void)state;
	assert_int_equal(ingest_bot_flags(STR("Mozilla/5.0")), EVENT_MACHINE);
}

static void purposes(void **state)
{
	(void)state;
	static const struct {
		const char *purpose;
		uint32_t want;
	} rows[] = {
		{"", 0},
		{"prefetch", EVENT_MACHINE},
		{"prefetch;prerender", EVENT_MACHINE},
		{"Prerender", EVENT_MACHINE},
		{"preview", EVENT_MACHINE},
		{"navigate", 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(ingest_purpose_flags(str_of(rows[i].purpose)), rows[i].want);
}

/* Counts the "  - USER AGENT" lines of a list that are flagged. */
static size_t count(struct str text, bool want, size_t *flagged)
{
	size_t n = 0;
	bool tell = getenv("BOTS_TELL") != NULL;
	*flagged = 0;
	while (text.n > 0) {
		struct str line = str_cut(&text, '\n');
		if (!str_starts(line, STR("  - ")))
			continue;
		line = str_trim(str_slice(line, 4, line.n));
		if (line.n > 1 && (line.p[0] == '"' || line.p[0] == '\''))
			line = str_slice(line, 1, line.n - 1);
		bool bot = ingest_bot_flags(line) != 0;
		n++;
		*flagged += bot;
		if (tell && bot != want)
			print_message("%s " STR_FMT "\n", want ? "missed" : "wrong", STR_ARG(line));
	}
	return n;
}

static void lists(void **state)
{
	(void)state;
	size_t caught, wrong;
	struct str bots = test_shared_file("contracts/lists/bots/isbot-fixtures-crawlers.yml");
	struct str people = test_shared_file("contracts/lists/bots/isbot-fixtures-browsers.yml");
	if (bots.p == NULL || people.p == NULL) {
		print_message("skipped: the lists of user agents are not here\n");
		skip();
	}
	size_t bots_n = count(bots, true, &caught), people_n = count(people, false, &wrong);
	print_message("recall %zu of %zu bots, %zu of %zu people taken for bots\n", caught, bots_n,
		      wrong, people_n);
	assert_true(caught * 100 >= bots_n * 96);
	assert_true(wrong * 100 <= people_n * 3);
}

/* A second list, which the words were not chosen by. */
static void crawlers(void **state)
{
	(void)state;
	struct json d;
	struct err e;
	size_t n = 0, caught = 0;
	struct str text = test_shared_file("contracts/lists/bots/crawler-user-agents.json");
	if (text.p == NULL) {
		print_message("skipped: crawler-user-agents.json is not here\n");
		skip();
	}
	assert_int_equal(json_parse(text, JSON_LIMITS_EVENT, &test_arena, &d, &e), ST_OK);
	for (uint32_t v = json_first(&d, 0); v != JSON_NONE; v = json_next(&d, 0, v)) {
		uint32_t list = json_get(&d, v, "instances");
		for (uint32_t i = json_first(&d, list); i != JSON_NONE;
		     i = json_next(&d, list, i)) {
			n++;
			caught += ingest_bot_flags(json_str(&d, i, &test_arena)) != 0;
		}
	}
	print_message("recall %zu of %zu crawlers\n", caught, n);
	assert_true(caught * 100 >= n * 93);
}

/* What is remembered is the judgement of the whole text, whoever came in between. */
static void remembers(void **state)
{
	(void)state;
	char text[600];
	for (int round = 0; round < 3; round++)
		for (unsigned i = 0; i < 200; i++) {
			int n = snprintf(text, sizeof text, "Mozilla/5.0 (X11; Linux) Thing%u/%u%s",
					 i, i, i % 3 == 0 ? " somebot/1" : "");
			uint32_t want = i % 3 == 0 ? EVENT_BOT : 0;
			assert_int_equal(ingest_bot_flags(str_n(text, (size_t)n)), want);
			memset(text + n, ' ', sizeof text - (size_t)n);
			memcpy(text + 300, "curlbot/2 ", 10); /* too long to be remembered */
			assert_int_equal(ingest_bot_flags(str_n(text, 310)), EVENT_BOT);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(apple_mail),
		cmocka_unit_test(purposes),
		cmocka_unit_test(remembers),
		cmocka_unit_test_setup_teardown(crawlers, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(lists, test_set_up, test_tear_down),
	};
	return cmocka_run_group_tests_name("ingest_bots", tests, NULL, NULL);
}
