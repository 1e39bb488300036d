/* SPDX-License-Identifier: Apache-2.0
 * fuzz_ask.c: any bytes as a request for a decision, and as a reward: refused with a code, or
 * understood; then the odds sum to 1, the answer is JSON, and the event is read again. */
#include "advise/test_book.h"
#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

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

static void refused(struct str id, const struct advise_no *no, struct arena *a)
{
	struct buf text;
	struct json d;
	ASSERT(no->http >= 400 && no->code != NULL);
	buf_init_arena(&text, a, 8192);
	advise_refusal(id, no, &text);
	ASSERT(buf_ok(&text));
	ASSERT(json_parse(buf_view(&text), JSON_LIMITS_EVENT, a, &d, NULL) == ST_OK);
}

static void asked(struct world *w, struct str body)
{
	struct advise_body x;
	size_t n = 0;
	if (advise_open(body, &w->a, &x, &w->no) != ST_OK) {
		refused(STR_NULL, &w->no, &w->a);
		return;
	}
	for (uint32_t v = advise_next(&x, JSON_NONE); v != JSON_NONE; v = advise_next(&x, v)) {
		struct arena_mark m = arena_mark(&w->a);
		if (advise_read(w->book, &x.d, v, &w->a, &w->q, &w->no) == ST_OK)
			chosen(w->book, &w->q, &w->a);
		else
			refused(w->q.id, &w->no, &w->a);
		arena_rewind(&w->a, m);
		n++;
	}
	ASSERT(n == x.n && n >= 1 && n <= ADVISE_MANY_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct world w;
	struct advise_reward r;
	struct str body = {(const char *)data, bytes};
	open_world(&w);
	asked(&w, body);
	if (advise_reward_read(w.book, body, &w.a, &r, &w.no) != ST_OK)
		refused(STR_NULL, &w.no, &w.a);
	close_world(&w);
	return 0;
}
