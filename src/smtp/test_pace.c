/* SPDX-License-Identifier: Apache-2.0
 * test_pace.c: the promises of pace.h over random histories, counted again from scratch. */
#include "smtp/pace.h"

#include "base/random.h"
#include "base/test.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define DAY (24 * 60 * MINUTE)
#define START INT64_C(1700000000000000)
#define SENDER STR("mail.us.example")

static struct smtp_pace_conf plain(struct smtp_rate other, struct smtp_rate sender)
{
	struct smtp_pace_conf conf = {.sender = sender, .groups_max = 100, .senders_max = 4};
	for (size_t i = 0; i < SMTP_PROVIDER_COUNT; i++)
		conf.provider[i] = other;
	return conf;
}

static void test_providers(void **state)
{
	static const char *const rows[][2] = {
		{"gmail.com", "google"},      {"GoogleMail.com", "google"},
		{"outlook.com", "microsoft"}, {"yahoo.co.uk", "yahoo"},
		{"me.com", "apple"},          {"gmx.net", "united"},
		{"example.com", "other"},     {"", "other"},
		{"mail.gmail.com", "other"},  {"notgmail.com", "other"},
	};
	static const char *const sorted[] = {
#define SMTP_PROVIDER_DOMAIN(domain, name) domain,
#include "smtp/provider.def"
#undef SMTP_PROVIDER_DOMAIN
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_str(rows[i][0],
			  str_of(smtp_provider_name(smtp_provider_of(str_of(rows[i][0])))),
			  rows[i][1]);
	for (size_t i = 1; i < COUNT_OF(sorted); i++)
		CHECK_ROW(sorted[i], strcmp(sorted[i - 1], sorted[i]) < 0);
}

/* P1: mails as early as they may go, with pauses thrown in; every span is counted. */
static void check_spans(struct rng *r, struct smtp_rate rate, bool by_group)
{
	enum { MAILS = 300 };
	static int64_t at[MAILS];
	struct smtp_pace_conf conf = by_group ? plain(rate, (struct smtp_rate){0, 0})
					      : plain((struct smtp_rate){0, 0}, rate);
	struct smtp_pace *p = smtp_pace_create(&conf);
	int64_t now = START, each = MINUTE / rate.per_minute;
	for (size_t i = 0; i < MAILS; i++) {
		if (rng_below(r, 10) == 0)
			now += (int64_t)rng_below(r, (uint64_t)each * 8);
		/* One group whatever its case; or one sender, to many groups. */
		char domain[24];
		(void)snprintf(domain, sizeof domain, "%s%zu.example", i % 2 ? "A" : "a",
			       by_group ? (size_t)0 : i % 7);
		int64_t next = smtp_pace_next(p, str_of(domain), SENDER, now);
		assert_true(next >= now);
		assert_true(next - now <= each); /* and no later than it must */
		assert_int_equal(smtp_pace_next(p, str_of(domain), SENDER, next), next);
		if (next > now)
			assert_true(smtp_pace_next(p, str_of(domain), SENDER, next - 1) == next);
		now = at[i] = next;
		smtp_pace_take(p, str_of(domain), SENDER, now);
	}
	for (size_t i = 0; i < MAILS; i++)
		for (size_t j = i; j < MAILS; j++)
			assert_true((int64_t)(j - i + 1) <=
				    rate.burst + (at[j] - at[i]) / each + (rate.burst == 0));
	smtp_pace_destroy(&p);
}

static void test_spans(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 3);
	for (int round = 0; round < 40; round++) {
		struct smtp_rate rate = {1 + (uint32_t)rng_below(&r, 600),
					 (uint32_t)rng_below(&r, 20)};
		check_spans(&r, rate, round % 2 == 0);
	}
}

/* P2: a year of sending as much as it may. */
static void test_warm_up(void **state)
{
	static const uint32_t ramp[] = {50, 100, 7, 400};
	struct smtp_pace_conf conf = plain((struct smtp_rate){0, 0}, (struct smtp_rate){60, 30});
	conf.warm_up = ramp;
	conf.warm_up_days = COUNT_OF(ramp);
	struct smtp_pace *p = smtp_pace_create(&conf);
	uint32_t days[6] = {0};
	(void)state;
	for (int64_t now = START; now < START + 5 * DAY;) {
		now = smtp_pace_next(p, STR("x.example"), SENDER, now);
		smtp_pace_take(p, STR("x.example"), SENDER, now);
		days[(now - START) / DAY]++;
		if ((now - START) / DAY == 4)
			break;
	}
	for (size_t i = 0; i < COUNT_OF(ramp); i++)
		assert_int_equal(days[i], ramp[i]); /* all of it, and not one more */
	assert_int_equal(days[4], 1);               /* then at its rate */
	int64_t warm = START + 10 * DAY;
	assert_int_equal(smtp_pace_next(p, STR("x.example"), SENDER, warm), warm);
	for (int i = 0; i < 30; i++)
		smtp_pace_take(p, STR("x.example"), SENDER, warm);
	assert_int_equal(smtp_pace_next(p, STR("x.example"), SENDER, warm), warm + SECOND);
	/* Idle for a month: from the beginning, where 2 at once is too much already. */
	int64_t cold = warm + 30 * DAY;
	smtp_pace_take(p, STR("x.example"), SENDER, cold);
	smtp_pace_take(p, STR("x.example"), SENDER, cold);
	assert_int_equal(smtp_pace_next(p, STR("x.example"), SENDER, cold),
			 cold + DAY / 3 / ramp[0]);
	smtp_pace_destroy(&p);
}

