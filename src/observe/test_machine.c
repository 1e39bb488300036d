/* SPDX-License-Identifier: Apache-2.0
 * test_machine.c: every rule has a case that it decides, and each window is tried at its edge. */
#include "base/test.h"

#include "ingest/ingest.h"
#include "model/event.h"
#include "observe/machine.h"

#define SENT_US INT64_C(1795000000000000)
#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
#define GMAIL \
	"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com " \
	"GoogleImageProxy)"
#define HOME "203.0.113.7" /* documentation networks: RFC 5737 */
#define ELSEWHERE "198.51.100.9"
#define OPEN MACHINE_OPENED
#define CLICK MACHINE_CLICKED
#define OTHERS_MAX 4

struct plain {
	enum machine_what what;
	const char *method, *agent, *ip, *language;
	int64_t after_us; /* since the message left */
	uint32_t link;
	bool trap;
	const char *purpose;
};

static struct machine_hit hit_of(const struct plain *p)
{
	return (struct machine_hit){
		.what = p->what,
		.trap = p->trap,
		.link = p->link,
		.flags = ingest_bot_flags(str_of(p->agent)) |
			 ingest_purpose_flags(str_of(p->purpose)),
		.method = str_of(p->method),
		.user_agent = str_of(p->agent),
		.ip = str_of(p->ip),
		.accept_language = str_of(p->language),
		.at_us = SENT_US + p->after_us,
	};
}

#define READER(after, link) \
	{ \
		CLICK, "GET", FIREFOX, HOME, "de", after, link, false, NULL \
	}
#define S US_PER_S
#define M US_PER_M

