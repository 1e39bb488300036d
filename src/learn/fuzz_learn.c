/* SPDX-License-Identifier: Apache-2.0
 * fuzz_learn.c: any bytes as a stored learner: refused, or one that goes on learning, whose
 * guesses are numbers. The hash is put right first, since a
 * fuzzer would never find one. */
#include "base/assert.h"
#include "base/hash.h"
#include "learn/learn.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void put_right(char *p, size_t n)
{
	uint64_t h = hash_str(str_n(p, n - 8), 0);
	for (unsigned i = 0; i < 8; i++)
		p[n - 8 + i] = (char)(h >> 8 * i & 0xff);
}

static void go_on(struct learner *l)
{
	float x[LEARN_DIMS_MAX] = {1, -1, 0.5f};
	struct learn_action a = {.n = 1};
	struct learn_guess g;
	struct buf b;
	struct err e;
	struct learner *again = NULL;
	a.arm[0] = learn_arms(l) > 0 ? 0 : learn_arm(l, 77, LEARN_POOLED);
	for (int i = 0; i < 3; i++) {
		learn_score(l, x, &a, 1, &g);
		ASSERT(g.p >= 0 && g.p <= 1 && g.q >= 0 && g.q <= 1 && g.var >= 0);
		learn_update(l, x, &a, i == 1, 1);
	}
	buf_init(&b, LEARN_BYTES_MAX);
	learner_encode(l, &b);
	/* What was made up need not be a covariance, so its bytes may be refused afterwards. */
	if (learner_decode(buf_view(&b), &again, &e) == ST_OK)
		ASSERT(learn_arms(again) == learn_arms(l));
	learner_close(&again);
	buf_finish(&b);
}

/* A thin one: it is asked of what it knows and of what it never met. */
static void ask(const struct learner *l)
{
	float x[LEARN_DIMS_MAX] = {1, -1, 0.5f};
	struct learn_action a = {
		.arm = {learn_thin_arm(l, 77, LEARN_POOLED), learn_thin_arm(l, 78, LEARN_OFFSET)},
		.n = 2};
	struct learn_guess g;
	learn_score(l, x, &a, 1, &g);
	ASSERT(g.p >= 0 && g.p <= 1 && g.q >= 0 && g.q <= 1 && g.var >= 0);
}

static struct learner *pieces(const char *p, size_t n)
{
	struct learner *l = NULL;
	struct err e;
	if (learn_head_decode(str_n(p, n), &l, &e) != ST_OK)
		return NULL;
	return l;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct learner *l = NULL;
	struct err e;
	char *p;
	if (bytes < 12 || bytes > 1u << 20)
		return 0;
	p = mem_alloc(bytes);
	memcpy(p, data, bytes);
	put_right(p, bytes);
	if (learner_decode(str_n(p, bytes), &l, &e) != ST_OK)
		l = pieces(p, bytes);
	if (l != NULL)
		go_on(l);
	learner_close(&l);
	if (learner_decode_thin(str_n(p, bytes), &l, &e) == ST_OK)
		ask(l);
	learner_close(&l);
	mem_free(p);
	return 0;
}