static void test_known_sender(void **state)
{
	static const uint32_t ramp[] = {50, 100};
	struct smtp_pace_conf conf = plain((struct smtp_rate){0, 0}, (struct smtp_rate){60, 1});
	conf.warm_up = ramp;
	conf.warm_up_days = COUNT_OF(ramp);
	struct smtp_pace *p = smtp_pace_create(&conf);
	int64_t now = START + DAY + DAY / 2;
	(void)state;
	assert_int_equal(smtp_pace_sender(p, SENDER, START, 100, now - 1), ST_OK);
	assert_int_equal(smtp_pace_next(p, STR("x.example"), SENDER, now), START + 2 * DAY);
	assert_int_equal(smtp_pace_sender(p, SENDER, START, 99, now - 1), ST_OK);
	assert_int_equal(smtp_pace_next(p, STR("x.example"), SENDER, now), now);
	assert_int_equal(smtp_pace_next(p, STR("x.example"), STR("other.example"), now), now);
	for (int i = 0; i < 3; i++) {
		char name[8] = {(char)('a' + i)};
		assert_int_equal(smtp_pace_sender(p, str_of(name), START, 0, now), ST_OK);
	}
	assert_int_equal(smtp_pace_sender(p, STR("one too many"), START, 0, now), ST_LIMIT);
	assert_true(smtp_pace_next(p, STR("x.example"), STR("one too many"), now) > now);
	smtp_pace_destroy(&p);
}

/* P3: who pushes back is spared, more each time, and comes back; the neighbour does not notice. */
static void test_pushed_back(void **state)
{
	struct smtp_pace_conf conf = plain((struct smtp_rate){60, 10}, (struct smtp_rate){0, 0});
	struct smtp_pace *p = smtp_pace_create(&conf);
	struct str gmail = STR("gmail.com"), also = STR("googlemail.com"), x = STR("x.example");
	int64_t now = START, held = 0;
	(void)state;
	smtp_pace_take(p, gmail, SENDER, now);
	for (int i = 0; i < 10; i++) {
		smtp_pace_pushed_back(p, gmail, now);
		int64_t next = smtp_pace_next(p, also, SENDER, now);
		smtp_pace_pushed_back(p, gmail, now); /* mail on its way gets the same answer */
		assert_int_equal(smtp_pace_next(p, also, SENDER, now), next);
		assert_true(next - now >= held && next - now <= 120 * MINUTE);
		assert_int_equal(smtp_pace_next(p, x, SENDER, now), now);
		held = next - now;
		now = next;
	}
	assert_int_equal(held, 120 * MINUTE);
	/* A 64th of 60 a minute, without bursts. */
	smtp_pace_take(p, gmail, SENDER, now);
	assert_int_equal(smtp_pace_next(p, gmail, SENDER, now), now + 64 * SECOND);
	for (int i = 0; i < 300; i++)
		smtp_pace_went_well(p, gmail, now);
	now += DAY;
	for (int i = 0; i < 10; i++)
		smtp_pace_take(p, gmail, SENDER, now);
	assert_int_equal(smtp_pace_next(p, gmail, SENDER, now), now + SECOND);
	smtp_pace_destroy(&p);
}

/* More domains than the table holds: idle ones make room, busy ones keep their place. */
static void test_many_domains(void **state)
{
	struct smtp_pace_conf conf = plain((struct smtp_rate){1, 1}, (struct smtp_rate){0, 0});
	struct smtp_pace *p = smtp_pace_create(&conf);
	int64_t now = START;
	char domain[32];
	(void)state;
	for (int i = 0; i < 1000; i++, now += 2 * SECOND) {
		(void)snprintf(domain, sizeof domain, "d%d.example", i);
		now = smtp_pace_next(p, str_of(domain), SENDER, now);
		smtp_pace_take(p, str_of(domain), SENDER, now);
		assert_int_equal(smtp_pace_next(p, str_of(domain), SENDER, now), now + MINUTE);
	}
	for (int i = 0; i < 200; i++) {
		(void)snprintf(domain, sizeof domain, "e%d.example", i);
		int64_t next = smtp_pace_next(p, str_of(domain), SENDER, now);
		assert_true(next == now || next == now + MINUTE);
		if (next == now)
			smtp_pace_take(p, str_of(domain), SENDER, now);
		else
			assert_true(i >= 60); /* only when it is full of busy ones */
	}
	smtp_pace_destroy(&p);
}

static void test_default(void **state)
{
	struct smtp_pace_conf conf = smtp_pace_conf_default();
	struct smtp_pace *p = smtp_pace_create(&conf);
	(void)state;
	for (size_t i = 0; i < SMTP_PROVIDER_COUNT; i++)
		assert_true(conf.provider[i].per_minute > 0 && conf.provider[i].burst > 0);
	for (size_t i = 1; i < conf.warm_up_days; i++)
		assert_true(conf.warm_up[i] > conf.warm_up[i - 1]);
	assert_int_equal(smtp_pace_next(p, STR("x.example"), SENDER, START), START);
	smtp_pace_destroy(&p);
	smtp_pace_destroy(&p); /* accepts NULL */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_providers),   cmocka_unit_test(test_spans),
		cmocka_unit_test(test_warm_up),     cmocka_unit_test(test_known_sender),
		cmocka_unit_test(test_pushed_back), cmocka_unit_test(test_many_domains),
		cmocka_unit_test(test_default),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
