/* SPDX-License-Identifier: Apache-2.0
 * test_frozen.c: a policy as bytes: read again it is the same, and no damage passes. */
#include "base/test.h"
#include "decide/frozen.h"

static const struct program_deciding igw = {
	.mode = DECIDE_IGW, .most = 1, .least = 0.01, .epsilon = 0.05, .gain = 150};

static void taught(struct decide_learned *l)
{
	float x[CONTEXT_COUNT] = {1, 0.5f};
	learned_open(l, 7);
	struct learn_action a = {.arm = {learn_arm(l->response, 99, LEARN_POOLED)}, .n = 1};
	for (int i = 0; i < 50; i++)
		learn_update(l->response, x, &a, i % 2 == 0, 1);
	l->mean = 0.5;
}

static void read_again(void **state)
{
	struct decide_learned l;
	struct decide_frozen f, rules;
	struct program_deciding shadow = igw;
	struct buf b;
	struct err e;
	(void)state;
	taught(&l);
	buf_init(&b, FROZEN_BYTES_MAX);
	frozen_encode(&l, &igw, &b);
	assert_true(buf_ok(&b));
	assert_int_equal(frozen_decode(buf_view(&b), &f, &e), ST_OK);
	assert_true(f.mode == DECIDE_IGW && f.gain == 150 && f.least == 0.01 && f.mean == 0.5);
	assert_true(learn_find(f.response, 99) != LEARN_NONE);
	assert_true(learn_seen_all(f.response) == learn_seen_all(l.response));
	frozen_close(&f);
	assert_null(f.response);
	shadow.mode = DECIDE_SHADOW; /* rules choose there: the model does by inverse gaps */
	buf_reset(&b);
	frozen_encode(&l, &shadow, &b);
	assert_int_equal(frozen_decode(buf_view(&b), &rules, &e), ST_OK);
	assert_int_equal(rules.mode, DECIDE_IGW);
	frozen_close(&rules);
	buf_finish(&b);
	learned_close(&l);
}

static void refused(void **state)
{
	struct decide_learned l;
	struct decide_frozen f;
	struct buf b;
	struct err e;
	(void)state;
	taught(&l);
	buf_init(&b, FROZEN_BYTES_MAX);
	frozen_encode(&l, &igw, &b);
	for (size_t i = 0; i < b.n; i += i < 64 ? 1 : 97)
		assert_int_not_equal(frozen_decode(str_n(b.p, i), &f, &e), ST_OK);
	for (size_t i = 0; i < 64; i++) /* behind the settings every byte is under a hash */
		if (i < 3 || i > 43) {
			b.p[i] ^= 0x10;
			assert_int_not_equal(frozen_decode(buf_view(&b), &f, &e), ST_OK);
			b.p[i] ^= 0x10;
		}
	b.p[1] = CONTEXT_VERSION + 1;
	assert_int_equal(frozen_decode(buf_view(&b), &f, &e), ST_CONFLICT);
	assert_int_equal(frozen_decode(STR("weights"), &f, &e), ST_INVALID);
	buf_finish(&b);
	learned_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_again),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
