/* SPDX-License-Identifier: Apache-2.0
 * test_flush.c: the form of what the fold writes is of one number. The same events give the same
 * bytes; when a change of the code gives others, ENGINE_FOLD_VERSION goes up by one and the hash
 * here is the new one: then every state of an older build is folded anew from its log at the next
 * start (node/refold.h), and none mixes two forms. */
#include "engine/test_nurture.h"

/* Both in one line, so that nobody changes one alone. */
#define FORM \
	{ \
		ENGINE_FOLD_VERSION, 27, UINT64_C(0x683bec87300ac4a3) \
	}

#define EXPERIMENTS \
	"experiments: {holdout: {percent: 1}, hook: {arms: {story: 50, numbers: 50}, rule: " \
	"{then: " \
	"ship, within: 20d}}}\n"

static void told_all(struct world *w, size_t *from)
{
	for (; *from < handed_n; ++*from)
		told(w, "message.sent", handed[*from]);
}

/* A little of everything that leaves rows. */
static void play(struct world *w)
{
	size_t at = 0;
	char program[8192];
	(void)snprintf(program, sizeof program, "%s" EXPERIMENTS, nurture_program);
	start_with(w, program);
	comes(w);
	does(w, "page.pricing", NULL, "d-1", "{}");
	does(w, "form.ebook", "eve@firm.example", "d-1", "{\"title\":\"COO\",\"country\":\"US\"}");
	told_all(w, &at);
	seen(w, "email.open", handed[0], EVENT_MACHINE);
	seen(w, "email.click", handed[0], 0);
	passes(w, 6 * US_PER_D);
	told_all(w, &at);
	orders(w, "sending.pause", "{\"reason\":\"a look\"}", EVENT_SYSTEM);
	does(w, "form.ebook", "bob@firm.example", NULL, "{}");
	passes(w, US_PER_D);
	orders(w, "sending.resume", "", EVENT_SYSTEM);
	told(w, "message.deferred", handed[handed_n - 1]);
	seen(w, "reply", handed[1], 0);
	orders(w, "handoff.accept", "{\"handoff\":1}", EVENT_SYSTEM);
	orders(w, "handoff.close", "{\"handoff\":1,\"verdict\":\"meeting\"}", EVENT_SYSTEM);
	does(w, "form.ebook", "eva@firm.example", NULL, "{}");
	orders(w, "lead.merge", "{\"into\":1,\"lead\":2}", EVENT_SYSTEM);
	orders(w, "suppression.add", "{\"channel\":\"email\",\"address\":\"bob@firm.example\"}",
	       EVENT_SYSTEM);
	orders(w, "message.settle", "{}", EVENT_SYSTEM); /* a dead letter */
	passes(w, 30 * US_PER_D);
}

/* All rows but the number itself. */
static uint64_t hash_of_rows(struct world *w)
{
	const struct store_key number = KEY_BYTES(STR("fold"));
	struct str row;
	struct err e;
	uint64_t hash;
	assert_int_equal(store_get(w->store, TABLE_META, number, &w->arena, &row, &e), ST_OK);
	assert_int_equal(store_del(w->store, TABLE_META, number, &e), ST_OK);
	assert_int_equal(store_hash(w->store, &hash, &e), ST_OK);
	assert_int_equal(store_put(w->store, TABLE_META, number, row, &e), ST_OK);
	return hash;
}

static void test_the_form_has_a_number(void **state)
{
	static const struct {
		uint64_t is, was, hash;
	} form = FORM;
	struct world w;
	uint64_t hash;
	(void)state;
	play(&w);
	hash = hash_of_rows(&w);
	if (form.is != form.was)
		fail_msg("the number is %llu: write {ENGINE_FOLD_VERSION, %llu, UINT64_C(0x%llx)}",
			 (unsigned long long)form.is, (unsigned long long)form.is,
			 (unsigned long long)hash);
	if (hash != form.hash)
		fail_msg("the fold writes something else than before: raise ENGINE_FOLD_VERSION to "
			 "%llu, and write {ENGINE_FOLD_VERSION, %llu, UINT64_C(0x%llx)} here",
			 (unsigned long long)form.is + 1, (unsigned long long)form.is + 1,
			 (unsigned long long)hash);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_form_has_a_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
