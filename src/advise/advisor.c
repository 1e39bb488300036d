/* SPDX-License-Identifier: Apache-2.0
 * advisor.c: what was learned, and copies of it that asking may read while learning goes on. */
#include "advise/advise.h"

#include "base/assert.h"
#include "base/hash.h"

#define BOOK_BYTES ((size_t)1 << 20)
/* Nothing is known of somebody else's outcomes: actions start at even odds, which is hope, and
 * short (src/learn/README.md); doing nothing brings something one time in twenty. */
#define WAIT_ODDS (-2.94f)
#define MEAN_START 0.2
#define MEAN_FADE 0.002

struct learn_conf advisor_conf(size_t context_n)
{
	struct learn_conf c = learn_conf_default((uint32_t)context_n + 1);
	c.start = WAIT_ODDS;
	return c;
}

void advisor_open(struct advisor *a, const struct program_decision *of)
{
	float prior[LEARN_DIMS_MAX] = {0};
	struct learn_conf c = advisor_conf(of->context_n);
	*a = (struct advisor){.of = of, .learner = learner_open(&c), .mean = MEAN_START};
	learn_prior(a->learner, prior);
}

void advisor_close(struct advisor *a)
{
	learner_close(&a->learner);
}

/* ---- books ---- */

static struct program_decision copy_of(const struct program_decision *of, struct arena *a)
{
	struct program_decision to = *of;
	struct str *context = ARENA_ARRAY(a, struct str, of->context_n + 1);
	ASSERT(context != NULL); /* at most 32 times 255 short names */
	to.name = arena_str(a, of->name);
	for (size_t i = 0; i < of->context_n; i++)
		context[i] = arena_str(a, of->context[i]);
	to.context = context;
	return to;
}

struct advise_book *advise_book_make(const struct advisor *list, size_t n)
{
	struct advise_book *b = mem_alloc(sizeof *b);
	ASSERT(n <= PROGRAM_DECISIONS_MAX);
	arena_init(&b->memory, BOOK_BYTES);
	b->list = ARENA_ARRAY(&b->memory, struct advisor, n + 1);
	ASSERT(b->list != NULL);
	for (size_t i = 0; i < n; i++) {
		struct program_decision *of = ARENA_NEW(&b->memory, struct program_decision);
		ASSERT(of != NULL);
		*of = copy_of(list[i].of, &b->memory);
		b->list[b->n++] = (struct advisor){
			.of = of, .learner = learner_clone(list[i].learner), .mean = list[i].mean};
	}
	return b;
}

void advise_book_close(struct advise_book **bp)
{
	struct advise_book *b = *bp;
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->n; i++)
		advisor_close(&b->list[i]);
	arena_finish(&b->memory);
	mem_free(b);
	*bp = NULL;
}

const struct advisor *advise_book_find(const struct advise_book *b, struct str decision)
{
	for (size_t i = 0; i < b->n; i++)
		if (str_eq(b->list[i].of->name, decision))
			return &b->list[i];
	return NULL;
}

/* ---- learning ---- */

static float outcome_of(const struct advice *x)
{
	float sum = 0;
	for (uint32_t i = 0; i < x->got_n; i++)
		sum += x->got[i].value;
	return sum > 1 ? 1 : sum;
}

/* An outcome that came later, or was taken back, weighs as much as it differs from what was
 * learned before. */
void advisor_teach(struct advisor *a, struct advice *x)
{
	float now = outcome_of(x), off = now - x->taught_outcome;
	float weight = !x->taught ? 1 : off < 0 ? -off : off;
	uint32_t arm = learn_arm(a->learner, x->arm, x->wait ? LEARN_APART : LEARN_POOLED);
	if (!x->taught)
		a->mean += MEAN_FADE * ((double)now - a->mean);
	if (arm != LEARN_NONE && weight > 0)
		learn_update(a->learner, x->x, &(struct learn_action){.arm = {arm}, .n = 1}, now,
			     weight);
	a->taught = x->taught = true;
	x->taught_outcome = now;
}
