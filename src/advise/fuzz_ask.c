/* SPDX-License-Identifier: Apache-2.0
 * fuzz_ask.c: any bytes as a request for a decision, and as a reward: refused with a code, or
 * understood; then the odds sum to 1, the answer is JSON, and the event is read again. */
#include "advise/advise.h"
#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const struct str names[] = {STR("plan"), STR("seats")};
static const struct program_decision decisions[] = {
	{.name = STR("d"),
	 .mode = DECISION_IGW,
	 .context = names,
	 .context_n = 2,
	 .worth = 2,
	 .most = 1,
	 .least = 0.01,
	 .gain = 150,
	 .uniform = 0.1},
	{.name = STR("s"),
	 .mode = DECISION_SHADOW,
	 .worth = 1,
	 .most = 0.5,
	 .least = 0.2,
	 .gain = 150},
};

static void chosen(const struct advise_book *b, const struct advise_ask *q, struct arena *a)
{
	struct advise_choice c;
	struct buf answer, event;
	struct json d;
	struct advice kept;
	struct err e;
	uint64_t sum = 0, hash;
	struct str found;
	advise_choose(b, q, &c);
	for (size_t i = 0; i < q->n; i++)
		sum += c.p[i];
	ASSERT(sum == ADVISE_ALL && c.p[c.drawn] > 0 && c.took < q->n);
	buf_init_arena(&answer, a, 2 * ADVISE_ANSWER_MAX);
	buf_init_arena(&event, a, 8 * ADVISE_ANSWER_MAX);
	advise_answer(b, q, &c, &answer);
	ASSERT(buf_ok(&answer));
	advise_event(q, buf_view(&answer), 0, 7, &event);
	ASSERT(advise_event_answer(buf_view(&event), a, &found, &hash));
	ASSERT(hash == 7 && str_eq(found, buf_view(&answer)));
	ASSERT(json_parse(buf_view(&event), JSON_LIMITS_EVENT, a, &d, &e) == ST_OK);
	if (q->id.n > 0)
		ASSERT(advice_read(&d, q->of->of, a, &kept, &e) == ST_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct advisor list[2];
	struct advise_ask q;
	struct advise_reward r;
	struct advise_no no;
	struct arena a;
	struct str body = {(const char *)data, bytes};
	for (size_t i = 0; i < 2; i++)
		advisor_open(&list[i], &decisions[i]);
	struct advise_book *b = advise_book_make(list, 2);
	arena_init(&a, (size_t)16 << 20);
	if (advise_read(b, body, &a, &q, &no) == ST_OK)
		chosen(b, &q, &a);
	else
		ASSERT(no.http >= 400 && no.code != NULL);
	if (advise_reward_read(b, body, &a, &r, &no) != ST_OK)
		ASSERT(no.http >= 400 && no.code != NULL);
	arena_finish(&a);
	advise_book_close(&b);
	for (size_t i = 0; i < 2; i++)
		advisor_close(&list[i]);
	return 0;
}
