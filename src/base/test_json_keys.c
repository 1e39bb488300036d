/* SPDX-License-Identifier: Apache-2.0
 * test_json_keys.c: a key that is there twice is found, however many there are, however it is
 * escaped, and at a bounded price when somebody made the hashes of all keys alike. */
#include "base/json_keys.h"

#include "base/hash.h"
#include "base/random.h"
#include "base/test.h"

#define TEXT_BYTES ((size_t)1 << 20)
#define CRAFTED 1500u

static void put_member(struct buf *b, const char *key)
{
	buf_printf(b, "%s\"%s\":0", b->n > 1 ? "," : "", key);
}

static bool refused(struct buf *b, struct json *d, struct arena *a)
{
	struct err e;
	buf_byte(b, '}');
	assert_true(buf_ok(b));
	enum status st = json_parse(buf_view(b), JSON_LIMITS_EVENT, a, d, &e);
	if (st != ST_OK)
		assert_non_null(strstr(e.text, "the same key twice"));
	return st != ST_OK;
}

/* CRAFTED keys whose hashes end in the same bits: all have one place in the table. */
static void put_crafted(struct buf *b, char last[16])
{
	unsigned found = 0, mask = 4096 - 1;
	for (unsigned i = 0; found < CRAFTED; i++) {
		char key[16];
		int n = snprintf(key, sizeof key, "k%u", i);
		if ((hash_str(str_n(key, (size_t)n), 0) & mask) != 77)
			continue;
		put_member(b, key);
		memcpy(last, key, sizeof key);
		found++;
	}
}

static void crafted_keys_cost_little(void **state)
{
	(void)state;
	struct arena a;
	struct buf b;
	struct json d;
	char last[16] = "", again[40];
	bool twice = true;
	uint64_t compared = 0;
	arena_init(&a, 8 * TEXT_BYTES);
	buf_init(&b, TEXT_BYTES);
	buf_byte(&b, '{');
	put_crafted(&b, last);
	assert_false(refused(&b, &d, &a));
	assert_int_equal(json_keys_twice(&d, 0, &a, &twice, &compared, NULL), ST_OK);
	assert_false(twice);
	/* All pairs would be 1,124,250. */
	assert_true(compared <= JSON_KEYS_RUN * JSON_KEYS_RUN + CRAFTED * 12);

	b.n--; /* one of them again, in other letters */
	(void)snprintf(again, sizeof again, "\\u%04x%s", (unsigned)last[0], last + 1);
	put_member(&b, again);
	assert_true(refused(&b, &d, &a));
	buf_finish(&b);
	arena_finish(&a);
}

/* Random keys out of few letters, some written with escapes; asked again by comparing decoded
 * texts, all with all. */
static bool twice_by_hand(char keys[][8], unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			if (strcmp(keys[i], keys[k]) == 0)
				return true;
	return false;
}

static void random_objects(void **state)
{
	(void)state;
	struct rng dice;
	struct arena a;
	struct buf b;
	unsigned with = 0;
	rng_seed(&dice, 5);
	arena_init(&a, 8 * TEXT_BYTES);
	buf_init(&b, TEXT_BYTES);
	for (unsigned round = 0; round < 600; round++) {
		char keys[90][8] = {{0}};
		unsigned n = (unsigned)rng_below(&dice, 90);
		struct json d;
		buf_reset(&b);
		arena_reset(&a);
		buf_byte(&b, '{');
		for (unsigned i = 0; i < n; i++) {
			char written[64] = "";
			size_t letters = 1 + (size_t)rng_below(&dice, 5);
			for (size_t l = 0; l < letters; l++) {
				keys[i][l] = (char)('a' + rng_below(&dice, 10));
				bool plain = rng_below(&dice, 4) > 0;
				(void)snprintf(written + strlen(written), 8,
					       plain ? "%c" : "\\u%04x", keys[i][l]);
			}
			put_member(&b, written);
		}
		bool expected = twice_by_hand(keys, n);
		with += expected;
		assert_int_equal(refused(&b, &d, &a), expected);
		for (unsigned i = 0; !expected && i < n; i++)
			assert_int_equal(json_get(&d, 0, keys[i]), 2 + 2 * i);
	}
	assert_true(with > 50 && with < 550);
	buf_finish(&b);
	arena_finish(&a);
}

/* An escaped key is the one that is meant only when its text is. */
static void lookup_is_exact(void **state)
{
	(void)state;
	static const struct {
		const char *text, *key;
		bool there;
	} rows[] = {
		{"{\"\\u0061b\":1}", "ab", true},
		{"{\"\\u0061b\":1}", "abc", false},
		{"{\"\\u0061b\":1}", "a", false},
		{"{\"a\\/b\":1}", "a/b", true},
		{"{\"\\ud83d\\ude00\":1}", "\xf0\x9f\x98\x80", true},
		{"{\"\\u20ac\\u00e4\\n\":1}", "\xe2\x82\xac\xc3\xa4\n", true},
		{"{\"\":1}", "", true},
	};
	struct arena a;
	arena_init(&a, TEXT_BYTES);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json d;
		struct err e;
		assert_int_equal(json_parse(str_of(rows[i].text), JSON_LIMITS_EVENT, &a, &d, &e),
				 ST_OK);
		CHECK_ROW(rows[i].text,
			  (json_get(&d, 0, rows[i].key) != JSON_NONE) == rows[i].there);
		CHECK_ROW(rows[i].text,
			  json_key_is(&d, &d.toks[1], str_of(rows[i].key)) == rows[i].there);
	}
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crafted_keys_cost_little),
		cmocka_unit_test(random_objects),
		cmocka_unit_test(lookup_is_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