static const struct {
	const char *name;
	struct plain hit;
	unsigned links_n;
	struct plain others[OTHERS_MAX];
	size_t others_n;
	enum machine_rule_no rule;
} rows[] = {
	{"a reader", READER(M, 1), 3, {{0}}, 0, MACHINE_RULE_PERSON},
	{"a reader opens",
	 {OPEN, "GET", FIREFOX, HOME, "", M, 0, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_PERSON},
	{"HEAD",
	 {CLICK, "HEAD", FIREFOX, HOME, "de", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_METHOD},
	{"OPTIONS",
	 {CLICK, "OPTIONS", FIREFOX, HOME, "de", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_METHOD},
	{"a browser's prefetch",
	 {CLICK, "GET", FIREFOX, HOME, "de", M, 1, false, "prefetch"},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_AHEAD},
	{"a bare name clicks",
	 {CLICK, "GET", "Mozilla/5.0", HOME, "de", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_AHEAD},
	{"the hidden link",
	 {CLICK, "GET", FIREFOX, HOME, "de", M, 9, true, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_TRAP},
	{"who followed the hidden link before",
	 READER(M, 1),
	 3,
	 {{CLICK, "GET", FIREFOX, HOME, "de", M - 2 * S, 9, true, NULL}},
	 1,
	 MACHINE_RULE_TRAPPED},
	{"and who will",
	 READER(M, 1),
	 3,
	 {{CLICK, "GET", FIREFOX, HOME, "de", M + 2 * S, 9, true, NULL}},
	 1,
	 MACHINE_RULE_TRAPPED},
	{"somebody else did",
	 READER(M, 1),
	 3,
	 {{CLICK, "GET", FIREFOX, ELSEWHERE, "de", M, 9, true, NULL}},
	 1,
	 MACHINE_RULE_PERSON},
	{"it did an hour ago",
	 READER(61 * M, 1),
	 3,
	 {{CLICK, "GET", FIREFOX, HOME, "de", M, 9, true, NULL}},
	 1,
	 MACHINE_RULE_PERSON},
	{"Apple's bare name",
	 {OPEN, "GET", "Mozilla/5.0", HOME, "", M, 0, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_APPLE},
	{"Apple's network",
	 {OPEN, "GET", FIREFOX, "17.58.6.1", "", M, 0, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_APPLE},
	{"Gmail at once",
	 {OPEN, "GET", GMAIL, "66.249.84.1", "", 2 * S, 0, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_EAGER},
	{"Gmail later",
	 {OPEN, "GET", GMAIL, "66.249.84.1", "", 3 * S, 0, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_BEHIND_PROXY},
	{"Yahoo",
	 {OPEN, "GET", "YahooMailProxy; https://help.yahoo.com/", HOME, "", M, 0, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_BEHIND_PROXY},
	{"Gmail's name clicks",
	 {CLICK, "GET", GMAIL, HOME, "de", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_AGENT},
	{"a library",
	 {CLICK, "GET", "python-requests/2.31", HOME, "", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_AGENT},
	{"three links at once",
	 READER(M, 1),
	 9,
	 {READER(M + S, 2), READER(M + 10 * S, 3)},
	 2,
	 MACHINE_RULE_BURST},
	{"two and then a third",
	 READER(M, 1),
	 9,
	 {READER(M + S, 2), READER(M + 11 * S, 3)},
	 2,
	 MACHINE_RULE_PERSON},
	{"the same two again and again",
	 READER(M, 1),
	 9,
	 {READER(M + S, 2), READER(M + 2 * S, 2), READER(M + 3 * S, 1)},
	 3,
	 MACHINE_RULE_PERSON},
	{"both links of two", READER(M, 1), 2, {READER(M + 3 * S, 2)}, 1, MACHINE_RULE_BURST},
	{"both, one by one", READER(M, 1), 2, {READER(M + 4 * S, 2)}, 1, MACHINE_RULE_PERSON},
	{"an opening is no link",
	 READER(M, 1),
	 2,
	 {{OPEN, "GET", FIREFOX, HOME, "de", M, 0, false, NULL}},
	 1,
	 MACHINE_RULE_PERSON},
	{"a click before anybody can", READER(5 * S - 1, 1), 3, {{0}}, 0, MACHINE_RULE_TOO_FAST},
	{"as soon as somebody can", READER(5 * S, 1), 3, {{0}}, 0, MACHINE_RULE_PERSON},
	{"before it left: two clocks", READER(-S, 1), 3, {{0}}, 0, MACHINE_RULE_TOO_FAST},
	{"opened at once",
	 {OPEN, "GET", FIREFOX, HOME, "", S, 0, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_TOO_FAST},
	{"a scanner's network",
	 {CLICK, "GET", FIREFOX, "40.94.31.7", "en", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_SCANNED},
	{"the same, late",
	 {CLICK, "GET", FIREFOX, "40.94.31.7", "en", 10 * M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_NETWORK},
	{"a cloud",
	 {CLICK, "GET", FIREFOX, "20.33.1.1", "en", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_NETWORK},
	{"from two places at once",
	 READER(M, 1),
	 3,
	 {{CLICK, "GET", FIREFOX, ELSEWHERE, "en", M + 2 * S, 1, false, NULL}},
	 1,
	 MACHINE_RULE_TWIN},
	{"a double click", READER(M, 1), 3, {READER(M + S, 1)}, 1, MACHINE_RULE_PERSON},
	{"no language",
	 {CLICK, "GET", FIREFOX, HOME, "", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_BARE},
	{"no name",
	 {CLICK, "GET", "", HOME, "de", M, 1, false, NULL},
	 3,
	 {{0}},
	 0,
	 MACHINE_RULE_BARE},
};

static struct machine_answer judge(size_t i, const size_t order[OTHERS_MAX])
{
	struct machine_hit others[OTHERS_MAX];
	for (size_t k = 0; k < rows[i].others_n; k++)
		others[k] = hit_of(&rows[i].others[order[k]]);
	return machine_judge(&(struct machine_case){
		.hit = hit_of(&rows[i].hit),
		.sent_us = SENT_US,
		.links_n = rows[i].links_n,
		.others = others,
		.others_n = rows[i].others_n,
	});
}

static void test_rules(void **state)
{
	static const size_t in_order[OTHERS_MAX] = {0, 1, 2, 3};
	bool seen[MACHINE_RULE_COUNT] = {false};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct machine_answer a = judge(i, in_order);
		check_str(rows[i].name, str_of(machine_rule_wire(a.rule)),
			  machine_rule_wire(rows[i].rule));
		CHECK_ROW(rows[i].name, strlen(machine_rule_words(a.rule)) > 10);
		seen[a.rule] = true;
	}
	for (enum machine_rule_no r = 0; r < MACHINE_RULE_COUNT; r++)
		CHECK_ROW(machine_rule_wire(r), seen[r]);
}

/* O3 */
static void test_any_order(void **state)
{
	static const size_t orders[][OTHERS_MAX] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
						    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t o = 0; rows[i].others_n == 3 && o < COUNT_OF(orders); o++)
			CHECK_ROW(rows[i].name, judge(i, orders[o]).rule == rows[i].rule);
}

/* O4: what looked human is judged again when the rest of the burst has come. */
static void test_settles(void **state)
{
	struct machine_case c = {
		.hit = hit_of(&(const struct plain)READER(M, 1)), .sent_us = SENT_US, .links_n = 5};
	struct machine_hit later[2] = {hit_of(&(const struct plain)READER(M + 9 * S, 2)),
				       hit_of(&(const struct plain)READER(M + 10 * S, 3))};
	struct machine_answer a = machine_judge(&c);
	(void)state;
	assert_int_equal(a.verdict, MACHINE_HUMAN);
	assert_int_equal(a.settles_us, SENT_US + M + 10 * S);
	c.others = later;
	c.others_n = 2;
	a = machine_judge(&c);
	assert_int_equal(a.verdict, MACHINE_MACHINE);
	assert_int_equal(a.settles_us, SENT_US + M); /* now nothing can change it */
	later[1].at_us++;
	assert_int_equal(machine_judge(&c).verdict, MACHINE_HUMAN);
}

static void test_unknown_sent(void **state)
{
	struct machine_case c = {.hit = hit_of(&(const struct plain)READER(0, 1)),
				 .sent_us = TIME_NONE,
				 .links_n = 3};
	(void)state;
	assert_int_equal(machine_judge(&c).rule, MACHINE_RULE_PERSON);
}

static void test_networks(void **state)
{
	static const struct {
		const char *ip, *owner;
	} ips[] = {
		{"40.91.255.255", NULL},
		{"40.92.0.0", "Microsoft 365"},
		{"40.93.255.255", "Microsoft 365"},
		{"40.106.0.1", NULL},
		{"104.47.127.255", "Microsoft 365"},
		{"104.47.128.0", NULL},
		{"::ffff:104.47.1.1", "Microsoft 365"},
		{"2a01:111:f400:7e00::1", "Microsoft 365"},
		{"2a01:111:f401::1", NULL},
		{"2a01:111:f403:c100::2", "Microsoft 365"},
		{"16.255.255.255", NULL},
		{"17.255.255.255", "Apple"},
		{"18.0.0.0", NULL},
		{"207.211.31.255", "Mimecast"},
		{"67.231.159.9", "Proofpoint"},
		{"209.222.87.255", "Barracuda"},
		{"209.222.88.0", NULL},
		{"2001:db8::1", NULL},
		{"::", NULL},
		{"", NULL},
		{"40.92.0", NULL},
		{"40.92.0.0.1", NULL},
		{"not an address, and longer than any address could ever be", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ips); i++) {
		struct machine_case c = {.hit = {.what = CLICK, .ip = str_of(ips[i].ip)},
					 .sent_us = TIME_NONE};
		const char *got = machine_judge(&c).network;
		if (ips[i].owner == NULL)
			CHECK_ROW(ips[i].ip, got == NULL);
		else
			check_str(ips[i].ip, str_of(got), ips[i].owner);
	}
}

/* Too many hits are looked at as far as the ceiling, and no further. */
static void test_ceiling(void **state)
{
	static struct machine_hit others[MACHINE_HITS_MAX + 2];
	struct machine_case c = {.hit = hit_of(&(const struct plain)READER(M, 1)),
				 .sent_us = SENT_US,
				 .links_n = 9,
				 .others = others,
				 .others_n = COUNT_OF(others)};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		others[i] = hit_of(&(const struct plain)READER(M, 1));
	others[MACHINE_HITS_MAX].link = 2;
	others[MACHINE_HITS_MAX + 1].link = 3;
	assert_int_equal(machine_judge(&c).rule, MACHINE_RULE_PERSON);
	others[0].link = 2;
	others[MACHINE_HITS_MAX - 1].link = 3;
	assert_int_equal(machine_judge(&c).rule, MACHINE_RULE_BURST);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(machine_verdict_name(MACHINE_HUMAN), "human");
	assert_string_equal(machine_verdict_name(MACHINE_MACHINE), "machine");
	assert_string_equal(machine_verdict_name(MACHINE_UNSURE), "unsure");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),    cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_settles),  cmocka_unit_test(test_unknown_sent),
		cmocka_unit_test(test_networks), cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
